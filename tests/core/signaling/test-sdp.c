#include "signaling/sdp.h"

#include "suite.h"

#include <string.h>

#define PRINT                                                                                      \
  "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"                                               \
  "10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:AF"
#define UFRAG  "a=ice-ufrag:abcd\r\n"
#define PWD    "a=ice-pwd:0123456789012345678901\r\n"
#define FINGER "a=fingerprint:sha-256 " PRINT "\r\n"
#define SETUP  "a=setup:actpass\r\n"
#define TOP    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define MEDIA  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
#define GOOD   TOP MEDIA UFRAG PWD FINGER SETUP
#define HOST   "candidate:1 1 UDP 5 192.0.2.1 9 typ host"

static LaneSdp *
parse_good (const char *text, guint *refused)
{
  g_autoptr (GError) error = NULL;
  LaneSdp *sdp = lane_sdp_parse (text, refused, &error);

  ck_assert_msg (sdp != NULL, "%s: %s", error != NULL ? error->message : "", text);
  ck_assert_ptr_null (error);
  return sdp;
}

START_TEST (our_description_is_shaped_as_the_rfcs_say_and_read_back)
{
  g_autoptr (LaneSdp) sdp = lane_sdp_new ();
  g_autoptr (LaneSdp) again = NULL;
  g_autofree char *text = NULL;
  LaneCandidate candidate;
  guint refused = 99;

  sdp->ufrag = g_strdup ("abcd");
  sdp->password = g_strdup ("0123456789012345678901");
  sdp->fingerprint = g_strdup (PRINT);
  sdp->setup = LANE_SETUP_ACTIVE;
  sdp->end_of_candidates = TRUE;
  ck_assert (lane_candidate_parse (HOST, &candidate, NULL));
  g_array_append_val (sdp->candidates, candidate);

  text = lane_sdp_format (sdp);
  ck_assert_str_eq (text, "v=0\r\n"
                          "o=- 17730434519136 1 IN IP4 127.0.0.1\r\n"
                          "s=-\r\n"
                          "t=0 0\r\n"
                          "a=group:BUNDLE 0\r\n"
                          "a=ice-options:trickle\r\n"
                          "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
                          "c=IN IP4 0.0.0.0\r\n"
                          "a=mid:0\r\n" UFRAG PWD FINGER "a=setup:active\r\n"
                          "a=sctp-port:5000\r\n"
                          "a=max-message-size:262144\r\n"
                          "a=" HOST "\r\n"
                          "a=end-of-candidates\r\n");

  again = parse_good (text, &refused);
  ck_assert_uint_eq (refused, 0);
  ck_assert_str_eq (again->ufrag, sdp->ufrag);
  ck_assert_str_eq (again->password, sdp->password);
  ck_assert_str_eq (again->fingerprint, PRINT);
  ck_assert_int_eq (again->setup, LANE_SETUP_ACTIVE);
  ck_assert_uint_eq (again->sctp_port, 5000);
  ck_assert_uint_eq (again->max_message_size, 262144);
  ck_assert_uint_eq (again->candidates->len, 1);
  ck_assert (
      lane_candidate_equal (&candidate, &g_array_index (again->candidates, LaneCandidate, 0)));
  ck_assert (again->end_of_candidates);
}
END_TEST

START_TEST (what_is_ours_alone_is_told_and_read_back)
{
  static const char *const lines[] = { "a=x-icelane-policy:direct-only\r\n",
                                       "a=x-icelane-paths:relay\r\n", "a=x-icelane-spare\r\n" };
  g_autoptr (LaneSdp) sdp = parse_good (GOOD, NULL);
  g_autoptr (LaneSdp) again = NULL, later = NULL;
  g_autofree char *text = NULL;

  ck_assert_int_eq (sdp->policy, LANE_POLICY_AUTO);
  ck_assert_int_eq (sdp->paths, LANE_PATHS_ANY);
  ck_assert (!sdp->spare);
  sdp->policy = LANE_POLICY_DIRECT_ONLY;
  sdp->paths = LANE_PATHS_RELAY;
  sdp->spare = TRUE;
  text = lane_sdp_format (sdp);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    ck_assert_ptr_nonnull (strstr (text, lines[i]));
  again = parse_good (text, NULL);
  ck_assert_int_eq (again->policy, LANE_POLICY_DIRECT_ONLY);
  ck_assert_int_eq (again->paths, LANE_PATHS_RELAY);
  ck_assert (again->spare);

  later = parse_good (GOOD "a=x-icelane-policy:sea-only\r\na=x-icelane-paths:none\r\n", NULL);
  ck_assert_int_eq (later->policy, LANE_POLICY_AUTO);
  ck_assert_int_eq (later->paths, LANE_PATHS_ANY);
}
END_TEST

START_TEST (description_of_a_browser_is_taken)
{
  g_autofree char *print = g_ascii_strdown (PRINT, -1);
  g_autofree char *text = g_strconcat (
      "v=0\n"
      "o=mozilla...THIS_IS_SDPARTA-99.0 4611732 0 IN IP4 0.0.0.0\n"
      "s=-\n"
      "t=0 0\n"
      "a=fingerprint:SHA-256 ",
      print,
      "\n"
      "a=fingerprint:sha-1 00:01\n"
      "a=group:BUNDLE 0\n"
      "a=ice-options:trickle ice2\n"
      "a=msid-semantic:WMS *\n"
      "m=application 55555 UDP/DTLS/SCTP webrtc-datachannel\n"
      "c=IN IP4 203.0.113.7\n"
      "b=AS:30\n"
      "a=sendrecv\n"
      "a=ice-pwd:0123456789012345678901\n"
      "a=ice-ufrag:abcd\n"
      "a=mid:0\n"
      "a=setup:passive\n"
      "a=sctp-port:5001\n"
      "a=max-message-size:1073741823\n"
      "a=candidate:0 1 UDP 2122252543 3d8a.local 55555 typ host\n"
      "a=candidate:0 1 TCP 2105524479 192.0.2.1 9 typ host tcptype active\n"
      "a=candidate:1 1 UDP 1686052863 203.0.113.7 55555 typ srflx raddr 0.0.0.0 rport 0\n",
      NULL);
  guint refused = 0;
  g_autoptr (LaneSdp) sdp = parse_good (text, &refused);

  ck_assert_str_eq (sdp->fingerprint, PRINT);
  ck_assert_int_eq (sdp->setup, LANE_SETUP_PASSIVE);
  ck_assert_uint_eq (sdp->sctp_port, 5001);
  ck_assert_uint_eq (sdp->max_message_size, 1073741823);
  ck_assert_uint_eq (sdp->candidates->len, 1);
  ck_assert_uint_eq (refused, 2);
  ck_assert (!sdp->end_of_candidates);
}
END_TEST

START_TEST (what_stands_in_the_section_counts_more_and_the_rest_has_defaults)
{
  g_autoptr (LaneSdp) sdp = parse_good (TOP "a=ice-ufrag:session\r\n" PWD FINGER
                                            "a=setup:active\r\n" MEDIA UFRAG "a=setup:passive\r\n",
                                        NULL);

  ck_assert_str_eq (sdp->ufrag, "abcd");
  ck_assert_int_eq (sdp->setup, LANE_SETUP_PASSIVE);
  ck_assert_uint_eq (sdp->sctp_port, 5000);
  ck_assert_uint_eq (sdp->max_message_size, 65536);
}
END_TEST

START_TEST (candidates_beyond_32_are_counted_as_refused)
{
  g_autoptr (GString) text = g_string_new (GOOD);
  g_autoptr (LaneSdp) sdp = NULL;
  guint refused = 0;

  for (guint i = 1; i <= 40; i++)
    g_string_append_printf (text, "a=candidate:1 1 UDP 5 192.0.2.1 %u typ host\r\n", i);
  sdp = parse_good (text->str, &refused);
  ck_assert_uint_eq (sdp->candidates->len, 32);
  ck_assert_uint_eq (refused, 8);
}
END_TEST

static void
assert_not_taken (const char *text, LaneSdpError code, const char *says)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneSdp) sdp = lane_sdp_parse (text, NULL, &error);

  ck_assert_msg (sdp == NULL, "taken: %s", text);
  ck_assert_msg (g_error_matches (error, LANE_SDP_ERROR, code), "%s: %s", text, error->message);
  ck_assert_msg (strstr (error->message, says) != NULL, "%s: '%s' does not say '%s'", text,
                 error->message, says);
}

START_TEST (broken_descriptions_say_what_is_wrong)
{
  static const struct {
    const char *text, *says;
  } bad[] = {
    { "", "empty" },
    { "\r\n", "v=0" },
    { "v=1\r\n" MEDIA UFRAG PWD FINGER SETUP, "v=0" },
    { "o=- 1 1 IN IP4 127.0.0.1\r\n" GOOD, "v=0" },
    { GOOD "v=0\r\n", "v= stands twice" },
    { TOP UFRAG PWD FINGER SETUP, "m= line is missing" },
    { TOP MEDIA PWD FINGER SETUP, "ice-ufrag" },
    { TOP MEDIA UFRAG FINGER SETUP, "ice-pwd" },
    { TOP MEDIA "a=ice-ufrag:abc\r\n" PWD FINGER SETUP, "ice-ufrag" },
    { TOP MEDIA UFRAG "a=ice-pwd:short\r\n" FINGER SETUP, "ice-pwd" },
    { TOP MEDIA UFRAG PWD SETUP, "fingerprint" },
    { TOP MEDIA UFRAG PWD SETUP "a=fingerprint:sha-1 00:01\r\n", "fingerprint" },
    { TOP MEDIA UFRAG PWD SETUP "a=fingerprint:sha-256 00:01\r\n", "fingerprint" },
    { TOP MEDIA UFRAG PWD SETUP "a=fingerprint:sha-256 " PRINT ":00\r\n", "fingerprint" },
    { GOOD FINGER, "fingerprint:sha-256 stands twice" },
    { GOOD UFRAG, "ice-ufrag stands twice" },
    { GOOD PWD, "ice-pwd stands twice" },
    { GOOD SETUP, "setup stands twice" },
    { GOOD "a=sctp-port:0\r\n", "sctp-port" },
    { GOOD "a=sctp-port:70000\r\n", "sctp-port" },
    { GOOD "a=sctp-port: 5000\r\n", "sctp-port" },
    { GOOD "a=max-message-size:4294967296\r\n", "max-message-size" },
    { GOOD "a=max-message-size:-1\r\n", "max-message-size" },
    { TOP "a=" HOST "\r\n" MEDIA UFRAG PWD FINGER SETUP, "before the m= line" },
    { GOOD "\r\na=x\r\n", "not a line" },
    { GOOD "nonsense\r\n", "not a line" },
    { GOOD "A=x\r\n", "not a line" },
    { GOOD "a=x\ry\r\n", "control character" },
    { GOOD "a=\033[2J\r\n", "control character" },
    { GOOD "a=\xff\r\n", "UTF-8" },
    { TOP "m=application 70000 UDP/DTLS/SCTP webrtc-datachannel\r\n" UFRAG PWD FINGER SETUP,
      "port" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_not_taken (bad[i].text, LANE_SDP_ERROR_SYNTAX, bad[i].says);
}
END_TEST

START_TEST (descriptions_of_other_things_are_unsupported)
{
  static const struct {
    const char *text, *says;
  } bad[] = {
    { TOP "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" UFRAG PWD FINGER SETUP, "instead of" },
    { TOP "m=application 9 TCP/DTLS/SCTP webrtc-datachannel\r\n" UFRAG PWD FINGER SETUP,
      "instead of" },
    { TOP "m=application 9 DTLS/SCTP 5000\r\n" UFRAG PWD FINGER SETUP, "instead of" },
    { TOP "m=application 9 UDP/DTLS/SCTP webrtc-datachannel x\r\n" UFRAG PWD FINGER SETUP,
      "instead of" },
    { TOP "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n" UFRAG PWD FINGER SETUP,
      "rejected" },
    { GOOD MEDIA, "more than one" },
    { TOP MEDIA UFRAG PWD FINGER, "setup" },
    { TOP MEDIA UFRAG PWD FINGER "a=setup:holdconn\r\n", "setup" },
    { GOOD "a=mid:data\r\n", "mid" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_not_taken (bad[i].text, LANE_SDP_ERROR_UNSUPPORTED, bad[i].says);
}
END_TEST

START_TEST (description_that_is_too_big_is_refused)
{
  g_autofree char *fill = g_strnfill (32 * 1024, 'x');
  g_autofree char *text = g_strconcat (GOOD "a=", fill, "\r\n", NULL);

  assert_not_taken (text, LANE_SDP_ERROR_SYNTAX, "more than");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("sdp");
  TCase *descriptions = tcase_create ("descriptions");

  tcase_add_test (descriptions, our_description_is_shaped_as_the_rfcs_say_and_read_back);
  tcase_add_test (descriptions, what_is_ours_alone_is_told_and_read_back);
  tcase_add_test (descriptions, description_of_a_browser_is_taken);
  tcase_add_test (descriptions, what_stands_in_the_section_counts_more_and_the_rest_has_defaults);
  tcase_add_test (descriptions, candidates_beyond_32_are_counted_as_refused);
  tcase_add_test (descriptions, broken_descriptions_say_what_is_wrong);
  tcase_add_test (descriptions, descriptions_of_other_things_are_unsupported);
  tcase_add_test (descriptions, description_that_is_too_big_is_refused);
  suite_add_tcase (suite, descriptions);
  return lane_suite_run (suite);
}
