/* An ICE candidate as plain data, and its text form (RFC 8839 section 5.1), read strictly:
 * libnice checks almost nothing of what a peer sends. */
#pragma once

#include <gio/gio.h>

typedef enum {
  LANE_CANDIDATE_HOST,
  LANE_CANDIDATE_SRFLX,
  LANE_CANDIDATE_PRFLX,
  LANE_CANDIDATE_RELAY
} LaneCandidateType;

#define LANE_ADDRESS_MAX 46 /* an IP literal and its NUL */

typedef struct {
  LaneCandidateType type;
  char foundation[33];
  guint32 priority;
  char address[LANE_ADDRESS_MAX];
  guint16 port;
  char related_address[LANE_ADDRESS_MAX]; /* empty when none was given */
  guint16 related_port;
} LaneCandidate;

#define LANE_CANDIDATE_MAX_BYTES 512

#define LANE_CANDIDATE_ERROR (lane_candidate_error_quark ())
GQuark lane_candidate_error_quark (void);
typedef enum {
  LANE_CANDIDATE_ERROR_SYNTAX,
  LANE_CANDIDATE_ERROR_REFUSED /* well formed, but not what we accept: TCP, component 2, prflx... */
} LaneCandidateError;

/* @line is `candidate:...`, without `a=`. Component 1, UDP, host/srflx/relay, IP literals only,
 * port 1-65535, priority 1..2^31-1, foundation of at most 32 ice-chars; unknown extension
 * attributes are skipped. The address is written canonically into @candidate. */
gboolean lane_candidate_parse (const char *line, LaneCandidate *candidate, GError **error);
char *lane_candidate_format (const LaneCandidate *candidate);
gboolean lane_candidate_equal (const LaneCandidate *a,
                               const LaneCandidate *b);             /* type and transport address */
int lane_candidate_get_family (const LaneCandidate *candidate);     /* 4 or 6 */
const char *lane_candidate_type_to_string (LaneCandidateType type); /* host srflx prflx relay */

/* RFC 8839 section 5.4 allows 4-256 and 22-256 ice-chars; we take ufrags of 4-64 and passwords of
 * 22-128. NULL is not valid. */
gboolean lane_ice_credentials_are_valid (const char *ufrag, const char *password);
gboolean lane_ice_ufrag_is_valid (const char *ufrag);
