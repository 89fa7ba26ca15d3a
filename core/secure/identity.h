/* Who a node is: one ECDSA P-256 key.
 *
 * Its id is the SHA-256 of the public key (SubjectPublicKeyInfo, DER), written in lower-case
 * base32 (RFC 4648 alphabet) without padding: 52 characters. */
#pragma once

#include <gio/gio.h>
#include <gnutls/abstract.h>

typedef struct _LaneIdentity LaneIdentity;

#define LANE_ID_LENGTH 52

#define LANE_IDENTITY_ERROR (lane_identity_error_quark ())
GQuark lane_identity_error_quark (void);
typedef enum {
  LANE_IDENTITY_ERROR_FILE,      /* unreadable, too open, or not a key */
  LANE_IDENTITY_ERROR_SIGNATURE, /* a signature or public key that does not verify */
  LANE_IDENTITY_ERROR_ID         /* not a node id */
} LaneIdentityError;

/* Reads `node.key` (PEM, 0600) from @state_dir, making the directory (0700) and the key at the
 * first use. Refuses a key that group or others can read. */
LaneIdentity *lane_identity_load (const char *state_dir, GError **error);
LaneIdentity *lane_identity_generate (void); /* kept in memory only */
LaneIdentity *lane_identity_ref (LaneIdentity *identity);
void lane_identity_unref (LaneIdentity *identity);

const char *lane_identity_get_id (const LaneIdentity *identity);     /* 52 characters, owned */
GBytes *lane_identity_get_public_key (const LaneIdentity *identity); /* SPKI DER, owned */
/* SHA-256 of the DTLS certificate, `AB:CD:...` upper case, owned (RFC 8122 section 5). */
const char *lane_identity_get_fingerprint (const LaneIdentity *identity);
/* A self-signed certificate of the key for DTLS, owned. */
gnutls_certificate_credentials_t lane_identity_get_credentials (const LaneIdentity *identity);
/* What DTLS may use with this key (guarantee G6), parsed once for all sessions: 8 KiB. Owned. */
gnutls_priority_t lane_identity_get_priority (const LaneIdentity *identity);

/* ECDSA with SHA-256 over @data; the DER signature is the caller's. */
GBytes *lane_identity_sign (const LaneIdentity *identity, GBytes *data, GError **error);
gboolean lane_identity_verify (GBytes *public_key, GBytes *data, GBytes *signature, GError **error);

char *lane_id_from_public_key (const guint8 *spki, gsize length);
/* Accepts groups, spaces, dashes and capitals; returns the 52 characters or NULL with @error. */
char *lane_id_normalize (const char *text, GError **error);
gboolean lane_id_is_canonical (const char *text); /* normalized already: what the wire carries */
char *lane_id_to_groups (const char *id);         /* `k3vq 7d2m ...` */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneIdentity, lane_identity_unref)
