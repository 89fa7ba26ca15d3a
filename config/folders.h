/* The folders of the XDG base directory specification that settings default to or refer to. */
#pragma once

#include <glib.h>

typedef struct {
  char *home;
  char *config;      /* $XDG_CONFIG_HOME/icelane */
  char *state;       /* $XDG_STATE_HOME/icelane: `%s` in path settings */
  char *runtime;     /* $XDG_RUNTIME_DIR/icelane; NULL when the variable is not set */
  char *credentials; /* $CREDENTIALS_DIRECTORY: `%d` in path settings; NULL when not set */
} LaneFolders;

/* @environ_ as g_get_environ(); NULL: this process's own. */
LaneFolders *lane_folders_new (const char *const *environ_);
void lane_folders_free (LaneFolders *folders);

/* @text as an absolute path: expands `~/`, `%s`, `%d` and `%%`. */
char *lane_folders_expand (const LaneFolders *folders, const char *text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneFolders, lane_folders_free)
