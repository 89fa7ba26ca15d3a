#include "log-export.h"

#include <gio/gio.h>
#include <string.h>

typedef struct {
  char *path, *lines;
  LaneLogExported exported;
  gpointer user_data;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->path);
  g_free (job->lines);
  g_free (job);
}

static void
run (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Job *job = task_data;
  g_autoptr (GFile) file = g_file_new_for_path (job->path);
  g_autoptr (GFileOutputStream) stream = NULL;
  GError *error = NULL;

  stream = g_file_create (file, G_FILE_CREATE_PRIVATE, NULL, &error);
  if (stream != NULL
      && g_output_stream_write_all (G_OUTPUT_STREAM (stream), job->lines, strlen (job->lines), NULL,
                                    NULL, &error)
      && g_output_stream_close (G_OUTPUT_STREAM (stream), NULL, &error)) {
    g_task_return_boolean (task, TRUE);
    return;
  }
  g_prefix_error (&error, "%s: ", job->path);
  g_task_return_error (task, error);
}

static void
on_run (GObject *source, GAsyncResult *result, gpointer user_data)
{
  const Job *job = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  g_task_propagate_boolean (G_TASK (result), &error);
  job->exported (job->path, error, job->user_data);
}

void
lane_log_export (const char *path, const char *lines, LaneLogExported exported, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_run, NULL);
  Job *job = g_new0 (Job, 1);

  job->path = g_strdup (path);
  job->lines = g_strdup (lines);
  job->exported = exported;
  job->user_data = user_data;
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, run);
}
