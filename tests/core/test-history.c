#include "history-report.h"

#include <math.h>
#include <string.h>

#include "suite.h"

#define SECOND  ((gint64)G_USEC_PER_SEC)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define START   (1000 * HOUR)
#define WALL_US (1767225600 * SECOND) /* 2026-01-01 00:00 UTC, at START */

static LaneHistory *history;
static gint64 clock_us;

static void
set_up (void)
{
  history = lane_history_new ();
  clock_us = START;
}

static void
tear_down (void)
{
  lane_history_free (history);
}

static void
change_for (LaneHistoryPath path, const char *cause, double gap_ms)
{
  const LaneHistoryChange change = { .clock_us = clock_us,
                                     .wall_us = WALL_US + clock_us - START,
                                     .new = path,
                                     .cause = cause,
                                     .why = LANE_WHY_DIRECT_NAT,
                                     .gap_ms = gap_ms };

  lane_history_change (history, &change);
}

/* One answer a second. */
static void
answer_for (gint64 us, double rtt_ms)
{
  for (gint64 end = clock_us + us; clock_us < end; clock_us += SECOND)
    lane_history_answered (history, clock_us, rtt_ms, FALSE);
}

static LaneHistoryCell
cell_before (LaneHistorySpan span, guint n)
{
  LaneHistoryCell cell;

  lane_history_get_cells (
      history, span, clock_us / (lane_history_get_cell_s (span) * SECOND) - (gint64)n, &cell, 1);
  return cell;
}

static guint
count_known (LaneHistorySpan span)
{
  guint n = lane_history_get_size (span) * 2; /* more than there are */
  g_autofree LaneHistoryCell *cells = g_new (LaneHistoryCell, n);
  guint known = 0;

  lane_history_get_cells (history, span, clock_us / (lane_history_get_cell_s (span) * SECOND),
                          cells, n);
  for (guint i = 0; i < n; i++)
    known += !isnan (cells[i].rtt_mean_ms);
  return known;
}

START_TEST (new_one_knows_nothing)
{
  LaneHistoryCell cell = cell_before (LANE_HISTORY_RECENT, 1);

  ck_assert (lane_history_is_empty (history));
  ck_assert (isnan (cell.rtt_min_ms) && isnan (cell.rtt_mean_ms) && isnan (cell.rtt_max_ms));
  ck_assert (isnan (cell.jitter_ms));
  ck_assert_uint_eq (cell.answered + cell.lost, 0);
  ck_assert_int_eq (cell.path, LANE_HISTORY_UNKNOWN);
  ck_assert_ptr_null (lane_history_nth_change (history, 0));
  ck_assert_int_eq (lane_history_get_path (history), LANE_HISTORY_NONE);
}
END_TEST

START_TEST (cell_sums_up_its_pings)
{
  const double rtts_ms[] = { 20, 26, 17, 21 };

  change_for (LANE_HISTORY_DIRECT, "first", NAN);
  for (guint i = 0; i < G_N_ELEMENTS (rtts_ms); i++)
    lane_history_answered (history, clock_us, rtts_ms[i], FALSE);
  lane_history_lost (history, clock_us);
  for (guint span = 0; span < LANE_HISTORY_SPANS; span++) {
    LaneHistoryCell cell = cell_before (span, 0);

    ck_assert_uint_eq (cell.answered, 4);
    ck_assert_uint_eq (cell.lost, 1);
    ck_assert_double_eq (cell.rtt_min_ms, 17);
    ck_assert_double_eq (cell.rtt_mean_ms, 21);
    ck_assert_double_eq (cell.rtt_max_ms, 26);
    ck_assert_double_eq_tol (cell.jitter_ms, (6 + 9 + 4) / 3.0, 1e-6);
    ck_assert_int_eq (cell.path, LANE_HISTORY_DIRECT);
  }
}
END_TEST

START_TEST (late_answer_takes_its_loss_back)
{
  lane_history_lost (history, clock_us);
  clock_us += 5 * SECOND; /* the next cell already */
  lane_history_answered (history, clock_us, 5500, TRUE);

  ck_assert_uint_eq (cell_before (LANE_HISTORY_RECENT, 1).lost, 0);
  ck_assert_uint_eq (cell_before (LANE_HISTORY_RECENT, 0).answered, 1);
  ck_assert_uint_eq (cell_before (LANE_HISTORY_DAY, 0).lost, 0);
}
END_TEST

START_TEST (two_days_keep_the_last_15_min_and_24_h)
{
  change_for (LANE_HISTORY_RELAY, "first", NAN);
  answer_for (48 * HOUR, 30);
  clock_us -= SECOND; /* of the last answer */

  ck_assert_uint_eq (count_known (LANE_HISTORY_RECENT), 180);
  ck_assert_uint_eq (count_known (LANE_HISTORY_DAY), 720);
  ck_assert_uint_eq (cell_before (LANE_HISTORY_RECENT, 179).answered, 5);
  ck_assert_uint_eq (cell_before (LANE_HISTORY_DAY, 719).answered, 120);
  ck_assert_double_eq (cell_before (LANE_HISTORY_DAY, 719).rtt_mean_ms, 30);
  ck_assert (isnan (cell_before (LANE_HISTORY_RECENT, 180).rtt_mean_ms));
  ck_assert (isnan (cell_before (LANE_HISTORY_DAY, 720).rtt_mean_ms));
}
END_TEST

START_TEST (silence_is_unknown_and_not_zero)
{
  change_for (LANE_HISTORY_DIRECT, "first", NAN);
  answer_for (MINUTE, 20);
  clock_us += 10 * MINUTE; /* suspended: nothing asked, nothing lost */
  answer_for (MINUTE, 20);

  for (guint n = 13; n < 132; n++) {
    LaneHistoryCell cell = cell_before (LANE_HISTORY_RECENT, n);

    ck_assert_uint_eq (cell.answered + cell.lost, 0);
    ck_assert (isnan (cell.rtt_mean_ms));
    ck_assert_int_eq (cell.path, LANE_HISTORY_UNKNOWN);
  }
  ck_assert_double_eq (cell_before (LANE_HISTORY_RECENT, 133).rtt_mean_ms, 20);
  ck_assert_double_eq (cell_before (LANE_HISTORY_RECENT, 12).rtt_mean_ms, 20);
}
END_TEST

START_TEST (long_suspend_forgets_what_is_too_old)
{
  answer_for (HOUR, 20);
  clock_us += 30 * HOUR;
  answer_for (5 * SECOND, 20);
  clock_us -= SECOND;

  ck_assert_uint_eq (count_known (LANE_HISTORY_RECENT), 1);
  ck_assert_uint_eq (count_known (LANE_HISTORY_DAY), 1);
}
END_TEST

START_TEST (no_path_is_known_without_pings)
{
  change_for (LANE_HISTORY_DIRECT, "first", NAN);
  answer_for (MINUTE, 20);
  change_for (LANE_HISTORY_NONE, "operator", NAN);
  clock_us += MINUTE;

  ck_assert_int_eq (cell_before (LANE_HISTORY_RECENT, 0).path, LANE_HISTORY_NONE);
  ck_assert_int_eq (cell_before (LANE_HISTORY_RECENT, 11).path, LANE_HISTORY_NONE);
  ck_assert_int_eq (cell_before (LANE_HISTORY_RECENT, 13).path, LANE_HISTORY_DIRECT);
  change_for (LANE_HISTORY_RELAY, "first", NAN);
  ck_assert_int_eq (cell_before (LANE_HISTORY_RECENT, 5).path, LANE_HISTORY_NONE);
}
END_TEST

START_TEST (clock_that_goes_back_counts_in_the_newest_cell)
{
  answer_for (MINUTE, 20);
  lane_history_answered (history, clock_us - 40 * SECOND, 50, FALSE);
  clock_us -= SECOND;

  ck_assert_uint_eq (cell_before (LANE_HISTORY_RECENT, 0).answered, 6);
  ck_assert_double_eq (cell_before (LANE_HISTORY_RECENT, 0).rtt_max_ms, 50);
  ck_assert_double_eq (cell_before (LANE_HISTORY_RECENT, 8).rtt_max_ms, 20);
}
END_TEST

START_TEST (clock_far_ahead_leaves_one_cell)
{
  answer_for (MINUTE, 20);
  clock_us = G_MAXINT64 / 2;
  lane_history_answered (history, clock_us, 20, FALSE);

  ck_assert_uint_eq (count_known (LANE_HISTORY_RECENT), 1);
  ck_assert_uint_eq (count_known (LANE_HISTORY_DAY), 1);
}
END_TEST

START_TEST (jitter_does_not_reach_over_a_path_change)
{
  change_for (LANE_HISTORY_RELAY, "first", NAN);
  lane_history_answered (history, clock_us, 60, FALSE);
  lane_history_answered (history, clock_us, 62, FALSE);
  change_for (LANE_HISTORY_DIRECT, "policy", NAN);
  lane_history_answered (history, clock_us, 20, FALSE);

  ck_assert_double_eq (cell_before (LANE_HISTORY_RECENT, 0).jitter_ms, 2);
}
END_TEST

START_TEST (changes_are_newest_first_and_bounded)
{
  for (guint i = 0; i < LANE_HISTORY_CHANGES + 10; i++, clock_us += SECOND)
    change_for (i % 2 == 0 ? LANE_HISTORY_RELAY : LANE_HISTORY_DIRECT, "peer", i);

  ck_assert_uint_eq (lane_history_count_changes (history), LANE_HISTORY_CHANGES + 10);
  ck_assert_double_eq (lane_history_nth_change (history, 0)->gap_ms, LANE_HISTORY_CHANGES + 9);
  ck_assert_int_eq (lane_history_nth_change (history, 0)->old, LANE_HISTORY_RELAY);
  ck_assert_int_eq (lane_history_nth_change (history, 0)->new, LANE_HISTORY_DIRECT);
  ck_assert_double_eq (lane_history_nth_change (history, LANE_HISTORY_CHANGES - 1)->gap_ms, 10);
  ck_assert_ptr_null (lane_history_nth_change (history, LANE_HISTORY_CHANGES));
}
END_TEST

START_TEST (gap_of_an_outage_is_its_length)
{
  change_for (LANE_HISTORY_DIRECT, "first", NAN);
  ck_assert (isnan (lane_history_nth_change (history, 0)->gap_ms));
  clock_us += MINUTE;
  change_for (LANE_HISTORY_NONE, "watchdog", 5);
  ck_assert (isnan (lane_history_nth_change (history, 0)->gap_ms));
  clock_us += 90 * SECOND;
  change_for (LANE_HISTORY_RELAY, "first", NAN);
  ck_assert_double_eq (lane_history_nth_change (history, 0)->gap_ms, 90000);
}
END_TEST

START_TEST (gap_and_reason_may_come_later)
{
  ck_assert (!lane_history_set_gap (history, clock_us, 12)); /* no change yet */
  lane_history_set_why (history, LANE_WHY_SYM_SYM);
  change_for (LANE_HISTORY_RELAY, "first", NAN);
  ck_assert (!lane_history_set_gap (history, clock_us, 12)); /* nothing was interrupted */
  change_for (LANE_HISTORY_DIRECT, "policy", NAN);
  clock_us += SECOND;
  ck_assert (lane_history_set_gap (history, clock_us, 12));
  ck_assert (!lane_history_set_gap (history, clock_us, 13));
  lane_history_set_why (history, LANE_WHY_DIRECT_LAN);

  ck_assert_double_eq (lane_history_nth_change (history, 0)->gap_ms, 12);
  ck_assert_int_eq (lane_history_nth_change (history, 0)->why, LANE_WHY_DIRECT_LAN);
  change_for (LANE_HISTORY_RELAY, "network", NAN);
  ck_assert (!lane_history_set_gap (history, clock_us + MINUTE, 12)); /* of another move */
}
END_TEST

static JsonObject *
report (JsonNode **node)
{
  *node = lane_history_report (history, "cam-7", clock_us, WALL_US + clock_us - START);
  return json_node_get_object (*node);
}

static JsonNode *
element (JsonObject *span, const char *name, guint from_the_end)
{
  JsonArray *array = json_object_get_array_member (span, name);

  return json_array_get_element (array, json_array_get_length (array) - 1 - from_the_end);
}

START_TEST (report_tells_cells_that_are_over)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object, *recent;

  change_for (LANE_HISTORY_DIRECT, "first", NAN);
  answer_for (12 * SECOND, 20);
  object = report (&node);
  recent = json_object_get_object_member (object, "recent");

  ck_assert_int_eq (json_object_get_int_member (object, "schema"), 1);
  ck_assert_str_eq (json_object_get_string_member (object, "peer"), "cam-7");
  ck_assert_str_eq (json_object_get_string_member (object, "at"), "2026-01-01T00:00:12.000Z");
  ck_assert_double_eq (json_object_get_double_member (object, "clock_s"), 3600012);
  ck_assert_str_eq (json_object_get_string_member (object, "path"), "direct");
  ck_assert_int_eq (json_object_get_int_member (recent, "cell_s"), 5);
  ck_assert_int_eq (json_object_get_int_member (recent, "first_cell"), 720002 - 180);
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (recent, "path")), 180);
  ck_assert_double_eq (json_node_get_double (element (recent, "rtt_mean_ms", 0)), 20);
  ck_assert_int_eq (json_node_get_int (element (recent, "answered", 1)), 5);
  ck_assert_str_eq (json_node_get_string (element (recent, "path", 1)), "direct");
  ck_assert (json_node_is_null (element (recent, "rtt_mean_ms", 2)));
  ck_assert (json_node_is_null (element (recent, "jitter_ms", 2)));
  ck_assert (json_node_is_null (element (recent, "path", 2)));
  ck_assert_int_eq (json_node_get_int (element (recent, "lost", 2)), 0);
  recent = json_object_get_object_member (object, "day");
  ck_assert (json_node_is_null (element (recent, "rtt_mean_ms", 0))); /* 2 min are not over */
}
END_TEST

START_TEST (report_tells_changes)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object, *change;

  change_for (LANE_HISTORY_RELAY, "first", NAN);
  clock_us += SECOND;
  change_for (LANE_HISTORY_DIRECT, "policy", 12.3456);
  object = report (&node);
  change = json_array_get_object_element (json_object_get_array_member (object, "changes"), 0);

  ck_assert_int_eq (json_object_get_int_member (object, "changes_count"), 2);
  ck_assert_str_eq (json_object_get_string_member (change, "at"), "2026-01-01T00:00:01.000Z");
  ck_assert_double_eq (json_object_get_double_member (change, "clock_s"), 3600001);
  ck_assert_str_eq (json_object_get_string_member (change, "old"), "relay");
  ck_assert_str_eq (json_object_get_string_member (change, "new"), "direct");
  ck_assert_str_eq (json_object_get_string_member (change, "cause"), "policy");
  ck_assert_str_eq (json_object_get_string_member (change, "why"), "direct-nat");
  ck_assert_double_eq (json_object_get_double_member (change, "gap_ms"), 12.346);
  change = json_array_get_object_element (json_object_get_array_member (object, "changes"), 1);
  ck_assert_str_eq (json_object_get_string_member (change, "old"), "none");
  ck_assert (json_object_get_null_member (change, "gap_ms"));
}
END_TEST

/* It must fit in an answer of the control interface many times over. */
START_TEST (report_of_a_full_history_is_bounded)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; i < LANE_HISTORY_CHANGES; i++)
    change_for (LANE_HISTORY_RELAY, "credentials", 1234567.891);
  for (gint64 end = clock_us + 24 * HOUR; clock_us < end; clock_us += SECOND)
    lane_history_answered (history, clock_us, 1999.123 + (double)(clock_us / SECOND % 7) / 1000,
                           FALSE);
  report (&node);
  text = json_to_string (node, FALSE);
  ck_assert_uint_lt (strlen (text), 96 * 1024);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("history");
  TCase *tcase = tcase_create ("history");

  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_add_test (tcase, new_one_knows_nothing);
  tcase_add_test (tcase, cell_sums_up_its_pings);
  tcase_add_test (tcase, late_answer_takes_its_loss_back);
  tcase_add_test (tcase, two_days_keep_the_last_15_min_and_24_h);
  tcase_add_test (tcase, silence_is_unknown_and_not_zero);
  tcase_add_test (tcase, long_suspend_forgets_what_is_too_old);
  tcase_add_test (tcase, no_path_is_known_without_pings);
  tcase_add_test (tcase, clock_that_goes_back_counts_in_the_newest_cell);
  tcase_add_test (tcase, clock_far_ahead_leaves_one_cell);
  tcase_add_test (tcase, jitter_does_not_reach_over_a_path_change);
  tcase_add_test (tcase, changes_are_newest_first_and_bounded);
  tcase_add_test (tcase, gap_of_an_outage_is_its_length);
  tcase_add_test (tcase, gap_and_reason_may_come_later);
  tcase_add_test (tcase, report_tells_cells_that_are_over);
  tcase_add_test (tcase, report_tells_changes);
  tcase_add_test (tcase, report_of_a_full_history_is_bounded);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
