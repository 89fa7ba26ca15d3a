/* A command's talk with the node: connect, wait for what it waits for, leave with a code. */
#pragma once

#include "client.h"
#include "options.h"

typedef struct _LaneSession LaneSession;

typedef struct {
  void (*changed) (LaneSession *session, gpointer user_data);
  void (*event) (LaneSession *session, const LaneEventView *event, gpointer user_data);
} LaneSessionEvents;

/* Connects and waits for the snapshot; @history events are told before it returns. NULL: said why
 * on stderr, and @exit_code is what to leave with. @events may be NULL. */
LaneSession *
lane_session_open (const LaneCliOptions *options, guint history, const LaneSessionEvents *events,
                   gpointer user_data, int *exit_code);
LaneClient *lane_session_get_client (LaneSession *session);
const LaneSnapshot *lane_session_get_snapshot (LaneSession *session);
/* NULL: said on stderr that there is no such peer, and which one is meant. */
const LanePeerView *lane_session_find_peer (LaneSession *session, const char *name);

/* Until lane_session_finish() or the loss of the node, which is told and gives
 * LANE_EXIT_NOT_RUNNING. After @seconds (0: never) @timeout_code is returned. */
int lane_session_run (LaneSession *session, double seconds, int timeout_code);
/* Until the node is gone: LANE_EXIT_OK, and silent. After @seconds: LANE_EXIT_NOT_CONNECTED. */
int lane_session_run_to_loss (LaneSession *session, double seconds);
void lane_session_finish (LaneSession *session, int exit_code);
/* One command to its end. FALSE: told on stderr. */
gboolean lane_session_command (LaneSession *session, LaneCommand command, const char *peer);
void lane_session_free (LaneSession *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSession, lane_session_free)
