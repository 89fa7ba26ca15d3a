#include "diagnosis/why.h"

#include <string.h>

#include "../../suite.h"

#define HOST(a)                                                                                    \
  {                                                                                                \
    .type = LANE_CANDIDATE_HOST, .address = a, .port = 1                                           \
  }
#define SRFLX(a)                                                                                   \
  {                                                                                                \
    .type = LANE_CANDIDATE_SRFLX, .address = a, .port = 1                                          \
  }
#define PRFLX(a)                                                                                   \
  {                                                                                                \
    .type = LANE_CANDIDATE_PRFLX, .address = a, .port = 1                                          \
  }
#define RELAY(a)                                                                                   \
  {                                                                                                \
    .type = LANE_CANDIDATE_RELAY, .address = a, .port = 1                                          \
  }
#define FULL                                                                                       \
  {                                                                                                \
    .host = 1, .srflx = 1, .relay = 1, .ipv4 = TRUE                                                \
  }
#define BARE                                                                                       \
  {                                                                                                \
    .host = 1, .relay = 1, .ipv4 = TRUE                                                            \
  }

/* IPv4 behind a NAT, and what that does. */
#define SIDE                                                                                       \
  {                                                                                                \
    .host = 1, .srflx = 1, .relay = 1, .ipv4 = TRUE, .direct_ipv4 = TRUE                           \
  }
#define SIDE6                                                                                      \
  {                                                                                                \
    .host = 1, .srflx = 1, .relay = 1, .ipv6 = TRUE, .direct_ipv6 = TRUE                           \
  }
#define RELAYED .has_pair = TRUE, .local = RELAY ("203.0.113.9"), .remote = RELAY ("198.51.100.9")
#define EASY                                                                                       \
  {                                                                                                \
    LANE_NAT_ENDPOINT_INDEPENDENT, LANE_NAT_ADDRESS_AND_PORT_DEPENDENT, LANE_NAT_MEASURED          \
  }
#define CONE                                                                                       \
  {                                                                                                \
    LANE_NAT_ENDPOINT_INDEPENDENT, LANE_NAT_ENDPOINT_INDEPENDENT, LANE_NAT_MEASURED                \
  }
#define HALF                                                                                       \
  {                                                                                                \
    LANE_NAT_ENDPOINT_INDEPENDENT, LANE_NAT_UNKNOWN, LANE_NAT_PARTIAL                              \
  }
#define HARD                                                                                       \
  {                                                                                                \
    LANE_NAT_ADDRESS_AND_PORT_DEPENDENT, LANE_NAT_ADDRESS_AND_PORT_DEPENDENT, LANE_NAT_MEASURED    \
  }
#define HARD_HALF                                                                                  \
  {                                                                                                \
    LANE_NAT_ADDRESS_DEPENDENT, LANE_NAT_UNKNOWN, LANE_NAT_PARTIAL                                 \
  }
#define FIREWALL                                                                                   \
  {                                                                                                \
    LANE_NAT_NONE, LANE_NAT_ADDRESS_AND_PORT_DEPENDENT, LANE_NAT_MEASURED                          \
  }
#define BLOCKED                                                                                    \
  {                                                                                                \
    LANE_NAT_BLOCKED, LANE_NAT_BLOCKED, LANE_NAT_MEASURED                                          \
  }

#define SIDE_OF_NONE                                                                               \
  {                                                                                                \
    .host = 1, .ipv4 = TRUE, .direct_ipv4 = TRUE                                                   \
  }

/* What both sides know of each other, and what follows: word by word. */
static const struct {
  const char *name;
  LaneWhyEvidence evidence;
  const char *code, *side, *text, *next;
} both_sides[] = {
  { "symmetric and symmetric",
    { RELAYED, .ours = SIDE, .theirs = SIDE, .our_nat.ipv4 = HARD, .their_nat.ipv4 = HARD },
    "sym-sym",
    "both",
    "Both NATs take a new port per destination.",
    "Use IPv6, or a fixed-mapping NAT on one side" },
  { "symmetric as far as two plain servers can tell",
    { RELAYED, .ours = SIDE, .theirs = SIDE, .our_nat.ipv4 = HARD, .their_nat.ipv4 = HARD_HALF },
    "sym-sym",
    "both",
    "Both NATs take a new port per destination.",
    "Use IPv6, or a fixed-mapping NAT on one side" },
  { "symmetric and port-restricted",
    { RELAYED, .ours = SIDE, .theirs = SIDE, .our_nat.ipv4 = HARD, .their_nat.ipv4 = EASY },
    "sym-vs-portfilter",
    "ours",
    "Our NAT takes a new port per destination; the peer's lets in known ports only.",
    "Use a fixed-mapping NAT or a forwarded UDP port on our side, or IPv6" },
  { "port-restricted and symmetric",
    { RELAYED, .ours = SIDE, .theirs = SIDE, .our_nat.ipv4 = EASY, .their_nat.ipv4 = HARD },
    "sym-vs-portfilter",
    "theirs",
    "The peer's NAT takes a new port per destination; ours lets in known ports only.",
    "Use a fixed-mapping NAT or a forwarded UDP port on the peer's side, or IPv6" },
  { "a firewall without NAT and symmetric",
    { RELAYED, .ours = SIDE, .theirs = SIDE, .our_nat.ipv4 = FIREWALL, .their_nat.ipv4 = HARD },
    "sym-vs-portfilter",
    "theirs",
    "The peer's NAT takes a new port per destination; ours lets in known ports only.",
    "Use a fixed-mapping NAT or a forwarded UDP port on the peer's side, or IPv6" },
  { "symmetric, and a filter that nobody could ask about",
    { RELAYED, .ours = SIDE, .theirs = SIDE, .our_nat.ipv4 = HARD, .their_nat.ipv4 = HALF },
    "checks-timeout",
    "ours",
    "No direct check was answered. Our NAT takes a new port per destination; what the peer's lets "
    "in is not known.",
    "Use a fixed-mapping NAT or a forwarded UDP port on our side, or IPv6" },
  { "the same the other way round",
    { RELAYED, .ours = SIDE, .theirs = SIDE, .our_nat.ipv4 = HALF, .their_nat.ipv4 = HARD },
    "checks-timeout",
    "theirs",
    "No direct check was answered. The peer's NAT takes a new port per destination; what ours lets "
    "in is not known.",
    "Use a fixed-mapping NAT or a forwarded UDP port on the peer's side, or IPv6" },
  { "symmetric and full-cone, which should work",
    { RELAYED, .ours = SIDE, .theirs = SIDE, .our_nat.ipv4 = HARD, .their_nat.ipv4 = CONE },
    "checks-timeout",
    "both",
    "No direct check was answered: the NATs or firewalls between us drop them.",
    "Use IPv6, forward a UDP port, or use a NAT that keeps one port per socket on one side" },
  { "NATs of a family that the other has not",
    { RELAYED, .ours = SIDE6, .theirs = SIDE6, .our_nat.ipv4 = HARD, .their_nat.ipv4 = HARD },
    "checks-timeout",
    "both",
    "No direct check was answered: the NATs or firewalls between us drop them.",
    "Use IPv6, forward a UDP port, or use a NAT that keeps one port per socket on one side" },
  { "our UDP is blocked",
    { RELAYED, .ours = SIDE, .theirs = SIDE, .our_nat.ipv4 = BLOCKED, .their_nat.ipv4 = EASY },
    "udp-blocked",
    "ours",
    "UDP is blocked on our side: no server answers over it, only over TCP.",
    "Allow outgoing UDP in our firewall, at least to port 3478" },
  { "theirs is",
    { RELAYED, .ours = SIDE, .theirs = BARE, .our_nat.ipv4 = EASY, .their_nat.ipv4 = BLOCKED },
    "udp-blocked",
    "theirs",
    "UDP is blocked on the peer's side: no server answers it over UDP.",
    "Allow outgoing UDP in the peer's firewall, at least to port 3478" },
  { "both are",
    { RELAYED, .ours = BARE, .theirs = BARE, .our_nat.ipv4 = BLOCKED, .their_nat.ipv4 = BLOCKED },
    "udp-blocked",
    "both",
    "UDP is blocked on both sides: no server answers over it, only over TCP.",
    "Allow outgoing UDP in both firewalls" },
  { "blocked over IPv4 only",
    { RELAYED, .ours = SIDE, .theirs = SIDE, .our_nat = { .ipv4 = BLOCKED, .ipv6 = CONE },
      .their_nat.ipv4 = EASY },
    "checks-timeout",
    "both",
    "No direct check was answered: the NATs or firewalls between us drop them.",
    "Use IPv6, forward a UDP port, or use a NAT that keeps one port per socket on one side" },
  { "blocked, and no relay either",
    { .tried = TRUE,
      .ours = { .host = 1, .ipv4 = TRUE },
      .theirs = { .host = 1, .ipv4 = TRUE },
      .our_nat.ipv4 = BLOCKED },
    "udp-blocked",
    "ours",
    "UDP is blocked on our side: no server answers over it, only over TCP.",
    "Allow outgoing UDP in our firewall, at least to port 3478" },
  { "the peer's policy",
    { RELAYED, .ours = SIDE, .theirs = { .relay = 1, .ipv4 = TRUE }, .their_nat.ipv4 = HARD },
    "relay-forced",
    "theirs",
    "The peer offers nothing but a relay: its policy for us is relay-only.",
    "On the peer, set policy = auto to allow a direct path" },
  { "our STUN servers are dead",
    { RELAYED, .relay_protocol = LANE_PROTOCOL_TCP,
      .ours = { .host = 1, .relay = 1, .ipv4 = TRUE, .direct_ipv4 = TRUE }, .theirs = SIDE,
      .stun_servers = 2, .stun_silent = 2 },
    "stun-unreachable",
    "ours",
    "No STUN server answers us, so the peer gets no address of ours to try.",
    "Check the servers with `icelane check`, or add a STUN server that answers" },
  { "the peer says that its STUN servers are dead",
    { RELAYED, .ours = SIDE, .theirs = { .host = 1, .relay = 1, .ipv4 = TRUE, .direct_ipv4 = TRUE },
      .their_stun_asked = 2 },
    "stun-unreachable",
    "theirs",
    "No STUN server answers the peer, so it has no public address for us to try.",
    "On the peer, allow outgoing UDP or add a STUN server that answers" },
  { "one of its servers lives",
    { RELAYED, .ours = SIDE, .theirs = { .host = 1, .relay = 1, .ipv4 = TRUE, .direct_ipv4 = TRUE },
      .their_stun_asked = 2, .their_stun_answered = 1 },
    "no-srflx",
    "theirs",
    "The peer sent no public address: no STUN server has told it one.",
    "On the peer, allow outgoing UDP or add a STUN server that answers" },
  { "they are dead, and it needs none",
    { RELAYED, .ours = SIDE, .theirs = SIDE, .our_nat.ipv4 = HARD, .their_nat.ipv4 = HARD,
      .their_stun_asked = 2 },
    "sym-sym",
    "both",
    "Both NATs take a new port per destination.",
    "Use IPv6, or a fixed-mapping NAT on one side" },
  { "one of them lives",
    { RELAYED, .ours = { .host = 1, .relay = 1, .ipv4 = TRUE, .direct_ipv4 = TRUE }, .theirs = SIDE,
      .stun_servers = 2, .stun_silent = 1 },
    "no-srflx",
    "ours",
    "No server told us our public address, so the peer cannot try it.",
    "Add a STUN server that answers, or allow UDP to the one configured" },
  { "a relay that speaks both families",
    { RELAYED, .ours = SIDE, .theirs = SIDE6 },
    "family-mismatch",
    "both",
    "One side has only IPv4 addresses, the other only IPv6: the relay translates.",
    "Give both sides one common family" },
  { "a relay that speaks both families, from behind a firewall that blocks UDP",
    { RELAYED, .ours = SIDE_OF_NONE, .theirs = SIDE6, .our_nat.ipv4 = BLOCKED },
    "family-mismatch",
    "both",
    "One side has only IPv4 addresses, the other only IPv6: the relay translates.",
    "Give both sides one common family" },
  { "a relay for a family that we leave out",
    { RELAYED, .ours = SIDE, .theirs = SIDE6, .excluded_ipv6 = TRUE },
    "iface-filtered",
    "ours",
    "The peer has addresses of one family only, and ours of it are left out by [network].",
    "Allow them in [network] interfaces and families" },
  { "no relay for it",
    { .tried = TRUE,
      .ours = { .host = 1, .ipv6 = TRUE },
      .theirs = { .host = 1, .ipv4 = TRUE },
      .excluded_ipv4 = TRUE },
    "iface-filtered",
    "ours",
    "The peer has addresses of one family only, and ours of it are left out by [network].",
    "Allow them in [network] interfaces and families" },
  { "another family is left out",
    { .tried = TRUE,
      .ours = { .host = 1, .ipv6 = TRUE },
      .theirs = { .host = 1, .ipv4 = TRUE },
      .excluded_ipv6 = TRUE },
    "family-mismatch",
    "both",
    "One side has only IPv4 addresses, the other only IPv6.",
    "Give both sides one common family, or a TURN server that has both" },
  { "a path that carries checks and nothing else",
    { .tried = TRUE, .unsecured = TRUE, .ours = SIDE_OF_NONE, .theirs = SIDE_OF_NONE },
    "checks-timeout",
    "both",
    "Checks were answered, but no secure connection (DTLS) came up over the path.",
    "Look for a firewall between the two that drops DTLS or larger UDP packets" },
  { "all is left out",
    { .no_address = TRUE, .excluded_ipv4 = TRUE },
    "iface-filtered",
    "ours",
    "Every address of ours is left out by [network] interfaces or families.",
    "Allow one in [network] interfaces and families" },
  { "the TURN server wants another password",
    { .tried = TRUE,
      .ours = SIDE_OF_NONE,
      .theirs = SIDE_OF_NONE,
      .turn_servers = 1,
      .turn_failed = 1,
      .turn_code = LANE_PROBE_UNAUTHORIZED },
    "turn-auth",
    "ours",
    "No direct path works, and the TURN server refuses our user or password.",
    "Check user and password of the TURN server with `icelane check`" },
  { "the credentials are of yesterday",
    { .tried = TRUE,
      .ours = SIDE_OF_NONE,
      .theirs = SIDE_OF_NONE,
      .turn_servers = 1,
      .turn_failed = 1,
      .turn_code = LANE_PROBE_CREDENTIALS_EXPIRED },
    "turn-cred-expired",
    "ours",
    "No direct path works, and the TURN server says our credentials expired.",
    "Renew the TURN credentials, or set auth-secret so that they renew themselves" },
  { "the TURN server is dead",
    { .tried = TRUE,
      .ours = SIDE_OF_NONE,
      .theirs = SIDE_OF_NONE,
      .turn_servers = 1,
      .turn_failed = 1,
      .turn_code = LANE_PROBE_TIMEOUT },
    "turn-unreachable",
    "ours",
    "No direct path works, and no TURN server gave us a relay.",
    "Check address, user and password of the TURN server" },
};

static const struct {
  const char *name;
  LaneWhyEvidence evidence;
  const char *code, *side, *text;
} cases[] = {
  { "private hosts",
    { .has_pair = TRUE, .local = HOST ("192.168.1.5"), .remote = HOST ("192.168.1.6") },
    "direct-lan",
    "nobody",
    "Both are on one network and reach each other's own addresses." },
  { "ULA hosts",
    { .has_pair = TRUE, .local = HOST ("fd00::1"), .remote = HOST ("fd00::2") },
    "direct-lan",
    "nobody",
    "Both are on one network and reach each other's own addresses." },
  { "global IPv6",
    { .has_pair = TRUE, .local = HOST ("2001:db8::1"), .remote = HOST ("2001:db8::2") },
    "direct-v6",
    "nobody",
    "Direct over IPv6: no address translation in between." },
  { "public hosts",
    { .has_pair = TRUE, .local = HOST ("203.0.113.1"), .remote = HOST ("198.51.100.1") },
    "direct-public",
    "nobody",
    "Both have public addresses and reach each other without NAT." },
  { "reflexive pair",
    { .has_pair = TRUE, .local = SRFLX ("203.0.113.1"), .remote = PRFLX ("198.51.100.1") },
    "direct-nat",
    "nobody",
    "Direct through NAT: the mappings that STUN found let both in." },
  { "relay-only",
    { .has_pair = TRUE,
      .local = RELAY ("203.0.113.9"),
      .remote = HOST ("198.51.100.1"),
      .policy = LANE_POLICY_RELAY_ONLY },
    "relay-forced",
    "ours",
    "The policy of this peer is relay-only." },
  { "relay over TCP and no UDP answer",
    { .has_pair = TRUE,
      .local = RELAY ("203.0.113.9"),
      .remote = SRFLX ("198.51.100.1"),
      .relay_protocol = LANE_PROTOCOL_TCP,
      .stun_servers = 1,
      .ours = BARE,
      .theirs = FULL },
    "udp-blocked",
    "ours",
    "No STUN or TURN server answers us over UDP, only TURN over TCP or TLS does." },
  { "relay over TCP, and no server to be asked over UDP",
    { .has_pair = TRUE,
      .local = RELAY ("203.0.113.9"),
      .remote = SRFLX ("198.51.100.1"),
      .relay_protocol = LANE_PROTOCOL_TCP,
      .ours = BARE,
      .theirs = FULL },
    "no-srflx",
    "ours",
    "No server told us our public address, so the peer cannot try it." },
  { "relay over UDP without a mapping of ours",
    { .has_pair = TRUE,
      .local = RELAY ("203.0.113.9"),
      .remote = SRFLX ("198.51.100.1"),
      .ours = BARE,
      .theirs = FULL },
    "no-srflx",
    "ours",
    "No server told us our public address, so the peer cannot try it." },
  { "relay without a mapping of theirs",
    { .has_pair = TRUE,
      .local = SRFLX ("203.0.113.1"),
      .remote = RELAY ("198.51.100.9"),
      .ours = FULL,
      .theirs = BARE },
    "no-srflx",
    "theirs",
    "The peer sent no public address: no STUN server has told it one." },
  { "relay though both have mappings",
    { .has_pair = TRUE,
      .local = RELAY ("203.0.113.9"),
      .remote = RELAY ("198.51.100.9"),
      .ours = FULL,
      .theirs = FULL },
    "checks-timeout",
    "both",
    "No direct check was answered: the NATs or firewalls between us drop them." },
  { "rendezvous down",
    { .signaling_down = TRUE, .peer_offline = TRUE },
    "signaling-down",
    "ours",
    "The rendezvous cannot be reached, so no new link can be agreed on." },
  { "peer offline",
    { .peer_offline = TRUE },
    "peer-offline",
    "theirs",
    "The peer is not at the rendezvous." },
  { "peer disconnected",
    { .peer_bye = "off" },
    "peer-offline",
    "theirs",
    "The peer's operator disconnected the link." },
  { "peer stopped",
    { .peer_bye = "stop" },
    "peer-offline",
    "theirs",
    "The peer's node has ended." },
  { "wrong key",
    { .identity_mismatch = TRUE, .peer_offline = TRUE },
    "identity-mismatch",
    "theirs",
    "Whoever answered has another key than the peer's id says." },
  { "silent peer",
    { .tried = TRUE, .ours = FULL },
    "peer-no-candidates",
    "theirs",
    "The peer answered nothing, or sent no address to try." },
  { "no common family",
    { .tried = TRUE, .ours = FULL, .theirs = { .host = 1, .ipv6 = TRUE } },
    "family-mismatch",
    "both",
    "One side has only IPv4 addresses, the other only IPv6." },
  { "direct-only",
    { .tried = TRUE, .ours = FULL, .theirs = FULL, .policy = LANE_POLICY_DIRECT_ONLY },
    "policy",
    "ours",
    "No direct path works, and the policy direct-only forbids a relay." },
  { "their direct-only",
    { .tried = TRUE, .ours = FULL, .theirs = FULL, .their_policy = LANE_POLICY_DIRECT_ONLY },
    "policy",
    "theirs",
    "No direct path works, and the peer's policy direct-only forbids a relay." },
  { "their relay-only without relay",
    { .tried = TRUE, .ours = FULL, .their_policy = LANE_POLICY_RELAY_ONLY },
    "policy",
    "theirs",
    "The peer's policy is relay-only, but no TURN server gave it a relay." },
  { "direct-only against relay-only",
    { .policy = LANE_POLICY_DIRECT_ONLY,
      .their_policy = LANE_POLICY_RELAY_ONLY,
      .policy_fault = LANE_WHY_POLICY_CONTRADICTION },
    "policy",
    "both",
    "Our policy for this peer is direct-only, the peer's for us is relay-only: no path satisfies "
    "both." },
  { "relay-only against direct-only",
    { .policy = LANE_POLICY_RELAY_ONLY,
      .their_policy = LANE_POLICY_DIRECT_ONLY,
      .policy_fault = LANE_WHY_POLICY_CONTRADICTION },
    "policy",
    "both",
    "Our policy for this peer is relay-only, the peer's for us is direct-only: no path satisfies "
    "both." },
  { "relay-only without a TURN server",
    { .policy = LANE_POLICY_RELAY_ONLY, .policy_fault = LANE_WHY_POLICY_NO_RELAY_HERE },
    "policy",
    "ours",
    "Our policy for this peer is relay-only, and no TURN server is configured." },
  { "their relay-only without a TURN server",
    { .peer_bye = "no-relay", .policy_fault = LANE_WHY_POLICY_NO_RELAY_THERE },
    "policy",
    "theirs",
    "The peer's policy for us is relay-only, and it has no TURN server." },
  { "relay that they force",
    { .has_pair = TRUE,
      .local = { .type = LANE_CANDIDATE_HOST, .address = "10.0.0.2" },
      .remote = { .type = LANE_CANDIDATE_RELAY, .address = "203.0.113.9" },
      .their_policy = LANE_POLICY_RELAY_ONLY },
    "relay-forced",
    "theirs",
    "The peer's policy for us is relay-only." },
  { "relay against direct-only",
    { .has_pair = TRUE,
      .local = { .type = LANE_CANDIDATE_HOST, .address = "10.0.0.2" },
      .remote = { .type = LANE_CANDIDATE_RELAY, .address = "203.0.113.9" },
      .policy = LANE_POLICY_DIRECT_ONLY },
    "policy",
    "ours",
    "There is only a relay, which the policy direct-only forbids." },
  { "relay-only without relay",
    { .tried = TRUE,
      .ours = { .host = 1, .ipv4 = TRUE },
      .theirs = FULL,
      .policy = LANE_POLICY_RELAY_ONLY },
    "policy",
    "ours",
    "The policy is relay-only, but no TURN server gave us a relay." },
  { "no TURN at all",
    { .tried = TRUE, .ours = { .host = 1, .ipv4 = TRUE }, .theirs = { .host = 1, .ipv4 = TRUE } },
    "no-turn-configured",
    "ours",
    "No direct path works, and no TURN server is configured." },
  { "TURN without an answer",
    { .tried = TRUE,
      .ours = { .host = 1, .ipv4 = TRUE },
      .theirs = { .host = 1, .ipv4 = TRUE },
      .turn_servers = 1 },
    "turn-unreachable",
    "ours",
    "No direct path works, and no TURN server gave us a relay." },
  { "the peer reaches no server and not our relay",
    { .tried = TRUE, .ours = FULL, .theirs = { .host = 1, .ipv4 = TRUE } },
    "no-srflx",
    "theirs",
    "The peer sent no public address: no STUN server has told it one." },
  { "everything fails",
    { .tried = TRUE, .ours = FULL, .theirs = FULL },
    "checks-timeout",
    "both",
    "No check was answered, not even through a relay." },
};

START_TEST (evidence_gives_code_side_and_sentence)
{
  LaneWhy why = lane_why_explain (&cases[_i].evidence);

  ck_assert_msg (g_strcmp0 (lane_why_code_to_string (why.code), cases[_i].code) == 0,
                 "%s: %s, expected %s", cases[_i].name, lane_why_code_to_string (why.code),
                 cases[_i].code);
  ck_assert_str_eq (lane_side_to_string (why.side), cases[_i].side);
  ck_assert_str_eq (why.text, cases[_i].text);
  if (why.side != LANE_SIDE_NOBODY)
    ck_assert_ptr_nonnull (why.next);
}
END_TEST

START_TEST (both_sides_evidence_gives_code_side_sentence_and_cure)
{
  LaneWhy why = lane_why_explain (&both_sides[_i].evidence);

  ck_assert_msg (g_strcmp0 (lane_why_code_to_string (why.code), both_sides[_i].code) == 0,
                 "%s: %s, expected %s", both_sides[_i].name, lane_why_code_to_string (why.code),
                 both_sides[_i].code);
  ck_assert_str_eq (lane_side_to_string (why.side), both_sides[_i].side);
  ck_assert_str_eq (why.text, both_sides[_i].text);
  ck_assert_str_eq (why.next, both_sides[_i].next);
}
END_TEST

/* DESIGN section 7 has 22 codes. */
START_TEST (every_code_is_in_a_table)
{
  static const char *const codes[] = { "direct-lan",         "direct-v6",          "direct-public",
                                       "direct-nat",         "relay-forced",       "sym-sym",
                                       "sym-vs-portfilter",  "udp-blocked",        "no-srflx",
                                       "stun-unreachable",   "turn-unreachable",   "turn-auth",
                                       "turn-cred-expired",  "no-turn-configured", "peer-offline",
                                       "peer-no-candidates", "signaling-down",     "checks-timeout",
                                       "family-mismatch",    "iface-filtered",     "policy",
                                       "identity-mismatch" };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++) {
    gboolean found = FALSE;

    for (guint j = 0; j < G_N_ELEMENTS (cases) && !found; j++)
      found = strcmp (cases[j].code, codes[i]) == 0;
    for (guint j = 0; j < G_N_ELEMENTS (both_sides) && !found; j++)
      found = strcmp (both_sides[j].code, codes[i]) == 0;
    ck_assert_msg (found, "%s", codes[i]);
  }
}
END_TEST

START_TEST (still_trying_explains_nothing)
{
  const LaneWhyEvidence evidence = { 0 };

  ck_assert_ptr_null (lane_why_explain (&evidence).text);
  ck_assert_ptr_null (lane_why_code_to_string (lane_why_explain (&evidence).code));
}
END_TEST

START_TEST (counting_knows_public_hosts)
{
  const LaneCandidate private = HOST ("10.1.2.3"), public = HOST ("198.51.100.1");
  LaneWhySide side = { 0 };

  lane_why_count (&side, &private);
  ck_assert (!side.public_host && side.host == 1 && side.ipv4 && !side.ipv6);
  ck_assert (side.direct_ipv4 && !side.direct_ipv6);
  lane_why_count (&side, &public);
  ck_assert (side.public_host && side.host == 2);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("why");
  TCase *tcase = tcase_create ("table");

  tcase_add_loop_test (tcase, evidence_gives_code_side_and_sentence, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tcase, both_sides_evidence_gives_code_side_sentence_and_cure, 0,
                       G_N_ELEMENTS (both_sides));
  tcase_add_test (tcase, every_code_is_in_a_table);
  tcase_add_test (tcase, still_trying_explains_nothing);
  tcase_add_test (tcase, counting_knows_public_hosts);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
