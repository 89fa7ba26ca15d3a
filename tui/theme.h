/* What the parts of the screen are called, and how each looks.
 *
 * Views name roles, never colours. A style's attributes alone keep the states of a path apart, so
 * a screen without colour loses nothing. */
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

typedef enum {
  LANE_ATTR_BOLD = 1 << 0,
  LANE_ATTR_UNDERLINE = 1 << 1,
  LANE_ATTR_REVERSE = 1 << 2,
  LANE_ATTR_DIM = 1 << 3,
} LaneAttr;

/* -1 is the terminal's own colour. */
typedef struct {
  gint16 xterm; /* 0..255 */
  gint8 ansi;   /* 0..7, where there are fewer than 256 */
} LaneHue;

typedef struct {
  LaneHue fg, bg;
  guint attrs;
} LaneStyle;

typedef struct {
  const char *name;
  LaneStyle styles[LANE_N_ROLES];
} LaneTheme;

const char *lane_role_to_string (LaneRole role); /* `path.direct`, as a theme file writes it */
const LaneTheme *lane_theme_get_neutral (void);

/* The style of a cell of @role under @overlay (DEFAULT: none): attributes add up, the overlay's
 * colours win where it has any. */
LaneStyle lane_theme_get_style (const LaneTheme *theme, LaneRole role, LaneRole overlay);
