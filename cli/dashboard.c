/* icelane: the dashboard of the node of its settings, which it starts when none runs. */
#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "client.h"
#include "commands.h"
#include "secure/identity.h"
#include "screen.h"
#include "settings.h"
#include "setup-run.h"
#include "text.h"

#define START_MS       5000
#define TEXT_MAX_BYTES 4096

typedef struct {
  GMainLoop *loop;
  GError *error; /* NULL: a node answered */
} Probe;

static void
on_connected (LaneClient *client, gpointer user_data)
{
  Probe *probe = user_data;

  g_main_loop_quit (probe->loop);
}

static void
on_disconnected (LaneClient *client, const GError *error, gpointer user_data)
{
  Probe *probe = user_data;

  probe->error = g_error_copy (error);
  g_main_loop_quit (probe->loop);
}

static gboolean
node_answers (const char *socket_path, GError **error)
{
  static const LaneClientEvents events = { .connected = on_connected,
                                           .disconnected = on_disconnected };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Probe probe = { .loop = loop };
  g_autoptr (LaneClient) client = lane_client_new (socket_path, &events, &probe);

  lane_client_connect (client, 0);
  g_main_loop_run (loop);
  if (probe.error == NULL)
    return TRUE;
  g_propagate_error (error, probe.error);
  return FALSE;
}

/* `icelane run` with the options that pick the node. */
static GPtrArray *
run_arguments (const LaneCliOptions *options)
{
  GPtrArray *arguments = g_ptr_array_new_with_free_func (g_free);
  char *self = g_file_read_link ("/proc/self/exe", NULL);

  g_ptr_array_add (arguments, self != NULL ? self : g_strdup ("icelane"));
  g_ptr_array_add (arguments, g_strdup ("run"));
  g_ptr_array_add (arguments, g_strdup ("--detached"));
  if (options->config != NULL)
    g_ptr_array_add (arguments, g_strconcat ("--config=", options->config, NULL));
  if (options->socket != NULL)
    g_ptr_array_add (arguments, g_strconcat ("--socket=", options->socket, NULL));
  for (guint i = 0; options->sets != NULL && options->sets[i] != NULL; i++)
    g_ptr_array_add (arguments, g_strconcat ("--set=", options->sets[i], NULL));
  if (options->verbose)
    g_ptr_array_add (arguments, g_strdup ("--verbose"));
  if (options->quiet)
    g_ptr_array_add (arguments, g_strdup ("--quiet"));
  g_ptr_array_add (arguments, NULL);
  return arguments;
}

typedef struct {
  GMainLoop *loop;
  GCancellable *cancellable;
  char *said; /* what the node wrote before it went silent */
  GError *error;
} Start;

static void
on_silent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Start *start = user_data;

  g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, NULL, &start->said,
                                        &start->error);
  g_main_loop_quit (start->loop);
}

static gboolean
on_too_slow (gpointer user_data)
{
  Start *start = user_data;

  g_cancellable_cancel (start->cancellable);
  return G_SOURCE_CONTINUE; /* removed by its owner */
}

/* A node that started closes its stderr once it serves the socket; one that failed, by dying. */
static char *
wait_until_silent (GSubprocess *process, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Start start = { .loop = loop, .cancellable = cancellable };
  guint timer = g_timeout_add (START_MS, on_too_slow, &start);

  g_subprocess_communicate_utf8_async (process, NULL, cancellable, on_silent, &start);
  g_main_loop_run (loop);
  g_source_remove (timer);
  if (start.error != NULL) {
    g_clear_error (&start.error);
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "the node is not up after %d s",
                 START_MS / 1000);
  }
  return start.said;
}

static void
print_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree char *line = lane_text_clean (lines[i], -1, TEXT_MAX_BYTES);

    if (*line != '\0')
      g_printerr ("%s\n", line);
  }
}

/* FALSE: said on stderr why. */
static gboolean
start_node (const LaneCliOptions *options, const char *socket_path)
{
  g_autoptr (GPtrArray) arguments = run_arguments (options);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *said = NULL;

  process = g_subprocess_newv ((const char *const *)arguments->pdata,
                               G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE,
                               &error);
  if (process != NULL)
    said = wait_until_silent (process, &error);
  /* Somebody else may have started it at the same time; then ours refused, and all is well. */
  if (error == NULL && node_answers (socket_path, &error))
    return TRUE;

  g_printerr ("icelane: no node runs, and starting one failed\n");
  print_lines (said);
  if (said == NULL || *said == '\0')
    g_printerr ("icelane: %s\n", error->message);
  return FALSE;
}

/* Without waiting: the screen is up, and says whether a node is there. */
static void
start_node_later (gpointer start_data)
{
  g_autoptr (GPtrArray) arguments = run_arguments (start_data);
  g_autoptr (GSubprocess) process = g_subprocess_newv (
      (const char *const *)arguments->pdata,
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL);
}

/* Whether it is something the settings panel can show, and mend. */
static gboolean
is_of_file (const LaneProblem *problem, const LaneConfig *config)
{
  return config->text != NULL && g_strcmp0 (problem->place, config->path) == 0;
}

/* NULL: said on stderr what keeps even the settings panel from opening. @mend: the first error in
 * the file, which the panel is for; NULL: none. */
static LaneConfig *
load (const LaneCliOptions *options, char **mend)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (GPtrArray) fatal = g_ptr_array_new ();
  g_autoptr (LaneConfig) config = lane_cli_settings_load_quietly (options, problems);

  g_clear_pointer (mend, g_free);
  for (guint i = 0; i < problems->len; i++) {
    LaneProblem *problem = problems->pdata[i];

    if (problem->level != LANE_PROBLEM_ERROR)
      continue;
    if (is_of_file (problem, config)) {
      if (*mend == NULL)
        *mend = lane_problem_to_string (problem);
    } else if (problem->section == NULL || strcmp (problem->section, "node") == 0)
      g_ptr_array_add (fatal, problem);
  }
  lane_cli_print_problems (fatal);
  return fatal->len > 0 ? NULL : g_steal_pointer (&config);
}

/* Who names a node or overrides settings knows what to do without a file. */
static gboolean
is_first_run (const LaneCliOptions *options, const LaneConfig *config)
{
  return options->config == NULL && options->socket == NULL && options->sets == NULL
         && !options->read_only && !g_file_test (config->path, G_FILE_TEST_EXISTS)
         && !node_answers (config->node.control, NULL);
}

/* FALSE: the operator left, or said on stderr what went wrong. */
static gboolean
set_up (const LaneCliOptions *options, const LaneConfig *config, const LaneShelf *themes,
        int *exit_code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneIdentity) identity = lane_identity_load (config->node.state_dir, &error);
  g_autofree char *id = NULL;
  LaneSetupOptions setup = {
    .path = config->path,
    .mouse = config->ui.mouse,
    .color = lane_cli_screen_color (options, config),
    .theme = config->ui.theme,
    .themes = themes,
  };
  gboolean written;

  if (identity == NULL) {
    g_printerr ("icelane: %s\n", error->message);
    *exit_code = LANE_EXIT_FAILED;
    return FALSE;
  }
  id = lane_id_to_groups (lane_identity_get_id (identity));
  setup.node_id = id;
  lane_cli_screen_begin (options);
  written = lane_setup_run (&setup, exit_code);
  lane_cli_screen_end (options);
  return written;
}

int
lane_cli_dashboard (const LaneCliOptions *options)
{
  g_auto (GStrv) environment = g_get_environ ();
  const LaneConfigSources sources = { .path = options->config,
                                      .environ_ = (const char *const *)environment,
                                      .overrides = (const char *const *)options->sets };
  g_autoptr (LaneConfig) config = NULL;
  g_autoptr (LaneShelf) themes = lane_shelf_new_default ();
  g_autoptr (GError) error = NULL;
  LaneAppOptions app;
  g_autofree char *mend = NULL;
  int exit_code;

  if (!lane_cli_screen_is_there ())
    return LANE_EXIT_TERMINAL;
  /* Of a test of servers that ends before it has read the settings. */
  signal (SIGPIPE, SIG_IGN);
  config = load (options, &mend);
  if (config == NULL)
    return LANE_EXIT_CONFIG;
  if (is_first_run (options, config)) {
    if (!set_up (options, config, themes, &exit_code))
      return exit_code;
    g_clear_pointer (&config, lane_config_free);
    config = load (options, &mend);
    if (config == NULL)
      return LANE_EXIT_CONFIG;
  }

  app = (LaneAppOptions){
    .config = config,
    .sources = &sources,
    .settings = mend != NULL,
    .notice = mend,
    .socket_path = config->node.control,
    .ascii = options->ascii,
    .mouse = config->ui.mouse,
    .read_only = options->read_only,
    .color = lane_cli_screen_color (options, config),
    .themes = themes,
  };
  if (!node_answers (app.socket_path, &error)) {
    if (!g_error_matches (error, LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_NOT_RUNNING)) {
      g_printerr ("icelane: %s\n", error->message);
      return LANE_EXIT_FAILED;
    }
    if (mend != NULL) {
      /* It would refuse them. */
      app.start_node = start_node_later;
      app.start_data = (gpointer)options;
    } else if (!start_node (options, app.socket_path))
      return LANE_EXIT_FAILED;
    else
      app.notice = "Started the node in the background; it stays when you quit";
  }

  return lane_cli_screen_run (options, &app);
}
