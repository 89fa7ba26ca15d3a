/* A UDP socket of its own, from which any number of STUN servers are asked for a Binding (RFC 8489,
 * RFC 5780): the questions that tell what a NAT does are which port this one socket has there.
 *
 * Belongs to one GMainContext; takes nothing longer than LANE_TURN_ANSWER_MAX. */
#pragma once

#include <gio/gio.h>

typedef struct _LaneNatSocket LaneNatSocket;

/* CHANGE-REQUEST: where the answer shall come from (RFC 5780 section 7.2). */
typedef enum {
  LANE_NAT_CHANGE_NOTHING = 0,
  LANE_NAT_CHANGE_PORT = 2,
  LANE_NAT_CHANGE_BOTH = 6
} LaneNatChange;

typedef enum {
  LANE_NAT_ANSWERED,
  LANE_NAT_SILENT,  /* no answer to 3 requests */
  LANE_NAT_UNSENT,  /* the network refused to send it */
  LANE_NAT_ERROR,   /* an error response */
  LANE_NAT_NONSENSE /* a response without an address, or with one that cannot be ours */
} LaneNatOutcome;

typedef struct {
  LaneNatOutcome outcome;
  int code;                 /* of LANE_NAT_ERROR */
  GInetSocketAddress *from; /* who answered; with an answer of whatever kind */
  /* Our address in it; NULL unless ANSWERED. */
  GInetSocketAddress *mapped;
  GInetSocketAddress *plain; /* MAPPED-ADDRESS; NULL: not there */
  GInetSocketAddress *other; /* OTHER-ADDRESS; NULL: not there */
  double ms;                 /* NAN without an answer */
} LaneNatAnswer;

/* Exactly once; may free the socket. */
typedef void (*LaneNatAnswered) (LaneNatSocket *socket, const LaneNatAnswer *answer,
                                 gpointer user_data);

#define LANE_NAT_MARK_BYTES 12

/* On a port of the system's choice. NULL with @error: not with that address of ours. */
LaneNatSocket *lane_nat_socket_new (GMainContext *context, GInetAddress *address, GError **error);
void lane_nat_socket_free (LaneNatSocket *socket); /* questions that are open are forgotten */

GInetSocketAddress *lane_nat_socket_get_local (const LaneNatSocket *socket);

/* Asks up to 3 times, @try_ms and twice that apart, and is silent after 5 times @try_ms. The answer
 * is not told from within. @response_port: where on our address to send the answer (RESPONSE-PORT,
 * RFC 5780 section 7.5), 0: here. Gives the end of the transaction id, LANE_NAT_MARK_BYTES. */
const guint8 *lane_nat_socket_ask (LaneNatSocket *socket, GInetSocketAddress *server,
                                   LaneNatChange change, guint16 response_port, guint try_ms,
                                   LaneNatAnswered answered, gpointer user_data);

/* A Binding request that is only meant to be heard: @marked is told of each message that comes with
 * that transaction id. */
void lane_nat_socket_send_mark (LaneNatSocket *socket, GInetSocketAddress *to,
                                const guint8 mark[LANE_NAT_MARK_BYTES]);
void lane_nat_socket_expect_mark (LaneNatSocket *socket, const guint8 mark[LANE_NAT_MARK_BYTES],
                                  void (*marked) (LaneNatSocket *socket, gpointer user_data),
                                  gpointer user_data);

gboolean lane_nat_address_equal (GInetSocketAddress *a, GInetSocketAddress *b); /* NULL: differs */
gboolean lane_nat_host_equal (GInetSocketAddress *a, GInetSocketAddress *b); /* whatever the port */

const char *lane_nat_outcome_to_string (LaneNatOutcome outcome);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneNatSocket, lane_nat_socket_free)
