/* Servers under test in the settings panel: what `t` asks for, what is shown while it runs and
 * after edits, and what writing asks about. Screens are compared with expected/server-NAME.txt;
 * LANE_UPDATE_EXPECTED=1 writes these files instead; read them before committing. */
#include "suite.h"

#include <string.h>

#include "fixture.h"
#include "frame.h"
#include "settings-save.h"
#include "settings-test.h"
#include "test-words.h"

#define FILE_TEXT                                                                                  \
  "[server home]\n"                                                                                \
  "uri = turn:turn.example.net\n"                                                                  \
  "username = icelane\n"                                                                           \
  "password = right\n"                                                                             \
  "\n"                                                                                             \
  "[server backup]\n"                                                                              \
  "uri = turn:backup.example.net\n"                                                                \
  "uri = turns:backup.example.net\n"                                                               \
  "username = icelane\n"                                                                           \
  "password = right\n"                                                                             \
  "\n"                                                                                             \
  "[server spare]\n"                                                                               \
  "uri = stun:spare.example.net\n"                                                                 \
  "enabled = no\n"

static GString *calls;
static LaneModel *model;

static void
note_test (const char *const *names, gpointer user_data)
{
  g_autofree char *all = g_strjoinv (",", (char **)names);

  g_string_append_printf (calls, "test %s; ", all);
}

static void
note_save (LaneSaveMode mode, gpointer user_data)
{
  g_string_append (calls, "save; ");
}

static void
ignore_read (gpointer user_data)
{
}

static void
ignore_say (const LaneConfig *config, gboolean first, gpointer user_data)
{
}

static void
note_quit (gboolean stop_node, gpointer user_data)
{
  g_string_append (calls, "quit; ");
}

static const LaneEffects effects = { .read_settings = ignore_read,
                                     .settings_say = ignore_say,
                                     .test_servers = note_test,
                                     .save_settings = note_save,
                                     .quit = note_quit };

static void
setup (void)
{
  static const char *const none[] = { NULL };
  const LaneConfigSources sources = { .path = "/nowhere/icelane.ini",
                                      .environ_ = none,
                                      .overrides = none };
  LaneOriginal *original = g_new0 (LaneOriginal, 1);
  g_autoptr (GBytes) bytes = g_bytes_new_static (FILE_TEXT, strlen (FILE_TEXT));
  g_autoptr (Fixture) fixture = fixture_load ("no-peers");

  calls = g_string_new (NULL);
  model = lane_model_new (&effects, NULL);
  fixture_apply (fixture, model);
  model->panel = lane_settings_panel_new (&sources);
  original->path = g_strdup (sources.path);
  original->exists = TRUE;
  original->document = lane_document_parse (bytes);
  lane_settings_enter (model);
  lane_settings_on_read (model, original, NULL);
}

static void
teardown (void)
{
  lane_model_free (model);
  g_string_free (calls, TRUE);
}

#define DNS      "{\"step\":\"dns\",\"ok\":true,\"ms\":4}"
#define STUN     "{\"step\":\"stun\",\"ok\":true,\"ms\":38}"
#define ALLOCATE "{\"step\":\"allocate\",\"ok\":true,\"ms\":81}"
#define REFUSED  "{\"step\":\"allocate\",\"ok\":false,\"ms\":81}"
#define CHECKING(name, steps)                                                                      \
  "{\"name\":\"" name "\",\"uri\":\"turn:" name ":3478\",\"state\":\"unknown\",\"steps\":[" steps  \
  "]}"
#define GOOD(name)                                                                                 \
  "{\"name\":\"" name "\",\"uri\":\"turn:" name ":3478\",\"state\":\"ok\",\"rtt_ms\":38,"          \
  "\"mapped\":\"203.0.113.7\",\"relayed\":\"192.0.2.9:50112\",\"steps\":[" DNS "," STUN            \
  "," ALLOCATE "]}"
#define BAD(name)                                                                                  \
  "{\"name\":\"" name "\",\"uri\":\"turn:" name ":3478\",\"state\":\"failed\",\"code\":"           \
  "\"unauthorized\",\"error\":\"refused the user name or password (401, realm north)\","           \
  "\"advice\":\"Check username and password of this server\",\"steps\":[" DNS "," STUN "," REFUSED \
  "]}"

static void
tell (const char *servers)
{
  g_autofree char *line = g_strdup_printf ("{\"done\":false,\"servers\":[%s]}", servers);
  gboolean done;
  g_autoptr (GPtrArray) results = lane_test_results_parse (line, strlen (line), &done, NULL);

  lane_settings_on_stepped (model, results);
}

static void
end (const char *servers)
{
  tell (servers);
  lane_settings_on_tested (model, NULL);
}

static char *
draw (int rows, int cols)
{
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (cols, rows, TRUE);

  lane_frame_arrange (model, rows, cols);
  lane_frame_draw (canvas, model);
  return lane_canvas_to_text (canvas);
}

static void
expect (const char *name, int rows, int cols)
{
  g_autofree char *text = draw (rows, cols);
  g_autofree char *path = g_strdup_printf ("%s/expected/server-%s.txt", TEST_DIR, name);
  g_autofree char *expected = NULL;

  if (g_getenv ("LANE_UPDATE_EXPECTED") != NULL) {
    ck_assert (g_file_set_contents (path, text, -1, NULL));
    return;
  }
  ck_assert_msg (g_file_get_contents (path, &expected, NULL, NULL), "no %s", path);
  ck_assert_msg (strcmp (text, expected) == 0, "%s:\n%s\nexpected:\n%s", name, text, expected);
}

static void
assert_shown (const char *text, gboolean shown)
{
  g_autofree char *screen = draw (24, 80);

  ck_assert_msg ((strstr (screen, text) != NULL) == shown, "%s on\n%s", text, screen);
}

static void
set_user (const char *section, const char *user)
{
  const char *const values[] = { user, NULL };

  ck_assert (lane_settings_set (model->panel->settings, section, "username", values, NULL));
  lane_settings_panel_refresh (model->panel);
}

START_TEST (one_server_is_tested_and_its_steps_are_seen_as_they_come)
{
  press_keys (model, "Down t");
  ck_assert_str_eq (calls->str, "test home; ");
  assert_shown ("Test: ...", TRUE);
  assert_shown ("checking", TRUE);
  tell (CHECKING ("home", DNS));
  expect ("checking", 24, 80);
  tell (CHECKING ("home", DNS "," STUN));
  assert_shown ("Test: DNS 4.0 ms  STUN ok 38 ms  ...", TRUE);
  end (BAD ("home"));
  expect ("failed", 24, 80);
  expect ("failed-120x40", 40, 120);
  press_keys (model, "Enter");
  expect ("failed-60x12", 12, 60);
}
END_TEST

START_TEST (all_enabled_servers_are_tested_from_the_heading)
{
  press_keys (model, "t");
  ck_assert_str_eq (calls->str, "test home,backup; ");
  tell (GOOD ("home") "," CHECKING ("backup", STUN));
  assert_shown ("38 ms ok", TRUE);
  assert_shown ("checking", TRUE);
  end (GOOD ("home") "," GOOD ("backup") "," BAD ("backup"));
  press_keys (model, "Down Down");
  expect ("two-uris", 24, 80);
}
END_TEST

START_TEST (what_is_no_server_is_not_tested)
{
  press_keys (model, "End t");
  ck_assert_str_eq (calls->str, "");
  ck_assert (model->message_is_error);
}
END_TEST

START_TEST (disabled_server_can_be_tested_when_it_is_selected)
{
  press_keys (model, "Down Down Down t");
  ck_assert_str_eq (calls->str, "test spare; ");
}
END_TEST

START_TEST (results_hold_only_for_what_was_tested)
{
  press_keys (model, "Down t");
  end (GOOD ("home"));
  assert_shown ("sees us as 203.0.113.7", TRUE);
  set_user ("server home", "other");
  assert_shown ("sees us as 203.0.113.7", FALSE);
  assert_shown ("untested", TRUE);
  press_keys (model, "u");
  assert_shown ("sees us as 203.0.113.7", TRUE);
}
END_TEST

START_TEST (a_test_that_cannot_be_made_says_why)
{
  g_autoptr (GError) error = g_error_new_literal (LANE_TEST_ERROR, LANE_TEST_ERROR_REFUSED,
                                                  "the test was ended by signal 9");

  press_keys (model, "t");
  tell (GOOD ("home") "," CHECKING ("backup", DNS));
  lane_settings_on_tested (model, error);
  press_keys (model, "Down");
  assert_shown ("signal 9", FALSE);
  press_keys (model, "Down");
  assert_shown ("Not tested: the test was ended by signal 9.", TRUE);
}
END_TEST

START_TEST (writing_an_untested_server_offers_the_test_first)
{
  set_user ("server home", "other");
  press_keys (model, "w");
  ck_assert_ptr_nonnull (model->dialog);
  expect ("write-untested", 24, 80);
  press_keys (model, "Esc");
  ck_assert_str_eq (calls->str, "");
  press_keys (model, "w Enter");
  ck_assert_str_eq (calls->str, "test home; ");
  end (GOOD ("home"));
  ck_assert_str_eq (calls->str, "test home; save; ");
}
END_TEST

START_TEST (failed_test_keeps_it_from_being_written_unasked)
{
  set_user ("server home", "other");
  press_keys (model, "w t");
  end (BAD ("home"));
  ck_assert_str_eq (calls->str, "test home; ");
  assert_shown ("Not written: home failed its test (unauthorized)", TRUE);
  press_keys (model, "w");
  expect ("write-failed", 24, 80);
  ck_assert_int_eq (model->dialog->focus, 0);
  press_keys (model, "w");
  ck_assert_str_eq (calls->str, "test home; save; ");
}
END_TEST

START_TEST (tested_server_is_written_unasked)
{
  set_user ("server home", "other");
  press_keys (model, "Down t");
  end (GOOD ("home"));
  press_keys (model, "w");
  ck_assert_ptr_null (model->dialog);
  ck_assert_str_eq (calls->str, "test home; save; ");
}
END_TEST

START_TEST (servers_nobody_edited_or_uses_are_not_asked_about)
{
  const char *const values[] = { "3000", NULL };

  ck_assert (lane_settings_set (model->panel->settings, "ice", "keepalive-ms", values, NULL));
  ck_assert (lane_settings_set (model->panel->settings, "server spare", "uri",
                                (const char *const[]){ "stun:x.example", NULL }, NULL));
  lane_settings_panel_refresh (model->panel);
  press_keys (model, "w");
  ck_assert_ptr_null (model->dialog);
  ck_assert_str_eq (calls->str, "save; ");
}
END_TEST

START_TEST (an_edit_during_the_test_is_not_written_untested)
{
  set_user ("server home", "other");
  press_keys (model, "w t");
  set_user ("server home", "third");
  end (GOOD ("home"));
  ck_assert_str_eq (calls->str, "test home; ");
  assert_shown ("Not written: home is not tested as it is now", TRUE);
}
END_TEST

START_TEST (nothing_is_written_under_an_open_field)
{
  set_user ("server home", "other");
  press_keys (model, "w t Down Enter Down Enter");
  ck_assert_int_eq (model->prompt, LANE_PROMPT_FIELD);
  end (GOOD ("home"));
  ck_assert_str_eq (calls->str, "test home; ");
  ck_assert_ptr_nonnull (strstr (model->message, "w writes"));
}
END_TEST

START_TEST (what_the_node_found_is_shown_until_it_is_tested_here)
{
  static const char servers[] =
      "{\"servers\":[{\"name\":\"home\",\"uri\":\"turn:turn.example.net\",\"kind\":\"turn\","
      "\"state\":\"failed\",\"error\":\"does not answer\",\"advice\":\"Check that it runs\"}]}";
  g_autoptr (LaneSnapshot) snapshot = lane_snapshot_parse (servers, NULL);

  lane_model_set_snapshot (model, snapshot);
  press_keys (model, "Down");
  expect ("node-says", 24, 80);
  press_keys (model, "t");
  end (GOOD ("home"));
  assert_shown ("The node says", FALSE);
  assert_shown ("sees us as", TRUE);
}
END_TEST

START_TEST (rows_are_counted_as_they_are_drawn)
{
  static const char *const texts[] = { "", "one", "one two three four five six seven",
                                       "averyveryverylongword and then some", "a  b   c" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    for (int width = 1; width < 40; width++) {
      g_autoptr (LaneCanvas) canvas = lane_canvas_new (width, 60, TRUE);
      int drawn = lane_canvas_put_wrapped (canvas, 0, 0, 60, width, LANE_ROLE_DEFAULT, texts[i]);

      ck_assert_msg (lane_test_words_count_rows (texts[i], width) >= drawn, "%s in %d", texts[i],
                     width);
      ck_assert_msg (lane_test_words_count_rows (texts[i], width) <= drawn + 1, "%s in %d",
                     texts[i], width);
    }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("settings-test");
  TCase *tcase = tcase_create ("settings-test");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, one_server_is_tested_and_its_steps_are_seen_as_they_come);
  tcase_add_test (tcase, all_enabled_servers_are_tested_from_the_heading);
  tcase_add_test (tcase, what_is_no_server_is_not_tested);
  tcase_add_test (tcase, disabled_server_can_be_tested_when_it_is_selected);
  tcase_add_test (tcase, results_hold_only_for_what_was_tested);
  tcase_add_test (tcase, a_test_that_cannot_be_made_says_why);
  tcase_add_test (tcase, writing_an_untested_server_offers_the_test_first);
  tcase_add_test (tcase, failed_test_keeps_it_from_being_written_unasked);
  tcase_add_test (tcase, tested_server_is_written_unasked);
  tcase_add_test (tcase, servers_nobody_edited_or_uses_are_not_asked_about);
  tcase_add_test (tcase, an_edit_during_the_test_is_not_written_untested);
  tcase_add_test (tcase, nothing_is_written_under_an_open_field);
  tcase_add_test (tcase, what_the_node_found_is_shown_until_it_is_tested_here);
  tcase_add_test (tcase, rows_are_counted_as_they_are_drawn);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
