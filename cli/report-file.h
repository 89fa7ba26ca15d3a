/* Where a report goes: two new files, readable by their owner alone. */
#pragma once

#include <gio/gio.h>

typedef struct {
  char *text, *json;
} LaneReportPaths;

/* @output: of either file, or of both without its suffix; NULL: named by the second, here. */
void lane_report_paths_init (LaneReportPaths *paths, const char *output, gint64 now_us);
void lane_report_paths_clear (LaneReportPaths *paths);

/* Both or none; nothing that exists is written over. */
gboolean lane_report_paths_write (const LaneReportPaths *paths, const char *text, const char *json,
                                  GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LaneReportPaths, lane_report_paths_clear)
