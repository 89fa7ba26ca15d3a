/* The last events of the node, and what a pane shows of them. */
#pragma once

#include "config.h"
#include "list.h"
#include "snapshot.h"

#define LANE_LOG_CAPACITY 2000

typedef struct {
  GPtrArray *events; /* of LaneEventView, oldest first */
  guint64 changes;   /* grows with every event, so that panes see they are behind */
} LaneLog;

void lane_log_init (LaneLog *log);
void lane_log_clear (LaneLog *log);
/* Takes @event. TRUE: the log was full and the oldest are gone, so every pane must be updated
 * before its lines are looked at again. */
gboolean lane_log_add (LaneLog *log, LaneEventView *event);

typedef struct {
  char *peer; /* only this one; NULL: all */
  char *keep; /* only lines with this text; NULL: all */
  char *kind; /* only of this kind, `path`...; NULL: all */
  char *find; /* what n and N look for; NULL: nothing yet */
  LaneLogLevel level;
  gboolean follow; /* keep the newest selected */
  LaneList list;
  GPtrArray *lines; /* of const LaneEventView, borrowed from the log */
  guint64 changes;  /* the log's, when lines was made */
  guint64 selected; /* sequence */
} LaneLogPane;

void lane_log_pane_init (LaneLogPane *pane);
void lane_log_pane_clear (LaneLogPane *pane);
void lane_log_pane_set_peer (LaneLogPane *pane, const char *peer);
void lane_log_pane_set_keep (LaneLogPane *pane, const char *keep);
void lane_log_pane_set_kind (LaneLogPane *pane, const char *kind); /* NULL: all */
/* The kinds that events of @log have, sorted; NULL-terminated, the strings borrowed. */
const char **lane_log_list_kinds (const LaneLog *log);
/* The whole records of the lines shown, one a line. */
char *lane_log_pane_to_json_lines (const LaneLogPane *pane);
void lane_log_pane_set_level (LaneLogPane *pane, LaneLogLevel level);

/* Makes the lines current; call it before reading or drawing them. */
void lane_log_pane_update (LaneLogPane *pane, const LaneLog *log);
void lane_log_pane_select (LaneLogPane *pane, int row); /* the last row follows, others do not */
const LaneEventView *lane_log_pane_get_selected (const LaneLogPane *pane);

/* Selects the next line with @pane->find in @direction (1, -1), going round; FALSE: there is none.
 */
gboolean lane_log_pane_find (LaneLogPane *pane, int direction);

gboolean lane_text_contains (const char *text, const char *part); /* whatever the case; NULL: no */
