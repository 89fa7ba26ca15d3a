/* The operator's own commands, run when a peer's state or path changes ([hooks]).
 *
 * A command is split into arguments as a shell would, once; `{peer} {old} {new} {why} {state}
 * {path}` are then replaced inside single arguments, so that no value can become two, and no shell
 * sees any of them. The same values are in its environment as ICELANE_PEER and so on, beside
 * ICELANE_HOOK. What is ours alone in the environment of the node is not handed on.
 *
 * At most 4 run at once, and of one hook of one peer one: what happens meanwhile waits as one
 * change, from what the hook was told last to what is newest, and not at all when that is the same.
 * How each run ended is a config event. */
#pragma once

#include "config.h"
#include "diagnosis/event-log.h"

typedef struct _LaneHooks LaneHooks;

typedef enum { LANE_HOOK_PATH_CHANGE, LANE_HOOK_STATE_CHANGE } LaneHookKind;

/* All words, none NULL: `none` for a path that is not there, empty for a reason that is unknown. */
typedef struct {
  const char *peer, *old, *new, *why, *state, *path;
} LaneHookChange;

typedef enum {
  LANE_HOOK_OK,
  LANE_HOOK_FAILED,     /* it exited with another code than 0, or a signal ended it */
  LANE_HOOK_KILLED,     /* after timeout-s */
  LANE_HOOK_NOT_STARTED /* there is no such command, or it may not be run */
} LaneHookResultWord;

#define LANE_N_HOOKS        2
#define LANE_N_HOOK_RESULTS 4

/* @config must stay until other settings take its place; @log outlives the hooks. */
LaneHooks *lane_hooks_new (GMainContext *context, const LaneConfig *config, LaneEventLog *log);
/* What runs goes on as it began; what waits runs the new command. */
void lane_hooks_set_config (LaneHooks *hooks, const LaneConfig *config);
gboolean lane_hooks_want (const LaneHooks *hooks, LaneHookKind kind); /* there is a command */
void lane_hooks_tell (LaneHooks *hooks, LaneHookKind kind, const LaneHookChange *change);
guint lane_hooks_get_running (const LaneHooks *hooks);
/* Runs of @kind that ended so, since new(). */
guint64 lane_hooks_get_count (const LaneHooks *hooks, LaneHookKind kind, LaneHookResultWord result);
/* Kills what runs. */
void lane_hooks_free (LaneHooks *hooks);

const char *lane_hook_kind_to_string (LaneHookKind kind); /* on-path-change */
const char *lane_hook_result_to_string (LaneHookResultWord result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneHooks, lane_hooks_free)
