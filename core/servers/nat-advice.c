#include "servers/nat-advice.h"

/* By who may answer to a port that is the same for all. */
static const char *
meaning_of_easy (LaneNatWord filtering)
{
  switch (filtering) {
  case LANE_NAT_ENDPOINT_INDEPENDENT:
    return "Every peer reaches the port that servers saw: direct works with all kinds of NAT.";
  case LANE_NAT_ADDRESS_DEPENDENT:
    return "An address we have sent to may answer from any port: direct works with all kinds of "
           "NAT.";
  case LANE_NAT_ADDRESS_AND_PORT_DEPENDENT:
    return "Direct works with most peers; with one behind a hard NAT only a relay does.";
  default:
    return "Direct works with most peers. Whom the NAT lets in is not known: no server here can "
           "test it.";
  }
}

static const char *
meaning_of_none (LaneNatWord filtering)
{
  switch (filtering) {
  case LANE_NAT_ADDRESS_DEPENDENT:
  case LANE_NAT_ADDRESS_AND_PORT_DEPENDENT:
    return "The address is public; a firewall lets in only who was sent to. Direct works, but not "
           "with every hard NAT.";
  default:
    return "The address is public: peers reach it directly.";
  }
}

const char *
lane_nat_traits_to_meaning (const LaneNatTraits *traits)
{
  switch (traits->mapping) {
  case LANE_NAT_NONE:
    return meaning_of_none (traits->filtering);
  case LANE_NAT_ENDPOINT_INDEPENDENT:
    return meaning_of_easy (traits->filtering);
  case LANE_NAT_ADDRESS_DEPENDENT:
  case LANE_NAT_ADDRESS_AND_PORT_DEPENDENT:
    return "Each destination sees another port, so no peer can know ours: direct works only with "
           "peers that let in any port; others need a relay.";
  case LANE_NAT_BLOCKED:
    return "No UDP gets through: links need a TURN server over TCP or TLS.";
  case LANE_NAT_UNKNOWN:
  default:
    return "What the NAT does is not known.";
  }
}

const char *
lane_nat_traits_to_advice (const LaneNatTraits *traits)
{
  switch (traits->mapping) {
  case LANE_NAT_NONE:
    return traits->filtering == LANE_NAT_ADDRESS_AND_PORT_DEPENDENT
               ? "For hard NATs too: fix [network] ports and let them in"
               : NULL;
  case LANE_NAT_ENDPOINT_INDEPENDENT:
    return traits->filtering == LANE_NAT_UNKNOWN
               ? "A STUN server with two addresses (RFC 5780) would show it"
               : NULL;
  case LANE_NAT_ADDRESS_DEPENDENT:
  case LANE_NAT_ADDRESS_AND_PORT_DEPENDENT:
    return "Use IPv6, a fixed-mapping NAT, or a forwarded UDP port";
  case LANE_NAT_BLOCKED:
    return "Allow outgoing UDP, at least to port 3478; till then use turns: or ?transport=tcp";
  case LANE_NAT_UNKNOWN:
  default:
    return NULL;
  }
}

gboolean
lane_nat_traits_are_bad (const LaneNatTraits *traits)
{
  return lane_nat_is_hard (traits->mapping) || traits->mapping == LANE_NAT_BLOCKED;
}
