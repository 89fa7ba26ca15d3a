/* The flight recorder of a node: what its links did, in one bounded file a peer (docs/record.md).
 *
 * Writes on a thread of its own; a disk that is full or gone costs lines, never the node. */
#pragma once

#include "diagnosis/event.h"

typedef struct _LaneRecorder LaneRecorder;

typedef struct {
  const char *directory; /* made when it is missing */
  guint64 max_bytes;     /* of all files together */
  guint n_peers;         /* that share them */
  const char *node, *node_id, *version;
} LaneRecorderSetup;

typedef struct {
  /* The JSON text of a peer as in `icelane status`; NULL: there is no such peer. */
  char *(*describe_peer) (const char *peer, gpointer user_data);
  /* The generation it runs on, as in GetPeer; NULL: none. */
  char *(*describe_generation) (const char *peer, gpointer user_data);
  /* Writing fails, in words. Not more than once in a minute. */
  void (*failed) (const char *text, gpointer user_data);
} LaneRecorderEvents;

/* A peer as the node sees it now. */
typedef struct {
  const char *name, *id;
  const char *words; /* whatever is worth a line when it changes, as one text */
  guint generation;  /* that carries the link; 0: none does */
} LaneRecorderPeer;

/* @events and what they point to outlive the recorder. */
LaneRecorder *lane_recorder_new (GMainContext *context, const LaneRecorderSetup *setup,
                                 const LaneRecorderEvents *events, gpointer user_data);
/* Something about the peer may have changed. @wall_us and @monotonic_us: now. */
void lane_recorder_note_peer (LaneRecorder *recorder, const LaneRecorderPeer *peer, gint64 wall_us,
                              gint64 monotonic_us);
/* A generation has ended: @json as in GetPeer. Of a peer that was noted. */
void lane_recorder_note_generation (LaneRecorder *recorder, const char *peer, const char *json,
                                    gint64 wall_us, gint64 monotonic_us);
/* Of the peer that it is of, which must have been noted, or of the node. Debug ones are left out.
 */
void lane_recorder_note_event (LaneRecorder *recorder, const LaneEvent *event);
/* The node's own object of `icelane status`, and its servers: written when they differ from last
 * time. Either may be NULL. */
void lane_recorder_note_node (LaneRecorder *recorder, const char *node, const char *servers,
                              gint64 wall_us);
/* Says in every file that this is the end, and waits for the disk no longer than half a second. */
void lane_recorder_free (LaneRecorder *recorder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneRecorder, lane_recorder_free)
