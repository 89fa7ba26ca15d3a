#include "suite.h"

#include <string.h>

#include "impact.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_C "caaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_D "daaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_E "eaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define LOGIN   "username = u\npassword = canary\n"
#define HOME    "[server home]\nuri = turn:192.0.2.1\n" LOGIN
#define SPARE   "[server spare]\nuri = turn:192.0.2.2\n" LOGIN
#define IDLE    "[server idle]\nuri = turn:192.0.2.3\nenabled = no\n" LOGIN
#define SERVERS HOME SPARE IDLE
#define PEERS                                                                                      \
  "[peer near]\nid = " ID_A "\n"                                                                   \
  "[peer far]\nid = " ID_B "\n"                                                                    \
  "[peer down]\nid = " ID_C "\n"                                                                   \
  "[peer picky]\nid = " ID_D "\nservers = spare\n"                                                 \
  "[peer quiet]\nid = " ID_E "\nautoconnect = no\n"
#define RENDEZVOUS "[signaling]\nurl = https://r.example\n"
#define BASE       "[node]\nname = here\n" RENDEZVOUS SERVERS PEERS

/* near: direct. far: relayed by home. down, picky: no link. quiet: disconnected. */
static const LaneRunningPeer running[] = {
  { "near", "connected", NULL }, { "far", "connected", "home" }, { "down", "backoff", NULL },
  { "picky", "checking", NULL }, { "quiet", "off", NULL },
};

static LaneConfig *
load (const char *text)
{
  const LaneConfigSources sources = { .path = "/nowhere/icelane.ini" };
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  LaneConfig *config = lane_config_load_text (&sources, bytes, problems);

  if (lane_problems_have_error (problems)) {
    g_autofree char *problem = lane_problem_to_string (problems->pdata[0]);

    ck_abort_msg ("%s", problem);
  }
  return config;
}

/* @what of @text becomes @with. */
static char *
replace (const char *text, const char *what, const char *with)
{
  g_auto (GStrv) parts = g_strsplit (text, what, 2);

  ck_assert_msg (parts[1] != NULL, "the text has no '%s'", what);
  return g_strjoinv (with, parts);
}

/* `effect peer: reason` of each, one a line. */
static char *
print (const LaneImpact *impact)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < impact->peers->len; i++) {
    const LanePeerImpact *one = impact->peers->pdata[i];

    g_string_append_printf (text, "%s%s %s: %s", i > 0 ? "\n" : "",
                            lane_peer_effect_to_string (one->effect), one->peer, one->reason);
  }
  return g_string_free (text, FALSE);
}

static LaneImpact *
impact_of (const char *what, const char *with, const LaneRunningPeer *peers, guint n_peers)
{
  g_autofree char *text = replace (BASE, what, with);
  g_autoptr (LaneConfig) old = load (BASE);
  g_autoptr (LaneConfig) new = load (text);

  return lane_impact_new (old, new, peers, n_peers);
}

typedef struct {
  const char *what, *with;
  const char *peers;
  guint untouched;
  gboolean signaling;
  const char *later;
} Case;

#define ALL_RESTART(reason)                                                                        \
  "restart near: " reason "\nrestart far: " reason "\nretry down: " reason "\nretry "              \
  "picky: " reason

static const Case cases[] = {
  /* Servers: a link that is up stays, unless the server relays it. */
  { "[server spare]", "[server new]\nuri = stun:192.0.2.9\n[server spare]",
    "retry down: its server new is new", 2 },
  { "password = canary", "password = other",
    "restart far: relayed by home, which changed\nretry down: its server home changed", 1 },
  { "username = u", "username = u\nenabled = no",
    "restart far: relayed by home, which is disabled\nretry down: its server home changed", 1 },
  { HOME, "",
    "restart far: relayed by home, which is removed\nretry down: its server home is removed", 1 },
  { "turn:192.0.2.2", "turn:192.0.2.22",
    "retry down: its server spare changed\nretry picky: its server spare changed", 2 },
  { "turn:192.0.2.3", "turn:192.0.2.33", "", 2 },
  { "uri = turn:192.0.2.3\nenabled = no", "uri = turn:192.0.2.3",
    "retry down: its server idle changed", 2 },
  /* Peers */
  { "id = " ID_A, "id = " ID_A "\npolicy = direct-only", "restart near: its policy changed", 1 },
  { "id = " ID_C, "id = " ID_C "\npolicy = relay-only", "retry down: its policy changed", 2 },
  { "id = " ID_B, "id = " ID_B "\nservers = spare", "restart far: its list of servers changed", 1 },
  { "id = " ID_E, "id = " ID_E "\npolicy = relay-only", "", 2 },
  { "autoconnect = no", "autoconnect = yes", "retry quiet: it connects by itself now", 2 },
  { "id = " ID_A, "id = " ID_A "\nautoconnect = no", "", 2 },
  { "[peer far]\nid = " ID_B "\n", "", "removed far: no longer in the file", 1 },
  { "[peer far]", "[peer away]", "removed far: no longer in the file\nadded away: new in the file",
    1 },
  { "id = " ID_A, "id = faaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "removed near: its id is another one\nadded near: its id is another one", 1 },
  { PEERS, PEERS "[peer more]\nid = faaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    "added more: new in the file", 2 },
  /* What decides which candidates there are. */
  { "[server home]", "[network]\nports = 40000-40100\n[server home]",
    ALL_RESTART ("[network] ports changed") },
  { "[server home]", "[network]\nfamilies = 4\n[server home]",
    ALL_RESTART ("[network] families changed") },
  { "[server home]", "[network]\ninterfaces = !docker*\n[server home]",
    ALL_RESTART ("[network] interfaces changed") },
  { "[server home]", "[ice]\nallow-loopback = on\n[server home]",
    ALL_RESTART ("[ice] allow-loopback changed") },
  { "[server home]", "[ice]\nallow-link-local = on\n[server home]",
    ALL_RESTART ("[ice] allow-link-local changed") },
  /* What touches no link. */
  { "[server home]", "[ice]\ncheck-timeout-ms = 5000\nretry-direct-s = 5\n[server home]", "", 2 },
  { "[server home]", "[ui]\nmouse = off\n[log]\nlevel = debug\n[server home]", "", 2 },
  { "r.example", "s.example", "", 2, TRUE },
  { "name = here", "name = there", "", 2 },
  { "name = here", "name = here\ncontrol = /tmp/other", "", 2, FALSE, "node.control" },
  { "name = here", "name = here\ncontrol = /tmp/other\nstate-dir = /tmp/state", "", 2, FALSE,
    "node.state-dir node.control" },
  { "name = here", "name = here\n# only a remark", "", 2 },
};

START_TEST (each_change_touches_what_it_must_and_nothing_else)
{
  const Case *c = &cases[_i];
  g_autoptr (LaneImpact) impact = impact_of (c->what, c->with, running, G_N_ELEMENTS (running));
  g_autofree char *peers = print (impact);
  g_autofree char *later = g_strjoinv (" ", impact->later);

  ck_assert_str_eq (peers, c->peers);
  ck_assert_uint_eq (impact->untouched, c->untouched);
  ck_assert_int_eq (impact->signaling, c->signaling);
  ck_assert_str_eq (later, c->later != NULL ? c->later : "");
}
END_TEST

START_TEST (another_order_of_servers_helps_only_links_that_are_down)
{
  g_autoptr (LaneConfig) old = load (BASE);
  g_autoptr (LaneConfig) new = load ("[node]\nname = here\n" RENDEZVOUS SPARE HOME IDLE PEERS);
  g_autoptr (LaneImpact) impact = lane_impact_new (old, new, running, G_N_ELEMENTS (running));
  g_autofree char *peers = print (impact);

  ck_assert_str_eq (peers, "retry down: the order of its servers changed\n"
                           "retry picky: the order of its servers changed");
  ck_assert_uint_eq (impact->untouched, 2);
}
END_TEST

START_TEST (a_link_that_is_restarting_is_tried_anew)
{
  const LaneRunningPeer lost = { "far", "restarting", "home" };
  g_autoptr (LaneImpact) impact = impact_of ("password = canary", "password = other", &lost, 1);
  const LanePeerImpact *far = lane_impact_find (impact, "far");

  ck_assert_ptr_nonnull (far);
  ck_assert_int_eq (far->effect, LANE_EFFECT_RETRY);
  ck_assert_uint_eq (impact->untouched, 0);
}
END_TEST

START_TEST (a_peer_that_does_not_run_is_one_without_a_link)
{
  g_autoptr (LaneImpact) impact =
      impact_of ("id = " ID_A, "id = " ID_A "\nservers = home", NULL, 0);

  ck_assert_int_eq (lane_impact_find (impact, "near")->effect, LANE_EFFECT_RETRY);
}
END_TEST

START_TEST (of_an_id_that_changed_the_addition_is_found)
{
  g_autoptr (LaneImpact) impact =
      impact_of ("id = " ID_A, "id = faaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", running,
                 G_N_ELEMENTS (running));

  ck_assert_int_eq (lane_impact_find (impact, "near")->effect, LANE_EFFECT_ADDED);
  ck_assert_ptr_null (lane_impact_find (impact, "far"));
}
END_TEST

typedef struct {
  const char *what, *with, *text;
} Sentence;

static const Sentence sentences[] = {
  { "password = canary", "password = other",
    "restarts far; tries again down; 1 other link runs on" },
  { "name = here", "name = there", "2 links run on" },
  { "name = here", "name = here\ncontrol = /tmp/other",
    "2 links run on; node.control counts after the node is restarted" },
  { "r.example", "s.example", "2 links run on; joins the rendezvous anew" },
  { "[server home]", "[network]\nports = 40000-40100\n[server home]",
    "restarts near and far; tries again down and picky" },
  { PEERS, "", "removes near, far, down and 2 more" },
};

START_TEST (the_whole_is_said_in_one_sentence)
{
  const Sentence *s = &sentences[_i];
  g_autoptr (LaneImpact) impact = impact_of (s->what, s->with, running, G_N_ELEMENTS (running));
  g_autofree char *text = lane_impact_describe (impact);

  ck_assert_str_eq (text, s->text);
}
END_TEST

START_TEST (a_remark_is_no_change)
{
  g_autoptr (LaneImpact) impact = impact_of ("name = here", "name = here\n# really", NULL, 0);

  ck_assert_uint_eq (impact->changes, 0);
}
END_TEST

START_TEST (without_links_no_link_is_touched)
{
  g_autoptr (LaneImpact) impact = impact_of ("name = here", "name = there", NULL, 0);
  g_autofree char *text = lane_impact_describe (impact);

  ck_assert_str_eq (text, "no link is touched");
  ck_assert_uint_eq (impact->changes, 1);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("impact");
  TCase *tcase = tcase_create ("impact");

  tcase_add_loop_test (tcase, each_change_touches_what_it_must_and_nothing_else, 0,
                       G_N_ELEMENTS (cases));
  tcase_add_test (tcase, another_order_of_servers_helps_only_links_that_are_down);
  tcase_add_test (tcase, a_link_that_is_restarting_is_tried_anew);
  tcase_add_test (tcase, a_peer_that_does_not_run_is_one_without_a_link);
  tcase_add_test (tcase, of_an_id_that_changed_the_addition_is_found);
  tcase_add_loop_test (tcase, the_whole_is_said_in_one_sentence, 0, G_N_ELEMENTS (sentences));
  tcase_add_test (tcase, a_remark_is_no_change);
  tcase_add_test (tcase, without_links_no_link_is_touched);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
