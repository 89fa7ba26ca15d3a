/* STUN and TURN servers as other programs write them: the RTCIceServer of WebRTC in JSON, and URIs
 * with the login in them, one a line. */
#pragma once

#include "config.h"

typedef struct {
  GPtrArray *uris; /* of LaneUri */
  char *username;  /* NULL: none */
  char *password;  /* NULL: none */
} LaneRtcServer;

LaneRtcServer *lane_rtc_server_new (void);
void lane_rtc_server_free (LaneRtcServer *server);

/* Of LaneRtcServer, the caller owns the array. @text is one RTCIceServer, an array of them, an
 * RTCConfiguration with its `iceServers`, or lines of URIs with `#` comments. NULL with @error,
 * which quotes no login, when anything in it is wrong. */
GPtrArray *lane_rtc_servers_parse (const char *text, gsize length, GError **error);

/* An RTCConfiguration. The caller frees both. */
char *lane_rtc_servers_to_json (const GPtrArray *servers);
char *lane_rtc_servers_to_uris (const GPtrArray *servers);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneRtcServer, lane_rtc_server_free)
