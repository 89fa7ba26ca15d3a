#include "channel/sctp.h"

#include <stdlib.h>
#include <string.h>
#include <usrsctp.h>

#include "core/channel/wire.h"
#include "suite.h"

#define DEADLINE_US (10 * G_USEC_PER_SEC)

typedef enum { NOTHING, CONNECTED, OPENED, RECEIVED, CLOSED } Callback;

typedef struct {
  int index;
  LaneSctp *sctp;
  guint n_connected, n_opened, n_received, n_closed, n_empty;
  gsize received_bytes;
  int stream; /* last opened by the peer */
  LanePayload payload;
  GByteArray *last; /* the last message */
  GPtrArray *labels;
  guint32 *order; /* first 4 bytes of each message */
  gboolean ordered;
  guint32 next;
  Callback free_in;
  void (*patch) (guint8 *packet, gsize length); /* what it sends goes through here */
} Side;

static GMainContext *context;
static Wire *wire;
static Side sides[2];
static const LaneSctpDelivery RELIABLE;
static const LaneSctpDelivery ONCE = { .unordered = TRUE, .once = TRUE };

static void
free_if (Side *side, Callback callback)
{
  if (side->free_in != callback)
    return;
  side->free_in = NOTHING;
  g_clear_pointer (&side->sctp, lane_sctp_free);
}

static void
on_send (LaneSctp *sctp, const guint8 *packet, gsize length, gpointer user_data)
{
  Side *side = user_data;
  g_autofree guint8 *copy = g_memdup2 (packet, length);

  if (side->patch != NULL)
    side->patch (copy, length);
  wire_send (wire, 1 - side->index, copy, length);
}

static void
on_connected (LaneSctp *sctp, gpointer user_data)
{
  Side *side = user_data;

  side->n_connected++;
  free_if (side, CONNECTED);
}

static void
on_opened (LaneSctp *sctp, guint16 stream, const char *label, gpointer user_data)
{
  Side *side = user_data;

  side->n_opened++;
  side->stream = stream;
  g_ptr_array_add (side->labels, g_strdup (label));
  free_if (side, OPENED);
}

static void
on_received (LaneSctp *sctp, guint16 stream, LanePayload payload, const guint8 *data, gsize length,
             gpointer user_data)
{
  Side *side = user_data;
  guint32 number;

  side->n_received++;
  side->n_empty += length == 0;
  side->received_bytes += length;
  side->payload = payload;
  g_byte_array_set_size (side->last, 0);
  g_byte_array_append (side->last, data, (guint)length);
  if (length >= sizeof number) {
    memcpy (&number, data, sizeof number);
    side->ordered = side->ordered && number == side->next;
    side->next = number + 1;
  }
  free_if (side, RECEIVED);
}

static void
on_closed (LaneSctp *sctp, const char *reason, gpointer user_data)
{
  Side *side = user_data;

  side->n_closed++;
  ck_assert_uint_eq (side->n_closed, 1);
  ck_assert_str_ne (reason, "");
  free_if (side, CLOSED);
}

static const LaneSctpEvents EVENTS = { on_send, on_connected, on_opened, on_received, on_closed };

static void
deliver (int to, const guint8 *data, gsize length, gpointer user_data)
{
  if (sides[to].sctp != NULL)
    lane_sctp_feed (sides[to].sctp, data, length);
}

static void
setup (void)
{
  context = g_main_context_new ();
  wire = wire_new (context, 7, deliver, NULL);
  for (int i = 0; i < 2; i++) {
    GError *error = NULL;

    sides[i] = (Side){ .index = i,
                       .stream = -1,
                       .ordered = TRUE,
                       .last = g_byte_array_new (),
                       .labels = g_ptr_array_new_with_free_func (g_free) };
    sides[i].sctp = lane_sctp_new (context, i == 0, &EVENTS, &sides[i], &error);
    g_assert_no_error (error);
  }
}

static void
teardown (void)
{
  for (int i = 0; i < 2; i++) {
    g_clear_pointer (&sides[i].sctp, lane_sctp_free);
    g_byte_array_unref (sides[i].last);
    g_ptr_array_unref (sides[i].labels);
  }
  wire_free (wire);
  g_main_context_unref (context);
}

static gboolean
on_alarm (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
run_for (gint64 us, gboolean (*condition) (void))
{
  gint64 deadline_us = g_get_monotonic_time () + us;
  GSource *alarm = g_timeout_source_new (20);
  gboolean reached;

  g_source_set_callback (alarm, on_alarm, NULL, NULL);
  g_source_attach (alarm, context);
  while (!(reached = condition != NULL && condition ()) && g_get_monotonic_time () < deadline_us)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (alarm);
  g_source_unref (alarm);
  return reached;
}

#define RUN_UNTIL(condition) ck_assert_msg (run_for (DEADLINE_US, condition), #condition)

static gboolean
both_connected (void)
{
  return sides[0].n_connected == 1 && sides[1].n_connected == 1;
}

static gboolean
peer_opened (void)
{
  return sides[1].n_opened > 0;
}

static guint expected;

static gboolean
peer_received_expected (void)
{
  return sides[1].n_received >= expected;
}

static gboolean
any_closed (void)
{
  return sides[0].n_closed + sides[1].n_closed > 0;
}

static void
connect_both (void)
{
  lane_sctp_connect (sides[0].sctp);
  lane_sctp_connect (sides[1].sctp);
  RUN_UNTIL (both_connected);
}

static guint16
open_channel (void)
{
  int stream = lane_sctp_open_channel (sides[0].sctp, "icelane.control");

  ck_assert_int_ge (stream, 0);
  RUN_UNTIL (peer_opened);
  ck_assert_int_eq (sides[1].stream, stream);
  return (guint16)stream;
}

static gboolean
write_number (int from, guint16 stream, LaneSctpDelivery delivery, guint32 number)
{
  return lane_sctp_write (sides[from].sctp, stream, LANE_PAYLOAD_BINARY, delivery,
                          (const guint8 *)&number, sizeof number);
}

START_TEST (both_may_connect_at_once)
{
  gint64 start_us = g_get_monotonic_time ();

  connect_both ();
  ck_assert_int_lt (g_get_monotonic_time () - start_us, 400000); /* no timer was needed */
  ck_assert (!run_for (300000, any_closed));
}
END_TEST

START_TEST (second_may_connect_later)
{
  lane_sctp_connect (sides[0].sctp);
  run_for (50000, NULL);
  lane_sctp_connect (sides[1].sctp);
  RUN_UNTIL (both_connected);
}
END_TEST

START_TEST (connects_on_a_bad_path)
{
  wire_free (wire);
  wire = wire_new (context, (guint32)_i, deliver, NULL);
  *wire_quality (wire) =
      (WireQuality){ .loss = 0.2, .duplicate = 0.1, .reorder = 0.25, .delay_us = 1000 };
  connect_both ();
  ck_assert (!any_closed ());
}
END_TEST

START_TEST (packets_leave_room_for_dtls)
{
  g_autofree guint8 *data = g_malloc0 (100000);
  guint16 stream;

  connect_both ();
  stream = open_channel ();
  ck_assert (lane_sctp_write (sides[0].sctp, stream, LANE_PAYLOAD_BINARY, RELIABLE, data, 100000));
  expected = 1;
  RUN_UNTIL (peer_received_expected);
  ck_assert_uint_le (wire_longest (wire), 1160);
  ck_assert_uint_gt (wire_longest (wire), 1100);
}
END_TEST

START_TEST (channel_may_be_written_to_at_once)
{
  int stream;

  connect_both ();
  run_for (50000, NULL);
  wire_quality (wire)->cut = TRUE; /* the OPEN is lost, what follows is not */
  stream = lane_sctp_open_channel (sides[0].sctp, "icelane.control");
  wire_quality (wire)->cut = FALSE;
  ck_assert_int_eq (stream % 2, 0); /* the DTLS client's are even */
  for (guint32 i = 0; i < 10; i++)  /* wanted without order, but the OPEN has to be first */
    ck_assert (write_number (0, (guint16)stream, ONCE, i));
  expected = 10;
  RUN_UNTIL (peer_received_expected);
  ck_assert_str_eq (g_ptr_array_index (sides[1].labels, 0), "icelane.control");
  ck_assert (sides[1].ordered);

  ck_assert_int_eq (lane_sctp_open_channel (sides[1].sctp, "other") % 2, 1);
}
END_TEST

START_TEST (messages_arrive_whole_with_their_kind)
{
  g_autofree guint8 *big = g_malloc (256 * 1024 + 1);
  guint16 stream;

  connect_both ();
  stream = open_channel ();
  for (gsize i = 0; i < 256 * 1024; i++)
    big[i] = (guint8)(i * 7 >> 3);

  ck_assert (lane_sctp_write (sides[0].sctp, stream, LANE_PAYLOAD_TEXT, RELIABLE,
                              (const guint8 *)"text", 4));
  expected = 1;
  RUN_UNTIL (peer_received_expected);
  ck_assert_int_eq (sides[1].payload, LANE_PAYLOAD_TEXT);
  ck_assert_mem_eq (sides[1].last->data, "text", 4);

  ck_assert (lane_sctp_write (sides[0].sctp, stream, LANE_PAYLOAD_BINARY, RELIABLE, NULL, 0));
  expected = 2;
  RUN_UNTIL (peer_received_expected);
  ck_assert_int_eq (sides[1].payload, LANE_PAYLOAD_BINARY);
  ck_assert_uint_eq (sides[1].n_empty, 1);

  ck_assert (
      !lane_sctp_write (sides[0].sctp, stream, LANE_PAYLOAD_BINARY, RELIABLE, big, 256 * 1024 + 1));
  ck_assert (
      lane_sctp_write (sides[0].sctp, stream, LANE_PAYLOAD_BINARY, RELIABLE, big, 256 * 1024));
  expected = 3;
  RUN_UNTIL (peer_received_expected);
  ck_assert_uint_eq (sides[1].last->len, 256 * 1024);
  ck_assert_mem_eq (sides[1].last->data, big, 256 * 1024);
}
END_TEST

START_TEST (reliable_messages_survive_a_bad_path)
{
  guint16 stream;

  connect_both ();
  stream = open_channel ();
  *wire_quality (wire) =
      (WireQuality){ .loss = 0.1, .duplicate = 0.05, .reorder = 0.25, .delay_us = 1000 };
  for (guint32 i = 0; i < 500; i++)
    ck_assert (write_number (0, stream, RELIABLE, i));
  expected = 500;
  RUN_UNTIL (peer_received_expected);
  ck_assert (sides[1].ordered);
  run_for (200000, NULL);
  ck_assert_uint_eq (sides[1].n_received, 500);
}
END_TEST

START_TEST (once_is_never_sent_again)
{
  guint16 stream;

  connect_both ();
  stream = open_channel ();
  run_for (100000, NULL); /* the ACK */
  wire_quality (wire)->cut = TRUE;
  for (guint32 i = 0; i < 5; i++)
    ck_assert (write_number (0, stream, ONCE, i));
  run_for (1000000, NULL);
  wire_quality (wire)->cut = FALSE;
  for (guint32 i = 5; i < 10; i++)
    ck_assert (write_number (0, stream, ONCE, i));
  expected = 5;
  RUN_UNTIL (peer_received_expected);
  run_for (500000, NULL);
  ck_assert_uint_eq (sides[1].n_received, 5);
  ck_assert_uint_eq (sides[1].next, 10);

  expected = 6; /* and what is reliable goes on behind the gap */
  ck_assert (write_number (0, stream, RELIABLE, 10));
  RUN_UNTIL (peer_received_expected);
}
END_TEST

START_TEST (sixty_four_channels_and_no_more)
{
  connect_both ();
  for (int i = 0; i < 64; i++)
    ck_assert_int_eq (lane_sctp_open_channel (sides[0].sctp, "c"), 2 * i);
  ck_assert_int_eq (lane_sctp_open_channel (sides[0].sctp, "c"), -1);
  run_for (100000, NULL);
  ck_assert_uint_eq (sides[1].n_opened, 64);
  ck_assert_int_eq (lane_sctp_open_channel (sides[1].sctp, "c"), -1); /* they are shared */
}
END_TEST

/* Each side keeps to the limit by its own count; then what both opened at once is too much. */
START_TEST (peers_channel_beyond_the_limit_is_refused)
{
  connect_both ();
  ck_assert_int_eq (lane_sctp_open_channel (sides[1].sctp, "c"), 1);
  for (int i = 0; i < 64; i++)
    ck_assert_int_ge (lane_sctp_open_channel (sides[0].sctp, "c"), 0);
  run_for (300000, NULL);
  ck_assert_uint_eq (sides[0].n_opened, 0);
  ck_assert_uint_eq (sides[1].n_opened, 63);
  ck_assert (!any_closed ());
}
END_TEST

START_TEST (channel_nobody_opened_takes_nothing)
{
  connect_both ();
  ck_assert (!write_number (0, 0, RELIABLE, 1));
  ck_assert (!write_number (0, 999, RELIABLE, 1));
}
END_TEST

START_TEST (send_buffer_is_bounded)
{
  g_autofree guint8 *data = g_malloc0 (256 * 1024);
  guint16 stream;
  guint n = 0;

  connect_both ();
  stream = open_channel ();
  wire_quality (wire)->cut = TRUE;
  while (
      n < 100
      && lane_sctp_write (sides[0].sctp, stream, LANE_PAYLOAD_BINARY, RELIABLE, data, 256 * 1024))
    n++;
  ck_assert_uint_ge (n, 8);
  ck_assert_uint_le (n, 16); /* 4 MiB */

  wire_quality (wire)->cut = FALSE;
  lane_sctp_path_changed (sides[0].sctp);
  expected = n;
  RUN_UNTIL (peer_received_expected);
  ck_assert_uint_eq (sides[1].received_bytes, n * (gsize)(256 * 1024));
}
END_TEST

START_TEST (data_flows_soon_after_an_outage)
{
  static const gint64 outages_us[] = { 100000, 1500000, 4000000 };
  gint64 back_us;
  guint16 stream;

  wire_quality (wire)->delay_us = 5000;
  connect_both ();
  stream = open_channel ();
  for (guint32 i = 0; i < 20; i++) {
    ck_assert (write_number (0, stream, RELIABLE, i));
    run_for (10000, NULL);
  }
  wire_quality (wire)->cut = TRUE;
  for (guint32 i = 20; i < 30; i++)
    ck_assert (write_number (0, stream, RELIABLE, i));
  run_for (outages_us[_i], NULL);
  ck_assert_uint_eq (sides[1].n_received, 20);

  wire_quality (wire)->cut = FALSE;
  back_us = g_get_monotonic_time ();
  lane_sctp_path_changed (sides[0].sctp);
  lane_sctp_path_changed (sides[1].sctp);
  expected = 30;
  RUN_UNTIL (peer_received_expected);
  back_us = g_get_monotonic_time () - back_us;
  if (g_getenv ("LANE_BENCH") != NULL)
    g_printerr ("after %" G_GINT64_FORMAT " ms of outage: %" G_GINT64_FORMAT " ms\n",
                outages_us[_i] / 1000, back_us / 1000);
  ck_assert_int_le (back_us, 300000);
  ck_assert (sides[1].ordered);
}
END_TEST

/* After a move to a path ten times slower nothing must be sent over and over. */
START_TEST (slow_new_path_is_not_flooded)
{
  guint before;
  guint16 stream;

  wire_quality (wire)->delay_us = 1000;
  connect_both ();
  stream = open_channel ();
  for (guint32 i = 0; i < 20; i++) {
    ck_assert (write_number (0, stream, RELIABLE, i));
    run_for (10000, NULL);
  }
  wire_quality (wire)->delay_us = 400000;
  lane_sctp_path_changed (sides[0].sctp);
  run_for (2000000, NULL);
  before = wire_count (wire, 1);
  for (guint32 i = 20; i < 24; i++) {
    ck_assert (write_number (0, stream, RELIABLE, i));
    run_for (1000000, NULL);
  }
  expected = 24;
  RUN_UNTIL (peer_received_expected);
  if (g_getenv ("LANE_BENCH") != NULL)
    g_printerr ("packets for 4 messages on a slow path: %u\n", wire_count (wire, 1) - before);
  ck_assert_uint_le (wire_count (wire, 1) - before, 17);
}
END_TEST

START_TEST (idle_association_sends_next_to_nothing)
{
  guint before;

  connect_both ();
  open_channel ();
  run_for (500000, NULL);
  before = wire_count (wire, 0) + wire_count (wire, 1);
  run_for (1500000, NULL);
  ck_assert_uint_le (wire_count (wire, 0) + wire_count (wire, 1) - before, 4);
}
END_TEST

START_TEST (single_message_is_sent_once)
{
  guint before;
  guint16 stream;

  connect_both ();
  stream = open_channel ();
  run_for (500000, NULL);
  before = wire_count (wire, 1);
  ck_assert (write_number (0, stream, RELIABLE, 1));
  run_for (500000, NULL);
  ck_assert_uint_eq (wire_count (wire, 1) - before, 1);
}
END_TEST

START_TEST (peer_that_goes_is_noticed)
{
  connect_both ();
  open_channel ();
  g_clear_pointer (&sides[0].sctp, lane_sctp_free);
  RUN_UNTIL (any_closed);
  ck_assert_uint_eq (sides[1].n_closed, 1);
  ck_assert (!write_number (1, 0, RELIABLE, 1));
  ck_assert_int_eq (lane_sctp_open_channel (sides[1].sctp, "late"), -1);
}
END_TEST

START_TEST (peer_that_starts_anew_ends_the_association)
{
  GError *error = NULL;

  connect_both ();
  open_channel ();
  wire_quality (wire)->cut = TRUE; /* the ABORT gets lost: the peer was killed */
  g_clear_pointer (&sides[0].sctp, lane_sctp_free);
  run_for (50000, NULL);
  wire_quality (wire)->cut = FALSE;
  sides[0].sctp = lane_sctp_new (context, TRUE, &EVENTS, &sides[0], &error);
  g_assert_no_error (error);
  lane_sctp_connect (sides[0].sctp);
  RUN_UNTIL (any_closed);
  ck_assert_uint_eq (sides[1].n_closed, 1);
}
END_TEST

START_TEST (junk_is_ignored)
{
  guint8 junk[200];
  guint16 stream;
  GRand *dice = g_rand_new_with_seed (3);

  connect_both ();
  stream = open_channel ();
  for (int i = 0; i < 2000; i++) {
    gsize length = (gsize)g_rand_int_range (dice, 0, sizeof junk);

    for (gsize j = 0; j < length; j++)
      junk[j] = (guint8)g_rand_int (dice);
    lane_sctp_feed (sides[1].sctp, junk, length);
  }
  g_rand_free (dice);
  ck_assert (write_number (0, stream, RELIABLE, 5));
  expected = 1;
  RUN_UNTIL (peer_received_expected);
}
END_TEST

/* A peer of bad will: its packets are rewritten on their way out. */
typedef struct {
  guint8 type, flags;
  guint16 length; /* all of this big-endian on the wire */
  guint32 tsn;
  guint16 stream, ssn;
  guint32 ppid;
} __attribute__ ((packed)) DataChunk;

static void (*rewrite) (DataChunk *chunk, guint8 *payload, gsize length);

static void
patch_data_chunks (guint8 *packet, gsize length)
{
  guint32 crc = 0;

  for (gsize at = 12; at + 4 <= length;) {
    gsize size = (gsize)(packet[at + 2] << 8 | packet[at + 3]);

    if (packet[at] == SCTP_DATA && size > sizeof (DataChunk))
      rewrite ((DataChunk *)(packet + at), packet + at + sizeof (DataChunk),
               size - sizeof (DataChunk));
    at += (MAX (size, 4) + 3) & ~(gsize)3;
  }
  memcpy (packet + 8, &crc, sizeof crc);
  crc = usrsctp_crc32c (packet, length);
  memcpy (packet + 8, &crc, sizeof crc);
}

static void
spoil_dcep (DataChunk *chunk, guint8 *payload, gsize length)
{
  if (GUINT32_FROM_BE (chunk->ppid) == 50 && payload[0] == 3)
    payload[length - 1] = '\n';
}

START_TEST (bad_open_resets_its_stream_only)
{
  guint16 stream;
  int bad;

  connect_both ();
  stream = open_channel ();
  rewrite = spoil_dcep;
  sides[0].patch = patch_data_chunks;
  bad = lane_sctp_open_channel (sides[0].sctp, "bad");
  ck_assert_int_ge (bad, 0);
  run_for (300000, NULL);
  sides[0].patch = NULL;
  ck_assert_uint_eq (sides[1].n_opened, 1);
  ck_assert (!write_number (0, (guint16)bad, RELIABLE, 1)); /* it was reset */
  ck_assert (write_number (0, stream, RELIABLE, 1));
  expected = 1;
  RUN_UNTIL (peer_received_expected);
  ck_assert (!any_closed ());

  run_for (300000, NULL); /* both directions are down: the slot is free again */
  ck_assert_int_eq (lane_sctp_open_channel (sides[0].sctp, "good"), bad);
  run_for (300000, NULL);
  ck_assert_uint_eq (sides[1].n_opened, 2);
}
END_TEST

static void
foreign_ppid (DataChunk *chunk, guint8 *payload, gsize length)
{
  chunk->ppid = GUINT32_TO_BE (46);
}

static void
foreign_stream (DataChunk *chunk, guint8 *payload, gsize length)
{
  chunk->stream = GUINT16_TO_BE (40);
  chunk->ssn = 0;
}

START_TEST (data_of_no_channel_is_dropped)
{
  guint16 stream;

  connect_both ();
  stream = open_channel ();
  run_for (100000, NULL);
  rewrite = _i == 0 ? foreign_ppid : foreign_stream;
  sides[0].patch = patch_data_chunks;
  ck_assert (write_number (0, stream, ONCE, 1));
  run_for (300000, NULL);
  sides[0].patch = NULL;
  ck_assert (write_number (0, stream, ONCE, 2));
  expected = 1;
  RUN_UNTIL (peer_received_expected);
  ck_assert_uint_eq (sides[1].next, 3);
  ck_assert (!any_closed ());
}
END_TEST

/* Two messages made one by taking the seam out. */
static guint n_ends;
static guint16 first_ssn;

static void
join_messages (DataChunk *chunk, guint8 *payload, gsize length)
{
  const guint8 begin = 0x02, last = 0x01;

  if (n_ends == 0 && (chunk->flags & begin) != 0)
    first_ssn = chunk->ssn;
  else
    chunk->flags &= (guint8)~begin;
  chunk->ssn = first_ssn;
  if ((chunk->flags & last) != 0 && n_ends++ == 0)
    chunk->flags &= (guint8)~last;
}

START_TEST (too_long_a_message_ends_the_association)
{
  g_autofree guint8 *data = g_malloc0 (256 * 1024);
  guint16 stream;

  connect_both ();
  stream = open_channel ();
  run_for (100000, NULL);
  n_ends = 0;
  rewrite = join_messages;
  sides[0].patch = patch_data_chunks;
  for (int i = 0; i < 2; i++)
    ck_assert (
        lane_sctp_write (sides[0].sctp, stream, LANE_PAYLOAD_BINARY, RELIABLE, data, 256 * 1024));
  RUN_UNTIL (any_closed);
  ck_assert_uint_eq (sides[1].n_closed, 1);
  ck_assert_uint_eq (sides[1].n_received, 0);
}
END_TEST

/* _i: callback * 2 + side */
START_TEST (may_be_freed_in_any_callback)
{
  Side *side = &sides[_i % 2];
  Side *other = &sides[1 - _i % 2];
  Callback callback = (Callback)(_i / 2);
  int stream;

  side->free_in = callback;
  lane_sctp_connect (sides[0].sctp);
  lane_sctp_connect (sides[1].sctp);
  if (callback != CONNECTED) {
    RUN_UNTIL (both_connected);
    if (callback == CLOSED) {
      g_clear_pointer (&other->sctp, lane_sctp_free);
    } else {
      stream = lane_sctp_open_channel (other->sctp, "c");
      ck_assert (write_number (other->index, (guint16)stream, RELIABLE, 1));
      ck_assert (write_number (other->index, (guint16)stream, RELIABLE, 2));
    }
  }
  for (int i = 0; i < 200 && side->sctp != NULL; i++)
    run_for (10000, NULL);
  ck_assert_ptr_null (side->sctp);
  ck_assert_uint_le (side->n_received, 1);
  run_for (100000, NULL);
}
END_TEST

START_TEST (other_context_is_refused)
{
  g_autoptr (GMainContext) other = g_main_context_new ();
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (lane_sctp_new (other, TRUE, &EVENTS, &sides[0], &error));
  ck_assert_ptr_nonnull (error);
}
END_TEST

/* What closing leaves behind must not add up. */
START_TEST (many_lives_leave_nothing_behind)
{
  struct sctpstat stat;

  for (int round = 0; round < 200; round++) {
    GError *error = NULL;

    for (int i = 0; i < 2; i++) {
      g_clear_pointer (&sides[i].sctp, lane_sctp_free);
      sides[i].n_connected = sides[i].n_closed = 0;
    }
    while (g_main_context_iteration (context, FALSE))
      ;
    for (int i = 0; i < 2; i++) {
      sides[i].sctp = lane_sctp_new (context, i == 0, &EVENTS, &sides[i], &error);
      g_assert_no_error (error);
    }
    connect_both ();
  }
  usrsctp_get_stat (&stat);
  ck_assert_uint_eq (stat.sctps_currestab, 2);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("sctp");
  TCase *tcase = tcase_create ("sctp");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_set_timeout (tcase, 30);
  tcase_add_test (tcase, both_may_connect_at_once);
  tcase_add_test (tcase, second_may_connect_later);
  tcase_add_loop_test (tcase, connects_on_a_bad_path, 0, 4);
  tcase_add_test (tcase, packets_leave_room_for_dtls);
  tcase_add_test (tcase, channel_may_be_written_to_at_once);
  tcase_add_test (tcase, messages_arrive_whole_with_their_kind);
  tcase_add_test (tcase, reliable_messages_survive_a_bad_path);
  tcase_add_test (tcase, once_is_never_sent_again);
  tcase_add_test (tcase, sixty_four_channels_and_no_more);
  tcase_add_test (tcase, peers_channel_beyond_the_limit_is_refused);
  tcase_add_test (tcase, channel_nobody_opened_takes_nothing);
  tcase_add_test (tcase, send_buffer_is_bounded);
  tcase_add_loop_test (tcase, data_flows_soon_after_an_outage, 0, 3);
  tcase_add_test (tcase, slow_new_path_is_not_flooded);
  tcase_add_test (tcase, idle_association_sends_next_to_nothing);
  tcase_add_test (tcase, single_message_is_sent_once);
  tcase_add_test (tcase, peer_that_goes_is_noticed);
  tcase_add_test (tcase, peer_that_starts_anew_ends_the_association);
  tcase_add_test (tcase, junk_is_ignored);
  tcase_add_test (tcase, bad_open_resets_its_stream_only);
  tcase_add_loop_test (tcase, data_of_no_channel_is_dropped, 0, 2);
  tcase_add_test (tcase, too_long_a_message_ends_the_association);
  tcase_add_loop_test (tcase, may_be_freed_in_any_callback, 2 * CONNECTED, 2 * CLOSED + 2);
  tcase_add_test (tcase, other_context_is_refused);
  tcase_add_test (tcase, many_lives_leave_nothing_behind);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
