/* The lines of a flight record, as docs/record.md has them: one JSON object each, the oldest first.
 *
 * A file begins with a header and is of one peer; LANE_RECORD_NODE's is of the node itself. */
#pragma once

#include "diagnosis/event.h"

#define LANE_RECORD_SCHEMA 1
#define LANE_RECORD_NODE   "@node" /* in place of a peer's name */
#define LANE_RECORD_SUFFIX ".jsonl"

typedef enum {
  LANE_RECORD_HEADER,     /* schema, node, peer, version: the first line of every file */
  LANE_RECORD_START,      /* the node began to record */
  LANE_RECORD_STATE,      /* the peer's object of `icelane status`, or the node's */
  LANE_RECORD_SERVERS,    /* the servers of `icelane status` */
  LANE_RECORD_SAMPLE,     /* round trips, loss, bytes */
  LANE_RECORD_GENERATION, /* as `previous_generation` of GetPeer */
  LANE_RECORD_EVENT,
  LANE_RECORD_LOST, /* lines that could not be written */
  LANE_RECORD_STOP, /* the node ended */
  LANE_N_RECORDS
} LaneRecordKind;

const char *lane_record_kind_to_string (LaneRecordKind kind);
/* LANE_N_RECORDS: none of them. */
LaneRecordKind lane_record_kind_from_string (const char *word);

/* A name for the file of @peer that cannot leave its folder, with the suffix. Two peers never share
 * one. */
char *lane_record_file_name (const char *peer);

typedef struct {
  const char *node, *node_id, *version;
  const char *peer, *peer_id; /* LANE_RECORD_NODE has no id */
} LaneRecordHeader;

/* Lines without their newline. */
char *lane_record_header (const LaneRecordHeader *header, gint64 wall_us);
char *lane_record_mark (LaneRecordKind kind, gint64 wall_us); /* START, STOP */
char *lane_record_lost (guint lines, gint64 wall_us);
/* @json is the text of the value that the kind is about. */
char *lane_record_value (LaneRecordKind kind, gint64 wall_us, const char *json);
