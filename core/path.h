/* The way data takes to a peer, and how it is moved to another: make before break.
 *
 * Holds the generation that carries the data, at most one being tried, and the last one until the
 * peer has left it. Offers, answers and glare between two restarts are settled here; what is
 * protected and measured above it is link.h. */
#pragma once

#include "comparison.h"
#include "diagnosis/why.h"
#include "generation.h"
#include "shared.h"

typedef struct _LanePath LanePath;

typedef enum {
  LANE_RESTART_FIRST, /* not a restart: the link's first try */
  LANE_RESTART_OPERATOR,
  LANE_RESTART_NETWORK,
  LANE_RESTART_WATCHDOG,    /* silence, or libnice gave the path up */
  LANE_RESTART_SERVER,      /* the TURN server that relays is known to be gone, or the first server
                               that works was found too late for the first try */
  LANE_RESTART_CREDENTIALS, /* those of the relay in use end soon, or are no longer good */
  LANE_RESTART_POLICY,      /* on a relay, where a direct path may have become possible */
  LANE_RESTART_FASTER,      /* lowest-rtt: the other kind of path, to be measured beside this one */
  LANE_RESTART_COMPARE,     /* the operator wants the other kind of path measured */
  LANE_RESTART_SETTINGS,    /* the operator changed what decides about the path */
  LANE_RESTART_PEER
} LaneRestartCause;

typedef struct {
  void (*send) (LanePath *path, const LaneMessage *message, gpointer user_data);
  /* The peer's description of a generation came in, the first time before any data. */
  void (*described) (LanePath *path, const LaneSdp *sdp, gpointer user_data);
  /* Data goes over another generation now; the first time this means that there is a path at all.
   */
  void (*moved) (LanePath *path, gpointer user_data);
  void (*received) (LanePath *path, const guint8 *data, gsize length, gpointer user_data);
  /* The first try is over without a path; @text for the operator. */
  void (*failed) (LanePath *path, const char *text, gpointer user_data);
  void (*changed) (LanePath *path, gpointer user_data); /* state, pair or candidates */
} LanePathEvents;

/* @shared, @peer and @terms outlive the path; what @terms say may change, see
 * lane_path_terms_changed(). @polite: we yield when offers cross. */
LanePath *
lane_path_new (const LaneShared *shared, const LanePeerConfig *peer, const LaneTerms *terms,
               gboolean polite, const LanePathEvents *events, gpointer user_data);
void lane_path_free (LanePath *path); /* no callback follows; safe from every callback */

/* The first generation. Gathers at once, but leaves the peer @hold_ms to make its own offer, which
 * lane_path_yield() then answers: two that meet at the rendezvous need not both offer. */
void lane_path_open (LanePath *path, guint hold_ms);
/* A new generation, offered to the peer; more than 1/s (burst 5) wait their turn. While one is
 * being tried it is that one, unless the network or the settings have changed under it. */
void lane_path_restart (LanePath *path, LaneRestartCause cause);
/* Measures the kind of path that is not in use beside the one that is, which keeps the data; what
 * comes of it is lane_path_get_comparison(). Two policies of ours act on it as on their own tries:
 * lowest-rtt moves to what was faster for flap-hold-s, auto leaves a relay for a direct path that
 * works. NULL: begun; else why it cannot be now. */
char *lane_path_compare (LanePath *path);
/* Another policy holds on our side: a path that it forbids has 10 s left to be replaced, then
 * nothing is sent over it any more. */
void lane_path_terms_changed (LanePath *path);
void lane_path_receive (LanePath *path, const LaneMessage *message);
/* The peer's first offer crossed ours and we give way: answers it with what we have gathered. */
void lane_path_yield (LanePath *path, const LaneMessage *offer);

/* Other settings of the peer, which take the place of those given to lane_path_new(). */
void lane_path_set_config (LanePath *path, const LanePeerConfig *peer);
void lane_path_set_reachable (LanePath *path, gboolean reachable);
void lane_path_network_changed (LanePath *path, gboolean lost);
/* A probe says that this TURN server does not work. When the path runs over it, another one is
 * tried at once if it is @refused or unreachable, or if nothing has come for 3 s; else silence
 * decides. */
void lane_path_server_failed (LanePath *path, const char *server, LaneProtocol protocol,
                              gboolean refused);
/* A probe says that this STUN or TURN server works. A first try that was begun while none of its
 * kind was known to, and without this one, is begun again. */
void lane_path_server_works (LanePath *path, const char *server, gboolean turn);
/* Nothing has come for 3 s: has the server that relays looked at. */
void lane_path_set_suspect (LanePath *path, gboolean suspect);
/* What liveness says: nothing comes over the path. While so, it is restarted with backoff. */
void lane_path_set_lost (LanePath *path, gboolean lost);
/* Peer data that proved authentic has just come in. */
void lane_path_heard (LanePath *path);

gboolean lane_path_send (LanePath *path, const guint8 *data, gsize length);

/* Another path is being tried because this one may not stay; not: to see whether there is a better
 * one. */
gboolean lane_path_is_restarting (const LanePath *path);
/* What is being tried is measured beside the path in use, and need not take its place. */
gboolean lane_path_is_measuring (const LanePath *path);
gboolean lane_path_is_answered (const LanePath *path);
gint64
lane_path_get_offered_us (const LanePath *path); /* the last offer of ours, monotonic; 0 = none */
guint lane_path_get_restarts (const LanePath *path);
guint lane_path_get_changes (const LanePath *path);
/* On a relay: when a direct path is tried next, monotonic; 0 = not planned. */
gint64 lane_path_get_next_direct_us (const LanePath *path);
gint64 lane_path_get_next_retry_us (const LanePath *path);          /* monotonic, 0 = none */
const LaneGeneration *lane_path_get_current (const LanePath *path); /* NULL = none */
const LaneGeneration *lane_path_get_pending (const LanePath *path); /* NULL = none */
/* What the peer says of its side of a generation. FALSE: of one that is gone, or unknown. */
gboolean lane_path_take_steps (LanePath *path, const LaneSteps *steps);
/* As lane_generation_describe(), of the last one that ended, as JSON text; NULL = none did. */
const char *lane_path_get_previous (const LanePath *path);
gboolean lane_path_get_pair (const LanePath *path, LaneTransportPair *pair);
/* What both sides brought: in the generation in use, else the one being tried, else the last one.
 */
void lane_path_get_sides (const LanePath *path, LaneWhySide *ours, LaneWhySide *theirs);

/* The last one, or the one under way; those that lowest-rtt begins by itself too. */
const LaneComparison *lane_path_get_comparison (const LanePath *path);

/* Why the generation in use was begun. */
LaneRestartCause lane_path_get_cause (const LanePath *path);

/* The generation in use was chosen for being faster than the other kind of path. */
gboolean lane_path_is_faster (const LanePath *path);

const char *lane_restart_cause_to_string (LaneRestartCause cause);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LanePath, lane_path_free)
