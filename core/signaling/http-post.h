/* One request to the rendezvous that gets through if anything does.
 *
 * It takes a kept connection where there is one. A NAT may have forgotten that one, and then nobody
 * says so: without an answer in a moment, or with an error, the same goes out once more on a fresh
 * connection. The rendezvous may so get it twice. */
#pragma once

#include <libsoup/soup.h>

typedef struct _LaneHttpPost LaneHttpPost;

typedef struct {
  /* The kept connection turned out dead; the answer is still to come. */
  void (*detour) (gpointer user_data);
  /* Comes once, later: as LaneHttpCallDone. Free the post in it or afterwards. */
  void (*done) (guint status, const char *body, gsize length, const GError *error,
                gpointer user_data);
} LaneHttpPostEvents;

typedef struct {
  GUri *base;
  const char *path, *bearer, *body;
  guint limit_ms; /* of the last attempt */
} LaneHttpPostOptions;

/* Copies @options and @events. */
LaneHttpPost *
lane_http_post_new (GMainContext *context, SoupSession *session, const LaneHttpPostOptions *options,
                    const LaneHttpPostEvents *events, gpointer user_data);
void lane_http_post_free (LaneHttpPost *post); /* gives it up; no callback follows */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneHttpPost, lane_http_post_free)
