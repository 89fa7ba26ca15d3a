/* What came of measuring the kind of path that a peer's link does not use: "comparison" of a peer
 * in `icelane status --json`. */
#pragma once

#include <json-glib/json-glib.h>

typedef struct {
  char *kind; /* direct, relay: what was measured, beside the other one */
  gboolean running;
  char *code; /* measured checks-failed no-relay unanswered peer-unable probes-lost interrupted;
                 NULL: running, or unknown */
  double used_ms, other_ms, difference_ms; /* NAN: unknown */
  char *text;                              /* `relay would be 18 ms slower` */
  gint64 at_us;                            /* wall clock: the end; while running, the beginning */
  char *json;                              /* the whole record */
} LaneComparisonView;

/* NULL: @object is NULL. Members that are missing or of a wrong type are unknown. */
LaneComparisonView *lane_comparison_view_new (JsonObject *object);
LaneComparisonView *lane_comparison_view_copy (const LaneComparisonView *comparison);
void lane_comparison_view_free (LaneComparisonView *comparison);

/* It came to an answer: a measurement, or that there is no such path now. */
gboolean lane_comparison_view_is_answer (const LaneComparisonView *comparison);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneComparisonView, lane_comparison_view_free)
