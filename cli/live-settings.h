/* The settings file while the node runs: what is saved to it takes effect, and what is wrong with
 * it is told and changes nothing. */
#pragma once

#include "node.h"
#include "options.h"
#include "service.h"

typedef struct _LaneLiveSettings LaneLiveSettings;

typedef struct {
  /* @config is in force now. What cannot be done is added to @problems (of LaneProblem). */
  void (*applied) (const LaneConfig *config, GPtrArray *problems, gpointer user_data);
} LaneLiveSettingsEvents;

/* @node runs on what lane_cli_settings_load() made of @options; all three outlive this. Serves the
 * Reload of @service. */
LaneLiveSettings *lane_live_settings_new (GMainContext *context, const LaneCliOptions *options,
                                          LaneNode *node, LaneService *service,
                                          const LaneLiveSettingsEvents *events, gpointer user_data);
void lane_live_settings_free (LaneLiveSettings *live);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneLiveSettings, lane_live_settings_free)
