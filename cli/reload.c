/* icelane reload */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "session.h"

#define PATIENCE_S 10

typedef struct {
  const LaneCliOptions *options;
  LaneSession *session;
} Reload;

static gboolean
is_in_order (const LaneConfigView *config)
{
  return g_strcmp0 (config->state, "ok") == 0;
}

static void
print (const LaneReloadView *reload)
{
  const LaneConfigView *config = &reload->config;

  for (char **problem = config->problems; *problem != NULL; problem++)
    g_printerr ("%s\n", *problem);
  if (g_strcmp0 (config->state, "invalid") == 0)
    g_print ("nothing was taken over: the settings of before stay in force\n");
  else if (!reload->changed)
    g_print ("nothing has changed\n");
  else
    g_print ("applied: %s\n", config->applied);
  if (g_strcmp0 (config->state, "partly") == 0)
    g_print ("sections with problems stay as they were\n");
}

static void
on_reloaded (LaneClient *client, const LaneReloadView *reload, const GError *error,
             gpointer user_data)
{
  Reload *command = user_data;

  if (reload == NULL) {
    g_printerr ("icelane: %s\n", error->message);
    lane_session_finish (command->session, LANE_EXIT_FAILED);
    return;
  }
  if (command->options->json)
    puts (reload->json);
  else
    print (reload);
  lane_session_finish (command->session,
                       is_in_order (&reload->config) ? LANE_EXIT_OK : LANE_EXIT_CONFIG);
}

int
lane_cli_reload (const LaneCliOptions *options)
{
  int code;
  g_autoptr (LaneSession) session = lane_session_open (options, 0, NULL, NULL, &code);
  Reload command = { .options = options, .session = session };

  if (session == NULL)
    return code;
  lane_client_reload (lane_session_get_client (session), on_reloaded, &command);
  code = lane_session_run (session, PATIENCE_S, LANE_EXIT_NOT_CONNECTED);
  if (code == LANE_EXIT_NOT_CONNECTED)
    g_printerr ("icelane: the node has not read its settings after %d s\n", PATIENCE_S);
  return code;
}
