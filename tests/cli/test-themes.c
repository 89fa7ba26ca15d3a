/* `icelane themes` as a process: what it lists, shows and finds wrong. */
#include "suite.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct {
  int code;
  char *out, *err;
} Outcome;

static char *folder;

static void
outcome_free (Outcome *outcome)
{
  g_free (outcome->out);
  g_free (outcome->err);
  g_free (outcome);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Outcome, outcome_free)

static void
set_up (void)
{
  folder = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  ck_assert_int_eq (g_chdir (folder), 0);
  ck_assert_int_eq (g_mkdir_with_parents (".config/icelane/themes", 0700), 0);
}

static void
tear_down (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", folder);

  ck_assert_int_eq (g_chdir ("/"), 0);
  ck_assert (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  g_clear_pointer (&folder, g_free);
}

static void
put_file (const char *name, const char *text)
{
  ck_assert (g_file_set_contents (name, text, -1, NULL));
}

/* `icelane themes LINE`. */
static Outcome *
run (const char *line, const char *term)
{
  g_autofree char *whole = g_strdup_printf ("%s themes %s", g_getenv ("ICELANE"), line);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = NULL;
  Outcome *outcome = g_new0 (Outcome, 1);

  g_subprocess_launcher_setenv (launcher, "HOME", folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "TERM", term, TRUE);
  g_subprocess_launcher_unsetenv (launcher, "XDG_CONFIG_HOME");
  g_subprocess_launcher_unsetenv (launcher, "NO_COLOR");
  ck_assert (g_shell_parse_argv (whole, NULL, &argv, NULL));
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *)argv, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &outcome->out, &outcome->err, &error);
  g_assert_no_error (error);
  outcome->code = g_subprocess_get_exit_status (process);
  return outcome;
}

static void
assert_has (const char *text, const char *part)
{
  ck_assert_msg (strstr (text, part) != NULL, "no '%s' in:\n%s", part, text);
}

START_TEST (list_has_ours_and_the_users)
{
  g_autoptr (Outcome) outcome = NULL;

  put_file (".config/icelane/themes/dusk.ini",
            "[theme]\nname = Dusk\nbackground = dark\ninherits = harbour\n");
  put_file (".config/icelane/themes/broken.ini", "[roles]\nkey = nope\n");
  outcome = run ("", "dumb");
  ck_assert_int_eq (outcome->code, 0);
  ck_assert_str_eq (outcome->err, "");
  assert_has (outcome->out, "NAME");
  assert_has (outcome->out, "harbour");
  assert_has (outcome->out, "Dusk");
  assert_has (outcome->out, "/.config/icelane/themes/dusk.ini");
  assert_has (outcome->out, "1 mistake: icelane themes check broken");
}
END_TEST

START_TEST (list_is_one_object_of_json)
{
  g_autoptr (Outcome) outcome = NULL;
  g_autofree char *dusk = g_strdup_printf (
      "{\"name\":\"dusk\",\"title\":\"Dusk\",\"background\":\"light\",\"origin\":\"user\","
      "\"path\":\"%s/.config/icelane/themes/dusk.ini\",\"problems\":1}]}\n",
      folder);

  put_file (".config/icelane/themes/dusk.ini",
            "[theme]\nname = Dusk\nbackground = light\n[roles]\nkey = nope\n");
  outcome = run ("list --json", "dumb");
  ck_assert_int_eq (outcome->code, 0);
  ck_assert (g_str_has_prefix (outcome->out, "{\"schema\":1,\"themes\":[{\"name\":\"neutral\","));
  ck_assert_msg (g_str_has_suffix (outcome->out, dusk), "%s", outcome->out);
}
END_TEST

START_TEST (show_is_plain_words_in_a_pipe)
{
  g_autoptr (Outcome) outcome = run ("show harbour", "xterm-256color");

  ck_assert_int_eq (outcome->code, 0);
  ck_assert_ptr_null (strchr (outcome->out, '\033'));
  assert_has (outcome->out, "path.relay      #e69f00  -        bold\n");
  assert_has (outcome->out, "path.checking   -        -        underline\n");
}
END_TEST

static const struct {
  const char *term, *options, *relay;
} looks[] = {
  { "xterm-256color", "--color=always", "\033[0;1;38;5;178mpath.relay\033[0m" },
  { "xterm-direct", "--color=always", "\033[0;1;38;2;230;159;0mpath.relay\033[0m" },
  { "xterm-16color", "--color=always", "\033[0;1;33mpath.relay\033[0m" },
  { "linux", "--color=always", "\033[0;1;33mpath.relay\033[0m" },
  { "xterm-256color", "--color=never", "path.relay      #e69f00  -        bold" },
};

START_TEST (show_prints_each_role_in_its_look)
{
  g_autofree char *line = g_strdup_printf ("show harbour %s", looks[_i].options);
  g_autoptr (Outcome) outcome = run (line, looks[_i].term);

  ck_assert_int_eq (outcome->code, 0);
  assert_has (outcome->out, looks[_i].relay);
}
END_TEST

START_TEST (check_names_the_line_and_exits_3)
{
  g_autoptr (Outcome) outcome = NULL;

  put_file ("mine.ini", "[theme]\ninherits = mono\nbackground = light\n[roles]\n"
                        "path.rely = 1\npath.relay = #e69f00\n");
  outcome = run ("check mine.ini", "dumb");
  ck_assert_int_eq (outcome->code, 3);
  ck_assert_str_eq (outcome->out, "");
  assert_has (outcome->err, "mine.ini:5: [roles] path.rely: there is no such role (did you mean "
                            "path.relay?)\n");
  assert_has (outcome->err, "mine.ini:6: [roles] path.relay: without colours it looks like "
                            "path.direct (no attributes)");
  assert_has (outcome->err, "mine.ini:6: [roles] path.relay: contrast 2.0:1 on #ffffff");
}
END_TEST

START_TEST (check_is_content_with_ours)
{
  static const char *const names[] = { "neutral", "harbour", "paper", "contrast", "mono" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *line = g_strdup_printf ("check %s", names[i]);
    g_autoptr (Outcome) outcome = run (line, "dumb");

    ck_assert_str_eq (outcome->err, "");
    ck_assert_int_eq (outcome->code, 0);
  }
}
END_TEST

static const struct {
  const char *line;
  int code;
  const char *message;
} refusals[] = {
  { "check harbor", 3, "icelane: there is no theme 'harbor' (did you mean harbour?)\n" },
  { "show nowhere/x.ini", 3, "icelane: there is no file 'nowhere/x.ini'\n" },
  { "shwo harbour", 2, "icelane: themes has no 'shwo' (did you mean show?)\n" },
  { "show", 2, "usage: icelane themes show NAME\n" },
  { "list harbour", 2, "usage: icelane themes list [--json]\n" },
  { "check harbour --json", 2, "usage: icelane themes check FILE\n" },
};

START_TEST (what_cannot_be_done_is_told)
{
  g_autoptr (Outcome) outcome = run (refusals[_i].line, "dumb");

  ck_assert_str_eq (outcome->err, refusals[_i].message);
  ck_assert_str_eq (outcome->out, "");
  ck_assert_int_eq (outcome->code, refusals[_i].code);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("themes");
  TCase *tests = tcase_create ("themes");

  tcase_add_checked_fixture (tests, set_up, tear_down);
  tcase_set_timeout (tests, 30);
  tcase_add_test (tests, list_has_ours_and_the_users);
  tcase_add_test (tests, list_is_one_object_of_json);
  tcase_add_test (tests, show_is_plain_words_in_a_pipe);
  tcase_add_loop_test (tests, show_prints_each_role_in_its_look, 0, G_N_ELEMENTS (looks));
  tcase_add_test (tests, check_names_the_line_and_exits_3);
  tcase_add_test (tests, check_is_content_with_ours);
  tcase_add_loop_test (tests, what_cannot_be_done_is_told, 0, G_N_ELEMENTS (refusals));
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
