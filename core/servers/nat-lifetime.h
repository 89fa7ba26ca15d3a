/* How long a NAT keeps the mapping of a socket that says nothing (RFC 5780 section 4.6): one
 * mapping for each step of time, all made at once; when its time has come the server is asked, from
 * another socket, to send something there (RESPONSE-PORT). Takes as long as the longest step, so it
 * is only for an operator who asks for it.
 *
 * Belongs to one GMainContext; waits for nothing. */
#pragma once

#include "servers/nat-socket.h"

typedef struct _LaneNatLifetime LaneNatLifetime;

#define LANE_NAT_LIFETIME_STEPS_MAX 6

typedef struct {
  GInetAddress *address; /* ours */
  GInetSocketAddress *server;
  guint shortest_ms, longest_ms; /* the first step, doubled up to the last */
  guint try_ms;                  /* before a request is sent again */
} LaneNatLifetimeOptions;

/* A mapping lived for at least @min_ms and for less than @max_ms. 0: not known; both when the
 * server does not do it. */
typedef struct {
  guint min_ms, max_ms;
} LaneNatLifetimeResult;

/* @done: exactly once, never from within; may free it. */
LaneNatLifetime *
lane_nat_lifetime_new (GMainContext *context, const LaneNatLifetimeOptions *options,
                       void (*done) (LaneNatLifetime *lifetime, gpointer user_data),
                       gpointer user_data);
LaneNatLifetimeResult lane_nat_lifetime_get_result (const LaneNatLifetime *lifetime);
void lane_nat_lifetime_free (LaneNatLifetime *lifetime); /* no callback follows */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneNatLifetime, lane_nat_lifetime_free)
