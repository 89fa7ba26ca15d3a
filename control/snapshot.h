/* What a client knows of a node: the JSON of the control interface, decoded into plain structs.
 *
 * Unknown numbers are NAN or -1 as said, unknown strings NULL. Fields and words are those of
 * `icelane status --json`. Text from peers and servers is data: draw it through the canvas. */
#pragma once

#include "comparison-view.h"
#include "peer-steps.h"

#include <gio/gio.h>

#include "forecast-view.h"
#include "replay-view.h"

typedef struct {
  char *type; /* host srflx prflx relay */
  char *address;
  int port;
  char *transport; /* udp; of a relay in the selected pair how its server is reached: udp tcp tls */
  char *server;    /* NULL: none or unknown */
  guint32 priority; /* 0: unknown; so for all below in a selected pair */
  char *foundation;
  char *related_address;
  int related_port;
  double ms; /* since its generation started, NAN: unknown */
} LaneCandidateView;

typedef struct {
  char *name, *id;
  char *state; /* off waiting gathering checking securing connected suspect restarting backoff
                  failed */
  char *path;  /* direct, relay; NULL: none */
  int family;  /* 4, 6; 0: none */
  char *why_code, *why_side, *why_text, *why_next;
  LaneForecastView forecast;
  LaneCandidateView *local, *remote; /* the selected pair; both NULL: none */
  LaneComparisonView *comparison;    /* with the kind of path not in use; NULL: nobody has asked */
  double rtt_last_ms, rtt_mean_ms, rtt_min_ms, rtt_p95_ms; /* NAN: no data */
  double jitter_ms, loss;                                  /* NAN: no data; loss 0..1 */
  guint64 tx_bytes, rx_bytes;
  gint64 since_us; /* wall clock, when the state or path began; 0: unknown */
  guint generation, restarts, path_changes;
  gint64 next_retry_us; /* wall clock; 0: none */
  char *last_error;
  char *policy;        /* auto direct-only relay-only lowest-rtt */
  gboolean held;       /* the policy is not that of the settings: an operator asked for it */
  gboolean online;     /* the rendezvous sees it */
  double *rtt_history; /* mean ms of 5 s each, oldest first, NAN: no answer */
  guint n_rtt_history;
} LanePeerView;

/* One step of the last probe of a server. */
typedef struct {
  char *step; /* dns connect tls stun allocate permission refresh */
  gboolean ok;
  double ms;      /* NAN: unknown */
  char *evidence; /* NULL: none */
} LaneServerStepView;

typedef struct {
  char *name, *uri, *kind; /* stun stuns turn turns */
  char *state;             /* unknown ok failed */
  double rtt_ms;
  char *code;   /* why it failed, a word of probe-code.h; NULL: not known */
  char *error;  /* the same as a sentence; NULL: it did not */
  char *advice; /* what cures it; NULL likewise */
  char *mapped; /* our address as it sees us */
  gint64 checked_us, certificate_expires_us, credentials_expire_us; /* wall clock; 0: unknown */
  GPtrArray *steps;                                                 /* of LaneServerStepView */
  gboolean in_use;
} LaneServerView;

/* The settings file as the node has it. */
typedef struct {
  char *path;
  char *state;     /* ok partly invalid; NULL: unknown */
  char **problems; /* `icelane.ini:33: [server home] uri: ...`, errors first; never NULL */
  char *applied;   /* what the last change did to links; NULL: none since the start */
  char **later;    /* `node.control`: counts after the node is restarted; never NULL */
  gint64 loaded_us;
} LaneConfigView;

typedef struct {
  char *name, *id, *version;
  gint64 started_us;
  char *signaling_type, *signaling_state, *signaling_url, *signaling_error;
  char *nat_mapping, *nat_filtering; /* NULL: unknown */
  char **addresses;                  /* local addresses in use for ICE */
  LaneConfigView config;
  LaneReplayView *replay; /* NULL: a node, no recording */
  GPtrArray *servers;     /* of LaneServerView */
  GPtrArray *peers;       /* of LanePeerView, in the configuration's order */
} LaneSnapshot;

/* A candidate pair that was formed. Times are since its generation started, NAN: it did not
 * happen. */
typedef struct {
  char *state;   /* frozen waiting checking answered failed unneeded unknown */
  char *result;  /* in words */
  char *failure; /* silent no-route misplaced refused; NULL: it has not failed */
  gboolean selected, nominated;
  LaneCandidateView *local, *remote;
  guint sent, answered;
  double rtt_ms, formed_ms, sent_ms, answered_ms, ended_ms;
} LaneCheckView;

/* A server and what it did while gathering. */
typedef struct {
  char *name, *kind, *transport;
  char *outcome; /* asked answered silent unneeded */
  char *code;    /* why it is silent, as the prober has it; NULL: unknown */
  double asked_ms, answered_ms;
} LaneGatherView;

typedef struct {
  guint generation;
  char *role;                /* controlling, controlled */
  char *state;               /* gathering checking connected failed */
  gboolean current;          /* carries the data; else it is being tried */
  gboolean previous;         /* it has ended */
  gboolean offered;          /* we began it */
  GPtrArray *local, *remote; /* of LaneCandidateView */
  GPtrArray *checks;         /* of LaneCheckView, the best first; empty: none, or an older node */
  GPtrArray *servers;        /* of LaneGatherView, in the order in which they were asked */
  guint refused;             /* candidates of the peer's */
  LanePeerSteps *peer;       /* NULL: it did not say */
  /* Since it started; NAN: not yet, or unknown. */
  double gathered_ms, answered_ms, connected_ms, failed_ms, now_ms;
} LaneGenerationView;

typedef struct {
  char *name;
  GPtrArray *generations;       /* of LaneGenerationView, newest first */
  LaneGenerationView *previous; /* the last one that ended; NULL: none */
  guint secured;                /* the generation over which the association came up; 0: none */
  double dtls_from_ms, dtls_ms, sctp_ms; /* since that one started */
  char *json;                            /* the whole record */
} LanePeerDetail;

typedef struct {
  guint64 sequence;
  gint64 time_us; /* wall clock */
  char *level;    /* error warning info debug */
  char *kind;
  char *peer; /* NULL: the node */
  char *text;
  char *json; /* the whole record */
} LaneEventView;

/* What a Reload has brought. */
typedef struct {
  gboolean changed; /* settings were taken over */
  LaneConfigView config;
  char *json; /* the whole record */
} LaneReloadView;

#define LANE_SNAPSHOT_ERROR (lane_snapshot_error_quark ())
GQuark lane_snapshot_error_quark (void);
typedef enum { LANE_SNAPSHOT_ERROR_MALFORMED } LaneSnapshotError;

LaneSnapshot *lane_snapshot_new (void); /* empty */
LaneSnapshot *lane_snapshot_parse (const char *status_json, GError **error);
/* Merge the argument of PeersChanged, ServersChanged, NodeChanged. */
gboolean lane_snapshot_update_peers (LaneSnapshot *snapshot, const char *json, GError **error);
gboolean lane_snapshot_update_servers (LaneSnapshot *snapshot, const char *json, GError **error);
gboolean lane_snapshot_update_node (LaneSnapshot *snapshot, const char *json, GError **error);
const LanePeerView *lane_snapshot_find_peer (const LaneSnapshot *snapshot, const char *name);
void lane_snapshot_free (LaneSnapshot *snapshot);

LanePeerDetail *lane_peer_detail_parse (const char *json, GError **error);
void lane_peer_detail_free (LanePeerDetail *detail);
LaneReloadView *lane_reload_view_parse (const char *json, GError **error);
void lane_reload_view_free (LaneReloadView *reload);
LaneEventView *lane_event_view_parse (const char *json, GError **error);
void lane_event_view_free (LaneEventView *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSnapshot, lane_snapshot_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneReloadView, lane_reload_view_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LanePeerDetail, lane_peer_detail_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneEventView, lane_event_view_free)
