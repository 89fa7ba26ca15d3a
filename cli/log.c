/* icelane log [PEER] */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "session.h"
#include "text.h"
#include "words.h"

#define HISTORY        2000
#define LINE_MAX_BYTES 2048

static const char *const levels[] = { "error", "warning", "info", "debug", NULL };

static guint
rank (const char *level)
{
  for (guint i = 0; levels[i] != NULL; i++) {
    if (strcmp (levels[i], level) == 0)
      return i;
  }
  return 0; /* what we do not know is shown */
}

static gboolean
is_wanted (const LaneCliOptions *options, const LaneEventView *event)
{
  if (options->arguments[0] != NULL && g_strcmp0 (options->arguments[0], event->peer) != 0)
    return FALSE;
  return options->level == NULL || rank (event->level) <= rank (options->level);
}

static void
print_text (const LaneEventView *event)
{
  g_autofree char *clock = lane_words_clock (event->time_us);
  g_autofree char *text = lane_text_clean (event->text, -1, LINE_MAX_BYTES);
  g_autofree char *peer = lane_text_clean_name (event->peer != NULL ? event->peer : "node");
  g_autofree char *tag = NULL;

  if (strcmp (event->level, "error") == 0)
    tag = g_strdup ("ERROR");
  else if (strcmp (event->level, "warning") == 0)
    tag = g_strdup ("WARN");
  else
    tag = g_ascii_strup (event->kind, 9);
  g_print ("%s %-8s %-5s %s\n", clock, peer, tag, text);
}

static void
on_event (LaneSession *session, const LaneEventView *event, gpointer user_data)
{
  const LaneCliOptions *options = user_data;

  if (!is_wanted (options, event))
    return;
  if (options->json)
    puts (event->json);
  else
    print_text (event);
  fflush (stdout); /* a reader of the pipe follows too */
}

int
lane_cli_log (const LaneCliOptions *options)
{
  static const LaneSessionEvents events = { .event = on_event };
  g_autoptr (LaneSession) session = NULL;
  int code;

  if (options->level != NULL && !g_strv_contains (levels, options->level)) {
    g_printerr ("icelane: --level: '%s' is not error, warning, info or debug\n", options->level);
    return LANE_EXIT_USAGE;
  }

  session = lane_session_open (options, HISTORY, &events, (gpointer)options, &code);
  if (session == NULL)
    return code;
  if (options->arguments[0] != NULL
      && lane_session_find_peer (session, options->arguments[0]) == NULL)
    return LANE_EXIT_FAILED;
  return options->follow ? lane_session_run (session, 0, 0) : LANE_EXIT_OK;
}
