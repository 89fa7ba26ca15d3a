#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

struct _Screen {
  GMainContext *context;
  int master; /* -1: hung up */
  pid_t pid;
  gboolean exited;
  int status;
  VTerm *vterm;
  VTermScreen *grid;
  GSource *output_source, *child_source;
  GString *output;
  gboolean cursor_visible, alternate;
  int cursor_row, cursor_col;
  char *background;
  char *title;
  gsize questions_seen; /* of output: how far it was looked through for the question */
};

static int
on_property (VTermProp property, VTermValue *value, void *user)
{
  Screen *screen = user;

  if (property == VTERM_PROP_CURSORVISIBLE)
    screen->cursor_visible = value->boolean;
  else if (property == VTERM_PROP_ALTSCREEN)
    screen->alternate = value->boolean;
  else if (property == VTERM_PROP_TITLE) {
    g_free (screen->title);
    screen->title = g_strdup (value->string);
  }
  return 1;
}

static int
on_cursor (VTermPos pos, VTermPos old, int visible, void *user)
{
  Screen *screen = user;

  screen->cursor_row = pos.row;
  screen->cursor_col = pos.col;
  return 1;
}

static void
answer_queries (Screen *screen)
{
  char buffer[256];
  size_t n;

  while ((n = vterm_output_read (screen->vterm, buffer, sizeof buffer)) > 0)
    screen_send (screen, buffer, n);
}

/* libvterm leaves OSC 11 alone. */
static void
tell_background (Screen *screen)
{
  const char *question = strstr (screen->output->str + screen->questions_seen, "\033]11;?\033\\");
  g_autofree char *answer = NULL;

  if (question == NULL)
    return;
  screen->questions_seen = question + 1 - screen->output->str;
  if (screen->background == NULL)
    return;
  answer = g_strdup_printf ("\033]11;%s\033\\", screen->background);
  screen_send (screen, answer, -1);
}

static gboolean
on_output (int fd, GIOCondition condition, gpointer user_data)
{
  Screen *screen = user_data;
  char buffer[4096];
  ssize_t n;

  while ((n = read (fd, buffer, sizeof buffer)) > 0) {
    g_string_append_len (screen->output, buffer, n);
    vterm_input_write (screen->vterm, buffer, n);
    answer_queries (screen);
    tell_background (screen);
  }
  /* EIO: the last one who had the other side open is gone. */
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
    g_clear_pointer (&screen->output_source, g_source_unref);
    return G_SOURCE_REMOVE;
  }
  return G_SOURCE_CONTINUE;
}

static void
on_exit_of_child (GPid pid, int status, gpointer user_data)
{
  Screen *screen = user_data;

  screen->exited = TRUE;
  screen->status = status;
  g_clear_pointer (&screen->child_source, g_source_unref);
}

static char **
make_environment (const char *const *env)
{
  char **environment = g_get_environ ();

  environment = g_environ_setenv (environment, "TERM", "xterm-256color", TRUE);
  environment = g_environ_setenv (environment, "LC_ALL", "C.UTF-8", TRUE);
  environment = g_environ_unsetenv (environment, "NO_COLOR");
  environment = g_environ_unsetenv (environment, "LINES");
  environment = g_environ_unsetenv (environment, "COLUMNS");
  for (guint i = 0; env != NULL && env[i] != NULL; i++) {
    const char *equals = strchr (env[i], '=');
    g_autofree char *name = equals != NULL ? g_strndup (env[i], equals - env[i]) : NULL;

    if (equals != NULL)
      environment = g_environ_setenv (environment, name, equals + 1, TRUE);
    else
      environment = g_environ_unsetenv (environment, env[i]);
  }
  return environment;
}

static gboolean
start (Screen *screen, const ScreenOptions *options, GError **error)
{
  struct winsize size = { .ws_row = options->rows, .ws_col = options->cols };
  g_auto (GStrv) environment = make_environment (options->env);

  screen->pid = forkpty (&screen->master, NULL, NULL, &size);
  if (screen->pid < 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "forkpty: %s",
                 g_strerror (errno));
    return FALSE;
  }
  if (screen->pid == 0) {
    signal (SIGPIPE, SIG_DFL);
    if (options->directory == NULL || chdir (options->directory) == 0)
      execve (options->argv[0], (char *const *)options->argv, environment);
    _exit (127);
  }
  fcntl (screen->master, F_SETFD, FD_CLOEXEC);
  return g_unix_set_fd_nonblocking (screen->master, TRUE, error);
}

static void
make_grid (Screen *screen, int rows, int cols)
{
  static const VTermScreenCallbacks callbacks = { .settermprop = on_property,
                                                  .movecursor = on_cursor };

  screen->vterm = vterm_new (rows, cols);
  vterm_set_utf8 (screen->vterm, 1);
  screen->grid = vterm_obtain_screen (screen->vterm);
  vterm_screen_set_callbacks (screen->grid, &callbacks, screen);
  vterm_screen_enable_altscreen (screen->grid, 1);
  vterm_screen_reset (screen->grid, 1);
}

Screen *
screen_new (const ScreenOptions *options, GError **error)
{
  Screen *screen = g_new0 (Screen, 1);

  screen->context = options->context != NULL ? g_main_context_ref (options->context)
                                             : g_main_context_ref_thread_default ();
  screen->master = -1;
  screen->output = g_string_new (NULL);
  screen->cursor_visible = TRUE;
  screen->background = g_strdup (options->background);
  make_grid (screen, options->rows, options->cols);
  if (!start (screen, options, error)) {
    screen_free (screen);
    return NULL;
  }
  screen->output_source = g_unix_fd_source_new (screen->master, G_IO_IN | G_IO_HUP);
  g_source_set_callback (screen->output_source, G_SOURCE_FUNC (on_output), screen, NULL);
  g_source_attach (screen->output_source, screen->context);
  screen->child_source = g_child_watch_source_new (screen->pid);
  g_source_set_callback (screen->child_source, G_SOURCE_FUNC (on_exit_of_child), screen, NULL);
  g_source_attach (screen->child_source, screen->context);
  return screen;
}

static void
stop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
screen_free (Screen *screen)
{
  if (screen == NULL)
    return;
  stop_source (&screen->output_source);
  stop_source (&screen->child_source);
  if (screen->pid > 0 && !screen->exited) {
    /* The session's other processes end by the hang-up. */
    kill (screen->pid, SIGKILL);
    waitpid (screen->pid, NULL, 0);
  }
  if (screen->master >= 0)
    close (screen->master);
  vterm_free (screen->vterm);
  g_free (screen->title);
  g_string_free (screen->output, TRUE);
  g_free (screen->background);
  g_main_context_unref (screen->context);
  g_free (screen);
}

void
screen_send (Screen *screen, const char *bytes, gssize len)
{
  gsize left = len >= 0 ? (gsize)len : strlen (bytes);

  while (left > 0 && screen->master >= 0) {
    ssize_t n = write (screen->master, bytes, left);

    if (n < 0 && errno != EAGAIN && errno != EINTR)
      return;
    if (n > 0) {
      bytes += n;
      left -= n;
    }
  }
}

static VTermKey
find_key (const char *name)
{
  static const struct {
    const char *name;
    VTermKey key;
  } keys[] = {
    { "Enter", VTERM_KEY_ENTER }, { "Esc", VTERM_KEY_ESCAPE },
    { "Tab", VTERM_KEY_TAB },     { "BackSpace", VTERM_KEY_BACKSPACE },
    { "Up", VTERM_KEY_UP },       { "Down", VTERM_KEY_DOWN },
    { "Left", VTERM_KEY_LEFT },   { "Right", VTERM_KEY_RIGHT },
    { "PgUp", VTERM_KEY_PAGEUP }, { "PgDn", VTERM_KEY_PAGEDOWN },
    { "Home", VTERM_KEY_HOME },   { "End", VTERM_KEY_END },
    { "Del", VTERM_KEY_DEL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (keys[i].name, name) == 0)
      return keys[i].key;
  if (name[0] == 'F' && g_ascii_isdigit (name[1]))
    return VTERM_KEY_FUNCTION (g_ascii_strtoull (name + 1, NULL, 10));
  return VTERM_KEY_NONE;
}

gboolean
screen_key (Screen *screen, const char *name)
{
  VTermKey key = find_key (name);

  if (strcmp (name, "S-Tab") == 0)
    screen_send (screen, "\033[Z", -1);
  else if (strcmp (name, "Space") == 0)
    screen_send (screen, " ", 1);
  else if (key != VTERM_KEY_NONE) {
    vterm_keyboard_key (screen->vterm, key, VTERM_MOD_NONE);
    answer_queries (screen);
  } else if (g_str_has_prefix (name, "C-") && strlen (name) == 3) {
    char control = name[2] & 0x1f;

    screen_send (screen, &control, 1);
  } else if (g_utf8_strlen (name, -1) == 1)
    screen_send (screen, name, -1);
  else
    return FALSE;
  return TRUE;
}

void
screen_resize (Screen *screen, int rows, int cols)
{
  struct winsize size = { .ws_row = rows, .ws_col = cols };

  vterm_set_size (screen->vterm, rows, cols);
  ioctl (screen->master, TIOCSWINSZ, &size);
}

void
screen_hang_up (Screen *screen)
{
  stop_source (&screen->output_source);
  close (screen->master);
  screen->master = -1;
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
screen_turn (Screen *screen)
{
  g_autoptr (GSource) tick = g_timeout_source_new (20);

  g_source_set_callback (tick, on_tick, NULL, NULL);
  g_source_attach (tick, screen->context);
  g_main_context_iteration (screen->context, TRUE);
  g_source_destroy (tick);
}

gboolean
screen_has (Screen *screen, const char *text)
{
  g_autofree char *dump = screen_dump (screen);

  return strstr (dump, text) != NULL;
}

static gboolean
wait_until (Screen *screen, const char *text, gboolean wanted, double seconds)
{
  gint64 deadline = g_get_monotonic_time () + (gint64)(seconds * G_USEC_PER_SEC);

  while (screen_has (screen, text) != wanted) {
    if (g_get_monotonic_time () > deadline || (screen->exited && screen->output_source == NULL))
      return FALSE;
    screen_turn (screen);
  }
  return TRUE;
}

gboolean
screen_wait_for (Screen *screen, const char *text, double seconds)
{
  return wait_until (screen, text, TRUE, seconds);
}

gboolean
screen_wait_gone (Screen *screen, const char *text, double seconds)
{
  return wait_until (screen, text, FALSE, seconds);
}

gboolean
screen_wait_exit (Screen *screen, double seconds, int *status)
{
  gint64 deadline = g_get_monotonic_time () + (gint64)(seconds * G_USEC_PER_SEC);

  /* Its last words may come after its end. */
  while (!screen->exited || screen->output_source != NULL) {
    if (g_get_monotonic_time () > deadline)
      break;
    screen_turn (screen);
  }
  *status = screen->status;
  return screen->exited;
}

gboolean
screen_settle (Screen *screen, double seconds)
{
  gint64 deadline = g_get_monotonic_time () + (gint64)(seconds * G_USEC_PER_SEC);
  gint64 quiet_since = g_get_monotonic_time ();
  gsize bytes = screen->output->len;

  while (g_get_monotonic_time () - quiet_since < 150 * 1000) {
    if (g_get_monotonic_time () > deadline)
      return FALSE;
    screen_turn (screen);
    if (screen->output->len != bytes) {
      bytes = screen->output->len;
      quiet_since = g_get_monotonic_time ();
    }
  }
  return TRUE;
}

void
screen_run (Screen *screen, double seconds)
{
  gint64 deadline = g_get_monotonic_time () + (gint64)(seconds * G_USEC_PER_SEC);

  while (g_get_monotonic_time () < deadline)
    screen_turn (screen);
}

char *
screen_get_row (Screen *screen, int row)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int rows, cols;

  vterm_get_size (screen->vterm, &rows, &cols);
  for (int col = 0; col < cols; col++) {
    VTermScreenCell cell;
    const VTermPos pos = { row, col };

    if (!vterm_screen_get_cell (screen->grid, pos, &cell) || cell.chars[0] == (uint32_t)-1)
      continue;
    if (cell.chars[0] == 0)
      g_string_append_c (text, ' ');
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; i++)
      g_string_append_unichar (text, cell.chars[i]);
  }
  while (text->len > 0 && text->str[text->len - 1] == ' ')
    g_string_truncate (text, text->len - 1);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
screen_dump (Screen *screen)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int rows, cols;

  vterm_get_size (screen->vterm, &rows, &cols);
  for (int row = 0; row < rows; row++) {
    g_autofree char *line = screen_get_row (screen, row);

    g_string_append_printf (text, "%s\n", line);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

guint64
screen_get_bytes (const Screen *screen)
{
  return screen->output->len;
}

const GString *
screen_get_output (const Screen *screen)
{
  return screen->output;
}

int
screen_get_pid (const Screen *screen)
{
  return screen->pid;
}

void
screen_get_cursor (const Screen *screen, int *row, int *col)
{
  *row = screen->cursor_row;
  *col = screen->cursor_col;
}

const char *
screen_get_title (const Screen *screen)
{
  return screen->title != NULL ? screen->title : "";
}

gboolean
screen_is_cursor_visible (const Screen *screen)
{
  return screen->cursor_visible;
}

gboolean
screen_is_alternate (const Screen *screen)
{
  return screen->alternate;
}

gboolean
screen_has_mouse (const Screen *screen)
{
  const char *on = g_strrstr (screen->output->str, "1000h");
  const char *off = g_strrstr (screen->output->str, "1000l");

  /* This libvterm looks only at the first of `CSI ? 1006 ; 1000 h`. */
  return on != NULL && (off == NULL || on > off);
}

gboolean
screen_find (Screen *screen, const char *text, int *row, int *col)
{
  int rows, cols;

  vterm_get_size (screen->vterm, &rows, &cols);
  for (*row = 0; *row < rows; (*row)++) {
    g_autofree char *line = screen_get_row (screen, *row);
    const char *found = strstr (line, text);

    /* Wide characters left of it would count for more; ours have none. */
    if (found != NULL) {
      *col = g_utf8_strlen (line, found - line);
      return TRUE;
    }
  }
  return FALSE;
}

static int
color_to_int (const VTermColor *color, gboolean is_default)
{
  if (is_default)
    return -1;
  if (VTERM_COLOR_IS_INDEXED (color))
    return color->indexed.idx;
  return 1 << 24 | color->rgb.red << 16 | color->rgb.green << 8 | color->rgb.blue;
}

int
screen_get_foreground (Screen *screen, int row, int col)
{
  VTermScreenCell cell;

  if (!vterm_screen_get_cell (screen->grid, (VTermPos){ row, col }, &cell))
    return -1;
  return color_to_int (&cell.fg, VTERM_COLOR_IS_DEFAULT_FG (&cell.fg));
}

int
screen_get_background (Screen *screen, int row, int col)
{
  VTermScreenCell cell;

  if (!vterm_screen_get_cell (screen->grid, (VTermPos){ row, col }, &cell))
    return -1;
  return color_to_int (&cell.bg, VTERM_COLOR_IS_DEFAULT_BG (&cell.bg));
}

gboolean
screen_is_bold (Screen *screen, int row, int col)
{
  VTermScreenCell cell;

  return vterm_screen_get_cell (screen->grid, (VTermPos){ row, col }, &cell) && cell.attrs.bold;
}

gboolean
screen_is_reverse (Screen *screen, int row, int col)
{
  VTermScreenCell cell;
  const VTermPos pos = { row, col };

  return vterm_screen_get_cell (screen->grid, pos, &cell) && cell.attrs.reverse;
}

void
screen_get_termios (const Screen *screen, struct termios *modes)
{
  tcgetattr (screen->master, modes);
}
