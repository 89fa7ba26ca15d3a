/* One-shot timers in a slot: setting one replaces the last, clearing an empty slot does nothing. */
#pragma once

#include <glib.h>

/* @function must end with G_SOURCE_REMOVE; the slot is emptied by whoever sets or clears it next,
 * so @function first clears it itself. */
void lane_timer_set (GSource **slot, GMainContext *context, guint after_ms, GSourceFunc function,
                     gpointer user_data);
void lane_timer_clear (GSource **slot);

/* @ms plus or minus a quarter, so that a fleet does not move in step. */
guint lane_timer_jitter (guint ms);
