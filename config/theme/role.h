/* What the parts of the screen are called. Views name roles, never colours. */
#pragma once

#include <glib.h>

typedef enum {
  LANE_ROLE_DEFAULT,
  LANE_ROLE_MUTED,
  LANE_ROLE_TITLE,
  LANE_ROLE_TAB_ACTIVE,
  LANE_ROLE_SELECTED,
  LANE_ROLE_MARKED,
  LANE_ROLE_KEY,
  LANE_ROLE_PATH_DIRECT,
  LANE_ROLE_PATH_RELAY,
  LANE_ROLE_PATH_CHECKING,
  LANE_ROLE_PATH_FAILED,
  LANE_ROLE_PATH_IDLE,
  LANE_ROLE_RTT_GOOD,
  LANE_ROLE_RTT_WARN,
  LANE_ROLE_RTT_BAD,
  LANE_ROLE_GRAPH,
  LANE_ROLE_LOG_ERROR,
  LANE_ROLE_LOG_WARNING,
  LANE_ROLE_LOG_DEBUG,
  LANE_ROLE_INPUT,
  LANE_ROLE_INPUT_ERROR,
  LANE_ROLE_DIALOG,
  LANE_ROLE_DIALOG_FOCUS,
  LANE_ROLE_NOTICE,
  LANE_N_ROLES
} LaneRole;

const char *lane_role_to_string (LaneRole role); /* `path.direct`, as a theme file writes it */
