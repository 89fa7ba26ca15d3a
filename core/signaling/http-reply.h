/* JSON answers of the rendezvous, and the JSON bodies it is asked with. */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

/* @object may be NULL: no body. After an error but 429 the connection is closed. */
void lane_http_reply (SoupServerMessage *message, guint status, JsonObject *object);
void lane_http_reply_string (SoupServerMessage *message, const char *name, const char *value);
/* {"error": @why}. */
void lane_http_refuse (SoupServerMessage *message, guint status, const char *why);

/* The request's JSON object, or NULL and @message is answered. */
JsonNode *lane_http_read_body (SoupServerMessage *message, gsize max_bytes, gsize max_string);
