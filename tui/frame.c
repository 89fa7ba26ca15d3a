#include "frame.h"

#include "action.h"
#include "hold-picker.h"
#include "key.h"
#include "keymap.h"
#include "replay-cursor.h"
#include "settings-field.h"
#include "theme-picker.h"
#include "view.h"

#include <string.h>

static int
bar_rows (const LaneModel *model)
{
  return model->bar || model->prompt != LANE_PROMPT_NONE ? 1 : 0;
}

static int
view_height (const LaneModel *model, int height)
{
  return height - 1 - bar_rows (model);
}

void
lane_frame_arrange (LaneModel *model, int height, int width)
{
  int rows = view_height (model, height);

  model->wants_detail = model->wants_network = FALSE;
  model->wants_history = FALSE;
  model->width = width;
  model->too_small = width < LANE_MIN_WIDTH || height < LANE_MIN_HEIGHT;
  if (model->too_small)
    return;
  if (!model->paused || model->all_log.changes == 0)
    lane_log_pane_update (&model->all_log, &model->log);
  if (!model->paused || model->peer_log.changes == 0)
    lane_log_pane_update (&model->peer_log, &model->log);
  switch (model->view) {
  case LANE_VIEW_PEERS:
    lane_peers_view_arrange (model, rows, width);
    break;
  case LANE_VIEW_PEER:
    lane_peer_view_arrange (model, rows, width);
    break;
  case LANE_VIEW_NETWORK:
    lane_network_view_arrange (model, rows, width);
    break;
  case LANE_VIEW_SETTINGS:
    lane_settings_view_arrange (model, rows, width);
    break;
  case LANE_VIEW_LOG:
  default:
    lane_log_view_arrange (model, rows, width);
  }
  if (model->overlay == LANE_OVERLAY_HELP)
    lane_help_arrange (model, rows, width);
  else if (model->overlay == LANE_OVERLAY_RECORD)
    lane_record_arrange (model, rows, width);
  else if (model->overlay == LANE_OVERLAY_DIFF)
    lane_settings_diff_arrange (model, rows, width);
  else if (model->overlay == LANE_OVERLAY_THEMES)
    lane_theme_picker_arrange (model, rows, width);
  else if (model->overlay == LANE_OVERLAY_HOLD)
    lane_hold_picker_arrange (model, rows, width);
}

static void
draw_too_small (LaneCanvas *canvas, int height, int width)
{
  g_autofree char *text = g_strdup_printf ("icelane needs %dx%d, this window is %dx%d. Peers stay "
                                           "up; q quits.",
                                           LANE_MIN_WIDTH, LANE_MIN_HEIGHT, width, height);

  lane_canvas_put_wrapped (canvas, 0, 0, height, width, LANE_ROLE_NOTICE, text);
}

static void
draw_gone (LaneCanvas *canvas, const LaneModel *model, int width)
{
  lane_canvas_fill (canvas, 1, 0, 1, width, LANE_ROLE_NOTICE);
  if (model->gone == NULL)
    lane_canvas_put (canvas, 1, 1, width - 1, LANE_ROLE_NOTICE, "Attaching to the node.");
  else
    lane_canvas_printf (canvas, 1, 0, width, LANE_ROLE_LOG_ERROR,
                        " %s: `icelane run` starts it. Trying again every second. "
                        "(%s)",
                        model->ever_attached ? "The node is gone" : "No node is running",
                        model->gone);
  lane_canvas_overlay (canvas, 1, 0, width, LANE_ROLE_SELECTED);
}

/* What the message line says when nothing just happened. */
static char *
status_text (const LaneModel *model)
{
  const LaneReplayView *replay = lane_replay_get (model);
  g_autoptr (GString) text = g_string_new (NULL);
  guint marks = g_hash_table_size (model->marks);

  if (model->paused)
    g_string_append (text, "Paused, p goes on.  ");
  if (replay != NULL) {
    g_autofree char *place = lane_replay_describe_place (replay);

    g_string_append_printf (text, "%s  ", place);
  }
  if (model->view == LANE_VIEW_SETTINGS)
    return lane_settings_view_status (model);
  if (model->view != LANE_VIEW_PEERS)
    return g_string_free (g_steal_pointer (&text), FALSE);
  if (model->filter != NULL)
    g_string_append_printf (text, "Filter '%s': %u of %u peers, Esc clears it.  ", model->filter,
                            model->shown->len, model->snapshot->peers->len);
  if (marks > 0)
    g_string_append_printf (text, "%u marked.  ", marks);
  if (model->sort != LANE_SORT_FILE || model->sort_reversed)
    g_string_append_printf (text, "Sorted by %s%s.  ", lane_sort_to_string (model->sort),
                            model->sort_reversed ? ", reversed" : "");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* `icelane.ini: 2 problems, line 33: [server home] uri: ...`; NULL when the node's file is in
 * order.
 */
static char *
config_text (const LaneConfigView *config)
{
  g_autofree char *name = config->path != NULL ? g_path_get_basename (config->path) : NULL;
  guint n = config->problems != NULL ? g_strv_length (config->problems) : 0;
  const char *first;

  if (name == NULL || n == 0 || g_strcmp0 (config->state, "ok") == 0)
    return NULL;
  first = config->problems[0];
  if (g_str_has_prefix (first, config->path))
    first += strlen (config->path);
  first += strspn (first, ": ");
  return g_strdup_printf ("%s: %u problem%s, %s%s", name, n, n == 1 ? "" : "s",
                          g_ascii_isdigit (*first) ? "line " : "", first);
}

static void
draw_message (LaneCanvas *canvas, const LaneModel *model, int y, int width)
{
  g_autofree char *status = NULL;
  g_autofree char *config = config_text (&model->snapshot->config);
  int x = 1;

  if (model->message != NULL) {
    lane_canvas_put (canvas, y, 1, width - 1,
                     model->message_is_error ? LANE_ROLE_LOG_ERROR : LANE_ROLE_NOTICE,
                     model->message);
    return;
  }
  status = status_text (model);
  x += lane_canvas_put (canvas, y, x, width - x, LANE_ROLE_MUTED, status);
  if (config != NULL && model->view != LANE_VIEW_SETTINGS)
    lane_canvas_put (canvas, y, x, width - x, LANE_ROLE_LOG_WARNING, config);
}

static char *
prompt_label (const LaneModel *model)
{
  static const char *const labels[LANE_N_PROMPTS] = {
    [LANE_PROMPT_NONE] = "",
    [LANE_PROMPT_COMMAND] = ":",
    [LANE_PROMPT_FILTER] = "Filter peers: ",
    [LANE_PROMPT_FIND] = "Search log: ",
    [LANE_PROMPT_KEEP] = "Keep lines with: ",
    [LANE_PROMPT_HELP] = "Search help: ",
  };

  return model->prompt == LANE_PROMPT_NAME ? lane_settings_name_label (model)
                                           : g_strdup (labels[model->prompt]);
}

static void
draw_prompt (LaneCanvas *canvas, const LaneModel *model, int y, int width)
{
  const LaneLineEdit *edit = model->edits[model->prompt];
  const char *text = lane_line_edit_get_text (edit);
  g_autofree char *head = lane_line_edit_get_head (edit);
  g_autofree char *label = prompt_label (model);
  int x = 1;
  int cursor = 0;
  const char *shown = text;
  LaneMask *mask = lane_canvas_set_mask (canvas, NULL); /* what is typed is seen */

  x += lane_canvas_put (canvas, y, 1, width - 1, LANE_ROLE_KEY, label);
  /* A long line is shown from where its cursor is in sight. */
  while ((cursor = lane_canvas_measure (canvas, head) - lane_canvas_measure (canvas, text)
                   + lane_canvas_measure (canvas, shown))
             >= width - x
         && *shown != '\0')
    shown = g_utf8_next_char (shown);
  lane_canvas_put (canvas, y, x, width - x, LANE_ROLE_INPUT, shown);
  lane_canvas_set_cursor (canvas, y, x + cursor);
  lane_canvas_set_mask (canvas, mask);
}

/* While a field is open all other keys are letters of it. */
static void
draw_field_keys (LaneCanvas *canvas, const LaneModel *model, int y, int width)
{
  const LaneSettingsPanel *panel = model->panel;
  const struct {
    const char *key, *text;
  } keys[] = { { "Enter", "take" },
               { "Esc", "leave as it was" },
               { "C-u", "clear" },
               { "C-a C-e", "ends" },
               { panel->field_secret ? "Tab" : NULL, panel->field_shown ? "hide" : "show" } };
  int x = 1;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    if (keys[i].key == NULL)
      continue;
    x += lane_canvas_put (canvas, y, x, width - x, LANE_ROLE_KEY, keys[i].key) + 1;
    x += lane_canvas_put (canvas, y, x, width - x, LANE_ROLE_DEFAULT, keys[i].text) + 2;
  }
}

static char *
bar_key (const LaneModel *model, const LaneAction *action)
{
  g_auto (GStrv) keys = g_strsplit (lane_keymap_get (model->keymap, action), " ", -1);

  for (guint i = 0; model->bar_fkeys && keys[i] != NULL; i++)
    if (keys[i][0] == 'F' && g_ascii_isdigit (keys[i][1]))
      return g_strdup (keys[i]);
  return g_strdup (keys[0]);
}

static gboolean
is_in_bar (const LaneModel *model, const LaneAction *action, guint rank)
{
  g_auto (GStrv) keys = NULL;

  if (action->bar == NULL || action->bar_rank != rank || !lane_action_is_available (action, model))
    return FALSE;
  /* Where two share a key, the first one has it. */
  keys = g_strsplit (lane_keymap_get (model->keymap, action), " ", -1);
  return lane_action_find_by_key (model, lane_key_from_string (keys[0])) == action;
}

static int
draw_bar_item (LaneCanvas *canvas, const LaneModel *model, int y, int x, int width, int index,
               const LaneAction *action)
{
  g_autofree char *key = bar_key (model, action);
  int needed = lane_canvas_measure (canvas, key) + 1 + lane_canvas_measure (canvas, action->bar);
  int at = x;

  if (x + needed > width)
    return x;
  at += lane_canvas_put (canvas, y, at, width - at, LANE_ROLE_KEY, key) + 1;
  at += lane_canvas_put (canvas, y, at, width - at, LANE_ROLE_DEFAULT, action->bar);
  lane_canvas_add_hit (canvas, y, x, 1, needed, LANE_HIT_ACTION, index);
  return at + 2;
}

static void
draw_bar (LaneCanvas *canvas, const LaneModel *model, int y, int width)
{
  const LaneAction *action;
  int x = 1;
  int shown = 0;

  for (guint rank = 1; rank < 16; rank++)
    for (guint i = 0; (action = lane_actions_nth (i)) != NULL && shown < 9; i++)
      if (is_in_bar (model, action, rank)) {
        int end = draw_bar_item (canvas, model, y, x, width, i, action);

        shown += end > x;
        x = end;
      }
}

static void
draw_view (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  switch (model->view) {
  case LANE_VIEW_PEERS:
    lane_peers_view_draw (canvas, model, height, width);
    return;
  case LANE_VIEW_PEER:
    lane_peer_view_draw (canvas, model, height, width);
    return;
  case LANE_VIEW_NETWORK:
    lane_network_view_draw (canvas, model, height, width);
    return;
  case LANE_VIEW_SETTINGS:
    lane_settings_view_draw (canvas, model, height, width);
    return;
  case LANE_VIEW_LOG:
  default:
    lane_log_view_draw (canvas, model, height, width);
  }
}

void
lane_frame_draw (LaneCanvas *canvas, const LaneModel *model)
{
  int width = lane_canvas_get_width (canvas);
  int height = lane_canvas_get_height (canvas);
  int rows = view_height (model, height);

  lane_canvas_clear (canvas);
  lane_canvas_set_mask (canvas, model->masked ? model->mask : NULL);
  if (model->too_small) {
    draw_too_small (canvas, height, width);
    return;
  }
  draw_view (canvas, model, rows, width);
  if (!model->attached
      && !(model->view == LANE_VIEW_SETTINGS && lane_settings_view_has_notice (model)))
    draw_gone (canvas, model, width);
  if (model->overlay == LANE_OVERLAY_HELP)
    lane_help_draw (canvas, model, rows, width);
  else if (model->overlay == LANE_OVERLAY_RECORD)
    lane_record_draw (canvas, model, rows, width);
  else if (model->overlay == LANE_OVERLAY_PICK)
    lane_settings_pick_draw (canvas, model, rows, width);
  else if (model->overlay == LANE_OVERLAY_DIFF)
    lane_settings_diff_draw (canvas, model, rows, width);
  else if (model->overlay == LANE_OVERLAY_THEMES)
    lane_theme_picker_draw (canvas, model, rows, width);
  else if (model->overlay == LANE_OVERLAY_HOLD)
    lane_hold_picker_draw (canvas, model, rows, width);
  if (model->dialog != NULL)
    lane_dialog_draw (canvas, model->dialog, rows, width);
  draw_message (canvas, model, rows, width);
  if (model->prompt == LANE_PROMPT_FIELD)
    draw_field_keys (canvas, model, height - 1, width);
  else if (model->prompt != LANE_PROMPT_NONE)
    draw_prompt (canvas, model, height - 1, width);
  else if (model->bar)
    draw_bar (canvas, model, height - 1, width);
}
