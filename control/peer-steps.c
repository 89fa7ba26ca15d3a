#include "peer-steps.h"

#include "json-read.h"

static void
read_pair (LanePeerSteps *steps, JsonObject *pair)
{
  steps->local = lane_json_string (pair, "local");
  steps->remote = lane_json_string (pair, "remote");
  if (steps->local == NULL || steps->remote == NULL) {
    g_clear_pointer (&steps->local, g_free);
    g_clear_pointer (&steps->remote, g_free);
  }
  steps->pair_sent_ms = lane_json_number (pair, "sent_ms");
  steps->pair_answered_ms = lane_json_number (pair, "answered_ms");
  steps->nominated_ms = lane_json_number (pair, "nominated_ms");
}

LanePeerSteps *
lane_peer_steps_read (JsonObject *object)
{
  LanePeerSteps *steps;

  if (object == NULL)
    return NULL;
  steps = g_new0 (LanePeerSteps, 1);
  steps->offered = lane_json_boolean (object, "offered");
  steps->gathered_ms = lane_json_number (object, "gathered_ms");
  steps->answered_ms = lane_json_number (object, "answered_ms");
  steps->first_check_ms = lane_json_number (object, "first_check_ms");
  steps->connected_ms = lane_json_number (object, "connected_ms");
  steps->failed_ms = lane_json_number (object, "failed_ms");
  steps->dtls_from_ms = lane_json_number (object, "dtls_from_ms");
  steps->dtls_ms = lane_json_number (object, "dtls_ms");
  steps->sctp_ms = lane_json_number (object, "sctp_ms");
  read_pair (steps, lane_json_object (object, "pair"));
  steps->host = lane_json_uint (object, "host");
  steps->srflx = lane_json_uint (object, "srflx");
  steps->relay = lane_json_uint (object, "relay");
  steps->stun_asked = lane_json_uint (object, "stun_asked");
  steps->stun_answered = lane_json_uint (object, "stun_answered");
  steps->turn_asked = lane_json_uint (object, "turn_asked");
  steps->turn_answered = lane_json_uint (object, "turn_answered");
  return steps;
}

void
lane_peer_steps_free (LanePeerSteps *steps)
{
  if (steps == NULL)
    return;
  g_free (steps->local);
  g_free (steps->remote);
  g_free (steps);
}
