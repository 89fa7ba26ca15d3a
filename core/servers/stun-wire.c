#include "servers/stun-wire.h"

#include <string.h>

#include "servers/turn-dialog.h"
#include "timer.h"

struct _LaneStunWire {
  GMainContext *context;
  LaneStunWireEvents events;
  gpointer user_data;
  GSocket *socket; /* UDP */
  GIOStream *io;   /* the rest: a stream */
  GSource *input;
  GSource *rest; /* a whole frame is left in the buffer */
  guint8 buffer[LANE_TURN_ANSWER_MAX];
  gsize filled;
};

static void
stop (LaneStunWire *wire)
{
  lane_timer_clear (&wire->input);
  lane_timer_clear (&wire->rest);
}

static void
tell_broken (LaneStunWire *wire, LaneProbeCode code, const char *detail)
{
  stop (wire);
  wire->events.broken (wire, code, detail, wire->user_data);
}

/* Datagrams. The socket is connected, so ICMP errors come back as errors of it. */
static gboolean
on_datagram (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  LaneStunWire *wire = user_data;
  g_autoptr (GError) error = NULL;
  gssize length =
      g_socket_receive (socket, (char *)wire->buffer, sizeof wire->buffer, NULL, &error);

  if (length >= 0)
    wire->events.received (wire, wire->buffer, (gsize)length, wire->user_data);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    tell_broken (wire, LANE_PROBE_REFUSED, NULL);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    tell_broken (wire, LANE_PROBE_UNREACHABLE, error->message);
  return G_SOURCE_CONTINUE;
}

LaneStunWire *
lane_stun_wire_new_udp (GMainContext *context, GInetSocketAddress *server,
                        const LaneStunWireEvents *events, gpointer user_data, GError **error)
{
  g_autoptr (LaneStunWire) wire = g_new0 (LaneStunWire, 1);

  wire->context = g_main_context_ref (context);
  wire->events = *events;
  wire->user_data = user_data;
  wire->socket = g_socket_new (g_socket_address_get_family (G_SOCKET_ADDRESS (server)),
                               G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);
  if (wire->socket == NULL)
    return NULL;
  g_socket_set_blocking (wire->socket, FALSE);
  if (!g_socket_connect (wire->socket, G_SOCKET_ADDRESS (server), NULL, error))
    return NULL;
  wire->input = g_socket_create_source (wire->socket, G_IO_IN, NULL);
  g_source_set_callback (wire->input, G_SOURCE_FUNC (on_datagram), wire, NULL);
  g_source_attach (wire->input, context);
  return g_steal_pointer (&wire);
}

/* Frames */

static gboolean on_rest (gpointer user_data);

/* At most one frame at a time: the handler may free the wire. */
static void
deliver (LaneStunWire *wire)
{
  gssize size = lane_turn_frame_length (wire->buffer, wire->filled);
  guint8 frame[LANE_TURN_ANSWER_MAX];

  if (size < 0) {
    tell_broken (wire, LANE_PROBE_NOT_STUN, NULL);
    return;
  }
  if (size == 0 || (gsize)size > wire->filled)
    return;
  memcpy (frame, wire->buffer, (gsize)size);
  wire->filled -= (gsize)size;
  memmove (wire->buffer, wire->buffer + size, wire->filled);
  if (wire->filled > 0)
    lane_timer_set (&wire->rest, wire->context, 0, on_rest, wire);
  wire->events.received (wire, frame, (gsize)size, wire->user_data);
}

static gboolean
on_rest (gpointer user_data)
{
  LaneStunWire *wire = user_data;

  lane_timer_clear (&wire->rest);
  deliver (wire);
  return G_SOURCE_REMOVE;
}

static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  LaneStunWire *wire = user_data;
  g_autoptr (GError) error = NULL;
  gssize got;

  if (wire->rest != NULL || wire->filled == sizeof wire->buffer)
    return G_SOURCE_CONTINUE;
  got = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream),
                                                  wire->buffer + wire->filled,
                                                  sizeof wire->buffer - wire->filled, NULL, &error);
  if (got > 0) {
    wire->filled += (gsize)got;
    deliver (wire);
  } else if (got == 0 || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    tell_broken (wire, LANE_PROBE_CLOSED, NULL);
  }
  return G_SOURCE_CONTINUE;
}

LaneStunWire *
lane_stun_wire_new_stream (GMainContext *context, GIOStream *io, const LaneStunWireEvents *events,
                           gpointer user_data)
{
  LaneStunWire *wire = g_new0 (LaneStunWire, 1);

  wire->context = g_main_context_ref (context);
  wire->events = *events;
  wire->user_data = user_data;
  wire->io = g_object_ref (io);
  wire->input = g_pollable_input_stream_create_source (
      G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (io)), NULL);
  g_source_set_callback (wire->input, G_SOURCE_FUNC (on_readable), wire, NULL);
  g_source_attach (wire->input, context);
  return wire;
}

/* A request is small and the stream fresh: what does not fit at once is as good as lost. */
gboolean
lane_stun_wire_send (LaneStunWire *wire, const guint8 *data, gsize length, GError **error)
{
  GOutputStream *output;

  if (wire->socket != NULL)
    return g_socket_send (wire->socket, (const char *)data, length, NULL, error) == (gssize)length;
  output = g_io_stream_get_output_stream (wire->io);
  return g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output), data,
                                                     length, NULL, error)
         == (gssize)length;
}

void
lane_stun_wire_free (LaneStunWire *wire)
{
  if (wire == NULL)
    return;
  stop (wire);
  g_clear_object (&wire->socket);
  g_clear_object (&wire->io);
  g_main_context_unref (wire->context);
  g_free (wire);
}
