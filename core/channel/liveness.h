/* Is the peer there, and how far away: pings once a second, RTT, jitter, loss.
 *
 * Pings are numbered from 1 and never stop until lost: 1/s, 5/s from `suspect` on. Suspect after
 * 3 s without anything authenticated, lost after 6 s and at least 15 unanswered probes. */
#pragma once

#include <glib.h>

typedef struct _LaneLiveness LaneLiveness;
typedef enum { LANE_LIVENESS_ALIVE, LANE_LIVENESS_SUSPECT, LANE_LIVENESS_LOST } LaneLivenessState;

typedef struct {
  /* All in ms; NAN = no data yet. Over the last 120 pings; loss counts those unanswered for 2 s. */
  double last_ms, mean_ms, min_ms, p95_ms, jitter_ms; /* jitter: RFC 3550 section 6.4.1 over RTTs */
  double loss;                                        /* 0..1 */
  guint64 sent, answered, lost; /* since new(), a pong after 2 s moves one from lost to answered */
} LaneLivenessStats;

/* One ping has had its answer, or has waited 2 s for it. */
typedef struct {
  double rtt_ms; /* NAN: lost */
  gboolean late; /* an answer after all: it was told as lost before */
} LaneLivenessSample;

typedef struct {
  void (*ping) (LaneLiveness *liveness, guint32 sequence, guint64 time_us, gpointer user_data);
  void (*state_changed) (LaneLiveness *liveness, LaneLivenessState state, gpointer user_data);
  void (*measured) (LaneLiveness *liveness, const LaneLivenessSample *sample, gpointer user_data);
} LaneLivenessEvents;

/* @now_us: the clock, NULL = g_get_monotonic_time; tests hand in their own, and then nothing is
 * attached to @context: they tick. */
LaneLiveness *lane_liveness_new (GMainContext *context, const LaneLivenessEvents *events,
                                 gint64 (*now_us) (void), gpointer user_data);
void lane_liveness_start (LaneLiveness *liveness); /* first ping at once */
/* Authenticated input of any kind arrived. Ends suspect and lost. */
void lane_liveness_heard (LaneLiveness *liveness);
void lane_liveness_pong (LaneLiveness *liveness, guint32 sequence, guint64 time_us);
/* Ping now, out of turn: after a path change. When lost, begins another 15 probes. */
void lane_liveness_poke (LaneLiveness *liveness);
LaneLivenessState lane_liveness_get_state (const LaneLiveness *liveness);
gint64 lane_liveness_get_silence_us (const LaneLiveness *liveness); /* since last heard */
void lane_liveness_get_stats (const LaneLiveness *liveness, LaneLivenessStats *stats);
/* Runs what is due at the clock's now; the timer calls it, and tests with a clock of their own do.
 */
void lane_liveness_tick (LaneLiveness *liveness);
void lane_liveness_free (LaneLiveness *liveness);

const char *lane_liveness_state_to_string (LaneLivenessState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneLiveness, lane_liveness_free)
