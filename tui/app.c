#include "app.h"

#include "canvas.h"
#include "client.h"
#include "frame.h"
#include "input.h"
#include "keymap.h"
#include "log-export.h"
#include "look.h"
#include "masking.h"
#include "model.h"
#include "settings-editor.h"
#include "settings-files.h"
#include "settings-save.h"
#include "settings-test.h"
#include "server-test.h"
#include "setting-save.h"
#include "terminal.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

#define EXIT_NO_NODE     6
#define EXIT_NO_TERMINAL 7
#define FRAME_MS         250                  /* at most four a second, UX section 1 */
#define ATTACH_MS        1000                 /* between tries */
#define AGE_MS           5000                 /* how late SINCE and the like may turn over */
#define HISTORY          500                  /* events asked for at first */
#define HISTORY_US       (5 * G_USEC_PER_SEC) /* a cell of it is over */

typedef struct {
  GMainContext *context;
  GMainLoop *loop;
  const LaneAppOptions *options;
  LaneTerminal *terminal;
  LaneClient *client;
  LaneModel *model;
  LaneSettingsFiles *files; /* NULL: no file is known */
  LaneServerTest *test;     /* the last one; NULL: none was */
  LaneCanvas *canvas;
  GSource *attach, *frame, *age;
  GPtrArray *requests; /* of Request: commands without an answer yet */
  GPtrArray *holds;    /* of Hold, likewise */
  gint64 last_frame_us;
  guint looks_drawn; /* of model->look.changes */
  guint n_saving;    /* settings on their way to the file */
  char *detail_peer; /* whose detail was asked for last */
  gboolean detail_pending;
  gboolean detail_stale;
  char *history_peer; /* whose history was asked for last, */
  gint64 history_us;  /* and when, monotonic */
  gboolean history_pending, history_stale;
  gboolean network_pending, network_stale;
  gboolean told_mouse; /* by the settings file */
  char *told_theme;
  guint refresh_ms;
  gboolean title;    /* [ui] title */
  gboolean started;  /* the node, after its settings were mended */
  gboolean stopping; /* the node was asked to end */
  int exit_code;
} App;

static void draw (App *app);

static GSource *
start_timer (App *app, guint ms, GSourceFunc callback)
{
  GSource *source = g_timeout_source_new (ms);

  g_source_set_callback (source, callback, app, NULL);
  g_source_attach (source, app->context);
  return source;
}

static void
stop_timer (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
leave (App *app, int exit_code)
{
  app->exit_code = exit_code;
  g_main_loop_quit (app->loop);
}

/* Drawing */

static gboolean
on_frame (gpointer user_data)
{
  App *app = user_data;

  stop_timer (&app->frame);
  draw (app);
  return G_SOURCE_REMOVE;
}

/* Draws when @interval_ms have passed since the last time, which may be now. */
static void
draw_within (App *app, guint interval_ms)
{
  gint64 due = app->last_frame_us + interval_ms * (gint64)1000;
  gint64 wait = MAX (due - g_get_monotonic_time (), 0);

  if (app->frame != NULL && g_source_get_ready_time (app->frame) <= due)
    return;
  stop_timer (&app->frame);
  app->frame = start_timer (app, 0, on_frame);
  g_source_set_ready_time (app->frame, g_get_monotonic_time () + wait);
}

static void
on_detail (LaneClient *client, const LanePeerDetail *detail, const GError *error,
           gpointer user_data)
{
  App *app = user_data;

  app->detail_pending = FALSE;
  if (error == NULL) {
    lane_model_set_detail (app->model, detail);
    draw_within (app, FRAME_MS);
  }
}

static void
update_detail (App *app)
{
  const LanePeerView *peer = lane_model_get_subject (app->model);

  if (!app->model->wants_detail || peer == NULL || !app->model->attached || app->detail_pending
      || app->model->paused)
    return;
  if (!app->detail_stale && g_strcmp0 (peer->name, app->detail_peer) == 0)
    return;
  g_free (app->detail_peer);
  app->detail_peer = g_strdup (peer->name);
  app->detail_stale = FALSE;
  app->detail_pending = TRUE;
  lane_client_get_detail (app->client, peer->name, on_detail, app);
}

static void
on_history (LaneClient *client, const char *json, const GError *error, gpointer user_data)
{
  App *app = user_data;
  g_autoptr (LaneHistoryView) history = error == NULL ? lane_history_view_parse (json, NULL) : NULL;

  app->history_pending = FALSE;
  if (history == NULL)
    return;
  lane_model_set_history (app->model, history);
  draw_within (app, FRAME_MS);
}

static void
update_history (App *app)
{
  const LanePeerView *peer = lane_model_get_subject (app->model);
  gint64 now_us = g_get_monotonic_time ();

  if (!app->model->wants_history || peer == NULL || !app->model->attached || app->history_pending
      || app->model->paused)
    return;
  if (!app->history_stale && now_us - app->history_us < HISTORY_US
      && g_strcmp0 (peer->name, app->history_peer) == 0)
    return;
  g_free (app->history_peer);
  app->history_peer = g_strdup (peer->name);
  app->history_us = now_us;
  app->history_stale = FALSE;
  app->history_pending = TRUE;
  lane_client_get_history (app->client, peer->name, on_history, app);
}

static void
on_network (LaneClient *client, const char *json, const GError *error, gpointer user_data)
{
  App *app = user_data;
  g_autoptr (LaneNetworkView) network = error == NULL ? lane_network_view_parse (json, NULL) : NULL;

  app->network_pending = FALSE;
  if (network == NULL)
    return;
  lane_model_set_network (app->model, network);
  draw_within (app, FRAME_MS);
}

static void
update_network (App *app)
{
  if (!app->model->wants_network || !app->model->attached || app->network_pending
      || app->model->paused || !app->network_stale)
    return;
  app->network_stale = FALSE;
  app->network_pending = TRUE;
  lane_client_get_network (app->client, on_network, app);
}

static void
show_title (App *app)
{
  LanePathCounts counts;
  g_autofree char *title = NULL;

  lane_words_count_paths (app->model->snapshot, &counts);
  if (app->title)
    title = app->model->attached ? g_strdup_printf ("icelane %uD %uR", counts.direct, counts.relay)
                                 : g_strdup ("icelane: no node");
  lane_terminal_set_title (app->terminal, title);
}

static void
draw (App *app)
{
  int height, width;

  stop_timer (&app->frame);
  lane_terminal_get_size (app->terminal, &height, &width);
  if (height != lane_canvas_get_height (app->canvas)
      || width != lane_canvas_get_width (app->canvas))
    lane_canvas_resize (app->canvas, width, height);
  if (app->model->snapshot->replay != NULL)
    app->model->now_us = app->model->snapshot->replay->at_us;
  else if (!app->model->paused)
    app->model->now_us = g_get_real_time ();
  lane_frame_arrange (app->model, height, width);
  lane_frame_draw (app->canvas, app->model);
  if (app->model->look.changes != app->looks_drawn)
    lane_terminal_restyle (app->terminal);
  app->looks_drawn = app->model->look.changes;
  lane_terminal_draw (app->terminal, app->canvas, app->model->look.theme);
  show_title (app);
  app->last_frame_us = g_get_monotonic_time ();
  update_detail (app);
  update_history (app);
  update_network (app);
}

static gboolean
on_age (gpointer user_data)
{
  draw_within (user_data, FRAME_MS);
  return G_SOURCE_CONTINUE;
}

/* The node */

static gboolean
on_attach (gpointer user_data)
{
  App *app = user_data;

  stop_timer (&app->attach);
  lane_client_connect (app->client, HISTORY);
  return G_SOURCE_REMOVE;
}

static void
show_snapshot (App *app)
{
  gboolean urgent = lane_model_set_snapshot (app->model, lane_client_get_snapshot (app->client));

  app->history_stale |= urgent;
  app->detail_stale = app->network_stale = TRUE;
  draw_within (app, urgent ? FRAME_MS : app->refresh_ms);
}

static void
on_connected (LaneClient *client, gpointer user_data)
{
  App *app = user_data;

  if (app->model->ever_attached)
    lane_model_say (app->model, "Attached to the node again.");
  app->model->attached = TRUE;
  app->model->ever_attached = TRUE;
  g_clear_pointer (&app->model->gone, g_free);
  lane_model_forget_events (app->model); /* the history comes again, whole */
  show_snapshot (app);
  draw_within (app, 0);
}

static void
on_changed (LaneClient *client, gpointer user_data)
{
  show_snapshot (user_data);
}

static void
on_event (LaneClient *client, const LaneEventView *event, gpointer user_data)
{
  App *app = user_data;

  lane_model_add_event (app->model, event);
  draw_within (app, FRAME_MS);
}

static void
on_rewound (LaneClient *client, gpointer user_data)
{
  App *app = user_data;

  lane_model_forget_events (app->model);
  draw_within (app, 0);
}

static void
on_disconnected (LaneClient *client, const GError *error, gpointer user_data)
{
  App *app = user_data;

  if (app->stopping) {
    leave (app, 0);
    return;
  }
  app->model->attached = FALSE;
  app->history_pending = FALSE;
  app->history_stale = TRUE;
  app->detail_pending = app->network_pending = FALSE;
  g_free (app->model->gone);
  app->model->gone = g_strdup (error != NULL ? error->message : "the connection ended");
  stop_timer (&app->attach);
  app->attach = start_timer (app, ATTACH_MS, on_attach);
  draw_within (app, 0);
}

/* Effects of actions */

typedef struct {
  App *app;
  LaneCommand command;
  char *peer; /* NULL: all */
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_free (request->peer);
  g_free (request);
}

static void
on_done (LaneClient *client, const GError *error, gpointer user_data)
{
  static const char *const words[] = { [LANE_COMMAND_CONNECT] = "Connecting",
                                       [LANE_COMMAND_DISCONNECT] = "Disconnected",
                                       [LANE_COMMAND_RESTART] = "Restarting ICE with",
                                       [LANE_COMMAND_COMPARE] = "Measuring the other path to",
                                       [LANE_COMMAND_STOP] = "Stopping" };
  Request *request = user_data;
  App *app = request->app;
  const char *whom = request->peer != NULL ? request->peer : "all peers";

  if (error == NULL)
    lane_model_say (app->model, "%s %s.", words[request->command], whom);
  else if (request->command != LANE_COMMAND_STOP
           || g_error_matches (error, LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_REFUSED)) {
    /* A node that ends may do so before it answers. */
    app->stopping = FALSE;
    lane_model_complain (app->model, "%s: %s", whom, error->message);
  }
  g_ptr_array_remove_fast (app->requests, request);
  draw_within (app, 0);
}

static void
effect_command (LaneCommand command, const char *peer, gpointer user_data)
{
  App *app = user_data;
  Request *request = g_new0 (Request, 1);

  request->app = app;
  request->command = command;
  request->peer = g_strdup (peer);
  g_ptr_array_add (app->requests, request);
  lane_client_command (app->client, command, peer, on_done, request);
}

typedef struct {
  App *app;
  char *peer, *policy;
} Hold;

static void
on_held (LaneClient *client, const GError *error, gpointer user_data)
{
  Hold *hold = user_data;
  LaneModel *model = hold->app->model;

  if (error != NULL)
    lane_model_complain (model, "%s: %s", hold->peer, error->message);
  else if (hold->policy[0] == '\0')
    lane_model_say (model, "%s follows the settings again.", hold->peer);
  else
    lane_model_say (model, "%s is held: %s, while the node runs.", hold->peer, hold->policy);
  draw_within (hold->app, 0);
  g_ptr_array_remove_fast (hold->app->holds, hold);
}

static void
hold_free (gpointer data)
{
  Hold *hold = data;

  g_free (hold->peer);
  g_free (hold->policy);
  g_free (hold);
}

static void
effect_hold (const char *peer, const char *policy, gpointer user_data)
{
  App *app = user_data;
  Hold *hold = g_new0 (Hold, 1);

  hold->app = app;
  hold->peer = g_strdup (peer);
  hold->policy = g_strdup (policy);
  g_ptr_array_add (app->holds, hold);
  lane_client_hold (app->client, peer, policy, on_held, hold);
}

static void
on_moved (LaneClient *client, const GError *error, gpointer user_data)
{
  App *app = user_data;

  if (error != NULL)
    lane_model_complain (app->model, "%s", error->message);
  draw_within (app, 0);
}

static void
effect_seek (const char *to, gpointer user_data)
{
  App *app = user_data;

  lane_client_seek (app->client, to, on_moved, app);
}

static void
effect_play (double speed, gpointer user_data)
{
  App *app = user_data;

  lane_client_play (app->client, speed, on_moved, app);
}

static void
effect_copy (const char *text, const char *what, gpointer user_data)
{
  App *app = user_data;

  if (lane_terminal_copy (app->terminal, text))
    lane_model_say (app->model, "Copied %s (OSC 52).", what);
  else
    lane_model_complain (app->model, "this terminal cannot take a copy (no OSC 52)");
}

static void
on_peer_json (LaneClient *client, const LanePeerDetail *detail, const GError *error,
              gpointer user_data)
{
  App *app = user_data;

  if (error != NULL) {
    lane_model_complain (app->model, "%s", error->message);
  } else {
    g_autofree char *json = g_strdup (detail->json);

    if (app->model->masked)
      lane_masking_hide_json (app->model, &json);
    effect_copy (json, "the peer as JSON", app);
  }
  draw_within (app, 0);
}

static void
effect_copy_peer_json (const char *peer, gpointer user_data)
{
  App *app = user_data;

  lane_client_get_detail (app->client, peer, on_peer_json, app);
}

static void
on_checking (LaneClient *client, const GError *error, gpointer user_data)
{
  App *app = user_data;

  if (error != NULL)
    lane_model_complain (app->model, "%s", error->message);
  draw_within (app, 0);
}

static void
effect_check_servers (const char *server, gpointer user_data)
{
  App *app = user_data;

  if (server != NULL)
    lane_model_say (app->model, "Testing %s; what it finds shows here.", server);
  else
    lane_model_say (app->model, "Testing all servers and the NAT; what is found shows here.");
  lane_client_check_servers (app->client, server, on_checking, app);
}

static void
effect_set_mouse (gboolean on, gpointer user_data)
{
  lane_terminal_set_mouse (((App *)user_data)->terminal, on);
}

static void
effect_repaint (gpointer user_data)
{
  lane_terminal_repaint (((App *)user_data)->terminal);
}

static void
on_theme_saved (const GError *error, gpointer user_data)
{
  App *app = user_data;

  app->n_saving--;
  if (error != NULL)
    lane_model_complain (app->model, "%s", error->message);
  else
    lane_model_say (app->model, "Saved the theme in %s.", app->model->config_path);
  draw_within (app, 0);
}

static void
effect_save_theme (const char *choice, gpointer user_data)
{
  App *app = user_data;

  app->n_saving++;
  lane_setting_save (app->model->config_path, "ui", "theme", choice, on_theme_saved, app);
}

static void
on_log_exported (const char *path, const GError *error, gpointer user_data)
{
  App *app = user_data;

  app->n_saving--;
  if (error != NULL)
    lane_model_complain (app->model, "%s", error->message);
  else
    lane_model_say (app->model, "Wrote the lines shown to %s.", path);
  draw_within (app, 0);
}

static void
effect_export_log (const char *path, const char *lines, gpointer user_data)
{
  App *app = user_data;

  app->n_saving++;
  lane_log_export (path, lines, on_log_exported, app);
}

static void
effect_suspend (gpointer user_data)
{
  lane_terminal_suspend (((App *)user_data)->terminal);
}

static void
effect_quit (gboolean stop_node, gpointer user_data)
{
  App *app = user_data;

  if (stop_node && app->model->attached) {
    app->stopping = TRUE;
    lane_model_say (app->model, "Stopping the node.");
    effect_command (LANE_COMMAND_STOP, NULL, app);
  } else
    leave (app, app->model->ever_attached || app->model->gone == NULL ? 0 : EXIT_NO_NODE);
}

static void
effect_read_settings (gpointer user_data)
{
  lane_settings_files_read (((App *)user_data)->files);
}

static void
effect_save_settings (LaneSaveMode mode, gpointer user_data)
{
  lane_settings_files_save (((App *)user_data)->files, mode);
}

static void
on_test_stepped (LaneServerTest *test, gpointer user_data)
{
  App *app = user_data;

  lane_settings_on_stepped (app->model, lane_server_test_get_results (test));
  draw_within (app, FRAME_MS);
}

static void
on_test_done (LaneServerTest *test, const GError *error, gpointer user_data)
{
  App *app = user_data;

  lane_settings_on_tested (app->model, error);
  draw_within (app, 0);
}

static void
effect_test_servers (const char *const *names, gpointer user_data)
{
  static const LaneServerTestEvents events = { .stepped = on_test_stepped, .done = on_test_done };
  App *app = user_data;
  g_autoptr (GBytes) text =
      lane_document_to_bytes (lane_settings_get_document (app->model->panel->settings));
  const LaneServerTestSetup setup = {
    .settings = text,
    .servers = names,
    .sets = app->options->sources->overrides,
  };
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&app->test, lane_server_test_free);
  app->test = lane_server_test_new (&setup, &events, app, &error);
  if (app->test == NULL)
    lane_settings_on_tested (app->model, error);
}

static void
on_settings_read (LaneOriginal *original, const GError *error, gpointer user_data)
{
  App *app = user_data;

  lane_settings_on_read (app->model, original, error);
  draw_within (app, 0);
}

static void
on_settings_saved (LaneSaveReport *report, const GError *error, gpointer user_data)
{
  App *app = user_data;

  lane_settings_on_saved (app->model, report, error);
  draw_within (app, 0);
}

static void
on_settings_edited (LaneDocument *document, const GError *error, gpointer user_data)
{
  App *app = user_data;

  lane_settings_on_edited (app->model, document, error);
  draw_within (app, 0);
}

static void
effect_edit_settings (guint line, gpointer user_data)
{
  App *app = user_data;
  const LaneDocument *document = lane_settings_get_document (app->model->panel->settings);
  g_autoptr (GError) error = NULL;

  if (!lane_settings_editor_start (app->terminal, document, line, on_settings_edited, app, &error))
    lane_settings_on_edited (app->model, NULL, error);
}

static LaneGlyphs
choose_glyphs (const App *app, LaneGlyphs setting)
{
  LaneGlyphs wanted = app->options->ascii ? LANE_GLYPHS_ASCII : setting;

  if (wanted == LANE_GLYPHS_AUTO)
    return lane_terminal_can_show (app->terminal, "✓⇄✗▁▂▃▄▅▆▇█") ? LANE_GLYPHS_BLOCKS
                                                                 : LANE_GLYPHS_ASCII;
  return lane_terminal_is_utf8 (app->terminal) ? wanted : LANE_GLYPHS_ASCII;
}

/* A theme that is not there, or wrong, keeps nobody from the dashboard. */
static void
use_theme (App *app, const char *choice)
{
  g_autofree char *complaint = NULL;

  lane_look_choose (&app->model->look, choice, &complaint);
  if (complaint != NULL)
    lane_model_complain (app->model, "%s", complaint);
}

static void
use_keys (App *app, const LaneConfig *config)
{
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autofree char *first = NULL;

  g_clear_pointer (&app->model->keymap, lane_keymap_free);
  app->model->keymap = lane_keymap_new (config, problems);
  if (problems->len == 0)
    return;
  first = lane_problem_to_string (g_ptr_array_index (problems, 0));
  lane_model_complain (app->model, "%s", first);
}

static void
start_node (App *app)
{
  const LaneSettings *settings = app->model->panel->settings;

  if (app->options->start_node == NULL || app->started || app->model->attached
      || lane_problems_have_error (lane_settings_get_problems (settings)))
    return;
  app->started = TRUE;
  app->options->start_node (app->options->start_data);
}

/* What the file has for the dashboard itself. Only what changed there: options of the command line
 * and what was chosen by key stay. */
static void
effect_settings_say (const LaneConfig *config, gboolean first, gpointer user_data)
{
  App *app = user_data;
  LaneModel *model = app->model;
  gboolean mouse_changed = app->told_mouse != config->ui.mouse;
  gboolean theme_changed = g_strcmp0 (app->told_theme, config->ui.theme) != 0;

  app->told_mouse = config->ui.mouse;
  g_free (app->told_theme);
  app->told_theme = g_strdup (config->ui.theme);
  if (first)
    return;
  app->refresh_ms = config->ui.refresh_ms;
  app->title = config->ui.title;
  model->confirm = config->ui.confirm;
  model->bar = g_strcmp0 (config->ui.key_bar, "off") != 0;
  model->bar_fkeys = g_strcmp0 (config->ui.key_bar, "fkeys") == 0;
  model->glyphs = choose_glyphs (app, config->ui.glyphs);
  if (mouse_changed) {
    model->mouse = config->ui.mouse;
    lane_terminal_set_mouse (app->terminal, model->mouse);
  }
  if (theme_changed)
    use_theme (app, config->ui.theme);
  use_keys (app, config);
  start_node (app);
}

static const LaneEffects effects = {
  .settings_say = effect_settings_say,
  .edit_settings = effect_edit_settings,
  .read_settings = effect_read_settings,
  .save_settings = effect_save_settings,
  .test_servers = effect_test_servers,
  .command = effect_command,
  .hold = effect_hold,
  .copy = effect_copy,
  .copy_peer_json = effect_copy_peer_json,
  .check_servers = effect_check_servers,
  .set_mouse = effect_set_mouse,
  .repaint = effect_repaint,
  .save_theme = effect_save_theme,
  .export_log = effect_export_log,
  .suspend = effect_suspend,
  .seek = effect_seek,
  .play = effect_play,
  .quit = effect_quit,
};

/* The terminal */

static void
on_key (LaneTerminal *terminal, const LaneKey *key, gpointer user_data)
{
  App *app = user_data;

  lane_input_key (app->model, key, app->canvas);
  draw (app);
}

static void
on_terminal_changed (LaneTerminal *terminal, gpointer user_data)
{
  draw_within (user_data, 0);
}

static void
on_interrupted (LaneTerminal *terminal, gpointer user_data)
{
  App *app = user_data;

  if (lane_input_cancel (app->model))
    draw (app);
  else
    leave (app, 0);
}

static void
on_ended (LaneTerminal *terminal, int signal_number, gpointer user_data)
{
  leave (user_data, 128 + signal_number);
}

static void
set_up_look (App *app)
{
  LaneModel *model = app->model;

  model->look.shelf = app->options->themes;
  model->look.background = lane_terminal_get_background (app->terminal);
  use_theme (app, app->options->config->ui.theme);
}

static void
set_up_model (App *app, const char *terminal_notice)
{
  const LaneAppOptions *options = app->options;
  LaneModel *model = app->model;

  model->glyphs = choose_glyphs (app, options->config->ui.glyphs);
  model->confirm = options->config->ui.confirm;
  model->read_only = options->read_only;
  app->refresh_ms = options->config->ui.refresh_ms;
  app->title = options->config->ui.title;
  model->mouse = options->mouse;
  model->config_path = options->config->path;
  model->bar = g_strcmp0 (options->config->ui.key_bar, "off") != 0;
  model->bar_fkeys = g_strcmp0 (options->config->ui.key_bar, "fkeys") == 0;
  if (options->notice != NULL)
    lane_model_say (model, "%s", options->notice);
  else if (terminal_notice != NULL)
    lane_model_say (model, "%s", terminal_notice);
  set_up_look (app);
  use_keys (app, options->config);
}

static void
set_up_settings (App *app)
{
  static const LaneSettingsFilesEvents events = { .read = on_settings_read,
                                                  .saved = on_settings_saved };

  if (app->options->sources == NULL)
    return;
  app->model->panel = lane_settings_panel_new (app->options->sources);
  app->files = lane_settings_files_new (app->context, app->model->panel->settings, &events, app);
  if (app->options->settings)
    lane_settings_enter (app->model);
}

static void
app_clear (App *app)
{
  stop_timer (&app->attach);
  stop_timer (&app->frame);
  stop_timer (&app->age);
  g_clear_pointer (&app->terminal, lane_terminal_free);
  g_clear_pointer (&app->client, lane_client_free);
  g_clear_pointer (&app->requests, g_ptr_array_unref);
  g_clear_pointer (&app->holds, g_ptr_array_unref);
  g_clear_pointer (&app->test, lane_server_test_free);
  g_clear_pointer (&app->files, lane_settings_files_free);
  g_clear_pointer (&app->model, lane_model_free);
  g_clear_pointer (&app->canvas, lane_canvas_free);
  g_clear_pointer (&app->detail_peer, g_free);
  g_clear_pointer (&app->history_peer, g_free);
  g_clear_pointer (&app->told_theme, g_free);
  g_clear_pointer (&app->loop, g_main_loop_unref);
  g_clear_pointer (&app->context, g_main_context_unref);
}

int
lane_app_run (const LaneAppOptions *options)
{
  static const LaneTerminalEvents terminal_events = {
    .key = on_key,
    .changed = on_terminal_changed,
    .interrupted = on_interrupted,
    .ended = on_ended,
  };
  static const LaneClientEvents client_events = {
    .connected = on_connected,
    .changed = on_changed,
    .event = on_event,
    .rewound = on_rewound,
    .disconnected = on_disconnected,
  };
  App app = { .options = options };
  g_autoptr (GError) error = NULL;
  g_autofree char *notice = NULL;

  app.context = g_main_context_ref_thread_default ();
  app.terminal = lane_terminal_new (options->color, options->mouse,
                                    lane_look_depends (options->config->ui.theme), &terminal_events,
                                    &app, &notice, &error);
  if (app.terminal == NULL) {
    fprintf (stderr, "icelane: %s\n", error->message);
    app_clear (&app);
    return EXIT_NO_TERMINAL;
  }
  app.loop = g_main_loop_new (app.context, FALSE);
  app.canvas = lane_canvas_new (1, 1, lane_terminal_is_utf8 (app.terminal));
  app.model = lane_model_new (&effects, &app);
  app.requests = g_ptr_array_new_with_free_func (request_free);
  app.holds = g_ptr_array_new_with_free_func (hold_free);
  set_up_model (&app, notice);
  set_up_settings (&app);
  app.client = lane_client_new (options->socket_path, &client_events, &app);
  lane_client_connect (app.client, HISTORY);
  app.age = start_timer (&app, AGE_MS, on_age);
  draw (&app);
  g_main_loop_run (app.loop);
  while (app.n_saving > 0)
    g_main_context_iteration (app.context, TRUE);
  app_clear (&app);
  return app.exit_code;
}
