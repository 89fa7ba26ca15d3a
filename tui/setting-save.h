/* One setting into the settings file, off the loop. */
#pragma once

#include <glib.h>

/* @error: why nothing was saved, with the path; NULL: it is in the file. */
typedef void (*LaneSettingSaved) (const GError *error, gpointer user_data);

/* @saved comes in the thread's default context. What another program changes in the file meanwhile
 * is merged. */
void lane_setting_save (const char *path, const char *section, const char *key, const char *value,
                        LaneSettingSaved saved, gpointer user_data);
