#include "generation-log.h"

#include <string.h>

#include "ice/gather-report.h"
#include "pair-report.h"

static JsonObject *
begin (const LaneGeneration *generation, const char *fact)
{
  JsonObject *fields = lane_event_fields (fact);

  json_object_set_int_member (fields, "generation", lane_generation_get_number (generation));
  return fields;
}

static void
set_ms (JsonObject *fields, const char *name, gint64 us)
{
  json_object_set_double_member (fields, name, us / 1000.0);
}

static void
set_text (JsonObject *fields, const char *name, const char *value)
{
  if (value != NULL)
    json_object_set_string_member (fields, name, value);
  else
    json_object_set_null_member (fields, name);
}

static void
tell (const LaneGenerationLog *to, LaneLogLevel level, LaneEventKind kind, JsonObject *fields,
      const char *text)
{
  lane_event_log_add (to->log, lane_event_new (level, kind, to->peer, fields, "%s", text));
}

static gint64
since_start (const LaneGeneration *generation, gint64 at_us)
{
  return MAX (at_us - lane_generation_get_started_us (generation), 0);
}

static char *
format_endpoint (const char *address, guint port)
{
  gboolean v6 = strchr (address, ':') != NULL;

  return g_strdup_printf ("%s%s%s:%u", v6 ? "[" : "", address, v6 ? "]" : "", port);
}

/* Gathering */

static void
log_address (const LaneGenerationLog *to, const LaneGeneration *generation, const char *interface,
             const char *address, const char *why)
{
  JsonObject *fields = begin (generation, why == NULL ? "interface-used" : "interface-skipped");
  g_autofree char *text = why == NULL
                              ? g_strdup_printf ("gathers on %s %s", interface, address)
                              : g_strdup_printf ("does not use %s %s: %s", interface, address, why);

  set_text (fields, "interface", interface);
  set_text (fields, "address", address);
  if (why != NULL)
    set_text (fields, "why", why);
  lane_gather_report_add_address (lane_generation_get_gather_report (generation), interface,
                                  address, why);
  tell (to, LANE_LOG_LEVEL_DEBUG, LANE_EVENT_GATHER, fields, text);
}

void
lane_generation_log_network (const LaneGenerationLog *to, const LaneGeneration *generation,
                             const LaneNetwork *network)
{
  g_autoptr (JsonNode) used = lane_network_describe (network);
  JsonArray *addresses = json_node_get_array (used);
  const GPtrArray *skipped = lane_network_get_skipped (network);

  for (guint i = 0; i < json_array_get_length (addresses); i++) {
    JsonObject *address = json_array_get_object_element (addresses, i);

    log_address (to, generation, json_object_get_string_member (address, "interface"),
                 json_object_get_string_member (address, "address"), NULL);
  }
  for (guint i = 0; i < skipped->len; i++) {
    const LaneSkippedAddress *address = skipped->pdata[i];

    log_address (to, generation, address->interface, address->address, address->why);
  }
}

static JsonObject *
begin_server (const LaneGeneration *generation, const LaneGatherServer *server, const char *fact)
{
  JsonObject *fields = begin (generation, fact);

  set_text (fields, "server", server->name);
  set_text (fields, "server_kind", server->kind);
  set_text (fields, "transport", server->control);
  return fields;
}

static void
set_point (JsonObject *fields, const char *name, const LaneCheckPoint *point)
{
  g_autofree char *text = point->port != 0 ? format_endpoint (point->address, point->port) : NULL;

  set_text (fields, name, text);
}

static void
log_answer (const LaneGenerationLog *to, const LaneGeneration *generation,
            const LaneGatherServer *server)
{
  JsonObject *fields = begin_server (generation, server, "server-answered");
  g_autofree char *mapped = server->mapped.port != 0
                                ? format_endpoint (server->mapped.address, server->mapped.port)
                                : NULL;
  g_autofree char *relayed = server->relayed.port != 0
                                 ? format_endpoint (server->relayed.address, server->relayed.port)
                                 : NULL;
  g_autofree char *text =
      g_strdup_printf ("%s %s answered after %.0f ms%s%s%s%s", server->kind, server->name,
                       (server->answered_us - server->asked_us) / 1000.0,
                       mapped != NULL ? ", sees us as " : "", mapped != NULL ? mapped : "",
                       relayed != NULL ? ", relays at " : "", relayed != NULL ? relayed : "");

  set_ms (fields, "ms", server->answered_us - server->asked_us);
  set_point (fields, "mapped", &server->mapped);
  set_point (fields, "relayed", &server->relayed);
  tell (to, LANE_LOG_LEVEL_DEBUG, LANE_EVENT_GATHER, fields, text);
}

void
lane_generation_log_server (const LaneGenerationLog *to, const LaneGeneration *generation,
                            guint index)
{
  const LaneGatherServer *server =
      lane_gather_report_get_server (lane_generation_get_gather_report (generation), index);
  g_autofree char *text = NULL;

  if (server->outcome == LANE_GATHER_ANSWERED) {
    log_answer (to, generation, server);
    return;
  }
  text = g_strdup_printf ("asked %s %s over %s", server->kind, server->name, server->control);
  tell (to, LANE_LOG_LEVEL_DEBUG, LANE_EVENT_GATHER,
        begin_server (generation, server, "server-asked"), text);
}

static void
log_silent (const LaneGenerationLog *to, const LaneGeneration *generation,
            const LaneGatherServer *server)
{
  const char *code = server->code != NULL ? server->code : "timeout";
  JsonObject *fields = begin_server (generation, server, "server-failed");
  g_autofree char *text = g_strdup_printf (
      "%s %s gave nothing over %s%s%s", server->kind, server->name, server->control,
      server->code != NULL ? ": " : "", server->code != NULL ? server->code : "");

  set_text (fields, "code", code);
  lane_tally_add_gather_failure (to->tally, server->name, code);
  tell (to, LANE_LOG_LEVEL_WARNING, LANE_EVENT_GATHER, fields, text);
}

static void
ask_prober (LaneGatherReport *report, LanePool *pool)
{
  const GPtrArray *servers = lane_pool_get_servers (pool);

  for (guint i = 0; i < servers->len; i++) {
    const LanePoolServer *server = servers->pdata[i];

    if (server->state == LANE_SERVER_FAILED)
      lane_gather_report_explain (report, server->name, server->kind,
                                  lane_probe_code_to_string (server->code));
  }
}

void
lane_generation_log_gathered (const LaneGenerationLog *to, const LaneGeneration *generation,
                              LanePool *pool)
{
  LaneGatherReport *report = lane_generation_get_gather_report (generation);
  const GPtrArray *local = lane_generation_get_candidates (generation, TRUE);
  guint count[4] = { 0 };
  JsonObject *fields = begin (generation, "gathered");
  gint64 us = since_start (generation, lane_gather_report_get_ended_us (report));
  g_autofree char *text = NULL;

  ask_prober (report, pool);
  for (guint i = 0; i < lane_gather_report_get_n_servers (report); i++) {
    const LaneGatherServer *server = lane_gather_report_get_server (report, i);

    if (server->outcome == LANE_GATHER_SILENT)
      log_silent (to, generation, server);
  }
  for (guint i = 0; i < local->len; i++)
    count[((LaneGenerationCandidate *)local->pdata[i])->candidate.type]++;
  json_object_set_int_member (fields, "host", count[LANE_CANDIDATE_HOST]);
  json_object_set_int_member (fields, "srflx", count[LANE_CANDIDATE_SRFLX]);
  json_object_set_int_member (fields, "relay", count[LANE_CANDIDATE_RELAY]);
  set_ms (fields, "ms", us);
  text = g_strdup_printf ("gathered %u host, %u srflx, %u relay in %.0f ms",
                          count[LANE_CANDIDATE_HOST], count[LANE_CANDIDATE_SRFLX],
                          count[LANE_CANDIDATE_RELAY], us / 1000.0);
  tell (to, LANE_LOG_LEVEL_INFO, LANE_EVENT_GATHER, fields, text);
}

/* Candidates */

/* RFC 8445 section 5.1.2.1: what is in a priority. */
static void
set_priority (JsonObject *fields, guint32 priority)
{
  json_object_set_int_member (fields, "priority", priority);
  json_object_set_int_member (fields, "type_preference", priority >> 24);
  json_object_set_int_member (fields, "local_preference", priority >> 8 & 0xffff);
}

static void
set_candidate (JsonObject *fields, const LaneCandidate *candidate)
{
  set_text (fields, "type", lane_candidate_type_to_string (candidate->type));
  set_text (fields, "address", candidate->address);
  json_object_set_int_member (fields, "port", candidate->port);
  json_object_set_int_member (fields, "family", lane_candidate_get_family (candidate));
}

void
lane_generation_log_candidate (const LaneGenerationLog *to, const LaneGeneration *generation,
                               gboolean local, const LaneGenerationCandidate *candidate)
{
  const LaneCandidate *c = &candidate->candidate;
  JsonObject *fields = begin (generation, local ? "candidate-local" : "candidate-remote");
  g_autofree char *at = format_endpoint (c->address, c->port);
  g_autofree char *text = g_strdup_printf (
      "%s %s %s%s%s, %.0f ms", local ? "our" : "their", lane_candidate_type_to_string (c->type), at,
      candidate->server != NULL ? " from " : "", candidate->server != NULL ? candidate->server : "",
      candidate->after_us / 1000.0);

  set_text (fields, "side", local ? "local" : "remote");
  set_candidate (fields, c);
  set_text (fields, "base", c->related_address[0] != '\0' ? c->related_address : NULL);
  set_text (fields, "foundation", c->foundation);
  set_priority (fields, c->priority);
  set_ms (fields, "ms", candidate->after_us);
  set_text (fields, "server", candidate->server);
  tell (to, LANE_LOG_LEVEL_DEBUG, LANE_EVENT_CANDIDATE, fields, text);
}

void
lane_generation_log_refused (const LaneGenerationLog *to, const LaneGeneration *generation,
                             const LaneCandidate *candidate, const char *why)
{
  JsonObject *fields = begin (generation, "candidate-refused");
  g_autofree char *text = g_strdup_printf ("refused a candidate: %s", why);

  set_text (fields, "side", "remote");
  set_candidate (fields, candidate);
  set_text (fields, "why", why);
  tell (to, LANE_LOG_LEVEL_WARNING, LANE_EVENT_SECURITY, fields, text);
}

/* Checks */

static const char *
describe_step (LaneCheckStep step)
{
  static const char *const words[] = {
    [LANE_CHECK_STEP_FORMED] = "formed",       [LANE_CHECK_STEP_SENT] = "check sent",
    [LANE_CHECK_STEP_ANSWERED] = "answered",   [LANE_CHECK_STEP_FAILED] = "failed",
    [LANE_CHECK_STEP_NOMINATED] = "nominated",
  };

  return words[step];
}

static void
set_pair (JsonObject *fields, const LaneGeneration *generation, const LaneCheckPoint *local,
          const LaneCheckPoint *remote)
{
  set_text (fields, "local_type", lane_pair_report_get_type (generation, TRUE, local));
  set_point (fields, "local", local);
  set_text (fields, "remote_type", lane_pair_report_get_type (generation, FALSE, remote));
  set_point (fields, "remote", remote);
}

void
lane_generation_log_check (const LaneGenerationLog *to, const LaneGeneration *generation,
                           const LaneCheckPair *pair, LaneCheckStep step)
{
  JsonObject *fields = begin (generation, lane_check_step_to_string (step));
  g_autofree char *local = lane_pair_report_name (generation, TRUE, &pair->local);
  g_autofree char *remote = lane_pair_report_name (generation, FALSE, &pair->remote);
  g_autofree char *result = step == LANE_CHECK_STEP_FAILED ? lane_pair_report_result (pair) : NULL;
  g_autofree char *text =
      g_strdup_printf ("%s -> %s %s%s%s", local, remote, describe_step (step),
                       result != NULL ? ": " : "", result != NULL ? result : "");

  json_object_set_int_member (fields, "pair", pair->id);
  set_pair (fields, generation, &pair->local, &pair->remote);
  json_object_set_int_member (fields, "sent", pair->sent);
  json_object_set_int_member (fields, "answered", pair->answered);
  if (step == LANE_CHECK_STEP_ANSWERED && pair->rtt_us > 0)
    set_ms (fields, "rtt_ms", pair->rtt_us);
  if (step == LANE_CHECK_STEP_FAILED)
    set_text (fields, "failure", lane_check_failure_to_string (pair->failure));
  tell (to, LANE_LOG_LEVEL_DEBUG, LANE_EVENT_PAIR, fields, text);
}

void
lane_generation_log_selected (const LaneGenerationLog *to, const LaneGeneration *generation,
                              const LaneTransportPair *pair)
{
  JsonObject *fields = begin (generation, "pair-selected");
  const char *local_type = lane_candidate_type_to_string (pair->local.type);
  const char *remote_type = lane_candidate_type_to_string (pair->remote.type);
  g_autofree char *local = format_endpoint (pair->local.address, pair->local.port);
  g_autofree char *remote = format_endpoint (pair->remote.address, pair->remote.port);
  g_autofree char *text =
      g_strdup_printf ("selected %s %s port %u <-> %s %s port %u", local_type, pair->local.address,
                       pair->local.port, remote_type, pair->remote.address, pair->remote.port);

  set_text (fields, "local_type", local_type);
  set_text (fields, "local", local);
  set_text (fields, "remote_type", remote_type);
  set_text (fields, "remote", remote);
  set_text (fields, "server", pair->server);
  tell (to, LANE_LOG_LEVEL_INFO, LANE_EVENT_PAIR, fields, text);
}

static char *
describe_counts (const LanePairCounts *counts)
{
  g_autofree char *failed = NULL;

  if (!counts->known)
    return g_strdup ("what became of the pairs is unknown");
  failed = counts->failed > 0 ? g_strdup_printf (", %u failed (0 of %u checks answered)",
                                                 counts->failed, counts->failed_requests)
                              : g_strdup ("");
  return g_strdup_printf ("%u pairs: %u direct/4, %u direct/6, %u with a relay; %u answered%s",
                          counts->pairs, counts->direct4, counts->direct6, counts->relayed,
                          counts->answered, failed);
}

void
lane_generation_log_checks (const LaneGenerationLog *to, const LaneGeneration *generation)
{
  JsonObject *fields = begin (generation, "checks");
  g_autofree char *text = NULL;
  LanePairCounts counts;

  lane_pair_report_count (generation, &counts);
  text = describe_counts (&counts);
  json_object_set_boolean_member (fields, "known", counts.known);
  if (counts.known) {
    json_object_set_int_member (fields, "pairs", counts.pairs);
    json_object_set_int_member (fields, "pairs_answered", counts.answered);
    json_object_set_int_member (fields, "pairs_failed", counts.failed);
    json_object_set_int_member (fields, "direct4", counts.direct4);
    json_object_set_int_member (fields, "direct6", counts.direct6);
    json_object_set_int_member (fields, "relayed_pairs", counts.relayed);
    json_object_set_int_member (fields, "sent", counts.requests);
    json_object_set_int_member (fields, "answered", counts.replies);
  }
  tell (to, LANE_LOG_LEVEL_INFO, LANE_EVENT_PAIR, fields, text);
}
