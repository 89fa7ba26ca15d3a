#include "setting-name.h"

#include <string.h>

#include "nearest.h"
#include "option.h"

char *
lane_section_name_kind (const char *section)
{
  return g_strndup (section, strcspn (section, " "));
}

char *
lane_section_name_parse (const char *text, gssize length)
{
  g_autofree char *written = length < 0 ? g_strdup (text) : g_strndup (text, length);
  char *plain = g_strstrip (written);
  gsize end = strlen (plain);
  g_autofree char *kind = NULL;
  const LaneSection *section;

  if (plain[0] == '[' && plain[end - 1] == ']') {
    plain[end - 1] = '\0';
    plain = g_strstrip (plain + 1);
  }
  kind = g_strndup (plain, strcspn (plain, ". \t"));
  section = lane_section_find (kind);
  if (section == NULL || !section->named || plain[strlen (kind)] == '\0')
    return g_strdup (plain);
  return g_strdup_printf ("%s %s", kind, g_strchug (plain + strlen (kind) + 1));
}

gboolean
lane_setting_name_parse (const char *text, gssize length, char **section, char **key)
{
  g_autofree char *written = length < 0 ? g_strdup (text) : g_strndup (text, length);
  char *dot = strrchr (written, '.');

  if (dot == NULL || dot == written)
    return FALSE;
  *key = g_strstrip (g_strdup (dot + 1));
  *section = lane_section_name_parse (written, dot - written);
  if (**key != '\0' && **section != '\0')
    return TRUE;
  g_clear_pointer (key, g_free);
  g_clear_pointer (section, g_free);
  return FALSE;
}

char *
lane_setting_name_to_string (const char *section, const char *key)
{
  g_autofree char *name = g_strdelimit (g_strdup (section), " ", '.');

  return key != NULL ? g_strdup_printf ("%s.%s", name, key) : g_steal_pointer (&name);
}

gboolean
lane_name_is_sound (const char *name)
{
  if (*name == '\0' || *name == '-' || strpbrk (name, "\"',/;#=[]\\") != NULL)
    return FALSE;
  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    if (!g_unichar_isgraph (g_utf8_get_char (p)) || g_unichar_iszerowidth (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

char *
lane_section_hint (const char *kind)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  gsize count;
  const LaneSection *sections = lane_sections (&count);

  for (gsize i = 0; i < count; i++)
    g_ptr_array_add (names, (gpointer)sections[i].name);
  g_ptr_array_add (names, NULL);
  return lane_nearest_hint (kind, (const char *const *)names->pdata);
}
