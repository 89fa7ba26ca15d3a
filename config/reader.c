#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <ini.h>

#include "problem.h"

#define COMPLAINTS_MAX 100 /* a file of another kind has one for each of its lines */

typedef struct {
  const char *next, *end; /* what is still to be read */
  int line;
  const char *place;
  GPtrArray *problems;
  GPtrArray *entries;
  GHashTable *sections; /* name -> line of its header */
  char *section;        /* NULL before the first one, and under a broken one */
  gboolean muted;       /* under a broken header, which has been reported */
  guint complaints;
} Reader;

static void
entry_free (gpointer data)
{
  LaneReaderEntry *entry = data;

  g_free (entry->section);
  g_free (entry->key);
  g_free (entry->value);
  g_free (entry);
}

static void
add_entry (Reader *reader, const char *key, const char *value)
{
  LaneReaderEntry *entry = g_new0 (LaneReaderEntry, 1);

  entry->line = reader->line;
  entry->section = g_strdup (reader->section);
  entry->key = g_strdup (key);
  entry->value = g_strdup (value);
  g_ptr_array_add (reader->entries, entry);
}

/* Never quotes the line: it may be a password with its key mistyped. */
static void
complain (Reader *reader, const char *key, const char *format, ...) G_GNUC_PRINTF (3, 4);
static void
complain (Reader *reader, const char *key, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (++reader->complaints > COMPLAINTS_MAX)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (reader->problems,
                   lane_problem_new (LANE_PROBLEM_ERROR, reader->place, reader->line,
                                     reader->section, key, "%s", text));
}

static gboolean
line_is_text (Reader *reader, const char *line, gsize length)
{
  if (length > LANE_READER_LINE_MAX) {
    complain (reader, NULL, "the line is %" G_GSIZE_FORMAT " bytes long, at most %d are read",
              length, LANE_READER_LINE_MAX);
    return FALSE;
  }
  for (gsize i = 0; i < length; i++)
    if (g_ascii_iscntrl (line[i]) && line[i] != '\t') {
      complain (reader, NULL, "the line has the control character 0x%02x: remove it",
                (guint8)line[i]);
      return FALSE;
    }
  if (!g_utf8_validate (line, length, NULL)) {
    complain (reader, NULL, "the line is not UTF-8: save the file as UTF-8");
    return FALSE;
  }
  return TRUE;
}

static gboolean
is_comment (const char *text)
{
  return *text == '\0' || *text == ';' || *text == '#';
}

/* The name between the brackets of @line with single blanks, or NULL after a complaint. */
static char *
section_name (Reader *reader, const char *line)
{
  const char *close = strchr (line, ']');
  g_autofree char *inner = NULL;
  g_autoptr (GString) name = g_string_new (NULL);
  g_auto (GStrv) words = NULL;
  const char *rest;

  if (close == NULL) {
    complain (reader, NULL, "expected ']' after the section's name");
    return NULL;
  }
  rest = close + 1 + strspn (close + 1, " \t");
  if (!is_comment (rest)) {
    complain (reader, NULL, "expected nothing but a comment after ']'");
    return NULL;
  }
  if (close - line - 1 > LANE_READER_NAME_MAX) {
    complain (reader, NULL, "the section's name is %d bytes long, at most %d are read",
              (int)(close - line - 1), LANE_READER_NAME_MAX);
    return NULL;
  }

  inner = g_strndup (line + 1, close - line - 1);
  if (strpbrk (inner, ";#[") != NULL) {
    complain (reader, NULL, "expected a section's name without ';', '#' and '['");
    return NULL;
  }
  words = g_strsplit_set (inner, " \t", -1);
  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      g_string_append_printf (name, "%s%s", name->len > 0 ? " " : "", words[i]);
  if (name->len == 0) {
    complain (reader, NULL, "expected a section's name between '[' and ']'");
    return NULL;
  }
  return g_string_free (g_steal_pointer (&name), FALSE);
}

static gboolean
enter_section (Reader *reader, const char *line)
{
  g_autofree char *name = NULL;
  int first;

  g_clear_pointer (&reader->section, g_free);
  reader->muted = TRUE;
  name = section_name (reader, line);
  if (name == NULL)
    return FALSE;

  reader->section = g_steal_pointer (&name);
  first = GPOINTER_TO_INT (g_hash_table_lookup (reader->sections, reader->section));
  if (first != 0) {
    complain (reader, NULL,
              "is here a second time, first on line %d: keep one section with all keys", first);
    g_clear_pointer (&reader->section, g_free);
    return FALSE;
  }
  g_hash_table_insert (reader->sections, g_strdup (reader->section),
                       GINT_TO_POINTER (reader->line));
  reader->muted = FALSE;
  add_entry (reader, NULL, NULL);
  return TRUE;
}

static gboolean
pair_is_sound (Reader *reader, const char *line)
{
  gsize key_length = strcspn (line, "=:");
  g_autofree char *key = g_strchomp (g_strndup (line, key_length));

  if (line[key_length] != '=' || *key == '\0'
      || strspn (key, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.") != strlen (key)) {
    complain (reader, NULL, "expected [section] or key = value");
    return FALSE;
  }
  if (strlen (key) > LANE_READER_NAME_MAX) {
    complain (reader, NULL, "the key is %" G_GSIZE_FORMAT " bytes long, at most %d are read",
              strlen (key), LANE_READER_NAME_MAX);
    return FALSE;
  }
  if (reader->section == NULL) {
    if (!reader->muted)
      complain (reader, key, "stands before the first [section]: move it under one");
    return FALSE;
  }
  return TRUE;
}

/* Whether inih may see @line; sections are entered on the way, as inih does not tell of empty ones.
 */
static gboolean
line_is_sound (Reader *reader, const char *line, gsize length)
{
  const char *start;

  if (!line_is_text (reader, line, length)) {
    /* A header among the broken lines must not hand its keys to the section before it. */
    if (length > 0 && line[0] == '[') {
      g_clear_pointer (&reader->section, g_free);
      reader->muted = TRUE;
    }
    return FALSE;
  }
  start = line + strspn (line, " \t");
  if (is_comment (start))
    return FALSE;
  if (start != line) {
    complain (reader, NULL, "the line starts with a blank: keys and [sections] start at column 1");
    return FALSE;
  }
  if (*line == '[')
    return enter_section (reader, line);
  return pair_is_sound (reader, line);
}

/* inih's fgets: the next line if it is sound, else an empty one. */
static char *
on_read (char *buffer, int size, void *user_data)
{
  Reader *reader = user_data;
  g_autofree char *line = NULL;
  const char *line_end;
  gsize length;

  if (reader->next == reader->end)
    return NULL;
  line_end = memchr (reader->next, '\n', reader->end - reader->next);
  length = (line_end != NULL ? line_end : reader->end) - reader->next;
  line = g_malloc (length + 1);
  memcpy (line, reader->next, length);
  if (length > 0 && line[length - 1] == '\r')
    length--;
  line[length] = '\0';
  reader->next = line_end != NULL ? line_end + 1 : reader->end;
  reader->line++;

  if (!line_is_sound (reader, line, length) || g_snprintf (buffer, size, "%s\n", line) >= size)
    g_strlcpy (buffer, "\n", size);
  return buffer;
}

static int
on_pair (void *user_data, const char *section, const char *name, const char *value)
{
  Reader *reader = user_data;

  add_entry (reader, name, value != NULL ? value : "");
  return 1;
}

GPtrArray *
lane_reader_parse (const char *data, gsize length, const char *place, GPtrArray *problems)
{
  Reader reader = { .next = data, .end = data + length, .place = place, .problems = problems };
  int bad_line;

  reader.entries = g_ptr_array_new_with_free_func (entry_free);
  if (length >= 2 && (memcmp (data, "\xff\xfe", 2) == 0 || memcmp (data, "\xfe\xff", 2) == 0)) {
    complain (&reader, NULL, "is UTF-16: save it as UTF-8");
    return reader.entries;
  }
  if (length >= 3 && memcmp (data, "\xef\xbb\xbf", 3) == 0)
    reader.next += 3;

  reader.sections = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  bad_line = ini_parse_stream (on_read, &reader, on_pair, &reader);
  if (bad_line != 0) {
    reader.line = MAX (bad_line, 0);
    complain (&reader, NULL, "expected [section] or key = value");
  }
  g_hash_table_unref (reader.sections);
  g_free (reader.section);
  return reader.entries;
}

/* Sets @error when @status is not of a file that can be read to its end. */
static gboolean
is_readable_file (const struct stat *status, GError **error)
{
  if (S_ISDIR (status->st_mode)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY, "is a directory, not a file");
    return FALSE;
  }
  /* Devices for the sake of /dev/null. A pipe could keep us waiting. */
  if (!S_ISREG (status->st_mode) && !S_ISCHR (status->st_mode)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "is not a regular file");
    return FALSE;
  }
  return TRUE;
}

static void
set_errno_error (GError **error, int error_number)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (error_number), "cannot be read: %s",
               g_strerror (error_number));
}

typedef struct {
  gsize length;
  char data[];
} Text;

static void
text_free (gpointer data)
{
  Text *text = data;

  explicit_bzero (text->data, text->length); /* it may hold passwords */
  g_free (text);
}

static GBytes *
text_to_bytes (const char *data, gsize length)
{
  Text *text = g_malloc (sizeof *text + length);

  text->length = length;
  memcpy (text->data, data, length);
  return g_bytes_new_with_free_func (text->data, length, text_free, text);
}

static GBytes *
read_all (int fd, GError **error)
{
  g_autofree char *data = g_malloc (LANE_READER_FILE_MAX + 1);
  gsize length = 0;
  GBytes *bytes = NULL;
  gssize n;

  do {
    n = TEMP_FAILURE_RETRY (read (fd, data + length, LANE_READER_FILE_MAX + 1 - length));
    length += MAX (n, 0);
  } while (n > 0 && length <= LANE_READER_FILE_MAX);

  if (n < 0)
    set_errno_error (error, errno);
  else if (length > LANE_READER_FILE_MAX)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                 "is larger than 1 MiB: this is no settings file");
  else
    bytes = text_to_bytes (data, length);
  explicit_bzero (data, length);
  return bytes;
}

GBytes *
lane_reader_read_file (const char *path, mode_t *mode, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat status;
  GBytes *bytes = NULL;

  if (fd < 0) {
    set_errno_error (error, errno);
    return NULL;
  }
  if (fstat (fd, &status) < 0)
    set_errno_error (error, errno);
  else if (is_readable_file (&status, error))
    bytes = read_all (fd, error);
  if (bytes != NULL)
    *mode = status.st_mode;
  close (fd);
  return bytes;
}
