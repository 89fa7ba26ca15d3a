/* The control socket of a node: the D-Bus interface org.icelane.Node1, peer to peer.
 *
 * The socket is 0600 in a 0700 directory and serves only our own uid (guarantee G15). */
#pragma once

#include "listener.h" /* LANE_SERVICE_ERROR */
#include "node.h"

typedef struct _LaneService LaneService;

/* Takes the node's events (lane_node_set_events). BUSY: another node answers on @path; a stale
 * socket is replaced. @stop is called when a client asks the node to end; it must not free the
 * service at once. Belongs to the thread-default context, which must be the node's. */
LaneService *lane_service_new (LaneNode *node, const char *path, void (*stop) (gpointer user_data),
                               gpointer user_data, GError **error);
/* What a Reload does: it must lead to lane_service_reloaded(), which answers all that wait for it
 * with @json. Without it Reload is refused. */
void lane_service_set_reload (LaneService *service, void (*reload) (gpointer user_data),
                              gpointer user_data);
void lane_service_reloaded (LaneService *service, const char *json);
void lane_service_free (LaneService *service);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneService, lane_service_free)
