#include "path.h"

#include <string.h>

#include "generation-log.h"
#include "ice/gather-report.h"
#include "servers/credentials.h"
#include "timer.h"
#include "token-bucket.h"

#define OFFER_RESEND_MS     2000
#define OFFER_UNANSWERED_MS 10000
#define FAILED_GRACE_MS     5000 /* late candidates can still revive a failed generation */
#define DRAIN_MS            1000 /* after the peer was heard on the new generation */
#define REVERT_MS           10000
#define UNPROVEN_MS         4000 /* how long a new path may take to end a silence */
#define BACKOFF_MIN_MS      1000
#define BACKOFF_MAX_MS      30000
#define SERVERS_POLL_MS     20 /* while the pool would rather be asked later */
#define DIRECT_MAX_S        3600

struct _LanePath {
  const LaneShared *shared;
  const LanePeerConfig *peer;
  gboolean polite;
  LanePathEvents events;
  gpointer user_data;

  LaneGeneration *current, *pending, *old;
  guint number;           /* the highest generation seen on either side */
  char *fingerprint;      /* of the peer's certificate; one for the whole association */
  char *addresses;        /* what the pending generation was gathered on */
  LaneRestartCause cause; /* of the pending generation */

  const LaneGeneration *hearing; /* whose data is being handed up right now */
  gboolean reachable, lost, ended;
  gboolean stranded; /* an address was lost, and no restart has begun since */
  gboolean draining; /* the peer was heard on `current`, `old` ends soon */
  gboolean wanted;   /* a restart waits until it can be offered */
  LaneRestartCause wanted_cause;
  guint backoff_ms, hold_ms;
  gint64 next_retry_us, offered_us, heard_on_old_us;
  guint restarts, changes;
  LaneTransportPair last_pair; /* as logged; `server` unused */
  LaneWhySide tried_ours, tried_theirs;
  char *failure; /* of the first try, to be told in the next turn */
  LaneTokenBucket offers;

  guint direct_wait_s; /* of the try that is planned, 0 = none was */
  gint64 next_direct_us;
  GSource *direct;
  GSource *renewal;     /* of the credentials that our relay was allocated with */
  gint64 renewal_of_us; /* their end, monotonic */
  GSource *deadline, *resend, *retry, *drain, *advance, *bury;
  char *previous;    /* JSON: the last generation that ended; NULL = none did */
  guint *closing;    /* while `ended` */
  GPtrArray *graves; /* generations that end in the next turn: we may be inside their callbacks */
};

static void plan_direct_try (LanePath *path);
static void plan_renewal (LanePath *path);
static void restart_now (LanePath *path, LaneRestartCause cause);
static void clear_retry (LanePath *path);
static void advance_soon (LanePath *path);

const char *
lane_restart_cause_to_string (LaneRestartCause cause)
{
  static const char *const names[] = {
    [LANE_RESTART_FIRST] = "first",
    [LANE_RESTART_OPERATOR] = "operator",
    [LANE_RESTART_NETWORK] = "network",
    [LANE_RESTART_WATCHDOG] = "watchdog",
    [LANE_RESTART_CREDENTIALS] = "credentials",
    [LANE_RESTART_POLICY] = "policy",
    [LANE_RESTART_SETTINGS] = "settings",
    [LANE_RESTART_PEER] = "peer",
  };

  return names[cause];
}

/* Burying generations */

static void
on_closed (gpointer closing)
{
  (*(guint *)closing)--;
  g_rc_box_release (closing);
}

static void
free_generation (gpointer data, const LaneShared *shared)
{
  (*shared->closing)++;
  lane_generation_free (data, on_closed, g_rc_box_acquire (shared->closing));
}

static gboolean
on_bury (gpointer user_data)
{
  LanePath *path = user_data;

  lane_timer_clear (&path->bury);
  while (path->graves->len > 0)
    free_generation (g_ptr_array_steal_index (path->graves, path->graves->len - 1), path->shared);
  return G_SOURCE_REMOVE;
}

/* As text, which is a fraction of what it takes as JSON nodes. */
static void
remember_previous (LanePath *path, const LaneGeneration *generation)
{
  g_autoptr (JsonNode) node = lane_generation_describe (generation, FALSE);

  g_free (path->previous);
  path->previous = json_to_string (node, FALSE);
}

static void
bury (LanePath *path, LaneGeneration **generation)
{
  if (*generation == NULL)
    return;
  remember_previous (path, *generation);
  g_ptr_array_add (path->graves, g_steal_pointer (generation));
  if (path->bury == NULL)
    lane_timer_set (&path->bury, path->shared->context, 0, on_bury, path);
}

static void
drop_pending (LanePath *path)
{
  lane_timer_clear (&path->deadline);
  lane_timer_clear (&path->resend);
  bury (path, &path->pending);
}

/* Events */

static void
log_event (LanePath *path, LaneLogLevel level, LaneEventKind kind, JsonObject *fields,
           const char *text)
{
  lane_event_log_add (path->shared->log,
                      lane_event_new (level, kind, path->peer->name, fields, "%s", text));
}

static void
changed (LanePath *path)
{
  path->events.changed (path, path->user_data);
}

/* What the generations tell us */

static LaneGenerationLog
log_of (const LanePath *path)
{
  return (LaneGenerationLog){ .log = path->shared->log, .peer = path->peer->name };
}

static gboolean
is_alive (const LanePath *path, const LaneGeneration *generation)
{
  return generation == path->current || generation == path->pending || generation == path->old;
}

static void
on_generation_trickle (LaneGeneration *generation, LaneMessage *candidates, gpointer user_data)
{
  LanePath *path = user_data;

  if (is_alive (path, generation))
    path->events.send (path, candidates, path->user_data);
}

static void
on_generation_candidate (LaneGeneration *generation, gboolean local,
                         const LaneGenerationCandidate *candidate, gpointer user_data)
{
  LanePath *path = user_data;
  const LaneGenerationLog to = log_of (path);

  lane_generation_log_candidate (&to, generation, local, candidate);
  if (local && candidate->server != NULL)
    lane_pool_report (path->shared->pool, candidate->server, candidate->candidate.type, TRUE, NULL);
  changed (path);
}

static void
on_generation_refused (LaneGeneration *generation, const LaneCandidate *candidate, const char *why,
                       gpointer user_data)
{
  const LaneGenerationLog to = log_of (user_data);

  lane_generation_log_refused (&to, generation, candidate, why);
}

/* Only the side whose relay carries the data sees a TURN server die; the other one finds out when
 * it wants a relay there again. */
static void
report_silent_servers (LanePath *path, const LaneGeneration *generation)
{
  const LaneGatherReport *report = lane_generation_get_gather_report (generation);

  for (guint i = 0; i < lane_gather_report_get_n_servers (report); i++) {
    const LaneGatherServer *server = lane_gather_report_get_server (report, i);

    if (server->outcome == LANE_GATHER_SILENT && g_str_has_prefix (server->kind, "turn"))
      lane_pool_report (path->shared->pool, server->name, LANE_CANDIDATE_RELAY, FALSE,
                        "gave a link no relay address in time");
  }
}

static void
on_generation_gathered (LaneGeneration *generation, gpointer user_data)
{
  LanePath *path = user_data;
  const LaneGenerationLog to = log_of (path);

  report_silent_servers (path, generation);
  lane_generation_log_gathered (&to, generation, path->shared->pool);
  changed (path);
}

static void
on_generation_server (LaneGeneration *generation, guint index, gpointer user_data)
{
  const LaneGenerationLog to = log_of (user_data);

  lane_generation_log_server (&to, generation, index);
}

static void
on_generation_check (LaneGeneration *generation, const LaneCheckPair *pair, LaneCheckStep step,
                     gpointer user_data)
{
  const LaneGenerationLog to = log_of (user_data);

  lane_generation_log_check (&to, generation, pair, step);
}

static void
on_generation_state (LaneGeneration *generation, LaneTransportState state, gpointer user_data)
{
  const LaneGenerationLog to = log_of (user_data);

  if (state == LANE_TRANSPORT_CONNECTED || state == LANE_TRANSPORT_FAILED)
    lane_generation_log_checks (&to, generation);
  advance_soon (user_data);
}

static gboolean
is_same_pair (const LaneTransportPair *a, const LaneTransportPair *b)
{
  return lane_candidate_equal (&a->local, &b->local)
         && lane_candidate_equal (&a->remote, &b->remote);
}

static void
note_pair (LanePath *path)
{
  const LaneGenerationLog to = log_of (path);
  LaneTransportPair pair;

  if (lane_path_get_pair (path, &pair) && !is_same_pair (&pair, &path->last_pair)) {
    if (path->last_pair.local.port != 0)
      path->changes++;
    path->last_pair = pair;
    lane_generation_log_selected (&to, path->current, &pair);
  }
  plan_direct_try (path);
  plan_renewal (path);
}

static void
on_generation_pair (LaneGeneration *generation, gpointer user_data)
{
  LanePath *path = user_data;

  if (generation == path->current)
    note_pair (path);
  advance_soon (path);
}

static void
on_generation_received (LaneGeneration *generation, const guint8 *data, gsize length,
                        gpointer user_data)
{
  LanePath *path = user_data;

  if (!is_alive (path, generation))
    return;
  path->hearing = generation;
  path->events.received (path, data, length, path->user_data);
  path->hearing = NULL;
}

static const LaneGenerationEvents generation_events = {
  .trickle = on_generation_trickle,
  .candidate = on_generation_candidate,
  .refused = on_generation_refused,
  .gathered = on_generation_gathered,
  .state_changed = on_generation_state,
  .pair_changed = on_generation_pair,
  .received = on_generation_received,
  .server = on_generation_server,
  .check = on_generation_check,
};

/* Making a generation and telling the peer */

static void
count_candidates (const GPtrArray *candidates, LaneWhySide *side)
{
  *side = (LaneWhySide){ 0 };
  for (guint i = 0; i < candidates->len; i++)
    lane_why_count (side, &((LaneGenerationCandidate *)candidates->pdata[i])->candidate);
}

static void
count_sides (const LaneGeneration *generation, LaneWhySide *ours, LaneWhySide *theirs)
{
  count_candidates (lane_generation_get_candidates (generation, TRUE), ours);
  count_candidates (lane_generation_get_candidates (generation, FALSE), theirs);
}

static void
pending_failed (LanePath *path, const char *text)
{
  g_autofree char *what = NULL;
  JsonObject *fields;

  if (path->pending != NULL)
    count_sides (path->pending, &path->tried_ours, &path->tried_theirs);
  drop_pending (path);
  if (path->current == NULL) {
    g_free (path->failure);
    path->failure = g_strdup (text);
    advance_soon (path);
    return;
  }
  what = g_strdup_printf ("restart failed: %s; the path in use stays", text);
  fields = lane_event_fields ("restart-failed");
  json_object_set_string_member (fields, "why", text);
  json_object_set_string_member (fields, "cause", lane_restart_cause_to_string (path->cause));
  log_event (path, LANE_LOG_LEVEL_WARNING, LANE_EVENT_RESTART, fields, what);
  plan_direct_try (path);
  plan_renewal (path);
  advance_soon (path);
  changed (path);
}

static gboolean
on_deadline (gpointer user_data)
{
  LanePath *path = user_data;
  gboolean answered = path->pending != NULL && lane_generation_is_answered (path->pending);

  lane_timer_clear (&path->deadline);
  pending_failed (path, answered ? "no candidate pair got an answer"
                                 : "the peer did not answer the offer");
  return G_SOURCE_REMOVE;
}

static gboolean
make_pending (LanePath *path, guint number, gboolean offered)
{
  const LaneConfig *config = path->shared->config;
  const char *const *addresses = lane_network_get_addresses (path->shared->network);
  gboolean ipv4 = FALSE, ipv6 = FALSE;
  const LaneGenerationLog to = log_of (path);
  g_autoptr (GPtrArray) servers = NULL;
  g_autoptr (GError) error = NULL;
  LaneTransportOptions options = {
    .generation = number,
    .controlling = !path->polite,
    .policy = path->peer->policy,
    .addresses = addresses,
    .port_low = config->network.port_low,
    .port_high = config->network.port_high,
  };

  for (guint i = 0; addresses[i] != NULL; i++)
    *(strchr (addresses[i], ':') != NULL ? &ipv6 : &ipv4) = TRUE;
  servers =
      lane_pool_select (path->shared->pool, (const char *const *)path->peer->servers, ipv4, ipv6);
  options.servers = servers;
  drop_pending (path);
  path->number = MAX (path->number, number);
  path->pending = lane_generation_new (path->shared->context, &options, &path->shared->policy,
                                       offered, &generation_events, path, &error);
  if (path->pending != NULL)
    lane_generation_log_network (&to, path->pending, path->shared->network);
  if (path->pending == NULL || !lane_generation_start (path->pending, &error)) {
    pending_failed (path, error->message);
    return FALSE;
  }
  g_free (path->addresses);
  path->addresses = g_strjoinv (" ", (char **)addresses);
  lane_timer_set (&path->deadline, path->shared->context,
                  offered ? MIN (OFFER_UNANSWERED_MS, config->ice.check_timeout_ms)
                          : config->ice.check_timeout_ms,
                  on_deadline, path);
  return TRUE;
}

static void
send_description (LanePath *path, LaneMessageType type)
{
  g_autoptr (LaneMessage) message = lane_message_new (type);
  LaneSdp *sdp;

  if (message->sdp == NULL)
    message->sdp = lane_sdp_new ();
  sdp = message->sdp;
  message->generation = lane_generation_get_number (path->pending);
  message->has_nat = TRUE;
  message->nat = lane_nat_watch_get_brief (path->shared->nat);
  g_free (sdp->fingerprint);
  sdp->fingerprint = g_strdup (lane_identity_get_fingerprint (path->shared->identity));
  if (type == LANE_MESSAGE_OFFER)
    sdp->setup = LANE_SETUP_ACTPASS;
  else
    sdp->setup = path->polite ? LANE_SETUP_ACTIVE : LANE_SETUP_PASSIVE;
  lane_generation_write_sdp (path->pending, sdp);
  path->events.send (path, message, path->user_data);
}

static gboolean
on_resend (gpointer user_data)
{
  LanePath *path = user_data;

  lane_timer_clear (&path->resend);
  if (path->pending == NULL || lane_generation_is_answered (path->pending))
    return G_SOURCE_REMOVE;
  if (path->reachable)
    send_description (path, LANE_MESSAGE_OFFER);
  lane_timer_set (&path->resend, path->shared->context, OFFER_RESEND_MS, on_resend, path);
  return G_SOURCE_REMOVE;
}

static void
offer (LanePath *path)
{
  if (!make_pending (path, path->number + 1, TRUE))
    return;
  path->offered_us = g_get_monotonic_time ();
  if (path->hold_ms == 0)
    send_description (path, LANE_MESSAGE_OFFER);
  lane_timer_set (&path->resend, path->shared->context,
                  path->hold_ms != 0 ? path->hold_ms : OFFER_RESEND_MS, on_resend, path);
  path->hold_ms = 0;
}

/* The peer's fingerprint is fixed by the first description: another one would be another
 * association, which only a new session can begin (RFC 8842 section 5.1). */
static gboolean
accept_fingerprint (LanePath *path, const LaneSdp *sdp)
{
  if (path->fingerprint == NULL) {
    path->fingerprint = g_strdup (sdp->fingerprint);
    return TRUE;
  }
  if (g_ascii_strcasecmp (path->fingerprint, sdp->fingerprint) == 0)
    return TRUE;
  log_event (path, LANE_LOG_LEVEL_WARNING, LANE_EVENT_SECURITY, NULL,
             "refused a restart with another certificate fingerprint");
  return FALSE;
}

static void
take_description (LanePath *path, const LaneSdp *sdp)
{
  lane_timer_clear (&path->resend);
  lane_timer_set (&path->deadline, path->shared->context,
                  path->shared->config->ice.check_timeout_ms, on_deadline, path);
  path->events.described (path, sdp, path->user_data);
  lane_generation_read_sdp (path->pending, sdp);
  advance_soon (path);
}

static void
log_restart (LanePath *path, LaneRestartCause cause, guint generation)
{
  JsonObject *fields = lane_event_fields ("restart");
  const char *name = lane_restart_cause_to_string (cause);
  g_autofree char *text = g_strdup_printf ("ICE restart asked for by %s", name);

  json_object_set_string_member (fields, "cause", name);
  json_object_set_int_member (fields, "generation", generation);
  log_event (path, LANE_LOG_LEVEL_INFO, LANE_EVENT_RESTART, fields, text);
}

static void
answer (LanePath *path, const LaneMessage *message)
{
  if (path->current != NULL)
    log_restart (path, LANE_RESTART_PEER, message->generation);
  if (!make_pending (path, message->generation, FALSE))
    return;
  path->cause = path->current != NULL ? LANE_RESTART_PEER : LANE_RESTART_FIRST;
  send_description (path, LANE_MESSAGE_ANSWER);
  take_description (path, message->sdp);
  changed (path);
}

static void
receive_offer (LanePath *path, const LaneMessage *message)
{
  guint mine = path->pending != NULL ? lane_generation_get_number (path->pending) : 0;

  if (message->generation < path->number || !accept_fingerprint (path, message->sdp))
    return;
  if (message->generation > path->number) {
    answer (path, message);
    return;
  }
  /* The same number: a repeated offer that we answered, or two restarts that crossed. */
  if (path->pending == NULL || mine != message->generation)
    return;
  if (!lane_generation_is_offered (path->pending) || lane_generation_is_answered (path->pending))
    send_description (path, LANE_MESSAGE_ANSWER);
  else if (path->polite)
    lane_path_yield (path, message);
}

void
lane_path_yield (LanePath *path, const LaneMessage *message)
{
  if (path->pending == NULL && path->wanted && accept_fingerprint (path, message->sdp)) {
    path->wanted = FALSE;
    clear_retry (path);
    answer (path, message);
    return;
  }
  if (path->pending == NULL || lane_generation_is_answered (path->pending)
      || !accept_fingerprint (path, message->sdp))
    return;
  send_description (path, LANE_MESSAGE_ANSWER);
  take_description (path, message->sdp);
}

static void
receive_answer (LanePath *path, const LaneMessage *message)
{
  if (path->pending == NULL || lane_generation_get_number (path->pending) != message->generation
      || lane_generation_is_answered (path->pending) || !accept_fingerprint (path, message->sdp))
    return;
  take_description (path, message->sdp);
}

static void
receive_candidates (LanePath *path, const LaneMessage *message)
{
  LaneGeneration *generations[] = { path->pending, path->current };

  for (guint i = 0; i < G_N_ELEMENTS (generations); i++)
    if (generations[i] != NULL
        && lane_generation_get_number (generations[i]) == message->generation)
      lane_generation_read_candidates (generations[i], message);
}

void
lane_path_receive (LanePath *path, const LaneMessage *message)
{
  switch (message->type) {
  case LANE_MESSAGE_OFFER:
    receive_offer (path, message);
    break;
  case LANE_MESSAGE_ANSWER:
    receive_answer (path, message);
    break;
  case LANE_MESSAGE_CANDIDATES:
    receive_candidates (path, message);
    break;
  case LANE_MESSAGE_BYE:
    break;
  }
}

/* Trying again */

/* Nothing gets through, whoever noticed it first. */
static gboolean
is_broken (const LanePath *path)
{
  return path->current != NULL
         && (path->lost || lane_generation_get_state (path->current) == LANE_TRANSPORT_FAILED);
}

static void
clear_retry (LanePath *path)
{
  lane_timer_clear (&path->retry);
  path->next_retry_us = 0;
}

static gboolean
on_retry (gpointer user_data)
{
  LanePath *path = user_data;

  clear_retry (path);
  if (is_broken (path) && path->pending == NULL)
    lane_path_restart (path, LANE_RESTART_WATCHDOG);
  changed (path);
  return G_SOURCE_REMOVE;
}

/* 0, 1, 2, 4 .. 30 s */
static void
schedule_retry (LanePath *path)
{
  guint wait_ms = lane_timer_jitter (path->backoff_ms);

  path->backoff_ms = CLAMP (path->backoff_ms * 2, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
  path->next_retry_us = g_get_monotonic_time () + (gint64)wait_ms * 1000;
  lane_timer_set (&path->retry, path->shared->context, wait_ms, on_retry, path);
}

/* A relay is temporary if it can be */

static gboolean
is_relayed (const LanePath *path)
{
  LaneTransportPair pair;

  return lane_path_get_pair (path, &pair)
         && (pair.local.type == LANE_CANDIDATE_RELAY || pair.remote.type == LANE_CANDIDATE_RELAY);
}

static void
forget_direct_try (LanePath *path)
{
  lane_timer_clear (&path->direct);
  path->next_direct_us = 0;
}

static gboolean
on_direct_try (gpointer user_data)
{
  LanePath *path = user_data;

  forget_direct_try (path);
  if (path->reachable && !is_broken (path) && path->pending == NULL)
    lane_path_restart (path, LANE_RESTART_POLICY);
  else
    plan_direct_try (path);
  return G_SOURCE_REMOVE;
}

/* 60 s, doubled up to an hour, for as long as the relay stays. */
static void
plan_direct_try (LanePath *path)
{
  guint first_s = path->shared->config->ice.retry_direct_s;
  guint wait_ms;

  if (path->current == NULL)
    return;
  if (!is_relayed (path) || path->peer->policy == LANE_POLICY_RELAY_ONLY) {
    forget_direct_try (path);
    path->direct_wait_s = 0;
    return;
  }
  if (path->direct != NULL)
    return;
  path->direct_wait_s = CLAMP (path->direct_wait_s * 2, first_s, MAX (first_s, DIRECT_MAX_S));
  wait_ms = lane_timer_jitter (path->direct_wait_s * 1000);
  path->next_direct_us = g_get_monotonic_time () + (gint64)wait_ms * 1000;
  lane_timer_set (&path->direct, path->shared->context, wait_ms, on_direct_try, path);
}

/* libnice cannot give an allocation other credentials, and once they are over the server refuses
 * to prolong it. A generation with new ones takes over in good time. */

static gboolean
on_renewal (gpointer user_data)
{
  LanePath *path = user_data;

  lane_timer_clear (&path->renewal);
  if (path->pending == NULL)
    lane_path_restart (path, LANE_RESTART_CREDENTIALS);
  else
    plan_renewal (path);
  return G_SOURCE_REMOVE;
}

static void
plan_renewal (LanePath *path)
{
  LaneTransportPair pair;
  guint wait_ms;

  if (!lane_path_get_pair (path, &pair) || pair.local.type != LANE_CANDIDATE_RELAY
      || pair.relay_expires_us == 0) {
    lane_timer_clear (&path->renewal);
    return;
  }
  if (path->renewal != NULL && path->renewal_of_us == pair.relay_expires_us)
    return;
  path->renewal_of_us = pair.relay_expires_us;
  wait_ms = lane_credentials_renew_after_ms (pair.relay_expires_us - g_get_monotonic_time (),
                                             g_random_double ());
  lane_timer_set (&path->renewal, path->shared->context, wait_ms, on_renewal, path);
}

/* Moving over */

static gboolean
on_drained (gpointer user_data)
{
  LanePath *path = user_data;

  lane_timer_clear (&path->drain);
  bury (path, &path->old);
  return G_SOURCE_REMOVE;
}

/* Nothing came over the new generation. If the old one still brought something, only it works. */
static gboolean
on_revert (gpointer user_data)
{
  LanePath *path = user_data;
  gint64 since_us = g_get_monotonic_time () - path->heard_on_old_us;

  lane_timer_clear (&path->drain);
  if (since_us < REVERT_MS * 1000 / 2) {
    bury (path, &path->current);
    path->current = g_steal_pointer (&path->old);
    log_event (path, LANE_LOG_LEVEL_WARNING, LANE_EVENT_PATH, NULL,
               "the new path stayed silent, the old one is back in use");
    path->events.moved (path, path->user_data);
    changed (path);
  } else {
    bury (path, &path->old);
  }
  return G_SOURCE_REMOVE;
}

void
lane_path_heard (LanePath *path)
{
  if (path->old == NULL || path->hearing == NULL)
    return;
  if (path->hearing == path->old)
    path->heard_on_old_us = g_get_monotonic_time ();
  else if (path->hearing == path->current && !path->draining) {
    path->draining = TRUE;
    lane_timer_set (&path->drain, path->shared->context, DRAIN_MS, on_drained, path);
  }
}

static void
move_to_pending (LanePath *path)
{
  lane_timer_clear (&path->deadline);
  lane_timer_clear (&path->resend);
  clear_retry (path);
  bury (path, &path->old);
  path->old = g_steal_pointer (&path->current);
  path->current = g_steal_pointer (&path->pending);
  path->heard_on_old_us = 0;
  path->draining = FALSE;
  if (path->old != NULL) {
    path->restarts++;
    lane_timer_set (&path->drain, path->shared->context, REVERT_MS, on_revert, path);
  }
  note_pair (path);
  path->events.moved (path, path->user_data);
  path->backoff_ms = path->lost ? UNPROVEN_MS : 0;
  if (path->lost)
    schedule_retry (path);
  changed (path);
}

/* The next step, from wherever we are. */

static gboolean
on_failed_grace (gpointer user_data)
{
  LanePath *path = user_data;

  lane_timer_clear (&path->deadline);
  if (path->pending != NULL && lane_generation_get_state (path->pending) != LANE_TRANSPORT_FAILED)
    lane_timer_set (&path->deadline, path->shared->context,
                    path->shared->config->ice.check_timeout_ms, on_deadline, path);
  else
    pending_failed (path, "every candidate pair failed");
  return G_SOURCE_REMOVE;
}

static gboolean
on_advance (gpointer user_data)
{
  LanePath *path = user_data;

  lane_timer_clear (&path->advance);
  if (path->pending != NULL) {
    LaneTransportState state = lane_generation_get_state (path->pending);

    if (state == LANE_TRANSPORT_CONNECTED)
      move_to_pending (path);
    else if (state == LANE_TRANSPORT_FAILED && lane_generation_is_answered (path->pending))
      lane_timer_set (&path->deadline, path->shared->context, FAILED_GRACE_MS, on_failed_grace,
                      path);
  } else if (path->failure != NULL) {
    g_autofree char *failure = g_steal_pointer (&path->failure);

    path->events.failed (path, failure, path->user_data);
    return G_SOURCE_REMOVE;
  }
  if (is_broken (path) && path->pending == NULL && path->retry == NULL && !path->wanted)
    schedule_retry (path);
  changed (path);
  return G_SOURCE_REMOVE;
}

static void
advance_soon (LanePath *path)
{
  if (path->advance == NULL && !path->ended)
    lane_timer_set (&path->advance, path->shared->context, 0, on_advance, path);
}

/* Restarts */

static gboolean
on_offer_slot (gpointer user_data)
{
  LanePath *path = user_data;

  clear_retry (path);
  if (path->wanted)
    restart_now (path, path->wanted_cause);
  return G_SOURCE_REMOVE;
}

static void
restart_now (LanePath *path, LaneRestartCause cause)
{
  gint64 now_us = g_get_monotonic_time ();
  guint servers_ms;

  path->wanted = TRUE;
  path->wanted_cause = cause;
  if (!path->reachable || !lane_network_is_up (path->shared->network))
    return;
  servers_ms = lane_pool_get_wait_ms (path->shared->pool, (const char *const *)path->peer->servers);
  if (servers_ms > 0) {
    lane_timer_set (&path->retry, path->shared->context, MIN (servers_ms, SERVERS_POLL_MS),
                    on_offer_slot, path);
    return;
  }
  if (!lane_token_bucket_take (&path->offers, now_us)) {
    gint64 wait_us = lane_token_bucket_wait_us (&path->offers, now_us);

    lane_timer_set (&path->retry, path->shared->context, (guint)(wait_us / 1000) + 1, on_offer_slot,
                    path);
    return;
  }
  path->wanted = FALSE;
  path->cause = cause;
  clear_retry (path);
  if (cause != LANE_RESTART_FIRST)
    log_restart (path, cause, path->number + 1);
  offer (path);
  changed (path);
}

static gboolean
is_gathered_here (const LanePath *path)
{
  g_autofree char *now =
      g_strjoinv (" ", (char **)lane_network_get_addresses (path->shared->network));

  return g_strcmp0 (now, path->addresses) == 0;
}

void
lane_path_open (LanePath *path, guint hold_ms)
{
  path->hold_ms = hold_ms;
  restart_now (path, LANE_RESTART_FIRST);
}

void
lane_path_restart (LanePath *path, LaneRestartCause cause)
{
  if (path->pending != NULL && cause != LANE_RESTART_SETTINGS
      && (cause != LANE_RESTART_NETWORK || is_gathered_here (path)))
    return;
  restart_now (path, cause);
}

void
lane_path_set_config (LanePath *path, const LanePeerConfig *peer)
{
  path->peer = peer;
}

void
lane_path_set_reachable (LanePath *path, gboolean reachable)
{
  path->reachable = reachable;
  if (reachable && path->wanted)
    restart_now (path, path->wanted_cause);
  else if (reachable && is_broken (path)) {
    path->backoff_ms = 0;
    clear_retry (path);
    advance_soon (path);
  }
}

void
lane_path_network_changed (LanePath *path, gboolean lost)
{
  path->backoff_ms = 0;
  path->direct_wait_s = 0;
  path->stranded |= lost;
  if (!lane_network_is_up (path->shared->network))
    return;
  /* More addresses can only help a link that has no path, a bad one, or none that is direct. */
  if (path->stranded || path->lost || path->current == NULL || is_relayed (path))
    lane_path_restart (path, LANE_RESTART_NETWORK);
  path->stranded = FALSE;
}

/* The next generation had better use another server. */
static void
report_silent_relay (LanePath *path)
{
  LaneTransportPair pair;

  if (lane_path_get_pair (path, &pair) && pair.local.type == LANE_CANDIDATE_RELAY
      && pair.server != NULL)
    lane_pool_report (path->shared->pool, pair.server, LANE_CANDIDATE_RELAY, FALSE,
                      "the path relayed by it went silent");
}

void
lane_path_set_lost (LanePath *path, gboolean lost)
{
  if (path->lost == lost)
    return;
  path->lost = lost;
  if (lost) {
    report_silent_relay (path);
    path->backoff_ms = 0;
    advance_soon (path);
  } else if (!path->wanted) {
    clear_retry (path);
  }
}

/* The rest */

LanePath *
lane_path_new (const LaneShared *shared, const LanePeerConfig *peer, gboolean polite,
               const LanePathEvents *events, gpointer user_data)
{
  LanePath *path = g_new0 (LanePath, 1);

  path->shared = shared;
  path->peer = peer;
  path->polite = polite;
  path->events = *events;
  path->user_data = user_data;
  path->reachable = TRUE;
  path->offers = (LaneTokenBucket)LANE_TOKEN_BUCKET (1, 5);
  path->graves = g_ptr_array_new ();
  return path;
}

static void
ignore_message (LanePath *path, const LaneMessage *message, gpointer user_data)
{
}

static void
ignore_sdp (LanePath *path, const LaneSdp *sdp, gpointer user_data)
{
}

static void
ignore (LanePath *path, gpointer user_data)
{
}

static void
ignore_data (LanePath *path, const guint8 *data, gsize length, gpointer user_data)
{
}

static void
ignore_text (LanePath *path, const char *text, gpointer user_data)
{
}

static const LanePathEvents no_events = {
  .send = ignore_message,
  .described = ignore_sdp,
  .moved = ignore,
  .received = ignore_data,
  .failed = ignore_text,
  .changed = ignore,
};

static gboolean
on_free (gpointer user_data)
{
  LanePath *path = user_data;

  on_bury (path);
  on_closed (path->closing);
  g_ptr_array_unref (path->graves);
  g_free (path->failure);
  g_free (path->previous);
  g_free (path->fingerprint);
  g_free (path->addresses);
  g_free (path);
  return G_SOURCE_REMOVE;
}

void
lane_path_free (LanePath *path)
{
  if (path == NULL)
    return;
  path->events = no_events;
  path->ended = TRUE;
  (*path->shared->closing)++;
  path->closing = g_rc_box_acquire (path->shared->closing);
  drop_pending (path);
  bury (path, &path->current);
  bury (path, &path->old);
  clear_retry (path);
  forget_direct_try (path);
  lane_timer_clear (&path->renewal);
  lane_timer_clear (&path->drain);
  lane_timer_clear (&path->advance);
  lane_timer_set (&path->bury, path->shared->context, 0, on_free, path);
}

gboolean
lane_path_send (LanePath *path, const guint8 *data, gsize length)
{
  return path->current != NULL && lane_generation_send (path->current, data, length);
}

gboolean
lane_path_is_answered (const LanePath *path)
{
  return path->current != NULL
         || (path->pending != NULL && lane_generation_is_answered (path->pending));
}

gint64
lane_path_get_offered_us (const LanePath *path)
{
  return path->offered_us;
}

guint
lane_path_get_restarts (const LanePath *path)
{
  return path->restarts;
}

guint
lane_path_get_changes (const LanePath *path)
{
  return path->changes;
}

gint64
lane_path_get_next_direct_us (const LanePath *path)
{
  return path->next_direct_us;
}

gint64
lane_path_get_next_retry_us (const LanePath *path)
{
  return path->next_retry_us;
}

const LaneGeneration *
lane_path_get_current (const LanePath *path)
{
  return path->current;
}

const LaneGeneration *
lane_path_get_pending (const LanePath *path)
{
  return path->pending;
}

const char *
lane_path_get_previous (const LanePath *path)
{
  return path->previous;
}

gboolean
lane_path_get_pair (const LanePath *path, LaneTransportPair *pair)
{
  return path->current != NULL && lane_generation_get_pair (path->current, pair);
}

void
lane_path_get_sides (const LanePath *path, LaneWhySide *ours, LaneWhySide *theirs)
{
  const LaneGeneration *generation = path->current != NULL ? path->current : path->pending;

  if (generation != NULL) {
    count_sides (generation, ours, theirs);
  } else {
    *ours = path->tried_ours;
    *theirs = path->tried_theirs;
  }
}
