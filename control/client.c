#include "client.h"

#include <string.h>

#define OBJECT_PATH      "/org/icelane/Node1"
#define INTERFACE        "org.icelane.Node1"
#define REPLAY_INTERFACE "org.icelane.Replay1"
#define CALL_TIMEOUT_MS  10000
#define PATH_MAX_BYTES   107 /* sun_path less its NUL */

/* What an asynchronous answer finds the client through: it may come after the client is gone. */
typedef struct {
  gatomicrefcount references;
  LaneClient *client; /* NULL: freed */
} Handle;

/* A question of our user, answered exactly once; owned by the operation that ends it. */
typedef struct {
  Handle *handle;
  gboolean answered;
  LaneClientDone done;     /* of a command */
  LaneClientDetail detail; /* of get_detail */
  LaneClientReloaded reloaded;
  LaneClientText text; /* of a question whose answer is JSON */
  gpointer user_data;
} Call;

/* What has come; all NULL with an error. */
typedef struct {
  const LanePeerDetail *detail;
  const LaneReloadView *reload;
  const char *text;
} Answer;

struct _LaneClient {
  GMainContext *context;
  char *socket_path;
  LaneClientEvents events;
  gpointer user_data;
  Handle *handle;

  guint session; /* counts calls of connect: answers of older ones are dropped */
  GCancellable *cancellable;
  GDBusConnection *connection; /* NULL: not connected */
  guint subscription;
  gulong closed_handler;
  guint history;
  gboolean ready; /* `connected` was told */

  LaneSnapshot *snapshot;
  char *status_json;
  guint64 last_sequence; /* of the events told */
  GQueue early;          /* of LaneEventView that came before `connected` */
  GPtrArray *calls;      /* of Call, not answered yet */
};

typedef struct {
  Handle *handle;
  guint session;
} Step;

G_DEFINE_QUARK (lane_client_error, lane_client_error)

static Handle *
handle_ref (Handle *handle)
{
  g_atomic_ref_count_inc (&handle->references);
  return handle;
}

static void
handle_unref (gpointer data)
{
  Handle *handle = data;

  if (g_atomic_ref_count_dec (&handle->references))
    g_free (handle);
}

static Step *
step_new (LaneClient *client)
{
  Step *step = g_new (Step, 1);

  step->handle = handle_ref (client->handle);
  step->session = client->session;
  return step;
}

static void
step_free (gpointer data)
{
  Step *step = data;

  handle_unref (step->handle);
  g_free (step);
}

/* NULL: the client is gone, or has moved on to another connection. */
static LaneClient *
step_client (const Step *step)
{
  LaneClient *client = step->handle->client;

  return client != NULL && client->session == step->session ? client : NULL;
}

/* Ending a connection */

static Call *
call_new (LaneClient *client, LaneClientDone done, LaneClientDetail detail, gpointer user_data)
{
  Call *call = g_new0 (Call, 1);

  call->handle = handle_ref (client->handle);
  call->done = done;
  call->detail = detail;
  call->user_data = user_data;
  g_ptr_array_add (client->calls, call);
  return call;
}

static void
call_free (gpointer data)
{
  Call *call = data;

  handle_unref (call->handle);
  g_free (call);
}

static void
call_answer (Call *call, const Answer *answer, const GError *error)
{
  LaneClient *client = call->handle->client;

  if (call->answered || client == NULL)
    return;

  call->answered = TRUE;
  g_ptr_array_remove (client->calls, call);
  if (call->detail != NULL)
    call->detail (client, answer->detail, error, call->user_data);
  else if (call->reloaded != NULL)
    call->reloaded (client, answer->reload, error, call->user_data);
  else if (call->text != NULL)
    call->text (client, answer->text, error, call->user_data);
  else if (call->done != NULL)
    call->done (client, error, call->user_data);
}

static void
drop_connection (LaneClient *client)
{
  client->session++;
  client->ready = FALSE;
  g_queue_clear_full (&client->early, (GDestroyNotify)lane_event_view_free);
  g_cancellable_cancel (client->cancellable);
  g_clear_object (&client->cancellable);

  if (client->connection != NULL) {
    g_signal_handler_disconnect (client->connection, client->closed_handler);
    g_dbus_connection_signal_unsubscribe (client->connection, client->subscription);
    if (!g_dbus_connection_is_closed (client->connection))
      g_dbus_connection_close (client->connection, NULL, NULL, NULL);
    g_clear_object (&client->connection);
  }
}

/* Open calls are answered before `disconnected` is told; any of these may free the client. */
static void
lose (LaneClient *client, const GError *error)
{
  Handle *handle = handle_ref (client->handle);
  guint session;

  drop_connection (client);
  session = client->session;

  while (handle->client != NULL && client->session == session && client->calls->len > 0)
    call_answer (client->calls->pdata[0], &(Answer){ 0 }, error);
  if (handle->client != NULL && client->session == session && client->events.disconnected != NULL)
    client->events.disconnected (client, error, client->user_data);
  handle_unref (handle);
}

static GError *
lost_error (LaneClient *client, const GError *cause)
{
  if (cause == NULL
      || !(g_dbus_error_is_remote_error (cause) || cause->domain == LANE_SNAPSHOT_ERROR))
    return g_error_new (LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_LOST, "the node on %s went away",
                        client->socket_path);
  return g_error_new (LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_LOST, "the node on %s: %s",
                      client->socket_path, cause->message);
}

static void
lose_because (LaneClient *client, const GError *cause)
{
  g_autoptr (GError) error = lost_error (client, cause);

  lose (client, error);
}

static void
on_closed (GDBusConnection *connection, gboolean remote_peer_vanished, GError *cause,
           gpointer user_data)
{
  lose_because (user_data, NULL);
}

/* Events */

static void
tell_event (LaneClient *client, LaneEventView *event)
{
  if (event->sequence > client->last_sequence || event->sequence == 0) {
    client->last_sequence = MAX (client->last_sequence, event->sequence);
    if (client->events.event != NULL)
      client->events.event (client, event, client->user_data);
  }
  lane_event_view_free (event);
}

static void
on_event (LaneClient *client, const char *json)
{
  LaneEventView *event = lane_event_view_parse (json, NULL);

  if (event == NULL)
    return;
  if (client->ready)
    tell_event (client, event);
  else
    g_queue_push_tail (&client->early, event);
}

static void read_anew (LaneClient *client);
static void read_events_anew (LaneClient *client);

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
           const char *signal, GVariant *parameters, gpointer user_data)
{
  Step *step = user_data;
  LaneClient *client = step_client (step);
  gboolean updated = TRUE;
  const char *json;

  if (client == NULL)
    return;
  if (strcmp (signal, "SettingsChanged") == 0) {
    read_anew (client);
    return;
  }
  if (strcmp (signal, "EventsChanged") == 0) {
    read_events_anew (client);
    return;
  }
  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(s)")))
    return;

  g_variant_get (parameters, "(&s)", &json);
  if (strcmp (signal, "EventLogged") == 0) {
    on_event (client, json);
    return;
  }

  if (strcmp (signal, "PeersChanged") == 0)
    updated = lane_snapshot_update_peers (client->snapshot, json, NULL);
  else if (strcmp (signal, "ServersChanged") == 0)
    updated = lane_snapshot_update_servers (client->snapshot, json, NULL);
  else if (strcmp (signal, "NodeChanged") == 0)
    updated = lane_snapshot_update_node (client->snapshot, json, NULL);
  else
    return;

  if (updated && client->ready && client->events.changed != NULL)
    client->events.changed (client, client->user_data);
}

static const char *
interface_of (const char *method)
{
  return strcmp (method, "Seek") == 0 || strcmp (method, "Play") == 0 ? REPLAY_INTERFACE
                                                                      : INTERFACE;
}

/* The answer comes on the client's context, whatever context the caller runs on. */
static void
ask (LaneClient *client, const char *method, GVariant *parameters, const char *reply_type,
     GAsyncReadyCallback done, gpointer user_data)
{
  g_main_context_push_thread_default (client->context);
  g_dbus_connection_call (client->connection, NULL, OBJECT_PATH, interface_of (method), method,
                          parameters, G_VARIANT_TYPE (reply_type), G_DBUS_CALL_FLAGS_NONE,
                          CALL_TIMEOUT_MS, client->cancellable, done, user_data);
  g_main_context_pop_thread_default (client->context);
}

/* Takes the answer to GetStatus. */
static gboolean
take_status (LaneClient *client, GVariant *reply, GError **error)
{
  g_autoptr (LaneSnapshot) snapshot = NULL;
  const char *json;

  g_variant_get (reply, "(&s)", &json);
  snapshot = lane_snapshot_parse (json, error);
  if (snapshot == NULL)
    return FALSE;

  lane_snapshot_free (client->snapshot);
  client->snapshot = g_steal_pointer (&snapshot);
  g_free (client->status_json);
  client->status_json = g_strdup (json);
  return TRUE;
}

static void
on_read_anew (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Step *step = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  LaneClient *client = step_client (step);

  step_free (step);
  if (client == NULL)
    return;
  if (reply == NULL || !take_status (client, reply, &error))
    lose_because (client, error);
  else if (client->ready && client->events.changed != NULL)
    client->events.changed (client, client->user_data);
}

/* Signals merge peers by name: only the whole tells which are gone, and their order. */
static void
read_anew (LaneClient *client)
{
  ask (client, "GetStatus", NULL, "(s)", on_read_anew, step_new (client));
}

static void
on_events_anew (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Step *step = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  LaneClient *client = step_client (step);
  g_autoptr (GVariant) list = NULL;
  Handle *handle;
  GVariantIter iter;
  const char *json;
  guint session;

  step_free (step);
  if (client == NULL)
    return;
  if (reply == NULL) {
    lose_because (client, error);
    return;
  }
  handle = handle_ref (client->handle);
  session = client->session;
  client->last_sequence = 0;
  if (client->events.rewound != NULL)
    client->events.rewound (client, client->user_data);
  list = g_variant_get_child_value (reply, 0);
  g_variant_iter_init (&iter, list);
  while (handle->client != NULL && client->session == session
         && g_variant_iter_next (&iter, "&s", &json))
    on_event (client, json);
  handle_unref (handle);
}

static void
read_events_anew (LaneClient *client)
{
  if (client->ready)
    ask (client, "GetEvents", g_variant_new ("(tsu)", (guint64)0, "", client->history), "(as)",
         on_events_anew, step_new (client));
}

/* Connecting, in steps: transport, GetStatus, GetEvents, then `connected`. */

static void
finish_connecting (LaneClient *client, GVariant *history)
{
  Handle *handle = handle_ref (client->handle);
  guint session = client->session;
  GVariantIter iter;
  const char *json;

  client->ready = TRUE;
  if (client->events.connected != NULL)
    client->events.connected (client, client->user_data);

  if (history != NULL) {
    g_autoptr (GVariant) list = g_variant_get_child_value (history, 0);

    g_variant_iter_init (&iter, list);
    while (handle->client != NULL && client->session == session
           && g_variant_iter_next (&iter, "&s", &json))
      on_event (client, json);
  }
  while (handle->client != NULL && client->session == session && !g_queue_is_empty (&client->early))
    tell_event (client, g_queue_pop_head (&client->early));
  handle_unref (handle);
}

static void
on_history (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Step *step = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  LaneClient *client = step_client (step);

  step_free (step);
  if (client == NULL)
    return;
  if (reply == NULL)
    lose_because (client, error);
  else
    finish_connecting (client, reply);
}

static void
on_status (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Step *step = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  LaneClient *client = step_client (step);

  step_free (step);
  if (client == NULL)
    return;

  if (reply == NULL || !take_status (client, reply, &error)) {
    lose_because (client, error);
    return;
  }
  if (client->history > 0)
    ask (client, "GetEvents", g_variant_new ("(tsu)", (guint64)0, "", client->history), "(as)",
         on_history, step_new (client));
  else
    finish_connecting (client, NULL);
}

static void
on_connection (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Step *step = user_data;
  g_autoptr (GError) cause = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection =
      g_dbus_connection_new_for_address_finish (result, &cause);
  LaneClient *client = step_client (step);

  step_free (step);
  if (client == NULL)
    return;

  if (connection == NULL) {
    if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
        || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
      error = g_error_new (LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_NOT_RUNNING,
                           "no node answers on %s", client->socket_path);
    else
      error = g_error_new (LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_LOST, "%s: %s", client->socket_path,
                           cause->message);
    lose (client, error);
    return;
  }

  client->connection = g_steal_pointer (&connection);
  client->closed_handler =
      g_signal_connect (client->connection, "closed", G_CALLBACK (on_closed), client);
  g_main_context_push_thread_default (client->context);
  client->subscription = g_dbus_connection_signal_subscribe (
      client->connection, NULL, INTERFACE, NULL, OBJECT_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
      on_signal, step_new (client), step_free);
  g_main_context_pop_thread_default (client->context);
  /* Only now, so that no signal passes unheard between the status and the subscription. */
  g_dbus_connection_start_message_processing (client->connection);
  ask (client, "GetStatus", NULL, "(s)", on_status, step_new (client));
}

/* Calls */

static GError *
refusal_from (const GError *cause)
{
  GError *error;

  if (!g_dbus_error_is_remote_error (cause))
    return g_error_new (LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_LOST, "no answer from the node: %s",
                        cause->message);

  error = g_error_new_literal (LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_REFUSED, cause->message);
  /* GDBus puts the error's D-Bus name before the node's own words. */
  if (g_str_has_prefix (error->message, "GDBus.Error:")) {
    const char *text = strstr (error->message, ": ");

    if (text != NULL) {
      char *own = g_strdup (text + 2);

      g_free (error->message);
      error->message = own;
    }
  }
  return error;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (GError) cause = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LanePeerDetail) detail = NULL;
  g_autoptr (LaneReloadView) reload = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &cause);
  const char *json = NULL;

  if (reply == NULL) {
    error = refusal_from (cause);
  } else if (call->text != NULL) {
    g_variant_get (reply, "(&s)", &json);
  } else if (call->detail != NULL) {
    g_variant_get (reply, "(&s)", &json);
    detail = lane_peer_detail_parse (json, &error);
  } else if (call->reloaded != NULL) {
    g_variant_get (reply, "(&s)", &json);
    reload = lane_reload_view_parse (json, &error);
  }
  call_answer (call, &(Answer){ .detail = detail, .reload = reload, .text = json }, error);
  call_free (call);
}

static gboolean
on_unconnected (gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (GError) error =
      g_error_new (LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_NOT_RUNNING, "not connected to a node");

  call_answer (call, &(Answer){ 0 }, error);
  return G_SOURCE_REMOVE;
}

/* From the loop, as every other answer. */
static void
later (LaneClient *client, GSourceFunc function, gpointer user_data, GDestroyNotify destroy)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, function, user_data, destroy);
  g_source_attach (source, client->context);
}

static void
send_call (LaneClient *client, const char *method, GVariant *parameters, const char *reply_type,
           Call *call)
{
  if (client->connection != NULL) {
    ask (client, method, parameters, reply_type, on_answer, call);
    return;
  }

  if (parameters != NULL)
    g_variant_unref (g_variant_ref_sink (parameters));
  later (client, on_unconnected, call, call_free);
}

static gboolean
on_path_too_long (gpointer user_data)
{
  LaneClient *client = step_client (user_data);
  g_autoptr (GError) error = NULL;

  if (client == NULL)
    return G_SOURCE_REMOVE;

  error = g_error_new (LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_LOST,
                       "%s: the path of a socket can have at most %d bytes", client->socket_path,
                       PATH_MAX_BYTES);
  lose (client, error);
  return G_SOURCE_REMOVE;
}

LaneClient *
lane_client_new (const char *socket_path, const LaneClientEvents *events, gpointer user_data)
{
  LaneClient *client = g_new0 (LaneClient, 1);

  client->context = g_main_context_ref_thread_default ();
  client->socket_path = g_strdup (socket_path);
  client->events = *events;
  client->user_data = user_data;
  client->handle = g_new0 (Handle, 1);
  g_atomic_ref_count_init (&client->handle->references);
  client->handle->client = client;
  client->snapshot = lane_snapshot_new ();
  g_queue_init (&client->early);
  client->calls = g_ptr_array_new ();
  return client;
}

void
lane_client_connect (LaneClient *client, guint history)
{
  g_autofree char *escaped = g_dbus_address_escape_value (client->socket_path);
  g_autofree char *address = g_strconcat ("unix:path=", escaped, NULL);

  drop_connection (client);
  client->cancellable = g_cancellable_new ();
  client->history = history;
  client->last_sequence = 0;
  if (strlen (client->socket_path) > PATH_MAX_BYTES) {
    later (client, on_path_too_long, step_new (client), step_free);
    return;
  }

  g_main_context_push_thread_default (client->context);
  g_dbus_connection_new_for_address (address,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                         | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                                     NULL, client->cancellable, on_connection, step_new (client));
  g_main_context_pop_thread_default (client->context);
}

const LaneSnapshot *
lane_client_get_snapshot (const LaneClient *client)
{
  return client->snapshot;
}

const char *
lane_client_get_status_json (LaneClient *client)
{
  return client->status_json;
}

void
lane_client_command (LaneClient *client, LaneCommand command, const char *peer, LaneClientDone done,
                     gpointer user_data)
{
  static const char *const methods[] = {
    [LANE_COMMAND_CONNECT] = "Connect", [LANE_COMMAND_DISCONNECT] = "Disconnect",
    [LANE_COMMAND_RESTART] = "Restart", [LANE_COMMAND_COMPARE] = "Compare",
    [LANE_COMMAND_STOP] = "Stop",
  };
  GVariant *parameters = NULL;

  if (command != LANE_COMMAND_STOP)
    parameters = g_variant_new ("(s)", peer != NULL ? peer : "");
  send_call (client, methods[command], parameters, "()", call_new (client, done, NULL, user_data));
}

void
lane_client_hold (LaneClient *client, const char *peer, const char *policy, LaneClientDone done,
                  gpointer user_data)
{
  send_call (client, "Hold", g_variant_new ("(ss)", peer, policy), "()",
             call_new (client, done, NULL, user_data));
}

void
lane_client_check_servers (LaneClient *client, const char *server, LaneClientDone done,
                           gpointer user_data)
{
  send_call (client, "CheckServers", g_variant_new ("(s)", server != NULL ? server : ""), "()",
             call_new (client, done, NULL, user_data));
}

void
lane_client_reload (LaneClient *client, LaneClientReloaded done, gpointer user_data)
{
  Call *call = call_new (client, NULL, NULL, user_data);

  call->reloaded = done;
  send_call (client, "Reload", NULL, "(s)", call);
}

void
lane_client_get_detail (LaneClient *client, const char *peer, LaneClientDetail done,
                        gpointer user_data)
{
  send_call (client, "GetPeer", g_variant_new ("(s)", peer), "(s)",
             call_new (client, NULL, done, user_data));
}

static void
ask_for_text (LaneClient *client, const char *method, GVariant *parameters, LaneClientText done,
              gpointer user_data)
{
  Call *call = call_new (client, NULL, NULL, user_data);

  call->text = done;
  send_call (client, method, parameters, "(s)", call);
}

void
lane_client_get_history (LaneClient *client, const char *peer, LaneClientText done,
                         gpointer user_data)
{
  ask_for_text (client, "GetHistory", g_variant_new ("(s)", peer), done, user_data);
}

void
lane_client_get_network (LaneClient *client, LaneClientText done, gpointer user_data)
{
  ask_for_text (client, "GetNetwork", NULL, done, user_data);
}

void
lane_client_seek (LaneClient *client, const char *to, LaneClientDone done, gpointer user_data)
{
  send_call (client, "Seek", g_variant_new ("(s)", to), "()",
             call_new (client, done, NULL, user_data));
}

void
lane_client_play (LaneClient *client, double speed, LaneClientDone done, gpointer user_data)
{
  send_call (client, "Play", g_variant_new ("(d)", speed), "()",
             call_new (client, done, NULL, user_data));
}

void
lane_client_free (LaneClient *client)
{
  if (client == NULL)
    return;

  client->handle->client = NULL;
  drop_connection (client);
  handle_unref (client->handle);
  lane_snapshot_free (client->snapshot);
  g_ptr_array_unref (client->calls);
  g_free (client->status_json);
  g_free (client->socket_path);
  g_main_context_unref (client->context);
  g_free (client);
}
