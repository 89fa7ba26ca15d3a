#include "suite.h"

#include <math.h>
#include <string.h>

#include "snapshot.h"

#define PEER_BERLIN                                                                                \
  "{\"name\":\"berlin\",\"id\":\"abc\",\"state\":\"connected\",\"path\":\"relay\",\"family\":4,"   \
  "\"why\":{\"code\":\"sym-sym\",\"side\":\"both\",\"text\":\"T\",\"next\":\"N\"},"                \
  "\"pair\":{\"local\":{\"type\":\"relay\",\"address\":\"192.0.2.9\",\"port\":50112,"              \
  "\"transport\":\"udp\",\"server\":\"home\"},"                                                    \
  "\"remote\":{\"type\":\"srflx\",\"address\":\"198.51.100.7\",\"port\":61234,"                    \
  "\"transport\":\"udp\",\"server\":null},\"relay_protocol\":\"tls\"},"                            \
  "\"rtt_ms\":{\"last\":23.1,\"mean\":23,\"min\":22.8,\"p95\":27.0},\"jitter_ms\":1.25,"           \
  "\"loss\":0.5,\"tx_bytes\":4503599627370497,\"rx_bytes\":7,"                                     \
  "\"since\":\"2026-11-22T00:00:00.250Z\",\"generation\":3,\"restarts\":2,\"path_changes\":1,"     \
  "\"next_retry_at\":null,\"last_error\":null,\"policy\":\"relay-only\",\"held\":true,\"online\":" \
  "true,"                                                                                          \
  "\"comparison\":{\"kind\":\"direct\",\"state\":\"done\",\"code\":\"measured\",\"used_ms\":30,"   \
  "\"other_ms\":12.5,\"difference_ms\":-17.5,\"checks_sent\":null,\"checks_answered\":null,"       \
  "\"text\":\"faster\",\"at\":\"2026-11-22T00:00:00.250Z\"},"                                      \
  "\"rtt_history_ms\":[1.5,null,2],\"something_new\":{\"a\":[]}}"

#define STATUS                                                                                     \
  "{\"schema\":1,\"node\":{\"name\":\"oslo\",\"id\":\"k3vq\",\"version\":\"0.1.0\","               \
  "\"started_at\":\"2026-11-22T00:00:00.000Z\",\"signaling\":{\"type\":\"http\","                  \
  "\"state\":\"backoff\",\"url\":\"https://r.example\",\"error\":\"refused\"},"                    \
  "\"nat\":{\"mapping\":\"endpoint-independent\",\"filtering\":\"unknown\"},"                      \
  "\"addresses\":[\"192.0.2.1\",\"2001:db8::1\"],"                                                 \
  "\"config\":{\"path\":\"/etc/icelane.ini\",\"state\":\"partly\","                                \
  "\"problems\":[\"icelane.ini:33: no\"],\"applied\":null,\"later\":[],"                           \
  "\"loaded_at\":\"2026-11-22T00:00:00.000Z\"}},"                                                  \
  "\"servers\":[{\"name\":\"home\",\"uri\":\"turn:t.example\",\"kind\":\"turn\",\"state\":\"ok\"," \
  "\"rtt_ms\":12.5,\"error\":null,\"in_use\":true,\"checked_at\":null}],"                          \
  "\"peers\":[" PEER_BERLIN ",{\"name\":\"cairo\",\"state\":\"waiting\",\"path\":null}]}"

static LaneSnapshot *
parse_status (void)
{
  g_autoptr (GError) error = NULL;
  LaneSnapshot *snapshot = lane_snapshot_parse (STATUS, &error);

  ck_assert_msg (snapshot != NULL, "%s", error != NULL ? error->message : "no error set");
  return snapshot;
}

START_TEST (node_and_servers_are_decoded)
{
  g_autoptr (LaneSnapshot) snapshot = parse_status ();
  const LaneServerView *server;

  ck_assert_str_eq (snapshot->name, "oslo");
  ck_assert_str_eq (snapshot->id, "k3vq");
  ck_assert_str_eq (snapshot->version, "0.1.0");
  ck_assert_int_eq (snapshot->started_us, 1795305600000000);
  ck_assert_str_eq (snapshot->signaling_type, "http");
  ck_assert_str_eq (snapshot->signaling_state, "backoff");
  ck_assert_str_eq (snapshot->signaling_url, "https://r.example");
  ck_assert_str_eq (snapshot->signaling_error, "refused");
  ck_assert_str_eq (snapshot->nat_mapping, "endpoint-independent");
  ck_assert_ptr_null (snapshot->nat_filtering);
  ck_assert_uint_eq (g_strv_length (snapshot->addresses), 2);
  ck_assert_str_eq (snapshot->addresses[1], "2001:db8::1");
  ck_assert_str_eq (snapshot->config.path, "/etc/icelane.ini");
  ck_assert_str_eq (snapshot->config.state, "partly");
  ck_assert_str_eq (snapshot->config.problems[0], "icelane.ini:33: no");
  ck_assert_ptr_null (snapshot->config.applied);
  ck_assert_ptr_null (snapshot->config.later[0]);
  ck_assert_int_eq (snapshot->config.loaded_us, 1795305600000000);

  ck_assert_uint_eq (snapshot->servers->len, 1);
  server = snapshot->servers->pdata[0];
  ck_assert_str_eq (server->name, "home");
  ck_assert_str_eq (server->kind, "turn");
  ck_assert_str_eq (server->state, "ok");
  ck_assert_double_eq (server->rtt_ms, 12.5);
  ck_assert_ptr_null (server->error);
  ck_assert (server->in_use);
}
END_TEST

START_TEST (a_full_peer_is_decoded)
{
  g_autoptr (LaneSnapshot) snapshot = parse_status ();
  const LanePeerView *peer = lane_snapshot_find_peer (snapshot, "berlin");

  ck_assert_ptr_nonnull (peer);
  ck_assert_str_eq (peer->state, "connected");
  ck_assert_str_eq (peer->path, "relay");
  ck_assert_int_eq (peer->family, 4);
  ck_assert_str_eq (peer->why_code, "sym-sym");
  ck_assert_str_eq (peer->why_side, "both");
  ck_assert_str_eq (peer->why_text, "T");
  ck_assert_str_eq (peer->why_next, "N");
  ck_assert_str_eq (peer->local->server, "home");
  ck_assert_str_eq (peer->local->transport, "tls");
  ck_assert_str_eq (peer->remote->transport, "udp");
  ck_assert_int_eq (peer->local->port, 50112);
  ck_assert_str_eq (peer->remote->address, "198.51.100.7");
  ck_assert_ptr_null (peer->remote->server);
  ck_assert_double_eq (peer->rtt_last_ms, 23.1);
  ck_assert_double_eq (peer->rtt_mean_ms, 23);
  ck_assert_double_eq (peer->jitter_ms, 1.25);
  ck_assert_double_eq (peer->loss, 0.5);
  ck_assert_uint_eq (peer->tx_bytes, G_GUINT64_CONSTANT (4503599627370497));
  ck_assert_int_eq (peer->since_us, 1795305600250000);
  ck_assert_uint_eq (peer->generation, 3);
  ck_assert_uint_eq (peer->restarts, 2);
  ck_assert_uint_eq (peer->path_changes, 1);
  ck_assert_int_eq (peer->next_retry_us, 0);
  ck_assert_str_eq (peer->policy, "relay-only");
  ck_assert (peer->held);
  ck_assert (peer->online);
  ck_assert_uint_eq (peer->n_rtt_history, 3);
  ck_assert_double_eq (peer->rtt_history[0], 1.5);
  ck_assert (isnan (peer->rtt_history[1]));
  ck_assert_double_eq (peer->rtt_history[2], 2);
}
END_TEST

START_TEST (a_comparison_is_decoded)
{
  g_autoptr (LaneSnapshot) snapshot = parse_status ();
  const LaneComparisonView *comparison = lane_snapshot_find_peer (snapshot, "berlin")->comparison;

  ck_assert_ptr_nonnull (comparison);
  ck_assert_str_eq (comparison->kind, "direct");
  ck_assert (!comparison->running);
  ck_assert_str_eq (comparison->code, "measured");
  ck_assert (lane_comparison_view_is_answer (comparison));
  ck_assert_double_eq (comparison->used_ms, 30);
  ck_assert_double_eq (comparison->other_ms, 12.5);
  ck_assert_double_eq (comparison->difference_ms, -17.5);
  ck_assert_str_eq (comparison->text, "faster");
  ck_assert_int_eq (comparison->at_us, 1795305600250000);
  ck_assert_ptr_null (lane_snapshot_find_peer (snapshot, "cairo")->comparison);
}
END_TEST

/* What a node could say that is older, newer, or not one of ours. */
START_TEST (a_strange_comparison_is_unknown)
{
  g_autoptr (JsonNode) node = json_from_string (
      "{\"kind\":7,\"state\":[],\"code\":\"new\",\"used_ms\":\"x\",\"text\":null,\"at\":1}", NULL);
  g_autoptr (LaneComparisonView) comparison =
      lane_comparison_view_new (json_node_get_object (node));
  g_autoptr (LaneComparisonView) copy = lane_comparison_view_copy (comparison);

  ck_assert_ptr_null (copy->kind);
  ck_assert (!copy->running);
  ck_assert (!lane_comparison_view_is_answer (copy));
  ck_assert (isnan (copy->used_ms) && isnan (copy->difference_ms));
  ck_assert_ptr_null (copy->text);
  ck_assert_int_eq (copy->at_us, 0);
  ck_assert_ptr_null (lane_comparison_view_new (NULL));
}
END_TEST

START_TEST (what_is_missing_is_unknown)
{
  g_autoptr (LaneSnapshot) snapshot = parse_status ();
  const LanePeerView *peer = lane_snapshot_find_peer (snapshot, "cairo");

  ck_assert_str_eq (peer->state, "waiting");
  ck_assert_ptr_null (peer->path);
  ck_assert_int_eq (peer->family, 0);
  ck_assert_ptr_null (peer->local);
  ck_assert_ptr_null (peer->remote);
  ck_assert_ptr_null (peer->why_code);
  ck_assert (isnan (peer->rtt_last_ms) && isnan (peer->jitter_ms) && isnan (peer->loss));
  ck_assert_uint_eq (peer->n_rtt_history, 0);
  ck_assert_int_eq (peer->since_us, 0);
  ck_assert (!peer->online);
  ck_assert_ptr_null (lane_snapshot_find_peer (snapshot, "nobody"));
}
END_TEST

START_TEST (changed_peers_are_merged_in_place_and_new_ones_appended)
{
  g_autoptr (LaneSnapshot) snapshot = parse_status ();

  ck_assert (lane_snapshot_update_peers (
      snapshot,
      "[{\"name\":\"delhi\",\"state\":\"off\"},{\"name\":\"berlin\",\"state\":\"suspect\"},"
      "{\"name\":\"delhi\",\"state\":\"failed\"}]",
      NULL));

  ck_assert_uint_eq (snapshot->peers->len, 3);
  ck_assert_str_eq (((LanePeerView *)snapshot->peers->pdata[0])->name, "berlin");
  ck_assert_str_eq (((LanePeerView *)snapshot->peers->pdata[0])->state, "suspect");
  ck_assert_str_eq (((LanePeerView *)snapshot->peers->pdata[1])->name, "cairo");
  ck_assert_str_eq (((LanePeerView *)snapshot->peers->pdata[2])->state, "failed");
}
END_TEST

START_TEST (failing_server_comes_with_its_evidence)
{
  static const char servers[] =
      "[{\"name\":\"home\",\"state\":\"failed\",\"code\":\"unauthorized\",\"error\":\"no\","
      "\"advice\":\"Check it\",\"mapped\":\"203.0.113.7\",\"checked_at\":\"2026-11-22T00:00:01Z\","
      "\"certificate_expires_at\":\"2026-11-22T00:00:02Z\","
      "\"credentials_expire_at\":\"2026-11-22T00:00:03Z\",\"steps\":[null,"
      "{\"step\":\"stun\",\"ok\":true,\"ms\":1.5,\"evidence\":\"sees us\"},"
      "{\"step\":\"allocate\",\"ok\":false,\"ms\":null,\"evidence\":null}]},{\"name\":\"b\"}]";
  g_autoptr (LaneSnapshot) snapshot = parse_status ();
  const LaneServerView *server;
  const LaneServerStepView *step;
  gint64 start_us = G_GINT64_CONSTANT (1795305600000000);

  ck_assert (lane_snapshot_update_servers (snapshot, servers, NULL));
  server = snapshot->servers->pdata[0];
  ck_assert_str_eq (server->code, "unauthorized");
  ck_assert_str_eq (server->advice, "Check it");
  ck_assert_str_eq (server->mapped, "203.0.113.7");
  ck_assert_int_eq (server->checked_us, start_us + 1000000);
  ck_assert_int_eq (server->certificate_expires_us, start_us + 2000000);
  ck_assert_int_eq (server->credentials_expire_us, start_us + 3000000);
  ck_assert_uint_eq (server->steps->len, 3);
  step = server->steps->pdata[0];
  ck_assert_str_eq (step->step, "unknown");
  step = server->steps->pdata[1];
  ck_assert_str_eq (step->step, "stun");
  ck_assert (step->ok && step->ms == 1.5);
  ck_assert_str_eq (step->evidence, "sees us");
  step = server->steps->pdata[2];
  ck_assert (!step->ok && isnan (step->ms) && step->evidence == NULL);

  server = snapshot->servers->pdata[1];
  ck_assert (server->code == NULL && server->advice == NULL && server->steps->len == 0);
}
END_TEST

START_TEST (servers_and_node_are_replaced)
{
  g_autoptr (LaneSnapshot) snapshot = parse_status ();

  ck_assert (lane_snapshot_update_servers (snapshot, "[{\"name\":\"b\"},{\"name\":\"c\"}]", NULL));
  ck_assert (lane_snapshot_update_node (snapshot, "{\"name\":\"bergen\"}", NULL));

  ck_assert_uint_eq (snapshot->servers->len, 2);
  ck_assert_str_eq (((LaneServerView *)snapshot->servers->pdata[1])->state, "unknown");
  ck_assert_str_eq (snapshot->name, "bergen");
  ck_assert_ptr_null (snapshot->nat_mapping);
  ck_assert_uint_eq (snapshot->peers->len, 2);
}
END_TEST

static const char *const garbage[] = {
  "", "nonsense", "[]", "null", "3", "\"x\"", "{", "{\"a\":}", "\xff", "{\"a\":\"\xff\"}",
};

START_TEST (garbage_is_an_error)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (lane_snapshot_parse (garbage[_i], &error));
  ck_assert (g_error_matches (error, LANE_SNAPSHOT_ERROR, LANE_SNAPSHOT_ERROR_MALFORMED));
}
END_TEST

START_TEST (deep_nesting_is_an_error)
{
  g_autoptr (GString) deep = g_string_new ("{\"a\":");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 1000000; i++)
    g_string_append_c (deep, '[');
  ck_assert_ptr_null (lane_snapshot_parse (deep->str, &error));
  ck_assert (g_error_matches (error, LANE_SNAPSHOT_ERROR, LANE_SNAPSHOT_ERROR_MALFORMED));
}
END_TEST

/* Every member once with every wrong type: nothing crashes, nothing is believed. */
START_TEST (wrong_types_are_unknown)
{
  static const char *const values[] = { "null",  "true",  "-1",
                                        "1e999", "\"x\"", "[]",
                                        "{}",    "[[1]]", "99999999999999999999" };
  g_auto (GStrv) pieces = g_strsplit (STATUS, ":", -1);
  const char *value = values[_i];

  for (guint i = 1; pieces[i] != NULL; i++) {
    g_autoptr (GString) mutated = g_string_new (pieces[0]);
    g_autoptr (LaneSnapshot) snapshot = NULL;

    for (guint j = 1; pieces[j] != NULL; j++) {
      const char *end = strpbrk (pieces[j], ",}]");

      if (i != j || end == NULL || *pieces[j] == '{' || *pieces[j] == '[')
        g_string_append_printf (mutated, ":%s", pieces[j]);
      else
        g_string_append_printf (mutated, ":%s%s", value, end);
    }
    snapshot = lane_snapshot_parse (mutated->str, NULL);
    if (snapshot != NULL) {
      for (guint p = 0; p < snapshot->peers->len; p++)
        ck_assert_ptr_nonnull (((LanePeerView *)snapshot->peers->pdata[p])->state);
    }
  }
}
END_TEST

START_TEST (detail_lists_generations_newest_first)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LanePeerDetail) detail = lane_peer_detail_parse (
      "{\"schema\":1,\"peer\":{\"name\":\"berlin\"},\"generations\":["
      "{\"generation\":1,\"role\":\"controlled\",\"state\":\"connected\",\"current\":true,"
      "\"local\":[{\"type\":\"host\",\"address\":\"10.0.0.1\",\"port\":4,\"transport\":\"udp\","
      "\"priority\":2130706431,\"foundation\":\"1\",\"related_address\":null,\"related_port\":null,"
      "\"server\":null,\"ms\":0.5}],\"remote\":[]},"
      "{\"generation\":2,\"role\":\"controlled\",\"state\":\"checking\",\"current\":false}]}",
      &error);
  const LaneGenerationView *newest, *oldest;
  const LaneCandidateView *candidate;

  ck_assert_ptr_nonnull (detail);
  ck_assert_str_eq (detail->name, "berlin");
  ck_assert_uint_eq (detail->generations->len, 2);
  newest = detail->generations->pdata[0];
  oldest = detail->generations->pdata[1];
  ck_assert_uint_eq (newest->generation, 2);
  ck_assert_uint_eq (newest->local->len, 0);
  ck_assert (oldest->current);
  candidate = oldest->local->pdata[0];
  ck_assert_uint_eq (candidate->priority, 2130706431);
  ck_assert_str_eq (candidate->foundation, "1");
  ck_assert_double_eq (candidate->ms, 0.5);
}
END_TEST

START_TEST (an_event_is_decoded_and_kept_whole)
{
  const char *json = "{\"time\":\"2026-11-22T00:00:00.123Z\",\"level\":\"warning\",\"peer\":null,"
                     "\"kind\":\"server\",\"text\":\"t\",\"sequence\":9,\"ms\":4}";
  g_autoptr (GError) error = NULL;
  LaneEventView *event = lane_event_view_parse (json, &error);

  ck_assert_ptr_nonnull (event);
  ck_assert_uint_eq (event->sequence, 9);
  ck_assert_int_eq (event->time_us, 1795305600123000);
  ck_assert_str_eq (event->level, "warning");
  ck_assert_str_eq (event->kind, "server");
  ck_assert_ptr_null (event->peer);
  ck_assert_str_eq (event->text, "t");
  ck_assert_str_eq (event->json, json);
  lane_event_view_free (event);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("snapshot");
  TCase *tcase = tcase_create ("snapshot");

  tcase_add_test (tcase, node_and_servers_are_decoded);
  tcase_add_test (tcase, a_full_peer_is_decoded);
  tcase_add_test (tcase, a_comparison_is_decoded);
  tcase_add_test (tcase, a_strange_comparison_is_unknown);
  tcase_add_test (tcase, what_is_missing_is_unknown);
  tcase_add_test (tcase, changed_peers_are_merged_in_place_and_new_ones_appended);
  tcase_add_test (tcase, failing_server_comes_with_its_evidence);
  tcase_add_test (tcase, servers_and_node_are_replaced);
  tcase_add_loop_test (tcase, garbage_is_an_error, 0, G_N_ELEMENTS (garbage));
  tcase_add_test (tcase, deep_nesting_is_an_error);
  tcase_add_loop_test (tcase, wrong_types_are_unknown, 0, 9);
  tcase_add_test (tcase, detail_lists_generations_newest_first);
  tcase_add_test (tcase, an_event_is_decoded_and_kept_whole);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
