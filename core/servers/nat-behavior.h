/* One run of the tests of RFC 5780 from one of our addresses: which port each server sees, whether
 * another destination is given another one, whose packets get in, whether the NAT hairpins. From
 * sockets of its own, to servers only, in at most 10 times `try_ms` (lifetime aside).
 *
 * A server with two addresses (OTHER-ADDRESS) is asked for all of it. Without one, two servers
 * still tell about the mapping, and the filtering stays unknown.
 *
 * Belongs to one GMainContext; waits for nothing. */
#pragma once

#include "ice/address-policy.h"
#include "servers/nat-report.h"

typedef struct _LaneNatBehavior LaneNatBehavior;

#define LANE_NAT_SERVERS_MAX 4

typedef struct {
  GInetAddress *address;    /* ours */
  const GPtrArray *servers; /* of LaneNatServer, best first; the first few of its family count */
  /* Where an OTHER-ADDRESS may lead; must outlive the run. */
  const LaneAddressPolicy *policy;
  guint try_ms; /* before a request is sent again */
} LaneNatBehaviorOptions;

typedef void (*LaneNatBehaviorDone) (LaneNatBehavior *behavior, gpointer user_data);

/* Copies what it needs but the policy. @done: exactly once, never from within; may free it. */
LaneNatBehavior *
lane_nat_behavior_new (GMainContext *context, const LaneNatBehaviorOptions *options,
                       LaneNatBehaviorDone done, gpointer user_data);
/* No callback follows. */
void lane_nat_behavior_free (LaneNatBehavior *behavior);

/* After @done; the caller frees it. Not judged yet. */
LaneNatReport *lane_nat_behavior_steal_report (LaneNatBehavior *behavior);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneNatBehavior, lane_nat_behavior_free)
