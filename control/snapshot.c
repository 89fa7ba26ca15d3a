#include "snapshot.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#define MAX_DEPTH   32 /* json-glib recurses; the real thing is 6 deep */
#define MAX_HISTORY 1024
#define MAX_STEPS   64

/* Members that may be missing, null or of the wrong type: each reader has its "unknown". */

static JsonNode *
member (JsonObject *object, const char *name)
{
  return object != NULL ? json_object_get_member (object, name) : NULL;
}

static JsonObject *
read_object (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static JsonArray *
read_array (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static char *
node_string (JsonNode *node)
{
  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_dup_string (node)
             : NULL;
}

static double
node_number (JsonNode *node)
{
  GType type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;

  double value = type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double (node) : NAN;

  return isfinite (value) ? value : NAN;
}

static char *
read_string (JsonObject *object, const char *name)
{
  return node_string (member (object, name));
}

static double
read_number (JsonObject *object, const char *name)
{
  return node_number (member (object, name));
}

static guint64
read_count (JsonObject *object, const char *name, guint64 max)
{
  double value = read_number (object, name);

  /* Counters are below 2^53, where a double is exact. */
  if (isnan (value) || value < 0)
    return 0;
  return value < (double)max ? (guint64)value : max;
}

static guint
read_uint (JsonObject *object, const char *name)
{
  return (guint)read_count (object, name, G_MAXINT);
}

static gboolean
read_boolean (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_BOOLEAN
         && json_node_get_boolean (node);
}

static gint64
read_time (JsonObject *object, const char *name)
{
  g_autofree char *text = read_string (object, name);
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  if (time == NULL)
    return 0;
  return g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
}

/* Peers and servers are found by name and drawn by state: without these there is no row. */
static char *
read_word (JsonObject *object, const char *name, const char *unknown)
{
  char *word = read_string (object, name);

  return word != NULL ? word : g_strdup (unknown);
}

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
  candidate_free (peer->local);
  candidate_free (peer->remote);
  g_free (peer->last_error);
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
  candidate->type = read_word (object, "type", "unknown");
  candidate->address = read_word (object, "address", "unknown");
  candidate->port = (int)read_count (object, "port", 65535);
  candidate->transport = read_word (object, "transport", "udp");
  candidate->server = read_string (object, "server");
  candidate->priority = (guint32)read_count (object, "priority", G_MAXUINT32);
  candidate->foundation = read_string (object, "foundation");
  candidate->related_address = read_string (object, "related_address");
  candidate->related_port = (int)read_count (object, "related_port", 65535);
  candidate->ms = read_number (object, "ms");
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
    peer->rtt_history[i - first] = node_number (json_array_get_element (array, i));
}

/* What an operator wants to know of a relay of ours is how it is reached. */
static void
decode_relay_protocol (LanePeerView *peer, JsonObject *pair)
{
  g_autofree char *protocol = read_string (pair, "relay_protocol");

  if (protocol == NULL || peer->local == NULL)
    return;
  g_free (peer->local->transport);
  peer->local->transport = g_steal_pointer (&protocol);
}

static void
decode_why (LanePeerView *peer, JsonObject *why)
{
  peer->why_code = read_string (why, "code");
  peer->why_side = read_string (why, "side");
  peer->why_text = read_string (why, "text");
  peer->why_next = read_string (why, "next");
}

static void
decode_quality (LanePeerView *peer, JsonObject *object)
{
  JsonObject *rtt = read_object (object, "rtt_ms");

  peer->rtt_last_ms = read_number (rtt, "last");
  peer->rtt_mean_ms = read_number (rtt, "mean");
  peer->rtt_min_ms = read_number (rtt, "min");
  peer->rtt_p95_ms = read_number (rtt, "p95");
  peer->jitter_ms = read_number (object, "jitter_ms");
  peer->loss = read_number (object, "loss");
  peer->tx_bytes = read_count (object, "tx_bytes", G_MAXINT64);
  peer->rx_bytes = read_count (object, "rx_bytes", G_MAXINT64);
  decode_history (peer, read_array (object, "rtt_history_ms"));
}

static LanePeerView *
decode_peer (JsonObject *object)
{
  LanePeerView *peer = g_new0 (LanePeerView, 1);
  JsonObject *pair = read_object (object, "pair");

  peer->name = read_string (object, "name");
  peer->id = read_word (object, "id", "");
  peer->state = read_word (object, "state", "unknown");
  peer->path = read_string (object, "path");
  peer->family = (int)read_count (object, "family", 6);
  peer->local = decode_candidate (read_object (pair, "local"));
  peer->remote = decode_candidate (read_object (pair, "remote"));
  decode_relay_protocol (peer, pair);
  if (peer->local == NULL || peer->remote == NULL) {
    g_clear_pointer (&peer->local, candidate_free);
    g_clear_pointer (&peer->remote, candidate_free);
  }
  peer->since_us = read_time (object, "since");
  peer->generation = read_uint (object, "generation");
  peer->restarts = read_uint (object, "restarts");
  peer->path_changes = read_uint (object, "path_changes");
  peer->next_retry_us = read_time (object, "next_retry_at");
  peer->last_error = read_string (object, "last_error");
  peer->policy = read_word (object, "policy", "auto");
  peer->online = read_boolean (object, "online");
  decode_why (peer, read_object (object, "why"));
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

    step->step = read_word (object, "step", "unknown");
    step->ok = read_boolean (object, "ok");
    step->ms = read_number (object, "ms");
    step->evidence = read_string (object, "evidence");
    g_ptr_array_add (steps, step);
  }
  return steps;
}

static LaneServerView *
decode_server (JsonObject *object)
{
  LaneServerView *server = g_new0 (LaneServerView, 1);

  server->name = read_word (object, "name", "unknown");
  server->uri = read_word (object, "uri", "unknown");
  server->kind = read_word (object, "kind", "unknown");
  server->state = read_word (object, "state", "unknown");
  server->rtt_ms = read_number (object, "rtt_ms");
  server->code = read_string (object, "code");
  server->error = read_string (object, "error");
  server->advice = read_string (object, "advice");
  server->mapped = read_string (object, "mapped");
  server->checked_us = read_time (object, "checked_at");
  server->certificate_expires_us = read_time (object, "certificate_expires_at");
  server->credentials_expire_us = read_time (object, "credentials_expire_at");
  server->steps = decode_steps (read_array (object, "steps"));
  server->in_use = read_boolean (object, "in_use");
  return server;
}

static char **
decode_strings (JsonArray *array)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    g_autofree char *text = node_string (json_array_get_element (array, i));

    if (text != NULL)
      g_strv_builder_add (builder, text);
  }
  return g_strv_builder_end (builder);
}

static char *
read_nat_word (JsonObject *nat, const char *name)
{
  char *word = read_string (nat, name);

  if (g_strcmp0 (word, "unknown") == 0)
    g_clear_pointer (&word, g_free);
  return word;
}

/* NULL: nothing is known. */
static void
decode_config (LaneConfigView *config, JsonObject *object)
{
  config->path = read_string (object, "path");
  config->state = read_string (object, "state");
  config->problems = decode_strings (read_array (object, "problems"));
  config->applied = read_string (object, "applied");
  config->later = decode_strings (read_array (object, "later"));
  config->loaded_us = read_time (object, "loaded_at");
}

static void
decode_node (LaneSnapshot *snapshot, JsonObject *object)
{
  JsonObject *signaling = read_object (object, "signaling");
  JsonObject *nat = read_object (object, "nat");

  clear_node (snapshot);
  snapshot->name = read_string (object, "name");
  snapshot->id = read_string (object, "id");
  snapshot->version = read_string (object, "version");
  snapshot->started_us = read_time (object, "started_at");
  snapshot->signaling_type = read_string (signaling, "type");
  snapshot->signaling_state = read_string (signaling, "state");
  snapshot->signaling_url = read_string (signaling, "url");
  snapshot->signaling_error = read_string (signaling, "error");
  snapshot->nat_mapping = read_nat_word (nat, "mapping");
  snapshot->nat_filtering = read_nat_word (nat, "filtering");
  snapshot->addresses = decode_strings (read_array (object, "addresses"));
  decode_config (&snapshot->config, read_object (object, "config"));
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

  check->state = read_word (object, "state", "unknown");
  check->result = read_word (object, "result", "unknown");
  check->failure = read_string (object, "failure");
  check->selected = read_boolean (object, "selected");
  check->nominated = read_boolean (object, "nominated");
  check->local = decode_candidate (read_object (object, "local"));
  check->remote = decode_candidate (read_object (object, "remote"));
  check->sent = read_uint (object, "sent");
  check->answered = read_uint (object, "answered");
  check->rtt_ms = read_number (object, "rtt_ms");
  check->formed_ms = read_number (object, "formed_ms");
  check->sent_ms = read_number (object, "sent_ms");
  check->answered_ms = read_number (object, "answered_ms");
  check->ended_ms = read_number (object, "ended_ms");
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

  server->name = read_word (object, "name", "unknown");
  server->kind = read_word (object, "kind", "unknown");
  server->transport = read_word (object, "transport", "udp");
  server->outcome = read_word (object, "outcome", "unknown");
  server->code = read_string (object, "code");
  server->asked_ms = read_number (object, "asked_ms");
  server->answered_ms = read_number (object, "answered_ms");
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
  JsonObject *gathering = read_object (object, "gathering");
  LaneGenerationView *generation = g_new0 (LaneGenerationView, 1);

  generation->generation = read_uint (object, "generation");
  generation->role = read_word (object, "role", "unknown");
  generation->state = read_word (object, "state", "unknown");
  generation->current = read_boolean (object, "current");
  generation->local = decode_candidates (read_array (object, "local"));
  generation->remote = decode_candidates (read_array (object, "remote"));
  generation->offered = read_boolean (object, "offered");
  generation->checks = decode_checks (read_array (object, "pairs"));
  generation->servers = decode_gathers (read_array (gathering, "servers"));
  generation->refused = read_uint (gathering, "refused_count");
  generation->gathered_ms = read_number (object, "gathered_ms");
  generation->answered_ms = read_number (object, "answered_ms");
  generation->connected_ms = read_number (object, "connected_ms");
  generation->failed_ms = read_number (object, "failed_ms");
  generation->now_ms = read_number (object, "now_ms");
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

static gboolean
too_deep (const char *json)
{
  gboolean in_string = FALSE;
  int depth = 0;

  for (const char *c = json; *c != '\0'; c++) {
    if (in_string && *c == '\\' && c[1] != '\0')
      c++;
    else if (*c == '"')
      in_string = !in_string;
    else if (!in_string && (*c == '{' || *c == '['))
      depth++;
    else if (!in_string && (*c == '}' || *c == ']'))
      depth--;
    if (depth > MAX_DEPTH)
      return TRUE;
  }
  return FALSE;
}

static JsonNode *
parse (const char *json, JsonNodeType expected, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) local_error = NULL;
  JsonNode *root;

  if (json == NULL || !g_utf8_validate (json, -1, NULL) || too_deep (json)) {
    g_set_error (error, LANE_SNAPSHOT_ERROR, LANE_SNAPSHOT_ERROR_MALFORMED,
                 "the node's answer is not JSON");
    return NULL;
  }
  if (!json_parser_load_from_data (parser, json, -1, &local_error)) {
    g_set_error (error, LANE_SNAPSHOT_ERROR, LANE_SNAPSHOT_ERROR_MALFORMED,
                 "the node's answer is not JSON: %s", local_error->message);
    return NULL;
  }

  root = json_parser_get_root (parser);
  if (root == NULL || json_node_get_node_type (root) != expected) {
    g_set_error (error, LANE_SNAPSHOT_ERROR, LANE_SNAPSHOT_ERROR_MALFORMED,
                 "the node's answer is not a JSON %s",
                 expected == JSON_NODE_OBJECT ? "object" : "array");
    return NULL;
  }
  return json_node_ref (root);
}

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
  g_autoptr (JsonNode) root = parse (status_json, JSON_NODE_OBJECT, error);
  LaneSnapshot *snapshot;
  JsonObject *status;

  if (root == NULL)
    return NULL;

  status = json_node_get_object (root);
  snapshot = lane_snapshot_new ();
  decode_node (snapshot, read_object (status, "node"));
  decode_servers (snapshot, read_array (status, "servers"));
  merge_peers (snapshot, read_array (status, "peers"));
  return snapshot;
}

gboolean
lane_snapshot_update_peers (LaneSnapshot *snapshot, const char *json, GError **error)
{
  g_autoptr (JsonNode) root = parse (json, JSON_NODE_ARRAY, error);

  if (root == NULL)
    return FALSE;

  merge_peers (snapshot, json_node_get_array (root));
  return TRUE;
}

gboolean
lane_snapshot_update_servers (LaneSnapshot *snapshot, const char *json, GError **error)
{
  g_autoptr (JsonNode) root = parse (json, JSON_NODE_ARRAY, error);

  if (root == NULL)
    return FALSE;

  decode_servers (snapshot, json_node_get_array (root));
  return TRUE;
}

gboolean
lane_snapshot_update_node (LaneSnapshot *snapshot, const char *json, GError **error)
{
  g_autoptr (JsonNode) root = parse (json, JSON_NODE_OBJECT, error);

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
  JsonObject *previous = read_object (root, "previous_generation");
  JsonObject *securing = read_object (root, "securing");

  if (previous != NULL) {
    detail->previous = decode_generation (previous);
    detail->previous->current = FALSE;
    detail->previous->previous = TRUE;
  }
  detail->secured = read_uint (securing, "generation");
  detail->dtls_from_ms = read_number (securing, "dtls_from_ms");
  detail->dtls_ms = read_number (securing, "dtls_ms");
  detail->sctp_ms = read_number (securing, "sctp_ms");
}

LanePeerDetail *
lane_peer_detail_parse (const char *json, GError **error)
{
  g_autoptr (JsonNode) root = parse (json, JSON_NODE_OBJECT, error);
  LanePeerDetail *detail;
  JsonArray *array;

  if (root == NULL)
    return NULL;

  detail = g_new0 (LanePeerDetail, 1);
  detail->json = g_strdup (json);
  detail->name = read_word (read_object (json_node_get_object (root), "peer"), "name", "unknown");
  detail->generations = g_ptr_array_new_with_free_func ((GDestroyNotify)generation_free);
  array = read_array (json_node_get_object (root), "generations");
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
  g_autoptr (JsonNode) root = parse (json, JSON_NODE_OBJECT, error);
  LaneReloadView *reload;
  JsonObject *object;

  if (root == NULL)
    return NULL;

  object = json_node_get_object (root);
  reload = g_new0 (LaneReloadView, 1);
  reload->changed = read_boolean (object, "changed");
  decode_config (&reload->config, read_object (object, "config"));
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
  g_autoptr (JsonNode) root = parse (json, JSON_NODE_OBJECT, error);
  LaneEventView *event;
  JsonObject *object;

  if (root == NULL)
    return NULL;

  object = json_node_get_object (root);
  event = g_new0 (LaneEventView, 1);
  event->sequence = read_count (object, "sequence", G_MAXINT64);
  event->time_us = read_time (object, "time");
  event->level = read_word (object, "level", "info");
  event->kind = read_word (object, "kind", "unknown");
  event->peer = read_string (object, "peer");
  event->text = read_word (object, "text", "");
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
