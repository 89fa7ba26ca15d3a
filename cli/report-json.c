#include "report-data.h"

#define SCHEMA 1

static void
add_string (JsonObject *object, const LaneReport *report, const char *name, const char *text)
{
  g_autofree char *masked = lane_mask_text (report->mask, text);

  if (masked != NULL)
    json_object_set_string_member (object, name, masked);
  else
    json_object_set_null_member (object, name);
}

static char *
format_time (gint64 time_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);
  g_autofree char *seconds = g_date_time_format (time, "%Y-%m-%dT%H:%M:%S");

  return g_strdup_printf ("%s.%03dZ", seconds, (int)(time_us / 1000 % 1000));
}

/* A JSON text of the node; NULL: none, or it cannot be read. */
static JsonNode *
mask_json (const LaneReport *report, const char *json)
{
  g_autoptr (JsonNode) node = json != NULL ? json_from_string (json, NULL) : NULL;

  return node != NULL ? lane_mask_json (report->mask, node) : NULL;
}

static JsonNode *
or_null (JsonNode *node)
{
  return node != NULL ? node : json_node_new (JSON_NODE_NULL);
}

/* Without the peers the report is not about. */
static JsonNode *
make_status (const LaneReport *report)
{
  g_autoptr (JsonNode) whole =
      report->status_json != NULL ? json_from_string (report->status_json, NULL) : NULL;
  JsonObject *object =
      whole != NULL && JSON_NODE_HOLDS_OBJECT (whole) ? json_node_get_object (whole) : NULL;
  JsonNode *peers = object != NULL ? json_object_get_member (object, "peers") : NULL;
  g_autoptr (JsonArray) kept = json_array_new ();

  if (object == NULL)
    return NULL;
  if (report->peer == NULL || peers == NULL || !JSON_NODE_HOLDS_ARRAY (peers))
    return lane_mask_json (report->mask, whole);
  for (guint i = 0; i < json_array_get_length (json_node_get_array (peers)); i++) {
    JsonNode *peer = json_array_get_element (json_node_get_array (peers), i);

    if (JSON_NODE_HOLDS_OBJECT (peer)
        && g_strcmp0 (json_object_get_string_member_with_default (json_node_get_object (peer),
                                                                  "name", NULL),
                      report->peer)
               == 0)
      json_array_add_element (kept, json_node_copy (peer));
  }
  json_object_set_array_member (object, "peers", g_steal_pointer (&kept));
  return lane_mask_json (report->mask, whole);
}

static JsonArray *
make_details (const LaneReport *report)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < report->details->len; i++) {
    const LanePeerDetail *detail = report->details->pdata[i];
    JsonNode *node = mask_json (report, detail->json);

    if (node != NULL)
      json_array_add_element (array, node);
  }
  return array;
}

static JsonArray *
make_events (const LaneReport *report)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < report->events->len; i++) {
    JsonNode *node = mask_json (report, ((const LaneEventView *)report->events->pdata[i])->json);

    if (node != NULL)
      json_array_add_element (array, node);
  }
  return array;
}

static JsonObject *
make_settings (const LaneReport *report)
{
  JsonObject *object = json_object_new ();
  JsonArray *changed = json_array_new ();
  JsonArray *problems = json_array_new ();
  g_auto (GStrv) settings = lane_report_list_settings (report);

  for (guint i = 0; settings[i] != NULL; i++)
    json_array_add_string_element (changed, settings[i]);
  for (guint i = 0; i < report->problems->len; i++) {
    g_autofree char *text = lane_problem_to_string (report->problems->pdata[i]);
    g_autofree char *masked = lane_mask_text (report->mask, text);

    json_array_add_string_element (problems, masked);
  }
  add_string (object, report, "file", report->config->path);
  json_object_set_array_member (object, "changed", changed);
  json_object_set_array_member (object, "problems", problems);
  return object;
}

char *
lane_report_to_json (const LaneReport *report)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  g_autofree char *time = format_time (report->now_us);
  g_autofree char *text = NULL;

  json_node_take_object (root, object);
  json_object_set_int_member (object, "schema", SCHEMA);
  json_object_set_string_member (object, "time", time);
  json_object_set_string_member (object, "version", ICELANE_VERSION);
  json_object_set_boolean_member (object, "names_masked", report->names_masked);
  add_string (object, report, "peer", report->peer);
  add_string (object, report, "no_node", report->gone);
  json_object_set_member (object, "status", or_null (make_status (report)));
  json_object_set_member (object, "network", or_null (mask_json (report, report->network_json)));
  json_object_set_array_member (object, "peer_details", make_details (report));
  json_object_set_array_member (object, "events", make_events (report));
  add_string (object, report, "events_from", report->events_from);
  json_object_set_object_member (object, "settings", make_settings (report));
  text = json_to_string (root, TRUE);
  return g_strconcat (text, "\n", NULL);
}
