#include "suite.h"

#include <string.h>

#include <gio/gunixsocketaddress.h>
#include <unistd.h>

#include "client.h"
#include "fake-node.h"

#define STATUS                                                                                     \
  "{\"schema\":1,\"node\":{\"name\":\"oslo\"},\"servers\":[],"                                     \
  "\"peers\":[{\"name\":\"berlin\",\"state\":\"waiting\"}]}"

static FakeNode *node;
static GString *seen; /* one word for each callback */
static LaneClient *client;
static GError *lost;

static void
on_connected (LaneClient *c, gpointer user_data)
{
  g_string_append (seen, "connected ");
}

static void
on_changed (LaneClient *c, gpointer user_data)
{
  g_string_append (seen, "changed ");
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
  g_clear_error (&lost);
  lost = g_error_copy (error);
}

static const LaneClientEvents events = {
  .connected = on_connected,
  .changed = on_changed,
  .event = on_event,
  .disconnected = on_disconnected,
};

static void
setup (void)
{
  node = fake_node_new ();
  node->status = STATUS;
  seen = g_string_new (NULL);
  client = lane_client_new (node->path, &events, NULL);
}

static void
teardown (void)
{
  g_clear_pointer (&client, lane_client_free);
  fake_node_free (node);
  g_string_free (seen, TRUE);
  g_clear_error (&lost);
}

static gboolean
has_seen (const char *word)
{
  return strstr (seen->str, word) != NULL;
}

static void
connect_client (guint history)
{
  lane_client_connect (client, history);
  fake_node_run_until (node, has_seen ("connected"));
}

START_TEST (connecting_completes_the_snapshot)
{
  ck_assert_ptr_nonnull (lane_client_get_snapshot (client));
  connect_client (0);

  ck_assert_str_eq (seen->str, "connected ");
  ck_assert_str_eq (lane_client_get_snapshot (client)->name, "oslo");
  ck_assert_str_eq (lane_client_get_status_json (client), STATUS);
}
END_TEST

START_TEST (nobody_there_is_not_running)
{
  LaneClient *other;
  g_autofree char *path = g_build_filename (node->directory, "nobody", NULL);

  other = lane_client_new (path, &events, NULL);
  lane_client_connect (other, 0);
  fake_node_run_until (node, lost != NULL);
  ck_assert (g_error_matches (lost, LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_NOT_RUNNING));
  ck_assert_ptr_nonnull (strstr (lost->message, path));
  lane_client_free (other);
}
END_TEST

START_TEST (a_dead_socket_is_not_running)
{
  lane_client_free (client);
  client = NULL;
  {
    g_autofree char *path = g_build_filename (node->directory, "dead", NULL);
    g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
    g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);

    ck_assert (g_socket_bind (socket, address, FALSE, NULL));
    client = lane_client_new (path, &events, NULL);
    lane_client_connect (client, 0);
    fake_node_run_until (node, lost != NULL);
    ck_assert (g_error_matches (lost, LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_NOT_RUNNING));
    unlink (path);
  }
}
END_TEST

START_TEST (a_path_too_long_says_so)
{
  g_autofree char *path = g_strnfill (108, 'x');

  lane_client_free (client);
  client = lane_client_new (path, &events, NULL);
  lane_client_connect (client, 0);
  ck_assert_str_eq (seen->str, ""); /* not before it returned */
  fake_node_run_until (node, lost != NULL);
  ck_assert_ptr_nonnull (strstr (lost->message, "at most 107 bytes"));
}
END_TEST

START_TEST (nonsense_ends_the_connection)
{
  node->status = "nonsense";
  lane_client_connect (client, 0);
  fake_node_run_until (node, lost != NULL);
  ck_assert (g_error_matches (lost, LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_LOST));
  ck_assert_str_eq (seen->str, "disconnected ");
}
END_TEST

START_TEST (signals_update_the_snapshot)
{
  connect_client (0);
  fake_node_emit (node, "PeersChanged", "[{\"name\":\"berlin\",\"state\":\"connected\"}]");
  fake_node_emit (node, "ServersChanged", "[{\"name\":\"home\"}]");
  fake_node_emit (node, "NodeChanged", "{\"name\":\"bergen\"}");
  fake_node_emit (node, "PeersChanged", "nonsense");
  fake_node_emit (node, "Unheard", "[]");
  fake_node_emit (node, "EventLogged", "{\"text\":\"last\",\"sequence\":1}");
  fake_node_run_until (node, has_seen ("event:last"));

  ck_assert_str_eq (seen->str, "connected changed changed changed event:last ");
  ck_assert_str_eq (lane_snapshot_find_peer (lane_client_get_snapshot (client), "berlin")->state,
                    "connected");
  ck_assert_uint_eq (lane_client_get_snapshot (client)->servers->len, 1);
  ck_assert_str_eq (lane_client_get_snapshot (client)->name, "bergen");
}
END_TEST

/* An event may be told by a signal and stand in the history as well. */
START_TEST (each_event_is_told_once_and_in_order)
{
  static const char *const history[] = { "{\"text\":\"one\",\"sequence\":1}",
                                         "{\"text\":\"two\",\"sequence\":2}", NULL };

  node->events = history;
  node->early_event = history[1];
  connect_client (10);
  fake_node_emit (node, "EventLogged", "{\"text\":\"three\",\"sequence\":3}");
  fake_node_run_until (node, has_seen ("event:three"));
  ck_assert_str_eq (seen->str, "connected event:one event:two event:three ");
}
END_TEST

START_TEST (an_event_during_connecting_is_not_lost)
{
  node->early_event = "{\"text\":\"early\",\"sequence\":8}";
  connect_client (10);
  fake_node_run_until (node, has_seen ("event:early"));
  ck_assert_str_eq (seen->str, "connected event:early ");
}
END_TEST

/* Signals of peers only add to what is known. */
START_TEST (other_settings_are_read_as_a_whole)
{
  node->status = "{\"schema\":1,\"node\":{},\"servers\":[],"
                 "\"peers\":[{\"name\":\"berlin\"},{\"name\":\"cairo\"}]}";
  connect_client (0);
  node->status = "{\"schema\":1,\"node\":{},\"servers\":[],"
                 "\"peers\":[{\"name\":\"dublin\"},{\"name\":\"berlin\"}]}";
  fake_node_emit_empty (node, "SettingsChanged");
  fake_node_run_until (node, has_seen ("changed"));
  ck_assert_uint_eq (lane_client_get_snapshot (client)->peers->len, 2);
  ck_assert_ptr_nonnull (lane_snapshot_find_peer (lane_client_get_snapshot (client), "dublin"));
  ck_assert_ptr_null (lane_snapshot_find_peer (lane_client_get_snapshot (client), "cairo"));
  ck_assert_str_eq (lane_client_get_status_json (client), node->status);
}
END_TEST

static void
on_reloaded (LaneClient *c, const LaneReloadView *reload, const GError *error, gpointer user_data)
{
  if (reload == NULL)
    g_string_append_printf (seen, "refused:%s ", error->message);
  else
    g_string_append_printf (seen, "reloaded:%d:%s:%s:%s ", reload->changed, reload->config.state,
                            reload->config.problems[0], reload->config.later[0]);
}

START_TEST (a_reload_tells_what_came_of_it)
{
  node->reload = "{\"schema\":1,\"changed\":true,\"config\":{\"state\":\"partly\","
                 "\"problems\":[\"a.ini:3\"],\"later\":[\"node.control\"]}}";
  connect_client (0);
  lane_client_reload (client, on_reloaded, NULL);
  fake_node_run_until (node, has_seen ("reloaded:"));
  ck_assert (has_seen ("reloaded:1:partly:a.ini:3:node.control"));
  node->reload = "nonsense";
  lane_client_reload (client, on_reloaded, NULL);
  fake_node_run_until (node, has_seen ("refused:"));
}
END_TEST

static void
on_network (LaneClient *c, const char *json, const GError *error, gpointer user_data)
{
  ck_assert ((json == NULL) == (error != NULL));
  g_string_append_printf (seen, "network:%s ", json != NULL ? json : error->message);
}

START_TEST (a_question_without_a_node_is_answered_with_an_error)
{
  lane_client_get_network (client, on_network, NULL);
  fake_node_run_until (node, has_seen ("network:"));
  ck_assert (has_seen ("network:not connected to a node"));
}
END_TEST

START_TEST (a_question_an_older_node_does_not_know_is_answered_with_an_error)
{
  connect_client (0);
  lane_client_get_network (client, on_network, NULL);
  fake_node_run_until (node, has_seen ("network:"));
}
END_TEST

static void
on_done (LaneClient *c, const GError *error, gpointer user_data)
{
  g_string_append_printf (seen, "done:%s ", error != NULL ? error->message : "ok");
  if (error != NULL)
    ck_assert_int_eq (error->domain, LANE_CLIENT_ERROR);
}

START_TEST (commands_reach_the_node)
{
  connect_client (0);
  lane_client_command (client, LANE_COMMAND_CONNECT, "berlin", on_done, NULL);
  lane_client_command (client, LANE_COMMAND_DISCONNECT, NULL, NULL, NULL);
  lane_client_command (client, LANE_COMMAND_RESTART, "berlin", on_done, NULL);
  lane_client_command (client, LANE_COMMAND_COMPARE, "berlin", on_done, NULL);
  lane_client_command (client, LANE_COMMAND_STOP, NULL, on_done, NULL);
  fake_node_run_until (node, strstr (seen->str, "done:ok done:ok done:ok done:ok") != NULL);
  ck_assert_str_eq (node->calls->str, "Connect('berlin',);Disconnect('',);Restart('berlin',);"
                                      "Compare('berlin',);Stop();");
}
END_TEST

START_TEST (a_refusal_carries_the_nodes_own_words)
{
  connect_client (0);
  lane_client_command (client, LANE_COMMAND_CONNECT, "nobody", on_done, NULL);
  fake_node_run_until (node, has_seen ("done:"));
  ck_assert_str_eq (seen->str, "connected done:no peer 'nobody': have one ");
}
END_TEST

START_TEST (a_command_without_a_connection_is_refused_from_the_loop)
{
  lane_client_command (client, LANE_COMMAND_CONNECT, "berlin", on_done, NULL);
  ck_assert_str_eq (seen->str, "");
  fake_node_run_until (node, has_seen ("done:"));
  ck_assert_str_eq (seen->str, "done:not connected to a node ");
}
END_TEST

static void
on_detail (LaneClient *c, const LanePeerDetail *detail, const GError *error, gpointer user_data)
{
  g_string_append_printf (seen, "detail:%s ", detail != NULL ? detail->name : error->message);
}

START_TEST (detail_is_parsed)
{
  node->detail = "{\"peer\":{\"name\":\"berlin\"},\"generations\":[]}";
  connect_client (0);
  lane_client_get_detail (client, "berlin", on_detail, NULL);
  lane_client_get_detail (client, "nobody", on_detail, NULL);
  fake_node_run_until (node, has_seen ("detail:no"));
  ck_assert_str_eq (seen->str, "connected detail:berlin detail:no peer 'nobody': have one ");
}
END_TEST

START_TEST (open_calls_are_answered_before_the_loss_is_told)
{
  node->silent = TRUE;
  connect_client (0);
  lane_client_command (client, LANE_COMMAND_CONNECT, "berlin", on_done, NULL);
  fake_node_run_until (node, node->calls->len > 0);
  fake_node_hang_up (node);
  fake_node_run_until (node, has_seen ("disconnected"));
  for (guint i = 0; i < 5; i++)
    fake_node_turn (node);

  ck_assert (g_str_has_prefix (seen->str, "connected done:"));
  ck_assert (g_str_has_suffix (seen->str, " disconnected "));
  ck_assert (g_error_matches (lost, LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_LOST));
}
END_TEST

START_TEST (it_connects_again)
{
  connect_client (0);
  fake_node_hang_up (node);
  fake_node_run_until (node, has_seen ("disconnected"));
  g_string_truncate (seen, 0);
  connect_client (0);
  ck_assert_str_eq (seen->str, "connected ");
}
END_TEST

START_TEST (nothing_is_told_after_free)
{
  node->silent = TRUE;
  connect_client (0);
  lane_client_command (client, LANE_COMMAND_CONNECT, "berlin", on_done, NULL);
  fake_node_run_until (node, node->calls->len > 0);
  fake_node_emit (node, "EventLogged", "{\"text\":\"x\",\"sequence\":1}");
  g_clear_pointer (&client, lane_client_free);
  fake_node_run_until (node, node->clients->len == 0);
  for (guint i = 0; i < 5; i++)
    fake_node_turn (node);
  ck_assert_str_eq (seen->str, "connected ");
}
END_TEST

START_TEST (freed_while_connecting_is_quiet)
{
  lane_client_connect (client, 5);
  g_clear_pointer (&client, lane_client_free);
  for (guint i = 0; i < 10; i++)
    fake_node_turn (node);
  ck_assert_str_eq (seen->str, "");
}
END_TEST

static void
free_on_connected (LaneClient *c, gpointer user_data)
{
  g_string_append (seen, "connected ");
  g_clear_pointer (&client, lane_client_free);
}

START_TEST (a_callback_may_free_the_client)
{
  static const char *const history[] = { "{\"text\":\"one\",\"sequence\":1}", NULL };
  LaneClientEvents own = events;

  node->events = history;
  own.connected = free_on_connected;
  lane_client_free (client);
  client = lane_client_new (node->path, &own, NULL);
  connect_client (5);
  ck_assert_str_eq (seen->str, "connected ");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("client");
  TCase *tcase = tcase_create ("client");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, connecting_completes_the_snapshot);
  tcase_add_test (tcase, nobody_there_is_not_running);
  tcase_add_test (tcase, a_dead_socket_is_not_running);
  tcase_add_test (tcase, a_path_too_long_says_so);
  tcase_add_test (tcase, nonsense_ends_the_connection);
  tcase_add_test (tcase, signals_update_the_snapshot);
  tcase_add_test (tcase, other_settings_are_read_as_a_whole);
  tcase_add_test (tcase, a_reload_tells_what_came_of_it);
  tcase_add_test (tcase, a_question_without_a_node_is_answered_with_an_error);
  tcase_add_test (tcase, a_question_an_older_node_does_not_know_is_answered_with_an_error);
  tcase_add_test (tcase, each_event_is_told_once_and_in_order);
  tcase_add_test (tcase, an_event_during_connecting_is_not_lost);
  tcase_add_test (tcase, commands_reach_the_node);
  tcase_add_test (tcase, a_refusal_carries_the_nodes_own_words);
  tcase_add_test (tcase, a_command_without_a_connection_is_refused_from_the_loop);
  tcase_add_test (tcase, detail_is_parsed);
  tcase_add_test (tcase, open_calls_are_answered_before_the_loss_is_told);
  tcase_add_test (tcase, it_connects_again);
  tcase_add_test (tcase, nothing_is_told_after_free);
  tcase_add_test (tcase, freed_while_connecting_is_quiet);
  tcase_add_test (tcase, a_callback_may_free_the_client);
  tcase_set_timeout (tcase, 30);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
