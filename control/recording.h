/* One file of the flight recorder (docs/record.md), read and checked as a whole. What is in it is
 * somebody's data: bounded, strict, and an error names the line and what helps.
 *
 * A last line without its end is left out: a recording may be copied while it is written. */
#pragma once

#include <json-glib/json-glib.h>

#include "recorder/record.h"

#define LANE_RECORDING_FILE_MAX  (64 * 1024 * 1024)
#define LANE_RECORDING_LINE_MAX  (1024 * 1024)
#define LANE_RECORDING_LINES_MAX 1000000

typedef struct _LaneRecording LaneRecording;

#define LANE_RECORDING_ERROR (lane_recording_error_quark ())
GQuark lane_recording_error_quark (void);
typedef enum {
  LANE_RECORDING_ERROR_FILE,     /* cannot be read, or is too long */
  LANE_RECORDING_ERROR_MALFORMED /* `FILE:LINE: ...` */
} LaneRecordingError;

/* One line after the header. */
typedef struct {
  LaneRecordKind kind;
  gint64 time_us;    /* wall clock; never before the line above */
  guint generation;  /* GENERATION: its number, when it began, and whether it has ended here */
  gint64 started_us; /* wall clock */
  gboolean ended;
  double rtt_ms;    /* STATE, SAMPLE: the last round trip; NAN: unknown */
  gboolean counted; /* and the pings, so far */
  guint64 answered, lost;
  const char *text; /* the line, not terminated */
  gsize length;
} LaneRecordEntry;

/* With the older half, PATH.1, when that is there. */
LaneRecording *lane_recording_load (const char *path, GError **error);
/* @name is for errors. @text is one file, with its header. */
LaneRecording *lane_recording_parse (const char *name, GBytes *text, GError **error);
void lane_recording_free (LaneRecording *recording);

const char *lane_recording_get_peer (const LaneRecording *recording); /* may be LANE_RECORD_NODE */
const char *lane_recording_get_peer_id (const LaneRecording *recording);
const char *lane_recording_get_node (const LaneRecording *recording);
const char *lane_recording_get_node_id (const LaneRecording *recording);
const char *lane_recording_get_version (const LaneRecording *recording);
gsize lane_recording_get_size (const LaneRecording *recording); /* bytes read */

guint lane_recording_count (const LaneRecording *recording);
const LaneRecordEntry *lane_recording_nth (const LaneRecording *recording, guint index);
/* How many entries are not after @time_us. */
guint lane_recording_find (const LaneRecording *recording, gint64 time_us);
/* The value of a STATE, SAMPLE, GENERATION or EVENT (an object), or SERVERS (an array); the caller
 * frees it. */
JsonNode *lane_record_entry_get_value (const LaneRecordEntry *entry);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneRecording, lane_recording_free)
