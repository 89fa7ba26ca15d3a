#include "model.h"

#include "keymap.h"
#include "masking.h"
#include "snapshot-copy.h"
#include "theme-picker.h"
#include "words.h"

#include <math.h>
#include <string.h>

LaneModel *
lane_model_new (const LaneEffects *effects, gpointer user_data)
{
  LaneModel *model = g_new0 (LaneModel, 1);

  model->glyphs = LANE_GLYPHS_BLOCKS;
  model->confirm = LANE_CONFIRM_DISRUPTIVE;
  model->bar = TRUE;
  model->replay_speed = 1;
  model->effects = effects;
  model->effects_data = user_data;
  model->snapshot = lane_snapshot_new ();
  model->shown = g_ptr_array_new ();
  model->marks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  lane_look_init (&model->look);
  lane_log_init (&model->log);
  lane_log_pane_init (&model->all_log);
  lane_log_pane_init (&model->peer_log);
  for (guint i = 0; i < LANE_N_PROMPTS; i++)
    model->edits[i] = lane_line_edit_new ();
  return model;
}

void
lane_model_free (LaneModel *model)
{
  if (model == NULL)
    return;
  for (guint i = 0; i < LANE_N_PROMPTS; i++)
    lane_line_edit_free (model->edits[i]);
  lane_log_pane_clear (&model->all_log);
  lane_log_pane_clear (&model->peer_log);
  lane_log_clear (&model->log);
  g_clear_pointer (&model->detail, lane_peer_detail_free);
  g_clear_pointer (&model->history, lane_history_view_unref);
  g_clear_pointer (&model->network, lane_network_view_free);
  g_free (model->network_key);
  g_free (model->overlay_title);
  g_clear_pointer (&model->dialog, lane_dialog_free);
  g_clear_pointer (&model->panel, lane_settings_panel_free);
  g_clear_pointer (&model->theme_picker, lane_theme_picker_free);
  lane_look_clear (&model->look);
  lane_mask_free (model->mask);
  lane_keymap_free (model->keymap);
  g_ptr_array_unref (model->shown);
  g_hash_table_unref (model->marks);
  lane_snapshot_free (model->snapshot);
  g_free (model->gone);
  g_free (model->selected);
  g_free (model->filter);
  g_free (model->filter_before);
  g_free (model->peer);
  g_free (model->overlay_text);
  g_free (model->help_filter);
  g_strfreev (model->hold_names);
  g_free (model->message);
  g_free (model);
}

static void
set_message (LaneModel *model, gboolean is_error, const char *format, va_list arguments)
{
  g_free (model->message);
  model->message = g_strdup_vprintf (format, arguments);
  model->message_is_error = is_error;
}

void
lane_model_say (LaneModel *model, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  set_message (model, FALSE, format, arguments);
  va_end (arguments);
}

void
lane_model_complain (LaneModel *model, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  set_message (model, TRUE, format, arguments);
  va_end (arguments);
}

const char *
lane_sort_to_string (LaneSort sort)
{
  static const char *const names[LANE_N_SORTS] = {
    [LANE_SORT_FILE] = "file",       [LANE_SORT_NAME] = "peer", [LANE_SORT_PATH] = "path",
    [LANE_SORT_RTT] = "rtt",         [LANE_SORT_LOSS] = "loss", [LANE_SORT_SINCE] = "since",
    [LANE_SORT_TRAFFIC] = "traffic",
  };

  return names[sort];
}

static gboolean
matches (const LanePeerView *peer, const char *filter)
{
  g_auto (LanePathWord) path = { 0 };

  if (filter == NULL || lane_text_contains (peer->name, filter)
      || lane_text_contains (peer->state, filter) || lane_text_contains (peer->why_code, filter))
    return TRUE;
  lane_path_word_init (&path, peer, LANE_GLYPHS_ASCII);
  return lane_text_contains (path.word, filter);
}

/* Unknown goes last whichever way the rest is sorted. */
static int
compare_numbers (double a, double b, gboolean reversed)
{
  if (isnan (a) || isnan (b))
    return isnan (a) - isnan (b);
  return ((a > b) - (a < b)) * (reversed ? -1 : 1);
}

static int
path_rank (const LanePeerView *peer)
{
  if (g_strcmp0 (peer->state, "failed") == 0)
    return 0;
  if (g_strcmp0 (peer->state, "off") == 0)
    return 5;
  if (!lane_words_is_up (peer))
    return 1;
  if (g_strcmp0 (peer->state, "connected") != 0)
    return 2;
  return g_strcmp0 (peer->path, "relay") == 0 ? 3 : 4;
}

static int
compare_peers (const LanePeerView *a, const LanePeerView *b, const LaneModel *model)
{
  gboolean reversed = model->sort_reversed;

  switch (model->sort) {
  case LANE_SORT_NAME:
    return g_utf8_collate (a->name, b->name) * (reversed ? -1 : 1);
  case LANE_SORT_PATH:
    return (path_rank (a) - path_rank (b)) * (reversed ? -1 : 1);
  case LANE_SORT_RTT:
    return compare_numbers (lane_words_live (a, a->rtt_last_ms),
                            lane_words_live (b, b->rtt_last_ms), reversed);
  case LANE_SORT_LOSS:
    return compare_numbers (lane_words_live (a, a->loss), lane_words_live (b, b->loss), reversed);
  case LANE_SORT_SINCE:
    return compare_numbers (a->since_us == 0 ? NAN : a->since_us,
                            b->since_us == 0 ? NAN : b->since_us, reversed);
  case LANE_SORT_TRAFFIC:
    return compare_numbers ((double)a->rx_bytes + a->tx_bytes, (double)b->rx_bytes + b->tx_bytes,
                            reversed);
  case LANE_SORT_FILE:
  default:
    return 0;
  }
}

static int
compare_items (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return compare_peers (*(const LanePeerView *const *)a, *(const LanePeerView *const *)b,
                        user_data);
}

static int
find_shown (const LaneModel *model, const char *name)
{
  for (guint i = 0; i < model->shown->len; i++)
    if (g_strcmp0 (((LanePeerView *)g_ptr_array_index (model->shown, i))->name, name) == 0)
      return i;
  return -1;
}

static void
reverse (GPtrArray *array)
{
  for (guint i = 0; i < array->len / 2; i++) {
    gpointer swap = array->pdata[i];

    array->pdata[i] = array->pdata[array->len - 1 - i];
    array->pdata[array->len - 1 - i] = swap;
  }
}

void
lane_model_refilter (LaneModel *model)
{
  int row = 0;

  g_ptr_array_set_size (model->shown, 0);
  for (guint i = 0; i < model->snapshot->peers->len; i++) {
    LanePeerView *peer = g_ptr_array_index (model->snapshot->peers, i);

    if (matches (peer, model->filter))
      g_ptr_array_add (model->shown, peer);
  }
  if (model->sort == LANE_SORT_FILE && model->sort_reversed)
    reverse (model->shown);
  /* Stable: equals stay in the order of the file. */
  if (model->sort != LANE_SORT_FILE)
    g_ptr_array_sort_with_data (model->shown, compare_items, model);

  row = find_shown (model, model->selected);
  lane_list_set_count (&model->peers, model->shown->len);
  lane_model_select (model, row >= 0 ? row : model->peers.selected);
}

/* Whether more than numbers differ: such a change is worth drawing at once. */
static gboolean
words_differ (const LaneSnapshot *a, const LaneSnapshot *b)
{
  if (a->peers->len != b->peers->len || a->servers->len != b->servers->len)
    return TRUE;
  for (guint i = 0; i < a->peers->len; i++) {
    const LanePeerView *x = g_ptr_array_index (a->peers, i);
    const LanePeerView *y = g_ptr_array_index (b->peers, i);

    if (g_strcmp0 (x->state, y->state) != 0 || g_strcmp0 (x->path, y->path) != 0
        || g_strcmp0 (x->why_code, y->why_code) != 0 || g_strcmp0 (x->name, y->name) != 0)
      return TRUE;
  }
  for (guint i = 0; i < a->servers->len; i++)
    if (g_strcmp0 (((LaneServerView *)g_ptr_array_index (a->servers, i))->state,
                   ((LaneServerView *)g_ptr_array_index (b->servers, i))->state)
        != 0)
      return TRUE;
  return g_strcmp0 (a->signaling_state, b->signaling_state) != 0;
}

static gboolean
mark_is_gone (gpointer name, gpointer value, gpointer snapshot)
{
  return lane_snapshot_find_peer (snapshot, name) == NULL;
}

gboolean
lane_model_set_snapshot (LaneModel *model, const LaneSnapshot *snapshot)
{
  gboolean differ;

  if (model->paused)
    return FALSE;
  differ = words_differ (model->snapshot, snapshot);
  lane_snapshot_free (model->snapshot);
  model->snapshot = lane_snapshot_copy (snapshot);
  if (model->masked)
    lane_masking_learn_snapshot (model->mask, model->snapshot);
  g_hash_table_foreach_remove (model->marks, mark_is_gone, model->snapshot);
  lane_model_refilter (model);
  return differ;
}

void
lane_model_add_event (LaneModel *model, const LaneEventView *event)
{
  if (lane_log_add (&model->log, lane_event_view_copy (event))) {
    lane_log_pane_update (&model->all_log, &model->log);
    lane_log_pane_update (&model->peer_log, &model->log);
  }
}

void
lane_model_forget_events (LaneModel *model)
{
  lane_log_clear (&model->log);
  lane_log_init (&model->log);
  /* Their lines point into what is gone. */
  g_ptr_array_set_size (model->all_log.lines, 0);
  g_ptr_array_set_size (model->peer_log.lines, 0);
  model->all_log.changes = model->peer_log.changes = 0;
}

void
lane_model_set_detail (LaneModel *model, const LanePeerDetail *detail)
{
  if (model->paused)
    return;
  g_clear_pointer (&model->detail, lane_peer_detail_free);
  model->detail = lane_peer_detail_copy (detail);
}

void
lane_model_set_history (LaneModel *model, LaneHistoryView *history)
{
  if (model->paused)
    return;
  g_clear_pointer (&model->history, lane_history_view_unref);
  model->history = lane_history_view_ref (history);
}

void
lane_model_set_network (LaneModel *model, const LaneNetworkView *network)
{
  if (model->paused)
    return;
  g_clear_pointer (&model->network, lane_network_view_free);
  model->network = lane_network_view_copy (network);
}

void
lane_model_select (LaneModel *model, int row)
{
  const LanePeerView *peer = NULL;

  lane_list_select (&model->peers, row);
  peer = lane_model_get_selected (model);
  if (peer == NULL)
    return; /* a name filtered away is found again when the filter goes */
  if (g_strcmp0 (model->selected, peer->name) != 0) {
    g_free (model->selected);
    model->selected = g_strdup (peer->name);
  }
}

const LanePeerView *
lane_model_get_selected (const LaneModel *model)
{
  guint row = model->peers.selected;

  return row < model->shown->len ? g_ptr_array_index (model->shown, row) : NULL;
}

const LanePeerView *
lane_model_get_subject (const LaneModel *model)
{
  switch (model->view) {
  case LANE_VIEW_PEERS:
    return lane_model_get_selected (model);
  case LANE_VIEW_PEER:
    return lane_snapshot_find_peer (model->snapshot, model->peer);
  case LANE_VIEW_NETWORK:
  case LANE_VIEW_LOG:
  case LANE_VIEW_SETTINGS:
  default:
    return NULL;
  }
}

void
lane_model_open_peer (LaneModel *model, const char *name)
{
  g_autofree char *copy = g_strdup (name);

  if (model->view != LANE_VIEW_PEER)
    model->previous_view = model->view;
  model->view = LANE_VIEW_PEER;
  model->pane = LANE_PANE_PAIRS;
  g_free (model->peer);
  model->peer = g_steal_pointer (&copy);
  lane_list_select (&model->pane_list, 0);
  lane_log_pane_set_peer (&model->peer_log, model->peer);
  model->peer_log.follow = TRUE;
}

LaneLogPane *
lane_model_get_log_pane (LaneModel *model)
{
  switch (model->view) {
  case LANE_VIEW_PEERS:
    return model->log_focused ? &model->all_log : NULL;
  case LANE_VIEW_PEER:
    return model->pane == LANE_PANE_LOG ? &model->peer_log : NULL;
  case LANE_VIEW_LOG:
    return &model->all_log;
  default:
    return NULL;
  }
}
