/* The staged edit of the settings panel: steps and the way back, what is counted, who decides a
 * value, and what happens when another program saves the file meanwhile. */
#include "suite.h"

#include "settings.h"

#include <string.h>

#define FILE_TEXT                                                                                  \
  "# servers\n"                                                                                    \
  "[server home]\n"                                                                                \
  "uri = turn:turn.example.net   ; the first\n"                                                    \
  "username = icelane\n"                                                                           \
  "password-command = pass show turn/home\n"                                                       \
  "\n"                                                                                             \
  "[server public]\n"                                                                              \
  "uri = stun:stun.example.net\n"                                                                  \
  "\n"                                                                                             \
  "[peer berlin]\n"                                                                                \
  "id = k3vq7d2maaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"                                    \
  "servers = home\n"                                                                               \
  "\n"                                                                                             \
  "[ice]\n"                                                                                        \
  "keepalive-ms = 1500\n"                                                                          \
  "made-up = 1\n"

static LaneOriginal *
original_of (const char *text)
{
  LaneOriginal *original = g_new0 (LaneOriginal, 1);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  original->path = g_strdup ("/nowhere/icelane.ini");
  original->exists = TRUE;
  original->document = lane_document_parse (bytes);
  return original;
}

static LaneSettings *
plain_settings_of (const char *text)
{
  static const char *const none[] = { NULL };
  const LaneConfigSources sources = { .path = "/nowhere/icelane.ini",
                                      .environ_ = none,
                                      .overrides = none };
  LaneSettings *settings = lane_settings_new (&sources);

  lane_settings_open (settings, original_of (text));
  return settings;
}

static LaneSettings *
settings_of (const char *text)
{
  static const char *const environ_[] = { "HOME=/home/op", "ICELANE_ICE_TRICKLE=off", NULL };
  static const char *const overrides[] = { "server.home.username=other", NULL };
  const LaneConfigSources sources = { .path = "/nowhere/icelane.ini",
                                      .environ_ = environ_,
                                      .overrides = overrides };
  LaneSettings *settings = lane_settings_new (&sources);

  lane_settings_open (settings, original_of (text));
  return settings;
}

static char *
text_of (const LaneSettings *settings)
{
  g_autoptr (GBytes) bytes = lane_document_to_bytes (lane_settings_get_document (settings));
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  return g_strndup (data, length);
}

static void
assert_text (const LaneSettings *settings, const char *text)
{
  g_autofree char *now = text_of (settings);

  ck_assert_str_eq (now, text);
}

static void
set (LaneSettings *settings, const char *section, const char *key, const char *value)
{
  const char *const values[] = { value, NULL };
  g_autoptr (GError) error = NULL;

  ck_assert_msg (lane_settings_set (settings, section, key, values, &error), "%s",
                 error != NULL ? error->message : "");
}

START_TEST (steps_are_undone_to_the_byte_and_made_again)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);
  g_autofree char *after = NULL;
  guint steps = 0;

  set (settings, "ice", "keepalive-ms", "3000");
  ck_assert (lane_settings_add (settings, "server", "backup", NULL));
  set (settings, "server backup", "uri", "turn:b.example");
  ck_assert (lane_settings_clone (settings, "server home", "spare", NULL));
  ck_assert (lane_settings_move (settings, "server public", -1, NULL));
  ck_assert (lane_settings_rename (settings, "server home", "house", NULL));
  ck_assert (lane_settings_remove (settings, "server public", NULL));
  after = text_of (settings);
  while (lane_settings_undo (settings) != NULL)
    steps++;
  ck_assert_uint_eq (steps, 7);
  assert_text (settings, FILE_TEXT);
  ck_assert_uint_eq (lane_settings_count_changes (settings), 0);
  while (lane_settings_redo (settings) != NULL)
    ;
  assert_text (settings, after);
}
END_TEST

START_TEST (a_new_step_ends_what_could_be_made_again)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);

  set (settings, "ice", "keepalive-ms", "3000");
  ck_assert_str_eq (lane_settings_undo (settings), "[ice] keepalive-ms");
  set (settings, "ice", "flap-hold-s", "3");
  ck_assert_ptr_null (lane_settings_redo (settings));
  ck_assert_str_eq (lane_settings_undo (settings), "[ice] flap-hold-s");
}
END_TEST

START_TEST (nothing_new_is_no_step)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);

  set (settings, "ice", "keepalive-ms", "1500");
  ck_assert_ptr_null (lane_settings_undo (settings));
}
END_TEST

START_TEST (changes_are_counted_by_setting_section_and_order)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);

  ck_assert_uint_eq (lane_settings_count_changes (settings), 0);
  set (settings, "ice", "keepalive-ms", "3000");
  ck_assert_uint_eq (lane_settings_count_changes (settings), 1);
  ck_assert (lane_settings_is_changed (settings, "ice", "keepalive-ms"));
  ck_assert (!lane_settings_is_changed (settings, "ice", "made-up"));
  ck_assert (lane_settings_add (settings, "server", "backup", NULL));
  set (settings, "server backup", "uri", "turn:b.example");
  ck_assert_uint_eq (lane_settings_count_changes (settings), 2);
  ck_assert (lane_settings_move (settings, "server public", -1, NULL));
  ck_assert_uint_eq (lane_settings_count_changes (settings), 3);
  set (settings, "ice", "keepalive-ms", "1500");
  ck_assert_uint_eq (lane_settings_count_changes (settings), 2);
}
END_TEST

START_TEST (refused_edits_change_nothing_and_speak_as_the_file)
{
  static const struct {
    const char *section, *key, *value, *message;
  } cases[] = {
    { "server home", "uri", "turn:x:99999", "port 99999 is not in 1-65535" },
    { "ice", "keepalive-ms", "12", "12 is not in 200-60000" },
    { "ice", "trickle", "perhaps", "'perhaps' is not on or off" },
    { "ice", "trickel", "on", "trickel is not a setting of [ice] (did you mean trickle?)" },
    { "log", "level", "loud", "'loud' is not one of error, warning, info, debug" },
  };
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);
  const char *const values[] = { cases[_i].value, NULL };
  g_autoptr (GError) error = NULL;

  ck_assert (!lane_settings_check (settings, cases[_i].section, cases[_i].key, values, NULL));
  ck_assert (!lane_settings_set (settings, cases[_i].section, cases[_i].key, values, &error));
  ck_assert_str_eq (error->message, cases[_i].message);
  assert_text (settings, FILE_TEXT);
  ck_assert_ptr_null (lane_settings_undo (settings));
}
END_TEST

START_TEST (a_login_takes_the_place_of_the_one_there_was)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);
  const LaneDocument *document = NULL;

  set (settings, "server home", "auth-secret", "key");
  document = lane_settings_get_document (settings);
  ck_assert_uint_eq (lane_document_find_line (document, "server home", "password-command"), 0);
  set (settings, "server home", "password", "plain");
  set (settings, "server home", "password", "no ;line holds it");
  document = lane_settings_get_document (settings);
  ck_assert_uint_eq (lane_document_find_line (document, "server home", "auth-secret"), 0);
  ck_assert_uint_eq (lane_document_find_line (document, "server home", "password"), 0);
  ck_assert_uint_ne (lane_document_find_line (document, "server home", "password-b64"), 0);
  set (settings, "server home", "password-file", "/run/secret");
  document = lane_settings_get_document (settings);
  ck_assert_uint_eq (lane_document_find_line (document, "server home", "password-b64"), 0);
  while (lane_settings_undo (settings) != NULL)
    ;
  assert_text (settings, FILE_TEXT);
}
END_TEST

START_TEST (environment_and_options_decide_before_the_file)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);
  LaneOrigin origin;

  ck_assert (lane_settings_is_overridden (settings, "ice", "trickle", &origin));
  ck_assert_str_eq (origin.place, "ICELANE_ICE_TRICKLE");
  ck_assert (lane_settings_is_overridden (settings, "server home", "username", &origin));
  ck_assert_str_eq (origin.place, "--set");
  ck_assert (!lane_settings_is_overridden (settings, "server home", "uri", &origin));
  ck_assert_int_eq (origin.line, 3);
  ck_assert (!lane_settings_is_overridden (settings, "ice", "flap-hold-s", &origin));
}
END_TEST

START_TEST (renaming_a_server_follows_it_to_its_peers)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);
  g_autoptr (GError) error = NULL;

  ck_assert (lane_settings_rename (settings, "server home", "house", NULL));
  ck_assert_str_eq (
      lane_config_find_peer (lane_settings_get_config (settings), "berlin")->servers[0], "house");
  ck_assert (!lane_settings_rename (settings, "server house", "public", &error));
  ck_assert (!lane_settings_add (settings, "server", "two words", NULL));
}
END_TEST

START_TEST (deleting_a_server_that_a_peer_names_is_a_fault)
{
  g_autoptr (LaneSettings) settings = plain_settings_of (FILE_TEXT);
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GPtrArray) gaps = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);

  ck_assert (lane_settings_remove (settings, "server home", NULL));
  lane_settings_review (settings, faults, gaps);
  ck_assert_uint_eq (faults->len, 1);
  ck_assert_str_eq (((LaneProblem *)faults->pdata[0])->section, "peer berlin");
  ck_assert_ptr_nonnull (lane_settings_find_problem (settings, "peer berlin", "servers"));
}
END_TEST

START_TEST (a_clone_of_a_peer_has_no_id)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);
  const LaneDocument *document = NULL;

  ck_assert (lane_settings_clone (settings, "peer berlin", "bonn", NULL));
  document = lane_settings_get_document (settings);
  ck_assert_uint_ne (lane_document_find_line (document, "peer bonn", "servers"), 0);
  ck_assert_uint_eq (lane_document_find_line (document, "peer bonn", "id"), 0);
}
END_TEST

START_TEST (moving_stops_at_the_ends)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);
  g_autoptr (GError) error = NULL;

  ck_assert (!lane_settings_move (settings, "server home", -1, &error));
  ck_assert_ptr_null (error);
  ck_assert (lane_settings_move (settings, "server home", 5, NULL));
  ck_assert (!lane_settings_move (settings, "server home", 1, NULL));
}
END_TEST

START_TEST (a_broken_file_can_be_looked_at_only)
{
  g_autoptr (LaneSettings) settings = settings_of ("[ice]\ntrickle = off\nwhat is this\n");
  const char *const values[] = { "5", NULL };
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_nonnull (lane_settings_get_flaw (settings));
  ck_assert_int_eq (lane_settings_get_flaw (settings)->line, 3);
  ck_assert (!lane_settings_set (settings, "ice", "flap-hold-s", values, &error));
  ck_assert (g_error_matches (error, LANE_DOCUMENT_ERROR, LANE_DOCUMENT_ERROR_BROKEN));
}
END_TEST

START_TEST (what_others_saved_is_taken_in_below_the_edits)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);
  g_autofree char *theirs = g_strconcat (FILE_TEXT, "flap-hold-s = 7\n", NULL);
  g_autofree char *now = NULL;

  set (settings, "ice", "keepalive-ms", "3000");
  ck_assert (lane_settings_rebase (settings, original_of (theirs)));
  now = text_of (settings);
  ck_assert_ptr_nonnull (strstr (now, "keepalive-ms = 3000\n"));
  ck_assert_ptr_nonnull (strstr (now, "flap-hold-s = 7\n"));
  ck_assert_uint_eq (lane_settings_count_changes (settings), 1);
  ck_assert_ptr_nonnull (lane_settings_undo (settings));
  assert_text (settings, theirs);
}
END_TEST

START_TEST (what_clashes_is_not_merged_unasked)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);
  g_auto (GStrv) parts = g_strsplit (FILE_TEXT, "1500", 2);
  g_autofree char *theirs = g_strjoinv ("900", parts);
  g_autofree char *before = NULL;

  set (settings, "ice", "keepalive-ms", "3000");
  before = text_of (settings);
  ck_assert (!lane_settings_rebase (settings, original_of (theirs)));
  assert_text (settings, before);
}
END_TEST

START_TEST (discarding_is_a_step_too)
{
  g_autoptr (LaneSettings) settings = settings_of (FILE_TEXT);

  set (settings, "ice", "keepalive-ms", "3000");
  lane_settings_discard (settings);
  assert_text (settings, FILE_TEXT);
  ck_assert_ptr_nonnull (lane_settings_undo (settings));
  ck_assert_uint_eq (lane_settings_count_changes (settings), 1);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("settings");
  TCase *tests = tcase_create ("settings");

  tcase_add_test (tests, steps_are_undone_to_the_byte_and_made_again);
  tcase_add_test (tests, a_new_step_ends_what_could_be_made_again);
  tcase_add_test (tests, nothing_new_is_no_step);
  tcase_add_test (tests, changes_are_counted_by_setting_section_and_order);
  tcase_add_loop_test (tests, refused_edits_change_nothing_and_speak_as_the_file, 0, 5);
  tcase_add_test (tests, a_login_takes_the_place_of_the_one_there_was);
  tcase_add_test (tests, environment_and_options_decide_before_the_file);
  tcase_add_test (tests, renaming_a_server_follows_it_to_its_peers);
  tcase_add_test (tests, deleting_a_server_that_a_peer_names_is_a_fault);
  tcase_add_test (tests, a_clone_of_a_peer_has_no_id);
  tcase_add_test (tests, moving_stops_at_the_ends);
  tcase_add_test (tests, a_broken_file_can_be_looked_at_only);
  tcase_add_test (tests, what_others_saved_is_taken_in_below_the_edits);
  tcase_add_test (tests, what_clashes_is_not_merged_unasked);
  tcase_add_test (tests, discarding_is_a_step_too);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
