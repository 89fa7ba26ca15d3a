/* Two edits of the same document, brought together setting by setting. */
#pragma once

#include "document.h"

/* Something that both sides changed, and differently. Values of one key are joined by line ends;
 * NULL: the side does not have it. They hold secrets: only lane_conflict_to_string() may be
 * shown. */
typedef struct {
  char *section; /* NULL: the order of the sections */
  char *key;     /* NULL: the section as a whole, which one side removed */
  char *base, *ours, *theirs;
} LaneConflict;

void lane_conflict_free (LaneConflict *conflict);
/* `[server home] username: 'guest' here, 'icelane' in the file`; the caller frees it. */
char *lane_conflict_to_string (const LaneConflict *conflict);

/* @theirs with what @ours changed in @base. What clashes is added to @conflicts (of LaneConflict),
 * and decided for @ours if @prefer_ours, else for @theirs. NULL when a document is broken. */
LaneDocument *
lane_merge (const LaneDocument *base, const LaneDocument *ours, const LaneDocument *theirs,
            gboolean prefer_ours, GPtrArray *conflicts, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneConflict, lane_conflict_free)
