/* A file that lines are appended to: 0600, never through a symlink, of whole lines and bounded.
 *
 * May block on the disk; a line-writer.h calls it on a thread of its own. Where something fails,
 * errno says why. */
#pragma once

#include <glib.h>

typedef struct _LaneLineFile LaneLineFile;

/* Nothing is opened yet; the directory is made when it is missing. Past @max_bytes the file becomes
 * PATH.1, the old PATH.1 PATH.2, up to @keep of them. Every file begins with @head, a line without
 * its newline; NULL: with nothing. */
LaneLineFile *
lane_line_file_new (const char *path, guint64 max_bytes, guint keep, const char *head);
/* @fd stays the caller's. */
LaneLineFile *lane_line_file_new_fd (int fd);
/* A datagram socket at @path takes what is written, each time as one datagram. It may come later,
 * go and come again. */
LaneLineFile *lane_line_file_new_socket (const char *path);
void lane_line_file_free (LaneLineFile *file);

const char *lane_line_file_get_path (const LaneLineFile *file); /* NULL: a descriptor */
gboolean lane_line_file_open (LaneLineFile *file);
/* @line with its newline. Opens the file when it is not open. Half a line that was written is taken
 * back, or ended by the next one. */
gboolean lane_line_file_write (LaneLineFile *file, const char *line);
/* TRUE, once: what was written before was gone when the file was opened again. */
gboolean lane_line_file_was_removed (LaneLineFile *file);
void lane_line_file_close (LaneLineFile *file); /* until the next line */
