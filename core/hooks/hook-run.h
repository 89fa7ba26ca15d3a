/* One run of a hook: a command without a shell, in a process group of its own, with nothing to
 * read, a bounded time and a bounded say.
 *
 * When the command ends, so does the run; what it has left in the background is its own affair. */
#pragma once

#include <gio/gio.h>

typedef struct _LaneHookRun LaneHookRun;

typedef struct {
  gboolean timed_out; /* and was killed, with all that it had started */
  int exit_code;      /* -1: it did not exit by itself */
  int signal;         /* that ended it; 0: none did */
  gint64 ms;
  const char *line; /* the first line that it said, cleaned; empty: nothing */
} LaneHookResult;

/* May free the run. */
typedef void (*LaneHookRunDone) (LaneHookRun *run, const LaneHookResult *result,
                                 gpointer user_data);

/* NULL when it cannot be started. @done comes later, once, in @context. @arguments and
 * @environment, NAME=value, are NULL-terminated. */
LaneHookRun *lane_hook_run_start (GMainContext *context, const char *const *arguments,
                                  const char *const *environment, guint timeout_ms,
                                  LaneHookRunDone done, gpointer user_data, GError **error);
/* Killed if it still runs; no callback follows. */
void lane_hook_run_free (LaneHookRun *run);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneHookRun, lane_hook_run_free)
