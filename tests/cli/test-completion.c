/* icelane completion: what bash makes of it, and that no command or option is missing. */
#include "suite.h"

#include <gio/gio.h>
#include <string.h>

static char *program, *directory;

/* Standard output of @argv; @settings: $XDG_CONFIG_HOME. */
static char *
run (const char *const *argv)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autofree char *folder = g_path_get_dirname (program);
  g_autofree char *path = g_strdup_printf ("%s:/usr/bin:/bin", folder);
  g_autoptr (GSubprocess) process = NULL;
  char *out = NULL;

  g_subprocess_launcher_setenv (launcher, "PATH", path, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_CONFIG_HOME", directory, TRUE);
  process = g_subprocess_launcher_spawnv (launcher, argv, NULL);
  ck_assert_ptr_nonnull (process);
  ck_assert (g_subprocess_communicate_utf8 (process, NULL, NULL, &out, NULL, NULL));
  return out;
}

static void
setup (void)
{
  g_autofree char *folder = NULL;
  g_autofree char *file = NULL;

  program = g_strdup (g_getenv ("ICELANE"));
  directory = g_dir_make_tmp ("icelane-completion-XXXXXX", NULL);
  folder = g_build_filename (directory, "icelane", NULL);
  file = g_build_filename (folder, "icelane.ini", NULL);
  ck_assert_int_eq (g_mkdir_with_parents (folder, 0700), 0);
  ck_assert (g_file_set_contents_full (
      file,
      "[server home]\nuri = stun:127.0.0.1\n"
      "[peer cam-7]\nid = k3vqaaaabbbbccccddddeeeeffffgggghhhhiiiijjjjkkkkllla\n"
      "[peer caddy]\nid = k3vqaaaabbbbccccddddeeeeffffgggghhhhiiiijjjjkkkkllmq\n",
      -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void
teardown (void)
{
  const char *const argv[] = { "rm", "-r", directory, NULL };

  g_free (run (argv));
  g_free (directory);
  g_free (program);
}

/* What bash offers for the last of the words in @line; `_` is an empty one. */
static char *
complete (const char *line)
{
  static const char script[] =
      "source <(icelane completion bash) || exit; COMP_WORDS=($1); "
      "COMP_WORDS=(\"${COMP_WORDS[@]/#_/}\");"
      "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _icelane; echo \"${COMPREPLY[*]}\"";
  const char *const argv[] = { "bash", "--norc", "-c", script, "complete", line, NULL };
  char *out = run (argv);

  return g_strchomp (out);
}

static const struct {
  const char *line, *offered;
} cases[] = {
  { "icelane sto", "stop" },
  { "icelane rel", "reload" },
  { "icelane hold c", "caddy cam-7" },
  { "icelane hold cam-7 rel", "relay-only" },
  { "icelane restart cam", "cam-7" },
  { "icelane check _", "home" },
  { "icelane log --lev", "--level" },
  { "icelane log --level w", "warning" },
  { "icelane --color n", "never" },
  { "icelane --config x config e", "edit export" },
  { "icelane --set a.b=c completion _", "bash zsh fish" },
  { "icelane status --foll", "" },
  { "icelane nothing _", "" },
};

START_TEST (bash_completes)
{
  g_autofree char *offered = complete (cases[_i].line);

  ck_assert_msg (strcmp (offered, cases[_i].offered) == 0, "'%s' offers '%s', not '%s'",
                 cases[_i].line, offered, cases[_i].offered);
}
END_TEST

START_TEST (bash_completes_files)
{
  g_autofree char *line = g_strdup_printf ("icelane --config %s/ice", directory);
  g_autofree char *offered = complete (line);
  g_autofree char *expected = g_strdup_printf ("%s/icelane", directory);

  ck_assert_str_eq (offered, expected);
}
END_TEST

/* The commands that `icelane --help` lists. */
static GPtrArray *
list_commands (void)
{
  const char *const argv[] = { program, "--help", NULL };
  g_autofree char *help = run (argv);
  g_auto (GStrv) lines = g_strsplit (help, "\n", -1);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "  icelane ") && g_ascii_islower (lines[i][10]))
      g_ptr_array_add (names, g_strndup (lines[i] + 10, strcspn (lines[i] + 10, " ")));
  return names;
}

START_TEST (every_command_is_in_help_typos_and_each_shell)
{
  static const char *const shells[] = { "bash", "zsh", "fish" };
  g_autoptr (GPtrArray) names = list_commands ();

  ck_assert_uint_ge (names->len, 20);
  for (guint i = 0; i < names->len; i++) {
    const char *name = names->pdata[i];
    const char *const help[] = { program, "help", name, NULL };
    g_autofree char *told = run (help);
    g_autofree char *usage = g_strdup_printf ("Usage: icelane %s", name);

    ck_assert_msg (strstr (told, usage) != NULL, "icelane help %s says %s", name, told);
    for (guint j = 0; j < G_N_ELEMENTS (shells); j++) {
      const char *const argv[] = { program, "completion", shells[j], NULL };
      g_autofree char *script = run (argv);
      g_autofree char *word = g_strdup_printf ("\\b%s\\b", name);

      ck_assert_msg (g_regex_match_simple (word, script, 0, 0), "%s has no %s", shells[j], name);
    }
  }
}
END_TEST

START_TEST (a_letter_too_many_is_understood)
{
  g_autoptr (GPtrArray) names = list_commands ();

  for (guint i = 0; i < names->len; i++) {
    g_autofree char *typo = g_strdup_printf ("%sx", (char *)names->pdata[i]);
    g_autofree char *command = g_strdup_printf ("%s %s 2>&1", program, typo);
    const char *const argv[] = { "bash", "-c", command, NULL };
    g_autofree char *told = run (argv);
    g_autofree char *hint = g_strdup_printf ("(did you mean %s?)", (char *)names->pdata[i]);

    ck_assert_msg (strstr (told, hint) != NULL, "%s: %s", typo, told);
  }
}
END_TEST

START_TEST (bash_finds_no_fault_in_the_script)
{
  const char *const argv[] = { "bash", "-c", "icelane completion bash | bash -n 2>&1 && echo fine",
                               NULL };
  g_autofree char *told = run (argv);

  ck_assert_str_eq (told, "fine\n");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("completion");
  TCase *tcase = tcase_create ("completion");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_set_timeout (tcase, 60);
  tcase_add_loop_test (tcase, bash_completes, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tcase, bash_completes_files);
  tcase_add_test (tcase, every_command_is_in_help_typos_and_each_shell);
  tcase_add_test (tcase, a_letter_too_many_is_understood);
  tcase_add_test (tcase, bash_finds_no_fault_in_the_script);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
