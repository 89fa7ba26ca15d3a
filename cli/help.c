/* icelane help [COMMAND|exit-codes] */
#include "commands.h"
#include "exit-codes.h"
#include "nearest.h"

int
lane_cli_help (const LaneCliOptions *options)
{
  LaneCliOptions topic = *options;

  if (g_strcmp0 (options->arguments[0], LANE_EXIT_CODES_TOPIC) == 0) {
    lane_exit_codes_print ();
    return LANE_EXIT_OK;
  }
  topic.command = lane_cli_find_command (options->commands, options->arguments[0]);
  if (topic.command == NULL) {
    g_autoptr (GPtrArray) names = g_ptr_array_new ();
    g_autofree char *hint = NULL;

    for (const LaneCliCommand *command = options->commands; command->run != NULL; command++) {
      if (command->name != NULL)
        g_ptr_array_add (names, (gpointer)command->name);
    }
    g_ptr_array_add (names, (gpointer)LANE_EXIT_CODES_TOPIC);
    g_ptr_array_add (names, NULL);
    hint = lane_nearest_hint (options->arguments[0], (const char *const *)names->pdata);
    g_printerr ("icelane: there is no command '%s'%s\n", options->arguments[0], hint);
    return LANE_EXIT_USAGE;
  }
  lane_cli_print_help (&topic);
  return LANE_EXIT_OK;
}
