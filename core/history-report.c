#include "history-report.h"

#include <math.h>

#include "status.h"

static const char *const span_names[LANE_HISTORY_SPANS] = { "recent", "day" };

static double
rtt_min (const LaneHistoryCell *cell)
{
  return cell->rtt_min_ms;
}

static double
rtt_mean (const LaneHistoryCell *cell)
{
  return cell->rtt_mean_ms;
}

static double
rtt_max (const LaneHistoryCell *cell)
{
  return cell->rtt_max_ms;
}

static double
jitter (const LaneHistoryCell *cell)
{
  return cell->jitter_ms;
}

static double
answered (const LaneHistoryCell *cell)
{
  return cell->answered;
}

static double
lost (const LaneHistoryCell *cell)
{
  return cell->lost;
}

/* A row a measurement, since a name for every number of 900 cells would be most of the text. */
static const struct {
  const char *name;
  double (*get) (const LaneHistoryCell *cell);
} rows[] = {
  { "rtt_min_ms", rtt_min }, { "rtt_mean_ms", rtt_mean }, { "rtt_max_ms", rtt_max },
  { "jitter_ms", jitter },   { "answered", answered },    { "lost", lost },
};

static void
add_paths (JsonBuilder *builder, const LaneHistoryCell *cells, guint n)
{
  json_builder_set_member_name (builder, "path");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    json_builder_add_string_value (builder, lane_history_path_to_string (cells[i].path));
  json_builder_end_array (builder);
}

/* Only cells that are over, so that what was told once stays as it is. */
static void
add_span (JsonBuilder *builder, const LaneHistory *history, LaneHistorySpan span, gint64 clock_us)
{
  guint n = lane_history_get_size (span);
  gint64 cell_us = lane_history_get_cell_s (span) * G_USEC_PER_SEC;
  gint64 last = clock_us / cell_us - 1;
  g_autofree LaneHistoryCell *cells = g_new (LaneHistoryCell, n);

  lane_history_get_cells (history, span, last, cells, n);
  json_builder_set_member_name (builder, span_names[span]);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "cell_s");
  json_builder_add_int_value (builder, cell_us / G_USEC_PER_SEC);
  json_builder_set_member_name (builder, "first_cell");
  json_builder_add_int_value (builder, last - n + 1);
  for (guint row = 0; row < G_N_ELEMENTS (rows); row++) {
    json_builder_set_member_name (builder, rows[row].name);
    json_builder_begin_array (builder);
    for (guint i = 0; i < n; i++)
      lane_status_add_value (builder, rows[row].get (&cells[i]));
    json_builder_end_array (builder);
  }
  add_paths (builder, cells, n);
  json_builder_end_object (builder);
}

static void
add_change (JsonBuilder *builder, const LaneHistoryChange *change)
{
  json_builder_begin_object (builder);
  lane_status_add_time (builder, "at", change->wall_us);
  lane_status_add_double (builder, "clock_s", change->clock_us / (double)G_USEC_PER_SEC);
  lane_status_add_string (builder, "old", lane_history_path_to_string (change->old));
  lane_status_add_string (builder, "new", lane_history_path_to_string (change->new));
  lane_status_add_string (builder, "cause", change->cause);
  lane_status_add_string (builder, "why", lane_why_code_to_string (change->why));
  lane_status_add_double (builder, "gap_ms", change->gap_ms);
  json_builder_end_object (builder);
}

JsonNode *
lane_history_report (const LaneHistory *history, const char *peer, gint64 clock_us, gint64 wall_us)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  const LaneHistoryChange *change;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "schema");
  json_builder_add_int_value (builder, 1);
  lane_status_add_string (builder, "peer", peer);
  lane_status_add_time (builder, "at", wall_us);
  lane_status_add_double (builder, "clock_s", clock_us / (double)G_USEC_PER_SEC);
  lane_status_add_string (builder, "path",
                          lane_history_path_to_string (lane_history_get_path (history)));
  for (guint i = 0; i < LANE_HISTORY_SPANS; i++)
    add_span (builder, history, i, clock_us);
  json_builder_set_member_name (builder, "changes_count");
  json_builder_add_int_value (builder, (gint64)lane_history_count_changes (history));
  json_builder_set_member_name (builder, "changes");
  json_builder_begin_array (builder);
  for (guint i = 0; (change = lane_history_nth_change (history, i)) != NULL; i++)
    add_change (builder, change);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}
