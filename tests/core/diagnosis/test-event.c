#include "suite.h"

#include <string.h>

#include "diagnosis/event.h"

static LaneEvent *
path_event (void)
{
  JsonObject *fields = json_object_new ();
  LaneEvent *event;

  json_object_set_string_member (fields, "from", "checking");
  json_object_set_double_member (fields, "rtt_ms", 1.5);
  event = lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_PATH, "cam-7", fields, "checking -> %s",
                          "direct");
  event->time_us = G_GINT64_CONSTANT (1795305600123456); /* 2026-11-22T00:00:00.123456Z */
  event->sequence = 7;
  return event;
}

START_TEST (a_packed_event_tells_the_same_in_less_room)
{
  g_autoptr (LaneEvent) event = path_event ();
  g_autofree char *before = lane_event_to_json_line (event);
  g_autofree char *after = NULL;
  gsize size = lane_event_get_size (event);

  lane_event_pack (event);
  after = lane_event_to_json_line (event);

  ck_assert_str_eq (before, after);
  ck_assert_ptr_null (event->fields);
  ck_assert_uint_lt (lane_event_get_size (event), size);
}
END_TEST

START_TEST (json_line_has_the_record_and_its_fields)
{
  g_autoptr (LaneEvent) event = path_event ();
  g_autofree char *line = NULL;

  event->monotonic_us = 77000500;
  line = lane_event_to_json_line (event);
  ck_assert_str_eq (
      line, "{\"time\":\"2026-11-22T00:00:00.123Z\",\"monotonic_us\":77000500,\"level\":\"info\","
            "\"peer\":\"cam-7\",\"kind\":\"path\",\"text\":\"checking -> direct\","
            "\"sequence\":7,\"fact\":\"note\",\"from\":\"checking\",\"rtt_ms\":1.5}");
}
END_TEST

START_TEST (an_event_of_the_node_has_a_null_peer)
{
  g_autoptr (LaneEvent) event =
      lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_NAT, NULL, NULL, "x");
  g_autoptr (JsonNode) node = lane_event_to_json (event);

  ck_assert (json_object_get_null_member (json_node_get_object (node), "peer"));
}
END_TEST

START_TEST (text_line_is_for_people)
{
  g_autofree char *info = NULL, *error = NULL;
  g_autoptr (LaneEvent) event = NULL;

  g_setenv ("TZ", "UTC", TRUE);
  event = path_event ();
  info = lane_event_to_text_line (event);
  ck_assert_str_eq (info, "00:00:00 cam-7    PATH  checking -> direct");

  event->level = LANE_LOG_LEVEL_ERROR;
  error = lane_event_to_text_line (event);
  ck_assert_str_eq (error, "00:00:00 cam-7    ERROR checking -> direct");
}
END_TEST

START_TEST (hostile_text_stays_one_visible_line)
{
  JsonObject *fields = json_object_new ();
  JsonArray *list = json_array_new ();
  g_autoptr (LaneEvent) event = NULL;
  g_autofree char *line = NULL;

  json_array_add_string_element (list, "c\xe2\x80\xae"
                                       "d");
  json_object_set_array_member (fields, "list", list);
  json_object_set_string_member (fields, "level", "error");
  event = lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_SECURITY, "a\nb", fields, "x\033[2J\ny");
  line = lane_event_to_json_line (event);

  ck_assert_str_eq (event->text, "x␛[2J␊y");
  ck_assert_str_eq (event->peer, "a␊b");
  ck_assert_ptr_nonnull (strstr (line, "\"c\xef\xbf\xbd"
                                       "d\""));
  ck_assert_ptr_nonnull (strstr (line, "\"level\":\"info\""));
  ck_assert_ptr_null (strstr (line, "\"level\":\"error\""));
}
END_TEST

START_TEST (a_line_never_exceeds_2_kib)
{
  g_autofree char *quotes = g_strnfill (4000, '"');
  JsonObject *fields = json_object_new ();
  g_autoptr (LaneEvent) event = NULL;
  g_autofree char *line = NULL;

  for (guint i = 0; i < 20; i++) {
    g_autofree char *name = g_strdup_printf ("field_%u", i);

    json_object_set_string_member (fields, name, quotes);
  }
  event = lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_PAIR, quotes, fields, "%s", quotes);
  line = lane_event_to_json_line (event);

  ck_assert_uint_le (strlen (line), 2048);
  ck_assert_ptr_nonnull (strstr (line, "\"truncated\":true"));
}
END_TEST

START_TEST (every_kind_has_its_word)
{
  static const char *const words[] = { "gather",  "candidate", "pair",   "path",      "state",
                                       "restart", "server",    "nat",    "signaling", "security",
                                       "config",  "forward",   "network" };

  ck_assert_uint_eq (G_N_ELEMENTS (words), LANE_EVENT_NETWORK + 1);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    ck_assert_str_eq (lane_event_kind_to_string (i), words[i]);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("event");
  TCase *tcase = tcase_create ("event");

  tcase_add_test (tcase, json_line_has_the_record_and_its_fields);
  tcase_add_test (tcase, a_packed_event_tells_the_same_in_less_room);
  tcase_add_test (tcase, an_event_of_the_node_has_a_null_peer);
  tcase_add_test (tcase, text_line_is_for_people);
  tcase_add_test (tcase, hostile_text_stays_one_visible_line);
  tcase_add_test (tcase, a_line_never_exceeds_2_kib);
  tcase_add_test (tcase, every_kind_has_its_word);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
