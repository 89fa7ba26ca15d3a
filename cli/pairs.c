/* icelane pairs PEER */
#include <math.h>

#include "commands.h"
#include "pairs.h"
#include "peer-detail.h"
#include "table.h"
#include "words.h"

static const char *const members[] = { "generation", "state",        "current", "started_at",
                                       "role",       "checks_known", "pairs",   NULL };

static char *
format_counts (const LaneCheckView *check)
{
  return g_strdup_printf ("%u/%u", check->answered, check->sent);
}

static void
add_check (LaneTable *table, const LaneGenerationView *generation, const LaneCheckView *check)
{
  const LanePairRow row = { .check = check, .local = check->local, .remote = check->remote };
  gboolean in_use = check->selected && generation->current;

  lane_table_add (table, g_strdup_printf ("%u", generation->generation),
                  g_strdup (in_use ? "in use" : lane_pair_row_state (&row)),
                  lane_words_candidate (check->local), lane_words_candidate (check->remote),
                  format_counts (check),
                  isnan (check->rtt_ms) ? g_strdup ("none") : lane_words_ms (check->rtt_ms),
                  g_strdup (check->result));
}

static void
print_detail (const LaneCliOptions *options, const LanePeerDetail *detail)
{
  g_autoptr (LaneTable) table = lane_table_new (7);
  g_autofree char *text = NULL;

  lane_table_add (table, g_strdup ("GENERATION"), g_strdup ("STATE"), g_strdup ("OURS"),
                  g_strdup ("THEIRS"), g_strdup ("ANSWERED"), g_strdup ("RTT"),
                  g_strdup ("RESULT"));
  for (guint i = 0; i < detail->generations->len; i++) {
    const LaneGenerationView *generation = detail->generations->pdata[i];

    for (guint j = 0; j < generation->checks->len; j++)
      add_check (table, generation, generation->checks->pdata[j]);
  }
  for (guint j = 0; detail->previous != NULL && j < detail->previous->checks->len; j++)
    add_check (table, detail->previous, detail->previous->checks->pdata[j]);
  text = lane_table_to_string (table);
  g_print ("%s", text);
}

int
lane_cli_pairs (const LaneCliOptions *options)
{
  return lane_cli_show_detail (options, print_detail, members);
}
