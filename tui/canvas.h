/* A grid of cells that views write text and roles into.
 *
 * Every text passes through here, so this is where text of peers and servers becomes harmless:
 * control characters show as `^[`, format characters (bidi, zero width) as `<202E>`, what the
 * locale cannot show as `?`. Everything is measured in columns, never in bytes, and clipped to
 * the space given, with `>` in the last column when something is missing. Coordinates outside the
 * grid are allowed and draw nothing. */
#pragma once

#include "mask.h"
#include "theme/role.h"

#define LANE_CELL_CHARS 3 /* a character and at most two marks that combine with it */

typedef struct {
  gunichar text[LANE_CELL_CHARS]; /* text[0] == 0: the right half of a wide character */
  guint8 width;                   /* columns: 1 or 2, 0 for a right half */
  guint8 role, overlay;           /* LaneRole */
} LaneCell;

typedef struct _LaneCanvas LaneCanvas;

/* @utf8: the terminal shows more than ASCII. */
LaneCanvas *lane_canvas_new (int width, int height, gboolean utf8);
void lane_canvas_free (LaneCanvas *canvas);
void lane_canvas_resize (LaneCanvas *canvas, int width, int height); /* and clear */
void lane_canvas_clear (LaneCanvas *canvas);

/* From here on every text is drawn and measured as @mask has it; NULL: as it is. @mask must outlive
 * that. Returns the one before. */
LaneMask *lane_canvas_set_mask (LaneCanvas *canvas, LaneMask *mask);

int lane_canvas_get_width (const LaneCanvas *canvas);
int lane_canvas_get_height (const LaneCanvas *canvas);
const LaneCell *lane_canvas_get_row (const LaneCanvas *canvas, int y);

/* Both return the columns used. `put` clips to @width; `put_right` also aligns to its right end. */
int lane_canvas_put (LaneCanvas *canvas, int y, int x, int width, LaneRole role, const char *text);
int lane_canvas_put_right (LaneCanvas *canvas, int y, int x, int width, LaneRole role,
                           const char *text);
int lane_canvas_printf (LaneCanvas *canvas, int y, int x, int width, LaneRole role,
                        const char *format, ...) G_GNUC_PRINTF (6, 7);

/* Breaks @text at spaces into at most @height rows; returns the rows used. */
int lane_canvas_put_wrapped (LaneCanvas *canvas, int y, int x, int height, int width, LaneRole role,
                             const char *text);
void lane_canvas_fill (LaneCanvas *canvas, int y, int x, int height, int width, LaneRole role);
void lane_canvas_overlay (LaneCanvas *canvas, int y, int x, int width, LaneRole overlay);

/* The columns @text takes when nothing is clipped. */
int lane_canvas_measure (const LaneCanvas *canvas, const char *text);

/* Where the hardware cursor rests: on the selection or the input point. */
void lane_canvas_set_cursor (LaneCanvas *canvas, int y, int x);
void lane_canvas_get_cursor (const LaneCanvas *canvas, int *y, int *x);

/* What a click on a place means; the last one added wins. */
typedef enum {
  LANE_HIT_NONE,
  LANE_HIT_PEER,   /* index in the shown peers */
  LANE_HIT_LOG,    /* index in the shown lines; -1: the pane */
  LANE_HIT_PANE,   /* index in the list of the peer's pane; -1: the pane */
  LANE_HIT_TEXT,   /* the overlay */
  LANE_HIT_ACTION, /* index in the action table */
  LANE_HIT_BUTTON, /* of the dialog */
  LANE_HIT_THEME,  /* index in the list of themes */
  LANE_HIT_TAB,    /* of the peer's panes */
  LANE_HIT_VIEW,   /* LaneView, in the first row */
  LANE_HIT_ITEM,   /* index in the list of the settings; -1: the list */
  LANE_HIT_ROW,    /* index in the form of the settings; -1: the form */
  LANE_HIT_CHOICE  /* index in the list to pick from */
} LaneHitKind;

void lane_canvas_add_hit (LaneCanvas *canvas, int y, int x, int height, int width, LaneHitKind kind,
                          int index);
LaneHitKind lane_canvas_find_hit (const LaneCanvas *canvas, int y, int x, int *index);

/* The characters, one line a row, without trailing spaces. */
char *lane_canvas_to_text (const LaneCanvas *canvas);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneCanvas, lane_canvas_free)
