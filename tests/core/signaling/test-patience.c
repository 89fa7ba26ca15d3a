#include "signaling/patience.h"

#include "suite.h"
#include "timer.h"

typedef struct {
  GSource *slot;
  guint fired;
} Wait;

static gboolean
on_over (gpointer data)
{
  Wait *wait = data;

  lane_timer_clear (&wait->slot);
  wait->fired++;
  return G_SOURCE_REMOVE;
}

static void
run_for (GMainContext *context, const Wait *wait, gint64 us)
{
  gint64 end = g_get_monotonic_time () + us;

  while (wait->fired == 0 && g_get_monotonic_time () < end)
    g_main_context_iteration (context, FALSE);
}

START_TEST (patience_ends_at_its_limit)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Wait wait = { NULL };
  gint64 since = g_get_monotonic_time ();

  lane_patience_set (&wait.slot, context, 160, on_over, &wait);
  run_for (context, &wait, 2 * G_USEC_PER_SEC);
  ck_assert_uint_eq (wait.fired, 1);
  ck_assert_ptr_null (wait.slot);
  ck_assert_int_ge (g_get_monotonic_time () - since, 155 * 1000);
}
END_TEST

START_TEST (time_in_which_we_were_stopped_does_not_count)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Wait wait = { NULL };

  lane_patience_set (&wait.slot, context, 160, on_over, &wait);
  g_usleep (500 * 1000); /* stopped: this is what is tested */
  run_for (context, &wait, 80 * 1000);
  ck_assert_uint_eq (wait.fired, 0);
  run_for (context, &wait, 2 * G_USEC_PER_SEC);
  ck_assert_uint_eq (wait.fired, 1);
}
END_TEST

START_TEST (cleared_patience_never_ends)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Wait wait = { NULL };

  lane_patience_set (&wait.slot, context, 16, on_over, &wait);
  lane_timer_clear (&wait.slot);
  run_for (context, &wait, 50 * 1000);
  ck_assert_uint_eq (wait.fired, 0);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("patience");
  TCase *tcase = tcase_create ("patience");

  tcase_add_test (tcase, patience_ends_at_its_limit);
  tcase_add_test (tcase, time_in_which_we_were_stopped_does_not_count);
  tcase_add_test (tcase, cleared_patience_never_ends);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
