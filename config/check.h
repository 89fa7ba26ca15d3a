/* Settings that are each fine and together are not. For this folder only. */
#pragma once

#include "loader.h"

void lane_check (LaneLoader *loader);
