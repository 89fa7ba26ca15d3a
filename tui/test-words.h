/* The words the screen uses for what a test of servers has found. Strings are new, the caller frees
 * them, and may hold text from servers: draw them through the canvas. */
#pragma once

#include "test-result.h"
#include "theme/theme.h"

typedef struct {
  LaneRole role;
  char *text;
} LaneTestLine;

/* Of LaneTestLine; the caller owns the array. Of each URI of the section @server the steps as `DNS
 * 4 ms  STUN ok 38 ms  Allocate failed 81 ms`, then how the server sees us, or what is wrong and
 * what cures it. @results: of LaneTestResult. @server NULL: of all of them. Lines of steps are at
 * most @width columns, broken between steps; the others are still to be wrapped. */
GPtrArray *lane_test_words_lines (const GPtrArray *results, const char *server, int width);

/* Takes @text, which is left out when it is empty or NULL. */
void lane_test_words_add (GPtrArray *lines, LaneRole role, char *text);

/* Rows it takes when it is broken at blanks to be at most @width columns wide, at least 1. */
int lane_test_words_count_rows (const char *text, int width);

/* The worst state among the URIs of @server; FALSE: it is not among @results. */
gboolean
lane_test_words_find_state (const GPtrArray *results, const char *server, LaneTestState *state);
/* That in a word or two: `38 ms ok`, `checking`, `unauthorized`; NULL: it is not there. */
char *lane_test_words_state (const GPtrArray *results, const char *server);
