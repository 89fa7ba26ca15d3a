#include "history.h"

#include <math.h>
#include <time.h>

#define RECENT_CELLS 180
#define DAY_CELLS    720
#define RECENT_S     5
#define DAY_S        120
#define GAP_US       (15 * G_USEC_PER_SEC) /* a path that stays silent for 10 s is given up */

typedef struct {
  float sum_ms, min_ms, max_ms, jitter_sum_ms;
  guint16 answered, lost, steps; /* steps: differences in jitter_sum_ms */
  guint8 path;                   /* of LaneHistoryPath */
} Cell;

/* Cell N is at N % size; those from first to last are in use. */
typedef struct {
  Cell *cells; /* NULL: nothing happened yet */
  gint64 first, last;
} Ring;

struct _LaneHistory {
  Ring rings[LANE_HISTORY_SPANS];
  LaneHistoryPath path;
  double last_rtt_ms;         /* for jitter; NAN: a path change or a loss lies between */
  LaneHistoryChange *changes; /* number N at N % LANE_HISTORY_CHANGES; NULL: none */
  guint64 n_changes;
};

static const guint sizes[LANE_HISTORY_SPANS] = { RECENT_CELLS, DAY_CELLS };
static const guint lengths_s[LANE_HISTORY_SPANS] = { RECENT_S, DAY_S };

static gint64
number_of (LaneHistorySpan span, gint64 clock_us)
{
  return clock_us / (lengths_s[span] * G_USEC_PER_SEC);
}

static Cell *
cell_at (const Ring *ring, LaneHistorySpan span, gint64 number)
{
  return &ring->cells[number % sizes[span]];
}

/* A path without a ping answered or lost was not looked at; that there is none needs no ping. */
static Cell
fresh_cell (const LaneHistory *history)
{
  return (Cell){ .path = history->path == LANE_HISTORY_NONE ? LANE_HISTORY_NONE
                                                            : LANE_HISTORY_UNKNOWN };
}

static Cell *
open_cell (LaneHistory *history, LaneHistorySpan span, gint64 clock_us)
{
  Ring *ring = &history->rings[span];
  gint64 number = number_of (span, clock_us);

  if (ring->cells == NULL) {
    ring->cells = g_new0 (Cell, sizes[span]);
    ring->first = number;
    ring->last = number - 1;
  }
  number = MAX (number, ring->last); /* a clock that goes back counts in the newest cell */
  for (gint64 n = MAX (ring->last, number - sizes[span]) + 1; n <= number; n++)
    *cell_at (ring, span, n) = fresh_cell (history);
  ring->last = MAX (ring->last, number);
  ring->first = MAX (ring->first, ring->last - sizes[span] + 1);
  return cell_at (ring, span, ring->last);
}

static void
count_answer (Cell *cell, double rtt_ms, double last_rtt_ms)
{
  if (cell->answered == G_MAXUINT16)
    return;
  cell->min_ms = cell->answered == 0 ? (float)rtt_ms : MIN (cell->min_ms, (float)rtt_ms);
  cell->max_ms = MAX (cell->max_ms, (float)rtt_ms);
  cell->sum_ms += (float)rtt_ms;
  cell->answered++;
  if (!isnan (last_rtt_ms)) {
    cell->jitter_sum_ms += (float)fabs (rtt_ms - last_rtt_ms);
    cell->steps++;
  }
}

/* The loss was counted 2 s after its ping, so it is in this cell or the one before. */
static void
take_back_loss (Ring *ring, LaneHistorySpan span)
{
  for (gint64 n = ring->last; n >= MAX (ring->first, ring->last - 1); n--) {
    Cell *cell = cell_at (ring, span, n);

    if (cell->lost > 0) {
      cell->lost--;
      return;
    }
  }
}

LaneHistory *
lane_history_new (void)
{
  LaneHistory *history = g_new0 (LaneHistory, 1);

  history->path = LANE_HISTORY_NONE;
  history->last_rtt_ms = NAN;
  return history;
}

void
lane_history_free (LaneHistory *history)
{
  if (history == NULL)
    return;
  for (guint i = 0; i < LANE_HISTORY_SPANS; i++)
    g_free (history->rings[i].cells);
  g_free (history->changes);
  g_free (history);
}

gint64
lane_history_clock (void)
{
  struct timespec now;

  clock_gettime (CLOCK_BOOTTIME, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

void
lane_history_answered (LaneHistory *history, gint64 clock_us, double rtt_ms, gboolean late)
{
  for (guint i = 0; i < LANE_HISTORY_SPANS; i++) {
    Cell *cell = open_cell (history, i, clock_us);

    if (late)
      take_back_loss (&history->rings[i], i);
    count_answer (cell, rtt_ms, history->last_rtt_ms);
    cell->path = (guint8)history->path;
  }
  history->last_rtt_ms = rtt_ms;
}

void
lane_history_lost (LaneHistory *history, gint64 clock_us)
{
  for (guint i = 0; i < LANE_HISTORY_SPANS; i++) {
    Cell *cell = open_cell (history, i, clock_us);

    if (cell->lost < G_MAXUINT16)
      cell->lost++;
    cell->path = (guint8)history->path;
  }
  history->last_rtt_ms = NAN;
}

static LaneHistoryChange *
newest_change (LaneHistory *history)
{
  return history->n_changes > 0 ? &history->changes[(history->n_changes - 1) % LANE_HISTORY_CHANGES]
                                : NULL;
}

void
lane_history_change (LaneHistory *history, const LaneHistoryChange *change)
{
  const LaneHistoryChange *before = newest_change (history);
  LaneHistoryChange added = *change;

  for (guint i = 0; i < LANE_HISTORY_SPANS; i++)
    open_cell (history, i, change->clock_us)->path = (guint8)change->new;
  added.old = history->path;
  if (added.new == LANE_HISTORY_NONE)
    added.gap_ms = NAN;
  else if (before != NULL && before->new == LANE_HISTORY_NONE &&isnan (added.gap_ms))
    added.gap_ms = (change->clock_us - before->clock_us) / 1000.0;
  if (history->changes == NULL)
    history->changes = g_new0 (LaneHistoryChange, LANE_HISTORY_CHANGES);
  history->changes[history->n_changes++ % LANE_HISTORY_CHANGES] = added;
  history->path = added.new;
  history->last_rtt_ms = NAN;
}

void
lane_history_set_why (LaneHistory *history, LaneWhyCode why)
{
  LaneHistoryChange *change = newest_change (history);

  if (change != NULL)
    change->why = why;
}

gboolean
lane_history_set_gap (LaneHistory *history, gint64 clock_us, double gap_ms)
{
  LaneHistoryChange *change = newest_change (history);

  if (change == NULL || change->old == LANE_HISTORY_NONE || change->new == LANE_HISTORY_NONE
      || !isnan (change->gap_ms) || clock_us - change->clock_us > GAP_US)
    return FALSE;
  change->gap_ms = gap_ms;
  return TRUE;
}

LaneHistoryPath
lane_history_get_path (const LaneHistory *history)
{
  return history->path;
}

guint
lane_history_get_cell_s (LaneHistorySpan span)
{
  return lengths_s[span];
}

guint
lane_history_get_size (LaneHistorySpan span)
{
  return sizes[span];
}

gboolean
lane_history_is_empty (const LaneHistory *history)
{
  return history->rings[LANE_HISTORY_RECENT].cells == NULL;
}

static LaneHistoryCell
read_cell (const Cell *cell)
{
  gboolean known = cell->answered > 0;

  return (LaneHistoryCell){
    .answered = cell->answered,
    .lost = cell->lost,
    .rtt_min_ms = known ? cell->min_ms : NAN,
    .rtt_mean_ms = known ? cell->sum_ms / cell->answered : NAN,
    .rtt_max_ms = known ? cell->max_ms : NAN,
    .jitter_ms = cell->steps > 0 ? cell->jitter_sum_ms / cell->steps : NAN,
    .path = cell->path,
  };
}

void
lane_history_get_cells (const LaneHistory *history, LaneHistorySpan span, gint64 last,
                        LaneHistoryCell *cells, guint n)
{
  const Ring *ring = &history->rings[span];
  const Cell later = fresh_cell (history);
  const Cell earlier = { 0 };

  for (guint i = 0; i < n; i++) {
    gint64 number = last - (n - 1 - i);

    if (ring->cells == NULL || number < ring->first)
      cells[i] = read_cell (&earlier);
    else
      cells[i] = read_cell (number > ring->last ? &later : cell_at (ring, span, number));
  }
}

const LaneHistoryChange *
lane_history_nth_change (const LaneHistory *history, guint n)
{
  if (n >= MIN (history->n_changes, LANE_HISTORY_CHANGES))
    return NULL;
  return &history->changes[(history->n_changes - 1 - n) % LANE_HISTORY_CHANGES];
}

guint64
lane_history_count_changes (const LaneHistory *history)
{
  return history->n_changes;
}

const char *
lane_history_path_to_string (LaneHistoryPath path)
{
  static const char *const names[] = { [LANE_HISTORY_UNKNOWN] = NULL,
                                       [LANE_HISTORY_NONE] = "none",
                                       [LANE_HISTORY_DIRECT] = "direct",
                                       [LANE_HISTORY_RELAY] = "relay" };

  return names[path];
}
