#include "suite.h"

#include "timeline.h"

#include <math.h>
#include <string.h>

typedef struct {
  double from_ms, to_ms;
  LaneSpanState state;
  const char *code;
  const char *bar, *time;
} Case;

/* Of 20 columns worth 200 ms. */
static const Case cases[] = {
  { 0, 200, LANE_SPAN_DONE, NULL, "####################", "0-200 ms" },
  { 100, 150, LANE_SPAN_DONE, NULL, "          #####", "100-150 ms" },
  { 0, 0.1, LANE_SPAN_DONE, NULL, "#", "0-0 ms" },
  { 200, 200, LANE_SPAN_DONE, NULL, "                   #", "200-200 ms" },
  { 50, 500, LANE_SPAN_RUNNING, NULL, "     ...............", "50-500 ms..." },
  { 0, 100, LANE_SPAN_FAILED, NULL, "xxxxxxxxxx", "none in 0.1 s" },
  { 0, 100, LANE_SPAN_FAILED, "timeout", "xxxxxxxxxx", "none in 0.1 s" },
  { 0, 100, LANE_SPAN_FAILED, "cert-expired", "xxxxxxxxxx", "cert-expired" },
  { 10, 10, LANE_SPAN_SKIPPED, NULL, "", "not needed" },
  { 0, NAN, LANE_SPAN_RUNNING, NULL, "", "unknown" },
  { 2000, 61000, LANE_SPAN_DONE, NULL, "                   #", "2.0-61.0 s" },
};

START_TEST (a_bar_lies_where_its_time_is)
{
  const Case *c = &cases[_i];
  const LaneTimelineRow row = {
    .state = c->state, .code = c->code, .from_ms = c->from_ms, .to_ms = c->to_ms, .scale_ms = 200
  };
  g_autofree char *bar = lane_timeline_bar (&row, 20, LANE_GLYPHS_ASCII);
  g_autofree char *time = lane_timeline_time (&row);

  ck_assert_str_eq (bar, c->bar);
  ck_assert_str_eq (time, c->time);
}
END_TEST

START_TEST (a_narrow_window_has_no_bar)
{
  const LaneTimelineRow row = { .to_ms = 1, .scale_ms = 1 };
  g_autofree char *none = lane_timeline_bar (&row, 0, LANE_GLYPHS_BLOCKS);
  g_autofree char *one = lane_timeline_bar (&row, 1, LANE_GLYPHS_BLOCKS);

  ck_assert_str_eq (none, "");
  ck_assert_str_eq (one, "█");
}
END_TEST

/* An older node tells no times: there is a heading, and nothing is made up. */
START_TEST (what_is_not_told_is_not_drawn)
{
  g_autoptr (LanePeerDetail) detail = lane_peer_detail_parse (
      "{\"peer\":{\"name\":\"a\"},\"generations\":[{\"generation\":1,\"state\":\"checking\"}]}",
      NULL);
  g_autoptr (GPtrArray) rows = lane_timeline_collect (detail);

  ck_assert_uint_eq (rows->len, 1);
  ck_assert_str_eq (((LaneTimelineRow *)rows->pdata[0])->label,
                    "Generation 1, being tried: checking");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("timeline");
  TCase *rows = tcase_create ("rows");

  tcase_add_loop_test (rows, a_bar_lies_where_its_time_is, 0, G_N_ELEMENTS (cases));
  tcase_add_test (rows, a_narrow_window_has_no_bar);
  tcase_add_test (rows, what_is_not_told_is_not_drawn);
  suite_add_tcase (suite, rows);
  return lane_suite_run (suite);
}
