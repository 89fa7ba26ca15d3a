#include "settings-panel.h"

#include <string.h>

LaneSettingsPanel *
lane_settings_panel_new (const LaneConfigSources *sources)
{
  LaneSettingsPanel *panel = g_new0 (LaneSettingsPanel, 1);

  panel->settings = lane_settings_new (sources);
  panel->items = g_ptr_array_new ();
  panel->rows = g_ptr_array_new ();
  panel->tests = lane_test_board_new ();
  return panel;
}

void
lane_settings_panel_free (LaneSettingsPanel *panel)
{
  if (panel == NULL)
    return;
  lane_settings_panel_close_field (panel);
  g_ptr_array_unref (panel->items);
  g_ptr_array_unref (panel->rows);
  lane_test_board_free (panel->tests);
  g_clear_pointer (&panel->diff, g_ptr_array_unref);
  g_strfreev (panel->choices);
  g_free (panel->diff_title);
  g_free (panel->naming_section);
  g_free (panel->error);
  lane_settings_free (panel->settings);
  g_free (panel);
}

const LaneSettingsItem *
lane_settings_panel_get_item (const LaneSettingsPanel *panel)
{
  guint at = panel->list.selected;

  return at < panel->items->len ? g_ptr_array_index (panel->items, at) : NULL;
}

const LaneSettingsRow *
lane_settings_panel_get_row (const LaneSettingsPanel *panel)
{
  guint at = panel->form.selected;

  return at < panel->rows->len ? g_ptr_array_index (panel->rows, at) : NULL;
}

/* Whether the open field is for one value more than there are. */
static gboolean
is_adding (const LaneSettingsPanel *panel)
{
  g_auto (GStrv) values = NULL;

  if (panel->field_key == NULL)
    return FALSE;
  values = lane_document_get_values (lane_settings_get_document (panel->settings),
                                     panel->field_section, panel->field_key);
  return panel->field_index >= g_strv_length (values);
}

static void
make_rows (LaneSettingsPanel *panel)
{
  const LaneSettingsItem *item = lane_settings_panel_get_item (panel);
  const char *add_key = is_adding (panel) ? panel->field_key : NULL;

  g_ptr_array_unref (panel->rows);
  panel->rows = item == NULL
                    ? g_ptr_array_new ()
                    : lane_settings_form_new (panel->settings, item, panel->field_section, add_key);
  lane_list_set_count (&panel->form, panel->rows->len);
}

static gboolean
can_select (const LaneSettingsPanel *panel, int index)
{
  return index >= 0 && (guint)index < panel->rows->len
         && ((LaneSettingsRow *)g_ptr_array_index (panel->rows, index))->kind != LANE_ROW_SECTION;
}

/* The nearest row that can be selected, in the direction of the move first. */
static int
nearest_row (const LaneSettingsPanel *panel, int index)
{
  int count = panel->rows->len;
  int step = index < panel->form.selected ? -1 : 1;

  index = CLAMP (index, 0, MAX (count - 1, 0));
  for (int distance = 0; distance <= count; distance++) {
    if (can_select (panel, index + step * distance))
      return index + step * distance;
    if (can_select (panel, index - step * distance))
      return index - step * distance;
  }
  return 0;
}

void
lane_settings_panel_select_row (LaneSettingsPanel *panel, int index)
{
  index = nearest_row (panel, index);
  if (index != panel->form.selected)
    panel->revealed = FALSE;
  /* The heading above the first row belongs to it. */
  if (index == 1 && !can_select (panel, 0))
    lane_list_select (&panel->form, 0);
  lane_list_select (&panel->form, index);
}

void
lane_settings_panel_select_item (LaneSettingsPanel *panel, int index)
{
  int before = panel->list.selected;

  lane_list_select (&panel->list, index);
  if (panel->list.selected == before)
    return;
  panel->revealed = FALSE;
  make_rows (panel);
  panel->form.selected = 0;
  lane_settings_panel_select_row (panel, 0);
}

void
lane_settings_panel_refresh (LaneSettingsPanel *panel)
{
  const LaneSettingsItem *item = lane_settings_panel_get_item (panel);
  const LaneSettingsRow *row = lane_settings_panel_get_row (panel);
  g_autofree char *name = item != NULL ? g_strdup (item->sections[0]) : NULL;
  g_autofree char *section = row != NULL ? g_strdup (row->section) : NULL;
  g_autofree char *key = row != NULL ? g_strdup (row->key) : NULL;
  guint index = row != NULL ? row->index : 0;
  int at;

  if (!lane_settings_is_open (panel->settings))
    return;
  g_ptr_array_unref (panel->items);
  panel->items = lane_settings_list_new (panel->settings, panel->peers_listed);
  lane_list_set_count (&panel->list, panel->items->len);
  at = lane_settings_list_find (panel->items, name);
  lane_list_select (&panel->list, at >= 0 ? at : panel->list.selected);
  make_rows (panel);
  at = lane_settings_form_find (panel->rows, section, key, index);
  for (; at < 0 && index > 0; index--)
    at = lane_settings_form_find (panel->rows, section, key, index - 1);
  lane_settings_panel_select_row (panel, at >= 0 ? at : panel->form.selected);
  if (panel->focus == LANE_PANEL_FORM && panel->rows->len == 0)
    panel->focus = LANE_PANEL_LIST;
}

gboolean
lane_settings_panel_show (LaneSettingsPanel *panel, const char *section, const char *key)
{
  int at;

  if (g_str_has_prefix (section, "peer ") && !panel->peers_listed) {
    panel->peers_listed = TRUE;
    lane_settings_panel_refresh (panel);
  }
  at = lane_settings_list_find (panel->items, section);
  if (at < 0)
    return FALSE;
  lane_settings_panel_select_item (panel, at);
  panel->focus = LANE_PANEL_LIST;
  if (key == NULL)
    return TRUE;
  at = lane_settings_form_find (panel->rows, section, key, 0);
  if (at < 0)
    return FALSE;
  panel->focus = LANE_PANEL_FORM;
  lane_settings_panel_select_row (panel, at);
  return TRUE;
}

LaneList *
lane_settings_panel_get_list (LaneSettingsPanel *panel)
{
  return panel->focus == LANE_PANEL_LIST ? &panel->list : &panel->form;
}

char **
lane_settings_panel_get_values (const LaneSettingsPanel *panel, const char *section,
                                const char *key, guint index, const char *value)
{
  g_auto (GStrv) old =
      lane_document_get_values (lane_settings_get_document (panel->settings), section, key);
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  guint n = g_strv_length (old);

  for (guint i = 0; i < MAX (n, index + 1); i++)
    if (i != index && i < n)
      g_strv_builder_add (values, old[i]);
    else if (i == index && value != NULL && *value != '\0')
      g_strv_builder_add (values, value);
  return g_strv_builder_end (values);
}

void
lane_settings_panel_close_field (LaneSettingsPanel *panel)
{
  g_clear_pointer (&panel->field_section, g_free);
  g_clear_pointer (&panel->field_key, g_free);
  g_clear_pointer (&panel->complaint, g_free);
  panel->field_index = 0;
  panel->field_secret = panel->field_shown = FALSE;
}
