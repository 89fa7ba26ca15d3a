/* icelane status [PEER...] */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "session.h"
#include "table.h"
#include "words.h"

#define WATCH_S 2

static gboolean
is_named (const LaneCliOptions *options, const char *name)
{
  return options->arguments[0] == NULL
         || g_strv_contains ((const char *const *)options->arguments, name);
}

/* The node's own JSON, with only the peers asked for. */
static char *
filter_json (const LaneCliOptions *options, const char *json)
{
  g_autoptr (JsonNode) root = json_from_string (json, NULL);
  g_autoptr (JsonArray) kept = json_array_new ();
  JsonArray *peers = json_object_get_array_member (json_node_get_object (root), "peers");

  for (guint i = 0; i < json_array_get_length (peers); i++) {
    JsonObject *peer = json_array_get_object_element (peers, i);

    if (is_named (options, json_object_get_string_member (peer, "name")))
      json_array_add_object_element (kept, json_object_ref (peer));
  }
  json_object_set_array_member (json_node_get_object (root), "peers", g_steal_pointer (&kept));
  return json_to_string (root, FALSE);
}

static void
print_json (const LaneCliOptions *options, LaneSession *session)
{
  const char *json = lane_client_get_status_json (lane_session_get_client (session));

  if (options->arguments[0] != NULL) {
    g_autofree char *filtered = filter_json (options, json);

    puts (filtered);
  } else {
    puts (json);
  }
}

static void
print_head (const LaneSnapshot *snapshot)
{
  g_autoptr (LaneTable) table = lane_table_new (1);
  g_autofree char *text = NULL;
  const char *state = snapshot->signaling_state != NULL ? snapshot->signaling_state : "unknown";

  lane_table_add (
      table, g_strdup_printf ("%s  signaling %s%s%s  NAT %s",
                              snapshot->name != NULL ? snapshot->name : "unnamed", state,
                              snapshot->signaling_error != NULL ? ": " : "",
                              snapshot->signaling_error != NULL ? snapshot->signaling_error : "",
                              lane_words_nat (snapshot->nat_mapping)));
  text = lane_table_to_string (table);
  g_print ("%s", text);
}

static void
add_peer (LaneTable *table, const LanePeerView *peer)
{
  g_auto (LanePathWord) path = { 0 };

  lane_path_word_init (&path, peer, LANE_GLYPHS_ASCII);
  lane_table_add (table, g_strdup (peer->name), g_strdup (path.word),
                  g_strdup (lane_words_why_or_expect (peer)), lane_words_ms (peer->rtt_mean_ms),
                  lane_words_loss (peer->loss),
                  lane_words_since (peer->since_us, g_get_real_time ()),
                  g_strdup (peer->last_error != NULL ? peer->last_error : ""));
}

static void
print_table (const LaneCliOptions *options, LaneSession *session)
{
  const LaneSnapshot *snapshot = lane_session_get_snapshot (session);
  g_autoptr (LaneTable) table = lane_table_new (7);
  g_autofree char *text = NULL;

  print_head (snapshot);
  if (snapshot->peers->len == 0) {
    g_print ("no peers: a [peer NAME] section with the id of the other node makes one\n");
    return;
  }
  lane_table_add (table, g_strdup ("PEER"), g_strdup ("PATH"), g_strdup ("WHY"), g_strdup ("RTT"),
                  g_strdup ("LOSS"), g_strdup ("SINCE"), g_strdup ("LAST ERROR"));
  for (guint i = 0; i < snapshot->peers->len; i++) {
    const LanePeerView *peer = snapshot->peers->pdata[i];

    if (is_named (options, peer->name))
      add_peer (table, peer);
  }
  text = lane_table_to_string (table);
  g_print ("%s", text);
}

static int
print_once (const LaneCliOptions *options)
{
  int exit_code;
  g_autoptr (LaneSession) session = lane_session_open (options, 0, NULL, NULL, &exit_code);

  if (session == NULL)
    return exit_code;
  for (guint i = 0; options->arguments[i] != NULL; i++) {
    if (lane_session_find_peer (session, options->arguments[i]) == NULL)
      return LANE_EXIT_FAILED;
  }

  if (options->json)
    print_json (options, session);
  else
    print_table (options, session);
  return LANE_EXIT_OK;
}

int
lane_cli_status (const LaneCliOptions *options)
{
  int exit_code;
  double seconds;

  if (!lane_cli_parse_seconds ("--watch", options->watch, WATCH_S, &seconds))
    return LANE_EXIT_USAGE;

  while ((exit_code = print_once (options)) == LANE_EXIT_OK && options->watch != NULL) {
    g_usleep ((gulong)(seconds * G_USEC_PER_SEC));
    if (!options->json)
      g_print ("\n");
  }
  return exit_code;
}
