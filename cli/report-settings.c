#include "report-data.h"

#include <string.h>

#include "option.h"

/* A command line may hold a password as well as a value does, and who logs in is nobody's
 * business. */
static gboolean
is_told (const LaneOption *option)
{
  return !lane_option_is_secret (option) && option->type != LANE_OPTION_COMMAND
         && strcmp (option->key, "username") != 0;
}

/* The parts are masked one by one: `server.server#A.uri` as a whole looks like a host name. */
static void
list_setting (const LaneReport *report, GStrvBuilder *builder, const char *kind, const char *name,
              const char *key)
{
  g_autofree char *section = name != NULL ? g_strdup_printf ("%s %s", kind, name) : g_strdup (kind);
  LaneOrigin origin = lane_config_get_origin (report->config, section, key);
  const LaneOption *option = lane_option_find (kind, key);
  g_autofree char *value = lane_config_get (report->config, section, key);
  g_autofree char *shown = lane_mask_text (report->mask, name);
  g_auto (GStrv) lines = NULL;

  if (value == NULL || option == NULL || origin.layer == LANE_LAYER_DEFAULT)
    return;
  lines = g_strsplit (is_told (option) ? value : "(set, not told)", "\n", -1);
  explicit_bzero (value, strlen (value));
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree char *masked = lane_mask_text (report->mask, lines[i]);
    g_autofree char *line = g_strdup_printf ("%s%s%s.%s = %s", kind, shown != NULL ? "." : "",
                                             shown != NULL ? shown : "", key, masked);

    g_strv_builder_add (builder, line);
  }
}

static void
list_section (const LaneReport *report, GStrvBuilder *builder, const char *kind, const char *name)
{
  g_autofree const char **keys = lane_section_keys (kind);

  for (guint i = 0; keys[i] != NULL; i++)
    list_setting (report, builder, kind, name, keys[i]);
}

char **
lane_report_list_settings (const LaneReport *report)
{
  const LaneConfig *config = report->config;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gsize n_sections;
  const LaneSection *sections = lane_sections (&n_sections);

  for (gsize i = 0; i < n_sections; i++)
    if (!sections[i].named && !sections[i].open)
      list_section (report, builder, sections[i].name, NULL);
  for (guint i = 0; i < config->servers->len; i++)
    list_section (report, builder, "server",
                  ((const LaneServerConfig *)config->servers->pdata[i])->name);
  for (guint i = 0; i < config->peers->len; i++) {
    const char *name = ((const LanePeerConfig *)config->peers->pdata[i])->name;

    if (report->peer == NULL || strcmp (report->peer, name) == 0)
      list_section (report, builder, "peer", name);
  }
  return g_strv_builder_end (builder);
}
