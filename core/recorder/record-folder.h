/* The folder with the files of the flight recorder. */
#pragma once

#include <glib.h>

/* Files of peers that are no longer there stay until the folder is over @max_bytes; then those that
 * were not written for longest go. Returns at once: a thread does it. */
void lane_record_folder_prune (const char *directory, guint64 max_bytes);
