#include "signaling/event-stream.h"

#define KEPT_BYTES (16 * 1024)

struct _LaneEventStream {
  GMainContext *context;
  GIOStream *connection;
  GPollableInputStream *input;
  GPollableOutputStream *output;
  LaneEventStreamEvents events;
  gpointer user_data;
  guint keepalive_ms;
  GString *queue;
  gsize written; /* bytes at the head of @queue that the kernel has */
  GSource *input_source, *output_source, *keepalive_source, *closed_source;
};

static gboolean on_writable (GObject *output, gpointer data);

static void
stop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static GSource *
start_source (LaneEventStream *stream, GSource *source, GSourceFunc callback)
{
  g_source_set_callback (source, callback, stream, NULL);
  g_source_attach (source, stream->context);
  return source;
}

static gboolean
on_closed_idle (gpointer data)
{
  LaneEventStream *stream = data;

  stop_source (&stream->closed_source);
  stream->events.closed (stream, stream->user_data);
  return G_SOURCE_REMOVE;
}

static void
close_later (LaneEventStream *stream)
{
  stop_source (&stream->input_source);
  stop_source (&stream->output_source);
  stop_source (&stream->keepalive_source);
  if (stream->closed_source == NULL)
    stream->closed_source = start_source (stream, g_idle_source_new (), on_closed_idle);
}

static gboolean
on_idle_reader (gpointer data)
{
  LaneEventStream *stream = data;

  /* With a queue the reader has enough to do, and the kernel finds a dead one. */
  if (stream->queue->len == 0)
    lane_event_stream_write (stream, ":\n\n", 3);
  return G_SOURCE_CONTINUE;
}

static void
restart_keepalive (LaneEventStream *stream)
{
  stop_source (&stream->keepalive_source);
  stream->keepalive_source =
      start_source (stream, g_timeout_source_new (stream->keepalive_ms), on_idle_reader);
}

static void
flush (LaneEventStream *stream)
{
  while (stream->written < stream->queue->len) {
    g_autoptr (GError) error = NULL;
    gssize count = g_pollable_output_stream_write_nonblocking (
        stream->output, stream->queue->str + stream->written, stream->queue->len - stream->written,
        NULL, &error);

    if (count < 0) {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
        close_later (stream);
      } else if (stream->output_source == NULL) {
        stream->output_source =
            start_source (stream, g_pollable_output_stream_create_source (stream->output, NULL),
                          G_SOURCE_FUNC (on_writable));
      }
      return;
    }
    stream->written += (gsize)count;
  }
  stop_source (&stream->output_source);
  stream->written = 0;
  if (stream->queue->allocated_len <= KEPT_BYTES) {
    g_string_truncate (stream->queue, 0);
  } else { /* a burst of one reader must not stay with us for all of them */
    g_string_free (stream->queue, TRUE);
    stream->queue = g_string_new (NULL);
  }
}

static gboolean
on_writable (GObject *output, gpointer data)
{
  LaneEventStream *stream = data;

  flush (stream);
  if (stream->queue->len == 0 && stream->closed_source == NULL)
    stream->events.drained (stream, stream->user_data);
  /* The handler may have freed the stream, and with it this source. */
  return !g_source_is_destroyed (g_main_current_source ());
}

static gboolean
on_readable (GObject *input, gpointer data)
{
  LaneEventStream *stream = data;
  char ignored[512];
  g_autoptr (GError) error = NULL;
  gssize count = g_pollable_input_stream_read_nonblocking (stream->input, ignored, sizeof ignored,
                                                           NULL, &error);

  if (count > 0 || (count < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)))
    return G_SOURCE_CONTINUE;
  close_later (stream);
  return G_SOURCE_REMOVE;
}

LaneEventStream *
lane_event_stream_new (GMainContext *context, GIOStream *connection, guint keepalive_ms,
                       const LaneEventStreamEvents *events, gpointer user_data)
{
  LaneEventStream *stream = g_new0 (LaneEventStream, 1);

  stream->context = g_main_context_ref (context);
  stream->connection = connection;
  stream->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (connection));
  stream->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (connection));
  stream->events = *events;
  stream->user_data = user_data;
  stream->keepalive_ms = keepalive_ms;
  stream->queue = g_string_new (NULL);
  stream->input_source =
      start_source (stream, g_pollable_input_stream_create_source (stream->input, NULL),
                    G_SOURCE_FUNC (on_readable));
  restart_keepalive (stream);
  return stream;
}

void
lane_event_stream_write (LaneEventStream *stream, const char *text, gsize length)
{
  if (stream->closed_source != NULL)
    return;
  g_string_append_len (stream->queue, text, (gssize)length);
  restart_keepalive (stream);
  if (stream->output_source == NULL)
    flush (stream);
}

gsize
lane_event_stream_get_queued (const LaneEventStream *stream)
{
  return stream->queue->len - stream->written;
}

void
lane_event_stream_free (LaneEventStream *stream)
{
  if (stream == NULL)
    return;
  stop_source (&stream->input_source);
  stop_source (&stream->output_source);
  stop_source (&stream->keepalive_source);
  stop_source (&stream->closed_source);
  g_io_stream_close (stream->connection, NULL, NULL);
  g_object_unref (stream->connection);
  g_string_free (stream->queue, TRUE);
  g_main_context_unref (stream->context);
  g_free (stream);
}
