/* The theme in use, and how it was chosen. */
#pragma once

#include "theme/theme.h"

#define LANE_LOOK_AUTO "auto"

typedef struct {
  const LaneShelf *shelf;    /* borrowed; NULL: only the built-in themes */
  LaneBackground background; /* of the terminal; ANY: it did not say */
  char *choice;              /* `auto`, or what a theme is asked for by */
  LaneTheme *theme;          /* never NULL */
  guint changes;             /* of theme, ever */
} LaneLook;

void lane_look_init (LaneLook *look); /* neutral */
void lane_look_clear (LaneLook *look);

/* Whether @choice depends on the background. */
gboolean lane_look_depends (const char *choice);
/* FALSE, with everything as it was, when there is no such theme. @complaint: what is wrong with it,
 * NULL when nothing is; the caller frees it. Blocks on the disk. */
gboolean lane_look_choose (LaneLook *look, const char *choice, char **complaint);
/* The theme that @choice means here, `harbour` for auto on a dark terminal. */
const char *lane_look_resolve (const LaneLook *look, const char *choice);
