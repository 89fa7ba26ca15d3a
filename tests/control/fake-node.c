#include "fake-node.h"

#include <glib/gstdio.h>
#include <string.h>

#define PATH      "/org/icelane/Node1"
#define INTERFACE "org.icelane.Node1"

static void
send_message (FakeNode *node, LaneBusPeer *client, GDBusMessage *message)
{
  g_autoptr (GBytes) bytes = NULL;
  gsize size;
  guchar *blob;

  g_dbus_message_set_serial (message, ++node->serial);
  blob = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  bytes = g_bytes_new_take (blob, size);
  lane_bus_peer_send (client, bytes);
}

static GVariant *
result_of (FakeNode *node, const char *member)
{
  static const char *const none[] = { NULL };

  if (strcmp (member, "GetStatus") == 0)
    return g_variant_new ("(s)", node->status);
  if (strcmp (member, "GetPeer") == 0)
    return node->detail != NULL ? g_variant_new ("(s)", node->detail) : NULL;
  if (strcmp (member, "GetHistory") == 0)
    return node->history != NULL ? g_variant_new ("(s)", node->history) : NULL;
  if (strcmp (member, "GetEvents") == 0)
    return g_variant_new ("(^as)", node->events != NULL ? node->events : none);
  if (strcmp (member, "Reload") == 0)
    return g_variant_new ("(s)", node->reload);
  return g_variant_new ("()");
}

static void
on_request (LaneBusPeer *client, GDBusMessage *message, gpointer user_data)
{
  FakeNode *node = user_data;
  g_autoptr (GDBusMessage) reply = NULL;
  const char *member = g_dbus_message_get_member (message);
  GVariant *body = g_dbus_message_get_body (message);
  g_autofree char *parameters = body != NULL ? g_variant_print (body, FALSE) : g_strdup ("()");
  GVariant *result = NULL;

  if (!g_str_has_prefix (member, "Get")) {
    g_string_append_printf (node->calls, "%s%s;", member, parameters);
    if (node->silent)
      return;
  }
  if (strcmp (parameters, "('nobody',)") != 0)
    result = result_of (node, member);

  if (result != NULL) {
    reply = g_dbus_message_new_method_reply (message);
    g_dbus_message_set_body (reply, result);
  } else {
    reply = g_dbus_message_new_method_error_literal (message, "org.icelane.Error.UnknownPeer",
                                                     "no peer 'nobody': have one");
  }
  send_message (node, client, reply);
  node->answers += g_str_has_prefix (member, "Get");
  if (strcmp (member, "GetStatus") == 0 && node->early_event != NULL)
    fake_node_emit (node, "EventLogged", node->early_event);
}

static void
on_closed (LaneBusPeer *client, const char *reason, gpointer user_data)
{
  FakeNode *node = user_data;

  g_free (node->closed_because);
  node->closed_because = g_strdup (reason != NULL ? reason : "gone");
  g_ptr_array_remove (node->clients, client);
}

static void
on_client (GSocket *socket, gpointer user_data)
{
  static const LaneBusPeerEvents events = { .request = on_request, .closed = on_closed };
  FakeNode *node = user_data;

  g_ptr_array_add (node->clients,
                   lane_bus_peer_new (node->context, socket, node->guid, &events, node));
}

FakeNode *
fake_node_new (void)
{
  FakeNode *node = g_new0 (FakeNode, 1);
  g_autoptr (GError) error = NULL;

  node->context = g_main_context_new ();
  g_main_context_push_thread_default (node->context);
  node->directory = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  node->path = g_build_filename (node->directory, "control", NULL);
  node->clients = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_bus_peer_free);
  node->guid = g_dbus_generate_guid ();
  node->calls = g_string_new (NULL);
  node->status = "{\"schema\":1,\"node\":{},\"servers\":[],\"peers\":[]}";
  node->listener = lane_listener_new (node->context, node->path, on_client, node, &error);
  g_assert_no_error (error);
  return node;
}

void
fake_node_emit_empty (FakeNode *node, const char *signal)
{
  for (guint i = 0; i < node->clients->len; i++) {
    g_autoptr (GDBusMessage) message = g_dbus_message_new_signal (PATH, INTERFACE, signal);

    send_message (node, node->clients->pdata[i], message);
  }
}

void
fake_node_emit (FakeNode *node, const char *signal, const char *json)
{
  for (guint i = 0; i < node->clients->len; i++) {
    g_autoptr (GDBusMessage) message = g_dbus_message_new_signal (PATH, INTERFACE, signal);

    g_dbus_message_set_body (message, g_variant_new ("(s)", json));
    send_message (node, node->clients->pdata[i], message);
  }
}

void
fake_node_hang_up (FakeNode *node)
{
  g_ptr_array_set_size (node->clients, 0);
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
fake_node_turn (FakeNode *node)
{
  g_autoptr (GSource) tick = g_timeout_source_new (20);

  g_source_set_callback (tick, on_tick, NULL, NULL);
  g_source_attach (tick, node->context);
  g_main_context_iteration (node->context, TRUE);
  g_source_destroy (tick);
}

void
fake_node_free (FakeNode *node)
{
  g_autofree char *lock = g_strconcat (node->path, ".lock", NULL);

  g_ptr_array_unref (node->clients);
  lane_listener_free (node->listener);
  g_unlink (lock);
  g_rmdir (node->directory);
  while (g_main_context_iteration (node->context, FALSE))
    ;
  g_main_context_pop_thread_default (node->context);
  g_main_context_unref (node->context);
  g_string_free (node->calls, TRUE);
  g_free (node->closed_because);
  g_free (node->directory);
  g_free (node->path);
  g_free (node->guid);
  g_free (node);
}
