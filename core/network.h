/* The local addresses ICE may use, and when they change.
 *
 * Looks at the kernel through rtnetlink, on the GMainContext it was created with. The addresses
 * pass the operator's filters ([network] interfaces and families, [ice] allow-loopback and
 * allow-link-local); deprecated and tentative ones are left out, at most two per interface and
 * prefix and 16 in all are kept. */
#pragma once

#include <json-glib/json-glib.h>

#include "config.h"
#include "netlink.h"

typedef struct _LaneNetwork LaneNetwork;

typedef enum {
  /* An address that could be in use is gone, its interface is down, or the default route moved to
   * another interface. Told at once, also when nothing is left (see lane_network_is_up()). */
  LANE_NETWORK_LOST,
  /* There is more than before: an address, or a default route where none was. Told after 300 ms;
   * sooner when it replaces what was lost less than a second ago, and at once when it ends a time
   * without any address. */
  LANE_NETWORK_GAINED
} LaneNetworkChange;

typedef struct {
  void (*changed) (LaneNetwork *network, LaneNetworkChange change, gpointer user_data);
  /* What the kernel says may be something else now, even of what is not used; told before
   * `changed`. The network must survive it. May be NULL. */
  void (*looked) (LaneNetwork *network, gpointer user_data);
} LaneNetworkEvents;

/* An address that is not used, and the reason for the event log. */
typedef struct {
  char *interface;
  char *address;
  char *why; /* `excluded by [network] interfaces: !docker*`, `deprecated`... */
} LaneSkippedAddress;

/* Takes what it needs from @config. NULL with @error when a filter makes no sense or the kernel
 * cannot be asked. Copies @events; they may free the network. */
LaneNetwork *lane_network_new (GMainContext *context, const LaneConfig *config,
                               const LaneNetworkEvents *events, gpointer user_data, GError **error);
void lane_network_free (LaneNetwork *network);

/* IP literals, NULL-terminated, best first: those on the interface of the default route, IPv6
 * temporary ones before IPv4 before other IPv6. Link-local ones carry their zone (`fe80::1%eth0`).
 * Valid until the next change. */
const char *const *lane_network_get_addresses (const LaneNetwork *network);
const GPtrArray *lane_network_get_skipped (const LaneNetwork *network); /* of LaneSkippedAddress */
/* All there is, as the kernel said last; an address of it that is not among the skipped is used. */
const LaneNetlinkState *lane_network_get_kernel (const LaneNetwork *network);
/* As in the lists above; the caller frees it. */
char *lane_network_dup_literal (const LaneNetlinkAddress *address);
gboolean lane_network_is_up (const LaneNetwork *network); /* has an address */

/* The interface packets to the Internet leave by; @family is 4 or 6. NULL = no default route. */
const char *lane_network_get_default_interface (const LaneNetwork *network, int family);

/* [{"address", "interface", "family", "default_route"}], best first. */
JsonNode *lane_network_describe (const LaneNetwork *network);

const char *lane_network_change_to_string (LaneNetworkChange change);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneNetwork, lane_network_free)
