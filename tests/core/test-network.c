/* Drives ip(8) in network namespaces of its own: the program starts itself again under unshare, and
 * every test makes one more namespace. */
#include "network.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "namespace.h"
#include "suite.h"

#define DEADLINE_US (5 * G_USEC_PER_SEC)
#define SOON_US     250000 /* on a busy machine; debounced is 300000 */

typedef struct {
  LaneNetwork *network;
  guint n_lost, n_gained, n_looked;
  gint64 lost_us, gained_us;
  gboolean free_on_change;
} Fixture;

static GMainContext *context;
static LaneConfig config;
static Fixture fixture;

static void
on_changed (LaneNetwork *network, LaneNetworkChange change, gpointer user_data)
{
  Fixture *seen = user_data;

  if (change == LANE_NETWORK_LOST) {
    seen->n_lost++;
    seen->lost_us = g_get_monotonic_time ();
  } else {
    seen->n_gained++;
    seen->gained_us = g_get_monotonic_time ();
  }
  if (seen->free_on_change)
    g_clear_pointer (&seen->network, lane_network_free);
}

static void
on_looked (LaneNetwork *network, gpointer user_data)
{
  ((Fixture *)user_data)->n_looked++;
}

/* `ip` with words separated by blanks. */
static void G_GNUC_PRINTF (1, 2) ip (const char *format, ...)
{
  g_autofree char *line = NULL;
  g_autofree char *command = NULL;
  g_auto (GStrv) words = NULL;
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GError) error = NULL;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  command = g_strconcat ("ip ", line, NULL);
  words = g_strsplit (command, " ", -1);
  child = g_subprocess_newv ((const char *const *)words, G_SUBPROCESS_FLAGS_NONE, &error);
  ck_assert_msg (child != NULL && g_subprocess_wait_check (child, NULL, &error), "%s: %s", command,
                 error != NULL ? error->message : "failed");
}

/* An interface with carrier; its other end only gives it that. */
static void
add_interface (const char *name)
{
  ip ("link add %s type veth peer name %s-peer", name, name);
  ip ("link set %s-peer addrgenmode none up", name);
  ip ("link set %s addrgenmode none up", name);
}

static void
open_network (void)
{
  const LaneNetworkEvents events = { .changed = on_changed, .looked = on_looked };
  g_autoptr (GError) error = NULL;

  fixture = (Fixture){ 0 };
  fixture.network = lane_network_new (context, &config, &events, &fixture, &error);
  ck_assert_msg (fixture.network != NULL, "%s", error != NULL ? error->message : "no error");
}

static void
setup (void)
{
  context = g_main_context_new ();
  config = (LaneConfig){ 0 };
  config.network.ipv4 = config.network.ipv6 = TRUE;
  ck_assert_int_eq (unshare (CLONE_NEWNET), 0);
  ip ("link set lo up");
}

static void
teardown (void)
{
  g_clear_pointer (&fixture.network, lane_network_free);
  g_main_context_unref (context);
}

static gboolean
wait_for (const guint *counter, guint value)
{
  gint64 end_us = g_get_monotonic_time () + DEADLINE_US;

  while (*counter < value && g_get_monotonic_time () < end_us) {
    g_main_context_iteration (context, FALSE);
    g_usleep (100);
  }
  return *counter >= value;
}

static void
iterate_for (gint64 duration_us)
{
  gint64 end_us = g_get_monotonic_time () + duration_us;

  while (g_get_monotonic_time () < end_us) {
    g_main_context_iteration (context, FALSE);
    g_usleep (100);
  }
}

/* Long enough for anything debounced. */
static void
assert_changes (guint n_lost, guint n_gained)
{
  iterate_for (G_USEC_PER_SEC / 2);
  ck_assert_uint_eq (fixture.n_lost, n_lost);
  ck_assert_uint_eq (fixture.n_gained, n_gained);
}

static void
assert_addresses (const char *expected)
{
  g_autofree char *found = g_strjoinv (" ", (char **)lane_network_get_addresses (fixture.network));

  ck_assert_str_eq (found, expected);
}

static const char *
find_skipped (const char *address)
{
  const GPtrArray *skipped = lane_network_get_skipped (fixture.network);

  for (guint i = 0; i < skipped->len; i++) {
    const LaneSkippedAddress *entry = g_ptr_array_index (skipped, i);

    if (strcmp (entry->address, address) == 0)
      return entry->why;
  }
  return "not skipped";
}

START_TEST (the_interface_of_the_default_route_comes_first)
{
  g_autoptr (JsonNode) description = NULL;
  g_autofree char *json = NULL;

  add_interface ("a0");
  add_interface ("b0");
  ip ("addr add 10.1.0.1/24 dev a0");
  ip ("addr add 10.2.0.1/24 dev b0");
  ip ("addr add fd00:2::1/64 dev b0 nodad");
  ip ("addr add 2001:db8:2::1/64 dev b0 nodad");
  ip ("route add default via 10.2.0.9");
  ip ("route add default via 2001:db8:2::9");
  open_network ();
  assert_addresses ("10.2.0.1 2001:db8:2::1 fd00:2::1 10.1.0.1");
  ck_assert (lane_network_is_up (fixture.network));
  ck_assert_str_eq (lane_network_get_default_interface (fixture.network, 4), "b0");
  ck_assert_str_eq (lane_network_get_default_interface (fixture.network, 6), "b0");
  ck_assert_str_eq (find_skipped ("127.0.0.1"), "loopback, and not [ice] allow-loopback");
  description = lane_network_describe (fixture.network);
  json = json_to_string (description, FALSE);
  ck_assert_ptr_nonnull (strstr (json, "{\"address\":\"10.1.0.1\",\"interface\":\"a0\","
                                       "\"family\":4,\"default_route\":false}]"));
}
END_TEST

static gboolean
kernel_has (const char *address)
{
  const LaneNetlinkState *kernel = lane_network_get_kernel (fixture.network);

  for (guint i = 0; i < kernel->addresses->len; i++) {
    g_autofree char *literal = lane_network_dup_literal (kernel->addresses->pdata[i]);

    if (strcmp (literal, address) == 0)
      return TRUE;
  }
  return FALSE;
}

/* No link cares, but who shows all there is does. */
START_TEST (what_is_not_used_is_looked_at_all_the_same)
{
  const LaneNetlinkState *kernel;

  add_interface ("a0");
  ip ("addr add 10.1.0.1/24 dev a0");
  ip ("link add idle0 type veth peer name idle0-peer");
  open_network ();
  ck_assert_uint_eq (fixture.n_looked, 0);
  kernel = lane_network_get_kernel (fixture.network);
  ck_assert_uint_eq (kernel->interfaces->len, 5); /* lo, and both ends of two */
  ck_assert_str_eq (((LaneNetlinkInterface *)kernel->interfaces->pdata[0])->name, "lo");
  ip ("addr add 127.9.0.1/8 dev lo");
  ck_assert (wait_for (&fixture.n_looked, 1));
  ck_assert (kernel_has ("127.9.0.1"));
  ck_assert_str_eq (find_skipped ("127.9.0.1"), "loopback, and not [ice] allow-loopback");
  ip ("addr del 127.9.0.1/8 dev lo");
  ck_assert (wait_for (&fixture.n_looked, fixture.n_looked + 1));
  assert_changes (0, 0);
  ck_assert (!kernel_has ("127.9.0.1"));
}
END_TEST

START_TEST (a_lost_address_is_told_at_once)
{
  gint64 deleted_us;

  add_interface ("a0");
  ip ("addr add 10.1.0.1/24 dev a0");
  ip ("addr add 10.2.0.1/24 dev a0");
  open_network ();
  ip ("addr del 10.1.0.1/24 dev a0");
  deleted_us = g_get_monotonic_time ();
  ck_assert (wait_for (&fixture.n_lost, 1));
  ck_assert_int_lt (fixture.lost_us - deleted_us, SOON_US);
  assert_addresses ("10.2.0.1");
  assert_changes (1, 0);
}
END_TEST

START_TEST (additions_are_told_together_and_later)
{
  gint64 added_us;

  add_interface ("a0");
  ip ("addr add 10.1.0.1/24 dev a0");
  open_network ();
  added_us = g_get_monotonic_time ();
  ip ("addr add 10.2.0.1/24 dev a0");
  ip ("addr add 10.3.0.1/24 dev a0");
  ck_assert (wait_for (&fixture.n_gained, 1));
  ck_assert_int_ge (fixture.gained_us - added_us, 300000);
  assert_addresses ("10.1.0.1 10.2.0.1 10.3.0.1");
  assert_changes (0, 1);
}
END_TEST

START_TEST (the_first_address_is_told_at_once)
{
  gint64 added_us;

  add_interface ("a0");
  ip ("addr add 10.1.0.1/24 dev a0");
  open_network ();
  ip ("addr del 10.1.0.1/24 dev a0");
  ck_assert (wait_for (&fixture.n_lost, 1));
  ck_assert (!lane_network_is_up (fixture.network));
  ck_assert_ptr_null (lane_network_get_addresses (fixture.network)[0]);
  if (_i == 1) /* an outage, not a replacement */
    iterate_for (G_USEC_PER_SEC * 11 / 10);
  ip ("addr add 10.1.0.2/24 dev a0");
  added_us = g_get_monotonic_time ();
  ck_assert (wait_for (&fixture.n_gained, 1));
  ck_assert_int_lt (fixture.gained_us - added_us, SOON_US);
  ck_assert (lane_network_is_up (fixture.network));
  assert_changes (1, 1);
}
END_TEST

/* What DHCP does: the route follows the address. */
START_TEST (a_new_address_waits_a_moment_for_its_default_route)
{
  gint64 routed_us;

  add_interface ("a0");
  ip ("addr add 10.1.0.1/24 dev a0");
  ip ("route add default via 10.1.0.9");
  open_network ();
  ip ("addr del 10.1.0.1/24 dev a0");
  ck_assert (wait_for (&fixture.n_lost, 1));
  ck_assert_ptr_null (lane_network_get_default_interface (fixture.network, 4));
  ip ("addr add 10.1.0.2/24 dev a0");
  iterate_for (G_USEC_PER_SEC / 50);
  ck_assert_uint_eq (fixture.n_gained, 0);
  ip ("route add default via 10.1.0.9");
  routed_us = g_get_monotonic_time ();
  ck_assert (wait_for (&fixture.n_gained, 1));
  ck_assert_int_lt (fixture.gained_us - routed_us, SOON_US);
  ck_assert_str_eq (lane_network_get_default_interface (fixture.network, 4), "a0");
}
END_TEST

START_TEST (an_address_replaced_the_other_way_round_is_one_loss)
{
  add_interface ("a0");
  ip ("addr add 10.1.0.1/24 dev a0");
  open_network ();
  ip ("addr add 10.2.0.1/24 dev a0");
  ip ("addr del 10.1.0.1/24 dev a0");
  ck_assert (wait_for (&fixture.n_lost, 1));
  assert_addresses ("10.2.0.1");
  assert_changes (1, 0);
}
END_TEST

START_TEST (an_interface_that_goes_down_and_up)
{
  add_interface ("a0");
  add_interface ("b0");
  ip ("addr add 10.1.0.1/24 dev a0");
  ip ("addr add 10.2.0.1/24 dev b0");
  open_network ();
  ip ("link set a0 down");
  ck_assert (wait_for (&fixture.n_lost, 1));
  assert_addresses ("10.2.0.1");
  ck_assert_str_eq (find_skipped ("10.1.0.1"), "the interface is down");
  ip ("link set a0 up");
  ck_assert (wait_for (&fixture.n_gained, 1));
  assert_addresses ("10.1.0.1 10.2.0.1");
  ip ("link set a0-peer down");
  ck_assert (wait_for (&fixture.n_lost, 2));
  ck_assert_str_eq (find_skipped ("10.1.0.1"), "the interface has no carrier");
  assert_changes (2, 1);
}
END_TEST

START_TEST (a_default_route_that_moves_is_a_loss)
{
  add_interface ("a0");
  add_interface ("b0");
  ip ("addr add 10.1.0.1/24 dev a0");
  ip ("addr add 10.2.0.1/24 dev b0");
  ip ("route add default via 10.1.0.9");
  open_network ();
  assert_addresses ("10.1.0.1 10.2.0.1");
  ip ("route replace default via 10.2.0.9");
  ck_assert (wait_for (&fixture.n_lost, 1));
  ck_assert_str_eq (lane_network_get_default_interface (fixture.network, 4), "b0");
  assert_addresses ("10.2.0.1 10.1.0.1");
  /* Over the gap between two commands, too. */
  ip ("route del default");
  iterate_for (G_USEC_PER_SEC / 10);
  ck_assert_uint_eq (fixture.n_lost, 1);
  ip ("route add default via 10.1.0.9");
  ck_assert (wait_for (&fixture.n_lost, 2));
  /* As a VPN does it. */
  ip ("route add 0.0.0.0/1 dev b0");
  ip ("route add 128.0.0.0/1 dev b0");
  ck_assert (wait_for (&fixture.n_lost, 3));
  assert_changes (3, 0);
}
END_TEST

START_TEST (what_changes_nothing_is_not_told)
{
  add_interface ("a0");
  ip ("addr add 10.1.0.1/24 dev a0");
  ip ("route add default via 10.1.0.9");
  open_network ();
  ip ("route add 10.9.0.0/16 via 10.1.0.9");
  ip ("route replace default via 10.1.0.8");
  ip ("link set a0 mtu 1400");
  ip ("addr add 127.0.0.2/8 dev lo");
  add_interface ("b0");
  ip ("addr add 169.254.1.1/16 dev b0");
  assert_changes (0, 0);
  assert_addresses ("10.1.0.1");
  ck_assert_str_eq (find_skipped ("169.254.1.1"), "link-local, and not [ice] allow-link-local");
}
END_TEST

/* Sockets go on using it; only its end is a loss. */
START_TEST (a_deprecated_address_is_not_offered_but_missed)
{
  add_interface ("a0");
  ip ("addr add 10.1.0.1/24 dev a0");
  ip ("addr add 2001:db8::1/64 dev a0 nodad");
  open_network ();
  assert_addresses ("10.1.0.1 2001:db8::1");
  ip ("addr change 2001:db8::1/64 dev a0 nodad preferred_lft 0 valid_lft 1000");
  assert_changes (0, 0);
  assert_addresses ("10.1.0.1");
  ck_assert_str_eq (find_skipped ("2001:db8::1"), "deprecated");
  ip ("addr del 2001:db8::1/64 dev a0");
  ck_assert (wait_for (&fixture.n_lost, 1));
  assert_changes (1, 0);
}
END_TEST

START_TEST (filters_choose)
{
  static const struct {
    const char *words, *addresses, *why;
  } cases[] = {
    { "!a*", "10.2.0.1", "excluded by [network] interfaces: !a*" },
    { "b0", "10.2.0.1", "not listed in [network] interfaces" },
    { "!10.1.0.0/16", "10.2.0.1", "excluded by [network] interfaces: !10.1.0.0/16" },
    { "10.2.0.0/24 c*", "10.2.0.1", "not listed in [network] interfaces" },
    { "?0 !a0", "10.2.0.1", "excluded by [network] interfaces: !a0" },
    { "10.1.0.1 b0", "10.1.0.1 10.2.0.1", "not skipped" },
  };
  g_auto (GStrv) words = NULL;

  add_interface ("a0");
  add_interface ("b0");
  ip ("addr add 10.1.0.1/24 dev a0");
  ip ("addr add 10.2.0.1/24 dev b0");
  words = g_strsplit (cases[_i].words, " ", -1);
  config.network.interfaces = words;
  open_network ();
  assert_addresses (cases[_i].addresses);
  ck_assert_str_eq (find_skipped ("10.1.0.1"), cases[_i].why);
}
END_TEST

START_TEST (a_filter_that_makes_no_sense_is_an_error)
{
  static const char *const words[] = { "!", "", "10.1.0.0/40", "eth0/1" };
  char *interfaces[] = { (char *)words[_i], NULL };
  const LaneNetworkEvents events = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *quoted = g_strdup_printf ("'%s'", words[_i]);

  config.network.interfaces = interfaces;
  ck_assert_ptr_null (lane_network_new (context, &config, &events, NULL, &error));
  ck_assert (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT));
  ck_assert_ptr_nonnull (strstr (error->message, "[network] interfaces"));
  ck_assert_ptr_nonnull (strstr (error->message, quoted));
}
END_TEST

START_TEST (families_and_scopes_can_be_allowed)
{
  add_interface ("a0");
  ip ("addr add 10.1.0.1/24 dev a0");
  ip ("addr add fe80::5/64 dev a0 nodad");
  config.network.ipv4 = FALSE;
  config.ice.allow_loopback = TRUE;
  config.ice.allow_link_local = TRUE;
  open_network ();
  assert_addresses ("fe80::5%a0 ::1");
  ck_assert_str_eq (find_skipped ("10.1.0.1"), "excluded by [network] families");
}
END_TEST

START_TEST (two_addresses_of_a_network_and_sixteen_in_all)
{
  add_interface ("a0");
  for (int network = 1; network <= 9; network++) {
    for (int host = 1; host <= 3; host++)
      ip ("addr add 10.%d.0.%d/24 dev a0", network, host);
  }
  open_network ();
  ck_assert_uint_eq (g_strv_length ((char **)lane_network_get_addresses (fixture.network)), 16);
  ck_assert_str_eq (find_skipped ("10.1.0.3"), "2 addresses of the same network are used");
  ck_assert_str_eq (find_skipped ("10.9.0.2"), "16 better addresses are used");
}
END_TEST

START_TEST (may_be_freed_in_its_callback)
{
  add_interface ("a0");
  ip ("addr add 10.1.0.1/24 dev a0");
  open_network ();
  fixture.free_on_change = TRUE;
  if (_i == 0)
    ip ("addr del 10.1.0.1/24 dev a0");
  else
    ip ("addr add 10.2.0.1/24 dev a0");
  ck_assert (wait_for (_i == 0 ? &fixture.n_lost : &fixture.n_gained, 1));
  ck_assert_ptr_null (fixture.network);
  iterate_for (G_USEC_PER_SEC / 10);
}
END_TEST

static Suite *
create_suite (void)
{
  Suite *suite = suite_create ("network");
  TCase *tests = tcase_create ("namespace");

  tcase_add_checked_fixture (tests, setup, teardown);
  tcase_set_timeout (tests, 30);
  tcase_add_test (tests, the_interface_of_the_default_route_comes_first);
  tcase_add_test (tests, what_is_not_used_is_looked_at_all_the_same);
  tcase_add_test (tests, a_lost_address_is_told_at_once);
  tcase_add_test (tests, additions_are_told_together_and_later);
  tcase_add_loop_test (tests, the_first_address_is_told_at_once, 0, 2);
  tcase_add_test (tests, a_new_address_waits_a_moment_for_its_default_route);
  tcase_add_test (tests, an_address_replaced_the_other_way_round_is_one_loss);
  tcase_add_test (tests, an_interface_that_goes_down_and_up);
  tcase_add_test (tests, a_default_route_that_moves_is_a_loss);
  tcase_add_test (tests, what_changes_nothing_is_not_told);
  tcase_add_test (tests, a_deprecated_address_is_not_offered_but_missed);
  tcase_add_loop_test (tests, filters_choose, 0, 6);
  tcase_add_loop_test (tests, a_filter_that_makes_no_sense_is_an_error, 0, 4);
  tcase_add_test (tests, families_and_scopes_can_be_allowed);
  tcase_add_test (tests, two_addresses_of_a_network_and_sixteen_in_all);
  tcase_add_loop_test (tests, may_be_freed_in_its_callback, 0, 2);
  suite_add_tcase (suite, tests);
  return suite;
}

int
main (void)
{
  return lane_namespace_enter () ? lane_suite_run (create_suite ()) : LANE_TEST_SKIPPED;
}
