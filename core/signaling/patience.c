#include "signaling/patience.h"

#include "timer.h"

#define TICKS 8

typedef struct {
  guint left;
  GSourceFunc function;
  gpointer user_data;
} Patience;

static gboolean
on_tick (gpointer data)
{
  Patience *patience = data;

  if (--patience->left > 0)
    return G_SOURCE_CONTINUE;
  return patience->function (patience->user_data);
}

void
lane_patience_set (GSource **slot, GMainContext *context, guint limit_ms, GSourceFunc function,
                   gpointer user_data)
{
  Patience *patience = g_new0 (Patience, 1);

  patience->left = TICKS;
  patience->function = function;
  patience->user_data = user_data;

  lane_timer_clear (slot);
  *slot = g_timeout_source_new (MAX (limit_ms / TICKS, 1));
  g_source_set_callback (*slot, on_tick, patience, g_free);
  g_source_attach (*slot, context);
}
