/* The `:` prompt: actions by name, with arguments. */
#pragma once

#include "model.h"

/* Complains in the message line when @line cannot be run. */
void lane_command_line_run (LaneModel *model, const char *line);

/* What @line can be completed to: whole lines; the caller frees them. */
char **lane_command_line_complete (const LaneModel *model, const char *line);
