#include "recorder/recorder.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

#include "diagnosis/line-writer.h"
#include "recorder/record.h"
#include "recorder/record-folder.h"

#define SAMPLE_US    (5 * G_USEC_PER_SEC)
#define WHOLE_US     (600 * G_USEC_PER_SEC) /* a rotated file begins in the middle of things */
#define PEER_MAX     (4 * 1024 * 1024)      /* both files of a peer together */
#define FILE_MIN     (64 * 1024)
#define MAX_QUEUED   4000
#define FAILED_US    (300 * G_USEC_PER_SEC) /* between whole records of tries that failed */
#define N_FAILED_MAX 3                      /* in a row that are all recorded */

/* One file, and what stands in it. */
typedef struct {
  char *name;
  LaneLineSink *sink;
  char *words;
  gint64 sampled_us, whole_us; /* monotonic; 0: not yet */
  char *sample;
  guint live_generation; /* recorded while it ran */
  guint n_failed;
  gint64 failed_us;
  char *node, *servers; /* of the node's own */
} Track;

struct _LaneRecorder {
  char *directory;
  char *node, *node_id, *version;
  guint64 file_bytes;
  const LaneRecorderEvents *events;
  gpointer user_data;
  LaneLineWriter *writer;
  GHashTable *tracks; /* by name */
};

static void
track_free (gpointer data)
{
  Track *track = data;

  g_free (track->name);
  g_free (track->words);
  g_free (track->sample);
  g_free (track->node);
  g_free (track->servers);
  g_free (track);
}

/* Takes @line. */
static void
write_line (LaneRecorder *recorder, Track *track, char *line)
{
  lane_line_writer_add (recorder->writer, track->sink, line);
  g_free (line);
}

static Track *
find_track (LaneRecorder *recorder, const char *name, const char *id, gint64 wall_us)
{
  Track *track = g_hash_table_lookup (recorder->tracks, name);
  const LaneRecordHeader header = { .node = recorder->node,
                                    .node_id = recorder->node_id,
                                    .version = recorder->version,
                                    .peer = name,
                                    .peer_id = id };
  g_autofree char *head = NULL;
  g_autofree char *file = NULL;
  g_autofree char *path = NULL;

  if (track != NULL)
    return track;
  head = lane_record_header (&header, wall_us);
  file = lane_record_file_name (name);
  path = g_build_filename (recorder->directory, file, NULL);
  track = g_new0 (Track, 1);
  track->name = g_strdup (name);
  track->sink = lane_line_writer_add_file (
      recorder->writer, lane_line_file_new (path, recorder->file_bytes, 1, head), TRUE);
  g_hash_table_insert (recorder->tracks, track->name, track);
  write_line (recorder, track, lane_record_mark (LANE_RECORD_START, wall_us));
  return track;
}

static char *
describe_loss (guint lines)
{
  return lane_record_lost (lines, g_get_real_time ());
}

/* What was known stood in files that are gone. */
static void
write_all_anew (LaneRecorder *recorder)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, recorder->tracks);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Track *track = value;

    g_clear_pointer (&track->words, g_free);
    g_clear_pointer (&track->node, g_free);
    g_clear_pointer (&track->servers, g_free);
    track->live_generation = 0;
  }
}

static void
on_failed (const char *path, int cause, gpointer user_data)
{
  LaneRecorder *recorder = user_data;
  g_autofree char *text = NULL;

  if (cause == ENOENT) {
    write_all_anew (recorder);
    text = g_strdup_printf ("the flight record %s was removed: a new one is begun", path);
  } else
    text = g_strdup_printf ("the flight recorder cannot write %s: %s; links go on, what is lost is "
                            "counted in the file",
                            path, g_strerror (cause));
  recorder->events->failed (text, recorder->user_data);
}

LaneRecorder *
lane_recorder_new (GMainContext *context, const LaneRecorderSetup *setup,
                   const LaneRecorderEvents *events, gpointer user_data)
{
  static const LaneLineWriterEvents writer_events = { .describe_loss = describe_loss,
                                                      .failed = on_failed };
  LaneRecorder *recorder = g_new0 (LaneRecorder, 1);
  guint64 share = setup->max_bytes / (setup->n_peers + 1);

  recorder->directory = g_strdup (setup->directory);
  recorder->node = g_strdup (setup->node);
  recorder->node_id = g_strdup (setup->node_id);
  recorder->version = g_strdup (setup->version);
  recorder->file_bytes = MAX (MIN (share, PEER_MAX) / 2, FILE_MIN);
  recorder->events = events;
  recorder->user_data = user_data;
  recorder->tracks = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, track_free);
  recorder->writer =
      lane_line_writer_new ("recorder", MAX_QUEUED, context, &writer_events, recorder);
  lane_record_folder_prune (recorder->directory, setup->max_bytes);
  return recorder;
}

/* Peers */

static void
write_state (LaneRecorder *recorder, Track *track, const LaneRecorderPeer *peer, gint64 wall_us,
             gint64 now_us)
{
  g_autofree char *json = recorder->events->describe_peer (peer->name, recorder->user_data);

  if (json == NULL)
    return;
  write_line (recorder, track, lane_record_value (LANE_RECORD_STATE, wall_us, json));
  g_free (track->words);
  track->words = g_strdup (peer->words);
  track->whole_us = now_us;
  track->sampled_us = now_us;
}

/* Only what a peer's object has of numbers; NULL: nothing is known. */
static char *
cut_sample (const char *json)
{
  static const char *const members[] = { "rtt_ms",   "jitter_ms", "loss", "pings",
                                         "tx_bytes", "rx_bytes",  NULL };
  g_autoptr (JsonNode) node = json_from_string (json, NULL);
  JsonObject *peer = node != NULL ? json_node_get_object (node) : NULL;
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *sample = json_object_new ();

  json_node_take_object (root, sample);
  for (guint i = 0; peer != NULL && members[i] != NULL; i++)
    if (json_object_has_member (peer, members[i]))
      json_object_set_member (sample, members[i],
                              json_node_copy (json_object_get_member (peer, members[i])));
  return json_object_get_size (sample) > 0 ? json_to_string (root, FALSE) : NULL;
}

static void
write_sample (LaneRecorder *recorder, Track *track, const char *peer, gint64 wall_us, gint64 now_us)
{
  g_autofree char *json = recorder->events->describe_peer (peer, recorder->user_data);
  g_autofree char *sample = json != NULL ? cut_sample (json) : NULL;

  track->sampled_us = now_us;
  if (sample == NULL || g_strcmp0 (sample, track->sample) == 0)
    return;
  write_line (recorder, track, lane_record_value (LANE_RECORD_SAMPLE, wall_us, sample));
  g_free (track->sample);
  track->sample = g_steal_pointer (&sample);
}

/* Tries that fail every minute for days would push everything else out. */
static gboolean
is_worth_it (Track *track, const char *generation, gint64 now_us)
{
  if (strstr (generation, "\"connected_ms\":null") == NULL) {
    track->n_failed = 0;
    return TRUE;
  }
  track->n_failed++;
  if (track->n_failed > N_FAILED_MAX && now_us - track->failed_us < FAILED_US)
    return FALSE;
  track->failed_us = now_us;
  return TRUE;
}

void
lane_recorder_note_generation (LaneRecorder *recorder, const char *peer, const char *json,
                               gint64 wall_us, gint64 now_us)
{
  Track *track = g_hash_table_lookup (recorder->tracks, peer);

  if (track != NULL && is_worth_it (track, json, now_us))
    write_line (recorder, track, lane_record_value (LANE_RECORD_GENERATION, wall_us, json));
}

/* A crash must not take the one with it that explains the link; at its end it is told again. */
static void
note_current (LaneRecorder *recorder, Track *track, const LaneRecorderPeer *peer, gint64 wall_us)
{
  g_autofree char *json = NULL;

  if (peer->generation == 0 || peer->generation == track->live_generation)
    return;
  json = recorder->events->describe_generation (peer->name, recorder->user_data);
  if (json == NULL)
    return;
  track->live_generation = peer->generation;
  write_line (recorder, track, lane_record_value (LANE_RECORD_GENERATION, wall_us, json));
}

void
lane_recorder_note_peer (LaneRecorder *recorder, const LaneRecorderPeer *peer, gint64 wall_us,
                         gint64 now_us)
{
  Track *track = find_track (recorder, peer->name, peer->id, wall_us);
  gboolean changed = g_strcmp0 (track->words, peer->words) != 0;

  if (changed || now_us - track->whole_us >= WHOLE_US)
    write_state (recorder, track, peer, wall_us, now_us);
  else if (now_us - track->sampled_us >= SAMPLE_US)
    write_sample (recorder, track, peer->name, wall_us, now_us);
  note_current (recorder, track, peer, wall_us);
}

void
lane_recorder_note_event (LaneRecorder *recorder, const LaneEvent *event)
{
  Track *track = event->peer != NULL
                     ? g_hash_table_lookup (recorder->tracks, event->peer)
                     : find_track (recorder, LANE_RECORD_NODE, recorder->node_id, event->time_us);
  g_autofree char *json = NULL;

  if (track == NULL || event->level > LANE_LOG_LEVEL_INFO)
    return;
  json = lane_event_to_json_line (event);
  write_line (recorder, track, lane_record_value (LANE_RECORD_EVENT, event->time_us, json));
}

static void
note_value (LaneRecorder *recorder, LaneRecordKind kind, char **last, const char *json,
            gint64 wall_us)
{
  Track *track = find_track (recorder, LANE_RECORD_NODE, recorder->node_id, wall_us);

  if (json == NULL || g_strcmp0 (*last, json) == 0)
    return;
  write_line (recorder, track, lane_record_value (kind, wall_us, json));
  g_free (*last);
  *last = g_strdup (json);
}

void
lane_recorder_note_node (LaneRecorder *recorder, const char *node, const char *servers,
                         gint64 wall_us)
{
  Track *track = find_track (recorder, LANE_RECORD_NODE, recorder->node_id, wall_us);

  note_value (recorder, LANE_RECORD_STATE, &track->node, node, wall_us);
  note_value (recorder, LANE_RECORD_SERVERS, &track->servers, servers, wall_us);
}

void
lane_recorder_free (LaneRecorder *recorder)
{
  gint64 wall_us = g_get_real_time ();
  GHashTableIter iter;
  gpointer track;

  if (recorder == NULL)
    return;
  g_hash_table_iter_init (&iter, recorder->tracks);
  while (g_hash_table_iter_next (&iter, NULL, &track))
    write_line (recorder, track, lane_record_mark (LANE_RECORD_STOP, wall_us));
  lane_line_writer_free (recorder->writer);
  g_hash_table_unref (recorder->tracks);
  g_free (recorder->directory);
  g_free (recorder->node);
  g_free (recorder->node_id);
  g_free (recorder->version);
  g_free (recorder);
}
