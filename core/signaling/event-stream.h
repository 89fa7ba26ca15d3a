/* The server's end of one Server-Sent Events response: a connection taken over from the HTTP
 * server.
 *
 * Writes without ever blocking, sends a comment when idle, notices when the reader goes. What is
 * written is kept until the kernel takes it, so ask lane_event_stream_get_queued() and hold back.
 */
#pragma once

#include <gio/gio.h>

typedef struct _LaneEventStream LaneEventStream;

typedef struct {
  /* What was queued is with the kernel now. */
  void (*drained) (LaneEventStream *stream, gpointer user_data);
  /* The reader went, or could not be written to. Comes once; free the stream in it or later. */
  void (*closed) (LaneEventStream *stream, gpointer user_data);
} LaneEventStreamEvents;

/* Takes the reference on @connection, whose streams must be pollable. */
LaneEventStream *
lane_event_stream_new (GMainContext *context, GIOStream *connection, guint keepalive_ms,
                       const LaneEventStreamEvents *events, gpointer user_data);
/* No callback comes from inside. */
void lane_event_stream_write (LaneEventStream *stream, const char *text, gsize length);
gsize lane_event_stream_get_queued (const LaneEventStream *stream);
void lane_event_stream_free (LaneEventStream *stream); /* closes; no callback follows */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneEventStream, lane_event_stream_free)
