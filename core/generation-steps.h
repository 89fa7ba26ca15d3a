/* The steps of a generation for the peer to see, and those of the peer's as it has told them. */
#pragma once

#include "channel/steps.h"
#include "generation.h"

/* All that the generation itself knows: not what came above it. */
void lane_generation_get_steps (const LaneGeneration *generation, LaneSteps *steps);

/* The value of "peer" in a generation of GetPeer. */
JsonNode *lane_steps_describe (const LaneSteps *steps);
