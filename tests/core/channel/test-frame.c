#include "channel/frame.h"

#include <string.h>

#include "suite.h"

#define BYTES(text) (const guint8 *)(text), sizeof (text) - 1

START_TEST (ping_is_written_big_endian)
{
  const LaneFrame ping = { .type = LANE_FRAME_PING, .sequence = 0x01020304, .time_us = 0x0a0b0c0d };
  guint8 out[LANE_FRAME_MAX_BYTES];

  ck_assert_uint_eq (lane_frame_format (&ping, out), 13);
  ck_assert_mem_eq (out, "\x01\x01\x02\x03\x04\0\0\0\0\x0a\x0b\x0c\x0d", 13);
}
END_TEST

START_TEST (every_frame_reads_back)
{
  const LaneFrame frames[] = {
    { .type = LANE_FRAME_PING, .sequence = 1, .time_us = 0 },
    { .type = LANE_FRAME_PONG, .sequence = G_MAXUINT32, .time_us = G_MAXUINT64 },
    { .type = LANE_FRAME_BYE, .reason = "off" },
    { .type = LANE_FRAME_NAT, .nat = { 4, 4, 2, 1, 0, 255 } },
    { .type = LANE_FRAME_STEPS, .steps = { 0, 0, 0, 1, 255, 255, [LANE_STEPS_BYTES - 1] = 7 } },
    { .type = LANE_FRAME_BYE,
      .reason = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (frames); i++) {
    guint8 out[LANE_FRAME_MAX_BYTES];
    gsize length = lane_frame_format (&frames[i], out);
    LaneFrame back;

    ck_assert (lane_frame_parse (out, length, &back));
    ck_assert_int_eq (back.type, frames[i].type);
    ck_assert_uint_eq (back.sequence, frames[i].sequence);
    ck_assert_uint_eq (back.time_us, frames[i].time_us);
    ck_assert_str_eq (back.reason, frames[i].reason);
    ck_assert_mem_eq (back.nat, frames[i].nat, sizeof back.nat);
    ck_assert_mem_eq (back.steps, frames[i].steps, sizeof back.steps);
  }
}
END_TEST

START_TEST (anything_else_is_refused)
{
  const struct {
    const guint8 *data;
    gsize length;
  } bad[] = {
    { BYTES ("") },
    { BYTES ("\0") },
    { BYTES ("\x05") },
    { BYTES ("\x06") },
    { BYTES ("\x04") },
    { BYTES ("\x04\4\4\2\1\0") },     /* a byte short */
    { BYTES ("\x04\4\4\2\1\0\0\0") }, /* a byte long */
    { BYTES ("\x01") },
    { BYTES ("\x01\0\0\0\x01\0\0\0\0\0\0\0") },     /* a byte short */
    { BYTES ("\x02\0\0\0\x01\0\0\0\0\0\0\0\0\0") }, /* a byte long */
    { BYTES ("\x03") },                             /* no reason */
    { BYTES ("\x03off\0") },                        /* a NUL */
    { BYTES ("\x03Off") },                          /* not a word of ours */
    { BYTES ("\x03off\x1b[2J") },                   /* a message to a terminal */
    { BYTES ("\x03"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") }, /* 64 bytes: no room for the NUL */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    LaneFrame frame;

    ck_assert_msg (!lane_frame_parse (bad[i].data, bad[i].length, &frame), "row %zu", i);
  }
}
END_TEST

/* What a later version adds at the end is left out, within reason. */
START_TEST (steps_may_be_longer_than_we_know)
{
  guint8 data[258] = { LANE_FRAME_STEPS, 0, 0, 0, 9 };
  LaneFrame frame;

  ck_assert (!lane_frame_parse (data, LANE_STEPS_BYTES, &frame));
  ck_assert (lane_frame_parse (data, 1 + LANE_STEPS_BYTES, &frame));
  ck_assert (lane_frame_parse (data, 256, &frame));
  ck_assert_mem_eq (frame.steps, data + 1, LANE_STEPS_BYTES);
  ck_assert (!lane_frame_parse (data, 257, &frame));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("frame");
  TCase *tcase = tcase_create ("frame");

  tcase_add_test (tcase, ping_is_written_big_endian);
  tcase_add_test (tcase, every_frame_reads_back);
  tcase_add_test (tcase, anything_else_is_refused);
  tcase_add_test (tcase, steps_may_be_longer_than_we_know);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
