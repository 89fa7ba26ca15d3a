#include "terminal.h"

#include "background.h"
#include "tty-guard.h"

#include <gio/gio.h>
#include <glib-unix.h>

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE_DELAY_MS 25
#define MAX_PASTE       4096
#define PASTE_IDLE_MS   1000 /* a paste that never ends must not swallow the keyboard */
#define MAX_COPY        65536
#define MAX_REPLY       64  /* bytes of an answer that comes late */
#define BACKGROUND_MS   100 /* UX section 2 */

enum { KEY_PASTE_BEGIN = KEY_MAX + 1, KEY_PASTE_END, KEY_REPLY };

G_DEFINE_QUARK (lane_terminal_error, lane_terminal_error)

/* May outlive the terminal. */
typedef struct Loan {
  LaneTerminal *terminal; /* NULL: it is gone */
  GSubprocess *process;
  LaneTerminalLent done;
  gpointer user_data;
} Loan;

struct _LaneTerminal {
  LaneTerminalEvents events;
  gpointer user_data;
  GMainContext *context;
  SCREEN *screen;
  int tty;
  FILE *out; /* to tty */
  LaneCanvas *shown;
  gboolean shown_is_valid;
  gboolean up; /* the screen is ours */
  gboolean color;
  gboolean direct; /* true colour */
  LaneBackground background;
  GString *typed;   /* before the screen was up */
  guint reply_left; /* bytes of a late answer to swallow at most */
  gboolean mouse;
  char *title; /* ours, as shown; NULL: the terminal's own is */
  gboolean paste_mode;
  GSource *input, *typed_source, *held_back_source, *job_source, *paste_timer;
  GSource *signals[4];
  GString *paste;    /* NULL: none is coming in */
  struct Loan *loan; /* NULL: nobody else has the terminal */
  char utf8[8];      /* the bytes so far of a character being typed */
  guint n_utf8;
};

/* Capabilities */

static const char *
capability (const char *name)
{
  const char *value = tigetstr (name);

  return value == (const char *)-1 ? NULL : value;
}

static void
emit (LaneTerminal *terminal, const char *sequence)
{
  if (sequence == NULL)
    return;
  fputs (sequence, terminal->out);
  fflush (terminal->out);
}

/* The title of the window, where terminfo says there is one: kept by XTWINOPS and put back. */

#define KEEP_TITLE     "\033[22;2t"
#define PUT_BACK_TITLE "\033[23;2t"

/* What a title stands between; FALSE: there is none to set. */
static gboolean
find_title (const char **start, const char **end)
{
  const char *line = capability ("tsl"); /* may be a status line of a real terminal */

  *start = capability ("TS");
  *end = capability ("fsl") != NULL ? capability ("fsl") : "\007";
  if (*start == NULL && line != NULL && g_str_has_prefix (line, "\033]"))
    *start = line;
  if (*start == NULL && tigetflag ("XT") > 0)
    *start = "\033]2;";
  return *start != NULL && strchr (*start, '%') == NULL;
}

static char *
title_sequence (const char *title)
{
  const char *start, *end;

  return find_title (&start, &end) ? g_strconcat (start, title, end, NULL) : NULL;
}

/* An empty one first, for terminals that keep none. */
static char *
put_back_title_sequence (void)
{
  g_autofree char *none = title_sequence ("");

  return none != NULL ? g_strconcat (none, PUT_BACK_TITLE, NULL) : NULL;
}

/* What ends everything this file switches on; curses has its own way out when there is no hurry. */
static char *
restore_sequence (void)
{
  static const char *const names[] = { "sgr0", "rmkx", "cnorm", "rmcup" };
  g_autoptr (GString) text = g_string_new (capability ("BD"));
  g_autofree char *title = put_back_title_sequence ();

  if (title != NULL)
    g_string_append (text, title);

  if (capability ("kmous") != NULL)
    g_string_append (text, "\033[?1006l\033[?1000l");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (capability (names[i]) != NULL)
      g_string_append (text, capability (names[i]));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Keys */

static void
send_key (LaneTerminal *terminal, guint code)
{
  const LaneKey key = { .code = code };

  terminal->events.key (terminal, &key, terminal->user_data);
}

static guint
code_of (int key)
{
  switch (key) {
  case KEY_UP:
    return LANE_KEY_UP;
  case KEY_DOWN:
    return LANE_KEY_DOWN;
  case KEY_SR:
    return LANE_KEY_SHIFT_UP;
  case KEY_SF:
    return LANE_KEY_SHIFT_DOWN;
  case KEY_LEFT:
    return LANE_KEY_LEFT;
  case KEY_RIGHT:
    return LANE_KEY_RIGHT;
  case KEY_PPAGE:
    return LANE_KEY_PAGE_UP;
  case KEY_NPAGE:
    return LANE_KEY_PAGE_DOWN;
  case KEY_HOME:
  case KEY_FIND:
    return LANE_KEY_HOME;
  case KEY_END:
  case KEY_SELECT:
    return LANE_KEY_END;
  case KEY_BTAB:
    return LANE_KEY_BACKTAB;
  case KEY_DC:
    return LANE_KEY_DELETE;
  case KEY_ENTER:
    return LANE_KEY_ENTER;
  case KEY_BACKSPACE:
    return LANE_KEY_BACKSPACE;
  default:
    if (key >= KEY_F (1) && key <= KEY_F (12))
      return LANE_KEY_F1 + key - KEY_F (1);
    return LANE_KEY_UNKNOWN;
  }
}

static guint
code_of_control (int byte)
{
  switch (byte) {
  case '\r':
  case '\n':
    return LANE_KEY_ENTER;
  case '\t':
    return LANE_KEY_TAB;
  case '\b':
  case 0x7f:
    return LANE_KEY_BACKSPACE;
  case 0x1b:
    return LANE_KEY_ESCAPE;
  default:
    return byte;
  }
}

static void
read_mouse (LaneTerminal *terminal)
{
  LaneKey key = { .code = LANE_KEY_UNKNOWN };
  MEVENT event;

  if (getmouse (&event) != OK)
    return;
  key.y = event.y;
  key.x = event.x;
  if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
    key.code = LANE_KEY_CLICK;
  else if (event.bstate & BUTTON4_PRESSED)
    key.code = LANE_KEY_WHEEL_UP;
  else if (event.bstate & BUTTON5_PRESSED)
    key.code = LANE_KEY_WHEEL_DOWN;
  else
    return;
  terminal->events.key (terminal, &key, terminal->user_data);
}

static void
end_paste (LaneTerminal *terminal)
{
  GString *paste = g_steal_pointer (&terminal->paste);
  g_autofree char *text = NULL;
  LaneKey key = { .code = LANE_KEY_PASTE };

  if (terminal->paste_timer != NULL) {
    g_source_destroy (terminal->paste_timer);
    g_clear_pointer (&terminal->paste_timer, g_source_unref);
  }
  if (paste == NULL)
    return;
  text = g_utf8_make_valid (paste->str, paste->len);
  g_string_free (paste, TRUE);
  key.text = text;
  terminal->events.key (terminal, &key, terminal->user_data);
}

static gboolean
on_paste_idle (gpointer user_data)
{
  end_paste (user_data);
  return G_SOURCE_REMOVE;
}

static void
begin_paste (LaneTerminal *terminal)
{
  end_paste (terminal);
  terminal->paste = g_string_new (NULL);
  terminal->paste_timer = g_timeout_source_new (PASTE_IDLE_MS);
  g_source_set_callback (terminal->paste_timer, on_paste_idle, terminal, NULL);
  g_source_attach (terminal->paste_timer, terminal->context);
}

static void
add_to_paste (LaneTerminal *terminal, int byte)
{
  if (byte < 0x100 && terminal->paste->len < MAX_PASTE)
    g_string_append_c (terminal->paste, (char)byte);
  g_source_set_ready_time (terminal->paste_timer,
                           g_get_monotonic_time () + PASTE_IDLE_MS * (gint64)1000);
}

static void
read_byte (LaneTerminal *terminal, int byte)
{
  gunichar c;

  if (byte < 0x80) {
    terminal->n_utf8 = 0;
    send_key (terminal, byte < 0x20 || byte == 0x7f ? code_of_control (byte) : (guint)byte);
    return;
  }
  if ((byte & 0xc0) == 0xc0)
    terminal->n_utf8 = 0;
  if (terminal->n_utf8 >= 4)
    terminal->n_utf8 = 0;
  terminal->utf8[terminal->n_utf8++] = (char)byte;
  c = g_utf8_get_char_validated (terminal->utf8, terminal->n_utf8);
  if (c == (gunichar)-2)
    return;
  terminal->n_utf8 = 0;
  if (c != (gunichar)-1)
    send_key (terminal, c);
}

/* The answer about the background that came when nobody waited any more: its letters are no keys.
 * It ends with BEL or ESC \\. FALSE: @key is not of it. */
static gboolean
swallow_reply (LaneTerminal *terminal, int key)
{
  terminal->reply_left--;
  if (key < 0x80 && strchr ("0123456789abcdefABCDEFrg:/\033", key) != NULL)
    return TRUE;
  terminal->reply_left = 0;
  return key == '\a' || key == '\\';
}

static void
read_key (LaneTerminal *terminal, int key)
{
  if (key == KEY_PASTE_BEGIN)
    begin_paste (terminal);
  else if (key == KEY_PASTE_END)
    end_paste (terminal);
  else if (terminal->paste != NULL)
    add_to_paste (terminal, key);
  else if (key == KEY_REPLY)
    terminal->reply_left = MAX_REPLY;
  else if (terminal->reply_left > 0 && swallow_reply (terminal, key))
    return;
  else if (key == KEY_MOUSE)
    read_mouse (terminal);
  else if (key == KEY_RESIZE)
    return; /* SIGWINCH told it */
  else if (key < 0x100)
    read_byte (terminal, key);
  else
    send_key (terminal, code_of (key));
}

static gboolean
on_input (int fd, GIOCondition condition, gpointer user_data)
{
  LaneTerminal *terminal = user_data;
  int key;

  if (condition & (G_IO_HUP | G_IO_ERR)) {
    terminal->events.ended (terminal, SIGHUP, terminal->user_data);
    return G_SOURCE_REMOVE;
  }
  /* Reading would take the screen back from a program that has it. */
  while (terminal->loan == NULL && (key = getch ()) != ERR)
    read_key (terminal, key);
  return G_SOURCE_CONTINUE;
}

/* Keys pressed before curses read them. Sequences of several bytes were for curses to take apart,
 * and may be a paste: with one among them, nothing is done. */
static gboolean
on_typed (gpointer user_data)
{
  LaneTerminal *terminal = user_data;
  g_autoptr (GString) typed = g_steal_pointer (&terminal->typed);

  for (gsize i = 0; strchr (typed->str, '\033') == NULL && i < typed->len; i++)
    read_byte (terminal, (guchar)typed->str[i]);
  return G_SOURCE_REMOVE;
}

/* Size, stop and continue */

static void
ask_size (LaneTerminal *terminal)
{
  struct winsize size = { 0 };

  if (ioctl (terminal->tty, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0
      && is_term_resized (size.ws_row, size.ws_col))
    resizeterm (size.ws_row, size.ws_col);
  lane_terminal_repaint (terminal);
}

static void
show_title (LaneTerminal *terminal)
{
  g_autofree char *sequence = terminal->title != NULL ? title_sequence (terminal->title) : NULL;

  emit (terminal, sequence);
}

/* Before the first title, and whether there will be one or not: what a crash writes is fixed. */
static void
keep_title (LaneTerminal *terminal)
{
  const char *start, *end;

  if (find_title (&start, &end))
    emit (terminal, KEEP_TITLE);
}

static void
leave_screen (LaneTerminal *terminal)
{
  g_autofree char *title = put_back_title_sequence ();

  emit (terminal, title);
  if (terminal->paste_mode)
    emit (terminal, capability ("BD"));
  endwin ();
}

static void
enter_screen (LaneTerminal *terminal)
{
  ask_size (terminal);
  refresh ();
  keep_title (terminal);
  show_title (terminal);
  if (terminal->paste_mode)
    emit (terminal, capability ("BE"));
  terminal->events.changed (terminal, terminal->user_data);
}

static void
stop_here (LaneTerminal *terminal, gboolean whole_job)
{
  leave_screen (terminal);
  lane_tty_guard_stop_job (whole_job);
  enter_screen (terminal);
}

static GSource *
watch_fd (LaneTerminal *terminal, int fd, GIOCondition condition, GUnixFDSourceFunc callback)
{
  GSource *source = g_unix_fd_source_new (fd, condition);

  g_source_set_callback (source, G_SOURCE_FUNC (callback), terminal, NULL);
  g_source_attach (source, terminal->context);
  return source;
}

static gboolean
on_held_back (int fd, GIOCondition condition, gpointer user_data)
{
  lane_tty_guard_collect ();
  return G_SOURCE_CONTINUE;
}

static gboolean
on_job (int fd, GIOCondition condition, gpointer user_data)
{
  LaneTerminal *terminal = user_data;
  char what[16];
  ssize_t n = read (fd, what, sizeof what);

  if (n <= 0)
    return G_SOURCE_CONTINUE;
  if (terminal->loan != NULL) {
    /* The screen is not ours; the shell gets all of us. */
    if (memchr (what, 'Z', n) != NULL)
      lane_tty_guard_stop_job (FALSE);
  } else if (memchr (what, 'Z', n) != NULL)
    stop_here (terminal, FALSE);
  else {
    /* Stopped by a signal nobody can catch: the shell has had the terminal meanwhile. */
    leave_screen (terminal);
    enter_screen (terminal);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_resize (gpointer user_data)
{
  LaneTerminal *terminal = user_data;

  if (terminal->loan != NULL)
    return G_SOURCE_CONTINUE;
  ask_size (terminal);
  terminal->events.changed (terminal, terminal->user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer user_data)
{
  LaneTerminal *terminal = user_data;

  /* Then it is meant for the other program. */
  if (terminal->loan == NULL)
    terminal->events.interrupted (terminal, terminal->user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_terminate (gpointer user_data)
{
  LaneTerminal *terminal = user_data;

  terminal->events.ended (terminal, SIGTERM, terminal->user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_hangup (gpointer user_data)
{
  LaneTerminal *terminal = user_data;

  terminal->events.ended (terminal, SIGHUP, terminal->user_data);
  return G_SOURCE_CONTINUE;
}

/* To another program and back */

static int
dup_for_child (int fd)
{
  return fcntl (fd, F_DUPFD_CLOEXEC, 3);
}

static GSubprocess *
spawn_on_terminal (LaneTerminal *terminal, const char *const *argv, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);

  g_subprocess_launcher_take_stdin_fd (launcher, dup_for_child (STDIN_FILENO));
  g_subprocess_launcher_take_stdout_fd (launcher, dup_for_child (terminal->tty));
  g_subprocess_launcher_take_stderr_fd (launcher, dup_for_child (terminal->tty));
  return g_subprocess_launcher_spawnv (launcher, argv, error);
}

static void
on_given_back (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Loan *loan = user_data;
  LaneTerminal *terminal = loan->terminal;
  g_autoptr (GError) error = NULL;

  g_subprocess_wait_check_finish (loan->process, result, &error);
  if (terminal != NULL) {
    terminal->loan = NULL;
    terminal->input = watch_fd (terminal, STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input);
    enter_screen (terminal);
    lane_terminal_set_mouse (terminal, terminal->mouse);
    loan->done (terminal, error, loan->user_data);
  }
  g_object_unref (loan->process);
  g_free (loan);
}

gboolean
lane_terminal_lend (LaneTerminal *terminal, const char *const *argv, LaneTerminalLent done,
                    gpointer user_data, GError **error)
{
  GSubprocess *process = NULL;
  Loan *loan = NULL;

  g_return_val_if_fail (terminal->loan == NULL, FALSE);
  leave_screen (terminal);
  process = spawn_on_terminal (terminal, argv, error);
  if (process == NULL) {
    enter_screen (terminal);
    return FALSE;
  }
  g_source_destroy (terminal->input);
  g_clear_pointer (&terminal->input, g_source_unref);
  loan = g_new0 (Loan, 1);
  loan->terminal = terminal;
  loan->process = process;
  loan->done = done;
  loan->user_data = user_data;
  terminal->loan = loan;
  g_main_context_push_thread_default (terminal->context);
  g_subprocess_wait_check_async (process, NULL, on_given_back, loan);
  g_main_context_pop_thread_default (terminal->context);
  return TRUE;
}

static GSource *
watch_signal (LaneTerminal *terminal, int signal_number, GSourceFunc callback)
{
  GSource *source = g_unix_signal_source_new (signal_number);

  g_source_set_callback (source, callback, terminal, NULL);
  g_source_attach (source, terminal->context);
  return source;
}

/* Colours */

static gboolean
wants_color (LaneColor color)
{
  const char *no_color = g_getenv ("NO_COLOR");

  if (color == LANE_COLOR_NEVER)
    return FALSE;
  return color == LANE_COLOR_ALWAYS || no_color == NULL || no_color[0] == '\0';
}

static attr_t
curses_attributes (guint attrs)
{
  return (attrs & LANE_ATTR_BOLD ? A_BOLD : 0) | (attrs & LANE_ATTR_UNDERLINE ? A_UNDERLINE : 0)
         | (attrs & LANE_ATTR_REVERSE ? A_REVERSE : 0) | (attrs & LANE_ATTR_DIM ? A_DIM : 0);
}

static int
color_pair (LaneTerminal *terminal, const LaneStyle *style)
{
  int fg = lane_hue_to_number (&style->fg, COLORS, terminal->direct);
  int bg = lane_hue_to_number (&style->bg, COLORS, terminal->direct);
  int pair;

  /* Two colours may become one where there are few; better none than nothing to read. */
  if (!terminal->color || fg == bg)
    return 0;
  pair = alloc_pair (fg, bg);
  return pair > 0 ? pair : 0;
}

/* Starting */

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, LANE_TERMINAL_ERROR, LANE_TERMINAL_ERROR_UNUSABLE, text);
  return FALSE;
}

static gboolean
check_terminal (GError **error)
{
  const char *term = g_getenv ("TERM");

  if (!isatty (STDIN_FILENO) || !isatty (STDOUT_FILENO))
    return refuse (error, "the dashboard needs a terminal for input and output; `icelane status` "
                          "prints the same facts anywhere");
  if (term == NULL || term[0] == '\0' || strcmp (term, "dumb") == 0)
    return refuse (error, "this terminal says it cannot place text (TERM is dumb or not set); set "
                          "TERM, for example to xterm-256color, or use `icelane status`");
  return TRUE;
}

/* A descriptor of our own: stdout will be held back. */
static gboolean
open_output (LaneTerminal *terminal)
{
  terminal->tty = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  terminal->out = terminal->tty >= 0 ? fdopen (terminal->tty, "w") : NULL;
  return terminal->out != NULL;
}

static gboolean
start_curses (LaneTerminal *terminal, char **notice, GError **error)
{
  const char *term = g_getenv ("TERM");

  terminal->screen = newterm (NULL, terminal->out, stdin);
  if (terminal->screen == NULL) {
    terminal->screen = newterm ("xterm-256color", terminal->out, stdin);
    if (terminal->screen != NULL && notice != NULL)
      *notice = g_strdup_printf ("Terminal '%s' is not known here; using xterm-256color.", term);
  }
  if (terminal->screen == NULL) {
    g_set_error (error, LANE_TERMINAL_ERROR, LANE_TERMINAL_ERROR_UNUSABLE,
                 "terminal '%s' is not known here, and neither is xterm-256color; install the "
                 "package ncurses-term, or set TERM",
                 term);
    return FALSE;
  }
  if (capability ("cup") == NULL) {
    endwin ();
    g_set_error (error, LANE_TERMINAL_ERROR, LANE_TERMINAL_ERROR_UNUSABLE,
                 "terminal '%s' cannot place text; use `icelane status`", term);
    return FALSE;
  }
  return TRUE;
}

/* Terminfo knows the arrows of one keypad mode; a terminal may be in the other, and is for a moment
 * after a stop. */
static void
define_arrows (void)
{
  static const struct {
    char letter;
    int key;
  } arrows[] = { { 'A', KEY_UP },   { 'B', KEY_DOWN }, { 'C', KEY_RIGHT },
                 { 'D', KEY_LEFT }, { 'H', KEY_HOME }, { 'F', KEY_END } };

  for (guint i = 0; i < G_N_ELEMENTS (arrows); i++)
    for (guint form = 0; form < 2; form++) {
      const char sequence[] = { '\033', form == 0 ? '[' : 'O', arrows[i].letter, '\0' };

      if (key_defined (sequence) == 0)
        define_key (sequence, arrows[i].key);
    }
}

/* Ctrl-Z comes as a key: curses ignores SIGTSTP while it draws, and would lose it. Ctrl-C stays a
 * signal, but must not throw away what is on its way to the screen. */
static void
tame_signal_keys (LaneTerminal *terminal)
{
  struct termios modes;

  if (tcgetattr (terminal->tty, &modes) != 0)
    return;
  modes.c_cc[VSUSP] = _POSIX_VDISABLE;
  modes.c_lflag |= NOFLSH;
  tcsetattr (terminal->tty, TCSANOW, &modes);
  def_prog_mode ();
}

static void
set_modes (LaneTerminal *terminal, LaneColor color)
{
  cbreak ();
  noecho ();
  nonl ();
  nodelay (stdscr, TRUE);
  keypad (stdscr, TRUE);
  leaveok (stdscr, FALSE);
  scrollok (stdscr, FALSE);
  typeahead (-1); /* a frame cut short by a key would wait for the next change */
  tame_signal_keys (terminal);
  if (g_getenv ("ESCDELAY") == NULL)
    set_escdelay (ESCAPE_DELAY_MS);
  if (wants_color (color) && has_colors ()) {
    start_color ();
    terminal->color = use_default_colors () == OK;
    terminal->direct = tigetflag ("RGB") > 0;
  }
  define_arrows ();
  define_key ("\033]11;", KEY_REPLY);
  if (capability ("BE") != NULL && capability ("PS") != NULL && capability ("PE") != NULL) {
    define_key (capability ("PS"), KEY_PASTE_BEGIN);
    define_key (capability ("PE"), KEY_PASTE_END);
    terminal->paste_mode = TRUE;
  }
}

static void
start_sources (LaneTerminal *terminal)
{
  terminal->input = watch_fd (terminal, STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input);
  terminal->job_source = watch_fd (terminal, lane_tty_guard_get_job_fd (), G_IO_IN, on_job);
  if (lane_tty_guard_get_held_back_fd () >= 0)
    terminal->held_back_source =
        watch_fd (terminal, lane_tty_guard_get_held_back_fd (), G_IO_IN, on_held_back);
  terminal->signals[0] = watch_signal (terminal, SIGWINCH, on_resize);
  terminal->signals[1] = watch_signal (terminal, SIGINT, on_interrupt);
  terminal->signals[2] = watch_signal (terminal, SIGTERM, on_terminate);
  terminal->signals[3] = watch_signal (terminal, SIGHUP, on_hangup);
  if (terminal->typed->len > 0) {
    terminal->typed_source = g_idle_source_new ();
    g_source_set_callback (terminal->typed_source, on_typed, terminal, NULL);
    g_source_attach (terminal->typed_source, terminal->context);
  }
}

/* The console of Linux has no such question, and older ones show it. */
static gboolean
can_be_asked (void)
{
  return g_strcmp0 (g_getenv ("TERM"), "linux") != 0;
}

LaneTerminal *
lane_terminal_new (LaneColor color, gboolean mouse, gboolean ask_background,
                   const LaneTerminalEvents *events, gpointer user_data, char **notice,
                   GError **error)
{
  LaneTerminal *terminal = NULL;
  g_autofree char *restore = NULL;

  setlocale (LC_CTYPE, "");
  if (!check_terminal (error))
    return NULL;

  terminal = g_new0 (LaneTerminal, 1);
  terminal->events = *events;
  terminal->user_data = user_data;
  terminal->context = g_main_context_ref_thread_default ();
  terminal->shown = lane_canvas_new (1, 1, TRUE);
  terminal->typed = g_string_new (NULL);
  if (!open_output (terminal) || !lane_tty_guard_prepare (terminal->tty)) {
    refuse (error, "the terminal does not answer");
    lane_terminal_free (terminal);
    return NULL;
  }
  if (ask_background && can_be_asked () && wants_color (color))
    terminal->background = lane_background_ask (terminal->tty, BACKGROUND_MS, terminal->typed);
  if (!start_curses (terminal, notice, error)) {
    lane_terminal_free (terminal);
    return NULL;
  }
  restore = restore_sequence ();
  lane_tty_guard_start (restore);
  terminal->up = TRUE;
  set_modes (terminal, color);
  start_sources (terminal);
  lane_terminal_set_mouse (terminal, mouse);
  ask_size (terminal);
  keep_title (terminal);
  if (terminal->paste_mode)
    emit (terminal, capability ("BE"));
  return terminal;
}

static void
call_in_loan (LaneTerminal *terminal)
{
  Loan *loan = g_steal_pointer (&terminal->loan);
  g_autoptr (GError) error = g_error_new_literal (LANE_TERMINAL_ERROR, LANE_TERMINAL_ERROR_UNUSABLE,
                                                  "the terminal is taken back");

  g_subprocess_send_signal (loan->process, SIGHUP);
  loan->terminal = NULL;
  loan->done (NULL, error, loan->user_data);
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
lane_terminal_free (LaneTerminal *terminal)
{
  if (terminal == NULL)
    return;
  if (terminal->loan != NULL)
    call_in_loan (terminal);
  stop_source (&terminal->input);
  stop_source (&terminal->typed_source);
  stop_source (&terminal->held_back_source);
  stop_source (&terminal->job_source);
  stop_source (&terminal->paste_timer);
  for (guint i = 0; i < G_N_ELEMENTS (terminal->signals); i++)
    stop_source (&terminal->signals[i]);
  if (terminal->up)
    leave_screen (terminal);
  lane_tty_guard_stop ();
  if (terminal->screen != NULL)
    delscreen (terminal->screen);
  if (terminal->out != NULL)
    fclose (terminal->out);
  if (terminal->paste != NULL)
    g_string_free (terminal->paste, TRUE);
  lane_canvas_free (terminal->shown);
  g_free (terminal->title);
  if (terminal->typed != NULL)
    g_string_free (terminal->typed, TRUE);
  g_main_context_unref (terminal->context);
  g_free (terminal);
}

void
lane_terminal_get_size (const LaneTerminal *terminal, int *height, int *width)
{
  getmaxyx (stdscr, *height, *width);
}

gboolean
lane_terminal_is_utf8 (const LaneTerminal *terminal)
{
  return strcmp (nl_langinfo (CODESET), "UTF-8") == 0;
}

gboolean
lane_terminal_can_show (const LaneTerminal *terminal, const char *glyphs)
{
  if (!lane_terminal_is_utf8 (terminal) || g_strcmp0 (g_getenv ("TERM"), "linux") == 0)
    return FALSE;
  for (; *glyphs != '\0'; glyphs = g_utf8_next_char (glyphs))
    if (wcwidth ((wchar_t)g_utf8_get_char (glyphs)) != 1)
      return FALSE;
  return TRUE;
}

/* Drawing */

static void
put_cell (LaneTerminal *terminal, const LaneTheme *theme, int y, int x, const LaneCell *cell)
{
  LaneStyle style = lane_theme_get_style (theme, cell->role, cell->overlay);
  int pair = color_pair (terminal, &style);
  wchar_t text[LANE_CELL_CHARS + 1] = { 0 };
  cchar_t glyph;

  for (guint i = 0; i < LANE_CELL_CHARS; i++)
    text[i] = (wchar_t)cell->text[i];
  if (setcchar (&glyph, text, curses_attributes (style.attrs), 0, &pair) == OK)
    mvadd_wch (y, x, &glyph);
}

/* Curses compares again cell by cell; a whole row keeps wide characters whole. */
static gboolean
draw_row (LaneTerminal *terminal, const LaneCanvas *canvas, const LaneTheme *theme, int y)
{
  const LaneCell *row = lane_canvas_get_row (canvas, y);
  int width = lane_canvas_get_width (canvas);
  LaneCell *shown = (LaneCell *)lane_canvas_get_row (terminal->shown, y);

  if (terminal->shown_is_valid && memcmp (row, shown, sizeof *row * width) == 0)
    return FALSE;
  for (int x = 0; x < width; x++)
    if (row[x].width > 0)
      put_cell (terminal, theme, y, x, &row[x]);
  memcpy (shown, row, sizeof *row * width);
  return TRUE;
}

void
lane_terminal_draw (LaneTerminal *terminal, const LaneCanvas *canvas, const LaneTheme *theme)
{
  int width = lane_canvas_get_width (canvas);
  int height = lane_canvas_get_height (canvas);
  gboolean changed = !terminal->shown_is_valid;
  int y, x, shown_y, shown_x;

  if (terminal->loan != NULL)
    return;
  if (width != lane_canvas_get_width (terminal->shown)
      || height != lane_canvas_get_height (terminal->shown)) {
    lane_canvas_resize (terminal->shown, width, height);
    lane_terminal_repaint (terminal);
    changed = TRUE;
  }
  for (int row = 0; row < height; row++)
    changed |= draw_row (terminal, canvas, theme, row);
  lane_canvas_get_cursor (canvas, &y, &x);
  lane_canvas_get_cursor (terminal->shown, &shown_y, &shown_x);
  if (!changed && y == shown_y && x == shown_x)
    return;
  lane_canvas_set_cursor (terminal->shown, y, x);
  terminal->shown_is_valid = TRUE;
  move (y, x);
  refresh ();
}

void
lane_terminal_repaint (LaneTerminal *terminal)
{
  terminal->shown_is_valid = FALSE;
  clearok (curscr, TRUE);
}

void
lane_terminal_restyle (LaneTerminal *terminal)
{
  terminal->shown_is_valid = FALSE;
}

LaneBackground
lane_terminal_get_background (const LaneTerminal *terminal)
{
  return terminal->background;
}

void
lane_terminal_suspend (LaneTerminal *terminal)
{
  stop_here (terminal, TRUE);
}

void
lane_terminal_set_mouse (LaneTerminal *terminal, gboolean on)
{
  terminal->mouse = on;
  mouseinterval (0);
  mousemask (on ? BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

void
lane_terminal_set_title (LaneTerminal *terminal, const char *title)
{
  g_autofree char *put_back = NULL;

  if (terminal->loan != NULL || g_strcmp0 (title, terminal->title) == 0)
    return;
  g_free (terminal->title);
  terminal->title = g_strdup (title);
  if (title != NULL) {
    show_title (terminal);
    return;
  }
  put_back = put_back_title_sequence ();
  emit (terminal, put_back);
  keep_title (terminal);
}

gboolean
lane_terminal_copy (LaneTerminal *terminal, const char *text)
{
  const char *set_selection = capability ("Ms");
  g_autofree char *encoded = NULL;

  if (set_selection == NULL)
    return FALSE;
  encoded = g_base64_encode ((const guchar *)text, MIN (strlen (text), MAX_COPY));
  emit (terminal, tparm ((char *)set_selection, "c", encoded));
  return TRUE;
}
