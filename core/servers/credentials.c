#include "servers/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret-command.h"
#include "timer.h"

#define SECRET_MAX     4096 /* a value of the configuration is not longer either */
#define SHA1_BYTES     20
#define RETRY_MIN_MS   2000
#define RETRY_MAX_MS   (5 * 60 * 1000)
#define FILE_GAP_US    G_USEC_PER_SEC
#define COMMAND_GAP_US (10 * G_USEC_PER_SEC)
#define RENEW_MIN_MS   1000
#define RENEW_LATE_MS  30000 /* they are over; the path may outlive them for a while */

#define RENEW_SHARE_MIN 0.55
#define RENEW_SHARE_MAX 0.80

/* Of the seconds since 1970 in a user name: from 1973 on. */
#define EXPIRY_DIGITS_MIN 9
#define EXPIRY_DIGITS_MAX 11

struct _LaneCredentials {
  GMainContext *context;
  const LaneServerConfig *server;
  guint command_ms;
  char *secret;           /* the password, or what passwords are made from; NULL: unknown */
  char *error;            /* of the last attempt to learn it */
  LaneSecretCommand *run; /* NULL: none runs */
  gboolean started;       /* changes may be told */
  GSource *retry;
  guint retry_ms;      /* until the attempt after the next failure */
  gint64 reloaded_us;  /* monotonic; 0: never */
  gint64 made_until_s; /* wall clock: the end of those made last; 0: none were */
  LaneCredentialsChanged changed;
  gpointer user_data;
};

/* What is read from outside of the settings may be another one next time. */
static gboolean
can_change (const LaneCredentials *credentials)
{
  const LaneServerConfig *server = credentials->server;

  return server->password_command != NULL || server->auth_secret_command != NULL
         || server->password_file != NULL;
}

static void load (LaneCredentials *credentials);

static gboolean
on_retry (gpointer user_data)
{
  LaneCredentials *credentials = user_data;

  lane_timer_clear (&credentials->retry);
  load (credentials);
  return G_SOURCE_REMOVE;
}

/* Every attempt ends in fail() or take(). What was known before a failure stays in use. */

static void
tell (LaneCredentials *credentials)
{
  if (credentials->started)
    credentials->changed (credentials, credentials->user_data);
}

static void
fail (LaneCredentials *credentials, const char *key, const char *why)
{
  g_autofree char *error = g_strdup_printf ("%s: %s", key, why);
  gboolean news = credentials->secret == NULL && g_strcmp0 (error, credentials->error) != 0;

  g_free (credentials->error);
  credentials->error = g_steal_pointer (&error);
  if (can_change (credentials))
    lane_timer_set (&credentials->retry, credentials->context,
                    lane_timer_jitter (credentials->retry_ms), on_retry, credentials);
  credentials->retry_ms = MIN (credentials->retry_ms * 2, RETRY_MAX_MS);
  if (news)
    tell (credentials);
}

/* Takes @secret over. */
static void
take (LaneCredentials *credentials, char *secret)
{
  gboolean news = g_strcmp0 (secret, credentials->secret) != 0;

  lane_secret_wipe (&credentials->secret);
  credentials->secret = secret;
  g_clear_pointer (&credentials->error, g_free);
  credentials->retry_ms = RETRY_MIN_MS;
  if (news)
    tell (credentials);
}

static void
take_first_line (LaneCredentials *credentials, const char *key, const char *data, gsize length)
{
  char *secret = lane_secret_first_line (data, length);

  if (secret == NULL)
    fail (credentials, key, "its first line is empty or too long");
  else
    take (credentials, secret);
}

/* How much was read; -1 with @why otherwise. */
static gssize
read_regular_file (const char *path, char *data, gsize size, const char **why)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  gssize got = -1;

  if (fd < 0 || fstat (fd, &status) != 0)
    *why = g_strerror (errno);
  else if (!S_ISREG (status.st_mode))
    *why = "not a regular file";
  else if ((got = TEMP_FAILURE_RETRY (read (fd, data, size))) < 0)
    *why = g_strerror (errno);
  if (fd >= 0)
    close (fd);
  return got;
}

static void
read_secret_file (LaneCredentials *credentials)
{
  static const char key[] = "password-file";
  char data[SECRET_MAX + 2];
  const char *why = NULL;
  gssize got = read_regular_file (credentials->server->password_file, data, sizeof data, &why);

  if (got < 0)
    fail (credentials, key, why);
  else
    take_first_line (credentials, key, data, got);
  explicit_bzero (data, sizeof data);
}

static void
decode_base64 (LaneCredentials *credentials)
{
  gsize length = 0;
  g_autofree guchar *data = g_base64_decode (credentials->server->password_b64, &length);
  char *secret;

  if (length == 0 || length > SECRET_MAX || memchr (data, '\0', length) != NULL) {
    fail (credentials, "password-b64", "not the base64 of a password");
    return;
  }
  secret = g_strndup ((const char *)data, length);
  explicit_bzero (data, length);
  take (credentials, secret);
}

static const char *
command_key (const LaneCredentials *credentials)
{
  return credentials->server->password_command != NULL ? "password-command" : "auth-secret-command";
}

static const char *
command_of (const LaneCredentials *credentials)
{
  return credentials->server->password_command != NULL ? credentials->server->password_command
                                                       : credentials->server->auth_secret_command;
}

static void
on_command_done (LaneSecretCommand *run, const char *line, const char *why, gpointer user_data)
{
  LaneCredentials *credentials = user_data;

  g_clear_pointer (&credentials->run, lane_secret_command_free);
  if (line != NULL)
    take (credentials, g_strdup (line));
  else
    fail (credentials, command_key (credentials), why);
}

static void
run_command (LaneCredentials *credentials)
{
  g_autoptr (GError) error = NULL;

  credentials->run =
      lane_secret_command_run (credentials->context, command_of (credentials),
                               credentials->command_ms, on_command_done, credentials, &error);
  if (credentials->run == NULL)
    fail (credentials, command_key (credentials), error->message);
}

static void
load (LaneCredentials *credentials)
{
  const LaneServerConfig *server = credentials->server;

  if (credentials->run != NULL)
    return;
  if (server->password_command != NULL || server->auth_secret_command != NULL)
    run_command (credentials);
  else if (server->password_file != NULL)
    read_secret_file (credentials);
  else if (server->password_b64 != NULL)
    decode_base64 (credentials);
  else if (server->password != NULL || server->auth_secret != NULL)
    take (credentials,
          g_strdup (server->password != NULL ? server->password : server->auth_secret));
  else
    fail (credentials, "password", "none is configured");
}

static void
load_soon (LaneCredentials *credentials)
{
  lane_timer_set (&credentials->retry, credentials->context, 0, on_retry, credentials);
}

static gboolean
makes_short_lived (const LaneCredentials *credentials)
{
  const LaneServerConfig *server = credentials->server;

  return server->auth_secret_command != NULL
         || (server->auth_secret != NULL && server->password == NULL && server->password_b64 == NULL
             && server->password_file == NULL && server->password_command == NULL);
}

LaneCredentials *
lane_credentials_new (GMainContext *context, const LaneServerConfig *server, guint command_ms,
                      LaneCredentialsChanged changed, gpointer user_data)
{
  LaneCredentials *credentials = g_new0 (LaneCredentials, 1);

  credentials->context = g_main_context_ref (context);
  credentials->server = server;
  credentials->command_ms = command_ms;
  credentials->changed = changed;
  credentials->user_data = user_data;
  credentials->retry_ms = RETRY_MIN_MS;
  load (credentials);
  credentials->started = TRUE;
  return credentials;
}

void
lane_credentials_move (LaneCredentials *credentials, const LaneServerConfig *server)
{
  credentials->server = server;
}

gboolean
lane_credentials_equal (const LaneServerConfig *a, const LaneServerConfig *b)
{
  return g_strcmp0 (a->username, b->username) == 0 && g_strcmp0 (a->password, b->password) == 0
         && g_strcmp0 (a->password_b64, b->password_b64) == 0
         && g_strcmp0 (a->password_file, b->password_file) == 0
         && g_strcmp0 (a->password_command, b->password_command) == 0
         && g_strcmp0 (a->auth_secret, b->auth_secret) == 0
         && g_strcmp0 (a->auth_secret_command, b->auth_secret_command) == 0
         && a->auth_ttl_s == b->auth_ttl_s;
}

void
lane_credentials_retry (LaneCredentials *credentials)
{
  if (credentials->error == NULL || !can_change (credentials))
    return;
  credentials->retry_ms = RETRY_MIN_MS;
  load_soon (credentials);
}

void
lane_credentials_reload (LaneCredentials *credentials)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 gap_us = credentials->server->password_file != NULL ? FILE_GAP_US : COMMAND_GAP_US;

  if (!can_change (credentials)
      || (credentials->reloaded_us != 0 && now_us - credentials->reloaded_us < gap_us))
    return;
  credentials->reloaded_us = now_us;
  load_soon (credentials);
}

/* draft-uberti-behave-turn-rest-00 section 2.2: `expiry[:name]` and base64 (HMAC-SHA1). */
static void
make_short_lived (LaneCredentials *credentials, gint64 wall_us, char **username, char **password)
{
  const LaneServerConfig *server = credentials->server;
  gint64 expiry = wall_us / G_USEC_PER_SEC + server->auth_ttl_s;
  guint8 mac[SHA1_BYTES];

  credentials->made_until_s = expiry;
  if (server->username != NULL)
    *username = g_strdup_printf ("%" G_GINT64_FORMAT ":%s", expiry, server->username);
  else
    *username = g_strdup_printf ("%" G_GINT64_FORMAT, expiry);
  if (gnutls_hmac_fast (GNUTLS_MAC_SHA1, credentials->secret, strlen (credentials->secret),
                        *username, strlen (*username), mac)
      < 0)
    g_error ("GnuTLS has no HMAC-SHA1");
  *password = g_base64_encode (mac, sizeof mac);
}

gboolean
lane_credentials_are_known (const LaneCredentials *credentials)
{
  return credentials->secret != NULL;
}

gboolean
lane_credentials_make (LaneCredentials *credentials, gint64 wall_us, char **username,
                       char **password)
{
  if (credentials->secret == NULL)
    return FALSE;
  if (makes_short_lived (credentials)) {
    make_short_lived (credentials, wall_us, username, password);
    return TRUE;
  }
  *username = g_strdup (credentials->server->username != NULL ? credentials->server->username : "");
  *password = g_strdup (credentials->secret);
  return TRUE;
}

guint
lane_credentials_get_ttl_s (const LaneCredentials *credentials)
{
  return makes_short_lived (credentials) ? credentials->server->auth_ttl_s : 0;
}

gint64
lane_credentials_get_expiry_us (const LaneCredentials *credentials)
{
  if (makes_short_lived (credentials))
    return credentials->made_until_s * G_USEC_PER_SEC;
  return lane_credentials_read_expiry_us (credentials->server->username);
}

gint64
lane_credentials_read_expiry_us (const char *username)
{
  gsize digits = username != NULL ? strspn (username, "0123456789") : 0;

  if (digits < EXPIRY_DIGITS_MIN || digits > EXPIRY_DIGITS_MAX
      || (username[digits] != ':' && username[digits] != '\0'))
    return 0;
  return g_ascii_strtoll (username, NULL, 10) * G_USEC_PER_SEC;
}

guint
lane_credentials_renew_after_ms (gint64 left_us, double chance)
{
  double share = RENEW_SHARE_MIN + (RENEW_SHARE_MAX - RENEW_SHARE_MIN) * chance;

  if (left_us <= 0)
    return RENEW_LATE_MS;
  return (guint)CLAMP (left_us / 1000.0 * share, RENEW_MIN_MS, G_MAXINT);
}

const char *
lane_credentials_get_error (const LaneCredentials *credentials)
{
  return credentials->secret == NULL ? credentials->error : NULL;
}

void
lane_credentials_free (LaneCredentials *credentials)
{
  if (credentials == NULL)
    return;
  lane_secret_command_free (credentials->run);
  lane_timer_clear (&credentials->retry);
  lane_secret_wipe (&credentials->secret);
  g_free (credentials->error);
  g_main_context_unref (credentials->context);
  g_free (credentials);
}
