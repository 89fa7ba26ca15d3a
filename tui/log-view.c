#include "view.h"

void
lane_log_view_arrange (LaneModel *model, int height, int width)
{
  lane_list_set_page (&model->all_log.list, height - 2);
}

void
lane_log_view_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  lane_draw_tabs (canvas, model, width);
  lane_draw_log (canvas, model, &model->all_log, TRUE, 1, 0, height - 1, width);
}
