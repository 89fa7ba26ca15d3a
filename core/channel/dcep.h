/* The data channel establishment protocol, RFC 8832 section 5: messages of PPID 50.
 *
 * Pure: bytes in, a struct out. Strict: a message that is not exactly one OPEN or ACK, or whose
 * label or protocol is too long or would not be safe to show, is refused whole. */
#pragma once

#include <glib.h>

typedef enum { LANE_DCEP_ACK = 2, LANE_DCEP_OPEN = 3 } LaneDcepType;

typedef enum { LANE_DCEP_RELIABLE, LANE_DCEP_RETRANSMITS, LANE_DCEP_LIFETIME } LaneDcepReliability;

#define LANE_DCEP_TEXT_MAX  64 /* bytes of a label, and of a protocol */
#define LANE_DCEP_MAX_BYTES (12 + 2 * LANE_DCEP_TEXT_MAX)

typedef struct {
  LaneDcepType type; /* all that follows belongs to OPEN */
  gboolean unordered;
  LaneDcepReliability reliability;
  guint32 limit; /* how many retransmits, or ms; 0 when reliable */
  guint16 priority;
  char label[LANE_DCEP_TEXT_MAX + 1];
  char protocol[LANE_DCEP_TEXT_MAX + 1];
} LaneDcepMessage;

gsize lane_dcep_format (const LaneDcepMessage *message, guint8 out[LANE_DCEP_MAX_BYTES]);
gboolean lane_dcep_parse (const guint8 *data, gsize length, LaneDcepMessage *message);
