/* DTLS 1.2 (GnuTLS) with a peer whose key we know beforehand.
 *
 * A session neither owns nor knows a socket: it emits datagrams through @send and is fed those that
 * arrive, so the path below can change without it noticing. Belongs to one GMainContext. */
#pragma once

#include "secure/identity.h"

typedef struct _LaneDtls LaneDtls;

#define LANE_DTLS_ERROR (lane_dtls_error_quark ())
GQuark lane_dtls_error_quark (void);
typedef enum {
  LANE_DTLS_ERROR_IDENTITY,  /* another certificate or key than the pinned one */
  LANE_DTLS_ERROR_HANDSHAKE, /* fatal alert, nothing in common */
  LANE_DTLS_ERROR_TIMEOUT,   /* no handshake within 30 s */
  LANE_DTLS_ERROR_CLOSED     /* the peer closed the session: close_notify */
} LaneDtlsError;

typedef struct {
  void (*send) (LaneDtls *dtls, const guint8 *datagram, gsize length, gpointer user_data);
  void (*connected) (LaneDtls *dtls, gpointer user_data);
  void (*received) (LaneDtls *dtls, const guint8 *data, gsize length, gpointer user_data);
  /* The end: never after free, at most once. The handler may free the session. */
  void (*closed) (LaneDtls *dtls, const GError *error, gpointer user_data);
} LaneDtlsEvents;

/* @peer_id pins the public key (SPKI hash); @peer_fingerprint, from the signed SDP, pins the
 * certificate (`AB:CD:...`, sha-256, RFC 8122 section 5; any case). Both must hold. Copies the
 * strings. */
LaneDtls *lane_dtls_new (GMainContext *context, LaneIdentity *identity, gboolean client,
                         const char *peer_id, const char *peer_fingerprint,
                         const LaneDtlsEvents *events, gpointer user_data, GError **error);
/* Begins the handshake (client: sends ClientHello). Datagrams fed before are kept (at most 16). */
void lane_dtls_start (LaneDtls *dtls);
void lane_dtls_feed (LaneDtls *dtls, const guint8 *datagram, gsize length);
/* FALSE while not connected or when the record does not fit. */
gboolean lane_dtls_write (LaneDtls *dtls, const guint8 *data, gsize length);
/* Sends close_notify when connected. */
void lane_dtls_close (LaneDtls *dtls);
gboolean lane_dtls_is_connected (const LaneDtls *dtls);
/* 16 hex digits exported from the handshake (RFC 5705): equal on both sides, others with every
 * handshake. NULL before it is complete; owned. */
const char *lane_dtls_get_association (const LaneDtls *dtls);
/* Safe from any callback of this session; no callback follows. */
void lane_dtls_free (LaneDtls *dtls);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneDtls, lane_dtls_free)
