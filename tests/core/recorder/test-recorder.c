#include "suite.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recorder/recorder.h"

#define SECOND G_USEC_PER_SEC
#define START  (G_GINT64_CONSTANT (1800000000) * SECOND) /* of the simulated wall clock */

static char *directory, *folder, *path, *old_path;
static GMainContext *context;
static LaneRecorder *recorder;
static gint64 now_us; /* of both clocks, since the start */

/* The node, as far as the recorder asks it. */
static double rtt_ms;
static GPtrArray *complaints;

static char *
on_describe_peer (const char *peer, gpointer user_data)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strdup_printf ("{\"name\":\"%s\",\"state\":\"connected\",\"rtt_ms\":{\"last\":%s},"
                          "\"tx_bytes\":5}",
                          peer, g_ascii_dtostr (number, sizeof number, rtt_ms));
}

static char *
on_describe_generation (const char *peer, gpointer user_data)
{
  return g_strdup ("{\"generation\":7,\"current\":true}");
}

static void
on_failed (const char *text, gpointer user_data)
{
  g_ptr_array_add (complaints, g_strdup (text));
}

static const LaneRecorderEvents events = { on_describe_peer, on_describe_generation, on_failed };

static void
begin (guint64 max_bytes)
{
  const LaneRecorderSetup setup = { .directory = folder,
                                    .max_bytes = max_bytes,
                                    .n_peers = 1,
                                    .node = "oslo",
                                    .node_id = "k3vq",
                                    .version = "0.1.0" };

  recorder = lane_recorder_new (context, &setup, &events, NULL);
}

static void
setup (void)
{
  directory = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  folder = g_build_filename (directory, "state", "record", NULL);
  path = g_build_filename (folder, "cam.jsonl", NULL);
  old_path = g_strconcat (path, ".1", NULL);
  context = g_main_context_new ();
  complaints = g_ptr_array_new_with_free_func (g_free);
  rtt_ms = 20;
  now_us = SECOND;
}

static void
teardown (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", directory);

  g_clear_pointer (&recorder, lane_recorder_free);
  ck_assert_int_eq (system (command), 0);
  g_main_context_unref (context);
  g_ptr_array_unref (complaints);
  g_free (directory);
  g_free (folder);
  g_free (path);
  g_free (old_path);
}

static void
note (const char *words, guint generation)
{
  const LaneRecorderPeer peer = {
    .name = "cam", .id = "abcd", .words = words, .generation = generation
  };

  lane_recorder_note_peer (recorder, &peer, START + now_us, now_us);
}

static void
end_generation (const char *json)
{
  lane_recorder_note_generation (recorder, "cam", json, START + now_us, now_us);
}

static void
log_event (LaneLogLevel level, const char *peer, const char *text)
{
  g_autoptr (LaneEvent) event = lane_event_new (level, LANE_EVENT_STATE, peer, NULL, "%s", text);

  lane_recorder_note_event (recorder, event);
}

static void
end (void)
{
  g_clear_pointer (&recorder, lane_recorder_free);
}

/* How many lines of @file have @text; -1: there is no such file. */
static int
count (const char *file, const char *text)
{
  g_autofree char *content = NULL;
  g_auto (GStrv) lines = NULL;
  int n = 0;

  if (!g_file_get_contents (file, &content, NULL, NULL))
    return -1;
  lines = g_strsplit (content, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    n += strstr (lines[i], text) != NULL;
  return n;
}

static guint64
size_of (const char *file)
{
  struct stat info;

  return stat (file, &info) == 0 ? (guint64)info.st_size : 0;
}

static void
wait_for_complaint (void)
{
  gint64 deadline = g_get_monotonic_time () + 5 * SECOND;

  while (complaints->len == 0 && g_get_monotonic_time () < deadline) {
    g_main_context_iteration (context, FALSE);
    g_thread_yield ();
  }
  ck_assert_uint_eq (complaints->len, 1);
}

START_TEST (a_file_begins_with_its_header_and_ends_with_a_stop)
{
  struct stat info;
  g_autofree char *content = NULL;

  begin (1 << 20);
  note ("waiting", 0);
  log_event (LANE_LOG_LEVEL_INFO, "cam", "hello");
  log_event (LANE_LOG_LEVEL_DEBUG, "cam", "whisper");
  log_event (LANE_LOG_LEVEL_INFO, "stranger", "not ours");
  end ();
  ck_assert (g_file_get_contents (path, &content, NULL, NULL));
  ck_assert (g_str_has_prefix (content, "{\"record\":\"header\""));
  ck_assert_int_eq (count (path, "\"record\":\"start\""), 1);
  ck_assert_int_eq (count (path, "\"record\":\"state\""), 1);
  ck_assert_int_eq (count (path, "hello"), 1);
  ck_assert_int_eq (count (path, "whisper"), 0);
  ck_assert_int_eq (count (path, "not ours"), 0);
  ck_assert_int_eq (count (path, "\"record\":\"stop\""), 1);
  ck_assert_int_eq (stat (path, &info), 0);
  ck_assert_int_eq (info.st_mode & 07777, 0600);
  ck_assert_int_eq (stat (folder, &info), 0);
  ck_assert_int_eq (info.st_mode & 07777, 0700);
}
END_TEST

START_TEST (only_what_changed_is_written)
{
  begin (1 << 20);
  for (guint second = 0; second < 60; second++, now_us += SECOND) {
    if (second == 30)
      rtt_ms = 25;
    note (second < 40 ? "direct" : "relay", 0);
  }
  end ();
  /* Twice by its words; a sample for the first numbers and one for the change. */
  ck_assert_int_eq (count (path, "\"record\":\"state\""), 2);
  ck_assert_int_eq (count (path, "\"record\":\"sample\""), 2);
}
END_TEST

START_TEST (samples_come_every_five_seconds_and_the_whole_every_ten_minutes)
{
  begin (64 << 20);
  for (guint second = 0; second < 3600; second++, now_us += SECOND) {
    rtt_ms = 20 + second;
    note ("direct", 0);
  }
  end ();
  ck_assert_int_eq (count (path, "\"record\":\"state\""), 6);
  ck_assert_int_eq (count (path, "\"record\":\"sample\""), 720 - 6);
}
END_TEST

START_TEST (generations_are_written_while_they_run_and_when_they_end)
{
  const char *ended = "{\"generation\":7,\"current\":false,\"connected_ms\":80}";

  begin (1 << 20);
  note ("checking", 0);
  note ("direct", 7);
  note ("direct again", 7);
  note ("relay", 8);
  end_generation (ended);
  note ("relay again", 8);
  end ();
  ck_assert_int_eq (count (path, "\"current\":true"), 2);
  ck_assert_int_eq (count (path, "\"current\":false"), 1);
}
END_TEST

START_TEST (tries_that_fail_for_hours_do_not_push_the_rest_out)
{
  begin (64 << 20);
  for (guint minute = 0; minute < 600; minute++, now_us += 60 * SECOND) {
    g_autofree char *words = g_strdup_printf ("backoff %u", minute);
    g_autofree char *ended = g_strdup_printf ("{\"generation\":%u,\"connected_ms\":null}", minute);

    note (words, 0);
    end_generation (ended);
  }
  end ();
  /* The first three, then one in five minutes. */
  ck_assert_int_le (count (path, "\"record\":\"generation\""), 3 + 600 / 5);
  ck_assert_int_ge (count (path, "\"record\":\"generation\""), 100);
}
END_TEST

START_TEST (a_month_stays_within_its_bound)
{
  const guint64 bound = 2 << 20;
  gint64 stop;

  begin (bound);
  /* The queue is emptied as it would be in a month. */
  for (stop = now_us + G_GINT64_CONSTANT (30) * 24 * 3600 * SECOND; now_us < stop;
       now_us += 120 * SECOND) {
    g_autofree char *words = g_strdup_printf ("direct %" G_GINT64_FORMAT, now_us);

    note (words, 0);
    if (now_us / SECOND % 86400 < 120) {
      end ();
      begin (bound);
    }
  }
  end ();
  ck_assert_uint_gt (size_of (old_path), 0);
  ck_assert_uint_le (size_of (path) + size_of (old_path), bound);
  ck_assert_int_eq (count (path, "\"record\":\"header\""), 1);
  ck_assert_int_eq (count (old_path, "\"record\":\"header\""), 1);
}
END_TEST

START_TEST (half_a_line_of_a_crash_is_cut_off)
{
  g_autofree char *content = NULL;
  g_autofree char *torn = NULL;

  begin (1 << 20);
  note ("waiting", 0);
  end ();
  ck_assert (g_file_get_contents (path, &content, NULL, NULL));
  torn = g_strconcat (content, "{\"record\":\"sta", NULL);
  ck_assert (g_file_set_contents (path, torn, -1, NULL));
  begin (1 << 20);
  note ("waiting", 0);
  end ();
  g_clear_pointer (&content, g_free);
  ck_assert (g_file_get_contents (path, &content, NULL, NULL));
  ck_assert_ptr_null (strstr (content, "\"sta{"));
  ck_assert_ptr_null (strstr (content, "\"sta\n"));
  ck_assert_int_eq (count (path, "\"record\":\"start\""), 2);
  ck_assert_int_eq (count (path, "\"record\":\"header\""), 1);
}
END_TEST

static void
wait_for_lines (int n)
{
  gint64 deadline = g_get_monotonic_time () + 5 * SECOND;

  while (count (path, "\"record\"") < n && g_get_monotonic_time () < deadline)
    g_thread_yield ();
  ck_assert_int_ge (count (path, "\"record\""), n);
}

START_TEST (a_removed_folder_is_told_and_made_again_with_all_that_is_known)
{
  g_autofree char *command = g_strdup_printf ("rm -r '%s'", folder);

  begin (1 << 20);
  note ("direct", 7);
  wait_for_lines (4);
  ck_assert_int_eq (system (command), 0);
  log_event (LANE_LOG_LEVEL_INFO, "cam", "hello");
  wait_for_complaint ();
  ck_assert (g_str_has_suffix (complaints->pdata[0], "cam.jsonl was removed: a new one is begun"));
  note ("direct", 7);
  end ();
  ck_assert_int_eq (count (path, "\"record\":\"header\""), 1);
  ck_assert_int_eq (count (path, "hello"), 1);
  ck_assert_int_eq (count (path, "\"record\":\"state\""), 1);
  ck_assert_int_eq (count (path, "\"record\":\"generation\""), 1);
}
END_TEST

START_TEST (what_cannot_be_written_is_told_once_and_counted)
{
  g_autofree char *state = g_path_get_dirname (folder);

  if (geteuid () == 0)
    return; /* whom no mode keeps out */
  ck_assert_int_eq (g_mkdir_with_parents (folder, 0700), 0);
  ck_assert_int_eq (g_chmod (folder, 0500), 0);
  begin (1 << 20);
  note ("waiting", 0);
  wait_for_complaint ();
  note ("gathering", 0);
  note ("checking", 0);
  while (g_main_context_iteration (context, FALSE))
    ;
  ck_assert_uint_eq (complaints->len, 1);
  ck_assert_ptr_nonnull (strstr (complaints->pdata[0], "cam.jsonl: Permission denied"));
  ck_assert_int_eq (g_chmod (folder, 0700), 0);
  note ("direct", 0);
  end ();
  ck_assert_int_eq (count (path, "\"record\":\"lost\""), 1);
  ck_assert_int_eq (count (path, "\"record\":\"stop\""), 1);
}
END_TEST

START_TEST (a_folder_that_is_a_file_is_told_in_words)
{
  g_autofree char *state = g_path_get_dirname (folder);

  ck_assert_int_eq (g_mkdir_with_parents (state, 0700), 0);
  ck_assert (g_file_set_contents (folder, "x", -1, NULL));
  begin (1 << 20);
  note ("waiting", 0);
  wait_for_complaint ();
  ck_assert (g_str_has_prefix (complaints->pdata[0], "the flight recorder cannot write "));
}
END_TEST

START_TEST (a_full_disk_leaves_whole_lines)
{
  const struct rlimit limit = { 2000, 2000 };

  signal (SIGXFSZ, SIG_IGN);
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0); /* this process is only this test */
  begin (1 << 20);
  for (guint i = 0; i < 100; i++) {
    g_autofree char *words = g_strdup_printf ("state %u", i);

    note (words, 0);
  }
  wait_for_complaint ();
  ck_assert_ptr_nonnull (strstr (complaints->pdata[0], "File too large"));
  end ();
  ck_assert_int_eq (count (path, "{\"record\":"), count (path, "}"));
}
END_TEST

START_TEST (the_node_has_a_file_of_its_own)
{
  g_autofree char *own = g_build_filename (folder, "@node.jsonl", NULL);

  begin (1 << 20);
  lane_recorder_note_node (recorder, "{\"name\":\"oslo\"}", "[]", START);
  lane_recorder_note_node (recorder, "{\"name\":\"oslo\"}", "[]", START + SECOND);
  log_event (LANE_LOG_LEVEL_WARNING, NULL, "rendezvous down");
  end ();
  ck_assert_int_eq (count (own, "\"record\":\"state\""), 1);
  ck_assert_int_eq (count (own, "\"record\":\"servers\""), 1);
  ck_assert_int_eq (count (own, "rendezvous down"), 1);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("recorder");
  TCase *tests = tcase_create ("recorder");

  tcase_add_checked_fixture (tests, setup, teardown);
  tcase_set_timeout (tests, 60);
  tcase_add_test (tests, a_file_begins_with_its_header_and_ends_with_a_stop);
  tcase_add_test (tests, only_what_changed_is_written);
  tcase_add_test (tests, samples_come_every_five_seconds_and_the_whole_every_ten_minutes);
  tcase_add_test (tests, generations_are_written_while_they_run_and_when_they_end);
  tcase_add_test (tests, tries_that_fail_for_hours_do_not_push_the_rest_out);
  tcase_add_test (tests, a_month_stays_within_its_bound);
  tcase_add_test (tests, half_a_line_of_a_crash_is_cut_off);
  tcase_add_test (tests, a_removed_folder_is_told_and_made_again_with_all_that_is_known);
  tcase_add_test (tests, what_cannot_be_written_is_told_once_and_counted);
  tcase_add_test (tests, a_folder_that_is_a_file_is_told_in_words);
  tcase_add_test (tests, a_full_disk_leaves_whole_lines);
  tcase_add_test (tests, the_node_has_a_file_of_its_own);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
