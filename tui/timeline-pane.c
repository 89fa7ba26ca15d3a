/* The Timeline pane of the peer's view. */
#include "view.h"

#include "timeline.h"

#define LABEL_WIDTH 22
#define TIME_WIDTH  16
#define SIDES_WIDTH 120 /* from which on ours and the peer's are beside each other */

/* NULL: one below the other, for lack of room or because the peer has told nothing. */
static GArray *
lay_beside (const GPtrArray *rows, int width)
{
  gboolean told = FALSE;

  for (guint i = 0; i < rows->len && !told; i++) {
    const LaneTimelineRow *row = rows->pdata[i];

    told = row->theirs && row->kind == LANE_TIMELINE_BAR;
  }
  return told && width >= SIDES_WIDTH ? lane_timeline_zip (rows) : NULL;
}

int
lane_timeline_count (const LaneModel *model, const LanePeerView *peer, int width)
{
  g_autoptr (GPtrArray) rows = lane_timeline_collect (lane_model_get_detail_of (model, peer));
  g_autoptr (GArray) zipped = lay_beside (rows, width);

  return zipped != NULL ? zipped->len : rows->len;
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
draw_bar (LaneCanvas *canvas, const LaneModel *model, const LaneTimelineRow *row, int y, int x,
          int width)
{
  int label = width < 72 ? 16 : LABEL_WIDTH;
  int room = width - label - TIME_WIDTH - 4;
  g_autofree char *bar = lane_timeline_bar (row, room, model->glyphs);
  g_autofree char *time = lane_timeline_time (row);
  int indent = 2 + 2 * (int)row->indent;

  lane_canvas_put (canvas, y, x + indent, label - indent + 2, LANE_ROLE_DEFAULT, row->label);
  lane_canvas_put (canvas, y, x + label + 3, room, bar_role (row->state), bar);
  lane_canvas_put_right (canvas, y, x + width - TIME_WIDTH - 1, TIME_WIDTH, LANE_ROLE_DEFAULT,
                         time);
}

static void
draw_row (LaneCanvas *canvas, const LaneModel *model, const LaneTimelineRow *row, int y, int x,
          int width)
{
  int indent = 2 + 2 * (int)row->indent;

  switch (row->kind) {
  case LANE_TIMELINE_BAR:
    draw_bar (canvas, model, row, y, x, width);
    break;
  case LANE_TIMELINE_HEADING:
  case LANE_TIMELINE_SIDE:
    lane_canvas_put (canvas, y, x + 2, width - 2, LANE_ROLE_TITLE, row->label);
    break;
  case LANE_TIMELINE_FACT:
    lane_canvas_put (canvas, y, x + indent, width - indent, LANE_ROLE_MUTED, row->label);
    break;
  }
}

static void
draw_beside (LaneCanvas *canvas, const LaneModel *model, const LaneTimelineBeside *row, int y,
             int width)
{
  int half = width / 2;

  if (row->ours != NULL)
    draw_row (canvas, model, row->ours, y, 0,
              row->ours->kind == LANE_TIMELINE_HEADING ? width : half);
  if (row->theirs != NULL)
    draw_row (canvas, model, row->theirs, y, half, width - half);
}

void
lane_timeline_draw (LaneCanvas *canvas, const LaneModel *model, const LanePeerView *peer, int y,
                    int height, int width)
{
  g_autoptr (GPtrArray) rows = lane_timeline_collect (lane_model_get_detail_of (model, peer));
  g_autoptr (GArray) zipped = lay_beside (rows, width);
  int count = zipped != NULL ? zipped->len : rows->len;
  const LaneList *list = &model->pane_list;

  lane_canvas_put (canvas, y, 2, width - 2, LANE_ROLE_TITLE, "STEP");
  lane_canvas_put_right (canvas, y, 8, width - 9, LANE_ROLE_TITLE, "SINCE ITS START");
  if (rows->len == 0)
    lane_canvas_put (canvas, y + 1, 2, width - 2, LANE_ROLE_MUTED,
                     "Nothing has been tried with this peer yet.");
  for (int i = 0; i < height - 1 && list->top + i < count; i++) {
    int row = list->top + i;

    if (zipped != NULL)
      draw_beside (canvas, model, &g_array_index (zipped, LaneTimelineBeside, row), y + 1 + i,
                   width);
    else
      draw_row (canvas, model, rows->pdata[row], y + 1 + i, 0, width);
    lane_canvas_add_hit (canvas, y + 1 + i, 0, 1, width, LANE_HIT_PANE, row);
    if (row == list->selected)
      lane_draw_selection (canvas, y + 1 + i, 0, width, TRUE);
  }
}
