/* Tests of servers from the settings panel, as they are staged, and what they mean for writing. */
#pragma once

#include "model.h"
#include "test-board.h"

/* The selected server, or with a heading selected all that are enabled. */
void lane_settings_test (LaneModel *model);
/* From the effect test_servers: a step was taken (results of LaneTestResult), and the end. */
void lane_settings_on_stepped (LaneModel *model, const GPtrArray *results);
void lane_settings_on_tested (LaneModel *model, const GError *error);

/* Servers that are new or edited and enabled, but not tested as they are, or failed: asks whether
 * to test or write. FALSE: there is nothing to ask about. */
gboolean lane_settings_ask_about_tests (LaneModel *model);
