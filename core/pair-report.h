/* The candidate pairs of a generation as JSON and words: what was checked, and what came of it. */
#pragma once

#include "generation.h"

/* How far the checks have come in all. */
typedef struct {
  gboolean known; /* FALSE: libnice's lines made no sense; the rest is 0 */
  guint pairs, answered, failed, waiting;
  guint direct4, direct6, relayed; /* pairs, by the way they would take */
  guint requests, replies;         /* STUN, with repetitions */
  guint failed_requests;           /* of the failed pairs */
} LanePairCounts;

void lane_pair_report_count (const LaneGeneration *generation, LanePairCounts *counts);

/* The value of "pairs" in a generation of GetPeer: the best first. */
JsonNode *lane_pair_report_describe (const LaneGeneration *generation);

/* `0 of 9 answered`, `no route`, `answered in 23 ms`. */
char *lane_pair_report_result (const LaneCheckPair *pair);

/* `host 192.168.1.5:41641`, with the type that signalling gave the candidate at @point. */
char *lane_pair_report_name (const LaneGeneration *generation, gboolean local,
                             const LaneCheckPoint *point);
const char *lane_pair_report_get_type (const LaneGeneration *generation, gboolean local,
                                       const LaneCheckPoint *point);
