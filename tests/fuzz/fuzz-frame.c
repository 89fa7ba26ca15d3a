/* A frame of the control channel: there is one spelling of each, so what is taken reads the same
 * when written again. Only `steps` may go on, and what is read from it is within bounds. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "channel/frame.h"

static void
check_steps (const LaneFrame *frame)
{
  guint8 packed[LANE_STEPS_BYTES];
  LaneSteps steps, again;

  if (!lane_steps_unpack (frame->steps, &steps))
    return;
  g_assert_cmpuint (steps.stun.answered, <=, steps.stun.asked);
  g_assert_cmpuint (steps.turn.answered, <=, steps.turn.asked);
  g_assert_nonnull (lane_candidate_type_to_string (steps.local));
  g_assert_nonnull (lane_candidate_type_to_string (steps.remote));
  lane_steps_pack (&steps, packed);
  g_assert_true (lane_steps_unpack (packed, &again));
  g_assert_cmpint (memcmp (steps.us, again.us, sizeof steps.us), ==, 0);
  g_assert_cmpuint (steps.host + steps.srflx + steps.relay, ==,
                    again.host + again.srflx + again.relay);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  LaneFrame frame;
  guint8 written[LANE_FRAME_MAX_BYTES];

  if (!lane_frame_parse (data, size, &frame))
    return 0;

  if (frame.type == LANE_FRAME_STEPS) {
    g_assert_cmpuint (lane_frame_format (&frame, written), <=, size);
    check_steps (&frame);
  } else {
    g_assert_cmpuint (lane_frame_format (&frame, written), ==, size);
  }
  g_assert_cmpint (memcmp (written, data, lane_frame_format (&frame, written)), ==, 0);
  return 0;
}
