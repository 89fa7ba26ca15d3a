#include "signaling/http.h"

#include <libsoup/soup.h>
#include <string.h>

#include "signaling/http-call.h"
#include "signaling/http-events.h"
#include "signaling/http-post.h"
#include "signaling/outbox.h"
#include "signaling/patience.h"
#include "signaling/wire.h"
#include "timer.h"

#define STEP_MS     15000 /* each request while connecting; a slow line takes 5 s */
#define RENEW_MS    5000  /* another event stream beside a session that works */
#define SEND_MS     30000
#define SILENCE_MS  40000 /* the server writes at least every 15 s */
#define WARM_MS     60000 /* the server closes after 120 s without a request */
#define PAUSE_MS    1000  /* after 429 */
#define REASON_MS   500   /* from the end of a session to a word about it */
#define GOODBYE_MS  1000
#define REPLACED_MS 30000
#define BACKOFF_MIN 1000
#define BACKOFF_MAX 30000
#define AGAIN_MS    250 /* a lost session is made anew within this, if it lasted BACKOFF_MIN */

#define MAX_SESSION       256
#define WATCH_AT_SESSION  1024 /* more go in a request of their own */
#define IDLE_CONNECTION_S 100
#define MAX_CONNECTIONS   6 /* two, and the fresh ones beside two dead ones */

typedef struct {
  LaneSignaling base;
  grefcount references; /* the owner's, and one of each operation under way */
  GMainContext *context;
  LaneIdentity *identity;
  GUri *url;
  char *boot, *token;
  GTlsDatabase *trust;

  gboolean started, silent; /* silent: no callback any more */
  guint epoch;              /* of the connection; what an older one still brings is dropped */
  SoupSession *soup;
  GCancellable *cancellable;
  char *session;
  LaneHttpEvents *events;
  GSource *deadline, *retry, *flush, *reason, *expiry, *warm;
  guint backoff_ms, silence_ms;
  gint64 connected_at;
  gboolean yield; /* another run of our id took our place: do not take it back */

  char **watched;
  gboolean watch_pending;
  LaneOutbox *outbox;
  LaneHttpPost *post; /* under way */
  gboolean posting_watch;
  guint64 heard; /* of the events when it began */

  gboolean leaving, saying_goodbye;
  LaneSignalingStopped stopped;
  gpointer stopped_data;
  GSource *goodbye; /* holds a reference */
} LaneHttp;

/* An operation of one connection. */
typedef struct {
  LaneHttp *http;
  guint epoch;
  SoupMessage *message;
} Step;

static const char session_ended[] = "the rendezvous ended our session";

static void connect_now (LaneHttp *http);
static void flush_now (LaneHttp *http);
static void open_events (LaneHttp *http, guint limit_ms, SoupMessageFlags flags);
static void finish_leaving (LaneHttp *http);

static LaneHttp *
hold (LaneHttp *http)
{
  g_ref_count_inc (&http->references);
  return http;
}

static void
release (LaneHttp *http)
{
  if (!g_ref_count_dec (&http->references))
    return;
  g_main_context_unref (http->context);
  lane_identity_unref (http->identity);
  g_uri_unref (http->url);
  g_free (http->boot);
  g_free (http->token);
  g_clear_object (&http->trust);
  g_free (http->session);
  g_strfreev (http->watched);
  lane_outbox_free (http->outbox);
  g_free (http);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneHttp, release)

static Step *
step_new (LaneHttp *http, SoupMessage *message)
{
  Step *step = g_new0 (Step, 1);

  step->http = hold (http);
  step->epoch = http->epoch;
  step->message = g_object_ref (message);
  return step;
}

static void
step_free (Step *step)
{
  release (step->http);
  g_object_unref (step->message);
  g_free (step);
}

static gboolean
is_stale (const Step *step)
{
  return step->epoch != step->http->epoch;
}

/* The owner may free us inside any of these: callers hold a reference and look at `silent` or the
 * epoch afterwards. */
static void
set_state (LaneHttp *http, LaneSignalingState state, const char *detail)
{
  gboolean news = state != http->base.state || state == LANE_SIGNALING_DOWN;

  http->base.state = state;
  if (news && !http->silent && http->base.events.state_changed != NULL)
    http->base.events.state_changed (&http->base, state, detail, http->base.user_data);
}

static void
report_missed (LaneHttp *http)
{
  g_auto (GStrv) missed = lane_outbox_take_missed (http->outbox);

  for (guint i = 0; missed != NULL && missed[i] != NULL; i++) {
    if (!http->silent && http->base.events.undelivered != NULL)
      http->base.events.undelivered (&http->base, missed[i], http->base.user_data);
  }
}

/* Everything of the connection; nothing of it will be heard of again. */
static void
disconnect (LaneHttp *http)
{
  http->epoch++;
  lane_timer_clear (&http->deadline);
  lane_timer_clear (&http->retry);
  lane_timer_clear (&http->flush);
  lane_timer_clear (&http->reason);
  lane_timer_clear (&http->warm);
  g_clear_pointer (&http->session, g_free);
  g_clear_pointer (&http->events, lane_http_events_free);
  g_clear_pointer (&http->post, lane_http_post_free);
  lane_outbox_put_back (http->outbox);
  if (http->cancellable != NULL)
    g_cancellable_cancel (http->cancellable);
  g_clear_object (&http->cancellable);
  if (http->soup != NULL)
    soup_session_abort (http->soup);
  g_clear_object (&http->soup);
}

static gboolean
on_expiry (gpointer data)
{
  g_autoptr (LaneHttp) http = hold (data);
  gint64 now = g_get_monotonic_time ();
  gint64 next;

  lane_timer_clear (&http->expiry);
  lane_outbox_expire (http->outbox, now);
  next = lane_outbox_get_expiry (http->outbox);
  if (next != 0)
    lane_timer_set (&http->expiry, http->context, (guint)((next - now) / 1000 + 1), on_expiry,
                    http);
  report_missed (http);
  return G_SOURCE_REMOVE;
}

static gboolean
on_retry (gpointer data)
{
  g_autoptr (LaneHttp) http = hold (data);

  lane_timer_clear (&http->retry);
  connect_now (http);
  return G_SOURCE_REMOVE;
}

static void
fail_for (LaneHttp *http, guint wait_ms, const char *detail)
{
  g_autoptr (LaneHttp) held G_GNUC_UNUSED = hold (http);

  disconnect (http);
  if (http->leaving) {
    finish_leaving (http);
    return;
  }
  http->base.next_try_us = g_get_monotonic_time () + (gint64)wait_ms * 1000;
  lane_timer_set (&http->retry, http->context, wait_ms, on_retry, http);
  set_state (http, LANE_SIGNALING_DOWN, detail);
}

/* 1 s, doubled up to 30 s, a quarter more or less so that a fleet does not come at once. */
static void
fail (LaneHttp *http, const char *detail)
{
  guint wait = http->backoff_ms;

  http->backoff_ms = MIN (wait * 2, BACKOFF_MAX);
  wait = (guint)(wait * g_random_double_range (0.75, 1.25));
  fail_for (http, MIN (wait, BACKOFF_MAX), detail);
}

/* A session that held is made anew before anybody hears of it. A whole fleet may have lost it at
 * the same moment, so not all at once. */
static void
lose (LaneHttp *http, const char *why)
{
  gint64 lasted = g_get_monotonic_time () - http->connected_at;

  if (http->leaving || http->base.state != LANE_SIGNALING_CONNECTED
      || lasted < BACKOFF_MIN * G_TIME_SPAN_MILLISECOND) {
    fail (http, why);
    return;
  }
  disconnect (http);
  lane_timer_set (&http->retry, http->context, (guint)g_random_int_range (1, AGAIN_MS), on_retry,
                  http);
  set_state (http, LANE_SIGNALING_CONNECTING, NULL);
}

static void
fail_replaced (LaneHttp *http)
{
  http->yield = TRUE;
  fail_for (http, REPLACED_MS,
            "another node with our identity is online: two nodes share one key; give one of them "
            "a state-dir of its own");
}

static void
fail_status (LaneHttp *http, guint status, const char *body, gsize length)
{
  g_autofree char *why =
      lane_http_call_explain_status (g_uri_get_host (http->url), status, body, length);

  if (status == 409)
    fail_replaced (http);
  else
    fail (http, why);
}

static gboolean
on_no_answer (gpointer data)
{
  LaneHttp *http = data;
  g_autofree char *detail =
      g_strdup_printf ("no answer from %s within %d s", g_uri_get_host (http->url), STEP_MS / 1000);

  fail (http, detail);
  return G_SOURCE_REMOVE;
}

static SoupMessage *
message_new (LaneHttp *http, const char *method, const char *path, const char *body)
{
  return lane_http_call_message (method, http->url, path, http->session, body);
}

static void
call (LaneHttp *http, const char *method, const char *path, const char *body, LaneHttpCallDone done)
{
  SoupMessage *message = message_new (http, method, path, body);

  lane_http_call (http->soup, message, http->cancellable, done, step_new (http, message),
                  (GDestroyNotify)step_free);
}

/* What an answer to @step says under @name; NULL when it was a failure, and is dealt with. */
static char *
take_answer (Step *step, guint status, const char *body, gsize length, const GError *error,
             const char *name)
{
  char *value = NULL;

  if (is_stale (step))
    return NULL;
  if (error != NULL) {
    fail (step->http, error->message);
    return NULL;
  }
  if (status == 200)
    value = lane_wire_read_string (body, length, name);
  if (value == NULL)
    fail_status (step->http, status, body, length);
  return value;
}

static void
take_presence (LaneHttp *http, const LaneSseEvent *event)
{
  g_autofree char *id = NULL, *boot = NULL;

  if (http->base.events.presence != NULL
      && lane_wire_read_presence (event->data, event->length, &id, &boot))
    http->base.events.presence (&http->base, id, boot, http->base.user_data);
}

static void
on_event (const LaneSseEvent *event, gpointer data)
{
  LaneHttp *http = data;

  if (strcmp (event->name, "message") == 0) {
    if (http->base.events.received != NULL)
      http->base.events.received (&http->base, event->data, event->length, http->base.user_data);
  } else if (strcmp (event->name, "presence") == 0) {
    take_presence (http, event);
  } else if (strcmp (event->name, "replaced") == 0) {
    fail_replaced (http);
  }
}

static void
on_opened (gpointer data)
{
  LaneHttp *http = data;

  if (http->base.state == LANE_SIGNALING_CONNECTED) /* another stream of a session that held */
    return;
  http->backoff_ms = BACKOFF_MIN;
  http->yield = FALSE;
  http->connected_at = g_get_monotonic_time ();
  set_state (http, LANE_SIGNALING_CONNECTED, NULL);
}

static void
on_quiet (gpointer data)
{
  flush_now (data); /* the rendezvous acknowledges it on the event stream */
}

/* The session stands, but its event stream may lead nowhere: it goes on over another one. */
static void
renew_events (gpointer data)
{
  LaneHttp *http = data;

  if (http->base.state == LANE_SIGNALING_CONNECTED && !http->leaving)
    open_events (http, RENEW_MS, SOUP_MESSAGE_NEW_CONNECTION);
}

static void
on_ended (guint status, const char *why, gpointer data)
{
  if (status == 0 || status == 401)
    lose (data, status == 401 ? session_ended : why);
  else
    fail (data, why);
}

static void
open_events (LaneHttp *http, guint limit_ms, SoupMessageFlags flags)
{
  static const LaneHttpEventsCallbacks callbacks = { .opened = on_opened,
                                                     .event = on_event,
                                                     .quiet = on_quiet,
                                                     .deaf = renew_events,
                                                     .ended = on_ended };
  SoupMessage *message = message_new (http, "GET", "/v1/events", NULL);

  soup_message_add_flags (message, flags);
  g_clear_pointer (&http->events, lane_http_events_free);
  http->events = lane_http_events_new (http->context, http->soup, message, limit_ms,
                                       http->silence_ms, &callbacks, http);
}

static gboolean
on_warm (gpointer data)
{
  LaneHttp *http = data;

  flush_now (http);
  return G_SOURCE_CONTINUE;
}

static void
on_session (guint status, const char *body, gsize length, const GError *error, gpointer data)
{
  Step *step = data;
  LaneHttp *http = step->http;
  g_autofree char *session = take_answer (step, status, body, length, error, "session");

  if (session == NULL)
    return;
  if (strlen (session) > MAX_SESSION
      || strspn (session, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.~") != strlen (session)) {
    fail_status (http, 502, NULL, 0);
    return;
  }
  http->session = g_steal_pointer (&session);
  lane_timer_clear (&http->deadline);
  /* The event stream takes the connection over that we have. */
  open_events (http, STEP_MS, 0);
  /* What waits goes out beside it; if nothing does, this opens the connection for later. */
  flush_now (http);
  lane_timer_set (&http->warm, http->context, WARM_MS, on_warm, http);
}

static char *
session_request (LaneHttp *http, const char *challenge, GError **error)
{
  const char *const *watch = (const char *const *)http->watched;

  /* A list that changes from here on goes in a request of its own. */
  http->watch_pending = watch != NULL && g_strv_length (http->watched) > WATCH_AT_SESSION;
  return lane_wire_session (http->identity, challenge, http->boot, http->token, http->yield,
                            http->watch_pending ? NULL : watch, error);
}

static void
on_challenge (guint status, const char *body, gsize length, const GError *error, gpointer data)
{
  Step *step = data;
  g_autofree char *challenge = take_answer (step, status, body, length, error, "challenge");
  g_autofree char *request = NULL;
  g_autoptr (GError) problem = NULL;

  if (challenge == NULL)
    return;
  request = session_request (step->http, challenge, &problem);
  if (request == NULL) {
    fail (step->http, problem->message);
    return;
  }
  lane_patience_set (&step->http->deadline, step->http->context, STEP_MS, on_no_answer, step->http);
  call (step->http, "POST", "/v1/session", request, on_session);
}

static void
connect_now (LaneHttp *http)
{
  g_autofree char *request =
      g_strdup_printf ("{\"id\":\"%s\"}", lane_identity_get_id (http->identity));

  disconnect (http);
  http->soup = soup_session_new_with_options (
      "idle-timeout", IDLE_CONNECTION_S, "timeout", 0, "max-conns", MAX_CONNECTIONS,
      "max-conns-per-host", MAX_CONNECTIONS, "user-agent", "icelane/" ICELANE_VERSION, NULL);
  /* Proxies of a desktop's settings break an event stream, and know too much. */
  soup_session_set_proxy_resolver (http->soup, NULL);
  soup_session_remove_feature_by_type (http->soup, SOUP_TYPE_CONTENT_DECODER);
  if (http->trust != NULL)
    soup_session_set_tls_database (http->soup, http->trust);
  http->cancellable = g_cancellable_new ();
  lane_patience_set (&http->deadline, http->context, STEP_MS, on_no_answer, http);
  call (http, "POST", "/v1/challenge", request, on_challenge);
  set_state (http, LANE_SIGNALING_CONNECTING, NULL);
}

static gboolean
on_flush (gpointer data)
{
  LaneHttp *http = data;

  lane_timer_clear (&http->flush);
  flush_now (http);
  return G_SOURCE_REMOVE;
}

static gboolean
may_post (const LaneHttp *http)
{
  return http->session != NULL && http->post == NULL && http->reason == NULL;
}

/* At the end of this turn of the loop, so that what belongs together travels together. */
static void
flush_soon (LaneHttp *http)
{
  if (!may_post (http) || http->flush != NULL)
    return;
  http->flush = g_idle_source_new ();
  g_source_set_priority (http->flush, G_PRIORITY_DEFAULT);
  g_source_set_callback (http->flush, on_flush, http, NULL);
  g_source_attach (http->flush, http->context);
}

static void
take_undelivered (LaneHttp *http, const char *body, gsize length)
{
  g_auto (GStrv) ids = lane_wire_read_strings (body, length, "undelivered");

  for (guint i = 0; ids != NULL && ids[i] != NULL; i++) {
    if (!http->silent && http->base.events.undelivered != NULL)
      http->base.events.undelivered (&http->base, ids[i], http->base.user_data);
  }
}

static gboolean
on_session_ended (gpointer data)
{
  lose (data, session_ended);
  return G_SOURCE_REMOVE;
}

static void
on_posted (guint status, const char *body, gsize length, const GError *error, gpointer data)
{
  g_autoptr (LaneHttp) http = hold (data);
  guint epoch = http->epoch;

  g_clear_pointer (&http->post, lane_http_post_free);
  if (error != NULL) {
    lose (http, error->message);
    return;
  }
  if (status == 401) {
    /* The session ended, which is not a matter of the token. The event stream may yet say why:
     * whoever is replaced and does not know would push the other out. */
    lane_outbox_put_back (http->outbox);
    lane_timer_set (&http->reason, http->context, REASON_MS, on_session_ended, http);
    return;
  }
  if (status == 429) {
    lane_outbox_put_back (http->outbox);
    http->watch_pending |= http->posting_watch;
    lane_timer_set (&http->flush, http->context, PAUSE_MS, on_flush, http);
    return;
  }
  if (status == 200 || status == 204) {
    lane_outbox_settle (http->outbox);
    if (!http->posting_watch && http->events != NULL)
      lane_http_events_expect (http->events, http->heard);
    if (body != NULL && length > 0)
      take_undelivered (http, body, length);
  } else if (status >= 500) {
    fail_status (http, status, body, length);
    return;
  } else { /* asking the same again would end the same */
    lane_outbox_give_up (http->outbox);
    report_missed (http);
  }
  if (epoch != http->epoch)
    return;
  if (http->leaving || http->watch_pending || !lane_outbox_is_empty (http->outbox))
    flush_now (http);
}

static void
on_goodbye_said (guint status, const char *body, gsize length, const GError *error, gpointer data)
{
  Step *step = data;

  if (!is_stale (step))
    finish_leaving (step->http);
}

static void
say_goodbye (LaneHttp *http)
{
  if (http->saying_goodbye)
    return;
  http->saying_goodbye = TRUE;
  call (http, "DELETE", "/v1/session", NULL, on_goodbye_said);
}

static void
post (LaneHttp *http, const char *path, const char *body)
{
  /* What made one connection die may have made the other deaf. */
  static const LaneHttpPostEvents events = { .detour = renew_events, .done = on_posted };
  const LaneHttpPostOptions options = {
    .base = http->url, .path = path, .bearer = http->session, .body = body, .limit_ms = SEND_MS
  };

  http->heard = http->events == NULL ? 0 : lane_http_events_get_heard (http->events);
  http->post = lane_http_post_new (http->context, http->soup, &options, &events, http);
}

/* One request at a time keeps the order. Without anything to send it says that we are still here.
 */
static void
flush_now (LaneHttp *http)
{
  g_autofree char *body = NULL;
  const char *path = "/v1/send";

  if (!may_post (http))
    return;
  lane_timer_clear (&http->flush);
  http->posting_watch = http->watch_pending;
  if (http->watch_pending) {
    body = lane_wire_watch ((const char *const *)http->watched);
    path = "/v1/watch";
    http->watch_pending = FALSE;
  } else {
    body = lane_outbox_take (http->outbox, g_get_monotonic_time ());
    if (body == NULL && http->leaving) {
      say_goodbye (http);
      return;
    }
    if (body == NULL)
      body = g_strdup ("{\"messages\":[]}");
  }
  post (http, path, body);
}

static gboolean
on_goodbye (gpointer data)
{
  finish_leaving (data);
  return G_SOURCE_REMOVE;
}

static void
finish_leaving (LaneHttp *http)
{
  g_autoptr (LaneHttp) held G_GNUC_UNUSED = hold (http);
  LaneSignalingStopped stopped = http->stopped;

  http->stopped = NULL;
  http->leaving = FALSE;
  http->started = FALSE;
  disconnect (http);
  lane_timer_clear (&http->expiry);
  lane_timer_clear (&http->goodbye);
  if (stopped != NULL)
    stopped (http->stopped_data);
}

static void
leave (LaneHttp *http)
{
  http->leaving = TRUE;
  http->silent = TRUE;
  g_clear_pointer (&http->events, lane_http_events_free);
  lane_timer_clear (&http->retry);
  lane_timer_clear (&http->expiry);
  lane_timer_clear (&http->warm);

  http->goodbye = g_timeout_source_new (http->session == NULL ? 0 : GOODBYE_MS);
  g_source_set_callback (http->goodbye, on_goodbye, hold (http), (GDestroyNotify)release);
  g_source_attach (http->goodbye, http->context);
  flush_now (http);
}

static void
lane_http_start (LaneSignaling *signaling)
{
  LaneHttp *http = (LaneHttp *)signaling;

  if (http->started || http->silent)
    return;
  http->started = TRUE;
  connect_now (http);
}

static void
lane_http_watch (LaneSignaling *signaling, const char *const *peer_ids)
{
  LaneHttp *http = (LaneHttp *)signaling;

  if (http->watched != NULL && g_strv_equal ((const char *const *)http->watched, peer_ids))
    return;
  g_strfreev (http->watched);
  http->watched = g_strdupv ((char **)peer_ids);
  http->watch_pending = TRUE;
  flush_soon (http);
}

static void
lane_http_send (LaneSignaling *signaling, const char *to, const char *envelope)
{
  LaneHttp *http = (LaneHttp *)signaling;

  if (http->silent)
    return;
  lane_outbox_push (http->outbox, to, envelope, g_get_monotonic_time ());
  if (lane_outbox_has_missed (http->outbox))
    lane_timer_set (&http->expiry, http->context, 0, on_expiry, http);
  else if (http->expiry == NULL)
    lane_timer_set (&http->expiry, http->context, LANE_OUTBOX_LIFE_US / 1000, on_expiry, http);
  flush_soon (http);
}

static void
lane_http_network_changed (LaneSignaling *signaling)
{
  LaneHttp *http = (LaneHttp *)signaling;

  if (!http->started || http->silent)
    return;
  http->backoff_ms = BACKOFF_MIN;
  connect_now (http);
}

static void
lane_http_stop (LaneSignaling *signaling, LaneSignalingStopped stopped, gpointer user_data)
{
  LaneHttp *http = (LaneHttp *)signaling;

  g_return_if_fail (!http->silent);
  http->stopped = stopped;
  http->stopped_data = user_data;
  leave (http);
}

static void
lane_http_free (LaneSignaling *signaling)
{
  LaneHttp *http = (LaneHttp *)signaling;

  http->stopped = NULL;
  if (!http->silent)
    leave (http);
  release (http);
}

static GUri *
parse_url (const char *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, error);

  if (uri == NULL) {
    g_prefix_error (error, "'%s' is not a URL: ", url);
    return NULL;
  }
  if ((strcmp (g_uri_get_scheme (uri), "http") != 0
       && strcmp (g_uri_get_scheme (uri), "https") != 0)
      || g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0'
      || g_uri_get_userinfo (uri) != NULL || g_uri_get_query (uri) != NULL
      || g_uri_get_fragment (uri) != NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "'%s' is not the URL of a rendezvous, like https://rendezvous.example.net:7447",
                 url);
    return NULL;
  }
  return g_steal_pointer (&uri);
}

LaneSignaling *
lane_signaling_http_new (GMainContext *context, LaneIdentity *identity,
                         const LaneSignalingHttpOptions *options, const LaneSignalingEvents *events,
                         gpointer user_data, GError **error)
{
  static const LaneSignalingClass klass = {
    .start = lane_http_start,
    .watch = lane_http_watch,
    .send = lane_http_send,
    .network_changed = lane_http_network_changed,
    .stop = lane_http_stop,
    .free = lane_http_free,
  };
  g_autoptr (GUri) url = parse_url (options->url, error);
  g_autoptr (GTlsDatabase) trust = NULL;
  LaneHttp *http;

  if (url == NULL)
    return NULL;
  if (options->ca_file != NULL) {
    trust = g_tls_file_database_new (options->ca_file, error);
    if (trust == NULL) {
      g_prefix_error (error, "cannot use the certificates in %s: ", options->ca_file);
      return NULL;
    }
  }

  http = g_new0 (LaneHttp, 1);
  g_ref_count_init (&http->references);
  http->base.klass = &klass;
  http->base.events = *events;
  http->base.user_data = user_data;
  http->context = g_main_context_ref (context);
  http->identity = lane_identity_ref (identity);
  http->url = g_steal_pointer (&url);
  http->boot = g_strdup (options->boot);
  http->token = g_strdup (options->token);
  http->trust = g_steal_pointer (&trust);
  http->silence_ms = options->silence_ms > 0 ? options->silence_ms : SILENCE_MS;
  http->backoff_ms = BACKOFF_MIN;
  http->outbox = lane_outbox_new ();
  return &http->base;
}
