/* icelane report, against a node with known answers and without one. */
#include "suite.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>

#include "program.h"

#define ID "k3vqaaaabbbbccccddddeeeeffffgggghhhhiiiijjjjkkkkllla"

#define STATUS                                                                                     \
  "{\"schema\":1,\"node\":{\"name\":\"oslo\",\"id\":\"" ID "\",\"version\":\"0.1.0\","             \
  "\"signaling\":{\"type\":\"http\",\"state\":\"connected\",\"url\":"                              \
  "\"https://rendezvous.example.net/\"},\"addresses\":[\"192.168.7.9\"]},"                         \
  "\"servers\":[{\"name\":\"home\",\"uri\":\"turn:turn.example.net\",\"kind\":\"turn\","           \
  "\"state\":\"failed\",\"code\":\"timeout\",\"error\":\"203.0.113.10 did not answer\","           \
  "\"advice\":\"Check that it runs\"}],\"peers\":["                                                \
  "{\"name\":\"berlin\",\"state\":\"connected\",\"path\":\"direct\",\"family\":4,"                 \
  "\"why\":{\"code\":\"direct-lan\",\"side\":\"nobody\",\"text\":\"Both are near.\"},"             \
  "\"generation\":1},"                                                                             \
  "{\"name\":\"cairo\",\"state\":\"backoff\",\"path\":null,\"why\":{\"code\":\"sym-sym\","         \
  "\"side\":\"both\",\"text\":\"Both NATs are hard.\",\"next\":\"use IPv6\"},"                     \
  "\"last_error\":\"no answer from 198.51.100.7\"}]}"

#define DETAIL                                                                                     \
  "{\"schema\":1,\"peer\":{\"name\":\"cairo\"},\"generations\":[{\"generation\":3,"                \
  "\"state\":\"failed\",\"role\":\"controlling\",\"current\":false,"                               \
  "\"local\":[{\"type\":\"host\",\"address\":\"192.168.7.9\",\"port\":41641,"                      \
  "\"transport\":\"udp\",\"priority\":2130706431,\"foundation\":\"1\"}],"                          \
  "\"remote\":[{\"type\":\"srflx\",\"address\":\"2001:db8::7\",\"port\":61234,"                    \
  "\"transport\":\"udp\",\"priority\":1694498815,\"foundation\":\"1\"}],\"pairs\":[]}]}"

static const char *const log_lines[] = {
  "{\"sequence\":1,\"time\":\"2026-11-22T00:00:00.000Z\",\"level\":\"info\",\"peer\":\"cairo\","
  "\"kind\":\"candidate\",\"text\":\"remote srflx 198.51.100.7:61234 \\u001b[2J of cairo\"}",
  "{\"sequence\":2,\"time\":\"2026-11-22T00:00:01.000Z\",\"level\":\"warning\",\"peer\":\"berlin\","
  "\"kind\":\"state\",\"text\":\"berlin alone\"}",
  NULL,
};

#define SETTINGS                                                                                   \
  "[node]\nname = oslo\n[signaling]\nurl = https://rendezvous.example.net\n"                       \
  "token-command = cat /x/Canary-token\n"                                                          \
  "[server home]\nuri = turn:turn.example.net\nusername = Canary-user\n"                           \
  "password = Canary-password\n[peer cairo]\nid = " ID "\n"                                        \
  "[hooks]\non-path-change = notify Canary-hook\n"

static FakeNode *node;

static void
setup (void)
{
  node = fake_node_new ();
  node->status = STATUS;
  node->events = log_lines;
  node->detail = DETAIL;
  program_isolate (node);
  ck_assert_int_eq (chdir (node->directory), 0);
}

static void
teardown (void)
{
  fake_node_free (node);
}

static char *
write_settings (const char *more)
{
  char *path = g_build_filename (node->directory, "report.ini", NULL);
  g_autofree char *text = g_strconcat (SETTINGS, more, NULL);

  ck_assert (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  return path;
}

static Outcome *
run (const char *line)
{
  g_autofree char *settings = write_settings ("");
  g_autofree char *whole =
      g_strdup_printf ("--socket %s --config %s report %s", node->path, settings, line);

  return program_run (node, whole);
}

static void
assert_nothing_told (const char *text)
{
  static const char *const secrets[] = {
    "192.168.7", "203.0.113", "198.51.100", "2001:db8", "example.net", "k3vq", "Canary", "\033",
  };

  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    ck_assert_msg (strstr (text, secrets[i]) == NULL, "%s is in:\n%s", secrets[i], text);
}

static void
assert_has (const char *text, const char *part)
{
  ck_assert_msg (strstr (text, part) != NULL, "no '%s' in:\n%s", part, text);
}

START_TEST (text_says_first_what_is_wrong_whose_side_and_what_next)
{
  g_autoptr (Outcome) outcome = run ("--output -");
  const char *wrong = strstr (outcome->out, "WHAT IS WRONG\n");

  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_str_eq (outcome->err, "");
  ck_assert_ptr_nonnull (wrong);
  ck_assert (g_str_has_prefix (
      wrong, "WHAT IS WRONG\n"
             "* cairo has no path (backoff), sym-sym: Both NATs are hard. (side: both)\n"
             "    Last error: no answer from public4#A.1\n"
             "    Next: use IPv6\n"
             "* server home (turn:host#A) failed, timeout: public4#B.1 did not answer\n"
             "    Next: Check that it runs\n"));
  assert_has (outcome->out, "host       private4#A.1:41641");
  assert_has (outcome->out, "srflx      [public6#A.1]:61234");
  assert_has (outcome->out, "remote srflx public4#A.1:61234");
  assert_has (outcome->out, "berlin alone");
  assert_has (outcome->out, "server.home.password = (set, not told)");
  assert_has (outcome->out, "hooks.on-path-change = (set, not told)");
  assert_nothing_told (outcome->out);
}
END_TEST

START_TEST (json_holds_the_nodes_own_words_masked)
{
  g_autoptr (Outcome) outcome = run ("--output - --json");
  g_autoptr (JsonNode) root = json_from_string (outcome->out, NULL);
  JsonObject *object;
  JsonObject *detail;

  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_ptr_nonnull (root);
  object = json_node_get_object (root);
  ck_assert_int_eq (json_object_get_int_member (object, "schema"), 1);
  ck_assert (json_object_get_null_member (object, "no_node"));
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (object, "events")), 2);
  detail = json_array_get_object_element (json_object_get_array_member (object, "peer_details"), 0);
  ck_assert_str_eq (
      json_object_get_string_member (json_object_get_object_member (detail, "peer"), "name"),
      "cairo");
  assert_nothing_told (outcome->out);
}
END_TEST

START_TEST (a_report_about_a_peer_leaves_the_others_out)
{
  g_autoptr (Outcome) text = run ("cairo --output -");
  g_autoptr (Outcome) json = run ("cairo --output - --json");

  assert_has (text->out, "icelane report about cairo, ");
  ck_assert_ptr_null (strstr (text->out, "berlin"));
  ck_assert_ptr_null (strstr (json->out, "berlin"));
}
END_TEST

START_TEST (names_are_masked_when_asked)
{
  g_autoptr (Outcome) text = run ("--output - --mask-names");
  g_autoptr (Outcome) json = run ("--output - --mask-names --json");

  assert_has (text->out, "* peer#A has no path");
  assert_has (text->out, "server.server#A.uri = turn:host#A");
  for (guint i = 0; i < 2; i++) {
    const char *out = i == 0 ? text->out : json->out;

    ck_assert_ptr_null (strstr (out, "cairo"));
    ck_assert_ptr_null (strstr (out, "berlin"));
    ck_assert_ptr_null (strstr (out, "oslo"));
    assert_nothing_told (out);
  }
}
END_TEST

START_TEST (two_new_files_for_the_owner_alone)
{
  g_autoptr (Outcome) outcome = run ("--output ticket.txt");
  g_autoptr (Outcome) again = run ("--output ticket");
  g_autofree char *text = NULL;
  g_autofree char *json = NULL;
  struct stat status;

  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_str_eq (outcome->out, "ticket.txt\nticket.json\n");
  ck_assert (g_file_get_contents ("ticket.txt", &text, NULL, NULL));
  ck_assert (g_file_get_contents ("ticket.json", &json, NULL, NULL));
  assert_has (text, "WHAT IS WRONG");
  assert_has (json, "\"schema\"");
  ck_assert_int_eq (stat ("ticket.txt", &status), 0);
  ck_assert_uint_eq (status.st_mode & 0777, 0600);
  ck_assert_int_eq (stat ("ticket.json", &status), 0);
  ck_assert_uint_eq (status.st_mode & 0777, 0600);

  ck_assert_int_eq (again->exit_code, 1);
  assert_has (again->err, "ticket.txt: ");
}
END_TEST

START_TEST (an_existing_file_stays_and_leaves_no_half_report)
{
  g_autofree char *kept = NULL;
  g_autoptr (Outcome) outcome = NULL;

  ck_assert (g_file_set_contents ("half.json", "mine", -1, NULL));
  outcome = run ("--output half");
  ck_assert_int_eq (outcome->exit_code, 1);
  ck_assert (!g_file_test ("half.txt", G_FILE_TEST_EXISTS));
  ck_assert (g_file_get_contents ("half.json", &kept, NULL, NULL));
  ck_assert_str_eq (kept, "mine");
}
END_TEST

START_TEST (files_are_named_by_the_time)
{
  g_autoptr (Outcome) outcome = run ("");

  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert (g_regex_match_simple (
      "^icelane-report-\\d{8}-\\d{6}\\.txt\nicelane-report-\\d{8}-\\d{6}\\.json\n$", outcome->out,
      0, 0));
}
END_TEST

START_TEST (an_unknown_peer_makes_no_report)
{
  g_autoptr (Outcome) outcome = run ("cario --output -");

  ck_assert_int_eq (outcome->exit_code, 1);
  ck_assert_str_eq (outcome->out, "");
  assert_has (outcome->err, "cairo");
}
END_TEST

START_TEST (without_a_node_settings_and_log_file_are_told)
{
  g_autofree char *log = g_build_filename (node->directory, "events.jsonl", NULL);
  g_autofree char *lines = g_strconcat ("cut off\"}\n", log_lines[0], "\n", NULL);
  g_autofree char *more = g_strdup_printf ("[log]\nfile = %s\n[ice]\ntrickle = maybe\n", log);
  g_autofree char *settings = write_settings (more);
  g_autofree char *line =
      g_strdup_printf ("--socket %s/none --config %s report --output -", node->directory, settings);
  g_autoptr (Outcome) outcome = NULL;

  ck_assert (g_file_set_contents (log, lines, -1, NULL));
  outcome = program_run (node, line);
  ck_assert_int_eq (outcome->exit_code, 0);
  assert_has (outcome->out, "* No node answers: nothing answers on ");
  assert_has (outcome->out, "* settings: ");
  assert_has (outcome->out, "maybe");
  assert_has (outcome->out, "remote srflx public4#");
  assert_has (outcome->out, "server.home.uri = turn:host#");
  assert_nothing_told (outcome->out);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("report");
  TCase *tcase = tcase_create ("report");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, text_says_first_what_is_wrong_whose_side_and_what_next);
  tcase_add_test (tcase, json_holds_the_nodes_own_words_masked);
  tcase_add_test (tcase, a_report_about_a_peer_leaves_the_others_out);
  tcase_add_test (tcase, names_are_masked_when_asked);
  tcase_add_test (tcase, two_new_files_for_the_owner_alone);
  tcase_add_test (tcase, an_existing_file_stays_and_leaves_no_half_report);
  tcase_add_test (tcase, files_are_named_by_the_time);
  tcase_add_test (tcase, an_unknown_peer_makes_no_report);
  tcase_add_test (tcase, without_a_node_settings_and_log_file_are_told);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
