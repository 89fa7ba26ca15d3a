#include "theme/role.h"

static const char *const names[LANE_N_ROLES] = {
  [LANE_ROLE_DEFAULT] = "default",
  [LANE_ROLE_MUTED] = "muted",
  [LANE_ROLE_TITLE] = "title",
  [LANE_ROLE_TAB_ACTIVE] = "tab.active",
  [LANE_ROLE_SELECTED] = "selected",
  [LANE_ROLE_MARKED] = "marked",
  [LANE_ROLE_KEY] = "key",
  [LANE_ROLE_PATH_DIRECT] = "path.direct",
  [LANE_ROLE_PATH_RELAY] = "path.relay",
  [LANE_ROLE_PATH_CHECKING] = "path.checking",
  [LANE_ROLE_PATH_FAILED] = "path.failed",
  [LANE_ROLE_PATH_IDLE] = "path.idle",
  [LANE_ROLE_RTT_GOOD] = "rtt.good",
  [LANE_ROLE_RTT_WARN] = "rtt.warn",
  [LANE_ROLE_RTT_BAD] = "rtt.bad",
  [LANE_ROLE_GRAPH] = "graph",
  [LANE_ROLE_LOG_ERROR] = "log.error",
  [LANE_ROLE_LOG_WARNING] = "log.warning",
  [LANE_ROLE_LOG_DEBUG] = "log.debug",
  [LANE_ROLE_INPUT] = "input",
  [LANE_ROLE_INPUT_ERROR] = "input.error",
  [LANE_ROLE_DIALOG] = "dialog",
  [LANE_ROLE_DIALOG_FOCUS] = "dialog.focus",
  [LANE_ROLE_NOTICE] = "notice",
};

const char *
lane_role_to_string (LaneRole role)
{
  g_return_val_if_fail (role < LANE_N_ROLES, NULL);
  return names[role];
}
