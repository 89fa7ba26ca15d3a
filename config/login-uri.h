/* Server addresses with the login in them, as other programs pass them around:
 * `turn://user:password@turn.example.net:3478?transport=tcp`. The settings file keeps the three
 * apart; see uri.h for the addresses themselves. */
#pragma once

#include "uri.h"

typedef struct {
  LaneUri *uri;
  char *username; /* NULL when there is none; so the password. Percent signs are decoded */
  char *password;
} LaneLoginUri;

/* Takes plain `turn:HOST` and `stun:HOST` too. No message quotes the user name or password. */
LaneLoginUri *lane_login_uri_parse (const char *text, GError **error);
void lane_login_uri_free (LaneLoginUri *login);

/* The caller frees it. Without @username it is a plain URI; without @password only the name is in
 * it. */
char *lane_login_uri_format (const LaneUri *uri, const char *username, const char *password);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneLoginUri, lane_login_uri_free)
