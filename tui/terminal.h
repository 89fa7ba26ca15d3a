/* The terminal: keys in, cells out, and always put back as it was found.
 *
 * The one file that knows curses. While it is up, what others write to stdout and stderr is held
 * back and told on stderr afterwards. There can be one at a time, since the process has one
 * terminal and signals are the process's. Belongs to the GMainContext that is the thread's
 * default when it is made; callbacks come from there. */
#pragma once

#include "canvas.h"
#include "config.h"
#include "key.h"
#include "theme/theme.h"

typedef struct _LaneTerminal LaneTerminal;

typedef struct {
  void (*key) (LaneTerminal *terminal, const LaneKey *key, gpointer user_data);
  void (*changed) (LaneTerminal *terminal, gpointer user_data); /* size or ownership: draw again */
  void (*interrupted) (LaneTerminal *terminal, gpointer user_data); /* Ctrl-C */
  /* SIGTERM, SIGHUP, or the terminal went away (then SIGHUP too). */
  void (*ended) (LaneTerminal *terminal, int signal_number, gpointer user_data);
} LaneTerminalEvents;

#define LANE_TERMINAL_ERROR (lane_terminal_error_quark ())
GQuark lane_terminal_error_quark (void);
typedef enum { LANE_TERMINAL_ERROR_UNUSABLE } LaneTerminalError;

/* Takes over the terminal. @notice: what the operator should know about it; NULL when nothing,
 * the caller frees it. With @ask_background it first waits up to 100 ms for the terminal to say
 * whether it is dark or light. */
LaneTerminal *lane_terminal_new (LaneColor color, gboolean mouse, gboolean ask_background,
                                 const LaneTerminalEvents *events, gpointer user_data,
                                 char **notice, GError **error);
/* Gives it back, then prints what was held back. */
void lane_terminal_free (LaneTerminal *terminal);

void lane_terminal_get_size (const LaneTerminal *terminal, int *height, int *width);
LaneBackground lane_terminal_get_background (const LaneTerminal *terminal); /* ANY: not known */
gboolean lane_terminal_is_utf8 (const LaneTerminal *terminal);
/* Whether it shows the characters of @glyphs, each in one column. */
gboolean lane_terminal_can_show (const LaneTerminal *terminal, const char *glyphs);

/* Writes what differs from what was drawn last: nothing, when nothing does. */
void lane_terminal_draw (LaneTerminal *terminal, const LaneCanvas *canvas, const LaneTheme *theme);
void lane_terminal_repaint (LaneTerminal *terminal); /* the next draw writes every cell */
void lane_terminal_restyle (LaneTerminal *terminal); /* the next draw is with another theme */
void lane_terminal_suspend (LaneTerminal *terminal); /* as Ctrl-Z does */
/* Gives the terminal to another program until it ends; then @done comes once, with @error when it
 * failed, and with a NULL terminal when that is freed before. FALSE with @error: it cannot be
 * started, and nothing was given away. Meanwhile no event comes but the end, and nothing is
 * drawn. */
typedef void (*LaneTerminalLent) (LaneTerminal *terminal, const GError *error, gpointer user_data);
gboolean lane_terminal_lend (LaneTerminal *terminal, const char *const *argv, LaneTerminalLent done,
                             gpointer user_data, GError **error);
void lane_terminal_set_mouse (LaneTerminal *terminal, gboolean on);
/* Of the window, where terminfo knows of one: ASCII of our own, never text from others. NULL: the
 * one that was there before, as when the terminal is given back. */
void lane_terminal_set_title (LaneTerminal *terminal, const char *title);
/* Through OSC 52; FALSE when the terminal does not claim to know it. */
gboolean lane_terminal_copy (LaneTerminal *terminal, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneTerminal, lane_terminal_free)
