#include "secure/dtls.h"

#include <gnutls/dtls.h>
#include <string.h>

#include "core/channel/wire.h"
#include "suite.h"

#define DEADLINE_US (8 * G_USEC_PER_SEC)

typedef enum { NOTHING, SEND, CONNECTED, RECEIVED, CLOSED } Callback;

typedef struct {
  int index;
  LaneIdentity *identity;
  LaneDtls *dtls;
  guint n_connected, n_received, n_closed;
  GString *text;
  GError *error;
  Callback free_in;
  gboolean echo;
} Side;

static GMainContext *context;
static Wire *wire;
static Side sides[2];

static void
free_if (Side *side, Callback callback)
{
  if (side->free_in != callback)
    return;
  side->free_in = NOTHING;
  g_clear_pointer (&side->dtls, lane_dtls_free);
}

static void
on_send (LaneDtls *dtls, const guint8 *datagram, gsize length, gpointer user_data)
{
  Side *side = user_data;

  ck_assert_ptr_nonnull (side->dtls);
  wire_send (wire, 1 - side->index, datagram, length);
  free_if (side, SEND);
}

static void
on_connected (LaneDtls *dtls, gpointer user_data)
{
  Side *side = user_data;

  ck_assert_ptr_eq (side->dtls, dtls);
  side->n_connected++;
  free_if (side, CONNECTED);
}

static void
on_received (LaneDtls *dtls, const guint8 *data, gsize length, gpointer user_data)
{
  Side *side = user_data;

  ck_assert_ptr_eq (side->dtls, dtls);
  ck_assert_uint_eq (side->n_connected, 1);
  side->n_received++;
  g_string_append_len (side->text, (const char *)data, (gssize)length);
  if (side->echo)
    ck_assert (lane_dtls_write (dtls, data, length));
  free_if (side, RECEIVED);
}

static void
on_closed (LaneDtls *dtls, const GError *error, gpointer user_data)
{
  Side *side = user_data;

  ck_assert_ptr_eq (side->dtls, dtls);
  side->n_closed++;
  ck_assert_uint_eq (side->n_closed, 1);
  side->error = g_error_copy (error);
  free_if (side, CLOSED);
}

static const LaneDtlsEvents EVENTS = { on_send, on_connected, on_received, on_closed };

static guint padding; /* bytes that something on the way puts at the end */

static void
deliver (int to, const guint8 *data, gsize length, gpointer user_data)
{
  g_autofree guint8 *padded = g_malloc0 (length + padding);

  memcpy (padded, data, length);
  if (sides[to].dtls != NULL)
    lane_dtls_feed (sides[to].dtls, padded, length + padding);
}

static void
setup (void)
{
  context = g_main_context_new ();
  wire = wire_new (context, 1, deliver, NULL);
  for (int i = 0; i < 2; i++)
    sides[i] =
        (Side){ .index = i, .identity = lane_identity_generate (), .text = g_string_new (NULL) };
}

static void
teardown (void)
{
  for (int i = 0; i < 2; i++) {
    g_clear_pointer (&sides[i].dtls, lane_dtls_free);
    lane_identity_unref (sides[i].identity);
    g_string_free (sides[i].text, TRUE);
    g_clear_error (&sides[i].error);
  }
  wire_free (wire);
  g_main_context_unref (context);
}

static void
make (int index, const char *id, const char *fingerprint)
{
  GError *error = NULL;

  sides[index].dtls = lane_dtls_new (context, sides[index].identity, index == 0, id, fingerprint,
                                     &EVENTS, &sides[index], &error);
  g_assert_no_error (error);
}

static void
make_both (void)
{
  for (int i = 0; i < 2; i++)
    make (i, lane_identity_get_id (sides[1 - i].identity),
          lane_identity_get_fingerprint (sides[1 - i].identity));
}

static void
start_both (void)
{
  for (int i = 0; i < 2; i++)
    if (sides[i].dtls != NULL)
      lane_dtls_start (sides[i].dtls);
}

#define RUN_UNTIL(condition)                                                                       \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;                                    \
    GSource *alarm = g_timeout_source_new (DEADLINE_US / 1000);                                    \
    g_source_set_callback (alarm, on_alarm, NULL, NULL);                                           \
    g_source_attach (alarm, context);                                                              \
    while (!(condition) && g_get_monotonic_time () < deadline_us)                                  \
      g_main_context_iteration (context, TRUE);                                                    \
    g_source_destroy (alarm);                                                                      \
    g_source_unref (alarm);                                                                        \
    ck_assert_msg ((condition), "deadline: " #condition);                                          \
  }                                                                                                \
  G_STMT_END

static gboolean
on_alarm (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
both_connected (void)
{
  return sides[0].n_connected == 1 && sides[1].n_connected == 1;
}

static gboolean
write_text (int from, const char *text)
{
  return lane_dtls_write (sides[from].dtls, (const guint8 *)text, strlen (text));
}

START_TEST (pinned_peers_connect_and_talk)
{
  make_both ();
  ck_assert (!write_text (0, "too early"));
  start_both ();
  RUN_UNTIL (both_connected ());
  ck_assert (lane_dtls_is_connected (sides[0].dtls));

  sides[1].echo = TRUE;
  ck_assert (write_text (0, "one "));
  ck_assert (write_text (0, "two"));
  RUN_UNTIL (sides[0].n_received == 2);
  ck_assert_str_eq (sides[0].text->str, "one two");
}
END_TEST

START_TEST (handshake_takes_milliseconds)
{
  gint64 best_us = G_MAXINT64;

  for (int i = 0; i < 5; i++) {
    gint64 start_us = g_get_monotonic_time ();

    make_both ();
    start_both ();
    RUN_UNTIL (both_connected ());
    best_us = MIN (best_us, g_get_monotonic_time () - start_us);
    for (int j = 0; j < 2; j++) {
      g_clear_pointer (&sides[j].dtls, lane_dtls_free);
      sides[j].n_connected = 0;
    }
  }
  g_test_message ("handshake: %" G_GINT64_FORMAT " us", best_us);
  if (g_getenv ("LANE_BENCH") != NULL)
    g_printerr ("DTLS handshake: %" G_GINT64_FORMAT " us\n", best_us);
  ck_assert_int_lt (best_us, 100000); /* far above what it takes, below any timer */
}
END_TEST

START_TEST (datagrams_stay_within_1200_bytes)
{
  guint8 data[1200] = { 0 };

  make_both ();
  start_both ();
  RUN_UNTIL (both_connected ());
  ck_assert (lane_dtls_write (sides[0].dtls, data, 1160)); /* an SCTP packet */
  ck_assert (!lane_dtls_write (sides[0].dtls, data, 1200));
  ck_assert (!lane_dtls_write (sides[0].dtls, data, 0));
  RUN_UNTIL (sides[1].n_received == 1);
  ck_assert_uint_eq (sides[1].text->len, 1160);
  ck_assert_uint_le (wire_longest (wire), 1200);
}
END_TEST

START_TEST (datagrams_before_start_are_kept)
{
  make_both ();
  lane_dtls_start (sides[0].dtls);
  RUN_UNTIL (wire_count (wire, 1) >= 1);
  while (g_main_context_iteration (context, FALSE))
    ;
  lane_dtls_start (sides[1].dtls);
  RUN_UNTIL (both_connected ());
  ck_assert_uint_eq (wire_count (wire, 1), 2); /* a flight each, nothing was sent again */
  ck_assert_uint_eq (wire_count (wire, 0), 2);
}
END_TEST

START_TEST (handshake_survives_a_bad_path)
{
  WireQuality *quality = wire_quality (wire);

  wire_free (wire);
  wire = wire_new (context, (guint32)_i, deliver, NULL);
  quality = wire_quality (wire);
  quality->loss = 0.2;
  quality->duplicate = 0.1;
  quality->reorder = 0.25;
  make_both ();
  start_both ();
  RUN_UNTIL (both_connected ());
}
END_TEST

START_TEST (bad_records_are_dropped_in_silence)
{
  WireQuality *quality = wire_quality (wire);
  guint8 junk[64];
  guint8 record[64] = { 0x17, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 1, 0 };

  make_both ();
  start_both ();
  RUN_UNTIL (both_connected ());

  quality->corrupt = 1;
  for (int i = 0; i < 50; i++)
    ck_assert (write_text (0, "never to be read"));
  quality->corrupt = 0;
  for (guint first = 0; first < 256; first++) {
    memset (junk, (int)first, sizeof junk);
    lane_dtls_feed (sides[1].dtls, junk, sizeof junk);
    lane_dtls_feed (sides[1].dtls, junk, 1);
  }
  for (guint claim = 0; claim < 256; claim++) { /* length and datagram do not agree, or do */
    record[12] = (guint8)claim;
    lane_dtls_feed (sides[1].dtls, record, sizeof record);
    lane_dtls_feed (sides[1].dtls, record, claim % sizeof record);
  }
  /* A fatal alert and a close_notify in the clear: anybody on the path could have sent them. */
  lane_dtls_feed (sides[1].dtls, (const guint8 *)"\x15\xfe\xfd\0\0\0\0\0\0\0\x63\0\x02\x02\x28",
                  15);
  lane_dtls_feed (sides[1].dtls, (const guint8 *)"\x15\xfe\xfd\0\0\0\0\0\0\0\x64\0\x02\x01\0", 15);
  ck_assert (write_text (0, "good"));
  RUN_UNTIL (sides[1].n_received == 1);
  ck_assert_str_eq (sides[1].text->str, "good");
  ck_assert_uint_eq (sides[1].n_closed, 0);
}
END_TEST

/* node-turn pads ChannelData over UDP, as RFC 8656 section 12.5 lets it. */
START_TEST (padding_of_a_turn_server_is_cut_off)
{
  padding = (guint)_i;
  make_both ();
  start_both ();
  RUN_UNTIL (both_connected ());
  ck_assert (write_text (0, "good"));
  RUN_UNTIL (sides[1].n_received == 1);
  ck_assert_str_eq (sides[1].text->str, "good");
}
END_TEST

/* Found with the above: GnuTLS glues datagrams together to fill the longest record claimed. */
START_TEST (forged_record_header_does_not_swallow_what_follows)
{
  static const guint8 forged[] = { 0x17, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 9, 9, 0x40, 0 };

  make_both ();
  start_both ();
  RUN_UNTIL (both_connected ());
  lane_dtls_feed (sides[1].dtls, forged, sizeof forged);
  ck_assert (write_text (0, "good"));
  RUN_UNTIL (sides[1].n_received == 1);
}
END_TEST

START_TEST (replayed_record_is_delivered_once)
{
  make_both ();
  start_both ();
  RUN_UNTIL (both_connected ());
  wire_quality (wire)->duplicate = 1;
  ck_assert (write_text (0, "once"));
  ck_assert (write_text (0, "end"));
  RUN_UNTIL (g_str_has_suffix (sides[1].text->str, "end"));
  while (g_main_context_iteration (context, FALSE))
    ;
  ck_assert_str_eq (sides[1].text->str, "onceend");
}
END_TEST

/* _i: which end is mistaken about the other, and in what. */
START_TEST (wrong_identity_is_refused)
{
  g_autoptr (LaneIdentity) stranger = lane_identity_generate ();
  int judge = _i & 1;
  gboolean wrong_key = (_i & 2) != 0;
  Side *other = &sides[1 - judge];

  make (1 - judge, lane_identity_get_id (sides[judge].identity),
        lane_identity_get_fingerprint (sides[judge].identity));
  make (judge, lane_identity_get_id (wrong_key ? stranger : other->identity),
        lane_identity_get_fingerprint (wrong_key ? other->identity : stranger));
  start_both ();
  RUN_UNTIL (sides[judge].n_closed == 1 && other->n_closed == 1);

  ck_assert (g_error_matches (sides[judge].error, LANE_DTLS_ERROR, LANE_DTLS_ERROR_IDENTITY));
  ck_assert_uint_eq (sides[judge].n_connected, 0);
  ck_assert_uint_eq (sides[judge].n_received, 0);
  ck_assert (!write_text (judge, "nothing"));
}
END_TEST

START_TEST (fingerprint_may_be_in_lower_case)
{
  g_autofree char *lower = g_ascii_strdown (lane_identity_get_fingerprint (sides[1].identity), -1);

  make (0, lane_identity_get_id (sides[1].identity), lower);
  make (1, lane_identity_get_id (sides[0].identity),
        lane_identity_get_fingerprint (sides[0].identity));
  start_both ();
  RUN_UNTIL (both_connected ());
}
END_TEST

START_TEST (bad_fingerprint_makes_no_session)
{
  static const char *const bad[] = {
    "",
    "AB:CD",
    "sha-256 AB",
    "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
    "0G",
    "00-00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
    "00",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    LaneDtls *dtls =
        lane_dtls_new (context, sides[0].identity, TRUE, "id", bad[i], &EVENTS, &sides[0], &error);

    ck_assert_ptr_null (dtls);
    ck_assert (g_error_matches (error, LANE_DTLS_ERROR, LANE_DTLS_ERROR_IDENTITY));
  }
}
END_TEST

START_TEST (close_tells_the_peer)
{
  make_both ();
  start_both ();
  RUN_UNTIL (both_connected ());
  lane_dtls_close (sides[0].dtls);
  ck_assert (!lane_dtls_is_connected (sides[0].dtls));
  ck_assert (!write_text (0, "late"));
  RUN_UNTIL (sides[1].n_closed == 1);
  ck_assert (g_error_matches (sides[1].error, LANE_DTLS_ERROR, LANE_DTLS_ERROR_CLOSED));
  ck_assert_uint_eq (sides[0].n_closed, 0);
}
END_TEST

/* _i: callback * 2 + side */
START_TEST (may_be_freed_in_any_callback)
{
  Callback callback = (Callback)(_i / 2);
  Side *side = &sides[_i % 2];

  make_both ();
  if (callback != RECEIVED && callback != CLOSED)
    side->free_in = callback;
  start_both ();
  if (callback == RECEIVED || callback == CLOSED) {
    RUN_UNTIL (both_connected ());
    side->free_in = callback;
    if (callback == RECEIVED)
      ck_assert (write_text (1 - side->index, "bang"));
    else
      lane_dtls_close (sides[1 - side->index].dtls);
  }
  RUN_UNTIL (side->dtls == NULL);
  while (g_main_context_iteration (context, FALSE))
    ;
}
END_TEST

START_TEST (may_be_freed_while_it_writes)
{
  make_both ();
  start_both ();
  RUN_UNTIL (both_connected ());
  sides[0].free_in = SEND;
  write_text (0, "bang");
  ck_assert_ptr_null (sides[0].dtls);

  sides[1].free_in = SEND;
  lane_dtls_close (sides[1].dtls);
  ck_assert_ptr_null (sides[1].dtls);
}
END_TEST

/* A peer of our own making, to ask for what ours never would. */
typedef struct {
  gnutls_session_t session;
  gnutls_certificate_credentials_t nobody;
  gnutls_anon_client_credentials_t anonymous;
  gboolean connected;
  GQueue input;
} Raw;

static Raw raw;

static ssize_t
raw_push (gnutls_transport_ptr_t pointer, const void *data, size_t length)
{
  wire_send (wire, 1, data, length);
  return (ssize_t)length;
}

static ssize_t
raw_pull (gnutls_transport_ptr_t pointer, void *buffer, size_t size)
{
  g_autoptr (GBytes) bytes = g_queue_pop_head (&raw.input);
  gsize length;
  const void *data;

  if (bytes == NULL) {
    gnutls_transport_set_errno (raw.session, EAGAIN);
    return -1;
  }
  data = g_bytes_get_data (bytes, &length);
  memcpy (buffer, data, MIN (length, size));
  return (ssize_t)MIN (length, size);
}

static int
raw_pull_timeout (gnutls_transport_ptr_t pointer, unsigned int ms)
{
  return !g_queue_is_empty (&raw.input);
}

static void
raw_deliver (int to, const guint8 *data, gsize length, gpointer user_data)
{
  if (to == 0)
    g_queue_push_tail (&raw.input, g_bytes_new (data, length));
  else
    deliver (to, data, length, user_data);
}

static void
raw_new (const char *priority, gboolean with_certificate)
{
  gnutls_init (&raw.session, GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | GNUTLS_CLIENT);
  ck_assert_int_eq (gnutls_priority_set_direct (raw.session, priority, NULL), 0);
  gnutls_certificate_allocate_credentials (&raw.nobody);
  gnutls_anon_allocate_client_credentials (&raw.anonymous);
  gnutls_credentials_set (raw.session, GNUTLS_CRD_ANON, raw.anonymous);
  gnutls_credentials_set (raw.session, GNUTLS_CRD_CERTIFICATE,
                          with_certificate ? lane_identity_get_credentials (sides[0].identity)
                                           : raw.nobody);
  gnutls_transport_set_push_function (raw.session, raw_push);
  gnutls_transport_set_pull_function (raw.session, raw_pull);
  gnutls_transport_set_pull_timeout_function (raw.session, raw_pull_timeout);
  gnutls_dtls_set_mtu (raw.session, 1200);
  wire_free (wire);
  wire = wire_new (context, 1, raw_deliver, NULL);
}

static gboolean
raw_connected (void)
{
  raw.connected = raw.connected || gnutls_handshake (raw.session) == GNUTLS_E_SUCCESS;
  return raw.connected;
}

static void
raw_free (void)
{
  gnutls_deinit (raw.session);
  gnutls_certificate_free_credentials (raw.nobody);
  gnutls_anon_free_client_credentials (raw.anonymous);
  g_queue_clear_full (&raw.input, (GDestroyNotify)g_bytes_unref);
}

START_TEST (downgrades_are_refused)
{
  static const struct {
    const char *priority;
    gboolean certificate;
  } wishes[] = {
    { "NORMAL:-VERS-ALL:+VERS-DTLS1.0", TRUE },
    { "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+RSA", TRUE },
    { "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+DHE-RSA", TRUE },
    { "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+ANON-ECDH", TRUE },
    { "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-CIPHER-ALL:+AES-128-CBC", TRUE },
    { "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-CIPHER-ALL:+NULL:-MAC-ALL:+SHA1", TRUE },
    { "NORMAL:-VERS-ALL:+VERS-DTLS1.2:%DISABLE_SAFE_RENEGOTIATION", TRUE },
    { "NORMAL:-VERS-ALL:+VERS-DTLS1.2:%NO_SESSION_HASH", TRUE },
    { "NORMAL:-VERS-ALL:+VERS-DTLS1.2", FALSE },
  };

  raw_new (wishes[_i].priority, wishes[_i].certificate);
  make (1, lane_identity_get_id (sides[0].identity),
        lane_identity_get_fingerprint (sides[0].identity));
  lane_dtls_start (sides[1].dtls);
  RUN_UNTIL (!raw_connected () && sides[1].n_closed == 1);
  ck_assert_uint_eq (sides[1].n_connected, 0);
  ck_assert (g_error_matches (sides[1].error, LANE_DTLS_ERROR, LANE_DTLS_ERROR_HANDSHAKE)
             || g_error_matches (sides[1].error, LANE_DTLS_ERROR, LANE_DTLS_ERROR_IDENTITY));
  raw_free ();
}
END_TEST

START_TEST (renegotiation_is_not_granted)
{
  raw_new ("NORMAL:-VERS-ALL:+VERS-DTLS1.2", TRUE);
  make (1, lane_identity_get_id (sides[0].identity),
        lane_identity_get_fingerprint (sides[0].identity));
  lane_dtls_start (sides[1].dtls);
  RUN_UNTIL (raw_connected ());
  RUN_UNTIL (sides[1].n_connected == 1);

  ck_assert_int_lt (gnutls_handshake (raw.session), 0); /* a second ClientHello, well protected */
  while (g_main_context_iteration (context, FALSE))
    ;
  ck_assert_uint_eq (sides[1].n_closed, 0);
  ck_assert (lane_dtls_is_connected (sides[1].dtls));
  ck_assert (g_queue_is_empty (&raw.input)); /* no ServerHello came back */
  raw_free ();
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("dtls");
  TCase *tcase = tcase_create ("dtls");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_set_timeout (tcase, 30);
  tcase_add_test (tcase, pinned_peers_connect_and_talk);
  tcase_add_test (tcase, handshake_takes_milliseconds);
  tcase_add_test (tcase, datagrams_stay_within_1200_bytes);
  tcase_add_test (tcase, datagrams_before_start_are_kept);
  tcase_add_loop_test (tcase, handshake_survives_a_bad_path, 0, 8);
  tcase_add_test (tcase, bad_records_are_dropped_in_silence);
  tcase_add_loop_test (tcase, padding_of_a_turn_server_is_cut_off, 0, 4);
  tcase_add_test (tcase, forged_record_header_does_not_swallow_what_follows);
  tcase_add_test (tcase, replayed_record_is_delivered_once);
  tcase_add_loop_test (tcase, wrong_identity_is_refused, 0, 4);
  tcase_add_test (tcase, fingerprint_may_be_in_lower_case);
  tcase_add_test (tcase, bad_fingerprint_makes_no_session);
  tcase_add_test (tcase, close_tells_the_peer);
  tcase_add_loop_test (tcase, may_be_freed_in_any_callback, 2 * SEND, 2 * CLOSED + 2);
  tcase_add_test (tcase, may_be_freed_while_it_writes);
  tcase_add_loop_test (tcase, downgrades_are_refused, 0, 9);
  tcase_add_test (tcase, renegotiation_is_not_granted);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
