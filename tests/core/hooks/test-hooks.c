#include "hooks/hooks.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "suite.h"

#include "../servers/until.h"

#define SECRET "canary-7f3a"

static GMainContext *context;
static LaneConfig *config;
static LaneEventLog *event_log;
static LaneHooks *hooks;
static char *directory;

static void
setup (void)
{
  context = g_main_context_new ();
  directory = g_dir_make_tmp ("lane-hooks-XXXXXX", NULL);
  config = lane_config_new ();
  event_log = lane_event_log_new (LANE_LOG_LEVEL_DEBUG);
  hooks = lane_hooks_new (context, config, event_log);
}

static void
teardown (void)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  lane_hooks_free (hooks);
  lane_event_log_free (event_log);
  lane_config_free (config);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (directory, name, NULL);

    g_remove (path);
  }
  g_rmdir (directory);
  g_free (directory);
  g_main_context_unref (context);
}

static void
set_hook (LaneHookKind kind, const char *command)
{
  char **place = kind == LANE_HOOK_PATH_CHANGE ? &config->hooks.on_path_change
                                               : &config->hooks.on_state_change;

  g_free (*place);
  *place = g_strdup (command);
}

/* A script that is given the placeholders as its arguments, and $OUT. */
static void
set_script (const char *script, const char *arguments)
{
  g_autofree char *path = g_build_filename (directory, "script", NULL);
  g_autofree char *text =
      g_strdup_printf ("#!/bin/sh\nOUT=%s/out\nGO=%s/go\n%s\n", directory, directory, script);
  g_autofree char *command = g_strdup_printf ("/bin/sh %s %s", path, arguments);

  ck_assert (g_file_set_contents (path, text, -1, NULL));
  set_hook (LANE_HOOK_PATH_CHANGE, command);
}

static void
tell (const char *peer, const char *old, const char *new)
{
  const LaneHookChange change = {
    .peer = peer, .old = old, .new = new, .why = "relay-forced", .state = "connected", .path = new
  };

  lane_hooks_tell (hooks, LANE_HOOK_PATH_CHANGE, &change);
}

static guint64
ended (LaneHookResultWord word)
{
  return lane_hooks_get_count (hooks, LANE_HOOK_PATH_CHANGE, word);
}

static guint64
all_ended (void)
{
  guint64 sum = 0;

  for (guint word = 0; word < LANE_N_HOOK_RESULTS; word++)
    sum += ended (word);
  return sum;
}

static void
wait_for (guint64 count)
{
  iterate_until (context, all_ended () >= count && lane_hooks_get_running (hooks) == 0);
}

/* What scripts wrote to $OUT; the caller frees it. */
static char *
output (void)
{
  g_autofree char *path = g_build_filename (directory, "out", NULL);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text != NULL ? text : g_strdup ("");
}

static void
let_go (void)
{
  g_autofree char *path = g_build_filename (directory, "go", NULL);

  ck_assert (g_file_set_contents (path, "", 0, NULL));
}

static JsonObject *
last_event (JsonNode **root)
{
  g_autoptr (GPtrArray) list = lane_event_log_list (event_log, 0, NULL, 1);

  ck_assert_uint_eq (list->len, 1);
  *root = lane_event_to_json (list->pdata[0]);
  return json_node_get_object (*root);
}

START_TEST (placeholders_are_filled_in_inside_single_arguments)
{
  g_autofree char *text = NULL;

  set_script ("for a; do printf '[%s]' \"$a\"; done > $OUT",
              "'{peer}: {old} to {new}' {why} {state}/{path} {other} '{print $1}' {");
  tell ("a \"b\" $(id) ; {new}", "none", "relay");
  wait_for (1);
  text = output ();
  ck_assert_str_eq (text, "[a \"b\" $(id) ; {new}: none to relay][relay-forced][connected/relay]"
                          "[{other}][{print $1}][{]");
}
END_TEST

START_TEST (environment_says_the_same_and_keeps_ours_back)
{
  g_autofree char *text = NULL;

  g_setenv ("ICELANE_SERVER_HOME_USERNAME", SECRET, TRUE);
  g_setenv ("CREDENTIALS_DIRECTORY", SECRET, TRUE);
  g_setenv ("NOTIFY_SOCKET", SECRET, TRUE);
  g_setenv ("LANE_TEST_KEPT", "kept", TRUE);
  set_script ("env > $OUT", "");
  tell ("berlin", "direct", "relay");
  wait_for (1);
  text = output ();
  ck_assert_ptr_nonnull (strstr (text, "ICELANE_HOOK=on-path-change\n"));
  ck_assert_ptr_nonnull (strstr (text, "ICELANE_PEER=berlin\n"));
  ck_assert_ptr_nonnull (strstr (text, "ICELANE_OLD=direct\n"));
  ck_assert_ptr_nonnull (strstr (text, "ICELANE_NEW=relay\n"));
  ck_assert_ptr_nonnull (strstr (text, "ICELANE_WHY=relay-forced\n"));
  ck_assert_ptr_nonnull (strstr (text, "ICELANE_STATE=connected\n"));
  ck_assert_ptr_nonnull (strstr (text, "ICELANE_PATH=relay\n"));
  ck_assert_ptr_nonnull (strstr (text, "LANE_TEST_KEPT=kept\n"));
  ck_assert_ptr_null (strstr (text, SECRET));
}
END_TEST

START_TEST (stdin_is_empty_and_descriptors_of_the_node_stay_here)
{
  g_autofree char *secret = g_build_filename (directory, "secret", NULL);
  g_autofree char *text = NULL;
  FILE *file = g_fopen (secret, "w");

  ck_assert_ptr_nonnull (file);
  set_script ("{ readlink /proc/self/fd/0; ls -l /proc/self/fd; } > $OUT", "");
  tell ("berlin", "direct", "relay");
  wait_for (1);
  fclose (file);
  text = output ();
  ck_assert_msg (g_str_has_prefix (text, "/dev/null\n"), "%s", text);
  ck_assert_ptr_null (strstr (text, secret));
}
END_TEST

START_TEST (success_is_a_debug_event)
{
  g_autoptr (JsonNode) root = NULL;
  JsonObject *event;

  set_script ("exit 0", "");
  tell ("berlin", "direct", "relay");
  wait_for (1);
  event = last_event (&root);
  ck_assert_str_eq (json_object_get_string_member (event, "fact"), "hook");
  ck_assert_str_eq (json_object_get_string_member (event, "kind"), "config");
  ck_assert_str_eq (json_object_get_string_member (event, "level"), "debug");
  ck_assert_str_eq (json_object_get_string_member (event, "peer"), "berlin");
  ck_assert_str_eq (json_object_get_string_member (event, "hook"), "on-path-change");
  ck_assert_str_eq (json_object_get_string_member (event, "result"), "ok");
  ck_assert_int_eq (json_object_get_int_member (event, "exit_code"), 0);
  ck_assert (!json_object_has_member (event, "skipped"));
  ck_assert_uint_eq (ended (LANE_HOOK_OK), 1);
}
END_TEST

START_TEST (failure_is_one_line_with_what_it_said)
{
  g_autoptr (JsonNode) root = NULL;
  JsonObject *event;

  set_script ("printf '\\nno \\033[31mspace\\nsecond line\\n' >&2\n"
              "head -c 3000000 /dev/zero | tr '\\0' x\nexit 3",
              "");
  tell ("berlin", "direct", "relay");
  wait_for (1);
  event = last_event (&root);
  ck_assert_str_eq (
      json_object_get_string_member (event, "text"),
      "hook on-path-change (direct to relay) failed, exit code 3: no \u241b[31mspace");
  ck_assert_str_eq (json_object_get_string_member (event, "level"), "warning");
  ck_assert_str_eq (json_object_get_string_member (event, "result"), "failed");
  ck_assert_int_eq (json_object_get_int_member (event, "exit_code"), 3);
}
END_TEST

START_TEST (command_that_is_not_there_is_said)
{
  g_autoptr (JsonNode) root = NULL;
  JsonObject *event;

  set_hook (LANE_HOOK_PATH_CHANGE, "/nonexistent/command {peer}");
  tell ("berlin", "direct", "relay");
  ck_assert_uint_eq (ended (LANE_HOOK_NOT_STARTED), 1);
  event = last_event (&root);
  ck_assert_str_eq (json_object_get_string_member (event, "result"), "not-started");
  ck_assert_ptr_nonnull (
      strstr (json_object_get_string_member (event, "text"), "/nonexistent/command"));
  tell ("berlin", "relay", "direct");
  ck_assert_uint_eq (ended (LANE_HOOK_NOT_STARTED), 2);
}
END_TEST

/* Or dead, and nobody has asked for it yet. */
static gboolean
is_gone (const char *pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int)g_ascii_strtoll (pid, NULL, 10));
  g_autofree char *stat = NULL;

  return !g_file_get_contents (path, &stat, NULL, NULL) || strstr (stat, ") Z ") != NULL;
}

START_TEST (timeout_kills_all_that_the_hook_waits_for)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  JsonObject *event;

  config->hooks.timeout_s = 1;
  set_script ("sleep 1000 & echo $! > $OUT; wait", "");
  tell ("berlin", "direct", "relay");
  wait_for (1);
  text = output ();
  ck_assert_int_gt (g_ascii_strtoll (text, NULL, 10), 1);
  iterate_until (context, is_gone (text));
  event = last_event (&root);
  ck_assert_str_eq (json_object_get_string_member (event, "result"), "killed");
  ck_assert_int_eq (json_object_get_int_member (event, "signal"), SIGKILL);
  ck_assert_str_eq (
      json_object_get_string_member (event, "text"),
      "hook on-path-change (direct to relay) was killed after 1 s ([hooks] timeout-s)");
}
END_TEST

START_TEST (freeing_kills_what_runs)
{
  g_autofree char *text = NULL;
  LaneHooks *ending;

  set_script ("sleep 1000 & echo $! > $OUT; wait", "");
  tell ("berlin", "direct", "relay");
  iterate_until (context, (g_free (text), text = output (), strchr (text, '\n') != NULL));
  ending = g_steal_pointer (&hooks);
  lane_hooks_free (ending);
  iterate_until (context, is_gone (text));
}
END_TEST

START_TEST (newest_change_wins_while_one_runs)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;

  set_script ("while [ ! -e $GO ]; do sleep 0.01; done; echo \"$1\" >> $OUT", "{old}-{new}");
  tell ("berlin", "none", "relay");
  tell ("berlin", "relay", "direct");
  tell ("berlin", "direct", "none");
  tell ("berlin", "none", "direct");
  ck_assert_uint_eq (lane_hooks_get_running (hooks), 1);
  let_go ();
  wait_for (2);
  text = output ();
  ck_assert_str_eq (text, "none-relay\nrelay-direct\n");
  ck_assert_int_eq (json_object_get_int_member (last_event (&root), "skipped"), 2);
}
END_TEST

START_TEST (changes_that_undo_each_other_are_not_told)
{
  g_autofree char *text = NULL;

  set_script ("while [ ! -e $GO ]; do sleep 0.01; done; echo \"$1\" >> $OUT", "{old}-{new}");
  tell ("berlin", "none", "relay");
  tell ("berlin", "relay", "direct");
  tell ("berlin", "direct", "relay");
  let_go ();
  wait_for (1);
  for (guint i = 0; i < 20; i++)
    g_main_context_iteration (context, FALSE);
  ck_assert_uint_eq (lane_hooks_get_running (hooks), 0);
  text = output ();
  ck_assert_str_eq (text, "none-relay\n");
  tell ("berlin", "relay", "direct");
  wait_for (2);
}
END_TEST

START_TEST (four_run_at_once_and_all_come_to_run)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  set_script ("while [ ! -e $GO ]; do sleep 0.01; done; echo \"$1\" >> $OUT", "{peer}");
  for (guint i = 0; i < 20; i++) {
    g_autofree char *peer = g_strdup_printf ("peer-%02u", i);

    tell (peer, "none", "direct");
  }
  ck_assert_uint_eq (lane_hooks_get_running (hooks), 4);
  let_go ();
  wait_for (20);
  text = output ();
  lines = g_strsplit (text, "\n", -1);
  ck_assert_uint_eq (g_strv_length (lines), 21);
  for (guint i = 0; i < 20; i++) {
    g_autofree char *peer = g_strdup_printf ("peer-%02u", i);

    ck_assert (g_strv_contains ((const char *const *)lines, peer));
  }
}
END_TEST

START_TEST (new_settings_hold_for_what_waits)
{
  LaneConfig *fresh = lane_config_new ();
  g_autofree char *text = NULL;
  g_autofree char *command = g_strdup_printf ("/bin/sh -c 'echo new >> %s/out'", directory);

  set_script ("while [ ! -e $GO ]; do sleep 0.01; done; echo old >> $OUT", "");
  tell ("berlin", "none", "relay");
  tell ("berlin", "relay", "direct");
  fresh->hooks.on_path_change = g_strdup (command);
  lane_hooks_set_config (hooks, fresh);
  lane_config_free (config);
  config = fresh;
  let_go ();
  wait_for (2);
  text = output ();
  ck_assert_str_eq (text, "old\nnew\n");

  g_clear_pointer (&config->hooks.on_path_change, g_free);
  ck_assert (!lane_hooks_want (hooks, LANE_HOOK_PATH_CHANGE));
  tell ("berlin", "direct", "relay");
  ck_assert_uint_eq (lane_hooks_get_running (hooks), 0);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("hooks");
  TCase *tests = tcase_create ("hooks");

  tcase_add_checked_fixture (tests, setup, teardown);
  tcase_set_timeout (tests, 20);
  tcase_add_test (tests, placeholders_are_filled_in_inside_single_arguments);
  tcase_add_test (tests, environment_says_the_same_and_keeps_ours_back);
  tcase_add_test (tests, stdin_is_empty_and_descriptors_of_the_node_stay_here);
  tcase_add_test (tests, success_is_a_debug_event);
  tcase_add_test (tests, failure_is_one_line_with_what_it_said);
  tcase_add_test (tests, command_that_is_not_there_is_said);
  tcase_add_test (tests, timeout_kills_all_that_the_hook_waits_for);
  tcase_add_test (tests, freeing_kills_what_runs);
  tcase_add_test (tests, newest_change_wins_while_one_runs);
  tcase_add_test (tests, changes_that_undo_each_other_are_not_told);
  tcase_add_test (tests, four_run_at_once_and_all_come_to_run);
  tcase_add_test (tests, new_settings_hold_for_what_waits);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
