/* Which remote addresses we are ready to send to (guarantee G4). One function for candidates and,
 * later, for the targets of forwards. */
#pragma once

#include <gio/gio.h>

typedef struct {
  gboolean allow_loopback;
  gboolean allow_link_local;
  GPtrArray *own;    /* of GInetSocketAddress: our listening sockets, always refused; may be NULL */
  GPtrArray *denied; /* of GInetAddressMask; may be NULL */
} LaneAddressPolicy;

#define LANE_ADDRESS_POLICY_ERROR (lane_address_policy_error_quark ())
GQuark lane_address_policy_error_quark (void);
typedef enum { LANE_ADDRESS_POLICY_ERROR_REFUSED } LaneAddressPolicyError;

/* Judges the address that @address really reaches: IPv4-mapped, IPv4-compatible, 6to4 and NAT64
 * (64:ff9b::/96) spellings are unwrapped, zones refused. The message says which rule refused it. */
gboolean lane_address_policy_check (const LaneAddressPolicy *policy, const char *address,
                                    guint16 port, GError **error);
