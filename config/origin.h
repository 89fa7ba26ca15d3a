/* Where the value of a setting comes from. */
#pragma once

#include <glib.h>

typedef enum {
  LANE_LAYER_DEFAULT,
  LANE_LAYER_FILE,
  LANE_LAYER_ENVIRONMENT,
  LANE_LAYER_OVERRIDE
} LaneLayer;

typedef struct {
  LaneLayer layer;
  const char *place; /* `default`, the file, `ICELANE_ICE_TRICKLE` or `--set` */
  int line;          /* from 1 in a file; else 0 */
} LaneOrigin;

/* `icelane.ini:33`, `ICELANE_ICE_TRICKLE`; the caller frees it. */
char *lane_origin_to_string (const LaneOrigin *origin);
