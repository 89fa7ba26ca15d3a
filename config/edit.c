#include "edit.h"

#include <string.h>

#include "line.h"
#include "nearest.h"
#include "option.h"
#include "setting-name.h"

#define B64_SUFFIX "-b64"

G_DEFINE_QUARK (lane_edit_error, lane_edit_error)

typedef union {
  LaneConfig config;
  LaneServerConfig server;
  LanePeerConfig peer;
} Scratch;

static const LaneOption *
find_option (const char *section, const char *key)
{
  g_autofree char *kind = lane_section_name_kind (section);

  return lane_option_find (kind, key);
}

gboolean
lane_edit_is_secret (const char *section, const char *key)
{
  const LaneOption *option = find_option (section, key);

  return option != NULL && lane_option_is_secret (option);
}

static gboolean
check_section (const char *section, const char *kind, GError **error)
{
  const LaneSection *known = lane_section_find (kind);
  const char *name = section + strlen (kind) + (section[strlen (kind)] != '\0');
  g_autofree char *hint = NULL;

  if (known == NULL) {
    hint = lane_section_hint (kind);
    g_set_error (error, LANE_EDIT_ERROR, LANE_EDIT_ERROR_UNKNOWN,
                 "[%s] is not a section of icelane%s", section, hint);
    return FALSE;
  }
  if (!known->named && *name != '\0') {
    g_set_error (error, LANE_EDIT_ERROR, LANE_EDIT_ERROR_UNKNOWN, "[%s] takes no name: write [%s]",
                 section, kind);
    return FALSE;
  }
  if (known->named && !lane_name_is_sound (name)) {
    g_set_error (error, LANE_EDIT_ERROR, LANE_EDIT_ERROR_UNKNOWN,
                 "[%s] needs a name of its own without blanks, quotes and any of ,/;#=[]\\, "
                 "as in [%s %s]",
                 section, kind, strcmp (kind, "server") == 0 ? "home" : "berlin");
    return FALSE;
  }
  return TRUE;
}

gboolean
lane_edit_check_name (const char *section, const char *key, GError **error)
{
  g_autofree char *kind = lane_section_name_kind (section);
  g_autofree const char **keys = NULL;
  g_autofree char *hint = NULL;

  if (!check_section (section, kind, error))
    return FALSE;
  if (lane_section_find (kind)->open || lane_option_find (kind, key) != NULL)
    return TRUE;
  keys = lane_section_keys (kind);
  hint = lane_nearest_hint (key, keys);
  g_set_error (error, LANE_EDIT_ERROR, LANE_EDIT_ERROR_UNKNOWN, "%s is not a setting of [%s]%s",
               key, kind, hint);
  return FALSE;
}

static gboolean
check_values (const LaneOption *option, const char *const *values, const LaneFolders *folders,
              GError **error)
{
  Scratch scratch = { 0 };
  gboolean fine = TRUE;

  if (values[0] != NULL && values[1] != NULL && !lane_option_is_repeatable (option)) {
    g_set_error (error, LANE_EDIT_ERROR, LANE_EDIT_ERROR_VALUE, "takes one value only");
    return FALSE;
  }
  if (values[0] != NULL && *values[0] == '\0' && lane_option_is_secret (option)) {
    g_set_error (error, LANE_EDIT_ERROR, LANE_EDIT_ERROR_VALUE,
                 "is empty: unset it if there is to be none");
    return FALSE;
  }
  for (guint i = 0; fine && values[i] != NULL; i++)
    fine = lane_option_set (option, &scratch, values[i], i > 0, folders, error);
  lane_option_clear (option, &scratch);
  return fine;
}

/* Whether `KEY = VALUE` would be read back. */
static gboolean
fits_line (const char *key, const char *value, GError **error)
{
  g_autoptr (LaneLine) line = lane_line_new_pair (key, value, "\n", error);

  return line != NULL;
}

/* Puts the one value of @key, or of @other if that is there, under the name @key. */
static gboolean
set_as (LaneDocument *document, const char *section, const char *key, const char *other,
        const char *value, GError **error)
{
  g_autoptr (LaneDocument) copy = lane_document_copy (document);

  if (lane_document_find_line (copy, section, key) != 0) {
    if (!lane_document_unset (copy, section, other, error))
      return FALSE;
  } else if (lane_document_find_line (copy, section, other) != 0
             && !lane_document_rename_key (copy, section, other, key, error))
    return FALSE;
  if (!lane_document_set (copy, section, key, value, error))
    return FALSE;
  lane_document_assign (document, copy);
  return TRUE;
}

/* @key has a twin that takes any password in base64. */
static gboolean
set_secret (LaneDocument *document, const char *section, const char *key, const char *value,
            GError **error)
{
  g_autofree char *b64_key = g_strconcat (key, B64_SUFFIX, NULL);
  g_autofree char *b64 = NULL;
  g_autoptr (GError) plain_error = NULL;
  gboolean done;

  if (fits_line (key, value, &plain_error))
    return set_as (document, section, key, b64_key, value, error);
  if (!g_error_matches (plain_error, LANE_LINE_ERROR, LANE_LINE_ERROR_VALUE)) {
    g_propagate_error (error, g_steal_pointer (&plain_error));
    return FALSE;
  }
  b64 = g_base64_encode ((const guchar *)value, strlen (value));
  done = set_as (document, section, b64_key, key, b64, error);
  explicit_bzero (b64, strlen (b64));
  return done;
}

gboolean
lane_edit_set (LaneDocument *document, const char *section, const char *key,
               const char *const *values, const LaneFolders *folders, GError **error)
{
  const LaneOption *option = find_option (section, key);
  g_autofree char *twin = g_strconcat (key, B64_SUFFIX, NULL);
  gboolean has_twin = find_option (section, twin) != NULL;

  if (values[0] == NULL)
    return lane_document_unset (document, section, key, error);
  if (!lane_edit_check_name (section, key, error))
    return FALSE;
  /* Control characters and the like are what the twin is for. */
  if (option != NULL && !(has_twin && *values[0] != '\0' && values[1] == NULL)
      && !check_values (option, values, folders, error))
    return FALSE;
  if (has_twin)
    return set_secret (document, section, key, values[0], error);
  return lane_document_set_values (document, section, key, values, error);
}

/* @value with each word @old_name replaced; words are separated as in LANE_OPTION_WORDS. */
static char *
replace_word (const char *value, const char *old_name, const char *new_name)
{
  GString *replaced = g_string_new (NULL);

  while (*value != '\0') {
    gsize blanks = strspn (value, " \t,");
    gsize word = strcspn (value + blanks, " \t,");

    g_string_append_len (replaced, value, blanks);
    if (word == strlen (old_name) && strncmp (value + blanks, old_name, word) == 0)
      g_string_append (replaced, new_name);
    else
      g_string_append_len (replaced, value + blanks, word);
    value += blanks + word;
  }
  return g_string_free (replaced, FALSE);
}

static gboolean
rename_in_peer (LaneDocument *document, const char *section, const char *old_name,
                const char *new_name, GError **error)
{
  g_auto (GStrv) values = lane_document_get_values (document, section, "servers");

  for (guint i = 0; values[i] != NULL; i++) {
    char *replaced = replace_word (values[i], old_name, new_name);

    g_free (values[i]);
    values[i] = replaced;
  }
  if (lane_document_set_values (document, section, "servers", (const char *const *)values, error))
    return TRUE;
  g_prefix_error (error, "[%s] servers: ", section);
  return FALSE;
}

gboolean
lane_edit_rename (LaneDocument *document, const char *section, const char *new_name, GError **error)
{
  g_autofree char *kind = lane_section_name_kind (section);
  g_autofree char *new_section = g_strdup_printf ("%s %s", kind, new_name);
  g_autoptr (LaneDocument) copy = lane_document_copy (document);
  g_auto (GStrv) sections = lane_document_get_sections (document);

  if (!check_section (new_section, kind, error)
      || !lane_document_rename_section (copy, section, new_section, error))
    return FALSE;
  for (guint i = 0; strcmp (kind, "server") == 0 && sections[i] != NULL; i++)
    if (g_str_has_prefix (sections[i], "peer ")
        && !rename_in_peer (copy, sections[i], section + strlen (kind) + 1, new_name, error))
      return FALSE;
  lane_document_assign (document, copy);
  return TRUE;
}

static GPtrArray *
find_problems (const LaneConfigSources *sources, const LaneDocument *document)
{
  GPtrArray *problems = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GBytes) text = lane_document_to_bytes (document);

  lane_config_free (lane_config_load_text (sources, text, problems));
  return problems;
}

/* Whether @problems has the same as @problem, on whatever line, or else one of that section. */
static gboolean
has_problem (const GPtrArray *problems, const LaneProblem *problem, gboolean same)
{
  for (guint i = 0; i < problems->len; i++) {
    const LaneProblem *other = g_ptr_array_index (problems, i);

    if (other->level == problem->level && g_strcmp0 (other->section, problem->section) == 0
        && (!same
            || (g_strcmp0 (other->key, problem->key) == 0
                && strcmp (other->text, problem->text) == 0)))
      return TRUE;
  }
  return FALSE;
}

void
lane_edit_review (const LaneConfigSources *sources, const LaneDocument *before,
                  const LaneDocument *after, GPtrArray *faults, GPtrArray *gaps)
{
  g_autoptr (GPtrArray) old = find_problems (sources, before);
  g_autoptr (GPtrArray) new = find_problems (sources, after);

  for (guint i = 0; i < new->len; i++) {
    LaneProblem *problem = g_ptr_array_index (new, i);
    gboolean young;

    if (problem->level != LANE_PROBLEM_ERROR || has_problem (old, problem, TRUE))
      continue;
    young = problem->section != NULL
            && (!lane_document_has_section (before, problem->section)
                || has_problem (old, problem, FALSE));
    g_ptr_array_add (problem->key == NULL && young ? gaps : faults, problem);
    new->pdata[i] = NULL;
  }
}
