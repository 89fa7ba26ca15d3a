#include "action.h"

#include "errand.h"
#include "hold-picker.h"
#include "key.h"
#include "keymap.h"
#include "replay-cursor.h"
#include "masking.h"
#include "network-actions.h"
#include "settings-actions.h"
#include "settings-save.h"
#include "theme-picker.h"
#include "words.h"

#include <string.h>

static void
set_text (char **place, const char *text)
{
  g_free (*place);
  *place = text != NULL && text[0] != '\0' ? g_strdup (text) : NULL;
}

static void
open_prompt (LaneModel *model, LanePrompt prompt, const char *text)
{
  model->prompt = prompt;
  lane_line_edit_set (model->edits[prompt], text != NULL ? text : "");
}

/* Views */

static void
show_overlay (LaneModel *model, LaneOverlay overlay)
{
  lane_theme_picker_leave (model);
  model->overlay = overlay;
  set_text (&model->help_filter, NULL);
  lane_list_select (&model->overlay_list, 0);
}

static void
run_help (LaneModel *model, const char *argument)
{
  show_overlay (model, model->overlay == LANE_OVERLAY_HELP ? LANE_OVERLAY_NONE : LANE_OVERLAY_HELP);
  set_text (&model->help_filter, argument);
}

static void
on_quit_answer (int answer, gpointer context, gpointer user_data)
{
  LaneModel *model = context;

  if (answer > 0)
    model->effects->quit (answer == 2, model->effects_data);
}

static gboolean
has_staged_edits (const LaneModel *model)
{
  return model->panel != NULL && lane_settings_count_changes (model->panel->settings) > 0;
}

static void
run_quit (LaneModel *model, const char *argument)
{
  static const LaneDialogButton buttons[] = {
    { "Stay", 'n' },
    { "Quit", 'y' },
    { "Stop the node too", 's' },
  };

  if (has_staged_edits (model)) {
    lane_settings_leave (model, LANE_LEAVE_QUIT);
    return;
  }
  if (model->confirm == LANE_CONFIRM_NEVER || !model->attached || model->snapshot->replay != NULL) {
    model->effects->quit (FALSE, model->effects_data);
    return;
  }
  model->dialog = lane_dialog_new (
      g_strdup ("Quit icelane?"),
      g_strdup (model->read_only ? "The node keeps running and its links stay up."
                                 : "The node keeps running and its links stay up, unless you stop "
                                   "it too: then every link of this node ends."),
      buttons, model->read_only ? 2 : 3, on_quit_answer, model, NULL, NULL);
}

static gboolean
close_something (LaneModel *model)
{
  if (model->overlay != LANE_OVERLAY_NONE) {
    show_overlay (model, LANE_OVERLAY_NONE);
    return TRUE;
  }
  switch (model->view) {
  case LANE_VIEW_PEER:
    model->view = model->previous_view;
    return TRUE;
  case LANE_VIEW_NETWORK:
  case LANE_VIEW_LOG:
    model->view = LANE_VIEW_PEERS;
    return TRUE;
  case LANE_VIEW_SETTINGS:
    lane_settings_leave (model, LANE_LEAVE_TO_PEERS);
    return TRUE;
  case LANE_VIEW_PEERS:
  default:
    return FALSE;
  }
}

static void
run_close (LaneModel *model, const char *argument)
{
  if (close_something (model))
    return;
  if (has_staged_edits (model))
    lane_settings_leave (model, LANE_LEAVE_QUIT);
  else
    model->effects->quit (FALSE, model->effects_data);
}

static void
run_back (LaneModel *model, const char *argument)
{
  if (model->overlay == LANE_OVERLAY_NONE && model->view == LANE_VIEW_SETTINGS
      && lane_settings_back_to_list (model))
    return;
  if (close_something (model))
    return;
  if (model->log_focused)
    model->log_focused = FALSE;
  else if (model->filter != NULL) {
    set_text (&model->filter, NULL);
    lane_model_refilter (model);
    lane_model_say (model, "Filter off.");
  } else if (g_hash_table_size (model->marks) > 0) {
    g_hash_table_remove_all (model->marks);
    lane_model_say (model, "Marks off.");
  } else
    lane_model_say (model, "This is the first view; q quits.");
}

static void
run_redraw (LaneModel *model, const char *argument)
{
  model->effects->repaint (model->effects_data);
}

static void
run_suspend (LaneModel *model, const char *argument)
{
  model->effects->suspend (model->effects_data);
}

static void
run_command (LaneModel *model, const char *argument)
{
  open_prompt (model, LANE_PROMPT_COMMAND, NULL);
}

static void
run_peers (LaneModel *model, const char *argument)
{
  if (model->view == LANE_VIEW_SETTINGS) {
    lane_settings_leave (model, LANE_LEAVE_TO_PEERS);
    return;
  }
  model->view = LANE_VIEW_PEERS;
  model->log_focused = FALSE;
}

static void
run_log (LaneModel *model, const char *argument)
{
  if (model->view == LANE_VIEW_SETTINGS) {
    lane_settings_leave (model, LANE_LEAVE_TO_LOG);
    return;
  }
  model->view = LANE_VIEW_LOG;
}

static void
run_network (LaneModel *model, const char *argument)
{
  if (model->view == LANE_VIEW_SETTINGS) {
    lane_settings_leave (model, LANE_LEAVE_TO_NETWORK);
    return;
  }
  model->view = LANE_VIEW_NETWORK;
}

static void
run_settings (LaneModel *model, const char *argument)
{
  lane_settings_enter (model);
}

static void
change_pane (LaneModel *model, int step)
{
  if (model->view == LANE_VIEW_PEERS) {
    model->log_focused = !model->log_focused;
    return;
  }
  model->pane = (model->pane + step + LANE_N_PANES) % LANE_N_PANES;
  lane_list_select (&model->pane_list, 0);
}

/* The first time it shows the history, if that is not what is seen. */
static void
run_span (LaneModel *model, const char *argument)
{
  if (model->pane != LANE_PANE_HISTORY) {
    model->pane = LANE_PANE_HISTORY;
    lane_list_select (&model->pane_list, 0);
    return;
  }
  model->history_span = (model->history_span + 1) % LANE_HISTORY_VIEW_SPANS;
}

static void
run_next_pane (LaneModel *model, const char *argument)
{
  change_pane (model, 1);
}

static void
run_previous_pane (LaneModel *model, const char *argument)
{
  change_pane (model, -1);
}

/* Moving */

typedef enum { STEP, PAGE, EDGE } Stride;

/* Of the settings: the panel's own lists. */
static gboolean
is_panel (const LaneModel *model)
{
  return model->overlay == LANE_OVERLAY_PICK || model->overlay == LANE_OVERLAY_DIFF
         || (model->overlay == LANE_OVERLAY_NONE && model->view == LANE_VIEW_SETTINGS);
}

static const LaneList *
focused_list (LaneModel *model)
{
  LaneLogPane *log = lane_model_get_log_pane (model);

  if (is_panel (model))
    return lane_settings_focused_list (model);
  if (model->overlay != LANE_OVERLAY_NONE)
    return &model->overlay_list;
  if (log != NULL)
    return &log->list;
  if (model->view == LANE_VIEW_NETWORK)
    return &model->network_list;
  return model->view == LANE_VIEW_PEERS ? &model->peers : &model->pane_list;
}

static void
select_row (LaneModel *model, int row)
{
  LaneLogPane *log = lane_model_get_log_pane (model);

  if (is_panel (model))
    lane_settings_select (model, row);
  else if (model->overlay != LANE_OVERLAY_NONE)
    lane_list_select (&model->overlay_list, row);
  else if (log != NULL)
    lane_log_pane_select (log, row);
  else if (model->view == LANE_VIEW_PEERS)
    lane_model_select (model, row);
  else if (model->view == LANE_VIEW_NETWORK)
    lane_network_select (model, row);
  else
    lane_list_select (&model->pane_list, row);
}

static void
move (LaneModel *model, Stride stride, int direction)
{
  const LaneList *list = focused_list (model);
  int row = list->selected;

  if (stride == EDGE)
    row = direction < 0 ? 0 : list->count - 1;
  else
    row += direction * (stride == PAGE ? MAX (list->page - 1, 1) : 1);
  select_row (model, CLAMP (row, 0, MAX (list->count - 1, 0)));
}

static void
run_up (LaneModel *model, const char *argument)
{
  move (model, STEP, -1);
}

static void
run_down (LaneModel *model, const char *argument)
{
  move (model, STEP, 1);
}

static void
run_page_up (LaneModel *model, const char *argument)
{
  move (model, PAGE, -1);
}

static void
run_page_down (LaneModel *model, const char *argument)
{
  move (model, PAGE, 1);
}

static void
run_first (LaneModel *model, const char *argument)
{
  move (model, EDGE, -1);
}

static void
run_last (LaneModel *model, const char *argument)
{
  move (model, EDGE, 1);
}

/* `{"a":1,"b":[2]}` with a line a member, so that a record can be read. */
static char *
spread_json (const char *json)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean quoted = FALSE;
  int depth = 0;

  for (const char *at = json; *at != '\0'; at++) {
    if (*at == '"' && (at == json || at[-1] != '\\'))
      quoted = !quoted;
    if (!quoted && (*at == '}' || *at == ']')) {
      depth = MAX (depth - 1, 0);
      g_string_append_printf (text, "\n%*s", MIN (depth, 16) * 2, "");
    }
    g_string_append_c (text, *at);
    if (!quoted && (*at == '{' || *at == '[' || *at == ',')) {
      depth += *at != ',';
      g_string_append_printf (text, "\n%*s", MIN (depth, 16) * 2, "");
      while (at[1] == ' ')
        at++;
    }
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
open_record (LaneModel *model, const LaneEventView *event)
{
  if (event == NULL) {
    lane_model_say (model, "No event is selected.");
    return;
  }
  show_overlay (model, LANE_OVERLAY_RECORD);
  g_clear_pointer (&model->overlay_title, g_free);
  g_free (model->overlay_text);
  model->overlay_text = event->json != NULL ? spread_json (event->json) : g_strdup (event->text);
}

static void
run_open (LaneModel *model, const char *argument)
{
  LaneLogPane *log = lane_model_get_log_pane (model);
  const LanePeerView *peer = lane_model_get_selected (model);

  if (argument != NULL && argument[0] != '\0') {
    if (lane_snapshot_find_peer (model->snapshot, argument) != NULL)
      lane_model_open_peer (model, argument);
    else
      lane_model_complain (model, "no peer '%s'", argument);
  } else if (log != NULL)
    open_record (model, lane_log_pane_get_selected (log));
  else if (model->view == LANE_VIEW_PEERS && peer != NULL)
    lane_model_open_peer (model, peer->name);
  else
    lane_model_say (model, "Nothing to open here.");
}

/* Marks, filter, order, search */

static void
run_mark (LaneModel *model, const char *argument)
{
  const LanePeerView *peer = lane_model_get_selected (model);

  if (peer == NULL)
    return;
  if (!g_hash_table_remove (model->marks, peer->name))
    g_hash_table_add (model->marks, g_strdup (peer->name));
  move (model, STEP, 1);
}

static void
run_invert_marks (LaneModel *model, const char *argument)
{
  for (guint i = 0; i < model->shown->len; i++) {
    const LanePeerView *peer = g_ptr_array_index (model->shown, i);

    if (!g_hash_table_remove (model->marks, peer->name))
      g_hash_table_add (model->marks, g_strdup (peer->name));
  }
  lane_model_say (model, "%u marked.", g_hash_table_size (model->marks));
}

static void
find_in_log (LaneModel *model, int direction)
{
  LaneLogPane *log = lane_model_get_log_pane (model);

  if (log == NULL)
    lane_model_say (model, "Search works in a log; Tab goes there.");
  else if (log->find == NULL)
    lane_model_say (model, "Nothing to look for yet; / asks.");
  else if (!lane_log_pane_find (log, direction))
    lane_model_complain (model, "no line with '%s'", log->find);
}

static void
run_find (LaneModel *model, const char *argument)
{
  LaneLogPane *log = NULL;

  if (model->overlay == LANE_OVERLAY_HELP) {
    open_prompt (model, LANE_PROMPT_HELP, model->help_filter);
    return;
  }
  if (model->view == LANE_VIEW_PEERS)
    model->log_focused = TRUE;
  else if (model->view == LANE_VIEW_PEER)
    model->pane = LANE_PANE_LOG;
  log = lane_model_get_log_pane (model);
  if (argument == NULL) {
    open_prompt (model, LANE_PROMPT_FIND, NULL);
    return;
  }
  set_text (&log->find, argument);
  find_in_log (model, 1);
}

static void
run_filter (LaneModel *model, const char *argument)
{
  if (argument == NULL && model->log_focused) {
    run_find (model, NULL);
    return;
  }
  if (argument == NULL) {
    set_text (&model->filter_before, model->filter);
    open_prompt (model, LANE_PROMPT_FILTER, model->filter);
    return;
  }
  set_text (&model->filter, argument);
  lane_model_refilter (model);
}

void
lane_action_find_text (LaneModel *model, const char *text)
{
  run_find (model, text);
}

static void
run_find_next (LaneModel *model, const char *argument)
{
  find_in_log (model, 1);
}

static void
run_find_previous (LaneModel *model, const char *argument)
{
  find_in_log (model, -1);
}

static LaneLogPane *
visible_log (LaneModel *model)
{
  return model->view == LANE_VIEW_PEER ? &model->peer_log : &model->all_log;
}

static void
run_keep (LaneModel *model, const char *argument)
{
  LaneLogPane *log = visible_log (model);

  if (argument == NULL) {
    open_prompt (model, LANE_PROMPT_KEEP, log->keep);
    return;
  }
  lane_log_pane_set_keep (log, argument);
}

static gboolean
sort_from_string (const char *name, LaneSort *sort)
{
  for (LaneSort i = 0; i < LANE_N_SORTS; i++)
    if (g_ascii_strcasecmp (lane_sort_to_string (i), name) == 0) {
      *sort = i;
      return TRUE;
    }
  return FALSE;
}

static void
run_sort (LaneModel *model, const char *argument)
{
  if (argument == NULL || argument[0] == '\0')
    model->sort = (model->sort + 1) % LANE_N_SORTS;
  else if (!sort_from_string (argument, &model->sort)) {
    lane_model_complain (model, "no column '%s': file, peer, path, rtt, loss, since or traffic",
                         argument);
    return;
  }
  model->sort_reversed = FALSE;
  lane_model_refilter (model);
  lane_model_say (model, "Sorted by %s; O reverses.", lane_sort_to_string (model->sort));
}

static void
run_reverse (LaneModel *model, const char *argument)
{
  model->sort_reversed = !model->sort_reversed;
  lane_model_refilter (model);
  lane_model_say (model, "Sorted by %s%s.", lane_sort_to_string (model->sort),
                  model->sort_reversed ? ", reversed" : "");
}

static void
run_follow (LaneModel *model, const char *argument)
{
  LaneLogPane *log = visible_log (model);

  log->follow = !log->follow;
  log->changes = 0;
  if (log->follow)
    lane_log_pane_select (log, log->list.count - 1);
  lane_model_say (model, log->follow ? "The log follows new events." : "The log stands still.");
}

static void
run_level (LaneModel *model, const char *argument)
{
  LaneLogPane *log = visible_log (model);
  LaneLogLevel level = (log->level + 1) % (LANE_LOG_LEVEL_DEBUG + 1);

  if (argument != NULL && argument[0] != '\0') {
    for (level = 0; level <= LANE_LOG_LEVEL_DEBUG; level++)
      if (g_ascii_strcasecmp (lane_log_level_to_string (level), argument) == 0)
        break;
    if (level > LANE_LOG_LEVEL_DEBUG) {
      lane_model_complain (model, "no level '%s': error, warning, info or debug", argument);
      return;
    }
  }
  lane_log_pane_set_level (log, level);
  lane_model_say (model, "The log shows level %s and above.", lane_log_level_to_string (level));
}

static const char *
next_kind (const LaneModel *model, const char *kind)
{
  g_autofree const char **kinds = lane_log_list_kinds (&model->log);

  for (guint i = 0; kind != NULL && kinds[i] != NULL; i++)
    if (strcmp (kinds[i], kind) == 0)
      return kinds[i + 1];
  return kinds[0];
}

static void
run_kind (LaneModel *model, const char *argument)
{
  LaneLogPane *log = visible_log (model);
  g_autofree const char **kinds = lane_log_list_kinds (&model->log);

  if (argument != NULL && argument[0] != '\0' && strcmp (argument, "all") != 0
      && !g_strv_contains (kinds, argument)) {
    lane_model_complain (model, "no line of kind '%s': %s", argument,
                         "K goes through those there are, :kind all shows every one");
    return;
  }
  if (argument == NULL || argument[0] == '\0')
    argument = next_kind (model, log->kind);
  lane_log_pane_set_kind (log, g_strcmp0 (argument, "all") == 0 ? NULL : argument);
  lane_model_say (model,
                  log->kind != NULL ? "The log shows only lines of kind %s."
                                    : "The log shows lines of every kind.",
                  log->kind);
}

/* Of the whole log: a peer's own has no other. */
static void
run_of (LaneModel *model, const char *argument)
{
  LaneLogPane *log = &model->all_log;
  const LaneEventView *event = lane_log_pane_get_selected (log);

  if (argument != NULL && strcmp (argument, "all") != 0
      && lane_snapshot_find_peer (model->snapshot, argument) == NULL) {
    lane_model_complain (model, "no peer '%s'", argument);
    return;
  }
  if (argument == NULL && log->peer == NULL && (event == NULL || event->peer == NULL)) {
    lane_model_say (model, "This line is of no peer.");
    return;
  }
  if (argument == NULL)
    argument = log->peer != NULL ? "all" : event->peer;
  lane_log_pane_set_peer (log, strcmp (argument, "all") == 0 ? NULL : argument);
  lane_model_say (model,
                  log->peer != NULL ? "The log shows only %s; . shows all again."
                                    : "The log shows all peers.",
                  log->peer);
}

/* Named by the second, in the folder where the dashboard was started. */
static char *
name_export (const LaneModel *model)
{
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_local (model->now_us / G_USEC_PER_SEC);
  g_autofree char *stamp =
      now != NULL ? g_date_time_format (now, "%Y%m%d-%H%M%S") : g_strdup ("log");

  return g_strdup_printf ("icelane-%s.jsonl", stamp);
}

static void
run_export (LaneModel *model, const char *argument)
{
  LaneLogPane *log = visible_log (model);
  g_autofree char *name = argument != NULL ? g_strdup (argument) : name_export (model);
  g_autofree char *path = g_canonicalize_filename (name, NULL);
  g_autofree char *lines = NULL;

  lane_log_pane_update (log, &model->log);
  if (log->lines->len == 0) {
    lane_model_say (model, "There is no line to write.");
    return;
  }
  lines = lane_log_pane_to_json_lines (log);
  if (model->masked)
    lane_masking_hide_json (model, &lines);
  model->effects->export_log (path, lines, model->effects_data);
}

/* The screen */

static char *
describe_peer (const LanePeerView *peer)
{
  g_auto (LanePathWord) path = { 0 };
  g_autofree char *pair = lane_words_pair (peer);
  g_autofree char *rtt = lane_words_ms (lane_words_live (peer, peer->rtt_last_ms));

  lane_path_word_init (&path, peer, LANE_GLYPHS_ASCII);
  return g_strdup_printf ("%s %s %s RTT %s %s", peer->name, path.word, lane_words_why (peer), rtt,
                          pair);
}

static void
run_copy (LaneModel *model, const char *argument)
{
  LaneLogPane *log = lane_model_get_log_pane (model);
  const LaneEventView *event = log != NULL ? lane_log_pane_get_selected (log) : NULL;
  const LanePeerView *peer = lane_model_get_subject (model);
  g_autofree char *text = NULL;

  if (model->view == LANE_VIEW_SETTINGS) {
    lane_settings_copy (model);
    return;
  }
  if (model->view == LANE_VIEW_NETWORK) {
    lane_network_copy (model);
    return;
  }
  if (model->overlay == LANE_OVERLAY_RECORD)
    text = g_strdup (model->overlay_text);
  else if (event != NULL)
    text = g_strdup (event->text);
  else if (peer != NULL)
    text = describe_peer (peer);
  if (model->masked)
    lane_masking_hide_text (model, &text);
  if (text == NULL)
    lane_model_say (model, "Nothing is selected.");
  else
    model->effects->copy (text, log != NULL ? "the event" : "the peer's state",
                          model->effects_data);
}

static void
run_copy_json (LaneModel *model, const char *argument)
{
  LaneLogPane *log = lane_model_get_log_pane (model);
  const LaneEventView *event = log != NULL ? lane_log_pane_get_selected (log) : NULL;
  const LanePeerView *peer = lane_model_get_subject (model);
  g_autofree char *json = event != NULL ? g_strdup (event->json) : NULL;

  if (model->view == LANE_VIEW_NETWORK) {
    lane_network_copy_json (model);
    return;
  }
  if (model->masked)
    lane_masking_hide_json (model, &json);
  if (json != NULL)
    model->effects->copy (json, "the event as JSON", model->effects_data);
  else if (peer != NULL)
    model->effects->copy_peer_json (peer->name, model->effects_data);
  else
    lane_model_say (model, "Nothing is selected.");
}

static void
run_pause (LaneModel *model, const char *argument)
{
  model->paused = !model->paused;
  lane_model_say (model, model->paused ? "Paused: the screen stands still; p goes on." : "Live.");
}

static void
run_mask (LaneModel *model, const char *argument)
{
  model->masked = !model->masked;
  if (model->masked)
    lane_masking_learn (model);
  lane_model_say (model, model->masked
                             ? "Addresses, host names and ids are masked, in copies and files too."
                             : "Addresses are shown as they are.");
}

static void
run_mouse (LaneModel *model, const char *argument)
{
  model->mouse = !model->mouse;
  model->effects->set_mouse (model->mouse, model->effects_data);
  lane_model_say (model, model->mouse ? "The mouse selects rows; m frees it."
                                      : "The mouse is the terminal's; m takes it back.");
}

static void
run_theme (LaneModel *model, const char *argument)
{
  if (argument != NULL && argument[0] != '\0') {
    lane_theme_choose (model, argument);
    return;
  }
  show_overlay (model, LANE_OVERLAY_THEMES);
  lane_theme_picker_open (model);
}

static void
run_keep_theme (LaneModel *model, const char *argument)
{
  lane_theme_picker_keep (model);
}

/* Acting on peers */

/* The marked peers in the order of the screen, else the selected one. */
static char **
pick_peers (const LaneModel *model)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const LanePeerView *subject = lane_model_get_subject (model);

  if (model->view != LANE_VIEW_PEERS || g_hash_table_size (model->marks) == 0) {
    if (subject != NULL)
      g_strv_builder_add (builder, subject->name);
    return g_strv_builder_end (builder);
  }
  for (guint i = 0; i < model->snapshot->peers->len; i++) {
    const LanePeerView *peer = g_ptr_array_index (model->snapshot->peers, i);

    if (g_hash_table_contains (model->marks, peer->name))
      g_strv_builder_add (builder, peer->name);
  }
  return g_strv_builder_end (builder);
}

/* NULL after a complaint when one of them is no peer. A name may hold spaces. */
static char **
parse_peers (LaneModel *model, const char *argument)
{
  g_auto (GStrv) names = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (lane_snapshot_find_peer (model->snapshot, argument) != NULL) {
    g_strv_builder_add (builder, argument);
    return g_strv_builder_end (builder);
  }
  names = g_strsplit (argument, " ", -1);
  for (guint i = 0; names[i] != NULL; i++) {
    if (names[i][0] == '\0')
      continue;
    if (lane_snapshot_find_peer (model->snapshot, names[i]) == NULL) {
      lane_model_complain (model, "no peer '%s'", names[i]);
      return NULL;
    }
    g_strv_builder_add (builder, names[i]);
  }
  return g_strv_builder_end (builder);
}

static void
run_for_peers (LaneModel *model, LaneCommand command, const char *argument)
{
  char **names = NULL;

  if (argument == NULL || argument[0] == '\0')
    names = pick_peers (model);
  else
    names = parse_peers (model, argument);
  if (names != NULL)
    lane_errand_start (model, command, names, FALSE);
}

static void
run_restart (LaneModel *model, const char *argument)
{
  run_for_peers (model, LANE_COMMAND_RESTART, argument);
}

static void
run_compare (LaneModel *model, const char *argument)
{
  run_for_peers (model, LANE_COMMAND_COMPARE, argument);
}

static void
run_restart_all (LaneModel *model, const char *argument)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < model->shown->len; i++)
    g_strv_builder_add (builder, ((const LanePeerView *)g_ptr_array_index (model->shown, i))->name);
  lane_errand_start (model, LANE_COMMAND_RESTART, g_strv_builder_end (builder),
                     model->shown->len == model->snapshot->peers->len);
}

static void
run_connect (LaneModel *model, const char *argument)
{
  run_for_peers (model, LANE_COMMAND_CONNECT, argument);
}

static void
run_disconnect (LaneModel *model, const char *argument)
{
  run_for_peers (model, LANE_COMMAND_DISCONNECT, argument);
}

/* `relay-only`, `cam-7 relay-only`: the policy is the last word. */
static void
run_hold (LaneModel *model, const char *argument)
{
  const char *space = argument != NULL ? strrchr (argument, ' ') : NULL;
  const char *word = space != NULL ? space + 1 : argument;
  g_autofree char *whom = space != NULL ? g_strndup (argument, space - argument) : NULL;
  g_auto (GStrv) names = NULL;

  if (argument == NULL || argument[0] == '\0') {
    show_overlay (model, LANE_OVERLAY_NONE);
    lane_hold_picker_open (model, pick_peers (model));
    return;
  }
  if (!lane_hold_is_policy (word)) {
    lane_model_complain (
        model, "no policy '%s': auto, direct-only, relay-only, lowest-rtt or settings", word);
    return;
  }
  names = whom != NULL ? parse_peers (model, whom) : pick_peers (model);
  if (names != NULL)
    lane_hold_start (model, (const char *const *)names, word);
}

static void
run_take_hold (LaneModel *model, const char *argument)
{
  lane_hold_picker_take (model);
}

#define LOGS (LANE_IN_PEERS | LANE_IN_PEER | LANE_IN_LOG)

static const LaneAction actions[] = {
  { "help", "? F1", "this list", "help", 1, LANE_IN_ANY, LANE_ARGUMENT_TEXT, .run = run_help },
  { "open", "Enter", "open the peer, or the whole record", "open", 3, LANE_IN_PEERS | LANE_IN_LOG,
    LANE_ARGUMENT_PEERS, .run = run_open },
  { "record", "Enter", "the whole record of an event", NULL, 0, LANE_IN_PEER, .run = run_open },
  { "restart", "r", "restart ICE with the selected or marked", "restart", 4,
    LANE_IN_PEERS | LANE_IN_PEER, LANE_ARGUMENT_PEERS, .acts = TRUE, .run = run_restart },
  { "restart-all", "R", "restart ICE with all peers shown", NULL, 0, LANE_IN_PEERS, .acts = TRUE,
    .run = run_restart_all },
  { "compare", "C", "measure the path not in use", NULL, 0, LANE_IN_PEERS | LANE_IN_PEER,
    LANE_ARGUMENT_PEERS, .acts = TRUE, .run = run_compare },
  { "connect", "c", "connect the selected or marked", "connect", 5, LANE_IN_PEERS | LANE_IN_PEER,
    LANE_ARGUMENT_PEERS, .acts = TRUE, .run = run_connect },
  { "disconnect", "x F9", "disconnect the selected or marked", "disconnect", 6,
    LANE_IN_PEERS | LANE_IN_PEER, LANE_ARGUMENT_PEERS, .acts = TRUE, .run = run_disconnect },
  { "hold", "H", "another policy, while the node runs", NULL, 0, LANE_IN_PEERS | LANE_IN_PEER,
    LANE_ARGUMENT_TEXT, .acts = TRUE, .run = run_hold },
  { "take-hold", "Enter", "hold by the selected policy", "take it", 3, LANE_IN_HOLD, .acts = TRUE,
    .run = run_take_hold },
  { "filter", "/ F3 F4", "show only peers with this text", "filter", 2, LANE_IN_PEERS,
    LANE_ARGUMENT_TEXT, .run = run_filter },
  { "find", "/ F3 F4", "search the log or this help", "search", 2, LOGS | LANE_IN_HELP,
    LANE_ARGUMENT_TEXT, .run = run_find },
  { "next", "n", "next line found in the log", NULL, 0, LOGS, .run = run_find_next },
  { "previous", "N", "previous line found in the log", NULL, 0, LOGS, .run = run_find_previous },
  { "keep", "&", "keep only log lines with this text or peer", "keep lines", 10, LOGS,
    LANE_ARGUMENT_TEXT, .run = run_keep },
  { "level", "v", "level of the log, error to debug", "level", 10, LOGS, LANE_ARGUMENT_LEVEL,
    .run = run_level },
  { "kind", "K", "only the next kind of log lines, or all", "kind", 13, LOGS, LANE_ARGUMENT_TEXT,
    .run = run_kind },
  { "of", ".", "only the log of this line's peer, or of all", "one peer", 13, LANE_IN_LOG,
    LANE_ARGUMENT_PEERS, .run = run_of },
  { "export", "w", "write the log lines shown to a file", "write", 13, LOGS, LANE_ARGUMENT_TEXT,
    .run = run_export },
  { "follow", "f", "follow new events in the log", "follow", 10, LOGS, .run = run_follow },
  { "mark", "Space", "mark the selected peer", "mark", 9, LANE_IN_PEERS, .live = TRUE,
    .run = run_mark },
  { "invert-marks", "*", "invert the marks", NULL, 0, LANE_IN_PEERS, .live = TRUE,
    .run = run_invert_marks },
  { "sort", "o F6", "sort by the next column", "sort", 9, LANE_IN_PEERS, LANE_ARGUMENT_SORT,
    .run = run_sort },
  { "reverse", "O", "reverse the order", NULL, 0, LANE_IN_PEERS, .run = run_reverse },
  { "copy", "y", "copy what is selected to the clipboard", "copy", 11,
    LANE_IN_VIEWS | LANE_IN_RECORD, .run = run_copy },
  { "copy-json", "Y", "copy it as JSON", NULL, 0, LOGS | LANE_IN_NETWORK, .run = run_copy_json },
  { "probe-network", "F5", "test all servers, and measure the NAT again", NULL, 0,
    LANE_IN_PEERS | LANE_IN_PEER | LANE_IN_LOG, .acts = TRUE, .run = lane_network_probe },
  { "pause", "p", "pause the screen", "pause", 12, LANE_IN_VIEWS, .live = TRUE, .run = run_pause },
  { "mask", "P", "mask addresses, for a screen others see", NULL, 0, LANE_IN_ANY, .run = run_mask },
  { "theme", "T", "choose a theme and see it at once", NULL, 0, LANE_IN_VIEWS, LANE_ARGUMENT_THEME,
    .run = run_theme },
  { "keep-theme", "Enter", "keep the selected theme", "keep it", 3, LANE_IN_THEMES,
    .run = run_keep_theme },
  { "mouse", "m", "give the mouse to the terminal, or take it", NULL, 0, LANE_IN_ANY,
    .run = run_mouse },
  { "peers", "1", "the table of peers", NULL, 0, LANE_IN_VIEWS, .run = run_peers },
  { "network", "2", "addresses, NAT, ports seen and servers", NULL, 0, LANE_IN_VIEWS, .live = TRUE,
    .run = run_network },
  { "log", "3", "the log of all peers", NULL, 0, LANE_IN_VIEWS, .run = run_log },
  { "settings", "4 F2", "the settings: servers, peers and all else", "settings", 13, LANE_IN_VIEWS,
    .live = TRUE, .run = run_settings },
  { "next-pane", "Tab", "next pane", "pane", 8, LANE_IN_PEERS | LANE_IN_PEER,
    .run = run_next_pane },
  { "previous-pane", "S-Tab", "previous pane", NULL, 0, LANE_IN_PEERS | LANE_IN_PEER,
    .run = run_previous_pane },
  { "span", "z", "history of 15 min or 24 h", NULL, 0, LANE_IN_PEER, .run = run_span },
  { "right", "Right l", "next pane", NULL, 0, LANE_IN_PEER, .run = run_next_pane },
  { "left", "Left h", "previous pane", NULL, 0, LANE_IN_PEER, .run = run_previous_pane },
  { "up", "Up k", "up", NULL, 0, LANE_IN_ANY, .run = run_up },
  { "down", "Down j", "down", NULL, 0, LANE_IN_ANY, .run = run_down },
  { "page-up", "PgUp C-u", "a page up", NULL, 0, LANE_IN_ANY, .run = run_page_up },
  { "page-down", "PgDn C-d", "a page down", NULL, 0, LANE_IN_ANY, .run = run_page_down },
  { "first", "Home g", "the first row", NULL, 0, LANE_IN_ANY, .run = run_first },
  { "last", "End G", "the last row", NULL, 0, LANE_IN_ANY, .run = run_last },
  { "command", ":", "run a command by name; Tab completes", "command", 8, LANE_IN_VIEWS,
    .run = run_command },
  { "back", "Esc", "back; never quits", NULL, 0, LANE_IN_ANY, .run = run_back },
  { "leave", "q", "quit; links stay up", "quit", 7, LANE_IN_PEERS, .run = run_close },
  { "close", "q", "close", "close", 7, LANE_IN_ANY & ~LANE_IN_PEERS, .run = run_close },
  { "quit", "Q F10", "quit, or stop the node too", NULL, 0, LANE_IN_ANY, .run = run_quit },
  { "suspend", "C-z", "suspend to the shell", NULL, 0, LANE_IN_ANY, .run = run_suspend },
  { "redraw", "C-l", "paint the screen again", NULL, 0, LANE_IN_ANY, .run = run_redraw },
};

const LaneAction *
lane_actions_nth (guint index)
{
  guint n_settings = 0, n_network = 0, n_replay = 0;
  const LaneAction *network = lane_network_actions_get (&n_network);
  const LaneAction *settings = lane_settings_actions_get (&n_settings);
  const LaneAction *replay = lane_replay_actions_get (&n_replay);

  /* First what a view has of its own: so the help shows it. */
  if (index < n_settings)
    return &settings[index];
  index -= n_settings;
  if (index < n_network)
    return &network[index];
  index -= n_network;
  if (index < n_replay)
    return &replay[index];
  index -= n_replay;
  return index < G_N_ELEMENTS (actions) ? &actions[index] : NULL;
}

LaneWhere
lane_action_where (const LaneModel *model)
{
  static const LaneWhere views[] = {
    [LANE_VIEW_PEERS] = LANE_IN_PEERS,       [LANE_VIEW_PEER] = LANE_IN_PEER,
    [LANE_VIEW_NETWORK] = LANE_IN_NETWORK,   [LANE_VIEW_LOG] = LANE_IN_LOG,
    [LANE_VIEW_SETTINGS] = LANE_IN_SETTINGS,
  };

  switch (model->overlay) {
  case LANE_OVERLAY_HELP:
    return LANE_IN_HELP;
  case LANE_OVERLAY_RECORD:
    return LANE_IN_RECORD;
  case LANE_OVERLAY_PICK:
    return LANE_IN_PICK;
  case LANE_OVERLAY_DIFF:
    return LANE_IN_DIFF;
  case LANE_OVERLAY_THEMES:
    return LANE_IN_THEMES;
  case LANE_OVERLAY_HOLD:
    return LANE_IN_HOLD;
  case LANE_OVERLAY_NONE:
  default:
    return views[model->view];
  }
}

const char *
lane_where_to_string (LaneWhere where)
{
  if (where & LANE_IN_PEERS)
    return "Peers";
  if (where & LANE_IN_PEER)
    return "Peer";
  if (where & LANE_IN_NETWORK)
    return "Network";
  if (where & LANE_IN_SETTINGS)
    return "Settings";
  if (where & LANE_IN_THEMES)
    return "the list of themes";
  if (where & LANE_IN_HOLD)
    return "the list of policies";
  return where & LANE_IN_LOG ? "Log" : "Help";
}

gboolean
lane_action_is_possible (const LaneAction *action, const LaneModel *model)
{
  if (model->snapshot->replay != NULL)
    return !action->acts && !action->live;
  return !action->replay && !(action->acts && model->read_only);
}

gboolean
lane_action_refuse (const LaneAction *action, LaneModel *model)
{
  if (lane_action_is_possible (action, model))
    return FALSE;
  if (model->snapshot->replay != NULL)
    lane_model_complain (model, "this is a recording: %s is for a node that runs", action->name);
  else if (action->acts)
    lane_model_complain (model, "%s is not possible with --read-only", action->name);
  else
    return FALSE;
  return TRUE;
}

gboolean
lane_action_is_available (const LaneAction *action, const LaneModel *model)
{
  return (action->where & lane_action_where (model)) != 0
         && lane_action_is_possible (action, model);
}

const LaneAction *
lane_action_find_by_key (const LaneModel *model, guint code)
{
  const LaneAction *action;

  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    if (lane_action_is_available (action, model)
        && lane_key_is_in (code, lane_keymap_get (model->keymap, action)))
      return action;
  return NULL;
}
