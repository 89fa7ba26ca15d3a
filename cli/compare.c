/* icelane compare PEER */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "session.h"
#include "words.h"

#define WAIT_S 60 /* as long as with policy lowest-rtt and the default flap-hold-s */

typedef struct {
  const char *name;
  char *before; /* the comparison there was when we asked, as JSON; NULL = none */
  gboolean begun;
} Wait;

static void
wait_clear (Wait *wait)
{
  g_free (wait->before);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wait, wait_clear)

/* NULL: none, or still the one from before. */
static const LaneComparisonView *
find_new (const Wait *wait, LaneSession *session)
{
  const LanePeerView *peer =
      lane_snapshot_find_peer (lane_session_get_snapshot (session), wait->name);

  if (peer == NULL || peer->comparison == NULL
      || g_strcmp0 (peer->comparison->json, wait->before) == 0)
    return NULL;
  return peer->comparison;
}

static void
on_changed (LaneSession *session, gpointer user_data)
{
  Wait *wait = user_data;
  const LaneComparisonView *comparison = find_new (wait, session);

  /* With the link, its comparison goes. */
  if (comparison == NULL ? wait->begun : !comparison->running)
    lane_session_finish (session, LANE_EXIT_OK);
  wait->begun |= comparison != NULL;
}

static void
print_json (const Wait *wait, const LaneComparisonView *comparison)
{
  g_autoptr (JsonNode) node = json_from_string (comparison->json, NULL);
  g_autoptr (JsonNode) root = json_node_alloc ();
  JsonObject *object = json_object_new ();
  g_autofree char *text = NULL;

  json_object_set_int_member (object, "schema", 1);
  json_object_set_string_member (object, "peer", wait->name);
  json_object_set_member (object, "comparison", g_steal_pointer (&node));
  json_node_init_object (root, object);
  json_object_unref (object);
  text = json_to_string (root, FALSE);
  puts (text);
}

static void
print_text (const LaneComparisonView *comparison)
{
  gboolean relay = g_strcmp0 (comparison->kind, "relay") == 0;
  g_autofree char *used = lane_words_ms (comparison->used_ms);
  g_autofree char *other = lane_words_ms (comparison->other_ms);

  if (isnan (comparison->difference_ms))
    g_print ("%s\n", comparison->text);
  else
    g_print ("%s (%s %s, %s %s)\n", comparison->text, relay ? "direct" : "relay", used,
             relay ? "relay" : "direct", other);
}

static int
report (const LaneCliOptions *options, const Wait *wait, LaneSession *session, double seconds)
{
  const LaneComparisonView *comparison = find_new (wait, session);

  if (comparison == NULL) {
    g_printerr ("icelane: the link to %s ended before anything was measured\n", wait->name);
    return LANE_EXIT_FAILED;
  }
  if (comparison->running) {
    g_printerr ("icelane: %s is still being measured after %g s\n", wait->name, seconds);
    return LANE_EXIT_NOT_CONNECTED;
  }
  if (options->json)
    print_json (wait, comparison);
  else
    print_text (comparison);
  return lane_comparison_view_is_answer (comparison) ? LANE_EXIT_OK : LANE_EXIT_FAILED;
}

int
lane_cli_compare (const LaneCliOptions *options)
{
  static const LaneSessionEvents events = { .changed = on_changed };
  g_auto (Wait) wait = { .name = options->arguments[0] };
  g_autoptr (LaneSession) session = NULL;
  const LanePeerView *peer;
  double seconds;
  int code;

  if (!lane_cli_parse_seconds ("--wait", options->wait, WAIT_S, &seconds))
    return LANE_EXIT_USAGE;
  session = lane_session_open (options, 0, &events, &wait, &code);
  if (session == NULL)
    return code;
  peer = lane_session_find_peer (session, wait.name);
  if (peer == NULL)
    return LANE_EXIT_FAILED;
  wait.before = peer->comparison != NULL ? g_strdup (peer->comparison->json) : NULL;
  if (!lane_session_command (session, LANE_COMMAND_COMPARE, wait.name))
    return LANE_EXIT_FAILED;
  if (options->wait == NULL && !options->json) {
    g_print ("Measuring the other path to %s; `icelane status --json` will say what came of it.\n",
             wait.name);
    return LANE_EXIT_OK;
  }
  code = lane_session_run (session, seconds, LANE_EXIT_OK);
  return code == LANE_EXIT_OK ? report (options, &wait, session, seconds) : code;
}
