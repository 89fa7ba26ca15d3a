#include "comparison.h"

#include <math.h>

#define SAME_MS 0.5 /* what is less is noise, and says nothing to anybody */

void
lane_comparison_begin (LaneComparison *comparison, gboolean relay, gint64 wall_us)
{
  *comparison = (LaneComparison){
    .outcome = LANE_COMPARISON_RUNNING,
    .relay = relay,
    .used_ms = NAN,
    .other_ms = NAN,
    .at_us = wall_us,
  };
}

void
lane_comparison_count_checks (LaneComparison *comparison, const LaneCheckLog *checks)
{
  g_autoptr (GArray) pairs = lane_check_log_get_pairs (checks);

  comparison->checks_known = lane_check_log_is_coherent (checks);
  comparison->checks_sent = comparison->checks_answered = 0;
  for (guint i = 0; i < pairs->len && comparison->checks_known; i++) {
    const LaneCheckPair *pair = &g_array_index (pairs, LaneCheckPair, i);

    comparison->checks_sent += pair->sent > 0;
    comparison->checks_answered += pair->answered > 0;
  }
}

void
lane_comparison_end (LaneComparison *comparison, LaneComparisonOutcome outcome, gint64 wall_us)
{
  comparison->outcome = outcome;
  comparison->at_us = wall_us;
}

const char *
lane_comparison_get_kind (const LaneComparison *comparison)
{
  return comparison->relay ? "relay" : "direct";
}

const char *
lane_comparison_get_code (const LaneComparison *comparison)
{
  static const char *const codes[] = {
    [LANE_COMPARISON_NONE] = NULL,
    [LANE_COMPARISON_RUNNING] = NULL,
    [LANE_COMPARISON_MEASURED] = "measured",
    [LANE_COMPARISON_CHECKS_FAILED] = "checks-failed",
    [LANE_COMPARISON_NO_RELAY] = "no-relay",
    [LANE_COMPARISON_UNANSWERED] = "unanswered",
    [LANE_COMPARISON_PEER_UNABLE] = "peer-unable",
    [LANE_COMPARISON_PROBES_LOST] = "probes-lost",
    [LANE_COMPARISON_INTERRUPTED] = "interrupted",
  };

  return codes[comparison->outcome];
}

gboolean
lane_comparison_is_over (const LaneComparison *comparison)
{
  return lane_comparison_get_code (comparison) != NULL;
}

double
lane_comparison_get_difference_ms (const LaneComparison *comparison)
{
  return comparison->other_ms - comparison->used_ms;
}

static void
set_ms (JsonObject *object, const char *name, double ms)
{
  if (isnan (ms))
    json_object_set_null_member (object, name);
  else
    json_object_set_double_member (object, name, round (ms * 1000) / 1000);
}

static void
set_count (JsonObject *object, const char *name, gboolean known, guint count)
{
  if (known)
    json_object_set_int_member (object, name, count);
  else
    json_object_set_null_member (object, name);
}

void
lane_comparison_add_numbers (const LaneComparison *comparison, JsonObject *object)
{
  set_ms (object, "used_ms", comparison->used_ms);
  set_ms (object, "other_ms", comparison->other_ms);
  set_ms (object, "difference_ms", lane_comparison_get_difference_ms (comparison));
  set_count (object, "checks_sent", comparison->checks_known, comparison->checks_sent);
  set_count (object, "checks_answered", comparison->checks_known, comparison->checks_answered);
}

static char *
format_measured (const LaneComparison *comparison)
{
  const char *kind = lane_comparison_get_kind (comparison);
  double difference_ms = lane_comparison_get_difference_ms (comparison);
  double by_ms = fabs (difference_ms);

  if (by_ms < SAME_MS)
    return g_strdup_printf ("%s would be as fast", kind);
  return g_strdup_printf ("%s would be %.*f ms %s", kind, by_ms < 9.95 ? 1 : 0, by_ms,
                          difference_ms > 0 ? "slower" : "faster");
}

static char *
format_checks (const LaneComparison *comparison)
{
  const char *kind = lane_comparison_get_kind (comparison);

  if (!comparison->checks_known)
    return g_strdup_printf ("%s impossible now: no check brought a path", kind);
  if (comparison->checks_sent == 0)
    return g_strdup_printf ("%s impossible now: there was nothing to check", kind);
  return g_strdup_printf ("%s impossible now: %u of %u checks answered", kind,
                          comparison->checks_answered, comparison->checks_sent);
}

char *
lane_comparison_to_text (const LaneComparison *comparison)
{
  const char *kind = lane_comparison_get_kind (comparison);

  switch (comparison->outcome) {
  case LANE_COMPARISON_NONE:
    return NULL;
  case LANE_COMPARISON_RUNNING:
    return g_strdup_printf ("%s is being measured", kind);
  case LANE_COMPARISON_MEASURED:
    return format_measured (comparison);
  case LANE_COMPARISON_CHECKS_FAILED:
    return format_checks (comparison);
  case LANE_COMPARISON_NO_RELAY:
    return g_strdup_printf ("%s impossible now: no TURN server gave a relay address", kind);
  case LANE_COMPARISON_UNANSWERED:
    return g_strdup_printf ("%s not measured: the peer did not answer the offer", kind);
  case LANE_COMPARISON_PEER_UNABLE:
    return g_strdup_printf (
        "%s not measured: the peer's node cannot keep a path only to measure it", kind);
  case LANE_COMPARISON_PROBES_LOST:
    return g_strdup_printf ("%s not measured: too many probes stayed unanswered over %s", kind,
                            !isnan (comparison->other_ms) ? "the path in use" : "it");
  case LANE_COMPARISON_INTERRUPTED:
    return g_strdup_printf ("%s not measured: something that matters more came in between", kind);
  }
  g_return_val_if_reached (NULL);
}

/* An interrupted one says nothing about where the link goes: what interrupted it does. */
static char *
format_event (const LaneComparison *comparison, const char *asked_by, const char *moves)
{
  g_autofree char *words = lane_comparison_to_text (comparison);

  if (moves == NULL)
    return g_strdup_printf (
        "%s: %s%s", asked_by, words,
        comparison->outcome != LANE_COMPARISON_INTERRUPTED ? "; the path in use stays" : "");
  return g_strdup_printf ("%s: %s (%s %.1f ms, %s %.1f ms): %s", asked_by, words,
                          lane_comparison_get_kind (comparison), comparison->other_ms,
                          comparison->relay ? "direct" : "relay", comparison->used_ms, moves);
}

LaneEvent *
lane_comparison_to_event (const LaneComparison *comparison, const char *peer, const char *asked_by,
                          const char *moves)
{
  g_autofree char *text = format_event (comparison, asked_by, moves);
  JsonObject *fields = lane_event_fields ("comparison");

  json_object_set_string_member (fields, "measured", lane_comparison_get_kind (comparison));
  json_object_set_string_member (fields, "code", lane_comparison_get_code (comparison));
  lane_comparison_add_numbers (comparison, fields);
  return lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_PATH, peer, fields, "%s", text);
}
