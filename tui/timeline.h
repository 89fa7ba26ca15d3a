/* What a generation spent its first milliseconds on, as bars: gathering and each server's answer,
 * the peer's answer, the checks, DTLS and SCTP; then the same as the peer saw it. For the
 * generation in use, the one being tried and the last one that ended. */
#pragma once

#include "config.h"
#include "snapshot.h"

typedef enum {
  LANE_SPAN_DONE,
  LANE_SPAN_RUNNING,
  LANE_SPAN_FAILED,
  LANE_SPAN_SKIPPED /* has no bar */
} LaneSpanState;

typedef enum {
  LANE_TIMELINE_BAR,
  LANE_TIMELINE_HEADING, /* of a generation: only a label, as the two below */
  LANE_TIMELINE_SIDE,    /* of what is ours, or the peer's */
  LANE_TIMELINE_FACT
} LaneTimelineKind;

/* What belongs side by side. */
typedef enum {
  LANE_TIMELINE_TOP,
  LANE_TIMELINE_GATHER,
  LANE_TIMELINE_ANSWER,
  LANE_TIMELINE_CHECKS,
  LANE_TIMELINE_DTLS,
  LANE_TIMELINE_SCTP,
  LANE_TIMELINE_N_STEPS
} LaneTimelineStep;

typedef struct {
  LaneTimelineKind kind;
  LaneTimelineStep step;
  gboolean theirs;
  char *label;
  const char *code; /* why it failed; NULL: unknown; borrowed */
  guint indent;
  LaneSpanState state;
  double from_ms, to_ms; /* since the generation started, by the clock of its side */
  double scale_ms;       /* what the whole width is worth */
} LaneTimelineRow;

/* Of LaneTimelineRow, ours and then the peer's; @detail may be NULL. Unref it. */
GPtrArray *lane_timeline_collect (const LanePeerDetail *detail);

/* One row of a wide screen; at least one of them is not NULL. */
typedef struct {
  const LaneTimelineRow *ours, *theirs;
} LaneTimelineBeside;

/* The same rows with both sides beside each other, step by step. Of LaneTimelineBeside, which
 * borrow
 * @rows. Unref it. */
GArray *lane_timeline_zip (const GPtrArray *rows);

/* `████▌   ` of @width columns; @glyphs: not AUTO. Always at least a column of bar. */
char *lane_timeline_bar (const LaneTimelineRow *row, int width, LaneGlyphs glyphs);
/* `8-27 ms`, `none in 5.0 s`, `cert-expired`, `not needed` */
char *lane_timeline_time (const LaneTimelineRow *row);
