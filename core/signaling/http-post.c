#include "signaling/http-post.h"

#include <string.h>

#include "signaling/http-call.h"
#include "signaling/patience.h"
#include "timer.h"

/* For the answer on a kept connection: this, and what the body takes at 64 kbit/s. */
#define KEPT_MS           2000
#define KEPT_BYTES_PER_MS 8

typedef struct {
  LaneHttpPost *post; /* NULL: given up, whatever comes */
  SoupMessage *message;
  GCancellable *cancellable;
  gboolean fresh;     /* goes on a connection made for it */
  gboolean restarted; /* after its connection turned out broken */
} Attempt;

struct _LaneHttpPost {
  GMainContext *context;
  SoupSession *session;
  GUri *base;
  char *path, *bearer, *body;
  guint limit_ms;
  LaneHttpPostEvents events;
  gpointer user_data;
  Attempt *attempt; /* owned by its call */
  GSource *limit;
};

static void try_on (LaneHttpPost *post, gboolean fresh);

static void
attempt_free (Attempt *attempt)
{
  if (attempt->post != NULL)
    attempt->post->attempt = NULL;
  g_signal_handlers_disconnect_by_data (attempt->message, attempt);
  g_object_unref (attempt->message);
  g_object_unref (attempt->cancellable);
  g_free (attempt);
}

static void
give_up_attempt (LaneHttpPost *post)
{
  Attempt *attempt = g_steal_pointer (&post->attempt);

  lane_timer_clear (&post->limit);
  if (attempt == NULL)
    return;
  attempt->post = NULL;
  g_cancellable_cancel (attempt->cancellable);
}

static void
take_detour (LaneHttpPost *post)
{
  give_up_attempt (post);
  try_on (post, TRUE);
  post->events.detour (post->user_data);
}

static void
on_done (guint status, const char *body, gsize length, const GError *error, gpointer data)
{
  Attempt *attempt = data;
  LaneHttpPost *post = attempt->post;

  if (post == NULL)
    return;
  if (error != NULL && !attempt->fresh) {
    take_detour (post);
    return;
  }
  lane_timer_clear (&post->limit);
  post->events.done (status, body, length, error, post->user_data);
}

static gboolean
on_late (gpointer data)
{
  LaneHttpPost *post = data;
  g_autoptr (GError) error = NULL;

  if (!post->attempt->fresh) {
    take_detour (post);
    return G_SOURCE_REMOVE;
  }
  give_up_attempt (post);
  error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "no answer from %s within %u s",
                       g_uri_get_host (post->base), post->limit_ms / 1000);
  post->events.done (0, NULL, 0, error, post->user_data);
  return G_SOURCE_REMOVE;
}

/* Comes only while a connection is made: this one was not kept. */
static void
on_connecting (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer data)
{
  Attempt *attempt = data;

  if (attempt->fresh || attempt->restarted || attempt->post == NULL)
    return;
  attempt->fresh = TRUE;
  lane_patience_set (&attempt->post->limit, attempt->post->context, attempt->post->limit_ms,
                     on_late, attempt->post);
}

/* libsoup found the connection broken and would silently try another one it kept, and another. */
static void
on_restarted (SoupMessage *message, gpointer data)
{
  Attempt *attempt = data;

  if (attempt->fresh || attempt->post == NULL)
    return;
  attempt->restarted = TRUE;
  lane_timer_set (&attempt->post->limit, attempt->post->context, 0, on_late, attempt->post);
}

static void
try_on (LaneHttpPost *post, gboolean fresh)
{
  gsize length = post->body == NULL ? 0 : strlen (post->body);
  guint limit_ms = fresh ? post->limit_ms : KEPT_MS + (guint)(length / KEPT_BYTES_PER_MS);
  Attempt *attempt = g_new0 (Attempt, 1);
  SoupMessage *message =
      lane_http_call_message ("POST", post->base, post->path, post->bearer, post->body);

  attempt->post = post;
  attempt->fresh = fresh;
  attempt->cancellable = g_cancellable_new ();
  attempt->message = g_object_ref (message);
  post->attempt = attempt;
  lane_patience_set (&post->limit, post->context, limit_ms, on_late, post);
  if (fresh)
    soup_message_add_flags (message, SOUP_MESSAGE_NEW_CONNECTION);
  g_signal_connect (message, "network-event", G_CALLBACK (on_connecting), attempt);
  g_signal_connect (message, "restarted", G_CALLBACK (on_restarted), attempt);
  lane_http_call (post->session, message, attempt->cancellable, on_done, attempt,
                  (GDestroyNotify)attempt_free);
}

LaneHttpPost *
lane_http_post_new (GMainContext *context, SoupSession *session, const LaneHttpPostOptions *options,
                    const LaneHttpPostEvents *events, gpointer user_data)
{
  LaneHttpPost *post = g_new0 (LaneHttpPost, 1);

  post->context = g_main_context_ref (context);
  post->session = g_object_ref (session);
  post->base = g_uri_ref (options->base);
  post->path = g_strdup (options->path);
  post->bearer = g_strdup (options->bearer);
  post->body = g_strdup (options->body);
  post->limit_ms = options->limit_ms;
  post->events = *events;
  post->user_data = user_data;
  try_on (post, FALSE);
  return post;
}

void
lane_http_post_free (LaneHttpPost *post)
{
  if (post == NULL)
    return;
  give_up_attempt (post);
  g_main_context_unref (post->context);
  g_object_unref (post->session);
  g_uri_unref (post->base);
  g_free (post->path);
  g_free (post->bearer);
  g_free (post->body);
  g_free (post);
}
