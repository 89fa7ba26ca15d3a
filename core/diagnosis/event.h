/* One fact worth telling an operator, as one record: for the screen, the log file and JSON. */
#pragma once

#include <json-glib/json-glib.h>

#include "config.h"

typedef enum {
  LANE_EVENT_GATHER,
  LANE_EVENT_CANDIDATE,
  LANE_EVENT_PAIR,
  LANE_EVENT_PATH,
  LANE_EVENT_STATE,
  LANE_EVENT_RESTART,
  LANE_EVENT_SERVER,
  LANE_EVENT_NAT,
  LANE_EVENT_SIGNALING,
  LANE_EVENT_SECURITY,
  LANE_EVENT_CONFIG,
  LANE_EVENT_FORWARD,
  LANE_EVENT_NETWORK
} LaneEventKind;

typedef struct {
  guint64 sequence; /* from 1, set by the event log */
  gint64 time_us;   /* wall clock */
  gint64 monotonic_us;
  LaneLogLevel level;
  LaneEventKind kind;
  char *peer;         /* NULL: of the node as a whole */
  char *text;         /* one line, sanitized */
  JsonObject *fields; /* typed details; NULL = none, or packed */
  char *packed;       /* the fields as JSON text; NULL = none, or not packed */
} LaneEvent;

/* New fields that say which fact they are of, as in docs/log.schema.json; without it an event is a
 * `note`. */
JsonObject *lane_event_fields (const char *fact);
/* @fields is taken over. Control characters in the text are made visible. */
LaneEvent *lane_event_new (LaneLogLevel level, LaneEventKind kind, const char *peer,
                           JsonObject *fields, const char *format, ...) G_GNUC_PRINTF (5, 6);
void lane_event_free (LaneEvent *event);

/* Keeps the fields as text from here on, a fraction of the size. The JSON stays the same. */
void lane_event_pack (LaneEvent *event);
gsize lane_event_get_size (const LaneEvent *event); /* bytes in memory, about */

/* One JSON object: time, monotonic_us, level, peer, kind, text, sequence and the fields, of which
 * `fact` is always there. docs/log.schema.json describes it. */
JsonNode *lane_event_to_json (const LaneEvent *event);
char *lane_event_to_json_line (const LaneEvent *event); /* no newline */
/* `23:49:04 edge-09  ERROR text`, local time, no newline. */
char *lane_event_to_text_line (const LaneEvent *event);
const char *lane_event_kind_to_string (LaneEventKind kind);

/* RFC 3339, UTC, milliseconds. */
char *lane_time_to_rfc3339 (gint64 wall_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneEvent, lane_event_free)
