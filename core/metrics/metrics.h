/* The numbers of a node as OpenMetrics text. docs/metrics.md has every name: they stay. */
#pragma once

#include "hooks/hooks.h"
#include "metrics/tally.h"
#include "servers/pool.h"

typedef struct {
  gint64 started_us; /* wall clock */
  gboolean signaling_up;
  const GPtrArray *peers; /* of LanePeer */
  LanePool *pool;
  const LaneTally *tally;
  const LaneHooks *hooks;
} LaneMetricsView;

/* The caller frees it. */
char *lane_metrics_print (const LaneMetricsView *view);
