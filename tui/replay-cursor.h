/* A recording on the screen: where its cursor is, and the keys that move it. They only exist there;
 * keys that act on links do not. */
#pragma once

#include "action.h"
#include "view.h"

const LaneAction *lane_replay_actions_get (guint *count);

/* NULL: this is a node. */
const LaneReplayView *lane_replay_get (const LaneModel *model);
/* `REPLAY 23:49:04  12:31 of 24:00  paused`, shorter for less room; the caller frees it. */
char *lane_replay_describe (const LaneReplayView *view, int room);
/* `Event 12 of 40.`; the caller frees it. */
char *lane_replay_describe_place (const LaneReplayView *view);
