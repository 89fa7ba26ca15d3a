/* Saving an edited document over the file it came from.
 *
 * The file is replaced in one step (see SECURITY-AND-FAULTS, F24 and F25): whatever stops us, it is
 * the old one or the new one. Symbolic links, mode and owner stay; a file with a secret becomes
 * 0600; what was there before is kept as `icelane.ini~`. A file that another program changed since
 * it was read is never overwritten unasked: the edits are merged into it by section and key. */
#pragma once

#include <gio/gio.h>

#include "merge.h"
#include "original.h"

typedef enum {
  LANE_SAVE_ASK,         /* changed on disk: writes nothing, reports what a merge would give */
  LANE_SAVE_MERGE,       /* merges unless something clashes */
  LANE_SAVE_PREFER_OURS, /* merges; what clashes is decided for the edits */
  LANE_SAVE_OVERWRITE,   /* the document replaces whatever is there, even a broken file */
  LANE_SAVE_REPAIR       /* as ASK, but the file may be broken as it was read: it was seen whole */
} LaneSaveMode;

typedef enum {
  LANE_SAVE_UNCHANGED, /* not written: there are no edits */
  LANE_SAVE_WRITTEN,
  LANE_SAVE_MERGED,   /* written, with what had changed on disk */
  LANE_SAVE_CHANGED,  /* not written: changed on disk, and nothing clashes */
  LANE_SAVE_CONFLICT, /* not written: changed on disk, and something clashes */
  LANE_SAVE_GONE      /* not written: the file was removed; OVERWRITE makes it anew */
} LaneSaveOutcome;

typedef struct {
  LaneSaveOutcome outcome;
  LaneOriginal *original; /* the file as it is now: what to edit and save from here on */
  LaneDocument *document; /* that with the edits, where they do not clash; not in UNCHANGED, GONE */
  GPtrArray *conflicts;   /* of LaneConflict; also those decided by PREFER_OURS */
} LaneSaveReport;

#define LANE_SAVE_ERROR (lane_save_error_quark ())
GQuark lane_save_error_quark (void);
typedef enum {
  LANE_SAVE_ERROR_BROKEN, /* a file that failed to parse stands in the way */
  LANE_SAVE_ERROR_SIZE
} LaneSaveError;

/* Blocks on the disk. NULL: nothing was written; the message does not repeat the path. */
LaneSaveReport *lane_save_sync (const LaneOriginal *original, const LaneDocument *document,
                                LaneSaveMode mode, GError **error);
/* The same in a thread of its own; both are copied. @callback comes in @context, with a NULL
 * source. */
void
lane_save_async (GMainContext *context, const LaneOriginal *original, const LaneDocument *document,
                 LaneSaveMode mode, GAsyncReadyCallback callback, gpointer user_data);
LaneSaveReport *lane_save_finish (GAsyncResult *result, GError **error);

void lane_save_report_free (LaneSaveReport *report);
const char *lane_save_outcome_to_string (LaneSaveOutcome outcome);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSaveReport, lane_save_report_free)
