/* The service on a real node, through the real client, in one process. */
#include "suite.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#include "client.h"
#include "network-view.h"
#include "secure/identity.h"
#include "service.h"

static GMainContext *context;
static char *directory, *path;
static LaneConfig *config;
static LaneNode *node;
static LaneService *service;
static LaneClient *client;
static GString *seen;
static guint stops, changes;
static GSocket *server; /* a STUN server that never answers; NULL: none is configured */

static void
on_stop (gpointer user_data)
{
  stops++;
}

static void
on_connected (LaneClient *c, gpointer user_data)
{
  g_string_append (seen, "connected ");
}

static void
on_changed (LaneClient *c, gpointer user_data)
{
  changes++;
}

static void
on_event (LaneClient *c, const LaneEventView *event, gpointer user_data)
{
  g_string_append_printf (seen, "event:%s ", event->text);
}

static void
on_disconnected (LaneClient *c, const GError *error, gpointer user_data)
{
  g_string_append (seen, "disconnected ");
}

static void
on_done (LaneClient *c, const GError *error, gpointer user_data)
{
  g_string_append_printf (seen, "done:%s ", error != NULL ? error->message : "ok");
}

static const LaneClientEvents events = {
  .connected = on_connected,
  .changed = on_changed,
  .event = on_event,
  .disconnected = on_disconnected,
};

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
turn (void)
{
  g_autoptr (GSource) tick = g_timeout_source_new (20);

  g_source_set_callback (tick, on_tick, NULL, NULL);
  g_source_attach (tick, context);
  g_main_context_iteration (context, TRUE);
  g_source_destroy (tick);
}

#define run_until(condition)                                                                       \
  do {                                                                                             \
    gint64 deadline_ = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;                               \
    while (!(condition)) {                                                                         \
      ck_assert_msg (g_get_monotonic_time () < deadline_, "never happened: %s; seen %s",           \
                     #condition, seen->str);                                                       \
      turn ();                                                                                     \
    }                                                                                              \
  } while (0)

static gboolean
has_seen (const char *word)
{
  return strstr (seen->str, word) != NULL;
}

static char *
make_server_uri (void)
{
  g_autoptr (GSocketAddress) address = NULL;

  if (server == NULL)
    return NULL;
  address = g_socket_get_local_address (server, NULL);
  return g_strdup_printf ("server.mute.uri=stun:127.0.0.1:%u",
                          g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
}

static LaneConfig *
make_config (void)
{
  LaneIdentity *other = lane_identity_generate ();
  g_autofree char *state = g_strdup_printf ("node.state-dir=%s/state", directory);
  g_autofree char *id = g_strdup_printf ("peer.berlin.id=%s", lane_identity_get_id (other));
  g_autofree char *uri = make_server_uri ();
  const char *overrides[] = {
    state, "node.name=oslo", id, "peer.berlin.autoconnect=off", NULL, NULL, NULL
  };
  g_autofree char *file = g_build_filename (directory, "none.ini", NULL);
  LaneConfigSources sources = { .path = file, .overrides = overrides };
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  LaneConfig *made;

  if (uri != NULL) {
    overrides[4] = uri;
    overrides[5] = "ice.allow-loopback=on";
  }
  made = lane_config_load (&sources, problems);
  lane_identity_unref (other);
  ck_assert (!lane_problems_have_error (problems));
  return made;
}

static void
setup (void)
{
  g_autoptr (GError) error = NULL;

  context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  directory = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  path = g_build_filename (directory, "control", NULL);
  seen = g_string_new (NULL);
  config = make_config ();
  node = lane_node_new (context, config, &error);
  ck_assert_msg (node != NULL, "%s", error != NULL ? error->message : "");
  service = lane_service_new (node, path, on_stop, NULL, &error);
  ck_assert_msg (service != NULL, "%s", error != NULL ? error->message : "");
  ck_assert (lane_node_start (node, &error));
  client = lane_client_new (path, &events, NULL);
}

static void
remove_below (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (folder, name, NULL);

    if (g_file_test (child, G_FILE_TEST_IS_DIR))
      remove_below (child);
    else
      g_unlink (child);
  }
  g_rmdir (folder);
}

static void
teardown (void)
{
  g_clear_pointer (&client, lane_client_free);
  lane_service_free (service);
  lane_node_free (node);
  lane_config_free (config);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  remove_below (directory);
  g_string_free (seen, TRUE);
  g_free (directory);
  g_free (path);
}

static void
setup_with_server (void)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);

  server = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, 0, NULL);
  ck_assert (g_socket_bind (server, address, FALSE, NULL));
  g_socket_set_blocking (server, FALSE);
  setup ();
}

static void
teardown_with_server (void)
{
  teardown ();
  g_clear_object (&server);
}

static void
connect_client (guint history)
{
  lane_client_connect (client, history);
  run_until (has_seen ("connected"));
}

START_TEST (a_client_sees_the_node)
{
  const LaneSnapshot *snapshot;

  connect_client (0);
  snapshot = lane_client_get_snapshot (client);
  ck_assert_str_eq (snapshot->name, "oslo");
  ck_assert_uint_eq (strlen (snapshot->id), LANE_ID_LENGTH);
  ck_assert_uint_eq (snapshot->peers->len, 1);
  ck_assert_str_eq (lane_snapshot_find_peer (snapshot, "berlin")->state, "off");
  ck_assert (g_str_has_prefix (lane_client_get_status_json (client), "{\"schema\":1,"));
}
END_TEST

START_TEST (a_command_changes_what_the_client_sees)
{
  connect_client (0);
  lane_client_command (client, LANE_COMMAND_CONNECT, "berlin", on_done, NULL);
  run_until (has_seen ("done:ok"));
  run_until (
      strcmp (lane_snapshot_find_peer (lane_client_get_snapshot (client), "berlin")->state, "off")
      != 0);
  ck_assert_uint_ge (changes, 1);
  lane_client_command (client, LANE_COMMAND_DISCONNECT, NULL, NULL, NULL);
  run_until (
      strcmp (lane_snapshot_find_peer (lane_client_get_snapshot (client), "berlin")->state, "off")
      == 0);
}
END_TEST

START_TEST (an_unknown_peer_is_refused_in_the_nodes_words)
{
  connect_client (0);
  lane_client_command (client, LANE_COMMAND_RESTART, "berlim", on_done, NULL);
  run_until (has_seen ("done:"));
  ck_assert (!has_seen ("GDBus"));
  ck_assert (has_seen ("berlin")); /* the nearest one */
}
END_TEST

START_TEST (a_comparison_without_a_link_is_refused_in_words)
{
  connect_client (0);
  lane_client_command (client, LANE_COMMAND_COMPARE, "berlin", on_done, NULL);
  run_until (has_seen ("done:"));
  ck_assert (has_seen ("'berlin' cannot be compared: it is not connected, but "));
}
END_TEST

START_TEST (a_comparison_is_of_one_peer)
{
  connect_client (0);
  lane_client_command (client, LANE_COMMAND_COMPARE, NULL, on_done, NULL);
  run_until (has_seen ("done:"));
  ck_assert (has_seen ("no peer ''"));
}
END_TEST

static guint
count_requests (void)
{
  char datagram[1500];
  guint n = 0;

  while (g_socket_receive (server, datagram, sizeof datagram, NULL, NULL) > 0)
    n++;
  return n;
}

START_TEST (servers_are_checked_when_a_client_asks)
{
  const GPtrArray *servers;

  connect_client (0);
  servers = lane_client_get_snapshot (client)->servers;
  run_until (strcmp (((const LaneServerView *)servers->pdata[0])->state, "failed") == 0);
  count_requests ();
  lane_client_check_servers (client, "mute", on_done, NULL);
  run_until (has_seen ("done:ok"));
  run_until (count_requests () > 0);
}
END_TEST

static void
on_network (LaneClient *c, const char *json, const GError *error, gpointer user_data)
{
  LaneNetworkView **network = user_data;

  ck_assert_msg (error == NULL, "%s", error != NULL ? error->message : "");
  *network = lane_network_view_parse (json, NULL);
}

/* Whatever network the test runs in. */
START_TEST (the_network_is_told_with_every_interface)
{
  g_autoptr (LaneNetworkView) network = NULL;
  gboolean loopback = FALSE;

  connect_client (0);
  lane_client_get_network (client, on_network, &network);
  run_until (network != NULL);
  for (guint i = 0; i < network->interfaces->len; i++)
    loopback |= ((LaneInterfaceView *)network->interfaces->pdata[i])->loopback;
  ck_assert (loopback);
  ck_assert_uint_eq (network->nats->len, 2);
  ck_assert_ptr_nonnull (strstr (network->json, "\"name\":\"mute\""));
  ck_assert_ptr_nonnull (network->router);
}
END_TEST

START_TEST (an_unknown_server_is_refused_by_name)
{
  connect_client (0);
  lane_client_check_servers (client, "muted", on_done, NULL);
  run_until (has_seen ("done:no server 'muted'; did you mean 'mute'?"));
}
END_TEST

static void
on_detail (LaneClient *c, const LanePeerDetail *detail, const GError *error, gpointer user_data)
{
  g_string_append_printf (seen, "detail:%s ", detail != NULL ? detail->name : "none");
}

START_TEST (detail_of_a_peer_is_told)
{
  connect_client (0);
  lane_client_get_detail (client, "berlin", on_detail, NULL);
  lane_client_get_detail (client, "nobody", on_detail, NULL);
  run_until (has_seen ("detail:none"));
  ck_assert (has_seen ("detail:berlin"));
}
END_TEST

static void
log_event (const char *text)
{
  lane_event_log_add (
      lane_node_get_event_log (node),
      lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_CONFIG, NULL, NULL, "%s", text));
}

START_TEST (history_and_live_events_are_told_once_each)
{
  log_event ("before");
  connect_client (100);
  run_until (has_seen ("event:before"));
  log_event ("after");
  run_until (has_seen ("event:after"));
  ck_assert_ptr_null (strstr (strstr (seen->str, "event:before") + 1, "event:before"));
}
END_TEST

static void
on_reload (gpointer user_data)
{
  ++*(guint *)user_data;
}

static void
on_reloaded (LaneClient *c, const LaneReloadView *reload, const GError *error, gpointer user_data)
{
  g_string_append_printf (seen, "reload:%s ",
                          error != NULL ? error->message : reload->config.state);
}

START_TEST (a_reload_is_answered_when_it_is_done)
{
  guint asked = 0;

  connect_client (0);
  lane_client_reload (client, on_reloaded, NULL);
  run_until (has_seen ("reload:this node does not read its settings again"));
  lane_service_set_reload (service, on_reload, &asked);
  lane_client_reload (client, on_reloaded, NULL);
  lane_client_reload (client, on_reloaded, NULL);
  run_until (asked == 2);
  ck_assert (!has_seen ("reload:ok"));
  lane_service_reloaded (service, "{\"changed\":true,\"config\":{\"state\":\"ok\"}}");
  run_until (has_seen ("reload:ok reload:ok"));
}
END_TEST

START_TEST (who_left_during_a_reload_gets_no_answer)
{
  guint asked = 0;

  lane_service_set_reload (service, on_reload, &asked);
  connect_client (0);
  lane_client_reload (client, on_reloaded, NULL);
  run_until (asked == 1);
  g_clear_pointer (&client, lane_client_free);
  client = lane_client_new (path, &events, NULL);
  g_string_truncate (seen, 0);
  connect_client (0); /* by then the service has seen the other go */
  lane_service_reloaded (service, "{}");
  lane_client_command (client, LANE_COMMAND_CONNECT, "berlin", on_done, NULL);
  run_until (has_seen ("done:ok"));
  ck_assert (!has_seen ("reload:"));
}
END_TEST

static LaneConfig *
make_config_without_peers (void)
{
  LaneConfig *other = make_config ();

  g_ptr_array_set_size (other->peers, 0);
  return other;
}

START_TEST (a_client_sees_peers_go_with_the_settings)
{
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  LaneImpact *impact;

  connect_client (0);
  impact = lane_node_set_config (node, make_config_without_peers (), problems);
  lane_impact_free (impact);
  run_until (lane_client_get_snapshot (client)->peers->len == 0);
}
END_TEST

START_TEST (stop_is_handed_on_and_answered)
{
  connect_client (0);
  lane_client_command (client, LANE_COMMAND_STOP, NULL, on_done, NULL);
  run_until (has_seen ("done:ok"));
  ck_assert_uint_eq (stops, 1);
}
END_TEST

START_TEST (the_client_hears_of_the_services_end)
{
  connect_client (0);
  g_clear_pointer (&service, lane_service_free);
  run_until (has_seen ("disconnected"));
}
END_TEST

START_TEST (the_seventeenth_client_is_closed)
{
  GSocket *sockets[17];
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  char byte;
  gssize got = -1;

  for (guint i = 0; i < 17; i++) {
    sockets[i] = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
    ck_assert (g_socket_connect (sockets[i], address, NULL, NULL));
    g_socket_set_blocking (sockets[i], FALSE);
    turn ();
  }
  run_until ((got = g_socket_receive (sockets[16], &byte, 1, NULL, NULL)) == 0);
  ck_assert_int_lt (g_socket_receive (sockets[15], &byte, 1, NULL, NULL), 0); /* still open */
  for (guint i = 0; i < 17; i++)
    g_object_unref (sockets[i]);
}
END_TEST

typedef struct {
  GAsyncResult *result;
} Answer;

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ((Answer *)user_data)->result = g_object_ref (result);
}

static GVariant *
call (GDBusConnection *connection, const char *object, const char *interface, const char *member,
      GVariant *parameters, GError **error)
{
  Answer answer = { 0 };
  GVariant *reply;

  g_dbus_connection_call (connection, NULL, object, interface, member, parameters, NULL, 0, 5000,
                          NULL, on_answer, &answer);
  run_until (answer.result != NULL);
  reply = g_dbus_connection_call_finish (connection, answer.result, error);
  g_object_unref (answer.result);
  return reply;
}

static GDBusConnection *
bus_connection (void)
{
  g_autofree char *address = g_strdup_printf ("unix:path=%s", path);
  Answer answer = { 0 };
  GDBusConnection *connection;

  /* As gdbus connects: with a Hello. */
  g_dbus_connection_new_for_address (address,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                         | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                     NULL, NULL, on_answer, &answer);
  run_until (answer.result != NULL);
  connection = g_dbus_connection_new_for_address_finish (answer.result, NULL);
  g_object_unref (answer.result);
  ck_assert_ptr_nonnull (connection);
  return connection;
}

START_TEST (introspection_shows_the_contract)
{
  g_autoptr (GDBusConnection) connection = bus_connection ();
  g_autoptr (GVariant) reply =
      call (connection, "/org/icelane/Node1", "org.freedesktop.DBus.Introspectable", "Introspect",
            NULL, NULL);
  g_autoptr (GDBusNodeInfo) info = NULL;
  const char *xml;

  g_variant_get (reply, "(&s)", &xml);
  info = g_dbus_node_info_new_for_xml (xml, NULL);
  ck_assert_ptr_nonnull (info);
  ck_assert_ptr_nonnull (g_dbus_interface_info_lookup_method (info->interfaces[0], "GetEvents"));
}
END_TEST

START_TEST (every_method_of_the_contract_is_answered)
{
  static const char *const methods[] = { "GetStatus",  "GetPeer",   "GetEvents",    "Connect",
                                         "Disconnect", "Restart",   "CheckServers", "Reload",
                                         "Stop",       "GetNetwork" };
  g_autoptr (GDBusConnection) connection = bus_connection ();

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) reply = call (connection, "/org/icelane/Node1", "org.icelane.Node1",
                                       methods[i], g_variant_new ("(d)", 1.0), &error);

    /* Known, and particular about its arguments. */
    ck_assert (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS));
  }
}
END_TEST

START_TEST (what_is_not_there_is_an_error)
{
  g_autoptr (GDBusConnection) connection = bus_connection ();
  g_autoptr (GError) method = NULL, object = NULL, interface = NULL;

  ck_assert_ptr_null (
      call (connection, "/org/icelane/Node1", "org.icelane.Node1", "Nothing", NULL, &method));
  ck_assert (g_error_matches (method, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD));
  ck_assert_ptr_null (call (connection, "/", "org.icelane.Node1", "GetStatus", NULL, &object));
  ck_assert (g_error_matches (object, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT));
  ck_assert_ptr_null (
      call (connection, "/org/icelane/Node1", "org.icelane.Other", "GetStatus", NULL, &interface));
  ck_assert (g_error_matches (interface, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD));
}
END_TEST

/* Until the node has told what changed: it does that when nothing else is due. */
static void
settle (void)
{
  for (guint i = 0; i < 100 && g_main_context_iteration (context, FALSE); i++)
    ;
}

START_TEST (changes_within_50_ms_are_told_together)
{
  gint64 start;

  connect_client (0);
  lane_client_command (client, LANE_COMMAND_CONNECT, "berlin", NULL, NULL);
  run_until (changes > 0);
  changes = 0;
  start = g_get_monotonic_time ();
  while (g_get_monotonic_time () - start < 300 * 1000) {
    lane_node_disconnect (node, "berlin", NULL);
    settle ();
    lane_node_connect (node, "berlin", NULL);
    settle ();
  }
  run_until (changes > 0);
  /* Peers and servers are told in the same breath, each by a signal of its own. */
  ck_assert_uint_le (changes, 3 * (g_get_monotonic_time () - start) / 50000 + 2);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("service");
  TCase *tcase = tcase_create ("service");
  TCase *servers = tcase_create ("servers");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, a_client_sees_the_node);
  tcase_add_test (tcase, a_command_changes_what_the_client_sees);
  tcase_add_test (tcase, an_unknown_peer_is_refused_in_the_nodes_words);
  tcase_add_test (tcase, a_comparison_without_a_link_is_refused_in_words);
  tcase_add_test (tcase, a_comparison_is_of_one_peer);
  tcase_add_test (tcase, detail_of_a_peer_is_told);
  tcase_add_test (tcase, history_and_live_events_are_told_once_each);
  tcase_add_test (tcase, a_reload_is_answered_when_it_is_done);
  tcase_add_test (tcase, who_left_during_a_reload_gets_no_answer);
  tcase_add_test (tcase, a_client_sees_peers_go_with_the_settings);
  tcase_add_test (tcase, stop_is_handed_on_and_answered);
  tcase_add_test (tcase, the_client_hears_of_the_services_end);
  tcase_add_test (tcase, the_seventeenth_client_is_closed);
  tcase_add_test (tcase, introspection_shows_the_contract);
  tcase_add_test (tcase, every_method_of_the_contract_is_answered);
  tcase_add_test (tcase, what_is_not_there_is_an_error);
  tcase_add_test (tcase, changes_within_50_ms_are_told_together);
  tcase_set_timeout (tcase, 30);
  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (servers, setup_with_server, teardown_with_server);
  tcase_add_test (servers, servers_are_checked_when_a_client_asks);
  tcase_add_test (servers, an_unknown_server_is_refused_by_name);
  tcase_add_test (servers, the_network_is_told_with_every_interface);
  tcase_set_timeout (servers, 30);
  suite_add_tcase (suite, servers);
  return lane_suite_run (suite);
}
