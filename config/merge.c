#include "merge.h"

#include <string.h>

#include "option.h"
#include "problem.h"

typedef enum { BASE, OURS, THEIRS, SIDES } Side;

typedef struct {
  const LaneDocument *documents[SIDES];
  LaneDocument *result;
  gboolean prefer_ours;
  GPtrArray *conflicts;
} Merge;

void
lane_conflict_free (LaneConflict *conflict)
{
  if (conflict == NULL)
    return;
  g_free (conflict->section);
  g_free (conflict->key);
  g_free (conflict->base);
  g_free (conflict->ours);
  g_free (conflict->theirs);
  g_free (conflict);
}

static gboolean
key_is_secret (const char *key)
{
  gsize count;
  const LaneOption *options = lane_options (&count);

  for (gsize i = 0; key != NULL && i < count; i++)
    if (lane_option_is_secret (&options[i]) && strcmp (options[i].key, key) == 0)
      return TRUE;
  return FALSE;
}

static char *
show_value (const LaneConflict *conflict, const char *value)
{
  g_autofree char *line = NULL;

  if (value == NULL)
    return g_strdup (conflict->key != NULL ? "not set" : "removed");
  if (conflict->section != NULL && conflict->key == NULL)
    return g_strdup ("changed");
  if (key_is_secret (conflict->key))
    return g_strdup ("another secret");
  line = g_strdelimit (g_strdup (value), "\n", ' ');
  return lane_problem_quote (line);
}

char *
lane_conflict_to_string (const LaneConflict *conflict)
{
  g_autofree char *ours = show_value (conflict, conflict->ours);
  g_autofree char *theirs = show_value (conflict, conflict->theirs);
  g_autofree char *section = NULL;

  if (conflict->section == NULL)
    return g_strdup_printf ("order of sections: %s here, %s in the file", ours, theirs);
  section = g_strdup_printf ("[%s]%s%s", conflict->section, conflict->key != NULL ? " " : "",
                             conflict->key != NULL ? conflict->key : "");
  return g_strdup_printf ("%s: %s here, %s in the file", section, ours, theirs);
}

static gboolean
has_section (const Merge *merge, Side side, const char *section)
{
  return lane_document_has_section (merge->documents[side], section);
}

/* The values of @key, joined; NULL when there are none. */
static char *
get_joined (const Merge *merge, Side side, const char *section, const char *key)
{
  g_auto (GStrv) values = lane_document_get_values (merge->documents[side], section, key);

  return values[0] != NULL ? g_strjoinv ("\n", values) : NULL;
}

/* Takes @base, @ours and @theirs. */
static void
add_conflict (Merge *merge, const char *section, const char *key, char *base, char *ours,
              char *theirs)
{
  LaneConflict *conflict = g_new0 (LaneConflict, 1);

  conflict->section = g_strdup (section);
  conflict->key = g_strdup (key);
  conflict->base = base;
  conflict->ours = ours;
  conflict->theirs = theirs;
  g_ptr_array_add (merge->conflicts, conflict);
}

static char **
join_lists (char **one, char **other)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_addv (builder, (const char **)one);
  for (; *other != NULL; other++)
    if (!g_strv_contains ((const char *const *)one, *other))
      g_strv_builder_add (builder, *other);
  return g_strv_builder_end (builder);
}

static gboolean
take_ours (Merge *merge, const char *section, const char *key, GError **error)
{
  g_auto (GStrv) values = lane_document_get_values (merge->documents[OURS], section, key);

  if (lane_document_set_values (merge->result, section, key, (const char *const *)values, error))
    return TRUE;
  g_prefix_error (error, "[%s] %s: ", section, key);
  return FALSE;
}

static gboolean
merge_key (Merge *merge, const char *section, const char *key, GError **error)
{
  g_autofree char *base = get_joined (merge, BASE, section, key);
  g_autofree char *ours = get_joined (merge, OURS, section, key);
  g_autofree char *theirs = get_joined (merge, THEIRS, section, key);

  if (g_strcmp0 (ours, base) == 0 || g_strcmp0 (ours, theirs) == 0)
    return TRUE;
  if (g_strcmp0 (theirs, base) != 0) {
    add_conflict (merge, section, key, g_steal_pointer (&base), g_steal_pointer (&ours),
                  g_steal_pointer (&theirs));
    if (!merge->prefer_ours)
      return TRUE;
  }
  return take_ours (merge, section, key, error);
}

/* Every key that we have or had. */
static gboolean
merge_keys (Merge *merge, const char *section, GError **error)
{
  g_auto (GStrv) ours = lane_document_get_keys (merge->documents[OURS], section);
  g_auto (GStrv) base = lane_document_get_keys (merge->documents[BASE], section);
  g_auto (GStrv) keys = join_lists (ours, base);

  for (guint i = 0; keys[i] != NULL; i++)
    if (!merge_key (merge, section, keys[i], error))
      return FALSE;
  return TRUE;
}

/* Whether @section says the same on both sides. */
static gboolean
section_is_same (const Merge *merge, const char *section, Side one, Side other)
{
  g_auto (GStrv) one_keys = lane_document_get_keys (merge->documents[one], section);
  g_auto (GStrv) other_keys = lane_document_get_keys (merge->documents[other], section);
  g_auto (GStrv) keys = join_lists (one_keys, other_keys);

  for (guint i = 0; keys[i] != NULL; i++) {
    g_autofree char *value = get_joined (merge, one, section, keys[i]);
    g_autofree char *other_value = get_joined (merge, other, section, keys[i]);

    if (g_strcmp0 (value, other_value) != 0)
      return FALSE;
  }
  return TRUE;
}

static char *
presence (const Merge *merge, Side side, const char *section)
{
  return has_section (merge, side, section) ? g_strdup ("") : NULL;
}

/* One side removed @section. Whether the result is to be as we have it. */
static gboolean
ours_wins (Merge *merge, const char *section)
{
  Side other = has_section (merge, OURS, section) ? OURS : THEIRS;

  if (section_is_same (merge, section, BASE, other))
    return other == THEIRS;
  add_conflict (merge, section, NULL, presence (merge, BASE, section),
                presence (merge, OURS, section), presence (merge, THEIRS, section));
  return merge->prefer_ours;
}

/* With all that we have in it. */
static gboolean
add_section (Merge *merge, const char *section, GError **error)
{
  g_auto (GStrv) keys = lane_document_get_keys (merge->documents[OURS], section);

  if (!lane_document_add_section (merge->result, section, error))
    return FALSE;
  for (guint i = 0; keys[i] != NULL; i++)
    if (!take_ours (merge, section, keys[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
merge_section (Merge *merge, const char *section, GError **error)
{
  gboolean in_base = has_section (merge, BASE, section);
  gboolean in_ours = has_section (merge, OURS, section);
  gboolean in_theirs = has_section (merge, THEIRS, section);

  if (in_ours && in_theirs)
    return merge_keys (merge, section, error);
  if (in_ours == in_theirs || (in_base && !ours_wins (merge, section)))
    return TRUE;
  if (in_ours)
    return add_section (merge, section, error);
  return !in_theirs || lane_document_remove_section (merge->result, section, error);
}

/* The sections of @document that @with has too. */
static char **
common_sections (const LaneDocument *document, const LaneDocument *with, const LaneDocument *with2)
{
  g_auto (GStrv) sections = lane_document_get_sections (document);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; sections[i] != NULL; i++)
    if (lane_document_has_section (with, sections[i])
        && lane_document_has_section (with2, sections[i]))
      g_strv_builder_add (builder, sections[i]);
  return g_strv_builder_end (builder);
}

static gboolean
lists_equal (char **one, char **other)
{
  return g_strv_equal ((const char *const *)one, (const char *const *)other);
}

static gboolean
merge_order (Merge *merge, GError **error)
{
  const LaneDocument *base_document = merge->documents[BASE];
  const LaneDocument *ours_document = merge->documents[OURS];
  const LaneDocument *theirs_document = merge->documents[THEIRS];
  g_auto (GStrv) base = common_sections (base_document, ours_document, theirs_document);
  g_auto (GStrv) ours = common_sections (ours_document, base_document, theirs_document);
  g_auto (GStrv) theirs = common_sections (theirs_document, base_document, ours_document);
  g_auto (GStrv) wanted = common_sections (ours_document, merge->result, merge->result);

  if (!lists_equal (theirs, base)) {
    if (lists_equal (ours, base) || lists_equal (ours, theirs))
      return TRUE;
    add_conflict (merge, NULL, NULL, g_strjoinv (", ", base), g_strjoinv (", ", ours),
                  g_strjoinv (", ", theirs));
    if (!merge->prefer_ours)
      return TRUE;
  }
  return lane_document_order_sections (merge->result, (const char *const *)wanted, error);
}

LaneDocument *
lane_merge (const LaneDocument *base, const LaneDocument *ours, const LaneDocument *theirs,
            gboolean prefer_ours, GPtrArray *conflicts, GError **error)
{
  g_autoptr (LaneDocument) result = NULL;
  g_auto (GStrv) ours_sections = lane_document_get_sections (ours);
  g_auto (GStrv) base_sections = lane_document_get_sections (base);
  g_auto (GStrv) sections = join_lists (ours_sections, base_sections);
  Merge merge = { .documents = { base, ours, theirs },
                  .prefer_ours = prefer_ours,
                  .conflicts = conflicts };

  if (!lane_document_check (base, error) || !lane_document_check (ours, error)
      || !lane_document_check (theirs, error))
    return NULL;
  merge.result = result = lane_document_copy (theirs);
  for (guint i = 0; sections[i] != NULL; i++)
    if (!merge_section (&merge, sections[i], error))
      return NULL;
  return merge_order (&merge, error) ? g_steal_pointer (&result) : NULL;
}
