#include "diagnosis/forecast.h"

const char *
lane_expectation_to_string (LaneExpectation expectation)
{
  static const char *const names[] = {
    [LANE_EXPECT_UNKNOWN] = "unknown",
    [LANE_EXPECT_DIRECT] = "direct",
    [LANE_EXPECT_RELAY] = "relay",
    [LANE_EXPECT_NO_PATH] = "no-path",
  };

  return names[expectation];
}

const char *
lane_outcome_to_string (LaneOutcome outcome)
{
  static const char *const names[] = {
    [LANE_OUTCOME_NONE] = NULL,
    [LANE_OUTCOME_AS_EXPECTED] = "as-expected",
    [LANE_OUTCOME_BETTER] = "better",
    [LANE_OUTCOME_WORSE] = "worse",
  };

  return names[outcome];
}

/* Two NATs */

/* @hard takes a new port for this peer, which @easy has not called and does not know. */
static LaneExpectation
punch_uneven (const LaneNatTraits *hard, const LaneNatTraits *easy)
{
  switch (easy->filtering) {
  case LANE_NAT_ENDPOINT_INDEPENDENT:
  case LANE_NAT_ADDRESS_DEPENDENT: /* the address it knows (RFC 4787 REQ-2: paired) */
    return LANE_EXPECT_DIRECT;
  case LANE_NAT_ADDRESS_AND_PORT_DEPENDENT:
    /* Whether the port that servers saw leads the peer in then depends on which one answers. */
    return hard->filtering == LANE_NAT_ENDPOINT_INDEPENDENT ? LANE_EXPECT_UNKNOWN
                                                            : LANE_EXPECT_RELAY;
  case LANE_NAT_UNKNOWN:
  case LANE_NAT_NONE:
  case LANE_NAT_BLOCKED:
    break;
  }
  return LANE_EXPECT_UNKNOWN;
}

LaneExpectation
lane_forecast_punch (const LaneNatTraits *ours, const LaneNatTraits *theirs)
{
  gboolean our_hard = lane_nat_is_hard (ours->mapping);
  gboolean their_hard = lane_nat_is_hard (theirs->mapping);

  if (ours->mapping == LANE_NAT_BLOCKED || theirs->mapping == LANE_NAT_BLOCKED)
    return LANE_EXPECT_RELAY;
  if (ours->mapping == LANE_NAT_UNKNOWN || theirs->mapping == LANE_NAT_UNKNOWN)
    return LANE_EXPECT_UNKNOWN;
  if (our_hard && their_hard)
    return ours->filtering == LANE_NAT_ENDPOINT_INDEPENDENT
                   || theirs->filtering == LANE_NAT_ENDPOINT_INDEPENDENT
               ? LANE_EXPECT_UNKNOWN
               : LANE_EXPECT_RELAY;
  if (our_hard)
    return punch_uneven (ours, theirs);
  if (their_hard)
    return punch_uneven (theirs, ours);
  return LANE_EXPECT_DIRECT; /* each knows the other's port and opens its own by calling */
}

/* Why a direct path is or is not to be expected */

static LaneForecast
unknown (LaneSide side, const char *reason)
{
  return (LaneForecast){ .expect = LANE_EXPECT_UNKNOWN, .side = side, .reason = reason };
}

static LaneForecast
direct (LaneWhyCode code, LaneNatConfidence confidence, const char *reason)
{
  return (LaneForecast){
    .expect = LANE_EXPECT_DIRECT, .code = code, .confidence = confidence, .reason = reason
  };
}

static LaneForecast
relay (LaneWhyCode code, LaneSide side, LaneNatConfidence confidence, const char *reason)
{
  return (LaneForecast){ .expect = LANE_EXPECT_RELAY,
                         .code = code,
                         .side = side,
                         .confidence = confidence,
                         .reason = reason };
}

static LaneForecast
explain_open (const LaneNatTraits *ours, const LaneNatTraits *theirs, gboolean ipv6)
{
  LaneNatConfidence confidence = MIN (ours->confidence, theirs->confidence);

  if (ipv6)
    return direct (LANE_WHY_DIRECT_V6, confidence, "Both have IPv6, which lets both in.");
  if (ours->mapping == LANE_NAT_NONE && theirs->mapping == LANE_NAT_NONE)
    return direct (LANE_WHY_DIRECT_PUBLIC, confidence,
                   "Both have public addresses, with no NAT between them.");
  if (lane_nat_is_hard (ours->mapping))
    return direct (LANE_WHY_DIRECT_NAT, confidence,
                   "Our NAT takes a new port per destination, and the peer's side lets in ports "
                   "that it has not called.");
  if (lane_nat_is_hard (theirs->mapping))
    return direct (LANE_WHY_DIRECT_NAT, confidence,
                   "The peer's NAT takes a new port per destination, and our side lets in ports "
                   "that it has not called.");
  if (ours->mapping == LANE_NAT_NONE)
    return direct (LANE_WHY_DIRECT_NAT, confidence,
                   "We have a public address, and the peer's NAT keeps one port for all.");
  if (theirs->mapping == LANE_NAT_NONE)
    return direct (LANE_WHY_DIRECT_NAT, confidence,
                   "The peer has a public address, and our NAT keeps one port for all.");
  return direct (LANE_WHY_DIRECT_NAT, confidence,
                 "Both NATs keep one port for all, so each side can call the other.");
}

static LaneForecast
explain_closed (const LaneNatTraits *ours, const LaneNatTraits *theirs)
{
  LaneNatConfidence confidence = MIN (ours->confidence, theirs->confidence);

  if (ours->mapping == LANE_NAT_BLOCKED && theirs->mapping == LANE_NAT_BLOCKED)
    return relay (LANE_WHY_UDP_BLOCKED, LANE_SIDE_BOTH, confidence,
                  "UDP is blocked on both sides.");
  if (ours->mapping == LANE_NAT_BLOCKED)
    return relay (LANE_WHY_UDP_BLOCKED, LANE_SIDE_OURS, ours->confidence,
                  "UDP is blocked on our side.");
  if (theirs->mapping == LANE_NAT_BLOCKED)
    return relay (LANE_WHY_UDP_BLOCKED, LANE_SIDE_THEIRS, theirs->confidence,
                  "UDP is blocked on the peer's side.");
  if (lane_nat_is_hard (ours->mapping) && lane_nat_is_hard (theirs->mapping))
    return relay (LANE_WHY_SYM_SYM, LANE_SIDE_BOTH, confidence,
                  "Both NATs take a new port per destination.");
  if (lane_nat_is_hard (ours->mapping))
    return relay (
        LANE_WHY_SYM_VS_PORTFILTER, LANE_SIDE_OURS, confidence,
        "Our NAT takes a new port per destination; the peer's side lets in known ports only.");
  return relay (
      LANE_WHY_SYM_VS_PORTFILTER, LANE_SIDE_THEIRS, confidence,
      "The peer's NAT takes a new port per destination; our side lets in known ports only.");
}

static LaneForecast
explain_untold (const LaneForecastEvidence *e, const LaneNatTraits *ours,
                const LaneNatTraits *theirs)
{
  if (ours->mapping == LANE_NAT_UNKNOWN && theirs->mapping == LANE_NAT_UNKNOWN)
    return unknown (LANE_SIDE_BOTH, "What either NAT does is not known yet.");
  if (ours->mapping == LANE_NAT_UNKNOWN)
    return unknown (LANE_SIDE_OURS, "What our NAT does is not known yet.");
  if (theirs->mapping == LANE_NAT_UNKNOWN)
    return unknown (LANE_SIDE_THEIRS, e->theirs.told
                                          ? "The peer does not know yet what its NAT does."
                                          : "The peer has not told yet what its NAT does.");
  if (lane_nat_is_hard (ours->mapping) && theirs->filtering == LANE_NAT_UNKNOWN)
    return unknown (
        LANE_SIDE_THEIRS,
        "Our NAT takes a new port per destination; what the peer's side lets in is not known.");
  if (lane_nat_is_hard (theirs->mapping) && ours->filtering == LANE_NAT_UNKNOWN)
    return unknown (
        LANE_SIDE_OURS,
        "The peer's NAT takes a new port per destination; what our side lets in is not known.");
  return unknown (LANE_SIDE_BOTH, "A NAT takes a new port per destination and yet lets in "
                                  "everybody: what counts between these two is not known.");
}

/* Of one family that both have, or may have. */
static LaneForecast
forecast_family (const LaneForecastEvidence *e, gboolean ipv6)
{
  const LaneNatTraits *ours = ipv6 ? &e->ours.nat.ipv6 : &e->ours.nat.ipv4;
  const LaneNatTraits *theirs = ipv6 ? &e->theirs.nat.ipv6 : &e->theirs.nat.ipv4;

  switch (lane_forecast_punch (ours, theirs)) {
  case LANE_EXPECT_DIRECT:
    return explain_open (ours, theirs, ipv6);
  case LANE_EXPECT_RELAY:
    return explain_closed (ours, theirs);
  case LANE_EXPECT_UNKNOWN:
  case LANE_EXPECT_NO_PATH:
    break;
  }
  return explain_untold (e, ours, theirs);
}

/* What is not known to be missing may be there. */
static gboolean
may_share (const LaneForecastEvidence *e, gboolean ipv6)
{
  LaneForecastTruth ours = ipv6 ? e->ours.ipv6 : e->ours.ipv4;
  LaneForecastTruth theirs = ipv6 ? e->theirs.ipv6 : e->theirs.ipv4;

  return ours != LANE_FORECAST_NO && theirs != LANE_FORECAST_NO;
}

static LaneForecast
forecast_families (const LaneForecastEvidence *e)
{
  gboolean ipv4 = may_share (e, FALSE), ipv6 = may_share (e, TRUE);
  LaneForecast over4, over6;

  if (!ipv4 && !ipv6)
    return unknown (LANE_SIDE_BOTH, "One side has only IPv4 addresses, the other only IPv6: "
                                    "whether a relay speaks both is not known.");
  if (!ipv6)
    return forecast_family (e, FALSE);
  over6 = forecast_family (e, TRUE);
  if (!ipv4 || over6.expect == LANE_EXPECT_DIRECT)
    return over6;
  over4 = forecast_family (e, FALSE);
  if (over4.expect == LANE_EXPECT_RELAY && over6.expect == LANE_EXPECT_UNKNOWN)
    return unknown (over6.side, "IPv4 would need a relay; whether IPv6 gets through is not known.");
  return over4;
}

static LaneForecast
forecast_neighbours (const LaneForecastEvidence *e)
{
  const LaneNatBrief *ours = &e->ours.nat;
  LaneForecast outside;

  /* It may be next to us, whatever our own NAT does. */
  if (!e->theirs.told)
    return explain_untold (e, ours->ipv4.mapping != LANE_NAT_UNKNOWN ? &ours->ipv4 : &ours->ipv6,
                           &e->theirs.nat.ipv4);
  outside = forecast_families (e);
  switch (e->neighbours) {
  case LANE_NEIGHBOURS_YES:
    return direct (
        LANE_WHY_DIRECT_LAN, LANE_NAT_PARTIAL,
        "Both seem to be on one network: the same private network behind the same public address.");
  case LANE_NEIGHBOURS_SAME_NAT:
    if (outside.code == LANE_WHY_DIRECT_V6)
      return outside;
    return unknown (LANE_SIDE_BOTH, "Both are behind the same public address: whether they reach "
                                    "each other behind it is not known.");
  case LANE_NEIGHBOURS_MAYBE:
    if (outside.expect == LANE_EXPECT_RELAY)
      return unknown (LANE_SIDE_BOTH, "From outside only a relay would do, but both have private "
                                      "addresses that may be of one network.");
    break;
  case LANE_NEIGHBOURS_NO:
    break;
  }
  return outside;
}

/* Relays */

static LaneForecastTruth
either (LaneForecastTruth a, LaneForecastTruth b)
{
  if (a == LANE_FORECAST_YES || b == LANE_FORECAST_YES)
    return LANE_FORECAST_YES;
  return a == LANE_FORECAST_NO && b == LANE_FORECAST_NO ? LANE_FORECAST_NO : LANE_FORECAST_MAYBE;
}

static LaneForecastTruth
both (LaneForecastTruth a, LaneForecastTruth b)
{
  if (a == LANE_FORECAST_NO || b == LANE_FORECAST_NO)
    return LANE_FORECAST_NO;
  return a == LANE_FORECAST_YES && b == LANE_FORECAST_YES ? LANE_FORECAST_YES : LANE_FORECAST_MAYBE;
}

/* Who has no UDP or is relay-only needs a relay of its own; else one side's is enough. */
static LaneForecastTruth
find_relay (const LaneForecastEvidence *e, const LaneForecast *reason, LaneSide *needed)
{
  gboolean blocked = reason->code == LANE_WHY_UDP_BLOCKED;
  gboolean ours =
      e->terms.ours == LANE_POLICY_RELAY_ONLY || (blocked && reason->side != LANE_SIDE_THEIRS);
  gboolean theirs = (e->terms.heard && e->terms.theirs == LANE_POLICY_RELAY_ONLY)
                    || (blocked && reason->side != LANE_SIDE_OURS);

  *needed = ours ? LANE_SIDE_OURS : theirs ? LANE_SIDE_THEIRS : LANE_SIDE_NOBODY;
  if (ours && theirs) {
    if (e->ours.relay == LANE_FORECAST_YES
        || (e->ours.relay == LANE_FORECAST_MAYBE && e->theirs.relay == LANE_FORECAST_NO))
      *needed = LANE_SIDE_THEIRS;
    return both (e->ours.relay, e->theirs.relay);
  }
  return ours ? e->ours.relay : theirs ? e->theirs.relay : either (e->ours.relay, e->theirs.relay);
}

static LaneForecast
lack_relay (const LaneForecastEvidence *e, LaneForecast reason, LaneSide needed)
{
  reason.expect = LANE_EXPECT_NO_PATH;
  reason.side = LANE_SIDE_OURS;
  if (needed == LANE_SIDE_THEIRS) {
    reason.side = LANE_SIDE_THEIRS;
    reason.code = LANE_WHY_TURN_UNREACHABLE;
    reason.more = "No TURN server gives the peer a relay.";
  } else if (e->turn_servers == 0) {
    reason.code = LANE_WHY_NO_TURN_CONFIGURED;
    reason.more = "No TURN server is configured.";
  } else if (e->turn_code == LANE_PROBE_CREDENTIALS_EXPIRED) {
    reason.code = LANE_WHY_TURN_CRED_EXPIRED;
    reason.more = "The TURN server says our credentials expired.";
  } else if (e->turn_code == LANE_PROBE_UNAUTHORIZED || e->turn_code == LANE_PROBE_WRONG_CREDENTIALS
             || e->turn_code == LANE_PROBE_WRONG_REALM
             || e->turn_code == LANE_PROBE_CREDENTIALS_UNKNOWN) {
    reason.code = LANE_WHY_TURN_AUTH;
    reason.more = "The TURN server refuses our user or password.";
  } else {
    reason.code = LANE_WHY_TURN_UNREACHABLE;
    reason.more = "No TURN server of ours works.";
  }
  return reason;
}

/* @reason says why only a relay will do. */
static LaneForecast
forecast_relay (const LaneForecastEvidence *e, LaneForecast reason)
{
  LaneSide needed;
  gboolean ours;

  switch (find_relay (e, &reason, &needed)) {
  case LANE_FORECAST_YES:
    return reason;
  case LANE_FORECAST_NO:
    return lack_relay (e, reason, needed);
  case LANE_FORECAST_MAYBE:
    break;
  }
  ours = needed != LANE_SIDE_THEIRS && e->ours.relay == LANE_FORECAST_MAYBE;
  reason.expect = LANE_EXPECT_UNKNOWN;
  reason.code = LANE_WHY_NONE;
  reason.side = ours ? LANE_SIDE_OURS : LANE_SIDE_THEIRS;
  reason.confidence = LANE_NAT_UNSURE;
  reason.more = ours ? "Whether our TURN server works is not known yet."
                     : "Whether the peer has a relay is not known.";
  return reason;
}

/* Policies */

static LaneForecast
forbid_relay (const LaneForecastEvidence *e, LaneForecast reason)
{
  gboolean ours = e->terms.ours == LANE_POLICY_DIRECT_ONLY;

  reason.expect = LANE_EXPECT_NO_PATH;
  reason.code = LANE_WHY_POLICY;
  reason.side = ours ? LANE_SIDE_OURS : LANE_SIDE_THEIRS;
  reason.more = ours ? "Our policy direct-only forbids a relay."
                     : "The peer's policy direct-only forbids a relay.";
  return reason;
}

LaneForecast
lane_forecast_make (const LaneForecastEvidence *e)
{
  LaneForecast forecast;

  switch (lane_terms_get_paths (&e->terms)) {
  case LANE_PATHS_NONE:
    return (LaneForecast){ .expect = LANE_EXPECT_NO_PATH,
                           .code = LANE_WHY_POLICY,
                           .side = LANE_SIDE_BOTH,
                           .confidence = LANE_NAT_MEASURED,
                           .reason = "One side's policy is direct-only, the other's relay-only." };
  case LANE_PATHS_RELAY:
    return forecast_relay (e,
                           e->terms.ours == LANE_POLICY_RELAY_ONLY
                               ? relay (LANE_WHY_RELAY_FORCED, LANE_SIDE_OURS, LANE_NAT_MEASURED,
                                        "Our policy for this peer is relay-only.")
                               : relay (LANE_WHY_RELAY_FORCED, LANE_SIDE_THEIRS, LANE_NAT_MEASURED,
                                        "The peer's policy for us is relay-only."));
  case LANE_PATHS_DIRECT:
    forecast = forecast_neighbours (e);
    return forecast.expect == LANE_EXPECT_RELAY ? forbid_relay (e, forecast) : forecast;
  case LANE_PATHS_ANY:
    break;
  }
  forecast = forecast_neighbours (e);
  return forecast.expect == LANE_EXPECT_RELAY ? forecast_relay (e, forecast) : forecast;
}

gboolean
lane_forecast_equal (const LaneForecast *a, const LaneForecast *b)
{
  return a->expect == b->expect && a->code == b->code && a->side == b->side
         && a->confidence == b->confidence && g_strcmp0 (a->reason, b->reason) == 0
         && g_strcmp0 (a->more, b->more) == 0;
}

char *
lane_forecast_to_text (const LaneForecast *forecast)
{
  return forecast->more != NULL ? g_strdup_printf ("%s %s", forecast->reason, forecast->more)
                                : g_strdup (forecast->reason);
}

/* The outcome */

LaneOutcome
lane_forecast_judge (const LaneForecast *forecast, LaneExpectation is)
{
  if (forecast->expect == LANE_EXPECT_UNKNOWN || is == LANE_EXPECT_UNKNOWN)
    return LANE_OUTCOME_NONE;
  if (forecast->expect == is)
    return LANE_OUTCOME_AS_EXPECTED;
  /* In the order of the enumeration: direct, relay, nothing. */
  return is < forecast->expect ? LANE_OUTCOME_BETTER : LANE_OUTCOME_WORSE;
}

/* Direct was expected. */
static const char *
contradict_direct (const LaneForecast *forecast, const LaneWhy *why)
{
  switch (why->code) {
  case LANE_WHY_RELAY_FORCED:
    return why->side == LANE_SIDE_NOBODY ? "it was measured, and the relay is faster"
                                         : "a policy asks for it now";
  case LANE_WHY_POLICY:
    return "a policy forbids it now";
  case LANE_WHY_NO_SRFLX:
  case LANE_WHY_STUN_UNREACHABLE:
    return why->side == LANE_SIDE_OURS ? "no STUN server told us our address this time"
                                       : "no STUN server told the peer its address";
  case LANE_WHY_UDP_BLOCKED:
    return "UDP has been blocked since it was measured";
  case LANE_WHY_SYM_SYM:
  case LANE_WHY_SYM_VS_PORTFILTER:
    return "a NAT has changed since it was measured";
  case LANE_WHY_PEER_NO_CANDIDATES:
    return "the peer sent no address to try";
  default:
    break;
  }
  switch (forecast->code) {
  case LANE_WHY_DIRECT_LAN:
    return "that network keeps its hosts apart";
  case LANE_WHY_DIRECT_V6:
    return "a firewall drops IPv6 between the sides";
  case LANE_WHY_DIRECT_PUBLIC:
    return "a firewall between the sides drops UDP";
  default:
    return "a firewall or a second NAT drops the checks";
  }
}

/* A relay or nothing was expected. */
static const char *
contradict_closed (const LaneForecast *forecast, const LaneWhy *why)
{
  if (why->code == LANE_WHY_DIRECT_LAN)
    return "both turned out to be on one network";
  if (why->code == LANE_WHY_DIRECT_V6)
    return "IPv6 got through";
  switch (forecast->code) {
  case LANE_WHY_RELAY_FORCED:
  case LANE_WHY_POLICY:
    return "a policy has changed since";
  case LANE_WHY_UDP_BLOCKED:
    return "UDP gets through after all";
  default:
    return "a NAT lets in more than when it was measured";
  }
}

static const char *
contradict_relay (const LaneWhy *why)
{
  switch (why->code) {
  case LANE_WHY_TURN_AUTH:
  case LANE_WHY_TURN_CRED_EXPIRED:
    return "the TURN server refused us";
  case LANE_WHY_TURN_UNREACHABLE:
  case LANE_WHY_NO_TURN_CONFIGURED:
    return "no TURN server gave a relay";
  case LANE_WHY_POLICY:
    return "a policy forbids it now";
  case LANE_WHY_PEER_NO_CANDIDATES:
    return "the peer sent no address to try";
  case LANE_WHY_UDP_BLOCKED:
    return "UDP is blocked, and so was the relay";
  default:
    return "not even the relay answered a check";
  }
}

static const char *
contradict (const LaneForecast *forecast, LaneExpectation is, const LaneWhy *why)
{
  if (forecast->expect == LANE_EXPECT_DIRECT)
    return contradict_direct (forecast, why);
  if (is == LANE_EXPECT_DIRECT)
    return contradict_closed (forecast, why);
  if (is == LANE_EXPECT_RELAY)
    return "a relay was to be had after all";
  return contradict_relay (why);
}

char *
lane_forecast_compare (const LaneForecast *forecast, LaneExpectation is, const LaneWhy *why)
{
  static const char *const words[] = { [LANE_EXPECT_DIRECT] = "direct",
                                       [LANE_EXPECT_RELAY] = "relay",
                                       [LANE_EXPECT_NO_PATH] = "no path" };

  switch (lane_forecast_judge (forecast, is)) {
  case LANE_OUTCOME_NONE:
    return NULL;
  case LANE_OUTCOME_AS_EXPECTED:
    return g_strdup ("as expected");
  case LANE_OUTCOME_BETTER:
  case LANE_OUTCOME_WORSE:
    break;
  }
  return g_strdup_printf ("expected %s, %s %s: %s", words[forecast->expect],
                          is == LANE_EXPECT_NO_PATH ? "found" : "is", words[is],
                          contradict (forecast, is, why));
}
