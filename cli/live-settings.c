#include "live-settings.h"

#include <json-glib/json-glib.h>

#include "settings.h"
#include "watch.h"

struct _LaneLiveSettings {
  const LaneCliOptions *options;
  LaneNode *node;
  LaneService *service;
  LaneLiveSettingsEvents events;
  gpointer user_data;
  LaneWatch *watch;
  gboolean changed; /* since the last answer to Reload */
};

static void
apply (LaneLiveSettings *live, LaneWatchReport *report)
{
  LaneConfig *config = g_steal_pointer (&report->config);
  guint n_problems = report->problems->len;
  g_autoptr (LaneImpact) impact = NULL;

  lane_cli_settings_apply_options (config, live->options);
  impact = lane_node_set_config (live->node, config, report->problems);
  live->events.applied (config, report->problems, live->user_data);
  if (report->problems->len > n_problems && report->verdict == LANE_WATCH_VALID)
    report->verdict = LANE_WATCH_PARTLY;
  live->changed |= impact->changes > 0;
}

static void
on_changed (LaneWatch *watch, LaneWatchReport *report, gpointer user_data)
{
  LaneLiveSettings *live = user_data;

  if (report->config != NULL)
    apply (live, report);
  lane_node_judge_config (live->node, report->verdict, report->problems);
}

static char *
describe (const LaneLiveSettings *live)
{
  g_autoptr (JsonNode) self = lane_node_describe_self (live->node);
  JsonObject *config = json_object_get_object_member (json_node_get_object (self), "config");
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);

  json_object_set_int_member (object, "schema", 1);
  json_object_set_boolean_member (object, "changed", live->changed);
  json_object_set_object_member (object, "config", json_object_ref (config));
  json_node_set_object (root, object);
  return json_to_string (root, FALSE);
}

static void
on_checked (LaneWatch *watch, gpointer user_data)
{
  LaneLiveSettings *live = user_data;
  g_autofree char *json = describe (live);

  live->changed = FALSE;
  lane_service_reloaded (live->service, json);
}

static void
on_reload (gpointer user_data)
{
  LaneLiveSettings *live = user_data;

  lane_watch_check (live->watch);
}

LaneLiveSettings *
lane_live_settings_new (GMainContext *context, const LaneCliOptions *options, LaneNode *node,
                        LaneService *service, const LaneLiveSettingsEvents *events,
                        gpointer user_data)
{
  static const LaneWatchEvents watch_events = { .changed = on_changed, .checked = on_checked };
  LaneLiveSettings *live = g_new0 (LaneLiveSettings, 1);
  g_auto (GStrv) environment = g_get_environ ();
  const LaneConfigSources sources =
      lane_cli_settings_sources (options, (const char *const *)environment);

  live->options = options;
  live->node = node;
  live->service = service;
  live->events = *events;
  live->user_data = user_data;
  live->watch =
      lane_watch_new (context, &sources, lane_node_get_config (node)->text, &watch_events, live);
  lane_service_set_reload (service, on_reload, live);
  return live;
}

void
lane_live_settings_free (LaneLiveSettings *live)
{
  if (live == NULL)
    return;
  lane_service_set_reload (live->service, NULL, NULL);
  lane_watch_free (live->watch);
  g_free (live);
}
