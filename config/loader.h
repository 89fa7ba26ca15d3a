/* A configuration while it is put together from its layers. For this folder only.
 *
 * Remembers where each setting came from, so that a check that sees two settings at odds can name
 * the line to mend. */
#pragma once

#include "config.h"
#include "folders.h"
#include "option.h"
#include "origin.h"

typedef struct {
  LaneConfig *config;
  const LaneFolders *folders;
  GPtrArray *problems;
  GHashTable *origins;   /* `section\nkey`, or `section\n` for the section -> private record */
  gboolean file_is_open; /* others can read the file, so secrets from it are refused */
  gboolean open_is_said;
} LaneLoader;

LaneLoader *lane_loader_new (LaneConfig *config, const LaneFolders *folders, GPtrArray *problems);
void lane_loader_free (LaneLoader *loader);

/* A new [section] line of the file, or the first override in a [server NAME] that has no such line.
 * FALSE when nothing can be put into it. */
gboolean
lane_loader_open_section (LaneLoader *loader, const LaneOrigin *origin, const char *section);
/* @section as written: `ice`, `server home`. */
void lane_loader_put (LaneLoader *loader, const LaneOrigin *origin, const char *section,
                      const char *key, const char *value);

/* FALSE: @origins, as in LaneLoader, say nothing of the setting, or only that it was refused. */
gboolean
lane_origins_find (GHashTable *origins, const char *section, const char *key, LaneOrigin *origin);

/* As lane_config_load_text(); @others_can_read: no secret is taken from it. */
LaneConfig *lane_config_load_read (const LaneConfigSources *sources, GBytes *text,
                                   gboolean others_can_read, GPtrArray *problems);

gboolean lane_loader_has (const LaneLoader *loader, const char *section, const char *key);

/* Adds a problem at the origin of the setting, else of its section, else of the file. */
void lane_loader_complain (LaneLoader *loader, LaneProblemLevel level, const char *section,
                           const char *key, const char *format, ...) G_GNUC_PRINTF (5, 6);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneLoader, lane_loader_free)
