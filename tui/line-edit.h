/* One line being typed, with the keys of readline and a history. */
#pragma once

#include "key.h"

typedef struct _LaneLineEdit LaneLineEdit;

typedef enum {
  LANE_LINE_IGNORED,
  LANE_LINE_MOVED,
  LANE_LINE_CHANGED,
  LANE_LINE_DONE,    /* Enter; the line joins the history */
  LANE_LINE_LEFT,    /* Esc or Backspace on nothing */
  LANE_LINE_COMPLETE /* Tab: the owner completes */
} LaneLineResult;

LaneLineEdit *lane_line_edit_new (void);
void lane_line_edit_free (LaneLineEdit *edit);
void lane_line_edit_set (LaneLineEdit *edit, const char *text); /* the cursor goes to its end */
const char *lane_line_edit_get_text (const LaneLineEdit *edit);
/* The text before the cursor; the caller frees it. */
char *lane_line_edit_get_head (const LaneLineEdit *edit);
LaneLineResult lane_line_edit_key (LaneLineEdit *edit, const LaneKey *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneLineEdit, lane_line_edit_free)
