/* A frame of the control channel: there is one spelling of each, so what is taken reads the same
 * when written again. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "channel/frame.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  LaneFrame frame;
  guint8 written[LANE_FRAME_MAX_BYTES];

  if (!lane_frame_parse (data, size, &frame))
    return 0;

  g_assert_cmpuint (lane_frame_format (&frame, written), ==, size);
  g_assert_cmpint (memcmp (written, data, size), ==, 0);
  return 0;
}
