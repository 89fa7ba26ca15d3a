#include "diagnosis/why.h"

#include "ice/address-scope.h"

const char *
lane_why_code_to_string (LaneWhyCode code)
{
  static const char *const names[] = {
    [LANE_WHY_NONE] = NULL,
    [LANE_WHY_DIRECT_LAN] = "direct-lan",
    [LANE_WHY_DIRECT_V6] = "direct-v6",
    [LANE_WHY_DIRECT_PUBLIC] = "direct-public",
    [LANE_WHY_DIRECT_NAT] = "direct-nat",
    [LANE_WHY_RELAY_FORCED] = "relay-forced",
    [LANE_WHY_UDP_BLOCKED] = "udp-blocked",
    [LANE_WHY_NO_SRFLX] = "no-srflx",
    [LANE_WHY_TURN_UNREACHABLE] = "turn-unreachable",
    [LANE_WHY_NO_TURN_CONFIGURED] = "no-turn-configured",
    [LANE_WHY_PEER_OFFLINE] = "peer-offline",
    [LANE_WHY_PEER_NO_CANDIDATES] = "peer-no-candidates",
    [LANE_WHY_SIGNALING_DOWN] = "signaling-down",
    [LANE_WHY_CHECKS_TIMEOUT] = "checks-timeout",
    [LANE_WHY_FAMILY_MISMATCH] = "family-mismatch",
    [LANE_WHY_POLICY] = "policy",
    [LANE_WHY_IDENTITY_MISMATCH] = "identity-mismatch",
  };

  return names[code];
}

const char *
lane_side_to_string (LaneSide side)
{
  static const char *const names[] = {
    [LANE_SIDE_NOBODY] = "nobody",
    [LANE_SIDE_OURS] = "ours",
    [LANE_SIDE_THEIRS] = "theirs",
    [LANE_SIDE_BOTH] = "both",
  };

  return names[side];
}

static gboolean
is_local_only (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  return address != NULL && lane_address_is_local (address);
}

void
lane_why_count (LaneWhySide *side, const LaneCandidate *candidate)
{
  *(lane_candidate_get_family (candidate) == 6 ? &side->ipv6 : &side->ipv4) = TRUE;
  switch (candidate->type) {
  case LANE_CANDIDATE_HOST:
    side->host++;
    side->public_host |= !is_local_only (candidate->address);
    break;
  case LANE_CANDIDATE_SRFLX:
  case LANE_CANDIDATE_PRFLX:
    side->srflx++;
    break;
  case LANE_CANDIDATE_RELAY:
    side->relay++;
    break;
  }
}

static LaneWhy
explain_direct (const LaneWhyEvidence *e)
{
  gboolean hosts = e->local.type == LANE_CANDIDATE_HOST && e->remote.type == LANE_CANDIDATE_HOST;

  if (hosts && (is_local_only (e->local.address) || is_local_only (e->remote.address)))
    return (LaneWhy){ LANE_WHY_DIRECT_LAN, LANE_SIDE_NOBODY,
                      "Both are on one network and reach each other's own addresses.", NULL };
  if (lane_candidate_get_family (&e->local) == 6)
    return (LaneWhy){ LANE_WHY_DIRECT_V6, LANE_SIDE_NOBODY,
                      "Direct over IPv6: no address translation in between.", NULL };
  if (hosts)
    return (LaneWhy){ LANE_WHY_DIRECT_PUBLIC, LANE_SIDE_NOBODY,
                      "Both have public addresses and reach each other without NAT.", NULL };
  return (LaneWhy){ LANE_WHY_DIRECT_NAT, LANE_SIDE_NOBODY,
                    "Direct through NAT: the mappings that STUN found let both in.", NULL };
}

static gboolean
lacks_public_address (const LaneWhySide *side)
{
  return side->srflx == 0 && !side->public_host;
}

static LaneWhy
explain_relay (const LaneWhyEvidence *e)
{
  if (e->policy == LANE_POLICY_RELAY_ONLY)
    return (LaneWhy){ LANE_WHY_RELAY_FORCED, LANE_SIDE_OURS,
                      "The policy of this peer is relay-only.",
                      "Set policy = auto for this peer to allow a direct path" };
  if (e->local.type == LANE_CANDIDATE_RELAY && e->relay_protocol != LANE_PROTOCOL_UDP
      && lacks_public_address (&e->ours))
    return (LaneWhy){ LANE_WHY_UDP_BLOCKED, LANE_SIDE_OURS,
                      "No STUN or TURN server answers us over UDP, only TURN over TCP or TLS does.",
                      "Allow outgoing UDP in our firewall, at least to port 3478" };
  if (lacks_public_address (&e->ours))
    return (LaneWhy){ LANE_WHY_NO_SRFLX, LANE_SIDE_OURS,
                      "No server told us our public address, so the peer cannot try it.",
                      "Add a STUN server that answers, or allow UDP to the one configured" };
  if (lacks_public_address (&e->theirs))
    return (LaneWhy){ LANE_WHY_NO_SRFLX, LANE_SIDE_THEIRS,
                      "The peer sent no public address: its STUN servers do not answer it.",
                      "On the peer, allow outgoing UDP or add a STUN server that answers" };
  return (LaneWhy){ LANE_WHY_CHECKS_TIMEOUT, LANE_SIDE_BOTH,
                    "No direct check was answered: the NATs or firewalls between us drop them.",
                    "Use IPv6, forward a UDP port, or use a NAT that keeps one port per socket on "
                    "one side" };
}

static LaneWhy
explain_failure (const LaneWhyEvidence *e)
{
  gboolean share_family = (e->ours.ipv4 && e->theirs.ipv4) || (e->ours.ipv6 && e->theirs.ipv6);

  if (e->theirs.host + e->theirs.srflx + e->theirs.relay == 0)
    return (LaneWhy){ LANE_WHY_PEER_NO_CANDIDATES, LANE_SIDE_THEIRS,
                      "The peer answered nothing, or sent no address to try.",
                      "On the peer, look at its log and network interfaces" };
  if (!share_family)
    return (LaneWhy){ LANE_WHY_FAMILY_MISMATCH, LANE_SIDE_BOTH,
                      "One side has only IPv4 addresses, the other only IPv6.",
                      "Give both sides one common family, or a TURN server that has both" };
  if (e->policy == LANE_POLICY_DIRECT_ONLY)
    return (LaneWhy){ LANE_WHY_POLICY, LANE_SIDE_OURS,
                      "No direct path works, and the policy direct-only forbids a relay.",
                      "Set policy = auto for this peer to allow a relay" };
  if (e->policy == LANE_POLICY_RELAY_ONLY && e->ours.relay == 0)
    return (LaneWhy){ LANE_WHY_POLICY, LANE_SIDE_OURS,
                      "The policy is relay-only, but no TURN server gave us a relay.",
                      "Add a TURN server that answers, or set policy = auto for this peer" };
  if (e->ours.relay + e->theirs.relay == 0 && e->turn_servers == 0)
    return (LaneWhy){ LANE_WHY_NO_TURN_CONFIGURED, LANE_SIDE_OURS,
                      "No direct path works, and no TURN server is configured.",
                      "Add a [server NAME] with a turn: URI" };
  if (e->ours.relay + e->theirs.relay == 0)
    return (LaneWhy){ LANE_WHY_TURN_UNREACHABLE, LANE_SIDE_OURS,
                      "No direct path works, and no TURN server gave us a relay.",
                      "Check address, user and password of the TURN server" };
  return (LaneWhy){ LANE_WHY_CHECKS_TIMEOUT, LANE_SIDE_BOTH,
                    "No check was answered, not even through a relay.",
                    "Check that UDP to and from the TURN server is not filtered" };
}

LaneWhy
lane_why_explain (const LaneWhyEvidence *e)
{
  if (e->identity_mismatch)
    return (LaneWhy){ LANE_WHY_IDENTITY_MISMATCH, LANE_SIDE_THEIRS,
                      "Whoever answered has another key than the peer's id says.",
                      "Compare `icelane id` on the peer with the id in the configuration" };
  if (e->has_pair)
    return e->local.type == LANE_CANDIDATE_RELAY || e->remote.type == LANE_CANDIDATE_RELAY
               ? explain_relay (e)
               : explain_direct (e);
  if (e->signaling_down)
    return (LaneWhy){ LANE_WHY_SIGNALING_DOWN, LANE_SIDE_OURS,
                      "The rendezvous cannot be reached, so no new link can be agreed on.",
                      "Check [signaling] url and the network; it is tried again by itself" };
  if (e->peer_bye != NULL)
    return (LaneWhy){ LANE_WHY_PEER_OFFLINE, LANE_SIDE_THEIRS,
                      g_str_equal (e->peer_bye, "off")
                          ? "The peer's operator disconnected the link."
                          : "The peer's node has ended.",
                      "Connect again on the peer" };
  if (e->peer_offline)
    return (LaneWhy){ LANE_WHY_PEER_OFFLINE, LANE_SIDE_THEIRS, "The peer is not at the rendezvous.",
                      "Start icelane on the peer, or check the id and its [signaling] url" };
  if (e->tried)
    return explain_failure (e);
  return (LaneWhy){ LANE_WHY_NONE, LANE_SIDE_NOBODY, NULL, NULL };
}
