#include "compare.h"

#include <string.h>

#include "option.h"

typedef struct {
  const LaneConfig *old, *new;
  GPtrArray *changes;
} Comparison;

const char *
lane_change_kind_to_string (LaneChangeKind kind)
{
  static const char *const words[] = { "added", "removed", "edited", "moved" };

  return words[kind];
}

void
lane_change_free (LaneChange *change)
{
  if (change == NULL)
    return;
  g_free (change->section);
  g_strfreev (change->keys);
  g_free (change);
}

/* Takes @keys; NULL: none. */
static void
add_change (Comparison *comparison, LaneChangeKind kind, const char *section, char **keys)
{
  LaneChange *change = g_new0 (LaneChange, 1);

  change->kind = kind;
  change->section = g_strdup (section);
  change->keys = keys != NULL ? keys : g_new0 (char *, 1);
  g_ptr_array_add (comparison->changes, change);
}

/* Takes @builder. */
static void
add_edit (Comparison *comparison, const char *section, GStrvBuilder *builder)
{
  char **keys = g_strv_builder_end (builder);

  g_strv_builder_unref (builder);
  if (keys[0] != NULL)
    add_change (comparison, LANE_CHANGE_EDITED, section, keys);
  else
    g_strfreev (keys);
}

/* @old and @new are the structs that the options of @kind count from. */
static void
compare_options (Comparison *comparison, const char *kind, const char *section, gconstpointer old,
                 gconstpointer new)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  gsize count;
  const LaneOption *options = lane_options (&count);

  for (gsize i = 0; i < count; i++) {
    g_autofree char *old_value = NULL;
    g_autofree char *new_value = NULL;

    if (strcmp (options[i].section, kind) != 0)
      continue;
    old_value = lane_option_get (&options[i], old);
    new_value = lane_option_get (&options[i], new);
    if (g_strcmp0 (old_value, new_value) != 0)
      g_strv_builder_add (builder, options[i].key);
  }
  add_edit (comparison, section, builder);
}

/* Commands whose keys @one has and @other has not, or else. */
static void
add_bindings (const LaneConfig *one, const LaneConfig *other, gboolean missing_only,
              GStrvBuilder *builder)
{
  for (guint i = 0; i < one->keys->len; i++) {
    const LaneKeyBinding *binding = g_ptr_array_index (one->keys, i);
    g_autofree char *keys = lane_config_get (one, "keys", binding->command);
    g_autofree char *other_keys = lane_config_get (other, "keys", binding->command);

    if (missing_only ? other_keys == NULL : g_strcmp0 (keys, other_keys) != 0)
      g_strv_builder_add (builder, binding->command);
  }
}

static void
compare_bindings (Comparison *comparison, const char *section)
{
  GStrvBuilder *builder = g_strv_builder_new ();

  add_bindings (comparison->new, comparison->old, FALSE, builder);
  add_bindings (comparison->old, comparison->new, TRUE, builder);
  add_edit (comparison, section, builder);
}

static gboolean
is_peer (const char *kind)
{
  return strcmp (kind, "peer") == 0;
}

static const GPtrArray *
get_list (const LaneConfig *config, const char *kind)
{
  return is_peer (kind) ? config->peers : config->servers;
}

static const char *
name_at (const GPtrArray *list, const char *kind, guint i)
{
  return is_peer (kind) ? ((const LanePeerConfig *)list->pdata[i])->name
                        : ((const LaneServerConfig *)list->pdata[i])->name;
}

static gconstpointer
find_named (const LaneConfig *config, const char *kind, const char *name)
{
  return is_peer (kind) ? (gconstpointer)lane_config_find_peer (config, name)
                        : (gconstpointer)lane_config_find_server (config, name);
}

/* The names that @config and @other have, in the order of @config. */
static char **
common_names (const LaneConfig *config, const LaneConfig *other, const char *kind)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const GPtrArray *list = get_list (config, kind);

  for (guint i = 0; i < list->len; i++)
    if (find_named (other, kind, name_at (list, kind, i)) != NULL)
      g_strv_builder_add (builder, name_at (list, kind, i));
  return g_strv_builder_end (builder);
}

static void
compare_order (Comparison *comparison, const char *kind)
{
  g_auto (GStrv) old = common_names (comparison->old, comparison->new, kind);
  g_auto (GStrv) new = common_names (comparison->new, comparison->old, kind);

  if (!g_strv_equal ((const char *const *)old, (const char *const *)new))
    add_change (comparison, LANE_CHANGE_MOVED, kind, NULL);
}

static void
compare_named (Comparison *comparison, const char *kind)
{
  const GPtrArray *old = get_list (comparison->old, kind), *new = get_list (comparison->new, kind);

  for (guint i = 0; i < old->len; i++) {
    const char *name = name_at (old, kind, i);
    gconstpointer now = find_named (comparison->new, kind, name);
    g_autofree char *section = g_strdup_printf ("%s %s", kind, name);

    if (now == NULL)
      add_change (comparison, LANE_CHANGE_REMOVED, section, NULL);
    else
      compare_options (comparison, kind, section, old->pdata[i], now);
  }
  for (guint i = 0; i < new->len; i++) {
    const char *name = name_at (new, kind, i);
    g_autofree char *section = g_strdup_printf ("%s %s", kind, name);

    if (find_named (comparison->old, kind, name) == NULL)
      add_change (comparison, LANE_CHANGE_ADDED, section, NULL);
  }
  compare_order (comparison, kind);
}

GPtrArray *
lane_config_compare (const LaneConfig *old_config, const LaneConfig *new_config)
{
  Comparison comparison = { .old = old_config, .new = new_config };
  gsize count;
  const LaneSection *sections = lane_sections (&count);

  comparison.changes = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_change_free);
  for (gsize i = 0; i < count; i++) {
    if (sections[i].named)
      compare_named (&comparison, sections[i].name);
    else if (sections[i].open)
      compare_bindings (&comparison, sections[i].name);
    else
      compare_options (&comparison, sections[i].name, sections[i].name, old_config, new_config);
  }
  return comparison.changes;
}

const LaneChange *
lane_changes_find (const GPtrArray *changes, const char *section)
{
  for (guint i = 0; i < changes->len; i++) {
    const LaneChange *change = g_ptr_array_index (changes, i);

    if (strcmp (change->section, section) == 0)
      return change;
  }
  return NULL;
}

gboolean
lane_changes_touch (const GPtrArray *changes, const char *section, const char *key)
{
  const LaneChange *change = lane_changes_find (changes, section);

  return change != NULL
         && (change->kind == LANE_CHANGE_ADDED || change->kind == LANE_CHANGE_REMOVED
             || g_strv_contains ((const char *const *)change->keys, key));
}

gboolean
lane_peer_uses_server (const LanePeerConfig *peer, const char *server)
{
  return peer->servers[0] == NULL || g_strv_contains ((const char *const *)peer->servers, server);
}

gboolean
lane_changes_touch_servers_of (const GPtrArray *changes, const LanePeerConfig *old_peer,
                               const LanePeerConfig *peer)
{
  g_autofree char *section = g_strdup_printf ("peer %s", peer->name);

  if (old_peer == NULL || lane_changes_touch (changes, section, "servers"))
    return TRUE;
  for (guint i = 0; i < changes->len; i++) {
    const LaneChange *change = g_ptr_array_index (changes, i);

    if (strcmp (change->section, "server") == 0)
      return TRUE; /* another order of them */
    if (g_str_has_prefix (change->section, "server ")
        && lane_peer_uses_server (peer, change->section + strlen ("server ")))
      return TRUE;
  }
  return FALSE;
}
