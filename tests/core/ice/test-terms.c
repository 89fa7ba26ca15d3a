#include "ice/terms.h"

#include "suite.h"

#define AUTO   LANE_POLICY_AUTO
#define DIRECT LANE_POLICY_DIRECT_ONLY
#define RELAY  LANE_POLICY_RELAY_ONLY
#define LOWEST LANE_POLICY_LOWEST_RTT

static const struct {
  LanePolicy ours, theirs;
  LanePaths paths;
} cases[] = {
  { AUTO, AUTO, LANE_PATHS_ANY },        { AUTO, DIRECT, LANE_PATHS_DIRECT },
  { AUTO, RELAY, LANE_PATHS_RELAY },     { AUTO, LOWEST, LANE_PATHS_ANY },
  { DIRECT, DIRECT, LANE_PATHS_DIRECT }, { DIRECT, RELAY, LANE_PATHS_NONE },
  { DIRECT, LOWEST, LANE_PATHS_DIRECT }, { RELAY, RELAY, LANE_PATHS_RELAY },
  { RELAY, LOWEST, LANE_PATHS_RELAY },   { LOWEST, LOWEST, LANE_PATHS_ANY },
};

START_TEST (each_side_keeps_to_the_stricter_of_both)
{
  const LaneTerms terms = { cases[_i].ours, cases[_i].theirs, TRUE };
  const LaneTerms swapped = { cases[_i].theirs, cases[_i].ours, TRUE };

  ck_assert_int_eq (lane_terms_get_paths (&terms), cases[_i].paths);
  ck_assert_int_eq (lane_terms_get_paths (&swapped), cases[_i].paths);
}
END_TEST

START_TEST (what_the_peer_has_not_told_forbids_nothing)
{
  const LaneTerms terms = { DIRECT, RELAY, FALSE };

  ck_assert_int_eq (lane_terms_get_paths (&terms), LANE_PATHS_DIRECT);
}
END_TEST

START_TEST (paths_allow_their_own_kind_only)
{
  ck_assert (lane_paths_allow (LANE_PATHS_ANY, TRUE) && lane_paths_allow (LANE_PATHS_ANY, FALSE));
  ck_assert (lane_paths_allow (LANE_PATHS_RELAY, TRUE));
  ck_assert (!lane_paths_allow (LANE_PATHS_RELAY, FALSE));
  ck_assert (lane_paths_allow (LANE_PATHS_DIRECT, FALSE));
  ck_assert (!lane_paths_allow (LANE_PATHS_DIRECT, TRUE));
  ck_assert (!lane_paths_allow (LANE_PATHS_NONE, TRUE));
  ck_assert (!lane_paths_allow (LANE_PATHS_NONE, FALSE));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("terms");
  TCase *tcase = tcase_create ("terms");

  tcase_add_loop_test (tcase, each_side_keeps_to_the_stricter_of_both, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tcase, what_the_peer_has_not_told_forbids_nothing);
  tcase_add_test (tcase, paths_allow_their_own_kind_only);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
