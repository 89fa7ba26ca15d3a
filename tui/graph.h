/* Measurements over time as columns of a canvas: in blocks, braille or ASCII.
 *
 * A pure function of its samples. Samples are cells of equal length with a number that says when
 * they began, and a column always covers the same numbers: when a cell is added the rest moves,
 * but does not change. A column shows the largest value it covers. Without a value it is blank;
 * a value of 0 is a low line, and any other one is higher. */
#pragma once

#include "canvas.h"
#include "config.h"

#define LANE_GRAPH_LABEL  8 /* columns for the axis on the left, */
#define LANE_GRAPH_MARGIN 7 /* and for what the last mark says on the right */

typedef struct {
  const double *values; /* NAN: unknown; so is what is not finite or below 0 */
  guint n;
  gint64 first; /* the number of the first one */
  guint cell_s;
  gint64 base_s;     /* wall clock when cell 0 began, seconds since 1970 */
  double least;      /* the top of the axis is at least that */
  const char *unit;  /* ms or % */
  LaneGlyphs glyphs; /* not AUTO */
} LaneGraph;

typedef struct {
  gint64 cell; /* since which the path is: */
  const char *word;
  LaneRole role;
} LaneGraphMark;

/* All take the whole width, of which LANE_GRAPH_LABEL and LANE_GRAPH_MARGIN columns are not plot,
 * unless it is less than 32: then all of it is. */

void
lane_graph_draw (LaneCanvas *canvas, const LaneGraph *graph, int y, int x, int height, int width);
/* One row: `|relay` at each mark, which come oldest first; one without room for its word is `|`.
 * The leftmost word, without a `|`, is that of the last mark too old to be seen, or @before (NULL:
 * unknown). */
void lane_graph_draw_marks (LaneCanvas *canvas, const LaneGraph *graph, const LaneGraphMark *before,
                            const LaneGraphMark *marks, guint n, int y, int x, int width);
/* One row: the local time of day, `|23:45`. */
void lane_graph_draw_times (LaneCanvas *canvas, const LaneGraph *graph, int y, int x, int width);

/* The smallest of 1, 2, 5, 10, 20... that is not below @value. */
double lane_graph_round_up (double value);
