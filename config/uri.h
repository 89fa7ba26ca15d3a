/* STUN and TURN server addresses as operators write them: RFC 7064 (stun, stuns) and RFC 7065
 * (turn, turns), for example `turn:turn.example.net:3478?transport=tcp`. */
#pragma once

#include <glib.h>

typedef enum { LANE_URI_STUN, LANE_URI_STUNS, LANE_URI_TURN, LANE_URI_TURNS } LaneUriScheme;
/* TLS is never written in a URI: there it is the scheme that says so, over TCP. */
typedef enum { LANE_PROTOCOL_UDP, LANE_PROTOCOL_TCP, LANE_PROTOCOL_TLS } LaneProtocol;

typedef struct {
  LaneUriScheme scheme;
  char *host;   /* a name or an IP literal, IPv6 without brackets */
  guint16 port; /* the scheme's default when none was written: 3478, 5349 for stuns and turns */
  LaneProtocol protocol; /* default UDP; TCP for stuns and turns */
} LaneUri;

#define LANE_URI_ERROR (lane_uri_error_quark ())
GQuark lane_uri_error_quark (void);
typedef enum { LANE_URI_ERROR_SYNTAX, LANE_URI_ERROR_SCHEME, LANE_URI_ERROR_PORT } LaneUriError;

/* The message of @error quotes the wrong part and says what would be right. */
LaneUri *lane_uri_parse (const char *text, GError **error);
LaneUri *lane_uri_copy (const LaneUri *uri);
void lane_uri_free (LaneUri *uri);

/* The shortest spelling that parses to the same URI. */
char *lane_uri_to_string (const LaneUri *uri);

const char *lane_uri_scheme_to_string (LaneUriScheme scheme);
const char *lane_protocol_to_string (LaneProtocol protocol);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneUri, lane_uri_free)
