#include "view.h"

#include "pairs.h"
#include "replay-cursor.h"
#include "words.h"

#include <string.h>

#define STATE_WIDTH  13 /* of a pair, with the margins */
#define RESULT_WIDTH 15

static const struct {
  LaneView view;
  const char *name;
} tabs[] = { { LANE_VIEW_PEERS, "1 Peers" },
             { LANE_VIEW_NETWORK, "2 Network" },
             { LANE_VIEW_LOG, "3 Log" },
             { LANE_VIEW_SETTINGS, "4 Settings" } };

static void
draw_file (LaneCanvas *canvas, const LaneModel *model, int x, int width)
{
  const LaneSettings *settings = model->panel->settings;
  g_autofree char *base = g_path_get_basename (lane_settings_get_path (settings));
  guint n = lane_settings_count_changes (settings);
  g_autofree char *text =
      n == 0 ? g_strdup_printf ("%s%s%s", model->masked ? LANE_MASKED "  " : "", base,
                                model->read_only ? "  read only" : "")
             : g_strdup_printf ("%s%s  %u change%s *", model->masked ? LANE_MASKED "  " : "", base,
                                n, n == 1 ? "" : "s");

  lane_canvas_put_right (canvas, 0, x, width, n > 0 ? LANE_ROLE_NOTICE : LANE_ROLE_DEFAULT, text);
}

static void
draw_cursor (LaneCanvas *canvas, const LaneModel *model, int x, int width)
{
  const char *masked = model->masked ? LANE_MASKED "  " : "";
  int used = lane_canvas_measure (canvas, masked);
  g_autofree char *cursor = lane_replay_describe (model->snapshot->replay, width - used);
  g_autofree char *text = g_strconcat (masked, cursor, NULL);

  lane_canvas_put_right (canvas, 0, x, width, LANE_ROLE_NOTICE, text);
}

/* A recording has neither. */
static gboolean
is_shown (const LaneModel *model, LaneView view)
{
  return model->snapshot->replay == NULL
         || (view != LANE_VIEW_SETTINGS && view != LANE_VIEW_NETWORK);
}

void
lane_draw_tabs (LaneCanvas *canvas, const LaneModel *model, int width)
{
  const LaneSnapshot *snapshot = model->snapshot;
  LanePathCounts counts;
  g_autofree char *right = NULL;
  const char *masked = model->masked ? LANE_MASKED "  " : "";
  int x = 1;
  int room;

  lane_words_count_paths (snapshot, &counts);
  x += lane_canvas_put (canvas, 0, x, width - x, LANE_ROLE_TITLE, "icelane") + 2;
  for (guint i = 0; i < G_N_ELEMENTS (tabs); i++) {
    gboolean active = model->view == tabs[i].view;
    g_autofree char *text = g_strdup_printf (active ? "[%s]" : " %s ", tabs[i].name);
    int columns;

    if (!is_shown (model, tabs[i].view))
      continue;
    columns = lane_canvas_put (canvas, 0, x, width - x,
                               active ? LANE_ROLE_TAB_ACTIVE : LANE_ROLE_DEFAULT, text);
    lane_canvas_add_hit (canvas, 0, x, 1, columns, LANE_HIT_VIEW, tabs[i].view);
    x += columns;
  }
  room = width - x - 1;
  if (model->view == LANE_VIEW_SETTINGS) {
    draw_file (canvas, model, x, room);
    return;
  }
  if (snapshot->replay != NULL) {
    draw_cursor (canvas, model, x, room);
    return;
  }
  if (width >= 110 && snapshot->name != NULL)
    right = g_strdup_printf ("%shost %s   %u peers: %u direct  %u relay  %u not up", masked,
                             snapshot->name, snapshot->peers->len, counts.direct, counts.relay,
                             counts.other);
  else
    right = g_strdup_printf ("%s%u direct  %u relay  %u not up", masked, counts.direct,
                             counts.relay, counts.other);
  if (lane_canvas_measure (canvas, right) > room) {
    g_free (right);
    right =
        g_strdup_printf ("%s%uD %uR %u not up", masked, counts.direct, counts.relay, counts.other);
  }
  if (lane_canvas_measure (canvas, right) > room) {
    g_free (right);
    right = g_strdup_printf ("%s%uD %uR", masked, counts.direct, counts.relay);
  }
  if (lane_canvas_measure (canvas, right) > room) {
    g_free (right);
    right = model->masked ? g_strdup (LANE_MASKED) : g_strdup_printf ("%u not up", counts.other);
  }
  lane_canvas_put_right (canvas, 0, x, room, LANE_ROLE_DEFAULT, right);
}

void
lane_draw_rule (LaneCanvas *canvas, int y, int x, int width, const char *title)
{
  int at = x + 3;

  for (int i = x; i < x + width; i++)
    lane_canvas_put (canvas, y, i, 1, LANE_ROLE_MUTED, "-");
  lane_canvas_put (canvas, y, x + 2, 1, LANE_ROLE_MUTED, " ");
  at += lane_canvas_put (canvas, y, at, x + width - at - 1, LANE_ROLE_TITLE, title);
  lane_canvas_put (canvas, y, at, MIN (1, x + width - at), LANE_ROLE_MUTED, " ");
}

void
lane_draw_selection (LaneCanvas *canvas, int y, int x, int width, gboolean focused)
{
  lane_canvas_put (canvas, y, x, 1, LANE_ROLE_DEFAULT, ">");
  if (!focused)
    return;
  lane_canvas_overlay (canvas, y, x, width, LANE_ROLE_SELECTED);
  lane_canvas_set_cursor (canvas, y, x);
}

const LanePeerDetail *
lane_model_get_detail_of (const LaneModel *model, const LanePeerView *peer)
{
  return model->detail != NULL && g_strcmp0 (model->detail->name, peer->name) == 0 ? model->detail
                                                                                   : NULL;
}

/* Columns of a pair's row; 0: there is no room for it. */
typedef struct {
  int state, side, result;
} PairColumns;

static PairColumns
lay_out_pairs (int width)
{
  PairColumns columns = { .state = STATE_WIDTH,
                          .result = width >= 72   ? RESULT_WIDTH
                                    : width >= 58 ? 8
                                                  : 0 };

  columns.side = (width - columns.state - columns.result - 2) / 2;
  return columns;
}

static LaneRole
pair_role (const char *state)
{
  if (strcmp (state, "failed") == 0)
    return LANE_ROLE_LOG_ERROR;
  return strcmp (state, "not needed") == 0 || strcmp (state, "possible") == 0 ? LANE_ROLE_MUTED
                                                                              : LANE_ROLE_DEFAULT;
}

/* Without its server where there is no room for it: the address matters more. */
static char *
name_side (LaneCanvas *canvas, const LaneCandidateView *side, int width)
{
  g_autofree char *full = lane_words_candidate (side);
  g_autofree char *endpoint = lane_words_endpoint (side);

  if (lane_canvas_measure (canvas, full) <= width)
    return g_steal_pointer (&full);
  return g_strdup_printf ("%s %s", side->type, endpoint);
}

static void
draw_pair_row (LaneCanvas *canvas, const LanePeerView *peer, const LanePairRow *row, int y, int x,
               int width)
{
  PairColumns columns = lay_out_pairs (width);
  g_autofree char *local = NULL;
  g_autofree char *remote = NULL;
  g_autofree char *result = NULL;

  if (row->heading != NULL) {
    local = lane_generation_title (row->heading);
    lane_canvas_put (canvas, y, x + 2, width - 2, LANE_ROLE_TITLE, local);
    return;
  }
  local = name_side (canvas, row->local, columns.side);
  remote = name_side (canvas, row->remote, columns.side);
  result = lane_pair_row_result (row, peer);
  lane_canvas_put (canvas, y, x + 2, columns.state - 3, pair_role (lane_pair_row_state (row)),
                   lane_pair_row_state (row));
  lane_canvas_put (canvas, y, x + columns.state, columns.side, LANE_ROLE_DEFAULT, local);
  lane_canvas_put (canvas, y, x + columns.state + columns.side + 1, columns.side, LANE_ROLE_DEFAULT,
                   remote);
  lane_canvas_put (canvas, y, x + width - columns.result, columns.result, LANE_ROLE_DEFAULT,
                   result);
}

void
lane_draw_pairs (LaneCanvas *canvas, const LaneModel *model, const LanePeerView *peer,
                 const LaneList *list, gboolean focused, int y, int x, int height, int width)
{
  g_autoptr (GArray) rows = lane_pairs_collect (peer, lane_model_get_detail_of (model, peer));
  PairColumns columns = lay_out_pairs (width);

  lane_canvas_put (canvas, y, x + 2, 8, LANE_ROLE_TITLE, "STATE");
  lane_canvas_put (canvas, y, x + columns.state, columns.side, LANE_ROLE_TITLE, "OURS");
  lane_canvas_put (canvas, y, x + columns.state + columns.side + 1, columns.side, LANE_ROLE_TITLE,
                   "THEIRS");
  lane_canvas_put (canvas, y, x + width - columns.result, columns.result, LANE_ROLE_TITLE,
                   "RESULT");
  if (rows->len == 0)
    lane_canvas_put (canvas, y + 1, x + 2, width - 2, LANE_ROLE_MUTED,
                     "No pairs: not both sides have told their candidates.");
  for (int i = 0; i < height - 1 && list->top + i < (int)rows->len; i++) {
    draw_pair_row (canvas, peer, &g_array_index (rows, LanePairRow, list->top + i), y + 1 + i, x,
                   width);
    if (list->top + i == list->selected)
      lane_draw_selection (canvas, y + 1 + i, x, width, focused);
    if (focused)
      lane_canvas_add_hit (canvas, y + 1 + i, x, 1, width, LANE_HIT_PANE, list->top + i);
  }
}

static LaneRole
event_role (const LaneEventView *event)
{
  if (g_strcmp0 (event->level, "error") == 0)
    return LANE_ROLE_LOG_ERROR;
  if (g_strcmp0 (event->level, "warning") == 0)
    return LANE_ROLE_LOG_WARNING;
  return g_strcmp0 (event->level, "debug") == 0 ? LANE_ROLE_LOG_DEBUG : LANE_ROLE_DEFAULT;
}

/* The level when it matters, else what it is about. */
static char *
event_word (const LaneEventView *event)
{
  if (g_strcmp0 (event->level, "error") == 0)
    return g_strdup ("ERROR");
  if (g_strcmp0 (event->level, "warning") == 0)
    return g_strdup ("WARNING");
  return g_ascii_strup (event->kind != NULL ? event->kind : "", -1);
}

static void
draw_event (LaneCanvas *canvas, const LaneEventView *event, gboolean with_peer, int y, int x,
            int width)
{
  g_autofree char *clock = lane_words_clock (event->time_us);
  g_autofree char *word = event_word (event);
  int name = !with_peer ? 0 : width >= 100 ? 14 : 9;
  int end = x + width;

  lane_canvas_put (canvas, y, x, 8, LANE_ROLE_MUTED, clock);
  x += 9;
  if (with_peer) {
    lane_canvas_put (canvas, y, x, name - 1, LANE_ROLE_DEFAULT,
                     event->peer != NULL ? event->peer : "node");
    x += name;
  }
  lane_canvas_put (canvas, y, x, 9, event_role (event), word);
  x += 10;
  lane_canvas_put (canvas, y, x, end - x, LANE_ROLE_DEFAULT, event->text);
}

static char *
log_title (const LaneLogPane *pane)
{
  g_autoptr (GString) title = g_string_new ("Log: ");

  g_string_append (title, pane->peer != NULL ? pane->peer : "all peers");
  g_string_append (title, pane->follow ? ", follow" : ", standing still");
  if (pane->level != LANE_LOG_LEVEL_INFO)
    g_string_append_printf (title, ", level %s", lane_log_level_to_string (pane->level));
  if (pane->kind != NULL)
    g_string_append_printf (title, ", kind %s", pane->kind);
  if (pane->keep != NULL)
    g_string_append_printf (title, ", only '%s'", pane->keep);
  return g_string_free (g_steal_pointer (&title), FALSE);
}

void
lane_draw_log (LaneCanvas *canvas, const LaneModel *model, const LaneLogPane *pane,
               gboolean focused, int y, int x, int height, int width)
{
  g_autofree char *title = log_title (pane);

  lane_draw_rule (canvas, y, x, width, title);
  lane_canvas_add_hit (canvas, y, x, height, width, LANE_HIT_LOG, -1);
  if (pane->lines->len == 0) {
    lane_canvas_put (canvas, y + 1, x + 1, width - 1, LANE_ROLE_MUTED,
                     pane->keep != NULL   ? "No line matches; & with nothing shows all."
                     : pane->kind != NULL ? "No line of this kind; K shows others."
                                          : "No events yet.");
    if (focused)
      lane_canvas_set_cursor (canvas, y + 1, x);
  }
  for (int i = 0; i < height - 1 && pane->list.top + i < (int)pane->lines->len; i++) {
    int row = pane->list.top + i;

    draw_event (canvas, g_ptr_array_index (pane->lines, row), pane->peer == NULL, y + 1 + i, x + 1,
                width - 1);
    lane_canvas_add_hit (canvas, y + 1 + i, x, 1, width, LANE_HIT_LOG, row);
    if (focused && row == pane->list.selected)
      lane_draw_selection (canvas, y + 1 + i, x, width, TRUE);
  }
}
