#include "mailbox.h"

#include "../suite.h"

#define BOOT_A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define BOOT_B  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define BOOT_B2 "cccccccccccccccccccccccccccccccc"
#define SESSION "0123456789abcdef0123456789abcdef"

typedef struct {
  LaneIdentity *a, *b;
  LaneMailbox *at_a; /* A's post with B */
  LaneMailbox *at_b;
} Post;

static LaneMailbox *
mailbox (LaneIdentity *self, const char *boot, LaneIdentity *peer, const char *peer_boot)
{
  LaneMailbox *box = lane_mailbox_new (self, boot, lane_identity_get_id (peer));

  lane_mailbox_set_peer_boot (box, peer_boot);
  return box;
}

static Post
post_new (void)
{
  Post post = { .a = lane_identity_generate (), .b = lane_identity_generate () };

  post.at_a = mailbox (post.a, BOOT_A, post.b, BOOT_B);
  post.at_b = mailbox (post.b, BOOT_B, post.a, BOOT_A);
  return post;
}

static void
post_clear (Post *post)
{
  lane_mailbox_free (post->at_a);
  lane_mailbox_free (post->at_b);
  lane_identity_unref (post->a);
  lane_identity_unref (post->b);
}

static LaneEnvelope *
write_bye (LaneMailbox *from)
{
  g_autoptr (LaneMessage) bye = lane_message_new (LANE_MESSAGE_BYE);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  LaneEnvelope *envelope;

  g_free (bye->reason);
  bye->reason = g_strdup ("off");
  text = lane_mailbox_seal (from, SESSION, bye, &error);
  ck_assert_msg (text != NULL, "%s", error != NULL ? error->message : "");
  envelope = lane_envelope_parse (text, strlen (text), &error);
  ck_assert_msg (envelope != NULL, "%s", error != NULL ? error->message : "");
  return envelope;
}

static void
assert_refused (LaneMailbox *at, const LaneEnvelope *envelope, LaneMailboxError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneMessage) message = lane_mailbox_open (at, envelope, 0, &error);

  ck_assert_ptr_null (message);
  ck_assert_msg (g_error_matches (error, LANE_MAILBOX_ERROR, (int)code), "%s", error->message);
}

static void
assert_taken (LaneMailbox *at, const LaneEnvelope *envelope)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneMessage) message = lane_mailbox_open (at, envelope, 0, &error);

  ck_assert_msg (message != NULL, "%s", error != NULL ? error->message : "");
  ck_assert_str_eq (message->reason, "off");
}

START_TEST (message_arrives_once)
{
  Post post = post_new ();
  g_autoptr (LaneEnvelope) envelope = write_bye (post.at_a);

  assert_taken (post.at_b, envelope);
  assert_refused (post.at_b, envelope, LANE_MAILBOX_ERROR_DUPLICATE);
  post_clear (&post);
}
END_TEST

START_TEST (older_message_is_refused_after_a_newer_one)
{
  Post post = post_new ();
  g_autoptr (LaneEnvelope) first = write_bye (post.at_a);
  g_autoptr (LaneEnvelope) second = write_bye (post.at_a);

  assert_taken (post.at_b, second);
  assert_refused (post.at_b, first, LANE_MAILBOX_ERROR_DUPLICATE);
  post_clear (&post);
}
END_TEST

START_TEST (message_to_an_earlier_run_of_ours_is_refused)
{
  Post post = post_new ();
  g_autoptr (LaneEnvelope) envelope = write_bye (post.at_a);
  LaneMailbox *restarted = mailbox (post.b, BOOT_B2, post.a, BOOT_A);

  assert_refused (restarted, envelope, LANE_MAILBOX_ERROR_REFUSED);
  lane_mailbox_free (restarted);
  post_clear (&post);
}
END_TEST

START_TEST (what_an_ended_run_signed_is_refused_for_good)
{
  Post post = post_new ();
  LaneMailbox *rerun = mailbox (post.b, BOOT_B2, post.a, BOOT_A);
  g_autoptr (LaneEnvelope) seen = write_bye (post.at_b);
  g_autoptr (LaneEnvelope) withheld = write_bye (post.at_b);
  g_autoptr (LaneEnvelope) fresh = write_bye (rerun);

  assert_taken (post.at_a, seen);
  assert_taken (post.at_a, fresh);
  ck_assert_str_eq (lane_mailbox_get_peer_boot (post.at_a), BOOT_B2);
  assert_refused (post.at_a, withheld, LANE_MAILBOX_ERROR_REFUSED);
  ck_assert_str_eq (lane_mailbox_get_peer_boot (post.at_a), BOOT_B2);
  lane_mailbox_free (rerun);
  post_clear (&post);
}
END_TEST

START_TEST (lying_presence_does_not_ban_the_true_run)
{
  Post post = post_new ();
  g_autoptr (LaneEnvelope) first = write_bye (post.at_b);
  g_autoptr (LaneEnvelope) second = write_bye (post.at_b);

  assert_taken (post.at_a, first);
  ck_assert (lane_mailbox_set_peer_boot (post.at_a, BOOT_B2));
  assert_refused (post.at_a, second, LANE_MAILBOX_ERROR_REFUSED);
  ck_assert (lane_mailbox_set_peer_boot (post.at_a, BOOT_B));
  assert_taken (post.at_a, second);
  post_clear (&post);
}
END_TEST

START_TEST (tampered_payload_is_refused_and_leaves_no_trace)
{
  Post post = post_new ();
  g_autoptr (LaneEnvelope) envelope = write_bye (post.at_a);
  g_autoptr (LaneEnvelope) good = write_bye (post.at_a);
  g_autoptr (GError) error = NULL;

  g_free (envelope->payload);
  envelope->payload = g_strdup ("{\"reason\":\"stop\"}");
  ck_assert_ptr_null (lane_mailbox_open (post.at_b, envelope, 0, &error));
  ck_assert (g_error_matches (error, LANE_ENVELOPE_ERROR, LANE_ENVELOPE_ERROR_SIGNATURE));
  assert_taken (post.at_b, good);
  post_clear (&post);
}
END_TEST

START_TEST (flood_is_limited_and_recovers)
{
  Post post = post_new ();
  guint taken = 0;

  for (guint i = 0; i < 60; i++) {
    g_autoptr (LaneEnvelope) envelope = write_bye (post.at_a);
    g_autoptr (LaneMessage) message = lane_mailbox_open (post.at_b, envelope, 1, NULL);

    taken += message != NULL;
  }
  ck_assert_uint_eq (taken, 40);
  {
    g_autoptr (LaneEnvelope) envelope = write_bye (post.at_a);
    g_autoptr (LaneMessage) message = lane_mailbox_open (post.at_b, envelope, G_USEC_PER_SEC, NULL);

    ck_assert_ptr_nonnull (message);
  }
  post_clear (&post);
}
END_TEST

START_TEST (offline_peer_cannot_be_written_to)
{
  Post post = post_new ();
  g_autoptr (LaneMessage) bye = lane_message_new (LANE_MESSAGE_BYE);
  g_autoptr (GError) error = NULL;

  bye->reason = g_strdup ("off");
  lane_mailbox_set_peer_boot (post.at_a, NULL);
  ck_assert_ptr_null (lane_mailbox_seal (post.at_a, SESSION, bye, &error));
  ck_assert (g_error_matches (error, LANE_MAILBOX_ERROR, LANE_MAILBOX_ERROR_OFFLINE));
  post_clear (&post);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("mailbox");
  TCase *tcase = tcase_create ("post");

  tcase_add_test (tcase, message_arrives_once);
  tcase_add_test (tcase, older_message_is_refused_after_a_newer_one);
  tcase_add_test (tcase, message_to_an_earlier_run_of_ours_is_refused);
  tcase_add_test (tcase, what_an_ended_run_signed_is_refused_for_good);
  tcase_add_test (tcase, lying_presence_does_not_ban_the_true_run);
  tcase_add_test (tcase, tampered_payload_is_refused_and_leaves_no_trace);
  tcase_add_test (tcase, flood_is_limited_and_recovers);
  tcase_add_test (tcase, offline_peer_cannot_be_written_to);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
