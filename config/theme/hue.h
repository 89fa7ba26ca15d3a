/* One colour, for every depth a terminal may have. */
#pragma once

#include <glib.h>

typedef struct {
  gint32 rgb;   /* 0xrrggbb; -1: not known, the terminal decides */
  gint16 xterm; /* 0..255; -1: the terminal's own colour */
  gint8 ansi;   /* 0..15, where there are fewer than 256; -1: the terminal's own colour */
} LaneHue;

#define LANE_HUE_OWN ((LaneHue){ -1, -1, -1 })

/* `-`, `0`-`255`, `#rrggbb`, or an ANSI word (`red`, `bright-blue`, `grey`). */
gboolean lane_hue_parse (const char *word, LaneHue *hue);
gboolean lane_hue_is_own (const LaneHue *hue);
gboolean lane_hue_equal (const LaneHue *one, const LaneHue *other);

LaneHue lane_hue_from_xterm (guint index); /* 0..255 */
LaneHue lane_hue_from_rgb (gint32 rgb);    /* with the nearest of 256 and of 16 */

/* What to ask a terminal of so many colours for: -1 for its own, 0xrrggbb with @direct. */
int lane_hue_to_number (const LaneHue *hue, int n_colors, gboolean direct);
/* rgb, or what xterm shows for a colour that the terminal decides; -1 for the terminal's own. */
gint32 lane_hue_get_usual_rgb (const LaneHue *hue);

/* The ANSI words, NULL-terminated, in the order of their numbers; `grey` last. */
const char *const *lane_hue_get_words (void);
/* `#56b4e9`, `246`, `cyan`, `-`; the caller frees it. */
char *lane_hue_to_string (const LaneHue *hue);
