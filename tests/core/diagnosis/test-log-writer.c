#include "suite.h"

#include <gio/gio.h>
#include <signal.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diagnosis/log-writer.h"

static char *directory, *path;

static void
setup (void)
{
  directory = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  path = g_build_filename (directory, "deep", "icelane.jsonl", NULL);
}

static void
teardown (void)
{
  g_autofree char *deep = g_path_get_dirname (path);
  g_autoptr (GDir) dir = g_dir_open (deep, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *file = g_build_filename (deep, name, NULL);

    g_unlink (file);
  }
  g_rmdir (deep);
  g_rmdir (directory);
  g_free (directory);
  g_free (path);
}

static void
add (LaneLogWriter *writer, const char *text)
{
  g_autoptr (LaneEvent) event =
      lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_STATE, "cam", NULL, "%s", text);

  lane_log_writer_add (writer, event);
}

static guint
count_lines (const char *file)
{
  g_autofree char *text = NULL;
  guint lines = 0;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return 0;
  for (const char *c = text; *c != '\0'; c++)
    lines += *c == '\n';
  return lines;
}

START_TEST (lines_are_appended_to_a_private_file)
{
  struct stat info;

  for (guint i = 0; i < 2; i++) {
    LaneLogWriter *writer = lane_log_writer_new_file (path, 1000000, 5, NULL);

    ck_assert_ptr_nonnull (writer);
    add (writer, "one");
    add (writer, "two");
    lane_log_writer_free (writer);
  }
  ck_assert_uint_eq (count_lines (path), 4);
  ck_assert_int_eq (stat (path, &info), 0);
  ck_assert_int_eq (info.st_mode & 07777, 0600);
}
END_TEST

START_TEST (a_full_file_is_rotated_and_the_oldest_dropped)
{
  LaneLogWriter *writer = lane_log_writer_new_file (path, 500, 2, NULL);
  g_autofree char *one = g_strconcat (path, ".1", NULL);
  g_autofree char *two = g_strconcat (path, ".2", NULL);
  g_autofree char *three = g_strconcat (path, ".3", NULL);
  struct stat info;

  for (guint i = 0; i < 40; i++)
    add (writer, "a line");
  lane_log_writer_free (writer);

  ck_assert_uint_ge (count_lines (path), 1);
  ck_assert_uint_ge (count_lines (one), 2);
  ck_assert_uint_ge (count_lines (two), 2);
  ck_assert (!g_file_test (three, G_FILE_TEST_EXISTS));
  ck_assert_int_eq (stat (one, &info), 0);
  ck_assert_int_le (info.st_size, 500);
}
END_TEST

START_TEST (a_symlink_is_not_followed)
{
  g_autofree char *deep = g_path_get_dirname (path);
  g_autofree char *target = g_build_filename (deep, "target", NULL);
  g_autoptr (GError) error = NULL;

  g_mkdir (deep, 0700);
  ck_assert_int_eq (symlink (target, path), 0);
  ck_assert_ptr_null (lane_log_writer_new_file (path, 1000, 1, &error));
  ck_assert_int_eq (error->domain, G_IO_ERROR);
  ck_assert_ptr_nonnull (strstr (error->message, path));
  ck_assert (!g_file_test (target, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST (a_reader_that_sleeps_holds_nobody_and_the_loss_is_told)
{
  g_autofree char *long_text = g_strnfill (700, 'x');
  g_autoptr (GString) read_back = g_string_new (NULL);
  gint64 start = g_get_monotonic_time ();
  LaneLogWriter *writer;
  int ends[2];
  char buffer[65536];
  gssize length;

  signal (SIGPIPE, SIG_IGN);
  ck_assert_int_eq (pipe (ends), 0);
  writer = lane_log_writer_new_fd (ends[1], LANE_LOG_TEXT);
  for (guint i = 0; i < 3000; i++)
    add (writer, long_text);
  ck_assert_int_lt (g_get_monotonic_time () - start, 2 * G_USEC_PER_SEC);

  /* The reader wakes up; the next line is told that others were lost. */
  while (strstr (read_back->str, "lines of this log are lost") == NULL) {
    length = read (ends[0], buffer, sizeof buffer);
    ck_assert_int_gt (length, 0);
    g_string_append_len (read_back, buffer, length);
  }
  close (ends[0]);
  lane_log_writer_free (writer);
  close (ends[1]);
}
END_TEST

/* As on a disk that fills up in the middle of a line, and has room again later. */
START_TEST (half_a_line_is_taken_back)
{
  struct rlimit none, little;
  LaneLogWriter *writer;
  g_autofree char *text = NULL;
  gsize length = 0;

  signal (SIGXFSZ, SIG_IGN);
  ck_assert_int_eq (getrlimit (RLIMIT_FSIZE, &none), 0);
  little = (struct rlimit){ .rlim_cur = 1000, .rlim_max = none.rlim_max };
  writer = lane_log_writer_new_file (path, 1000000, 5, NULL);
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &little), 0);
  for (guint i = 0; i < 40; i++)
    add (writer, "a line");
  lane_log_writer_free (writer); /* has tried them all */
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &none), 0);
  ck_assert (g_file_get_contents (path, &text, &length, NULL));
  ck_assert_uint_gt (length, 0);
  ck_assert_uint_lt (length, 1000); /* the limit does not fall between two lines */
  ck_assert_int_eq (text[length - 1], '\n');
}
END_TEST

START_TEST (a_stuck_reader_delays_the_end_by_half_a_second_at_most)
{
  g_autofree char *long_text = g_strnfill (700, 'x');
  gint64 start;
  LaneLogWriter *writer;
  int ends[2];

  ck_assert_int_eq (pipe (ends), 0);
  writer = lane_log_writer_new_fd (ends[1], LANE_LOG_TEXT);
  for (guint i = 0; i < 300; i++)
    add (writer, long_text);
  start = g_get_monotonic_time ();
  lane_log_writer_free (writer);
  ck_assert_int_lt (g_get_monotonic_time () - start, G_USEC_PER_SEC);
  g_rmdir (directory);
  _exit (0); /* the thread is still writing */
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("log-writer");
  TCase *tcase = tcase_create ("log-writer");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, lines_are_appended_to_a_private_file);
  tcase_add_test (tcase, a_full_file_is_rotated_and_the_oldest_dropped);
  tcase_add_test (tcase, a_symlink_is_not_followed);
  tcase_add_test (tcase, a_reader_that_sleeps_holds_nobody_and_the_loss_is_told);
  tcase_add_test (tcase, half_a_line_is_taken_back);
  tcase_add_exit_test (tcase, a_stuck_reader_delays_the_end_by_half_a_second_at_most, 0);
  tcase_set_timeout (tcase, 30);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
