/* The cursor of a recording, as the "replay" member of a node's object has it. */
#pragma once

#include <json-glib/json-glib.h>

typedef struct {
  gint64 at_us, from_us, to_us; /* wall clock */
  double speed;                 /* 0: paused */
  guint event, events;          /* up to the cursor, and of all */
} LaneReplayView;

/* NULL: @node is no recording. */
LaneReplayView *lane_replay_view_parse (JsonObject *node);
LaneReplayView *lane_replay_view_copy (const LaneReplayView *view); /* NULL gives NULL */
void lane_replay_view_free (LaneReplayView *view);
