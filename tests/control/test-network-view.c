#include "suite.h"

#include <math.h>

#include "network-view.h"
#include "snapshot.h"

#define NETWORK                                                                                    \
  "{\"schema\":1,\"interfaces\":[{\"name\":\"eth0\",\"state\":\"up\",\"loopback\":false,"          \
  "\"default_route\":[6],\"addresses\":[{\"address\":\"192.0.2.7\",\"prefix_length\":24,"          \
  "\"family\":4,\"scope\":\"public\",\"temporary\":false,\"used\":true,\"why\":null},"             \
  "{\"address\":\"fe80::1%eth0\",\"prefix_length\":64,\"family\":6,\"scope\":\"link-local\","      \
  "\"used\":false,\"why\":\"link-local\",\"next\":\"N\"}]}],\"interfaces_left_out\":3,"            \
  "\"nat\":{\"checking\":true,\"families\":[{\"family\":4,"                                        \
  "\"mapping\":\"address-dependent\",\"filtering\":\"unknown\",\"confidence\":\"partial\","        \
  "\"address\":\"192.0.2.7\",\"mapped\":\"203.0.113.7:61000\",\"udp\":\"ok\","                     \
  "\"hairpinning\":false,\"cgnat\":true,\"tampered\":null,\"lifetime_min_s\":30,"                  \
  "\"lifetime_max_s\":null,\"checked_at\":\"2026-11-22T00:00:00.250Z\",\"hints\":[\"H\"],"         \
  "\"summary\":\"hard NAT\",\"meaning\":\"M\",\"next\":\"X\",\"wrong\":true}],"                    \
  "\"evidence\":[{\"family\":4,\"test\":\"primary\",\"server\":\"home\","                          \
  "\"asked\":\"192.0.2.1:3478\",\"local\":\"192.0.2.7:5000\",\"result\":\"answered\","             \
  "\"from\":\"192.0.2.1:3478\",\"mapped\":\"203.0.113.7:61000\",\"ms\":12.5}]},"                   \
  "\"ports\":[{\"peer\":\"cam-7\",\"family\":4,\"local\":\"192.0.2.7:5001\","                      \
  "\"server\":\"home\",\"mapped\":\"203.0.113.7:61002\",\"same\":false,\"ms\":null}],"             \
  "\"router_mappings\":{\"asked\":false,\"text\":\"none asked\"},\"servers\":[]}"

START_TEST (everything_is_decoded)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneNetworkView) network = lane_network_view_parse (NETWORK, &error);
  const LaneInterfaceView *interface;
  const LaneAddressView *address;
  const LaneNatView *nat;
  const LaneSightView *sight;
  const LanePortView *port;

  ck_assert_msg (network != NULL, "%s", error != NULL ? error->message : "no error");
  ck_assert_uint_eq (network->interfaces->len, 1);
  interface = network->interfaces->pdata[0];
  ck_assert_str_eq (interface->name, "eth0");
  ck_assert_str_eq (interface->state, "up");
  ck_assert (!interface->default4 && interface->default6);
  ck_assert_uint_eq (interface->addresses->len, 2);
  address = interface->addresses->pdata[0];
  ck_assert_str_eq (address->address, "192.0.2.7");
  ck_assert (address->used && address->why == NULL && address->prefix_length == 24);
  address = interface->addresses->pdata[1];
  ck_assert (!address->used);
  ck_assert_str_eq (address->why, "link-local");
  ck_assert_str_eq (address->next, "N");
  ck_assert_uint_eq (network->left_out, 3);
  ck_assert (network->checking);

  nat = network->nats->pdata[0];
  ck_assert_int_eq (nat->family, 4);
  ck_assert_str_eq (nat->summary, "hard NAT");
  ck_assert_str_eq (nat->meaning, "M");
  ck_assert_str_eq (nat->next, "X");
  ck_assert (nat->wrong);
  ck_assert_int_eq (nat->hairpinning, LANE_TRUTH_NO);
  ck_assert_int_eq (nat->carrier, LANE_TRUTH_YES);
  ck_assert_int_eq (nat->tampered, LANE_TRUTH_UNKNOWN);
  ck_assert_uint_eq (nat->lifetime_min_s, 30);
  ck_assert_uint_eq (nat->lifetime_max_s, 0);
  ck_assert_int_eq (nat->checked_us % G_USEC_PER_SEC, 250000);
  ck_assert_str_eq (nat->hints[0], "H");

  sight = network->sights->pdata[0];
  ck_assert_str_eq (sight->asked, "192.0.2.1:3478");
  ck_assert (sight->ms == 12.5);
  port = network->ports->pdata[0];
  ck_assert_str_eq (port->peer, "cam-7");
  ck_assert (isnan (port->ms));
  ck_assert_str_eq (network->router, "none asked");
}
END_TEST

START_TEST (a_copy_is_the_same)
{
  g_autoptr (LaneNetworkView) network = lane_network_view_parse (NETWORK, NULL);
  g_autoptr (LaneNetworkView) copy = lane_network_view_copy (network);

  ck_assert_str_eq (copy->json, NETWORK);
  ck_assert_ptr_null (lane_network_view_copy (NULL));
}
END_TEST

/* Members missing, of the wrong type, out of range: unknown. */
static const char *const odd[] = {
  "{}",
  "{\"interfaces\":7,\"nat\":[],\"ports\":\"x\",\"router_mappings\":null}",
  "{\"interfaces\":[null,7,{\"name\":null,\"default_route\":[\"4\",[]],\"addresses\":[{},3,"
  "{\"prefix_length\":-1,\"family\":1e30,\"used\":\"yes\"}]}]}",
  "{\"nat\":{\"families\":[{},{\"hints\":[7,null,{}],\"lifetime_min_s\":-5,\"checked_at\":3}],"
  "\"evidence\":[{},{\"ms\":\"1\"}]},\"ports\":[{},null]}",
};

START_TEST (odd_members_are_unknown)
{
  g_autoptr (LaneNetworkView) network = lane_network_view_parse (odd[_i], NULL);

  ck_assert_ptr_nonnull (network);
  for (guint i = 0; i < network->interfaces->len; i++) {
    const LaneInterfaceView *interface = network->interfaces->pdata[i];

    ck_assert_str_eq (interface->name, "unknown");
    for (guint j = 0; j < interface->addresses->len; j++) {
      const LaneAddressView *address = interface->addresses->pdata[j];

      ck_assert_str_eq (address->address, "unknown");
      ck_assert_int_eq (address->prefix_length, -1);
      ck_assert (!address->used && address->family <= 6);
    }
  }
  for (guint i = 0; i < network->nats->len; i++) {
    const LaneNatView *nat = network->nats->pdata[i];

    ck_assert_str_eq (nat->summary, "not known");
    ck_assert_ptr_null (nat->hints[0]);
    ck_assert_int_eq (nat->hairpinning, LANE_TRUTH_UNKNOWN);
  }
  for (guint i = 0; i < network->sights->len; i++)
    ck_assert (isnan (((LaneSightView *)network->sights->pdata[i])->ms));
}
END_TEST

START_TEST (what_is_no_object_is_refused)
{
  static const char *const wrong[] = { NULL, "", "[]", "{", "7", "{\"a\":\"\xff\"}" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    ck_assert_ptr_null (lane_network_view_parse (wrong[i], &error));
    ck_assert (g_error_matches (error, LANE_SNAPSHOT_ERROR, LANE_SNAPSHOT_ERROR_MALFORMED));
  }
}
END_TEST

START_TEST (lists_are_bounded)
{
  g_autoptr (GString) json = g_string_new ("{\"ports\":[{}");
  g_autoptr (LaneNetworkView) network = NULL;

  for (guint i = 0; i < 5000; i++)
    g_string_append (json, ",{}");
  g_string_append (json, "]}");
  network = lane_network_view_parse (json->str, NULL);
  ck_assert_uint_eq (network->ports->len, 1024);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("network-view");
  TCase *tests = tcase_create ("network-view");

  tcase_add_test (tests, everything_is_decoded);
  tcase_add_test (tests, a_copy_is_the_same);
  tcase_add_loop_test (tests, odd_members_are_unknown, 0, G_N_ELEMENTS (odd));
  tcase_add_test (tests, what_is_no_object_is_refused);
  tcase_add_test (tests, lists_are_bounded);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
