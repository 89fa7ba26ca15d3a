/* What others do to the settings file while a program runs (F25). */
#include "suite.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "compare.h"
#include "save.h"
#include "watch.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define GOOD                                                                                       \
  "[signaling]\nurl = https://r.example.net\n[ice]\nkeepalive-ms = 3000\n"                         \
  "[server home]\nuri = stun:a\n[peer berlin]\nid = " ID_A "\n"

/* Longer than the watch waits for a row of changes to end. */
#define SETTLE_MS 400

typedef struct {
  char *folder;
  GMainContext *context;
  LaneWatch *watch;
  LaneConfig *config; /* that holds */
  GString *said;      /* verdicts and problems, one a line */
  guint reports, checks;
  gboolean free_in_callback;
} Fixture;

static Fixture fixture;

static void
set_up (void)
{
  memset (&fixture, 0, sizeof fixture);
  fixture.folder = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  ck_assert_int_eq (g_chdir (fixture.folder), 0);
  fixture.context = g_main_context_new ();
  fixture.said = g_string_new (NULL);
}

static void
tear_down (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", fixture.folder);

  lane_watch_free (fixture.watch);
  /* A look under way ends in the context. */
  while (g_main_context_iteration (fixture.context, FALSE))
    ;
  g_main_context_unref (fixture.context);
  lane_config_free (fixture.config);
  g_string_free (fixture.said, TRUE);
  ck_assert_int_eq (g_chdir ("/"), 0);
  ck_assert (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  g_free (fixture.folder);
}

static void
on_changed (LaneWatch *watch, LaneWatchReport *report, gpointer user_data)
{
  fixture.reports++;
  g_string_assign (fixture.said, lane_watch_verdict_to_string (report->verdict));
  for (guint i = 0; i < report->problems->len; i++) {
    g_autofree char *line = lane_problem_to_string (report->problems->pdata[i]);

    g_string_append_printf (fixture.said, "\n%s", line);
  }
  ck_assert_int_eq (report->config == NULL, report->verdict == LANE_WATCH_INVALID);
  if (report->config != NULL) {
    lane_config_free (fixture.config);
    fixture.config = g_steal_pointer (&report->config);
  }
  if (fixture.free_in_callback)
    g_clear_pointer (&fixture.watch, lane_watch_free);
}

static void
on_checked (LaneWatch *watch, gpointer user_data)
{
  fixture.checks++;
}

static void
write_file (const char *name, const char *text, mode_t mode)
{
  ck_assert (g_file_set_contents_full (name, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  ck_assert_int_eq (g_chmod (name, mode), 0);
}

/* As an editor that writes into the file itself. */
static void
overwrite_file (const char *name, const char *text)
{
  FILE *file = fopen (name, "w");

  ck_assert_ptr_nonnull (file);
  ck_assert_int_ge (fputs (text, file), 0);
  fclose (file);
}

static void
start (const char *path)
{
  static const char *const environ_[] = { "HOME=/home/ada", "XDG_RUNTIME_DIR=/run/user/1", NULL };
  static const LaneWatchEvents events = { on_changed, on_checked };
  const LaneConfigSources sources = { .path = path, .environ_ = environ_ };
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);

  fixture.config = lane_config_load (&sources, problems);
  ck_assert (!lane_problems_have_error (problems));
  fixture.watch = lane_watch_new (fixture.context, &sources, fixture.config->text, &events, NULL);
}

static gboolean
on_deadline (gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Turns the loop until there are @reports reports, or for @ms at most. */
static void
turn (guint reports, guint ms)
{
  g_autoptr (GSource) source = g_timeout_source_new (ms);
  gboolean late = FALSE;

  g_source_set_callback (source, on_deadline, &late, NULL);
  g_source_attach (source, fixture.context);
  while (fixture.reports < reports && !late)
    g_main_context_iteration (fixture.context, TRUE);
  g_source_destroy (source);
}

/* Starts with GOOD and lets the watch settle: it says nothing, for nothing has changed. */
static void
start_good (void)
{
  write_file ("icelane.ini", GOOD, 0600);
  start ("icelane.ini");
  turn (1, SETTLE_MS);
  ck_assert_uint_eq (fixture.reports, 0);
}

static void
assert_said (const char *expected)
{
  turn (fixture.reports + 1, 5000);
  ck_assert_str_eq (fixture.said->str, expected);
}

START_TEST (change_is_told_with_the_new_settings)
{
  start_good ();
  write_file ("icelane.ini", GOOD "[log]\nkeep = 7\n", 0600);
  assert_said ("valid");
  ck_assert_uint_eq (fixture.config->log.keep, 7);

  overwrite_file ("icelane.ini", GOOD "[log]\nkeep = 8\n");
  assert_said ("valid");
  ck_assert_uint_eq (fixture.config->log.keep, 8);
}
END_TEST

START_TEST (warnings_come_along)
{
  start_good ();
  write_file ("icelane.ini", GOOD "[log]\nkeeep = 7\n", 0600);
  assert_said ("valid\nicelane.ini:10: [log] keeep: is not a setting of [log] "
               "(did you mean keep?)");
}
END_TEST

START_TEST (row_of_changes_is_told_once)
{
  start_good ();
  for (guint i = 0; i < 20; i++) {
    g_autofree char *text = g_strdup_printf (GOOD "[log]\nkeep = %u\n", i);

    write_file ("icelane.ini", text, 0600);
    g_main_context_iteration (fixture.context, FALSE);
  }
  assert_said ("valid");
  ck_assert_uint_eq (fixture.config->log.keep, 19);
  turn (2, SETTLE_MS);
  ck_assert_uint_eq (fixture.reports, 1);
}
END_TEST

static void
touch (void)
{
  ck_assert_int_eq (utimensat (AT_FDCWD, "icelane.ini", NULL, 0), 0);
}

static void
rewrite (void)
{
  write_file ("icelane.ini", GOOD, 0600);
}

static void
put_neighbour (void)
{
  write_file ("other.ini", GOOD, 0600);
}

static void (*const harmless[]) (void) = { touch, rewrite, put_neighbour };

START_TEST (what_changes_nothing_is_not_told)
{
  start_good ();
  harmless[_i]();
  turn (1, SETTLE_MS);
  ck_assert_uint_eq (fixture.reports, 0);
}
END_TEST

static void delete (void)
{
  ck_assert_int_eq (unlink ("icelane.ini"), 0);
}

static void
put_folder (void)
{
  delete ();
  ck_assert_int_eq (g_mkdir ("icelane.ini", 0700), 0);
}

static void
put_dangling_link (void)
{
  delete ();
  ck_assert_int_eq (symlink ("nowhere", "icelane.ini"), 0);
}

static void
put_pipe (void)
{
  delete ();
  ck_assert_int_eq (mkfifo ("icelane.ini", 0600), 0);
}

static void
empty (void)
{
  ck_assert_int_eq (truncate ("icelane.ini", 0), 0);
}

/* Before `[peer berlin]`: what is left reads well. */
static void
cut_off (void)
{
  ck_assert_int_eq (truncate ("icelane.ini", strlen (GOOD) - strlen (ID_A) - 21), 0);
}

static void
corrupt (void)
{
  overwrite_file ("icelane.ini", GOOD "[ice\n\x01\x02");
}

static void
fill_with_junk (void)
{
  g_autofree char *junk = g_strnfill (2 * 1024 * 1024, 'x');

  overwrite_file ("icelane.ini", junk);
}

static void
hide (void)
{
  g_autofree char *moved = g_strconcat (fixture.folder, "-moved", NULL);

  ck_assert_int_eq (rename (fixture.folder, moved), 0);
}

static void
unhide (void)
{
  g_autofree char *moved = g_strconcat (fixture.folder, "-moved", NULL);

  ck_assert_int_eq (rename (moved, fixture.folder), 0);
}

#define STAYS "; what was last read stays in force"

typedef struct {
  void (*spoil) (void);
  const char *says;
} Fault;

static const Fault faults[] = {
  { delete, "invalid\nicelane.ini: cannot be read: No such file or directory" STAYS },
  { put_folder, "invalid\nicelane.ini: is a directory, not a file" STAYS },
  { put_dangling_link, "invalid\nicelane.ini: cannot be read: No such file or directory" STAYS },
  { put_pipe, "invalid\nicelane.ini: is not a regular file" STAYS },
  { empty, "invalid\nicelane.ini: is empty" STAYS },
  { cut_off, "invalid\nicelane.ini: is cut off" STAYS },
  { corrupt, "invalid\nicelane.ini:9: expected ']' after the section's name\n"
             "icelane.ini:10: the line has the control character 0x01: remove it" },
  { fill_with_junk, "invalid\nicelane.ini: is larger than 1 MiB: this is no settings file" STAYS },
};

START_TEST (spoilt_file_is_told_and_changes_nothing_until_it_is_mended)
{
  start_good ();
  faults[_i].spoil ();
  assert_said (faults[_i].says);
  ck_assert_uint_eq (fixture.config->peers->len, 1);

  if (!g_file_test ("icelane.ini", G_FILE_TEST_IS_REGULAR))
    ck_assert (g_remove ("icelane.ini") == 0 || !g_file_test ("icelane.ini", G_FILE_TEST_EXISTS));
  write_file ("icelane.ini", GOOD, 0600);
  assert_said ("valid");
  ck_assert_uint_eq (fixture.config->ice.keepalive_ms, 3000);
}
END_TEST

START_TEST (folder_that_goes_and_comes_is_seen)
{
  g_autofree char *path = g_build_filename (fixture.folder, "icelane.ini", NULL);

  write_file ("icelane.ini", GOOD, 0600);
  start (path);
  turn (1, SETTLE_MS);
  hide ();
  turn (1, 5000);
  ck_assert_ptr_nonnull (strstr (fixture.said->str, "cannot be read: No such file or directory"));
  unhide ();
  assert_said ("valid");
}
END_TEST

START_TEST (file_comes_into_being)
{
  start ("one/two/icelane.ini");
  turn (1, SETTLE_MS);
  ck_assert_uint_eq (fixture.reports, 0);
  ck_assert_int_eq (g_mkdir_with_parents ("one/two", 0700), 0);
  write_file ("one/two/icelane.ini", GOOD, 0600);
  assert_said ("valid");
  ck_assert_uint_eq (fixture.config->peers->len, 1);
}
END_TEST

START_TEST (opened_file_with_a_secret_is_refused)
{
  start_good ();
  write_file ("icelane.ini", GOOD "[server b]\nuri = turn:b\nusername = u\npassword = hunter2\n",
              0600);
  assert_said ("valid");
  ck_assert_int_eq (g_chmod ("icelane.ini", 0644), 0);
  assert_said ("invalid\nicelane.ini:12: [server b] password: is a secret in a file that others "
               "may open: run chmod 600 icelane.ini, or use password-command or password-file");
  ck_assert_str_eq (lane_config_find_server (fixture.config, "b")->password, "hunter2");
  ck_assert_int_eq (g_chmod ("icelane.ini", 0600), 0);
  assert_said ("valid");
}
END_TEST

/* One section is wrong, one is right. */
START_TEST (valid_parts_count)
{
  start_good ();
  write_file ("icelane.ini",
              "[signaling]\nurl = https://r.example.net\n[ice]\nkeepalive-ms = 3\n"
              "[server home]\nuri = stun:b\n[server bad]\n[peer berlin]\nid = " ID_A "\n",
              0600);
  assert_said ("partly\nicelane.ini:4: [ice] keepalive-ms: 3 is not in 200-60000\n"
               "icelane.ini:7: [server bad] has no uri: add for example uri = "
               "stun:stun.example.net");
  ck_assert_uint_eq (fixture.config->ice.keepalive_ms, 3000);
  ck_assert_str_eq (
      ((LaneUri *)lane_config_find_server (fixture.config, "home")->uris->pdata[0])->host, "b");
  ck_assert_ptr_null (lane_config_find_server (fixture.config, "bad"));
  ck_assert_uint_eq (fixture.config->peers->len, 1);
}
END_TEST

/* The section put back needs one that is gone. */
START_TEST (parts_that_do_not_fit_together_do_not_count)
{
  write_file ("icelane.ini", GOOD "servers = home\n", 0600);
  start ("icelane.ini");
  turn (1, SETTLE_MS);
  write_file ("icelane.ini",
              "[signaling]\nurl = https://r.example.net\n[peer berlin]\nid = " ID_A
              "\nservers = hoem\n",
              0600);
  assert_said ("invalid\nicelane.ini:5: [peer berlin] servers: 'hoem' is not the name of a "
               "[server] section");
  ck_assert_uint_eq (fixture.config->servers->len, 1);
}
END_TEST

START_TEST (shorter_file_with_whole_lines_counts)
{
  start_good ();
  write_file ("icelane.ini", "[signaling]\nurl = https://r.example.net\n", 0600);
  assert_said ("valid");
  ck_assert_uint_eq (fixture.config->peers->len, 0);
}
END_TEST

/* Both as an editor does it and as configuration management swaps folders. */
START_TEST (links_are_followed_wherever_they_change)
{
  ck_assert_int_eq (g_mkdir ("v1", 0700), 0);
  ck_assert_int_eq (g_mkdir ("v2", 0700), 0);
  write_file ("v1/lane.ini", GOOD, 0600);
  write_file ("v2/lane.ini", GOOD "[log]\nkeep = 2\n", 0600);
  ck_assert_int_eq (symlink ("v1", "current"), 0);
  ck_assert_int_eq (symlink ("current/lane.ini", "icelane.ini"), 0);
  start ("icelane.ini");
  turn (1, SETTLE_MS);

  write_file ("v1/lane.ini", GOOD "[log]\nkeep = 1\n", 0600);
  assert_said ("valid");
  ck_assert_uint_eq (fixture.config->log.keep, 1);

  ck_assert_int_eq (symlink ("v2", "next"), 0);
  ck_assert_int_eq (rename ("next", "current"), 0);
  assert_said ("valid");
  ck_assert_uint_eq (fixture.config->log.keep, 2);

  write_file ("v2/lane.ini", GOOD "[log]\nkeep = 3\n", 0600);
  assert_said ("valid");
  ck_assert_uint_eq (fixture.config->log.keep, 3);
}
END_TEST

START_TEST (own_save_is_told_once)
{
  g_autoptr (LaneOriginal) original = NULL;
  g_autoptr (LaneDocument) document = NULL;
  g_autoptr (LaneSaveReport) report = NULL;

  start_good ();
  original = lane_original_read ("icelane.ini", NULL);
  document = lane_document_copy (original->document);
  ck_assert (lane_document_set (document, "log", "keep", "9", NULL));
  report = lane_save_sync (original, document, LANE_SAVE_ASK, NULL);
  ck_assert_ptr_nonnull (report);
  assert_said ("valid");
  ck_assert_uint_eq (fixture.config->log.keep, 9);
  turn (2, SETTLE_MS);
  ck_assert_uint_eq (fixture.reports, 1);
}
END_TEST

START_TEST (watch_looks_when_told_to)
{
  start_good ();
  write_file ("icelane.ini", GOOD "[log]\nkeep = 7\n", 0600);
  lane_watch_check (fixture.watch);
  assert_said ("valid");
}
END_TEST

START_TEST (callback_may_free_the_watch)
{
  start_good ();
  fixture.free_in_callback = TRUE;
  write_file ("icelane.ini", GOOD "[log]\nkeep = 7\n", 0600);
  assert_said ("valid");
  ck_assert_ptr_null (fixture.watch);
}
END_TEST

START_TEST (freed_watch_says_nothing)
{
  write_file ("icelane.ini", GOOD, 0600);
  start ("icelane.ini");
  write_file ("icelane.ini", "", 0600);
  g_clear_pointer (&fixture.watch, lane_watch_free);
  turn (1, SETTLE_MS);
  ck_assert_uint_eq (fixture.reports, 0);
}
END_TEST

START_TEST (change_before_the_first_look_is_not_missed)
{
  write_file ("icelane.ini", GOOD, 0600);
  start ("icelane.ini");
  write_file ("icelane.ini", GOOD "[log]\nkeep = 7\n", 0600);
  assert_said ("valid");
  ck_assert_uint_eq (fixture.config->log.keep, 7);
}
END_TEST

START_TEST (each_check_is_answered_once_and_after_its_report)
{
  write_file ("a.ini", GOOD, 0600);
  start ("a.ini");
  lane_watch_check (fixture.watch);
  while (fixture.checks == 0)
    g_main_context_iteration (fixture.context, TRUE);
  ck_assert_uint_eq (fixture.reports, 0);

  write_file ("a.ini", GOOD "policy = relay-only\n", 0600);
  lane_watch_check (fixture.watch);
  while (fixture.checks == 1)
    g_main_context_iteration (fixture.context, TRUE);
  ck_assert_uint_eq (fixture.reports, 1);
  turn (G_MAXUINT, 2 * SETTLE_MS);
  ck_assert_uint_eq (fixture.checks, 2);
  ck_assert_uint_eq (fixture.reports, 1);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("watch");
  TCase *tcase = tcase_create ("watch");

  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, change_is_told_with_the_new_settings);
  tcase_add_test (tcase, warnings_come_along);
  tcase_add_test (tcase, row_of_changes_is_told_once);
  tcase_add_loop_test (tcase, what_changes_nothing_is_not_told, 0, G_N_ELEMENTS (harmless));
  tcase_add_loop_test (tcase, spoilt_file_is_told_and_changes_nothing_until_it_is_mended, 0,
                       G_N_ELEMENTS (faults));
  tcase_add_test (tcase, folder_that_goes_and_comes_is_seen);
  tcase_add_test (tcase, file_comes_into_being);
  tcase_add_test (tcase, opened_file_with_a_secret_is_refused);
  tcase_add_test (tcase, valid_parts_count);
  tcase_add_test (tcase, parts_that_do_not_fit_together_do_not_count);
  tcase_add_test (tcase, shorter_file_with_whole_lines_counts);
  tcase_add_test (tcase, links_are_followed_wherever_they_change);
  tcase_add_test (tcase, own_save_is_told_once);
  tcase_add_test (tcase, watch_looks_when_told_to);
  tcase_add_test (tcase, callback_may_free_the_watch);
  tcase_add_test (tcase, freed_watch_says_nothing);
  tcase_add_test (tcase, change_before_the_first_look_is_not_missed);
  tcase_add_test (tcase, each_check_is_answered_once_and_after_its_report);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
