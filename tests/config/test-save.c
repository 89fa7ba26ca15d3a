/* Saving: what stays, what is refused, and what happens when the file changed meanwhile. */
#include "suite.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "save.h"

#define OLD "# mine\n[ice]\ntrickle = on ; c\n"
#define NEW "# mine\n[ice]\ntrickle = off ; c\n"

typedef struct {
  char *folder;
  LaneOriginal *original;
  LaneDocument *document; /* to be edited */
  LaneSaveReport *report;
  GError *error;
} Fixture;

static Fixture fixture;

static void
set_up (void)
{
  memset (&fixture, 0, sizeof fixture);
  fixture.folder = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  ck_assert_int_eq (g_chdir (fixture.folder), 0);
  umask (022);
}

static void
tear_down (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", fixture.folder);

  ck_assert_int_eq (g_chdir ("/"), 0);
  ck_assert (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  lane_original_free (fixture.original);
  lane_document_free (fixture.document);
  lane_save_report_free (fixture.report);
  g_clear_error (&fixture.error);
  g_free (fixture.folder);
}

static void
write_file (const char *name, const char *text, mode_t mode)
{
  int fd = open (name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (write (fd, text, strlen (text)), strlen (text));
  ck_assert_int_eq (fchmod (fd, mode), 0);
  close (fd);
}

static void
assert_file (const char *name, const char *text)
{
  g_autofree char *found = NULL;

  ck_assert_msg (g_file_get_contents (name, &found, NULL, NULL), "there is no %s", name);
  ck_assert_str_eq (found, text);
}

static mode_t
mode_of (const char *name)
{
  struct stat status;

  ck_assert_int_eq (lstat (name, &status), 0);
  return status.st_mode & 07777;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* That the folder holds @expected and nothing else. */
static void
assert_only (const char *expected)
{
  g_autoptr (GDir) folder = g_dir_open (".", 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *joined = NULL;
  const char *name;

  while ((name = g_dir_read_name (folder)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  joined = g_strjoinv (" ", (char **)names->pdata);
  ck_assert_str_eq (joined, expected);
}

static void
read_original (const char *path)
{
  fixture.original = lane_original_read (path, &fixture.error);
  g_assert_no_error (fixture.error);
  fixture.document = lane_document_copy (fixture.original->document);
}

static void
set (const char *section, const char *key, const char *value)
{
  ck_assert (lane_document_set (fixture.document, section, key, value, NULL));
}

static void
assert_outcome (LaneSaveMode mode, LaneSaveOutcome outcome)
{
  fixture.report = lane_save_sync (fixture.original, fixture.document, mode, &fixture.error);
  ck_assert_msg (fixture.report != NULL, "%s", fixture.error != NULL ? fixture.error->message : "");
  ck_assert_str_eq (lane_save_outcome_to_string (fixture.report->outcome),
                    lane_save_outcome_to_string (outcome));
}

static void
assert_refused (LaneSaveMode mode, const char *says)
{
  fixture.report = lane_save_sync (fixture.original, fixture.document, mode, &fixture.error);
  ck_assert_ptr_null (fixture.report);
  ck_assert_msg (strstr (fixture.error->message, says) != NULL, "%s", fixture.error->message);
}

/* A file with OLD, read and edited to NEW. */
static void
prepare (void)
{
  write_file ("icelane.ini", OLD, 0600);
  read_original ("icelane.ini");
  set ("ice", "trickle", "off");
}

START_TEST (save_writes_the_file_and_keeps_the_old_one)
{
  prepare ();
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
  assert_file ("icelane.ini", NEW);
  assert_file ("icelane.ini~", OLD);
  assert_only ("icelane.ini icelane.ini~");
  ck_assert (lane_document_equal (fixture.report->document, fixture.document));
  ck_assert (lane_document_equal (fixture.report->original->document, fixture.document));
}
END_TEST

START_TEST (save_goes_on_from_the_report)
{
  g_autoptr (LaneSaveReport) first = NULL;

  prepare ();
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
  first = g_steal_pointer (&fixture.report);
  lane_original_free (fixture.original);
  fixture.original = lane_original_copy (first->original);
  set ("ice", "trickle", "yes");
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
  assert_file ("icelane.ini", "# mine\n[ice]\ntrickle = yes ; c\n");
  assert_file ("icelane.ini~", NEW);
}
END_TEST

START_TEST (nothing_edited_is_nothing_written)
{
  struct stat before, after;

  write_file ("icelane.ini", OLD, 0600);
  read_original ("icelane.ini");
  ck_assert_int_eq (stat ("icelane.ini", &before), 0);
  assert_outcome (LANE_SAVE_MERGE, LANE_SAVE_UNCHANGED);
  ck_assert_int_eq (stat ("icelane.ini", &after), 0);
  ck_assert_uint_eq (before.st_ino, after.st_ino);
  assert_only ("icelane.ini");
}
END_TEST

static const mode_t modes[] = { 0600, 0640, 0644, 0664, 0200, 0755 };

START_TEST (mode_stays)
{
  write_file ("icelane.ini", OLD, modes[_i] | 0400);
  read_original ("icelane.ini");
  set ("ice", "trickle", "off");
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
  ck_assert_int_eq (mode_of ("icelane.ini"), modes[_i] | 0400);
  ck_assert_int_eq (mode_of ("icelane.ini~"), modes[_i] | 0400);
}
END_TEST

START_TEST (file_with_a_secret_becomes_private_and_so_does_its_backup)
{
  write_file ("icelane.ini", OLD, 0664);
  read_original ("icelane.ini");
  set ("server a", "password", "hunter2");
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
  ck_assert_int_eq (mode_of ("icelane.ini"), 0600);
  ck_assert_int_eq (mode_of ("icelane.ini~"), 0600);
}
END_TEST

START_TEST (backup_of_a_removed_secret_is_private)
{
  write_file ("icelane.ini", "[server a]\npassword = hunter2\n", 0644);
  read_original ("icelane.ini");
  set ("server a", "password", "");
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
  ck_assert_int_eq (mode_of ("icelane.ini~"), 0600);
}
END_TEST

START_TEST (new_file_is_private_and_gets_its_folder)
{
  read_original ("one/two/icelane.ini");
  ck_assert (!fixture.original->exists);
  set ("ice", "trickle", "off");
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
  assert_file ("one/two/icelane.ini", "[ice]\ntrickle = off\n");
  ck_assert_int_eq (mode_of ("one/two/icelane.ini"), 0600);
  ck_assert_int_eq (mode_of ("one/two"), 0700);
  ck_assert (!g_file_test ("one/two/icelane.ini~", G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST (links_stay_and_what_they_name_is_replaced)
{
  ck_assert_int_eq (g_mkdir ("real", 0700), 0);
  ck_assert_int_eq (g_mkdir ("links", 0700), 0);
  write_file ("real/lane.ini", OLD, 0640);
  ck_assert_int_eq (symlink ("../real/lane.ini", "links/second"), 0);
  ck_assert_int_eq (symlink ("links/second", "icelane.ini"), 0);
  read_original ("icelane.ini");
  set ("ice", "trickle", "off");
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
  ck_assert (g_file_test ("icelane.ini", G_FILE_TEST_IS_SYMLINK));
  ck_assert (g_file_test ("links/second", G_FILE_TEST_IS_SYMLINK));
  ck_assert (!g_file_test ("real/lane.ini", G_FILE_TEST_IS_SYMLINK));
  assert_file ("real/lane.ini", NEW);
  assert_file ("real/lane.ini~", OLD);
  ck_assert_int_eq (mode_of ("real/lane.ini"), 0640);
  assert_only ("icelane.ini links real");
}
END_TEST

START_TEST (link_to_nothing_yet_gets_its_file)
{
  ck_assert_int_eq (symlink ("later/lane.ini", "icelane.ini"), 0);
  read_original ("icelane.ini");
  set ("ice", "trickle", "off");
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
  assert_file ("later/lane.ini", "[ice]\ntrickle = off\n");
  ck_assert (g_file_test ("icelane.ini", G_FILE_TEST_IS_SYMLINK));
}
END_TEST

START_TEST (links_in_a_circle_are_refused)
{
  ck_assert_int_eq (symlink ("b", "a"), 0);
  ck_assert_int_eq (symlink ("a", "b"), 0);
  ck_assert_ptr_null (lane_original_read ("a", &fixture.error));
  fixture.original = g_new0 (LaneOriginal, 1);
  fixture.original->path = g_strdup ("a");
  fixture.original->document = lane_document_new ();
  fixture.document = lane_document_new ();
  g_clear_error (&fixture.error);
  set ("ice", "trickle", "off");
  assert_refused (LANE_SAVE_ASK, "Too many levels of symbolic links");
}
END_TEST

START_TEST (broken_file_is_not_replaced)
{
  write_file ("icelane.ini", "[ice]\nhunter2\n", 0600);
  read_original ("icelane.ini");
  lane_document_free (fixture.document);
  fixture.document = lane_document_new ();
  set ("ice", "trickle", "off");
  assert_refused (LANE_SAVE_MERGE, "the file cannot be read, so it is not replaced: line 2:");
  ck_assert (g_error_matches (fixture.error, LANE_SAVE_ERROR, LANE_SAVE_ERROR_BROKEN));
  assert_file ("icelane.ini", "[ice]\nhunter2\n");

  g_clear_error (&fixture.error);
  assert_outcome (LANE_SAVE_REPAIR, LANE_SAVE_WRITTEN);
  assert_file ("icelane.ini~", "[ice]\nhunter2\n");
}
END_TEST

START_TEST (broken_document_is_not_written)
{
  g_autoptr (GBytes) text = g_bytes_new_static ("junk\n", 5);

  prepare ();
  lane_document_free (fixture.document);
  fixture.document = lane_document_parse (text);
  assert_refused (LANE_SAVE_OVERWRITE, "expected [section] or key = value");
  assert_file ("icelane.ini", OLD);
}
END_TEST

START_TEST (file_broken_meanwhile_is_not_replaced_unless_told_to)
{
  prepare ();
  write_file ("icelane.ini", "[ice\n", 0600);
  assert_refused (LANE_SAVE_PREFER_OURS, "changed by another program and cannot be read");
  assert_file ("icelane.ini", "[ice\n");
  assert_only ("icelane.ini");

  g_clear_error (&fixture.error);
  assert_outcome (LANE_SAVE_OVERWRITE, LANE_SAVE_WRITTEN);
  assert_file ("icelane.ini", NEW);
  assert_file ("icelane.ini~", "[ice\n");
}
END_TEST

#define ELSEWHERE "# mine\n[ice]\ntrickle = on ; c\n\n[log]\nkeep = 3\n"
#define TOGETHER  "# mine\n[ice]\ntrickle = off ; c\n\n[log]\nkeep = 3\n"
#define CLASH     "# mine\n[ice]\ntrickle = yes ; c\n"

START_TEST (change_on_disk_is_reported_and_left)
{
  g_autoptr (GBytes) merged = NULL;
  g_autoptr (GBytes) expected = g_bytes_new_static (TOGETHER, strlen (TOGETHER));

  prepare ();
  write_file ("icelane.ini", ELSEWHERE, 0600);
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_CHANGED);
  assert_file ("icelane.ini", ELSEWHERE);
  assert_only ("icelane.ini");
  merged = lane_document_to_bytes (fixture.report->document);
  ck_assert (g_bytes_equal (merged, expected));
}
END_TEST

START_TEST (change_on_disk_is_merged)
{
  prepare ();
  write_file ("icelane.ini", ELSEWHERE, 0600);
  assert_outcome (LANE_SAVE_MERGE, LANE_SAVE_MERGED);
  assert_file ("icelane.ini", TOGETHER);
  assert_file ("icelane.ini~", ELSEWHERE);
}
END_TEST

START_TEST (change_that_clashes_is_asked_about)
{
  prepare ();
  write_file ("icelane.ini", CLASH, 0600);
  assert_outcome (LANE_SAVE_MERGE, LANE_SAVE_CONFLICT);
  ck_assert_uint_eq (fixture.report->conflicts->len, 1);
  assert_file ("icelane.ini", CLASH);
  lane_save_report_free (fixture.report);
  assert_outcome (LANE_SAVE_PREFER_OURS, LANE_SAVE_MERGED);
  ck_assert_uint_eq (fixture.report->conflicts->len, 1);
  assert_file ("icelane.ini", NEW);
}
END_TEST

START_TEST (touched_file_has_not_changed)
{
  const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };

  prepare ();
  ck_assert_int_eq (utimensat (AT_FDCWD, "icelane.ini", times, 0), 0);
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
}
END_TEST

START_TEST (change_of_the_same_size_and_time_is_seen)
{
  const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };

  write_file ("icelane.ini", OLD, 0600);
  ck_assert_int_eq (utimensat (AT_FDCWD, "icelane.ini", times, 0), 0);
  read_original ("icelane.ini");
  set ("ice", "trickle", "off");
  write_file ("icelane.ini", "# MINE\n[ice]\ntrickle = on ; c\n", 0600);
  ck_assert_int_eq (utimensat (AT_FDCWD, "icelane.ini", times, 0), 0);
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_CHANGED);
}
END_TEST

START_TEST (removed_file_comes_back_only_if_told_to)
{
  prepare ();
  ck_assert_int_eq (unlink ("icelane.ini"), 0);
  assert_outcome (LANE_SAVE_PREFER_OURS, LANE_SAVE_GONE);
  assert_only ("");
  lane_save_report_free (fixture.report);
  assert_outcome (LANE_SAVE_OVERWRITE, LANE_SAVE_WRITTEN);
  assert_file ("icelane.ini", NEW);
  assert_only ("icelane.ini");
}
END_TEST

START_TEST (file_that_came_meanwhile_is_merged)
{
  read_original ("icelane.ini");
  set ("ice", "trickle", "off");
  write_file ("icelane.ini", "[log]\nkeep = 3\n", 0600);
  assert_outcome (LANE_SAVE_MERGE, LANE_SAVE_MERGED);
  assert_file ("icelane.ini", "[log]\nkeep = 3\n\n[ice]\ntrickle = off\n");
}
END_TEST

static void
put_folder (void)
{
  ck_assert_int_eq (unlink ("icelane.ini"), 0);
  ck_assert_int_eq (g_mkdir ("icelane.ini", 0700), 0);
}

static void
put_pipe (void)
{
  ck_assert_int_eq (unlink ("icelane.ini"), 0);
  ck_assert_int_eq (mkfifo ("icelane.ini", 0600), 0);
}

static void
put_device (void)
{
  ck_assert_int_eq (unlink ("icelane.ini"), 0);
  ck_assert_int_eq (symlink ("/dev/null", "icelane.ini"), 0);
}

static void
protect (void)
{
  ck_assert_int_eq (chmod ("icelane.ini", 0440), 0);
}

static void
put_folder_as_backup (void)
{
  ck_assert_int_eq (g_mkdir ("icelane.ini~", 0700), 0);
}

typedef struct {
  void (*put) (void);
  const char *says;
  gboolean intact;
} Obstacle;

static const Obstacle obstacles[] = {
  { put_folder, "is not a regular file" },
  { put_pipe, "is not a regular file" },
  { put_device, "is not a regular file" },
  { protect, "is write-protected (mode 0440): run chmod u+w on it first", TRUE },
  { put_folder_as_backup, "cannot be saved, and is as it was: Is a directory", TRUE },
};

START_TEST (what_stands_in_the_way_is_told)
{
  prepare ();
  obstacles[_i].put ();
  assert_refused (LANE_SAVE_OVERWRITE, obstacles[_i].says);
  ck_assert (!g_file_test (".icelane.ini.new", G_FILE_TEST_EXISTS));
  ck_assert (!g_file_test (".icelane.ini.old", G_FILE_TEST_EXISTS));
  if (obstacles[_i].intact)
    assert_file ("icelane.ini", OLD);
}
END_TEST

START_TEST (file_that_would_be_too_large_is_not_written)
{
  g_autofree char *value = g_strnfill (190, 'x');
  g_autoptr (GPtrArray) values = g_ptr_array_new ();

  prepare ();
  for (guint i = 0; i < 1024 * 1024 / 190; i++)
    g_ptr_array_add (values, value);
  g_ptr_array_add (values, NULL);
  ck_assert (lane_document_set_values (fixture.document, "s", "k",
                                       (const char *const *)values->pdata, NULL));
  assert_refused (LANE_SAVE_MERGE, "would be larger than the 1024 KiB that are read");
  ck_assert (g_error_matches (fixture.error, LANE_SAVE_ERROR, LANE_SAVE_ERROR_SIZE));
  assert_file ("icelane.ini", OLD);
}
END_TEST

START_TEST (leftovers_of_a_killed_program_do_no_harm)
{
  prepare ();
  write_file (".icelane.ini.new", "half a fi", 0600);
  write_file (".icelane.ini.old", "half a ba", 0600);
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
  assert_file ("icelane.ini", NEW);
  assert_file ("icelane.ini~", OLD);
  assert_only ("icelane.ini icelane.ini~");
}
END_TEST

START_TEST (planted_links_are_not_followed)
{
  prepare ();
  write_file ("victim", "mine", 0600);
  ck_assert_int_eq (symlink ("victim", ".icelane.ini.new"), 0);
  ck_assert_int_eq (symlink ("victim", ".icelane.ini.old"), 0);
  ck_assert_int_eq (symlink ("victim", "icelane.ini~"), 0);
  assert_outcome (LANE_SAVE_ASK, LANE_SAVE_WRITTEN);
  assert_file ("victim", "mine");
  assert_file ("icelane.ini", NEW);
  assert_file ("icelane.ini~", OLD);
}
END_TEST

START_TEST (another_save_is_waited_for_and_then_given_up)
{
  gint64 start = g_get_monotonic_time ();
  int fd;

  prepare ();
  fd = open (".icelane.ini.new", O_WRONLY | O_CREAT, 0600);
  ck_assert_int_eq (flock (fd, LOCK_EX), 0);
  assert_refused (LANE_SAVE_ASK, "is being saved by another program");
  ck_assert_int_ge (g_get_monotonic_time () - start, 4 * G_USEC_PER_SEC);
  ck_assert (g_file_test (".icelane.ini.new", G_FILE_TEST_EXISTS));
  assert_file ("icelane.ini", OLD);
}
END_TEST

/* Adds one line in its own process, again and again until it is in. */
static void
add_line_and_exit (guint number)
{
  g_autofree char *value = g_strdup_printf ("stun:s%u", number);
  LaneSaveReport *report;

  read_original ("icelane.ini");
  if (!lane_document_set (fixture.document, value + 5, "uri", value, NULL))
    _exit (1);
  report = lane_save_sync (fixture.original, fixture.document, LANE_SAVE_MERGE, NULL);
  _exit (report != NULL ? 0 : 2);
}

START_TEST (saves_at_the_same_time_lose_nothing)
{
  g_autoptr (LaneOriginal) original = NULL;
  g_auto (GStrv) sections = NULL;

  for (guint i = 0; i < 20; i++) {
    pid_t child = fork ();

    ck_assert_int_ge (child, 0);
    if (child == 0)
      add_line_and_exit (i);
  }
  for (guint i = 0; i < 20; i++) {
    int status;

    ck_assert_int_gt (wait (&status), 0);
    ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  }
  original = lane_original_read ("icelane.ini", NULL);
  sections = lane_document_get_sections (original->document);
  ck_assert_uint_eq (g_strv_length (sections), 20);
  assert_only ("icelane.ini icelane.ini~");
}
END_TEST

typedef struct {
  gboolean done;
  LaneSaveReport *report;
} Waiting;

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Waiting *waiting = user_data;

  waiting->report = lane_save_finish (result, NULL);
  waiting->done = TRUE;
}

START_TEST (save_in_a_thread_reports_to_its_context)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Waiting waiting = { 0 };
  gint64 deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  prepare ();
  lane_save_async (context, fixture.original, fixture.document, LANE_SAVE_ASK, on_saved, &waiting);
  /* The caller may go on editing. */
  set ("ice", "trickle", "true");
  while (!waiting.done && g_get_monotonic_time () < deadline)
    g_main_context_iteration (context, TRUE);
  ck_assert_ptr_nonnull (waiting.report);
  fixture.report = waiting.report;
  ck_assert_int_eq (fixture.report->outcome, LANE_SAVE_WRITTEN);
  assert_file ("icelane.ini", NEW);
}
END_TEST

/* Stands for a quota, which a test cannot set up. */
START_TEST (file_size_limit_leaves_the_old_file)
{
  const struct rlimit limit = { 20, 20 };

  prepare ();
  signal (SIGXFSZ, SIG_IGN);
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0);
  assert_refused (LANE_SAVE_ASK, "cannot be saved, and is as it was: File too large");
  assert_file ("icelane.ini", OLD);
  assert_only ("icelane.ini");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("save");
  TCase *tcase = tcase_create ("save");

  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_set_timeout (tcase, 30);
  tcase_add_test (tcase, save_writes_the_file_and_keeps_the_old_one);
  tcase_add_test (tcase, save_goes_on_from_the_report);
  tcase_add_test (tcase, nothing_edited_is_nothing_written);
  tcase_add_loop_test (tcase, mode_stays, 0, G_N_ELEMENTS (modes));
  tcase_add_test (tcase, file_with_a_secret_becomes_private_and_so_does_its_backup);
  tcase_add_test (tcase, backup_of_a_removed_secret_is_private);
  tcase_add_test (tcase, new_file_is_private_and_gets_its_folder);
  tcase_add_test (tcase, links_stay_and_what_they_name_is_replaced);
  tcase_add_test (tcase, link_to_nothing_yet_gets_its_file);
  tcase_add_test (tcase, links_in_a_circle_are_refused);
  tcase_add_test (tcase, broken_file_is_not_replaced);
  tcase_add_test (tcase, broken_document_is_not_written);
  tcase_add_test (tcase, file_broken_meanwhile_is_not_replaced_unless_told_to);
  tcase_add_test (tcase, change_on_disk_is_reported_and_left);
  tcase_add_test (tcase, change_on_disk_is_merged);
  tcase_add_test (tcase, change_that_clashes_is_asked_about);
  tcase_add_test (tcase, touched_file_has_not_changed);
  tcase_add_test (tcase, change_of_the_same_size_and_time_is_seen);
  tcase_add_test (tcase, removed_file_comes_back_only_if_told_to);
  tcase_add_test (tcase, file_that_came_meanwhile_is_merged);
  tcase_add_loop_test (tcase, what_stands_in_the_way_is_told, 0, G_N_ELEMENTS (obstacles));
  tcase_add_test (tcase, file_that_would_be_too_large_is_not_written);
  tcase_add_test (tcase, leftovers_of_a_killed_program_do_no_harm);
  tcase_add_test (tcase, planted_links_are_not_followed);
  tcase_add_test (tcase, another_save_is_waited_for_and_then_given_up);
  tcase_add_test (tcase, saves_at_the_same_time_lose_nothing);
  tcase_add_test (tcase, save_in_a_thread_reports_to_its_context);
  tcase_add_test (tcase, file_size_limit_leaves_the_old_file);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
