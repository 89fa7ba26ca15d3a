/* A command for some peers, asked about first where something working could be lost. */
#pragma once

#include "model.h"

/* Takes @names. @all: they are every peer there is. */
void lane_errand_start (LaneModel *model, LaneCommand command, char **names, gboolean all);
