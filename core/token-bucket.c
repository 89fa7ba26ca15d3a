#include "token-bucket.h"

static void
fill (LaneTokenBucket *bucket, gint64 now_us)
{
  if (bucket->last_us != 0 && now_us > bucket->last_us)
    bucket->level += (double)(now_us - bucket->last_us) / G_USEC_PER_SEC * bucket->per_second;
  bucket->level = MIN (bucket->level, bucket->burst);
  bucket->last_us = now_us;
}

gboolean
lane_token_bucket_take (LaneTokenBucket *bucket, gint64 now_us)
{
  fill (bucket, now_us);
  if (bucket->level < 1.0)
    return FALSE;
  bucket->level -= 1.0;
  return TRUE;
}

gint64
lane_token_bucket_wait_us (LaneTokenBucket *bucket, gint64 now_us)
{
  fill (bucket, now_us);
  if (bucket->level >= 1.0)
    return 0;
  return (gint64)((1.0 - bucket->level) / bucket->per_second * G_USEC_PER_SEC) + 1;
}
