#include "servers/tls-bridge.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include "timer.h"

#define BUFFER_BYTES 16384 /* a TLS record */
#define BACKLOG      32
#define DRAIN_BYTES  4096
#define OPENING_MAX  8 /* each handshake may hold one of the threads that GIO has for all */

enum { IPV4, IPV6, N_FAMILIES };
enum { UP, DOWN, N_DIRECTIONS };

typedef struct _Tunnel Tunnel;

/* Bytes on their way from one stream to another. Reads only when all has been written: a TLS write
 * that would block must be repeated with the same bytes. */
typedef struct {
  Tunnel *tunnel;
  GPollableInputStream *from;
  GPollableOutputStream *to;
  GSource *source; /* of `from` while there is nothing to write, else of `to` */
  gsize filled, written;
  guint8 buffer[BUFFER_BYTES];
} Pump;

struct _Tunnel {
  LaneTlsBridge *bridge;
  GSocketConnection *local;
  LaneServerStream *opening; /* NULL once open */
  GIOStream *server;         /* NULL until then, and once it is gone */
  Pump pumps[N_DIRECTIONS];
  GSource *drain; /* of a muted one */
};

typedef struct {
  LaneTlsBridge *bridge;
  GSocket *socket; /* NULL: closed */
  GSource *source; /* NULL: closed, or waiting for others to be open */
  guint16 port;
  GInetAddress *server; /* where new connections go */
  GObject *lease;       /* borrowed: it tells us when the last one lets go of it */
} Listener;

struct _LaneTlsBridge {
  GMainContext *context;
  char *host, *ca_file;
  guint16 port;
  guint step_ms;
  LaneTlsBridgeEvents events;
  gpointer user_data;
  Listener listeners[N_FAMILIES];
  GPtrArray *tunnels; /* of Tunnel */
};

/* Tunnels */

static void
pump_stop (Pump *pump)
{
  lane_timer_clear (&pump->source);
}

static void
tunnel_free (gpointer data)
{
  Tunnel *tunnel = data;

  for (guint i = 0; i < N_DIRECTIONS; i++)
    pump_stop (&tunnel->pumps[i]);
  lane_timer_clear (&tunnel->drain);
  lane_server_stream_free (tunnel->opening);
  /* Not g_io_stream_close(): of TLS, that would wait for the other end. */
  g_socket_close (g_socket_connection_get_socket (tunnel->local), NULL);
  g_clear_object (&tunnel->server);
  g_object_unref (tunnel->local);
  g_free (tunnel);
}

static void accept_again (LaneTlsBridge *bridge);

static void
tunnel_close (Tunnel *tunnel)
{
  LaneTlsBridge *bridge = tunnel->bridge;

  g_ptr_array_remove_fast (bridge->tunnels, tunnel);
  accept_again (bridge);
}

static gboolean
on_drain (GSocket *local, GIOCondition condition, gpointer user_data)
{
  Tunnel *tunnel = user_data;
  g_autoptr (GError) error = NULL;
  char bytes[DRAIN_BYTES];
  gssize got = g_socket_receive (local, bytes, sizeof bytes, NULL, &error);

  if (got > 0 || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  tunnel_close (tunnel);
  return G_SOURCE_REMOVE;
}

/* The server is gone. libnice 0.1.21 aborts (`priority > 0`) when the connection under its selected
 * pair ends while another pair has been nominated, so to its end we only fall silent: what watches
 * the link moves it, and then that end is closed from the other side. */
static void
tunnel_mute (Tunnel *tunnel)
{
  for (guint i = 0; i < N_DIRECTIONS; i++)
    pump_stop (&tunnel->pumps[i]);
  g_clear_object (&tunnel->server);
  tunnel->drain =
      g_socket_create_source (g_socket_connection_get_socket (tunnel->local), G_IO_IN, NULL);
  g_source_set_callback (tunnel->drain, G_SOURCE_FUNC (on_drain), tunnel, NULL);
  g_source_attach (tunnel->drain, tunnel->bridge->context);
}

static gboolean on_ready (GObject *stream, gpointer user_data);

/* @source is taken over. */
static void
pump_wait (Pump *pump, GSource *source)
{
  pump_stop (pump);
  pump->source = source;
  g_source_set_callback (source, G_SOURCE_FUNC (on_ready), pump, NULL);
  g_source_attach (source, pump->tunnel->bridge->context);
}

static gboolean
is_blocked (gssize count, const GError *error)
{
  return count < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

/* FALSE: the end of it. */
static gboolean
pump_read (Pump *pump)
{
  g_autoptr (GError) error = NULL;
  gssize got = g_pollable_input_stream_read_nonblocking (pump->from, pump->buffer,
                                                         sizeof pump->buffer, NULL, &error);

  if (is_blocked (got, error))
    return TRUE;
  pump->written = 0;
  pump->filled = got > 0 ? (gsize)got : 0;
  return got > 0;
}

static gboolean
pump_write (Pump *pump)
{
  g_autoptr (GError) error = NULL;
  gssize put = g_pollable_output_stream_write_nonblocking (
      pump->to, pump->buffer + pump->written, pump->filled - pump->written, NULL, &error);

  if (put > 0)
    pump->written += (gsize)put;
  return put > 0 || is_blocked (put, error);
}

static gboolean
on_ready (GObject *stream, gpointer user_data)
{
  Pump *pump = user_data;
  Tunnel *tunnel = pump->tunnel;
  gboolean upwards = pump == &tunnel->pumps[UP];
  gboolean was_full = pump->written < pump->filled;

  if (!was_full && !pump_read (pump)) {
    (upwards ? tunnel_close : tunnel_mute) (tunnel);
    return G_SOURCE_REMOVE;
  }
  if (pump->written < pump->filled && !pump_write (pump)) {
    (upwards ? tunnel_mute : tunnel_close) (tunnel);
    return G_SOURCE_REMOVE;
  }
  if ((pump->written < pump->filled) == was_full)
    return G_SOURCE_CONTINUE;
  pump_wait (pump, was_full ? g_pollable_input_stream_create_source (pump->from, NULL)
                            : g_pollable_output_stream_create_source (pump->to, NULL));
  return G_SOURCE_REMOVE;
}

static void
pump_start (Tunnel *tunnel, guint direction, GIOStream *from, GIOStream *to)
{
  Pump *pump = &tunnel->pumps[direction];

  pump->tunnel = tunnel;
  pump->from = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (from));
  pump->to = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (to));
  pump_wait (pump, g_pollable_input_stream_create_source (pump->from, NULL));
}

static void
on_opened (LaneServerStream *opening, GIOStream *io, gpointer user_data)
{
  Tunnel *tunnel = user_data;

  tunnel->server = g_object_ref (io);
  g_clear_pointer (&tunnel->opening, lane_server_stream_free);
  pump_start (tunnel, UP, G_IO_STREAM (tunnel->local), tunnel->server);
  pump_start (tunnel, DOWN, tunnel->server, G_IO_STREAM (tunnel->local));
  accept_again (tunnel->bridge);
}

static void
on_failed (LaneServerStream *opening, const LaneServerStreamFault *fault, gpointer user_data)
{
  Tunnel *tunnel = user_data;
  LaneTlsBridge *bridge = tunnel->bridge;

  tunnel_close (tunnel);
  if (bridge->events.failed != NULL)
    bridge->events.failed (bridge, fault, bridge->user_data);
}

static void
tunnel_new (Listener *listener, GSocket *accepted)
{
  static const LaneServerStreamEvents events = { .opened = on_opened, .failed = on_failed };
  LaneTlsBridge *bridge = listener->bridge;
  Tunnel *tunnel = g_new0 (Tunnel, 1);
  const LaneServerStreamOptions options = {
    .address = listener->server,
    .port = bridge->port,
    .tls_host = bridge->host,
    .ca_file = bridge->ca_file,
    .step_ms = bridge->step_ms,
  };

  tunnel->bridge = bridge;
  tunnel->local = g_socket_connection_factory_create_connection (accepted);
  tunnel->opening = lane_server_stream_new (bridge->context, &options, &events, tunnel);
  g_ptr_array_add (bridge->tunnels, tunnel);
}

/* Listening */

static gboolean
is_from_here (GSocket *accepted)
{
  g_autoptr (GSocketAddress) peer = g_socket_get_remote_address (accepted, NULL);

  return G_IS_INET_SOCKET_ADDRESS (peer)
         && g_inet_address_get_is_loopback (
             g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (peer)));
}

/* Descriptors that stay free at all times, since GLib aborts without: SECURITY section 3. */
static gboolean
eats_reserve (GSocket *accepted)
{
  struct rlimit limit;

  return getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
         && (rlim_t)g_socket_get_fd (accepted) + MAX (64, limit.rlim_cur / 4) >= limit.rlim_cur;
}

static void
accept_one (Listener *listener)
{
  g_autoptr (GSocket) accepted = g_socket_accept (listener->socket, NULL, NULL);

  if (accepted == NULL)
    return;
  if (!is_from_here (accepted) || listener->bridge->tunnels->len >= LANE_TLS_BRIDGE_MAX
      || eats_reserve (accepted)) {
    g_socket_close (accepted, NULL);
    return;
  }
  g_socket_set_blocking (accepted, FALSE);
  g_socket_set_option (accepted, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  tunnel_new (listener, accepted);
}

static gboolean
is_busy (const LaneTlsBridge *bridge)
{
  guint opening = 0;

  for (guint i = 0; i < bridge->tunnels->len; i++)
    opening += ((const Tunnel *)g_ptr_array_index (bridge->tunnels, i))->opening != NULL;
  return opening >= OPENING_MAX;
}

static gboolean
on_connection (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Listener *listener = user_data;

  accept_one (listener);
  if (!is_busy (listener->bridge))
    return G_SOURCE_CONTINUE;
  lane_timer_clear (&listener->source); /* the rest waits in the kernel's queue */
  return G_SOURCE_REMOVE;
}

static void
accept_connections (Listener *listener)
{
  listener->source = g_socket_create_source (listener->socket, G_IO_IN, NULL);
  g_source_set_callback (listener->source, G_SOURCE_FUNC (on_connection), listener, NULL);
  g_source_attach (listener->source, listener->bridge->context);
}

static void
accept_again (LaneTlsBridge *bridge)
{
  for (guint i = 0; i < N_FAMILIES; i++)
    if (bridge->listeners[i].socket != NULL && bridge->listeners[i].source == NULL
        && !is_busy (bridge))
      accept_connections (&bridge->listeners[i]);
}

static void
stop_listening (Listener *listener)
{
  lane_timer_clear (&listener->source);
  if (listener->socket != NULL)
    g_socket_close (listener->socket, NULL);
  g_clear_object (&listener->socket);
  g_clear_object (&listener->server);
}

/* A connection that is in the queue by now is taken first: its owner may have let go of the lease
 * as soon as it had connected. */
static void
on_lease_over (gpointer user_data, GObject *lease)
{
  Listener *listener = user_data;
  guint queued = 0;

  listener->lease = NULL;
  while (queued++ < BACKLOG && g_socket_condition_check (listener->socket, G_IO_IN) == G_IO_IN)
    accept_one (listener);
  stop_listening (listener);
}

static gboolean
listen_on_loopback (Listener *listener, GSocketFamily family)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (family);
  g_autoptr (GSocketAddress) any_port = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocket) socket =
      g_socket_new (family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocketAddress) bound = NULL;

  if (socket == NULL || !g_socket_bind (socket, any_port, FALSE, NULL))
    return FALSE;
  g_socket_set_listen_backlog (socket, BACKLOG);
  g_socket_set_blocking (socket, FALSE);
  if (!g_socket_listen (socket, NULL))
    return FALSE;
  bound = g_socket_get_local_address (socket, NULL);
  if (bound == NULL)
    return FALSE;
  listener->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  listener->socket = g_steal_pointer (&socket);
  accept_connections (listener);
  return TRUE;
}

guint16
lane_tls_bridge_open (LaneTlsBridge *bridge, GSocketFamily family, GInetAddress *server,
                      GObject **lease)
{
  Listener *listener = &bridge->listeners[family == G_SOCKET_FAMILY_IPV6 ? IPV6 : IPV4];

  *lease = NULL;
  if (listener->socket == NULL && !listen_on_loopback (listener, family))
    return 0;
  g_set_object (&listener->server, server);
  if (listener->lease != NULL) {
    *lease = g_object_ref (listener->lease);
  } else {
    *lease = g_object_new (G_TYPE_OBJECT, NULL);
    listener->lease = *lease;
    g_object_weak_ref (listener->lease, on_lease_over, listener);
  }
  return listener->port;
}

guint
lane_tls_bridge_count (const LaneTlsBridge *bridge)
{
  return bridge->tunnels->len;
}

/* Making and freeing */

LaneTlsBridge *
lane_tls_bridge_new (GMainContext *context, const char *host, guint16 port, const char *ca_file,
                     guint step_ms, const LaneTlsBridgeEvents *events, gpointer user_data)
{
  LaneTlsBridge *bridge = g_new0 (LaneTlsBridge, 1);

  bridge->context = g_main_context_ref (context);
  bridge->host = g_strdup (host);
  bridge->port = port;
  bridge->ca_file = g_strdup (ca_file);
  bridge->step_ms = step_ms;
  bridge->events = *events;
  bridge->user_data = user_data;
  bridge->tunnels = g_ptr_array_new_with_free_func (tunnel_free);
  for (guint i = 0; i < N_FAMILIES; i++)
    bridge->listeners[i].bridge = bridge;
  return bridge;
}

void
lane_tls_bridge_retire (LaneTlsBridge *bridge)
{
  bridge->events = (LaneTlsBridgeEvents){ NULL };
  for (guint i = 0; i < N_FAMILIES; i++) {
    Listener *listener = &bridge->listeners[i];

    if (listener->lease != NULL)
      g_object_weak_unref (listener->lease, on_lease_over, listener);
    listener->lease = NULL;
    stop_listening (listener);
  }
}

void
lane_tls_bridge_free (LaneTlsBridge *bridge)
{
  if (bridge == NULL)
    return;
  lane_tls_bridge_retire (bridge);
  g_ptr_array_unref (bridge->tunnels);
  g_main_context_unref (bridge->context);
  g_free (bridge->host);
  g_free (bridge->ca_file);
  g_free (bridge);
}
