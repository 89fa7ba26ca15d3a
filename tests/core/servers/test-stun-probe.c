#include "servers/stun-probe.h"

#include "core/servers/stun-stub.h"
#include "suite.h"

#include <math.h>

#define TRY_MS 60

typedef struct {
  guint calls;
  char *error;
  char *mapped;
  double rtt_ms;
  LaneStunProbe *to_free;
} Outcome;

static GMainContext *context;
static StunStub stub;
static Outcome outcome;

static void
setup (void)
{
  context = g_main_context_new ();
  outcome = (Outcome){ 0 };
}

static void
teardown (void)
{
  g_free (outcome.error);
  g_free (outcome.mapped);
  g_main_context_unref (context);
}

static void
on_done (LaneStunProbe *probe, const LaneStunProbeResult *result, gpointer user_data)
{
  outcome.calls++;
  outcome.error = g_strdup (result->error);
  outcome.mapped = g_strdup (result->mapped);
  outcome.rtt_ms = result->rtt_ms;
  lane_stun_probe_free (probe);
}

static void
probe_port (const char *address, guint16 port)
{
  g_autoptr (GInetAddress) server = g_inet_address_new_from_string (address);
  LaneStunProbe *probe = lane_stun_probe_new (context, server, port, TRY_MS, on_done, NULL);

  ck_assert_ptr_nonnull (probe);
  ck_assert_uint_eq (outcome.calls, 0);
  iterate_until (context, outcome.calls > 0);
}

static void
probe_stub (StunStubMode mode)
{
  stun_stub_start (&stub, context, mode);
  probe_port ("127.0.0.1", stun_stub_get_port (&stub));
  stun_stub_stop (&stub);
}

START_TEST (answer_tells_our_address_and_the_round_trip)
{
  probe_stub (STUN_STUB_ANSWER);
  ck_assert_ptr_null (outcome.error);
  ck_assert_str_eq (outcome.mapped, "203.0.113.7");
  ck_assert (outcome.rtt_ms > 0 && outcome.rtt_ms < 1000);
  ck_assert_uint_eq (stub.requests, 1);
}
END_TEST

START_TEST (lost_request_is_repeated_and_does_not_count_in_the_round_trip)
{
  probe_stub (STUN_STUB_LATE);
  ck_assert_ptr_null (outcome.error);
  ck_assert_uint_eq (stub.requests, 2);
  ck_assert (outcome.rtt_ms < TRY_MS);
}
END_TEST

START_TEST (silence_fails_after_three_requests)
{
  gint64 began_us = g_get_monotonic_time ();

  probe_stub (STUN_STUB_SILENT);
  ck_assert_str_eq (outcome.error, "no answer to 3 STUN requests");
  ck_assert_uint_eq (stub.requests, 3);
  ck_assert_int_ge (g_get_monotonic_time () - began_us, 3 * TRY_MS * 1000);
  ck_assert (isnan (outcome.rtt_ms));
}
END_TEST

START_TEST (answers_of_strangers_and_rubbish_are_silence)
{
  probe_stub (STUN_STUB_STRANGER);
  ck_assert_str_eq (outcome.error, "no answer to 3 STUN requests");
  teardown ();
  setup ();
  probe_stub (STUN_STUB_RUBBISH);
  ck_assert_str_eq (outcome.error, "no answer to 3 STUN requests");
}
END_TEST

START_TEST (error_answer_tells_its_code)
{
  probe_stub (STUN_STUB_ERROR);
  ck_assert_str_eq (outcome.error, "answers with STUN error 420");
}
END_TEST

START_TEST (answer_without_an_address_is_a_failure)
{
  probe_stub (STUN_STUB_EMPTY);
  ck_assert_str_eq (outcome.error, "answers without our address");
}
END_TEST

START_TEST (closed_port_is_told_at_once)
{
  guint16 port;

  stun_stub_start (&stub, context, STUN_STUB_SILENT);
  port = stun_stub_get_port (&stub);
  stun_stub_stop (&stub);

  probe_port ("127.0.0.1", port);
  ck_assert_str_eq (outcome.error, "nobody listens on that port");
}
END_TEST

START_TEST (address_without_a_route_is_told_from_the_loop)
{
  probe_port ("255.255.255.255", 3478);
  ck_assert_msg (g_str_has_prefix (outcome.error, "no way to it: "), "%s", outcome.error);
}
END_TEST

START_TEST (freed_probe_tells_nothing)
{
  g_autoptr (GInetAddress) server = g_inet_address_new_from_string ("127.0.0.1");
  gint64 deadline_us;

  stun_stub_start (&stub, context, STUN_STUB_ANSWER);
  lane_stun_probe_free (
      lane_stun_probe_new (context, server, stun_stub_get_port (&stub), TRY_MS, on_done, NULL));
  iterate_until (context, stub.requests == 1);
  deadline_us = g_get_monotonic_time () + 4 * TRY_MS * 1000;
  iterate_until (context, g_get_monotonic_time () > deadline_us);
  ck_assert_uint_eq (outcome.calls, 0);
  stun_stub_stop (&stub);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("stun-probe");
  TCase *probes = tcase_create ("probes");

  tcase_add_checked_fixture (probes, setup, teardown);
  tcase_set_timeout (probes, 20);
  tcase_add_test (probes, answer_tells_our_address_and_the_round_trip);
  tcase_add_test (probes, lost_request_is_repeated_and_does_not_count_in_the_round_trip);
  tcase_add_test (probes, silence_fails_after_three_requests);
  tcase_add_test (probes, answers_of_strangers_and_rubbish_are_silence);
  tcase_add_test (probes, error_answer_tells_its_code);
  tcase_add_test (probes, answer_without_an_address_is_a_failure);
  tcase_add_test (probes, closed_port_is_told_at_once);
  tcase_add_test (probes, address_without_a_route_is_told_from_the_loop);
  tcase_add_test (probes, freed_probe_tells_nothing);
  suite_add_tcase (suite, probes);
  return lane_suite_run (suite);
}
