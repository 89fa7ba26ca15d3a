#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "compare.h"
#include "history-report.h"
#include "hooks/hooks.h"
#include "metrics/metrics-file.h"
#include "metrics/metrics.h"
#include "nearest.h"
#include "network-report.h"
#include "nonce.h"
#include "peer.h"
#include "recorder/recorder.h"
#include "settings-note.h"
#include "signaling/http.h"
#include "signaling/token.h"
#include "status.h"
#include "timer.h"
#include "token-bucket.h"

#define STOP_MS       1500
#define STOP_POLL_MS  10
#define STRANGERS_MAX 256

struct _LaneNode {
  LaneShared shared;
  LaneNodeEvents events;
  gpointer user_data;
  char *boot;
  int lock;
  gint64 started_us;
  LaneSignaling *signaling;
  LaneToken *token; /* NULL: its command has answered, or there is none */
  char *signaling_error;
  GPtrArray *peers;  /* of LanePeer, in the configuration's order */
  GHashTable *dirty; /* set of LanePeer */
  gboolean servers_dirty, self_dirty, settings_dirty;
  gboolean pool_dirty; /* for the recorder: not only which servers are in use */
  LaneNatBrief nat;    /* as the peers were told last */
  GSource *tell;
  LaneHooks *hooks;
  LaneMetricsFile *metrics;
  LaneSettingsNote *note;
  LaneConfig *own_config;  /* NULL: the one of lane_node_new() is in force */
  GPtrArray *past_configs; /* that paths on their way out may still look at */
  GHashTable *strangers;   /* set of ids that were told to the operator */
  LaneTokenBucket stranger_checks;

  GSource *stopping;
  gint64 stop_deadline_us;
  void (*stopped) (gpointer user_data);
  gpointer stopped_data;
};

G_DEFINE_QUARK (lane_node_error, lane_node_error)

/* The flight recorder */

static char *
describe_pair (const LanePeer *peer)
{
  const LaneLink *link = lane_peer_get_link (peer);
  LaneTransportPair pair;

  if (lane_peer_get_path_word (peer) == NULL
      || !lane_path_get_pair (lane_link_get_path (link), &pair))
    return g_strdup ("");
  return g_strdup_printf ("%s:%d %s:%d", pair.local.address, pair.local.port, pair.remote.address,
                          pair.remote.port);
}

/* Whatever of a peer is worth a line in its record when it changes. */
static char *
describe_words (const LanePeer *peer, guint generation)
{
  const LaneTerms *terms = lane_peer_get_terms (peer);
  const char *path = lane_peer_get_path_word (peer);
  const char *failure = lane_peer_get_last_error (peer);
  LaneWhy why = lane_peer_explain (peer);
  g_autofree char *pair = describe_pair (peer);

  return g_strdup_printf ("%s %s %u %d %u %u %u %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s %s",
                          lane_peer_state_to_string (lane_peer_get_state (peer)),
                          path != NULL ? path : "", why.code, lane_peer_is_online (peer),
                          terms->ours, terms->heard ? terms->theirs + 1 : 0, generation,
                          lane_peer_get_since_us (peer), lane_peer_get_next_retry_us (peer), pair,
                          failure != NULL ? failure : "");
}

static void
record_peer (LaneNode *node, const LanePeer *peer)
{
  const LaneLink *link = lane_peer_get_link (peer);
  const LaneGeneration *current =
      link != NULL ? lane_path_get_current (lane_link_get_path (link)) : NULL;
  guint generation = current != NULL ? lane_generation_get_number (current) : 0;
  g_autofree char *words = describe_words (peer, generation);
  const LaneRecorderPeer now = {
    .name = lane_peer_get_config (peer)->name,
    .id = lane_peer_get_config (peer)->id,
    .words = words,
    .generation = generation,
  };

  lane_recorder_note_peer (node->shared.recorder, &now, g_get_real_time (),
                           g_get_monotonic_time ());
}

static void
record_self (LaneNode *node, gboolean self, gboolean servers)
{
  g_autoptr (JsonNode) about = self ? lane_node_describe_self (node) : NULL;
  g_autoptr (JsonNode) pool = servers ? lane_node_describe_servers (node) : NULL;
  g_autofree char *about_text = about != NULL ? json_to_string (about, FALSE) : NULL;
  g_autofree char *pool_text = pool != NULL ? json_to_string (pool, FALSE) : NULL;

  if (self || servers)
    lane_recorder_note_node (node->shared.recorder, about_text, pool_text, g_get_real_time ());
}

static LanePeer *
find_peer_by_name (const LaneNode *node, const char *name)
{
  for (guint i = 0; i < node->peers->len; i++)
    if (strcmp (lane_peer_get_config (node->peers->pdata[i])->name, name) == 0)
      return node->peers->pdata[i];
  return NULL;
}

static char *
on_describe_peer (const char *name, gpointer user_data)
{
  const LanePeer *peer = find_peer_by_name (user_data, name);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  if (peer == NULL)
    return NULL;
  lane_status_add_peer (builder, peer);
  root = json_builder_get_root (builder);
  /* Its samples tell. */
  json_object_remove_member (json_node_get_object (root), "rtt_history_ms");
  return json_to_string (root, FALSE);
}

static char *
on_describe_generation (const char *name, gpointer user_data)
{
  const LanePeer *peer = find_peer_by_name (user_data, name);
  const LaneLink *link = peer != NULL ? lane_peer_get_link (peer) : NULL;
  const LaneGeneration *current =
      link != NULL ? lane_path_get_current (lane_link_get_path (link)) : NULL;
  g_autoptr (JsonNode) root = current != NULL ? lane_generation_describe (current, TRUE) : NULL;

  return root != NULL ? json_to_string (root, FALSE) : NULL;
}

static void
on_recorder_failed (const char *text, gpointer user_data)
{
  LaneNode *node = user_data;

  lane_event_log_add (node->shared.log, lane_event_new (LANE_LOG_LEVEL_WARNING, LANE_EVENT_CONFIG,
                                                        NULL, NULL, "%s", text));
}

static void
record_all (LaneNode *node)
{
  for (guint i = 0; node->shared.recorder != NULL && i < node->peers->len; i++)
    record_peer (node, node->peers->pdata[i]);
}

static void
renew_recorder (LaneNode *node)
{
  static const LaneRecorderEvents events = { .describe_peer = on_describe_peer,
                                             .describe_generation = on_describe_generation,
                                             .failed = on_recorder_failed };
  const LaneConfig *config = node->shared.config;
  g_autofree char *directory = g_build_filename (config->node.state_dir, "record", NULL);
  const LaneRecorderSetup setup = {
    .directory = directory,
    .max_bytes = (guint64)config->node.record_max_mb * 1024 * 1024,
    .n_peers = config->peers->len,
    .node = config->node.name,
    .node_id = lane_identity_get_id (node->shared.identity),
    .version = ICELANE_VERSION,
  };

  g_clear_pointer (&node->shared.recorder, lane_recorder_free);
  if (!config->node.record)
    return;
  node->shared.recorder = lane_recorder_new (node->shared.context, &setup, &events, node);
  record_self (node, TRUE, TRUE);
  record_all (node);
}

/* Telling what changed, once a turn */

static gboolean
on_tell (gpointer user_data)
{
  LaneNode *node = user_data;
  gboolean servers = node->servers_dirty, self = node->self_dirty;
  gboolean settings = node->settings_dirty;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer peer;

  lane_timer_clear (&node->tell);
  g_hash_table_iter_init (&iter, node->dirty);
  while (g_hash_table_iter_next (&iter, &peer, NULL)) {
    g_ptr_array_add (names, lane_peer_get_config (peer)->name);
    if (node->shared.recorder != NULL)
      record_peer (node, peer);
  }
  if (node->shared.recorder != NULL)
    record_self (node, self, node->pool_dirty);
  node->pool_dirty = FALSE;
  g_hash_table_remove_all (node->dirty);
  node->servers_dirty = node->self_dirty = node->settings_dirty = FALSE;

  if (settings && node->events.settings_changed != NULL)
    node->events.settings_changed (node, node->user_data);
  if (names->len > 0 && node->events.peers_changed != NULL) {
    g_ptr_array_add (names, NULL);
    node->events.peers_changed (node, (const char *const *)names->pdata, node->user_data);
  }
  if (servers && node->events.servers_changed != NULL)
    node->events.servers_changed (node, node->user_data);
  if (self && node->events.node_changed != NULL)
    node->events.node_changed (node, node->user_data);
  return G_SOURCE_REMOVE;
}

static void
tell_soon (LaneNode *node)
{
  if (node->tell != NULL || node->stopping != NULL)
    return;
  lane_timer_set (&node->tell, node->shared.context, 0, on_tell, node);
}

static void
on_event (const LaneEvent *event, gpointer user_data)
{
  LaneNode *node = user_data;

  if (node->shared.recorder != NULL)
    lane_recorder_note_event (node->shared.recorder, event);
  if (node->events.event_logged != NULL)
    node->events.event_logged (node, event, node->user_data);
}

/* What went over the relay until now, before it is another one. */
static void
count_traffic (LaneNode *node, const LanePeer *peer)
{
  const LaneLink *link = lane_peer_get_link (peer);
  LaneTransportPair pair;
  gboolean relayed = link != NULL && lane_path_get_pair (lane_link_get_path (link), &pair)
                     && pair.local.type == LANE_CANDIDATE_RELAY;
  LanePeerTotals totals;

  lane_peer_get_totals (peer, &totals);
  lane_tally_set_traffic (node->shared.tally, lane_peer_get_config (peer)->name,
                          relayed ? pair.server : NULL, totals.tx_bytes, totals.rx_bytes);
}

static void
on_peer_changed (LanePeer *peer, gpointer user_data)
{
  LaneNode *node = user_data;

  count_traffic (node, peer);
  g_hash_table_add (node->dirty, peer);
  node->servers_dirty = TRUE; /* in_use */
  tell_soon (node);
}

static void
on_peer_send (LanePeer *peer, const char *envelope, gpointer user_data)
{
  LaneNode *node = user_data;

  if (node->signaling != NULL)
    lane_signaling_send (node->signaling, lane_peer_get_config (peer)->id, envelope);
}

static void
run_hook (LaneNode *node, LaneHookKind kind, LanePeer *peer, const char *old, const char *new)
{
  const char *path = lane_peer_get_path_word (peer);
  LaneWhy why = lane_peer_explain (peer);
  const LaneHookChange change = {
    .peer = lane_peer_get_config (peer)->name,
    .old = old != NULL ? old : "none",
    .new = new != NULL ? new : "none",
    .why = why.code != LANE_WHY_NONE ? lane_why_code_to_string (why.code) : "",
    .state = lane_peer_state_to_string (lane_peer_get_state (peer)),
    .path = path != NULL ? path : "none",
  };

  lane_hooks_tell (node->hooks, kind, &change);
}

static void
on_peer_moved (LanePeer *peer, gboolean is_path, const char *old, const char *new,
               gpointer user_data)
{
  LaneNode *node = user_data;
  LaneHookKind kind = is_path ? LANE_HOOK_PATH_CHANGE : LANE_HOOK_STATE_CHANGE;

  if (lane_hooks_want (node->hooks, kind))
    run_hook (node, kind, peer, old, new);
}

static const LanePeerEvents peer_events = { .send = on_peer_send,
                                            .changed = on_peer_changed,
                                            .moved = on_peer_moved };

/* Signalling */

static LanePeer *
find_peer_by_id (const LaneNode *node, const char *id)
{
  for (guint i = 0; i < node->peers->len; i++)
    if (strcmp (lane_peer_get_config (node->peers->pdata[i])->id, id) == 0)
      return node->peers->pdata[i];
  return NULL;
}

/* Guarantee G3: a stranger gets one line in our log and nothing else. */
static void
note_stranger (LaneNode *node, const LaneEnvelope *envelope)
{
  g_autoptr (GError) error = NULL;
  JsonObject *fields;

  if (g_hash_table_contains (node->strangers, envelope->from)
      || g_hash_table_size (node->strangers) >= STRANGERS_MAX
      || !lane_token_bucket_take (&node->stranger_checks, g_get_monotonic_time ()))
    return;
  if (!lane_envelope_verify (envelope, &error)) {
    lane_event_log_add (node->shared.log,
                        lane_event_new (LANE_LOG_LEVEL_WARNING, LANE_EVENT_SECURITY, NULL, NULL,
                                        "refused a forged message: %s", error->message));
    return;
  }
  g_hash_table_add (node->strangers, g_strdup (envelope->from));
  fields = lane_event_fields ("unknown-node");
  json_object_set_string_member (fields, "id", envelope->from);
  lane_event_log_add (
      node->shared.log,
      lane_event_new (LANE_LOG_LEVEL_WARNING, LANE_EVENT_SECURITY, NULL, fields,
                      "refused an unknown node; to allow it, add a [peer NAME] with id = %s",
                      envelope->from));
}

static void
on_received (LaneSignaling *signaling, const char *text, gsize length, gpointer user_data)
{
  LaneNode *node = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneEnvelope) envelope = lane_envelope_parse (text, length, &error);
  LanePeer *peer;

  if (envelope == NULL) {
    lane_event_log_add (node->shared.log,
                        lane_event_new (LANE_LOG_LEVEL_WARNING, LANE_EVENT_SECURITY, NULL, NULL,
                                        "refused a malformed message: %s", error->message));
    return;
  }
  peer = find_peer_by_id (node, envelope->from);
  if (peer != NULL)
    lane_peer_receive (peer, envelope);
  else
    note_stranger (node, envelope);
}

static void
on_presence (LaneSignaling *signaling, const char *peer_id, const char *boot, gpointer user_data)
{
  LanePeer *peer = find_peer_by_id (user_data, peer_id);

  if (peer != NULL)
    lane_peer_set_presence (peer, boot);
}

static void
log_signaling (LaneNode *node, LaneSignalingState state, const char *detail)
{
  const char *word = lane_signaling_state_to_string (state);
  JsonObject *fields = lane_event_fields ("signaling");

  json_object_set_string_member (fields, "state", word);
  lane_event_log_add (
      node->shared.log,
      lane_event_new (state == LANE_SIGNALING_DOWN ? LANE_LOG_LEVEL_WARNING : LANE_LOG_LEVEL_INFO,
                      LANE_EVENT_SIGNALING, NULL, fields, "rendezvous %s: %s%s%s",
                      node->shared.config->signaling.url, word, detail != NULL ? ", " : "",
                      detail != NULL ? detail : ""));
}

static void
on_signaling_state (LaneSignaling *signaling, LaneSignalingState state, const char *detail,
                    gpointer user_data)
{
  LaneNode *node = user_data;

  log_signaling (node, state, detail);
  g_free (node->signaling_error);
  node->signaling_error = g_strdup (detail);
  /* While it reconnects, offers wait in its queue: only `down` makes a peer unreachable. */
  for (guint i = 0; i < node->peers->len; i++)
    lane_peer_set_signaling (node->peers->pdata[i], state != LANE_SIGNALING_DOWN);
  node->self_dirty = TRUE;
  tell_soon (node);
}

static void
on_undelivered (LaneSignaling *signaling, const char *to, gpointer user_data)
{
  LanePeer *peer = find_peer_by_id (user_data, to);

  if (peer != NULL)
    lane_event_log_add (((LaneNode *)user_data)->shared.log,
                        lane_event_new (LANE_LOG_LEVEL_DEBUG, LANE_EVENT_SIGNALING,
                                        lane_peer_get_config (peer)->name, NULL,
                                        "a message could not be delivered: the peer is offline"));
}

static const LaneSignalingEvents signaling_events = {
  .state_changed = on_signaling_state,
  .presence = on_presence,
  .received = on_received,
  .undelivered = on_undelivered,
};

static char *
read_token (const LaneConfig *config, GError **error)
{
  g_autofree char *text = NULL;

  if (config->signaling.token_file == NULL)
    return NULL;
  if (!g_file_get_contents (config->signaling.token_file, &text, NULL, error))
    return NULL;
  text[strcspn (text, "\r\n")] = '\0';
  return g_steal_pointer (&text);
}

static void
watch_peers (LaneNode *node)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  for (guint i = 0; i < node->peers->len; i++)
    g_ptr_array_add (ids, lane_peer_get_config (node->peers->pdata[i])->id);
  g_ptr_array_add (ids, NULL);
  lane_signaling_watch (node->signaling, (const char *const *)ids->pdata);
}

/* NULL without @error when no rendezvous is configured. */
static LaneSignaling *
make_signaling (LaneNode *node, const char *token, GError **error)
{
  const LaneConfig *config = node->shared.config;
  LaneSignalingHttpOptions options = {
    .url = config->signaling.url,
    .boot = node->boot,
    .token = token,
    .ca_file = config->signaling.ca_file,
  };

  if (config->signaling.url == NULL)
    return NULL;
  return lane_signaling_http_new (node->shared.context, node->shared.identity, &options,
                                  &signaling_events, node, error);
}

/* Takes @signaling; the one in use leaves. */
static void
use_signaling (LaneNode *node, LaneSignaling *signaling)
{
  g_clear_pointer (&node->signaling, lane_signaling_free);
  node->signaling = signaling;
  watch_peers (node);
  lane_signaling_start (signaling);
}

/* @why is for the operator. */
static void
do_without_signaling (LaneNode *node, gboolean warn, const char *why)
{
  g_clear_pointer (&node->signaling, lane_signaling_free);
  g_free (node->signaling_error);
  node->signaling_error = g_strdup (why);
  if (warn)
    lane_event_log_add (node->shared.log, lane_event_new (LANE_LOG_LEVEL_WARNING, LANE_EVENT_CONFIG,
                                                          NULL, NULL, "%s", why));
  for (guint i = 0; i < node->peers->len; i++)
    lane_peer_set_signaling (node->peers->pdata[i], FALSE);
  node->self_dirty = TRUE;
  tell_soon (node);
}

static void
on_token_known (LaneToken *token, const char *text, gpointer user_data)
{
  LaneNode *node = user_data;
  g_autoptr (GError) error = NULL;
  LaneSignaling *signaling = make_signaling (node, text, &error);

  g_clear_pointer (&node->token, lane_token_free);
  if (signaling != NULL)
    use_signaling (node, signaling);
  else
    do_without_signaling (node, TRUE, error->message);
}

static void
on_token_failed (LaneToken *token, const char *why, gpointer user_data)
{
  g_autofree char *text = g_strdup_printf ("[signaling] token-command: %s", why);

  do_without_signaling (user_data, TRUE, text);
}

/* In place of the signalling in use, if any; on failure that stays. */
static gboolean
begin_signaling (LaneNode *node, GError **error)
{
  static const LaneTokenEvents token_events = { on_token_known, on_token_failed };
  const LaneConfig *config = node->shared.config;
  g_autoptr (GError) failure = NULL;
  g_autofree char *token = NULL;
  LaneSignaling *signaling;

  g_clear_pointer (&node->token, lane_token_free);
  if (config->signaling.url == NULL) {
    do_without_signaling (node, TRUE, "no rendezvous is configured: set [signaling] url");
    return TRUE;
  }
  if (config->signaling.type != LANE_SIGNALING_HTTP) {
    do_without_signaling (node, TRUE, "this version speaks http only: set [signaling] type");
    return TRUE;
  }
  if (config->signaling.token_command != NULL) {
    node->token =
        lane_token_new (node->shared.context, config->signaling.token_command, &token_events, node);
    do_without_signaling (node, FALSE, "waiting for [signaling] token-command");
    return TRUE;
  }
  token = read_token (config, &failure);
  if (failure != NULL) {
    g_propagate_prefixed_error (error, g_steal_pointer (&failure), "[signaling] token-file: ");
    return FALSE;
  }
  signaling = make_signaling (node, token, error);
  if (signaling != NULL)
    use_signaling (node, signaling);
  return signaling != NULL;
}

/* Network and servers */

static void
refresh_nat (LaneNode *node)
{
  lane_nat_watch_set_addresses (node->shared.nat,
                                lane_network_get_addresses (node->shared.network));
  lane_nat_watch_take_servers (node->shared.nat, lane_pool_list_udp (node->shared.pool));
}

static void
on_nat_judged (LaneNatWatch *watch, const LaneNatReport *report, gpointer user_data)
{
  LaneNode *node = user_data;
  const LaneNatTraits *traits = &report->traits;
  gboolean ipv6 = g_inet_address_get_family (report->own) == G_SOCKET_FAMILY_IPV6;
  gboolean bad = report->contradicted || traits->mapping == LANE_NAT_BLOCKED;
  g_autofree char *text = lane_nat_report_to_text (report);
  JsonObject *fields = lane_event_fields ("nat");

  json_object_set_int_member (fields, "family", ipv6 ? 6 : 4);
  json_object_set_string_member (fields, "mapping", lane_nat_word_to_string (traits->mapping));
  json_object_set_string_member (fields, "filtering", lane_nat_word_to_string (traits->filtering));
  json_object_set_string_member (fields, "confidence",
                                 lane_nat_confidence_to_string (traits->confidence));
  lane_event_log_add (node->shared.log,
                      lane_event_new (bad ? LANE_LOG_LEVEL_WARNING : LANE_LOG_LEVEL_INFO,
                                      LANE_EVENT_NAT, NULL, fields, "IPv%d: %s", ipv6 ? 6 : 4,
                                      text));
}

static void
on_nat_changed (LaneNatWatch *watch, gpointer user_data)
{
  LaneNode *node = user_data;
  LaneNatBrief brief = lane_nat_watch_get_brief (watch);

  node->self_dirty = TRUE;
  tell_soon (node);
  if (lane_nat_traits_equal (&brief.ipv4, &node->nat.ipv4)
      && lane_nat_traits_equal (&brief.ipv6, &node->nat.ipv6))
    return;
  node->nat = brief;
  for (guint i = 0; i < node->peers->len; i++)
    lane_peer_nat_changed (node->peers->pdata[i]);
}

static const LaneNatWatchEvents nat_events = { .judged = on_nat_judged, .changed = on_nat_changed };

static void
on_network_changed (LaneNetwork *network, LaneNetworkChange change, gpointer user_data)
{
  LaneNode *node = user_data;
  g_autofree char *addresses =
      g_strjoinv (", ", (char **)lane_network_get_addresses (node->shared.network));
  JsonObject *fields = lane_event_fields ("network");

  json_object_set_string_member (fields, "change", lane_network_change_to_string (change));
  lane_event_log_add (node->shared.log,
                      lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_NETWORK, NULL, fields,
                                      "addresses %s: %s",
                                      change == LANE_NETWORK_LOST ? "lost or moved" : "added",
                                      *addresses != '\0' ? addresses : "none left"));
  if (node->signaling != NULL && lane_network_is_up (node->shared.network))
    lane_signaling_network_changed (node->signaling);
  lane_pool_network_changed (node->shared.pool);
  refresh_nat (node);
  lane_nat_watch_check (node->shared.nat);
  for (guint i = 0; i < node->peers->len; i++)
    lane_peer_network_changed (node->peers->pdata[i], change == LANE_NETWORK_LOST);
  node->self_dirty = TRUE;
  tell_soon (node);
}

/* Interfaces and addresses that no link uses come and go too, and are shown. */
static void
on_network_looked (LaneNetwork *network, gpointer user_data)
{
  LaneNode *node = user_data;

  node->self_dirty = TRUE;
  tell_soon (node);
}

static const LaneNetworkEvents network_events = { .changed = on_network_changed,
                                                  .looked = on_network_looked };

static char *
describe_server (const LanePoolServer *server)
{
  if (server->error != NULL)
    return g_strdup_printf ("%s %s: %s. %s", server->name, server->uri, server->error,
                            server->advice);
  if (isnan (server->rtt_ms))
    return g_strdup_printf ("%s %s: works", server->name, server->uri);
  return g_strdup_printf ("%s %s: works, %.1f ms", server->name, server->uri, server->rtt_ms);
}

static void
tell_peers_of_failed_relay (LaneNode *node, const LanePoolServer *server)
{
  LaneProtocol protocol = LANE_PROTOCOL_UDP;

  if (!g_str_has_prefix (server->kind, "turn") || server->code == LANE_PROBE_LINK_FAILED)
    return;
  if (strcmp (server->kind, "turns") == 0)
    protocol = LANE_PROTOCOL_TLS;
  else if (strstr (server->uri, "transport=tcp") != NULL)
    protocol = LANE_PROTOCOL_TCP;
  for (guint i = 0; node->peers != NULL && i < node->peers->len; i++)
    lane_peer_server_failed (node->peers->pdata[i], server->name, protocol,
                             server->code == LANE_PROBE_REFUSED
                                 || server->code == LANE_PROBE_UNREACHABLE);
}

static void
on_server_changed (LanePool *pool, const LanePoolServer *server, gpointer user_data)
{
  LaneNode *node = user_data;
  gboolean failed = server->state == LANE_SERVER_FAILED;
  g_autofree char *text = NULL;
  JsonObject *fields;

  if (server->state == LANE_SERVER_UNKNOWN)
    return;
  if (failed)
    tell_peers_of_failed_relay (node, server);
  for (guint i = 0; !failed && node->peers != NULL && i < node->peers->len; i++)
    lane_peer_server_works (node->peers->pdata[i], server->name,
                            g_str_has_prefix (server->kind, "turn"));
  text = describe_server (server);
  fields = lane_event_fields ("server");
  json_object_set_string_member (fields, "server", server->name);
  json_object_set_string_member (fields, "uri", server->uri);
  json_object_set_string_member (fields, "state", lane_server_state_to_string (server->state));
  json_object_set_string_member (fields, "code", lane_probe_code_to_string (server->code));
  if (server->result != NULL && server->result->stun_code != 0)
    json_object_set_int_member (fields, "stun_code", server->result->stun_code);
  lane_event_log_add (node->shared.log,
                      lane_event_new (failed ? LANE_LOG_LEVEL_WARNING : LANE_LOG_LEVEL_INFO,
                                      LANE_EVENT_SERVER, NULL, fields, "%s", text));
}

static void
on_pool_changed (LanePool *pool, gpointer user_data)
{
  LaneNode *node = user_data;

  refresh_nat (node);
  node->servers_dirty = node->pool_dirty = TRUE;
  for (guint i = 0; node->peers != NULL && i < node->peers->len; i++)
    lane_peer_servers_changed (node->peers->pdata[i]);
  tell_soon (node);
}

static const LanePoolEvents pool_events = { .changed = on_pool_changed,
                                            .server_changed = on_server_changed };

/* Life */

/* Two nodes with one key would answer each other's mail. */
static gboolean
take_lock (LaneNode *node, GError **error)
{
  g_autofree char *path = g_build_filename (node->shared.config->node.state_dir, "lock", NULL);

  node->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (node->lock < 0) {
    g_set_error (error, LANE_NODE_ERROR, LANE_NODE_ERROR_BUSY, "cannot open %s: %s", path,
                 g_strerror (errno));
    return FALSE;
  }
  if (flock (node->lock, LOCK_EX | LOCK_NB) < 0) {
    g_set_error (error, LANE_NODE_ERROR, LANE_NODE_ERROR_BUSY,
                 "another node runs on %s: stop it, or give this one its own [node] state-dir",
                 node->shared.config->node.state_dir);
    return FALSE;
  }
  return TRUE;
}

static char *
print_metrics (gpointer user_data)
{
  LaneNode *node = user_data;
  const LaneMetricsView view = {
    .started_us = node->started_us,
    .signaling_up = node->signaling != NULL
                    && lane_signaling_get_state (node->signaling) == LANE_SIGNALING_CONNECTED,
    .peers = node->peers,
    .pool = node->shared.pool,
    .tally = node->shared.tally,
    .hooks = node->hooks,
  };

  for (guint i = 0; i < node->peers->len; i++)
    count_traffic (node, node->peers->pdata[i]);
  return lane_metrics_print (&view);
}

LaneNode *
lane_node_new (GMainContext *context, const LaneConfig *config, GError **error)
{
  g_autoptr (LaneNode) node = g_new0 (LaneNode, 1);

  node->lock = -1;
  node->shared.context = g_main_context_ref (context);
  node->shared.config = config;
  node->shared.closing = g_rc_box_new0 (guint);
  node->shared.policy.allow_loopback = config->ice.allow_loopback;
  node->shared.policy.allow_link_local = config->ice.allow_link_local;
  node->shared.log = lane_event_log_new (config->log.level);
  lane_event_log_add_sink (node->shared.log, on_event, node);
  node->shared.tally = lane_tally_new ();
  node->metrics =
      lane_metrics_file_new (node->shared.context, node->shared.log, print_metrics, node);
  node->hooks = lane_hooks_new (node->shared.context, config, node->shared.log);
  node->boot = lane_nonce_new ();
  node->started_us = g_get_real_time ();
  node->peers = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_peer_free);
  node->dirty = g_hash_table_new (NULL, NULL);
  node->note = lane_settings_note_new (config->path);
  node->past_configs = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_config_free);
  node->strangers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  node->stranger_checks = (LaneTokenBucket)LANE_TOKEN_BUCKET (1, 10);

  node->shared.identity = lane_identity_load (config->node.state_dir, error);
  if (node->shared.identity == NULL || !take_lock (node, error))
    return NULL;
  return g_steal_pointer (&node);
}

void
lane_node_set_events (LaneNode *node, const LaneNodeEvents *events, gpointer user_data)
{
  node->events = events != NULL ? *events : (LaneNodeEvents){ NULL };
  node->user_data = user_data;
}

gboolean
lane_node_start (LaneNode *node, GError **error)
{
  const LaneConfig *config = node->shared.config;

  node->shared.network =
      lane_network_new (node->shared.context, config, &network_events, node, error);
  if (node->shared.network == NULL)
    return FALSE;
  node->shared.nat = lane_nat_watch_new (node->shared.context, &node->shared.policy,
                                         &LANE_NAT_WATCH_TUNING, &nat_events, node);
  node->shared.pool = lane_pool_new (node->shared.context, config, &pool_events, node);
  refresh_nat (node);
  for (guint i = 0; i < config->peers->len; i++)
    g_ptr_array_add (node->peers, lane_peer_new (&node->shared, config->peers->pdata[i], node->boot,
                                                 &peer_events, node));
  lane_metrics_file_set_config (node->metrics, config);
  renew_recorder (node);
  return begin_signaling (node, error);
}

static gboolean
on_stopping (gpointer user_data)
{
  LaneNode *node = user_data;
  gboolean over = *node->shared.closing == 0 || g_get_monotonic_time () >= node->stop_deadline_us;

  if (!over) {
    lane_timer_set (&node->stopping, node->shared.context, STOP_POLL_MS, on_stopping, node);
    return G_SOURCE_REMOVE;
  }
  lane_timer_clear (&node->stopping);
  node->stopped (node->stopped_data);
  return G_SOURCE_REMOVE;
}

static void
on_signaling_stopped (gpointer user_data)
{
  LaneNode *node = user_data;

  g_clear_pointer (&node->signaling, lane_signaling_free);
}

void
lane_node_stop (LaneNode *node, void (*done) (gpointer user_data), gpointer user_data)
{
  node->stopped = done;
  node->stopped_data = user_data;
  node->stop_deadline_us = g_get_monotonic_time () + STOP_MS * 1000;
  for (guint i = 0; i < node->peers->len; i++)
    lane_peer_stop (node->peers->pdata[i]);
  if (node->signaling != NULL)
    lane_signaling_stop (node->signaling, on_signaling_stopped, node);
  lane_timer_clear (&node->tell);
  lane_timer_set (&node->stopping, node->shared.context, STOP_POLL_MS, on_stopping, node);
}

/* Paths and transports end in turns of the loop of their own, with what we share still there. */
static void
drain (LaneNode *node)
{
  gint64 deadline_us = g_get_monotonic_time () + STOP_MS * 1000;

  while (*node->shared.closing > 0 && g_get_monotonic_time () < deadline_us)
    g_main_context_iteration (node->shared.context, FALSE);
}

void
lane_node_free (LaneNode *node)
{
  if (node == NULL)
    return;
  node->events = (LaneNodeEvents){ NULL };
  lane_metrics_file_free (node->metrics);
  lane_timer_clear (&node->stopping);
  g_clear_pointer (&node->token, lane_token_free);
  g_clear_pointer (&node->signaling, lane_signaling_free);
  g_ptr_array_unref (node->peers);
  drain (node);
  lane_timer_clear (&node->tell);
  g_clear_pointer (&node->shared.recorder, lane_recorder_free);
  lane_nat_watch_free (node->shared.nat);
  lane_pool_free (node->shared.pool);
  lane_network_free (node->shared.network);
  lane_hooks_free (node->hooks);
  lane_tally_free (node->shared.tally);
  lane_event_log_free (node->shared.log);
  if (node->shared.identity != NULL)
    lane_identity_unref (node->shared.identity);
  if (node->lock >= 0)
    close (node->lock);
  g_hash_table_unref (node->dirty);
  g_hash_table_unref (node->strangers);
  g_ptr_array_unref (node->past_configs);
  lane_config_free (node->own_config);
  lane_settings_note_free (node->note);
  g_rc_box_release (node->shared.closing);
  g_main_context_unref (node->shared.context);
  g_free (node->signaling_error);
  g_free (node->boot);
  g_free (node);
}

LaneEventLog *
lane_node_get_event_log (LaneNode *node)
{
  return node->shared.log;
}

/* Commands */

/* @names are those there are; @command lists them. */
static void
refuse_name (GError **error, LaneNodeError code, const char *what, const char *name,
             GPtrArray *names, const char *command)
{
  const char *nearest;

  g_ptr_array_add (names, NULL);
  nearest = lane_nearest (name, (const char *const *)names->pdata);
  if (nearest != NULL)
    g_set_error (error, LANE_NODE_ERROR, code, "no %s '%s'; did you mean '%s'?", what, name,
                 nearest);
  else
    g_set_error (error, LANE_NODE_ERROR, code, "no %s '%s'; `%s` lists them", what, name, command);
}

static LanePeer *
find_peer (LaneNode *node, const char *name, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < node->peers->len; i++) {
    char *candidate = lane_peer_get_config (node->peers->pdata[i])->name;

    if (strcmp (name, candidate) == 0)
      return node->peers->pdata[i];
    g_ptr_array_add (names, candidate);
  }
  refuse_name (error, LANE_NODE_ERROR_UNKNOWN_PEER, "peer", name, names, "icelane status");
  return NULL;
}

gboolean
lane_node_connect (LaneNode *node, const char *name, GError **error)
{
  LanePeer *peer = name != NULL ? find_peer (node, name, error) : NULL;

  if (name != NULL && peer == NULL)
    return FALSE;
  for (guint i = 0; i < node->peers->len; i++)
    if (peer == NULL || peer == node->peers->pdata[i])
      lane_peer_connect (node->peers->pdata[i]);
  return TRUE;
}

gboolean
lane_node_disconnect (LaneNode *node, const char *name, GError **error)
{
  LanePeer *peer = name != NULL ? find_peer (node, name, error) : NULL;

  if (name != NULL && peer == NULL)
    return FALSE;
  for (guint i = 0; i < node->peers->len; i++)
    if (peer == NULL || peer == node->peers->pdata[i])
      lane_peer_disconnect (node->peers->pdata[i]);
  return TRUE;
}

gboolean
lane_node_restart (LaneNode *node, const char *name, GError **error)
{
  LanePeer *peer = name != NULL ? find_peer (node, name, error) : NULL;

  if (name != NULL)
    return peer != NULL && lane_peer_restart (peer, error);
  for (guint i = 0; i < node->peers->len; i++)
    if (lane_peer_get_state (node->peers->pdata[i]) != LANE_PEER_OFF)
      lane_peer_restart (node->peers->pdata[i], NULL);
  return TRUE;
}

gboolean
lane_node_compare (LaneNode *node, const char *name, GError **error)
{
  LanePeer *peer = find_peer (node, name != NULL ? name : "", error);

  return peer != NULL && lane_peer_compare (peer, error);
}

gboolean
lane_node_check_servers (LaneNode *node, const char *name, GError **error)
{
  const GPtrArray *servers = lane_pool_get_servers (node->shared.pool);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  gboolean found = name == NULL;

  for (guint i = 0; i < servers->len; i++) {
    const LanePoolServer *server = servers->pdata[i];

    found |= g_strcmp0 (name, server->name) == 0;
    g_ptr_array_add (names, (gpointer)server->name);
  }
  if (!found) {
    refuse_name (error, LANE_NODE_ERROR_UNKNOWN_SERVER, "server", name, names, "icelane check");
    return FALSE;
  }
  lane_pool_check (node->shared.pool, name);
  lane_nat_watch_check (node->shared.nat);
  node->self_dirty = TRUE; /* that it is being checked */
  tell_soon (node);
  return TRUE;
}

gboolean
lane_node_hold (LaneNode *node, const char *name, LanePolicy policy, GError **error)
{
  LanePeer *peer = find_peer (node, name, error);

  if (peer != NULL)
    lane_peer_set_policy (peer, policy);
  return peer != NULL;
}

/* Other settings */

static void
complain (GPtrArray *problems, const LaneConfig *config, const char *section, const char *key,
          const char *text)
{
  LaneOrigin origin = lane_config_get_origin (config, section, key);

  g_ptr_array_add (problems, lane_problem_new (LANE_PROBLEM_ERROR, origin.place, origin.line,
                                               section, key, "%s", text));
}

static LaneImpact *
judge_impact (LaneNode *node, const LaneConfig *config)
{
  g_autofree LaneRunningPeer *running = g_new0 (LaneRunningPeer, node->peers->len);
  guint n = node->peers->len;

  for (guint i = 0; i < n; i++) {
    const LanePeer *peer = node->peers->pdata[i];
    const LaneLink *link = lane_peer_get_link (peer);
    LaneTransportPair pair;

    running[i].name = lane_peer_get_config (peer)->name;
    running[i].state = lane_peer_state_to_string (lane_peer_get_state (peer));
    if (link != NULL && lane_path_get_pair (lane_link_get_path (link), &pair)
        && pair.local.type == LANE_CANDIDATE_RELAY)
      running[i].relay = pair.server;
  }
  return lane_impact_new (node->shared.config, config, running, n);
}

static void
replace_string (char **place, const char *with)
{
  g_free (*place);
  *place = g_strdup (with);
}

/* What was taken up at the start goes on counting, and is compared with the file again. */
static void
keep_fixed_settings (LaneConfig *config, const LaneConfig *running)
{
  replace_string (&config->node.state_dir, running->node.state_dir);
  replace_string (&config->node.control, running->node.control);
}

static void
renew_network (LaneNode *node, GPtrArray *problems)
{
  const LaneConfig *config = node->shared.config;
  g_autoptr (GError) error = NULL;
  LaneNetwork *network =
      lane_network_new (node->shared.context, config, &network_events, node, &error);

  if (network == NULL) {
    complain (problems, config, "network", "interfaces", error->message);
    return;
  }
  lane_network_free (node->shared.network);
  node->shared.network = network;
  refresh_nat (node);
  lane_nat_watch_check (node->shared.nat);
}

static void
renew_signaling (LaneNode *node, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;

  if (!begin_signaling (node, &error))
    complain (problems, node->shared.config, "signaling", "url", error->message);
}

static LanePeer *
take_peer (GPtrArray *peers, const char *name)
{
  for (guint i = 0; i < peers->len; i++)
    if (strcmp (lane_peer_get_config (peers->pdata[i])->name, name) == 0)
      return g_ptr_array_steal_index (peers, i);
  return NULL;
}

static void
remove_peer (LaneNode *node, GPtrArray *peers, const char *name)
{
  LanePeer *peer = take_peer (peers, name);

  if (peer == NULL)
    return;
  lane_peer_disconnect (peer);
  g_hash_table_remove (node->dirty, peer);
  lane_tally_forget_peer (node->shared.tally, name);
  lane_peer_free (peer);
}

static LanePeer *
add_peer (LaneNode *node, const LanePeerConfig *config)
{
  LanePeer *peer = lane_peer_new (&node->shared, config, node->boot, &peer_events, node);

  if (node->signaling != NULL && lane_signaling_get_state (node->signaling) != LANE_SIGNALING_DOWN)
    lane_peer_set_signaling (peer, TRUE);
  return peer;
}

static void
apply_to_peers (LaneNode *node, const LaneImpact *impact)
{
  const GPtrArray *configs = node->shared.config->peers;
  g_autoptr (GPtrArray) old = node->peers;

  for (guint i = 0; i < impact->peers->len; i++) {
    const LanePeerImpact *one = impact->peers->pdata[i];

    if (one->effect == LANE_EFFECT_REMOVED)
      remove_peer (node, old, one->peer);
  }
  node->peers = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_peer_free);
  for (guint i = 0; i < configs->len; i++) {
    const LanePeerConfig *config = configs->pdata[i];
    LanePeer *peer = take_peer (old, config->name);

    if (peer != NULL)
      lane_peer_apply (peer, config, lane_impact_find (impact, config->name) != NULL);
    else
      peer = add_peer (node, config);
    g_ptr_array_add (node->peers, peer);
  }
}

static void
retire_config (LaneNode *node, LaneConfig *config)
{
  if (config != NULL)
    g_ptr_array_add (node->past_configs, config);
  if (*node->shared.closing == 0)
    g_ptr_array_set_size (node->past_configs, 0);
}

static void
log_impact (LaneNode *node, const LaneImpact *impact)
{
  g_autofree char *text = lane_impact_describe (impact);

  lane_event_log_add (node->shared.log, lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_CONFIG,
                                                        NULL, NULL, "new settings: %s", text));
}

LaneImpact *
lane_node_set_config (LaneNode *node, LaneConfig *config, GPtrArray *problems)
{
  g_autoptr (GPtrArray) changes = NULL;
  gboolean record;
  LaneImpact *impact = judge_impact (node, config);

  keep_fixed_settings (config, node->shared.config);
  changes = lane_config_compare (node->shared.config, config);
  record = config->node.record != node->shared.config->node.record
           || config->node.record_max_mb != node->shared.config->node.record_max_mb;
  node->shared.config = config;
  node->shared.policy.allow_loopback = config->ice.allow_loopback;
  node->shared.policy.allow_link_local = config->ice.allow_link_local;
  lane_hooks_set_config (node->hooks, config);
  lane_metrics_file_set_config (node->metrics, config);
  lane_event_log_set_level (node->shared.log, config->log.level);
  if (impact->changes > 0)
    log_impact (node, impact);
  if (lane_changes_find (changes, "network") != NULL || lane_changes_find (changes, "ice") != NULL)
    renew_network (node, problems);
  lane_pool_set_config (node->shared.pool, config);
  apply_to_peers (node, impact);
  if (impact->signaling)
    renew_signaling (node, problems);
  else if (node->signaling != NULL)
    watch_peers (node);
  if (record)
    renew_recorder (node);
  retire_config (node, node->own_config);
  node->own_config = config;
  lane_settings_note_loaded (node->note, impact);
  node->settings_dirty = TRUE;
  tell_soon (node);
  return impact;
}

const LaneConfig *
lane_node_get_config (const LaneNode *node)
{
  return node->shared.config;
}

static void
log_problem (LaneNode *node, const LaneProblem *problem)
{
  g_autofree char *text = lane_problem_to_string (problem);
  JsonObject *fields = lane_event_fields ("config-problem");

  json_object_set_string_member (fields, "place", problem->place);
  if (problem->line > 0)
    json_object_set_int_member (fields, "line", problem->line);
  lane_event_log_add (node->shared.log,
                      lane_event_new (problem->level == LANE_PROBLEM_ERROR ? LANE_LOG_LEVEL_ERROR
                                                                           : LANE_LOG_LEVEL_WARNING,
                                      LANE_EVENT_CONFIG, NULL, fields, "%s", text));
}

void
lane_node_judge_config (LaneNode *node, LaneWatchVerdict verdict, const GPtrArray *problems)
{
  const char *sentence = lane_settings_note_judged (node->note, verdict, problems);

  for (guint i = 0; i < problems->len; i++)
    log_problem (node, problems->pdata[i]);
  if (sentence != NULL)
    lane_event_log_add (
        node->shared.log,
        lane_event_new (verdict == LANE_WATCH_VALID ? LANE_LOG_LEVEL_INFO : LANE_LOG_LEVEL_WARNING,
                        LANE_EVENT_CONFIG, NULL, NULL, "%s", sentence));
  node->self_dirty = TRUE;
  tell_soon (node);
}

/* Describing */

static const char *
signaling_state (const LaneNode *node)
{
  LaneSignalingState state =
      node->signaling != NULL ? lane_signaling_get_state (node->signaling) : LANE_SIGNALING_DOWN;

  return lane_signaling_state_to_string (state);
}

void
lane_node_count (const LaneNode *node, LaneNodeCounts *counts)
{
  *counts = (LaneNodeCounts){ .total = node->peers->len, .signaling = signaling_state (node) };
  for (guint i = 0; i < node->peers->len; i++) {
    const char *path = lane_peer_get_path_word (node->peers->pdata[i]);

    counts->direct += g_strcmp0 (path, "direct") == 0;
    counts->relay += g_strcmp0 (path, "relay") == 0;
  }
}

static void
add_nat (LaneNode *node, JsonBuilder *builder)
{
  g_auto (GStrv) mapped = lane_pool_dup_mapped_addresses (node->shared.pool);

  json_builder_set_member_name (builder, "nat");
  lane_nat_watch_add_json (node->shared.nat, (const char *const *)mapped, builder);
}

static void
add_self (LaneNode *node, JsonBuilder *builder)
{
  const LaneConfig *config = node->shared.config;
  const char *const *addresses = lane_network_get_addresses (node->shared.network);

  json_builder_begin_object (builder);
  lane_status_add_string (builder, "name", config->node.name);
  lane_status_add_string (builder, "id", lane_identity_get_id (node->shared.identity));
  lane_status_add_string (builder, "version", ICELANE_VERSION);
  lane_status_add_time (builder, "started_at", node->started_us);
  json_builder_set_member_name (builder, "signaling");
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "type", lane_signaling_type_to_string (config->signaling.type));
  lane_status_add_string (builder, "state", signaling_state (node));
  lane_status_add_string (builder, "url", config->signaling.url);
  lane_status_add_string (builder, "error", node->signaling_error);
  json_builder_end_object (builder);
  add_nat (node, builder);
  json_builder_set_member_name (builder, "addresses");
  json_builder_begin_array (builder);
  for (guint i = 0; addresses[i] != NULL; i++)
    json_builder_add_string_value (builder, addresses[i]);
  json_builder_end_array (builder);
  lane_settings_note_describe (node->note, builder);
  json_builder_end_object (builder);
}

static gboolean
is_in_use (LaneNode *node, const char *server)
{
  for (guint i = 0; i < node->peers->len; i++) {
    const LaneLink *link = lane_peer_get_link (node->peers->pdata[i]);
    LaneTransportPair pair;

    if (link != NULL && lane_path_get_pair (lane_link_get_path (link), &pair)
        && g_strcmp0 (pair.server, server) == 0 && pair.local.type == LANE_CANDIDATE_RELAY)
      return TRUE;
  }
  return FALSE;
}

static void
add_servers (LaneNode *node, JsonBuilder *builder)
{
  const GPtrArray *servers = lane_pool_get_servers (node->shared.pool);

  json_builder_begin_array (builder);
  for (guint i = 0; i < servers->len; i++) {
    const LanePoolServer *server = servers->pdata[i];

    lane_status_add_server (builder, server, is_in_use (node, server->name));
  }
  json_builder_end_array (builder);
}

static void
append_json (GString *text, JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *json = json_to_string (root, FALSE);

  g_string_append (text, json);
}

static void
append_peers (LaneNode *node, GString *text, const char *const *names)
{
  const char *separator = "";

  g_string_append_c (text, '[');
  for (guint i = 0; i < node->peers->len; i++) {
    const LanePeer *peer = node->peers->pdata[i];
    g_autoptr (JsonBuilder) builder = NULL;

    if (names != NULL && !g_strv_contains (names, lane_peer_get_config (peer)->name))
      continue;
    builder = json_builder_new ();
    lane_status_add_peer (builder, peer);
    g_string_append (text, separator);
    append_json (text, builder);
    separator = ",";
  }
  g_string_append_c (text, ']');
}

JsonNode *
lane_node_describe_self (LaneNode *node)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  add_self (node, builder);
  return json_builder_get_root (builder);
}

JsonNode *
lane_node_describe_servers (LaneNode *node)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  add_servers (node, builder);
  return json_builder_get_root (builder);
}

static void
collect_ports_of (GPtrArray *ports, const char *peer, const LaneGeneration *generation)
{
  const GPtrArray *candidates =
      generation != NULL ? lane_generation_get_candidates (generation, TRUE) : NULL;

  for (guint i = 0; candidates != NULL && i < candidates->len; i++) {
    const LaneGenerationCandidate *one = g_ptr_array_index (candidates, i);
    const LaneCandidate *candidate = &one->candidate;

    if (candidate->type == LANE_CANDIDATE_SRFLX && one->server != NULL
        && candidate->related_address[0] != '\0')
      g_ptr_array_add (ports, lane_port_seen_new (peer, one->server, candidate->related_address,
                                                  candidate->related_port, candidate->address,
                                                  candidate->port));
  }
}

/* What servers saw of the sockets of links. */
static GPtrArray *
collect_ports (LaneNode *node)
{
  GPtrArray *ports = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_port_seen_free);

  for (guint i = 0; i < node->peers->len; i++) {
    const char *name = lane_peer_get_config (node->peers->pdata[i])->name;
    const LaneLink *link = lane_peer_get_link (node->peers->pdata[i]);
    const LanePath *path = link != NULL ? lane_link_get_path (link) : NULL;

    if (path == NULL)
      continue;
    collect_ports_of (ports, name, lane_path_get_current (path));
    collect_ports_of (ports, name, lane_path_get_pending (path));
  }
  return ports;
}

static LaneFamilyFacts
find_family_facts (LaneNode *node, const GPtrArray *servers, int number)
{
  GSocketFamily family = number == 6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4;
  const LaneConfig *config = node->shared.config;
  LaneFamilyFacts facts = { .wanted = number == 6 ? config->network.ipv6 : config->network.ipv4,
                            .report = lane_nat_watch_get_report (node->shared.nat, number) };

  for (guint i = 0; i < servers->len; i++) {
    const LaneNatServer *server = g_ptr_array_index (servers, i);

    facts.has_server |= g_socket_address_get_family (G_SOCKET_ADDRESS (server->address)) == family;
  }
  return facts;
}

JsonNode *
lane_node_describe_network (LaneNode *node)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GPtrArray) servers = lane_pool_list_udp (node->shared.pool);
  g_autoptr (GPtrArray) ports = collect_ports (node);
  const LaneNetworkFacts facts = {
    .kernel = lane_network_get_kernel (node->shared.network),
    .skipped = lane_network_get_skipped (node->shared.network),
    .ipv4 = find_family_facts (node, servers, 4),
    .ipv6 = find_family_facts (node, servers, 6),
    .checking = lane_nat_watch_is_checking (node->shared.nat),
    .ports = ports,
  };

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "schema");
  json_builder_add_int_value (builder, 1);
  lane_network_report_add_json (&facts, builder);
  json_builder_set_member_name (builder, "servers");
  add_servers (node, builder);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

char *
lane_node_print_peers (LaneNode *node, const char *const *names)
{
  GString *text = g_string_new (NULL);

  append_peers (node, text, names);
  return g_string_free (text, FALSE);
}

char *
lane_node_print (LaneNode *node)
{
  GString *text = g_string_new ("{\"schema\":1,\"node\":");
  g_autoptr (JsonBuilder) self = json_builder_new ();
  g_autoptr (JsonBuilder) servers = json_builder_new ();

  add_self (node, self);
  append_json (text, self);
  g_string_append (text, ",\"servers\":");
  add_servers (node, servers);
  append_json (text, servers);
  g_string_append (text, ",\"peers\":");
  append_peers (node, text, NULL);
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

static void
add_or_null (JsonBuilder *builder, const char *name, JsonNode *node)
{
  json_builder_set_member_name (builder, name);
  if (node != NULL)
    json_builder_add_value (builder, node);
  else
    json_builder_add_null_value (builder);
}

/* The generation before, and how the association came up. */
static void
add_history (JsonBuilder *builder, const LanePeer *peer, const LaneLink *link)
{
  const char *previous = lane_peer_get_previous (peer);

  add_or_null (builder, "previous_generation",
               previous != NULL ? json_from_string (previous, NULL) : NULL);
  add_or_null (builder, "securing", link != NULL ? lane_link_describe_securing (link) : NULL);
}

JsonNode *
lane_node_describe_peer_detail (LaneNode *node, const char *name, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  LanePeer *peer = find_peer (node, name, error);
  const LaneLink *link;

  if (peer == NULL)
    return NULL;
  link = lane_peer_get_link (peer);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "schema");
  json_builder_add_int_value (builder, 1);
  json_builder_set_member_name (builder, "peer");
  lane_status_add_peer (builder, peer);
  json_builder_set_member_name (builder, "generations");
  json_builder_begin_array (builder);
  if (link != NULL) {
    const LaneGeneration *pending = lane_path_get_pending (lane_link_get_path (link));
    const LaneGeneration *current = lane_path_get_current (lane_link_get_path (link));

    if (pending != NULL)
      json_builder_add_value (builder, lane_generation_describe (pending, FALSE));
    if (current != NULL)
      json_builder_add_value (builder, lane_generation_describe (current, TRUE));
  }
  json_builder_end_array (builder);
  add_history (builder, peer, link);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

JsonNode *
lane_node_describe_history (LaneNode *node, const char *name, GError **error)
{
  LanePeer *peer = find_peer (node, name, error);

  if (peer == NULL)
    return NULL;
  return lane_history_report (lane_peer_get_history (peer), name, lane_history_clock (),
                              g_get_real_time ());
}
