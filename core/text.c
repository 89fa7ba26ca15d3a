#include "text.h"

#include <string.h>

#define REPLACEMENT         0xfffd
#define ELLIPSIS            "…"
#define MAX_MARKS           2 /* SECURITY section 2, "Screen" */
#define NAME_MAX_BYTES      256
#define CONTROL_PICTURE     0x2400
#define CONTROL_PICTURE_DEL 0x2421

static gboolean
is_variation_selector (gunichar c)
{
  return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef) || c == 0x180f
         || (c >= 0x180b && c <= 0x180d);
}

/* Letters and marks by category that draw nothing: fillers, the grapheme joiner, Khmer inherent
 * vowels, the blank of musical notation. */
static gboolean
is_invisible (gunichar c)
{
  return c == 0x034f || c == 0x115f || c == 0x1160 || c == 0x17b4 || c == 0x17b5 || c == 0x3164
         || c == 0xffa0 || c == 0x1d159;
}

static gboolean
is_mark (gunichar c)
{
  return g_unichar_ismark (c) || g_unichar_iszerowidth (c);
}

static gboolean
is_allowed (gunichar c)
{
  switch (g_unichar_type (c)) {
  case G_UNICODE_CONTROL:
  case G_UNICODE_FORMAT:
  case G_UNICODE_UNASSIGNED:
  case G_UNICODE_PRIVATE_USE:
  case G_UNICODE_SURROGATE:
  case G_UNICODE_LINE_SEPARATOR:
  case G_UNICODE_PARAGRAPH_SEPARATOR:
    return FALSE;
  default:
    return !is_variation_selector (c) && !is_invisible (c);
  }
}

static gunichar
visible (gunichar c)
{
  if (c < 0x20)
    return CONTROL_PICTURE + c;
  if (c == 0x7f)
    return CONTROL_PICTURE_DEL;
  return is_allowed (c) ? c : REPLACEMENT;
}

/* Reads one character and moves @at behind it; a byte that starts none is a replacement. */
static gunichar
next_char (const char **at, const char *end)
{
  gunichar c;

  if (**at == '\0') { /* g_utf8_get_char_validated() takes it for the end */
    (*at)++;
    return 0;
  }

  c = g_utf8_get_char_validated (*at, end - *at);
  if (c == (gunichar)-1 || c == (gunichar)-2) {
    (*at)++;
    return REPLACEMENT;
  }
  *at = g_utf8_next_char (*at);
  return c;
}

static guint
columns_of (gunichar c)
{
  if (is_mark (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

static char *
clean (const char *text, gssize length, gsize max_bytes, guint max_columns)
{
  GString *out = g_string_new (NULL);
  const char *end = text + (length >= 0 ? (gsize)length : strlen (text));
  gsize cut_at = 0; /* how much fits together with the ellipsis */
  guint columns = 0;
  guint marks = MAX_MARKS; /* a mark with nothing below it would sit on our own text */

  while (text < end) {
    gunichar c = visible (next_char (&text, end));

    marks = is_mark (c) ? marks + 1 : 0;
    if (marks > MAX_MARKS) {
      c = REPLACEMENT;
      marks = 0;
    }

    columns += columns_of (c);
    g_string_append_unichar (out, c);
    if (columns > max_columns || out->len > max_bytes) {
      g_string_truncate (out, cut_at);
      g_string_append (out, ELLIPSIS);
      break;
    }
    if (columns < max_columns && out->len + strlen (ELLIPSIS) <= max_bytes)
      cut_at = out->len;
  }

  return g_string_free (out, FALSE);
}

char *
lane_text_clean (const char *text, gssize length, gsize max_bytes)
{
  g_return_val_if_fail (max_bytes > strlen (ELLIPSIS), g_strdup (""));

  return text == NULL ? g_strdup ("") : clean (text, length, max_bytes, G_MAXUINT);
}

char *
lane_text_clean_name (const char *text)
{
  return text == NULL ? g_strdup ("") : clean (text, -1, NAME_MAX_BYTES, LANE_TEXT_NAME_COLUMNS);
}
