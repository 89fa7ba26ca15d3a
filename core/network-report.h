/* The network of this machine as an operator wants to see it: every interface and address with
 * what ICE does with it, what the NAT does and means, and which port each server saw of which
 * socket. The JSON of `icelane network` and of view 2; null = unknown. */
#pragma once

#include <json-glib/json-glib.h>

#include "network.h"
#include "servers/nat-report.h"

/* What a server saw of a socket that carries a link. */
typedef struct {
  char *peer, *server;
  char *local, *mapped; /* `192.0.2.7:41641` */
  int family;
} LanePortSeen;

LanePortSeen *lane_port_seen_new (const char *peer, const char *server, const char *local,
                                  guint16 local_port, const char *mapped, guint16 mapped_port);
void lane_port_seen_free (LanePortSeen *port);

/* What is known of one address family. */
typedef struct {
  gboolean wanted;             /* [network] families */
  gboolean has_server;         /* one to ask over UDP */
  const LaneNatReport *report; /* NULL: none */
} LaneFamilyFacts;

typedef struct {
  const LaneNetlinkState *kernel;
  const GPtrArray *skipped; /* of LaneSkippedAddress */
  LaneFamilyFacts ipv4, ipv6;
  gboolean checking;      /* the NAT is being measured, or about to */
  const GPtrArray *ports; /* of LanePortSeen; may be NULL */
} LaneNetworkFacts;

/* Members of an object that is open: "interfaces", "nat", "ports", "router_mappings". */
void lane_network_report_add_json (const LaneNetworkFacts *facts, JsonBuilder *builder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LanePortSeen, lane_port_seen_free)
