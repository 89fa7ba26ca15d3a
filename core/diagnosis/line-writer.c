#include "diagnosis/line-writer.h"

#include <errno.h>
#include <string.h>

#define MAX_BYTES     (8 * 1024 * 1024)
#define DRAIN_MS      500
#define TELL_AGAIN_US (60 * G_USEC_PER_SEC)

struct _LaneLineSink {
  LaneLineFile *file;
  gboolean rests;
  guint dropped; /* guarded by the mutex */
};

typedef struct {
  LaneLineSink *sink;
  char *text; /* with its newline */
} Line;

/* Shared with the thread, which may outlive the writer when its write never returns. */
typedef struct {
  gatomicrefcount references;
  GMutex mutex;
  GCond cond;
  GQueue lines; /* of Line */
  gsize bytes;
  guint max_lines;
  GPtrArray *sinks;
  gboolean closing, idle;
  LaneLineWriterEvents events;
  GMainContext *context; /* NULL: nobody hears of failures */
  gpointer user_data;
  gint64 told_us; /* the thread's own */
} Shared;

struct _LaneLineWriter {
  Shared *shared;
  GThread *thread;
};

typedef struct {
  Shared *shared;
  char *path;
  int cause;
} Failure;

static void
line_free (gpointer data)
{
  Line *line = data;

  if (line == NULL)
    return;
  g_free (line->text);
  g_free (line);
}

static void
sink_free (gpointer data)
{
  LaneLineSink *sink = data;

  lane_line_file_free (sink->file);
  g_free (sink);
}

static void
shared_unref (Shared *shared)
{
  if (!g_atomic_ref_count_dec (&shared->references))
    return;

  g_queue_clear_full (&shared->lines, line_free);
  g_ptr_array_unref (shared->sinks);
  g_clear_pointer (&shared->context, g_main_context_unref);
  g_mutex_clear (&shared->mutex);
  g_cond_clear (&shared->cond);
  g_free (shared);
}

/* Failures, told where the owner lives */

static void
failure_free (gpointer data)
{
  Failure *failure = data;

  shared_unref (failure->shared);
  g_free (failure->path);
  g_free (failure);
}

static gboolean
on_failed (gpointer user_data)
{
  Failure *failure = user_data;
  Shared *shared = failure->shared;
  gboolean closing;

  g_mutex_lock (&shared->mutex);
  closing = shared->closing; /* which the owner sets, on this very thread */
  g_mutex_unlock (&shared->mutex);
  if (!closing)
    shared->events.failed (failure->path, failure->cause, shared->user_data);
  return G_SOURCE_REMOVE;
}

static void
tell_failure (Shared *shared, const LaneLineSink *sink, int cause)
{
  gint64 now_us = g_get_monotonic_time ();
  g_autoptr (GSource) source = NULL;
  Failure *failure;

  if (shared->context == NULL || shared->events.failed == NULL
      || (shared->told_us != 0 && now_us - shared->told_us < TELL_AGAIN_US))
    return;
  shared->told_us = now_us;
  failure = g_new0 (Failure, 1);
  failure->shared = shared;
  g_atomic_ref_count_inc (&shared->references);
  failure->path = g_strdup (lane_line_file_get_path (sink->file));
  failure->cause = cause;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_failed, failure, failure_free);
  g_source_attach (source, shared->context);
}

/* The thread */

static gboolean
write_line (Shared *shared, LaneLineSink *sink, const char *text)
{
  if (!lane_line_file_write (sink->file, text)) {
    tell_failure (shared, sink, errno);
    return FALSE;
  }
  if (lane_line_file_was_removed (sink->file))
    tell_failure (shared, sink, ENOENT);
  return TRUE;
}

/* What was lost is told before the line that works again. */
static guint
write_loss (Shared *shared, LaneLineSink *sink, guint dropped)
{
  g_autofree char *line = NULL;
  g_autofree char *whole = NULL;

  if (dropped == 0)
    return 0;
  line = shared->events.describe_loss (dropped);
  whole = g_strconcat (line, "\n", NULL);
  return write_line (shared, sink, whole) ? 0 : dropped;
}

static void
write_next (Shared *shared, Line *line)
{
  LaneLineSink *sink = line->sink;
  guint dropped = sink->dropped;

  shared->bytes -= strlen (line->text);
  sink->dropped = 0;
  g_mutex_unlock (&shared->mutex);
  dropped = write_loss (shared, sink, dropped);
  if (dropped > 0 || !write_line (shared, sink, line->text))
    dropped++;
  g_mutex_lock (&shared->mutex);
  sink->dropped += dropped;
}

static gboolean
next_is_of (Shared *shared, const LaneLineSink *sink)
{
  const Line *next = g_queue_peek_head (&shared->lines);

  return next != NULL && next->sink == sink;
}

static gpointer
run (gpointer user_data)
{
  Shared *shared = user_data;
  Line *line;

  g_mutex_lock (&shared->mutex);
  for (;;) {
    while (shared->lines.length == 0 && !shared->closing) {
      shared->idle = TRUE;
      g_cond_broadcast (&shared->cond);
      g_cond_wait (&shared->cond, &shared->mutex);
    }
    shared->idle = FALSE;
    line = g_queue_pop_head (&shared->lines);
    if (line == NULL)
      break;
    write_next (shared, line);
    if (line->sink->rests && !next_is_of (shared, line->sink))
      lane_line_file_close (line->sink->file);
    line_free (line);
  }
  shared->idle = TRUE;
  g_cond_broadcast (&shared->cond);
  g_mutex_unlock (&shared->mutex);
  shared_unref (shared);
  return NULL;
}

LaneLineWriter *
lane_line_writer_new (const char *thread_name, guint max_lines, GMainContext *context,
                      const LaneLineWriterEvents *events, gpointer user_data)
{
  LaneLineWriter *writer = g_new0 (LaneLineWriter, 1);
  Shared *shared = g_new0 (Shared, 1);

  g_atomic_ref_count_init (&shared->references);
  g_mutex_init (&shared->mutex);
  g_cond_init (&shared->cond);
  g_queue_init (&shared->lines);
  shared->max_lines = max_lines;
  shared->sinks = g_ptr_array_new_with_free_func (sink_free);
  shared->context = context != NULL ? g_main_context_ref (context) : NULL;
  shared->events = *events;
  shared->user_data = user_data;
  writer->shared = shared;
  g_atomic_ref_count_inc (&shared->references);
  writer->thread = g_thread_new (thread_name, run, shared);
  return writer;
}

LaneLineSink *
lane_line_writer_add_file (LaneLineWriter *writer, LaneLineFile *file, gboolean rests)
{
  LaneLineSink *sink = g_new0 (LaneLineSink, 1);

  sink->file = file;
  sink->rests = rests;
  g_ptr_array_add (writer->shared->sinks, sink);
  return sink;
}

void
lane_line_writer_add (LaneLineWriter *writer, LaneLineSink *sink, const char *text)
{
  Shared *shared = writer->shared;
  gsize length = strlen (text) + 1;

  g_mutex_lock (&shared->mutex);
  if (shared->lines.length < shared->max_lines && shared->bytes + length <= MAX_BYTES) {
    Line *line = g_new0 (Line, 1);

    line->sink = sink;
    line->text = g_strconcat (text, "\n", NULL);
    shared->bytes += length;
    g_queue_push_tail (&shared->lines, line);
    g_cond_broadcast (&shared->cond);
  } else {
    sink->dropped++;
  }
  g_mutex_unlock (&shared->mutex);
}

void
lane_line_writer_free (LaneLineWriter *writer)
{
  gint64 deadline = g_get_monotonic_time () + DRAIN_MS * 1000;
  Shared *shared;
  gboolean done;

  if (writer == NULL)
    return;

  shared = writer->shared;
  g_mutex_lock (&shared->mutex);
  shared->closing = TRUE;
  g_cond_broadcast (&shared->cond);
  while (!(shared->idle && shared->lines.length == 0)
         && g_cond_wait_until (&shared->cond, &shared->mutex, deadline))
    ;
  done = shared->idle && shared->lines.length == 0;
  g_mutex_unlock (&shared->mutex);

  if (done)
    g_thread_join (writer->thread);
  else
    g_thread_unref (writer->thread); /* stuck in a write that only the process's end stops */
  shared_unref (shared);
  g_free (writer);
}
