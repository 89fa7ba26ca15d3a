/* The last 10 000 events in memory, folded when they repeat, limited per source, and handed on. */
#pragma once

#include "diagnosis/event.h"

typedef struct _LaneEventLog LaneEventLog;

typedef void (*LaneEventSink) (const LaneEvent *event, gpointer user_data);

LaneEventLog *lane_event_log_new (LaneLogLevel level);
/* What is less grave is no longer kept; what is kept already stays. */
void lane_event_log_set_level (LaneEventLog *log, LaneLogLevel level);
/* Called for every event that is kept; @user_data must outlive the log. */
void lane_event_log_add_sink (LaneEventLog *log, LaneEventSink sink, gpointer user_data);
/* Takes @event over. More than 20/s of one source (burst 100) are counted and told once as
 * suppressed. */
void lane_event_log_add (LaneEventLog *log, LaneEvent *event);
/* Of LaneEvent, owned by the log, oldest first: those after @after, of @peer (NULL = all), at most
 * the last @limit. */
GPtrArray *lane_event_log_list (LaneEventLog *log, guint64 after, const char *peer, guint limit);
void lane_event_log_free (LaneEventLog *log);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneEventLog, lane_event_log_free)
