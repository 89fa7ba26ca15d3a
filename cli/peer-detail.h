/* What the commands about one peer share: they ask the node for its detail and show a part of it.
 */
#pragma once

#include "options.h"
#include "snapshot.h"

typedef void (*LaneCliPrint) (const LaneCliOptions *options, const LanePeerDetail *detail);

/* @print: as text. With --json, an object with the peer's name and, of each generation, those of
 * @members (NULL-terminated) there are; NULL: the node's answer as it is. */
int lane_cli_show_detail (const LaneCliOptions *options, LaneCliPrint print,
                          const char *const *members);
