/* The client's end of the event stream of a rendezvous: opened, read, and doubted.
 *
 * TCP tells nothing to whoever only reads: a NAT that forgot the connection leaves it silent for
 * ever. So silence is measured, and shortest when something was bound to come. */
#pragma once

#include <libsoup/soup.h>

#include "signaling/sse.h"

typedef struct _LaneHttpEvents LaneHttpEvents;

typedef struct {
  void (*opened) (gpointer user_data);
  void (*event) (const LaneSseEvent *event, gpointer user_data);
  /* Half the silence that is taken for the end has passed: make the server say something. */
  void (*quiet) (gpointer user_data);
  /* What was bound to come did not: the server may well be there, but we do not hear it. */
  void (*deaf) (gpointer user_data);
  /* It ended, or never began: @status is the HTTP answer (0 = none), @why is for an operator. */
  void (*ended) (guint status, const char *why, gpointer user_data);
} LaneHttpEventsCallbacks;

/* Sends @message, a request for the stream; takes its reference. @silence_ms without a byte is the
 * end, and so is @open_ms without an answer. Callbacks come later and may free the stream; none
 * follows `deaf` and `ended`. */
LaneHttpEvents *lane_http_events_new (GMainContext *context, SoupSession *session,
                                      SoupMessage *message, guint open_ms, guint silence_ms,
                                      const LaneHttpEventsCallbacks *callbacks, gpointer user_data);
/* How far it was heard; for lane_http_events_expect(). */
guint64 lane_http_events_get_heard (const LaneHttpEvents *events);
/* The server has written something since @heard: unless that is here, it must come within 2 s. */
void lane_http_events_expect (LaneHttpEvents *events, guint64 heard);
void lane_http_events_free (LaneHttpEvents *events); /* no callback follows */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneHttpEvents, lane_http_events_free)
