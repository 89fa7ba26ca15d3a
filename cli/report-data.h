/* What goes into a report for a ticket, and the report as text for people and as JSON. Both are
 * pure functions of it; every text of them goes through its mask. */
#pragma once

#include "config.h"
#include "mask.h"
#include "snapshot.h"

typedef struct {
  gint64 now_us;
  LaneMask *mask;
  gboolean names_masked;
  const char *peer; /* the one it is about; NULL: all of them */

  const LaneConfig *config;
  const GPtrArray *problems; /* of LaneProblem: what is wrong with the settings */

  const char *gone; /* why no node answers; NULL: one does */
  const LaneSnapshot *snapshot;
  const char *status_json;  /* as the node gave it; NULL: it did not */
  const char *network_json; /* likewise */
  GPtrArray *details;       /* of LanePeerDetail, troubled peers first */
  GPtrArray *events;        /* of LaneEventView, oldest first */
  const char *events_from;  /* the file they were read from; NULL: the node */
} LaneReport;

/* Peers the report is about that are not as they should be; those come first in it. */
gboolean lane_report_is_trouble (const LanePeerView *peer);
gboolean lane_report_concerns (const LaneReport *report, const LanePeerView *peer);

/* The settings that were changed, as `section.key = value`, masked; secrets and commands are not
 * told. The caller frees it. */
char **lane_report_list_settings (const LaneReport *report);

char *lane_report_to_text (const LaneReport *report);
char *lane_report_to_json (const LaneReport *report);
