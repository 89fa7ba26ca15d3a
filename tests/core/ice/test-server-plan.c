#include "ice/server-plan.h"

#include "suite.h"

static const char *const v4_only[] = { "192.0.2.1", NULL };
static const char *const both[] = { "192.0.2.1", "2001:db8::1", NULL };

static const LaneIceServer table[] = {
  { .name = (char *)"s6", .address = (char *)"2001:db8::5", .port = 3478 },
  { .name = (char *)"s4", .address = (char *)"192.0.2.5", .port = 3478 },
  { .name = (char *)"t-tcp-1",
    .turn = TRUE,
    .protocol = LANE_PROTOCOL_TCP,
    .address = (char *)"192.0.2.6",
    .port = 3478,
    .username = (char *)"u",
    .password = (char *)"p" },
  { .name = (char *)"t-tls",
    .turn = TRUE,
    .protocol = LANE_PROTOCOL_TLS,
    .address = (char *)"127.0.0.1",
    .port = 40000,
    .username = (char *)"u",
    .password = (char *)"p" },
  { .name = (char *)"t-udp-1",
    .turn = TRUE,
    .address = (char *)"192.0.2.6",
    .port = 3478,
    .username = (char *)"u",
    .password = (char *)"p" },
  { .name = (char *)"t-udp-2",
    .turn = TRUE,
    .address = (char *)"192.0.2.7",
    .port = 3478,
    .username = (char *)"u",
    .password = (char *)"p" },
  { .name = (char *)"again",
    .turn = TRUE,
    .address = (char *)"192.0.2.6",
    .port = 3478,
    .username = (char *)"other",
    .password = (char *)"p" },
  { .name = (char *)"no-credentials", .turn = TRUE, .address = (char *)"192.0.2.8", .port = 3478 },
  { .name = (char *)"t6",
    .turn = TRUE,
    .address = (char *)"2001:db8::6",
    .port = 3478,
    .username = (char *)"u",
    .password = (char *)"p" },
};

static LaneServerPlan *
plan_for (const char *const *addresses, LanePolicy policy)
{
  g_autoptr (GPtrArray) servers = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    g_ptr_array_add (servers, (gpointer)&table[i]);
  return lane_server_plan_new (servers, addresses, policy);
}

static char *
relay_names (const LaneServerPlan *plan)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < lane_server_plan_get_n_relays (plan); i++)
    g_string_append_printf (names, " %s", lane_server_plan_get_relay (plan, i)->name);
  return g_string_free (names, FALSE);
}

START_TEST (udp_comes_before_tcp_and_tls_and_the_best_last)
{
  g_autoptr (LaneServerPlan) plan = plan_for (both, LANE_POLICY_AUTO);
  g_autofree char *names = relay_names (plan);

  ck_assert_str_eq (names, " t6 t-udp-2 t-udp-1 t-tcp-1 t-tls");
  ck_assert_str_eq (lane_server_plan_get_stun (plan)->name, "s6");
}
END_TEST

START_TEST (servers_of_another_family_are_left_out)
{
  g_autoptr (LaneServerPlan) plan = plan_for (v4_only, LANE_POLICY_AUTO);
  g_autofree char *names = relay_names (plan);

  ck_assert_str_eq (names, " t-udp-2 t-udp-1 t-tcp-1 t-tls");
  ck_assert_str_eq (lane_server_plan_get_stun (plan)->name, "s4");
}
END_TEST

START_TEST (policy_limits_the_kinds)
{
  g_autoptr (LaneServerPlan) direct = plan_for (both, LANE_POLICY_DIRECT_ONLY);
  g_autoptr (LaneServerPlan) relay = plan_for (both, LANE_POLICY_RELAY_ONLY);

  ck_assert_uint_eq (lane_server_plan_get_n_relays (direct), 0);
  ck_assert_ptr_nonnull (lane_server_plan_get_stun (direct));
  ck_assert_uint_eq (lane_server_plan_get_n_relays (relay), 5);
  ck_assert_ptr_null (lane_server_plan_get_stun (relay));
}
END_TEST

START_TEST (at_most_eight_relays_the_best_ones)
{
  g_autoptr (GPtrArray) servers =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_ice_server_free);
  g_autoptr (LaneServerPlan) plan = NULL;

  for (guint16 i = 0; i < 12; i++) {
    LaneIceServer server = table[4];

    server.port = (guint16)(i + 1);
    g_ptr_array_add (servers, lane_ice_server_copy (&server));
  }
  plan = lane_server_plan_new (servers, v4_only, LANE_POLICY_AUTO);
  ck_assert_uint_eq (lane_server_plan_get_n_relays (plan), 8);
  ck_assert_uint_eq (lane_server_plan_get_relay (plan, 0)->port, 8);
  ck_assert_uint_eq (lane_server_plan_get_relay (plan, 7)->port, 1);
}
END_TEST

/* Priorities as seen from libnice 0.1.21: type preference, direction 1, relay number, address. */
START_TEST (a_relay_candidate_is_found_by_its_priority)
{
  static const struct {
    guint type_preference, index;
    const char *name;
  } cases[] = {
    { 30, 0, "t-udp-2" }, { 30, 1, "t-udp-1" }, { 20, 2, "t-tcp-1" }, { 20, 3, "t-tls" },
    { 30, 2, NULL },      { 20, 1, NULL },      { 30, 5, NULL },
  };
  g_autoptr (LaneServerPlan) plan = plan_for (v4_only, LANE_POLICY_AUTO);
  NiceCandidate *candidate = nice_candidate_new (NICE_CANDIDATE_TYPE_RELAYED);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const LaneIceServer *server;

    candidate->priority =
        cases[i].type_preference << 24 | ((1u << 13) + (cases[i].index << 6) + 3) << 8 | 255;
    server = lane_server_plan_find (plan, candidate);
    ck_assert_pstr_eq (server != NULL ? server->name : NULL, cases[i].name);
  }
  nice_candidate_free (candidate);
}
END_TEST

START_TEST (lease_of_a_bridge_ends_with_the_gathering)
{
  LaneIceServer tls = table[3];
  g_autoptr (GObject) lease = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GPtrArray) servers = g_ptr_array_new ();
  g_autoptr (LaneServerPlan) plan = NULL;
  gpointer held = lease;

  tls.lease = lease;
  g_ptr_array_add (servers, &tls);
  plan = lane_server_plan_new (servers, v4_only, LANE_POLICY_AUTO);
  g_object_add_weak_pointer (lease, &held);
  g_clear_object (&lease);
  ck_assert_ptr_nonnull (held);
  lane_server_plan_release (plan);
  ck_assert_ptr_null (held);
  ck_assert_str_eq (lane_server_plan_get_relay (plan, 0)->name, "t-tls");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("server-plan");
  TCase *tests = tcase_create ("server-plan");

  tcase_add_test (tests, udp_comes_before_tcp_and_tls_and_the_best_last);
  tcase_add_test (tests, servers_of_another_family_are_left_out);
  tcase_add_test (tests, policy_limits_the_kinds);
  tcase_add_test (tests, lease_of_a_bridge_ends_with_the_gathering);
  tcase_add_test (tests, at_most_eight_relays_the_best_ones);
  tcase_add_test (tests, a_relay_candidate_is_found_by_its_priority);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
