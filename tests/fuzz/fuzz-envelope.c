/* A signed message from the rendezvous: bounded JSON, fields, signature. */
#include <stddef.h>
#include <stdint.h>

#include "secure/envelope.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_id (const char *id)
{
  g_autofree char *normal = lane_id_normalize (id, NULL);

  g_assert_cmpstr (id, ==, normal);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneEnvelope) envelope = lane_envelope_parse ((const char *)data, size, &error);

  g_assert ((envelope == NULL) == (error != NULL));
  if (envelope == NULL) {
    g_assert (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }

  check_id (envelope->from);
  check_id (envelope->to);
  g_assert_cmpuint (envelope->sequence, >, 0);
  g_assert (g_utf8_validate (envelope->payload, -1, NULL));
  g_assert (lane_envelope_verify (envelope, &error) == (error == NULL));
  return 0;
}
