/* The second line of the peers' view: rendezvous, servers, addresses, NAT. */
#pragma once

#include "canvas.h"
#include "model.h"

/* In the longest words for which there is room: nothing is cut while there are shorter ones. */
void lane_network_line_draw (LaneCanvas *canvas, const LaneModel *model, int y, int width);
