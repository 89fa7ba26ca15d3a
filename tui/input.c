#include "input.h"

#include "action.h"
#include "command-line.h"
#include "hold-picker.h"
#include "keymap.h"
#include "network-actions.h"
#include "settings-actions.h"
#include "settings-field.h"
#include "settings-save.h"
#include "theme-picker.h"

#include <string.h>

static void
set_text (char **place, const char *text)
{
  g_free (*place);
  *place = text != NULL && text[0] != '\0' ? g_strdup (text) : NULL;
}

/* What a filter types takes effect with each letter; the other prompts wait for Enter. */
static void
prompt_changed (LaneModel *model)
{
  const char *text = lane_line_edit_get_text (model->edits[model->prompt]);

  if (model->prompt == LANE_PROMPT_FILTER) {
    set_text (&model->filter, text);
    lane_model_refilter (model);
  } else if (model->prompt == LANE_PROMPT_HELP) {
    set_text (&model->help_filter, text);
    lane_list_select (&model->overlay_list, 0);
  }
}

static void
leave_prompt (LaneModel *model)
{
  if (model->prompt == LANE_PROMPT_FIELD) {
    lane_settings_field_leave (model);
    return;
  }
  if (model->prompt == LANE_PROMPT_FILTER) {
    set_text (&model->filter, model->filter_before);
    lane_model_refilter (model);
  } else if (model->prompt == LANE_PROMPT_HELP)
    set_text (&model->help_filter, NULL);
  model->prompt = LANE_PROMPT_NONE;
}

static void
finish_prompt (LaneModel *model)
{
  LanePrompt prompt = model->prompt;
  g_autofree char *text = g_strdup (lane_line_edit_get_text (model->edits[prompt]));

  model->prompt = LANE_PROMPT_NONE;
  switch (prompt) {
  case LANE_PROMPT_COMMAND:
    lane_command_line_run (model, text);
    return;
  case LANE_PROMPT_FIND:
    if (text[0] != '\0')
      lane_action_find_text (model, text);
    return;
  case LANE_PROMPT_KEEP:
    /* With nothing typed all lines come back, which a command line cannot say. */
    lane_log_pane_set_keep (model->view == LANE_VIEW_PEER ? &model->peer_log : &model->all_log,
                            text);
    return;
  case LANE_PROMPT_NAME:
    lane_settings_name_done (model, text);
    return;
  default:
    return;
  }
}

static gsize
common_prefix (char **lines)
{
  gsize length = strlen (lines[0]);

  for (guint i = 1; lines[i] != NULL; i++)
    for (gsize at = 0; at < length; at++)
      if (lines[i][at] != lines[0][at])
        length = at;
  while (length > 0 && (lines[0][length] & 0xc0) == 0x80)
    length--;
  return length;
}

static void
complete_prompt (LaneModel *model)
{
  LaneLineEdit *edit = model->edits[model->prompt];
  g_autofree char *head = lane_line_edit_get_head (edit);
  g_auto (GStrv) lines = NULL;
  g_autofree char *common = NULL;

  if (model->prompt != LANE_PROMPT_COMMAND)
    return;
  lines = lane_command_line_complete (model, head);
  if (lines[0] == NULL) {
    lane_model_say (model, "Nothing to complete.");
    return;
  }
  common = lines[1] == NULL ? g_strconcat (lines[0], " ", NULL)
                            : g_strndup (lines[0], common_prefix (lines));
  lane_line_edit_set (edit, common);
  if (lines[1] != NULL) {
    g_autofree char *all = g_strjoinv ("  ", lines);

    lane_model_say (model, "%s", all);
  }
}

static void
prompt_key (LaneModel *model, const LaneKey *key)
{
  if (model->prompt == LANE_PROMPT_FIELD) {
    lane_settings_field_key (model, key);
    return;
  }
  switch (lane_line_edit_key (model->edits[model->prompt], key)) {
  case LANE_LINE_CHANGED:
    prompt_changed (model);
    return;
  case LANE_LINE_DONE:
    finish_prompt (model);
    return;
  case LANE_LINE_LEFT:
    leave_prompt (model);
    return;
  case LANE_LINE_COMPLETE:
    complete_prompt (model);
    return;
  case LANE_LINE_MOVED:
  case LANE_LINE_IGNORED:
  default:
    return;
  }
}

static void
answer_dialog (LaneModel *model, int answer)
{
  lane_dialog_finish (g_steal_pointer (&model->dialog), answer);
}

static void
dialog_key (LaneModel *model, guint code)
{
  int answer = 0;

  if (lane_dialog_key (model->dialog, code, &answer) == LANE_DIALOG_ANSWERED)
    answer_dialog (model, answer);
}

static void
complain_about_key (LaneModel *model, guint code)
{
  g_autofree char *name = lane_key_to_string (code);
  const LaneAction *action;

  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    if ((action->where & lane_action_where (model)) != 0
        && lane_key_is_in (code, lane_keymap_get (model->keymap, action))
        && lane_action_refuse (action, model))
      return;
  lane_model_complain (model, "no key '%s' here, ? for help", name);
}

static void
press (LaneModel *model, guint code)
{
  const LaneAction *action = lane_action_find_by_key (model, code);

  if (action != NULL)
    action->run (model, NULL);
  else
    complain_about_key (model, code);
}

/* A click selects; on what is selected it opens. */
/* What Enter does here, whichever key [keys] has for it. */
static void
enter (LaneModel *model)
{
  const LaneAction *action;

  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    if (lane_action_is_available (action, model) && lane_key_is_in (LANE_KEY_ENTER, action->keys)) {
      action->run (model, NULL);
      return;
    }
}

static void
click_panel (LaneModel *model, LaneHitKind kind, int index)
{
  LaneSettingsPanel *panel = model->panel;
  LanePanelFocus focus = kind == LANE_HIT_ITEM ? LANE_PANEL_LIST : LANE_PANEL_FORM;
  const LaneList *list = kind == LANE_HIT_ITEM ? &panel->list : &panel->form;

  if (index < 0)
    return;
  if (panel->focus == focus && list->selected == index)
    enter (model);
  else {
    panel->focus = focus;
    lane_settings_select (model, index);
  }
}

static void
click_network (LaneModel *model, int index)
{
  if (index >= 0 && index == model->network_list.selected)
    enter (model);
  else if (index >= 0)
    lane_network_select (model, index);
}

static void
click_list (LaneModel *model, LaneHitKind kind, int index)
{
  LaneLogPane *log = model->view == LANE_VIEW_PEER ? &model->peer_log : &model->all_log;

  switch (kind) {
  case LANE_HIT_PEER:
    model->log_focused = FALSE;
    if (index == model->peers.selected)
      enter (model);
    else
      lane_model_select (model, index);
    return;
  case LANE_HIT_LOG:
    if (model->view == LANE_VIEW_PEERS)
      model->log_focused = TRUE;
    else if (model->view == LANE_VIEW_PEER)
      model->pane = LANE_PANE_LOG;
    if (index >= 0)
      lane_log_pane_select (log, index);
    return;
  case LANE_HIT_PANE:
    if (model->view == LANE_VIEW_NETWORK)
      click_network (model, index);
    else if (index >= 0)
      lane_list_select (&model->pane_list, index);
    return;
  case LANE_HIT_ITEM:
  case LANE_HIT_ROW:
    click_panel (model, kind, index);
    return;
  default:
    return;
  }
}

static void
click_view (LaneModel *model, LaneView view)
{
  static const guint keys[LANE_N_VIEWS] = {
    [LANE_VIEW_PEERS] = '1',
    [LANE_VIEW_NETWORK] = '2',
    [LANE_VIEW_LOG] = '3',
    [LANE_VIEW_SETTINGS] = '4',
  };

  press (model, keys[view]);
}

static void
click (LaneModel *model, LaneHitKind kind, int index)
{
  const LaneAction *action = kind == LANE_HIT_ACTION ? lane_actions_nth (MAX (index, 0)) : NULL;

  if (model->dialog != NULL) {
    if (kind == LANE_HIT_BUTTON)
      answer_dialog (model, index);
    return;
  }
  if (action != NULL) {
    if (lane_action_is_available (action, model))
      action->run (model, NULL);
  } else if (kind == LANE_HIT_CHOICE && model->overlay == LANE_OVERLAY_PICK && index >= 0) {
    lane_list_select (&model->panel->pick, index);
    lane_settings_pick (model);
  } else if (kind == LANE_HIT_CHOICE && model->overlay == LANE_OVERLAY_HOLD && index >= 0) {
    lane_list_select (&model->overlay_list, index);
    lane_hold_picker_take (model);
  } else if (kind == LANE_HIT_THEME && index == model->overlay_list.selected)
    enter (model);
  else if (kind == LANE_HIT_THEME)
    lane_list_select (&model->overlay_list, index);
  else if (model->overlay != LANE_OVERLAY_NONE)
    return;
  else if (kind == LANE_HIT_VIEW)
    click_view (model, index);
  else if (kind == LANE_HIT_TAB) {
    model->pane = index;
    lane_list_select (&model->pane_list, 0);
  } else
    click_list (model, kind, index);
}

static void
wheel (LaneModel *model, LaneHitKind kind, int rows)
{
  LaneLogPane *log = model->view == LANE_VIEW_PEER ? &model->peer_log : &model->all_log;

  if (model->dialog != NULL)
    return;
  if (model->overlay == LANE_OVERLAY_PICK || model->overlay == LANE_OVERLAY_DIFF)
    lane_list_move (lane_settings_focused_list (model), rows);
  else if (model->overlay != LANE_OVERLAY_NONE)
    lane_list_move (&model->overlay_list, rows);
  else if (kind == LANE_HIT_ITEM)
    lane_settings_panel_select_item (model->panel, model->panel->list.selected + rows);
  else if (kind == LANE_HIT_ROW)
    lane_settings_panel_select_row (model->panel, model->panel->form.selected + rows);
  else if (kind == LANE_HIT_LOG)
    lane_log_pane_select (log, log->list.selected + rows);
  else if (kind == LANE_HIT_PEER)
    lane_model_select (model,
                       CLAMP (model->peers.selected + rows, 0, MAX (model->peers.count - 1, 0)));
  else if (model->view == LANE_VIEW_NETWORK)
    lane_network_select (model, CLAMP (model->network_list.selected + rows, 0,
                                       MAX (model->network_list.count - 1, 0)));
  else if (kind == LANE_HIT_PANE)
    lane_list_move (&model->pane_list, rows);
}

static void
mouse_key (LaneModel *model, const LaneKey *key, const LaneCanvas *canvas)
{
  int index = -1;
  LaneHitKind kind = lane_canvas_find_hit (canvas, key->y, key->x, &index);

  if (model->prompt != LANE_PROMPT_NONE)
    return;
  if (key->code == LANE_KEY_CLICK)
    click (model, kind, index);
  else
    wheel (model, kind, key->code == LANE_KEY_WHEEL_UP ? -3 : 3);
}

void
lane_input_key (LaneModel *model, const LaneKey *key, const LaneCanvas *canvas)
{
  g_clear_pointer (&model->message, g_free);
  if (model->too_small) {
    /* Nothing may be done that cannot be seen. */
    if (key->code == 'q' || key->code == 'Q')
      model->effects->quit (FALSE, model->effects_data);
    else if (key->code == LANE_KEY_CTRL ('z'))
      model->effects->suspend (model->effects_data);
    return;
  }
  if (key->code == LANE_KEY_CLICK || key->code == LANE_KEY_WHEEL_UP
      || key->code == LANE_KEY_WHEEL_DOWN)
    mouse_key (model, key, canvas);
  else if (key->code == LANE_KEY_CTRL ('l'))
    model->effects->repaint (model->effects_data);
  else if (key->code == LANE_KEY_CTRL ('z'))
    model->effects->suspend (model->effects_data);
  else if (model->dialog != NULL)
    dialog_key (model, key->code);
  else if (model->prompt != LANE_PROMPT_NONE)
    prompt_key (model, key);
  else if (key->code == LANE_KEY_PASTE)
    lane_model_say (model, "Pasted text is never taken as keys; / or : opens a field for it.");
  else
    press (model, key->code);
  lane_theme_picker_preview (model);
}

/* Asked twice, it leaves for good. */
static gboolean
ask_before_leaving (LaneModel *model)
{
  return !model->too_small && model->panel != NULL
         && lane_settings_count_changes (model->panel->settings) > 0
         && lane_settings_leave (model, LANE_LEAVE_QUIT);
}

gboolean
lane_input_cancel (LaneModel *model)
{
  g_clear_pointer (&model->message, g_free);
  if (model->dialog != NULL && model->panel != NULL && model->panel->leave == LANE_LEAVE_QUIT)
    return FALSE;
  if (model->dialog != NULL)
    answer_dialog (model, 0);
  else if (model->prompt != LANE_PROMPT_NONE)
    leave_prompt (model);
  else if (model->overlay != LANE_OVERLAY_NONE) {
    lane_theme_picker_leave (model);
    model->overlay = LANE_OVERLAY_NONE;
  } else
    return ask_before_leaving (model);
  return TRUE;
}
