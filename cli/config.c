/* icelane config check|path|list|template */
#include <string.h>

#include "commands.h"
#include "option.h"
#include "settings.h"

/* The layers a setting can come from, lowest first (UX section 4). */
static const char *const origins[] = { "default", "file", "environment", "--set" };

typedef struct {
  LaneConfig *layers[G_N_ELEMENTS (origins)]; /* each with the ones below it */
} Layers;

static int
check (const LaneCliOptions *options)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneConfig) config = lane_cli_settings_load_quietly (options, problems);

  lane_cli_print_problems (problems);
  if (lane_problems_have_error (problems))
    return LANE_EXIT_CONFIG;
  if (problems->len == 0)
    g_print ("%s is fine\n", config->path);
  return LANE_EXIT_OK;
}

static char **
without_ours (char **environment)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (; *environment != NULL; environment++) {
    if (!g_str_has_prefix (*environment, "ICELANE_"))
      g_strv_builder_add (builder, *environment);
  }
  return g_strv_builder_end (builder);
}

static LaneConfig *
load_layer (const char *path, char **environment, char **sets)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  LaneConfigSources sources = {
    .path = path,
    .environ_ = (const char *const *)environment,
    .overrides = (const char *const *)sets,
  };

  return lane_config_load (&sources, problems);
}

static void
layers_init (Layers *layers, const LaneCliOptions *options)
{
  g_auto (GStrv) all = g_get_environ ();
  g_auto (GStrv) clean = without_ours (all);

  layers->layers[0] = load_layer ("/dev/null", clean, NULL);
  layers->layers[1] = load_layer (options->config, clean, NULL);
  layers->layers[2] = load_layer (options->config, all, NULL);
  layers->layers[3] = load_layer (options->config, all, options->sets);
}

static void
layers_clear (Layers *layers)
{
  for (guint i = 0; i < G_N_ELEMENTS (origins); i++)
    lane_config_free (layers->layers[i]);
}

/* The struct that holds the options of a section; NULL: this layer has no such section. */
static gconstpointer
find_base (const LaneConfig *config, const LaneSection *section, const char *name)
{
  if (!section->named)
    return config;
  return strcmp (section->name, "peer") == 0
             ? (gconstpointer)lane_config_find_peer (config, name)
             : (gconstpointer)lane_config_find_server (config, name);
}

static char *
get_value (const LaneConfig *config, const LaneSection *section, const char *name,
           const LaneOption *option)
{
  gconstpointer base = find_base (config, section, name);

  return base != NULL ? lane_option_get (option, base) : NULL;
}

/* The highest layer that made a difference. */
static const char *
find_origin (const Layers *layers, const LaneSection *section, const char *name,
             const LaneOption *option)
{
  guint origin = 0;
  g_autofree char *below = get_value (layers->layers[0], section, name, option);

  for (guint i = 1; i < G_N_ELEMENTS (origins); i++) {
    char *value = get_value (layers->layers[i], section, name, option);

    if (g_strcmp0 (value, below) != 0)
      origin = i;
    g_free (below);
    below = value;
  }
  return origins[origin];
}

static void
print_option (const LaneCliOptions *options, const Layers *layers, const LaneSection *section,
              const char *name, const LaneOption *option)
{
  g_autofree char *value = get_value (layers->layers[3], section, name, option);
  const char *origin = find_origin (layers, section, name, option);
  g_auto (GStrv) lines = NULL;

  if (value == NULL)
    return;

  lines = g_strsplit (lane_option_is_secret (option) ? "(secret)" : value, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_print ("%s%s%s.%s = %s", section->name, section->named ? "." : "", section->named ? name : "",
             option->key, lines[i]);
    if (options->show_origin)
      g_print ("    ; %s", origin);
    g_print ("\n");
  }
}

static void
print_section (const LaneCliOptions *options, const Layers *layers, const LaneSection *section,
               const char *name)
{
  gsize count;
  const LaneOption *table = lane_options (&count);

  for (gsize i = 0; i < count; i++) {
    if (strcmp (table[i].section, section->name) == 0)
      print_option (options, layers, section, name, &table[i]);
  }
}

static int
list (const LaneCliOptions *options)
{
  Layers layers;
  gsize count;
  const LaneSection *sections = lane_sections (&count);

  layers_init (&layers, options);
  for (gsize i = 0; i < count; i++) {
    const GPtrArray *servers = layers.layers[3]->servers, *peers = layers.layers[3]->peers;

    if (!sections[i].named) {
      print_section (options, &layers, &sections[i], NULL);
    } else if (strcmp (sections[i].name, "peer") == 0) {
      for (guint j = 0; j < peers->len; j++)
        print_section (options, &layers, &sections[i], ((LanePeerConfig *)peers->pdata[j])->name);
    } else {
      for (guint j = 0; j < servers->len; j++)
        print_section (options, &layers, &sections[i],
                       ((LaneServerConfig *)servers->pdata[j])->name);
    }
  }
  layers_clear (&layers);
  return LANE_EXIT_OK;
}

int
lane_cli_config (const LaneCliOptions *options)
{
  const char *action = options->arguments[0];
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneConfig) config = NULL;
  g_autofree char *template = NULL;

  if (strcmp (action, "check") == 0)
    return check (options);
  if (strcmp (action, "list") == 0)
    return list (options);
  if (strcmp (action, "path") == 0) {
    config = lane_cli_settings_load_quietly (options, problems);
    g_print ("%s\n", config->path);
    return LANE_EXIT_OK;
  }
  if (strcmp (action, "template") == 0) {
    template = lane_config_template ();
    g_print ("%s", template);
    return LANE_EXIT_OK;
  }

  g_printerr ("icelane: config has no '%s'; it has check, path, list and template\n", action);
  return LANE_EXIT_USAGE;
}
