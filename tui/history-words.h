/* A peer's history in words and as graphs, for the dashboard and for `icelane history`. */
#pragma once

#include "canvas.h"
#include "config.h"
#include "history-view.h"

/* `15 min: RTT 18 ms, 95% below 27 ms; loss 0.4%; 2 path changes`. The caller frees it. */
char *lane_history_words (const LaneHistoryView *view, LaneHistoryViewSpan span);
const char *lane_history_span_words (LaneHistoryViewSpan span); /* `15 min` */

/* A change in words; the caller frees them. */
char *lane_history_change_time (const LaneHistoryChangeView *change, gint64 now_us);
char *lane_history_change_path (const LaneHistoryChangeView *change); /* `relay -> direct` */
char *lane_history_change_gap (const LaneHistoryChangeView *change);  /* `840 ms`, `path lost` */

/* RTT with the path's words above, loss, and the time of day; jitter too with 14 rows or more, and
 * with less than 4 only the first two. @glyphs: not AUTO. */
void
lane_history_draw_graphs (LaneCanvas *canvas, const LaneHistoryView *view, LaneHistoryViewSpan span,
                          LaneGlyphs glyphs, int y, int x, int height, int width);
