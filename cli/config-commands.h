/* The actions of `icelane config`, and what those that change the file share. */
#pragma once

#include "edit.h"
#include "options.h"
#include "save.h"

int lane_cli_config_list (const LaneCliOptions *options);
int lane_cli_config_get (const LaneCliOptions *options);
int lane_cli_config_set (const LaneCliOptions *options);
int lane_cli_config_unset (const LaneCliOptions *options);
int lane_cli_config_edit (const LaneCliOptions *options);
int lane_cli_config_import (const LaneCliOptions *options);
int lane_cli_config_export (const LaneCliOptions *options);

/* The settings file while it is changed. */
typedef struct {
  char *path;
  LaneOriginal *original;
  LaneDocument *document; /* to be edited */
  LaneFolders *folders;
} LaneCliChange;

/* FALSE: said on stderr why the file cannot be read, for LANE_EXIT_CONFIG. A broken one can, if
 * @may_be_broken. */
gboolean lane_cli_change_begin (LaneCliChange *change, const LaneCliOptions *options,
                                gboolean may_be_broken);
/* Says what is wrong and what a new section still lacks. FALSE: it is not to be saved. */
gboolean lane_cli_change_review (const LaneCliChange *change);
/* Returns the exit code; said on stderr why nothing was written. */
int lane_cli_change_save (const LaneCliChange *change, LaneSaveMode mode);
/* Says `icelane: ` and @format and ends the line. */
void lane_cli_complain (const char *format, ...) G_GNUC_PRINTF (1, 2);
void lane_cli_change_clear (LaneCliChange *change);

/* Standard input or, with @path other than `-`, a file, of at most @max bytes. NULL: said why. */
GBytes *lane_cli_read_input (const char *path, gsize max);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LaneCliChange, lane_cli_change_clear)
