#include "signaling/challenge.h"

#include <gnutls/crypto.h>
#include <string.h>

#define LIFE_US        (10 * G_USEC_PER_SEC)
#define MAX_OPEN       4096
#define MAX_PER_SOURCE 32
#define RANDOM_BYTES   32

static const char label[] = "icelane-rendezvous-1"; /* signed with its NUL */

typedef struct {
  char *text, *id, *source;
  gint64 ends;
} Challenge;

struct _LaneChallenges {
  GQueue open; /* of Challenge, oldest first */
};

static void
challenge_free (Challenge *challenge)
{
  g_free (challenge->text);
  g_free (challenge->id);
  g_free (challenge->source);
  g_free (challenge);
}

static void
forget (LaneChallenges *challenges, GList *link)
{
  challenge_free (link->data);
  g_queue_delete_link (&challenges->open, link);
}

static void
make_room (LaneChallenges *challenges, const char *source, gint64 now)
{
  GList *oldest_of_source = NULL;
  guint of_source = 0;

  while (challenges->open.head != NULL
         && (((Challenge *)challenges->open.head->data)->ends <= now
             || challenges->open.length >= MAX_OPEN))
    forget (challenges, challenges->open.head);

  if (source == NULL)
    return;
  for (GList *link = challenges->open.tail; link != NULL; link = link->prev) {
    if (g_strcmp0 (((Challenge *)link->data)->source, source) == 0) {
      oldest_of_source = link;
      of_source++;
    }
  }
  if (of_source >= MAX_PER_SOURCE)
    forget (challenges, oldest_of_source);
}

LaneChallenges *
lane_challenges_new (void)
{
  LaneChallenges *challenges = g_new0 (LaneChallenges, 1);

  g_queue_init (&challenges->open);
  return challenges;
}

char *
lane_challenges_issue (LaneChallenges *challenges, const char *id, const char *source, gint64 now)
{
  Challenge *challenge = g_new0 (Challenge, 1);

  make_room (challenges, source, now);
  challenge->text = lane_challenge_random ();
  challenge->id = g_strdup (id);
  challenge->source = g_strdup (source);
  challenge->ends = now + LIFE_US;
  g_queue_push_tail (&challenges->open, challenge);
  return g_strdup (challenge->text);
}

gboolean
lane_challenges_redeem (LaneChallenges *challenges, const char *text, const char *id, gint64 now)
{
  for (GList *link = challenges->open.head; link != NULL; link = link->next) {
    Challenge *challenge = link->data;
    gboolean good;

    if (strcmp (challenge->text, text) != 0)
      continue;
    good = challenge->ends > now && strcmp (challenge->id, id) == 0;
    forget (challenges, link);
    return good;
  }
  return FALSE;
}

void
lane_challenges_free (LaneChallenges *challenges)
{
  if (challenges == NULL)
    return;
  g_queue_clear_full (&challenges->open, (GDestroyNotify)challenge_free);
  g_free (challenges);
}

GBytes *
lane_challenge_statement (const char *challenge, const char *boot)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *)label, sizeof label);
  g_byte_array_append (bytes, (const guint8 *)challenge, (guint)strlen (challenge) + 1);
  g_byte_array_append (bytes, (const guint8 *)boot, (guint)strlen (boot));
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

char *
lane_challenge_random (void)
{
  guint8 bytes[RANDOM_BYTES];
  char *text;

  if (gnutls_rnd (GNUTLS_RND_RANDOM, bytes, sizeof bytes) != 0)
    g_error ("no random numbers to be had");
  text = g_base64_encode (bytes, sizeof bytes);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  *strchr (text, '=') = '\0';
  return text;
}
