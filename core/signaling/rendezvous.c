#include "signaling/rendezvous.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <libsoup/soup.h>
#include <string.h>

#include "secure/envelope.h"
#include "secure/identity.h"
#include "signaling/batch.h"
#include "signaling/bounded-json.h"
#include "signaling/challenge.h"
#include "signaling/http-listener.h"
#include "signaling/http-reply.h"
#include "signaling/roster.h"
#include "signaling/upload.h"

#define MAX_CONNECTIONS  2560 /* a node keeps two: its events, and one for requests */
#define MAX_UNTRUSTED    96   /* each may make libsoup hold 100 KiB of headers */
#define MAX_PER_ADDRESS  48
#define AUTH_MS          10000 /* from the connection to a proved id */
#define REQUEST_MS       30000 /* from the first byte of a request to its end; a line may be slow */
#define IDLE_MS          120000 /* between requests of a proved client */
#define MAX_SMALL_BODY   4096
#define MAX_SESSION_BODY (64 * 1024)
#define MAX_WATCH_BODY   (256 * 1024)
#define MAX_SEND_BODY    (LANE_ENVELOPE_MAX_BYTES + 2048)
#define MAX_BODIES       (8 * 1024 * 1024) /* held at once, of all requests */
#define MAX_STRING       4096
#define BOOT_LENGTH      32

struct _LaneRendezvous {
  GMainContext *context;
  SoupServer *server;
  LaneHttpListener *listener;
  LaneRoster *roster;
  LaneChallenges *challenges;
  gboolean wants_token;
  guint8 token_hash[32];
  LaneUploads *uploads;
  GPtrArray *takeovers; /* of GSource: event streams to be taken over */
};

static gboolean
is_boot (const char *text)
{
  return strlen (text) == BOOT_LENGTH && strspn (text, "0123456789abcdef") == BOOT_LENGTH;
}

static LaneMember *
authenticate (LaneRendezvous *rendezvous, SoupServerMessage *message, const char *token)
{
  LaneHttpConnection *connection = lane_http_listener_find (rendezvous->listener, message);
  const char *header = soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), "Authorization");
  LaneMember *member = NULL;

  if (header != NULL && g_ascii_strncasecmp (header, "Bearer ", 7) == 0)
    token = header + 7;
  if (token != NULL)
    member = lane_roster_find (rendezvous->roster, token);
  if (member == NULL)
    lane_http_refuse (message, 401, "no such session: it ended, or never was; make a new one");
  else if (connection != NULL)
    lane_http_connection_trust (connection);
  return member;
}

static gboolean
may_spend (LaneMember *member, SoupServerMessage *message, guint cost)
{
  if (lane_member_spend (member, cost))
    return TRUE;
  lane_http_refuse (message, 429, "too much at once: wait a second");
  return FALSE;
}

static void
answer_error (SoupServerMessage *message, const GError *error)
{
  guint status = 400;

  if (g_error_matches (error, LANE_ROSTER_ERROR, LANE_ROSTER_ERROR_FULL))
    status = 503;
  else if (g_error_matches (error, LANE_ROSTER_ERROR, LANE_ROSTER_ERROR_TAKEN))
    status = 409;
  lane_http_refuse (message, status, error->message);
}

/* The ids in array @name; NULL with @error when there is anything else in it. Their text belongs to
 * @object. */
static GPtrArray *
read_ids (JsonObject *object, const char *name, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node)) {
    g_set_error (error, LANE_ROSTER_ERROR, LANE_ROSTER_ERROR_TOO_MANY,
                 "\"%s\" must be an array of ids", name);
    return NULL;
  }
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *item = json_array_get_element (array, i);
    const char *id =
        json_node_get_value_type (item) == G_TYPE_STRING ? json_node_get_string (item) : NULL;

    if (id == NULL || !lane_id_is_canonical (id)) {
      g_set_error (error, LANE_ROSTER_ERROR, LANE_ROSTER_ERROR_TOO_MANY,
                   "\"%s\"[%u] is not an id (52 of a-z, 2-7)", name, i);
      return NULL;
    }
    g_ptr_array_add (ids, (char *)id);
  }
  return g_steal_pointer (&ids);
}

static gboolean
watch_ids (LaneMember *member, JsonObject *object, const char *name, GError **error)
{
  g_autoptr (GPtrArray) ids = read_ids (object, name, error);

  return ids != NULL
         && lane_member_watch (member, (const char *const *)ids->pdata, ids->len, error);
}

static void
on_challenge (LaneRendezvous *rendezvous, SoupServerMessage *message)
{
  LaneHttpConnection *connection = lane_http_listener_find (rendezvous->listener, message);
  g_autoptr (JsonNode) body = lane_http_read_body (message, MAX_SMALL_BODY, MAX_STRING);
  g_autoptr (GError) error = NULL;
  g_autofree char *challenge = NULL;
  const char *id;

  if (body == NULL)
    return;
  id = lane_bounded_json_get_string (json_node_get_object (body), "id", &error);
  if (id == NULL || !lane_id_is_canonical (id)) {
    lane_http_refuse (message, 400, "\"id\" is not an id (52 of a-z, 2-7)");
    return;
  }
  challenge = lane_challenges_issue (
      rendezvous->challenges, id,
      connection == NULL ? NULL : lane_http_connection_get_source (connection),
      g_get_monotonic_time ());
  lane_http_reply_string (message, "challenge", challenge);
}

static void
hash_token (const char *token, guint8 hash[32])
{
  gnutls_hash_fast (GNUTLS_DIG_SHA256, token, strlen (token), hash);
}

static gboolean
has_token (const LaneRendezvous *rendezvous, JsonObject *object)
{
  const char *token = lane_bounded_json_get_string (object, "token", NULL);
  guint8 hash[32];

  if (!rendezvous->wants_token)
    return TRUE;
  if (token == NULL)
    return FALSE;
  hash_token (token, hash);
  return gnutls_memcmp (hash, rendezvous->token_hash, sizeof hash) == 0;
}

static GBytes *
read_base64 (JsonObject *object, const char *name, GError **error)
{
  const char *text = lane_bounded_json_get_string (object, name, error);
  gsize length;
  guint8 *bytes;

  if (text == NULL)
    return NULL;
  bytes = g_base64_decode (text, &length);
  return g_bytes_new_take (bytes, length);
}

/* That the sender holds the key of @id: it signed our challenge and its boot. */
static gboolean
is_proved (LaneRendezvous *rendezvous, JsonObject *object, const char *id, const char *boot,
           GError **error)
{
  const char *challenge = lane_bounded_json_get_string (object, "challenge", error);
  g_autoptr (GBytes) key = challenge == NULL ? NULL : read_base64 (object, "key", error);
  g_autoptr (GBytes) signature = key == NULL ? NULL : read_base64 (object, "signature", error);
  g_autoptr (GBytes) statement = NULL;
  g_autofree char *key_id = NULL;

  if (signature == NULL)
    return FALSE;
  if (!lane_challenges_redeem (rendezvous->challenges, challenge, id, g_get_monotonic_time ())) {
    g_set_error_literal (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_SIGNATURE,
                         "the challenge is unknown, used, of another id, or older than 10 s");
    return FALSE;
  }
  key_id = lane_id_from_public_key (g_bytes_get_data (key, NULL), g_bytes_get_size (key));
  if (key_id == NULL || strcmp (key_id, id) != 0) {
    g_set_error_literal (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_SIGNATURE,
                         "\"key\" is not the key of \"id\"");
    return FALSE;
  }
  statement = lane_challenge_statement (challenge, boot);
  return lane_identity_verify (key, statement, signature, error);
}

static void
open_session (LaneRendezvous *rendezvous, SoupServerMessage *message, JsonObject *object,
              const char *id, const char *boot)
{
  LaneHttpConnection *connection = lane_http_listener_find (rendezvous->listener, message);
  g_autoptr (GError) error = NULL;
  JsonNode *yield = json_object_get_member (object, "yield");
  LaneMember *member =
      lane_roster_join (rendezvous->roster, id, boot,
                        connection == NULL ? NULL : lane_http_connection_get_source (connection),
                        yield != NULL && json_node_get_value_type (yield) == G_TYPE_BOOLEAN
                            && json_node_get_boolean (yield),
                        &error);

  if (member == NULL) {
    answer_error (message, error);
    return;
  }
  if (json_object_has_member (object, "watch") && !watch_ids (member, object, "watch", &error)) {
    lane_member_leave (member);
    answer_error (message, error);
    return;
  }
  if (connection != NULL)
    lane_http_connection_trust (connection);
  lane_http_reply_string (message, "session", lane_member_get_token (member));
}

static void
on_session (LaneRendezvous *rendezvous, SoupServerMessage *message)
{
  g_autoptr (JsonNode) body = lane_http_read_body (message, MAX_SESSION_BODY, MAX_STRING);
  g_autoptr (GError) error = NULL;
  JsonObject *object;
  const char *id, *boot;

  if (body == NULL)
    return;
  object = json_node_get_object (body);
  id = lane_bounded_json_get_string (object, "id", &error);
  boot = id == NULL ? NULL : lane_bounded_json_get_string (object, "boot", &error);
  if (boot == NULL)
    lane_http_refuse (message, 400, error->message);
  else if (!lane_id_is_canonical (id))
    lane_http_refuse (message, 400, "\"id\" is not an id (52 of a-z, 2-7)");
  else if (!is_boot (boot))
    lane_http_refuse (message, 400, "\"boot\" is not 32 of 0-9, a-f");
  else if (!has_token (rendezvous, object))
    lane_http_refuse (message, 401, "\"token\" is missing or not the one of this rendezvous");
  else if (!is_proved (rendezvous, object, id, boot, &error))
    lane_http_refuse (message, 403, error->message);
  else
    open_session (rendezvous, message, object, id, boot);
}

static void
on_watch (LaneRendezvous *rendezvous, SoupServerMessage *message)
{
  LaneMember *member = authenticate (rendezvous, message, NULL);
  g_autoptr (JsonNode) body = NULL;
  g_autoptr (GError) error = NULL;

  if (member == NULL || !may_spend (member, message, 50))
    return;
  body = lane_http_read_body (message, MAX_WATCH_BODY, MAX_STRING);
  if (body == NULL)
    return;
  if (watch_ids (member, json_node_get_object (body), "ids", &error))
    lane_http_reply (message, 204, NULL);
  else
    answer_error (message, error);
}

static void
deliver (LaneRendezvous *rendezvous, SoupServerMessage *message, GPtrArray *items)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (GHashTable) missed = g_hash_table_new (g_str_hash, g_str_equal);
  JsonArray *undelivered = json_array_new ();

  for (guint i = 0; i < items->len; i++) {
    const LaneBatchItem *item = items->pdata[i];
    gsize length;
    const char *text = g_bytes_get_data (item->text, &length);

    if (!lane_roster_deliver (rendezvous->roster, item->to, text, length)
        && g_hash_table_add (missed, item->to))
      json_array_add_string_element (undelivered, item->to);
  }
  json_object_set_array_member (object, "undelivered", undelivered);
  lane_http_reply (message, 200, object);
}

static void
on_send (LaneRendezvous *rendezvous, SoupServerMessage *message)
{
  LaneMember *member = authenticate (rendezvous, message, NULL);
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GPtrArray) items = NULL;
  g_autoptr (GError) error = NULL;
  const char *text;
  gsize length;

  if (member == NULL || !may_spend (member, message, 1))
    return;
  body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  text = g_bytes_get_data (body, &length);
  items = lane_batch_parse (text == NULL ? "" : text, length, MAX_SEND_BODY,
                            lane_member_get_id (member), &error);
  if (items == NULL)
    lane_http_refuse (message, (guint)error->code, error->message);
  else if (may_spend (member, message, items->len)) {
    deliver (rendezvous, message, items);
    lane_member_acknowledge (member);
  }
}

static void
on_leave (LaneRendezvous *rendezvous, SoupServerMessage *message)
{
  LaneMember *member = authenticate (rendezvous, message, NULL);

  if (member == NULL)
    return;
  lane_member_leave (member);
  lane_http_reply (message, 204, NULL);
}

typedef struct {
  LaneRendezvous *rendezvous;
  SoupServerMessage *message;
  GSource *source;
  char *token;
} Takeover;

static void
takeover_free (Takeover *takeover)
{
  g_object_unref (takeover->message);
  g_free (takeover->token);
  g_free (takeover);
}

/* From here on the connection is an event stream and none of libsoup's business: it would not
 * notice the reader leaving while it has nothing to write. */
static gboolean
on_takeover (gpointer data)
{
  Takeover *takeover = data;
  LaneRendezvous *rendezvous = takeover->rendezvous;
  LaneMember *member = lane_roster_find (rendezvous->roster, takeover->token);
  LaneHttpConnection *connection =
      lane_http_listener_find (rendezvous->listener, takeover->message);
  GIOStream *stream = soup_server_message_steal_connection (takeover->message);

  if (stream != NULL && member != NULL && connection != NULL) {
    lane_http_connection_set_deadline (connection, 0);
    lane_member_listen (member, stream,
                        "HTTP/1.1 200 OK\r\n"
                        "Content-Type: text/event-stream\r\n"
                        "Cache-Control: no-store\r\n"
                        "X-Accel-Buffering: no\r\n"
                        "Connection: close\r\n\r\n"
                        ":\n\n");
  } else if (stream != NULL) { /* the session ended meanwhile */
    g_io_stream_close (stream, NULL, NULL);
    g_object_unref (stream);
  }
  g_ptr_array_remove_fast (rendezvous->takeovers, takeover->source);
  return G_SOURCE_REMOVE;
}

static void
on_events (LaneRendezvous *rendezvous, SoupServerMessage *message, GHashTable *query)
{
  const char *token = query == NULL ? NULL : g_hash_table_lookup (query, "session");
  LaneMember *member = authenticate (rendezvous, message, token);
  Takeover *takeover;

  if (member == NULL || !may_spend (member, message, 50))
    return;
  soup_server_message_pause (message);
  takeover = g_new0 (Takeover, 1);
  takeover->rendezvous = rendezvous;
  takeover->message = g_object_ref (message);
  takeover->token = g_strdup (lane_member_get_token (member));
  takeover->source = g_idle_source_new ();
  g_source_set_priority (takeover->source, G_PRIORITY_HIGH);
  g_source_set_callback (takeover->source, on_takeover, takeover, (GDestroyNotify)takeover_free);
  g_ptr_array_add (rendezvous->takeovers, takeover->source);
  g_source_attach (takeover->source, rendezvous->context);
}

static void
on_front_page (SoupServerMessage *message)
{
  static const char text[] = "icelane rendezvous: HTTP requests up, Server-Sent Events down; "
                             "see docs/signaling.md\n";

  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, text,
                                    sizeof text - 1);
}

static const struct {
  const char *path, *method;
  void (*handle) (LaneRendezvous *rendezvous, SoupServerMessage *message);
  gsize max_body;
} routes[] = {
  { "/v1/challenge", "POST", on_challenge, MAX_SMALL_BODY },
  { "/v1/session", "POST", on_session, MAX_SESSION_BODY },
  { "/v1/session", "DELETE", on_leave, 0 },
  { "/v1/watch", "POST", on_watch, MAX_WATCH_BODY },
  { "/v1/send", "POST", on_send, MAX_SEND_BODY },
};

static void
route (LaneRendezvous *rendezvous, SoupServerMessage *message, const char *path, GHashTable *query)
{
  const char *method = soup_server_message_get_method (message);
  gboolean known = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (routes); i++) {
    if (strcmp (path, routes[i].path) != 0)
      continue;
    known = TRUE;
    if (strcmp (method, routes[i].method) == 0) {
      routes[i].handle (rendezvous, message);
      return;
    }
  }
  if (strcmp (path, "/v1/events") == 0 && strcmp (method, "GET") == 0)
    on_events (rendezvous, message, query);
  else if (strcmp (path, "/") == 0 && strcmp (method, "GET") == 0)
    on_front_page (message);
  else if (known || strcmp (path, "/v1/events") == 0 || strcmp (path, "/") == 0)
    lane_http_refuse (message, 405, "not with this method");
  else
    lane_http_refuse (message, 404, "nothing here");
}

static gsize
body_limit (const char *method, const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (routes); i++) {
    if (strcmp (path, routes[i].path) == 0 && strcmp (method, routes[i].method) == 0)
      return routes[i].max_body;
  }
  return 0;
}

static void
on_excess (SoupServerMessage *message, gpointer data)
{
  LaneRendezvous *rendezvous = data;
  LaneHttpConnection *connection = lane_http_listener_find (rendezvous->listener, message);

  if (connection != NULL)
    lane_http_connection_drop (connection);
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
            gpointer data)
{
  guint refusal = lane_uploads_get_refusal (message);

  if (refusal != 0)
    lane_http_refuse (message, refusal,
                      refusal == 413 ? "the body is too large" : "too much at once: try again");
  else
    route (data, message, path, query);
}

static void
on_request_started (SoupServer *server, SoupServerMessage *message, gpointer data)
{
  LaneRendezvous *rendezvous = data;
  LaneHttpConnection *connection = lane_http_listener_find (rendezvous->listener, message);

  if (connection != NULL && lane_http_connection_is_trusted (connection))
    lane_http_connection_set_deadline (connection, REQUEST_MS);
  lane_uploads_watch (rendezvous->uploads, message);
}

static void
on_request_finished (SoupServer *server, SoupServerMessage *message, gpointer data)
{
  LaneRendezvous *rendezvous = data;
  LaneHttpConnection *connection = lane_http_listener_find (rendezvous->listener, message);

  if (connection != NULL && lane_http_connection_is_trusted (connection))
    lane_http_connection_set_deadline (connection, IDLE_MS);
}

static GTlsCertificate *
load_certificate (const LaneRendezvousOptions *options, GError **error)
{
  GTlsCertificate *certificate;

  if (options->cert_file == NULL || options->key_file == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         "a certificate needs its key and a key its certificate: give both");
    return NULL;
  }
  certificate = g_tls_certificate_new_from_files (options->cert_file, options->key_file, error);
  if (certificate == NULL)
    g_prefix_error (error, "cannot use %s with %s: ", options->cert_file, options->key_file);
  return certificate;
}

LaneRendezvous *
lane_rendezvous_new (GMainContext *context, const LaneRendezvousOptions *options, GError **error)
{
  LaneHttpListenerOptions listening = {
    .listen = options->listen,
    .max_connections = MAX_CONNECTIONS,
    .max_untrusted = MAX_UNTRUSTED,
    .max_per_address = options->max_per_address > 0 ? options->max_per_address : MAX_PER_ADDRESS,
    .count_loopback = options->max_per_address > 0,
    .deadline_ms = AUTH_MS,
  };
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (SoupServer) server = NULL;
  LaneHttpListener *listener;
  LaneRendezvous *rendezvous;

  if (options->cert_file != NULL || options->key_file != NULL) {
    certificate = load_certificate (options, error);
    if (certificate == NULL)
      return NULL;
  }
  listening.certificate = certificate;
  server = soup_server_new (NULL, NULL);
  listener = lane_http_listener_new (context, server, &listening, error);
  if (listener == NULL)
    return NULL;

  rendezvous = g_new0 (LaneRendezvous, 1);
  rendezvous->context = g_main_context_ref (context);
  rendezvous->server = g_steal_pointer (&server);
  rendezvous->listener = listener;
  rendezvous->roster = lane_roster_new (context);
  rendezvous->challenges = lane_challenges_new ();
  rendezvous->uploads = lane_uploads_new (MAX_BODIES, body_limit, on_excess, rendezvous);
  rendezvous->takeovers = g_ptr_array_new_with_free_func ((GDestroyNotify)g_source_unref);
  rendezvous->wants_token = options->token != NULL;
  if (rendezvous->wants_token)
    hash_token (options->token, rendezvous->token_hash);

  soup_server_add_handler (rendezvous->server, NULL, on_request, rendezvous, NULL);
  g_signal_connect (rendezvous->server, "request-started", G_CALLBACK (on_request_started),
                    rendezvous);
  g_signal_connect (rendezvous->server, "request-finished", G_CALLBACK (on_request_finished),
                    rendezvous);
  return rendezvous;
}

guint16
lane_rendezvous_get_port (const LaneRendezvous *rendezvous)
{
  return lane_http_listener_get_port (rendezvous->listener);
}

void
lane_rendezvous_free (LaneRendezvous *rendezvous)
{
  if (rendezvous == NULL)
    return;
  for (guint i = 0; i < rendezvous->takeovers->len; i++)
    g_source_destroy (rendezvous->takeovers->pdata[i]);
  g_ptr_array_unref (rendezvous->takeovers);
  lane_roster_free (rendezvous->roster);
  g_signal_handlers_disconnect_by_data (rendezvous->server, rendezvous);
  soup_server_disconnect (rendezvous->server);
  lane_http_listener_free (rendezvous->listener);
  g_object_unref (rendezvous->server);
  lane_uploads_free (rendezvous->uploads);
  lane_challenges_free (rendezvous->challenges);
  g_main_context_unref (rendezvous->context);
  g_free (rendezvous);
}
