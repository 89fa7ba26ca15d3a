/* icelane config ACTION */
#include <string.h>

#include "commands.h"
#include "config-commands.h"
#include "keymap.h"
#include "nearest.h"
#include "settings.h"

typedef struct {
  const char *name;
  const char *arguments;
  guint min_arguments, max_arguments;
  int (*run) (const LaneCliOptions *options);
} Action;

static int
check (const LaneCliOptions *options)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneConfig) config = lane_cli_settings_load_quietly (options, problems);
  g_autoptr (LaneKeymap) keymap = NULL; /* for what is wrong with it */

  keymap = lane_keymap_new (config, problems);
  lane_cli_print_problems (problems);
  if (lane_problems_have_error (problems))
    return LANE_EXIT_CONFIG;
  if (problems->len == 0)
    g_print ("%s is fine\n", config->path);
  return LANE_EXIT_OK;
}

static int
print_path (const LaneCliOptions *options)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneConfig) config = lane_cli_settings_load_quietly (options, problems);

  g_print ("%s\n", config->path);
  return LANE_EXIT_OK;
}

static int
print_template (const LaneCliOptions *options)
{
  g_autofree char *template = lane_config_template ();

  g_print ("%s", template);
  return LANE_EXIT_OK;
}

static const Action actions[] = {
  { "check", "", 0, 0, check },
  { "path", "", 0, 0, print_path },
  { "list", "", 0, 0, lane_cli_config_list },
  { "get", "SECTION.KEY", 1, 1, lane_cli_config_get },
  { "set", "SECTION.KEY VALUE...", 2, G_MAXUINT, lane_cli_config_set },
  { "unset", "SECTION[.KEY]...", 1, G_MAXUINT, lane_cli_config_unset },
  { "edit", "", 0, 0, lane_cli_config_edit },
  { "import", "FILE", 1, 1, lane_cli_config_import },
  { "export", "", 0, 0, lane_cli_config_export },
  { "template", "", 0, 0, print_template },
};

static const Action *
find_action (const char *name)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++) {
    if (strcmp (actions[i].name, name) == 0)
      return &actions[i];
    g_ptr_array_add (names, (gpointer)actions[i].name);
  }
  g_ptr_array_add (names, NULL);
  hint = lane_nearest_hint (name, (const char *const *)names->pdata);
  lane_cli_complain ("config has no '%s'%s; `icelane help config` lists what it has", name, hint);
  return NULL;
}

int
lane_cli_config (const LaneCliOptions *options)
{
  const Action *action = find_action (options->arguments[0]);
  guint count = g_strv_length (options->arguments) - 1;

  if (action == NULL)
    return LANE_EXIT_USAGE;
  if (count < action->min_arguments || count > action->max_arguments) {
    g_printerr ("usage: icelane config %s %s\n", action->name, action->arguments);
    return LANE_EXIT_USAGE;
  }
  return action->run (options);
}
