#include "line.h"

#include <string.h>

#include "option.h"
#include "problem.h"
#include "reader.h"

#define BLANKS " \t"

G_DEFINE_QUARK (lane_line_error, lane_line_error)

/* Where the parts of a pair stand in its text. */
typedef struct {
  gsize equals, value, value_end;
  gsize comment; /* of the `;`; the length of the text when there is none */
} Parts;

LaneLine *
lane_line_new (const char *text, gsize length, const char *end)
{
  LaneLine *line = g_new0 (LaneLine, 1);
  gsize blanks;

  line->text = g_malloc (length + 1);
  memcpy (line->text, text, length);
  line->text[length] = '\0';
  line->length = length;
  line->end = end;
  blanks = strspn (line->text, BLANKS);
  if (blanks == length)
    line->kind = LANE_LINE_BLANK;
  else if (line->text[blanks] == '#' || line->text[blanks] == ';')
    line->kind = LANE_LINE_COMMENT;
  else
    line->kind = LANE_LINE_BROKEN;
  return line;
}

LaneLine *
lane_line_copy (const LaneLine *line)
{
  LaneLine *copy = g_new0 (LaneLine, 1);

  copy->kind = line->kind;
  copy->text = g_memdup2 (line->text, line->length + 1);
  copy->length = line->length;
  copy->end = line->end;
  copy->name = g_strdup (line->name);
  copy->value = g_strdup (line->value);
  return copy;
}

void
lane_line_free (LaneLine *line)
{
  if (line == NULL)
    return;
  explicit_bzero (line->text, line->length);
  if (line->value != NULL)
    explicit_bzero (line->value, strlen (line->value));
  g_free (line->text);
  g_free (line->name);
  g_free (line->value);
  g_free (line);
}

/* What the reader makes of @text below @above; the last entry is returned, NULL when it is not
 * @count sound ones. */
static LaneReaderEntry *
read_back (const char *above, const char *text, guint count, GPtrArray **entries)
{
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autofree char *file = g_strdup_printf ("%s%s\n", above, text);

  *entries = lane_reader_parse (file, strlen (file), "", problems);
  explicit_bzero (file, strlen (file));
  if (problems->len > 0 || (*entries)->len != count)
    return NULL;
  return g_ptr_array_index (*entries, count - 1);
}

/* Why @value cannot stand in a line, in words; NULL when nothing is to be seen. */
static const char *
find_flaw (const char *value)
{
  gsize length = strlen (value);

  if (!g_utf8_validate (value, -1, NULL))
    return "is not UTF-8";
  for (gsize i = 0; i < length; i++)
    if (g_ascii_iscntrl (value[i]) && value[i] != '\t')
      return "has a line end or another control character: a value is one line of text";
  if (length > 0 && (strchr (BLANKS, value[0]) != NULL || strchr (BLANKS, value[length - 1])))
    return "starts or ends with a blank, which would not be read back";
  for (gsize i = 0; i < length; i++)
    if (value[i] == ';' && (i == 0 || strchr (BLANKS, value[i - 1]) != NULL))
      return "has a ';' at its start or after a blank, which would be read as a comment";
  return NULL;
}

static gboolean
check_length (gsize length, GError **error)
{
  if (length <= LANE_READER_LINE_MAX)
    return TRUE;
  g_set_error (error, LANE_LINE_ERROR, LANE_LINE_ERROR_LENGTH,
               "the line would be %" G_GSIZE_FORMAT " bytes long, at most %d are read", length,
               LANE_READER_LINE_MAX);
  return FALSE;
}

/* Takes @text. */
static LaneLine *
make_pair (char *text, const char *key, const char *value, const char *end, GError **error)
{
  g_autoptr (LaneLine) line = lane_line_new (text, strlen (text), end);
  g_autoptr (GPtrArray) entries = NULL;
  const LaneReaderEntry *entry;

  explicit_bzero (text, strlen (text));
  g_free (text);
  if (!check_length (line->length, error))
    return NULL;
  entry = read_back ("[x]\n", line->text, 2, &entries);
  if (entry == NULL || g_strcmp0 (entry->key, key) != 0 || strcmp (entry->value, value) != 0) {
    g_set_error (error, LANE_LINE_ERROR, LANE_LINE_ERROR_VALUE,
                 "would not be read back as it is written");
    return NULL;
  }
  line->kind = LANE_LINE_PAIR;
  line->name = g_strdup (key);
  line->value = g_strdup (value);
  return g_steal_pointer (&line);
}

static gboolean
check_key (const char *key, GError **error)
{
  gsize length = strlen (key);
  g_autofree char *quoted = NULL;

  if (length > 0 && length <= LANE_READER_NAME_MAX
      && strspn (key, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.") == length)
    return TRUE;
  quoted = lane_problem_quote (key);
  g_set_error (error, LANE_LINE_ERROR, LANE_LINE_ERROR_NAME,
               "%s is not a key: write at most %d letters, digits and -", quoted,
               LANE_READER_NAME_MAX);
  return FALSE;
}

static gboolean
check_value (const char *value, GError **error)
{
  const char *flaw = find_flaw (value);

  if (flaw != NULL)
    g_set_error (error, LANE_LINE_ERROR, LANE_LINE_ERROR_VALUE, "%s", flaw);
  return flaw == NULL;
}

LaneLine *
lane_line_new_pair (const char *key, const char *value, const char *end, GError **error)
{
  if (!check_key (key, error) || !check_value (value, error))
    return NULL;
  return make_pair (g_strdup_printf (*value != '\0' ? "%s = %s" : "%s =%s", key, value), key, value,
                    end, error);
}

/* Takes @text. */
static LaneLine *
make_header (char *text, const char *section, const char *end, GError **error)
{
  g_autoptr (LaneLine) line = lane_line_new (text, strlen (text), end);
  g_autoptr (GPtrArray) entries = NULL;
  const LaneReaderEntry *entry = NULL;

  g_free (text);
  if (!check_length (line->length, error))
    return NULL;
  if (strpbrk (section, "\r\n") == NULL)
    entry = read_back ("", line->text, 1, &entries);
  if (entry == NULL || entry->key != NULL || strcmp (entry->section, section) != 0) {
    g_autofree char *quoted = lane_problem_quote (section);

    g_set_error (error, LANE_LINE_ERROR, LANE_LINE_ERROR_NAME,
                 "%s is not a section's name: write at most %d bytes without brackets, ';' and '#'",
                 quoted, LANE_READER_NAME_MAX);
    return NULL;
  }
  line->kind = LANE_LINE_HEADER;
  line->name = g_strdup (section);
  return g_steal_pointer (&line);
}

LaneLine *
lane_line_new_header (const char *section, const char *end, GError **error)
{
  return make_header (g_strdup_printf ("[%s]", section), section, end, error);
}

/* inih takes `;` for a comment only behind a blank. */
static Parts
find_parts (const LaneLine *line)
{
  const char *text = line->text;
  Parts parts = { .equals = strcspn (text, "="), .comment = line->length };

  for (gsize i = parts.equals + 2; i < line->length; i++)
    if (text[i] == ';' && strchr (BLANKS, text[i - 1]) != NULL) {
      parts.comment = i;
      break;
    }
  parts.value = parts.equals + 1;
  parts.value_end = parts.comment;
  while (parts.value < parts.value_end && strchr (BLANKS, text[parts.value]) != NULL)
    parts.value++;
  while (parts.value_end > parts.value && strchr (BLANKS, text[parts.value_end - 1]) != NULL)
    parts.value_end--;
  return parts;
}

static void
append_comment (GString *text, const LaneLine *line, const Parts *parts, const char *value)
{
  const char *gap = line->text + parts->value_end;
  gsize gap_length = parts->comment - parts->value_end;
  glong old_width = g_utf8_strlen (line->value, -1) + gap_length;
  glong width = g_utf8_strlen (value, -1);

  if (parts->comment == line->length)
    return;
  if (memchr (gap, '\t', gap_length) != NULL)
    g_string_append_len (text, gap, gap_length);
  else
    for (glong i = MIN (width, old_width - 1); i < old_width; i++)
      g_string_append_c (text, ' ');
  g_string_append (text, line->text + parts->comment);
}

LaneLine *
lane_line_with_value (const LaneLine *line, const char *value, GError **error)
{
  Parts parts = find_parts (line);
  gsize prefix = parts.value;
  GString *text;

  if (!check_value (value, error))
    return NULL;
  /* Of the blanks in `key =    ; comment` the value takes all but one. */
  if (*line->value == '\0')
    prefix = MIN (parts.value, parts.equals + 2);
  text = g_string_new_len (line->text, prefix);
  if (prefix == parts.equals + 1 && parts.equals > 0
      && strchr (BLANKS, line->text[parts.equals - 1]) != NULL && *value != '\0')
    g_string_append_c (text, ' ');
  g_string_append (text, value);
  if (*line->value == '\0')
    parts.value_end = prefix;
  append_comment (text, line, &parts, value);
  return make_pair (g_string_free (text, FALSE), line->name, value, line->end, error);
}

static LaneLine *
with_key (const LaneLine *line, const char *key, GError **error)
{
  gsize old_length = strlen (line->name);

  if (!check_key (key, error))
    return NULL;
  return make_pair (g_strconcat (key, line->text + old_length, NULL), key, line->value, line->end,
                    error);
}

static LaneLine *
with_section (const LaneLine *line, const char *section, GError **error)
{
  const char *inner = line->text + 1 + strspn (line->text + 1, BLANKS);
  const char *close = strchr (inner, ']');
  g_autofree char *before = g_strndup (line->text, inner - line->text);

  while (close > inner && strchr (BLANKS, close[-1]) != NULL)
    close--;
  return make_header (g_strconcat (before, section, close, NULL), section, line->end, error);
}

LaneLine *
lane_line_with_name (const LaneLine *line, const char *name, GError **error)
{
  return line->kind == LANE_LINE_HEADER ? with_section (line, name, error)
                                        : with_key (line, name, error);
}

LaneLine *
lane_line_split_comment (const LaneLine *line, LaneLine **comment)
{
  Parts parts = find_parts (line);
  LaneLine *rest;

  if (parts.comment == line->length)
    return NULL;
  *comment = lane_line_new (line->text + parts.comment, line->length - parts.comment, line->end);
  rest = lane_line_new (line->text, parts.value_end, line->end);
  rest->kind = LANE_LINE_PAIR;
  rest->name = g_strdup (line->name);
  rest->value = g_strdup (line->value);
  return rest;
}

const char *
lane_line_find_commented_value (const LaneLine *line, const char *key)
{
  gsize length = strlen (key);
  const char *at;

  if (line->kind != LANE_LINE_COMMENT)
    return NULL;
  at = line->text + strspn (line->text, BLANKS "#;");
  if (strncmp (at, key, length) != 0)
    return NULL;
  at += length + strspn (at + length, BLANKS);
  return *at == '=' ? at + 1 + strspn (at + 1, BLANKS) : NULL;
}

gboolean
lane_line_is_commented_header (const LaneLine *line)
{
  return line->kind == LANE_LINE_COMMENT && line->text[strspn (line->text, BLANKS "#;")] == '[';
}

/* Where in the text the secret stands that is to be hidden; NULL: there is none. */
static const char *
find_secret (const LaneLine *line)
{
  gsize count;
  const LaneOption *options = lane_options (&count);

  for (gsize i = 0; i < count; i++) {
    const char *commented;

    if (!lane_option_is_secret (&options[i]))
      continue;
    if (line->kind == LANE_LINE_PAIR && strcmp (line->name, options[i].key) == 0
        && *line->value != '\0')
      return line->text + find_parts (line).value;
    commented = lane_line_find_commented_value (line, options[i].key);
    if (commented != NULL && *commented != '\0' && *commented != ';')
      return commented;
  }
  return NULL;
}

gboolean
lane_line_holds_secret (const LaneLine *line)
{
  return find_secret (line) != NULL;
}

char *
lane_line_to_shown (const LaneLine *line)
{
  const char *secret = find_secret (line);

  if (line->kind == LANE_LINE_BROKEN)
    return g_strdup ("(a line that cannot be read)");
  if (secret != NULL)
    return g_strdup_printf ("%.*s(secret)", (int)(secret - line->text), line->text);
  return g_strdup (line->text);
}
