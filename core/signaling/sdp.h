/* The one session description we speak: `m=application 9 UDP/DTLS/SCTP webrtc-datachannel`
 * (RFC 8841, shaped as RFC 8829 makes it). Unknown attributes are skipped, everything we use is
 * checked strictly. */
#pragma once

#include "ice/candidate.h"
#include "ice/terms.h"

typedef enum { LANE_SETUP_ACTPASS, LANE_SETUP_ACTIVE, LANE_SETUP_PASSIVE } LaneSetup; /* RFC 8842 */

typedef struct {
  char *ufrag, *password;
  char *fingerprint; /* sha-256, `AB:CD:...` upper case */
  LaneSetup setup;
  guint16 sctp_port; /* 5000 */
  guint32 max_message_size;
  GArray *candidates; /* of LaneCandidate, at most 32 */
  gboolean end_of_candidates;
  /* Ours alone, docs/link.md: who leaves them out means auto, any, and no spare. */
  LanePolicy policy; /* of the sender, for this peer */
  LanePaths paths;   /* which ones this generation is for; never none */
  gboolean spare;    /* data stays where it is until the offerer moves it */
} LaneSdp;

#define LANE_SDP_ERROR (lane_sdp_error_quark ())
GQuark lane_sdp_error_quark (void);
typedef enum { LANE_SDP_ERROR_SYNTAX, LANE_SDP_ERROR_UNSUPPORTED } LaneSdpError;

LaneSdp *lane_sdp_new (void);
/* Candidates that our parser refuses are left out, not an error: RFC 8839 section 5.1 lets other
 * agents send kinds we do not take. @refused (may be NULL) counts them. */
LaneSdp *lane_sdp_parse (const char *text, guint *refused, GError **error);
char *lane_sdp_format (const LaneSdp *sdp);
void lane_sdp_free (LaneSdp *sdp);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSdp, lane_sdp_free)
