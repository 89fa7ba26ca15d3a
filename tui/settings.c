#include "settings.h"

#include "option.h"
#include "setting-name.h"

#include <string.h>

#define MAX_STEPS 200

typedef struct {
  LaneDocument *document; /* before it, or after it when it was undone */
  char *what;
} Step;

struct _LaneSettings {
  LaneConfigSources sources;
  char *path;
  char **environ_, **overrides;
  LaneFolders *folders;

  LaneOriginal *original; /* NULL: not open */
  LaneDocument *document;
  LaneConfig *config, *old_config; /* of the document, of the original */
  GPtrArray *problems;
  GQueue done, undone; /* of Step, the latest at the tail */
};

static void
step_free (gpointer data)
{
  Step *step = data;

  lane_document_free (step->document);
  g_free (step->what);
  g_free (step);
}

static void
clear_steps (GQueue *steps)
{
  g_queue_clear_full (steps, step_free);
}

LaneSettings *
lane_settings_new (const LaneConfigSources *sources)
{
  LaneSettings *settings = g_new0 (LaneSettings, 1);

  settings->path = sources->path != NULL ? g_strdup (sources->path)
                                         : lane_config_default_path (sources->environ_);
  settings->environ_ = g_strdupv ((char **)sources->environ_);
  settings->overrides = g_strdupv ((char **)sources->overrides);
  settings->sources = (LaneConfigSources){ .path = settings->path,
                                           .environ_ = (const char *const *)settings->environ_,
                                           .overrides = (const char *const *)settings->overrides };
  settings->folders = lane_folders_new (settings->sources.environ_);
  g_queue_init (&settings->done);
  g_queue_init (&settings->undone);
  return settings;
}

static void
forget_reading (LaneSettings *settings)
{
  g_clear_pointer (&settings->config, lane_config_free);
  g_clear_pointer (&settings->problems, g_ptr_array_unref);
}

void
lane_settings_free (LaneSettings *settings)
{
  if (settings == NULL)
    return;
  forget_reading (settings);
  g_clear_pointer (&settings->old_config, lane_config_free);
  clear_steps (&settings->done);
  clear_steps (&settings->undone);
  g_clear_pointer (&settings->document, lane_document_free);
  g_clear_pointer (&settings->original, lane_original_free);
  lane_folders_free (settings->folders);
  g_strfreev (settings->environ_);
  g_strfreev (settings->overrides);
  g_free (settings->path);
  g_free (settings);
}

const char *
lane_settings_get_path (const LaneSettings *settings)
{
  return settings->path;
}

const LaneConfigSources *
lane_settings_get_sources (const LaneSettings *settings)
{
  return &settings->sources;
}

/* Reads the text again as the node would. */
static void
read_document (LaneSettings *settings)
{
  g_autoptr (GBytes) text = lane_document_to_bytes (settings->document);

  forget_reading (settings);
  settings->problems = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  settings->config = lane_config_load_text (&settings->sources, text, settings->problems);
}

static void
take_original (LaneSettings *settings, LaneOriginal *original)
{
  g_autoptr (GBytes) text = lane_document_to_bytes (original->document);
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);

  g_clear_pointer (&settings->original, lane_original_free);
  g_clear_pointer (&settings->old_config, lane_config_free);
  settings->original = original;
  settings->old_config = lane_config_load_text (&settings->sources, text, problems);
}

void
lane_settings_open (LaneSettings *settings, LaneOriginal *original)
{
  clear_steps (&settings->done);
  clear_steps (&settings->undone);
  g_clear_pointer (&settings->document, lane_document_free);
  take_original (settings, original);
  settings->document = lane_document_copy (original->document);
  read_document (settings);
}

gboolean
lane_settings_is_open (const LaneSettings *settings)
{
  return settings->original != NULL;
}

const LaneOriginal *
lane_settings_get_original (const LaneSettings *settings)
{
  return settings->original;
}

const LaneDocument *
lane_settings_get_document (const LaneSettings *settings)
{
  return settings->document;
}

const LaneConfig *
lane_settings_get_config (const LaneSettings *settings)
{
  return settings->config;
}

const LaneConfig *
lane_settings_get_old_config (const LaneSettings *settings)
{
  return settings->old_config;
}

const GPtrArray *
lane_settings_get_problems (const LaneSettings *settings)
{
  return settings->problems;
}

const LaneProblem *
lane_settings_find_problem (const LaneSettings *settings, const char *section, const char *key)
{
  const LaneProblem *found = NULL;

  for (guint i = 0; settings->problems != NULL && i < settings->problems->len; i++) {
    const LaneProblem *problem = g_ptr_array_index (settings->problems, i);

    if (g_strcmp0 (problem->section, section) == 0 && g_strcmp0 (problem->key, key) == 0
        && (found == NULL || problem->level > found->level))
      found = problem;
  }
  return found;
}

const LaneProblem *
lane_settings_get_flaw (const LaneSettings *settings)
{
  const LaneProblem *first = NULL;

  if (settings->document == NULL || lane_document_check (settings->document, NULL))
    return NULL;
  for (guint i = 0; i < settings->problems->len; i++) {
    const LaneProblem *problem = g_ptr_array_index (settings->problems, i);

    if (problem->level == LANE_PROBLEM_ERROR && problem->line > 0 && problem->key == NULL)
      return problem;
    if (first == NULL)
      first = problem;
  }
  return first;
}

/* Differences */

static gboolean
values_differ (const LaneDocument *one, const LaneDocument *other, const char *section,
               const char *key)
{
  g_auto (GStrv) values = lane_document_get_values (one, section, key);
  g_auto (GStrv) other_values = lane_document_get_values (other, section, key);

  return !g_strv_equal ((const char *const *)values, (const char *const *)other_values);
}

static guint
count_keys (const LaneDocument *one, const LaneDocument *other, const char *section)
{
  g_auto (GStrv) keys = lane_document_get_keys (one, section);
  g_auto (GStrv) other_keys = lane_document_get_keys (other, section);
  guint n = 0;

  for (guint i = 0; keys[i] != NULL; i++)
    n += values_differ (one, other, section, keys[i]);
  for (guint i = 0; other_keys[i] != NULL; i++)
    n += !g_strv_contains ((const char *const *)keys, other_keys[i]);
  return n;
}

/* The names that both have, in the order of @one. */
static char *
join_common (const LaneDocument *one, const LaneDocument *other)
{
  g_auto (GStrv) sections = lane_document_get_sections (one);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; sections[i] != NULL; i++)
    if (lane_document_has_section (other, sections[i]))
      g_string_append_printf (names, "%s\n", sections[i]);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

guint
lane_settings_count_changes (const LaneSettings *settings)
{
  const LaneDocument *new = settings->document;
  const LaneDocument *old = settings->original != NULL ? settings->original->document : NULL;
  g_auto (GStrv) sections = NULL;
  g_auto (GStrv) old_sections = NULL;
  g_autofree char *order = NULL;
  g_autofree char *old_order = NULL;
  guint n = 0;

  if (old == NULL || lane_document_equal (old, new))
    return 0;
  sections = lane_document_get_sections (new);
  old_sections = lane_document_get_sections (old);
  for (guint i = 0; sections[i] != NULL; i++)
    n += lane_document_has_section (old, sections[i]) ? count_keys (new, old, sections[i]) : 1;
  for (guint i = 0; old_sections[i] != NULL; i++)
    n += !lane_document_has_section (new, old_sections[i]);
  order = join_common (new, old);
  old_order = join_common (old, new);
  n += strcmp (order, old_order) != 0;
  return MAX (n, 1); /* comments, at least */
}

gboolean
lane_settings_is_changed (const LaneSettings *settings, const char *section, const char *key)
{
  const LaneDocument *new = settings->document;
  const LaneDocument *old = settings->original->document;

  if (key != NULL)
    return values_differ (old, new, section, key);
  return lane_document_has_section (old, section) != lane_document_has_section (new, section)
         || count_keys (new, old, section) > 0;
}

gboolean
lane_settings_has_section (const LaneSettings *settings, const char *section)
{
  return lane_document_has_section (settings->document, section);
}

gboolean
lane_settings_is_overridden (const LaneSettings *settings, const char *section, const char *key,
                             LaneOrigin *origin)
{
  LaneOrigin found = lane_config_get_origin (settings->config, section, key);

  if (origin != NULL)
    *origin = found;
  return found.layer == LANE_LAYER_ENVIRONMENT || found.layer == LANE_LAYER_OVERRIDE;
}

/* Steps */

static void
push_step (GQueue *steps, LaneDocument *document, const char *what)
{
  Step *step = g_new0 (Step, 1);

  step->document = document;
  step->what = g_strdup (what);
  g_queue_push_tail (steps, step);
  if (g_queue_get_length (steps) > MAX_STEPS)
    step_free (g_queue_pop_head (steps));
}

/* Makes the document @edited, which is taken. */
static void
take_step (LaneSettings *settings, LaneDocument *edited, const char *what)
{
  if (lane_document_equal (settings->document, edited)) {
    lane_document_free (edited);
    return;
  }
  clear_steps (&settings->undone);
  push_step (&settings->done, g_steal_pointer (&settings->document), what);
  settings->document = edited;
  read_document (settings);
}

static const char *
go_back (LaneSettings *settings, GQueue *from, GQueue *to)
{
  g_autofree Step *step = g_queue_pop_tail (from);

  if (step == NULL)
    return NULL;
  push_step (to, g_steal_pointer (&settings->document), step->what);
  settings->document = step->document;
  g_free (step->what);
  read_document (settings);
  return ((Step *)g_queue_peek_tail (to))->what;
}

const char *
lane_settings_undo (LaneSettings *settings)
{
  return go_back (settings, &settings->done, &settings->undone);
}

const char *
lane_settings_redo (LaneSettings *settings)
{
  return go_back (settings, &settings->undone, &settings->done);
}

void
lane_settings_discard (LaneSettings *settings)
{
  take_step (settings, lane_document_copy (settings->original->document), "discarding all changes");
}

void
lane_settings_replace (LaneSettings *settings, LaneDocument *document)
{
  take_step (settings, document, "the editor's text");
}

const char *const *
lane_settings_login_keys (void)
{
  static const char *const keys[] = {
    "password-command", "password-file", "password", "auth-secret-command",
    "auth-secret",      "password-b64",  NULL
  };

  return keys;
}

static gboolean
is_login (const char *section, const char *key)
{
  return g_str_has_prefix (section, "server ")
         && g_strv_contains (lane_settings_login_keys (), key);
}

/* The one of @section in @document that is not @key or its twin; NULL: none. */
static const char *
find_other_login (const LaneDocument *document, const char *section, const char *key)
{
  const char *const *keys = lane_settings_login_keys ();

  for (guint i = 0; keys[i] != NULL; i++) {
    gboolean twins = g_str_has_prefix (keys[i], "password") && g_str_has_prefix (key, "password")
                     && (g_str_equal (keys[i], "password-b64") || g_str_equal (key, "password-b64"))
                     && (g_str_equal (keys[i], "password") || g_str_equal (key, "password"));

    if (!twins && !g_str_equal (keys[i], key)
        && lane_document_find_line (document, section, keys[i]) != 0)
      return keys[i];
  }
  return NULL;
}

static LaneDocument *
with_values (const LaneSettings *settings, const char *section, const char *key,
             const char *const *values, GError **error)
{
  g_autoptr (LaneDocument) edited = lane_document_copy (settings->document);
  const char *other;

  while (values[0] != NULL && is_login (section, key)
         && (other = find_other_login (edited, section, key)) != NULL)
    if (!lane_document_unset (edited, section, other, error))
      return NULL;
  if (!lane_edit_set (edited, section, key, values, settings->folders, error))
    return NULL;
  return g_steal_pointer (&edited);
}

gboolean
lane_settings_check (const LaneSettings *settings, const char *section, const char *key,
                     const char *const *values, GError **error)
{
  g_autoptr (LaneDocument) edited = with_values (settings, section, key, values, error);

  return edited != NULL;
}

gboolean
lane_settings_set (LaneSettings *settings, const char *section, const char *key,
                   const char *const *values, GError **error)
{
  LaneDocument *edited = with_values (settings, section, key, values, error);
  g_autofree char *what = g_strdup_printf ("[%s] %s", section, key);

  if (edited == NULL)
    return FALSE;
  take_step (settings, edited, what);
  return TRUE;
}

static LaneDocument *
with_section (const LaneSettings *settings, const char *kind, const char *section, GError **error)
{
  g_autoptr (LaneDocument) edited = lane_document_copy (settings->document);
  g_autofree const char **keys = lane_section_keys (kind);

  /* Any key will do: it is the name that is looked at. */
  if (!lane_edit_check_name (section, keys[0], error)
      || !lane_document_add_section (edited, section, error))
    return NULL;
  return g_steal_pointer (&edited);
}

gboolean
lane_settings_add (LaneSettings *settings, const char *kind, const char *name, GError **error)
{
  g_autofree char *section = g_strdup_printf ("%s %s", kind, name);
  g_autofree char *what = g_strdup_printf ("adding [%s]", section);
  LaneDocument *edited = with_section (settings, kind, section, error);

  if (edited == NULL)
    return FALSE;
  take_step (settings, edited, what);
  return TRUE;
}

gboolean
lane_settings_clone (LaneSettings *settings, const char *section, const char *name, GError **error)
{
  g_autofree char *kind = lane_section_name_kind (section);
  g_autofree char *copy = g_strdup_printf ("%s %s", kind, name);
  g_autofree char *what = g_strdup_printf ("cloning [%s]", section);
  g_auto (GStrv) keys = lane_document_get_keys (settings->document, section);
  g_autoptr (LaneDocument) edited = with_section (settings, kind, copy, error);

  for (guint i = 0; edited != NULL && keys[i] != NULL; i++) {
    g_auto (GStrv) values = lane_document_get_values (settings->document, section, keys[i]);

    if (strcmp (kind, "peer") == 0 && strcmp (keys[i], "id") == 0)
      continue;
    if (!lane_document_set_values (edited, copy, keys[i], (const char *const *)values, error))
      return FALSE;
  }
  if (edited == NULL)
    return FALSE;
  take_step (settings, g_steal_pointer (&edited), what);
  return TRUE;
}

gboolean
lane_settings_rename (LaneSettings *settings, const char *section, const char *name, GError **error)
{
  g_autoptr (LaneDocument) edited = lane_document_copy (settings->document);
  g_autofree char *what = g_strdup_printf ("renaming [%s]", section);

  if (!lane_edit_rename (edited, section, name, error))
    return FALSE;
  take_step (settings, g_steal_pointer (&edited), what);
  return TRUE;
}

gboolean
lane_settings_remove (LaneSettings *settings, const char *section, GError **error)
{
  g_autoptr (LaneDocument) edited = lane_document_copy (settings->document);
  g_autofree char *what = g_strdup_printf ("deleting [%s]", section);

  if (!lane_document_remove_section (edited, section, error))
    return FALSE;
  take_step (settings, g_steal_pointer (&edited), what);
  return TRUE;
}

/* The sections of @kind, NULL-terminated; borrowed from @sections. */
static GPtrArray *
pick_kind (char **sections, const char *kind)
{
  GPtrArray *picked = g_ptr_array_new ();

  for (guint i = 0; sections[i] != NULL; i++)
    if (g_str_has_prefix (sections[i], kind) && sections[i][strlen (kind)] == ' ')
      g_ptr_array_add (picked, sections[i]);
  g_ptr_array_add (picked, NULL);
  return picked;
}

gboolean
lane_settings_move (LaneSettings *settings, const char *section, int steps, GError **error)
{
  g_autoptr (LaneDocument) edited = lane_document_copy (settings->document);
  g_autofree char *kind = lane_section_name_kind (section);
  g_autofree char *what = g_strdup_printf ("moving [%s]", section);
  g_auto (GStrv) sections = lane_document_get_sections (edited);
  g_autoptr (GPtrArray) order = pick_kind (sections, kind);
  guint at = 0;
  int to;

  if (!g_ptr_array_find_with_equal_func (order, section, (GEqualFunc)g_str_equal, &at))
    return FALSE;
  to = CLAMP ((int)at + steps, 0, (int)order->len - 2);
  if (to == (int)at)
    return FALSE;
  g_ptr_array_insert (order, to, g_ptr_array_steal_index (order, at));
  if (!lane_document_order_sections (edited, (const char *const *)order->pdata, error))
    return FALSE;
  take_step (settings, g_steal_pointer (&edited), what);
  return TRUE;
}

/* Saving */

void
lane_settings_review (const LaneSettings *settings, GPtrArray *faults, GPtrArray *gaps)
{
  lane_edit_review (&settings->sources, settings->original->document, settings->document, faults,
                    gaps);
}

void
lane_settings_accept (LaneSettings *settings, const LaneSaveReport *report)
{
  gboolean as_it_was =
      report->document == NULL || lane_document_equal (report->document, settings->document);

  take_original (settings, lane_original_copy (report->original));
  if (as_it_was)
    return;
  /* The steps lead from a file that is no more. */
  clear_steps (&settings->done);
  clear_steps (&settings->undone);
  lane_document_assign (settings->document, report->document);
  read_document (settings);
}

static gboolean
rebase_steps (GQueue *steps, const LaneDocument *base, const LaneDocument *now)
{
  g_autoptr (GPtrArray) ignored =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_conflict_free);

  for (GList *link = steps->head; link != NULL; link = link->next) {
    Step *step = link->data;
    LaneDocument *merged = lane_merge (base, step->document, now, TRUE, ignored, NULL);

    if (merged == NULL)
      return FALSE;
    lane_document_free (step->document);
    step->document = merged;
  }
  return TRUE;
}

gboolean
lane_settings_rebase (LaneSettings *settings, LaneOriginal *now)
{
  g_autoptr (LaneOriginal) taken = now;
  g_autoptr (GPtrArray) conflicts =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_conflict_free);
  const LaneDocument *base = settings->original->document;
  g_autoptr (LaneDocument) merged =
      lane_merge (base, settings->document, now->document, FALSE, conflicts, NULL);

  if (merged == NULL || conflicts->len > 0)
    return FALSE;
  if (!rebase_steps (&settings->done, base, now->document)
      || !rebase_steps (&settings->undone, base, now->document)) {
    clear_steps (&settings->done);
    clear_steps (&settings->undone);
  }
  lane_document_assign (settings->document, merged);
  take_original (settings, g_steal_pointer (&taken));
  read_document (settings);
  return TRUE;
}
