#include "timer.h"

void
lane_timer_clear (GSource **slot)
{
  if (*slot == NULL)
    return;
  g_source_destroy (*slot);
  g_clear_pointer (slot, g_source_unref);
}

void
lane_timer_set (GSource **slot, GMainContext *context, guint after_ms, GSourceFunc function,
                gpointer user_data)
{
  lane_timer_clear (slot);
  *slot = after_ms == 0 ? g_idle_source_new () : g_timeout_source_new (after_ms);
  g_source_set_priority (*slot, G_PRIORITY_DEFAULT);
  g_source_set_callback (*slot, function, user_data, NULL);
  g_source_attach (*slot, context);
}

guint
lane_timer_jitter (guint ms)
{
  return (guint)(ms * g_random_double_range (0.75, 1.25));
}
