#include "status.h"

#include <math.h>

#define HISTORY_CELLS 60 /* of 5 s */

void
lane_status_add_ms (JsonBuilder *builder, const char *name, gint64 at_us, gint64 from_us)
{
  json_builder_set_member_name (builder, name);
  if (at_us != 0)
    json_builder_add_double_value (builder, (at_us - from_us) / 1000.0);
  else
    json_builder_add_null_value (builder);
}

void
lane_status_add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

void
lane_status_add_value (JsonBuilder *builder, double value)
{
  if (isnan (value))
    json_builder_add_null_value (builder);
  else
    json_builder_add_double_value (builder, round (value * 1000) / 1000);
}

void
lane_status_add_double (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  lane_status_add_value (builder, value);
}

void
lane_status_add_time (JsonBuilder *builder, const char *name, gint64 wall_us)
{
  g_autofree char *text = wall_us != 0 ? lane_time_to_rfc3339 (wall_us) : NULL;

  lane_status_add_string (builder, name, text);
}

static void
add_integer (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_null (JsonBuilder *builder, const char *name)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_null_value (builder);
}

static void
add_why (JsonBuilder *builder, LaneWhy why)
{
  if (why.code == LANE_WHY_NONE) {
    add_null (builder, "why");
    return;
  }
  json_builder_set_member_name (builder, "why");
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "code", lane_why_code_to_string (why.code));
  lane_status_add_string (builder, "side", lane_side_to_string (why.side));
  lane_status_add_string (builder, "text", why.text);
  lane_status_add_string (builder, "next", why.next);
  json_builder_end_object (builder);
}

static void
add_endpoint (JsonBuilder *builder, const char *name, const LaneCandidate *candidate,
              const char *server)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "type", lane_candidate_type_to_string (candidate->type));
  lane_status_add_string (builder, "address", candidate->address);
  add_integer (builder, "port", candidate->port);
  lane_status_add_string (builder, "transport", "udp");
  lane_status_add_string (builder, "server", server);
  json_builder_end_object (builder);
}

static gint64
to_wall_us (gint64 monotonic_us)
{
  return monotonic_us != 0 ? g_get_real_time () + monotonic_us - g_get_monotonic_time () : 0;
}

/* `family`, `pair` and, for a local relay, how its server is reached. */
static void
add_pair (JsonBuilder *builder, const LanePeer *peer)
{
  const LaneLink *link = lane_peer_get_link (peer);
  LaneTransportPair pair;

  if (lane_peer_get_path_word (peer) == NULL
      || !lane_path_get_pair (lane_link_get_path (link), &pair)) {
    add_null (builder, "family");
    add_null (builder, "pair");
    return;
  }
  add_integer (builder, "family", lane_candidate_get_family (&pair.local));
  json_builder_set_member_name (builder, "pair");
  json_builder_begin_object (builder);
  add_endpoint (builder, "local", &pair.local, pair.server);
  add_endpoint (builder, "remote", &pair.remote, NULL);
  lane_status_add_string (builder, "relay_protocol",
                          pair.local.type == LANE_CANDIDATE_RELAY
                              ? lane_protocol_to_string (pair.relay_protocol)
                              : NULL);
  lane_status_add_time (builder, "relay_credentials_expire_at",
                        pair.local.type == LANE_CANDIDATE_RELAY ? to_wall_us (pair.relay_expires_us)
                                                                : 0);
  json_builder_end_object (builder);
}

static void
add_recent_rtts (JsonBuilder *builder, const LaneHistory *history, gboolean known)
{
  gint64 now =
      lane_history_clock () / G_USEC_PER_SEC / lane_history_get_cell_s (LANE_HISTORY_RECENT);
  LaneHistoryCell cells[HISTORY_CELLS];

  json_builder_set_member_name (builder, "rtt_history_ms");
  json_builder_begin_array (builder);
  lane_history_get_cells (history, LANE_HISTORY_RECENT, now, cells, HISTORY_CELLS);
  for (guint i = 0; i < HISTORY_CELLS && known; i++)
    lane_status_add_value (builder, cells[i].rtt_mean_ms);
  json_builder_end_array (builder);
}

static void
add_measurements (JsonBuilder *builder, const LanePeer *peer, const LaneLink *link)
{
  LaneLivenessStats stats = {
    .last_ms = NAN, .mean_ms = NAN, .min_ms = NAN, .p95_ms = NAN, .jitter_ms = NAN, .loss = NAN
  };
  gboolean known = link != NULL && lane_link_get_stats (link, &stats);

  json_builder_set_member_name (builder, "rtt_ms");
  json_builder_begin_object (builder);
  lane_status_add_double (builder, "last", stats.last_ms);
  lane_status_add_double (builder, "mean", stats.mean_ms);
  lane_status_add_double (builder, "min", stats.min_ms);
  lane_status_add_double (builder, "p95", stats.p95_ms);
  json_builder_end_object (builder);
  lane_status_add_double (builder, "jitter_ms", stats.jitter_ms);
  lane_status_add_double (builder, "loss", stats.loss);

  json_builder_set_member_name (builder, "pings");
  json_builder_begin_object (builder);
  add_integer (builder, "sent", (gint64)stats.sent);
  add_integer (builder, "answered", (gint64)stats.answered);
  add_integer (builder, "lost", (gint64)stats.lost);
  json_builder_end_object (builder);

  add_recent_rtts (builder, lane_peer_get_history (peer), known);
}

static guint
number_of (const LaneLink *link)
{
  const LanePath *path = lane_link_get_path (link);
  const LaneGeneration *generation = lane_path_get_current (path);

  if (generation == NULL)
    generation = lane_path_get_pending (path);
  return generation != NULL ? lane_generation_get_number (generation) : 0;
}

static void
add_comparison (JsonBuilder *builder, const LaneLink *link)
{
  const LaneComparison *comparison =
      link != NULL ? lane_path_get_comparison (lane_link_get_path (link)) : NULL;
  g_autofree char *text = comparison != NULL ? lane_comparison_to_text (comparison) : NULL;
  g_autofree char *time = NULL;
  JsonObject *object;

  json_builder_set_member_name (builder, "comparison");
  if (text == NULL) {
    json_builder_add_null_value (builder);
    return;
  }
  time = lane_time_to_rfc3339 (comparison->at_us);
  object = json_object_new ();
  json_object_set_string_member (object, "kind", lane_comparison_get_kind (comparison));
  json_object_set_string_member (object, "state",
                                 lane_comparison_is_over (comparison) ? "done" : "running");
  json_object_set_string_member (object, "code", lane_comparison_get_code (comparison));
  lane_comparison_add_numbers (comparison, object);
  json_object_set_string_member (object, "text", text);
  json_object_set_string_member (object, "at", time);
  json_builder_add_value (builder, json_node_init_object (json_node_alloc (), object));
  json_object_unref (object);
}

void
lane_status_add_peer (JsonBuilder *builder, const LanePeer *peer)
{
  const LanePeerConfig *config = lane_peer_get_config (peer);
  const LaneTerms *terms = lane_peer_get_terms (peer);
  const LaneLink *link = lane_peer_get_link (peer);
  gint64 retry_us = lane_peer_get_next_retry_us (peer);
  LanePeerTotals totals;

  lane_peer_get_totals (peer, &totals);
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "name", config->name);
  lane_status_add_string (builder, "id", config->id);
  lane_status_add_string (builder, "state", lane_peer_state_to_string (lane_peer_get_state (peer)));
  lane_status_add_string (builder, "path", lane_peer_get_path_word (peer));
  lane_status_add_string (builder, "policy", lane_policy_to_string (terms->ours));
  json_builder_set_member_name (builder, "held");
  json_builder_add_boolean_value (builder, terms->ours != config->policy);
  lane_status_add_string (builder, "peer_policy",
                          terms->heard ? lane_policy_to_string (terms->theirs) : NULL);
  json_builder_set_member_name (builder, "online");
  json_builder_add_boolean_value (builder, lane_peer_is_online (peer));
  add_why (builder, lane_peer_explain (peer));
  lane_outlook_add_json (lane_peer_get_outlook (peer), builder);
  add_pair (builder, peer);
  add_measurements (builder, peer, link);
  add_integer (builder, "tx_bytes", (gint64)totals.tx_bytes);
  add_integer (builder, "rx_bytes", (gint64)totals.rx_bytes);
  lane_status_add_time (builder, "since", lane_peer_get_since_us (peer));
  add_integer (builder, "generation", link != NULL ? number_of (link) : 0);
  lane_status_add_string (builder, "association",
                          link != NULL ? lane_link_get_association (link) : NULL);
  add_integer (builder, "restarts", totals.restarts);
  add_integer (builder, "path_changes", totals.path_changes);
  add_comparison (builder, link);
  lane_status_add_time (builder, "next_retry_at", to_wall_us (retry_us));
  lane_status_add_string (builder, "last_error", lane_peer_get_last_error (peer));
  json_builder_end_object (builder);
}

void
lane_status_add_server (JsonBuilder *builder, const LanePoolServer *server, gboolean in_use)
{
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "name", server->name);
  lane_status_add_string (builder, "uri", server->uri);
  lane_status_add_string (builder, "kind", server->kind);
  lane_status_add_string (builder, "state", lane_server_state_to_string (server->state));
  lane_status_add_double (builder, "rtt_ms", server->rtt_ms);
  lane_status_add_string (builder, "error", server->error);
  lane_status_add_string (
      builder, "code",
      server->state != LANE_SERVER_UNKNOWN ? lane_probe_code_to_string (server->code) : NULL);
  lane_status_add_string (builder, "advice", server->advice);
  json_builder_set_member_name (builder, "in_use");
  json_builder_add_boolean_value (builder, in_use);
  lane_status_add_time (builder, "checked_at", server->checked_us);
  lane_status_add_time (builder, "credentials_expire_at", server->credentials_expire_us);
  lane_probe_result_add_json (server->result, builder);
  json_builder_end_object (builder);
}
