/* Lines of an INI file as entries.
 *
 * inih 55 cuts long lines, section names and keys without a word and takes the rest for another
 * line, so every line is measured and checked before inih sees it. The dialect: keys at the first
 * column; `key = value`; `#` or `;` at the start of a line, or ` ;` after a value, is a comment; no
 * quotes, no continuation lines. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#define LANE_READER_FILE_MAX (1024 * 1024)
#define LANE_READER_LINE_MAX 198 /* bytes, without the line end */
#define LANE_READER_NAME_MAX 49  /* bytes of a section's name or of a key */

typedef struct {
  int line;      /* from 1 */
  char *section; /* with single blanks: `server home` */
  char *key;     /* NULL: this is the [section] line itself */
  char *value;   /* never NULL with a key */
} LaneReaderEntry;

/* The entries (of LaneReaderEntry) of the lines that are sound; the others are described in
 * @problems as standing in @place. Lines under a broken [section] line are left out. */
GPtrArray *
lane_reader_parse (const char *data, gsize length, const char *place, GPtrArray *problems);

/* Reads a regular file of at most LANE_READER_FILE_MAX bytes, following symbolic links, and says
 * which @mode it has. G_IO_ERROR_NOT_FOUND when there is none; messages do not repeat @path. */
GBytes *lane_reader_read_file (const char *path, mode_t *mode, GError **error);
