/* Runs a program on a terminal of its own and obeys commands on stdin, for tests in other
 * languages:
 *
 *   screen-driver [--size COLSxROWS] [--env NAME=VALUE | --env NAME]... PROGRAM [ARGUMENT...]
 *
 *   send TEXT            types TEXT; \n \t \e \\ and \xHH mean what they do in C    -> ok
 *   key NAME             Enter Esc Tab S-Tab Up PgDn F9 C-l Space or one character  -> ok
 *   wait SECONDS TEXT    until TEXT is on the screen                                -> ok | timeout
 *   gone SECONDS TEXT    until TEXT is not on the screen                            -> ok | timeout
 *   run SECONDS          lets the time pass                                         -> ok
 *   resize COLS ROWS                                                                -> ok
 *   dump                 -> `dump N`, then the N rows
 *   cursor               -> `cursor ROW COL shown|hidden`, from 0
 *   bytes                -> `bytes N`, written by the program so far
 *   hangup               closes the terminal                                        -> ok
 *   exit SECONDS         waits for the end       -> `exit CODE` | `signal N` | timeout
 *   quit                 kills the program and ends; so does the end of stdin
 *
 * Each command has one answer; a wrong one has `error TEXT`. */
#include "screen.h"

#include <gio/gunixinputstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

typedef struct {
  Screen *screen;
  GDataInputStream *commands;
  GMainLoop *loop;
} Driver;

static void next_command (Driver *driver);

static char *
unescape (const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (; *text != '\0'; text++) {
    if (*text != '\\' || text[1] == '\0') {
      g_string_append_c (out, *text);
      continue;
    }
    text++;
    if (*text == 'n')
      g_string_append_c (out, '\n');
    else if (*text == 't')
      g_string_append_c (out, '\t');
    else if (*text == 'e')
      g_string_append_c (out, '\033');
    else if (*text == 'x' && g_ascii_isxdigit (text[1]) && g_ascii_isxdigit (text[2])) {
      g_string_append_c (
          out, (char)(g_ascii_xdigit_value (text[1]) * 16 + g_ascii_xdigit_value (text[2])));
      text += 2;
    } else
      g_string_append_c (out, *text);
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
dump (Driver *driver)
{
  g_autofree char *text = screen_dump (driver->screen);
  guint rows = 0;

  for (const char *at = text; *at != '\0'; at++)
    rows += *at == '\n';
  printf ("dump %u\n%s", rows, text);
}

static void
wait_exit (Driver *driver, double seconds)
{
  int status;

  if (!screen_wait_exit (driver->screen, seconds, &status))
    puts ("timeout");
  else if (WIFSIGNALED (status))
    printf ("signal %d\n", WTERMSIG (status));
  else
    printf ("exit %d\n", WEXITSTATUS (status));
}

static void
wait_text (Driver *driver, const char *argument, gboolean wanted)
{
  char *text = NULL;
  double seconds = g_ascii_strtod (argument, &text);
  gboolean done;

  if (text == argument || *text != ' ') {
    puts ("error: expected SECONDS TEXT");
    return;
  }
  done = wanted ? screen_wait_for (driver->screen, text + 1, seconds)
                : screen_wait_gone (driver->screen, text + 1, seconds);
  puts (done ? "ok" : "timeout");
}

static void
resize (Driver *driver, const char *argument)
{
  int cols, rows;

  if (sscanf (argument, "%d %d", &cols, &rows) != 2 || cols < 1 || rows < 1) {
    puts ("error: expected COLS ROWS");
    return;
  }
  screen_resize (driver->screen, rows, cols);
  puts ("ok");
}

static void
cursor (Driver *driver)
{
  int row, col;

  screen_get_cursor (driver->screen, &row, &col);
  printf ("cursor %d %d %s\n", row, col,
          screen_is_cursor_visible (driver->screen) ? "shown" : "hidden");
}

static void
obey (Driver *driver, const char *line)
{
  g_autofree char *name = g_strndup (line, strcspn (line, " "));
  const char *argument = strchr (line, ' ') != NULL ? strchr (line, ' ') + 1 : "";
  g_autofree char *text = unescape (argument);

  if (strcmp (name, "send") == 0) {
    screen_send (driver->screen, text, -1);
    puts ("ok");
  } else if (strcmp (name, "key") == 0)
    puts (screen_key (driver->screen, argument) ? "ok" : "error: no such key");
  else if (strcmp (name, "wait") == 0)
    wait_text (driver, argument, TRUE);
  else if (strcmp (name, "gone") == 0)
    wait_text (driver, argument, FALSE);
  else if (strcmp (name, "run") == 0) {
    screen_run (driver->screen, g_ascii_strtod (argument, NULL));
    puts ("ok");
  } else if (strcmp (name, "resize") == 0)
    resize (driver, argument);
  else if (strcmp (name, "dump") == 0)
    dump (driver);
  else if (strcmp (name, "cursor") == 0)
    cursor (driver);
  else if (strcmp (name, "bytes") == 0)
    printf ("bytes %" G_GUINT64_FORMAT "\n", screen_get_bytes (driver->screen));
  else if (strcmp (name, "hangup") == 0) {
    screen_hang_up (driver->screen);
    puts ("ok");
  } else if (strcmp (name, "exit") == 0)
    wait_exit (driver, g_ascii_strtod (argument, NULL));
  else
    printf ("error: no command '%s'\n", name);
  fflush (stdout);
}

static void
on_command (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Driver *driver = user_data;
  g_autofree char *line =
      g_data_input_stream_read_line_finish (driver->commands, result, NULL, NULL);

  if (line == NULL || strcmp (line, "quit") == 0) {
    g_main_loop_quit (driver->loop);
    return;
  }
  obey (driver, line);
  next_command (driver);
}

static void
next_command (Driver *driver)
{
  g_data_input_stream_read_line_async (driver->commands, G_PRIORITY_DEFAULT, NULL, on_command,
                                       driver);
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) env = g_ptr_array_new ();
  g_autoptr (GInputStream) in = g_unix_input_stream_new (0, FALSE);
  g_autoptr (GError) error = NULL;
  ScreenOptions options = { .rows = 24, .cols = 80 };
  Driver driver = { 0 };
  int at = 1;

  for (; at + 1 < argc && g_str_has_prefix (argv[at], "--"); at += 2)
    if (strcmp (argv[at], "--env") == 0)
      g_ptr_array_add (env, argv[at + 1]);
    else if (strcmp (argv[at], "--size") != 0
             || sscanf (argv[at + 1], "%dx%d", &options.cols, &options.rows) != 2) {
      fprintf (stderr, "screen-driver: what is %s %s?\n", argv[at], argv[at + 1]);
      return EXIT_FAILURE;
    }
  if (at >= argc) {
    fprintf (stderr, "screen-driver: which program?\n");
    return EXIT_FAILURE;
  }
  g_ptr_array_add (env, NULL);
  options.argv = (const char *const *)argv + at;
  options.env = (const char *const *)env->pdata;
  driver.screen = screen_new (&options, &error);
  if (driver.screen == NULL) {
    fprintf (stderr, "screen-driver: %s\n", error->message);
    return EXIT_FAILURE;
  }
  driver.commands = g_data_input_stream_new (in);
  driver.loop = g_main_loop_new (NULL, FALSE);
  next_command (&driver);
  g_main_loop_run (driver.loop);
  g_main_loop_unref (driver.loop);
  g_object_unref (driver.commands);
  screen_free (driver.screen);
  return EXIT_SUCCESS;
}
