#include "settings-actions.h"

#include "masking.h"
#include "settings-field.h"
#include "settings-save.h"
#include "settings-test.h"

#include <string.h>

/* Selection */

LaneList *
lane_settings_focused_list (LaneModel *model)
{
  if (model->overlay == LANE_OVERLAY_PICK)
    return &model->panel->pick;
  if (model->overlay == LANE_OVERLAY_DIFF)
    return &model->panel->diff_list;
  return lane_settings_panel_get_list (model->panel);
}

void
lane_settings_select (LaneModel *model, int row)
{
  LaneSettingsPanel *panel = model->panel;

  if (model->overlay != LANE_OVERLAY_NONE)
    lane_list_select (lane_settings_focused_list (model), row);
  else if (panel->focus == LANE_PANEL_LIST)
    lane_settings_panel_select_item (panel, row);
  else
    lane_settings_panel_select_row (panel, row);
}

gboolean
lane_settings_back_to_list (LaneModel *model)
{
  LaneSettingsPanel *panel = model->panel;

  if (panel->focus == LANE_PANEL_LIST)
    return FALSE;
  panel->focus = LANE_PANEL_LIST;
  panel->revealed = FALSE;
  return TRUE;
}

static void
go_to_form (LaneModel *model)
{
  LaneSettingsPanel *panel = model->panel;

  if (panel->rows->len == 0)
    lane_model_say (model, "Nothing is here yet; a adds one.");
  else
    panel->focus = LANE_PANEL_FORM;
}

void
lane_settings_change_focus (LaneModel *model)
{
  if (!lane_settings_back_to_list (model))
    go_to_form (model);
}

static void
run_right (LaneModel *model, const char *argument)
{
  if (model->panel->focus == LANE_PANEL_LIST)
    go_to_form (model);
}

static void
run_left (LaneModel *model, const char *argument)
{
  lane_settings_back_to_list (model);
}

/* The row keys are about; NULL: the list has them. */
static const LaneSettingsRow *
focused_row (const LaneModel *model)
{
  return model->panel->focus == LANE_PANEL_FORM ? lane_settings_panel_get_row (model->panel) : NULL;
}

/* A row that may be edited, or NULL after a complaint. */
static const LaneSettingsRow *
editable_row (LaneModel *model)
{
  const LaneSettingsRow *row = focused_row (model);

  if (row == NULL || !lane_settings_may_edit (model))
    return NULL;
  if (row->override != NULL) {
    lane_model_complain (model, "%s decides this; change it there", row->override);
    return NULL;
  }
  return row;
}

/* `server home` of what is selected, or NULL after a complaint. */
static const char *
editable_section (LaneModel *model)
{
  const LaneSettingsItem *item = lane_settings_panel_get_item (model->panel);

  if (!lane_settings_may_edit (model))
    return NULL;
  if (item == NULL || item->kind != LANE_ITEM_NAMED) {
    lane_model_complain (model, "select a server or a peer first");
    return NULL;
  }
  if (!item->in_file) {
    lane_model_complain (model, "[%s] is not in the file: --set made it", item->sections[0]);
    return NULL;
  }
  return item->sections[0];
}

/* Editing */

static void
stage (LaneModel *model, const char *section, const char *key, const char *const *values)
{
  g_autofree char *name = g_strdup_printf ("[%s] %s", section, key);
  g_autofree char *value = values[0] != NULL && !lane_edit_is_secret (section, key)
                               ? g_strjoinv (" ", (char **)values)
                               : NULL;
  g_autoptr (GError) error = NULL;

  if (!lane_settings_set (model->panel->settings, section, key, values, &error))
    lane_model_complain (model, "%s: %s", name, error->message);
  else if (value != NULL)
    lane_settings_staged (model, "Staged: %s = %s.", name, value);
  else
    lane_settings_staged (model, "Staged: %s is taken out.", name);
}

static void
stage_one (LaneModel *model, const char *section, const char *key, const char *value)
{
  const char *const values[] = { value, NULL };

  stage (model, section, key, values);
}

/* In the words the file has for it already. */
static const char *
opposite (const LaneSettingsRow *row)
{
  static const char *const pairs[][2] = { { "on", "off" }, { "yes", "no" }, { "true", "false" } };
  const char *value = row->value != NULL ? row->value : row->option->fallback;

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    for (guint j = 0; j < 2; j++)
      if (g_ascii_strcasecmp (value, pairs[i][j]) == 0)
        return pairs[i][1 - j];
  return lane_settings_row_is_on (row) ? "off" : "on";
}

static const char *
current_choice (const LaneSettingsRow *row)
{
  if (row->kind == LANE_ROW_LOGIN)
    return row->text;
  return row->value != NULL ? row->value : row->option->fallback;
}

static void
open_pick (LaneModel *model, const LaneSettingsRow *row)
{
  LaneSettingsPanel *panel = model->panel;
  g_autofree const char **choices = lane_settings_row_get_choices (row);
  const char *current = current_choice (row);

  g_strfreev (panel->choices);
  panel->choices = g_strdupv ((char **)choices);
  panel->pick = (LaneList){ 0 };
  lane_list_set_count (&panel->pick, g_strv_length (panel->choices));
  lane_list_set_page (&panel->pick, panel->pick.count);
  for (int i = 0; i < panel->pick.count; i++)
    if (g_strcmp0 (panel->choices[i], current) == 0)
      lane_list_select (&panel->pick, i);
  model->overlay = LANE_OVERLAY_PICK;
}

static const char *
key_of_login (int choice)
{
  /* In the order of lane_settings_row_get_choices(): `none` first. */
  return choice > 0 ? lane_settings_login_keys ()[choice - 1] : NULL;
}

static void
take_out_login (LaneModel *model, const LaneSettingsRow *row)
{
  static const char *const none[] = { NULL };
  g_autofree char *section = g_strdup (row->section);
  g_autofree char *key = g_strdup (row->value);

  if (key == NULL)
    lane_model_say (model, "There is no login.");
  else
    stage (model, section, key, none);
}

void
lane_settings_pick (LaneModel *model)
{
  LaneSettingsPanel *panel = model->panel;
  const LaneSettingsRow *row = lane_settings_panel_get_row (panel);
  const char *choice = panel->choices[panel->pick.selected];
  g_autofree char *section = g_strdup (row->section);
  g_autofree char *key = g_strdup (row->key);

  model->overlay = LANE_OVERLAY_NONE;
  if (g_strcmp0 (choice, current_choice (row)) == 0)
    lane_model_say (model, "Nothing was changed.");
  else if (row->kind != LANE_ROW_LOGIN)
    stage_one (model, section, key, choice);
  else if (panel->pick.selected == 0)
    take_out_login (model, row);
  else
    lane_settings_field_open (model, section, key_of_login (panel->pick.selected), 0, NULL);
}

static void
edit_row (LaneModel *model)
{
  const LaneSettingsRow *row = editable_row (model);
  g_autofree const char **choices = NULL;

  if (row == NULL)
    return;
  choices = lane_settings_row_get_choices (row);
  if (row->kind == LANE_ROW_NAME)
    lane_settings_name_ask (model, LANE_NAMING_RENAME, row->section, row->value);
  else if (choices != NULL)
    open_pick (model, row);
  else if (lane_settings_row_is_switch (row)) {
    g_autofree char *section = g_strdup (row->section);

    stage_one (model, section, row->option->key, opposite (row));
  } else
    lane_settings_field_open_row (model);
}

void
lane_settings_open_selected (LaneModel *model)
{
  LaneSettingsPanel *panel = model->panel;
  const LaneSettingsItem *item = lane_settings_panel_get_item (panel);

  if (panel->focus == LANE_PANEL_FORM)
    edit_row (model);
  else if (item == NULL)
    lane_model_complain (model, "%s", panel->error != NULL ? panel->error : "not read yet");
  else if (item->kind != LANE_ITEM_HEADING)
    go_to_form (model);
  else if (strcmp (item->sections[0], "peer") == 0 && item->count > 0) {
    panel->peers_listed = !panel->peers_listed;
    lane_settings_panel_refresh (panel);
  } else if (item->count > 0)
    lane_settings_panel_select_item (panel, panel->list.selected + 1);
  else
    lane_model_say (model, "Nothing is here yet; a adds one.");
}

static void
toggle_enabled (LaneModel *model)
{
  const char *section = editable_section (model);
  int at =
      section != NULL ? lane_settings_form_find (model->panel->rows, section, "enabled", 0) : -1;
  const LaneSettingsRow *row = at >= 0 ? g_ptr_array_index (model->panel->rows, at) : NULL;
  g_autofree char *copy = g_strdup (section);

  if (row == NULL)
    return;
  if (row->override != NULL)
    lane_model_complain (model, "%s decides this; change it there", row->override);
  else
    stage_one (model, copy, "enabled", opposite (row));
}

static void
cycle (LaneModel *model, const LaneSettingsRow *row, const char *const *choices)
{
  g_autofree char *section = g_strdup (row->section);
  guint n = g_strv_length ((char **)choices);
  guint at = 0;

  while (at < n && g_strcmp0 (choices[at], current_choice (row)) != 0)
    at++;
  stage_one (model, section, row->option->key, choices[(at + 1) % n]);
}

static void
run_toggle (LaneModel *model, const char *argument)
{
  const LaneSettingsRow *row = NULL;
  g_autofree const char **choices = NULL;

  if (model->panel->focus == LANE_PANEL_LIST) {
    toggle_enabled (model);
    return;
  }
  row = editable_row (model);
  if (row == NULL)
    return;
  choices = lane_settings_row_get_choices (row);
  if (row->kind == LANE_ROW_VALUE && choices != NULL)
    cycle (model, row, choices);
  else if (lane_settings_row_is_switch (row) || choices != NULL)
    edit_row (model);
  else
    lane_model_complain (model, "this is no switch; Enter edits it");
}

/* Adding, deleting, order */

static gboolean
takes_any_key (const char *kind)
{
  const LaneSection *section = lane_section_find (kind);

  return section != NULL && section->open;
}

static void
add_in_list (LaneModel *model)
{
  const LaneSettingsItem *item = lane_settings_panel_get_item (model->panel);
  const char *section = item != NULL ? item->sections[0] : "server";

  if (g_str_has_prefix (section, "peer"))
    lane_settings_name_ask (model, LANE_NAMING_NEW, "peer", "");
  else if (takes_any_key (section))
    lane_settings_name_ask (model, LANE_NAMING_KEY, section, "");
  else
    lane_settings_name_ask (model, LANE_NAMING_NEW, "server", "");
}

static void
add_value (LaneModel *model, const LaneSettingsRow *row)
{
  g_autofree char *section = g_strdup (row->section);
  g_autofree char *key = g_strdup (row->key);
  g_auto (GStrv) values = NULL;

  if (takes_any_key (section)) {
    lane_settings_name_ask (model, LANE_NAMING_KEY, section, "");
    return;
  }
  if (row->option == NULL || !lane_option_is_repeatable (row->option)) {
    lane_model_complain (model, "%s has one value; in the list a adds servers and peers", row->key);
    return;
  }
  values =
      lane_document_get_values (lane_settings_get_document (model->panel->settings), section, key);
  lane_settings_field_open (model, section, key, g_strv_length (values), NULL);
}

static void
run_add (LaneModel *model, const char *argument)
{
  const LaneSettingsRow *row = NULL;

  if (!lane_settings_may_edit (model))
    return;
  if (model->panel->focus == LANE_PANEL_LIST || model->panel->rows->len == 0)
    add_in_list (model);
  else if ((row = editable_row (model)) != NULL)
    add_value (model, row);
}

static void
delete_section (LaneModel *model)
{
  const char *section = editable_section (model);
  g_autofree char *copy = g_strdup (section);
  g_autoptr (GError) error = NULL;

  if (section == NULL)
    return;
  if (!lane_settings_remove (model->panel->settings, copy, &error))
    lane_model_complain (model, "%s", error->message);
  else
    lane_settings_staged (model, "Staged: [%s] is deleted; u brings it back.", copy);
}

static void
run_delete (LaneModel *model, const char *argument)
{
  const LaneSettingsRow *row = NULL;
  g_autofree char *section = NULL;
  g_autofree char *key = NULL;
  g_auto (GStrv) values = NULL;

  if (model->panel->focus == LANE_PANEL_LIST) {
    delete_section (model);
    return;
  }
  row = editable_row (model);
  if (row == NULL)
    return;
  if (row->kind == LANE_ROW_LOGIN)
    take_out_login (model, row);
  else if (row->kind == LANE_ROW_NAME)
    lane_model_complain (model, "in the list x deletes it whole");
  else if (row->value == NULL)
    lane_model_say (model, "It has its default already.");
  else {
    section = g_strdup (row->section);
    key = g_strdup (row->key);
    values = lane_settings_panel_get_values (model->panel, section, key, row->index, NULL);
    stage (model, section, key, (const char *const *)values);
  }
}

static void
run_clone (LaneModel *model, const char *argument)
{
  const char *section = editable_section (model);
  g_autofree char *name = NULL;

  if (section == NULL)
    return;
  name = g_strconcat (strchr (section, ' ') + 1, "-2", NULL);
  lane_settings_name_ask (model, LANE_NAMING_CLONE, section, name);
}

static void
run_rename (LaneModel *model, const char *argument)
{
  const char *section = editable_section (model);

  if (section != NULL)
    lane_settings_name_ask (model, LANE_NAMING_RENAME, section, strchr (section, ' ') + 1);
}

static void
move_section (LaneModel *model, int steps)
{
  const char *section = editable_section (model);
  g_autofree char *copy = g_strdup (section);
  g_autoptr (GError) error = NULL;

  if (section == NULL)
    return;
  if (lane_settings_move (model->panel->settings, copy, steps, &error))
    lane_settings_staged (model, "Staged: [%s] moved %s.", copy, steps < 0 ? "up" : "down");
  else if (error != NULL)
    lane_model_complain (model, "%s", error->message);
  else
    lane_model_say (model, "[%s] is the %s already.", copy, steps < 0 ? "first" : "last");
}

static void
move_value (LaneModel *model, const LaneSettingsRow *row, int steps)
{
  g_autofree char *section = g_strdup (row->section);
  g_autofree char *key = g_strdup (row->key);
  guint from = row->index;
  g_auto (GStrv) values =
      lane_document_get_values (lane_settings_get_document (model->panel->settings), section, key);
  int last = (int)g_strv_length (values) - 1;
  int to = CLAMP ((int)from + steps, 0, last);
  char *value;

  if (to == (int)from || (int)from > last) {
    lane_model_say (model, "It has no place to move to.");
    return;
  }
  value = values[from];
  for (int i = from; i != to; i += to > (int)from ? 1 : -1)
    values[i] = values[i + (to > (int)from ? 1 : -1)];
  values[to] = value;
  stage (model, section, key, (const char *const *)values);
  lane_settings_panel_select_row (model->panel,
                                  lane_settings_form_find (model->panel->rows, section, key, to));
}

static void
move_by (LaneModel *model, int steps)
{
  const LaneSettingsRow *row = NULL;

  if (model->panel->focus == LANE_PANEL_LIST)
    move_section (model, steps);
  else if ((row = editable_row (model)) != NULL) {
    if (row->kind == LANE_ROW_VALUE && row->value != NULL)
      move_value (model, row, steps);
    else
      lane_model_complain (model, "in the list J and K move servers and peers");
  }
}

static void
run_move_down (LaneModel *model, const char *argument)
{
  move_by (model, 1);
}

static void
run_move_up (LaneModel *model, const char *argument)
{
  move_by (model, -1);
}

static void
run_move (LaneModel *model, const char *argument)
{
  gint64 steps = 0;

  if (g_strcmp0 (argument, "up") == 0)
    steps = -1;
  else if (g_strcmp0 (argument, "down") == 0)
    steps = 1;
  else if (g_strcmp0 (argument, "first") == 0)
    steps = -10000;
  else if (g_strcmp0 (argument, "last") == 0)
    steps = 10000;
  else if (argument == NULL || !g_ascii_string_to_signed (argument, 10, -10000, 10000, &steps, NULL)
           || steps == 0) {
    lane_model_complain (model, "move up, down, first, last, or by a number as -2");
    return;
  }
  move_by (model, (int)steps);
}

/* Steps and the file */

static void
run_undo (LaneModel *model, const char *argument)
{
  const char *what;

  if (!lane_settings_may_edit (model))
    return;
  what = lane_settings_undo (model->panel->settings);
  if (what == NULL)
    lane_model_say (model, "Nothing to undo.");
  else
    lane_settings_staged (model, "Undone: %s.", what);
}

static void
run_redo (LaneModel *model, const char *argument)
{
  const char *what;

  if (!lane_settings_may_edit (model))
    return;
  what = lane_settings_redo (model->panel->settings);
  if (what == NULL)
    lane_model_say (model, "Nothing to do again.");
  else
    lane_settings_staged (model, "Done again: %s.", what);
}

static void
run_diff (LaneModel *model, const char *argument)
{
  if (model->overlay == LANE_OVERLAY_DIFF)
    model->overlay = LANE_OVERLAY_NONE;
  else
    lane_settings_show_diff (model);
}

static void
run_write (LaneModel *model, const char *argument)
{
  if (model->overlay == LANE_OVERLAY_DIFF)
    model->overlay = LANE_OVERLAY_NONE;
  lane_settings_write (model);
}

static void
run_editor (LaneModel *model, const char *argument)
{
  lane_settings_open_editor (model);
}

static void
run_merge (LaneModel *model, const char *argument)
{
  lane_settings_merge (model);
}

static void
run_reveal (LaneModel *model, const char *argument)
{
  const LaneSettingsRow *row = focused_row (model);

  if (row == NULL || !row->secret || row->value == NULL)
    lane_model_complain (model, "no secret is selected");
  else
    model->panel->revealed = !model->panel->revealed;
}

void
lane_settings_copy (LaneModel *model)
{
  const LaneSettingsRow *row = focused_row (model);

  if (row == NULL || row->value == NULL)
    lane_model_say (model, "No value is selected.");
  else if (row->secret)
    lane_model_complain (model, "secrets are not copied; v shows this one");
  else {
    g_autofree char *value = g_strdup (row->value);

    if (model->masked)
      lane_masking_hide_text (model, &value);
    model->effects->copy (value, "the value", model->effects_data);
  }
}

static void
run_choose (LaneModel *model, const char *argument)
{
  lane_settings_pick (model);
}

static void
run_test (LaneModel *model, const char *argument)
{
  lane_settings_test (model);
}

static void
run_open (LaneModel *model, const char *argument)
{
  lane_settings_open_selected (model);
}

static void
run_change_focus (LaneModel *model, const char *argument)
{
  lane_settings_change_focus (model);
}

#define HERE LANE_IN_SETTINGS

static const LaneAction actions[] = {
  { "edit", "Enter", "go in, or edit what is selected", "edit", 2, HERE, .run = run_open },
  { "add", "a", "add a server or a peer, or one more value", "add", 3, HERE, .acts = TRUE,
    .run = run_add },
  { "delete", "x", "delete it; only staged until it is written", "delete", 4, HERE, .acts = TRUE,
    .run = run_delete },
  { "test", "t", "test the server, or with SERVERS selected all of them", "test", 5, HERE,
    .run = run_test },
  { "toggle", "Space", "switch on or off, or the next choice", NULL, 0, HERE, .acts = TRUE,
    .run = run_toggle },
  { "undo", "u", "take back the last change", "undo", 6, HERE, .acts = TRUE, .run = run_undo },
  { "redo", "C-r", "make it again", NULL, 0, HERE, .acts = TRUE, .run = run_redo },
  { "diff", "D", "what would be written", "diff", 7, HERE | LANE_IN_DIFF, .run = run_diff },
  { "write", "w", "write the changes to the file", "write", 5, HERE | LANE_IN_DIFF, .acts = TRUE,
    .run = run_write },
  { "clone", "c", "copy the server or peer under another name", NULL, 0, HERE, .acts = TRUE,
    .run = run_clone },
  { "rename", "r", "give the server or peer another name", NULL, 0, HERE, .acts = TRUE,
    .run = run_rename },
  { "move-down", "J S-Down", "further down: it is tried later", NULL, 0, HERE, .acts = TRUE,
    .run = run_move_down },
  { "move-up", "K S-Up", "further up: it is tried sooner", NULL, 0, HERE, .acts = TRUE,
    .run = run_move_up },
  { "move", "", "up, down, first, last or by a number", NULL, 0, HERE, LANE_ARGUMENT_TEXT,
    .acts = TRUE, .run = run_move },
  { "editor", "e", "the whole text in $EDITOR", "editor", 8, HERE, .acts = TRUE,
    .run = run_editor },
  { "reveal", "v", "show the secret of this row, or hide it", NULL, 0, HERE, .run = run_reveal },
  { "merge", "M", "take in what another program saved", NULL, 0, HERE, .acts = TRUE,
    .run = run_merge },
  { "focus", "Tab S-Tab", "list or form", NULL, 0, HERE, .run = run_change_focus },
  { "form", "Right l", "to the form", NULL, 0, HERE, .run = run_right },
  { "list", "Left h", "to the list", NULL, 0, HERE, .run = run_left },
  { "choose", "Enter Space", "take this one", "take", 1, LANE_IN_PICK, .run = run_choose },
};

const LaneAction *
lane_settings_actions_get (guint *n_actions)
{
  *n_actions = G_N_ELEMENTS (actions);
  return actions;
}
