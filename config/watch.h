/* Sees what others do to the settings file while a node or a screen runs, and says what of it
 * holds.
 *
 * The last good settings are kept: a file that is gone, unreadable, broken, cut off, or open to
 * others with secrets in it changes nothing but the list of problems. Where only some sections have
 * errors, those stay as they were and the rest counts. Reading and checking happen in a thread; the
 * callback comes in the context given, a moment after the last of a row of changes. */
#pragma once

#include "config.h"

typedef struct _LaneWatch LaneWatch;

typedef enum {
  LANE_WATCH_VALID,
  LANE_WATCH_PARTLY, /* sections with errors are taken from the last good settings */
  LANE_WATCH_INVALID /* the last good settings hold */
} LaneWatchVerdict;

typedef struct {
  LaneWatchVerdict verdict;
  LaneConfig *config;  /* what holds from now on; NULL when INVALID. The callback may take it */
  GPtrArray *problems; /* of LaneProblem, warnings too */
} LaneWatchReport;

typedef struct {
  /* The file, or what is wrong with it, is not what it was at the last report. Comments alone are
   * a change too: see compare.h. May free the watch. */
  void (*changed) (LaneWatch *watch, LaneWatchReport *report, gpointer user_data);
  /* What lane_watch_check() asked for is done; after `changed`, if there was a change. May free the
   * watch, and may be NULL. */
  void (*checked) (LaneWatch *watch, gpointer user_data);
} LaneWatchEvents;

/* Copies @sources and @events. @good is what was loaded last (LaneConfig.text), and good; NULL:
 * nothing was. The file is looked at at once, so that no change since then is missed. */
LaneWatch *lane_watch_new (GMainContext *context, const LaneConfigSources *sources, GBytes *good,
                           const LaneWatchEvents *events, gpointer user_data);
/* Looks now, whatever the file system tells. Reports only a change. */
void lane_watch_check (LaneWatch *watch);
/* No callback comes once this has returned. */
void lane_watch_free (LaneWatch *watch);

const char *lane_watch_verdict_to_string (LaneWatchVerdict verdict);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneWatch, lane_watch_free)
