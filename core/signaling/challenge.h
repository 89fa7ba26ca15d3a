/* The challenges a rendezvous gave out: each for one id, good once and for 10 s. */
#pragma once

#include <gio/gio.h>

typedef struct _LaneChallenges LaneChallenges;

LaneChallenges *lane_challenges_new (void);
/* 32 random bytes in base64url without padding. @source (may be NULL) is who asks: beyond 32 open
 * ones from there, or 4096 in all, the oldest go. @now: g_get_monotonic_time(). */
char *
lane_challenges_issue (LaneChallenges *challenges, const char *id, const char *source, gint64 now);
/* TRUE when @text was given to @id, still holds, and was not used: it is used now. */
gboolean
lane_challenges_redeem (LaneChallenges *challenges, const char *text, const char *id, gint64 now);
void lane_challenges_free (LaneChallenges *challenges);

/* What the owner of an id signs to prove it. */
GBytes *lane_challenge_statement (const char *challenge, const char *boot);
/* Also good for other secrets that must not be guessed. */
char *lane_challenge_random (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneChallenges, lane_challenges_free)
