#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json-read.h"
#include "signaling/bounded-json.h"

#define STRING_MAX     (64 * 1024)
#define NAME_MAX_BYTES 256
#define TIME_MIN_US    G_GINT64_CONSTANT (0)
#define TIME_MAX_US    (G_GINT64_CONSTANT (253402300799) * G_USEC_PER_SEC) /* the year 9999 */

struct _LaneRecording {
  char *peer, *peer_id, *node, *node_id, *version;
  GPtrArray *texts; /* of GBytes, which the entries point into */
  GArray *entries;  /* of LaneRecordEntry */
};

/* The place of an error. */
typedef struct {
  const char *name;
  guint line;
} Place;

G_DEFINE_QUARK (lane_recording_error, lane_recording_error)

static gboolean
    G_GNUC_PRINTF (3, 4) refuse (const Place *place, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, LANE_RECORDING_ERROR, LANE_RECORDING_ERROR_MALFORMED, "%s:%u: %s",
               place->name, place->line, text);
  return FALSE;
}

/* Lines */

static JsonNode *
get_member (JsonObject *object, const char *name, JsonNodeType type)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_node_type (node) == type ? node : NULL;
}

static const char *
get_string (JsonObject *object, const char *name)
{
  JsonNode *node = get_member (object, name, JSON_NODE_VALUE);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static gboolean
get_integer (JsonObject *object, const char *name, gint64 max, gint64 *value)
{
  JsonNode *node = get_member (object, name, JSON_NODE_VALUE);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return *value >= 0 && *value <= max;
}

static gboolean
parse_time (const char *text, gint64 *time_us)
{
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  if (time == NULL)
    return FALSE;
  *time_us = g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
  return *time_us >= TIME_MIN_US && *time_us <= TIME_MAX_US;
}

static gboolean
take_name (char **to, JsonObject *header, const char *member, const char *name)
{
  JsonNode *node = get_member (header, member, JSON_NODE_OBJECT);
  const char *text = node != NULL ? get_string (json_node_get_object (node), name) : NULL;

  if (text == NULL || *text == '\0' || strlen (text) > NAME_MAX_BYTES)
    return FALSE;
  g_free (*to);
  *to = g_strdup (text);
  return TRUE;
}

static gboolean
take_header (LaneRecording *recording, JsonObject *header, const Place *place, GError **error)
{
  const char *word = get_string (header, "record");
  const char *version = get_string (header, "version");
  gint64 schema = 0;

  if (g_strcmp0 (word, "header") != 0)
    return refuse (place, error,
                   "this is no recording of icelane: those begin with a header; they are in the "
                   "folder `record` of [node] state-dir");
  if (!get_integer (header, "schema", G_MAXINT32, &schema) || schema < 1)
    return refuse (place, error, "the header has no schema: get the file again");
  if (schema > LANE_RECORD_SCHEMA)
    return refuse (place, error, "written by a newer icelane (schema %d): replay it with that one",
                   (int)schema);
  if (!take_name (&recording->peer, header, "peer", "name")
      || !take_name (&recording->peer_id, header, "peer", "id")
      || !take_name (&recording->node, header, "node", "name")
      || !take_name (&recording->node_id, header, "node", "id"))
    return refuse (place, error,
                   "the header does not say whose record this is: get the file again");
  g_free (recording->version);
  recording->version = g_strdup (version != NULL ? version : "unknown");
  return TRUE;
}

static JsonNodeType
type_of (LaneRecordKind kind)
{
  switch (kind) {
  case LANE_RECORD_STATE:
  case LANE_RECORD_SAMPLE:
  case LANE_RECORD_GENERATION:
  case LANE_RECORD_EVENT:
    return JSON_NODE_OBJECT;
  case LANE_RECORD_SERVERS:
    return JSON_NODE_ARRAY;
  default:
    return JSON_NODE_NULL;
  }
}

static gboolean
take_generation (LaneRecordEntry *entry, JsonObject *generation)
{
  JsonNode *current = get_member (generation, "current", JSON_NODE_VALUE);
  gint64 number;

  if (!get_integer (generation, "generation", G_MAXUINT32, &number)
      || !parse_time (get_string (generation, "started_at"), &entry->started_us))
    return FALSE;
  entry->generation = (guint)number;
  entry->ended = current == NULL || json_node_get_value_type (current) != G_TYPE_BOOLEAN
                 || !json_node_get_boolean (current);
  return TRUE;
}

/* Read once, as a history needs thousands of them. */
static void
take_numbers (LaneRecordEntry *entry, JsonObject *object)
{
  JsonObject *pings = lane_json_object (object, "pings");

  entry->rtt_ms = lane_json_number (lane_json_object (object, "rtt_ms"), "last");
  entry->counted = pings != NULL;
  entry->answered = lane_json_count (pings, "answered", G_MAXINT64);
  entry->lost = lane_json_count (pings, "lost", G_MAXINT64);
}

static gboolean
take_entry (LaneRecording *recording, LaneRecordEntry *entry, JsonObject *object,
            const Place *place, GError **error)
{
  const char *word = get_string (object, "record");
  JsonNodeType type;

  if (word == NULL || !parse_time (get_string (object, "time"), &entry->time_us))
    return refuse (place, error, "a line without its kind or time: remove it");
  entry->kind = lane_record_kind_from_string (word);
  if (entry->kind == LANE_N_RECORDS || entry->kind == LANE_RECORD_HEADER)
    return TRUE; /* of a later version; or two files one behind the other */
  type = type_of (entry->kind);
  if (type != JSON_NODE_NULL && get_member (object, word, type) == NULL)
    return refuse (place, error, "a %s without its value: remove the line", word);
  if (entry->kind == LANE_RECORD_GENERATION
      && !take_generation (entry, json_object_get_object_member (object, word)))
    return refuse (place, error, "a generation without its number or start: remove the line");
  if (entry->kind == LANE_RECORD_STATE || entry->kind == LANE_RECORD_SAMPLE)
    take_numbers (entry, json_object_get_object_member (object, word));
  if (recording->entries->len > 0) {
    const LaneRecordEntry *last =
        &g_array_index (recording->entries, LaneRecordEntry, recording->entries->len - 1);

    /* The clock was set back: the order of the lines is what happened. */
    entry->time_us = MAX (entry->time_us, last->time_us);
  }
  g_array_append_val (recording->entries, *entry);
  return TRUE;
}

static gboolean
take_line (LaneRecording *recording, const char *text, gsize length, const Place *place,
           GError **error)
{
  LaneRecordEntry entry = { .text = text, .length = length, .rtt_ms = NAN };
  g_autoptr (GError) cause = NULL;
  g_autoptr (JsonNode) root =
      lane_bounded_json_parse (text, length, LANE_RECORDING_LINE_MAX, STRING_MAX, &cause);

  if (root == NULL)
    return refuse (place, error, "%s: remove the line, or get the file again", cause->message);
  if (place->line == 1)
    return take_header (recording, json_node_get_object (root), place, error);
  if (recording->entries->len >= LANE_RECORDING_LINES_MAX)
    return refuse (place, error, "more than %d lines: cut the file", LANE_RECORDING_LINES_MAX);
  return take_entry (recording, &entry, json_node_get_object (root), place, error);
}

/* Adds what a file holds. */
static gboolean
take_text (LaneRecording *recording, const char *name, GBytes *text, GError **error)
{
  Place place = { .name = name };
  gsize length;
  const char *at = g_bytes_get_data (text, &length);
  const char *end = at != NULL ? at + length : NULL;

  g_ptr_array_add (recording->texts, g_bytes_ref (text));
  while (at < end) {
    const char *newline = memchr (at, '\n', (gsize)(end - at));

    place.line++;
    if (newline == NULL) /* torn, unless it is all there is */
      return place.line > 1
             || refuse (&place, error, "this is no recording of icelane: it has no whole line");
    if (!take_line (recording, at, (gsize)(newline - at), &place, error))
      return FALSE;
    at = newline + 1;
  }
  if (place.line > 0)
    return TRUE;
  place.line = 1;
  return refuse (&place, error, "the file is empty: icelane has recorded nothing in it yet");
}

static LaneRecording *
recording_new (void)
{
  LaneRecording *recording = g_new0 (LaneRecording, 1);

  recording->texts = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  recording->entries = g_array_new (FALSE, FALSE, sizeof (LaneRecordEntry));
  return recording;
}

LaneRecording *
lane_recording_parse (const char *name, GBytes *text, GError **error)
{
  g_autoptr (LaneRecording) recording = recording_new ();

  return take_text (recording, name, text, error) ? g_steal_pointer (&recording) : NULL;
}

/* Files */

static gboolean
refuse_file (const char *path, const char *why, GError **error)
{
  g_set_error (error, LANE_RECORDING_ERROR, LANE_RECORDING_ERROR_FILE, "%s: %s", path, why);
  return FALSE;
}

static gboolean
read_all (int fd, const char *path, gsize size, GByteArray *into, GError **error)
{
  g_byte_array_set_size (into, (guint)size);
  for (gsize have = 0; have < size;) {
    gssize n = read (fd, into->data + have, size - have);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return refuse_file (path, g_strerror (errno), error);
    if (n == 0) { /* it was rotated meanwhile */
      g_byte_array_set_size (into, (guint)have);
      break;
    }
    have += (gsize)n;
  }
  return TRUE;
}

/* Neither a pipe nor a device may hold us up. */
static GBytes *
read_file (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  struct stat info;
  gboolean read = FALSE;

  if (fd < 0) {
    refuse_file (path, g_strerror (errno), error);
    return NULL;
  }
  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode))
    refuse_file (path, "not a regular file", error);
  else if (info.st_size > LANE_RECORDING_FILE_MAX)
    refuse_file (path, "longer than 64 MiB: a recording is a few; cut it into parts", error);
  else
    read = read_all (fd, path, (gsize)info.st_size, bytes, error);
  close (fd);
  return read ? g_byte_array_free_to_bytes (g_steal_pointer (&bytes)) : NULL;
}

static gboolean
take_file (LaneRecording *recording, const char *path, GError **error)
{
  g_autoptr (GBytes) text = read_file (path, error);

  return text != NULL && take_text (recording, path, text, error);
}

LaneRecording *
lane_recording_load (const char *path, GError **error)
{
  g_autoptr (LaneRecording) recording = recording_new ();
  g_autofree char *older = g_strconcat (path, ".1", NULL);

  if (g_str_has_suffix (path, LANE_RECORD_SUFFIX) && g_file_test (older, G_FILE_TEST_IS_REGULAR)
      && !take_file (recording, older, error))
    return NULL;
  return take_file (recording, path, error) ? g_steal_pointer (&recording) : NULL;
}

void
lane_recording_free (LaneRecording *recording)
{
  if (recording == NULL)
    return;
  g_ptr_array_unref (recording->texts);
  g_array_unref (recording->entries);
  g_free (recording->peer);
  g_free (recording->peer_id);
  g_free (recording->node);
  g_free (recording->node_id);
  g_free (recording->version);
  g_free (recording);
}

/* What is in it */

const char *
lane_recording_get_peer (const LaneRecording *recording)
{
  return recording->peer;
}

const char *
lane_recording_get_peer_id (const LaneRecording *recording)
{
  return recording->peer_id;
}

const char *
lane_recording_get_node (const LaneRecording *recording)
{
  return recording->node;
}

const char *
lane_recording_get_node_id (const LaneRecording *recording)
{
  return recording->node_id;
}

const char *
lane_recording_get_version (const LaneRecording *recording)
{
  return recording->version;
}

gsize
lane_recording_get_size (const LaneRecording *recording)
{
  gsize size = 0;

  for (guint i = 0; i < recording->texts->len; i++)
    size += g_bytes_get_size (recording->texts->pdata[i]);
  return size;
}

guint
lane_recording_count (const LaneRecording *recording)
{
  return recording->entries->len;
}

const LaneRecordEntry *
lane_recording_nth (const LaneRecording *recording, guint index)
{
  return &g_array_index (recording->entries, LaneRecordEntry, index);
}

guint
lane_recording_find (const LaneRecording *recording, gint64 time_us)
{
  guint low = 0, high = recording->entries->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (lane_recording_nth (recording, middle)->time_us <= time_us)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

JsonNode *
lane_record_entry_get_value (const LaneRecordEntry *entry)
{
  g_autoptr (JsonNode) root = lane_bounded_json_parse (entry->text, entry->length,
                                                       LANE_RECORDING_LINE_MAX, STRING_MAX, NULL);
  JsonNode *value;

  g_return_val_if_fail (root != NULL, NULL); /* it was read before */
  value = json_object_get_member (json_node_get_object (root),
                                  lane_record_kind_to_string (entry->kind));
  return value != NULL ? json_node_copy (value) : NULL;
}
