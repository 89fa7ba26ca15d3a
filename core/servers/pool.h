/* The configured STUN and TURN servers: where they are, whether they live, and which ones a link
 * should use now.
 *
 * Names are looked up and servers probed (probe.h) in the background, again every 5 min (30 s while
 * one of a host fails) and when the network changes; nothing waits for that: lane_pool_select()
 * answers from what is known at the moment. What links report counts too: a bad report outweighs a
 * good probe for 60 s, and has the server probed at once.
 *
 * Belongs to one GMainContext. */
#pragma once

#include "config.h"
#include "ice/transport.h"
#include "servers/nat-report.h"
#include "servers/probe-result.h"

typedef struct _LanePool LanePool;

typedef enum { LANE_SERVER_UNKNOWN, LANE_SERVER_OK, LANE_SERVER_FAILED } LaneServerState;

/* One URI of a [server] section. */
typedef struct {
  const char *name; /* of the section */
  const char *kind; /* stun stuns turn turns */
  char *uri;
  LaneServerState state;
  double rtt_ms;                 /* NAN: not measured */
  LaneProbeCode code;            /* why it failed; LANE_PROBE_OK: it did not */
  char *error;                   /* the same as a sentence; NULL likewise */
  char *advice;                  /* what cures it */
  gint64 checked_us;             /* wall clock, of the last evidence; 0: none */
  gint64 credentials_expire_us;  /* wall clock, of those made last; 0: they do not, or not known */
  char *mapped;                  /* our address as it sees us, an IP literal; NULL: unknown */
  const LaneProbeResult *result; /* of the last probe that ended, else of the first one while it
                                  * runs; NULL: none */
} LanePoolServer;

typedef struct {
  /* What lane_pool_get_servers() tells is no longer the same. May free the pool. */
  void (*changed) (LanePool *pool, gpointer user_data);
  /* State or error of one are other ones now; the pool must survive it. May be NULL. */
  void (*server_changed) (LanePool *pool, const LanePoolServer *server, gpointer user_data);
  /* A probe of it has taken a step, or ended; the pool must survive it. May be NULL. */
  void (*stepped) (LanePool *pool, const LanePoolServer *server, const LaneProbeResult *result,
                   gpointer user_data);
} LanePoolEvents;

/* Clocks, waiting times, and what else tests and `icelane check` have their own way with. */
typedef struct {
  gint64 (*monotonic_us) (gpointer clock_data);
  gint64 (*wall_us) (gpointer clock_data);
  gpointer clock_data;
  guint recheck_ms, recheck_failed_ms;
  guint lookup_ms;         /* DNS; a later answer is still taken */
  guint try_ms;            /* of each of 3 UDP requests */
  guint step_ms, probe_ms; /* of a step over a stream, and of a whole probe */
  guint command_ms;        /* password-command, auth-secret-command */
  guint hold_ms;           /* of a bad report */
  guint settle_ms;         /* after the start: see lane_pool_get_wait_ms() */
  gboolean look_for_udp;   /* see LaneProbeOptions */
  GResolver *resolver;     /* NULL: our own */
} LanePoolTuning;

/* Begins to resolve, to probe and to run password commands. @config must outlive the pool;
 * @events is copied. Sections with `enabled = no` do not exist here. */
LanePool *lane_pool_new (GMainContext *context, const LaneConfig *config,
                         const LanePoolEvents *events, gpointer user_data);
LanePool *
lane_pool_new_tuned (GMainContext *context, const LaneConfig *config, const LanePoolTuning *tuning,
                     const LanePoolEvents *events, gpointer user_data);
extern const LanePoolTuning LANE_POOL_TUNING; /* the system's clocks, the times said above */

/* Other settings, which from now on must outlive the pool in place of the old ones. What has not
 * changed keeps its state, its evidence and its connections; what is new is looked at; over what is
 * gone existing TLS connections go on, so that links can move away first. */
void lane_pool_set_config (LanePool *pool, const LaneConfig *config);
/* Looks at all servers of the section @name now, or at all there are; NULL: all. */
void lane_pool_check (LanePool *pool, const char *name);
/* Addresses or routes changed: bad reports are forgotten, everything is looked at again. */
void lane_pool_network_changed (LanePool *pool);

/* Of LaneIceServer, for one generation: the first live STUN server, and of at most two hosts the
 * TURN URIs, UDP before TCP before TLS. The operator's order, but those that have answered come
 * first and those that failed last. @names: of sections, NULL or empty = all. Without a wanted
 * family there is nothing to give. TCP and TLS servers are given as bridges (tls-bridge.h), which
 * open for it. The caller unrefs it. */
GPtrArray *
lane_pool_select (LanePool *pool, const char *const *names, gboolean ipv4, gboolean ipv6);

/* Something is being looked up, probed or waited for that may still change what is shown. */
gboolean lane_pool_is_checking (LanePool *pool);

/* How long a link that is about to gather does well to wait: servers of @names are still being
 * asked for the first time and none has answered. 0 from tuning's settle_ms after the pool's start
 * on. */
guint lane_pool_get_wait_ms (LanePool *pool, const char *const *names);

/* A STUN or, with @turn, a TURN server of @names (NULL: all) is known to work. */
gboolean lane_pool_is_proven (LanePool *pool, const char *const *names, gboolean turn);

/* What a link saw of the section @name: @type says which of its URIs are meant.
 * LANE_CANDIDATE_RELAY: an allocation came (@ok), or there was none in time or it died;
 * LANE_CANDIDATE_SRFLX: likewise for STUN; other types are ignored. @error is for an operator; NULL
 * when @ok. */
void lane_pool_report (LanePool *pool, const char *name, LaneCandidateType type, gboolean ok,
                       const char *error);

const GPtrArray *lane_pool_get_servers (LanePool *pool); /* of LanePoolServer, in file order */
/* turn: and turns: URIs among @names, and how many of these are known not to work. */
void lane_pool_count_turn (LanePool *pool, const char *const *names, guint *count, guint *failed);
/* What is wrong with those that do not work; of several faults the one that the operator can mend
 * here: expired credentials, then refused ones. LANE_PROBE_OK: nothing is known to be wrong. */
LaneProbeCode lane_pool_get_turn_fault (LanePool *pool, const char *const *names);
/* URIs among @names that a Binding can be asked for over UDP, and how many of these are known not
 * to answer it. */
void lane_pool_count_stun (LanePool *pool, const char *const *names, guint *count, guint *silent);
/* Our addresses as servers see them, each once, IPv4 first; never NULL. */
char **lane_pool_dup_mapped_addresses (LanePool *pool);

void lane_pool_free (LanePool *pool); /* no callback follows */

/* Where to ask for a Binding over UDP: stun: and turn: servers at each of their addresses, in file
 * order. Of LaneNatServer; the caller unrefs it. */
GPtrArray *lane_pool_list_udp (LanePool *pool);

const char *lane_server_state_to_string (LaneServerState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LanePool, lane_pool_free)
