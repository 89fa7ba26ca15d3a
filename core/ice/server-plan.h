/* Which of the resolved servers one NiceAgent gets, in which order, and which of them a local
 * candidate came from: libnice reports that only between the lines (its relay address getter
 * crashes on the copies it hands out, and srflx candidates learned from TURN name the relay). */
#pragma once

#include <nice/agent.h>

#include "ice/transport.h"

typedef struct _LaneServerPlan LaneServerPlan;

/* @servers (of LaneIceServer, best first) is copied. Servers whose family is not among
 * @addresses, TURN servers without credentials, and repeated ones (a second allocation on one
 * 5-tuple is refused with 437) are left out; relay-only takes no STUN server, direct-only no
 * TURN. */
LaneServerPlan *
lane_server_plan_new (const GPtrArray *servers, const char *const *addresses, LanePolicy policy);
void lane_server_plan_free (LaneServerPlan *plan);
void lane_server_plan_release (LaneServerPlan *plan); /* gathering is over: ends all leases */

const LaneIceServer *lane_server_plan_get_stun (const LaneServerPlan *plan); /* NULL = none */

/* In the order of nice_agent_set_relay_info() calls, all of which must be made: the place in the
 * order is the preference, higher wins, and it is what a candidate's priority tells us. UDP before
 * TCP before TLS, within each the preferred one last. */
guint lane_server_plan_get_n_relays (const LaneServerPlan *plan);
const LaneIceServer *lane_server_plan_get_relay (const LaneServerPlan *plan, guint index);

/* The server behind a local candidate; NULL for hosts and when it cannot be told. */
const LaneIceServer *
lane_server_plan_find (const LaneServerPlan *plan, const NiceCandidate *candidate);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneServerPlan, lane_server_plan_free)
