#include "signaling/batch.h"

#include <string.h>

#include "secure/envelope.h"
#include "signaling/bounded-json.h"

static void
item_free (LaneBatchItem *item)
{
  g_free (item->to);
  g_clear_pointer (&item->text, g_bytes_unref);
  g_free (item);
}

/* The objects in the only array of the only member of a checked JSON object. */
static GPtrArray *
slice_objects (const char *text, gsize length)
{
  GPtrArray *items = g_ptr_array_new_with_free_func ((GDestroyNotify)item_free);
  gboolean in_string = FALSE;
  guint depth = 0;
  gsize start = 0;

  for (gsize i = 0; i < length; i++) {
    char c = text[i];

    if (in_string) {
      if (c == '\\')
        i++;
      else if (c == '"')
        in_string = FALSE;
    } else if (c == '"') {
      in_string = TRUE;
    } else if (c == '{' || c == '[') {
      if (++depth == 3)
        start = i;
    } else if (c == '}' || c == ']') {
      if (depth-- == 3) {
        LaneBatchItem *item = g_new0 (LaneBatchItem, 1);

        item->text = g_bytes_new (text + start, i + 1 - start);
        g_ptr_array_add (items, item);
      }
    }
  }
  return items;
}

static gboolean
refuse (GError **error, LaneBatchError code, const char *why)
{
  g_set_error_literal (error, LANE_BATCH_ERROR, (int)code, why);
  return FALSE;
}

static gboolean
take_address (LaneBatchItem *item, JsonNode *node, const char *sender, GError **error)
{
  JsonObject *object = json_node_get_object (node);
  const char *from, *to;

  if (g_bytes_get_size (item->text) > LANE_ENVELOPE_MAX_BYTES)
    return refuse (error, LANE_BATCH_ERROR_TOO_LONG, "an envelope is longer than 64 KiB");
  from = lane_bounded_json_get_string (object, "from", NULL);
  if (from == NULL || strcmp (from, sender) != 0)
    return refuse (error, LANE_BATCH_ERROR_FORGED,
                   "an envelope's \"from\" is not the id of this session");
  to = lane_bounded_json_get_string (object, "to", NULL);
  if (to == NULL || !lane_id_is_canonical (to))
    return refuse (error, LANE_BATCH_ERROR_MALFORMED,
                   "an envelope's \"to\" is not an id (52 of a-z, 2-7)");
  item->to = g_strdup (to);
  return TRUE;
}

GPtrArray *
lane_batch_parse (const char *text, gsize length, gsize max_bytes, const char *sender,
                  GError **error)
{
  g_autoptr (GPtrArray) items = NULL;
  g_autoptr (GError) problem = NULL;
  g_autoptr (JsonNode) body =
      lane_bounded_json_parse (text, length, max_bytes, LANE_ENVELOPE_MAX_BYTES, &problem);
  JsonObject *object = body == NULL ? NULL : json_node_get_object (body);
  JsonNode *messages = object == NULL ? NULL : json_object_get_member (object, "messages");
  JsonArray *array;

  if (body == NULL || messages == NULL || !JSON_NODE_HOLDS_ARRAY (messages)
      || json_object_get_size (object) != 1) {
    refuse (error, LANE_BATCH_ERROR_MALFORMED,
            problem != NULL ? problem->message
                            : "the body must be {\"messages\":[...]} and nothing else");
    return NULL;
  }
  array = json_node_get_array (messages);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    if (!JSON_NODE_HOLDS_OBJECT (json_array_get_element (array, i))) {
      refuse (error, LANE_BATCH_ERROR_MALFORMED, "\"messages\" must hold nothing but objects");
      return NULL;
    }
  }

  items = slice_objects (text, length);
  g_return_val_if_fail (items->len == json_array_get_length (array), NULL);
  for (guint i = 0; i < items->len; i++) {
    if (!take_address (items->pdata[i], json_array_get_element (array, i), sender, error))
      return NULL;
  }
  return g_steal_pointer (&items);
}

G_DEFINE_QUARK (lane - batch - error - quark, lane_batch_error)
