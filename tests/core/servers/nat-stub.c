#include "nat-stub.h"

#include <check.h>
#include <string.h>

#define OUTSIDE        "127.0.0.9"
#define MAGIC          0x2112a442u
#define CHANGE_REQUEST 0x0003
#define RESPONSE_PORT  0x0027
#define CHANGE_IP      4u
#define CHANGE_PORT    2u

/* One bound socket; what it is depends on the list it is in. */
typedef struct {
  NatStub *stub;
  GSocket *socket;
  GInetSocketAddress *address;
  GSource *input;
} Port;

typedef struct {
  NatStubServer kind;
  Port *ports[2][2]; /* by address, by port; NULL: no such one */
} Server;

typedef struct {
  GInetSocketAddress *inside, *destination;
  Port *outside;            /* NULL: not translated */
  GInetSocketAddress *seen; /* what servers are told */
  GPtrArray *called;        /* of GInetSocketAddress: who may answer, as the filtering goes */
  gint64 used_us;
} Mapping;

struct _NatStub {
  GMainContext *context;
  NatStubKind kind;
  GPtrArray *servers;  /* of Server */
  GPtrArray *mappings; /* of Mapping */
  GHashTable *lost;    /* transaction id -> how often */
  guint requests;
};

/* Ports */

static Port *
port_new (NatStub *stub, const char *address, guint16 number, GSocketSourceFunc readable)
{
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new_from_string (address, number);
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  Port *port;

  if (!g_socket_bind (socket, wanted, FALSE, NULL))
    return NULL;
  port = g_new0 (Port, 1);
  port->stub = stub;
  port->address = G_INET_SOCKET_ADDRESS (g_socket_get_local_address (socket, NULL));
  port->input = g_socket_create_source (socket, G_IO_IN, NULL);
  g_source_set_callback (port->input, G_SOURCE_FUNC (readable), port, NULL);
  g_source_attach (port->input, stub->context);
  port->socket = g_steal_pointer (&socket);
  return port;
}

static void
port_free (Port *port)
{
  if (port == NULL)
    return;
  g_source_destroy (port->input);
  g_source_unref (port->input);
  g_object_unref (port->socket);
  g_object_unref (port->address);
  g_free (port);
}

static void
port_send (Port *port, GInetSocketAddress *to, const guint8 *data, gsize length)
{
  g_socket_send_to (port->socket, G_SOCKET_ADDRESS (to), (const char *)data, length, NULL, NULL);
}

/* The NAT */

static void
mapping_free (gpointer data)
{
  Mapping *mapping = data;

  g_object_unref (mapping->inside);
  g_object_unref (mapping->destination);
  g_object_unref (mapping->seen);
  port_free (mapping->outside);
  g_ptr_array_unref (mapping->called);
  g_free (mapping);
}

static gboolean on_outside (GSocket *socket, GIOCondition condition, gpointer user_data);

static gboolean
serves (const NatStub *stub, const Mapping *mapping, GInetSocketAddress *destination)
{
  switch (stub->kind.mapping) {
  case LANE_NAT_ADDRESS_DEPENDENT:
    return lane_nat_host_equal (mapping->destination, destination);
  case LANE_NAT_ADDRESS_AND_PORT_DEPENDENT:
    return lane_nat_address_equal (mapping->destination, destination);
  default:
    return TRUE;
  }
}

static Mapping *
map (NatStub *stub, GInetSocketAddress *inside, GInetSocketAddress *destination)
{
  Mapping *mapping = NULL;

  for (guint i = 0; i < stub->mappings->len && mapping == NULL; i++) {
    Mapping *old = g_ptr_array_index (stub->mappings, i);

    if (lane_nat_address_equal (old->inside, inside) && serves (stub, old, destination))
      mapping = old;
  }
  if (mapping == NULL) {
    mapping = g_new0 (Mapping, 1);
    mapping->inside = g_object_ref (inside);
    mapping->destination = g_object_ref (destination);
    mapping->called = g_ptr_array_new_with_free_func (g_object_unref);
    if (stub->kind.mapping != LANE_NAT_NONE)
      mapping->outside = port_new (stub, OUTSIDE, 0, on_outside);
    mapping->seen =
        g_object_ref (mapping->outside != NULL ? mapping->outside->address : mapping->inside);
    g_ptr_array_add (stub->mappings, mapping);
  }
  g_ptr_array_add (mapping->called, g_object_ref (destination));
  mapping->used_us = g_get_monotonic_time ();
  return mapping;
}

static gboolean
lets_in (const NatStub *stub, const Mapping *mapping, GInetSocketAddress *from)
{
  if (stub->kind.lives_ms != 0
      && g_get_monotonic_time () - mapping->used_us > (gint64)stub->kind.lives_ms * 1000)
    return FALSE;
  if (stub->kind.filtering == LANE_NAT_ENDPOINT_INDEPENDENT)
    return TRUE;
  for (guint i = 0; stub->kind.filtering != LANE_NAT_BLOCKED && i < mapping->called->len; i++) {
    GInetSocketAddress *called = g_ptr_array_index (mapping->called, i);

    if (stub->kind.filtering == LANE_NAT_ADDRESS_DEPENDENT ? lane_nat_host_equal (called, from)
                                                           : lane_nat_address_equal (called, from))
      return TRUE;
  }
  return FALSE;
}

/* Somebody inside calls an address outside of ours. */
static gboolean
on_outside (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Port *port = user_data;
  NatStub *stub = port->stub;
  g_autoptr (GSocketAddress) from = NULL;
  guint8 data[1500];
  gssize length = g_socket_receive_from (socket, &from, (char *)data, sizeof data, NULL, NULL);
  Mapping *caller;

  if (length <= 0 || !stub->kind.hairpinning)
    return G_SOURCE_CONTINUE;
  caller = map (stub, G_INET_SOCKET_ADDRESS (from), port->address);
  for (guint i = 0; i < stub->mappings->len; i++) {
    Mapping *called = g_ptr_array_index (stub->mappings, i);

    if (called->outside == port && lets_in (stub, called, caller->seen))
      port_send (caller->outside, called->inside, data, (gsize)length);
  }
  return G_SOURCE_CONTINUE;
}

/* Servers */

/* Where else on its address the asker wants the answer; 0: nowhere. */
static guint16
read_response_port (const guint8 *data, gsize length)
{
  return length >= 28 && (data[20] << 8 | data[21]) == RESPONSE_PORT ? data[24] << 8 | data[25] : 0;
}

static Mapping *
find_seen (NatStub *stub, guint16 port)
{
  for (guint i = 0; i < stub->mappings->len; i++) {
    Mapping *mapping = g_ptr_array_index (stub->mappings, i);

    if (g_inet_socket_address_get_port (mapping->seen) == port)
      return mapping;
  }
  return NULL;
}

static gsize
put_address (guint8 *out, guint16 type, GInetSocketAddress *address, gboolean xored)
{
  const guint8 *bytes = g_inet_address_to_bytes (g_inet_socket_address_get_address (address));
  guint16 port = g_inet_socket_address_get_port (address);
  const guint8 cookie[] = { 0x21, 0x12, 0xa4, 0x42 };

  if (xored)
    port ^= MAGIC >> 16;
  out[0] = (guint8)(type >> 8);
  out[1] = (guint8)type;
  out[2] = 0;
  out[3] = 8;
  out[4] = 0;
  out[5] = 1;
  out[6] = (guint8)(port >> 8);
  out[7] = (guint8)port;
  for (guint i = 0; i < 4; i++)
    out[8 + i] = bytes[i] ^ (xored ? cookie[i] : 0);
  return 12;
}

static guint32
read_change (const guint8 *data, gsize length)
{
  return length >= 28 && (data[20] << 8 | data[21]) == CHANGE_REQUEST ? data[27] : 0;
}

static GInetSocketAddress *
tell (const Server *server, const Mapping *mapping)
{
  const char *host = server->kind == NAT_STUB_NOWHERE ? "0.0.0.0" : "127.0.0.66";
  guint16 port = g_inet_socket_address_get_port (mapping->seen);

  if (server->kind == NAT_STUB_LIAR_PORT)
    return G_INET_SOCKET_ADDRESS (
        g_inet_socket_address_new (g_inet_socket_address_get_address (mapping->seen), port ^ 1));
  if (server->kind != NAT_STUB_LIAR && server->kind != NAT_STUB_NOWHERE)
    return g_object_ref (mapping->seen);
  return G_INET_SOCKET_ADDRESS (g_inet_socket_address_new_from_string (host, port));
}

static void
answer (NatStub *stub, const Server *server, const Mapping *mapping, Port *from,
        const guint8 *request)
{
  g_autoptr (GInetSocketAddress) mapped = tell (server, mapping);
  g_autoptr (GInetSocketAddress) group =
      G_INET_SOCKET_ADDRESS (g_inet_socket_address_new_from_string ("224.0.0.9", 9));
  guint8 data[100] = { 0x01, 0x01 };
  gsize length = 20;

  memcpy (data + 4, request + 4, 16);
  length += put_address (data + length, 0x0020, mapped, TRUE);
  length +=
      put_address (data + length, 0x0001, stub->kind.tampers ? mapping->inside : mapped, FALSE);
  if (server->ports[1][1] != NULL)
    length += put_address (data + length, 0x802c, server->ports[1][1]->address, FALSE);
  else if (server->kind == NAT_STUB_FORBIDDEN)
    length += put_address (data + length, 0x802c, group, FALSE);
  data[3] = (guint8)(length - 20);
  port_send (from, mapping->inside, data, length);
}

static gboolean
loses (NatStub *stub, const guint8 *id)
{
  g_autofree char *key = g_base64_encode (id, 12);
  guint lost = GPOINTER_TO_UINT (g_hash_table_lookup (stub->lost, key));

  if (lost >= stub->kind.loses)
    return FALSE;
  g_hash_table_insert (stub->lost, g_steal_pointer (&key), GUINT_TO_POINTER (lost + 1));
  return TRUE;
}

static void
serve (NatStub *stub, const Server *server, guint host, guint number, const guint8 *data,
       gsize length, GInetSocketAddress *from)
{
  Port *asked = server->ports[host][number];
  Mapping *mapping = map (stub, from, asked->address);
  guint32 change = read_change (data, length);
  guint16 response_port = read_response_port (data, length);
  Port *answering = asked;

  if (response_port != 0 && server->kind != NAT_STUB_NO_RESPONSE_PORT)
    mapping = find_seen (stub, response_port);
  g_assert_nonnull (mapping);
  stub->requests++;
  if (loses (stub, data + 8) || (server->kind == NAT_STUB_HALF && host == 1))
    return;
  if (server->kind != NAT_STUB_STUBBORN)
    answering =
        server->ports[host ^ ((change & CHANGE_IP) != 0)][number ^ ((change & CHANGE_PORT) != 0)];
  if (server->kind == NAT_STUB_HALF && answering != asked)
    return;
  if (answering != NULL && lets_in (stub, mapping, answering->address))
    answer (stub, server, mapping, answering, data);
}

static gboolean
on_asked (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Port *port = user_data;
  NatStub *stub = port->stub;
  g_autoptr (GSocketAddress) from = NULL;
  guint8 data[1500];
  gssize length = g_socket_receive_from (socket, &from, (char *)data, sizeof data, NULL, NULL);

  for (guint i = 0; length >= 20 && i < stub->servers->len; i++) {
    const Server *server = g_ptr_array_index (stub->servers, i);

    for (guint place = 0; place < 4; place++)
      if (server->ports[place / 2][place % 2] == port)
        serve (stub, server, place / 2, place % 2, data, (gsize)length,
               G_INET_SOCKET_ADDRESS (from));
  }
  return G_SOURCE_CONTINUE;
}

static void
server_free (gpointer data)
{
  Server *server = data;

  for (guint place = 0; place < 4; place++)
    port_free (server->ports[place / 2][place % 2]);
  g_free (server);
}

/* The same two numbers at the next address; FALSE: one of them is taken there. */
static gboolean
add_other_address (NatStub *stub, Server *server)
{
  GInetAddress *first = g_inet_socket_address_get_address (server->ports[0][0]->address);
  guint8 bytes[4];
  g_autoptr (GInetAddress) second = NULL;
  g_autofree char *text = NULL;

  memcpy (bytes, g_inet_address_to_bytes (first), sizeof bytes);
  bytes[3]++;
  second = g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV4);
  text = g_inet_address_to_string (second);
  for (guint i = 0; i < 2; i++)
    server->ports[1][i] = port_new (
        stub, text, g_inet_socket_address_get_port (server->ports[0][i]->address), on_asked);
  return server->ports[1][0] != NULL && server->ports[1][1] != NULL;
}

GInetSocketAddress *
nat_stub_add_server (NatStub *stub, NatStubServer kind, const char *address)
{
  gboolean two = kind == NAT_STUB_TWO || kind == NAT_STUB_STUBBORN || kind == NAT_STUB_HALF;
  Server *server;

  for (guint tries = 0; tries < 20; tries++) {
    server = g_new0 (Server, 1);
    server->kind = kind;
    server->ports[0][0] = port_new (stub, address, 0, on_asked);
    ck_assert_ptr_nonnull (server->ports[0][0]);
    if (two)
      server->ports[0][1] = port_new (stub, address, 0, on_asked);
    if (!two || add_other_address (stub, server)) {
      g_ptr_array_add (stub->servers, server);
      return g_object_ref (server->ports[0][0]->address);
    }
    server_free (server);
  }
  ck_abort_msg ("no two ports are free at two addresses");
  return NULL;
}

NatStub *
nat_stub_new (GMainContext *context, const NatStubKind *kind)
{
  NatStub *stub = g_new0 (NatStub, 1);

  stub->context = context;
  stub->kind = *kind;
  stub->servers = g_ptr_array_new_with_free_func (server_free);
  stub->mappings = g_ptr_array_new_with_free_func (mapping_free);
  stub->lost = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return stub;
}

void
nat_stub_free (NatStub *stub)
{
  if (stub == NULL)
    return;
  g_ptr_array_unref (stub->servers);
  g_ptr_array_unref (stub->mappings);
  g_hash_table_unref (stub->lost);
  g_free (stub);
}

guint
nat_stub_count_requests (const NatStub *stub)
{
  return stub->requests;
}

void
nat_stub_set_kind (NatStub *stub, const NatStubKind *kind)
{
  stub->kind = *kind;
  g_ptr_array_set_size (stub->mappings, 0);
}
