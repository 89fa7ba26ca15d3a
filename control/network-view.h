/* What GetNetwork tells, decoded into plain structs: interfaces and addresses, the NAT, ports seen.
 * The servers are those of the snapshot.
 *
 * Unknown numbers are NAN or -1 as said, unknown strings NULL. Text from servers is data: draw it
 * through the canvas. */
#pragma once

#include <gio/gio.h>

typedef struct {
  char *address;
  int prefix_length; /* -1: unknown */
  int family;        /* 4, 6; 0: unknown */
  char *scope;       /* public private carrier link-local loopback */
  gboolean temporary, used;
  char *why;  /* not used; NULL: it is, or unknown */
  char *next; /* what would change that; NULL: nothing to do */
} LaneAddressView;

typedef struct {
  char *name;
  char *state; /* up down no-carrier */
  gboolean loopback;
  gboolean default4, default6; /* packets to the Internet leave by it */
  GPtrArray *addresses;        /* of LaneAddressView */
} LaneInterfaceView;

typedef enum { LANE_TRUTH_UNKNOWN = -1, LANE_TRUTH_NO, LANE_TRUTH_YES } LaneTruth;

/* The NAT of one address family. */
typedef struct {
  int family;
  char *mapping, *filtering, *confidence; /* words of RFC 5780 */
  char *udp;                              /* ok blocked unknown */
  char *summary;                          /* `hard NAT: a new port per destination...` */
  char *meaning;                          /* for links, a sentence; NULL: unknown */
  char *next;                             /* what helps; NULL: nothing to do */
  gboolean wrong;                         /* links that should be possible are not */
  char *address, *mapped;
  LaneTruth hairpinning, carrier, tampered;
  guint lifetime_min_s, lifetime_max_s; /* 0: unknown */
  gint64 checked_us;                    /* wall clock; 0: never */
  char **hints;                         /* never NULL */
} LaneNatView;

/* A question to a server, and its answer. */
typedef struct {
  int family;
  char *test, *server, *asked, *local;
  char *result; /* answered silent ... */
  char *from, *mapped;
  double ms;
} LaneSightView;

typedef struct {
  char *peer; /* NULL: the test of the NAT */
  int family;
  char *local, *server, *mapped;
  gboolean same; /* no NAT in between */
  double ms;
} LanePortView;

typedef struct {
  GPtrArray *interfaces; /* of LaneInterfaceView, those that matter first */
  GPtrArray *nats;       /* of LaneNatView */
  GPtrArray *sights;     /* of LaneSightView */
  GPtrArray *ports;      /* of LanePortView */
  gboolean checking;     /* the NAT is being measured */
  guint left_out;        /* interfaces that were too many */
  char *router;          /* what is asked of the router, a sentence; NULL: unknown */
  char *json;            /* the whole record */
} LaneNetworkView;

/* NULL with @error (LANE_SNAPSHOT_ERROR) when it is no such object. */
LaneNetworkView *lane_network_view_parse (const char *json, GError **error);
LaneNetworkView *lane_network_view_copy (const LaneNetworkView *network);
void lane_network_view_free (LaneNetworkView *network);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneNetworkView, lane_network_view_free)
