/* A selection and a scroll position over so many rows. */
#pragma once

#include <glib.h>

typedef struct {
  int count;    /* rows there are */
  int selected; /* 0 when empty */
  int top;      /* first row shown */
  int page;     /* rows that fit */
} LaneList;

void lane_list_set_count (LaneList *list, int count);
void lane_list_set_page (LaneList *list, int page);
void lane_list_select (LaneList *list, int row); /* clamped, scrolled into view */
void lane_list_move (LaneList *list, int rows);
