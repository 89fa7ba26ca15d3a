/* A description from a peer: what is taken can be written and read back. */
#include <stddef.h>
#include <stdint.h>

#include "signaling/sdp.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_taken (const LaneSdp *sdp)
{
  g_autofree char *text = lane_sdp_format (sdp);
  g_autoptr (GError) error = NULL;
  guint refused = 99;
  g_autoptr (LaneSdp) again = lane_sdp_parse (text, &refused, &error);
  g_autofree char *second = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (refused, ==, 0);
  g_assert (lane_ice_credentials_are_valid (sdp->ufrag, sdp->password));
  g_assert_cmpuint (sdp->candidates->len, <=, 32);
  second = lane_sdp_format (again);
  g_assert_cmpstr (text, ==, second);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneSdp) sdp = lane_sdp_parse (text, NULL, &error);

  g_assert ((sdp == NULL) == (error != NULL));
  if (sdp != NULL)
    check_taken (sdp);
  else
    g_assert (g_utf8_validate (error->message, -1, NULL));
  return 0;
}
