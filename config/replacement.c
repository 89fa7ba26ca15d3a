#include "replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>

#define LINKS_MAX     40 /* as the kernel, path_resolution(7) */
#define LOCK_WAIT_US  (5 * G_USEC_PER_SEC)
#define LOCK_RETRY_US (10 * 1000)
#define PRIVATE_MODE  0600
#define FOLDER_MODE   0700

struct _LaneReplacement {
  char *path;
  char *name, *new_name, *old_name, *backup_name; /* in the folder */
  int folder;
  int fd; /* of the new file */
  gboolean finished;
};

static gboolean
fail (GError **error, int error_number)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (error_number),
               "cannot be saved, and is as it was: %s", g_strerror (error_number));
  return FALSE;
}

/* Where the links of @path end. Links to folders are left to the kernel. */
static char *
resolve (const char *path, GError **error)
{
  g_autofree char *at = g_strdup (path);

  for (guint i = 0; i < LINKS_MAX; i++) {
    g_autofree char *link = g_file_read_link (at, NULL);
    g_autofree char *folder = NULL;

    if (link == NULL)
      return g_steal_pointer (&at);
    folder = g_path_get_dirname (at);
    g_free (at);
    at =
        g_path_is_absolute (link) ? g_steal_pointer (&link) : g_build_filename (folder, link, NULL);
  }
  fail (error, ELOOP);
  return NULL;
}

static int
open_folder (const char *folder, GError **error)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0 && errno == ENOENT && g_mkdir_with_parents (folder, FOLDER_MODE) == 0)
    fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    fail (error, errno);
  return fd;
}

/* Whether @fd is still what @name stands for. */
static gboolean
is_named (const LaneReplacement *replacement, int fd, const char *name)
{
  struct stat open_file, named_file;

  return fstat (fd, &open_file) == 0
         && fstatat (replacement->folder, name, &named_file, AT_SYMLINK_NOFOLLOW) == 0
         && open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

/* One try to make the new file and lock it. -1: errno says why; EAGAIN: try again, after a while if
 * @busy. */
static int
try_lock (LaneReplacement *replacement, gboolean *busy)
{
  int flags = O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  gboolean ours = TRUE;
  int fd =
      openat (replacement->folder, replacement->new_name, flags | O_CREAT | O_EXCL, PRIVATE_MODE);

  if (fd < 0 && errno == EEXIST) {
    ours = FALSE;
    fd = openat (replacement->folder, replacement->new_name, flags);
    if (fd < 0 && errno == ENOENT)
      errno = EAGAIN;
    if (fd < 0 && errno == ELOOP && unlinkat (replacement->folder, replacement->new_name, 0) == 0)
      errno = EAGAIN;
  }
  if (fd < 0)
    return -1;

  *busy = flock (fd, LOCK_EX | LOCK_NB) != 0;
  if (!*busy && is_named (replacement, fd, replacement->new_name)) {
    if (ours)
      return fd;
    unlinkat (replacement->folder, replacement->new_name, 0); /* left by a killed program */
  }
  close (fd);
  errno = EAGAIN;
  return -1;
}

static gboolean
lock (LaneReplacement *replacement, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + LOCK_WAIT_US;

  while (g_get_monotonic_time () < deadline) {
    gboolean busy = FALSE;

    replacement->fd = try_lock (replacement, &busy);
    if (replacement->fd >= 0)
      return TRUE;
    if (errno != EAGAIN)
      return fail (error, errno);
    if (busy)
      g_usleep (LOCK_RETRY_US);
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
               "is being saved by another program, try again in a moment");
  return FALSE;
}

/* No lock is put beside what cannot be replaced anyway. */
static gboolean
check_kind (const LaneReplacement *replacement, GError **error)
{
  struct stat status;

  if (fstatat (replacement->folder, replacement->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT || fail (error, errno);
  if (S_ISREG (status.st_mode))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
               "cannot be saved: is not a regular file");
  return FALSE;
}

LaneReplacement *
lane_replacement_begin (const char *path, GError **error)
{
  g_autoptr (LaneReplacement) replacement = g_new0 (LaneReplacement, 1);
  g_autofree char *folder = NULL;

  replacement->folder = replacement->fd = -1;
  replacement->path = resolve (path, error);
  if (replacement->path == NULL)
    return NULL;
  folder = g_path_get_dirname (replacement->path);
  replacement->name = g_path_get_basename (replacement->path);
  replacement->new_name = g_strdup_printf (".%s.new", replacement->name);
  replacement->old_name = g_strdup_printf (".%s.old", replacement->name);
  replacement->backup_name = g_strdup_printf ("%s~", replacement->name);
  replacement->folder = open_folder (folder, error);
  if (replacement->folder < 0 || !check_kind (replacement, error) || !lock (replacement, error))
    return NULL;
  return g_steal_pointer (&replacement);
}

const char *
lane_replacement_get_path (const LaneReplacement *replacement)
{
  return replacement->path;
}

/* What the file is now, or would be. FALSE when it must not be replaced. */
static gboolean
get_status (const LaneReplacement *replacement, struct stat *status, GError **error)
{
  if (fstatat (replacement->folder, replacement->name, status, AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno != ENOENT)
      return fail (error, errno);
    if (fstat (replacement->fd, status) < 0)
      return fail (error, errno);
    return TRUE;
  }
  if ((status->st_mode & 0222) == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY,
                 "is write-protected (mode %04o): run chmod u+w on it first",
                 status->st_mode & 07777);
    return FALSE;
  }
  return TRUE;
}

static gboolean
write_all (int fd, GBytes *text)
{
  gsize length;
  const char *data = g_bytes_get_data (text, &length);

  while (length > 0) {
    gssize n = TEMP_FAILURE_RETRY (write (fd, data, length));

    if (n < 0)
      return FALSE;
    data += n;
    length -= n;
  }
  return TRUE;
}

static gboolean
set_owner (int fd, const struct stat *status, GError **error)
{
  struct stat now;

  if (fstat (fd, &now) < 0)
    return fail (error, errno);
  if ((now.st_uid == status->st_uid && now.st_gid == status->st_gid)
      || fchown (fd, status->st_uid, status->st_gid) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
               "belongs to user %u and group %u, which could not be kept: save it as that user",
               status->st_uid, status->st_gid);
  return FALSE;
}

/* Mode and owner come first: what can be read meanwhile is empty. */
static gboolean
fill (int fd, GBytes *text, const struct stat *status, gboolean is_private, GError **error)
{
  mode_t mode = status->st_mode & 07777;

  if (!set_owner (fd, status, error))
    return FALSE;
  if (fchmod (fd, is_private ? mode & ~077 : mode) < 0 || !write_all (fd, text) || fsync (fd) < 0)
    return fail (error, errno);
  return TRUE;
}

/* A leftover of the same name belongs to a program that was killed: we hold the lock. */
static gboolean
write_backup (const LaneReplacement *replacement, GBytes *text, const struct stat *status,
              gboolean is_private, GError **error)
{
  gboolean filled;
  int fd;

  unlinkat (replacement->folder, replacement->old_name, 0);
  fd = openat (replacement->folder, replacement->old_name,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PRIVATE_MODE);
  if (fd < 0)
    return fail (error, errno);
  filled = fill (fd, text, status, is_private, error);
  close (fd);
  if (filled
      && renameat (replacement->folder, replacement->old_name, replacement->folder,
                   replacement->backup_name)
             == 0)
    return TRUE;
  if (filled)
    fail (error, errno);
  unlinkat (replacement->folder, replacement->old_name, 0);
  return FALSE;
}

gboolean
lane_replacement_finish (LaneReplacement *replacement, GBytes *text, GBytes *previous,
                         gboolean is_private, GError **error)
{
  struct stat status;

  if (!check_kind (replacement, error) || !get_status (replacement, &status, error)
      || !fill (replacement->fd, text, &status, is_private, error))
    return FALSE;
  if (previous != NULL && !write_backup (replacement, previous, &status, is_private, error))
    return FALSE;
  if (renameat (replacement->folder, replacement->new_name, replacement->folder, replacement->name)
      < 0)
    return fail (error, errno);
  replacement->finished = TRUE;

  if (fsync (replacement->folder) < 0 && errno != EINVAL) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                 "is saved, but may be lost if the machine fails now: %s", g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

void
lane_replacement_free (LaneReplacement *replacement)
{
  if (replacement == NULL)
    return;
  if (replacement->fd >= 0) {
    if (!replacement->finished)
      unlinkat (replacement->folder, replacement->new_name, 0);
    close (replacement->fd);
  }
  if (replacement->folder >= 0)
    close (replacement->folder);
  g_free (replacement->path);
  g_free (replacement->name);
  g_free (replacement->new_name);
  g_free (replacement->old_name);
  g_free (replacement->backup_name);
  g_free (replacement);
}
