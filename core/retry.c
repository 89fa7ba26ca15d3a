#include "retry.h"

#include "timer.h"

struct _LaneRetry {
  GMainContext *context;
  LaneRetryWaits waits;
  void (*due) (gpointer user_data);
  gpointer user_data;
  guint wait_ms; /* of the next plan, before what is random about it */
  gint64 due_us;
  GSource *timer;
};

LaneRetry *
lane_retry_new (GMainContext *context, const LaneRetryWaits *waits,
                void (*due) (gpointer user_data), gpointer user_data)
{
  LaneRetry *retry = g_new0 (LaneRetry, 1);

  retry->context = g_main_context_ref (context);
  retry->waits = *waits;
  retry->wait_ms = waits->first_ms;
  retry->due = due;
  retry->user_data = user_data;
  return retry;
}

void
lane_retry_free (LaneRetry *retry)
{
  if (retry == NULL)
    return;
  lane_timer_clear (&retry->timer);
  g_main_context_unref (retry->context);
  g_free (retry);
}

void
lane_retry_set_waits (LaneRetry *retry, const LaneRetryWaits *waits)
{
  retry->wait_ms = retry->wait_ms == retry->waits.first_ms
                       ? waits->first_ms
                       : CLAMP (retry->wait_ms, waits->min_ms, waits->max_ms);
  retry->waits = *waits;
}

static gboolean
on_due (gpointer user_data)
{
  LaneRetry *retry = user_data;

  lane_retry_cancel (retry);
  retry->due (retry->user_data);
  return G_SOURCE_REMOVE;
}

void
lane_retry_plan (LaneRetry *retry)
{
  guint wait_ms = lane_timer_jitter (retry->wait_ms);

  retry->wait_ms = CLAMP (retry->wait_ms * 2, retry->waits.min_ms, retry->waits.max_ms);
  retry->due_us = g_get_monotonic_time () + (gint64)wait_ms * 1000;
  lane_timer_set (&retry->timer, retry->context, wait_ms, on_due, retry);
}

void
lane_retry_cancel (LaneRetry *retry)
{
  lane_timer_clear (&retry->timer);
  retry->due_us = 0;
}

void
lane_retry_reset (LaneRetry *retry)
{
  retry->wait_ms = retry->waits.first_ms;
}

void
lane_retry_set_next (LaneRetry *retry, guint wait_ms)
{
  retry->wait_ms = wait_ms;
}

gboolean
lane_retry_is_planned (const LaneRetry *retry)
{
  return retry->timer != NULL;
}

gint64
lane_retry_get_due_us (const LaneRetry *retry)
{
  return retry->due_us;
}
