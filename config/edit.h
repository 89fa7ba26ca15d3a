/* Edits of a document that know the table of settings: what the settings panel and `icelane config
 * set` do. On failure the document is as it was. Messages are those that the file gets when it is
 * read, and never quote a secret. Sections are named as `ice` and `server home`. */
#pragma once

#include "config.h"
#include "document.h"
#include "folders.h"

#define LANE_EDIT_ERROR (lane_edit_error_quark ())
GQuark lane_edit_error_quark (void);
typedef enum {
  LANE_EDIT_ERROR_UNKNOWN, /* no such setting */
  LANE_EDIT_ERROR_VALUE    /* see also LANE_OPTION_ERROR and LANE_LINE_ERROR */
} LaneEditError;

/* FALSE with LANE_EDIT_ERROR_UNKNOWN and, where it can be guessed, what was meant. */
gboolean lane_edit_check_name (const char *section, const char *key, GError **error);
gboolean lane_edit_is_secret (const char *section, const char *key);

/* Checks @values (NULL-terminated; more than one only for settings that repeat) and puts them in
 * place of what the setting has. None: it is removed. A password that cannot stand in a line is
 * written as `password-b64`, whichever of the two was there before. */
gboolean lane_edit_set (LaneDocument *document, const char *section, const char *key,
                        const char *const *values, const LaneFolders *folders, GError **error);
/* Gives [server NAME] or [peer NAME] another name, also where [peer] sections say `servers`. */
gboolean lane_edit_rename (LaneDocument *document, const char *section, const char *new_name,
                           GError **error);

/* What @after would add to what is wrong with @before (of LaneProblem, errors only), read with
 * @sources: @faults are to be mended before it is saved; @gaps say what a section still lacks that
 * is new or was not complete before. */
void lane_edit_review (const LaneConfigSources *sources, const LaneDocument *before,
                       const LaneDocument *after, GPtrArray *faults, GPtrArray *gaps);
