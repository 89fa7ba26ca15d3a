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

#define DETAIL                                                                                     \
  "{\"peer\":{\"name\":\"a\"},\"generations\":[{\"generation\":1,\"state\":\"connected\","         \
  "\"current\":"                                                                                   \
  "true,\"gathered_ms\":30,\"answered_ms\":5,\"connected_ms\":40,\"now_ms\":900%s}]}"

static GPtrArray *
collect (const char *peer, LanePeerDetail **detail)
{
  g_autofree char *json = g_strdup_printf (DETAIL, peer);

  *detail = lane_peer_detail_parse (json, NULL);
  return lane_timeline_collect (*detail);
}

static char *
write_rows (const GPtrArray *rows)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < rows->len; i++) {
    const LaneTimelineRow *row = rows->pdata[i];
    g_autofree char *time = lane_timeline_time (row);

    g_string_append_printf (text, "%s%s %s|", row->theirs ? "> " : "", row->label, time);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const struct {
  const char *peer, *rows;
} told[] = {
  { "", "Generation 1, in use: a path after 40 ms |gather 0-30 ms|checks 5-40 ms|"
        "> The peer did not say how it went there. |" },
  { ",\"peer\":null", "Generation 1, in use: a path after 40 ms |gather 0-30 ms|checks 5-40 ms|"
                      "> The peer did not say how it went there. |" },
  { ",\"peer\":{}",
    "Generation 1, in use: a path after 40 ms |here |gather 0-30 ms|checks 5-40 ms|> the peer |"
    "> gather unknown|> 0 host, 0 srflx, 0 relay |" },
  { ",\"peer\":{\"offered\":true,\"gathered_ms\":20,\"answered_ms\":9,\"connected_ms\":38,"
    "\"dtls_from_ms\":39,\"dtls_ms\":60,\"sctp_ms\":80,\"host\":1,\"stun_asked\":2,\"stun_"
    "answered\":1,"
    "\"pair\":{\"local\":\"host\",\"remote\":\"srflx\",\"sent_ms\":12,\"answered_ms\":37}}",
    "Generation 1, in use: a path after 40 ms |here |gather 0-30 ms|checks 5-40 ms|> the peer |"
    "> gather 0-20 ms|> 1 host, 0 srflx, 0 relay |> STUN servers: 1 of 2 answered |"
    "> our answer 0-9 ms|> checks 9-38 ms|> host to srflx 12-37 ms|> dtls 39-60 ms|> sctp 60-80 "
    "ms|" },
  { ",\"peer\":{\"answered_ms\":9,\"failed_ms\":2009,\"turn_asked\":1}",
    "Generation 1, in use: a path after 40 ms |here |gather 0-30 ms|checks 5-40 ms|> the peer |"
    "> gather unknown|> 0 host, 0 srflx, 0 relay |> TURN servers: 0 of 1 answered |"
    "> checks none in 2.0 s|" },
};

START_TEST (the_peer_has_rows_of_its_own)
{
  g_autoptr (LanePeerDetail) detail = NULL;
  g_autoptr (GPtrArray) rows = collect (told[_i].peer, &detail);
  g_autofree char *text = write_rows (rows);

  ck_assert_str_eq (text, told[_i].rows);
}
END_TEST

START_TEST (both_sides_have_one_scale)
{
  g_autoptr (LanePeerDetail) detail = NULL;
  g_autoptr (GPtrArray) rows = collect (told[3].peer, &detail);

  for (guint i = 1; i < rows->len; i++)
    ck_assert_double_eq (((LaneTimelineRow *)rows->pdata[i])->scale_ms, 80);
}
END_TEST

START_TEST (the_same_step_is_side_by_side)
{
  static const char *const expected[][2] = {
    { "Generation 1, in use: a path after 40 ms", NULL },
    { "here", "the peer" },
    { "gather", "gather" },
    { NULL, "1 host, 0 srflx, 0 relay" },
    { NULL, "STUN servers: 1 of 2 answered" },
    { NULL, "our answer" },
    { "checks", "checks" },
    { NULL, "host to srflx" },
    { NULL, "dtls" },
    { NULL, "sctp" },
  };
  g_autoptr (LanePeerDetail) detail = NULL;
  g_autoptr (GPtrArray) rows = collect (told[3].peer, &detail);
  g_autoptr (GArray) zipped = lane_timeline_zip (rows);

  ck_assert_uint_eq (zipped->len, G_N_ELEMENTS (expected));
  for (guint i = 0; i < zipped->len; i++) {
    const LaneTimelineBeside *row = &g_array_index (zipped, LaneTimelineBeside, i);

    ck_assert_pstr_eq (row->ours != NULL ? row->ours->label : NULL, expected[i][0]);
    ck_assert_pstr_eq (row->theirs != NULL ? row->theirs->label : NULL, expected[i][1]);
  }
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
  tcase_add_loop_test (rows, the_peer_has_rows_of_its_own, 0, G_N_ELEMENTS (told));
  tcase_add_test (rows, both_sides_have_one_scale);
  tcase_add_test (rows, the_same_step_is_side_by_side);
  suite_add_tcase (suite, rows);
  return lane_suite_run (suite);
}
