/* icelane replay FILE...: recordings in the dashboard, or as status at a moment. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "app.h"
#include "commands.h"
#include "replay-service.h"
#include "screen.h"
#include "settings.h"

#define SOCKET_NAME "control"

/* A folder for the socket that only we can enter; NULL: none can be made. */
static char *
make_folder (GError **error)
{
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *template = runtime != NULL && g_path_is_absolute (runtime)
                                  ? g_build_filename (runtime, "icelane-replay-XXXXXX", NULL)
                                  : NULL;

  if (template != NULL && g_mkdtemp (template) != NULL)
    return g_steal_pointer (&template);
  return g_dir_make_tmp ("icelane-replay-XXXXXX", error);
}

/* Another folder that we may not keep. */
static void
remove_folder (const char *folder)
{
  g_autofree char *lock = g_build_filename (folder, SOCKET_NAME ".lock", NULL);

  g_unlink (lock);
  g_rmdir (folder);
}

static int
show (const LaneCliOptions *options, const LaneConfig *config, const char *socket_path)
{
  g_autoptr (LaneShelf) themes = lane_shelf_new_default ();
  const LaneAppOptions app = {
    .config = config,
    .socket_path = socket_path,
    .ascii = options->ascii,
    .mouse = config->ui.mouse,
    .color = lane_cli_screen_color (options, config),
    .themes = themes,
  };

  return lane_cli_screen_run (options, &app);
}

/* Takes @replay. */
static int
serve (const LaneCliOptions *options, const LaneConfig *config, LaneReplay *replay)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = make_folder (&error);
  g_autofree char *path = folder != NULL ? g_build_filename (folder, SOCKET_NAME, NULL) : NULL;
  LaneReplayService *service = path != NULL ? lane_replay_service_new (replay, path, &error) : NULL;
  int exit_code = LANE_EXIT_FAILED;

  if (service != NULL) {
    exit_code = show (options, config, path);
    lane_replay_service_free (service);
  } else {
    g_printerr ("icelane: %s\n", error->message);
    lane_replay_free (replay);
  }
  if (folder != NULL)
    remove_folder (folder);
  return exit_code;
}

int
lane_cli_replay (const LaneCliOptions *options)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneReplay) replay =
      lane_replay_load ((const char *const *)options->arguments, &error);

  if (replay == NULL) {
    g_printerr ("icelane: %s\n", error->message);
    return LANE_EXIT_FAILED;
  }
  if (options->at != NULL && !lane_replay_seek (replay, options->at, &error)) {
    g_printerr ("icelane: --at: %s\n", error->message);
    return LANE_EXIT_USAGE;
  }
  if (options->json) {
    g_autofree char *status = lane_replay_print (replay, 0);

    puts (status);
    return LANE_EXIT_OK;
  }
  if (!lane_cli_screen_is_there ())
    return LANE_EXIT_TERMINAL;
  config = lane_cli_settings_load_quietly (options, problems);
  return serve (options, config, g_steal_pointer (&replay));
}
