/* The commands against a node with known answers: what they print and how they end. */
#include "suite.h"

#include <string.h>

#include "program.h"

#define STATUS                                                                                     \
  "{\"schema\":1,\"node\":{\"name\":\"oslo\",\"signaling\":{\"type\":\"http\",\"state\":"          \
  "\"connected\"}},\"servers\":[],\"peers\":["                                                     \
  "{\"name\":\"berlin\",\"state\":\"connected\",\"path\":\"direct\",\"family\":4,"                 \
  "\"why\":{\"code\":\"direct-lan\"},\"rtt_ms\":{\"mean\":23},\"loss\":0.0,\"generation\":1},"     \
  "{\"name\":\"cairo\",\"state\":\"connected\",\"path\":\"relay\",\"generation\":1},"              \
  "{\"name\":\"delhi\",\"state\":\"waiting\",\"path\":null}]}"

static FakeNode *node;

static void
setup (void)
{
  node = fake_node_new ();
  node->status = STATUS;
  program_isolate (node);
}

static void
teardown (void)
{
  fake_node_free (node);
}

static Outcome *
run (const char *line)
{
  g_autofree char *whole = g_strdup_printf ("--socket %s %s", node->path, line);

  return program_run (node, whole);
}

/* @function is called again and again meanwhile. */
static Outcome *
run_beside (const char *line, GSourceFunc function, gpointer user_data)
{
  g_autoptr (GSource) source = g_timeout_source_new (5);
  Outcome *outcome;

  g_source_set_callback (source, function, user_data, NULL);
  g_source_attach (source, node->context);
  outcome = run (line);
  g_source_destroy (source);
  return outcome;
}

START_TEST (status_json_is_the_nodes_own)
{
  g_autoptr (Outcome) outcome = run ("status --json");

  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_str_eq (outcome->out, STATUS "\n");
  ck_assert_str_eq (outcome->err, "");
}
END_TEST

START_TEST (status_json_of_one_peer_has_only_that)
{
  g_autoptr (Outcome) outcome = run ("status delhi --json");

  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_ptr_nonnull (strstr (outcome->out, "\"schema\":1"));
  ck_assert_ptr_nonnull (strstr (outcome->out, "delhi"));
  ck_assert_ptr_null (strstr (outcome->out, "berlin"));
}
END_TEST

START_TEST (status_is_a_table_of_words)
{
  g_autoptr (Outcome) outcome = run ("status");

  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_ptr_nonnull (strstr (outcome->out, "\nPEER    PATH"));
  ck_assert_ptr_nonnull (strstr (outcome->out, "\nberlin  Direct/4"));
  ck_assert_ptr_nonnull (strstr (outcome->out, "direct-lan"));
  ck_assert_ptr_nonnull (strstr (outcome->out, "23 ms"));
  ck_assert_ptr_nonnull (strstr (outcome->out, "\ndelhi   Waiting"));
}
END_TEST

START_TEST (status_without_peers_says_how_to_get_one)
{
  g_autoptr (Outcome) outcome = NULL;

  node->status = "{\"schema\":1,\"node\":{},\"servers\":[],\"peers\":[]}";
  outcome = run ("status");
  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_ptr_nonnull (strstr (outcome->out, "[peer NAME]"));
}
END_TEST

typedef struct {
  const char *line;
  int exit_code;
  const char *says; /* on stderr; NULL: nothing */
} Ending;

static const Ending endings[] = {
  { "status nobody", 1, "no peer 'nobody'" },
  { "status berlni", 1, "(did you mean berlin?)" },
  { "wait berlin", 0, NULL },
  { "wait berlin --direct", 0, NULL },
  { "wait cairo", 0, NULL },
  { "wait cairo --direct --timeout 0.1", 5, "cairo is connected, but not direct" },
  { "wait delhi --timeout 0.1", 4, "delhi is not connected after 0.1 s" },
  { "wait nobody", 1, "no peer 'nobody'" },
  { "wait delhi --timeout soon", 2, "'soon' is not a number of seconds" },
  { "restart", 2, "usage: icelane restart PEER... | --all" },
  { "restart berlin --all", 2, "usage: icelane restart" },
  { "restart nobody", 1, "no peer 'nobody'" },
  { "candidates delhi", 1, "no peer 'nobody': have one" },
  { "log --level loud", 2, "'loud' is not error, warning, info or debug" },
  { "log nobody", 1, "no peer 'nobody'" },
  { "--config /nonexistent/x.ini status", 3, "/nonexistent/x.ini" },
};

START_TEST (a_command_ends_with_its_code)
{
  const Ending *ending = &endings[_i];
  g_autoptr (Outcome) outcome = run (ending->line);

  ck_assert_msg (outcome->exit_code == ending->exit_code, "`%s` gave %d: %s", ending->line,
                 outcome->exit_code, outcome->err);
  if (ending->says == NULL)
    ck_assert_str_eq (outcome->err, "");
  else
    ck_assert_msg (strstr (outcome->err, ending->says) != NULL, "'%s' lacks '%s'", outcome->err,
                   ending->says);
}
END_TEST

static const char *const needing_a_node[] = { "status",        "wait a",     "connect a",
                                              "restart --all", "log",        "candidates a",
                                              "pairs a",       "timeline a", "stop" };

START_TEST (without_a_node_the_code_is_6_and_says_what_to_do)
{
  g_autofree char *line =
      g_strdup_printf ("--socket %s/none %s", node->directory, needing_a_node[_i]);
  g_autoptr (Outcome) outcome = program_run (node, line);

  ck_assert_int_eq (outcome->exit_code, 6);
  ck_assert_ptr_nonnull (strstr (outcome->err, "`icelane run` starts one"));
  ck_assert_str_eq (outcome->out, "");
}
END_TEST

typedef struct {
  const char *line;
  int exit_code;
  const char *calls;
} Order;

static const Order orders[] = {
  { "connect delhi", 0, "Connect('delhi',);" },
  { "connect delhi berlin", 0, "Connect('delhi',);Connect('berlin',);" },
  { "connect --all", 0, "Connect('',);" },
  { "restart berlin", 0, "Restart('berlin',);" },
  { "restart berlin cairo", 2, "" },
  { "restart berlin cairo --yes", 0, "Restart('berlin',);Restart('cairo',);" },
  { "restart --all", 2, "" },
  { "-y restart --all", 0, "Restart('',);" },
  { "disconnect delhi", 0, "Disconnect('delhi',);" },
  { "disconnect berlin", 2, "" },
  { "disconnect berlin --yes", 0, "Disconnect('berlin',);" },
  { "disconnect --all", 2, "" },
};

START_TEST (what_may_cost_a_working_link_needs_yes)
{
  const Order *order = &orders[_i];
  g_autoptr (Outcome) outcome = run (order->line);

  ck_assert_msg (outcome->exit_code == order->exit_code, "`%s` gave %d: %s", order->line,
                 outcome->exit_code, outcome->err);
  ck_assert_str_eq (node->calls->str, order->calls);
  if (order->exit_code == 2)
    ck_assert_ptr_nonnull (strstr (outcome->err, "add --yes"));
}
END_TEST

/* Tells a change once the command has come. */
static gboolean
change_after_command (gpointer user_data)
{
  if (node->calls->len == 0)
    return G_SOURCE_CONTINUE;
  fake_node_emit (node, "PeersChanged", user_data);
  return G_SOURCE_REMOVE;
}

static Outcome *
run_and_change (const char *line, const char *json)
{
  return run_beside (line, change_after_command, (gpointer)json);
}

START_TEST (restart_wait_returns_with_the_new_generation)
{
  g_autoptr (Outcome) outcome = run_and_change (
      "restart berlin --wait",
      "[{\"name\":\"berlin\",\"state\":\"connected\",\"path\":\"direct\",\"generation\":2}]");

  ck_assert_int_eq (outcome->exit_code, 0);
}
END_TEST

START_TEST (restart_wait_is_not_content_with_the_old_generation)
{
  g_autoptr (Outcome) outcome = run_and_change (
      "restart berlin --wait=0.3",
      "[{\"name\":\"berlin\",\"state\":\"restarting\",\"path\":\"direct\",\"generation\":1}]");

  ck_assert_int_eq (outcome->exit_code, 4);
}
END_TEST

START_TEST (restart_wait_direct_tells_a_relay)
{
  g_autoptr (Outcome) outcome = run_and_change (
      "restart berlin --wait=0.3 --direct",
      "[{\"name\":\"berlin\",\"state\":\"connected\",\"path\":\"relay\",\"generation\":2}]");

  ck_assert_int_eq (outcome->exit_code, 5);
}
END_TEST

START_TEST (disconnect_wait_returns_when_it_is_off)
{
  g_autoptr (Outcome) outcome = run_and_change ("disconnect berlin --yes --wait",
                                                "[{\"name\":\"berlin\",\"state\":\"off\"}]");

  ck_assert_int_eq (outcome->exit_code, 0);
}
END_TEST

static gboolean
hang_up_after_stop (gpointer user_data)
{
  if (node->calls->len == 0)
    return G_SOURCE_CONTINUE;
  fake_node_hang_up (node);
  return G_SOURCE_REMOVE;
}

/* What was answered still arrives. */
static gboolean
hang_up_after_answers (gpointer user_data)
{
  if (node->answers < GPOINTER_TO_UINT (user_data))
    return G_SOURCE_CONTINUE;
  fake_node_hang_up (node);
  return G_SOURCE_REMOVE;
}

START_TEST (stop_returns_when_the_node_is_gone)
{
  g_autoptr (Outcome) outcome = run_beside ("stop", hang_up_after_stop, NULL);

  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_str_eq (outcome->err, "");
  ck_assert_str_eq (node->calls->str, "Stop();");
}
END_TEST

START_TEST (a_node_that_dies_while_waited_for_is_code_6)
{
  g_autoptr (Outcome) outcome =
      run_beside ("wait delhi", hang_up_after_answers, GUINT_TO_POINTER (1));

  ck_assert_int_eq (outcome->exit_code, 6);
  ck_assert_ptr_nonnull (strstr (outcome->err, "went away"));
}
END_TEST

static const char *const events[] = {
  "{\"time\":\"2026-11-22T00:00:00.000Z\",\"level\":\"info\",\"peer\":\"berlin\",\"kind\":\"path\","
  "\"text\":\"checking -> direct\",\"sequence\":1}",
  "{\"time\":\"2026-11-22T00:00:01.000Z\",\"level\":\"error\",\"peer\":null,\"kind\":\"server\","
  "\"text\":\"bad\\u001b[2J\",\"sequence\":2}",
  NULL,
};

START_TEST (log_is_text_for_people)
{
  g_autoptr (Outcome) outcome = NULL;

  g_setenv ("TZ", "UTC", TRUE);
  node->events = events;
  outcome = run ("log");
  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_str_eq (outcome->out, "00:00:00 berlin   PATH  checking -> direct\n"
                                  "00:00:01 node     ERROR bad␛[2J\n");
}
END_TEST

START_TEST (log_json_is_one_record_a_line)
{
  g_autoptr (Outcome) outcome = NULL;
  g_autofree char *expected = g_strdup_printf ("%s\n", events[0]);

  node->events = events;
  outcome = run ("log berlin --json");
  ck_assert_str_eq (outcome->out, expected);
}
END_TEST

START_TEST (log_level_leaves_out_the_rest)
{
  g_autoptr (Outcome) outcome = NULL;

  node->events = events;
  outcome = run ("log --level error");
  ck_assert_ptr_null (strstr (outcome->out, "berlin"));
  ck_assert_ptr_nonnull (strstr (outcome->out, "bad"));
}
END_TEST

START_TEST (log_follow_goes_on_until_the_node_ends)
{
  g_autoptr (Outcome) outcome = NULL;

  node->events = events;
  outcome = run_beside ("log -f", hang_up_after_answers, GUINT_TO_POINTER (2));
  ck_assert_int_eq (outcome->exit_code, 6);
  ck_assert_ptr_nonnull (strstr (outcome->out, "checking -> direct"));
}
END_TEST

START_TEST (candidates_are_listed_or_given_as_json)
{
  g_autoptr (Outcome) table = NULL, json = NULL;

  node->detail =
      "{\"peer\":{\"name\":\"berlin\"},\"generations\":[{\"generation\":2,\"current\":true,"
      "\"local\":[{\"type\":\"host\",\"address\":\"fd00::1\",\"port\":9,\"transport\":\"udp\","
      "\"priority\":7}],\"remote\":[]}]}";
  table = run ("candidates berlin");
  json = run ("candidates berlin --json");
  ck_assert_int_eq (table->exit_code, 0);
  ck_assert_ptr_nonnull (strstr (table->out, "local"));
  ck_assert_ptr_nonnull (strstr (table->out, "[fd00::1]:9"));
  ck_assert (g_str_has_prefix (json->out, node->detail));
}
END_TEST

#define PAIR(state, result, sent, answered, rtt, selected)                                         \
  "{\"state\":\"" state "\",\"result\":\"" result "\",\"sent\":" sent ",\"answered\":" answered    \
  ",\"rtt_ms\":" rtt ",\"selected\":" selected ",\"sent_ms\":20,\"answered_ms\":40,"               \
  "\"local\":{\"type\":\"host\",\"address\":\"fd00::1\",\"port\":9},"                              \
  "\"remote\":{\"type\":\"srflx\",\"address\":\"192.0.2.1\",\"port\":8}}"
#define DETAIL                                                                                     \
  "{\"peer\":{\"name\":\"berlin\"},\"generations\":[{\"generation\":2,\"current\":true,"           \
  "\"offered\":true,\"gathered_ms\":100,\"answered_ms\":30,\"connected_ms\":60,"                   \
  "\"gathering\":{\"servers\":[{\"name\":\"home\",\"kind\":\"turn\",\"transport\":\"tcp\","        \
  "\"outcome\":\"silent\",\"code\":\"unauthorized\",\"asked_ms\":10}]},"                           \
  "\"local\":[],\"remote\":[],\"pairs\":[" PAIR (                                                  \
      "answered", "answered in 23 ms", "2", "1", "23.4",                                           \
      "true") "," PAIR ("failed", "0 of 9 answered", "9", "0", "null",                             \
                        "false") "]}],"                                                            \
                                 "\"securing\":{\"generation\":2,"                                 \
                                 "\"dtls_from_ms\":60,"                                            \
                                 "\"dtls_ms\":150,\"sctp_ms\":200}}"

START_TEST (pairs_say_what_came_of_each_check)
{
  g_autoptr (Outcome) table = NULL, json = NULL;

  node->detail = DETAIL;
  table = run ("pairs berlin");
  json = run ("pairs berlin --json");
  ck_assert_int_eq (table->exit_code, 0);
  ck_assert_ptr_nonnull (strstr (table->out, "in use"));
  ck_assert_ptr_nonnull (strstr (table->out, "1/2"));
  ck_assert_ptr_nonnull (strstr (table->out, "23 ms"));
  ck_assert_ptr_nonnull (strstr (table->out, "0 of 9 answered"));
  ck_assert (g_str_has_prefix (json->out, "{\"schema\":1,\"peer\":\"berlin\",\"generations\":["));
  ck_assert_ptr_nonnull (strstr (json->out, "\"result\":\"0 of 9 answered\""));
  ck_assert_ptr_null (strstr (json->out, "gathering"));
}
END_TEST

START_TEST (the_timeline_is_bars_of_the_steps)
{
  static const char expected[] =
      "Generation 2, in use: a path after 60 ms\n"
      "  gather                  ####################                            0-100 ms\n"
      "    turn home tcp           xxxxxxxxxxxxxxxxxx                        unauthorized\n"
      "  peer's answer           ######                                           0-30 ms\n"
      "  checks                        ######                                    30-60 ms\n"
      "    host to srflx             ####                                        20-40 ms\n"
      "  dtls                                ##################                 60-150 ms\n"
      "  sctp                                                  ##########      150-200 ms\n";
  g_autoptr (Outcome) text = NULL, json = NULL;

  node->detail = DETAIL;
  text = run ("timeline berlin --ascii");
  json = run ("timeline berlin --json");
  ck_assert_int_eq (text->exit_code, 0);
  ck_assert_str_eq (text->out, expected);
  ck_assert_ptr_nonnull (strstr (json->out, "\"securing\":{\"generation\":2"));
  ck_assert_ptr_nonnull (strstr (json->out, "\"code\":\"unauthorized\""));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("commands");
  TCase *tcase = tcase_create ("commands");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, status_json_is_the_nodes_own);
  tcase_add_test (tcase, status_json_of_one_peer_has_only_that);
  tcase_add_test (tcase, status_is_a_table_of_words);
  tcase_add_test (tcase, status_without_peers_says_how_to_get_one);
  tcase_add_loop_test (tcase, a_command_ends_with_its_code, 0, G_N_ELEMENTS (endings));
  tcase_add_loop_test (tcase, without_a_node_the_code_is_6_and_says_what_to_do, 0,
                       G_N_ELEMENTS (needing_a_node));
  tcase_add_loop_test (tcase, what_may_cost_a_working_link_needs_yes, 0, G_N_ELEMENTS (orders));
  tcase_add_test (tcase, restart_wait_returns_with_the_new_generation);
  tcase_add_test (tcase, restart_wait_is_not_content_with_the_old_generation);
  tcase_add_test (tcase, restart_wait_direct_tells_a_relay);
  tcase_add_test (tcase, disconnect_wait_returns_when_it_is_off);
  tcase_add_test (tcase, stop_returns_when_the_node_is_gone);
  tcase_add_test (tcase, a_node_that_dies_while_waited_for_is_code_6);
  tcase_add_test (tcase, log_is_text_for_people);
  tcase_add_test (tcase, log_json_is_one_record_a_line);
  tcase_add_test (tcase, log_level_leaves_out_the_rest);
  tcase_add_test (tcase, log_follow_goes_on_until_the_node_ends);
  tcase_add_test (tcase, candidates_are_listed_or_given_as_json);
  tcase_add_test (tcase, pairs_say_what_came_of_each_check);
  tcase_add_test (tcase, the_timeline_is_bars_of_the_steps);
  tcase_set_timeout (tcase, 60);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
