/* Which path is to be expected with a peer, from what both sides are known to be, and what it says
 * about that knowledge when the path turns out to be another one.
 *
 * Pure functions of evidence, like why.h. Nothing is guessed: what is not known makes the forecast
 * `unknown`, and the text says what is missing. */
#pragma once

#include "diagnosis/why.h"
#include "ice/terms.h"

typedef enum {
  LANE_EXPECT_UNKNOWN,
  LANE_EXPECT_DIRECT,
  LANE_EXPECT_RELAY,
  LANE_EXPECT_NO_PATH
} LaneExpectation;

typedef enum { LANE_FORECAST_MAYBE, LANE_FORECAST_NO, LANE_FORECAST_YES } LaneForecastTruth;

typedef enum {
  LANE_NEIGHBOURS_NO,
  LANE_NEIGHBOURS_MAYBE,    /* private addresses that look like one network: 192.168.1.0/24 is in
                             * many houses */
  LANE_NEIGHBOURS_SAME_NAT, /* one public address, different networks behind it */
  LANE_NEIGHBOURS_YES       /* both */
} LaneNeighbours;

typedef struct {
  LaneNatBrief nat;
  gboolean told;                /* whose NAT it is has said something of it; of ours always */
  LaneForecastTruth ipv4, ipv6; /* has an address of it, of IPv6 one that others can route to */
  LaneForecastTruth relay;      /* a TURN server gives it one */
} LaneForecastSide;

typedef struct {
  LaneForecastSide ours, theirs;
  LaneNeighbours neighbours;
  LaneTerms terms;
  guint turn_servers;      /* of ours */
  LaneProbeCode turn_code; /* as in LaneWhyEvidence */
} LaneForecastEvidence;

typedef struct {
  LaneExpectation expect;
  LaneWhyCode code; /* NONE with unknown */
  LaneSide side;    /* whose doing that is; with unknown: who does not know */
  LaneNatConfidence confidence;
  const char *reason; /* a sentence, static */
  const char *more;   /* another one, static; NULL = none */
} LaneForecast;

typedef enum {
  LANE_OUTCOME_NONE, /* not yet, or nothing was forecast */
  LANE_OUTCOME_AS_EXPECTED,
  LANE_OUTCOME_BETTER,
  LANE_OUTCOME_WORSE
} LaneOutcome;

LaneForecast lane_forecast_make (const LaneForecastEvidence *evidence);
gboolean lane_forecast_equal (const LaneForecast *a, const LaneForecast *b);
char *lane_forecast_to_text (const LaneForecast *forecast); /* the caller frees it */

/* Whether UDP gets through between two NATs or firewalls, both calling (RFC 4787, RFC 5780). */
LaneExpectation lane_forecast_punch (const LaneNatTraits *ours, const LaneNatTraits *theirs);

/* @is: the path that there is, or none, and @why it is so. */
LaneOutcome lane_forecast_judge (const LaneForecast *forecast, LaneExpectation is);
/* `as expected`, or `expected direct, is relay: ...` and what contradicts the evidence; the caller
 * frees it. NULL = nothing to be judged. */
char *lane_forecast_compare (const LaneForecast *forecast, LaneExpectation is, const LaneWhy *why);

const char *lane_expectation_to_string (LaneExpectation expectation); /* unknown direct relay
                                                                         no-path */
const char *lane_outcome_to_string (LaneOutcome outcome); /* as-expected better worse; NULL */
