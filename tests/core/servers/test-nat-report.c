#include "servers/nat-report.h"

#include "../../suite.h"

#define MAX_SIGHTS 3

/* Answers as they would come in from the real Internet, which loopback cannot play. */
static const struct {
  const char *name, *own;
  struct {
    const char *server, *mapped, *plain;
  } sights[MAX_SIGHTS];
  LaneNatWord mapping;
  gboolean carrier, contradicted;
  LaneNatTruth tampered;
  const char *hint; /* the beginning of the first one; NULL: none */
} cases[] = {
  { "a host with a carrier's address",
    "100.64.7.8:5000",
    { { "192.0.2.1:3478", "203.0.113.7:61000", NULL } },
    LANE_NAT_UNKNOWN,
    TRUE,
    FALSE,
    LANE_NAT_MAYBE,
    "A carrier's NAT is in the way" },
  { "a server inside the carrier's network",
    "192.168.1.10:5000",
    { { "192.0.2.1:3478", "100.100.1.2:61000", NULL } },
    LANE_NAT_UNKNOWN,
    TRUE,
    FALSE,
    LANE_NAT_MAYBE,
    "A carrier's NAT is in the way" },
  { "a private address seen from outside",
    "192.168.1.10:5000",
    { { "192.0.2.1:3478", "10.9.9.9:61000", NULL } },
    LANE_NAT_UNKNOWN,
    FALSE,
    FALSE,
    LANE_NAT_MAYBE,
    "Even the servers see a private address" },
  { "a server at home sees less than those outside",
    "192.168.1.10:5000",
    { { "192.168.1.1:3478", "192.168.1.10:5000", NULL },
      { "192.0.2.1:3478", "203.0.113.7:61000", NULL },
      { "192.0.2.2:3478", "203.0.113.7:61000", NULL } },
    LANE_NAT_ENDPOINT_INDEPENDENT,
    FALSE,
    FALSE,
    LANE_NAT_MAYBE,
    NULL },
  { "a server at home alone says what is true at home",
    "192.168.1.10:5000",
    { { "192.168.1.1:3478", "192.168.1.10:5000", NULL } },
    LANE_NAT_NONE,
    FALSE,
    FALSE,
    LANE_NAT_MAYBE,
    NULL },
  { "two addresses of ours",
    "192.168.1.10:5000",
    { { "192.0.2.1:3478", "203.0.113.7:61000", NULL },
      { "192.0.2.2:3478", "198.51.100.7:61000", NULL } },
    LANE_NAT_UNKNOWN,
    FALSE,
    TRUE,
    LANE_NAT_MAYBE,
    "Servers contradict each other" },
  { "an ALG in the router",
    "192.168.1.10:5000",
    { { "192.0.2.1:3478", "203.0.113.7:61000", "192.168.1.10:5000" } },
    LANE_NAT_UNKNOWN,
    FALSE,
    FALSE,
    LANE_NAT_YES,
    "Something on the way rewrites addresses" },
  { "global IPv6",
    "[2001:db8::5]:5000",
    { { "[2001:db8:1::1]:3478", "[2001:db8::5]:5000", NULL } },
    LANE_NAT_NONE,
    FALSE,
    FALSE,
    LANE_NAT_MAYBE,
    NULL },
};

/* `192.0.2.1:3478`, `[2001:db8::1]:3478` */
static GInetSocketAddress *
parse (const char *text)
{
  g_autoptr (GSocketConnectable) parts =
      text != NULL ? g_network_address_parse (text, 0, NULL) : NULL;

  if (parts == NULL)
    return NULL;
  return G_INET_SOCKET_ADDRESS (g_inet_socket_address_new_from_string (
      g_network_address_get_hostname (G_NETWORK_ADDRESS (parts)),
      g_network_address_get_port (G_NETWORK_ADDRESS (parts))));
}

START_TEST (answers_give_verdict_and_hints)
{
  g_autoptr (GInetSocketAddress) own = parse (cases[_i].own);
  g_autoptr (LaneNatReport) report = lane_nat_report_new (g_inet_socket_address_get_address (own));
  g_autoptr (GPtrArray) servers = g_ptr_array_new ();
  g_auto (GStrv) hints = NULL;

  for (guint i = 0; i < MAX_SIGHTS && cases[_i].sights[i].server != NULL; i++) {
    g_autoptr (GInetSocketAddress) asked = parse (cases[_i].sights[i].server);
    g_autoptr (GInetSocketAddress) mapped = parse (cases[_i].sights[i].mapped);
    g_autoptr (GInetSocketAddress) plain = parse (cases[_i].sights[i].plain);
    const LaneNatAnswer answer = {
      .outcome = LANE_NAT_ANSWERED, .from = asked, .mapped = mapped, .plain = plain, .ms = 1
    };

    lane_nat_sight_take (lane_nat_report_add (report, LANE_NAT_TEST_PRIMARY, "s", asked, own),
                         &answer);
  }
  lane_nat_report_judge (report, servers);
  ck_assert_msg (report->traits.mapping == cases[_i].mapping, "%s: %s", cases[_i].name,
                 lane_nat_word_to_string (report->traits.mapping));
  ck_assert_int_eq (report->carrier, cases[_i].carrier);
  ck_assert_int_eq (report->contradicted, cases[_i].contradicted);
  ck_assert_int_eq (report->tampered, cases[_i].tampered);
  hints = lane_nat_report_dup_hints (report);
  if (cases[_i].hint == NULL)
    ck_assert_ptr_null (hints[0]);
  else
    ck_assert_msg (hints[0] != NULL && g_str_has_prefix (hints[0], cases[_i].hint), "%s: %s",
                   cases[_i].name, hints[0]);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("nat-report");
  TCase *tcase = tcase_create ("judge");

  tcase_add_loop_test (tcase, answers_give_verdict_and_hints, 0, G_N_ELEMENTS (cases));
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
