/* Recordings with a cursor: what a node would have answered at that moment. Plain data, no I/O
 * after loading; replay-service.h serves it. */
#pragma once

#include "recording.h"

#define LANE_REPLAY_MAX (256 * 1024 * 1024) /* bytes of all files together */

typedef struct _LaneReplay LaneReplay;

#define LANE_REPLAY_ERROR (lane_replay_error_quark ())
GQuark lane_replay_error_quark (void);
typedef enum {
  LANE_REPLAY_ERROR_FILES, /* too many, or nothing in them */
  LANE_REPLAY_ERROR_TIME,
  LANE_REPLAY_ERROR_UNKNOWN_PEER
} LaneReplayError;

/* Files, and folders with all recordings in them. The cursor is at the end. */
LaneReplay *lane_replay_load (const char *const *paths, GError **error);
LaneReplay *lane_replay_new (void);
/* Takes @recording. Its peer is shown under another name when it is there from another node. */
void lane_replay_add (LaneReplay *replay, LaneRecording *recording);
/* Once all are added. FALSE: there is nothing in them. */
gboolean lane_replay_ready (LaneReplay *replay, GError **error);
void lane_replay_free (LaneReplay *replay);

/* Wall clock. */
gint64 lane_replay_get_from_us (const LaneReplay *replay);
gint64 lane_replay_get_to_us (const LaneReplay *replay);
gint64 lane_replay_get_at_us (const LaneReplay *replay);
void lane_replay_set_at_us (LaneReplay *replay, gint64 at_us); /* kept between the two */
/* `start`, `end`, `next` and `previous` event, seconds from here as `+60` or `-0.5`, a time of day
 * as `23:49` or `23:49:04` (local, the last such before the end), or an RFC 3339 time. */
gboolean lane_replay_seek (LaneReplay *replay, const char *to, GError **error);

/* At the cursor, as a node's answers (org.icelane.Node1.xml). @speed: 0, paused. */
char *lane_replay_print (const LaneReplay *replay, double speed);
char *lane_replay_print_node (const LaneReplay *replay, double speed);
char *lane_replay_print_peers (const LaneReplay *replay);
char *lane_replay_print_servers (const LaneReplay *replay);
char *lane_replay_print_detail (const LaneReplay *replay, const char *peer, GError **error);
char *lane_replay_print_history (const LaneReplay *replay, const char *peer, GError **error);
/* JSON lines up to the cursor, oldest first: those after number @after, of @peer (NULL: all), the
 * last @limit, and no more than @max_bytes. */
GPtrArray *lane_replay_list_events (const LaneReplay *replay, guint64 after, const char *peer,
                                    guint limit, gsize max_bytes);
guint64 lane_replay_count_events (const LaneReplay *replay); /* up to the cursor */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneReplay, lane_replay_free)
