#include "servers/nat-watch.h"

#include "../../suite.h"
#include "nat-stub.h"
#include "until.h"

#define EI  LANE_NAT_ENDPOINT_INDEPENDENT
#define APD LANE_NAT_ADDRESS_AND_PORT_DEPENDENT

static const char *const ours[] = { "fe80::1%lo", "127.0.0.1", "::1", NULL };
static const char *const moved[] = { "127.0.0.8", NULL };
static const char *const nobody[] = { NULL };
static const NatStubKind easy = { .mapping = EI, .filtering = APD };
static const NatStubKind hard = { .mapping = APD, .filtering = APD };

typedef struct {
  GMainContext *context;
  NatStub *stub;
  GInetSocketAddress *server;
  LaneAddressPolicy policy;
  LaneNatWatch *watch;
  guint judged, changed;
} World;

static void
on_judged (LaneNatWatch *watch, const LaneNatReport *report, gpointer user_data)
{
  ((World *)user_data)->judged++;
}

static void
on_changed (LaneNatWatch *watch, gpointer user_data)
{
  ((World *)user_data)->changed++;
}

static void
world_begin (World *world, const NatStubKind *kind, guint recheck_ms)
{
  const LaneNatWatchTuning tuning = {
    .try_ms = 20, .settle_ms = 10, .recheck_ms = recheck_ms, .recheck_unknown_ms = 10
  };
  static const LaneNatWatchEvents events = { .judged = on_judged, .changed = on_changed };

  *world = (World){ .policy.allow_loopback = TRUE };
  world->context = g_main_context_new ();
  world->stub = nat_stub_new (world->context, kind);
  world->server = nat_stub_add_server (world->stub, NAT_STUB_TWO, "127.0.0.2");
  world->watch = lane_nat_watch_new (world->context, &world->policy, &tuning, &events, world);
}

static void
world_end (World *world)
{
  lane_nat_watch_free (world->watch);
  g_object_unref (world->server);
  nat_stub_free (world->stub);
  g_main_context_unref (world->context);
}

static void
tell_servers (World *world, gboolean stream_works)
{
  GPtrArray *servers = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_nat_server_free);

  g_ptr_array_add (servers, lane_nat_server_new ("home", world->server, stream_works));
  lane_nat_watch_take_servers (world->watch, servers);
}

static void
tell_no_servers (World *world)
{
  lane_nat_watch_take_servers (
      world->watch, g_ptr_array_new_with_free_func ((GDestroyNotify)lane_nat_server_free));
}

static LaneNatWord
mapping (const World *world)
{
  return lane_nat_watch_get_brief (world->watch).ipv4.mapping;
}

static void
finish_run (World *world)
{
  ck_assert (lane_nat_watch_is_checking (world->watch));
  iterate_until (world->context, !lane_nat_watch_is_checking (world->watch));
}

START_TEST (it_runs_once_it_knows_where_from_and_whom_to_ask)
{
  World world;

  world_begin (&world, &easy, 100000);
  tell_servers (&world, FALSE);
  ck_assert (!lane_nat_watch_is_checking (world.watch));
  lane_nat_watch_set_addresses (world.watch, ours);
  finish_run (&world);
  ck_assert_int_eq (mapping (&world), EI);
  ck_assert_uint_eq (world.judged, 1);
  ck_assert_ptr_null (lane_nat_watch_get_report (world.watch, 6)); /* no server of that family */
  world_end (&world);
}
END_TEST

START_TEST (the_same_again_asks_nobody)
{
  World world;
  guint asked;

  world_begin (&world, &easy, 100000);
  lane_nat_watch_set_addresses (world.watch, ours);
  tell_servers (&world, FALSE);
  finish_run (&world);
  asked = nat_stub_count_requests (world.stub);
  lane_nat_watch_set_addresses (world.watch, ours);
  tell_servers (&world, FALSE);
  ck_assert (!lane_nat_watch_is_checking (world.watch));
  ck_assert_uint_eq (nat_stub_count_requests (world.stub), asked);
  world_end (&world);
}
END_TEST

START_TEST (another_address_forgets_what_was_known_and_runs_again)
{
  World world;

  world_begin (&world, &easy, 100000);
  lane_nat_watch_set_addresses (world.watch, ours);
  tell_servers (&world, FALSE);
  finish_run (&world);
  nat_stub_set_kind (world.stub, &hard);
  lane_nat_watch_set_addresses (world.watch, moved);
  ck_assert_int_eq (mapping (&world), LANE_NAT_UNKNOWN);
  finish_run (&world);
  ck_assert_int_eq (mapping (&world), APD);
  lane_nat_watch_set_addresses (world.watch, nobody);
  ck_assert_int_eq (mapping (&world), LANE_NAT_UNKNOWN);
  world_end (&world);
}
END_TEST

START_TEST (an_operator_can_ask_but_not_without_end)
{
  World world;
  guint asked;

  world_begin (&world, &easy, 100000);
  lane_nat_watch_set_addresses (world.watch, ours);
  tell_servers (&world, FALSE);
  finish_run (&world);
  for (guint i = 0; i < 3; i++) {
    lane_nat_watch_check (world.watch);
    finish_run (&world);
  }
  ck_assert_uint_eq (world.judged, 1); /* it is what it was */
  asked = nat_stub_count_requests (world.stub);
  lane_nat_watch_check (world.watch);
  for (guint i = 0; i < 50; i++)
    g_main_context_iteration (world.context, FALSE);
  ck_assert (lane_nat_watch_is_checking (world.watch)); /* in its turn */
  ck_assert_uint_eq (nat_stub_count_requests (world.stub), asked);
  world_end (&world);
}
END_TEST

START_TEST (a_changed_router_is_noticed_in_time)
{
  World world;

  world_begin (&world, &hard, 30);
  lane_nat_watch_set_addresses (world.watch, ours);
  tell_servers (&world, FALSE);
  iterate_until (world.context, mapping (&world) == APD);
  nat_stub_set_kind (world.stub, &easy);
  iterate_until (world.context, mapping (&world) == EI);
  ck_assert_uint_eq (world.judged, 2);
  world_end (&world);
}
END_TEST

START_TEST (that_tcp_works_is_learned_later)
{
  const NatStubKind deaf = { .mapping = EI, .filtering = LANE_NAT_BLOCKED };
  World world;

  world_begin (&world, &deaf, 100000);
  lane_nat_watch_set_addresses (world.watch, ours);
  tell_servers (&world, FALSE);
  finish_run (&world);
  ck_assert_int_eq (mapping (&world), LANE_NAT_UNKNOWN);
  tell_servers (&world, TRUE);
  ck_assert_int_eq (mapping (&world), LANE_NAT_BLOCKED);
  ck_assert_uint_eq (world.judged, 2);
  tell_no_servers (&world);
  ck_assert_int_eq (mapping (&world), LANE_NAT_UNKNOWN);
  world_end (&world);
}
END_TEST

static JsonNode *
describe (const LaneNatWatch *watch)
{
  static const char *const public[] = { "127.0.0.9", NULL };
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  lane_nat_watch_add_json (watch, public, builder);
  return json_builder_get_root (builder);
}

START_TEST (status_has_the_words_and_the_evidence)
{
  g_autoptr (JsonNode) unknown = describe (NULL), known = NULL;
  JsonObject *object = json_node_get_object (unknown);
  World world;

  ck_assert_str_eq (json_object_get_string_member (object, "mapping"), "unknown");
  ck_assert_str_eq (json_object_get_string_member (object, "confidence"), "unknown");
  ck_assert (json_object_get_null_member (object, "hairpinning"));

  world_begin (&world, &easy, 100000);
  lane_nat_watch_set_addresses (world.watch, ours);
  tell_servers (&world, FALSE);
  finish_run (&world);
  known = describe (world.watch);
  object = json_node_get_object (known);
  ck_assert_str_eq (json_object_get_string_member (object, "mapping"), "endpoint-independent");
  ck_assert_str_eq (json_object_get_string_member (object, "filtering"),
                    "address-and-port-dependent");
  ck_assert_str_eq (json_object_get_string_member (object, "confidence"), "measured");
  ck_assert_str_eq (json_object_get_string_member (object, "udp"), "ok");
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (object, "public")), 1);
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (object, "families")), 1);
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (object, "evidence")), 6);
  world_end (&world);
}
END_TEST

/* The short form that peers exchange. */

START_TEST (a_brief_survives_bytes_and_json)
{
  const LaneNatBrief brief = { .ipv4 = { APD, APD, LANE_NAT_MEASURED },
                               .ipv6 = { LANE_NAT_NONE, EI, LANE_NAT_PARTIAL } };
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  guint8 bytes[LANE_NAT_BRIEF_BYTES];
  LaneNatBrief read = { 0 };

  lane_nat_brief_pack (&brief, bytes);
  lane_nat_brief_unpack (bytes, &read);
  ck_assert_mem_eq (&read, &brief, sizeof brief);
  lane_nat_brief_add_json (&brief, builder);
  root = json_builder_get_root (builder);
  read = (LaneNatBrief){ 0 };
  ck_assert (lane_nat_brief_read_json (json_node_get_object (root), &read));
  ck_assert_mem_eq (&read, &brief, sizeof brief);
}
END_TEST

static const struct {
  const char *json;
  gboolean ok;
  LaneNatWord mapping, filtering;
} briefs[] = {
  { "{}", TRUE, LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN },
  { "{\"4\":{\"mapping\":\"none\",\"filtering\":\"none\",\"confidence\":\"partial\"}}", TRUE,
    LANE_NAT_NONE, LANE_NAT_UNKNOWN },
  { "{\"4\":{\"mapping\":\"teleporting\",\"filtering\":\"blocked\",\"confidence\":\"measured\"}}",
    TRUE, LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN },
  { "{\"4\":{\"mapping\":\"blocked\",\"filtering\":\"blocked\"}}", FALSE, 0, 0 },
  { "{\"4\":{\"mapping\":1,\"filtering\":\"blocked\",\"confidence\":\"partial\"}}", FALSE, 0, 0 },
  { "{\"4\":{\"mapping\":null,\"filtering\":\"blocked\",\"confidence\":\"partial\"}}", FALSE, 0,
    0 },
  { "{\"4\":[]}", FALSE, 0, 0 },
  { "{\"4\":null}", FALSE, 0, 0 },
  { "{\"6\":7}", FALSE, 0, 0 },
};

START_TEST (a_brief_from_a_peer_is_read_strictly)
{
  g_autoptr (JsonNode) root = json_from_string (briefs[_i].json, NULL);
  LaneNatBrief brief = { .ipv4.mapping = APD };

  ck_assert_int_eq (lane_nat_brief_read_json (json_node_get_object (root), &brief), briefs[_i].ok);
  ck_assert_int_eq (brief.ipv4.mapping, briefs[_i].mapping);
  ck_assert_int_eq (brief.ipv4.filtering, briefs[_i].filtering);
}
END_TEST

START_TEST (bytes_of_a_later_version_are_unknown)
{
  const guint8 bytes[LANE_NAT_BRIEF_BYTES] = { 77, 2, 2, 2, 99, 99 };
  LaneNatBrief brief;

  lane_nat_brief_unpack (bytes, &brief);
  ck_assert_int_eq (brief.ipv4.mapping, LANE_NAT_UNKNOWN);
  ck_assert_int_eq (brief.ipv4.filtering, LANE_NAT_UNKNOWN);
  ck_assert_int_eq (brief.ipv6.mapping, EI);
  ck_assert_int_eq (brief.ipv6.filtering, LANE_NAT_UNKNOWN);
  ck_assert_int_eq (brief.ipv6.confidence, LANE_NAT_UNSURE);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("nat-watch");
  TCase *tcase = tcase_create ("watch");

  tcase_set_timeout (tcase, 20);
  tcase_add_test (tcase, it_runs_once_it_knows_where_from_and_whom_to_ask);
  tcase_add_test (tcase, the_same_again_asks_nobody);
  tcase_add_test (tcase, another_address_forgets_what_was_known_and_runs_again);
  tcase_add_test (tcase, an_operator_can_ask_but_not_without_end);
  tcase_add_test (tcase, a_changed_router_is_noticed_in_time);
  tcase_add_test (tcase, that_tcp_works_is_learned_later);
  tcase_add_test (tcase, status_has_the_words_and_the_evidence);
  tcase_add_test (tcase, a_brief_survives_bytes_and_json);
  tcase_add_loop_test (tcase, a_brief_from_a_peer_is_read_strictly, 0, G_N_ELEMENTS (briefs));
  tcase_add_test (tcase, bytes_of_a_later_version_are_unknown);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
