/* Relays through coturn, in a network namespace where all addresses are on the loopback interface:
 * 10.77.0.1 is ours, 10.77.0.2 a server for UDP only, 10.77.0.3 one for TCP only. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "ice/transport.h"

#include "namespace.h"
#include "suite.h"

#define DEADLINE_US (10 * G_USEC_PER_SEC)
#define UDP_SERVER  "10.77.0.2"
#define TCP_SERVER  "10.77.0.3"

typedef struct _Side Side;
struct _Side {
  LaneTransport *transport;
  Side *other;
  char *relay_server[2]; /* of the relay candidate on each server's address */
  gboolean not_relay;    /* it offered something else */
  guint n_done, n_closed, n_failed, n_connected;
  gint64 connected_us;
};

static GMainContext *context;
static char *directory;
static GSubprocess *servers[2];

/* A failing test does not get to its teardown. */
static void
die_with_parent (gpointer unused)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static GSubprocess *
spawn (const char *line)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;
  GSubprocess *child;

  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  child = g_subprocess_launcher_spawnv (launcher, (const char *const *)words, &error);
  ck_assert_msg (child != NULL, "%s: %s", line, error != NULL ? error->message : "failed");
  return child;
}

static void
ip (const char *arguments)
{
  g_autofree char *line = g_strconcat ("ip ", arguments, NULL);
  g_autoptr (GSubprocess) child = spawn (line);

  ck_assert_msg (g_subprocess_wait_check (child, NULL, NULL), "%s", line);
}

static gboolean
answers (const char *address, GSocketType type)
{
  static const guint8 binding[20] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1 };
  g_autoptr (GSocketAddress) to = g_inet_socket_address_new_from_string (address, 3478);
  g_autoptr (GSocket) probe = g_socket_new (G_SOCKET_FAMILY_IPV4, type, 0, NULL);
  char reply[100];

  g_socket_set_timeout (probe, 1);
  return g_socket_connect (probe, to, NULL, NULL)
         && g_socket_send (probe, (const char *)binding, sizeof binding, NULL, NULL) > 0
         && g_socket_receive (probe, reply, sizeof reply, NULL, NULL) > 0;
}

static GSubprocess *
start_server (const char *address, const char *off, GSocketType type)
{
  g_autofree char *line = g_strdup_printf (
      "turnserver -n --no-cli --no-tls --no-dtls %s -m 1 -L %s -E %s -p 3478 -a -u lane:secret "
      "-r lane --log-file %s/%s.log --simple-log --pidfile %s/%s.pid -b %s/%s.db",
      off, address, address, directory, address, directory, address, directory, address);
  GSubprocess *server = spawn (line);
  gint64 end_us = g_get_monotonic_time () + DEADLINE_US;

  while (!answers (address, type)) {
    ck_assert_msg (g_get_monotonic_time () < end_us, "%s does not answer", line);
    g_usleep (10000);
  }
  return server;
}

static void
setup (void)
{
  context = g_main_context_new ();
  directory = g_dir_make_tmp ("icelane-relay-XXXXXX", NULL);
  ip ("link set lo up");
  for (int host = 1; host <= 3; host++) {
    g_autofree char *line = g_strdup_printf ("addr replace 10.77.0.%d/32 dev lo", host);

    ip (line);
  }
  servers[0] = start_server (UDP_SERVER, "--no-tcp", G_SOCKET_TYPE_DATAGRAM);
  servers[1] = start_server (TCP_SERVER, "--no-udp", G_SOCKET_TYPE_STREAM);
}

static void
stop_server (GSubprocess **server)
{
  if (*server == NULL)
    return;
  g_subprocess_force_exit (*server);
  g_subprocess_wait (*server, NULL, NULL);
  g_clear_object (server);
}

static void
teardown (void)
{
  g_autoptr (GDir) files = g_dir_open (directory, 0, NULL);
  const char *name;

  stop_server (&servers[0]);
  stop_server (&servers[1]);
  while (files != NULL && (name = g_dir_read_name (files)) != NULL) {
    g_autofree char *path = g_build_filename (directory, name, NULL);

    g_unlink (path);
  }
  g_rmdir (directory);
  g_free (directory);
  g_main_context_unref (context);
}

static void
on_local_candidate (LaneTransport *transport, const LaneCandidate *candidate, const char *server,
                    gpointer user_data)
{
  Side *side = user_data;

  if (candidate->type != LANE_CANDIDATE_RELAY) {
    side->not_relay = TRUE;
  } else {
    char **slot = &side->relay_server[strcmp (candidate->address, UDP_SERVER) == 0 ? 0 : 1];

    g_free (*slot);
    *slot = g_strdup (server);
    ck_assert_str_eq (candidate->related_address, "0.0.0.0");
  }
  if (side->other->transport != NULL)
    lane_transport_add_remote_candidate (side->other->transport, candidate);
}

static void
on_gathering_done (LaneTransport *transport, gpointer user_data)
{
  ((Side *)user_data)->n_done++;
}

static void
on_state (LaneTransport *transport, LaneTransportState state, gpointer user_data)
{
  Side *side = user_data;

  if (state == LANE_TRANSPORT_CONNECTED) {
    side->n_connected++;
    side->connected_us = g_get_monotonic_time ();
  } else if (state == LANE_TRANSPORT_FAILED) {
    side->n_failed++;
  }
}

static void
on_closed (gpointer data)
{
  ((Side *)data)->n_closed++;
}

static void
wait_for (const char *what, const guint *counter)
{
  gint64 end_us = g_get_monotonic_time () + DEADLINE_US;

  while (*counter == 0) {
    ck_assert_msg (g_get_monotonic_time () < end_us, "never: %s", what);
    g_main_context_iteration (context, FALSE);
    g_usleep (100);
  }
}

static void
open_side (Side *side, Side *other, gboolean controlling, LanePolicy policy, GPtrArray *ice_servers)
{
  static const LaneTransportEvents events = { .local_candidate = on_local_candidate,
                                              .gathering_done = on_gathering_done,
                                              .state_changed = on_state };
  const char *const addresses[] = { "10.77.0.1", NULL };
  const LaneTransportOptions options = {
    .controlling = controlling, .policy = policy, .addresses = addresses, .servers = ice_servers
  };

  *side = (Side){ .other = other };
  side->transport = lane_transport_new (context, &options, &events, side, NULL);
  ck_assert_ptr_nonnull (side->transport);
}

/* @a goes through the servers, @b has none. */
static void
connect_two (Side *a, Side *b, GPtrArray *ice_servers)
{
  gint64 started_us = g_get_monotonic_time ();

  open_side (a, b, TRUE, LANE_POLICY_RELAY_ONLY, ice_servers);
  open_side (b, a, FALSE, LANE_POLICY_AUTO, NULL);
  ck_assert (lane_transport_start (a->transport, NULL));
  ck_assert (lane_transport_start (b->transport, NULL));
  lane_transport_set_remote (a->transport, lane_transport_get_ufrag (b->transport),
                             lane_transport_get_password (b->transport));
  lane_transport_set_remote (b->transport, lane_transport_get_ufrag (a->transport),
                             lane_transport_get_password (a->transport));
  wait_for ("connected", &a->n_connected);
  g_print ("%s: connected after %.1f ms\n", lane_transport_get_pair (a->transport)->server,
           (double)(a->connected_us - started_us) / 1000);
  wait_for ("connected on the other side", &b->n_connected);
  wait_for ("gathering done", &a->n_done);
  ck_assert (!a->not_relay);
}

static void
close_side (Side *side, gint64 limit_us)
{
  gint64 started_us = g_get_monotonic_time ();

  lane_transport_free (g_steal_pointer (&side->transport), on_closed, side);
  wait_for ("closed", &side->n_closed);
  ck_assert_int_lt (g_get_monotonic_time () - started_us, limit_us);
  g_free (side->relay_server[0]);
  g_free (side->relay_server[1]);
}

static void
add_server (GPtrArray *list, const char *name, const char *address, LaneProtocol protocol)
{
  const LaneIceServer server = { .name = (char *)name,
                                 .turn = TRUE,
                                 .protocol = protocol,
                                 .address = (char *)address,
                                 .port = 3478,
                                 .username = (char *)"lane",
                                 .password = (char *)"secret" };

  g_ptr_array_add (list, lane_ice_server_copy (&server));
}

static GPtrArray *
server_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)lane_ice_server_free);
}

START_TEST (relay_candidates_name_their_servers)
{
  g_autoptr (GPtrArray) list = server_list ();
  const LaneTransportPair *pair;
  const char *const *useful;
  Side a, b;

  add_server (list, "by-tcp", TCP_SERVER, LANE_PROTOCOL_TCP);
  add_server (list, "by-udp", UDP_SERVER, LANE_PROTOCOL_UDP);
  connect_two (&a, &b, list);
  ck_assert_pstr_eq (a.relay_server[0], "by-udp");
  ck_assert_pstr_eq (a.relay_server[1], "by-tcp");
  useful = lane_transport_get_useful_servers (a.transport);
  ck_assert_uint_eq (g_strv_length ((char **)useful), 2);
  pair = lane_transport_get_pair (a.transport);
  ck_assert_int_eq (pair->local.type, LANE_CANDIDATE_RELAY);
  ck_assert_str_eq (pair->server, "by-udp");
  ck_assert_int_eq (pair->relay_protocol, LANE_PROTOCOL_UDP);
  ck_assert_str_eq (lane_transport_get_pair (b.transport)->remote.address, UDP_SERVER);
  ck_assert_int_eq (lane_transport_get_pair (b.transport)->remote.type, LANE_CANDIDATE_RELAY);
  close_side (&a, G_USEC_PER_SEC / 2);
  close_side (&b, G_USEC_PER_SEC / 2);
}
END_TEST

START_TEST (a_relay_over_tcp_that_dies_is_a_failure)
{
  g_autoptr (GPtrArray) list = server_list ();
  const LaneTransportPair *pair;
  Side a, b;

  add_server (list, "by-tcp", TCP_SERVER, LANE_PROTOCOL_TCP);
  connect_two (&a, &b, list);
  pair = lane_transport_get_pair (a.transport);
  ck_assert_str_eq (pair->server, "by-tcp");
  ck_assert_int_eq (pair->relay_protocol, LANE_PROTOCOL_TCP);
  stop_server (&servers[1]);
  wait_for ("failed", &a.n_failed);
  close_side (&a, 3 * G_USEC_PER_SEC / 2);
  close_side (&b, G_USEC_PER_SEC / 2);
}
END_TEST

START_TEST (closing_takes_a_second_at_most_when_the_server_is_gone)
{
  g_autoptr (GPtrArray) list = server_list ();
  Side a, b;

  add_server (list, "by-udp", UDP_SERVER, LANE_PROTOCOL_UDP);
  connect_two (&a, &b, list);
  stop_server (&servers[0]);
  close_side (&a, 3 * G_USEC_PER_SEC / 2);
  close_side (&b, G_USEC_PER_SEC / 2);
}
END_TEST

static gboolean
is_host_to_host (const Side *side)
{
  const LaneTransportPair *pair = lane_transport_get_pair (side->transport);

  return pair != NULL && pair->local.type == LANE_CANDIDATE_HOST
         && pair->remote.type != LANE_CANDIDATE_RELAY;
}

/* A slow carrier: one side has checked in vain for seconds before the other hears of it, and the
 * relays of both are known by then. */
START_TEST (a_late_answer_still_ends_on_the_direct_path)
{
  g_autoptr (GPtrArray) list = server_list ();
  gint64 end_us;
  Side a, b;
  Side *early = _i == 0 ? &a : &b, *late = _i == 0 ? &b : &a;

  add_server (list, "by-udp", UDP_SERVER, LANE_PROTOCOL_UDP);
  open_side (&a, &b, TRUE, LANE_POLICY_AUTO, list);
  open_side (&b, &a, FALSE, LANE_POLICY_AUTO, list);
  ck_assert (lane_transport_start (a.transport, NULL));
  ck_assert (lane_transport_start (b.transport, NULL));
  lane_transport_set_remote (early->transport, lane_transport_get_ufrag (late->transport),
                             lane_transport_get_password (late->transport));
  end_us = g_get_monotonic_time () + 2300 * 1000;
  while (g_get_monotonic_time () < end_us) {
    g_main_context_iteration (context, FALSE);
    g_usleep (100);
  }
  lane_transport_set_remote (late->transport, lane_transport_get_ufrag (early->transport),
                             lane_transport_get_password (early->transport));
  wait_for ("connected", &late->n_connected);
  wait_for ("connected", &early->n_connected);
  end_us = g_get_monotonic_time () + DEADLINE_US;
  while (!is_host_to_host (&a) || !is_host_to_host (&b)) {
    ck_assert_msg (g_get_monotonic_time () < end_us, "stays on a relay");
    g_main_context_iteration (context, FALSE);
    g_usleep (100);
  }
  close_side (&a, G_USEC_PER_SEC);
  close_side (&b, G_USEC_PER_SEC);
}
END_TEST

static Suite *
create_suite (void)
{
  Suite *suite = suite_create ("relay");
  TCase *tests = tcase_create ("coturn");

  tcase_add_checked_fixture (tests, setup, teardown);
  tcase_set_timeout (tests, 60);
  tcase_add_test (tests, relay_candidates_name_their_servers);
  tcase_add_loop_test (tests, a_late_answer_still_ends_on_the_direct_path, 0, 2);
  tcase_add_test (tests, a_relay_over_tcp_that_dies_is_a_failure);
  tcase_add_test (tests, closing_takes_a_second_at_most_when_the_server_is_gone);
  suite_add_tcase (suite, tests);
  return suite;
}

int
main (void)
{
  g_autofree char *turnserver = g_find_program_in_path ("turnserver");

  if (turnserver == NULL) {
    fprintf (stderr, "SKIPPED: coturn (turnserver) is not installed\n");
    return LANE_TEST_SKIPPED;
  }
  return lane_namespace_enter () ? lane_suite_run (create_suite ()) : LANE_TEST_SKIPPED;
}
