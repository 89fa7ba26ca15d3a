#include "suite.h"

#include "graph.h"

#include <locale.h>
#include <math.h>
#include <string.h>

#define U NAN

static LaneGraph
graph_of (const double *values, guint n, LaneGlyphs glyphs)
{
  return (LaneGraph){
    .values = values, .n = n, .cell_s = 5, .least = 1, .unit = "ms", .glyphs = glyphs
  };
}

typedef void (*Draw) (LaneCanvas *canvas, const LaneGraph *graph, int height, int width);

static char *
draw_with (Draw function, const LaneGraph *graph, int height, int width)
{
  g_autoptr (LaneCanvas) canvas =
      lane_canvas_new (width, height, graph->glyphs != LANE_GLYPHS_ASCII);

  function (canvas, graph, height, width);
  return lane_canvas_to_text (canvas);
}

static void
plot (LaneCanvas *canvas, const LaneGraph *graph, int height, int width)
{
  lane_graph_draw (canvas, graph, 0, 0, height, width);
}

static char *
draw (const LaneGraph *graph, int height, int width)
{
  return draw_with (plot, graph, height, width);
}

static const double samples[] = { 0, 10, 25, 50, U, 75, 100, 1 };

static const struct {
  LaneGlyphs glyphs;
  int height, width;
  const char *text;
} drawings[] = {
  { LANE_GLYPHS_BLOCKS, 1, 8, "▁▂▂▄ ▆█▂\n" },
  { LANE_GLYPHS_BLOCKS, 2, 8, "     ▄█\n▁▂▄█ ██▂\n" },
  { LANE_GLYPHS_BLOCKS, 1, 4, "▂▄▆█\n" }, /* the larger of two each */
  { LANE_GLYPHS_BLOCKS, 1, 3, "▂▄█\n" },  /* 0-1, 2-4 and 5-7 */
  { LANE_GLYPHS_BLOCKS, 1, 1, "█\n" },    /* the largest of all */
  { LANE_GLYPHS_BLOCKS, 1, 16, "▁▁▂▂▂▂▄▄  ▆▆██▂▂\n" },
  { LANE_GLYPHS_BRAILLE, 1, 4, "⣠⣤⢰⣧\n" },
  { LANE_GLYPHS_BRAILLE, 2, 4, "  ⢠⡇\n⣠⣼⢸⣧\n" },
  { LANE_GLYPHS_BRAILLE, 1, 1, "⣼\n" },
  { LANE_GLYPHS_ASCII, 1, 8, ".::: :::\n" },
  { LANE_GLYPHS_ASCII, 2, 8, "     .:\n.::: :::\n" },
  { LANE_GLYPHS_ASCII, 3, 8, "     .:\n   . ::\n.::: :::\n" },
  { LANE_GLYPHS_ASCII, 1, 1, ":\n" },
};

START_TEST (known_samples_have_exact_cells)
{
  const LaneGraph graph = graph_of (samples, G_N_ELEMENTS (samples), drawings[_i].glyphs);
  g_autofree char *text = draw (&graph, drawings[_i].height, drawings[_i].width);

  ck_assert_str_eq (text, drawings[_i].text);
}
END_TEST

START_TEST (nothing_known_is_blank_in_every_glyph_set)
{
  static const double gaps[] = { U, U, U, -1, INFINITY, -INFINITY };
  static const LaneGlyphs sets[] = { LANE_GLYPHS_ASCII, LANE_GLYPHS_BLOCKS, LANE_GLYPHS_BRAILLE };

  for (guint i = 0; i < G_N_ELEMENTS (sets); i++) {
    const LaneGraph graph = graph_of (gaps, G_N_ELEMENTS (gaps), sets[i]);
    const LaneGraph empty = graph_of (NULL, 0, sets[i]);
    g_autofree char *text = draw (&graph, 2, 6);
    g_autofree char *none = draw (&empty, 2, 6);

    ck_assert_str_eq (text, "\n\n");
    ck_assert_str_eq (none, "\n\n");
  }
}
END_TEST

START_TEST (huge_values_stay_in_their_rows)
{
  static const double huge[] = { 1e300, 1, 5e14, 1e15 };
  const LaneGraph graph = graph_of (huge, G_N_ELEMENTS (huge), LANE_GLYPHS_BLOCKS);
  g_autofree char *text = draw (&graph, 1, 4);

  ck_assert_str_eq (text, "█▂▄█\n");
}
END_TEST

START_TEST (no_room_draws_nothing)
{
  const LaneGraph graph = graph_of (samples, G_N_ELEMENTS (samples), LANE_GLYPHS_BLOCKS);
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (4, 1, TRUE);
  g_autofree char *text = NULL;

  lane_graph_draw (canvas, &graph, 0, 0, 0, 4);
  lane_graph_draw (canvas, &graph, 0, 0, 1, 0);
  lane_graph_draw (canvas, &graph, 0, 0, 1, -3);
  text = lane_canvas_to_text (canvas);
  ck_assert_str_eq (text, "\n");
}
END_TEST

/* Whatever numbers the cells have, also below 0 as soon after a boot, an older column never
 * changes. */
START_TEST (new_cell_moves_columns_and_changes_none)
{
  static const int widths[] = { 7, 13, 16, 29, 31 };
  static const gint64 firsts[] = { 0, 720001, -40 };
  static const LaneGlyphs sets[] = { LANE_GLYPHS_BLOCKS, LANE_GLYPHS_BRAILLE };
  double values[18 * 3];
  LaneGraph graph = graph_of (NULL, 18, sets[_i % 2]);
  int width = widths[_i / 2 % 5];
  g_autofree char *before = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    values[i] = (i * 37 + 11) % 100 + 1;
  values[0] = 100; /* the same top everywhere */
  graph.least = 100;
  for (guint i = 0; i < 36; i++) {
    g_autofree char *text = NULL;
    gboolean found = FALSE;

    graph.values = values + i;
    graph.first = firsts[_i / 10] + i;
    text = draw (&graph, 1, width);
    /* The newest column may have been unfinished, and the oldest loses its oldest cell. */
    for (int shift = 0; before != NULL && shift <= 2 && !found; shift++) {
      const char *old = g_utf8_offset_to_pointer (before, shift + 1);
      const char *new = g_utf8_offset_to_pointer (text, 1);
      const char *end = g_utf8_offset_to_pointer (before, width - 2);

      found = strncmp (old, new, (gsize)(end - old)) == 0;
    }
    ck_assert_msg (before == NULL || found, "%u:\n%s%s", i, before, text);
    g_free (before);
    before = g_steal_pointer (&text);
  }
}
END_TEST

START_TEST (axis_has_a_round_top_its_half_and_zero)
{
  static const double values[] = { 17, 130, 4 };
  const LaneGraph graph = graph_of (values, 3, LANE_GLYPHS_ASCII);
  g_autofree char *text = draw (&graph, 5, 36);

  ck_assert_str_eq (text, " 200 ms\n"
                          "               .......\n"
                          " 100 ms        :::::::\n"
                          "               :::::::\n"
                          "   0 ms :::::::::::::::::::::\n");
}
END_TEST

START_TEST (axis_turns_to_seconds_and_percent)
{
  static const double slow[] = { 15000 };
  static const double lossy[] = { 3 };
  const LaneGraph seconds = graph_of (slow, 1, LANE_GLYPHS_ASCII);
  LaneGraph percent = graph_of (lossy, 1, LANE_GLYPHS_ASCII);
  g_autofree char *text = draw (&seconds, 1, 33);
  g_autofree char *loss = NULL;

  percent.unit = "%";
  percent.least = 10;
  loss = draw (&percent, 2, 33);
  ck_assert (g_str_has_prefix (text, "   20 s :"));
  ck_assert_str_eq (loss, "    10%\n     0% ::::::::::::::::::\n");
}
END_TEST

START_TEST (numbers_round_up_to_1_2_or_5)
{
  static const double pairs[][2] = { { 0, 1 },       { 0.3, 0.5 }, { 1, 1 },       { 1.1, 2 },
                                     { 20, 20 },     { 21, 50 },   { 51, 100 },    { 999, 1000 },
                                     { 0.01, 0.01 }, { U, 1 },     { 1e12, 1e12 }, { -4, 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    ck_assert_double_eq_tol (lane_graph_round_up (pairs[i][0]), pairs[i][1], pairs[i][1] * 1e-9);
}
END_TEST

static const LaneGraphMark direct_before = { 0, "direct", LANE_ROLE_PATH_DIRECT };

/* 180 cells on 60 columns. */
static void
mark (LaneCanvas *canvas, const LaneGraph *graph, int height, int width)
{
  static const LaneGraphMark marks[] = {
    { 900, "direct", LANE_ROLE_PATH_DIRECT },  /* too old */
    { 1030, "relay", LANE_ROLE_PATH_RELAY },   /* in column 10 */
    { 1090, "none", LANE_ROLE_PATH_FAILED },   /* 30 */
    { 1092, "direct", LANE_ROLE_PATH_DIRECT }, /* 31 */
    { 1180, "relay", LANE_ROLE_PATH_RELAY },   /* is not over yet */
  };

  lane_graph_draw_marks (canvas, graph, NULL, marks, G_N_ELEMENTS (marks), 0, 0, width);
}

START_TEST (marks_are_words_at_their_columns)
{
  double values[180] = { 0 };
  LaneGraph graph = graph_of (values, 180, LANE_GLYPHS_ASCII);
  g_autofree char *text = NULL;

  graph.first = 999;
  text = draw_with (mark, &graph, 1, 75);
  ck_assert_str_eq (text, "        direct    |relay              ||direct"
                          "                     |relay\n");
}
END_TEST

static void
mark_twice_in_a_column (LaneCanvas *canvas, const LaneGraph *graph, int height, int width)
{
  static const LaneGraphMark marks[] = {
    { 1029, "none", LANE_ROLE_PATH_FAILED },
    { 1031, "relay", LANE_ROLE_PATH_RELAY },
  };

  lane_graph_draw_marks (canvas, graph, &direct_before, marks, G_N_ELEMENTS (marks), 0, 0, width);
}

START_TEST (column_with_two_marks_tells_the_later)
{
  double values[180] = { 0 };
  LaneGraph graph = graph_of (values, 180, LANE_GLYPHS_ASCII);
  g_autofree char *text = NULL;
  g_autofree char *narrow = NULL;

  graph.first = 999;
  text = draw_with (mark_twice_in_a_column, &graph, 1, 75);
  ck_assert_str_eq (text, "        direct    |relay\n");
  narrow = draw_with (mark_twice_in_a_column, &graph, 1, 1);
  ck_assert_str_eq (narrow, "\n"); /* before the one column there is */
}
END_TEST

static void
tell_times (LaneCanvas *canvas, const LaneGraph *graph, int height, int width)
{
  lane_graph_draw_times (canvas, graph, 0, 0, width);
}

START_TEST (times_are_round_and_at_their_columns)
{
  double values[720] = { 0 };
  LaneGraph graph = graph_of (values, 180, LANE_GLYPHS_ASCII);
  g_autofree char *text = NULL;
  g_autofree char *day = NULL;
  g_autofree char *narrow = NULL;

  graph.base_s = 1767225600 - 120; /* 2 min to midnight, 2026-01-01 UTC */
  text = draw_with (tell_times, &graph, 1, 75);
  ck_assert_str_eq (text, "                |00:00              |00:05              |00:10\n");
  narrow = draw_with (tell_times, &graph, 1, 1);
  ck_assert_str_eq (narrow, "\n");

  graph.n = 720;
  graph.cell_s = 120;
  day = draw_with (tell_times, &graph, 1, 75);
  ck_assert_str_eq (day, "        |00:00         |06:00         |12:00         |18:00\n");
}
END_TEST

START_TEST (times_are_local)
{
  double values[720] = { 0 };
  LaneGraph graph = graph_of (values, 720, LANE_GLYPHS_ASCII);
  g_autofree char *text = NULL;

  g_setenv ("TZ", "XXX-05:30", TRUE); /* POSIX: 5:30 ahead */
  graph.base_s = 1767225600;
  graph.cell_s = 120;
  text = draw_with (tell_times, &graph, 1, 75);
  ck_assert_str_eq (text, "         |06:00         |12:00         |18:00         |00:00\n");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("graph");
  TCase *tcase = tcase_create ("graph");

  g_setenv ("TZ", "UTC", TRUE);
  setlocale (LC_ALL, "C.UTF-8");
  tcase_add_loop_test (tcase, known_samples_have_exact_cells, 0, G_N_ELEMENTS (drawings));
  tcase_add_test (tcase, nothing_known_is_blank_in_every_glyph_set);
  tcase_add_test (tcase, huge_values_stay_in_their_rows);
  tcase_add_test (tcase, no_room_draws_nothing);
  tcase_add_loop_test (tcase, new_cell_moves_columns_and_changes_none, 0, 30);
  tcase_add_test (tcase, axis_has_a_round_top_its_half_and_zero);
  tcase_add_test (tcase, axis_turns_to_seconds_and_percent);
  tcase_add_test (tcase, numbers_round_up_to_1_2_or_5);
  tcase_add_test (tcase, marks_are_words_at_their_columns);
  tcase_add_test (tcase, column_with_two_marks_tells_the_later);
  tcase_add_test (tcase, times_are_round_and_at_their_columns);
  tcase_add_test (tcase, times_are_local);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
