/* Events as lines in a file or on a descriptor, written by a thread of its own: a full disk or a
 * reader that sleeps never holds the loop. What cannot be written is dropped, counted, and told in
 * a line of its own once writing works again. */
#pragma once

#include "diagnosis/event.h"

typedef struct _LaneLogWriter LaneLogWriter;

typedef enum { LANE_LOG_TEXT, LANE_LOG_JSON, LANE_LOG_JOURNAL } LaneLogFormat;

/* Appends JSON Lines to @path (0600, never through a symlink), made together with its directory.
 * Past @max_bytes it becomes PATH.1, the old PATH.1 PATH.2, up to @keep of them. */
LaneLogWriter *
lane_log_writer_new_file (const char *path, guint64 max_bytes, guint keep, GError **error);
/* @fd stays the caller's. */
LaneLogWriter *lane_log_writer_new_fd (int fd, LaneLogFormat format);

/* Records for the journal that listens at @socket_path: see journal.h. */
LaneLogWriter *lane_log_writer_new_journal (const char *socket_path);

void lane_log_writer_add (LaneLogWriter *writer, const LaneEvent *event);
/* Waits for what is queued, but no longer than half a second. */
void lane_log_writer_free (LaneLogWriter *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneLogWriter, lane_log_writer_free)
