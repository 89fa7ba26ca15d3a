/* One press of a key, as the terminal told it, and its name in tables and messages. */
#pragma once

#include <glib.h>

/* Codes below are Unicode; control characters keep their code (Ctrl-L is 12). */
typedef enum {
  LANE_KEY_FIRST = 0x110000,
  LANE_KEY_ENTER = LANE_KEY_FIRST,
  LANE_KEY_TAB,
  LANE_KEY_BACKTAB,
  LANE_KEY_ESCAPE,
  LANE_KEY_BACKSPACE,
  LANE_KEY_DELETE,
  LANE_KEY_UP,
  LANE_KEY_DOWN,
  LANE_KEY_SHIFT_UP,
  LANE_KEY_SHIFT_DOWN,
  LANE_KEY_LEFT,
  LANE_KEY_RIGHT,
  LANE_KEY_PAGE_UP,
  LANE_KEY_PAGE_DOWN,
  LANE_KEY_HOME,
  LANE_KEY_END,
  LANE_KEY_F1,
  LANE_KEY_F12 = LANE_KEY_F1 + 11,
  LANE_KEY_CLICK,
  LANE_KEY_WHEEL_UP,
  LANE_KEY_WHEEL_DOWN,
  LANE_KEY_PASTE,
  LANE_KEY_UNKNOWN
} LaneKeyCode;

#define LANE_KEY_CTRL(letter) ((letter)&0x1f)

typedef struct {
  guint code;
  int x, y;         /* of a click or a wheel */
  const char *text; /* of a paste; valid UTF-8 */
} LaneKey;

/* `r`, `Space`, `C-l`, `PgUp`, `F1`; the caller frees it. */
char *lane_key_to_string (guint code);
guint lane_key_from_string (const char *name); /* 0: no such key */
/* Whether @names, separated by spaces, has the key. */
gboolean lane_key_is_in (guint code, const char *names);
