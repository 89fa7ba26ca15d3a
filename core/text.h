/* Text from outside (peers, servers, files) made safe to log, to show and to put into JSON.
 *
 * Total: every byte string has a result. Idempotent: cleaning twice changes nothing more. */
#pragma once

#include <glib.h>

#define LANE_TEXT_NAME_COLUMNS 32

/* One line of valid UTF-8 of at most @max_bytes (at least 4), cut with a visible ellipsis. Control
 * characters become their pictures; bad UTF-8, bidi controls, zero-width, tag, private-use and
 * unassigned characters and a third combining mark become U+FFFD. @length -1: up to the NUL; NULL
 * gives an empty string. */
char *lane_text_clean (const char *text, gssize length, gsize max_bytes);

/* The same, cut to LANE_TEXT_NAME_COLUMNS columns of a terminal. */
char *lane_text_clean_name (const char *text);
