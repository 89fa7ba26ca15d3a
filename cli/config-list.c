/* icelane config list and get: what holds, and where it comes from. */
#include <string.h>

#include "config-commands.h"
#include "nearest.h"
#include "option.h"
#include "setting-name.h"
#include "settings.h"

/* One line for each value. */
static void
print_setting (const LaneCliOptions *options, const LaneConfig *config, const char *section,
               const char *key, gboolean with_name)
{
  LaneOrigin origin = lane_config_get_origin (config, section, key);
  g_autofree char *value = lane_config_get (config, section, key);
  g_autofree char *place = lane_origin_to_string (&origin);
  g_autofree char *name = lane_setting_name_to_string (section, key);
  g_auto (GStrv) lines = NULL;

  if (value == NULL)
    return;
  lines = g_strsplit (lane_edit_is_secret (section, key) ? "(secret)" : value, "\n", -1);
  explicit_bzero (value, strlen (value));
  for (guint i = 0; lines[i] != NULL; i++)
    g_print ("%s%s%s%s%s\n", with_name ? name : "", with_name ? " = " : "", lines[i],
             options->show_origin ? "    ; " : "", options->show_origin ? place : "");
}

static void
print_section (const LaneCliOptions *options, const LaneConfig *config, const char *kind,
               const char *name)
{
  g_autofree char *section = name != NULL ? g_strdup_printf ("%s %s", kind, name) : g_strdup (kind);
  g_autofree const char **keys = lane_section_keys (kind);

  for (guint i = 0; keys[i] != NULL; i++)
    print_setting (options, config, section, keys[i], TRUE);
}

static void
print_kind (const LaneCliOptions *options, const LaneConfig *config, const LaneSection *section)
{
  if (section->open) {
    for (guint i = 0; i < config->keys->len; i++)
      print_setting (options, config, section->name,
                     ((LaneKeyBinding *)config->keys->pdata[i])->command, TRUE);
  } else if (!section->named) {
    print_section (options, config, section->name, NULL);
  } else if (strcmp (section->name, "peer") == 0) {
    for (guint i = 0; i < config->peers->len; i++)
      print_section (options, config, "peer", ((LanePeerConfig *)config->peers->pdata[i])->name);
  } else {
    for (guint i = 0; i < config->servers->len; i++)
      print_section (options, config, "server",
                     ((LaneServerConfig *)config->servers->pdata[i])->name);
  }
}

/* Errors only: then what is printed is not what the file says. */
static int
print_errors (GPtrArray *problems)
{
  for (guint i = problems->len; i-- > 0;)
    if (((LaneProblem *)problems->pdata[i])->level == LANE_PROBLEM_WARNING)
      g_ptr_array_remove_index (problems, i);
  lane_cli_print_problems (problems);
  return problems->len > 0 ? LANE_EXIT_CONFIG : LANE_EXIT_OK;
}

int
lane_cli_config_list (const LaneCliOptions *options)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneConfig) config = lane_cli_settings_load_quietly (options, problems);
  gsize count;
  const LaneSection *sections = lane_sections (&count);

  for (gsize i = 0; i < count; i++)
    print_kind (options, config, &sections[i]);
  return print_errors (problems);
}

/* Leaves the problems that say the value is not what it should be. */
static void
keep_problems_of (GPtrArray *problems, const char *section, const char *key)
{
  for (guint i = problems->len; i-- > 0;) {
    const LaneProblem *problem = g_ptr_array_index (problems, i);

    if (problem->section != NULL
        && (strcmp (problem->section, section) != 0 || g_strcmp0 (problem->key, key) != 0))
      g_ptr_array_remove_index (problems, i);
  }
}

int
lane_cli_config_get (const LaneCliOptions *options)
{
  const char *name = options->arguments[1];
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *section = NULL;
  g_autofree char *key = NULL;
  g_autofree char *value = NULL;
  int code;

  if (!lane_setting_name_parse (name, -1, &section, &key)) {
    lane_cli_complain ("expected SECTION.KEY, as in ice.trickle or server.home.uri");
    return LANE_EXIT_USAGE;
  }
  if (!lane_edit_check_name (section, key, &error)) {
    lane_cli_complain ("%s", error->message);
    return LANE_EXIT_USAGE;
  }
  config = lane_cli_settings_load_quietly (options, problems);
  keep_problems_of (problems, section, key);
  code = print_errors (problems);
  value = lane_config_get (config, section, key);
  if (value == NULL || *value == '\0') {
    lane_cli_complain ("%s is not set", name);
    return code != LANE_EXIT_OK ? code : LANE_EXIT_FAILED;
  }
  print_setting (options, config, section, key, FALSE);
  explicit_bzero (value, strlen (value));
  return code;
}
