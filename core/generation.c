#include "generation.h"

#include <string.h>

#include "diagnosis/event.h"
#include "generation-steps.h"
#include "ice/gather-report.h"
#include "pair-report.h"

#define MAX_REMOTE 32

struct _LaneGeneration {
  GMainContext *context;
  LaneTransport *transport;
  const LaneAddressPolicy *policy;
  LaneGenerationEvents events;
  gpointer user_data;
  guint number;
  gboolean controlling, offered, answered;
  char *remote_ufrag;
  GPtrArray *local, *remote; /* of LaneGenerationCandidate */
  GPtrArray *forbidden;      /* likewise: remote ones that the policies leave no place for */
  guint told;                /* how many of `local` the peer knows */
  gboolean trickling;        /* our description is out: the rest follows by itself */
  gboolean gathered, end_told, remote_ended;
  GSource *trickle_source;
  gint64 started_wall_us;
  LaneGenerationTimes times;
  LaneSteps *peer_steps; /* NULL = the peer did not say */
};

static void
candidate_free (gpointer data)
{
  LaneGenerationCandidate *candidate = data;

  g_free (candidate->server);
  g_free (candidate);
}

static LaneGenerationCandidate *
keep_candidate (LaneGeneration *generation, GPtrArray *list, const LaneCandidate *candidate,
                const char *server)
{
  LaneGenerationCandidate *kept = g_new0 (LaneGenerationCandidate, 1);

  kept->candidate = *candidate;
  kept->server = g_strdup (server);
  kept->after_us = g_get_monotonic_time () - lane_transport_get_started_us (generation->transport);
  g_ptr_array_add (list, kept);
  return kept;
}

static void
stop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static gboolean
on_trickle (gpointer user_data)
{
  LaneGeneration *generation = user_data;
  g_autoptr (LaneMessage) message = lane_message_new (LANE_MESSAGE_CANDIDATES);

  stop_source (&generation->trickle_source);
  message->generation = generation->number;
  message->ufrag = g_strdup (lane_transport_get_ufrag (generation->transport));
  if (message->candidates == NULL)
    message->candidates = g_array_new (FALSE, FALSE, sizeof (LaneCandidate));
  while (generation->told < generation->local->len && message->candidates->len < MAX_REMOTE) {
    LaneGenerationCandidate *kept = generation->local->pdata[generation->told++];

    g_array_append_val (message->candidates, kept->candidate);
  }
  message->end_of_candidates = generation->gathered;
  generation->end_told = generation->gathered;
  generation->events.trickle (generation, message, generation->user_data);
  return G_SOURCE_REMOVE;
}

/* One message for all that the same turn of the loop brings. */
static void
schedule_trickle (LaneGeneration *generation)
{
  gboolean news =
      generation->told < generation->local->len || (generation->gathered && !generation->end_told);

  if (!generation->trickling || !news || generation->trickle_source != NULL)
    return;
  generation->trickle_source = g_idle_source_new ();
  g_source_set_priority (generation->trickle_source, G_PRIORITY_DEFAULT);
  g_source_set_callback (generation->trickle_source, on_trickle, generation, NULL);
  g_source_attach (generation->trickle_source, generation->context);
}

static void
on_local_candidate (LaneTransport *transport, const LaneCandidate *candidate, const char *server,
                    gpointer user_data)
{
  LaneGeneration *generation = user_data;
  LaneGenerationCandidate *kept = keep_candidate (generation, generation->local, candidate, server);

  schedule_trickle (generation);
  generation->events.candidate (generation, TRUE, kept, generation->user_data);
}

static void
on_gathering_done (LaneTransport *transport, gpointer user_data)
{
  LaneGeneration *generation = user_data;

  generation->gathered = TRUE;
  schedule_trickle (generation);
  generation->events.gathered (generation, generation->user_data);
}

static void
on_state_changed (LaneTransport *transport, LaneTransportState state, gpointer user_data)
{
  LaneGeneration *generation = user_data;
  gint64 now_us = g_get_monotonic_time ();

  if (state == LANE_TRANSPORT_CONNECTED && generation->times.connected_us == 0)
    generation->times.connected_us = now_us;
  else if (state == LANE_TRANSPORT_FAILED && generation->times.failed_us == 0)
    generation->times.failed_us = now_us;
  generation->events.state_changed (generation, state, generation->user_data);
}

static void
on_pair_changed (LaneTransport *transport, const LaneTransportPair *pair, gpointer user_data)
{
  LaneGeneration *generation = user_data;

  generation->events.pair_changed (generation, generation->user_data);
}

static void
on_received (LaneTransport *transport, const guint8 *data, gsize length, gpointer user_data)
{
  LaneGeneration *generation = user_data;

  generation->events.received (generation, data, length, generation->user_data);
}

static void
on_server (LaneTransport *transport, guint index, gpointer user_data)
{
  LaneGeneration *generation = user_data;

  generation->events.server (generation, index, generation->user_data);
}

static void
on_check (LaneTransport *transport, const LaneCheckPair *pair, LaneCheckStep step,
          gpointer user_data)
{
  LaneGeneration *generation = user_data;

  generation->events.check (generation, pair, step, generation->user_data);
}

static const LaneTransportEvents transport_events = {
  .local_candidate = on_local_candidate,
  .gathering_done = on_gathering_done,
  .state_changed = on_state_changed,
  .pair_changed = on_pair_changed,
  .received = on_received,
  .server = on_server,
  .check = on_check,
};

LaneGeneration *
lane_generation_new (GMainContext *context, const LaneTransportOptions *options,
                     const LaneAddressPolicy *policy, gboolean offered,
                     const LaneGenerationEvents *events, gpointer user_data, GError **error)
{
  LaneGeneration *generation = g_new0 (LaneGeneration, 1);

  generation->context = g_main_context_ref (context);
  generation->policy = policy;
  generation->events = *events;
  generation->user_data = user_data;
  generation->number = options->generation;
  generation->controlling = options->controlling;
  generation->offered = offered;
  generation->local = g_ptr_array_new_with_free_func (candidate_free);
  generation->remote = g_ptr_array_new_with_free_func (candidate_free);
  generation->forbidden = g_ptr_array_new_with_free_func (candidate_free);
  generation->started_wall_us = g_get_real_time ();
  generation->transport =
      lane_transport_new (context, options, &transport_events, generation, error);
  if (generation->transport == NULL) {
    lane_generation_free (generation, NULL, NULL);
    return NULL;
  }
  return generation;
}

gboolean
lane_generation_start (LaneGeneration *generation, GError **error)
{
  return lane_transport_start (generation->transport, error);
}

void
lane_generation_free (LaneGeneration *generation, GDestroyNotify done, gpointer done_data)
{
  if (generation == NULL)
    return;
  stop_source (&generation->trickle_source);
  if (generation->transport != NULL)
    lane_transport_free (generation->transport, done, done_data);
  g_ptr_array_unref (generation->local);
  g_ptr_array_unref (generation->remote);
  g_ptr_array_unref (generation->forbidden);
  g_free (generation->remote_ufrag);
  g_free (generation->peer_steps);
  g_main_context_unref (generation->context);
  g_free (generation);
}

guint
lane_generation_get_number (const LaneGeneration *generation)
{
  return generation->number;
}

gboolean
lane_generation_is_controlling (const LaneGeneration *generation)
{
  return generation->controlling;
}

gboolean
lane_generation_is_offered (const LaneGeneration *generation)
{
  return generation->offered;
}

gboolean
lane_generation_is_answered (const LaneGeneration *generation)
{
  return generation->answered;
}

gboolean
lane_generation_is_remote_complete (const LaneGeneration *generation)
{
  return generation->remote_ended;
}

gint64
lane_generation_get_started_us (const LaneGeneration *generation)
{
  return lane_transport_get_started_us (generation->transport);
}

void
lane_generation_get_times (const LaneGeneration *generation, LaneGenerationTimes *times)
{
  *times = generation->times;
}

void
lane_generation_set_peer_steps (LaneGeneration *generation, const LaneSteps *steps)
{
  if (generation->peer_steps == NULL)
    generation->peer_steps = g_new (LaneSteps, 1);
  *generation->peer_steps = *steps;
}

const LaneSteps *
lane_generation_get_peer_steps (const LaneGeneration *generation)
{
  return generation->peer_steps;
}

LaneTransportState
lane_generation_get_state (const LaneGeneration *generation)
{
  return lane_transport_get_state (generation->transport);
}

const GPtrArray *
lane_generation_get_candidates (const LaneGeneration *generation, gboolean local)
{
  return local ? generation->local : generation->remote;
}

LaneGatherReport *
lane_generation_get_gather_report (const LaneGeneration *generation)
{
  return lane_transport_get_gather_report (generation->transport);
}

const LaneCheckLog *
lane_generation_get_checks (const LaneGeneration *generation)
{
  return lane_transport_get_checks (generation->transport);
}

void
lane_generation_write_sdp (LaneGeneration *generation, LaneSdp *sdp)
{
  stop_source (&generation->trickle_source);
  g_free (sdp->ufrag);
  g_free (sdp->password);
  sdp->ufrag = g_strdup (lane_transport_get_ufrag (generation->transport));
  sdp->password = g_strdup (lane_transport_get_password (generation->transport));
  generation->told = MIN (generation->local->len, MAX_REMOTE);
  for (guint i = 0; i < generation->told; i++) {
    LaneGenerationCandidate *kept = generation->local->pdata[i];

    g_array_append_val (sdp->candidates, kept->candidate);
  }
  sdp->end_of_candidates = generation->gathered && generation->told == generation->local->len;
  generation->end_told = sdp->end_of_candidates;
  generation->trickling = TRUE;
  schedule_trickle (generation);
}

static gboolean
is_known (const GPtrArray *list, const LaneCandidate *candidate)
{
  for (guint i = 0; i < list->len; i++) {
    const LaneGenerationCandidate *kept = list->pdata[i];

    if (lane_candidate_equal (&kept->candidate, candidate))
      return TRUE;
  }
  return FALSE;
}

static void
refuse (LaneGeneration *generation, const LaneCandidate *candidate, const char *why)
{
  lane_gather_report_refuse (lane_transport_get_gather_report (generation->transport), candidate,
                             why, g_get_monotonic_time ());
  generation->events.refused (generation, candidate, why, generation->user_data);
}

static void
take_remote (LaneGeneration *generation, const LaneCandidate *candidate)
{
  g_autoptr (GError) error = NULL;
  LaneGenerationCandidate *kept;

  if (is_known (generation->remote, candidate))
    return;
  if (!lane_address_policy_check (generation->policy, candidate->address, candidate->port,
                                  &error)) {
    refuse (generation, candidate, error->message);
    return;
  }
  if (lane_transport_forbids (generation->transport, candidate->type)) {
    if (is_known (generation->forbidden, candidate) || generation->forbidden->len >= MAX_REMOTE)
      return;
    keep_candidate (generation, generation->forbidden, candidate, NULL);
    lane_gather_report_refuse (lane_transport_get_gather_report (generation->transport), candidate,
                               "the policies leave no place for it", g_get_monotonic_time ());
    return;
  }
  if (generation->remote->len >= MAX_REMOTE
      || !lane_transport_add_remote_candidate (generation->transport, candidate)) {
    refuse (generation, candidate, "the peer sent more candidates than the 32 we take");
    return;
  }
  kept = keep_candidate (generation, generation->remote, candidate, NULL);
  generation->events.candidate (generation, FALSE, kept, generation->user_data);
}

static void
take_remote_list (LaneGeneration *generation, const GArray *candidates, gboolean end)
{
  for (guint i = 0; candidates != NULL && i < candidates->len; i++)
    take_remote (generation, &g_array_index (candidates, LaneCandidate, i));
  if (end && !generation->remote_ended) {
    generation->remote_ended = TRUE;
    lane_transport_remote_candidates_done (generation->transport);
  }
}

void
lane_generation_set_paths (LaneGeneration *generation, LanePaths paths)
{
  lane_transport_set_paths (generation->transport, paths);
}

void
lane_generation_read_sdp (LaneGeneration *generation, const LaneSdp *sdp)
{
  g_free (generation->remote_ufrag);
  generation->remote_ufrag = g_strdup (sdp->ufrag);
  if (!generation->answered)
    generation->times.answered_us = g_get_monotonic_time ();
  generation->answered = TRUE;
  lane_transport_set_remote (generation->transport, sdp->ufrag, sdp->password);
  take_remote_list (generation, sdp->candidates, sdp->end_of_candidates);
}

void
lane_generation_read_candidates (LaneGeneration *generation, const LaneMessage *candidates)
{
  if (generation->remote_ended || g_strcmp0 (candidates->ufrag, generation->remote_ufrag) != 0)
    return;
  take_remote_list (generation, candidates->candidates, candidates->end_of_candidates);
}

gboolean
lane_generation_send (LaneGeneration *generation, const guint8 *data, gsize length)
{
  return lane_transport_send (generation->transport, data, length);
}

/* A check can overtake the signalled candidate it comes from, and libnice then goes on calling it
 * peer-reflexive; so does a mapping that the server had told us before. */
static void
name_reflexive (LaneCandidate *candidate, const GPtrArray *signalled)
{
  if (candidate->type != LANE_CANDIDATE_PRFLX)
    return;
  for (guint i = 0; i < signalled->len; i++) {
    const LaneGenerationCandidate *kept = signalled->pdata[i];

    if (kept->candidate.port == candidate->port
        && strcmp (kept->candidate.address, candidate->address) == 0) {
      candidate->type = kept->candidate.type;
      return;
    }
  }
}

gboolean
lane_generation_get_pair (const LaneGeneration *generation, LaneTransportPair *pair)
{
  const LaneTransportPair *selected = lane_transport_get_pair (generation->transport);

  if (selected == NULL)
    return FALSE;
  *pair = *selected;
  name_reflexive (&pair->local, generation->local);
  name_reflexive (&pair->remote, generation->remote);
  name_reflexive (&pair->remote, generation->forbidden);
  return TRUE;
}

static void
add_candidates (JsonBuilder *builder, const char *name, const GPtrArray *list)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (guint i = 0; i < list->len; i++) {
    const LaneGenerationCandidate *kept = list->pdata[i];
    const LaneCandidate *candidate = &kept->candidate;

    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "type");
    json_builder_add_string_value (builder, lane_candidate_type_to_string (candidate->type));
    json_builder_set_member_name (builder, "address");
    json_builder_add_string_value (builder, candidate->address);
    json_builder_set_member_name (builder, "port");
    json_builder_add_int_value (builder, candidate->port);
    json_builder_set_member_name (builder, "transport");
    json_builder_add_string_value (builder, "udp");
    json_builder_set_member_name (builder, "priority");
    json_builder_add_int_value (builder, candidate->priority);
    json_builder_set_member_name (builder, "foundation");
    json_builder_add_string_value (builder, candidate->foundation);
    json_builder_set_member_name (builder, "related_address");
    json_builder_add_string_value (
        builder, candidate->related_address[0] != '\0' ? candidate->related_address : NULL);
    json_builder_set_member_name (builder, "related_port");
    if (candidate->related_address[0] != '\0')
      json_builder_add_int_value (builder, candidate->related_port);
    else
      json_builder_add_null_value (builder);
    json_builder_set_member_name (builder, "server");
    json_builder_add_string_value (builder, kept->server);
    json_builder_set_member_name (builder, "ms");
    json_builder_add_double_value (builder, kept->after_us / 1000.0);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
add_ms (JsonBuilder *builder, const LaneGeneration *generation, const char *name, gint64 at_us)
{
  gint64 started_us = lane_transport_get_started_us (generation->transport);

  json_builder_set_member_name (builder, name);
  if (at_us != 0)
    json_builder_add_double_value (builder, MAX (at_us - started_us, 0) / 1000.0);
  else
    json_builder_add_null_value (builder);
}

/* What became of it, and when. */
static void
add_progress (JsonBuilder *builder, const LaneGeneration *generation)
{
  LaneGatherReport *gathering = lane_transport_get_gather_report (generation->transport);
  LanePairCounts counts;

  lane_pair_report_count (generation, &counts);
  json_builder_set_member_name (builder, "offered");
  json_builder_add_boolean_value (builder, generation->offered);
  add_ms (builder, generation, "gathered_ms", lane_gather_report_get_ended_us (gathering));
  add_ms (builder, generation, "answered_ms", generation->times.answered_us);
  add_ms (builder, generation, "connected_ms", generation->times.connected_us);
  add_ms (builder, generation, "failed_ms", generation->times.failed_us);
  add_ms (builder, generation, "now_ms", g_get_monotonic_time ());
  json_builder_set_member_name (builder, "gathering");
  json_builder_add_value (
      builder, lane_gather_report_describe (gathering,
                                            lane_transport_get_started_us (generation->transport)));
  json_builder_set_member_name (builder, "checks_known");
  json_builder_add_boolean_value (builder, counts.known);
  json_builder_set_member_name (builder, "pairs");
  json_builder_add_value (builder, lane_pair_report_describe (generation));
}

JsonNode *
lane_generation_describe (const LaneGeneration *generation, gboolean current)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *started = lane_time_to_rfc3339 (generation->started_wall_us);
  LaneTransportState state = lane_transport_get_state (generation->transport);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "generation");
  json_builder_add_int_value (builder, generation->number);
  json_builder_set_member_name (builder, "role");
  json_builder_add_string_value (builder, generation->controlling ? "controlling" : "controlled");
  json_builder_set_member_name (builder, "state");
  json_builder_add_string_value (builder, lane_transport_state_to_string (state));
  json_builder_set_member_name (builder, "current");
  json_builder_add_boolean_value (builder, current);
  json_builder_set_member_name (builder, "started_at");
  json_builder_add_string_value (builder, started);
  add_candidates (builder, "local", generation->local);
  add_candidates (builder, "remote", generation->remote);
  add_progress (builder, generation);
  json_builder_set_member_name (builder, "peer");
  json_builder_add_value (builder, generation->peer_steps != NULL
                                       ? lane_steps_describe (generation->peer_steps)
                                       : json_node_new (JSON_NODE_NULL));
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}
