/* The real node as a process: how it starts, refuses and ends. */
#include "suite.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "program.h"

static FakeNode *world; /* its loop and its directory; its socket is nobody's here */

static void
setup (void)
{
  world = fake_node_new ();
  program_isolate (world);
}

static void
remove_below (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK)) {
      remove_below (child);
      g_rmdir (child);
    } else if (strcmp (child, world->path) != 0) {
      g_unlink (child);
    }
  }
}

static void
teardown (void)
{
  remove_below (world->directory);
  fake_node_free (world);
}

/* @name tells socket and state apart. */
static char *
with_place (const char *name, const char *line)
{
  return g_strdup_printf ("--socket %s/%s.sock --set node.state-dir=%s/%s "
                          "--set signaling.url=http://127.0.0.1:1 %s",
                          world->directory, name, world->directory, name, line);
}

static Outcome *
run_at (const char *name, const char *line)
{
  g_autofree char *whole = with_place (name, line);

  return program_run (world, whole);
}

static Program *
start_at (const char *name, const char *line)
{
  g_autofree char *whole = with_place (name, line);

  return program_start (world, whole);
}

static void
wait_until_up (const char *name)
{
  gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  for (;;) {
    g_autoptr (Outcome) outcome = run_at (name, "status --json");

    if (outcome->exit_code == 0)
      return;
    ck_assert_msg (g_get_monotonic_time () < deadline, "not up: %s", outcome->err);
  }
}

START_TEST (a_node_ends_within_two_seconds_of_a_signal)
{
  static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
  Program *program = start_at ("a", "run --log-json");
  g_autoptr (Outcome) outcome = NULL;
  g_auto (GStrv) lines = NULL;
  gint64 start;

  wait_until_up ("a");
  start = g_get_monotonic_time ();
  program_signal (program, signals[_i]);
  outcome = program_finish (program);
  ck_assert_int_lt (g_get_monotonic_time () - start, 2 * G_USEC_PER_SEC);
  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert_str_eq (outcome->out, "");

  lines = g_strsplit (outcome->err, "\n", -1);
  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
    g_autoptr (JsonNode) record = json_from_string (lines[i], NULL);

    if (g_str_has_suffix (lines[i], "(warning)"))
      continue; /* about the settings, before there is a log */
    ck_assert_msg (record != NULL && JSON_NODE_HOLDS_OBJECT (record), "not JSON: %s", lines[i]);
    ck_assert (json_object_has_member (json_node_get_object (record), "kind"));
  }
}
END_TEST

START_TEST (the_socket_is_gone_after_the_end)
{
  Program *program = start_at ("a", "run");
  g_autoptr (Outcome) stop = NULL;
  g_autoptr (Outcome) outcome = NULL;
  g_autofree char *path = g_build_filename (world->directory, "a.sock", NULL);

  wait_until_up ("a");
  stop = run_at ("a", "stop");
  ck_assert_int_eq (stop->exit_code, 0);
  outcome = program_finish (program);
  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert (!g_file_test (path, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST (a_killed_node_leaves_nothing_in_the_way)
{
  Program *first = start_at ("a", "run");
  Program *second;
  g_autoptr (Outcome) killed = NULL, outcome = NULL;

  wait_until_up ("a");
  program_signal (first, SIGKILL);
  killed = program_finish (first);
  ck_assert_int_eq (killed->exit_code, -SIGKILL);

  second = start_at ("a", "run");
  wait_until_up ("a");
  program_signal (second, SIGTERM);
  outcome = program_finish (second);
  ck_assert_int_eq (outcome->exit_code, 0);
}
END_TEST

START_TEST (a_second_node_refuses)
{
  Program *first = start_at ("a", "run");
  g_autofree char *same_socket =
      g_strdup_printf ("run --set node.state-dir=%s/b", world->directory);
  g_autofree char *same_state = g_strdup_printf ("run --socket %s/b.sock", world->directory);
  g_autoptr (Outcome) socket_refusal = NULL, state_refusal = NULL, end = NULL;

  wait_until_up ("a");
  socket_refusal = run_at ("a", same_socket);
  state_refusal = run_at ("a", same_state);
  ck_assert_int_eq (socket_refusal->exit_code, 1);
  ck_assert_ptr_nonnull (strstr (socket_refusal->err, "another node runs on"));
  ck_assert_ptr_nonnull (strstr (socket_refusal->err, "a.sock"));
  ck_assert_int_eq (state_refusal->exit_code, 1);
  ck_assert_ptr_nonnull (strstr (state_refusal->err, "another node runs on"));

  wait_until_up ("a"); /* the first is unharmed */
  program_signal (first, SIGTERM);
  end = program_finish (first);
  ck_assert_int_eq (end->exit_code, 0);
}
END_TEST

START_TEST (wrong_settings_are_code_3_with_the_place)
{
  g_autofree char *path = g_build_filename (world->directory, "bad.ini", NULL);
  g_autofree char *run_line = g_strdup_printf ("--config %s run", path);
  g_autofree char *check_line = g_strdup_printf ("config check --config %s", path);
  g_autoptr (Outcome) run = NULL, check = NULL;

  ck_assert (g_file_set_contents_full (path, "[ice]\ntrickle = perhaps\n", -1,
                                       G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  run = program_run (world, run_line);
  check = program_run (world, check_line);
  ck_assert_int_eq (run->exit_code, 3);
  ck_assert_ptr_nonnull (strstr (run->err, "bad.ini:2: [ice] trickle"));
  ck_assert_int_eq (check->exit_code, 3);
  ck_assert_ptr_nonnull (strstr (check->err, "bad.ini:2: [ice] trickle"));
}
END_TEST

static void
write_settings (const char *path, const char *text)
{
  ck_assert (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

START_TEST (a_reload_says_what_came_of_it)
{
  g_autofree char *path = g_build_filename (world->directory, "a.ini", NULL);
  g_autofree char *log = g_build_filename (world->directory, "new.jsonl", NULL);
  g_autofree char *run_line = g_strdup_printf ("run --config %s", path);
  g_autofree char *reload_line = g_strdup_printf ("reload --config %s", path);
  g_autofree char *with_log = g_strdup_printf ("[node]\nname = bergen\n[log]\nfile = %s\n", log);
  g_autoptr (Outcome) same = NULL, edited = NULL, broken = NULL, status = NULL, outcome = NULL;
  Program *program;

  write_settings (path, "[node]\nname = oslo\n");
  program = start_at ("a", run_line);
  wait_until_up ("a");
  same = run_at ("a", reload_line);
  ck_assert_int_eq (same->exit_code, 0);
  ck_assert_str_eq (same->out, "nothing has changed\n");

  write_settings (path, with_log);
  edited = run_at ("a", reload_line);
  ck_assert_int_eq (edited->exit_code, 0);
  ck_assert_str_eq (edited->out, "applied: no link is touched\n");
  ck_assert (g_file_test (log, G_FILE_TEST_EXISTS));

  write_settings (path, "[node]\nname = stavanger\n[ice]\ntrickle = perhaps\n");
  broken = run_at ("a", reload_line);
  ck_assert_int_eq (broken->exit_code, 3);
  ck_assert_ptr_nonnull (strstr (broken->err, "a.ini:4: [ice] trickle"));
  ck_assert_ptr_nonnull (strstr (broken->out, "sections with problems stay as they were"));

  status = run_at ("a", "status --json");
  ck_assert_ptr_nonnull (strstr (status->out, "\"name\":\"stavanger\""));
  ck_assert_ptr_nonnull (strstr (status->out, "\"state\":\"partly\",\"problems\":[\""));
  program_signal (program, SIGTERM);
  outcome = program_finish (program);
  ck_assert_int_eq (outcome->exit_code, 0);
}
END_TEST

START_TEST (a_log_that_cannot_be_opened_leaves_the_old_one)
{
  g_autofree char *path = g_build_filename (world->directory, "a.ini", NULL);
  g_autofree char *log = g_build_filename (world->directory, "first.jsonl", NULL);
  g_autofree char *run_line = g_strdup_printf ("run --config %s", path);
  g_autofree char *reload_line = g_strdup_printf ("reload --config %s", path);
  g_autofree char *with_log = g_strdup_printf ("[log]\nfile = %s\n", log);
  g_autofree char *nowhere = g_strdup_printf ("[log]\nfile = %s\n", "/proc/nowhere/x.jsonl");
  g_autofree char *text = NULL;
  g_autoptr (Outcome) moved = NULL, outcome = NULL;
  Program *program;

  write_settings (path, with_log);
  program = start_at ("a", run_line);
  wait_until_up ("a");
  write_settings (path, nowhere);
  moved = run_at ("a", reload_line);
  ck_assert_int_eq (moved->exit_code, 3);
  ck_assert_ptr_nonnull (strstr (moved->err, "a.ini:2: [log] file: cannot write the log to"));
  program_signal (program, SIGTERM);
  outcome = program_finish (program);
  ck_assert (g_file_get_contents (log, &text, NULL, NULL));
  ck_assert_ptr_nonnull (strstr (text, "the log goes on where it was"));
}
END_TEST

START_TEST (a_detached_node_goes_silent_when_it_is_up)
{
  g_autoptr (Outcome) start = run_at ("a", "run --detached");
  g_autoptr (Outcome) status = NULL, stop = NULL;
  g_autofree char *log = g_build_filename (world->directory, "a", "icelane.jsonl", NULL);
  struct stat info;

  ck_assert_int_eq (start->exit_code, 0);
  status = run_at ("a", "status --json"); /* no waiting: it serves before it is silent */
  ck_assert_int_eq (status->exit_code, 0);
  ck_assert_int_eq (stat (log, &info), 0);
  ck_assert_int_eq (info.st_mode & 07777, 0600);
  stop = run_at ("a", "stop");
  ck_assert_int_eq (stop->exit_code, 0);
}
END_TEST

START_TEST (a_detached_node_that_fails_says_why)
{
  g_autofree char *line = g_strdup_printf ("run --detached --socket %s", world->path);
  g_autoptr (Outcome) outcome = run_at ("a", line);

  ck_assert_ptr_nonnull (strstr (outcome->err, "another node runs on"));
}
END_TEST

START_TEST (id_is_52_characters_and_stays)
{
  g_autoptr (Outcome) first = run_at ("a", "id");
  g_autoptr (Outcome) second = run_at ("a", "id");
  g_autoptr (Outcome) groups = run_at ("a", "id --groups");

  ck_assert_int_eq (first->exit_code, 0);
  ck_assert_uint_eq (strlen (first->out), 53);
  ck_assert_str_eq (first->out, second->out);
  ck_assert_uint_eq (strlen (groups->out), 65);
  ck_assert_int_eq (groups->out[4], ' ');
}
END_TEST

START_TEST (config_tells_its_path_values_and_template)
{
  g_autofree char *path = g_build_filename (world->directory, "x.ini", NULL);
  g_autofree char *path_line = g_strdup_printf ("config path --config %s", path);
  g_autofree char *list_line =
      g_strdup_printf ("config list --show-origin --config %s --set ice.trickle=off", path);
  g_autoptr (Outcome) where = NULL, list = NULL, template = NULL, wrong = NULL;

  ck_assert (g_file_set_contents_full (path,
                                       "[node]\nname = oslo\n[server home]\n"
                                       "uri = turn:t.example\nusername = u\npassword = canary\n",
                                       -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  where = program_run (world, path_line);
  ck_assert (g_str_has_prefix (where->out, path));

  list = program_run (world, list_line);
  ck_assert_int_eq (list->exit_code, 0);
  ck_assert_ptr_nonnull (strstr (list->out, "node.name = oslo    ; "));
  ck_assert_ptr_nonnull (strstr (list->out, "ice.trickle = off    ; --set\n"));
  ck_assert_ptr_nonnull (strstr (list->out, "log.level = info    ; default\n"));
  ck_assert_ptr_nonnull (strstr (list->out, "server.home.password = (secret)    ; "));
  ck_assert_ptr_nonnull (strstr (list->out, "x.ini:6\n"));
  ck_assert_ptr_null (strstr (list->out, "canary"));

  template = program_run (world, "config template");
  ck_assert_ptr_nonnull (strstr (template->out, "#[server home]"));
  wrong = program_run (world, "config edti");
  ck_assert_int_eq (wrong->exit_code, 2);
}
END_TEST

START_TEST (the_dashboard_needs_a_terminal)
{
  g_autoptr (Outcome) outcome = run_at ("a", "");
  g_autofree char *state = g_build_filename (world->directory, "a", NULL);

  ck_assert_int_eq (outcome->exit_code, 7);
  ck_assert_ptr_nonnull (strstr (outcome->err, "needs a terminal"));
  ck_assert (!g_file_test (state, G_FILE_TEST_EXISTS)); /* and no node was started for it */
}
END_TEST

START_TEST (a_rendezvous_says_where_it_listens)
{
  Program *program = program_start (world, "rendezvous --listen 127.0.0.1:0");
  g_autofree char *token = g_build_filename (world->directory, "token", NULL);
  g_autofree char *open_line = g_strdup_printf ("rendezvous --token-file %s", token);
  g_autoptr (Outcome) refused = NULL, half = NULL, outcome = NULL;

  ck_assert (g_file_set_contents_full (token, "t", 1, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
  g_chmod (token, 0644);
  refused = program_run (world, open_line);
  ck_assert_int_eq (refused->exit_code, 1);
  ck_assert_ptr_nonnull (strstr (refused->err, "0600"));
  half = program_run (world, "rendezvous --cert x");
  ck_assert_int_eq (half->exit_code, 2);

  program_until_it_handles (program, SIGTERM);
  program_signal (program, SIGTERM);
  outcome = program_finish (program);
  ck_assert_int_eq (outcome->exit_code, 0);
  ck_assert (g_str_has_prefix (outcome->out, "listening on http://127.0.0.1:"));
}
END_TEST

/* A service manager at $NOTIFY_SOCKET */

static int
listen_as_manager (void)
{
  g_autofree char *path = g_build_filename (world->directory, "notify", NULL);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  ck_assert_int_eq (bind (fd, (struct sockaddr *)&address, sizeof address), 0);
  g_setenv ("NOTIFY_SOCKET", path, TRUE);
  return fd;
}

/* Until it was told a message with @words; what came before is skipped, and counted in @others. */
static char *
until_told (int fd, const char *words, guint *others)
{
  gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  for (;;) {
    char buffer[1024];
    GPollFD poll = { .fd = fd, .events = G_IO_IN };
    gssize length = g_poll (&poll, 1, 100) > 0 ? recv (fd, buffer, sizeof buffer - 1, 0) : 0;

    ck_assert_msg (g_get_monotonic_time () < deadline, "never told %s", words);
    if (length <= 0)
      continue;
    buffer[length] = '\0';
    if (strstr (buffer, words) != NULL)
      return g_strdup (buffer);
    if (others != NULL)
      (*others)++;
  }
}

START_TEST (a_service_manager_hears_how_it_goes)
{
  int fd = listen_as_manager ();
  Program *program;
  g_autoptr (Outcome) outcome = NULL, status = NULL, reload = NULL;
  g_autofree char *path = g_build_filename (world->directory, "a.ini", NULL);
  g_autofree char *run_line = g_strdup_printf ("run --config %s", path);
  g_autofree char *reload_line = g_strdup_printf ("reload --config %s", path);
  g_autofree char *ready = NULL, *fed = NULL, *reloading = NULL, *again = NULL, *end = NULL;
  guint before = 0;

  g_setenv ("WATCHDOG_USEC", "200000", TRUE);
  write_settings (path, "[node]\nname = oslo\n");
  program = start_at ("a", run_line);
  ready = until_told (fd, "READY=1", &before);
  ck_assert_uint_eq (before, 0);
  ck_assert_str_eq (ready, "READY=1\nSTATUS=0 direct, 0 relay, 0 not up; rendezvous connecting\n");
  g_unsetenv ("NOTIFY_SOCKET");
  status = run_at ("a", "status"); /* ready means that it can be asked */
  ck_assert_int_eq (status->exit_code, 0);
  fed = until_told (fd, "WATCHDOG=1", NULL);

  write_settings (path, "[ice]\nkeepalive-ms = 3000\n");
  reload = run_at ("a", reload_line);
  ck_assert_int_eq (reload->exit_code, 0);
  reloading = until_told (fd, "RELOADING=1", NULL);
  ck_assert_ptr_nonnull (strstr (reloading, "MONOTONIC_USEC="));
  again = until_told (fd, "READY=1", NULL);

  program_signal (program, SIGTERM);
  end = until_told (fd, "STOPPING=1", NULL);
  outcome = program_finish (program);
  ck_assert_int_eq (outcome->exit_code, 0);
  close (fd);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("run");
  TCase *tcase = tcase_create ("run");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_loop_test (tcase, a_node_ends_within_two_seconds_of_a_signal, 0, 3);
  tcase_add_test (tcase, the_socket_is_gone_after_the_end);
  tcase_add_test (tcase, a_killed_node_leaves_nothing_in_the_way);
  tcase_add_test (tcase, a_second_node_refuses);
  tcase_add_test (tcase, wrong_settings_are_code_3_with_the_place);
  tcase_add_test (tcase, a_reload_says_what_came_of_it);
  tcase_add_test (tcase, a_log_that_cannot_be_opened_leaves_the_old_one);
  tcase_add_test (tcase, a_detached_node_goes_silent_when_it_is_up);
  tcase_add_test (tcase, a_detached_node_that_fails_says_why);
  tcase_add_test (tcase, id_is_52_characters_and_stays);
  tcase_add_test (tcase, config_tells_its_path_values_and_template);
  tcase_add_test (tcase, the_dashboard_needs_a_terminal);
  tcase_add_test (tcase, a_rendezvous_says_where_it_listens);
  tcase_add_test (tcase, a_service_manager_hears_how_it_goes);
  tcase_set_timeout (tcase, 60);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
