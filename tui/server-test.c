#include "server-test.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>

#define OUTPUT_LINE_MAX (4 * 1024 * 1024)
#define SAID_MAX        4096
#define CHUNK_MAX       65536

struct _LaneServerTest {
  LaneServerTestEvents events;
  gpointer user_data;
  GSubprocess *process;
  GCancellable *cancellable;
  GBytes *settings;
  GString *line; /* of its output, as far as it has come */
  GString *said; /* on its standard error */
  GPtrArray *results;
  GError *error;
  gboolean complete; /* the last line has come */
  guint open;        /* of output, error and the process itself */
  gboolean freed;    /* held only by what is under way */
};

static LaneServerTest *
acquire (LaneServerTest *test)
{
  return g_rc_box_acquire (test);
}

static void
clear (gpointer data)
{
  LaneServerTest *test = data;

  g_clear_object (&test->process);
  g_clear_object (&test->cancellable);
  g_clear_pointer (&test->settings, g_bytes_unref);
  g_string_free (test->line, TRUE);
  g_string_free (test->said, TRUE);
  g_ptr_array_unref (test->results);
  g_clear_error (&test->error);
}

static void
release (LaneServerTest *test)
{
  g_rc_box_release_full (test, clear);
}

typedef LaneServerTest Held;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Held, release)

/* The end */

/* Behind `icelane: ` and `standard input:54: `: the operator has seen no such file. */
static const char *
skip_place (const char *text)
{
  static const char *const places[] = { "icelane: ", "standard input:" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (g_str_has_prefix (text, places[i]))
      text += strlen (places[i]);
  if (g_ascii_isdigit (*text) && g_str_has_prefix (text + strspn (text, "0123456789"), ": "))
    text += strspn (text, "0123456789") + strlen (": ");
  return text;
}

/* The first line that the program wrote, which it meant for an operator. */
static char *
first_line (const GString *said)
{
  const char *text = skip_place (said->str);
  g_autofree char *line = g_strndup (text, strcspn (text, "\n"));

  return *line != '\0' ? g_utf8_make_valid (line, -1) : NULL;
}

static void
find_error (LaneServerTest *test)
{
  g_autofree char *line = first_line (test->said);

  if (test->error != NULL || test->complete)
    return;
  if (line != NULL)
    g_set_error_literal (&test->error, LANE_TEST_ERROR, LANE_TEST_ERROR_REFUSED, line);
  else if (g_subprocess_get_if_signaled (test->process))
    g_set_error (&test->error, LANE_TEST_ERROR, LANE_TEST_ERROR_MALFORMED,
                 "the test was ended by signal %d", g_subprocess_get_term_sig (test->process));
  else
    g_set_error (&test->error, LANE_TEST_ERROR, LANE_TEST_ERROR_MALFORMED,
                 "the test ended early, with exit code %d",
                 g_subprocess_get_exit_status (test->process));
}

/* One of what is open has closed; the caller holds the test. */
static void
close_one (LaneServerTest *test)
{
  if (--test->open > 0 || test->freed)
    return;
  find_error (test);
  test->events.done (test, test->error, test->user_data);
}

static void
fail (LaneServerTest *test, GError *error)
{
  if (test->error == NULL)
    test->error = g_error_copy (error);
  g_subprocess_send_signal (test->process, SIGTERM);
}

/* What it writes */

static void
take_line (LaneServerTest *test, const char *line, gsize length)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *results = lane_test_results_parse (line, length, &test->complete, &error);

  if (results == NULL) {
    fail (test, error);
    return;
  }
  g_ptr_array_unref (test->results);
  test->results = results;
  test->events.stepped (test, test->user_data);
}

/* Only the last whole line counts: each says all that is known. */
static void
take_lines (LaneServerTest *test)
{
  const char *end = memrchr (test->line->str, '\n', test->line->len);
  const char *start;

  if (end == NULL) {
    g_autoptr (GError) error = NULL;

    if (test->line->len > OUTPUT_LINE_MAX) {
      g_set_error (&error, LANE_TEST_ERROR, LANE_TEST_ERROR_MALFORMED, "a line is too long");
      fail (test, error);
      g_string_truncate (test->line, 0);
    }
    return;
  }
  start = memrchr (test->line->str, '\n', end - test->line->str);
  start = start != NULL ? start + 1 : test->line->str;
  if (test->error == NULL && !test->complete)
    take_line (test, start, end - start);
  g_string_erase (test->line, 0, end + 1 - test->line->str);
}

static void read_on (LaneServerTest *test, GInputStream *stream);

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Held) test = user_data;
  GInputStream *stream = G_INPUT_STREAM (source);
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (stream, result, NULL);
  gboolean is_output = stream == g_subprocess_get_stdout_pipe (test->process);
  gsize length = bytes != NULL ? g_bytes_get_size (bytes) : 0;

  if (test->freed)
    return;
  if (length == 0) {
    close_one (test);
    return;
  }
  if (is_output) {
    g_string_append_len (test->line, g_bytes_get_data (bytes, NULL), length);
    take_lines (test);
  } else {
    g_string_append_len (test->said, g_bytes_get_data (bytes, NULL),
                         MIN (length, SAID_MAX - test->said->len));
  }
  read_on (test, stream);
}

static void
read_on (LaneServerTest *test, GInputStream *stream)
{
  g_input_stream_read_bytes_async (stream, CHUNK_MAX, G_PRIORITY_DEFAULT, test->cancellable,
                                   on_read, acquire (test));
}

/* Its input and its end */

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Held) test = user_data;
  GOutputStream *stream = G_OUTPUT_STREAM (source);

  /* That it did not read all is told by how it ends. */
  g_output_stream_write_all_finish (stream, result, NULL, NULL);
  g_output_stream_close (stream, NULL, NULL);
  g_clear_pointer (&test->settings, g_bytes_unref);
}

static void
write_settings (LaneServerTest *test)
{
  gsize length;
  const void *data = g_bytes_get_data (test->settings, &length);

  g_output_stream_write_all_async (g_subprocess_get_stdin_pipe (test->process),
                                   data != NULL ? data : "", length, G_PRIORITY_DEFAULT,
                                   test->cancellable, on_written, acquire (test));
}

static void
on_exit_status (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Held) test = user_data;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  if (!test->freed)
    close_one (test);
}

/* Starting it */

/* Another version may have been installed over the one that runs. */
static char *
find_program (const LaneServerTestSetup *setup)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);

  if (setup->program != NULL)
    return g_strdup (setup->program);
  return self != NULL && g_file_test (self, G_FILE_TEST_IS_EXECUTABLE)
             ? g_steal_pointer (&self)
             : g_strdup ("/proc/self/exe");
}

static char **
make_arguments (const LaneServerTestSetup *setup)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *program = find_program (setup);

  g_strv_builder_add_many (builder, program, "check", "--config=-", "--json", "--follow", NULL);
  for (guint i = 0; setup->sets != NULL && setup->sets[i] != NULL; i++) {
    g_autofree char *set = g_strconcat ("--set=", setup->sets[i], NULL);

    g_strv_builder_add (builder, set);
  }
  g_strv_builder_add (builder, "--");
  if (setup->servers != NULL)
    g_strv_builder_addv (builder, (const char **)setup->servers);
  return g_strv_builder_end (builder);
}

LaneServerTest *
lane_server_test_new (const LaneServerTestSetup *setup, const LaneServerTestEvents *events,
                      gpointer user_data, GError **error)
{
  g_auto (GStrv) arguments = make_arguments (setup);
  GSubprocess *process =
      g_subprocess_newv ((const char *const *)arguments,
                         G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE
                             | G_SUBPROCESS_FLAGS_STDERR_PIPE,
                         error);
  LaneServerTest *test;

  if (process == NULL)
    return NULL;
  test = g_rc_box_new0 (LaneServerTest);
  test->events = *events;
  test->user_data = user_data;
  test->process = process;
  test->cancellable = g_cancellable_new ();
  test->settings = g_bytes_ref (setup->settings);
  test->line = g_string_new (NULL);
  test->said = g_string_new (NULL);
  test->results = g_ptr_array_new ();
  test->open = 3;
  write_settings (test);
  read_on (test, g_subprocess_get_stdout_pipe (process));
  read_on (test, g_subprocess_get_stderr_pipe (process));
  g_subprocess_wait_async (process, test->cancellable, on_exit_status, acquire (test));
  return test;
}

GPtrArray *
lane_server_test_get_results (LaneServerTest *test)
{
  return test->results;
}

void
lane_server_test_free (LaneServerTest *test)
{
  if (test == NULL)
    return;
  test->freed = TRUE;
  g_subprocess_send_signal (test->process, SIGTERM);
  g_cancellable_cancel (test->cancellable);
  release (test);
}
