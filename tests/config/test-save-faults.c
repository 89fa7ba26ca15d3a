/* Saving on disks that are full or read-only, and programs killed while they save (F24, F25). */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <glib/gstdio.h>

#include "namespace.h"
#include "save.h"

#define OLD   "[ice]\ntrickle = on\n"
#define KILLS 1000
#define SEED  20261122

static char *folder;

static void
set_up (void)
{
  folder = g_dir_make_tmp ("icelane-XXXXXX", NULL);
}

static void
tear_down (void)
{
  ck_assert_int_eq (g_chdir ("/"), 0);
  umount2 (folder, MNT_DETACH);
  ck_assert_int_eq (g_rmdir (folder), 0);
  g_clear_pointer (&folder, g_free);
}

/* A small disk of its own below @folder, with a settings file. */
static void
mount_disk (const char *options)
{
  ck_assert_msg (mount ("none", folder, "tmpfs", 0, options) == 0, "mount: %s", g_strerror (errno));
  ck_assert_int_eq (g_chdir (folder), 0);
  ck_assert (g_file_set_contents ("icelane.ini", OLD, -1, NULL));
}

static void
fill_disk (void)
{
  char block[4096] = { 0 };
  int fd = open ("ballast", O_WRONLY | O_CREAT | O_APPEND, 0600);

  ck_assert_int_ge (fd, 0);
  while (write (fd, block, sizeof block) > 0)
    ;
  ck_assert_int_eq (errno, ENOSPC);
  close (fd);
}

static void
use_up_inodes (void)
{
  for (guint i = 0;; i++) {
    g_autofree char *name = g_strdup_printf ("ballast%u", i);
    int fd = open (name, O_WRONLY | O_CREAT, 0600);

    if (fd < 0)
      break;
    close (fd);
  }
  ck_assert_int_eq (errno, ENOSPC);
}

static void
make_read_only (void)
{
  ck_assert_int_eq (mount ("none", folder, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
}

/* Saves a file with @lines settings more. */
static LaneSaveReport *
save (guint lines, GError **error)
{
  g_autoptr (LaneOriginal) original = lane_original_read ("icelane.ini", NULL);
  g_autoptr (LaneDocument) document = lane_document_copy (original->document);

  for (guint i = 0; i < lines; i++) {
    g_autofree char *value = g_strdup_printf ("%0100u", i);

    ck_assert (lane_document_add (document, "log", "file", value, NULL));
  }
  return lane_save_sync (original, document, LANE_SAVE_ASK, error);
}

typedef struct {
  const char *options;
  void (*spoil) (void);
  guint lines;
  const char *says;
} Fault;

static const Fault faults[] = {
  { "size=64k", fill_disk, 1, "cannot be saved, and is as it was: No space left on device" },
  { "size=64k", fill_disk, 300, "cannot be saved, and is as it was: No space left on device" },
  { "nr_inodes=16", use_up_inodes, 1, "cannot be saved, and is as it was: No space left" },
  { "", make_read_only, 1, "cannot be saved, and is as it was: Read-only file system" },
};

START_TEST (disk_that_cannot_take_it_leaves_the_old_file)
{
  const Fault *fault = &faults[_i];
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  mount_disk (fault->options);
  fault->spoil ();
  ck_assert_ptr_null (save (fault->lines, &error));
  ck_assert_msg (strstr (error->message, fault->says) != NULL, "%s", error->message);
  ck_assert (g_file_get_contents ("icelane.ini", &text, NULL, NULL));
  ck_assert_str_eq (text, OLD);
  ck_assert (!g_file_test (".icelane.ini.new", G_FILE_TEST_EXISTS));
  ck_assert (!g_file_test (".icelane.ini.old", G_FILE_TEST_EXISTS));
  ck_assert (!g_file_test ("icelane.ini~", G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST (disk_with_room_again_is_saved_to)
{
  g_autoptr (LaneSaveReport) report = NULL;

  mount_disk ("size=64k");
  fill_disk ();
  ck_assert_ptr_null (save (1, NULL));
  ck_assert_int_eq (unlink ("ballast"), 0);
  report = save (1, NULL);
  ck_assert_ptr_nonnull (report);
  ck_assert_int_eq (report->outcome, LANE_SAVE_WRITTEN);
}
END_TEST

/* Room for the new file, but not for it and the backup. */
START_TEST (disk_too_small_for_the_backup_leaves_the_old_file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneSaveReport) report = NULL;
  g_autoptr (LaneOriginal) after = NULL;
  g_autoptr (LaneOriginal) before = NULL;
  g_autoptr (LaneSaveReport) second = NULL;

  mount_disk ("size=64k");
  report = save (250, NULL); /* seven pages; two of them and a backup do not fit in sixteen */
  ck_assert_ptr_nonnull (report);
  before = lane_original_read ("icelane.ini", NULL);
  second = save (1, &error);
  ck_assert_ptr_null (second);
  ck_assert_msg (strstr (error->message, "No space left on device") != NULL, "%s", error->message);
  after = lane_original_read ("icelane.ini", NULL);
  ck_assert (lane_document_equal (before->document, after->document));
}
END_TEST

/* Two texts of different lengths, each recognisable as whole. */
static GBytes *
make_text (gboolean longer)
{
  GString *text = g_string_new ("[log]\n");

  for (guint i = 0; i < (longer ? 400 : 100); i++)
    g_string_append_printf (text, "%s%u = %0100u\n", longer ? "long" : "short", i, i);
  return g_string_free_to_bytes (text);
}

static void
save_for_ever (GBytes *texts[2])
{
  for (guint i = 0;; i++) {
    LaneOriginal *original = lane_original_read ("icelane.ini", NULL);
    LaneDocument *document = lane_document_parse (texts[i % 2]);
    LaneSaveReport *report = lane_save_sync (original, document, LANE_SAVE_MERGE, NULL);

    if (report == NULL)
      _exit (1);
    lane_save_report_free (report);
    lane_document_free (document);
    lane_original_free (original);
  }
}

static gboolean
is_whole (const char *name, GBytes *texts[2])
{
  g_autofree char *data = NULL;
  g_autoptr (GBytes) found = NULL;
  gsize length;

  if (!g_file_get_contents (name, &data, &length, NULL))
    return FALSE;
  found = g_bytes_new (data, length);
  return g_bytes_equal (found, texts[0]) || g_bytes_equal (found, texts[1]);
}

START_TEST (killed_program_leaves_a_whole_file)
{
  GBytes *texts[2] = { make_text (FALSE), make_text (TRUE) };
  g_autoptr (GRand) random = g_rand_new_with_seed (SEED);
  guint leftovers = 0;

  mount_disk ("size=1m");
  ck_assert (g_file_set_contents ("icelane.ini", g_bytes_get_data (texts[0], NULL),
                                  g_bytes_get_size (texts[0]), NULL));
  for (guint i = 0; i < KILLS; i++) {
    pid_t child = fork ();
    int status;

    ck_assert_int_ge (child, 0);
    if (child == 0)
      save_for_ever (texts);
    g_usleep (g_rand_int_range (random, 0, 4000));
    kill (child, SIGKILL);
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert_msg (WIFSIGNALED (status), "a save failed");
    ck_assert_msg (is_whole ("icelane.ini", texts), "half a file after kill %u", i);
    if (g_file_test ("icelane.ini~", G_FILE_TEST_EXISTS))
      ck_assert_msg (is_whole ("icelane.ini~", texts), "half a backup after kill %u", i);
    leftovers += g_file_test (".icelane.ini.new", G_FILE_TEST_EXISTS);
  }
  /* Else no kill has met a save at work, and nothing was tested. */
  ck_assert_uint_gt (leftovers, KILLS / 20);
  g_bytes_unref (texts[0]);
  g_bytes_unref (texts[1]);
}
END_TEST

int
main (void)
{
  Suite *suite;
  TCase *tcase;

  if (!lane_namespace_enter ())
    return LANE_TEST_SKIPPED;

  suite = suite_create ("save-faults");
  tcase = tcase_create ("save-faults");
  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_set_timeout (tcase, 120);
  tcase_add_loop_test (tcase, disk_that_cannot_take_it_leaves_the_old_file, 0,
                       G_N_ELEMENTS (faults));
  tcase_add_test (tcase, disk_with_room_again_is_saved_to);
  tcase_add_test (tcase, disk_too_small_for_the_backup_leaves_the_old_file);
  tcase_add_test (tcase, killed_program_leaves_a_whole_file);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
