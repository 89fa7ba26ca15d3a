#include "servers/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX 4096 /* a value of the configuration is not longer either */
#define SHA1_BYTES 20

/* One run of the command; it may end after we are gone. */
typedef struct {
  LaneCredentials *credentials; /* NULL: freed, or no longer waited for */
} Run;

struct _LaneCredentials {
  GMainContext *context;
  const LaneServerConfig *server;
  guint command_ms;
  char *secret; /* the password, or what passwords are made from; NULL: unknown */
  char *error;
  Run *run;
  GSubprocess *process;
  GCancellable *cancellable; /* a grandchild may hold the pipe after the command is dead */
  GSource *timeout;
  LaneCredentialsChanged changed;
  gpointer user_data;
};

static void
wipe (char **secret)
{
  if (*secret != NULL)
    explicit_bzero (*secret, strlen (*secret));
  g_clear_pointer (secret, g_free);
}

static void
fail (LaneCredentials *credentials, const char *key, const char *why)
{
  g_free (credentials->error);
  credentials->error = g_strdup_printf ("%s: %s", key, why);
}

/* The first line without its end; NULL when it is none to work with. */
static char *
first_line (const char *data, gsize length)
{
  const char *end = memchr (data, '\n', length);
  gsize size = end != NULL ? (gsize)(end - data) : length;

  if (size > 0 && data[size - 1] == '\r')
    size--;
  if (size == 0 || size > SECRET_MAX || memchr (data, '\0', size) != NULL)
    return NULL;
  return g_strndup (data, size);
}

static void
take_first_line (LaneCredentials *credentials, const char *key, const char *data, gsize length)
{
  wipe (&credentials->secret);
  credentials->secret = first_line (data, length);
  if (credentials->secret == NULL)
    fail (credentials, key, "its first line is empty or too long");
  else
    g_clear_pointer (&credentials->error, g_free);
}

static void
read_secret_file (LaneCredentials *credentials)
{
  static const char key[] = "password-file";
  int fd = open (credentials->server->password_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  char data[SECRET_MAX + 2];
  struct stat status;
  gssize got = -1;

  if (fd < 0) {
    fail (credentials, key, g_strerror (errno));
    return;
  }
  if (fstat (fd, &status) != 0 || !S_ISREG (status.st_mode))
    fail (credentials, key, "not a regular file");
  else if ((got = TEMP_FAILURE_RETRY (read (fd, data, sizeof data))) < 0)
    fail (credentials, key, g_strerror (errno));
  close (fd);

  if (got >= 0)
    take_first_line (credentials, key, data, got);
  explicit_bzero (data, sizeof data);
}

static void
decode_base64 (LaneCredentials *credentials)
{
  gsize length = 0;
  g_autofree guchar *data = g_base64_decode (credentials->server->password_b64, &length);

  if (length == 0 || length > SECRET_MAX || memchr (data, '\0', length) != NULL) {
    fail (credentials, "password-b64", "not the base64 of a password");
    return;
  }
  credentials->secret = g_strndup ((const char *)data, length);
  explicit_bzero (data, length);
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
stop_waiting (LaneCredentials *credentials)
{
  if (credentials->timeout != NULL) {
    g_source_destroy (credentials->timeout);
    g_clear_pointer (&credentials->timeout, g_source_unref);
  }
  if (credentials->run != NULL)
    credentials->run->credentials = NULL;
  credentials->run = NULL;
  if (credentials->cancellable != NULL)
    g_cancellable_cancel (credentials->cancellable);
  g_clear_object (&credentials->cancellable);
  g_clear_object (&credentials->process);
}

static gboolean
on_command_timeout (gpointer user_data)
{
  LaneCredentials *credentials = user_data;
  g_autofree char *why = g_strdup_printf ("did not end within %u ms", credentials->command_ms);

  g_subprocess_force_exit (credentials->process);
  stop_waiting (credentials);
  fail (credentials, command_key (credentials), why);
  credentials->changed (credentials, credentials->user_data);
  return G_SOURCE_REMOVE;
}

static void
take_output (LaneCredentials *credentials, GSubprocess *process, GBytes *output)
{
  gsize length = 0;
  const char *data = output != NULL ? g_bytes_get_data (output, &length) : NULL;
  g_autofree char *why = NULL;

  if (!g_subprocess_get_if_exited (process))
    fail (credentials, command_key (credentials), "was killed");
  else if (g_subprocess_get_exit_status (process) != 0) {
    why = g_strdup_printf ("exit code %d", g_subprocess_get_exit_status (process));
    fail (credentials, command_key (credentials), why);
  } else
    take_first_line (credentials, command_key (credentials), data != NULL ? data : "", length);
}

static void
on_command_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Run *run = user_data;
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GSubprocess) process = g_object_ref (G_SUBPROCESS (source));
  LaneCredentials *credentials = run->credentials;
  gboolean read = g_subprocess_communicate_finish (process, result, &output, NULL, NULL);

  if (credentials == NULL)
    return;
  stop_waiting (credentials);
  if (read)
    take_output (credentials, process, output);
  else
    fail (credentials, command_key (credentials), "its output cannot be read");
  credentials->changed (credentials, credentials->user_data);
}

/* No shell, and nothing of ours on its terminal. */
static GSubprocess *
spawn (const char *command, GError **error)
{
  g_auto (GStrv) arguments = NULL;

  if (!g_shell_parse_argv (command, NULL, &arguments, error))
    return NULL;
  return g_subprocess_newv ((const char *const *)arguments,
                            G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                            error);
}

static void
run_command (LaneCredentials *credentials)
{
  g_autoptr (GError) error = NULL;

  credentials->process = spawn (command_of (credentials), &error);
  if (credentials->process == NULL) {
    fail (credentials, command_key (credentials), error->message);
    return;
  }

  credentials->run = g_new0 (Run, 1);
  credentials->run->credentials = credentials;
  credentials->cancellable = g_cancellable_new ();
  credentials->timeout = g_timeout_source_new (credentials->command_ms);
  g_source_set_callback (credentials->timeout, on_command_timeout, credentials, NULL);
  g_source_attach (credentials->timeout, credentials->context);

  g_main_context_push_thread_default (credentials->context);
  g_subprocess_communicate_async (credentials->process, NULL, credentials->cancellable,
                                  on_command_done, credentials->run);
  g_main_context_pop_thread_default (credentials->context);
}

static void
load (LaneCredentials *credentials)
{
  const LaneServerConfig *server = credentials->server;

  g_clear_pointer (&credentials->error, g_free);
  if (server->password_command != NULL || server->auth_secret_command != NULL)
    run_command (credentials);
  else if (server->password_file != NULL)
    read_secret_file (credentials);
  else if (server->password_b64 != NULL)
    decode_base64 (credentials);
  else if (server->password != NULL || server->auth_secret != NULL)
    credentials->secret =
        g_strdup (server->password != NULL ? server->password : server->auth_secret);
  else
    fail (credentials, "password", "none is configured");
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
  load (credentials);
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
  if (credentials->error != NULL && credentials->run == NULL)
    load (credentials);
}

/* draft-uberti-behave-turn-rest-00 section 2.2: `expiry[:name]` and base64 (HMAC-SHA1). */
static void
make_short_lived (const LaneCredentials *credentials, gint64 wall_us, char **username,
                  char **password)
{
  const LaneServerConfig *server = credentials->server;
  gint64 expiry = wall_us / G_USEC_PER_SEC + server->auth_ttl_s;
  guint8 mac[SHA1_BYTES];

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
lane_credentials_make (const LaneCredentials *credentials, gint64 wall_us, char **username,
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

const char *
lane_credentials_get_error (const LaneCredentials *credentials)
{
  return credentials->error;
}

void
lane_credentials_free (LaneCredentials *credentials)
{
  if (credentials == NULL)
    return;
  if (credentials->process != NULL)
    g_subprocess_force_exit (credentials->process);
  stop_waiting (credentials);
  wipe (&credentials->secret);
  g_free (credentials->error);
  g_main_context_unref (credentials->context);
  g_free (credentials);
}
