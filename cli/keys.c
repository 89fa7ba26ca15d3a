/* icelane keys: what the dashboard obeys, from its table and [keys]. */
#include <json-glib/json-glib.h>

#include "commands.h"
#include "keymap.h"
#include "settings.h"
#include "table.h"

static void
add_action (JsonBuilder *builder, const LaneKeymap *keymap, const LaneAction *action)
{
  g_auto (GStrv) keys = g_strsplit (lane_keymap_get (keymap, action), " ", -1);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "command");
  json_builder_add_string_value (builder, action->name);
  json_builder_set_member_name (builder, "keys");
  json_builder_begin_array (builder);
  for (guint i = 0; keys[i] != NULL; i++)
    if (keys[i][0] != '\0')
      json_builder_add_string_value (builder, keys[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "help");
  json_builder_add_string_value (builder, action->help);
  json_builder_end_object (builder);
}

static void
print_json (const LaneKeymap *keymap)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  const LaneAction *action;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "schema");
  json_builder_add_int_value (builder, 1);
  json_builder_set_member_name (builder, "keys");
  json_builder_begin_array (builder);
  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    add_action (builder, keymap, action);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  g_print ("%s\n", text);
}

static void
print_table (const LaneKeymap *keymap)
{
  g_autoptr (LaneTable) table = lane_table_new (3);
  g_autofree char *text = NULL;
  const LaneAction *action;

  lane_table_add (table, g_strdup ("COMMAND"), g_strdup ("KEYS"), g_strdup (""));
  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    lane_table_add (table, g_strdup (action->name), g_strdup (lane_keymap_get (keymap, action)),
                    g_strdup (action->help));
  text = lane_table_to_string (table);
  g_print ("%s", text);
}

int
lane_cli_keys (const LaneCliOptions *options)
{
  g_autoptr (GPtrArray) of_settings = lane_cli_problems_new ();
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneConfig) config = lane_cli_settings_load_quietly (options, of_settings);
  g_autoptr (LaneKeymap) keymap = lane_keymap_new (config, problems);

  lane_cli_print_problems (problems);
  if (options->json)
    print_json (keymap);
  else
    print_table (keymap);
  return LANE_EXIT_OK;
}
