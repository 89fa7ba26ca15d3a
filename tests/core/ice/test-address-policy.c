#include "ice/address-policy.h"

#include "suite.h"

#include <string.h>

typedef enum { OPEN, UNSPECIFIED, LOOPBACK, LINK_LOCAL, MULTICAST, BROADCAST, NO_LITERAL } Kind;

static const char *const REFUSALS[] = {
  [UNSPECIFIED] = "unspecified", [LOOPBACK] = "loopback",   [LINK_LOCAL] = "link-local",
  [MULTICAST] = "multicast",     [BROADCAST] = "broadcast", [NO_LITERAL] = "not an IP literal",
};

static const struct {
  Kind kind;
  const char *address;
} SPELLINGS[] = {
  /* clang-format off */
  { OPEN, "1.1.1.1" },
  { OPEN, "8.8.8.8" },
  { OPEN, "9.255.255.255" },
  { OPEN, "10.0.0.0" },
  { OPEN, "10.0.0.1" },
  { OPEN, "10.255.255.255" },
  { OPEN, "11.0.0.1" },
  { OPEN, "100.64.0.1" },
  { OPEN, "100.127.255.254" },
  { OPEN, "126.255.255.255" },
  { OPEN, "128.0.0.1" },
  { OPEN, "169.253.255.255" },
  { OPEN, "169.255.0.1" },
  { OPEN, "172.16.0.1" },
  { OPEN, "172.31.255.254" },
  { OPEN, "192.0.2.1" },
  { OPEN, "192.168.0.1" },
  { OPEN, "192.168.255.254" },
  { OPEN, "198.18.0.1" },
  { OPEN, "198.51.100.7" },
  { OPEN, "203.0.113.7" },
  { OPEN, "223.255.255.255" },
  { UNSPECIFIED, "0.0.0.0" },
  { UNSPECIFIED, "0.0.0.1" },
  { UNSPECIFIED, "0.1.2.3" },
  { UNSPECIFIED, "0.255.255.255" },
  { LOOPBACK, "127.0.0.1" },
  { LOOPBACK, "127.0.0.0" },
  { LOOPBACK, "127.0.0.53" },
  { LOOPBACK, "127.1.2.3" },
  { LOOPBACK, "127.255.255.255" },
  { LINK_LOCAL, "169.254.0.0" },
  { LINK_LOCAL, "169.254.0.1" },
  { LINK_LOCAL, "169.254.169.254" },
  { LINK_LOCAL, "169.254.255.255" },
  { MULTICAST, "224.0.0.0" },
  { MULTICAST, "224.0.0.1" },
  { MULTICAST, "224.0.0.251" },
  { MULTICAST, "232.1.2.3" },
  { MULTICAST, "239.255.255.250" },
  { MULTICAST, "239.255.255.255" },
  { BROADCAST, "240.0.0.0" },
  { BROADCAST, "240.0.0.1" },
  { BROADCAST, "250.1.2.3" },
  { BROADCAST, "255.255.255.254" },
  { BROADCAST, "255.255.255.255" },
  { OPEN, "2001:db8::1" },
  { OPEN, "2001:DB8::1" },
  { OPEN, "2001:0db8:0000:0000:0000:0000:0000:0001" },
  { OPEN, "2001:db8:0:0:1::1" },
  { OPEN, "2606:4700:4700::1111" },
  { OPEN, "2a00:1450::1" },
  { OPEN, "2400::" },
  { OPEN, "fc00::1" },
  { OPEN, "fd00::1" },
  { OPEN, "fdff:ffff::1" },
  { OPEN, "fd00:ec2::254" },
  { OPEN, "2003::1" },
  { OPEN, "2001:1::1" },
  { OPEN, "3fff::1" },
  { OPEN, "64:ff9c::1" },
  { OPEN, "1::1" },
  { OPEN, "::1:0:0:0:1" },
  { OPEN, "fb00::1" },
  { OPEN, "fe00::1" },
  { OPEN, "fe7f:ffff::1" },
  { UNSPECIFIED, "::" },
  { UNSPECIFIED, "0::0" },
  { UNSPECIFIED, "0:0:0:0:0:0:0:0" },
  { UNSPECIFIED, "0000:0000:0000:0000:0000:0000:0000:0000" },
  { UNSPECIFIED, "::0.0.0.0" },
  { UNSPECIFIED, "0::" },
  { LOOPBACK, "::1" },
  { LOOPBACK, "0:0:0:0:0:0:0:1" },
  { LOOPBACK, "0000:0000:0000:0000:0000:0000:0000:0001" },
  { LOOPBACK, "::0001" },
  { LOOPBACK, "0::1" },
  { LOOPBACK, "::0.0.0.1" },
  { LINK_LOCAL, "fe80::" },
  { LINK_LOCAL, "fe80::1" },
  { LINK_LOCAL, "FE80::1" },
  { LINK_LOCAL, "fe80:0:0:0::1" },
  { LINK_LOCAL, "fe80::5efe:7f00:1" },
  { LINK_LOCAL, "fe80::5efe:127.0.0.1" },
  { LINK_LOCAL, "fe81::1" },
  { LINK_LOCAL, "fe9f::1" },
  { LINK_LOCAL, "fea0::1" },
  { LINK_LOCAL, "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
  { LINK_LOCAL, "fec0::1" },
  { LINK_LOCAL, "feff:ffff::1" },
  { MULTICAST, "ff00::" },
  { MULTICAST, "ff00::1" },
  { MULTICAST, "ff01::1" },
  { MULTICAST, "ff02::1" },
  { MULTICAST, "ff02::2" },
  { MULTICAST, "ff02::fb" },
  { MULTICAST, "FF02::FB" },
  { MULTICAST, "ff05::2" },
  { MULTICAST, "ff08::1" },
  { MULTICAST, "ff0e::1" },
  { MULTICAST, "ff1e::1234" },
  { MULTICAST, "ff3e:40:2001:db8::1" },
  { MULTICAST, "ffff::1" },
  { MULTICAST, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
  { OPEN, "::ffff:203.0.113.7" },
  { OPEN, "::FFFF:203.0.113.7" },
  { OPEN, "::ffff:cb00:7107" },
  { OPEN, "0:0:0:0:0:ffff:203.0.113.7" },
  { OPEN, "0000:0000:0000:0000:0000:ffff:cb00:7107" },
  { OPEN, "::ffff:0:203.0.113.7" },
  { OPEN, "0:0:0:0:ffff:0:cb00:7107" },
  { OPEN, "64:ff9b::203.0.113.7" },
  { OPEN, "64:ff9b::cb00:7107" },
  { OPEN, "0064:ff9b:0:0:0:0:203.0.113.7" },
  { OPEN, "2002:cb00:7107::" },
  { OPEN, "2002:cb00:7107::1" },
  { OPEN, "2002:cb00:7107:1:2:3:4:5" },
  { OPEN, "2001::52.255.142.248" },
  { OPEN, "2001:0:4136:e378:8000:63bf:52.255.142.248" },
  { OPEN, "::203.0.113.7" },
  { OPEN, "0:0:0:0:0:0:203.0.113.7" },
  { OPEN, "::cb00:7107" },
  { OPEN, "::ffff:10.0.0.1" },
  { OPEN, "::FFFF:10.0.0.1" },
  { OPEN, "::ffff:a00:1" },
  { OPEN, "0:0:0:0:0:ffff:10.0.0.1" },
  { OPEN, "0000:0000:0000:0000:0000:ffff:a00:1" },
  { OPEN, "::ffff:0:10.0.0.1" },
  { OPEN, "0:0:0:0:ffff:0:a00:1" },
  { OPEN, "64:ff9b::10.0.0.1" },
  { OPEN, "64:ff9b::a00:1" },
  { OPEN, "0064:ff9b:0:0:0:0:10.0.0.1" },
  { OPEN, "2002:a00:1::" },
  { OPEN, "2002:a00:1::1" },
  { OPEN, "2002:a00:1:1:2:3:4:5" },
  { OPEN, "2001::245.255.255.254" },
  { OPEN, "2001:0:4136:e378:8000:63bf:245.255.255.254" },
  { OPEN, "::10.0.0.1" },
  { OPEN, "0:0:0:0:0:0:10.0.0.1" },
  { OPEN, "::a00:1" },
  { LOOPBACK, "::ffff:127.0.0.1" },
  { LOOPBACK, "::FFFF:127.0.0.1" },
  { LOOPBACK, "::ffff:7f00:1" },
  { LOOPBACK, "0:0:0:0:0:ffff:127.0.0.1" },
  { LOOPBACK, "0000:0000:0000:0000:0000:ffff:7f00:1" },
  { LOOPBACK, "::ffff:0:127.0.0.1" },
  { LOOPBACK, "0:0:0:0:ffff:0:7f00:1" },
  { LOOPBACK, "64:ff9b::127.0.0.1" },
  { LOOPBACK, "64:ff9b::7f00:1" },
  { LOOPBACK, "0064:ff9b:0:0:0:0:127.0.0.1" },
  { LOOPBACK, "2002:7f00:1::" },
  { LOOPBACK, "2002:7f00:1::1" },
  { LOOPBACK, "2002:7f00:1:1:2:3:4:5" },
  { LOOPBACK, "2001::128.255.255.254" },
  { LOOPBACK, "2001:0:4136:e378:8000:63bf:128.255.255.254" },
  { LOOPBACK, "::127.0.0.1" },
  { LOOPBACK, "0:0:0:0:0:0:127.0.0.1" },
  { LOOPBACK, "::7f00:1" },
  { LOOPBACK, "::ffff:127.8.8.8" },
  { LOOPBACK, "::FFFF:127.8.8.8" },
  { LOOPBACK, "::ffff:7f08:808" },
  { LOOPBACK, "0:0:0:0:0:ffff:127.8.8.8" },
  { LOOPBACK, "0000:0000:0000:0000:0000:ffff:7f08:808" },
  { LOOPBACK, "::ffff:0:127.8.8.8" },
  { LOOPBACK, "0:0:0:0:ffff:0:7f08:808" },
  { LOOPBACK, "64:ff9b::127.8.8.8" },
  { LOOPBACK, "64:ff9b::7f08:808" },
  { LOOPBACK, "0064:ff9b:0:0:0:0:127.8.8.8" },
  { LOOPBACK, "2002:7f08:808::" },
  { LOOPBACK, "2002:7f08:808::1" },
  { LOOPBACK, "2002:7f08:808:1:2:3:4:5" },
  { LOOPBACK, "2001::128.247.247.247" },
  { LOOPBACK, "2001:0:4136:e378:8000:63bf:128.247.247.247" },
  { LOOPBACK, "::127.8.8.8" },
  { LOOPBACK, "0:0:0:0:0:0:127.8.8.8" },
  { LOOPBACK, "::7f08:808" },
  { LINK_LOCAL, "::ffff:169.254.169.254" },
  { LINK_LOCAL, "::FFFF:169.254.169.254" },
  { LINK_LOCAL, "::ffff:a9fe:a9fe" },
  { LINK_LOCAL, "0:0:0:0:0:ffff:169.254.169.254" },
  { LINK_LOCAL, "0000:0000:0000:0000:0000:ffff:a9fe:a9fe" },
  { LINK_LOCAL, "::ffff:0:169.254.169.254" },
  { LINK_LOCAL, "0:0:0:0:ffff:0:a9fe:a9fe" },
  { LINK_LOCAL, "64:ff9b::169.254.169.254" },
  { LINK_LOCAL, "64:ff9b::a9fe:a9fe" },
  { LINK_LOCAL, "0064:ff9b:0:0:0:0:169.254.169.254" },
  { LINK_LOCAL, "2002:a9fe:a9fe::" },
  { LINK_LOCAL, "2002:a9fe:a9fe::1" },
  { LINK_LOCAL, "2002:a9fe:a9fe:1:2:3:4:5" },
  { LINK_LOCAL, "2001::86.1.86.1" },
  { LINK_LOCAL, "2001:0:4136:e378:8000:63bf:86.1.86.1" },
  { LINK_LOCAL, "::169.254.169.254" },
  { LINK_LOCAL, "0:0:0:0:0:0:169.254.169.254" },
  { LINK_LOCAL, "::a9fe:a9fe" },
  { UNSPECIFIED, "::ffff:0.0.0.0" },
  { UNSPECIFIED, "::FFFF:0.0.0.0" },
  { UNSPECIFIED, "::ffff:0:0" },
  { UNSPECIFIED, "0:0:0:0:0:ffff:0.0.0.0" },
  { UNSPECIFIED, "0000:0000:0000:0000:0000:ffff:0:0" },
  { UNSPECIFIED, "::ffff:0:0.0.0.0" },
  { UNSPECIFIED, "0:0:0:0:ffff:0:0:0" },
  { UNSPECIFIED, "64:ff9b::0.0.0.0" },
  { UNSPECIFIED, "64:ff9b::0:0" },
  { UNSPECIFIED, "0064:ff9b:0:0:0:0:0.0.0.0" },
  { UNSPECIFIED, "2002:0:0::" },
  { UNSPECIFIED, "2002:0:0::1" },
  { UNSPECIFIED, "2002:0:0:1:2:3:4:5" },
  { UNSPECIFIED, "2001::255.255.255.255" },
  { UNSPECIFIED, "2001:0:4136:e378:8000:63bf:255.255.255.255" },
  { MULTICAST, "::ffff:224.0.0.251" },
  { MULTICAST, "::FFFF:224.0.0.251" },
  { MULTICAST, "::ffff:e000:fb" },
  { MULTICAST, "0:0:0:0:0:ffff:224.0.0.251" },
  { MULTICAST, "0000:0000:0000:0000:0000:ffff:e000:fb" },
  { MULTICAST, "::ffff:0:224.0.0.251" },
  { MULTICAST, "0:0:0:0:ffff:0:e000:fb" },
  { MULTICAST, "64:ff9b::224.0.0.251" },
  { MULTICAST, "64:ff9b::e000:fb" },
  { MULTICAST, "0064:ff9b:0:0:0:0:224.0.0.251" },
  { MULTICAST, "2002:e000:fb::" },
  { MULTICAST, "2002:e000:fb::1" },
  { MULTICAST, "2002:e000:fb:1:2:3:4:5" },
  { MULTICAST, "2001::31.255.255.4" },
  { MULTICAST, "2001:0:4136:e378:8000:63bf:31.255.255.4" },
  { MULTICAST, "::224.0.0.251" },
  { MULTICAST, "0:0:0:0:0:0:224.0.0.251" },
  { MULTICAST, "::e000:fb" },
  { BROADCAST, "::ffff:255.255.255.255" },
  { BROADCAST, "::FFFF:255.255.255.255" },
  { BROADCAST, "::ffff:ffff:ffff" },
  { BROADCAST, "0:0:0:0:0:ffff:255.255.255.255" },
  { BROADCAST, "0000:0000:0000:0000:0000:ffff:ffff:ffff" },
  { BROADCAST, "::ffff:0:255.255.255.255" },
  { BROADCAST, "0:0:0:0:ffff:0:ffff:ffff" },
  { BROADCAST, "64:ff9b::255.255.255.255" },
  { BROADCAST, "64:ff9b::ffff:ffff" },
  { BROADCAST, "0064:ff9b:0:0:0:0:255.255.255.255" },
  { BROADCAST, "2002:ffff:ffff::" },
  { BROADCAST, "2002:ffff:ffff::1" },
  { BROADCAST, "2002:ffff:ffff:1:2:3:4:5" },
  { BROADCAST, "2001::0.0.0.0" },
  { BROADCAST, "2001:0:4136:e378:8000:63bf:0.0.0.0" },
  { BROADCAST, "::255.255.255.255" },
  { BROADCAST, "0:0:0:0:0:0:255.255.255.255" },
  { BROADCAST, "::ffff:ffff" },
  { NO_LITERAL, "" },
  { NO_LITERAL, "localhost" },
  { NO_LITERAL, "example.net" },
  { NO_LITERAL, "127.0.0.1 " },
  { NO_LITERAL, " 127.0.0.1" },
  { NO_LITERAL, "127.1" },
  { NO_LITERAL, "127.0.1" },
  { NO_LITERAL, "127" },
  { NO_LITERAL, "2130706433" },
  { NO_LITERAL, "0x7f000001" },
  { NO_LITERAL, "0x7f.0.0.1" },
  { NO_LITERAL, "0177.0.0.1" },
  { NO_LITERAL, "127.000.000.001" },
  { NO_LITERAL, "017700000001" },
  { NO_LITERAL, "127.0.0.1." },
  { NO_LITERAL, ".127.0.0.1" },
  { NO_LITERAL, "127..0.1" },
  { NO_LITERAL, "127.0.0.1:80" },
  { NO_LITERAL, "127.0.0.256" },
  { NO_LITERAL, "1.2.3.4.5" },
  { NO_LITERAL, "1.2.3" },
  { NO_LITERAL, "0" },
  { NO_LITERAL, "192.168.1" },
  { NO_LITERAL, "[::1]" },
  { NO_LITERAL, "[2001:db8::1]" },
  { NO_LITERAL, "::1%lo" },
  { NO_LITERAL, "fe80::1%eth0" },
  { NO_LITERAL, "fe80::1%25eth0" },
  { NO_LITERAL, "fe80::1%1" },
  { NO_LITERAL, "2001:db8::1%0" },
  { NO_LITERAL, "2001:db8::1/64" },
  { NO_LITERAL, "10.0.0.1/8" },
  { NO_LITERAL, "1::2::3" },
  { NO_LITERAL, ":::" },
  { NO_LITERAL, "::1::" },
  { NO_LITERAL, ":1" },
  { NO_LITERAL, "1:" },
  { NO_LITERAL, "1:2:3:4:5:6:7" },
  { NO_LITERAL, "1:2:3:4:5:6:7:8:9" },
  { NO_LITERAL, "12345::1" },
  { NO_LITERAL, "::g" },
  { NO_LITERAL, "::ffff:127.0.0.1.1" },
  { NO_LITERAL, "::ffff:127.1" },
  { NO_LITERAL, "::ffff:0x7f.1" },
  { NO_LITERAL, "::127.0.0.01" },
  { NO_LITERAL, "2001:db8::1\n" },
  { NO_LITERAL, "127.0.0.1\n" },
  { NO_LITERAL, "\t::1" },
  { NO_LITERAL, "１27.0.0.1" },
  { NO_LITERAL, "127。0。0。1" },
  { NO_LITERAL, "①.1.1.1" },
  { NO_LITERAL, "0.0.0.0.0" },
  { NO_LITERAL, "+1.2.3.4" },
  { NO_LITERAL, "-1.2.3.4" },
  { NO_LITERAL, "1e1.0.0.1" },
  { NO_LITERAL, "localhost." },
  { NO_LITERAL, "*" },
  { NO_LITERAL, "::ffff:" },
  { NO_LITERAL, "2001:db8:::1" },
  /* clang-format on */
};

static void
assert_verdict (const LaneAddressPolicy *policy, const char *address, guint16 port,
                const char *refusal)
{
  g_autoptr (GError) error = NULL;
  gboolean fine = lane_address_policy_check (policy, address, port, &error);

  if (refusal == NULL) {
    ck_assert_msg (fine, "%s", error != NULL ? error->message : "");
    ck_assert_ptr_null (error);
    return;
  }
  ck_assert_msg (!fine, "%s is let through, although %s", address, refusal);
  ck_assert (g_error_matches (error, LANE_ADDRESS_POLICY_ERROR, LANE_ADDRESS_POLICY_ERROR_REFUSED));
  ck_assert_msg (strstr (error->message, refusal) != NULL, "%s: '%s' does not say '%s'", address,
                 error->message, refusal);
}

START_TEST (every_spelling_is_judged_by_the_address_it_reaches)
{
  const LaneAddressPolicy policy = { 0 };

  ck_assert_uint_ge (G_N_ELEMENTS (SPELLINGS), 200);
  for (guint i = 0; i < G_N_ELEMENTS (SPELLINGS); i++)
    assert_verdict (&policy, SPELLINGS[i].address, 5000, REFUSALS[SPELLINGS[i].kind]);
}
END_TEST

START_TEST (loopback_and_link_local_can_be_allowed_and_nothing_else)
{
  const LaneAddressPolicy loopback = { .allow_loopback = TRUE };
  const LaneAddressPolicy link_local = { .allow_link_local = TRUE };

  for (guint i = 0; i < G_N_ELEMENTS (SPELLINGS); i++) {
    Kind kind = SPELLINGS[i].kind;

    assert_verdict (&loopback, SPELLINGS[i].address, 5000,
                    kind == LOOPBACK ? NULL : REFUSALS[kind]);
    assert_verdict (&link_local, SPELLINGS[i].address, 5000,
                    kind == LINK_LOCAL ? NULL : REFUSALS[kind]);
  }
}
END_TEST

START_TEST (port_0_is_refused)
{
  const LaneAddressPolicy policy = { 0 };

  assert_verdict (&policy, "203.0.113.7", 0, "port 0");
  assert_verdict (&policy, "203.0.113.7", 1, NULL);
}
END_TEST

static GPtrArray *
sockets (const char *const *addresses, guint16 port)
{
  GPtrArray *array = g_ptr_array_new_with_free_func (g_object_unref);

  for (; *addresses != NULL; addresses++)
    g_ptr_array_add (array, g_inet_socket_address_new_from_string (*addresses, port));
  return array;
}

START_TEST (sockets_of_our_own_are_refused_in_every_spelling)
{
  static const char *const bound[] = { "192.0.2.1", "::ffff:192.0.2.2", "2001:db8::1", NULL };
  g_autoptr (GPtrArray) own = sockets (bound, 7000);
  const LaneAddressPolicy policy = { .own = own };

  assert_verdict (&policy, "192.0.2.1", 7000, "socket of our own");
  assert_verdict (&policy, "::ffff:192.0.2.1", 7000, "socket of our own");
  assert_verdict (&policy, "64:ff9b::192.0.2.2", 7000, "socket of our own");
  assert_verdict (&policy, "2001:0db8::0001", 7000, "socket of our own");
  assert_verdict (&policy, "192.0.2.1", 7001, NULL);
  assert_verdict (&policy, "192.0.2.3", 7000, NULL);
}
END_TEST

START_TEST (socket_on_the_wildcard_is_ours_on_every_loopback_address)
{
  static const char *const bound[] = { "0.0.0.0", NULL };
  g_autoptr (GPtrArray) own = sockets (bound, 7000);
  const LaneAddressPolicy policy = { .own = own, .allow_loopback = TRUE };

  assert_verdict (&policy, "127.0.0.1", 7000, "socket of our own");
  assert_verdict (&policy, "127.3.4.5", 7000, "socket of our own");
  assert_verdict (&policy, "127.0.0.1", 7001, NULL);
  assert_verdict (&policy, "192.0.2.1", 7000, NULL);
}
END_TEST

START_TEST (denied_ranges_are_refused_in_every_spelling)
{
  g_autoptr (GPtrArray) denied = g_ptr_array_new_with_free_func (g_object_unref);
  const LaneAddressPolicy policy = { .denied = denied };

  g_ptr_array_add (denied, g_inet_address_mask_new_from_string ("10.0.0.0/8", NULL));
  g_ptr_array_add (denied, g_inet_address_mask_new_from_string ("2001:db8:5::/48", NULL));
  g_ptr_array_add (denied, g_inet_address_mask_new_from_string ("2002::/16", NULL));

  assert_verdict (&policy, "10.1.2.3", 5000, "denies");
  assert_verdict (&policy, "::ffff:10.1.2.3", 5000, "denies");
  assert_verdict (&policy, "2001:db8:5::9", 5000, "denies");
  assert_verdict (&policy, "2002:cb00:7107::1", 5000, "denies");
  assert_verdict (&policy, "11.1.2.3", 5000, NULL);
  assert_verdict (&policy, "2001:db8:6::9", 5000, NULL);
}
END_TEST

START_TEST (message_shows_no_control_characters)
{
  const LaneAddressPolicy policy = { 0 };
  g_autoptr (GError) error = NULL;

  ck_assert (!lane_address_policy_check (&policy, "\033[2J\n", 5000, &error));
  for (const char *c = error->message; *c != '\0'; c++)
    ck_assert (g_ascii_isprint (*c));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("address-policy");
  TCase *table = tcase_create ("table");

  tcase_add_test (table, every_spelling_is_judged_by_the_address_it_reaches);
  tcase_add_test (table, loopback_and_link_local_can_be_allowed_and_nothing_else);
  tcase_add_test (table, port_0_is_refused);
  tcase_add_test (table, sockets_of_our_own_are_refused_in_every_spelling);
  tcase_add_test (table, socket_on_the_wildcard_is_ours_on_every_loopback_address);
  tcase_add_test (table, denied_ranges_are_refused_in_every_spelling);
  tcase_add_test (table, message_shows_no_control_characters);
  suite_add_tcase (suite, table);
  return lane_suite_run (suite);
}
