/* The bodies of requests to a SoupServer, bounded while they arrive: libsoup would take any. */
#pragma once

#include <libsoup/soup.h>

typedef struct _LaneUploads LaneUploads;

/* The bytes a request to @path with @method may bring. */
typedef gsize (*LaneUploadLimit) (const char *method, const char *path);
/* A client goes on and on: its connection should end. */
typedef void (*LaneUploadExcess) (SoupServerMessage *message, gpointer user_data);

/* @max_bytes: held at once, of all requests. */
LaneUploads *lane_uploads_new (gsize max_bytes, LaneUploadLimit limit, LaneUploadExcess excess,
                               gpointer user_data);
/* When a request begins. */
void lane_uploads_watch (LaneUploads *uploads, SoupServerMessage *message);
/* 0, or the HTTP status to refuse a request with whose body was not kept. */
guint lane_uploads_get_refusal (SoupServerMessage *message);
void lane_uploads_free (LaneUploads *uploads); /* after every request ended */
