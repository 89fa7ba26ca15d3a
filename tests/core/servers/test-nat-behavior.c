#include "servers/nat-behavior.h"

#include "../../suite.h"
#include "nat-stub.h"
#include "until.h"

#define TRY_MS 20

#define EI  LANE_NAT_ENDPOINT_INDEPENDENT
#define AD  LANE_NAT_ADDRESS_DEPENDENT
#define APD LANE_NAT_ADDRESS_AND_PORT_DEPENDENT

typedef struct {
  GMainContext *context;
  NatStub *stub;
  GPtrArray *servers;
  LaneNatReport *report;
  LaneAddressPolicy policy;
  guint done;
} World;

static void
world_begin (World *world, const NatStubKind *kind)
{
  *world = (World){ .policy.allow_loopback = TRUE };
  world->context = g_main_context_new ();
  world->stub = nat_stub_new (world->context, kind);
  world->servers = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_nat_server_free);
}

static void
world_end (World *world)
{
  lane_nat_report_free (world->report);
  g_ptr_array_unref (world->servers);
  nat_stub_free (world->stub);
  g_main_context_unref (world->context);
}

static void
add_server (World *world, NatStubServer kind, const char *address)
{
  g_autoptr (GInetSocketAddress) at = nat_stub_add_server (world->stub, kind, address);

  g_ptr_array_add (world->servers, lane_nat_server_new (address, at, FALSE));
}

static void
on_done (LaneNatBehavior *behavior, gpointer user_data)
{
  World *world = user_data;

  world->done++;
}

static void
run (World *world)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string ("127.0.0.1");
  const LaneNatBehaviorOptions options = {
    .address = address, .servers = world->servers, .policy = &world->policy, .try_ms = TRY_MS
  };
  g_autoptr (LaneNatBehavior) behavior =
      lane_nat_behavior_new (world->context, &options, on_done, world);

  ck_assert_uint_eq (world->done, 0);
  iterate_until (world->context, world->done > 0);
  world->report = lane_nat_behavior_steal_report (behavior);
  lane_nat_report_judge (world->report, world->servers);
}

static void
expect (const World *world, LaneNatWord mapping, LaneNatWord filtering,
        LaneNatConfidence confidence)
{
  g_autofree char *text = lane_nat_report_to_text (world->report);
  const LaneNatTraits *traits = &world->report->traits;

  ck_assert_msg (traits->mapping == mapping, "mapping %s: %s",
                 lane_nat_word_to_string (traits->mapping), text);
  ck_assert_msg (traits->filtering == filtering, "filtering %s: %s",
                 lane_nat_word_to_string (traits->filtering), text);
  ck_assert_msg (traits->confidence == confidence, "%s: %s",
                 lane_nat_confidence_to_string (traits->confidence), text);
}

/* Every mapping with every filtering, at a server with two addresses. */
static const LaneNatWord mappings[] = { LANE_NAT_NONE, EI, AD, APD };
static const LaneNatWord filterings[] = { EI, AD, APD };

START_TEST (two_addresses_measure_mapping_and_filtering)
{
  const NatStubKind kind = { .mapping = mappings[_i / 3], .filtering = filterings[_i % 3] };
  World world;

  world_begin (&world, &kind);
  add_server (&world, NAT_STUB_TWO, "127.0.0.2");
  run (&world);
  expect (&world, kind.mapping, kind.filtering, LANE_NAT_MEASURED);
  ck_assert (!world.report->contradicted);
  world_end (&world);
}
END_TEST

START_TEST (a_plain_server_beside_it_changes_nothing)
{
  const NatStubKind kind = { .mapping = mappings[_i / 3], .filtering = filterings[_i % 3] };
  World world;

  world_begin (&world, &kind);
  add_server (&world, NAT_STUB_PLAIN, "127.0.0.4");
  add_server (&world, NAT_STUB_TWO, "127.0.0.2");
  run (&world);
  expect (&world, kind.mapping, kind.filtering, LANE_NAT_MEASURED);
  world_end (&world);
}
END_TEST

START_TEST (lost_packets_change_nothing)
{
  const NatStubKind kind = { .mapping = APD, .filtering = AD, .loses = 2 };
  World world;

  world_begin (&world, &kind);
  add_server (&world, NAT_STUB_TWO, "127.0.0.2");
  run (&world);
  expect (&world, APD, AD, LANE_NAT_MEASURED);
  world_end (&world);
}
END_TEST

/* Without a second address: what can be known, and no more. */
static const struct {
  LaneNatWord real;
  guint servers;
  LaneNatWord mapping;
  LaneNatConfidence confidence;
} plain[] = {
  { LANE_NAT_NONE, 1, LANE_NAT_NONE, LANE_NAT_PARTIAL },
  { EI, 1, LANE_NAT_UNKNOWN, LANE_NAT_UNSURE },
  { APD, 1, LANE_NAT_UNKNOWN, LANE_NAT_UNSURE },
  { LANE_NAT_NONE, 2, LANE_NAT_NONE, LANE_NAT_PARTIAL },
  { EI, 2, EI, LANE_NAT_PARTIAL },
  { AD, 2, AD, LANE_NAT_PARTIAL },
  { APD, 2, AD, LANE_NAT_PARTIAL }, /* the address matters; the port was not asked about */
  { EI, 3, EI, LANE_NAT_PARTIAL },
};

START_TEST (plain_servers_tell_of_the_mapping_only)
{
  const NatStubKind kind = { .mapping = plain[_i].real, .filtering = EI };
  static const char *const addresses[] = { "127.0.0.2", "127.0.0.3", "127.0.0.4" };
  World world;

  world_begin (&world, &kind);
  for (guint i = 0; i < plain[_i].servers; i++)
    add_server (&world, NAT_STUB_PLAIN, addresses[i]);
  run (&world);
  expect (&world, plain[_i].mapping, LANE_NAT_UNKNOWN, plain[_i].confidence);
  world_end (&world);
}
END_TEST

START_TEST (two_ports_of_one_plain_host_show_that_the_port_matters)
{
  const NatStubKind kind = { .mapping = APD, .filtering = EI };
  World world;

  world_begin (&world, &kind);
  add_server (&world, NAT_STUB_PLAIN, "127.0.0.2");
  add_server (&world, NAT_STUB_PLAIN, "127.0.0.2");
  add_server (&world, NAT_STUB_PLAIN, "127.0.0.3");
  run (&world);
  expect (&world, APD, LANE_NAT_UNKNOWN, LANE_NAT_PARTIAL);
  world_end (&world);
}
END_TEST

/* Servers that are not what they say. */
static const struct {
  NatStubServer servers[3];
  guint n;
  LaneNatWord real, mapping, filtering;
  gboolean contradicted;
} odd[] = {
  { { NAT_STUB_STUBBORN }, 1, EI, EI, LANE_NAT_UNKNOWN, FALSE },
  { { NAT_STUB_HALF }, 1, EI, LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN, FALSE },
  { { NAT_STUB_FORBIDDEN }, 1, EI, LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN, FALSE },
  { { NAT_STUB_NOWHERE }, 1, EI, LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN, FALSE },
  { { NAT_STUB_TWO, NAT_STUB_NOWHERE }, 2, EI, EI, APD, FALSE },
  { { NAT_STUB_TWO, NAT_STUB_LIAR }, 2, EI, LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN, TRUE },
  { { NAT_STUB_TWO, NAT_STUB_LIAR_PORT }, 2, EI, LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN, TRUE },
  { { NAT_STUB_PLAIN, NAT_STUB_LIAR }, 2, EI, LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN, TRUE },
  { { NAT_STUB_PLAIN, NAT_STUB_PLAIN, NAT_STUB_LIAR_PORT },
    3,
    EI,
    LANE_NAT_UNKNOWN,
    LANE_NAT_UNKNOWN,
    TRUE },
  { { NAT_STUB_PLAIN, NAT_STUB_LIAR }, 2, LANE_NAT_NONE, LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN, TRUE },
};

START_TEST (odd_servers_make_nothing_up)
{
  const NatStubKind kind = { .mapping = odd[_i].real, .filtering = APD };
  static const char *const addresses[] = { "127.0.0.2", "127.0.0.4", "127.0.0.5" };
  World world;

  world_begin (&world, &kind);
  for (guint i = 0; i < odd[_i].n; i++)
    add_server (&world, odd[_i].servers[i], addresses[i]);
  run (&world);
  ck_assert_int_eq (world.report->traits.mapping, odd[_i].mapping);
  ck_assert_int_eq (world.report->traits.filtering, odd[_i].filtering);
  ck_assert_int_eq (world.report->contradicted, odd[_i].contradicted);
  if (odd[_i].contradicted) {
    g_auto (GStrv) hints = lane_nat_report_dup_hints (world.report);

    ck_assert (g_str_has_prefix (hints[0], "Servers contradict each other"));
  }
  world_end (&world);
}
END_TEST

START_TEST (silence_alone_is_not_blocked)
{
  const NatStubKind kind = { .mapping = EI, .filtering = LANE_NAT_BLOCKED };
  World world;

  world_begin (&world, &kind);
  add_server (&world, NAT_STUB_TWO, "127.0.0.2");
  run (&world);
  expect (&world, LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN, LANE_NAT_UNSURE);
  /* The same answers, and now its TCP port is known to work. */
  ((LaneNatServer *)g_ptr_array_index (world.servers, 0))->stream_works = TRUE;
  lane_nat_report_judge (world.report, world.servers);
  expect (&world, LANE_NAT_BLOCKED, LANE_NAT_BLOCKED, LANE_NAT_MEASURED);
  world_end (&world);
}
END_TEST

START_TEST (no_server_is_unknown)
{
  const NatStubKind kind = { .mapping = EI, .filtering = EI };
  World world;

  world_begin (&world, &kind);
  run (&world);
  expect (&world, LANE_NAT_UNKNOWN, LANE_NAT_UNKNOWN, LANE_NAT_UNSURE);
  world_end (&world);
}
END_TEST

/* Hairpinning, with the filter that it has to pass as well. */
static const struct {
  NatStubKind kind;
  LaneNatTruth hairpinning;
} hairpins[] = {
  { { .mapping = EI, .filtering = EI, .hairpinning = TRUE }, LANE_NAT_YES },
  { { .mapping = EI, .filtering = APD, .hairpinning = TRUE }, LANE_NAT_YES },
  { { .mapping = EI, .filtering = APD }, LANE_NAT_NO },
  { { .mapping = APD, .filtering = APD, .hairpinning = TRUE }, LANE_NAT_NO },
  { { .mapping = LANE_NAT_NONE, .filtering = EI }, LANE_NAT_MAYBE },
};

START_TEST (hairpinning_is_tried)
{
  World world;

  world_begin (&world, &hairpins[_i].kind);
  add_server (&world, NAT_STUB_PLAIN, "127.0.0.2");
  run (&world);
  ck_assert_int_eq (world.report->hairpinning, hairpins[_i].hairpinning);
  world_end (&world);
}
END_TEST

START_TEST (an_alg_gives_itself_away)
{
  const NatStubKind kind = { .mapping = EI, .filtering = APD, .tampers = _i != 0 };
  World world;

  world_begin (&world, &kind);
  add_server (&world, NAT_STUB_TWO, "127.0.0.2");
  run (&world);
  ck_assert_int_eq (world.report->tampered, _i != 0 ? LANE_NAT_YES : LANE_NAT_NO);
  expect (&world, EI, APD, LANE_NAT_MEASURED);
  world_end (&world);
}
END_TEST

START_TEST (a_run_is_short_and_asks_little)
{
  const NatStubKind kind = { .mapping = EI, .filtering = LANE_NAT_BLOCKED };
  gint64 start_us = g_get_monotonic_time ();
  World world;

  world_begin (&world, &kind);
  for (guint i = 2; i < 8; i++) {
    g_autofree char *address = g_strdup_printf ("127.0.0.%u", i);

    add_server (&world, NAT_STUB_PLAIN, address);
  }
  run (&world);
  ck_assert_int_lt (g_get_monotonic_time () - start_us, 2 * 10 * TRY_MS * 1000);
  ck_assert_uint_eq (nat_stub_count_requests (world.stub), LANE_NAT_SERVERS_MAX * 3);
  ck_assert_uint_eq (world.done, 1);
  world_end (&world);
}
END_TEST

START_TEST (a_run_can_be_given_up)
{
  const NatStubKind kind = { .mapping = EI, .filtering = APD };
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string ("127.0.0.1");
  World world;

  world_begin (&world, &kind);
  add_server (&world, NAT_STUB_TWO, "127.0.0.2");
  for (guint turns = 0; turns < 12; turns++) {
    const LaneNatBehaviorOptions options = {
      .address = address, .servers = world.servers, .policy = &world.policy, .try_ms = TRY_MS
    };
    g_autoptr (LaneNatBehavior) behavior =
        lane_nat_behavior_new (world.context, &options, on_done, &world);

    for (guint i = 0; i < turns; i++)
      g_main_context_iteration (world.context, FALSE);
  }
  while (g_main_context_iteration (world.context, FALSE))
    continue;
  ck_assert_uint_eq (world.done, 0);
  world_end (&world);
}
END_TEST

START_TEST (evidence_says_which_server_saw_which_port)
{
  const NatStubKind kind = { .mapping = EI, .filtering = APD };
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  JsonObject *first;
  World world;

  world_begin (&world, &kind);
  add_server (&world, NAT_STUB_TWO, "127.0.0.2");
  run (&world);
  json_builder_begin_array (builder);
  lane_nat_report_add_evidence_json (world.report, builder);
  json_builder_end_array (builder);
  root = json_builder_get_root (builder);
  ck_assert_uint_eq (json_array_get_length (json_node_get_array (root)), 6);
  first = json_array_get_object_element (json_node_get_array (root), 0);
  ck_assert_str_eq (json_object_get_string_member (first, "test"), "primary");
  ck_assert_str_eq (json_object_get_string_member (first, "server"), "127.0.0.2");
  ck_assert_str_eq (json_object_get_string_member (first, "result"), "answered");
  ck_assert (g_str_has_prefix (json_object_get_string_member (first, "mapped"), "127.0.0.9:"));
  world_end (&world);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("nat-behavior");
  TCase *tcase = tcase_create ("run");

  tcase_set_timeout (tcase, 20);
  tcase_add_loop_test (tcase, two_addresses_measure_mapping_and_filtering, 0, 12);
  tcase_add_loop_test (tcase, a_plain_server_beside_it_changes_nothing, 0, 12);
  tcase_add_test (tcase, lost_packets_change_nothing);
  tcase_add_loop_test (tcase, plain_servers_tell_of_the_mapping_only, 0, G_N_ELEMENTS (plain));
  tcase_add_test (tcase, two_ports_of_one_plain_host_show_that_the_port_matters);
  tcase_add_loop_test (tcase, odd_servers_make_nothing_up, 0, G_N_ELEMENTS (odd));
  tcase_add_test (tcase, silence_alone_is_not_blocked);
  tcase_add_test (tcase, no_server_is_unknown);
  tcase_add_loop_test (tcase, hairpinning_is_tried, 0, G_N_ELEMENTS (hairpins));
  tcase_add_loop_test (tcase, an_alg_gives_itself_away, 0, 2);
  tcase_add_test (tcase, a_run_is_short_and_asks_little);
  tcase_add_test (tcase, a_run_can_be_given_up);
  tcase_add_test (tcase, evidence_says_which_server_saw_which_port);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
