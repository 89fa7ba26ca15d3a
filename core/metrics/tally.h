/* What is counted from the start of the node on and is nowhere else: round trips of each peer, what
 * relays carried, and which servers failed while gathering. Bounded by the settings. */
#pragma once

#include <glib.h>

typedef struct _LaneTally LaneTally;

#define LANE_TALLY_N_BUCKETS 12

extern const double LANE_TALLY_BUCKETS_S[LANE_TALLY_N_BUCKETS]; /* upper bounds; beyond: +Inf */

typedef struct {
  guint64 buckets[LANE_TALLY_N_BUCKETS + 1]; /* each for itself, not added up */
  guint64 count;
  double sum_s;
} LaneTallyRtt;

typedef struct {
  const char *server;
  guint64 tx_bytes, rx_bytes; /* seen from us */
} LaneTallyRelay;

typedef struct {
  const char *server, *code;
  guint64 count;
} LaneTallyFailure;

LaneTally *lane_tally_new (void);
void lane_tally_free (LaneTally *tally);

/* A ping of @peer was answered. */
void lane_tally_add_rtt (LaneTally *tally, const char *peer, double ms);
/* @server gave nothing; @code is why, as the prober has it. */
void lane_tally_add_gather_failure (LaneTally *tally, const char *server, const char *code);
/* All that @peer has sent and received since the node started, and the server of ours (NULL: none)
 * that relays it from now on: what came in between went over the one that was told last. */
void lane_tally_set_traffic (LaneTally *tally, const char *peer, const char *server,
                             guint64 tx_bytes, guint64 rx_bytes);
void lane_tally_forget_peer (LaneTally *tally, const char *peer);

/* NULL: no ping was answered yet. */
const LaneTallyRtt *lane_tally_get_rtt (const LaneTally *tally, const char *peer);
/* Of LaneTallyRelay and LaneTallyFailure, by name; the caller frees the array. */
GArray *lane_tally_list_relays (const LaneTally *tally);
GArray *lane_tally_list_failures (const LaneTally *tally);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneTally, lane_tally_free)
