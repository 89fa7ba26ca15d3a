/* icelane status [PEER...] */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "session.h"
#include "status-format.h"
#include "table.h"
#include "words.h"

#define WATCH_S     2
#define WATCH_MIN_S 0.1
#define REPAINT     "\033[H\033[J" /* top left, and nothing below */

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

static char *
describe_json (const LaneCliOptions *options, LaneSession *session)
{
  const char *json = lane_client_get_status_json (lane_session_get_client (session));
  g_autofree char *filtered = options->arguments[0] != NULL ? filter_json (options, json) : NULL;

  return g_strconcat (filtered != NULL ? filtered : json, "\n", NULL);
}

static char *
describe_head (const LaneSnapshot *snapshot)
{
  g_autoptr (LaneTable) table = lane_table_new (1);
  const char *state = snapshot->signaling_state != NULL ? snapshot->signaling_state : "unknown";

  lane_table_add (
      table, g_strdup_printf ("%s  signaling %s%s%s  NAT %s",
                              snapshot->name != NULL ? snapshot->name : "unnamed", state,
                              snapshot->signaling_error != NULL ? ": " : "",
                              snapshot->signaling_error != NULL ? snapshot->signaling_error : "",
                              lane_words_nat (snapshot->nat_mapping, LANE_NAT_SENTENCE)));
  return lane_table_to_string (table);
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

static char *
describe_peers (const LaneCliOptions *options, const LaneSnapshot *snapshot)
{
  g_autoptr (LaneTable) table = lane_table_new (7);

  if (snapshot->peers->len == 0)
    return g_strdup ("no peers: a [peer NAME] section with the id of the other node makes one\n");
  lane_table_add (table, g_strdup ("PEER"), g_strdup ("PATH"), g_strdup ("WHY"), g_strdup ("RTT"),
                  g_strdup ("LOSS"), g_strdup ("SINCE"), g_strdup ("LAST ERROR"));
  for (guint i = 0; i < snapshot->peers->len; i++) {
    const LanePeerView *peer = snapshot->peers->pdata[i];

    if (is_named (options, peer->name))
      add_peer (table, peer);
  }
  return lane_table_to_string (table);
}

static char *
describe_table (const LaneCliOptions *options, const LaneSnapshot *snapshot)
{
  g_autofree char *head = describe_head (snapshot);
  g_autofree char *peers = describe_peers (options, snapshot);

  return g_strconcat (head, peers, NULL);
}

/* NULL: said why on stderr, and @exit_code is what to leave with. */
static char *
describe (const LaneCliOptions *options, const LaneStatusFormat *format, int *exit_code)
{
  g_autoptr (LaneSession) session = lane_session_open (options, 0, NULL, NULL, exit_code);
  const LaneSnapshot *snapshot;

  if (session == NULL)
    return NULL;
  for (guint i = 0; options->arguments[i] != NULL; i++)
    if (lane_session_find_peer (session, options->arguments[i]) == NULL) {
      *exit_code = LANE_EXIT_FAILED;
      return NULL;
    }

  snapshot = lane_session_get_snapshot (session);
  if (options->json)
    return describe_json (options, session);
  if (format != NULL)
    return lane_status_format_print (format, snapshot, (const char *const *)options->arguments);
  return describe_table (options, snapshot);
}

/* A screen is painted over, anything else is appended to; neither when nothing has changed. JSON is
 * a line each time, so that who reads it also sees that we live. */
static void
print (const LaneCliOptions *options, const char *text, const char *before)
{
  gboolean table = !options->json && options->format == NULL;
  gboolean screen = options->watch != NULL && table && isatty (STDOUT_FILENO)
                    && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;

  if (!options->json && g_strcmp0 (text, before) == 0)
    return;
  if (screen)
    fputs (REPAINT, stdout);
  else if (table && before != NULL)
    fputs ("\n", stdout);
  fputs (text, stdout);
  fflush (stdout); /* a reader of the pipe watches too */
}

static int
watch (const LaneCliOptions *options, const LaneStatusFormat *format, double seconds)
{
  g_autofree char *before = NULL;
  int exit_code = LANE_EXIT_OK;

  for (;;) {
    char *text = describe (options, format, &exit_code);

    if (text == NULL)
      return exit_code;
    print (options, text, before);
    g_free (before);
    before = text;
    if (options->watch == NULL)
      return LANE_EXIT_OK;
    g_usleep ((gulong)(MAX (seconds, WATCH_MIN_S) * G_USEC_PER_SEC));
  }
}

int
lane_cli_status (const LaneCliOptions *options)
{
  g_autoptr (LaneStatusFormat) format = NULL;
  g_autoptr (GError) error = NULL;
  double seconds;

  if (!lane_cli_parse_seconds ("--watch", options->watch, WATCH_S, &seconds))
    return LANE_EXIT_USAGE;
  if (options->format != NULL && options->json) {
    g_printerr ("icelane: --format and --json are two ways to write it: choose one\n");
    return LANE_EXIT_USAGE;
  }
  if (options->format != NULL)
    format = lane_status_format_new (options->format, &error);
  if (error != NULL) {
    g_printerr ("icelane: --format: %s\n", error->message);
    return LANE_EXIT_USAGE;
  }
  return watch (options, format, seconds);
}
