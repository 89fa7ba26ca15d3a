/* JSON from strangers: json-glib recurses without limit, so size, UTF-8, depth (16), duplicate
 * keys, keys per object (64) and string length are checked before it sees the text. */
#pragma once

#include <json-glib/json-glib.h>

#define LANE_BOUNDED_JSON_ERROR (lane_bounded_json_error_quark ())
GQuark lane_bounded_json_error_quark (void);
typedef enum { LANE_BOUNDED_JSON_ERROR_REFUSED } LaneBoundedJsonError;

/* The top level must be an object. @max_string: bytes a single string may have. */
JsonNode *lane_bounded_json_parse (const char *text, gsize length, gsize max_bytes,
                                   gsize max_string, GError **error);

/* A string or integer member of exactly that kind, or NULL/FALSE with @error naming it. */
const char *lane_bounded_json_get_string (JsonObject *object, const char *name, GError **error);
gboolean lane_bounded_json_get_integer (JsonObject *object, const char *name, gint64 min,
                                        gint64 max, gint64 *value, GError **error);
