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
    [LANE_WHY_SYM_SYM] = "sym-sym",
    [LANE_WHY_SYM_VS_PORTFILTER] = "sym-vs-portfilter",
    [LANE_WHY_UDP_BLOCKED] = "udp-blocked",
    [LANE_WHY_NO_SRFLX] = "no-srflx",
    [LANE_WHY_STUN_UNREACHABLE] = "stun-unreachable",
    [LANE_WHY_TURN_UNREACHABLE] = "turn-unreachable",
    [LANE_WHY_TURN_AUTH] = "turn-auth",
    [LANE_WHY_TURN_CRED_EXPIRED] = "turn-cred-expired",
    [LANE_WHY_NO_TURN_CONFIGURED] = "no-turn-configured",
    [LANE_WHY_PEER_OFFLINE] = "peer-offline",
    [LANE_WHY_PEER_NO_CANDIDATES] = "peer-no-candidates",
    [LANE_WHY_SIGNALING_DOWN] = "signaling-down",
    [LANE_WHY_CHECKS_TIMEOUT] = "checks-timeout",
    [LANE_WHY_FAMILY_MISMATCH] = "family-mismatch",
    [LANE_WHY_IFACE_FILTERED] = "iface-filtered",
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
  gboolean ipv6 = lane_candidate_get_family (candidate) == 6;

  *(ipv6 ? &side->ipv6 : &side->ipv4) = TRUE;
  if (candidate->type != LANE_CANDIDATE_RELAY)
    *(ipv6 ? &side->direct_ipv6 : &side->direct_ipv4) = TRUE;
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
explain_policy_fault (const LaneWhyEvidence *e)
{
  switch (e->policy_fault) {
  case LANE_WHY_POLICY_NO_RELAY_HERE:
    return (LaneWhy){ LANE_WHY_POLICY, LANE_SIDE_OURS,
                      "Our policy for this peer is relay-only, and no TURN server is configured.",
                      "Add a [server NAME] with a turn: URI, or set policy = auto for this peer" };
  case LANE_WHY_POLICY_NO_RELAY_THERE:
    return (LaneWhy){ LANE_WHY_POLICY, LANE_SIDE_THEIRS,
                      "The peer's policy for us is relay-only, and it has no TURN server.",
                      "On the peer, add a TURN server or set policy = auto for this node" };
  case LANE_WHY_POLICY_CONTRADICTION:
  case LANE_WHY_POLICY_OK:
    break;
  }
  if (e->policy == LANE_POLICY_DIRECT_ONLY)
    return (LaneWhy){ LANE_WHY_POLICY, LANE_SIDE_BOTH,
                      "Our policy for this peer is direct-only, the peer's for us is relay-only: "
                      "no path satisfies both.",
                      "Set policy = auto for this peer, or have the peer set auto or direct-only" };
  return (LaneWhy){ LANE_WHY_POLICY, LANE_SIDE_BOTH,
                    "Our policy for this peer is relay-only, the peer's for us is direct-only: "
                    "no path satisfies both.",
                    "Set policy = auto for this peer, or have the peer set auto or relay-only" };
}

/* Neither family of it gets out over UDP. */
static gboolean
is_blocked (const LaneNatBrief *nat)
{
  gboolean any = nat->ipv4.mapping == LANE_NAT_BLOCKED || nat->ipv6.mapping == LANE_NAT_BLOCKED;

  return any && (nat->ipv4.mapping == LANE_NAT_BLOCKED || nat->ipv4.mapping == LANE_NAT_UNKNOWN)
         && (nat->ipv6.mapping == LANE_NAT_BLOCKED || nat->ipv6.mapping == LANE_NAT_UNKNOWN);
}

static LaneWhy
explain_blocked (const LaneWhyEvidence *e)
{
  gboolean ours = is_blocked (&e->our_nat), theirs = is_blocked (&e->their_nat);

  if (ours && theirs)
    return (LaneWhy){ LANE_WHY_UDP_BLOCKED, LANE_SIDE_BOTH,
                      "UDP is blocked on both sides: no server answers over it, only over TCP.",
                      "Allow outgoing UDP in both firewalls" };
  if (ours)
    return (LaneWhy){ LANE_WHY_UDP_BLOCKED, LANE_SIDE_OURS,
                      "UDP is blocked on our side: no server answers over it, only over TCP.",
                      "Allow outgoing UDP in our firewall, at least to port 3478" };
  if (theirs)
    return (LaneWhy){ LANE_WHY_UDP_BLOCKED, LANE_SIDE_THEIRS,
                      "UDP is blocked on the peer's side: no server answers it over UDP.",
                      "Allow outgoing UDP in the peer's firewall, at least to port 3478" };
  return (LaneWhy){ LANE_WHY_NONE, LANE_SIDE_NOBODY, NULL, NULL };
}

/* The family that one side has and the other lacks is one that we leave out ourselves. */
static gboolean
is_filtered (const LaneWhyEvidence *e, gboolean ipv4, gboolean ipv6)
{
  return (e->excluded_ipv4 && !ipv4 && e->theirs.ipv4)
         || (e->excluded_ipv6 && !ipv6 && e->theirs.ipv6);
}

static const LaneWhy family_filtered = {
  LANE_WHY_IFACE_FILTERED, LANE_SIDE_OURS,
  "The peer has addresses of one family only, and ours of it are left out by [network].",
  "Allow them in [network] interfaces and families"
};

static LaneWhy
explain_relayed_families (const LaneWhyEvidence *e)
{
  const LaneWhySide *ours = &e->ours, *theirs = &e->theirs;
  gboolean ours_known = ours->direct_ipv4 || ours->direct_ipv6;
  gboolean theirs_known = theirs->direct_ipv4 || theirs->direct_ipv6;

  if (!ours_known || !theirs_known || (ours->direct_ipv4 && theirs->direct_ipv4)
      || (ours->direct_ipv6 && theirs->direct_ipv6))
    return (LaneWhy){ LANE_WHY_NONE, LANE_SIDE_NOBODY, NULL, NULL };
  if (is_filtered (e, ours->direct_ipv4, ours->direct_ipv6))
    return family_filtered;
  return (LaneWhy){ LANE_WHY_FAMILY_MISMATCH, LANE_SIDE_BOTH,
                    "One side has only IPv4 addresses, the other only IPv6: the relay translates.",
                    "Give both sides one common family" };
}

static const LaneWhy no_srflx_there = {
  LANE_WHY_NO_SRFLX, LANE_SIDE_THEIRS,
  "The peer sent no public address: no STUN server has told it one.",
  "On the peer, allow outgoing UDP or add a STUN server that answers"
};

/* No address to be tried from outside. */
static LaneWhy
explain_lack (const LaneWhyEvidence *e)
{
  gboolean silent = e->stun_servers > 0 && e->stun_silent == e->stun_servers;

  if (lacks_public_address (&e->ours) && silent)
    return (LaneWhy){ LANE_WHY_STUN_UNREACHABLE, LANE_SIDE_OURS,
                      "No STUN server answers us, so the peer gets no address of ours to try.",
                      "Check the servers with `icelane check`, or add a STUN server that answers" };
  if (e->local.type == LANE_CANDIDATE_RELAY && e->relay_protocol != LANE_PROTOCOL_UDP
      && e->stun_servers > 0 && lacks_public_address (&e->ours))
    return (LaneWhy){ LANE_WHY_UDP_BLOCKED, LANE_SIDE_OURS,
                      "No STUN or TURN server answers us over UDP, only TURN over TCP or TLS does.",
                      "Allow outgoing UDP in our firewall, at least to port 3478" };
  if (lacks_public_address (&e->ours))
    return (LaneWhy){ LANE_WHY_NO_SRFLX, LANE_SIDE_OURS,
                      "No server told us our public address, so the peer cannot try it.",
                      "Add a STUN server that answers, or allow UDP to the one configured" };
  if (lacks_public_address (&e->theirs) && e->their_stun_asked > 0 && e->their_stun_answered == 0)
    return (LaneWhy){ LANE_WHY_STUN_UNREACHABLE, LANE_SIDE_THEIRS,
                      "No STUN server answers the peer, so it has no public address for us to try.",
                      "On the peer, allow outgoing UDP or add a STUN server that answers" };
  if (lacks_public_address (&e->theirs))
    return no_srflx_there;
  return (LaneWhy){ LANE_WHY_NONE, LANE_SIDE_NOBODY, NULL, NULL };
}

/* The NATs of the family that both have; IPv4 where there are both, since IPv6 rarely has any. */
static LaneWhy
explain_nats (const LaneWhyEvidence *e)
{
  gboolean ipv6 = !(e->ours.direct_ipv4 && e->theirs.direct_ipv4) && e->ours.direct_ipv6
                  && e->theirs.direct_ipv6;
  const LaneNatTraits *ours = ipv6 ? &e->our_nat.ipv6 : &e->our_nat.ipv4;
  const LaneNatTraits *theirs = ipv6 ? &e->their_nat.ipv6 : &e->their_nat.ipv4;
  gboolean our_hard = lane_nat_is_hard (ours->mapping);
  gboolean their_hard = lane_nat_is_hard (theirs->mapping);

  if (our_hard && their_hard)
    return (LaneWhy){ LANE_WHY_SYM_SYM, LANE_SIDE_BOTH,
                      "Both NATs take a new port per destination.",
                      "Use IPv6, or a fixed-mapping NAT on one side" };
  if (our_hard && theirs->filtering == LANE_NAT_ADDRESS_AND_PORT_DEPENDENT)
    return (LaneWhy){ LANE_WHY_SYM_VS_PORTFILTER, LANE_SIDE_OURS,
                      "Our NAT takes a new port per destination; the peer's lets in known ports "
                      "only.",
                      "Use a fixed-mapping NAT or a forwarded UDP port on our side, or IPv6" };
  if (their_hard && ours->filtering == LANE_NAT_ADDRESS_AND_PORT_DEPENDENT)
    return (
        LaneWhy){ LANE_WHY_SYM_VS_PORTFILTER, LANE_SIDE_THEIRS,
                  "The peer's NAT takes a new port per destination; ours lets in known ports "
                  "only.",
                  "Use a fixed-mapping NAT or a forwarded UDP port on the peer's side, or IPv6" };
  if (our_hard && theirs->filtering == LANE_NAT_UNKNOWN)
    return (LaneWhy){ LANE_WHY_CHECKS_TIMEOUT, LANE_SIDE_OURS,
                      "No direct check was answered. Our NAT takes a new port per destination; "
                      "what the peer's lets in is not known.",
                      "Use a fixed-mapping NAT or a forwarded UDP port on our side, or IPv6" };
  if (their_hard && ours->filtering == LANE_NAT_UNKNOWN)
    return (
        LaneWhy){ LANE_WHY_CHECKS_TIMEOUT, LANE_SIDE_THEIRS,
                  "No direct check was answered. The peer's NAT takes a new port per "
                  "destination; what ours lets in is not known.",
                  "Use a fixed-mapping NAT or a forwarded UDP port on the peer's side, or IPv6" };
  return (LaneWhy){ LANE_WHY_CHECKS_TIMEOUT, LANE_SIDE_BOTH,
                    "No direct check was answered: the NATs or firewalls between us drop them.",
                    "Use IPv6, forward a UDP port, or use a NAT that keeps one port per socket on "
                    "one side" };
}

static LaneWhy
explain_relay (const LaneWhyEvidence *e)
{
  /* Families decide which pairs there are, before any packet of one can be blocked. */
  LaneWhy (*const reasons[]) (const LaneWhyEvidence *e) = { explain_relayed_families,
                                                            explain_blocked, explain_lack };

  if (e->policy == LANE_POLICY_RELAY_ONLY)
    return (LaneWhy){ LANE_WHY_RELAY_FORCED, LANE_SIDE_OURS,
                      "The policy of this peer is relay-only.",
                      "Set policy = auto for this peer to allow a direct path" };
  if (e->their_policy == LANE_POLICY_RELAY_ONLY)
    return (LaneWhy){ LANE_WHY_RELAY_FORCED, LANE_SIDE_THEIRS,
                      "The peer's policy for us is relay-only.",
                      "On the peer, set policy = auto for this node to allow a direct path" };
  if (e->policy == LANE_POLICY_DIRECT_ONLY || e->their_policy == LANE_POLICY_DIRECT_ONLY)
    return (LaneWhy){ LANE_WHY_POLICY,
                      e->policy == LANE_POLICY_DIRECT_ONLY ? LANE_SIDE_OURS : LANE_SIDE_THEIRS,
                      "There is only a relay, which the policy direct-only forbids.",
                      "Set policy = auto where it is direct-only to allow a relay" };
  if (e->relay_is_faster)
    return (LaneWhy){ LANE_WHY_RELAY_FORCED, LANE_SIDE_NOBODY,
                      "The relay is clearly faster than the direct path (policy lowest-rtt).",
                      "Set policy = auto for this peer to prefer a direct path all the same" };
  if (e->theirs.host + e->theirs.srflx == 0 && e->theirs.relay > 0)
    return (LaneWhy){ LANE_WHY_RELAY_FORCED, LANE_SIDE_THEIRS,
                      "The peer offers nothing but a relay: its policy for us is relay-only.",
                      "On the peer, set policy = auto to allow a direct path" };
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++) {
    LaneWhy why = reasons[i](e);

    if (why.code != LANE_WHY_NONE)
      return why;
  }
  return explain_nats (e);
}

static LaneWhy
explain_no_relay (const LaneWhyEvidence *e)
{
  if (e->turn_servers == 0)
    return (LaneWhy){ LANE_WHY_NO_TURN_CONFIGURED, LANE_SIDE_OURS,
                      "No direct path works, and no TURN server is configured.",
                      "Add a [server NAME] with a turn: URI" };
  switch (e->turn_code) {
  case LANE_PROBE_CREDENTIALS_EXPIRED:
    return (LaneWhy){ LANE_WHY_TURN_CRED_EXPIRED, LANE_SIDE_OURS,
                      "No direct path works, and the TURN server says our credentials expired.",
                      "Renew the TURN credentials, or set auth-secret so that they renew "
                      "themselves" };
  case LANE_PROBE_UNAUTHORIZED:
  case LANE_PROBE_WRONG_CREDENTIALS:
  case LANE_PROBE_WRONG_REALM:
  case LANE_PROBE_CREDENTIALS_UNKNOWN:
    return (LaneWhy){ LANE_WHY_TURN_AUTH, LANE_SIDE_OURS,
                      "No direct path works, and the TURN server refuses our user or password.",
                      "Check user and password of the TURN server with `icelane check`" };
  default:
    return (LaneWhy){ LANE_WHY_TURN_UNREACHABLE, LANE_SIDE_OURS,
                      "No direct path works, and no TURN server gave us a relay.",
                      "Check address, user and password of the TURN server" };
  }
}

static LaneWhy
explain_failed_families (const LaneWhyEvidence *e)
{
  if (is_filtered (e, e->ours.ipv4, e->ours.ipv6))
    return family_filtered;
  return (LaneWhy){ LANE_WHY_FAMILY_MISMATCH, LANE_SIDE_BOTH,
                    "One side has only IPv4 addresses, the other only IPv6.",
                    "Give both sides one common family, or a TURN server that has both" };
}

static LaneWhy
explain_failure (const LaneWhyEvidence *e)
{
  gboolean share_family = (e->ours.ipv4 && e->theirs.ipv4) || (e->ours.ipv6 && e->theirs.ipv6);
  LaneWhy blocked = explain_blocked (e);

  if (e->unsecured)
    return (
        LaneWhy){ LANE_WHY_CHECKS_TIMEOUT, LANE_SIDE_BOTH,
                  "Checks were answered, but no secure connection (DTLS) came up over the path.",
                  "Look for a firewall between the two that drops DTLS or larger UDP packets" };
  if (e->their_policy == LANE_POLICY_RELAY_ONLY && e->theirs.relay == 0)
    return (LaneWhy){ LANE_WHY_POLICY, LANE_SIDE_THEIRS,
                      "The peer's policy is relay-only, but no TURN server gave it a relay.",
                      "On the peer, add a TURN server that answers, or set policy = auto" };
  if (e->theirs.host + e->theirs.srflx + e->theirs.relay == 0)
    return (LaneWhy){ LANE_WHY_PEER_NO_CANDIDATES, LANE_SIDE_THEIRS,
                      "The peer answered nothing, or sent no address to try.",
                      "On the peer, look at its log and network interfaces" };
  if (!share_family)
    return explain_failed_families (e);
  if (e->policy == LANE_POLICY_DIRECT_ONLY)
    return (LaneWhy){ LANE_WHY_POLICY, LANE_SIDE_OURS,
                      "No direct path works, and the policy direct-only forbids a relay.",
                      "Set policy = auto for this peer to allow a relay" };
  if (e->their_policy == LANE_POLICY_DIRECT_ONLY)
    return (LaneWhy){ LANE_WHY_POLICY, LANE_SIDE_THEIRS,
                      "No direct path works, and the peer's policy direct-only forbids a relay.",
                      "On the peer, set policy = auto for this node to allow a relay" };
  if (e->policy == LANE_POLICY_RELAY_ONLY && e->ours.relay == 0)
    return (LaneWhy){ LANE_WHY_POLICY, LANE_SIDE_OURS,
                      "The policy is relay-only, but no TURN server gave us a relay.",
                      "Add a TURN server that answers, or set policy = auto for this peer" };
  if (e->ours.relay + e->theirs.relay == 0)
    return blocked.code != LANE_WHY_NONE && e->turn_code == LANE_PROBE_OK ? blocked
                                                                          : explain_no_relay (e);
  if (blocked.code != LANE_WHY_NONE)
    return blocked;
  if (e->ours.relay > 0 && e->theirs.relay == 0 && lacks_public_address (&e->theirs))
    return no_srflx_there; /* it does not even reach our relay */
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
  if (e->policy_fault != LANE_WHY_POLICY_OK)
    return explain_policy_fault (e);
  if (e->has_pair)
    return e->local.type == LANE_CANDIDATE_RELAY || e->remote.type == LANE_CANDIDATE_RELAY
               ? explain_relay (e)
               : explain_direct (e);
  if (e->no_address && (e->excluded_ipv4 || e->excluded_ipv6))
    return (LaneWhy){ LANE_WHY_IFACE_FILTERED, LANE_SIDE_OURS,
                      "Every address of ours is left out by [network] interfaces or families.",
                      "Allow one in [network] interfaces and families" };
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
