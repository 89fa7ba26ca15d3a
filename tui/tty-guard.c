#include "tty-guard.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MAX_HELD_BACK 8192
#define CRASH_STACK   16384

/* Changed only by prepare, start and stop; the handlers just read it. */
static struct {
  volatile sig_atomic_t up;
  int tty;
  int job_pipe[2];
  int held_back[2]; /* where stdout and stderr go meanwhile */
  int real_stdout;  /* -1: not diverted */
  int real_stderr;
  struct termios saved;
  char restore[256];
  gsize restore_len;
  GString *text; /* collected from held_back */
} guard = {
  .tty = -1, .job_pipe = { -1, -1 }, .held_back = { -1, -1 }, .real_stdout = -1, .real_stderr = -1
};

/* The stack may be what overflowed. */
static char crash_stack[CRASH_STACK];

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGTRAP };

/* From a signal handler too: only async-signal-safe calls. */
static void
write_all (int fd, const char *text, gsize len)
{
  while (len > 0) {
    ssize_t n = write (fd, text, len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return;
    text += n;
    len -= n;
  }
}

static void
pass_on_held_back (int to)
{
  char buffer[1024];
  ssize_t n;

  if (guard.held_back[0] < 0)
    return;
  while ((n = read (guard.held_back[0], buffer, sizeof buffer)) > 0)
    write_all (to, buffer, n);
}

static void
on_crash (int signal_number)
{
  static const char text[] = "icelane: the dashboard crashed; the node and its links run on\n";
  int to = guard.real_stderr >= 0 ? guard.real_stderr : STDERR_FILENO;

  if (guard.up) {
    guard.up = 0;
    write_all (guard.tty, guard.restore, guard.restore_len);
    tcsetattr (guard.tty, TCSANOW, &guard.saved);
    pass_on_held_back (to);
    write_all (to, text, sizeof text - 1);
  }
  /* SA_RESETHAND: this time the default action. */
  raise (signal_number);
}

static void
on_job_signal (int signal_number)
{
  int saved = errno;

  write_all (guard.job_pipe[1], signal_number == SIGCONT ? "C" : "Z", 1);
  errno = saved;
}

static void
set_handler (int signal_number, void (*handler) (int), int flags)
{
  struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

  sigemptyset (&action.sa_mask);
  sigaction (signal_number, &action, NULL);
}

static void
install_handlers (void)
{
  const stack_t stack = { .ss_sp = crash_stack, .ss_size = sizeof crash_stack };

  sigaltstack (&stack, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (crash_signals); i++)
    set_handler (crash_signals[i], on_crash, SA_RESETHAND | SA_NODEFER | SA_ONSTACK);
  set_handler (SIGTSTP, on_job_signal, SA_RESTART);
  set_handler (SIGCONT, on_job_signal, SA_RESTART);
}

static void
remove_handlers (void)
{
  const stack_t none = { .ss_flags = SS_DISABLE };

  for (guint i = 0; i < G_N_ELEMENTS (crash_signals); i++)
    set_handler (crash_signals[i], SIG_DFL, 0);
  set_handler (SIGTSTP, SIG_DFL, 0);
  set_handler (SIGCONT, SIG_DFL, 0);
  sigaltstack (&none, NULL);
}

static gboolean
open_pipe (int fds[2])
{
  if (!g_unix_open_pipe (fds, FD_CLOEXEC, NULL)) {
    fds[0] = fds[1] = -1;
    return FALSE;
  }
  return g_unix_set_fd_nonblocking (fds[0], TRUE, NULL)
         && g_unix_set_fd_nonblocking (fds[1], TRUE, NULL);
}

static void
close_pipe (int fds[2])
{
  for (guint i = 0; i < 2; i++)
    if (fds[i] >= 0) {
      close (fds[i]);
      fds[i] = -1;
    }
}

/* What goes to a file or a pipe does not disturb the screen. */
static void
divert (int fd, int *real)
{
  if (!isatty (fd))
    return;
  *real = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  if (*real >= 0)
    dup2 (guard.held_back[1], fd);
}

static void
undivert (int fd, int *real)
{
  if (*real < 0)
    return;
  dup2 (*real, fd);
  close (*real);
  *real = -1;
}

gboolean
lane_tty_guard_prepare (int tty)
{
  g_return_val_if_fail (!guard.up, FALSE);
  guard.tty = tty;
  return tcgetattr (tty, &guard.saved) == 0 && open_pipe (guard.job_pipe);
}

void
lane_tty_guard_start (const char *restore)
{
  guard.restore_len = MIN (strlen (restore), sizeof guard.restore);
  memcpy (guard.restore, restore, guard.restore_len);
  guard.text = g_string_new (NULL);
  guard.up = 1;
  install_handlers ();
  fflush (stdout);
  if (!open_pipe (guard.held_back))
    return;
  divert (STDOUT_FILENO, &guard.real_stdout);
  divert (STDERR_FILENO, &guard.real_stderr);
}

void
lane_tty_guard_stop (void)
{
  if (guard.up) {
    tcsetattr (guard.tty, TCSADRAIN, &guard.saved);
    guard.up = 0;
    remove_handlers ();
    fflush (stdout);
    lane_tty_guard_collect ();
    undivert (STDOUT_FILENO, &guard.real_stdout);
    undivert (STDERR_FILENO, &guard.real_stderr);
    write_all (STDERR_FILENO, guard.text->str, guard.text->len);
    g_string_free (g_steal_pointer (&guard.text), TRUE);
  }
  close_pipe (guard.held_back);
  close_pipe (guard.job_pipe);
  guard.tty = -1;
}

int
lane_tty_guard_get_job_fd (void)
{
  return guard.job_pipe[0];
}

void
lane_tty_guard_stop_job (gboolean whole_job)
{
  if (whole_job) {
    /* As the terminal's driver would do on Ctrl-Z; we stop last. */
    set_handler (SIGTSTP, SIG_IGN, 0);
    kill (0, SIGTSTP);
  }
  set_handler (SIGTSTP, SIG_DFL, 0);
  raise (SIGTSTP);
  set_handler (SIGTSTP, on_job_signal, SA_RESTART);
}

int
lane_tty_guard_get_held_back_fd (void)
{
  return guard.held_back[0];
}

void
lane_tty_guard_collect (void)
{
  char buffer[1024];
  ssize_t n;

  if (guard.held_back[0] < 0)
    return;
  while ((n = read (guard.held_back[0], buffer, sizeof buffer)) > 0)
    if (guard.text->len + n <= MAX_HELD_BACK)
      g_string_append_len (guard.text, buffer, n);
}
