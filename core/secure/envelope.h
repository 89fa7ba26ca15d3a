/* A signed signalling message (guarantee G2): who sends what to whom, and for which run of theirs.
 *
 * The wire form is one JSON object, at most 64 KiB:
 *
 *   {"v": 1, "type", "from", "to", "boot", "nonce", "session", "seq": 1..2^53-1, "payload",
 *    "key": base64 of the sender's SubjectPublicKeyInfo, "sig": base64 of a DER ECDSA signature}
 *
 * Signed (ECDSA P-256, SHA-256) are the bytes of `icelane-envelope-1` and a NUL, then for each of
 * type, from, to, boot, nonce, session, sequence, payload: the length as 32 bits, big-endian, and
 * the bytes; those of the sequence are 64 bits, big-endian. The payload (message.h) is signed as
 * the very bytes of that string. Unknown members are skipped and mean nothing: they are not signed.
 *
 * Opening one is two steps so that a receiver can drop strangers and replays before paying for the
 * signature: lane_envelope_parse(), own checks, lane_envelope_verify().
 */
#pragma once

#include "secure/identity.h"

typedef struct {
  char *type;    /* offer, answer, candidates, bye */
  char *from;    /* sender's id */
  char *to;      /* recipient's id */
  char *boot;    /* 32 hex characters the sender drew at its start */
  char *nonce;   /* the recipient's `boot`, as its presence told it */
  char *session; /* 32 hex characters drawn by the offerer */
  guint64
      sequence;  /* rises by at least one with every message of a sender's boot to one recipient */
  char *payload; /* JSON text, signed as these very bytes */
  GBytes *public_key; /* SPKI DER; NULL when not yet signed */
  GBytes *signature;
} LaneEnvelope;

#define LANE_ENVELOPE_MAX_BYTES (64 * 1024)

#define LANE_ENVELOPE_ERROR (lane_envelope_error_quark ())
GQuark lane_envelope_error_quark (void);
typedef enum { LANE_ENVELOPE_ERROR_MALFORMED, LANE_ENVELOPE_ERROR_SIGNATURE } LaneEnvelopeError;

/* The wire form of @envelope signed by @identity, which also fills `from` and the key. */
char *
lane_envelope_sign (const LaneEnvelope *envelope, const LaneIdentity *identity, GError **error);

/* Checks size, UTF-8, JSON shape and every field's syntax, not the signature. */
LaneEnvelope *lane_envelope_parse (const char *text, gsize length, GError **error);
/* That the key hashes to `from` and the signature is of these fields. */
gboolean lane_envelope_verify (const LaneEnvelope *envelope, GError **error);
void lane_envelope_free (LaneEnvelope *envelope);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneEnvelope, lane_envelope_free)
