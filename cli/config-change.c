/* What the actions of `icelane config` that change the file share. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "config-commands.h"
#include "settings.h"

void
lane_cli_complain (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("icelane: %s\n", text);
}

gboolean
lane_cli_change_begin (LaneCliChange *change, const LaneCliOptions *options, gboolean may_be_broken)
{
  g_auto (GStrv) environment = g_get_environ ();
  const char *const *environ_ = (const char *const *)environment;
  g_autoptr (GError) error = NULL;

  /* Then a file size limit is an error of write(). */
  signal (SIGXFSZ, SIG_IGN);
  change->path =
      options->config != NULL ? g_strdup (options->config) : lane_config_default_path (environ_);
  change->folders = lane_folders_new (environ_);
  change->original = lane_original_read (change->path, &error);
  if (change->original == NULL
      || (!may_be_broken && !lane_document_check (change->original->document, &error))) {
    lane_cli_complain ("%s: %s", change->path, error->message);
    return FALSE;
  }
  change->document = lane_document_copy (change->original->document);
  return TRUE;
}

void
lane_cli_change_clear (LaneCliChange *change)
{
  g_clear_pointer (&change->path, g_free);
  g_clear_pointer (&change->original, lane_original_free);
  g_clear_pointer (&change->document, lane_document_free);
  g_clear_pointer (&change->folders, lane_folders_free);
}

gboolean
lane_cli_change_review (const LaneCliChange *change)
{
  const LaneConfigSources sources = { .path = change->path };
  g_autoptr (GPtrArray) faults = lane_cli_problems_new ();
  g_autoptr (GPtrArray) gaps = lane_cli_problems_new ();

  lane_edit_review (&sources, change->original->document, change->document, faults, gaps);
  lane_cli_print_problems (faults);
  if (faults->len > 0) {
    lane_cli_complain ("nothing was changed");
    return FALSE;
  }
  lane_cli_print_problems (gaps);
  return TRUE;
}

static void
print_conflicts (const LaneSaveReport *report)
{
  for (guint i = 0; i < report->conflicts->len; i++) {
    g_autofree char *line = lane_conflict_to_string (report->conflicts->pdata[i]);

    g_printerr ("  %s\n", line);
  }
}

int
lane_cli_change_save (const LaneCliChange *change, LaneSaveMode mode)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneSaveReport) report =
      lane_save_sync (change->original, change->document, mode, &error);

  if (report == NULL) {
    lane_cli_complain ("%s: %s", change->path, error->message);
    return g_error_matches (error, LANE_SAVE_ERROR, LANE_SAVE_ERROR_BROKEN)
                   || g_error_matches (error, LANE_DOCUMENT_ERROR, LANE_DOCUMENT_ERROR_BROKEN)
               ? LANE_EXIT_CONFIG
               : LANE_EXIT_FAILED;
  }
  switch (report->outcome) {
  case LANE_SAVE_UNCHANGED:
  case LANE_SAVE_WRITTEN:
    return LANE_EXIT_OK;
  case LANE_SAVE_MERGED:
    lane_cli_complain ("%s: merged with what another program has just saved", change->path);
    return LANE_EXIT_OK;
  case LANE_SAVE_GONE:
    lane_cli_complain ("%s: was removed meanwhile, nothing was saved", change->path);
    return LANE_EXIT_FAILED;
  default:
    lane_cli_complain ("%s: another program has just saved it, nothing was changed", change->path);
    print_conflicts (report);
    return LANE_EXIT_FAILED;
  }
}

GBytes *
lane_cli_read_input (const char *path, gsize max)
{
  gboolean is_stdin = strcmp (path, "-") == 0;
  int fd = is_stdin ? STDIN_FILENO : open (path, O_RDONLY | O_CLOEXEC);
  g_autofree char *data = g_malloc (max + 1);
  gsize length = 0;
  gssize n = fd < 0 ? -1 : 1;
  GBytes *bytes = NULL;

  while (n > 0 && length <= max) {
    n = TEMP_FAILURE_RETRY (read (fd, data + length, max + 1 - length));
    length += MAX (n, 0);
  }
  if (n < 0)
    lane_cli_complain ("%s: %s", is_stdin ? "standard input" : path, g_strerror (errno));
  else if (length > max)
    lane_cli_complain ("%s is larger than %" G_GSIZE_FORMAT " bytes",
                       is_stdin ? "standard input" : path, max);
  else
    bytes = g_bytes_new (data, length);
  explicit_bzero (data, length);
  if (!is_stdin && fd >= 0)
    close (fd);
  return bytes;
}
