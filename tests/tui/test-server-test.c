/* Tests of servers through a real `icelane check` against a server of our own, and through
 * programs that are none. */
#include "suite.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "core/servers/turn-stub.h"
#include "server-test.h"

typedef struct {
  guint steps;     /* how often something was told */
  guint max_taken; /* steps of the first result while it was CHECKING */
  guint ends;
  GError *error;
} Told;

static GMainContext *context;
static TurnStub *stub;
static char *directory;
static Told told;

static void
setup (void)
{
  context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  stub = turn_stub_new (context, TURN_STUB_UDP, NULL);
  directory = g_dir_make_tmp ("icelane-test-XXXXXX", NULL);
  told = (Told){ 0 };
}

static void
teardown (void)
{
  turn_stub_free (stub);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  g_clear_error (&told.error);
  g_free (directory);
}

static void
on_stepped (LaneServerTest *test, gpointer user_data)
{
  GPtrArray *results = lane_server_test_get_results (test);
  const LaneTestResult *first = results->len > 0 ? g_ptr_array_index (results, 0) : NULL;

  told.steps++;
  if (first != NULL && first->state == LANE_TEST_CHECKING)
    told.max_taken = MAX (told.max_taken, first->steps->len);
}

static void
on_done (LaneServerTest *test, const GError *error, gpointer user_data)
{
  told.ends++;
  told.error = error != NULL ? g_error_copy (error) : NULL;
}

static const LaneServerTestEvents events = { .stepped = on_stepped, .done = on_done };

#define run_until(condition)                                                                       \
  do {                                                                                             \
    gint64 deadline_ = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;                              \
    while (!(condition)) {                                                                         \
      ck_assert_msg (g_get_monotonic_time () < deadline_, "never happened: %s", #condition);       \
      if (!g_main_context_iteration (context, FALSE))                                              \
        g_usleep (1000);                                                                           \
    }                                                                                              \
  } while (0)

/* %u is the stub's port. */
static GBytes *
make_settings (const char *format)
{
  g_autofree char *port = g_strdup_printf ("%u", turn_stub_get_port (stub));
  g_auto (GStrv) parts = g_strsplit (format, "%u", -1);
  char *text = g_strjoinv (port, parts);

  return g_bytes_new_take (text, strlen (text));
}

static LaneServerTest *
start (const char *format, const char *server)
{
  g_autoptr (GBytes) settings = make_settings (format);
  g_autoptr (GError) error = NULL;
  const char *const servers[] = { server, NULL };
  const LaneServerTestSetup how = {
    .program = g_getenv ("ICELANE"),
    .settings = settings,
    .servers = server != NULL ? servers : NULL,
  };
  LaneServerTest *test = lane_server_test_new (&how, &events, NULL, &error);

  g_assert_no_error (error);
  return test;
}

/* A program that ignores its arguments. */
static LaneServerTest *
start_script (const char *script)
{
  g_autofree char *path = g_build_filename (directory, "check", NULL);
  g_autofree char *text = g_strconcat ("#!/bin/sh\n", script, "\n", NULL);
  g_autoptr (GBytes) settings = g_bytes_new_static ("", 0);
  const LaneServerTestSetup how = { .program = path, .settings = settings };
  g_autoptr (GError) error = NULL;
  LaneServerTest *test;

  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, &error);
  g_assert_no_error (error);
  test = lane_server_test_new (&how, &events, NULL, &error);
  g_assert_no_error (error);
  return test;
}

static const LaneTestResult *
result_of (LaneServerTest *test, guint index)
{
  return g_ptr_array_index (lane_server_test_get_results (test), index);
}

static const LaneTestStep *
find_step (const LaneTestResult *result, const char *kind)
{
  for (guint i = 0; i < result->steps->len; i++) {
    const LaneTestStep *step = g_ptr_array_index (result->steps, i);

    if (strcmp (step->kind, kind) == 0)
      return step;
  }
  return NULL;
}

#define HOME                                                                                       \
  "[server home]\nuri = turn:127.0.0.1:%u\nusername = " TURN_STUB_USER                             \
  "\npassword = " TURN_STUB_PASSWORD "\n"
#define DEAD "[server dead]\nuri = stun:127.0.0.1:9\n"

START_TEST (each_step_comes_while_it_is_taken)
{
  g_autoptr (LaneServerTest) test = start (HOME, NULL);
  const LaneTestResult *result;

  ck_assert_uint_eq (lane_server_test_get_results (test)->len, 0);
  run_until (told.ends > 0);
  g_assert_no_error (told.error);
  ck_assert_uint_eq (told.ends, 1);
  ck_assert_uint_gt (told.steps, 2);
  ck_assert_uint_gt (told.max_taken, 0);
  ck_assert_uint_eq (lane_server_test_get_results (test)->len, 1);
  result = result_of (test, 0);
  ck_assert_str_eq (result->server, "home");
  ck_assert_int_eq (result->state, LANE_TEST_OK);
  ck_assert_str_eq (result->mapped, "203.0.113.7");
  ck_assert_ptr_nonnull (result->relayed);
  ck_assert_ptr_null (result->error);
  ck_assert (!isnan (result->rtt_ms));
  ck_assert (find_step (result, "allocate")->ok);
  ck_assert (find_step (result, "allocate")->ms >= 0);
  ck_assert_ptr_nonnull (strstr (find_step (result, "stun")->evidence, "203.0.113.7"));
  ck_assert_int_eq (turn_stub_get_allocations (stub), 0);
}
END_TEST

START_TEST (failure_has_its_sentence_and_its_cure)
{
  g_autoptr (LaneServerTest) test = NULL;
  const LaneTestResult *home;

  turn_stub_get_script (stub)->sign_with = "another";
  turn_stub_get_script (stub)->stubborn = TRUE;
  turn_stub_get_script (stub)->allocate[0] = 401;
  test = start (HOME DEAD, NULL);
  run_until (told.ends > 0);
  g_assert_no_error (told.error);
  ck_assert_uint_eq (lane_server_test_get_results (test)->len, 2);
  home = result_of (test, 0);
  ck_assert_int_eq (home->state, LANE_TEST_FAILED);
  ck_assert_str_eq (home->code, "unauthorized");
  ck_assert_ptr_nonnull (strstr (home->error, "401"));
  ck_assert_ptr_nonnull (home->advice);
  ck_assert (find_step (home, "stun")->ok);
  ck_assert (!find_step (home, "allocate")->ok);
  ck_assert_int_eq (result_of (test, 1)->state, LANE_TEST_FAILED);
  ck_assert_str_eq (result_of (test, 1)->code, "refused");
}
END_TEST

START_TEST (only_what_was_asked_for_is_tested)
{
  g_autoptr (LaneServerTest) test = start (DEAD HOME "[server off]\nenabled = no\n"
                                                     "uri = stun:127.0.0.1:%u\n",
                                           "off");

  run_until (told.ends > 0);
  g_assert_no_error (told.error);
  ck_assert_uint_eq (lane_server_test_get_results (test)->len, 1);
  ck_assert_str_eq (result_of (test, 0)->server, "off");
  ck_assert_int_eq (result_of (test, 0)->state, LANE_TEST_OK);
}
END_TEST

START_TEST (settings_that_are_wrong_are_told_in_the_words_of_the_file)
{
  g_autoptr (LaneServerTest) test = start ("[server home]\nuri = turn:127.0.0.1:99999\n", NULL);

  run_until (told.ends > 0);
  ck_assert_ptr_nonnull (told.error);
  ck_assert (g_error_matches (told.error, LANE_TEST_ERROR, LANE_TEST_ERROR_REFUSED));
  ck_assert_msg (g_str_has_prefix (told.error->message, "[server home] uri: "), "%s",
                 told.error->message);
  ck_assert_ptr_null (strchr (told.error->message, '\n'));
}
END_TEST

START_TEST (long_settings_go_through_the_pipe)
{
  g_autofree char *filler = g_strnfill (190, 'x');
  g_autoptr (GString) text = g_string_new (HOME);
  g_autoptr (LaneServerTest) test = NULL;

  for (guint i = 0; i < 2000; i++)
    g_string_append_printf (text, "# %s\n", filler);
  test = start (text->str, "home");
  run_until (told.ends > 0);
  g_assert_no_error (told.error);
  ck_assert_int_eq (result_of (test, 0)->state, LANE_TEST_OK);
}
END_TEST

START_TEST (freeing_ends_it_and_gives_the_allocation_back)
{
  LaneServerTest *test;

  turn_stub_get_script (stub)->permission[0] = TURN_STUB_SILENT;
  test = start (HOME, NULL);
  run_until (turn_stub_get_allocations (stub) == 1);
  lane_server_test_free (test);
  run_until (turn_stub_get_allocations (stub) == 0);
  ck_assert_uint_eq (told.ends, 0);
}
END_TEST

START_TEST (output_that_is_none_fails_the_test)
{
  g_autoptr (LaneServerTest) test = start_script ("echo '{\"schema\": 1'");

  run_until (told.ends > 0);
  ck_assert_ptr_nonnull (told.error);
  ck_assert_uint_eq (told.steps, 0);
}
END_TEST

START_TEST (line_without_an_end_fails_the_test)
{
  g_autoptr (LaneServerTest) test = start_script ("exec tr '\\0' x </dev/zero");

  run_until (told.ends > 0);
  ck_assert_ptr_nonnull (told.error);
  ck_assert_str_eq (told.error->message, "a line is too long");
}
END_TEST

START_TEST (early_end_without_a_word_is_told)
{
  g_autoptr (LaneServerTest) silent = start_script ("exit 7");

  run_until (told.ends == 1);
  ck_assert_str_eq (told.error->message, "the test ended early, with exit code 7");
  g_clear_error (&told.error);
  {
    g_autoptr (LaneServerTest) killed = start_script ("kill -9 $$");

    run_until (told.ends == 2);
    ck_assert_str_eq (told.error->message, "the test was ended by signal 9");
  }
}
END_TEST

START_TEST (odd_members_are_unknown)
{
  static const char line[] =
      "{\"done\": false, \"servers\": [7, {\"uri\": \"stun:x\"}, {\"name\": \"a\", \"uri\": "
      "\"stun:x\", \"state\": 3, \"steps\": [null, {\"step\": [], \"ms\": \"1\"}], \"rtt_ms\": "
      "null, \"error\": {}, \"certificate_expires_at\": \"soon\"}]}";
  g_autoptr (GError) error = NULL;
  gboolean done = TRUE;
  g_autoptr (GPtrArray) results = lane_test_results_parse (line, strlen (line), &done, &error);
  const LaneTestResult *result;

  g_assert_no_error (error);
  ck_assert (!done);
  ck_assert_uint_eq (results->len, 1);
  result = g_ptr_array_index (results, 0);
  ck_assert_int_eq (result->state, LANE_TEST_CHECKING);
  ck_assert (isnan (result->rtt_ms));
  ck_assert_ptr_null (result->error);
  ck_assert_int_eq (result->expires_us, 0);
  ck_assert_uint_eq (result->steps->len, 1);
  ck_assert_str_eq (((LaneTestStep *)g_ptr_array_index (result->steps, 0))->kind, "unknown");
}
END_TEST

START_TEST (what_is_no_list_of_servers_is_refused)
{
  static const char *const lines[] = { "", "[]", "{}", "{\"servers\": 1}", "nonsense" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (GError) error = NULL;
    gboolean done;

    ck_assert_ptr_null (lane_test_results_parse (lines[i], strlen (lines[i]), &done, &error));
    ck_assert_ptr_nonnull (error);
  }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("server-test");
  TCase *tests = tcase_create ("tests");

  tcase_add_checked_fixture (tests, setup, teardown);
  tcase_set_timeout (tests, 40);
  tcase_add_test (tests, each_step_comes_while_it_is_taken);
  tcase_add_test (tests, failure_has_its_sentence_and_its_cure);
  tcase_add_test (tests, only_what_was_asked_for_is_tested);
  tcase_add_test (tests, settings_that_are_wrong_are_told_in_the_words_of_the_file);
  tcase_add_test (tests, long_settings_go_through_the_pipe);
  tcase_add_test (tests, freeing_ends_it_and_gives_the_allocation_back);
  tcase_add_test (tests, output_that_is_none_fails_the_test);
  tcase_add_test (tests, line_without_an_end_fails_the_test);
  tcase_add_test (tests, early_end_without_a_word_is_told);
  tcase_add_test (tests, odd_members_are_unknown);
  tcase_add_test (tests, what_is_no_list_of_servers_is_refused);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
