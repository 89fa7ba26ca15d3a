#include "diagnosis/why.h"

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
      .ours = BARE,
      .theirs = FULL },
    "udp-blocked",
    "ours",
    "No STUN or TURN server answers us over UDP, only TURN over TCP or TLS does." },
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
    "The peer sent no public address: its STUN servers do not answer it." },
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
  tcase_add_test (tcase, still_trying_explains_nothing);
  tcase_add_test (tcase, counting_knows_public_hosts);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
