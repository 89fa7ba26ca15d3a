#include "peer-detail.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

#include "commands.h"
#include "session.h"

typedef struct {
  const LaneCliOptions *options;
  LaneSession *session;
  LaneCliPrint print;
  const char *const *members;
} Inquiry;

static JsonNode *
pick (JsonObject *generation, const char *const *members)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *picked = json_object_new ();

  for (guint i = 0; members[i] != NULL; i++)
    if (json_object_has_member (generation, members[i]))
      json_object_set_member (picked, members[i], json_object_dup_member (generation, members[i]));
  json_node_take_object (node, picked);
  return node;
}

static JsonNode *
pick_each (JsonNode *generations, const char *const *members)
{
  JsonArray *array = generations != NULL && JSON_NODE_HOLDS_ARRAY (generations)
                         ? json_node_get_array (generations)
                         : NULL;
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *picked = json_array_new ();

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (JSON_NODE_HOLDS_OBJECT (element))
      json_array_add_element (picked, pick (json_node_get_object (element), members));
  }
  json_node_take_array (node, picked);
  return node;
}

/* The answer has been decoded, so it is an object. */
static void
print_json (const LanePeerDetail *detail, const char *const *members)
{
  g_autoptr (JsonNode) root = json_from_string (detail->json, NULL);
  JsonObject *object = json_node_get_object (root);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *shown = json_object_new ();
  JsonNode *previous = json_object_get_member (object, "previous_generation");
  g_autofree char *text = NULL;

  json_node_take_object (node, shown);
  json_object_set_int_member (shown, "schema", 1);
  json_object_set_string_member (shown, "peer", detail->name);
  json_object_set_member (shown, "generations",
                          pick_each (json_object_get_member (object, "generations"), members));
  if (previous != NULL && JSON_NODE_HOLDS_OBJECT (previous))
    json_object_set_member (shown, "previous_generation",
                            pick (json_node_get_object (previous), members));
  else
    json_object_set_null_member (shown, "previous_generation");
  if (json_object_has_member (object, "securing"))
    json_object_set_member (shown, "securing", json_object_dup_member (object, "securing"));
  text = json_to_string (node, FALSE);
  puts (text);
}

static void
on_detail (LaneClient *client, const LanePeerDetail *detail, const GError *error,
           gpointer user_data)
{
  const Inquiry *inquiry = user_data;

  if (error != NULL)
    g_printerr ("icelane: %s\n", error->message);
  else if (!inquiry->options->json)
    inquiry->print (inquiry->options, detail);
  else if (inquiry->members == NULL)
    puts (detail->json);
  else
    print_json (detail, inquiry->members);
  lane_session_finish (inquiry->session, error != NULL ? LANE_EXIT_FAILED : LANE_EXIT_OK);
}

int
lane_cli_show_detail (const LaneCliOptions *options, LaneCliPrint print, const char *const *members)
{
  Inquiry inquiry = { .options = options, .print = print, .members = members };
  g_autoptr (LaneSession) session = NULL;
  int code;

  session = lane_session_open (options, 0, NULL, NULL, &code);
  if (session == NULL)
    return code;
  if (lane_session_find_peer (session, options->arguments[0]) == NULL)
    return LANE_EXIT_FAILED;

  inquiry.session = session;
  lane_client_get_detail (lane_session_get_client (session), options->arguments[0], on_detail,
                          &inquiry);
  return lane_session_run (session, 0, 0);
}
