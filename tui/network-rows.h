/* The rows of the Network view and of `icelane network`: one for each address, NAT, port seen and
 * server, with its words, what helps, and the evidence for it. */
#pragma once

#include "network-view.h"
#include "snapshot.h"

typedef enum {
  LANE_NETWORK_INTERFACES,
  LANE_NETWORK_NAT,
  LANE_NETWORK_PORTS,
  LANE_NETWORK_SERVERS,
  LANE_N_NETWORK_SECTIONS
} LaneNetworkSection;

/* Its strings are its own; the views belong to what it was collected from. */
typedef struct {
  LaneNetworkSection section;
  const LaneInterfaceView *interface; /* the one of these that the section says; else NULL */
  const LaneAddressView *address;     /* NULL: the interface has none */
  const LaneNatView *nat;
  GPtrArray *ports; /* of const LanePortView: those that saw the same */
  const LaneServerView *server;
  GPtrArray *folded; /* of LaneNetworkRow: what it stands for; NULL: only itself */

  char *key;   /* the same row after a change has the same */
  char *name;  /* of the interface, family, socket or server */
  char *what;  /* address, behaviour, what was seen, URI */
  char *state; /* a word or two: used, skipped, ok, failed; NULL: the section has none */
  char *note;
  gboolean wrong;
  char *sentence; /* all of it in words */
  char *next;     /* what helps; NULL: nothing to do */
} LaneNetworkRow;

/* Of LaneNetworkRow, in the order of the sections; servers that failed come first among the
 * servers. @network may be NULL: servers only. @fold: where room is scarce, one row stands for many
 * skipped addresses, and one for the sockets of all links. */
GPtrArray *lane_network_rows_collect (const LaneNetworkView *network, const LaneSnapshot *snapshot,
                                      gboolean fold);

/* What is said beside the title of a section; never NULL. */
char *lane_network_section_note (LaneNetworkSection section, const LaneNetworkView *network,
                                 const LaneSnapshot *snapshot);
const char *lane_network_section_title (LaneNetworkSection section);

/* Lines of at most about @width columns, separated by \n: what the row says, and why. */
char *
lane_network_row_evidence (const LaneNetworkRow *row, const LaneNetworkView *network, int width);
