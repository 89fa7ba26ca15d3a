#include "mailbox.h"

#include <string.h>

#include "token-bucket.h"

#define PAST_BOOTS 8

struct _LaneMailbox {
  LaneIdentity *identity;
  char *boot;
  char *peer_id;
  char *peer_boot;  /* as presence or a verified envelope told it; NULL = offline */
  char *known_boot; /* the last one that was not NULL */
  char *heard_boot; /* the run that signed what we took last; `heard` counts for it */
  guint64 heard;    /* the highest sequence taken from it */
  guint64 written;
  char *past[PAST_BOOTS]; /* runs of the peer that ended: whatever still arrives of them is a replay
                           */
  guint next_past;
  LaneTokenBucket messages, offers;
};

G_DEFINE_QUARK (lane_mailbox_error, lane_mailbox_error)

static gboolean
is_past (const LaneMailbox *mailbox, const char *boot)
{
  for (guint i = 0; i < PAST_BOOTS; i++)
    if (g_strcmp0 (mailbox->past[i], boot) == 0)
      return TRUE;
  return FALSE;
}

/* Presence speaks of a newer run. It is not signed, so it only makes us deaf to the older one while
 * it lasts; what the peer signs is what puts a run among the past ones for good. */
static gboolean
is_overtaken (const LaneMailbox *mailbox, const char *boot)
{
  return mailbox->peer_boot != NULL && g_strcmp0 (boot, mailbox->peer_boot) != 0
         && g_strcmp0 (boot, mailbox->heard_boot) == 0;
}

static void
remember_past (LaneMailbox *mailbox, const char *boot)
{
  if (boot == NULL || is_past (mailbox, boot))
    return;
  g_free (mailbox->past[mailbox->next_past]);
  mailbox->past[mailbox->next_past] = g_strdup (boot);
  mailbox->next_past = (mailbox->next_past + 1) % PAST_BOOTS;
}

LaneMailbox *
lane_mailbox_new (LaneIdentity *identity, const char *boot, const char *peer_id)
{
  LaneMailbox *mailbox = g_new0 (LaneMailbox, 1);

  mailbox->identity = lane_identity_ref (identity);
  mailbox->boot = g_strdup (boot);
  mailbox->peer_id = g_strdup (peer_id);
  mailbox->messages = (LaneTokenBucket)LANE_TOKEN_BUCKET (20, 40);
  mailbox->offers = (LaneTokenBucket)LANE_TOKEN_BUCKET (2, 10);
  return mailbox;
}

void
lane_mailbox_free (LaneMailbox *mailbox)
{
  if (mailbox == NULL)
    return;
  lane_identity_unref (mailbox->identity);
  g_free (mailbox->boot);
  g_free (mailbox->peer_id);
  g_free (mailbox->peer_boot);
  g_free (mailbox->known_boot);
  g_free (mailbox->heard_boot);
  for (guint i = 0; i < PAST_BOOTS; i++)
    g_free (mailbox->past[i]);
  g_free (mailbox);
}

gboolean
lane_mailbox_set_peer_boot (LaneMailbox *mailbox, const char *boot)
{
  gboolean other = boot != NULL && g_strcmp0 (boot, mailbox->known_boot) != 0;

  g_free (mailbox->peer_boot);
  mailbox->peer_boot = g_strdup (boot);
  if (other) {
    g_free (mailbox->known_boot);
    mailbox->known_boot = g_strdup (boot);
  }
  return other;
}

const char *
lane_mailbox_get_peer_boot (const LaneMailbox *mailbox)
{
  return mailbox->peer_boot;
}

char *
lane_mailbox_seal (LaneMailbox *mailbox, const char *session, const LaneMessage *message,
                   GError **error)
{
  g_autofree char *payload = lane_message_format_payload (message);
  LaneEnvelope envelope = {
    .type = (char *)lane_message_type_to_string (message->type),
    .to = mailbox->peer_id,
    .boot = mailbox->boot,
    .nonce = mailbox->peer_boot,
    .session = (char *)session,
    .sequence = mailbox->written + 1,
    .payload = payload,
  };

  if (mailbox->peer_boot == NULL) {
    g_set_error (error, LANE_MAILBOX_ERROR, LANE_MAILBOX_ERROR_OFFLINE, "the peer is offline");
    return NULL;
  }
  mailbox->written++;
  return lane_envelope_sign (&envelope, mailbox->identity, error);
}

static gboolean
is_for_us_and_new (LaneMailbox *mailbox, const LaneEnvelope *envelope, GError **error)
{
  const char *refusal = NULL;

  if (strcmp (envelope->to, lane_identity_get_id (mailbox->identity)) != 0)
    refusal = "is addressed to another node";
  else if (strcmp (envelope->nonce, mailbox->boot) != 0)
    refusal = "was meant for an earlier run of this node";
  else if (is_past (mailbox, envelope->boot) || is_overtaken (mailbox, envelope->boot))
    refusal = "is left over from an earlier run of the peer";
  if (refusal != NULL) {
    g_set_error (error, LANE_MAILBOX_ERROR, LANE_MAILBOX_ERROR_REFUSED, "a signed %s %s",
                 envelope->type, refusal);
    return FALSE;
  }

  if (g_strcmp0 (envelope->boot, mailbox->heard_boot) == 0
      && envelope->sequence <= mailbox->heard) {
    g_set_error (error, LANE_MAILBOX_ERROR, LANE_MAILBOX_ERROR_DUPLICATE,
                 "%s number %" G_GUINT64_FORMAT " was received before", envelope->type,
                 envelope->sequence);
    return FALSE;
  }
  return TRUE;
}

LaneMessage *
lane_mailbox_open (LaneMailbox *mailbox, const LaneEnvelope *envelope, gint64 now_us,
                   GError **error)
{
  gboolean is_offer = strcmp (envelope->type, "offer") == 0;

  if (!is_for_us_and_new (mailbox, envelope, error))
    return NULL;

  if (!lane_token_bucket_take (&mailbox->messages, now_us)
      || (is_offer && !lane_token_bucket_take (&mailbox->offers, now_us))) {
    g_set_error (error, LANE_MAILBOX_ERROR, LANE_MAILBOX_ERROR_LIMIT,
                 "the peer sends more %s than a link needs", is_offer ? "offers" : "messages");
    return NULL;
  }

  if (!lane_envelope_verify (envelope, error))
    return NULL;

  if (g_strcmp0 (envelope->boot, mailbox->heard_boot) != 0) {
    remember_past (mailbox, mailbox->heard_boot);
    g_free (mailbox->heard_boot);
    mailbox->heard_boot = g_strdup (envelope->boot);
    lane_mailbox_set_peer_boot (mailbox, envelope->boot);
  }
  mailbox->heard = envelope->sequence;
  return lane_message_parse (envelope->type, envelope->payload, error);
}
