/* The pages of the first run: keys go in, a page is compared with expected/setup-NAME.txt.
 * LANE_UPDATE_EXPECTED=1 writes these files instead; read them before committing. */
#include "suite.h"

#include <string.h>

#include "setup-view.h"

#define OUR_ID  "larg i652 ng4e krih 5jtn cysd ypgv k6cb cldh mcoa ovvr 6fwn fq3a"
#define PEER_ID "k3vq7d2maaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static GString *calls;
static LaneFolders *folders;
static LaneSetup *first_run;

#define NOTE(name)                                                                                 \
  static void note_##name (gpointer user_data)                                                     \
  {                                                                                                \
    g_string_append (calls, #name " ");                                                            \
  }
NOTE (copy)
NOTE (test)
NOTE (stop)
NOTE (write)
NOTE (leave)
NOTE (repaint)
NOTE (suspend)

static const LaneSetupEffects effects = {
  .copy_id = note_copy,
  .test = note_test,
  .stop_test = note_stop,
  .write = note_write,
  .leave = note_leave,
  .repaint = note_repaint,
  .suspend = note_suspend,
};

static void
setup (void)
{
  static const char *const environment[] = { "HOME=/home/op", NULL };

  calls = g_string_new (NULL);
  folders = lane_folders_new (environment);
  first_run =
      lane_setup_new ("/home/op/.config/icelane/icelane.ini", OUR_ID, folders, &effects, NULL);
}

static void
teardown (void)
{
  lane_setup_free (first_run);
  lane_folders_free (folders);
  g_string_free (calls, TRUE);
}

static void
press (guint code)
{
  const LaneKey key = { .code = code };

  lane_setup_key (first_run, &key, NULL);
}

/* Names of keys, separated by spaces; `"text"` types letters, with _ for a blank. */
static void
keys (const char *text)
{
  g_auto (GStrv) names = g_strsplit (text, " ", -1);

  for (guint i = 0; names[i] != NULL; i++)
    if (names[i][0] == '"')
      for (const char *at = names[i] + 1; *at != '"'; at++)
        press (*at == '_' ? ' ' : (guint)*at);
    else if (names[i][0] != '\0')
      press (lane_key_from_string (names[i]));
}

/* A test that has come to its end, or not. */
static void
tell_test (gboolean done, gboolean ok)
{
  static const char running[] =
      "{\"done\":false,\"servers\":[{\"name\":\"home\",\"uri\":\"turn:turn.example.net:3478\","
      "\"state\":\"unknown\",\"steps\":[{\"step\":\"dns\",\"ok\":true,\"ms\":4.1}]}]}";
  static const char good[] =
      "{\"done\":true,\"servers\":[{\"name\":\"home\",\"uri\":\"turn:turn.example.net:3478\","
      "\"state\":\"ok\",\"rtt_ms\":38,\"code\":\"ok\",\"mapped\":\"203.0.113.7\",\"relayed\":"
      "\"192.0.2.9:50112\",\"steps\":[{\"step\":\"dns\",\"ok\":true,\"ms\":4.1},{\"step\":\"stun\","
      "\"ok\":true,\"ms\":38},{\"step\":\"allocate\",\"ok\":true,\"ms\":81}]}]}";
  static const char bad[] =
      "{\"done\":true,\"servers\":[{\"name\":\"home\",\"uri\":\"turn:turn.example.net:3478\","
      "\"state\":\"failed\",\"code\":\"unauthorized\",\"error\":\"turn.example.net refused the "
      "user name or password (401)\",\"advice\":\"Check username and password\",\"steps\":[{"
      "\"step\":\"dns\",\"ok\":true,\"ms\":4.1},{\"step\":\"stun\",\"ok\":true,\"ms\":38},{"
      "\"step\":\"allocate\",\"ok\":false,\"ms\":81}]}]}";
  const char *line = !done ? running : ok ? good : bad;
  gboolean last;
  g_autoptr (GPtrArray) results = lane_test_results_parse (line, strlen (line), &last, NULL);

  lane_setup_set_test (first_run, results, last, NULL);
}

static char *
draw (int rows, int cols)
{
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (cols, rows, TRUE);

  lane_setup_arrange (first_run, rows, cols);
  lane_setup_draw (canvas, first_run);
  return lane_canvas_to_text (canvas);
}

static void
expect (const char *name, int rows, int cols)
{
  g_autofree char *text = draw (rows, cols);
  g_autofree char *path = g_strdup_printf ("%s/expected/setup-%s.txt", TEST_DIR, name);
  g_autofree char *expected = NULL;

  if (g_getenv ("LANE_UPDATE_EXPECTED") != NULL) {
    ck_assert (g_file_set_contents (path, text, -1, NULL));
    return;
  }
  ck_assert_msg (g_file_get_contents (path, &expected, NULL, NULL), "no %s", path);
  ck_assert_msg (strcmp (text, expected) == 0, "%s:\n%s\nexpected:\n%s", name, text, expected);
}

static char *
document (void)
{
  g_autoptr (GBytes) bytes = lane_document_to_bytes (first_run->document);

  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static char *
value (const char *section, const char *key)
{
  g_auto (GStrv) values = lane_document_get_values (first_run->document, section, key);

  return g_strdup (values[0]);
}

#define assert_value(section, key, expected)                                                       \
  do {                                                                                             \
    g_autofree char *value_ = value (section, key);                                                \
    ck_assert_pstr_eq (value_, expected);                                                          \
  } while (0)

#define TO_SERVER "Enter Esc Esc "
#define SERVER    TO_SERVER "\"turn:turn.example.net\" Enter \"icelane\" Enter \"s3cret_;x\" "

START_TEST (each_page_is_what_is_expected)
{
  expect ("welcome", 24, 80);
  keys ("Enter");
  expect ("node", 24, 80);
  keys ("Esc \"ftp://x\" Enter");
  expect ("url-wrong", 24, 80);
  keys ("C-u \"https://rendezvous.example.net\" Enter "
        "\"turn:turn.example.net\" Enter \"icelane\" Enter \"s3cret_;x\" Enter");
  tell_test (FALSE, FALSE);
  expect ("testing", 24, 80);
  tell_test (TRUE, FALSE);
  expect ("test-failed", 24, 80);
  expect ("test-failed-60x12", 12, 60);
  tell_test (TRUE, TRUE);
  expect ("test-ok-120x40", 40, 120);
  keys ("Enter \"berlin\" Enter \"" PEER_ID "\" Enter");
  expect ("review", 24, 80);
  expect ("review-60x12", 12, 60);
  expect ("40x8", 8, 40);
}
END_TEST

START_TEST (answers_fill_in_the_template)
{
  g_autofree char *text = NULL;
  g_autofree char *template = lane_config_template ();
  g_auto (GStrv) lines = g_strsplit (template, "\n", -1);

  keys ("Enter \"oslo\" Enter \"https://rendezvous.example.net\" Enter "
        "\"turn:turn.example.net\" Enter \"icelane\" Enter \"s3cret_;x\" Enter");
  tell_test (TRUE, FALSE);
  keys ("Enter \"berlin\" Enter \"" PEER_ID "\" Enter Enter");
  ck_assert_str_eq (calls->str, "test write ");
  assert_value ("node", "name", "oslo");
  assert_value ("signaling", "url", "https://rendezvous.example.net");
  assert_value ("server home", "uri", "turn:turn.example.net");
  assert_value ("server home", "username", "icelane");
  assert_value ("server home", "password-b64", "czNjcmV0IDt4"); /* as it holds ` ;` */
  assert_value ("peer berlin", "id", PEER_ID);
  text = document ();
  for (guint i = 0; lines[i] != NULL; i++)
    ck_assert_msg (strstr (text, lines[i]) != NULL, "lost: %s", lines[i]);
}
END_TEST

START_TEST (esc_skips_every_question)
{
  g_autofree char *text = NULL;
  g_autofree char *template = lane_config_template ();

  keys ("Esc \"oslo\" Esc Esc \"turn:x\" Enter Esc Esc");
  ck_assert_int_eq (first_run->page, LANE_SETUP_REVIEW);
  expect ("review-nothing", 24, 80);
  keys ("Esc");
  ck_assert_int_eq (first_run->page, LANE_SETUP_REVIEW);
  keys ("Enter");
  ck_assert_str_eq (calls->str, "write ");
  text = document ();
  ck_assert_str_eq (text, template);
}
END_TEST

START_TEST (password_is_never_drawn)
{
  keys (SERVER);
  for (int rows = 12; rows < 50; rows += 12) {
    g_autofree char *page = draw (rows, 100);

    ck_assert_ptr_null (strstr (page, "s3cret"));
    ck_assert_ptr_nonnull (strstr (page, "*********"));
  }
  keys ("Enter Enter Esc");
  {
    g_autofree char *review = draw (24, 80);

    ck_assert_ptr_nonnull (strstr (review, "[server home] password-b64 = (secret)"));
    ck_assert_ptr_null (strstr (review, "s3cret"));
    ck_assert_ptr_null (strstr (review, "czNj"));
  }
}
END_TEST

START_TEST (server_is_tested_once_before_it_goes_on)
{
  keys (SERVER "Enter");
  ck_assert_str_eq (calls->str, "test ");
  ck_assert_int_eq (first_run->page, LANE_SETUP_SERVER);
  tell_test (TRUE, FALSE);
  keys ("F5");
  ck_assert_str_eq (calls->str, "test test ");
  keys ("\"x\"");
  ck_assert_str_eq (calls->str, "test test stop ");
  ck_assert_ptr_null (first_run->results);
  keys ("Enter Enter");
  ck_assert_str_eq (calls->str, "test test stop test ");
  ck_assert_int_eq (first_run->page, LANE_SETUP_PEER);
}
END_TEST

START_TEST (without_a_server_there_is_nothing_to_test)
{
  keys (TO_SERVER "F5");
  ck_assert_str_eq (calls->str, "");
  ck_assert (first_run->message_is_error);
  keys ("Enter Enter Enter");
  ck_assert_int_eq (first_run->page, LANE_SETUP_PEER);
  ck_assert_str_eq (calls->str, "");
}
END_TEST

START_TEST (wrong_answers_stay_and_say_why)
{
  static const struct {
    const char *keys;
    LaneSetupField field;
    const char *says;
  } cases[] = {
    { TO_SERVER "\"turn:x:99999\" Enter Enter Enter", LANE_SETUP_FIELD_URI, "99999" },
    { TO_SERVER "Enter \"icelane\" Enter Enter", LANE_SETUP_FIELD_URI, "is needed" },
    { TO_SERVER "Esc \"berlin\" Enter Enter", LANE_SETUP_FIELD_PEER_ID, "icelane id" },
    { TO_SERVER "Esc Enter \"" PEER_ID "\" Enter", LANE_SETUP_FIELD_PEER_NAME, "is needed" },
    { TO_SERVER "Esc \"a,b\" Enter \"" PEER_ID "\" Enter", LANE_SETUP_FIELD_PEER_NAME, "blanks" },
    { TO_SERVER "Esc \"berlin\" Enter \"abc\" Enter", LANE_SETUP_FIELD_PEER_ID, "52" },
    { TO_SERVER "Esc \"berlin\" Enter \"LARGi652-ng4ekrih5jtncysdypgvk6cbcldhmcoaovvr6fwnfq3a\" "
                "Enter",
      LANE_SETUP_FIELD_PEER_ID, "own id" },
  };
  LaneSetupField first;

  keys (cases[_i].keys);
  ck_assert_msg (first_run->errors[cases[_i].field] != NULL, "%s", cases[_i].keys);
  ck_assert_msg (strstr (first_run->errors[cases[_i].field], cases[_i].says) != NULL, "%s",
                 first_run->errors[cases[_i].field]);
  lane_setup_get_fields (first_run->page, &first);
  ck_assert_int_eq (first + first_run->field, cases[_i].field);
  ck_assert_str_eq (calls->str, "");
}
END_TEST

START_TEST (up_goes_back_and_keeps_the_answers)
{
  keys ("Enter \"oslo\" Enter \"https://r.example\" Enter Up");
  ck_assert_int_eq (first_run->page, LANE_SETUP_SIGNALING);
  ck_assert_str_eq (lane_setup_get_text (first_run, LANE_SETUP_FIELD_URL), "https://r.example");
  keys ("Up Up Up");
  ck_assert_int_eq (first_run->page, LANE_SETUP_WELCOME);
  keys ("Down Down Down");
  ck_assert_int_eq (first_run->page, LANE_SETUP_SERVER);
  assert_value ("node", "name", "oslo");
}
END_TEST

START_TEST (control_c_stops_a_test_and_leaves_when_pressed_again)
{
  keys (SERVER "Enter");
  lane_setup_interrupt (first_run);
  ck_assert_str_eq (calls->str, "test stop ");
  lane_setup_interrupt (first_run);
  ck_assert_str_eq (calls->str, "test stop ");
  keys ("Up");
  lane_setup_interrupt (first_run);
  lane_setup_interrupt (first_run);
  ck_assert_str_eq (calls->str, "test stop leave ");
}
END_TEST

START_TEST (letters_act_only_where_nothing_is_typed)
{
  keys ("y Enter y q Enter");
  ck_assert_str_eq (calls->str, "copy ");
  ck_assert_str_eq (lane_setup_get_text (first_run, LANE_SETUP_FIELD_NODE_NAME), "yq");
  keys ("Esc Esc Esc y z");
  ck_assert_str_eq (calls->str, "copy copy ");
  ck_assert_str_eq (first_run->message, "no key 'z' here");
  keys ("q");
  ck_assert_str_eq (calls->str, "copy copy leave ");
}
END_TEST

START_TEST (every_size_is_drawn_within_its_window)
{
  keys (SERVER "Enter");
  tell_test (TRUE, FALSE);
  for (int page = 0; page < LANE_N_SETUP_PAGES; page++)
    for (int rows = 1; rows < 45; rows += 4)
      for (int cols = 1; cols < 130; cols += 9) {
        g_autofree char *text = NULL;

        first_run->page = page;
        first_run->field = 0;
        text = draw (rows, cols);
        ck_assert_ptr_nonnull (text);
      }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("setup");
  TCase *tcase = tcase_create ("setup");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, each_page_is_what_is_expected);
  tcase_add_test (tcase, answers_fill_in_the_template);
  tcase_add_test (tcase, esc_skips_every_question);
  tcase_add_test (tcase, password_is_never_drawn);
  tcase_add_test (tcase, server_is_tested_once_before_it_goes_on);
  tcase_add_test (tcase, without_a_server_there_is_nothing_to_test);
  tcase_add_loop_test (tcase, wrong_answers_stay_and_say_why, 0, 7);
  tcase_add_test (tcase, up_goes_back_and_keeps_the_answers);
  tcase_add_test (tcase, control_c_stops_a_test_and_leaves_when_pressed_again);
  tcase_add_test (tcase, letters_act_only_where_nothing_is_typed);
  tcase_add_test (tcase, every_size_is_drawn_within_its_window);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
