/* What is inside an envelope's payload, a JSON object:
 *
 *   offer, answer  {"generation": 1.., "sdp": "v=0\r\n...", "nat": {...}}; the last one only from a
 *                   node that knows its NAT: see servers/nat-brief.h
 *   candidates     {"generation": 1.., "ufrag": "...", "candidates": [{"candidate":
 * "candidate:...", "sdpMid": "0", "usernameFragment": "..."}, ...]}; a `candidate` that is empty
 *                   says that no more will come (RFC 8838 section 13)
 *   bye            {"reason": "off"}
 *
 * Unknown members are skipped. */
#pragma once

#include "servers/nat-brief.h"
#include "signaling/sdp.h"

typedef enum {
  LANE_MESSAGE_OFFER,
  LANE_MESSAGE_ANSWER,
  LANE_MESSAGE_CANDIDATES,
  LANE_MESSAGE_BYE
} LaneMessageType;

typedef struct {
  LaneMessageType type;
  guint generation; /* from 1; not in bye */
  LaneSdp *sdp;     /* offer, answer */
  gboolean has_nat; /* offer, answer: the sender tells what its NAT does */
  LaneNatBrief nat;
  char *ufrag;                /* candidates: of the generation they belong to */
  GArray *candidates;         /* candidates: of LaneCandidate, at most 32 */
  gboolean end_of_candidates; /* candidates: no more will come (RFC 8838 section 13) */
  guint refused;              /* candidates our parser did not take, in any of the first three */
  char *reason;               /* bye: `off`, `stop`, `busy` */
} LaneMessage;

#define LANE_MESSAGE_ERROR (lane_message_error_quark ())
GQuark lane_message_error_quark (void);
typedef enum { LANE_MESSAGE_ERROR_MALFORMED } LaneMessageError;

/* @type and @payload as in the envelope. */
LaneMessage *lane_message_parse (const char *type, const char *payload, GError **error);
char *lane_message_format_payload (const LaneMessage *message);
LaneMessage *lane_message_new (LaneMessageType type);
void lane_message_free (LaneMessage *message);
const char *lane_message_type_to_string (LaneMessageType type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneMessage, lane_message_free)
