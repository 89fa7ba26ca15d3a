/* The rendezvous client: HTTP requests up, Server-Sent Events down (docs/signaling.md). */
#pragma once

#include "secure/identity.h"
#include "signaling/signaling.h"

typedef struct {
  const char *url;     /* http:// or https:// */
  const char *boot;    /* 32 hex characters, drawn once per run of the node */
  const char *token;   /* for a rendezvous with --token-file; NULL = none */
  const char *ca_file; /* NULL = the system's trust */
  guint silence_ms;    /* without a byte the connection is dead; 0 = 40 s */
} LaneSignalingHttpOptions;

/* @context must be the thread-default one of its thread, while it runs too: libsoup starts its
 * operations in that. Copies everything, keeps a reference on @identity. NULL with @error when the
 * URL or CA file is unusable. */
LaneSignaling *
lane_signaling_http_new (GMainContext *context, LaneIdentity *identity,
                         const LaneSignalingHttpOptions *options, const LaneSignalingEvents *events,
                         gpointer user_data, GError **error);
