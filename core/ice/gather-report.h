/* What gathering did for one generation: which local addresses were used and which were not, what
 * each server answered, and which of the peer's candidates were refused. Plain facts with monotonic
 * times; bounded. */
#pragma once

#include "ice/candidate.h"
#include "ice/transport.h"

#include <json-glib/json-glib.h>

typedef enum {
  LANE_GATHER_ASKED,
  LANE_GATHER_ANSWERED,
  LANE_GATHER_SILENT,  /* gathering ended without an answer */
  LANE_GATHER_UNNEEDED /* the same relay was reached first over another transport */
} LaneGatherOutcome;

typedef struct {
  char *name;          /* of the [server NAME] section */
  const char *kind;    /* stun turn turns */
  const char *control; /* udp tcp tls */
  char *address;       /* NULL: behind a bridge */
  guint16 port;
  LaneGatherOutcome outcome;
  gint64 asked_us, answered_us; /* 0 = not yet */
  LaneCheckPoint mapped;        /* our address as it sees us; empty = it told nothing new */
  LaneCheckPoint relayed;       /* what it allocated; empty = nothing */
  char *code;                   /* why it is silent, as the prober knows; NULL = unknown */
} LaneGatherServer;

LaneGatherReport *lane_gather_report_new (void);
void lane_gather_report_free (LaneGatherReport *report);

/* @why: not used for that reason; NULL = used. */
void lane_gather_report_add_address (LaneGatherReport *report, const char *interface,
                                     const char *address, const char *why);
/* The two return the server's entry. @server is the same pointer in both. */
const LaneGatherServer *
lane_gather_report_ask (LaneGatherReport *report, const LaneIceServer *server, gint64 now_us);
/* NULL: it was not asked, or had answered so before. */
const LaneGatherServer *
lane_gather_report_answer (LaneGatherReport *report, const LaneIceServer *server,
                           const LaneCandidate *candidate, gint64 now_us);
/* @stun_us: when the STUN server answered, also if that gave no candidate; 0 = it did not. */
void lane_gather_report_end (LaneGatherReport *report, gint64 now_us, gint64 stun_us);
/* What the prober says of a server that was silent. */
void lane_gather_report_explain (LaneGatherReport *report, const char *name, const char *kind,
                                 const char *code);
void lane_gather_report_refuse (LaneGatherReport *report, const LaneCandidate *candidate,
                                const char *why, gint64 now_us);

guint lane_gather_report_get_n_servers (const LaneGatherReport *report);
const LaneGatherServer *lane_gather_report_get_server (const LaneGatherReport *report, guint index);
gint64 lane_gather_report_get_ended_us (const LaneGatherReport *report); /* 0 = not yet */

/* The value of "gathering" in a generation of GetPeer. Times are from @started_us on. */
JsonNode *lane_gather_report_describe (const LaneGatherReport *report, gint64 started_us);

const char *lane_gather_outcome_to_string (LaneGatherOutcome outcome);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneGatherReport, lane_gather_report_free)
