/* The control socket as a file: 0600 in a 0700 directory of ours, with one owner at a time. */
#pragma once

#include <gio/gio.h>

typedef struct _LaneListener LaneListener;

#define LANE_SERVICE_ERROR (lane_service_error_quark ())
GQuark lane_service_error_quark (void);
typedef enum { LANE_SERVICE_ERROR_BUSY, LANE_SERVICE_ERROR_SOCKET } LaneServiceError;

typedef void (*LaneListenerAccept) (GSocket *client, gpointer user_data);

/* Makes the directory when it is missing. BUSY: another process listens on @path; a stale socket
 * is replaced. @accept hears only clients of our own uid, as the kernel tells it. */
LaneListener *lane_listener_new (GMainContext *context, const char *path, LaneListenerAccept accept,
                                 gpointer user_data, GError **error);
void lane_listener_free (LaneListener *listener); /* removes the socket */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneListener, lane_listener_free)
