/* Another policy for the selected or marked peers while the node runs: a small list of the
 * policies, and what each means. */
#pragma once

#include "canvas.h"
#include "model.h"

/* Takes @names; none complains. Opens at the policy that the first of them has. */
void lane_hold_picker_open (LaneModel *model, char **names);
void lane_hold_picker_take (LaneModel *model); /* the selected one */
void lane_hold_picker_arrange (LaneModel *model, int height, int width);
void lane_hold_picker_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width);

/* @word: a policy or `settings`; FALSE: neither. */
gboolean lane_hold_is_policy (const char *word);
/* Without asking; @word as above. */
void lane_hold_start (LaneModel *model, const char *const *names, const char *word);
