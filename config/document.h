/* An INI file as a list of lines, for editing that touches only the lines it must.
 *
 * Comments, blank lines, order, unknown keys, line ends, a missing last line end and blanks around
 * `=` stay as they are. What an edit writes has been read back by reader.h first: a value that
 * would come out differently is refused and leaves the document as it was. Sections and keys are
 * named as reader.h gives them: `server home`, `uri`. See edit.h for edits that know the table of
 * settings. No message quotes a value: it may be a password. */
#pragma once

#include <glib.h>

typedef struct _LaneDocument LaneDocument;

#define LANE_DOCUMENT_ERROR (lane_document_error_quark ())
GQuark lane_document_error_quark (void);
typedef enum {
  LANE_DOCUMENT_ERROR_BROKEN,  /* the text has lines that cannot be read */
  LANE_DOCUMENT_ERROR_MISSING, /* no such section or key */
  LANE_DOCUMENT_ERROR_EXISTS
} LaneDocumentError;

LaneDocument *lane_document_new (void);
/* Any text makes a document; one with broken lines can be looked at, not edited. */
LaneDocument *lane_document_parse (GBytes *text);
LaneDocument *lane_document_copy (const LaneDocument *document);
/* Makes @document a copy of @from. */
void lane_document_assign (LaneDocument *document, const LaneDocument *from);
void lane_document_free (LaneDocument *document);

/* What was parsed, byte for byte, with the edits. */
GBytes *lane_document_to_bytes (const LaneDocument *document);
gboolean lane_document_equal (const LaneDocument *one, const LaneDocument *other);
/* FALSE with LANE_DOCUMENT_ERROR_BROKEN, naming the first broken line of the parsed text. */
gboolean lane_document_check (const LaneDocument *document, GError **error);
/* Whether a line, in use or commented out, holds a password or the like. */
gboolean lane_document_holds_secret (const LaneDocument *document);

/* Lines are numbered from 1. Shown, secrets are masked; the caller frees it. Two lines are equal
 * whatever line ends they have. */
guint lane_document_get_length (const LaneDocument *document);
char *lane_document_show_line (const LaneDocument *document, guint number);
gboolean lane_document_line_equal (const LaneDocument *one, guint number, const LaneDocument *other,
                                   guint other_number);

/* All in file order, NULL-terminated and for the caller to free; empty when there are none. */
char **lane_document_get_sections (const LaneDocument *document);
char **lane_document_get_keys (const LaneDocument *document, const char *section); /* each once */
char **
lane_document_get_values (const LaneDocument *document, const char *section, const char *key);
gboolean lane_document_has_section (const LaneDocument *document, const char *section);
/* From 1; 0 when there is none. @key NULL: the [section] line. */
guint lane_document_find_line (const LaneDocument *document, const char *section, const char *key);

/* One value, in place of all that the key has; makes the section when there is none. */
gboolean lane_document_set (LaneDocument *document, const char *section, const char *key,
                            const char *value, GError **error);
/* A line for each of @values (NULL-terminated), in this order. Lines that have their value already
 * keep it, with their comment; none left: as unset. */
gboolean lane_document_set_values (LaneDocument *document, const char *section, const char *key,
                                   const char *const *values, GError **error);
/* One line more. */
gboolean lane_document_add (LaneDocument *document, const char *section, const char *key,
                            const char *value, GError **error);
/* Fine when there is none. */
gboolean
lane_document_unset (LaneDocument *document, const char *section, const char *key, GError **error);
gboolean lane_document_rename_key (LaneDocument *document, const char *section, const char *key,
                                   const char *new_key, GError **error);

/* A section is its [section] line, the comment directly above that, its settings, and comments
 * directly below those. What stands apart behind a blank line stays where it is. */

/* Behind the last section of its kind (`server`), else behind one that is commented out, else at
 * the end. */
gboolean lane_document_add_section (LaneDocument *document, const char *section, GError **error);
gboolean lane_document_rename_section (LaneDocument *document, const char *section,
                                       const char *new_name, GError **error);
gboolean lane_document_remove_section (LaneDocument *document, const char *section, GError **error);
/* Puts these sections (NULL-terminated, each once) in this order into the places they have now. */
gboolean
lane_document_order_sections (LaneDocument *document, const char *const *sections, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneDocument, lane_document_free)
