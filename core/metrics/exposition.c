#include "metrics/exposition.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define EXACT 9007199254740992.0 /* 2^53: up to here a double counts one by one */

struct _LaneExposition {
  GString *text;
  const char *name;
  gboolean counts; /* it is a counter */
};

LaneExposition *
lane_exposition_new (void)
{
  LaneExposition *exposition = g_new0 (LaneExposition, 1);

  exposition->text = g_string_new (NULL);
  return exposition;
}

void
lane_exposition_begin (LaneExposition *exposition, const char *name, const char *type,
                       const char *unit, const char *help)
{
  exposition->name = name;
  exposition->counts = strcmp (type, "counter") == 0;
  g_string_append_printf (exposition->text, "# TYPE %s %s\n", name, type);
  if (unit != NULL)
    g_string_append_printf (exposition->text, "# UNIT %s %s\n", name, unit);
  g_string_append_printf (exposition->text, "# HELP %s %s\n", name, help);
}

static void
append_number (GString *text, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (isnan (value))
    g_string_append (text, "NaN");
  else if (value == floor (value) && fabs (value) < EXACT)
    g_string_append (text, g_ascii_formatd (buffer, sizeof buffer, "%.0f", value));
  else
    g_string_append (text, g_ascii_formatd (buffer, sizeof buffer, "%.15g", value));
}

static void
append_label (GString *text, const char *name, const char *value)
{
  g_string_append_printf (text, "%s=\"", name);
  for (; *value != '\0'; value++) {
    if (*value == '\n')
      g_string_append (text, "\\n");
    else if (*value == '"' || *value == '\\')
      g_string_append_printf (text, "\\%c", *value);
    else
      g_string_append_c (text, *value);
  }
  g_string_append_c (text, '"');
}

void
lane_exposition_add (LaneExposition *exposition, double value, ...)
{
  GString *text = exposition->text;
  const char *separator = "{", *name;
  va_list labels;

  g_string_append (text, exposition->name);
  if (exposition->counts)
    g_string_append (text, "_total");
  va_start (labels, value);
  while ((name = va_arg (labels, const char *)) != NULL) {
    g_string_append (text, separator);
    append_label (text, name, va_arg (labels, const char *));
    separator = ",";
  }
  va_end (labels);
  if (*separator == ',')
    g_string_append_c (text, '}');
  g_string_append_c (text, ' ');
  append_number (text, value);
  g_string_append_c (text, '\n');
}

/* `le` of a bound is a float in its shortest form, and 1 is 1.0. */
static void
append_bound (GString *text, double bound)
{
  append_number (text, bound);
  if (bound == floor (bound))
    g_string_append (text, ".0");
}

void
lane_exposition_add_histogram (LaneExposition *exposition, const double *bounds,
                               const guint64 *counts, guint n_bounds, double sum, const char *label,
                               const char *value)
{
  GString *text = exposition->text;
  guint64 count = 0;
  g_autoptr (GString) labels = g_string_new (NULL);

  append_label (labels, label, value);
  for (guint i = 0; i <= n_bounds; i++) {
    count += counts[i];
    g_string_append_printf (text, "%s_bucket{%s,le=\"", exposition->name, labels->str);
    if (i < n_bounds)
      append_bound (text, bounds[i]);
    else
      g_string_append (text, "+Inf");
    g_string_append_printf (text, "\"} %" G_GUINT64_FORMAT "\n", count);
  }
  g_string_append_printf (text, "%s_sum{%s} ", exposition->name, labels->str);
  append_number (text, sum);
  g_string_append_printf (text, "\n%s_count{%s} %" G_GUINT64_FORMAT "\n", exposition->name,
                          labels->str, count);
}

char *
lane_exposition_end (LaneExposition *exposition)
{
  GString *text = exposition->text;

  g_string_append (text, "# EOF\n");
  g_free (exposition);
  return g_string_free (text, FALSE);
}
