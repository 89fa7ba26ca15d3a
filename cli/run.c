/* icelane run: the node in the foreground. */
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

#include "commands.h"
#include "diagnosis/log-writer.h"
#include "node.h"
#include "process.h"
#include "service.h"
#include "settings.h"

#define STOP_MS  1800 /* the node says it is done within 1500 */
#define LOG_FILE "icelane.jsonl"

typedef struct {
  GMainLoop *loop;
  LaneConfig *config;
  LaneNode *node;
  LaneService *service;
  LaneLogWriter *to_stderr, *to_file; /* either may be NULL */
  gboolean stopping;
  int exit_code;
} Run;

static void
run_clear (Run *run)
{
  lane_service_free (run->service);
  lane_node_free (run->node);
  lane_log_writer_free (run->to_stderr);
  lane_log_writer_free (run->to_file);
  lane_config_free (run->config);
  g_clear_pointer (&run->loop, g_main_loop_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static void
write_event (const LaneEvent *event, gpointer user_data)
{
  lane_log_writer_add (user_data, event);
}

static void
on_library_message (const char *text, gpointer user_data)
{
  Run *run = user_data;

  lane_event_log_add (
      lane_node_get_event_log (run->node),
      lane_event_new (LANE_LOG_LEVEL_WARNING, LANE_EVENT_CONFIG, NULL, NULL, "%s", text));
}

static char *
log_path (const Run *run, const LaneCliOptions *options)
{
  if (run->config->log.file != NULL)
    return g_strdup (run->config->log.file);
  /* In the background nobody sees stderr. */
  return options->detached ? g_build_filename (run->config->node.state_dir, LOG_FILE, NULL) : NULL;
}

static gboolean
open_logs (Run *run, const LaneCliOptions *options, GError **error)
{
  LaneEventLog *log = lane_node_get_event_log (run->node);
  g_autofree char *path = log_path (run, options);

  if (!options->detached) {
    run->to_stderr =
        lane_log_writer_new_fd (STDERR_FILENO, options->log_json ? LANE_LOG_JSON : LANE_LOG_TEXT);
    lane_event_log_add_sink (log, write_event, run->to_stderr);
  }
  if (path != NULL) {
    run->to_file = lane_log_writer_new_file (
        path, (guint64)run->config->log.max_size_mb * 1024 * 1024, run->config->log.keep, error);
    if (run->to_file == NULL)
      return FALSE;
    lane_event_log_add_sink (log, write_event, run->to_file);
  }
  return TRUE;
}

static void
on_stopped (gpointer user_data)
{
  Run *run = user_data;

  g_main_loop_quit (run->loop);
}

static gboolean
on_stop_timeout (gpointer user_data)
{
  on_stopped (user_data);
  return G_SOURCE_REMOVE;
}

static void
begin_stop (gpointer user_data)
{
  Run *run = user_data;

  if (run->stopping)
    return;
  run->stopping = TRUE;
  g_timeout_add (STOP_MS, on_stop_timeout, run);
  lane_node_stop (run->node, on_stopped, run);
}

/* The first signal says goodbye to peers and servers, the second does not wait for that. */
static void
handle_signal (Run *run, int number)
{
  if (run->stopping) {
    run->exit_code = LANE_EXIT_SIGNAL + number;
    g_main_loop_quit (run->loop);
  }
  begin_stop (run);
}

static gboolean
on_interrupt (gpointer user_data)
{
  handle_signal (user_data, SIGINT);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_terminate (gpointer user_data)
{
  handle_signal (user_data, SIGTERM);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_hangup (gpointer user_data)
{
  handle_signal (user_data, SIGHUP);
  return G_SOURCE_CONTINUE;
}

static gboolean
start (Run *run, const LaneCliOptions *options, GError **error)
{
  run->node = lane_node_new (g_main_context_default (), run->config, error);
  if (run->node == NULL || !open_logs (run, options, error))
    return FALSE;

  run->service = lane_service_new (run->node, run->config->node.control, begin_stop, run, error);
  return run->service != NULL && lane_node_start (run->node, error);
}

int
lane_cli_run (const LaneCliOptions *options)
{
  g_auto (Run) run = { 0 };
  g_autoptr (GError) error = NULL;

  if (options->detached)
    lane_process_detach ();
  lane_process_harden (options->dumpable);
  run.config = lane_cli_settings_load (options);
  if (run.config == NULL)
    return LANE_EXIT_CONFIG;

  run.loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGINT, on_interrupt, &run);
  g_unix_signal_add (SIGTERM, on_terminate, &run);
  g_unix_signal_add (SIGHUP, on_hangup, &run);
  if (!start (&run, options, &error)) {
    g_printerr ("icelane: %s\n", error->message);
    return LANE_EXIT_FAILED;
  }
  if (options->detached)
    lane_process_silence ();

  lane_messages_redirect (options->messages, g_main_context_default (), on_library_message, &run);
  g_main_loop_run (run.loop);
  lane_messages_redirect (options->messages, NULL, NULL, NULL);
  return run.exit_code;
}
