/* icelane network */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "network-rows.h"
#include "network-view.h"
#include "session.h"
#include "table.h"
#include "text.h"

typedef struct {
  const LaneCliOptions *options;
  LaneSession *session;
} Inquiry;

/* A line for what is wrong, below all rows: a table has no room for it. */
static void
print_advice (const GPtrArray *rows, LaneNetworkSection section)
{
  for (guint i = 0; i < rows->len; i++) {
    const LaneNetworkRow *row = rows->pdata[i];
    g_autofree char *sentence = lane_text_clean (row->sentence, -1, 1000);
    g_autofree char *next = row->next != NULL ? lane_text_clean (row->next, -1, 1000) : NULL;

    if (row->section == section && row->wrong)
      g_print ("  ! %s%s%s\n", sentence, next != NULL ? " Next: " : "", next != NULL ? next : "");
  }
}

static void
print_section (const GPtrArray *rows, LaneNetworkSection section, const char *note)
{
  g_autoptr (LaneTable) table = lane_table_new (4);
  g_autofree char *text = NULL;
  g_autofree char *clean = lane_text_clean (note, -1, 1000);
  g_auto (GStrv) lines = NULL;

  for (guint i = 0; i < rows->len; i++) {
    const LaneNetworkRow *row = rows->pdata[i];

    if (row->section == section)
      lane_table_add (table, g_strdup (row->name), g_strdup (row->what),
                      g_strdup (row->state != NULL ? row->state : row->note),
                      g_strdup (row->state != NULL ? row->note : ""));
  }
  text = lane_table_to_string (table);
  lines = g_strsplit (text, "\n", -1);
  g_print ("%s: %s\n", lane_network_section_title (section), clean);
  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    g_print ("  %s\n", lines[i]);
  print_advice (rows, section);
}

static void
print_network (const LaneNetworkView *network, const LaneSnapshot *snapshot)
{
  g_autoptr (GPtrArray) rows = lane_network_rows_collect (network, snapshot, FALSE);

  for (LaneNetworkSection section = 0; section < LANE_N_NETWORK_SECTIONS; section++) {
    g_autofree char *note = lane_network_section_note (section, network, snapshot);

    print_section (rows, section, note);
  }
}

static void
on_network (LaneClient *client, const char *json, const GError *error, gpointer user_data)
{
  const Inquiry *inquiry = user_data;
  g_autoptr (GError) own = NULL;
  g_autoptr (LaneNetworkView) network = error == NULL ? lane_network_view_parse (json, &own) : NULL;

  if (network == NULL)
    g_printerr ("icelane: %s\n", error != NULL ? error->message : own->message);
  else if (inquiry->options->json)
    puts (json);
  else
    print_network (network, lane_session_get_snapshot (inquiry->session));
  lane_session_finish (inquiry->session, network != NULL ? LANE_EXIT_OK : LANE_EXIT_FAILED);
}

int
lane_cli_network (const LaneCliOptions *options)
{
  Inquiry inquiry = { .options = options };
  g_autoptr (LaneSession) session = NULL;
  int code;

  session = lane_session_open (options, 0, NULL, NULL, &code);
  if (session == NULL)
    return code;
  inquiry.session = session;
  lane_client_get_network (lane_session_get_client (session), on_network, &inquiry);
  return lane_session_run (session, 0, 0);
}
