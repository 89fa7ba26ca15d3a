/* Settings from the environment and from --set, see config.h for how they are written. For this
 * folder only. */
#pragma once

#include "loader.h"

/* @environ_ and @overrides as in LaneConfigSources, not NULL. */
void lane_override_from_environment (LaneLoader *loader, const char *const *environ_);
void lane_override_from_options (LaneLoader *loader, const char *const *overrides);
