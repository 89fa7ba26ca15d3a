/* What came of measuring the kind of path that is not in use beside the one that is.
 *
 * A plain value; path.h says how it comes about. */
#pragma once

#include "diagnosis/event.h"
#include "ice/check-log.h"

typedef enum {
  LANE_COMPARISON_NONE, /* nobody has asked yet */
  LANE_COMPARISON_RUNNING,
  LANE_COMPARISON_MEASURED,
  /* There was nothing to measure: */
  LANE_COMPARISON_CHECKS_FAILED, /* no pair of candidates works */
  LANE_COMPARISON_NO_RELAY,      /* no TURN server gave a relay address */
  LANE_COMPARISON_UNANSWERED,    /* the peer did not answer the offer */
  LANE_COMPARISON_PEER_UNABLE,   /* its node would move its data instead of only measuring */
  LANE_COMPARISON_PROBES_LOST,   /* checks were answered, probes were not */
  LANE_COMPARISON_INTERRUPTED    /* the link needed a new path, or the peer went */
} LaneComparisonOutcome;

typedef struct {
  LaneComparisonOutcome outcome;
  gboolean relay;           /* what is measured; else direct. The other one is in use */
  double used_ms, other_ms; /* medians; NAN: unknown */
  gboolean checks_known;
  guint checks_sent, checks_answered; /* pairs of candidates, not repetitions */
  gint64 at_us;                       /* wall clock: when it began, once it is over when it ended */
} LaneComparison;

void lane_comparison_begin (LaneComparison *comparison, gboolean relay, gint64 wall_us);
/* Of the generation that is measured. */
void lane_comparison_count_checks (LaneComparison *comparison, const LaneCheckLog *checks);
void
lane_comparison_end (LaneComparison *comparison, LaneComparisonOutcome outcome, gint64 wall_us);

/* Lines of log and dashboard: `relay would be 18 ms slower`, `direct impossible now: 0 of 6 checks
 * answered`; NULL: nobody has asked. */
char *lane_comparison_to_text (const LaneComparison *comparison);

const char *lane_comparison_get_kind (const LaneComparison *comparison); /* direct, relay */
/* measured checks-failed ...; NULL: not over. */
const char *lane_comparison_get_code (const LaneComparison *comparison);
gboolean lane_comparison_is_over (const LaneComparison *comparison);
/* `used_ms`, `other_ms`, `difference_ms`, `checks_sent`, `checks_answered`; null = unknown. */
void lane_comparison_add_numbers (const LaneComparison *comparison, JsonObject *object);
/* NAN: not both are known. */
double lane_comparison_get_difference_ms (const LaneComparison *comparison);
/* The fact `comparison`, once it is over. @asked_by: the cause, for the text. @moves: what the link
 * does about it, in words; NULL = there was nothing to decide. */
LaneEvent *lane_comparison_to_event (const LaneComparison *comparison, const char *peer,
                                     const char *asked_by, const char *moves);
