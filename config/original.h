/* The settings file as it was when editing began: what the edits are compared with when they are
 * saved. */
#pragma once

#include "document.h"

typedef struct {
  char *path;
  gboolean exists;        /* FALSE: there was no file yet */
  LaneDocument *document; /* never NULL; may be broken, see lane_document_check() */
} LaneOriginal;

/* Blocks on the disk. NULL when there is something that is no readable file; messages do not repeat
 * @path. */
LaneOriginal *lane_original_read (const char *path, GError **error);
LaneOriginal *lane_original_copy (const LaneOriginal *original);
void lane_original_free (LaneOriginal *original);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneOriginal, lane_original_free)
