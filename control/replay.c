#include "replay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "replay-generation.h"
#include "replay-history.h"

#define MAX_FILES       1000
#define MAX_GENERATIONS 32 /* looked at: a path has three at most, but a crash ends none */
#define HISTORY_CELLS   60
#define CELL_US         (5 * G_USEC_PER_SEC)

/* A recording of a peer, under the name that it is shown with. */
typedef struct {
  LaneRecording *recording;
  char *name;
} Track;

typedef struct {
  gint64 time_us;
  guint track, entry;
} Event;

struct _LaneReplay {
  GPtrArray *tracks; /* of Track; a node's own too */
  GArray *events;    /* of Event, in order of time: the number of an event is its index + 1 */
  gint64 from_us, to_us, at_us;
};

G_DEFINE_QUARK (lane_replay_error, lane_replay_error)

static void
track_free (gpointer data)
{
  Track *track = data;

  lane_recording_free (track->recording);
  g_free (track->name);
  g_free (track);
}

static const Track *
nth_track (const LaneReplay *replay, guint index)
{
  return replay->tracks->pdata[index];
}

static gboolean
is_node (const Track *track)
{
  return strcmp (lane_recording_get_peer (track->recording), LANE_RECORD_NODE) == 0;
}

/* Loading */

LaneReplay *
lane_replay_new (void)
{
  LaneReplay *replay = g_new0 (LaneReplay, 1);

  replay->tracks = g_ptr_array_new_with_free_func (track_free);
  replay->events = g_array_new (FALSE, FALSE, sizeof (Event));
  return replay;
}

void
lane_replay_free (LaneReplay *replay)
{
  if (replay == NULL)
    return;
  g_ptr_array_unref (replay->tracks);
  g_array_unref (replay->events);
  g_free (replay);
}

static gboolean
has_name (const LaneReplay *replay, const char *name)
{
  for (guint i = 0; i < replay->tracks->len; i++)
    if (strcmp (nth_track (replay, i)->name, name) == 0)
      return TRUE;
  return FALSE;
}

void
lane_replay_add (LaneReplay *replay, LaneRecording *recording)
{
  const char *peer = lane_recording_get_peer (recording);
  Track *track = g_new0 (Track, 1);

  track->recording = recording;
  track->name = g_strdup (peer);
  if (has_name (replay, track->name)) {
    g_free (track->name);
    track->name = g_strdup_printf ("%s of %s", peer, lane_recording_get_node (recording));
  }
  for (guint i = 2; has_name (replay, track->name); i++) {
    g_free (track->name);
    track->name = g_strdup_printf ("%s of %s, %u", peer, lane_recording_get_node (recording), i);
  }
  g_ptr_array_add (replay->tracks, track);
}

static int
compare_events (gconstpointer a, gconstpointer b)
{
  const Event *x = a, *y = b;

  if (x->time_us != y->time_us)
    return x->time_us < y->time_us ? -1 : 1;
  if (x->track != y->track)
    return x->track < y->track ? -1 : 1;
  return (x->entry > y->entry) - (x->entry < y->entry);
}

gboolean
lane_replay_ready (LaneReplay *replay, GError **error)
{
  replay->from_us = G_MAXINT64;
  replay->to_us = 0;
  g_array_set_size (replay->events, 0);
  for (guint i = 0; i < replay->tracks->len; i++) {
    const LaneRecording *recording = nth_track (replay, i)->recording;

    for (guint j = 0; j < lane_recording_count (recording); j++) {
      const LaneRecordEntry *entry = lane_recording_nth (recording, j);
      Event event = { .time_us = entry->time_us, .track = i, .entry = j };

      replay->from_us = MIN (replay->from_us, entry->time_us);
      replay->to_us = MAX (replay->to_us, entry->time_us);
      if (entry->kind == LANE_RECORD_EVENT)
        g_array_append_val (replay->events, event);
    }
  }
  if (replay->from_us > replay->to_us) {
    g_set_error (error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_FILES,
                 "nothing is recorded in %s yet: look again when the node has run for a while",
                 replay->tracks->len == 1 ? "this file" : "these files");
    return FALSE;
  }
  g_array_sort (replay->events, compare_events);
  replay->at_us = replay->to_us;
  return TRUE;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* The recordings of a folder, in the order of their names. */
static GPtrArray *
list_folder (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (dir == NULL)
    return NULL;
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, LANE_RECORD_SUFFIX))
      g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
  if (paths->len == 0) {
    g_set_error (
        error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_FILES,
        "%s: no recording (*.jsonl) is in this folder; a node's are in the folder `record` "
        "of its [node] state-dir",
        folder);
    return NULL;
  }
  g_ptr_array_sort (paths, compare_paths);
  return g_steal_pointer (&paths);
}

static GPtrArray *
list_files (const char *const *paths, GError **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; paths[i] != NULL; i++) {
    GPtrArray *folder;

    if (!g_file_test (paths[i], G_FILE_TEST_IS_DIR)) {
      g_ptr_array_add (files, g_strdup (paths[i]));
      continue;
    }
    folder = list_folder (paths[i], error);
    if (folder == NULL)
      return NULL;
    g_ptr_array_extend_and_steal (files, folder);
  }
  return g_steal_pointer (&files);
}

LaneReplay *
lane_replay_load (const char *const *paths, GError **error)
{
  g_autoptr (LaneReplay) replay = lane_replay_new ();
  g_autoptr (GPtrArray) files = list_files (paths, error);
  gsize size = 0;

  if (files == NULL)
    return NULL;
  if (files->len > MAX_FILES) {
    g_set_error (error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_FILES,
                 "%u files are more than %d: name those that you want to see", files->len,
                 MAX_FILES);
    return NULL;
  }
  for (guint i = 0; i < files->len; i++) {
    LaneRecording *recording = lane_recording_load (files->pdata[i], error);

    if (recording == NULL)
      return NULL;
    size += lane_recording_get_size (recording);
    lane_replay_add (replay, recording);
    if (size > LANE_REPLAY_MAX) {
      g_set_error (error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_FILES,
                   "%s: with it there are more than 256 MiB: name the files that you want to see",
                   (const char *)files->pdata[i]);
      return NULL;
    }
  }
  return lane_replay_ready (replay, error) ? g_steal_pointer (&replay) : NULL;
}

/* The cursor */

gint64
lane_replay_get_from_us (const LaneReplay *replay)
{
  return replay->from_us;
}

gint64
lane_replay_get_to_us (const LaneReplay *replay)
{
  return replay->to_us;
}

gint64
lane_replay_get_at_us (const LaneReplay *replay)
{
  return replay->at_us;
}

void
lane_replay_set_at_us (LaneReplay *replay, gint64 at_us)
{
  replay->at_us = CLAMP (at_us, replay->from_us, replay->to_us);
}

static const Event *
nth_event (const LaneReplay *replay, guint index)
{
  return &g_array_index (replay->events, Event, index);
}

/* Of events, not after @time_us. */
static guint
count_events_until (const LaneReplay *replay, gint64 time_us)
{
  guint low = 0, high = replay->events->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (nth_event (replay, middle)->time_us <= time_us)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

guint64
lane_replay_count_events (const LaneReplay *replay)
{
  return count_events_until (replay, replay->at_us);
}

static void
step (LaneReplay *replay, gboolean forward)
{
  guint n = count_events_until (replay, forward ? replay->at_us : replay->at_us - 1);

  if (forward)
    replay->at_us = n < replay->events->len ? nth_event (replay, n)->time_us : replay->to_us;
  else
    replay->at_us = n > 0 ? nth_event (replay, n - 1)->time_us : replay->from_us;
}

static gboolean
parse_seconds (const char *text, gint64 *offset_us)
{
  char *end;
  double seconds;

  if (text[0] != '+' && text[0] != '-')
    return FALSE;
  seconds = g_ascii_strtod (text, &end);
  if (end == text || *end != '\0' || !isfinite (seconds) || fabs (seconds) > 1e9)
    return FALSE;
  *offset_us = (gint64)(seconds * G_USEC_PER_SEC);
  return TRUE;
}

/* The last `23:49:04` that is not after the end. */
static gboolean
parse_time_of_day (const LaneReplay *replay, const char *text, gint64 *at_us)
{
  g_autoptr (GDateTime) end = g_date_time_new_from_unix_local (replay->to_us / G_USEC_PER_SEC);
  g_autoptr (GDateTime) day = NULL;
  int hour, minute, second = 0, used = 0;

  if ((sscanf (text, "%2d:%2d:%2d%n", &hour, &minute, &second, &used) != 3 || text[used] != '\0')
      && (sscanf (text, "%2d:%2d%n", &hour, &minute, &used) != 2 || text[used] != '\0'))
    return FALSE;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59
      || end == NULL)
    return FALSE;
  day = g_date_time_new_local (g_date_time_get_year (end), g_date_time_get_month (end),
                               g_date_time_get_day_of_month (end), hour, minute, second);
  if (day != NULL && g_date_time_compare (day, end) > 0) {
    GDateTime *before = g_date_time_add_days (day, -1);

    g_date_time_unref (day);
    day = before;
  }
  if (day == NULL)
    return FALSE;
  *at_us = g_date_time_to_unix (day) * G_USEC_PER_SEC;
  return TRUE;
}

static gboolean
parse_date (const char *text, gint64 *at_us)
{
  g_autoptr (GTimeZone) local = g_time_zone_new_local ();
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, local);

  if (time == NULL)
    return FALSE;
  *at_us = g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
  return TRUE;
}

gboolean
lane_replay_seek (LaneReplay *replay, const char *to, GError **error)
{
  gint64 time_us;

  if (strcmp (to, "next") == 0 || strcmp (to, "previous") == 0)
    step (replay, *to == 'n');
  else if (strcmp (to, "start") == 0)
    replay->at_us = replay->from_us;
  else if (strcmp (to, "end") == 0)
    replay->at_us = replay->to_us;
  else if (parse_seconds (to, &time_us))
    lane_replay_set_at_us (replay, replay->at_us + time_us);
  else if (parse_time_of_day (replay, to, &time_us) || parse_date (to, &time_us))
    lane_replay_set_at_us (replay, time_us);
  else {
    g_set_error (error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_TIME,
                 "'%s' is no moment: a time as 23:49:04 or 2026-11-22T23:49:04Z, +60 or -60 "
                 "seconds, next or previous event, start or end",
                 to);
    return FALSE;
  }
  return TRUE;
}

/* Looking back from the cursor */

/* The last entry of @kind before the cursor, in the same run of the node; NULL: none. */
static const LaneRecordEntry *
find_last (const LaneReplay *replay, const LaneRecording *recording, LaneRecordKind kind)
{
  for (guint i = lane_recording_find (recording, replay->at_us); i > 0; i--) {
    const LaneRecordEntry *entry = lane_recording_nth (recording, i - 1);

    if (entry->kind == kind)
      return entry;
    if (entry->kind == LANE_RECORD_START
        || (entry->kind == LANE_RECORD_STOP && entry->time_us < replay->at_us))
      return NULL;
  }
  return NULL;
}

/* START, STOP or the STATE that the cursor is after; NULL: before all. At the very moment of a
 * stop, which is where a recording ends, the last state is worth more. */
static const LaneRecordEntry *
find_state (const LaneReplay *replay, const LaneRecording *recording)
{
  for (guint i = lane_recording_find (recording, replay->at_us); i > 0; i--) {
    const LaneRecordEntry *entry = lane_recording_nth (recording, i - 1);

    if (entry->kind == LANE_RECORD_STATE || entry->kind == LANE_RECORD_START
        || (entry->kind == LANE_RECORD_STOP && entry->time_us < replay->at_us))
      return entry;
  }
  return NULL;
}

static char *
to_time (gint64 wall_us)
{
  return lane_time_to_rfc3339 (wall_us);
}

/* A peer of which nothing is known at the cursor. */
static JsonObject *
describe_blank (const Track *track, const char *text)
{
  JsonObject *peer = json_object_new ();
  JsonObject *why = json_object_new ();

  json_object_set_string_member (why, "code", "not-recorded");
  json_object_set_string_member (why, "side", "nobody");
  json_object_set_string_member (why, "text", text);
  json_object_set_string_member (why, "next", "Look at another moment");

  json_object_set_string_member (peer, "name", track->name);
  json_object_set_string_member (peer, "id", lane_recording_get_peer_id (track->recording));
  json_object_set_string_member (peer, "state", "waiting");
  json_object_set_null_member (peer, "path");
  json_object_set_boolean_member (peer, "online", FALSE);
  json_object_set_object_member (peer, "why", why);
  json_object_set_null_member (peer, "pair");
  json_object_set_null_member (peer, "last_error");
  return peer;
}

static void
copy_member (JsonNode *value, const char *name, JsonObject *to)
{
  JsonNode *node = json_object_get_member (json_node_get_object (value), name);

  if (node != NULL)
    json_object_set_member (to, name, json_node_copy (node));
}

static void
apply_sample (JsonObject *peer, const LaneRecordEntry *entry)
{
  static const char *const members[] = { "rtt_ms", "jitter_ms", "loss",
                                         "pings",  "tx_bytes",  "rx_bytes" };
  g_autoptr (JsonNode) sample = lane_record_entry_get_value (entry);

  for (guint i = 0; sample != NULL && i < G_N_ELEMENTS (members); i++)
    copy_member (sample, members[i], peer);
}

/* One number for every 5 s before the cursor: what was measured last in them, or before. */
static void
add_history (const LaneReplay *replay, const LaneRecording *recording, JsonObject *peer)
{
  gint64 first_us = replay->at_us - HISTORY_CELLS * CELL_US;
  double cells[HISTORY_CELLS];
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < HISTORY_CELLS; i++)
    cells[i] = NAN;
  for (guint i = lane_recording_find (recording, replay->at_us); i > 0; i--) {
    const LaneRecordEntry *entry = lane_recording_nth (recording, i - 1);
    guint cell;

    if (entry->kind == LANE_RECORD_START || entry->time_us < first_us)
      break;
    if (entry->kind != LANE_RECORD_SAMPLE && entry->kind != LANE_RECORD_STATE)
      continue;
    cell = (guint)MIN ((entry->time_us - first_us) / CELL_US, HISTORY_CELLS - 1);
    if (isnan (cells[cell]))
      cells[cell] = entry->rtt_ms;
  }
  for (guint i = 0; i < HISTORY_CELLS; i++) {
    if (isnan (cells[i]))
      json_array_add_null_element (array);
    else
      json_array_add_double_element (array, cells[i]);
  }
  json_object_set_array_member (peer, "rtt_history_ms", array);
}

static JsonObject *
describe_peer (const LaneReplay *replay, const Track *track)
{
  const LaneRecordEntry *state = find_state (replay, track->recording);
  const LaneRecordEntry *sample = NULL;
  g_autoptr (JsonNode) value = NULL;
  JsonObject *peer;

  if (state == NULL)
    return describe_blank (track, "Nothing of this peer is recorded yet.");
  if (state->kind == LANE_RECORD_STOP)
    return describe_blank (track, "The node was not running.");
  if (state->kind == LANE_RECORD_START)
    return describe_blank (track, "The node was starting.");
  value = lane_record_entry_get_value (state);
  if (value == NULL)
    return describe_blank (track, "This part of the record is damaged.");
  peer = json_object_ref (json_node_get_object (value));
  json_object_set_string_member (peer, "name", track->name);
  sample = find_last (replay, track->recording, LANE_RECORD_SAMPLE);
  if (sample != NULL && sample > state) /* both point into one array */
    apply_sample (peer, sample);
  add_history (replay, track->recording, peer);
  return peer;
}

static JsonArray *
describe_peers (const LaneReplay *replay)
{
  JsonArray *peers = json_array_new ();

  for (guint i = 0; i < replay->tracks->len; i++)
    if (!is_node (nth_track (replay, i)))
      json_array_add_object_element (peers, describe_peer (replay, nth_track (replay, i)));
  return peers;
}

/* The node */

static const Track *
find_node (const LaneReplay *replay)
{
  for (guint i = 0; i < replay->tracks->len; i++)
    if (is_node (nth_track (replay, i)))
      return nth_track (replay, i);
  return NULL;
}

static void
add_cursor (const LaneReplay *replay, double speed, JsonObject *node)
{
  g_autofree char *at = to_time (replay->at_us);
  g_autofree char *from = to_time (replay->from_us);
  g_autofree char *to = to_time (replay->to_us);
  JsonObject *cursor = json_object_new ();

  json_object_set_string_member (cursor, "at", at);
  json_object_set_string_member (cursor, "from", from);
  json_object_set_string_member (cursor, "to", to);
  json_object_set_double_member (cursor, "speed", speed);
  json_object_set_int_member (cursor, "events", replay->events->len);
  json_object_set_int_member (cursor, "event", (gint64)lane_replay_count_events (replay));
  json_object_set_object_member (node, "replay", cursor);
}

static JsonObject *
describe_node (const LaneReplay *replay, double speed)
{
  const Track *own = find_node (replay);
  const LaneRecordEntry *state =
      own != NULL ? find_last (replay, own->recording, LANE_RECORD_STATE) : NULL;
  const LaneRecording *any = nth_track (replay, 0)->recording;
  g_autoptr (JsonNode) value = state != NULL ? lane_record_entry_get_value (state) : NULL;
  JsonObject *node =
      value != NULL ? json_object_ref (json_node_get_object (value)) : json_object_new ();

  if (value == NULL) {
    json_object_set_string_member (node, "name", lane_recording_get_node (any));
    json_object_set_string_member (node, "id", lane_recording_get_node_id (any));
    json_object_set_string_member (node, "version", lane_recording_get_version (any));
  }
  add_cursor (replay, speed, node);
  return node;
}

static JsonArray *
describe_servers (const LaneReplay *replay)
{
  const Track *own = find_node (replay);
  const LaneRecordEntry *servers =
      own != NULL ? find_last (replay, own->recording, LANE_RECORD_SERVERS) : NULL;
  g_autoptr (JsonNode) value = servers != NULL ? lane_record_entry_get_value (servers) : NULL;

  return value != NULL ? json_array_ref (json_node_get_array (value)) : json_array_new ();
}

static char *
print_object (JsonObject *object)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (root, object);
  return json_to_string (root, FALSE);
}

static char *
print_array (JsonArray *array)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (root, array);
  return json_to_string (root, FALSE);
}

char *
lane_replay_print_node (const LaneReplay *replay, double speed)
{
  return print_object (describe_node (replay, speed));
}

char *
lane_replay_print_peers (const LaneReplay *replay)
{
  return print_array (describe_peers (replay));
}

char *
lane_replay_print_servers (const LaneReplay *replay)
{
  return print_array (describe_servers (replay));
}

char *
lane_replay_print (const LaneReplay *replay, double speed)
{
  JsonObject *status = json_object_new ();

  json_object_set_int_member (status, "schema", 1);
  json_object_set_object_member (status, "node", describe_node (replay, speed));
  json_object_set_array_member (status, "servers", describe_servers (replay));
  json_object_set_array_member (status, "peers", describe_peers (replay));
  return print_object (status);
}

/* Generations */

/* The last line about each generation that had begun by the cursor, the newest of them: at its end
 * all is known, and the end may come after the cursor. */
static void
take_generation (GPtrArray *found, const LaneRecordEntry *entry)
{
  for (guint i = found->len; i > 0; i--) {
    const LaneRecordEntry *known = found->pdata[i - 1];

    if (known->generation != entry->generation || known->started_us != entry->started_us)
      continue;
    if (!known->ended)
      found->pdata[i - 1] = (gpointer)entry;
    return;
  }
  if (found->len == MAX_GENERATIONS)
    g_ptr_array_remove_index (found, 0);
  g_ptr_array_add (found, (gpointer)entry);
}

/* Where lines about generations that had begun by the cursor may stand: after it too, as those tell
 * at their end what happened. */
static guint
first_of_run (const LaneReplay *replay, const LaneRecording *recording)
{
  guint i = lane_recording_find (recording, replay->at_us);

  while (i > 0 && lane_recording_nth (recording, i - 1)->kind != LANE_RECORD_START)
    i--;
  return i;
}

static gboolean
is_running (const LaneReplay *replay, const LaneRecordEntry *entry)
{
  return !entry->ended || entry->time_us > replay->at_us;
}

static JsonObject *
describe_generation (const LaneReplay *replay, const LaneRecordEntry *entry, gboolean current)
{
  g_autoptr (JsonNode) value = lane_record_entry_get_value (entry);
  JsonObject *generation;

  if (value == NULL)
    return NULL;
  generation = json_object_ref (json_node_get_object (value));
  json_object_set_boolean_member (generation, "current", current);
  lane_replay_generation_rewind (generation, (replay->at_us - entry->started_us) / 1000.0);
  return generation;
}

/* Those that run at the cursor, newest first, and the last that has ended. */
static JsonArray *
describe_generations (const LaneReplay *replay, const LaneRecording *recording, gint64 carrying,
                      const LaneRecordEntry **previous)
{
  JsonArray *running = json_array_new ();
  g_autoptr (GPtrArray) found = g_ptr_array_new ();

  for (guint i = first_of_run (replay, recording); i < lane_recording_count (recording); i++) {
    const LaneRecordEntry *entry = lane_recording_nth (recording, i);

    if (entry->kind == LANE_RECORD_START)
      break;
    if (entry->kind == LANE_RECORD_GENERATION && entry->started_us <= replay->at_us)
      take_generation (found, entry);
  }
  for (guint i = found->len; i > 0; i--) {
    const LaneRecordEntry *entry = found->pdata[i - 1];
    JsonObject *generation = NULL;

    if (is_running (replay, entry))
      generation = describe_generation (replay, entry, (gint64)entry->generation == carrying);
    else if (*previous == NULL || entry->time_us > (*previous)->time_us)
      *previous = entry;
    if (generation != NULL)
      json_array_add_object_element (running, generation);
  }
  return running;
}

static const Track *
find_track (const LaneReplay *replay, const char *name, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = NULL;

  for (guint i = 0; i < replay->tracks->len; i++) {
    const Track *track = nth_track (replay, i);

    if (is_node (track))
      continue;
    if (strcmp (track->name, name) == 0)
      return track;
    g_ptr_array_add (names, track->name);
  }
  g_ptr_array_add (names, NULL);
  hint = lane_nearest_hint (name, (const char *const *)names->pdata);
  g_set_error (error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_UNKNOWN_PEER,
               "no peer '%s' in this recording%s", name, hint);
  return NULL;
}

/* The generation that carries the link, 0: none does. */
static gint64
read_carrying (JsonObject *peer)
{
  JsonNode *number = json_object_get_member (peer, "generation");
  JsonNode *path = json_object_get_member (peer, "path");

  return number != NULL && path != NULL && JSON_NODE_HOLDS_VALUE (number)
                 && json_node_get_value_type (number) == G_TYPE_INT64
                 && json_node_get_value_type (path) == G_TYPE_STRING
             ? json_node_get_int (number)
             : 0;
}

char *
lane_replay_print_detail (const LaneReplay *replay, const char *name, GError **error)
{
  const Track *track = find_track (replay, name, error);
  const LaneRecordEntry *previous = NULL;
  JsonObject *detail, *peer;
  JsonObject *before = NULL;

  if (track == NULL)
    return NULL;
  detail = json_object_new ();
  peer = describe_peer (replay, track);
  json_object_set_int_member (detail, "schema", 1);
  json_object_set_array_member (
      detail, "generations",
      describe_generations (replay, track->recording, read_carrying (peer), &previous));
  json_object_set_object_member (detail, "peer", peer);
  if (previous != NULL)
    before = describe_generation (replay, previous, FALSE);
  if (before != NULL)
    json_object_set_object_member (detail, "previous_generation", before);
  else
    json_object_set_null_member (detail, "previous_generation");
  json_object_set_null_member (detail, "securing");
  return print_object (detail);
}

char *
lane_replay_print_history (const LaneReplay *replay, const char *name, GError **error)
{
  const Track *track = find_track (replay, name, error);

  return track != NULL ? lane_replay_history_print (track->recording, track->name, replay->at_us)
                       : NULL;
}

/* Events */

static char *
print_event (const LaneReplay *replay, guint index)
{
  const Event *event = nth_event (replay, index);
  const Track *track = nth_track (replay, event->track);
  g_autoptr (JsonNode) value =
      lane_record_entry_get_value (lane_recording_nth (track->recording, event->entry));

  if (value == NULL)
    return NULL;
  json_object_set_int_member (json_node_get_object (value), "sequence", (gint64)index + 1);
  if (!is_node (track))
    json_object_set_string_member (json_node_get_object (value), "peer", track->name);
  return json_to_string (value, FALSE);
}

static gboolean
is_of (const LaneReplay *replay, guint index, const char *peer)
{
  return peer == NULL
         || strcmp (nth_track (replay, nth_event (replay, index)->track)->name, peer) == 0;
}

GPtrArray *
lane_replay_list_events (const LaneReplay *replay, guint64 after, const char *peer, guint limit,
                         gsize max_bytes)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  gsize bytes = 0;

  for (guint i = count_events_until (replay, replay->at_us);
       i > after && lines->len < limit && bytes < max_bytes; i--) {
    char *line = is_of (replay, i - 1, peer) ? print_event (replay, i - 1) : NULL;

    if (line == NULL)
      continue;
    bytes += strlen (line);
    g_ptr_array_add (lines, line);
  }
  for (guint i = 0; i < lines->len / 2; i++) {
    gpointer swap = lines->pdata[i];

    lines->pdata[i] = lines->pdata[lines->len - 1 - i];
    lines->pdata[lines->len - 1 - i] = swap;
  }
  return lines;
}
