/* Whether the terminal shows dark or light, asked of itself (OSC 11).
 *
 * COLORFGBG is not looked at: it outlives the terminal it was about, in tmux, sudo and ssh. */
#pragma once

#include "theme/theme.h"

/* Asks @tty and waits at most @timeout_ms; to be called before curses has it. ANY: no answer. What
 * was typed meanwhile is added to @typed. The terminal's modes are as before when it returns. */
LaneBackground lane_background_ask (int tty, guint timeout_ms, GString *typed);

/* Takes the answer to the question out of @input. FALSE: it is not in there, or not whole. */
gboolean lane_background_parse (GString *input, LaneBackground *background);
