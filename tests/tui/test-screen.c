/* The dashboard on a real terminal (a pty read by libvterm), with a node that is the test's. */
#include "suite.h"

#include "fake-node.h"
#include "fixture.h"
#include "screen.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_S 10

static FakeNode *node;
static Fixture *fixture;

static void
set_up (void)
{
  node = fake_node_new ();
  fixture = fixture_load ("six-peers");
  node->status = fixture->status;
  node->events = (const char *const *)fixture->events;
  node->detail = fixture->detail;
  node->history = fixture->history;
}

static void
tear_down (void)
{
  fake_node_free (node);
  fixture_free (fixture);
}

typedef struct {
  const char *const *env;
  const char *options[3];
  int rows, cols;
} Launch;

static Screen *
start (const Launch *launch)
{
  const char *argv[] = { DASHBOARD,          node->path,         launch->options[0],
                         launch->options[1], launch->options[2], NULL };
  const ScreenOptions options = { .context = node->context,
                                  .argv = argv,
                                  .env = launch->env,
                                  .rows = launch->rows != 0 ? launch->rows : 24,
                                  .cols = launch->cols != 0 ? launch->cols : 80 };
  g_autoptr (GError) error = NULL;
  Screen *screen = screen_new (&options, &error);

  ck_assert_msg (screen != NULL, "%s", error != NULL ? error->message : "");
  return screen;
}

static void
expect (Screen *screen, const char *text)
{
  if (!screen_wait_for (screen, text, WAIT_S)) {
    g_autofree char *dump = screen_dump (screen);

    ck_abort_msg ("'%s' never came:\n%s", text, dump);
  }
}

static void
expect_gone (Screen *screen, const char *text)
{
  if (!screen_wait_gone (screen, text, WAIT_S)) {
    g_autofree char *dump = screen_dump (screen);

    ck_abort_msg ("'%s' never went:\n%s", text, dump);
  }
}

static Screen *
start_ready (const Launch *launch)
{
  Screen *screen = start (launch);

  expect (screen, "cam-7");
  ck_assert (screen_settle (screen, WAIT_S));
  return screen;
}

static int
exit_code (Screen *screen, double seconds)
{
  int status;

  ck_assert_msg (screen_wait_exit (screen, seconds, &status), "it did not end");
  ck_assert_msg (WIFEXITED (status), "ended by signal %d", WTERMSIG (status));
  return WEXITSTATUS (status);
}

static gboolean
was_sent (Screen *screen, const char *bytes)
{
  return strstr (screen_get_output (screen)->str, bytes) != NULL;
}

/* The last of two sequences that was sent. */
static gboolean
ends_with_mode (Screen *screen, const char *off, const char *on)
{
  const char *text = screen_get_output (screen)->str;
  const char *last_off = g_strrstr (text, off);
  const char *last_on = g_strrstr (text, on);

  return last_on == NULL || (last_off != NULL && last_off > last_on);
}

static void
assert_restored (Screen *screen, const struct termios *before)
{
  struct termios after;

  screen_get_termios (screen, &after);
  ck_assert_uint_eq (after.c_lflag, before->c_lflag);
  ck_assert_uint_eq (after.c_iflag, before->c_iflag);
  ck_assert_uint_eq (after.c_oflag, before->c_oflag);
  ck_assert_mem_eq (after.c_cc, before->c_cc, sizeof after.c_cc);
  ck_assert (!screen_is_alternate (screen));
  ck_assert (screen_is_cursor_visible (screen));
  ck_assert (!screen_has_mouse (screen));
  ck_assert (ends_with_mode (screen, "\033[?2004l", "\033[?2004h"));
}

START_TEST (dashboard_fits_each_size)
{
  static const struct {
    int rows, cols;
    const char *texts[4];
  } sizes[] = {
    { 24, 80, { "⇄ Relay:home", "RTT 40 s", "Log: all peers", "Both NATs take" } },
    { 40, 120, { "⇄ Relay:home", "host ops-3", "cam-7: pairs", "failed     host" } },
    { 12, 60, { "⇄ Relay:home", "WHY", "sym-sym", "Next: use IPv6" } },
    { 8, 40, { "icelane needs 60x12, this window is", "40x8.", "q quits." } },
  };
  const Launch launch = { .rows = sizes[_i].rows, .cols = sizes[_i].cols };
  g_autoptr (Screen) screen = start (&launch);

  for (guint i = 0; i < G_N_ELEMENTS (sizes[_i].texts) && sizes[_i].texts[i] != NULL; i++)
    expect (screen, sizes[_i].texts[i]);
  screen_key (screen, "q");
  ck_assert_int_eq (exit_code (screen, 2), 0);
}
END_TEST

START_TEST (changes_of_the_node_are_seen)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  expect (screen, "~ Checking");
  fake_node_emit (node, "PeersChanged",
                  "[{\"name\":\"laptop\",\"state\":\"connected\",\"path\":\"direct\","
                  "\"family\":4}]");
  expect_gone (screen, "~ Checking");
  expect (screen, "4 direct  1 relay  1 not up");
  fake_node_emit (node, "EventLogged",
                  "{\"sequence\":100,\"level\":\"info\",\"kind\":\"path\",\"peer\":\"laptop\","
                  "\"text\":\"it goes direct\"}");
  expect (screen, "it goes direct");
}
END_TEST

START_TEST (restart_by_key_reaches_the_node_after_a_yes)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  screen_key (screen, "r");
  expect (screen, "Restart ICE with cam-7?");
  screen_key (screen, "Esc");
  expect (screen, "Nothing was changed.");
  ck_assert_str_eq (node->calls->str, "");
  screen_key (screen, "r");
  expect (screen, "Restart ICE with cam-7?");
  screen_key (screen, "y");
  expect (screen, "Restarting ICE with cam-7.");
  ck_assert_str_eq (node->calls->str, "Restart('cam-7',);");
}
END_TEST

START_TEST (read_only_sends_nothing)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .options = { "--read-only" } });

  screen_key (screen, "x");
  expect (screen, "not possible with --read-only");
  ck_assert (!screen_has (screen, "x disconnect"));
  ck_assert_str_eq (node->calls->str, "");
}
END_TEST

START_TEST (help_opens_searches_and_closes)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  screen_key (screen, "F1");
  expect (screen, "Help: Peers");
  screen_send (screen, "/restart", -1);
  expect (screen, "1/2, / searches");
  screen_key (screen, "Enter");
  screen_key (screen, "Esc");
  expect_gone (screen, "Help: Peers");
}
END_TEST

START_TEST (filter_shows_what_matches)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  screen_send (screen, "/failed", -1);
  expect_gone (screen, "gw-eu");
  expect (screen, "edge-09");
  screen_key (screen, "Enter");
  expect (screen, "Filter 'failed': 1 of 6 peers");
  screen_key (screen, "Esc");
  expect (screen, "gw-eu");
}
END_TEST

START_TEST (cursor_sits_on_the_selection_and_moves_with_it)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });
  int row, col;

  screen_get_cursor (screen, &row, &col);
  ck_assert_int_eq (row, 3);
  screen_key (screen, "Down");
  expect (screen, ">  db-lab");
  ck_assert (screen_settle (screen, WAIT_S));
  screen_get_cursor (screen, &row, &col);
  ck_assert_int_eq (row, 4);
  ck_assert_int_eq (col, 0);
  ck_assert (screen_is_cursor_visible (screen));
  ck_assert (screen_is_reverse (screen, 4, 10));
  ck_assert (!screen_is_reverse (screen, 3, 10));
}
END_TEST

START_TEST (mouse_selects_a_row)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  ck_assert (screen_has_mouse (screen));
  screen_send (screen, "\033[<0;10;7M\033[<0;10;7m", -1);
  expect (screen, ">  gw-eu");
  screen_key (screen, "m");
  expect (screen, "The mouse is the terminal's");
  ck_assert (!screen_has_mouse (screen));
}
END_TEST

START_TEST (pasted_text_is_never_run)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .options = { "--never-confirm" } });

  screen_send (screen, "\033[200~xRq\r\n\033[201~", -1);
  expect (screen, "Pasted text is never taken as keys");
  ck_assert_str_eq (node->calls->str, "");
  screen_send (screen, "/\033[200~gw\n\033[201~", -1);
  expect_gone (screen, "db-lab");
  expect (screen, "Filter peers: gw");
}
END_TEST

START_TEST (copy_goes_out_as_osc_52)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });
  g_autofree char *encoded = NULL;

  screen_send (screen, "3", 1);
  expect (screen, "[3 Log]");
  screen_send (screen, "y", 1);
  expect (screen, "Copied the event (OSC 52).");
  encoded = g_base64_encode ((const guchar *)"host/4 -> srflx/4 in progress", 29);
  ck_assert (was_sent (screen, encoded));
  ck_assert (was_sent (screen, "\033]52;c;"));
}
END_TEST

START_TEST (title_counts_the_links_and_is_put_back)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });
  const char *output;

  ck_assert_str_eq (screen_get_title (screen), "icelane 3D 1R");
  fake_node_emit (
      node, "PeersChanged",
      "[{\"name\":\"cam-7\",\"state\":\"connected\",\"path\":\"direct\",\"family\":4}]");
  expect (screen, "4 direct");
  ck_assert (screen_settle (screen, WAIT_S));
  ck_assert_str_eq (screen_get_title (screen), "icelane 4D 0R");
  screen_key (screen, "q");
  ck_assert_int_eq (exit_code (screen, 2), 0);
  ck_assert_str_eq (screen_get_title (screen), "");
  output = screen_get_output (screen)->str;
  ck_assert_ptr_nonnull (strstr (output, "\033[22;2t"));
  ck_assert (g_strrstr (output, "\033[23;2t") > g_strrstr (output, "icelane 4D 0R"));
}
END_TEST

START_TEST (title_is_left_alone_where_there_is_none)
{
  static const char *const terms[] = { "TERM=vt220", "TERM=linux", "TERM=screen" };
  const char *const env[] = { terms[_i], NULL };
  g_autoptr (Screen) screen = start_ready (&(Launch){ .env = env });

  screen_key (screen, "q");
  ck_assert_int_eq (exit_code (screen, 2), 0);
  ck_assert (!was_sent (screen, "3D 1R"));
  ck_assert (!was_sent (screen, "\033[22;2t"));
}
END_TEST

START_TEST (title_can_be_switched_off)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .options = { "--no-title" } });

  ck_assert_str_eq (screen_get_title (screen), "");
  ck_assert (!was_sent (screen, "\033]2;icelane"));
}
END_TEST

START_TEST (copy_says_when_the_terminal_cannot)
{
  const char *const env[] = { "TERM=vt220", NULL };
  g_autoptr (Screen) screen = start_ready (&(Launch){ .env = env });

  screen_send (screen, "y", 1);
  expect (screen, "this terminal cannot take a copy");
  ck_assert (!was_sent (screen, "\033]52;"));
}
END_TEST

START_TEST (idle_screen_writes_nothing)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });
  guint64 before;

  ck_assert (screen_settle (screen, WAIT_S));
  before = screen_get_bytes (screen);
  screen_run (screen, 2);
  ck_assert_uint_eq (screen_get_bytes (screen), before);
}
END_TEST

START_TEST (updates_that_change_no_cell_write_nothing)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });
  guint64 before;

  ck_assert (screen_settle (screen, WAIT_S));
  before = screen_get_bytes (screen);
  for (guint i = 0; i < 10; i++) {
    /* Bytes below what 88k shows. */
    g_autofree char *json =
        g_strdup_printf ("[{\"name\":\"laptop\",\"state\":\"checking\",\"rx_bytes\":0,"
                         "\"since\":\"2025-11-22T23:49:10.000Z\",\"generation\":%u}]",
                         i);

    fake_node_emit (node, "PeersChanged", json);
    screen_run (screen, 0.1);
  }
  screen_run (screen, 0.5);
  ck_assert_uint_eq (screen_get_bytes (screen), before);
}
END_TEST

START_TEST (a_flood_of_changes_is_at_most_four_frames_a_second)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });
  guint frames = 0;
  guint64 bytes = 0;
  gint64 deadline = g_get_monotonic_time () + 2 * G_USEC_PER_SEC;
  g_autofree char *shown = g_strdup ("");

  for (guint i = 0; g_get_monotonic_time () < deadline; i++) {
    g_autofree char *json = g_strdup_printf (
        "[{\"name\":\"db-lab\",\"state\":\"connected\",\"path\":\"%s\",\"family\":4,"
        "\"rtt_ms\":{\"last\":%u}}]",
        i % 2 == 0 ? "relay" : "direct", 10 + i % 1000);
    g_autofree char *row = NULL;

    fake_node_emit (node, "PeersChanged", json);
    screen_run (screen, 0.01);
    row = screen_get_row (screen, 4);
    if (strcmp (row, shown) != 0)
      frames++;
    g_free (shown);
    shown = g_steal_pointer (&row);
    bytes = screen_get_bytes (screen);
  }
  ck_assert_uint_gt (bytes, 0);
  ck_assert_uint_ge (frames, 4);
  ck_assert_uint_le (frames, 10);
}
END_TEST

/* 1 kB/s for 20 peers, UX section 1. */
START_TEST (twenty_busy_peers_stay_below_a_kilobyte_a_second)
{
  g_autoptr (Fixture) twenty = fixture_with_peers (20);
  g_autoptr (Screen) screen = NULL;
  guint64 before;

  node->status = twenty->status;
  screen = start (&(Launch){ .rows = 50, .cols = 120 });
  expect (screen, "peer-019");
  ck_assert (screen_settle (screen, WAIT_S));
  before = screen_get_bytes (screen);
  for (guint second = 0; second < 3; second++) {
    g_autoptr (GString) json = g_string_new ("[");

    for (guint i = 0; i < 20; i++)
      g_string_append_printf (json,
                              "%s{\"name\":\"peer-%03u\",\"state\":\"connected\","
                              "\"path\":\"direct\",\"family\":4,\"rtt_ms\":{\"last\":%u},"
                              "\"loss\":0,\"since\":\"2024-11-20T00:00:00Z\"}",
                              i > 0 ? "," : "", i, 20 + (i * 7 + second * 31) % 170);
    g_string_append_c (json, ']');
    fake_node_emit (node, "PeersChanged", json->str);
    screen_run (screen, 1);
  }
  ck_assert_uint_gt (screen_get_bytes (screen), before);
  ck_assert_uint_le (screen_get_bytes (screen) - before, 3 * 1000);
}
END_TEST

START_TEST (a_pipe_is_no_terminal)
{
  g_autofree char *script =
      g_strdup_printf ("%s %s | cat; echo CODE ${PIPESTATUS[0]}", DASHBOARD, node->path);
  const char *const argv[] = { "/bin/bash", "-c", script, NULL };
  const ScreenOptions options = { .context = node->context, .argv = argv, .rows = 24, .cols = 200 };
  g_autoptr (Screen) screen = screen_new (&options, NULL);

  expect (screen, "the dashboard needs a terminal for input and output");
  expect (screen, "CODE 7");
}
END_TEST

START_TEST (resize_storm_is_survived)
{
  static const int sizes[][2] = { { 1, 1 },   { 200, 500 }, { 12, 60 },  { 11, 60 }, { 24, 80 },
                                  { 1, 500 }, { 200, 1 },   { 40, 120 }, { 2, 3 },   { 13, 61 } };
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  for (guint round = 0; round < 20; round++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
      screen_resize (screen, sizes[i][0], sizes[i][1]);
      screen_key (screen, (round + i) % 3 == 0 ? "Enter" : (round + i) % 3 == 1 ? "Esc" : "Tab");
      screen_turn (screen);
    }
  screen_resize (screen, 24, 80);
  screen_key (screen, "Esc");
  screen_key (screen, "1");
  expect (screen, "RTT 40 s");
  expect (screen, "nas-home      ✓ Direct/6       direct-v6           9.1 ms   0%");
  screen_resize (screen, 8, 40);
  expect (screen, "this window is");
  screen_resize (screen, 40, 120);
  expect (screen, "cam-7: pairs");
}
END_TEST

START_TEST (no_color_means_no_color)
{
  const char *const env[] = { "NO_COLOR=1", NULL };
  g_autoptr (Screen) screen = start_ready (
      &(Launch){ .env = _i == 0 ? env : NULL, .options = { _i == 0 ? NULL : "--no-color" } });
  g_autoptr (GRegex) color =
      g_regex_new ("\\x1b\\[([0-9;]*;)?(3[0-9]|4[0-9]|9[0-7]|10[0-7])(;[0-9;]*)?m", 0, 0, NULL);

  screen_key (screen, "?");
  expect (screen, "Help: Peers");
  ck_assert (!g_regex_match (color, screen_get_output (screen)->str, 0, NULL));
}
END_TEST

START_TEST (color_is_there_by_default)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  ck_assert (was_sent (screen, "38;5;74"));
}
END_TEST

START_TEST (ascii_locale_gets_only_ascii)
{
  const char *const env[] = { "LC_ALL=C", NULL };
  g_autoptr (Fixture) hostile = fixture_load ("hostile");
  g_autoptr (Screen) screen = NULL;
  const GString *output;

  node->status = hostile->status;
  node->events = (const char *const *)hostile->events;
  screen = start (&(Launch){ .env = env });
  expect (screen, "+ Direct/4");
  screen_key (screen, "Enter");
  expect (screen, "icelane > Peers");
  output = screen_get_output (screen);
  for (gsize i = 0; i < output->len; i++)
    ck_assert_uint_lt ((guchar)output->str[i], 0x80);
}
END_TEST

START_TEST (names_of_peers_cannot_steer_the_terminal)
{
  g_autoptr (Fixture) hostile = fixture_load ("hostile");
  g_autoptr (Screen) screen = NULL;

  node->status = hostile->status;
  node->events = (const char *const *)hostile->events;
  screen = start (&(Launch){ .rows = 40, .cols = 120 });
  expect (screen, "東京");
  screen_key (screen, "Down");
  screen_key (screen, "Enter");
  expect (screen, "Esc back");
  ck_assert (!was_sent (screen, "owned\a"));
  ck_assert (!was_sent (screen, "\033]52"));
  ck_assert (!was_sent (screen, "\033c"));
  ck_assert (!was_sent (screen, "\xe2\x80\xae")); /* U+202E */
  ck_assert (!was_sent (screen, "\xc2\x9b"));     /* C1 CSI */
}
END_TEST

START_TEST (ascii_option_keeps_to_ascii_glyphs)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .options = { "--ascii" } });

  expect (screen, "= Relay:home");
  for (gsize i = 0; i < screen_get_output (screen)->len; i++)
    ck_assert_uint_lt ((guchar)screen_get_output (screen)->str[i], 0x80);
}
END_TEST

START_TEST (unusable_terminals_get_a_message_and_exit_7)
{
  static const struct {
    const char *term, *message;
  } cases[] = {
    { "TERM=dumb", "TERM is dumb or not set" },
    { "TERM", "TERM is dumb or not set" },
  };
  const char *const env[] = { cases[_i].term, NULL };
  g_autoptr (Screen) screen = start (&(Launch){ .env = env, .cols = 200 });
  struct termios before, after;

  screen_get_termios (screen, &before);
  ck_assert_int_eq (exit_code (screen, WAIT_S), 7);
  expect (screen, cases[_i].message);
  screen_get_termios (screen, &after);
  ck_assert_uint_eq (after.c_lflag, before.c_lflag);
  ck_assert (!was_sent (screen, "\033["));
}
END_TEST

START_TEST (unknown_terminal_falls_back_and_says_so)
{
  const char *const env[] = { "TERM=xterm-from-the-future", NULL };
  g_autoptr (Screen) screen = start (&(Launch){ .env = env });

  expect (screen, "cam-7");
  expect (screen, "Terminal 'xterm-from-the-future' is not known here; using xterm-256color.");
}
END_TEST

START_TEST (terminal_is_restored_after_q)
{
  g_autoptr (Screen) screen = start (&(Launch){ 0 });
  struct termios before;

  screen_get_termios (screen, &before);
  expect (screen, "cam-7");
  ck_assert (screen_is_alternate (screen));
  screen_key (screen, "q");
  ck_assert_int_eq (exit_code (screen, 2), 0);
  assert_restored (screen, &before);
}
END_TEST

START_TEST (signals_end_it_cleanly_within_a_second)
{
  static const struct {
    int signal_number, code;
  } cases[] = { { SIGTERM, 143 }, { SIGHUP, 129 }, { SIGINT, 0 } };
  g_autoptr (Screen) screen = start (&(Launch){ 0 });
  struct termios before;

  screen_get_termios (screen, &before);
  expect (screen, "cam-7");
  ck_assert (screen_settle (screen, WAIT_S));
  kill (screen_get_pid (screen), cases[_i].signal_number);
  ck_assert_int_eq (exit_code (screen, 1), cases[_i].code);
  assert_restored (screen, &before);
}
END_TEST

START_TEST (a_lost_terminal_ends_it_within_a_second)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  screen_hang_up (screen);
  ck_assert_int_eq (exit_code (screen, 1), 129);
}
END_TEST

START_TEST (a_crash_restores_the_terminal_and_tells_after)
{
  g_autoptr (Screen) screen = start (&(Launch){ .options = { "--crash" } });
  struct termios before;
  int status;

  screen_get_termios (screen, &before);
  expect (screen, "cam-7");
  ck_assert (screen_settle (screen, WAIT_S));
  kill (screen_get_pid (screen), _i == 0 ? SIGUSR1 : SIGSEGV);
  ck_assert (screen_wait_exit (screen, WAIT_S, &status));
  ck_assert (WIFSIGNALED (status));
  ck_assert_int_eq (WTERMSIG (status), _i == 0 ? SIGABRT : SIGSEGV);
  assert_restored (screen, &before);
  ck_assert_str_eq (screen_get_title (screen), "");
  expect (screen, "icelane: the dashboard crashed");
  if (_i == 0)
    expect (screen, "last words");
}
END_TEST

START_TEST (noise_of_others_waits_until_the_screen_is_down)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .options = { "--noise" } });

  kill (screen_get_pid (screen), SIGUSR1);
  screen_run (screen, 0.5);
  ck_assert (!was_sent (screen, "NOISE"));
  screen_key (screen, "q");
  ck_assert_int_eq (exit_code (screen, 2), 0);
  expect (screen, "NOISE on stdout");
  expect (screen, "NOISE on stderr");
}
END_TEST

START_TEST (control_c_cancels_then_quits)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  screen_key (screen, "?");
  expect (screen, "Help: Peers");
  screen_key (screen, "C-c");
  expect_gone (screen, "Help: Peers");
  screen_key (screen, "C-c");
  ck_assert_int_eq (exit_code (screen, 2), 0);
}
END_TEST

/* A shell with job control, so that Ctrl-Z has somewhere to go. */
START_TEST (control_z_and_fg) /* settled, and in the middle of drawing */
{
  g_autofree char *script =
      g_strdup_printf ("set -m; %s %s; echo BACK-IN-SHELL $?; read x; fg >/dev/null; "
                       "echo ENDED $?",
                       DASHBOARD, node->path);
  const char *const argv[] = { "/bin/bash", "-c", script, NULL };
  const ScreenOptions options = { .context = node->context, .argv = argv, .rows = 24, .cols = 80 };
  g_autoptr (Screen) screen = screen_new (&options, NULL);
  struct termios before, stopped;

  screen_get_termios (screen, &before);
  expect (screen, "cam-7");
  if (_i == 0)
    ck_assert (screen_settle (screen, WAIT_S));
  screen_key (screen, "C-z");
  expect (screen, "BACK-IN-SHELL");
  ck_assert (!screen_is_alternate (screen));
  ck_assert (!screen_has_mouse (screen));
  ck_assert_str_eq (screen_get_title (screen), "");
  screen_get_termios (screen, &stopped);
  ck_assert_uint_eq (stopped.c_lflag, before.c_lflag);
  screen_resize (screen, 40, 120);
  screen_send (screen, "\r", 1);
  expect (screen, "cam-7: pairs");
  ck_assert (screen_settle (screen, WAIT_S));
  ck_assert (screen_is_alternate (screen));
  ck_assert (screen_has_mouse (screen));
  ck_assert_str_eq (screen_get_title (screen), "icelane 3D 1R");
  screen_key (screen, "Down");
  expect (screen, ">  db-lab");
  screen_key (screen, "q");
  expect (screen, "ENDED 0");
}
END_TEST

START_TEST (a_node_that_goes_away_is_told_and_found_again)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  fake_node_hang_up (node);
  expect (screen, "The node is gone: `icelane run` starts it.");
  expect (screen, "cam-7"); /* what was known stays in sight */
  expect (screen, "Rendezvous: ok");
  ck_assert (!screen_has (screen, "The node is gone"));
  screen_key (screen, "c");
  expect (screen, "Connecting cam-7.");
}
END_TEST

START_TEST (quitting_can_stop_the_node_too)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  screen_key (screen, "Q");
  expect (screen, "Quit icelane?");
  screen_key (screen, "s");
  fake_node_run_until (node, strcmp (node->calls->str, "Stop();") == 0
                                 || strcmp (node->calls->str, "Stop();") > 0);
  fake_node_hang_up (node);
  ck_assert_int_eq (exit_code (screen, 2), 0);
}
END_TEST

START_TEST (a_split_character_is_put_together)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });

  screen_send (screen, "/\xe6", -1);
  screen_run (screen, 0.1);
  screen_send (screen, "\x9d", -1);
  screen_run (screen, 0.1);
  screen_send (screen, "\xb1", -1);
  expect (screen, "Filter peers: 東");
}
END_TEST

START_TEST (three_hundred_peers_are_quick_to_scroll)
{
  g_autoptr (Fixture) many = fixture_with_peers (300);
  g_autoptr (Screen) screen = NULL;
  gint64 start_us;

  node->status = many->status;
  screen = start (&(Launch){ 0 });
  expect (screen, "peer-000");
  start_us = g_get_monotonic_time ();
  screen_key (screen, "End");
  expect (screen, ">  peer-299");
  /* 50 ms by the rule; the sanitizers and a busy machine get some more. */
  ck_assert_int_lt (g_get_monotonic_time () - start_us, 500 * 1000);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("screen");
  TCase *tests = tcase_create ("screen");

  g_setenv ("TZ", "UTC", TRUE);
  tcase_add_checked_fixture (tests, set_up, tear_down);
  tcase_set_timeout (tests, 60);
  tcase_add_loop_test (tests, dashboard_fits_each_size, 0, 4);
  tcase_add_test (tests, changes_of_the_node_are_seen);
  tcase_add_test (tests, restart_by_key_reaches_the_node_after_a_yes);
  tcase_add_test (tests, read_only_sends_nothing);
  tcase_add_test (tests, help_opens_searches_and_closes);
  tcase_add_test (tests, filter_shows_what_matches);
  tcase_add_test (tests, cursor_sits_on_the_selection_and_moves_with_it);
  tcase_add_test (tests, mouse_selects_a_row);
  tcase_add_test (tests, pasted_text_is_never_run);
  tcase_add_test (tests, copy_goes_out_as_osc_52);
  tcase_add_test (tests, copy_says_when_the_terminal_cannot);
  tcase_add_test (tests, title_counts_the_links_and_is_put_back);
  tcase_add_loop_test (tests, title_is_left_alone_where_there_is_none, 0, 3);
  tcase_add_test (tests, title_can_be_switched_off);
  tcase_add_test (tests, idle_screen_writes_nothing);
  tcase_add_test (tests, updates_that_change_no_cell_write_nothing);
  tcase_add_test (tests, a_flood_of_changes_is_at_most_four_frames_a_second);
  tcase_add_test (tests, twenty_busy_peers_stay_below_a_kilobyte_a_second);
  tcase_add_test (tests, a_pipe_is_no_terminal);
  tcase_add_test (tests, resize_storm_is_survived);
  tcase_add_loop_test (tests, no_color_means_no_color, 0, 2);
  tcase_add_test (tests, color_is_there_by_default);
  tcase_add_test (tests, ascii_locale_gets_only_ascii);
  tcase_add_test (tests, names_of_peers_cannot_steer_the_terminal);
  tcase_add_test (tests, ascii_option_keeps_to_ascii_glyphs);
  tcase_add_loop_test (tests, unusable_terminals_get_a_message_and_exit_7, 0, 2);
  tcase_add_test (tests, unknown_terminal_falls_back_and_says_so);
  tcase_add_test (tests, terminal_is_restored_after_q);
  tcase_add_loop_test (tests, signals_end_it_cleanly_within_a_second, 0, 3);
  tcase_add_test (tests, a_lost_terminal_ends_it_within_a_second);
  tcase_add_loop_test (tests, a_crash_restores_the_terminal_and_tells_after, 0, 2);
  tcase_add_test (tests, noise_of_others_waits_until_the_screen_is_down);
  tcase_add_test (tests, control_c_cancels_then_quits);
  tcase_add_loop_test (tests, control_z_and_fg, 0, 2);
  tcase_add_test (tests, a_node_that_goes_away_is_told_and_found_again);
  tcase_add_test (tests, quitting_can_stop_the_node_too);
  tcase_add_test (tests, a_split_character_is_put_together);
  tcase_add_test (tests, three_hundred_peers_are_quick_to_scroll);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
