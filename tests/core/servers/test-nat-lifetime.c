#include "servers/nat-lifetime.h"

#include "../../suite.h"
#include "nat-stub.h"
#include "until.h"

#define EI  LANE_NAT_ENDPOINT_INDEPENDENT
#define APD LANE_NAT_ADDRESS_AND_PORT_DEPENDENT

static void
on_done (LaneNatLifetime *lifetime, gpointer user_data)
{
  (*(guint *)user_data)++;
}

static const struct {
  NatStubKind kind;
  NatStubServer server;
  guint min_ms, max_ms;
} cases[] = {
  { { .mapping = EI, .filtering = APD, .lives_ms = 450 }, NAT_STUB_PLAIN, 300, 600 },
  { { .mapping = APD, .filtering = APD, .lives_ms = 450 }, NAT_STUB_PLAIN, 300, 600 },
  { { .mapping = EI, .filtering = APD, .lives_ms = 1 }, NAT_STUB_PLAIN, 0, 150 },
  { { .mapping = EI, .filtering = APD }, NAT_STUB_PLAIN, 600, 0 },
  { { .mapping = EI, .filtering = APD, .loses = 2 }, NAT_STUB_PLAIN, 600, 0 },
  { { .mapping = EI, .filtering = LANE_NAT_BLOCKED }, NAT_STUB_PLAIN, 0, 0 },
  { { .mapping = EI, .filtering = APD }, NAT_STUB_NO_RESPONSE_PORT, 0, 0 },
};

START_TEST (idle_mappings_live_so_long)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (NatStub) stub = nat_stub_new (context, &cases[_i].kind);
  g_autoptr (GInetSocketAddress) server = nat_stub_add_server (stub, cases[_i].server, "127.0.0.2");
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string ("127.0.0.1");
  const LaneNatLifetimeOptions options = {
    .address = address, .server = server, .shortest_ms = 150, .longest_ms = 600, .try_ms = 5
  };
  guint done = 0;
  g_autoptr (LaneNatLifetime) lifetime = lane_nat_lifetime_new (context, &options, on_done, &done);
  LaneNatLifetimeResult result;

  iterate_until (context, done > 0);
  result = lane_nat_lifetime_get_result (lifetime);
  ck_assert_uint_eq (result.min_ms, cases[_i].min_ms);
  ck_assert_uint_eq (result.max_ms, cases[_i].max_ms);
  ck_assert_uint_eq (done, 1);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("nat-lifetime");
  TCase *tcase = tcase_create ("steps");

  tcase_set_timeout (tcase, 20);
  tcase_add_loop_test (tcase, idle_mappings_live_so_long, 0, G_N_ELEMENTS (cases));
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
