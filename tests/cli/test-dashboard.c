/* The dashboard as a process on a terminal: which node it shows, and what becomes of that. */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <pty.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

static FakeNode *world;
static char *place; /* the options that pick our node */

static void
setup (void)
{
  world = fake_node_new ();
  program_isolate (world);
  place = g_strdup_printf ("--socket %s/real.sock --set node.state-dir=%s/state "
                           "--set signaling.url=http://127.0.0.1:1",
                           world->directory, world->directory);
}

static void
teardown (void)
{
  static const char *const files[] = { "state/icelane.jsonl", "state/node.key", "state/lock",
                                       "real.sock.lock", "state" };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *file = g_build_filename (world->directory, files[i], NULL);

    g_remove (file);
  }
  fake_node_free (world);
  g_free (place);
}

typedef struct {
  pid_t pid;
  int terminal;
  GString *screen; /* all that was written to it */
} Dashboard;

static void
dashboard_start (Dashboard *dashboard, const char *options)
{
  g_autofree char *line = g_strdup_printf ("%s %s", g_getenv ("ICELANE"), options);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  struct winsize size = { .ws_row = 24, .ws_col = 80 };

  dashboard->screen = g_string_new (NULL);
  dashboard->pid = forkpty (&dashboard->terminal, NULL, NULL, &size);
  ck_assert_int_ge (dashboard->pid, 0);
  if (dashboard->pid == 0) {
    g_setenv ("TERM", "xterm-256color", TRUE);
    execv (argv[0], argv);
    _exit (127);
  }
  fcntl (dashboard->terminal, F_SETFL, O_NONBLOCK);
}

/* Reads what it draws until @text is among it; NULL: until it ends. */
static void
dashboard_read_until (Dashboard *dashboard, const char *text)
{
  gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  while (text == NULL || strstr (dashboard->screen->str, text) == NULL) {
    struct pollfd poll_fd = { .fd = dashboard->terminal, .events = POLLIN };
    char buffer[4096];
    gssize length;

    ck_assert_msg (g_get_monotonic_time () < deadline, "no '%s' in: %s",
                   text != NULL ? text : "end", dashboard->screen->str);
    poll (&poll_fd, 1, 20);
    length = read (dashboard->terminal, buffer, sizeof buffer);
    if (length > 0)
      g_string_append_len (dashboard->screen, buffer, length);
    else if (length == 0 || errno == EIO)
      return;
    while (g_main_context_iteration (world->context, FALSE))
      ;
  }
}

static void
dashboard_press (Dashboard *dashboard, const char *keys)
{
  ck_assert_int_eq (write (dashboard->terminal, keys, strlen (keys)), (gssize)strlen (keys));
}

static int
dashboard_end (Dashboard *dashboard)
{
  int status;

  dashboard_read_until (dashboard, NULL);
  ck_assert_int_eq (waitpid (dashboard->pid, &status, 0), dashboard->pid);
  close (dashboard->terminal);
  g_string_free (dashboard->screen, TRUE);
  ck_assert (WIFEXITED (status));
  return WEXITSTATUS (status);
}

START_TEST (it_starts_a_node_that_stays)
{
  g_autofree char *status_line = g_strdup_printf ("%s status --json", place);
  g_autofree char *stop_line = g_strdup_printf ("%s stop", place);
  g_autoptr (Outcome) status = NULL, stop = NULL;
  Dashboard dashboard;

  dashboard_start (&dashboard, place);
  dashboard_read_until (&dashboard, "Started the node");
  dashboard_press (&dashboard, "q");
  ck_assert_int_eq (dashboard_end (&dashboard), 0);

  status = program_run (world, status_line);
  ck_assert_int_eq (status->exit_code, 0);
  stop = program_run (world, stop_line);
  ck_assert_int_eq (stop->exit_code, 0);
}
END_TEST

START_TEST (it_attaches_to_the_node_that_runs)
{
  g_autofree char *options = g_strdup_printf ("--socket %s", world->path);
  Dashboard dashboard;

  world->status = "{\"schema\":1,\"node\":{\"name\":\"oslo\"},\"servers\":[],\"peers\":["
                  "{\"name\":\"ulan-bator\",\"state\":\"waiting\",\"path\":null}]}";
  dashboard_start (&dashboard, options);
  dashboard_read_until (&dashboard, "ulan-bator");
  ck_assert_ptr_null (strstr (dashboard.screen->str, "Started"));
  dashboard_press (&dashboard, "q");
  ck_assert_int_eq (dashboard_end (&dashboard), 0);
}
END_TEST

START_TEST (a_node_that_cannot_start_says_why_in_its_own_words)
{
  g_autofree char *open = g_build_filename (world->directory, "open", NULL);
  g_autofree char *options = g_strdup_printf ("%s --socket %s/x.sock", place, open);
  Dashboard dashboard;

  g_mkdir (open, 0755);
  g_chmod (open, 0755);
  dashboard_start (&dashboard, options);
  dashboard_read_until (&dashboard, "it must be 0700");
  ck_assert_int_eq (dashboard_end (&dashboard), 1);
  g_rmdir (open);
}
END_TEST

START_TEST (wrong_node_settings_are_code_3_before_any_screen)
{
  g_autofree char *options = g_strdup_printf ("%s --set node.nonsense=1", place);
  Dashboard dashboard;

  dashboard_start (&dashboard, options);
  dashboard_read_until (&dashboard, "nonsense");
  ck_assert_int_eq (dashboard_end (&dashboard), 3);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("dashboard");
  TCase *tcase = tcase_create ("dashboard");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, it_starts_a_node_that_stays);
  tcase_add_test (tcase, it_attaches_to_the_node_that_runs);
  tcase_add_test (tcase, a_node_that_cannot_start_says_why_in_its_own_words);
  tcase_add_test (tcase, wrong_node_settings_are_code_3_before_any_screen);
  tcase_set_timeout (tcase, 60);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
