/* Puts the terminal back on every way out, a crash included, and keeps the output of others off it
 * until then.
 *
 * Signal handlers take no argument and a process has one terminal: there is one guard, and it is
 * the one place of tui with state of its own. */
#pragma once

#include <glib.h>

/* Remembers the modes of @tty. FALSE: it has none, or there are no descriptors left. */
gboolean lane_tty_guard_prepare (int tty);

/* From here on a crash writes @restore (copied) and sets the modes back; stdout and stderr are
 * held back where they are terminals. */
void lane_tty_guard_start (const char *restore);

/* Sets the modes back, removes the handlers, and writes what was held back to stderr. */
void lane_tty_guard_stop (void);

/* Readable when SIGTSTP (`Z`) or SIGCONT (`C`) came: these letters are in it. */
int lane_tty_guard_get_job_fd (void);
void lane_tty_guard_stop_job (gboolean whole_job); /* returns when we are continued */

/* Readable when somebody wrote to stdout or stderr; -1: they are not held back. */
int lane_tty_guard_get_held_back_fd (void);
void lane_tty_guard_collect (void);
