/* What a node tells of a peer's last 15 minutes and last day: the JSON of GetHistory, decoded.
 *
 * Does not change once it is there, and is shared by reference. Unknown numbers are NAN, unknown
 * words NULL. */
#pragma once

#include <gio/gio.h>

typedef enum {
  LANE_HISTORY_VIEW_RECENT, /* 15 min */
  LANE_HISTORY_VIEW_DAY,    /* 24 h */
  LANE_HISTORY_VIEW_SPANS
} LaneHistoryViewSpan;

typedef struct {
  double rtt_min_ms, rtt_mean_ms, rtt_max_ms, jitter_ms;
  guint answered, lost;
  const char *path; /* direct relay none; static */
} LaneHistoryCellView;

typedef struct {
  guint cell_s;
  gint64 first_cell; /* its number: it began at first_cell * cell_s by the clock of `clock_s` */
  guint n;           /* 0: the node told nothing */
  LaneHistoryCellView *cells; /* oldest first */
} LaneHistorySpanView;

typedef struct {
  gint64 at_us; /* wall clock; 0: unknown */
  double clock_s;
  char *old, *new, *cause, *why;
  double gap_ms;
} LaneHistoryChangeView;

typedef struct {
  char *peer;
  gint64 at_us;   /* wall clock, when this was told; 0: unknown */
  double clock_s; /* the same moment by a clock that never jumps */
  char *path;     /* now */
  LaneHistorySpanView spans[LANE_HISTORY_VIEW_SPANS];
  GPtrArray *changes;    /* of LaneHistoryChangeView, newest first */
  guint64 changes_count; /* those no longer kept too */
  char *json;            /* the whole record */
} LaneHistoryView;

/* A span in numbers. */
typedef struct {
  guint64 answered, lost;
  double rtt_mean_ms, jitter_ms; /* over all pings, over all cells */
  double rtt_p95_ms;             /* 95% of the cells have a lower mean, or this one */
  double loss;                   /* 0..1 */
  guint changes;
  gboolean more_changes; /* there were more than are kept */
} LaneHistorySummary;

LaneHistoryView *lane_history_view_parse (const char *json, GError **error);
LaneHistoryView *lane_history_view_ref (LaneHistoryView *view);
void lane_history_view_unref (LaneHistoryView *view);

void lane_history_view_summarize (const LaneHistoryView *view, LaneHistoryViewSpan span,
                                  LaneHistorySummary *summary);
/* So many of the changes, the first ones, are within the span. */
guint lane_history_view_count_changes (const LaneHistoryView *view, LaneHistoryViewSpan span);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneHistoryView, lane_history_view_unref)
