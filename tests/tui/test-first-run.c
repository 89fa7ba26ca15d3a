/* `icelane` on a terminal without a settings file, with keys and a real server to test. */
#include "suite.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/servers/turn-stub.h"
#include "screen.h"

static GMainContext *context;
static TurnStub *stub;
static char *home, *file;

static void
setup (void)
{
  setlocale (LC_ALL, "C.UTF-8");
  context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  stub = turn_stub_new (context, TURN_STUB_UDP, NULL);
  home = g_dir_make_tmp ("icelane-first-XXXXXX", NULL);
  file = g_build_filename (home, "icelane", "icelane.ini", NULL);
}

static void
run_icelane (const char *command)
{
  g_autofree char *environment =
      g_strdup_printf ("env HOME=%s XDG_CONFIG_HOME=%s XDG_STATE_HOME=%s XDG_RUNTIME_DIR=%s %s %s",
                       home, home, home, home, g_getenv ("ICELANE"), command);

  ck_assert (g_spawn_command_line_sync (environment, NULL, NULL, NULL, NULL));
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_remove (path);
}

static void
teardown (void)
{
  run_icelane ("stop");
  remove_tree (home);
  turn_stub_free (stub);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  g_free (file);
  g_free (home);
}

static Screen *
start (void)
{
  g_autofree char *home_is = g_strconcat ("HOME=", home, NULL);
  g_autofree char *config_is = g_strconcat ("XDG_CONFIG_HOME=", home, NULL);
  g_autofree char *state_is = g_strconcat ("XDG_STATE_HOME=", home, NULL);
  g_autofree char *runtime_is = g_strconcat ("XDG_RUNTIME_DIR=", home, NULL);
  const char *const argv[] = { g_getenv ("ICELANE"), NULL };
  const char *const env[] = { home_is, config_is, state_is, runtime_is, "LC_ALL=C.UTF-8", NULL };
  const ScreenOptions options = {
    .context = context, .argv = argv, .env = env, .rows = 24, .cols = 80
  };
  g_autoptr (GError) error = NULL;
  Screen *screen = screen_new (&options, &error);

  g_assert_no_error (error);
  return screen;
}

#define expect(screen, text)                                                                       \
  do {                                                                                             \
    if (!screen_wait_for (screen, text, 20)) {                                                     \
      g_autofree char *dump_ = screen_dump (screen);                                               \
      ck_abort_msg ("no '%s' on\n%s", text, dump_);                                                \
    }                                                                                              \
  } while (0)

static void
type_line (Screen *screen, const char *text)
{
  screen_send (screen, text, -1);
  ck_assert (screen_key (screen, "Enter"));
}

START_TEST (answers_become_a_private_file_and_a_node)
{
  g_autofree char *uri = g_strdup_printf ("turn:127.0.0.1:%u", turn_stub_get_port (stub));
  g_autofree char *text = NULL;
  g_autoptr (Screen) screen = start ();
  struct stat status;

  expect (screen, "This node's id");
  screen_key (screen, "Enter");
  expect (screen, "question 1 of 4");
  type_line (screen, "oslo");
  expect (screen, "question 2 of 4");
  type_line (screen, "http://127.0.0.1:1");
  expect (screen, "question 3 of 4");
  type_line (screen, uri);
  type_line (screen, TURN_STUB_USER);
  type_line (screen, TURN_STUB_PASSWORD);
  expect (screen, "Allocate ok");
  expect (screen, "sees us as 203.0.113.7");
  ck_assert (!screen_has (screen, TURN_STUB_PASSWORD));
  ck_assert_int_eq (g_access (file, F_OK), -1);
  screen_key (screen, "Enter");
  expect (screen, "question 4 of 4");
  type_line (screen, "berlin");
  type_line (screen, "k3vq7d2maaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  expect (screen, "[server home] password = (secret)");
  screen_key (screen, "Enter");
  expect (screen, "Started the node");
  expect (screen, "berlin");

  ck_assert_int_eq (stat (file, &status), 0);
  ck_assert_uint_eq (status.st_mode & 0777, 0600);
  ck_assert (g_file_get_contents (file, &text, NULL, NULL));
  ck_assert_ptr_nonnull (strstr (text, "\npassword = " TURN_STUB_PASSWORD "\n"));
  ck_assert_ptr_nonnull (strstr (text, "\n#trickle = on"));
}
END_TEST

START_TEST (leaving_writes_nothing)
{
  g_autoptr (Screen) screen = start ();
  int status;

  expect (screen, "This node's id");
  screen_key (screen, "C-c");
  expect (screen, "Ctrl-C again leaves");
  screen_key (screen, "C-c");
  ck_assert (screen_wait_exit (screen, 10, &status));
  ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  ck_assert_int_eq (g_access (file, F_OK), -1);
}
END_TEST

START_TEST (with_a_file_nothing_is_asked)
{
  g_autofree char *folder = g_path_get_dirname (file);
  g_autoptr (Screen) screen = NULL;

  g_mkdir (folder, 0700);
  ck_assert (g_file_set_contents (file, "[node]\nname = oslo\n", -1, NULL));
  screen = start ();
  expect (screen, "Started the node");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("first-run");
  TCase *tcase = tcase_create ("first-run");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, answers_become_a_private_file_and_a_node);
  tcase_add_test (tcase, leaving_writes_nothing);
  tcase_add_test (tcase, with_a_file_nothing_is_asked);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
