/* What a test of one URI of a server has found: a line of `icelane check --json -f`, decoded into
 * plain structs. The words are those of that command. */
#pragma once

#include <glib.h>

typedef enum { LANE_TEST_CHECKING, LANE_TEST_OK, LANE_TEST_FAILED } LaneTestState;

typedef struct {
  char *kind; /* dns connect tls stun allocate permission refresh */
  gboolean ok;
  double ms;
  char *evidence; /* one line; NULL: none */
} LaneTestStep;

typedef struct {
  char *server; /* the NAME of [server NAME] */
  char *uri;
  LaneTestState state;
  GPtrArray *steps; /* of LaneTestStep, as they were taken */
  double rtt_ms;    /* NAN: not measured */
  char *code;       /* `unauthorized`; NULL: nothing is wrong yet */
  char *error;      /* a sentence without full stop, and what cures it; NULL: nothing is wrong */
  char *advice;
  char *mapped;      /* our address as the server sees it; NULL: unknown */
  char *relayed;     /* what the server gave us; NULL: nothing */
  gint64 expires_us; /* wall clock: the end of its certificate; 0: none seen */
} LaneTestResult;

#define LANE_TEST_ERROR (lane_test_error_quark ())
GQuark lane_test_error_quark (void);
typedef enum { LANE_TEST_ERROR_MALFORMED, LANE_TEST_ERROR_REFUSED } LaneTestError;

/* Of LaneTestResult, in the order of the settings. @done: it was the last line, and nothing is
 * CHECKING any more. */
GPtrArray *lane_test_results_parse (const char *line, gsize length, gboolean *done, GError **error);
