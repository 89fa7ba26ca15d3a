/* What the policies of both sides leave of the paths between them: each side keeps to the stricter
 * of both, which every description tells (docs/link.md). */
#pragma once

#include "config.h"

typedef enum {
  LANE_PATHS_ANY,
  LANE_PATHS_DIRECT, /* no relay, neither ours nor theirs */
  LANE_PATHS_RELAY,  /* only through a relay, ours or theirs */
  LANE_PATHS_NONE    /* the policies contradict each other */
} LanePaths;

typedef struct {
  LanePolicy ours, theirs;
  gboolean heard; /* the peer has told its own; else `theirs` says nothing */
} LaneTerms;

LanePaths lane_terms_get_paths (const LaneTerms *terms);
LanePaths lane_paths_both (LanePaths a, LanePaths b); /* what both allow */
gboolean lane_paths_allow (LanePaths paths, gboolean relayed);

const char *lane_paths_to_string (LanePaths paths); /* any direct relay none */
