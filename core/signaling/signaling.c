#include "signaling/signaling.h"

void
lane_signaling_start (LaneSignaling *signaling)
{
  signaling->klass->start (signaling);
}

void
lane_signaling_watch (LaneSignaling *signaling, const char *const *peer_ids)
{
  signaling->klass->watch (signaling, peer_ids);
}

void
lane_signaling_send (LaneSignaling *signaling, const char *to, const char *envelope)
{
  signaling->klass->send (signaling, to, envelope);
}

void
lane_signaling_network_changed (LaneSignaling *signaling)
{
  signaling->klass->network_changed (signaling);
}

void
lane_signaling_stop (LaneSignaling *signaling, LaneSignalingStopped stopped, gpointer user_data)
{
  signaling->klass->stop (signaling, stopped, user_data);
}

LaneSignalingState
lane_signaling_get_state (const LaneSignaling *signaling)
{
  return signaling->state;
}

gint64
lane_signaling_get_next_try (const LaneSignaling *signaling)
{
  return signaling->state == LANE_SIGNALING_DOWN ? signaling->next_try_us : 0;
}

void
lane_signaling_free (LaneSignaling *signaling)
{
  if (signaling != NULL)
    signaling->klass->free (signaling);
}

const char *
lane_signaling_state_to_string (LaneSignalingState state)
{
  switch (state) {
  case LANE_SIGNALING_DOWN:
    return "down";
  case LANE_SIGNALING_CONNECTING:
    return "connecting";
  case LANE_SIGNALING_CONNECTED:
    return "connected";
  }
  g_return_val_if_reached ("down");
}
