#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "signaling/challenge.h"
#include "world.h"

#define BOOT_A "00000000000000000000000000000001"
#define BOOT_B "00000000000000000000000000000002"

/* A connection that speaks whatever the test wants. */
typedef struct {
  World *world;
  GSocket *socket;
  GString *read;
  gboolean closed;
} Raw;

static Raw *
raw_new (World *world, int receive_buffer)
{
  Raw *raw = g_new0 (Raw, 1);
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new_from_string ("127.0.0.1", world->port);
  g_autoptr (GError) error = NULL;

  raw->world = world;
  raw->read = g_string_new (NULL);
  raw->socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  if (receive_buffer > 0)
    g_socket_set_option (raw->socket, SOL_SOCKET, SO_RCVBUF, receive_buffer, NULL);
  ck_assert_msg (g_socket_connect (raw->socket, address, NULL, &error), "%s",
                 error == NULL ? "?" : error->message);
  g_socket_set_blocking (raw->socket, FALSE);
  return raw;
}

static void
raw_free (Raw *raw)
{
  g_object_unref (raw->socket);
  g_string_free (raw->read, TRUE);
  g_free (raw);
}

/* FALSE when the other end does not take it (now). */
static gboolean
raw_write (Raw *raw, const char *text)
{
  return g_socket_send (raw->socket, text, strlen (text), NULL, NULL) == (gssize)strlen (text);
}

static void
raw_read (Raw *raw)
{
  char buffer[4096];
  gssize count;
  g_autoptr (GError) error = NULL;

  while ((count = g_socket_receive (raw->socket, buffer, sizeof buffer, NULL, &error)) > 0)
    g_string_append_len (raw->read, buffer, count);
  raw->closed = count == 0 || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static gboolean
raw_is_closed (gpointer data)
{
  raw_read (data);
  return ((Raw *)data)->closed;
}

typedef struct {
  Raw *raw;
  const char *text;
} Expected;

static gboolean
raw_has (gpointer data)
{
  Expected *expected = data;

  raw_read (expected->raw);
  return strstr (expected->raw->read->str, expected->text) != NULL;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Raw sockets wake no loop: look at them every few ms. */
static gboolean
raw_wait (World *world, Condition condition, gpointer data, double seconds)
{
  GSource *tick = g_timeout_source_new (5);
  gboolean holds;

  g_source_set_callback (tick, on_tick, NULL, NULL);
  g_source_attach (tick, world->context);
  holds = world_run_until (world, condition, data, seconds);
  g_source_destroy (tick);
  g_source_unref (tick);
  return holds;
}

static void
raw_expect (Raw *raw, const char *text, double seconds)
{
  Expected expected = { raw, text };

  ck_assert_msg (raw_wait (raw->world, raw_has, &expected, seconds), "read '%s', not '%s'",
                 raw->read->str, text);
}

/* The event stream of @session. */
static Raw *
raw_events (World *world, const char *session, int receive_buffer)
{
  Raw *raw = raw_new (world, receive_buffer);
  g_autofree char *request =
      g_strdup_printf ("GET /v1/events?session=%s HTTP/1.1\r\nHost: x\r\n\r\n", session);

  raw_write (raw, request);
  raw_expect (raw, "\r\n\r\n:\n\n", 2);
  return raw;
}

static char *
send_body (const char *from, const char *to, const char *payload)
{
  return g_strdup_printf ("{\"messages\":[{\"from\":\"%s\",\"to\":\"%s\",\"payload\":\"%s\"}]}",
                          from, to, payload);
}

static guint
send_one (World *world, const char *session, LaneIdentity *from, LaneIdentity *to,
          const char *payload)
{
  g_autofree char *body =
      send_body (lane_identity_get_id (from), lane_identity_get_id (to), payload);
  g_auto (Answer) answer = world_ask (world, "POST", "/v1/send", session, body);

  if (answer.status == 200 && strstr (answer.body, lane_identity_get_id (to)) != NULL)
    return 0; /* undelivered */
  return answer.status;
}

static const struct {
  const char *method, *path, *body;
  guint status;
} plain_requests[] = {
  { "GET", "/", NULL, 200 },
  { "POST", "/", "{}", 413 }, /* no body belongs there */
  { "GET", "/nothing", NULL, 404 },
  { "GET", "/v1/session", NULL, 405 },
  { "PUT", "/v1/events", NULL, 405 },
  { "POST", "/v1/challenge", "", 400 },
  { "POST", "/v1/challenge", "[]", 400 },
  { "POST", "/v1/challenge", "{}", 400 },
  { "POST", "/v1/challenge", "{\"id\":\"short\"}", 400 },
  { "POST", "/v1/challenge", "{\"id\":7}", 400 },
  { "POST", "/v1/session", "{}", 400 },
  { "GET", "/v1/events", NULL, 401 },
  { "GET", "/v1/events?session=guess", NULL, 401 },
  { "POST", "/v1/send", "{\"messages\":[]}", 401 },
  { "POST", "/v1/watch", "{\"ids\":[]}", 401 },
  { "DELETE", "/v1/session", NULL, 401 },
};

START_TEST (request_without_a_session_is_answered_with_its_status)
{
  World *world = world_new ();

  world_serve (world);
  {
    g_auto (Answer) answer = world_ask (world, plain_requests[_i].method, plain_requests[_i].path,
                                        NULL, plain_requests[_i].body);

    ck_assert_msg (answer.status == plain_requests[_i].status, "%u: %s", answer.status,
                   answer.body);
  }
  world_free (world);
}
END_TEST

static const struct {
  const char *what;
  gboolean other_signer, other_key, other_boot, other_challenge, made_up, twice;
  guint status;
} proofs[] = {
  { .what = "right", .status = 200 },
  { .what = "signed with another key", .other_signer = TRUE, .status = 403 },
  { .what = "another's key and signature", .other_key = TRUE, .other_signer = TRUE, .status = 403 },
  { .what = "another boot was signed", .other_boot = TRUE, .status = 403 },
  { .what = "another's challenge", .other_challenge = TRUE, .status = 403 },
  { .what = "a challenge nobody gave", .made_up = TRUE, .status = 403 },
  { .what = "a challenge used before", .twice = TRUE, .status = 403 },
};

/* Whoever keeps a connection, as HTTP/1.1 lets everybody, must not meet a reset. */
START_TEST (connection_stays_open_for_the_next_request)
{
  World *world = world_new ();
  Raw *raw;

  world_serve (world);
  raw = raw_new (world, 0);
  for (int i = 0; i < 5; i++) {
    g_string_truncate (raw->read, 0);
    ck_assert (raw_write (raw, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    raw_expect (raw, "icelane rendezvous", 2);
    ck_assert_ptr_null (strstr (raw->read->str, "Connection: close"));
    world_run_for (world, 20);
    ck_assert (!raw_is_closed (raw));
  }
  raw_free (raw);
  world_free (world);
}
END_TEST

START_TEST (only_the_owner_of_the_key_gets_a_session)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) identity = lane_identity_generate ();
  g_autoptr (LaneIdentity) other = lane_identity_generate ();
  g_autofree char *challenge = NULL, *body = NULL;

  world_serve (world);
  challenge = proofs[_i].made_up
                  ? lane_challenge_random ()
                  : world_challenge (world, proofs[_i].other_challenge ? other : identity);
  body = world_session_body (identity, proofs[_i].other_signer ? other : identity, challenge,
                             BOOT_A, proofs[_i].other_boot ? BOOT_B : BOOT_A, NULL);
  if (proofs[_i].other_key) {
    g_autoptr (GBytes) key = g_bytes_ref (lane_identity_get_public_key (identity));
    g_autoptr (GBytes) wrong = g_bytes_ref (lane_identity_get_public_key (other));
    g_autofree char *from = g_base64_encode (g_bytes_get_data (key, NULL), g_bytes_get_size (key));
    g_autofree char *to =
        g_base64_encode (g_bytes_get_data (wrong, NULL), g_bytes_get_size (wrong));
    g_autoptr (GString) text = g_string_new (body);

    ck_assert_uint_eq (g_string_replace (text, from, to, 0), 1);
    g_free (body);
    body = g_strdup (text->str);
  }
  if (proofs[_i].twice) {
    g_auto (Answer) first = world_ask (world, "POST", "/v1/session", NULL, body);

    ck_assert_uint_eq (first.status, 200);
  }
  {
    g_auto (Answer) answer = world_ask (world, "POST", "/v1/session", NULL, body);

    ck_assert_msg (answer.status == proofs[_i].status, "%s: %u %s", proofs[_i].what, answer.status,
                   answer.body);
  }
  world_free (world);
}
END_TEST

START_TEST (challenge_is_good_once_for_its_id_and_10_s)
{
  g_autoptr (LaneChallenges) challenges = lane_challenges_new ();
  const gint64 second = G_USEC_PER_SEC;
  g_autofree char *once = lane_challenges_issue (challenges, "a", NULL, 0);
  g_autofree char *late = lane_challenges_issue (challenges, "a", NULL, 0);
  g_autofree char *of_a = lane_challenges_issue (challenges, "a", NULL, 0);

  ck_assert_uint_eq (strlen (once), 43);
  ck_assert (lane_challenges_redeem (challenges, once, "a", 10 * second - 1));
  ck_assert (!lane_challenges_redeem (challenges, once, "a", 10 * second - 1));
  ck_assert (!lane_challenges_redeem (challenges, late, "a", 10 * second));
  ck_assert (!lane_challenges_redeem (challenges, of_a, "b", second));
}
END_TEST

START_TEST (one_address_cannot_push_out_the_challenges_of_another)
{
  g_autoptr (LaneChallenges) challenges = lane_challenges_new ();
  g_autofree char *first = lane_challenges_issue (challenges, "a", "192.0.2.1", 0);
  g_autofree char *flooded = lane_challenges_issue (challenges, "b", "192.0.2.2", 0);

  for (int i = 0; i < 5000; i++)
    g_free (lane_challenges_issue (challenges, "b", "192.0.2.2", 1));
  ck_assert (!lane_challenges_redeem (challenges, flooded, "b", 2));
  ck_assert (lane_challenges_redeem (challenges, first, "a", 2));
}
END_TEST

START_TEST (envelope_arrives_byte_by_byte_and_only_from_its_sender)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) a = lane_identity_generate (), b = lane_identity_generate ();
  const char *id_a = lane_identity_get_id (a), *id_b = lane_identity_get_id (b);
  g_autofree char *session_a = NULL, *session_b = NULL, *envelope = NULL, *body = NULL;
  g_autofree char *event = NULL, *forged = NULL;
  Raw *events;

  world_serve (world);
  session_a = world_session (world, a, BOOT_A, NULL);
  session_b = world_session (world, b, BOOT_B, NULL);
  events = raw_events (world, session_b, 0);

  envelope = g_strdup_printf ("{ \"to\" : \"%s\", \"payload\":\"\\u0041\\/ ]}{[ \\\\\\\" \\\\\", "
                              "\"x\":[{}, [1e3]],\"from\":\"%s\" }",
                              id_b, id_a);
  body = g_strdup_printf (" {\"messages\" : [ %s ,%s ] } ", envelope, envelope);
  event = g_strdup_printf ("event: message\ndata: %s\n\nevent: message\ndata: %s\n\n", envelope,
                           envelope);
  {
    g_auto (Answer) answer = world_ask (world, "POST", "/v1/send", session_a, body);

    ck_assert_msg (answer.status == 200, "%s", answer.body);
    ck_assert_str_eq (answer.body, "{\"undelivered\":[]}");
  }
  raw_expect (events, event, 2);

  g_string_truncate (events->read, 0);
  forged =
      g_strdup_printf ("{\"messages\":[%s,{\"from\":\"%s\",\"to\":\"%s\"}]}", envelope, id_b, id_b);
  {
    g_auto (Answer) answer = world_ask (world, "POST", "/v1/send", session_a, forged);

    ck_assert_uint_eq (answer.status, 403);
  }
  world_run_for (world, 50);
  raw_read (events);
  ck_assert_str_eq (events->read->str, ""); /* nothing of a batch with a forged part goes out */
  raw_free (events);
  world_free (world);
}
END_TEST

START_TEST (accepted_send_is_acknowledged_on_the_event_stream)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) a = lane_identity_generate (), b = lane_identity_generate ();
  g_autofree char *session = NULL;
  Raw *events;

  world_serve (world);
  session = world_session (world, a, BOOT_A, NULL);
  events = raw_events (world, session, 0);
  world_run_for (world, 20);
  raw_read (events);
  g_string_truncate (events->read, 0);
  ck_assert_uint_eq (send_one (world, session, a, b, "to nobody"), 0);
  raw_expect (events, "event: ack\ndata: {}\n\n", 0.5); /* though it could not be delivered */

  g_string_truncate (events->read, 0);
  ck_assert_uint_eq (send_one (world, session, b, a, "forged"), 403);
  world_run_for (world, 50);
  raw_read (events);
  ck_assert_str_eq (events->read->str, "");
  raw_free (events);
  world_free (world);
}
END_TEST

static const struct {
  const char *body;
  guint status;
} bad_sends[] = {
  { "{}", 400 },
  { "{\"messages\":{}}", 400 },
  { "{\"messages\":[1]}", 400 },
  { "{\"messages\":[[{}]]}", 400 },
  { "{\"messages\":[{}]}", 403 },
  { "{\"messages\":[],\"more\":1}", 400 },
  { "{\"messages\":[],\"messages\":[]}", 400 },
  { "{\"messages\":[}", 400 },
  { "{\"messages\":[{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"i\":{\"j\":{\"k\":"
    "{\"l\":{\"m\":{\"n\":{\"o\":1}}}}}}}}}}}}}}}]}",
    400 },
};

START_TEST (malformed_send_is_refused)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) a = lane_identity_generate ();
  g_autofree char *session = NULL;

  world_serve (world);
  session = world_session (world, a, BOOT_A, NULL);
  {
    g_auto (Answer) answer = world_ask (world, "POST", "/v1/send", session, bad_sends[_i].body);

    ck_assert_msg (answer.status == bad_sends[_i].status, "%u: %s", answer.status, answer.body);
  }
  world_free (world);
}
END_TEST

static gsize
resident_kib (void)
{
  unsigned long size, resident = 0;
  FILE *file = fopen ("/proc/self/statm", "r");

  ck_assert_int_eq (fscanf (file, "%lu %lu", &size, &resident), 2);
  fclose (file);
  return resident * 4;
}

START_TEST (body_beyond_its_limit_gets_413)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) a = lane_identity_generate ();
  g_autofree char *session = NULL, *large = g_malloc0 (100 * 1024), *body = NULL;

  world_serve (world);
  session = world_session (world, a, BOOT_A, NULL);
  memset (large, 'x', 100 * 1024 - 1);
  body = send_body (lane_identity_get_id (a), lane_identity_get_id (a), large);
  {
    g_auto (Answer) send = world_ask (world, "POST", "/v1/send", session, body);
    g_auto (Answer) challenge = world_ask (world, "POST", "/v1/challenge", NULL, large);

    ck_assert_uint_eq (send.status, 413);
    ck_assert_uint_eq (challenge.status, 413);
  }
  world_free (world);
}
END_TEST

START_TEST (body_in_chunks_is_counted_as_it_comes)
{
  World *world = world_new ();
  g_autoptr (GString) request =
      g_string_new ("POST /v1/challenge HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  Raw *raw;

  world_serve (world);
  raw = raw_new (world, 0);
  for (int i = 0; i < 100; i++)
    g_string_append (request,
                     "40\r\n          .         .         .         .         .   64        \r\n");
  g_string_append (request, "0\r\n\r\n");
  ck_assert (raw_write (raw, request->str));
  raw_expect (raw, "HTTP/1.1 413 ", 2);
  raw_free (raw);
  world_free (world);
}
END_TEST

/* Writes @text over and over until @bytes are out or the other end has enough. */
static gsize
pour (Raw *raw, const char *text, gsize bytes)
{
  gsize poured = 0;

  while (poured < bytes && !raw->closed) {
    if (raw_write (raw, text))
      poured += strlen (text);
    else
      world_run_for (raw->world, 1);
    raw_read (raw);
  }
  return poured;
}

static const char *const endless[] = {
  "POST /v1/send HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
  "POST /v1/challenge HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\nX-Endless: ",
  "GET /",
};

START_TEST (endless_request_is_cut_and_costs_little)
{
  World *world = world_new ();
  g_autoptr (GString) piece = g_string_new ("8000\r\n");
  gsize before, poured;
  Raw *raw;

  world_serve (world);
  raw = raw_new (world, 0);
  while (piece->len < 6 + 0x8000)
    g_string_append_c (piece, 'x');
  g_string_append (piece, "\r\n");
  if (_i > 0)
    g_string_truncate (piece, 30000);

  before = resident_kib ();
  raw_write (raw, endless[_i]);
  poured = pour (raw, piece->str, 64 * 1024 * 1024);
  ck_assert_msg (raw->closed, "took %" G_GSIZE_FORMAT " bytes", poured);
  ck_assert_uint_lt (poured, 16 * 1024 * 1024);
  ck_assert_uint_lt (resident_kib () - before, 16 * 1024);
  raw_free (raw);
  world_free (world);
}
END_TEST

START_TEST (unfinished_business_ends_after_10_s)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) idle = lane_identity_generate ();
  g_autofree char *session = NULL;
  Raw *raws[4];
  gint64 since = g_get_monotonic_time ();

  world_serve (world);
  session = world_session (world, idle, BOOT_A, NULL);
  for (int i = 0; i < 4; i++)
    raws[i] = raw_new (world, 0);
  raw_write (raws[1], "GET / HTT");
  raw_write (raws[2], "POST /v1/challenge HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{\"id");
  raw_write (raws[3],
             "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); /* answered, but never proves anything */

  for (int i = 0; i < 4; i++) {
    ck_assert (raw_wait (world, raw_is_closed, raws[i], 12));
    raw_free (raws[i]);
  }
  ck_assert_int_gt (g_get_monotonic_time () - since, 9 * G_USEC_PER_SEC);
  world_run_for (world, 200);
  {
    g_auto (Answer) answer = world_ask (world, "POST", "/v1/send", session, "{\"messages\":[]}");

    ck_assert_uint_eq (answer.status, 401); /* it never asked for its events */
  }
  world_free (world);
}
END_TEST

START_TEST (connections_of_one_address_are_counted)
{
  World *world = world_new ();
  Raw *raws[5];

  world->options.max_per_address = 4;
  world_serve (world);
  for (int i = 0; i < 5; i++)
    raws[i] = raw_new (world, 0);
  ck_assert (raw_wait (world, raw_is_closed, raws[4], 2));
  for (int i = 0; i < 4; i++)
    ck_assert (!raw_is_closed (raws[i]));
  raw_free (raws[4]);
  raw_free (raws[0]);
  world_run_for (world, 50);
  raws[0] = raw_new (world, 0);
  raw_write (raws[0], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  raw_expect (raws[0], "icelane rendezvous", 2);
  for (int i = 0; i < 4; i++)
    raw_free (raws[i]);
  world_free (world);
}
END_TEST

START_TEST (crowd_of_strangers_pushes_out_its_own_oldest)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) a = lane_identity_generate ();
  g_autofree char *session = NULL;
  Raw *events, *raws[97];

  world_serve (world);
  session = world_session (world, a, BOOT_A, NULL);
  events = raw_events (world, session, 0);
  for (guint i = 0; i < G_N_ELEMENTS (raws); i++) {
    raws[i] = raw_new (world, 0);
    raw_write (raws[i], "GET / HTTP/1.1\r\n");
    world_run_for (world, 1);
  }
  ck_assert (raw_wait (world, raw_is_closed, raws[0], 2));
  for (guint i = 1; i < G_N_ELEMENTS (raws); i++)
    ck_assert (!raw_is_closed (raws[i]));
  ck_assert (!raw_is_closed (events));
  for (guint i = 0; i < G_N_ELEMENTS (raws); i++)
    raw_free (raws[i]);
  raw_free (events);
  world_free (world);
}
END_TEST

START_TEST (reader_who_does_not_read_is_closed_at_256_kib)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) a = lane_identity_generate (), b = lane_identity_generate ();
  g_autofree char *session_a = NULL, *session_b = NULL, *payload = g_malloc0 (32 * 1024);
  Raw *events;
  guint delivered = 0;

  world_serve (world);
  session_a = world_session (world, a, BOOT_A, NULL);
  session_b = world_session (world, b, BOOT_B, NULL);
  events = raw_events (world, session_b, 4096);
  memset (payload, 'x', 32 * 1024 - 1);
  while (send_one (world, session_a, a, b, payload) == 200)
    ck_assert_uint_lt (++delivered, 64);
  g_print ("an event stream that is not read takes %u KiB before it is closed\n", delivered * 32);
  ck_assert_uint_ge (delivered, 8); /* 256 KiB, and what the kernel and one portion hold */
  ck_assert_uint_le (delivered, 8 + 16);
  ck_assert (raw_wait (world, raw_is_closed, events, 2));
  raw_free (events);
  world_free (world);
}
END_TEST

START_TEST (lost_event_stream_may_return_within_3_s)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) a = lane_identity_generate (), b = lane_identity_generate ();
  g_autofree char *watch = NULL, *session_a = NULL, *session_b = NULL;
  Raw *watcher, *events;
  gint64 lost;

  world_serve (world);
  watch = g_strdup_printf (",\"watch\":[\"%s\"]", lane_identity_get_id (b));
  session_a = world_session (world, a, BOOT_A, watch);
  watcher = raw_events (world, session_a, 0);
  raw_expect (watcher, "\"boot\":null}", 2);
  session_b = world_session (world, b, BOOT_B, NULL);
  world_run_for (world, 50);
  raw_read (watcher);
  ck_assert_ptr_null (strstr (watcher->read->str, BOOT_B)); /* not before it listens */
  events = raw_events (world, session_b, 0);
  raw_expect (watcher, BOOT_B, 2);
  g_string_truncate (watcher->read, 0);

  ck_assert_uint_eq (send_one (world, session_a, a, b, "before"), 200);
  raw_expect (events, "before", 2);
  raw_free (events);
  world_run_for (world, 50);
  ck_assert_uint_eq (send_one (world, session_a, a, b, "meanwhile"), 200);
  events = raw_events (world, session_b, 0);
  raw_expect (events, "meanwhile", 2);
  /* Nobody knows whether it had been read: a receiver sees by its sequence. */
  ck_assert_ptr_nonnull (strstr (events->read->str, "before"));
  ck_assert_ptr_null (strstr (watcher->read->str, "presence"));

  lost = g_get_monotonic_time ();
  raw_free (events);
  raw_expect (watcher, "\"boot\":null}", 4);
  ck_assert_int_gt (g_get_monotonic_time () - lost, 2900 * 1000);
  ck_assert_uint_eq (send_one (world, session_a, a, b, "after"), 0);
  raw_free (watcher);
  world_free (world);
}
END_TEST

START_TEST (same_run_again_replaces_its_session_silently)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) a = lane_identity_generate ();
  g_autofree char *first = NULL, *second = NULL;
  Raw *events;

  world_serve (world);
  first = world_session (world, a, BOOT_A, NULL);
  events = raw_events (world, first, 0);
  second = world_session (world, a, BOOT_A, NULL);
  ck_assert (raw_wait (world, raw_is_closed, events, 2));
  ck_assert_ptr_null (strstr (events->read->str, "replaced"));
  raw_free (events);
  {
    g_auto (Answer) old = world_ask (world, "POST", "/v1/send", first, "{\"messages\":[]}");
    g_auto (Answer) new = world_ask (world, "POST", "/v1/send", second, "{\"messages\":[]}");

    ck_assert_uint_eq (old.status, 401);
    ck_assert_uint_eq (new.status, 200);
  }
  world_free (world);
}
END_TEST

START_TEST (other_run_replaces_the_older_unless_it_yields)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) a = lane_identity_generate ();
  g_autofree char *first = NULL, *second = NULL, *challenge = NULL, *body = NULL;
  Raw *events;

  world_serve (world);
  first = world_session (world, a, BOOT_A, NULL);
  events = raw_events (world, first, 0);
  challenge = world_challenge (world, a);
  body = world_session_body (a, a, challenge, BOOT_B, BOOT_B, ",\"yield\":true");
  {
    g_auto (Answer) answer = world_ask (world, "POST", "/v1/session", NULL, body);

    ck_assert_uint_eq (answer.status, 409);
  }
  second = world_session (world, a, BOOT_B, NULL);
  raw_expect (events, "event: replaced\ndata: {}\n\n", 2);
  ck_assert (raw_wait (world, raw_is_closed, events, 2));
  raw_free (events);
  world_free (world);
}
END_TEST

START_TEST (too_many_watched_ids_are_refused)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) a = lane_identity_generate ();
  g_autofree char *session = NULL;
  g_autoptr (GString) body = g_string_new ("{\"ids\":[");

  world_serve (world);
  session = world_session (world, a, BOOT_A, NULL);
  for (int i = 0; i < 4097; i++)
    g_string_append_printf (body, "%s\"%s\"", i == 0 ? "" : ",", lane_identity_get_id (a));
  g_string_append (body, "]}");
  {
    g_auto (Answer) many = world_ask (world, "POST", "/v1/watch", session, body->str);
    g_auto (Answer) wrong = world_ask (world, "POST", "/v1/watch", session, "{\"ids\":[\"x\"]}");

    ck_assert_uint_eq (many.status, 400);
    ck_assert_uint_eq (wrong.status, 400);
  }
  world_free (world);
}
END_TEST

START_TEST (flood_of_messages_is_told_to_wait)
{
  World *world = world_new ();
  g_autoptr (LaneIdentity) a = lane_identity_generate ();
  g_autofree char *session = NULL;
  g_autoptr (GString) body = g_string_new ("{\"messages\":[");
  guint status = 200, sent = 0;

  world_serve (world);
  session = world_session (world, a, BOOT_A, NULL);
  for (int i = 0; i < 200; i++)
    g_string_append_printf (body, "%s{\"from\":\"%s\",\"to\":\"%s\"}", i == 0 ? "" : ",",
                            lane_identity_get_id (a), lane_identity_get_id (a));
  g_string_append (body, "]}");
  while (status == 200 && sent++ < 100) {
    g_auto (Answer) answer = world_ask (world, "POST", "/v1/send", session, body->str);

    status = answer.status;
  }
  ck_assert_uint_eq (status, 429);
  world_free (world);
}
END_TEST

static const char *const bad_addresses[] = { "",
                                             "7447",
                                             ":7447",
                                             "host:7447",
                                             "::1:7447",
                                             "[::1]",
                                             "[127.0.0.1]:7447",
                                             "127.0.0.1:70000",
                                             "127.0.0.1:",
                                             "192.0.2.1:7447" };

START_TEST (listen_address_that_is_none_is_refused)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  const LaneRendezvousOptions options = { .listen = bad_addresses[_i] };
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (lane_rendezvous_new (context, &options, &error));
  ck_assert_ptr_nonnull (strstr (error->message, bad_addresses[_i]));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("rendezvous");
  TCase *tcase = tcase_create ("rendezvous");

  tcase_set_timeout (tcase, 40);
  tcase_add_loop_test (tcase, request_without_a_session_is_answered_with_its_status, 0,
                       G_N_ELEMENTS (plain_requests));
  tcase_add_loop_test (tcase, only_the_owner_of_the_key_gets_a_session, 0, G_N_ELEMENTS (proofs));
  tcase_add_test (tcase, connection_stays_open_for_the_next_request);
  tcase_add_test (tcase, accepted_send_is_acknowledged_on_the_event_stream);
  tcase_add_test (tcase, challenge_is_good_once_for_its_id_and_10_s);
  tcase_add_test (tcase, one_address_cannot_push_out_the_challenges_of_another);
  tcase_add_test (tcase, envelope_arrives_byte_by_byte_and_only_from_its_sender);
  tcase_add_loop_test (tcase, malformed_send_is_refused, 0, G_N_ELEMENTS (bad_sends));
  tcase_add_test (tcase, body_beyond_its_limit_gets_413);
  tcase_add_test (tcase, body_in_chunks_is_counted_as_it_comes);
  tcase_add_loop_test (tcase, endless_request_is_cut_and_costs_little, 0, G_N_ELEMENTS (endless));
  tcase_add_test (tcase, unfinished_business_ends_after_10_s);
  tcase_add_test (tcase, connections_of_one_address_are_counted);
  tcase_add_test (tcase, crowd_of_strangers_pushes_out_its_own_oldest);
  tcase_add_test (tcase, reader_who_does_not_read_is_closed_at_256_kib);
  tcase_add_test (tcase, lost_event_stream_may_return_within_3_s);
  tcase_add_test (tcase, same_run_again_replaces_its_session_silently);
  tcase_add_test (tcase, other_run_replaces_the_older_unless_it_yields);
  tcase_add_test (tcase, too_many_watched_ids_are_refused);
  tcase_add_test (tcase, flood_of_messages_is_told_to_wait);
  tcase_add_loop_test (tcase, listen_address_that_is_none_is_refused, 0,
                       G_N_ELEMENTS (bad_addresses));
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
