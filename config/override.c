#include "override.h"

#include <string.h>

#include "nearest.h"
#include "setting-name.h"

#define PREFIX "ICELANE_"

/* `keepalive-ms` as a variable has it: KEEPALIVE_MS. */
static char *
to_variable (const char *name)
{
  char *variable = g_ascii_strup (name, -1);

  for (char *p = variable; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p))
      *p = '_';
  return variable;
}

/* What follows `WORD_` in @variable, or NULL. */
static const char *
after_word (const char *variable, const char *word)
{
  g_autofree char *upper = to_variable (word);
  gsize length = strlen (upper);

  if (strncmp (variable, upper, length) != 0 || variable[length] != '_')
    return NULL;
  return variable + length + 1;
}

/* The option of @kind that is spelt @variable, or NULL. */
static const LaneOption *
find_by_variable (const char *kind, const char *variable)
{
  g_autofree const char **keys = lane_section_keys (kind);

  for (guint i = 0; keys[i] != NULL; i++) {
    g_autofree char *upper = to_variable (keys[i]);

    if (strcmp (upper, variable) == 0)
      return lane_option_find (kind, keys[i]);
  }
  return NULL;
}

static void complain (LaneLoader *loader, LaneProblemLevel level, const char *place,
                      const char *section, const char *format, ...) G_GNUC_PRINTF (5, 6);
static void
complain (LaneLoader *loader, LaneProblemLevel level, const char *place, const char *section,
          const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (loader->problems, lane_problem_new (level, place, 0, section, NULL, "%s", text));
}

static void
put_from_variable (LaneLoader *loader, const char *variable, const char *section, const char *key,
                   const char *value)
{
  const LaneOrigin origin = { LANE_LAYER_ENVIRONMENT, variable, 0 };
  g_autofree char *plain = g_strstrip (g_strdup (value));

  lane_loader_put (loader, &origin, section, key, plain);
}

/* @variable is the whole name and @rest its part after ICELANE_SECTION_. */
static void
set_plain (LaneLoader *loader, const LaneSection *section, const char *variable, const char *rest,
           const char *value)
{
  const LaneOption *option = find_by_variable (section->name, rest);
  g_autofree char *key = g_strdelimit (g_ascii_strdown (rest, -1), "_", '-');

  put_from_variable (loader, variable, section->name, option != NULL ? option->key : key, value);
}

static const char *
named_at (const LaneConfig *config, const char *kind, guint i)
{
  if (strcmp (kind, "server") == 0)
    return i < config->servers->len
               ? ((LaneServerConfig *)g_ptr_array_index (config->servers, i))->name
               : NULL;
  return i < config->peers->len ? ((LanePeerConfig *)g_ptr_array_index (config->peers, i))->name
                                : NULL;
}

/* Whether @rest ends like a setting of @kind behind some name: HOME_URI. Hooks get ICELANE_PEER and
 * the like, which are no settings. */
static gboolean
looks_like_setting (const char *kind, const char *rest)
{
  for (const char *p = strchr (rest, '_'); p != NULL; p = strchr (p + 1, '_'))
    if (find_by_variable (kind, p + 1) != NULL)
      return TRUE;
  return FALSE;
}

static void
set_named (LaneLoader *loader, const LaneSection *section, const char *variable, const char *rest,
           const char *value)
{
  const LaneOption *option = NULL;
  const char *found = NULL;
  const char *name;

  for (guint i = 0; (name = named_at (loader->config, section->name, i)) != NULL; i++) {
    const char *tail = after_word (rest, name);
    const LaneOption *here = tail != NULL ? find_by_variable (section->name, tail) : NULL;

    if (here == NULL)
      continue;
    if (found != NULL) {
      complain (loader, LANE_PROBLEM_ERROR, variable, NULL,
                "means both [%s %s] and [%s %s]: use --set or rename one", section->name, found,
                section->name, name);
      return;
    }
    found = name;
    option = here;
  }
  if (found != NULL) {
    g_autofree char *full = g_strdup_printf ("%s %s", section->name, found);

    put_from_variable (loader, variable, full, option->key, value);
  } else if (looks_like_setting (section->name, rest))
    complain (loader, LANE_PROBLEM_WARNING, variable, NULL,
              "names no [%s] section of the file: add the section or use --set", section->name);
}

void
lane_override_from_environment (LaneLoader *loader, const char *const *environ_)
{
  gsize count;
  const LaneSection *sections = lane_sections (&count);

  for (; *environ_ != NULL; environ_++) {
    const char *equals = strchr (*environ_, '=');
    g_autofree char *variable = NULL;

    if (equals == NULL || !g_str_has_prefix (*environ_, PREFIX)
        || !g_utf8_validate (*environ_, equals - *environ_, NULL))
      continue;
    variable = g_strndup (*environ_, equals - *environ_);
    for (gsize i = 0; i < count; i++) {
      const char *rest = after_word (variable + strlen (PREFIX), sections[i].name);

      if (rest == NULL || *rest == '\0')
        continue;
      if (sections[i].named)
        set_named (loader, &sections[i], variable, rest, equals + 1);
      else
        set_plain (loader, &sections[i], variable, rest, equals + 1);
    }
  }
}

static void
set_option (LaneLoader *loader, const char *text)
{
  const LaneOrigin origin = { LANE_LAYER_OVERRIDE, "--set", 0 };
  const char *equals = strchr (text, '=');
  g_autofree char *section = NULL;
  g_autofree char *key = NULL;
  g_autofree char *value = NULL;

  /* Does not quote @text: it may be a secret. */
  if (equals == NULL || !g_utf8_validate (text, -1, NULL)
      || !lane_setting_name_parse (text, equals - text, &section, &key)) {
    complain (loader, LANE_PROBLEM_ERROR, "--set", NULL,
              "expected section.key=value, as in ice.trickle=off or server.home.uri=stun:...");
    return;
  }
  value = g_strstrip (g_strdup (equals + 1));

  if (!lane_loader_has (loader, section, NULL)
      && !lane_loader_open_section (loader, &origin, section))
    return;
  lane_loader_put (loader, &origin, section, key, value);
}

void
lane_override_from_options (LaneLoader *loader, const char *const *overrides)
{
  for (; *overrides != NULL; overrides++)
    set_option (loader, *overrides);
}
