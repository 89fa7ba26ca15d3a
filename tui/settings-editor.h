/* The text of the settings in the operator's editor: a copy in a folder that only we can enter,
 * which is read back when the editor ends. */
#pragma once

#include "document.h"
#include "terminal.h"

/* @document is taken; NULL with @error: nothing came of it. */
typedef void (*LaneSettingsEdited) (LaneDocument *document, const GError *error,
                                    gpointer user_data);

/* Lends @terminal to $VISUAL, $EDITOR or vi; @line: where to begin, 0: nowhere. @done comes once,
 * at the latest when the terminal is freed; FALSE with @error: it does not come. */
gboolean
lane_settings_editor_start (LaneTerminal *terminal, const LaneDocument *document, guint line,
                            LaneSettingsEdited done, gpointer user_data, GError **error);
