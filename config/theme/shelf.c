#include "theme/shelf.h"

#include <gio/gio.h>
#include <string.h>

#include "folders.h"
#include "nearest.h"
#include "problem.h"
#include "reader.h"
#include "theme-resource.h"

#define SUFFIX   ".ini"
#define FILE_MAX (64 * 1024)

G_DEFINE_QUARK (lane_shelf_error, lane_shelf_error)

static const char *const shipped[] = { "neutral", "harbour", "paper", "contrast", "mono" };

struct _LaneShelf {
  char *folders[LANE_SHELF_BUILT_IN]; /* by LaneShelfOrigin; NULL: none */
};

LaneShelf *
lane_shelf_new (const char *user_folder, const char *installed_folder)
{
  LaneShelf *shelf = g_new0 (LaneShelf, 1);

  shelf->folders[LANE_SHELF_USER] = g_strdup (user_folder);
  shelf->folders[LANE_SHELF_INSTALLED] = g_strdup (installed_folder);
  return shelf;
}

LaneShelf *
lane_shelf_new_default (void)
{
  g_autoptr (LaneFolders) folders = lane_folders_new (NULL);
  g_autofree char *user = g_build_filename (folders->config, "themes", NULL);

  return lane_shelf_new (user, LANE_DATADIR "/icelane/themes");
}

void
lane_shelf_free (LaneShelf *shelf)
{
  if (shelf == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (shelf->folders); i++)
    g_free (shelf->folders[i]);
  g_free (shelf);
}

const char *
lane_shelf_origin_to_string (LaneShelfOrigin origin)
{
  static const char *const names[] = { [LANE_SHELF_USER] = "user",
                                       [LANE_SHELF_INSTALLED] = "installed",
                                       [LANE_SHELF_BUILT_IN] = "built-in" };

  return names[origin];
}

/* So that a name can stand in a list, a message and an option without harm. */
static gboolean
name_is_sound (const char *name, gsize length)
{
  if (length == 0 || length > LANE_READER_NAME_MAX || name[0] == '.')
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (name[i]) && strchr ("-_.", name[i]) == NULL)
      return FALSE;
  return TRUE;
}

static void
item_free (gpointer data)
{
  LaneShelfItem *item = data;

  g_free (item->name);
  g_free (item->path);
  g_free (item);
}

static gboolean
has_item (const GPtrArray *items, const char *name)
{
  for (guint i = 0; i < items->len; i++)
    if (strcmp (((LaneShelfItem *)g_ptr_array_index (items, i))->name, name) == 0)
      return TRUE;
  return FALSE;
}

static void
add_item (GPtrArray *items, const char *name, LaneShelfOrigin origin, const char *folder)
{
  LaneShelfItem *item;

  if (items->len >= LANE_SHELF_MAX || has_item (items, name))
    return;
  item = g_new0 (LaneShelfItem, 1);
  item->name = g_strdup (name);
  item->origin = origin;
  if (folder != NULL)
    item->path = g_strconcat (folder, G_DIR_SEPARATOR_S, name, SUFFIX, NULL);
  g_ptr_array_add (items, item);
}

static void
add_folder (GPtrArray *items, const char *folder, LaneShelfOrigin origin)
{
  g_autoptr (GDir) dir = folder != NULL ? g_dir_open (folder, 0, NULL) : NULL;
  const char *file;

  while (dir != NULL && (file = g_dir_read_name (dir)) != NULL) {
    g_autofree char *name = NULL;

    if (!g_str_has_suffix (file, SUFFIX))
      continue;
    name = g_strndup (file, strlen (file) - strlen (SUFFIX));
    if (name_is_sound (name, strlen (name)))
      add_item (items, name, origin, folder);
  }
}

static guint
rank (const char *name)
{
  guint i = 0;

  while (i < G_N_ELEMENTS (shipped) && strcmp (shipped[i], name) != 0)
    i++;
  return i;
}

static int
compare_items (gconstpointer a, gconstpointer b)
{
  const LaneShelfItem *one = *(const LaneShelfItem *const *)a;
  const LaneShelfItem *other = *(const LaneShelfItem *const *)b;
  guint one_rank = rank (one->name), other_rank = rank (other->name);

  if (one_rank != other_rank)
    return one_rank < other_rank ? -1 : 1;
  return strcmp (one->name, other->name);
}

GPtrArray *
lane_shelf_list (const LaneShelf *shelf)
{
  GPtrArray *items = g_ptr_array_new_with_free_func (item_free);

  for (LaneShelfOrigin i = 0; shelf != NULL && i < LANE_SHELF_BUILT_IN; i++)
    add_folder (items, shelf->folders[i], i);
  for (guint i = 0; i < G_N_ELEMENTS (shipped); i++)
    add_item (items, shipped[i], LANE_SHELF_BUILT_IN, NULL);
  g_ptr_array_sort (items, compare_items);
  return items;
}

static gboolean
was_seen (const GPtrArray *seen, const char *place)
{
  return seen != NULL
         && g_ptr_array_find_with_equal_func ((GPtrArray *)seen, place, g_str_equal, NULL);
}

/* Sets @error for a file that is there and cannot be read, not for one that is missing. */
static GBytes *
read_path (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  mode_t mode;
  g_autoptr (GBytes) bytes = lane_reader_read_file (path, &mode, &reason);
  g_autofree char *shown = lane_problem_quote (path);

  if (bytes != NULL && g_bytes_get_size (bytes) <= FILE_MAX)
    return g_steal_pointer (&bytes);
  if (bytes != NULL)
    g_set_error (error, LANE_SHELF_ERROR, LANE_SHELF_ERROR_UNREADABLE,
                 "%s is larger than 64 KiB: this is no theme", shown);
  else if (!g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_set_error (error, LANE_SHELF_ERROR, LANE_SHELF_ERROR_UNREADABLE, "%s %s", shown,
                 reason->message);
  return NULL;
}

static GBytes *
read_built_in (const char *name)
{
  g_autofree char *path = g_strconcat ("/org/icelane/themes/", name, SUFFIX, NULL);

  return g_resource_lookup_data (lane_themes_get_resource (), path, G_RESOURCE_LOOKUP_FLAGS_NONE,
                                 NULL);
}

static void
set_missing (const LaneShelf *shelf, const char *name, GError **error)
{
  g_autoptr (GPtrArray) items = lane_shelf_list (shelf);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *shown = lane_problem_quote (name);
  g_autofree char *hint = NULL;

  for (guint i = 0; i < items->len; i++)
    g_ptr_array_add (names, ((LaneShelfItem *)g_ptr_array_index (items, i))->name);
  g_ptr_array_add (names, NULL);
  hint = lane_nearest_hint (name, (const char *const *)names->pdata);
  g_set_error (error, LANE_SHELF_ERROR, LANE_SHELF_ERROR_MISSING, "there is no theme %s%s", shown,
               hint);
}

static GBytes *
read_named (const LaneShelf *shelf, const char *name, const GPtrArray *seen, char **place,
            GError **error)
{
  g_autofree char *built_in = g_strconcat ("built-in ", name, SUFFIX, NULL);
  GBytes *bytes = NULL;

  for (guint i = 0; shelf != NULL && i < G_N_ELEMENTS (shelf->folders); i++) {
    g_autofree char *path = NULL;
    g_autoptr (GError) reason = NULL;

    if (shelf->folders[i] == NULL)
      continue;
    path = g_strconcat (shelf->folders[i], G_DIR_SEPARATOR_S, name, SUFFIX, NULL);
    bytes = was_seen (seen, path) ? NULL : read_path (path, &reason);
    if (bytes != NULL)
      *place = g_steal_pointer (&path);
    else if (reason != NULL)
      g_propagate_error (error, g_steal_pointer (&reason));
    if (bytes != NULL || (error != NULL && *error != NULL))
      return bytes;
  }
  bytes = was_seen (seen, built_in) ? NULL : read_built_in (name);
  if (bytes != NULL)
    *place = g_steal_pointer (&built_in);
  else
    set_missing (shelf, name, error);
  return bytes;
}

GBytes *
lane_shelf_read (const LaneShelf *shelf, const char *name, const GPtrArray *seen, char **place,
                 GError **error)
{
  gsize length = strlen (name);
  g_autofree char *stem = NULL;
  g_autoptr (GError) reason = NULL;
  GBytes *bytes = NULL;

  if (strchr (name, G_DIR_SEPARATOR) != NULL) {
    bytes = read_path (name, &reason);
    if (bytes != NULL)
      *place = g_strdup (name);
    else if (reason != NULL)
      g_propagate_error (error, g_steal_pointer (&reason));
    else
      g_set_error (error, LANE_SHELF_ERROR, LANE_SHELF_ERROR_MISSING, "there is no file '%s'",
                   name);
    return bytes;
  }
  if (g_str_has_suffix (name, SUFFIX))
    length -= strlen (SUFFIX);
  stem = g_strndup (name, length);
  if (name_is_sound (stem, length))
    return read_named (shelf, stem, seen, place, error);
  set_missing (shelf, stem, error);
  return NULL;
}
