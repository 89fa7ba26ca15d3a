#include "suite.h"

#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#include "world.h"

#define MANY 1000

static gboolean
has_received (gpointer data)
{
  return ((Client *)data)->received->len > 0;
}

typedef struct {
  const Client *watcher, *peer;
  const char *boot;
} Sight;

static gboolean
sees (gpointer data)
{
  const Sight *sight = data;

  return g_strcmp0 (client_sees (sight->watcher, sight->peer), sight->boot) == 0;
}

static void
wait_sight (Client *watcher, const Client *peer, const char *boot, double seconds)
{
  Sight sight = { watcher, peer, boot };

  ck_assert_msg (world_run_until (watcher->world, sees, &sight, seconds), "sees %s, not %s",
                 client_sees (watcher, peer), boot);
}

static gboolean
has_many (gpointer data)
{
  Client **clients = data;

  return clients[0]->received->len >= MANY && clients[1]->received->len >= MANY;
}

START_TEST (two_clients_exchange_1000_envelopes_in_order)
{
  World *world = world_new ();
  Client *clients[2];

  world_serve (world);
  for (int i = 0; i < 2; i++) {
    clients[i] = client_new (world, NULL);
    client_connect (clients[i]);
  }
  for (int i = 0; i < MANY; i++) {
    g_autofree char *payload = g_strdup_printf ("%d \\\" \\\\ \\u00e9 ]}", i);

    client_send (clients[0], clients[1], payload);
    client_send (clients[1], clients[0], payload);
    if (i % 7 == 0)
      g_main_context_iteration (world->context, FALSE);
  }
  ck_assert (world_run_until (world, has_many, clients, 20));
  for (int i = 0; i < MANY; i++) {
    for (int j = 0; j < 2; j++) {
      g_autofree char *expected = g_strdup_printf (
          "{\"from\":\"%s\",\"to\":\"%s\",\"payload\":\"%d \\\" \\\\ \\u00e9 ]}\"}",
          client_id (clients[!j]), client_id (clients[j]), i);

      ck_assert_str_eq (clients[j]->received->pdata[i], expected);
    }
  }
  ck_assert_uint_eq (clients[0]->received->len, MANY);
  client_free (clients[0]);
  client_free (clients[1]);
  world_free (world);
}
END_TEST

START_TEST (presence_follows_a_peer_on_off_and_through_a_restart)
{
  World *world = world_new ();
  Client *watcher, *peer, *again;

  world_serve (world);
  watcher = client_new (world, NULL);
  peer = client_new (world, NULL);
  again = client_new (world, peer->identity);
  client_watch (watcher, peer);
  client_connect (watcher);
  wait_sight (watcher, peer, "-", 2); /* told at once, though nothing changed */

  client_connect (peer);
  wait_sight (watcher, peer, peer->boot, 2);

  client_connect (again); /* the same identity in another run, the older still there */
  wait_sight (watcher, peer, again->boot, 2);
  ck_assert_uint_eq (watcher->presences->len, 3); /* no `offline` between */

  g_clear_pointer (&again->signaling, lane_signaling_free);
  wait_sight (watcher, peer, "-", 2); /* a clean end is seen at once, within no grace */
  client_free (peer);
  client_free (again);
  client_free (watcher);
  world_free (world);
}
END_TEST

START_TEST (watching_later_tells_the_state_at_once)
{
  World *world = world_new ();
  Client *watcher, *peer;

  world_serve (world);
  watcher = client_new (world, NULL);
  peer = client_new (world, NULL);
  client_connect (peer);
  client_connect (watcher);
  client_watch (watcher, peer);
  wait_sight (watcher, peer, peer->boot, 2);
  client_free (peer);
  client_free (watcher);
  world_free (world);
}
END_TEST

static gboolean
sees_4096 (gpointer data)
{
  return g_hash_table_size (((Client *)data)->presence) == 4096;
}

START_TEST (four_thousand_watched_ids_are_all_told)
{
  World *world = world_new ();
  Client *watcher, *peer;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) ids = NULL;

  world_serve (world);
  watcher = client_new (world, NULL);
  peer = client_new (world, NULL);
  for (int i = 0; i < 4095; i++) {
    guint8 spki[2] = { i / 256, i % 256 };
    g_autofree char *id = lane_id_from_public_key (spki, sizeof spki);

    g_strv_builder_add (builder, id);
  }
  g_strv_builder_add (builder, client_id (peer));
  ids = g_strv_builder_end (builder);
  lane_signaling_watch (watcher->signaling, (const char *const *)ids);
  client_connect (watcher);
  client_connect (peer);
  wait_sight (watcher, peer, peer->boot, 5);
  ck_assert (world_run_until (world, sees_4096, watcher, 5));
  client_free (peer);
  client_free (watcher);
  world_free (world);
}
END_TEST

START_TEST (envelope_to_nobody_is_reported_undelivered)
{
  World *world = world_new ();
  Client *sender, *absent;

  world_serve (world);
  sender = client_new (world, NULL);
  absent = client_new (world, NULL);
  client_connect (sender);
  client_send (sender, absent, "hello");
  while (sender->undelivered->len == 0)
    g_main_context_iteration (world->context, TRUE);
  ck_assert_str_eq (sender->undelivered->pdata[0], client_id (absent));
  client_free (absent);
  client_free (sender);
  world_free (world);
}
END_TEST

START_TEST (envelopes_sent_while_connecting_arrive)
{
  World *world = world_new ();
  Client *sender, *reader;

  world_serve (world);
  sender = client_new (world, NULL);
  reader = client_new (world, NULL);
  client_connect (reader);
  lane_signaling_start (sender->signaling);
  client_send (sender, reader, "early");
  ck_assert (world_run_until (world, has_received, reader, 2));
  client_free (reader);
  client_free (sender);
  world_free (world);
}
END_TEST

static gboolean
both_connected (gpointer data)
{
  Client **clients = data;

  return client_is_connected (clients[0]) && client_is_connected (clients[1]);
}

static gboolean
both_down (gpointer data)
{
  Client **clients = data;

  return client_is_down (clients[0]) && client_is_down (clients[1]);
}

static gboolean
has_settled (gpointer data)
{
  Client **clients = data;

  return clients[1]->received->len + clients[0]->undelivered->len > 0;
}

START_TEST (clients_rejoin_a_rendezvous_that_was_restarted)
{
  World *world = world_new ();
  Client *clients[2];
  gint64 next;

  world_serve (world);
  for (int i = 0; i < 2; i++)
    clients[i] = client_new (world, NULL);
  for (int i = 0; i < 2; i++) {
    client_watch (clients[i], clients[!i]);
    client_connect (clients[i]);
  }
  wait_sight (clients[0], clients[1], clients[1]->boot, 2);

  world_silence (world);
  ck_assert (world_run_until (world, both_down, clients, 2));
  next = lane_signaling_get_next_try (clients[0]->signaling) - g_get_monotonic_time ();
  ck_assert_int_gt (next, 0);
  ck_assert_int_le (next, 1250 * 1000);
  client_send (clients[0], clients[1], "kept meanwhile");
  while (strstr (clients[0]->detail, "connection refused") == NULL)
    g_main_context_iteration (world->context, TRUE); /* one attempt at least found nobody */

  world_serve (world);
  g_hash_table_remove_all (clients[0]->presence);
  ck_assert (world_run_until (world, both_connected, clients, 10));
  wait_sight (clients[0], clients[1], clients[1]->boot, 10);
  ck_assert (world_run_until (world, has_settled, clients, 5));
  client_free (clients[0]);
  client_free (clients[1]);
  world_free (world);
}
END_TEST

static gboolean
has_connected_twice (gpointer data)
{
  return ((Client *)data)->connects == 2;
}

START_TEST (network_change_makes_a_new_session_at_once_without_a_presence_flap)
{
  World *world = world_new ();
  Client *watcher, *mover;
  gint64 since;

  world_serve (world);
  watcher = client_new (world, NULL);
  mover = client_new (world, NULL);
  client_connect (mover);
  client_watch (watcher, mover);
  client_connect (watcher);
  wait_sight (watcher, mover, mover->boot, 2);

  since = g_get_monotonic_time ();
  lane_signaling_network_changed (mover->signaling);
  ck_assert_int_eq (lane_signaling_get_state (mover->signaling), LANE_SIGNALING_CONNECTING);
  client_send (watcher, mover, "to a place between two connections");
  ck_assert (world_run_until (world, has_connected_twice, mover, 2));
  g_print ("new session after a network change: %.1f ms\n",
           (g_get_monotonic_time () - since) / 1000.0);
  ck_assert (world_run_until (world, has_received, mover, 2));
  ck_assert_uint_eq (mover->downs, 0);
  world_run_for (world, 3500); /* longer than the grace of the connection that was left behind */
  ck_assert_uint_eq (watcher->presences->len, 1);
  client_free (mover);
  client_free (watcher);
  world_free (world);
}
END_TEST

START_TEST (second_node_with_one_identity_wins_and_the_first_keeps_away)
{
  World *world = world_new ();
  Client *first, *second;

  world_serve (world);
  first = client_new (world, NULL);
  second = client_new (world, first->identity);
  client_connect (first);
  client_connect (second);
  ck_assert (world_run_until (world, client_is_down, first, 2));
  ck_assert_ptr_nonnull (strstr (first->detail, "two nodes share one key"));
  ck_assert_int_gt (lane_signaling_get_next_try (first->signaling) - g_get_monotonic_time (),
                    29 * G_USEC_PER_SEC);

  /* Even called back early it does not push the other out. */
  lane_signaling_network_changed (first->signaling);
  ck_assert (world_run_until (world, client_is_down, first, 2));
  ck_assert_ptr_nonnull (strstr (first->detail, "two nodes share one key"));
  ck_assert_uint_eq (second->downs, 0);

  /* When the other is gone it may come. */
  g_clear_pointer (&second->signaling, lane_signaling_free);
  world_run_for (world, 100);
  lane_signaling_network_changed (first->signaling);
  ck_assert (world_run_until (world, client_is_connected, first, 2));
  client_free (second);
  client_free (first);
  world_free (world);
}
END_TEST

START_TEST (token_is_needed_where_the_rendezvous_has_one)
{
  World *world = world_new ();
  Client *none, *wrong, *right;

  world->options.token = "the right token";
  world_serve (world);
  none = client_new (world, NULL);
  wrong = client_new (world, NULL);
  client_options (wrong, NULL, "the wrong token", NULL);
  right = client_new (world, NULL);
  client_options (right, NULL, "the right token", NULL);
  client_connect (right);
  lane_signaling_start (none->signaling);
  lane_signaling_start (wrong->signaling);
  ck_assert (world_run_until (world, client_is_down, none, 2));
  ck_assert (world_run_until (world, client_is_down, wrong, 2));
  ck_assert_ptr_nonnull (strstr (none->detail, "token-file"));
  ck_assert_ptr_nonnull (strstr (wrong->detail, "token-file"));
  ck_assert_ptr_null (strstr (wrong->detail, "the wrong token"));
  client_free (none);
  client_free (wrong);
  client_free (right);
  world_free (world);
}
END_TEST

/* A certificate for `localhost` that signs itself. */
static void
make_certificate (const char *cert_path, const char *key_path)
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t cert;
  gnutls_datum_t cert_pem, key_pem;
  const guint8 serial = 1;

  gnutls_x509_privkey_init (&key);
  gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA,
                                GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0);
  gnutls_x509_crt_init (&cert);
  gnutls_x509_crt_set_version (cert, 3);
  gnutls_x509_crt_set_key (cert, key);
  gnutls_x509_crt_set_serial (cert, &serial, sizeof serial);
  gnutls_x509_crt_set_activation_time (cert, time (NULL) - 3600);
  gnutls_x509_crt_set_expiration_time (cert, time (NULL) + 3600);
  gnutls_x509_crt_set_dn (cert, "CN=localhost", NULL);
  gnutls_x509_crt_set_subject_alt_name (cert, GNUTLS_SAN_DNSNAME, "localhost", 9, GNUTLS_FSAN_SET);
  ck_assert_int_eq (gnutls_x509_crt_sign2 (cert, cert, key, GNUTLS_DIG_SHA256, 0), 0);
  gnutls_x509_crt_export2 (cert, GNUTLS_X509_FMT_PEM, &cert_pem);
  gnutls_x509_privkey_export2 (key, GNUTLS_X509_FMT_PEM, &key_pem);
  g_file_set_contents (cert_path, (char *)cert_pem.data, cert_pem.size, NULL);
  g_file_set_contents (key_path, (char *)key_pem.data, key_pem.size, NULL);
  gnutls_free (cert_pem.data);
  gnutls_free (key_pem.data);
  gnutls_x509_crt_deinit (cert);
  gnutls_x509_privkey_deinit (key);
}

static void
expect_down (Client *client, const char *why)
{
  lane_signaling_start (client->signaling);
  ck_assert (world_run_until (client->world, client_is_down, client, 5));
  ck_assert_msg (strstr (client->detail, why) != NULL, "'%s' does not say '%s'", client->detail,
                 why);
}

START_TEST (tls_is_trusted_by_ca_file_and_name_and_never_falls_back)
{
  World *world = world_new ();
  g_autofree char *cert = world_path (world, "cert.pem"), *key = world_path (world, "key.pem");
  g_autofree char *good_url = NULL, *wrong_url = NULL, *plain_url = NULL;
  Client *trusting, *sender, *untrusting, *misnaming, *plain;

  make_certificate (cert, key);
  world->options.cert_file = cert;
  world->options.key_file = key;
  world_serve (world);
  good_url = g_strdup_printf ("https://localhost:%u/", world->port);
  wrong_url = g_strdup_printf ("https://127.0.0.1:%u", world->port);
  plain_url = g_strdup_printf ("http://127.0.0.1:%u", world->port);

  trusting = client_new (world, NULL);
  client_options (trusting, good_url, NULL, cert);
  client_connect (trusting);
  sender = client_new (world, NULL);
  client_options (sender, good_url, NULL, cert);
  client_connect (sender);
  client_send (sender, trusting, "over TLS");
  ck_assert (world_run_until (world, has_received, trusting, 2));

  untrusting = client_new (world, NULL);
  client_options (untrusting, good_url, NULL, NULL);
  expect_down (untrusting, "ca-file");
  misnaming = client_new (world, NULL);
  client_options (misnaming, wrong_url, NULL, cert);
  expect_down (misnaming, "not for '127.0.0.1'");
  plain = client_new (world, NULL);
  client_options (plain, plain_url, NULL, cert);
  expect_down (plain, "127.0.0.1");

  client_free (trusting);
  client_free (sender);
  client_free (untrusting);
  client_free (misnaming);
  client_free (plain);
  world_free (world);
}
END_TEST

static gboolean
on_plain_connection (GSocketService *service, GSocketConnection *connection, GObject *source,
                     gpointer data)
{
  g_output_stream_write (g_io_stream_get_output_stream (G_IO_STREAM (connection)), data,
                         strlen (data), NULL, NULL);
  g_ptr_array_add (g_object_get_data (G_OBJECT (service), "open"), g_object_ref (connection));
  return TRUE;
}

/* Answers every connection with @answer, whatever it asks. */
static GSocketService *
answer_with (const char *answer, guint16 *port)
{
  GSocketService *service = g_socket_service_new ();

  g_object_set_data_full (G_OBJECT (service), "open",
                          g_ptr_array_new_with_free_func (g_object_unref),
                          (GDestroyNotify)g_ptr_array_unref);
  *port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL, NULL);
  g_signal_connect (service, "incoming", G_CALLBACK (on_plain_connection), (char *)answer);
  return service;
}

START_TEST (https_to_a_plain_server_says_so)
{
  World *world = world_new ();
  guint16 port;
  g_autoptr (GSocketService) service = answer_with ("HTTP/1.1 400 Bad Request\r\n\r\n", &port);
  g_autofree char *url = g_strdup_printf ("https://localhost:%u", port);
  Client *client = client_new (world, NULL);

  client_options (client, url, NULL, NULL);
  expect_down (client, "is it https there?");
  client_free (client);
  world_free (world);
}
END_TEST

static const struct {
  const char *answer, *why;
} strangers[] = {
  { "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n",
    "we do not follow" },
  { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "no icelane rendezvous" },
  { "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "no icelane rendezvous" },
  { "HTTP/1.1 503 x\r\nContent-Length: 26\r\n\r\n{\"error\":\"full \\u001b[2J\"}",
    "full \xe2\x90\x9b[2J" },
  { "SSH-2.0-OpenSSH\r\n\r\n", "127.0.0.1" },
};

START_TEST (stranger_at_the_address_is_named)
{
  World *world = world_new ();
  guint16 port;
  g_autoptr (GSocketService) service = answer_with (strangers[_i].answer, &port);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u", port);
  Client *client = client_new (world, NULL);

  client_options (client, url, NULL, NULL);
  expect_down (client, strangers[_i].why);
  g_socket_service_stop (service);
  client_free (client);
  world_free (world);
}
END_TEST

START_TEST (endless_answer_is_cut)
{
  World *world = world_new ();
  g_autoptr (GString) answer = g_string_new ("HTTP/1.1 200 OK\r\n\r\n");
  g_autoptr (GSocketService) service = NULL;
  g_autofree char *url = NULL;
  guint16 port;
  Client *client = client_new (world, NULL);

  while (answer->len < 80 * 1024)
    g_string_append (answer, "endless ");
  service = answer_with (answer->str, &port);
  url = g_strdup_printf ("http://127.0.0.1:%u", port);
  client_options (client, url, NULL, NULL);
  expect_down (client, "longer than 64 KiB");
  g_socket_service_stop (service);
  client_free (client);
  world_free (world);
}
END_TEST

START_TEST (unknown_host_name_says_so)
{
  World *world = world_new ();
  Client *client;

  client = client_new (world, NULL);
  client_options (client, "http://no-such-host.invalid:1", NULL, NULL);
  expect_down (client, "no address for 'no-such-host.invalid'");
  client_free (client);
  world_free (world);
}
END_TEST

static const char *const bad_urls[] = { "",
                                        "127.0.0.1:7447",
                                        "ftp://host",
                                        "http://",
                                        "http://user@host/",
                                        "http://host/?q",
                                        "http://host/#f",
                                        "http://[::1" };

START_TEST (url_that_is_none_is_refused)
{
  g_autoptr (LaneIdentity) identity = lane_identity_generate ();
  const LaneSignalingHttpOptions options = { .url = bad_urls[_i],
                                             .boot = "00000000000000000000000000000000" };
  const LaneSignalingEvents events = { NULL };
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (lane_signaling_http_new (NULL, identity, &options, &events, NULL, &error));
  ck_assert_ptr_nonnull (error);
}
END_TEST

START_TEST (client_may_be_freed_in_its_callback)
{
  World *world = world_new ();
  Client *sender, *reader;

  world_serve (world);
  sender = client_new (world, NULL);
  reader = client_new (world, NULL);
  reader->free_at_event = TRUE;
  client_connect (sender);
  client_connect (reader);
  client_send (sender, reader, "first");
  client_send (sender, reader, "second");
  ck_assert (world_run_until (world, has_received, reader, 2));
  world_run_for (world, 100);
  ck_assert_uint_eq (reader->received->len, 1);
  client_free (reader);
  client_free (sender);
  world_free (world);
}
END_TEST

START_TEST (session_taken_by_another_connection_of_the_same_run_is_made_anew)
{
  World *world = world_new ();
  Client *client;

  world_serve (world);
  client = client_new (world, NULL);
  client_connect (client);
  g_free (world_session (world, client->identity, client->boot, NULL));
  ck_assert (world_run_until (world, has_connected_twice, client, 5));
  ck_assert_ptr_nonnull (strstr (client->detail, "closed the connection"));
  client_free (client);
  world_free (world);
}
END_TEST

static void
on_stopped (gpointer data)
{
  ++*(guint *)data;
}

static gboolean
is_positive (gpointer data)
{
  return *(guint *)data > 0;
}

START_TEST (stop_sends_what_is_queued_and_then_leaves)
{
  World *world = world_new ();
  Client *leaver, *reader;
  guint stopped = 0;
  gint64 since;

  world_serve (world);
  leaver = client_new (world, NULL);
  reader = client_new (world, NULL);
  client_watch (reader, leaver);
  client_connect (reader);
  client_connect (leaver);
  wait_sight (reader, leaver, leaver->boot, 2);
  client_send (leaver, reader, "bye");
  since = g_get_monotonic_time ();
  lane_signaling_stop (leaver->signaling, on_stopped, &stopped);
  ck_assert_uint_eq (stopped, 0);
  ck_assert (world_run_until (world, is_positive, &stopped, 2));
  ck_assert_int_lt (g_get_monotonic_time () - since, 500 * 1000);
  ck_assert (world_run_until (world, has_received, reader, 1));
  wait_sight (reader, leaver, "-", 1);
  ck_assert_uint_eq (stopped, 1);
  client_free (leaver);
  client_free (reader);
  world_free (world);
}
END_TEST

START_TEST (stop_ends_within_a_second_when_nobody_answers)
{
  World *world = world_new ();
  Client *client;
  guint stopped = 0;

  client = client_new (world, NULL);
  client_options (client, "http://127.0.0.1:1", NULL, NULL);
  lane_signaling_start (client->signaling);
  lane_signaling_stop (client->signaling, on_stopped, &stopped);
  ck_assert (world_run_until (world, is_positive, &stopped, 1.2));
  client_free (client);
  world_free (world);
}
END_TEST

static int
compare_doubles (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

START_TEST (an_envelope_takes_milliseconds_not_a_delayed_ack)
{
  World *world = world_new ();
  Client *sender, *reader;
  double ms[101];

  world_serve (world);
  sender = client_new (world, NULL);
  reader = client_new (world, NULL);
  client_connect (sender);
  client_connect (reader);
  for (guint i = 0; i < G_N_ELEMENTS (ms); i++) {
    gint64 since = g_get_monotonic_time ();

    g_ptr_array_set_size (reader->received, 0);
    client_send (sender, reader, "ping");
    ck_assert (world_run_until (world, has_received, reader, 2));
    ms[i] = (g_get_monotonic_time () - since) / 1000.0;
  }
  qsort (ms, G_N_ELEMENTS (ms), sizeof *ms, compare_doubles);
  g_print ("envelope, client to rendezvous to client: median %.2f ms, p95 %.2f ms, max %.2f ms\n",
           ms[50], ms[95], ms[100]);
  ck_assert_double_lt (ms[50], 20); /* a stall of Nagle and a delayed ACK takes 40 */
  client_free (reader);
  client_free (sender);
  world_free (world);
}
END_TEST

START_TEST (joining_takes_few_round_trips)
{
  World *world = world_new ();
  Client *client;
  gint64 since;

  world_serve (world);
  client = client_new (world, NULL);
  since = g_get_monotonic_time ();
  client_connect (client);
  g_print ("start to connected: %.1f ms\n", (g_get_monotonic_time () - since) / 1000.0);
  ck_assert_uint_eq (client->downs, 0);
  client_free (client);
  world_free (world);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("signaling-http");
  TCase *tcase = tcase_create ("http");

  tcase_set_timeout (tcase, 30);
  tcase_add_test (tcase, two_clients_exchange_1000_envelopes_in_order);
  tcase_add_test (tcase, presence_follows_a_peer_on_off_and_through_a_restart);
  tcase_add_test (tcase, watching_later_tells_the_state_at_once);
  tcase_add_test (tcase, four_thousand_watched_ids_are_all_told);
  tcase_add_test (tcase, envelope_to_nobody_is_reported_undelivered);
  tcase_add_test (tcase, envelopes_sent_while_connecting_arrive);
  tcase_add_test (tcase, clients_rejoin_a_rendezvous_that_was_restarted);
  tcase_add_test (tcase, network_change_makes_a_new_session_at_once_without_a_presence_flap);
  tcase_add_test (tcase, second_node_with_one_identity_wins_and_the_first_keeps_away);
  tcase_add_test (tcase, token_is_needed_where_the_rendezvous_has_one);
  tcase_add_test (tcase, tls_is_trusted_by_ca_file_and_name_and_never_falls_back);
  tcase_add_test (tcase, https_to_a_plain_server_says_so);
  tcase_add_loop_test (tcase, stranger_at_the_address_is_named, 0, G_N_ELEMENTS (strangers));
  tcase_add_test (tcase, endless_answer_is_cut);
  tcase_add_test (tcase, unknown_host_name_says_so);
  tcase_add_loop_test (tcase, url_that_is_none_is_refused, 0, G_N_ELEMENTS (bad_urls));
  tcase_add_test (tcase, client_may_be_freed_in_its_callback);
  tcase_add_test (tcase, session_taken_by_another_connection_of_the_same_run_is_made_anew);
  tcase_add_test (tcase, stop_sends_what_is_queued_and_then_leaves);
  tcase_add_test (tcase, stop_ends_within_a_second_when_nobody_answers);
  tcase_add_test (tcase, an_envelope_takes_milliseconds_not_a_delayed_ack);
  tcase_add_test (tcase, joining_takes_few_round_trips);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
