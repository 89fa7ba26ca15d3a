#include "problem.h"

LaneProblem *
lane_problem_new (LaneProblemLevel level, const char *place, int line, const char *section,
                  const char *key, const char *format, ...)
{
  LaneProblem *problem = g_new0 (LaneProblem, 1);
  va_list args;

  problem->level = level;
  problem->place = g_strdup (place);
  problem->line = line;
  problem->section = g_strdup (section);
  problem->key = g_strdup (key);
  va_start (args, format);
  problem->text = g_strdup_vprintf (format, args);
  va_end (args);
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
  GString *quoted = g_string_new ("'");
  const char *p = text;
  gsize length = 0;

  for (; *p != '\0' && length < 48; length++) {
    gunichar c = g_utf8_get_char_validated (p, -1);

    if (c == (gunichar)-1 || c == (gunichar)-2 || !g_unichar_isprint (c)) {
      g_string_append_printf (quoted, "\\x%02x", (guint8)*p);
      p++;
    } else {
      g_string_append_unichar (quoted, c);
      p = g_utf8_next_char (p);
    }
  }
  g_string_append (quoted, *p == '\0' ? "'" : "...'");
  return g_string_free (quoted, FALSE);
}
