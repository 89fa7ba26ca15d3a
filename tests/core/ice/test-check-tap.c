/* Two transports on loopback: what libnice says of their pairs, and that nobody else hears it. */
#include "ice/transport.h"

#include <string.h>

#include "suite.h"

#define DEADLINE_US (5 * G_USEC_PER_SEC)

typedef struct _Side Side;
struct _Side {
  LaneTransport *transport;
  Side *other;
  guint steps[LANE_CHECK_STEP_NOMINATED + 1];
  guint closed;
};

static GMainContext *context;
static GString *written; /* what reached the log of the process */

static GLogWriterOutput
on_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      g_string_append_printf (written, "%s\n", (const char *)fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

static void
setup (void)
{
  written = g_string_new (NULL);
  g_log_set_writer_func (on_log, NULL, NULL);
  context = g_main_context_new ();
}

static void
teardown (void)
{
  g_main_context_unref (context);
  g_string_free (written, TRUE);
}

static void
on_local_candidate (LaneTransport *transport, const LaneCandidate *candidate, const char *server,
                    gpointer user_data)
{
  Side *side = user_data;

  if (side->other != NULL)
    lane_transport_add_remote_candidate (side->other->transport, candidate);
}

static void
on_check (LaneTransport *transport, const LaneCheckPair *pair, LaneCheckStep step,
          gpointer user_data)
{
  Side *side = user_data;

  side->steps[step]++;
}

static void
on_closed (gpointer data)
{
  Side *side = data;

  side->closed = 1;
}

static const LaneTransportEvents events = { .local_candidate = on_local_candidate,
                                            .check = on_check };

static void
side_open (Side *side, Side *other, gboolean controlling)
{
  const char *addresses[] = { "127.0.0.1", NULL };
  const LaneTransportOptions options = { .controlling = controlling, .addresses = addresses };

  *side = (Side){ .other = other };
  side->transport = lane_transport_new (context, &options, &events, side, NULL);
  ck_assert_ptr_nonnull (side->transport);
}

static void
wait_for (const guint *counter)
{
  gint64 end_us = g_get_monotonic_time () + DEADLINE_US;

  while (*counter == 0 && g_get_monotonic_time () < end_us) {
    g_main_context_iteration (context, FALSE);
    g_usleep (100);
  }
  ck_assert_uint_ne (*counter, 0);
}

static void
side_close (Side *side)
{
  lane_transport_free (side->transport, on_closed, side);
  wait_for (&side->closed);
}

static void
link_two (Side *a, Side *b)
{
  side_open (a, b, TRUE);
  side_open (b, a, FALSE);
  ck_assert (lane_transport_start (a->transport, NULL));
  ck_assert (lane_transport_start (b->transport, NULL));
  lane_transport_set_remote (b->transport, lane_transport_get_ufrag (a->transport),
                             lane_transport_get_password (a->transport));
  lane_transport_set_remote (a->transport, lane_transport_get_ufrag (b->transport),
                             lane_transport_get_password (b->transport));
  wait_for (&a->steps[LANE_CHECK_STEP_NOMINATED]);
  wait_for (&b->steps[LANE_CHECK_STEP_NOMINATED]);
}

START_TEST (the_pair_of_each_agent_goes_to_its_own_log)
{
  Side a, b;

  link_two (&a, &b);
  for (Side *side = &a; side != NULL; side = side == &a ? &b : NULL) {
    const LaneCheckLog *log = lane_transport_get_checks (side->transport);
    g_autoptr (GArray) pairs = lane_check_log_get_pairs (log);
    const LaneCheckPair *pair = &g_array_index (pairs, LaneCheckPair, 0);

    ck_assert (lane_check_log_is_coherent (log));
    ck_assert_uint_eq (pairs->len, 1);
    ck_assert_int_eq (pair->state, LANE_CHECK_ANSWERED);
    ck_assert_uint_ge (pair->sent, 1);
    ck_assert_uint_eq (pair->local.port, lane_transport_get_pair (side->transport)->local.port);
    ck_assert_uint_eq (side->steps[LANE_CHECK_STEP_FORMED], 1);
    ck_assert_uint_eq (side->steps[LANE_CHECK_STEP_ANSWERED], 1);
  }
  side_close (&a);
  side_close (&b);
}
END_TEST

START_TEST (no_password_reaches_the_log_of_the_process)
{
  g_autofree char *password = NULL;
  Side a, b;

  link_two (&a, &b);
  g_log ("libnice", G_LOG_LEVEL_WARNING, "%s", "a warning still does");
  password = g_strdup (lane_transport_get_password (a.transport));
  side_close (&a);
  side_close (&b);
  ck_assert_ptr_nonnull (strstr (written->str, "a warning still does"));
  ck_assert_ptr_null (strstr (written->str, password));
  ck_assert_ptr_null (strstr (written->str, "STUN-CC"));
}
END_TEST

/* The kernel refuses to send to a broadcast address. */
START_TEST (a_check_that_the_host_refuses_to_send_is_not_counted)
{
  const LaneCandidate far = { .type = LANE_CANDIDATE_HOST,
                              .foundation = "1",
                              .priority = 2130706431,
                              .address = "127.255.255.255",
                              .port = 9 };
  g_autoptr (GArray) pairs = NULL;
  Side a;

  side_open (&a, NULL, TRUE);
  ck_assert (lane_transport_start (a.transport, NULL));
  lane_transport_set_remote (a.transport, "abcd", "0123456789012345678901");
  ck_assert (lane_transport_add_remote_candidate (a.transport, &far));
  wait_for (&a.steps[LANE_CHECK_STEP_FAILED]);
  pairs = lane_check_log_get_pairs (lane_transport_get_checks (a.transport));
  ck_assert_uint_eq (pairs->len, 1);
  ck_assert_int_eq (g_array_index (pairs, LaneCheckPair, 0).failure, LANE_CHECK_FAILURE_UNSENT);
  ck_assert_uint_eq (g_array_index (pairs, LaneCheckPair, 0).sent, 0);
  side_close (&a);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("check-tap");
  TCase *loopback = tcase_create ("loopback");

  tcase_add_checked_fixture (loopback, setup, teardown);
  tcase_set_timeout (loopback, 30);
  tcase_add_test (loopback, the_pair_of_each_agent_goes_to_its_own_log);
  tcase_add_test (loopback, no_password_reaches_the_log_of_the_process);
  tcase_add_test (loopback, a_check_that_the_host_refuses_to_send_is_not_counted);
  suite_add_tcase (suite, loopback);
  return lane_suite_run (suite);
}
