/* The disk behind the settings panel: the file is read and written in threads, and watched from
 * the first reading on. */
#pragma once

#include "settings.h"

typedef struct _LaneSettingsFiles LaneSettingsFiles;

/* Arguments that are pointers are taken, and NULL with @error. */
typedef struct {
  void (*read) (LaneOriginal *original, const GError *error, gpointer user_data);
  void (*saved) (LaneSaveReport *report, const GError *error, gpointer user_data);
} LaneSettingsFilesEvents;

/* @settings must outlive it. */
LaneSettingsFiles *
lane_settings_files_new (GMainContext *context, const LaneSettings *settings,
                         const LaneSettingsFilesEvents *events, gpointer user_data);
/* No callback comes once this has returned; what is being written is still written. */
void lane_settings_files_free (LaneSettingsFiles *files);

/* Also comes unasked, whenever another program may have changed the file. */
void lane_settings_files_read (LaneSettingsFiles *files);
void lane_settings_files_save (LaneSettingsFiles *files, LaneSaveMode mode);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSettingsFiles, lane_settings_files_free)
