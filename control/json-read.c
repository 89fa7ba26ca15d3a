#include "json-read.h"

#include <math.h>

#include "snapshot.h"

#define MAX_DEPTH 32 /* json-glib recurses; the real thing is 6 deep */

static JsonNode *
member (JsonObject *object, const char *name)
{
  return object != NULL ? json_object_get_member (object, name) : NULL;
}

JsonObject *
lane_json_object (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

JsonArray *
lane_json_array (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

char *
lane_json_node_string (JsonNode *node)
{
  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_dup_string (node)
             : NULL;
}

double
lane_json_node_number (JsonNode *node)
{
  GType type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;

  double value = type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double (node) : NAN;

  return isfinite (value) ? value : NAN;
}

char *
lane_json_string (JsonObject *object, const char *name)
{
  return lane_json_node_string (member (object, name));
}

double
lane_json_number (JsonObject *object, const char *name)
{
  return lane_json_node_number (member (object, name));
}

guint64
lane_json_count (JsonObject *object, const char *name, guint64 max)
{
  double value = lane_json_number (object, name);

  /* Counters are below 2^53, where a double is exact. */
  if (isnan (value) || value < 0)
    return 0;
  return value < (double)max ? (guint64)value : max;
}

guint
lane_json_uint (JsonObject *object, const char *name)
{
  return (guint)lane_json_count (object, name, G_MAXINT);
}

gboolean
lane_json_boolean (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_BOOLEAN
         && json_node_get_boolean (node);
}

gint64
lane_json_time (JsonObject *object, const char *name)
{
  g_autofree char *text = lane_json_string (object, name);
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  if (time == NULL)
    return 0;
  return g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
}

char *
lane_json_word (JsonObject *object, const char *name, const char *unknown)
{
  char *word = lane_json_string (object, name);

  return word != NULL ? word : g_strdup (unknown);
}

static gboolean
too_deep (const char *json)
{
  gboolean in_string = FALSE;
  int depth = 0;

  for (const char *c = json; *c != '\0'; c++) {
    if (in_string && *c == '\\' && c[1] != '\0')
      c++;
    else if (*c == '"')
      in_string = !in_string;
    else if (!in_string && (*c == '{' || *c == '['))
      depth++;
    else if (!in_string && (*c == '}' || *c == ']'))
      depth--;
    if (depth > MAX_DEPTH)
      return TRUE;
  }
  return FALSE;
}

JsonNode *
lane_json_parse (const char *json, JsonNodeType expected, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) local_error = NULL;
  JsonNode *root;

  if (json == NULL || !g_utf8_validate (json, -1, NULL) || too_deep (json)) {
    g_set_error (error, LANE_SNAPSHOT_ERROR, LANE_SNAPSHOT_ERROR_MALFORMED,
                 "the node's answer is not JSON");
    return NULL;
  }
  if (!json_parser_load_from_data (parser, json, -1, &local_error)) {
    g_set_error (error, LANE_SNAPSHOT_ERROR, LANE_SNAPSHOT_ERROR_MALFORMED,
                 "the node's answer is not JSON: %s", local_error->message);
    return NULL;
  }

  root = json_parser_get_root (parser);
  if (root == NULL || json_node_get_node_type (root) != expected) {
    g_set_error (error, LANE_SNAPSHOT_ERROR, LANE_SNAPSHOT_ERROR_MALFORMED,
                 "the node's answer is not a JSON %s",
                 expected == JSON_NODE_OBJECT ? "object" : "array");
    return NULL;
  }
  return json_node_ref (root);
}
