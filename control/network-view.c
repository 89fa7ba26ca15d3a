#include "network-view.h"

#include <string.h>

#include "json-read.h"

/* A node sends far less; what is more is not shown. */
#define MAX_ITEMS 1024
#define MAX_HINTS 16

static void
address_free (gpointer data)
{
  LaneAddressView *address = data;

  g_free (address->address);
  g_free (address->scope);
  g_free (address->why);
  g_free (address->next);
  g_free (address);
}

static void
interface_free (gpointer data)
{
  LaneInterfaceView *interface = data;

  g_free (interface->name);
  g_free (interface->state);
  g_ptr_array_unref (interface->addresses);
  g_free (interface);
}

static void
nat_free (gpointer data)
{
  LaneNatView *nat = data;

  g_free (nat->mapping);
  g_free (nat->filtering);
  g_free (nat->confidence);
  g_free (nat->udp);
  g_free (nat->summary);
  g_free (nat->meaning);
  g_free (nat->next);
  g_free (nat->address);
  g_free (nat->mapped);
  g_strfreev (nat->hints);
  g_free (nat);
}

static void
sight_free (gpointer data)
{
  LaneSightView *sight = data;

  g_free (sight->test);
  g_free (sight->server);
  g_free (sight->asked);
  g_free (sight->local);
  g_free (sight->result);
  g_free (sight->from);
  g_free (sight->mapped);
  g_free (sight);
}

static void
port_free (gpointer data)
{
  LanePortView *port = data;

  g_free (port->peer);
  g_free (port->local);
  g_free (port->server);
  g_free (port->mapped);
  g_free (port);
}

/* Decoding */

typedef gpointer (*Decode) (JsonObject *object);

static GPtrArray *
decode_each (JsonArray *array, Decode decode, GDestroyNotify free_one)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (free_one);
  guint length = array != NULL ? MIN (json_array_get_length (array), MAX_ITEMS) : 0;

  for (guint i = 0; i < length; i++) {
    JsonNode *node = json_array_get_element (array, i);

    if (JSON_NODE_HOLDS_OBJECT (node))
      g_ptr_array_add (list, decode (json_node_get_object (node)));
  }
  return list;
}

static gpointer
decode_address (JsonObject *object)
{
  LaneAddressView *address = g_new0 (LaneAddressView, 1);
  guint length = lane_json_uint (object, "prefix_length");

  address->address = lane_json_word (object, "address", "unknown");
  address->prefix_length = length == 0 || length > 128 ? -1 : (int)length;
  address->family = (int)lane_json_count (object, "family", 6);
  address->scope = lane_json_word (object, "scope", "unknown");
  address->temporary = lane_json_boolean (object, "temporary");
  address->used = lane_json_boolean (object, "used");
  address->why = lane_json_string (object, "why");
  address->next = lane_json_string (object, "next");
  return address;
}

static gboolean
has_number (JsonArray *array, int number)
{
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    if (lane_json_node_number (json_array_get_element (array, i)) == number)
      return TRUE;
  return FALSE;
}

static gpointer
decode_interface (JsonObject *object)
{
  LaneInterfaceView *interface = g_new0 (LaneInterfaceView, 1);
  JsonArray *routes = lane_json_array (object, "default_route");

  interface->name = lane_json_word (object, "name", "unknown");
  interface->state = lane_json_word (object, "state", "unknown");
  interface->loopback = lane_json_boolean (object, "loopback");
  interface->default4 = has_number (routes, 4);
  interface->default6 = has_number (routes, 6);
  interface->addresses =
      decode_each (lane_json_array (object, "addresses"), decode_address, address_free);
  return interface;
}

static LaneTruth
read_truth (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return LANE_TRUTH_UNKNOWN;
  return json_node_get_boolean (node) ? LANE_TRUTH_YES : LANE_TRUTH_NO;
}

static char **
read_hints (JsonArray *array)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint length = array != NULL ? MIN (json_array_get_length (array), MAX_HINTS) : 0;

  for (guint i = 0; i < length; i++) {
    g_autofree char *hint = lane_json_node_string (json_array_get_element (array, i));

    if (hint != NULL)
      g_strv_builder_add (builder, hint);
  }
  return g_strv_builder_end (builder);
}

static gpointer
decode_nat (JsonObject *object)
{
  LaneNatView *nat = g_new0 (LaneNatView, 1);

  nat->family = (int)lane_json_count (object, "family", 6);
  nat->mapping = lane_json_word (object, "mapping", "unknown");
  nat->filtering = lane_json_word (object, "filtering", "unknown");
  nat->confidence = lane_json_word (object, "confidence", "unknown");
  nat->udp = lane_json_word (object, "udp", "unknown");
  nat->summary = lane_json_word (object, "summary", "not known");
  nat->meaning = lane_json_string (object, "meaning");
  nat->next = lane_json_string (object, "next");
  nat->wrong = lane_json_boolean (object, "wrong");
  nat->address = lane_json_string (object, "address");
  nat->mapped = lane_json_string (object, "mapped");
  nat->hairpinning = read_truth (object, "hairpinning");
  nat->carrier = read_truth (object, "cgnat");
  nat->tampered = read_truth (object, "tampered");
  nat->lifetime_min_s = lane_json_uint (object, "lifetime_min_s");
  nat->lifetime_max_s = lane_json_uint (object, "lifetime_max_s");
  nat->checked_us = lane_json_time (object, "checked_at");
  nat->hints = read_hints (lane_json_array (object, "hints"));
  return nat;
}

static gpointer
decode_sight (JsonObject *object)
{
  LaneSightView *sight = g_new0 (LaneSightView, 1);

  sight->family = (int)lane_json_count (object, "family", 6);
  sight->test = lane_json_word (object, "test", "unknown");
  sight->server = lane_json_word (object, "server", "unknown");
  sight->asked = lane_json_word (object, "asked", "unknown");
  sight->local = lane_json_word (object, "local", "unknown");
  sight->result = lane_json_word (object, "result", "unknown");
  sight->from = lane_json_string (object, "from");
  sight->mapped = lane_json_string (object, "mapped");
  sight->ms = lane_json_number (object, "ms");
  return sight;
}

static gpointer
decode_port (JsonObject *object)
{
  LanePortView *port = g_new0 (LanePortView, 1);

  port->peer = lane_json_string (object, "peer");
  port->family = (int)lane_json_count (object, "family", 6);
  port->local = lane_json_word (object, "local", "unknown");
  port->server = lane_json_word (object, "server", "unknown");
  port->mapped = lane_json_word (object, "mapped", "unknown");
  port->same = lane_json_boolean (object, "same");
  port->ms = lane_json_number (object, "ms");
  return port;
}

LaneNetworkView *
lane_network_view_parse (const char *json, GError **error)
{
  g_autoptr (JsonNode) root = lane_json_parse (json, JSON_NODE_OBJECT, error);
  LaneNetworkView *network;
  JsonObject *object, *nat;

  if (root == NULL)
    return NULL;
  object = json_node_get_object (root);
  nat = lane_json_object (object, "nat");
  network = g_new0 (LaneNetworkView, 1);
  network->interfaces =
      decode_each (lane_json_array (object, "interfaces"), decode_interface, interface_free);
  network->nats = decode_each (lane_json_array (nat, "families"), decode_nat, nat_free);
  network->sights = decode_each (lane_json_array (nat, "evidence"), decode_sight, sight_free);
  network->ports = decode_each (lane_json_array (object, "ports"), decode_port, port_free);
  network->checking = lane_json_boolean (nat, "checking");
  network->left_out = lane_json_uint (object, "interfaces_left_out");
  network->router = lane_json_string (lane_json_object (object, "router_mappings"), "text");
  network->json = g_strdup (json);
  return network;
}

LaneNetworkView *
lane_network_view_copy (const LaneNetworkView *network)
{
  return network != NULL ? lane_network_view_parse (network->json, NULL) : NULL;
}

void
lane_network_view_free (LaneNetworkView *network)
{
  if (network == NULL)
    return;
  g_ptr_array_unref (network->interfaces);
  g_ptr_array_unref (network->nats);
  g_ptr_array_unref (network->sights);
  g_ptr_array_unref (network->ports);
  g_free (network->router);
  g_free (network->json);
  g_free (network);
}
