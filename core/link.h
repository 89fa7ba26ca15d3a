/* One association with a peer: DTLS and SCTP above, a path of ICE generations below (path.h).
 *
 * The association, its counters and its data survive every restart of the path. The link keeps
 * trying for as long as it exists; its peer decides for how long that is. */
#pragma once

#include "channel/liveness.h"
#include "path.h"

typedef struct _LaneLink LaneLink;

typedef enum {
  LANE_LINK_GATHERING,
  LANE_LINK_CHECKING,
  LANE_LINK_SECURING,
  LANE_LINK_CONNECTED,
  LANE_LINK_SUSPECT,
  LANE_LINK_RESTARTING
} LaneLinkState;

typedef enum {
  LANE_LINK_END_TIMEOUT, /* never came up */
  LANE_LINK_END_OFF,     /* the peer's operator disconnected it */
  LANE_LINK_END_STOP,    /* the peer's node is ending */
  LANE_LINK_END_CLOSED,  /* the association broke */
  LANE_LINK_END_IDENTITY /* whoever answered is not the peer */
} LaneLinkEnd;

typedef struct {
  /* To be sealed and sent in the link's session. */
  void (*send) (LaneLink *link, const LaneMessage *message, gpointer user_data);
  /* What the peer's NAT does, by its own account. */
  void (*nat) (LaneLink *link, const LaneNatBrief *nat, gpointer user_data);
  void (*measured) (LaneLink *link, const LaneLivenessSample *sample, gpointer user_data);
  /* The first data came over another path; nothing had come for @gap_ms at most. */
  void (*moved) (LaneLink *link, double gap_ms, gpointer user_data);
  /* The peer has said more of its side of a generation. */
  void (*told) (LaneLink *link, gpointer user_data);
  /* Something that status shows: state, path, candidates, measurements. */
  void (*changed) (LaneLink *link, gpointer user_data);
  /* The association is over; free the link. @text is for the operator. */
  void (*ended) (LaneLink *link, LaneLinkEnd end, const char *text, gpointer user_data);
} LaneLinkEvents;

/* @session: 32 hex characters. @peer, @terms and @shared outlive the link. Does nothing before
 * lane_link_offer() or lane_link_answer(); both may call back at once. */
LaneLink *
lane_link_new (const LaneShared *shared, const LanePeerConfig *peer, const LaneTerms *terms,
               const char *session, const LaneLinkEvents *events, gpointer user_data);
/* @give_way: nobody waits for this link at the keyboard, so the polite side leaves the other 250 ms
 * to offer first. */
void lane_link_offer (LaneLink *link, gboolean give_way);
void lane_link_answer (LaneLink *link, const LaneMessage *offer);
/* No callback follows. Safe from every callback. */
void lane_link_free (LaneLink *link);

/* A verified message of this link's session. */
void lane_link_receive (LaneLink *link, const LaneMessage *message);
/* The peer's first offer crossed ours. TRUE: we yield, the link now runs in @session and has
 * answered. FALSE: ours stands. */
gboolean lane_link_yield (LaneLink *link, const char *session, const LaneMessage *offer);
void lane_link_restart (LaneLink *link, LaneRestartCause cause);
char *lane_link_compare (LaneLink *link); /* as lane_path_compare() */
/* Other settings of the peer, which take the place of those given to lane_link_new(). */
void lane_link_set_config (LaneLink *link, const LanePeerConfig *peer);
/* Whether an offer can reach the peer now. A restart that could not be offered is made up for. */
void lane_link_set_reachable (LaneLink *link, gboolean reachable);
/* @lost: an address or route went away, not just came. */
void lane_link_network_changed (LaneLink *link, gboolean lost);
/* Tells the peer what our NAT does, if that is not what it was told last. */
void lane_link_tell_nat (LaneLink *link);
void lane_link_server_failed (LaneLink *link, const char *server, LaneProtocol protocol,
                              gboolean refused);
void lane_link_server_works (LaneLink *link, const char *server, gboolean turn);
void lane_link_terms_changed (LaneLink *link); /* see lane_path_terms_changed() */
/* Tells the peer in-band that this is the end: `off` or `stop`. */
void lane_link_say_bye (LaneLink *link, const char *reason);

const char *lane_link_get_session (const LaneLink *link);
LaneLinkState lane_link_get_state (const LaneLink *link);
gboolean lane_link_is_up (const LaneLink *link);        /* secured once; its path may be gone */
gboolean lane_link_is_lost (const LaneLink *link);      /* was up, and nothing comes any more */
gboolean lane_link_is_answered (const LaneLink *link);  /* the peer has shown that it takes part */
gint64 lane_link_get_offered_us (const LaneLink *link); /* monotonic */
const LanePath *lane_link_get_path (const LaneLink *link);
/* FALSE before the link was up. */
gboolean lane_link_get_stats (const LaneLink *link, LaneLivenessStats *stats);
/* The generation that it now runs on, or the last one that ended, as JSON text as in GetPeer; NULL
 * = none. */
char *lane_link_dup_last_generation (const LaneLink *link);
/* The steps from the first path to the first connection, or NULL: {"generation", "dtls_from_ms",
 * "dtls_ms", "sctp_ms"}, from the start of that generation on. */
JsonNode *lane_link_describe_securing (const LaneLink *link);
/* DTLS datagrams, both ways. */
void lane_link_get_traffic (const LaneLink *link, guint64 *tx_bytes, guint64 *rx_bytes);
/* Equal on both sides, another one for every DTLS handshake; NULL before the link was up. */
const char *lane_link_get_association (const LaneLink *link);

const char *lane_link_state_to_string (LaneLinkState state);
