/* icelane stop */
#include "commands.h"
#include "session.h"

#define PATIENCE_S 5

static void
on_done (LaneClient *client, const GError *error, gpointer user_data)
{
  LaneSession *session = user_data;

  if (g_error_matches (error, LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_REFUSED)) {
    g_printerr ("icelane: %s\n", error->message);
    lane_session_finish (session, LANE_EXIT_FAILED);
  }
}

int
lane_cli_stop (const LaneCliOptions *options)
{
  int code;
  g_autoptr (LaneSession) session = lane_session_open (options, 0, NULL, NULL, &code);

  if (session == NULL)
    return code;

  lane_client_command (lane_session_get_client (session), LANE_COMMAND_STOP, NULL, on_done,
                       session);
  code = lane_session_run_to_loss (session, PATIENCE_S);
  if (code == LANE_EXIT_NOT_CONNECTED)
    g_printerr ("icelane: the node still runs after %d s\n", PATIENCE_S);
  return code;
}
