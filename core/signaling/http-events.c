#include "signaling/http-events.h"

#include "secure/envelope.h"
#include "signaling/http-call.h"
#include "signaling/patience.h"
#include "timer.h"

#define READ_BYTES  (16 * 1024)
#define MAX_EVENT   (LANE_ENVELOPE_MAX_BYTES + 1024)
#define EXPECTED_MS 2000

struct _LaneHttpEvents {
  grefcount references; /* the owner's, and that of the operation under way */
  gboolean over;        /* no callback any more */
  GMainContext *context;
  SoupMessage *message;
  GCancellable *cancellable;
  GInputStream *stream; /* NULL until it is open */
  LaneSseParser *parser;
  guint open_ms, silence_ms;
  guint64 heard; /* bytes, and one for the answer */
  gboolean was_quiet;
  GSource *silence, *expected;
  LaneHttpEventsCallbacks callbacks;
  gpointer user_data;
  char buffer[READ_BYTES];
};

static void read_more (LaneHttpEvents *events);

static LaneHttpEvents *
hold (LaneHttpEvents *events)
{
  g_ref_count_inc (&events->references);
  return events;
}

static void
release (LaneHttpEvents *events)
{
  if (!g_ref_count_dec (&events->references))
    return;
  g_main_context_unref (events->context);
  g_object_unref (events->message);
  g_object_unref (events->cancellable);
  g_clear_object (&events->stream);
  g_clear_pointer (&events->parser, lane_sse_parser_free);
  g_free (events);
}

static const char *
host_of (const LaneHttpEvents *events)
{
  return g_uri_get_host (soup_message_get_uri (events->message));
}

static void
finish (LaneHttpEvents *events)
{
  events->over = TRUE;
  lane_timer_clear (&events->silence);
  lane_timer_clear (&events->expected);
  g_cancellable_cancel (events->cancellable);
}

static void
end (LaneHttpEvents *events, guint status, const char *why)
{
  finish (events);
  events->callbacks.ended (status, why, events->user_data);
}

static gboolean
on_no_answer (gpointer data)
{
  LaneHttpEvents *events = data;
  g_autofree char *why =
      g_strdup_printf ("no answer from %s within %u s", host_of (events), events->open_ms / 1000);

  end (events, 0, why);
  return G_SOURCE_REMOVE;
}

static gboolean
on_silence (gpointer data)
{
  LaneHttpEvents *events = data;
  g_autofree char *why = NULL;

  lane_timer_clear (&events->silence);
  if (!events->was_quiet) {
    events->was_quiet = TRUE;
    lane_patience_set (&events->silence, events->context, events->silence_ms / 2, on_silence,
                       events);
    events->callbacks.quiet (events->user_data);
    return G_SOURCE_REMOVE;
  }
  why = g_strdup_printf ("no sign of life from %s for %g s", host_of (events),
                         events->silence_ms / 1000.0);
  end (events, 0, why);
  return G_SOURCE_REMOVE;
}

static gboolean
on_deaf (gpointer data)
{
  LaneHttpEvents *events = data;

  finish (events);
  events->callbacks.deaf (events->user_data);
  return G_SOURCE_REMOVE;
}

static void
take_sign_of_life (LaneHttpEvents *events, gsize count)
{
  events->heard += count;
  events->was_quiet = FALSE;
  lane_timer_clear (&events->expected);
  lane_patience_set (&events->silence, events->context, events->silence_ms / 2, on_silence, events);
}

/* FALSE when it is over. */
static gboolean
take_bytes (LaneHttpEvents *events, gsize count)
{
  g_autoptr (GError) error = NULL;
  gsize at = 0;

  while (at < count) {
    LaneSseEvent event;
    gssize used =
        lane_sse_parser_feed (events->parser, events->buffer + at, count - at, &event, &error);

    if (used < 0) {
      end (events, 200, error->message);
      return FALSE;
    }
    at += (gsize)used;
    if (event.name != NULL)
      events->callbacks.event (&event, events->user_data);
    if (events->over)
      return FALSE;
  }
  return TRUE;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  LaneHttpEvents *events = data;
  g_autoptr (GError) error = NULL;
  gssize count = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);
  g_autofree char *why = NULL;

  if (events->over) {
    release (events);
    return;
  }
  if (count > 0) {
    take_sign_of_life (events, (gsize)count);
    if (take_bytes (events, (gsize)count))
      read_more (events);
  } else {
    why = error != NULL ? lane_http_call_explain (events->message, error)
                        : g_strdup_printf ("%s closed the connection", host_of (events));
    end (events, 0, why);
  }
  release (events);
}

static void
read_more (LaneHttpEvents *events)
{
  g_input_stream_read_async (events->stream, events->buffer, sizeof events->buffer,
                             G_PRIORITY_DEFAULT, events->cancellable, on_read, hold (events));
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  LaneHttpEvents *events = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream =
      soup_session_send_finish (SOUP_SESSION (source), result, &error);
  guint status = soup_message_get_status (events->message);
  g_autofree char *why = NULL;

  if (!events->over && stream != NULL && status == 200) {
    events->stream = g_steal_pointer (&stream);
    take_sign_of_life (events, 1);
    read_more (events);
    events->callbacks.opened (events->user_data);
  } else if (!events->over) {
    why = stream == NULL ? lane_http_call_explain (events->message, error)
                         : lane_http_call_explain_status (host_of (events), status, NULL, 0);
    end (events, stream == NULL ? 0 : status, why);
  }
  release (events);
}

LaneHttpEvents *
lane_http_events_new (GMainContext *context, SoupSession *session, SoupMessage *message,
                      guint open_ms, guint silence_ms, const LaneHttpEventsCallbacks *callbacks,
                      gpointer user_data)
{
  LaneHttpEvents *events = g_new0 (LaneHttpEvents, 1);

  g_ref_count_init (&events->references);
  events->context = g_main_context_ref (context);
  events->message = message;
  events->cancellable = g_cancellable_new ();
  events->parser = lane_sse_parser_new (MAX_EVENT);
  events->open_ms = open_ms;
  events->silence_ms = silence_ms;
  events->callbacks = *callbacks;
  events->user_data = user_data;
  lane_patience_set (&events->silence, context, open_ms, on_no_answer, events);
  soup_session_send_async (session, message, G_PRIORITY_DEFAULT, events->cancellable, on_answered,
                           hold (events));
  return events;
}

guint64
lane_http_events_get_heard (const LaneHttpEvents *events)
{
  return events->heard;
}

void
lane_http_events_expect (LaneHttpEvents *events, guint64 heard)
{
  if (events->over || events->stream == NULL || events->heard != heard || events->expected != NULL)
    return;
  lane_patience_set (&events->expected, events->context, EXPECTED_MS, on_deaf, events);
}

void
lane_http_events_free (LaneHttpEvents *events)
{
  if (events == NULL)
    return;
  finish (events);
  release (events);
}
