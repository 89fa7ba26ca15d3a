/* What the client of a rendezvous writes and reads: JSON of docs/signaling.md, as plain values. */
#pragma once

#include "secure/identity.h"

/* The body of `POST /v1/session`. @token and @watch may be NULL. */
char *
lane_wire_session (LaneIdentity *identity, const char *challenge, const char *boot,
                   const char *token, gboolean yield, const char *const *watch, GError **error);
char *lane_wire_watch (const char *const *watch); /* of `POST /v1/watch` */

/* These take what a stranger wrote; NULL or FALSE when it is not what it should be. */
char *lane_wire_read_string (const char *text, gsize length, const char *name);
char **lane_wire_read_strings (const char *text, gsize length, const char *name);
/* @boot is NULL when the peer is offline. */
gboolean lane_wire_read_presence (const char *text, gsize length, char **id, char **boot);
