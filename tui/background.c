#include "background.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "theme/vision.h"

#define QUESTION  "\033]11;?\033\\"
#define ANSWER    "\033]11;"
#define INPUT_MAX 4096

/* `RR` or `RRRR` as 0..255, up to the next slash; -1: neither. */
static int
parse_channel (const char **text)
{
  int value = 0, digits = 0;

  for (; g_ascii_isxdigit (**text) && digits < 4; digits++, (*text)++)
    value = value << 4 | g_ascii_xdigit_value (**text);
  if (digits == 0)
    return -1;
  if (**text == '/')
    (*text)++;
  return value * 255 / ((1 << 4 * digits) - 1);
}

/* `rgb:1e1e/1e1e/1e1e`, also with `rgba:` and a fourth part. */
static gint32
parse_color (const char *text)
{
  gint32 rgb = 0;

  text = strchr (text, ':');
  if (text == NULL)
    return -1;
  text++;
  for (int i = 0; i < 3; i++) {
    int value = parse_channel (&text);

    if (value < 0)
      return -1;
    rgb = rgb << 8 | value;
  }
  return rgb;
}

gboolean
lane_background_parse (GString *input, LaneBackground *background)
{
  char *start = strstr (input->str, ANSWER);
  char *end = start != NULL ? strpbrk (start + strlen (ANSWER), "\a\033") : NULL;
  g_autofree char *color = NULL;
  gsize length;
  gint32 rgb;

  if (end == NULL || (*end == '\033' && end[1] == '\0'))
    return FALSE;
  color = g_strndup (start + strlen (ANSWER), end - start - strlen (ANSWER));
  length = end - start + (*end == '\033' ? 2 : 1);
  g_string_erase (input, start - input->str, (gssize)length);
  rgb = parse_color (color);
  if (rgb < 0)
    *background = LANE_BACKGROUND_ANY;
  else
    *background = lane_vision_contrast (rgb, 0x000000) > lane_vision_contrast (rgb, 0xffffff)
                      ? LANE_BACKGROUND_LIGHT
                      : LANE_BACKGROUND_DARK;
  return TRUE;
}

static LaneBackground
wait_for_answer (int tty, guint timeout_ms, GString *typed)
{
  gint64 deadline = g_get_monotonic_time () + timeout_ms * (gint64)1000;
  LaneBackground background = LANE_BACKGROUND_ANY;

  while (typed->len < INPUT_MAX && !lane_background_parse (typed, &background)) {
    struct pollfd poll_fd = { .fd = tty, .events = POLLIN };
    gint64 left_ms = (deadline - g_get_monotonic_time () + 999) / 1000;
    char buffer[256];
    ssize_t n;

    if (left_ms <= 0 || poll (&poll_fd, 1, (int)left_ms) == 0)
      break;
    n = read (tty, buffer, sizeof buffer);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
      break;
    /* A NUL is no key of ours, and would hide what comes after it. */
    for (ssize_t i = 0; i < n; i++)
      if (buffer[i] != '\0')
        g_string_append_c (typed, buffer[i]);
  }
  return background;
}

LaneBackground
lane_background_ask (int tty, guint timeout_ms, GString *typed)
{
  static const int held[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
  struct termios before, raw;
  sigset_t hold, old;
  LaneBackground background = LANE_BACKGROUND_ANY;

  if (tcgetattr (tty, &before) != 0)
    return background;
  /* Whoever ends us meanwhile must not leave the terminal without echo. */
  sigemptyset (&hold);
  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    sigaddset (&hold, held[i]);
  pthread_sigmask (SIG_BLOCK, &hold, &old);
  raw = before;
  raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  if (tcsetattr (tty, TCSANOW, &raw) == 0) {
    if (write (tty, QUESTION, strlen (QUESTION)) == (ssize_t)strlen (QUESTION))
      background = wait_for_answer (tty, timeout_ms, typed);
    tcsetattr (tty, TCSANOW, &before);
  }
  pthread_sigmask (SIG_SETMASK, &old, NULL);
  return background;
}
