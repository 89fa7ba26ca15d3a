#include "diagnosis/line-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TORN_MAX (2 * 1024 * 1024)

struct _LaneLineFile {
  char *path; /* NULL: a descriptor of the caller */
  gboolean is_socket;
  char *head; /* with its newline; NULL: none */
  guint64 max_bytes, size;
  guint keep;
  int fd;        /* -1: to be opened */
  gboolean torn; /* the last line lacks its end */
  gboolean begun, removed;
};

LaneLineFile *
lane_line_file_new (const char *path, guint64 max_bytes, guint keep, const char *head)
{
  LaneLineFile *file = g_new0 (LaneLineFile, 1);

  file->path = g_strdup (path);
  file->head = head != NULL ? g_strconcat (head, "\n", NULL) : NULL;
  file->max_bytes = max_bytes;
  file->keep = keep;
  file->fd = -1;
  return file;
}

LaneLineFile *
lane_line_file_new_fd (int fd)
{
  LaneLineFile *file = g_new0 (LaneLineFile, 1);

  file->fd = fd;
  return file;
}

LaneLineFile *
lane_line_file_new_socket (const char *path)
{
  LaneLineFile *file = lane_line_file_new (path, 0, 0, NULL);

  file->is_socket = TRUE;
  return file;
}

void
lane_line_file_close (LaneLineFile *file)
{
  if (file->path == NULL || file->fd < 0)
    return;
  close (file->fd);
  file->fd = -1;
}

void
lane_line_file_free (LaneLineFile *file)
{
  if (file == NULL)
    return;
  lane_line_file_close (file);
  g_free (file->path);
  g_free (file->head);
  g_free (file);
}

const char *
lane_line_file_get_path (const LaneLineFile *file)
{
  return file->path;
}

static int
open_path (const char *path)
{
  return open (path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
               0600);
}

static int
open_socket (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd, cause;

  if (g_strlcpy (address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect (fd, (const struct sockaddr *)&address, sizeof address) == 0)
    return fd;
  cause = errno;
  close (fd);
  errno = cause;
  return -1;
}

static int
open_making_directory (const char *path)
{
  int fd = open_path (path);
  g_autofree char *directory = NULL;

  if (fd >= 0 || errno != ENOENT)
    return fd;
  directory = g_path_get_dirname (path);
  return g_mkdir_with_parents (directory, 0700) == 0 ? open_path (path) : -1;
}

/* Whoever wrote it last may have been cut off by a crash: half a line is none. FALSE: it is too
 * long to have been one. */
static gboolean
cut_torn_end (LaneLineFile *file)
{
  char block[4096];
  guint64 at = file->size;

  while (at > 0 && file->size - at < TORN_MAX) {
    gsize length = MIN (at, sizeof block);
    const char *newline;

    at -= length;
    if (pread (file->fd, block, length, (off_t)at) != (gssize)length)
      return FALSE;
    newline = memrchr (block, '\n', length);
    if (newline != NULL)
      at += (guint64)(newline - block) + 1;
    if (newline == NULL && at > 0)
      continue;
    if (at < file->size && ftruncate (file->fd, (off_t)at) != 0)
      return FALSE;
    file->size = at;
    return TRUE;
  }
  return at == file->size;
}

static gboolean
write_all (LaneLineFile *file, const char *text, gsize length)
{
  while (length > 0) {
    gssize written = write (file->fd, text, length);

    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      GPollFD poll = { .fd = file->fd, .events = G_IO_OUT };

      g_poll (&poll, 1, -1);
      continue;
    }
    if (written <= 0)
      return FALSE;
    file->torn = TRUE;
    file->size += (guint64)written;
    text += written;
    length -= (gsize)written;
  }
  file->torn = FALSE;
  return TRUE;
}

/* Half a line is none: who reads the file line by line would stumble over it. */
static void
take_back (LaneLineFile *file, guint64 size)
{
  int cause = errno;

  if (file->path != NULL && file->torn && ftruncate (file->fd, (off_t)size) == 0) {
    file->size = size;
    file->torn = FALSE;
  }
  errno = cause;
}

static gboolean
write_whole (LaneLineFile *file, const char *text)
{
  guint64 whole;

  if (file->torn && !write_all (file, "\n", 1))
    return FALSE;
  whole = file->size;
  if (write_all (file, text, strlen (text)))
    return TRUE;
  take_back (file, whole);
  return FALSE;
}

gboolean
lane_line_file_open (LaneLineFile *file)
{
  struct stat info;

  if (file->fd >= 0)
    return TRUE;
  if (file->is_socket) {
    file->fd = open_socket (file->path);
    return file->fd >= 0;
  }
  file->fd = open_making_directory (file->path);
  if (file->fd < 0)
    return FALSE;
  if (fstat (file->fd, &info) != 0 || !S_ISREG (info.st_mode)) {
    lane_line_file_close (file);
    errno = EINVAL;
    return FALSE;
  }
  file->size = (guint64)info.st_size;
  file->torn = !cut_torn_end (file);
  return TRUE;
}

static gboolean
rotate (LaneLineFile *file)
{
  lane_line_file_close (file);
  for (guint i = file->keep; i > 0; i--) {
    g_autofree char *to = g_strdup_printf ("%s.%u", file->path, i);
    g_autofree char *from =
        i > 1 ? g_strdup_printf ("%s.%u", file->path, i - 1) : g_strdup (file->path);

    g_rename (from, to);
  }
  if (file->keep == 0)
    g_unlink (file->path);
  file->begun = FALSE;
  return lane_line_file_open (file);
}

gboolean
lane_line_file_was_removed (LaneLineFile *file)
{
  gboolean removed = file->removed;

  file->removed = FALSE;
  return removed;
}

static gboolean
write_datagram (LaneLineFile *file, const char *text)
{
  int cause;

  if (!lane_line_file_open (file))
    return FALSE;
  if (write_all (file, text, strlen (text)))
    return TRUE;
  cause = errno;
  lane_line_file_close (file); /* another one may listen there by the next time */
  errno = cause;
  return FALSE;
}

gboolean
lane_line_file_write (LaneLineFile *file, const char *line)
{
  gsize length = strlen (line);

  if (file->is_socket)
    return write_datagram (file, line);
  if (file->path == NULL)
    return write_whole (file, line);
  if (!lane_line_file_open (file))
    return FALSE;
  if (file->size > 0 && file->size + length > file->max_bytes && !rotate (file))
    return FALSE;
  if (file->size == 0 && file->begun)
    file->removed = TRUE;
  if (file->size == 0 && file->head != NULL && !write_whole (file, file->head))
    return FALSE;
  if (!write_whole (file, line))
    return FALSE;
  file->begun = TRUE;
  return TRUE;
}
