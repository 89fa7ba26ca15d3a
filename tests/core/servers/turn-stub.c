#include "core/servers/turn-stub.h"

#include <check.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "servers/stun-wire.h"

enum { BINDING = 1, ALLOCATE = 3, REFRESH = 4, PERMISSION = 8 };
enum {
  MAPPED = 0x20,
  RELAYED = 0x16,
  ERROR = 9,
  REALM = 0x14,
  NONCE = 0x15,
  LIFETIME = 0xd,
  INTEGRITY = 8,
  USERNAME = 6,
  ALTERNATE = 0x8023
};

typedef struct {
  TurnStub *stub;
  GSocketConnection *connection;
  GIOStream *io;
  LaneStunWire *wire;
} Client;

struct _TurnStub {
  GMainContext *context;
  TurnStubScript script;
  GSocket *socket;
  GSource *source;
  GSocketAddress *from; /* of the last datagram */
  GTlsCertificate *certificate;
  GPtrArray *clients; /* of Client */
  GString *requests;
  guint n_requests, n_challenges, n_allocates, n_permissions, connections, handshakes;
  int allocations;
};

static void
put16 (GByteArray *to, guint value)
{
  const guint8 bytes[2] = { (guint8)(value >> 8), (guint8)value };

  g_byte_array_append (to, bytes, 2);
}

static void
put (GByteArray *to, guint type, const void *value, gsize length)
{
  static const guint8 padding[3];

  put16 (to, type);
  put16 (to, (guint)length);
  g_byte_array_append (to, value, (guint)length);
  g_byte_array_append (to, padding, (guint)(-length & 3));
}

static void
set_length (GByteArray *message, gsize more)
{
  gsize length = message->len - 20 + more;

  message->data[2] = (guint8)(length >> 8);
  message->data[3] = (guint8)length;
}

static void
put_xored (GByteArray *to, guint type, const char *text, guint16 port)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  gsize size = g_inet_address_get_native_size (address);
  guint8 value[20] = { 0, size == 4 ? 1 : 2, (guint8)(port >> 8) ^ 0x21, (guint8)port ^ 0x12 };

  for (gsize i = 0; i < size; i++) /* with the cookie and transaction id of the header */
    value[4 + i] = g_inet_address_to_bytes (address)[i] ^ to->data[4 + i];
  put (to, type, value, 4 + size);
}

static void
make_key (const char *password, const char *realm, guint8 key[16])
{
  g_autofree char *text = g_strdup_printf ("%s:%s:%s", TURN_STUB_USER, realm, password);

  gnutls_hash_fast (GNUTLS_DIG_MD5, text, strlen (text), key);
}

static const char *
realm_of (const TurnStub *stub)
{
  return stub->n_challenges > 1 && stub->script.realm_later != NULL ? stub->script.realm_later
                                                                    : TURN_STUB_REALM;
}

static void
sign (TurnStub *stub, GByteArray *message)
{
  const char *password =
      stub->script.sign_with != NULL ? stub->script.sign_with : TURN_STUB_PASSWORD;
  guint8 key[16], mac[20];

  make_key (password, realm_of (stub), key);
  set_length (message, 24);
  gnutls_hmac_fast (GNUTLS_MAC_SHA1, key, sizeof key, message->data, message->len, mac);
  put (message, INTEGRITY, mac, sizeof mac);
}

/* Where the value of an attribute begins; NULL: not there. */
static const guint8 *
find (const guint8 *data, gsize length, guint type, gsize *size)
{
  for (gsize at = 20; at + 4 <= length; at += 4 + ((*size + 3) & ~(gsize)3)) {
    *size = (gsize)data[at + 2] << 8 | data[at + 3];
    if (((guint)data[at] << 8 | data[at + 1]) == type && at + 4 + *size <= length)
      return data + at + 4;
  }
  return NULL;
}

/* ` ` unsigned, `+` signed rightly, `!` wrongly */
static char
judge (TurnStub *stub, const guint8 *data, gsize length)
{
  gsize size;
  const guint8 *mac = find (data, length, INTEGRITY, &size);
  g_autoptr (GByteArray) covered = NULL;
  guint8 key[16], right[20];

  if (mac == NULL)
    return ' ';
  covered = g_byte_array_new ();
  g_byte_array_append (covered, data, (guint)(mac - 4 - data));
  set_length (covered, 24);
  make_key (TURN_STUB_PASSWORD, realm_of (stub), key);
  gnutls_hmac_fast (GNUTLS_MAC_SHA1, key, sizeof key, covered->data, covered->len, right);
  return memcmp (mac, right, sizeof right) == 0 ? '+' : '!';
}

static GByteArray *
begin (const guint8 *request, gboolean error)
{
  GByteArray *answer = g_byte_array_new ();

  g_byte_array_append (answer, request, 20);
  answer->data[0] |= 1;
  if (error)
    answer->data[1] |= 0x10;
  set_length (answer, 0);
  return answer;
}

static void
put_challenge (TurnStub *stub, GByteArray *answer)
{
  g_autofree char *nonce = g_strdup_printf ("nonce-%u", ++stub->n_challenges);

  put (answer, NONCE, nonce, strlen (nonce));
  if (!stub->script.no_realm)
    put (answer, REALM, realm_of (stub), strlen (realm_of (stub)));
}

static GByteArray *
make_error (TurnStub *stub, const guint8 *request, int code)
{
  GByteArray *answer = begin (request, TRUE);
  const char *reason = stub->script.reason != NULL ? stub->script.reason : "Told so";
  guint8 error[100] = { 0, 0, (guint8)(code / 100), (guint8)(code % 100) };

  memcpy (error + 4, reason, strlen (reason));
  put (answer, ERROR, error, 4 + strlen (reason));
  if (code == 401 || code == 438)
    put_challenge (stub, answer);
  if (code == 300) {
    g_autoptr (GInetAddress) address =
        g_inet_address_new_from_string (stub->script.alternate_address);
    guint16 port = stub->script.alternate_port;
    guint8 value[8] = { 0, 1, (guint8)(port >> 8), (guint8)port };

    memcpy (value + 4, g_inet_address_to_bytes (address), 4);
    put (answer, ALTERNATE, value, sizeof value);
  }
  set_length (answer, 0);
  return answer;
}

static GByteArray *
make_success (TurnStub *stub, const guint8 *request, guint method, gboolean is_signed)
{
  static const guint8 lifetime[4] = { 0, 0, 2, 0x58 };
  GByteArray *answer = begin (request, FALSE);

  if (method == ALLOCATE)
    put_xored (answer, RELAYED, stub->script.ipv6_relay ? "2001:db8::50" : "203.0.113.50", 50112);
  if ((method == BINDING && !stub->script.no_mapped) || method == ALLOCATE)
    put_xored (answer, MAPPED, "203.0.113.7", 41641);
  if (method == ALLOCATE || method == REFRESH)
    put (answer, LIFETIME, lifetime, sizeof lifetime);
  if (is_signed && !stub->script.unsigned_success)
    sign (stub, answer);
  set_length (answer, 0);
  return answer;
}

/* What follows the last one of a script is success. */
static int
take_next (const int *codes, guint count, guint *place)
{
  return *place < count ? codes[(*place)++] : 0;
}

static int
choose_code (TurnStub *stub, guint method, char signature)
{
  if (method == BINDING)
    return stub->script.binding;
  if (signature == ' ' && (method == ALLOCATE || stub->script.unsigned_allocate != 0))
    return method == ALLOCATE ? stub->script.unsigned_allocate : 401;
  if (signature == '!')
    return 401;
  if (method == ALLOCATE && stub->script.stubborn)
    return stub->script.allocate[0];
  if (method == ALLOCATE)
    return take_next (stub->script.allocate, G_N_ELEMENTS (stub->script.allocate),
                      &stub->n_allocates);
  if (method == PERMISSION)
    return take_next (stub->script.permission, G_N_ELEMENTS (stub->script.permission),
                      &stub->n_permissions);
  return stub->script.refresh;
}

static void
note (TurnStub *stub, guint method, char signature)
{
  const char *name = method == BINDING      ? "binding"
                     : method == ALLOCATE   ? "allocate"
                     : method == REFRESH    ? "refresh"
                     : method == PERMISSION ? "permission"
                                            : "unknown";

  g_string_append_printf (stub->requests, "%s%s", stub->requests->len > 0 ? " " : "", name);
  if (signature != ' ')
    g_string_append_c (stub->requests, signature);
}

/* NULL: no answer. */
static GByteArray *
answer_request (TurnStub *stub, const guint8 *data, gsize length)
{
  guint method;
  char signature;
  int code;

  if (length < 20 || stub->n_requests++ < stub->script.lose)
    return NULL;
  method = data[1] & 0xf;
  signature = judge (stub, data, length);
  note (stub, method, signature);
  code = choose_code (stub, method, signature);
  if (code == TURN_STUB_SILENT)
    return NULL;
  if (code != 0)
    return make_error (stub, data, code);
  if (method == ALLOCATE)
    stub->allocations++;
  if (method == REFRESH)
    stub->allocations--;
  return make_success (stub, data, method, signature == '+');
}

/* Carriers */

static gboolean
on_datagram (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  TurnStub *stub = user_data;
  g_autoptr (GSocketAddress) from = NULL;
  g_autoptr (GByteArray) answer = NULL;
  guint8 data[4096];
  gssize length = g_socket_receive_from (socket, &from, (char *)data, sizeof data, NULL, NULL);

  if (length < 0)
    return G_SOURCE_CONTINUE;
  if (stub->script.says != NULL) {
    g_socket_send_to (socket, from, g_bytes_get_data (stub->script.says, NULL),
                      g_bytes_get_size (stub->script.says), NULL, NULL);
    return G_SOURCE_CONTINUE;
  }
  answer = answer_request (stub, data, (gsize)length);
  if (answer != NULL && stub->script.stranger)
    answer->data[19] ^= 1;
  if (answer != NULL)
    g_socket_send_to (socket, from, (const char *)answer->data, answer->len, NULL, NULL);
  return G_SOURCE_CONTINUE;
}

static void
on_wire_received (LaneStunWire *wire, const guint8 *data, gsize length, gpointer user_data)
{
  Client *client = user_data;
  g_autoptr (GByteArray) answer = answer_request (client->stub, data, length);

  if (answer != NULL)
    lane_stun_wire_send (wire, answer->data, answer->len, NULL);
}

static void
hang_up (Client *client)
{
  g_socket_close (g_socket_connection_get_socket (client->connection), NULL);
}

static void
on_wire_broken (LaneStunWire *wire, LaneProbeCode code, const char *detail, gpointer user_data)
{
  hang_up (user_data);
}

static void
serve (Client *client)
{
  static const LaneStunWireEvents events = { on_wire_received, on_wire_broken };

  client->wire = lane_stun_wire_new_stream (client->stub->context, client->io, &events, client);
}

static void
client_clear (gpointer data)
{
  Client *client = data;

  lane_stun_wire_free (client->wire);
  g_object_unref (client->io);
  g_object_unref (client->connection);
}

static void
client_unref (gpointer data)
{
  g_rc_box_release_full (data, client_clear);
}

static void
on_handshake (GObject *tls, GAsyncResult *result, gpointer user_data)
{
  Client *client = user_data;
  gboolean shaken = g_tls_connection_handshake_finish (G_TLS_CONNECTION (tls), result, NULL);

  client->stub->handshakes--;
  if (shaken && !g_socket_is_closed (g_socket_connection_get_socket (client->connection)))
    serve (client);
  client_unref (client);
}

static void
begin_tls (Client *client)
{
  g_autoptr (GError) error = NULL;
  GIOStream *tls = g_tls_server_connection_new (client->io, client->stub->certificate, &error);

  ck_assert_msg (tls != NULL, "%s", error != NULL ? error->message : "");
  g_object_unref (client->io);
  client->io = tls;
  client->stub->handshakes++;
  g_main_context_push_thread_default (client->stub->context);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, NULL, on_handshake,
                                    g_rc_box_acquire (client));
  g_main_context_pop_thread_default (client->stub->context);
}

static gboolean
on_first_byte (GObject *stream, gpointer user_data)
{
  hang_up (user_data);
  return G_SOURCE_REMOVE;
}

static void
hang_up_later (Client *client)
{
  g_autoptr (GSource) source = g_pollable_input_stream_create_source (
      G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (client->io)), NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (on_first_byte), client, NULL);
  g_source_attach (source, client->stub->context);
}

static gboolean
on_connection (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  TurnStub *stub = user_data;
  GSocket *accepted = g_socket_accept (socket, NULL, NULL);
  Client *client;

  if (accepted == NULL)
    return G_SOURCE_CONTINUE;
  stub->connections++;
  client = g_rc_box_new0 (Client);
  client->stub = stub;
  client->connection = g_socket_connection_factory_create_connection (accepted);
  client->io = g_object_ref (G_IO_STREAM (client->connection));
  g_object_unref (accepted);
  g_ptr_array_add (stub->clients, client);
  if (stub->script.says != NULL)
    g_socket_send (accepted, g_bytes_get_data (stub->script.says, NULL),
                   g_bytes_get_size (stub->script.says), NULL, NULL);
  else if (stub->script.mute)
    return G_SOURCE_CONTINUE;
  else if (stub->script.hangs_up)
    hang_up_later (client);
  else if (stub->certificate != NULL)
    begin_tls (client);
  else
    serve (client);
  return G_SOURCE_CONTINUE;
}

TurnStub *
turn_stub_new (GMainContext *context, TurnStubCarrier carrier, GTlsCertificate *certificate)
{
  return turn_stub_new_at (context, "127.0.0.1", carrier, certificate);
}

TurnStub *
turn_stub_new_at (GMainContext *context, const char *text, TurnStubCarrier carrier,
                  GTlsCertificate *certificate)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (text, 0);
  gboolean udp = carrier == TURN_STUB_UDP;
  TurnStub *stub = g_new0 (TurnStub, 1);

  stub->context = context;
  stub->script.unsigned_allocate = 401;
  stub->script.alternate_address = "127.0.0.1";
  stub->requests = g_string_new (NULL);
  stub->clients = g_ptr_array_new_with_free_func (client_unref);
  g_set_object (&stub->certificate, certificate);
  stub->socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
                               udp ? G_SOCKET_TYPE_DATAGRAM : G_SOCKET_TYPE_STREAM, 0, NULL);
  ck_assert (g_socket_bind (stub->socket, address, FALSE, NULL));
  ck_assert (udp || g_socket_listen (stub->socket, NULL));
  g_socket_set_blocking (stub->socket, FALSE);
  stub->source = g_socket_create_source (stub->socket, G_IO_IN, NULL);
  g_source_set_callback (stub->source, G_SOURCE_FUNC (udp ? on_datagram : on_connection), stub,
                         NULL);
  g_source_attach (stub->source, context);
  return stub;
}

TurnStubScript *
turn_stub_get_script (TurnStub *stub)
{
  return &stub->script;
}

guint16
turn_stub_get_port (const TurnStub *stub)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (stub->socket, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

const char *
turn_stub_get_requests (const TurnStub *stub)
{
  return stub->requests->str;
}

guint
turn_stub_get_connections (const TurnStub *stub)
{
  return stub->connections;
}

int
turn_stub_get_allocations (const TurnStub *stub)
{
  return stub->allocations;
}

void
turn_stub_free (TurnStub *stub)
{
  g_source_destroy (stub->source);
  g_source_unref (stub->source);
  g_socket_close (stub->socket, NULL);
  for (guint i = 0; i < stub->clients->len; i++)
    hang_up (g_ptr_array_index (stub->clients, i));
  while (stub->handshakes > 0)
    g_main_context_iteration (stub->context, TRUE);
  g_object_unref (stub->socket);
  g_ptr_array_unref (stub->clients);
  g_clear_object (&stub->certificate);
  g_string_free (stub->requests, TRUE);
  g_free (stub);
}
