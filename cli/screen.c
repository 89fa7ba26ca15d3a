#include "screen.h"

#include <unistd.h>

#include "messages.h"

gboolean
lane_cli_screen_is_there (void)
{
  const char *term = g_getenv ("TERM");

  if (isatty (STDIN_FILENO) && isatty (STDOUT_FILENO) && term != NULL && *term != '\0'
      && g_strcmp0 (term, "dumb") != 0)
    return TRUE;
  g_printerr ("icelane: the dashboard needs a terminal; `icelane status` and `icelane log -f` do "
              "not\n");
  return FALSE;
}

LaneColor
lane_cli_screen_color (const LaneCliOptions *options, const LaneConfig *config)
{
  if (options->color == NULL)
    return config->ui.color;
  if (g_strcmp0 (options->color, "always") == 0)
    return LANE_COLOR_ALWAYS;
  return g_strcmp0 (options->color, "never") == 0 ? LANE_COLOR_NEVER : LANE_COLOR_AUTO;
}

static void
drop_message (const char *text, gpointer user_data)
{
}

void
lane_cli_screen_begin (const LaneCliOptions *options)
{
  lane_messages_redirect (options->messages, NULL, drop_message, NULL);
}

void
lane_cli_screen_end (const LaneCliOptions *options)
{
  lane_messages_redirect (options->messages, NULL, NULL, NULL);
}

int
lane_cli_screen_run (const LaneCliOptions *options, const LaneAppOptions *app)
{
  int exit_code;

  lane_cli_screen_begin (options);
  exit_code = lane_app_run (app);
  lane_cli_screen_end (options);
  return exit_code;
}
