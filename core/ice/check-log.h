/* What became of every candidate pair of one NiceAgent, read from libnice's debug lines: 0.1.21
 * reports pair states nowhere else.
 *
 * All knowledge of how these lines look is in this file's .c. They carry ICE passwords: a line is
 * read for its addresses and words and kept nowhere. When what is read does not fit together (a
 * libnice that words it otherwise), the log says that it is not coherent, and its pairs are to be
 * shown as unknown. A LaneCheckLog is pure: no clock, no libnice. */
#pragma once

#include "ice/candidate.h"

typedef struct _LaneCheckLog LaneCheckLog;

typedef enum {
  LANE_CHECK_FROZEN,
  LANE_CHECK_WAITING,
  LANE_CHECK_CHECKING,
  LANE_CHECK_ANSWERED,
  LANE_CHECK_FAILED,
  LANE_CHECK_UNNEEDED /* a better pair was selected before this one had its turn, or its answer */
} LaneCheckState;

typedef enum {
  LANE_CHECK_FAILURE_NONE,
  LANE_CHECK_FAILURE_SILENT,    /* no answer in time */
  LANE_CHECK_FAILURE_UNSENT,    /* the host could not send it: no route */
  LANE_CHECK_FAILURE_MISPLACED, /* the answer came from another address than was asked */
  LANE_CHECK_FAILURE_REFUSED    /* the answer was a STUN error */
} LaneCheckFailure;

typedef struct {
  char address[LANE_ADDRESS_MAX];
  guint16 port;
} LaneCheckPoint;

/* Times are monotonic, 0 = it did not happen. */
typedef struct {
  guint id; /* from 1, in the order in which the pairs were formed */
  LaneCheckPoint local, remote;
  LaneCheckPoint base; /* what the requests left from, when a check discovered that the other side
                        * sees `local` in its place; else empty */
  LaneCheckState state;
  LaneCheckFailure failure;
  guint sent, answered; /* requests, with their repetitions */
  gboolean nominated;
  gint64 formed_us, sent_us, answered_us, ended_us, nominated_us;
  gint64 rtt_us; /* of the last answer that can only belong to one request; 0 = none */
} LaneCheckPair;

typedef enum {
  LANE_CHECK_STEP_FORMED,
  LANE_CHECK_STEP_SENT, /* the first request */
  LANE_CHECK_STEP_ANSWERED,
  LANE_CHECK_STEP_FAILED,
  LANE_CHECK_STEP_NOMINATED
} LaneCheckStep;

/* Within lane_check_log_read(). */
typedef void (*LaneCheckFunc) (const LaneCheckPair *pair, LaneCheckStep step, gpointer user_data);

LaneCheckLog *lane_check_log_new (LaneCheckFunc stepped, gpointer user_data); /* may be NULL */
void lane_check_log_free (LaneCheckLog *log);

/* The agent that @line is of; @rest is where its text goes on. FALSE: of none. */
gboolean lane_check_line_get_agent (const char *line, guint64 *agent, const char **rest);
/* @text: what follows the agent. TRUE: something changed. */
gboolean lane_check_log_read (LaneCheckLog *log, const char *text, gint64 now_us);

/* Of LaneCheckPair, in the order of their id; a pair and the one discovered by its check are one.
 * At most 256. The caller unrefs it. */
GArray *lane_check_log_get_pairs (const LaneCheckLog *log);
/* How many more there were than are kept. */
guint lane_check_log_get_dropped (const LaneCheckLog *log);
/* FALSE: the lines do not fit together, believe nothing of the pairs. */
gboolean lane_check_log_is_coherent (const LaneCheckLog *log);
/* When the STUN server answered, whether or not that gave a new candidate; 0 = not yet. */
gint64 lane_check_log_get_stun_answered_us (const LaneCheckLog *log);

const char *lane_check_state_to_string (LaneCheckState state);       /* frozen waiting ... */
const char *lane_check_failure_to_string (LaneCheckFailure failure); /* silent ...; NULL: none */
const char *lane_check_step_to_string (LaneCheckStep step);          /* formed sent ... */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneCheckLog, lane_check_log_free)
