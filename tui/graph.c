#include "graph.h"

#include <math.h>
#include <string.h>

#define NARROW      32
#define TIME_LABEL  6 /* `|23:45` */
#define TIME_SPACE  3
#define MAX_VALUE   1e15
#define MAX_BRAILLE 2 /* values side by side in one cell */

/* The part of the width that is plot, and what its columns cover: slot S of the whole time axis has
 * the cells from S * n / slots up to the next one's, and a column has one slot, or two in braille.
 */
typedef struct {
  const LaneGraph *graph;
  int x, width;
  int per_column;
  gint64 slots; /* in `width` */
  gint64 first; /* column of the time axis that is leftmost */
} Plot;

static gint64
floor_div (gint64 a, gint64 b)
{
  return a / b - (a % b < 0);
}

static gint64
slot_of (const Plot *plot, gint64 cell)
{
  gint64 n = MAX (plot->graph->n, 1);

  /* The slot that has the cell; the first of them when a cell has several. */
  if (plot->slots <= n)
    return floor_div ((cell + 1) * plot->slots - 1, n);
  return -floor_div (-cell * plot->slots, n);
}

static gint64
last_slot (const Plot *plot)
{
  gint64 n = MAX (plot->graph->n, 1);

  return floor_div ((plot->graph->first + n) * plot->slots - 1, n);
}

static Plot
lay_out (const LaneGraph *graph, int x, int width)
{
  gboolean narrow = width < NARROW;
  Plot plot = {
    .graph = graph,
    .x = narrow ? x : x + LANE_GRAPH_LABEL,
    .width = narrow ? width : width - LANE_GRAPH_LABEL - LANE_GRAPH_MARGIN,
    .per_column = graph->glyphs == LANE_GLYPHS_BRAILLE ? MAX_BRAILLE : 1,
  };

  plot.width = MAX (plot.width, 1);
  plot.slots = (gint64)plot.width * plot.per_column;
  plot.first = floor_div (last_slot (&plot), plot.per_column) - plot.width + 1;
  return plot;
}

static double
value_of (const LaneGraph *graph, gint64 cell)
{
  double value;

  if (cell < graph->first || cell >= graph->first + graph->n)
    return NAN;
  value = graph->values[cell - graph->first];
  return isfinite (value) && value >= 0 ? MIN (value, MAX_VALUE) : NAN;
}

static double
value_in_slot (const Plot *plot, gint64 slot)
{
  gint64 n = MAX (plot->graph->n, 1);
  gint64 from = floor_div (slot * n, plot->slots);
  gint64 to = MAX (floor_div ((slot + 1) * n, plot->slots), from + 1);
  double largest = NAN;

  for (gint64 cell = from; cell < to; cell++)
    largest = fmax (largest, value_of (plot->graph, cell));
  return largest;
}

double
lane_graph_round_up (double value)
{
  static const double steps[] = { 1, 2, 5, 10 };
  double unit;

  if (!(value > 0))
    return 1;
  unit = pow (10, floor (log10 (value)));
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    if (value <= steps[i] * unit * (1 + 1e-9))
      return steps[i] * unit;
  return 10 * unit;
}

static double
top_of (const LaneGraph *graph)
{
  double largest = graph->least;

  for (guint i = 0; i < graph->n; i++)
    largest = fmax (largest, value_of (graph, graph->first + i));
  return lane_graph_round_up (largest);
}

/* Of a row; the whole column is that often its rows high. */
static int
steps_in_row (LaneGlyphs glyphs)
{
  switch (glyphs) {
  case LANE_GLYPHS_ASCII:
    return 2;
  case LANE_GLYPHS_BRAILLE:
    return 4;
  default:
    return 8;
  }
}

/* 0: unknown. */
static int
level_of (double value, double top, int levels)
{
  if (isnan (value))
    return 0;
  return value > 0 ? CLAMP ((int)ceil (value / top * levels - 1e-9), MIN (2, levels), levels) : 1;
}

/* `0 ms`, `0.5 ms`, `200 ms`, `10 s`, `100%` */
static char *
label_of (double value, const char *unit)
{
  if (strcmp (unit, "%") == 0)
    return g_strdup_printf ("%g%%", value);
  if (value >= 1e4)
    return g_strdup_printf ("%g s", value / 1000);
  return g_strdup_printf ("%g %s", value, unit);
}

static void
draw_label (LaneCanvas *canvas, int y, int x, double value, const char *unit)
{
  g_autofree char *label = label_of (value, unit);

  lane_canvas_put_right (canvas, y, x, LANE_GRAPH_LABEL - 1, LANE_ROLE_MUTED, label);
}

static void
glyph_of (LaneGlyphs glyphs, const int *levels, char text[8])
{
  static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
  static const char *const ascii[] = { " ", ".", ":" };
  static const guint8 left[] = { 0, 0x40, 0x44, 0x46, 0x47 };
  static const guint8 right[] = { 0, 0x80, 0xa0, 0xb0, 0xb8 };
  guint8 dots;

  switch (glyphs) {
  case LANE_GLYPHS_ASCII:
    g_strlcpy (text, ascii[levels[0]], 8);
    break;
  case LANE_GLYPHS_BRAILLE:
    dots = left[levels[0]] | right[levels[1]];
    text[dots == 0 ? 0 : g_unichar_to_utf8 (0x2800 + dots, text)] = '\0';
    break;
  default:
    g_strlcpy (text, blocks[levels[0]], 8);
  }
}

static void
draw_column (LaneCanvas *canvas, const Plot *plot, int column, double top, int y, int height)
{
  LaneGlyphs glyphs = plot->graph->glyphs;
  int steps = steps_in_row (glyphs);
  int levels[MAX_BRAILLE] = { 0 };

  for (int i = 0; i < plot->per_column; i++) {
    double value = value_in_slot (plot, (plot->first + column) * plot->per_column + i);

    levels[i] = level_of (value, top, steps * height);
  }
  for (int row = 0; row < height; row++) {
    int below = (height - 1 - row) * steps;
    const int here[MAX_BRAILLE] = { CLAMP (levels[0] - below, 0, steps),
                                    CLAMP (levels[1] - below, 0, steps) };
    char text[8];

    glyph_of (glyphs, here, text);
    lane_canvas_put (canvas, y + row, plot->x + column, 1, LANE_ROLE_GRAPH, text);
  }
}

void
lane_graph_draw (LaneCanvas *canvas, const LaneGraph *graph, int y, int x, int height, int width)
{
  double top = top_of (graph);
  Plot plot = lay_out (graph, x, width);

  if (height < 1 || width < 1)
    return;
  for (int column = 0; column < plot.width && graph->n > 0; column++)
    draw_column (canvas, &plot, column, top, y, height);
  if (plot.x == x)
    return;
  draw_label (canvas, y, x, top, graph->unit);
  if (height >= 5 && height % 2 == 1)
    draw_label (canvas, y + height / 2, x, top / 2, graph->unit);
  if (height > 1)
    draw_label (canvas, y + height - 1, x, 0, graph->unit);
}

/* -1: before the plot. Cells that are not over yet are at its end. */
static int
column_of (const Plot *plot, gint64 cell)
{
  gint64 column = floor_div (slot_of (plot, cell), plot->per_column) - plot->first;

  return column < 0 ? -1 : (int)MIN (column, plot->width - 1);
}

void
lane_graph_draw_marks (LaneCanvas *canvas, const LaneGraph *graph, const LaneGraphMark *before,
                       const LaneGraphMark *marks, guint n, int y, int x, int width)
{
  Plot plot = lay_out (graph, x, width);
  int end = plot.x == x ? plot.width : plot.width + LANE_GRAPH_MARGIN;
  int next = end;

  for (guint i = n; i > 0; i--) {
    const LaneGraphMark *mark = &marks[i - 1];
    int column = column_of (&plot, mark->cell);
    int room = next - column - 1;

    if (column < 0) {
      before = mark;
      break;
    }
    if (column >= next)
      continue; /* the column has a later one */
    lane_canvas_put (canvas, y, plot.x + column, 1, LANE_ROLE_DEFAULT, "|");
    if (room >= (int)strlen (mark->word))
      lane_canvas_put (canvas, y, plot.x + column + 1, room, mark->role, mark->word);
    next = column;
  }
  if (before != NULL && next > (int)strlen (before->word))
    lane_canvas_put (canvas, y, plot.x, next, before->role, before->word);
}

/* A round time of day, often enough to read and seldom enough to fit. */
static gint64
pick_step_s (double column_s)
{
  static const gint64 steps_s[] = { 60,   120,  300,   600,   900,   1800,
                                    3600, 7200, 10800, 21600, 43200, 86400 };

  for (guint i = 0; i < G_N_ELEMENTS (steps_s); i++)
    if ((double)steps_s[i] >= column_s * (TIME_LABEL + TIME_SPACE))
      return steps_s[i];
  return 0;
}

static gint64
offset_s (gint64 wall_s)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (wall_s);

  return time != NULL ? g_date_time_get_utc_offset (time) / G_USEC_PER_SEC : 0;
}

static void
draw_time (LaneCanvas *canvas, int y, int x, gint64 wall_s)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (wall_s);
  g_autofree char *text = time != NULL ? g_date_time_format (time, "|%H:%M") : NULL;

  if (text != NULL)
    lane_canvas_put (canvas, y, x, TIME_LABEL, LANE_ROLE_MUTED, text);
}

void
lane_graph_draw_times (LaneCanvas *canvas, const LaneGraph *graph, int y, int x, int width)
{
  Plot plot = lay_out (graph, x, width);
  gint64 length_s = (gint64)graph->n * graph->cell_s;
  gint64 from_s = graph->base_s + graph->first * graph->cell_s;
  gint64 step_s = pick_step_s ((double)length_s / plot.width);
  gint64 shift_s = offset_s (from_s + length_s);
  int end = plot.x == x ? plot.width : plot.width + LANE_GRAPH_MARGIN;

  if (graph->n == 0 || step_s == 0)
    return;
  for (gint64 t = (floor_div (from_s + shift_s, step_s) + 1) * step_s - shift_s;
       t < from_s + length_s; t += step_s) {
    int column = column_of (&plot, floor_div (t - graph->base_s, graph->cell_s));

    if (column >= 0 && column + TIME_LABEL <= end)
      draw_time (canvas, y, plot.x + column, t);
  }
}
