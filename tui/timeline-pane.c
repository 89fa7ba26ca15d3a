/* The Timeline pane of the peer's view. */
#include "view.h"

#include "timeline.h"

#define LABEL_WIDTH 22
#define TIME_WIDTH  16

int
lane_timeline_count (const LaneModel *model, const LanePeerView *peer)
{
  g_autoptr (GPtrArray) rows = lane_timeline_collect (lane_model_get_detail_of (model, peer));

  return rows->len;
}

static LaneRole
bar_role (LaneSpanState state)
{
  switch (state) {
  case LANE_SPAN_FAILED:
    return LANE_ROLE_LOG_ERROR;
  case LANE_SPAN_RUNNING:
    return LANE_ROLE_LOG_WARNING;
  case LANE_SPAN_DONE:
  case LANE_SPAN_SKIPPED:
  default:
    return LANE_ROLE_GRAPH;
  }
}

static void
draw_row (LaneCanvas *canvas, const LaneModel *model, const LaneTimelineRow *row, int y, int width)
{
  int label = width < 72 ? 16 : LABEL_WIDTH;
  int room = width - label - TIME_WIDTH - 4;
  g_autofree char *bar = lane_timeline_bar (row, room, model->glyphs);
  g_autofree char *time = lane_timeline_time (row);
  int indent = 2 + 2 * (int)row->indent;

  if (row->generation != NULL) {
    lane_canvas_put (canvas, y, 2, width - 2, LANE_ROLE_TITLE, row->label);
    return;
  }
  lane_canvas_put (canvas, y, indent, label - indent + 2, LANE_ROLE_DEFAULT, row->label);
  lane_canvas_put (canvas, y, label + 3, room, bar_role (row->state), bar);
  lane_canvas_put_right (canvas, y, width - TIME_WIDTH - 1, TIME_WIDTH, LANE_ROLE_DEFAULT, time);
}

void
lane_timeline_draw (LaneCanvas *canvas, const LaneModel *model, const LanePeerView *peer, int y,
                    int height, int width)
{
  g_autoptr (GPtrArray) rows = lane_timeline_collect (lane_model_get_detail_of (model, peer));
  const LaneList *list = &model->pane_list;

  lane_canvas_put (canvas, y, 2, width - 2, LANE_ROLE_TITLE, "STEP");
  lane_canvas_put_right (canvas, y, 8, width - 9, LANE_ROLE_TITLE, "SINCE ITS START");
  if (rows->len == 0)
    lane_canvas_put (canvas, y + 1, 2, width - 2, LANE_ROLE_MUTED,
                     "Nothing has been tried with this peer yet.");
  for (int i = 0; i < height - 1 && list->top + i < (int)rows->len; i++) {
    draw_row (canvas, model, rows->pdata[list->top + i], y + 1 + i, width);
    lane_canvas_add_hit (canvas, y + 1 + i, 0, 1, width, LANE_HIT_PANE, list->top + i);
    if (list->top + i == list->selected)
      lane_draw_selection (canvas, y + 1 + i, 0, width, TRUE);
  }
}
