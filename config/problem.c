#include "problem.h"

/* @text with at most @max characters, and without any that could harm a terminal or a log. */
static char *
printable (const char *text, gsize max)
{
  GString *shown = g_string_new (NULL);
  const char *p = text;

  for (gsize length = 0; *p != '\0' && length < max; length++) {
    gunichar c = g_utf8_get_char_validated (p, -1);

    if (c == (gunichar)-1 || c == (gunichar)-2 || !g_unichar_isprint (c)) {
      g_string_append_printf (shown, "\\x%02x", (guint8)*p);
      p++;
    } else {
      g_string_append_unichar (shown, c);
      p = g_utf8_next_char (p);
    }
  }
  if (*p != '\0')
    g_string_append (shown, "...");
  return g_string_free (shown, FALSE);
}

LaneProblem *
lane_problem_new (LaneProblemLevel level, const char *place, int line, const char *section,
                  const char *key, const char *format, ...)
{
  LaneProblem *problem = g_new0 (LaneProblem, 1);
  g_autofree char *text = NULL;
  va_list args;

  problem->level = level;
  problem->place = printable (place, G_MAXSIZE);
  problem->line = line;
  problem->section = section != NULL ? printable (section, 64) : NULL;
  problem->key = key != NULL ? printable (key, 64) : NULL;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  problem->text = printable (text, G_MAXSIZE);
  return problem;
}

void
lane_problem_free (LaneProblem *problem)
{
  if (problem == NULL)
    return;
  g_free (problem->place);
  g_free (problem->section);
  g_free (problem->key);
  g_free (problem->text);
  g_free (problem);
}

char *
lane_problem_to_string (const LaneProblem *problem)
{
  GString *text = g_string_new (problem->place);

  if (problem->line > 0)
    g_string_append_printf (text, ":%d", problem->line);
  g_string_append_c (text, ':');
  if (problem->section != NULL)
    g_string_append_printf (text, " [%s]", problem->section);
  if (problem->key != NULL)
    g_string_append_printf (text, " %s:", problem->key);
  g_string_append_printf (text, " %s", problem->text);
  return g_string_free (text, FALSE);
}

gboolean
lane_problems_have_error (const GPtrArray *problems)
{
  for (guint i = 0; i < problems->len; i++) {
    const LaneProblem *problem = g_ptr_array_index (problems, i);

    if (problem->level == LANE_PROBLEM_ERROR)
      return TRUE;
  }
  return FALSE;
}

char *
lane_problem_quote (const char *text)
{
  g_autofree char *shown = printable (text, 48);

  return g_strdup_printf ("'%s'", shown);
}
