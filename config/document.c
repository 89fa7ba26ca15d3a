#include "document.h"

#include <string.h>

#include "block.h"
#include "line.h"
#include "problem.h"
#include "reader.h"

#define BOM "\xef\xbb\xbf"

struct _LaneDocument {
  GPtrArray *lines; /* of LaneLine */
  gboolean has_bom;
  gboolean ends_open; /* the last line has no line end, or half of one */
  gboolean half_end;
  char *flaw;          /* the first problem of the parsed text; NULL: none */
  GHashTable *headers; /* section -> index of its line; empty after an edit, until it is asked */
};

G_DEFINE_QUARK (lane_document_error, lane_document_error)

LaneDocument *
lane_document_new (void)
{
  LaneDocument *document = g_new0 (LaneDocument, 1);

  document->lines = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_line_free);
  document->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return document;
}

static LaneLine *
line_at (const LaneDocument *document, guint i)
{
  return g_ptr_array_index (document->lines, i);
}

static void
split_lines (LaneDocument *document, const char *at, const char *end)
{
  while (at < end) {
    const char *newline = memchr (at, '\n', end - at);
    const char *next = newline != NULL ? newline + 1 : end;
    gsize length = (newline != NULL ? newline : end) - at;
    gboolean carriage = length > 0 && at[length - 1] == '\r';

    document->ends_open = newline == NULL;
    document->half_end = newline == NULL && carriage;
    g_ptr_array_add (document->lines,
                     lane_line_new (at, length - carriage, carriage ? "\r\n" : "\n"));
    at = next;
  }
  /* The last line gets a neighbour's line end, for when it is no longer the last. */
  if (document->ends_open && !document->half_end && document->lines->len > 1)
    line_at (document, document->lines->len - 1)->end =
        line_at (document, document->lines->len - 2)->end;
}

/* `line 33: [server home] expected ...`: whoever shows it knows the file. */
static char *
show_flaw (const LaneProblem *problem)
{
  g_autofree char *text = lane_problem_to_string (problem); /* with an empty place */

  return problem->line > 0 ? g_strdup_printf ("line %s", text + 1) : g_strdup (text + 2);
}

LaneDocument *
lane_document_parse (GBytes *text)
{
  LaneDocument *document = lane_document_new ();
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GPtrArray) entries = NULL;
  gsize length;
  const char *data = g_bytes_get_data (text, &length);

  data = data != NULL ? data : "";
  entries = lane_reader_parse (data, length, "", problems);
  document->has_bom = length >= strlen (BOM) && memcmp (data, BOM, strlen (BOM)) == 0;
  split_lines (document, data + (document->has_bom ? strlen (BOM) : 0), data + length);

  for (guint i = 0; i < entries->len; i++) {
    const LaneReaderEntry *entry = g_ptr_array_index (entries, i);
    LaneLine *line = line_at (document, entry->line - 1);

    line->kind = entry->key != NULL ? LANE_LINE_PAIR : LANE_LINE_HEADER;
    line->name = g_strdup (entry->key != NULL ? entry->key : entry->section);
    line->value = g_strdup (entry->value);
  }
  if (problems->len > 0)
    document->flaw = show_flaw (g_ptr_array_index (problems, 0));
  return document;
}

static gpointer
copy_line (gconstpointer line, gpointer unused)
{
  return lane_line_copy (line);
}

LaneDocument *
lane_document_copy (const LaneDocument *document)
{
  LaneDocument *copy = g_new0 (LaneDocument, 1);

  *copy = *document;
  copy->lines = g_ptr_array_copy (document->lines, copy_line, NULL);
  copy->flaw = g_strdup (document->flaw);
  copy->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return copy;
}

static void
document_clear (LaneDocument *document)
{
  g_ptr_array_unref (document->lines);
  g_hash_table_unref (document->headers);
  g_free (document->flaw);
}

void
lane_document_assign (LaneDocument *document, const LaneDocument *from)
{
  LaneDocument *copy = lane_document_copy (from);

  document_clear (document);
  *document = *copy;
  g_free (copy);
}

void
lane_document_free (LaneDocument *document)
{
  if (document == NULL)
    return;
  document_clear (document);
  g_free (document);
}

GBytes *
lane_document_to_bytes (const LaneDocument *document)
{
  GByteArray *bytes = g_byte_array_new ();

  if (document->has_bom)
    g_byte_array_append (bytes, (const guint8 *)BOM, strlen (BOM));
  for (guint i = 0; i < document->lines->len; i++) {
    const LaneLine *line = line_at (document, i);
    const char *end = line->end;

    if (i + 1 == document->lines->len && document->ends_open)
      end = document->half_end ? "\r" : "";
    g_byte_array_append (bytes, (const guint8 *)line->text, line->length);
    g_byte_array_append (bytes, (const guint8 *)end, strlen (end));
  }
  return g_byte_array_free_to_bytes (bytes);
}

gboolean
lane_document_equal (const LaneDocument *one, const LaneDocument *other)
{
  g_autoptr (GBytes) one_text = lane_document_to_bytes (one);
  g_autoptr (GBytes) other_text = lane_document_to_bytes (other);

  return g_bytes_equal (one_text, other_text);
}

gboolean
lane_document_check (const LaneDocument *document, GError **error)
{
  if (document->flaw != NULL)
    g_set_error_literal (error, LANE_DOCUMENT_ERROR, LANE_DOCUMENT_ERROR_BROKEN, document->flaw);
  return document->flaw == NULL;
}

guint
lane_document_get_length (const LaneDocument *document)
{
  return document->lines->len;
}

char *
lane_document_show_line (const LaneDocument *document, guint number)
{
  return lane_line_to_shown (line_at (document, number - 1));
}

gboolean
lane_document_line_equal (const LaneDocument *one, guint number, const LaneDocument *other,
                          guint other_number)
{
  const LaneLine *line = line_at (one, number - 1);
  const LaneLine *other_line = line_at (other, other_number - 1);

  return line->length == other_line->length
         && memcmp (line->text, other_line->text, line->length) == 0;
}

gboolean
lane_document_holds_secret (const LaneDocument *document)
{
  for (guint i = 0; i < document->lines->len; i++)
    if (lane_line_holds_secret (line_at (document, i)))
      return TRUE;
  return FALSE;
}

/* After lines have come or gone. An empty last line without a line end would be none: it keeps
 * its own. */
static void
finish_edit (LaneDocument *document)
{
  guint count = document->lines->len;

  g_hash_table_remove_all (document->headers);
  if (count == 0 || !document->ends_open || document->half_end
      || line_at (document, count - 1)->length > 0)
    return;
  document->ends_open = FALSE;
}

static void
fill_headers (const LaneDocument *document)
{
  for (guint i = 0; i < document->lines->len; i++) {
    const LaneLine *line = line_at (document, i);

    if (line->kind == LANE_LINE_HEADER)
      g_hash_table_insert (document->headers, g_strdup (line->name), GUINT_TO_POINTER (i));
  }
}

/* The index of the [section] line, or the number of lines. */
static guint
find_header (const LaneDocument *document, const char *section)
{
  gpointer index;

  if (g_hash_table_size (document->headers) == 0)
    fill_headers (document);
  if (g_hash_table_lookup_extended (document->headers, section, NULL, &index))
    return GPOINTER_TO_UINT (index);
  return document->lines->len;
}

/* The indices of the lines with @key. */
static GArray *
find_pairs (const LaneDocument *document, const char *section, const char *key)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (guint));
  guint header = find_header (document, section);

  if (header == document->lines->len)
    return found;
  for (guint i = header + 1, end = lane_block_find_next (document->lines, header); i < end; i++) {
    const LaneLine *line = line_at (document, i);

    if (line->kind == LANE_LINE_PAIR && strcmp (line->name, key) == 0)
      g_array_append_val (found, i);
  }
  return found;
}

char **
lane_document_get_sections (const LaneDocument *document)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < document->lines->len; i++)
    if (line_at (document, i)->kind == LANE_LINE_HEADER)
      g_strv_builder_add (builder, line_at (document, i)->name);
  return g_strv_builder_end (builder);
}

char **
lane_document_get_keys (const LaneDocument *document, const char *section)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  guint header = find_header (document, section);

  if (header == document->lines->len)
    return g_strv_builder_end (builder);
  for (guint i = header + 1, end = lane_block_find_next (document->lines, header); i < end; i++) {
    const LaneLine *line = line_at (document, i);

    if (line->kind == LANE_LINE_PAIR && g_hash_table_add (seen, line->name))
      g_strv_builder_add (builder, line->name);
  }
  return g_strv_builder_end (builder);
}

char **
lane_document_get_values (const LaneDocument *document, const char *section, const char *key)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GArray) found = find_pairs (document, section, key);

  for (guint i = 0; i < found->len; i++)
    g_strv_builder_add (builder, line_at (document, g_array_index (found, guint, i))->value);
  return g_strv_builder_end (builder);
}

gboolean
lane_document_has_section (const LaneDocument *document, const char *section)
{
  return find_header (document, section) < document->lines->len;
}

guint
lane_document_find_line (const LaneDocument *document, const char *section, const char *key)
{
  g_autoptr (GArray) found = NULL;
  guint header = find_header (document, section);

  if (header == document->lines->len)
    return 0;
  if (key == NULL)
    return header + 1;
  found = find_pairs (document, section, key);
  return found->len > 0 ? g_array_index (found, guint, 0) + 1 : 0;
}

/* The line end that a new line at @index is to have. */
static const char *
end_at (const LaneDocument *document, guint index)
{
  if (document->lines->len == 0)
    return "\n";
  return line_at (document, index > 0 ? index - 1 : 0)->end;
}

/* Takes @line. */
static void
replace_line (LaneDocument *document, guint index, LaneLine *line)
{
  lane_line_free (line_at (document, index));
  document->lines->pdata[index] = line;
}

/* @line with @value; when that makes it too long, its comment becomes @comment. */
static LaneLine *
change_value (const LaneLine *line, const char *value, LaneLine **comment, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (LaneLine) plain = NULL;
  LaneLine *changed = lane_line_with_value (line, value, &local);

  if (changed != NULL)
    return changed;
  if (g_error_matches (local, LANE_LINE_ERROR, LANE_LINE_ERROR_LENGTH))
    plain = lane_line_split_comment (line, comment);
  if (plain == NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return NULL;
  }
  changed = lane_line_with_value (plain, value, error);
  if (changed == NULL)
    g_clear_pointer (comment, lane_line_free);
  return changed;
}

/* The old lines at @slots and the new values, brought together: wanted[i] is a copy of a line with
 * that value if there is one, else of a line to spare, changed, else a new one. */
static GPtrArray *
match_lines (const LaneDocument *document, const GArray *slots, const char *key,
             const char *const *values, const char *end, GPtrArray *comments, GError **error)
{
  guint count = g_strv_length ((char **)values);
  g_autoptr (GPtrArray) wanted = g_ptr_array_new_full (count, (GDestroyNotify)lane_line_free);
  g_autofree gboolean *used = g_new0 (gboolean, slots->len + 1);
  guint spare = 0;

  g_ptr_array_set_size (wanted, count);
  for (guint i = 0; i < count; i++)
    for (guint j = 0; j < slots->len && wanted->pdata[i] == NULL; j++) {
      const LaneLine *line = line_at (document, g_array_index (slots, guint, j));

      if (!used[j] && strcmp (line->value, values[i]) == 0) {
        wanted->pdata[i] = lane_line_copy (line);
        used[j] = TRUE;
      }
    }
  for (guint i = 0; i < count; i++) {
    LaneLine *comment = NULL;

    if (wanted->pdata[i] != NULL)
      continue;
    while (spare < slots->len && used[spare])
      spare++;
    if (spare < slots->len)
      wanted->pdata[i] = change_value (line_at (document, g_array_index (slots, guint, spare++)),
                                       values[i], &comment, error);
    else
      wanted->pdata[i] = lane_line_new_pair (key, values[i], end, error);
    if (wanted->pdata[i] == NULL)
      return NULL;
    comments->pdata[i] = comment;
  }
  return g_steal_pointer (&wanted);
}

/* Puts @wanted into the lines at @slots; what is over goes behind the last one. */
static void
fill_slots (LaneDocument *document, const GArray *slots, guint place, GPtrArray *wanted,
            GPtrArray *comments)
{
  for (guint i = wanted->len; i-- > 0;) {
    LaneLine *line = g_steal_pointer (&wanted->pdata[i]);
    guint index = i < slots->len ? g_array_index (slots, guint, i) : place;

    if (i < slots->len) {
      line->end = line_at (document, index)->end;
      replace_line (document, index, line);
    } else
      g_ptr_array_insert (document->lines, index, line);
    if (comments->pdata[i] != NULL)
      g_ptr_array_insert (document->lines, index, g_steal_pointer (&comments->pdata[i]));
  }
}

static void
remove_slots (LaneDocument *document, const GArray *slots, guint from)
{
  for (guint i = slots->len; i > from; i--)
    g_ptr_array_remove_index (document->lines, g_array_index (slots, guint, i - 1));
}

static gboolean
put_values (LaneDocument *document, const char *section, const char *key, const char *const *values,
            GError **error)
{
  g_autoptr (GArray) slots = find_pairs (document, section, key);
  guint place = lane_block_find_key_place (document->lines, find_header (document, section), key);
  guint count = g_strv_length ((char **)values);
  g_autoptr (GPtrArray) comments = g_ptr_array_new_full (count, (GDestroyNotify)lane_line_free);
  g_autoptr (GPtrArray) wanted = NULL;

  g_ptr_array_set_size (comments, count);
  wanted = match_lines (document, slots, key, values, end_at (document, place), comments, error);
  if (wanted == NULL)
    return FALSE;
  remove_slots (document, slots, count);
  fill_slots (document, slots, place, wanted, comments);
  finish_edit (document);
  return TRUE;
}

static gboolean
check_values (const char *key, const char *const *values, GError **error)
{
  for (; *values != NULL; values++) {
    g_autoptr (LaneLine) line = lane_line_new_pair (key, *values, "\n", error);

    if (line == NULL)
      return FALSE;
  }
  return TRUE;
}

gboolean
lane_document_set_values (LaneDocument *document, const char *section, const char *key,
                          const char *const *values, GError **error)
{
  if (!lane_document_check (document, error))
    return FALSE;
  if (!lane_document_has_section (document, section)) {
    if (values[0] == NULL)
      return TRUE;
    /* First, so that nothing is left behind when one is refused. */
    if (!check_values (key, values, error) || !lane_document_add_section (document, section, error))
      return FALSE;
  }
  return put_values (document, section, key, values, error);
}

gboolean
lane_document_set (LaneDocument *document, const char *section, const char *key, const char *value,
                   GError **error)
{
  const char *const values[] = { value, NULL };

  return lane_document_set_values (document, section, key, values, error);
}

gboolean
lane_document_add (LaneDocument *document, const char *section, const char *key, const char *value,
                   GError **error)
{
  g_auto (GStrv) old = lane_document_get_values (document, section, key);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) values = NULL;

  g_strv_builder_addv (builder, (const char **)old);
  g_strv_builder_add (builder, value);
  values = g_strv_builder_end (builder);
  return lane_document_set_values (document, section, key, (const char *const *)values, error);
}

gboolean
lane_document_unset (LaneDocument *document, const char *section, const char *key, GError **error)
{
  const char *const values[] = { NULL };

  return lane_document_set_values (document, section, key, values, error);
}

gboolean
lane_document_rename_key (LaneDocument *document, const char *section, const char *key,
                          const char *new_key, GError **error)
{
  g_autoptr (GArray) slots = find_pairs (document, section, key);
  g_autoptr (GPtrArray) renamed = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_line_free);

  if (!lane_document_check (document, error))
    return FALSE;
  if (slots->len == 0) {
    g_set_error (error, LANE_DOCUMENT_ERROR, LANE_DOCUMENT_ERROR_MISSING, "[%s] has no %s", section,
                 key);
    return FALSE;
  }
  if (lane_document_find_line (document, section, new_key) != 0) {
    g_set_error (error, LANE_DOCUMENT_ERROR, LANE_DOCUMENT_ERROR_EXISTS, "[%s] has %s already",
                 section, new_key);
    return FALSE;
  }
  for (guint i = 0; i < slots->len; i++) {
    LaneLine *line =
        lane_line_with_name (line_at (document, g_array_index (slots, guint, i)), new_key, error);

    if (line == NULL)
      return FALSE;
    g_ptr_array_add (renamed, line);
  }
  for (guint i = 0; i < slots->len; i++)
    replace_line (document, g_array_index (slots, guint, i), g_steal_pointer (&renamed->pdata[i]));
  return TRUE;
}

/* The index of @section's header, or G_MAXUINT with @error. */
static guint
get_header (const LaneDocument *document, const char *section, GError **error)
{
  guint header;

  if (!lane_document_check (document, error))
    return G_MAXUINT;
  header = find_header (document, section);
  if (header < document->lines->len)
    return header;
  g_set_error (error, LANE_DOCUMENT_ERROR, LANE_DOCUMENT_ERROR_MISSING, "there is no [%s]",
               section);
  return G_MAXUINT;
}

static gboolean
is_free (const LaneDocument *document, const char *section, GError **error)
{
  guint line = lane_document_find_line (document, section, NULL);

  if (line == 0)
    return TRUE;
  g_set_error (error, LANE_DOCUMENT_ERROR, LANE_DOCUMENT_ERROR_EXISTS,
               "[%s] is there already, on line %u", section, line);
  return FALSE;
}

static gboolean
is_blank_or_edge (const LaneDocument *document, guint index)
{
  return index >= document->lines->len || line_at (document, index)->kind == LANE_LINE_BLANK;
}

gboolean
lane_document_add_section (LaneDocument *document, const char *section, GError **error)
{
  guint place = lane_block_find_section_place (document->lines, section);
  const char *end = end_at (document, place);
  LaneLine *header;

  if (!lane_document_check (document, error) || !is_free (document, section, error))
    return FALSE;
  header = lane_line_new_header (section, end, error);
  if (header == NULL)
    return FALSE;

  if (!is_blank_or_edge (document, place))
    g_ptr_array_insert (document->lines, place, lane_line_new ("", 0, end));
  g_ptr_array_insert (document->lines, place, header);
  if (place > 0 && !is_blank_or_edge (document, place - 1))
    g_ptr_array_insert (document->lines, place, lane_line_new ("", 0, end));
  finish_edit (document);
  return TRUE;
}

gboolean
lane_document_rename_section (LaneDocument *document, const char *section, const char *new_name,
                              GError **error)
{
  guint header = get_header (document, section, error);
  LaneLine *renamed;

  if (header == G_MAXUINT)
    return FALSE;
  if (strcmp (section, new_name) == 0)
    return TRUE;
  if (!is_free (document, new_name, error))
    return FALSE;
  renamed = lane_line_with_name (line_at (document, header), new_name, error);
  if (renamed == NULL)
    return FALSE;
  replace_line (document, header, renamed);
  finish_edit (document);
  return TRUE;
}

gboolean
lane_document_remove_section (LaneDocument *document, const char *section, GError **error)
{
  guint header = get_header (document, section, error);
  LaneBlock block;
  guint end;

  if (header == G_MAXUINT)
    return FALSE;
  block = lane_block_find (document->lines, header);
  end = block.last + 1;
  /* Of the blank lines on both sides, those above remain. */
  if (block.start == 0 || line_at (document, block.start - 1)->kind == LANE_LINE_BLANK)
    while (end < document->lines->len && line_at (document, end)->kind == LANE_LINE_BLANK)
      end++;
  g_ptr_array_remove_range (document->lines, block.start, end - block.start);
  finish_edit (document);
  return TRUE;
}

static int
compare_blocks (gconstpointer a, gconstpointer b)
{
  const LaneBlock *one = a, *other = b;

  return one->start < other->start ? -1 : one->start > other->start;
}

/* The blocks of @sections in that order, or NULL with @error. */
static GArray *
find_blocks (const LaneDocument *document, const char *const *sections, GError **error)
{
  g_autoptr (GArray) blocks = g_array_new (FALSE, FALSE, sizeof (LaneBlock));
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; sections[i] != NULL; i++) {
    guint header = get_header (document, sections[i], error);
    LaneBlock block;

    if (header == G_MAXUINT)
      return NULL;
    if (!g_hash_table_add (seen, (gpointer)sections[i])) {
      g_set_error (error, LANE_DOCUMENT_ERROR, LANE_DOCUMENT_ERROR_EXISTS,
                   "[%s] is named twice in the order", sections[i]);
      return NULL;
    }
    block = lane_block_find (document->lines, header);
    g_array_append_val (blocks, block);
  }
  return g_steal_pointer (&blocks);
}

static void
move_lines (GPtrArray *from, GPtrArray *to, guint start, guint end)
{
  for (guint i = start; i < end; i++)
    g_ptr_array_add (to, g_steal_pointer (&from->pdata[i]));
}

gboolean
lane_document_order_sections (LaneDocument *document, const char *const *sections, GError **error)
{
  g_autoptr (GArray) blocks = find_blocks (document, sections, error);
  g_autoptr (GArray) slots = NULL;
  GPtrArray *lines;
  guint done = 0;

  if (blocks == NULL)
    return FALSE;
  slots = g_array_copy (blocks);
  g_array_sort (slots, compare_blocks);
  lines = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_line_free);
  for (guint i = 0; i < slots->len; i++) {
    const LaneBlock *slot = &g_array_index (slots, LaneBlock, i);
    const LaneBlock *block = &g_array_index (blocks, LaneBlock, i);

    move_lines (document->lines, lines, done, slot->start);
    move_lines (document->lines, lines, block->start, block->last + 1);
    done = slot->last + 1;
  }
  move_lines (document->lines, lines, done, document->lines->len);
  g_ptr_array_set_free_func (document->lines, NULL);
  g_ptr_array_unref (document->lines);
  document->lines = lines;
  finish_edit (document);
  return TRUE;
}
