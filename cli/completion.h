/* Scripts that teach a shell our command line. */
#pragma once

#include "options.h"

/* @shell: bash, zsh or fish; NULL for another. The caller frees it. */
char *lane_completion_make (const LaneCliCommand *commands, const char *shell);
