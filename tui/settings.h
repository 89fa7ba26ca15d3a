/* The settings file while the panel edits it: as it was read, as it is to become, and the steps
 * between them.
 *
 * Plain data: it reads and writes no file (see settings-files.h). Every edit is one step that can
 * be undone; one that is refused changes nothing, and @error has the words the file would get.
 * Sections are named as `ice` and `server home`. */
#pragma once

#include "config.h"
#include "edit.h"
#include "save.h"

typedef struct _LaneSettings LaneSettings;

/* Copies @sources. Nothing is open yet. */
LaneSettings *lane_settings_new (const LaneConfigSources *sources);
void lane_settings_free (LaneSettings *settings);
const char *lane_settings_get_path (const LaneSettings *settings);
const LaneConfigSources *lane_settings_get_sources (const LaneSettings *settings);

/* Begins anew with the file as it is now. Takes @original. */
void lane_settings_open (LaneSettings *settings, LaneOriginal *original);
gboolean lane_settings_is_open (const LaneSettings *settings);

/* NULL until it is open; all owned by @settings, and good until the next edit. */
const LaneOriginal *lane_settings_get_original (const LaneSettings *settings);
const LaneDocument *lane_settings_get_document (const LaneSettings *settings);
/* What the edited text says, under the environment and --set; and what the file does. */
const LaneConfig *lane_settings_get_config (const LaneSettings *settings);
const LaneConfig *lane_settings_get_old_config (const LaneSettings *settings);
/* All that is wrong with the edited text, of LaneProblem. */
const GPtrArray *lane_settings_get_problems (const LaneSettings *settings);
/* The worst of a setting; @key NULL: of the section as a whole. NULL: none. */
const LaneProblem *
lane_settings_find_problem (const LaneSettings *settings, const char *section, const char *key);
/* The first line that cannot be read, because of which nothing can be edited. NULL: none. */
const LaneProblem *lane_settings_get_flaw (const LaneSettings *settings);

/* Settings that differ from the file, sections that came or went, and kinds of sections that stand
 * in another order. */
guint lane_settings_count_changes (const LaneSettings *settings);
gboolean
lane_settings_is_changed (const LaneSettings *settings, const char *section, const char *key);
/* FALSE too when only the environment or --set has it. */
gboolean lane_settings_has_section (const LaneSettings *settings, const char *section);
/* Whether the environment or --set decides: then editing the file would change nothing. */
gboolean lane_settings_is_overridden (const LaneSettings *settings, const char *section,
                                      const char *key, LaneOrigin *origin);

/* Whether lane_settings_set() would take it. */
gboolean lane_settings_check (const LaneSettings *settings, const char *section, const char *key,
                              const char *const *values, GError **error);
/* No @values: it is removed. A login of a server (see lane_settings_login_keys()) takes the place
 * of the one there is. */
gboolean lane_settings_set (LaneSettings *settings, const char *section, const char *key,
                            const char *const *values, GError **error);
gboolean
lane_settings_add (LaneSettings *settings, const char *kind, const char *name, GError **error);
/* All but the id of a peer, which no two have. */
gboolean
lane_settings_clone (LaneSettings *settings, const char *section, const char *name, GError **error);
gboolean lane_settings_rename (LaneSettings *settings, const char *section, const char *name,
                               GError **error);
gboolean lane_settings_remove (LaneSettings *settings, const char *section, GError **error);
/* Past @steps others of its kind. FALSE without @error: it is at the end. */
gboolean
lane_settings_move (LaneSettings *settings, const char *section, int steps, GError **error);
/* Takes @document: the whole text, as an editor left it. */
void lane_settings_replace (LaneSettings *settings, LaneDocument *document);

/* What was undone or done again, as `[server home] uri`, owned by @settings; NULL: nothing. */
const char *lane_settings_undo (LaneSettings *settings);
const char *lane_settings_redo (LaneSettings *settings);
void lane_settings_discard (LaneSettings *settings); /* all edits; a step too */

/* See lane_edit_review(). */
void lane_settings_review (const LaneSettings *settings, GPtrArray *faults, GPtrArray *gaps);
/* The file was written: it is what @report says. */
void lane_settings_accept (LaneSettings *settings, const LaneSaveReport *report);
/* Another program saved the file: it is @now (taken), with the edits on top wherever they do not
 * clash. FALSE, and nothing is changed, when they do or one of them cannot be read. */
gboolean lane_settings_rebase (LaneSettings *settings, LaneOriginal *now);

/* The ways a server may be told who we are, of which it has one: NULL-terminated. */
const char *const *lane_settings_login_keys (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSettings, lane_settings_free)
