#include "config.h"

#include <string.h>

#include <gio/gio.h>

#include "check.h"
#include "folders.h"
#include "loader.h"
#include "option.h"
#include "override.h"
#include "reader.h"
#include "setting-name.h"

static void
server_free (gpointer data)
{
  LaneServerConfig *server = data;

  lane_section_clear ("server", server);
  g_free (server->name);
  g_free (server);
}

static void
peer_free (gpointer data)
{
  LanePeerConfig *peer = data;

  lane_section_clear ("peer", peer);
  g_free (peer->name);
  g_free (peer);
}

static void
binding_free (gpointer data)
{
  LaneKeyBinding *binding = data;

  g_free (binding->command);
  g_strfreev (binding->keys);
  g_free (binding);
}

/* Every plain section; [server] and [peer] rows belong to other structs. */
static void
reset_sections (LaneConfig *config, const LaneFolders *folders)
{
  gsize count;
  const LaneSection *sections = lane_sections (&count);

  for (gsize i = 0; i < count; i++)
    if (!sections[i].named)
      lane_section_reset (sections[i].name, config, folders);
}

static void
clear_sections (LaneConfig *config)
{
  gsize count;
  const LaneSection *sections = lane_sections (&count);

  for (gsize i = 0; i < count; i++)
    if (!sections[i].named)
      lane_section_clear (sections[i].name, config);
}

static LaneConfig *
new_with_folders (const LaneFolders *folders)
{
  LaneConfig *config = g_new0 (LaneConfig, 1);

  config->servers = g_ptr_array_new_with_free_func (server_free);
  config->peers = g_ptr_array_new_with_free_func (peer_free);
  config->keys = g_ptr_array_new_with_free_func (binding_free);
  config->path = g_build_filename (folders->config, "icelane.ini", NULL);
  reset_sections (config, folders);
  return config;
}

/* Defaults that depend on other settings or on the host, where nothing else was said. */
static void
fill_in (LaneConfig *config, const LaneFolders *folders)
{
  const char *runtime = folders->runtime != NULL ? folders->runtime : config->node.state_dir;

  if (config->node.name == NULL)
    config->node.name = g_strdup (g_get_host_name ());
  if (config->node.control == NULL)
    config->node.control = g_build_filename (runtime, "control", NULL);
}

static void
fill_in_peers (LaneConfig *config)
{
  for (guint i = 0; i < config->peers->len; i++) {
    LanePeerConfig *peer = g_ptr_array_index (config->peers, i);
    g_autofree char *section = g_strdup_printf ("peer %s", peer->name);

    if (lane_config_get_origin (config, section, "policy").layer == LANE_LAYER_DEFAULT)
      peer->policy = config->ice.policy;
  }
}

LaneConfig *
lane_config_new (void)
{
  g_autoptr (LaneFolders) folders = lane_folders_new (NULL);
  LaneConfig *config = new_with_folders (folders);

  fill_in (config, folders);
  return config;
}

void
lane_config_free (LaneConfig *config)
{
  if (config == NULL)
    return;
  clear_sections (config);
  g_ptr_array_unref (config->servers);
  g_ptr_array_unref (config->peers);
  g_ptr_array_unref (config->keys);
  g_clear_pointer (&config->text, g_bytes_unref);
  g_clear_pointer (&config->origins, g_hash_table_unref);
  g_free (config->path);
  g_free (config);
}

char *
lane_config_default_path (const char *const *environ_)
{
  g_autoptr (LaneFolders) folders = lane_folders_new (environ_);

  return g_build_filename (folders->config, "icelane.ini", NULL);
}

static void
put_entries (LaneLoader *loader, const GPtrArray *entries)
{
  gboolean open = FALSE;

  for (guint i = 0; i < entries->len; i++) {
    const LaneReaderEntry *entry = g_ptr_array_index (entries, i);
    const LaneOrigin origin = { LANE_LAYER_FILE, loader->config->path, entry->line };

    if (entry->key == NULL)
      open = lane_loader_open_section (loader, &origin, entry->section);
    else if (open)
      lane_loader_put (loader, &origin, entry->section, entry->key, entry->value);
  }
}

/* NULL when there is none; then either that is fine or a problem says why. */
static GBytes *
read_file (const LaneConfigSources *sources, const char *path, mode_t *mode, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = lane_reader_read_file (path, mode, &error);

  if (bytes == NULL
      && (sources->must_exist || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)))
    g_ptr_array_add (
        problems, lane_problem_new (LANE_PROBLEM_ERROR, path, 0, NULL, NULL, "%s", error->message));
  return bytes;
}

static void
load_text_into (LaneLoader *loader, GBytes *text)
{
  gsize length;
  const char *data = g_bytes_get_data (text, &length);
  g_autoptr (GPtrArray) entries =
      lane_reader_parse (data != NULL ? data : "", length, loader->config->path, loader->problems);

  put_entries (loader, entries);
}

static LaneConfig *
load (const LaneConfigSources *sources, GBytes *given_text, gboolean others_can_read,
      GPtrArray *problems)
{
  g_autoptr (LaneFolders) folders = lane_folders_new (sources->environ_);
  LaneConfig *config = new_with_folders (folders);
  g_autoptr (LaneLoader) loader = lane_loader_new (config, folders, problems);
  mode_t mode = others_can_read ? 0644 : 0600;

  if (sources->path != NULL) {
    g_free (config->path);
    config->path = g_strdup (sources->path);
  }
  config->text = given_text != NULL ? g_bytes_ref (given_text)
                                    : read_file (sources, config->path, &mode, problems);
  loader->file_is_open = (mode & 077) != 0;
  if (config->text != NULL)
    load_text_into (loader, config->text);
  if (sources->environ_ != NULL)
    lane_override_from_environment (loader, sources->environ_);
  if (sources->overrides != NULL)
    lane_override_from_options (loader, sources->overrides);
  config->origins = g_hash_table_ref (loader->origins);
  fill_in (config, folders);
  fill_in_peers (config);
  lane_check (loader);
  return config;
}

LaneConfig *
lane_config_load (const LaneConfigSources *sources, GPtrArray *problems)
{
  return load (sources, NULL, FALSE, problems);
}

LaneConfig *
lane_config_load_text (const LaneConfigSources *sources, GBytes *text, GPtrArray *problems)
{
  return load (sources, text, FALSE, problems);
}

LaneConfig *
lane_config_load_read (const LaneConfigSources *sources, GBytes *text, gboolean others_can_read,
                       GPtrArray *problems)
{
  return load (sources, text, others_can_read, problems);
}

LaneOrigin
lane_config_get_origin (const LaneConfig *config, const char *section, const char *key)
{
  LaneOrigin origin = { LANE_LAYER_DEFAULT, "default", 0 };

  if (config->origins != NULL)
    lane_origins_find (config->origins, section, key, &origin);
  return origin;
}

static char *
get_binding (const LaneConfig *config, const char *command)
{
  for (guint i = 0; i < config->keys->len; i++) {
    const LaneKeyBinding *binding = g_ptr_array_index (config->keys, i);

    if (strcmp (binding->command, command) == 0)
      return g_strjoinv (" ", binding->keys);
  }
  return NULL;
}

char *
lane_config_get (const LaneConfig *config, const char *section, const char *key)
{
  g_autofree char *kind = lane_section_name_kind (section);
  const LaneSection *known = lane_section_find (kind);
  const LaneOption *option = lane_option_find (kind, key);
  const char *name = section + strlen (kind) + (section[strlen (kind)] != '\0');
  gconstpointer base = config;

  if (known != NULL && known->open)
    return get_binding (config, key);
  if (known == NULL || option == NULL)
    return NULL;
  if (known->named)
    base = strcmp (kind, "peer") == 0 ? (gconstpointer)lane_config_find_peer (config, name)
                                      : (gconstpointer)lane_config_find_server (config, name);
  return base != NULL ? lane_option_get (option, base) : NULL;
}

const LanePeerConfig *
lane_config_find_peer (const LaneConfig *config, const char *name)
{
  for (guint i = 0; i < config->peers->len; i++) {
    const LanePeerConfig *peer = g_ptr_array_index (config->peers, i);

    if (strcmp (peer->name, name) == 0)
      return peer;
  }
  return NULL;
}

const LaneServerConfig *
lane_config_find_server (const LaneConfig *config, const char *name)
{
  for (guint i = 0; i < config->servers->len; i++) {
    const LaneServerConfig *server = g_ptr_array_index (config->servers, i);

    if (strcmp (server->name, name) == 0)
      return server;
  }
  return NULL;
}
