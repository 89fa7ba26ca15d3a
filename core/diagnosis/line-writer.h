/* A thread that writes lines to files and descriptors, so that a full disk or a reader that sleeps
 * never holds the loop. What cannot be written is dropped, counted, and told in a line of its own
 * once writing works again. */
#pragma once

#include "diagnosis/line-file.h"

typedef struct _LaneLineWriter LaneLineWriter;
typedef struct _LaneLineSink LaneLineSink; /* a file of a writer; lives as long as the writer */

typedef struct {
  /* The line, without its newline, that says how many were lost. On the writer's thread. */
  char *(*describe_loss) (guint lines);
  /* Writing to @path fails, for the first time in a minute; ENOENT: it was removed, and is begun
   * anew. On the context, until the writer is freed. May be NULL. */
  void (*failed) (const char *path, int cause, gpointer user_data);
} LaneLineWriterEvents;

/* No more than @max_lines wait, of 8 MiB together. @context: for `failed`, else NULL. */
LaneLineWriter *
lane_line_writer_new (const char *thread_name, guint max_lines, GMainContext *context,
                      const LaneLineWriterEvents *events, gpointer user_data);
/* Takes @file. With @rests it is only open while lines wait: for a writer of many files. */
LaneLineSink *
lane_line_writer_add_file (LaneLineWriter *writer, LaneLineFile *file, gboolean rests);
/* @line without its newline. */
void lane_line_writer_add (LaneLineWriter *writer, LaneLineSink *sink, const char *line);
/* Waits for what is queued, but no longer than half a second. */
void lane_line_writer_free (LaneLineWriter *writer);
