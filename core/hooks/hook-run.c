#include "hooks/hook-run.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "text.h"
#include "timer.h"

#define SAID_MAX  4096 /* bytes kept of what it says; the rest is read and forgotten */
#define SHOWN_MAX 200

/* What waits for the process; it may end after the run was freed. */
typedef struct {
  LaneHookRun *run; /* NULL: nobody waits any longer */
} Wait;

struct _LaneHookRun {
  GSubprocess *process;
  GInputStream *output; /* owned by the process */
  GSource *readable, *timeout;
  GString *said;
  gint64 started_us;
  gboolean timed_out;
  Wait *wait;
  LaneHookRunDone done;
  gpointer user_data;
};

/* The group and not just its leader: what a script waits for is killed with it. As long as the
 * process was not waited for, its number is no other's. */
static void
kill_group (LaneHookRun *run)
{
  const char *identifier = g_subprocess_get_identifier (run->process);
  gint64 pid = identifier != NULL ? g_ascii_strtoll (identifier, NULL, 10) : 0;

  if (pid > 1)
    kill ((pid_t)-pid, SIGKILL);
}

static void
lead_group (gpointer user_data)
{
  setpgid (0, 0);
}

static gboolean
on_timeout (gpointer user_data)
{
  LaneHookRun *run = user_data;

  lane_timer_clear (&run->timeout);
  run->timed_out = TRUE;
  kill_group (run);
  return G_SOURCE_REMOVE;
}

/* FALSE: there is nothing more to read, now or ever. */
static gboolean
read_some (LaneHookRun *run, gboolean *ended)
{
  char buffer[1024];
  g_autoptr (GError) error = NULL;
  gssize length = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (run->output),
                                                            buffer, sizeof buffer, NULL, &error);

  *ended =
      length == 0 || (length < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK));
  if (length <= 0)
    return FALSE;
  g_string_append_len (run->said, buffer, MIN (length, (gssize)(SAID_MAX - run->said->len)));
  return TRUE;
}

static void
stop_reading (LaneHookRun *run)
{
  if (run->readable == NULL)
    return;
  g_source_destroy (run->readable);
  g_clear_pointer (&run->readable, g_source_unref);
}

static gboolean
on_readable (GPollableInputStream *stream, gpointer user_data)
{
  LaneHookRun *run = user_data;
  gboolean ended;

  read_some (run, &ended);
  if (ended)
    stop_reading (run);
  return ended ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/* What is still in the pipe, but no more than that: somebody else may hold its other end. */
static void
read_rest (LaneHookRun *run)
{
  gboolean ended = run->readable == NULL;

  while (!ended && run->said->len < SAID_MAX && read_some (run, &ended))
    ;
  stop_reading (run);
}

static char *
first_line (const GString *said)
{
  gsize begin = strspn (said->str, " \t\r\n");
  gsize length = strcspn (said->str + begin, "\r\n");

  return lane_text_clean (said->str + begin, (gssize)length, SHOWN_MAX);
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Wait *wait = user_data;
  GSubprocess *process = G_SUBPROCESS (source);
  LaneHookRun *run = wait->run;
  g_autofree char *line = NULL;
  LaneHookResult end;

  g_subprocess_wait_finish (process, result, NULL);
  if (run == NULL)
    return;
  run->wait = NULL;
  lane_timer_clear (&run->timeout);
  read_rest (run);
  line = first_line (run->said);
  end = (LaneHookResult){
    .timed_out = run->timed_out,
    .exit_code = g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process) : -1,
    .signal = g_subprocess_get_if_signaled (process) ? g_subprocess_get_term_sig (process) : 0,
    .ms = (g_get_monotonic_time () - run->started_us) / 1000,
    .line = line,
  };
  run->done (run, &end, run->user_data);
}

static GSubprocess *
spawn (const char *const *arguments, const char *const *environment, GError **error)
{
  /* stdin is /dev/null, and no descriptor of ours is there, unless one asks for it. */
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);

  g_subprocess_launcher_set_environ (launcher, (char **)environment);
  g_subprocess_launcher_set_child_setup (launcher, lead_group, NULL, NULL);
  return g_subprocess_launcher_spawnv (launcher, arguments, error);
}

static void
watch_output (LaneHookRun *run, GMainContext *context)
{
  run->output = g_subprocess_get_stdout_pipe (run->process);
  run->readable =
      g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (run->output), NULL);
  g_source_set_callback (run->readable, G_SOURCE_FUNC (on_readable), run, NULL);
  g_source_attach (run->readable, context);
}

LaneHookRun *
lane_hook_run_start (GMainContext *context, const char *const *arguments,
                     const char *const *environment, guint timeout_ms, LaneHookRunDone done,
                     gpointer user_data, GError **error)
{
  GSubprocess *process;
  LaneHookRun *run;

  g_main_context_push_thread_default (context);
  process = spawn (arguments, environment, error);
  if (process == NULL) {
    g_main_context_pop_thread_default (context);
    return NULL;
  }
  run = g_new0 (LaneHookRun, 1);
  run->process = process;
  run->said = g_string_new (NULL);
  run->started_us = g_get_monotonic_time ();
  run->done = done;
  run->user_data = user_data;
  run->wait = g_new0 (Wait, 1);
  run->wait->run = run;
  watch_output (run, context);
  lane_timer_set (&run->timeout, context, timeout_ms, on_timeout, run);
  g_subprocess_wait_async (process, NULL, on_waited, run->wait);
  g_main_context_pop_thread_default (context);
  return run;
}

void
lane_hook_run_free (LaneHookRun *run)
{
  if (run == NULL)
    return;
  if (run->wait != NULL) {
    kill_group (run);
    run->wait->run = NULL;
  }
  lane_timer_clear (&run->timeout);
  stop_reading (run);
  g_string_free (run->said, TRUE);
  g_object_unref (run->process);
  g_free (run);
}
