/* One message on the channel `icelane.control`. Binary, big-endian; docs/link.md has the table. */
#pragma once

#include "channel/steps.h"
#include "servers/nat-brief.h"

typedef enum {
  LANE_FRAME_PING = 1,
  LANE_FRAME_PONG = 2,
  LANE_FRAME_BYE = 3,
  LANE_FRAME_NAT = 4,
  LANE_FRAME_STEPS = 5
} LaneFrameType;

typedef struct {
  LaneFrameType type;
  guint32 sequence; /* ping, pong */
  guint64 time_us;  /* ping, pong: the pinger's monotonic clock, echoed untouched */
  char reason[64];  /* bye: `off` (operator) or `stop` (node ends), NUL-terminated */
  guint8 nat[LANE_NAT_BRIEF_BYTES]; /* nat: what the sender's NAT does, packed */
  guint8 steps[LANE_STEPS_BYTES];   /* steps: of a generation of the sender's, packed */
} LaneFrame;

#define LANE_FRAME_MAX_BYTES 80 /* that we write */

gsize lane_frame_format (const LaneFrame *frame, guint8 out[LANE_FRAME_MAX_BYTES]);
/* FALSE for anything that is not exactly one known frame. Only `steps` may be longer than we know:
 * what a later version adds to it is left out. */
gboolean lane_frame_parse (const guint8 *data, gsize length, LaneFrame *frame);
