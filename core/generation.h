/* One try at a path: a transport, the candidates of both sides with their times, and what of ours
 * the peer has been told (trickle, RFC 8838).
 *
 * A link holds the generation that carries its data, at most one that is being tried, and the last
 * one until the peer has left it too. */
#pragma once

#include "channel/steps.h"
#include "ice/address-policy.h"
#include "ice/transport.h"
#include "signaling/message.h"

#include <json-glib/json-glib.h>

typedef struct _LaneGeneration LaneGeneration;

typedef struct {
  LaneCandidate candidate;
  char *server;    /* behind a local srflx or relay; NULL = none or unknown */
  gint64 after_us; /* since the generation's start */
} LaneGenerationCandidate;

/* When it first came so far, monotonic; 0 = not yet. */
typedef struct {
  gint64 answered_us, connected_us, failed_us;
} LaneGenerationTimes;

typedef struct {
  /* Candidates to tell the peer; only after lane_generation_write_sdp(). */
  void (*trickle) (LaneGeneration *generation, LaneMessage *candidates, gpointer user_data);
  void (*candidate) (LaneGeneration *generation, gboolean local,
                     const LaneGenerationCandidate *candidate, gpointer user_data);
  void (*refused) (LaneGeneration *generation, const LaneCandidate *candidate, const char *why,
                   gpointer user_data);
  void (*gathered) (LaneGeneration *generation, gpointer user_data); /* ours are complete */
  void (*state_changed) (LaneGeneration *generation, LaneTransportState state, gpointer user_data);
  void (*pair_changed) (LaneGeneration *generation, gpointer user_data);
  void (*received) (LaneGeneration *generation, const guint8 *data, gsize length,
                    gpointer user_data);
  /* As in LaneTransportEvents. */
  void (*server) (LaneGeneration *generation, guint index, gpointer user_data);
  void (*check) (LaneGeneration *generation, const LaneCheckPair *pair, LaneCheckStep step,
                 gpointer user_data);
} LaneGenerationEvents;

/* @policy must outlive the generation. @offered: we begin; else we answer. */
LaneGeneration *
lane_generation_new (GMainContext *context, const LaneTransportOptions *options,
                     const LaneAddressPolicy *policy, gboolean offered,
                     const LaneGenerationEvents *events, gpointer user_data, GError **error);
gboolean lane_generation_start (LaneGeneration *generation, GError **error);
/* No callback follows; TURN allocations are released in the background. @done as
 * lane_transport_free(). */
void lane_generation_free (LaneGeneration *generation, GDestroyNotify done, gpointer done_data);

guint lane_generation_get_number (const LaneGeneration *generation);
gboolean lane_generation_is_controlling (const LaneGeneration *generation);
gboolean lane_generation_is_offered (const LaneGeneration *generation);
/* The peer's description has been set. */
gboolean lane_generation_is_answered (const LaneGeneration *generation);
/* The peer has no more candidates. */
gboolean lane_generation_is_remote_complete (const LaneGeneration *generation);
gint64 lane_generation_get_started_us (const LaneGeneration *generation);
void lane_generation_get_times (const LaneGeneration *generation, LaneGenerationTimes *times);
/* What the peer says of its side of this generation; NULL: nothing. */
void lane_generation_set_peer_steps (LaneGeneration *generation, const LaneSteps *steps);
const LaneSteps *lane_generation_get_peer_steps (const LaneGeneration *generation);
LaneTransportState lane_generation_get_state (const LaneGeneration *generation);
const GPtrArray *lane_generation_get_candidates (const LaneGeneration *generation, gboolean local);
LaneGatherReport *lane_generation_get_gather_report (const LaneGeneration *generation);
const LaneCheckLog *lane_generation_get_checks (const LaneGeneration *generation);

/* Puts credentials and every candidate known so far into @sdp and lets later ones trickle. */
void lane_generation_write_sdp (LaneGeneration *generation, LaneSdp *sdp);
/* As lane_transport_set_paths(). */
void lane_generation_set_paths (LaneGeneration *generation, LanePaths paths);
void lane_generation_read_sdp (LaneGeneration *generation, const LaneSdp *sdp);
/* Trickled candidates; those of another ufrag are dropped. */
void lane_generation_read_candidates (LaneGeneration *generation, const LaneMessage *candidates);

gboolean lane_generation_send (LaneGeneration *generation, const guint8 *data, gsize length);

/* The selected pair, where a peer-reflexive candidate that was also signalled shows its signalled
 * type, even that of one which was left out because the policy forbids it. FALSE = none.
 * @pair->server stays owned by the generation. */
gboolean lane_generation_get_pair (const LaneGeneration *generation, LaneTransportPair *pair);

/* An entry of "generations" in GetPeer of the control interface. */
JsonNode *lane_generation_describe (const LaneGeneration *generation, gboolean current);
