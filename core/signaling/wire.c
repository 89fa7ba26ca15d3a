#include "signaling/wire.h"

#include "signaling/bounded-json.h"
#include "signaling/challenge.h"

#define MAX_ANSWER   (64 * 1024)
#define MAX_STRING   512
#define MAX_PRESENCE 512

static char *
to_text (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return json_to_string (node, FALSE);
}

static void
set_ids (JsonObject *object, const char *name, const char *const *ids)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; ids != NULL && ids[i] != NULL; i++)
    json_array_add_string_element (array, ids[i]);
  json_object_set_array_member (object, name, array);
}

static void
set_bytes (JsonObject *object, const char *name, GBytes *bytes)
{
  g_autofree char *text =
      g_base64_encode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  json_object_set_string_member (object, name, text);
}

char *
lane_wire_session (LaneIdentity *identity, const char *challenge, const char *boot,
                   const char *token, gboolean yield, const char *const *watch, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (GBytes) statement = lane_challenge_statement (challenge, boot);
  g_autoptr (GBytes) signature = lane_identity_sign (identity, statement, error);

  if (signature == NULL)
    return NULL;
  json_object_set_string_member (object, "id", lane_identity_get_id (identity));
  set_bytes (object, "key", lane_identity_get_public_key (identity));
  json_object_set_string_member (object, "challenge", challenge);
  set_bytes (object, "signature", signature);
  json_object_set_string_member (object, "boot", boot);
  if (token != NULL)
    json_object_set_string_member (object, "token", token);
  if (yield)
    json_object_set_boolean_member (object, "yield", TRUE);
  if (watch != NULL)
    set_ids (object, "watch", watch);
  return to_text (object);
}

char *
lane_wire_watch (const char *const *watch)
{
  g_autoptr (JsonObject) object = json_object_new ();

  set_ids (object, "ids", watch);
  return to_text (object);
}

char *
lane_wire_read_string (const char *text, gsize length, const char *name)
{
  g_autoptr (JsonNode) node = lane_bounded_json_parse (text, length, MAX_ANSWER, MAX_STRING, NULL);

  if (node == NULL)
    return NULL;
  return g_strdup (lane_bounded_json_get_string (json_node_get_object (node), name, NULL));
}

char **
lane_wire_read_strings (const char *text, gsize length, const char *name)
{
  g_autoptr (JsonNode) node = lane_bounded_json_parse (text, length, MAX_ANSWER, MAX_STRING, NULL);
  JsonNode *list = node == NULL ? NULL : json_object_get_member (json_node_get_object (node), name);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array;

  if (list == NULL || !JSON_NODE_HOLDS_ARRAY (list))
    return NULL;
  array = json_node_get_array (list);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *item = json_array_get_element (array, i);

    if (json_node_get_value_type (item) == G_TYPE_STRING)
      g_strv_builder_add (builder, json_node_get_string (item));
  }
  return g_strv_builder_end (builder);
}

gboolean
lane_wire_read_presence (const char *text, gsize length, char **id, char **boot)
{
  g_autoptr (JsonNode) node =
      lane_bounded_json_parse (text, length, MAX_PRESENCE, MAX_PRESENCE, NULL);
  JsonObject *object = node == NULL ? NULL : json_node_get_object (node);
  JsonNode *run = object == NULL ? NULL : json_object_get_member (object, "boot");
  const char *peer = run == NULL ? NULL : lane_bounded_json_get_string (object, "id", NULL);

  if (peer == NULL
      || (!JSON_NODE_HOLDS_NULL (run) && json_node_get_value_type (run) != G_TYPE_STRING))
    return FALSE;
  *id = g_strdup (peer);
  *boot = JSON_NODE_HOLDS_NULL (run) ? NULL : g_strdup (json_node_get_string (run));
  return TRUE;
}
