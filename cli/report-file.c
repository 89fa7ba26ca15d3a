#include "report-file.h"

#include <glib/gstdio.h>
#include <string.h>

static char *
name_by_time (gint64 now_us)
{
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_local (now_us / G_USEC_PER_SEC);

  return g_date_time_format (now, "icelane-report-%Y%m%d-%H%M%S");
}

void
lane_report_paths_init (LaneReportPaths *paths, const char *output, gint64 now_us)
{
  g_autofree char *base = output != NULL ? g_strdup (output) : name_by_time (now_us);

  if (g_str_has_suffix (base, ".txt"))
    base[strlen (base) - strlen (".txt")] = '\0';
  else if (g_str_has_suffix (base, ".json"))
    base[strlen (base) - strlen (".json")] = '\0';
  paths->text = g_strconcat (base, ".txt", NULL);
  paths->json = g_strconcat (base, ".json", NULL);
}

void
lane_report_paths_clear (LaneReportPaths *paths)
{
  g_clear_pointer (&paths->text, g_free);
  g_clear_pointer (&paths->json, g_free);
}

/* A new file of ours alone. */
static GOutputStream *
create (const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  GFileOutputStream *stream = g_file_create (file, G_FILE_CREATE_PRIVATE, NULL, error);

  if (stream == NULL)
    g_prefix_error (error, "%s: ", path);
  return stream != NULL ? G_OUTPUT_STREAM (stream) : NULL;
}

static gboolean
fill (GOutputStream *stream, const char *path, const char *content, GError **error)
{
  if (g_output_stream_write_all (stream, content, strlen (content), NULL, NULL, error)
      && g_output_stream_close (stream, NULL, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

gboolean
lane_report_paths_write (const LaneReportPaths *paths, const char *text, const char *json,
                         GError **error)
{
  g_autoptr (GOutputStream) text_stream = create (paths->text, error);
  g_autoptr (GOutputStream) json_stream = NULL;

  if (text_stream == NULL)
    return FALSE;
  json_stream = create (paths->json, error);
  if (json_stream == NULL) {
    g_unlink (paths->text);
    return FALSE;
  }
  if (fill (text_stream, paths->text, text, error) && fill (json_stream, paths->json, json, error))
    return TRUE;
  g_unlink (paths->text);
  g_unlink (paths->json);
  return FALSE;
}
