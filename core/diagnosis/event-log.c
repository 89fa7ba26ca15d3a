#include "diagnosis/event-log.h"

#include <string.h>

/* SECURITY section 3 */
#define MAX_EVENTS  10000
#define MAX_BYTES   (4 * 1024 * 1024)
#define RATE_PER_S  20
#define RATE_BURST  100
#define MAX_SOURCES 8192
#define FOLD_US     (10 * G_USEC_PER_SEC)

/* Where events come from: a peer, or one kind of the node's own events, so that a flood of one
 * does not silence the others. The details of level debug are a source of their own: the hundred
 * pairs of a peer must not silence that its path has changed. */
typedef struct {
  double tokens;
  gint64 filled_us; /* monotonic, when tokens was right */
  guint suppressed;
  LaneEvent *last; /* the last one kept, for folding; a copy without fields, NULL = none */
  guint repeats;   /* of last, not told yet */
} Source;

typedef struct {
  LaneEventSink function;
  gpointer user_data;
} Sink;

struct _LaneEventLog {
  LaneLogLevel level;
  guint64 sequence;
  GQueue events; /* of LaneEvent, oldest first */
  gsize bytes;
  GHashTable *sources; /* char* -> Source */
  GArray *sinks;       /* of Sink */
};

static void
source_free (Source *source)
{
  lane_event_free (source->last);
  g_free (source);
}

static gboolean
source_is_idle (gpointer key, gpointer value, gpointer user_data)
{
  Source *source = value;
  gint64 now_us = *(gint64 *)user_data;

  return source->suppressed == 0 && source->repeats == 0 && now_us - source->filled_us > FOLD_US;
}

static Source *
find_source (LaneEventLog *log, const LaneEvent *event)
{
  const char *detail = event->level == LANE_LOG_LEVEL_DEBUG ? "debug " : "";
  g_autofree char *key =
      event->peer != NULL
          ? g_strconcat (detail, "peer ", event->peer, NULL)
          : g_strconcat (detail, "kind ", lane_event_kind_to_string (event->kind), NULL);
  gint64 now_us = event->monotonic_us;
  Source *source = g_hash_table_lookup (log->sources, key);

  if (source != NULL)
    return source;

  if (g_hash_table_size (log->sources) >= MAX_SOURCES)
    g_hash_table_foreach_remove (log->sources, source_is_idle, &now_us);
  if (g_hash_table_size (log->sources) >= MAX_SOURCES) {
    /* All of them are busy: newcomers share one budget. */
    g_free (key);
    key = g_strdup ("");
    source = g_hash_table_lookup (log->sources, key);
    if (source != NULL)
      return source;
  }

  source = g_new0 (Source, 1);
  source->tokens = RATE_BURST;
  source->filled_us = now_us;
  g_hash_table_insert (log->sources, g_steal_pointer (&key), source);
  return source;
}

static gboolean
source_take_token (Source *source, gint64 now_us)
{
  double elapsed_s = (double)MAX (now_us - source->filled_us, 0) / G_USEC_PER_SEC;

  source->tokens = MIN (source->tokens + elapsed_s * RATE_PER_S, RATE_BURST);
  source->filled_us = now_us;
  if (source->tokens < 1)
    return FALSE;
  source->tokens -= 1;
  return TRUE;
}

static gboolean
is_repeat (const Source *source, const LaneEvent *event)
{
  const LaneEvent *last = source->last;

  return last != NULL && last->level == event->level && last->kind == event->kind
         && strcmp (last->text, event->text) == 0
         && event->monotonic_us - last->monotonic_us < FOLD_US;
}

static void
source_remember (Source *source, const LaneEvent *event)
{
  lane_event_free (source->last);
  source->last = g_new0 (LaneEvent, 1);
  source->last->monotonic_us = event->monotonic_us;
  source->last->level = event->level;
  source->last->kind = event->kind;
  source->last->text = g_strdup (event->text);
}

static void
drop_oldest (LaneEventLog *log)
{
  LaneEvent *event = g_queue_pop_head (&log->events);

  log->bytes -= lane_event_get_size (event);
  lane_event_free (event);
}

static void
keep (LaneEventLog *log, LaneEvent *event)
{
  event->sequence = ++log->sequence;
  g_queue_push_tail (&log->events, event);

  for (guint i = 0; i < log->sinks->len; i++) {
    Sink *sink = &g_array_index (log->sinks, Sink, i);

    sink->function (event, sink->user_data);
  }

  lane_event_pack (event);
  log->bytes += lane_event_get_size (event);
  while (log->events.length > MAX_EVENTS || log->bytes > MAX_BYTES)
    drop_oldest (log);
}

/* What was left out before @event is told first, with the clock of @event. */
static void
keep_summary (LaneEventLog *log, const LaneEvent *event, LaneEvent *summary)
{
  summary->time_us = event->time_us;
  summary->monotonic_us = event->monotonic_us;
  keep (log, summary);
}

static void
tell_repeats (LaneEventLog *log, Source *source, const LaneEvent *event)
{
  guint repeats = source->repeats;
  JsonObject *fields;

  if (repeats == 0)
    return;

  source->repeats = 0;
  fields = lane_event_fields ("repeats");
  json_object_set_int_member (fields, "repeats", repeats);
  keep_summary (log, event,
                lane_event_new (source->last->level, source->last->kind, event->peer, fields,
                                "%s x%u", source->last->text, repeats + 1));
}

static void
tell_suppressed (LaneEventLog *log, Source *source, const LaneEvent *event)
{
  guint suppressed = source->suppressed;
  JsonObject *fields;

  if (suppressed == 0)
    return;

  source->suppressed = 0;
  fields = lane_event_fields ("suppressed");
  json_object_set_int_member (fields, "suppressed", suppressed);
  keep_summary (log, event,
                lane_event_new (LANE_LOG_LEVEL_WARNING, event->kind, event->peer, fields,
                                "suppressed %u events, more than %d a second", suppressed,
                                RATE_PER_S));
}

LaneEventLog *
lane_event_log_new (LaneLogLevel level)
{
  LaneEventLog *log = g_new0 (LaneEventLog, 1);

  log->level = level;
  g_queue_init (&log->events);
  log->sources =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)source_free);
  log->sinks = g_array_new (FALSE, FALSE, sizeof (Sink));
  return log;
}

void
lane_event_log_set_level (LaneEventLog *log, LaneLogLevel level)
{
  log->level = level;
}

void
lane_event_log_add_sink (LaneEventLog *log, LaneEventSink function, gpointer user_data)
{
  Sink sink = { .function = function, .user_data = user_data };

  g_array_append_val (log->sinks, sink);
}

void
lane_event_log_add (LaneEventLog *log, LaneEvent *event)
{
  g_autoptr (LaneEvent) owned = event;
  Source *source;

  if (event->level > log->level)
    return;

  source = find_source (log, event);
  if (is_repeat (source, event)) {
    source->repeats++;
    return;
  }
  if (!source_take_token (source, event->monotonic_us)) {
    source->suppressed++;
    return;
  }

  tell_repeats (log, source, event);
  tell_suppressed (log, source, event);
  source_remember (source, event);
  keep (log, g_steal_pointer (&owned));
}

GPtrArray *
lane_event_log_list (LaneEventLog *log, guint64 after, const char *peer, guint limit)
{
  GPtrArray *list = g_ptr_array_new ();

  for (GList *l = log->events.tail; l != NULL && list->len < limit; l = l->prev) {
    LaneEvent *event = l->data;

    if (event->sequence <= after)
      break;
    if (peer == NULL || g_strcmp0 (peer, event->peer) == 0)
      g_ptr_array_add (list, event);
  }

  for (guint i = 0; i < list->len / 2; i++) {
    gpointer swap = list->pdata[i];

    list->pdata[i] = list->pdata[list->len - 1 - i];
    list->pdata[list->len - 1 - i] = swap;
  }
  return list;
}

void
lane_event_log_free (LaneEventLog *log)
{
  if (log == NULL)
    return;

  g_queue_clear_full (&log->events, (GDestroyNotify)lane_event_free);
  g_hash_table_unref (log->sources);
  g_array_unref (log->sinks);
  g_free (log);
}
