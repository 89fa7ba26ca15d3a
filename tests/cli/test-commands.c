/* The commands against a node with known answers: what they print and how they end. */
#include "suite.h"

#include <glib-unix.h>
#include <pty.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
  { "status", 0, NULL },
  { "status --bogus", 2, "no option --bogus here" },
  { "status --format {direkt}", 2, "no field {direkt} (did you mean direct?); `icelane help" },
  { "status --format {direct", 2, "a { has no }" },
  { "status --format {direct} --json", 2, "--format and --json" },
  { "status --watch=often", 2, "'often' is not a number of seconds" },
  { "status berlin nobody", 1, "no peer 'nobody'" },
  { "help exit-codes", 0, NULL },
  { "help exit-code", 2, "(did you mean exit-codes?)" },
  { "", 7, "terminal" },
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

/* A code that help explains, and nothing here ends with, would be a promise that nobody keeps. */
START_TEST (help_explains_the_codes_that_there_are)
{
  g_autoptr (Outcome) outcome = run ("help exit-codes");
  static const guint elsewhere = 1u << 6; /* the next test */
  guint seen = elsewhere;

  for (gsize i = 0; i < G_N_ELEMENTS (endings); i++)
    seen |= 1u << endings[i].exit_code;
  for (int code = 0; code <= 7; code++) {
    g_autofree char *row = g_strdup_printf ("\n  %d      ", code);

    ck_assert_msg (strstr (outcome->out, row) != NULL, "code %d is not explained", code);
    ck_assert_msg ((seen & 1u << code) != 0, "nothing ends with code %d", code);
  }
  ck_assert_uint_eq (seen >> 8, 0);
  ck_assert_ptr_nonnull (strstr (outcome->out, "\n  128+N  "));
}
END_TEST

typedef struct {
  const char *line, *out;
} Format;

static const Format formats[] = {
  { "status --format {direct}/{total}", "1/3\n" },
  { "status --format {up}+{down}={total},{relay}", "2+1=3,1\n" },
  { "status --format {direct}/{total} cairo delhi", "0/2\n" },
  { "status --format {{{node}}}\\t{signaling}\\n{nat}\\\\", "{oslo}\tconnected\nnone\\\n" },
  { "status --format {peer}:{path}:{family}:{why}:{rtt_ms}:{loss}",
    "berlin:direct:4:direct-lan:23.0:0.000\ncairo:relay:none:none:none:none\n"
    "delhi:none:none:none:none:none\n" },
  { "status delhi --format {peer}-{state}", "delhi-waiting\n" },
  { "status --format {servers_ok}/{servers}", "0/0\n" },
  { "status --format=", "\n" },
};

START_TEST (format_fills_in_fields)
{
  g_autoptr (Outcome) outcome = run (formats[_i].line);

  ck_assert_str_eq (outcome->err, "");
  ck_assert_str_eq (outcome->out, formats[_i].out);
  ck_assert_int_eq (outcome->exit_code, 0);
}
END_TEST

START_TEST (help_lists_the_fields)
{
  g_autoptr (Outcome) outcome = run ("help status");

  ck_assert_ptr_nonnull (strstr (outcome->out, "\n  {direct}   "));
  ck_assert_ptr_nonnull (strstr (outcome->out, "\n  {rtt_ms}   "));
}
END_TEST

static Program *
start_watch (const char *arguments)
{
  g_autofree char *line =
      g_strdup_printf ("--socket %s status --watch=0.1 %s", node->path, arguments);

  return program_start (node, line);
}

/* Until it has asked so many times more. */
static void
let_it_ask (guint times)
{
  guint enough = node->answers + times;

  fake_node_run_until (node, node->answers >= enough);
}

static Outcome *
interrupt (Program *program)
{
  program_signal (program, SIGINT);
  return program_finish (program);
}

START_TEST (watch_appends_what_has_changed)
{
  g_autoptr (Outcome) outcome = NULL;
  Program *program = start_watch ("--format {direct}:{relay}");

  let_it_ask (3);
  node->status = "{\"schema\":1,\"node\":{},\"servers\":[],\"peers\":["
                 "{\"name\":\"berlin\",\"state\":\"connected\",\"path\":\"relay\"}]}";
  let_it_ask (3);
  outcome = interrupt (program);
  ck_assert_str_eq (outcome->out, "1:1\n0:1\n");
  ck_assert_int_eq (outcome->exit_code, -SIGINT); /* 130 for a shell */
}
END_TEST

START_TEST (watch_appends_whole_tables_to_a_pipe)
{
  g_autoptr (Outcome) outcome = NULL;
  Program *program = start_watch ("berlin");

  let_it_ask (3);
  node->status = "{\"schema\":1,\"node\":{},\"servers\":[],\"peers\":["
                 "{\"name\":\"berlin\",\"state\":\"connected\",\"path\":\"relay\"}]}";
  let_it_ask (3);
  outcome = interrupt (program);
  ck_assert_ptr_null (strchr (outcome->out, '\033'));
  ck_assert_ptr_nonnull (strstr (outcome->out, "\n\nunnamed"));
  ck_assert_ptr_eq (strstr (outcome->out, "unnamed"), g_strrstr (outcome->out, "unnamed"));
}
END_TEST

START_TEST (watch_json_is_a_line_each_time)
{
  g_autoptr (Outcome) outcome = NULL;
  Program *program = start_watch ("--json");
  g_auto (GStrv) lines = NULL;

  let_it_ask (4);
  outcome = interrupt (program);
  lines = g_strsplit (outcome->out, "\n", -1);
  ck_assert_uint_ge (g_strv_length (lines), 4);
  for (guint i = 0; i + 1 < g_strv_length (lines); i++)
    ck_assert_str_eq (lines[i], STATUS);
}
END_TEST

START_TEST (watch_ends_with_the_node)
{
  g_autoptr (Outcome) outcome = NULL;
  Program *program = start_watch ("--json");

  let_it_ask (2);
  g_clear_pointer (&node->listener, lane_listener_free);
  fake_node_hang_up (node);
  outcome = program_finish (program);
  ck_assert_int_eq (outcome->exit_code, 6);
}
END_TEST

static guint
count (const char *text, const char *word)
{
  guint found = 0;

  for (const char *p = strstr (text, word); p != NULL; p = strstr (p + 1, word))
    found++;
  return found;
}

/* What comes out of the terminal @fd until @word was there @times. */
static void
read_terminal (int fd, GString *text, const char *word, guint times)
{
  gint64 deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  while (count (text->str, word) < times) {
    char buffer[4096];
    gssize length = read (fd, buffer, sizeof buffer);

    ck_assert_msg (g_get_monotonic_time () < deadline, "no %u. '%s' in '%s'", times, word,
                   text->str);
    if (length > 0)
      g_string_append_len (text, buffer, length);
    fake_node_turn (node);
  }
}

START_TEST (watch_repaints_a_terminal_only_when_something_changed)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int fd, status;
  pid_t pid = forkpty (&fd, NULL, NULL, NULL);

  if (pid == 0) {
    g_setenv ("TERM", "xterm", TRUE);
    execl (g_getenv ("ICELANE"), "icelane", "--socket", node->path, "status", "--watch=0.1", NULL);
    _exit (99);
  }
  g_unix_set_fd_nonblocking (fd, TRUE, NULL);
  read_terminal (fd, text, "delhi", 1);
  let_it_ask (4);
  node->status = "{\"schema\":1,\"node\":{},\"servers\":[],\"peers\":["
                 "{\"name\":\"essen\",\"state\":\"connected\",\"path\":\"relay\"}]}";
  read_terminal (fd, text, "essen", 1);
  ck_assert_uint_eq (count (text->str, "\033[H\033[J"), 2);
  ck_assert_uint_eq (count (text->str, "delhi"), 1);
  kill (pid, SIGINT);
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGINT);
  close (fd);
}
END_TEST

static const char *const needing_a_node[] = { "status",        "wait a",     "connect a",
                                              "restart --all", "log",        "candidates a",
                                              "pairs a",       "timeline a", "stop",
                                              "history a" };

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
  "\"offered\":true,\"gathered_ms\":100,\"answered_ms\":30,\"connected_ms\":60,\"peer\":{"         \
  "\"gathered_ms\":50,\"answered_ms\":20,\"connected_ms\":60,\"host\":1,\"srflx\":1,\"turn_"       \
  "asked\":1},"                                                                                    \
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
      "  here\n"
      "  gather                  ####################                            0-100 ms\n"
      "    turn home tcp           xxxxxxxxxxxxxxxxxx                        unauthorized\n"
      "  peer's answer           ######                                           0-30 ms\n"
      "  checks                        ######                                    30-60 ms\n"
      "    host to srflx             ####                                        20-40 ms\n"
      "  dtls                                ##################                 60-150 ms\n"
      "  sctp                                                  ##########      150-200 ms\n"
      "  the peer\n"
      "  gather                  ##########                                       0-50 ms\n"
      "    1 host, 1 srflx, 0 relay\n"
      "    TURN servers: 0 of 1 answered\n"
      "  checks                      ########                                    20-60 ms\n";
  g_autoptr (Outcome) text = NULL, json = NULL;

  node->detail = DETAIL;
  text = run ("timeline berlin --ascii");
  json = run ("timeline berlin --json");
  ck_assert_int_eq (text->exit_code, 0);
  ck_assert_str_eq (text->out, expected);
  ck_assert_ptr_nonnull (strstr (json->out, "\"securing\":{\"generation\":2"));
  ck_assert_ptr_nonnull (strstr (json->out, "\"code\":\"unauthorized\""));
  ck_assert_ptr_nonnull (strstr (json->out, "\"peer\":{\"gathered_ms\":50,"));
}
END_TEST

#define SPAN(length_s)                                                                             \
  "{\"cell_s\":" length_s ",\"first_cell\":0,\"rtt_mean_ms\":[20,40,null,null,80,80],"             \
  "\"answered\":[5,5,0,0,5,5],\"lost\":[0,0,5,0,0,0],\"path\":[\"direct\",\"direct\",\"direct\","  \
  "null,\"relay\",\"relay\"]}"
#define PAST                                                                                       \
  "{\"schema\":1,\"peer\":\"berlin\",\"at\":\"2026-11-22T10:00:30.000Z\",\"clock_s\":30,"          \
  "\"path\":\"relay\",\"recent\":" SPAN ("5") ",\"day\":" SPAN (                                   \
      "120") ",\"changes_count\":1,"                                                               \
             "\"changes\":[{\"at\":\"2026-11-22T10:00:21.000Z\",\"clock_s\":21,\"old\":"           \
             "\"direct\","                                                                         \
             "\"new\":\"relay\",\"cause\":\"watchdog\",\"why\":\"sym-sym\",\"gap_ms\":9500}]}"

START_TEST (the_history_is_a_graph_and_a_table_of_changes)
{
  static const char expected[] =
      "15 min: RTT 55 ms, 95% below 80 ms; loss 20%; 1 path change\n"
      "        direct                                     |relay\n"
      " 100 ms\n"
      "    RTT                                            .....................\n"
      "                                                   :::::::::::::::::::::\n"
      "                                                   :::::::::::::::::::::\n"
      "                   ...........                     :::::::::::::::::::::\n"
      "                   :::::::::::                     :::::::::::::::::::::\n"
      "        ::::::::::::::::::::::                     :::::::::::::::::::::\n"
      "   0 ms ::::::::::::::::::::::                     :::::::::::::::::::::\n"
      "   1 ms\n"
      " jitter\n"
      "   0 ms\n"
      "   100%                       ::::::::::\n"
      "   loss                       ::::::::::\n"
      "     0% ......................::::::::::           .....................\n";
  g_autoptr (Outcome) text = NULL, day = NULL, json = NULL, unknown = NULL;

  g_setenv ("TZ", "UTC", TRUE);
  node->history = PAST;
  text = run ("history berlin --ascii");
  day = run ("history berlin --ascii --day");
  json = run ("history berlin --json");
  unknown = run ("history paris");
  ck_assert_int_eq (text->exit_code, 0);
  ck_assert_msg (g_str_has_prefix (text->out, expected), "%s", text->out);
  ck_assert_msg (g_str_has_suffix (text->out,
                                   "TIME      PATH             CAUSE     WHY      GAP\n"
                                   "10:00:21  direct -> relay  watchdog  sym-sym  9.5 s\n"),
                 "%s", text->out);
  ck_assert_msg (g_str_has_prefix (day->out, "24 h: RTT 55 ms"), "%s", day->out);
  ck_assert_str_eq (json->out, PAST "\n");
  ck_assert_int_eq (unknown->exit_code, 1);
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
  tcase_add_test (tcase, help_explains_the_codes_that_there_are);
  tcase_add_loop_test (tcase, format_fills_in_fields, 0, G_N_ELEMENTS (formats));
  tcase_add_test (tcase, help_lists_the_fields);
  tcase_add_test (tcase, watch_appends_what_has_changed);
  tcase_add_test (tcase, watch_appends_whole_tables_to_a_pipe);
  tcase_add_test (tcase, watch_json_is_a_line_each_time);
  tcase_add_test (tcase, watch_ends_with_the_node);
  tcase_add_test (tcase, watch_repaints_a_terminal_only_when_something_changed);
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
  tcase_add_test (tcase, the_history_is_a_graph_and_a_table_of_changes);
  tcase_set_timeout (tcase, 60);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
