/* A text file that is written anew now and then, for a reader that looks when it likes.
 *
 * Each time a temporary file beside it takes its place, mode 0644, written by a thread: a slow disk
 * holds nothing but the next write. What cannot be written is told once, and once more when it can
 * be again. */
#pragma once

#include "diagnosis/event-log.h"

typedef struct _LaneMetricsFile LaneMetricsFile;

/* The text to write; the file frees it. */
typedef char *(*LaneMetricsProducer) (gpointer user_data);

/* Writes nothing before lane_metrics_file_set_config(). @log outlives it. */
LaneMetricsFile *lane_metrics_file_new (GMainContext *context, LaneEventLog *log,
                                        LaneMetricsProducer produce, gpointer user_data);
/* [metrics]. The file at another path than before is removed. */
void lane_metrics_file_set_config (LaneMetricsFile *file, const LaneConfig *config);
/* Removes what it wrote: numbers that nobody updates would pass for current ones. */
void lane_metrics_file_free (LaneMetricsFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneMetricsFile, lane_metrics_file_free)
