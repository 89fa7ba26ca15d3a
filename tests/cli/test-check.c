/* `icelane check` against servers of our own. */
#include "suite.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/servers/nat-stub.h"
#include "core/servers/turn-stub.h"
#include "program.h"

static FakeNode *node; /* only for its loop and directory: check needs none */
static TurnStub *stub;
static char *config;

static void
setup (void)
{
  g_autofree char *directory = NULL;

  node = fake_node_new ();
  program_isolate (node);
  stub = turn_stub_new (node->context, TURN_STUB_UDP, NULL);
  directory = g_path_get_dirname (node->path);
  config = g_build_filename (directory, "check.ini", NULL);
}

static void
teardown (void)
{
  g_remove (config);
  g_free (config);
  turn_stub_free (stub);
  fake_node_free (node);
}

/* %u is the stub's port. */
static char *
fill_in (const char *format)
{
  g_autofree char *port = g_strdup_printf ("%u", turn_stub_get_port (stub));
  g_auto (GStrv) parts = g_strsplit (format, "%u", -1);

  return g_strjoinv (port, parts);
}

static void
write_config (const char *format)
{
  g_autofree char *text = fill_in (format);
  int fd = open (config, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (write (fd, text, strlen (text)), (int)strlen (text));
  close (fd);
}

static Outcome *
check (const char *arguments)
{
  g_autofree char *line = g_strdup_printf ("check --config %s %s", config, arguments);

  return program_run (node, g_strchomp (line));
}

#define HOME                                                                                       \
  "[server home]\nuri = turn:127.0.0.1:%u\nusername = " TURN_STUB_USER                             \
  "\npassword = " TURN_STUB_PASSWORD "\n"
#define DEAD "[server dead]\nuri = stun:127.0.0.1:9\n"

START_TEST (each_step_is_a_line_and_the_verdict_comes_last)
{
  g_autoptr (Outcome) outcome = NULL;
  const char *verdict;

  write_config (HOME);
  outcome = check ("");
  ck_assert_msg (outcome->exit_code == 0, "%s%s", outcome->out, outcome->err);
  ck_assert_str_eq (outcome->err, "");
  ck_assert_ptr_nonnull (strstr (outcome->out, "sees us as 203.0.113.7:41641\n"));
  ck_assert_ptr_nonnull (strstr (outcome->out, "  allocate "));
  ck_assert_ptr_nonnull (strstr (outcome->out, "  permission "));
  verdict = strstr (outcome->out, "  ok, ");
  ck_assert_ptr_nonnull (verdict);
  ck_assert_str_eq (strchr (verdict, '\n'), "\n");
  ck_assert_ptr_null (strstr (outcome->out, TURN_STUB_PASSWORD));
  ck_assert_int_eq (turn_stub_get_allocations (stub), 0);
}
END_TEST

START_TEST (one_failure_fails_all_and_names_the_cure)
{
  g_autoptr (Outcome) outcome = NULL;

  write_config (HOME DEAD);
  outcome = check ("");
  ck_assert_int_eq (outcome->exit_code, 1);
  ck_assert_ptr_nonnull (strstr (outcome->out, "  ok, "));
  ck_assert_ptr_nonnull (strstr (outcome->out,
                                 "failed: nobody listens on UDP port 9 (ICMP port unreachable). "
                                 "Check the port, and that the server runs.\n"));
}
END_TEST

START_TEST (named_server_is_checked_alone)
{
  g_autoptr (Outcome) outcome = NULL;

  write_config (HOME DEAD);
  outcome = check ("home");
  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_ptr_null (strstr (outcome->out, "dead"));
}
END_TEST

START_TEST (uri_of_a_section_is_checked_with_its_password)
{
  g_autofree char *uri = g_strdup_printf ("turn:127.0.0.1:%u", turn_stub_get_port (stub));
  g_autoptr (Outcome) outcome = NULL;

  write_config (HOME DEAD);
  outcome = check (uri);
  ck_assert_msg (outcome->exit_code == 0, "%s%s", outcome->out, outcome->err);
  ck_assert_ptr_nonnull (strstr (outcome->out, "home "));
}
END_TEST

START_TEST (uri_of_no_section_needs_no_settings)
{
  g_autofree char *line = g_strdup_printf ("check stun:127.0.0.1:%u", turn_stub_get_port (stub));
  g_autoptr (Outcome) outcome = program_run (node, line);

  ck_assert_msg (outcome->exit_code == 0, "%s%s", outcome->out, outcome->err);
}
END_TEST

START_TEST (json_is_one_object_with_steps_and_advice)
{
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *server;

  write_config (HOME);
  turn_stub_get_script (stub)->stubborn = TRUE;
  turn_stub_get_script (stub)->allocate[0] = 486;
  outcome = check ("--json");
  ck_assert_int_eq (outcome->exit_code, 1);
  root = json_from_string (outcome->out, NULL);
  ck_assert_ptr_nonnull (root);
  ck_assert_int_eq (json_object_get_int_member (json_node_get_object (root), "schema"), 1);
  ck_assert (!json_object_get_boolean_member (json_node_get_object (root), "ok"));
  server = json_array_get_object_element (
      json_object_get_array_member (json_node_get_object (root), "servers"), 0);
  ck_assert_str_eq (json_object_get_string_member (server, "state"), "failed");
  ck_assert_str_eq (json_object_get_string_member (server, "code"), "quota");
  ck_assert_int_eq (json_object_get_int_member (server, "stun_code"), 486);
  ck_assert_str_eq (json_object_get_string_member (server, "mapped"), "203.0.113.7");
  ck_assert_ptr_nonnull (strstr (json_object_get_string_member (server, "advice"), "user-quota"));
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (server, "steps")), 2);
}
END_TEST

#define ON_LOOPBACK "[ice]\nallow-loopback = yes\n[network]\ninterfaces = lo\nfamilies = 4\n"

START_TEST (nat_is_told_with_its_evidence)
{
  const NatStubKind kind = { .mapping = LANE_NAT_ADDRESS_AND_PORT_DEPENDENT,
                             .filtering = LANE_NAT_ADDRESS_DEPENDENT };
  g_autoptr (NatStub) nat = nat_stub_new (node->context, &kind);
  g_autoptr (GInetSocketAddress) at = nat_stub_add_server (nat, NAT_STUB_TWO, "127.0.0.2");
  g_autofree char *settings = g_strdup_printf (
      ON_LOOPBACK "[server two]\nuri = stun:127.0.0.2:%u\n", g_inet_socket_address_get_port (at));
  g_autoptr (Outcome) text = NULL, json = NULL, lasting = NULL, without = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *object;

  write_config (settings);
  text = check ("--nat");
  ck_assert_msg (text->exit_code == 0, "%s%s", text->out, text->err);
  ck_assert_ptr_nonnull (strstr (text->out,
                                 "NAT of 127.0.0.1: hard NAT: a new port per destination, lets in "
                                 "known addresses only (measured); two saw 127.0.0.9:"));
  ck_assert_ptr_nonnull (strstr (text->out, "  mapping address-and-port-dependent, filtering "
                                            "address-dependent, hairpinning no\n"));
  ck_assert_ptr_nonnull (strstr (text->out, "  other-address-and-port "));
  ck_assert_ptr_nonnull (strstr (text->out, "answer-from-other-address-and-port  two 127.0.0.2:"));

  json = check ("--nat --json");
  root = json_from_string (json->out, NULL);
  ck_assert_ptr_nonnull (root);
  object = json_object_get_object_member (json_node_get_object (root), "nat");
  ck_assert_str_eq (json_object_get_string_member (object, "confidence"), "measured");
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (object, "evidence")), 6);

  lasting = check ("--lifetime=1");
  ck_assert_ptr_nonnull (strstr (lasting->out, "  an idle mapping lives for at least 1 s\n"));

  without = check ("--json");
  ck_assert_ptr_null (strstr (without->out, "\"nat\""));
}
END_TEST

static Outcome *
check_input (const char *format, const char *arguments)
{
  g_autofree char *line = g_strdup_printf ("check --config - %s", arguments);
  g_autofree char *text = fill_in (format);

  return program_finish (program_start_with_input (node, g_strchomp (line), text));
}

START_TEST (settings_come_from_standard_input)
{
  g_autoptr (Outcome) fine = NULL;
  g_autoptr (Outcome) broken = NULL;
  g_autoptr (Outcome) none = NULL;

  fine = check_input (HOME DEAD, "home");
  ck_assert_msg (fine->exit_code == 0, "%s%s", fine->out, fine->err);
  ck_assert_ptr_nonnull (strstr (fine->out, "  permission "));
  broken = check_input ("[server home]\nuri = turn:127.0.0.1:99999\n", "");
  ck_assert_int_eq (broken->exit_code, 3);
  ck_assert_ptr_nonnull (strstr (broken->err, "standard input:2: [server home] uri: "));
  none = check_input ("", "");
  ck_assert_int_eq (none->exit_code, 1);
  ck_assert_ptr_nonnull (strstr (none->err, "standard input has no [server NAME] section"));
}
END_TEST

START_TEST (mistakes_in_other_servers_are_left_alone)
{
  g_autoptr (Outcome) outcome = NULL;

  outcome = check_input (HOME "[server other]\nuri = turn:127.0.0.1:99999\n", "home");
  ck_assert_msg (outcome->exit_code == 0, "%s%s", outcome->out, outcome->err);
  ck_assert_str_eq (outcome->err, "");
}
END_TEST

/* Of the server in line @index; -1: the last one. */
static JsonObject *
server_in (GPtrArray *lines, int index)
{
  JsonNode *root = g_ptr_array_index (lines, index < 0 ? lines->len - 1 : (guint)index);

  return json_array_get_object_element (
      json_object_get_array_member (json_node_get_object (root), "servers"), 0);
}

static GPtrArray *
parse_lines (const char *out)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func ((GDestroyNotify)json_node_unref);
  g_auto (GStrv) texts = g_strsplit (out, "\n", -1);

  for (guint i = 0; *texts[i] != '\0'; i++) {
    JsonNode *root = json_from_string (texts[i], NULL);

    ck_assert_ptr_nonnull (root);
    g_ptr_array_add (lines, root);
  }
  return lines;
}

static guint
count_steps (GPtrArray *lines, int index)
{
  return json_array_get_length (json_object_get_array_member (server_in (lines, index), "steps"));
}

START_TEST (followed_json_is_a_line_for_each_step)
{
  g_autoptr (Outcome) outcome = check_input (HOME, "--json -f");
  g_autoptr (GPtrArray) lines = parse_lines (outcome->out);

  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_uint_gt (lines->len, 2);
  for (guint i = 0; i < lines->len; i++) {
    JsonObject *object = json_node_get_object (g_ptr_array_index (lines, i));
    gboolean last = i == lines->len - 1;

    ck_assert_int_eq (json_object_get_boolean_member (object, "done"), last);
    ck_assert_int_eq (json_object_get_boolean_member (object, "ok"), last);
    if (i > 0)
      ck_assert_uint_ge (count_steps (lines, i), count_steps (lines, i - 1));
  }
  ck_assert_uint_lt (count_steps (lines, 0), count_steps (lines, -1));
  ck_assert_str_eq (json_object_get_string_member (server_in (lines, 0), "state"), "unknown");
  ck_assert_str_eq (json_object_get_string_member (server_in (lines, -1), "state"), "ok");
  ck_assert_ptr_null (strstr (outcome->out, TURN_STUB_PASSWORD));
}
END_TEST

START_TEST (interrupted_check_gives_its_allocation_back)
{
  g_autoptr (Outcome) outcome = NULL;
  g_autofree char *text = fill_in (HOME);
  Program *program;

  turn_stub_get_script (stub)->permission[0] = TURN_STUB_SILENT;
  program = program_start_with_input (node, "check --config - --json -f", text);
  fake_node_run_until (node, turn_stub_get_allocations (stub) == 1);
  program_signal (program, SIGTERM);
  outcome = program_finish (program);
  ck_assert_int_eq (outcome->exit_code, 128 + SIGTERM);
  ck_assert_int_eq (turn_stub_get_allocations (stub), 0);
}
END_TEST

START_TEST (unknown_names_and_broken_settings_are_told)
{
  g_autoptr (Outcome) unknown = NULL;
  g_autoptr (Outcome) broken = NULL;
  g_autoptr (Outcome) none = NULL;

  write_config (HOME);
  unknown = check ("hoem");
  ck_assert_int_eq (unknown->exit_code, 1);
  ck_assert_ptr_nonnull (strstr (unknown->err, "there is no [server hoem]"));
  write_config ("[server home]\nuri = turn:127.0.0.1:99999\n");
  broken = check ("");
  ck_assert_int_eq (broken->exit_code, 3);
  ck_assert_ptr_nonnull (strstr (broken->err, "99999"));
  write_config ("[ice]\ntrickle = on\n");
  none = check ("");
  ck_assert_int_eq (none->exit_code, 1);
  ck_assert_ptr_nonnull (strstr (none->err, "has no [server NAME] section"));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("check");
  TCase *checks = tcase_create ("checks");

  tcase_add_checked_fixture (checks, setup, teardown);
  tcase_set_timeout (checks, 40);
  tcase_add_test (checks, each_step_is_a_line_and_the_verdict_comes_last);
  tcase_add_test (checks, one_failure_fails_all_and_names_the_cure);
  tcase_add_test (checks, named_server_is_checked_alone);
  tcase_add_test (checks, uri_of_a_section_is_checked_with_its_password);
  tcase_add_test (checks, uri_of_no_section_needs_no_settings);
  tcase_add_test (checks, json_is_one_object_with_steps_and_advice);
  tcase_add_test (checks, settings_come_from_standard_input);
  tcase_add_test (checks, mistakes_in_other_servers_are_left_alone);
  tcase_add_test (checks, nat_is_told_with_its_evidence);
  tcase_add_test (checks, followed_json_is_a_line_for_each_step);
  tcase_add_test (checks, interrupted_check_gives_its_allocation_back);
  tcase_add_test (checks, unknown_names_and_broken_settings_are_told);
  suite_add_tcase (suite, checks);
  return lane_suite_run (suite);
}
