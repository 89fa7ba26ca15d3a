#include "service.h"

#include <string.h>

#include "bus-server.h"
#include "node1-info.h"

#define OBJECT_PATH  "/org/icelane/Node1"
#define INTERFACE    "org.icelane.Node1"
#define COALESCE_US  (50 * 1000)
#define MAX_EVENTS   2000 /* in one answer, and of at most: */
#define EVENTS_BYTES (768 * 1024)
#define MAX_RELOADS  64 /* that wait for one answer */

struct _LaneService {
  GMainContext *context;
  LaneNode *node;
  void (*stop) (gpointer user_data);
  gpointer user_data;

  LaneBusServer *server;

  char *status; /* as described last; NULL: ask the node again */
  gint64 status_us;

  void (*reload) (gpointer user_data); /* NULL: not possible */
  gpointer reload_data;
  GPtrArray *waiting; /* of Waiting, for the end of a reload */

  GHashTable *changed_peers; /* names not told yet */
  gboolean servers_changed, node_changed, settings_changed;
  gint64 told_us;
  GSource *tell_source;
};

/* A request that is answered later. */
typedef struct {
  LaneBusPeer *client;
  GDBusMessage *request;
} Waiting;

typedef GVariant *(*Handler) (LaneService *service, GVariant *parameters, GError **error);

typedef struct {
  const char *method;
  Handler handler;
} HandlerEntry;

static void
broadcast (LaneService *service, const char *signal, const char *json)
{
  lane_bus_server_broadcast (service->server, signal, g_variant_new ("(s)", json));
}

static char *
take_json (JsonNode *node)
{
  char *text = json_to_string (node, FALSE);

  json_node_unref (node);
  return text;
}

/* Changes of the node, told at most every COALESCE_US */

static void
tell_peers (LaneService *service)
{
  g_autoptr (GHashTable) changed = service->changed_peers;
  g_autofree const char **names = (const char **)g_hash_table_get_keys_as_array (changed, NULL);
  g_autofree char *json = NULL;

  service->changed_peers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (names[0] == NULL)
    return;

  json = lane_node_print_peers (service->node, names);
  broadcast (service, "PeersChanged", json);
}

static gboolean
on_tell (gpointer user_data)
{
  LaneService *service = user_data;

  g_clear_pointer (&service->tell_source, g_source_unref);
  service->told_us = g_get_monotonic_time ();

  if (service->settings_changed)
    lane_bus_server_broadcast (service->server, "SettingsChanged", NULL);
  tell_peers (service);
  if (service->servers_changed) {
    g_autofree char *json = take_json (lane_node_describe_servers (service->node));

    broadcast (service, "ServersChanged", json);
  }
  if (service->node_changed) {
    g_autofree char *json = take_json (lane_node_describe_self (service->node));

    broadcast (service, "NodeChanged", json);
  }
  service->settings_changed = FALSE;
  service->servers_changed = FALSE;
  service->node_changed = FALSE;
  return G_SOURCE_REMOVE;
}

static void
schedule_tell (LaneService *service)
{
  gint64 due_us = service->told_us + COALESCE_US;

  if (service->tell_source != NULL)
    return;

  service->tell_source = g_timeout_source_new (0);
  g_source_set_ready_time (service->tell_source, due_us);
  g_source_set_callback (service->tell_source, on_tell, service, NULL);
  g_source_attach (service->tell_source, service->context);
}

static void
forget_status (LaneService *service)
{
  g_clear_pointer (&service->status, g_free);
}

static void
on_peers_changed (LaneNode *node, const char *const *names, gpointer user_data)
{
  LaneService *service = user_data;

  forget_status (service);
  if (!lane_bus_server_has_clients (service->server))
    return;

  for (; *names != NULL; names++)
    g_hash_table_add (service->changed_peers, g_strdup (*names));
  schedule_tell (service);
}

static void
on_servers_changed (LaneNode *node, gpointer user_data)
{
  LaneService *service = user_data;

  forget_status (service);
  service->servers_changed = TRUE;
  schedule_tell (service);
}

static void
on_node_changed (LaneNode *node, gpointer user_data)
{
  LaneService *service = user_data;

  forget_status (service);
  service->node_changed = TRUE;
  schedule_tell (service);
}

static void
on_settings_changed (LaneNode *node, gpointer user_data)
{
  LaneService *service = user_data;

  service->settings_changed = TRUE;
  on_node_changed (node, user_data);
}

static void
on_event_logged (LaneNode *node, const LaneEvent *event, gpointer user_data)
{
  LaneService *service = user_data;
  g_autofree char *json = NULL;

  if (!lane_bus_server_has_clients (service->server))
    return;

  json = lane_event_to_json_line (event);
  broadcast (service, "EventLogged", json);
}

/* Methods */

static GVariant *
get_status (LaneService *service, GVariant *parameters, GError **error)
{
  gint64 now_us = g_get_monotonic_time ();

  /* Counters and times move without an event, so even an undisturbed answer ages. */
  if (service->status == NULL || now_us - service->status_us > COALESCE_US) {
    forget_status (service);
    service->status = lane_node_print (service->node);
    service->status_us = now_us;
  }
  return g_variant_new ("(s)", service->status);
}

static GVariant *
get_peer (LaneService *service, GVariant *parameters, GError **error)
{
  JsonNode *detail;
  g_autofree char *json = NULL;
  const char *name;

  g_variant_get (parameters, "(&s)", &name);
  detail = lane_node_describe_peer_detail (service->node, name, error);
  if (detail == NULL)
    return NULL;

  json = take_json (detail);
  return g_variant_new ("(s)", json);
}

static GVariant *
get_history (LaneService *service, GVariant *parameters, GError **error)
{
  JsonNode *history;
  g_autofree char *json = NULL;
  const char *name;

  g_variant_get (parameters, "(&s)", &name);
  history = lane_node_describe_history (service->node, name, error);
  if (history == NULL)
    return NULL;

  json = take_json (history);
  return g_variant_new ("(s)", json);
}

static GVariant *
get_network (LaneService *service, GVariant *parameters, GError **error)
{
  g_autofree char *json = take_json (lane_node_describe_network (service->node));

  return g_variant_new ("(s)", json);
}

static GVariant *
get_events (LaneService *service, GVariant *parameters, GError **error)
{
  g_autoptr (GPtrArray) events = NULL;
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  const char *peer;
  guint64 after;
  guint32 limit;
  gsize bytes = 0;

  g_variant_get (parameters, "(t&su)", &after, &peer, &limit);
  events = lane_event_log_list (lane_node_get_event_log (service->node), after,
                                *peer != '\0' ? peer : NULL, MIN (limit, MAX_EVENTS));
  for (guint i = events->len; i > 0 && bytes < EVENTS_BYTES; i--) {
    char *line = lane_event_to_json_line (events->pdata[i - 1]);

    bytes += strlen (line);
    g_ptr_array_add (lines, line);
  }
  for (guint i = 0; i < lines->len / 2; i++) {
    gpointer swap = lines->pdata[i];

    lines->pdata[i] = lines->pdata[lines->len - 1 - i];
    lines->pdata[lines->len - 1 - i] = swap;
  }
  return g_variant_new ("(@as)",
                        g_variant_new_strv ((const char *const *)lines->pdata, (gssize)lines->len));
}

static GVariant *
command (LaneService *service, GVariant *parameters,
         gboolean (*function) (LaneNode *node, const char *name, GError **error), GError **error)
{
  const char *name;

  g_variant_get (parameters, "(&s)", &name);
  forget_status (service);
  return function (service->node, *name != '\0' ? name : NULL, error) ? g_variant_new ("()") : NULL;
}

static GVariant *
connect_peer (LaneService *service, GVariant *parameters, GError **error)
{
  return command (service, parameters, lane_node_connect, error);
}

static GVariant *
disconnect_peer (LaneService *service, GVariant *parameters, GError **error)
{
  return command (service, parameters, lane_node_disconnect, error);
}

static GVariant *
restart_peer (LaneService *service, GVariant *parameters, GError **error)
{
  return command (service, parameters, lane_node_restart, error);
}

static GVariant *
compare_peer (LaneService *service, GVariant *parameters, GError **error)
{
  return command (service, parameters, lane_node_compare, error);
}

/* FALSE with @error: no such word. An empty one is what the settings say. */
static gboolean
read_policy (LaneService *service, const char *peer, const char *word, LanePolicy *policy,
             GError **error)
{
  const LanePeerConfig *config = lane_config_find_peer (lane_node_get_config (service->node), peer);

  if (*word == '\0') {
    *policy = config != NULL ? config->policy : LANE_POLICY_AUTO;
    return TRUE;
  }
  for (guint i = 0; i <= LANE_POLICY_LOWEST_RTT; i++)
    if (strcmp (word, lane_policy_to_string (i)) == 0) {
      *policy = i;
      return TRUE;
    }
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
               "the policy is none of auto, direct-only, relay-only, lowest-rtt");
  return FALSE;
}

static GVariant *
hold_peer (LaneService *service, GVariant *parameters, GError **error)
{
  const char *peer, *word;
  LanePolicy policy;

  g_variant_get (parameters, "(&s&s)", &peer, &word);
  forget_status (service);
  return read_policy (service, peer, word, &policy, error)
                 && lane_node_hold (service->node, peer, policy, error)
             ? g_variant_new ("()")
             : NULL;
}

static GVariant *
check_servers (LaneService *service, GVariant *parameters, GError **error)
{
  return command (service, parameters, lane_node_check_servers, error);
}

/* Those that can be served are taken out before: see is_reload(). */
static GVariant *
refuse_reload (LaneService *service, GVariant *parameters, GError **error)
{
  g_set_error (error, LANE_NODE_ERROR, LANE_NODE_ERROR_STATE, "%s",
               service->reload != NULL ? "too many wait for the settings to be read already"
                                       : "this node does not read its settings again");
  return NULL;
}

static GVariant *
stop_node (LaneService *service, GVariant *parameters, GError **error)
{
  service->stop (service->user_data);
  return g_variant_new ("()");
}

static const HandlerEntry handlers[] = {
  { "GetStatus", get_status },   { "GetPeer", get_peer },     { "GetEvents", get_events },
  { "Compare", compare_peer },   { "Connect", connect_peer }, { "Disconnect", disconnect_peer },
  { "Restart", restart_peer },   { "Reload", refuse_reload }, { "CheckServers", check_servers },
  { "Hold", hold_peer },         { "Stop", stop_node },       { "GetNetwork", get_network },
  { "GetHistory", get_history },
};

/* Requests */

static const char *
name_error (const GError *error)
{
  if (g_error_matches (error, LANE_NODE_ERROR, LANE_NODE_ERROR_UNKNOWN_PEER))
    return "org.icelane.Error.UnknownPeer";
  if (g_error_matches (error, LANE_NODE_ERROR, LANE_NODE_ERROR_UNKNOWN_SERVER))
    return "org.icelane.Error.UnknownServer";
  if (g_error_matches (error, LANE_NODE_ERROR, LANE_NODE_ERROR_STATE))
    return "org.icelane.Error.State";
  if (g_error_matches (error, LANE_NODE_ERROR, LANE_NODE_ERROR_BUSY))
    return "org.icelane.Error.Busy";
  return NULL;
}

static void
waiting_free (gpointer data)
{
  Waiting *waiting = data;

  g_object_unref (waiting->request);
  g_free (waiting);
}

/* FALSE: it is answered at once, as all other requests are. */
static gboolean
is_reload (const LaneService *service, GDBusMessage *request)
{
  const char *interface = g_dbus_message_get_interface (request);

  return service->reload != NULL && service->waiting->len < MAX_RELOADS
         && g_strcmp0 (g_dbus_message_get_member (request), "Reload") == 0
         && g_strcmp0 (g_dbus_message_get_path (request), OBJECT_PATH) == 0
         && (interface == NULL || strcmp (interface, INTERFACE) == 0)
         && g_dbus_message_get_body (request) == NULL;
}

static void
begin_reload (LaneService *service, LaneBusPeer *client, GDBusMessage *request)
{
  Waiting *waiting = g_new (Waiting, 1);

  waiting->client = client;
  waiting->request = g_object_ref (request);
  g_ptr_array_add (service->waiting, waiting);
  service->reload (service->reload_data);
}

void
lane_service_reloaded (LaneService *service, const char *json)
{
  /* An answer may lose its client, which then forgets what waits for it. */
  while (service->waiting->len > 0) {
    Waiting *one = g_ptr_array_steal_index (service->waiting, 0);

    lane_bus_server_answer (service->server, one->client, one->request, g_variant_new ("(s)", json),
                            NULL);
    waiting_free (one);
  }
}

static void
forget_waiting (LaneService *service, const LaneBusPeer *client)
{
  for (guint i = service->waiting->len; i > 0; i--)
    if (((Waiting *)g_ptr_array_index (service->waiting, i - 1))->client == client)
      g_ptr_array_remove_index (service->waiting, i - 1);
}

static GVariant *
on_call (const char *method, GVariant *arguments, GError **error, gpointer user_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    if (strcmp (handlers[i].method, method) == 0)
      return handlers[i].handler (user_data, arguments, error);
  g_return_val_if_reached (NULL);
}

static gboolean
on_take (LaneBusPeer *client, GDBusMessage *request, gpointer user_data)
{
  LaneService *service = user_data;

  if (!is_reload (service, request))
    return FALSE;
  begin_reload (service, client, request);
  return TRUE;
}

static void
on_left (LaneBusPeer *client, gpointer user_data)
{
  forget_waiting (user_data, client);
}

static void
on_refused (const char *why, gpointer user_data)
{
  LaneService *service = user_data;

  lane_event_log_add (lane_node_get_event_log (service->node),
                      lane_event_new (LANE_LOG_LEVEL_WARNING, LANE_EVENT_SECURITY, NULL, NULL,
                                      "control client refused: %s", why));
}

LaneService *
lane_service_new (LaneNode *node, const char *path, void (*stop) (gpointer user_data),
                  gpointer user_data, GError **error)
{
  static const LaneNodeEvents events = {
    .peers_changed = on_peers_changed,
    .servers_changed = on_servers_changed,
    .node_changed = on_node_changed,
    .settings_changed = on_settings_changed,
    .event_logged = on_event_logged,
  };
  static GDBusInterfaceInfo *const interfaces[] = {
    (GDBusInterfaceInfo *)&org_icelane_node1_interface, NULL
  };
  static const LaneBusServerEvents server_events = { .call = on_call,
                                                     .takes = on_take,
                                                     .left = on_left,
                                                     .refused = on_refused,
                                                     .name_error = name_error };
  LaneService *service = g_new0 (LaneService, 1);

  service->server =
      lane_bus_server_new (path, OBJECT_PATH, interfaces, &server_events, service, error);
  if (service->server == NULL) {
    g_free (service);
    return NULL;
  }

  service->context = g_main_context_ref_thread_default ();
  service->node = node;
  service->stop = stop;
  service->user_data = user_data;
  service->changed_peers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  service->waiting = g_ptr_array_new_with_free_func (waiting_free);
  lane_node_set_events (node, &events, service);
  return service;
}

void
lane_service_set_reload (LaneService *service, void (*reload) (gpointer user_data),
                         gpointer user_data)
{
  service->reload = reload;
  service->reload_data = user_data;
}

void
lane_service_free (LaneService *service)
{
  if (service == NULL)
    return;

  lane_node_set_events (service->node, NULL, NULL);
  if (service->tell_source != NULL) {
    g_source_destroy (service->tell_source);
    g_source_unref (service->tell_source);
  }
  g_ptr_array_unref (service->waiting);
  lane_bus_server_free (service->server);
  g_hash_table_unref (service->changed_peers);
  g_main_context_unref (service->context);
  g_free (service->status);
  g_free (service);
}
