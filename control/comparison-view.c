#include "comparison-view.h"

#include <string.h>

#include "json-read.h"

static char *
print (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  return json_to_string (node, FALSE);
}

LaneComparisonView *
lane_comparison_view_new (JsonObject *object)
{
  g_autofree char *state = NULL;
  LaneComparisonView *comparison;

  if (object == NULL)
    return NULL;
  comparison = g_new0 (LaneComparisonView, 1);
  state = lane_json_word (object, "state", "done");
  comparison->kind = lane_json_string (object, "kind");
  comparison->running = strcmp (state, "running") == 0;
  comparison->code = lane_json_string (object, "code");
  comparison->used_ms = lane_json_number (object, "used_ms");
  comparison->other_ms = lane_json_number (object, "other_ms");
  comparison->difference_ms = lane_json_number (object, "difference_ms");
  comparison->text = lane_json_string (object, "text");
  comparison->at_us = lane_json_time (object, "at");
  comparison->json = print (object);
  return comparison;
}

LaneComparisonView *
lane_comparison_view_copy (const LaneComparisonView *comparison)
{
  LaneComparisonView *copy;

  if (comparison == NULL)
    return NULL;
  copy = g_new (LaneComparisonView, 1);
  *copy = *comparison;
  copy->kind = g_strdup (comparison->kind);
  copy->code = g_strdup (comparison->code);
  copy->text = g_strdup (comparison->text);
  copy->json = g_strdup (comparison->json);
  return copy;
}

void
lane_comparison_view_free (LaneComparisonView *comparison)
{
  if (comparison == NULL)
    return;
  g_free (comparison->kind);
  g_free (comparison->code);
  g_free (comparison->text);
  g_free (comparison->json);
  g_free (comparison);
}

gboolean
lane_comparison_view_is_answer (const LaneComparisonView *comparison)
{
  static const char *const answers[] = { "measured", "checks-failed", "no-relay", NULL };

  return comparison->code != NULL && g_strv_contains (answers, comparison->code);
}
