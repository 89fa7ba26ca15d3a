#include "view.h"

#include "pairs.h"
#include "replay-cursor.h"
#include "words.h"

#include <math.h>
#include <string.h>

#define HEADER_ROWS                                                                                \
  6 /* title, path, why, next, pair, data; and forecast and comparison if there are */
#define ROOMY_ROWS  18
#define SIDES_WIDTH 110

typedef struct {
  int forecast_y, comparison_y; /* 0: not shown */
  int tabs_y;
  int pane_y, pane_rows;
  int log_y, log_rows; /* 0 rows: no room, or the log is the pane */
} Layout;

/* So many rows leave some for the log. */
static int
log_from (const LaneModel *model)
{
  return model->pane == LANE_PANE_HISTORY ? 24 : 13;
}

static void
lay_out (const LaneModel *model, int height, Layout *layout)
{
  const LanePeerView *peer = lane_model_get_subject (model);
  g_autofree char *words = peer != NULL ? lane_words_forecast (peer, model->now_us) : NULL;
  gboolean forecast = words != NULL && height >= ROOMY_ROWS;
  g_autofree char *compared = peer != NULL ? lane_words_comparison (peer) : NULL;
  int header = HEADER_ROWS + (forecast ? 1 : 0) + (compared != NULL ? 1 : 0);
  int rows = height - header - 1;

  layout->forecast_y = forecast ? HEADER_ROWS : 0;
  layout->comparison_y = compared != NULL ? header - 1 : 0;
  layout->tabs_y = header;
  layout->pane_y = header + 1;
  layout->log_rows =
      model->pane == LANE_PANE_LOG || rows < log_from (model) ? 0 : MAX (5, rows / 3);
  layout->pane_rows = MAX (rows - layout->log_rows, 0);
  layout->log_y = layout->pane_y + layout->pane_rows;
}

static int
count_pane_rows (const LaneModel *model, const LanePeerView *peer, int width)
{
  const LanePeerDetail *detail = lane_model_get_detail_of (model, peer);
  g_autoptr (GArray) rows = NULL;

  if (model->pane == LANE_PANE_TIMELINE)
    return lane_timeline_count (model, peer, width);
  rows = model->pane == LANE_PANE_PAIRS ? lane_pairs_collect (peer, detail)
                                        : lane_candidates_collect (detail, width >= SIDES_WIDTH);
  return rows->len;
}

void
lane_peer_view_arrange (LaneModel *model, int height, int width)
{
  const LanePeerView *peer = lane_model_get_subject (model);
  Layout layout;

  lay_out (model, height, &layout);
  model->wants_detail = model->pane != LANE_PANE_HISTORY;
  if (model->pane == LANE_PANE_LOG) {
    lane_list_set_page (&model->peer_log.list, layout.pane_rows - 1);
    return;
  }
  lane_list_set_page (&model->peer_log.list, MAX (layout.log_rows - 1, 0));
  if (model->pane == LANE_PANE_HISTORY) {
    lane_history_arrange (model, peer, layout.pane_rows);
    return;
  }
  lane_list_set_page (&model->pane_list, layout.pane_rows - 1);
  lane_list_set_count (&model->pane_list, peer != NULL ? count_pane_rows (model, peer, width) : 0);
}

static void
draw_title (LaneCanvas *canvas, const LaneModel *model, int width)
{
  const LaneReplayView *replay = lane_replay_get (model);
  g_autofree char *cursor = replay != NULL ? lane_replay_describe (replay, width / 2) : NULL;
  g_autofree char *right =
      g_strdup_printf ("%s%s%sEsc back", model->masked ? LANE_MASKED "  " : "",
                       cursor != NULL ? cursor : "", cursor != NULL ? "  " : "");
  int right_width = lane_canvas_measure (canvas, right);
  int x = 1;

  x += lane_canvas_put (canvas, 0, x, width - x, LANE_ROLE_TITLE, "icelane > Peers > ");
  lane_canvas_put (canvas, 0, x, width - x - right_width - 2, LANE_ROLE_TITLE, model->peer);
  lane_canvas_put_right (canvas, 0, width - right_width - 1, right_width, LANE_ROLE_MUTED, right);
}

static void
draw_path (LaneCanvas *canvas, const LaneModel *model, const LanePeerView *peer, int width)
{
  g_auto (LanePathWord) path = { 0 };
  g_autofree char *since = lane_words_since (peer->since_us, model->now_us);
  g_autofree char *last = lane_words_ms (lane_words_live (peer, peer->rtt_last_ms));
  g_autofree char *mean = lane_words_ms (lane_words_live (peer, peer->rtt_mean_ms));
  g_autofree char *p95 = lane_words_ms (lane_words_live (peer, peer->rtt_p95_ms));
  g_autofree char *jitter = lane_words_ms (lane_words_live (peer, peer->jitter_ms));
  g_autofree char *loss = lane_words_loss (lane_words_live (peer, peer->loss));
  int x = 1;

  lane_path_word_init (&path, peer, model->glyphs);
  x += lane_canvas_put (canvas, 1, x, 1, path.role, path.glyph) + 1;
  x += lane_canvas_put (canvas, 1, x, width / 3, LANE_ROLE_TITLE, path.word);
  lane_canvas_printf (canvas, 1, x, width - x, LANE_ROLE_DEFAULT,
                      "  for %s   RTT %s  jitter %s  loss %s  mean %s  p95 %s",
                      peer->since_us == 0 ? "no time yet" : since, last, jitter, loss, mean, p95);
}

static void
draw_line (LaneCanvas *canvas, int y, int width, const char *label, const char *text)
{
  lane_canvas_put (canvas, y, 1, 5, LANE_ROLE_MUTED, label);
  lane_canvas_put (canvas, y, 7, width - 7, LANE_ROLE_DEFAULT, text);
}

static const char *
after_colon (const char *text)
{
  const char *colon = strstr (text, ": ");

  return colon != NULL ? colon + 2 : text;
}

static void
draw_header (LaneCanvas *canvas, const LaneModel *model, const LanePeerView *peer, int width)
{
  g_autofree char *why = lane_words_why_sentence (peer);
  g_autofree char *coded = g_strdup_printf ("%s: %s", lane_words_why (peer), why);
  g_autofree char *next = lane_words_next (peer);
  g_autofree char *pair = lane_words_pair (peer);
  g_autofree char *rx = lane_words_bytes (peer->rx_bytes);
  g_autofree char *tx = lane_words_bytes (peer->tx_bytes);
  g_autofree char *counts =
      g_strdup_printf ("rx %s, tx %s, generation %u, restarts %u, path changes %u", rx, tx,
                       peer->generation, peer->restarts, peer->path_changes);
  const char *policy = peer->policy != NULL ? peer->policy : "unknown";
  g_autofree char *data = peer->held ? g_strdup_printf ("held %s, %s", policy, counts)
                                     : g_strdup_printf ("%s, policy %s", counts, policy);

  draw_path (canvas, model, peer, width);
  draw_line (canvas, 2, width, "Why", coded);
  draw_line (canvas, 3, width, "Next", after_colon (next));
  draw_line (canvas, 4, width, "Pair", after_colon (pair));
  draw_line (canvas, 5, width, "Data", data);
}

static void
draw_pane_tabs (LaneCanvas *canvas, const LaneModel *model, int y, int width)
{
  static const char *const names[LANE_N_PANES] = { "Pairs", "Candidates", "Timeline", "History",
                                                   "Log" };
  int x = 1;

  for (LanePane i = 0; i < LANE_N_PANES; i++) {
    g_autofree char *text = g_strdup_printf (i == model->pane ? "[%s]" : " %s ", names[i]);
    int columns = lane_canvas_put (
        canvas, y, x, width - x, i == model->pane ? LANE_ROLE_TAB_ACTIVE : LANE_ROLE_DEFAULT, text);

    lane_canvas_add_hit (canvas, y, x, 1, columns, LANE_HIT_TAB, i);
    x += columns + 1;
  }
  lane_canvas_put_right (canvas, y, x, width - x - 1, LANE_ROLE_MUTED, "Tab: next pane");
}

/* The priority is decoded as in RFC 8445 section 5.1.2.1: type, then place among our addresses. */
static void
draw_candidate (LaneCanvas *canvas, const LaneCandidateView *candidate, int y, int x, int width)
{
  g_autofree char *endpoint = lane_words_endpoint (candidate);
  g_autofree char *ms = lane_words_ms (candidate->ms);
  int priority = width >= 54 ? 10 : 0;
  int server = width >= 66 ? 11 : 8;
  int time = width >= 66 ? 9 : 7;
  int address = MIN (width - 6 - priority - server - time - 1, 47);

  lane_canvas_put (canvas, y, x, 5, LANE_ROLE_DEFAULT, candidate->type);
  x += 6;
  lane_canvas_put (canvas, y, x, address, LANE_ROLE_DEFAULT, endpoint);
  x += address + 1;
  if (priority > 0 && candidate->priority != 0)
    lane_canvas_printf (canvas, y, x, priority - 1, LANE_ROLE_DEFAULT, "%u/%u",
                        candidate->priority >> 24, candidate->priority >> 8 & 0xffff);
  x += priority;
  lane_canvas_put (canvas, y, x, server - 1, LANE_ROLE_DEFAULT,
                   candidate->server != NULL ? candidate->server : "");
  if (!isnan (candidate->ms))
    lane_canvas_put_right (canvas, y, x + server, time, LANE_ROLE_DEFAULT, ms);
}

static void
draw_generation (LaneCanvas *canvas, const LaneGenerationView *generation, int y, int width)
{
  lane_canvas_printf (
      canvas, y, 2, width - 2, LANE_ROLE_TITLE, "Generation %u, %s, %s: %u of ours, %u of theirs%s",
      generation->generation, generation->role != NULL ? generation->role : "role unknown",
      generation->state != NULL ? generation->state : "state unknown", generation->local->len,
      generation->remote->len, generation->current ? ", carries the data" : ", being tried");
}

static void
draw_candidate_row (LaneCanvas *canvas, const LaneCandidateRow *row, int y, int width)
{
  gboolean sides = width >= SIDES_WIDTH;
  int half = sides ? (width - 2) / 2 : width - 9;

  if (row->generation != NULL) {
    draw_generation (canvas, row->generation, y, width);
    return;
  }
  if (!sides) {
    lane_canvas_put (canvas, y, 2, 6, LANE_ROLE_DEFAULT, row->local != NULL ? "ours" : "theirs");
    draw_candidate (canvas, row->local != NULL ? row->local : row->remote, y, 9, half);
    return;
  }
  if (row->local != NULL)
    draw_candidate (canvas, row->local, y, 2, half - 1);
  if (row->remote != NULL)
    draw_candidate (canvas, row->remote, y, 2 + half, half - 1);
}

static void
draw_candidates (LaneCanvas *canvas, const LaneModel *model, const LanePeerView *peer, int y,
                 int height, int width)
{
  gboolean sides = width >= SIDES_WIDTH;
  g_autoptr (GArray) rows = lane_candidates_collect (lane_model_get_detail_of (model, peer), sides);
  const LaneList *list = &model->pane_list;

  lane_canvas_put (canvas, y, 2, width - 2, LANE_ROLE_TITLE,
                   sides ? "OURS" : "SIDE   TYPE  ADDRESS, PRIORITY, SERVER, SINCE ITS START");
  if (sides)
    lane_canvas_put (canvas, y, 2 + (width - 2) / 2, width / 2, LANE_ROLE_TITLE, "THEIRS");
  if (rows->len == 0)
    lane_canvas_put (canvas, y + 1, 2, width - 2, LANE_ROLE_MUTED, "No candidates yet.");
  for (int i = 0; i < height - 1 && list->top + i < (int)rows->len; i++) {
    draw_candidate_row (canvas, &g_array_index (rows, LaneCandidateRow, list->top + i), y + 1 + i,
                        width);
    lane_canvas_add_hit (canvas, y + 1 + i, 0, 1, width, LANE_HIT_PANE, list->top + i);
    if (list->top + i == list->selected)
      lane_draw_selection (canvas, y + 1 + i, 0, width, TRUE);
  }
}

void
lane_peer_view_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  const LanePeerView *peer = lane_model_get_subject (model);
  Layout layout;

  lay_out (model, height, &layout);
  draw_title (canvas, model, width);
  if (peer == NULL) {
    lane_canvas_put (canvas, 2, 1, width - 1, LANE_ROLE_NOTICE,
                     "This peer is no longer in the node's configuration. Esc goes back.");
    return;
  }
  draw_header (canvas, model, peer, width);
  if (layout.forecast_y > 0) {
    g_autofree char *forecast = lane_words_forecast (peer, model->now_us);

    draw_line (canvas, layout.forecast_y, width, "Path", forecast);
  }
  if (layout.comparison_y > 0) {
    g_autofree char *comparison = lane_words_comparison (peer);

    draw_line (canvas, layout.comparison_y, width, "Other", comparison);
  }
  draw_pane_tabs (canvas, model, layout.tabs_y, width);
  lane_canvas_add_hit (canvas, layout.pane_y, 0, layout.pane_rows, width, LANE_HIT_PANE, -1);
  switch (model->pane) {
  case LANE_PANE_PAIRS:
    lane_draw_pairs (canvas, model, peer, &model->pane_list, TRUE, layout.pane_y, 0,
                     layout.pane_rows, width);
    break;
  case LANE_PANE_CANDIDATES:
    draw_candidates (canvas, model, peer, layout.pane_y, layout.pane_rows, width);
    break;
  case LANE_PANE_TIMELINE:
    lane_timeline_draw (canvas, model, peer, layout.pane_y, layout.pane_rows, width);
    break;
  case LANE_PANE_HISTORY:
    lane_history_draw (canvas, model, peer, layout.pane_y, layout.pane_rows, width);
    break;
  case LANE_PANE_LOG:
  default:
    lane_draw_log (canvas, model, &model->peer_log, TRUE, layout.pane_y, 0, layout.pane_rows,
                   width);
  }
  if (layout.log_rows > 0)
    lane_draw_log (canvas, model, &model->peer_log, FALSE, layout.log_y, 0, layout.log_rows, width);
}
