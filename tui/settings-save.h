/* Out of the settings panel and back: writing the file, what another program did to it, leaving. */
#pragma once

#include "impact.h"
#include "model.h"

/* Goes to the panel; its file is read when it was not. */
void lane_settings_enter (LaneModel *model);
/* Asks first when edits are staged. TRUE: it was asked. */
gboolean lane_settings_leave (LaneModel *model, LaneLeave where);

/* What writing would do to the node's links; NULL: nothing is staged. The caller frees it. */
LaneImpact *lane_settings_impact_new (const LaneModel *model);

/* Looks through the edits and writes them; asks first where a link would end. */
void lane_settings_write (LaneModel *model);
void lane_settings_save (LaneModel *model);  /* as that, without asking about tests */
void lane_settings_merge (LaneModel *model); /* what another program saved */
void lane_settings_show_diff (LaneModel *model);
void lane_settings_open_editor (LaneModel *model);

/* Answers to effects. @original, @document are taken; NULL with @error. */
void lane_settings_on_read (LaneModel *model, LaneOriginal *original, const GError *error);
void lane_settings_on_saved (LaneModel *model, LaneSaveReport *report, const GError *error);
void lane_settings_on_edited (LaneModel *model, LaneDocument *document, const GError *error);
