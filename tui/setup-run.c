#include "setup-run.h"

#include <stdio.h>

#include "look.h"
#include "save.h"
#include "server-test.h"
#include "setup-view.h"
#include "terminal.h"

#define EXIT_NO_TERMINAL 7

typedef struct {
  const LaneSetupOptions *options;
  GMainContext *context;
  GMainLoop *loop;
  LaneFolders *folders;
  LaneTerminal *terminal;
  LaneCanvas *canvas;
  LaneLook look;
  LaneSetup *setup;
  LaneOriginal *original; /* there was none */
  LaneServerTest *test;
  gboolean saving; /* its answer is still to come */
  gboolean written;
  int exit_code;
} Run;

static void
draw (Run *run)
{
  int height, width;

  lane_terminal_get_size (run->terminal, &height, &width);
  if (height != lane_canvas_get_height (run->canvas)
      || width != lane_canvas_get_width (run->canvas))
    lane_canvas_resize (run->canvas, width, height);
  lane_setup_arrange (run->setup, height, width);
  lane_setup_draw (run->canvas, run->setup);
  lane_terminal_draw (run->terminal, run->canvas, run->look.theme);
}

static void
leave (Run *run, int exit_code)
{
  run->exit_code = exit_code;
  g_main_loop_quit (run->loop);
}

/* Effects */

static void
copy_id (gpointer user_data)
{
  Run *run = user_data;

  if (lane_terminal_copy (run->terminal, run->options->node_id))
    lane_setup_say (run->setup, FALSE, "Copied this node's id (OSC 52).");
  else
    lane_setup_say (run->setup, TRUE, "this terminal cannot take a copy (no OSC 52)");
}

static void
on_stepped (LaneServerTest *test, gpointer user_data)
{
  Run *run = user_data;

  lane_setup_set_test (run->setup, lane_server_test_get_results (test), FALSE, NULL);
  draw (run);
}

static void
on_tested (LaneServerTest *test, const GError *error, gpointer user_data)
{
  Run *run = user_data;

  lane_setup_set_test (run->setup, lane_server_test_get_results (test), TRUE,
                       error != NULL ? error->message : NULL);
  draw (run);
}

static void
start_test (gpointer user_data)
{
  static const LaneServerTestEvents events = { .stepped = on_stepped, .done = on_tested };
  static const char *const servers[] = { LANE_SETUP_SERVER_NAME, NULL };
  Run *run = user_data;
  g_autoptr (GBytes) settings = lane_document_to_bytes (run->setup->document);
  const LaneServerTestSetup setup = {
    .program = run->options->program,
    .settings = settings,
    .servers = servers,
  };
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&run->test, lane_server_test_free);
  run->test = lane_server_test_new (&setup, &events, run, &error);
  if (run->test == NULL)
    lane_setup_set_test (run->setup, none, TRUE, error->message);
}

static void
stop_test (gpointer user_data)
{
  Run *run = user_data;

  g_clear_pointer (&run->test, lane_server_test_free);
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneSaveReport) report = lane_save_finish (result, &error);

  run->saving = FALSE;
  run->setup->writing = FALSE;
  run->written = report != NULL && report->outcome == LANE_SAVE_WRITTEN;
  if (run->written) {
    leave (run, 0);
    return;
  }
  if (report == NULL)
    lane_setup_say (run->setup, TRUE, "not written: %s", error->message);
  else
    lane_setup_say (run->setup, TRUE, "not written: another program has just made %s",
                    run->options->path);
  draw (run);
}

static void
write_file (gpointer user_data)
{
  Run *run = user_data;

  run->saving = TRUE;
  lane_save_async (run->context, run->original, run->setup->document, LANE_SAVE_ASK, on_saved, run);
}

static void
leave_without (gpointer user_data)
{
  leave (user_data, 0);
}

static void
repaint (gpointer user_data)
{
  lane_terminal_repaint (((Run *)user_data)->terminal);
}

static void
suspend (gpointer user_data)
{
  lane_terminal_suspend (((Run *)user_data)->terminal);
}

static const LaneSetupEffects effects = {
  .copy_id = copy_id,
  .test = start_test,
  .stop_test = stop_test,
  .write = write_file,
  .leave = leave_without,
  .repaint = repaint,
  .suspend = suspend,
};

/* The terminal */

static void
on_key (LaneTerminal *terminal, const LaneKey *key, gpointer user_data)
{
  Run *run = user_data;

  lane_setup_key (run->setup, key, run->canvas);
  draw (run);
}

static void
on_changed (LaneTerminal *terminal, gpointer user_data)
{
  draw (user_data);
}

static void
on_interrupted (LaneTerminal *terminal, gpointer user_data)
{
  Run *run = user_data;

  lane_setup_interrupt (run->setup);
  draw (run);
}

static void
on_ended (LaneTerminal *terminal, int signal_number, gpointer user_data)
{
  leave (user_data, 128 + signal_number);
}

static void
run_clear (Run *run)
{
  while (run->saving)
    g_main_context_iteration (run->context, TRUE);
  g_clear_pointer (&run->test, lane_server_test_free);
  g_clear_pointer (&run->terminal, lane_terminal_free);
  g_clear_pointer (&run->setup, lane_setup_free);
  g_clear_pointer (&run->canvas, lane_canvas_free);
  g_clear_pointer (&run->original, lane_original_free);
  g_clear_pointer (&run->folders, lane_folders_free);
  g_clear_pointer (&run->loop, g_main_loop_unref);
  g_clear_pointer (&run->context, g_main_context_unref);
  lane_look_clear (&run->look);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

gboolean
lane_setup_run (const LaneSetupOptions *options, int *exit_code)
{
  static const LaneTerminalEvents events = {
    .key = on_key,
    .changed = on_changed,
    .interrupted = on_interrupted,
    .ended = on_ended,
  };
  g_auto (Run) run = { .options = options };
  g_autofree char *notice = NULL;
  g_autofree char *complaint = NULL;
  g_autoptr (GError) error = NULL;

  lane_look_init (&run.look);
  run.context = g_main_context_ref_thread_default ();
  run.original = lane_original_read (options->path, &error);
  if (run.original != NULL)
    run.terminal =
        lane_terminal_new (options->color, options->mouse, lane_look_depends (options->theme),
                           &events, &run, &notice, &error);
  if (run.terminal == NULL) {
    fprintf (stderr, "icelane: %s\n", error->message);
    *exit_code = EXIT_NO_TERMINAL;
    return FALSE;
  }
  run.look.shelf = options->themes;
  run.look.background = lane_terminal_get_background (run.terminal);
  lane_look_choose (&run.look, options->theme, &complaint);
  run.loop = g_main_loop_new (run.context, FALSE);
  run.folders = lane_folders_new (NULL);
  run.canvas = lane_canvas_new (1, 1, lane_terminal_is_utf8 (run.terminal));
  run.setup = lane_setup_new (options->path, options->node_id, run.folders, &effects, &run);
  if (notice != NULL)
    lane_setup_say (run.setup, FALSE, "%s", notice);
  draw (&run);
  g_main_loop_run (run.loop);
  *exit_code = run.exit_code;
  return run.written;
}
