/* What the mask of a screen or a report must know of settings and snapshot, and what leaves a
 * masked screen. */
#pragma once

#include "config.h"
#include "mask.h"
#include "model.h"

/* Names of settings and of what is configured stay, hosts of servers go. Hosts are to be learnt
 * before names, since one may be both. */
void lane_masking_learn_config (LaneMask *mask, const LaneConfig *config);
void lane_masking_learn_snapshot (LaneMask *mask, const LaneSnapshot *snapshot);
/* Of the model: makes its mask, at first. */
void lane_masking_learn (LaneModel *model);

/* In place; NULL stays. The model has its mask. */
void lane_masking_hide_text (const LaneModel *model, char **text);
void lane_masking_hide_json (const LaneModel *model, char **lines); /* one value a line */
