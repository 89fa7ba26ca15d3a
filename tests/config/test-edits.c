/* Random edits of random files: what was asked for is read back, all else stays as it was. */
#include "suite.h"

#include <string.h>

#include "document.h"
#include "problem.h"
#include "reader.h"

#define ROUNDS         (LANE_SANITIZED ? 10000 : 100000)
#define EDITS_PER_FILE 10
#define SEED           20261122

static const char *const sections[] = { "ice",      "log",           "keys",
                                        "server a", "server b",      "server c.d",
                                        "peer a",   "peer \xc3\xa9", "warp" };
static const char *const keys[] = { "uri", "k", "trickle", "password", "long-name_1.x", "K" };
static const char *const values[] = {
  "",
  "on",
  "a b",
  "x = y",
  "a;b",
  "#5",
  "stun:a",
  "turn:b?transport=tcp",
  "[x]",
  "\"q q\"",
  "caf\xc3\xa9",
  "=",
  "\xe2\x86\x92 ;",
  "a\tb;c",
  " lead",
  "trail ",
  "a ;cut",
  ";cut",
  "two\nlines",
  "\x1b[m",
  "a\rb",
  "\xff",
};
static const char *const fillers[] = { "# comment",   "; comment",       "",
                                       "  ",          "\t# indented",    "#uri = x",
                                       "#[server z]", "   ; key = value" };
static const char *const separators[] = { " = ", "=", "\t=  ", " =", " =\t\t" };
static const char *const tails[] = { "", "", "   ; c", " ;", "\t; tab = 1", "  " };

#define PICK(random, array) (array)[g_rand_int_range (random, 0, G_N_ELEMENTS (array))]

/* What a file says: entries `[section]` and `[section]\nkey\nvalue`, and nothing of its form. */
typedef GPtrArray Meaning;

static char *
make_entry (const char *section, const char *key, const char *value)
{
  return key != NULL ? g_strdup_printf ("[%s]\n%s\n%s", section, key, value)
                     : g_strdup_printf ("[%s]", section);
}

static GPtrArray *
read_entries (GBytes *text)
{
  gsize length;
  const char *data = g_bytes_get_data (text, &length);
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  GPtrArray *entries = lane_reader_parse (data != NULL ? data : "", length, "", problems);

  ck_assert_uint_eq (problems->len, 0);
  return entries;
}

static Meaning *
read_meaning (GBytes *text)
{
  g_autoptr (GPtrArray) entries = read_entries (text);
  Meaning *meaning = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < entries->len; i++) {
    const LaneReaderEntry *entry = g_ptr_array_index (entries, i);

    g_ptr_array_add (meaning, make_entry (entry->section, entry->key, entry->value));
  }
  return meaning;
}

/* The length of what an entry has before its value: section and key. */
static gsize
subject_length (const char *entry)
{
  const char *newline = strchr (entry, '\n');

  return newline != NULL ? (gsize)(strchr (newline + 1, '\n') - entry) : strlen (entry);
}

/* The values of one key count in their order, and the sort is stable. */
static int
compare_subjects (gconstpointer a, gconstpointer b)
{
  const char *one = *(char *const *)a, *other = *(char *const *)b;
  gsize length = subject_length (one), other_length = subject_length (other);
  int order = memcmp (one, other, MIN (length, other_length));

  return order != 0 ? order : (int)length - (int)other_length;
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* The lines of @text with their ends; the last one ends with LAST, as it may have half a line end
 * or none and get or give away a whole one. */
#define LAST "\x01"

#define BOM "\xef\xbb\xbf"

static gboolean
has_bom (GBytes *text)
{
  return g_bytes_get_size (text) >= strlen (BOM)
         && memcmp (g_bytes_get_data (text, NULL), BOM, strlen (BOM)) == 0;
}

static GPtrArray *
split (GBytes *text)
{
  gsize length;
  const char *data = g_bytes_get_data (text, &length);
  const char *at = data == NULL ? "" : data, *end = at + length;
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  if (has_bom (text))
    at += strlen (BOM);
  while (at < end) {
    const char *newline = memchr (at, '\n', end - at);
    const char *next = newline != NULL ? newline + 1 : end;
    gsize bare = next - at;

    while (next == end && bare > 0 && strchr ("\r\n", at[bare - 1]) != NULL)
      bare--;
    g_ptr_array_add (lines, g_strdup_printf ("%.*s%s", (int)bare, at, next == end ? LAST : ""));
    at = next;
  }
  return lines;
}

static void
assert_same_line (const char *one, const char *other)
{
  gsize length = strcspn (one, "\r\n" LAST);

  if (strcmp (one, other) == 0)
    return;
  ck_assert_msg (length == strcspn (other, "\r\n" LAST) && memcmp (one, other, length) == 0
                     && (strstr (one, LAST) != NULL || strstr (other, LAST) != NULL),
                 "'%s' became '%s'", one, other);
}

static void
append_random_line (GString *text, GRand *random, GHashTable *seen)
{
  int kind = g_rand_int_range (random, 0, 10);
  const char *section = PICK (random, sections);

  if (kind < 2 && g_hash_table_add (seen, (gpointer)section))
    g_string_append_printf (text, g_rand_boolean (random) ? "[%s]" : "[ %s ]  ; c", section);
  else if (kind < 5 || g_hash_table_size (seen) == 0)
    g_string_append (text, PICK (random, fillers));
  else
    /* The first 12 values stand in any file. */
    g_string_append_printf (text, "%s%s%s%s", PICK (random, keys), PICK (random, separators),
                            values[g_rand_int_range (random, 0, 12)], PICK (random, tails));
}

static GBytes *
make_file (GRand *random)
{
  GString *text = g_string_new (g_rand_int_range (random, 0, 10) == 0 ? BOM : "");
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  int ends = g_rand_int_range (random, 0, 3); /* LF, CRLF, either */

  for (int i = g_rand_int_range (random, 0, 25); i > 0; i--) {
    gboolean carriage = ends == 1 || (ends == 2 && g_rand_boolean (random));

    append_random_line (text, random, seen);
    if (i > 1 || g_rand_boolean (random))
      g_string_append (text, carriage ? "\r\n" : "\n");
  }
  return g_string_free_to_bytes (text);
}

/* One edit, and what it is to do to the meaning. */
typedef struct {
  GRand *random;
  LaneDocument *document;
  Meaning *meaning;
  const char *section, *key; /* what it is about; NULL section: the order, NULL key: a section */
  const char *other;         /* the section's new name */
  gboolean existed, removed; /* the section, before and by the edit */
} Round;

static gboolean
has_section (const Round *round, const char *section)
{
  g_autofree char *entry = make_entry (section, NULL, NULL);

  return g_ptr_array_find_with_equal_func (round->meaning, entry, g_str_equal, NULL);
}

/* Removes the section, or the key in it. */
static void
forget (Meaning *meaning, const char *section, const char *key)
{
  g_autofree char *header = make_entry (section, NULL, NULL);
  g_autofree char *start = key != NULL ? g_strdup_printf ("[%s]\n%s\n", section, key)
                                       : g_strdup_printf ("[%s]\n", section);

  for (guint i = meaning->len; i-- > 0;) {
    const char *entry = g_ptr_array_index (meaning, i);

    if (g_str_has_prefix (entry, start) || (key == NULL && strcmp (entry, header) == 0))
      g_ptr_array_remove_index (meaning, i);
  }
}

static char **
pick_values (GRand *random)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (int i = g_rand_int_range (random, 0, 4); i > 0; i--)
    g_strv_builder_add (builder, PICK (random, values));
  return g_strv_builder_end (builder);
}

static gboolean
edit_values (Round *round)
{
  g_auto (GStrv) wanted = pick_values (round->random);

  round->key = PICK (round->random, keys);
  if (!lane_document_set_values (round->document, round->section, round->key,
                                 (const char *const *)wanted, NULL))
    return FALSE;
  if (wanted[0] != NULL && !has_section (round, round->section))
    g_ptr_array_add (round->meaning, make_entry (round->section, NULL, NULL));
  forget (round->meaning, round->section, round->key);
  for (guint i = 0; wanted[i] != NULL; i++)
    g_ptr_array_add (round->meaning, make_entry (round->section, round->key, wanted[i]));
  return TRUE;
}

static gboolean
edit_one_more (Round *round)
{
  const char *value = PICK (round->random, values);

  round->key = PICK (round->random, keys);
  if (!lane_document_add (round->document, round->section, round->key, value, NULL))
    return FALSE;
  if (!has_section (round, round->section))
    g_ptr_array_add (round->meaning, make_entry (round->section, NULL, NULL));
  g_ptr_array_add (round->meaning, make_entry (round->section, round->key, value));
  return TRUE;
}

static gboolean
edit_name (Round *round)
{
  g_autofree char *old = make_entry (round->section, NULL, NULL);

  round->other = PICK (round->random, sections);
  if (!lane_document_rename_section (round->document, round->section, round->other, NULL))
    return FALSE;
  for (guint i = 0; i < round->meaning->len; i++) {
    char *entry = g_ptr_array_index (round->meaning, i);

    if (!g_str_has_prefix (entry, old))
      continue;
    round->meaning->pdata[i] = g_strdup_printf ("[%s]%s", round->other, entry + strlen (old));
    g_free (entry);
  }
  return TRUE;
}

static gboolean
edit_sections (Round *round)
{
  switch (g_rand_int_range (round->random, 0, 3)) {
  case 0:
    if (!lane_document_add_section (round->document, round->section, NULL))
      return FALSE;
    g_ptr_array_add (round->meaning, make_entry (round->section, NULL, NULL));
    return TRUE;
  case 1:
    if (!lane_document_remove_section (round->document, round->section, NULL))
      return FALSE;
    forget (round->meaning, round->section, NULL);
    round->removed = TRUE;
    return TRUE;
  default:
    return edit_name (round);
  }
}

static gboolean
edit_order (Round *round)
{
  g_auto (GStrv) order = lane_document_get_sections (round->document);
  g_auto (GStrv) after = NULL;

  for (guint i = g_strv_length (order); i > 1; i--) {
    guint j = g_rand_int_range (round->random, 0, i);
    char *swapped = order[i - 1];

    order[i - 1] = order[j];
    order[j] = swapped;
  }
  if (!lane_document_order_sections (round->document, (const char *const *)order, NULL))
    return FALSE;
  after = lane_document_get_sections (round->document);
  ck_assert (g_strv_equal ((const char *const *)order, (const char *const *)after));
  round->section = NULL;
  round->existed = TRUE;
  return TRUE;
}

static gboolean
edit (Round *round)
{
  round->section = PICK (round->random, sections);
  round->existed = has_section (round, round->section);
  switch (g_rand_int_range (round->random, 0, 6)) {
  case 0:
  case 1:
  case 2:
    return edit_values (round);
  case 3:
    return edit_one_more (round);
  case 4:
    return edit_sections (round);
  default:
    return edit_order (round);
  }
}

static gboolean
is_blank (const char *line)
{
  return line[strspn (line, " \t\r\n" LAST)] == '\0';
}

static gboolean
is_comment (const char *line)
{
  line += strspn (line, " \t");
  return *line == ';' || *line == '#';
}

/* Marks the lines of @text that the edit was about, and so may differ. */
static gboolean *
mark_touched (const Round *round, GBytes *text, guint lines)
{
  g_autoptr (GPtrArray) entries = read_entries (text);
  gboolean *touched = g_new0 (gboolean, lines + 1);

  for (guint i = 0; i < entries->len; i++) {
    const LaneReaderEntry *entry = g_ptr_array_index (entries, i);
    gboolean here = g_strcmp0 (entry->section, round->section) == 0;

    if (round->removed || round->other != NULL)
      touched[entry->line - 1] = (here || g_strcmp0 (entry->section, round->other) == 0)
                                 && (round->removed || entry->key == NULL);
    else if (here)
      touched[entry->line - 1] =
          entry->key == NULL ? !round->existed : g_strcmp0 (entry->key, round->key) == 0;
  }
  return touched;
}

/* The lines that the edit was not about, in order. A new section may bring blank lines, and one
 * that goes takes blank lines and comments along. */
static GPtrArray *
list_untouched (const Round *round, GBytes *text)
{
  g_autoptr (GPtrArray) lines = split (text);
  g_autofree gboolean *touched = mark_touched (round, text, lines->len);
  GPtrArray *untouched = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < lines->len; i++) {
    const char *line = g_ptr_array_index (lines, i);

    if (!touched[i] && !(is_blank (line) && (!round->existed || round->removed))
        && !(is_comment (line) && round->removed))
      g_ptr_array_add (untouched, g_strdup (line));
  }
  return untouched;
}

static void
sort_bare (GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++) {
    char *line = g_ptr_array_index (lines, i);

    line[strcspn (line, "\r\n" LAST)] = '\0';
  }
  g_ptr_array_sort (lines, compare_strings);
}

static void
check_untouched (const Round *round, GBytes *before, GBytes *after)
{
  g_autoptr (GPtrArray) old = list_untouched (round, before);
  g_autoptr (GPtrArray) new = list_untouched (round, after);

  if (round->section == NULL) { /* another order */
    sort_bare (old);
    sort_bare (new);
  }
  ck_assert_uint_eq (old->len, new->len);
  for (guint i = 0; i < old->len; i++)
    assert_same_line (old->pdata[i], new->pdata[i]);
}

static gboolean
ends_with_newline (GBytes *text)
{
  gsize length;
  const char *data = g_bytes_get_data (text, &length);

  return length > 0 && data[length - 1] == '\n';
}

static void
check_meaning (const Round *round, GBytes *after)
{
  g_autoptr (GPtrArray) read = read_meaning (after);

  g_ptr_array_sort (read, compare_subjects);
  g_ptr_array_sort (round->meaning, compare_subjects);
  ck_assert_uint_eq (read->len, round->meaning->len);
  for (guint i = 0; i < read->len; i++)
    ck_assert_str_eq (read->pdata[i], round->meaning->pdata[i]);
}

/* One edit of @document, which may be refused. */
static gboolean
run_round (GRand *random, LaneDocument *document)
{
  g_autoptr (GBytes) before = lane_document_to_bytes (document);
  g_autoptr (GBytes) after = NULL;
  g_autoptr (GPtrArray) meaning = read_meaning (before);
  Round round = { .random = random, .document = document, .meaning = meaning };
  gboolean done = edit (&round);

  after = lane_document_to_bytes (document);
  if (!done) {
    ck_assert (g_bytes_equal (before, after));
    return FALSE;
  }
  check_meaning (&round, after);
  check_untouched (&round, before, after);
  ck_assert_int_eq (has_bom (before), has_bom (after));
  if (ends_with_newline (before) && g_bytes_get_size (after) > strlen (BOM))
    ck_assert (ends_with_newline (after));
  return TRUE;
}

START_TEST (random_edits_change_what_they_should_and_nothing_else)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (SEED);
  guint done = 0;

  for (guint i = 0; i < ROUNDS / EDITS_PER_FILE; i++) {
    g_autoptr (GBytes) text = make_file (random);
    g_autoptr (LaneDocument) document = lane_document_parse (text);
    g_autoptr (GBytes) unedited = lane_document_to_bytes (document);

    ck_assert (g_bytes_equal (text, unedited));
    for (guint j = 0; j < EDITS_PER_FILE; j++)
      done += run_round (random, document);
  }
  /* Some values and some names must be refused, but the test is about those that are not. */
  ck_assert_uint_gt (done, ROUNDS / 2);
  ck_assert_uint_lt (done, ROUNDS * 9 / 10);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("edits");
  TCase *tcase = tcase_create ("edits");

  tcase_set_timeout (tcase, 120);
  tcase_add_test (tcase, random_edits_change_what_they_should_and_nothing_else);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
