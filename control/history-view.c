#include "history-view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json-read.h"

#define MAX_CELLS   4096
#define MAX_CHANGES 1024
#define MAX_CELL_S  86400
#define MAX_CLOCK_S 1e12

static void
change_free (gpointer data)
{
  LaneHistoryChangeView *change = data;

  g_free (change->old);
  g_free (change->new);
  g_free (change->cause);
  g_free (change->why);
  g_free (change);
}

static void
view_clear (gpointer data)
{
  LaneHistoryView *view = data;

  for (guint i = 0; i < LANE_HISTORY_VIEW_SPANS; i++)
    g_free (view->spans[i].cells);
  g_ptr_array_unref (view->changes);
  g_free (view->peer);
  g_free (view->path);
  g_free (view->json);
}

/* What is measured is never below nothing. */
static double
measured (double value)
{
  return isfinite (value) && value >= 0 ? value : NAN;
}

static double
clock_of (JsonObject *object)
{
  double clock_s = lane_json_number (object, "clock_s");

  return fabs (clock_s) <= MAX_CLOCK_S ? clock_s : NAN;
}

static double
number_at (JsonArray *array, guint i)
{
  if (array == NULL || i >= json_array_get_length (array))
    return NAN;
  return measured (lane_json_node_number (json_array_get_element (array, i)));
}

static guint
count_at (JsonArray *array, guint i)
{
  double number = number_at (array, i);

  return isnan (number) ? 0 : (guint)MIN (number, G_MAXUINT16);
}

static const char *
path_at (JsonArray *array, guint i)
{
  static const char *const words[] = { "direct", "relay", "none" };
  g_autofree char *word = NULL;

  if (array == NULL || i >= json_array_get_length (array))
    return NULL;
  word = lane_json_node_string (json_array_get_element (array, i));
  for (guint n = 0; n < G_N_ELEMENTS (words); n++)
    if (g_strcmp0 (word, words[n]) == 0)
      return words[n];
  return NULL;
}

static void
read_span (LaneHistorySpanView *span, JsonObject *object)
{
  JsonArray *mean = lane_json_array (object, "rtt_mean_ms");
  double first = lane_json_number (object, "first_cell");

  span->cell_s = (guint)lane_json_count (object, "cell_s", MAX_CELL_S);
  if (mean == NULL || span->cell_s == 0 || !(fabs (first) <= MAX_CLOCK_S))
    return;
  span->first_cell = (gint64)first;
  span->n = MIN (json_array_get_length (mean), MAX_CELLS);
  span->cells = g_new0 (LaneHistoryCellView, MAX (span->n, 1));
  for (guint i = 0; i < span->n; i++)
    span->cells[i] = (LaneHistoryCellView){
      .rtt_min_ms = number_at (lane_json_array (object, "rtt_min_ms"), i),
      .rtt_mean_ms = number_at (mean, i),
      .rtt_max_ms = number_at (lane_json_array (object, "rtt_max_ms"), i),
      .jitter_ms = number_at (lane_json_array (object, "jitter_ms"), i),
      .answered = count_at (lane_json_array (object, "answered"), i),
      .lost = count_at (lane_json_array (object, "lost"), i),
      .path = path_at (lane_json_array (object, "path"), i),
    };
}

static LaneHistoryChangeView *
read_change (JsonObject *object)
{
  LaneHistoryChangeView *change = g_new0 (LaneHistoryChangeView, 1);

  change->at_us = lane_json_time (object, "at");
  change->clock_s = clock_of (object);
  change->old = lane_json_string (object, "old");
  change->new = lane_json_string (object, "new");
  change->cause = lane_json_string (object, "cause");
  change->why = lane_json_string (object, "why");
  change->gap_ms = measured (lane_json_number (object, "gap_ms"));
  return change;
}

static void
read_changes (LaneHistoryView *view, JsonArray *array)
{
  guint n = array != NULL ? MIN (json_array_get_length (array), MAX_CHANGES) : 0;

  for (guint i = 0; i < n; i++) {
    JsonNode *node = json_array_get_element (array, i);

    if (JSON_NODE_HOLDS_OBJECT (node))
      g_ptr_array_add (view->changes, read_change (json_node_get_object (node)));
  }
}

LaneHistoryView *
lane_history_view_parse (const char *json, GError **error)
{
  g_autoptr (JsonNode) root = lane_json_parse (json, JSON_NODE_OBJECT, error);
  LaneHistoryView *view;
  JsonObject *object;

  if (root == NULL)
    return NULL;
  object = json_node_get_object (root);
  view = g_rc_box_new0 (LaneHistoryView);
  view->peer = lane_json_word (object, "peer", "");
  view->at_us = lane_json_time (object, "at");
  view->clock_s = clock_of (object);
  view->path = lane_json_string (object, "path");
  read_span (&view->spans[LANE_HISTORY_VIEW_RECENT], lane_json_object (object, "recent"));
  read_span (&view->spans[LANE_HISTORY_VIEW_DAY], lane_json_object (object, "day"));
  view->changes = g_ptr_array_new_with_free_func (change_free);
  read_changes (view, lane_json_array (object, "changes"));
  view->changes_count =
      MAX (lane_json_count (object, "changes_count", G_MAXINT64), view->changes->len);
  view->json = g_strdup (json);
  return view;
}

LaneHistoryView *
lane_history_view_ref (LaneHistoryView *view)
{
  return g_rc_box_acquire (view);
}

void
lane_history_view_unref (LaneHistoryView *view)
{
  if (view != NULL)
    g_rc_box_release_full (view, view_clear);
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a;
  double y = *(const double *)b;

  return (x > y) - (x < y);
}

guint
lane_history_view_count_changes (const LaneHistoryView *view, LaneHistoryViewSpan span)
{
  const LaneHistorySpanView *cells = &view->spans[span];
  double from_s = (double)cells->first_cell * cells->cell_s;
  guint n = 0;

  while (n < view->changes->len
         && ((LaneHistoryChangeView *)view->changes->pdata[n])->clock_s >= from_s)
    n++;
  return n;
}

void
lane_history_view_summarize (const LaneHistoryView *view, LaneHistoryViewSpan which,
                             LaneHistorySummary *summary)
{
  const LaneHistorySpanView *span = &view->spans[which];
  g_autofree double *means = g_new (double, MAX (span->n, 1));
  double sum = 0, jitter_sum = 0;
  guint n = 0, n_jitter = 0;

  *summary =
      (LaneHistorySummary){ .rtt_mean_ms = NAN, .jitter_ms = NAN, .rtt_p95_ms = NAN, .loss = NAN };
  for (guint i = 0; i < span->n; i++) {
    const LaneHistoryCellView *cell = &span->cells[i];

    summary->lost += cell->lost;
    if (!isnan (cell->jitter_ms)) {
      jitter_sum += cell->jitter_ms;
      n_jitter++;
    }
    if (isnan (cell->rtt_mean_ms))
      continue;
    summary->answered += MAX (cell->answered, 1);
    sum += cell->rtt_mean_ms * MAX (cell->answered, 1);
    means[n++] = cell->rtt_mean_ms;
  }
  summary->changes = lane_history_view_count_changes (view, which);
  summary->more_changes =
      summary->changes == view->changes->len && view->changes_count > summary->changes;
  if (n_jitter > 0)
    summary->jitter_ms = jitter_sum / n_jitter;
  if (summary->answered + summary->lost > 0)
    summary->loss = (double)summary->lost / (double)(summary->answered + summary->lost);
  if (n == 0)
    return;
  summary->rtt_mean_ms = sum / (double)summary->answered;
  qsort (means, n, sizeof *means, compare_doubles);
  summary->rtt_p95_ms = means[(n * 95 + 99) / 100 - 1]; /* nearest rank */
}
