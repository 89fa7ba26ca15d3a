/* What a node expects of the path to a peer, and what came of it: the member `forecast` of a peer.
 */
#pragma once

#include <json-glib/json-glib.h>

typedef struct {
  char *expect;       /* direct relay no-path unknown; NULL: the node does not say */
  char *text;         /* why, in sentences; NULL: none */
  char *outcome;      /* as-expected better worse; NULL: not known yet */
  char *outcome_text; /* NULL likewise */
  gint64 told_us;     /* wall clock: the peer's last word about its side; 0: none */
} LaneForecastView;

/* @object: NULL or not of that form: nothing is said. */
void lane_forecast_view_read (LaneForecastView *forecast, JsonObject *object);
void lane_forecast_view_copy (LaneForecastView *to, const LaneForecastView *from);
void lane_forecast_view_clear (LaneForecastView *forecast);
