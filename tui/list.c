#include "list.h"

static void
scroll_into_view (LaneList *list)
{
  int page = MAX (list->page, 1);

  list->selected = CLAMP (list->selected, 0, MAX (list->count - 1, 0));
  if (list->selected < list->top)
    list->top = list->selected;
  if (list->selected >= list->top + page)
    list->top = list->selected - page + 1;
  list->top = CLAMP (list->top, 0, MAX (list->count - page, 0));
}

void
lane_list_set_count (LaneList *list, int count)
{
  list->count = MAX (count, 0);
  scroll_into_view (list);
}

void
lane_list_set_page (LaneList *list, int page)
{
  list->page = MAX (page, 0);
  scroll_into_view (list);
}

void
lane_list_select (LaneList *list, int row)
{
  list->selected = row;
  scroll_into_view (list);
}

void
lane_list_move (LaneList *list, int rows)
{
  lane_list_select (list, list->selected + rows);
}
