/* Themes on the screen: the whole program on a terminal read by libvterm, attached to a node that
 * is the test's. */
#include "suite.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

#include "fake-node.h"
#include "fixture.h"
#include "screen.h"

#define WAIT_S 10
#define LIGHT  "rgb:ffff/ffff/f0f0"
#define DARK   "rgb:1e1e/1e1e/2e2e"

/* What path.relay is in each; neutral and harbour share the amber of 256 colours. */
#define AMBER       178
#define PAPER_AMBER 130
#define HAZE        246

static FakeNode *node;
static Fixture *fixture;
static char *home, *config;

static void
set_up (void)
{
  g_autofree char *themes = NULL;

  node = fake_node_new ();
  fixture = fixture_load ("six-peers");
  node->status = fixture->status;
  node->events = (const char *const *)fixture->events;
  node->detail = fixture->detail;
  home = g_dir_make_tmp ("icelane-home-XXXXXX", NULL);
  config = g_build_filename (home, "icelane.ini", NULL);
  themes = g_build_filename (home, ".config/icelane/themes", NULL);
  ck_assert_int_eq (g_mkdir_with_parents (themes, 0700), 0);
}

static void
tear_down (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", home);

  ck_assert (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  fake_node_free (node);
  fixture_free (fixture);
  g_free (home);
  g_free (config);
}

static void
put_file (const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (home, name, NULL);

  ck_assert (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

typedef struct {
  const char *background, *term, *variable;
  const char *options[3];
} Launch;

static Screen *
start (const Launch *launch)
{
  g_autofree char *set_home = g_strconcat ("HOME=", home, NULL);
  g_autofree char *set_term =
      g_strconcat ("TERM=", launch->term != NULL ? launch->term : "xterm-256color", NULL);
  const char *env[] = { set_home,         set_term,         "XDG_CONFIG_HOME",
                        "XDG_STATE_HOME", launch->variable, NULL };
  const char *argv[] = {
    g_getenv ("ICELANE"), "--socket",         node->path,         "--config", config,
    launch->options[0],   launch->options[1], launch->options[2], NULL
  };
  const ScreenOptions options = { .context = node->context,
                                  .argv = argv,
                                  .env = env,
                                  .background = launch->background,
                                  .rows = 24,
                                  .cols = 80 };
  g_autoptr (GError) error = NULL;
  Screen *screen = NULL;

  if (!g_file_test (config, G_FILE_TEST_EXISTS))
    put_file ("icelane.ini", "[ui]\nmouse = on ; of the terminal\n");
  screen = screen_new (&options, &error);
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

static Screen *
start_ready (const Launch *launch)
{
  Screen *screen = start (launch);

  expect (screen, "Relay:home");
  ck_assert (screen_settle (screen, WAIT_S));
  return screen;
}

/* The glyph of the peer on the relay. */
static int
relay_color (Screen *screen)
{
  int row, col;

  ck_assert (screen_find (screen, "⇄", &row, &col));
  return screen_get_foreground (screen, row, col);
}

static void
expect_relay_color (Screen *screen, int color)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_S * G_USEC_PER_SEC;

  while (relay_color (screen) != color && g_get_monotonic_time () < deadline)
    screen_turn (screen);
  ck_assert_int_eq (relay_color (screen), color);
}

static guint
count_sent (Screen *screen, const char *bytes)
{
  const char *at = screen_get_output (screen)->str;
  guint count = 0;

  for (; (at = strstr (at, bytes)) != NULL; at++)
    count++;
  return count;
}

static const struct {
  const char *background;
  const char *words; /* of the row `auto` in the list */
  int relay, muted;
} backgrounds[] = {
  { LIGHT, "here: paper", PAPER_AMBER, 240 },
  { DARK, "here: harbour", AMBER, HAZE },
  { NULL, "here: neutral", AMBER, -1 },
  { "rgba:ff/ff/ff/ff", "here: paper", PAPER_AMBER, 240 },
  { "rgb:0/0/0", "here: harbour", AMBER, HAZE },
  { "purple", "here: neutral", AMBER, -1 },
};

START_TEST (auto_follows_what_the_terminal_says)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .background = backgrounds[_i].background });
  int row, col;

  ck_assert_int_eq (relay_color (screen), backgrounds[_i].relay);
  screen_key (screen, "T");
  expect (screen, backgrounds[_i].words);
  expect (screen, "muted");
  ck_assert (screen_find (screen, "muted", &row, &col));
  ck_assert_int_eq (screen_get_foreground (screen, row, col), backgrounds[_i].muted);
  ck_assert_uint_eq (count_sent (screen, "\033]11;?"), 1);
}
END_TEST

/* A slow line: nobody waits any more, and its letters are no keys (r restarts a peer). */
START_TEST (an_answer_that_comes_late_is_no_keys)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ 0 });
  g_autofree char *before = screen_dump (screen);
  g_autofree char *after = NULL;

  screen_send (screen, "\033]11;rgb:ffff/ffff/ffff\033\\", -1);
  screen_run (screen, 0.3);
  after = screen_dump (screen);
  ck_assert_str_eq (after, before);
  screen_send (screen, "\033]11;rgb:0000/0000/0000\a3", -1);
  expect (screen, "[3 Log]");
}
END_TEST

START_TEST (keys_typed_before_the_screen_is_up_count)
{
  g_autoptr (Screen) screen = start (&(Launch){ .background = DARK });

  screen_send (screen, "3", -1);
  expect (screen, "[3 Log]");
}
END_TEST

START_TEST (a_theme_that_was_named_needs_no_question)
{
  static const Launch launches[] = {
    { .options = { "--theme", "paper" } },
    { .options = { "--color=never" } },
    { .variable = "NO_COLOR=1" },
    { .variable = "ICELANE_UI_THEME=paper" },
  };
  g_autoptr (Screen) screen = start_ready (&launches[_i]);

  ck_assert_uint_eq (count_sent (screen, "\033]11"), 0);
}
END_TEST

START_TEST (a_named_theme_is_shown)
{
  g_autoptr (Screen) screen =
      start_ready (&(Launch){ .background = DARK, .options = { "--theme", "paper" } });

  ck_assert_int_eq (relay_color (screen), PAPER_AMBER);
}
END_TEST

/* Debian has these terminals in a package of their own. */
static void
describe_terminals (void)
{
  g_autofree char *command =
      g_strdup_printf ("tic -x -o '%s/.terminfo' '%s/terminals'", home, home);
  int status;

  put_file ("terminals",
            "test-16color|sixteen, use=xterm-256color, colors#16, pairs#256,\n"
            "\tsetaf=\\E[%?%p1%{8}%<%t%p1%{30}%+%e%p1%{82}%+%;%dm,\n"
            "\tsetab=\\E[%?%p1%{8}%<%t%p1%{40}%+%e%p1%{92}%+%;%dm,\n"
            "test-direct|true colour, use=xterm-256color, RGB, colors#0x1000000, pairs#0x7fff,\n"
            "\tsetaf=\\E[%?%p1%{8}%<%t3%p1%d%e38;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%"
            "{255}%&%d%;m,\n"
            "\tsetab=\\E[%?%p1%{8}%<%t4%p1%d%e48;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%"
            "{255}%&%d%;m,\n");
  ck_assert (g_spawn_command_line_sync (command, NULL, NULL, &status, NULL));
  ck_assert_int_eq (status, 0);
}

/* A theme of the user's own, on terminals of several depths. */
static const struct {
  const char *term, *option;
  int relay, failed_background;
} depths[] = {
  { "xterm-256color", "--color=auto", 33, 52 },
  { "test-direct", "--color=auto", 1 << 24 | 0x1090ff, 1 << 24 | 0x600000 },
  { "test-16color", "--color=auto", 14, 1 },
  { "xterm", "--color=auto", 6, 1 },
  { "xterm-256color", "--color=never", -1, -1 },
};

START_TEST (a_users_theme_fits_the_depth_of_the_terminal)
{
  g_autoptr (Screen) screen = NULL;
  int row, col;

  describe_terminals ();
  put_file (".config/icelane/themes/mine.ini",
            "[theme]\ninherits = mono\n[colors]\nbay = #1090ff 33 bright-cyan\n"
            "wine = #600000 52 red\n[roles]\npath.relay = bay - bold\n"
            "path.failed = - wine bold reverse\n");
  screen = start_ready (
      &(Launch){ .term = depths[_i].term, .options = { "--theme", "mine", depths[_i].option } });
  ck_assert_int_eq (relay_color (screen), depths[_i].relay);
  ck_assert (screen_find (screen, "✗", &row, &col));
  ck_assert_int_eq (screen_get_background (screen, row, col), depths[_i].failed_background);
  ck_assert (screen_is_bold (screen, row, col));
  ck_assert (screen_is_reverse (screen, row, col));
}
END_TEST

START_TEST (a_theme_that_is_not_there_keeps_nobody_out)
{
  g_autoptr (Screen) screen = start (&(Launch){ .options = { "--theme", "harbor" } });

  expect (screen, "there is no theme 'harbor' (did you mean harbour?)");
  expect (screen, "Relay:home");
  ck_assert_int_eq (relay_color (screen), AMBER);
}
END_TEST

START_TEST (a_mistake_in_a_theme_is_told_and_the_rest_counts)
{
  g_autoptr (Screen) screen = NULL;

  put_file (".config/icelane/themes/mine.ini",
            "[roles]\npath.rely = 1\npath.relay = 33\nkey = nope\n");
  screen = start (&(Launch){ .options = { "--theme", "mine" } });
  expect (screen, "mine.ini:2: [roles] path.rely");
  expect (screen, "Relay:home");
  ck_assert_int_eq (relay_color (screen), 33);
}
END_TEST

START_TEST (the_picker_previews_and_goes_back)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .background = DARK });
  g_autofree char *text = NULL;

  screen_key (screen, "T");
  expect (screen, "Enter keeps it, Esc goes back");
  screen_send (screen, "jjj", -1); /* auto, neutral, harbour, paper */
  expect_relay_color (screen, PAPER_AMBER);
  screen_key (screen, "Down");
  expect_relay_color (screen, 221); /* contrast */
  screen_key (screen, "End");
  expect_relay_color (screen, -1); /* mono */
  screen_key (screen, "Esc");
  expect_relay_color (screen, AMBER);
  ck_assert (screen_wait_gone (screen, "Esc goes back", WAIT_S));
  ck_assert (g_file_get_contents (config, &text, NULL, NULL));
  ck_assert_str_eq (text, "[ui]\nmouse = on ; of the terminal\n");
}
END_TEST

static const struct {
  const char *answer;
  const char *message, *file;
} answers[] = {
  { "n", "Theme paper, until you leave.", "[ui]\nmouse = on ; of the terminal\n" },
  { "Esc", "Theme paper, until you leave.", "[ui]\nmouse = on ; of the terminal\n" },
  { "y", "Saved the theme in ", "[ui]\nmouse = on ; of the terminal\ntheme = paper\n" },
};

START_TEST (what_was_kept_is_saved_after_a_yes)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .background = DARK });
  g_autofree char *text = NULL;

  screen_key (screen, "T");
  expect (screen, "Enter keeps it, Esc goes back");
  screen_send (screen, "jjj\r", -1);
  expect (screen, "Use paper from now on?");
  screen_key (screen, answers[_i].answer);
  expect (screen, answers[_i].message);
  expect_relay_color (screen, PAPER_AMBER);
  ck_assert (g_file_get_contents (config, &text, NULL, NULL));
  ck_assert_str_eq (text, answers[_i].file);
}
END_TEST

START_TEST (a_theme_written_to_the_file_shows_at_once)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .background = DARK });

  screen_key (screen, "4");
  expect (screen, "SCREEN");
  screen_key (screen, "1");
  expect (screen, "Relay:home");
  put_file ("icelane.ini", "[ui]\ntheme = paper\n");
  expect_relay_color (screen, PAPER_AMBER);
  put_file ("icelane.ini", "[ui]\ntheme =\n");
  expect_relay_color (screen, AMBER);
}
END_TEST

START_TEST (leaving_at_once_still_saves)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .background = DARK });
  g_autofree char *text = NULL;
  int status;

  screen_send (screen, ":theme mono\r", -1);
  expect (screen, "Use mono from now on?");
  screen_send (screen, "yq", -1);
  ck_assert (screen_wait_exit (screen, WAIT_S, &status));
  ck_assert (g_file_get_contents (config, &text, NULL, NULL));
  ck_assert_str_eq (text, "[ui]\nmouse = on ; of the terminal\ntheme = mono\n");
}
END_TEST

START_TEST (the_prompt_completes_and_refuses_themes)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .background = DARK });

  screen_send (screen, ":theme cont\t\r", -1);
  expect (screen, "Use contrast from now on?");
  screen_key (screen, "n");
  expect_relay_color (screen, 221);
  screen_send (screen, ":theme papr\r", -1);
  expect (screen, "there is no theme 'papr' (did you mean paper?)");
  expect_relay_color (screen, 221);
}
END_TEST

START_TEST (the_mouse_picks_a_theme)
{
  g_autoptr (Screen) screen = start_ready (&(Launch){ .background = DARK });
  g_autofree char *click = NULL;
  int row, col;

  screen_key (screen, "T");
  expect (screen, "contrast");
  ck_assert (screen_find (screen, "contrast", &row, &col));
  click = g_strdup_printf ("\033[<0;%d;%dM\033[<0;%d;%dm", col + 1, row + 1, col + 1, row + 1);
  screen_send (screen, click, -1);
  expect_relay_color (screen, 221);
  screen_send (screen, click, -1);
  expect (screen, "Use contrast from now on?");
}
END_TEST

START_TEST (read_only_previews_and_saves_nothing)
{
  g_autoptr (Screen) screen =
      start_ready (&(Launch){ .background = DARK, .options = { "--read-only" } });
  g_autofree char *text = NULL;

  screen_send (screen, "Tjjj\r", -1);
  expect (screen, "Theme paper, until you leave.");
  expect_relay_color (screen, PAPER_AMBER);
  ck_assert (g_file_get_contents (config, &text, NULL, NULL));
  ck_assert_str_eq (text, "[ui]\nmouse = on ; of the terminal\n");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("themes");
  TCase *tests = tcase_create ("themes");

  tcase_add_checked_fixture (tests, set_up, tear_down);
  tcase_set_timeout (tests, 60);
  tcase_add_loop_test (tests, auto_follows_what_the_terminal_says, 0, G_N_ELEMENTS (backgrounds));
  tcase_add_test (tests, an_answer_that_comes_late_is_no_keys);
  tcase_add_test (tests, keys_typed_before_the_screen_is_up_count);
  tcase_add_loop_test (tests, a_theme_that_was_named_needs_no_question, 0, 4);
  tcase_add_test (tests, a_named_theme_is_shown);
  tcase_add_loop_test (tests, a_users_theme_fits_the_depth_of_the_terminal, 0,
                       G_N_ELEMENTS (depths));
  tcase_add_test (tests, a_theme_that_is_not_there_keeps_nobody_out);
  tcase_add_test (tests, a_mistake_in_a_theme_is_told_and_the_rest_counts);
  tcase_add_test (tests, the_picker_previews_and_goes_back);
  tcase_add_loop_test (tests, what_was_kept_is_saved_after_a_yes, 0, G_N_ELEMENTS (answers));
  tcase_add_test (tests, a_theme_written_to_the_file_shows_at_once);
  tcase_add_test (tests, leaving_at_once_still_saves);
  tcase_add_test (tests, the_prompt_completes_and_refuses_themes);
  tcase_add_test (tests, the_mouse_picks_a_theme);
  tcase_add_test (tests, read_only_previews_and_saves_nothing);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
