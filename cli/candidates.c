/* icelane candidates PEER */
#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>

#include "commands.h"
#include "session.h"
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
      isnan (candidate->ms) ? g_strdup ("unknown") : lane_words_ms (candidate->ms),
      g_strdup (candidate->server != NULL ? candidate->server : "none"),
      related != NULL ? g_steal_pointer (&related) : g_strdup (""));
}

static void
print_detail (const LanePeerDetail *detail)
{
  g_autoptr (LaneTable) table = lane_table_new (9);
  g_autofree char *text = NULL;

  lane_table_add (table, g_strdup ("GENERATION"), g_strdup ("SIDE"), g_strdup ("TYPE"),
                  g_strdup ("ADDRESS"), g_strdup ("TRANSPORT"), g_strdup ("PRIORITY"),
                  g_strdup ("AFTER"), g_strdup ("SERVER"), g_strdup (""));
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

typedef struct {
  const LaneCliOptions *options;
  LaneSession *session;
} Inquiry;

static void
on_detail (LaneClient *client, const LanePeerDetail *detail, const GError *error,
           gpointer user_data)
{
  const Inquiry *inquiry = user_data;

  if (error != NULL)
    g_printerr ("icelane: %s\n", error->message);
  else if (inquiry->options->json)
    puts (detail->json);
  else
    print_detail (detail);
  lane_session_finish (inquiry->session, error != NULL ? LANE_EXIT_FAILED : LANE_EXIT_OK);
}

int
lane_cli_candidates (const LaneCliOptions *options)
{
  Inquiry inquiry = { .options = options };
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
