/* icelane rendezvous */
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "signaling/rendezvous.h"

#define DEFAULT_LISTEN "127.0.0.1:8765"

static gboolean
on_signal (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static char *
read_token (const char *path, GError **error)
{
  g_autofree char *token = NULL;
  struct stat info;

  if (stat (path, &info) == 0 && (info.st_mode & 077) != 0) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_PERM,
                 "%s is readable by others (mode %04o); a token file must be 0600", path,
                 info.st_mode & 07777);
    return NULL;
  }
  if (!g_file_get_contents (path, &token, NULL, error))
    return NULL;
  g_strstrip (token);
  if (*token == '\0') {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s holds no token", path);
    return NULL;
  }
  return g_steal_pointer (&token);
}

static int
serve (const LaneRendezvousOptions *settings)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneRendezvous) rendezvous =
      lane_rendezvous_new (g_main_context_default (), settings, &error);
  g_autoptr (GMainLoop) loop = NULL;
  const char *colon;

  if (rendezvous == NULL) {
    g_printerr ("icelane: %s\n", error->message);
    return LANE_EXIT_FAILED;
  }

  loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGINT, on_signal, loop);
  g_unix_signal_add (SIGTERM, on_signal, loop);
  g_unix_signal_add (SIGHUP, on_signal, loop);
  colon = strrchr (settings->listen, ':');
  g_print ("listening on %s://%.*s:%u\n", settings->cert_file != NULL ? "https" : "http",
           (int)(colon - settings->listen), settings->listen,
           lane_rendezvous_get_port (rendezvous));
  fflush (stdout);
  g_main_loop_run (loop);
  return LANE_EXIT_OK;
}

int
lane_cli_rendezvous (const LaneCliOptions *options)
{
  LaneRendezvousOptions settings = {
    .listen = options->listen != NULL ? options->listen : DEFAULT_LISTEN,
    .cert_file = options->cert,
    .key_file = options->key,
  };
  g_autofree char *token = NULL;
  g_autoptr (GError) error = NULL;

  if ((options->cert == NULL) != (options->key == NULL)) {
    g_printerr ("icelane rendezvous: --cert and --key go together\n");
    return LANE_EXIT_USAGE;
  }
  if (options->token_file != NULL) {
    token = read_token (options->token_file, &error);
    if (token == NULL) {
      g_printerr ("icelane: %s\n", error->message);
      return LANE_EXIT_FAILED;
    }
    settings.token = token;
  }
  signal (SIGPIPE, SIG_IGN);
  return serve (&settings);
}
