/* What can be wrong with a STUN or TURN server, each in plain words and with what cures it.
 *
 * Pure functions: the same text for the screen, `icelane check`, the log and JSON. */
#pragma once

#include "uri.h"

typedef enum {
  LANE_PROBE_OK,
  LANE_PROBE_DNS_NOT_FOUND,
  LANE_PROBE_DNS_FAILED,
  LANE_PROBE_DNS_TIMEOUT,
  LANE_PROBE_REFUSED,     /* ICMP port unreachable, or a TCP reset at once */
  LANE_PROBE_UNREACHABLE, /* no route, or ICMP host unreachable */
  LANE_PROBE_TIMEOUT,
  LANE_PROBE_CLOSED,   /* the server closed the connection */
  LANE_PROBE_UDP_ONLY, /* refuses TCP and answers STUN over UDP on the same port */
  LANE_PROBE_NOT_TLS,
  LANE_PROBE_TLS_FAILED,
  LANE_PROBE_CERT_UNKNOWN_CA,
  LANE_PROBE_CERT_WRONG_NAME,
  LANE_PROBE_CERT_EXPIRED,
  LANE_PROBE_CERT_NOT_YET_VALID,
  LANE_PROBE_CERT_REVOKED,
  LANE_PROBE_CERT_INSECURE,
  LANE_PROBE_CA_FILE, /* ours: it cannot be used */
  LANE_PROBE_NOT_STUN,
  LANE_PROBE_NOT_TURN,
  LANE_PROBE_NO_ADDRESS, /* a Binding response without one */
  LANE_PROBE_BAD_SIGNATURE,
  LANE_PROBE_CREDENTIALS_UNKNOWN, /* ours: none are set, or they cannot be made */
  LANE_PROBE_CREDENTIALS_EXPIRED,
  LANE_PROBE_WRONG_REALM,
  LANE_PROBE_UNAUTHORIZED,        /* 401 */
  LANE_PROBE_FORBIDDEN,           /* 403 */
  LANE_PROBE_PEER_FORBIDDEN,      /* 403, for a permission */
  LANE_PROBE_ALLOCATION_MISMATCH, /* 437 */
  LANE_PROBE_STALE_NONCE,         /* 438, again and again */
  LANE_PROBE_WRONG_CREDENTIALS,   /* 441 */
  LANE_PROBE_NO_UDP_RELAY,        /* 442 */
  LANE_PROBE_QUOTA,               /* 486 */
  LANE_PROBE_NO_CAPACITY,         /* 508 */
  LANE_PROBE_REDIRECTED,          /* 300, and not to a server we can use */
  LANE_PROBE_STUN_ERROR,          /* any other */
  LANE_PROBE_LINK_FAILED          /* no probe's word: a link could not use it */
} LaneProbeCode;

/* The steps of a probe, in their order. */
typedef enum {
  LANE_PROBE_STEP_DNS,
  LANE_PROBE_STEP_CONNECT,
  LANE_PROBE_STEP_TLS,
  LANE_PROBE_STEP_STUN,
  LANE_PROBE_STEP_ALLOCATE,
  LANE_PROBE_STEP_PERMISSION,
  LANE_PROBE_STEP_REFRESH /* with lifetime 0, which frees the allocation */
} LaneProbeStepKind;

typedef struct {
  LaneProbeCode code;
  LaneProbeStepKind step; /* where it showed */
  int stun_code;          /* of an ERROR-CODE attribute; 0: none came */
  /* What the words need beyond that, cleaned; NULL when there is nothing to say: the names in or
   * the authority of a certificate, its date, the realm, a reason phrase, an address. */
  const char *detail;
} LaneProbeFault;

/* What is wrong with the server behind @uri; NULL when nothing is. No full stop. */
char *lane_probe_fault_to_text (const LaneProbeFault *fault, const LaneUri *uri);
/* What to do about it; NULL when nothing is wrong. */
char *lane_probe_fault_to_advice (const LaneProbeFault *fault, const LaneUri *uri);

const char *lane_probe_code_to_string (LaneProbeCode code); /* `cert-expired` */
const char *lane_probe_step_to_string (LaneProbeStepKind step);
