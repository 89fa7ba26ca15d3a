/* What libraries say through g_log(). Debug and info are dropped: libnice's hold passwords and
 * keys (SECURITY section 2, "Logs"). A warning is one clean line on stderr, or goes to a sink. */
#pragma once

#include <glib.h>

typedef struct _LaneMessages LaneMessages;

/* Once in a process; lives until it ends. */
LaneMessages *lane_messages_install (void);

/* @sink is called from @context; NULL: stderr again. */
void
lane_messages_redirect (LaneMessages *messages, GMainContext *context,
                        void (*sink) (const char *text, gpointer user_data), gpointer user_data);
