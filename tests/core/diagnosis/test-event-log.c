#include "suite.h"

#include "diagnosis/event-log.h"

#include <string.h>

static void
add (LaneEventLog *log, const char *peer, gint64 at_ms, const char *text)
{
  LaneEvent *event = lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_STATE, peer, NULL, "%s", text);

  event->monotonic_us = at_ms * 1000;
  lane_event_log_add (log, event);
}

static void
add_numbered (LaneEventLog *log, const char *peer, gint64 at_ms, guint number)
{
  g_autofree char *text = g_strdup_printf ("event %u", number);

  add (log, peer, at_ms, text);
}

static guint
count_all (LaneEventLog *log)
{
  g_autoptr (GPtrArray) list = lane_event_log_list (log, 0, NULL, G_MAXUINT);

  return list->len;
}

static const LaneEvent *
last_event (LaneEventLog *log)
{
  g_autoptr (GPtrArray) list = lane_event_log_list (log, 0, NULL, 1);

  ck_assert_uint_eq (list->len, 1);
  return list->pdata[0];
}

START_TEST (events_are_numbered_from_one_and_listed_oldest_first)
{
  g_autoptr (LaneEventLog) log = lane_event_log_new (LANE_LOG_LEVEL_INFO);
  g_autoptr (GPtrArray) all = NULL, later = NULL, of_bob = NULL, two = NULL;

  add (log, "alice", 0, "one");
  add (log, "bob", 0, "two");
  add (log, "alice", 0, "three");
  all = lane_event_log_list (log, 0, NULL, 100);
  later = lane_event_log_list (log, 1, NULL, 100);
  of_bob = lane_event_log_list (log, 0, "bob", 100);
  two = lane_event_log_list (log, 0, NULL, 2);

  ck_assert_uint_eq (all->len, 3);
  for (guint i = 0; i < 3; i++)
    ck_assert_uint_eq (((LaneEvent *)all->pdata[i])->sequence, i + 1);
  ck_assert_uint_eq (later->len, 2);
  ck_assert_str_eq (((LaneEvent *)later->pdata[0])->text, "two");
  ck_assert_uint_eq (of_bob->len, 1);
  ck_assert_str_eq (((LaneEvent *)of_bob->pdata[0])->text, "two");
  ck_assert_uint_eq (two->len, 2);
  ck_assert_str_eq (((LaneEvent *)two->pdata[0])->text, "two");
}
END_TEST

START_TEST (events_below_the_level_are_dropped)
{
  g_autoptr (LaneEventLog) log = lane_event_log_new (LANE_LOG_LEVEL_WARNING);

  add (log, "alice", 0, "one");
  ck_assert_uint_eq (count_all (log), 0);
}
END_TEST

START_TEST (a_repeated_event_is_counted_and_told_before_the_next)
{
  g_autoptr (LaneEventLog) log = lane_event_log_new (LANE_LOG_LEVEL_INFO);
  g_autoptr (GPtrArray) list = NULL;

  for (guint i = 0; i < 5; i++)
    add (log, "alice", 100 * i, "same");
  ck_assert_uint_eq (count_all (log), 1);

  add (log, "alice", 600, "other");
  list = lane_event_log_list (log, 0, NULL, 100);
  ck_assert_uint_eq (list->len, 3);
  ck_assert_str_eq (((LaneEvent *)list->pdata[1])->text, "same x5");
  ck_assert_str_eq (((LaneEvent *)list->pdata[2])->text, "other");
}
END_TEST

START_TEST (a_repeat_after_ten_seconds_is_told_again)
{
  g_autoptr (LaneEventLog) log = lane_event_log_new (LANE_LOG_LEVEL_INFO);

  add (log, "alice", 0, "same");
  add (log, "alice", 9999, "same");
  add (log, "alice", 10000, "same");
  ck_assert_uint_eq (count_all (log), 3);
  ck_assert_str_eq (last_event (log)->text, "same");
}
END_TEST

START_TEST (a_flood_is_limited_and_its_loss_told_once)
{
  g_autoptr (LaneEventLog) log = lane_event_log_new (LANE_LOG_LEVEL_INFO);
  g_autoptr (GPtrArray) list = NULL;

  for (guint i = 0; i < 1000; i++)
    add_numbered (log, "alice", 0, i);
  ck_assert_uint_eq (count_all (log), 100);

  add (log, "bob", 0, "bob is not silenced");
  ck_assert_str_eq (last_event (log)->text, "bob is not silenced");

  for (guint i = 1000; i < 1100; i++)
    add_numbered (log, "alice", 1000, i); /* 20 tokens have come back */
  list = lane_event_log_list (log, 101, NULL, 1000);
  ck_assert_uint_eq (list->len, 21);
  ck_assert_str_eq (((LaneEvent *)list->pdata[0])->text,
                    "suppressed 900 events, more than 20 a second");
  ck_assert_int_eq (((LaneEvent *)list->pdata[0])->level, LANE_LOG_LEVEL_WARNING);
  ck_assert_str_eq (((LaneEvent *)list->pdata[1])->text, "event 1000");
}
END_TEST

START_TEST (what_was_left_out_is_a_number_too)
{
  g_autoptr (LaneEventLog) log = lane_event_log_new (LANE_LOG_LEVEL_INFO);
  g_autoptr (GPtrArray) list = NULL;
  g_autofree char *repeats = NULL;
  g_autofree char *suppressed = NULL;

  for (guint i = 0; i < 3; i++)
    add (log, "alice", 0, "same");
  for (guint i = 0; i < 300; i++)
    add_numbered (log, "alice", 0, i);
  add (log, "alice", 60000, "later");
  list = lane_event_log_list (log, 0, NULL, 1000);
  repeats = lane_event_to_json_line (list->pdata[1]);
  suppressed = lane_event_to_json_line (list->pdata[list->len - 2]);
  ck_assert_ptr_nonnull (strstr (repeats, "\"fact\":\"repeats\",\"repeats\":2"));
  ck_assert_ptr_nonnull (strstr (suppressed, "\"fact\":\"suppressed\",\"suppressed\":20"));
}
END_TEST

START_TEST (details_do_not_silence_what_matters)
{
  g_autoptr (LaneEventLog) log = lane_event_log_new (LANE_LOG_LEVEL_DEBUG);

  for (guint i = 0; i < 1000; i++) {
    LaneEvent *detail =
        lane_event_new (LANE_LOG_LEVEL_DEBUG, LANE_EVENT_PAIR, "alice", NULL, "pair %u formed", i);

    detail->monotonic_us = 0;
    lane_event_log_add (log, detail);
  }
  add (log, "alice", 0, "connected");
  ck_assert_str_eq (last_event (log)->text, "connected");
}
END_TEST

START_TEST (the_ring_keeps_the_last_10000)
{
  g_autoptr (LaneEventLog) log = lane_event_log_new (LANE_LOG_LEVEL_INFO);
  g_autoptr (GPtrArray) list = NULL;

  /* The byte limit comes first at about 8000; the count is the ceiling. */
  for (guint i = 0; i < 30000; i++)
    add_numbered (log, "alice", (gint64)i * 1000, i);
  list = lane_event_log_list (log, 0, NULL, G_MAXUINT);

  ck_assert_uint_le (list->len, 10000);
  ck_assert_uint_ge (list->len, 7000);
  ck_assert_uint_eq (((LaneEvent *)list->pdata[list->len - 1])->sequence, 30000);
}
END_TEST

START_TEST (long_texts_are_bounded_in_bytes)
{
  g_autoptr (LaneEventLog) log = lane_event_log_new (LANE_LOG_LEVEL_INFO);
  g_autofree char *padding = g_strnfill (700, 'x');

  for (guint i = 0; i < 10000; i++) {
    g_autofree char *text = g_strdup_printf ("%u %s", i, padding);

    add (log, "alice", (gint64)i * 1000, text);
  }
  ck_assert_uint_le (count_all (log), 4 * 1024 * 1024 / 700);
  ck_assert_uint_ge (count_all (log), 3000);
}
END_TEST

START_TEST (sources_are_bounded)
{
  g_autoptr (LaneEventLog) log = lane_event_log_new (LANE_LOG_LEVEL_INFO);
  g_autoptr (GPtrArray) list = NULL;

  for (guint i = 0; i < 20000; i++) {
    g_autofree char *peer = g_strdup_printf ("peer-%u", i);

    add_numbered (log, peer, 0, i);
  }
  /* 8192 of their own and one budget for all others. */
  list = lane_event_log_list (log, 8192, NULL, G_MAXUINT);
  ck_assert_uint_le (list->len, 100);
}
END_TEST

static void
count_sink (const LaneEvent *event, gpointer user_data)
{
  *(guint64 *)user_data += event->sequence;
}

START_TEST (sinks_hear_what_is_kept)
{
  g_autoptr (LaneEventLog) log = lane_event_log_new (LANE_LOG_LEVEL_INFO);
  guint64 first = 0, second = 0;

  lane_event_log_add_sink (log, count_sink, &first);
  lane_event_log_add_sink (log, count_sink, &second);
  add (log, "alice", 0, "one");
  add (log, "alice", 0, "one");
  add (log, "bob", 0, "two");

  ck_assert_uint_eq (first, 3);
  ck_assert_uint_eq (second, 3);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("event-log");
  TCase *tcase = tcase_create ("event-log");

  tcase_add_test (tcase, events_are_numbered_from_one_and_listed_oldest_first);
  tcase_add_test (tcase, events_below_the_level_are_dropped);
  tcase_add_test (tcase, a_repeated_event_is_counted_and_told_before_the_next);
  tcase_add_test (tcase, a_repeat_after_ten_seconds_is_told_again);
  tcase_add_test (tcase, a_flood_is_limited_and_its_loss_told_once);
  tcase_add_test (tcase, what_was_left_out_is_a_number_too);
  tcase_add_test (tcase, details_do_not_silence_what_matters);
  tcase_add_test (tcase, the_ring_keeps_the_last_10000);
  tcase_add_test (tcase, long_texts_are_bounded_in_bytes);
  tcase_add_test (tcase, sources_are_bounded);
  tcase_add_test (tcase, sinks_hear_what_is_kept);
  tcase_set_timeout (tcase, 60);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
