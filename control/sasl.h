/* The server's half of D-Bus authentication (D-Bus specification, "Authentication Protocol"):
 * EXTERNAL only, for one uid, which the kernel has already vouched for. A pure state machine. */
#pragma once

#include <glib.h>

#define LANE_SASL_LINE_MAX 512

typedef enum { LANE_SASL_WAIT_AUTH, LANE_SASL_WAIT_DATA, LANE_SASL_WAIT_BEGIN } LaneSaslState;

typedef enum {
  LANE_SASL_REPLY,  /* send @reply and go on */
  LANE_SASL_BEGUN,  /* messages follow */
  LANE_SASL_REFUSED /* close */
} LaneSaslResult;

/* One line without its CR LF. @guid: ours, 32 hex digits. @reply with CR LF is the caller's. */
LaneSaslResult lane_sasl_feed (LaneSaslState *state, const char *line, guint64 uid,
                               const char *guid, char **reply);
