#include "diagnosis/event.h"

#include <string.h>

#include "text.h"

#define LINE_MAX_BYTES  2048 /* SECURITY section 2, "Logs" */
#define TEXT_MAX_BYTES  768  /* escaped twice as long, and still within the line */
#define FIELD_MAX_BYTES 256
#define BASE_BYTES      256 /* the struct and what its allocations cost */
#define MEMBER_BYTES    192 /* one typed field */

typedef struct {
  const char *word; /* JSON */
  const char *tag;  /* the log pane */
} KindName;

static const KindName kind_names[] = {
  [LANE_EVENT_GATHER] = { "gather", "GATHER" },
  [LANE_EVENT_CANDIDATE] = { "candidate", "CAND" },
  [LANE_EVENT_PAIR] = { "pair", "PAIR" },
  [LANE_EVENT_PATH] = { "path", "PATH" },
  [LANE_EVENT_STATE] = { "state", "STATE" },
  [LANE_EVENT_RESTART] = { "restart", "RESTART" },
  [LANE_EVENT_SERVER] = { "server", "SERVER" },
  [LANE_EVENT_NAT] = { "nat", "NAT" },
  [LANE_EVENT_SIGNALING] = { "signaling", "SIGNAL" },
  [LANE_EVENT_SECURITY] = { "security", "SECURITY" },
  [LANE_EVENT_CONFIG] = { "config", "CONFIG" },
  [LANE_EVENT_FORWARD] = { "forward", "FORWARD" },
  [LANE_EVENT_NETWORK] = { "network", "NETWORK" },
};

/* Members of the record itself, which no field may imitate. */
static const char *const record_members[] = {
  "time", "monotonic_us", "level", "peer", "kind", "text", "sequence", "truncated", NULL,
};

static void clean_object (JsonObject *object);

static JsonNode *
clean_node (JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    clean_object (json_node_get_object (node));
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);
    g_autoptr (JsonArray) cleaned = json_array_new ();

    for (guint i = 0; i < json_array_get_length (array); i++)
      json_array_add_element (cleaned, clean_node (json_array_dup_element (array, i)));
    json_node_set_array (node, cleaned);
  } else if (json_node_get_value_type (node) == G_TYPE_STRING) {
    g_autofree char *text = lane_text_clean (json_node_get_string (node), -1, FIELD_MAX_BYTES);

    json_node_set_string (node, text);
  }
  return node;
}

/* Callers clean what they take in; this is the net below them (guarantee G7). */
static void
clean_object (JsonObject *object)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *l = members; l != NULL; l = l->next) {
    JsonNode *value = clean_node (json_object_dup_member (object, l->data));

    json_object_set_member (object, l->data, value);
  }
}

static void
add_fields (JsonObject *record, JsonObject *fields)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  json_object_iter_init (&iter, fields);
  while (json_object_iter_next (&iter, &name, &value)) {
    if (!g_strv_contains (record_members, name))
      json_object_set_member (record, name, json_node_copy (value));
  }
}

static JsonObject *
dup_fields (const LaneEvent *event)
{
  g_autoptr (JsonNode) node = NULL;

  if (event->fields != NULL)
    return json_object_ref (event->fields);
  node = event->packed != NULL ? json_from_string (event->packed, NULL) : NULL;
  return node != NULL ? json_node_dup_object (node) : NULL;
}

static const char *
find_fact (JsonObject *fields)
{
  JsonNode *fact = fields != NULL ? json_object_get_member (fields, "fact") : NULL;

  return fact != NULL && json_node_get_value_type (fact) == G_TYPE_STRING
             ? json_node_get_string (fact)
             : "note";
}

static JsonNode *
to_json (const LaneEvent *event, gboolean with_fields)
{
  g_autoptr (JsonObject) fields = dup_fields (event);
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *record = json_object_new ();
  g_autofree char *time = lane_time_to_rfc3339 (event->time_us);

  json_object_set_string_member (record, "time", time);
  json_object_set_int_member (record, "monotonic_us", MAX (event->monotonic_us, 0));
  json_object_set_string_member (record, "level", lane_log_level_to_string (event->level));
  if (event->peer != NULL)
    json_object_set_string_member (record, "peer", event->peer);
  else
    json_object_set_null_member (record, "peer");
  json_object_set_string_member (record, "kind", lane_event_kind_to_string (event->kind));
  json_object_set_string_member (record, "text", event->text);
  json_object_set_int_member (record, "sequence", (gint64)event->sequence);
  json_object_set_string_member (record, "fact", find_fact (fields));
  if (fields != NULL && with_fields)
    add_fields (record, fields);
  else if (fields != NULL)
    json_object_set_boolean_member (record, "truncated", TRUE);

  json_node_take_object (node, record);
  return node;
}

JsonObject *
lane_event_fields (const char *fact)
{
  JsonObject *fields = json_object_new ();

  json_object_set_string_member (fields, "fact", fact);
  return fields;
}

LaneEvent *
lane_event_new (LaneLogLevel level, LaneEventKind kind, const char *peer, JsonObject *fields,
                const char *format, ...)
{
  LaneEvent *event = g_new0 (LaneEvent, 1);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  if (fields != NULL)
    clean_object (fields);

  event->time_us = g_get_real_time ();
  event->monotonic_us = g_get_monotonic_time ();
  event->level = level;
  event->kind = kind;
  event->peer = peer != NULL ? lane_text_clean_name (peer) : NULL;
  event->text = lane_text_clean (text, -1, TEXT_MAX_BYTES);
  event->fields = fields;
  return event;
}

void
lane_event_free (LaneEvent *event)
{
  if (event == NULL)
    return;

  g_clear_pointer (&event->fields, json_object_unref);
  g_free (event->packed);
  g_free (event->peer);
  g_free (event->text);
  g_free (event);
}

void
lane_event_pack (LaneEvent *event)
{
  g_autoptr (JsonNode) node = NULL;

  if (event->fields == NULL)
    return;

  node = json_node_alloc ();
  json_node_init_object (node, event->fields);
  event->packed = json_to_string (node, FALSE);
  g_clear_pointer (&event->fields, json_object_unref);
}

gsize
lane_event_get_size (const LaneEvent *event)
{
  gsize size = BASE_BYTES + strlen (event->text);

  if (event->fields != NULL)
    size += MEMBER_BYTES * json_object_get_size (event->fields);
  if (event->packed != NULL)
    size += strlen (event->packed);
  return size;
}

JsonNode *
lane_event_to_json (const LaneEvent *event)
{
  return to_json (event, TRUE);
}

char *
lane_event_to_json_line (const LaneEvent *event)
{
  g_autoptr (JsonNode) whole = to_json (event, TRUE);
  g_autoptr (JsonNode) bare = NULL;
  g_autofree char *line = json_to_string (whole, FALSE);

  if (strlen (line) <= LINE_MAX_BYTES)
    return g_steal_pointer (&line);

  bare = to_json (event, FALSE);
  return json_to_string (bare, FALSE);
}

char *
lane_event_to_text_line (const LaneEvent *event)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (event->time_us / G_USEC_PER_SEC);
  g_autoptr (GDateTime) local = utc != NULL ? g_date_time_to_local (utc) : NULL;
  g_autofree char *clock = local != NULL ? g_date_time_format (local, "%H:%M:%S") : NULL;
  const char *tag = kind_names[event->kind].tag;

  if (event->level == LANE_LOG_LEVEL_ERROR)
    tag = "ERROR";
  else if (event->level == LANE_LOG_LEVEL_WARNING)
    tag = "WARN";

  return g_strdup_printf ("%s %-8s %-5s %s", clock != NULL ? clock : "??:??:??",
                          event->peer != NULL ? event->peer : "node", tag, event->text);
}

const char *
lane_event_kind_to_string (LaneEventKind kind)
{
  g_return_val_if_fail ((gsize)kind < G_N_ELEMENTS (kind_names), "");

  return kind_names[kind].word;
}

char *
lane_time_to_rfc3339 (gint64 wall_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (MAX (wall_us, 0) / G_USEC_PER_SEC);
  g_autofree char *seconds = time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%S") : NULL;

  if (seconds == NULL)
    return g_strdup ("1970-01-01T00:00:00.000Z");
  return g_strdup_printf ("%s.%03dZ", seconds, (int)(MAX (wall_us, 0) % G_USEC_PER_SEC / 1000));
}
