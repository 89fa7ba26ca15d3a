/* A message of PPID 50: what is taken is safe to show and is written back to the same message. */
#include <stddef.h>
#include <stdint.h>

#include "channel/dcep.h"
#include "text.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
assert_clean (const char *text)
{
  g_autofree char *clean = lane_text_clean (text, -1, LANE_DCEP_TEXT_MAX);

  g_assert_cmpstr (clean, ==, text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  LaneDcepMessage message, again;
  guint8 written[LANE_DCEP_MAX_BYTES];

  if (!lane_dcep_parse (data, size, &message))
    return 0;

  assert_clean (message.label);
  assert_clean (message.protocol);
  g_assert_cmpuint (lane_dcep_format (&message, written), ==, size);
  g_assert (lane_dcep_parse (written, size, &again));
  g_assert_cmpint (again.type, ==, message.type);
  g_assert_cmpint (again.unordered, ==, message.unordered);
  g_assert_cmpint (again.reliability, ==, message.reliability);
  g_assert_cmpuint (again.limit, ==, message.limit);
  g_assert_cmpuint (again.priority, ==, message.priority);
  g_assert_cmpstr (again.label, ==, message.label);
  g_assert_cmpstr (again.protocol, ==, message.protocol);
  return 0;
}
