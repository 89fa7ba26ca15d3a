#include "report-page.h"

#include <string.h>
#include <sys/utsname.h>

#include "words.h"

#define EVENTS_SHOWN  40
#define DETAILS_SHOWN 8

static char *
format_clock (gint64 time_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);

  return time != NULL ? g_date_time_format (time, "%H:%M:%S") : g_strdup ("unknown");
}

gboolean
lane_report_is_relayed (const LanePeerView *peer)
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
  if (lane_report_is_relayed (peer))
    return g_strdup_printf ("relay:%s",
                            peer->local != NULL && g_strcmp0 (peer->local->type, "relay") == 0
                                ? (peer->local->server != NULL ? peer->local->server : "ours")
                                : "theirs");
  return peer->family != 0 ? g_strdup_printf ("%s/%d", peer->path, peer->family)
                           : g_strdup (peer->path);
}

static void
say_next (const LaneReportPage *page, const LanePeerView *peer)
{
  g_autofree char *clock = format_clock (peer->next_retry_us);

  if (peer->why_next != NULL && peer->why_next[0] != '\0')
    lane_report_say (page, "    Next: %s", peer->why_next);
  if (peer->next_retry_us != 0)
    lane_report_say (
        page, "    %s at %s UTC",
        lane_report_is_relayed (peer) ? "A direct path is tried again" : "It tries again", clock);
}

static void
say_peer_trouble (const LaneReportPage *page, const LanePeerView *peer)
{
  g_autofree char *sentence = lane_words_why_sentence (peer);
  g_autofree char *path = format_path (peer);

  if (lane_report_is_trouble (peer))
    lane_report_say (page, "* %s has no path (%s), %s: %s", peer->name, peer->state,
                     lane_words_why (peer), sentence);
  else
    lane_report_say (page, "* %s works by %s, %s: %s", peer->name, path, lane_words_why (peer),
                     sentence);
  if (lane_report_is_trouble (peer) && peer->last_error != NULL)
    lane_report_say (page, "    Last error: %s", peer->last_error);
  say_next (page, peer);
}

static void
say_server_trouble (const LaneReportPage *page, const LaneServerView *server)
{
  lane_report_say (page, "* server %s (%s) failed, %s: %s", server->name,
                   server->uri != NULL ? server->uri : "",
                   server->code != NULL ? server->code : "no code",
                   server->error != NULL ? server->error : "no reason known");
  if (server->advice != NULL)
    lane_report_say (page, "    Next: %s", server->advice);
}

static guint
say_node_troubles (const LaneReportPage *page)
{
  const LaneReport *report = page->report;
  const LaneSnapshot *snapshot = report->snapshot;
  guint n = 0;

  if (report->gone != NULL) {
    lane_report_say (page,
                     "* No node answers: %s. What follows is from settings and log file alone.",
                     report->gone);
    n++;
  } else if (g_strcmp0 (snapshot->signaling_state, "connected") != 0) {
    lane_report_say (
        page, "* The rendezvous is %s%s%s: links that are up stay up, new ones have to wait.",
        snapshot->signaling_state != NULL ? snapshot->signaling_state : "unknown",
        snapshot->signaling_error != NULL ? ", " : "",
        snapshot->signaling_error != NULL ? snapshot->signaling_error : "");
    n++;
  }
  for (guint i = 0; i < report->problems->len; i++, n++) {
    g_autofree char *problem = lane_problem_to_string (report->problems->pdata[i]);

    lane_report_say (page, "* settings: %s", problem);
  }
  if (report->problems->len > 0 || snapshot->config.problems == NULL)
    return n;
  for (guint i = 0; snapshot->config.problems[i] != NULL; i++, n++)
    lane_report_say (page, "* settings the node has: %s", snapshot->config.problems[i]);
  return n;
}

static void
say_what_is_wrong (const LaneReportPage *page)
{
  const LaneReport *report = page->report;
  const LaneSnapshot *snapshot = report->snapshot;
  guint n;

  lane_report_head (page, "WHAT IS WRONG");
  n = say_node_troubles (page);
  for (guint i = 0; i < snapshot->peers->len; i++) {
    const LanePeerView *peer = snapshot->peers->pdata[i];

    if (lane_report_concerns (report, peer) && lane_report_is_trouble (peer)) {
      say_peer_trouble (page, peer);
      n++;
    }
  }
  for (guint i = 0; i < snapshot->servers->len; i++) {
    const LaneServerView *server = snapshot->servers->pdata[i];

    if (g_strcmp0 (server->state, "failed") == 0) {
      say_server_trouble (page, server);
      n++;
    }
  }
  if (n == 0)
    lane_report_say (page, "Nothing that icelane knows of.");
  for (guint i = 0, relayed = 0; i < snapshot->peers->len; i++) {
    const LanePeerView *peer = snapshot->peers->pdata[i];

    if (!lane_report_concerns (report, peer) || !lane_report_is_relayed (peer))
      continue;
    if (relayed++ == 0)
      lane_report_head (page, "WORKS, BUT NOT DIRECTLY");
    say_peer_trouble (page, peer);
  }
}

static void
say_peers (const LaneReportPage *page)
{
  const LaneReport *report = page->report;
  g_autoptr (LaneTable) table = lane_table_new (10);

  lane_report_head (page, "PEERS");
  if (report->snapshot->peers->len == 0) {
    lane_report_say (page, "  none known");
    return;
  }
  lane_table_add (table, g_strdup ("PEER"), g_strdup ("STATE"), g_strdup ("PATH"), g_strdup ("WHY"),
                  g_strdup ("SIDE"), g_strdup ("RTT"), g_strdup ("JITTER"), g_strdup ("LOSS"),
                  g_strdup ("SINCE (UTC)"), g_strdup ("POLICY"));
  for (guint i = 0; i < report->snapshot->peers->len; i++) {
    const LanePeerView *peer = report->snapshot->peers->pdata[i];
    g_autofree char *path = format_path (peer);

    if (lane_report_concerns (report, peer))
      lane_table_add (table, lane_report_cell (page, peer->name), g_strdup (peer->state),
                      lane_report_cell (page, path), g_strdup (lane_words_why (peer)),
                      lane_report_cell (page, peer->why_side),
                      lane_words_ms (lane_words_live (peer, peer->rtt_mean_ms)),
                      lane_words_ms (lane_words_live (peer, peer->jitter_ms)),
                      lane_words_loss (lane_words_live (peer, peer->loss)),
                      lane_report_time (peer->since_us),
                      g_strdup (peer->policy != NULL ? peer->policy : "unknown"));
  }
  lane_report_append_table (page, table);
}

/* Those the reader came for: the others are as they should be. */
static void
say_details (const LaneReportPage *page)
{
  const LaneReport *report = page->report;
  guint n = 0;

  for (guint i = 0; i < report->details->len; i++) {
    const LanePeerDetail *detail = report->details->pdata[i];
    const LanePeerView *peer = lane_snapshot_find_peer (report->snapshot, detail->name);

    if (peer == NULL || n >= DETAILS_SHOWN
        || (report->peer == NULL && !lane_report_is_trouble (peer)
            && !lane_report_is_relayed (peer)))
      continue;
    lane_report_say_peer (page, peer, detail);
    n++;
  }
  if (n < report->details->len)
    lane_report_head (page,
                      "The other peers' pairs, candidates and timelines are in the JSON file.");
}

static void
say_events (const LaneReportPage *page)
{
  const LaneReport *report = page->report;
  guint n = report->events->len;
  g_autoptr (GPtrArray) shown = g_ptr_array_new ();

  lane_report_head (page, "LAST EVENTS (UTC)");
  if (report->events_from != NULL)
    lane_report_say (page, "  from %s", report->events_from);
  for (guint i = n; i > 0 && shown->len < EVENTS_SHOWN; i--) {
    const LaneEventView *event = report->events->pdata[i - 1];

    if (strcmp (event->level, "debug") != 0)
      g_ptr_array_insert (shown, 0, (gpointer)event);
  }
  for (guint i = 0; i < shown->len; i++) {
    const LaneEventView *event = shown->pdata[i];
    g_autofree char *clock = lane_report_time (event->time_us);

    lane_report_say (page, "  %s  %-8s %-9s %-7s %s", clock,
                     event->peer != NULL ? event->peer : "node", event->kind, event->level,
                     event->text);
  }
  if (shown->len == 0)
    lane_report_say (page, "  none");
}

static void
say_settings (const LaneReportPage *page)
{
  g_auto (GStrv) settings = lane_report_list_settings (page->report);

  lane_report_head (page, "SETTINGS (those that were changed)");
  lane_report_say (page, "  file %s", page->report->config->path);
  for (guint i = 0; settings[i] != NULL; i++)
    lane_report_append (page, settings[i]);
}

static void
say_versions (const LaneReportPage *page)
{
  const LaneSnapshot *snapshot = page->report->snapshot;
  g_autofree char *os = g_get_os_info (G_OS_INFO_KEY_PRETTY_NAME);
  g_autofree char *started = lane_report_time (snapshot->started_us);
  struct utsname host;

  lane_report_head (page, "VERSIONS");
  if (page->report->gone == NULL)
    lane_report_say (page, "  node %s %s, up since %s UTC",
                     snapshot->name != NULL ? snapshot->name : "unnamed",
                     snapshot->version != NULL ? snapshot->version : "unknown", started);
  g_string_append_printf (page->out, "  icelane %s, GLib %u.%u.%u", ICELANE_VERSION,
                          glib_major_version, glib_minor_version, glib_micro_version);
  if (uname (&host) == 0)
    g_string_append_printf (page->out, ", %s %s %s", host.sysname, host.release, host.machine);
  g_string_append_printf (page->out, "%s%s\n", os != NULL ? ", " : "", os != NULL ? os : "");
}

char *
lane_report_to_text (const LaneReport *report)
{
  const LaneReportPage page = { .report = report, .out = g_string_new (NULL) };
  g_autofree char *time = lane_report_time (report->now_us);

  lane_report_say (&page, "icelane report%s%s, %s UTC", report->peer != NULL ? " about " : "",
                   report->peer != NULL ? report->peer : "", time);
  lane_report_say (
      &page,
      "Addresses, host names%s are replaced: one stand-in always means the same one. Same letter:",
      report->names_masked ? ", ids and names" : " and ids");
  lane_report_say (
      &page, "same network (/24, /64). Kinds, families, candidate types and ports are real. No "
             "password or key is in here.");
  say_what_is_wrong (&page);
  say_peers (&page);
  lane_report_say_network (&page);
  lane_report_say_servers (&page);
  say_details (&page);
  say_events (&page);
  say_settings (&page);
  say_versions (&page);
  return g_string_free (page.out, FALSE);
}
