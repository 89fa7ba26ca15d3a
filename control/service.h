/* The control socket of a node: the D-Bus interface org.icelane.Node1, peer to peer.
 *
 * The socket is 0600 in a 0700 directory and serves only our own uid (guarantee G15). */
#pragma once

#include "node.h"

typedef struct _LaneService LaneService;

#define LANE_SERVICE_ERROR (lane_service_error_quark ())
GQuark lane_service_error_quark (void);
typedef enum { LANE_SERVICE_ERROR_BUSY, LANE_SERVICE_ERROR_SOCKET } LaneServiceError;

/* Takes the node's events (lane_node_set_events). BUSY: another node answers on @path; a stale
 * socket is replaced. @stop is called when a client asks the node to end. */
LaneService *lane_service_new (LaneNode *node, const char *path, void (*stop) (gpointer user_data),
                               gpointer user_data, GError **error);
void lane_service_free (LaneService *service);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneService, lane_service_free)
