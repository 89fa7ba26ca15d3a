#include "servers/probe-code.h"

#include "suite.h"

#include <string.h>

/* One row for each sentence an operator can meet. */
typedef struct {
  const char *uri;
  LaneProbeFault fault;
  const char *text;
  const char *advice; /* the words that matter */
} Row;

#define CONNECT    LANE_PROBE_STEP_CONNECT
#define TLS        LANE_PROBE_STEP_TLS
#define STUN       LANE_PROBE_STEP_STUN
#define ALLOCATE   LANE_PROBE_STEP_ALLOCATE
#define PERMISSION LANE_PROBE_STEP_PERMISSION
#define REFRESH    LANE_PROBE_STEP_REFRESH

static const Row rows[] = {
  { "turn:turn.example",
    { LANE_PROBE_DNS_NOT_FOUND, LANE_PROBE_STEP_DNS },
    "DNS: the name turn.example does not exist or has no address",
    "spelled in uri" },
  { "turn:turn.example",
    { LANE_PROBE_DNS_FAILED, LANE_PROBE_STEP_DNS },
    "DNS: the name server cannot be reached or cannot answer now",
    "this machine's DNS" },
  { "turn:turn.example",
    { LANE_PROBE_DNS_TIMEOUT, LANE_PROBE_STEP_DNS },
    "DNS: no answer for turn.example in time",
    "this machine's DNS" },
  { "stun:a",
    { LANE_PROBE_REFUSED, STUN },
    "nobody listens on UDP port 3478 (ICMP port unreachable)",
    "Check the port" },
  { "turn:a:99?transport=tcp",
    { LANE_PROBE_REFUSED, CONNECT },
    "nobody accepts TCP on port 99 (refused)",
    "that the server runs" },
  { "turns:a",
    { LANE_PROBE_REFUSED, CONNECT },
    "nobody accepts TCP on port 5349 (refused), and TLS needs it",
    "for a UDP server write turn:a:5349" },
  { "turns:a",
    { LANE_PROBE_UDP_ONLY, CONNECT },
    "port 5349 is a UDP server: it answers STUN over UDP and refuses TCP, which TLS needs",
    "the server's TLS port (often 5349 or 443), or turn:a:5349" },
  { "stuns:a:3478",
    { LANE_PROBE_UDP_ONLY, CONNECT },
    "port 3478 is a UDP server: it answers STUN over UDP and refuses TCP, which TLS needs",
    "or stun:a to do without TLS" },
  { "turn:a?transport=tcp",
    { LANE_PROBE_UDP_ONLY, CONNECT },
    "port 3478 is a UDP server: it answers STUN over UDP and refuses TCP",
    "Write turn:a" },
  { "turn:a",
    { LANE_PROBE_UNREACHABLE, STUN, 0, "Network is unreachable" },
    "the network says that the server cannot be reached: Network is unreachable",
    "this machine's network" },
  { "turn:a",
    { LANE_PROBE_TIMEOUT, STUN },
    "no answer to 3 STUN requests over UDP",
    "write ?transport=tcp or turns:" },
  { "stun:a",
    { LANE_PROBE_TIMEOUT, STUN },
    "no answer to 3 STUN requests over UDP",
    "add a TURN server over TCP or TLS" },
  { "turn:a?transport=tcp",
    { LANE_PROBE_TIMEOUT, CONNECT },
    "no answer to a TCP connection to port 3478",
    "firewalls let TCP out" },
  { "turns:a:3478",
    { LANE_PROBE_TIMEOUT, TLS },
    "accepts TCP on port 3478, but stays silent when TLS begins",
    "probably not a TLS port" },
  { "turns:a",
    { LANE_PROBE_TIMEOUT, STUN },
    "accepts TLS on port 5349, but does not answer STUN",
    "another service" },
  { "turn:a?transport=tcp",
    { LANE_PROBE_TIMEOUT, STUN },
    "accepts TCP on port 3478, but does not answer STUN",
    "another service" },
  { "turn:a",
    { LANE_PROBE_TIMEOUT, ALLOCATE },
    "no answer to an Allocate request",
    "server's log" },
  { "turn:a",
    { LANE_PROBE_TIMEOUT, PERMISSION },
    "gave a relay address, then no answer to CreatePermission",
    "server's log" },
  { "turn:a",
    { LANE_PROBE_TIMEOUT, REFRESH },
    "gave a relay address, then no answer to Refresh",
    "server's log" },
  { "turns:a",
    { LANE_PROBE_CLOSED, STUN },
    "closed the TLS connection without an answer",
    "Check the port" },
  { "turns:a",
    { LANE_PROBE_CLOSED, TLS },
    "closed the TCP connection without an answer",
    "Check the port" },
  { "turns:a:3478",
    { LANE_PROBE_NOT_TLS, TLS },
    "does not speak TLS on TCP port 3478",
    "or turn:a?transport=tcp to do without TLS" },
  { "turns:a",
    { LANE_PROBE_TLS_FAILED, TLS, 0, "handshake failure" },
    "TLS could not be agreed on: handshake failure",
    "TLS 1.2 or 1.3" },
  { "turns:a",
    { LANE_PROBE_CERT_UNKNOWN_CA, TLS, 0, "CN=Own" },
    "its certificate comes from an authority that is not trusted here: CN=Own",
    "Set ca-file" },
  { "turns:turn.example",
    { LANE_PROBE_CERT_WRONG_NAME, TLS, 0, "home.example" },
    "its certificate is for home.example, not for turn.example",
    "or get one for turn.example" },
  { "turns:turn.example",
    { LANE_PROBE_CERT_WRONG_NAME, TLS },
    "its certificate names no host, so it is not for turn.example",
    "name from the certificate" },
  { "turns:a",
    { LANE_PROBE_CERT_EXPIRED, TLS, 0, "2026-10-01 12:00 UTC" },
    "its certificate expired on 2026-10-01 12:00 UTC",
    "Renew the certificate" },
  { "turns:a",
    { LANE_PROBE_CERT_NOT_YET_VALID, TLS, 0, "2036-10-01 12:00 UTC" },
    "its certificate is valid only from 2036-10-01 12:00 UTC",
    "this machine's clock" },
  { "turns:a",
    { LANE_PROBE_CERT_REVOKED, TLS },
    "its certificate has been revoked",
    "a new certificate" },
  { "turns:a",
    { LANE_PROBE_CERT_INSECURE, TLS },
    "its certificate uses an algorithm or key that is no longer safe",
    "a new certificate" },
  { "turns:a",
    { LANE_PROBE_CA_FILE, TLS, 0, "No such file" },
    "ca-file cannot be used: No such file",
    "PEM form" },
  { "turn:a:22?transport=tcp",
    { LANE_PROBE_NOT_STUN, STUN },
    "answers on TCP port 22 with something that is not STUN",
    "another service" },
  { "turns:a:443",
    { LANE_PROBE_NOT_STUN, STUN },
    "answers on TLS port 443 with something that is not STUN",
    "another service" },
  { "turn:a", { LANE_PROBE_NOT_TURN, ALLOCATE }, "answers STUN, but not TURN", "Write stun:a if" },
  { "turns:a:443",
    { LANE_PROBE_NOT_TURN, ALLOCATE },
    "answers STUN, but not TURN",
    "Write stuns:a:443 if" },
  { "stun:a",
    { LANE_PROBE_NO_ADDRESS, STUN },
    "answers STUN without our address",
    "another STUN server" },
  { "turn:a",
    { LANE_PROBE_BAD_SIGNATURE, ALLOCATE },
    "its answers are not signed with our password",
    "Check the password" },
  { "turn:a",
    { LANE_PROBE_CREDENTIALS_UNKNOWN, ALLOCATE },
    "needs a user name and password, and there are none",
    "Set username and password-command" },
  { "turn:a",
    { LANE_PROBE_CREDENTIALS_EXPIRED, ALLOCATE, 401, "2026-10-01 12:00 UTC" },
    "the short-lived user name expired on 2026-10-01 12:00 UTC (401)",
    "auth-secret-command" },
  { "turn:a",
    { LANE_PROBE_WRONG_REALM, ALLOCATE, 441, "north.example" },
    "the user belongs to another realm than the server's, north.example (441)",
    "a user of the server's realm" },
  { "turn:a",
    { LANE_PROBE_UNAUTHORIZED, ALLOCATE, 401, "north.example" },
    "refused the user name or password (401, realm north.example)",
    "Check username and password" },
  { "turn:a",
    { LANE_PROBE_FORBIDDEN, ALLOCATE, 403 },
    "does not let this user or address have a relay (403)",
    "server's operator" },
  { "turn:a",
    { LANE_PROBE_PEER_FORBIDDEN, PERMISSION, 403, "192.0.2.1" },
    "gives a relay address, but does not relay to 192.0.2.1 (403)",
    "denied-peer-ip" },
  { "turn:a",
    { LANE_PROBE_ALLOCATION_MISMATCH, ALLOCATE, 437 },
    "says that our port has another allocation already (437)",
    "10 min" },
  { "turn:a",
    { LANE_PROBE_STALE_NONCE, ALLOCATE, 438 },
    "calls each nonce stale that it has just given us (438)",
    "stale-nonce" },
  { "turn:a",
    { LANE_PROBE_WRONG_CREDENTIALS, ALLOCATE, 441 },
    "says that the allocation was made with other credentials (441)",
    "another user" },
  { "turn:a",
    { LANE_PROBE_NO_UDP_RELAY, ALLOCATE, 442 },
    "does not relay UDP (442)",
    "Turn UDP relaying on" },
  { "turn:a",
    { LANE_PROBE_QUOTA, ALLOCATE, 486 },
    "this user has as many allocations as the server grants (486)",
    "user-quota" },
  { "turn:a",
    { LANE_PROBE_NO_CAPACITY, ALLOCATE, 508 },
    "the server has no relay ports left (508)",
    "total-quota" },
  { "turn:a",
    { LANE_PROBE_REDIRECTED, ALLOCATE, 300, "back to 203.0.113.9:3478" },
    "sends us to another server that we cannot use (300): back to 203.0.113.9:3478",
    "alternate-server" },
  { "turn:a",
    { LANE_PROBE_STUN_ERROR, ALLOCATE, 500, "Server Error" },
    "answers with STUN error 500 (Server Error)",
    "server's log" },
  { "turn:a",
    { LANE_PROBE_LINK_FAILED, ALLOCATE, 0, "the path relayed by it went silent" },
    "the path relayed by it went silent",
    "for a minute" },
  { "turn:a",
    { LANE_PROBE_STUN_ERROR, ALLOCATE, 500 },
    "answers with STUN error 500",
    "server's log" },
};

START_TEST (fault_says_what_is_wrong_and_what_cures_it)
{
  const Row *row = &rows[_i];
  g_autoptr (LaneUri) uri = lane_uri_parse (row->uri, NULL);
  g_autofree char *text = lane_probe_fault_to_text (&row->fault, uri);
  g_autofree char *advice = lane_probe_fault_to_advice (&row->fault, uri);

  ck_assert_str_eq (text, row->text);
  ck_assert_msg (strstr (advice, row->advice) != NULL, "'%s' does not say '%s'", advice,
                 row->advice);
  ck_assert (!g_str_has_suffix (text, ".") && !g_str_has_suffix (advice, "."));
}
END_TEST

START_TEST (every_code_has_a_word_and_a_row)
{
  for (int code = LANE_PROBE_OK + 1; code <= LANE_PROBE_LINK_FAILED; code++) {
    gboolean found = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
      found |= rows[i].fault.code == (LaneProbeCode)code;
    ck_assert_msg (found, "no row for %s", lane_probe_code_to_string (code));
    for (int other = LANE_PROBE_OK; other < code; other++)
      ck_assert_str_ne (lane_probe_code_to_string (code), lane_probe_code_to_string (other));
  }
}
END_TEST

START_TEST (no_fault_says_nothing)
{
  const LaneProbeFault fault = { LANE_PROBE_OK, STUN };
  g_autoptr (LaneUri) uri = lane_uri_parse ("stun:a", NULL);

  ck_assert_ptr_null (lane_probe_fault_to_text (&fault, uri));
  ck_assert_ptr_null (lane_probe_fault_to_advice (&fault, uri));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("probe-code");
  TCase *words = tcase_create ("words");

  tcase_add_loop_test (words, fault_says_what_is_wrong_and_what_cures_it, 0, G_N_ELEMENTS (rows));
  tcase_add_test (words, every_code_has_a_word_and_a_row);
  tcase_add_test (words, no_fault_says_nothing);
  suite_add_tcase (suite, words);
  return lane_suite_run (suite);
}
