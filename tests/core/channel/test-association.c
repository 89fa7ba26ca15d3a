/* The whole of a link above ICE: DTLS, SCTP, the control channel and its frames, on a path in
 * memory. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "channel/frame.h"
#include "channel/sctp.h"
#include "core/channel/wire.h"
#include "secure/dtls.h"
#include "suite.h"

#define DEADLINE_US (20 * G_USEC_PER_SEC)
#define LABEL       "icelane.control"

typedef enum {
  NOTHING,
  DTLS_CONNECTED,
  DTLS_RECEIVED,
  DTLS_CLOSED,
  SCTP_CONNECTED,
  SCTP_OPENED,
  SCTP_RECEIVED,
  SCTP_CLOSED
} Callback;

typedef struct _End End;
struct _End {
  int index;
  Wire *wire;
  LaneIdentity *identity;
  LaneDtls *dtls;
  LaneSctp *sctp;
  gboolean connected; /* DTLS was */
  int control;        /* stream, -1 = not yet */
  guint n_packets;    /* of SCTP, either way */
  guint n_pings, n_pongs, n_closed;
  gboolean ordered;
  Callback free_in;
};

typedef struct {
  Wire *wire;
  End ends[2];
} Pair;

static GMainContext *context;
static LaneIdentity *identities[3];

static gboolean
free_if (End *end, Callback callback)
{
  if (end->free_in != callback)
    return FALSE;
  end->free_in = NOTHING;
  g_clear_pointer (&end->sctp, lane_sctp_free);
  g_clear_pointer (&end->dtls, lane_dtls_free);
  return TRUE;
}

static gboolean
send_frame (End *end, LaneFrameType type, guint32 sequence)
{
  const LaneFrame frame = { .type = type, .sequence = sequence, .time_us = sequence * 3ull };
  guint8 bytes[LANE_FRAME_MAX_BYTES];
  gsize length = lane_frame_format (&frame, bytes);

  return lane_sctp_write (end->sctp, (guint16)end->control, LANE_PAYLOAD_BINARY,
                          (LaneSctpDelivery){ 0 }, bytes, length);
}

static void
on_sctp_send (LaneSctp *sctp, const guint8 *packet, gsize length, gpointer user_data)
{
  End *end = user_data;

  end->n_packets++;
  lane_dtls_write (end->dtls, packet, length);
}

static void
on_sctp_connected (LaneSctp *sctp, gpointer user_data)
{
  End *end = user_data;

  if (end->index == 0)
    end->control = lane_sctp_open_channel (sctp, LABEL);
  free_if (end, SCTP_CONNECTED);
}

static void
on_opened (LaneSctp *sctp, guint16 stream, const char *label, gpointer user_data)
{
  End *end = user_data;

  ck_assert_str_eq (label, LABEL);
  end->control = stream;
  free_if (end, SCTP_OPENED);
}

static void
on_message (LaneSctp *sctp, guint16 stream, LanePayload payload, const guint8 *data, gsize length,
            gpointer user_data)
{
  End *end = user_data;
  LaneFrame frame;

  ck_assert_int_eq (stream, end->control);
  ck_assert (lane_frame_parse (data, length, &frame));
  ck_assert_uint_eq (frame.time_us, frame.sequence * 3ull);
  if (frame.type == LANE_FRAME_PING) {
    end->n_pings++;
    end->ordered = end->ordered && frame.sequence == end->n_pings;
    ck_assert (send_frame (end, LANE_FRAME_PONG, frame.sequence));
  } else {
    end->n_pongs++;
  }
  free_if (end, SCTP_RECEIVED);
}

static void
on_sctp_closed (LaneSctp *sctp, const char *reason, gpointer user_data)
{
  End *end = user_data;

  end->n_closed++;
  free_if (end, SCTP_CLOSED);
}

static const LaneSctpEvents SCTP_EVENTS = { on_sctp_send, on_sctp_connected, on_opened, on_message,
                                            on_sctp_closed };

static void
on_dtls_send (LaneDtls *dtls, const guint8 *datagram, gsize length, gpointer user_data)
{
  End *end = user_data;

  wire_send (end->wire, 1 - end->index, datagram, length);
}

static void
on_dtls_connected (LaneDtls *dtls, gpointer user_data)
{
  End *end = user_data;
  GError *error = NULL;

  end->connected = TRUE;
  if (free_if (end, DTLS_CONNECTED))
    return;
  end->sctp = lane_sctp_new (context, end->index == 0, &SCTP_EVENTS, end, &error);
  g_assert_no_error (error);
  lane_sctp_connect (end->sctp);
}

static void
on_dtls_received (LaneDtls *dtls, const guint8 *data, gsize length, gpointer user_data)
{
  End *end = user_data;

  end->n_packets++;
  if (!free_if (end, DTLS_RECEIVED) && end->sctp != NULL)
    lane_sctp_feed (end->sctp, data, length);
}

static void
on_dtls_closed (LaneDtls *dtls, const GError *error, gpointer user_data)
{
  End *end = user_data;

  end->n_closed++;
  free_if (end, DTLS_CLOSED);
}

static const LaneDtlsEvents DTLS_EVENTS = { on_dtls_send, on_dtls_connected, on_dtls_received,
                                            on_dtls_closed };

static void
deliver (int to, const guint8 *data, gsize length, gpointer user_data)
{
  Pair *pair = user_data;

  if (pair->ends[to].dtls != NULL)
    lane_dtls_feed (pair->ends[to].dtls, data, length);
}

/* @pinned: whom the ends believe to talk to. */
static Pair *
pair_new (guint32 seed, LaneIdentity *const pinned[2])
{
  Pair *pair = g_new0 (Pair, 1);

  pair->wire = wire_new (context, seed, deliver, pair);
  for (int i = 0; i < 2; i++) {
    End *end = &pair->ends[i];
    GError *error = NULL;

    *end = (End){
      .index = i, .wire = pair->wire, .identity = identities[i], .control = -1, .ordered = TRUE
    };
    end->dtls =
        lane_dtls_new (context, end->identity, i == 0, lane_identity_get_id (pinned[i]),
                       lane_identity_get_fingerprint (pinned[i]), &DTLS_EVENTS, end, &error);
    g_assert_no_error (error);
  }
  return pair;
}

static void
pair_free (Pair *pair)
{
  for (int i = 0; i < 2; i++) {
    lane_sctp_free (pair->ends[i].sctp);
    lane_dtls_free (pair->ends[i].dtls);
  }
  wire_free (pair->wire);
  g_free (pair);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pair, pair_free)

static Pair *
good_pair (guint32 seed)
{
  LaneIdentity *const pinned[2] = { identities[1], identities[0] };

  return pair_new (seed, pinned);
}

static void
start (Pair *pair)
{
  for (int i = 0; i < 2; i++)
    if (pair->ends[i].dtls != NULL)
      lane_dtls_start (pair->ends[i].dtls);
}

static void
setup (void)
{
  context = g_main_context_new ();
  for (int i = 0; i < 3; i++)
    identities[i] = lane_identity_generate ();
}

static void
teardown (void)
{
  for (int i = 0; i < 3; i++)
    lane_identity_unref (identities[i]);
  g_main_context_unref (context);
}

static gboolean
on_alarm (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
run_for (gint64 us, gboolean (*condition) (Pair *pair), Pair *pair)
{
  gint64 deadline_us = g_get_monotonic_time () + us;
  GSource *alarm = g_timeout_source_new (20);
  gboolean reached;

  g_source_set_callback (alarm, on_alarm, NULL, NULL);
  g_source_attach (alarm, context);
  while (!(reached = condition != NULL && condition (pair))
         && g_get_monotonic_time () < deadline_us)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (alarm);
  g_source_unref (alarm);
  return reached;
}

#define RUN_UNTIL(condition, pair)                                                                 \
  ck_assert_msg (run_for (DEADLINE_US, condition, pair), #condition)

static gboolean
is_up (Pair *pair)
{
  return pair->ends[0].control >= 0 && pair->ends[1].control >= 0;
}

static gboolean
all_answered (Pair *pair)
{
  return pair->ends[0].n_pongs == 1000 && pair->ends[1].n_pongs == 1000;
}

static gboolean
one_answered (Pair *pair)
{
  return pair->ends[0].n_pongs > 0;
}

static gboolean
some_closed (Pair *pair)
{
  return pair->ends[0].n_closed + pair->ends[1].n_closed > 0;
}

START_TEST (thousand_messages_both_ways_on_a_bad_path)
{
  g_autoptr (Pair) pair = good_pair (11);

  *wire_quality (pair->wire) = (WireQuality){
    .loss = 0.2, .reorder = 0.25, .duplicate = 0.05, .corrupt = 0.01, .delay_us = 1000
  };
  start (pair);
  RUN_UNTIL (is_up, pair);
  for (guint32 i = 1; i <= 1000; i++)
    for (int j = 0; j < 2; j++)
      ck_assert (send_frame (&pair->ends[j], LANE_FRAME_PING, i));
  RUN_UNTIL (all_answered, pair);
  for (int j = 0; j < 2; j++) {
    ck_assert (pair->ends[j].ordered);
    ck_assert_uint_eq (pair->ends[j].n_pings, 1000);
    ck_assert_uint_eq (pair->ends[j].n_closed, 0);
  }
  ck_assert_uint_le (wire_longest (pair->wire), 1200);
}
END_TEST

/* What ICE does when it moves a link: the path is gone for a while, then there is another. */
START_TEST (data_flows_within_300_ms_of_a_new_path)
{
  g_autoptr (Pair) pair = good_pair (12);
  gint64 back_us;

  start (pair);
  RUN_UNTIL (is_up, pair);
  run_for (200000, NULL, pair);
  wire_quality (pair->wire)->cut = TRUE;
  ck_assert (send_frame (&pair->ends[0], LANE_FRAME_PING, 1));
  run_for (1500000, NULL, pair);
  ck_assert_uint_eq (pair->ends[0].n_pongs, 0);

  wire_quality (pair->wire)->cut = FALSE;
  back_us = g_get_monotonic_time ();
  for (int i = 0; i < 2; i++)
    lane_sctp_path_changed (pair->ends[i].sctp);
  RUN_UNTIL (one_answered, pair);
  ck_assert_int_le (g_get_monotonic_time () - back_us, 300000);
  ck_assert_uint_eq (pair->ends[0].n_closed + pair->ends[1].n_closed, 0);
}
END_TEST

/* _i: who is the impostor. */
START_TEST (wrong_identity_gets_no_byte_of_sctp)
{
  LaneIdentity *const pinned[2] = { _i == 1 ? identities[2] : identities[1],
                                    _i == 0 ? identities[2] : identities[0] };
  g_autoptr (Pair) pair = pair_new (13, pinned);
  End *judge = &pair->ends[1 - _i];

  start (pair);
  RUN_UNTIL (some_closed, pair);
  run_for (300000, NULL, pair);
  ck_assert (!judge->connected);
  ck_assert_uint_eq (judge->n_packets, 0);
  ck_assert_uint_eq (pair->ends[_i].n_pongs, 0);
}
END_TEST

START_TEST (set_up_takes_four_round_trips)
{
  g_autoptr (Pair) pair = good_pair (14);
  gint64 start_us = g_get_monotonic_time ();
  gint64 took_us;

  wire_quality (pair->wire)->delay_us = 25000;
  start (pair);
  RUN_UNTIL (is_up, pair);
  took_us = g_get_monotonic_time () - start_us;
  if (g_getenv ("LANE_BENCH") != NULL)
    g_printerr ("DTLS, SCTP and channel at 50 ms RTT: %" G_GINT64_FORMAT " us\n", took_us);
  ck_assert_int_lt (took_us, 4 * 50000 + 40000);
}
END_TEST

START_TEST (set_up_takes_milliseconds)
{
  g_autoptr (Pair) pair = good_pair (15);
  gint64 start_us = g_get_monotonic_time ();
  gint64 took_us;

  start (pair);
  RUN_UNTIL (is_up, pair);
  took_us = g_get_monotonic_time () - start_us;
  if (g_getenv ("LANE_BENCH") != NULL)
    g_printerr ("DTLS, SCTP and channel: %" G_GINT64_FORMAT " us\n", took_us);
  ck_assert_int_lt (took_us, 100000); /* far above what it takes, below any retransmission */
}
END_TEST

/* _i: callback * 2 + end */
START_TEST (may_be_freed_in_any_callback)
{
  g_autoptr (Pair) pair = good_pair (16);
  End *end = &pair->ends[_i % 2];
  End *other = &pair->ends[1 - _i % 2];
  Callback callback = (Callback)(_i / 2);

  if (callback == SCTP_OPENED && end->index == 0)
    return; /* it is the one who opens */
  end->free_in = callback;
  start (pair);
  if (callback > DTLS_RECEIVED && callback != SCTP_CONNECTED && callback != SCTP_OPENED) {
    RUN_UNTIL (is_up, pair);
    ck_assert (send_frame (other, LANE_FRAME_PING, 1));
    if (callback == SCTP_CLOSED)
      g_clear_pointer (&other->sctp, lane_sctp_free);
    else if (callback == DTLS_CLOSED)
      lane_dtls_close (other->dtls);
  }
  for (int i = 0; i < 300 && end->dtls != NULL; i++)
    run_for (10000, NULL, pair);
  ck_assert_ptr_null (end->dtls);
  run_for (50000, NULL, pair);
}
END_TEST

static gsize
resident_kib (void)
{
  g_autofree char *text = NULL;
  gulong pages = 0;

  malloc_trim (0);
  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL)
      || sscanf (text, "%*u %lu", &pages) != 1)
    ck_abort_msg ("no /proc/self/statm");
  return pages * (gsize)sysconf (_SC_PAGESIZE) / 1024;
}

/* Half of the 100 KiB a connected peer may have; the other is for ICE and what is above. */
START_TEST (idle_association_takes_at_most_50_kib)
{
  enum { PAIRS = 300 };
  Pair *pairs[PAIRS];
  gsize before, taken;

  if (LANE_SANITIZED) {
    g_printerr ("skipped: the sanitizer's memory is not ours\n");
    return;
  }
  for (int round = 0; round < 2; round++) { /* the first sets up what there is one of */
    int n = round == 0 ? 1 : PAIRS;

    before = resident_kib ();
    for (int i = 0; i < n; i++) {
      pairs[i] = good_pair ((guint32)i);
      start (pairs[i]);
      RUN_UNTIL (is_up, pairs[i]);
      ck_assert (send_frame (&pairs[i]->ends[0], LANE_FRAME_PING, 1));
      RUN_UNTIL (one_answered, pairs[i]);
    }
    run_for (300000, NULL, NULL);
    taken = resident_kib () - before;
    for (int i = 0; i < n; i++)
      pair_free (pairs[i]);
  }
  if (g_getenv ("LANE_BENCH") != NULL)
    g_printerr ("resident per association and end: %.1f KiB\n", (double)taken / (2 * PAIRS));
  ck_assert_uint_le (taken / (2 * PAIRS), 50);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("association");
  TCase *tcase = tcase_create ("association");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, thousand_messages_both_ways_on_a_bad_path);
  tcase_add_test (tcase, data_flows_within_300_ms_of_a_new_path);
  tcase_add_loop_test (tcase, wrong_identity_gets_no_byte_of_sctp, 0, 2);
  tcase_add_test (tcase, set_up_takes_four_round_trips);
  tcase_add_test (tcase, set_up_takes_milliseconds);
  tcase_add_loop_test (tcase, may_be_freed_in_any_callback, 2 * DTLS_CONNECTED,
                       2 * SCTP_CLOSED + 2);
  tcase_add_test (tcase, idle_association_takes_at_most_50_kib);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
