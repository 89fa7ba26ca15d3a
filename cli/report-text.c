#include "report-data.h"

#include <math.h>
#include <sys/utsname.h>
#include <string.h>

#include "json-read.h"
#include "pairs.h"
#include "table.h"
#include "text.h"
#include "timeline.h"
#include "words.h"

#define LINE_MAX_BYTES 2048
#define EVENTS_SHOWN   40
#define DETAILS_SHOWN  8
#define EVIDENCE_SHOWN 16

/* One report while it is written. */
typedef struct {
  const LaneReport *report;
  GString *out;
} Text;

/* A line. It is masked before it is cleaned, which may cut it: no part of an address gets away. */
static void say (const Text *text, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
say (const Text *text, const char *format, ...)
{
  g_autofree char *line = NULL;
  g_autofree char *masked = NULL;
  g_autofree char *clean = NULL;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  masked = lane_mask_text (text->report->mask, line);
  clean = lane_text_clean (masked, -1, LINE_MAX_BYTES);
  g_string_append_printf (text->out, "%s\n", clean);
}

/* What is masked already. */
static void
append (const Text *text, const char *masked)
{
  g_autofree char *clean = lane_text_clean (masked, -1, LINE_MAX_BYTES);

  g_string_append_printf (text->out, "  %s\n", clean);
}

static void
head (const Text *text, const char *title)
{
  g_string_append_printf (text->out, "\n%s\n", title);
}

/* A cell of a table. */
static char *
cell (const Text *text, const char *value)
{
  return lane_mask_text (text->report->mask, value != NULL ? value : "none");
}

/* The table's rows, set in. */
static void
append_table (const Text *text, const LaneTable *table)
{
  g_autofree char *rows = lane_table_to_string (table);
  g_auto (GStrv) lines = g_strsplit (rows, "\n", -1);

  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    g_string_append_printf (text->out, "  %s\n", lines[i]);
}

/* UTC, as everything in files. */
static char *
format_time (gint64 time_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);

  return time_us != 0 && time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S")
                                      : g_strdup ("never");
}

static char *
format_clock (gint64 time_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);

  return time != NULL ? g_date_time_format (time, "%H:%M:%S") : g_strdup ("unknown");
}

static gboolean
is_relayed (const LanePeerView *peer)
{
  return lane_words_is_up (peer) && g_strcmp0 (peer->path, "relay") == 0;
}

gboolean
lane_report_is_trouble (const LanePeerView *peer)
{
  return g_strcmp0 (peer->state, "off") != 0
         && (!lane_words_is_up (peer) || g_strcmp0 (peer->state, "suspect") == 0);
}

gboolean
lane_report_concerns (const LaneReport *report, const LanePeerView *peer)
{
  return report->peer == NULL || g_strcmp0 (report->peer, peer->name) == 0;
}

/* `direct/4`, `relay:home`, `none` */
static char *
format_path (const LanePeerView *peer)
{
  if (peer->path == NULL || !lane_words_is_up (peer))
    return g_strdup ("none");
  if (is_relayed (peer))
    return g_strdup_printf ("relay:%s",
                            peer->local != NULL && g_strcmp0 (peer->local->type, "relay") == 0
                                ? (peer->local->server != NULL ? peer->local->server : "ours")
                                : "theirs");
  return peer->family != 0 ? g_strdup_printf ("%s/%d", peer->path, peer->family)
                           : g_strdup (peer->path);
}

static void
say_next (const Text *text, const LanePeerView *peer)
{
  g_autofree char *clock = format_clock (peer->next_retry_us);

  if (peer->why_next != NULL && peer->why_next[0] != '\0')
    say (text, "    Next: %s", peer->why_next);
  if (peer->next_retry_us != 0)
    say (text, "    %s at %s UTC",
         is_relayed (peer) ? "A direct path is tried again" : "It tries again", clock);
}

static void
say_peer_trouble (const Text *text, const LanePeerView *peer)
{
  g_autofree char *sentence = lane_words_why_sentence (peer);
  g_autofree char *path = format_path (peer);

  if (lane_report_is_trouble (peer))
    say (text, "* %s has no path (%s), %s: %s", peer->name, peer->state, lane_words_why (peer),
         sentence);
  else
    say (text, "* %s works by %s, %s: %s", peer->name, path, lane_words_why (peer), sentence);
  if (lane_report_is_trouble (peer) && peer->last_error != NULL)
    say (text, "    Last error: %s", peer->last_error);
  say_next (text, peer);
}

static void
say_server_trouble (const Text *text, const LaneServerView *server)
{
  say (text, "* server %s (%s) failed, %s: %s", server->name,
       server->uri != NULL ? server->uri : "", server->code != NULL ? server->code : "no code",
       server->error != NULL ? server->error : "no reason known");
  if (server->advice != NULL)
    say (text, "    Next: %s", server->advice);
}

static guint
say_node_troubles (const Text *text)
{
  const LaneReport *report = text->report;
  const LaneSnapshot *snapshot = report->snapshot;
  guint n = 0;

  if (report->gone != NULL) {
    say (text, "* No node answers: %s. What follows is from settings and log file alone.",
         report->gone);
    n++;
  } else if (g_strcmp0 (snapshot->signaling_state, "connected") != 0) {
    say (text, "* The rendezvous is %s%s%s: links that are up stay up, new ones have to wait.",
         snapshot->signaling_state != NULL ? snapshot->signaling_state : "unknown",
         snapshot->signaling_error != NULL ? ", " : "",
         snapshot->signaling_error != NULL ? snapshot->signaling_error : "");
    n++;
  }
  for (guint i = 0; i < report->problems->len; i++, n++) {
    g_autofree char *problem = lane_problem_to_string (report->problems->pdata[i]);

    say (text, "* settings: %s", problem);
  }
  if (report->problems->len > 0 || snapshot->config.problems == NULL)
    return n;
  for (guint i = 0; snapshot->config.problems[i] != NULL; i++, n++)
    say (text, "* settings the node has: %s", snapshot->config.problems[i]);
  return n;
}

static void
say_what_is_wrong (const Text *text)
{
  const LaneReport *report = text->report;
  const LaneSnapshot *snapshot = report->snapshot;
  guint n;

  head (text, "WHAT IS WRONG");
  n = say_node_troubles (text);
  for (guint i = 0; i < snapshot->peers->len; i++) {
    const LanePeerView *peer = snapshot->peers->pdata[i];

    if (lane_report_concerns (report, peer) && lane_report_is_trouble (peer)) {
      say_peer_trouble (text, peer);
      n++;
    }
  }
  for (guint i = 0; i < snapshot->servers->len; i++) {
    const LaneServerView *server = snapshot->servers->pdata[i];

    if (g_strcmp0 (server->state, "failed") == 0) {
      say_server_trouble (text, server);
      n++;
    }
  }
  if (n == 0)
    say (text, "Nothing that icelane knows of.");
  for (guint i = 0, relayed = 0; i < snapshot->peers->len; i++) {
    const LanePeerView *peer = snapshot->peers->pdata[i];

    if (!lane_report_concerns (report, peer) || !is_relayed (peer))
      continue;
    if (relayed++ == 0)
      head (text, "WORKS, BUT NOT DIRECTLY");
    say_peer_trouble (text, peer);
  }
}

static void
say_peers (const Text *text)
{
  const LaneReport *report = text->report;
  g_autoptr (LaneTable) table = lane_table_new (10);

  head (text, "PEERS");
  if (report->snapshot->peers->len == 0) {
    say (text, "  none known");
    return;
  }
  lane_table_add (table, g_strdup ("PEER"), g_strdup ("STATE"), g_strdup ("PATH"), g_strdup ("WHY"),
                  g_strdup ("SIDE"), g_strdup ("RTT"), g_strdup ("JITTER"), g_strdup ("LOSS"),
                  g_strdup ("SINCE (UTC)"), g_strdup ("POLICY"));
  for (guint i = 0; i < report->snapshot->peers->len; i++) {
    const LanePeerView *peer = report->snapshot->peers->pdata[i];
    g_autofree char *path = format_path (peer);

    if (lane_report_concerns (report, peer))
      lane_table_add (table, cell (text, peer->name), g_strdup (peer->state), cell (text, path),
                      g_strdup (lane_words_why (peer)), cell (text, peer->why_side),
                      lane_words_ms (lane_words_live (peer, peer->rtt_mean_ms)),
                      lane_words_ms (lane_words_live (peer, peer->jitter_ms)),
                      lane_words_loss (lane_words_live (peer, peer->loss)),
                      format_time (peer->since_us),
                      g_strdup (peer->policy != NULL ? peer->policy : "unknown"));
  }
  append_table (text, table);
}

/* One address of an interface. */
static void
say_address (const Text *text, const char *interface, JsonObject *object)
{
  g_autofree char *address = lane_json_word (object, "address", "unknown");
  g_autofree char *scope = lane_json_word (object, "scope", "unknown");
  g_autofree char *why = lane_json_string (object, "why");

  say (text, "  %s  %s, %s%s%s", interface, address, scope,
       lane_json_boolean (object, "temporary") ? ", temporary" : "",
       lane_json_boolean (object, "used") ? ", used" : ", not used");
  if (why != NULL)
    say (text, "      because: %s", why);
}

static void
say_interfaces (const Text *text, JsonArray *interfaces)
{
  for (guint i = 0; interfaces != NULL && i < json_array_get_length (interfaces); i++) {
    JsonNode *node = json_array_get_element (interfaces, i);
    JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
    g_autofree char *name = lane_json_word (object, "name", "unknown");
    g_autofree char *state = lane_json_word (object, "state", "unknown");
    JsonArray *addresses = lane_json_array (object, "addresses");
    guint n = addresses != NULL ? json_array_get_length (addresses) : 0;

    if (lane_json_boolean (object, "loopback"))
      continue;
    if (n == 0)
      say (text, "  %s  %s, no address", name, state);
    for (guint j = 0; j < n; j++) {
      JsonNode *address = json_array_get_element (addresses, j);

      if (JSON_NODE_HOLDS_OBJECT (address))
        say_address (text, name, json_node_get_object (address));
    }
  }
}

static void
say_nat_family (const Text *text, JsonObject *object)
{
  g_autofree char *summary = lane_json_word (object, "summary", "not known");
  g_autofree char *meaning = lane_json_string (object, "meaning");
  g_autofree char *next = lane_json_string (object, "next");
  g_autofree char *mapping = lane_json_word (object, "mapping", "unknown");
  g_autofree char *filtering = lane_json_word (object, "filtering", "unknown");
  g_autofree char *confidence = lane_json_word (object, "confidence", "unknown");

  say (text, "  NAT for IPv%u: %s", lane_json_uint (object, "family"), summary);
  say (text, "      mapping %s, filtering %s (%s)", mapping, filtering, confidence);
  if (meaning != NULL)
    say (text, "      %s", meaning);
  if (next != NULL)
    say (text, "      Next: %s", next);
}

static void
say_evidence (const Text *text, JsonArray *evidence)
{
  guint n = evidence != NULL ? json_array_get_length (evidence) : 0;
  g_autoptr (LaneTable) table = lane_table_new (7);

  if (n == 0)
    return;
  say (text, "  What that rests on:");
  lane_table_add (table, g_strdup ("TEST"), g_strdup ("SERVER"), g_strdup ("FROM OUR"),
                  g_strdup ("ASKED"), g_strdup ("RESULT"), g_strdup ("SAW US AT"),
                  g_strdup ("RTT"));
  for (guint i = 0; i < MIN (n, EVIDENCE_SHOWN); i++) {
    JsonNode *node = json_array_get_element (evidence, i);
    JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
    g_autofree char *test = lane_json_string (object, "test");
    g_autofree char *server = lane_json_string (object, "server");
    g_autofree char *local = lane_json_string (object, "local");
    g_autofree char *asked = lane_json_string (object, "asked");
    g_autofree char *result = lane_json_string (object, "result");
    g_autofree char *mapped = lane_json_string (object, "mapped");

    lane_table_add (table, cell (text, test), cell (text, server), cell (text, local),
                    cell (text, asked), cell (text, result), cell (text, mapped),
                    lane_words_ms (lane_json_number (object, "ms")));
  }
  append_table (text, table);
}

static void
say_network (const Text *text)
{
  const LaneSnapshot *snapshot = text->report->snapshot;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *object = NULL, *nat;
  JsonArray *families;

  head (text, "NETWORK");
  if (text->report->network_json != NULL)
    root = lane_json_parse (text->report->network_json, JSON_NODE_OBJECT, NULL);
  if (root == NULL) {
    g_autofree char *addresses =
        snapshot->addresses != NULL ? g_strjoinv (", ", snapshot->addresses) : g_strdup ("");

    say (text, "  addresses: %s", addresses[0] != '\0' ? addresses : "not known");
    say (text, "  NAT: %s", lane_words_nat (snapshot->nat_mapping));
    return;
  }
  object = json_node_get_object (root);
  say_interfaces (text, lane_json_array (object, "interfaces"));
  nat = lane_json_object (object, "nat");
  families = lane_json_array (nat, "families");
  for (guint i = 0; families != NULL && i < json_array_get_length (families); i++) {
    JsonNode *node = json_array_get_element (families, i);

    if (JSON_NODE_HOLDS_OBJECT (node))
      say_nat_family (text, json_node_get_object (node));
  }
  say_evidence (text, lane_json_array (nat, "evidence"));
}

static void
say_steps (const Text *text, const LaneServerView *server)
{
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; i < server->steps->len; i++) {
    const LaneServerStepView *step = server->steps->pdata[i];
    g_autofree char *ms = lane_words_ms (step->ms);

    g_string_append_printf (line, "%s%s %s %s%s%s%s", i > 0 ? ", " : "", step->step,
                            step->ok ? "ok" : "FAILED", ms, step->evidence != NULL ? " (" : "",
                            step->evidence != NULL ? step->evidence : "",
                            step->evidence != NULL ? ")" : "");
  }
  if (line->len > 0)
    say (text, "      %s", line->str);
}

static void
say_servers (const Text *text)
{
  const GPtrArray *servers = text->report->snapshot->servers;

  head (text, "SERVERS");
  if (servers->len == 0)
    say (text, "  none known");
  for (guint i = 0; i < servers->len; i++) {
    const LaneServerView *server = servers->pdata[i];
    g_autofree char *rtt = lane_words_ms (server->rtt_ms);
    g_autofree char *checked = format_time (server->checked_us);
    gboolean failed = g_strcmp0 (server->state, "failed") == 0;

    say (text, "  %s  %s  %s%s%s  %s%s  tested %s", server->name,
         server->uri != NULL ? server->uri : "", server->state, failed ? " " : "",
         failed && server->code != NULL ? server->code : "", rtt, server->in_use ? "  in use" : "",
         checked);
    if (server->mapped != NULL)
      say (text, "      sees us at %s", server->mapped);
    say_steps (text, server);
  }
}

static void
say_pairs (const Text *text, const LanePeerView *peer, const LanePeerDetail *detail)
{
  g_autoptr (GArray) rows = lane_pairs_collect (peer, detail);
  g_autoptr (LaneTable) table = lane_table_new (5);

  lane_table_add (table, g_strdup ("PAIR"), g_strdup ("OURS"), g_strdup ("THEIRS"),
                  g_strdup ("ANSWERED"), g_strdup ("RESULT"));
  for (guint i = 0; i < rows->len; i++) {
    const LanePairRow *row = &g_array_index (rows, LanePairRow, i);
    g_autofree char *ours = NULL;
    g_autofree char *theirs = NULL;
    g_autofree char *result = NULL;

    if (row->heading != NULL)
      continue;
    ours = lane_words_candidate (row->local);
    theirs = lane_words_candidate (row->remote);
    result = lane_pair_row_result (row, peer);
    lane_table_add (
        table, g_strdup (lane_pair_row_state (row)), cell (text, ours), cell (text, theirs),
        row->check != NULL ? g_strdup_printf ("%u/%u", row->check->answered, row->check->sent)
                           : g_strdup ("unknown"),
        cell (text, result));
  }
  if (rows->len > 0)
    append_table (text, table);
  else
    say (text, "  no pairs: not both sides have told their candidates");
}

static void
add_candidates (const Text *text, LaneTable *table, const LaneGenerationView *generation,
                const char *side, const GPtrArray *candidates)
{
  for (guint i = 0; i < candidates->len; i++) {
    const LaneCandidateView *candidate = candidates->pdata[i];
    g_autofree char *endpoint = lane_words_endpoint (candidate);

    lane_table_add (
        table, g_strdup_printf ("%u", generation->generation), g_strdup (side),
        cell (text, candidate->type), cell (text, endpoint), cell (text, candidate->transport),
        g_strdup_printf ("%u/%u", candidate->priority >> 24, candidate->priority >> 8 & 0xffff),
        cell (text, candidate->server),
        isnan (candidate->ms) ? g_strdup ("unknown") : lane_words_ms (candidate->ms));
  }
}

static void
say_candidates (const Text *text, const LanePeerDetail *detail)
{
  g_autoptr (LaneTable) table = lane_table_new (8);

  lane_table_add (table, g_strdup ("GENERATION"), g_strdup ("SIDE"), g_strdup ("CANDIDATE"),
                  g_strdup ("ADDRESS"), g_strdup ("TRANSPORT"), g_strdup ("TYPE/LOCAL"),
                  g_strdup ("SERVER"), g_strdup ("AFTER"));
  for (guint i = 0; i < detail->generations->len; i++) {
    const LaneGenerationView *generation = detail->generations->pdata[i];

    add_candidates (text, table, generation, "ours", generation->local);
    add_candidates (text, table, generation, "theirs", generation->remote);
  }
  if (detail->generations->len == 0 && detail->previous != NULL) {
    add_candidates (text, table, detail->previous, "ours", detail->previous->local);
    add_candidates (text, table, detail->previous, "theirs", detail->previous->remote);
  }
  if (detail->generations->len > 0 || detail->previous != NULL)
    append_table (text, table);
}

static void
say_timeline (const Text *text, const LanePeerDetail *detail)
{
  g_autoptr (GPtrArray) rows = lane_timeline_collect (detail);

  for (guint i = 0; i < rows->len; i++) {
    const LaneTimelineRow *row = rows->pdata[i];
    g_autofree char *time = row->generation == NULL ? lane_timeline_time (row) : NULL;

    if (row->generation != NULL)
      say (text, "  %s", row->label);
    else
      say (text, "    %*s%s: %s", 2 * (int)row->indent, "", row->label, time);
  }
}

static void
say_detail (const Text *text, const LanePeerView *peer, const LanePeerDetail *detail)
{
  g_autofree char *pair = lane_words_pair (peer);
  g_autofree char *rx = lane_words_bytes (peer->rx_bytes);
  g_autofree char *tx = lane_words_bytes (peer->tx_bytes);

  g_string_append (text->out, "\n");
  say (text, "PEER %s", peer->name);
  say (text, "  %s", pair);
  say (text, "  rx %s, tx %s, generation %u, restarts %u, path changes %u%s%s", rx, tx,
       peer->generation, peer->restarts, peer->path_changes,
       peer->last_error != NULL ? ", last error: " : "",
       peer->last_error != NULL ? peer->last_error : "");
  say_pairs (text, peer, detail);
  say_candidates (text, detail);
  say_timeline (text, detail);
}

/* Those the reader came for: the others are as they should be. */
static void
say_details (const Text *text)
{
  const LaneReport *report = text->report;
  guint n = 0;

  for (guint i = 0; i < report->details->len; i++) {
    const LanePeerDetail *detail = report->details->pdata[i];
    const LanePeerView *peer = lane_snapshot_find_peer (report->snapshot, detail->name);

    if (peer == NULL || n >= DETAILS_SHOWN
        || (report->peer == NULL && !lane_report_is_trouble (peer) && !is_relayed (peer)))
      continue;
    say_detail (text, peer, detail);
    n++;
  }
  if (n < report->details->len)
    head (text, "The other peers' pairs, candidates and timelines are in the JSON file.");
}

static void
say_events (const Text *text)
{
  const LaneReport *report = text->report;
  guint n = report->events->len;
  g_autoptr (GPtrArray) shown = g_ptr_array_new ();

  head (text, "LAST EVENTS (UTC)");
  if (report->events_from != NULL)
    say (text, "  from %s", report->events_from);
  for (guint i = n; i > 0 && shown->len < EVENTS_SHOWN; i--) {
    const LaneEventView *event = report->events->pdata[i - 1];

    if (strcmp (event->level, "debug") != 0)
      g_ptr_array_insert (shown, 0, (gpointer)event);
  }
  for (guint i = 0; i < shown->len; i++) {
    const LaneEventView *event = shown->pdata[i];
    g_autofree char *clock = format_time (event->time_us);

    say (text, "  %s  %-8s %-9s %-7s %s", clock, event->peer != NULL ? event->peer : "node",
         event->kind, event->level, event->text);
  }
  if (shown->len == 0)
    say (text, "  none");
}

static void
say_settings (const Text *text)
{
  g_auto (GStrv) settings = lane_report_list_settings (text->report);

  head (text, "SETTINGS (those that were changed)");
  say (text, "  file %s", text->report->config->path);
  for (guint i = 0; settings[i] != NULL; i++)
    append (text, settings[i]);
}

static void
say_versions (const Text *text)
{
  const LaneSnapshot *snapshot = text->report->snapshot;
  g_autofree char *os = g_get_os_info (G_OS_INFO_KEY_PRETTY_NAME);
  g_autofree char *started = format_time (snapshot->started_us);
  struct utsname host;

  head (text, "VERSIONS");
  if (text->report->gone == NULL)
    say (text, "  node %s %s, up since %s UTC", snapshot->name != NULL ? snapshot->name : "unnamed",
         snapshot->version != NULL ? snapshot->version : "unknown", started);
  g_string_append_printf (text->out, "  icelane %s, GLib %u.%u.%u", ICELANE_VERSION,
                          glib_major_version, glib_minor_version, glib_micro_version);
  if (uname (&host) == 0)
    g_string_append_printf (text->out, ", %s %s %s", host.sysname, host.release, host.machine);
  g_string_append_printf (text->out, "%s%s\n", os != NULL ? ", " : "", os != NULL ? os : "");
}

char *
lane_report_to_text (const LaneReport *report)
{
  const Text text = { .report = report, .out = g_string_new (NULL) };
  g_autofree char *time = format_time (report->now_us);

  say (&text, "icelane report%s%s, %s UTC", report->peer != NULL ? " about " : "",
       report->peer != NULL ? report->peer : "", time);
  say (&text,
       "Addresses, host names%s are replaced: one stand-in always means the same one. Same letter:",
       report->names_masked ? ", ids and names" : " and ids");
  say (&text, "same network (/24, /64). Kinds, families, candidate types and ports are real. No "
              "password or key is in here.");
  say_what_is_wrong (&text);
  say_peers (&text);
  say_network (&text);
  say_servers (&text);
  say_details (&text);
  say_events (&text);
  say_settings (&text);
  say_versions (&text);
  return g_string_free (text.out, FALSE);
}
