#include "generation-steps.h"

#include <string.h>

#include "ice/gather-report.h"
#include "status.h"

static void
set_step (LaneSteps *steps, const LaneGeneration *generation, LaneStep step, gint64 at_us)
{
  if (at_us != 0)
    lane_steps_set (steps, step, at_us - lane_generation_get_started_us (generation));
}

static gboolean
is_at (const LaneCandidate *candidate, const LaneCheckPoint *point)
{
  return candidate->port == point->port && strcmp (candidate->address, point->address) == 0;
}

static void
add_checks (const LaneGeneration *generation, LaneSteps *steps)
{
  const LaneCheckLog *checks = lane_generation_get_checks (generation);
  g_autoptr (GArray) pairs = lane_check_log_get_pairs (checks);
  LaneTransportPair selected;
  gint64 first_us = 0;

  steps->has_pair = lane_generation_get_pair (generation, &selected);
  if (steps->has_pair) {
    steps->local = selected.local.type;
    steps->remote = selected.remote.type;
  }
  if (!lane_check_log_is_coherent (checks))
    return;
  for (guint i = 0; i < pairs->len; i++) {
    const LaneCheckPair *pair = &g_array_index (pairs, LaneCheckPair, i);

    if (pair->sent_us != 0 && (first_us == 0 || pair->sent_us < first_us))
      first_us = pair->sent_us;
    if (!steps->has_pair || !is_at (&selected.local, &pair->local)
        || !is_at (&selected.remote, &pair->remote))
      continue;
    set_step (steps, generation, LANE_STEP_PAIR_SENT, pair->sent_us);
    set_step (steps, generation, LANE_STEP_PAIR_ANSWERED, pair->answered_us);
    set_step (steps, generation, LANE_STEP_NOMINATED, pair->nominated_us);
  }
  set_step (steps, generation, LANE_STEP_CHECKED, first_us);
}

static void
count_servers (const LaneGatherReport *report, LaneSteps *steps)
{
  for (guint i = 0; i < lane_gather_report_get_n_servers (report); i++) {
    const LaneGatherServer *server = lane_gather_report_get_server (report, i);
    LaneServerCount *count = strcmp (server->kind, "stun") == 0 ? &steps->stun : &steps->turn;

    if (server->outcome == LANE_GATHER_UNNEEDED)
      continue;
    count->asked++;
    count->answered += server->outcome == LANE_GATHER_ANSWERED;
  }
}

static void
count_candidates (const LaneGeneration *generation, LaneSteps *steps)
{
  const GPtrArray *local = lane_generation_get_candidates (generation, TRUE);

  for (guint i = 0; i < local->len; i++)
    switch (((const LaneGenerationCandidate *)local->pdata[i])->candidate.type) {
    case LANE_CANDIDATE_HOST:
      steps->host++;
      break;
    case LANE_CANDIDATE_SRFLX:
      steps->srflx++;
      break;
    case LANE_CANDIDATE_RELAY:
      steps->relay++;
      break;
    case LANE_CANDIDATE_PRFLX:
      break;
    }
}

void
lane_generation_get_steps (const LaneGeneration *generation, LaneSteps *steps)
{
  const LaneGatherReport *report = lane_generation_get_gather_report (generation);
  LaneGenerationTimes times;

  lane_generation_get_times (generation, &times);
  lane_steps_init (steps, lane_generation_get_number (generation));
  steps->offered = lane_generation_is_offered (generation);
  set_step (steps, generation, LANE_STEP_GATHERED, lane_gather_report_get_ended_us (report));
  set_step (steps, generation, LANE_STEP_DESCRIBED, times.answered_us);
  set_step (steps, generation, LANE_STEP_CONNECTED, times.connected_us);
  set_step (steps, generation, LANE_STEP_FAILED, times.failed_us);
  add_checks (generation, steps);
  count_servers (report, steps);
  count_candidates (generation, steps);
}

/* Describing */

static void
add_step (JsonBuilder *builder, const char *name, const LaneSteps *steps, LaneStep step)
{
  json_builder_set_member_name (builder, name);
  if (steps->us[step] != LANE_STEP_NEVER)
    json_builder_add_double_value (builder, steps->us[step] / 1000.0);
  else
    json_builder_add_null_value (builder);
}

static void
add_count (JsonBuilder *builder, const char *name, guint count)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, count);
}

static void
add_pair (JsonBuilder *builder, const LaneSteps *steps)
{
  json_builder_set_member_name (builder, "pair");
  if (!steps->has_pair) {
    json_builder_add_null_value (builder);
    return;
  }
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "local", lane_candidate_type_to_string (steps->local));
  lane_status_add_string (builder, "remote", lane_candidate_type_to_string (steps->remote));
  add_step (builder, "sent_ms", steps, LANE_STEP_PAIR_SENT);
  add_step (builder, "answered_ms", steps, LANE_STEP_PAIR_ANSWERED);
  add_step (builder, "nominated_ms", steps, LANE_STEP_NOMINATED);
  json_builder_end_object (builder);
}

JsonNode *
lane_steps_describe (const LaneSteps *steps)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "offered");
  json_builder_add_boolean_value (builder, steps->offered);
  add_step (builder, "gathered_ms", steps, LANE_STEP_GATHERED);
  add_step (builder, "answered_ms", steps, LANE_STEP_DESCRIBED);
  add_step (builder, "first_check_ms", steps, LANE_STEP_CHECKED);
  add_pair (builder, steps);
  add_step (builder, "connected_ms", steps, LANE_STEP_CONNECTED);
  add_step (builder, "failed_ms", steps, LANE_STEP_FAILED);
  add_step (builder, "dtls_from_ms", steps, LANE_STEP_DTLS);
  add_step (builder, "dtls_ms", steps, LANE_STEP_SECURED);
  add_step (builder, "sctp_ms", steps, LANE_STEP_UP);
  add_count (builder, "host", steps->host);
  add_count (builder, "srflx", steps->srflx);
  add_count (builder, "relay", steps->relay);
  add_count (builder, "stun_asked", steps->stun.asked);
  add_count (builder, "stun_answered", steps->stun.answered);
  add_count (builder, "turn_asked", steps->turn.asked);
  add_count (builder, "turn_answered", steps->turn.answered);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}
