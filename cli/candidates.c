/* icelane candidates PEER */
#include <math.h>

#include "commands.h"
#include "peer-detail.h"
#include "table.h"
#include "words.h"

static void
add_candidate (LaneTable *table, const LaneGenerationView *generation, const char *side,
               const LaneCandidateView *candidate)
{
  g_autofree char *related = NULL;

  if (candidate->related_address != NULL)
    related =
        g_strdup_printf ("from %s port %d", candidate->related_address, candidate->related_port);
  lane_table_add (
      table, g_strdup_printf ("%u%s", generation->generation, generation->current ? "" : " (new)"),
      g_strdup (side), g_strdup (candidate->type), lane_words_endpoint (candidate),
      g_strdup (candidate->transport), g_strdup_printf ("%u", candidate->priority),
      g_strdup_printf ("%u/%u", candidate->priority >> 24, candidate->priority >> 8 & 0xffff),
      isnan (candidate->ms) ? g_strdup ("unknown") : lane_words_ms (candidate->ms),
      g_strdup (candidate->server != NULL ? candidate->server : "none"),
      related != NULL ? g_steal_pointer (&related) : g_strdup (""));
}

static void
print_detail (const LaneCliOptions *options, const LanePeerDetail *detail)
{
  g_autoptr (LaneTable) table = lane_table_new (10);
  g_autofree char *text = NULL;

  lane_table_add (table, g_strdup ("GENERATION"), g_strdup ("SIDE"), g_strdup ("TYPE"),
                  g_strdup ("ADDRESS"), g_strdup ("TRANSPORT"), g_strdup ("PRIORITY"),
                  g_strdup ("TYPE/LOCAL"), g_strdup ("AFTER"), g_strdup ("SERVER"), g_strdup (""));
  for (guint i = 0; i < detail->generations->len; i++) {
    const LaneGenerationView *generation = detail->generations->pdata[i];

    for (guint j = 0; j < generation->local->len; j++)
      add_candidate (table, generation, "local", generation->local->pdata[j]);
    for (guint j = 0; j < generation->remote->len; j++)
      add_candidate (table, generation, "remote", generation->remote->pdata[j]);
  }
  text = lane_table_to_string (table);
  g_print ("%s", text);
}

int
lane_cli_candidates (const LaneCliOptions *options)
{
  return lane_cli_show_detail (options, print_detail, NULL);
}
