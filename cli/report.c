/* icelane report [PEER] */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "masking.h"
#include "report-data.h"
#include "report-file.h"
#include "session.h"
#include "settings.h"
#include "snapshot-copy.h"

#define HISTORY     2000 /* events asked for */
#define EVENTS_MAX  500  /* and told */
#define DETAILS_MAX 32
#define ANSWER_S    10
#define LOG_TAIL    (256 * 1024)

/* A report while it is put together: owns what the report borrows. */
typedef struct {
  LaneReport report;
  LaneSession *session; /* NULL: no node */
  LaneConfig *config;
  GPtrArray *problems;
  LaneSnapshot *snapshot;
  char *gone, *status_json, *network_json;
} Work;

static void
work_clear (Work *work)
{
  lane_session_free (work->session);
  lane_config_free (work->config);
  g_ptr_array_unref (work->problems);
  lane_snapshot_free (work->snapshot);
  g_ptr_array_unref (work->report.details);
  g_ptr_array_unref (work->report.events);
  lane_mask_free (work->report.mask);
  g_free (work->gone);
  g_free (work->status_json);
  g_free (work->network_json);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

/* The newest EVENTS_MAX of those that concern the peer. */
static void
take_event (Work *work, LaneEventView *event)
{
  GPtrArray *events = work->report.events;
  const char *peer = work->report.peer;

  if (peer != NULL && event->peer != NULL && strcmp (event->peer, peer) != 0) {
    lane_event_view_free (event);
    return;
  }
  g_ptr_array_add (events, event);
  if (events->len > EVENTS_MAX)
    g_ptr_array_remove_index (events, 0);
}

static void
on_event (LaneSession *session, const LaneEventView *event, gpointer user_data)
{
  take_event (user_data, lane_event_view_copy (event));
}

static void
on_network (LaneClient *client, const char *json, const GError *error, gpointer user_data)
{
  Work *work = user_data;

  work->network_json = error == NULL ? g_strdup (json) : NULL;
  lane_session_finish (work->session, LANE_EXIT_OK);
}

static void
on_detail (LaneClient *client, const LanePeerDetail *detail, const GError *error,
           gpointer user_data)
{
  Work *work = user_data;

  if (error == NULL)
    g_ptr_array_add (work->report.details, lane_peer_detail_copy (detail));
  lane_session_finish (work->session, LANE_EXIT_OK);
}

/* Peers in trouble come first, and all come in if there is room. */
static gboolean
ask_details (Work *work, gboolean trouble)
{
  LaneClient *client = lane_session_get_client (work->session);
  const GPtrArray *peers = work->snapshot->peers;

  for (guint i = 0; i < peers->len && work->report.details->len < DETAILS_MAX; i++) {
    const LanePeerView *peer = peers->pdata[i];

    if (!lane_report_concerns (&work->report, peer) || lane_report_is_trouble (peer) != trouble)
      continue;
    lane_client_get_detail (client, peer->name, on_detail, work);
    if (lane_session_run (work->session, ANSWER_S, LANE_EXIT_FAILED) != LANE_EXIT_OK)
      return FALSE;
  }
  return TRUE;
}

static void
ask_node (Work *work)
{
  LaneClient *client = lane_session_get_client (work->session);

  lane_snapshot_free (work->snapshot);
  work->snapshot = lane_snapshot_copy (lane_session_get_snapshot (work->session));
  work->status_json = g_strdup (lane_client_get_status_json (client));
  lane_client_get_network (client, on_network, work);
  if (lane_session_run (work->session, ANSWER_S, LANE_EXIT_FAILED) == LANE_EXIT_OK
      && ask_details (work, TRUE))
    ask_details (work, FALSE);
}

/* The end of @path; NULL: there is none, or it is no file. */
static char *
read_tail (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info =
      g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_SIZE,
                         G_FILE_QUERY_INFO_NONE, NULL, NULL);
  g_autoptr (GFileInputStream) stream = NULL;
  g_autofree char *text = NULL;
  gsize length;

  if (info == NULL || g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR)
    return NULL;
  stream = g_file_read (file, NULL, NULL);
  if (stream == NULL
      || !g_seekable_seek (G_SEEKABLE (stream), MAX (g_file_info_get_size (info) - LOG_TAIL, 0),
                           G_SEEK_SET, NULL, NULL))
    return NULL;
  text = g_malloc0 (LOG_TAIL + 1);
  if (!g_input_stream_read_all (G_INPUT_STREAM (stream), text, LOG_TAIL, &length, NULL, NULL))
    return NULL;
  return g_steal_pointer (&text);
}

/* Without a node its log file may tell what happened. */
static void
read_log (Work *work)
{
  const char *path = work->config->log.file;
  g_autofree char *text = path != NULL ? read_tail (path) : NULL;
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++) {
    LaneEventView *event = lane_event_view_parse (lines[i], NULL); /* the first may be cut */

    if (event != NULL)
      take_event (work, event);
  }
  work->report.events_from = lines != NULL ? path : NULL;
}

static LaneMask *
make_mask (const Work *work, const LaneCliOptions *options)
{
  LaneMask *mask = lane_mask_new ();
  const LaneConfig *config = work->config;
  const GPtrArray *peers = work->snapshot->peers, *servers = work->snapshot->servers;

  lane_mask_add_folder (mask, g_get_home_dir (), "~");
  if (options->mask_names) {
    for (guint i = 0; i < config->peers->len; i++)
      lane_mask_add_name (mask, "peer", ((LanePeerConfig *)config->peers->pdata[i])->name);
    for (guint i = 0; i < peers->len; i++)
      lane_mask_add_name (mask, "peer", ((LanePeerView *)peers->pdata[i])->name);
    for (guint i = 0; i < config->servers->len; i++)
      lane_mask_add_name (mask, "server", ((LaneServerConfig *)config->servers->pdata[i])->name);
    for (guint i = 0; i < servers->len; i++)
      lane_mask_add_name (mask, "server", ((LaneServerView *)servers->pdata[i])->name);
    lane_mask_add_name (mask, "node", config->node.name);
    lane_mask_add_name (mask, "node", work->snapshot->name);
  }
  /* Then it is the name of the host. */
  if (lane_config_get_origin (config, "node", "name").layer == LANE_LAYER_DEFAULT)
    lane_mask_add_name (mask, "node", config->node.name);
  lane_masking_learn_config (mask, config);
  lane_masking_learn_snapshot (mask, work->snapshot);
  return mask;
}

static int
write_out (const Work *work, const LaneCliOptions *options)
{
  g_autofree char *text = lane_report_to_text (&work->report);
  g_autofree char *json = lane_report_to_json (&work->report);
  g_auto (LaneReportPaths) paths = { 0 };
  g_autoptr (GError) error = NULL;

  if (g_strcmp0 (options->output, "-") == 0) {
    fputs (options->json ? json : text, stdout);
    return LANE_EXIT_OK;
  }
  lane_report_paths_init (&paths, options->output, work->report.now_us);
  if (!lane_report_paths_write (&paths, text, json, &error)) {
    g_printerr ("icelane: %s\n", error->message);
    return LANE_EXIT_FAILED;
  }
  g_print ("%s\n%s\n", paths.text, paths.json);
  return LANE_EXIT_OK;
}

static gboolean
knows_peer (const Work *work)
{
  const char *peer = work->report.peer;

  if (peer == NULL)
    return TRUE;
  if (work->session != NULL)
    return lane_session_find_peer (work->session, peer) != NULL;
  if (lane_config_find_peer (work->config, peer) != NULL)
    return TRUE;
  g_printerr ("icelane: the settings have no peer '%s'\n", peer);
  return FALSE;
}

int
lane_cli_report (const LaneCliOptions *options)
{
  static const LaneSessionEvents events = { .event = on_event };
  g_auto (Work) work = { .report.now_us = g_get_real_time (),
                         .report.peer = options->arguments[0],
                         .report.names_masked = options->mask_names };
  int code;

  work.problems = lane_cli_problems_new ();
  work.config = lane_cli_settings_load_quietly (options, work.problems);
  work.snapshot = lane_snapshot_new ();
  work.report.details = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_peer_detail_free);
  work.report.events = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_event_view_free);
  work.session = lane_session_open (options, HISTORY, &events, &work, &code);
  if (!knows_peer (&work))
    return LANE_EXIT_FAILED;
  if (work.session != NULL)
    ask_node (&work);
  else
    read_log (&work);
  if (work.session == NULL)
    work.gone = code == LANE_EXIT_CONFIG
                    ? g_strdup ("the settings do not say where it is")
                    : g_strdup_printf ("nothing answers on %s", work.config->node.control);
  work.report.gone = work.gone;
  work.report.config = work.config;
  work.report.problems = work.problems;
  work.report.snapshot = work.snapshot;
  work.report.status_json = work.status_json;
  work.report.network_json = work.network_json;
  work.report.mask = make_mask (&work, options);
  return write_out (&work, options);
}
