/* Views are functions of a model: each case draws one and compares it with expected/NAME.txt.
 * LANE_UPDATE_EXPECTED=1 writes these files instead; read them before committing. */
#include "suite.h"

#include "fixture.h"
#include "frame.h"

#include <locale.h>
#include <string.h>

typedef struct {
  const char *name;
  const char *data;
  int rows, cols;
  const char *keys; /* pressed first; arranged in between */
  gboolean ascii;
  const char *gone;     /* the node went away with these words */
  const char *settings; /* a file for the panel; NULL: `settings` */
} Case;

static const Case cases[] = {
  { "peers-80x24", "six-peers", 24, 80 },
  { "peers-120x40", "six-peers", 40, 120 },
  { "peers-60x12", "six-peers", 12, 60 },
  { "peers-40x8", "six-peers", 8, 40 },
  { "peers-200x60", "six-peers", 60, 200 },
  { "peers-ascii-80x24", "six-peers", 24, 80, .ascii = TRUE },
  { "peers-filtered", "six-peers", 24, 80, "/ \"direct\" Enter" },
  { "peers-filter-prompt", "six-peers", 24, 80, "/ \"rel\"" },
  { "peers-filter-none", "six-peers", 24, 80, "/ \"nothing_like_it\" Enter" },
  { "peers-marked-sorted", "six-peers", 24, 80, "Space Down Space o o o" },
  { "peers-log-focused", "six-peers", 24, 80, "Tab Up Up" },
  { "peers-gone", "six-peers", 24, 80, .gone = "the node on /run/x went away" },
  { "peers-empty", "no-peers", 24, 80 },
  { "peers-config-problem", "config-problem", 24, 80 },
  { "peers-empty-60x12", "no-peers", 12, 60 },
  { "peers-hostile-80x24", "hostile", 24, 80 },
  { "peers-hostile-120x40", "hostile", 40, 120, "Down" },
  { "peers-hostile-ascii", "hostile", 24, 80, .ascii = TRUE },
  { "peers-states-80x24", "states", 24, 80, "End" },
  { "peers-states-60x12", "states", 12, 60, "End k k k" },
  { "peers-states-ascii", "states", 30, 100, .ascii = TRUE },
  { "forecasts-80x24", "forecasts", 24, 80 },
  { "forecasts-60x12", "forecasts", 12, 60 },
  { "forecasts-120x40", "forecasts", 40, 120, "End" },
  { "peer-forecast-80x24", "forecasts", 24, 80, "Enter" },
  { "peer-forecast-unknown", "forecasts", 24, 80, "Down Enter" },
  { "peer-forecast-kept", "forecasts", 24, 80, "End Up Enter" },
  { "peer-forecast-worse", "forecasts", 40, 120, "End Enter" },
  { "peer-pairs-80x24", "six-peers", 24, 80, "Enter" },
  { "peer-pairs-60x12", "six-peers", 12, 60, "Enter" },
  { "peer-candidates-80x24", "six-peers", 24, 80, "Enter Tab" },
  { "peer-candidates-120x40", "six-peers", 40, 120, "Enter Tab Down" },
  { "peer-pairs-120x40", "six-peers", 40, 120, "Enter" },
  { "peer-timeline-both-80x24", "both-sides", 24, 80,
    "Enter Tab Tab Down Down Down Down Down Down Down Down Down Down Down Down Down Down Down Down "
    "Down Down Down Down Down" },
  { "peer-timeline-both-120x40", "both-sides", 40, 120, "Enter Tab Tab" },
  { "peer-timeline-both-60x12", "both-sides", 12, 60, "Enter Tab Tab End" },
  { "peer-timeline-both-200x60", "both-sides", 60, 200, "Enter Tab Tab Down" },
  { "peer-timeline-80x24", "six-peers", 24, 80, "Enter Tab Tab" },
  { "peer-timeline-60x12", "six-peers", 12, 60, "Enter Tab Tab" },
  { "peer-timeline-120x40", "six-peers", 40, 120, "Enter Tab Tab" },
  { "peer-timeline-ascii", "six-peers", 40, 100, "Enter Tab Tab", .ascii = TRUE },
  { "peer-timeline-none", "six-peers", 24, 80, "Down Down Enter Tab Tab" },
  { "peer-history-80x24", "six-peers", 24, 80, "Enter z" },
  { "peer-history-60x12", "six-peers", 12, 60, "Enter z" },
  { "peer-history-120x40", "six-peers", 40, 120, "Enter z Down" },
  { "peer-history-200x60", "six-peers", 60, 200, "Enter Tab Tab Tab" },
  { "peer-history-ascii", "six-peers", 24, 80, "Enter z", .ascii = TRUE },
  { "peer-history-day-80x24", "six-peers", 24, 80, "Enter z z End" },
  { "peer-history-day-120x40", "six-peers", 40, 120, "Enter z z" },
  { "peer-history-none", "six-peers", 24, 80, "Down Down Enter z" },
  { "peer-log-80x24", "six-peers", 24, 80, "Enter Tab Tab Tab Tab" },
  { "peer-hostile", "hostile", 24, 80, "Down Enter" },
  { "peer-no-pair", "six-peers", 24, 80, "Down Down Enter" },
  { "network-80x24", "six-peers", 24, 80, "2" },
  { "network-120x40", "six-peers", 40, 120, "2 j j j j j j j j j" },
  { "network-200x60", "six-peers", 60, 200, "2 G" },
  { "network-60x12", "six-peers", 12, 60, "2 j j j j j j" },
  { "network-end-80x24", "six-peers", 24, 80, "2 G" },
  { "network-failed-80x24", "six-peers", 24, 80, "2 G k k" },
  { "network-none", "no-peers", 24, 80, "2" },
  { "network-unknown", "states", 24, 80, "2" },
  { "network-unknown-gone", "states", 24, 80, "2", .gone = "the node on /run/x went away" },
  { "network-gone", "six-peers", 24, 80, "2", .gone = "the node on /run/x went away" },
  { "network-hostile-80x24", "hostile", 24, 80, "2" },
  { "network-hostile-120x40", "hostile", 40, 120, "2 G k k k" },
  { "network-hostile-ascii", "hostile", 24, 80, "2 j j j j", .ascii = TRUE },
  { "network-evidence-80x24", "six-peers", 24, 80, "2 j j j j j j j Enter" },
  { "network-evidence-60x12", "six-peers", 12, 60, "2 j j j j j j j Enter G" },
  { "network-evidence-hostile", "hostile", 24, 80, "2 j j j j Enter" },
  { "network-evidence-server", "six-peers", 24, 80, "2 G k k Enter" },
  { "network-evidence-port", "six-peers", 24, 80, "2 G k k k k k Enter" },
  { "network-help", "six-peers", 24, 80, "2 ?" },
  { "log-80x24", "six-peers", 24, 80, "3" },
  { "log-debug-kept", "six-peers", 24, 80, "3 v & \"cam-7\" Enter" },
  { "log-kind", "six-peers", 24, 80, "3 v K K K" },
  { "log-of-peer", "six-peers", 24, 80, "3 ." },
  { "log-search", "six-peers", 24, 80, "3 / \"401\" Enter" },
  { "log-record", "six-peers", 24, 80, "3 Enter" },
  { "help-80x24", "six-peers", 24, 80, "?" },
  { "help-60x12", "six-peers", 12, 60, "? Down Down" },
  { "help-searched", "six-peers", 24, 80, "? / \"restart\" Enter" },
  { "dialog-restart", "six-peers", 24, 80, "r" },
  { "dialog-restart-60x12", "six-peers", 12, 60, "R" },
  { "dialog-disconnect-yes", "six-peers", 24, 80, "Space Space Space x Tab" },
  { "dialog-quit", "six-peers", 24, 80, "Q" },
  { "prompt", "six-peers", 24, 80, ": \"restart_ca\" Tab" },
  { "prompt-choices", "six-peers", 24, 80, ": \"re\" Tab" },
  { "unknown-key", "six-peers", 24, 80, "z" },
  { "paused", "six-peers", 24, 80, "p Down" },
  { "hold-80x24", "six-peers", 24, 80, "H j" },
  { "hold-60x12", "six-peers", 12, 60, "Space Space H j j" },
  { "held-80x24", "held", 24, 80 },
  { "held-120x40", "held", 40, 120, "j" },
  { "held-peer", "held", 24, 80, "j Enter" },
  { "compared-80x24", "compared", 24, 80 },
  { "compared-running", "compared", 24, 80, "Down Down" },
  { "compared-of-the-past", "compared", 24, 80, "Down Down Down" },
  { "compared-peer-80x24", "compared", 24, 80, "Down Enter" },
  { "compared-120x40", "compared", 40, 120, "Down" },
  { "masked-80x24", "six-peers", 24, 80, "P" },
  { "masked-60x12", "six-peers", 12, 60, "P Down" },
  { "masked-120x40", "six-peers", 40, 120, "P" },
  { "masked-peer-80x24", "six-peers", 24, 80, "Enter P" },
  { "masked-candidates-120x40", "six-peers", 40, 120, "Enter Tab P" },
  { "masked-log", "six-peers", 24, 80, "P 3" },
  { "masked-record", "six-peers", 24, 80, "3 Up Up Enter P" },
  { "masked-settings", "six-peers", 24, 80, "4 j j Enter j P" },
  { "settings-80x24", "six-peers", 24, 80, "4" },
  { "settings-120x40", "six-peers", 40, 120, "4" },
  { "settings-60x12", "six-peers", 12, 60, "4" },
  { "settings-server-80x24", "six-peers", 24, 80, "4 j j Enter j" },
  { "settings-server-60x12", "six-peers", 12, 60, "4 j j Enter j" },
  { "settings-server-ascii", "six-peers", 24, 80, "4 j j Enter j", .ascii = TRUE },
  { "settings-staged-80x24", "six-peers", 24, 80, "4 j j Space" },
  { "settings-staged-120x40", "six-peers", 40, 120, "4 j j Space J Enter j j" },
  { "settings-refused", "six-peers", 24, 80, "4 j j Enter j Enter C-u \"turn:x:99999\"" },
  { "settings-refused-60x12", "six-peers", 12, 60, "4 j j Enter j Enter C-u \"turn:x:99999\"" },
  { "settings-password-typed", "six-peers", 24, 80, "4 j j Enter G k k Enter \"geheim\"" },
  { "settings-password-shown", "six-peers", 24, 80, "4 j j Enter G k k v" },
  { "settings-overridden", "six-peers", 24, 80, "4 j j j j j j Enter j j j j Enter" },
  { "settings-peers", "six-peers", 24, 80, "4 j j j j Enter j Enter j j" },
  { "settings-pick", "six-peers", 24, 80, "4 j j j j Enter j Enter j j Enter" },
  { "settings-login", "six-peers", 24, 80, "4 j j Enter j j j j Enter" },
  { "settings-new-server", "six-peers", 24, 80, "4 a \"new\" Enter \"turn:b.example\" Enter" },
  { "settings-name-prompt", "six-peers", 24, 80, "4 j c" },
  { "settings-diff", "six-peers", 24, 80, "4 j j Enter G k k Enter \"geheim\" Enter D" },
  { "settings-leave", "six-peers", 24, 80, "4 j Space q" },
  { "settings-help", "six-peers", 24, 80, "4 ?" },
  { "settings-screen", "six-peers", 24, 80, "4 G k k Enter" },
  { "settings-broken", "six-peers", 24, 80, "4", .settings = "settings-broken" },
  { "settings-broken-60x12", "six-peers", 12, 60, "4", .settings = "settings-broken" },
  { "settings-gone", "six-peers", 24, 80, "4", .gone = "the node on /run/x went away" },
  { "themes-80x24", "six-peers", 24, 80, "T Down" },
  { "themes-60x12", "six-peers", 12, 60, "T End" },
  { "themes-keep-no-file", "six-peers", 24, 80, "T Down Enter" },
};

static void
ignore_command (LaneCommand command, const char *peer, gpointer user_data)
{
}

static void
ignore_quit (gboolean stop_node, gpointer user_data)
{
}

static const LaneEffects no_effects = { .command = ignore_command, .quit = ignore_quit };

static LaneModel *
make_model (const Fixture *fixture, const Case *view)
{
  LaneModel *model = lane_model_new (&no_effects, NULL);
  g_auto (GStrv) keys = g_strsplit (view->keys != NULL ? view->keys : "", " ", -1);

  model->config_path = "/home/op/.config/icelane/icelane.ini";
  if (view->ascii)
    model->glyphs = LANE_GLYPHS_ASCII;
  fixture_apply (fixture, model);
  fixture_open_settings (model, view->settings != NULL ? view->settings : "settings");
  if (view->gone != NULL) {
    model->attached = FALSE;
    model->gone = g_strdup (view->gone);
  }
  lane_frame_arrange (model, view->rows, view->cols);
  for (guint i = 0; keys[i] != NULL; i++) {
    press_keys (model, keys[i]);
    lane_frame_arrange (model, view->rows, view->cols);
  }
  return model;
}

static char *
draw (const Case *view, const Fixture *fixture)
{
  g_autoptr (LaneModel) model = make_model (fixture, view);
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (view->cols, view->rows, !view->ascii);

  lane_frame_draw (canvas, model);
  return lane_canvas_to_text (canvas);
}

static void
assert_harmless (const char *text)
{
  ck_assert (g_utf8_validate (text, -1, NULL));
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    ck_assert_msg (c == '\n' || !g_unichar_iscntrl (c), "control character %x", c);
    ck_assert_msg (g_unichar_type (c) != G_UNICODE_FORMAT, "format character %x", c);
  }
}

START_TEST (view_draws_what_is_expected)
{
  const Case *view = &cases[_i];
  g_autoptr (Fixture) fixture = fixture_load (view->data);
  g_autofree char *text = draw (view, fixture);
  g_autofree char *path = g_strdup_printf ("%s/expected/%s.txt", TEST_DIR, view->name);
  g_autofree char *expected = NULL;

  assert_harmless (text);
  if (g_getenv ("LANE_UPDATE_EXPECTED") != NULL) {
    ck_assert (g_file_set_contents (path, text, -1, NULL));
    return;
  }
  ck_assert_msg (g_file_get_contents (path, &expected, NULL, NULL), "no %s", path);
  ck_assert_msg (strcmp (text, expected) == 0, "%s:\n%s\nexpected:\n%s", view->name, text,
                 expected);
}
END_TEST

START_TEST (ascii_screens_hold_only_ascii)
{
  const Case *view = &cases[_i];
  Case ascii = *view;
  g_autoptr (Fixture) fixture = fixture_load (view->data);
  g_autofree char *text = NULL;

  ascii.ascii = TRUE;
  text = draw (&ascii, fixture);
  for (const char *at = text; *at != '\0'; at++)
    ck_assert_msg ((guchar)*at < 0x80, "%s has %s", view->name, at);
}
END_TEST

/* What may be typed into is left out: there the text is shown as it is typed. */
START_TEST (no_masked_screen_shows_an_address_or_a_host)
{
  const Case *view = &cases[_i];
  Case masked = *view;
  g_autoptr (Fixture) fixture = fixture_load (view->data);
  g_autofree char *keys =
      g_strconcat (g_str_has_prefix (view->name, "masked") ? "" : "P ", view->keys, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GMatchInfo) match = NULL;
  g_autoptr (GRegex) address =
      g_regex_new ("\\b(?!127\\.|0\\.0\\.0\\.0)\\d+\\.\\d+\\.\\d+\\.\\d+\\b|[0-9a-f]{1,4}::[0-9a-f]"
                   "|\\.example\\b|k3vq",
                   0, 0, NULL);

  masked.keys = keys;
  text = draw (&masked, fixture);
  ck_assert (view->rows <= 8 || strstr (text, "masked") != NULL);
  if (g_regex_match (address, text, 0, &match)) {
    g_autofree char *found = g_match_info_fetch (match, 0);

    ck_abort_msg ("%s shows %s:\n%s", view->name, found, text);
  }
}
END_TEST

static int
columns_of (const char *line)
{
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (1, 1, TRUE);

  return lane_canvas_measure (canvas, line);
}

START_TEST (every_size_draws_within_its_window)
{
  static const char *const data[] = { "six-peers", "hostile", "no-peers", "states" };
  static const char *const keys[] = { "",
                                      "Enter",
                                      "Enter Tab Tab",
                                      "3",
                                      "?",
                                      "R",
                                      "3 Enter",
                                      "2",
                                      "2 j j j j",
                                      "2 G Enter",
                                      "/",
                                      "4",
                                      "4 j j Enter",
                                      "4 j Space D",
                                      "4 j Space J q",
                                      "4 j j Enter j Enter \"x\"" };

  for (int rows = 1; rows < 60; rows += 7)
    for (int cols = 1; cols < 180; cols += 13) {
      const Case view = { "", "", rows, cols, keys[(rows + cols) % G_N_ELEMENTS (keys)] };
      g_autoptr (Fixture) fixture = fixture_load (data[_i]);
      g_autofree char *text = draw (&view, fixture);
      g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

      ck_assert_int_eq (g_strv_length (lines), rows + 1);
      for (guint i = 0; lines[i] != NULL; i++)
        ck_assert_int_le (columns_of (lines[i]), cols);
    }
}
END_TEST

START_TEST (three_hundred_peers_scroll)
{
  const Case view = { "", "", 24, 80, "End" };
  g_autoptr (Fixture) fixture = fixture_with_peers (300);
  g_autofree char *text = draw (&view, fixture);

  ck_assert_ptr_nonnull (strstr (text, "> "));
  ck_assert_ptr_nonnull (strstr (text, ">  peer-299"));
  ck_assert_ptr_null (strstr (text, "peer-000"));
  ck_assert_ptr_nonnull (strstr (text, "200D 100R 0 not up"));
}
END_TEST

START_TEST (same_model_same_cells)
{
  const Case *view = &cases[0];
  g_autoptr (Fixture) fixture = fixture_load (view->data);
  g_autofree char *once = draw (view, fixture);
  g_autofree char *again = draw (view, fixture);

  ck_assert_str_eq (once, again);
}
END_TEST

START_TEST (cursor_rests_on_the_selected_row)
{
  const Case view = { "", "", 24, 80, "Down Down" };
  g_autoptr (Fixture) fixture = fixture_load ("six-peers");
  g_autoptr (LaneModel) model = make_model (fixture, &view);
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (80, 24, TRUE);
  int y, x;

  lane_frame_draw (canvas, model);
  lane_canvas_get_cursor (canvas, &y, &x);
  ck_assert_int_eq (y, 5);
  ck_assert_int_eq (x, 0);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("views");
  TCase *tests = tcase_create ("views");

  g_setenv ("TZ", "UTC", TRUE);
  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  g_setenv ("HOME", "/home/op", TRUE);
  setlocale (LC_ALL, "");
  tcase_set_timeout (tests, 60);
  tcase_add_loop_test (tests, view_draws_what_is_expected, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tests, no_masked_screen_shows_an_address_or_a_host, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tests, ascii_screens_hold_only_ascii, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tests, every_size_draws_within_its_window, 0, 4);
  tcase_add_test (tests, three_hundred_peers_scroll);
  tcase_add_test (tests, same_model_same_cells);
  tcase_add_test (tests, cursor_rests_on_the_selected_row);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
