#include "forecast-view.h"

#include "json-read.h"

void
lane_forecast_view_read (LaneForecastView *forecast, JsonObject *object)
{
  forecast->expect = lane_json_string (object, "expect");
  forecast->text = lane_json_string (object, "text");
  forecast->outcome = lane_json_string (object, "outcome");
  forecast->outcome_text = lane_json_string (object, "outcome_text");
  forecast->told_us = lane_json_time (object, "peer_told_at");
}

void
lane_forecast_view_copy (LaneForecastView *to, const LaneForecastView *from)
{
  to->expect = g_strdup (from->expect);
  to->text = g_strdup (from->text);
  to->outcome = g_strdup (from->outcome);
  to->outcome_text = g_strdup (from->outcome_text);
  to->told_us = from->told_us;
}

void
lane_forecast_view_clear (LaneForecastView *forecast)
{
  g_clear_pointer (&forecast->expect, g_free);
  g_clear_pointer (&forecast->text, g_free);
  g_clear_pointer (&forecast->outcome, g_free);
  g_clear_pointer (&forecast->outcome_text, g_free);
}
