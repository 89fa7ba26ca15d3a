/* icelane config import and export. */
#include <string.h>

#include "config-commands.h"
#include "rtc-server.h"
#include "servers/credentials.h"
#include "setting-name.h"
#include "settings.h"

#define INPUT_MAX  (1024 * 1024)
#define COMMAND_MS 10000
#define HOST_MAX   36 /* bytes: with `server ` and a number it must fit in the 49 of a section */

/* Import. */

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* The same for the same URIs, in whatever order and however written. */
static char *
join_uris (const GPtrArray *uris)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < uris->len; i++)
    g_ptr_array_add (texts, lane_uri_to_string (uris->pdata[i]));
  g_ptr_array_sort (texts, compare_texts);
  g_ptr_array_add (texts, NULL);
  return g_strjoinv (" ", (char **)texts->pdata);
}

/* The section of @config that is @server already; NULL: none. */
static const LaneServerConfig *
find_same (const LaneConfig *config, const LaneRtcServer *server)
{
  g_autofree char *wanted = join_uris (server->uris);

  for (guint i = 0; i < config->servers->len; i++) {
    const LaneServerConfig *here = config->servers->pdata[i];
    g_autofree char *uris = join_uris (here->uris);

    if (strcmp (uris, wanted) == 0 && g_strcmp0 (here->username, server->username) == 0)
      return here;
  }
  return NULL;
}

/* A name that no section has yet, from the server's host. */
static char *
make_section (const LaneDocument *document, const LaneRtcServer *server)
{
  const LaneUri *uri = server->uris->pdata[0];
  g_autofree char *base = g_strdelimit (g_strndup (uri->host, HOST_MAX), ":", '-');
  char *section = g_strdup_printf ("server %s%s", *base == '-' ? "ip" : "", base);

  for (guint i = 2; lane_document_has_section (document, section); i++) {
    g_free (section);
    section = g_strdup_printf ("server %s%s-%u", *base == '-' ? "ip" : "", base, i);
  }
  return section;
}

typedef struct {
  LaneCliChange change;
  GString *notes; /* what is done, said once it is */
} Import;

static void
import_clear (Import *import)
{
  lane_cli_change_clear (&import->change);
  g_string_free (import->notes, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Import, import_clear)

static void
note (Import *import, const char *name, const char *text)
{
  g_string_append_printf (import->notes, "icelane: server.%s: %s\n", name, text);
}

static gboolean
set_one (LaneCliChange *change, const char *section, const char *key, const char *value)
{
  const char *const values[] = { value, NULL };
  g_autoptr (GError) error = NULL;

  if (value == NULL
      || lane_edit_set (change->document, section, key, values, change->folders, &error))
    return TRUE;
  lane_cli_complain ("[%s] %s: %s", section, key, error->message);
  return FALSE;
}

static gboolean
add_server (Import *import, const LaneRtcServer *server)
{
  LaneCliChange *change = &import->change;
  g_autofree char *section = make_section (change->document, server);
  g_autoptr (GPtrArray) uris = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < server->uris->len; i++)
    g_ptr_array_add (uris, lane_uri_to_string (server->uris->pdata[i]));
  g_ptr_array_add (uris, NULL);
  if (!lane_edit_set (change->document, section, "uri", (const char *const *)uris->pdata,
                      change->folders, &error)) {
    lane_cli_complain ("[%s] uri: %s", section, error->message);
    return FALSE;
  }
  if (!set_one (change, section, "username", server->username)
      || !set_one (change, section, "password", server->password))
    return FALSE;
  note (import, section + strlen ("server "), "added");
  return TRUE;
}

/* The password is all that may differ. */
static gboolean
update_server (Import *import, const LaneServerConfig *here, const LaneRtcServer *server)
{
  LaneCliChange *change = &import->change;
  g_autofree char *section = g_strdup_printf ("server %s", here->name);
  g_autoptr (LaneDocument) before = lane_document_copy (change->document);

  if (here->password_command != NULL || here->password_file != NULL || here->auth_secret != NULL
      || here->auth_secret_command != NULL) {
    note (import, here->name, "is there already, and gets its password from elsewhere");
    return TRUE;
  }
  if (!set_one (change, section, "password", server->password))
    return FALSE;
  note (import, here->name,
        lane_document_equal (before, change->document) ? "is there already"
                                                       : "has another password now");
  return TRUE;
}

static gboolean
import_server (Import *import, const LaneRtcServer *server)
{
  const LaneConfigSources sources = { .path = import->change.path };
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (GBytes) text = lane_document_to_bytes (import->change.document);
  g_autoptr (LaneConfig) config = lane_config_load_text (&sources, text, problems);
  const LaneServerConfig *here = find_same (config, server);

  return here != NULL ? update_server (import, here, server) : add_server (import, server);
}

int
lane_cli_config_import (const LaneCliOptions *options)
{
  const char *path = options->arguments[1];
  g_auto (Import) import = { .notes = g_string_new (NULL) };
  LaneCliChange *change = &import.change;
  g_autoptr (GBytes) input = lane_cli_read_input (path, INPUT_MAX);
  g_autoptr (GPtrArray) servers = NULL;
  g_autoptr (GError) error = NULL;
  const char *text;
  gsize length;
  int code;

  if (input == NULL)
    return LANE_EXIT_FAILED;
  text = g_bytes_get_data (input, &length);
  servers = lane_rtc_servers_parse (text != NULL ? text : "", length, &error);
  if (servers == NULL) {
    lane_cli_complain ("%s: %s", path, error->message);
    return LANE_EXIT_FAILED;
  }
  if (!lane_cli_change_begin (change, options, FALSE))
    return LANE_EXIT_CONFIG;
  for (guint i = 0; i < servers->len; i++)
    if (!import_server (&import, servers->pdata[i]))
      return LANE_EXIT_FAILED;
  if (!lane_cli_change_review (change))
    return LANE_EXIT_CONFIG;
  code = lane_cli_change_save (change, LANE_SAVE_MERGE);
  if (code == LANE_EXIT_OK)
    g_printerr ("%s", import.notes->str);
  return code;
}

/* Export. */

static void
on_known (LaneCredentials *credentials, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

/* User name and password, waiting for a command if need be. FALSE: said why not. */
static gboolean
find_login (const LaneServerConfig *server, LaneRtcServer *exported)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  gboolean known = FALSE;
  g_autoptr (LaneCredentials) credentials =
      lane_credentials_new (context, server, COMMAND_MS, on_known, &known);

  while (!lane_credentials_make (credentials, g_get_real_time (), &exported->username,
                                 &exported->password)
         && lane_credentials_get_error (credentials) == NULL)
    g_main_context_iteration (context, TRUE);
  if (lane_credentials_get_error (credentials) == NULL)
    return TRUE;
  lane_cli_complain ("server.%s: %s", server->name, lane_credentials_get_error (credentials));
  return FALSE;
}

static gboolean
has_turn (const LaneServerConfig *server)
{
  for (guint i = 0; i < server->uris->len; i++)
    if (((const LaneUri *)server->uris->pdata[i])->scheme >= LANE_URI_TURN)
      return TRUE;
  return FALSE;
}

/* NULL: said why not. */
static LaneRtcServer *
make_export (const LaneServerConfig *server, gboolean secrets)
{
  g_autoptr (LaneRtcServer) exported = lane_rtc_server_new ();

  for (guint i = 0; i < server->uris->len; i++)
    g_ptr_array_add (exported->uris, lane_uri_copy (server->uris->pdata[i]));
  if (!has_turn (server))
    return g_steal_pointer (&exported);
  if (!secrets) {
    exported->username = g_strdup (server->username);
    return g_steal_pointer (&exported);
  }
  if (!find_login (server, exported))
    return NULL;
  if (exported->password != NULL && !g_utf8_validate (exported->password, -1, NULL)) {
    lane_cli_complain ("server.%s: its password is not UTF-8 and cannot stand in JSON",
                       server->name);
    return NULL;
  }
  return g_steal_pointer (&exported);
}

static gboolean
collect (const LaneConfig *config, gboolean secrets, GPtrArray *exported, gboolean *masked)
{
  gboolean whole = TRUE;

  for (guint i = 0; i < config->servers->len; i++) {
    const LaneServerConfig *server = config->servers->pdata[i];
    LaneRtcServer *one;

    if (!server->enabled || server->uris->len == 0)
      continue;
    one = make_export (server, secrets);
    if (one != NULL)
      g_ptr_array_add (exported, one);
    whole = whole && one != NULL;
    *masked = *masked || (!secrets && has_turn (server));
  }
  return whole;
}

int
lane_cli_config_export (const LaneCliOptions *options)
{
  g_autoptr (LaneConfig) config = lane_cli_settings_load (options);
  g_autoptr (GPtrArray) servers =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_rtc_server_free);
  g_autofree char *text = NULL;
  gboolean masked = FALSE, whole;

  if (config == NULL)
    return LANE_EXIT_CONFIG;
  whole = collect (config, options->secrets, servers, &masked);
  text = options->uris ? lane_rtc_servers_to_uris (servers) : lane_rtc_servers_to_json (servers);
  g_print ("%s%s", text, options->uris ? "" : "\n");
  explicit_bzero (text, strlen (text));
  if (masked)
    lane_cli_complain ("passwords are left out; --secrets prints them too");
  return whole ? LANE_EXIT_OK : LANE_EXIT_FAILED;
}
