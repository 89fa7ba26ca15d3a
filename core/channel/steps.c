#include "channel/steps.h"

#include <string.h>

#define LONGEST_US (10 * 60 * G_USEC_PER_SEC) /* a try does not take longer */
#define MAX_COUNT  32

#define OFFERED  1
#define HAS_PAIR 2

void
lane_steps_init (LaneSteps *steps, guint generation)
{
  *steps = (LaneSteps){ .generation = generation };
  for (guint i = 0; i < LANE_N_STEPS; i++)
    steps->us[i] = LANE_STEP_NEVER;
}

void
lane_steps_set (LaneSteps *steps, LaneStep step, gint64 us)
{
  steps->us[step] = us <= LONGEST_US ? (guint32)MAX (us, 0) : LANE_STEP_NEVER;
}

static guint8 *
put32 (guint8 *out, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (out, &value, sizeof value);
  return out + sizeof value;
}

static guint32
get32 (const guint8 **data)
{
  guint32 value;

  memcpy (&value, *data, sizeof value);
  *data += sizeof value;
  return GUINT32_FROM_BE (value);
}

void
lane_steps_pack (const LaneSteps *steps, guint8 out[LANE_STEPS_BYTES])
{
  const guint counts[] = { steps->host,         steps->srflx,         steps->relay,
                           steps->stun.asked,   steps->stun.answered, steps->turn.asked,
                           steps->turn.answered };

  out = put32 (out, steps->generation);
  *out++ = (guint8)((steps->offered ? OFFERED : 0) | (steps->has_pair ? HAS_PAIR : 0));
  *out++ = (guint8)(steps->has_pair ? steps->local : 0);
  *out++ = (guint8)(steps->has_pair ? steps->remote : 0);
  for (guint i = 0; i < LANE_N_STEPS; i++)
    out = put32 (out, steps->us[i]);
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    *out++ = (guint8)MIN (counts[i], MAX_COUNT);
}

static guint
get_count (const guint8 **data)
{
  guint8 count = *(*data)++;

  return MIN (count, MAX_COUNT);
}

static void
get_servers (const guint8 **data, LaneServerCount *servers)
{
  guint answered;

  servers->asked = get_count (data);
  answered = get_count (data);
  servers->answered = MIN (answered, servers->asked);
}

gboolean
lane_steps_unpack (const guint8 data[LANE_STEPS_BYTES], LaneSteps *steps)
{
  guint8 flags, local, remote;

  lane_steps_init (steps, get32 (&data));
  flags = *data++;
  local = *data++;
  remote = *data++;
  steps->offered = (flags & OFFERED) != 0;
  steps->has_pair =
      (flags & HAS_PAIR) != 0 && local <= LANE_CANDIDATE_RELAY && remote <= LANE_CANDIDATE_RELAY;
  if (steps->has_pair) {
    steps->local = (LaneCandidateType)local;
    steps->remote = (LaneCandidateType)remote;
  }
  for (guint i = 0; i < LANE_N_STEPS; i++)
    lane_steps_set (steps, i, get32 (&data));
  steps->host = get_count (&data);
  steps->srflx = get_count (&data);
  steps->relay = get_count (&data);
  get_servers (&data, &steps->stun);
  get_servers (&data, &steps->turn);
  return steps->generation > 0;
}
