/* What a change of settings does to a running node: which peers come and go, which links restart,
 * and what waits for the next start of the node.
 *
 * A pure function. The node acts by it, the settings panel announces by it before it writes, so
 * the two cannot disagree. */
#pragma once

#include "config.h"

/* One peer as the node runs it now: what status tells of it (DESIGN section 8). */
typedef struct {
  const char *name;
  const char *state; /* off waiting ... connected ... failed */
  const char *relay; /* the [server] behind our side of the selected pair, when that is a relay
                      * candidate; else NULL */
} LaneRunningPeer;

typedef enum {
  LANE_EFFECT_REMOVED, /* the link ends */
  LANE_EFFECT_ADDED,   /* also after REMOVED, when the id of a name is another one */
  LANE_EFFECT_RESTART, /* a new generation beside the one in use: nothing is lost */
  LANE_EFFECT_RETRY    /* there is no link, or it is restarting: the next try is made at once */
} LanePeerEffect;

typedef struct {
  LanePeerEffect effect;
  char *peer;
  char *reason; /* `relayed by home, which changed`; no full stop, never a value of the file */
} LanePeerImpact;

typedef struct {
  GPtrArray *peers; /* of LanePeerImpact: those removed, then the others as the new file has them */
  guint changes;    /* sections that differ; 0: nothing happens at all */
  guint untouched;  /* links that are up, and to which nothing happens */
  gboolean signaling; /* the rendezvous is joined anew; links do not need it to stay up */
  char **later;       /* `node.control`: counts after the node is restarted; none = empty */
} LaneImpact;

/* A peer that @running does not have is taken for one without a link. */
LaneImpact *lane_impact_new (const LaneConfig *old_config, const LaneConfig *new_config,
                             const LaneRunningPeer *running, guint n_running);
void lane_impact_free (LaneImpact *impact);

/* What happens to @peer, or NULL; after an id was changed, that it is added. */
const LanePeerImpact *lane_impact_find (const LaneImpact *impact, const char *peer);

/* For an operator: `restarts berlin and oslo; adds cam-7; 3 other links run on; node.control counts
 * after the node is restarted`. `no link is touched` when there is nothing to say. */
char *lane_impact_describe (const LaneImpact *impact);

const char *lane_peer_effect_to_string (LanePeerEffect effect); /* removed added restart retry */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneImpact, lane_impact_free)
