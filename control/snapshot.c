#include "snapshot.h"

#include <math.h>
#include <string.h>

#include "json-read.h"

#define MAX_HISTORY 1024
#define MAX_STEPS   64

/* Freeing */

static void
candidate_clear (LaneCandidateView *candidate)
{
  g_free (candidate->type);
  g_free (candidate->address);
  g_free (candidate->transport);
  g_free (candidate->server);
  g_free (candidate->foundation);
  g_free (candidate->related_address);
}

static void
candidate_free (LaneCandidateView *candidate)
{
  if (candidate == NULL)
    return;

  candidate_clear (candidate);
  g_free (candidate);
}

static void
peer_free (LanePeerView *peer)
{
  g_free (peer->name);
  g_free (peer->id);
  g_free (peer->state);
  g_free (peer->path);
  g_free (peer->why_code);
  g_free (peer->why_side);
  g_free (peer->why_text);
  g_free (peer->why_next);
  lane_forecast_view_clear (&peer->forecast);
  candidate_free (peer->local);
  candidate_free (peer->remote);
  g_free (peer->last_error);
  lane_comparison_view_free (peer->comparison);
  g_free (peer->policy);
  g_free (peer->rtt_history);
  g_free (peer);
}

static void
step_free (gpointer data)
{
  LaneServerStepView *step = data;

  g_free (step->step);
  g_free (step->evidence);
  g_free (step);
}

static void
server_free (LaneServerView *server)
{
  g_free (server->code);
  g_free (server->advice);
  g_free (server->mapped);
  g_ptr_array_unref (server->steps);
  g_free (server->name);
  g_free (server->uri);
  g_free (server->kind);
  g_free (server->state);
  g_free (server->error);
  g_free (server);
}

static void
check_free (LaneCheckView *check)
{
  g_free (check->state);
  g_free (check->result);
  g_free (check->failure);
  candidate_free (check->local);
  candidate_free (check->remote);
  g_free (check);
}

static void
gather_free (LaneGatherView *server)
{
  g_free (server->name);
  g_free (server->kind);
  g_free (server->transport);
  g_free (server->outcome);
  g_free (server->code);
  g_free (server);
}

static void
generation_free (LaneGenerationView *generation)
{
  if (generation == NULL)
    return;
  lane_peer_steps_free (generation->peer);
  g_ptr_array_unref (generation->checks);
  g_ptr_array_unref (generation->servers);
  g_free (generation->role);
  g_free (generation->state);
  g_ptr_array_unref (generation->local);
  g_ptr_array_unref (generation->remote);
  g_free (generation);
}

static void
clear_config (LaneConfigView *config)
{
  g_clear_pointer (&config->path, g_free);
  g_clear_pointer (&config->state, g_free);
  g_clear_pointer (&config->problems, g_strfreev);
  g_clear_pointer (&config->applied, g_free);
  g_clear_pointer (&config->later, g_strfreev);
}

static void
clear_node (LaneSnapshot *snapshot)
{
  g_clear_pointer (&snapshot->name, g_free);
  g_clear_pointer (&snapshot->id, g_free);
  g_clear_pointer (&snapshot->version, g_free);
  g_clear_pointer (&snapshot->signaling_type, g_free);
  g_clear_pointer (&snapshot->signaling_state, g_free);
  g_clear_pointer (&snapshot->signaling_url, g_free);
  g_clear_pointer (&snapshot->signaling_error, g_free);
  g_clear_pointer (&snapshot->nat_mapping, g_free);
  g_clear_pointer (&snapshot->nat_filtering, g_free);
  g_clear_pointer (&snapshot->addresses, g_strfreev);
  g_clear_pointer (&snapshot->replay, lane_replay_view_free);
  clear_config (&snapshot->config);
}

/* Decoding */

static LaneCandidateView *
decode_candidate (JsonObject *object)
{
  LaneCandidateView *candidate;

  if (object == NULL)
    return NULL;

  candidate = g_new0 (LaneCandidateView, 1);
  candidate->type = lane_json_word (object, "type", "unknown");
  candidate->address = lane_json_word (object, "address", "unknown");
  candidate->port = (int)lane_json_count (object, "port", 65535);
  candidate->transport = lane_json_word (object, "transport", "udp");
  candidate->server = lane_json_string (object, "server");
  candidate->priority = (guint32)lane_json_count (object, "priority", G_MAXUINT32);
  candidate->foundation = lane_json_string (object, "foundation");
  candidate->related_address = lane_json_string (object, "related_address");
  candidate->related_port = (int)lane_json_count (object, "related_port", 65535);
  candidate->ms = lane_json_number (object, "ms");
  return candidate;
}

static void
decode_history (LanePeerView *peer, JsonArray *array)
{
  guint length = array != NULL ? json_array_get_length (array) : 0;
  guint first = length > MAX_HISTORY ? length - MAX_HISTORY : 0;

  peer->n_rtt_history = length - first;
  peer->rtt_history = g_new (double, MAX (peer->n_rtt_history, 1));
  for (guint i = first; i < length; i++)
    peer->rtt_history[i - first] = lane_json_node_number (json_array_get_element (array, i));
}

/* What an operator wants to know of a relay of ours is how it is reached. */
static void
decode_relay_protocol (LanePeerView *peer, JsonObject *pair)
{
  g_autofree char *protocol = lane_json_string (pair, "relay_protocol");

  if (protocol == NULL || peer->local == NULL)
    return;
  g_free (peer->local->transport);
  peer->local->transport = g_steal_pointer (&protocol);
}

static void
decode_why (LanePeerView *peer, JsonObject *why)
{
  peer->why_code = lane_json_string (why, "code");
  peer->why_side = lane_json_string (why, "side");
  peer->why_text = lane_json_string (why, "text");
  peer->why_next = lane_json_string (why, "next");
}

static void
decode_quality (LanePeerView *peer, JsonObject *object)
{
  JsonObject *rtt = lane_json_object (object, "rtt_ms");

  peer->rtt_last_ms = lane_json_number (rtt, "last");
  peer->rtt_mean_ms = lane_json_number (rtt, "mean");
  peer->rtt_min_ms = lane_json_number (rtt, "min");
  peer->rtt_p95_ms = lane_json_number (rtt, "p95");
  peer->jitter_ms = lane_json_number (object, "jitter_ms");
  peer->loss = lane_json_number (object, "loss");
  peer->tx_bytes = lane_json_count (object, "tx_bytes", G_MAXINT64);
  peer->rx_bytes = lane_json_count (object, "rx_bytes", G_MAXINT64);
  decode_history (peer, lane_json_array (object, "rtt_history_ms"));
}

static LanePeerView *
decode_peer (JsonObject *object)
{
  LanePeerView *peer = g_new0 (LanePeerView, 1);
  JsonObject *pair = lane_json_object (object, "pair");

  peer->name = lane_json_string (object, "name");
  peer->id = lane_json_word (object, "id", "");
  peer->state = lane_json_word (object, "state", "unknown");
  peer->path = lane_json_string (object, "path");
  peer->family = (int)lane_json_count (object, "family", 6);
  peer->local = decode_candidate (lane_json_object (pair, "local"));
  peer->remote = decode_candidate (lane_json_object (pair, "remote"));
  decode_relay_protocol (peer, pair);
  if (peer->local == NULL || peer->remote == NULL) {
    g_clear_pointer (&peer->local, candidate_free);
    g_clear_pointer (&peer->remote, candidate_free);
  }
  peer->since_us = lane_json_time (object, "since");
  peer->generation = lane_json_uint (object, "generation");
  peer->restarts = lane_json_uint (object, "restarts");
  peer->path_changes = lane_json_uint (object, "path_changes");
  peer->next_retry_us = lane_json_time (object, "next_retry_at");
  peer->last_error = lane_json_string (object, "last_error");
  peer->comparison = lane_comparison_view_new (lane_json_object (object, "comparison"));
  peer->policy = lane_json_word (object, "policy", "auto");
  peer->held = lane_json_boolean (object, "held");
  peer->online = lane_json_boolean (object, "online");
  decode_why (peer, lane_json_object (object, "why"));
  lane_forecast_view_read (&peer->forecast, lane_json_object (object, "forecast"));
  decode_quality (peer, object);
  return peer;
}

static GPtrArray *
decode_steps (JsonArray *array)
{
  GPtrArray *steps = g_ptr_array_new_with_free_func (step_free);
  guint length = array != NULL ? MIN (json_array_get_length (array), MAX_STEPS) : 0;

  for (guint i = 0; i < length; i++) {
    JsonNode *node = json_array_get_element (array, i);
    JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
    LaneServerStepView *step = g_new0 (LaneServerStepView, 1);

    step->step = lane_json_word (object, "step", "unknown");
    step->ok = lane_json_boolean (object, "ok");
    step->ms = lane_json_number (object, "ms");
    step->evidence = lane_json_string (object, "evidence");
    g_ptr_array_add (steps, step);
  }
  return steps;
}

static LaneServerView *
decode_server (JsonObject *object)
{
  LaneServerView *server = g_new0 (LaneServerView, 1);

  server->name = lane_json_word (object, "name", "unknown");
  server->uri = lane_json_word (object, "uri", "unknown");
  server->kind = lane_json_word (object, "kind", "unknown");
  server->state = lane_json_word (object, "state", "unknown");
  server->rtt_ms = lane_json_number (object, "rtt_ms");
  server->code = lane_json_string (object, "code");
  server->error = lane_json_string (object, "error");
  server->advice = lane_json_string (object, "advice");
  server->mapped = lane_json_string (object, "mapped");
  server->checked_us = lane_json_time (object, "checked_at");
  server->certificate_expires_us = lane_json_time (object, "certificate_expires_at");
  server->credentials_expire_us = lane_json_time (object, "credentials_expire_at");
  server->steps = decode_steps (lane_json_array (object, "steps"));
  server->in_use = lane_json_boolean (object, "in_use");
  return server;
}

static char **
decode_strings (JsonArray *array)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    g_autofree char *text = lane_json_node_string (json_array_get_element (array, i));

    if (text != NULL)
      g_strv_builder_add (builder, text);
  }
  return g_strv_builder_end (builder);
}

static char *
read_nat_word (JsonObject *nat, const char *name)
{
  char *word = lane_json_string (nat, name);

  if (g_strcmp0 (word, "unknown") == 0)
    g_clear_pointer (&word, g_free);
  return word;
}

/* NULL: nothing is known. */
static void
decode_config (LaneConfigView *config, JsonObject *object)
{
  config->path = lane_json_string (object, "path");
  config->state = lane_json_string (object, "state");
  config->problems = decode_strings (lane_json_array (object, "problems"));
  config->applied = lane_json_string (object, "applied");
  config->later = decode_strings (lane_json_array (object, "later"));
  config->loaded_us = lane_json_time (object, "loaded_at");
}

static void
decode_node (LaneSnapshot *snapshot, JsonObject *object)
{
  JsonObject *signaling = lane_json_object (object, "signaling");
  JsonObject *nat = lane_json_object (object, "nat");

  clear_node (snapshot);
  snapshot->name = lane_json_string (object, "name");
  snapshot->id = lane_json_string (object, "id");
  snapshot->version = lane_json_string (object, "version");
  snapshot->started_us = lane_json_time (object, "started_at");
  snapshot->signaling_type = lane_json_string (signaling, "type");
  snapshot->signaling_state = lane_json_string (signaling, "state");
  snapshot->signaling_url = lane_json_string (signaling, "url");
  snapshot->signaling_error = lane_json_string (signaling, "error");
  snapshot->nat_mapping = read_nat_word (nat, "mapping");
  snapshot->nat_filtering = read_nat_word (nat, "filtering");
  snapshot->addresses = decode_strings (lane_json_array (object, "addresses"));
  decode_config (&snapshot->config, lane_json_object (object, "config"));
  snapshot->replay = lane_replay_view_parse (object);
}

static void
decode_servers (LaneSnapshot *snapshot, JsonArray *array)
{
  g_ptr_array_set_size (snapshot->servers, 0);
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);

    if (JSON_NODE_HOLDS_OBJECT (node))
      g_ptr_array_add (snapshot->servers, decode_server (json_node_get_object (node)));
  }
}

static void
merge_peers (LaneSnapshot *snapshot, JsonArray *array)
{
  g_autoptr (GHashTable) indices = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < snapshot->peers->len; i++) {
    const LanePeerView *peer = snapshot->peers->pdata[i];

    g_hash_table_insert (indices, peer->name, GUINT_TO_POINTER (i));
  }

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    LanePeerView *peer =
        JSON_NODE_HOLDS_OBJECT (node) ? decode_peer (json_node_get_object (node)) : NULL;
    gpointer index;

    if (peer == NULL)
      continue;
    if (peer->name == NULL) {
      peer_free (peer);
    } else if (g_hash_table_lookup_extended (indices, peer->name, NULL, &index)) {
      LanePeerView *old = snapshot->peers->pdata[GPOINTER_TO_UINT (index)];

      g_hash_table_replace (indices, peer->name, index);
      snapshot->peers->pdata[GPOINTER_TO_UINT (index)] = peer;
      peer_free (old);
    } else {
      g_hash_table_insert (indices, peer->name, GUINT_TO_POINTER (snapshot->peers->len));
      g_ptr_array_add (snapshot->peers, peer);
    }
  }
}

static GPtrArray *
decode_candidates (JsonArray *array)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)candidate_free);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);

    if (JSON_NODE_HOLDS_OBJECT (node))
      g_ptr_array_add (list, decode_candidate (json_node_get_object (node)));
  }
  return list;
}

static LaneCheckView *
decode_check (JsonObject *object)
{
  LaneCheckView *check = g_new0 (LaneCheckView, 1);

  check->state = lane_json_word (object, "state", "unknown");
  check->result = lane_json_word (object, "result", "unknown");
  check->failure = lane_json_string (object, "failure");
  check->selected = lane_json_boolean (object, "selected");
  check->nominated = lane_json_boolean (object, "nominated");
  check->local = decode_candidate (lane_json_object (object, "local"));
  check->remote = decode_candidate (lane_json_object (object, "remote"));
  check->sent = lane_json_uint (object, "sent");
  check->answered = lane_json_uint (object, "answered");
  check->rtt_ms = lane_json_number (object, "rtt_ms");
  check->formed_ms = lane_json_number (object, "formed_ms");
  check->sent_ms = lane_json_number (object, "sent_ms");
  check->answered_ms = lane_json_number (object, "answered_ms");
  check->ended_ms = lane_json_number (object, "ended_ms");
  return check;
}

static GPtrArray *
decode_checks (JsonArray *array)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)check_free);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    LaneCheckView *check =
        JSON_NODE_HOLDS_OBJECT (node) ? decode_check (json_node_get_object (node)) : NULL;

    if (check != NULL && check->local != NULL && check->remote != NULL)
      g_ptr_array_add (list, check);
    else if (check != NULL)
      check_free (check);
  }
  return list;
}

static LaneGatherView *
decode_gather (JsonObject *object)
{
  LaneGatherView *server = g_new0 (LaneGatherView, 1);

  server->name = lane_json_word (object, "name", "unknown");
  server->kind = lane_json_word (object, "kind", "unknown");
  server->transport = lane_json_word (object, "transport", "udp");
  server->outcome = lane_json_word (object, "outcome", "unknown");
  server->code = lane_json_string (object, "code");
  server->asked_ms = lane_json_number (object, "asked_ms");
  server->answered_ms = lane_json_number (object, "answered_ms");
  return server;
}

static GPtrArray *
decode_gathers (JsonArray *array)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)gather_free);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);

    if (JSON_NODE_HOLDS_OBJECT (node))
      g_ptr_array_add (list, decode_gather (json_node_get_object (node)));
  }
  return list;
}

static LaneGenerationView *
decode_generation (JsonObject *object)
{
  JsonObject *gathering = lane_json_object (object, "gathering");
  LaneGenerationView *generation = g_new0 (LaneGenerationView, 1);

  generation->generation = lane_json_uint (object, "generation");
  generation->role = lane_json_word (object, "role", "unknown");
  generation->state = lane_json_word (object, "state", "unknown");
  generation->current = lane_json_boolean (object, "current");
  generation->local = decode_candidates (lane_json_array (object, "local"));
  generation->remote = decode_candidates (lane_json_array (object, "remote"));
  generation->offered = lane_json_boolean (object, "offered");
  generation->checks = decode_checks (lane_json_array (object, "pairs"));
  generation->servers = decode_gathers (lane_json_array (gathering, "servers"));
  generation->peer = lane_peer_steps_read (lane_json_object (object, "peer"));
  generation->refused = lane_json_uint (gathering, "refused_count");
  generation->gathered_ms = lane_json_number (object, "gathered_ms");
  generation->answered_ms = lane_json_number (object, "answered_ms");
  generation->connected_ms = lane_json_number (object, "connected_ms");
  generation->failed_ms = lane_json_number (object, "failed_ms");
  generation->now_ms = lane_json_number (object, "now_ms");
  return generation;
}

static gint
newer_first (gconstpointer a, gconstpointer b)
{
  const LaneGenerationView *left = *(LaneGenerationView *const *)a;
  const LaneGenerationView *right = *(LaneGenerationView *const *)b;

  return left->generation < right->generation ? 1 : left->generation > right->generation ? -1 : 0;
}

/* Parsing */

G_DEFINE_QUARK (lane_snapshot_error, lane_snapshot_error)

LaneSnapshot *
lane_snapshot_new (void)
{
  LaneSnapshot *snapshot = g_new0 (LaneSnapshot, 1);

  snapshot->servers = g_ptr_array_new_with_free_func ((GDestroyNotify)server_free);
  snapshot->peers = g_ptr_array_new_with_free_func ((GDestroyNotify)peer_free);
  decode_config (&snapshot->config, NULL);
  return snapshot;
}

LaneSnapshot *
lane_snapshot_parse (const char *status_json, GError **error)
{
  g_autoptr (JsonNode) root = lane_json_parse (status_json, JSON_NODE_OBJECT, error);
  LaneSnapshot *snapshot;
  JsonObject *status;

  if (root == NULL)
    return NULL;

  status = json_node_get_object (root);
  snapshot = lane_snapshot_new ();
  decode_node (snapshot, lane_json_object (status, "node"));
  decode_servers (snapshot, lane_json_array (status, "servers"));
  merge_peers (snapshot, lane_json_array (status, "peers"));
  return snapshot;
}

gboolean
lane_snapshot_update_peers (LaneSnapshot *snapshot, const char *json, GError **error)
{
  g_autoptr (JsonNode) root = lane_json_parse (json, JSON_NODE_ARRAY, error);

  if (root == NULL)
    return FALSE;

  merge_peers (snapshot, json_node_get_array (root));
  return TRUE;
}

gboolean
lane_snapshot_update_servers (LaneSnapshot *snapshot, const char *json, GError **error)
{
  g_autoptr (JsonNode) root = lane_json_parse (json, JSON_NODE_ARRAY, error);

  if (root == NULL)
    return FALSE;

  decode_servers (snapshot, json_node_get_array (root));
  return TRUE;
}

gboolean
lane_snapshot_update_node (LaneSnapshot *snapshot, const char *json, GError **error)
{
  g_autoptr (JsonNode) root = lane_json_parse (json, JSON_NODE_OBJECT, error);

  if (root == NULL)
    return FALSE;

  decode_node (snapshot, json_node_get_object (root));
  return TRUE;
}

const LanePeerView *
lane_snapshot_find_peer (const LaneSnapshot *snapshot, const char *name)
{
  for (guint i = 0; i < snapshot->peers->len; i++) {
    const LanePeerView *peer = snapshot->peers->pdata[i];

    if (strcmp (peer->name, name) == 0)
      return peer;
  }
  return NULL;
}

void
lane_snapshot_free (LaneSnapshot *snapshot)
{
  if (snapshot == NULL)
    return;

  clear_node (snapshot);
  g_ptr_array_unref (snapshot->servers);
  g_ptr_array_unref (snapshot->peers);
  g_free (snapshot);
}

static void
decode_past (LanePeerDetail *detail, JsonObject *root)
{
  JsonObject *previous = lane_json_object (root, "previous_generation");
  JsonObject *securing = lane_json_object (root, "securing");

  if (previous != NULL) {
    detail->previous = decode_generation (previous);
    detail->previous->current = FALSE;
    detail->previous->previous = TRUE;
  }
  detail->secured = lane_json_uint (securing, "generation");
  detail->dtls_from_ms = lane_json_number (securing, "dtls_from_ms");
  detail->dtls_ms = lane_json_number (securing, "dtls_ms");
  detail->sctp_ms = lane_json_number (securing, "sctp_ms");
}

LanePeerDetail *
lane_peer_detail_parse (const char *json, GError **error)
{
  g_autoptr (JsonNode) root = lane_json_parse (json, JSON_NODE_OBJECT, error);
  LanePeerDetail *detail;
  JsonArray *array;

  if (root == NULL)
    return NULL;

  detail = g_new0 (LanePeerDetail, 1);
  detail->json = g_strdup (json);
  detail->name =
      lane_json_word (lane_json_object (json_node_get_object (root), "peer"), "name", "unknown");
  detail->generations = g_ptr_array_new_with_free_func ((GDestroyNotify)generation_free);
  array = lane_json_array (json_node_get_object (root), "generations");
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);

    if (JSON_NODE_HOLDS_OBJECT (node))
      g_ptr_array_add (detail->generations, decode_generation (json_node_get_object (node)));
  }
  g_ptr_array_sort (detail->generations, newer_first);
  decode_past (detail, json_node_get_object (root));
  return detail;
}

void
lane_peer_detail_free (LanePeerDetail *detail)
{
  if (detail == NULL)
    return;

  g_free (detail->name);
  g_free (detail->json);
  g_ptr_array_unref (detail->generations);
  generation_free (detail->previous);
  g_free (detail);
}

LaneReloadView *
lane_reload_view_parse (const char *json, GError **error)
{
  g_autoptr (JsonNode) root = lane_json_parse (json, JSON_NODE_OBJECT, error);
  LaneReloadView *reload;
  JsonObject *object;

  if (root == NULL)
    return NULL;

  object = json_node_get_object (root);
  reload = g_new0 (LaneReloadView, 1);
  reload->changed = lane_json_boolean (object, "changed");
  decode_config (&reload->config, lane_json_object (object, "config"));
  reload->json = g_strdup (json);
  return reload;
}

void
lane_reload_view_free (LaneReloadView *reload)
{
  if (reload == NULL)
    return;

  clear_config (&reload->config);
  g_free (reload->json);
  g_free (reload);
}

LaneEventView *
lane_event_view_parse (const char *json, GError **error)
{
  g_autoptr (JsonNode) root = lane_json_parse (json, JSON_NODE_OBJECT, error);
  LaneEventView *event;
  JsonObject *object;

  if (root == NULL)
    return NULL;

  object = json_node_get_object (root);
  event = g_new0 (LaneEventView, 1);
  event->sequence = lane_json_count (object, "sequence", G_MAXINT64);
  event->time_us = lane_json_time (object, "time");
  event->level = lane_json_word (object, "level", "info");
  event->kind = lane_json_word (object, "kind", "unknown");
  event->peer = lane_json_string (object, "peer");
  event->text = lane_json_word (object, "text", "");
  event->json = g_strdup (json);
  return event;
}

void
lane_event_view_free (LaneEventView *event)
{
  if (event == NULL)
    return;

  g_free (event->level);
  g_free (event->kind);
  g_free (event->peer);
  g_free (event->text);
  g_free (event->json);
  g_free (event);
}
