/* One configured peer: whether we want a link to it, whether we have one, and when we try next.
 *
 * Owns at most one live link and one pending that will replace it (guarantee G5: what arrives by
 * signalling never removes a working link). */
#pragma once

#include "diagnosis/why.h"
#include "history.h"
#include "link.h"
#include "mailbox.h"
#include "outlook.h"

typedef struct _LanePeer LanePeer;

typedef enum {
  LANE_PEER_OFF,     /* disconnected by the operator */
  LANE_PEER_WAITING, /* the peer is not online, or signalling is down */
  LANE_PEER_GATHERING,
  LANE_PEER_CHECKING,
  LANE_PEER_SECURING,
  LANE_PEER_CONNECTED,
  LANE_PEER_SUSPECT, /* 3 s of silence */
  LANE_PEER_RESTARTING,
  LANE_PEER_BACKOFF, /* until the next try */
  LANE_PEER_FAILED   /* needs the operator */
} LanePeerState;

typedef struct {
  void (*send) (LanePeer *peer, const char *envelope, gpointer user_data);
  void (*changed) (LanePeer *peer, gpointer user_data);
  /* Its state, or with @is_path the path that it has, is another word now; NULL = no path. */
  void (*moved) (LanePeer *peer, gboolean is_path, const char *old, const char *new,
                 gpointer user_data);
} LanePeerEvents;

/* @shared and @config outlive the peer; @boot is ours. */
LanePeer *lane_peer_new (const LaneShared *shared, const LanePeerConfig *config, const char *boot,
                         const LanePeerEvents *events, gpointer user_data);
void lane_peer_free (LanePeer *peer);

const LanePeerConfig *lane_peer_get_config (const LanePeer *peer);

/* What the operator wants. */
void lane_peer_connect (LanePeer *peer);
void lane_peer_disconnect (LanePeer *peer);
/* FALSE when there is nothing to restart; @error says why. */
gboolean lane_peer_restart (LanePeer *peer, GError **error);
/* Measures the kind of path that is not in use, as lane_path_compare(). */
gboolean lane_peer_compare (LanePeer *peer, GError **error);
/* Other settings, which take the place of those given to lane_peer_new(); the id is the same.
 * @touched: they, or the servers, matter to its link (config/impact.h). It restarts, make before
 * break; without one the next try is made at once. */
void lane_peer_apply (LanePeer *peer, const LanePeerConfig *config, gboolean touched);
/* Which paths will do from now on; the link there is moves to one that will, or ends as failed. */
void lane_peer_set_policy (LanePeer *peer, LanePolicy policy);
/* This node ends: tells the peer and lets its links go. */
void lane_peer_stop (LanePeer *peer);

/* What the world does. */
void lane_peer_set_signaling (LanePeer *peer, gboolean up);
void lane_peer_set_presence (LanePeer *peer, const char *boot); /* NULL = offline */
void lane_peer_network_changed (LanePeer *peer, gboolean lost);
/* What our NAT does is known, or known otherwise. */
void lane_peer_nat_changed (LanePeer *peer);
/* What lane_pool_get_servers() says has changed. */
void lane_peer_servers_changed (LanePeer *peer);
/* As lane_path_server_failed(). */
void lane_peer_server_failed (LanePeer *peer, const char *server, LaneProtocol protocol,
                              gboolean refused);
/* As lane_path_server_works(). */
void lane_peer_server_works (LanePeer *peer, const char *server, gboolean turn);
/* @envelope is from this peer; not verified yet. */
void lane_peer_receive (LanePeer *peer, const LaneEnvelope *envelope);

/* For status. */
typedef struct {
  guint64 tx_bytes, rx_bytes;
  guint restarts, path_changes;
} LanePeerTotals;

const LaneTerms *lane_peer_get_terms (const LanePeer *peer); /* the policies of both sides */
LanePeerState lane_peer_get_state (const LanePeer *peer);
const char *lane_peer_get_path_word (const LanePeer *peer); /* direct, relay; NULL = none */
const LaneLink *lane_peer_get_link (const LanePeer *peer);  /* the one that speaks; NULL = none */
gint64 lane_peer_get_since_us (const LanePeer *peer); /* wall clock: this state or path began */
gint64 lane_peer_get_next_retry_us (const LanePeer *peer);   /* monotonic; 0 = none */
const char *lane_peer_get_last_error (const LanePeer *peer); /* NULL = none */
/* The last generation that ended, as JSON text as in GetPeer; NULL = none did. */
const char *lane_peer_get_previous (const LanePeer *peer);
const LaneOutlook *lane_peer_get_outlook (const LanePeer *peer);
gboolean lane_peer_is_online (const LanePeer *peer);
void lane_peer_get_totals (const LanePeer *peer, LanePeerTotals *totals);
/* Of all links there have been; times are those of lane_history_clock(). */
const LaneHistory *lane_peer_get_history (const LanePeer *peer);
LaneWhy lane_peer_explain (const LanePeer *peer);

const char *lane_peer_state_to_string (LanePeerState state);
