#include "servers/tls-bridge.h"

#include "core/servers/test-ca.h"
#include "core/servers/turn-stub.h"
#include "core/servers/until.h"
#include "suite.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>

#define DAY_S G_GINT64_CONSTANT (86400)
#define HOST  "turn.example"

static GMainContext *context;
static char *directory;
static TestCa *ca;
static TurnStub *stub;
static LaneTlsBridge *bridge;
static GObject *lease;
static guint16 port;
static guint n_failed;
static LaneProbeCode failed_code;
static GInetAddress *loopback;

static void
setup (void)
{
  context = g_main_context_new ();
  directory = g_dir_make_tmp ("lane-bridge-XXXXXX", NULL);
  ca = test_ca_new (directory);
  loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  n_failed = 0;
}

static void
teardown (void)
{
  g_clear_pointer (&bridge, lane_tls_bridge_free);
  g_clear_object (&lease);
  g_clear_pointer (&stub, turn_stub_free);
  while (g_main_context_iteration (context, FALSE))
    ;
  test_ca_free (ca);
  g_rmdir (directory);
  g_free (directory);
  g_object_unref (loopback);
  g_main_context_unref (context);
}

static void
on_failed (LaneTlsBridge *failed, const LaneServerStreamFault *fault, gpointer user_data)
{
  n_failed++;
  failed_code = fault->code;
}

static void
serve (const char *host, gint64 until_s)
{
  g_autoptr (GTlsCertificate) certificate = test_ca_issue (ca, host, -9 * DAY_S, until_s);

  stub = turn_stub_new (context, TURN_STUB_TLS, certificate);
}

static void
make_bridge (const char *ca_file, guint16 server_port)
{
  static const LaneTlsBridgeEvents events = { .failed = on_failed };

  bridge = lane_tls_bridge_new (context, HOST, server_port, ca_file, 3000, &events, NULL);
}

static void
open_bridge (const char *ca_file)
{
  make_bridge (ca_file, turn_stub_get_port (stub));
  port = lane_tls_bridge_open (bridge, G_SOCKET_FAMILY_IPV4, loopback, &lease);
  ck_assert_uint_ne (port, 0);
}

/* NULL: refused. */
static GSocket *
connect_to (guint16 to)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, to);
  GSocket *client = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);

  if (!g_socket_connect (client, address, NULL, NULL)) {
    g_object_unref (client);
    return NULL;
  }
  g_socket_set_blocking (client, FALSE);
  return client;
}

/* What came in: more than 0; 0: closed; -1: nothing yet. */
static gssize
receive (GSocket *client, guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  gssize got = g_socket_receive (client, (char *)data, size, NULL, &error);

  if (got < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return 0;
  return got;
}

static gboolean
is_closed (GSocket *client)
{
  guint8 byte;

  return receive (client, &byte, 1) == 0;
}

static const guint8 binding[20] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1 };

START_TEST (bytes_travel_in_verified_tls)
{
  g_autoptr (GSocket) client = NULL;
  guint8 answer[100];
  gssize got = -1;

  serve (HOST, DAY_S);
  open_bridge (test_ca_get_file (ca));
  client = connect_to (port);
  ck_assert_ptr_nonnull (client);
  g_socket_send (client, (const char *)binding, sizeof binding, NULL, NULL);
  iterate_until (context, (got = receive (client, answer, sizeof answer)) > 0);
  ck_assert_int_eq (got, 32);
  ck_assert_int_eq (answer[0], 1);
  ck_assert_str_eq (turn_stub_get_requests (stub), "binding");
  ck_assert_uint_eq (lane_tls_bridge_count (bridge), 1);

  g_socket_close (client, NULL);
  iterate_until (context, lane_tls_bridge_count (bridge) == 0);
  ck_assert_uint_eq (n_failed, 0);
}
END_TEST

/* Sends back what it reads, and reads no more while that is stuck. */
static gpointer
echo (gpointer data)
{
  g_autoptr (GSocket) accepted = g_socket_accept (data, NULL, NULL);
  g_autoptr (GTlsCertificate) certificate = test_ca_issue (ca, HOST, -DAY_S, DAY_S);
  g_autoptr (GSocketConnection) base = g_socket_connection_factory_create_connection (accepted);
  g_autoptr (GIOStream) tls = g_tls_server_connection_new (G_IO_STREAM (base), certificate, NULL);
  guint8 bytes[4096];
  gssize got;

  while ((got = g_input_stream_read (g_io_stream_get_input_stream (tls), bytes, sizeof bytes, NULL,
                                     NULL))
         > 0)
    if (!g_output_stream_write_all (g_io_stream_get_output_stream (tls), bytes, (gsize)got, NULL,
                                    NULL, NULL))
      break;
  return NULL;
}

/* Far more than the buffers on the way hold, sent for as long as anybody takes it. */
START_TEST (much_comes_through_whole_both_ways)
{
  const gsize total = 8 << 20;
  g_autofree guint8 *bytes = g_malloc (total);
  g_autofree guint8 *data = g_malloc (65536);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GSocket) listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_autoptr (GSocket) client = NULL;
  gsize sent = 0, received = 0;
  GThread *thread;

  for (gsize i = 0; i < total; i++)
    bytes[i] = (guint8)(i * 7 + i / 251);
  ck_assert (g_socket_bind (listener, any, FALSE, NULL) && g_socket_listen (listener, NULL));
  bound = g_socket_get_local_address (listener, NULL);
  thread = g_thread_new ("echo", echo, listener);
  make_bridge (test_ca_get_file (ca),
               g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  port = lane_tls_bridge_open (bridge, G_SOCKET_FAMILY_IPV4, loopback, &lease);
  client = connect_to (port);
  while (received < total) {
    gssize put = sent < total
                     ? g_socket_send (client, (const char *)bytes + sent, total - sent, NULL, NULL)
                     : -1;
    gssize got = put > 0 ? -1 : receive (client, data, 65536);

    sent += put > 0 ? (gsize)put : 0;
    ck_assert_int_ne (got, 0);
    if (got > 0) {
      ck_assert_int_eq (memcmp (data, bytes + received, (gsize)got), 0);
      received += (gsize)got;
    }
    g_main_context_iteration (context, FALSE);
  }
  g_socket_close (client, NULL);
  iterate_until (context, lane_tls_bridge_count (bridge) == 0);
  g_thread_join (thread);
}
END_TEST

static void
assert_refused (const char *ca_file, LaneProbeCode code)
{
  g_autoptr (GSocket) client = NULL;

  open_bridge (ca_file);
  client = connect_to (port);
  g_socket_send (client, (const char *)binding, sizeof binding, NULL, NULL);
  iterate_until (context, is_closed (client));
  ck_assert_uint_eq (n_failed, 1);
  ck_assert_msg (failed_code == code, "%s", lane_probe_code_to_string (failed_code));
  ck_assert_uint_eq (lane_tls_bridge_count (bridge), 0);
  ck_assert_str_eq (turn_stub_get_requests (stub), "");
}

START_TEST (wrong_name_carries_nothing)
{
  serve ("home.example", DAY_S);
  assert_refused (test_ca_get_file (ca), LANE_PROBE_CERT_WRONG_NAME);
}
END_TEST

START_TEST (expired_certificate_carries_nothing)
{
  serve (HOST, -DAY_S);
  assert_refused (test_ca_get_file (ca), LANE_PROBE_CERT_EXPIRED);
}
END_TEST

START_TEST (unknown_authority_carries_nothing)
{
  serve (HOST, DAY_S);
  assert_refused (NULL, LANE_PROBE_CERT_UNKNOWN_CA);
}
END_TEST

START_TEST (plain_server_gets_no_plain_stun)
{
  stub = turn_stub_new (context, TURN_STUB_TCP, NULL);
  turn_stub_get_script (stub)->hangs_up = TRUE;
  assert_refused (test_ca_get_file (ca), LANE_PROBE_NOT_TLS);
}
END_TEST

START_TEST (dead_server_closes_the_local_end)
{
  g_autoptr (GSocket) client = NULL;

  make_bridge (test_ca_get_file (ca), 9);
  port = lane_tls_bridge_open (bridge, G_SOCKET_FAMILY_IPV4, loopback, &lease);
  client = connect_to (port);
  iterate_until (context, is_closed (client));
  ck_assert_int_eq (failed_code, LANE_PROBE_REFUSED);
}
END_TEST

START_TEST (server_that_goes_leaves_the_local_end_silent)
{
  g_autoptr (GSocket) client = NULL;

  serve (HOST, DAY_S);
  open_bridge (test_ca_get_file (ca));
  client = connect_to (port);
  g_socket_send (client, (const char *)binding, sizeof binding, NULL, NULL);
  iterate_until (context, *turn_stub_get_requests (stub) != '\0');
  g_clear_pointer (&stub, turn_stub_free);
  /* The second write meets the server's reset; what follows goes nowhere. */
  for (guint i = 0; i < 200; i++) {
    ck_assert_int_gt (g_socket_send (client, (const char *)binding, sizeof binding, NULL, NULL), 0);
    g_main_context_iteration (context, FALSE);
  }
  ck_assert (!is_closed (client));
  ck_assert_uint_eq (lane_tls_bridge_count (bridge), 1);
  g_socket_close (client, NULL);
  iterate_until (context, lane_tls_bridge_count (bridge) == 0);
}
END_TEST

START_TEST (port_is_open_only_while_somebody_gathers)
{
  GObject *second = NULL;
  g_autoptr (GSocket) early = NULL;
  guint8 answer[100];

  serve (HOST, DAY_S);
  open_bridge (test_ca_get_file (ca));
  ck_assert_uint_eq (lane_tls_bridge_open (bridge, G_SOCKET_FAMILY_IPV4, loopback, &second), port);
  g_clear_object (&lease);
  early = connect_to (port);
  ck_assert_ptr_nonnull (early);
  g_object_unref (second);
  ck_assert_ptr_null (connect_to (port));

  /* Who was in time is served all the same. */
  g_socket_send (early, (const char *)binding, sizeof binding, NULL, NULL);
  iterate_until (context, receive (early, answer, sizeof answer) > 0);

  port = lane_tls_bridge_open (bridge, G_SOCKET_FAMILY_IPV4, loopback, &lease);
  ck_assert_uint_ne (port, 0);
  ck_assert_uint_eq (lane_tls_bridge_count (bridge), 1);
}
END_TEST

START_TEST (retired_bridge_takes_nobody_in_and_throws_nobody_out)
{
  g_autoptr (GSocket) client = NULL;
  guint8 answer[100];

  serve (HOST, DAY_S);
  open_bridge (test_ca_get_file (ca));
  client = connect_to (port);
  iterate_until (context, lane_tls_bridge_count (bridge) == 1);
  lane_tls_bridge_retire (bridge);
  ck_assert_ptr_null (connect_to (port));
  g_socket_send (client, (const char *)binding, sizeof binding, NULL, NULL);
  iterate_until (context, receive (client, answer, sizeof answer) > 0);
}
END_TEST

START_TEST (lease_may_outlive_the_bridge)
{
  serve (HOST, DAY_S);
  open_bridge (test_ca_get_file (ca));
  g_clear_pointer (&bridge, lane_tls_bridge_free);
  ck_assert_ptr_null (connect_to (port));
  g_clear_object (&lease);
}
END_TEST

START_TEST (ipv6_host_gets_a_port_on_ipv6_loopback)
{
  g_autoptr (GInetAddress) v6 = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV6);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) client = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, 0, NULL);
  guint8 answer[100];

  if (client == NULL)
    return; /* no IPv6 on this machine */
  serve (HOST, DAY_S);
  make_bridge (test_ca_get_file (ca), turn_stub_get_port (stub));
  port = lane_tls_bridge_open (bridge, G_SOCKET_FAMILY_IPV6, loopback, &lease);
  if (port == 0)
    return;
  address = g_inet_socket_address_new (v6, port);
  ck_assert (g_socket_connect (client, address, NULL, NULL));
  g_socket_set_blocking (client, FALSE);
  g_socket_send (client, (const char *)binding, sizeof binding, NULL, NULL);
  iterate_until (context, receive (client, answer, sizeof answer) > 0);
}
END_TEST

static void
limit_descriptors (rlim_t wanted)
{
  struct rlimit limit;

  ck_assert_int_eq (getrlimit (RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = MIN (wanted, limit.rlim_max);
  ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &limit), 0);
}

START_TEST (reserve_of_descriptors_stays_free)
{
  GSocket *clients[40];
  guint n_served = 0;

  limit_descriptors (128);
  serve (HOST, DAY_S);
  open_bridge (test_ca_get_file (ca));
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++) {
    clients[i] = connect_to (port);
    ck_assert_ptr_nonnull (clients[i]);
    for (guint turn = 0; turn < 5; turn++)
      g_main_context_iteration (context, FALSE);
    if (is_closed (clients[i]))
      break;
    n_served++;
  }
  ck_assert_uint_gt (n_served, 0);
  ck_assert_uint_lt (n_served, 40);
  for (guint i = 0; i <= n_served; i++)
    g_object_unref (clients[i]);
}
END_TEST

START_TEST (few_handshakes_are_made_at_a_time)
{
  GSocket *clients[12];
  gint64 until_us = g_get_monotonic_time () + 100 * 1000;

  stub = turn_stub_new (context, TURN_STUB_TCP, NULL);
  turn_stub_get_script (stub)->mute = TRUE;
  open_bridge (test_ca_get_file (ca));
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = connect_to (port);
  iterate_until (context,
                 lane_tls_bridge_count (bridge) >= 8 && g_get_monotonic_time () > until_us);
  ck_assert_uint_eq (lane_tls_bridge_count (bridge), 8);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    g_socket_close (clients[i], NULL);
  g_clear_pointer (&stub, turn_stub_free);
  iterate_until (context, n_failed == 12);
  ck_assert_uint_eq (lane_tls_bridge_count (bridge), 0);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("tls-bridge");
  TCase *tcase = tcase_create ("bridge");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_set_timeout (tcase, 30);
  tcase_add_test (tcase, bytes_travel_in_verified_tls);
  tcase_add_test (tcase, much_comes_through_whole_both_ways);
  tcase_add_test (tcase, wrong_name_carries_nothing);
  tcase_add_test (tcase, expired_certificate_carries_nothing);
  tcase_add_test (tcase, unknown_authority_carries_nothing);
  tcase_add_test (tcase, plain_server_gets_no_plain_stun);
  tcase_add_test (tcase, dead_server_closes_the_local_end);
  tcase_add_test (tcase, server_that_goes_leaves_the_local_end_silent);
  tcase_add_test (tcase, port_is_open_only_while_somebody_gathers);
  tcase_add_test (tcase, retired_bridge_takes_nobody_in_and_throws_nobody_out);
  tcase_add_test (tcase, lease_may_outlive_the_bridge);
  tcase_add_test (tcase, ipv6_host_gets_a_port_on_ipv6_loopback);
  tcase_add_test (tcase, reserve_of_descriptors_stays_free);
  tcase_add_test (tcase, few_handshakes_are_made_at_a_time);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
