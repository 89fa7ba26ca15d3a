/* Lets HTTP connections in for a SoupServer, and bounds them: how many, how many from one address,
 * and how long each may take. libsoup itself waits for ever. */
#pragma once

#include <libsoup/soup.h>

typedef struct _LaneHttpListener LaneHttpListener;
typedef struct _LaneHttpConnection LaneHttpConnection;

typedef struct {
  const char *listen;           /* ADDR:PORT, [ADDR]:PORT; port 0 = any free */
  GTlsCertificate *certificate; /* NULL = plain HTTP */
  guint max_connections;        /* also held to what the descriptor limit leaves */
  guint max_per_address;        /* of one IPv4 address or one IPv6 /64 */
  guint max_untrusted;          /* not yet trusted; a further one pushes out the oldest */
  gboolean count_loopback;      /* FALSE: a reverse proxy on this host may carry everybody */
  guint deadline_ms;            /* a connection's life unless somebody extends it */
} LaneHttpListenerOptions;

/* @context must be the thread-default one: libsoup works in that. */
LaneHttpListener *lane_http_listener_new (GMainContext *context, SoupServer *server,
                                          const LaneHttpListenerOptions *options, GError **error);
guint16 lane_http_listener_get_port (const LaneHttpListener *listener);
guint lane_http_listener_count (const LaneHttpListener *listener); /* open now */
void lane_http_listener_free (LaneHttpListener *listener);         /* drops every connection */

/* The connection @message came on; NULL when it is closed already. */
LaneHttpConnection *
lane_http_listener_find (LaneHttpListener *listener, SoupServerMessage *message);
/* When to drop the connection, from now; 0 = never. */
void lane_http_connection_set_deadline (LaneHttpConnection *connection, guint ms);
/* Whom connections are counted by: the address, `/64` for IPv6; NULL for those not counted. */
const char *lane_http_connection_get_source (const LaneHttpConnection *connection);
/* The client has proved on this connection who it is. */
void lane_http_connection_trust (LaneHttpConnection *connection);
gboolean lane_http_connection_is_trusted (const LaneHttpConnection *connection);
/* Ends it now; the server sees it closed later, in its own turn. */
void lane_http_connection_drop (LaneHttpConnection *connection);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneHttpListener, lane_http_listener_free)
