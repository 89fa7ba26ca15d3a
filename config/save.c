#include "save.h"

#include "reader.h"
#include "replacement.h"

typedef struct {
  LaneOriginal *original;
  LaneDocument *document;
  LaneSaveMode mode;
} Job;

G_DEFINE_QUARK (lane_save_error, lane_save_error)

const char *
lane_save_outcome_to_string (LaneSaveOutcome outcome)
{
  static const char *const words[] = { "unchanged", "written",  "merged",
                                       "changed",   "conflict", "gone" };

  return words[outcome];
}

void
lane_save_report_free (LaneSaveReport *report)
{
  if (report == NULL)
    return;
  lane_original_free (report->original);
  lane_document_free (report->document);
  g_ptr_array_unref (report->conflicts);
  g_free (report);
}

/* Takes @original and @document. */
static LaneSaveReport *
report_new (LaneSaveOutcome outcome, LaneOriginal *original, LaneDocument *document)
{
  LaneSaveReport *report = g_new0 (LaneSaveReport, 1);

  report->outcome = outcome;
  report->original = original;
  report->document = document;
  report->conflicts = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_conflict_free);
  return report;
}

static gboolean
check_size (const LaneDocument *document, GError **error)
{
  g_autoptr (GBytes) text = lane_document_to_bytes (document);

  if (g_bytes_get_size (text) <= LANE_READER_FILE_MAX)
    return TRUE;
  g_set_error (error, LANE_SAVE_ERROR, LANE_SAVE_ERROR_SIZE,
               "would be larger than the %d KiB that are read", LANE_READER_FILE_MAX / 1024);
  return FALSE;
}

static gboolean
check_readable (const LaneDocument *document, const char *when, GError **error)
{
  g_autoptr (GError) flaw = NULL;

  if (lane_document_check (document, &flaw))
    return TRUE;
  g_set_error (error, LANE_SAVE_ERROR, LANE_SAVE_ERROR_BROKEN,
               "%s cannot be read, so it is not replaced: %s", when, flaw->message);
  return FALSE;
}

/* Whether @document may be written at all, whatever is on the disk. */
static gboolean
check (const LaneOriginal *original, const LaneDocument *document, LaneSaveMode mode,
       GError **error)
{
  if (!lane_document_check (document, error) || !check_size (document, error))
    return FALSE;
  return mode == LANE_SAVE_OVERWRITE || mode == LANE_SAVE_REPAIR
         || check_readable (original->document, "the file", error);
}

/* Whether the file is what was read. */
static gboolean
is_same (const LaneOriginal *original, const LaneOriginal *current)
{
  return original->exists == current->exists
         && lane_document_equal (original->document, current->document);
}

static gboolean
write_document (LaneReplacement *replacement, const LaneOriginal *current,
                const LaneDocument *document, GError **error)
{
  g_autoptr (GBytes) text = lane_document_to_bytes (document);
  g_autoptr (GBytes) previous = lane_document_to_bytes (current->document);
  gboolean is_private =
      lane_document_holds_secret (document) || lane_document_holds_secret (current->document);

  return lane_replacement_finish (replacement, text, current->exists ? previous : NULL, is_private,
                                  error);
}

/* The report after @document was written, or NULL with @error. */
static LaneSaveReport *
write_and_report (LaneReplacement *replacement, const LaneOriginal *current,
                  const LaneDocument *document, LaneSaveOutcome outcome, GError **error)
{
  LaneOriginal *written;

  if (!lane_document_equal (document, current->document) || !current->exists)
    if (!write_document (replacement, current, document, error))
      return NULL;
  written = lane_original_copy (current);
  written->exists = TRUE;
  lane_document_free (written->document);
  written->document = lane_document_copy (document);
  return report_new (outcome, written, lane_document_copy (document));
}

static LaneSaveReport *
save_merged (LaneReplacement *replacement, const LaneOriginal *original,
             const LaneDocument *document, const LaneOriginal *current, LaneSaveMode mode,
             GError **error)
{
  g_autoptr (GPtrArray) conflicts =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_conflict_free);
  g_autoptr (LaneDocument) merged = NULL;
  LaneSaveReport *report;

  if (!check_readable (current->document, "the file was changed by another program and", error)
      || !check_readable (original->document, "the file was changed, and what it was", error))
    return NULL;
  merged = lane_merge (original->document, document, current->document,
                       mode == LANE_SAVE_PREFER_OURS, conflicts, error);
  if (merged == NULL || !check_size (merged, error))
    return NULL;

  if (conflicts->len > 0 && mode != LANE_SAVE_PREFER_OURS)
    report =
        report_new (LANE_SAVE_CONFLICT, lane_original_copy (current), g_steal_pointer (&merged));
  else if (mode == LANE_SAVE_ASK || mode == LANE_SAVE_REPAIR)
    report =
        report_new (LANE_SAVE_CHANGED, lane_original_copy (current), g_steal_pointer (&merged));
  else
    report = write_and_report (replacement, current, merged, LANE_SAVE_MERGED, error);
  if (report != NULL) {
    g_ptr_array_unref (report->conflicts);
    report->conflicts = g_steal_pointer (&conflicts);
  }
  return report;
}

/* Under the lock. */
static LaneSaveReport *
save_locked (LaneReplacement *replacement, const LaneOriginal *original,
             const LaneDocument *document, LaneSaveMode mode, GError **error)
{
  g_autoptr (LaneOriginal) current =
      lane_original_read (lane_replacement_get_path (replacement), error);

  if (current == NULL)
    return NULL;
  /* Through the link again next time. */
  g_free (current->path);
  current->path = g_strdup (original->path);

  if (mode == LANE_SAVE_OVERWRITE || is_same (original, current))
    return write_and_report (replacement, current, document, LANE_SAVE_WRITTEN, error);
  if (!current->exists)
    return report_new (LANE_SAVE_GONE, g_steal_pointer (&current), NULL);
  return save_merged (replacement, original, document, current, mode, error);
}

LaneSaveReport *
lane_save_sync (const LaneOriginal *original, const LaneDocument *document, LaneSaveMode mode,
                GError **error)
{
  g_autoptr (LaneReplacement) replacement = NULL;

  if (!check (original, document, mode, error))
    return NULL;
  if (mode != LANE_SAVE_OVERWRITE && lane_document_equal (document, original->document))
    return report_new (LANE_SAVE_UNCHANGED, lane_original_copy (original), NULL);
  replacement = lane_replacement_begin (original->path, error);
  if (replacement == NULL)
    return NULL;
  return save_locked (replacement, original, document, mode, error);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  lane_original_free (job->original);
  lane_document_free (job->document);
  g_free (job);
}

static void
run_job (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Job *job = data;
  GError *error = NULL;
  LaneSaveReport *report = lane_save_sync (job->original, job->document, job->mode, &error);

  if (report != NULL)
    g_task_return_pointer (task, report, (GDestroyNotify)lane_save_report_free);
  else
    g_task_return_error (task, error);
}

void
lane_save_async (GMainContext *context, const LaneOriginal *original, const LaneDocument *document,
                 LaneSaveMode mode, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Job *job = g_new0 (Job, 1);

  job->original = lane_original_copy (original);
  job->document = lane_document_copy (document);
  job->mode = mode;
  g_main_context_push_thread_default (context);
  task = g_task_new (NULL, NULL, callback, user_data);
  g_main_context_pop_thread_default (context);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, run_job);
}

LaneSaveReport *
lane_save_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
