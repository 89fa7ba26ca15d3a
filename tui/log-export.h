/* The lines of a log into a new file, off the loop. */
#pragma once

#include <glib.h>

/* @path: where it went; @error: why it did not, with the path; NULL: it did. */
typedef void (*LaneLogExported) (const char *path, const GError *error, gpointer user_data);

/* JSON Lines, 0600. A file that is there already stays as it is: that is an error. @exported comes
 * in the thread's default context. */
void
lane_log_export (const char *path, const char *lines, LaneLogExported exported, gpointer user_data);
