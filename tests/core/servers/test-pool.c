#include "servers/pool.h"

#include "core/servers/turn-stub.h"
#include "core/servers/until.h"
#include "suite.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* A resolver without a network: names and addresses as a table the test changes. */

typedef struct {
  const char *name;
  const char *addresses; /* with spaces between; empty: no such name; NULL: never an answer */
} Zone;

typedef struct {
  GResolver parent;
  const Zone *zone;
  guint lookups;
  GPtrArray *unanswered; /* of GTask */
} FakeResolver;

typedef struct {
  GResolverClass parent;
} FakeResolverClass;

static GType fake_resolver_get_type (void);
G_DEFINE_TYPE (FakeResolver, fake_resolver, G_TYPE_RESOLVER)

static void
free_addresses (gpointer addresses)
{
  g_resolver_free_addresses (addresses);
}

static void
answer (GTask *task, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  GList *addresses = NULL;

  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      addresses = g_list_append (addresses, g_inet_address_new_from_string (words[i]));
  if (addresses != NULL)
    g_task_return_pointer (task, addresses, free_addresses);
  else
    g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no such name");
}

static void
fake_lookup_async (GResolver *resolver, const char *name, GCancellable *cancellable,
                   GAsyncReadyCallback callback, gpointer user_data)
{
  FakeResolver *fake = (FakeResolver *)resolver;
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, user_data);

  fake->lookups++;
  for (const Zone *zone = fake->zone; zone->name != NULL; zone++)
    if (strcmp (zone->name, name) == 0) {
      if (zone->addresses != NULL)
        answer (task, zone->addresses);
      else
        g_ptr_array_add (fake->unanswered, g_steal_pointer (&task));
      return;
    }
  answer (task, "");
}

static GList *
fake_lookup_finish (GResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
fake_resolver_class_init (FakeResolverClass *class)
{
  class->parent.lookup_by_name_async = fake_lookup_async;
  class->parent.lookup_by_name_finish = fake_lookup_finish;
}

static void
fake_resolver_init (FakeResolver *fake)
{
  fake->unanswered = g_ptr_array_new_with_free_func (g_object_unref);
}

/* The bench */

static GMainContext *context;
static FakeResolver *resolver;
static LaneConfig config;
static LanePool *pool;
static guint n_changes, n_told, n_steps;
static gint64 wall_us_now;
static gint64 skip_us;
static LanePoolTuning tuning;
static TurnStub *stub;
static GPtrArray *mysteries; /* of TurnStub */

static gint64
fake_monotonic_us (gpointer clock_data)
{
  return g_get_monotonic_time () + skip_us;
}

static gint64
fake_wall_us (gpointer clock_data)
{
  return wall_us_now;
}

static void
setup (void)
{
  context = g_main_context_new ();
  resolver = g_object_new (fake_resolver_get_type (), NULL);
  config.servers = g_ptr_array_new ();
  mysteries = g_ptr_array_new_with_free_func ((GDestroyNotify)turn_stub_free);
  n_changes = n_told = n_steps = 0;
  skip_us = 0;
  wall_us_now = G_GINT64_CONSTANT (1700000000000000);
  tuning = LANE_POOL_TUNING;
  tuning.monotonic_us = fake_monotonic_us;
  tuning.wall_us = fake_wall_us;
  tuning.try_ms = 40;
  tuning.resolver = G_RESOLVER (resolver);
  tuning.lookup_ms = 60;
}

static void
free_server (LaneServerConfig *server)
{
  g_ptr_array_unref (server->uris);
  g_free (server);
}

static void
teardown (void)
{
  g_clear_pointer (&pool, lane_pool_free);
  g_clear_pointer (&stub, turn_stub_free);
  g_ptr_array_unref (mysteries);
  g_ptr_array_set_size (resolver->unanswered, 0);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_ptr_array_unref (resolver->unanswered);
  for (guint i = 0; i < config.servers->len; i++)
    free_server (g_ptr_array_index (config.servers, i));
  g_ptr_array_unref (config.servers);
  g_main_context_unref (context);
}

static LaneServerConfig *
add_server (const char *name, ...)
{
  LaneServerConfig *server = g_new0 (LaneServerConfig, 1);
  const char *text;
  va_list uris;

  server->name = (char *)name;
  server->username = (char *)TURN_STUB_USER;
  server->password = (char *)TURN_STUB_PASSWORD;
  server->auth_ttl_s = 3600;
  server->enabled = TRUE;
  server->uris = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_uri_free);
  va_start (uris, name);
  while ((text = va_arg (uris, const char *)) != NULL) {
    LaneUri *uri = lane_uri_parse (text, NULL);

    ck_assert_msg (uri != NULL, "%s", text);
    g_ptr_array_add (server->uris, uri);
  }
  va_end (uris);
  g_ptr_array_add (config.servers, server);
  return server;
}

static void
on_changed (LanePool *changed, gpointer user_data)
{
  n_changes++;
}

static void
on_server_changed (LanePool *changed, const LanePoolServer *server, gpointer user_data)
{
  ck_assert_ptr_eq (changed, pool);
  n_told++;
}

static void
on_stepped (LanePool *stepped, const LanePoolServer *server, const LaneProbeResult *result,
            gpointer user_data)
{
  ck_assert_ptr_nonnull (result);
  n_steps++;
}

static void
start (const Zone *zone)
{
  static const Zone nothing[] = { { NULL, NULL } };
  static const LanePoolEvents events = { on_changed, on_server_changed, on_stepped };

  resolver->zone = zone != NULL ? zone : nothing;
  pool = lane_pool_new_tuned (context, &config, &tuning, &events, NULL);
}

static const LanePoolServer *
shown (guint index)
{
  return g_ptr_array_index ((GPtrArray *)lane_pool_get_servers (pool), index);
}

static gboolean
is_state (guint index, LaneServerState state)
{
  return shown (index)->state == state;
}

/* `stun 127.1.0.1:3478, turn-udp ...`; over TCP and TLS `turn-tcp bridge4`: a port on loopback. */
static char *
select_text (const char *const *names, gboolean ipv4, gboolean ipv6)
{
  g_autoptr (GPtrArray) servers = lane_pool_select (pool, names, ipv4, ipv6);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < servers->len; i++) {
    const LaneIceServer *server = g_ptr_array_index (servers, i);

    g_string_append_printf (text, "%s%s:%s%s ", i > 0 ? ", " : "", server->name,
                            server->turn ? "turn-" : "stun",
                            server->turn ? lane_protocol_to_string (server->protocol) : "");
    if (server->lease != NULL)
      g_string_append (text, strcmp (server->address, "::1") == 0 ? "bridge6" : "bridge4");
    else
      g_string_append_printf (text, "%s:%u", server->address, server->port);
    ck_assert ((server->username != NULL) == server->turn);
    ck_assert ((server->password != NULL) == server->turn);
  }
  return g_string_free (text, FALSE);
}

static void
assert_selects (const char *expected)
{
  g_autofree char *text = select_text (NULL, TRUE, TRUE);

  ck_assert_str_eq (text, expected);
}

static guint
count_selected (void)
{
  g_autoptr (GPtrArray) servers = lane_pool_select (pool, NULL, TRUE, TRUE);

  return servers->len;
}

/* The names of TURN servers in their order. */
static void
assert_relays (const char *expected)
{
  g_autoptr (GPtrArray) servers = lane_pool_select (pool, NULL, TRUE, TRUE);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < servers->len; i++) {
    const LaneIceServer *server = g_ptr_array_index (servers, i);

    if (server->turn)
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", server->name);
  }
  ck_assert_str_eq (text->str, expected);
}

static TurnStubScript *
serve (void)
{
  stub = turn_stub_new (context, TURN_STUB_UDP, NULL);
  return turn_stub_get_script (stub);
}

static guint
count_bindings (void)
{
  g_auto (GStrv) parts = g_strsplit (turn_stub_get_requests (stub), "binding", -1);

  return g_strv_length (parts) - 1;
}

static char *
stub_uri (const char *scheme)
{
  return g_strdup_printf ("%s:127.0.0.1:%u", scheme, turn_stub_get_port (stub));
}

/* A TURN server that accepts TCP and says nothing: no probe can tell what it is. */
static char *
serve_mystery (const char *address)
{
  TurnStub *mystery = turn_stub_new_at (context, address, TURN_STUB_TCP, NULL);

  turn_stub_get_script (mystery)->binding = TURN_STUB_SILENT;
  turn_stub_get_script (mystery)->unsigned_allocate = TURN_STUB_SILENT;
  g_ptr_array_add (mysteries, mystery);
  return g_strdup_printf ("turn:%s:%u?transport=tcp", address, turn_stub_get_port (mystery));
}

/* Nobody listens on 127.1.0.0/24: no packet leaves this host. */

START_TEST (literals_can_be_used_at_once)
{
  add_server ("home", "stun:127.1.0.1", "turn:127.1.0.1:3479?transport=tcp", "turn:127.1.0.1",
              NULL);
  start (NULL);

  assert_selects ("home:stun 127.1.0.1:3478, home:turn-udp 127.1.0.1:3478, "
                  "home:turn-tcp bridge4");
  ck_assert_uint_eq (resolver->lookups, 0);
  ck_assert_str_eq (shown (0)->name, "home");
  ck_assert_str_eq (shown (0)->kind, "stun");
  ck_assert_str_eq (shown (0)->uri, "stun:127.1.0.1");
  ck_assert_str_eq (shown (2)->kind, "turn");
  ck_assert (is_state (0, LANE_SERVER_UNKNOWN));
  ck_assert (isnan (shown (0)->rtt_ms));
  ck_assert_int_eq (shown (0)->checked_us, 0);
}
END_TEST

START_TEST (turn_alone_is_given_without_stun)
{
  add_server ("home", "turn:127.1.0.1", NULL);
  start (NULL);
  assert_selects ("home:turn-udp 127.1.0.1:3478");
}
END_TEST

START_TEST (first_stun_server_and_two_turn_hosts_are_given)
{
  add_server ("a", "stun:127.1.0.1", "stun:127.1.0.9", "turn:127.1.0.1?transport=tcp", NULL);
  add_server ("b", "turn:127.1.0.2", "turn:127.1.0.1", NULL);
  add_server ("c", "turn:127.1.0.3", "stun:127.1.0.3", NULL);
  start (NULL);
  assert_selects ("a:stun 127.1.0.1:3478, b:turn-udp 127.1.0.1:3478, a:turn-tcp bridge4, "
                  "b:turn-udp 127.1.0.2:3478");
}
END_TEST

START_TEST (names_choose_sections)
{
  static const char *const names[] = { "c", "nobody", NULL };
  static const char *const empty[] = { NULL };
  g_autofree char *chosen = NULL;
  g_autofree char *all = NULL;
  guint count, failed;

  add_server ("a", "stun:127.1.0.1", "turn:127.1.0.1", NULL);
  add_server ("c", "stun:127.1.0.3", "turn:127.1.0.3", "turn:127.1.0.3:99?transport=tcp", NULL);
  start (NULL);

  chosen = select_text (names, TRUE, TRUE);
  ck_assert_str_eq (chosen, "c:stun 127.1.0.3:3478, c:turn-udp 127.1.0.3:3478, "
                            "c:turn-tcp bridge4");
  all = select_text (empty, TRUE, TRUE);
  ck_assert_str_eq (all, "a:stun 127.1.0.1:3478, a:turn-udp 127.1.0.1:3478, "
                         "c:turn-udp 127.1.0.3:3478, c:turn-tcp bridge4");
  lane_pool_count_turn (pool, names, &count, &failed);
  ck_assert_uint_eq (count, 2);
  ck_assert_uint_eq (failed, 0);
  iterate_until (context, is_state (3, LANE_SERVER_FAILED) && is_state (4, LANE_SERVER_FAILED));
  lane_pool_count_turn (pool, names, &count, &failed);
  ck_assert_uint_eq (failed, 2);
  lane_pool_count_turn (pool, NULL, &count, &failed);
  ck_assert_uint_eq (count, 3);
}
END_TEST

START_TEST (families_choose_addresses)
{
  static const Zone zone[] = { { "dual.example", "::ffff:127.1.0.1 127.1.0.1 127.1.0.2" },
                               { NULL, NULL } };
  g_autofree char *ipv4 = NULL;
  g_autofree char *ipv6 = NULL;
  g_autofree char *none = NULL;

  add_server ("a", "turn:dual.example?transport=tcp", NULL);
  add_server ("b", "turn:[::ffff:127.1.0.5]?transport=tcp", NULL);
  start (zone);
  iterate_until (context, count_selected () == 2);

  ipv4 = select_text (NULL, TRUE, FALSE);
  ck_assert_str_eq (ipv4, "a:turn-tcp bridge4");
  ipv6 = select_text (NULL, FALSE, TRUE);
  ck_assert_str_eq (ipv6, "a:turn-tcp bridge6, b:turn-tcp bridge6");
  none = select_text (NULL, FALSE, FALSE);
  ck_assert_str_eq (none, "");
  assert_selects ("a:turn-tcp bridge4, b:turn-tcp bridge4");
}
END_TEST

START_TEST (disabled_sections_and_stuns_are_left_out)
{
  LaneServerConfig *off = add_server ("off", "stun:127.1.0.7", NULL);

  off->enabled = FALSE;
  add_server ("home", "stuns:127.1.0.1", NULL);
  start (NULL);

  assert_selects ("");
  ck_assert_uint_eq (lane_pool_get_servers (pool)->len, 1);
}
END_TEST

/* The bridge itself has tests of its own. */
START_TEST (tls_relay_is_given_as_a_bridge_on_loopback)
{
  g_autoptr (GPtrArray) servers = NULL;
  g_autoptr (GPtrArray) again = NULL;
  g_autoptr (GPtrArray) ipv6 = NULL;
  const LaneIceServer *tls;
  guint16 port;

  add_server ("home", "turns:127.1.0.1:443", "turn:127.1.0.1", NULL);
  start (NULL);
  servers = lane_pool_select (pool, NULL, TRUE, FALSE);
  ck_assert_uint_eq (servers->len, 2);
  ck_assert_int_eq (((LaneIceServer *)servers->pdata[0])->protocol, LANE_PROTOCOL_UDP);
  tls = servers->pdata[1];
  ck_assert_int_eq (tls->protocol, LANE_PROTOCOL_TLS);
  ck_assert_str_eq (tls->name, "home");
  ck_assert_str_eq (tls->address, "127.0.0.1");
  ck_assert_str_eq (tls->username, TURN_STUB_USER);
  ck_assert_ptr_nonnull (tls->lease);
  port = tls->port;

  again = lane_pool_select (pool, NULL, TRUE, TRUE);
  ck_assert_uint_eq (((LaneIceServer *)again->pdata[1])->port, port);
  ipv6 = lane_pool_select (pool, NULL, FALSE, TRUE); /* its host has only IPv4 */
  ck_assert_uint_eq (ipv6->len, 0);
}
END_TEST

START_TEST (failing_bridge_is_told_like_a_bad_report)
{
  g_autofree char *plain = serve_mystery ("127.1.0.1");
  g_autofree char *tls = NULL;
  g_autoptr (GPtrArray) servers = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) client = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);

  tls = g_strdup_printf ("turns:127.1.0.1:%u", turn_stub_get_port (mysteries->pdata[0]));
  add_server ("home", tls, NULL);
  tuning.step_ms = 5000;
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  lane_pool_report (pool, "home", LANE_CANDIDATE_RELAY, TRUE, NULL);
  ck_assert (is_state (0, LANE_SERVER_OK));

  servers = lane_pool_select (pool, NULL, TRUE, TRUE);
  address = g_inet_socket_address_new_from_string ("127.0.0.1",
                                                   ((LaneIceServer *)servers->pdata[0])->port);
  ck_assert (g_socket_connect (client, address, NULL, NULL));
  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  ck_assert_int_eq (shown (0)->code, LANE_PROBE_NOT_TLS);
}
END_TEST

START_TEST (two_names_of_one_host_are_one_host)
{
  static const Zone zone[] = { { "a.example", "127.1.0.1" },
                               { "b.example", "127.1.0.1" },
                               { "c.example", "127.1.0.3" },
                               { NULL, NULL } };

  add_server ("a", "turn:a.example", NULL);
  add_server ("b", "turn:b.example", NULL);
  add_server ("c", "turn:c.example", NULL);
  start (zone);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED) && is_state (2, LANE_SERVER_FAILED));
  assert_selects ("a:turn-udp 127.1.0.1:3478, c:turn-udp 127.1.0.3:3478");
}
END_TEST

START_TEST (missing_name_fails_and_is_looked_up_again)
{
  static const Zone empty[] = { { NULL, NULL } };
  static const Zone filled[] = { { "stun.example", "127.1.0.1" }, { NULL, NULL } };

  tuning.recheck_failed_ms = 30;
  add_server ("home", "stun:stun.example", NULL);
  start (empty);
  assert_selects ("");
  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  ck_assert_str_eq (shown (0)->error,
                    "DNS: the name stun.example does not exist or has no address");
  ck_assert_int_eq (shown (0)->checked_us, wall_us_now);
  ck_assert_uint_ge (n_changes, 1);

  resolver->zone = filled;
  iterate_until (context, count_selected () == 1);
  assert_selects ("home:stun 127.1.0.1:3478");
}
END_TEST

START_TEST (slow_name_server_is_a_failure_until_it_answers)
{
  static const Zone zone[] = { { "stun.example", NULL }, { NULL, NULL } };

  add_server ("home", "stun:stun.example", NULL);
  start (zone);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  ck_assert_str_eq (shown (0)->error, "DNS: no answer for stun.example in time");

  answer (g_ptr_array_index (resolver->unanswered, 0), "127.1.0.1");
  iterate_until (context, count_selected () == 1);
  assert_selects ("home:stun 127.1.0.1:3478");
}
END_TEST

START_TEST (last_good_address_outlives_the_name_server)
{
  static const Zone good[] = { { "stun.example", "127.1.0.1" }, { NULL, NULL } };
  static const Zone moved[] = { { "stun.example", "127.1.0.2" }, { NULL, NULL } };
  static const Zone empty[] = { { NULL, NULL } };
  guint lookups;

  tuning.recheck_ms = 30;
  tuning.recheck_failed_ms = 30;
  add_server ("home", "stun:stun.example", NULL);
  start (good);
  iterate_until (context, resolver->lookups >= 1 && !is_state (0, LANE_SERVER_UNKNOWN));
  resolver->zone = empty;
  lookups = resolver->lookups;
  iterate_until (context, resolver->lookups >= lookups + 2);
  assert_selects ("home:stun 127.1.0.1:3478");

  resolver->zone = moved;
  lookups = resolver->lookups;
  iterate_until (context, resolver->lookups >= lookups + 2);
  assert_selects ("home:stun 127.1.0.2:3478");
}
END_TEST

START_TEST (one_lookup_serves_all_uris_of_a_host)
{
  static const Zone zone[] = { { "turn.example", "127.1.0.1" }, { NULL, NULL } };

  add_server ("a", "stun:turn.example", "turn:turn.example", NULL);
  add_server ("b", "turn:TURN.example?transport=tcp", NULL);
  start (zone);
  ck_assert_uint_eq (resolver->lookups, 1);
}
END_TEST

START_TEST (probe_makes_the_state_real)
{
  g_autofree char *stun = NULL;
  g_autofree char *turn = NULL;
  g_auto (GStrv) mapped = NULL;

  serve ();
  stun = stub_uri ("stun");
  turn = stub_uri ("turn");
  add_server ("home", stun, turn, NULL);
  start (NULL);

  iterate_until (context, is_state (0, LANE_SERVER_OK) && is_state (1, LANE_SERVER_OK));
  ck_assert (shown (0)->rtt_ms > 0);
  ck_assert_str_eq (shown (0)->mapped, "203.0.113.7");
  ck_assert_int_eq (shown (0)->checked_us, wall_us_now);
  ck_assert_ptr_null (shown (0)->error);
  ck_assert_uint_ge (n_changes, 2);
  mapped = lane_pool_dup_mapped_addresses (pool);
  ck_assert_uint_eq (g_strv_length (mapped), 1);
  ck_assert_str_eq (mapped[0], "203.0.113.7");
}
END_TEST

START_TEST (dead_server_fails_goes_last_and_comes_back)
{
  g_autofree char *uri = NULL;
  g_autofree char *expected = NULL;
  guint16 port;

  tuning.recheck_failed_ms = 50;
  serve ()->binding = TURN_STUB_SILENT;
  port = turn_stub_get_port (stub);
  uri = stub_uri ("stun");
  add_server ("dead", uri, NULL);
  add_server ("next", "turn:127.1.0.2?transport=tcp", NULL);
  start (NULL);

  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  ck_assert_str_eq (shown (0)->error, "no answer to 3 STUN requests over UDP");
  ck_assert (isnan (shown (0)->rtt_ms));

  turn_stub_get_script (stub)->binding = 0;
  iterate_until (context, is_state (0, LANE_SERVER_OK));
  expected = g_strdup_printf ("dead:stun 127.0.0.1:%u, next:turn-tcp bridge4", port);
  assert_selects (expected);
}
END_TEST

START_TEST (live_stun_server_is_preferred_to_a_dead_one)
{
  g_autofree char *uri = NULL;
  g_autofree char *expected = NULL;

  serve ();
  uri = stub_uri ("stun");
  add_server ("dead", "stun:127.0.0.1:9", NULL);
  add_server ("live", uri, NULL);
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED) && is_state (1, LANE_SERVER_OK));
  expected = g_strdup_printf ("live:stun 127.0.0.1:%u", turn_stub_get_port (stub));
  assert_selects (expected);
}
END_TEST

static void
start_two_relays (void)
{
  g_autofree char *a = serve_mystery ("127.1.0.1");
  g_autofree char *b = serve_mystery ("127.1.0.2");

  add_server ("a", a, NULL);
  add_server ("b", b, NULL);
  start (NULL);
}

START_TEST (bad_report_puts_a_server_last_for_a_minute)
{
  start_two_relays ();
  assert_relays ("a b");

  lane_pool_report (pool, "a", LANE_CANDIDATE_RELAY, FALSE, "the relayed path went silent");
  ck_assert (is_state (0, LANE_SERVER_FAILED));
  ck_assert_str_eq (shown (0)->error, "the relayed path went silent");
  ck_assert_uint_eq (n_changes, 1);
  assert_relays ("b a");

  skip_us = 59 * G_USEC_PER_SEC;
  assert_relays ("b a");
  skip_us = 61 * G_USEC_PER_SEC;
  assert_relays ("a b");
  ck_assert (is_state (0, LANE_SERVER_UNKNOWN));
}
END_TEST

START_TEST (bad_report_ends_when_the_name_moves)
{
  static const Zone before[] = { { "turn.example", "127.1.0.1" }, { NULL, NULL } };
  static const Zone after[] = { { "turn.example", "127.0.0.1" }, { NULL, NULL } };
  g_autofree char *uri = NULL;

  serve ();
  uri = g_strdup_printf ("turn:turn.example:%u", turn_stub_get_port (stub));
  add_server ("home", uri, NULL);
  start (before);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  lane_pool_report (pool, "home", LANE_CANDIDATE_RELAY, FALSE, "silent");
  resolver->zone = after;
  lane_pool_check (pool, "home");
  iterate_until (context, is_state (0, LANE_SERVER_OK));
}
END_TEST

START_TEST (end_of_a_bad_report_is_told)
{
  tuning.hold_ms = 40;
  start_two_relays ();
  lane_pool_report (pool, "a", LANE_CANDIDATE_RELAY, FALSE, "x");
  iterate_until (context, n_changes == 2);
  ck_assert (is_state (0, LANE_SERVER_UNKNOWN));
}
END_TEST

START_TEST (good_report_ends_a_bad_one_and_proves_the_server)
{
  start_two_relays ();
  lane_pool_report (pool, "a", LANE_CANDIDATE_RELAY, FALSE, "x");
  lane_pool_report (pool, "a", LANE_CANDIDATE_RELAY, TRUE, NULL);
  ck_assert (is_state (0, LANE_SERVER_OK));
  ck_assert_int_eq (shown (0)->checked_us, wall_us_now);
  ck_assert (is_state (1, LANE_SERVER_UNKNOWN));
  assert_relays ("a b");
}
END_TEST

START_TEST (report_concerns_the_uris_of_its_kind_only)
{
  add_server ("a", "stun:127.1.0.1", "turn:127.1.0.1", "turn:127.1.0.1?transport=tcp", NULL);
  start (NULL);

  lane_pool_report (pool, "a", LANE_CANDIDATE_RELAY, FALSE, "x");
  ck_assert (is_state (0, LANE_SERVER_UNKNOWN));
  ck_assert (is_state (1, LANE_SERVER_FAILED));
  ck_assert (is_state (2, LANE_SERVER_FAILED));

  lane_pool_report (pool, "a", LANE_CANDIDATE_SRFLX, TRUE, NULL);
  ck_assert (is_state (0, LANE_SERVER_OK));
  ck_assert (is_state (1, LANE_SERVER_FAILED));

  /* Which of the two gave the relay nobody knows. */
  lane_pool_report (pool, "a", LANE_CANDIDATE_RELAY, TRUE, NULL);
  ck_assert (is_state (1, LANE_SERVER_UNKNOWN));
  ck_assert (is_state (2, LANE_SERVER_UNKNOWN));

  lane_pool_report (pool, "a", LANE_CANDIDATE_HOST, FALSE, "x");
  lane_pool_report (pool, "nobody", LANE_CANDIDATE_RELAY, FALSE, "x");
  ck_assert (is_state (1, LANE_SERVER_UNKNOWN));
}
END_TEST

START_TEST (relay_proves_the_one_whose_rival_is_dead)
{
  g_autofree char *mystery = serve_mystery ("127.0.0.1");

  add_server ("a", "turn:127.0.0.1:9", mystery, NULL);
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  lane_pool_report (pool, "a", LANE_CANDIDATE_RELAY, TRUE, NULL);
  ck_assert (is_state (0, LANE_SERVER_FAILED));
  ck_assert (is_state (1, LANE_SERVER_OK));
}
END_TEST

START_TEST (answered_binding_does_not_outweigh_a_bad_report)
{
  g_autofree char *uri = NULL;

  tuning.recheck_ms = 30;
  serve ();
  uri = stub_uri ("turn");
  add_server ("a", uri, NULL);
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_OK));
  lane_pool_report (pool, "a", LANE_CANDIDATE_RELAY, FALSE, "refuses the password");
  iterate_until (context, count_bindings () >= 3);
  ck_assert (is_state (0, LANE_SERVER_FAILED));
  ck_assert_str_eq (shown (0)->error, "refuses the password");
}
END_TEST

START_TEST (network_change_looks_at_everything_again)
{
  static const Zone zone[] = { { "stun.example", "127.1.0.1" }, { NULL, NULL } };

  add_server ("a", "turn:127.1.0.1?transport=tcp", NULL);
  add_server ("b", "stun:stun.example", NULL);
  start (zone);
  lane_pool_report (pool, "a", LANE_CANDIDATE_RELAY, FALSE, "x");
  ck_assert_uint_eq (resolver->lookups, 1);

  lane_pool_network_changed (pool);
  ck_assert (is_state (0, LANE_SERVER_UNKNOWN));
  /* The first look was a moment ago. */
  ck_assert_uint_eq (resolver->lookups, 1);
  iterate_until (context, resolver->lookups == 2);

  skip_us = 5 * G_USEC_PER_SEC;
  lane_pool_network_changed (pool);
  iterate_until (context, resolver->lookups == 3);
}
END_TEST

START_TEST (refused_password_is_told_with_its_cure)
{
  LaneServerConfig *server;
  g_autofree char *uri = NULL;

  serve ();
  uri = stub_uri ("turn");
  server = add_server ("home", uri, NULL);
  server->password = (char *)"wrong";
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  ck_assert_int_eq (shown (0)->code, LANE_PROBE_UNAUTHORIZED);
  ck_assert_str_eq (shown (0)->error,
                    "refused the user name or password (401, realm stub.example)");
  ck_assert_str_eq (shown (0)->advice, "Check username and password of this server");
  ck_assert_int_eq (shown (0)->result->stun_code, 401);
  ck_assert_uint_eq (n_told, 1);
  ck_assert_uint_ge (n_steps, 2);
}
END_TEST

START_TEST (what_is_wrong_is_summed_up_for_a_peer)
{
  static const char *const dead[] = { "dead", NULL };
  g_autofree char *uri = NULL;
  guint count, silent;

  serve ();
  uri = stub_uri ("turn");
  add_server ("home", uri, NULL)->password = (char *)"wrong";
  add_server ("dead", "turn:127.1.0.1", "stun:127.1.0.2", "turn:127.1.0.2?transport=tcp", NULL);
  start (NULL);
  ck_assert_int_eq (lane_pool_get_turn_fault (pool, NULL), LANE_PROBE_OK);
  for (guint i = 0; i < 4; i++)
    iterate_until (context, is_state (i, LANE_SERVER_FAILED));

  /* The password can be mended here, so it is told before the dead one. */
  ck_assert_int_eq (lane_pool_get_turn_fault (pool, NULL), LANE_PROBE_UNAUTHORIZED);
  ck_assert_int_eq (lane_pool_get_turn_fault (pool, dead), shown (1)->code);
  /* Who refuses a password has answered a Binding, and may do so again. */
  lane_pool_count_stun (pool, NULL, &count, &silent);
  ck_assert_uint_eq (count, 3);
  ck_assert_uint_eq (silent, 2);
  lane_pool_count_stun (pool, dead, &count, &silent);
  ck_assert_uint_eq (count, 2);
  ck_assert_uint_eq (silent, 2);
}
END_TEST

static guint
count_listed (void)
{
  g_autoptr (GPtrArray) list = lane_pool_list_udp (pool);

  return list->len;
}

START_TEST (servers_over_udp_are_listed_at_each_address)
{
  static const Zone zone[] = { { "dual.example", "127.1.0.1 ::1" }, { NULL, NULL } };
  g_autoptr (GPtrArray) list = NULL;
  const LaneNatServer *last;

  add_server ("a", "stun:dual.example:99", "turns:dual.example", "turn:dual.example?transport=tcp",
              NULL);
  add_server ("b", "turn:127.1.0.2", NULL);
  start (zone);
  iterate_until (context, count_listed () == 3);
  list = lane_pool_list_udp (pool);
  last = g_ptr_array_index (list, 2);
  ck_assert_str_eq (last->name, "b");
  ck_assert_uint_eq (g_inet_socket_address_get_port (last->address), 3478);
  ck_assert (!last->stream_works);
  ck_assert_uint_eq (
      g_inet_socket_address_get_port (((LaneNatServer *)g_ptr_array_index (list, 0))->address), 99);
}
END_TEST

START_TEST (wrong_password_does_not_hide_another_section_with_the_right_one)
{
  g_autofree char *uri = NULL;

  serve ();
  uri = stub_uri ("turn");
  add_server ("wrong", uri, NULL)->password = (char *)"wrong";
  add_server ("right", uri, NULL);
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED) && is_state (1, LANE_SERVER_OK));
  assert_relays ("right wrong");
}
END_TEST

START_TEST (bad_report_has_the_server_asked_at_once)
{
  g_autofree char *uri = NULL;

  serve ();
  uri = stub_uri ("turn");
  add_server ("home", uri, NULL);
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_OK));
  turn_stub_get_script (stub)->stubborn = TRUE;
  turn_stub_get_script (stub)->allocate[0] = 486;
  skip_us = 5 * G_USEC_PER_SEC;
  lane_pool_report (pool, "home", LANE_CANDIDATE_RELAY, FALSE, "the relayed path went silent");
  ck_assert_int_eq (shown (0)->code, LANE_PROBE_LINK_FAILED);
  iterate_until (context, shown (0)->code == LANE_PROBE_QUOTA);
}
END_TEST

/* Links would ask it without end and nobody else. */
START_TEST (server_that_calls_every_nonce_stale_is_given_to_no_link)
{
  g_autofree char *uri = NULL;

  serve ()->stubborn = TRUE;
  turn_stub_get_script (stub)->allocate[0] = 438;
  uri = stub_uri ("turn");
  add_server ("first", uri, NULL);
  add_server ("second", "turn:127.1.0.2", NULL);
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  ck_assert_int_eq (shown (0)->code, LANE_PROBE_STALE_NONCE);
  assert_relays ("second");
}
END_TEST

START_TEST (failed_lookup_is_a_step_too)
{
  const LaneProbeStep *step;

  add_server ("home", "turns:nowhere.example", NULL);
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  step = lane_probe_result_find (shown (0)->result, LANE_PROBE_STEP_DNS);
  ck_assert_ptr_nonnull (step);
  ck_assert (!step->ok);
  ck_assert_uint_eq (n_steps, 1);
  ck_assert_int_eq (shown (0)->code, LANE_PROBE_DNS_NOT_FOUND);
}
END_TEST

START_TEST (server_that_answers_goes_before_one_that_has_not_yet)
{
  g_autofree char *mystery = serve_mystery ("127.1.0.1");
  g_autofree char *uri = NULL;

  serve ();
  uri = stub_uri ("turn");
  add_server ("mystery", mystery, NULL);
  add_server ("live", uri, NULL);
  start (NULL);
  assert_relays ("mystery live");
  iterate_until (context, is_state (1, LANE_SERVER_OK));
  ck_assert (is_state (0, LANE_SERVER_UNKNOWN));
  assert_relays ("live mystery");
}
END_TEST

/* Connections that were taken and whose server has no verdict yet. */
static int
count_checks_under_way (void)
{
  int running = 0;

  for (guint i = 0; i < mysteries->len; i++)
    running += (int)turn_stub_get_connections (mysteries->pdata[i])
               - (int)!is_state (i, LANE_SERVER_UNKNOWN);
  return running;
}

static gboolean
see_most (int *most)
{
  *most = MAX (*most, count_checks_under_way ());
  return is_state (5, LANE_SERVER_FAILED);
}

START_TEST (few_tls_servers_are_checked_at_a_time)
{
  int most = 0;

  for (guint i = 0; i < 6; i++) {
    g_autofree char *address = g_strdup_printf ("127.1.0.%u", i + 1);
    g_autofree char *plain = serve_mystery (address);
    g_autofree char *tls =
        g_strdup_printf ("turns:%s:%u", address, turn_stub_get_port (mysteries->pdata[i]));

    turn_stub_get_script (mysteries->pdata[i])->mute = TRUE;
    add_server ("tls", tls, NULL);
  }
  tuning.step_ms = 300;
  start (NULL);
  iterate_until (context, see_most (&most));
  ck_assert_int_eq (most, 4);
  ck_assert_int_eq (shown (5)->code, LANE_PROBE_TIMEOUT);
}
END_TEST

/* Two servers that work at the end of a list of 28 that are refused, silent, not in the DNS, or in
 * one that does not answer. */
static void
add_dead_servers (Zone zone[7])
{
  static const char *const names[] = { "slow0.example", "slow1.example", "slow2.example",
                                       "slow3.example", "slow4.example", "slow5.example" };

  for (guint i = 0; i < 8; i++) {
    g_autofree char *refused =
        g_strdup_printf (i % 2 == 0 ? "turn:127.2.0.%u" : "stun:127.2.0.%u", i + 1);
    g_autofree char *address = g_strdup_printf ("127.3.0.%u", i + 1);
    g_autofree char *silent = serve_mystery (address);
    g_autofree char *missing = g_strdup_printf ("turn:missing%u.example", i);

    add_server ("refused", refused, NULL);
    add_server ("silent", silent, NULL);
    if (i < 6)
      add_server ("missing", missing, NULL);
  }
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *slow = g_strdup_printf ("turn:%s", names[i]);

    zone[i] = (Zone){ names[i], NULL };
    add_server ("slow", slow, NULL);
  }
}

START_TEST (dead_servers_cost_a_link_no_time)
{
  static Zone zone[7];
  g_autofree char *stun = NULL;
  g_autofree char *turn = NULL;
  g_autofree char *expected = NULL;
  gint64 began_us;

  add_dead_servers (zone);
  ck_assert_uint_eq (config.servers->len, 28);
  serve ();
  stun = stub_uri ("stun");
  turn = stub_uri ("turn");
  add_server ("stun", stun, NULL);
  add_server ("turn", turn, NULL);

  began_us = g_get_monotonic_time ();
  start (zone);
  ck_assert_uint_gt (lane_pool_get_wait_ms (pool, NULL), 0);
  iterate_until (context, lane_pool_get_wait_ms (pool, NULL) == 0);
  ck_assert_int_lt (g_get_monotonic_time () - began_us, 300 * 1000);
  expected = select_text (NULL, TRUE, TRUE);
  ck_assert_msg (g_str_has_prefix (expected, "stun:stun 127.0.0.1:"), "%s", expected);
  ck_assert_msg (strstr (expected, ", turn:turn-udp 127.0.0.1:") != NULL, "%s", expected);
}
END_TEST

START_TEST (nobody_waits_for_servers_that_stay_silent)
{
  static const Zone zone[] = { { "slow.example", NULL }, { NULL, NULL } };

  add_server ("slow", "stun:slow.example", NULL);
  start (zone);
  ck_assert_uint_gt (lane_pool_get_wait_ms (pool, NULL), 0);
  ck_assert_uint_le (lane_pool_get_wait_ms (pool, NULL), 250);
  skip_us = 250 * 1000;
  ck_assert_uint_eq (lane_pool_get_wait_ms (pool, NULL), 0);
}
END_TEST

START_TEST (nobody_waits_without_servers_or_for_others)
{
  static const Zone zone[] = { { "slow.example", NULL }, { NULL, NULL } };
  static const char *const names[] = { "other", NULL };

  start (NULL);
  ck_assert_uint_eq (lane_pool_get_wait_ms (pool, NULL), 0);
  g_clear_pointer (&pool, lane_pool_free);
  add_server ("slow", "stun:slow.example", NULL);
  start (zone);
  ck_assert_uint_eq (lane_pool_get_wait_ms (pool, names), 0);
}
END_TEST

START_TEST (turn_without_a_password_yet_is_not_given)
{
  LaneServerConfig *server = add_server ("a", "turn:127.1.0.1?transport=tcp", NULL);

  server->password = NULL;
  server->password_command = (char *)"echo later";
  start (NULL);
  assert_selects ("");
  ck_assert (is_state (0, LANE_SERVER_UNKNOWN));
  iterate_until (context, count_selected () == 1);
}
END_TEST

START_TEST (broken_credentials_fail_the_turn_uris)
{
  g_autofree char *stun = NULL;
  g_autofree char *turn = NULL;
  LaneServerConfig *server;

  serve ();
  stun = stub_uri ("stun");
  turn = stub_uri ("turn");
  server = add_server ("a", turn, stun, NULL);
  server->password = NULL;
  server->password_command = (char *)"false";
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED) && is_state (1, LANE_SERVER_OK));
  ck_assert_str_eq (shown (0)->error, "password-command: exit code 1");
  ck_assert_int_eq (shown (0)->code, LANE_PROBE_CREDENTIALS_UNKNOWN);
  ck_assert_uint_ge (n_changes, 1);
  assert_relays ("");
  iterate_until (context, !lane_pool_is_checking (pool));
  ck_assert_str_eq (shown (0)->error, "password-command: exit code 1");
  ck_assert_ptr_nonnull (lane_probe_result_find (shown (0)->result, LANE_PROBE_STEP_STUN));
}
END_TEST

START_TEST (short_lived_credentials_are_made_anew_for_each_generation)
{
  LaneServerConfig *server = add_server ("a", "turn:127.1.0.1?transport=tcp", NULL);
  g_autoptr (GPtrArray) first = NULL;
  g_autoptr (GPtrArray) second = NULL;

  server->password = NULL;
  server->auth_secret = (char *)"north";
  start (NULL);
  first = lane_pool_select (pool, NULL, TRUE, TRUE);
  wall_us_now += 100 * G_USEC_PER_SEC;
  second = lane_pool_select (pool, NULL, TRUE, TRUE);
  ck_assert_str_eq (((LaneIceServer *)first->pdata[0])->username, "1700003600:icelane");
  ck_assert_str_eq (((LaneIceServer *)second->pdata[0])->username, "1700003700:icelane");
}
END_TEST

START_TEST (end_of_credentials_is_told_to_links_and_shown)
{
  LaneServerConfig *server = add_server ("home", "turn:127.1.0.1", NULL);
  g_autoptr (GPtrArray) servers = NULL;
  gint64 left_us;

  add_server ("static", "turn:127.1.0.2", NULL);
  server->password = NULL;
  server->auth_secret = (char *)"north";
  start (NULL);
  servers = lane_pool_select (pool, NULL, TRUE, TRUE);
  ck_assert_uint_eq (servers->len, 2);
  left_us = ((LaneIceServer *)servers->pdata[0])->expires_us - g_get_monotonic_time ();
  ck_assert_int_le (left_us, G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC);
  ck_assert_int_gt (left_us, G_GINT64_CONSTANT (3590) * G_USEC_PER_SEC);
  ck_assert_int_eq (((LaneIceServer *)servers->pdata[1])->expires_us, 0);
  ck_assert_int_eq (shown (0)->credentials_expire_us,
                    wall_us_now + G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC);
  ck_assert_int_eq (shown (1)->credentials_expire_us, 0);
}
END_TEST

/* The stub's own password never changes: the file is what was wrong. */
START_TEST (password_file_that_is_corrected_heals_the_server)
{
  g_autofree char *directory = g_dir_make_tmp ("lane-pool-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "password", NULL);
  g_autofree char *uri = NULL;
  LaneServerConfig *server;

  ck_assert (g_file_set_contents (path, "stale\n", -1, NULL));
  serve ();
  uri = stub_uri ("turn");
  server = add_server ("home", uri, NULL);
  server->password = NULL;
  server->password_file = path;
  start (NULL);
  ck_assert (g_file_set_contents (path, TURN_STUB_PASSWORD "\n", -1, NULL));
  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  ck_assert_int_eq (shown (0)->code, LANE_PROBE_UNAUTHORIZED);
  iterate_until (context, is_state (0, LANE_SERVER_OK));
  g_remove (path);
  g_rmdir (directory);
}
END_TEST

/* The settings as they were last are gone afterwards. */
static void
change_config (void (*fill) (void))
{
  g_autoptr (GPtrArray) old = config.servers;
  static LaneConfig next;

  config.servers = g_ptr_array_new ();
  fill ();
  next = config;
  lane_pool_set_config (pool, &next);
  for (guint i = 0; i < old->len; i++)
    free_server (g_ptr_array_index (old, i));
}

static void
fill_new_before_home (void)
{
  g_autofree char *uri = stub_uri ("turn");

  add_server ("new", "stun:127.1.0.1", NULL);
  add_server ("home", "stun:127.1.0.2", uri, NULL);
}

START_TEST (unchanged_server_keeps_what_is_known_of_it)
{
  g_autofree char *uri = NULL;
  g_autofree char *requests = NULL;

  serve ();
  uri = stub_uri ("turn");
  add_server ("gone", "turn:127.1.0.9", NULL);
  add_server ("home", uri, NULL);
  start (NULL);
  iterate_until (context, is_state (1, LANE_SERVER_OK) && !lane_pool_is_checking (pool));
  requests = g_strdup (turn_stub_get_requests (stub));

  change_config (fill_new_before_home);
  ck_assert_uint_eq (lane_pool_get_servers (pool)->len, 3);
  ck_assert_str_eq (shown (0)->name, "new");
  ck_assert (is_state (0, LANE_SERVER_UNKNOWN));
  ck_assert (is_state (1, LANE_SERVER_UNKNOWN));
  ck_assert (is_state (2, LANE_SERVER_OK));
  ck_assert_str_eq (shown (2)->name, "home");
  iterate_until (context, is_state (0, LANE_SERVER_FAILED) && is_state (1, LANE_SERVER_FAILED));
  ck_assert_str_eq (turn_stub_get_requests (stub), requests);
  assert_relays ("home");
}
END_TEST

static void
fill_home_with_password (void)
{
  g_autofree char *uri = stub_uri ("turn");

  add_server ("home", uri, NULL);
}

START_TEST (corrected_password_is_tried_at_once)
{
  g_autofree char *uri = NULL;
  LaneServerConfig *server;

  serve ();
  uri = stub_uri ("turn");
  server = add_server ("home", uri, NULL);
  server->password = (char *)"wrong";
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_FAILED));
  change_config (fill_home_with_password);
  ck_assert (is_state (0, LANE_SERVER_UNKNOWN));
  iterate_until (context, is_state (0, LANE_SERVER_OK));
}
END_TEST

static void
fill_nothing (void)
{
}

START_TEST (servers_may_all_go)
{
  g_autofree char *mystery = serve_mystery ("127.1.0.1");

  add_server ("a", mystery, "turns:127.1.0.2", "stun:slow.example", NULL);
  start (NULL);
  g_ptr_array_unref (lane_pool_select (pool, NULL, TRUE, TRUE));
  change_config (fill_nothing);
  ck_assert_uint_eq (lane_pool_get_servers (pool)->len, 0);
  ck_assert (!lane_pool_is_checking (pool));
  ck_assert_uint_eq (count_selected (), 0);
}
END_TEST

START_TEST (operator_may_ask_for_a_check)
{
  g_autofree char *uri = NULL;

  serve ();
  uri = stub_uri ("stun");
  add_server ("home", uri, NULL);
  start (NULL);
  iterate_until (context, is_state (0, LANE_SERVER_OK));
  skip_us = 2 * G_USEC_PER_SEC;
  lane_pool_check (pool, "other");
  lane_pool_check (pool, "home");
  iterate_until (context, count_bindings () == 2);
}
END_TEST

static void
on_changed_free (LanePool *changed, gpointer user_data)
{
  n_changes++;
  g_clear_pointer (&pool, lane_pool_free);
}

START_TEST (handler_may_free_the_pool)
{
  static const Zone empty[] = { { NULL, NULL } };
  static const LanePoolEvents events = { .changed = on_changed_free };

  resolver->zone = empty;
  add_server ("a", "stun:nowhere.example", "stun:127.0.0.1:9", NULL);
  pool = lane_pool_new_tuned (context, &config, &tuning, &events, NULL);
  iterate_until (context, n_changes == 1);
  ck_assert_ptr_null (pool);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("pool");
  TCase *choice = tcase_create ("choice");
  TCase *health = tcase_create ("health");

  tcase_add_checked_fixture (choice, setup, teardown);
  tcase_set_timeout (choice, 20);
  tcase_add_test (choice, literals_can_be_used_at_once);
  tcase_add_test (choice, turn_alone_is_given_without_stun);
  tcase_add_test (choice, first_stun_server_and_two_turn_hosts_are_given);
  tcase_add_test (choice, names_choose_sections);
  tcase_add_test (choice, families_choose_addresses);
  tcase_add_test (choice, disabled_sections_and_stuns_are_left_out);
  tcase_add_test (choice, tls_relay_is_given_as_a_bridge_on_loopback);
  tcase_add_test (choice, failing_bridge_is_told_like_a_bad_report);
  tcase_add_test (choice, two_names_of_one_host_are_one_host);
  tcase_add_test (choice, turn_without_a_password_yet_is_not_given);
  tcase_add_test (choice, broken_credentials_fail_the_turn_uris);
  tcase_add_test (choice, short_lived_credentials_are_made_anew_for_each_generation);
  tcase_add_test (choice, end_of_credentials_is_told_to_links_and_shown);
  tcase_add_test (choice, password_file_that_is_corrected_heals_the_server);
  suite_add_tcase (suite, choice);

  tcase_add_checked_fixture (health, setup, teardown);
  tcase_set_timeout (health, 20);
  tcase_add_test (health, missing_name_fails_and_is_looked_up_again);
  tcase_add_test (health, slow_name_server_is_a_failure_until_it_answers);
  tcase_add_test (health, last_good_address_outlives_the_name_server);
  tcase_add_test (health, one_lookup_serves_all_uris_of_a_host);
  tcase_add_test (health, probe_makes_the_state_real);
  tcase_add_test (health, dead_server_fails_goes_last_and_comes_back);
  tcase_add_test (health, live_stun_server_is_preferred_to_a_dead_one);
  tcase_add_test (health, bad_report_puts_a_server_last_for_a_minute);
  tcase_add_test (health, bad_report_ends_when_the_name_moves);
  tcase_add_test (health, end_of_a_bad_report_is_told);
  tcase_add_test (health, good_report_ends_a_bad_one_and_proves_the_server);
  tcase_add_test (health, report_concerns_the_uris_of_its_kind_only);
  tcase_add_test (health, relay_proves_the_one_whose_rival_is_dead);
  tcase_add_test (health, answered_binding_does_not_outweigh_a_bad_report);
  tcase_add_test (health, network_change_looks_at_everything_again);
  tcase_add_test (health, refused_password_is_told_with_its_cure);
  tcase_add_test (health, what_is_wrong_is_summed_up_for_a_peer);
  tcase_add_test (health, servers_over_udp_are_listed_at_each_address);
  tcase_add_test (health, wrong_password_does_not_hide_another_section_with_the_right_one);
  tcase_add_test (health, bad_report_has_the_server_asked_at_once);
  tcase_add_test (health, server_that_calls_every_nonce_stale_is_given_to_no_link);
  tcase_add_test (health, failed_lookup_is_a_step_too);
  tcase_add_test (health, server_that_answers_goes_before_one_that_has_not_yet);
  tcase_add_test (health, few_tls_servers_are_checked_at_a_time);
  tcase_add_test (health, dead_servers_cost_a_link_no_time);
  tcase_add_test (health, nobody_waits_for_servers_that_stay_silent);
  tcase_add_test (health, nobody_waits_without_servers_or_for_others);
  tcase_add_test (health, unchanged_server_keeps_what_is_known_of_it);
  tcase_add_test (health, corrected_password_is_tried_at_once);
  tcase_add_test (health, servers_may_all_go);
  tcase_add_test (health, operator_may_ask_for_a_check);
  tcase_add_test (health, handler_may_free_the_pool);
  suite_add_tcase (suite, health);
  return lane_suite_run (suite);
}
