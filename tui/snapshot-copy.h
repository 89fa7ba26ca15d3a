/* Copies of what the client owns, so that a paused screen can keep showing the past. */
#pragma once

#include "snapshot.h"

LaneSnapshot *lane_snapshot_copy (const LaneSnapshot *snapshot);
LanePeerDetail *lane_peer_detail_copy (const LanePeerDetail *detail);
LaneEventView *lane_event_view_copy (const LaneEventView *event);
