#include "suite.h"

#include <string.h>

#include "recording-text.h"
#include "replay.h"

static LaneReplay *replay;
static gint64 start_us;

static void
add (const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;
  LaneRecording *recording = lane_recording_parse ("test", bytes, &error);

  ck_assert_ptr_null (error);
  lane_replay_add (replay, recording);
}

static void
setup (void)
{
  replay = lane_replay_new ();
  add (CAM);
  ck_assert (lane_replay_ready (replay, NULL));
  start_us = lane_replay_get_from_us (replay);
}

static void
teardown (void)
{
  lane_replay_free (replay);
}

static void
go (double seconds)
{
  lane_replay_set_at_us (replay, start_us + (gint64)(seconds * G_USEC_PER_SEC));
}

static JsonNode *
parse (char *json)
{
  JsonNode *node = json_from_string (json, NULL);

  ck_assert_ptr_nonnull (node);
  g_free (json);
  return node;
}

static JsonObject *
first_peer (JsonNode *status)
{
  return json_array_get_object_element (
      json_object_get_array_member (json_node_get_object (status), "peers"), 0);
}

static void
expect_peer (double seconds, const char *state, const char *path)
{
  g_autoptr (JsonNode) status = NULL;
  JsonObject *peer;

  go (seconds);
  status = parse (lane_replay_print (replay, 0));
  peer = first_peer (status);
  ck_assert_str_eq (json_object_get_string_member (peer, "state"), state);
  ck_assert_str_eq (json_object_get_string_member_with_default (peer, "path", "none"), path);
}

START_TEST (the_cursor_begins_at_the_end)
{
  ck_assert_int_eq (lane_replay_get_at_us (replay), lane_replay_get_to_us (replay));
  ck_assert_int_eq (lane_replay_get_to_us (replay) - start_us, 121 * G_USEC_PER_SEC);
}
END_TEST

START_TEST (a_peer_is_as_it_was)
{
  expect_peer (0.5, "waiting", "none"); /* the node is starting */
  expect_peer (1, "waiting", "none");
  expect_peer (9.999, "waiting", "none");
  expect_peer (10, "connected", "direct");
  expect_peer (35, "connected", "relay");
  expect_peer (55, "connected", "direct");
  expect_peer (60, "connected", "direct"); /* at its very end */
  expect_peer (90, "waiting", "none");     /* between two runs */
  expect_peer (121, "gathering", "none");
}
END_TEST

START_TEST (numbers_are_those_measured_last)
{
  static const struct {
    double at, rtt;
  } cases[] = { { 12, 20 }, { 15, 21 }, { 19.9, 21 }, { 25, 22 }, { 31, 20 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (JsonNode) status = NULL;
    JsonObject *rtt;

    go (cases[i].at);
    status = parse (lane_replay_print (replay, 0));
    rtt = json_object_get_object_member (first_peer (status), "rtt_ms");
    ck_assert_double_eq (json_object_get_double_member (rtt, "last"), cases[i].rtt);
  }
}
END_TEST

START_TEST (the_history_ends_at_the_cursor)
{
  g_autoptr (JsonNode) status = NULL;
  JsonArray *cells;

  go (21);
  status = parse (lane_replay_print (replay, 0));
  cells = json_object_get_array_member (first_peer (status), "rtt_history_ms");
  ck_assert_uint_eq (json_array_get_length (cells), 60);
  ck_assert_double_eq (json_array_get_double_element (cells, 59), 22);
  ck_assert_double_eq (json_array_get_double_element (cells, 58), 21);
  ck_assert (json_array_get_null_element (cells, 50));
}
END_TEST

START_TEST (the_cursor_is_told)
{
  g_autoptr (JsonNode) status = NULL;
  JsonObject *cursor;

  go (35);
  status = parse (lane_replay_print (replay, 2));
  cursor = json_object_get_object_member (
      json_object_get_object_member (json_node_get_object (status), "node"), "replay");
  ck_assert_str_eq (json_object_get_string_member (cursor, "at"), "2026-11-22T10:00:35.000Z");
  ck_assert_str_eq (json_object_get_string_member (cursor, "from"), "2026-11-22T10:00:00.000Z");
  ck_assert_str_eq (json_object_get_string_member (cursor, "to"), "2026-11-22T10:02:01.000Z");
  ck_assert_double_eq (json_object_get_double_member (cursor, "speed"), 2);
  ck_assert_int_eq (json_object_get_int_member (cursor, "event"), 2);
  ck_assert_int_eq (json_object_get_int_member (cursor, "events"), 3);
}
END_TEST

START_TEST (events_are_those_up_to_the_cursor)
{
  g_autoptr (GPtrArray) lines = NULL;
  g_autoptr (GPtrArray) later = NULL;

  go (40);
  lines = lane_replay_list_events (replay, 0, NULL, 100, 100000);
  ck_assert_uint_eq (lines->len, 2);
  ck_assert_ptr_nonnull (strstr (lines->pdata[0], "\"began\""));
  ck_assert_ptr_nonnull (strstr (lines->pdata[0], "\"sequence\":1"));
  ck_assert_ptr_nonnull (strstr (lines->pdata[1], "\"moved\""));
  go (55);
  later = lane_replay_list_events (replay, 2, "cam", 100, 100000);
  ck_assert_uint_eq (later->len, 1);
  ck_assert_ptr_nonnull (strstr (later->pdata[0], "\"moved back\""));
}
END_TEST

START_TEST (seeking_knows_moments_and_steps)
{
  static const struct {
    const char *to;
    double at;
  } cases[] = {
    { "start", 0 },
    { "next", 2 },
    { "next", 30 },
    { "next", 50 },
    { "next", 121 },
    { "next", 121 },
    { "previous", 50 },
    { "previous", 30 },
    { "+5", 35 },
    { "-0.5", 34.5 },
    { "previous", 30 },
    { "-100", 0 },
    { "previous", 0 },
    { "end", 121 },
    { "2026-11-22T10:00:12Z", 12 },
    { "2026-01-01T00:00:00Z", 0 },
    { "+1e8", 121 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    ck_assert (lane_replay_seek (replay, cases[i].to, NULL));
    ck_assert_msg (lane_replay_get_at_us (replay) - start_us
                       == (gint64)(cases[i].at * G_USEC_PER_SEC),
                   "%u: %s", i, cases[i].to);
  }
}
END_TEST

START_TEST (a_time_of_day_is_the_last_such)
{
  g_autoptr (GDateTime) at = g_date_time_new_from_unix_local (start_us / G_USEC_PER_SEC + 42);
  g_autofree char *text = g_date_time_format (at, "%H:%M:%S");

  ck_assert (lane_replay_seek (replay, text, NULL));
  ck_assert_int_eq (lane_replay_get_at_us (replay) - start_us, 42 * G_USEC_PER_SEC);
}
END_TEST

START_TEST (what_is_no_moment_is_refused_and_moves_nothing)
{
  static const char *const bad[] = { "", "noon", "25:00", "10:61", "+", "+x", "+nan", "10:00:00x" };

  go (40);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    ck_assert_msg (!lane_replay_seek (replay, bad[i], &error), "%s", bad[i]);
    ck_assert (g_error_matches (error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_TIME));
    ck_assert_int_eq (lane_replay_get_at_us (replay) - start_us, 40 * G_USEC_PER_SEC);
  }
}
END_TEST

static JsonObject *
detail_at (double seconds, JsonNode **root)
{
  go (seconds);
  *root = parse (lane_replay_print_detail (replay, "cam", NULL));
  return json_node_get_object (*root);
}

static JsonObject *
first_generation (JsonObject *detail)
{
  return json_array_get_object_element (json_object_get_array_member (detail, "generations"), 0);
}

START_TEST (a_generation_grows_with_the_cursor)
{
  static const struct {
    double ms;
    const char *state, *pair; /* NULL: none yet */
    guint locals;
  } cases[] = {
    { 10, "gathering", NULL, 0 },       { 60, "gathering", NULL, 1 },
    { 130, "checking", "waiting", 1 },  { 200, "checking", "checking", 1 },
    { 360, "checking", "answered", 2 }, { 500, "connected", "answered", 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (JsonNode) root = NULL;
    JsonObject *generation = first_generation (detail_at (9 + cases[i].ms / 1000, &root));
    JsonArray *pairs = json_object_get_array_member (generation, "pairs");

    ck_assert_str_eq (json_object_get_string_member (generation, "state"), cases[i].state);
    ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (generation, "local")),
                       cases[i].locals);
    ck_assert_uint_eq (json_array_get_length (pairs), cases[i].pair != NULL);
    if (cases[i].pair != NULL)
      ck_assert_str_eq (
          json_object_get_string_member (json_array_get_object_element (pairs, 0), "state"),
          cases[i].pair);
  }
}
END_TEST

START_TEST (a_generation_that_ended_is_the_one_before)
{
  g_autoptr (JsonNode) during = NULL;
  g_autoptr (JsonNode) after = NULL;
  JsonObject *detail = detail_at (20, &during);

  ck_assert (json_object_get_boolean_member (first_generation (detail), "current"));
  ck_assert (json_object_get_null_member (detail, "previous_generation"));
  detail = detail_at (35, &after);
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (detail, "generations")),
                     0);
  ck_assert_int_eq (
      json_object_get_int_member (json_object_get_object_member (detail, "previous_generation"),
                                  "generation"),
      1);
}
END_TEST

START_TEST (the_history_is_made_of_the_samples)
{
  g_autoptr (JsonNode) root = NULL;
  JsonObject *history, *recent, *change;
  JsonArray *cells;

  go (32);
  root = parse (lane_replay_print_history (replay, "cam", NULL));
  history = json_node_get_object (root);
  ck_assert_str_eq (json_object_get_string_member (history, "path"), "relay");
  ck_assert_int_eq (json_object_get_int_member (history, "changes_count"), 2);
  change = json_array_get_object_element (json_object_get_array_member (history, "changes"), 0);
  ck_assert_str_eq (json_object_get_string_member (change, "old"), "direct");
  ck_assert_str_eq (json_object_get_string_member (change, "new"), "relay");
  recent = json_object_get_object_member (history, "recent");
  cells = json_object_get_array_member (recent, "rtt_mean_ms");
  /* The cells end at :32, so the last one is that from :27, where the relay's own began. */
  ck_assert_double_eq (json_array_get_double_element (cells, 179), 20);
  ck_assert (json_array_get_null_element (cells, 178));
  ck_assert_double_eq (json_array_get_double_element (cells, 177), 22);
  ck_assert_double_eq (json_array_get_double_element (cells, 176), 21);
}
END_TEST

START_TEST (an_unknown_peer_is_refused_with_a_hint)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (lane_replay_print_detail (replay, "can", &error));
  ck_assert (g_error_matches (error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_UNKNOWN_PEER));
  ck_assert_str_eq (error->message, "no peer 'can' in this recording (did you mean cam?)");
}
END_TEST

START_TEST (recordings_of_both_ends_go_side_by_side)
{
  g_autoptr (JsonNode) status = NULL;
  JsonArray *peers;

  add (HEADER ("cam", "bergen") LINE ("start", "00:05", "")
           STATE ("00:05", "waiting", "null", "0"));
  add (HEADER ("@node", "oslo") LINE ("start", "00:00", "")
           LINE ("state", "00:00", ",\"state\":{\"name\":\"oslo\",\"addresses\":[\"192.0.2.1\"]}")
               LINE ("servers", "00:00", ",\"servers\":[{\"name\":\"home\"}]"));
  ck_assert (lane_replay_ready (replay, NULL));
  go (6);
  status = parse (lane_replay_print (replay, 0));
  peers = json_object_get_array_member (json_node_get_object (status), "peers");
  ck_assert_uint_eq (json_array_get_length (peers), 2);
  ck_assert_str_eq (
      json_object_get_string_member (json_array_get_object_element (peers, 1), "name"),
      "cam of bergen");
  ck_assert_uint_eq (json_array_get_length (
                         json_object_get_array_member (json_node_get_object (status), "servers")),
                     1);
  ck_assert (json_object_has_member (
      json_object_get_object_member (json_node_get_object (status), "node"), "addresses"));
}
END_TEST

START_TEST (a_folder_is_all_that_is_in_it)
{
  g_autofree char *directory = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  const char *const paths[] = { directory, NULL };
  g_autofree char *path = g_build_filename (directory, "cam.jsonl", NULL);
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", directory);
  g_autoptr (LaneReplay) loaded = NULL;
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (lane_replay_load (paths, &error));
  ck_assert_ptr_nonnull (strstr (error->message, "no recording (*.jsonl) is in this folder"));
  g_clear_error (&error);
  ck_assert (g_file_set_contents (path, HEADER ("cam", "oslo"), -1, NULL));
  ck_assert_ptr_null (lane_replay_load (paths, &error));
  ck_assert (g_str_has_prefix (error->message, "nothing is recorded in this file yet"));
  ck_assert (g_file_set_contents (path, CAM, -1, NULL));
  loaded = lane_replay_load (paths, NULL);
  ck_assert_ptr_nonnull (loaded);
  ck_assert_int_eq (lane_replay_get_to_us (loaded) - lane_replay_get_from_us (loaded),
                    121 * G_USEC_PER_SEC);
  ck_assert_int_eq (system (command), 0);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("replay");
  TCase *tests = tcase_create ("replay");

  tcase_add_checked_fixture (tests, setup, teardown);
  tcase_add_test (tests, the_cursor_begins_at_the_end);
  tcase_add_test (tests, a_peer_is_as_it_was);
  tcase_add_test (tests, numbers_are_those_measured_last);
  tcase_add_test (tests, the_history_ends_at_the_cursor);
  tcase_add_test (tests, the_cursor_is_told);
  tcase_add_test (tests, events_are_those_up_to_the_cursor);
  tcase_add_test (tests, seeking_knows_moments_and_steps);
  tcase_add_test (tests, a_time_of_day_is_the_last_such);
  tcase_add_test (tests, what_is_no_moment_is_refused_and_moves_nothing);
  tcase_add_test (tests, a_generation_grows_with_the_cursor);
  tcase_add_test (tests, a_generation_that_ended_is_the_one_before);
  tcase_add_test (tests, the_history_is_made_of_the_samples);
  tcase_add_test (tests, an_unknown_peer_is_refused_with_a_hint);
  tcase_add_test (tests, recordings_of_both_ends_go_side_by_side);
  tcase_add_test (tests, a_folder_is_all_that_is_in_it);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
