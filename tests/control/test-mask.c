#include "suite.h"

#include <string.h>

#include "mask.h"
#include "stand-in.h"

#define ID      "k3vqaaaabbbbccccddddeeeeffffgggghhhhiiiijjjjkkkkllll"
#define ID_IN_4 "k3vq aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll"
#define SHA     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define COLONS  "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89"

typedef struct {
  const char *text, *masked;
} Case;

static const Case cases[] = {
  /* Kinds of IPv4. */
  { "10.0.0.1", "private4#A.1" },
  { "172.31.255.1 172.32.0.1", "private4#A.1 public4#A.1" },
  { "192.168.1.5:41641", "private4#A.1:41641" },
  { "100.64.0.1 and 100.128.0.1", "cgnat4#A.1 and public4#A.1" },
  { "169.254.7.7", "link4#A.1" },
  { "192.0.0.170, 240.0.0.1", "reserved4#A.1, reserved4#B.1" },
  { "203.0.113.5", "public4#A.1" },
  { "127.0.0.1 0.0.0.0 255.255.255.255 224.0.0.251", NULL },
  /* The same one is the same; neighbours can be told. */
  { "203.0.113.5 203.0.113.6 203.0.113.5 198.51.100.7",
    "public4#A.1 public4#A.2 public4#A.1 public4#B.1" },
  { "10.1.2.0/24", "private4#A.1/24" },
  /* In text. */
  { "mapped=203.0.113.5,", "mapped=public4#A.1," },
  { "(203.0.113.5).", "(public4#A.1)." },
  { "saw 203.0.113.5.", "saw public4#A.1." },
  { "x203.0.113.5y", "xpublic4#A.1y" },
  { "udp/203.0.113.5/3478", "udp/public4#A.1/3478" },
  { "203.0.113.5-203.0.113.9", "public4#A.1-public4#A.2" },
  { "\xc3\xa4"
    "203.0.113.5",
    "\xc3\xa4public4#A.1" },
  { "\xff"
    "203.0.113.5\xff",
    "\xffpublic4#A.1\xff" },
  /* No addresses. */
  { "version 0.1.21, 1.2.300.4, 0.5ms, 1.5M, e.g. 3.7.9-2+deb12u7", NULL },
  { "at 23:50:10, 2026-11-22T00:00:00.000Z", NULL },
  { "std::string :: a: b", NULL },
  { "icelane.ini icelane.jsonl fullchain.pem icelane.ini~", NULL },
  { "", NULL },
  /* IPv6. */
  { "2001:db8::1", "public6#A.1" },
  { "[2001:db8::1]:3478", "[public6#A.1]:3478" },
  { "2001:DB8:0:0::0001 = 2001:db8::1", "public6#A.1 = public6#A.1" },
  { "2001:db8::1 2001:db8::2 2001:db8:0:1::1", "public6#A.1 public6#A.2 public6#B.1" },
  { "fe80::1%eth0", "link6#A.1%eth0" },
  { "[fe80::a:b%wlan0]:5000", "[link6#A.1%wlan0]:5000" },
  { "fd00:1:2::3", "ula6#A.1" },
  { "fec0::1, 2001:0:5ef5:79fd::1", "site6#A.1, teredo6#A.1" },
  { "address 2001:db8::1: timeout.", "address public6#A.1: timeout." },
  { "from 2001:db8::1.", "from public6#A.1." },
  { "2001:db8:1:2:3:4:5:6/64", "public6#A.1/64" },
  { "0011:2233:4455:6677:8899:aabb:ccdd:eeff", "public6#A.1" },
  { "::1 :: ff02::fb [::1]:9", NULL },
  /* An IPv4 address inside. */
  { "::ffff:203.0.113.5 ::ffff:cb00:7105 203.0.113.5",
    "mapped6-public4#A.1 mapped6-public4#A.1 public4#A.1" },
  { "[::ffff:10.0.0.1]:80", "[mapped6-private4#A.1]:80" },
  { "64:ff9b::203.0.113.5", "nat64-public4#A.1" },
  { "2002:cb00:7105::1", "6to4-public4#A.1" },
  { "::203.0.113.5", "compat6-public4#A.1" },
  /* Host names. */
  { "turn.example.net", "host#A" },
  { "Turn.Example.NET. and turn.example.net:3478", "host#A. and host#A:3478" },
  { "certificate of *.other.example.org", "certificate of *.host#A" },
  { "10.0.0.1.nip.io", "host#A" },
  { "abc-1.local", "host#A" },
  { "b\xc3\xbc"
    "cher.example",
    "host#A" },
  { "4a7f3f2e-11aa-4c9e-9f0e-8d8f8a5f3c11.local", "host#A" },
  { "localhost:80", NULL },
  /* URIs. */
  { "turn:turn.example.net:3478?transport=udp", "turn:host#A:3478?transport=udp" },
  { "stun:nearby", "stun:host#A" },
  { "turns:[2001:db8::1]:443", "turns:[public6#A.1]:443" },
  { "turn:203.0.113.5", "turn:public4#A.1" },
  { "turn://user:pw@turn.example.net", "turn://(login)@host#A" },
  { "https://rendezvous.example.net:8443/room/x?t=s3cret is", "https://host#A:8443/... is" },
  { "http://127.0.0.1:8765/", NULL },
  { "http://localhost:8765", NULL },
  { "mqtts://u:p@broker/x", "mqtts://(login)@host#A/..." },
  { "stun: 38 ms, turn:401", NULL },
  /* Ids. */
  { "id " ID " is " ID_IN_4, "id id#A is id#A" },
  { SHA, "id#A" },
  { COLONS, "fingerprint#A" },
  { "mac 00:11:22:aa:bb:cc", "mac mac#A" },
};

/* Text masked by a mask of its own. */
static char *
mask_once (const char *text)
{
  g_autoptr (LaneMask) mask = lane_mask_new ();

  return lane_mask_text (mask, text);
}

START_TEST (text_is_masked)
{
  const Case *one = &cases[_i];
  g_autofree char *masked = mask_once (one->text);

  ck_assert_str_eq (masked, one->masked != NULL ? one->masked : one->text);
}
END_TEST

START_TEST (masking_twice_changes_nothing_more)
{
  g_autoptr (LaneMask) mask = lane_mask_new ();
  g_autofree char *once = lane_mask_text (mask, cases[_i].text);
  g_autofree char *twice = lane_mask_text (mask, once);
  g_autofree char *by_another = mask_once (once);

  ck_assert_str_eq (twice, once);
  ck_assert_str_eq (by_another, once);
}
END_TEST

START_TEST (one_mask_gives_one_stand_in_in_every_text)
{
  g_autoptr (LaneMask) mask = lane_mask_new ();
  g_autofree char *first = lane_mask_text (mask, "a 203.0.113.5 turn.example.net");
  g_autofree char *second = lane_mask_text (mask, "stun:turn.example.net saw 203.0.113.5");

  ck_assert_str_eq (first, "a public4#A.1 host#A");
  ck_assert_str_eq (second, "stun:host#A saw public4#A.1");
}
END_TEST

START_TEST (two_addresses_never_share_a_stand_in)
{
  g_autoptr (LaneMask) mask = lane_mask_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 3000; i++) {
    g_autofree char *text = g_strdup_printf ("%u.%u.%u.9", 11 + i % 7, i / 256, i % 256);
    char *masked = lane_mask_text (mask, text);

    ck_assert_str_ne (masked, text);
    ck_assert_msg (g_hash_table_add (seen, masked), "%s again for %s", masked, text);
  }
}
END_TEST

START_TEST (the_table_is_bounded)
{
  g_autoptr (LaneMask) mask = lane_mask_new ();
  g_autofree char *known = lane_mask_text (mask, "203.0.113.5");
  g_autofree char *again = NULL;
  g_autofree char *beyond = NULL;

  for (guint i = 0; i < LANE_STAND_INS_MAX; i++) {
    g_autofree char *text = g_strdup_printf ("20.%u.%u.1", i / 256, i % 256);

    g_free (lane_mask_text (mask, text));
  }
  again = lane_mask_text (mask, "203.0.113.5");
  beyond = lane_mask_text (mask, "30.0.0.1 new.example.net");
  ck_assert_str_eq (again, "public4#A.1");
  ck_assert_str_eq (beyond, "public4#more host#more");
}
END_TEST

START_TEST (chosen_names_stay_and_hosts_without_a_dot_go)
{
  g_autoptr (LaneMask) mask = lane_mask_new ();
  g_autofree char *masked = NULL;

  lane_mask_add_host (mask, "turnbox");
  lane_mask_keep_name (mask, "home");
  lane_mask_keep_name (mask, "turnbox"); /* a host all the same */
  lane_mask_keep_name (mask, "cam.example.net");
  lane_mask_keep (mask, "node.control");
  masked = lane_mask_text (mask, "turn:home on TurnBox, cam.example.net; node.control home.lan");
  ck_assert_str_eq (masked, "turn:home on host#A, host#B; node.control host#C");
}
END_TEST

START_TEST (names_go_when_asked)
{
  g_autoptr (LaneMask) mask = lane_mask_new ();
  g_autofree char *masked = NULL;

  lane_mask_add_name (mask, "peer", "cam-7");
  lane_mask_add_name (mask, "peer", "my office (old)");
  lane_mask_add_name (mask, "server", "home");
  masked =
      lane_mask_text (mask, "cam-7: my office (old) via Relay:home, turn:home-udp, camera cam-70");
  ck_assert_str_eq (masked, "peer#A: peer#B via Relay:server#A, turn:server#A-udp, camera cam-70");
}
END_TEST

START_TEST (a_home_folder_is_a_tilde)
{
  g_autoptr (LaneMask) mask = lane_mask_new ();
  g_autofree char *masked = NULL;

  lane_mask_add_folder (mask, "/home/kim", "~");
  masked = lane_mask_text (mask, "/home/kim/.config/x.ini, '/home/kim', /home/kimberly/x");
  ck_assert_str_eq (masked, "~/.config/x.ini, '~', /home/kimberly/x");
}
END_TEST

START_TEST (json_keeps_its_shape)
{
  g_autoptr (LaneMask) mask = lane_mask_new ();
  g_autoptr (JsonNode) node =
      json_from_string ("{\"address\":\"203.0.113.5\",\"port\":5,\"list\":[\"10.0.0.1\",null,true,"
                        "{\"text\":\"to 203.0.113.5\"}],\"n\":1.5}",
                        NULL);
  g_autoptr (JsonNode) masked = lane_mask_json (mask, node);
  g_autofree char *text = json_to_string (masked, FALSE);

  ck_assert_str_eq (text, "{\"address\":\"public4#A.1\",\"port\":5,\"list\":[\"private4#A.1\",null,"
                          "true,{\"text\":\"to public4#A.1\"}],\"n\":1.5}");
}
END_TEST

/* Each pair of what may stand before and behind an address. */
START_TEST (an_address_is_found_between_any_two_characters)
{
  static const char *const addresses[] = { "203.0.113.5", "2001:db8:aa::77" };

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    for (int before = 1; before < 128; before++)
      for (int behind = 1; behind < 128; behind++) {
        /* A digit more is another address, or none. */
        if (g_ascii_isxdigit (before) || g_ascii_isxdigit (behind)
            || (i == 1 && g_ascii_isalpha (before)))
          continue;
        g_autofree char *text =
            g_strdup_printf ("%c%s%c", (char)before, addresses[i], (char)behind);
        g_autofree char *masked = mask_once (text);

        ck_assert_msg (strstr (masked, "0.113.5") == NULL && strstr (masked, "db8:aa") == NULL
                           && strstr (masked, "aa::77") == NULL,
                       "'%s' became '%s'", text, masked);
      }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("mask");
  TCase *tcase = tcase_create ("mask");

  tcase_add_loop_test (tcase, text_is_masked, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tcase, masking_twice_changes_nothing_more, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tcase, one_mask_gives_one_stand_in_in_every_text);
  tcase_add_test (tcase, two_addresses_never_share_a_stand_in);
  tcase_add_test (tcase, the_table_is_bounded);
  tcase_add_test (tcase, chosen_names_stay_and_hosts_without_a_dot_go);
  tcase_add_test (tcase, names_go_when_asked);
  tcase_add_test (tcase, a_home_folder_is_a_tilde);
  tcase_add_test (tcase, json_keeps_its_shape);
  tcase_add_test (tcase, an_address_is_found_between_any_two_characters);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
