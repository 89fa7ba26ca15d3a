/* icelane timeline PEER */
#include "timeline.h"

#include "commands.h"
#include "peer-detail.h"
#include "text.h"

#define LABEL_WIDTH 24
#define BAR_WIDTH   40

static const char *const members[] = {
  "generation",  "state",        "current",   "started_at", "role",      "offered", "gathered_ms",
  "answered_ms", "connected_ms", "failed_ms", "now_ms",     "gathering", "peer",    NULL,
};

static LaneGlyphs
pick_glyphs (const LaneCliOptions *options)
{
  return options->ascii || !g_get_charset (NULL) ? LANE_GLYPHS_ASCII : LANE_GLYPHS_BLOCKS;
}

static void
print_row (const LaneTimelineRow *row, LaneGlyphs glyphs)
{
  g_autofree char *label = lane_text_clean (row->label, -1, LABEL_WIDTH * 4);
  g_autofree char *bar = lane_timeline_bar (row, BAR_WIDTH, glyphs);
  g_autofree char *time = lane_timeline_time (row);
  int pad = MAX (LABEL_WIDTH - 2 * (int)row->indent - (int)g_utf8_strlen (label, -1), 0);
  int rest = BAR_WIDTH - (int)g_utf8_strlen (bar, -1);

  if (row->kind == LANE_TIMELINE_HEADING)
    g_print ("%s\n", label);
  else if (row->kind != LANE_TIMELINE_BAR)
    g_print ("  %*s%s\n", 2 * (int)row->indent, "", label);
  else
    g_print ("  %*s%s%*s%s%*s %15s\n", 2 * (int)row->indent, "", label, pad, "", bar, rest, "",
             time);
}

static void
print_detail (const LaneCliOptions *options, const LanePeerDetail *detail)
{
  g_autoptr (GPtrArray) rows = lane_timeline_collect (detail);

  for (guint i = 0; i < rows->len; i++)
    print_row (rows->pdata[i], pick_glyphs (options));
  if (rows->len == 0)
    g_print ("Nothing has been tried with this peer yet.\n");
}

int
lane_cli_timeline (const LaneCliOptions *options)
{
  return lane_cli_show_detail (options, print_detail, members);
}
