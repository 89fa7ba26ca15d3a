#include "view.h"

#include "network-line.h"
#include "words.h"

#include <math.h>
#include <string.h>

#define GAP     1
#define GUTTER  3 /* cursor and mark */
#define SPARK_S 5 /* a cell of the history, see snapshot.h */

typedef enum {
  COLUMN_PEER,
  COLUMN_PATH,
  COLUMN_WHY,
  COLUMN_RTT,
  COLUMN_JITTER,
  COLUMN_LOSS,
  COLUMN_TRAFFIC,
  COLUMN_MOVES,
  COLUMN_SINCE,
  COLUMN_SPARK,
  N_COLUMNS
} ColumnId;

typedef struct {
  LaneCanvas *canvas;
  const LaneModel *model;
  const LanePeerView *peer;
  int y, x, width;
} Cell;

typedef struct {
  const char *title;
  int width; /* at least */
  int rank;  /* the higher, the sooner it is left out; 0: never */
  gboolean right;
  void (*draw) (const Cell *cell);
  LaneSort sort; /* shown by it; LANE_SORT_FILE: none */
} Column;

static void
put (const Cell *cell, LaneRole role, const char *text)
{
  lane_canvas_put (cell->canvas, cell->y, cell->x, cell->width, role, text);
}

static void
put_right (const Cell *cell, LaneRole role, const char *text)
{
  lane_canvas_put_right (cell->canvas, cell->y, cell->x, cell->width, role, text);
}

static void
draw_name (const Cell *cell)
{
  gboolean marked = g_hash_table_contains (cell->model->marks, cell->peer->name);

  put (cell, marked ? LANE_ROLE_MARKED : LANE_ROLE_DEFAULT, cell->peer->name);
}

/* Behind the path of a held peer: what keeps it so, or just that something does. */
static void
draw_path (const Cell *cell)
{
  g_auto (LanePathWord) path = { 0 };
  int width = cell->width - 2;
  const char *held = !cell->peer->held ? "" : " held";

  lane_path_word_init (&path, cell->peer, cell->model->glyphs);
  lane_canvas_put (cell->canvas, cell->y, cell->x, 1, path.role, path.glyph);
  if (lane_canvas_measure (cell->canvas, path.word) + (int)strlen (held) > width)
    held = cell->peer->held ? " H" : "";
  width -= strlen (held);
  width = lane_canvas_put (cell->canvas, cell->y, cell->x + 2, width, LANE_ROLE_DEFAULT, path.word);
  lane_canvas_put (cell->canvas, cell->y, cell->x + 2 + width, strlen (held), LANE_ROLE_NOTICE,
                   held);
}

static void
draw_why (const Cell *cell)
{
  put (cell, LANE_ROLE_DEFAULT, lane_words_why_or_expect (cell->peer));
}

static void
draw_rtt (const Cell *cell)
{
  double ms = lane_words_live (cell->peer, cell->peer->rtt_last_ms);
  g_autofree char *text = lane_words_ms (ms);

  put_right (cell,
             isnan (ms) ? LANE_ROLE_MUTED
             : ms < 100 ? LANE_ROLE_RTT_GOOD
             : ms < 300 ? LANE_ROLE_RTT_WARN
                        : LANE_ROLE_RTT_BAD,
             text);
}

static void
draw_jitter (const Cell *cell)
{
  double ms = lane_words_live (cell->peer, cell->peer->jitter_ms);
  g_autofree char *text = lane_words_ms (ms);

  put_right (cell, isnan (ms) ? LANE_ROLE_MUTED : LANE_ROLE_DEFAULT, text);
}

static void
draw_loss (const Cell *cell)
{
  double loss = lane_words_live (cell->peer, cell->peer->loss);
  g_autofree char *text = lane_words_loss (loss);

  put_right (cell, isnan (loss) ? LANE_ROLE_MUTED : LANE_ROLE_DEFAULT, text);
}

static void
draw_traffic (const Cell *cell)
{
  g_autofree char *rx = lane_words_bytes (cell->peer->rx_bytes);
  g_autofree char *tx = lane_words_bytes (cell->peer->tx_bytes);
  g_autofree char *text = g_strdup_printf ("%s/%s", rx, tx);

  if (cell->peer->rx_bytes == 0 && cell->peer->tx_bytes == 0)
    put_right (cell, LANE_ROLE_MUTED, "none");
  else
    put_right (cell, LANE_ROLE_DEFAULT, text);
}

static void
draw_moves (const Cell *cell)
{
  g_autofree char *text = g_strdup_printf ("%u", cell->peer->path_changes);

  put_right (cell, LANE_ROLE_DEFAULT, text);
}

static void
draw_since (const Cell *cell)
{
  g_autofree char *text = lane_words_since (cell->peer->since_us, cell->model->now_us);

  put_right (cell, LANE_ROLE_DEFAULT, text);
}

static void
draw_spark (const Cell *cell)
{
  const double *history = cell->peer->rtt_history;
  guint n = cell->peer->n_rtt_history;
  guint first = n > (guint)cell->width ? n - cell->width : 0;
  guint start = 0;

  /* Before the first answer there was nobody to answer, which is not a loss. */
  while (start < n && isnan (history[start]))
    start++;
  for (guint i = MAX (first, start); i < n; i++)
    lane_canvas_put (cell->canvas, cell->y, cell->x + i - first, 1, LANE_ROLE_GRAPH,
                     lane_words_spark (history[i], cell->model->glyphs));
}

/* UX: first left out is the sparkline, then LOSS, SINCE, WHY; what a wide screen adds goes before.
 */
static const Column columns[N_COLUMNS] = {
  [COLUMN_PEER] = { "PEER", 13, 0, FALSE, draw_name, LANE_SORT_NAME },
  [COLUMN_PATH] = { "PATH", 16, 0, FALSE, draw_path, LANE_SORT_PATH },
  [COLUMN_WHY] = { "WHY", 18, 1, FALSE, draw_why, LANE_SORT_FILE },
  [COLUMN_RTT] = { "RTT", 7, 0, TRUE, draw_rtt, LANE_SORT_RTT },
  [COLUMN_JITTER] = { "JITTER", 7, 5, TRUE, draw_jitter, LANE_SORT_FILE },
  [COLUMN_LOSS] = { "LOSS", 4, 3, TRUE, draw_loss, LANE_SORT_LOSS },
  [COLUMN_TRAFFIC] = { "RX/TX", 9, 6, TRUE, draw_traffic, LANE_SORT_TRAFFIC },
  [COLUMN_MOVES] = { "MOVES", 5, 7, TRUE, draw_moves, LANE_SORT_FILE },
  [COLUMN_SINCE] = { "SINCE", 5, 2, TRUE, draw_since, LANE_SORT_SINCE },
  [COLUMN_SPARK] = { "LAST MINUTE", 8, 4, FALSE, draw_spark, LANE_SORT_FILE },
};

/* Widths of all columns for a screen; 0: left out. */
static void
lay_out_columns (int width, int widths[N_COLUMNS])
{
  /* A minute is worth more than a long name. */
  static const struct {
    ColumnId column;
    int width;
  } growth[] = { { COLUMN_SPARK, 60 / SPARK_S },
                 { COLUMN_PATH, 24 },
                 { COLUMN_PEER, 32 },
                 { COLUMN_SPARK, 24 },
                 { COLUMN_TRAFFIC, 11 } };
  int used = GUTTER - GAP;

  memset (widths, 0, N_COLUMNS * sizeof widths[0]);
  for (int rank = 0; rank <= 7; rank++)
    for (ColumnId i = 0; i < N_COLUMNS; i++)
      if (columns[i].rank == rank) {
        if (rank > 0 && used + GAP + columns[i].width > width)
          rank = 8; /* a later one would jump the queue */
        else {
          widths[i] = columns[i].width;
          used += GAP + columns[i].width;
        }
      }
  for (guint i = 0; i < G_N_ELEMENTS (growth); i++)
    if (widths[growth[i].column] > 0) {
      int *column = &widths[growth[i].column];
      int more = CLAMP (growth[i].width - *column, 0, MAX (width - used, 0));

      *column += more;
      used += more;
    }
}

/* A heading, what is wrong and what to do in whole sentences of two rows, and the pair. */
#define STRIP_ROWS 6

typedef struct {
  gboolean wide;
  int table_y, table_rows;
  int strip_y, strip_rows; /* with its heading; at the bottom when wide */
  int panes_y, panes_rows; /* the log, and beside it the pairs when wide */
} Layout;

static void
lay_out (int height, int width, Layout *layout)
{
  int rows = height - 3; /* tabs, network, column heads */

  memset (layout, 0, sizeof *layout);
  layout->table_y = 3;
  layout->wide = width >= 110 && rows >= 30;
  if (layout->wide) {
    layout->strip_rows = STRIP_ROWS;
    layout->panes_rows = MAX (12, rows / 3);
  } else {
    layout->strip_rows = rows >= 19 ? STRIP_ROWS : rows >= 12 ? 4 : 2;
    layout->panes_rows = rows >= 17 ? MAX (5, rows / 4) : 0;
  }
  layout->table_rows = MAX (rows - layout->strip_rows - layout->panes_rows, 1);
  layout->strip_y = layout->table_y + layout->table_rows;
  layout->panes_y = layout->strip_y + layout->strip_rows;
  if (layout->wide) {
    layout->panes_y = layout->strip_y;
    layout->strip_y = layout->panes_y + layout->panes_rows;
  }
}

void
lane_peers_view_arrange (LaneModel *model, int height, int width)
{
  Layout layout;

  lay_out (height, width, &layout);
  lane_list_set_page (&model->peers, layout.table_rows);
  lane_list_set_page (&model->all_log.list, MAX (layout.panes_rows - 1, 0));
  if (layout.panes_rows == 0)
    model->log_focused = FALSE;
  model->wants_detail = layout.wide;
}

static void
draw_heads (LaneCanvas *canvas, const LaneModel *model, const int widths[N_COLUMNS], int y,
            int width)
{
  int x = GUTTER;

  for (ColumnId i = 0; i < N_COLUMNS; i++) {
    g_autofree char *title = NULL;

    if (widths[i] == 0)
      continue;
    if (i == COLUMN_SPARK && widths[i] != 60 / SPARK_S)
      title = g_strdup_printf (widths[i] < 9 ? "RTT %d s" : "LAST %d s", widths[i] * SPARK_S);
    else if (columns[i].sort != LANE_SORT_FILE && columns[i].sort == model->sort)
      title = g_strconcat (columns[i].title, model->sort_reversed ? "^" : "v", NULL);
    else
      title = g_strdup (columns[i].title);
    if (columns[i].right)
      lane_canvas_put_right (canvas, y, x, widths[i], LANE_ROLE_TITLE, title);
    else
      lane_canvas_put (canvas, y, x, widths[i], LANE_ROLE_TITLE, title);
    x += widths[i] + GAP;
  }
}

static void
draw_row (LaneCanvas *canvas, const LaneModel *model, const int widths[N_COLUMNS], int y,
          const LanePeerView *peer)
{
  int x = GUTTER;

  if (g_hash_table_contains (model->marks, peer->name))
    lane_canvas_put (canvas, y, 1, 1, LANE_ROLE_MARKED, "*");
  for (ColumnId i = 0; i < N_COLUMNS; i++)
    if (widths[i] > 0) {
      const Cell cell = { canvas, model, peer, y, x, widths[i] };

      columns[i].draw (&cell);
      x += widths[i] + GAP;
    }
}

static void
draw_no_peers (LaneCanvas *canvas, const LaneModel *model, const Layout *layout, int width)
{
  int y = layout->table_y;

  lane_canvas_set_cursor (canvas, y, 1);
  if (!model->ever_attached)
    return;
  if (model->filter != NULL) {
    lane_canvas_printf (canvas, y, GUTTER, width - GUTTER, LANE_ROLE_DEFAULT,
                        "No peer matches '%s'. Esc clears the filter.", model->filter);
    return;
  }
  y += lane_canvas_put_wrapped (canvas, y, GUTTER, 2, width - GUTTER, LANE_ROLE_NOTICE,
                                "No peers yet. `icelane id` on the other machine prints its id. "
                                "Add it to");
  lane_canvas_put (canvas, y++, GUTTER, width - GUTTER, LANE_ROLE_DEFAULT,
                   model->config_path != NULL ? model->config_path : "icelane.ini");
  lane_canvas_put (canvas, y++, GUTTER + 4, width - GUTTER - 4, LANE_ROLE_DEFAULT,
                   "[peer NAME]   id = ...");
  lane_canvas_put (canvas, y, GUTTER, width - GUTTER, LANE_ROLE_DEFAULT,
                   "there, ours over there, and start the node again.");
}

static void
draw_table (LaneCanvas *canvas, const LaneModel *model, const Layout *layout, int width)
{
  int widths[N_COLUMNS];

  lay_out_columns (width, widths);
  draw_heads (canvas, model, widths, layout->table_y - 1, width);
  lane_canvas_add_hit (canvas, layout->table_y, 0, layout->table_rows, width, LANE_HIT_PEER,
                       model->peers.selected);
  if (model->shown->len == 0)
    draw_no_peers (canvas, model, layout, width);
  for (int i = 0; i < layout->table_rows; i++) {
    int row = model->peers.top + i;
    int y = layout->table_y + i;

    if (row >= (int)model->shown->len)
      break;
    draw_row (canvas, model, widths, y, g_ptr_array_index (model->shown, row));
    lane_canvas_add_hit (canvas, y, 0, 1, width, LANE_HIT_PEER, row);
    if (row == model->peers.selected)
      lane_draw_selection (canvas, y, 0, width, !model->log_focused);
  }
}

static char *
strip_title (const LaneModel *model, const LanePeerView *peer, gboolean wide)
{
  g_autofree char *jitter = lane_words_ms (lane_words_live (peer, peer->jitter_ms));
  g_autofree char *rx = lane_words_bytes (peer->rx_bytes);
  g_autofree char *tx = lane_words_bytes (peer->tx_bytes);
  g_autofree char *comparison = lane_words_comparison (peer);

  g_autofree char *held = peer->held ? g_strdup_printf (", held %s", peer->policy) : g_strdup ("");

  if (comparison != NULL)
    return g_strdup_printf ("%s%s: %s", peer->name, held, comparison);
  if (wide)
    return g_strdup_printf ("%s: why (%s)%s", peer->name, lane_words_why_or_expect (peer), held);
  return g_strdup_printf ("%s: %s%s, jitter %s, rx %s, tx %s, restarts %u", peer->name,
                          lane_words_why_or_expect (peer), held, jitter, rx, tx, peer->restarts);
}

/* In at most @rows, which are never more than two; returns the rows it took. */
static int
put_sentence (LaneCanvas *canvas, int y, int rows, int width, const char *sentence)
{
  return lane_canvas_put_wrapped (canvas, y, 1, MIN (rows, 2), width - 1, LANE_ROLE_DEFAULT,
                                  sentence);
}

static void
draw_strip (LaneCanvas *canvas, const LaneModel *model, const Layout *layout, int width)
{
  const LanePeerView *peer = lane_model_get_selected (model);
  g_autofree char *title = NULL;
  g_autofree char *why = NULL;
  g_autofree char *next = NULL;
  g_autofree char *pair = NULL;
  g_autofree char *forecast = NULL;
  g_autofree char *path = NULL;
  int y = layout->strip_y;
  int end = y + layout->strip_rows;

  if (peer == NULL) {
    lane_draw_rule (canvas, y, 0, width, "no peer selected");
    return;
  }
  title = strip_title (model, peer, layout->wide);
  why = lane_words_why_sentence (peer);
  next = lane_words_next (peer);
  pair = lane_words_pair (peer);
  forecast = lane_words_forecast (peer, model->now_us);
  path = forecast != NULL ? g_strconcat ("Path: ", forecast, NULL) : NULL;
  if (layout->strip_rows == 2) {
    g_autofree char *sentence = g_strdup_printf ("%s: %s", peer->name, why);

    lane_draw_rule (canvas, y, 0, width, sentence);
    lane_canvas_put (canvas, y + 1, 1, width - 1, LANE_ROLE_DEFAULT, next);
    return;
  }
  lane_draw_rule (canvas, y++, 0, width, title);
  y += put_sentence (canvas, y, end - y - 2, width, why);
  y += put_sentence (canvas, y, end - y - 1, width, next);
  if (peer->local == NULL && path != NULL)
    y += put_sentence (canvas, y, MAX (end - y - (peer->last_error != NULL ? 1 : 0), 1), width,
                       path);
  else
    y += put_sentence (canvas, y, 1, width, pair);
  if (peer->last_error != NULL) {
    g_autofree char *last = g_strdup_printf ("Last error: %s", peer->last_error);

    put_sentence (canvas, y, end - y, width, last);
  } else if (peer->local != NULL && path != NULL) {
    put_sentence (canvas, y, end - y, width, path);
  }
}

static void
draw_panes (LaneCanvas *canvas, const LaneModel *model, const Layout *layout, int width)
{
  const LanePeerView *peer = lane_model_get_selected (model);
  const LaneList still = { .page = layout->panes_rows - 1, .selected = -1 };
  g_autofree char *title = NULL;
  int left = layout->wide ? (width * 11) / 20 : 0;

  if (layout->panes_rows == 0)
    return;
  if (layout->wide) {
    title = g_strdup_printf ("%s: pairs", peer != NULL ? peer->name : "no peer selected");
    lane_draw_rule (canvas, layout->panes_y, 0, left - 1, title);
    if (peer != NULL)
      lane_draw_pairs (canvas, model, peer, &still, FALSE, layout->panes_y + 1, 0,
                       layout->panes_rows - 1, left - 1);
  }
  lane_draw_log (canvas, model, &model->all_log, model->log_focused, layout->panes_y, left,
                 layout->panes_rows, width - left);
}

void
lane_peers_view_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  Layout layout;

  lay_out (height, width, &layout);
  lane_draw_tabs (canvas, model, width);
  lane_network_line_draw (canvas, model, 1, width);
  draw_table (canvas, model, &layout, width);
  draw_strip (canvas, model, &layout, width);
  draw_panes (canvas, model, &layout, width);
}
