/* icelane hold */
#include <string.h>

#include "commands.h"
#include "session.h"

static void
on_held (LaneClient *client, const GError *error, gpointer user_data)
{
  if (error != NULL)
    g_printerr ("icelane: %s\n", error->message);
  lane_session_finish (user_data, error != NULL ? LANE_EXIT_FAILED : LANE_EXIT_OK);
}

int
lane_cli_hold (const LaneCliOptions *options)
{
  const char *name = options->arguments[0], *policy = options->arguments[1];
  int code = LANE_EXIT_OK;
  g_autoptr (LaneSession) session = lane_session_open (options, 0, NULL, NULL, &code);

  if (session == NULL)
    return code;
  if (lane_session_find_peer (session, name) == NULL)
    return LANE_EXIT_FAILED;
  lane_client_hold (lane_session_get_client (session), name,
                    strcmp (policy, "settings") == 0 ? "" : policy, on_held, session);
  return lane_session_run (session, 0, LANE_EXIT_FAILED);
}
