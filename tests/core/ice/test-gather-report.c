#include "ice/gather-report.h"

#include <string.h>

#include "suite.h"

static LaneIceServer stun = { .name = (char *)"home",
                              .protocol = LANE_PROTOCOL_UDP,
                              .address = (char *)"203.0.113.10",
                              .port = 3478 };
static LaneIceServer turn_udp = { .name = (char *)"home",
                                  .turn = TRUE,
                                  .protocol = LANE_PROTOCOL_UDP,
                                  .address = (char *)"203.0.113.10",
                                  .port = 3478 };
static LaneIceServer turn_tcp = { .name = (char *)"home",
                                  .turn = TRUE,
                                  .protocol = LANE_PROTOCOL_TCP,
                                  .address = (char *)"203.0.113.10",
                                  .port = 3478 };
static LaneIceServer turns = { .name = (char *)"backup",
                               .turn = TRUE,
                               .protocol = LANE_PROTOCOL_TLS,
                               .address = (char *)"127.0.0.1",
                               .port = 40000 };

static const LaneCandidate srflx = { .type = LANE_CANDIDATE_SRFLX,
                                     .address = "203.0.113.101",
                                     .port = 41000 };
static const LaneCandidate relay = { .type = LANE_CANDIDATE_RELAY,
                                     .address = "203.0.113.10",
                                     .port = 50000 };

static LaneGatherOutcome
outcome (const LaneGatherReport *report, guint index)
{
  return lane_gather_report_get_server (report, index)->outcome;
}

START_TEST (servers_answer_are_silent_or_are_not_needed)
{
  g_autoptr (LaneGatherReport) report = lane_gather_report_new ();

  lane_gather_report_ask (report, &stun, 1000);
  lane_gather_report_ask (report, &turn_udp, 2000);
  lane_gather_report_ask (report, &turn_tcp, 2000);
  lane_gather_report_ask (report, &turns, 3000);
  ck_assert_int_eq (outcome (report, 0), LANE_GATHER_ASKED);
  ck_assert_ptr_nonnull (lane_gather_report_answer (report, &stun, &srflx, 9000));
  ck_assert_ptr_null (lane_gather_report_answer (report, &stun, &srflx, 10000));
  lane_gather_report_answer (report, &turn_udp, &relay, 12000);
  lane_gather_report_end (report, 5000000, 0);
  lane_gather_report_explain (report, "backup", "turns", "cert-expired");
  lane_gather_report_explain (report, "home", "turn", "timeout");

  ck_assert_int_eq (outcome (report, 0), LANE_GATHER_ANSWERED);
  ck_assert_int_eq (lane_gather_report_get_server (report, 0)->answered_us, 9000);
  ck_assert_str_eq (lane_gather_report_get_server (report, 0)->mapped.address, "203.0.113.101");
  ck_assert_int_eq (outcome (report, 1), LANE_GATHER_ANSWERED);
  ck_assert_uint_eq (lane_gather_report_get_server (report, 1)->relayed.port, 50000);
  ck_assert_int_eq (outcome (report, 2), LANE_GATHER_UNNEEDED);
  ck_assert_ptr_null (lane_gather_report_get_server (report, 2)->code);
  ck_assert_int_eq (outcome (report, 3), LANE_GATHER_SILENT);
  ck_assert_str_eq (lane_gather_report_get_server (report, 3)->code, "cert-expired");
  ck_assert_ptr_null (lane_gather_report_get_server (report, 3)->address);
}
END_TEST

START_TEST (a_stun_server_that_tells_nothing_new_has_answered)
{
  g_autoptr (LaneGatherReport) report = lane_gather_report_new ();

  lane_gather_report_ask (report, &stun, 1000);
  lane_gather_report_end (report, 20000, 7000);
  ck_assert_int_eq (outcome (report, 0), LANE_GATHER_ANSWERED);
  ck_assert_int_eq (lane_gather_report_get_server (report, 0)->answered_us, 7000);
  ck_assert_uint_eq (lane_gather_report_get_server (report, 0)->mapped.port, 0);
}
END_TEST

START_TEST (the_description_has_times_from_the_start_on)
{
  static const char expected[] =
      "{\"ended_ms\":20.0,"
      "\"interfaces\":[{\"interface\":\"eth0\",\"address\":\"192.168.1.5\",\"used\":true,"
      "\"why\":null},{\"interface\":\"docker0\",\"address\":\"172.17.0.1\",\"used\":false,"
      "\"why\":\"excluded\"}],"
      "\"servers\":[{\"name\":\"home\",\"kind\":\"stun\",\"transport\":\"udp\","
      "\"server\":{\"address\":\"203.0.113.10\",\"port\":3478},\"outcome\":\"silent\","
      "\"code\":null,\"asked_ms\":1.5,\"answered_ms\":null,\"mapped\":null,\"relayed\":null}],"
      "\"refused_count\":1,\"refused\":[{\"type\":\"relay\",\"address\":\"203.0.113.10\","
      "\"port\":50000,\"why\":\"too many\",\"ms\":4.0}]}";
  g_autoptr (LaneGatherReport) report = lane_gather_report_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;

  lane_gather_report_add_address (report, "eth0", "192.168.1.5", NULL);
  lane_gather_report_add_address (report, "docker0", "172.17.0.1", "excluded");
  lane_gather_report_ask (report, &stun, 1001500);
  lane_gather_report_refuse (report, &relay, "too many", 1004000);
  lane_gather_report_end (report, 1020000, 0);
  node = lane_gather_report_describe (report, 1000000);
  text = json_to_string (node, FALSE);
  ck_assert_str_eq (text, expected);
}
END_TEST

START_TEST (what_a_peer_sends_is_bounded_and_counted)
{
  g_autoptr (LaneGatherReport) report = lane_gather_report_new ();
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  for (guint i = 0; i < 1000; i++) {
    lane_gather_report_refuse (report, &relay, "too many", 1);
    lane_gather_report_ask (report, &stun, 1);
    lane_gather_report_add_address (report, "eth0", "192.168.1.5", NULL);
  }
  node = lane_gather_report_describe (report, 0);
  object = json_node_get_object (node);
  ck_assert_int_eq (json_object_get_int_member (object, "refused_count"), 1000);
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (object, "refused")), 32);
  ck_assert_uint_eq (lane_gather_report_get_n_servers (report), 16);
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (object, "interfaces")),
                     64);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("gather-report");
  TCase *report = tcase_create ("report");

  tcase_add_test (report, servers_answer_are_silent_or_are_not_needed);
  tcase_add_test (report, a_stun_server_that_tells_nothing_new_has_answered);
  tcase_add_test (report, the_description_has_times_from_the_start_on);
  tcase_add_test (report, what_a_peer_sends_is_bounded_and_counted);
  suite_add_tcase (suite, report);
  return lane_suite_run (suite);
}
