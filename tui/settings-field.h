/* The open field of the settings panel, and the names typed in the bottom line. */
#pragma once

#include "key.h"
#include "model.h"

/* @text: what it begins with; NULL: nothing. */
void lane_settings_field_open (LaneModel *model, const char *section, const char *key, guint index,
                               const char *text);
/* For the row that is selected, with its value. */
void lane_settings_field_open_row (LaneModel *model);
void lane_settings_field_key (LaneModel *model, const LaneKey *key);
void lane_settings_field_leave (LaneModel *model);

/* @section: `server` of a new one, else the one it is about. */
void
lane_settings_name_ask (LaneModel *model, LaneNaming naming, const char *section, const char *text);
void lane_settings_name_done (LaneModel *model, const char *name);
char *lane_settings_name_label (const LaneModel *model); /* the caller frees it */

/* Whether settings may be edited now; complains when not. */
gboolean lane_settings_may_edit (LaneModel *model);
/* After an edit: shows it, and says so. */
void lane_settings_staged (LaneModel *model, const char *format, ...) G_GNUC_PRINTF (2, 3);
