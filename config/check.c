#include "check.h"

#include <string.h>

#include <gio/gio.h>

#include "nearest.h"

#define SOCKET_PATH_MAX 107 /* sun_path without its NUL, unix(7) */

static gboolean
has_turn (const LaneServerConfig *server)
{
  for (guint i = 0; i < server->uris->len; i++) {
    const LaneUri *uri = g_ptr_array_index (server->uris, i);

    if (uri->scheme == LANE_URI_TURN || uri->scheme == LANE_URI_TURNS)
      return TRUE;
  }
  return FALSE;
}

/* How many ways to log in @section has, counting refused ones; the last two in @one and @other. */
static guint
count_secrets (const LaneLoader *loader, const char *section, const char **one, const char **other)
{
  static const char *const keys[] = { "password-command", "password-file",       "password",
                                      "password-b64",     "auth-secret-command", "auth-secret" };
  guint count = 0;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (lane_loader_has (loader, section, keys[i])) {
      *other = *one;
      *one = keys[i];
      count++;
    }
  return count;
}

static void
check_login (LaneLoader *loader, const LaneServerConfig *server, const char *section)
{
  const char *one = NULL, *other = NULL;
  guint secrets = count_secrets (loader, section, &one, &other);
  gboolean from_auth_secret = one != NULL && g_str_has_prefix (one, "auth-secret");

  if (secrets > 1) {
    lane_loader_complain (loader, LANE_PROBLEM_ERROR, section, one,
                          "is set beside %s: keep one of them", other);
    return;
  }
  if (!has_turn (server))
    return;
  if (secrets == 0)
    lane_loader_complain (loader, LANE_PROBLEM_ERROR, section, NULL,
                          "has a turn: URI but no password: add password-command, password-file, "
                          "password or auth-secret-command");
  /* With coturn's use-auth-secret the name is made from the time. */
  if (!lane_loader_has (loader, section, "username") && !from_auth_secret)
    lane_loader_complain (loader, LANE_PROBLEM_ERROR, section, NULL,
                          "has a turn: URI but no username: add username = NAME");
}

static void
check_server (LaneLoader *loader, const LaneServerConfig *server)
{
  g_autofree char *section = g_strdup_printf ("server %s", server->name);

  if (!server->enabled)
    return;
  if (server->uris->len == 0 && !lane_loader_has (loader, section, "uri"))
    lane_loader_complain (loader, LANE_PROBLEM_ERROR, section, NULL,
                          "has no uri: add for example uri = stun:stun.example.net");
  check_login (loader, server, section);
}

static void
check_peer_servers (LaneLoader *loader, const LanePeerConfig *peer, const char *section)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < loader->config->servers->len; i++) {
    const LaneServerConfig *server = g_ptr_array_index (loader->config->servers, i);

    g_ptr_array_add (names, server->name);
  }
  g_ptr_array_add (names, NULL);
  for (guint i = 0; peer->servers[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *)names->pdata, peer->servers[i])) {
      g_autofree char *quoted = lane_problem_quote (peer->servers[i]);
      g_autofree char *hint =
          lane_nearest_hint (peer->servers[i], (const char *const *)names->pdata);

      lane_loader_complain (loader, LANE_PROBLEM_ERROR, section, "servers",
                            "%s is not the name of a [server] section%s", quoted, hint);
    }
}

static void
check_peer (LaneLoader *loader, const LanePeerConfig *peer, GHashTable *by_id)
{
  g_autofree char *section = g_strdup_printf ("peer %s", peer->name);
  const LanePeerConfig *first;

  check_peer_servers (loader, peer, section);
  if (peer->id == NULL) {
    if (!lane_loader_has (loader, section, "id"))
      lane_loader_complain (loader, LANE_PROBLEM_ERROR, section, NULL,
                            "has no id: add id = what `icelane id` prints over there");
    return;
  }
  first = g_hash_table_lookup (by_id, peer->id);
  if (first != NULL)
    lane_loader_complain (loader, LANE_PROBLEM_ERROR, section, "id",
                          "is the id of [peer %s] too: each peer has its own", first->name);
  else
    g_hash_table_insert (by_id, peer->id, (gpointer)peer);
}

static gboolean
is_loopback (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  if (address != NULL)
    return g_inet_address_get_is_loopback (address);
  return g_ascii_strcasecmp (host, "localhost") == 0;
}

/* FALSE: it does not go with the type. */
static gboolean
check_url (LaneLoader *loader)
{
  const LaneConfig *config = loader->config;
  g_autoptr (GUri) uri = g_uri_parse (config->signaling.url, G_URI_FLAGS_NONE, NULL);
  const char *scheme = g_uri_get_scheme (uri);
  const char *type = lane_signaling_type_to_string (config->signaling.type);
  gboolean tls = g_str_has_suffix (scheme, "s");
  g_autofree char *plain = g_strndup (scheme, strlen (scheme) - (tls ? 1 : 0));

  if (config->signaling.type == LANE_SIGNALING_MANUAL)
    lane_loader_complain (loader, LANE_PROBLEM_WARNING, "signaling", "url",
                          "is not used with type = manual: set type = %s or remove it", plain);
  else if (strcmp (plain, type) != 0) {
    lane_loader_complain (loader, LANE_PROBLEM_ERROR, "signaling", "url",
                          "starts with %s: while type is %s: write %ss://... or set type = %s",
                          scheme, type, type, plain);
    return FALSE;
  } else if (!tls && !is_loopback (g_uri_get_host (uri))
             && (config->signaling.token_file != NULL || config->signaling.token_command != NULL))
    lane_loader_complain (loader, LANE_PROBLEM_WARNING, "signaling", "url",
                          "sends the token where others can read it: write %ss://...", plain);
  return TRUE;
}

static void
check_signaling (LaneLoader *loader)
{
  const LaneConfig *config = loader->config;

  if (config->signaling.token_file != NULL && config->signaling.token_command != NULL)
    lane_loader_complain (loader, LANE_PROBLEM_ERROR, "signaling", "token-command",
                          "is set beside token-file: keep one of them");
  if (config->signaling.url != NULL && !check_url (loader))
    return;
  if (config->signaling.url == NULL && config->signaling.type != LANE_SIGNALING_MANUAL
      && config->peers->len > 0 && !lane_loader_has (loader, "signaling", "url"))
    lane_loader_complain (loader, LANE_PROBLEM_WARNING, "signaling", "url",
                          "is not set, so no peer can be found: "
                          "add for example url = https://rendezvous.example.net");
  if (config->signaling.type != LANE_SIGNALING_HTTP)
    lane_loader_complain (loader, LANE_PROBLEM_WARNING, "signaling", "type",
                          "is %s, which this version does not speak, so no peer can be found: "
                          "write http, with the url of a rendezvous",
                          lane_signaling_type_to_string (config->signaling.type));
}

void
lane_check (LaneLoader *loader)
{
  g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
  LaneConfig *config = loader->config;

  if (strlen (config->node.control) > SOCKET_PATH_MAX)
    lane_loader_complain (loader, LANE_PROBLEM_ERROR, "node", "control",
                          "is %" G_GSIZE_FORMAT " bytes long, a socket has at most %d: "
                          "choose a shorter path",
                          strlen (config->node.control), SOCKET_PATH_MAX);
  check_signaling (loader);
  for (guint i = 0; i < config->servers->len; i++)
    check_server (loader, g_ptr_array_index (config->servers, i));
  for (guint i = 0; i < config->peers->len; i++)
    check_peer (loader, g_ptr_array_index (config->peers, i), by_id);
}
