/* The way two nodes exchange signed envelopes before they can talk directly.
 *
 * One interface, several carriers (http.h). A carrier moves opaque text, tells who is online and
 * reconnects by itself with backoff; it neither signs nor verifies. Belongs to one GMainContext. */
#pragma once

#include <glib.h>

typedef struct _LaneSignaling LaneSignaling;

typedef enum {
  LANE_SIGNALING_DOWN, /* with the time of the next try */
  LANE_SIGNALING_CONNECTING,
  LANE_SIGNALING_CONNECTED
} LaneSignalingState;

typedef struct {
  /* @detail: why it is down, for an operator; NULL otherwise. */
  void (*state_changed) (LaneSignaling *signaling, LaneSignalingState state, const char *detail,
                         gpointer user_data);
  /* A watched peer came, went or restarted; @boot is its nonce, NULL when offline. */
  void (*presence) (LaneSignaling *signaling, const char *peer_id, const char *boot,
                    gpointer user_data);
  /* One envelope, not yet parsed. */
  void (*received) (LaneSignaling *signaling, const char *text, gsize length, gpointer user_data);
  /* An envelope could not be delivered to @to: it is offline or its queue is full. */
  void (*undelivered) (LaneSignaling *signaling, const char *to, gpointer user_data);
} LaneSignalingEvents;

typedef void (*LaneSignalingStopped) (gpointer user_data);

typedef struct {
  void (*start) (LaneSignaling *signaling);
  void (*watch) (LaneSignaling *signaling, const char *const *peer_ids);
  void (*send) (LaneSignaling *signaling, const char *to, const char *envelope);
  void (*network_changed) (LaneSignaling *signaling);
  void (*stop) (LaneSignaling *signaling, LaneSignalingStopped stopped, gpointer user_data);
  void (*free) (LaneSignaling *signaling);
} LaneSignalingClass;

/* First member of every carrier's struct. */
struct _LaneSignaling {
  const LaneSignalingClass *klass;
  LaneSignalingEvents events;
  gpointer user_data;
  LaneSignalingState state;
  gint64 next_try_us;
};

void lane_signaling_start (LaneSignaling *signaling);
/* Whose presence we want to hear: replaces the last list. */
void lane_signaling_watch (LaneSignaling *signaling, const char *const *peer_ids);
/* In order per recipient. Kept while connecting (at most 256 KiB and 10 s), then dropped. */
void lane_signaling_send (LaneSignaling *signaling, const char *to, const char *envelope);
/* Addresses or routes changed: reconnect at once, backoff forgotten. */
void lane_signaling_network_changed (LaneSignaling *signaling);
/* Sends what is queued (a `bye`, say) and leaves, so that others see us go at once. @stopped comes
 * once, within 1 s, and no other callback any more; after it only lane_signaling_free() may follow.
 */
void
lane_signaling_stop (LaneSignaling *signaling, LaneSignalingStopped stopped, gpointer user_data);
LaneSignalingState lane_signaling_get_state (const LaneSignaling *signaling);
/* g_get_monotonic_time() of the next try while down, 0 otherwise. */
gint64 lane_signaling_get_next_try (const LaneSignaling *signaling);
/* No callback follows. Without lane_signaling_stop() before it, it leaves in the background for as
 * long as the context runs, at most 1 s. */
void lane_signaling_free (LaneSignaling *signaling);

const char *lane_signaling_state_to_string (LaneSignalingState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSignaling, lane_signaling_free)
