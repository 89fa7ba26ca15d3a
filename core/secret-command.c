#include "secret-command.h"

#include <gio/gio.h>
#include <string.h>

#include "timer.h"

#define LINE_MAX_BYTES 4096 /* a value of the configuration is not longer either */

/* What waits for the process; it may end after the run was freed. */
typedef struct {
  LaneSecretCommand *run; /* NULL: nobody waits any longer */
} Wait;

struct _LaneSecretCommand {
  guint timeout_ms;
  GSubprocess *process;
  GCancellable *cancellable; /* a grandchild may hold the pipe after the command is dead */
  GSource *timeout;
  Wait *wait;
  LaneSecretCommandDone done;
  gpointer user_data;
};

void
lane_secret_wipe (char **secret)
{
  if (*secret != NULL)
    explicit_bzero (*secret, strlen (*secret));
  g_clear_pointer (secret, g_free);
}

char *
lane_secret_first_line (const char *data, gsize length)
{
  const char *end = memchr (data, '\n', length);
  gsize size = end != NULL ? (gsize)(end - data) : length;

  if (size > 0 && data[size - 1] == '\r')
    size--;
  if (size == 0 || size > LINE_MAX_BYTES || memchr (data, '\0', size) != NULL)
    return NULL;
  return g_strndup (data, size);
}

static void
stop_waiting (LaneSecretCommand *run)
{
  lane_timer_clear (&run->timeout);
  if (run->wait != NULL)
    run->wait->run = NULL;
  run->wait = NULL;
  g_cancellable_cancel (run->cancellable);
}

static gboolean
on_timeout (gpointer user_data)
{
  LaneSecretCommand *run = user_data;
  g_autofree char *why = g_strdup_printf ("did not end within %u ms", run->timeout_ms);

  g_subprocess_force_exit (run->process);
  stop_waiting (run);
  run->done (run, NULL, why, run->user_data);
  return G_SOURCE_REMOVE;
}

static void
take_output (LaneSecretCommand *run, GBytes *output)
{
  gsize length = 0;
  const char *data = output != NULL ? g_bytes_get_data (output, &length) : NULL;
  char *line = data != NULL ? lane_secret_first_line (data, length) : NULL;
  g_autofree char *why = NULL;

  if (!g_subprocess_get_if_exited (run->process))
    why = g_strdup ("was killed");
  else if (g_subprocess_get_exit_status (run->process) != 0)
    why = g_strdup_printf ("exit code %d", g_subprocess_get_exit_status (run->process));
  else if (line == NULL)
    why = g_strdup ("its first line is empty or too long");
  run->done (run, why == NULL ? line : NULL, why, run->user_data);
  lane_secret_wipe (&line);
}

static void
on_process_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Wait *wait = user_data;
  g_autoptr (GBytes) output = NULL;
  LaneSecretCommand *run = wait->run;
  gboolean read =
      g_subprocess_communicate_finish (G_SUBPROCESS (source), result, &output, NULL, NULL);

  if (run == NULL)
    return;
  stop_waiting (run);
  if (read)
    take_output (run, output);
  else
    run->done (run, NULL, "its output cannot be read", run->user_data);
}

static GSubprocess *
spawn (const char *command, GError **error)
{
  g_auto (GStrv) arguments = NULL;

  if (!g_shell_parse_argv (command, NULL, &arguments, error))
    return NULL;
  return g_subprocess_newv ((const char *const *)arguments,
                            G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                            error);
}

LaneSecretCommand *
lane_secret_command_run (GMainContext *context, const char *command, guint timeout_ms,
                         LaneSecretCommandDone done, gpointer user_data, GError **error)
{
  GSubprocess *process = spawn (command, error);
  LaneSecretCommand *run;

  if (process == NULL)
    return NULL;
  run = g_new0 (LaneSecretCommand, 1);
  run->timeout_ms = timeout_ms;
  run->process = process;
  run->cancellable = g_cancellable_new ();
  run->done = done;
  run->user_data = user_data;
  run->wait = g_new0 (Wait, 1);
  run->wait->run = run;
  lane_timer_set (&run->timeout, context, timeout_ms, on_timeout, run);

  g_main_context_push_thread_default (context);
  g_subprocess_communicate_async (process, NULL, run->cancellable, on_process_done, run->wait);
  g_main_context_pop_thread_default (context);
  return run;
}

void
lane_secret_command_free (LaneSecretCommand *run)
{
  if (run == NULL)
    return;
  if (run->wait != NULL)
    g_subprocess_force_exit (run->process);
  stop_waiting (run);
  g_object_unref (run->cancellable);
  g_object_unref (run->process);
  g_free (run);
}
