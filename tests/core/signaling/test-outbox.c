#include "suite.h"

#include <string.h>

#include "signaling/outbox.h"

#define SECOND G_USEC_PER_SEC

static char *
envelope (char letter, gsize length)
{
  char *text = g_malloc (length + 1);

  memset (text, letter, length);
  text[length] = '\0';
  return text;
}

START_TEST (what_waits_goes_out_together_and_in_order)
{
  g_autoptr (LaneOutbox) outbox = lane_outbox_new ();
  g_autofree char *first = NULL, *none = NULL;

  lane_outbox_push (outbox, "a", "{1}", 0);
  lane_outbox_push (outbox, "b", "{2}", 0);
  lane_outbox_push (outbox, "a", "{3}", 0);
  first = lane_outbox_take (outbox, 1);
  ck_assert_str_eq (first, "{\"messages\":[{1},{2},{3}]}");
  ck_assert (!lane_outbox_is_empty (outbox));
  lane_outbox_settle (outbox);
  ck_assert (lane_outbox_is_empty (outbox));
  none = lane_outbox_take (outbox, 2);
  ck_assert_ptr_null (none);
  ck_assert_ptr_null (lane_outbox_take_missed (outbox));
}
END_TEST

START_TEST (unanswered_batch_goes_out_again_before_the_rest)
{
  g_autoptr (LaneOutbox) outbox = lane_outbox_new ();
  g_autofree char *first = NULL, *again = NULL;

  lane_outbox_push (outbox, "a", "{1}", 0);
  lane_outbox_push (outbox, "a", "{2}", 0);
  first = lane_outbox_take (outbox, 1);
  lane_outbox_push (outbox, "a", "{3}", 1);
  lane_outbox_put_back (outbox);
  again = lane_outbox_take (outbox, 2);
  ck_assert_str_eq (again, "{\"messages\":[{1},{2},{3}]}");
}
END_TEST

START_TEST (batch_is_small_but_one_envelope_always_goes)
{
  g_autoptr (LaneOutbox) outbox = lane_outbox_new ();
  g_autofree char *small = envelope ('s', 10 * 1024), *large = envelope ('l', 64 * 1024);
  g_autofree char *first = NULL, *second = NULL, *third = NULL;

  lane_outbox_push (outbox, "a", small, 0);
  lane_outbox_push (outbox, "a", large, 0);
  lane_outbox_push (outbox, "a", small, 0);
  first = lane_outbox_take (outbox, 1);
  lane_outbox_settle (outbox);
  second = lane_outbox_take (outbox, 1);
  lane_outbox_settle (outbox);
  third = lane_outbox_take (outbox, 1);
  ck_assert_uint_lt (strlen (first), 11 * 1024);
  ck_assert_uint_gt (strlen (second), 64 * 1024);
  ck_assert_uint_lt (strlen (third), 11 * 1024);
}
END_TEST

START_TEST (envelope_older_than_10_s_is_missed_not_sent)
{
  g_autoptr (LaneOutbox) outbox = lane_outbox_new ();
  g_auto (GStrv) missed = NULL;
  g_autofree char *body = NULL;

  lane_outbox_push (outbox, "a", "{1}", 0);
  lane_outbox_push (outbox, "b", "{2}", 5 * SECOND);
  ck_assert_int_eq (lane_outbox_get_expiry (outbox), 10 * SECOND);
  body = lane_outbox_take (outbox, 10 * SECOND);
  ck_assert_str_eq (body, "{\"messages\":[{2}]}");
  missed = lane_outbox_take_missed (outbox);
  ck_assert_ptr_nonnull (missed);
  ck_assert_str_eq (missed[0], "a");
  ck_assert_ptr_null (missed[1]);
}
END_TEST

START_TEST (beyond_256_kib_the_oldest_goes)
{
  g_autoptr (LaneOutbox) outbox = lane_outbox_new ();
  g_autofree char *large = envelope ('x', 64 * 1024), *too_large = envelope ('x', 64 * 1024 + 1);
  g_auto (GStrv) missed = NULL;

  lane_outbox_push (outbox, "first", "{1}", 0);
  for (int i = 0; i < 3; i++)
    lane_outbox_push (outbox, "rest", large, 0);
  ck_assert (!lane_outbox_has_missed (outbox));
  lane_outbox_push (outbox, "rest", large, 0); /* exactly 256 KiB with "{1}" gone */
  lane_outbox_push (outbox, "too-large", too_large, 0);
  missed = lane_outbox_take_missed (outbox);
  ck_assert_str_eq (missed[0], "first");
  ck_assert_str_eq (missed[1], "too-large");
  ck_assert_ptr_null (missed[2]);
}
END_TEST

START_TEST (refused_batch_is_missed_once_per_recipient)
{
  g_autoptr (LaneOutbox) outbox = lane_outbox_new ();
  g_auto (GStrv) missed = NULL;
  g_autofree char *body = NULL;

  lane_outbox_push (outbox, "a", "{1}", 0);
  lane_outbox_push (outbox, "a", "{2}", 0);
  body = lane_outbox_take (outbox, 1);
  lane_outbox_give_up (outbox);
  ck_assert (lane_outbox_is_empty (outbox));
  missed = lane_outbox_take_missed (outbox);
  ck_assert_uint_eq (g_strv_length (missed), 1);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("outbox");
  TCase *tcase = tcase_create ("outbox");

  tcase_add_test (tcase, what_waits_goes_out_together_and_in_order);
  tcase_add_test (tcase, unanswered_batch_goes_out_again_before_the_rest);
  tcase_add_test (tcase, batch_is_small_but_one_envelope_always_goes);
  tcase_add_test (tcase, envelope_older_than_10_s_is_missed_not_sent);
  tcase_add_test (tcase, beyond_256_kib_the_oldest_goes);
  tcase_add_test (tcase, refused_batch_is_missed_once_per_recipient);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
