#include "diagnosis/log-writer.h"

#include <errno.h>
#include <gio/gio.h>

#include "diagnosis/journal.h"
#include "diagnosis/line-writer.h"

#define MAX_QUEUED 1000

struct _LaneLogWriter {
  LaneLogFormat format;
  LaneLineWriter *lines;
  LaneLineSink *sink;
};

static char *
format_line (LaneLogFormat format, const LaneEvent *event)
{
  switch (format) {
  case LANE_LOG_TEXT:
    return lane_event_to_text_line (event);
  case LANE_LOG_JSON:
    return lane_event_to_json_line (event);
  case LANE_LOG_JOURNAL:
    return lane_journal_format (event);
  }
  g_return_val_if_reached (NULL);
}

static char *
describe_loss (LaneLogFormat format, guint lines)
{
  g_autoptr (LaneEvent) event = lane_event_new (LANE_LOG_LEVEL_WARNING, LANE_EVENT_CONFIG, NULL,
                                                NULL, "%u lines of this log are lost", lines);

  return format_line (format, event);
}

static char *
describe_loss_as_json (guint lines)
{
  return describe_loss (LANE_LOG_JSON, lines);
}

static char *
describe_loss_as_text (guint lines)
{
  return describe_loss (LANE_LOG_TEXT, lines);
}

static char *
describe_loss_as_record (guint lines)
{
  return describe_loss (LANE_LOG_JOURNAL, lines);
}

/* Takes @file. */
static LaneLogWriter *
writer_new (LaneLineFile *file, LaneLogFormat format)
{
  static char *(*const losses[]) (guint) = {
    [LANE_LOG_TEXT] = describe_loss_as_text,
    [LANE_LOG_JSON] = describe_loss_as_json,
    [LANE_LOG_JOURNAL] = describe_loss_as_record,
  };
  const LaneLineWriterEvents events = { .describe_loss = losses[format] };
  LaneLogWriter *writer = g_new0 (LaneLogWriter, 1);

  writer->format = format;
  writer->lines = lane_line_writer_new ("log", MAX_QUEUED, NULL, &events, NULL);
  writer->sink = lane_line_writer_add_file (writer->lines, file, FALSE);
  return writer;
}

LaneLogWriter *
lane_log_writer_new_file (const char *path, guint64 max_bytes, guint keep, GError **error)
{
  LaneLineFile *file = lane_line_file_new (path, max_bytes, keep, NULL);

  if (!lane_line_file_open (file)) {
    int cause = errno;

    g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (cause),
                 "cannot write the log to %s: %s", path, g_strerror (cause));
    lane_line_file_free (file);
    return NULL;
  }
  return writer_new (file, LANE_LOG_JSON);
}

LaneLogWriter *
lane_log_writer_new_fd (int fd, LaneLogFormat format)
{
  return writer_new (lane_line_file_new_fd (fd), format);
}

LaneLogWriter *
lane_log_writer_new_journal (const char *socket_path)
{
  return writer_new (lane_line_file_new_socket (socket_path), LANE_LOG_JOURNAL);
}

void
lane_log_writer_add (LaneLogWriter *writer, const LaneEvent *event)
{
  g_autofree char *line = format_line (writer->format, event);

  lane_line_writer_add (writer->lines, writer->sink, line);
}

void
lane_log_writer_free (LaneLogWriter *writer)
{
  if (writer == NULL)
    return;
  lane_line_writer_free (writer->lines);
  g_free (writer);
}
