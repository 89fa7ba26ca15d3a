#include "bus-peer.h"

#include <string.h>
#include <unistd.h>

#include "sasl.h"

#define REQUEST_MAX_BYTES (64 * 1024)
#define OUTPUT_MAX_BYTES  (1024 * 1024)
#define PAUSE_BYTES       (256 * 1024) /* more output than this waiting: no further request */
#define READ_BYTES        (16 * 1024)
#define WRITE_MAX_BYTES   (256 * 1024) /* in one turn of the loop */
#define REQUESTS_A_TURN   16
#define PATIENCE_S        10
#define HEADER_BYTES      16

struct _LaneBusPeer {
  GMainContext *context;
  GSocket *socket;
  char *guid;
  LaneBusPeerEvents events;
  gpointer user_data;

  LaneSaslState sasl;
  gboolean greeted; /* the NUL byte before authentication has come */
  gboolean begun;   /* messages flow */
  const char *doom; /* why it ends; NULL: without a word */
  gboolean doomed;

  GByteArray *input;
  GQueue output; /* of GBytes */
  gsize output_bytes, written_of_head;

  GSource *in, *out, *again, *patience;
};

static gboolean on_readable (GSocket *socket, GIOCondition condition, gpointer user_data);

static void
stop_source (GSource **source)
{
  if (*source != NULL) {
    g_source_destroy (*source);
    g_clear_pointer (source, g_source_unref);
  }
}

static void
start_source (LaneBusPeer *peer, GSource **slot, GSource *source, GSourceFunc function)
{
  stop_source (slot);
  g_source_set_callback (source, function, peer, NULL);
  g_source_attach (source, peer->context);
  *slot = source;
}

static gboolean
on_doomed (gpointer user_data)
{
  LaneBusPeer *peer = user_data;

  peer->events.closed (peer, peer->doom, peer->user_data);
  return G_SOURCE_REMOVE;
}

/* Ends from the loop, so that no caller finds the peer freed under it. */
static void
doom (LaneBusPeer *peer, const char *reason)
{
  GSource *source;

  if (peer->doomed)
    return;

  peer->doomed = TRUE;
  peer->doom = reason;
  stop_source (&peer->in);
  stop_source (&peer->out);
  stop_source (&peer->patience);
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  start_source (peer, &peer->again, source, on_doomed);
}

static gboolean
on_out_of_patience (gpointer user_data)
{
  LaneBusPeer *peer = user_data;

  doom (peer, peer->begun ? "it takes no output" : "it does not authenticate");
  return G_SOURCE_REMOVE;
}

static void
restart_patience (LaneBusPeer *peer)
{
  start_source (peer, &peer->patience, g_timeout_source_new_seconds (PATIENCE_S),
                on_out_of_patience);
}

/* Output */

static gssize
write_head (LaneBusPeer *peer, GError **error)
{
  gsize length;
  const char *data = g_bytes_get_data (g_queue_peek_head (&peer->output), &length);
  gssize written = g_socket_send (peer->socket, data + peer->written_of_head,
                                  length - peer->written_of_head, NULL, error);

  if (written > 0) {
    peer->written_of_head += (gsize)written;
    peer->output_bytes -= (gsize)written;
    if (peer->written_of_head == length) {
      g_bytes_unref (g_queue_pop_head (&peer->output));
      peer->written_of_head = 0;
    }
  }
  return written;
}

/* FALSE: the connection is broken. */
static gboolean
write_some (LaneBusPeer *peer, gsize *total)
{
  *total = 0;
  while (peer->output.length > 0 && *total < WRITE_MAX_BYTES) {
    g_autoptr (GError) error = NULL;
    gssize written = write_head (peer, &error);

    if (written < 0)
      return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    *total += (gsize)written;
  }
  return TRUE;
}

static void
watch_input (LaneBusPeer *peer)
{
  if (peer->in == NULL)
    start_source (peer, &peer->in, g_socket_create_source (peer->socket, G_IO_IN, NULL),
                  G_SOURCE_FUNC (on_readable));
}

static void process_input (LaneBusPeer *peer);

static gboolean
on_writable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  LaneBusPeer *peer = user_data;
  gboolean was_paused = peer->in == NULL;
  gsize written;

  if (!write_some (peer, &written)) {
    doom (peer, NULL);
    return G_SOURCE_REMOVE;
  }

  if (written > 0 && peer->begun)
    restart_patience (peer);
  if (peer->output.length == 0) {
    if (peer->begun)
      stop_source (&peer->patience);
    stop_source (&peer->out);
  }
  if (was_paused && peer->output_bytes <= PAUSE_BYTES) {
    watch_input (peer);
    process_input (peer);
  }
  return G_SOURCE_CONTINUE;
}

static void
enqueue (LaneBusPeer *peer, GBytes *bytes)
{
  if (peer->doomed)
    return;
  /* One answer may be larger than the limit: a status of 4096 peers is. */
  if (peer->output_bytes > OUTPUT_MAX_BYTES) {
    doom (peer, "too much output waits for it");
    return;
  }

  g_queue_push_tail (&peer->output, g_bytes_ref (bytes));
  peer->output_bytes += g_bytes_get_size (bytes);
  if (peer->out == NULL) {
    if (peer->begun)
      restart_patience (peer);
    start_source (peer, &peer->out, g_socket_create_source (peer->socket, G_IO_OUT, NULL),
                  G_SOURCE_FUNC (on_writable));
  }
}

/* Input */

static gboolean
authenticate (LaneBusPeer *peer, const char *line)
{
  g_autofree char *reply = NULL;
  g_autoptr (GBytes) bytes = NULL;

  switch (lane_sasl_feed (&peer->sasl, line, geteuid (), peer->guid, &reply)) {
  case LANE_SASL_BEGUN:
    peer->begun = TRUE;
    if (peer->output.length == 0)
      stop_source (&peer->patience);
    return TRUE;
  case LANE_SASL_REPLY:
    bytes = g_bytes_new (reply, strlen (reply));
    enqueue (peer, bytes);
    return TRUE;
  case LANE_SASL_REFUSED:
  default:
    doom (peer, "it does not authenticate");
    return FALSE;
  }
}

/* Takes one line or message out of the input. FALSE: nothing whole is there. */
static gboolean
take_line (LaneBusPeer *peer)
{
  const char *data = (const char *)peer->input->data;
  const char *end;
  g_autofree char *line = NULL;

  if (!peer->greeted && peer->input->len > 0) {
    if (data[0] != '\0') {
      doom (peer, "it does not speak D-Bus");
      return FALSE;
    }
    peer->greeted = TRUE;
    g_byte_array_remove_range (peer->input, 0, 1);
    return TRUE;
  }

  end = peer->input->len > 0 ? memmem (data, peer->input->len, "\r\n", 2) : NULL;
  if (end == NULL) {
    if (peer->input->len > LANE_SASL_LINE_MAX)
      doom (peer, "it does not speak D-Bus");
    return FALSE;
  }

  line = g_strndup (data, (gsize)(end - data));
  g_byte_array_remove_range (peer->input, 0, (guint)(end - data) + 2);
  return authenticate (peer, line);
}

static gboolean
take_message (LaneBusPeer *peer)
{
  g_autoptr (GDBusMessage) message = NULL;
  gssize needed;

  if (peer->input->len < HEADER_BYTES)
    return FALSE;

  needed = g_dbus_message_bytes_needed (peer->input->data, peer->input->len, NULL);
  if (needed < 0 || needed > REQUEST_MAX_BYTES) {
    doom (peer, needed < 0 ? "it does not speak D-Bus" : "a request of it is too long");
    return FALSE;
  }
  if (peer->input->len < (gsize)needed)
    return FALSE;

  message = g_dbus_message_new_from_blob (peer->input->data, (gsize)needed,
                                          G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  if (message == NULL) {
    doom (peer, "it does not speak D-Bus");
    return FALSE;
  }
  g_byte_array_remove_range (peer->input, 0, (guint)needed);
  peer->events.request (peer, message, peer->user_data);
  return TRUE;
}

static gboolean
on_again (gpointer user_data)
{
  LaneBusPeer *peer = user_data;

  stop_source (&peer->again);
  process_input (peer);
  return G_SOURCE_REMOVE;
}

/* Some at a time, so that a busy client delays neither the others nor the links. */
static void
process_input (LaneBusPeer *peer)
{
  for (guint i = 0; i < REQUESTS_A_TURN; i++) {
    if (peer->doomed)
      return;
    if (peer->output_bytes > PAUSE_BYTES) {
      stop_source (&peer->in); /* on_writable goes on */
      return;
    }
    if (!(peer->begun ? take_message (peer) : take_line (peer)))
      return;
  }

  if (peer->again == NULL && !peer->doomed) {
    GSource *source = g_idle_source_new ();

    g_source_set_priority (source, G_PRIORITY_DEFAULT);
    start_source (peer, &peer->again, source, on_again);
  }
}

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  LaneBusPeer *peer = user_data;
  g_autoptr (GError) error = NULL;
  char buffer[READ_BYTES];
  gssize length;

  if (peer->again != NULL) /* it has requests to go through first */
    return G_SOURCE_CONTINUE;

  length = g_socket_receive (peer->socket, buffer, sizeof buffer, NULL, &error);
  if (length < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (length <= 0) {
    doom (peer, NULL);
    return G_SOURCE_REMOVE;
  }

  g_byte_array_append (peer->input, (const guint8 *)buffer, (guint)length);
  process_input (peer);
  return G_SOURCE_CONTINUE;
}

LaneBusPeer *
lane_bus_peer_new (GMainContext *context, GSocket *socket, const char *guid,
                   const LaneBusPeerEvents *events, gpointer user_data)
{
  LaneBusPeer *peer = g_new0 (LaneBusPeer, 1);

  peer->context = g_main_context_ref (context);
  peer->socket = g_object_ref (socket);
  peer->guid = g_strdup (guid);
  peer->events = *events;
  peer->user_data = user_data;
  peer->input = g_byte_array_new ();
  g_queue_init (&peer->output);
  g_socket_set_blocking (socket, FALSE);
  restart_patience (peer);
  watch_input (peer);
  return peer;
}

void
lane_bus_peer_send (LaneBusPeer *peer, GBytes *message)
{
  if (peer->begun)
    enqueue (peer, message);
}

void
lane_bus_peer_free (LaneBusPeer *peer)
{
  gsize written;

  if (peer == NULL)
    return;

  if (!peer->doomed)
    write_some (peer, &written);
  stop_source (&peer->in);
  stop_source (&peer->out);
  stop_source (&peer->again);
  stop_source (&peer->patience);
  g_socket_close (peer->socket, NULL);
  g_object_unref (peer->socket);
  g_queue_clear_full (&peer->output, (GDestroyNotify)g_bytes_unref);
  g_byte_array_unref (peer->input);
  g_main_context_unref (peer->context);
  g_free (peer->guid);
  g_free (peer);
}
