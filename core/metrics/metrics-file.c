#include "metrics/metrics-file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "timer.h"

/* Shared with the thread, which may still write when nobody wants the file any more. */
typedef struct {
  gatomicrefcount references;
  GMutex mutex;
  char *path, *temporary;
  gboolean closed, written;
} Place;

typedef struct {
  LaneMetricsFile *file; /* NULL: it was freed, or writes somewhere else by now */
  Place *place;
  char *text;
} Job;

struct _LaneMetricsFile {
  GMainContext *context;
  LaneEventLog *log;
  LaneMetricsProducer produce;
  gpointer user_data;
  Place *place; /* NULL: no file is wanted */
  guint interval_ms;
  Job *job; /* NULL: nothing is being written */
  GSource *next;
  gboolean again;  /* as soon as that is done: its turn came meanwhile */
  gboolean failed; /* and that was told */
};

static Place *
place_new (const char *path)
{
  Place *place = g_new0 (Place, 1);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *hidden = g_strdup_printf (".%s.tmp", name);

  g_atomic_ref_count_init (&place->references);
  g_mutex_init (&place->mutex);
  place->path = g_strdup (path);
  place->temporary = g_build_filename (directory, hidden, NULL);
  return place;
}

static void
place_unref (Place *place)
{
  if (!g_atomic_ref_count_dec (&place->references))
    return;
  g_mutex_clear (&place->mutex);
  g_free (place->path);
  g_free (place->temporary);
  g_free (place);
}

static void
job_free (Job *job)
{
  place_unref (job->place);
  g_free (job->text);
  g_free (job);
}

static gboolean
write_all (int fd, const char *text)
{
  gsize left = strlen (text);

  while (left > 0) {
    gssize written = write (fd, text, left);

    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return FALSE;
    text += written;
    left -= (gsize)written;
  }
  return TRUE;
}

/* What an earlier run may have left under the temporary name is removed, never followed. The mode
 * is for others to read, whatever the umask. */
static gboolean
write_temporary (const char *path, const char *text)
{
  gboolean ok;
  int fd, cause;

  unlink (path);
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return FALSE;
  ok = write_all (fd, text) && fchmod (fd, 0644) == 0;
  cause = errno;
  if (close (fd) != 0 && ok) {
    cause = errno;
    ok = FALSE;
  }
  if (!ok)
    unlink (path);
  errno = cause;
  return ok;
}

static gboolean
put (Place *place, const char *text)
{
  gboolean ok = write_temporary (place->temporary, text);
  int cause = errno;

  if (!ok)
    return FALSE;
  g_mutex_lock (&place->mutex);
  if (!place->closed && g_rename (place->temporary, place->path) != 0) {
    cause = errno;
    ok = FALSE;
  }
  if (place->closed || !ok)
    unlink (place->temporary);
  place->written |= ok && !place->closed;
  g_mutex_unlock (&place->mutex);
  errno = cause;
  return ok;
}

static void
run_job (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;

  if (put (job->place, job->text)) {
    g_task_return_boolean (task, TRUE);
    return;
  }
  g_task_return_new_error (task, G_IO_ERROR, (int)g_io_error_from_errno (errno), "%s",
                           g_strerror (errno));
}

static void
tell (LaneMetricsFile *file, const GError *error)
{
  JsonObject *fields;

  if (file->failed == (error != NULL))
    return;
  file->failed = error != NULL;
  fields = lane_event_fields ("metrics");
  json_object_set_string_member (fields, "state", error != NULL ? "failed" : "ok");
  json_object_set_string_member (fields, "place", file->place->path);
  lane_event_log_add (
      file->log, lane_event_new (error != NULL ? LANE_LOG_LEVEL_WARNING : LANE_LOG_LEVEL_INFO,
                                 LANE_EVENT_CONFIG, NULL, fields, "metrics %s %s%s%s",
                                 error != NULL ? "cannot be written to" : "are written again to",
                                 file->place->path, error != NULL ? ": " : "",
                                 error != NULL ? error->message : ""));
}

static void write_now (LaneMetricsFile *file);

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Job *job = g_task_get_task_data (G_TASK (result));
  LaneMetricsFile *file = job->file;

  g_task_propagate_boolean (G_TASK (result), &error);
  if (file == NULL)
    return;
  file->job = NULL;
  tell (file, error);
  if (file->again)
    write_now (file);
}

static void
write_now (LaneMetricsFile *file)
{
  g_autoptr (GTask) task = NULL;
  Job *job = g_new0 (Job, 1);

  file->again = FALSE;
  job->file = file;
  job->place = file->place;
  g_atomic_ref_count_inc (&job->place->references);
  job->text = file->produce (file->user_data);
  file->job = job;
  g_main_context_push_thread_default (file->context);
  task = g_task_new (NULL, NULL, on_written, NULL);
  g_task_set_task_data (task, job, (GDestroyNotify)job_free);
  g_task_run_in_thread (task, run_job);
  g_main_context_pop_thread_default (file->context);
}

static gboolean
on_due (gpointer user_data)
{
  LaneMetricsFile *file = user_data;

  lane_timer_set (&file->next, file->context, file->interval_ms, on_due, file);
  if (file->job == NULL)
    write_now (file);
  else
    file->again = TRUE;
  return G_SOURCE_REMOVE;
}

static void
leave_place (LaneMetricsFile *file)
{
  Place *place = g_steal_pointer (&file->place);

  lane_timer_clear (&file->next);
  if (file->job != NULL)
    file->job->file = NULL;
  file->job = NULL;
  file->again = file->failed = FALSE;
  if (place == NULL)
    return;
  g_mutex_lock (&place->mutex);
  place->closed = TRUE;
  if (place->written)
    unlink (place->path);
  g_mutex_unlock (&place->mutex);
  place_unref (place);
}

LaneMetricsFile *
lane_metrics_file_new (GMainContext *context, LaneEventLog *log, LaneMetricsProducer produce,
                       gpointer user_data)
{
  LaneMetricsFile *file = g_new0 (LaneMetricsFile, 1);

  file->context = context;
  file->log = log;
  file->produce = produce;
  file->user_data = user_data;
  return file;
}

void
lane_metrics_file_set_config (LaneMetricsFile *file, const LaneConfig *config)
{
  const char *path = config->metrics.file;
  const char *now = file->place != NULL ? file->place->path : NULL;
  gboolean same = g_strcmp0 (path, now) == 0;

  if (same && config->metrics.interval_s * 1000 == file->interval_ms)
    return;
  file->interval_ms = config->metrics.interval_s * 1000;
  if (!same)
    leave_place (file);
  if (path == NULL)
    return;
  if (!same)
    file->place = place_new (path);
  lane_timer_set (&file->next, file->context, 0, on_due, file);
}

void
lane_metrics_file_free (LaneMetricsFile *file)
{
  if (file == NULL)
    return;
  leave_place (file);
  g_free (file);
}
