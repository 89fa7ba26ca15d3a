/* One generation of ICE towards one peer: one NiceAgent, one stream, one component.
 *
 * A transport gathers once and never again; every restart is a new one beside the old (libnice
 * cannot re-gather). Symmetric: offerer and answerer differ only in who calls first. The order is
 * enforced here: start, then set_remote, then add_remote_candidate; earlier calls are kept and
 * replayed. Belongs to one GMainContext. */
#pragma once

#include <glib-object.h>

#include "config.h"
#include "ice/check-log.h"
#include "ice/terms.h"

typedef struct _LaneTransport LaneTransport;
typedef struct _LaneGatherReport LaneGatherReport; /* ice/gather-report.h */

typedef enum {
  LANE_TRANSPORT_GATHERING, /* no check can run yet */
  LANE_TRANSPORT_CHECKING,
  LANE_TRANSPORT_CONNECTED, /* a pair is selected; it may still get better */
  LANE_TRANSPORT_FAILED     /* libnice gave up; may recover by itself */
} LaneTransportState;

/* A resolved STUN or TURN server. libnice takes one STUN server; TURN at most 8. */
typedef struct {
  char *name; /* of the [server NAME] section, for reports */
  gboolean turn;
  LaneProtocol protocol; /* of the TURN control connection */
  char *address;         /* IP literal; that of a bridge, which takes plain TCP, with a lease */
  guint16 port;
  char *username; /* TURN only */
  char *password;
  gint64 expires_us; /* monotonic: the end of these credentials; 0: none is known */
  GObject *lease;    /* held until gathering is over: the address listens only then; NULL = none */
} LaneIceServer;

LaneIceServer *lane_ice_server_copy (const LaneIceServer *server);
void lane_ice_server_free (LaneIceServer *server);

typedef struct {
  guint generation; /* for the log */
  gboolean controlling;
  LanePolicy policy;            /* relay-only: only relay candidates leave, nothing else is sent */
  const char *const *addresses; /* local IP literals, best first, NULL-terminated */
  GPtrArray *servers;           /* of LaneIceServer, best first; copied */
  guint port_low, port_high;    /* 0, 0 = any */
} LaneTransportOptions;

typedef struct {
  LaneCandidate local, remote;
  char *server; /* name of the server behind a local srflx or relay, NULL = unknown or none */
  LaneProtocol relay_protocol; /* of a local relay's control connection */
  gint64 relay_expires_us;     /* monotonic: the end of its credentials; 0: none is known */
} LaneTransportPair;

typedef struct {
  /* @server as in LaneTransportPair. The first ones come from within lane_transport_start(). */
  void (*local_candidate) (LaneTransport *transport, const LaneCandidate *candidate,
                           const char *server, gpointer user_data);
  /* Exactly once: libnice is done or the deadline of 5 s has passed. With TURN servers, not before
   * the remote credentials are known: relays are gathered from then on. */
  void (*gathering_done) (LaneTransport *transport, gpointer user_data);
  void (*state_changed) (LaneTransport *transport, LaneTransportState state, gpointer user_data);
  /* The selected pair changed, or became known better (prflx turned relay). */
  void (*pair_changed) (LaneTransport *transport, const LaneTransportPair *pair,
                        gpointer user_data);
  void (*received) (LaneTransport *transport, const guint8 *data, gsize length, gpointer user_data);
  /* A server was asked or has answered: entry @index of the gather report. May be NULL; must not
   * free the transport. */
  void (*server) (LaneTransport *transport, guint index, gpointer user_data);
  /* A candidate pair went a step further. May be NULL; must not free the transport. */
  void (*check) (LaneTransport *transport, const LaneCheckPair *pair, LaneCheckStep step,
                 gpointer user_data);
} LaneTransportEvents;

/* NULL with @error when no local address can be used. Copies @options and @events. */
LaneTransport *
lane_transport_new (GMainContext *context, const LaneTransportOptions *options,
                    const LaneTransportEvents *events, gpointer user_data, GError **error);
gboolean lane_transport_start (LaneTransport *transport, GError **error);

const char *lane_transport_get_ufrag (const LaneTransport *transport); /* valid from new() on */
const char *lane_transport_get_password (const LaneTransport *transport);
guint lane_transport_get_generation (const LaneTransport *transport);
LaneTransportState lane_transport_get_state (const LaneTransport *transport);
const LaneTransportPair *lane_transport_get_pair (const LaneTransport *transport); /* NULL = none */
gint64 lane_transport_get_started_us (const LaneTransport *transport);             /* monotonic */

/* What both sides allow, once the peer's policy is known: before set_remote, and never wider than
 * `policy`. Without direct paths the peer's relays are all that is tried, unless ours are. */
void lane_transport_set_paths (LaneTransport *transport, LanePaths paths);
/* Once; later calls are ignored, other credentials mean another generation. */
void lane_transport_set_remote (LaneTransport *transport, const char *ufrag, const char *password);
/* A remote candidate of this type has no place in the paths that are allowed. */
gboolean lane_transport_forbids (const LaneTransport *transport, LaneCandidateType remote);
/* The caller has checked the candidate against its address policy. FALSE = dropped: there are 32
 * already, or its type is forbidden. */
gboolean
lane_transport_add_remote_candidate (LaneTransport *transport, const LaneCandidate *candidate);
/* RFC 8838 section 13: the peer has no more. */
void lane_transport_remote_candidates_done (LaneTransport *transport);

/* What gathering has done so far; the caller may add what it knows. */
LaneGatherReport *lane_transport_get_gather_report (const LaneTransport *transport);
/* What became of each candidate pair so far. */
const LaneCheckLog *lane_transport_get_checks (const LaneTransport *transport);

/* The server names that gave us at least one candidate, NULL-terminated, owned. */
const char *const *lane_transport_get_useful_servers (LaneTransport *transport);

/* FALSE = not sent: no pair yet, or the socket refused. Loss like any other. */
gboolean lane_transport_send (LaneTransport *transport, const guint8 *data, gsize length);

/* No callback after this. TURN allocations are released in the background; @done (may be NULL) is
 * called when they are, or after 1 s, and must not be NULL-checked against the transport. */
void lane_transport_free (LaneTransport *transport, GDestroyNotify done, gpointer done_data);

const char *lane_transport_state_to_string (LaneTransportState state);
