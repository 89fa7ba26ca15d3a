#include "program.h"

#include <string.h>

struct _Program {
  FakeNode *node;
  GSubprocess *process;
  gboolean done;
  char *out, *err;
  GError *error;
};

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Program *program = user_data;

  g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, &program->out, &program->err,
                                        &program->error);
  program->done = TRUE;
}

void
program_isolate (FakeNode *node)
{
  g_auto (GStrv) environment = g_get_environ ();

  for (guint i = 0; environment[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (environment[i], "=", 2);

    if (g_str_has_prefix (pair[0], "ICELANE_"))
      g_unsetenv (pair[0]);
  }
  g_setenv ("HOME", node->directory, TRUE);
  g_setenv ("XDG_CONFIG_HOME", node->directory, TRUE);
  g_setenv ("XDG_STATE_HOME", node->directory, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", node->directory, TRUE);
  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
}

static Program *
start (FakeNode *node, const char *line, const char *input)
{
  g_autofree char *whole = g_strdup_printf ("%s %s", g_getenv ("ICELANE"), line);
  g_auto (GStrv) argv = g_strsplit (g_strchomp (whole), " ", -1);
  g_autoptr (GError) error = NULL;
  Program *program = g_new0 (Program, 1);

  program->node = node;
  program->process =
      g_subprocess_newv ((const char *const *)argv,
                         G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE
                             | (input != NULL ? G_SUBPROCESS_FLAGS_STDIN_PIPE : 0),
                         &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8_async (program->process, input, NULL, on_done, program);
  return program;
}

Program *
program_start (FakeNode *node, const char *line)
{
  return start (node, line, NULL);
}

Program *
program_start_with_input (FakeNode *node, const char *line, const char *input)
{
  return start (node, line, input);
}

static gboolean
handles (const Program *program, int number)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%s/status", g_subprocess_get_identifier (program->process));
  g_autofree char *status = NULL;
  const char *caught;

  if (!g_file_get_contents (path, &status, NULL, NULL))
    return FALSE;
  caught = strstr (status, "SigCgt:");
  return caught != NULL
         && (g_ascii_strtoull (caught + strlen ("SigCgt:"), NULL, 16) >> (number - 1) & 1) != 0;
}

void
program_until_it_handles (Program *program, int number)
{
  gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  while (!program->done && !handles (program, number)) {
    if (g_get_monotonic_time () > deadline)
      g_error ("the program never handles signal %d", number);
    g_main_context_iteration (NULL, FALSE);
    g_thread_yield ();
  }
}

void
program_signal (Program *program, int number)
{
  g_subprocess_send_signal (program->process, number);
}

Outcome *
program_finish (Program *program)
{
  gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  Outcome *outcome = g_new0 (Outcome, 1);

  while (!program->done) {
    if (g_get_monotonic_time () > deadline)
      g_error ("the program does not end");
    fake_node_turn (program->node);
  }
  g_assert_no_error (program->error);
  outcome->exit_code = g_subprocess_get_if_exited (program->process)
                           ? g_subprocess_get_exit_status (program->process)
                           : -g_subprocess_get_term_sig (program->process);
  outcome->out = program->out;
  outcome->err = program->err;
  g_object_unref (program->process);
  g_free (program);
  return outcome;
}

Outcome *
program_run (FakeNode *node, const char *line)
{
  return program_finish (program_start (node, line));
}

void
outcome_free (Outcome *outcome)
{
  g_free (outcome->out);
  g_free (outcome->err);
  g_free (outcome);
}
