/* icelane wait PEER */
#include <string.h>

#include "commands.h"
#include "session.h"

static int
judge (const LaneCliOptions *options, LaneSession *session)
{
  const LanePeerView *peer =
      lane_snapshot_find_peer (lane_session_get_snapshot (session), options->arguments[0]);

  if (peer == NULL || strcmp (peer->state, "connected") != 0)
    return LANE_EXIT_NOT_CONNECTED;
  if (options->direct && g_strcmp0 (peer->path, "direct") != 0)
    return LANE_EXIT_NOT_DIRECT;
  return LANE_EXIT_OK;
}

static void
on_changed (LaneSession *session, gpointer user_data)
{
  if (judge (user_data, session) == LANE_EXIT_OK)
    lane_session_finish (session, LANE_EXIT_OK);
}

int
lane_cli_wait (const LaneCliOptions *options)
{
  static const LaneSessionEvents events = { .changed = on_changed };
  g_autoptr (LaneSession) session = NULL;
  double seconds;
  int code;

  if (!lane_cli_parse_seconds ("--timeout", options->timeout, 0, &seconds))
    return LANE_EXIT_USAGE;

  session = lane_session_open (options, 0, &events, (gpointer)options, &code);
  if (session == NULL)
    return code;
  if (lane_session_find_peer (session, options->arguments[0]) == NULL)
    return LANE_EXIT_FAILED;
  if (judge (options, session) == LANE_EXIT_OK)
    return LANE_EXIT_OK;

  code = lane_session_run (session, seconds, LANE_EXIT_NOT_CONNECTED);
  if (code != LANE_EXIT_NOT_CONNECTED)
    return code;

  code = judge (options, session);
  if (code == LANE_EXIT_NOT_DIRECT)
    g_printerr ("icelane: %s is connected, but not direct\n", options->arguments[0]);
  else if (code == LANE_EXIT_NOT_CONNECTED)
    g_printerr ("icelane: %s is not connected after %g s\n", options->arguments[0], seconds);
  return code;
}
