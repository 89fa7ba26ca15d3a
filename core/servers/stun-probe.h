/* One STUN binding (RFC 8489 section 2) with a server, over UDP, from a socket of its own. */
#pragma once

#include <gio/gio.h>

typedef struct _LaneStunProbe LaneStunProbe;

#define LANE_STUN_PROBE_TRIES 3

typedef struct {
  const char *error; /* NULL: the server answered */
  double rtt_ms;
  const char *mapped; /* our address as the server sees it, an IP literal */
} LaneStunProbeResult;

/* Exactly once, never from within lane_stun_probe_new(). May free the probe. */
typedef void (*LaneStunProbeDone) (LaneStunProbe *probe, const LaneStunProbeResult *result,
                                   gpointer user_data);

/* @try_ms: the wait after each of the tries. */
LaneStunProbe *lane_stun_probe_new (GMainContext *context, GInetAddress *address, guint16 port,
                                    guint try_ms, LaneStunProbeDone done, gpointer user_data);
void lane_stun_probe_free (LaneStunProbe *probe);
