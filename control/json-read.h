/* Reading what a node answers: members may be missing, null or of the wrong type, and each reader
 * has its "unknown" for that. */
#pragma once

#include <json-glib/json-glib.h>

/* NULL with @error (LANE_SNAPSHOT_ERROR_MALFORMED) unless @json is valid, not too deep, and at its
 * root of the type @expected. */
JsonNode *lane_json_parse (const char *json, JsonNodeType expected, GError **error);

/* NULL: none. @object may be NULL, here and below. */
JsonObject *lane_json_object (JsonObject *object, const char *name);
JsonArray *lane_json_array (JsonObject *object, const char *name);
/* The caller frees it; NULL: none. */
char *lane_json_string (JsonObject *object, const char *name);
/* For what is found by name or drawn by state: never NULL. */
char *lane_json_word (JsonObject *object, const char *name, const char *unknown);
double lane_json_number (JsonObject *object, const char *name); /* NAN: none */
/* 0: none; never more than @max. */
guint64 lane_json_count (JsonObject *object, const char *name, guint64 max);
guint lane_json_uint (JsonObject *object, const char *name);
gboolean lane_json_boolean (JsonObject *object, const char *name);
gint64 lane_json_time (JsonObject *object, const char *name); /* wall clock, us; 0: none */

/* Of an element. */
char *lane_json_node_string (JsonNode *node);
double lane_json_node_number (JsonNode *node);
