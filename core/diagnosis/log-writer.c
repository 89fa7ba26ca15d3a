#include "diagnosis/log-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_QUEUED 1000
#define DRAIN_MS   500

/* Shared with the thread, which may outlive the writer when its write never returns. */
typedef struct {
  gatomicrefcount references;
  GMutex mutex;
  GCond cond;
  GQueue lines; /* of char*, with their newline */
  guint dropped;
  gboolean closing, idle;

  /* The thread's own. */
  LaneLogFormat format;
  char *path; /* NULL: a descriptor of the caller */
  guint64 max_bytes, size;
  guint keep;
  int fd;        /* -1: to be opened */
  gboolean torn; /* the last line lacks its end */
} Shared;

struct _LaneLogWriter {
  Shared *shared;
  GThread *thread;
};

static void
shared_unref (Shared *shared)
{
  if (!g_atomic_ref_count_dec (&shared->references))
    return;

  if (shared->path != NULL && shared->fd >= 0)
    close (shared->fd);
  g_queue_clear_full (&shared->lines, g_free);
  g_mutex_clear (&shared->mutex);
  g_cond_clear (&shared->cond);
  g_free (shared->path);
  g_free (shared);
}

static char *
format_line (const Shared *shared, const LaneEvent *event)
{
  g_autofree char *line = shared->format == LANE_LOG_JSON ? lane_event_to_json_line (event)
                                                          : lane_event_to_text_line (event);

  return g_strconcat (line, "\n", NULL);
}

static gboolean
open_file (Shared *shared)
{
  struct stat info;

  shared->fd =
      open (shared->path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
  if (shared->fd < 0)
    return FALSE;
  if (fstat (shared->fd, &info) != 0 || !S_ISREG (info.st_mode)) {
    close (shared->fd);
    shared->fd = -1;
    errno = EINVAL;
    return FALSE;
  }
  shared->size = (guint64)info.st_size;
  return TRUE;
}

static void
rotate (Shared *shared)
{
  close (shared->fd);
  shared->fd = -1;

  for (guint i = shared->keep; i > 0; i--) {
    g_autofree char *to = g_strdup_printf ("%s.%u", shared->path, i);
    g_autofree char *from =
        i > 1 ? g_strdup_printf ("%s.%u", shared->path, i - 1) : g_strdup (shared->path);

    g_rename (from, to);
  }
  if (shared->keep == 0)
    g_unlink (shared->path);
  open_file (shared);
}

static gboolean
write_all (Shared *shared, const char *text, gsize length)
{
  while (length > 0) {
    gssize written = write (shared->fd, text, length);

    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      GPollFD poll = { .fd = shared->fd, .events = G_IO_OUT };

      g_poll (&poll, 1, -1);
      continue;
    }
    if (written <= 0)
      return FALSE;
    shared->torn = TRUE;
    shared->size += (guint64)written;
    text += written;
    length -= (gsize)written;
  }
  shared->torn = FALSE;
  return TRUE;
}

/* Half a line is none: who reads the file line by line would stumble over it. */
static void
take_back (Shared *shared, guint64 size)
{
  if (shared->path == NULL || !shared->torn || ftruncate (shared->fd, (off_t)size) != 0)
    return;
  shared->size = size;
  shared->torn = FALSE;
}

static gboolean
write_line (Shared *shared, const char *line)
{
  gsize length = strlen (line);
  guint64 whole;

  if (shared->path != NULL && shared->fd < 0 && !open_file (shared))
    return FALSE;
  if (shared->path != NULL && shared->size > 0 && shared->size + length > shared->max_bytes) {
    rotate (shared);
    if (shared->fd < 0)
      return FALSE;
  }
  if (shared->torn && !write_all (shared, "\n", 1))
    return FALSE;
  whole = shared->size;
  if (write_all (shared, line, length))
    return TRUE;
  take_back (shared, whole);
  return FALSE;
}

/* What was lost is told before the line that works again. */
static guint
write_loss (Shared *shared, guint dropped)
{
  g_autoptr (LaneEvent) event = NULL;
  g_autofree char *line = NULL;

  if (dropped == 0)
    return 0;

  event = lane_event_new (LANE_LOG_LEVEL_WARNING, LANE_EVENT_CONFIG, NULL, NULL,
                          "%u lines of this log are lost", dropped);
  line = format_line (shared, event);
  return write_line (shared, line) ? 0 : dropped;
}

static gpointer
run (gpointer user_data)
{
  Shared *shared = user_data;

  g_mutex_lock (&shared->mutex);
  for (;;) {
    g_autofree char *line = NULL;
    guint dropped;

    while (shared->lines.length == 0 && !shared->closing) {
      shared->idle = TRUE;
      g_cond_broadcast (&shared->cond);
      g_cond_wait (&shared->cond, &shared->mutex);
    }
    shared->idle = FALSE;
    line = g_queue_pop_head (&shared->lines);
    if (line == NULL)
      break;
    dropped = shared->dropped;
    shared->dropped = 0;

    g_mutex_unlock (&shared->mutex);
    dropped = write_loss (shared, dropped);
    if (dropped > 0 || !write_line (shared, line))
      dropped++;
    g_mutex_lock (&shared->mutex);
    shared->dropped += dropped;
  }
  shared->idle = TRUE;
  g_cond_broadcast (&shared->cond);
  g_mutex_unlock (&shared->mutex);
  shared_unref (shared);
  return NULL;
}

static Shared *
shared_new (LaneLogFormat format)
{
  Shared *shared = g_new0 (Shared, 1);

  g_atomic_ref_count_init (&shared->references);
  g_mutex_init (&shared->mutex);
  g_cond_init (&shared->cond);
  g_queue_init (&shared->lines);
  shared->format = format;
  shared->fd = -1;
  return shared;
}

static LaneLogWriter *
writer_new (Shared *shared)
{
  LaneLogWriter *writer = g_new0 (LaneLogWriter, 1);

  writer->shared = shared;
  g_atomic_ref_count_inc (&shared->references);
  writer->thread = g_thread_new ("log", run, shared);
  return writer;
}

LaneLogWriter *
lane_log_writer_new_file (const char *path, guint64 max_bytes, guint keep, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  Shared *shared = shared_new (LANE_LOG_JSON);

  shared->path = g_strdup (path);
  shared->max_bytes = max_bytes;
  shared->keep = keep;
  if (g_mkdir_with_parents (directory, 0700) != 0 || !open_file (shared)) {
    int cause = errno;

    g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (cause),
                 "cannot write the log to %s: %s", path, g_strerror (cause));
    shared_unref (shared);
    return NULL;
  }
  return writer_new (shared);
}

LaneLogWriter *
lane_log_writer_new_fd (int fd, LaneLogFormat format)
{
  Shared *shared = shared_new (format);

  shared->fd = fd;
  return writer_new (shared);
}

void
lane_log_writer_add (LaneLogWriter *writer, const LaneEvent *event)
{
  Shared *shared = writer->shared;
  char *line = format_line (shared, event);

  g_mutex_lock (&shared->mutex);
  if (shared->lines.length < MAX_QUEUED) {
    g_queue_push_tail (&shared->lines, line);
    g_cond_broadcast (&shared->cond);
  } else {
    shared->dropped++;
    g_free (line);
  }
  g_mutex_unlock (&shared->mutex);
}

void
lane_log_writer_free (LaneLogWriter *writer)
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
