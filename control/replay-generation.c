#include "replay-generation.h"

#include <math.h>

#include "json-read.h"

static gboolean
read_ms (JsonObject *object, const char *name, double *ms)
{
  *ms = lane_json_number (object, name);
  return !isnan (*ms);
}

/* TRUE: the member tells a moment that is still to come, and is unknown now. */
static gboolean
forget_later (JsonObject *object, const char *name, double now_ms)
{
  double ms;

  if (!read_ms (object, name, &ms) || ms <= now_ms)
    return FALSE;
  json_object_set_null_member (object, name);
  return TRUE;
}

static gboolean
is_known (JsonObject *object, const char *name)
{
  double ms;

  return read_ms (object, name, &ms);
}

static JsonObject *
get_element (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* Those that @member says came later. */
static void
remove_later (JsonArray *array, const char *member, double now_ms)
{
  for (guint i = array != NULL ? json_array_get_length (array) : 0; i > 0; i--) {
    JsonObject *object = get_element (array, i - 1);
    double ms;

    if (object != NULL && read_ms (object, member, &ms) && ms > now_ms)
      json_array_remove_element (array, i - 1);
  }
}

static void
rewind_pair (JsonObject *pair, double now_ms)
{
  gboolean unsent = forget_later (pair, "sent_ms", now_ms);
  gboolean unanswered = forget_later (pair, "answered_ms", now_ms);
  gboolean open = forget_later (pair, "ended_ms", now_ms);

  if (forget_later (pair, "nominated_ms", now_ms)) {
    json_object_set_boolean_member (pair, "nominated", FALSE);
    json_object_set_boolean_member (pair, "selected", FALSE);
  }
  if (unanswered) {
    json_object_set_null_member (pair, "rtt_ms");
    json_object_set_int_member (pair, "answered", 0);
  }
  if (unsent)
    json_object_set_int_member (pair, "sent", 0);
  if ((unanswered || open) && !is_known (pair, "answered_ms")) {
    const char *word = is_known (pair, "sent_ms") ? "checking" : "waiting";

    json_object_set_string_member (pair, "state", word);
    json_object_set_string_member (pair, "result", word);
    json_object_set_null_member (pair, "failure");
  }
}

static void
rewind_servers (JsonObject *gathering, double now_ms)
{
  JsonArray *servers = lane_json_array (gathering, "servers");

  forget_later (gathering, "ended_ms", now_ms);
  remove_later (servers, "asked_ms", now_ms);
  remove_later (lane_json_array (gathering, "refused"), "ms", now_ms);
  for (guint i = 0; servers != NULL && i < json_array_get_length (servers); i++) {
    JsonObject *server = get_element (servers, i);
    gboolean gathered =
        !json_object_has_member (gathering, "ended_ms") || is_known (gathering, "ended_ms");

    if (server == NULL)
      continue;
    if (forget_later (server, "answered_ms", now_ms)
        || (!gathered && !is_known (server, "answered_ms")))
      json_object_set_string_member (server, "outcome", "asked");
  }
}

static const char *
judge_state (JsonObject *generation)
{
  if (is_known (generation, "connected_ms"))
    return "connected";
  if (is_known (generation, "failed_ms"))
    return "failed";
  return is_known (generation, "gathered_ms") ? "checking" : "gathering";
}

void
lane_replay_generation_rewind (JsonObject *generation, double now_ms)
{
  static const char *const steps[] = { "gathered_ms", "answered_ms", "connected_ms", "failed_ms" };
  JsonNode *gathering = json_object_get_member (generation, "gathering");
  JsonArray *pairs = lane_json_array (generation, "pairs");
  double last_ms;
  gboolean earlier = FALSE;

  if (read_ms (generation, "now_ms", &last_ms) && last_ms <= now_ms)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    earlier |= forget_later (generation, steps[i], now_ms);
  remove_later (lane_json_array (generation, "local"), "ms", now_ms);
  remove_later (lane_json_array (generation, "remote"), "ms", now_ms);
  remove_later (pairs, "formed_ms", now_ms);
  for (guint i = 0; pairs != NULL && i < json_array_get_length (pairs); i++)
    if (get_element (pairs, i) != NULL)
      rewind_pair (get_element (pairs, i), now_ms);
  if (gathering != NULL && JSON_NODE_HOLDS_OBJECT (gathering))
    rewind_servers (json_node_get_object (gathering), now_ms);
  json_object_set_double_member (generation, "now_ms", now_ms);
  if (earlier)
    json_object_set_string_member (generation, "state", judge_state (generation));
}
