/* Generations that are over. Whoever lets one go may be inside its callbacks, so it is freed in the
 * next turn of the loop, and counted in LaneShared's `closing` until its TURN allocations are
 * released. */
#pragma once

#include "generation.h"
#include "shared.h"

typedef struct _LaneGraves LaneGraves;

/* @shared outlives the graves. */
LaneGraves *lane_graves_new (const LaneShared *shared);
void lane_graves_free (LaneGraves *graves); /* frees what still waits at once */

/* Empties the slot; an empty one is left alone. */
void lane_graves_bury (LaneGraves *graves, LaneGeneration **generation);
