/* A file while it is replaced as a whole, in one step and under a lock. For this folder only.
 *
 * `.NAME.new` beside the file is both the lock and the new file: it is made under flock(2), so one
 * that a killed program left behind is told from one at work. A reader sees the old file or the new
 * one and never a part, whatever stops us. Everything here blocks on the disk. Messages do not
 * repeat the path. */
#pragma once

#include <glib.h>

typedef struct _LaneReplacement LaneReplacement;

/* Follows symbolic links, makes the folder, waits for others that save the same file. */
LaneReplacement *lane_replacement_begin (const char *path, GError **error);
const char *lane_replacement_get_path (const LaneReplacement *replacement); /* without links */

/* Mode and owner stay; a new file is 0600, and so is any with @is_private. @previous, if given, is
 * kept as `NAME~`. On failure the file is as it was. */
gboolean lane_replacement_finish (LaneReplacement *replacement, GBytes *text, GBytes *previous,
                                  gboolean is_private, GError **error);
void lane_replacement_free (LaneReplacement *replacement); /* gives up what was not finished */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneReplacement, lane_replacement_free)
