/* The History pane of the peer's view. */
#include "view.h"

#include "history-words.h"

#define SMALL        12 /* rows; with less there are no changes below the graph */
#define TIME_WIDTH   13
#define CHANGE_WIDTH 19
#define CAUSE_WIDTH  13
#define WHY_WIDTH    21

static const LaneHistoryView *
history_of (const LaneModel *model, const LanePeerView *peer)
{
  return model->history != NULL && g_strcmp0 (model->history->peer, peer->name) == 0
             ? model->history
             : NULL;
}

/* Of the heading and the changes, out of all there are. */
static int
table_rows (int height)
{
  return height < SMALL ? 0 : MAX (5, height / 4);
}

void
lane_history_arrange (LaneModel *model, const LanePeerView *peer, int height)
{
  const LaneHistoryView *view = peer != NULL ? history_of (model, peer) : NULL;

  model->wants_history = TRUE;
  lane_list_set_page (&model->pane_list, MAX (table_rows (height) - 1, 0));
  lane_list_set_count (&model->pane_list, view != NULL ? (int)view->changes->len : 0);
}

static void
draw_summary (LaneCanvas *canvas, const LaneModel *model, const LaneHistoryView *view, int y,
              int width)
{
  g_autofree char *words = lane_history_words (view, model->history_span);
  g_autofree char *other = g_strdup_printf (
      "z: %s", lane_history_span_words (model->history_span == LANE_HISTORY_VIEW_DAY
                                            ? LANE_HISTORY_VIEW_RECENT
                                            : LANE_HISTORY_VIEW_DAY));
  int columns = lane_canvas_put (canvas, y, 2, width - 2, LANE_ROLE_TITLE, words);

  if (columns + 16 < width)
    lane_canvas_put_right (canvas, y, columns + 2, width - columns - 3, LANE_ROLE_MUTED, other);
}

static void
draw_cell (LaneCanvas *canvas, int y, int *x, int columns, int width, LaneRole role,
           const char *text)
{
  lane_canvas_put (canvas, y, *x, MIN (columns - 1, width - *x), role, text);
  *x += columns;
}

static void
draw_row (LaneCanvas *canvas, int y, int width, LaneRole role, const char *const *cells)
{
  int x = 2;

  draw_cell (canvas, y, &x, TIME_WIDTH, width, role, cells[0]);
  draw_cell (canvas, y, &x, CHANGE_WIDTH, width, role, cells[1]);
  draw_cell (canvas, y, &x, CAUSE_WIDTH, width, role, cells[2]);
  draw_cell (canvas, y, &x, WHY_WIDTH, width, role, cells[3]);
  lane_canvas_put (canvas, y, x, width - x, role, cells[4]);
}

static void
draw_change (LaneCanvas *canvas, const LaneModel *model, const LaneHistoryChangeView *change,
             gboolean in_span, int y, int width)
{
  g_autofree char *time = lane_history_change_time (change, model->now_us);
  g_autofree char *path = lane_history_change_path (change);
  g_autofree char *gap = lane_history_change_gap (change);
  const char *const cells[] = { time, path, change->cause != NULL ? change->cause : "unknown",
                                change->why != NULL ? change->why : "none", gap };

  draw_row (canvas, y, width, in_span ? LANE_ROLE_DEFAULT : LANE_ROLE_MUTED, cells);
}

static void
draw_changes (LaneCanvas *canvas, const LaneModel *model, const LaneHistoryView *view, int y,
              int height, int width)
{
  static const char *const heading[] = { "TIME", "PATH", "CAUSE", "WHY", "GAP" };
  const LaneList *list = &model->pane_list;
  guint in_span = lane_history_view_count_changes (view, model->history_span);

  if (height < 2)
    return;
  if (view->changes->len == 0) {
    lane_canvas_put (canvas, y, 2, width - 2, LANE_ROLE_MUTED,
                     "No path yet since the node started.");
    return;
  }
  draw_row (canvas, y, width, LANE_ROLE_TITLE, heading);
  for (int i = 0; i < height - 1 && list->top + i < (int)view->changes->len; i++) {
    int row = list->top + i;

    draw_change (canvas, model, view->changes->pdata[row], row < (int)in_span, y + 1 + i, width);
    lane_canvas_add_hit (canvas, y + 1 + i, 0, 1, width, LANE_HIT_PANE, row);
    if (row == list->selected)
      lane_draw_selection (canvas, y + 1 + i, 0, width, TRUE);
  }
}

void
lane_history_draw (LaneCanvas *canvas, const LaneModel *model, const LanePeerView *peer, int y,
                   int height, int width)
{
  const LaneHistoryView *view = history_of (model, peer);
  int table = table_rows (height);

  if (height < 1)
    return;
  if (view == NULL) {
    lane_canvas_put (canvas, y, 2, width - 2, LANE_ROLE_MUTED,
                     model->attached ? "Asking the node for it." : "No data: no node is attached.");
    return;
  }
  draw_summary (canvas, model, view, y, width);
  if (height >= 3)
    lane_history_draw_graphs (canvas, view, model->history_span, model->glyphs, y + 1, 0,
                              height - 1 - table, width);
  draw_changes (canvas, model, view, y + height - table, table, width);
}
