/* The places where a change can make a path name something else: every symbolic link on the way,
 * the folder of the file and the file. For this folder only. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* An entry of a folder, and the folder itself as it is now. */
typedef struct {
  char *folder; /* exists */
  char *name;   /* may not */
  dev_t device; /* of the folder */
  ino_t inode;
} LaneSpot;

/* Of LaneSpot; the caller owns the array. Blocks on the disk. */
GPtrArray *lane_trail_follow (const char *path);
gboolean lane_spot_equal (gconstpointer one, gconstpointer other);
