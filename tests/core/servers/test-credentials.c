#include "servers/credentials.h"

#include "core/servers/until.h"
#include "suite.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define CANARY "S3cret-canary"

static GMainContext *context;
static guint n_changes;

static void
setup (void)
{
  context = g_main_context_new ();
  n_changes = 0;
}

static void
teardown (void)
{
  g_main_context_unref (context);
}

static void
on_changed (LaneCredentials *credentials, gpointer user_data)
{
  n_changes++;
}

static LaneCredentials *
load (const LaneServerConfig *server)
{
  return lane_credentials_new (context, server, 2000, on_changed, NULL);
}

static void
assert_makes (LaneCredentials *credentials, const char *username, const char *password)
{
  g_autofree char *made_username = NULL;
  g_autofree char *made_password = NULL;

  ck_assert_ptr_null (lane_credentials_get_error (credentials));
  ck_assert (lane_credentials_make (credentials, G_GINT64_CONSTANT (1700000000000000),
                                    &made_username, &made_password));
  ck_assert_str_eq (made_username, username);
  ck_assert_str_eq (made_password, password);
}

static void
assert_fails (LaneCredentials *credentials, const char *says)
{
  char *username = NULL, *password = NULL;
  const char *error = lane_credentials_get_error (credentials);

  ck_assert_ptr_nonnull (error);
  ck_assert_msg (strstr (error, says) != NULL, "'%s' does not say '%s'", error, says);
  ck_assert_ptr_null (strstr (error, CANARY));
  ck_assert (!lane_credentials_make (credentials, 0, &username, &password));
}

START_TEST (password_of_the_settings_is_taken_as_it_stands)
{
  LaneServerConfig plain = { .username = (char *)"me", .password = (char *)"pa;ss" };
  LaneServerConfig base64 = { .username = (char *)"me",
                              .password_b64 = (char *)"cGE7c3MgO3dvcmQ=" };
  g_autoptr (LaneCredentials) first = load (&plain);
  g_autoptr (LaneCredentials) second = load (&base64);

  assert_makes (first, "me", "pa;ss");
  assert_makes (second, "me", "pa;ss ;word");
}
END_TEST

START_TEST (section_without_a_password_says_so)
{
  LaneServerConfig server = { .username = (char *)"me" };
  LaneServerConfig nul = { .username = (char *)"me", .password_b64 = (char *)"AGE=" };
  g_autoptr (LaneCredentials) none = load (&server);
  g_autoptr (LaneCredentials) broken = load (&nul);

  assert_fails (none, "password: none");
  assert_fails (broken, "password-b64");
}
END_TEST

START_TEST (password_file_gives_its_first_line)
{
  g_autofree char *directory = g_dir_make_tmp ("lane-credentials-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "password", NULL);
  LaneServerConfig server = { .username = (char *)"me", .password_file = path };
  static const struct {
    const char *text, *password;
  } table[] = {
    { "one\ntwo\n", "one" }, { "one", "one" },  { "one\r\n", "one" },
    { " one \n", " one " },  { "\nx\n", NULL }, { "", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    g_autoptr (LaneCredentials) credentials = NULL;

    ck_assert (g_file_set_contents (path, table[i].text, -1, NULL));
    credentials = load (&server);
    if (table[i].password != NULL)
      assert_makes (credentials, "me", table[i].password);
    else
      assert_fails (credentials, "password-file: its first line");
  }
  g_remove (path);
  g_rmdir (directory);
}
END_TEST

START_TEST (missing_password_file_is_read_when_it_is_there_later)
{
  g_autofree char *directory = g_dir_make_tmp ("lane-credentials-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "password", NULL);
  LaneServerConfig server = { .username = (char *)"me", .password_file = path };
  LaneServerConfig folder = { .username = (char *)"me", .password_file = directory };
  g_autoptr (LaneCredentials) credentials = load (&server);
  g_autoptr (LaneCredentials) no_file = load (&folder);

  assert_fails (credentials, "password-file: ");
  assert_fails (no_file, "not a regular file");
  ck_assert (g_file_set_contents (path, "now\n", -1, NULL));
  lane_credentials_retry (credentials);
  iterate_until (context, n_changes == 1);
  assert_makes (credentials, "me", "now");
  g_remove (path);
  g_rmdir (directory);
}
END_TEST

/* The first attempt fails, the second one, 2 s later, does not. */
START_TEST (command_that_failed_is_asked_again_by_itself)
{
  g_autofree char *directory = g_dir_make_tmp ("lane-credentials-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "tried", NULL);
  g_autofree char *command =
      g_strdup_printf ("sh -c 'test -e %s && echo good && exit; touch %s; exit 1'", path, path);
  LaneServerConfig server = { .username = (char *)"me", .password_command = command };
  g_autoptr (LaneCredentials) credentials = load (&server);

  iterate_until (context, n_changes == 1);
  assert_fails (credentials, "password-command: exit code 1");
  iterate_until (context, n_changes == 2);
  assert_makes (credentials, "me", "good");
  g_remove (path);
  g_rmdir (directory);
}
END_TEST

START_TEST (refused_password_is_read_again_and_the_old_one_serves_meanwhile)
{
  g_autofree char *directory = g_dir_make_tmp ("lane-credentials-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "password", NULL);
  LaneServerConfig server = { .username = (char *)"me", .password_file = path };
  g_autoptr (LaneCredentials) credentials = NULL;

  ck_assert (g_file_set_contents (path, "old\n", -1, NULL));
  credentials = load (&server);
  ck_assert (g_file_set_contents (path, "new\n", -1, NULL));
  lane_credentials_reload (credentials);
  assert_makes (credentials, "me", "old");
  iterate_until (context, n_changes == 1);
  assert_makes (credentials, "me", "new");

  g_remove (path);
  lane_credentials_reload (credentials); /* too soon: nothing */
  while (g_main_context_iteration (context, FALSE))
    ;
  assert_makes (credentials, "me", "new");
  g_rmdir (directory);
}
END_TEST

START_TEST (lost_password_file_leaves_the_password_that_is_known)
{
  g_autofree char *directory = g_dir_make_tmp ("lane-credentials-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "password", NULL);
  LaneServerConfig server = { .username = (char *)"me", .password_file = path };
  g_autoptr (LaneCredentials) credentials = NULL;

  ck_assert (g_file_set_contents (path, "kept\n", -1, NULL));
  credentials = load (&server);
  g_remove (path);
  lane_credentials_reload (credentials);
  while (g_main_context_iteration (context, FALSE))
    ;
  assert_makes (credentials, "me", "kept");
  ck_assert_uint_eq (n_changes, 0);
  g_rmdir (directory);
}
END_TEST

START_TEST (command_gives_its_first_line_in_the_background)
{
  LaneServerConfig server = { .username = (char *)"me",
                              .password_command = (char *)"printf '%s\\nrest\\n' 'pass word'" };
  g_autoptr (LaneCredentials) credentials = load (&server);
  char *username = NULL, *password = NULL;

  ck_assert (!lane_credentials_make (credentials, 0, &username, &password));
  ck_assert_ptr_null (lane_credentials_get_error (credentials));
  iterate_until (context, n_changes == 1);
  assert_makes (credentials, "me", "pass word");
}
END_TEST

START_TEST (command_that_fails_says_how_and_not_what_it_wrote)
{
  static const struct {
    const char *command, *says;
  } table[] = {
    { "sh -c 'echo " CANARY "; echo " CANARY " >&2; exit 3'", "password-command: exit code 3" },
    { "sh -c 'kill -9 $$'", "password-command: was killed" },
    { "true", "password-command: its first line" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    LaneServerConfig server = { .username = (char *)"me",
                                .password_command = (char *)table[i].command };
    g_autoptr (LaneCredentials) credentials = load (&server);

    iterate_until (context, n_changes == i + 1);
    assert_fails (credentials, table[i].says);
  }
}
END_TEST

START_TEST (command_that_cannot_run_fails_at_once)
{
  LaneServerConfig server = { .username = (char *)"me",
                              .password_command = (char *)"/nonexistent/command" };
  LaneServerConfig quotes = { .username = (char *)"me", .password_command = (char *)"echo 'x" };
  g_autoptr (LaneCredentials) missing = load (&server);
  g_autoptr (LaneCredentials) broken = load (&quotes);

  assert_fails (missing, "password-command: ");
  assert_fails (broken, "password-command: ");
}
END_TEST

/* A command that writes its process id to @path and hangs. */
static char *
hanging_command (const char *path)
{
  return g_strdup_printf ("sh -c 'echo $$ >%s.new; mv %s.new %s; exec sleep 100'", path, path,
                          path);
}

static pid_t
read_process (const char *path)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  return (pid_t)g_ascii_strtoll (text, NULL, 10);
}

START_TEST (command_that_hangs_is_killed)
{
  g_autofree char *directory = g_dir_make_tmp ("lane-credentials-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "pid", NULL);
  g_autofree char *command = hanging_command (path);
  LaneServerConfig server = { .username = (char *)"me", .password_command = command };
  g_autoptr (LaneCredentials) credentials =
      lane_credentials_new (context, &server, 700, on_changed, NULL);
  pid_t process;

  iterate_until (context, n_changes == 1);
  assert_fails (credentials, "password-command: did not end within 700 ms");
  process = read_process (path);
  ck_assert_int_gt (process, 0);
  iterate_until (context, kill (process, 0) != 0);
  g_remove (path);
  g_rmdir (directory);
}
END_TEST

START_TEST (freed_credentials_kill_the_command_and_tell_nothing)
{
  g_autofree char *directory = g_dir_make_tmp ("lane-credentials-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "pid", NULL);
  g_autofree char *command = hanging_command (path);
  LaneServerConfig server = { .username = (char *)"me", .password_command = command };
  LaneCredentials *credentials = load (&server);
  pid_t process;

  iterate_until (context, read_process (path) > 0);
  process = read_process (path);
  lane_credentials_free (credentials);
  iterate_until (context, kill (process, 0) != 0);
  while (g_main_context_iteration (context, FALSE))
    ;
  ck_assert_uint_eq (n_changes, 0);
  g_remove (path);
  g_rmdir (directory);
}
END_TEST

START_TEST (shared_secret_makes_short_lived_credentials)
{
  LaneServerConfig named = { .username = (char *)"oslo",
                             .auth_secret = (char *)"north",
                             .auth_ttl_s = 86400 };
  LaneServerConfig bare = { .auth_secret_command = (char *)"echo north", .auth_ttl_s = 60 };
  g_autoptr (LaneCredentials) first = load (&named);
  g_autoptr (LaneCredentials) second = load (&bare);

  iterate_until (context, n_changes == 1);
  /* printf 1700086400:oslo | openssl dgst -sha1 -hmac north -binary | base64 */
  assert_makes (first, "1700086400:oslo", "ysPorbMhiIBLM+QHecakNxwCFPo=");
  /* printf 1700000060 | openssl dgst -sha1 -hmac north -binary | base64 */
  assert_makes (second, "1700000060", "aqoYHq0SZvNMrBZ16421DRySfm0=");
}
END_TEST

START_TEST (end_of_short_lived_credentials_is_known)
{
  LaneServerConfig rest = { .auth_secret = (char *)"north", .auth_ttl_s = 60 };
  LaneServerConfig issued = { .username = (char *)"1700000000:me", .password = (char *)"x" };
  g_autoptr (LaneCredentials) made = load (&rest);
  g_autoptr (LaneCredentials) given = load (&issued);

  ck_assert_uint_eq (lane_credentials_get_ttl_s (made), 60);
  ck_assert_int_eq (lane_credentials_get_expiry_us (made), 0);
  assert_makes (made, "1700000060", "aqoYHq0SZvNMrBZ16421DRySfm0=");
  ck_assert_int_eq (lane_credentials_get_expiry_us (made),
                    G_GINT64_CONSTANT (1700000060) * G_USEC_PER_SEC);

  ck_assert_uint_eq (lane_credentials_get_ttl_s (given), 0);
  ck_assert_int_eq (lane_credentials_get_expiry_us (given),
                    G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC);
}
END_TEST

START_TEST (only_names_that_begin_with_a_time_expire)
{
  static const struct {
    const char *username;
    gint64 expiry_s;
  } table[] = {
    { "1700000000:me", 1700000000 },
    { "1700000000", 1700000000 },
    { "1700000000:", 1700000000 },
    { "1700000000me", 0 },
    { "12345:me", 0 },
    { "170000000000:me", 0 },
    { "me", 0 },
    { "", 0 },
    { NULL, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    ck_assert_int_eq (lane_credentials_read_expiry_us (table[i].username),
                      table[i].expiry_s * G_USEC_PER_SEC);
}
END_TEST

/* A fleet that was started at once does not renew at once, and the last one has time left. */
START_TEST (renewal_is_in_good_time_and_spread)
{
  static const struct {
    gint64 left_s;
    double chance;
    guint after_ms;
  } table[] = {
    { 86400, 0, 47520000 }, { 86400, 1, 69120000 }, { 60, 0, 33000 }, { 60, 0.5, 40500 },
    { 10, 1, 8000 },        { 1, 0, 1000 },         { 0, 0, 30000 },  { -5, 0.7, 30000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    ck_assert_uint_eq (
        lane_credentials_renew_after_ms (table[i].left_s * G_USEC_PER_SEC, table[i].chance),
        table[i].after_ms);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("credentials");
  TCase *sources = tcase_create ("sources");

  tcase_add_checked_fixture (sources, setup, teardown);
  tcase_set_timeout (sources, 20);
  tcase_add_test (sources, password_of_the_settings_is_taken_as_it_stands);
  tcase_add_test (sources, section_without_a_password_says_so);
  tcase_add_test (sources, password_file_gives_its_first_line);
  tcase_add_test (sources, missing_password_file_is_read_when_it_is_there_later);
  tcase_add_test (sources, command_that_failed_is_asked_again_by_itself);
  tcase_add_test (sources, refused_password_is_read_again_and_the_old_one_serves_meanwhile);
  tcase_add_test (sources, lost_password_file_leaves_the_password_that_is_known);
  tcase_add_test (sources, end_of_short_lived_credentials_is_known);
  tcase_add_test (sources, only_names_that_begin_with_a_time_expire);
  tcase_add_test (sources, renewal_is_in_good_time_and_spread);
  tcase_add_test (sources, command_gives_its_first_line_in_the_background);
  tcase_add_test (sources, command_that_fails_says_how_and_not_what_it_wrote);
  tcase_add_test (sources, command_that_cannot_run_fails_at_once);
  tcase_add_test (sources, command_that_hangs_is_killed);
  tcase_add_test (sources, freed_credentials_kill_the_command_and_tell_nothing);
  tcase_add_test (sources, shared_secret_makes_short_lived_credentials);
  suite_add_tcase (suite, sources);
  return lane_suite_run (suite);
}
