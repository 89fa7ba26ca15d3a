/* icelane history PEER */
#include "history-words.h"

#include <stdio.h>

#include "commands.h"
#include "session.h"
#include "table.h"

#define WIDTH  79
#define HEIGHT 16

typedef struct {
  const LaneCliOptions *options;
  LaneSession *session;
} Inquiry;

static LaneGlyphs
pick_glyphs (const LaneCliOptions *options)
{
  return options->ascii || !g_get_charset (NULL) ? LANE_GLYPHS_ASCII : LANE_GLYPHS_BLOCKS;
}

static void
print_graphs (const LaneCliOptions *options, const LaneHistoryView *view, LaneHistoryViewSpan span)
{
  LaneGlyphs glyphs = pick_glyphs (options);
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (WIDTH, HEIGHT, glyphs != LANE_GLYPHS_ASCII);
  g_autofree char *text = NULL;

  lane_history_draw_graphs (canvas, view, span, glyphs, 0, 0, HEIGHT, WIDTH);
  text = lane_canvas_to_text (canvas);
  g_print ("%s\n", text);
}

static void
print_changes (const LaneHistoryView *view)
{
  g_autoptr (LaneTable) table = lane_table_new (5);
  g_autofree char *text = NULL;

  lane_table_add (table, g_strdup ("TIME"), g_strdup ("PATH"), g_strdup ("CAUSE"), g_strdup ("WHY"),
                  g_strdup ("GAP"));
  for (guint i = 0; i < view->changes->len; i++) {
    const LaneHistoryChangeView *change = view->changes->pdata[i];

    lane_table_add (
        table, lane_history_change_time (change, view->at_us), lane_history_change_path (change),
        g_strdup (change->cause != NULL ? change->cause : "unknown"),
        g_strdup (change->why != NULL ? change->why : "none"), lane_history_change_gap (change));
  }
  text = lane_table_to_string (table);
  if (view->changes->len > 0)
    g_print ("%s", text);
}

static void
print_history (const LaneCliOptions *options, const LaneHistoryView *view)
{
  LaneHistoryViewSpan span = options->day ? LANE_HISTORY_VIEW_DAY : LANE_HISTORY_VIEW_RECENT;
  g_autofree char *words = lane_history_words (view, span);

  g_print ("%s\n", words);
  print_graphs (options, view, span);
  print_changes (view);
}

static void
on_history (LaneClient *client, const char *json, const GError *error, gpointer user_data)
{
  const Inquiry *inquiry = user_data;
  g_autoptr (GError) malformed = NULL;
  g_autoptr (LaneHistoryView) view =
      error == NULL ? lane_history_view_parse (json, &malformed) : NULL;

  if (view == NULL)
    g_printerr ("icelane: %s\n", (error != NULL ? error : malformed)->message);
  else if (inquiry->options->json)
    puts (json);
  else
    print_history (inquiry->options, view);
  lane_session_finish (inquiry->session, view != NULL ? LANE_EXIT_OK : LANE_EXIT_FAILED);
}

int
lane_cli_history (const LaneCliOptions *options)
{
  Inquiry inquiry = { .options = options };
  g_autoptr (LaneSession) session = NULL;
  int code;

  session = lane_session_open (options, 0, NULL, NULL, &code);
  if (session == NULL)
    return code;
  if (lane_session_find_peer (session, options->arguments[0]) == NULL)
    return LANE_EXIT_FAILED;

  inquiry.session = session;
  lane_client_get_history (lane_session_get_client (session), options->arguments[0], on_history,
                           &inquiry);
  return lane_session_run (session, 0, 0);
}
