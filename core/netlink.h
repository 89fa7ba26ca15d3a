/* What the kernel says about interfaces, addresses and the default routes, over rtnetlink: no
 * daemon needed, works in any network namespace, and needs no privilege. */
#pragma once

#include <gio/gio.h>
#include <net/if.h>

typedef struct {
  char interface[IF_NAMESIZE];
  int interface_index;
  guint interface_flags; /* IFF_... */
  GInetAddress *address; /* the local one */
  guint prefix_length;
  guint32 flags;       /* IFA_F_... */
  guint32 preferred_s; /* what is left; G_MAXUINT32 = for ever */
} LaneNetlinkAddress;

typedef struct {
  char name[IF_NAMESIZE];
  int index;
  guint flags; /* IFF_... */
} LaneNetlinkInterface;

/* Where packets to the public Internet leave; found by asking for the route to a public address, so
 * that policy routing and VPNs that split the default route are seen as they are. */
typedef struct {
  int interface_index; /* 0: no route */
  char interface[IF_NAMESIZE];
  GInetAddress *source; /* the kernel's choice; may be NULL */
} LaneNetlinkRoute;

typedef struct {
  GPtrArray *interfaces; /* of LaneNetlinkInterface, by index */
  GPtrArray *addresses;  /* of LaneNetlinkAddress, in the kernel's order */
  LaneNetlinkRoute ipv4, ipv6;
} LaneNetlinkState;

void lane_netlink_state_free (LaneNetlinkState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneNetlinkState, lane_netlink_state_free)

typedef struct _LaneNetlink LaneNetlink;

LaneNetlink *lane_netlink_open (GError **error);
void lane_netlink_free (LaneNetlink *netlink);

/* Synchronous: the kernel answers from memory. */
LaneNetlinkState *lane_netlink_read (LaneNetlink *netlink, GError **error);

/* Readable when something may have changed; then call drain, which says whether lane_netlink_read()
 * could give another answer (routes to single networks come and go all the time). */
int lane_netlink_get_fd (const LaneNetlink *netlink);
gboolean lane_netlink_drain (LaneNetlink *netlink);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneNetlink, lane_netlink_free)
