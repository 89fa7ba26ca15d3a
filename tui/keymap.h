/* The keys of the actions where [keys] has other ones than the table in action.h. */
#pragma once

#include "action.h"
#include "config.h"

/* Adds what is wrong with [keys] to @problems (of LaneProblem): a command or a key that is none,
 * and two actions on one key that work in one place. A line that is wrong leaves its action with
 * the keys it always has. */
LaneKeymap *lane_keymap_new (const LaneConfig *config, GPtrArray *problems);
void lane_keymap_free (LaneKeymap *keymap);

/* As in LaneAction, owned by the keymap or the table. @keymap NULL: no [keys]. */
const char *lane_keymap_get (const LaneKeymap *keymap, const LaneAction *action);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneKeymap, lane_keymap_free)
