#include "settings.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "reader.h"

#define INPUT "standard input"

GPtrArray *
lane_cli_problems_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
}

void
lane_cli_print_problems (const GPtrArray *problems)
{
  for (guint i = 0; i < problems->len; i++) {
    const LaneProblem *problem = problems->pdata[i];
    g_autofree char *text = lane_problem_to_string (problem);

    g_printerr ("%s%s\n", text, problem->level == LANE_PROBLEM_WARNING ? " (warning)" : "");
  }
}

void
lane_cli_settings_apply_options (LaneConfig *config, const LaneCliOptions *options)
{
  if (options->socket != NULL) {
    g_free (config->node.control);
    config->node.control = g_canonicalize_filename (options->socket, NULL);
  }
  if (options->theme != NULL) {
    g_free (config->ui.theme);
    config->ui.theme = g_strdup (options->theme);
  }
  if (options->no_mouse)
    config->ui.mouse = FALSE;
  if (options->verbose)
    config->log.level = LANE_LOG_LEVEL_DEBUG;
  else if (options->quiet)
    config->log.level = LANE_LOG_LEVEL_WARNING;
}

LaneConfigSources
lane_cli_settings_sources (const LaneCliOptions *options, const char *const *environment)
{
  return (LaneConfigSources){
    .path = options->config,
    .must_exist = options->config != NULL,
    .environ_ = environment,
    .overrides = (const char *const *)options->sets,
  };
}

LaneConfig *
lane_cli_settings_load_quietly (const LaneCliOptions *options, GPtrArray *problems)
{
  g_auto (GStrv) environment = g_get_environ ();
  const LaneConfigSources sources =
      lane_cli_settings_sources (options, (const char *const *)environment);
  LaneConfig *config = lane_config_load (&sources, problems);

  lane_cli_settings_apply_options (config, options);
  return config;
}

static GBytes *
read_input (void)
{
  g_autoptr (GByteArray) array = g_byte_array_new ();
  guint8 buffer[4096];
  ssize_t length;

  while ((length = read (STDIN_FILENO, buffer, sizeof buffer)) != 0) {
    if (length < 0 && errno == EINTR)
      continue;
    if (length < 0) {
      g_printerr ("icelane: " INPUT ": %s\n", g_strerror (errno));
      return NULL;
    }
    g_byte_array_append (array, buffer, length);
    if (array->len > LANE_READER_FILE_MAX) {
      g_printerr ("icelane: " INPUT ": settings are at most %d bytes\n", LANE_READER_FILE_MAX);
      return NULL;
    }
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&array));
}

LaneConfig *
lane_cli_settings_load_input (const LaneCliOptions *options, GPtrArray *problems)
{
  g_autoptr (GBytes) text = read_input ();
  g_auto (GStrv) environment = g_get_environ ();
  const LaneConfigSources sources = {
    .path = INPUT,
    .environ_ = (const char *const *)environment,
    .overrides = (const char *const *)options->sets,
  };
  LaneConfig *config;

  if (text == NULL)
    return NULL;
  config = lane_config_load_text (&sources, text, problems);
  lane_cli_settings_apply_options (config, options);
  return config;
}

LaneConfig *
lane_cli_settings_load (const LaneCliOptions *options)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneConfig) config = lane_cli_settings_load_quietly (options, problems);

  lane_cli_print_problems (problems);
  return lane_problems_have_error (problems) ? NULL : g_steal_pointer (&config);
}

static gboolean
concerns_clients (const LaneProblem *problem)
{
  return problem->level == LANE_PROBLEM_ERROR
         && (problem->section == NULL || strcmp (problem->section, "node") == 0);
}

LaneConfig *
lane_cli_settings_load_leniently (const LaneCliOptions *options)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (GPtrArray) ours = g_ptr_array_new ();
  g_autoptr (LaneConfig) config = lane_cli_settings_load_quietly (options, problems);

  for (guint i = 0; i < problems->len; i++) {
    if (concerns_clients (problems->pdata[i]))
      g_ptr_array_add (ours, problems->pdata[i]);
  }
  lane_cli_print_problems (ours);
  return ours->len > 0 ? NULL : g_steal_pointer (&config);
}
