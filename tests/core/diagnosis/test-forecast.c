#include "diagnosis/forecast.h"

#include "../../suite.h"

#define NAT(m, f)                                                                                  \
  {                                                                                                \
    m, f, LANE_NAT_MEASURED                                                                        \
  }
#define EASY    NAT (LANE_NAT_ENDPOINT_INDEPENDENT, LANE_NAT_ADDRESS_AND_PORT_DEPENDENT)
#define CONE    NAT (LANE_NAT_ENDPOINT_INDEPENDENT, LANE_NAT_ENDPOINT_INDEPENDENT)
#define HARD    NAT (LANE_NAT_ADDRESS_AND_PORT_DEPENDENT, LANE_NAT_ADDRESS_AND_PORT_DEPENDENT)
#define ODD     NAT (LANE_NAT_ADDRESS_AND_PORT_DEPENDENT, LANE_NAT_ENDPOINT_INDEPENDENT)
#define OPEN    NAT (LANE_NAT_NONE, LANE_NAT_ENDPOINT_INDEPENDENT)
#define BLOCKED NAT (LANE_NAT_BLOCKED, LANE_NAT_BLOCKED)
#define HALF                                                                                       \
  {                                                                                                \
    LANE_NAT_ENDPOINT_INDEPENDENT, LANE_NAT_UNKNOWN, LANE_NAT_PARTIAL                              \
  }

#define V4(...)                                                                                    \
  {                                                                                                \
    .nat.ipv4 = __VA_ARGS__, .told = TRUE, .ipv4 = LANE_FORECAST_YES, .ipv6 = LANE_FORECAST_NO,    \
    .relay = LANE_FORECAST_YES                                                                     \
  }
#define V4_BARE(...)                                                                               \
  {                                                                                                \
    .nat.ipv4 = __VA_ARGS__, .told = TRUE, .ipv4 = LANE_FORECAST_YES, .ipv6 = LANE_FORECAST_NO,    \
    .relay = LANE_FORECAST_NO                                                                      \
  }
#define V4_MAYBE(...)                                                                              \
  {                                                                                                \
    .nat.ipv4 = __VA_ARGS__, .told = TRUE, .ipv4 = LANE_FORECAST_YES, .ipv6 = LANE_FORECAST_NO     \
  }
#define V46(a, b)                                                                                  \
  {                                                                                                \
    .nat = { .ipv4 = a, .ipv6 = b }, .told = TRUE, .ipv4 = LANE_FORECAST_YES,                      \
    .ipv6 = LANE_FORECAST_YES, .relay = LANE_FORECAST_YES                                          \
  }
#define NO_V6                                                                                      \
  {                                                                                                \
    0                                                                                              \
  }

static const struct {
  const char *name;
  LaneForecastEvidence evidence;
  const char *expect, *code, *side, *text;
} rows[] = {
  { "nothing is known",
    { .turn_servers = 0 },
    "unknown",
    NULL,
    "both",
    "What either NAT does is not known yet." },
  { "the peer has never said a word",
    { .ours = V4 (EASY) },
    "unknown",
    NULL,
    "theirs",
    "The peer has not told yet what its NAT does." },
  { "not even if we are blocked: it may be next to us",
    { .ours = V4 (BLOCKED) },
    "unknown",
    NULL,
    "theirs",
    "The peer has not told yet what its NAT does." },
  { "it does not know",
    { .ours = V4 (EASY), .theirs.told = TRUE },
    "unknown",
    NULL,
    "theirs",
    "The peer does not know yet what its NAT does." },
  { "we do not know",
    { .ours = V4 (NO_V6), .theirs = V4 (EASY) },
    "unknown",
    NULL,
    "ours",
    "What our NAT does is not known yet." },
  { "two cones",
    { .ours = V4 (EASY), .theirs = V4 (EASY) },
    "direct",
    "direct-nat",
    "nobody",
    "Both NATs keep one port for all, so each side can call the other." },
  { "the filters need not be known",
    { .ours = V4 (HALF), .theirs = V4 (HALF) },
    "direct",
    "direct-nat",
    "nobody",
    "Both NATs keep one port for all, so each side can call the other." },
  { "we are open",
    { .ours = V4 (OPEN), .theirs = V4 (EASY) },
    "direct",
    "direct-nat",
    "nobody",
    "We have a public address, and the peer's NAT keeps one port for all." },
  { "the peer is",
    { .ours = V4 (EASY), .theirs = V4 (OPEN) },
    "direct",
    "direct-nat",
    "nobody",
    "The peer has a public address, and our NAT keeps one port for all." },
  { "both are",
    { .ours = V4 (OPEN), .theirs = V4 (OPEN) },
    "direct",
    "direct-public",
    "nobody",
    "Both have public addresses, with no NAT between them." },
  { "ours is symmetric, the peer is open",
    { .ours = V4 (HARD), .theirs = V4 (OPEN) },
    "direct",
    "direct-nat",
    "nobody",
    "Our NAT takes a new port per destination, and the peer's side lets in ports that it has not "
    "called." },
  { "theirs is, ours is a full cone",
    { .ours = V4 (CONE), .theirs = V4 (HARD) },
    "direct",
    "direct-nat",
    "nobody",
    "The peer's NAT takes a new port per destination, and our side lets in ports that it has not "
    "called." },
  { "both are symmetric",
    { .ours = V4 (HARD), .theirs = V4 (HARD) },
    "relay",
    "sym-sym",
    "both",
    "Both NATs take a new port per destination." },
  { "ours is symmetric, theirs filters ports",
    { .ours = V4 (HARD), .theirs = V4 (EASY) },
    "relay",
    "sym-vs-portfilter",
    "ours",
    "Our NAT takes a new port per destination; the peer's side lets in known ports only." },
  { "the other way round",
    { .ours = V4 (EASY), .theirs = V4 (HARD) },
    "relay",
    "sym-vs-portfilter",
    "theirs",
    "The peer's NAT takes a new port per destination; our side lets in known ports only." },
  { "ours is symmetric, their filter is not known",
    { .ours = V4 (HARD), .theirs = V4 (HALF) },
    "unknown",
    NULL,
    "theirs",
    "Our NAT takes a new port per destination; what the peer's side lets in is not known." },
  { "the other way round",
    { .ours = V4 (HALF), .theirs = V4 (HARD) },
    "unknown",
    NULL,
    "ours",
    "The peer's NAT takes a new port per destination; what our side lets in is not known." },
  { "a NAT that contradicts itself",
    { .ours = V4 (ODD), .theirs = V4 (EASY) },
    "unknown",
    NULL,
    "both",
    "A NAT takes a new port per destination and yet lets in everybody: what counts between these "
    "two is not known." },
  { "our UDP is blocked, and our relay is reached in another way",
    { .ours = V4 (BLOCKED), .theirs = V4_BARE (EASY) },
    "relay",
    "udp-blocked",
    "ours",
    "UDP is blocked on our side." },
  { "the peer's relay is of no use then",
    { .ours = V4_BARE (BLOCKED), .theirs = V4 (EASY), .turn_servers = 1 },
    "no-path",
    "turn-unreachable",
    "ours",
    "UDP is blocked on our side. No TURN server of ours works." },
  { "theirs is blocked, and their relay is not known",
    { .ours = V4 (EASY), .theirs = V4_MAYBE (BLOCKED) },
    "unknown",
    NULL,
    "theirs",
    "UDP is blocked on the peer's side. Whether the peer has a relay is not known." },
  { "theirs is blocked, and it has no relay",
    { .ours = V4 (EASY), .theirs = V4_BARE (BLOCKED) },
    "no-path",
    "turn-unreachable",
    "theirs",
    "UDP is blocked on the peer's side. No TURN server gives the peer a relay." },
  { "both are blocked",
    { .ours = V4 (BLOCKED), .theirs = V4 (BLOCKED) },
    "relay",
    "udp-blocked",
    "both",
    "UDP is blocked on both sides." },
  { "both are blocked, and one has no relay",
    { .ours = V4_BARE (BLOCKED), .theirs = V4 (BLOCKED) },
    "no-path",
    "no-turn-configured",
    "ours",
    "UDP is blocked on both sides. No TURN server is configured." },
  { "the peer's relay is enough for two symmetric NATs",
    { .ours = V4_BARE (HARD), .theirs = V4 (HARD) },
    "relay",
    "sym-sym",
    "both",
    "Both NATs take a new port per destination." },
  { "if it has one",
    { .ours = V4_BARE (HARD), .theirs = V4_MAYBE (HARD) },
    "unknown",
    NULL,
    "theirs",
    "Both NATs take a new port per destination. Whether the peer has a relay is not known." },
  { "our TURN server has not been tried yet",
    { .ours = V4_MAYBE (HARD), .theirs = V4_BARE (HARD), .turn_servers = 1 },
    "unknown",
    NULL,
    "ours",
    "Both NATs take a new port per destination. Whether our TURN server works is not known yet." },
  { "that does not matter if the peer's does",
    { .ours = V4_MAYBE (HARD), .theirs = V4 (HARD), .turn_servers = 1 },
    "relay",
    "sym-sym",
    "both",
    "Both NATs take a new port per destination." },
  { "but it does where we are blocked",
    { .ours = V4_MAYBE (BLOCKED), .theirs = V4 (EASY), .turn_servers = 1 },
    "unknown",
    NULL,
    "ours",
    "UDP is blocked on our side. Whether our TURN server works is not known yet." },
  { "both are blocked, and the peer has none, whatever ours does",
    { .ours = V4_MAYBE (BLOCKED), .theirs = V4_BARE (BLOCKED), .turn_servers = 1 },
    "no-path",
    "turn-unreachable",
    "theirs",
    "UDP is blocked on both sides. No TURN server gives the peer a relay." },
  { "no TURN server anywhere",
    { .ours = V4_BARE (HARD), .theirs = V4_BARE (HARD) },
    "no-path",
    "no-turn-configured",
    "ours",
    "Both NATs take a new port per destination. No TURN server is configured." },
  { "a TURN server that refuses us",
    { .ours = V4_BARE (HARD),
      .theirs = V4_BARE (HARD),
      .turn_servers = 1,
      .turn_code = LANE_PROBE_WRONG_CREDENTIALS },
    "no-path",
    "turn-auth",
    "ours",
    "Both NATs take a new port per destination. The TURN server refuses our user or password." },
  { "a TURN server whose credentials are over",
    { .ours = V4_BARE (HARD),
      .theirs = V4_BARE (HARD),
      .turn_servers = 1,
      .turn_code = LANE_PROBE_CREDENTIALS_EXPIRED },
    "no-path",
    "turn-cred-expired",
    "ours",
    "Both NATs take a new port per destination. The TURN server says our credentials expired." },
  { "IPv6 on both sides, whatever IPv4 does",
    { .ours = V46 (HARD, OPEN), .theirs = V46 (HARD, OPEN) },
    "direct",
    "direct-v6",
    "nobody",
    "Both have IPv6, which lets both in." },
  { "IPv6 on both sides that nobody has measured",
    { .ours = V46 (HARD, NO_V6), .theirs = V46 (HARD, NO_V6) },
    "unknown",
    NULL,
    "both",
    "IPv4 would need a relay; whether IPv6 gets through is not known." },
  { "IPv4 does, so IPv6 need not be known",
    { .ours = V46 (EASY, NO_V6), .theirs = V46 (EASY, NO_V6) },
    "direct",
    "direct-nat",
    "nobody",
    "Both NATs keep one port for all, so each side can call the other." },
  { "IPv6 on our side only",
    { .ours = V46 (HARD, OPEN), .theirs = V4 (HARD) },
    "relay",
    "sym-sym",
    "both",
    "Both NATs take a new port per destination." },
  { "no family in common",
    { .ours = { .ipv4 = LANE_FORECAST_YES, .ipv6 = LANE_FORECAST_NO },
      .theirs = { .told = TRUE, .ipv4 = LANE_FORECAST_NO, .ipv6 = LANE_FORECAST_YES } },
    "unknown",
    NULL,
    "both",
    "One side has only IPv4 addresses, the other only IPv6: whether a relay speaks both is not "
    "known." },
  { "neighbours, whatever their NAT does",
    { .ours = V4 (HARD), .theirs = V4 (HARD), .neighbours = LANE_NEIGHBOURS_YES },
    "direct",
    "direct-lan",
    "nobody",
    "Both seem to be on one network: the same private network behind the same public address." },
  { "two networks with the same numbers, or one",
    { .ours = V4 (HARD), .theirs = V4 (HARD), .neighbours = LANE_NEIGHBOURS_MAYBE },
    "unknown",
    NULL,
    "both",
    "From outside only a relay would do, but both have private addresses that may be of one "
    "network." },
  { "the same, and direct either way",
    { .ours = V4 (EASY), .theirs = V4 (EASY), .neighbours = LANE_NEIGHBOURS_MAYBE },
    "direct",
    "direct-nat",
    "nobody",
    "Both NATs keep one port for all, so each side can call the other." },
  { "two behind one carrier's NAT",
    { .ours = V4 (EASY), .theirs = V4 (EASY), .neighbours = LANE_NEIGHBOURS_SAME_NAT },
    "unknown",
    NULL,
    "both",
    "Both are behind the same public address: whether they reach each other behind it is not "
    "known." },
  { "two there with IPv6",
    { .ours = V46 (EASY, OPEN),
      .theirs = V46 (EASY, OPEN),
      .neighbours = LANE_NEIGHBOURS_SAME_NAT },
    "direct",
    "direct-v6",
    "nobody",
    "Both have IPv6, which lets both in." },
  { "our policy",
    { .ours = V4 (EASY), .theirs = V4 (EASY), .terms.ours = LANE_POLICY_RELAY_ONLY },
    "relay",
    "relay-forced",
    "ours",
    "Our policy for this peer is relay-only." },
  { "our policy, which needs no NAT to be known",
    { .ours.relay = LANE_FORECAST_YES, .terms.ours = LANE_POLICY_RELAY_ONLY },
    "relay",
    "relay-forced",
    "ours",
    "Our policy for this peer is relay-only." },
  { "our policy, and no relay of ours",
    { .ours = V4_BARE (EASY), .theirs = V4 (EASY), .terms.ours = LANE_POLICY_RELAY_ONLY },
    "no-path",
    "no-turn-configured",
    "ours",
    "Our policy for this peer is relay-only. No TURN server is configured." },
  { "the peer's policy",
    { .ours = V4 (EASY),
      .theirs = V4 (EASY),
      .terms = { .theirs = LANE_POLICY_RELAY_ONLY, .heard = TRUE } },
    "relay",
    "relay-forced",
    "theirs",
    "The peer's policy for us is relay-only." },
  { "a policy that is only supposed",
    { .ours = V4 (EASY), .theirs = V4 (EASY), .terms.theirs = LANE_POLICY_RELAY_ONLY },
    "direct",
    "direct-nat",
    "nobody",
    "Both NATs keep one port for all, so each side can call the other." },
  { "policies that contradict each other",
    { .ours = V4 (EASY),
      .theirs = V4 (EASY),
      .terms = { .ours = LANE_POLICY_DIRECT_ONLY,
                 .theirs = LANE_POLICY_RELAY_ONLY,
                 .heard = TRUE } },
    "no-path",
    "policy",
    "both",
    "One side's policy is direct-only, the other's relay-only." },
  { "a relay that our policy forbids",
    { .ours = V4 (HARD), .theirs = V4 (HARD), .terms.ours = LANE_POLICY_DIRECT_ONLY },
    "no-path",
    "policy",
    "ours",
    "Both NATs take a new port per destination. Our policy direct-only forbids a relay." },
  { "a relay that theirs forbids",
    { .ours = V4 (HARD),
      .theirs = V4 (HARD),
      .terms = { .theirs = LANE_POLICY_DIRECT_ONLY, .heard = TRUE } },
    "no-path",
    "policy",
    "theirs",
    "Both NATs take a new port per destination. The peer's policy direct-only forbids a relay." },
  { "no relay is needed",
    { .ours = V4 (EASY), .theirs = V4 (OPEN), .terms.ours = LANE_POLICY_DIRECT_ONLY },
    "direct",
    "direct-nat",
    "nobody",
    "The peer has a public address, and our NAT keeps one port for all." },
};

START_TEST (what_is_known_says_what_is_to_be_expected)
{
  LaneForecast forecast = lane_forecast_make (&rows[_i].evidence);
  g_autofree char *text = lane_forecast_to_text (&forecast);
  const char *code = lane_why_code_to_string (forecast.code);

  ck_assert_msg (g_strcmp0 (lane_expectation_to_string (forecast.expect), rows[_i].expect) == 0,
                 "%s: %s", rows[_i].name, lane_expectation_to_string (forecast.expect));
  ck_assert_msg (g_strcmp0 (code, rows[_i].code) == 0, "%s: %s", rows[_i].name, code);
  ck_assert_str_eq (lane_side_to_string (forecast.side), rows[_i].side);
  ck_assert_str_eq (text, rows[_i].text);
  ck_assert_int_eq (forecast.confidence == LANE_NAT_UNSURE, forecast.expect == LANE_EXPECT_UNKNOWN);
}
END_TEST

/* One row for each mapping and filtering of ours, one column for each of theirs:
 * D direct, R relay, ? unknown. */
static const struct {
  LaneNatTraits nat;
  const char *row;
} grid[] = {
#define U LANE_NAT_UNKNOWN
#define N LANE_NAT_NONE
#define I LANE_NAT_ENDPOINT_INDEPENDENT
#define A LANE_NAT_ADDRESS_DEPENDENT
#define P LANE_NAT_ADDRESS_AND_PORT_DEPENDENT
#define B LANE_NAT_BLOCKED
  /* clang-format off */
  /* columns:     U NNNN IIII AAAA PPPP B
   *             U UIAP UIAP UIAP UIAP B */
  { NAT (U, U), "?" "????" "????" "????" "????" "R" },
  { NAT (N, U), "?" "DDDD" "DDDD" "????" "????" "R" },
  { NAT (N, I), "?" "DDDD" "DDDD" "DDDD" "DDDD" "R" },
  { NAT (N, A), "?" "DDDD" "DDDD" "DDDD" "DDDD" "R" },
  { NAT (N, P), "?" "DDDD" "DDDD" "R?RR" "R?RR" "R" },
  { NAT (I, U), "?" "DDDD" "DDDD" "????" "????" "R" },
  { NAT (I, I), "?" "DDDD" "DDDD" "DDDD" "DDDD" "R" },
  { NAT (I, A), "?" "DDDD" "DDDD" "DDDD" "DDDD" "R" },
  { NAT (I, P), "?" "DDDD" "DDDD" "R?RR" "R?RR" "R" },
  { NAT (A, U), "?" "?DDR" "?DDR" "R?RR" "R?RR" "R" },
  { NAT (A, I), "?" "?DD?" "?DD?" "????" "????" "R" },
  { NAT (A, A), "?" "?DDR" "?DDR" "R?RR" "R?RR" "R" },
  { NAT (A, P), "?" "?DDR" "?DDR" "R?RR" "R?RR" "R" },
  { NAT (P, U), "?" "?DDR" "?DDR" "R?RR" "R?RR" "R" },
  { NAT (P, I), "?" "?DD?" "?DD?" "????" "????" "R" },
  { NAT (P, A), "?" "?DDR" "?DDR" "R?RR" "R?RR" "R" },
  { NAT (P, P), "?" "?DDR" "?DDR" "R?RR" "R?RR" "R" },
  { NAT (B, B), "R" "RRRR" "RRRR" "RRRR" "RRRR" "R" },
  /* clang-format on */
};

START_TEST (every_pair_of_nats_has_its_verdict)
{
  static const char letters[] = {
    [LANE_EXPECT_UNKNOWN] = '?', [LANE_EXPECT_DIRECT] = 'D', [LANE_EXPECT_RELAY] = 'R'
  };

  for (guint i = 0; i < G_N_ELEMENTS (grid); i++)
    for (guint j = 0; j < G_N_ELEMENTS (grid); j++) {
      char verdict = letters[lane_forecast_punch (&grid[i].nat, &grid[j].nat)];

      ck_assert_msg (verdict == grid[i].row[j], "row %u, column %u: %c", i, j, verdict);
      ck_assert_msg (verdict == grid[j].row[i], "row %u, column %u is not symmetric", i, j);
    }
}
END_TEST

static const struct {
  LaneExpectation expect;
  LaneWhyCode forecast;
  LaneExpectation is;
  LaneWhyCode why;
  LaneSide side;
  const char *outcome, *text;
} outcomes[] = {
  { LANE_EXPECT_UNKNOWN, LANE_WHY_NONE, LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_SIDE_NOBODY,
    NULL, NULL },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_LAN,
    LANE_SIDE_NOBODY, "as-expected", "as expected" },
  { LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_SIDE_BOTH,
    "as-expected", "as expected" },
  { LANE_EXPECT_NO_PATH, LANE_WHY_POLICY, LANE_EXPECT_NO_PATH, LANE_WHY_POLICY, LANE_SIDE_BOTH,
    "as-expected", "as expected" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_EXPECT_RELAY, LANE_WHY_CHECKS_TIMEOUT,
    LANE_SIDE_BOTH, "worse",
    "expected direct, is relay: a firewall or a second NAT drops the checks" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_V6, LANE_EXPECT_RELAY, LANE_WHY_CHECKS_TIMEOUT,
    LANE_SIDE_BOTH, "worse", "expected direct, is relay: a firewall drops IPv6 between the sides" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_PUBLIC, LANE_EXPECT_NO_PATH, LANE_WHY_TURN_UNREACHABLE,
    LANE_SIDE_OURS, "worse",
    "expected direct, found no path: a firewall between the sides drops UDP" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_LAN, LANE_EXPECT_RELAY, LANE_WHY_CHECKS_TIMEOUT,
    LANE_SIDE_BOTH, "worse", "expected direct, is relay: that network keeps its hosts apart" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_EXPECT_RELAY, LANE_WHY_RELAY_FORCED,
    LANE_SIDE_NOBODY, "worse",
    "expected direct, is relay: it was measured, and the relay is faster" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_EXPECT_RELAY, LANE_WHY_RELAY_FORCED,
    LANE_SIDE_OURS, "worse", "expected direct, is relay: a policy asks for it now" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_EXPECT_NO_PATH, LANE_WHY_POLICY, LANE_SIDE_OURS,
    "worse", "expected direct, found no path: a policy forbids it now" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_EXPECT_RELAY, LANE_WHY_STUN_UNREACHABLE,
    LANE_SIDE_OURS, "worse",
    "expected direct, is relay: no STUN server told us our address this time" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_EXPECT_RELAY, LANE_WHY_NO_SRFLX, LANE_SIDE_THEIRS,
    "worse", "expected direct, is relay: no STUN server told the peer its address" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_EXPECT_RELAY, LANE_WHY_UDP_BLOCKED,
    LANE_SIDE_OURS, "worse",
    "expected direct, is relay: UDP has been blocked since it was measured" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_SIDE_BOTH,
    "worse", "expected direct, is relay: a NAT has changed since it was measured" },
  { LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_EXPECT_NO_PATH, LANE_WHY_PEER_NO_CANDIDATES,
    LANE_SIDE_THEIRS, "worse", "expected direct, found no path: the peer sent no address to try" },
  { LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_LAN, LANE_SIDE_NOBODY,
    "better", "expected relay, is direct: both turned out to be on one network" },
  { LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_V6, LANE_SIDE_NOBODY,
    "better", "expected relay, is direct: IPv6 got through" },
  { LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT, LANE_SIDE_NOBODY,
    "better", "expected relay, is direct: a NAT lets in more than when it was measured" },
  { LANE_EXPECT_RELAY, LANE_WHY_UDP_BLOCKED, LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT,
    LANE_SIDE_NOBODY, "better", "expected relay, is direct: UDP gets through after all" },
  { LANE_EXPECT_RELAY, LANE_WHY_RELAY_FORCED, LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT,
    LANE_SIDE_NOBODY, "better", "expected relay, is direct: a policy has changed since" },
  { LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_EXPECT_NO_PATH, LANE_WHY_TURN_AUTH, LANE_SIDE_OURS,
    "worse", "expected relay, found no path: the TURN server refused us" },
  { LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_EXPECT_NO_PATH, LANE_WHY_TURN_UNREACHABLE,
    LANE_SIDE_OURS, "worse", "expected relay, found no path: no TURN server gave a relay" },
  { LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_EXPECT_NO_PATH, LANE_WHY_POLICY, LANE_SIDE_OURS,
    "worse", "expected relay, found no path: a policy forbids it now" },
  { LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_EXPECT_NO_PATH, LANE_WHY_PEER_NO_CANDIDATES,
    LANE_SIDE_THEIRS, "worse", "expected relay, found no path: the peer sent no address to try" },
  { LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_EXPECT_NO_PATH, LANE_WHY_UDP_BLOCKED, LANE_SIDE_OURS,
    "worse", "expected relay, found no path: UDP is blocked, and so was the relay" },
  { LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM, LANE_EXPECT_NO_PATH, LANE_WHY_CHECKS_TIMEOUT,
    LANE_SIDE_BOTH, "worse", "expected relay, found no path: not even the relay answered a check" },
  { LANE_EXPECT_NO_PATH, LANE_WHY_NO_TURN_CONFIGURED, LANE_EXPECT_RELAY, LANE_WHY_SYM_SYM,
    LANE_SIDE_BOTH, "better", "expected no path, is relay: a relay was to be had after all" },
  { LANE_EXPECT_NO_PATH, LANE_WHY_NO_TURN_CONFIGURED, LANE_EXPECT_DIRECT, LANE_WHY_DIRECT_NAT,
    LANE_SIDE_NOBODY, "better",
    "expected no path, is direct: a NAT lets in more than when it was measured" },
};

START_TEST (an_outcome_says_what_contradicts_it)
{
  const LaneForecast forecast = { .expect = outcomes[_i].expect, .code = outcomes[_i].forecast };
  const LaneWhy why = { .code = outcomes[_i].why, .side = outcomes[_i].side };
  g_autofree char *text = lane_forecast_compare (&forecast, outcomes[_i].is, &why);
  const char *outcome = lane_outcome_to_string (lane_forecast_judge (&forecast, outcomes[_i].is));

  ck_assert_msg (g_strcmp0 (outcome, outcomes[_i].outcome) == 0, "row %d: %s", _i, outcome);
  ck_assert_msg (g_strcmp0 (text, outcomes[_i].text) == 0, "row %d: %s", _i, text);
}
END_TEST

START_TEST (confidence_is_that_of_the_weaker_side)
{
  const LaneForecastEvidence evidence = { .ours = V4 (EASY), .theirs = V4 (HALF) };

  ck_assert_int_eq (lane_forecast_make (&evidence).confidence, LANE_NAT_PARTIAL);
  ck_assert_int_eq (lane_forecast_make (&rows[5].evidence).confidence, LANE_NAT_MEASURED);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("forecast");
  TCase *tcase = tcase_create ("forecast");

  tcase_add_loop_test (tcase, what_is_known_says_what_is_to_be_expected, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tcase, every_pair_of_nats_has_its_verdict);
  tcase_add_loop_test (tcase, an_outcome_says_what_contradicts_it, 0, G_N_ELEMENTS (outcomes));
  tcase_add_test (tcase, confidence_is_that_of_the_weaker_side);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
