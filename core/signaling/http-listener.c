#include "signaling/http-listener.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define BACKLOG          128
#define ACCEPTS_PER_TURN 32
#define BUFFER_BYTES     (64 * 1024) /* each way in the kernel, per connection */
#define USER_TIMEOUT_MS  30000       /* unacknowledged data: the other end is gone */
#define COMPLAINT_US     (10 * G_USEC_PER_SEC)

struct _LaneHttpListener {
  GMainContext *context;
  SoupServer *server;
  GSocket *socket;
  GSource *accept_source;
  GSocket *silent; /* see keep_connections() */
  GTlsCertificate *certificate;
  guint max_connections, max_per_address, max_untrusted, deadline_ms;
  gboolean count_loopback;
  GPtrArray *connections; /* of LaneHttpConnection */
  GQueue untrusted;       /* of those, oldest first */
  GHashTable *per_source; /* source -> GUINT_TO_POINTER (connections) */
  gint64 complained_at;
};

struct _LaneHttpConnection {
  LaneHttpListener *listener;
  GSocket *socket;
  GIOStream *handshake; /* while TLS is not up */
  GSocketAddress *local, *remote;
  char *source;
  gboolean trusted;
  GList *untrusted; /* its place in the queue; NULL = trusted, or dropped */
  GSource *deadline;
};

/* What the server gets: our streams, but a close that cannot block. Closing TLS writes an alert and
 * waits for room for it, which a reader who stopped reading would never make. */
#define LANE_TYPE_HTTP_STREAM (lane_http_stream_get_type ())
G_DECLARE_FINAL_TYPE (LaneHttpStream, lane_http_stream, LANE, HTTP_STREAM, GIOStream)

struct _LaneHttpStream {
  GIOStream parent_instance;
  GIOStream *base;
  LaneHttpConnection *connection; /* owned; gone after close */
};

G_DEFINE_TYPE (LaneHttpStream, lane_http_stream, G_TYPE_IO_STREAM)

static void
stop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static const char remote_key[] = "lane-http-connection";

static void
count_source (LaneHttpListener *listener, const char *source, int step)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (listener->per_source, source));

  count = (guint)((int)count + step);
  if (count == 0)
    g_hash_table_remove (listener->per_source, source);
  else
    g_hash_table_insert (listener->per_source, g_strdup (source), GUINT_TO_POINTER (count));
}

static void
complain (LaneHttpListener *listener, const char *what)
{
  gint64 now = g_get_monotonic_time ();

  if (listener->complained_at != 0 && now - listener->complained_at < COMPLAINT_US)
    return;
  listener->complained_at = now;
  g_message ("connections refused: %s", what);
}

static void
leave_untrusted (LaneHttpConnection *connection)
{
  if (connection->untrusted != NULL)
    g_queue_delete_link (&connection->listener->untrusted, connection->untrusted);
  connection->untrusted = NULL;
}

static void
enter_untrusted (LaneHttpListener *listener, LaneHttpConnection *connection)
{
  if (listener->untrusted.length >= listener->max_untrusted) {
    LaneHttpConnection *oldest = listener->untrusted.head->data;

    leave_untrusted (oldest);
    lane_http_connection_drop (oldest);
    complain (listener, "too many have yet to say who they are");
  }
  g_queue_push_tail (&listener->untrusted, connection);
  connection->untrusted = listener->untrusted.tail;
}

static void
connection_free (LaneHttpConnection *connection)
{
  LaneHttpListener *listener = connection->listener;

  stop_source (&connection->deadline);
  g_object_set_data (G_OBJECT (connection->remote), remote_key, NULL);
  if (listener != NULL) {
    if (connection->source != NULL)
      count_source (listener, connection->source, -1);
    leave_untrusted (connection);
    g_ptr_array_remove_fast (listener->connections, connection);
  }
  g_clear_object (&connection->handshake);
  g_object_unref (connection->socket);
  g_object_unref (connection->local);
  g_object_unref (connection->remote);
  g_free (connection->source);
  g_free (connection);
}

static GInputStream *
lane_http_stream_get_input_stream (GIOStream *stream)
{
  return g_io_stream_get_input_stream (LANE_HTTP_STREAM (stream)->base);
}

static GOutputStream *
lane_http_stream_get_output_stream (GIOStream *stream)
{
  return g_io_stream_get_output_stream (LANE_HTTP_STREAM (stream)->base);
}

static gboolean
lane_http_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  LaneHttpStream *self = LANE_HTTP_STREAM (stream);
  int unsent = 0;

  if (self->connection == NULL)
    return TRUE;
  if (ioctl (g_socket_get_fd (self->connection->socket), SIOCOUTQ, &unsent) != 0
      || unsent > BUFFER_BYTES / 2)
    g_socket_shutdown (self->connection->socket, FALSE, TRUE, NULL);
  g_io_stream_close (self->base, NULL, NULL);
  g_clear_pointer (&self->connection, connection_free);
  return TRUE;
}

static void
lane_http_stream_finalize (GObject *object)
{
  LaneHttpStream *self = LANE_HTTP_STREAM (object);

  g_clear_pointer (&self->connection, connection_free);
  g_clear_object (&self->base);
  G_OBJECT_CLASS (lane_http_stream_parent_class)->finalize (object);
}

static void
lane_http_stream_class_init (LaneHttpStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = lane_http_stream_finalize;
  G_IO_STREAM_CLASS (klass)->get_input_stream = lane_http_stream_get_input_stream;
  G_IO_STREAM_CLASS (klass)->get_output_stream = lane_http_stream_get_output_stream;
  G_IO_STREAM_CLASS (klass)->close_fn = lane_http_stream_close;
}

static void
lane_http_stream_init (LaneHttpStream *self)
{
}

static char *
source_of (LaneHttpListener *listener, GSocketAddress *remote)
{
  GInetAddress *address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote));
  const guint8 *bytes = g_inet_address_to_bytes (address);
  gboolean six = g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6;
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
  guint8 prefix[16] = { 0 };
  g_autoptr (GInetAddress) counted = NULL;

  if (six && memcmp (bytes, mapped, sizeof mapped) == 0)
    counted = g_inet_address_new_from_bytes (bytes + 12, G_SOCKET_FAMILY_IPV4);
  else if (six && g_inet_address_get_is_loopback (address))
    counted = g_object_ref (address);
  else if (six)
    counted = g_inet_address_new_from_bytes (memcpy (prefix, bytes, 8), G_SOCKET_FAMILY_IPV6);
  else
    counted = g_object_ref (address);

  if (g_inet_address_get_is_loopback (counted) && !listener->count_loopback)
    return NULL;
  return g_inet_address_to_string (counted);
}

static gboolean
on_deadline (gpointer data)
{
  LaneHttpConnection *connection = data;

  stop_source (&connection->deadline);
  lane_http_connection_drop (connection);
  return G_SOURCE_REMOVE;
}

static void
hand_over (LaneHttpConnection *connection, GIOStream *base)
{
  g_autoptr (LaneHttpStream) stream = g_object_new (LANE_TYPE_HTTP_STREAM, NULL);
  LaneHttpListener *listener = connection->listener;

  stream->base = g_object_ref (base);
  stream->connection = connection;
  g_object_set_data (G_OBJECT (connection->remote), remote_key, connection);
  soup_server_accept_iostream (listener->server, G_IO_STREAM (stream), connection->local,
                               connection->remote, NULL);
}

static void
on_handshake (GObject *source, GAsyncResult *result, gpointer data)
{
  LaneHttpConnection *connection = data;
  g_autoptr (GIOStream) tls = g_steal_pointer (&connection->handshake);

  if (g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, NULL)
      && connection->listener != NULL)
    hand_over (connection, tls);
  else
    connection_free (connection);
}

static void
begin_tls (LaneHttpConnection *connection, GIOStream *plain)
{
  static const char *const protocols[] = { "http/1.1", NULL };
  g_autoptr (GError) error = NULL;
  GIOStream *tls = g_tls_server_connection_new (plain, connection->listener->certificate, &error);

  if (tls == NULL) {
    complain (connection->listener, error->message);
    connection_free (connection);
    return;
  }
  g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (tls), protocols);
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  connection->handshake = tls;
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, NULL, on_handshake,
                                    connection);
}

static gboolean
may_enter (LaneHttpListener *listener, const char *source)
{
  if (listener->connections->len >= listener->max_connections) {
    complain (listener, "as many as allowed are open");
    return FALSE;
  }
  if (source != NULL
      && GPOINTER_TO_UINT (g_hash_table_lookup (listener->per_source, source))
             >= listener->max_per_address) {
    complain (listener, "too many from one address");
    return FALSE;
  }
  return TRUE;
}

static void
take (LaneHttpListener *listener, GSocket *socket)
{
  g_autoptr (GSocketAddress) remote = g_socket_get_remote_address (socket, NULL);
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, NULL);
  g_autoptr (GIOStream) plain = NULL;
  g_autofree char *source = NULL;
  LaneHttpConnection *connection;

  if (remote == NULL || local == NULL) /* gone already */
    return;
  source = source_of (listener, remote);
  if (!may_enter (listener, source))
    return;

  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS, NULL);

  connection = g_new0 (LaneHttpConnection, 1);
  connection->listener = listener;
  connection->socket = g_object_ref (socket);
  connection->local = g_steal_pointer (&local);
  connection->remote = g_steal_pointer (&remote);
  connection->source = g_steal_pointer (&source);
  if (connection->source != NULL)
    count_source (listener, connection->source, 1);
  g_ptr_array_add (listener->connections, connection);
  enter_untrusted (listener, connection);
  lane_http_connection_set_deadline (connection, listener->deadline_ms);

  plain = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
  if (listener->certificate != NULL)
    begin_tls (connection, plain);
  else
    hand_over (connection, plain);
}

static gboolean on_connection (GSocket *socket, GIOCondition condition, gpointer data);

static void
listen_on (LaneHttpListener *listener)
{
  stop_source (&listener->accept_source);
  listener->accept_source = g_socket_create_source (listener->socket, G_IO_IN, NULL);
  g_source_set_callback (listener->accept_source, G_SOURCE_FUNC (on_connection), listener, NULL);
  g_source_attach (listener->accept_source, listener->context);
}

static gboolean
on_rested (gpointer data)
{
  listen_on (data);
  return G_SOURCE_REMOVE;
}

/* Out of descriptors or memory: the connection stays in the backlog and would wake us at once. */
static void
rest (LaneHttpListener *listener)
{
  stop_source (&listener->accept_source);
  listener->accept_source = g_timeout_source_new (1000);
  g_source_set_callback (listener->accept_source, on_rested, listener, NULL);
  g_source_attach (listener->accept_source, listener->context);
}

static gboolean
on_connection (GSocket *socket, GIOCondition condition, gpointer data)
{
  LaneHttpListener *listener = data;

  for (guint i = 0; i < ACCEPTS_PER_TURN; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GSocket) accepted = g_socket_accept (socket, NULL, &error);

    if (accepted != NULL) {
      take (listener, accepted);
    } else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
      break;
    } else {
      complain (listener, error->message);
      rest (listener);
      return G_SOURCE_REMOVE;
    }
  }
  return G_SOURCE_CONTINUE;
}

static GSocketAddress *
parse_address (const char *text, GError **error)
{
  const char *colon = strrchr (text, ':');
  g_autofree char *host = NULL;
  guint64 port = 0;
  GSocketAddress *address = NULL;

  if (colon != NULL && g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535, &port, NULL)) {
    gsize length = (gsize)(colon - text);
    gboolean bracketed = length > 2 && text[0] == '[' && text[length - 1] == ']';

    host = bracketed ? g_strndup (text + 1, length - 2) : g_strndup (text, length);
    if (bracketed == (strchr (host, ':') != NULL))
      address = g_inet_socket_address_new_from_string (host, (guint)port);
  }
  if (address == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "'%s' is not ADDRESS:PORT or [IPV6]:PORT with a numeric address, like "
                 "0.0.0.0:7447",
                 text);
  return address;
}

static GSocket *
open_socket (const char *text, GError **error)
{
  g_autoptr (GSocketAddress) address = parse_address (text, error);
  g_autoptr (GSocket) socket = NULL;

  if (address == NULL)
    return NULL;
  socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                         G_SOCKET_PROTOCOL_TCP, error);
  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES, NULL);
  g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES, NULL);
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error)) {
    g_prefix_error (error, "cannot listen on %s: ", text);
    return NULL;
  }
  return g_steal_pointer (&socket);
}

/* A SoupServer that listens nowhere closes every connection after one answer, and says nothing of
 * it in the answer: the client's next request would meet a reset. So it "listens" on one end of a
 * pair whose other end never says a word. */
static gboolean
keep_connections (LaneHttpListener *listener, GError **error)
{
  int ends[2];
  g_autoptr (GSocket) heard = NULL;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "cannot make sockets: %s",
                 g_strerror (errno));
    return FALSE;
  }
  heard = g_socket_new_from_fd (ends[0], NULL);
  listener->silent = g_socket_new_from_fd (ends[1], NULL);
  return soup_server_listen_socket (listener->server, heard, 0, error);
}

/* GLib aborts when it finds no descriptor: some always stay free. */
static guint
spare_descriptors (guint wanted)
{
  struct rlimit limit;
  rlim_t reserve;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return wanted;
  reserve = MAX (64, limit.rlim_cur / 4);
  if (limit.rlim_cur <= reserve)
    return 1;
  return (guint)MIN ((rlim_t)wanted, limit.rlim_cur - reserve);
}

LaneHttpListener *
lane_http_listener_new (GMainContext *context, SoupServer *server,
                        const LaneHttpListenerOptions *options, GError **error)
{
  g_autoptr (GSocket) socket = open_socket (options->listen, error);
  g_autoptr (LaneHttpListener) listener = NULL;

  if (socket == NULL)
    return NULL;
  listener = g_new0 (LaneHttpListener, 1);
  listener->context = g_main_context_ref (context);
  listener->server = g_object_ref (server);
  listener->socket = g_steal_pointer (&socket);
  if (options->certificate != NULL)
    listener->certificate = g_object_ref (options->certificate);
  listener->max_connections = spare_descriptors (options->max_connections);
  listener->max_untrusted = options->max_untrusted;
  listener->max_per_address = options->max_per_address;
  listener->count_loopback = options->count_loopback;
  listener->deadline_ms = options->deadline_ms;
  listener->connections = g_ptr_array_new ();
  listener->per_source = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!keep_connections (listener, error))
    return NULL;
  listen_on (listener);
  return g_steal_pointer (&listener);
}

guint16
lane_http_listener_get_port (const LaneHttpListener *listener)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (listener->socket, NULL);

  g_return_val_if_fail (address != NULL, 0);
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

guint
lane_http_listener_count (const LaneHttpListener *listener)
{
  return listener->connections->len;
}

void
lane_http_listener_free (LaneHttpListener *listener)
{
  if (listener == NULL)
    return;
  stop_source (&listener->accept_source);
  g_socket_close (listener->socket, NULL);
  for (guint i = 0; i < listener->connections->len; i++) {
    LaneHttpConnection *connection = listener->connections->pdata[i];

    /* Who owns the stream will close it; it must not find us then. */
    stop_source (&connection->deadline);
    lane_http_connection_drop (connection);
    connection->untrusted = NULL;
    connection->listener = NULL;
  }
  g_queue_clear (&listener->untrusted);
  g_ptr_array_unref (listener->connections);
  g_hash_table_unref (listener->per_source);
  g_clear_object (&listener->certificate);
  g_clear_object (&listener->silent);
  g_object_unref (listener->socket);
  g_object_unref (listener->server);
  g_main_context_unref (listener->context);
  g_free (listener);
}

LaneHttpConnection *
lane_http_listener_find (LaneHttpListener *listener, SoupServerMessage *message)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (message);

  return remote == NULL ? NULL : g_object_get_data (G_OBJECT (remote), remote_key);
}

void
lane_http_connection_set_deadline (LaneHttpConnection *connection, guint ms)
{
  stop_source (&connection->deadline);
  if (ms == 0)
    return;
  connection->deadline = g_timeout_source_new (ms);
  g_source_set_callback (connection->deadline, on_deadline, connection, NULL);
  g_source_attach (connection->deadline, connection->listener->context);
}

const char *
lane_http_connection_get_source (const LaneHttpConnection *connection)
{
  return connection->source;
}

void
lane_http_connection_trust (LaneHttpConnection *connection)
{
  connection->trusted = TRUE;
  leave_untrusted (connection);
}

gboolean
lane_http_connection_is_trusted (const LaneHttpConnection *connection)
{
  return connection->trusted;
}

void
lane_http_connection_drop (LaneHttpConnection *connection)
{
  g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
}
