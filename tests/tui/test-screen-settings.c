/* The settings panel on a real terminal (a pty read by libvterm), with a file that others may
 * change. */
#include "suite.h"

#include "fake-node.h"
#include "fixture.h"
#include "screen.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define WAIT_S 10

static FakeNode *node;
static Fixture *fixture;
static char *folder, *path, *text;

static void
write_file (const char *content)
{
  ck_assert (
      g_file_set_contents_full (path, content, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

static char *
read_file (void)
{
  char *content = NULL;

  ck_assert (g_file_get_contents (path, &content, NULL, NULL));
  return content;
}

static void
set_up (void)
{
  g_autofree char *data = g_strdup_printf ("%s/data/settings.ini", TEST_DIR);

  node = fake_node_new ();
  fixture = fixture_load ("six-peers");
  node->status = fixture->status;
  node->events = (const char *const *)fixture->events;
  node->detail = fixture->detail;
  folder = g_dir_make_tmp ("lane-panel-XXXXXX", NULL);
  path = g_build_filename (folder, "icelane.ini", NULL);
  ck_assert (g_file_get_contents (data, &text, NULL, NULL));
  write_file (text);
}

static void
tear_down (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *entry = g_build_filename (folder, name, NULL);

    g_unlink (entry);
  }
  g_rmdir (folder);
  g_free (folder);
  g_free (path);
  g_free (text);
  fake_node_free (node);
  fixture_free (fixture);
}

static void
expect (Screen *screen, const char *what)
{
  if (!screen_wait_for (screen, what, WAIT_S)) {
    g_autofree char *dump = screen_dump (screen);

    ck_abort_msg ("'%s' never came:\n%s", what, dump);
  }
}

static Screen *
start (const char *const *env)
{
  const char *const argv[] = { DASHBOARD, node->path, "--settings", path, NULL };
  const ScreenOptions options = {
    .context = node->context, .argv = argv, .env = env, .rows = 24, .cols = 80
  };
  g_autoptr (GError) error = NULL;
  Screen *screen = screen_new (&options, &error);

  ck_assert_msg (screen != NULL, "%s", error != NULL ? error->message : "");
  expect (screen, "cam-7");
  screen_key (screen, "4");
  expect (screen, "SERVERS (3)");
  return screen;
}

static void
assert_file_has_grown_by (const char *before_what, const char *added)
{
  g_autofree char *now = read_file ();
  const char *place = strstr (text, before_what);
  g_autofree char *head = g_strndup (text, place - text);
  g_autofree char *expected = g_strconcat (head, added, place, NULL);

  ck_assert_str_eq (now, expected);
}

START_TEST (a_server_added_by_keys_is_added_to_the_file_and_nothing_else)
{
  g_autoptr (Screen) screen = start (NULL);
  struct stat status;

  screen_send (screen, "anew\r", -1);
  expect (screen, "Staged: [server new]. Now its URI.");
  screen_send (screen, "turn:b.example:99999", -1);
  expect (screen, "! port 99999 is not in 1-65535");
  screen_send (screen, "\x7f\x7f\r", -1);
  expect (screen, "Staged: [server new] uri.");
  screen_send (screen, "j\r", -1);
  expect (screen, "Enter take");
  screen_send (screen, "icelane\r", -1);
  expect (screen, "Staged: [server new] username.");
  screen_send (screen, "j\r", -1);
  expect (screen, "shared secret, command");
  screen_send (screen, "jjj\r", -1);
  expect (screen, "Tab show");
  screen_send (screen, "\033[200~gehe\033[31mim\033[201~", -1);
  expect (screen, "control character: nothing was pasted");
  screen_send (screen, "\033[200~geheim\n\033[201~", -1);
  expect (screen, "Pasted 6 characters.");
  ck_assert (!screen_has (screen, "geheim"));
  screen_send (screen, "\r", -1);
  expect (screen, "Staged: [server new] password.");
  expect (screen, "1 change *");
  screen_send (screen, "w", -1);
  expect (screen, "Write an untested server?");
  screen_send (screen, "w", -1);
  expect (screen, "Wrote 1 change.");
  assert_file_has_grown_by ("[peer cam-7]", "[server new]\n"
                                            "uri = turn:b.example:999\n"
                                            "username = icelane\n"
                                            "password = geheim\n"
                                            "\n");
  ck_assert_int_eq (stat (path, &status), 0);
  ck_assert_int_eq (status.st_mode & 0777, 0600);
}
END_TEST

START_TEST (undone_edits_leave_the_file_alone)
{
  g_autoptr (Screen) screen = start (NULL);
  g_autofree char *now = NULL;

  screen_send (screen, "jj ", -1);
  expect (screen, "1 change *");
  screen_send (screen, "x", -1);
  expect (screen, "Staged: [server home] is deleted");
  screen_send (screen, "uu", -1);
  expect (screen, "Undone: [server home] enabled.");
  ck_assert (!screen_has (screen, "change *"));
  screen_send (screen, "w", -1);
  expect (screen, "There is nothing to write.");
  now = read_file ();
  ck_assert_str_eq (now, text);
}
END_TEST

START_TEST (what_another_program_saved_is_merged_when_asked)
{
  g_autoptr (Screen) screen = start (NULL);
  g_auto (GStrv) parts = g_strsplit (text, "1500", 2);
  g_autofree char *theirs = g_strjoinv ("900", parts);
  g_autofree char *now = NULL;

  screen_send (screen, "jj ", -1);
  expect (screen, "1 change *");
  write_file (theirs);
  expect (screen, "Another program saved the file");
  screen_send (screen, "w", -1);
  expect (screen, "icelane.ini changed on disk");
  screen_key (screen, "Esc");
  expect (screen, "Nothing was written.");
  now = read_file ();
  ck_assert_str_eq (now, theirs);
  screen_send (screen, "w", -1);
  expect (screen, "icelane.ini changed on disk");
  screen_send (screen, "\r", -1);
  expect (screen, "Wrote 1 change, merged");
  g_free (now);
  now = read_file ();
  ck_assert_ptr_nonnull (strstr (now, "keepalive-ms = 900 "));
  ck_assert_ptr_nonnull (strstr (now, "enabled = no\n"));
}
END_TEST

START_TEST (the_panel_follows_a_file_that_others_save)
{
  g_autoptr (Screen) screen = start (NULL);
  g_auto (GStrv) parts = g_strsplit (text, "[server public]", 2);
  g_autofree char *theirs = g_strjoinv ("[server open]", parts);

  write_file (theirs);
  expect (screen, "    open ");
  expect (screen, "Another program saved the file; this is what it says now.");
}
END_TEST

START_TEST (the_editor_gets_the_terminal_and_gives_it_back)
{
  g_autofree char *script = g_build_filename (folder, "editor.sh", NULL);
  g_autofree char *editor = g_strconcat ("EDITOR=sh ", script, NULL);
  const char *const env[] = { editor, "VISUAL", NULL };
  g_autoptr (Screen) screen = NULL;
  g_autofree char *now = NULL;

  ck_assert (g_file_set_contents (script,
                                  "test -t 0 && test -t 1 && echo HAS THE TERMINAL\n"
                                  "read answer\n"
                                  "sed -i \"s/1500/$answer/\" \"$1\"\n",
                                  -1, NULL));
  screen = start (env);
  screen_send (screen, "e", -1);
  expect (screen, "HAS THE TERMINAL");
  ck_assert (!screen_is_alternate (screen));
  screen_send (screen, "1700\n", -1);
  expect (screen, "Staged what the editor left");
  ck_assert (screen_is_alternate (screen));
  now = read_file ();
  ck_assert_str_eq (now, text);
  screen_send (screen, "w", -1);
  expect (screen, "Wrote 1 change.");
  g_free (now);
  now = read_file ();
  ck_assert_ptr_nonnull (strstr (now, "keepalive-ms = 1700 "));
}
END_TEST

START_TEST (an_editor_that_fails_changes_nothing)
{
  const char *const env[] = { "EDITOR=false", "VISUAL", NULL };
  g_autoptr (Screen) screen = start (env);

  screen_send (screen, "e", -1);
  expect (screen, "nothing was changed");
  expect (screen, "SERVERS (3)");
}
END_TEST

START_TEST (the_cursor_follows_list_form_and_field)
{
  g_autoptr (Screen) screen = start (NULL);
  int row, col;

  screen_send (screen, "jj", -1);
  expect (screen, ">   home");
  ck_assert (screen_settle (screen, WAIT_S));
  screen_get_cursor (screen, &row, &col);
  ck_assert_int_eq (row, 4);
  ck_assert_int_eq (col, 0);
  screen_send (screen, "\rj\r", -1);
  expect (screen, "Enter take");
  screen_send (screen, "\025stun:x", -1);
  expect (screen, "stun:x");
  ck_assert (screen_settle (screen, WAIT_S));
  screen_get_cursor (screen, &row, &col);
  ck_assert_int_eq (row, 4);
  ck_assert_int_eq (col, 46);
  ck_assert (screen_is_cursor_visible (screen));
}
END_TEST

START_TEST (an_idle_panel_writes_nothing)
{
  g_autoptr (Screen) screen = start (NULL);
  guint64 before;

  screen_send (screen, "jj ", -1);
  expect (screen, "1 change *");
  ck_assert (screen_settle (screen, WAIT_S));
  before = screen_get_bytes (screen);
  screen_run (screen, 1.5);
  ck_assert_uint_eq (screen_get_bytes (screen), before);
}
END_TEST

START_TEST (control_c_with_edits_asks_once)
{
  g_autoptr (Screen) screen = start (NULL);
  g_autofree char *now = NULL;
  int status;

  screen_send (screen, "jj ", -1);
  expect (screen, "1 change *");
  screen_send (screen, "\003", 1);
  expect (screen, "1 change is not written yet");
  screen_send (screen, "\003", 1);
  ck_assert (screen_wait_exit (screen, WAIT_S, &status));
  ck_assert (WIFEXITED (status));
  ck_assert_int_eq (WEXITSTATUS (status), 0);
  now = read_file ();
  ck_assert_str_eq (now, text);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("screen-settings");
  TCase *tests = tcase_create ("settings");

  g_setenv ("TZ", "UTC", TRUE);
  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  tcase_add_checked_fixture (tests, set_up, tear_down);
  tcase_set_timeout (tests, 60);
  tcase_add_test (tests, a_server_added_by_keys_is_added_to_the_file_and_nothing_else);
  tcase_add_test (tests, undone_edits_leave_the_file_alone);
  tcase_add_test (tests, what_another_program_saved_is_merged_when_asked);
  tcase_add_test (tests, the_panel_follows_a_file_that_others_save);
  tcase_add_test (tests, the_editor_gets_the_terminal_and_gives_it_back);
  tcase_add_test (tests, an_editor_that_fails_changes_nothing);
  tcase_add_test (tests, the_cursor_follows_list_form_and_field);
  tcase_add_test (tests, an_idle_panel_writes_nothing);
  tcase_add_test (tests, control_c_with_edits_asks_once);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
