#include "suite.h"

#include <string.h>

#include "problem.h"
#include "uri.h"

typedef struct {
  const char *text;
  LaneUriScheme scheme;
  const char *host;
  guint16 port;
  LaneProtocol protocol;
  const char *shortest;
} GoodUri;

static const GoodUri good_uris[] = {
  { "stun:stun.example.net", LANE_URI_STUN, "stun.example.net", 3478, LANE_PROTOCOL_UDP,
    "stun:stun.example.net" },
  { "stun:192.0.2.1:3479", LANE_URI_STUN, "192.0.2.1", 3479, LANE_PROTOCOL_UDP,
    "stun:192.0.2.1:3479" },
  { "stuns:a", LANE_URI_STUNS, "a", 5349, LANE_PROTOCOL_TCP, "stuns:a" },
  { "turn:a", LANE_URI_TURN, "a", 3478, LANE_PROTOCOL_UDP, "turn:a" },
  { "turn:a:3478?transport=udp", LANE_URI_TURN, "a", 3478, LANE_PROTOCOL_UDP, "turn:a" },
  { "turn:a?transport=tcp", LANE_URI_TURN, "a", 3478, LANE_PROTOCOL_TCP, "turn:a?transport=tcp" },
  { "turns:a:443?transport=tcp", LANE_URI_TURNS, "a", 443, LANE_PROTOCOL_TCP, "turns:a:443" },
  { "turns:a", LANE_URI_TURNS, "a", 5349, LANE_PROTOCOL_TCP, "turns:a" },
  { "TURN:Relay.Example.NET:65535?TRANSPORT=TCP", LANE_URI_TURN, "relay.example.net", 65535,
    LANE_PROTOCOL_TCP, "turn:relay.example.net:65535?transport=tcp" },
  { "stun:[2001:DB8:0::1]", LANE_URI_STUN, "2001:db8::1", 3478, LANE_PROTOCOL_UDP,
    "stun:[2001:db8::1]" },
  { "turn:[::1]:1?transport=tcp", LANE_URI_TURN, "::1", 1, LANE_PROTOCOL_TCP,
    "turn:[::1]:1?transport=tcp" },
  { "stun:example.net.", LANE_URI_STUN, "example.net.", 3478, LANE_PROTOCOL_UDP,
    "stun:example.net." },
  { "stun:b\xc3\xbc"
    "cher.example",
    LANE_URI_STUN, "xn--bcher-kva.example", 3478, LANE_PROTOCOL_UDP, "stun:xn--bcher-kva.example" },
  { "stun:3com.example", LANE_URI_STUN, "3com.example", 3478, LANE_PROTOCOL_UDP,
    "stun:3com.example" },
};

START_TEST (good_uri_parses_and_is_written_back)
{
  const GoodUri *good = &good_uris[_i];
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneUri) uri = lane_uri_parse (good->text, &error);
  g_autoptr (LaneUri) copy = NULL;
  g_autofree char *written = NULL;

  ck_assert_msg (uri != NULL, "%s: %s", good->text, error != NULL ? error->message : "");
  copy = lane_uri_copy (uri);
  ck_assert_int_eq (copy->scheme, good->scheme);
  ck_assert_str_eq (copy->host, good->host);
  ck_assert_uint_eq (copy->port, good->port);
  ck_assert_int_eq (copy->protocol, good->protocol);
  written = lane_uri_to_string (copy);
  ck_assert_str_eq (written, good->shortest);
}
END_TEST

typedef struct {
  const char *text;
  LaneUriError code;
  const char *message;
} BadUri;

#define EXAMPLE ": write for example turn:turn.example.net:3478"

static const BadUri bad_uris[] = {
  { "", LANE_URI_ERROR_SCHEME, "'' is not stun, stuns, turn or turns" EXAMPLE },
  { "turn.example.net", LANE_URI_ERROR_SCHEME,
    "'turn.example.net' is not stun, stuns, turn or turns" EXAMPLE },
  { "http:a", LANE_URI_ERROR_SCHEME, "'http' is not stun, stuns, turn or turns" EXAMPLE },
  { "stun", LANE_URI_ERROR_SYNTAX, "the host is missing" EXAMPLE },
  { "turn::3478", LANE_URI_ERROR_SYNTAX, "the host is missing" EXAMPLE },
  { "turn://a:3478", LANE_URI_ERROR_SYNTAX, "no '//' after the scheme" EXAMPLE },
  { "turn:user:hunter2@a", LANE_URI_ERROR_SYNTAX,
    "a user name or password does not belong here: set username and password-command instead" },
  { "hunter2@a", LANE_URI_ERROR_SYNTAX,
    "a user name or password does not belong here: set username and password-command instead" },
  { "turn:a:99999", LANE_URI_ERROR_PORT, "port 99999 is not in 1-65535" },
  { "turn:a:0", LANE_URI_ERROR_PORT, "port 0 is not in 1-65535" },
  { "turn:a:99999999999999999999999", LANE_URI_ERROR_PORT,
    "port 99999999999999999999 is not in 1-65535" },
  { "turn:a:http", LANE_URI_ERROR_PORT, "port 'http' is not a number in 1-65535" },
  { "turn:a:-1", LANE_URI_ERROR_PORT, "port '-1' is not a number in 1-65535" },
  { "turn:a:", LANE_URI_ERROR_PORT,
    "the port is missing after ':': write 1-65535 or leave the ':' out" },
  { "turn:2001:db8::1", LANE_URI_ERROR_SYNTAX,
    "more than one ':' after the scheme: write an IPv6 address in brackets, "
    "as in turn:[2001:db8::1]:3478" },
  { "turn:[2001:db8::1", LANE_URI_ERROR_SYNTAX,
    "'[' starts an IPv6 address that ends with ']', as in turn:[2001:db8::1]:3478" },
  { "turn:[::1]3478", LANE_URI_ERROR_SYNTAX,
    "'[' starts an IPv6 address that ends with ']', as in turn:[2001:db8::1]:3478" },
  { "turn:[192.0.2.1]", LANE_URI_ERROR_SYNTAX,
    "host '192.0.2.1' in brackets is not an IPv6 address" },
  { "turn:[fe80::1%eth0]", LANE_URI_ERROR_SYNTAX,
    "host 'fe80::1%eth0' has a zone: write an address that is not link-local" },
  { "turn:192.0.2.256", LANE_URI_ERROR_SYNTAX,
    "host '192.0.2.256' is neither a name nor an IP address" },
  { "turn:a..b", LANE_URI_ERROR_SYNTAX, "host 'a..b' is neither a name nor an IP address" },
  { "turn:-a", LANE_URI_ERROR_SYNTAX, "host '-a' is neither a name nor an IP address" },
  { "turn:a b", LANE_URI_ERROR_SYNTAX, "host 'a b' is neither a name nor an IP address" },
  { "turn:a/path", LANE_URI_ERROR_SYNTAX, "host 'a/path' is neither a name nor an IP address" },
  { "turn:a\x1b[2J", LANE_URI_ERROR_SYNTAX,
    "host 'a\\x1b[2J' is neither a name nor an IP address" },
  { "turn:a\xff", LANE_URI_ERROR_SYNTAX, "host 'a\\xff' is neither a name nor an IP address" },
  { "stun:a?transport=udp", LANE_URI_ERROR_SYNTAX,
    "stun: takes no '?': leave it and what follows out" },
  { "turn:a?transport=sctp", LANE_URI_ERROR_SYNTAX,
    "'transport=sctp' after '?' is not transport=udp or transport=tcp" },
  { "turn:a?", LANE_URI_ERROR_SYNTAX, "'' after '?' is not transport=udp or transport=tcp" },
  { "turns:a?transport=udp", LANE_URI_ERROR_SYNTAX,
    "turns: runs over TCP here, not over UDP: write ?transport=tcp or nothing" },
};

START_TEST (bad_uri_is_refused_with_the_cure)
{
  const BadUri *bad = &bad_uris[_i];
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneUri) uri = lane_uri_parse (bad->text, &error);

  ck_assert_msg (uri == NULL, "%s parsed", bad->text);
  ck_assert_str_eq (error->message, bad->message);
  ck_assert (g_error_matches (error, LANE_URI_ERROR, bad->code));
}
END_TEST

START_TEST (host_has_at_most_253_bytes_and_a_label_63)
{
  g_autofree char *label = g_strnfill (63, 'a');
  g_autofree char *host = g_strdup_printf ("%s.%s.%s.%.61s", label, label, label, label);
  g_autofree char *fits = g_strdup_printf ("stun:%s", host);
  g_autofree char *longer = g_strdup_printf ("stun:%sa", host);
  g_autofree char *long_label = g_strdup_printf ("stun:%sa", label);
  g_autoptr (LaneUri) uri = lane_uri_parse (fits, NULL);

  ck_assert_ptr_nonnull (uri);
  ck_assert_uint_eq (strlen (uri->host), 253);
  ck_assert_ptr_null (lane_uri_parse (longer, NULL));
  ck_assert_ptr_null (lane_uri_parse (long_label, NULL));
}
END_TEST

START_TEST (problem_names_place_section_and_key)
{
  g_autoptr (LaneProblem) problem =
      lane_problem_new (LANE_PROBLEM_ERROR, "icelane.ini", 33, "server home", "uri",
                        "port %d is not in 1-65535", 99999);
  g_autoptr (LaneProblem) bare =
      lane_problem_new (LANE_PROBLEM_WARNING, "--set", 0, NULL, NULL, "expected section.key");
  g_autofree char *text = lane_problem_to_string (problem);
  g_autofree char *bare_text = lane_problem_to_string (bare);

  ck_assert_str_eq (text, "icelane.ini:33: [server home] uri: port 99999 is not in 1-65535");
  ck_assert_str_eq (bare_text, "--set: expected section.key");
}
END_TEST

START_TEST (quote_cuts_and_escapes)
{
  g_autofree char *fill = g_strnfill (60, 'x');
  g_autofree char *cut = lane_problem_quote (fill);
  g_autofree char *escaped = lane_problem_quote ("a\n\xc3\xa9\xff");

  ck_assert_str_eq (cut, "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'");
  ck_assert_str_eq (escaped, "'a\\x0a\xc3\xa9\\xff'");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("uri");
  TCase *tcase = tcase_create ("uri");

  tcase_add_loop_test (tcase, good_uri_parses_and_is_written_back, 0, G_N_ELEMENTS (good_uris));
  tcase_add_loop_test (tcase, bad_uri_is_refused_with_the_cure, 0, G_N_ELEMENTS (bad_uris));
  tcase_add_test (tcase, host_has_at_most_253_bytes_and_a_label_63);
  tcase_add_test (tcase, problem_names_place_section_and_key);
  tcase_add_test (tcase, quote_cuts_and_escapes);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
