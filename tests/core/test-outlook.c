#include "outlook.h"

#include <string.h>

#include "suite.h"

#define EASY                                                                                       \
  {                                                                                                \
    LANE_NAT_ENDPOINT_INDEPENDENT, LANE_NAT_ADDRESS_AND_PORT_DEPENDENT, LANE_NAT_MEASURED          \
  }
#define HARD                                                                                       \
  {                                                                                                \
    LANE_NAT_ADDRESS_AND_PORT_DEPENDENT, LANE_NAT_ADDRESS_AND_PORT_DEPENDENT, LANE_NAT_MEASURED    \
  }
#define SIDE(...)                                                                                  \
  {                                                                                                \
    .nat.ipv4 = __VA_ARGS__, .ipv4 = LANE_FORECAST_YES, .ipv6 = LANE_FORECAST_NO,                  \
    .relay = LANE_FORECAST_YES                                                                     \
  }

static const LaneForecastEvidence easy = { .ours = SIDE (EASY), .theirs.nat.ipv4 = EASY };
static const LaneForecastEvidence hard = { .ours = SIDE (HARD), .theirs.nat.ipv4 = EASY };
static const LaneForecastEvidence blank = { .ours = SIDE (EASY) };

static const LaneWhy timeout = { .code = LANE_WHY_CHECKS_TIMEOUT, .side = LANE_SIDE_BOTH };

typedef struct {
  LaneEventLog *log;
  LaneOutlook *outlook;
} Fixture;

static void
set_up (Fixture *fixture)
{
  fixture->log = lane_event_log_new (LANE_LOG_LEVEL_DEBUG);
  fixture->outlook = lane_outlook_new (fixture->log, "berlin");
  lane_outlook_tell (fixture->outlook, 1);
}

static void
tear_down (Fixture *fixture)
{
  lane_outlook_free (fixture->outlook);
  lane_event_log_free (fixture->log);
}

static void
step (Fixture *fixture, const LaneForecastEvidence *evidence, const char *attempt,
      const char *running, LaneExpectation is)
{
  const LaneOutlookScene scene = {
    .evidence = *evidence, .attempt = attempt, .running = running, .is = is, .why = timeout
  };

  lane_outlook_step (fixture->outlook, &scene);
}

static void
assert_told (const Fixture *fixture, LaneExpectation expect, LaneOutcome outcome)
{
  ck_assert_int_eq (lane_outlook_get_forecast (fixture->outlook)->expect, expect);
  ck_assert_int_eq (lane_outlook_get_outcome (fixture->outlook), outcome);
  ck_assert_int_eq (lane_outlook_get_outcome_text (fixture->outlook) != NULL,
                    outcome != LANE_OUTCOME_NONE);
}

static guint
count_events (const Fixture *fixture, const char *text)
{
  g_autoptr (GPtrArray) events = lane_event_log_list (fixture->log, 0, NULL, 100);
  guint n = 0;

  for (guint i = 0; i < events->len; i++)
    n += strstr (((LaneEvent *)events->pdata[i])->text, text) != NULL;
  return n;
}

START_TEST (it_follows_the_evidence_while_nothing_is_tried)
{
  Fixture fixture;

  set_up (&fixture);
  step (&fixture, &blank, NULL, NULL, LANE_EXPECT_NO_PATH);
  assert_told (&fixture, LANE_EXPECT_UNKNOWN, LANE_OUTCOME_NONE);
  step (&fixture, &hard, NULL, NULL, LANE_EXPECT_NO_PATH);
  assert_told (&fixture, LANE_EXPECT_RELAY, LANE_OUTCOME_NONE);
  step (&fixture, &easy, NULL, NULL, LANE_EXPECT_NO_PATH);
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_NONE);
  ck_assert_uint_eq (count_events (&fixture, ""), 0);
  tear_down (&fixture);
}
END_TEST

START_TEST (it_holds_still_from_the_first_check_on)
{
  Fixture fixture;

  set_up (&fixture);
  step (&fixture, &easy, "s/1", NULL, LANE_EXPECT_NO_PATH);
  step (&fixture, &hard, "s/1", NULL, LANE_EXPECT_NO_PATH);
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_NONE);
  step (&fixture, &hard, NULL, "s/1", LANE_EXPECT_UNKNOWN); /* being secured */
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_NONE);
  step (&fixture, &hard, NULL, "s/1", LANE_EXPECT_DIRECT);
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_AS_EXPECTED);
  ck_assert (lane_outlook_is_settled (fixture.outlook, LANE_EXPECT_DIRECT));
  ck_assert_uint_eq (count_events (&fixture, "expect direct"), 1);
  ck_assert_uint_eq (count_events (&fixture, "forecast: as expected"), 1);
  tear_down (&fixture);
}
END_TEST

START_TEST (what_is_learned_while_checks_run_counts_when_nothing_was_known)
{
  Fixture fixture;

  set_up (&fixture);
  step (&fixture, &blank, "s/1", NULL, LANE_EXPECT_NO_PATH);
  assert_told (&fixture, LANE_EXPECT_UNKNOWN, LANE_OUTCOME_NONE);
  step (&fixture, &easy, "s/1", NULL, LANE_EXPECT_NO_PATH);
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_NONE);
  tear_down (&fixture);
}
END_TEST

START_TEST (what_was_not_known_before_is_not_judged)
{
  Fixture fixture;

  set_up (&fixture);
  step (&fixture, &blank, "s/1", NULL, LANE_EXPECT_NO_PATH);
  step (&fixture, &easy, NULL, "s/1", LANE_EXPECT_DIRECT);
  assert_told (&fixture, LANE_EXPECT_UNKNOWN, LANE_OUTCOME_NONE);
  step (&fixture, &easy, NULL, "s/1", LANE_EXPECT_DIRECT);
  ck_assert_uint_eq (count_events (&fixture, "forecast: "), 1); /* `no forecast: ...` */
  tear_down (&fixture);
}
END_TEST

START_TEST (a_relay_that_gives_way_to_direct_is_judged_again)
{
  Fixture fixture;

  set_up (&fixture);
  step (&fixture, &easy, "s/1", NULL, LANE_EXPECT_NO_PATH);
  step (&fixture, &easy, NULL, "s/1", LANE_EXPECT_RELAY);
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_WORSE);
  ck_assert_uint_eq (count_events (&fixture, "expected direct, is relay: a firewall or a second"),
                     1);
  step (&fixture, &easy, NULL, "s/1", LANE_EXPECT_DIRECT);
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_AS_EXPECTED);
  tear_down (&fixture);
}
END_TEST

START_TEST (a_try_beside_the_path_has_a_forecast_of_its_own)
{
  Fixture fixture;

  set_up (&fixture);
  step (&fixture, &blank, "s/1", NULL, LANE_EXPECT_NO_PATH);
  step (&fixture, &blank, NULL, "s/1", LANE_EXPECT_RELAY);
  step (&fixture, &easy, "s/2", "s/1", LANE_EXPECT_RELAY);
  assert_told (&fixture, LANE_EXPECT_UNKNOWN, LANE_OUTCOME_NONE); /* until it is over */
  step (&fixture, &easy, NULL, "s/1", LANE_EXPECT_RELAY);
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_WORSE);
  step (&fixture, &easy, "s/3", "s/1", LANE_EXPECT_RELAY);
  step (&fixture, &easy, NULL, "s/3", LANE_EXPECT_DIRECT);
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_AS_EXPECTED);
  tear_down (&fixture);
}
END_TEST

START_TEST (a_try_without_a_path_is_judged_when_it_failed)
{
  Fixture fixture;

  set_up (&fixture);
  step (&fixture, &easy, "s/1", NULL, LANE_EXPECT_NO_PATH);
  step (&fixture, &easy, NULL, NULL, LANE_EXPECT_NO_PATH); /* taken back: proves nothing */
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_NONE);
  step (&fixture, &easy, "s/2", NULL, LANE_EXPECT_NO_PATH);
  lane_outlook_fail (fixture.outlook);
  step (&fixture, &easy, NULL, NULL, LANE_EXPECT_NO_PATH);
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_WORSE);
  step (&fixture, &easy, NULL, NULL, LANE_EXPECT_NO_PATH);
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_WORSE);
  step (&fixture, &blank, NULL, NULL, LANE_EXPECT_NO_PATH);
  assert_told (&fixture, LANE_EXPECT_UNKNOWN, LANE_OUTCOME_NONE);
  tear_down (&fixture);
}
END_TEST

START_TEST (an_outcome_ends_with_its_path)
{
  Fixture fixture;

  set_up (&fixture);
  step (&fixture, &easy, "s/1", NULL, LANE_EXPECT_NO_PATH);
  step (&fixture, &easy, NULL, "s/1", LANE_EXPECT_DIRECT);
  step (&fixture, &easy, NULL, NULL, LANE_EXPECT_NO_PATH);
  assert_told (&fixture, LANE_EXPECT_DIRECT, LANE_OUTCOME_NONE);
  tear_down (&fixture);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("outlook");
  TCase *tcase = tcase_create ("outlook");

  tcase_add_test (tcase, it_follows_the_evidence_while_nothing_is_tried);
  tcase_add_test (tcase, it_holds_still_from_the_first_check_on);
  tcase_add_test (tcase, what_is_learned_while_checks_run_counts_when_nothing_was_known);
  tcase_add_test (tcase, what_was_not_known_before_is_not_judged);
  tcase_add_test (tcase, a_relay_that_gives_way_to_direct_is_judged_again);
  tcase_add_test (tcase, a_try_beside_the_path_has_a_forecast_of_its_own);
  tcase_add_test (tcase, a_try_without_a_path_is_judged_when_it_failed);
  tcase_add_test (tcase, an_outcome_ends_with_its_path);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
