/* A NAT and the STUN servers behind it, on loopback: what servers see of whoever asks them, and
 * whose answers come through, is up to the kind of NAT. Its outside is 127.0.0.9. */
#pragma once

#include "servers/nat-report.h"

typedef struct _NatStub NatStub;

typedef struct {
  LaneNatWord mapping;   /* LANE_NAT_NONE: no translation */
  LaneNatWord filtering; /* LANE_NAT_BLOCKED: nothing comes back */
  gboolean hairpinning;
  gboolean tampers; /* MAPPED-ADDRESS says something else than XOR-MAPPED-ADDRESS */
  guint loses;      /* so many requests with each transaction id */
  guint lives_ms;   /* a mapping, after its last packet from inside; 0: for ever */
} NatStubKind;

typedef enum {
  NAT_STUB_PLAIN,            /* one address */
  NAT_STUB_TWO,              /* RFC 5780 */
  NAT_STUB_STUBBORN,         /* RFC 5780, but answers CHANGE-REQUEST from where it was asked */
  NAT_STUB_HALF,             /* RFC 5780, but its other address is dead */
  NAT_STUB_LIAR,             /* one address, and another one of ours in its answers */
  NAT_STUB_LIAR_PORT,        /* the same with another port */
  NAT_STUB_NO_RESPONSE_PORT, /* answers where it was asked from, in spite of RESPONSE-PORT */
  NAT_STUB_NOWHERE,          /* claims that we are at 0.0.0.0 */
  NAT_STUB_FORBIDDEN         /* its OTHER-ADDRESS is a multicast group */
} NatStubServer;

NatStub *nat_stub_new (GMainContext *context, const NatStubKind *kind);
void nat_stub_free (NatStub *stub);

/* On @address and, with two, the one after it. The caller frees what comes back. */
GInetSocketAddress *nat_stub_add_server (NatStub *stub, NatStubServer server, const char *address);
guint nat_stub_count_requests (const NatStub *stub);
/* As if the router had been changed. */
void nat_stub_set_kind (NatStub *stub, const NatStubKind *kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NatStub, nat_stub_free)
