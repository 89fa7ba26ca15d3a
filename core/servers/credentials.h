/* The user name and password of one [server] section, from wherever its keys say: the settings
 * themselves, a file, a command's first line, or a shared secret from which short-lived ones are
 * made (the "REST API for access to TURN services", coturn's use-auth-secret). */
#pragma once

#include "config.h"

typedef struct _LaneCredentials LaneCredentials;

/* They became known, or failed to. Never from within lane_credentials_new(). */
typedef void (*LaneCredentialsChanged) (LaneCredentials *credentials, gpointer user_data);

/* Reads the file at once, as a start-up may; starts the command. @server must outlive it. */
LaneCredentials *
lane_credentials_new (GMainContext *context, const LaneServerConfig *server, guint command_ms,
                      LaneCredentialsChanged changed, gpointer user_data);
/* @server says the same as before, at another place in memory. */
void lane_credentials_move (LaneCredentials *credentials, const LaneServerConfig *server);
/* Whether two sections have the same ones. */
gboolean lane_credentials_equal (const LaneServerConfig *a, const LaneServerConfig *b);
/* Tries again what failed. */
void lane_credentials_retry (LaneCredentials *credentials);

/* FALSE while unknown. @wall_us sets when short-lived ones end. The caller frees both. */
gboolean lane_credentials_make (const LaneCredentials *credentials, gint64 wall_us, char **username,
                                char **password);
/* Why there are none, for an operator; NULL while there may still be some. */
const char *lane_credentials_get_error (const LaneCredentials *credentials);
void lane_credentials_free (LaneCredentials *credentials);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneCredentials, lane_credentials_free)
