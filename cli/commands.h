/* The commands, one file each. Each returns the exit code. */
#pragma once

#include "options.h"

int lane_cli_dashboard (const LaneCliOptions *options);
int lane_cli_run (const LaneCliOptions *options);
int lane_cli_status (const LaneCliOptions *options);
int lane_cli_hold (const LaneCliOptions *options);
int lane_cli_act (const LaneCliOptions *options); /* connect, disconnect, restart */
int lane_cli_compare (const LaneCliOptions *options);
int lane_cli_wait (const LaneCliOptions *options);
int lane_cli_pairs (const LaneCliOptions *options);
int lane_cli_candidates (const LaneCliOptions *options);
int lane_cli_timeline (const LaneCliOptions *options);
int lane_cli_history (const LaneCliOptions *options);
int lane_cli_network (const LaneCliOptions *options);
int lane_cli_log (const LaneCliOptions *options);
int lane_cli_report (const LaneCliOptions *options);
int lane_cli_check (const LaneCliOptions *options);
int lane_cli_reload (const LaneCliOptions *options);
int lane_cli_replay (const LaneCliOptions *options);
int lane_cli_stop (const LaneCliOptions *options);
int lane_cli_id (const LaneCliOptions *options);
int lane_cli_rendezvous (const LaneCliOptions *options);
int lane_cli_config (const LaneCliOptions *options);
int lane_cli_keys (const LaneCliOptions *options);
int lane_cli_themes (const LaneCliOptions *options);
int lane_cli_completion (const LaneCliOptions *options);
int lane_cli_help (const LaneCliOptions *options);
