/* A recording on the screen: its cursor, and keys that exist only there. */
#include "suite.h"

#include "action.h"
#include "fixture.h"
#include "frame.h"
#include "input.h"
#include "key.h"
#include "replay-cursor.h"

#include <locale.h>
#include <string.h>

#define SECOND ((gint64)G_USEC_PER_SEC)
#define FROM   (G_GINT64_CONSTANT (1800000000) * SECOND)

static GString *calls;
static LaneModel *model;

static void
record_command (LaneCommand command, const char *peer, gpointer user_data)
{
  g_string_append (calls, "command;");
}

static void
record_seek (const char *to, gpointer user_data)
{
  g_string_append_printf (calls, "seek %s;", to);
}

static void
record_play (double speed, gpointer user_data)
{
  g_string_append_printf (calls, "play %g;", speed);
}

static void
record_quit (gboolean stop_node, gpointer user_data)
{
  g_string_append (calls, stop_node ? "quit+stop;" : "quit;");
}

static const LaneEffects effects = {
  .command = record_command,
  .seek = record_seek,
  .play = record_play,
  .quit = record_quit,
};

static void
set_up (void)
{
  g_autoptr (Fixture) fixture = NULL;

  setlocale (LC_ALL, "C.UTF-8");
  fixture = fixture_load ("six-peers");
  calls = g_string_new (NULL);
  model = lane_model_new (&effects, NULL);
  fixture_apply (fixture, model);
}

static void
tear_down (void)
{
  lane_model_free (model);
  g_string_free (calls, TRUE);
}

static void
make_recording (void)
{
  const LaneReplayView view = { .from_us = FROM,
                                .at_us = FROM + 751 * SECOND,
                                .to_us = FROM + 1440 * SECOND,
                                .event = 12,
                                .events = 40 };

  model->snapshot->replay = lane_replay_view_copy (&view);
}

static void
expect (const char *keys, const char *wanted)
{
  g_string_truncate (calls, 0);
  press_keys (model, keys);
  ck_assert_msg (strcmp (calls->str, wanted) == 0, "%s: %s", keys, calls->str);
}

START_TEST (its_keys_move_the_cursor)
{
  static const struct {
    const char *keys, *calls;
  } cases[] = {
    { "]", "seek next;" },
    { "[", "seek previous;" },
    { "}", "seek +60;" },
    { "{", "seek -60;" },
    { "^", "seek start;" },
    { "$", "seek end;" },
    { "p", "play 1;" },
    { "Space", "play 1;" },
    { "> >", "" },
    { "p", "play 4;" },
    { "<", "" },
    { "p", "play 2;" },
    { "Q", "quit;" },
    { ": \"seek\" Space \"23:49:04\" Enter", "seek 23:49:04;" },
  };

  make_recording ();
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    expect (cases[i].keys, cases[i].calls);
}
END_TEST

START_TEST (while_it_plays_p_pauses_and_speed_counts_at_once)
{
  make_recording ();
  model->snapshot->replay->speed = 1;
  expect ("p", "play 0;");
  expect (">", "play 2;");
  expect ("<", "play 1;");
}
END_TEST

START_TEST (what_acts_on_links_says_that_this_is_a_recording)
{
  static const char *const keys[] = { "r", "R", "c", "x", "2", "4", "*" };

  make_recording ();
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    expect (keys[i], "");
    ck_assert_msg (model->message_is_error
                       && g_str_has_prefix (model->message, "this is a recording: "),
                   "%s: %s", keys[i], model->message);
    ck_assert_ptr_null (model->dialog);
    ck_assert_int_eq (model->view, LANE_VIEW_PEERS);
  }
}
END_TEST

START_TEST (a_node_has_none_of_its_keys)
{
  static const char *const keys[] = { "]", "[", "}", "{", "^", "$" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    expect (keys[i], "");
    ck_assert_msg (g_str_has_prefix (model->message, "no key '"), "%s: %s", keys[i],
                   model->message);
  }
  expect ("p", "");
  ck_assert (model->paused);
  expect (": \"play\" Enter", "");
  ck_assert_str_eq (model->message, "play is for recordings: `icelane replay FILE`");
}
END_TEST

START_TEST (no_other_action_takes_its_keys)
{
  guint n;
  const LaneAction *actions = lane_replay_actions_get (&n);

  make_recording ();
  for (guint i = 0; i < n; i++) {
    g_auto (GStrv) keys = g_strsplit (actions[i].keys, " ", -1);

    for (guint j = 0; keys[j] != NULL && keys[j][0] != '\0'; j++)
      ck_assert_ptr_eq (lane_action_find_by_key (model, lane_key_from_string (keys[j])),
                        &actions[i]);
  }
}
END_TEST

START_TEST (the_cursor_is_in_the_first_line_at_every_width)
{
  static const struct {
    int width;
    const char *text;
  } cases[] = { { 60, " paused" },
                { 80, "12:31 of 24:00  paused" },
                { 120, "12:31 of 24:00  paused" } };

  make_recording ();
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (LaneCanvas) canvas = lane_canvas_new (cases[i].width, 24, TRUE);
    g_autofree char *text = NULL;
    char *end;

    lane_frame_arrange (model, 24, cases[i].width);
    lane_frame_draw (canvas, model);
    text = lane_canvas_to_text (canvas);
    ck_assert_ptr_nonnull (strstr (text, "Event 12 of 40."));
    ck_assert_ptr_null (strstr (text, "Settings"));
    end = strchr (text, '\n');
    *end = '\0';
    ck_assert_ptr_nonnull (strstr (text, "REPLAY "));
    ck_assert_msg (strstr (text, cases[i].text) != NULL, "%s", text);
  }
}
END_TEST

START_TEST (long_recordings_tell_hours_and_days)
{
  const LaneReplayView view = {
    .from_us = FROM, .at_us = FROM + 90061 * SECOND, .to_us = FROM + 100000 * SECOND, .speed = 0.5
  };
  g_autofree char *text = lane_replay_describe (&view, 80);

  ck_assert (g_str_has_suffix (text, "  25:01:01 of 27:46:40  x0.5"));
  ck_assert_int_eq (strlen (text), strlen ("REPLAY 01-16 09:01:01  25:01:01 of 27:46:40  x0.5"));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("tui-replay");
  TCase *tests = tcase_create ("replay");

  tcase_add_checked_fixture (tests, set_up, tear_down);
  tcase_add_test (tests, its_keys_move_the_cursor);
  tcase_add_test (tests, while_it_plays_p_pauses_and_speed_counts_at_once);
  tcase_add_test (tests, what_acts_on_links_says_that_this_is_a_recording);
  tcase_add_test (tests, a_node_has_none_of_its_keys);
  tcase_add_test (tests, no_other_action_takes_its_keys);
  tcase_add_test (tests, the_cursor_is_in_the_first_line_at_every_width);
  tcase_add_test (tests, long_recordings_tell_hours_and_days);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
