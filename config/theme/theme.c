#include "theme/theme.h"

#include <string.h>

#include "nearest.h"
#include "problem.h"
#include "reader.h"

#define COLORS_MAX 256

static const char *const attr_words[] = { "bold", "underline", "reverse", "dim", NULL };
static const char *const background_words[] = { [LANE_BACKGROUND_ANY] = "any",
                                                [LANE_BACKGROUND_DARK] = "dark",
                                                [LANE_BACKGROUND_LIGHT] = "light",
                                                NULL };
static const char *const section_words[] = { "theme", "colors", "roles", NULL };
static const char *const theme_keys[] = { "name", "background", "inherits", NULL };

typedef struct {
  char *name;
  char *value;
  LaneThemeSource source;
  LaneStyle style; /* of a role, once resolved */
  LaneHue hue;     /* of a colour */
} Definition;

typedef struct {
  LaneTheme *theme;
  const LaneShelf *shelf;
  GPtrArray *problems;
  GPtrArray *colors, *roles; /* of Definition, in the order they first came */
} Builder;

static void
definition_free (gpointer data)
{
  Definition *definition = data;

  g_free (definition->name);
  g_free (definition->value);
  g_free (definition);
}

static Definition *
find (const GPtrArray *definitions, const char *name)
{
  for (guint i = 0; i < definitions->len; i++) {
    Definition *definition = g_ptr_array_index (definitions, i);

    if (strcmp (definition->name, name) == 0)
      return definition;
  }
  return NULL;
}

static void complain (Builder *builder, const LaneThemeSource *source, const char *section,
                      const char *key, const char *format, ...) G_GNUC_PRINTF (5, 6);
static void
complain (Builder *builder, const LaneThemeSource *source, const char *section, const char *key,
          const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (builder->problems, lane_problem_new (LANE_PROBLEM_ERROR, source->place,
                                                        source->line, section, key, "%s", text));
}

/* Names: the roles, and what stands before their dots. */

static char **
role_words (void)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_autoptr (GHashTable) groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (LaneRole role = 0; role < LANE_N_ROLES; role++) {
    const char *name = lane_role_to_string (role);
    char *group = g_strndup (name, strcspn (name, "."));

    if (strcmp (group, name) != 0) {
      g_strv_builder_add (words, name);
    }
    if (g_hash_table_contains (groups, group)) {
      g_free (group);
      continue;
    }
    g_strv_builder_add (words, group);
    g_hash_table_add (groups, group);
  }
  return g_strv_builder_end (words);
}

static void
define (Builder *builder, GPtrArray *definitions, const char *section, const LaneReaderEntry *entry,
        const LaneThemeSource *source)
{
  Definition *definition = find (definitions, entry->key);

  if (definition == NULL) {
    definition = g_new0 (Definition, 1);
    definition->name = g_strdup (entry->key);
    g_ptr_array_add (definitions, definition);
  } else if (definition->source.place == source->place)
    complain (builder, source, section, entry->key,
              "is here a second time, first on line %d: keep one", definition->source.line);
  g_free (definition->value);
  definition->value = g_strdup (entry->value);
  definition->source = *source;
}

static void
define_role (Builder *builder, const LaneReaderEntry *entry, const LaneThemeSource *source)
{
  g_auto (GStrv) words = role_words ();
  g_autofree char *hint = NULL;

  if (g_strv_contains ((const char *const *)words, entry->key)) {
    define (builder, builder->roles, "roles", entry, source);
    return;
  }
  hint = lane_nearest_hint (entry->key, (const char *const *)words);
  complain (builder, source, "roles", entry->key, "there is no such role%s", hint);
}

static gboolean
is_number (const char *word)
{
  return strspn (word, G_CSET_DIGITS) == strlen (word);
}

static void
define_color (Builder *builder, const LaneReaderEntry *entry, const LaneThemeSource *source)
{
  LaneHue hue;

  if (lane_hue_parse (entry->key, &hue) || is_number (entry->key))
    complain (builder, source, "colors", entry->key,
              "is what the terminal calls a colour: choose another name");
  else if (builder->colors->len >= COLORS_MAX)
    complain (builder, source, "colors", entry->key, "more than %d colours", COLORS_MAX);
  else
    define (builder, builder->colors, "colors", entry, source);
}

static void
set_background (Builder *builder, const LaneReaderEntry *entry, const LaneThemeSource *source)
{
  for (guint i = 0; background_words[i] != NULL; i++)
    if (g_ascii_strcasecmp (background_words[i], entry->value) == 0) {
      builder->theme->background = i;
      return;
    }
  complain (builder, source, "theme", entry->key, "expected dark, light or any");
}

static void
set_title (Builder *builder, const LaneReaderEntry *entry)
{
  if (*entry->value == '\0')
    return;
  g_free (builder->theme->title);
  builder->theme->title = g_strdup (entry->value);
}

static void read_layer (Builder *builder, GBytes *text, const char *place);

static void
inherit (Builder *builder, const LaneReaderEntry *entry, const LaneThemeSource *source)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) text = NULL;
  g_autofree char *place = NULL;
  g_autofree char *shown = lane_problem_quote (entry->value);

  if (builder->theme->places->len >= LANE_THEME_DEPTH_MAX) {
    complain (builder, source, "theme", entry->key, "more than %d themes inherit one another",
              LANE_THEME_DEPTH_MAX);
    return;
  }
  if (strchr (entry->value, '/') != NULL) {
    complain (builder, source, "theme", entry->key, "%s is a path: name a theme", shown);
    return;
  }
  text = lane_shelf_read (builder->shelf, entry->value, builder->theme->places, &place, &error);
  if (text != NULL)
    read_layer (builder, text, place);
  else
    complain (builder, source, "theme", entry->key, "%s, or this would go in a circle",
              error->message);
}

static void
read_theme_key (Builder *builder, const LaneReaderEntry *entry, const LaneThemeSource *source)
{
  g_autofree char *hint = NULL;

  if (strcmp (entry->key, "name") == 0)
    set_title (builder, entry);
  else if (strcmp (entry->key, "background") == 0)
    set_background (builder, entry, source);
  else if (strcmp (entry->key, "inherits") != 0) {
    hint = lane_nearest_hint (entry->key, theme_keys);
    complain (builder, source, "theme", entry->key, "is not known here%s", hint);
  }
}

static void
read_entry (Builder *builder, const LaneReaderEntry *entry, const LaneThemeSource *source)
{
  if (entry->key == NULL) {
    g_autofree char *hint = lane_nearest_hint (entry->section, section_words);

    if (!g_strv_contains (section_words, entry->section))
      complain (builder, source, entry->section, NULL, "is not known here%s", hint);
  } else if (strcmp (entry->section, "theme") == 0)
    read_theme_key (builder, entry, source);
  else if (strcmp (entry->section, "colors") == 0)
    define_color (builder, entry, source);
  else if (strcmp (entry->section, "roles") == 0)
    define_role (builder, entry, source);
}

/* What is inherited comes first, wherever `inherits` stands. */
static void
read_layer (Builder *builder, GBytes *text, const char *place)
{
  gsize length;
  const char *data = g_bytes_get_data (text, &length);
  g_autoptr (GPtrArray) entries =
      lane_reader_parse (data != NULL ? data : "", length, place, builder->problems);
  LaneThemeSource source = { .place = g_strdup (place) };

  g_ptr_array_add (builder->theme->places, (gpointer)source.place);
  for (guint i = 0; i < entries->len; i++) {
    const LaneReaderEntry *entry = g_ptr_array_index (entries, i);

    source.line = entry->line;
    if (entry->key != NULL && strcmp (entry->section, "theme") == 0
        && strcmp (entry->key, "inherits") == 0)
      inherit (builder, entry, &source);
  }
  for (guint i = 0; i < entries->len; i++) {
    const LaneReaderEntry *entry = g_ptr_array_index (entries, i);

    source.line = entry->line;
    read_entry (builder, entry, &source);
  }
}

/* Values */

/* The words of @value, NULL-terminated, without empty ones. */
static char **
split (const char *value)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) words = g_strsplit_set (value, " \t", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      g_strv_builder_add (builder, words[i]);
  return g_strv_builder_end (builder);
}

static void
resolve_color (Builder *builder, Definition *color)
{
  g_auto (GStrv) words = split (color->value);
  guint count = g_strv_length (words);
  LaneHue depth;

  color->hue = LANE_HUE_OWN;
  if (count == 0 || count > 3) {
    complain (builder, &color->source, "colors", color->name,
              "expected up to three colours, as in #56b4e9 74 cyan");
    return;
  }
  if (!lane_hue_parse (words[0], &color->hue))
    complain (builder, &color->source, "colors", color->name,
              "expected #rrggbb, 0-255 or an ANSI word such as cyan first");
  if (count > 1) {
    if (lane_hue_parse (words[1], &depth) && !lane_hue_is_own (&depth) && is_number (words[1]))
      color->hue.xterm = depth.xterm;
    else
      complain (builder, &color->source, "colors", color->name,
                "expected 0-255 second, for terminals of 256 colours");
  }
  if (count > 2) {
    if (lane_hue_parse (words[2], &depth) && depth.xterm >= 0 && depth.xterm < 16)
      color->hue.ansi = depth.ansi;
    else
      complain (builder, &color->source, "colors", color->name,
                "expected an ANSI word such as cyan third, for terminals of 16 colours");
  }
  if (lane_hue_is_own (&color->hue) || color->hue.ansi < 0)
    color->hue = LANE_HUE_OWN;
}

static char *
color_hint (Builder *builder, const char *word)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  const char *const *ansi = lane_hue_get_words ();

  for (guint i = 0; i < builder->colors->len; i++)
    g_ptr_array_add (words, ((Definition *)g_ptr_array_index (builder->colors, i))->name);
  for (guint i = 0; ansi[i] != NULL; i++)
    g_ptr_array_add (words, (gpointer)ansi[i]);
  g_ptr_array_add (words, NULL);
  return lane_nearest_hint (word, (const char *const *)words->pdata);
}

static LaneHue
resolve_hue (Builder *builder, const Definition *role, const char *word, const char *what)
{
  const Definition *color = find (builder->colors, word);
  g_autofree char *shown = lane_problem_quote (word);
  g_autofree char *hint = NULL;
  LaneHue hue = LANE_HUE_OWN;

  if (color != NULL)
    return color->hue;
  if (lane_hue_parse (word, &hue))
    return hue;
  if (g_strv_contains (attr_words, word))
    complain (builder, &role->source, "roles", role->name,
              "%s stands where the %s belongs: write FOREGROUND BACKGROUND ATTRIBUTES, with - for "
              "the terminal's own colour",
              shown, what);
  else {
    hint = color_hint (builder, word);
    complain (builder, &role->source, "roles", role->name,
              "%s is no colour%s: expected a name from [colors], 0-255, #rrggbb, an ANSI word or -",
              shown, hint);
  }
  return LANE_HUE_OWN;
}

static guint
resolve_attr (Builder *builder, const Definition *role, const char *word)
{
  g_autofree char *shown = lane_problem_quote (word);
  g_autofree char *hint = NULL;

  for (guint i = 0; attr_words[i] != NULL; i++)
    if (g_ascii_strcasecmp (attr_words[i], word) == 0)
      return 1u << i;
  hint = lane_nearest_hint (word, attr_words);
  complain (builder, &role->source, "roles", role->name,
            "%s is no attribute%s: expected bold, underline, reverse or dim", shown, hint);
  return 0;
}

static void
resolve_role (Builder *builder, Definition *role)
{
  g_auto (GStrv) words = split (role->value);

  role->style = (LaneStyle){ LANE_HUE_OWN, LANE_HUE_OWN, 0 };
  if (words[0] == NULL) {
    complain (builder, &role->source, "roles", role->name,
              "expected FOREGROUND BACKGROUND ATTRIBUTES, as in amber - bold");
    return;
  }
  role->style.fg = resolve_hue (builder, role, words[0], "foreground");
  if (words[1] == NULL)
    return;
  role->style.bg = resolve_hue (builder, role, words[1], "background");
  for (guint i = 2; words[i] != NULL; i++)
    role->style.attrs |= resolve_attr (builder, role, words[i]);
}

static const Definition *
find_role (const Builder *builder, const char *name)
{
  g_autofree char *group = g_strndup (name, strcspn (name, "."));
  const Definition *role = find (builder->roles, name);

  if (role == NULL)
    role = find (builder->roles, group);
  return role != NULL ? role : find (builder->roles, "default");
}

static void
finish (Builder *builder)
{
  LaneTheme *theme = builder->theme;

  for (guint i = 0; i < builder->colors->len; i++)
    resolve_color (builder, g_ptr_array_index (builder->colors, i));
  for (guint i = 0; i < builder->roles->len; i++)
    resolve_role (builder, g_ptr_array_index (builder->roles, i));
  for (LaneRole i = 0; i < LANE_N_ROLES; i++) {
    const Definition *role = find_role (builder, lane_role_to_string (i));

    theme->styles[i] = role != NULL ? role->style : (LaneStyle){ LANE_HUE_OWN, LANE_HUE_OWN, 0 };
    theme->sources[i] = role != NULL ? role->source : (LaneThemeSource){ .place = theme->place };
  }
}

LaneTheme *
lane_theme_parse (const LaneShelf *shelf, const char *id, const char *place, GBytes *text,
                  GPtrArray *problems)
{
  LaneTheme *theme = g_new0 (LaneTheme, 1);
  Builder builder = { .theme = theme, .shelf = shelf, .problems = problems };

  theme->id = g_strdup (id);
  theme->title = g_strdup (id);
  theme->place = g_strdup (place);
  theme->places = g_ptr_array_new_with_free_func (g_free);
  builder.colors = g_ptr_array_new_with_free_func (definition_free);
  builder.roles = g_ptr_array_new_with_free_func (definition_free);
  read_layer (&builder, text, place);
  finish (&builder);
  g_ptr_array_unref (builder.colors);
  g_ptr_array_unref (builder.roles);
  return theme;
}

LaneTheme *
lane_theme_load (const LaneShelf *shelf, const char *id, GPtrArray *problems, GError **error)
{
  g_autofree char *place = NULL;
  g_autoptr (GBytes) text = lane_shelf_read (shelf, id, NULL, &place, error);

  return text != NULL ? lane_theme_parse (shelf, id, place, text, problems) : NULL;
}

LaneTheme *
lane_theme_new_neutral (void)
{
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  LaneTheme *theme = lane_theme_load (NULL, "neutral", problems, NULL);

  g_assert (theme != NULL && problems->len == 0);
  return theme;
}

void
lane_theme_free (LaneTheme *theme)
{
  if (theme == NULL)
    return;
  g_free (theme->id);
  g_free (theme->title);
  g_free (theme->place);
  g_ptr_array_unref (theme->places);
  g_free (theme);
}

LaneStyle
lane_theme_get_style (const LaneTheme *theme, LaneRole role, LaneRole overlay)
{
  LaneStyle style = theme->styles[role];
  const LaneStyle *over = &theme->styles[overlay];

  if (overlay == LANE_ROLE_DEFAULT)
    return style;
  style.attrs |= over->attrs;
  if (!lane_hue_is_own (&over->fg))
    style.fg = over->fg;
  if (!lane_hue_is_own (&over->bg))
    style.bg = over->bg;
  return style;
}

char *
lane_attrs_to_string (guint attrs)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; attr_words[i] != NULL; i++)
    if (attrs & 1u << i)
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", attr_words[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

const char *
lane_background_to_string (LaneBackground background)
{
  return background_words[background];
}
