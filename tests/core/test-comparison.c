#include "comparison.h"

#include <math.h>

#include "suite.h"

#define DONE(what, kind, used, other)                                                              \
  {                                                                                                \
    .outcome = LANE_COMPARISON_##what, .relay = (kind), .used_ms = (used), .other_ms = (other)     \
  }
#define RELAY  TRUE
#define DIRECT FALSE

static const struct {
  LaneComparison comparison;
  const char *text, *code;
} cases[] = {
  { DONE (MEASURED, RELAY, 12.2, 30.4), "relay would be 18 ms slower", "measured" },
  { DONE (MEASURED, DIRECT, 30.4, 12.2), "direct would be 18 ms faster", "measured" },
  { DONE (MEASURED, RELAY, 1.0, 4.26), "relay would be 3.3 ms slower", "measured" },
  { DONE (MEASURED, RELAY, 1.0, 10.97), "relay would be 10 ms slower", "measured" },
  { DONE (MEASURED, RELAY, 1.0, 1.49), "relay would be as fast", "measured" },
  { DONE (MEASURED, DIRECT, 1.0, 0.6), "direct would be as fast", "measured" },
  { DONE (RUNNING, RELAY, NAN, NAN), "relay is being measured", NULL },
  { DONE (NONE, DIRECT, NAN, NAN), NULL, NULL },
  { DONE (NO_RELAY, RELAY, NAN, NAN), "relay impossible now: no TURN server gave a relay address",
    "no-relay" },
  { DONE (UNANSWERED, RELAY, NAN, NAN), "relay not measured: the peer did not answer the offer",
    "unanswered" },
  { DONE (PEER_UNABLE, DIRECT, NAN, NAN),
    "direct not measured: the peer's node cannot keep a path only to measure it", "peer-unable" },
  { DONE (PROBES_LOST, RELAY, 12, NAN),
    "relay not measured: too many probes stayed unanswered over it", "probes-lost" },
  { DONE (PROBES_LOST, RELAY, NAN, 12),
    "relay not measured: too many probes stayed unanswered over the path in use", "probes-lost" },
  { DONE (INTERRUPTED, DIRECT, NAN, NAN),
    "direct not measured: something that matters more came in between", "interrupted" },
  { DONE (CHECKS_FAILED, DIRECT, NAN, NAN), "direct impossible now: no check brought a path",
    "checks-failed" },
  { { .outcome = LANE_COMPARISON_CHECKS_FAILED, .checks_known = TRUE, .checks_sent = 6 },
    "direct impossible now: 0 of 6 checks answered",
    "checks-failed" },
  { { .outcome = LANE_COMPARISON_CHECKS_FAILED, .relay = TRUE, .checks_known = TRUE },
    "relay impossible now: there was nothing to check",
    "checks-failed" },
};

START_TEST (each_outcome_has_its_words)
{
  const LaneComparison *comparison = &cases[_i].comparison;
  g_autofree char *text = lane_comparison_to_text (comparison);

  ck_assert_pstr_eq (text, cases[_i].text);
  ck_assert_pstr_eq (lane_comparison_get_code (comparison), cases[_i].code);
  ck_assert_int_eq (lane_comparison_is_over (comparison), cases[_i].code != NULL);
}
END_TEST

static char *
print_numbers (const LaneComparison *comparison)
{
  g_autoptr (JsonNode) node = json_node_alloc ();
  JsonObject *object = json_object_new ();

  lane_comparison_add_numbers (comparison, object);
  json_node_init_object (node, object);
  json_object_unref (object);
  return json_to_string (node, FALSE);
}

START_TEST (what_is_not_known_is_null)
{
  const LaneComparison known = {
    .used_ms = 1.5, .other_ms = 4, .checks_known = TRUE, .checks_sent = 6, .checks_answered = 2
  };
  const LaneComparison unknown = { .used_ms = NAN, .other_ms = 4, .checks_sent = 6 };
  g_autofree char *numbers = print_numbers (&known);
  g_autofree char *nulls = print_numbers (&unknown);

  ck_assert_str_eq (numbers, "{\"used_ms\":1.5,\"other_ms\":4.0,\"difference_ms\":2.5,"
                             "\"checks_sent\":6,\"checks_answered\":2}");
  ck_assert_str_eq (nulls, "{\"used_ms\":null,\"other_ms\":4.0,\"difference_ms\":null,"
                           "\"checks_sent\":null,\"checks_answered\":null}");
}
END_TEST

static char *
print_event (LaneComparisonOutcome outcome, const char *moves)
{
  LaneComparison comparison = { 0 };
  LaneEvent *event;
  char *text;

  lane_comparison_begin (&comparison, TRUE, 5);
  comparison.used_ms = 12;
  comparison.other_ms = 30;
  lane_comparison_end (&comparison, outcome, 7);
  ck_assert_int_eq (comparison.at_us, 7);
  event = lane_comparison_to_event (&comparison, "berlin", "compare", moves);
  text = g_strdup (event->text);
  ck_assert_str_eq (event->peer, "berlin");
  ck_assert_int_eq (event->kind, LANE_EVENT_PATH);
  lane_event_free (event);
  return text;
}

START_TEST (an_event_says_what_the_link_does)
{
  g_autofree char *decided = print_event (LANE_COMPARISON_MEASURED, "it stays where it is");
  g_autofree char *failed = print_event (LANE_COMPARISON_NO_RELAY, NULL);
  g_autofree char *interrupted = print_event (LANE_COMPARISON_INTERRUPTED, NULL);

  ck_assert_str_eq (decided,
                    "compare: relay would be 18 ms slower (relay 30.0 ms, direct 12.0 ms): "
                    "it stays where it is");
  ck_assert_str_eq (failed, "compare: relay impossible now: no TURN server gave a relay address; "
                            "the path in use stays");
  ck_assert_str_eq (interrupted,
                    "compare: relay not measured: something that matters more came in between");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("comparison");
  TCase *tcase = tcase_create ("comparison");

  tcase_add_loop_test (tcase, each_outcome_has_its_words, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tcase, what_is_not_known_is_null);
  tcase_add_test (tcase, an_event_says_what_the_link_does);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
