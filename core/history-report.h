/* A peer's history as the JSON of GetHistory and of `icelane history`; null = unknown. */
#pragma once

#include <json-glib/json-glib.h>

#include "history.h"

/* @clock_us and @wall_us are the same moment: now. */
JsonNode *
lane_history_report (const LaneHistory *history, const char *peer, gint64 clock_us, gint64 wall_us);
