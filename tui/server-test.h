/* A test of STUN and TURN servers with settings that need not be saved: our own `icelane check`,
 * in a process of its own, which gets the settings through a pipe, so that passwords stand neither
 * in an argument nor in a file.
 *
 * Belongs to the GMainContext that is the thread-default one when it is made; never blocks. */
#pragma once

#include "test-result.h"

typedef struct _LaneServerTest LaneServerTest;

typedef struct {
  const char *program;        /* NULL: this one */
  GBytes *settings;           /* the text of a settings file */
  const char *const *servers; /* NAMEs of [server NAME]; NULL: every server that is enabled */
  const char *const *sets;    /* `section.key=value`, as of --set; NULL: none */
} LaneServerTestSetup;

typedef struct {
  /* A step was taken, somewhere: see lane_server_test_get_results(). Must not free the test. */
  void (*stepped) (LaneServerTest *test, gpointer user_data);
  /* It has ended, and no callback follows. @error: why it could not be carried out to the end, for
   * the operator; NULL: each result is OK or FAILED. May free the test. */
  void (*done) (LaneServerTest *test, const GError *error, gpointer user_data);
} LaneServerTestEvents;

/* Copies @setup and @events; no callback from within. NULL: the program cannot be started. */
LaneServerTest *
lane_server_test_new (const LaneServerTestSetup *setup, const LaneServerTestEvents *events,
                      gpointer user_data, GError **error);
/* Of LaneTestResult; those of the last step. Take a reference to keep them: each step makes new
 * ones. Empty before the first one. */
GPtrArray *lane_server_test_get_results (LaneServerTest *test);
/* Ends it, wherever it is: what servers have given is given back, and no callback follows. */
void lane_server_test_free (LaneServerTest *test);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneServerTest, lane_server_test_free)
