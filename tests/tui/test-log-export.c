#include "suite.h"

#include "log-export.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

typedef struct {
  gboolean over;
  char *error;
} Outcome;

static void
on_exported (const char *path, const GError *error, gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->over = TRUE;
  outcome->error = error != NULL ? g_strdup (error->message) : NULL;
}

/* NULL: it was written. */
static char *export(const char *path, const char *lines)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Outcome outcome = { 0 };
  gint64 end_us = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;

  g_main_context_push_thread_default (context);
  lane_log_export (path, lines, on_exported, &outcome);
  while (!outcome.over && g_get_monotonic_time () < end_us) {
    g_main_context_iteration (context, FALSE);
    g_usleep (100);
  }
  g_main_context_pop_thread_default (context);
  ck_assert (outcome.over);
  return outcome.error;
}

START_TEST (lines_go_to_a_new_file_that_only_we_read)
{
  g_autofree char *folder = g_dir_make_tmp ("icelane-export-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "log.jsonl", NULL);
  g_autofree char *text = NULL;
  g_autofree char *error = export(path, "{\"a\":1}\n");
  g_autofree char *again = NULL;
  struct stat status;

  ck_assert_ptr_null (error);
  ck_assert (g_file_get_contents (path, &text, NULL, NULL));
  ck_assert_str_eq (text, "{\"a\":1}\n");
  ck_assert_int_eq (stat (path, &status), 0);
  ck_assert_int_eq (status.st_mode & 0777, 0600);

  again = export(path, "other\n");
  ck_assert_ptr_nonnull (again);
  ck_assert (g_str_has_prefix (again, path));
  g_free (g_steal_pointer (&text));
  ck_assert (g_file_get_contents (path, &text, NULL, NULL));
  ck_assert_str_eq (text, "{\"a\":1}\n");
  g_unlink (path);
  g_rmdir (folder);
}
END_TEST

START_TEST (a_folder_that_is_not_there_is_named)
{
  g_autofree char *error = export("/nonexistent/x.jsonl", "x\n");

  ck_assert_ptr_nonnull (error);
  ck_assert (g_str_has_prefix (error, "/nonexistent/x.jsonl: "));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("log-export");
  TCase *files = tcase_create ("files");

  tcase_add_test (files, lines_go_to_a_new_file_that_only_we_read);
  tcase_add_test (files, a_folder_that_is_not_there_is_named);
  suite_add_tcase (suite, files);
  return lane_suite_run (suite);
}
