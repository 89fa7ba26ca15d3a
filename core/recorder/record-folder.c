#include "recorder/record-folder.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

typedef struct {
  char *path;
  guint64 bytes;
  gint64 written; /* s */
} Entry;

typedef struct {
  char *directory;
  guint64 max_bytes;
} Job;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->path);
  g_free (entry);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->directory);
  g_free (job);
}

static int
compare_age (gconstpointer a, gconstpointer b)
{
  const Entry *x = *(const Entry *const *)a, *y = *(const Entry *const *)b;

  return (x->written > y->written) - (x->written < y->written);
}

static GPtrArray *
list_entries (const char *directory, guint64 *total)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (entry_free);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  *total = 0;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (directory, name, NULL);
    struct stat info;
    Entry *entry;

    if (!g_str_has_suffix (name, ".jsonl") && !g_str_has_suffix (name, ".jsonl.1"))
      continue;
    if (lstat (path, &info) != 0 || !S_ISREG (info.st_mode))
      continue;
    entry = g_new0 (Entry, 1);
    entry->path = g_steal_pointer (&path);
    entry->bytes = (guint64)info.st_size;
    entry->written = info.st_mtime;
    *total += entry->bytes;
    g_ptr_array_add (entries, entry);
  }
  g_ptr_array_sort (entries, compare_age);
  return entries;
}

static void
prune (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Job *job = data;
  guint64 total;
  g_autoptr (GPtrArray) entries = list_entries (job->directory, &total);

  for (guint i = 0; i < entries->len && total > job->max_bytes; i++) {
    const Entry *entry = entries->pdata[i];

    if (g_unlink (entry->path) == 0)
      total -= entry->bytes;
  }
  g_task_return_boolean (task, TRUE);
}

void
lane_record_folder_prune (const char *directory, guint64 max_bytes)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);
  Job *job = g_new0 (Job, 1);

  job->directory = g_strdup (directory);
  job->max_bytes = max_bytes;
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, prune);
}
