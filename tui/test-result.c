#include "test-result.h"

#include <json-glib/json-glib.h>
#include <math.h>

#define STEPS_MAX   64
#define RESULTS_MAX 1024

G_DEFINE_QUARK (lane - test - error - quark, lane_test_error)

static void
step_free (gpointer data)
{
  LaneTestStep *step = data;

  g_free (step->kind);
  g_free (step->evidence);
  g_free (step);
}

static void
result_free (gpointer data)
{
  LaneTestResult *result = data;

  g_free (result->server);
  g_free (result->uri);
  g_ptr_array_unref (result->steps);
  g_free (result->code);
  g_free (result->error);
  g_free (result->advice);
  g_free (result->mapped);
  g_free (result->relayed);
  g_free (result);
}

/* Members may be missing, null or of another type: then they are unknown. */

static char *
read_string (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_dup_string (node)
             : NULL;
}

static gboolean
read_boolean (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_BOOLEAN
         && json_node_get_boolean (node);
}

static double
read_number (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);
  GType type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;

  return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double (node) : NAN;
}

static gint64
read_time (JsonObject *object, const char *name)
{
  g_autofree char *text = read_string (object, name);
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  return time != NULL ? g_date_time_to_unix (time) * G_USEC_PER_SEC : 0;
}

static JsonArray *
read_array (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static JsonObject *
element (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static guint
length_of (JsonArray *array, guint max)
{
  return array != NULL ? MIN (json_array_get_length (array), max) : 0;
}

static LaneTestStep *
read_step (JsonObject *object)
{
  LaneTestStep *step = g_new0 (LaneTestStep, 1);

  step->kind = read_string (object, "step");
  if (step->kind == NULL)
    step->kind = g_strdup ("unknown");
  step->ok = read_boolean (object, "ok");
  step->ms = read_number (object, "ms");
  step->evidence = read_string (object, "evidence");
  return step;
}

static LaneTestState
read_state (JsonObject *object, gboolean done)
{
  g_autofree char *word = read_string (object, "state");

  if (g_strcmp0 (word, "ok") == 0)
    return LANE_TEST_OK;
  return done || g_strcmp0 (word, "failed") == 0 ? LANE_TEST_FAILED : LANE_TEST_CHECKING;
}

static LaneTestResult *
read_result (JsonObject *object, gboolean done)
{
  LaneTestResult *result = g_new0 (LaneTestResult, 1);
  JsonArray *steps = read_array (object, "steps");
  g_autofree char *code = read_string (object, "code");

  result->server = read_string (object, "name");
  result->uri = read_string (object, "uri");
  result->state = read_state (object, done);
  result->steps = g_ptr_array_new_with_free_func (step_free);
  for (guint i = 0; i < length_of (steps, STEPS_MAX); i++) {
    JsonObject *step = element (steps, i);

    if (step != NULL)
      g_ptr_array_add (result->steps, read_step (step));
  }
  result->rtt_ms = read_number (object, "rtt_ms");
  result->code = g_strcmp0 (code, "ok") != 0 ? g_steal_pointer (&code) : NULL;
  result->error = read_string (object, "error");
  result->advice = read_string (object, "advice");
  result->mapped = read_string (object, "mapped");
  result->relayed = read_string (object, "relayed");
  result->expires_us = read_time (object, "certificate_expires_at");
  return result;
}

GPtrArray *
lane_test_results_parse (const char *line, gsize length, gboolean *done, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func (result_free);
  JsonNode *root;
  JsonArray *servers;

  if (!json_parser_load_from_data (parser, line, length, error))
    return NULL;
  root = json_parser_get_root (parser);
  servers = root != NULL && JSON_NODE_HOLDS_OBJECT (root)
                ? read_array (json_node_get_object (root), "servers")
                : NULL;
  if (servers == NULL) {
    g_set_error (error, LANE_TEST_ERROR, LANE_TEST_ERROR_MALFORMED, "no list of servers");
    return NULL;
  }
  *done = read_boolean (json_node_get_object (root), "done");
  for (guint i = 0; i < length_of (servers, RESULTS_MAX); i++) {
    JsonObject *server = element (servers, i);
    LaneTestResult *result = server != NULL ? read_result (server, *done) : NULL;

    if (result != NULL && result->server != NULL && result->uri != NULL)
      g_ptr_array_add (results, result);
    else if (result != NULL)
      result_free (result);
  }
  return g_steal_pointer (&results);
}
