/* One picture of the whole screen. */
#pragma once

#include "canvas.h"
#include "model.h"

/* Scrolls what has to be in sight and learns the page sizes; call it after every change. */
void lane_frame_arrange (LaneModel *model, int height, int width);
/* Draws the arranged model over the whole canvas. */
void lane_frame_draw (LaneCanvas *canvas, const LaneModel *model);
