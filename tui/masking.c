#include "masking.h"

#include <string.h>

#include "option.h"
#include "uri.h"

static void
learn_setting_names (LaneMask *mask, const char *section, const char *shown)
{
  g_autofree const char **keys = lane_section_keys (section);

  for (guint i = 0; keys[i] != NULL; i++) {
    g_autofree char *name = g_strdup_printf ("%s.%s", shown, keys[i]);

    lane_mask_keep (mask, name);
  }
}

/* A section by a name that is masked is masked too. */
static void
learn_named_section (LaneMask *mask, const char *section, const char *name)
{
  g_autofree char *shown = g_strdup_printf ("%s.%s", section, name);
  g_autofree char *masked = lane_mask_text (mask, name);

  if (strcmp (masked, name) != 0)
    return;
  lane_mask_keep_name (mask, name);
  learn_setting_names (mask, section, shown);
}

static void
learn_home (LaneMask *mask)
{
  lane_mask_add_folder (mask, g_get_home_dir (), "~");
}

/* The host of any URI, without its dots checked: that is up to the mask. */
static void
learn_url (LaneMask *mask, const char *url)
{
  g_autoptr (GUri) uri = url != NULL ? g_uri_parse (url, G_URI_FLAGS_PARSE_RELAXED, NULL) : NULL;

  if (uri != NULL)
    lane_mask_add_host (mask, g_uri_get_host (uri));
}

static void
learn_server_uri (LaneMask *mask, const char *text)
{
  g_autoptr (LaneUri) uri = text != NULL ? lane_uri_parse (text, NULL) : NULL;

  if (uri != NULL)
    lane_mask_add_host (mask, uri->host);
}

void
lane_masking_learn_config (LaneMask *mask, const LaneConfig *config)
{
  gsize n_sections;
  const LaneSection *sections = lane_sections (&n_sections);

  learn_url (mask, config->signaling.url);
  for (guint i = 0; i < config->servers->len; i++) {
    const LaneServerConfig *server = config->servers->pdata[i];

    for (guint j = 0; j < server->uris->len; j++)
      lane_mask_add_host (mask, ((const LaneUri *)server->uris->pdata[j])->host);
  }
  for (gsize i = 0; i < n_sections; i++)
    if (!sections[i].named && !sections[i].open)
      learn_setting_names (mask, sections[i].name, sections[i].name);
  for (guint i = 0; i < config->servers->len; i++)
    learn_named_section (mask, "server", ((LaneServerConfig *)config->servers->pdata[i])->name);
  for (guint i = 0; i < config->peers->len; i++)
    learn_named_section (mask, "peer", ((LanePeerConfig *)config->peers->pdata[i])->name);
  lane_mask_keep_name (mask, config->node.name);
}

void
lane_masking_learn_snapshot (LaneMask *mask, const LaneSnapshot *snapshot)
{
  learn_url (mask, snapshot->signaling_url);
  for (guint i = 0; i < snapshot->servers->len; i++)
    learn_server_uri (mask, ((LaneServerView *)snapshot->servers->pdata[i])->uri);
  for (guint i = 0; i < snapshot->servers->len; i++)
    lane_mask_keep_name (mask, ((LaneServerView *)snapshot->servers->pdata[i])->name);
  for (guint i = 0; i < snapshot->peers->len; i++)
    lane_mask_keep_name (mask, ((LanePeerView *)snapshot->peers->pdata[i])->name);
  lane_mask_keep_name (mask, snapshot->name);
}

void
lane_masking_learn (LaneModel *model)
{
  const LaneConfig *config;

  if (model->mask == NULL) {
    model->mask = lane_mask_new ();
    learn_home (model->mask);
  }
  config = model->panel != NULL ? lane_settings_get_config (model->panel->settings) : NULL;
  if (config != NULL)
    lane_masking_learn_config (model->mask, config);
  lane_masking_learn_snapshot (model->mask, model->snapshot);
}

void
lane_masking_hide_text (const LaneModel *model, char **text)
{
  char *masked = lane_mask_text (model->mask, *text);

  g_free (*text);
  *text = masked;
}

void
lane_masking_hide_json (const LaneModel *model, char **lines)
{
  g_auto (GStrv) each = *lines != NULL ? g_strsplit (*lines, "\n", -1) : NULL;

  for (guint i = 0; each != NULL && each[i] != NULL; i++) {
    g_autoptr (JsonNode) node = each[i][0] != '\0' ? json_from_string (each[i], NULL) : NULL;
    g_autoptr (JsonNode) masked = node != NULL ? lane_mask_json (model->mask, node) : NULL;

    if (masked == NULL) {
      lane_masking_hide_text (model, &each[i]);
    } else {
      g_free (each[i]);
      each[i] = json_to_string (masked, FALSE);
    }
  }
  if (each != NULL) {
    g_free (*lines);
    *lines = g_strjoinv ("\n", each);
  }
}
