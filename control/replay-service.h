/* Recordings on a control socket, as if a node answered there: a dashboard needs no other way to
 * show them. What would act on a link is refused.
 *
 * Belongs to the thread-default context it is made with. */
#pragma once

#include "replay.h"

typedef struct _LaneReplayService LaneReplayService;

#define LANE_REPLAY_SPEED_MAX 3600

/* Takes @replay on success. As lane_service_new() about @path. */
LaneReplayService *lane_replay_service_new (LaneReplay *replay, const char *path, GError **error);
void lane_replay_service_free (LaneReplayService *service);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneReplayService, lane_replay_service_free)
