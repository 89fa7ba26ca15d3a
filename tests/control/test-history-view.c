#include "history-view.h"

#include <math.h>
#include <string.h>

#include "snapshot.h"
#include "suite.h"

#define RECENT                                                                                     \
  "\"recent\":{\"cell_s\":5,\"first_cell\":720000,\"rtt_min_ms\":[10,null,20],"                    \
  "\"rtt_mean_ms\":[12,null,24],\"rtt_max_ms\":[15,null,40],\"jitter_ms\":[1,null,3],"             \
  "\"answered\":[5,0,3],\"lost\":[0,2,2],\"path\":[\"relay\",\"none\",\"direct\"]}"
#define CHANGE                                                                                     \
  "{\"at\":\"2026-11-22T00:00:13.250Z\",\"clock_s\":3600013.25,\"old\":\"none\","                  \
  "\"new\":\"direct\",\"cause\":\"first\",\"why\":\"direct-nat\",\"gap_ms\":1500.5}"
#define OLD_CHANGE                                                                                 \
  "{\"at\":\"2026-11-21T00:00:00.000Z\",\"clock_s\":3500000,\"old\":\"relay\",\"new\":\"none\","   \
  "\"cause\":null,\"why\":null,\"gap_ms\":null}"
#define HISTORY                                                                                    \
  "{\"schema\":1,\"peer\":\"cam-7\",\"at\":\"2026-11-22T00:00:15.000Z\",\"clock_s\":3600015.0,"    \
  "\"path\":\"direct\"," RECENT ",\"changes_count\":70,\"changes\":[" CHANGE "," OLD_CHANGE        \
  "],\"something_new\":{}}"

static LaneHistoryView *
parse (const char *json)
{
  g_autoptr (GError) error = NULL;
  LaneHistoryView *view = lane_history_view_parse (json, &error);

  ck_assert_msg (view != NULL, "%s", error != NULL ? error->message : "no error set");
  return view;
}

START_TEST (cells_are_decoded)
{
  g_autoptr (LaneHistoryView) view = parse (HISTORY);
  const LaneHistorySpanView *span = &view->spans[LANE_HISTORY_VIEW_RECENT];

  ck_assert_str_eq (view->peer, "cam-7");
  ck_assert_int_eq (view->at_us, 1795305615000000);
  ck_assert_double_eq (view->clock_s, 3600015);
  ck_assert_str_eq (view->path, "direct");
  ck_assert_uint_eq (span->cell_s, 5);
  ck_assert_int_eq (span->first_cell, 720000);
  ck_assert_uint_eq (span->n, 3);
  ck_assert_double_eq (span->cells[0].rtt_min_ms, 10);
  ck_assert_double_eq (span->cells[0].rtt_mean_ms, 12);
  ck_assert_double_eq (span->cells[0].rtt_max_ms, 15);
  ck_assert_double_eq (span->cells[0].jitter_ms, 1);
  ck_assert_uint_eq (span->cells[0].answered, 5);
  ck_assert_uint_eq (span->cells[1].lost, 2);
  ck_assert (isnan (span->cells[1].rtt_min_ms) && isnan (span->cells[1].rtt_mean_ms));
  ck_assert (isnan (span->cells[1].rtt_max_ms) && isnan (span->cells[1].jitter_ms));
  ck_assert_str_eq (span->cells[0].path, "relay");
  ck_assert_str_eq (span->cells[1].path, "none");
  ck_assert_uint_eq (view->spans[LANE_HISTORY_VIEW_DAY].n, 0);
  ck_assert_str_eq (view->json, HISTORY);
}
END_TEST

START_TEST (changes_are_decoded)
{
  g_autoptr (LaneHistoryView) view = parse (HISTORY);
  const LaneHistoryChangeView *change = view->changes->pdata[0];

  ck_assert_uint_eq (view->changes->len, 2);
  ck_assert_uint_eq (view->changes_count, 70);
  ck_assert_int_eq (change->at_us, 1795305613250000);
  ck_assert_double_eq (change->clock_s, 3600013.25);
  ck_assert_str_eq (change->old, "none");
  ck_assert_str_eq (change->new, "direct");
  ck_assert_str_eq (change->cause, "first");
  ck_assert_str_eq (change->why, "direct-nat");
  ck_assert_double_eq (change->gap_ms, 1500.5);
  change = view->changes->pdata[1];
  ck_assert (change->cause == NULL && change->why == NULL && isnan (change->gap_ms));
}
END_TEST

START_TEST (summary_weighs_cells_by_their_pings)
{
  g_autoptr (LaneHistoryView) view = parse (HISTORY);
  LaneHistorySummary summary;

  lane_history_view_summarize (view, LANE_HISTORY_VIEW_RECENT, &summary);
  ck_assert_uint_eq (summary.answered, 8);
  ck_assert_uint_eq (summary.lost, 4);
  ck_assert_double_eq (summary.rtt_mean_ms, (12 * 5 + 24 * 3) / 8.0);
  ck_assert_double_eq (summary.rtt_p95_ms, 24);
  ck_assert_double_eq (summary.jitter_ms, 2);
  ck_assert_double_eq_tol (summary.loss, 4 / 12.0, 1e-9);
  ck_assert_uint_eq (summary.changes, 1); /* the other one is older */
  ck_assert (!summary.more_changes);
}
END_TEST

START_TEST (summary_of_nothing_is_unknown)
{
  g_autoptr (LaneHistoryView) view = parse ("{}");
  LaneHistorySummary summary;

  lane_history_view_summarize (view, LANE_HISTORY_VIEW_DAY, &summary);
  ck_assert (isnan (summary.rtt_mean_ms) && isnan (summary.rtt_p95_ms));
  ck_assert (isnan (summary.jitter_ms) && isnan (summary.loss));
  ck_assert_uint_eq (summary.answered + summary.lost + summary.changes, 0);
  ck_assert_str_eq (view->peer, "");
}
END_TEST

START_TEST (changes_that_are_no_longer_kept_are_mentioned)
{
  g_autoptr (LaneHistoryView) view =
      parse ("{" RECENT ",\"changes_count\":70,\"changes\":[" CHANGE "]}");
  LaneHistorySummary summary;

  lane_history_view_summarize (view, LANE_HISTORY_VIEW_RECENT, &summary);
  ck_assert_uint_eq (summary.changes, 1);
  ck_assert (summary.more_changes);
}
END_TEST

static const char *const malformed[] = {
  "", "null", "[]", "7", "{", "{\"peer\":", "{\"recent\":{\"cell_s\":5,}}",
};

START_TEST (what_is_not_an_object_is_refused)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (lane_history_view_parse (malformed[_i], &error));
  ck_assert (g_error_matches (error, LANE_SNAPSHOT_ERROR, LANE_SNAPSHOT_ERROR_MALFORMED));
}
END_TEST

/* In a form that nobody agreed on: each is an unknown, none a crash. */
static const char *const strange[] = {
  "{\"recent\":7,\"day\":[],\"changes\":{}}",
  "{\"recent\":{\"cell_s\":0,\"first_cell\":1,\"rtt_mean_ms\":[1]}}",
  "{\"recent\":{\"cell_s\":-5,\"first_cell\":1,\"rtt_mean_ms\":[1]}}",
  "{\"recent\":{\"cell_s\":\"5\",\"first_cell\":1,\"rtt_mean_ms\":[1]}}",
  "{\"recent\":{\"cell_s\":5,\"rtt_mean_ms\":[1]}}",
  "{\"recent\":{\"cell_s\":5,\"first_cell\":1e300,\"rtt_mean_ms\":[1]}}",
  "{\"recent\":{\"cell_s\":5,\"first_cell\":-1e300,\"rtt_mean_ms\":[1]}}",
  "{\"recent\":{\"cell_s\":5,\"first_cell\":1,\"rtt_mean_ms\":{}}}",
  "{\"recent\":{\"cell_s\":5,\"first_cell\":1,\"rtt_mean_ms\":[]}}",
};

START_TEST (strange_spans_are_empty)
{
  g_autoptr (LaneHistoryView) view = parse (strange[_i]);
  LaneHistorySummary summary;

  ck_assert_uint_eq (view->spans[LANE_HISTORY_VIEW_RECENT].n, 0);
  ck_assert_uint_eq (view->changes->len, 0);
  lane_history_view_summarize (view, LANE_HISTORY_VIEW_RECENT, &summary);
  ck_assert (isnan (summary.rtt_mean_ms));
}
END_TEST

START_TEST (strange_cells_are_unknown)
{
  g_autoptr (LaneHistoryView) view =
      parse ("{\"recent\":{\"cell_s\":5,\"first_cell\":-3,"
             "\"rtt_mean_ms\":[-1,\"x\",{},[],true,null,1e999],\"rtt_min_ms\":[1],"
             "\"lost\":[-4,1e30,\"7\"],\"answered\":7,\"path\":[\"sideways\",null,4,\"relay\"]},"
             "\"changes\":[null,7,[],{},{\"at\":7,\"clock_s\":\"x\",\"old\":7,\"gap_ms\":-4}]}");
  const LaneHistorySpanView *span = &view->spans[LANE_HISTORY_VIEW_RECENT];
  const LaneHistoryChangeView *change;

  ck_assert_uint_eq (span->n, 7);
  ck_assert_int_eq (span->first_cell, -3);
  for (guint i = 0; i < span->n; i++) {
    ck_assert (isnan (span->cells[i].rtt_mean_ms));
    ck_assert_uint_eq (span->cells[i].answered, 0);
    ck_assert_uint_le (span->cells[i].lost, G_MAXUINT16);
  }
  ck_assert (isnan (span->cells[1].rtt_min_ms));
  ck_assert_ptr_null (span->cells[0].path);
  ck_assert_ptr_null (span->cells[2].path);
  ck_assert_str_eq (span->cells[3].path, "relay");
  ck_assert_uint_eq (view->changes->len, 2);
  change = view->changes->pdata[1];
  ck_assert (change->at_us == 0 && isnan (change->clock_s) && isnan (change->gap_ms));
  ck_assert_ptr_null (change->old);
}
END_TEST

START_TEST (long_lists_are_cut)
{
  GString *json = g_string_new ("{\"recent\":{\"cell_s\":5,\"first_cell\":1,\"rtt_mean_ms\":[1");
  g_autoptr (LaneHistoryView) view = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; i < 9000; i++)
    g_string_append (json, ",1");
  g_string_append (json, "]},\"changes\":[{}");
  for (guint i = 0; i < 9000; i++)
    g_string_append (json, ",{}");
  g_string_append (json, "]}");
  text = g_string_free (json, FALSE);
  view = parse (text);
  ck_assert_uint_eq (view->spans[LANE_HISTORY_VIEW_RECENT].n, 4096);
  ck_assert_uint_eq (view->changes->len, 1024);
}
END_TEST

START_TEST (references_keep_it)
{
  LaneHistoryView *view = parse (HISTORY);
  LaneHistoryView *other = lane_history_view_ref (view);

  lane_history_view_unref (view);
  ck_assert_str_eq (other->peer, "cam-7");
  lane_history_view_unref (other);
  lane_history_view_unref (NULL);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("history-view");
  TCase *tcase = tcase_create ("history-view");

  tcase_add_test (tcase, cells_are_decoded);
  tcase_add_test (tcase, changes_are_decoded);
  tcase_add_test (tcase, summary_weighs_cells_by_their_pings);
  tcase_add_test (tcase, summary_of_nothing_is_unknown);
  tcase_add_test (tcase, changes_that_are_no_longer_kept_are_mentioned);
  tcase_add_loop_test (tcase, what_is_not_an_object_is_refused, 0, G_N_ELEMENTS (malformed));
  tcase_add_loop_test (tcase, strange_spans_are_empty, 0, G_N_ELEMENTS (strange));
  tcase_add_test (tcase, strange_cells_are_unknown);
  tcase_add_test (tcase, long_lists_are_cut);
  tcase_add_test (tcase, references_keep_it);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
