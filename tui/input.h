/* Takes a key to where it belongs: the dialog, the prompt, the overlay, the view. */
#pragma once

#include "canvas.h"
#include "key.h"
#include "model.h"

/* @canvas: what is on the screen, for clicks; may be NULL when @key is none. */
void lane_input_key (LaneModel *model, const LaneKey *key, const LaneCanvas *canvas);

/* Ctrl-C: leaves what is open on top; FALSE: nothing was, so it means to quit. */
gboolean lane_input_cancel (LaneModel *model);
