/* What one side of a link says of a generation of its own: when it took which step, counted from
 * its own start of it, what its gathering gave and how many servers answered. In the bytes that the
 * control channel carries (docs/link.md). Plain data. */
#pragma once

#include "ice/candidate.h"

typedef enum {
  LANE_STEP_GATHERED,
  LANE_STEP_DESCRIBED, /* the other side's offer or answer was there */
  LANE_STEP_CHECKED,   /* the first check left */
  LANE_STEP_PAIR_SENT, /* of the pair in use: the first check */
  LANE_STEP_PAIR_ANSWERED,
  LANE_STEP_NOMINATED,
  LANE_STEP_CONNECTED,
  LANE_STEP_FAILED,
  LANE_STEP_DTLS, /* began; of the generation that brought the association up */
  LANE_STEP_SECURED,
  LANE_STEP_UP,
  LANE_N_STEPS
} LaneStep;

#define LANE_STEP_NEVER G_MAXUINT32

typedef struct {
  guint asked, answered;
} LaneServerCount;

typedef struct {
  guint generation; /* from 1 */
  gboolean offered; /* it began */
  gboolean has_pair;
  LaneCandidateType local, remote; /* of the pair in use, as it sees it */
  guint32 us[LANE_N_STEPS];        /* LANE_STEP_NEVER: not taken, or too late to be told */
  guint host, srflx, relay;        /* candidates it gathered */
  LaneServerCount stun, turn;      /* without those that were not needed */
} LaneSteps;

#define LANE_STEPS_BYTES (4 + 1 + 2 + 4 * LANE_N_STEPS + 3 + 4)

void lane_steps_init (LaneSteps *steps, guint generation);
/* @us since the start; too much counts as never. */
void lane_steps_set (LaneSteps *steps, LaneStep step, gint64 us);

void lane_steps_pack (const LaneSteps *steps, guint8 out[LANE_STEPS_BYTES]);
/* Whatever the bytes are, what comes out is within bounds. FALSE: of no generation. */
gboolean lane_steps_unpack (const guint8 data[LANE_STEPS_BYTES], LaneSteps *steps);
