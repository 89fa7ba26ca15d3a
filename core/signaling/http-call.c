#include "signaling/http-call.h"

#include <string.h>

#include "signaling/bounded-json.h"
#include "text.h"

#define MAX_BODY   (64 * 1024)
#define MAX_SAID   200 /* bytes of a server's own words that we repeat */
#define READ_BYTES 8192

typedef struct {
  SoupMessage *message;
  GCancellable *cancellable;
  GInputStream *stream;
  GByteArray *body;
  LaneHttpCallDone done;
  gpointer user_data;
  GDestroyNotify destroy;
  guint8 buffer[READ_BYTES];
} Call;

static void read_more (Call *call);

static void
call_free (Call *call)
{
  if (call->destroy != NULL)
    call->destroy (call->user_data);
  g_object_unref (call->message);
  g_clear_object (&call->cancellable);
  g_clear_object (&call->stream);
  g_byte_array_unref (call->body);
  g_free (call);
}

static void
fail (Call *call, const GError *reason)
{
  g_autofree char *text = lane_http_call_explain (call->message, reason);
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, text);

  call->done (0, NULL, 0, error, call->user_data);
  call_free (call);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  g_autoptr (GError) error = NULL;
  gssize count = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);

  if (count > 0 && call->body->len + (gsize)count <= MAX_BODY) {
    g_byte_array_append (call->body, call->buffer, (guint)count);
    read_more (call);
    return;
  }
  if (count > 0)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                                 "its answer is longer than 64 KiB");
  if (error != NULL) {
    fail (call, error);
    return;
  }
  g_byte_array_append (call->body, (const guint8 *)"", 1);
  call->done (soup_message_get_status (call->message), (const char *)call->body->data,
              call->body->len - 1, NULL, call->user_data);
  call_free (call);
}

static void
read_more (Call *call)
{
  g_input_stream_read_async (call->stream, call->buffer, sizeof call->buffer, G_PRIORITY_DEFAULT,
                             call->cancellable, on_read, call);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  g_autoptr (GError) error = NULL;

  call->stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (call->stream == NULL)
    fail (call, error);
  else
    read_more (call);
}

SoupMessage *
lane_http_call_message (const char *method, GUri *base, const char *path, const char *bearer,
                        const char *body)
{
  const char *prefix = g_uri_get_path (base);
  gsize length = strlen (prefix);
  g_autofree char *full = NULL;
  g_autoptr (GUri) uri = NULL;
  SoupMessage *message;

  while (length > 0 && prefix[length - 1] == '/')
    length--;
  full = g_strdup_printf ("%.*s%s", (int)length, prefix, path);
  uri = g_uri_build (SOUP_HTTP_URI_FLAGS, g_uri_get_scheme (base), NULL, g_uri_get_host (base),
                     g_uri_get_port (base), full, NULL, NULL);
  message = soup_message_new_from_uri (method, uri);
  /* Everything we ask for may be asked twice: receivers drop doubles. Only what may be repeated
   * goes on a kept connection with libsoup. */
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_IDEMPOTENT);
  if (bearer != NULL) {
    g_autofree char *value = g_strconcat ("Bearer ", bearer, NULL);

    soup_message_headers_replace (soup_message_get_request_headers (message), "Authorization",
                                  value);
  }
  if (body != NULL) {
    g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

    soup_message_set_request_body_from_bytes (message, "application/json", bytes);
  }
  return message;
}

void
lane_http_call (SoupSession *session, SoupMessage *message, GCancellable *cancellable,
                LaneHttpCallDone done, gpointer user_data, GDestroyNotify destroy)
{
  Call *call = g_new0 (Call, 1);

  call->message = message;
  call->cancellable = cancellable == NULL ? NULL : g_object_ref (cancellable);
  call->body = g_byte_array_new ();
  call->done = done;
  call->user_data = user_data;
  call->destroy = destroy;
  soup_session_send_async (session, message, G_PRIORITY_DEFAULT, cancellable, on_answered, call);
}

static char *
explain_certificate (const char *host, GTlsCertificateFlags flags)
{
  if (flags & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return g_strdup_printf ("the certificate there is not for '%s': write the name it was made for "
                            "in [signaling] url",
                            host);
  if (flags & G_TLS_CERTIFICATE_EXPIRED)
    return g_strdup_printf ("the certificate of %s has expired: renew it there (or set this "
                            "host's clock)",
                            host);
  if (flags & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return g_strdup_printf ("the certificate of %s is not valid yet: set this host's clock", host);
  if (flags & G_TLS_CERTIFICATE_REVOKED)
    return g_strdup_printf ("the certificate of %s is revoked: it needs another there", host);
  if (flags & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return g_strdup_printf ("nobody we trust signed the certificate of %s: set [signaling] ca-file "
                            "to its authority, or to itself",
                            host);
  return g_strdup_printf ("the certificate of %s is not acceptable: it needs another there", host);
}

char *
lane_http_call_explain (SoupMessage *message, const GError *error)
{
  GUri *uri = soup_message_get_uri (message);
  const char *host = g_uri_get_host (uri);
  int port = g_uri_get_port (uri);
  GTlsCertificateFlags flags = soup_message_get_tls_peer_certificate_errors (message);
  gboolean secure = strcmp (g_uri_get_scheme (uri), "https") == 0;
  g_autofree char *said = lane_text_clean (error->message, -1, MAX_SAID);

  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    return explain_certificate (host, flags);
  if (error->domain == G_TLS_ERROR && secure)
    return g_strdup_printf ("no TLS with %s: %s; is it https there?", host, said);
  if (error->domain == G_RESOLVER_ERROR)
    return g_strdup_printf ("no address for '%s': check the name in [signaling] url, and DNS",
                            host);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return g_strdup_printf ("connection refused by %s port %d: no rendezvous listens there", host,
                            port > 0 ? port
                            : secure ? 443
                                     : 80);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE))
    return g_strdup_printf ("no route to %s", host);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return g_strdup_printf ("no answer from %s", host);
  return g_strdup_printf ("no connection to %s: %s", host, said);
}

/* The server's own words, or NULL. */
static char *
words_of (const char *body, gsize length)
{
  g_autoptr (JsonNode) node = NULL;
  const char *text = NULL;

  if (body != NULL)
    node = lane_bounded_json_parse (body, length, MAX_BODY, MAX_BODY, NULL);
  if (node != NULL)
    text = lane_bounded_json_get_string (json_node_get_object (node), "error", NULL);
  return text == NULL ? NULL : lane_text_clean (text, -1, MAX_SAID);
}

char *
lane_http_call_explain_status (const char *host, guint status, const char *body, gsize length)
{
  g_autofree char *words = words_of (body, length);
  const char *said = words == NULL ? "no reason given" : words;

  if (status == 401)
    return g_strdup_printf ("%s wants its token, and ours is missing or wrong: set [signaling] "
                            "token-file",
                            host);
  if (status == 403)
    return g_strdup_printf ("%s does not believe who we are: %s", host, said);
  if (status == 409)
    return g_strdup ("another node with our identity is online: two nodes share one key; give one "
                     "of them a state-dir of its own");
  if (status >= 300 && status < 400)
    return g_strdup_printf (
        "%s sends us elsewhere, where we do not follow: write the final address "
        "in [signaling] url",
        host);
  if (status == 404 || status == 405 || words == NULL)
    return g_strdup_printf ("what answers at %s is no icelane rendezvous (HTTP %u)", host, status);
  return g_strdup_printf ("%s refuses (HTTP %u): %s", host, status, said);
}
