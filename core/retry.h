/* When to try again: waits that double up to a limit, each a quarter more or less. */
#pragma once

#include <glib.h>

typedef struct _LaneRetry LaneRetry;

typedef struct {
  guint first_ms;       /* the wait after a reset */
  guint min_ms, max_ms; /* of the waits after it */
} LaneRetryWaits;

/* @due comes once for each plan; it may plan again. */
LaneRetry *lane_retry_new (GMainContext *context, const LaneRetryWaits *waits,
                           void (*due) (gpointer user_data), gpointer user_data);
void lane_retry_free (LaneRetry *retry);

void lane_retry_set_waits (LaneRetry *retry, const LaneRetryWaits *waits);
/* In place of what was planned. The next wait will be twice as long. */
void lane_retry_plan (LaneRetry *retry);
void lane_retry_cancel (LaneRetry *retry);
/* The next wait is the first again; what is planned stays so. */
void lane_retry_reset (LaneRetry *retry);
/* The next wait is @wait_ms. */
void lane_retry_set_next (LaneRetry *retry, guint wait_ms);

gboolean lane_retry_is_planned (const LaneRetry *retry);
gint64 lane_retry_get_due_us (const LaneRetry *retry); /* monotonic; 0 = nothing is planned */
