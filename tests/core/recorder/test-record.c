#include "suite.h"

#include <string.h>

#include "recorder/record.h"

START_TEST (a_name_cannot_leave_its_folder)
{
  static const struct {
    const char *peer, *file;
  } cases[] = {
    { "berlin", "berlin.jsonl" },
    { "edge-09.lan_2", "edge-09.lan_2.jsonl" },
    { "../../etc", "%2E.%2F..%2Fetc.jsonl" },
    { ".hidden", "%2Ehidden.jsonl" },
    { "a b/c", "a%20b%2Fc.jsonl" },
    { "a%20b", "a%2520b.jsonl" },
    { "@node", "@node.jsonl" },
    { "@nodes", "%40nodes.jsonl" },
    { "\xc3\xbc", "%C3%BC.jsonl" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *file = lane_record_file_name (cases[i].peer);

    ck_assert_str_eq (file, cases[i].file);
  }
}
END_TEST

START_TEST (long_names_stay_apart)
{
  g_autofree char *one = g_strnfill (400, 'x');
  g_autofree char *two = g_strnfill (401, 'x');
  g_autofree char *first = lane_record_file_name (one);
  g_autofree char *second = lane_record_file_name (two);

  ck_assert_uint_lt (strlen (first), 200);
  ck_assert_str_ne (first, second);
}
END_TEST

START_TEST (every_kind_has_its_word)
{
  for (LaneRecordKind kind = 0; kind < LANE_N_RECORDS; kind++)
    ck_assert_int_eq (lane_record_kind_from_string (lane_record_kind_to_string (kind)), kind);
  ck_assert_int_eq (lane_record_kind_from_string ("nonsense"), LANE_N_RECORDS);
}
END_TEST

START_TEST (lines_are_as_documented)
{
  const LaneRecordHeader header = { "oslo", "k3vq", "0.1.0", "berlin", "abcd" };
  g_autofree char *head = lane_record_header (&header, 1000);
  g_autofree char *mark = lane_record_mark (LANE_RECORD_STOP, 2000);
  g_autofree char *lost = lane_record_lost (3, 3000);
  g_autofree char *value = lane_record_value (LANE_RECORD_SAMPLE, 4000, "{\"loss\":0}");

  ck_assert_str_eq (head,
                    "{\"record\":\"header\",\"time\":\"1970-01-01T00:00:00.001Z\",\"schema\":1,"
                    "\"node\":{\"name\":\"oslo\",\"id\":\"k3vq\"},"
                    "\"peer\":{\"name\":\"berlin\",\"id\":\"abcd\"},\"version\":\"0.1.0\"}");
  ck_assert_str_eq (mark, "{\"record\":\"stop\",\"time\":\"1970-01-01T00:00:00.002Z\"}");
  ck_assert_str_eq (lost,
                    "{\"record\":\"lost\",\"time\":\"1970-01-01T00:00:00.003Z\",\"lines\":3}");
  ck_assert_str_eq (value, "{\"record\":\"sample\",\"time\":\"1970-01-01T00:00:00.004Z\","
                           "\"sample\":{\"loss\":0}}");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("record");
  TCase *tests = tcase_create ("record");

  tcase_add_test (tests, a_name_cannot_leave_its_folder);
  tcase_add_test (tests, long_names_stay_apart);
  tcase_add_test (tests, every_kind_has_its_word);
  tcase_add_test (tests, lines_are_as_documented);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
