#include "replay-view.h"

#include <math.h>

#include "json-read.h"

LaneReplayView *
lane_replay_view_parse (JsonObject *node)
{
  JsonObject *object = lane_json_object (node, "replay");
  LaneReplayView *view;

  if (object == NULL)
    return NULL;
  view = g_new0 (LaneReplayView, 1);
  view->at_us = lane_json_time (object, "at");
  view->from_us = lane_json_time (object, "from");
  view->to_us = lane_json_time (object, "to");
  view->speed = lane_json_number (object, "speed");
  if (isnan (view->speed))
    view->speed = 0;
  view->event = lane_json_uint (object, "event");
  view->events = lane_json_uint (object, "events");
  return view;
}

LaneReplayView *
lane_replay_view_copy (const LaneReplayView *view)
{
  return view != NULL ? g_memdup2 (view, sizeof *view) : NULL;
}

void
lane_replay_view_free (LaneReplayView *view)
{
  g_free (view);
}
