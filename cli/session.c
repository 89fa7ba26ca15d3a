#include "session.h"

#include "nearest.h"
#include "settings.h"

struct _LaneSession {
  LaneClient *client;
  GMainLoop *loop;
  LaneSessionEvents events;
  gpointer user_data;
  gboolean connected, lost, timed_out;
  GError *error; /* of the loss, or of the last command */
  int exit_code;
};

static void
on_connected (LaneClient *client, gpointer user_data)
{
  LaneSession *session = user_data;

  session->connected = TRUE;
  g_main_loop_quit (session->loop);
}

static void
on_changed (LaneClient *client, gpointer user_data)
{
  LaneSession *session = user_data;

  if (session->events.changed != NULL)
    session->events.changed (session, session->user_data);
}

static void
on_event (LaneClient *client, const LaneEventView *event, gpointer user_data)
{
  LaneSession *session = user_data;

  if (session->events.event != NULL)
    session->events.event (session, event, session->user_data);
}

static void
on_disconnected (LaneClient *client, const GError *error, gpointer user_data)
{
  LaneSession *session = user_data;

  session->lost = TRUE;
  g_clear_error (&session->error);
  session->error = g_error_copy (error);
  g_main_loop_quit (session->loop);
}

static void
tell_loss (LaneSession *session)
{
  if (g_error_matches (session->error, LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_NOT_RUNNING))
    g_printerr ("icelane: %s; `icelane run` starts one\n", session->error->message);
  else
    g_printerr ("icelane: %s\n", session->error->message);
}

LaneSession *
lane_session_open (const LaneCliOptions *options, guint history, const LaneSessionEvents *events,
                   gpointer user_data, int *exit_code)
{
  static const LaneClientEvents client_events = {
    .connected = on_connected,
    .changed = on_changed,
    .event = on_event,
    .disconnected = on_disconnected,
  };
  g_autoptr (LaneConfig) config = lane_cli_settings_load_leniently (options);
  g_autoptr (LaneSession) session = NULL;

  *exit_code = LANE_EXIT_CONFIG;
  if (config == NULL)
    return NULL;

  session = g_new0 (LaneSession, 1);
  session->loop = g_main_loop_new (g_main_context_get_thread_default (), FALSE);
  if (events != NULL)
    session->events = *events;
  session->user_data = user_data;
  session->client = lane_client_new (config->node.control, &client_events, session);
  lane_client_connect (session->client, history);
  g_main_loop_run (session->loop);
  if (session->connected)
    return g_steal_pointer (&session);

  tell_loss (session);
  *exit_code = LANE_EXIT_NOT_RUNNING;
  return NULL;
}

LaneClient *
lane_session_get_client (LaneSession *session)
{
  return session->client;
}

const LaneSnapshot *
lane_session_get_snapshot (LaneSession *session)
{
  return lane_client_get_snapshot (session->client);
}

const LanePeerView *
lane_session_find_peer (LaneSession *session, const char *name)
{
  const LaneSnapshot *snapshot = lane_session_get_snapshot (session);
  const LanePeerView *peer = lane_snapshot_find_peer (snapshot, name);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = NULL;

  if (peer != NULL)
    return peer;

  for (guint i = 0; i < snapshot->peers->len; i++)
    g_ptr_array_add (names, ((LanePeerView *)snapshot->peers->pdata[i])->name);
  g_ptr_array_add (names, NULL);
  hint = lane_nearest_hint (name, (const char *const *)names->pdata);
  g_printerr ("icelane: the node has no peer '%s'%s\n", name, hint);
  return NULL;
}

static gboolean
on_timeout (gpointer user_data)
{
  LaneSession *session = user_data;

  session->timed_out = TRUE;
  g_main_loop_quit (session->loop);
  return G_SOURCE_REMOVE;
}

static void
run_loop (LaneSession *session, double seconds)
{
  g_autoptr (GSource) timer = NULL;

  session->exit_code = LANE_EXIT_FAILED;
  session->timed_out = FALSE;
  if (seconds > 0) {
    timer = g_timeout_source_new ((guint)(seconds * 1000));
    g_source_set_callback (timer, on_timeout, session, NULL);
    g_source_attach (timer, g_main_loop_get_context (session->loop));
  }
  if (!session->lost)
    g_main_loop_run (session->loop);
  if (timer != NULL)
    g_source_destroy (timer);
}

int
lane_session_run (LaneSession *session, double seconds, int timeout_code)
{
  run_loop (session, seconds);
  if (session->lost) {
    tell_loss (session);
    return LANE_EXIT_NOT_RUNNING;
  }
  return session->timed_out ? timeout_code : session->exit_code;
}

int
lane_session_run_to_loss (LaneSession *session, double seconds)
{
  run_loop (session, seconds);
  if (session->lost)
    return LANE_EXIT_OK;
  return session->timed_out ? LANE_EXIT_NOT_CONNECTED : session->exit_code;
}

void
lane_session_finish (LaneSession *session, int exit_code)
{
  session->exit_code = exit_code;
  g_main_loop_quit (session->loop);
}

static void
on_done (LaneClient *client, const GError *error, gpointer user_data)
{
  LaneSession *session = user_data;

  if (error != NULL && !g_error_matches (error, LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_REFUSED)) {
    on_disconnected (client, error, session);
    return;
  }
  if (error != NULL)
    g_printerr ("icelane: %s\n", error->message);
  lane_session_finish (session, error != NULL ? LANE_EXIT_FAILED : LANE_EXIT_OK);
}

gboolean
lane_session_command (LaneSession *session, LaneCommand command, const char *peer)
{
  lane_client_command (session->client, command, peer, on_done, session);
  return lane_session_run (session, 0, 0) == LANE_EXIT_OK;
}

void
lane_session_free (LaneSession *session)
{
  if (session == NULL)
    return;

  lane_client_free (session->client);
  g_main_loop_unref (session->loop);
  g_clear_error (&session->error);
  g_free (session);
}
