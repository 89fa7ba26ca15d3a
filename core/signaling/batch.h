/* The body of `POST /v1/send`: envelopes as they were written, and to whom they go. */
#pragma once

#include <glib.h>

typedef struct {
  char *to;
  GBytes *text; /* byte by byte as it came: a signature may depend on it */
} LaneBatchItem;

#define LANE_BATCH_ERROR (lane_batch_error_quark ())
GQuark lane_batch_error_quark (void);
/* Each of them an HTTP status. */
typedef enum {
  LANE_BATCH_ERROR_MALFORMED = 400,
  LANE_BATCH_ERROR_FORGED = 403, /* `from` is not @sender */
  LANE_BATCH_ERROR_TOO_LONG = 413
} LaneBatchError;

/* Array of LaneBatchItem, or NULL: one bad envelope spoils them all. */
GPtrArray *lane_batch_parse (const char *text, gsize length, gsize max_bytes, const char *sender,
                             GError **error);
