/* What STUN servers saw of us through a NAT, and what follows from it: every answer of one run of
 * the tests of RFC 5780 over one address family, and the verdict.
 *
 * The verdict is a pure function of the answers. What they do not show is `unknown`; servers that
 * contradict each other make it so. */
#pragma once

#include <json-glib/json-glib.h>

#include "servers/nat-brief.h"
#include "servers/nat-socket.h"

/* A STUN server over UDP, as the pool knows it. */
typedef struct {
  char *name; /* of its [server] section */
  GInetSocketAddress *address;
  gboolean stream_works; /* its host has answered STUN over TCP or TLS */
} LaneNatServer;

LaneNatServer *
lane_nat_server_new (const char *name, GInetSocketAddress *address, gboolean stream_works);
void lane_nat_server_free (LaneNatServer *server);

typedef enum {
  LANE_NAT_TEST_PRIMARY,       /* test I of RFC 5780 section 4.3, at each server */
  LANE_NAT_TEST_OTHER_ADDRESS, /* test II: another address, the same port */
  LANE_NAT_TEST_OTHER_PORT,    /* test III: that address, another port */
  LANE_NAT_TEST_OPEN,          /* test I of section 4.4, from a fresh socket */
  LANE_NAT_TEST_CHANGE_BOTH,   /* test II there: an answer from another address and port */
  LANE_NAT_TEST_CHANGE_PORT    /* test III: from the same address and another port */
} LaneNatTest;

typedef enum { LANE_NAT_MAYBE, LANE_NAT_NO, LANE_NAT_YES } LaneNatTruth;

/* One question and its answer. */
typedef struct {
  LaneNatTest test;
  char *server;
  GInetSocketAddress *asked, *local;
  LaneNatOutcome outcome;
  int code;
  GInetSocketAddress *from, *mapped, *plain, *other; /* as in LaneNatAnswer */
  double ms;
} LaneNatSight;

typedef struct {
  GInetAddress *own; /* the local address it is about */
  GPtrArray *sights; /* of LaneNatSight */
  gint64 time_us;    /* wall clock */
  LaneNatTruth hairpinning;
  guint lifetime_min_s, lifetime_max_s; /* a mapping lived at least, less than that; 0: unknown */
  /* The verdict. */
  LaneNatTraits traits;
  LaneNatTruth tampered; /* something rewrites addresses inside of packets (an ALG) */
  gboolean carrier;      /* behind a carrier's NAT, as 100.64.0.0/10 (RFC 6598) gives away */
  gboolean contradicted; /* servers do not agree about us */
} LaneNatReport;

LaneNatReport *lane_nat_report_new (GInetAddress *own);
void lane_nat_report_free (LaneNatReport *report);

LaneNatSight *lane_nat_report_add (LaneNatReport *report, LaneNatTest test, const char *server,
                                   GInetSocketAddress *asked, GInetSocketAddress *local);
void lane_nat_sight_take (LaneNatSight *sight, const LaneNatAnswer *answer);

/* Gives the verdict anew. @servers: of LaneNatServer; that a server is there, although not over
 * UDP, is what tells a blocked network from a dead server. */
void lane_nat_report_judge (LaneNatReport *report, const GPtrArray *servers);

/* Our first address and port as servers see it; NULL: unknown. */
GInetSocketAddress *lane_nat_report_get_mapped (const LaneNatReport *report);

GInetSocketAddress *lane_nat_report_get_server (const LaneNatReport *report); /* who saw it */

/* What an operator would like to know beyond the words, a sentence each; NULL-terminated. The
 * caller frees it. */
char **lane_nat_report_dup_hints (const LaneNatReport *report);
/* `easy NAT: one port for all, lets in known ports only (measured); home saw 203.0.113.7:41641` */
char *lane_nat_report_to_text (const LaneNatReport *report);

/* Members of an object that is open, all unknown when @report is NULL; and the evidence, as
 * elements of an array that is open. */
void lane_nat_report_add_json (const LaneNatReport *report, JsonBuilder *builder);
void lane_nat_report_add_evidence_json (const LaneNatReport *report, JsonBuilder *builder);

const char *lane_nat_test_to_string (LaneNatTest test);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneNatReport, lane_nat_report_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneNatServer, lane_nat_server_free)
