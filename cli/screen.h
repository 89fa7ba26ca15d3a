/* What every command with a full screen needs. */
#pragma once

#include "app.h"
#include "options.h"

/* FALSE: said on stderr that there is no terminal. */
gboolean lane_cli_screen_is_there (void);
LaneColor lane_cli_screen_color (const LaneCliOptions *options, const LaneConfig *config);
/* Between the two nothing is written over the screen. */
void lane_cli_screen_begin (const LaneCliOptions *options);
void lane_cli_screen_end (const LaneCliOptions *options);
/* The dashboard; its exit code. */
int lane_cli_screen_run (const LaneCliOptions *options, const LaneAppOptions *app);
