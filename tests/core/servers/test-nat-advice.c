/* What each behaviour means for links, word for word. */
#include "servers/nat-advice.h"

#include "../../suite.h"

#define EI  LANE_NAT_ENDPOINT_INDEPENDENT
#define AD  LANE_NAT_ADDRESS_DEPENDENT
#define APD LANE_NAT_ADDRESS_AND_PORT_DEPENDENT

#define HARD                                                                                       \
  "Each destination sees another port, so no peer can know ours: direct works only with peers "    \
  "that let in any port; others need a relay."
#define HELP_HARD "Use IPv6, a fixed-mapping NAT, or a forwarded UDP port"

static const struct {
  LaneNatWord mapping, filtering;
  const char *meaning, *advice;
  gboolean bad;
} cases[] = {
  { LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN, "What the NAT does is not known.", NULL, FALSE },
  { LANE_NAT_NONE, EI, "The address is public: peers reach it directly.", NULL, FALSE },
  { LANE_NAT_NONE, LANE_NAT_UNKNOWN, "The address is public: peers reach it directly.", NULL,
    FALSE },
  { LANE_NAT_NONE, AD,
    "The address is public; a firewall lets in only who was sent to. Direct works, but not with "
    "every hard NAT.",
    NULL, FALSE },
  { LANE_NAT_NONE, APD,
    "The address is public; a firewall lets in only who was sent to. Direct works, but not with "
    "every hard NAT.",
    "For hard NATs too: fix [network] ports and let them in", FALSE },
  { EI, EI, "Every peer reaches the port that servers saw: direct works with all kinds of NAT.",
    NULL, FALSE },
  { EI, AD,
    "An address we have sent to may answer from any port: direct works with all kinds of NAT.",
    NULL, FALSE },
  { EI, APD, "Direct works with most peers; with one behind a hard NAT only a relay does.", NULL,
    FALSE },
  { EI, LANE_NAT_UNKNOWN,
    "Direct works with most peers. Whom the NAT lets in is not known: no server here can test it.",
    "A STUN server with two addresses (RFC 5780) would show it", FALSE },
  { AD, LANE_NAT_UNKNOWN, HARD, HELP_HARD, TRUE },
  { APD, APD, HARD, HELP_HARD, TRUE },
  { LANE_NAT_BLOCKED, LANE_NAT_BLOCKED,
    "No UDP gets through: links need a TURN server over TCP or TLS.",
    "Allow outgoing UDP, at least to port 3478; till then use turns: or ?transport=tcp", TRUE },
};

START_TEST (each_behaviour_has_its_words)
{
  const LaneNatTraits traits = { cases[_i].mapping, cases[_i].filtering, LANE_NAT_MEASURED };

  ck_assert_str_eq (lane_nat_traits_to_meaning (&traits), cases[_i].meaning);
  ck_assert_pstr_eq (lane_nat_traits_to_advice (&traits), cases[_i].advice);
  ck_assert_int_eq (lane_nat_traits_are_bad (&traits), cases[_i].bad);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("nat-advice");
  TCase *tests = tcase_create ("nat-advice");

  tcase_add_loop_test (tests, each_behaviour_has_its_words, 0, G_N_ELEMENTS (cases));
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
