#include "suite.h"

#include <math.h>
#include <string.h>

#include "client.h"
#include "recording-text.h"
#include "replay-service.h"

static char *directory, *path;
static LaneReplayService *service;
static LaneClient *client;
static GString *seen; /* a word for each callback; `rewound` clears it */
static GError *refusal;
static guint answers;

static void
on_connected (LaneClient *c, gpointer user_data)
{
  g_string_append (seen, "connected ");
}

static void
on_changed (LaneClient *c, gpointer user_data)
{
  g_string_append (seen, "changed ");
}

static void
on_event (LaneClient *c, const LaneEventView *event, gpointer user_data)
{
  g_string_append_printf (seen, "event:%s ", event->text);
}

static void
on_rewound (LaneClient *c, gpointer user_data)
{
  g_string_assign (seen, "rewound ");
}

static void
on_done (LaneClient *c, const GError *error, gpointer user_data)
{
  answers++;
  g_clear_error (&refusal);
  if (error != NULL)
    refusal = g_error_copy (error);
}

static const LaneClientEvents events = {
  .connected = on_connected,
  .changed = on_changed,
  .event = on_event,
  .rewound = on_rewound,
};

#define run_until(condition)                                                                       \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 deadline = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;                                \
                                                                                                   \
    while (!(condition) && g_get_monotonic_time () < deadline)                                     \
      g_main_context_iteration (NULL, TRUE);                                                       \
    ck_assert_msg (condition, "%s after: %s", #condition, seen->str);                              \
  }                                                                                                \
  G_STMT_END

static gboolean
has_seen (const char *word)
{
  return strstr (seen->str, word) != NULL;
}

static void
setup (void)
{
  g_autoptr (GBytes) text = g_bytes_new_static (CAM, strlen (CAM));
  LaneReplay *replay = lane_replay_new ();

  directory = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  path = g_build_filename (directory, "control", NULL);
  lane_replay_add (replay, lane_recording_parse ("cam", text, NULL));
  ck_assert (lane_replay_ready (replay, NULL));
  service = lane_replay_service_new (replay, path, NULL);
  ck_assert_ptr_nonnull (service);
  seen = g_string_new (NULL);
  client = lane_client_new (path, &events, NULL);
  lane_client_connect (client, 100);
  run_until (has_seen ("event:moved back"));
}

static void
teardown (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", directory);

  lane_client_free (client);
  lane_replay_service_free (service);
  ck_assert_int_eq (system (command), 0);
  g_string_free (seen, TRUE);
  g_clear_error (&refusal);
  g_free (directory);
  g_free (path);
}

static const LanePeerView *
get_peer (void)
{
  return lane_snapshot_find_peer (lane_client_get_snapshot (client), "cam");
}

static const LaneReplayView *
get_cursor (void)
{
  return lane_client_get_snapshot (client)->replay;
}

static void
seek (const char *to)
{
  guint before = answers;

  g_string_assign (seen, "");
  lane_client_seek (client, to, on_done, NULL);
  run_until (answers > before);
}

START_TEST (a_client_sees_a_node_with_a_cursor)
{
  ck_assert_str_eq (lane_client_get_snapshot (client)->name, "oslo");
  ck_assert_ptr_nonnull (get_cursor ());
  ck_assert_int_eq (get_cursor ()->at_us, get_cursor ()->to_us);
  ck_assert_double_eq (get_cursor ()->speed, 0);
  ck_assert_uint_eq (get_cursor ()->events, 3);
  ck_assert_str_eq (get_peer ()->state, "gathering");
}
END_TEST

START_TEST (a_jump_back_takes_events_and_states_with_it)
{
  seek ("start");
  seek ("+35");
  run_until (g_strcmp0 (get_peer ()->path, "relay") == 0 && has_seen ("event:moved "));
  ck_assert (!has_seen ("moved back"));
  ck_assert (has_seen ("rewound event:began event:moved "));
  ck_assert_uint_eq (get_cursor ()->event, 2);
  seek ("previous");
  seek ("previous");
  run_until (g_strcmp0 (get_peer ()->state, "waiting") == 0 && has_seen ("event:began ")
             && !has_seen ("moved"));
}
END_TEST

START_TEST (it_plays_to_the_end_and_stops_there)
{
  guint before = answers;

  seek ("start");
  run_until (get_cursor ()->at_us == get_cursor ()->from_us);
  lane_client_play (client, 120, on_done, NULL); /* two minutes in about one second */
  run_until (answers > before && get_cursor ()->speed > 100);
  run_until (get_cursor ()->at_us == get_cursor ()->to_us && get_cursor ()->speed == 0);
  run_until (has_seen ("event:moved back"));
  ck_assert (strstr (seen->str, "event:began ") < strstr (seen->str, "event:moved "));
  ck_assert (strstr (seen->str, "event:moved ") < strstr (seen->str, "event:moved back"));
  ck_assert_str_eq (get_peer ()->state, "gathering");
}
END_TEST

START_TEST (playing_from_the_end_begins_at_the_start)
{
  lane_client_play (client, 1, on_done, NULL);
  run_until (get_cursor ()->at_us < get_cursor ()->to_us && get_cursor ()->speed == 1);
  lane_client_play (client, 0, on_done, NULL);
  run_until (get_cursor ()->speed == 0);
  ck_assert_int_lt (get_cursor ()->at_us - get_cursor ()->from_us, 10 * G_USEC_PER_SEC);
}
END_TEST

START_TEST (commands_to_a_node_are_refused_in_words)
{
  lane_client_command (client, LANE_COMMAND_RESTART, "cam", on_done, NULL);
  run_until (refusal != NULL);
  ck_assert (g_error_matches (refusal, LANE_CLIENT_ERROR, LANE_CLIENT_ERROR_REFUSED));
  ck_assert_str_eq (refusal->message, "this is a recording: Restart is for a node that runs");
  g_clear_error (&refusal);
  lane_client_command (client, LANE_COMMAND_STOP, NULL, on_done, NULL);
  run_until (refusal != NULL);
  ck_assert_str_eq (refusal->message, "this is a recording: Stop is for a node that runs");
}
END_TEST

START_TEST (nonsense_is_refused_and_moves_nothing)
{
  static const double speeds[] = { -1, 1e6, NAN, INFINITY };

  seek ("noon");
  ck_assert_ptr_nonnull (refusal);
  ck_assert_ptr_nonnull (strstr (refusal->message, "'noon' is no moment"));
  for (guint i = 0; i < G_N_ELEMENTS (speeds); i++) {
    g_clear_error (&refusal);
    lane_client_play (client, speeds[i], on_done, NULL);
    run_until (refusal != NULL);
    ck_assert_ptr_nonnull (strstr (refusal->message, "the speed is no number from 0"));
  }
  ck_assert_int_eq (get_cursor ()->at_us, get_cursor ()->to_us);
}
END_TEST

static void
on_detail (LaneClient *c, const LanePeerDetail *detail, const GError *error, gpointer user_data)
{
  guint *generations = user_data;

  ck_assert_ptr_null (error);
  *generations = detail->generations->len;
}

START_TEST (a_peer_has_its_generation_of_the_moment)
{
  guint generations = 9;

  seek ("start");
  seek ("+20");
  lane_client_get_detail (client, "cam", on_detail, &generations);
  run_until (generations != 9);
  ck_assert_uint_eq (generations, 1);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("replay-service");
  TCase *tests = tcase_create ("replay-service");

  tcase_add_checked_fixture (tests, setup, teardown);
  tcase_set_timeout (tests, 20);
  tcase_add_test (tests, a_client_sees_a_node_with_a_cursor);
  tcase_add_test (tests, a_jump_back_takes_events_and_states_with_it);
  tcase_add_test (tests, it_plays_to_the_end_and_stops_there);
  tcase_add_test (tests, playing_from_the_end_begins_at_the_start);
  tcase_add_test (tests, commands_to_a_node_are_refused_in_words);
  tcase_add_test (tests, nonsense_is_refused_and_moves_nothing);
  tcase_add_test (tests, a_peer_has_its_generation_of_the_moment);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
