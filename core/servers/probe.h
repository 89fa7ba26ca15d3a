/* One probe of one STUN or TURN server at one address, in named steps with time and evidence:
 * connect, TLS, STUN binding, TURN Allocate with the long-term mechanism, a permission, and Refresh
 * with lifetime 0, which gives everything back. Over UDP, TCP or TLS, from sockets of its own.
 *
 * Belongs to one GMainContext; waits for nothing. */
#pragma once

#include "ice/address-policy.h"
#include "servers/probe-result.h"

typedef struct _LaneProbe LaneProbe;

typedef struct {
  const LaneUri *uri;
  GInetAddress *address; /* of the host of @uri */
  double dns_ms;         /* what finding it took; NAN: nothing had to be looked up */
  const char *dns_evidence;
  const char *username, *password; /* NULL: none */
  const char *ca_file;             /* NULL: the system's trust */
  /* Where an ALTERNATE-SERVER may lead; must outlive the probe. */
  const LaneAddressPolicy *policy;
  /* Where TCP is refused, ask on the same port over UDP. Only for an operator who asks: it puts
   * STUN in clear on the wire. */
  gboolean look_for_udp;
  guint try_ms;   /* over UDP: each of 3 tries, the last one twice that */
  guint step_ms;  /* over a stream: each step */
  guint total_ms; /* all of it */
} LaneProbeOptions;

typedef struct {
  /* A step has ended and another one has begun. May be NULL. */
  void (*progress) (LaneProbe *probe, gpointer user_data);
  void (*done) (LaneProbe *probe, gpointer user_data); /* exactly once */
} LaneProbeEvents;                                     /* each may free the probe */

/* Copies @options and what they point to, except for the policy; no callback from within. */
LaneProbe *lane_probe_new (GMainContext *context, const LaneProbeOptions *options,
                           const LaneProbeEvents *events, gpointer user_data);
LaneProbeResult *lane_probe_get_result (LaneProbe *probe);
/* An allocation that is still held is let go, without waiting for the answer. */
void lane_probe_free (LaneProbe *probe);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneProbe, lane_probe_free)
