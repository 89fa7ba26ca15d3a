#include "settings-form.h"

#include "setting-name.h"

#include <string.h>

#define MASK       "(hidden)"
#define B64_SUFFIX "-b64"

static const struct {
  const char *key, *word;
} logins[] = {
  { "password-command", "command" },  { "password-file", "file" },
  { "password", "password" },         { "auth-secret-command", "shared secret, command" },
  { "auth-secret", "shared secret" },
};

static void
row_free (gpointer data)
{
  LaneSettingsRow *row = data;

  if (row->value != NULL && row->secret)
    explicit_bzero (row->value, strlen (row->value));
  g_free (row->section);
  g_free (row->key);
  g_free (row->value);
  g_free (row->text);
  g_free (row->override);
  g_free (row);
}

static LaneSettingsRow *
add_row (GPtrArray *rows, LaneSettingsRowKind kind, const char *section, const char *key)
{
  LaneSettingsRow *row = g_new0 (LaneSettingsRow, 1);

  row->kind = kind;
  row->section = g_strdup (section);
  row->key = g_strdup (key);
  g_ptr_array_add (rows, row);
  return row;
}

/* Values */

static gboolean
is_yes (const char *value)
{
  static const char *const yes[] = { "on", "yes", "true", NULL };
  g_autofree char *lower = g_ascii_strdown (value, -1);

  return g_strv_contains (yes, lower);
}

static char *
show_value (const LaneOption *option, const char *value)
{
  if (option != NULL && lane_option_is_secret (option))
    return g_strdup (MASK);
  if (option != NULL && option->type == LANE_OPTION_SWITCH)
    return g_strdup_printf ("[%c] %s", is_yes (value) ? 'x' : ' ', value);
  return g_strdup (value);
}

static char *
show_default (const LaneSettings *settings, const LaneSettingsRow *row)
{
  g_autofree char *value = NULL;
  g_autofree char *shown = NULL;

  if (row->option == NULL || row->secret)
    return g_strdup ("not set");
  value = lane_config_get (lane_settings_get_config (settings), row->section, row->key);
  if (value == NULL || *value == '\0')
    return g_strdup (row->option->type == LANE_OPTION_WORDS
                             && g_str_has_prefix (row->section, "peer ")
                         ? "all (default)"
                         : "not set");
  shown = show_value (row->option, value);
  return g_strdup_printf ("%s (default)", shown);
}

static LaneSettingsRow *
add_value (GPtrArray *rows, const LaneSettings *settings, const char *section, const char *key,
           const LaneOption *option, guint index, const char *value)
{
  LaneSettingsRow *row = add_row (rows, LANE_ROW_VALUE, section, key);

  row->option = option;
  row->index = index;
  row->secret = option != NULL && lane_option_is_secret (option);
  row->value = g_strdup (value);
  row->changed = lane_settings_is_changed (settings, section, key);
  row->problem = lane_settings_find_problem (settings, section, key);
  if (index == 0)
    row->line = lane_document_find_line (lane_settings_get_document (settings), section, key);
  row->is_default = value == NULL;
  row->text = value != NULL ? show_value (option, value)
              : index > 0   ? g_strdup ("")
                            : show_default (settings, row);
  return row;
}

static void
add_overridden (GPtrArray *rows, const LaneSettings *settings, const char *section, const char *key,
                const LaneOption *option, const LaneOrigin *origin)
{
  g_autofree char *all = lane_config_get (lane_settings_get_config (settings), section, key);
  g_auto (GStrv) values = g_strsplit (all != NULL ? all : "", "\n", -1);

  for (guint i = 0; i == 0 || values[i] != NULL; i++) {
    LaneSettingsRow *row =
        add_value (rows, settings, section, key, option, i, values[i] != NULL ? values[i] : "");

    row->override = lane_origin_to_string (origin);
    row->changed = FALSE;
    row->line = 0;
    if (values[i] == NULL)
      break;
  }
}

static void
add_setting (GPtrArray *rows, const LaneSettings *settings, const char *section, const char *key,
             const LaneOption *option, gboolean one_more)
{
  g_auto (GStrv) values = NULL;
  LaneOrigin origin;
  guint n;

  if (lane_settings_is_overridden (settings, section, key, &origin)) {
    add_overridden (rows, settings, section, key, option, &origin);
    return;
  }
  values = lane_document_get_values (lane_settings_get_document (settings), section, key);
  n = g_strv_length (values);
  for (guint i = 0; i < n; i++)
    add_value (rows, settings, section, key, option, i, values[i]);
  if (n == 0)
    add_value (rows, settings, section, key, option, 0, NULL);
  else if (one_more)
    add_value (rows, settings, section, key, option, n, NULL);
}

/* Logins: one row says which way it is, and only that one has a row of its own. */

static gboolean
has_value (const LaneSettings *settings, const char *section, const char *key)
{
  return lane_document_find_line (lane_settings_get_document (settings), section, key) != 0
         || lane_settings_is_overridden (settings, section, key, NULL);
}

static gboolean
is_login_key (const char *key)
{
  return g_strv_contains (lane_settings_login_keys (), key);
}

static const char *
login_word (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (logins); i++)
    if (strcmp (logins[i].key, key) == 0)
      return logins[i].word;
  return strcmp (key, "password-b64") == 0 ? "password" : key;
}

static void
add_login (GPtrArray *rows, const LaneSettings *settings, const char *section, const char *wanted)
{
  const char *const *keys = lane_settings_login_keys ();
  LaneSettingsRow *row = add_row (rows, LANE_ROW_LOGIN, section, "login");

  for (guint i = 0; keys[i] != NULL; i++) {
    gboolean is_wanted = g_strcmp0 (keys[i], wanted) == 0;

    if (wanted != NULL ? !is_wanted : !has_value (settings, section, keys[i]))
      continue;
    row->changed |= lane_settings_is_changed (settings, section, keys[i]);
    if (row->value == NULL) {
      row->value = g_strdup (keys[i]);
      row->text = g_strdup (login_word (keys[i]));
    }
    if (is_wanted && !has_value (settings, section, keys[i]))
      add_value (rows, settings, section, keys[i], lane_option_find ("server", keys[i]), 0, NULL);
    else
      add_setting (rows, settings, section, keys[i], lane_option_find ("server", keys[i]), FALSE);
  }
  if (row->value != NULL)
    return;
  row->text = g_strdup ("none");
  row->is_default = TRUE;
  for (guint i = 0; keys[i] != NULL; i++)
    row->changed |= lane_settings_is_changed (settings, section, keys[i]);
}

static gboolean
uses_shared_secret (const LaneSettings *settings, const char *section)
{
  return has_value (settings, section, "auth-secret")
         || has_value (settings, section, "auth-secret-command")
         || has_value (settings, section, "auth-ttl-s");
}

/* Sections */

static void
add_unknown (GPtrArray *rows, const LaneSettings *settings, const char *section, const char *kind)
{
  g_auto (GStrv) keys = lane_document_get_keys (lane_settings_get_document (settings), section);

  for (guint i = 0; keys[i] != NULL; i++)
    if (lane_option_find (kind, keys[i]) == NULL)
      add_setting (rows, settings, section, keys[i], NULL, FALSE);
}

static void
add_section (GPtrArray *rows, const LaneSettings *settings, const char *section,
             const char *add_key)
{
  g_autofree char *kind = lane_section_name_kind (section);
  gboolean server = strcmp (kind, "server") == 0;
  gboolean login_done = FALSE;
  gsize count;
  const LaneOption *options = lane_options (&count);

  for (gsize i = 0; i < count; i++) {
    const LaneOption *option = &options[i];

    if (strcmp (option->section, kind) != 0)
      continue;
    if (server && is_login_key (option->key)) {
      if (!login_done)
        add_login (rows, settings, section,
                   add_key != NULL && is_login_key (add_key) ? add_key : NULL);
      login_done = TRUE;
    } else if (!server || strcmp (option->key, "auth-ttl-s") != 0
               || uses_shared_secret (settings, section))
      add_setting (rows, settings, section, option->key, option,
                   g_strcmp0 (add_key, option->key) == 0);
  }
  add_unknown (rows, settings, section, kind);
  if (add_key != NULL && lane_settings_form_find (rows, section, add_key, 0) < 0)
    add_value (rows, settings, section, add_key, NULL, 0, NULL);
}

GPtrArray *
lane_settings_form_new (const LaneSettings *settings, const LaneSettingsItem *item,
                        const char *add_section_name, const char *add_key)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (row_free);

  if (item->kind == LANE_ITEM_HEADING)
    return rows;
  for (guint i = 0; item->sections[i] != NULL; i++) {
    const char *section = item->sections[i];
    LaneSettingsRow *row;

    if (item->kind == LANE_ITEM_NAMED) {
      row = add_row (rows, LANE_ROW_NAME, section, "name");
      row->value = g_strdup (item->title);
      row->text = g_strdup (item->title);
      row->problem = lane_settings_find_problem (settings, section, NULL);
    } else if (item->sections[1] != NULL) {
      row = add_row (rows, LANE_ROW_SECTION, section, NULL);
      row->text = g_strdup_printf ("[%s]", section);
    }
    add_section (rows, settings, section,
                 g_strcmp0 (section, add_section_name) == 0 ? add_key : NULL);
  }
  return rows;
}

int
lane_settings_form_find (const GPtrArray *rows, const char *section, const char *key, guint index)
{
  for (guint i = 0; i < rows->len; i++) {
    const LaneSettingsRow *row = g_ptr_array_index (rows, i);

    if (g_strcmp0 (row->section, section) == 0 && g_strcmp0 (row->key, key) == 0
        && row->index == index)
      return i;
  }
  return -1;
}

static char *
describe_type (const LaneOption *option)
{
  g_autofree char *choices = NULL;

  switch (option->type) {
  case LANE_OPTION_NUMBER:
    return g_strdup_printf ("%u-%u", option->min, option->max);
  case LANE_OPTION_CHOICE:
  case LANE_OPTION_WORD:
    choices = g_strjoinv (", ", (char **)option->choices);
    return g_steal_pointer (&choices);
  default:
    return option->fallback == NULL && option->example != NULL
               ? g_strdup_printf ("for example %s", option->example)
               : NULL;
  }
}

char *
lane_settings_row_describe (const LaneSettingsRow *row)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *type = row->option != NULL ? describe_type (row->option) : NULL;
  g_autofree char *kind = lane_section_name_kind (row->section);
  const LaneSection *section = lane_section_find (kind);

  switch (row->kind) {
  case LANE_ROW_SECTION:
  case LANE_ROW_NAME:
    g_string_append (text, section != NULL ? section->help : "");
    break;
  case LANE_ROW_LOGIN:
    g_string_append (text, "how TURN is told who we are; a shared secret is coturn's "
                           "use-auth-secret");
    break;
  case LANE_ROW_VALUE:
  default:
    if (row->option != NULL)
      g_string_append (text, row->option->help);
    else if (section != NULL && section->open)
      g_string_append (text, section->help);
    else
      g_string_append (text, "icelane does not know this one; it is left as it is");
  }
  if (type != NULL)
    g_string_append_printf (text, "; %s", type);
  if (row->option != NULL && row->option->fallback != NULL && !row->is_default)
    g_string_append_printf (text, "; default %s", row->option->fallback);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
lane_settings_row_reveal (const LaneSettingsRow *row)
{
  gsize length = 0;
  g_autofree guchar *bytes = NULL;
  char *text = NULL;

  if (!row->secret || row->value == NULL)
    return NULL;
  if (!g_str_has_suffix (row->key, B64_SUFFIX))
    return g_strdup (row->value);
  bytes = g_base64_decode (row->value, &length);
  if (g_utf8_validate ((const char *)bytes, length, NULL))
    text = g_strndup ((const char *)bytes, length);
  explicit_bzero (bytes, length);
  return text;
}

const char **
lane_settings_row_get_choices (const LaneSettingsRow *row)
{
  GPtrArray *words = NULL;

  if (row->kind != LANE_ROW_LOGIN
      && (row->kind != LANE_ROW_VALUE || row->option == NULL || row->option->choices == NULL))
    return NULL;
  words = g_ptr_array_new ();
  if (row->kind == LANE_ROW_LOGIN) {
    g_ptr_array_add (words, (gpointer) "none");
    for (guint i = 0; i < G_N_ELEMENTS (logins); i++)
      g_ptr_array_add (words, (gpointer)logins[i].word);
  } else
    for (guint i = 0; row->option->choices[i] != NULL; i++)
      g_ptr_array_add (words, (gpointer)row->option->choices[i]);
  g_ptr_array_add (words, NULL);
  return (const char **)g_ptr_array_free (words, FALSE);
}

gboolean
lane_settings_row_is_switch (const LaneSettingsRow *row)
{
  return row->kind == LANE_ROW_VALUE && row->option != NULL
         && row->option->type == LANE_OPTION_SWITCH;
}

gboolean
lane_settings_row_is_on (const LaneSettingsRow *row)
{
  const char *value = row->value != NULL ? row->value : row->option->fallback;

  return value != NULL && is_yes (value);
}
