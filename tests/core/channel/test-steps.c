#include "channel/steps.h"

#include <string.h>

#include "suite.h"

START_TEST (steps_read_back)
{
  guint8 packed[LANE_STEPS_BYTES];
  LaneSteps steps, back;

  lane_steps_init (&steps, 7);
  steps.offered = steps.has_pair = TRUE;
  steps.local = LANE_CANDIDATE_SRFLX;
  steps.remote = LANE_CANDIDATE_RELAY;
  lane_steps_set (&steps, LANE_STEP_GATHERED, 0);
  lane_steps_set (&steps, LANE_STEP_CONNECTED, 123456);
  lane_steps_set (&steps, LANE_STEP_UP, -5);
  steps.host = 2;
  steps.relay = 1;
  steps.stun = (LaneServerCount){ 3, 1 };
  steps.turn = (LaneServerCount){ 2, 2 };
  lane_steps_pack (&steps, packed);
  ck_assert (lane_steps_unpack (packed, &back));

  ck_assert_uint_eq (back.generation, 7);
  ck_assert (back.offered && back.has_pair);
  ck_assert_int_eq (back.local, LANE_CANDIDATE_SRFLX);
  ck_assert_int_eq (back.remote, LANE_CANDIDATE_RELAY);
  ck_assert_mem_eq (back.us, steps.us, sizeof steps.us);
  ck_assert_uint_eq (back.us[LANE_STEP_CONNECTED], 123456);
  ck_assert_uint_eq (back.us[LANE_STEP_UP], 0);
  ck_assert_uint_eq (back.us[LANE_STEP_FAILED], LANE_STEP_NEVER);
  ck_assert (back.host == 2 && back.srflx == 0 && back.relay == 1);
  ck_assert (back.stun.asked == 3 && back.stun.answered == 1);
  ck_assert (back.turn.asked == 2 && back.turn.answered == 2);
}
END_TEST

START_TEST (bytes_are_as_documented)
{
  guint8 packed[LANE_STEPS_BYTES];
  LaneSteps steps;

  lane_steps_init (&steps, 0x01020304);
  steps.offered = TRUE;
  lane_steps_set (&steps, LANE_STEP_GATHERED, 0x0a0b);
  steps.turn = (LaneServerCount){ 2, 1 };
  lane_steps_pack (&steps, packed);

  ck_assert_mem_eq (packed, "\x01\x02\x03\x04\x01\0\0\0\0\x0a\x0b\xff\xff\xff\xff", 15);
  ck_assert_mem_eq (packed + LANE_STEPS_BYTES - 2, "\x02\x01", 2);
  ck_assert_uint_eq (LANE_STEPS_BYTES, 58);
}
END_TEST

/* A peer may send what it likes. */
START_TEST (nothing_leaves_its_bounds)
{
  guint8 wild[LANE_STEPS_BYTES];
  LaneSteps steps;

  memset (wild, 0, sizeof wild);
  ck_assert (!lane_steps_unpack (wild, &steps)); /* generation 0 */
  memset (wild, 0xfe, sizeof wild);
  wild[4] = 2; /* a pair of types that there are not */
  ck_assert (lane_steps_unpack (wild, &steps));
  ck_assert (!steps.has_pair && !steps.offered);
  for (guint i = 0; i < LANE_N_STEPS; i++)
    ck_assert_uint_eq (steps.us[i], LANE_STEP_NEVER);
  ck_assert (steps.host == 32 && steps.srflx == 32 && steps.relay == 32);
  ck_assert (steps.stun.asked == 32 && steps.stun.answered == 32);
  wild[LANE_STEPS_BYTES - 2] = 1; /* more answers than questions */
  ck_assert (lane_steps_unpack (wild, &steps));
  ck_assert (steps.turn.asked == 1 && steps.turn.answered == 1);
}
END_TEST

START_TEST (what_took_too_long_is_not_told)
{
  LaneSteps steps;

  lane_steps_init (&steps, 1);
  lane_steps_set (&steps, LANE_STEP_UP, 600 * G_USEC_PER_SEC);
  ck_assert_uint_eq (steps.us[LANE_STEP_UP], 600000000);
  lane_steps_set (&steps, LANE_STEP_UP, 600 * G_USEC_PER_SEC + 1);
  ck_assert_uint_eq (steps.us[LANE_STEP_UP], LANE_STEP_NEVER);
  lane_steps_set (&steps, LANE_STEP_UP, G_MAXINT64);
  ck_assert_uint_eq (steps.us[LANE_STEP_UP], LANE_STEP_NEVER);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("steps");
  TCase *tcase = tcase_create ("steps");

  tcase_add_test (tcase, steps_read_back);
  tcase_add_test (tcase, bytes_are_as_documented);
  tcase_add_test (tcase, nothing_leaves_its_bounds);
  tcase_add_test (tcase, what_took_too_long_is_not_told);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
