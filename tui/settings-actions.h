/* What can be done in the settings panel: its part of the table in action.h. */
#pragma once

#include "action.h"

const LaneAction *lane_settings_actions_get (guint *n_actions);

/* What the actions that every view has do here. */
void lane_settings_open_selected (LaneModel *model);
/* FALSE: it was in the list already. */
gboolean lane_settings_back_to_list (LaneModel *model);
void lane_settings_change_focus (LaneModel *model);
LaneList *lane_settings_focused_list (LaneModel *model); /* the overlay's, when one is open */
void lane_settings_select (LaneModel *model, int row);
void lane_settings_copy (LaneModel *model);
void lane_settings_pick (LaneModel *model); /* the selected choice */
