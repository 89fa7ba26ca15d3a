/* How each role looks: a theme as read from its file and those it inherits.
 *
 *   [theme]   name, background = dark | light | any, inherits = another theme
 *   [colors]  sky = #56b4e9 74 cyan     for true colour, 256 and 16 colours; the last two may miss
 *   [roles]   path.relay = amber - bold  foreground, background, attributes
 *
 * A colour is a name from [colors], 0-255, #rrggbb, an ANSI word, or `-`, the terminal's own. What
 * is inherited is read as if it stood here: a theme that names its colours anew recolours it. A
 * role `a.b` that stands nowhere looks like `a`, and `a` like `default`.
 *
 * Any bytes make a theme: what is wrong with them is described as a problem, and left out. */
#pragma once

#include "theme/hue.h"
#include "theme/role.h"
#include "theme/shelf.h"

#define LANE_THEME_DEPTH_MAX 8 /* of inheriting */

typedef enum {
  LANE_ATTR_BOLD = 1 << 0,
  LANE_ATTR_UNDERLINE = 1 << 1,
  LANE_ATTR_REVERSE = 1 << 2,
  LANE_ATTR_DIM = 1 << 3,
} LaneAttr;

typedef struct {
  LaneHue fg, bg;
  guint attrs;
} LaneStyle;

typedef enum { LANE_BACKGROUND_ANY, LANE_BACKGROUND_DARK, LANE_BACKGROUND_LIGHT } LaneBackground;

typedef struct {
  const char *place; /* owned by the theme */
  int line;          /* 0: it stands nowhere */
} LaneThemeSource;

typedef struct {
  char *id;    /* as it was asked for */
  char *title; /* `Harbour` */
  char *place; /* its file */
  LaneBackground background;
  LaneStyle styles[LANE_N_ROLES];
  LaneThemeSource sources[LANE_N_ROLES];
  GPtrArray *places;
} LaneTheme;

/* NULL with LANE_SHELF_ERROR when there is none. Blocks on the disk. */
LaneTheme *
lane_theme_load (const LaneShelf *shelf, const char *id, GPtrArray *problems, GError **error);
/* @shelf: for what it inherits; may be NULL. */
LaneTheme *lane_theme_parse (const LaneShelf *shelf, const char *id, const char *place,
                             GBytes *text, GPtrArray *problems);
LaneTheme *lane_theme_new_neutral (void); /* the shipped one; needs no files */
void lane_theme_free (LaneTheme *theme);

/* The style of a cell of @role under @overlay (DEFAULT: none): attributes add up, the overlay's
 * colours win where it has any. */
LaneStyle lane_theme_get_style (const LaneTheme *theme, LaneRole role, LaneRole overlay);

char *lane_attrs_to_string (guint attrs); /* `bold reverse`; empty when there are none */
const char *lane_background_to_string (LaneBackground background);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneTheme, lane_theme_free)
