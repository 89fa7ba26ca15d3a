/* The first run on the terminal: asks, tests, writes the settings file. See setup.h. */
#pragma once

#include "config.h"
#include "theme/shelf.h"

typedef struct {
  const char *path;    /* of the file, which does not exist yet */
  const char *node_id; /* in groups, for people; NULL: unknown */
  const char *program; /* that tests servers; NULL: this one */
  gboolean mouse;
  LaneColor color;
  const char *theme; /* what [ui] theme says */
  const LaneShelf *themes;
} LaneSetupOptions;

/* TRUE: the file is written. FALSE: the operator left without one, or it went wrong, after a
 * message on stderr; @exit_code is that of UX section 4. */
gboolean lane_setup_run (const LaneSetupOptions *options, int *exit_code);
