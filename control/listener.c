#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MAX_BYTES 107 /* sun_path less its NUL */
#define BACKLOG        16
#define ACCEPT_A_TURN  16
#define REST_MS        1000

struct _LaneListener {
  GMainContext *context;
  char *path;
  LaneListenerAccept accept;
  gpointer user_data;
  int lock; /* descriptor, -1: none */
  GSocket *socket;
  dev_t device;
  ino_t inode; /* of the socket we made; 0: none */
  GSource *in, *rest;
};

G_DEFINE_QUARK (lane_service_error, lane_service_error)

static gboolean on_incoming (GSocket *socket, GIOCondition condition, gpointer user_data);

static gboolean
    G_GNUC_PRINTF (3, 4) fail (GError **error, LaneServiceError code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (LANE_SERVICE_ERROR, code, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* Guarantee G15: who else could reach into the directory could swap the socket. */
static gboolean
prepare_directory (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  mode_t mask = umask (077);
  int made = g_mkdir_with_parents (directory, 0700);
  int cause = errno;
  struct stat info;

  umask (mask);
  if (made != 0)
    return fail (error, LANE_SERVICE_ERROR_SOCKET, "cannot make %s: %s", directory,
                 g_strerror (cause));
  if (lstat (directory, &info) != 0 || !S_ISDIR (info.st_mode))
    return fail (error, LANE_SERVICE_ERROR_SOCKET, "%s is not a directory", directory);
  if (info.st_uid != geteuid ())
    return fail (error, LANE_SERVICE_ERROR_SOCKET,
                 "%s belongs to another user; the control socket needs a directory of your own",
                 directory);
  if ((info.st_mode & 077) != 0)
    return fail (error, LANE_SERVICE_ERROR_SOCKET,
                 "%s is open to other users (mode %04o); it must be 0700", directory,
                 info.st_mode & 07777);
  return TRUE;
}

/* Held as long as we live, so that two nodes that start at once cannot both find the place free. */
static gboolean
take_lock (LaneListener *listener, GError **error)
{
  g_autofree char *path = g_strconcat (listener->path, ".lock", NULL);

  listener->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (listener->lock < 0)
    return fail (error, LANE_SERVICE_ERROR_SOCKET, "cannot open %s: %s", path, g_strerror (errno));
  if (flock (listener->lock, LOCK_EX | LOCK_NB) != 0)
    return fail (error, LANE_SERVICE_ERROR_BUSY, "another node runs on %s", listener->path);
  return TRUE;
}

/* Whether somebody who does not know our lock listens there. A Unix connect never waits. */
static gboolean
somebody_answers (GSocketAddress *address)
{
  g_autoptr (GSocket) probe =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GError) error = NULL;

  if (probe == NULL)
    return FALSE;
  g_socket_set_blocking (probe, FALSE);
  if (g_socket_connect (probe, address, NULL, &error))
    return TRUE;
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PENDING)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static gboolean
remove_stale (LaneListener *listener, GSocketAddress *address, GError **error)
{
  struct stat info;

  if (lstat (listener->path, &info) != 0)
    return TRUE;
  if (!S_ISSOCK (info.st_mode))
    return fail (error, LANE_SERVICE_ERROR_SOCKET, "%s is not a socket; it is left alone",
                 listener->path);
  if (somebody_answers (address))
    return fail (error, LANE_SERVICE_ERROR_BUSY, "another program listens on %s", listener->path);
  if (unlink (listener->path) != 0)
    return fail (error, LANE_SERVICE_ERROR_SOCKET, "cannot remove the stale %s: %s", listener->path,
                 g_strerror (errno));
  return TRUE;
}

static gboolean
bind_and_listen (LaneListener *listener, GSocketAddress *address, GError **error)
{
  g_autoptr (GError) cause = NULL;
  struct stat info;
  mode_t mask;
  gboolean bound;

  listener->socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &cause);
  if (listener->socket == NULL)
    return fail (error, LANE_SERVICE_ERROR_SOCKET, "%s", cause->message);

  g_socket_set_blocking (listener->socket, FALSE);
  g_socket_set_listen_backlog (listener->socket, BACKLOG);
  mask = umask (0177); /* 0600 from the first instant, no chmod after */
  bound = g_socket_bind (listener->socket, address, FALSE, &cause);
  umask (mask);
  if (!bound || !g_socket_listen (listener->socket, &cause))
    return fail (error, LANE_SERVICE_ERROR_SOCKET, "cannot listen on %s: %s", listener->path,
                 cause->message);

  if (lstat (listener->path, &info) == 0) {
    listener->device = info.st_dev;
    listener->inode = info.st_ino;
  }
  return TRUE;
}

static void
watch (LaneListener *listener)
{
  listener->in = g_socket_create_source (listener->socket, G_IO_IN, NULL);
  g_source_set_callback (listener->in, G_SOURCE_FUNC (on_incoming), listener, NULL);
  g_source_attach (listener->in, listener->context);
}

static void
stop_source (GSource **source)
{
  if (*source != NULL) {
    g_source_destroy (*source);
    g_clear_pointer (source, g_source_unref);
  }
}

static gboolean
on_rested (gpointer user_data)
{
  LaneListener *listener = user_data;

  stop_source (&listener->rest);
  watch (listener);
  return G_SOURCE_REMOVE;
}

/* Out of descriptors: the client stays in the backlog, and asking again at once would spin. */
static void
rest (LaneListener *listener)
{
  stop_source (&listener->in);
  listener->rest = g_timeout_source_new (REST_MS);
  g_source_set_callback (listener->rest, on_rested, listener, NULL);
  g_source_attach (listener->rest, listener->context);
}

static gboolean
is_ours (GSocket *client)
{
  g_autoptr (GCredentials) credentials = g_socket_get_credentials (client, NULL);

  return credentials != NULL && g_credentials_get_unix_user (credentials, NULL) == geteuid ();
}

static gboolean
on_incoming (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  LaneListener *listener = user_data;

  for (guint i = 0; i < ACCEPT_A_TURN; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GSocket) client = g_socket_accept (socket, NULL, &error);

    if (client == NULL) {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        rest (listener);
      break;
    }
    if (is_ours (client))
      listener->accept (client, listener->user_data);
  }
  return G_SOURCE_CONTINUE;
}

LaneListener *
lane_listener_new (GMainContext *context, const char *path, LaneListenerAccept accept,
                   gpointer user_data, GError **error)
{
  g_autoptr (LaneListener) listener = g_new0 (LaneListener, 1);
  g_autoptr (GSocketAddress) address = NULL;

  listener->context = g_main_context_ref (context);
  listener->path = g_strdup (path);
  listener->accept = accept;
  listener->user_data = user_data;
  listener->lock = -1;

  if (strlen (path) > PATH_MAX_BYTES) {
    fail (error, LANE_SERVICE_ERROR_SOCKET,
          "%s: the path of a socket can have at most %d bytes, this has %zu", path, PATH_MAX_BYTES,
          strlen (path));
    return NULL;
  }

  address = g_unix_socket_address_new (path);
  if (!prepare_directory (path, error) || !take_lock (listener, error)
      || !remove_stale (listener, address, error) || !bind_and_listen (listener, address, error))
    return NULL;

  watch (listener);
  return g_steal_pointer (&listener);
}

void
lane_listener_free (LaneListener *listener)
{
  struct stat info;

  if (listener == NULL)
    return;

  stop_source (&listener->in);
  stop_source (&listener->rest);
  if (listener->inode != 0 && lstat (listener->path, &info) == 0 && info.st_ino == listener->inode
      && info.st_dev == listener->device)
    unlink (listener->path);
  g_clear_object (&listener->socket);
  if (listener->lock >= 0)
    close (listener->lock);
  g_main_context_unref (listener->context);
  g_free (listener->path);
  g_free (listener);
}
