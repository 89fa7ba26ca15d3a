/* icelane run: the node in the foreground. */
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

#include "commands.h"
#include "diagnosis/journal.h"
#include "diagnosis/log-writer.h"
#include "live-settings.h"
#include "node.h"
#include "process.h"
#include "service-manager.h"
#include "service.h"
#include "settings.h"

#define STOP_MS  1800 /* the node says it is done within 1500 */
#define LOG_FILE "icelane.jsonl"

typedef struct {
  GMainLoop *loop;
  LaneConfig *config;
  LaneNode *node;
  LaneService *service;
  LaneLiveSettings *live;
  LaneServiceManager *manager; /* NULL: none is there */
  const LaneCliOptions *options;
  LaneLogWriter *to_stderr, *to_file; /* either may be NULL */
  char *log_path;                     /* of to_file */
  guint log_size_mb, log_keep;
  gboolean stopping;
  int exit_code;
} Run;

static void
run_clear (Run *run)
{
  lane_service_manager_free (run->manager);
  lane_live_settings_free (run->live);
  lane_service_free (run->service);
  lane_node_free (run->node);
  lane_log_writer_free (run->to_stderr);
  lane_log_writer_free (run->to_file);
  g_free (run->log_path);
  lane_config_free (run->config);
  g_clear_pointer (&run->loop, g_main_loop_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static void
write_event (const LaneEvent *event, gpointer user_data)
{
  Run *run = user_data;

  if (run->to_stderr != NULL)
    lane_log_writer_add (run->to_stderr, event);
  if (run->to_file != NULL)
    lane_log_writer_add (run->to_file, event);
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
log_path (const Run *run, const LaneConfig *config)
{
  if (config->log.file != NULL)
    return g_strdup (config->log.file);
  /* In the background nobody sees stderr. */
  return run->options->detached ? g_build_filename (config->node.state_dir, LOG_FILE, NULL) : NULL;
}

static gpointer
end_writer (gpointer writer)
{
  lane_log_writer_free (writer);
  return NULL;
}

/* Another file, or none. It may have to wait for a slow disk, so a thread ends the old one. */
static gboolean
open_log_file (Run *run, const LaneConfig *config, GError **error)
{
  g_autofree char *path = log_path (run, config);
  LaneLogWriter *writer = NULL;

  if (path != NULL) {
    writer = lane_log_writer_new_file (path, (guint64)config->log.max_size_mb * 1024 * 1024,
                                       config->log.keep, error);
    if (writer == NULL)
      return FALSE;
  }
  if (run->to_file != NULL)
    g_thread_unref (g_thread_new ("log-end", end_writer, run->to_file));
  run->to_file = writer;
  g_free (run->log_path);
  run->log_path = g_steal_pointer (&path);
  run->log_size_mb = config->log.max_size_mb;
  run->log_keep = config->log.keep;
  return TRUE;
}

static gboolean
is_log_file_the_same (const Run *run, const LaneConfig *config)
{
  g_autofree char *path = log_path (run, config);

  return g_strcmp0 (path, run->log_path) == 0 && config->log.max_size_mb == run->log_size_mb
         && config->log.keep == run->log_keep;
}

/* Where it is the journal, the fields go there too. */
static LaneLogWriter *
open_stderr (const LaneCliOptions *options)
{
  if (options->log_json)
    return lane_log_writer_new_fd (STDERR_FILENO, LANE_LOG_JSON);
  if (lane_journal_is_behind (STDERR_FILENO) && access (LANE_JOURNAL_SOCKET, W_OK) == 0)
    return lane_log_writer_new_journal (LANE_JOURNAL_SOCKET);
  return lane_log_writer_new_fd (STDERR_FILENO, LANE_LOG_TEXT);
}

static gboolean
open_logs (Run *run, GError **error)
{
  if (!run->options->detached)
    run->to_stderr = open_stderr (run->options);
  lane_event_log_add_sink (lane_node_get_event_log (run->node), write_event, run);
  return open_log_file (run, run->config, error);
}

static void
on_applied (const LaneConfig *config, GPtrArray *problems, gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GError) error = NULL;
  LaneOrigin origin;

  lane_service_manager_reloaded (run->manager);
  if (is_log_file_the_same (run, config) || open_log_file (run, config, &error))
    return;
  origin = lane_config_get_origin (config, "log", "file");
  g_ptr_array_add (problems,
                   lane_problem_new (LANE_PROBLEM_ERROR, origin.place, origin.line, "log", "file",
                                     "%s; the log goes on where it was", error->message));
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
  lane_service_manager_stopping (run->manager);
  g_clear_pointer (&run->live, lane_live_settings_free);
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

static char *
describe_status (gpointer user_data)
{
  Run *run = user_data;
  LaneNodeCounts counts;

  lane_node_count (run->node, &counts);
  return g_strdup_printf ("%u direct, %u relay, %u not up; rendezvous %s", counts.direct,
                          counts.relay, counts.total - counts.direct - counts.relay,
                          counts.signaling);
}

static gboolean
start (Run *run, GError **error)
{
  static const LaneLiveSettingsEvents events = { .applied = on_applied };
  GMainContext *context = g_main_context_default ();

  run->node = lane_node_new (context, run->config, error);
  if (run->node == NULL || !open_logs (run, error))
    return FALSE;

  run->service = lane_service_new (run->node, run->config->node.control, begin_stop, run, error);
  if (run->service == NULL || !lane_node_start (run->node, error))
    return FALSE;
  run->live = lane_live_settings_new (context, run->options, run->node, run->service, &events, run);
  run->manager = lane_service_manager_new (context, describe_status, run);
  lane_service_manager_ready (run->manager);
  return TRUE;
}

int
lane_cli_run (const LaneCliOptions *options)
{
  g_auto (Run) run = { .options = options };
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
  if (!start (&run, &error)) {
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
