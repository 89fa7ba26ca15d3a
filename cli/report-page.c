#include "report-page.h"

#include "text.h"

#define LINE_MAX_BYTES 2048

void
lane_report_say (const LaneReportPage *page, const char *format, ...)
{
  g_autofree char *line = NULL;
  g_autofree char *masked = NULL;
  g_autofree char *clean = NULL;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  masked = lane_mask_text (page->report->mask, line);
  clean = lane_text_clean (masked, -1, LINE_MAX_BYTES);
  g_string_append_printf (page->out, "%s\n", clean);
}

/* What is masked already. */
void
lane_report_append (const LaneReportPage *page, const char *masked)
{
  g_autofree char *clean = lane_text_clean (masked, -1, LINE_MAX_BYTES);

  g_string_append_printf (page->out, "  %s\n", clean);
}

void
lane_report_head (const LaneReportPage *page, const char *title)
{
  g_string_append_printf (page->out, "\n%s\n", title);
}

/* A cell of a table. */
char *
lane_report_cell (const LaneReportPage *page, const char *value)
{
  return lane_mask_text (page->report->mask, value != NULL ? value : "none");
}

/* The table's rows, set in. */
void
lane_report_append_table (const LaneReportPage *page, const LaneTable *table)
{
  g_autofree char *rows = lane_table_to_string (table);
  g_auto (GStrv) lines = g_strsplit (rows, "\n", -1);

  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    g_string_append_printf (page->out, "  %s\n", lines[i]);
}

/* UTC, as everything in files. */
char *
lane_report_time (gint64 time_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);

  return time_us != 0 && time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S")
                                      : g_strdup ("never");
}
