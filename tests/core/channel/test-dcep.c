#include "channel/dcep.h"

#include <string.h>

#include "suite.h"

#define BYTES(text) (const guint8 *)(text), sizeof (text) - 1

START_TEST (open_is_written_as_in_rfc8832)
{
  const LaneDcepMessage open = { .type = LANE_DCEP_OPEN,
                                 .unordered = TRUE,
                                 .reliability = LANE_DCEP_RETRANSMITS,
                                 .limit = 0,
                                 .priority = 256,
                                 .label = "icelane",
                                 .protocol = "p" };
  guint8 out[LANE_DCEP_MAX_BYTES];

  ck_assert_uint_eq (lane_dcep_format (&open, out), 20);
  ck_assert_mem_eq (out, "\x03\x81\x01\0\0\0\0\0\0\x07\0\x01icelanep", 20);
}
END_TEST

START_TEST (ack_is_one_byte)
{
  const LaneDcepMessage ack = { .type = LANE_DCEP_ACK };
  guint8 out[LANE_DCEP_MAX_BYTES];
  LaneDcepMessage back;

  ck_assert_uint_eq (lane_dcep_format (&ack, out), 1);
  ck_assert_uint_eq (out[0], 2);
  ck_assert (lane_dcep_parse (out, 1, &back));
  ck_assert_int_eq (back.type, LANE_DCEP_ACK);
}
END_TEST

START_TEST (every_open_reads_back)
{
  for (int kind = LANE_DCEP_RELIABLE; kind <= LANE_DCEP_LIFETIME; kind++)
    for (int unordered = 0; unordered < 2; unordered++) {
      LaneDcepMessage open = { .type = LANE_DCEP_OPEN,
                               .unordered = unordered,
                               .reliability = (LaneDcepReliability)kind,
                               .limit = kind == LANE_DCEP_RELIABLE ? 0 : 77,
                               .priority = 512,
                               .label = "größe" };
      guint8 out[LANE_DCEP_MAX_BYTES];
      LaneDcepMessage back;

      memset (open.protocol, 'x', LANE_DCEP_TEXT_MAX);
      ck_assert (lane_dcep_parse (out, lane_dcep_format (&open, out), &back));
      ck_assert_int_eq (back.unordered, unordered);
      ck_assert_int_eq (back.reliability, kind);
      ck_assert_uint_eq (back.limit, open.limit);
      ck_assert_uint_eq (back.priority, 512);
      ck_assert_str_eq (back.label, open.label);
      ck_assert_str_eq (back.protocol, open.protocol);
    }
}
END_TEST

START_TEST (limit_of_a_reliable_channel_is_ignored)
{
  LaneDcepMessage open;

  ck_assert (lane_dcep_parse (BYTES ("\x03\0\0\0\0\0\0\x09\0\0\0\0"), &open));
  ck_assert_uint_eq (open.limit, 0);
}
END_TEST

START_TEST (anything_else_is_refused)
{
  const struct {
    const guint8 *data;
    gsize length;
  } bad[] = {
    { BYTES ("") },
    { BYTES ("\x01") },
    { BYTES ("\x02\0") },                                   /* ACK and more */
    { BYTES ("\x03\0\0\0\0\0\0\0\0\0\0") },                 /* header a byte short */
    { BYTES ("\x03\0\0\0\0\0\0\0\0\x01\0\0") },             /* label missing */
    { BYTES ("\x03\0\0\0\0\0\0\0\0\x01\0\0ab") },           /* a byte too many */
    { BYTES ("\x03\0\0\0\0\0\0\0\xff\xff\xff\xff") },       /* lengths that would wrap */
    { BYTES ("\x03\x03\0\0\0\0\0\0\0\x01\0\0a") },          /* unknown kind of channel */
    { BYTES ("\x03\x84\0\0\0\0\0\0\0\x01\0\0a") },          /* the same, unordered */
    { BYTES ("\x03\0\0\0\0\0\0\0\0\x02\0\0a\0") },          /* NUL in the label */
    { BYTES ("\x03\0\0\0\0\0\0\0\0\x02\0\0a\n") },          /* control character */
    { BYTES ("\x03\0\0\0\0\0\0\0\0\x01\0\0\xff") },         /* not UTF-8 */
    { BYTES ("\x03\0\0\0\0\0\0\0\0\x03\0\0\xe2\x80\xae") }, /* right-to-left override */
    { BYTES ("\x03\0\0\0\0\0\0\0\0\0\0\x02p\x7f") },        /* the same care for protocols */
    { BYTES ("\x03\0\0\0\0\0\0\0\0\x41\0\0"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") }, /* 65 */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    LaneDcepMessage message;

    ck_assert_msg (!lane_dcep_parse (bad[i].data, bad[i].length, &message), "row %zu", i);
  }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("dcep");
  TCase *tcase = tcase_create ("dcep");

  tcase_add_test (tcase, open_is_written_as_in_rfc8832);
  tcase_add_test (tcase, ack_is_one_byte);
  tcase_add_test (tcase, every_open_reads_back);
  tcase_add_test (tcase, limit_of_a_reliable_channel_is_ignored);
  tcase_add_test (tcase, anything_else_is_refused);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
