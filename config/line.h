/* One line of an INI file, kept as it was written. For this folder only. */
#pragma once

#include <glib.h>

typedef enum {
  LANE_LINE_BLANK,
  LANE_LINE_COMMENT,
  LANE_LINE_HEADER,
  LANE_LINE_PAIR,
  LANE_LINE_BROKEN /* the reader refused it */
} LaneLineKind;

typedef struct {
  LaneLineKind kind;
  char *text; /* without the line end; may hold NUL when broken */
  gsize length;
  const char *end; /* "\n" or "\r\n" */
  char *name;      /* of a header: the section, as `server home`; of a pair: the key */
  char *value;     /* of a pair */
} LaneLine;

#define LANE_LINE_ERROR (lane_line_error_quark ())
GQuark lane_line_error_quark (void);
typedef enum {
  LANE_LINE_ERROR_VALUE, /* would be read as something else */
  LANE_LINE_ERROR_NAME,
  LANE_LINE_ERROR_LENGTH
} LaneLineError;

/* A line of a kind that the reader does not report, by its first character. */
LaneLine *lane_line_new (const char *text, gsize length, const char *end);
LaneLine *lane_line_copy (const LaneLine *line);
void lane_line_free (LaneLine *line); /* wipes it: it may be a password */

/* New lines, in the plainest form; NULL when they would not be read as what was asked for. No
 * message quotes a value. */
LaneLine *lane_line_new_pair (const char *key, const char *value, const char *end, GError **error);
LaneLine *lane_line_new_header (const char *section, const char *end, GError **error);

/* Copies with another value or name and all else left: blanks around `=`, the comment and, where it
 * fits, its column. LANE_LINE_ERROR_LENGTH: without its comment the line may fit. */
LaneLine *lane_line_with_value (const LaneLine *line, const char *value, GError **error);
LaneLine *lane_line_with_name (const LaneLine *line, const char *name, GError **error);

/* Divides a pair in two: its comment, which becomes a line of its own, and the rest. NULL: it has
 * none. */
LaneLine *lane_line_split_comment (const LaneLine *line, LaneLine **comment);

/* What a setting that is put out of use would have for @key: the rest of `#key = rest`. NULL: it is
 * no such comment. */
const char *lane_line_find_commented_value (const LaneLine *line, const char *key);
/* Whether a comment is a section put out of use: `#[server home]`. */
gboolean lane_line_is_commented_header (const LaneLine *line);

/* The line as it may be shown: secrets, in use or commented out, and lines that cannot be read are
 * masked. */
char *lane_line_to_shown (const LaneLine *line);
/* Whether there is a secret in it. */
gboolean lane_line_holds_secret (const LaneLine *line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneLine, lane_line_free)
