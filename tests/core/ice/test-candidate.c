#include "ice/candidate.h"

#include "suite.h"

#include <string.h>

#define HEAD "candidate:1 1 UDP 2130706431 192.0.2.1 5000 typ host"

START_TEST (candidate_of_each_kind_is_read_into_its_fields)
{
  static const char line[] =
      "candidate:a+/9Z 1 udp 1694498815 203.0.113.7 41641 typ srflx raddr 10.0.0.2 rport 5000";
  LaneCandidate candidate;
  g_autoptr (GError) error = NULL;

  ck_assert (lane_candidate_parse (line, &candidate, &error));
  ck_assert_int_eq (candidate.type, LANE_CANDIDATE_SRFLX);
  ck_assert_str_eq (candidate.foundation, "a+/9Z");
  ck_assert_uint_eq (candidate.priority, 1694498815);
  ck_assert_str_eq (candidate.address, "203.0.113.7");
  ck_assert_uint_eq (candidate.port, 41641);
  ck_assert_str_eq (candidate.related_address, "10.0.0.2");
  ck_assert_uint_eq (candidate.related_port, 5000);
  ck_assert_int_eq (lane_candidate_get_family (&candidate), 4);
}
END_TEST

START_TEST (good_candidates_come_out_in_one_spelling)
{
  static const struct {
    const char *line, *again;
  } good[] = {
    { HEAD, HEAD },
    { "candidate:1 1 udp 1 192.0.2.1 1 typ host", "candidate:1 1 UDP 1 192.0.2.1 1 typ host" },
    { "candidate:12345678901234567890123456789012 1 UDP 2147483647 192.0.2.1 65535 typ host",
      "candidate:12345678901234567890123456789012 1 UDP 2147483647 192.0.2.1 65535 typ host" },
    { "candidate:1 1 UDP 5 2001:0DB8:0:0:0:0:0:1 9 typ host",
      "candidate:1 1 UDP 5 2001:db8::1 9 typ host" },
    { "candidate:1 1 UDP 5 2001:db8:ffff:ffff:ffff:ffff:255.255.255.255 9 typ host",
      "candidate:1 1 UDP 5 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 9 typ host" },
    { "candidate:1 1 UDP 5 203.0.113.7 9 typ srflx",
      "candidate:1 1 UDP 5 203.0.113.7 9 typ srflx raddr 0.0.0.0 rport 9" },
    { "candidate:1 1 UDP 5 203.0.113.7 9 typ srflx raddr 0.0.0.0 rport 0",
      "candidate:1 1 UDP 5 203.0.113.7 9 typ srflx raddr 0.0.0.0 rport 9" },
    { "candidate:1 1 UDP 5 2001:db8::2 9 typ relay raddr :: rport 9",
      "candidate:1 1 UDP 5 2001:db8::2 9 typ relay raddr :: rport 9" },
    { "candidate:1 1 UDP 5 198.51.100.9 9 typ relay raddr 203.0.113.7 rport 41641",
      "candidate:1 1 UDP 5 198.51.100.9 9 typ relay raddr 203.0.113.7 rport 41641" },
    { HEAD " generation 0 ufrag abcd network-id 1 network-cost 10", HEAD },
    { HEAD " x  y 1", HEAD },
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *again = NULL;
    LaneCandidate candidate, second;

    ck_assert_msg (lane_candidate_parse (good[i].line, &candidate, &error), "%s: %s", good[i].line,
                   error != NULL ? error->message : "");
    again = lane_candidate_format (&candidate);
    ck_assert_str_eq (again, good[i].again);
    ck_assert (lane_candidate_parse (again, &second, NULL));
    ck_assert_mem_eq (&candidate, &second, sizeof candidate);
  }
}
END_TEST

static void
assert_not_taken (const char *line, LaneCandidateError code, const char *says)
{
  g_autoptr (GError) error = NULL;
  LaneCandidate candidate = { .port = 7 };

  ck_assert_msg (!lane_candidate_parse (line, &candidate, &error), "taken: %s", line);
  ck_assert_msg (g_error_matches (error, LANE_CANDIDATE_ERROR, code), "%s: %s", line,
                 error->message);
  ck_assert_msg (strstr (error->message, says) != NULL, "%s: '%s' does not say '%s'", line,
                 error->message, says);
  ck_assert_uint_eq (candidate.port, 7);
}

START_TEST (broken_candidates_say_what_is_wrong)
{
  static const struct {
    const char *line, *says;
  } bad[] = {
    { "", "does not begin" },
    { "a=" HEAD, "does not begin" },
    { "Candidate:1 1 UDP 5 192.0.2.1 9 typ host", "does not begin" },
    { "candidate:", "too short" },
    { "candidate:1 1 UDP 5 192.0.2.1 9 typ", "too short" },
    { "candidate: 1 1 UDP 5 192.0.2.1 9 typ host", "foundation" },
    { "candidate:1-2 1 UDP 5 192.0.2.1 9 typ host", "foundation" },
    { "candidate:123456789012345678901234567890123 1 UDP 5 192.0.2.1 9 typ host", "foundation" },
    { "candidate:1  1 UDP 5 192.0.2.1 9 typ host", "component" },
    { "candidate:1 0 UDP 5 192.0.2.1 9 typ host", "component" },
    { "candidate:1 257 UDP 5 192.0.2.1 9 typ host", "component" },
    { "candidate:1 01 UDP 5 192.0.2.1 9 typ host", "component" },
    { "candidate:1 1 UDP 0 192.0.2.1 9 typ host", "priority" },
    { "candidate:1 1 UDP -1 192.0.2.1 9 typ host", "priority" },
    { "candidate:1 1 UDP +5 192.0.2.1 9 typ host", "priority" },
    { "candidate:1 1 UDP 0x5 192.0.2.1 9 typ host", "priority" },
    { "candidate:1 1 UDP 2147483648 192.0.2.1 9 typ host", "priority" },
    { "candidate:1 1 UDP 4294967297 192.0.2.1 9 typ host", "priority" },
    { "candidate:1 1 UDP 18446744073709551617 192.0.2.1 9 typ host", "priority" },
    { "candidate:1 1 UDP 5 192.0.2.1 0 typ host", "port" },
    { "candidate:1 1 UDP 5 192.0.2.1 65536 typ host", "port" },
    { "candidate:1 1 UDP 5 192.0.2.1 70000 typ host", "port" },
    { "candidate:1 1 UDP 5 192.0.2.1 09 typ host", "port" },
    { "candidate:1 1 UDP 5 192.0.2.1 9x typ host", "port" },
    { "candidate:1 1 UDP 5 192.0.2 9 typ host", "IP literal" },
    { "candidate:1 1 UDP 5 192.0.2.01 9 typ host", "IP literal" },
    { "candidate:1 1 UDP 5 192.0.2.256 9 typ host", "IP literal" },
    { "candidate:1 1 UDP 5 3221225985 9 typ host", "IP literal" },
    { "candidate:1 1 UDP 5 [2001:db8::1] 9 typ host", "IP literal" },
    { "candidate:1 1 UDP 5 fe80::1%eth0 9 typ host", "IP literal" },
    { "candidate:1 1 UDP 5 2001:db8::1::2 9 typ host", "IP literal" },
    { "candidate:1 1 UDP 5 192.0.2.1 9 type host", "'typ' must" },
    { HEAD " ", "no value" },
    { HEAD " raddr", "no value" },
    { HEAD " raddr 10.0.0.1 rport", "no value" },
    { HEAD " raddr 10.0.0.1 rport 65536", "port" },
    { HEAD " raddr 10.0.0 rport 1", "IP literal" },
    { HEAD " rport 1 raddr 10.0.0.1", "wrong place" },
    { HEAD " x y raddr 10.0.0.1", "wrong place" },
    { HEAD "  y", "wrong place" },
    { HEAD "\r\n", "printable" },
    { HEAD "\tx", "printable" },
    { HEAD " x \x1b[2J", "printable" },
    { HEAD " x \xc3\xa9", "printable" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_not_taken (bad[i].line, LANE_CANDIDATE_ERROR_SYNTAX, bad[i].says);
}
END_TEST

START_TEST (candidates_of_other_kinds_are_refused)
{
  static const struct {
    const char *line, *says;
  } bad[] = {
    { "candidate:1 2 UDP 5 192.0.2.1 9 typ host", "component" },
    { "candidate:1 256 UDP 5 192.0.2.1 9 typ host", "component" },
    { "candidate:1 1 TCP 5 192.0.2.1 9 typ host tcptype active", "UDP" },
    { "candidate:1 1 ssltcp 5 192.0.2.1 9 typ host", "UDP" },
    { "candidate:1 1 UDP 5 192.0.2.1 9 typ prflx raddr 10.0.0.1 rport 1", "type" },
    { "candidate:1 1 UDP 5 192.0.2.1 9 typ HOST", "type" },
    { "candidate:1 1 UDP 5 192.0.2.1 9 typ magic", "type" },
    { "candidate:1 1 UDP 5 victim.example.net 9 typ host", "a name" },
    { "candidate:1 1 UDP 5 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 9 typ host", "a name" },
    { "candidate:1 1 UDP 5 ::ffff:192.0.2.1 9 typ host", "IPv6 clothes" },
    { "candidate:1 1 UDP 5 ::192.0.2.1 9 typ host", "IPv6 clothes" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_not_taken (bad[i].line, LANE_CANDIDATE_ERROR_REFUSED, bad[i].says);
}
END_TEST

START_TEST (line_of_512_bytes_is_taken_and_of_513_is_not)
{
  g_autofree char *fill = g_strnfill (512 - strlen (HEAD " x "), 'y');
  g_autofree char *full = g_strconcat (HEAD " x ", fill, NULL);
  g_autofree char *over = g_strconcat (full, "y", NULL);
  LaneCandidate candidate;

  ck_assert (lane_candidate_parse (full, &candidate, NULL));
  assert_not_taken (over, LANE_CANDIDATE_ERROR_SYNTAX, "512");
}
END_TEST

START_TEST (candidates_are_equal_by_type_and_transport_address)
{
  LaneCandidate a, b;

  ck_assert (lane_candidate_parse (HEAD, &a, NULL));
  b = a;
  b.priority = 1;
  ck_assert (lane_candidate_equal (&a, &b));
  b.port++;
  ck_assert (!lane_candidate_equal (&a, &b));
  b = a;
  b.type = LANE_CANDIDATE_RELAY;
  ck_assert (!lane_candidate_equal (&a, &b));
  b = a;
  b.address[0] = '2';
  ck_assert (!lane_candidate_equal (&a, &b));
}
END_TEST

START_TEST (credentials_have_4_to_64_and_22_to_128_ice_chars)
{
  g_autofree char *ufrag = g_strnfill (65, 'u');
  g_autofree char *password = g_strnfill (129, 'p');

  ck_assert (!lane_ice_credentials_are_valid (ufrag, password + 1));
  ck_assert (!lane_ice_credentials_are_valid (ufrag + 1, password));
  ck_assert (lane_ice_credentials_are_valid (ufrag + 1, password + 1));
  ck_assert (lane_ice_credentials_are_valid ("aB+/", "0123456789012345678901"));
  ck_assert (!lane_ice_credentials_are_valid ("aB+", "0123456789012345678901"));
  ck_assert (!lane_ice_credentials_are_valid ("aB+/", "012345678901234567890"));
  ck_assert (!lane_ice_credentials_are_valid ("aB =", "0123456789012345678901"));
  ck_assert (!lane_ice_credentials_are_valid ("aB+/", "012345678901234567890\n"));
  ck_assert (!lane_ice_credentials_are_valid (NULL, "0123456789012345678901"));
  ck_assert (!lane_ice_credentials_are_valid ("aB+/", NULL));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("candidate");
  TCase *lines = tcase_create ("lines");

  tcase_add_test (lines, candidate_of_each_kind_is_read_into_its_fields);
  tcase_add_test (lines, good_candidates_come_out_in_one_spelling);
  tcase_add_test (lines, broken_candidates_say_what_is_wrong);
  tcase_add_test (lines, candidates_of_other_kinds_are_refused);
  tcase_add_test (lines, line_of_512_bytes_is_taken_and_of_513_is_not);
  tcase_add_test (lines, candidates_are_equal_by_type_and_transport_address);
  tcase_add_test (lines, credentials_have_4_to_64_and_22_to_128_ice_chars);
  suite_add_tcase (suite, lines);
  return lane_suite_run (suite);
}
