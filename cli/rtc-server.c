#include "rtc-server.h"

#include <string.h>

#include "login-uri.h"
#include "signaling/bounded-json.h"

#define STRING_MAX 4096
#define TEXT_MAX   (1024 * 1024)

LaneRtcServer *
lane_rtc_server_new (void)
{
  LaneRtcServer *server = g_new0 (LaneRtcServer, 1);

  server->uris = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_uri_free);
  return server;
}

void
lane_rtc_server_free (LaneRtcServer *server)
{
  if (server == NULL)
    return;
  if (server->password != NULL)
    explicit_bzero (server->password, strlen (server->password));
  g_ptr_array_unref (server->uris);
  g_free (server->username);
  g_free (server->password);
  g_free (server);
}

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX, text);
  return FALSE;
}

/* Takes what @login holds; FALSE: @server has another login already. */
static gboolean
add_login (LaneRtcServer *server, LaneLoginUri *login)
{
  if (login->username != NULL) {
    if (server->username == NULL)
      server->username = g_steal_pointer (&login->username);
    else if (strcmp (server->username, login->username) != 0)
      return FALSE;
  }
  if (login->password != NULL) {
    if (server->password == NULL)
      server->password = g_steal_pointer (&login->password);
    else if (strcmp (server->password, login->password) != 0)
      return FALSE;
  }
  g_ptr_array_add (server->uris, g_steal_pointer (&login->uri));
  return TRUE;
}

static gboolean
add_url (LaneRtcServer *server, const char *url, GError **error)
{
  g_autoptr (LaneLoginUri) login = lane_login_uri_parse (url, error);

  if (login == NULL)
    return FALSE;
  return add_login (server, login)
         || refuse (error, "has a user name or password in its URL, and others beside it");
}

/* `urls` is a string or an array of strings. */
static gboolean
add_urls (LaneRtcServer *server, JsonNode *urls, GError **error)
{
  JsonArray *array;

  if (JSON_NODE_HOLDS_VALUE (urls) && json_node_get_value_type (urls) == G_TYPE_STRING)
    return add_url (server, json_node_get_string (urls), error);
  if (!JSON_NODE_HOLDS_ARRAY (urls))
    return refuse (error, "'urls' must be a string or an array of strings");
  array = json_node_get_array (urls);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *url = json_array_get_element (array, i);

    if (!JSON_NODE_HOLDS_VALUE (url) || json_node_get_value_type (url) != G_TYPE_STRING)
      return refuse (error, "'urls' must be a string or an array of strings");
    if (!add_url (server, json_node_get_string (url), error))
      return FALSE;
  }
  return server->uris->len > 0 || refuse (error, "'urls' is empty");
}

/* A member that may be missing or null. */
static gboolean
take_text (JsonObject *object, const char *name, char **text, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);
  const char *value;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  value = lane_bounded_json_get_string (object, name, error);
  if (value == NULL)
    return FALSE;
  if (*value != '\0')
    *text = g_strdup (value);
  return TRUE;
}

static LaneRtcServer *
parse_server (JsonNode *node, GError **error)
{
  g_autoptr (LaneRtcServer) server = lane_rtc_server_new ();
  g_autofree char *type = NULL;
  JsonObject *object;
  JsonNode *urls;

  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    refuse (error, "must be an object with 'urls'");
    return NULL;
  }
  object = json_node_get_object (node);
  urls = json_object_get_member (object, "urls");
  if (urls == NULL)
    urls = json_object_get_member (object, "url"); /* as browsers once had it */
  if (urls == NULL) {
    refuse (error, "has no 'urls'");
    return NULL;
  }
  if (!take_text (object, "username", &server->username, error)
      || !take_text (object, "credential", &server->password, error)
      || !take_text (object, "credentialType", &type, error) || !add_urls (server, urls, error))
    return NULL;
  if (type != NULL && strcmp (type, "password") != 0) {
    refuse (error, "has a 'credentialType' other than password, which icelane cannot use");
    return NULL;
  }
  return g_steal_pointer (&server);
}

static gboolean
parse_array (GPtrArray *servers, JsonNode *node, GError **error)
{
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return refuse (error, "'iceServers' must be an array");
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    LaneRtcServer *server = parse_server (json_array_get_element (array, i), error);

    if (server == NULL) {
      g_prefix_error (error, "server %u: ", i + 1);
      return FALSE;
    }
    g_ptr_array_add (servers, server);
  }
  return TRUE;
}

static gboolean
parse_json (GPtrArray *servers, const char *text, gsize length, GError **error)
{
  g_autoptr (GString) object = g_string_new_len (text, length);
  g_autoptr (JsonNode) root = NULL;
  JsonNode *list;
  LaneRtcServer *server;

  /* The bounded parser takes objects only. */
  if (*text == '[') {
    g_string_prepend (object, "{\"iceServers\":");
    g_string_append_c (object, '}');
  }
  root = lane_bounded_json_parse (object->str, object->len, TEXT_MAX, STRING_MAX, error);
  explicit_bzero (object->str, object->len);
  if (root == NULL)
    return FALSE;
  list = json_object_get_member (json_node_get_object (root), "iceServers");
  if (list != NULL)
    return parse_array (servers, list, error);
  server = parse_server (root, error);
  if (server == NULL)
    return FALSE;
  g_ptr_array_add (servers, server);
  return TRUE;
}

/* Whether a line names the server of the line before once more, by another way. */
static gboolean
belongs_to (const LaneRtcServer *server, const LaneLoginUri *login)
{
  const LaneUri *uri = g_ptr_array_index (server->uris, 0);

  return strcmp (uri->host, login->uri->host) == 0
         && g_strcmp0 (server->username, login->username) == 0
         && g_strcmp0 (server->password, login->password) == 0;
}

static gboolean
parse_line (GPtrArray *servers, const char *line, GError **error)
{
  g_autoptr (LaneLoginUri) login = lane_login_uri_parse (line, error);
  LaneRtcServer *server = servers->len > 0 ? servers->pdata[servers->len - 1] : NULL;

  if (login == NULL)
    return FALSE;
  if (server == NULL || !belongs_to (server, login)) {
    server = lane_rtc_server_new ();
    g_ptr_array_add (servers, server);
  }
  add_login (server, login);
  return TRUE;
}

static gboolean
parse_lines (GPtrArray *servers, const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean fine = TRUE;

  for (guint i = 0; lines[i] != NULL; i++) {
    const char *line = g_strstrip (lines[i]);

    if (fine && *line != '\0' && *line != '#') {
      fine = parse_line (servers, line, error);
      if (!fine)
        g_prefix_error (error, "line %u: ", i + 1);
    }
    explicit_bzero (lines[i], strlen (lines[i]));
  }
  return fine;
}

GPtrArray *
lane_rtc_servers_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (GPtrArray) servers =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_rtc_server_free);
  g_autofree char *copy = NULL;
  gsize blanks = 0;
  gboolean fine;

  if (length > TEXT_MAX || !g_utf8_validate_len (text, length, NULL)
      || memchr (text, '\0', length) != NULL) {
    refuse (error, "is neither JSON nor lines of URIs");
    return NULL;
  }
  while (blanks < length && g_ascii_isspace (text[blanks]))
    blanks++;
  copy = g_strndup (text, length);
  fine = copy[blanks] == '{' || copy[blanks] == '['
             ? parse_json (servers, copy + blanks, length - blanks, error)
             : parse_lines (servers, copy, error);
  explicit_bzero (copy, length);
  if (!fine)
    return NULL;
  if (servers->len == 0) {
    refuse (error, "has no server in it");
    return NULL;
  }
  return g_steal_pointer (&servers);
}

static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
  if (text == NULL)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

static void
add_server (JsonBuilder *builder, const LaneRtcServer *server)
{
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "urls");
  json_builder_begin_array (builder);
  for (guint i = 0; i < server->uris->len; i++) {
    g_autofree char *uri = lane_uri_to_string (server->uris->pdata[i]);

    json_builder_add_string_value (builder, uri);
  }
  json_builder_end_array (builder);
  add_text (builder, "username", server->username);
  add_text (builder, "credential", server->password);
  json_builder_end_object (builder);
}

/* json-glib 1.6 leaves 0x1f, the last of the control characters, as it is. */
static char *
escape_last_control (char *json)
{
  g_auto (GStrv) parts = g_strsplit (json, "\x1f", -1);

  explicit_bzero (json, strlen (json));
  g_free (json);
  return g_strjoinv ("\\u001f", parts);
}

char *
lane_rtc_servers_to_json (const GPtrArray *servers)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "iceServers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < servers->len; i++)
    add_server (builder, servers->pdata[i]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return escape_last_control (json_to_string (root, TRUE));
}

char *
lane_rtc_servers_to_uris (const GPtrArray *servers)
{
  GString *lines = g_string_new (NULL);

  for (guint i = 0; i < servers->len; i++) {
    const LaneRtcServer *server = servers->pdata[i];

    for (guint j = 0; j < server->uris->len; j++) {
      const LaneUri *uri = server->uris->pdata[j];
      gboolean login = uri->scheme == LANE_URI_TURN || uri->scheme == LANE_URI_TURNS;
      g_autofree char *line = lane_login_uri_format (uri, login ? server->username : NULL,
                                                     login ? server->password : NULL);

      g_string_append_printf (lines, "%s\n", line);
    }
  }
  return g_string_free (lines, FALSE);
}
