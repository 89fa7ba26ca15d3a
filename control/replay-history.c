#include "replay-history.h"

#include <math.h>

#include "history-report.h"
#include "json-read.h"

#define SPAN_US   (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)
#define MAX_PINGS 600 /* that one sample may stand for: more is no recording of ours */

typedef struct {
  LaneHistory *history;
  gint64 from_us; /* of the clock: a day before the moment */
  LaneHistoryPath path;
  guint64 answered, lost; /* pings, so far */
  gboolean counted;
} Rebuild;

static LaneHistoryPath
read_path (JsonObject *state)
{
  g_autofree char *word = lane_json_string (state, "path");

  if (g_strcmp0 (word, "direct") == 0)
    return LANE_HISTORY_DIRECT;
  return g_strcmp0 (word, "relay") == 0 ? LANE_HISTORY_RELAY : LANE_HISTORY_NONE;
}

static LaneWhyCode
read_why (JsonObject *state)
{
  g_autofree char *word = lane_json_string (lane_json_object (state, "why"), "code");

  for (LaneWhyCode code = LANE_WHY_NONE; word != NULL && code <= LANE_WHY_IDENTITY_MISMATCH; code++)
    if (g_strcmp0 (lane_why_code_to_string (code), word) == 0)
      return code;
  return LANE_WHY_NONE;
}

static void
change_path (Rebuild *rebuild, LaneHistoryPath path, LaneWhyCode why, gint64 time_us)
{
  const LaneHistoryChange change = { .clock_us = time_us - rebuild->from_us,
                                     .wall_us = time_us,
                                     .new = path,
                                     .why = why,
                                     .gap_ms = NAN };

  if (path == rebuild->path)
    return;
  lane_history_change (rebuild->history, &change);
  rebuild->path = path;
}

/* The pings since the last sample. */
static guint
take_count (guint64 *so_far, guint64 now, gboolean counted)
{
  guint64 more = counted && now >= *so_far ? now - *so_far : 0;

  *so_far = now;
  return (guint)MIN (more, MAX_PINGS);
}

static void
take_numbers (Rebuild *rebuild, const LaneRecordEntry *entry)
{
  gint64 clock_us = entry->time_us - rebuild->from_us;
  guint answered = 1, lost = 0;

  if (entry->counted) {
    answered = take_count (&rebuild->answered, entry->answered, rebuild->counted);
    lost = take_count (&rebuild->lost, entry->lost, rebuild->counted);
    rebuild->counted = TRUE;
  }
  for (guint i = 0; i < answered && !isnan (entry->rtt_ms); i++)
    lane_history_answered (rebuild->history, clock_us, entry->rtt_ms, FALSE);
  for (guint i = 0; i < lost; i++)
    lane_history_lost (rebuild->history, clock_us);
}

static void
take_state (Rebuild *rebuild, const LaneRecordEntry *entry)
{
  g_autoptr (JsonNode) value = lane_record_entry_get_value (entry);
  JsonObject *object = value != NULL ? json_node_get_object (value) : NULL;

  change_path (rebuild, read_path (object), read_why (object), entry->time_us);
}

static void
take_entry (Rebuild *rebuild, const LaneRecordEntry *entry)
{
  if (entry->kind == LANE_RECORD_START || entry->kind == LANE_RECORD_STOP) {
    change_path (rebuild, LANE_HISTORY_NONE, LANE_WHY_NONE, entry->time_us);
    rebuild->counted = FALSE; /* another node counts from 0 */
    return;
  }
  if (entry->kind == LANE_RECORD_STATE)
    take_state (rebuild, entry);
  if (entry->kind == LANE_RECORD_STATE || entry->kind == LANE_RECORD_SAMPLE)
    take_numbers (rebuild, entry);
}

char *
lane_replay_history_print (const LaneRecording *recording, const char *name, gint64 at_us)
{
  g_autoptr (LaneHistory) history = lane_history_new ();
  g_autoptr (JsonNode) report = NULL;
  Rebuild rebuild = { .history = history, .from_us = at_us - SPAN_US, .path = LANE_HISTORY_NONE };
  guint end = lane_recording_find (recording, at_us);

  for (guint i = lane_recording_find (recording, rebuild.from_us); i < end; i++)
    take_entry (&rebuild, lane_recording_nth (recording, i));
  report = lane_history_report (history, name, SPAN_US, at_us);
  return json_to_string (report, FALSE);
}
