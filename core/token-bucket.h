/* So many per second, so many at once. */
#pragma once

#include <glib.h>

typedef struct {
  double per_second, burst, level;
  gint64 last_us;
} LaneTokenBucket;

#define LANE_TOKEN_BUCKET(rate, size)                                                              \
  {                                                                                                \
    .per_second = (rate), .burst = (size), .level = (size)                                         \
  }

/* Takes one; FALSE when none is left at @now_us (monotonic). */
gboolean lane_token_bucket_take (LaneTokenBucket *bucket, gint64 now_us);
/* How long until the next one, 0 = now. */
gint64 lane_token_bucket_wait_us (LaneTokenBucket *bucket, gint64 now_us);
