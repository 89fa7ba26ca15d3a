/* The list of themes over the view: the one under the cursor is shown at once, Enter keeps it,
 * leaving goes back to the one before. It is the overlay LANE_OVERLAY_THEMES, whose rows are
 * model->overlay_list. */
#pragma once

#include "canvas.h"
#include "model.h"

void lane_theme_picker_free (LaneThemePicker *picker);

void lane_theme_picker_open (LaneModel *model);
void lane_theme_picker_preview (LaneModel *model); /* the selected row, if it is not shown yet */
/* Closes the list and keeps what is shown, for the session; asks whether to save it. */
void lane_theme_picker_keep (LaneModel *model);
void lane_theme_picker_leave (LaneModel *model); /* does not close the overlay; fine when closed */

/* As `:theme NAME`. */
void lane_theme_choose (LaneModel *model, const char *choice);
/* `auto` and the names of the themes there are, NULL-terminated; the caller frees it. */
char **lane_theme_choices (const LaneModel *model);

void lane_theme_picker_arrange (LaneModel *model, int height, int width);
void lane_theme_picker_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width);
