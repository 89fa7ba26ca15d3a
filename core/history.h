/* What a peer's path was like: RTT, jitter and loss of the last 15 minutes and of the last day, and
 * every change of the path in them.
 *
 * Belongs to the peer and not to a link, so that it survives restarts and reconnects. A cell in
 * which no ping was answered or lost is unknown: nothing was measured, as in a suspended machine or
 * without a link. All times come from the caller, so a test can have its own: @clock_us never jumps
 * and goes on while the machine is suspended (lane_history_clock()), @wall_us is the time of day.
 * Memory is bounded, and all but nothing until something is measured. */
#pragma once

#include <glib.h>

#include "diagnosis/why.h"

#define LANE_HISTORY_CHANGES 64 /* kept; older ones are forgotten */

typedef struct _LaneHistory LaneHistory;

typedef enum {
  LANE_HISTORY_RECENT, /* 15 min in cells of 5 s */
  LANE_HISTORY_DAY,    /* 24 h in cells of 2 min */
  LANE_HISTORY_SPANS
} LaneHistorySpan;

typedef enum {
  LANE_HISTORY_UNKNOWN, /* nobody looked */
  LANE_HISTORY_NONE,
  LANE_HISTORY_DIRECT,
  LANE_HISTORY_RELAY
} LaneHistoryPath;

typedef struct {
  guint answered, lost; /* pings; both 0: nothing is known but perhaps the path */
  double rtt_min_ms, rtt_mean_ms, rtt_max_ms; /* NAN: no answer */
  double jitter_ms;     /* the mean of how much an answer took more or less than the one before */
  LaneHistoryPath path; /* the last one in the cell */
} LaneHistoryCell;

typedef struct {
  gint64 clock_us, wall_us;
  LaneHistoryPath old, new; /* the same: the data moved to another path of the same kind */
  const char *cause;        /* a word of lane_restart_cause_to_string(); static; NULL = unknown */
  LaneWhyCode why;
  double gap_ms; /* how long nothing came, at most; NAN = unknown, or there is no path now */
} LaneHistoryChange;

LaneHistory *lane_history_new (void);
void lane_history_free (LaneHistory *history);
gint64 lane_history_clock (void); /* CLOCK_BOOTTIME */

/* A ping was answered. @late: lane_history_lost() has been told of it before. */
void lane_history_answered (LaneHistory *history, gint64 clock_us, double rtt_ms, gboolean late);
void lane_history_lost (LaneHistory *history, gint64 clock_us);

/* The path is @change->new from now on. `old` need not be set. Between a loss of the path and the
 * next one the gap is what has passed between the two, if it is NAN. */
void lane_history_change (LaneHistory *history, const LaneHistoryChange *change);
/* What became known of the last change later; without effect when there was none. */
void lane_history_set_why (LaneHistory *history, LaneWhyCode why);
/* TRUE: the last change was from one path to another within the last 15 s, and its gap unknown. */
gboolean lane_history_set_gap (LaneHistory *history, gint64 clock_us, double gap_ms);

LaneHistoryPath lane_history_get_path (const LaneHistory *history); /* now */
guint lane_history_get_cell_s (LaneHistorySpan span);
/* Fills @cells with the @n cells up to and including number @last (clock / cell length), oldest
 * first. Those that are not kept any more, or lie in the future, are unknown. */
void lane_history_get_cells (const LaneHistory *history, LaneHistorySpan span, gint64 last,
                             LaneHistoryCell *cells, guint n);
guint lane_history_get_size (LaneHistorySpan span); /* cells that are kept */
gboolean lane_history_is_empty (const LaneHistory *history);
/* Newest first; NULL when there are no more. */
const LaneHistoryChange *lane_history_nth_change (const LaneHistory *history, guint n);
guint64 lane_history_count_changes (const LaneHistory *history); /* those forgotten too */

const char *lane_history_path_to_string (LaneHistoryPath path); /* NULL for UNKNOWN */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneHistory, lane_history_free)
