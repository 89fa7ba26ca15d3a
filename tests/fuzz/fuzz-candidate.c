/* A candidate line from a peer: what is taken is within our limits and has one spelling. The same
 * bytes go to the address policy as an address. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ice/address-policy.h"
#include "ice/candidate.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_policy (const char *address, uint16_t port)
{
  const LaneAddressPolicy policy = { .allow_link_local = TRUE };
  g_autoptr (GError) error = NULL;
  gboolean fine = lane_address_policy_check (&policy, address, port, &error);

  g_assert (fine == (error == NULL));
  if (error != NULL)
    g_assert (g_utf8_validate (error->message, -1, NULL));
}

static void
check_taken (const LaneCandidate *candidate)
{
  g_autofree char *line = lane_candidate_format (candidate);
  g_autofree char *again = NULL;
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (candidate->address);
  LaneCandidate second;

  g_assert (address != NULL && candidate->port != 0);
  g_assert (candidate->priority >= 1 && candidate->priority <= G_MAXINT32);
  g_assert (candidate->type != LANE_CANDIDATE_PRFLX);
  g_assert (lane_candidate_parse (line, &second, NULL));
  g_assert (lane_candidate_equal (candidate, &second));
  again = lane_candidate_format (&second);
  g_assert_cmpstr (line, ==, again);
  check_policy (candidate->address, candidate->port);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autoptr (GError) error = NULL;
  LaneCandidate candidate;
  gboolean taken = lane_candidate_parse (text, &candidate, &error);

  g_assert (taken == (error == NULL));
  if (taken)
    check_taken (&candidate);
  else
    g_assert (g_utf8_validate (error->message, -1, NULL));
  check_policy (text, size);
  return 0;
}
