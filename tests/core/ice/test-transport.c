#include "ice/transport.h"

#include <string.h>

#include "suite.h"

#define DEADLINE_US (5 * G_USEC_PER_SEC)

typedef enum { NOTHING, LOCAL_CANDIDATE, GATHERING_DONE, STATE, PAIR, RECEIVED } Callback;

/* One end; what it hears, and where its candidates go. */
typedef struct _Side Side;
struct _Side {
  LaneTransport *transport;
  Side *other; /* NULL: its candidates go nowhere */
  Callback free_in;
  guint n_candidates, n_done, n_pairs, n_received;
  gboolean host_seen;
  char *srflx_server;
  LaneTransportState state;
  GByteArray *input;
  guint n_closed;
};

static GMainContext *context;

static void
setup (void)
{
  context = g_main_context_new ();
}

static void
teardown (void)
{
  g_main_context_unref (context);
}

static void
on_closed (gpointer data)
{
  Side *side = data;

  side->n_closed++;
}

static void
free_if (Side *side, Callback callback)
{
  if (side->free_in != callback)
    return;
  lane_transport_free (g_steal_pointer (&side->transport), on_closed, side);
  side->free_in = NOTHING;
}

static void
on_local_candidate (LaneTransport *transport, const LaneCandidate *candidate, const char *server,
                    gpointer user_data)
{
  Side *side = user_data;

  side->n_candidates++;
  side->host_seen |= candidate->type == LANE_CANDIDATE_HOST;
  if (candidate->type == LANE_CANDIDATE_SRFLX) {
    g_free (side->srflx_server);
    side->srflx_server = g_strdup (server);
    ck_assert_str_eq (candidate->address, "192.0.2.7");
    ck_assert_str_eq (candidate->related_address, "127.0.0.1");
  }
  if (side->other != NULL && side->other->transport != NULL)
    lane_transport_add_remote_candidate (side->other->transport, candidate);
  free_if (side, LOCAL_CANDIDATE);
}

static void
on_gathering_done (LaneTransport *transport, gpointer user_data)
{
  Side *side = user_data;

  side->n_done++;
  free_if (side, GATHERING_DONE);
}

static void
on_state (LaneTransport *transport, LaneTransportState state, gpointer user_data)
{
  Side *side = user_data;

  ck_assert_int_ne (side->state, state);
  if (state == LANE_TRANSPORT_CONNECTED)
    ck_assert_ptr_nonnull (lane_transport_get_pair (transport));
  side->state = state;
  free_if (side, STATE);
}

static void
on_pair (LaneTransport *transport, const LaneTransportPair *pair, gpointer user_data)
{
  Side *side = user_data;

  side->n_pairs++;
  free_if (side, PAIR);
}

static void
on_received (LaneTransport *transport, const guint8 *data, gsize length, gpointer user_data)
{
  Side *side = user_data;

  side->n_received++;
  g_byte_array_append (side->input, data, (guint)length);
  free_if (side, RECEIVED);
}

static const LaneTransportEvents events = {
  .local_candidate = on_local_candidate,
  .gathering_done = on_gathering_done,
  .state_changed = on_state,
  .pair_changed = on_pair,
  .received = on_received,
};

static void
side_open (Side *side, const LaneTransportOptions *options)
{
  g_autoptr (GError) error = NULL;

  *side = (Side){ .input = g_byte_array_new () };
  side->transport = lane_transport_new (context, options, &events, side, &error);
  ck_assert_msg (side->transport != NULL, "%s", error != NULL ? error->message : "no error");
}

/* Iterates until @counter is not 0 or the deadline has passed. */
static gboolean
wait_for (const guint *counter, gint64 timeout_us)
{
  gint64 end_us = g_get_monotonic_time () + timeout_us;

  while (*counter == 0 && g_get_monotonic_time () < end_us) {
    g_main_context_iteration (context, FALSE);
    g_usleep (100);
  }
  return *counter != 0;
}

static void
side_close (Side *side)
{
  if (side->transport != NULL)
    lane_transport_free (g_steal_pointer (&side->transport), on_closed, side);
  ck_assert (wait_for (&side->n_closed, DEADLINE_US));
  ck_assert_uint_eq (side->n_closed, 1);
  g_byte_array_unref (side->input);
  g_free (side->srflx_server);
}

static void
exchange_credentials (Side *a, Side *b)
{
  lane_transport_set_remote (b->transport, lane_transport_get_ufrag (a->transport),
                             lane_transport_get_password (a->transport));
  lane_transport_set_remote (a->transport, lane_transport_get_ufrag (b->transport),
                             lane_transport_get_password (b->transport));
}

static void
open_two (Side *a, Side *b, const char *address, guint generation)
{
  const char *addresses[] = { address, NULL };
  LaneTransportOptions options = { .generation = generation,
                                   .controlling = TRUE,
                                   .addresses = addresses };

  side_open (a, &options);
  options.controlling = FALSE;
  side_open (b, &options);
  a->other = b;
  b->other = a;
}

static void
start (Side *side)
{
  g_autoptr (GError) error = NULL;

  ck_assert_msg (lane_transport_start (side->transport, &error), "%s",
                 error != NULL ? error->message : "no error");
}

static gboolean
both_connected (Side *a, Side *b)
{
  gint64 end_us = g_get_monotonic_time () + DEADLINE_US;

  while (a->state != LANE_TRANSPORT_CONNECTED || b->state != LANE_TRANSPORT_CONNECTED) {
    if (g_get_monotonic_time () > end_us)
      return FALSE;
    g_main_context_iteration (context, FALSE);
    g_usleep (100);
  }
  return TRUE;
}

static void
assert_carries (Side *from, Side *to, const char *text)
{
  g_byte_array_set_size (to->input, 0);
  to->n_received = 0;
  ck_assert (lane_transport_send (from->transport, (const guint8 *)text, strlen (text)));
  ck_assert (wait_for (&to->n_received, DEADLINE_US));
  ck_assert_uint_eq (to->input->len, strlen (text));
  ck_assert_mem_eq (to->input->data, text, strlen (text));
}

static const char *const loopbacks[] = { "127.0.0.1", "::1" };

START_TEST (connects_with_trickle_and_carries_data)
{
  const char *address = loopbacks[_i];
  gint64 started_us = g_get_monotonic_time ();
  const LaneTransportPair *pair;
  Side a, b;

  open_two (&a, &b, address, 1);
  ck_assert (!lane_transport_send (a.transport, (const guint8 *)"x", 1));
  start (&a);
  start (&b);
  exchange_credentials (&a, &b);
  ck_assert (both_connected (&a, &b));
  g_print ("%s: connected after %.1f ms\n", address,
           (double)(g_get_monotonic_time () - started_us) / 1000);
  pair = lane_transport_get_pair (a.transport);
  ck_assert_str_eq (pair->local.address, address);
  ck_assert_str_eq (pair->remote.address, address);
  ck_assert_uint_eq (pair->remote.port, lane_transport_get_pair (b.transport)->local.port);
  ck_assert_ptr_null (pair->server);
  ck_assert_int_eq (lane_transport_get_state (a.transport), LANE_TRANSPORT_CONNECTED);
  ck_assert_int_ge (lane_transport_get_started_us (a.transport), started_us);
  assert_carries (&a, &b, "from a to b");
  assert_carries (&b, &a, "from b to a");
  ck_assert_uint_eq (a.n_done, 1);
  ck_assert_ptr_null (lane_transport_get_useful_servers (a.transport)[0]);
  side_close (&a);
  side_close (&b);
}
END_TEST

static void
iterate_for (gint64 duration_us)
{
  guint never = 0;

  wait_for (&never, duration_us);
}

/* A slow carrier: one side has checked for seconds before the other hears of it. */
START_TEST (a_late_answer_still_connects)
{
  Side a, b;
  Side *early = _i == 0 ? &a : &b, *late = _i == 0 ? &b : &a;

  open_two (&a, &b, "127.0.0.1", 1);
  start (&a);
  start (&b);
  lane_transport_set_remote (early->transport, lane_transport_get_ufrag (late->transport),
                             lane_transport_get_password (late->transport));
  iterate_for (2500 * 1000);
  lane_transport_set_remote (late->transport, lane_transport_get_ufrag (early->transport),
                             lane_transport_get_password (early->transport));
  ck_assert (both_connected (&a, &b));
  assert_carries (&a, &b, "from a to b");
  assert_carries (&b, &a, "from b to a");
  side_close (&a);
  side_close (&b);
}
END_TEST

/* Everything about b reaches a before a has started. */
START_TEST (the_remote_side_may_be_known_before_start)
{
  Side a, b;

  open_two (&a, &b, "127.0.0.1", 1);
  start (&b);
  ck_assert_uint_ge (b.n_candidates, 1);
  lane_transport_set_remote (a.transport, lane_transport_get_ufrag (b.transport),
                             lane_transport_get_password (b.transport));
  start (&a);
  iterate_for (G_USEC_PER_SEC / 50);
  lane_transport_set_remote (b.transport, lane_transport_get_ufrag (a.transport),
                             lane_transport_get_password (a.transport));
  ck_assert (both_connected (&a, &b));
  assert_carries (&a, &b, "hello");
  side_close (&a);
  side_close (&b);
}
END_TEST

/* libnice would check such pairs without a password, and never again. */
START_TEST (candidates_wait_for_credentials)
{
  Side a, b;

  open_two (&a, &b, "127.0.0.1", 1);
  start (&a);
  start (&b);
  iterate_for (G_USEC_PER_SEC / 20);
  ck_assert_int_eq (a.state, LANE_TRANSPORT_GATHERING);
  exchange_credentials (&a, &b);
  ck_assert (both_connected (&a, &b));
  assert_carries (&a, &b, "hello");
  side_close (&a);
  side_close (&b);
}
END_TEST

static GSocket *
open_silent_socket (guint16 *port)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  GSocket *silent =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);

  ck_assert (g_socket_bind (silent, any, FALSE, NULL));
  g_socket_set_blocking (silent, FALSE);
  bound = g_socket_get_local_address (silent, NULL);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return silent;
}

static gboolean
hears_within (GSocket *witness, gint64 timeout_us)
{
  gint64 end_us = g_get_monotonic_time () + timeout_us;

  while (g_get_monotonic_time () < end_us) {
    if (g_socket_condition_check (witness, G_IO_IN) != 0)
      return TRUE;
    g_main_context_iteration (context, FALSE);
    g_usleep (100);
  }
  return FALSE;
}

/* The worst order for libnice: the remote side is known before gathering. */
static gboolean
sends_to_a_known_peer (LanePolicy policy, gboolean *host_seen)
{
  const char *addresses[] = { "127.0.0.1", NULL };
  const LaneTransportOptions options = { .controlling = TRUE,
                                         .policy = policy,
                                         .addresses = addresses };
  LaneCandidate candidate = {
    .type = LANE_CANDIDATE_HOST, .foundation = "1", .priority = 2130706431, .address = "127.0.0.1"
  };
  g_autoptr (GSocket) witness = open_silent_socket (&candidate.port);
  gboolean heard;
  Side side;

  side_open (&side, &options);
  lane_transport_set_remote (side.transport, "abcd", "abcdefghijklmnopqrstuv");
  ck_assert (lane_transport_add_remote_candidate (side.transport, &candidate));
  start (&side);
  ck_assert (wait_for (&side.n_done, DEADLINE_US));
  heard = hears_within (witness, G_USEC_PER_SEC / 3);
  *host_seen = side.host_seen;
  ck_assert_uint_eq (side.n_done, 1);
  side_close (&side);
  return heard;
}

START_TEST (relay_only_without_servers_offers_and_sends_nothing)
{
  gboolean host_seen;

  ck_assert (!sends_to_a_known_peer (LANE_POLICY_RELAY_ONLY, &host_seen));
  ck_assert (!host_seen);
  ck_assert (sends_to_a_known_peer (LANE_POLICY_AUTO, &host_seen));
  ck_assert (host_seen);
}
END_TEST

START_TEST (takes_32_remote_candidates_and_no_more)
{
  const char *addresses[] = { "127.0.0.1", NULL };
  const LaneTransportOptions options = { .addresses = addresses };
  LaneCandidate candidate = { .foundation = "1", .priority = 1, .address = "127.0.0.1" };
  Side side;

  side_open (&side, &options);
  for (guint16 i = 0; i < 32; i++) {
    candidate.port = (guint16)(i + 1);
    ck_assert (lane_transport_add_remote_candidate (side.transport, &candidate));
  }
  ck_assert (lane_transport_add_remote_candidate (side.transport, &candidate)); /* known */
  candidate.port++;
  ck_assert (!lane_transport_add_remote_candidate (side.transport, &candidate));
  side_close (&side);
}
END_TEST

START_TEST (direct_only_drops_remote_relays)
{
  const char *addresses[] = { "127.0.0.1", NULL };
  const LaneTransportOptions options = { .policy = LANE_POLICY_DIRECT_ONLY,
                                         .addresses = addresses };
  LaneCandidate candidate = { .type = LANE_CANDIDATE_RELAY,
                              .foundation = "1",
                              .priority = 1,
                              .address = "127.0.0.1",
                              .port = 9 };
  Side side;

  side_open (&side, &options);
  ck_assert (!lane_transport_add_remote_candidate (side.transport, &candidate));
  candidate.type = LANE_CANDIDATE_SRFLX;
  ck_assert (lane_transport_add_remote_candidate (side.transport, &candidate));
  side_close (&side);
}
END_TEST

START_TEST (may_be_freed_in_any_callback)
{
  gint64 end_us = g_get_monotonic_time () + DEADLINE_US;
  Side a, b;

  open_two (&a, &b, "127.0.0.1", 1);
  a.free_in = (Callback)_i;
  start (&a);
  start (&b);
  if (a.transport != NULL)
    exchange_credentials (&a, &b);
  while (a.transport != NULL && g_get_monotonic_time () < end_us) {
    if (a.state == LANE_TRANSPORT_CONNECTED && b.state == LANE_TRANSPORT_CONNECTED)
      lane_transport_send (b.transport, (const guint8 *)"hello", 5);
    g_main_context_iteration (context, FALSE);
    g_usleep (100);
  }
  ck_assert_ptr_null (a.transport);
  side_close (&a);
  side_close (&b);
}
END_TEST

START_TEST (an_old_generation_carries_data_beside_a_new_one)
{
  Side a, b, new_a, new_b;

  open_two (&a, &b, "127.0.0.1", 1);
  start (&a);
  start (&b);
  exchange_credentials (&a, &b);
  ck_assert (both_connected (&a, &b));
  open_two (&new_a, &new_b, "127.0.0.1", 2);
  ck_assert_str_ne (lane_transport_get_ufrag (a.transport),
                    lane_transport_get_ufrag (new_a.transport));
  ck_assert_uint_eq (lane_transport_get_generation (new_a.transport), 2);
  start (&new_a);
  start (&new_b);
  exchange_credentials (&new_a, &new_b);
  assert_carries (&a, &b, "the old path");
  ck_assert (both_connected (&new_a, &new_b));
  assert_carries (&b, &a, "still the old path");
  assert_carries (&new_a, &new_b, "the new path");
  side_close (&a);
  side_close (&b);
  assert_carries (&new_b, &new_a, "only the new path");
  side_close (&new_a);
  side_close (&new_b);
}
END_TEST

static GPtrArray *
stun_server_on (guint16 port)
{
  const LaneIceServer server = { .name = (char *)"home",
                                 .address = (char *)"127.0.0.1",
                                 .port = port };
  GPtrArray *servers = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_ice_server_free);

  g_ptr_array_add (servers, lane_ice_server_copy (&server));
  return servers;
}

START_TEST (may_be_freed_while_a_dead_stun_server_is_asked)
{
  const char *addresses[] = { "127.0.0.1", NULL };
  guint16 port;
  g_autoptr (GSocket) silent = open_silent_socket (&port);
  g_autoptr (GPtrArray) servers = stun_server_on (port);
  const LaneTransportOptions options = { .addresses = addresses, .servers = servers };
  gint64 freed_us;
  Side side;

  side_open (&side, &options);
  start (&side);
  ck_assert (hears_within (silent, DEADLINE_US));
  ck_assert_uint_eq (side.n_done, 0);
  freed_us = g_get_monotonic_time ();
  side_close (&side);
  ck_assert_int_lt (g_get_monotonic_time () - freed_us, G_USEC_PER_SEC);
  ck_assert_uint_eq (side.n_done, 0);
}
END_TEST

START_TEST (gathering_ends_once_with_a_dead_stun_server)
{
  const char *addresses[] = { "127.0.0.1", NULL };
  guint16 port;
  g_autoptr (GSocket) silent = open_silent_socket (&port);
  g_autoptr (GPtrArray) servers = stun_server_on (port);
  const LaneTransportOptions options = { .addresses = addresses, .servers = servers };
  Side side;

  side_open (&side, &options);
  start (&side);
  ck_assert (wait_for (&side.n_done, 2 * DEADLINE_US));
  ck_assert_uint_eq (side.n_done, 1);
  ck_assert_uint_eq (side.n_candidates, 1);
  side_close (&side);
}
END_TEST

/* Answers one Binding request (RFC 8489) with a mapped address of 192.0.2.7:4000, in the form that
 * also a cookie-less client reads. */
static void
answer_stun (GSocket *server)
{
  static const guint8 mapped[] = { 0, 1, 0, 8, 0, 1, 4000 >> 8, 4000 & 0xff, 192, 0, 2, 7 };
  g_autoptr (GSocketAddress) from = NULL;
  char request[1500], response[20 + sizeof mapped] = { 1, 1, 0, sizeof mapped };
  gssize length = g_socket_receive_from (server, &from, request, sizeof request, NULL, NULL);

  ck_assert_int_ge (length, 20);
  memcpy (response + 4, request + 4, 16);
  memcpy (response + 20, mapped, sizeof mapped);
  g_socket_send_to (server, from, response, sizeof response, NULL, NULL);
}

START_TEST (a_srflx_candidate_names_its_server)
{
  const char *addresses[] = { "127.0.0.1", NULL };
  guint16 port;
  g_autoptr (GSocket) server = open_silent_socket (&port);
  g_autoptr (GPtrArray) servers = stun_server_on (port);
  const LaneTransportOptions options = { .addresses = addresses, .servers = servers };
  Side side;

  side_open (&side, &options);
  start (&side);
  ck_assert (hears_within (server, DEADLINE_US));
  answer_stun (server);
  ck_assert (wait_for (&side.n_done, DEADLINE_US));
  ck_assert_uint_eq (side.n_candidates, 2);
  ck_assert_str_eq (side.srflx_server, "home");
  ck_assert_str_eq (lane_transport_get_useful_servers (side.transport)[0], "home");
  ck_assert_ptr_null (lane_transport_get_useful_servers (side.transport)[1]);
  side_close (&side);
}
END_TEST

/* libnice 0.1.21 takes the answer for that of the Allocate when both wait on one socket. */
START_TEST (a_srflx_candidate_comes_beside_a_dead_turn_server)
{
  const char *addresses[] = { "127.0.0.1", NULL };
  guint16 port, dead_port;
  g_autoptr (GSocket) server = open_silent_socket (&port);
  g_autoptr (GSocket) dead = open_silent_socket (&dead_port);
  g_autoptr (GPtrArray) servers = stun_server_on (port);
  const LaneIceServer turn = { .name = (char *)"dead",
                               .turn = TRUE,
                               .address = (char *)"127.0.0.1",
                               .port = dead_port,
                               .username = (char *)"user",
                               .password = (char *)"password" };
  const LaneTransportOptions options = { .addresses = addresses, .servers = servers };
  Side side;

  g_ptr_array_add (servers, lane_ice_server_copy (&turn));
  side_open (&side, &options);
  start (&side);
  ck_assert (hears_within (server, DEADLINE_US));
  lane_transport_set_remote (side.transport, "ufrag", "a-password-of-22-chars");
  ck_assert (hears_within (dead, DEADLINE_US));
  answer_stun (server);
  ck_assert (wait_for (&side.n_done, DEADLINE_US));
  ck_assert_str_eq (side.srflx_server, "home");
  side_close (&side);
}
END_TEST

START_TEST (unusable_addresses_are_an_error)
{
  const char *const tables[][2] = { { NULL }, { "not-an-address", NULL } };
  const char *const foreign[] = { "192.0.2.1", NULL };
  LaneTransportOptions options = { 0 };
  g_autoptr (GError) error = NULL;
  Side side;

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++) {
    options.addresses = tables[i];
    ck_assert_ptr_null (lane_transport_new (context, &options, &events, NULL, &error));
    ck_assert (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE));
    g_clear_error (&error);
  }
  options.addresses = foreign;
  side_open (&side, &options);
  ck_assert (!lane_transport_start (side.transport, &error));
  ck_assert (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE));
  side_close (&side);
}
END_TEST

START_TEST (ports_stay_in_the_range)
{
  const char *addresses[] = { "127.0.0.1", NULL };
  LaneTransportOptions options = {
    .addresses = addresses, .port_low = 47000, .port_high = 47010, .controlling = TRUE
  };
  const LaneTransportPair *pair;
  Side a, b;

  side_open (&a, &options);
  options.controlling = FALSE;
  side_open (&b, &options);
  a.other = &b;
  b.other = &a;
  start (&a);
  start (&b);
  exchange_credentials (&a, &b);
  ck_assert (both_connected (&a, &b));
  pair = lane_transport_get_pair (a.transport);
  ck_assert_uint_ge (pair->local.port, 47000);
  ck_assert_uint_le (pair->local.port, 47010);
  side_close (&a);
  side_close (&b);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("transport");
  TCase *tests = tcase_create ("loopback");

  tcase_add_checked_fixture (tests, setup, teardown);
  tcase_set_timeout (tests, 30);
  tcase_add_loop_test (tests, connects_with_trickle_and_carries_data, 0, G_N_ELEMENTS (loopbacks));
  tcase_add_loop_test (tests, a_late_answer_still_connects, 0, 2);
  tcase_add_test (tests, the_remote_side_may_be_known_before_start);
  tcase_add_test (tests, candidates_wait_for_credentials);
  tcase_add_test (tests, relay_only_without_servers_offers_and_sends_nothing);
  tcase_add_test (tests, takes_32_remote_candidates_and_no_more);
  tcase_add_test (tests, direct_only_drops_remote_relays);
  tcase_add_loop_test (tests, may_be_freed_in_any_callback, LOCAL_CANDIDATE, RECEIVED + 1);
  tcase_add_test (tests, an_old_generation_carries_data_beside_a_new_one);
  tcase_add_test (tests, may_be_freed_while_a_dead_stun_server_is_asked);
  tcase_add_test (tests, gathering_ends_once_with_a_dead_stun_server);
  tcase_add_test (tests, a_srflx_candidate_names_its_server);
  tcase_add_test (tests, a_srflx_candidate_comes_beside_a_dead_turn_server);
  tcase_add_test (tests, unusable_addresses_are_an_error);
  tcase_add_test (tests, ports_stay_in_the_range);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
