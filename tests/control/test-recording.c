#include "suite.h"

#include <string.h>

#include "recording.h"

#define HEADER                                                                                     \
  "{\"record\":\"header\",\"time\":\"2026-11-22T10:00:00.000Z\",\"schema\":1,"                     \
  "\"node\":{\"name\":\"oslo\",\"id\":\"k3vq\"},\"peer\":{\"name\":\"cam\",\"id\":\"abcd\"},"      \
  "\"version\":\"0.1.0\"}\n"
#define LINE(kind, time, rest)                                                                     \
  "{\"record\":\"" kind "\",\"time\":\"2026-11-22T" time "Z\"" rest "}\n"

static char *directory;

static void
setup (void)
{
  directory = g_dir_make_tmp ("icelane-XXXXXX", NULL);
}

static void
teardown (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", directory);

  ck_assert_int_eq (system (command), 0);
  g_free (directory);
}

static LaneRecording *
parse (const char *text, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return lane_recording_parse ("cam.jsonl", bytes, error);
}

START_TEST (a_recording_is_its_header_and_its_lines)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneRecording) recording =
      parse (HEADER LINE ("start", "10:00:00", "")
                 LINE ("state", "10:00:01.5", ",\"state\":{\"state\":\"waiting\"}")
                     LINE ("stop", "10:00:02", ""),
             &error);
  g_autoptr (JsonNode) value = NULL;

  ck_assert_ptr_null (error);
  ck_assert_str_eq (lane_recording_get_peer (recording), "cam");
  ck_assert_str_eq (lane_recording_get_node (recording), "oslo");
  ck_assert_str_eq (lane_recording_get_node_id (recording), "k3vq");
  ck_assert_uint_eq (lane_recording_count (recording), 3);
  ck_assert_int_eq (lane_recording_nth (recording, 1)->kind, LANE_RECORD_STATE);
  ck_assert_int_eq (lane_recording_nth (recording, 1)->time_us
                        - lane_recording_nth (recording, 0)->time_us,
                    1500000);
  value = lane_record_entry_get_value (lane_recording_nth (recording, 1));
  ck_assert_str_eq (json_object_get_string_member (json_node_get_object (value), "state"),
                    "waiting");
}
END_TEST

START_TEST (a_last_line_without_its_end_is_left_out)
{
  g_autoptr (LaneRecording) recording =
      parse (HEADER LINE ("start", "10:00:00", "") "{\"record\":\"sta", NULL);

  ck_assert_ptr_nonnull (recording);
  ck_assert_uint_eq (lane_recording_count (recording), 1);
}
END_TEST

START_TEST (kinds_of_a_later_version_are_left_out)
{
  g_autoptr (LaneRecording) recording = parse (
      HEADER LINE ("weather", "10:00:00", ",\"weather\":7") LINE ("stop", "10:00:01", ""), NULL);

  ck_assert_ptr_nonnull (recording);
  ck_assert_uint_eq (lane_recording_count (recording), 1);
}
END_TEST

START_TEST (a_clock_that_was_set_back_does_not_change_the_order)
{
  g_autoptr (LaneRecording) recording =
      parse (HEADER LINE ("start", "10:00:00", "") LINE ("stop", "09:00:00", ""), NULL);

  ck_assert_int_eq (lane_recording_nth (recording, 1)->time_us,
                    lane_recording_nth (recording, 0)->time_us);
}
END_TEST

START_TEST (the_entries_up_to_a_moment_are_found)
{
  g_autoptr (LaneRecording) recording =
      parse (HEADER LINE ("start", "10:00:00", "") LINE ("stop", "10:00:02", "")
                 LINE ("start", "10:00:02", "") LINE ("stop", "10:00:09", ""),
             NULL);
  gint64 start_us = lane_recording_nth (recording, 0)->time_us;

  ck_assert_uint_eq (lane_recording_find (recording, start_us - 1), 0);
  ck_assert_uint_eq (lane_recording_find (recording, start_us), 1);
  ck_assert_uint_eq (lane_recording_find (recording, start_us + 1999999), 1);
  ck_assert_uint_eq (lane_recording_find (recording, start_us + 2000000), 3);
  ck_assert_uint_eq (lane_recording_find (recording, G_MAXINT64), 4);
}
END_TEST

START_TEST (what_is_wrong_is_told_with_its_place_and_cure)
{
  static const struct {
    const char *text, *message;
  } cases[] = {
    { "", "cam.jsonl:1: the file is empty: icelane has recorded nothing in it yet" },
    { "{\"record\":\"hea", "cam.jsonl:1: this is no recording of icelane: it has no whole line" },
    { "hello\n", "cam.jsonl:1: " },
    { "{\"time\":1}\n", "cam.jsonl:1: this is no recording of icelane: those begin with a header" },
    { LINE ("start", "10:00:00", ""), "cam.jsonl:1: this is no recording of icelane" },
    { "{\"record\":\"header\",\"schema\":2}\n",
      "cam.jsonl:1: written by a newer icelane (schema 2): "
      "replay it with that one" },
    { "{\"record\":\"header\",\"schema\":1}\n",
      "cam.jsonl:1: the header does not say whose record this is" },
    { HEADER "{\"record\":\"state\"}\n",
      "cam.jsonl:2: a line without its kind or time: remove it" },
    { HEADER "{\"record\":\"stop\",\"time\":\"yesterday\"}\n",
      "cam.jsonl:2: a line without its kind or time" },
    { HEADER LINE ("stop", "10:00:00", "") LINE ("state", "10:00:00", ""),
      "cam.jsonl:3: a state without its value: remove the line" },
    { HEADER LINE ("state", "10:00:00", ",\"state\":[]"),
      "cam.jsonl:2: a state without its value" },
    { HEADER LINE ("generation", "10:00:00", ",\"generation\":{\"generation\":-1}"),
      "cam.jsonl:2: a generation without its number or start" },
    { HEADER "{\"a\":1,\"a\":2}\n", "cam.jsonl:2: " },
    { HEADER "[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]\n", "cam.jsonl:2: " },
    { HEADER "\n", "cam.jsonl:2: " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    ck_assert_ptr_null (parse (cases[i].text, &error));
    ck_assert (g_error_matches (error, LANE_RECORDING_ERROR, LANE_RECORDING_ERROR_MALFORMED));
    ck_assert_msg (g_str_has_prefix (error->message, cases[i].message), "%u: %s", i,
                   error->message);
  }
}
END_TEST

START_TEST (a_line_that_is_too_long_is_refused)
{
  g_autofree char *long_text = g_strnfill (LANE_RECORDING_LINE_MAX, 'x');
  g_autofree char *text = g_strconcat (HEADER "{\"record\":\"", long_text, "\"}\n", NULL);
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (parse (text, &error));
  ck_assert (g_str_has_prefix (error->message, "cam.jsonl:2: "));
}
END_TEST

START_TEST (a_file_comes_with_its_older_half)
{
  g_autofree char *path = g_build_filename (directory, "cam.jsonl", NULL);
  g_autofree char *older = g_strconcat (path, ".1", NULL);
  g_autoptr (LaneRecording) recording = NULL;

  ck_assert (g_file_set_contents (older, HEADER LINE ("start", "10:00:00", ""), -1, NULL));
  ck_assert (g_file_set_contents (path, HEADER LINE ("stop", "10:00:01", ""), -1, NULL));
  recording = lane_recording_load (path, NULL);
  ck_assert_ptr_nonnull (recording);
  ck_assert_uint_eq (lane_recording_count (recording), 2);
  ck_assert_int_eq (lane_recording_nth (recording, 0)->kind, LANE_RECORD_START);
}
END_TEST

START_TEST (what_is_no_file_is_refused_at_once)
{
  static const struct {
    const char *path, *message;
  } cases[] = {
    { "/dev/zero", "/dev/zero: not a regular file" },
    { "/nowhere/cam.jsonl", "/nowhere/cam.jsonl: No such file or directory" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    ck_assert_ptr_null (lane_recording_load (cases[i].path, &error));
    ck_assert (g_error_matches (error, LANE_RECORDING_ERROR, LANE_RECORDING_ERROR_FILE));
    ck_assert_str_eq (error->message, cases[i].message);
  }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("recording");
  TCase *tests = tcase_create ("recording");

  tcase_add_checked_fixture (tests, setup, teardown);
  tcase_add_test (tests, a_recording_is_its_header_and_its_lines);
  tcase_add_test (tests, a_last_line_without_its_end_is_left_out);
  tcase_add_test (tests, kinds_of_a_later_version_are_left_out);
  tcase_add_test (tests, a_clock_that_was_set_back_does_not_change_the_order);
  tcase_add_test (tests, the_entries_up_to_a_moment_are_found);
  tcase_add_test (tests, what_is_wrong_is_told_with_its_place_and_cure);
  tcase_add_test (tests, a_line_that_is_too_long_is_refused);
  tcase_add_test (tests, a_file_comes_with_its_older_half);
  tcase_add_test (tests, what_is_no_file_is_refused_at_once);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
