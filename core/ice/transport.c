#include "ice/transport.h"

#include <nice/agent.h>
#include <nice/interfaces.h>
#include <string.h>

#include "ice/check-tap.h"
#include "ice/gather-report.h"
#include "ice/server-plan.h"

#define COMPONENT             NICE_COMPONENT_TYPE_RTP
#define MAX_REMOTE_CANDIDATES 32
#define GATHER_DEADLINE_MS    5000
#define RELAY_DELAY_MS        50
#define CLOSE_DEADLINE_MS     1000
#define DISCARD_PORT          9
#define ADDRESS_MARGIN        16
#define MAX_STEPS             512 /* of pairs, waiting for one turn of the loop */

struct _LaneTransport {
  int ref_count; /* the owner, each call into libnice, and the agent while it closes */
  gboolean freed;
  GMainContext *context;
  LaneTransportEvents events;
  gpointer user_data;

  guint generation;
  LanePolicy policy;
  LanePaths paths;
  LaneServerPlan *servers;
  GPtrArray *useful; /* of char*, and a NULL at the end */
  NiceAgent *agent;
  guint stream;
  char *ufrag, *password;

  gboolean started;
  gint64 started_us;
  gboolean relays_added, reflexive_done;
  GSource *relay_idle, *relay_timeout, *deadline;

  char *remote_ufrag, *remote_password;
  gboolean remote_known; /* libnice has the remote credentials */
  GArray *remotes;       /* of LaneCandidate: all we were given */

  LaneGatherReport *gathering;
  LaneCheckLog *checks;
  GArray *steps; /* of Step: told within libnice, to be told on from the loop */
  GSource *stepping;

  /* What libnice told while one of its functions was on the stack waits for the loop. */
  guint depth;
  gboolean delivering;
  GSource *delivery;
  gboolean agent_done, pair_dirty;
  LaneTransportState agent_state;

  gboolean gathering_reported;
  LaneTransportState state;
  LaneTransportPair *pair;
};

typedef struct {
  LaneCheckPair pair;
  LaneCheckStep step;
} Step;

/* What is left of a transport that was freed. */
typedef struct {
  LaneTransport *transport;
  GSource *deadline;
  GDestroyNotify done;
  gpointer done_data;
} Closing;

static void
pair_free (LaneTransportPair *pair)
{
  if (pair != NULL)
    g_free (pair->server);
  g_free (pair);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneTransportPair, pair_free)

static void
stop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static GSource *
attach (LaneTransport *transport, GSource *source, int priority, GSourceFunc function)
{
  g_source_set_priority (source, priority);
  g_source_set_callback (source, function, transport, NULL);
  g_source_attach (source, transport->context);
  return source;
}

static LaneTransport *
transport_ref (LaneTransport *transport)
{
  transport->ref_count++;
  return transport;
}

static void
transport_unref (LaneTransport *transport)
{
  if (--transport->ref_count > 0)
    return;

  g_clear_object (&transport->agent);
  g_clear_pointer (&transport->checks, lane_check_log_free);
  g_clear_pointer (&transport->steps, g_array_unref);
  g_clear_pointer (&transport->gathering, lane_gather_report_free);
  g_clear_pointer (&transport->servers, lane_server_plan_free);
  g_clear_pointer (&transport->useful, g_ptr_array_unref);
  g_clear_pointer (&transport->remotes, g_array_unref);
  g_clear_pointer (&transport->pair, pair_free);
  g_free (transport->ufrag);
  g_free (transport->password);
  g_free (transport->remote_ufrag);
  g_free (transport->remote_password);
  g_main_context_unref (transport->context);
  g_free (transport);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneTransport, transport_unref)

static LaneCandidateType
type_from_nice (NiceCandidateType type)
{
  switch (type) {
  case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
    return LANE_CANDIDATE_SRFLX;
  case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
    return LANE_CANDIDATE_PRFLX;
  case NICE_CANDIDATE_TYPE_RELAYED:
    return LANE_CANDIDATE_RELAY;
  case NICE_CANDIDATE_TYPE_HOST:
  default:
    return LANE_CANDIDATE_HOST;
  }
}

static NiceCandidateType
type_to_nice (LaneCandidateType type)
{
  switch (type) {
  case LANE_CANDIDATE_SRFLX:
    return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
  case LANE_CANDIDATE_PRFLX:
    return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
  case LANE_CANDIDATE_RELAY:
    return NICE_CANDIDATE_TYPE_RELAYED;
  case LANE_CANDIDATE_HOST:
  default:
    return NICE_CANDIDATE_TYPE_HOST;
  }
}

/* RFC 8839 section 5.1 wants related addresses on reflexive and relay candidates. A relay's would
 * be our public address, which relay-only is there to hide: it gets the form of RFC 8828. */
static void
set_related_address (LaneCandidate *candidate, const NiceCandidate *from)
{
  if (from->type == NICE_CANDIDATE_TYPE_RELAYED) {
    g_strlcpy (candidate->related_address,
               nice_address_ip_version (&from->addr) == 6 ? "::" : "0.0.0.0", LANE_ADDRESS_MAX);
    candidate->related_port = DISCARD_PORT;
  } else if (from->type == NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE
             && nice_address_is_valid (&from->base_addr)) {
    nice_address_to_string (&from->base_addr, candidate->related_address);
    candidate->related_port = nice_address_get_port (&from->base_addr);
  }
}

static void
candidate_from_nice (LaneCandidate *candidate, const NiceCandidate *from)
{
  *candidate = (LaneCandidate){ .type = type_from_nice (from->type), .priority = from->priority };
  g_strlcpy (candidate->foundation, from->foundation, sizeof candidate->foundation);
  if (nice_address_is_valid (&from->addr)) {
    nice_address_to_string (&from->addr, candidate->address);
    candidate->port = nice_address_get_port (&from->addr);
  }
  set_related_address (candidate, from);
}

static NiceCandidate *
candidate_to_nice (LaneTransport *transport, const LaneCandidate *candidate)
{
  NiceCandidate *to;
  NiceAddress address;

  nice_address_init (&address);
  if (!nice_address_set_from_string (&address, candidate->address))
    return NULL;
  nice_address_set_port (&address, candidate->port);

  to = nice_candidate_new (type_to_nice (candidate->type));
  to->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  to->stream_id = transport->stream;
  to->component_id = COMPONENT;
  to->priority = candidate->priority;
  to->addr = address;
  g_strlcpy (to->foundation, candidate->foundation, sizeof to->foundation);
  return to;
}

static void
remember_useful (LaneTransport *transport, const char *name)
{
  for (guint i = 0; i + 1 < transport->useful->len; i++) {
    if (strcmp (g_ptr_array_index (transport->useful, i), name) == 0)
      return;
  }
  g_ptr_array_insert (transport->useful, (int)transport->useful->len - 1, g_strdup (name));
}

static LaneTransportPair *
read_pair (LaneTransport *transport)
{
  g_autoptr (LaneTransportPair) pair = NULL;
  NiceCandidate *local, *remote;
  const LaneIceServer *server;

  if (!nice_agent_get_selected_pair (transport->agent, transport->stream, COMPONENT, &local,
                                     &remote))
    return NULL;

  pair = g_new0 (LaneTransportPair, 1);
  candidate_from_nice (&pair->local, local);
  candidate_from_nice (&pair->remote, remote);
  server = lane_server_plan_find (transport->servers, local);
  if (server != NULL) {
    pair->server = g_strdup (server->name);
    pair->relay_protocol = server->protocol;
    pair->relay_expires_us = server->expires_us;
  }
  return g_steal_pointer (&pair);
}

static gboolean
pair_equal (const LaneTransportPair *a, const LaneTransportPair *b)
{
  return lane_candidate_equal (&a->local, &b->local)
         && lane_candidate_equal (&a->remote, &b->remote) && g_strcmp0 (a->server, b->server) == 0
         && a->relay_protocol == b->relay_protocol;
}

/* Checks. libnice holds its lock when it tells, so they are told on from the loop. */

static void
deliver_steps (LaneTransport *transport)
{
  g_autoptr (GArray) steps = transport->steps;

  stop_source (&transport->stepping);
  transport->steps = g_array_new (FALSE, FALSE, sizeof (Step));
  for (guint i = 0; i < steps->len && !transport->freed; i++) {
    const Step *step = &g_array_index (steps, Step, i);

    transport->events.check (transport, &step->pair, step->step, transport->user_data);
  }
}

static gboolean
on_stepping (gpointer user_data)
{
  g_autoptr (LaneTransport) transport = transport_ref (user_data);

  deliver_steps (transport);
  return G_SOURCE_REMOVE;
}

static void
on_step (const LaneCheckPair *pair, LaneCheckStep kind, gpointer user_data)
{
  LaneTransport *transport = user_data;
  const Step step = { *pair, kind };

  if (transport->freed || transport->events.check == NULL || transport->steps->len >= MAX_STEPS)
    return;
  g_array_append_val (transport->steps, step);
  if (transport->stepping == NULL)
    transport->stepping = attach (transport, g_idle_source_new (), G_PRIORITY_DEFAULT, on_stepping);
}

/* What is due */

static void
deliver_pair (LaneTransport *transport)
{
  g_autoptr (LaneTransportPair) pair = read_pair (transport);

  transport->pair_dirty = FALSE;
  if (pair == NULL || (transport->pair != NULL && pair_equal (pair, transport->pair)))
    return;
  g_clear_pointer (&transport->pair, pair_free);
  transport->pair = g_steal_pointer (&pair);
  if (transport->events.pair_changed != NULL)
    transport->events.pair_changed (transport, transport->pair, transport->user_data);
}

static void
deliver_state (LaneTransport *transport)
{
  transport->state = transport->agent_state;
  if (transport->events.state_changed != NULL)
    transport->events.state_changed (transport, transport->state, transport->user_data);
}

static void
deliver_gathering_done (LaneTransport *transport)
{
  transport->gathering_reported = TRUE;
  stop_source (&transport->deadline);
  lane_server_plan_release (transport->servers);
  lane_gather_report_end (transport->gathering, g_get_monotonic_time (),
                          lane_check_log_get_stun_answered_us (transport->checks));
  if (transport->events.gathering_done != NULL)
    transport->events.gathering_done (transport, transport->user_data);
}

/* One event at a time, since any of them may be the last: its callback may free us. The pair comes
 * before the state, so whoever hears CONNECTED can ask for it. */
static gboolean
deliver_next (LaneTransport *transport)
{
  if (transport->freed)
    return FALSE;
  if (transport->pair_dirty)
    deliver_pair (transport);
  else if (transport->state != transport->agent_state)
    deliver_state (transport);
  else if (transport->agent_done && !transport->gathering_reported)
    deliver_gathering_done (transport);
  else
    return FALSE;
  return TRUE;
}

static void
deliver (LaneTransport *transport)
{
  g_autoptr (LaneTransport) held = transport_ref (transport);

  transport->delivering = TRUE;
  if (!transport->freed)
    deliver_steps (held); /* what led to the rest, before it */
  while (deliver_next (held))
    ;
  held->delivering = FALSE;
}

static gboolean
has_news (const LaneTransport *transport)
{
  return transport->pair_dirty || transport->state != transport->agent_state
         || (transport->agent_done && !transport->gathering_reported);
}

static gboolean
on_delivery (gpointer user_data)
{
  LaneTransport *transport = user_data;

  stop_source (&transport->delivery);
  if (!transport->delivering)
    deliver (transport);
  return G_SOURCE_REMOVE;
}

/* Signals come from libnice's own sources, then they go out at once, or from within our calls,
 * then after the caller has returned. */
static void
announce (LaneTransport *transport)
{
  if (transport->freed || transport->delivering || !has_news (transport))
    return;
  if (transport->depth == 0)
    deliver (transport);
  else if (transport->delivery == NULL)
    transport->delivery = attach (transport, g_idle_source_new (), G_PRIORITY_HIGH, on_delivery);
}

/* Some asynchronous operations inside libnice use the thread's default context. */
static void
enter (LaneTransport *transport)
{
  transport_ref (transport);
  transport->depth++;
  g_main_context_push_thread_default (transport->context);
}

static void
leave (LaneTransport *transport)
{
  g_main_context_pop_thread_default (transport->context);
  transport->depth--;
  transport_unref (transport);
}

/* Gathering */

static void
tell_server (LaneTransport *transport, const LaneGatherServer *server)
{
  if (server == NULL || transport->events.server == NULL)
    return;
  for (guint i = 0; i < lane_gather_report_get_n_servers (transport->gathering); i++)
    if (lane_gather_report_get_server (transport->gathering, i) == server)
      transport->events.server (transport, i, transport->user_data);
}

static void
note_question (LaneTransport *transport, const LaneIceServer *server)
{
  tell_server (transport,
               lane_gather_report_ask (transport->gathering, server, g_get_monotonic_time ()));
}

static void
on_new_candidate (NiceAgent *agent, NiceCandidate *candidate, gpointer user_data)
{
  LaneTransport *transport = user_data;
  const LaneIceServer *server;
  LaneCandidate local;

  /* Peers learn prflx candidates from our checks (RFC 8445 section 7.3.1.3), not from signalling.
   */
  if (candidate->transport != NICE_CANDIDATE_TRANSPORT_UDP
      || candidate->type == NICE_CANDIDATE_TYPE_PEER_REFLEXIVE)
    return;
  if (transport->policy == LANE_POLICY_RELAY_ONLY && candidate->type != NICE_CANDIDATE_TYPE_RELAYED)
    return;

  candidate_from_nice (&local, candidate);
  server = lane_server_plan_find (transport->servers, candidate);
  if (server != NULL && server->name != NULL)
    remember_useful (transport, server->name);
  if (server != NULL)
    tell_server (transport, lane_gather_report_answer (transport->gathering, server, &local,
                                                       g_get_monotonic_time ()));
  if (transport->events.local_candidate != NULL)
    transport->events.local_candidate (transport, &local, server != NULL ? server->name : NULL,
                                       transport->user_data);
}

/* Comes early when only the STUN server is asked yet, and again after the relays. */
static void
on_gathering_done (NiceAgent *agent, guint stream, gpointer user_data)
{
  LaneTransport *transport = user_data;

  transport->reflexive_done = TRUE;
  if (!transport->relays_added)
    return;
  transport->agent_done = TRUE;
  announce (transport);
}

static void
on_state_changed (NiceAgent *agent, guint stream, guint component, guint state, gpointer user_data)
{
  static const LaneTransportState states[] = {
    [NICE_COMPONENT_STATE_DISCONNECTED] = LANE_TRANSPORT_GATHERING,
    [NICE_COMPONENT_STATE_GATHERING] = LANE_TRANSPORT_GATHERING,
    [NICE_COMPONENT_STATE_CONNECTING] = LANE_TRANSPORT_CHECKING,
    [NICE_COMPONENT_STATE_CONNECTED] = LANE_TRANSPORT_CONNECTED,
    [NICE_COMPONENT_STATE_READY] = LANE_TRANSPORT_CONNECTED,
    [NICE_COMPONENT_STATE_FAILED] = LANE_TRANSPORT_FAILED,
  };
  LaneTransport *transport = user_data;

  g_return_if_fail (state < G_N_ELEMENTS (states));
  transport->agent_state = states[state];
  announce (transport);
}

static void
on_selected_pair (NiceAgent *agent, guint stream, guint component, NiceCandidate *local,
                  NiceCandidate *remote, gpointer user_data)
{
  LaneTransport *transport = user_data;

  transport->pair_dirty = TRUE;
  announce (transport);
}

static void
on_received (NiceAgent *agent, guint stream, guint component, guint length, char *data,
             gpointer user_data)
{
  g_autoptr (LaneTransport) transport = transport_ref (user_data);

  if (!transport->freed && transport->events.received != NULL)
    transport->events.received (transport, (const guint8 *)data, length, transport->user_data);
}

static gboolean
on_deadline (gpointer user_data)
{
  LaneTransport *transport = user_data;

  stop_source (&transport->deadline);
  if (!transport->remote_known && !transport->relays_added)
    return G_SOURCE_REMOVE; /* begin_relays() sets another */
  transport->agent_done = TRUE;
  announce (transport);
  return G_SOURCE_REMOVE;
}

static void
add_relays (LaneTransport *transport)
{
  guint n_relays = lane_server_plan_get_n_relays (transport->servers);

  transport->relays_added = TRUE;
  if (transport->paths == LANE_PATHS_DIRECT) {
    transport->agent_done |= transport->reflexive_done;
    return;
  }
  for (guint i = 0; i < n_relays; i++) {
    const LaneIceServer *server = lane_server_plan_get_relay (transport->servers, i);

    note_question (transport, server);
    nice_agent_set_relay_info (transport->agent, transport->stream, COMPONENT, server->address,
                               server->port, server->username, server->password,
                               server->protocol == LANE_PROTOCOL_UDP ? NICE_RELAY_TYPE_TURN_UDP
                                                                     : NICE_RELAY_TYPE_TURN_TCP);
    if (transport->freed)
      return;
  }
}

static gboolean
on_relays_due (gpointer user_data)
{
  LaneTransport *transport = user_data;

  stop_source (&transport->relay_idle);
  stop_source (&transport->relay_timeout);
  enter (transport);
  add_relays (transport);
  announce (transport);
  leave (transport);
  return G_SOURCE_REMOVE;
}

/* libnice 0.1.21 sends its STUN query without the cookie; an Allocate sent earlier from the same
 * socket takes the answer for its own, and there is no srflx at all. A low-priority idle comes
 * after the query; the timeout is for a loop so busy that idle sources starve. */
static void
schedule_relays (LaneTransport *transport)
{
  transport->relay_idle = attach (transport, g_idle_source_new (), G_PRIORITY_LOW, on_relays_due);
  transport->relay_timeout =
      attach (transport, g_timeout_source_new (RELAY_DELAY_MS), G_PRIORITY_DEFAULT, on_relays_due);
}

/* Relays wait for the peer's credentials. libnice answers checks that come before these, but pairs
 * a new relay with whoever sent them, checks without a password, and so loses the pair for good:
 * the link would end on a relay where a direct path exists. */
static void
begin_relays (LaneTransport *transport)
{
  stop_source (&transport->deadline);
  transport->deadline = attach (transport, g_timeout_source_new (GATHER_DEADLINE_MS),
                                G_PRIORITY_DEFAULT, on_deadline);
  if (lane_server_plan_get_stun (transport->servers) != NULL)
    schedule_relays (transport);
  else
    add_relays (transport);
}

/* libnice takes the place of an address among all of the host's as its preference and aborts when
 * that does not fit: such an address must never reach it. It looks again for each candidate, and
 * addresses that the host gets meanwhile move the others: hence the margin. */
static gboolean
preference_fits (const char *address)
{
  GList *all = nice_interfaces_get_local_ips (TRUE);
  guint place = 0;

  for (GList *item = all; item != NULL; item = item->next, place++) {
    g_auto (GStrv) parts = g_strsplit (item->data, "%", 2);

    if (strcmp (parts[0], address) == 0)
      break;
  }
  g_list_free_full (all, g_free);
  return place + ADDRESS_MARGIN < NICE_CANDIDATE_MAX_LOCAL_ADDRESSES;
}

static guint
add_local_addresses (LaneTransport *transport, const char *const *addresses)
{
  guint n_added = 0;

  for (guint i = 0; addresses != NULL && addresses[i] != NULL; i++) {
    char canonical[LANE_ADDRESS_MAX];
    NiceAddress address;

    nice_address_init (&address);
    if (!nice_address_set_from_string (&address, addresses[i]))
      continue;
    nice_address_to_string (&address, canonical);
    if (preference_fits (canonical) && nice_agent_add_local_address (transport->agent, &address))
      n_added++;
  }
  return n_added;
}

static NiceAgent *
create_agent (LaneTransport *transport, gboolean controlling)
{
  const LaneIceServer *stun = lane_server_plan_get_stun (transport->servers);
  NiceAgent *agent = nice_agent_new_full (transport->context, NICE_COMPATIBILITY_RFC5245,
                                          NICE_AGENT_OPTION_ICE_TRICKLE);

  g_object_set (agent, "controlling-mode", controlling, "stun-pacing-timer", 5u,
                "stun-initial-timeout", 300u, "stun-max-retransmissions", 3u, "idle-timeout", 2000u,
                "upnp", FALSE, "ice-tcp", FALSE, "keepalive-conncheck", TRUE, "force-relay",
                transport->policy == LANE_POLICY_RELAY_ONLY, NULL);
  if (stun != NULL)
    g_object_set (agent, "stun-server", stun->address, "stun-server-port", (guint)stun->port, NULL);
  g_signal_connect (agent, "new-candidate-full", G_CALLBACK (on_new_candidate), transport);
  g_signal_connect (agent, "candidate-gathering-done", G_CALLBACK (on_gathering_done), transport);
  g_signal_connect (agent, "component-state-changed", G_CALLBACK (on_state_changed), transport);
  g_signal_connect (agent, "new-selected-pair-full", G_CALLBACK (on_selected_pair), transport);
  return agent;
}

static gboolean
add_stream (LaneTransport *transport, const LaneTransportOptions *options, GError **error)
{
  transport->stream = nice_agent_add_stream (transport->agent, 1);
  if (transport->stream == 0
      || !nice_agent_get_local_credentials (transport->agent, transport->stream, &transport->ufrag,
                                            &transport->password)
      || !nice_agent_attach_recv (transport->agent, transport->stream, COMPONENT,
                                  transport->context, on_received, transport)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "libnice cannot make a stream");
    return FALSE;
  }
  if (options->port_low != 0)
    nice_agent_set_port_range (transport->agent, transport->stream, COMPONENT, options->port_low,
                               options->port_high);
  return TRUE;
}

LaneTransport *
lane_transport_new (GMainContext *context, const LaneTransportOptions *options,
                    const LaneTransportEvents *events, gpointer user_data, GError **error)
{
  const char *const none[] = { NULL };
  const char *const *addresses = options->addresses != NULL ? options->addresses : none;
  g_autoptr (LaneTransport) transport = g_new0 (LaneTransport, 1);

  transport->ref_count = 1;
  transport->context = g_main_context_ref (context != NULL ? context : g_main_context_default ());
  transport->events = *events;
  transport->user_data = user_data;
  transport->generation = options->generation;
  transport->policy = options->policy;
  transport->paths =
      options->policy == LANE_POLICY_DIRECT_ONLY ? LANE_PATHS_DIRECT : LANE_PATHS_ANY;
  transport->servers = lane_server_plan_new (options->servers, addresses, options->policy);
  transport->useful = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (transport->useful, NULL);
  transport->remotes = g_array_new (FALSE, FALSE, sizeof (LaneCandidate));
  transport->gathering = lane_gather_report_new ();
  transport->steps = g_array_new (FALSE, FALSE, sizeof (Step));
  transport->checks = lane_check_log_new (on_step, transport);
  transport->agent = create_agent (transport, options->controlling);

  if (add_local_addresses (transport, addresses) == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE,
                 "no local address can be used for ICE");
    return NULL;
  }
  if (!add_stream (transport, options, error))
    return NULL;
  return g_steal_pointer (&transport);
}

static void
give_remote_candidates (LaneTransport *transport, guint first)
{
  GSList *candidates = NULL;

  for (guint i = transport->remotes->len; i > first; i--) {
    NiceCandidate *candidate =
        candidate_to_nice (transport, &g_array_index (transport->remotes, LaneCandidate, i - 1));

    if (candidate != NULL)
      candidates = g_slist_prepend (candidates, candidate);
  }
  if (candidates != NULL)
    nice_agent_set_remote_candidates (transport->agent, transport->stream, COMPONENT, candidates);
  g_slist_free_full (candidates, (GDestroyNotify)nice_candidate_free);

  /* A prflx may have become what the peer says it is. */
  if (transport->pair != NULL)
    transport->pair_dirty = TRUE;
}

/* libnice never retries pairs checked without credentials, and with candidates known before
 * gathering relay-only would check from host addresses. */
static void
give_remote (LaneTransport *transport)
{
  if (!transport->started || transport->remote_known || transport->remote_ufrag == NULL)
    return;

  transport->remote_known = TRUE;
  nice_agent_set_remote_credentials (transport->agent, transport->stream, transport->remote_ufrag,
                                     transport->remote_password);
  if (!transport->freed)
    give_remote_candidates (transport, 0);
  if (!transport->freed && !transport->relays_added)
    begin_relays (transport);
}

gboolean
lane_transport_start (LaneTransport *transport, GError **error)
{
  gboolean gathers;

  g_return_val_if_fail (!transport->started, FALSE);

  transport->started_us = g_get_monotonic_time ();
  transport->relays_added = lane_server_plan_get_n_relays (transport->servers) == 0;
  lane_check_tap_add (transport->agent, transport->checks);
  if (lane_server_plan_get_stun (transport->servers) != NULL)
    note_question (transport, lane_server_plan_get_stun (transport->servers));
  enter (transport);
  gathers = nice_agent_gather_candidates (transport->agent, transport->stream);
  if (gathers && !transport->freed) {
    transport->started = TRUE;
    transport->deadline = attach (transport, g_timeout_source_new (GATHER_DEADLINE_MS),
                                  G_PRIORITY_DEFAULT, on_deadline);
    give_remote (transport);
    announce (transport);
  }
  leave (transport);
  if (!gathers)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE,
                 "no UDP port can be opened on any of the local addresses");
  return gathers;
}

void
lane_transport_set_remote (LaneTransport *transport, const char *ufrag, const char *password)
{
  g_return_if_fail (ufrag != NULL && password != NULL);

  /* Another pair of credentials would be another generation. */
  if (transport->remote_ufrag != NULL)
    return;
  transport->remote_ufrag = g_strdup (ufrag);
  transport->remote_password = g_strdup (password);
  enter (transport);
  give_remote (transport);
  announce (transport);
  leave (transport);
}

static gboolean
knows_remote (LaneTransport *transport, const LaneCandidate *candidate)
{
  for (guint i = 0; i < transport->remotes->len; i++) {
    if (lane_candidate_equal (&g_array_index (transport->remotes, LaneCandidate, i), candidate))
      return TRUE;
  }
  return FALSE;
}

void
lane_transport_set_paths (LaneTransport *transport, LanePaths paths)
{
  transport->paths = paths;
}

/* A pair of our own relay is relayed, whatever is at its other end. */
gboolean
lane_transport_forbids (const LaneTransport *transport, LaneCandidateType remote)
{
  switch (transport->paths) {
  case LANE_PATHS_ANY:
    return FALSE;
  case LANE_PATHS_DIRECT:
    return remote == LANE_CANDIDATE_RELAY;
  case LANE_PATHS_RELAY:
    return remote != LANE_CANDIDATE_RELAY && transport->policy != LANE_POLICY_RELAY_ONLY;
  case LANE_PATHS_NONE:
    return TRUE;
  }
  g_return_val_if_reached (TRUE);
}

gboolean
lane_transport_add_remote_candidate (LaneTransport *transport, const LaneCandidate *candidate)
{
  if (candidate->type == LANE_CANDIDATE_PRFLX
      || lane_transport_forbids (transport, candidate->type))
    return FALSE;
  if (knows_remote (transport, candidate))
    return TRUE;
  if (transport->remotes->len >= MAX_REMOTE_CANDIDATES)
    return FALSE;

  g_array_append_val (transport->remotes, *candidate);
  if (!transport->remote_known)
    return TRUE;
  enter (transport);
  give_remote_candidates (transport, transport->remotes->len - 1);
  announce (transport);
  leave (transport);
  return TRUE;
}

void
lane_transport_remote_candidates_done (LaneTransport *transport)
{
  nice_agent_peer_candidate_gathering_done (transport->agent, transport->stream);
}

gboolean
lane_transport_send (LaneTransport *transport, const guint8 *data, gsize length)
{
  gboolean sent;

  if (transport->freed || length == 0 || length > G_MAXUINT16)
    return FALSE;
  transport_ref (transport);
  transport->depth++;
  sent = nice_agent_send (transport->agent, transport->stream, COMPONENT, (guint)length,
                          (const char *)data)
         == (int)length;
  transport->depth--;
  transport_unref (transport);
  return sent;
}

static void
report_closed (Closing *closing)
{
  GDestroyNotify done = g_steal_pointer (&closing->done);

  stop_source (&closing->deadline);
  if (done != NULL)
    done (closing->done_data);
}

static gboolean
on_close_deadline (gpointer user_data)
{
  report_closed (user_data);
  return G_SOURCE_REMOVE;
}

static void
on_closed (GObject *agent, GAsyncResult *result, gpointer user_data)
{
  Closing *closing = user_data;
  LaneTransport *transport = closing->transport;

  nice_agent_attach_recv (transport->agent, transport->stream, COMPONENT, transport->context, NULL,
                          NULL);
  report_closed (closing);
  transport_unref (transport);
  g_free (closing);
}

void
lane_transport_free (LaneTransport *transport, GDestroyNotify done, gpointer done_data)
{
  Closing *closing;

  g_return_if_fail (transport != NULL && !transport->freed);

  transport->freed = TRUE;
  g_signal_handlers_disconnect_by_data (transport->agent, transport);
  lane_check_tap_remove (transport->agent);
  stop_source (&transport->stepping);
  stop_source (&transport->relay_idle);
  stop_source (&transport->relay_timeout);
  stop_source (&transport->deadline);
  stop_source (&transport->delivery);

  /* Our reference keeps the agent, and the receive callback through which TURN's answers to the
   * deallocation pass, until it is closed. */
  closing = g_new0 (Closing, 1);
  closing->transport = transport;
  closing->done = done;
  closing->done_data = done_data;
  closing->deadline = g_timeout_source_new (CLOSE_DEADLINE_MS);
  g_source_set_callback (closing->deadline, on_close_deadline, closing, NULL);
  g_source_attach (closing->deadline, transport->context);
  g_main_context_push_thread_default (transport->context);
  nice_agent_close_async (transport->agent, on_closed, closing);
  g_main_context_pop_thread_default (transport->context);
}

const char *
lane_transport_get_ufrag (const LaneTransport *transport)
{
  return transport->ufrag;
}

const char *
lane_transport_get_password (const LaneTransport *transport)
{
  return transport->password;
}

guint
lane_transport_get_generation (const LaneTransport *transport)
{
  return transport->generation;
}

LaneTransportState
lane_transport_get_state (const LaneTransport *transport)
{
  return transport->state;
}

const LaneTransportPair *
lane_transport_get_pair (const LaneTransport *transport)
{
  return transport->pair;
}

gint64
lane_transport_get_started_us (const LaneTransport *transport)
{
  return transport->started_us;
}

LaneGatherReport *
lane_transport_get_gather_report (const LaneTransport *transport)
{
  return transport->gathering;
}

const LaneCheckLog *
lane_transport_get_checks (const LaneTransport *transport)
{
  return transport->checks;
}

const char *const *
lane_transport_get_useful_servers (LaneTransport *transport)
{
  return (const char *const *)transport->useful->pdata;
}

const char *
lane_transport_state_to_string (LaneTransportState state)
{
  switch (state) {
  case LANE_TRANSPORT_GATHERING:
    return "gathering";
  case LANE_TRANSPORT_CHECKING:
    return "checking";
  case LANE_TRANSPORT_CONNECTED:
    return "connected";
  case LANE_TRANSPORT_FAILED:
    return "failed";
  default:
    g_return_val_if_reached ("unknown");
  }
}
