/* A node: identity, signalling, servers and peers, on one GMainContext. */
#pragma once

#include "config.h"
#include "diagnosis/event-log.h"
#include "impact.h"
#include "watch.h"

typedef struct _LaneNode LaneNode;

typedef struct {
  /* At most once per turn of the loop, for all peers that changed; @names is NULL-terminated. */
  void (*peers_changed) (LaneNode *node, const char *const *names, gpointer user_data);
  void (*servers_changed) (LaneNode *node, gpointer user_data);
  void (*node_changed) (LaneNode *node, gpointer user_data); /* signalling, addresses, NAT */
  /* Peers may have gone, come or changed places: read everything anew. May be NULL. */
  void (*settings_changed) (LaneNode *node, gpointer user_data);
  void (*event_logged) (LaneNode *node, const LaneEvent *event, gpointer user_data);
} LaneNodeEvents;

#define LANE_NODE_ERROR (lane_node_error_quark ())
GQuark lane_node_error_quark (void);
typedef enum {
  LANE_NODE_ERROR_UNKNOWN_PEER, /* the message names the nearest one */
  LANE_NODE_ERROR_STATE,        /* not possible now: restart of a peer that is off... */
  LANE_NODE_ERROR_BUSY,         /* another node runs on this state directory */
  LANE_NODE_ERROR_UNKNOWN_SERVER
} LaneNodeError;

/* @config must outlive the node, also when others have taken its place. Reads or makes the key;
 * opens nothing else before start. */
LaneNode *lane_node_new (GMainContext *context, const LaneConfig *config, GError **error);
/* NULL events = nobody listens any more. */
void lane_node_set_events (LaneNode *node, const LaneNodeEvents *events, gpointer user_data);
gboolean lane_node_start (LaneNode *node, GError **error);
/* Says bye to connected peers and releases TURN allocations; @done within 1.5 s. */
void lane_node_stop (LaneNode *node, void (*done) (gpointer user_data), gpointer user_data);
void lane_node_free (LaneNode *node);

/* Takes @config over, once the node has started. Only links that the change touches restart, make
 * before break, or are tried at once; what happens is what lane_impact_new() told before, and a
 * config event. Settings that count after a restart of the node stay what they are. What could not
 * be done is added to @problems (of LaneProblem), and stays as it was. The caller frees what is
 * returned. */
LaneImpact *lane_node_set_config (LaneNode *node, LaneConfig *config, GPtrArray *problems);
/* The settings in force: valid until the next lane_node_set_config(). */
const LaneConfig *lane_node_get_config (const LaneNode *node);
/* What the file was found to be: for status, and each problem an event. */
void lane_node_judge_config (LaneNode *node, LaneWatchVerdict verdict, const GPtrArray *problems);

LaneEventLog *lane_node_get_event_log (LaneNode *node);

typedef struct {
  guint total, direct, relay; /* peers; those with a path of either kind */
  const char *signaling;      /* connected connecting down */
} LaneNodeCounts;

void lane_node_count (const LaneNode *node, LaneNodeCounts *counts);

/* The operator's commands. A peer's name, or NULL for all. */
gboolean lane_node_connect (LaneNode *node, const char *peer, GError **error);
gboolean lane_node_disconnect (LaneNode *node, const char *peer, GError **error);
gboolean lane_node_restart (LaneNode *node, const char *peer, GError **error);
/* Measures the kind of path to @peer that is not in use; never for all. Returns when that has
 * begun.
 */
gboolean lane_node_compare (LaneNode *node, const char *peer, GError **error);
/* Probes a [server] now, or all. Returns when that has begun; what it finds are server events. */
gboolean lane_node_check_servers (LaneNode *node, const char *server, GError **error);

/* Another policy for a peer, until the node ends or its settings give it one. */
gboolean lane_node_hold (LaneNode *node, const char *peer, LanePolicy policy, GError **error);

/* The objects of `icelane status --json` (DESIGN section 8); the caller owns them. */
JsonNode *lane_node_describe_self (LaneNode *node);    /* the "node" object */
JsonNode *lane_node_describe_servers (LaneNode *node); /* the "servers" array */
/* {"schema", those of lane_network_report_add_json(), "servers"}: the answer of GetNetwork */
JsonNode *lane_node_describe_network (LaneNode *node);
/* As text, because a tree of hundreds of peers would never leave the process again. */
char *lane_node_print (LaneNode *node); /* {"schema", "node", "servers", "peers"} */
char *lane_node_print_peers (LaneNode *node, const char *const *names); /* array; NULL = all */
/* One peer with candidates of both sides and pairs of the current and pending generation; NULL with
 * @error when unknown. */
JsonNode *lane_node_describe_peer_detail (LaneNode *node, const char *peer, GError **error);
/* As lane_history_report(). */
JsonNode *lane_node_describe_history (LaneNode *node, const char *peer, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneNode, lane_node_free)
