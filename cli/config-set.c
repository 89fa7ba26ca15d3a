/* icelane config set and unset. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "config-commands.h"
#include "setting-name.h"
#include "settings.h"

#define SECRET_MAX 4096

/* So that Ctrl-C ends the wait and not us: the terminal is to be put right first. */
static void
on_interrupt (int number)
{
}

/* -1 when Ctrl-C was pressed, even in the moment before. SIGINT is blocked but for the wait. */
static gssize
wait_and_read (char *line, gsize max, const sigset_t *outside)
{
  struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };
  sigset_t waiting = *outside;

  sigdelset (&waiting, SIGINT);
  if (ppoll (&terminal, 1, NULL, &waiting) < 0)
    return -1;
  return read (STDIN_FILENO, line, max);
}

static gssize
read_line_silently (const char *name, char *line, gsize max, const struct termios *before)
{
  const struct sigaction ours = { .sa_handler = on_interrupt };
  struct sigaction interrupt;
  struct termios silent = *before;
  sigset_t blocked, outside;
  gssize n;

  silent.c_lflag &= ~(tcflag_t)ECHO;
  sigemptyset (&blocked);
  sigaddset (&blocked, SIGINT);
  sigprocmask (SIG_BLOCK, &blocked, &outside);
  sigaction (SIGINT, &ours, &interrupt);
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &silent);
  g_printerr ("%s: ", name);
  n = wait_and_read (line, max, &outside);
  tcsetattr (STDIN_FILENO, TCSAFLUSH, before);
  sigaction (SIGINT, &interrupt, NULL);
  sigprocmask (SIG_SETMASK, &outside, NULL);
  g_printerr ("\n");
  return n;
}

/* One line from the terminal, which shows nothing of it. NULL: said why not. */
static GBytes *
ask_for_secret (const char *name)
{
  struct termios before;
  g_autofree char *line = g_malloc (SECRET_MAX);
  GBytes *text = NULL;
  gssize n;

  if (tcgetattr (STDIN_FILENO, &before) != 0)
    return lane_cli_read_input ("-", SECRET_MAX);
  n = read_line_silently (name, line, SECRET_MAX, &before);
  if (n >= 0)
    text = g_bytes_new (line, n);
  else
    lane_cli_complain ("nothing was changed");
  explicit_bzero (line, SECRET_MAX);
  return text;
}

/* What stands on standard input, less its last line end. NULL: said why not. */
static char *
read_secret (const char *name)
{
  g_autoptr (GBytes) text =
      isatty (STDIN_FILENO) ? ask_for_secret (name) : lane_cli_read_input ("-", SECRET_MAX);
  const char *data;
  gsize length;

  if (text == NULL)
    return NULL;
  data = g_bytes_get_data (text, &length);
  if (length > 0 && data[length - 1] == '\n')
    length--;
  if (length > 0 && data[length - 1] == '\r')
    length--;
  if (length == 0) {
    lane_cli_complain ("nothing on standard input");
    return NULL;
  }
  if (memchr (data, '\0', length) != NULL) {
    lane_cli_complain ("a NUL byte on standard input");
    return NULL;
  }
  return g_strndup (data, length);
}

/* The values to set, or NULL: said why not, for @code. */
static char **
get_values (const LaneCliOptions *options, const char *section, const char *key, int *code)
{
  char **given = options->arguments + 2;
  char **values;

  *code = LANE_EXIT_USAGE;
  if (!lane_edit_is_secret (section, key))
    return g_strdupv (given);
  if (strcmp (given[0], "-") != 0 || given[1] != NULL) {
    lane_cli_complain ("%s is a secret, and other programs can read the command line: write - for "
                       "the value and give it on standard input",
                       options->arguments[1]);
    return NULL;
  }
  *code = LANE_EXIT_FAILED;
  values = g_new0 (char *, 2);
  values[0] = read_secret (options->arguments[1]);
  if (values[0] == NULL)
    g_clear_pointer (&values, g_free);
  return values;
}

static void
values_free (char **values)
{
  for (guint i = 0; values != NULL && values[i] != NULL; i++)
    explicit_bzero (values[i], strlen (values[i]));
  g_strfreev (values);
}

/* The file does not have the last word. */
static void
tell_override (const LaneCliOptions *options, const char *section, const char *key)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneConfig) config = lane_cli_settings_load_quietly (options, problems);
  LaneOrigin origin = lane_config_get_origin (config, section, key);

  if (origin.layer == LANE_LAYER_ENVIRONMENT || origin.layer == LANE_LAYER_OVERRIDE)
    lane_cli_complain ("it is saved, but %s overrides it here", origin.place);
}

static gboolean
parse_name (const char *name, char **section, char **key)
{
  if (lane_setting_name_parse (name, -1, section, key))
    return TRUE;
  lane_cli_complain ("expected SECTION.KEY, as in ice.trickle or server.home.uri");
  return FALSE;
}

static int
save (const LaneCliChange *change)
{
  if (!lane_cli_change_review (change))
    return LANE_EXIT_CONFIG;
  return lane_cli_change_save (change, LANE_SAVE_MERGE);
}

int
lane_cli_config_set (const LaneCliOptions *options)
{
  g_auto (LaneCliChange) change = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *section = NULL;
  g_autofree char *key = NULL;
  char **values;
  gboolean done;
  int code;

  if (!parse_name (options->arguments[1], &section, &key))
    return LANE_EXIT_USAGE;
  if (!lane_edit_check_name (section, key, &error)) {
    lane_cli_complain ("%s", error->message);
    return LANE_EXIT_USAGE;
  }
  if (!lane_cli_change_begin (&change, options, FALSE))
    return LANE_EXIT_CONFIG;
  values = get_values (options, section, key, &code);
  if (values == NULL)
    return code;

  done = lane_edit_set (change.document, section, key, (const char *const *)values, change.folders,
                        &error);
  values_free (values);
  if (!done) {
    lane_cli_complain ("[%s] %s: %s", section, key, error->message);
    return LANE_EXIT_CONFIG;
  }
  code = save (&change);
  if (code == LANE_EXIT_OK)
    tell_override (options, section, key);
  return code;
}

/* Removes what @name names: a setting, or a whole section. */
static gboolean
remove_named (LaneDocument *document, const char *name, GError **error)
{
  g_autofree char *whole = lane_section_name_parse (name, -1);
  g_autofree char *section = NULL;
  g_autofree char *key = NULL;

  if (lane_setting_name_parse (name, -1, &section, &key)
      && lane_document_find_line (document, section, key) != 0)
    return lane_document_unset (document, section, key, error);
  if (lane_document_has_section (document, whole))
    return lane_document_remove_section (document, whole, error);
  g_set_error (error, LANE_DOCUMENT_ERROR, LANE_DOCUMENT_ERROR_MISSING, "is not set there");
  return FALSE;
}

int
lane_cli_config_unset (const LaneCliOptions *options)
{
  g_auto (LaneCliChange) change = { 0 };

  if (!lane_cli_change_begin (&change, options, FALSE))
    return LANE_EXIT_CONFIG;
  for (guint i = 1; options->arguments[i] != NULL; i++) {
    const char *name = options->arguments[i];
    g_autoptr (GError) error = NULL;

    if (remove_named (change.document, name, &error))
      continue;
    lane_cli_complain ("%s: %s %s, nothing was changed", change.path, name, error->message);
    return LANE_EXIT_FAILED;
  }
  return save (&change);
}
