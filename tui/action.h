/* Everything the operator can do, as one table: it feeds the keys, the `:` prompt and its
 * completion, the key bar, and the help, so that they cannot disagree. */
#pragma once

#include "model.h"

/* Where an action works. */
typedef enum {
  LANE_IN_PEERS = 1 << 0,
  LANE_IN_PEER = 1 << 1,
  LANE_IN_LOG = 1 << 2,
  LANE_IN_HELP = 1 << 3,
  LANE_IN_RECORD = 1 << 4,
  LANE_IN_THEMES = 1 << 5,
  LANE_IN_SETTINGS = 1 << 6,
  LANE_IN_PICK = 1 << 7,
  LANE_IN_DIFF = 1 << 8,
  LANE_IN_HOLD = 1 << 9,
  LANE_IN_NETWORK = 1 << 10,
  LANE_IN_VIEWS = LANE_IN_PEERS | LANE_IN_PEER | LANE_IN_NETWORK | LANE_IN_LOG | LANE_IN_SETTINGS,
  LANE_IN_ANY = LANE_IN_VIEWS | LANE_IN_HELP | LANE_IN_RECORD | LANE_IN_THEMES | LANE_IN_PICK
                | LANE_IN_DIFF | LANE_IN_HOLD,
} LaneWhere;

typedef enum {
  LANE_ARGUMENT_NONE,
  LANE_ARGUMENT_TEXT,
  LANE_ARGUMENT_PEERS,
  LANE_ARGUMENT_SORT,
  LANE_ARGUMENT_THEME,
  LANE_ARGUMENT_LEVEL
} LaneArgument;

typedef struct {
  const char *name; /* at the `:` prompt */
  const char *keys; /* separated by spaces; the first is shown */
  const char *help;
  const char *bar; /* in the key bar; NULL: not there */
  guint bar_rank;  /* 1 comes first */
  LaneWhere where;
  LaneArgument argument;
  gboolean acts;   /* on the node or its settings: not with --read-only, nor in a recording */
  gboolean live;   /* not in a recording */
  gboolean replay; /* only there */
  /* @argument: NULL when a key was pressed. */
  void (*run) (LaneModel *model, const char *argument);
} LaneAction;

/* The tables one behind the other; NULL: there are no more. */
const LaneAction *lane_actions_nth (guint index);

LaneWhere lane_action_where (const LaneModel *model);
const char *lane_where_to_string (LaneWhere where); /* `Peers` */
/* With these options, and on what is shown: a node or a recording. */
gboolean lane_action_is_possible (const LaneAction *action, const LaneModel *model);
/* Says in the message line why it is not possible. FALSE: it is, or there is no more to say. */
gboolean lane_action_refuse (const LaneAction *action, LaneModel *model);
/* And in this view. */
gboolean lane_action_is_available (const LaneAction *action, const LaneModel *model);
const LaneAction *lane_action_find_by_key (const LaneModel *model, guint code);

void lane_action_find_text (LaneModel *model, const char *text); /* in the log keys go to */
