/* What is counted, how it is written down, and the file it goes to. What a whole node writes is
 * parsed in the lab (test_machine.py). */
#include "metrics/exposition.h"
#include "metrics/metrics-file.h"
#include "metrics/tally.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "suite.h"

#include "../servers/until.h"

/* Counting */

START_TEST (round_trips_fall_into_their_buckets)
{
  g_autoptr (LaneTally) tally = lane_tally_new ();
  static const double ms[] = { 0.2, 1, 1.1, 49, 50, 700, 9000 };
  const LaneTallyRtt *rtt;

  ck_assert_ptr_null (lane_tally_get_rtt (tally, "berlin"));
  for (gsize i = 0; i < G_N_ELEMENTS (ms); i++)
    lane_tally_add_rtt (tally, "berlin", ms[i]);
  rtt = lane_tally_get_rtt (tally, "berlin");
  ck_assert_uint_eq (rtt->count, 7);
  ck_assert_double_eq_tol (rtt->sum_s, 9.8013, 1e-9);
  ck_assert_uint_eq (rtt->buckets[0], 2); /* 1 ms is not more than 1 ms */
  ck_assert_uint_eq (rtt->buckets[1], 1);
  ck_assert_uint_eq (rtt->buckets[5], 2);
  ck_assert_uint_eq (rtt->buckets[9], 1);
  ck_assert_uint_eq (rtt->buckets[LANE_TALLY_N_BUCKETS], 1);

  lane_tally_forget_peer (tally, "berlin");
  ck_assert_ptr_null (lane_tally_get_rtt (tally, "berlin"));
}
END_TEST

START_TEST (traffic_counts_for_the_relay_it_went_over)
{
  g_autoptr (LaneTally) tally = lane_tally_new ();
  g_autoptr (GArray) relays = NULL;
  const LaneTallyRelay *home, *backup;

  lane_tally_set_traffic (tally, "berlin", NULL, 100, 50);
  lane_tally_set_traffic (tally, "berlin", "home", 110, 55); /* these went direct */
  lane_tally_set_traffic (tally, "berlin", "home", 210, 75);
  lane_tally_set_traffic (tally, "oslo", "home", 1000, 1000); /* and these */
  lane_tally_set_traffic (tally, "oslo", "home", 1001, 1002);
  lane_tally_set_traffic (tally, "berlin", "backup", 220, 80);
  lane_tally_set_traffic (tally, "berlin", NULL, 223, 84);
  lane_tally_set_traffic (tally, "berlin", NULL, 999, 999);
  relays = lane_tally_list_relays (tally);
  ck_assert_uint_eq (relays->len, 2);
  backup = &g_array_index (relays, LaneTallyRelay, 0);
  home = &g_array_index (relays, LaneTallyRelay, 1);
  ck_assert_str_eq (backup->server, "backup");
  ck_assert_uint_eq (backup->tx_bytes, 3);
  ck_assert_uint_eq (backup->rx_bytes, 4);
  ck_assert_str_eq (home->server, "home");
  ck_assert_uint_eq (home->tx_bytes, 111);
  ck_assert_uint_eq (home->rx_bytes, 27);
}
END_TEST

START_TEST (counter_never_runs_backwards_when_a_total_does)
{
  g_autoptr (LaneTally) tally = lane_tally_new ();
  g_autoptr (GArray) relays = NULL;

  lane_tally_set_traffic (tally, "berlin", "home", 500, 500);
  lane_tally_set_traffic (tally, "berlin", "home", 10, 10);
  lane_tally_set_traffic (tally, "berlin", "home", 15, 16);
  relays = lane_tally_list_relays (tally);
  ck_assert_uint_eq (g_array_index (relays, LaneTallyRelay, 0).tx_bytes, 5);
  ck_assert_uint_eq (g_array_index (relays, LaneTallyRelay, 0).rx_bytes, 6);
}
END_TEST

START_TEST (gather_failures_are_counted_by_server_and_code)
{
  g_autoptr (LaneTally) tally = lane_tally_new ();
  g_autoptr (GArray) failures = NULL;
  const LaneTallyFailure *list;

  lane_tally_add_gather_failure (tally, "home", "timeout");
  lane_tally_add_gather_failure (tally, "backup", "auth");
  lane_tally_add_gather_failure (tally, "home", "timeout");
  lane_tally_add_gather_failure (tally, "home", "auth");
  failures = lane_tally_list_failures (tally);
  list = (const LaneTallyFailure *)failures->data;
  ck_assert_uint_eq (failures->len, 3);
  ck_assert_str_eq (list[0].server, "backup");
  ck_assert_str_eq (list[1].server, "home");
  ck_assert_str_eq (list[1].code, "auth");
  ck_assert_str_eq (list[2].code, "timeout");
  ck_assert_uint_eq (list[2].count, 2);
}
END_TEST

START_TEST (names_that_come_and_go_do_not_grow_it_for_ever)
{
  g_autoptr (LaneTally) tally = lane_tally_new ();
  g_autoptr (GArray) relays = NULL, failures = NULL;

  for (guint i = 0; i < 5000; i++) {
    g_autofree char *server = g_strdup_printf ("server-%u", i);

    lane_tally_add_gather_failure (tally, server, "timeout");
    lane_tally_set_traffic (tally, "berlin", server, i, i);
  }
  relays = lane_tally_list_relays (tally);
  failures = lane_tally_list_failures (tally);
  ck_assert_uint_le (relays->len, 256);
  ck_assert_uint_le (failures->len, 1024);
}
END_TEST

/* Writing down */

START_TEST (families_are_written_as_openmetrics)
{
  static const double bounds[] = { 0.0025, 1 };
  static const guint64 counts[] = { 3, 0, 2 };
  LaneExposition *exposition = lane_exposition_new ();
  g_autofree char *text = NULL;

  lane_exposition_begin (exposition, "a_bytes", "counter", "bytes", "What it is.");
  lane_exposition_add (exposition, 9007199254740991.0, NULL);
  lane_exposition_add (exposition, 0.1, "peer", "a \"b\" \\ \n\xc3\xa9", "x", "", NULL);
  lane_exposition_begin (exposition, "b", "gauge", NULL, "Another.");
  lane_exposition_add (exposition, NAN, NULL);
  lane_exposition_begin (exposition, "c_seconds", "histogram", "seconds", "More.");
  lane_exposition_add_histogram (exposition, bounds, counts, 2, 1.25, "peer", "x\"");
  text = lane_exposition_end (exposition);
  ck_assert_str_eq (text, "# TYPE a_bytes counter\n"
                          "# UNIT a_bytes bytes\n"
                          "# HELP a_bytes What it is.\n"
                          "a_bytes_total 9007199254740991\n"
                          "a_bytes_total{peer=\"a \\\"b\\\" \\\\ \\n\xc3\xa9\",x=\"\"} 0.1\n"
                          "# TYPE b gauge\n"
                          "# HELP b Another.\n"
                          "b NaN\n"
                          "# TYPE c_seconds histogram\n"
                          "# UNIT c_seconds seconds\n"
                          "# HELP c_seconds More.\n"
                          "c_seconds_bucket{peer=\"x\\\"\",le=\"0.0025\"} 3\n"
                          "c_seconds_bucket{peer=\"x\\\"\",le=\"1.0\"} 3\n"
                          "c_seconds_bucket{peer=\"x\\\"\",le=\"+Inf\"} 5\n"
                          "c_seconds_sum{peer=\"x\\\"\"} 1.25\n"
                          "c_seconds_count{peer=\"x\\\"\"} 5\n"
                          "# EOF\n");
}
END_TEST

/* The file */

static GMainContext *context;
static LaneEventLog *event_log;
static LaneConfig *config;
static LaneMetricsFile *file;
static char *directory;
static guint produced;

static char *
produce (gpointer user_data)
{
  return g_strdup_printf ("number %u\n", ++produced);
}

static void
setup (void)
{
  context = g_main_context_new ();
  directory = g_dir_make_tmp ("lane-metrics-XXXXXX", NULL);
  event_log = lane_event_log_new (LANE_LOG_LEVEL_INFO);
  config = lane_config_new ();
  file = lane_metrics_file_new (context, event_log, produce, NULL);
  produced = 0;
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_all (child);
  }
  g_remove (path);
}

static void
teardown (void)
{
  lane_metrics_file_free (file);
  lane_event_log_free (event_log);
  lane_config_free (config);
  remove_all (directory);
  g_free (directory);
  g_main_context_unref (context);
}

static char *
path_of (const char *name)
{
  return g_build_filename (directory, name, NULL);
}

static void
use (const char *name)
{
  g_free (config->metrics.file);
  config->metrics.file = name != NULL ? path_of (name) : NULL;
  lane_metrics_file_set_config (file, config);
}

static gboolean
holds (const char *name, const char *expected)
{
  g_autofree char *path = path_of (name);
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && strcmp (text, expected) == 0;
}

static guint
count_entries (void)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  guint count = 0;

  while (g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

START_TEST (file_is_written_at_once_and_again_for_all_to_read)
{
  g_autofree char *path = path_of ("x.prom");
  GStatBuf info;
  mode_t mask = umask (077);

  config->metrics.interval_s = 1;
  use ("x.prom");
  iterate_until (context, holds ("x.prom", "number 1\n"));
  ck_assert_int_eq (g_stat (path, &info), 0);
  ck_assert_uint_eq (info.st_mode & 0777, 0644);
  ck_assert_uint_eq (count_entries (), 1);
  iterate_until (context, holds ("x.prom", "number 2\n"));
  umask (mask);
}
END_TEST

START_TEST (end_takes_the_file_away)
{
  use ("x.prom");
  iterate_until (context, holds ("x.prom", "number 1\n"));
  g_clear_pointer (&file, lane_metrics_file_free);
  ck_assert_uint_eq (count_entries (), 0);
}
END_TEST

START_TEST (end_while_it_is_written_leaves_nothing_either)
{
  use ("x.prom");
  g_main_context_iteration (context, TRUE); /* a thread has begun */
  ck_assert_uint_eq (produced, 1);
  g_clear_pointer (&file, lane_metrics_file_free);
  iterate_until (context, count_entries () == 0 && !g_main_context_pending (context));
}
END_TEST

START_TEST (another_path_moves_it_and_none_ends_it)
{
  use ("x.prom");
  iterate_until (context, holds ("x.prom", "number 1\n"));
  use ("y.prom");
  ck_assert_uint_eq (count_entries (), 0);
  iterate_until (context, holds ("y.prom", "number 2\n"));
  use (NULL);
  ck_assert_uint_eq (count_entries (), 0);
}
END_TEST

START_TEST (another_interval_counts_at_once)
{
  config->metrics.interval_s = 3600;
  use ("x.prom");
  iterate_until (context, holds ("x.prom", "number 1\n"));
  use ("x.prom"); /* the same: nothing happens */
  while (g_main_context_iteration (context, FALSE))
    ;
  ck_assert_uint_eq (produced, 1);
  config->metrics.interval_s = 60;
  use ("x.prom");
  iterate_until (context, holds ("x.prom", "number 2\n"));
}
END_TEST

static guint
count_events (void)
{
  g_autoptr (GPtrArray) list = lane_event_log_list (event_log, 0, NULL, 100);

  return list->len;
}

static JsonObject *
last_event (JsonNode **root)
{
  g_autoptr (GPtrArray) list = lane_event_log_list (event_log, 0, NULL, 1);

  *root = lane_event_to_json (list->pdata[0]);
  return json_node_get_object (*root);
}

START_TEST (failure_is_told_once_and_its_end_too)
{
  g_autofree char *folder = path_of ("later");
  g_autoptr (JsonNode) first = NULL, second = NULL;
  JsonObject *event;

  use ("later/x.prom");
  iterate_until (context, count_events () > 0);
  config->metrics.interval_s = 1;
  use ("later/x.prom");
  iterate_until (context, produced == 2);
  event = last_event (&first);
  ck_assert_str_eq (json_object_get_string_member (event, "fact"), "metrics");
  ck_assert_str_eq (json_object_get_string_member (event, "level"), "warning");
  ck_assert_str_eq (json_object_get_string_member (event, "state"), "failed");
  ck_assert_ptr_nonnull (
      strstr (json_object_get_string_member (event, "text"), "later/x.prom: No such file"));
  ck_assert_uint_eq (count_events (), 1);
  ck_assert_int_eq (g_mkdir (folder, 0700), 0);
  config->metrics.interval_s++;
  use ("later/x.prom");
  iterate_until (context, count_events () == 2);
  ck_assert (holds ("later/x.prom", "number 2\n") /* it was late */
             || holds ("later/x.prom", "number 3\n"));
  ck_assert_str_eq (json_object_get_string_member (last_event (&second), "state"), "ok");
}
END_TEST

START_TEST (link_in_its_place_is_replaced_and_not_followed)
{
  g_autofree char *victim = path_of ("victim");
  g_autofree char *path = path_of ("x.prom");
  g_autofree char *temporary = path_of (".x.prom.tmp");

  ck_assert (g_file_set_contents (victim, "precious", -1, NULL));
  ck_assert_int_eq (symlink (victim, path), 0);
  ck_assert_int_eq (symlink (victim, temporary), 0);
  use ("x.prom");
  iterate_until (context, holds ("x.prom", "number 1\n"));
  ck_assert (holds ("victim", "precious"));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("metrics");
  TCase *counting = tcase_create ("counting");
  TCase *files = tcase_create ("file");

  tcase_add_test (counting, round_trips_fall_into_their_buckets);
  tcase_add_test (counting, traffic_counts_for_the_relay_it_went_over);
  tcase_add_test (counting, counter_never_runs_backwards_when_a_total_does);
  tcase_add_test (counting, gather_failures_are_counted_by_server_and_code);
  tcase_add_test (counting, names_that_come_and_go_do_not_grow_it_for_ever);
  tcase_add_test (counting, families_are_written_as_openmetrics);
  suite_add_tcase (suite, counting);
  tcase_add_checked_fixture (files, setup, teardown);
  tcase_set_timeout (files, 20);
  tcase_add_test (files, file_is_written_at_once_and_again_for_all_to_read);
  tcase_add_test (files, end_takes_the_file_away);
  tcase_add_test (files, end_while_it_is_written_leaves_nothing_either);
  tcase_add_test (files, another_path_moves_it_and_none_ends_it);
  tcase_add_test (files, another_interval_counts_at_once);
  tcase_add_test (files, failure_is_told_once_and_its_end_too);
  tcase_add_test (files, link_in_its_place_is_replaced_and_not_followed);
  suite_add_tcase (suite, files);
  return lane_suite_run (suite);
}
