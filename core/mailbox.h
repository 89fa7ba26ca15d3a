/* The signed post between us and one pinned peer: who may write, to which run of which node, and
 * nothing twice (guarantee G2).
 *
 * Checks go from cheap to dear; the signature is verified last. */
#pragma once

#include "secure/envelope.h"
#include "signaling/message.h"

typedef struct _LaneMailbox LaneMailbox;

#define LANE_MAILBOX_ERROR (lane_mailbox_error_quark ())
GQuark lane_mailbox_error_quark (void);
typedef enum {
  LANE_MAILBOX_ERROR_DUPLICATE, /* seen before: a carrier resends after reconnecting; not an attack
                                 */
  LANE_MAILBOX_ERROR_REFUSED,   /* not for this run of ours, from a past run of theirs, or forged */
  LANE_MAILBOX_ERROR_LIMIT,     /* more than 2 offers/s (burst 10) or 20 messages/s (burst 40) */
  LANE_MAILBOX_ERROR_OFFLINE    /* we do not know which run of the peer to write to */
} LaneMailboxError;

/* @boot is ours. Keeps a reference on @identity. */
LaneMailbox *lane_mailbox_new (LaneIdentity *identity, const char *boot, const char *peer_id);
void lane_mailbox_free (LaneMailbox *mailbox);

/* What the rendezvous says of the peer; NULL = offline. TRUE when this is another run than before.
 */
gboolean lane_mailbox_set_peer_boot (LaneMailbox *mailbox, const char *boot);
const char *lane_mailbox_get_peer_boot (const LaneMailbox *mailbox); /* NULL = offline; owned */

/* The wire form of @message for the peer's present run. */
char *lane_mailbox_seal (LaneMailbox *mailbox, const char *session, const LaneMessage *message,
                         GError **error);
/* @envelope has been parsed and its `from` is the peer. A run we had not heard of yet becomes the
 * peer's present one. @now_us: monotonic. */
LaneMessage *lane_mailbox_open (LaneMailbox *mailbox, const LaneEnvelope *envelope, gint64 now_us,
                                GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneMailbox, lane_mailbox_free)
