/* The embedded rendezvous server: forwards opaque envelopes between nodes that proved their id.
 *
 * It can read addresses and fingerprints, but can neither forge nor alter a message. Everything it
 * holds is bounded (SECURITY-AND-FAULTS limits are in rendezvous.c, beside their use). */
#pragma once

#include <gio/gio.h>

typedef struct _LaneRendezvous LaneRendezvous;

typedef struct {
  const char *listen;               /* ADDR:PORT, [ADDR]:PORT; port 0 = any free */
  const char *token;                /* a client must present it; NULL = open to every node */
  const char *cert_file, *key_file; /* PEM; both or neither */
  /* Connections of one address; 0 = 48, and loopback not counted: a proxy may be there. */
  guint max_per_address;
} LaneRendezvousOptions;

/* @context must be the thread-default one of its thread, while it runs too (NULL-default is fine):
 * libsoup starts its operations in that. */
LaneRendezvous *
lane_rendezvous_new (GMainContext *context, const LaneRendezvousOptions *options, GError **error);
guint16 lane_rendezvous_get_port (const LaneRendezvous *rendezvous);
void lane_rendezvous_free (LaneRendezvous *rendezvous);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneRendezvous, lane_rendezvous_free)
