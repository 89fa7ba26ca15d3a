#include "bus-server.h"

#include <string.h>

#define MAX_CLIENTS 16 /* SECURITY section 3 */

#define INTROSPECTABLE "org.freedesktop.DBus.Introspectable"
#define BUS_PEER       "org.freedesktop.DBus.Peer"
#define PROPERTIES     "org.freedesktop.DBus.Properties"
#define BUS            "org.freedesktop.DBus"

struct _LaneBusServer {
  GMainContext *context;
  const char *object;
  GDBusInterfaceInfo *const *interfaces;
  LaneBusServerEvents events;
  gpointer user_data;

  LaneListener *listener;
  char *guid;
  GPtrArray *clients; /* of LaneBusPeer */
  guint32 serial;     /* shared by all clients, so that one signal is serialized once */
};

/* Sending */

static GBytes *
serialize (LaneBusServer *server, GDBusMessage *message)
{
  gsize size;
  guchar *blob;

  server->serial = server->serial == G_MAXUINT32 ? 1 : server->serial + 1;
  g_dbus_message_set_serial (message, server->serial);
  blob = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  return blob != NULL ? g_bytes_new_take (blob, size) : NULL;
}

void
lane_bus_server_broadcast (LaneBusServer *server, const char *signal, GVariant *body)
{
  g_autoptr (GDBusMessage) message =
      g_dbus_message_new_signal (server->object, server->interfaces[0]->name, signal);
  g_autoptr (GBytes) bytes = NULL;

  if (body != NULL)
    g_dbus_message_set_body (message, body);
  bytes = serialize (server, message);
  for (guint i = 0; bytes != NULL && i < server->clients->len; i++)
    lane_bus_peer_send (server->clients->pdata[i], bytes);
}

static const char *
name_error (const LaneBusServer *server, const GError *error)
{
  const char *name = server->events.name_error != NULL ? server->events.name_error (error) : NULL;

  if (name != NULL)
    return name;
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS))
    return "org.freedesktop.DBus.Error.InvalidArgs";
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD))
    return "org.freedesktop.DBus.Error.UnknownMethod";
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT))
    return "org.freedesktop.DBus.Error.UnknownObject";
  return "org.icelane.Error.Failed";
}

void
lane_bus_server_answer (LaneBusServer *server, LaneBusPeer *client, GDBusMessage *request,
                        GVariant *result, const GError *error)
{
  g_autoptr (GDBusMessage) reply = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (result != NULL) {
    reply = g_dbus_message_new_method_reply (request);
    g_dbus_message_set_body (reply, result);
  } else {
    reply = g_dbus_message_new_method_error_literal (request, name_error (server, error),
                                                     error->message);
  }
  if ((g_dbus_message_get_flags (request) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) != 0)
    return;
  bytes = serialize (server, reply);
  if (bytes != NULL)
    lane_bus_peer_send (client, bytes);
}

/* Requests */

static GVariant *
introspect (const LaneBusServer *server, const char *path)
{
  g_autoptr (GString) xml = g_string_new ("<node>\n");

  if (g_strcmp0 (path, server->object) != 0)
    g_string_append_printf (xml, "  <node name=\"%s\"/>\n", server->object + 1);
  else
    for (guint i = 0; server->interfaces[i] != NULL; i++)
      g_dbus_interface_info_generate_xml (server->interfaces[i], 2, xml);
  g_string_append (xml, "</node>\n");
  return g_variant_new ("(s)", xml->str);
}

/* Tools such as gdbus greet every address as a bus; there is none, but they may go on. */
static GVariant *
greet (const char *member)
{
  if (g_strcmp0 (member, "Hello") == 0)
    return g_variant_new ("(s)", ":1.1");
  if (g_strcmp0 (member, "AddMatch") == 0 || g_strcmp0 (member, "RemoveMatch") == 0)
    return g_variant_new ("()");
  return NULL;
}

static gboolean
has_signature (GVariant *parameters, GDBusArgInfo **arguments)
{
  g_autoptr (GString) type = g_string_new ("(");

  for (guint i = 0; arguments != NULL && arguments[i] != NULL; i++)
    g_string_append (type, arguments[i]->signature);
  g_string_append_c (type, ')');
  return strcmp (type->str, g_variant_get_type_string (parameters)) == 0;
}

/* @interface: NULL, any. */
static GDBusMethodInfo *
find_method (const LaneBusServer *server, const char *interface, const char *member)
{
  for (guint i = 0; server->interfaces[i] != NULL; i++) {
    GDBusMethodInfo *info = NULL;

    if (interface == NULL || strcmp (interface, server->interfaces[i]->name) == 0)
      info = g_dbus_interface_info_lookup_method (server->interfaces[i], member);
    if (info != NULL)
      return info;
  }
  return NULL;
}

static gboolean
is_ours (const LaneBusServer *server, const char *interface)
{
  for (guint i = 0; interface != NULL && server->interfaces[i] != NULL; i++)
    if (strcmp (interface, server->interfaces[i]->name) == 0)
      return TRUE;
  return interface == NULL;
}

static GVariant *
call_method (LaneBusServer *server, const char *interface, const char *member, GVariant *parameters,
             GError **error)
{
  GDBusMethodInfo *info = find_method (server, interface, member);

  if (info == NULL) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD, "%s has no such method",
                 interface != NULL ? interface : server->interfaces[0]->name);
    return NULL;
  }
  if (!has_signature (parameters, info->in_args)) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "%s takes other arguments",
                 info->name);
    return NULL;
  }
  return server->events.call (info->name, parameters, error, server->user_data);
}

static GVariant *
answer (LaneBusServer *server, GDBusMessage *message, GError **error)
{
  const char *path = g_dbus_message_get_path (message);
  const char *interface = g_dbus_message_get_interface (message);
  const char *member = g_dbus_message_get_member (message);
  GVariant *body = g_dbus_message_get_body (message);
  GVariant *greeting;
  g_autoptr (GVariant) parameters =
      body != NULL ? g_variant_ref (body) : g_variant_ref_sink (g_variant_new ("()"));

  if (g_strcmp0 (interface, BUS_PEER) == 0 && g_strcmp0 (member, "Ping") == 0)
    return g_variant_new ("()");
  if (g_strcmp0 (interface, INTROSPECTABLE) == 0 && g_strcmp0 (member, "Introspect") == 0)
    return introspect (server, path);
  if (g_strcmp0 (interface, BUS) == 0 && (greeting = greet (member)) != NULL)
    return greeting;
  if (g_strcmp0 (path, server->object) != 0) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT, "the object is %s",
                 server->object);
    return NULL;
  }
  /* Proxies ask for all properties first. */
  if (g_strcmp0 (interface, PROPERTIES) == 0 && g_strcmp0 (member, "GetAll") == 0)
    return g_variant_new_parsed ("(@a{sv} {},)");
  if (member == NULL || !is_ours (server, interface)) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD, "the interface is %s",
                 server->interfaces[0]->name);
    return NULL;
  }
  return call_method (server, interface, member, parameters, error);
}

static void
on_request (LaneBusPeer *client, GDBusMessage *message, gpointer user_data)
{
  LaneBusServer *server = user_data;
  g_autoptr (GError) error = NULL;
  GVariant *result;

  if (g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return;
  if (server->events.takes != NULL && server->events.takes (client, message, server->user_data))
    return;
  result = answer (server, message, &error);
  lane_bus_server_answer (server, client, message, result, error);
}

/* Clients */

static void
refuse (LaneBusServer *server, const char *why)
{
  if (server->events.refused != NULL)
    server->events.refused (why, server->user_data);
}

static void
on_client_closed (LaneBusPeer *client, const char *reason, gpointer user_data)
{
  LaneBusServer *server = user_data;

  if (server->events.left != NULL)
    server->events.left (client, server->user_data);
  g_ptr_array_remove (server->clients, client);
  if (reason != NULL)
    refuse (server, reason);
}

static void
on_client (GSocket *socket, gpointer user_data)
{
  static const LaneBusPeerEvents events = { .request = on_request, .closed = on_client_closed };
  LaneBusServer *server = user_data;

  if (server->clients->len >= MAX_CLIENTS) {
    refuse (server, "16 are connected already");
    return;
  }
  g_ptr_array_add (server->clients,
                   lane_bus_peer_new (server->context, socket, server->guid, &events, server));
}

LaneBusServer *
lane_bus_server_new (const char *path, const char *object, GDBusInterfaceInfo *const *interfaces,
                     const LaneBusServerEvents *events, gpointer user_data, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  LaneBusServer *server = g_new0 (LaneBusServer, 1);

  server->listener = lane_listener_new (context, path, on_client, server, error);
  if (server->listener == NULL) {
    g_free (server);
    return NULL;
  }
  server->context = g_steal_pointer (&context);
  server->object = object;
  server->interfaces = interfaces;
  server->events = *events;
  server->user_data = user_data;
  server->guid = g_dbus_generate_guid ();
  server->clients = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_bus_peer_free);
  return server;
}

gboolean
lane_bus_server_has_clients (const LaneBusServer *server)
{
  return server->clients->len > 0;
}

void
lane_bus_server_free (LaneBusServer *server)
{
  if (server == NULL)
    return;
  lane_listener_free (server->listener);
  g_ptr_array_unref (server->clients);
  g_main_context_unref (server->context);
  g_free (server->guid);
  g_free (server);
}
