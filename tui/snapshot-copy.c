#include "snapshot-copy.h"

static LaneCandidateView *
copy_candidate (const LaneCandidateView *from)
{
  LaneCandidateView *to = NULL;

  if (from == NULL)
    return NULL;
  to = g_new (LaneCandidateView, 1);
  *to = *from;
  to->type = g_strdup (from->type);
  to->address = g_strdup (from->address);
  to->transport = g_strdup (from->transport);
  to->server = g_strdup (from->server);
  to->foundation = g_strdup (from->foundation);
  to->related_address = g_strdup (from->related_address);
  return to;
}

static LanePeerView *
copy_peer (const LanePeerView *from)
{
  LanePeerView *to = g_new (LanePeerView, 1);

  *to = *from;
  to->name = g_strdup (from->name);
  to->id = g_strdup (from->id);
  to->state = g_strdup (from->state);
  to->path = g_strdup (from->path);
  to->why_code = g_strdup (from->why_code);
  to->why_side = g_strdup (from->why_side);
  to->why_text = g_strdup (from->why_text);
  to->why_next = g_strdup (from->why_next);
  lane_forecast_view_copy (&to->forecast, &from->forecast);
  to->local = copy_candidate (from->local);
  to->remote = copy_candidate (from->remote);
  to->last_error = g_strdup (from->last_error);
  to->comparison = lane_comparison_view_copy (from->comparison);
  to->policy = g_strdup (from->policy);
  to->rtt_history = g_memdup2 (from->rtt_history, sizeof (double) * from->n_rtt_history);
  return to;
}

static LaneServerView *
copy_server (const LaneServerView *from)
{
  LaneServerView *to = g_new (LaneServerView, 1);

  *to = *from;
  to->name = g_strdup (from->name);
  to->uri = g_strdup (from->uri);
  to->kind = g_strdup (from->kind);
  to->state = g_strdup (from->state);
  to->code = g_strdup (from->code);
  to->error = g_strdup (from->error);
  to->advice = g_strdup (from->advice);
  to->mapped = g_strdup (from->mapped);
  to->steps = g_ptr_array_ref (from->steps); /* nobody writes to them */
  return to;
}

/* Replaces the strings @to shares with the original by its own. */
static void
own_node (LaneSnapshot *to)
{
  to->name = g_strdup (to->name);
  to->id = g_strdup (to->id);
  to->version = g_strdup (to->version);
  to->signaling_type = g_strdup (to->signaling_type);
  to->signaling_state = g_strdup (to->signaling_state);
  to->signaling_url = g_strdup (to->signaling_url);
  to->signaling_error = g_strdup (to->signaling_error);
  to->nat_mapping = g_strdup (to->nat_mapping);
  to->nat_filtering = g_strdup (to->nat_filtering);
  to->addresses = g_strdupv (to->addresses);
  to->replay = lane_replay_view_copy (to->replay);
  to->config.path = g_strdup (to->config.path);
  to->config.state = g_strdup (to->config.state);
  to->config.problems = g_strdupv (to->config.problems);
  to->config.applied = g_strdup (to->config.applied);
  to->config.later = g_strdupv (to->config.later);
}

LaneSnapshot *
lane_snapshot_copy (const LaneSnapshot *snapshot)
{
  LaneSnapshot *copy = lane_snapshot_new ();
  GPtrArray *servers = copy->servers;
  GPtrArray *peers = copy->peers;

  for (guint i = 0; i < snapshot->servers->len; i++)
    g_ptr_array_add (servers, copy_server (g_ptr_array_index (snapshot->servers, i)));
  for (guint i = 0; i < snapshot->peers->len; i++)
    g_ptr_array_add (peers, copy_peer (g_ptr_array_index (snapshot->peers, i)));
  g_strfreev (copy->addresses);
  g_strfreev (copy->config.problems);
  g_strfreev (copy->config.later);
  *copy = *snapshot;
  copy->servers = servers;
  copy->peers = peers;
  own_node (copy);
  return copy;
}

LaneEventView *
lane_event_view_copy (const LaneEventView *event)
{
  LaneEventView *copy = g_new (LaneEventView, 1);

  *copy = *event;
  copy->level = g_strdup (event->level);
  copy->kind = g_strdup (event->kind);
  copy->peer = g_strdup (event->peer);
  copy->text = g_strdup (event->text);
  copy->json = g_strdup (event->json);
  return copy;
}

LanePeerDetail *
lane_peer_detail_copy (const LanePeerDetail *detail)
{
  return lane_peer_detail_parse (detail->json, NULL);
}
