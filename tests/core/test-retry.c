#include "retry.h"
#include "suite.h"

typedef struct {
  GMainContext *context;
  LaneRetry *retry;
  guint times;
} Fixture;

static Fixture fixture;

static void
on_due (gpointer user_data)
{
  ck_assert (!lane_retry_is_planned (fixture.retry));
  fixture.times++;
}

static void
start (const LaneRetryWaits *waits)
{
  fixture.context = g_main_context_new ();
  fixture.retry = lane_retry_new (fixture.context, waits, on_due, NULL);
}

static void
teardown (void)
{
  lane_retry_free (fixture.retry);
  g_main_context_unref (fixture.context);
}

static gint64
plan (void)
{
  lane_retry_plan (fixture.retry);
  return lane_retry_get_due_us (fixture.retry) - g_get_monotonic_time ();
}

static void
assert_about (gint64 us, gint64 ms)
{
  ck_assert_int_ge (us, ms * 750 - 50000);
  ck_assert_int_le (us, ms * 1250);
}

START_TEST (waits_double_up_to_the_limit)
{
  const LaneRetryWaits waits = { 0, 1000, 5000 };

  start (&waits);
  assert_about (plan (), 0);
  assert_about (plan (), 1000);
  assert_about (plan (), 2000);
  assert_about (plan (), 4000);
  assert_about (plan (), 5000);
  assert_about (plan (), 5000);
  lane_retry_reset (fixture.retry);
  assert_about (plan (), 0);
}
END_TEST

START_TEST (the_next_wait_can_be_set)
{
  const LaneRetryWaits waits = { 0, 1000, 30000 };

  start (&waits);
  lane_retry_set_next (fixture.retry, 4000);
  assert_about (plan (), 4000);
  assert_about (plan (), 8000);
}
END_TEST

START_TEST (other_waits_count_from_the_next_reset_at_the_latest)
{
  const LaneRetryWaits waits = { 60000, 60000, 3600000 }, shorter = { 2000, 2000, 3600000 };

  start (&waits);
  lane_retry_set_waits (fixture.retry, &shorter);
  assert_about (plan (), 2000);
  lane_retry_set_waits (fixture.retry, &waits);
  assert_about (plan (), 60000);
  lane_retry_reset (fixture.retry);
  assert_about (plan (), 60000);
}
END_TEST

START_TEST (a_plan_comes_due_once_unless_cancelled)
{
  const LaneRetryWaits waits = { 0, 0, 0 };

  start (&waits);
  ck_assert_int_eq (lane_retry_get_due_us (fixture.retry), 0);
  lane_retry_plan (fixture.retry);
  lane_retry_plan (fixture.retry);
  ck_assert (lane_retry_is_planned (fixture.retry));
  while (fixture.times == 0)
    g_main_context_iteration (fixture.context, TRUE);
  ck_assert (!g_main_context_iteration (fixture.context, FALSE));
  ck_assert_int_eq (fixture.times, 1);

  lane_retry_plan (fixture.retry);
  lane_retry_cancel (fixture.retry);
  ck_assert (!lane_retry_is_planned (fixture.retry));
  ck_assert_int_eq (lane_retry_get_due_us (fixture.retry), 0);
  ck_assert (!g_main_context_iteration (fixture.context, FALSE));
  ck_assert_int_eq (fixture.times, 1);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("retry");
  TCase *tcase = tcase_create ("retry");

  tcase_add_checked_fixture (tcase, NULL, teardown);
  tcase_add_test (tcase, waits_double_up_to_the_limit);
  tcase_add_test (tcase, the_next_wait_can_be_set);
  tcase_add_test (tcase, other_waits_count_from_the_next_reset_at_the_latest);
  tcase_add_test (tcase, a_plan_comes_due_once_unless_cancelled);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
