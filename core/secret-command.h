/* A command from the settings that prints a secret: its first line is the answer.
 *
 * No shell, nothing of ours on its terminal, a bounded wait. One object is one run. */
#pragma once

#include <glib.h>

typedef struct _LaneSecretCommand LaneSecretCommand;

/* @line: NULL when there is none, and @why says so in words without the secret. May free the
 * run; @line is wiped afterwards. */
typedef void (*LaneSecretCommandDone) (LaneSecretCommand *run, const char *line, const char *why,
                                       gpointer user_data);

/* NULL when @command cannot be started. @done comes later, once, in @context. */
LaneSecretCommand *
lane_secret_command_run (GMainContext *context, const char *command, guint timeout_ms,
                         LaneSecretCommandDone done, gpointer user_data, GError **error);
/* The command is killed if it still runs; no callback follows. */
void lane_secret_command_free (LaneSecretCommand *run);

/* The first line of @data without its end; NULL when it is empty or too long. The caller wipes and
 * frees it. */
char *lane_secret_first_line (const char *data, gsize length);
void lane_secret_wipe (char **secret); /* and free */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSecretCommand, lane_secret_command_free)
