#include "signaling/message.h"

#include "suite.h"

#include <string.h>

#define PRINT                                                                                      \
  "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"                                               \
  "10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:AF"
#define HOST "candidate:1 1 UDP 5 192.0.2.1 9 typ host"

static LaneMessage *
parse_good (const char *type, const char *payload)
{
  g_autoptr (GError) error = NULL;
  LaneMessage *message = lane_message_parse (type, payload, &error);

  ck_assert_msg (message != NULL, "%s: %s", error != NULL ? error->message : "", payload);
  ck_assert_ptr_null (error);
  return message;
}

static void
assert_malformed (const char *type, const char *payload, const char *says)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneMessage) message = lane_message_parse (type, payload, &error);

  ck_assert_msg (message == NULL, "taken: %s", payload);
  ck_assert (g_error_matches (error, LANE_MESSAGE_ERROR, LANE_MESSAGE_ERROR_MALFORMED));
  ck_assert_msg (strstr (error->message, says) != NULL, "%s: '%s' does not say '%s'", payload,
                 error->message, says);
}

static LaneMessage *
describe (LaneMessageType type)
{
  LaneMessage *message = lane_message_new (type);
  LaneCandidate candidate;

  message->generation = 3;
  message->sdp = lane_sdp_new ();
  message->sdp->ufrag = g_strdup ("abcd");
  message->sdp->password = g_strdup ("0123456789012345678901");
  message->sdp->fingerprint = g_strdup (PRINT);
  ck_assert (lane_candidate_parse (HOST, &candidate, NULL));
  g_array_append_val (message->sdp->candidates, candidate);
  return message;
}

START_TEST (offer_and_answer_are_read_back)
{
  static const LaneMessageType types[] = { LANE_MESSAGE_OFFER, LANE_MESSAGE_ANSWER };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    g_autoptr (LaneMessage) message = describe (types[i]);
    g_autofree char *payload = lane_message_format_payload (message);
    g_autoptr (LaneMessage) again = parse_good (lane_message_type_to_string (types[i]), payload);

    ck_assert_ptr_nonnull (strstr (payload, "\"generation\":3,\"sdp\":\"v=0\\r\\n"));
    ck_assert_int_eq (again->type, types[i]);
    ck_assert_uint_eq (again->generation, 3);
    ck_assert_str_eq (again->sdp->ufrag, "abcd");
    ck_assert_uint_eq (again->sdp->candidates->len, 1);
    ck_assert_uint_eq (again->refused, 0);
  }
}
END_TEST

START_TEST (what_a_nat_does_goes_along_where_it_is_known)
{
  g_autoptr (LaneMessage) message = describe (LANE_MESSAGE_ANSWER);
  g_autofree char *plain = lane_message_format_payload (message);
  g_autofree char *payload = NULL;
  g_autoptr (LaneMessage) silent = parse_good ("answer", plain), again = NULL;

  ck_assert (!silent->has_nat);
  message->has_nat = TRUE;
  message->nat.ipv4 = (LaneNatTraits){ LANE_NAT_ENDPOINT_INDEPENDENT,
                                       LANE_NAT_ADDRESS_AND_PORT_DEPENDENT, LANE_NAT_MEASURED };
  payload = lane_message_format_payload (message);
  again = parse_good ("answer", payload);
  ck_assert (again->has_nat);
  ck_assert_mem_eq (&again->nat, &message->nat, sizeof again->nat);
}
END_TEST

START_TEST (a_nat_that_makes_no_sense_refuses_the_message)
{
  static const char *const bad[] = { "null", "[]", "\"symmetric\"", "{\"4\":1}",
                                     "{\"4\":{\"mapping\":\"none\"}}" };
  g_autoptr (LaneMessage) message = describe (LANE_MESSAGE_OFFER);
  g_autofree char *plain = lane_message_format_payload (message);

  g_assert (g_str_has_suffix (plain, "}"));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree char *payload =
        g_strdup_printf ("%.*s,\"nat\":%s}", (int)strlen (plain) - 1, plain, bad[i]);
    g_autoptr (GError) error = NULL;

    ck_assert_ptr_null (lane_message_parse ("offer", payload, &error));
    ck_assert_ptr_nonnull (strstr (error->message, "'nat'"));
  }
}
END_TEST

START_TEST (candidates_are_written_as_a_browser_does_and_read_back)
{
  g_autoptr (LaneMessage) message = lane_message_new (LANE_MESSAGE_CANDIDATES);
  g_autoptr (LaneMessage) again = NULL;
  g_autofree char *payload = NULL;
  LaneCandidate candidate;

  ck_assert (lane_candidate_parse (HOST, &candidate, NULL));
  g_array_append_val (message->candidates, candidate);
  message->generation = 2;
  message->ufrag = g_strdup ("abcd");
  message->end_of_candidates = TRUE;

  payload = lane_message_format_payload (message);
  ck_assert_str_eq (payload,
                    "{\"generation\":2,\"ufrag\":\"abcd\",\"candidates\":["
                    "{\"candidate\":\"" HOST "\",\"sdpMid\":\"0\",\"usernameFragment\":\"abcd\"},"
                    "{\"candidate\":\"\",\"sdpMid\":\"0\",\"usernameFragment\":\"abcd\"}]}");

  again = parse_good ("candidates", payload);
  ck_assert_uint_eq (again->generation, 2);
  ck_assert_str_eq (again->ufrag, "abcd");
  ck_assert_uint_eq (again->candidates->len, 1);
  ck_assert (
      lane_candidate_equal (&candidate, &g_array_index (again->candidates, LaneCandidate, 0)));
  ck_assert (again->end_of_candidates);
  ck_assert_uint_eq (again->refused, 0);
}
END_TEST

START_TEST (bye_is_read_back)
{
  g_autoptr (LaneMessage) message = lane_message_new (LANE_MESSAGE_BYE);
  g_autoptr (LaneMessage) again = NULL;
  g_autofree char *payload = NULL;

  message->reason = g_strdup ("off");
  payload = lane_message_format_payload (message);
  ck_assert_str_eq (payload, "{\"reason\":\"off\"}");
  again = parse_good ("bye", payload);
  ck_assert_str_eq (again->reason, "off");
}
END_TEST

#define LIST(entries) "{\"generation\":1,\"ufrag\":\"abcd\",\"candidates\":[" entries "]}"

START_TEST (candidates_we_do_not_take_are_counted)
{
  static const struct {
    const char *payload;
    guint taken, refused;
    gboolean end;
  } table[] = {
    { LIST (""), 0, 0, FALSE },
    { LIST ("{\"candidate\":\"" HOST "\"}"), 1, 0, FALSE },
    { LIST ("{\"candidate\":\"" HOST "\",\"sdpMid\":null,\"sdpMLineIndex\":0,"
            "\"usernameFragment\":null,\"x\":[1]}"),
      1, 0, FALSE },
    { LIST ("{\"candidate\":\"rubbish\"}"), 0, 1, FALSE },
    { LIST ("{\"candidate\":\"" HOST "\",\"sdpMid\":\"1\"}"), 0, 1, FALSE },
    { LIST ("{\"candidate\":\"" HOST "\",\"sdpMid\":0}"), 0, 1, FALSE },
    { LIST ("{\"candidate\":\"" HOST "\",\"usernameFragment\":\"abce\"}"), 0, 1, FALSE },
    { LIST ("{\"candidate\":\"\",\"usernameFragment\":\"abce\"}"), 0, 1, FALSE },
    { LIST ("{\"candidate\":\"\"}"), 0, 0, TRUE },
    { LIST ("{\"candidate\":\"\"},{\"candidate\":\"" HOST "\"}"), 0, 1, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    g_autoptr (LaneMessage) message = parse_good ("candidates", table[i].payload);

    ck_assert_msg (message->candidates->len == table[i].taken, "%s", table[i].payload);
    ck_assert_msg (message->refused == table[i].refused, "%s", table[i].payload);
    ck_assert_msg (message->end_of_candidates == table[i].end, "%s", table[i].payload);
  }
}
END_TEST

START_TEST (candidates_beyond_32_are_counted_as_refused)
{
  g_autoptr (GString) payload = g_string_new (NULL);
  g_autoptr (LaneMessage) message = NULL;

  for (guint i = 1; i <= 40; i++)
    g_string_append_printf (payload,
                            "%s{\"candidate\":\"candidate:1 1 UDP 5 192.0.2.1 %u typ host\"}",
                            i > 1 ? "," : LIST (""), i);
  g_string_erase (payload, strlen (LIST ("")) - 2, 2);
  g_string_append (payload, "]}");

  message = parse_good ("candidates", payload->str);
  ck_assert_uint_eq (message->candidates->len, 32);
  ck_assert_uint_eq (message->refused, 8);
}
END_TEST

START_TEST (malformed_payloads_say_what_is_wrong)
{
  static const struct {
    const char *type, *payload, *says;
  } bad[] = {
    { "hello", "{}", "type" },
    { "Offer", "{}", "type" },
    { "", "{}", "type" },
    { "offer", "", "object" },
    { "offer", "[]", "object" },
    { "offer", "{}", "generation" },
    { "offer", "{\"generation\":0,\"sdp\":\"v=0\"}", "generation" },
    { "offer", "{\"generation\":2147483648,\"sdp\":\"v=0\"}", "generation" },
    { "offer", "{\"generation\":\"1\",\"sdp\":\"v=0\"}", "generation" },
    { "offer", "{\"generation\":1}", "sdp" },
    { "answer", "{\"generation\":1,\"sdp\":5}", "sdp" },
    { "answer", "{\"generation\":1,\"sdp\":\"v=0\\r\\n\"}", "m= line" },
    { "candidates", "{\"ufrag\":\"abcd\",\"candidates\":[]}", "generation" },
    { "candidates", "{\"generation\":1,\"candidates\":[]}", "ufrag" },
    { "candidates", "{\"generation\":1,\"ufrag\":\"abc\",\"candidates\":[]}", "ufrag" },
    { "candidates", "{\"generation\":1,\"ufrag\":\"abcd\"}", "'candidates'" },
    { "candidates", "{\"generation\":1,\"ufrag\":\"abcd\",\"candidates\":{}}", "'candidates'" },
    { "candidates", LIST ("\"" HOST "\""), "an object" },
    { "candidates", LIST ("null"), "an object" },
    { "candidates", LIST ("{}"), "'candidate'" },
    { "candidates", LIST ("{\"candidate\":null}"), "'candidate'" },
    { "bye", "{}", "reason" },
    { "bye", "{\"reason\":\"\"}", "reason" },
    { "bye", "{\"reason\":\"Off now\"}", "reason" },
    { "bye", "{\"reason\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}", "reason" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_malformed (bad[i].type, bad[i].payload, bad[i].says);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("message");
  TCase *payloads = tcase_create ("payloads");

  tcase_add_test (payloads, offer_and_answer_are_read_back);
  tcase_add_test (payloads, what_a_nat_does_goes_along_where_it_is_known);
  tcase_add_test (payloads, a_nat_that_makes_no_sense_refuses_the_message);
  tcase_add_test (payloads, candidates_are_written_as_a_browser_does_and_read_back);
  tcase_add_test (payloads, bye_is_read_back);
  tcase_add_test (payloads, candidates_we_do_not_take_are_counted);
  tcase_add_test (payloads, candidates_beyond_32_are_counted_as_refused);
  tcase_add_test (payloads, malformed_payloads_say_what_is_wrong);
  suite_add_tcase (suite, payloads);
  return lane_suite_run (suite);
}
