/* What a report says of one peer. */
#include <math.h>

#include "pairs.h"
#include "report-page.h"
#include "timeline.h"
#include "words.h"

static void
say_pairs (const LaneReportPage *page, const LanePeerView *peer, const LanePeerDetail *detail)
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
    lane_table_add (table, g_strdup (lane_pair_row_state (row)), lane_report_cell (page, ours),
                    lane_report_cell (page, theirs),
                    row->check != NULL
                        ? g_strdup_printf ("%u/%u", row->check->answered, row->check->sent)
                        : g_strdup ("unknown"),
                    lane_report_cell (page, result));
  }
  if (rows->len > 0)
    lane_report_append_table (page, table);
  else
    lane_report_say (page, "  no pairs: not both sides have told their candidates");
}

static void
add_candidates (const LaneReportPage *page, LaneTable *table, const LaneGenerationView *generation,
                const char *side, const GPtrArray *candidates)
{
  for (guint i = 0; i < candidates->len; i++) {
    const LaneCandidateView *candidate = candidates->pdata[i];
    g_autofree char *endpoint = lane_words_endpoint (candidate);

    lane_table_add (
        table, g_strdup_printf ("%u", generation->generation), g_strdup (side),
        lane_report_cell (page, candidate->type), lane_report_cell (page, endpoint),
        lane_report_cell (page, candidate->transport),
        g_strdup_printf ("%u/%u", candidate->priority >> 24, candidate->priority >> 8 & 0xffff),
        lane_report_cell (page, candidate->server),
        isnan (candidate->ms) ? g_strdup ("unknown") : lane_words_ms (candidate->ms));
  }
}

static void
say_candidates (const LaneReportPage *page, const LanePeerDetail *detail)
{
  g_autoptr (LaneTable) table = lane_table_new (8);

  lane_table_add (table, g_strdup ("GENERATION"), g_strdup ("SIDE"), g_strdup ("CANDIDATE"),
                  g_strdup ("ADDRESS"), g_strdup ("TRANSPORT"), g_strdup ("TYPE/LOCAL"),
                  g_strdup ("SERVER"), g_strdup ("AFTER"));
  for (guint i = 0; i < detail->generations->len; i++) {
    const LaneGenerationView *generation = detail->generations->pdata[i];

    add_candidates (page, table, generation, "ours", generation->local);
    add_candidates (page, table, generation, "theirs", generation->remote);
  }
  if (detail->generations->len == 0 && detail->previous != NULL) {
    add_candidates (page, table, detail->previous, "ours", detail->previous->local);
    add_candidates (page, table, detail->previous, "theirs", detail->previous->remote);
  }
  if (detail->generations->len > 0 || detail->previous != NULL)
    lane_report_append_table (page, table);
}

static void
say_timeline (const LaneReportPage *page, const LanePeerDetail *detail)
{
  g_autoptr (GPtrArray) rows = lane_timeline_collect (detail);

  for (guint i = 0; i < rows->len; i++) {
    const LaneTimelineRow *row = rows->pdata[i];
    g_autofree char *time = lane_timeline_time (row);

    if (row->kind == LANE_TIMELINE_HEADING)
      lane_report_say (page, "  %s", row->label);
    else if (row->kind != LANE_TIMELINE_BAR)
      lane_report_say (page, "    %*s%s", 2 * (int)row->indent, "", row->label);
    else
      lane_report_say (page, "    %*s%s: %s", 2 * (int)row->indent, "", row->label, time);
  }
}

void
lane_report_say_peer (const LaneReportPage *page, const LanePeerView *peer,
                      const LanePeerDetail *detail)
{
  g_autofree char *pair = lane_words_pair (peer);
  g_autofree char *rx = lane_words_bytes (peer->rx_bytes);
  g_autofree char *tx = lane_words_bytes (peer->tx_bytes);

  g_string_append (page->out, "\n");
  lane_report_say (page, "PEER %s", peer->name);
  lane_report_say (page, "  %s", pair);
  lane_report_say (page, "  rx %s, tx %s, generation %u, restarts %u, path changes %u%s%s", rx, tx,
                   peer->generation, peer->restarts, peer->path_changes,
                   peer->last_error != NULL ? ", last error: " : "",
                   peer->last_error != NULL ? peer->last_error : "");
  say_pairs (page, peer, detail);
  say_candidates (page, detail);
  say_timeline (page, detail);
}
