/* The user name and password of one [server] section, from wherever its keys say: the settings
 * themselves, a file, a command's first line, or a shared secret from which short-lived ones are
 * made (the "REST API for access to TURN services", coturn's use-auth-secret). */
#pragma once

#include "config.h"

typedef struct _LaneCredentials LaneCredentials;

/* They became known, failed to for another reason, or are other ones now. May free the credentials.
 * Never from within a function of these. */
typedef void (*LaneCredentialsChanged) (LaneCredentials *credentials, gpointer user_data);

/* Reads the file at once, as a start-up may; starts the command. @server must outlive it. */
LaneCredentials *
lane_credentials_new (GMainContext *context, const LaneServerConfig *server, guint command_ms,
                      LaneCredentialsChanged changed, gpointer user_data);
/* @server says the same as before, at another place in memory. */
void lane_credentials_move (LaneCredentials *credentials, const LaneServerConfig *server);
/* Whether two sections have the same ones. */
gboolean lane_credentials_equal (const LaneServerConfig *a, const LaneServerConfig *b);
/* Tries again, now, what failed; by itself it does so after 2 s, 4 s .. 5 min. */
void lane_credentials_retry (LaneCredentials *credentials);
/* A server refuses them: reads the file (once in a second at most) or asks the command (once in 10
 * s) anew. What is known stays in use until there is something else. */
void lane_credentials_reload (LaneCredentials *credentials);

gboolean lane_credentials_are_known (const LaneCredentials *credentials);
/* FALSE while unknown. @wall_us sets when short-lived ones end. The caller frees both. */
gboolean lane_credentials_make (LaneCredentials *credentials, gint64 wall_us, char **username,
                                char **password);
/* How long what lane_credentials_make() gives is good for; 0: for ever, or nobody knows. */
guint lane_credentials_get_ttl_s (const LaneCredentials *credentials);
/* The end of those that were made last, or of a user name that tells its own (`EXPIRY:NAME`), on
 * the wall clock; 0: none that is known. */
gint64 lane_credentials_get_expiry_us (const LaneCredentials *credentials);
/* When a link whose credentials have @left_us to go should move to new ones: with time to spare for
 * several tries, and spread so that a fleet does not do it at once. @chance: 0 .. 1. */
guint lane_credentials_renew_after_ms (gint64 left_us, double chance);
/* How long what lane_credentials_make() gives is good for; 0: for ever, or nobody knows. */
guint lane_credentials_get_ttl_s (const LaneCredentials *credentials);
/* The end of those that were made last, or of a user name that tells its own, on the wall clock; 0:
 * none is known. */
gint64 lane_credentials_get_expiry_us (const LaneCredentials *credentials);
/* Of a user name `EXPIRY[:NAME]`, which may be NULL; 0: it is another one. */
gint64 lane_credentials_read_expiry_us (const char *username);
/* When a link whose credentials have @left_us to go should move to new ones: with time to spare for
 * several tries, and spread so that a fleet does not move at once. @chance: 0 .. 1. */
guint lane_credentials_renew_after_ms (gint64 left_us, double chance);
/* Why there are none, for an operator; NULL while there may still be some. */
const char *lane_credentials_get_error (const LaneCredentials *credentials);
void lane_credentials_free (LaneCredentials *credentials);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneCredentials, lane_credentials_free)
