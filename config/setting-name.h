/* Settings as people name them: `ice.trickle`, `server.home.uri`; sections as `ice`,
 * `server.home`, `server home` or `[server home]`. */
#pragma once

#include <glib.h>

/* `server home` of any of those; @length -1: up to the NUL. */
char *lane_section_name_parse (const char *text, gssize length);

/* The last dot stands before the key, so NAME may hold dots. FALSE when there is no dot or nothing
 * beside it. */
gboolean lane_setting_name_parse (const char *text, gssize length, char **section, char **key);

/* `server.home.uri`; the caller frees it. @key NULL: `server.home`. */
char *lane_setting_name_to_string (const char *section, const char *key);

/* The first word of @section: `server`; the caller frees it. */
char *lane_section_name_kind (const char *section);

/* Whether [server NAME] and [peer NAME] may have this name: it fits on a command line and in a list
 * of names. */
gboolean lane_name_is_sound (const char *name);

/* ` (did you mean ice?)` for an unknown kind of section, or an empty string; the caller frees
 * it. */
char *lane_section_hint (const char *kind);
