#include "ice/check-log.h"

#include <string.h>

#include "suite.h"

/* Of libnice 0.1.21 in the lab; its passwords were replaced by `canary...`. A line a millisecond.
 */
static LaneCheckLog *
read_capture (const char *name, LaneCheckFunc stepped, gpointer user_data)
{
  LaneCheckLog *log = lane_check_log_new (stepped, user_data);
  g_autofree char *path =
      g_build_filename (g_getenv ("ICELANE_SOURCE_ROOT"), "tests/core/ice/data", name, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  ck_assert (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    guint64 agent;
    const char *rest;

    if (lane_check_line_get_agent (lines[i], &agent, &rest))
      lane_check_log_read (log, rest, (i + 1) * 1000);
  }
  return log;
}

static LaneCheckLog *
read_lines (const char *const *lines)
{
  LaneCheckLog *log = lane_check_log_new (NULL, NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    lane_check_log_read (log, lines[i], (i + 1) * 1000);
  return log;
}

static const LaneCheckPair *
find (const GArray *pairs, const char *local, const char *remote)
{
  for (guint i = 0; i < pairs->len; i++) {
    const LaneCheckPair *pair = &g_array_index (pairs, LaneCheckPair, i);

    if (strcmp (pair->local.address, local) == 0 && strcmp (pair->remote.address, remote) == 0)
      return pair;
  }
  ck_abort_msg ("no pair %s -> %s", local, remote);
}

START_TEST (a_mapped_pair_is_one_with_the_check_that_discovered_it)
{
  g_autoptr (LaneCheckLog) log = read_capture ("checks-nat.txt", NULL, NULL);
  g_autoptr (GArray) pairs = lane_check_log_get_pairs (log);
  const LaneCheckPair *pair = find (pairs, "203.0.113.101", "203.0.113.102");

  ck_assert (lane_check_log_is_coherent (log));
  ck_assert_uint_eq (pairs->len, 6);
  ck_assert_str_eq (pair->base.address, "192.168.1.10");
  ck_assert_uint_eq (pair->base.port, 60884);
  ck_assert_uint_eq (pair->local.port, 60884);
  ck_assert_uint_eq (pair->remote.port, 47189);
  ck_assert_int_eq (pair->state, LANE_CHECK_ANSWERED);
  ck_assert (pair->nominated);
  ck_assert_uint_eq (pair->sent, 2);
  ck_assert_uint_eq (pair->answered, 1);
  ck_assert_int_gt (pair->rtt_us, 0);
  ck_assert_int_lt (pair->sent_us, pair->answered_us);
  ck_assert_int_gt (lane_check_log_get_stun_answered_us (log), 0);
}
END_TEST

START_TEST (a_pair_without_answers_has_failed_in_silence)
{
  g_autoptr (LaneCheckLog) log = read_capture ("checks-nat.txt", NULL, NULL);
  g_autoptr (GArray) pairs = lane_check_log_get_pairs (log);
  const LaneCheckPair *pair = find (pairs, "192.168.1.10", "192.168.2.10");

  ck_assert_int_eq (pair->state, LANE_CHECK_FAILED);
  ck_assert_int_eq (pair->failure, LANE_CHECK_FAILURE_SILENT);
  ck_assert_uint_eq (pair->sent, 3);
  ck_assert_uint_eq (pair->answered, 0);
  ck_assert_uint_eq (pair->base.port, 0);
  ck_assert_int_gt (pair->ended_us, pair->sent_us);
}
END_TEST

START_TEST (a_pair_that_lost_the_race_is_not_needed)
{
  g_autoptr (LaneCheckLog) log = read_capture ("checks-nat.txt", NULL, NULL);
  g_autoptr (GArray) pairs = lane_check_log_get_pairs (log);
  const LaneCheckPair *pair = find (pairs, "203.0.113.10", "203.0.113.102");

  ck_assert_int_eq (pair->state, LANE_CHECK_UNNEEDED);
  ck_assert_uint_eq (pair->sent, 0);
}
END_TEST

START_TEST (symmetric_nats_leave_relayed_pairs)
{
  g_autoptr (LaneCheckLog) log = read_capture ("checks-sym.txt", NULL, NULL);
  g_autoptr (GArray) pairs = lane_check_log_get_pairs (log);
  guint answered = 0, failed = 0;

  ck_assert (lane_check_log_is_coherent (log));
  for (guint i = 0; i < pairs->len; i++) {
    const LaneCheckPair *pair = &g_array_index (pairs, LaneCheckPair, i);

    answered += pair->state == LANE_CHECK_ANSWERED;
    failed += pair->state == LANE_CHECK_FAILED;
    if (pair->state == LANE_CHECK_FAILED)
      ck_assert_uint_eq (pair->answered, 0);
    else if (pair->state == LANE_CHECK_ANSWERED)
      ck_assert_uint_ge (pair->answered, 1);
  }
  ck_assert_uint_eq (pairs->len, 7);
  ck_assert_uint_eq (answered, 3);
  ck_assert_uint_eq (failed, 3);
}
END_TEST

static void
on_step (const LaneCheckPair *pair, LaneCheckStep step, gpointer user_data)
{
  guint *counts = user_data;

  counts[step]++;
  ck_assert_uint_ne (pair->remote.port, 0);
}

START_TEST (each_step_is_told_once_for_each_pair)
{
  guint counts[LANE_CHECK_STEP_NOMINATED + 1] = { 0 };
  g_autoptr (LaneCheckLog) log = read_capture ("checks-nat.txt", on_step, counts);

  ck_assert_uint_eq (counts[LANE_CHECK_STEP_FORMED], 6);
  ck_assert_uint_eq (counts[LANE_CHECK_STEP_SENT], 2);
  ck_assert_uint_eq (counts[LANE_CHECK_STEP_ANSWERED], 1);
  ck_assert_uint_eq (counts[LANE_CHECK_STEP_FAILED], 1);
  ck_assert_uint_eq (counts[LANE_CHECK_STEP_NOMINATED], 1);
}
END_TEST

#define FORM                                                                                       \
  "creating a new pair", "pair 0xa0 state FROZEN (priv_add_new_check_pair)",                       \
      "new pair 0xa0 : [10.0.0.1]:4000 --> [10.0.0.2]:5000"
#define SEND                                                                                       \
  "pair 0xa0 state IN_PROGRESS (priv_conn_check_initiate)",                                        \
      "STUN-CC REQ [10.0.0.1]:4000 --> [10.0.0.2]:5000, socket=9, pair=0xa0 (c-id:1), tie=1, "     \
      "username='canaryUfrag:x' (9), password='canaryPassword' (22), prio=6e2003ff, controlled."
#define FAIL "pair 0xa0 state FAILED (candidate_check_pair_fail)"

START_TEST (what_came_before_tells_why_a_pair_failed)
{
  const struct {
    const char *lines[12];
    LaneCheckFailure failure;
    guint sent;
  } cases[] = {
    { { FORM, SEND, FAIL }, LANE_CHECK_FAILURE_UNSENT, 0 },
    { { FORM, SEND, "Retransmissions failed, giving up on pair 0xa0", FAIL },
      LANE_CHECK_FAILURE_SILENT,
      1 },
    { { FORM, SEND, "stun_bind_process/conncheck for 0xa0: controlling,res=error,stun#=0.", FAIL },
      LANE_CHECK_FAILURE_REFUSED,
      1 },
    { { FORM, SEND, "stun_bind_process/conncheck for 0xa0: controlling,res=success,stun#=0.",
        "pair 0xa0 MATCHED.", FAIL, "pair 0xa0 FAILED (mismatch of source address)." },
      LANE_CHECK_FAILURE_MISPLACED,
      1 },
  };
  g_autoptr (LaneCheckLog) log = read_lines (cases[_i].lines);
  g_autoptr (GArray) pairs = lane_check_log_get_pairs (log);
  const LaneCheckPair *pair = find (pairs, "10.0.0.1", "10.0.0.2");

  ck_assert (lane_check_log_is_coherent (log));
  ck_assert_int_eq (pair->state, LANE_CHECK_FAILED);
  ck_assert_int_eq (pair->failure, cases[_i].failure);
  ck_assert_uint_eq (pair->sent, cases[_i].sent);
  ck_assert_int_eq (pair->sent_us != 0, cases[_i].sent > 0);
}
END_TEST

START_TEST (an_answer_is_timed_from_the_request_it_is_to)
{
  /* A line a millisecond: two requests, at 5 and 7 ms, and the answer at 9 ms. */
  const struct {
    const char *lines[12];
    gint64 rtt_us;
  } cases[] = {
    { { FORM, SEND, SEND, "stun_bind_process/conncheck for 0xa0: controlled,res=success,stun#=0.",
        "pair 0xa0 MATCHED." },
      2000 },
    { { FORM, SEND, SEND, "stun_bind_process/conncheck for 0xa0: controlled,res=success,stun#=1.",
        "pair 0xa0 MATCHED." },
      4000 },
    /* To a repeated request nobody knows. */
    { { FORM, SEND, "STUN transaction retransmitted on pair 0xa0 (timer=2/3 0/1000ms).",
        "stun_bind_process/conncheck for 0xa0: controlled,res=success,stun#=0.",
        "pair 0xa0 MATCHED." },
      0 },
  };
  g_autoptr (LaneCheckLog) log = read_lines (cases[_i].lines);
  g_autoptr (GArray) pairs = lane_check_log_get_pairs (log);

  ck_assert_int_eq (g_array_index (pairs, LaneCheckPair, 0).rtt_us, cases[_i].rtt_us);
  ck_assert_uint_eq (g_array_index (pairs, LaneCheckPair, 0).answered, 1);
}
END_TEST

START_TEST (an_address_in_memory_may_be_another_pairs_later)
{
  const char *const lines[] = { FORM,
                                "pair 0xa0 removed.",
                                "creating a new pair",
                                "pair 0xa0 state FROZEN (priv_add_new_check_pair)",
                                "new pair 0xa0 : [fe80::1%eth0]:4001 --> [2001:db8::0:2]:5001",
                                NULL };
  g_autoptr (LaneCheckLog) log = read_lines (lines);
  g_autoptr (GArray) pairs = lane_check_log_get_pairs (log);

  ck_assert (lane_check_log_is_coherent (log));
  ck_assert_uint_eq (pairs->len, 2);
  ck_assert_int_eq (find (pairs, "10.0.0.1", "10.0.0.2")->state, LANE_CHECK_UNNEEDED);
  ck_assert_int_eq (find (pairs, "fe80::1", "2001:db8::2")->state, LANE_CHECK_FROZEN);
}
END_TEST

START_TEST (other_shapes_make_it_incoherent)
{
  static const char *const cases[][6] = {
    { FORM, "pair 0xa0 state SLEEPING (priv_x)" },
    { FORM, "pair 0xa0 state " },
    { FORM, "pair 0xa0 state in-progress (x)" },
    { "pair 0xb0 state IN_PROGRESS (priv_conn_check_initiate)" },
    { "pair 0xb0 MATCHED." },
    { "creating a new pair", "pair 0xa0 state FROZEN (x)",
      "new pair 0xa0 : 10.0.0.1:1 -> 10.0.0.2:2" },
    { "creating a new pair", "pair 0xa0 state FROZEN (x)", "pair 0xa0 state IN_PROGRESS (y)" },
    { FORM, "STUN-CC REQ from somewhere" },
  };
  g_autoptr (LaneCheckLog) log = read_lines (cases[_i]);

  ck_assert (!lane_check_log_is_coherent (log));
}
END_TEST

START_TEST (pairs_are_bounded)
{
  g_autoptr (LaneCheckLog) log = lane_check_log_new (NULL, NULL);
  g_autoptr (GArray) pairs = NULL;

  for (guint i = 1; i <= 1000; i++) {
    g_autofree char *state = g_strdup_printf ("pair 0x%x state FROZEN (f)", i);
    g_autofree char *new_pair =
        g_strdup_printf ("new pair 0x%x : [10.0.0.1]:4000 --> [10.0.0.2]:%u", i, i);

    lane_check_log_read (log, "creating a new pair", i);
    lane_check_log_read (log, state, i);
    lane_check_log_read (log, new_pair, i);
  }
  pairs = lane_check_log_get_pairs (log);
  ck_assert_uint_eq (pairs->len, 256);
  ck_assert_uint_eq (lane_check_log_get_dropped (log), 744);
  ck_assert (lane_check_log_is_coherent (log));
}
END_TEST

START_TEST (a_line_names_its_agent)
{
  static const struct {
    const char *line;
    guint64 agent;
    const char *rest;
  } cases[] = {
    { "Agent 0x10 : pair 0x1 removed.", 0x10, "pair 0x1 removed." },
    { "Agent 0xFf: set_remote_credentials 1", 0xff, "set_remote_credentials 1" },
    { "Agent 0x10 :STUN transaction", 0x10, "STUN transaction" },
    { "Agent 0x0 : x", 0, NULL },
    { "Agent (nil) : x", 0, NULL },
    { "Agent 0x11111111111111111 : x", 0, NULL },
    { "Interface:  lo", 0, NULL },
    { "", 0, NULL },
  };
  guint64 agent = 0;
  const char *rest = NULL;
  gboolean found = lane_check_line_get_agent (cases[_i].line, &agent, &rest);

  ck_assert_int_eq (found, cases[_i].rest != NULL);
  if (found) {
    ck_assert_uint_eq (agent, cases[_i].agent);
    ck_assert_str_eq (rest, cases[_i].rest);
  }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("check-log");
  TCase *captures = tcase_create ("captures");
  TCase *lines = tcase_create ("lines");

  tcase_add_test (captures, a_mapped_pair_is_one_with_the_check_that_discovered_it);
  tcase_add_test (captures, a_pair_without_answers_has_failed_in_silence);
  tcase_add_test (captures, a_pair_that_lost_the_race_is_not_needed);
  tcase_add_test (captures, symmetric_nats_leave_relayed_pairs);
  tcase_add_test (captures, each_step_is_told_once_for_each_pair);
  suite_add_tcase (suite, captures);
  tcase_add_loop_test (lines, what_came_before_tells_why_a_pair_failed, 0, 4);
  tcase_add_loop_test (lines, an_answer_is_timed_from_the_request_it_is_to, 0, 3);
  tcase_add_test (lines, an_address_in_memory_may_be_another_pairs_later);
  tcase_add_loop_test (lines, other_shapes_make_it_incoherent, 0, 8);
  tcase_add_test (lines, pairs_are_bounded);
  tcase_add_loop_test (lines, a_line_names_its_agent, 0, 8);
  suite_add_tcase (suite, lines);
  return lane_suite_run (suite);
}
