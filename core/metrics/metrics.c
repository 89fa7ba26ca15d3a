#include "metrics/metrics.h"

#include <math.h>
#include <string.h>

#include "metrics/exposition.h"
#include "peer.h"

static void
print_node (LaneExposition *to, const LaneMetricsView *view)
{
  lane_exposition_begin (to, "icelane_build_info", "gauge", NULL, "Always 1; says the version.");
  lane_exposition_add (to, 1, "version", ICELANE_VERSION, NULL);
  lane_exposition_begin (to, "icelane_start_time_seconds", "gauge", "seconds",
                         "When the node started, in seconds since 1970.");
  lane_exposition_add (to, (double)(view->started_us / 1000) / 1000, NULL);
  lane_exposition_begin (to, "icelane_signaling_up", "gauge", NULL,
                         "Whether the rendezvous is connected.");
  lane_exposition_add (to, view->signaling_up, NULL);
}

/* How many peers have which path, over which family; and are in which state. */

typedef struct {
  guint direct4, direct6, relay4, relay6, none;
  guint states[LANE_PEER_FAILED + 1];
} Counts;

static void
count_peer (const LanePeer *peer, Counts *counts)
{
  const char *path = lane_peer_get_path_word (peer);
  LaneTransportPair pair;
  gboolean ipv6;

  counts->states[lane_peer_get_state (peer)]++;
  if (path == NULL || !lane_path_get_pair (lane_link_get_path (lane_peer_get_link (peer)), &pair)) {
    counts->none++;
    return;
  }
  ipv6 = lane_candidate_get_family (&pair.local) == 6;
  if (strcmp (path, "direct") == 0)
    (*(ipv6 ? &counts->direct6 : &counts->direct4))++;
  else
    (*(ipv6 ? &counts->relay6 : &counts->relay4))++;
}

static void
print_counts (LaneExposition *to, const GPtrArray *peers)
{
  Counts counts = { 0 };

  for (guint i = 0; i < peers->len; i++)
    count_peer (peers->pdata[i], &counts);
  lane_exposition_begin (to, "icelane_peers", "gauge", NULL,
                         "Peers by the path that they have and the IP version it runs over.");
  lane_exposition_add (to, counts.direct4, "path", "direct", "family", "4", NULL);
  lane_exposition_add (to, counts.direct6, "path", "direct", "family", "6", NULL);
  lane_exposition_add (to, counts.relay4, "path", "relay", "family", "4", NULL);
  lane_exposition_add (to, counts.relay6, "path", "relay", "family", "6", NULL);
  lane_exposition_add (to, counts.none, "path", "none", "family", "none", NULL);
  lane_exposition_begin (to, "icelane_peer_states", "gauge", NULL, "Peers by state.");
  for (guint state = 0; state < G_N_ELEMENTS (counts.states); state++)
    lane_exposition_add (to, counts.states[state], "state", lane_peer_state_to_string (state),
                         NULL);
}

/* One sample for each peer */

typedef double (*PeerValue) (const LanePeer *peer);

static double
is_up (const LanePeer *peer)
{
  return lane_peer_get_path_word (peer) != NULL;
}

static double
is_direct (const LanePeer *peer)
{
  return g_strcmp0 (lane_peer_get_path_word (peer), "direct") == 0;
}

static double
path_changes (const LanePeer *peer)
{
  LanePeerTotals totals;

  lane_peer_get_totals (peer, &totals);
  return totals.path_changes;
}

static double
restarts (const LanePeer *peer)
{
  LanePeerTotals totals;

  lane_peer_get_totals (peer, &totals);
  return totals.restarts;
}

static double
sent_bytes (const LanePeer *peer)
{
  LanePeerTotals totals;

  lane_peer_get_totals (peer, &totals);
  return (double)totals.tx_bytes;
}

static double
received_bytes (const LanePeer *peer)
{
  LanePeerTotals totals;

  lane_peer_get_totals (peer, &totals);
  return (double)totals.rx_bytes;
}

static const struct {
  const char *name, *type, *unit, *help;
  PeerValue value;
} peer_families[] = {
  { "icelane_peer_up", "gauge", NULL, "Whether there is a path to the peer.", is_up },
  { "icelane_peer_direct", "gauge", NULL, "Whether that path is a direct one.", is_direct },
  { "icelane_peer_path_changes", "counter", NULL, "Moves from one path to another.", path_changes },
  { "icelane_peer_restarts", "counter", NULL, "Restarts of ICE, whoever asked for them.",
    restarts },
  { "icelane_peer_sent_bytes", "counter", "bytes", "Sent to the peer, encrypted.", sent_bytes },
  { "icelane_peer_received_bytes", "counter", "bytes", "Received from the peer, encrypted.",
    received_bytes },
};

static const char *
name_of (const LanePeer *peer)
{
  return lane_peer_get_config (peer)->name;
}

static void
print_each_peer (LaneExposition *to, const GPtrArray *peers)
{
  for (gsize f = 0; f < G_N_ELEMENTS (peer_families); f++) {
    lane_exposition_begin (to, peer_families[f].name, peer_families[f].type, peer_families[f].unit,
                           peer_families[f].help);
    for (guint i = 0; i < peers->len; i++)
      lane_exposition_add (to, peer_families[f].value (peers->pdata[i]), "peer",
                           name_of (peers->pdata[i]), NULL);
  }
}

static void
print_rtt (LaneExposition *to, const LaneMetricsView *view)
{
  lane_exposition_begin (to, "icelane_peer_rtt_seconds", "histogram", "seconds",
                         "Round trips of answered pings.");
  for (guint i = 0; i < view->peers->len; i++) {
    const char *name = name_of (view->peers->pdata[i]);
    const LaneTallyRtt *rtt = lane_tally_get_rtt (view->tally, name);

    if (rtt != NULL)
      lane_exposition_add_histogram (to, LANE_TALLY_BUCKETS_S, rtt->buckets, LANE_TALLY_N_BUCKETS,
                                     rtt->sum_s, "peer", name);
  }
}

/* Servers */

static void
print_probes (LaneExposition *to, LanePool *pool)
{
  const GPtrArray *servers = lane_pool_get_servers (pool);

  lane_exposition_begin (to, "icelane_server_up", "gauge", NULL,
                         "Whether a STUN or TURN server works; not there before that is known.");
  for (guint i = 0; i < servers->len; i++) {
    const LanePoolServer *server = servers->pdata[i];

    if (server->state != LANE_SERVER_UNKNOWN)
      lane_exposition_add (to, server->state == LANE_SERVER_OK, "server", server->name, "uri",
                           server->uri, NULL);
  }
  lane_exposition_begin (to, "icelane_server_rtt_seconds", "gauge", "seconds",
                         "Round trip of the last probe of a server that works.");
  for (guint i = 0; i < servers->len; i++) {
    const LanePoolServer *server = servers->pdata[i];

    if (server->state == LANE_SERVER_OK && !isnan (server->rtt_ms))
      lane_exposition_add (to, server->rtt_ms / 1000, "server", server->name, "uri", server->uri,
                           NULL);
  }
}

static void
print_relays (LaneExposition *to, const LaneTally *tally)
{
  g_autoptr (GArray) relays = lane_tally_list_relays (tally);
  g_autoptr (GArray) failures = lane_tally_list_failures (tally);

  lane_exposition_begin (to, "icelane_server_relayed_bytes", "counter", "bytes",
                         "Peer data over our allocations on a TURN server, encrypted.");
  for (guint i = 0; i < relays->len; i++) {
    const LaneTallyRelay *relay = &g_array_index (relays, LaneTallyRelay, i);

    lane_exposition_add (to, (double)relay->tx_bytes, "server", relay->server, "direction", "sent",
                         NULL);
    lane_exposition_add (to, (double)relay->rx_bytes, "server", relay->server, "direction",
                         "received", NULL);
  }
  lane_exposition_begin (to, "icelane_gather_failures", "counter", NULL,
                         "Times that a server gave nothing while candidates were gathered.");
  for (guint i = 0; i < failures->len; i++) {
    const LaneTallyFailure *failure = &g_array_index (failures, LaneTallyFailure, i);

    lane_exposition_add (to, (double)failure->count, "server", failure->server, "code",
                         failure->code, NULL);
  }
}

static void
print_hooks (LaneExposition *to, const LaneHooks *hooks)
{
  lane_exposition_begin (to, "icelane_hook_runs", "counter", NULL, "Hooks by how their run ended.");
  for (guint kind = 0; kind < LANE_N_HOOKS; kind++)
    for (guint word = 0; word < LANE_N_HOOK_RESULTS; word++)
      lane_exposition_add (to, (double)lane_hooks_get_count (hooks, kind, word), "hook",
                           lane_hook_kind_to_string (kind), "result",
                           lane_hook_result_to_string (word), NULL);
}

char *
lane_metrics_print (const LaneMetricsView *view)
{
  LaneExposition *to = lane_exposition_new ();

  print_node (to, view);
  print_counts (to, view->peers);
  print_each_peer (to, view->peers);
  print_rtt (to, view);
  print_probes (to, view->pool);
  print_relays (to, view->tally);
  print_hooks (to, view->hooks);
  return lane_exposition_end (to);
}
