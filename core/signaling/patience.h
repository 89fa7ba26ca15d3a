/* Time limits that run only while we do: a process that was stopped, or a host that slept, must not
 * take its own absence for the silence of others. */
#pragma once

#include <glib.h>

/* As lane_timer_set(), and cleared with lane_timer_clear(). However long a pause was, an eighth of
 * the limit is the most that it counts for. */
void lane_patience_set (GSource **slot, GMainContext *context, guint limit_ms, GSourceFunc function,
                        gpointer user_data);
