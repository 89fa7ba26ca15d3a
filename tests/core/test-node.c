/* Whole nodes in one process: real ICE, DTLS and SCTP over loopback, with the embedded rendezvous.
 */
#include "node.h"

#include <glib/gstdio.h>

#include "secure/identity.h"
#include "signaling/rendezvous.h"

#include "../suite.h"

#define DEADLINE_S 20

typedef struct {
  char *dir;
  char *name;
  LaneConfig *config;
  LaneNode *node;
  const char *policy; /* for all its peers; NULL: none */
} Site;

typedef struct {
  GMainContext *context;
  LaneRendezvous *rendezvous;
  guint16 port;
  char *root;
  char *ids[3];
  char *servers;           /* sections for every node; NULL: none */
  const char *policies[3]; /* of each node, for all its peers; NULL: none */
} World;

static World world;

static const char *const names[] = { "alpha", "beta", "gamma" };

static void
start_rendezvous_for (guint16 port, const char *token)
{
  g_autofree char *listen = g_strdup_printf ("127.0.0.1:%u", port);
  LaneRendezvousOptions options = { .listen = listen, .token = token };
  g_autoptr (GError) error = NULL;

  world.rendezvous = lane_rendezvous_new (world.context, &options, &error);
  ck_assert_msg (world.rendezvous != NULL, "%s", error != NULL ? error->message : "");
  world.port = lane_rendezvous_get_port (world.rendezvous);
}

static void
start_rendezvous (guint16 port)
{
  start_rendezvous_for (port, NULL);
}

static void
setup (void)
{
  world.context = g_main_context_new ();
  g_main_context_push_thread_default (world.context);
  world.root = g_dir_make_tmp ("lane-node-XXXXXX", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *dir = g_build_filename (world.root, names[i], NULL);
    LaneIdentity *identity = lane_identity_load (dir, NULL);

    world.ids[i] = g_strdup (lane_identity_get_id (identity));
    lane_identity_unref (identity);
  }
  start_rendezvous (0);
}

static void
remove_tree (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *entry;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, entry, NULL);

    remove_tree (child);
  }
  if (dir != NULL)
    g_dir_close (dir);
  g_remove (path);
}

static void
teardown (void)
{
  g_clear_pointer (&world.rendezvous, lane_rendezvous_free);
  remove_tree (world.root);
  g_clear_pointer (&world.servers, g_free);
  g_free (world.root);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_free (world.ids[i]);
  g_main_context_pop_thread_default (world.context);
  g_main_context_unref (world.context);
}

static GPtrArray *
problems_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
}

static void
expect_no_problem (const GPtrArray *problems)
{
  for (guint i = 0; i < problems->len; i++) {
    g_autofree char *text = lane_problem_to_string (problems->pdata[i]);

    ck_abort_msg ("%s", text);
  }
}

/* @knows: bits of the peers it has configured. */
static LaneConfig *
site_configure (const Site *site, guint knows)
{
  g_autoptr (GString) ini = g_string_new (NULL);
  g_autofree char *path = g_build_filename (site->dir, "icelane.ini", NULL);
  const LaneConfigSources sources = { .path = path, .must_exist = TRUE };
  g_autoptr (GPtrArray) problems = problems_new ();
  LaneConfig *config;

  g_string_append_printf (ini,
                          "[node]\nname = %s\nstate-dir = %s\n[signaling]\nurl = "
                          "http://127.0.0.1:%u\n[ice]\nallow-loopback = yes\n[network]\n"
                          "interfaces = lo\nfamilies = 4\n[log]\nlevel = debug\n",
                          site->name, site->dir, world.port);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (knows & (1u << i))
      g_string_append_printf (ini, "[peer %s]\nid = %s\n%s%s\n", names[i], world.ids[i],
                              site->policy != NULL ? "policy = " : "",
                              site->policy != NULL ? site->policy : "");
  g_string_append (ini, world.servers != NULL ? world.servers : "");
  ck_assert (
      g_file_set_contents_full (path, ini->str, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  config = lane_config_load (&sources, problems);
  expect_no_problem (problems);
  return config;
}

static Site
site_start (guint index, guint knows)
{
  Site site = { .name = g_strdup (names[index]), .policy = world.policies[index] };
  g_autoptr (GError) error = NULL;

  site.dir = g_build_filename (world.root, site.name, NULL);
  site.config = site_configure (&site, knows);
  site.node = lane_node_new (world.context, site.config, &error);
  ck_assert_msg (site.node != NULL, "%s", error != NULL ? error->message : "");
  ck_assert_msg (lane_node_start (site.node, &error), "%s", error != NULL ? error->message : "");
  return site;
}

static void
log_all (Site *site)
{
  g_autoptr (GPtrArray) events =
      lane_event_log_list (lane_node_get_event_log (site->node), 0, NULL, 200);

  g_printerr ("--- %s\n", site->name);
  for (guint i = 0; i < events->len; i++) {
    g_autofree char *line = lane_event_to_text_line (events->pdata[i]);

    g_printerr ("%s\n", line);
  }
}

static void
on_stopped (gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

static void
site_stop (Site *site)
{
  gboolean stopped = FALSE;

  if (g_getenv ("LANE_TEST_LOG") != NULL)
    log_all (site);
  lane_node_stop (site->node, on_stopped, &stopped);
  while (!stopped)
    g_main_context_iteration (world.context, TRUE);
  lane_node_free (site->node);
  lane_config_free (site->config);
  g_free (site->name);
  g_free (site->dir);
}

static JsonObject *
peer_of (Site *site, guint index, JsonNode **root)
{
  const char *wanted[] = { names[index], NULL };
  g_autofree char *text = NULL;

  text = lane_node_print_peers (site->node, wanted);
  *root = json_from_string (text, NULL);
  ck_assert_ptr_nonnull (*root);
  return json_array_get_object_element (json_node_get_array (*root), 0);
}

static char *
peer_word (Site *site, guint index, const char *member)
{
  g_autoptr (JsonNode) root = NULL;
  JsonObject *peer = peer_of (site, index, &root);
  JsonNode *node = json_object_get_member (peer, member);

  return json_node_is_null (node) ? NULL : g_strdup (json_node_get_string (node));
}

static gint64
peer_number (Site *site, guint index, const char *member)
{
  g_autoptr (JsonNode) root = NULL;

  return json_object_get_int_member (peer_of (site, index, &root), member);
}

static gint64
pings (Site *site, guint index, const char *member)
{
  g_autoptr (JsonNode) root = NULL;
  JsonObject *peer = peer_of (site, index, &root);

  return json_object_get_int_member (json_object_get_object_member (peer, "pings"), member);
}

static char *
why_code (Site *site, guint index)
{
  g_autoptr (JsonNode) root = NULL;
  JsonObject *peer = peer_of (site, index, &root);
  JsonNode *why = json_object_get_member (peer, "why");

  if (json_node_is_null (why))
    return NULL;
  return g_strdup (json_object_get_string_member (json_node_get_object (why), "code"));
}

static gboolean
on_wake (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

#define wait_until(condition, ...)                                                                 \
  G_STMT_START                                                                                     \
  {                                                                                                \
    Site *shown_[] = { __VA_ARGS__ };                                                              \
    gint64 end_ = g_get_monotonic_time () + DEADLINE_S * G_USEC_PER_SEC;                           \
    GSource *wake_ = g_timeout_source_new (20);                                                    \
    g_source_set_callback (wake_, on_wake, NULL, NULL);                                            \
    g_source_attach (wake_, world.context);                                                        \
    while (!(condition)) {                                                                         \
      if (g_get_monotonic_time () > end_) {                                                        \
        for (guint n_ = 0; n_ < G_N_ELEMENTS (shown_); n_++)                                       \
          log_all (shown_[n_]);                                                                    \
        ck_abort_msg ("never came true: %s", #condition);                                          \
      }                                                                                            \
      g_main_context_iteration (world.context, TRUE);                                              \
    }                                                                                              \
    g_source_destroy (wake_);                                                                      \
    g_source_unref (wake_);                                                                        \
  }                                                                                                \
  G_STMT_END

static gboolean
is_in (Site *site, guint index, const char *state)
{
  g_autofree char *word = peer_word (site, index, "state");

  return g_strcmp0 (word, state) == 0;
}

static gboolean
are_connected (Site *a, guint a_index, Site *b, guint b_index)
{
  return is_in (a, b_index, "connected") && is_in (b, a_index, "connected");
}

static guint
count_events (Site *site, const char *text)
{
  g_autoptr (GPtrArray) events =
      lane_event_log_list (lane_node_get_event_log (site->node), 0, NULL, 10000);
  guint n = 0;

  for (guint i = 0; i < events->len; i++)
    n += strstr (((LaneEvent *)events->pdata[i])->text, text) != NULL;
  return n;
}

START_TEST (two_nodes_connect_directly_and_ping)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0);
  g_autofree char *path = NULL, *why = NULL, *at_a = NULL, *at_b = NULL;

  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  path = peer_word (&a, 1, "path");
  why = why_code (&a, 1);
  at_a = peer_word (&a, 1, "association");
  at_b = peer_word (&b, 0, "association");
  ck_assert_str_eq (path, "direct");
  ck_assert_str_eq (why, "direct-lan");
  ck_assert_str_eq (at_a, at_b);
  wait_until (pings (&a, 1, "answered") >= 2 && pings (&b, 0, "answered") >= 2, &a, &b);
  ck_assert_int_eq (pings (&a, 1, "lost"), 0);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

static gboolean
file_says (const char *path, const char *words)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && strstr (text, words) != NULL;
}

START_TEST (hooks_and_metrics_hear_of_a_new_path)
{
  g_autofree char *hooked = g_build_filename (world.root, "hooked", NULL);
  g_autofree char *numbers = g_build_filename (world.root, "x.prom", NULL);
  Site a, b;

  b = site_start (1, 1u << 0);
  world.servers = g_strdup_printf ("[metrics]\nfile = %s\ninterval-s = 1\n[hooks]\n"
                                   "on-path-change = sh -c 'echo \"$0\" >> %s' \"{peer}: {old} to "
                                   "{new} ({why}, {state})\"\n",
                                   numbers, hooked);
  a = site_start (0, 1u << 1);
  wait_until (file_says (hooked, "beta: none to direct (direct-lan, connected)\n"), &a, &b);
  wait_until (file_says (numbers, "\nicelane_peer_direct{peer=\"beta\"} 1\n"), &a, &b);
  wait_until (file_says (numbers, "\nicelane_hook_runs_total{hook=\"on-path-change\",result="
                                  "\"ok\"} 1\n"),
              &a, &b);
  site_stop (&a);
  site_stop (&b);
  ck_assert (!g_file_test (numbers, G_FILE_TEST_EXISTS));
}
END_TEST

/* The later one is the polite one: its own offer still waits for a first word of the STUN server
 * when the other's arrives. */
START_TEST (silent_server_holds_up_neither_side)
{
  guint polite = strcmp (world.ids[0], world.ids[1]) < 0 ? 0 : 1;
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GSocket) silent = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, 0, NULL);
  gint64 until_us = g_get_monotonic_time () + 400 * 1000, began_us;
  Site early, late;

  ck_assert (g_socket_bind (silent, any, FALSE, NULL));
  bound = g_socket_get_local_address (silent, NULL);
  world.servers = g_strdup_printf ("[server silent]\nuri = stun:127.0.0.1:%u\n",
                                   g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  early = site_start (!polite, 1u << polite);
  wait_until (g_get_monotonic_time () > until_us, &early);
  began_us = g_get_monotonic_time ();
  late = site_start (polite, 1u << !polite);
  wait_until (are_connected (&early, !polite, &late, polite), &early, &late);
  ck_assert_int_lt (g_get_monotonic_time () - began_us, 1500 * 1000);
  site_stop (&early);
  site_stop (&late);
}
END_TEST

START_TEST (restart_keeps_association_and_pings)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0);
  g_autofree char *before = NULL, *after = NULL;
  gint64 sent;

  wait_until (are_connected (&a, 0, &b, 1) && pings (&a, 1, "answered") >= 1, &a, &b);
  before = peer_word (&a, 1, "association");
  sent = pings (&a, 1, "sent");
  ck_assert (lane_node_restart (a.node, "beta", NULL));
  wait_until (peer_number (&a, 1, "generation") == 2 && peer_number (&b, 0, "generation") == 2
                  && are_connected (&a, 0, &b, 1),
              &a, &b);
  wait_until (pings (&a, 1, "answered") > sent + 1, &a, &b);
  after = peer_word (&a, 1, "association");
  ck_assert_str_eq (before, after);
  ck_assert_int_eq (pings (&a, 1, "lost"), 0);
  ck_assert_int_eq (peer_number (&a, 1, "restarts"), 1);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

START_TEST (restarts_of_both_sides_at_once_settle_on_one)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0);

  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  for (gint64 round = 2; round < 6; round++) {
    ck_assert (lane_node_restart (a.node, "beta", NULL));
    ck_assert (lane_node_restart (b.node, "alpha", NULL));
    wait_until (peer_number (&a, 1, "generation") == round
                    && peer_number (&b, 0, "generation") == round && are_connected (&a, 0, &b, 1),
                &a, &b);
  }
  ck_assert_int_eq (pings (&a, 1, "lost") + pings (&b, 0, "lost"), 0);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

/* `none direct first;direct direct operator;`, oldest first, of what alpha or beta had of the
 * other.
 */
static char *
changes_of (Site *site, guint index)
{
  g_autoptr (JsonNode) root = lane_node_describe_history (site->node, names[index], NULL);
  JsonArray *changes = json_object_get_array_member (json_node_get_object (root), "changes");
  GString *text = g_string_new (NULL);

  for (guint i = json_array_get_length (changes); i > 0; i--) {
    JsonObject *change = json_array_get_object_element (changes, i - 1);

    g_string_append_printf (text, "%s %s %s;", json_object_get_string_member (change, "old"),
                            json_object_get_string_member (change, "new"),
                            json_object_get_string_member (change, "cause"));
  }
  return g_string_free (text, FALSE);
}

static gboolean
has_changes (Site *site, guint index, const char *expected)
{
  g_autofree char *changes = changes_of (site, index);

  return strcmp (changes, expected) == 0;
}

START_TEST (history_outlives_restarts_and_links)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0);

  wait_until (are_connected (&a, 0, &b, 1) && pings (&a, 1, "answered") >= 1, &a, &b);
  ck_assert (lane_node_restart (a.node, "beta", NULL));
  wait_until (has_changes (&a, 1, "none direct first;direct direct operator;")
                  && has_changes (&b, 0, "none direct first;direct direct peer;"),
              &a, &b);
  ck_assert (lane_node_disconnect (a.node, "beta", NULL));
  wait_until (is_in (&a, 1, "off") && is_in (&b, 0, "waiting"), &a, &b);
  ck_assert (lane_node_connect (a.node, "beta", NULL));
  wait_until (has_changes (&a, 1,
                           "none direct first;direct direct operator;direct none operator;"
                           "none direct first;")
                  && has_changes (&b, 0,
                                  "none direct first;direct direct peer;direct none peer;"
                                  "none direct first;"),
              &a, &b);
  ck_assert_ptr_null (lane_node_describe_history (a.node, "nobody", NULL));
  site_stop (&a);
  site_stop (&b);
}
END_TEST

START_TEST (disconnect_is_told_and_undone)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0);
  g_autofree char *why = NULL;

  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  ck_assert (lane_node_disconnect (a.node, "beta", NULL));
  wait_until (is_in (&a, 1, "off") && is_in (&b, 0, "waiting"), &a, &b);
  why = why_code (&b, 0);
  ck_assert_str_eq (why, "peer-offline");
  ck_assert (lane_node_connect (a.node, "beta", NULL));
  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

START_TEST (peer_that_runs_anew_is_connected_again)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0);
  g_autofree char *before = NULL, *after = NULL;

  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  before = peer_word (&a, 1, "association");
  site_stop (&b);
  wait_until (is_in (&a, 1, "waiting"), &a);
  b = site_start (1, 1u << 0);
  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  after = peer_word (&a, 1, "association");
  ck_assert_str_ne (before, after);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

static gboolean
have_failed (Site *a, Site *b)
{
  g_autofree char *at_a = why_code (a, 1), *at_b = why_code (b, 0);

  return is_in (a, 1, "failed") && is_in (b, 0, "failed") && g_strcmp0 (at_a, "policy") == 0
         && g_strcmp0 (at_b, "policy") == 0;
}

/* _i: which of the two comes first, and so whose offer it is. */
START_TEST (contradicting_policies_fail_on_both_sides_until_one_gives_way)
{
  const guint first = (guint)_i;
  Site sites[2];
  g_autofree char *error = NULL, *theirs = NULL;

  world.policies[0] = "direct-only";
  world.policies[1] = "relay-only";
  world.servers = g_strdup ("[server nowhere]\nuri = turn:127.0.0.1:9\nusername = u\n"
                            "password = p\n");
  sites[first] = site_start (first, 1u << !first);
  sites[!first] = site_start (!first, 1u << first);
  wait_until (have_failed (&sites[0], &sites[1]), &sites[0], &sites[1]);
  error = peer_word (&sites[0], 1, "last_error");
  theirs = peer_word (&sites[0], 1, "peer_policy");
  ck_assert_ptr_nonnull (strstr (error, "Our policy for this peer is direct-only, the peer's for "
                                        "us is relay-only"));
  ck_assert_str_eq (theirs, "relay-only");

  ck_assert (lane_node_hold (sites[1].node, "alpha", LANE_POLICY_AUTO, NULL));
  wait_until (are_connected (&sites[0], 0, &sites[1], 1), &sites[0], &sites[1]);
  site_stop (&sites[0]);
  site_stop (&sites[1]);
}
END_TEST

START_TEST (policies_that_come_to_contradict_end_the_link)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0);

  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  ck_assert (lane_node_hold (a.node, "beta", LANE_POLICY_DIRECT_ONLY, NULL));
  wait_until (peer_number (&a, 1, "generation") == 2 && are_connected (&a, 0, &b, 1), &a, &b);
  ck_assert (lane_node_hold (b.node, "alpha", LANE_POLICY_RELAY_ONLY, NULL));
  wait_until (is_in (&b, 0, "failed"), &a, &b);
  ck_assert (lane_node_hold (b.node, "alpha", LANE_POLICY_LOWEST_RTT, NULL));
  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

START_TEST (relay_only_without_a_turn_server_fails_on_both_sides)
{
  Site a, b;

  world.policies[0] = "relay-only";
  a = site_start (0, 1u << 1);
  b = site_start (1, 1u << 0);
  wait_until (have_failed (&a, &b), &a, &b);
  ck_assert (lane_node_hold (a.node, "beta", LANE_POLICY_AUTO, NULL));
  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

START_TEST (three_nodes_make_three_links)
{
  Site a = site_start (0, 6), b = site_start (1, 5), c = site_start (2, 3);

  wait_until (are_connected (&a, 0, &b, 1) && are_connected (&a, 0, &c, 2)
                  && are_connected (&b, 1, &c, 2),
              &a, &b, &c);
  site_stop (&a);
  site_stop (&b);
  site_stop (&c);
}
END_TEST

START_TEST (unknown_node_gets_one_line_and_nothing_else)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0), c = site_start (2, 1u << 0);

  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  wait_until (count_events (&a, "refused an unknown node") == 1, &a, &c);
  /* The stranger resends its offer every 2 s: see two more pass. */
  wait_until (pings (&a, 1, "answered") >= 5, &a, &b);
  ck_assert_uint_eq (count_events (&a, "refused an unknown node"), 1);
  ck_assert (!is_in (&c, 0, "connected"));
  site_stop (&a);
  site_stop (&b);
  site_stop (&c);
}
END_TEST

START_TEST (rendezvous_may_die_under_links)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0);
  guint16 port = world.port;
  gint64 answered;

  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  g_clear_pointer (&world.rendezvous, lane_rendezvous_free);
  answered = pings (&a, 1, "answered");
  wait_until (pings (&a, 1, "answered") >= answered + 3, &a, &b);
  ck_assert_int_eq (pings (&a, 1, "lost"), 0);
  ck_assert (are_connected (&a, 0, &b, 1));
  start_rendezvous (port);
  wait_until (lane_node_restart (a.node, "beta", NULL), &a, &b);
  wait_until (peer_number (&a, 1, "generation") == 2 && are_connected (&a, 0, &b, 1), &a, &b);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

START_TEST (second_node_on_one_state_is_refused)
{
  Site a = site_start (0, 0);
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (lane_node_new (world.context, a.config, &error));
  ck_assert (g_error_matches (error, LANE_NODE_ERROR, LANE_NODE_ERROR_BUSY));
  site_stop (&a);
}
END_TEST

START_TEST (unknown_name_gets_a_suggestion)
{
  Site a = site_start (0, 1u << 1);
  g_autoptr (GError) error = NULL;

  ck_assert (!lane_node_connect (a.node, "bta", &error));
  ck_assert (g_error_matches (error, LANE_NODE_ERROR, LANE_NODE_ERROR_UNKNOWN_PEER));
  ck_assert_str_eq (error->message, "no peer 'bta'; did you mean 'beta'?");
  site_stop (&a);
}
END_TEST

/* Settings while it runs */

/* Gives @site what its file says now; @then, if not NULL, changes it first. What the node makes of
 * it, as a sentence. */
static char *
site_reconfigure (Site *site, guint knows, void (*then) (LaneConfig *config))
{
  LaneConfig *config = site_configure (site, knows);
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (LaneImpact) impact = NULL;

  if (then != NULL)
    then (config);
  impact = lane_node_set_config (site->node, config, problems);
  expect_no_problem (problems);
  return lane_impact_describe (impact);
}

/* That the link from @a to the peer @index is the one it was, without a gap. */
typedef struct {
  Site *site;
  guint index;
  char *association;
  gint64 answered;
} Untouched;

static Untouched
watch_link (Site *site, guint index)
{
  return (Untouched){ .site = site,
                      .index = index,
                      .association = peer_word (site, index, "association"),
                      .answered = pings (site, index, "answered") };
}

static void
expect_untouched (Untouched *link, gint64 generation)
{
  g_autofree char *association = NULL;

  wait_until (pings (link->site, link->index, "answered") >= link->answered + 3, link->site);
  association = peer_word (link->site, link->index, "association");
  ck_assert_str_eq (association, link->association);
  ck_assert_int_eq (peer_number (link->site, link->index, "generation"), generation);
  ck_assert_int_eq (pings (link->site, link->index, "lost"), 0);
  g_free (link->association);
}

START_TEST (peers_come_and_go_without_harm_to_the_others)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0), c = site_start (2, 1u << 0);
  g_autofree char *added = NULL, *removed = NULL;
  Untouched link;

  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  link = watch_link (&a, 1);
  added = site_reconfigure (&a, 6, NULL);
  ck_assert_str_eq (added, "adds gamma; 1 other link runs on");
  wait_until (are_connected (&a, 0, &c, 2) && pings (&a, 2, "answered") >= 1, &a, &c);
  removed = site_reconfigure (&a, 1u << 1, NULL);
  ck_assert_str_eq (removed, "removes gamma; 1 other link runs on");
  wait_until (is_in (&c, 0, "waiting"), &a, &c);
  expect_untouched (&link, 1);
  site_stop (&a);
  site_stop (&b);
  site_stop (&c);
}
END_TEST

static void
forbid_relays (LaneConfig *config)
{
  ((LanePeerConfig *)config->peers->pdata[0])->policy = LANE_POLICY_DIRECT_ONLY;
}

START_TEST (a_link_whose_policy_changed_restarts_without_a_gap)
{
  Site a = site_start (0, 6), b = site_start (1, 1u << 0), c = site_start (2, 1u << 0);
  g_autofree char *text = NULL;
  Untouched edited, other;

  wait_until (are_connected (&a, 0, &b, 1) && are_connected (&a, 0, &c, 2), &a, &b, &c);
  edited = watch_link (&a, 1);
  other = watch_link (&a, 2);
  text = site_reconfigure (&a, 6, forbid_relays);
  ck_assert_str_eq (text, "restarts beta; 1 other link runs on");
  wait_until (peer_number (&a, 1, "generation") == 2 && are_connected (&a, 0, &b, 1), &a, &b);
  ck_assert_uint_eq (count_events (&a, "ICE restart asked for by settings"), 1);
  expect_untouched (&edited, 2);
  expect_untouched (&other, 1);
  site_stop (&a);
  site_stop (&b);
  site_stop (&c);
}
END_TEST

static void
use_other_ports (LaneConfig *config)
{
  config->network.port_low = 42000;
  config->network.port_high = 42999;
}

START_TEST (other_ports_restart_every_link_without_a_gap)
{
  Site a = site_start (0, 6), b = site_start (1, 1u << 0), c = site_start (2, 1u << 0);
  g_autofree char *text = NULL;
  Untouched one, other;

  wait_until (are_connected (&a, 0, &b, 1) && are_connected (&a, 0, &c, 2), &a, &b, &c);
  one = watch_link (&a, 1);
  other = watch_link (&a, 2);
  text = site_reconfigure (&a, 6, use_other_ports);
  ck_assert_str_eq (text, "restarts beta and gamma");
  wait_until (peer_number (&a, 1, "generation") == 2 && peer_number (&a, 2, "generation") == 2, &a,
              &b, &c);
  expect_untouched (&one, 2);
  expect_untouched (&other, 2);
  {
    g_autoptr (JsonNode) root = NULL;
    JsonObject *pair = json_object_get_object_member (peer_of (&a, 1, &root), "pair");
    gint64 port =
        json_object_get_int_member (json_object_get_object_member (pair, "local"), "port");

    ck_assert_int_ge (port, 42000);
    ck_assert_int_le (port, 42999);
  }
  site_stop (&a);
  site_stop (&b);
  site_stop (&c);
}
END_TEST

START_TEST (a_new_server_leaves_a_link_alone)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0);
  g_autofree char *added = NULL, *edited = NULL, *removed = NULL;
  Untouched link;

  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  link = watch_link (&a, 1);
  world.servers = g_strdup ("[server new]\nuri = turn:127.0.0.1:9\nusername = u\npassword = p\n");
  added = site_reconfigure (&a, 1u << 1, NULL);
  g_free (world.servers);
  world.servers = g_strdup ("[server new]\nuri = turn:127.0.0.1:9\nusername = u\npassword = q\n");
  edited = site_reconfigure (&a, 1u << 1, NULL);
  g_clear_pointer (&world.servers, g_free);
  removed = site_reconfigure (&a, 1u << 1, NULL);
  ck_assert_str_eq (added, "1 link runs on");
  ck_assert_str_eq (edited, "1 link runs on");
  ck_assert_str_eq (removed, "1 link runs on");
  expect_untouched (&link, 1);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

START_TEST (another_rendezvous_is_joined_under_links)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0);
  LaneRendezvous *first = world.rendezvous;
  g_autofree char *text = NULL, *again = NULL;
  Untouched link;

  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  link = watch_link (&a, 1);
  start_rendezvous (0);
  text = site_reconfigure (&a, 1u << 1, NULL);
  again = site_reconfigure (&b, 1u << 0, NULL);
  ck_assert_str_eq (text, "1 link runs on; joins the rendezvous anew");
  lane_rendezvous_free (first);
  expect_untouched (&link, 1);
  wait_until (lane_node_restart (a.node, "beta", NULL), &a, &b);
  wait_until (peer_number (&a, 1, "generation") == 2 && are_connected (&a, 0, &b, 1), &a, &b);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

static void
lose_token (LaneConfig *config)
{
  config->signaling.token_file = g_strdup ("/nowhere/token");
}

START_TEST (a_rendezvous_that_cannot_be_used_leaves_the_old_one)
{
  Site a = site_start (0, 1u << 1), b = site_start (1, 1u << 0);
  LaneConfig *config = NULL;
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (LaneImpact) impact = NULL;
  g_autofree char *text = NULL;

  wait_until (are_connected (&a, 0, &b, 1) && pings (&a, 1, "answered") >= 1, &a, &b);
  config = site_configure (&a, 1u << 1);
  lose_token (config);
  impact = lane_node_set_config (a.node, config, problems);
  ck_assert_uint_eq (problems->len, 1);
  text = lane_problem_to_string (problems->pdata[0]);
  ck_assert_ptr_nonnull (strstr (text, "[signaling] token-file"));
  /* It still is at the first rendezvous: restarts are offered through it. */
  ck_assert (lane_node_restart (a.node, "beta", NULL));
  wait_until (peer_number (&a, 1, "generation") == 2 && are_connected (&a, 0, &b, 1), &a, &b);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

static void
ask_for_token (LaneConfig *config)
{
  config->signaling.token_command = g_strdup_printf ("cat %s/token", world.root);
}

START_TEST (a_token_is_asked_for_until_its_command_gives_one)
{
  Site a = site_start (0, 1u << 1);
  Site b = site_start (1, 1u << 0);
  LaneRendezvous *open = world.rendezvous;
  g_autofree char *path = g_build_filename (world.root, "token", NULL);
  g_autofree char *first = NULL, *second = NULL;

  start_rendezvous_for (0, "quite secret");
  first = site_reconfigure (&a, 1u << 1, ask_for_token);
  wait_until (count_events (&a, "[signaling] token-command: exit code 1") == 1, &a, &b);
  ck_assert (g_file_set_contents (path, "quite secret\nand no more\n", -1, NULL));
  second = site_reconfigure (&b, 1u << 0, ask_for_token);
  lane_rendezvous_free (open);
  wait_until (are_connected (&a, 0, &b, 1), &a, &b);
  ck_assert_uint_eq (count_events (&a, "quite secret"), 0);
  site_stop (&a);
  site_stop (&b);
}
END_TEST

static JsonObject *
config_of (Site *site, JsonNode **root)
{
  *root = lane_node_describe_self (site->node);
  return json_object_get_object_member (json_node_get_object (*root), "config");
}

static void
move_socket (LaneConfig *config)
{
  g_free (config->node.control);
  config->node.control = g_strdup ("/nowhere/control");
}

START_TEST (what_waits_for_the_next_start_is_told_until_it_is_undone)
{
  Site a = site_start (0, 0);
  g_autofree char *moved = NULL, *still = NULL, *undone = NULL;
  g_autoptr (JsonNode) root = NULL, later = NULL;

  moved = site_reconfigure (&a, 0, move_socket);
  still = site_reconfigure (&a, 0, move_socket);
  ck_assert_str_eq (moved, "no link is touched; node.control counts after the node is restarted");
  ck_assert_str_eq (still, moved);
  ck_assert_uint_eq (
      json_array_get_length (json_object_get_array_member (config_of (&a, &root), "later")), 1);
  undone = site_reconfigure (&a, 0, NULL);
  ck_assert_str_eq (undone, "no link is touched");
  ck_assert_uint_eq (
      json_array_get_length (json_object_get_array_member (config_of (&a, &later), "later")), 0);
  site_stop (&a);
}
END_TEST

START_TEST (problems_of_the_file_are_in_status_and_log)
{
  Site a = site_start (0, 0);
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (JsonNode) root = NULL;
  JsonObject *config;

  g_ptr_array_add (problems, lane_problem_new (LANE_PROBLEM_ERROR, "icelane.ini", 33, "server home",
                                               "uri", "port 99999 is not in 1-65535"));
  lane_node_judge_config (a.node, LANE_WATCH_PARTLY, problems);
  config = config_of (&a, &root);
  ck_assert_str_eq (json_object_get_string_member (config, "state"), "partly");
  ck_assert_str_eq (
      json_array_get_string_element (json_object_get_array_member (config, "problems"), 0),
      "icelane.ini:33: [server home] uri: port 99999 is not in 1-65535");
  ck_assert_uint_eq (count_events (&a, "icelane.ini:33: [server home] uri: port 99999"), 1);
  site_stop (&a);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("node");
  TCase *tcase = tcase_create ("loopback");
  TCase *settings = tcase_create ("settings");

  tcase_set_timeout (tcase, 60);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, two_nodes_connect_directly_and_ping);
  tcase_add_test (tcase, hooks_and_metrics_hear_of_a_new_path);
  tcase_add_test (tcase, silent_server_holds_up_neither_side);
  tcase_add_test (tcase, restart_keeps_association_and_pings);
  tcase_add_test (tcase, restarts_of_both_sides_at_once_settle_on_one);
  tcase_add_test (tcase, history_outlives_restarts_and_links);
  tcase_add_test (tcase, disconnect_is_told_and_undone);
  tcase_add_test (tcase, peer_that_runs_anew_is_connected_again);
  tcase_add_loop_test (tcase, contradicting_policies_fail_on_both_sides_until_one_gives_way, 0, 2);
  tcase_add_test (tcase, policies_that_come_to_contradict_end_the_link);
  tcase_add_test (tcase, relay_only_without_a_turn_server_fails_on_both_sides);
  tcase_add_test (tcase, three_nodes_make_three_links);
  tcase_add_test (tcase, unknown_node_gets_one_line_and_nothing_else);
  tcase_add_test (tcase, rendezvous_may_die_under_links);
  tcase_add_test (tcase, second_node_on_one_state_is_refused);
  tcase_add_test (tcase, unknown_name_gets_a_suggestion);
  suite_add_tcase (suite, tcase);
  tcase_set_timeout (settings, 60);
  tcase_add_checked_fixture (settings, setup, teardown);
  tcase_add_test (settings, peers_come_and_go_without_harm_to_the_others);
  tcase_add_test (settings, a_link_whose_policy_changed_restarts_without_a_gap);
  tcase_add_test (settings, other_ports_restart_every_link_without_a_gap);
  tcase_add_test (settings, a_new_server_leaves_a_link_alone);
  tcase_add_test (settings, another_rendezvous_is_joined_under_links);
  tcase_add_test (settings, a_rendezvous_that_cannot_be_used_leaves_the_old_one);
  tcase_add_test (settings, what_waits_for_the_next_start_is_told_until_it_is_undone);
  tcase_add_test (settings, a_token_is_asked_for_until_its_command_gives_one);
  tcase_add_test (settings, problems_of_the_file_are_in_status_and_log);
  suite_add_tcase (suite, settings);
  return lane_suite_run (suite);
}
