/* A node as seen from outside: a live snapshot, its events, and commands to it.
 *
 * Belongs to one GMainContext (the thread-default one when it is made); never blocks. */
#pragma once

#include "snapshot.h"

typedef struct _LaneClient LaneClient;

typedef struct {
  void (*connected) (LaneClient *client, gpointer user_data); /* the snapshot is complete */
  void (*changed) (LaneClient *client, gpointer user_data);   /* the snapshot was updated */
  void (*event) (LaneClient *client, const LaneEventView *event, gpointer user_data);
  /* All events told so far are void; those that count now follow. May be NULL. */
  void (*rewound) (LaneClient *client, gpointer user_data);
  /* The node went away or could not be reached: no callback follows until connect is called again.
   */
  void (*disconnected) (LaneClient *client, const GError *error, gpointer user_data);
} LaneClientEvents;

#define LANE_CLIENT_ERROR (lane_client_error_quark ())
GQuark lane_client_error_quark (void);
typedef enum {
  LANE_CLIENT_ERROR_NOT_RUNNING, /* nothing answers on the socket */
  LANE_CLIENT_ERROR_REFUSED,     /* the node refused the command; the message is the node's own */
  LANE_CLIENT_ERROR_LOST         /* the connection ended */
} LaneClientError;

LaneClient *
lane_client_new (const char *socket_path, const LaneClientEvents *events, gpointer user_data);
/* With @history, the last @history events are told through `event` right after `connected`. */
void lane_client_connect (LaneClient *client, guint history);
const LaneSnapshot *lane_client_get_snapshot (const LaneClient *client); /* never NULL; owned */
const char *lane_client_get_status_json (LaneClient *client); /* as last read in full; owned */

/* @error is NULL on success. Not called after lane_client_free(). */
typedef void (*LaneClientDone) (LaneClient *client, const GError *error, gpointer user_data);
typedef void (*LaneClientDetail) (LaneClient *client, const LanePeerDetail *detail,
                                  const GError *error, gpointer user_data);

/* @json: as the node wrote it, not checked; NULL with @error. */
typedef void (*LaneClientText) (LaneClient *client, const char *json, const GError *error,
                                gpointer user_data);
typedef void (*LaneClientReloaded) (LaneClient *client, const LaneReloadView *reload,
                                    const GError *error, gpointer user_data);

typedef enum {
  LANE_COMMAND_CONNECT,
  LANE_COMMAND_DISCONNECT,
  LANE_COMMAND_RESTART,
  LANE_COMMAND_COMPARE, /* measure the kind of path not in use; of one peer */
  LANE_COMMAND_STOP
} LaneCommand;

/* @peer: a name, NULL = all; ignored for STOP. @done may be NULL. */
void lane_client_command (LaneClient *client, LaneCommand command, const char *peer,
                          LaneClientDone done, gpointer user_data);
/* Another policy for @peer, by its word, for as long as the node runs; "": that of the settings. */
void lane_client_hold (LaneClient *client, const char *peer, const char *policy,
                       LaneClientDone done, gpointer user_data);
/* Has the node probe a [server] now, NULL = all. Answered when that has begun: results come with
 * the snapshot and as events. */
void lane_client_check_servers (LaneClient *client, const char *server, LaneClientDone done,
                                gpointer user_data);
/* Has the node read its settings file now and apply it; answered when that is done. A node does so
 * by itself too, a moment after the file was saved. */
void lane_client_reload (LaneClient *client, LaneClientReloaded done, gpointer user_data);
void lane_client_get_detail (LaneClient *client, const char *peer, LaneClientDetail done,
                             gpointer user_data);
/* For lane_network_view_parse(). */
/* GetHistory, for lane_history_view_parse(). */
void lane_client_get_history (LaneClient *client, const char *peer, LaneClientText done,
                              gpointer user_data);
void lane_client_get_network (LaneClient *client, LaneClientText done, gpointer user_data);
/* For a recording only (org.icelane.Replay1): to another moment, and how fast it goes on from
 * there; 0 pauses. */
void lane_client_seek (LaneClient *client, const char *to, LaneClientDone done, gpointer user_data);
void lane_client_play (LaneClient *client, double speed, LaneClientDone done, gpointer user_data);
void lane_client_free (LaneClient *client);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneClient, lane_client_free)
