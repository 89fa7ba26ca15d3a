/* The report is a function of facts, which are made up here: a kernel that says so, servers that
 * saw that. */
#include "network-report.h"

#include <linux/if_addr.h>
#include <string.h>

#include "../suite.h"

static LaneNetlinkState *kernel;
static GPtrArray *skipped;
static LaneNetworkFacts facts;

static void
skipped_free (gpointer data)
{
  LaneSkippedAddress *address = data;

  g_free (address->interface);
  g_free (address->address);
  g_free (address->why);
  g_free (address);
}

static void
address_free (gpointer data)
{
  LaneNetlinkAddress *address = data;

  g_object_unref (address->address);
  g_free (address);
}

static void
set_up (void)
{
  kernel = g_new0 (LaneNetlinkState, 1);
  kernel->interfaces = g_ptr_array_new_with_free_func (g_free);
  kernel->addresses = g_ptr_array_new_with_free_func (address_free);
  skipped = g_ptr_array_new_with_free_func (skipped_free);
  facts = (LaneNetworkFacts){ .kernel = kernel,
                              .skipped = skipped,
                              .ipv4 = { .wanted = TRUE, .has_server = TRUE },
                              .ipv6 = { .wanted = TRUE, .has_server = TRUE } };
}

static void
tear_down (void)
{
  g_ptr_array_unref (kernel->interfaces);
  g_ptr_array_unref (kernel->addresses);
  g_free (kernel);
  g_ptr_array_unref (skipped);
}

static void
add_interface (const char *name, guint flags)
{
  LaneNetlinkInterface *interface = g_new0 (LaneNetlinkInterface, 1);

  g_strlcpy (interface->name, name, sizeof interface->name);
  interface->index = (int)kernel->interfaces->len + 1;
  interface->flags = flags;
  g_ptr_array_add (kernel->interfaces, interface);
}

/* Of the interface added last. @why: NULL when it is used. */
static void
add_address (const char *literal, const char *why)
{
  const LaneNetlinkInterface *interface =
      g_ptr_array_index (kernel->interfaces, kernel->interfaces->len - 1);
  LaneNetlinkAddress *address = g_new0 (LaneNetlinkAddress, 1);

  g_strlcpy (address->interface, interface->name, sizeof address->interface);
  address->interface_index = interface->index;
  address->interface_flags = interface->flags;
  address->address = g_inet_address_new_from_string (literal);
  address->prefix_length = 24;
  g_ptr_array_add (kernel->addresses, address);
  if (why != NULL) {
    LaneSkippedAddress *entry = g_new0 (LaneSkippedAddress, 1);

    entry->interface = g_strdup (interface->name);
    entry->address = lane_network_dup_literal (address);
    entry->why = g_strdup (why);
    g_ptr_array_add (skipped, entry);
  }
}

static JsonNode *
report (void)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  lane_network_report_add_json (&facts, builder);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

/* The text of the member @name, of the whole or of one of its objects. */
static char *
member (JsonObject *object, const char *name)
{
  return json_to_string (json_object_get_member (object, name), FALSE);
}

static JsonObject *
nat_of (JsonNode *root, int family)
{
  JsonObject *nat = json_object_get_object_member (json_node_get_object (root), "nat");

  return json_array_get_object_element (json_object_get_array_member (nat, "families"),
                                        family == 6 ? 1 : 0);
}

static const char *
string_of (JsonObject *object, const char *name)
{
  return json_object_get_null_member (object, name) ? NULL
                                                    : json_object_get_string_member (object, name);
}

/* Interfaces */

START_TEST (interfaces_that_matter_come_first_and_say_what_ice_does)
{
  const guint up = IFF_UP | IFF_RUNNING;
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  add_interface ("lo", up | IFF_LOOPBACK);
  add_address ("127.0.0.1", "loopback, and not [ice] allow-loopback");
  add_interface ("wlan0", 0);
  add_interface ("docker0", up);
  add_address ("172.17.0.1", "excluded by [network] interfaces: !docker*");
  add_interface ("eth1", IFF_UP);
  add_interface ("wg0", up);
  add_address ("10.9.0.1", NULL);
  add_interface ("eth0", up);
  add_address ("192.0.2.7", NULL);
  add_address ("fe80::1", "link-local, and not [ice] allow-link-local");
  kernel->ipv4.interface_index = 6;
  root = report ();
  text = member (json_node_get_object (root), "interfaces");
  ck_assert_str_eq (
      text,
      "[{\"name\":\"eth0\",\"state\":\"up\",\"loopback\":false,\"default_route\":[4],"
      "\"addresses\":[{\"address\":\"192.0.2.7\",\"prefix_length\":24,\"family\":4,"
      "\"scope\":\"public\",\"temporary\":false,\"used\":true,\"why\":null,\"next\":null},"
      "{\"address\":\"fe80::1%eth0\",\"prefix_length\":24,\"family\":6,\"scope\":\"link-local\","
      "\"temporary\":false,\"used\":false,"
      "\"why\":\"link-local, and not [ice] allow-link-local\",\"next\":null}]},"
      "{\"name\":\"wg0\",\"state\":\"up\",\"loopback\":false,\"default_route\":[],"
      "\"addresses\":[{\"address\":\"10.9.0.1\",\"prefix_length\":24,\"family\":4,"
      "\"scope\":\"private\",\"temporary\":false,\"used\":true,\"why\":null,\"next\":null}]},"
      "{\"name\":\"docker0\",\"state\":\"up\",\"loopback\":false,\"default_route\":[],"
      "\"addresses\":[{\"address\":\"172.17.0.1\",\"prefix_length\":24,\"family\":4,"
      "\"scope\":\"private\",\"temporary\":false,\"used\":false,"
      "\"why\":\"excluded by [network] interfaces: !docker*\","
      "\"next\":\"To use it, change [network] interfaces in Settings (4)\"}]},"
      "{\"name\":\"eth1\",\"state\":\"no-carrier\",\"loopback\":false,\"default_route\":[],"
      "\"addresses\":[]},"
      "{\"name\":\"lo\",\"state\":\"up\",\"loopback\":true,\"default_route\":[],"
      "\"addresses\":[{\"address\":\"127.0.0.1\",\"prefix_length\":24,\"family\":4,"
      "\"scope\":\"loopback\",\"temporary\":false,\"used\":false,"
      "\"why\":\"loopback, and not [ice] allow-loopback\",\"next\":null}]},"
      "{\"name\":\"wlan0\",\"state\":\"down\",\"loopback\":false,\"default_route\":[],"
      "\"addresses\":[]}]");
}
END_TEST

START_TEST (a_carriers_address_and_a_temporary_one_are_named)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  add_interface ("wwan0", IFF_UP | IFF_RUNNING);
  add_address ("100.64.3.4", NULL);
  add_address ("2001:db8::9", NULL);
  ((LaneNetlinkAddress *)kernel->addresses->pdata[1])->flags = IFA_F_TEMPORARY;
  root = report ();
  text = member (json_node_get_object (root), "interfaces");
  ck_assert_ptr_nonnull (strstr (text, "\"scope\":\"carrier\",\"temporary\":false"));
  ck_assert_ptr_nonnull (strstr (text, "\"scope\":\"public\",\"temporary\":true"));
}
END_TEST

START_TEST (hundreds_of_interfaces_are_bounded_and_counted)
{
  g_autoptr (JsonNode) root = NULL;

  for (guint i = 0; i < 300; i++) {
    g_autofree char *name = g_strdup_printf ("veth%u", i);

    add_interface (name, IFF_UP | IFF_RUNNING);
  }
  add_interface ("eth0", IFF_UP | IFF_RUNNING);
  add_address ("192.0.2.7", NULL);
  root = report ();
  ck_assert_int_eq (json_array_get_length (
                        json_object_get_array_member (json_node_get_object (root), "interfaces")),
                    128);
  ck_assert_int_eq (json_object_get_int_member (json_node_get_object (root), "interfaces_left_out"),
                    301 - 128);
  ck_assert_str_eq (
      json_object_get_string_member (
          json_array_get_object_element (
              json_object_get_array_member (json_node_get_object (root), "interfaces"), 0),
          "name"),
      "eth0");
}
END_TEST

/* NAT */

typedef struct {
  const char *server; /* NULL: no more */
  const char *mapped; /* NULL: silent */
} Saw;

static const struct {
  const char *name;
  gboolean wanted, has_address, has_server, checking;
  Saw saw[4]; /* without any there is no report */
  const char *summary, *meaning, *next;
  gboolean wrong;
} nats[] = {
  { "left out",
    FALSE,
    TRUE,
    TRUE,
    FALSE,
    { { NULL } },
    "not used",
    "The family is left out",
    NULL,
    FALSE },
  { "no address",
    TRUE,
    FALSE,
    TRUE,
    FALSE,
    { { NULL } },
    "no address",
    "No address of this",
    NULL,
    FALSE },
  { "no server",
    TRUE,
    TRUE,
    FALSE,
    FALSE,
    { { NULL } },
    "not known",
    "No STUN or TURN server",
    "Add a server in Settings",
    TRUE },
  { "asking",
    TRUE,
    TRUE,
    TRUE,
    TRUE,
    { { NULL } },
    "being measured",
    "The servers are being",
    NULL,
    FALSE },
  { "not yet",
    TRUE,
    TRUE,
    TRUE,
    FALSE,
    { { NULL } },
    "not measured yet",
    "No server has been",
    NULL,
    FALSE },
  { "silence",
    TRUE,
    TRUE,
    TRUE,
    FALSE,
    { { "192.0.2.1", NULL } },
    "not known",
    "No server has answered over UDP",
    "See what is wrong with the servers",
    TRUE },
  { "one answer",
    TRUE,
    TRUE,
    TRUE,
    FALSE,
    { { "192.0.2.1", "203.0.113.7:61000" } },
    "not known",
    "Only one server has answered",
    "Add a second STUN server",
    FALSE },
  { "contradiction",
    TRUE,
    TRUE,
    TRUE,
    FALSE,
    { { "192.0.2.1", "203.0.113.7:61000" }, { "192.0.2.2", "198.51.100.1:61000" } },
    "contradictory",
    "Servers contradict each other",
    "Compare the ports seen",
    TRUE },
  { "easy",
    TRUE,
    TRUE,
    TRUE,
    FALSE,
    { { "192.0.2.1", "203.0.113.7:61000" }, { "192.0.2.2", "203.0.113.7:61000" } },
    "easy NAT: one port for all (partial)",
    "Direct works with most peers. Whom",
    "A STUN server with two addresses",
    FALSE },
  { "hard",
    TRUE,
    TRUE,
    TRUE,
    FALSE,
    { { "192.0.2.1", "203.0.113.7:61000" }, { "192.0.2.2", "203.0.113.7:61001" } },
    "hard NAT: a new port per address (partial)",
    "Each destination sees another port",
    "Use IPv6, a fixed-mapping NAT",
    TRUE },
  { "none",
    TRUE,
    TRUE,
    TRUE,
    FALSE,
    { { "192.0.2.1", "10.0.0.1:5000" }, { "192.0.2.2", "10.0.0.1:5000" } },
    "no NAT (partial)",
    "The address is public",
    NULL,
    FALSE },
};

static GInetSocketAddress *
endpoint (const char *text)
{
  g_autoptr (GSocketConnectable) parts = g_network_address_parse (text, 3478, NULL);

  return G_INET_SOCKET_ADDRESS (g_inet_socket_address_new_from_string (
      g_network_address_get_hostname (G_NETWORK_ADDRESS (parts)),
      g_network_address_get_port (G_NETWORK_ADDRESS (parts))));
}

static LaneNatReport *
make_nat (const Saw *saw)
{
  g_autoptr (GInetSocketAddress) own = endpoint ("10.0.0.1:5000");
  g_autoptr (GPtrArray) servers = g_ptr_array_new ();
  LaneNatReport *nat = lane_nat_report_new (g_inet_socket_address_get_address (own));

  for (guint i = 0; saw[i].server != NULL; i++) {
    g_autoptr (GInetSocketAddress) asked = endpoint (saw[i].server);
    g_autoptr (GInetSocketAddress) mapped = saw[i].mapped != NULL ? endpoint (saw[i].mapped) : NULL;
    LaneNatSight *sight = lane_nat_report_add (nat, LANE_NAT_TEST_PRIMARY, "home", asked, own);

    if (mapped != NULL)
      lane_nat_sight_take (
          sight, &(LaneNatAnswer){
                     .outcome = LANE_NAT_ANSWERED, .from = asked, .mapped = mapped, .ms = 12.5 });
  }
  lane_nat_report_judge (nat, servers);
  return nat;
}

static void
assert_begins (const char *name, const char *text, const char *beginning)
{
  if (beginning == NULL)
    ck_assert_msg (text == NULL, "%s: %s", name, text);
  else
    ck_assert_msg (text != NULL && g_str_has_prefix (text, beginning), "%s: %s", name, text);
}

START_TEST (the_nat_is_told_in_words_with_what_helps)
{
  g_autoptr (LaneNatReport) nat = nats[_i].saw[0].server != NULL ? make_nat (nats[_i].saw) : NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *object;

  add_interface ("eth0", IFF_UP | IFF_RUNNING);
  if (nats[_i].has_address)
    add_address ("10.0.0.1", NULL);
  add_address ("10.0.0.2", "deprecated");
  facts.ipv4 = (LaneFamilyFacts){ nats[_i].wanted, nats[_i].has_server, nat };
  facts.checking = nats[_i].checking;
  root = report ();
  object = nat_of (root, 4);
  ck_assert_int_eq (json_object_get_int_member (object, "family"), 4);
  ck_assert_str_eq (string_of (object, "summary"), nats[_i].summary);
  assert_begins (nats[_i].name, string_of (object, "meaning"), nats[_i].meaning);
  assert_begins (nats[_i].name, string_of (object, "next"), nats[_i].next);
  ck_assert_int_eq (json_object_get_boolean_member (object, "wrong"), nats[_i].wrong);
  ck_assert_int_eq (json_object_get_int_member (nat_of (root, 6), "family"), 6);
}
END_TEST

/* Ports */

START_TEST (ports_are_told_of_the_test_and_of_links)
{
  const Saw saw[] = { { "192.0.2.1", "203.0.113.7:61000" }, { "192.0.2.2", NULL }, { NULL } };
  g_autoptr (LaneNatReport) nat = make_nat (saw);
  g_autoptr (GPtrArray) ports =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_port_seen_free);
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  g_ptr_array_add (
      ports, lane_port_seen_new ("cam-7", "public", "2001:db8::5", 4000, "2001:db8::5", 4000));
  facts.ipv4.report = nat;
  facts.ports = ports;
  root = report ();
  text = member (json_node_get_object (root), "ports");
  ck_assert_str_eq (
      text, "[{\"peer\":null,\"family\":4,\"local\":\"10.0.0.1:5000\","
            "\"server\":\"home 192.0.2.1:3478\",\"mapped\":\"203.0.113.7:61000\",\"same\":false,"
            "\"ms\":12.5},"
            "{\"peer\":\"cam-7\",\"family\":6,\"local\":\"[2001:db8::5]:4000\","
            "\"server\":\"public\",\"mapped\":\"[2001:db8::5]:4000\",\"same\":true,\"ms\":null}]");
}
END_TEST

START_TEST (ports_are_bounded_and_counted)
{
  g_autoptr (GPtrArray) ports =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_port_seen_free);
  g_autoptr (JsonNode) root = NULL;
  JsonObject *object;

  for (guint16 i = 1; i <= 300; i++)
    g_ptr_array_add (ports, lane_port_seen_new ("p", "s", "10.0.0.1", i, "203.0.113.7", i));
  facts.ports = ports;
  root = report ();
  object = json_node_get_object (root);
  ck_assert_int_eq (json_array_get_length (json_object_get_array_member (object, "ports")), 256);
  ck_assert_int_eq (json_object_get_int_member (object, "ports_left_out"), 44);
}
END_TEST

START_TEST (no_router_is_asked_and_that_is_said)
{
  g_autoptr (JsonNode) root = report ();
  g_autofree char *text = member (json_node_get_object (root), "router_mappings");

  ck_assert_str_eq (text, "{\"asked\":false,\"text\":\"icelane asks no router to forward a port "
                          "(UPnP, NAT-PMP, PCP).\"}");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("network-report");
  TCase *tests = tcase_create ("network-report");

  tcase_add_checked_fixture (tests, set_up, tear_down);
  tcase_add_test (tests, interfaces_that_matter_come_first_and_say_what_ice_does);
  tcase_add_test (tests, a_carriers_address_and_a_temporary_one_are_named);
  tcase_add_test (tests, hundreds_of_interfaces_are_bounded_and_counted);
  tcase_add_loop_test (tests, the_nat_is_told_in_words_with_what_helps, 0, G_N_ELEMENTS (nats));
  tcase_add_test (tests, ports_are_told_of_the_test_and_of_links);
  tcase_add_test (tests, ports_are_bounded_and_counted);
  tcase_add_test (tests, no_router_is_asked_and_that_is_said);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
