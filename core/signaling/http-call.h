/* One HTTP request whose answer is small, and what its failures mean to an operator. */
#pragma once

#include <libsoup/soup.h>

/* Either @status (an HTTP answer of any kind, @body NUL-terminated) or @error (nothing came, its
 * message made for an operator). */
typedef void (*LaneHttpCallDone) (guint status, const char *body, gsize length, const GError *error,
                                  gpointer user_data);

/* A request to @path below @base, with @bearer as authorization when not NULL; it follows no
 * redirect. */
SoupMessage *lane_http_call_message (const char *method, GUri *base, const char *path,
                                     const char *bearer, const char *body);

/* Sends @message; takes its reference. @done comes once, later, also after @cancellable was
 * cancelled; then @destroy, of @user_data. */
void lane_http_call (SoupSession *session, SoupMessage *message, GCancellable *cancellable,
                     LaneHttpCallDone done, gpointer user_data, GDestroyNotify destroy);

/* Why @message got no answer: what happened, and what to do about it. */
char *lane_http_call_explain (SoupMessage *message, const GError *error);
/* The same of an answer of @host that is not a success; @body may be NULL. */
char *
lane_http_call_explain_status (const char *host, guint status, const char *body, gsize length);
