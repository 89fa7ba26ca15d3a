#include "history-words.h"

#include <math.h>
#include <string.h>

#include "graph.h"
#include "words.h"

#define LEAST_MS       1.0
#define LEAST_PERCENT  10.0
#define ROOMY          14
#define OLD_US         (20 * 3600 * (gint64)G_USEC_PER_SEC)
#define MARGIN_COLUMNS (LANE_GRAPH_LABEL - 1)

const char *
lane_history_span_words (LaneHistoryViewSpan span)
{
  return span == LANE_HISTORY_VIEW_DAY ? "24 h" : "15 min";
}

static char *
words_changes (const LaneHistorySummary *summary)
{
  if (summary->changes == 0)
    return g_strdup ("no path change");
  return g_strdup_printf ("%u%s path change%s", summary->changes,
                          summary->more_changes ? " or more" : "",
                          summary->changes == 1 ? "" : "s");
}

char *
lane_history_words (const LaneHistoryView *view, LaneHistoryViewSpan span)
{
  LaneHistorySummary summary;
  g_autofree char *changes = NULL;
  g_autofree char *mean = NULL;
  g_autofree char *p95 = NULL;
  g_autofree char *loss = NULL;

  lane_history_view_summarize (view, span, &summary);
  changes = words_changes (&summary);
  mean = lane_words_ms (summary.rtt_mean_ms);
  p95 = lane_words_ms (summary.rtt_p95_ms);
  loss = lane_words_loss (summary.loss);
  if (summary.answered == 0)
    return g_strdup_printf ("%s: no ping was answered%s; %s", lane_history_span_words (span),
                            summary.lost > 0 ? ", all were lost" : "", changes);
  return g_strdup_printf ("%s: RTT %s, 95%% below %s; loss %s; %s", lane_history_span_words (span),
                          mean, p95, loss, changes);
}

char *
lane_history_change_time (const LaneHistoryChangeView *change, gint64 now_us)
{
  g_autoptr (GDateTime) time = NULL;

  if (change->at_us == 0)
    return g_strdup ("unknown");
  if (ABS (now_us - change->at_us) < OLD_US)
    return lane_words_clock (change->at_us);
  time = g_date_time_new_from_unix_local (change->at_us / G_USEC_PER_SEC);
  return time != NULL ? g_date_time_format (time, "%m-%d %H:%M") : g_strdup ("unknown");
}

static const char *
word_of (const char *path)
{
  return path != NULL ? path : "unknown";
}

char *
lane_history_change_path (const LaneHistoryChangeView *change)
{
  return g_strdup_printf ("%s -> %s", word_of (change->old), word_of (change->new));
}

char *
lane_history_change_gap (const LaneHistoryChangeView *change)
{
  double s = change->gap_ms / 1000;

  if (g_strcmp0 (change->new, "none") == 0)
    return g_strdup ("path lost");
  if (isnan (s))
    return g_strdup (g_strcmp0 (change->old, "none") == 0 ? "first path" : "not measured");
  if (s < 1)
    return lane_words_ms (change->gap_ms);
  if (s < 10)
    return g_strdup_printf ("%.1f s", s);
  if (s < 600)
    return g_strdup_printf ("%.0f s", s);
  if (s < 6000)
    return g_strdup_printf ("%.0f min", s / 60);
  return g_strdup_printf ("%.0f h", MIN (s / 3600, 99999));
}

static double
rtt_of (const LaneHistoryCellView *cell)
{
  return cell->rtt_mean_ms;
}

static double
jitter_of (const LaneHistoryCellView *cell)
{
  return cell->jitter_ms;
}

static double
loss_of (const LaneHistoryCellView *cell)
{
  guint pings = cell->answered + cell->lost;

  return pings > 0 ? 100.0 * cell->lost / pings : NAN;
}

typedef struct {
  const char *title, *unit;
  double least;
  double (*get) (const LaneHistoryCellView *cell);
} Series;

static const Series rtt = { "RTT", "ms", LEAST_MS, rtt_of };
static const Series jitter = { "jitter", "ms", LEAST_MS, jitter_of };
static const Series loss = { "loss", "%", LEAST_PERCENT, loss_of };

/* When cell 0 began, by the wall clock of now: what it said then does not matter if it was set
 * since. */
static gint64
base_of (const LaneHistoryView *view)
{
  double base_s = (double)view->at_us / G_USEC_PER_SEC - view->clock_s;

  return isfinite (base_s) ? (gint64)round (base_s) : 0;
}

static LaneGraph
graph_of (const LaneHistoryView *view, const LaneHistorySpanView *span, LaneGlyphs glyphs)
{
  return (LaneGraph){
    .n = span->n,
    .first = span->first_cell,
    .cell_s = span->cell_s,
    .base_s = base_of (view),
    .glyphs = glyphs,
  };
}

static void
draw_series (LaneCanvas *canvas, const LaneGraph *axis, const LaneHistorySpanView *span,
             const Series *series, int y, int x, int height, int width)
{
  g_autofree double *values = g_new (double, MAX (span->n, 1));
  LaneGraph graph = *axis;

  for (guint i = 0; i < span->n; i++)
    values[i] = series->get (&span->cells[i]);
  graph.values = values;
  graph.unit = series->unit;
  graph.least = series->least;
  lane_graph_draw (canvas, &graph, y, x, height, width);
  if (height == 1)
    lane_canvas_fill (canvas, y, x, 1, LANE_GRAPH_LABEL, LANE_ROLE_DEFAULT);
  if (height == 1 || height >= 3)
    lane_canvas_put_right (canvas, height == 1 ? y : y + 1, x, MARGIN_COLUMNS, LANE_ROLE_TITLE,
                           series->title);
}

static LaneGraphMark
mark_of (const char *path, gint64 cell)
{
  const char *const words[] = { "direct", "relay", "none" };
  const LaneRole roles[] = { LANE_ROLE_PATH_DIRECT, LANE_ROLE_PATH_RELAY, LANE_ROLE_PATH_FAILED };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_strcmp0 (path, words[i]) == 0)
      return (LaneGraphMark){ cell, words[i], roles[i] };
  return (LaneGraphMark){ cell, "unknown", LANE_ROLE_MUTED };
}

/* Where the first cell is known, the path in it is what the oldest change changed. */
static void
draw_path (LaneCanvas *canvas, const LaneHistoryView *view, const LaneHistorySpanView *span,
           const LaneGraph *axis, int y, int x, int width)
{
  guint n = view->changes->len;
  g_autofree LaneGraphMark *marks = g_new (LaneGraphMark, n + 1);
  const LaneHistoryChangeView *oldest = n > 0 ? view->changes->pdata[n - 1] : NULL;
  LaneGraphMark before = mark_of (oldest != NULL ? oldest->old : view->path, 0);
  guint known = 0;

  for (guint i = n; i > 0; i--) {
    const LaneHistoryChangeView *change = view->changes->pdata[i - 1];

    if (!isnan (change->clock_s))
      marks[known++] = mark_of (change->new, (gint64)floor (change->clock_s / span->cell_s));
  }
  lane_graph_draw_marks (canvas, axis, span->cells[0].path != NULL ? &before : NULL, marks, known,
                         y, x, width);
}

void
lane_history_draw_graphs (LaneCanvas *canvas, const LaneHistoryView *view,
                          LaneHistoryViewSpan which, LaneGlyphs glyphs, int y, int x, int height,
                          int width)
{
  const LaneHistorySpanView *span = &view->spans[which];
  gboolean roomy = height >= ROOMY;
  int small = roomy ? MAX (3, (height - 2) / 5) : 1; /* each of jitter and loss */
  int rows = height - 2 - small * (roomy ? 2 : 1);
  LaneGraph axis = graph_of (view, span, glyphs);
  int end = y + height;

  if (span->n == 0 || span->cells == NULL || height < 2)
    return;
  draw_path (canvas, view, span, &axis, y++, x, width);
  if (height < 4) {
    draw_series (canvas, &axis, span, &rtt, y, x, height - 1, width);
    return;
  }
  draw_series (canvas, &axis, span, &rtt, y, x, rows, width);
  y += rows;
  if (roomy) {
    draw_series (canvas, &axis, span, &jitter, y, x, small, width);
    y += small;
  }
  draw_series (canvas, &axis, span, &loss, y, x, small, width);
  lane_graph_draw_times (canvas, &axis, end - 1, x, width);
}
