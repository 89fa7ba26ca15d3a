#include "loader.h"

#include <string.h>

#include "nearest.h"
#include "setting-name.h"

#define PEERS_MAX   4096
#define SERVERS_MAX 64

typedef struct {
  LaneLayer layer;
  char *place;
  int line;
  gboolean is_set; /* a value from this layer was accepted */
} Record;

static void
record_free (gpointer data)
{
  Record *record = data;

  g_free (record->place);
  g_free (record);
}

LaneLoader *
lane_loader_new (LaneConfig *config, const LaneFolders *folders, GPtrArray *problems)
{
  LaneLoader *loader = g_new0 (LaneLoader, 1);

  loader->config = config;
  loader->folders = folders;
  loader->problems = problems;
  loader->origins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, record_free);
  return loader;
}

void
lane_loader_free (LaneLoader *loader)
{
  if (loader == NULL)
    return;
  g_hash_table_unref (loader->origins);
  g_free (loader);
}

static Record *
look_up (GHashTable *origins, const char *section, const char *key)
{
  g_autofree char *id = g_strdup_printf ("%s\n%s", section, key != NULL ? key : "");

  return g_hash_table_lookup (origins, id);
}

static Record *
find_record (const LaneLoader *loader, const char *section, const char *key)
{
  return look_up (loader->origins, section, key);
}

gboolean
lane_origins_find (GHashTable *origins, const char *section, const char *key, LaneOrigin *origin)
{
  const Record *record = look_up (origins, section, key);

  if (record == NULL || (key != NULL && !record->is_set))
    return FALSE;
  *origin = (LaneOrigin){ record->layer, record->place, record->line };
  return TRUE;
}

static Record *
set_record (LaneLoader *loader, const char *section, const char *key, const LaneOrigin *origin)
{
  Record *record = g_new0 (Record, 1);

  record->layer = origin->layer;
  record->place = g_strdup (origin->place);
  record->line = origin->line;
  g_hash_table_insert (loader->origins, g_strdup_printf ("%s\n%s", section, key != NULL ? key : ""),
                       record);
  return record;
}

static void
remove_record (LaneLoader *loader, const char *section, const char *key)
{
  g_autofree char *id = g_strdup_printf ("%s\n%s", section, key);

  g_hash_table_remove (loader->origins, id);
}

gboolean
lane_loader_has (const LaneLoader *loader, const char *section, const char *key)
{
  return find_record (loader, section, key) != NULL;
}

void
lane_loader_complain (LaneLoader *loader, LaneProblemLevel level, const char *section,
                      const char *key, const char *format, ...)
{
  g_autofree char *text = NULL;
  const Record *record = find_record (loader, section, key);
  va_list args;

  if (record == NULL)
    record = find_record (loader, section, NULL);
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (loader->problems,
                   lane_problem_new (level, record != NULL ? record->place : loader->config->path,
                                     record != NULL ? record->line : 0, section, key, "%s", text));
}

static void
complain_at (LaneLoader *loader, LaneProblemLevel level, const LaneOrigin *origin,
             const char *section, const char *key, const char *format, ...) G_GNUC_PRINTF (6, 7);
static void
complain_at (LaneLoader *loader, LaneProblemLevel level, const LaneOrigin *origin,
             const char *section, const char *key, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (loader->problems,
                   lane_problem_new (level, origin->place, origin->line, section, key, "%s", text));
}

/* An unknown name in the file may come from a newer version; on a command line it is a mistake. */
static LaneProblemLevel
unknown_level (const LaneOrigin *origin)
{
  return origin->layer == LANE_LAYER_OVERRIDE ? LANE_PROBLEM_ERROR : LANE_PROBLEM_WARNING;
}

/* `server` of `server home`, with @name pointing to `home` or, without one, to the end. */
static char *
split_section (const char *section, const char **name)
{
  const char *blank = strchrnul (section, ' ');

  *name = *blank == ' ' ? blank + 1 : blank;
  return g_strndup (section, blank - section);
}

static void
complain_of_section (LaneLoader *loader, const LaneOrigin *origin, const char *section,
                     const char *kind)
{
  g_autofree char *hint = lane_section_hint (kind);

  complain_at (loader, unknown_level (origin), origin, section, NULL,
               "is not a section of icelane%s", hint);
}

static LaneServerConfig *
find_server (const LaneConfig *config, const char *name)
{
  return (LaneServerConfig *)lane_config_find_server (config, name);
}

static LanePeerConfig *
find_peer (const LaneConfig *config, const char *name)
{
  return (LanePeerConfig *)lane_config_find_peer (config, name);
}

static gboolean
add_named (LaneLoader *loader, const LaneOrigin *origin, const char *section, const char *kind,
           const char *name)
{
  gboolean is_server = strcmp (kind, "server") == 0;
  GPtrArray *array = is_server ? loader->config->servers : loader->config->peers;
  guint max = is_server ? SERVERS_MAX : PEERS_MAX;

  if (!lane_name_is_sound (name)) {
    complain_at (loader, LANE_PROBLEM_ERROR, origin, section, NULL,
                 "needs a name of its own without blanks, quotes and any of ,/;#=[]\\, "
                 "as in [%s %s]",
                 kind, is_server ? "home" : "berlin");
    return FALSE;
  }
  if (array->len >= max) {
    complain_at (loader, LANE_PROBLEM_ERROR, origin, section, NULL,
                 "is more than the %u %ss there may be: remove some", max, kind);
    return FALSE;
  }
  if (is_server) {
    LaneServerConfig *server = g_new0 (LaneServerConfig, 1);

    server->name = g_strdup (name);
    lane_section_reset (kind, server, loader->folders);
    g_ptr_array_add (array, server);
  } else {
    LanePeerConfig *peer = g_new0 (LanePeerConfig, 1);

    peer->name = g_strdup (name);
    lane_section_reset (kind, peer, loader->folders);
    g_ptr_array_add (array, peer);
  }
  return TRUE;
}

gboolean
lane_loader_open_section (LaneLoader *loader, const LaneOrigin *origin, const char *section)
{
  const char *name;
  g_autofree char *kind = split_section (section, &name);
  const LaneSection *known = lane_section_find (kind);

  if (known == NULL) {
    complain_of_section (loader, origin, section, kind);
    return FALSE;
  }
  if (!known->named && *name != '\0') {
    complain_at (loader, LANE_PROBLEM_ERROR, origin, section, NULL, "takes no name: write [%s]",
                 kind);
    return FALSE;
  }
  if (known->named && !add_named (loader, origin, section, kind, name))
    return FALSE;
  set_record (loader, section, NULL, origin);
  return TRUE;
}

/* The struct that the options of @section point into; NULL when there is no such section. */
static gpointer
find_base (LaneLoader *loader, const char *kind, const char *name)
{
  if (strcmp (kind, "server") == 0)
    return find_server (loader->config, name);
  if (strcmp (kind, "peer") == 0)
    return find_peer (loader->config, name);
  return loader->config;
}

static LaneKeyBinding *
find_binding (const LaneConfig *config, const char *command)
{
  for (guint i = 0; i < config->keys->len; i++) {
    LaneKeyBinding *binding = g_ptr_array_index (config->keys, i);

    if (strcmp (binding->command, command) == 0)
      return binding;
  }
  return NULL;
}

static void
put_key (LaneLoader *loader, const char *command, const char *value)
{
  LaneKeyBinding *binding = find_binding (loader->config, command);
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();
  g_auto (GStrv) words = g_strsplit_set (value, " \t", -1);

  if (binding == NULL) {
    binding = g_new0 (LaneKeyBinding, 1);
    binding->command = g_strdup (command);
    g_ptr_array_add (loader->config->keys, binding);
  }
  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      g_ptr_array_add (keys, words[i]);
  g_ptr_array_add (keys, NULL);
  g_strfreev (binding->keys);
  binding->keys = g_strdupv ((char **)keys->pdata);
}

static void
complain_of_key (LaneLoader *loader, const LaneOrigin *origin, const char *section,
                 const char *kind, const char *key)
{
  g_autofree const char **keys = lane_section_keys (kind);
  g_autofree char *hint = lane_nearest_hint (key, keys);

  complain_at (loader, unknown_level (origin), origin, section, key, "is not a setting of [%s]%s",
               kind, hint);
}

/* Whether a secret may be taken from where @origin says; complains when not. */
static gboolean
secret_is_allowed (LaneLoader *loader, const LaneOrigin *origin, const char *section,
                   const char *key)
{
  const char *cure = g_str_has_prefix (key, "auth-secret") ? "auth-secret-command"
                                                           : "password-command or password-file";

  if (origin->layer != LANE_LAYER_FILE) {
    complain_at (loader, LANE_PROBLEM_ERROR, origin, section, key,
                 "is a secret, and other programs can read %s: use %s",
                 origin->layer == LANE_LAYER_ENVIRONMENT ? "the environment" : "the command line",
                 cure);
    return FALSE;
  }
  if (!loader->file_is_open)
    return TRUE;
  if (!loader->open_is_said)
    complain_at (loader, LANE_PROBLEM_ERROR, origin, section, key,
                 "is a secret in a file that others may open: run chmod 600 %s, or use %s",
                 origin->place, cure);
  loader->open_is_said = TRUE;
  return FALSE;
}

/* Whether @origin may set what @record says was set before; complains when not. */
static gboolean
may_set_again (LaneLoader *loader, const LaneOrigin *origin, const Record *record,
               gboolean repeatable, const char *section, const char *key)
{
  if (record == NULL || record->layer != origin->layer || repeatable
      || origin->layer != LANE_LAYER_FILE)
    return TRUE;
  complain_at (loader, LANE_PROBLEM_ERROR, origin, section, key,
               "is set a second time, first on line %d: keep one", record->line);
  return FALSE;
}

void
lane_loader_put (LaneLoader *loader, const LaneOrigin *origin, const char *section, const char *key,
                 const char *value)
{
  const char *name;
  g_autofree char *kind = split_section (section, &name);
  const LaneSection *known = lane_section_find (kind);
  const LaneOption *option = lane_option_find (kind, key);
  const Record *record = find_record (loader, section, key);
  gpointer base = find_base (loader, kind, name);
  g_autoptr (GError) error = NULL;
  gboolean append;

  if (known == NULL || base == NULL)
    return;
  if (option == NULL && !known->open) {
    complain_of_key (loader, origin, section, kind, key);
    return;
  }
  if (!may_set_again (loader, origin, record, option != NULL && lane_option_is_repeatable (option),
                      section, key))
    return;
  if (option == NULL) {
    set_record (loader, section, key, origin)->is_set = TRUE;
    put_key (loader, key, value);
    return;
  }

  if (lane_option_is_secret (option) && *value != '\0'
      && !secret_is_allowed (loader, origin, section, key)) {
    /* Recorded, so that no check asks for what the file has. */
    if (origin->layer == LANE_LAYER_FILE)
      set_record (loader, section, key, origin);
    return;
  }
  append = record != NULL && record->layer == origin->layer && record->is_set;
  if (!lane_option_set (option, base, value, append, loader->folders, &error)) {
    complain_at (loader, LANE_PROBLEM_ERROR, origin, section, key, "%s", error->message);
    if (record == NULL)
      set_record (loader, section, key, origin);
  } else if (*value != '\0')
    set_record (loader, section, key, origin)->is_set = TRUE;
  else if (!append)
    remove_record (loader, section, key);
}
