/* Names that nobody can guess or draw twice: of a run of a node, of a session. */
#pragma once

#include <glib.h>

#define LANE_NONCE_LENGTH 32

/* 16 random bytes as 32 lower-case hex characters; the caller frees them. */
char *lane_nonce_new (void);
