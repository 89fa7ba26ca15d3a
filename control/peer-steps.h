/* What a peer says of its own side of a generation: the member `peer` of a generation of GetPeer.
 * By the peer's own clock, from its own start of the generation on; NAN: not told. */
#pragma once

#include <json-glib/json-glib.h>

typedef struct {
  gboolean offered; /* it began */
  double gathered_ms, answered_ms, first_check_ms, connected_ms, failed_ms;
  double dtls_from_ms, dtls_ms, sctp_ms;
  char *local, *remote; /* types of its pair in use, as it sees them; both NULL: none */
  double pair_sent_ms, pair_answered_ms, nominated_ms;
  guint host, srflx, relay; /* candidates of its */
  guint stun_asked, stun_answered, turn_asked, turn_answered;
} LanePeerSteps;

/* NULL: @object is, too. */
LanePeerSteps *lane_peer_steps_read (JsonObject *object);
void lane_peer_steps_free (LanePeerSteps *steps);
