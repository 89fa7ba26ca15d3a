/* Why a link runs the way it does, whose side that is, and what to do next (DESIGN section 7).
 *
 * A pure function of evidence: no clock, no network, the same words for screen, CLI and JSON. */
#pragma once

#include "config.h"
#include "ice/candidate.h"
#include "servers/nat-brief.h"
#include "servers/probe-code.h"

typedef enum {
  LANE_WHY_NONE, /* nothing to explain: off, or still trying */
  LANE_WHY_DIRECT_LAN,
  LANE_WHY_DIRECT_V6,
  LANE_WHY_DIRECT_PUBLIC,
  LANE_WHY_DIRECT_NAT,
  LANE_WHY_RELAY_FORCED,
  LANE_WHY_SYM_SYM,           /* both NATs take a new port per destination */
  LANE_WHY_SYM_VS_PORTFILTER, /* one does, and the other side lets in only what it has called */
  LANE_WHY_UDP_BLOCKED,
  LANE_WHY_NO_SRFLX,
  LANE_WHY_STUN_UNREACHABLE,
  LANE_WHY_TURN_UNREACHABLE,
  LANE_WHY_TURN_AUTH,
  LANE_WHY_TURN_CRED_EXPIRED,
  LANE_WHY_NO_TURN_CONFIGURED,
  LANE_WHY_PEER_OFFLINE,
  LANE_WHY_PEER_NO_CANDIDATES,
  LANE_WHY_SIGNALING_DOWN,
  LANE_WHY_CHECKS_TIMEOUT,
  LANE_WHY_FAMILY_MISMATCH,
  LANE_WHY_IFACE_FILTERED,
  LANE_WHY_POLICY,
  LANE_WHY_IDENTITY_MISMATCH
} LaneWhyCode;

/* What about the policies makes a link impossible. */
typedef enum {
  LANE_WHY_POLICY_OK,
  LANE_WHY_POLICY_CONTRADICTION, /* one side direct-only, the other relay-only */
  LANE_WHY_POLICY_NO_RELAY_HERE, /* relay-only without a TURN server */
  LANE_WHY_POLICY_NO_RELAY_THERE
} LaneWhyPolicy;

typedef enum { LANE_SIDE_NOBODY, LANE_SIDE_OURS, LANE_SIDE_THEIRS, LANE_SIDE_BOTH } LaneSide;

/* What one side has brought in the generation that speaks for the link. */
typedef struct {
  guint host, srflx, relay;
  gboolean ipv4, ipv6;
  gboolean direct_ipv4, direct_ipv6; /* the same without relays */
  gboolean public_host;              /* a host candidate with an address the Internet can route */
} LaneWhySide;

typedef struct {
  gboolean signaling_down;
  gboolean peer_offline;
  const char *peer_bye; /* the peer's own reason for not being here; NULL = none */
  gboolean identity_mismatch;
  gboolean tried;     /* a try has ended without a link */
  gboolean unsecured; /* it had a path, over which DTLS did not come up */
  gboolean has_pair;
  LaneCandidate local, remote; /* the selected pair */
  LaneProtocol relay_protocol; /* how a local relay is reached */
  LaneWhySide ours, theirs;
  LanePolicy policy, their_policy; /* theirs: auto while it is not known */
  LaneWhyPolicy policy_fault;
  gboolean relay_is_faster; /* measured, by whichever side has the policy lowest-rtt */
  LaneNatBrief our_nat, their_nat;
  gboolean no_address;                   /* we have none that ICE may use */
  gboolean excluded_ipv4, excluded_ipv6; /* [network] leaves out addresses of ours */
  guint stun_servers, stun_silent; /* over UDP, for this peer; of these, known not to answer */
  guint their_stun_asked, their_stun_answered; /* by its own account; 0, 0: it has not said */
  guint turn_servers, turn_failed; /* usable for this peer; of these, known not to work */
  LaneProbeCode turn_code;         /* what is wrong with those: what is easiest to mend, or OK */
} LaneWhyEvidence;

typedef struct {
  LaneWhyCode code;
  LaneSide side;
  const char *text; /* a sentence, static; NULL with LANE_WHY_NONE */
  const char *next; /* what to do, static; NULL when nothing need be done */
} LaneWhy;

LaneWhy lane_why_explain (const LaneWhyEvidence *evidence);
void lane_why_count (LaneWhySide *side, const LaneCandidate *candidate);

const char *lane_why_code_to_string (LaneWhyCode code); /* `direct-lan`...; NULL for NONE */
const char *lane_side_to_string (LaneSide side);
