/* The settings a command runs with: the file of --config, the environment, --set and the global
 * options that stand for a setting. */
#pragma once

#include "config.h"
#include "options.h"

/* NULL: said on stderr what is wrong, for LANE_EXIT_CONFIG. */

/* For what must not run on half a file: the node. Warnings are told too. */
LaneConfig *lane_cli_settings_load (const LaneCliOptions *options);
/* For clients, which need no more than [node]: other mistakes are left to `config check`. */
LaneConfig *lane_cli_settings_load_leniently (const LaneCliOptions *options);
/* Everything that is wrong goes to @problems and nothing to stderr; never NULL. */
LaneConfig *lane_cli_settings_load_quietly (const LaneCliOptions *options, GPtrArray *problems);
/* The same with what standard input gives in place of the file (`--config -`). Blocks until its
 * end. NULL: said on stderr why it cannot be read. */
LaneConfig *lane_cli_settings_load_input (const LaneCliOptions *options, GPtrArray *problems);
/* Where all of these read from: strings belong to @options and @environment. */
LaneConfigSources
lane_cli_settings_sources (const LaneCliOptions *options, const char *const *environment);
/* The options that stand for a setting, as the functions above have them. */
void lane_cli_settings_apply_options (LaneConfig *config, const LaneCliOptions *options);
GPtrArray *lane_cli_problems_new (void); /* of LaneProblem */
void lane_cli_print_problems (const GPtrArray *problems);
