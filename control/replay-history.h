/* The history of a peer up to a moment (core/history.h), made again from its recording: samples
 * stand for the pings between them. */
#pragma once

#include "recording.h"

/* As GetHistory answers; the caller frees it. @name: the peer's. */
char *lane_replay_history_print (const LaneRecording *recording, const char *name, gint64 at_us);
