/* What two configurations differ in: what a running node has to apply. */
#pragma once

#include "config.h"

typedef enum {
  LANE_CHANGE_ADDED, /* a [server] or [peer] */
  LANE_CHANGE_REMOVED,
  LANE_CHANGE_EDITED,
  LANE_CHANGE_MOVED /* the servers, or the peers, that both have stand in another order */
} LaneChangeKind;

typedef struct {
  LaneChangeKind kind;
  char *section; /* `ice`, `server home`; of a move: `server` or `peer` */
  char **keys;   /* EDITED: which; else empty */
} LaneChange;

/* Of LaneChange, the caller owns the array; empty when they say the same, however it is written and
 * wherever it comes from. A section with another name is one removed and one added. */
GPtrArray *lane_config_compare (const LaneConfig *old_config, const LaneConfig *new_config);
void lane_change_free (LaneChange *change);

/* The change of @section, or NULL. */
const LaneChange *lane_changes_find (const GPtrArray *changes, const char *section);
/* Whether @key of @section was edited, or came or went with its section. */
gboolean lane_changes_touch (const GPtrArray *changes, const char *section, const char *key);

/* Whether links with @peer may be carried by @server: it names it, or names none. */
gboolean lane_peer_uses_server (const LanePeerConfig *peer, const char *server);
/* Whether @changes may give @peer other servers than it had: one of its own came, went, was edited
 * or moved, or its list is another. @old_peer is NULL for a new one. */
gboolean lane_changes_touch_servers_of (const GPtrArray *changes, const LanePeerConfig *old_peer,
                                        const LanePeerConfig *peer);

const char *lane_change_kind_to_string (LaneChangeKind kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneChange, lane_change_free)
