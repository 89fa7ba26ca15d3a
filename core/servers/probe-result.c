#include "servers/probe-result.h"

#include <math.h>

#include "diagnosis/event.h"

static void
step_free (gpointer data)
{
  LaneProbeStep *step = data;

  g_free (step->evidence);
  g_free (step);
}

LaneProbeResult *
lane_probe_result_new (const LaneUri *uri)
{
  LaneProbeResult *result = g_rc_box_new0 (LaneProbeResult);

  result->uri = lane_uri_copy (uri);
  result->steps = g_ptr_array_new_with_free_func (step_free);
  result->rtt_ms = NAN;
  return result;
}

LaneProbeResult *
lane_probe_result_ref (LaneProbeResult *result)
{
  return g_rc_box_acquire (result);
}

static void
clear (gpointer data)
{
  LaneProbeResult *result = data;

  lane_uri_free (result->uri);
  g_ptr_array_unref (result->steps);
  g_free (result->error);
  g_free (result->advice);
  g_free (result->address);
  g_free (result->mapped);
  g_free (result->relayed);
}

void
lane_probe_result_unref (LaneProbeResult *result)
{
  if (result != NULL)
    g_rc_box_release_full (result, clear);
}

void
lane_probe_result_add (LaneProbeResult *result, LaneProbeStepKind kind, gboolean ok, double ms,
                       char *evidence)
{
  LaneProbeStep *step = g_new0 (LaneProbeStep, 1);

  step->kind = kind;
  step->ok = ok;
  step->ms = ms;
  step->evidence = evidence;
  g_ptr_array_add (result->steps, step);
}

void
lane_probe_result_fail (LaneProbeResult *result, const LaneProbeFault *fault)
{
  if (result->code != LANE_PROBE_OK)
    return;
  result->code = fault->code;
  result->stun_code = fault->stun_code;
  result->error = lane_probe_fault_to_text (fault, result->uri);
  result->advice = lane_probe_fault_to_advice (fault, result->uri);
}

const LaneProbeStep *
lane_probe_result_find (const LaneProbeResult *result, LaneProbeStepKind kind)
{
  for (guint i = result->steps->len; i > 0; i--) {
    const LaneProbeStep *step = g_ptr_array_index (result->steps, i - 1);

    if (step->kind == kind)
      return step;
  }
  return NULL;
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_step (JsonBuilder *builder, const LaneProbeStep *step)
{
  json_builder_begin_object (builder);
  add_string (builder, "step", lane_probe_step_to_string (step->kind));
  json_builder_set_member_name (builder, "ok");
  json_builder_add_boolean_value (builder, step->ok);
  json_builder_set_member_name (builder, "ms");
  json_builder_add_double_value (builder, round (step->ms * 1000) / 1000);
  add_string (builder, "evidence", step->evidence);
  json_builder_end_object (builder);
}

void
lane_probe_result_add_json (const LaneProbeResult *result, JsonBuilder *builder)
{
  g_autofree char *expires = NULL;

  if (result != NULL && result->expires_us != 0)
    expires = lane_time_to_rfc3339 (result->expires_us);
  json_builder_set_member_name (builder, "stun_code");
  if (result != NULL && result->stun_code != 0)
    json_builder_add_int_value (builder, result->stun_code);
  else
    json_builder_add_null_value (builder);
  add_string (builder, "address", result != NULL ? result->address : NULL);
  add_string (builder, "mapped", result != NULL ? result->mapped : NULL);
  add_string (builder, "relayed", result != NULL ? result->relayed : NULL);
  add_string (builder, "certificate_expires_at", expires);
  json_builder_set_member_name (builder, "steps");
  json_builder_begin_array (builder);
  for (guint i = 0; result != NULL && i < result->steps->len; i++)
    add_step (builder, g_ptr_array_index (result->steps, i));
  json_builder_end_array (builder);
}
