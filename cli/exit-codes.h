/* What the exit codes mean (UX section 4), for `icelane help exit-codes`. */
#pragma once

#define LANE_EXIT_CODES_TOPIC "exit-codes"

void lane_exit_codes_print (void);
