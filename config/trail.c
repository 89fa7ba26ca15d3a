#include "trail.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel, path_resolution(7) */

typedef struct {
  GPtrArray *spots;
  GQueue rest; /* names still to be followed */
  char *at;    /* the folder reached, without links */
  guint links;
} Walk;

static void
spot_free (gpointer data)
{
  LaneSpot *spot = data;

  g_free (spot->folder);
  g_free (spot->name);
  g_free (spot);
}

gboolean
lane_spot_equal (gconstpointer one, gconstpointer other)
{
  const LaneSpot *a = one, *b = other;

  return a->device == b->device && a->inode == b->inode && strcmp (a->folder, b->folder) == 0
         && strcmp (a->name, b->name) == 0;
}

static void
add_spot (Walk *walk, const char *name)
{
  struct stat status;
  LaneSpot *spot;

  if (stat (walk->at, &status) < 0)
    return;
  spot = g_new0 (LaneSpot, 1);
  spot->folder = g_strdup (walk->at);
  spot->name = g_strdup (name);
  spot->device = status.st_dev;
  spot->inode = status.st_ino;
  g_ptr_array_add (walk->spots, spot);
}

/* The parts of @path come before what is left. */
static void
push_path (Walk *walk, const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, "/", -1);

  if (g_path_is_absolute (path)) {
    g_free (walk->at);
    walk->at = g_strdup ("/");
  }
  for (guint i = g_strv_length (names); i-- > 0;)
    if (*names[i] != '\0' && strcmp (names[i], ".") != 0)
      g_queue_push_head (&walk->rest, g_strdup (names[i]));
}

static void
go_to (Walk *walk, char *folder)
{
  g_free (walk->at);
  walk->at = folder;
}

/* FALSE at the end of the way. */
static gboolean
step (Walk *walk)
{
  g_autofree char *name = g_queue_pop_head (&walk->rest);
  g_autofree char *path = NULL;
  g_autofree char *link = NULL;
  struct stat status;

  if (name == NULL)
    return FALSE;
  if (strcmp (name, "..") == 0) {
    go_to (walk, g_path_get_dirname (walk->at));
    return TRUE;
  }
  path = g_build_filename (walk->at, name, NULL);
  if (lstat (path, &status) < 0) {
    add_spot (walk, name);
    return FALSE;
  }
  /* The file, its folder, and each link. */
  if (S_ISLNK (status.st_mode) || g_queue_get_length (&walk->rest) <= 1)
    add_spot (walk, name);
  if (!S_ISLNK (status.st_mode)) {
    go_to (walk, g_steal_pointer (&path));
    return TRUE;
  }
  link = g_file_read_link (path, NULL);
  if (link == NULL || ++walk->links > LINKS_MAX)
    return FALSE;
  push_path (walk, link);
  return TRUE;
}

GPtrArray *
lane_trail_follow (const char *path)
{
  Walk walk = { .rest = G_QUEUE_INIT };

  walk.spots = g_ptr_array_new_with_free_func (spot_free);
  walk.at = g_get_current_dir ();
  push_path (&walk, path);
  while (step (&walk))
    ;
  g_queue_clear_full (&walk.rest, g_free);
  g_free (walk.at);
  return walk.spots;
}
