#include "signaling/http-reply.h"

#include <string.h>

#include "signaling/bounded-json.h"

void
lane_http_reply (SoupServerMessage *message, guint status, JsonObject *object)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_server_message_set_status (message, status, NULL);
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  if (status == 429)
    soup_message_headers_replace (headers, "Retry-After", "1");
  else if (status >= 400) /* whoever errs opens a new connection, and is counted for it */
    soup_message_headers_replace (headers, "Connection", "close");
  if (object != NULL) {
    g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
    char *text;

    json_node_set_object (node, object);
    text = json_to_string (node, FALSE);
    soup_server_message_set_response (message, "application/json", SOUP_MEMORY_TAKE, text,
                                      strlen (text));
  }
}

static void
reply_member (SoupServerMessage *message, guint status, const char *name, const char *value)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, name, value);
  lane_http_reply (message, status, object);
}

void
lane_http_reply_string (SoupServerMessage *message, const char *name, const char *value)
{
  reply_member (message, 200, name, value);
}

void
lane_http_refuse (SoupServerMessage *message, guint status, const char *why)
{
  reply_member (message, status, "error", why);
}

JsonNode *
lane_http_read_body (SoupServerMessage *message, gsize max_bytes, gsize max_string)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  g_autoptr (GError) error = NULL;
  JsonNode *node =
      lane_bounded_json_parse (text == NULL ? "" : text, length, max_bytes, max_string, &error);

  if (node == NULL)
    lane_http_refuse (message, 400, error->message);
  return node;
}
