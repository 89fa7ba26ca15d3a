/* The pages of the first run on the screen: a pure function of their state. */
#pragma once

#include "setup.h"

void lane_setup_arrange (LaneSetup *setup, int height, int width);
void lane_setup_draw (LaneCanvas *canvas, const LaneSetup *setup);
