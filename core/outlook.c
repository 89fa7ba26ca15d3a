#include "outlook.h"

#include <string.h>

#include "ice/address-scope.h"
#include "status.h"

#define ATTEMPT_MAX 64 /* a session and a generation */

struct _LaneOutlook {
  LaneEventLog *log;
  const char *peer;

  /* What is known of the peer. */
  gint64 told_us; /* wall clock; 0 = never */
  LaneForecastTruth their_ipv4, their_ipv6, their_relay;
  LaneNeighbours neighbours;

  LaneForecast forecast; /* as told */
  gint64 at_us;
  LaneExpectation was; /* what it was compared with; UNKNOWN = nothing yet */
  LaneOutcome outcome;
  char *outcome_text;

  char attempt[ATTEMPT_MAX]; /* the last one; empty = none */
  gboolean judged, failed;
  LaneForecast next; /* that of the attempt */
  gint64 next_us;

  LaneForecast logged;
  LaneOutcome logged_outcome;
};

LaneOutlook *
lane_outlook_new (LaneEventLog *log, const char *peer)
{
  LaneOutlook *outlook = g_new0 (LaneOutlook, 1);

  outlook->log = log;
  outlook->peer = peer;
  outlook->forecast = lane_forecast_make (&(LaneForecastEvidence){ .turn_servers = 0 });
  outlook->at_us = g_get_real_time ();
  return outlook;
}

void
lane_outlook_free (LaneOutlook *outlook)
{
  if (outlook == NULL)
    return;
  g_free (outlook->outcome_text);
  g_free (outlook);
}

void
lane_outlook_rename (LaneOutlook *outlook, const char *peer)
{
  outlook->peer = peer;
}

/* What the peer gives away */

void
lane_outlook_tell (LaneOutlook *outlook, gint64 wall_us)
{
  outlook->told_us = wall_us;
}

static gboolean
is_local (const LaneCandidate *candidate)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (candidate->address);

  return address != NULL && lane_address_is_local (address);
}

/* Private IPv4 addresses of one /24: what small networks are. */
static gboolean
look_alike (const LaneCandidate *a, const LaneCandidate *b)
{
  const char *end = strrchr (a->address, '.');

  return end != NULL && is_local (a) && is_local (b)
         && strncmp (a->address, b->address, (gsize)(end - a->address) + 1) == 0;
}

static void
compare_addresses (const LaneCandidate *ours, const LaneCandidate *theirs, gboolean *network,
                   gboolean *nat)
{
  if (ours->type == LANE_CANDIDATE_HOST && theirs->type == LANE_CANDIDATE_HOST)
    *network |= look_alike (ours, theirs);
  if (ours->type == LANE_CANDIDATE_SRFLX && theirs->type == LANE_CANDIDATE_SRFLX)
    *nat |= strcmp (ours->address, theirs->address) == 0;
}

static LaneNeighbours
find_neighbours (const GPtrArray *local, const GPtrArray *remote)
{
  gboolean network = FALSE, nat = FALSE;

  for (guint i = 0; i < local->len; i++)
    for (guint j = 0; j < remote->len; j++)
      compare_addresses (&((LaneGenerationCandidate *)local->pdata[i])->candidate,
                         &((LaneGenerationCandidate *)remote->pdata[j])->candidate, &network, &nat);
  if (network)
    return nat ? LANE_NEIGHBOURS_YES : LANE_NEIGHBOURS_MAYBE;
  return nat ? LANE_NEIGHBOURS_SAME_NAT : LANE_NEIGHBOURS_NO;
}

static LaneForecastTruth
truth_of (gboolean yes)
{
  return yes ? LANE_FORECAST_YES : LANE_FORECAST_NO;
}

void
lane_outlook_meet (LaneOutlook *outlook, const LaneGeneration *generation, gboolean all)
{
  const GPtrArray *local = lane_generation_get_candidates (generation, TRUE);
  const GPtrArray *remote = lane_generation_get_candidates (generation, FALSE);
  gboolean host = FALSE, ipv4 = FALSE, ipv6 = FALSE, relay = FALSE;

  for (guint i = 0; i < remote->len; i++) {
    const LaneCandidate *candidate = &((LaneGenerationCandidate *)remote->pdata[i])->candidate;

    relay |= candidate->type == LANE_CANDIDATE_RELAY;
    if (candidate->type != LANE_CANDIDATE_HOST)
      continue;
    host = TRUE;
    ipv4 |= lane_candidate_get_family (candidate) == 4;
    ipv6 |= lane_candidate_get_family (candidate) == 6 && !is_local (candidate);
  }
  if (host) {
    outlook->their_ipv4 = truth_of (ipv4);
    outlook->their_ipv6 = truth_of (ipv6);
    outlook->neighbours = find_neighbours (local, remote);
  }
  if (relay || (all && lane_generation_is_remote_complete (generation)))
    outlook->their_relay = truth_of (relay);
}

/* Telling */

static gboolean
is_path (LaneExpectation is)
{
  return is == LANE_EXPECT_DIRECT || is == LANE_EXPECT_RELAY;
}

static void
log_forecast (LaneOutlook *outlook)
{
  const LaneForecast *forecast = &outlook->next;
  gboolean again = lane_forecast_equal (forecast, &outlook->logged);
  JsonObject *fields = lane_event_fields ("forecast");
  g_autofree char *reason = lane_forecast_to_text (forecast);
  g_autofree char *text = NULL;

  text = forecast->expect == LANE_EXPECT_UNKNOWN ? g_strdup_printf ("no forecast: %s", reason)
         : forecast->expect == LANE_EXPECT_NO_PATH
             ? g_strdup_printf ("expect no path: %s", reason)
             : g_strdup_printf ("expect %s: %s", lane_expectation_to_string (forecast->expect),
                                reason);
  json_object_set_string_member (fields, "expect", lane_expectation_to_string (forecast->expect));
  json_object_set_string_member (fields, "why", lane_why_code_to_string (forecast->code));
  json_object_set_string_member (fields, "confidence",
                                 lane_nat_confidence_to_string (forecast->confidence));
  lane_event_log_add (outlook->log,
                      lane_event_new (again ? LANE_LOG_LEVEL_DEBUG : LANE_LOG_LEVEL_INFO,
                                      LANE_EVENT_PATH, outlook->peer, fields, "%s", text));
  outlook->logged = *forecast;
}

static void
log_outcome (LaneOutlook *outlook, const LaneWhy *why)
{
  gboolean again = outlook->outcome == outlook->logged_outcome;
  JsonObject *fields = lane_event_fields ("forecast-outcome");

  json_object_set_string_member (fields, "expect",
                                 lane_expectation_to_string (outlook->forecast.expect));
  json_object_set_string_member (
      fields, "path", is_path (outlook->was) ? lane_expectation_to_string (outlook->was) : NULL);
  json_object_set_string_member (fields, "outcome", lane_outcome_to_string (outlook->outcome));
  json_object_set_string_member (fields, "why", lane_why_code_to_string (why->code));
  lane_event_log_add (outlook->log,
                      lane_event_new (again ? LANE_LOG_LEVEL_DEBUG : LANE_LOG_LEVEL_INFO,
                                      LANE_EVENT_PATH, outlook->peer, fields, "forecast: %s",
                                      outlook->outcome_text));
  outlook->logged_outcome = outlook->outcome;
}

/* Steps */

static void
set_forecast (LaneOutlook *outlook, const LaneForecast *forecast, gint64 at_us)
{
  outlook->forecast = *forecast;
  outlook->at_us = at_us;
  outlook->was = LANE_EXPECT_UNKNOWN;
  outlook->outcome = LANE_OUTCOME_NONE;
  g_clear_pointer (&outlook->outcome_text, g_free);
}

static void
judge (LaneOutlook *outlook, LaneExpectation is, const LaneWhy *why)
{
  outlook->judged = TRUE;
  outlook->failed = FALSE;
  outlook->was = is;
  outlook->outcome = lane_forecast_judge (&outlook->forecast, is);
  g_free (outlook->outcome_text);
  outlook->outcome_text = lane_forecast_compare (&outlook->forecast, is, why);
  if (outlook->outcome != LANE_OUTCOME_NONE)
    log_outcome (outlook, why);
}

static void
begin_attempt (LaneOutlook *outlook, const char *attempt, const LaneForecast *fresh)
{
  gboolean other = strcmp (outlook->attempt, attempt) != 0;

  if (other) {
    g_strlcpy (outlook->attempt, attempt, sizeof outlook->attempt);
    outlook->judged = outlook->failed = FALSE;
  } else if (outlook->judged || outlook->next.expect != LANE_EXPECT_UNKNOWN
             || lane_forecast_equal (&outlook->next, fresh)) {
    return; /* what is learned while checks run counts only if nothing was known before */
  }
  outlook->next = *fresh;
  outlook->next_us = g_get_real_time ();
  log_forecast (outlook);
}

/* A relay may be found first and a direct path a moment later, by the same try. */
static void
step_on_path (LaneOutlook *outlook, const LaneOutlookScene *scene)
{
  if (outlook->attempt[0] == '\0')
    return;
  if (!outlook->judged)
    set_forecast (outlook, &outlook->next, outlook->next_us);
  else if (scene->is == outlook->was || g_strcmp0 (scene->running, outlook->attempt) != 0)
    return;
  judge (outlook, scene->is, &scene->why);
}

static void
step_without_path (LaneOutlook *outlook, const LaneOutlookScene *scene, const LaneForecast *fresh)
{
  if (outlook->attempt[0] != '\0' && outlook->failed && !outlook->judged) {
    set_forecast (outlook, &outlook->next, outlook->next_us);
    judge (outlook, LANE_EXPECT_NO_PATH, &scene->why);
    return;
  }
  if (is_path (outlook->was) || !lane_forecast_equal (fresh, &outlook->forecast))
    set_forecast (outlook, fresh, g_get_real_time ());
}

void
lane_outlook_step (LaneOutlook *outlook, const LaneOutlookScene *scene)
{
  LaneForecastEvidence evidence = scene->evidence;
  LaneForecast fresh;

  evidence.theirs.told = outlook->told_us != 0;
  evidence.theirs.ipv4 = outlook->their_ipv4;
  evidence.theirs.ipv6 = outlook->their_ipv6;
  evidence.theirs.relay = outlook->their_relay;
  evidence.neighbours = outlook->neighbours;
  fresh = lane_forecast_make (&evidence);

  if (scene->attempt != NULL) {
    begin_attempt (outlook, scene->attempt, &fresh);
    if (!is_path (scene->is) && scene->running == NULL
        && !lane_forecast_equal (&outlook->forecast, &outlook->next))
      set_forecast (outlook, &outlook->next, outlook->next_us);
  } else if (is_path (scene->is)) {
    step_on_path (outlook, scene);
  } else if (scene->is == LANE_EXPECT_NO_PATH) {
    step_without_path (outlook, scene, &fresh);
  }
}

gboolean
lane_outlook_is_settled (const LaneOutlook *outlook, LaneExpectation is)
{
  return is_path (is) && (outlook->attempt[0] == '\0' || (outlook->judged && outlook->was == is));
}

void
lane_outlook_fail (LaneOutlook *outlook)
{
  outlook->failed = TRUE;
}

const LaneForecast *
lane_outlook_get_forecast (const LaneOutlook *outlook)
{
  return &outlook->forecast;
}

LaneOutcome
lane_outlook_get_outcome (const LaneOutlook *outlook)
{
  return outlook->outcome;
}

const char *
lane_outlook_get_outcome_text (const LaneOutlook *outlook)
{
  return outlook->outcome_text;
}

void
lane_outlook_add_json (const LaneOutlook *outlook, JsonBuilder *builder)
{
  const LaneForecast *forecast = &outlook->forecast;
  g_autofree char *text = lane_forecast_to_text (forecast);

  json_builder_set_member_name (builder, "forecast");
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "expect", lane_expectation_to_string (forecast->expect));
  lane_status_add_string (builder, "text", text);
  lane_status_add_string (builder, "why", lane_why_code_to_string (forecast->code));
  lane_status_add_string (builder, "side", lane_side_to_string (forecast->side));
  lane_status_add_string (builder, "confidence",
                          lane_nat_confidence_to_string (forecast->confidence));
  lane_status_add_time (builder, "at", outlook->at_us);
  lane_status_add_time (builder, "peer_told_at", outlook->told_us);
  lane_status_add_string (builder, "outcome", lane_outcome_to_string (outlook->outcome));
  lane_status_add_string (builder, "outcome_text", outlook->outcome_text);
  json_builder_end_object (builder);
}
