/* The dashboard alone, on the socket of whatever node a test provides:
 *
 *   dashboard-under-test SOCKET [--ascii] [--no-mouse] [--read-only] [--no-color]
 *                        [--never-confirm] [--no-title] [--crash | --noise] [--settings FILE]
 *
 * --crash and --noise: on SIGUSR1. */
#include "app.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gboolean
crash (gpointer user_data)
{
  fputs ("last words\n", stderr);
  abort ();
}

static gboolean
make_noise (gpointer user_data)
{
  fputs ("NOISE on stdout\n", stdout);
  fflush (stdout);
  fputs ("NOISE on stderr\n", stderr);
  return G_SOURCE_REMOVE;
}

int
main (int argc, char **argv)
{
  static const char *const none[] = { NULL };
  g_autoptr (LaneConfig) config = lane_config_new ();
  LaneConfigSources sources = { .environ_ = none, .overrides = none };
  LaneAppOptions options = { .config = config, .mouse = TRUE, .color = LANE_COLOR_AUTO };

  options.socket_path = argc > 1 ? argv[1] : "";
  config->ui.refresh_ms = 250;
  for (int i = 2; i < argc; i++)
    if (strcmp (argv[i], "--ascii") == 0)
      options.ascii = TRUE;
    else if (strcmp (argv[i], "--no-mouse") == 0)
      options.mouse = FALSE;
    else if (strcmp (argv[i], "--read-only") == 0)
      options.read_only = TRUE;
    else if (strcmp (argv[i], "--no-color") == 0)
      options.color = LANE_COLOR_NEVER;
    else if (strcmp (argv[i], "--never-confirm") == 0)
      config->ui.confirm = LANE_CONFIRM_NEVER;
    else if (strcmp (argv[i], "--no-title") == 0)
      config->ui.title = FALSE;
    else if (strcmp (argv[i], "--settings") == 0 && i + 1 < argc) {
      sources.path = argv[++i];
      options.sources = &sources;
    } else if (strcmp (argv[i], "--crash") == 0)
      g_unix_signal_add (SIGUSR1, crash, NULL);
    else if (strcmp (argv[i], "--noise") == 0)
      g_unix_signal_add (SIGUSR1, make_noise, NULL);
    else {
      fprintf (stderr, "dashboard-under-test: what is %s?\n", argv[i]);
      return 2;
    }
  return lane_app_run (&options);
}
