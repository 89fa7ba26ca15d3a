/* The second half of `icelane check --nat`: what the NAT in front of this host does, asked of the
 * servers of a pool that has checked them. */
#pragma once

#include "servers/pool.h"

typedef struct _LaneCheckNat LaneCheckNat;

/* NULL with @error: no look at the network of this host. @config and @pool must outlive it.
 * @lifetime_s: how long to look how long idle mappings live; 0: not at all. */
LaneCheckNat *lane_check_nat_new (GMainContext *context, const LaneConfig *config, LanePool *pool,
                                  guint lifetime_s, GError **error);
gboolean lane_check_nat_is_running (const LaneCheckNat *nat);
void lane_check_nat_print (const LaneCheckNat *nat);
void lane_check_nat_add_json (const LaneCheckNat *nat, JsonBuilder *builder); /* a member, `nat` */
void lane_check_nat_free (LaneCheckNat *nat);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneCheckNat, lane_check_nat_free)
