#include "settings-files.h"

#include "watch.h"

struct _LaneSettingsFiles {
  GMainContext *context;
  const LaneSettings *settings;
  LaneSettingsFilesEvents events;
  gpointer user_data;
  LaneWatch *watch; /* NULL before the first reading */
  GPtrArray *jobs;  /* of Job */
};

/* What a thread was asked for; it may outlive its owner. */
typedef struct {
  LaneSettingsFiles *files; /* NULL: nobody waits for it */
} Job;

LaneSettingsFiles *
lane_settings_files_new (GMainContext *context, const LaneSettings *settings,
                         const LaneSettingsFilesEvents *events, gpointer user_data)
{
  LaneSettingsFiles *files = g_new0 (LaneSettingsFiles, 1);

  files->context = g_main_context_ref (context);
  files->settings = settings;
  files->events = *events;
  files->user_data = user_data;
  files->jobs = g_ptr_array_new ();
  return files;
}

void
lane_settings_files_free (LaneSettingsFiles *files)
{
  if (files == NULL)
    return;
  for (guint i = 0; i < files->jobs->len; i++)
    ((Job *)g_ptr_array_index (files->jobs, i))->files = NULL;
  g_ptr_array_unref (files->jobs);
  g_clear_pointer (&files->watch, lane_watch_free);
  g_main_context_unref (files->context);
  g_free (files);
}

static Job *
job_new (LaneSettingsFiles *files)
{
  Job *job = g_new0 (Job, 1);

  job->files = files;
  g_ptr_array_add (files->jobs, job);
  return job;
}

/* Frees @job; NULL: nobody waits for it. */
static LaneSettingsFiles *
job_end (Job *job)
{
  LaneSettingsFiles *files = job->files;

  if (files != NULL)
    g_ptr_array_remove_fast (files->jobs, job);
  g_free (job);
  return files;
}

static void
on_watch (LaneWatch *watch, LaneWatchReport *report, gpointer user_data)
{
  lane_settings_files_read (user_data);
}

static void
start_watch (LaneSettingsFiles *files)
{
  static const LaneWatchEvents events = { .changed = on_watch };
  const LaneConfigSources sources = { .path = lane_settings_get_path (files->settings) };
  const LaneOriginal *original = lane_settings_get_original (files->settings);
  gboolean is_good = original != NULL && lane_document_check (original->document, NULL);
  g_autoptr (GBytes) good = is_good ? lane_document_to_bytes (original->document) : NULL;

  files->watch = lane_watch_new (files->context, &sources, good, &events, files);
}

static void
read_in_thread (GTask *task, gpointer source, gpointer path, GCancellable *cancellable)
{
  GError *error = NULL;
  LaneOriginal *original = lane_original_read (path, &error);

  if (original != NULL)
    g_task_return_pointer (task, original, (GDestroyNotify)lane_original_free);
  else
    g_task_return_error (task, error);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LaneSettingsFiles *files = job_end (user_data);
  g_autoptr (GError) error = NULL;
  LaneOriginal *original = g_task_propagate_pointer (G_TASK (result), &error);

  if (files == NULL) {
    lane_original_free (original);
    return;
  }
  files->events.read (original, error, files->user_data);
  if (files->watch == NULL)
    start_watch (files);
}

void
lane_settings_files_read (LaneSettingsFiles *files)
{
  g_autoptr (GTask) task = NULL;

  g_main_context_push_thread_default (files->context);
  task = g_task_new (NULL, NULL, on_read, job_new (files));
  g_main_context_pop_thread_default (files->context);
  g_task_set_task_data (task, g_strdup (lane_settings_get_path (files->settings)), g_free);
  g_task_run_in_thread (task, read_in_thread);
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LaneSettingsFiles *files = job_end (user_data);
  g_autoptr (GError) error = NULL;
  LaneSaveReport *report = lane_save_finish (result, &error);

  if (files != NULL)
    files->events.saved (report, error, files->user_data);
  else
    lane_save_report_free (report);
}

void
lane_settings_files_save (LaneSettingsFiles *files, LaneSaveMode mode)
{
  lane_save_async (files->context, lane_settings_get_original (files->settings),
                   lane_settings_get_document (files->settings), mode, on_saved, job_new (files));
}
