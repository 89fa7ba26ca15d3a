#include "servers/probe.h"

#include "core/servers/test-ca.h"
#include "core/servers/turn-stub.h"
#include "core/servers/until.h"
#include "suite.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define TRY_MS  50
#define STEP_MS 400

static GMainContext *context;
static LaneAddressPolicy policy;
static LaneProbeOptions options;
static TurnStub *stub;
static LaneProbe *probe;
static LaneProbeResult *result; /* once done */
static guint n_progress;
static TestCa *ca;
static char *directory;

static void
setup (void)
{
  context = g_main_context_new ();
  policy = (LaneAddressPolicy){ .allow_loopback = TRUE };
  options = (LaneProbeOptions){
    .dns_ms = NAN,
    .username = TURN_STUB_USER,
    .password = TURN_STUB_PASSWORD,
    .policy = &policy,
    .try_ms = TRY_MS,
    .step_ms = STEP_MS,
    .total_ms = 4000,
  };
  n_progress = 0;
}

static void
teardown (void)
{
  g_clear_pointer (&probe, lane_probe_free);
  g_clear_pointer (&result, lane_probe_result_unref);
  g_clear_pointer (&stub, turn_stub_free);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_unref (context);
}

static void
setup_tls (void)
{
  setup ();
  directory = g_dir_make_tmp ("lane-probe-XXXXXX", NULL);
  ca = test_ca_new (directory);
  options.ca_file = test_ca_get_file (ca);
  options.step_ms = 4000; /* of computing, not of waiting */
  options.total_ms = 4500;
}

static void
teardown_tls (void)
{
  teardown ();
  test_ca_free (ca);
  g_rmdir (directory);
  g_free (directory);
}

static void
on_progress (LaneProbe *progressing, gpointer user_data)
{
  ck_assert_ptr_eq (progressing, probe);
  n_progress++;
}

static void
on_done (LaneProbe *done, gpointer user_data)
{
  ck_assert_ptr_null (result);
  result = lane_probe_result_ref (lane_probe_get_result (done));
  ck_assert (result->done);
  g_clear_pointer (&probe, lane_probe_free);
}

static void
start_uri (const char *text)
{
  static const LaneProbeEvents events = { .progress = on_progress, .done = on_done };
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (LaneUri) uri = lane_uri_parse (text, NULL);

  ck_assert_msg (uri != NULL, "%s", text);
  options.uri = uri;
  options.address = loopback;
  probe = lane_probe_new (context, &options, &events, NULL);
  ck_assert_ptr_null (result);
}

static void
run_uri (const char *text)
{
  start_uri (text);
  iterate_until (context, result != NULL);
}

/* With the stub's port in place of %u. */
static void
run (const char *format)
{
  g_autofree char *port = g_strdup_printf ("%u", turn_stub_get_port (stub));
  g_auto (GStrv) parts = g_strsplit (format, "%u", -1);
  g_autofree char *text = g_strjoinv (port, parts);

  run_uri (text);
}

static TurnStubScript *
serve (TurnStubCarrier carrier)
{
  stub = turn_stub_new (context, carrier, NULL);
  return turn_stub_get_script (stub);
}

static void
assert_steps (const char *expected)
{
  g_autoptr (GString) steps = g_string_new (NULL);

  for (guint i = 0; i < result->steps->len; i++) {
    const LaneProbeStep *step = g_ptr_array_index (result->steps, i);

    g_string_append_printf (steps, "%s%s%s", i > 0 ? " " : "",
                            lane_probe_step_to_string (step->kind), step->ok ? "" : "!");
    ck_assert (step->ms >= 0 && step->ms < 5000);
  }
  ck_assert_str_eq (steps->str, expected);
}

static void
assert_code (LaneProbeCode code)
{
  ck_assert_msg (result->code == code, "%s, not %s: %s", lane_probe_code_to_string (result->code),
                 lane_probe_code_to_string (code), result->error);
  ck_assert ((result->error == NULL) == (code == LANE_PROBE_OK));
  ck_assert ((result->advice == NULL) == (code == LANE_PROBE_OK));
}

static void
assert_all_given_back (void)
{
  iterate_until (context, turn_stub_get_allocations (stub) == 0);
}

/* STUN */

START_TEST (binding_tells_our_address_and_the_round_trip)
{
  serve (TURN_STUB_UDP);
  run ("stun:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  assert_steps ("stun");
  ck_assert_str_eq (result->mapped, "203.0.113.7");
  ck_assert_str_eq (result->address, "127.0.0.1");
  ck_assert (result->rtt_ms > 0 && result->rtt_ms < 1000);
  ck_assert_str_eq (turn_stub_get_requests (stub), "binding");
}
END_TEST

START_TEST (lost_request_is_repeated_and_does_not_count_in_the_round_trip)
{
  serve (TURN_STUB_UDP)->lose = 1;
  run ("stun:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  ck_assert (result->rtt_ms < TRY_MS);
  ck_assert (lane_probe_result_find (result, LANE_PROBE_STEP_STUN)->ms >= TRY_MS - 2);
}
END_TEST

START_TEST (silence_fails_after_three_requests)
{
  gint64 began_us = g_get_monotonic_time ();

  serve (TURN_STUB_UDP)->binding = TURN_STUB_SILENT;
  run ("stun:127.0.0.1:%u");
  assert_code (LANE_PROBE_TIMEOUT);
  assert_steps ("stun!");
  ck_assert_str_eq (turn_stub_get_requests (stub), "binding binding binding");
  ck_assert_int_ge (g_get_monotonic_time () - began_us, 4 * TRY_MS * 1000 - 2000);
  ck_assert (isnan (result->rtt_ms));
}
END_TEST

START_TEST (answers_of_strangers_and_rubbish_are_silence)
{
  static const char rubbish[] = "\x01\x01garbage";
  g_autoptr (GBytes) bytes = g_bytes_new_static (rubbish, sizeof rubbish);

  serve (TURN_STUB_UDP)->stranger = TRUE;
  run ("stun:127.0.0.1:%u");
  assert_code (LANE_PROBE_TIMEOUT);
  teardown ();
  setup ();
  serve (TURN_STUB_UDP)->says = bytes;
  run ("stun:127.0.0.1:%u");
  assert_code (LANE_PROBE_TIMEOUT);
}
END_TEST

START_TEST (error_answer_tells_its_code)
{
  serve (TURN_STUB_UDP)->binding = 420;
  run ("stun:127.0.0.1:%u");
  assert_code (LANE_PROBE_STUN_ERROR);
  ck_assert_int_eq (result->stun_code, 420);
  ck_assert_str_eq (result->error, "answers with STUN error 420 (Told so)");
}
END_TEST

START_TEST (answer_without_an_address_is_a_failure)
{
  serve (TURN_STUB_UDP)->no_mapped = TRUE;
  run ("stun:127.0.0.1:%u");
  assert_code (LANE_PROBE_NO_ADDRESS);
}
END_TEST

START_TEST (closed_udp_port_is_told_at_once)
{
  gint64 began_us = g_get_monotonic_time ();

  run_uri ("turn:127.0.0.1:9");
  assert_code (LANE_PROBE_REFUSED);
  assert_steps ("stun!");
  ck_assert_int_lt (g_get_monotonic_time () - began_us, TRY_MS * 1000);
}
END_TEST

START_TEST (address_without_a_route_is_told_from_the_loop)
{
  static const LaneProbeEvents events = { .done = on_done };
  g_autoptr (GInetAddress) nowhere = g_inet_address_new_from_string ("255.255.255.255");
  g_autoptr (LaneUri) uri = lane_uri_parse ("stun:255.255.255.255", NULL);

  options.uri = uri;
  options.address = nowhere;
  probe = lane_probe_new (context, &options, &events, NULL);
  ck_assert_ptr_null (result);
  iterate_until (context, result != NULL);
  assert_code (LANE_PROBE_UNREACHABLE);
}
END_TEST

START_TEST (name_resolution_is_the_first_step)
{
  options.dns_ms = 4.5;
  options.dns_evidence = "127.0.0.1";
  serve (TURN_STUB_UDP);
  run ("stun:127.0.0.1:%u");
  assert_steps ("dns stun");
  ck_assert_str_eq (lane_probe_result_find (result, LANE_PROBE_STEP_DNS)->evidence, "127.0.0.1");
}
END_TEST

/* TURN */

START_TEST (allocation_is_made_proven_and_given_back)
{
  serve (TURN_STUB_UDP);
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  assert_steps ("stun allocate permission refresh");
  ck_assert_str_eq (turn_stub_get_requests (stub),
                    "binding allocate allocate+ permission+ refresh+");
  ck_assert_str_eq (result->mapped, "203.0.113.7");
  ck_assert_str_eq (result->relayed, "203.0.113.50:50112");
  ck_assert_str_eq (lane_probe_result_find (result, LANE_PROBE_STEP_ALLOCATE)->evidence,
                    "relay 203.0.113.50:50112 for 600 s, realm stub.example");
  ck_assert_str_eq (lane_probe_result_find (result, LANE_PROBE_STEP_PERMISSION)->evidence,
                    "for 203.0.113.7");
  ck_assert_int_eq (turn_stub_get_allocations (stub), 0);
  ck_assert_uint_eq (n_progress, 3);
}
END_TEST

START_TEST (tcp_carries_it_too)
{
  serve (TURN_STUB_TCP);
  run ("turn:127.0.0.1:%u?transport=tcp");
  assert_code (LANE_PROBE_OK);
  assert_steps ("connect stun allocate permission refresh");
  ck_assert_int_eq (turn_stub_get_allocations (stub), 0);
  ck_assert (result->rtt_ms > 0);
}
END_TEST

START_TEST (relay_without_a_password_is_fine)
{
  options.username = options.password = NULL;
  serve (TURN_STUB_UDP)->unsigned_allocate = 0;
  turn_stub_get_script (stub)->unsigned_success = TRUE;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  ck_assert_str_eq (lane_probe_result_find (result, LANE_PROBE_STEP_ALLOCATE)->evidence,
                    "relay 203.0.113.50:50112 for 600 s, no password asked");
}
END_TEST

START_TEST (lost_allocate_is_repeated_as_it_was)
{
  serve (TURN_STUB_UDP)->lose = 1;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  ck_assert_int_eq (turn_stub_get_allocations (stub), 0);
}
END_TEST

START_TEST (relay_for_ipv6_gets_a_permission_of_its_family)
{
  serve (TURN_STUB_UDP)->ipv6_relay = TRUE;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  ck_assert_str_eq (lane_probe_result_find (result, LANE_PROBE_STEP_PERMISSION)->evidence,
                    "for 2001:db8::1");
}
END_TEST

START_TEST (server_that_keeps_quiet_about_bindings_is_still_a_relay)
{
  serve (TURN_STUB_UDP)->binding = TURN_STUB_SILENT;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  assert_steps ("stun! allocate permission refresh");
  ck_assert_str_eq (result->mapped, "203.0.113.7");
  ck_assert (result->rtt_ms > 0);
}
END_TEST

START_TEST (server_that_wants_a_password_for_bindings_is_still_a_relay)
{
  serve (TURN_STUB_UDP)->binding = 401;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
}
END_TEST

/* Each code an Allocate can end with. */
static const struct {
  int code;
  const char *reason;
  LaneProbeCode expected;
} refusals[] = {
  { 401, NULL, LANE_PROBE_UNAUTHORIZED },
  { 403, NULL, LANE_PROBE_FORBIDDEN },
  { 437, "Allocation mismatch: wrong credentials: the realm value is incorrect",
    LANE_PROBE_WRONG_REALM },
  { 438, NULL, LANE_PROBE_STALE_NONCE },
  { 441, NULL, LANE_PROBE_WRONG_CREDENTIALS },
  { 441, "Wrong credentials: the realm value is incorrect", LANE_PROBE_WRONG_REALM },
  { 442, NULL, LANE_PROBE_NO_UDP_RELAY },
  { 486, NULL, LANE_PROBE_QUOTA },
  { 500, NULL, LANE_PROBE_STUN_ERROR },
  { 508, NULL, LANE_PROBE_NO_CAPACITY },
};

START_TEST (refused_allocate_is_told_by_its_code)
{
  TurnStubScript *script = serve (_i % 2 == 0 ? TURN_STUB_UDP : TURN_STUB_TCP);

  script->allocate[0] = refusals[_i].code;
  script->reason = refusals[_i].reason;
  script->stubborn = TRUE;
  run (_i % 2 == 0 ? "turn:127.0.0.1:%u" : "turn:127.0.0.1:%u?transport=tcp");
  assert_code (refusals[_i].expected);
  ck_assert_int_eq (result->stun_code, refusals[_i].code);
  assert_steps (_i % 2 == 0 ? "stun allocate!" : "connect stun allocate!");
}
END_TEST

START_TEST (port_with_an_allocation_is_left_for_another_one)
{
  serve (TURN_STUB_UDP)->allocate[0] = 437;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  assert_steps ("stun allocate stun allocate permission refresh");
}
END_TEST

START_TEST (ports_that_all_have_an_allocation_are_told)
{
  serve (TURN_STUB_UDP)->allocate[0] = 437;
  turn_stub_get_script (stub)->stubborn = TRUE;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_ALLOCATION_MISMATCH);
  ck_assert_int_eq (result->stun_code, 437);
  assert_steps ("stun allocate stun allocate!");
}
END_TEST

START_TEST (refusal_without_a_signature_counts)
{
  serve (TURN_STUB_UDP)->allocate[0] = 486;
  turn_stub_get_script (stub)->unsigned_success = TRUE;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_QUOTA);
}
END_TEST

START_TEST (wrong_password_names_the_realm_and_is_not_tried_again)
{
  options.password = "other";
  serve (TURN_STUB_UDP);
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_UNAUTHORIZED);
  ck_assert_str_eq (result->error, "refused the user name or password (401, realm stub.example)");
  ck_assert_str_eq (turn_stub_get_requests (stub), "binding allocate allocate!");
}
END_TEST

START_TEST (expired_short_lived_user_is_told_from_a_wrong_password)
{
  options.username = "1700000000:icelane";
  serve (TURN_STUB_UDP);
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_CREDENTIALS_EXPIRED);
  ck_assert_str_eq (result->error,
                    "the short-lived user name expired on 2023-11-14 22:13 UTC (401)");
}
END_TEST

START_TEST (short_lived_user_with_time_left_has_a_wrong_password)
{
  g_autofree char *username =
      g_strdup_printf ("%" G_GINT64_FORMAT, g_get_real_time () / G_USEC_PER_SEC + 100);

  options.username = username;
  serve (TURN_STUB_UDP);
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_UNAUTHORIZED);
}
END_TEST

START_TEST (user_of_another_realm_is_told_so)
{
  options.username = "icelane@south.example";
  serve (TURN_STUB_UDP);
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_WRONG_REALM);
  ck_assert_str_eq (result->error,
                    "the user belongs to another realm than the server's, stub.example (401)");
}
END_TEST

START_TEST (realm_that_changes_is_asked_once_more)
{
  serve (TURN_STUB_UDP)->realm_later = "later.example";
  turn_stub_get_script (stub)->allocate[0] = 401;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  ck_assert_str_eq (turn_stub_get_requests (stub),
                    "binding allocate allocate+ allocate+ permission+ refresh+");
}
END_TEST

START_TEST (stale_nonce_is_replaced_in_every_step)
{
  serve (TURN_STUB_UDP)->allocate[0] = 438;
  turn_stub_get_script (stub)->permission[0] = 438;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  assert_steps ("stun allocate permission refresh");
  ck_assert_str_eq (turn_stub_get_requests (stub),
                    "binding allocate allocate+ allocate+ permission+ permission+ refresh+");
}
END_TEST

START_TEST (no_credentials_end_at_the_challenge)
{
  options.username = options.password = NULL;
  serve (TURN_STUB_UDP);
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_CREDENTIALS_UNKNOWN);
  ck_assert_str_eq (turn_stub_get_requests (stub), "binding allocate");
}
END_TEST

START_TEST (challenge_without_a_realm_is_no_challenge)
{
  serve (TURN_STUB_UDP)->no_realm = TRUE;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_STUN_ERROR);
  ck_assert_str_eq (result->error, "answers with STUN error 401 (without realm and nonce)");
}
END_TEST

START_TEST (stun_server_is_no_turn_server)
{
  serve (TURN_STUB_UDP)->unsigned_allocate = _i == 0 ? TURN_STUB_SILENT : 400;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_NOT_TURN);
  assert_steps ("stun allocate!");
}
END_TEST

START_TEST (nobody_at_all_is_a_timeout)
{
  serve (TURN_STUB_UDP)->unsigned_allocate = TURN_STUB_SILENT;
  turn_stub_get_script (stub)->binding = TURN_STUB_SILENT;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_TIMEOUT);
  ck_assert_str_eq (result->error, "no answer to 3 STUN requests over UDP");
}
END_TEST

START_TEST (allocation_that_is_not_signed_is_not_believed)
{
  serve (TURN_STUB_UDP)->sign_with = "somebody else's";
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_BAD_SIGNATURE);
  teardown ();
  setup ();
  serve (TURN_STUB_UDP)->unsigned_success = TRUE;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_BAD_SIGNATURE);
}
END_TEST

START_TEST (private_mapped_address_may_be_denied_when_others_are_not)
{
  serve (TURN_STUB_UDP)->permission[0] = 403;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  ck_assert_str_eq (lane_probe_result_find (result, LANE_PROBE_STEP_PERMISSION)->evidence,
                    "for 192.0.2.1");
}
END_TEST

START_TEST (server_that_relays_to_nobody_fails_and_gets_its_allocation_back)
{
  serve (TURN_STUB_UDP)->permission[0] = 403;
  turn_stub_get_script (stub)->permission[1] = 403;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_PEER_FORBIDDEN);
  assert_steps ("stun allocate permission! refresh");
  ck_assert_str_eq (result->error, "gives a relay address, but does not relay to 192.0.2.1 (403)");
  ck_assert_int_eq (turn_stub_get_allocations (stub), 0);
}
END_TEST

START_TEST (silence_after_the_allocation_still_gives_it_back)
{
  serve (TURN_STUB_UDP)->permission[0] = TURN_STUB_SILENT;
  for (guint i = 1; i < 4; i++)
    turn_stub_get_script (stub)->permission[i] = TURN_STUB_SILENT;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_TIMEOUT);
  ck_assert_str_eq (result->error, "gave a relay address, then no answer to CreatePermission");
  assert_all_given_back ();
}
END_TEST

START_TEST (freed_probe_gives_its_allocation_back_and_tells_nothing)
{
  g_autofree char *uri = NULL;

  serve (_i == 0 ? TURN_STUB_UDP : TURN_STUB_TCP);
  uri = g_strdup_printf ("turn:127.0.0.1:%u%s", turn_stub_get_port (stub),
                         _i == 0 ? "" : "?transport=tcp");
  start_uri (uri);
  iterate_until (context, turn_stub_get_allocations (stub) == 1
                              && lane_probe_get_result (probe)->relayed != NULL);
  g_clear_pointer (&probe, lane_probe_free);
  assert_all_given_back ();
  ck_assert_ptr_null (result);
}
END_TEST

/* Redirection */

START_TEST (alternate_server_is_followed)
{
  TurnStub *second = turn_stub_new (context, TURN_STUB_UDP, NULL);

  serve (TURN_STUB_UDP)->unsigned_allocate = 300;
  turn_stub_get_script (stub)->alternate_port = turn_stub_get_port (second);
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_OK);
  assert_steps ("stun allocate stun allocate permission refresh");
  ck_assert_str_eq (turn_stub_get_requests (second),
                    "binding allocate allocate+ permission+ refresh+");
  turn_stub_free (second);
}
END_TEST

START_TEST (alternate_server_after_the_password_is_followed_over_tcp)
{
  TurnStub *second = turn_stub_new (context, TURN_STUB_TCP, NULL);

  serve (TURN_STUB_TCP)->allocate[0] = 300;
  turn_stub_get_script (stub)->alternate_port = turn_stub_get_port (second);
  run ("turn:127.0.0.1:%u?transport=tcp");
  assert_code (LANE_PROBE_OK);
  ck_assert_str_eq (turn_stub_get_requests (second),
                    "binding allocate allocate+ permission+ refresh+");
  turn_stub_free (second);
}
END_TEST

START_TEST (servers_that_send_us_in_a_circle_are_left)
{
  TurnStub *second = turn_stub_new (context, TURN_STUB_UDP, NULL);
  g_autofree char *expected = NULL;

  serve (TURN_STUB_UDP)->unsigned_allocate = 300;
  turn_stub_get_script (stub)->alternate_port = turn_stub_get_port (second);
  turn_stub_get_script (second)->unsigned_allocate = 300;
  turn_stub_get_script (second)->alternate_port = turn_stub_get_port (stub);
  expected = g_strdup_printf ("sends us to another server that we cannot use (300): "
                              "back to 127.0.0.1:%u",
                              turn_stub_get_port (stub));
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_REDIRECTED);
  ck_assert_str_eq (result->error, expected);
  turn_stub_free (second);
}
END_TEST

START_TEST (fourth_alternate_server_is_one_too_many)
{
  TurnStub *others[4];

  for (int i = 3; i >= 0; i--) {
    others[i] = turn_stub_new (context, TURN_STUB_UDP, NULL);
    turn_stub_get_script (others[i])->unsigned_allocate = i == 3 ? 401 : 300;
    if (i < 3)
      turn_stub_get_script (others[i])->alternate_port = turn_stub_get_port (others[i + 1]);
  }
  serve (TURN_STUB_UDP)->unsigned_allocate = 300;
  turn_stub_get_script (stub)->alternate_port = turn_stub_get_port (others[0]);
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_REDIRECTED);
  ck_assert_str_eq (turn_stub_get_requests (others[2]), "binding allocate");
  ck_assert_str_eq (turn_stub_get_requests (others[3]), "");
  for (int i = 0; i < 4; i++)
    turn_stub_free (others[i]);
}
END_TEST

START_TEST (alternate_server_must_pass_the_address_policy)
{
  policy.allow_loopback = FALSE;
  serve (TURN_STUB_UDP)->unsigned_allocate = 300;
  turn_stub_get_script (stub)->alternate_port = 9;
  run ("turn:127.0.0.1:%u");
  assert_code (LANE_PROBE_REDIRECTED);
  ck_assert_msg (strstr (result->error, "to 127.0.0.1:9, and") != NULL, "%s", result->error);
}
END_TEST

/* Streams */

START_TEST (refused_tcp_is_told_at_once)
{
  run_uri ("turn:127.0.0.1:9?transport=tcp");
  assert_code (LANE_PROBE_REFUSED);
  assert_steps ("connect!");
}
END_TEST

START_TEST (udp_server_on_a_tls_port_is_found_when_asked_for)
{
  options.look_for_udp = TRUE;
  serve (TURN_STUB_UDP);
  run (_i == 0 ? "turns:127.0.0.1:%u" : "turn:127.0.0.1:%u?transport=tcp");
  assert_code (LANE_PROBE_UDP_ONLY);
  assert_steps ("connect! stun");
}
END_TEST

START_TEST (udp_is_not_tried_for_a_tls_server_without_being_asked)
{
  serve (TURN_STUB_UDP);
  run ("turns:127.0.0.1:%u");
  assert_code (LANE_PROBE_REFUSED);
  ck_assert_str_eq (turn_stub_get_requests (stub), "");
}
END_TEST

START_TEST (nothing_over_udp_either_stays_a_refusal)
{
  options.look_for_udp = TRUE;
  run_uri ("turns:127.0.0.1:9");
  assert_code (LANE_PROBE_REFUSED);
  assert_steps ("connect! stun!");
}
END_TEST

START_TEST (other_services_are_not_stun)
{
  static const char greeting[] = "SSH-2.0-OpenSSH_9.2\r\n";
  g_autoptr (GBytes) bytes = g_bytes_new_static (greeting, sizeof greeting - 1);

  serve (TURN_STUB_TCP)->says = bytes;
  run ("turn:127.0.0.1:%u?transport=tcp");
  assert_code (LANE_PROBE_NOT_STUN);
}
END_TEST

START_TEST (message_longer_than_any_of_ours_is_not_stun)
{
  static const guint8 head[] = { 1, 1, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42, 0, 0,
                                 0, 0, 0,    0,    0,    0,    0,    0,    0, 0 };
  g_autoptr (GBytes) bytes = g_bytes_new_static (head, sizeof head);

  serve (TURN_STUB_TCP)->says = bytes;
  run ("turn:127.0.0.1:%u?transport=tcp");
  assert_code (LANE_PROBE_NOT_STUN);
}
END_TEST

START_TEST (connection_closed_on_us_is_told)
{
  serve (TURN_STUB_TCP)->hangs_up = TRUE;
  run ("turn:127.0.0.1:%u?transport=tcp");
  assert_code (LANE_PROBE_CLOSED);
  assert_steps ("connect stun!");
}
END_TEST

START_TEST (silent_stream_ends_with_its_steps)
{
  serve (TURN_STUB_TCP)->binding = TURN_STUB_SILENT;
  turn_stub_get_script (stub)->unsigned_allocate = TURN_STUB_SILENT;
  run ("turn:127.0.0.1:%u?transport=tcp");
  assert_code (LANE_PROBE_TIMEOUT);
  ck_assert_msg (strstr (result->error, "accepts TCP on port") != NULL, "%s", result->error);
}
END_TEST

START_TEST (whole_probe_has_a_deadline)
{
  options.total_ms = 150;
  serve (TURN_STUB_TCP)->binding = TURN_STUB_SILENT;
  run ("turn:127.0.0.1:%u?transport=tcp");
  assert_code (LANE_PROBE_TIMEOUT);
  assert_steps ("connect stun!");
}
END_TEST

/* TLS */

#define DAY_S G_GINT64_CONSTANT (86400)

static TurnStubScript *
serve_tls (const char *host, gint64 from_s, gint64 until_s)
{
  g_autoptr (GTlsCertificate) certificate = test_ca_issue (ca, host, from_s, until_s);

  stub = turn_stub_new (context, TURN_STUB_TLS, certificate);
  return turn_stub_get_script (stub);
}

START_TEST (tls_is_checked_and_then_carries_turn)
{
  static const char *const hosts[] = { "127.0.0.1", "turn.example" };
  g_autofree char *uri = g_strdup_printf ("turns:%s:%%u", hosts[_i]);

  serve_tls (hosts[_i], -DAY_S, 10 * DAY_S);
  run (uri);
  assert_code (LANE_PROBE_OK);
  assert_steps ("connect tls stun allocate permission refresh");
  ck_assert_int_eq (turn_stub_get_allocations (stub), 0);
  ck_assert_int_gt (result->expires_us, g_get_real_time () + 9 * DAY_S * G_USEC_PER_SEC);
  ck_assert_msg (strstr (lane_probe_result_find (result, LANE_PROBE_STEP_TLS)->evidence, hosts[_i])
                     != NULL,
                 "%s", lane_probe_result_find (result, LANE_PROBE_STEP_TLS)->evidence);
}
END_TEST

START_TEST (stuns_asks_over_tls)
{
  serve_tls ("turn.example", -DAY_S, DAY_S);
  run ("stuns:turn.example:%u");
  assert_code (LANE_PROBE_OK);
  assert_steps ("connect tls stun");
  ck_assert_str_eq (result->mapped, "203.0.113.7");
}
END_TEST

START_TEST (certificate_for_another_name_is_refused_with_both_names)
{
  static const char *const hosts[] = { "home.example", "127.0.0.2" };
  static const char *const uris[] = { "turns:turn.example:%u", "turns:127.0.0.1:%u" };

  serve_tls (hosts[_i], -DAY_S, DAY_S);
  run (uris[_i]);
  assert_code (LANE_PROBE_CERT_WRONG_NAME);
  assert_steps ("connect tls!");
  ck_assert_msg (strstr (result->error, hosts[_i]) != NULL, "%s", result->error);
  ck_assert_str_eq (turn_stub_get_requests (stub), "");
}
END_TEST

START_TEST (expired_certificate_is_refused_with_its_date)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) end = g_date_time_add_seconds (now, -3 * DAY_S);
  g_autofree char *date = g_date_time_format (end, "expired on %Y-%m-%d");

  serve_tls ("turn.example", -9 * DAY_S, -3 * DAY_S);
  run ("turns:turn.example:%u");
  assert_code (LANE_PROBE_CERT_EXPIRED);
  ck_assert_msg (strstr (result->error, date) != NULL, "%s", result->error);
  ck_assert_str_eq (turn_stub_get_requests (stub), "");
}
END_TEST

START_TEST (certificate_of_the_future_is_refused)
{
  serve_tls ("turn.example", 3 * DAY_S, 9 * DAY_S);
  run ("turns:turn.example:%u");
  assert_code (LANE_PROBE_CERT_NOT_YET_VALID);
}
END_TEST

START_TEST (unknown_authority_is_refused_by_name)
{
  TestCa *other = test_ca_new (directory);

  options.ca_file = test_ca_get_file (other);
  serve_tls ("turn.example", -DAY_S, DAY_S);
  run ("turns:turn.example:%u");
  assert_code (LANE_PROBE_CERT_UNKNOWN_CA);
  ck_assert_msg (strstr (result->error, "Test authority") != NULL, "%s", result->error);
  ck_assert_str_eq (turn_stub_get_requests (stub), "");
  test_ca_free (other);
}
END_TEST

START_TEST (system_trust_does_not_know_the_test_authority)
{
  options.ca_file = NULL;
  serve_tls ("turn.example", -DAY_S, DAY_S);
  run ("turns:turn.example:%u");
  assert_code (LANE_PROBE_CERT_UNKNOWN_CA);
}
END_TEST

START_TEST (missing_ca_file_is_our_fault)
{
  options.ca_file = "/nonexistent/ca.pem";
  serve_tls ("turn.example", -DAY_S, DAY_S);
  run ("turns:turn.example:%u");
  assert_code (LANE_PROBE_CA_FILE);
}
END_TEST

START_TEST (plain_server_on_a_tls_port_is_not_tls)
{
  static const char greeting[] = "SSH-2.0-OpenSSH_9.2\r\n";
  g_autoptr (GBytes) bytes = g_bytes_new_static (greeting, sizeof greeting - 1);

  serve (TURN_STUB_TCP)->says = bytes;
  run ("turns:turn.example:%u");
  assert_code (LANE_PROBE_NOT_TLS);
  assert_steps ("connect tls!");
}
END_TEST

START_TEST (server_that_hangs_up_on_tls_is_not_tls)
{
  serve (TURN_STUB_TCP)->hangs_up = TRUE;
  run ("turns:turn.example:%u");
  assert_code (LANE_PROBE_NOT_TLS);
}
END_TEST

START_TEST (plain_turn_server_never_gets_plain_turn_from_a_tls_uri)
{
  options.step_ms = STEP_MS;
  serve (TURN_STUB_TCP);
  run ("turns:turn.example:%u");
  ck_assert (result->code == LANE_PROBE_NOT_TLS || result->code == LANE_PROBE_TIMEOUT);
  ck_assert_str_eq (turn_stub_get_requests (stub), "");
}
END_TEST

START_TEST (probe_freed_in_a_handshake_leaves_nothing)
{
  g_autofree char *uri = NULL;

  serve_tls ("turn.example", -DAY_S, DAY_S);
  uri = g_strdup_printf ("turns:turn.example:%u", turn_stub_get_port (stub));
  start_uri (uri);
  iterate_until (context, n_progress == 1);
  g_clear_pointer (&probe, lane_probe_free);
  iterate_until (context, turn_stub_get_connections (stub) == 1);
  ck_assert_ptr_null (result);
}
END_TEST

static TCase *
add_case (Suite *suite, const char *name, gboolean tls)
{
  TCase *tcase = tcase_create (name);

  tcase_add_checked_fixture (tcase, tls ? setup_tls : setup, tls ? teardown_tls : teardown);
  tcase_set_timeout (tcase, 20);
  suite_add_tcase (suite, tcase);
  return tcase;
}

int
main (void)
{
  Suite *suite = suite_create ("probe");
  TCase *stun = add_case (suite, "stun", FALSE);
  TCase *turn = add_case (suite, "turn", FALSE);
  TCase *streams = add_case (suite, "streams", FALSE);
  TCase *tls = add_case (suite, "tls", TRUE);

  tcase_add_test (stun, binding_tells_our_address_and_the_round_trip);
  tcase_add_test (stun, lost_request_is_repeated_and_does_not_count_in_the_round_trip);
  tcase_add_test (stun, silence_fails_after_three_requests);
  tcase_add_test (stun, answers_of_strangers_and_rubbish_are_silence);
  tcase_add_test (stun, error_answer_tells_its_code);
  tcase_add_test (stun, answer_without_an_address_is_a_failure);
  tcase_add_test (stun, closed_udp_port_is_told_at_once);
  tcase_add_test (stun, address_without_a_route_is_told_from_the_loop);
  tcase_add_test (stun, name_resolution_is_the_first_step);

  tcase_add_test (turn, allocation_is_made_proven_and_given_back);
  tcase_add_test (turn, tcp_carries_it_too);
  tcase_add_test (turn, relay_without_a_password_is_fine);
  tcase_add_test (turn, lost_allocate_is_repeated_as_it_was);
  tcase_add_test (turn, relay_for_ipv6_gets_a_permission_of_its_family);
  tcase_add_test (turn, server_that_keeps_quiet_about_bindings_is_still_a_relay);
  tcase_add_test (turn, server_that_wants_a_password_for_bindings_is_still_a_relay);
  tcase_add_loop_test (turn, refused_allocate_is_told_by_its_code, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (turn, port_with_an_allocation_is_left_for_another_one);
  tcase_add_test (turn, ports_that_all_have_an_allocation_are_told);
  tcase_add_test (turn, refusal_without_a_signature_counts);
  tcase_add_test (turn, wrong_password_names_the_realm_and_is_not_tried_again);
  tcase_add_test (turn, expired_short_lived_user_is_told_from_a_wrong_password);
  tcase_add_test (turn, short_lived_user_with_time_left_has_a_wrong_password);
  tcase_add_test (turn, user_of_another_realm_is_told_so);
  tcase_add_test (turn, realm_that_changes_is_asked_once_more);
  tcase_add_test (turn, stale_nonce_is_replaced_in_every_step);
  tcase_add_test (turn, no_credentials_end_at_the_challenge);
  tcase_add_test (turn, challenge_without_a_realm_is_no_challenge);
  tcase_add_loop_test (turn, stun_server_is_no_turn_server, 0, 2);
  tcase_add_test (turn, nobody_at_all_is_a_timeout);
  tcase_add_test (turn, allocation_that_is_not_signed_is_not_believed);
  tcase_add_test (turn, private_mapped_address_may_be_denied_when_others_are_not);
  tcase_add_test (turn, server_that_relays_to_nobody_fails_and_gets_its_allocation_back);
  tcase_add_test (turn, silence_after_the_allocation_still_gives_it_back);
  tcase_add_loop_test (turn, freed_probe_gives_its_allocation_back_and_tells_nothing, 0, 2);
  tcase_add_test (turn, alternate_server_is_followed);
  tcase_add_test (turn, alternate_server_after_the_password_is_followed_over_tcp);
  tcase_add_test (turn, servers_that_send_us_in_a_circle_are_left);
  tcase_add_test (turn, fourth_alternate_server_is_one_too_many);
  tcase_add_test (turn, alternate_server_must_pass_the_address_policy);

  tcase_add_test (streams, refused_tcp_is_told_at_once);
  tcase_add_loop_test (streams, udp_server_on_a_tls_port_is_found_when_asked_for, 0, 2);
  tcase_add_test (streams, udp_is_not_tried_for_a_tls_server_without_being_asked);
  tcase_add_test (streams, nothing_over_udp_either_stays_a_refusal);
  tcase_add_test (streams, other_services_are_not_stun);
  tcase_add_test (streams, message_longer_than_any_of_ours_is_not_stun);
  tcase_add_test (streams, connection_closed_on_us_is_told);
  tcase_add_test (streams, silent_stream_ends_with_its_steps);
  tcase_add_test (streams, whole_probe_has_a_deadline);

  tcase_add_loop_test (tls, tls_is_checked_and_then_carries_turn, 0, 2);
  tcase_add_test (tls, stuns_asks_over_tls);
  tcase_add_loop_test (tls, certificate_for_another_name_is_refused_with_both_names, 0, 2);
  tcase_add_test (tls, expired_certificate_is_refused_with_its_date);
  tcase_add_test (tls, certificate_of_the_future_is_refused);
  tcase_add_test (tls, unknown_authority_is_refused_by_name);
  tcase_add_test (tls, system_trust_does_not_know_the_test_authority);
  tcase_add_test (tls, missing_ca_file_is_our_fault);
  tcase_add_test (tls, plain_server_on_a_tls_port_is_not_tls);
  tcase_add_test (tls, server_that_hangs_up_on_tls_is_not_tls);
  tcase_add_test (tls, plain_turn_server_never_gets_plain_turn_from_a_tls_uri);
  tcase_add_test (tls, probe_freed_in_a_handshake_leaves_nothing);
  return lane_suite_run (suite);
}
