#include "ice/terms.h"

static LanePaths
paths_of (LanePolicy policy)
{
  switch (policy) {
  case LANE_POLICY_DIRECT_ONLY:
    return LANE_PATHS_DIRECT;
  case LANE_POLICY_RELAY_ONLY:
    return LANE_PATHS_RELAY;
  case LANE_POLICY_AUTO:
  case LANE_POLICY_LOWEST_RTT:
    return LANE_PATHS_ANY;
  }
  g_return_val_if_reached (LANE_PATHS_NONE);
}

LanePaths
lane_paths_both (LanePaths a, LanePaths b)
{
  if (a == LANE_PATHS_ANY || a == b)
    return b;
  return b == LANE_PATHS_ANY ? a : LANE_PATHS_NONE;
}

LanePaths
lane_terms_get_paths (const LaneTerms *terms)
{
  LanePaths ours = paths_of (terms->ours);

  return terms->heard ? lane_paths_both (ours, paths_of (terms->theirs)) : ours;
}

gboolean
lane_paths_allow (LanePaths paths, gboolean relayed)
{
  return paths == LANE_PATHS_ANY || paths == (relayed ? LANE_PATHS_RELAY : LANE_PATHS_DIRECT);
}

const char *
lane_paths_to_string (LanePaths paths)
{
  static const char *const names[] = { [LANE_PATHS_ANY] = "any",
                                       [LANE_PATHS_DIRECT] = "direct",
                                       [LANE_PATHS_RELAY] = "relay",
                                       [LANE_PATHS_NONE] = "none" };

  return names[paths];
}
