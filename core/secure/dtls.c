#include "secure/dtls.h"

#include <errno.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define ASSOCIATION_BYTES  8
#define MAX_EARLY          16
#define MTU                1200 /* of UDP payload */
#define RETRANSMIT_MS      200
#define HANDSHAKE_MS       30000
#define MAX_RECORD_BYTES   16384
#define PADDING_MAX        3
#define MAX_TRIES          16 /* calls into GnuTLS for one datagram that yield nothing */
#define SHA256_BYTES       32
#define RECORD_HEADER      13 /* RFC 6347 section 4.1: type, version, epoch, sequence, length */
#define CHANGE_CIPHER_SPEC 20
#define APPLICATION_DATA   23

typedef enum { DTLS_NEW, DTLS_HANDSHAKING, DTLS_CONNECTED, DTLS_ENDED } DtlsState;

struct _LaneDtls {
  int ref_count; /* the owner and every call into GnuTLS under way */
  gboolean freed;
  GMainContext *context;
  LaneDtlsEvents events;
  gpointer user_data;

  LaneIdentity *identity;
  gnutls_session_t session;
  guint8 fingerprint[SHA256_BYTES];
  char *peer_id;
  char association[2 * ASSOCIATION_BYTES + 1];
  gboolean peer_verified, peer_refused;

  DtlsState state;
  gboolean working; /* input is being worked on further up the stack */
  gboolean in_gnutls;
  gboolean sent;          /* so GnuTLS has something to send again */
  GByteArray *flight;     /* records of the handshake on their way into one datagram */
  GQueue input;           /* of GBytes */
  const guint8 *datagram; /* the one GnuTLS reads next, not ours, or NULL */
  gsize datagram_length;
  GSource *timer; /* retransmission, or the end of the handshake's time */
  gint64 deadline_us;
};

GQuark
lane_dtls_error_quark (void)
{
  return g_quark_from_static_string ("lane-dtls-error-quark");
}

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_pubkey_t, gnutls_pubkey_deinit, NULL)

static LaneDtls *
dtls_ref (LaneDtls *dtls)
{
  dtls->ref_count++;
  return dtls;
}

static void
dtls_unref (LaneDtls *dtls)
{
  if (--dtls->ref_count > 0)
    return;

  if (dtls->session != NULL)
    gnutls_deinit (dtls->session);
  g_byte_array_unref (dtls->flight);
  g_queue_clear_full (&dtls->input, (GDestroyNotify)g_bytes_unref);
  lane_identity_unref (dtls->identity);
  g_free (dtls->peer_id);
  g_main_context_unref (dtls->context);
  g_free (dtls);
}

/* Holds a session while callbacks may free it. */
typedef LaneDtls DtlsHold;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DtlsHold, dtls_unref)

static void
stop_timer (LaneDtls *dtls)
{
  if (dtls->timer == NULL)
    return;
  g_source_destroy (dtls->timer);
  g_clear_pointer (&dtls->timer, g_source_unref);
}

/* `AB:CD:...`, 32 pairs in any case. */
static gboolean
parse_fingerprint (const char *text, guint8 out[SHA256_BYTES])
{
  if (strlen (text) != SHA256_BYTES * 3 - 1)
    return FALSE;
  for (gsize i = 0; i < SHA256_BYTES; i++, text += 3) {
    int high = g_ascii_xdigit_value (text[0]);
    int low = g_ascii_xdigit_value (text[1]);

    if (high < 0 || low < 0 || (text[2] != ':' && text[2] != '\0'))
      return FALSE;
    out[i] = (guint8)(high << 4 | low);
  }
  return TRUE;
}

/* The end, for a reason that is not our own doing. */
static void
finish (LaneDtls *dtls, LaneDtlsError code, const char *reason)
{
  g_autoptr (GError) error = NULL;

  if (dtls->state == DTLS_ENDED)
    return;
  dtls->state = DTLS_ENDED;
  stop_timer (dtls);
  if (dtls->freed || dtls->events.closed == NULL)
    return;
  error = g_error_new_literal (LANE_DTLS_ERROR, code, reason);
  dtls->events.closed (dtls, error, dtls->user_data);
}

/* The length of the whole records in @datagram; 0: there is something else in it. GnuTLS 3.7.9
 * waits for the rest of a record that is longer than its datagram and takes the next ones for it:
 * anybody's 13 bytes would silence the session.
 *
 * Up to 3 bytes may follow: a TURN server may pad ChannelData over UDP, too (RFC 8656 section
 * 12.5), and libnice 0.1.21 hands the padding on. */
static gsize
measure_records (const guint8 *datagram, gsize length)
{
  gsize at = 0;

  while (length - at >= RECORD_HEADER) {
    const guint8 *header = datagram + at;

    if (header[0] < CHANGE_CIPHER_SPEC || header[0] > APPLICATION_DATA || header[1] != 0xfe
        || (header[2] != 0xfd && header[2] != 0xff))
      return 0;
    at += RECORD_HEADER + (gsize)(header[11] << 8 | header[12]);
    if (at > length)
      return 0;
    if (length - at <= PADDING_MAX)
      return at;
  }
  return 0;
}

static void
export_association (LaneDtls *dtls)
{
  static const char label[] = "EXPERIMENTAL-icelane-association"; /* RFC 5705 section 4 */
  guint8 bytes[ASSOCIATION_BYTES];

  if (gnutls_prf_rfc5705 (dtls->session, sizeof label - 1, label, 0, NULL, sizeof bytes,
                          (char *)bytes)
      < 0)
    return;
  for (gsize i = 0; i < sizeof bytes; i++)
    g_snprintf (dtls->association + 2 * i, 3, "%02x", bytes[i]);
}

/* Transport of GnuTLS */

static void
emit (LaneDtls *dtls, const guint8 *datagram, gsize length)
{
  if (!dtls->freed && dtls->events.send != NULL)
    dtls->events.send (dtls, datagram, length, dtls->user_data);
}

static void
emit_flight (LaneDtls *dtls)
{
  if (dtls->flight->len == 0)
    return;
  emit (dtls, dtls->flight->data, dtls->flight->len);
  g_byte_array_set_size (dtls->flight, 0);
}

/* GnuTLS gives a datagram to each message of the handshake. Together in one (RFC 6347 section
 * 4.1.1) a lossy path is five times less likely to cost the flight a timeout. */
static ssize_t
on_push (gnutls_transport_ptr_t pointer, const void *data, size_t length)
{
  LaneDtls *dtls = pointer;

  dtls->sent = TRUE;
  if (dtls->state != DTLS_HANDSHAKING) {
    emit (dtls, data, length);
  } else {
    if (dtls->flight->len + length > MTU)
      emit_flight (dtls);
    g_byte_array_append (dtls->flight, data, (guint)length);
  }
  return (ssize_t)length; /* what does not get out is lost on the way, like anything else */
}

static ssize_t
on_pull (gnutls_transport_ptr_t pointer, void *buffer, size_t size)
{
  LaneDtls *dtls = pointer;
  gsize length = MIN (dtls->datagram_length, size);

  if (dtls->datagram == NULL) {
    gnutls_transport_set_errno (dtls->session, EAGAIN);
    return -1;
  }
  memcpy (buffer, dtls->datagram, length);
  dtls->datagram = NULL;
  return (ssize_t)length;
}

static int
on_pull_timeout (gnutls_transport_ptr_t pointer, unsigned int ms)
{
  const LaneDtls *dtls = pointer;

  return dtls->datagram != NULL;
}

/* Who is there */

static gboolean
certificate_is_pinned (LaneDtls *dtls, const gnutls_datum_t *der)
{
  guint8 hash[SHA256_BYTES];
  gsize size = sizeof hash;

  return gnutls_fingerprint (GNUTLS_DIG_SHA256, der, hash, &size) >= 0 && size == sizeof hash
         && gnutls_memcmp (hash, dtls->fingerprint, sizeof hash) == 0;
}

static gboolean
key_is_pinned (LaneDtls *dtls, const gnutls_datum_t *der)
{
  g_auto (gnutls_pubkey_t) key = NULL;
  gnutls_datum_t spki = { NULL, 0 };
  g_autofree char *id = NULL;

  if (gnutls_pubkey_init (&key) < 0)
    return FALSE;
  if (gnutls_pubkey_import_x509_raw (key, der, GNUTLS_X509_FMT_DER, 0) < 0
      || gnutls_pubkey_export2 (key, GNUTLS_X509_FMT_DER, &spki) < 0)
    return FALSE;
  id = lane_id_from_public_key (spki.data, spki.size);
  gnutls_free (spki.data);
  return strcmp (id, dtls->peer_id) == 0;
}

/* GnuTLS calls this when the peer's certificate has come, before it proves to have the key. */
static int
on_verify (gnutls_session_t session)
{
  LaneDtls *dtls = gnutls_session_get_ptr (session);
  unsigned int count = 0;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers (session, &count);

  dtls->peer_verified = gnutls_certificate_type_get (session) == GNUTLS_CRT_X509 && chain != NULL
                        && count > 0 && certificate_is_pinned (dtls, &chain[0])
                        && key_is_pinned (dtls, &chain[0]);
  dtls->peer_refused = !dtls->peer_verified;
  return dtls->peer_verified ? 0 : -1;
}

/* The handshake */

static void work (LaneDtls *dtls);

static gboolean
on_timer (gpointer data)
{
  LaneDtls *dtls = data;
  g_autoptr (DtlsHold) hold G_GNUC_UNUSED = dtls_ref (dtls);

  stop_timer (dtls);
  if (dtls->state == DTLS_HANDSHAKING && g_get_monotonic_time () >= dtls->deadline_us)
    finish (dtls, LANE_DTLS_ERROR_TIMEOUT, "no DTLS handshake within 30 s");
  else
    work (dtls);
  return G_SOURCE_REMOVE;
}

static void
set_timer (LaneDtls *dtls, gint64 due_us)
{
  stop_timer (dtls);
  dtls->timer = g_timeout_source_new (0);
  g_source_set_ready_time (dtls->timer, due_us);
  g_source_set_callback (dtls->timer, on_timer, dtls, NULL);
  g_source_attach (dtls->timer, dtls->context);
}

static void
wait_for_answer (LaneDtls *dtls)
{
  gint64 due = dtls->deadline_us;

  if (dtls->sent) {
    guint ms = gnutls_dtls_get_timeout (dtls->session); /* 0 = overdue */

    due = MIN (due, g_get_monotonic_time () + (ms > 0 ? ms : RETRANSMIT_MS) * (gint64)1000);
  }
  set_timer (dtls, due);
}

static void
refuse (LaneDtls *dtls, int code)
{
  dtls->in_gnutls = TRUE;
  gnutls_alert_send_appropriate (dtls->session, code); /* so that the peer need not wait 30 s */
  dtls->in_gnutls = FALSE;
  emit_flight (dtls);

  if (dtls->peer_refused)
    finish (dtls, LANE_DTLS_ERROR_IDENTITY, "the peer's certificate is not the pinned one");
  else if (code == GNUTLS_E_TIMEDOUT)
    finish (dtls, LANE_DTLS_ERROR_TIMEOUT, "no DTLS handshake within 30 s");
  else if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
    finish (dtls, LANE_DTLS_ERROR_HANDSHAKE,
            gnutls_alert_get_name (gnutls_alert_get (dtls->session)));
  else
    finish (dtls, LANE_DTLS_ERROR_HANDSHAKE, gnutls_strerror (code));
}

static void
handshake (LaneDtls *dtls)
{
  int code = GNUTLS_E_AGAIN;

  for (int i = 0; i < MAX_TRIES && !dtls->freed; i++) {
    dtls->in_gnutls = TRUE;
    code = gnutls_handshake (dtls->session);
    dtls->in_gnutls = FALSE;
    emit_flight (dtls);
    if (code >= 0 || gnutls_error_is_fatal (code)
        || (code == GNUTLS_E_AGAIN && dtls->datagram == NULL))
      break;
  }

  if (dtls->freed || dtls->state != DTLS_HANDSHAKING)
    return;
  if (code < 0 && gnutls_error_is_fatal (code)) {
    refuse (dtls, code);
    return;
  }
  if (code < 0) {
    wait_for_answer (dtls);
    return;
  }

  stop_timer (dtls);
  if (!dtls->peer_verified) { /* cannot be: but nothing is worth trusting here */
    dtls->peer_refused = TRUE;
    refuse (dtls, GNUTLS_E_CERTIFICATE_ERROR);
    return;
  }
  if ((gnutls_session_get_flags (dtls->session) & GNUTLS_SFLAGS_EXT_MASTER_SECRET) == 0) {
    refuse (dtls, GNUTLS_E_INSUFFICIENT_SECURITY); /* no priority string asks for RFC 7627 */
    return;
  }
  dtls->state = DTLS_CONNECTED;
  export_association (dtls);
  if (dtls->events.connected != NULL)
    dtls->events.connected (dtls, dtls->user_data);
}

static void
receive (LaneDtls *dtls)
{
  guint8 data[MAX_RECORD_BYTES];
  int tries = 0;

  while (!dtls->freed && dtls->state == DTLS_CONNECTED && tries < MAX_TRIES) {
    ssize_t length;

    dtls->in_gnutls = TRUE;
    length = gnutls_record_recv (dtls->session, data, sizeof data);
    dtls->in_gnutls = FALSE;
    if (dtls->freed || length == GNUTLS_E_AGAIN)
      return;

    if (length > 0)
      dtls->events.received (dtls, data, (gsize)length, dtls->user_data);
    else if (length == 0)
      finish (dtls, LANE_DTLS_ERROR_CLOSED, "the peer closed the session");
    else if (gnutls_error_is_fatal ((int)length))
      finish (dtls, LANE_DTLS_ERROR_CLOSED, gnutls_strerror ((int)length));
    else
      tries++; /* a warning, or a wish to renegotiate, which nobody here grants */
  }
}

static void
step (LaneDtls *dtls)
{
  if (dtls->state == DTLS_HANDSHAKING)
    handshake (dtls);
  if (!dtls->freed && dtls->state == DTLS_CONNECTED)
    receive (dtls);
}

static void
offer (LaneDtls *dtls, const guint8 *datagram, gsize length)
{
  dtls->datagram = datagram;
  dtls->datagram_length = length;
  step (dtls);
  dtls->datagram = NULL;
}

/* Everything that has come in, and what is due without any input. */
static void
work (LaneDtls *dtls)
{
  g_autoptr (DtlsHold) hold G_GNUC_UNUSED = dtls_ref (dtls);

  if (dtls->working || dtls->in_gnutls)
    return;
  dtls->working = TRUE;
  step (dtls);
  while (!dtls->freed && dtls->state != DTLS_ENDED && !g_queue_is_empty (&dtls->input)) {
    g_autoptr (GBytes) bytes = g_queue_pop_head (&dtls->input);
    gsize length;
    const guint8 *datagram = g_bytes_get_data (bytes, &length);

    offer (dtls, datagram, length);
  }
  dtls->working = FALSE;
}

static gboolean
set_up_session (LaneDtls *dtls, gboolean client, GError **error)
{
  int code = gnutls_init (&dtls->session, GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS
                                              | (client ? GNUTLS_CLIENT : GNUTLS_SERVER));

  if (code >= 0)
    code = gnutls_priority_set (dtls->session, lane_identity_get_priority (dtls->identity));
  if (code >= 0)
    code = gnutls_credentials_set (dtls->session, GNUTLS_CRD_CERTIFICATE,
                                   lane_identity_get_credentials (dtls->identity));
  if (code < 0) {
    g_set_error (error, LANE_DTLS_ERROR, LANE_DTLS_ERROR_HANDSHAKE, "cannot set up DTLS: %s",
                 gnutls_strerror (code));
    return FALSE;
  }

  if (!client)
    gnutls_certificate_server_set_request (dtls->session, GNUTLS_CERT_REQUIRE);
  gnutls_session_set_ptr (dtls->session, dtls);
  gnutls_session_set_verify_function (dtls->session, on_verify);
  gnutls_transport_set_ptr (dtls->session, dtls);
  gnutls_transport_set_push_function (dtls->session, on_push);
  gnutls_transport_set_pull_function (dtls->session, on_pull);
  gnutls_transport_set_pull_timeout_function (dtls->session, on_pull_timeout);
  gnutls_dtls_set_timeouts (dtls->session, RETRANSMIT_MS, HANDSHAKE_MS);
  gnutls_dtls_set_mtu (dtls->session, MTU);
  return TRUE;
}

LaneDtls *
lane_dtls_new (GMainContext *context, LaneIdentity *identity, gboolean client, const char *peer_id,
               const char *peer_fingerprint, const LaneDtlsEvents *events, gpointer user_data,
               GError **error)
{
  g_autoptr (LaneDtls) dtls = g_new0 (LaneDtls, 1);

  dtls->ref_count = 1;
  dtls->context =
      context != NULL ? g_main_context_ref (context) : g_main_context_ref_thread_default ();
  dtls->events = *events;
  dtls->user_data = user_data;
  dtls->identity = lane_identity_ref (identity);
  dtls->peer_id = g_strdup (peer_id);
  dtls->flight = g_byte_array_new ();
  g_queue_init (&dtls->input);

  if (!parse_fingerprint (peer_fingerprint, dtls->fingerprint)) {
    g_set_error (error, LANE_DTLS_ERROR, LANE_DTLS_ERROR_IDENTITY,
                 "the peer's fingerprint is not 32 hexadecimal bytes with colons between");
    return NULL;
  }
  if (!set_up_session (dtls, client, error))
    return NULL;
  return g_steal_pointer (&dtls);
}

void
lane_dtls_start (LaneDtls *dtls)
{
  if (dtls->state != DTLS_NEW)
    return;
  dtls->state = DTLS_HANDSHAKING;
  dtls->deadline_us = g_get_monotonic_time () + HANDSHAKE_MS * (gint64)1000;
  work (dtls);
}

void
lane_dtls_feed (LaneDtls *dtls, const guint8 *datagram, gsize length)
{
  g_autoptr (DtlsHold) hold G_GNUC_UNUSED = NULL;

  length = measure_records (datagram, length);
  if (dtls->state == DTLS_ENDED || length == 0)
    return;
  if (dtls->state == DTLS_NEW || dtls->working || dtls->in_gnutls) {
    if (g_queue_get_length (&dtls->input) < MAX_EARLY)
      g_queue_push_tail (&dtls->input, g_bytes_new (datagram, length));
    if (dtls->in_gnutls && !dtls->working) /* from within our own `send` */
      set_timer (dtls, 0);
    return;
  }

  hold = dtls_ref (dtls);
  dtls->working = TRUE;
  offer (dtls, datagram, length);
  dtls->working = FALSE;
  if (!dtls->freed && !g_queue_is_empty (&dtls->input))
    work (dtls);
}

gboolean
lane_dtls_write (LaneDtls *dtls, const guint8 *data, gsize length)
{
  g_autoptr (DtlsHold) hold G_GNUC_UNUSED = NULL;
  ssize_t sent;

  if (dtls->state != DTLS_CONNECTED || dtls->in_gnutls || length == 0
      || length > gnutls_dtls_get_data_mtu (dtls->session))
    return FALSE;

  hold = dtls_ref (dtls);
  dtls->in_gnutls = TRUE;
  sent = gnutls_record_send (dtls->session, data, length);
  dtls->in_gnutls = FALSE;
  return sent == (ssize_t)length;
}

void
lane_dtls_close (LaneDtls *dtls)
{
  g_autoptr (DtlsHold) hold G_GNUC_UNUSED = dtls_ref (dtls);
  gboolean was_connected = dtls->state == DTLS_CONNECTED;

  dtls->state = DTLS_ENDED;
  stop_timer (dtls);
  if (was_connected && !dtls->in_gnutls) {
    dtls->in_gnutls = TRUE;
    gnutls_bye (dtls->session, GNUTLS_SHUT_WR);
    dtls->in_gnutls = FALSE;
  }
}

gboolean
lane_dtls_is_connected (const LaneDtls *dtls)
{
  return dtls->state == DTLS_CONNECTED;
}

void
lane_dtls_free (LaneDtls *dtls)
{
  if (dtls == NULL)
    return;
  dtls->freed = TRUE;
  stop_timer (dtls);
  dtls_unref (dtls);
}

const char *
lane_dtls_get_association (const LaneDtls *dtls)
{
  return dtls->association[0] != '\0' ? dtls->association : NULL;
}
