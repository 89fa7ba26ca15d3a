#include "settings-list.h"

#include "option.h"

#include <string.h>

typedef struct {
  const char *title;
  const char *sections[4]; /* NULL-terminated */
} Group;

static const Group groups[] = {
  { "SIGNALLING", { "signaling" } },
  { "NETWORK / ICE", { "network", "ice" } },
  { "LOG / HOOKS", { "log", "metrics", "hooks" } },
  { "SCREEN", { "ui" } },
  { "KEYS", { "keys" } },
  { "THIS NODE", { "node" } },
};

static void
item_free (gpointer data)
{
  LaneSettingsItem *item = data;

  g_free (item->title);
  g_strfreev (item->sections);
  g_free (item);
}

static LaneSettingsItem *
add_item (GPtrArray *items, LaneSettingsItemKind kind, const char *title,
          const char *const *sections)
{
  LaneSettingsItem *item = g_new0 (LaneSettingsItem, 1);

  item->kind = kind;
  item->title = g_strdup (title);
  item->sections = g_strdupv ((char **)sections);
  item->in_file = TRUE;
  g_ptr_array_add (items, item);
  return item;
}

static const LaneProblem *
find_worst (const LaneSettings *settings, const char *section)
{
  const GPtrArray *problems = lane_settings_get_problems (settings);
  const LaneProblem *worst = NULL;

  for (guint i = 0; i < problems->len; i++) {
    const LaneProblem *problem = g_ptr_array_index (problems, i);

    if (g_strcmp0 (problem->section, section) == 0
        && (worst == NULL || problem->level > worst->level))
      worst = problem;
  }
  return worst;
}

static void
look_at_section (const LaneSettings *settings, LaneSettingsItem *item, const char *section)
{
  const LaneProblem *problem = find_worst (settings, section);

  item->changed |= lane_settings_is_changed (settings, section, NULL);
  if (problem != NULL && (item->problem == NULL || problem->level > item->problem->level))
    item->problem = problem;
}

static LaneSettingsItem *
add_named (GPtrArray *items, const LaneSettings *settings, const char *section)
{
  const char *const sections[] = { section, NULL };
  const char *name = strchr (section, ' ');
  LaneSettingsItem *item =
      add_item (items, LANE_ITEM_NAMED, name != NULL ? name + 1 : section, sections);

  item->in_file = lane_settings_has_section (settings, section);
  look_at_section (settings, item, section);
  return item;
}

/* Those of the file in its order, then those that only --set has. */
static guint
add_all_named (GPtrArray *items, const LaneSettings *settings, const char *kind)
{
  g_auto (GStrv) sections = lane_document_get_sections (lane_settings_get_document (settings));
  const LaneConfig *config = lane_settings_get_config (settings);
  gboolean servers = strcmp (kind, "server") == 0;
  const GPtrArray *known = servers ? config->servers : config->peers;
  guint start = items->len;

  for (guint i = 0; sections[i] != NULL; i++)
    if (g_str_has_prefix (sections[i], kind) && sections[i][strlen (kind)] == ' ')
      add_named (items, settings, sections[i]);
  for (guint i = 0; i < known->len; i++) {
    const char *name = servers ? ((LaneServerConfig *)g_ptr_array_index (known, i))->name
                               : ((LanePeerConfig *)g_ptr_array_index (known, i))->name;
    g_autofree char *section = g_strdup_printf ("%s %s", kind, name);

    if (!lane_settings_has_section (settings, section))
      add_named (items, settings, section);
  }
  return items->len - start;
}

static void
add_heading (GPtrArray *items, const LaneSettings *settings, const char *title, const char *kind,
             gboolean open)
{
  const char *const sections[] = { kind, NULL };
  LaneSettingsItem *heading = add_item (items, LANE_ITEM_HEADING, title, sections);
  g_autoptr (GPtrArray) inside = g_ptr_array_new_with_free_func (item_free);

  heading->count = add_all_named (inside, settings, kind);
  for (guint i = 0; i < inside->len; i++) {
    const LaneSettingsItem *item = g_ptr_array_index (inside, i);

    heading->changed |= item->changed && !open;
    if (!open && item->problem != NULL
        && (heading->problem == NULL || item->problem->level > heading->problem->level))
      heading->problem = item->problem;
  }
  while (open && inside->len > 0)
    g_ptr_array_add (items, g_ptr_array_steal_index (inside, 0));
}

static gboolean
is_grouped (const char *section)
{
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    if (g_strv_contains (groups[i].sections, section))
      return TRUE;
  return FALSE;
}

/* A section that has no group yet gets one of its own. */
static void
add_others (GPtrArray *items, const LaneSettings *settings)
{
  gsize count;
  const LaneSection *sections = lane_sections (&count);

  for (gsize i = 0; i < count; i++) {
    const char *const names[] = { sections[i].name, NULL };
    g_autofree char *title = g_ascii_strup (sections[i].name, -1);

    if (sections[i].named || is_grouped (sections[i].name))
      continue;
    look_at_section (settings, add_item (items, LANE_ITEM_GROUP, title, names), sections[i].name);
  }
}

GPtrArray *
lane_settings_list_new (const LaneSettings *settings, gboolean peers)
{
  GPtrArray *items = g_ptr_array_new_with_free_func (item_free);

  add_heading (items, settings, "SERVERS", "server", TRUE);
  add_heading (items, settings, "PEERS", "peer", peers);
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++) {
    LaneSettingsItem *item = add_item (items, LANE_ITEM_GROUP, groups[i].title, groups[i].sections);

    for (guint j = 0; groups[i].sections[j] != NULL; j++)
      look_at_section (settings, item, groups[i].sections[j]);
  }
  add_others (items, settings);
  return items;
}

int
lane_settings_list_find (const GPtrArray *items, const char *section)
{
  for (guint i = 0; section != NULL && i < items->len; i++) {
    const LaneSettingsItem *item = g_ptr_array_index (items, i);

    if (g_strv_contains ((const char *const *)item->sections, section))
      return i;
  }
  return -1;
}

const char *
lane_settings_item_get_help (const LaneSettingsItem *item)
{
  g_autofree char *kind = g_strndup (item->sections[0], strcspn (item->sections[0], " "));
  const LaneSection *section = lane_section_find (kind);

  return section != NULL ? section->help : "";
}
