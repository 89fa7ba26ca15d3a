/* Where theme files are: the user's folder, then the one that was installed, then the copies of the
 * shipped ones inside the program, so that nothing is lost when a folder is missing. */
#pragma once

#include <glib.h>

#define LANE_SHELF_MAX 200 /* themes listed */

typedef enum { LANE_SHELF_USER, LANE_SHELF_INSTALLED, LANE_SHELF_BUILT_IN } LaneShelfOrigin;

typedef struct {
  char *name; /* `harbour` */
  LaneShelfOrigin origin;
  char *path; /* NULL when built in */
} LaneShelfItem;

typedef struct _LaneShelf LaneShelf;

#define LANE_SHELF_ERROR (lane_shelf_error_quark ())
GQuark lane_shelf_error_quark (void);
typedef enum { LANE_SHELF_ERROR_MISSING, LANE_SHELF_ERROR_UNREADABLE } LaneShelfError;

/* Folders with *.ini; NULL: none. Without a shelf (NULL) there are the built-in themes. */
LaneShelf *lane_shelf_new (const char *user_folder, const char *installed_folder);
/* $XDG_CONFIG_HOME/icelane/themes and where `ninja install` puts ours. */
LaneShelf *lane_shelf_new_default (void);
void lane_shelf_free (LaneShelf *shelf);

/* Of LaneShelfItem, each name once: those we ship first, the others by name. Blocks on the disk. */
GPtrArray *lane_shelf_list (const LaneShelf *shelf);

/* What is in the file of a theme. @name: of the list, or a path when it has a `/`. Those whose
 * @place is in @seen (of char *; may be NULL) are passed over, so that a user's `neutral` may
 * inherit ours. @place: the path, or `built-in neutral.ini`. */
GBytes *lane_shelf_read (const LaneShelf *shelf, const char *name, const GPtrArray *seen,
                         char **place, GError **error);

const char *lane_shelf_origin_to_string (LaneShelfOrigin origin);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneShelf, lane_shelf_free)
