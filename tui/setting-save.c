#include "setting-save.h"

#include <gio/gio.h>

#include "edit.h"
#include "save.h"

typedef struct {
  char *path, *section, *key, *value;
  LaneSettingSaved saved;
  gpointer user_data;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->path);
  g_free (job->section);
  g_free (job->key);
  g_free (job->value);
  g_free (job);
}

static gboolean
save (const Job *job, GError **error)
{
  const char *const values[] = { job->value, NULL };
  g_autoptr (LaneFolders) folders = lane_folders_new (NULL);
  g_autoptr (LaneOriginal) original = lane_original_read (job->path, error);
  g_autoptr (LaneDocument) document = NULL;
  g_autoptr (LaneSaveReport) report = NULL;

  if (original == NULL)
    return FALSE;
  document = lane_document_copy (original->document);
  if (!lane_edit_set (document, job->section, job->key, values, folders, error))
    return FALSE;
  report = lane_save_sync (original, document, LANE_SAVE_MERGE, error);
  if (report == NULL)
    return FALSE;
  switch (report->outcome) {
  case LANE_SAVE_UNCHANGED:
  case LANE_SAVE_WRITTEN:
  case LANE_SAVE_MERGED:
    return TRUE;
  case LANE_SAVE_CHANGED:
  case LANE_SAVE_CONFLICT:
  case LANE_SAVE_GONE:
  default:
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "another program changed it just now: %s",
                 lane_save_outcome_to_string (report->outcome));
    return FALSE;
  }
}

static void
run (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Job *job = task_data;
  GError *error = NULL;

  if (save (job, &error))
    g_task_return_boolean (task, TRUE);
  else {
    g_prefix_error (&error, "%s: ", job->path);
    g_task_return_error (task, error);
  }
}

static void
on_run (GObject *source, GAsyncResult *result, gpointer user_data)
{
  const Job *job = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  g_task_propagate_boolean (G_TASK (result), &error);
  job->saved (error, job->user_data);
}

void
lane_setting_save (const char *path, const char *section, const char *key, const char *value,
                   LaneSettingSaved saved, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_run, NULL);
  Job *job = g_new0 (Job, 1);

  job->path = g_strdup (path);
  job->section = g_strdup (section);
  job->key = g_strdup (key);
  job->value = g_strdup (value);
  job->saved = saved;
  job->user_data = user_data;
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, run);
}
