#include "theme.h"

#define OWN                                                                                        \
  {                                                                                                \
    -1, -1                                                                                         \
  }
/* The colour-blind-safe palette of Okabe and Ito, in the nearest colours of xterm. */
#define SKY                                                                                        \
  {                                                                                                \
    74, 6                                                                                          \
  }
#define AMBER                                                                                      \
  {                                                                                                \
    178, 3                                                                                         \
  }
#define RUST                                                                                       \
  {                                                                                                \
    166, 1                                                                                         \
  }

static const char *const role_names[LANE_N_ROLES] = {
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

static const LaneTheme neutral = {
  .name = "neutral",
  .styles = {
    [LANE_ROLE_DEFAULT] = { OWN, OWN, 0 },
    [LANE_ROLE_MUTED] = { OWN, OWN, LANE_ATTR_DIM },
    [LANE_ROLE_TITLE] = { OWN, OWN, LANE_ATTR_BOLD },
    [LANE_ROLE_TAB_ACTIVE] = { OWN, OWN, LANE_ATTR_REVERSE },
    [LANE_ROLE_SELECTED] = { OWN, OWN, LANE_ATTR_REVERSE },
    [LANE_ROLE_MARKED] = { OWN, OWN, LANE_ATTR_BOLD },
    [LANE_ROLE_KEY] = { OWN, OWN, LANE_ATTR_BOLD },
    [LANE_ROLE_PATH_DIRECT] = { SKY, OWN, 0 },
    [LANE_ROLE_PATH_RELAY] = { AMBER, OWN, LANE_ATTR_BOLD },
    [LANE_ROLE_PATH_CHECKING] = { OWN, OWN, LANE_ATTR_UNDERLINE },
    [LANE_ROLE_PATH_FAILED] = { RUST, OWN, LANE_ATTR_BOLD | LANE_ATTR_REVERSE },
    [LANE_ROLE_PATH_IDLE] = { OWN, OWN, LANE_ATTR_DIM },
    [LANE_ROLE_RTT_GOOD] = { OWN, OWN, 0 },
    [LANE_ROLE_RTT_WARN] = { OWN, OWN, 0 },
    [LANE_ROLE_RTT_BAD] = { OWN, OWN, LANE_ATTR_BOLD },
    [LANE_ROLE_GRAPH] = { SKY, OWN, 0 },
    [LANE_ROLE_LOG_ERROR] = { RUST, OWN, LANE_ATTR_BOLD },
    [LANE_ROLE_LOG_WARNING] = { AMBER, OWN, LANE_ATTR_BOLD },
    [LANE_ROLE_LOG_DEBUG] = { OWN, OWN, LANE_ATTR_DIM },
    [LANE_ROLE_INPUT] = { OWN, OWN, LANE_ATTR_UNDERLINE },
    [LANE_ROLE_INPUT_ERROR] = { RUST, OWN, LANE_ATTR_REVERSE },
    [LANE_ROLE_DIALOG] = { OWN, OWN, 0 },
    [LANE_ROLE_DIALOG_FOCUS] = { OWN, OWN, LANE_ATTR_REVERSE },
    [LANE_ROLE_NOTICE] = { OWN, OWN, LANE_ATTR_BOLD },
  },
};

const char *
lane_role_to_string (LaneRole role)
{
  g_return_val_if_fail (role < LANE_N_ROLES, NULL);
  return role_names[role];
}

const LaneTheme *
lane_theme_get_neutral (void)
{
  return &neutral;
}

LaneStyle
lane_theme_get_style (const LaneTheme *theme, LaneRole role, LaneRole overlay)
{
  LaneStyle style = theme->styles[role];
  const LaneStyle *over = &theme->styles[overlay];

  if (overlay == LANE_ROLE_DEFAULT)
    return style;
  style.attrs |= over->attrs;
  if (over->fg.xterm >= 0)
    style.fg = over->fg;
  if (over->bg.xterm >= 0)
    style.bg = over->bg;
  return style;
}
