/* A generation of a recording as it stood at a moment: what came later is taken out again. */
#pragma once

#include <json-glib/json-glib.h>

/* @generation as in GetPeer; @now_ms since it began. */
void lane_replay_generation_rewind (JsonObject *generation, double now_ms);
