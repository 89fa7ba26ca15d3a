/* icelane id */
#include <unistd.h>

#include "commands.h"
#include "secure/identity.h"
#include "settings.h"

int
lane_cli_id (const LaneCliOptions *options)
{
  g_autoptr (LaneConfig) config = lane_cli_settings_load_leniently (options);
  g_autoptr (LaneIdentity) identity = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *groups = NULL;

  if (config == NULL)
    return LANE_EXIT_CONFIG;

  identity = lane_identity_load (config->node.state_dir, &error);
  if (identity == NULL) {
    g_printerr ("icelane: %s\n", error->message);
    return LANE_EXIT_FAILED;
  }

  groups = lane_id_to_groups (lane_identity_get_id (identity));
  g_print ("%s\n",
           options->groups || isatty (STDOUT_FILENO) ? groups : lane_identity_get_id (identity));
  return LANE_EXIT_OK;
}
