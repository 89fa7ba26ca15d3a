/* What can be done in the Network view: its part of the table in action.h. */
#pragma once

#include "action.h"

const LaneAction *lane_network_actions_get (guint *n_actions);

/* What the actions that every view has do here. */
void lane_network_select (LaneModel *model, int row);
void lane_network_probe (LaneModel *model, const char *argument); /* @argument is not used */
void lane_network_copy (LaneModel *model);
void lane_network_copy_json (LaneModel *model);
