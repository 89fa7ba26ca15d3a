#include "key.h"

#include <string.h>

static const struct {
  guint code;
  const char *name;
} named_keys[] = {
  { LANE_KEY_ENTER, "Enter" },
  { LANE_KEY_TAB, "Tab" },
  { LANE_KEY_BACKTAB, "S-Tab" },
  { LANE_KEY_ESCAPE, "Esc" },
  { LANE_KEY_BACKSPACE, "BackSpace" },
  { LANE_KEY_DELETE, "Del" },
  { LANE_KEY_UP, "Up" },
  { LANE_KEY_DOWN, "Down" },
  { LANE_KEY_SHIFT_UP, "S-Up" },
  { LANE_KEY_SHIFT_DOWN, "S-Down" },
  { LANE_KEY_LEFT, "Left" },
  { LANE_KEY_RIGHT, "Right" },
  { LANE_KEY_PAGE_UP, "PgUp" },
  { LANE_KEY_PAGE_DOWN, "PgDn" },
  { LANE_KEY_HOME, "Home" },
  { LANE_KEY_END, "End" },
  { ' ', "Space" },
};

char *
lane_key_to_string (guint code)
{
  char text[8] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (named_keys); i++)
    if (named_keys[i].code == code)
      return g_strdup (named_keys[i].name);
  if (code >= LANE_KEY_F1 && code <= LANE_KEY_F12)
    return g_strdup_printf ("F%u", code - LANE_KEY_F1 + 1);
  if (code < 0x20)
    return g_strdup_printf ("C-%c", (char)(code | 0x60));
  if (code >= LANE_KEY_FIRST)
    return g_strdup ("that key");
  g_unichar_to_utf8 (code, text);
  return g_strdup (text);
}

guint
lane_key_from_string (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (named_keys); i++)
    if (strcmp (named_keys[i].name, name) == 0)
      return named_keys[i].code;
  if (name[0] == 'F' && g_ascii_isdigit (name[1])) {
    guint64 number = 0;

    if (g_ascii_string_to_unsigned (name + 1, 10, 1, 12, &number, NULL))
      return LANE_KEY_F1 + (guint)number - 1;
    return 0;
  }
  if (g_str_has_prefix (name, "C-") && strlen (name) == 3)
    return LANE_KEY_CTRL (name[2]);
  if (g_utf8_strlen (name, -1) == 1)
    return g_utf8_get_char (name);
  return 0;
}

gboolean
lane_key_is_in (guint code, const char *names)
{
  g_auto (GStrv) list = NULL;

  if (names == NULL)
    return FALSE;
  list = g_strsplit (names, " ", -1);
  for (guint i = 0; list[i] != NULL; i++)
    if (list[i][0] != '\0' && lane_key_from_string (list[i]) == code)
      return TRUE;
  return FALSE;
}
