/* What a generation spent its first milliseconds on, as bars: gathering and each server's answer,
 * the peer's answer, the checks, DTLS and SCTP. For the generation in use, the one being tried and
 * the last one that ended. */
#pragma once

#include "config.h"
#include "snapshot.h"

typedef enum {
  LANE_SPAN_DONE,
  LANE_SPAN_RUNNING,
  LANE_SPAN_FAILED,
  LANE_SPAN_SKIPPED /* has no bar */
} LaneSpanState;

/* A heading has only a generation and `label`. */
typedef struct {
  const LaneGenerationView *generation; /* of a heading; borrowed */
  char *label;
  const char *code; /* why it failed; NULL: unknown; borrowed */
  guint indent;
  LaneSpanState state;
  double from_ms, to_ms; /* since the generation started */
  double scale_ms;       /* what the whole width is worth */
} LaneTimelineRow;

/* Of LaneTimelineRow; @detail may be NULL. Unref it. */
GPtrArray *lane_timeline_collect (const LanePeerDetail *detail);

/* `████▌   ` of @width columns; @glyphs: not AUTO. Always at least a column of bar. */
char *lane_timeline_bar (const LaneTimelineRow *row, int width, LaneGlyphs glyphs);
/* `8-27 ms`, `none in 5.0 s`, `cert-expired`, `not needed` */
char *lane_timeline_time (const LaneTimelineRow *row);
