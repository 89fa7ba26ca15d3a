/* The one table of settings.
 *
 * Reading, checking, environment and --set, the example file and the settings screen all walk it,
 * so a setting exists everywhere once it has its row. */
#pragma once

#include <glib.h>

#include "folders.h"

typedef enum {
  LANE_OPTION_SWITCH,   /* gboolean */
  LANE_OPTION_NUMBER,   /* guint in min-max */
  LANE_OPTION_CHOICE,   /* an enum whose values count through choices */
  LANE_OPTION_WORD,     /* char *, one of choices */
  LANE_OPTION_TEXT,     /* char * */
  LANE_OPTION_PATH,     /* char *, absolute once read */
  LANE_OPTION_URL,      /* char * */
  LANE_OPTION_COMMAND,  /* char *, splits into arguments as a shell would */
  LANE_OPTION_SECRET,   /* char *, never shown nor quoted */
  LANE_OPTION_BASE64,   /* a secret that must decode */
  LANE_OPTION_ID,       /* char *, 52 characters once read */
  LANE_OPTION_WORDS,    /* char **, blank-separated and repeatable */
  LANE_OPTION_LINES,    /* char **, repeatable */
  LANE_OPTION_URIS,     /* GPtrArray of LaneUri, blank-separated and repeatable */
  LANE_OPTION_FAMILIES, /* two gboolean: 4 and 6 */
  LANE_OPTION_PORTS     /* two guint: 0, or LOW-HIGH */
} LaneOptionType;

typedef struct {
  const char *section; /* `ice`; `server` and `peer` for the named ones */
  const char *key;
  LaneOptionType type;
  const char *fallback; /* the default as it would be written; NULL: none */
  const char *example;  /* shown where there is no fallback to show */
  const char *help;     /* one line */
  gsize offset;         /* into LaneConfig, LaneServerConfig or LanePeerConfig */
  gsize offset2;        /* of the second member where the type has two */
  guint min, max;
  const char *const *choices; /* NULL-terminated */
} LaneOption;

typedef struct {
  const char *name;
  gboolean named; /* [server NAME] */
  gboolean open;  /* any key: [keys] */
  const char *help;
} LaneSection;

#define LANE_OPTION_ERROR (lane_option_error_quark ())
GQuark lane_option_error_quark (void);
typedef enum { LANE_OPTION_ERROR_VALUE } LaneOptionError;

/* All rows, in the order of the example file. */
const LaneOption *lane_options (gsize *count);
const LaneSection *lane_sections (gsize *count);

const LaneSection *lane_section_find (const char *name);
const LaneOption *lane_option_find (const char *section, const char *key);
/* The keys of a section, NULL-terminated; the caller frees the array but not its strings. */
const char **lane_section_keys (const char *section);

gboolean lane_option_is_secret (const LaneOption *option);
gboolean lane_option_is_repeatable (const LaneOption *option);

/* Reads @text into the member of @base (the struct that offset counts from). A repeatable option
 * keeps what it has when @append is set. On failure @base is as before and the message says what
 * would be right. An empty text is the default. */
gboolean lane_option_set (const LaneOption *option, gpointer base, const char *text,
                          gboolean append, const LaneFolders *folders, GError **error);
void lane_option_reset (const LaneOption *option, gpointer base, const LaneFolders *folders);
void lane_option_clear (const LaneOption *option, gpointer base); /* frees what it holds */

/* The value as it would be written, one line for each value of LINES and URIS; NULL when there is
 * none. Secrets come out too: the caller must not show those. */
char *lane_option_get (const LaneOption *option, gconstpointer base);

/* Every row of @section. */
void lane_section_reset (const char *section, gpointer base, const LaneFolders *folders);
void lane_section_clear (const char *section, gpointer base);
