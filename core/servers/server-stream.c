#include "servers/server-stream.h"

#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "text.h"
#include "timer.h"

#define DETAIL_MAX 160
#define NAMES_MAX  4

/* What GIO does for us on threads; it may end after we are gone. */
typedef struct {
  LaneServerStream *stream; /* NULL: freed, or no longer waited for */
} Request;

struct _LaneServerStream {
  GMainContext *context;
  GSocketConnectable *identity; /* what the certificate must be for; NULL: no TLS */
  char *ca_file;
  guint step_ms;
  LaneServerStreamEvents events;
  gpointer user_data;

  LaneProbeStepKind step;
  GSocket *socket;
  GIOStream *io;
  GSource *writable, *timer;
  Request *request; /* NULL: none under way */
  GCancellable *cancellable;
  GTlsCertificate *certificate;
  GTlsCertificateFlags doubts; /* of the certificate */
  LaneServerStreamFault fault; /* to be told from the loop */
};

/* The last step of every way that fails; the stream may be gone after it. */
static void
tell_failure (LaneServerStream *stream)
{
  LaneServerStreamFault fault = stream->fault;

  stream->fault.detail = NULL;
  stream->events.failed (stream, &fault, stream->user_data);
  g_free (fault.detail);
}

static gboolean
on_failure (gpointer user_data)
{
  LaneServerStream *stream = user_data;

  lane_timer_clear (&stream->timer);
  tell_failure (stream);
  return G_SOURCE_REMOVE;
}

static void
stop_waiting (LaneServerStream *stream)
{
  lane_timer_clear (&stream->timer);
  lane_timer_clear (&stream->writable);
  if (stream->request != NULL) {
    stream->request->stream = NULL;
    stream->request = NULL;
    g_cancellable_cancel (stream->cancellable);
  }
  g_clear_object (&stream->cancellable);
}

static void
fail (LaneServerStream *stream, LaneProbeCode code, char *detail)
{
  stop_waiting (stream);
  stream->fault.code = code;
  stream->fault.step = stream->step;
  stream->fault.detail = detail;
}

static void
fail_now (LaneServerStream *stream, LaneProbeCode code, char *detail)
{
  fail (stream, code, detail);
  tell_failure (stream);
}

static gboolean
on_timeout (gpointer user_data)
{
  fail_now (user_data, LANE_PROBE_TIMEOUT, NULL);
  return G_SOURCE_REMOVE;
}

static Request *
begin_request (LaneServerStream *stream)
{
  stream->request = g_new0 (Request, 1);
  stream->request->stream = stream;
  stream->cancellable = g_cancellable_new ();
  return stream->request;
}

/* NULL: nobody waits any more. */
static LaneServerStream *
end_request (Request *request)
{
  LaneServerStream *stream = request->stream;

  if (stream != NULL) {
    stream->request = NULL;
    g_clear_object (&stream->cancellable);
  }
  return stream;
}

/* What a certificate says */

static char *
clean (const char *text)
{
  return text != NULL ? lane_text_clean (text, -1, DETAIL_MAX) : NULL;
}

static void
add_name (GString *names, guint *count, const char *name)
{
  if (*count == NAMES_MAX)
    g_string_append (names, " and more");
  else if (*count < NAMES_MAX)
    g_string_append_printf (names, "%s%s", *count > 0 ? ", " : "", name);
  *count += 1;
}

/* NULL: it names no host. */
static char *
dup_names (GTlsCertificate *certificate)
{
  g_autoptr (GPtrArray) hosts = g_tls_certificate_get_dns_names (certificate);
  g_autoptr (GPtrArray) addresses = g_tls_certificate_get_ip_addresses (certificate);
  g_autoptr (GString) names = g_string_new (NULL);
  guint count = 0;

  for (guint i = 0; hosts != NULL && i < hosts->len; i++) {
    GBytes *bytes = g_ptr_array_index (hosts, i);
    g_autofree char *name = lane_text_clean (g_bytes_get_data (bytes, NULL),
                                             (gssize)g_bytes_get_size (bytes), DETAIL_MAX);

    add_name (names, &count, name);
  }
  for (guint i = 0; addresses != NULL && i < addresses->len; i++) {
    g_autofree char *name = g_inet_address_to_string (g_ptr_array_index (addresses, i));

    add_name (names, &count, name);
  }
  return count > 0 ? clean (names->str) : NULL;
}

static char *
dup_date (GDateTime *date, const char *format)
{
  g_autoptr (GDateTime) utc = date != NULL ? g_date_time_to_utc (date) : NULL;

  return utc != NULL ? g_date_time_format (utc, format) : NULL;
}

static gboolean
is_past (GDateTime *date)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();

  return date != NULL && g_date_time_compare (date, now) < 0;
}

/* The checks of a certificate can fail together; the operator is told the first in this order. */
static LaneProbeCode
judge (LaneServerStream *stream, char **detail)
{
  g_autoptr (GDateTime) after = g_tls_certificate_get_not_valid_after (stream->certificate);
  g_autoptr (GDateTime) before = g_tls_certificate_get_not_valid_before (stream->certificate);
  g_autofree char *issuer = g_tls_certificate_get_issuer_name (stream->certificate);

  if ((stream->doubts & G_TLS_CERTIFICATE_EXPIRED) != 0 || is_past (after)) {
    *detail = dup_date (after, "%Y-%m-%d %H:%M UTC");
    return LANE_PROBE_CERT_EXPIRED;
  }
  if ((stream->doubts & G_TLS_CERTIFICATE_NOT_ACTIVATED) != 0) {
    *detail = dup_date (before, "%Y-%m-%d %H:%M UTC");
    return LANE_PROBE_CERT_NOT_YET_VALID;
  }
  if ((stream->doubts & G_TLS_CERTIFICATE_REVOKED) != 0)
    return LANE_PROBE_CERT_REVOKED;
  if ((stream->doubts & G_TLS_CERTIFICATE_INSECURE) != 0)
    return LANE_PROBE_CERT_INSECURE;
  if (stream->doubts == G_TLS_CERTIFICATE_BAD_IDENTITY) {
    *detail = dup_names (stream->certificate);
    return LANE_PROBE_CERT_WRONG_NAME;
  }
  /* Or signed with another key of an authority that has a known name. */
  *detail = clean (issuer);
  return LANE_PROBE_CERT_UNKNOWN_CA;
}

/* TLS */

static gboolean
on_certificate (GTlsConnection *tls, GTlsCertificate *certificate, GTlsCertificateFlags doubts,
                gpointer user_data)
{
  const Request *request = user_data;

  if (request->stream != NULL) {
    g_set_object (&request->stream->certificate, certificate);
    request->stream->doubts = doubts;
  }
  return FALSE;
}

/* GIO has a code of its own for some of what GnuTLS says about bytes that are no TLS, not for all.
 */
static gboolean
is_no_tls (const GError *error)
{
  return g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_NOT_TLS)
         || strstr (error->message, gnutls_strerror (GNUTLS_E_UNEXPECTED_PACKET)) != NULL;
}

static void
fail_handshake (LaneServerStream *stream, const GError *error)
{
  char *detail = NULL;
  LaneProbeCode code = LANE_PROBE_TLS_FAILED;

  if (stream->doubts != 0)
    code = judge (stream, &detail);
  else if (is_no_tls (error))
    code = LANE_PROBE_NOT_TLS;
  else if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_EOF)
           || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    code = LANE_PROBE_CLOSED;
  else
    detail = clean (error->message);
  fail_now (stream, code, detail);
}

static void
on_handshake (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Request *request = user_data;
  g_autoptr (GError) error = NULL;
  GTlsConnection *tls = G_TLS_CONNECTION (source);
  gboolean shaken = g_tls_connection_handshake_finish (tls, result, &error);
  LaneServerStream *stream;

  g_signal_handlers_disconnect_by_data (source, request);
  stream = end_request (request);
  if (stream == NULL)
    return;
  if (!shaken) {
    fail_handshake (stream, error);
    return;
  }
  lane_timer_clear (&stream->timer);
  g_set_object (&stream->certificate, g_tls_connection_get_peer_certificate (tls));
  stream->events.opened (stream, stream->io, stream->user_data);
}

static void
shake_hands (LaneServerStream *stream, GTlsDatabase *trust)
{
  g_autoptr (GError) error = NULL;
  GIOStream *tls = g_tls_client_connection_new (stream->io, stream->identity, &error);
  Request *request;

  if (tls == NULL) {
    fail_now (stream, LANE_PROBE_TLS_FAILED, clean (error->message));
    return;
  }
  g_object_unref (stream->io);
  stream->io = tls;
  g_tls_connection_set_database (G_TLS_CONNECTION (tls), trust);
  request = begin_request (stream);
  g_signal_connect (tls, "accept-certificate", G_CALLBACK (on_certificate), request);
  g_main_context_push_thread_default (stream->context);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, stream->cancellable,
                                    on_handshake, request);
  g_main_context_pop_thread_default (stream->context);
}

/* Trust is read from files: not on the loop. */
static void
load_trust (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const char *ca_file = task_data;
  GError *error = NULL;
  GTlsDatabase *trust;

  if (ca_file != NULL)
    trust = g_tls_file_database_new (ca_file, &error);
  else
    trust = g_tls_backend_get_default_database (g_tls_backend_get_default ());
  if (trust != NULL)
    g_task_return_pointer (task, trust, g_object_unref);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "GIO has no TLS here");
}

static void
on_trust (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Request *request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) trust = g_task_propagate_pointer (G_TASK (result), &error);
  LaneServerStream *stream = end_request (request);

  if (stream == NULL)
    return;
  if (trust != NULL)
    shake_hands (stream, trust);
  else
    fail_now (stream, stream->ca_file != NULL ? LANE_PROBE_CA_FILE : LANE_PROBE_TLS_FAILED,
              clean (error->message));
}

static gboolean
on_begin_tls (gpointer user_data)
{
  LaneServerStream *stream = user_data;
  g_autoptr (GTask) task = NULL;
  Request *request;

  stream->step = LANE_PROBE_STEP_TLS;
  lane_timer_set (&stream->timer, stream->context, stream->step_ms, on_timeout, stream);
  request = begin_request (stream);
  g_main_context_push_thread_default (stream->context);
  task = g_task_new (NULL, stream->cancellable, on_trust, request);
  g_main_context_pop_thread_default (stream->context);
  g_task_set_task_data (task, g_strdup (stream->ca_file), g_free);
  g_task_set_return_on_cancel (task, TRUE);
  g_task_run_in_thread (task, load_trust);
  return G_SOURCE_REMOVE;
}

/* TCP */

static void
fail_connect (LaneServerStream *stream, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    fail (stream, LANE_PROBE_REFUSED, NULL);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    fail (stream, LANE_PROBE_TIMEOUT, NULL);
  else
    fail (stream, LANE_PROBE_UNREACHABLE, clean (error->message));
}

static gboolean
on_plain_open (gpointer user_data)
{
  LaneServerStream *stream = user_data;

  lane_timer_clear (&stream->timer);
  stream->events.opened (stream, stream->io, stream->user_data);
  return G_SOURCE_REMOVE;
}

static void
on_connected (LaneServerStream *stream)
{
  lane_timer_clear (&stream->writable);
  g_socket_set_option (stream->socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_socket_set_keepalive (stream->socket, TRUE);
  stream->io = G_IO_STREAM (g_socket_connection_factory_create_connection (stream->socket));
  lane_timer_set (&stream->timer, stream->context, 0,
                  stream->identity != NULL ? on_begin_tls : on_plain_open, stream);
  if (stream->events.connected != NULL)
    stream->events.connected (stream, stream->user_data);
}

static gboolean
on_writable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  LaneServerStream *stream = user_data;
  g_autoptr (GError) error = NULL;

  if (g_socket_check_connect_result (socket, &error)) {
    on_connected (stream);
  } else {
    fail_connect (stream, error);
    tell_failure (stream);
  }
  return G_SOURCE_REMOVE;
}

static void
connect_socket (LaneServerStream *stream, GInetAddress *address, guint16 port)
{
  g_autoptr (GSocketAddress) server = g_inet_socket_address_new (address, port);
  g_autoptr (GError) error = NULL;

  stream->socket = g_socket_new (g_inet_address_get_family (address), G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, &error);
  if (stream->socket != NULL) {
    g_socket_set_blocking (stream->socket, FALSE);
    if (g_socket_connect (stream->socket, server, NULL, &error)
        || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PENDING)) {
      stream->writable = g_socket_create_source (stream->socket, G_IO_OUT, NULL);
      g_source_set_callback (stream->writable, G_SOURCE_FUNC (on_writable), stream, NULL);
      g_source_attach (stream->writable, stream->context);
      lane_timer_set (&stream->timer, stream->context, stream->step_ms, on_timeout, stream);
      return;
    }
  }
  fail_connect (stream, error);
  lane_timer_set (&stream->timer, stream->context, 0, on_failure, stream);
}

LaneServerStream *
lane_server_stream_new (GMainContext *context, const LaneServerStreamOptions *options,
                        const LaneServerStreamEvents *events, gpointer user_data)
{
  LaneServerStream *stream = g_new0 (LaneServerStream, 1);

  stream->context = g_main_context_ref (context);
  stream->step = LANE_PROBE_STEP_CONNECT;
  stream->step_ms = options->step_ms;
  stream->events = *events;
  stream->user_data = user_data;
  if (options->ca_file != NULL)
    stream->ca_file = g_canonicalize_filename (options->ca_file, NULL);
  if (options->tls_host != NULL && g_hostname_is_ip_address (options->tls_host))
    stream->identity = G_SOCKET_CONNECTABLE (
        g_inet_socket_address_new_from_string (options->tls_host, options->port));
  else if (options->tls_host != NULL)
    stream->identity = g_network_address_new (options->tls_host, options->port);
  connect_socket (stream, options->address, options->port);
  return stream;
}

char *
lane_server_stream_dup_local (const LaneServerStream *stream)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (stream->socket, NULL);

  return address != NULL ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address)) : NULL;
}

static const char *
version_of (const LaneServerStream *stream)
{
  if (!G_IS_TLS_CONNECTION (stream->io))
    return "TLS";
  switch (g_tls_connection_get_protocol_version (G_TLS_CONNECTION (stream->io))) {
  case G_TLS_PROTOCOL_VERSION_TLS_1_2:
    return "TLS 1.2";
  case G_TLS_PROTOCOL_VERSION_TLS_1_3:
    return "TLS 1.3";
  default:
    return "TLS";
  }
}

char *
lane_server_stream_dup_tls (const LaneServerStream *stream)
{
  g_autoptr (GDateTime) after = NULL;
  g_autofree char *names = NULL;
  g_autofree char *until = NULL;

  if (stream->certificate == NULL)
    return NULL;
  names = dup_names (stream->certificate);
  after = g_tls_certificate_get_not_valid_after (stream->certificate);
  until = dup_date (after, "%Y-%m-%d");
  return g_strdup_printf ("%s, certificate for %s until %s", version_of (stream),
                          names != NULL ? names : "no host", until != NULL ? until : "unknown");
}

gint64
lane_server_stream_get_expiry_us (const LaneServerStream *stream)
{
  g_autoptr (GDateTime) after = NULL;

  if (stream->certificate != NULL)
    after = g_tls_certificate_get_not_valid_after (stream->certificate);
  return after != NULL ? g_date_time_to_unix (after) * G_USEC_PER_SEC : 0;
}

void
lane_server_stream_free (LaneServerStream *stream)
{
  if (stream == NULL)
    return;
  stop_waiting (stream);
  g_clear_object (&stream->io);
  g_clear_object (&stream->socket);
  g_clear_object (&stream->certificate);
  g_clear_object (&stream->identity);
  g_main_context_unref (stream->context);
  g_free (stream->fault.detail);
  g_free (stream->ca_file);
  g_free (stream);
}
