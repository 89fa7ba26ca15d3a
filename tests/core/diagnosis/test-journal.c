#include "diagnosis/journal.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "diagnosis/log-writer.h"
#include "suite.h"

static char *directory, *path;

static void
setup (void)
{
  directory = g_dir_make_tmp ("lane-journal-XXXXXX", NULL);
  path = g_build_filename (directory, "socket", NULL);
}

static void
teardown (void)
{
  g_unlink (path);
  g_rmdir (directory);
  g_free (directory);
  g_free (path);
}

static LaneEvent *
path_event (void)
{
  JsonObject *fields = lane_event_fields ("path");

  json_object_set_string_member (fields, "old", "direct");
  json_object_set_string_member (fields, "new", "relay");
  json_object_set_null_member (fields, "cause");
  json_object_set_int_member (fields, "generation", 3);
  json_object_set_double_member (fields, "gap_ms", 2.5);
  json_object_set_boolean_member (fields, "known", TRUE);
  return lane_event_new (LANE_LOG_LEVEL_WARNING, LANE_EVENT_PATH, "berlin", fields,
                         "path direct -> relay");
}

START_TEST (record_has_message_priority_and_fields)
{
  static const char *const lines[] = {
    "MESSAGE=berlin: path direct -> relay",
    "PRIORITY=4",
    "SYSLOG_IDENTIFIER=icelane",
    "ICELANE_PEER=berlin",
    "ICELANE_KIND=path",
    "ICELANE_SEQUENCE=7",
    "ICELANE_FACT=path",
    "ICELANE_OLD=direct",
    "ICELANE_NEW=relay",
    "ICELANE_GENERATION=3",
    "ICELANE_GAP_MS=2.5",
    "ICELANE_KNOWN=true",
  };
  g_autoptr (LaneEvent) event = path_event ();
  g_autofree char *record = NULL;
  g_auto (GStrv) told = NULL;

  event->sequence = 7;
  record = lane_journal_format (event);
  told = g_strsplit (record, "\n", -1);
  ck_assert_msg (g_strv_length (told) == G_N_ELEMENTS (lines), "%s", record);
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    ck_assert_msg (g_strv_contains ((const char *const *)told, lines[i]), "no %s in %s", lines[i],
                   record);
}
END_TEST

START_TEST (levels_are_those_of_syslog)
{
  static const char *const priorities[] = { "\nPRIORITY=3\n", "\nPRIORITY=4\n", "\nPRIORITY=6\n",
                                            "\nPRIORITY=7\n" };

  for (guint level = 0; level < G_N_ELEMENTS (priorities); level++) {
    g_autoptr (LaneEvent) event =
        lane_event_new ((LaneLogLevel)level, LANE_EVENT_CONFIG, NULL, NULL, "x");
    g_autofree char *record = lane_journal_format (event);

    ck_assert_msg (strstr (record, priorities[level]) != NULL, "%s", record);
    ck_assert (g_str_has_prefix (record, "MESSAGE=x\n"));
    ck_assert_ptr_null (strstr (record, "ICELANE_PEER"));
  }
}
END_TEST

START_TEST (nothing_said_by_others_becomes_a_field)
{
  JsonObject *fields = lane_event_fields ("note");
  g_autoptr (LaneEvent) event = NULL;
  g_autofree char *record = NULL;

  json_object_set_string_member (fields, "why", "a\nPRIORITY=0");
  event = lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_STATE, "x\nMESSAGE=y", fields,
                          "bye\n_UID=0\nPRIORITY=1");
  record = lane_journal_format (event);
  ck_assert_ptr_null (strstr (record, "\n_UID"));
  ck_assert_ptr_null (strstr (record, "\nPRIORITY=0"));
  ck_assert_ptr_null (strstr (record, "\nPRIORITY=1"));
  ck_assert_ptr_null (strstr (record, "\nMESSAGE"));
}
END_TEST

START_TEST (stream_is_known_by_device_and_inode)
{
  g_autofree char *stream = NULL;
  struct stat info;
  int ends[2];

  ck_assert_int_eq (pipe (ends), 0);
  ck_assert_int_eq (fstat (ends[1], &info), 0);
  g_unsetenv ("JOURNAL_STREAM");
  ck_assert (!lane_journal_is_behind (ends[1]));
  stream = g_strdup_printf ("%lu:%lu", (gulong)info.st_dev, (gulong)info.st_ino);
  g_setenv ("JOURNAL_STREAM", stream, TRUE);
  ck_assert (lane_journal_is_behind (ends[1]));
  ck_assert (!lane_journal_is_behind (STDIN_FILENO));
  close (ends[1]);
  ck_assert (!lane_journal_is_behind (ends[1]));
  g_setenv ("JOURNAL_STREAM", "", TRUE);
  ck_assert (!lane_journal_is_behind (ends[0]));
  close (ends[0]);
}
END_TEST

/* A journal at the socket */

static int
listen_here (void)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  struct timeval patience = { .tv_sec = 10 };
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  g_unlink (path);
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  ck_assert_int_eq (bind (fd, (struct sockaddr *)&address, sizeof address), 0);
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

static char *
receive (int fd)
{
  char buffer[8192];
  gssize length = recv (fd, buffer, sizeof buffer, 0);

  ck_assert_msg (length > 0, "nothing came: %s", g_strerror (errno));
  ck_assert_int_eq (buffer[length - 1], '\n');
  return g_strndup (buffer, (gsize)length);
}

static void
add (LaneLogWriter *writer, const char *text)
{
  g_autoptr (LaneEvent) event =
      lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_STATE, "cam", NULL, "%s", text);

  lane_log_writer_add (writer, event);
}

START_TEST (each_event_is_one_datagram)
{
  g_autoptr (LaneLogWriter) writer = lane_log_writer_new_journal (path);
  int fd = listen_here ();

  for (guint i = 0; i < 3; i++) {
    g_autofree char *text = g_strdup_printf ("number %u", i);
    g_autofree char *record = (add (writer, text), receive (fd));

    ck_assert_ptr_nonnull (strstr (record, text));
    ck_assert (g_str_has_prefix (record, "MESSAGE=cam: number"));
    ck_assert_ptr_null (strstr (record + 1, "MESSAGE="));
  }
  close (fd);
}
END_TEST

START_TEST (journal_that_comes_back_is_told_what_is_lost)
{
  g_autoptr (LaneLogWriter) writer = lane_log_writer_new_journal (path);
  int fd = listen_here ();
  g_autofree char *first = (add (writer, "first"), receive (fd));
  g_autofree char *loss = NULL, *last = NULL;

  close (fd);
  g_unlink (path);
  add (writer, "lost");
  /* Once that was tried in vain, the loss is told before what comes next. */
  fd = listen_here ();
  for (guint i = 0; loss == NULL; i++) {
    g_autofree char *text = g_strdup_printf ("again %u", i);
    g_autofree char *record = (add (writer, text), receive (fd));

    ck_assert_uint_lt (i, 1000);
    if (strstr (record, "MESSAGE=1 lines of this log are lost\n") != NULL)
      loss = g_steal_pointer (&record);
    else if (strstr (record, "MESSAGE=cam: lost\n") != NULL)
      return; /* the thread was late, and nothing is lost */
  }
  last = receive (fd);
  ck_assert_ptr_nonnull (strstr (last, "MESSAGE=cam: again"));
  close (fd);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("journal");
  TCase *tests = tcase_create ("journal");

  tcase_add_checked_fixture (tests, setup, teardown);
  tcase_set_timeout (tests, 30);
  tcase_add_test (tests, record_has_message_priority_and_fields);
  tcase_add_test (tests, levels_are_those_of_syslog);
  tcase_add_test (tests, nothing_said_by_others_becomes_a_field);
  tcase_add_test (tests, stream_is_known_by_device_and_inode);
  tcase_add_test (tests, each_event_is_one_datagram);
  tcase_add_test (tests, journal_that_comes_back_is_told_what_is_lost);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
