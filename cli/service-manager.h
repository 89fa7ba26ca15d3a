/* What systemd is told of a node that it runs as Type=notify: ready, reloading, stopping, how it
 * is, and that it still turns (sd_notify(3)). Everywhere else all of this does nothing. */
#pragma once

#include <glib.h>

typedef struct _LaneServiceManager LaneServiceManager;

/* One line for `systemctl status`; the service manager frees it. */
typedef char *(*LaneServiceStatus) (gpointer user_data);

/* NULL when nobody listens: $NOTIFY_SOCKET is not set, or is no socket that we can name. */
LaneServiceManager *
lane_service_manager_new (GMainContext *context, LaneServiceStatus status, gpointer user_data);
/* All may be given NULL. From ready on the status follows, and the watchdog is fed in time. */
void lane_service_manager_ready (LaneServiceManager *manager);
/* Settings were taken over: reloading, and ready again. */
void lane_service_manager_reloaded (LaneServiceManager *manager);
void lane_service_manager_stopping (LaneServiceManager *manager);
void lane_service_manager_free (LaneServiceManager *manager);
