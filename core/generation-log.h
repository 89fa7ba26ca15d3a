/* What generations do, told to the event log as typed events: each has `fact`, which says what
 * happened, and the fields of docs/log.schema.json. */
#pragma once

#include "diagnosis/event-log.h"
#include "generation.h"
#include "metrics/tally.h"
#include "network.h"
#include "servers/pool.h"

typedef struct {
  LaneEventLog *log;
  LaneTally *tally; /* of servers that gave nothing */
  const char *peer;
} LaneGenerationLog;

/* The addresses it gathers on and those it does not; into its gather report too. */
void lane_generation_log_network (const LaneGenerationLog *to, const LaneGeneration *generation,
                                  const LaneNetwork *network);
void lane_generation_log_server (const LaneGenerationLog *to, const LaneGeneration *generation,
                                 guint index);
void lane_generation_log_candidate (const LaneGenerationLog *to, const LaneGeneration *generation,
                                    gboolean local, const LaneGenerationCandidate *candidate);
void lane_generation_log_refused (const LaneGenerationLog *to, const LaneGeneration *generation,
                                  const LaneCandidate *candidate, const char *why);
/* @pool says why a server was silent. */
void lane_generation_log_gathered (const LaneGenerationLog *to, const LaneGeneration *generation,
                                   LanePool *pool);
void lane_generation_log_check (const LaneGenerationLog *to, const LaneGeneration *generation,
                                const LaneCheckPair *pair, LaneCheckStep step);
void lane_generation_log_selected (const LaneGenerationLog *to, const LaneGeneration *generation,
                                   const LaneTransportPair *pair);
/* How many pairs there were and what became of them, now that it has a path, or none. */
void lane_generation_log_checks (const LaneGenerationLog *to, const LaneGeneration *generation);
