#include "channel/liveness.h"

#include <math.h>

#include "suite.h"

#define STEP_US 10000
#define SECOND  G_USEC_PER_SEC
#define NEVER   G_MAXINT64

/* A path with loss and delay, in simulated time. */
typedef struct {
  gint64 at_us;
  guint32 sequence;
  guint64 time_us;
} Pong;

static gint64 clock_us;
static GRand *dice;
static double loss; /* each way */
static gint64 delay_us;
static GQueue pongs; /* of Pong, by time */
static guint n_pings, n_measured;
static LaneLivenessSample last_sample;
static gint64 suspect_at_us, lost_at_us;
static guint pings_when_lost;
static LaneLiveness *liveness;

static gint64
simulated_now (void)
{
  return clock_us;
}

static void
on_ping (LaneLiveness *which, guint32 sequence, guint64 time_us, gpointer user_data)
{
  Pong *pong;

  n_pings++;
  ck_assert_uint_eq (sequence, n_pings);
  if (g_rand_double (dice) < loss || g_rand_double (dice) < loss)
    return;
  pong = g_new (Pong, 1);
  *pong = (Pong){ clock_us + delay_us, sequence, time_us };
  g_queue_push_tail (&pongs, pong);
}

static void
on_state (LaneLiveness *which, LaneLivenessState state, gpointer user_data)
{
  if (state == LANE_LIVENESS_SUSPECT && suspect_at_us == NEVER)
    suspect_at_us = clock_us;
  if (state == LANE_LIVENESS_LOST && lost_at_us == NEVER) {
    lost_at_us = clock_us;
    pings_when_lost = n_pings;
  }
}

static void
on_measured (LaneLiveness *which, const LaneLivenessSample *sample, gpointer user_data)
{
  n_measured++;
  last_sample = *sample;
}

static const LaneLivenessEvents EVENTS = { on_ping, on_state, on_measured };

static void
setup (void)
{
  clock_us = 1000 * SECOND;
  dice = g_rand_new_with_seed (42);
  loss = 0;
  delay_us = 20000;
  suspect_at_us = lost_at_us = NEVER;
  liveness = lane_liveness_new (NULL, &EVENTS, simulated_now, NULL);
}

static void
teardown (void)
{
  lane_liveness_free (liveness);
  g_queue_clear_full (&pongs, g_free);
  g_rand_free (dice);
}

static void
run (double seconds)
{
  gint64 until = clock_us + (gint64)(seconds * SECOND);

  while (clock_us < until) {
    clock_us += STEP_US;
    for (Pong *pong = g_queue_peek_head (&pongs); pong != NULL && pong->at_us <= clock_us;
         pong = g_queue_peek_head (&pongs)) {
      lane_liveness_pong (liveness, pong->sequence, pong->time_us);
      g_free (g_queue_pop_head (&pongs));
    }
    lane_liveness_tick (liveness);
  }
}

START_TEST (knows_nothing_before_the_first_answer)
{
  LaneLivenessStats stats;

  lane_liveness_start (liveness);
  lane_liveness_get_stats (liveness, &stats);

  ck_assert (isnan (stats.last_ms) && isnan (stats.mean_ms) && isnan (stats.min_ms));
  ck_assert (isnan (stats.p95_ms) && isnan (stats.jitter_ms) && isnan (stats.loss));
  ck_assert_uint_eq (stats.sent, 1);
}
END_TEST

START_TEST (pings_once_a_second_and_measures)
{
  LaneLivenessStats stats;

  lane_liveness_start (liveness);
  run (60.5);
  lane_liveness_get_stats (liveness, &stats);

  ck_assert_uint_eq (stats.sent, 61);
  ck_assert_uint_eq (stats.answered, 61);
  ck_assert_uint_eq (stats.lost, 0);
  ck_assert_double_eq (stats.loss, 0);
  ck_assert_double_eq (stats.last_ms, 20);
  ck_assert_double_eq_tol (stats.mean_ms, 20, 1e-9);
  ck_assert_double_eq (stats.min_ms, 20);
  ck_assert_double_eq (stats.p95_ms, 20);
  ck_assert_double_eq (stats.jitter_ms, 0);
  ck_assert_uint_eq (n_measured, 61);
  ck_assert_int_eq (lane_liveness_get_state (liveness), LANE_LIVENESS_ALIVE);
}
END_TEST

START_TEST (statistics_cover_the_last_120_pings)
{
  LaneLivenessStats stats;

  lane_liveness_start (liveness);
  run (9.5); /* 10 pings of 20 ms */
  delay_us = 100000;
  run (110); /* 110 of 100 ms */
  lane_liveness_get_stats (liveness, &stats);
  ck_assert_double_eq (stats.min_ms, 20);
  ck_assert_double_eq_tol (stats.mean_ms, (10 * 20 + 110 * 100) / 120.0, 1e-9);
  ck_assert_double_eq (stats.p95_ms, 100);
  ck_assert_double_gt (stats.jitter_ms, 0);

  run (10); /* and now the first ten are out */
  lane_liveness_get_stats (liveness, &stats);
  ck_assert_double_eq (stats.min_ms, 100);
  ck_assert_double_eq (stats.jitter_ms, 0);
}
END_TEST

START_TEST (jitter_is_that_of_rfc3550)
{
  LaneLivenessStats stats;

  lane_liveness_start (liveness);
  run (0.5);
  delay_us = 100000;
  run (1);
  delay_us = 20000;
  run (1);
  lane_liveness_get_stats (liveness, &stats);

  /* 20, 100, 20 ms: J = 80/16 = 5, then 5 + (80 - 5)/16. */
  ck_assert_double_eq_tol (stats.jitter_ms, 5 + 75 / 16.0, 1e-9);
}
END_TEST

START_TEST (young_ping_is_not_a_loss)
{
  LaneLivenessStats stats;

  lane_liveness_start (liveness);
  run (0.5);
  loss = 1;
  run (2.4); /* the unanswered ones are 1.9 s and 0.9 s old */
  lane_liveness_get_stats (liveness, &stats);
  ck_assert_uint_eq (stats.sent, 3);
  ck_assert_uint_eq (stats.lost, 0);
  ck_assert_double_eq (stats.loss, 0);

  run (0.2);
  lane_liveness_get_stats (liveness, &stats);
  ck_assert_uint_eq (stats.lost, 1);
  ck_assert_double_eq (stats.loss, 0.5);
}
END_TEST

START_TEST (late_pong_is_no_loss_any_more)
{
  LaneLivenessStats stats;

  delay_us = 2500000;
  lane_liveness_start (liveness);
  run (2.2);
  lane_liveness_get_stats (liveness, &stats);
  ck_assert_uint_eq (stats.lost, 1);

  run (0.4);
  lane_liveness_get_stats (liveness, &stats);
  ck_assert_uint_eq (stats.lost, 0);
  ck_assert_uint_eq (stats.answered, 1);
  ck_assert_double_eq (stats.last_ms, 2500);
}
END_TEST

START_TEST (pongs_nobody_asked_for_are_ignored)
{
  LaneLivenessStats stats;

  lane_liveness_start (liveness);
  run (0.5);
  lane_liveness_pong (liveness, 0, 0);
  lane_liveness_pong (liveness, 1, (guint64)(1000 * SECOND)); /* answered already */
  lane_liveness_pong (liveness, 2, (guint64)clock_us);        /* not sent yet */
  loss = 1;
  run (1);
  lane_liveness_pong (liveness, 2, 12345); /* another clock */

  lane_liveness_get_stats (liveness, &stats);
  ck_assert_uint_eq (stats.answered, 1);
}
END_TEST

START_TEST (black_hole_is_suspect_then_lost)
{
  gint64 began;
  guint before;

  lane_liveness_start (liveness);
  run (30.5);
  loss = 1;
  began = clock_us - 500000 + delay_us; /* the last pong */
  before = n_pings;
  run (60);

  ck_assert_int_ge (suspect_at_us - began, 3 * SECOND);
  ck_assert_int_le (suspect_at_us - began, 3 * SECOND + 2 * STEP_US);
  ck_assert_int_ge (lost_at_us - began, 6 * SECOND);
  ck_assert_int_le (lost_at_us - began, 7 * SECOND);
  ck_assert_uint_ge (pings_when_lost - before, 15);
  ck_assert_uint_eq (n_pings, pings_when_lost); /* and then silence */
}
END_TEST

START_TEST (stopped_process_is_not_a_lost_peer)
{
  lane_liveness_start (liveness);
  run (5.5);
  clock_us += 60 * SECOND; /* SIGSTOP: nothing ran, nothing was read */
  run (0.5);

  ck_assert_int_eq (lost_at_us, NEVER);
  ck_assert_int_eq (lane_liveness_get_state (liveness), LANE_LIVENESS_ALIVE);
  ck_assert_uint_le (n_pings, 6 + 2);
}
END_TEST

START_TEST (anything_heard_ends_suspect_and_lost)
{
  guint before;

  loss = 1;
  lane_liveness_start (liveness);
  run (4);
  ck_assert_int_eq (lane_liveness_get_state (liveness), LANE_LIVENESS_SUSPECT);
  lane_liveness_heard (liveness);
  ck_assert_int_eq (lane_liveness_get_state (liveness), LANE_LIVENESS_ALIVE);
  ck_assert_int_eq (lane_liveness_get_silence_us (liveness), 0);

  run (12);
  ck_assert_int_eq (lane_liveness_get_state (liveness), LANE_LIVENESS_LOST);
  lane_liveness_heard (liveness);
  ck_assert_int_eq (lane_liveness_get_state (liveness), LANE_LIVENESS_ALIVE);
  before = n_pings;
  run (2.5);
  ck_assert_uint_ge (n_pings - before, 2); /* pings go on */
  ck_assert_uint_le (n_pings - before, 3); /* at the old pace */
}
END_TEST

START_TEST (poke_pings_at_once_and_revives_the_lost)
{
  guint before;

  lane_liveness_start (liveness);
  run (0.5);
  lane_liveness_poke (liveness);
  ck_assert_uint_eq (n_pings, 2);
  run (0.9);
  ck_assert_uint_eq (n_pings, 2); /* out of turn: the next a second later */

  loss = 1;
  run (20);
  ck_assert_int_eq (lane_liveness_get_state (liveness), LANE_LIVENESS_LOST);
  before = n_pings;
  lane_liveness_poke (liveness);
  ck_assert_uint_eq (n_pings, before + 1);
  run (60);
  ck_assert_uint_eq (n_pings, before + 15);
  ck_assert_int_eq (lane_liveness_get_state (liveness), LANE_LIVENESS_LOST);

  loss = 0;
  lane_liveness_poke (liveness);
  run (0.1);
  ck_assert_int_eq (lane_liveness_get_state (liveness), LANE_LIVENESS_ALIVE);
}
END_TEST

START_TEST (five_percent_loss_is_measured_and_harmless)
{
  LaneLivenessStats stats;

  loss = 0.05;
  lane_liveness_start (liveness);
  run (180);
  lane_liveness_get_stats (liveness, &stats);

  ck_assert_int_eq (lost_at_us, NEVER);
  ck_assert_double_eq_tol ((double)stats.lost / (double)(stats.lost + stats.answered), 0.0975,
                           0.04);
  ck_assert_double_eq_tol (stats.loss, 0.0975, 0.05);
}
END_TEST

START_TEST (twenty_percent_loss_is_never_lost)
{
  LaneLivenessStats stats;

  loss = 0.2;
  lane_liveness_start (liveness);
  run (10000);
  lane_liveness_get_stats (liveness, &stats);

  ck_assert_int_eq (lost_at_us, NEVER);
  ck_assert_double_eq_tol ((double)stats.lost / (double)(stats.lost + stats.answered), 0.36, 0.02);
}
END_TEST

START_TEST (every_ping_is_told_once_and_a_late_answer_again)
{
  lane_liveness_start (liveness);
  run (0.5);
  ck_assert_uint_eq (n_measured, 1);
  ck_assert_double_eq (last_sample.rtt_ms, 20);
  ck_assert (!last_sample.late);

  delay_us = 2500000;
  run (2.8); /* those of 1 s, 2 s and 3 s are on their way; the first has waited for 2 s */
  ck_assert_uint_eq (n_measured, 2);
  ck_assert (isnan (last_sample.rtt_ms) && !last_sample.late);
  run (0.4);
  ck_assert_uint_eq (n_measured, 3);
  ck_assert_double_eq (last_sample.rtt_ms, 2500);
  ck_assert (last_sample.late);
}
END_TEST

typedef enum { ON_PING, ON_STATE, ON_MEASURED } Callback;

static void
free_on_ping (LaneLiveness *which, guint32 sequence, guint64 time_us, gpointer user_data)
{
  g_clear_pointer (&liveness, lane_liveness_free);
}

static void
free_on_state (LaneLiveness *which, LaneLivenessState state, gpointer user_data)
{
  g_clear_pointer (&liveness, lane_liveness_free);
}

static void
free_on_measured (LaneLiveness *which, const LaneLivenessSample *sample, gpointer user_data)
{
  g_clear_pointer (&liveness, lane_liveness_free);
}

START_TEST (may_be_freed_in_any_callback)
{
  const LaneLivenessEvents events[] = {
    { .ping = free_on_ping },
    { .state_changed = free_on_state },
    { .measured = free_on_measured },
  };

  lane_liveness_free (liveness);
  liveness = lane_liveness_new (NULL, &events[_i], simulated_now, NULL);
  lane_liveness_start (liveness);
  for (int i = 0; i < 1000 && liveness != NULL; i++) {
    clock_us += STEP_US;
    lane_liveness_tick (liveness);
  }
  ck_assert_ptr_null (liveness);
}
END_TEST

START_TEST (timer_of_its_own_runs_it)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  gint64 deadline = g_get_monotonic_time () + 4 * SECOND;

  lane_liveness_free (liveness);
  clock_us = 0;
  liveness = lane_liveness_new (context, &EVENTS, NULL, NULL);
  loss = 1;
  lane_liveness_start (liveness);
  ck_assert_uint_eq (n_pings, 1);
  while (n_pings < 2 && g_get_monotonic_time () < deadline)
    g_main_context_iteration (context, TRUE);
  ck_assert_uint_eq (n_pings, 2);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("liveness");
  TCase *tcase = tcase_create ("liveness");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, knows_nothing_before_the_first_answer);
  tcase_add_test (tcase, pings_once_a_second_and_measures);
  tcase_add_test (tcase, statistics_cover_the_last_120_pings);
  tcase_add_test (tcase, jitter_is_that_of_rfc3550);
  tcase_add_test (tcase, young_ping_is_not_a_loss);
  tcase_add_test (tcase, late_pong_is_no_loss_any_more);
  tcase_add_test (tcase, pongs_nobody_asked_for_are_ignored);
  tcase_add_test (tcase, black_hole_is_suspect_then_lost);
  tcase_add_test (tcase, stopped_process_is_not_a_lost_peer);
  tcase_add_test (tcase, anything_heard_ends_suspect_and_lost);
  tcase_add_test (tcase, poke_pings_at_once_and_revives_the_lost);
  tcase_add_test (tcase, five_percent_loss_is_measured_and_harmless);
  tcase_add_test (tcase, twenty_percent_loss_is_never_lost);
  tcase_add_test (tcase, every_ping_is_told_once_and_a_late_answer_again);
  tcase_add_loop_test (tcase, may_be_freed_in_any_callback, ON_PING, ON_MEASURED + 1);
  tcase_add_test (tcase, timer_of_its_own_runs_it);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
