#include "ice/server-plan.h"

#include <string.h>

/* The layout of libnice's priorities: type preference in the top byte, then 16 bits of local
 * preference whose bits 6-8 are the number of the relay. */
#define RELAY_UDP_TYPE_PREFERENCE 30

struct _LaneServerPlan {
  LaneIceServer *stun;
  GPtrArray *relays; /* of LaneIceServer */
};

LaneIceServer *
lane_ice_server_copy (const LaneIceServer *server)
{
  LaneIceServer *copy = g_new0 (LaneIceServer, 1);

  *copy = *server;
  copy->name = g_strdup (server->name);
  copy->address = g_strdup (server->address);
  copy->username = g_strdup (server->username);
  copy->password = g_strdup (server->password);
  if (server->lease != NULL)
    g_object_ref (server->lease);
  return copy;
}

void
lane_ice_server_free (LaneIceServer *server)
{
  if (server == NULL)
    return;

  if (server->password != NULL)
    explicit_bzero (server->password, strlen (server->password));
  g_clear_object (&server->lease);
  g_free (server->name);
  g_free (server->address);
  g_free (server->username);
  g_free (server->password);
  g_free (server);
}

/* Spellings of one address compare equal; FALSE also for what is no IP literal. */
static gboolean
same_endpoint (const LaneIceServer *a, const LaneIceServer *b)
{
  NiceAddress left, right;

  nice_address_init (&left);
  nice_address_init (&right);
  return a->port == b->port && a->protocol == b->protocol
         && nice_address_set_from_string (&left, a->address)
         && nice_address_set_from_string (&right, b->address)
         && nice_address_equal_no_port (&left, &right);
}

static int
family_of (const char *address)
{
  NiceAddress parsed;

  nice_address_init (&parsed);
  if (address == NULL || !nice_address_set_from_string (&parsed, address))
    return 0;
  return nice_address_ip_version (&parsed);
}

static gboolean
is_reachable (const LaneIceServer *server, const char *const *addresses)
{
  int family = family_of (server->address);

  if (family == 0 || server->port == 0)
    return FALSE;
  for (guint i = 0; addresses[i] != NULL; i++) {
    if (family_of (addresses[i]) == family)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_listed (const GPtrArray *relays, const LaneIceServer *server)
{
  for (guint i = 0; i < relays->len; i++) {
    if (same_endpoint (g_ptr_array_index (relays, i), server))
      return TRUE;
  }
  return FALSE;
}

static void
add_relays (LaneServerPlan *plan, const GPtrArray *chosen, LaneProtocol protocol)
{
  for (guint i = chosen->len; i > 0; i--) {
    const LaneIceServer *server = g_ptr_array_index (chosen, i - 1);

    if (server->protocol == protocol)
      g_ptr_array_add (plan->relays, lane_ice_server_copy (server));
  }
}

LaneServerPlan *
lane_server_plan_new (const GPtrArray *servers, const char *const *addresses, LanePolicy policy)
{
  LaneServerPlan *plan = g_new0 (LaneServerPlan, 1);
  g_autoptr (GPtrArray) chosen = g_ptr_array_new ();

  plan->relays = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_ice_server_free);
  for (guint i = 0; servers != NULL && i < servers->len; i++) {
    LaneIceServer *server = g_ptr_array_index (servers, i);

    if (!is_reachable (server, addresses))
      continue;
    if (!server->turn) {
      if (plan->stun == NULL && server->protocol == LANE_PROTOCOL_UDP
          && policy != LANE_POLICY_RELAY_ONLY)
        plan->stun = lane_ice_server_copy (server);
    } else if (policy != LANE_POLICY_DIRECT_ONLY && server->username != NULL
               && server->password != NULL && chosen->len < NICE_CANDIDATE_MAX_TURN_SERVERS
               && !is_listed (chosen, server)) {
      g_ptr_array_add (chosen, server);
    }
  }
  add_relays (plan, chosen, LANE_PROTOCOL_UDP);
  add_relays (plan, chosen, LANE_PROTOCOL_TCP);
  add_relays (plan, chosen, LANE_PROTOCOL_TLS);
  return plan;
}

void
lane_server_plan_free (LaneServerPlan *plan)
{
  if (plan == NULL)
    return;

  lane_ice_server_free (plan->stun);
  g_ptr_array_unref (plan->relays);
  g_free (plan);
}

void
lane_server_plan_release (LaneServerPlan *plan)
{
  for (guint i = 0; i < plan->relays->len; i++)
    g_clear_object (&((LaneIceServer *)g_ptr_array_index (plan->relays, i))->lease);
}

const LaneIceServer *
lane_server_plan_get_stun (const LaneServerPlan *plan)
{
  return plan->stun;
}

guint
lane_server_plan_get_n_relays (const LaneServerPlan *plan)
{
  return plan->relays->len;
}

const LaneIceServer *
lane_server_plan_get_relay (const LaneServerPlan *plan, guint index)
{
  g_return_val_if_fail (index < plan->relays->len, NULL);

  return g_ptr_array_index (plan->relays, index);
}

static const LaneIceServer *
find_by_priority (const LaneServerPlan *plan, guint32 priority)
{
  guint index = ((priority >> 8) >> 6) & 7;
  gboolean udp = (priority >> 24) == RELAY_UDP_TYPE_PREFERENCE;
  const LaneIceServer *server;

  if (index >= plan->relays->len)
    return NULL;
  server = g_ptr_array_index (plan->relays, index);
  return (server->protocol == LANE_PROTOCOL_UDP) == udp ? server : NULL;
}

/* A srflx learned from an Allocate response: @relayed is the relayed address, which tells the
 * server when that relays on the address it listens on, or when there is no other. */
static const LaneIceServer *
find_by_relayed_address (const LaneServerPlan *plan, const NiceAddress *relayed)
{
  const LaneIceServer *only = NULL;
  guint n_udp = 0;

  for (guint i = 0; i < plan->relays->len; i++) {
    const LaneIceServer *server = g_ptr_array_index (plan->relays, i);
    NiceAddress address;

    if (server->protocol != LANE_PROTOCOL_UDP)
      continue;
    nice_address_init (&address);
    if (nice_address_set_from_string (&address, server->address)
        && nice_address_equal_no_port (&address, relayed))
      return server;
    only = server;
    n_udp++;
  }
  return n_udp == 1 ? only : NULL;
}

static const LaneIceServer *
find_reflexive (const LaneServerPlan *plan, const NiceCandidate *candidate)
{
  NiceAddress source, stun;

  nice_address_init (&source);
  nice_address_init (&stun);
  if (!nice_candidate_stun_server_address (candidate, &source) || !nice_address_is_valid (&source))
    return NULL;
  if (plan->stun != NULL && nice_address_set_from_string (&stun, plan->stun->address)) {
    nice_address_set_port (&stun, plan->stun->port);
    if (nice_address_equal (&stun, &source))
      return plan->stun;
  }
  return find_by_relayed_address (plan, &source);
}

const LaneIceServer *
lane_server_plan_find (const LaneServerPlan *plan, const NiceCandidate *candidate)
{
  switch (candidate->type) {
  case NICE_CANDIDATE_TYPE_RELAYED:
    return find_by_priority (plan, candidate->priority);
  case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
    return find_reflexive (plan, candidate);
  case NICE_CANDIDATE_TYPE_HOST:
  case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
  default:
    return NULL;
  }
}
