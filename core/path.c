#include "path.h"

#include <math.h>
#include <string.h>

#include "compare.h"
#include "generation-log.h"
#include "graves.h"
#include "ice/gather-report.h"
#include "race.h"
#include "retry.h"
#include "servers/credentials.h"
#include "timer.h"
#include "token-bucket.h"

#define OFFER_RESEND_MS     2000
#define OFFER_UNANSWERED_MS 10000
#define FAILED_GRACE_MS     5000 /* late candidates can still revive a failed generation */
#define DRAIN_MS            1000 /* after the peer was heard on the new generation */
#define REVERT_MS           10000
#define UNPROVEN_MS         4000  /* how long a new path may take to end a silence */
#define SPARE_MS            15000 /* how much longer than a race a spare generation is kept */
#define STEADY_HOLDS        10    /* flap-hold-s that a path must last to count as one that stays */
#define EVICT_MS            10000 /* of a path that another policy forbids */
#define UNNAMED_MS          3000  /* until the peer has told which candidate a check came from */
#define SERVERS_POLL_MS     20    /* while the pool would rather be asked later */
#define DIRECT_MAX_MS       3600000
#define COMPARE_MS          3000  /* the operator waits for it */
#define COMPARE_CHECK_MS    10000 /* and for checks that nobody answers */
#define LAST_PROBES         3     /* one will arrive */

struct _LanePath {
  const LaneShared *shared;
  const LanePeerConfig *peer;
  const LaneTerms *terms;
  gboolean polite;
  LanePathEvents events;
  gpointer user_data;

  LaneGeneration *current, *pending, *old;
  guint number;           /* the highest generation seen on either side */
  char *fingerprint;      /* of the peer's certificate; one for the whole association */
  char *addresses;        /* what the pending generation was gathered on */
  GStrv guessed[2];       /* STUN, TURN: those it was given while none was known to work, or NULL */
  LaneRestartCause cause; /* of the pending generation */
  LaneRestartCause current_cause;
  LanePaths kind;   /* what the pending generation is limited to, apart from the policies */
  gboolean spare;   /* the pending generation is measured: data moves when its offerer says so */
  gboolean promote; /* the peer has moved to the spare generation */
  gboolean faster;  /* the generation in use won a race */
  LaneRace *race;
  LaneTokenBucket echoes;
  LaneComparison comparison;
  LaneTokenBucket comparisons;
  gboolean muted; /* the policies forbid the pair in use */

  const LaneGeneration *hearing; /* whose data is being handed up right now */
  gboolean reachable, suspect, lost, ended;
  gboolean stranded; /* an address was lost, and no restart has begun since */
  gboolean draining; /* the peer was heard on `current`, `old` ends soon */
  gboolean wanted;   /* a restart waits until it can be offered */
  LaneRestartCause wanted_cause;
  guint hold_ms;
  gint64 offered_us, heard_on_old_us;
  gint64 chosen_us;       /* the last move that was not forced; 0 = none */
  gint64 direct_since_us; /* 0 = relayed, or no path yet */
  guint restarts, changes;
  LaneTransportPair last_pair; /* as logged; `server` unused */
  LaneWhySide tried_ours, tried_theirs;
  char *failure; /* of the first try, to be told in the next turn */
  LaneTokenBucket offers;

  LaneRetry *retry, *direct;
  GSource *leave;       /* of a server that the settings no longer have */
  GSource *renewal;     /* of the credentials that our relay was allocated with */
  gint64 renewal_of_us; /* their end, monotonic */
  GSource *deadline, *resend, *slot, *drain, *advance, *evict, *unnamed, *burial;
  char *previous; /* JSON: the last generation that ended; NULL = none did */
  guint *closing; /* while `ended` */
  LaneGraves *graves;
};

static void plan_direct_try (LanePath *path);
static void end_comparison (LanePath *path, LaneComparisonOutcome outcome, const char *moves);
static gboolean is_relayed (const LanePath *path);
static void plan_renewal (LanePath *path);
static gboolean on_deadline (gpointer user_data);
static void restart_now (LanePath *path, LaneRestartCause cause);
static void clear_retry (LanePath *path);
static void advance_soon (LanePath *path);
static void leave_gone_server (LanePath *path);

const char *
lane_restart_cause_to_string (LaneRestartCause cause)
{
  static const char *const names[] = {
    [LANE_RESTART_FIRST] = "first",     [LANE_RESTART_OPERATOR] = "operator",
    [LANE_RESTART_NETWORK] = "network", [LANE_RESTART_WATCHDOG] = "watchdog",
    [LANE_RESTART_SERVER] = "server",   [LANE_RESTART_CREDENTIALS] = "credentials",
    [LANE_RESTART_POLICY] = "policy",   [LANE_RESTART_FASTER] = "lowest-rtt",
    [LANE_RESTART_COMPARE] = "compare", [LANE_RESTART_SETTINGS] = "settings",
    [LANE_RESTART_PEER] = "peer",
  };

  return names[cause];
}

/* As text, which is a fraction of what it takes as JSON nodes. */
static void
remember_previous (LanePath *path, const LaneGeneration *generation)
{
  g_autoptr (JsonNode) node = lane_generation_describe (generation, FALSE);

  g_free (path->previous);
  path->previous = json_to_string (node, FALSE);
  if (path->shared->recorder != NULL)
    lane_recorder_note_generation (path->shared->recorder, path->peer->name, path->previous,
                                   g_get_real_time (), g_get_monotonic_time ());
}

static void
bury (LanePath *path, LaneGeneration **generation)
{
  if (*generation == NULL)
    return;
  remember_previous (path, *generation);
  lane_graves_bury (path->graves, generation);
}

static void
end_race (LanePath *path)
{
  g_clear_pointer (&path->race, lane_race_free);
  path->spare = path->promote = FALSE;
}

static void
drop_pending (LanePath *path)
{
  lane_timer_clear (&path->deadline);
  lane_timer_clear (&path->resend);
  lane_timer_clear (&path->unnamed);
  end_race (path);
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
  return (LaneGenerationLog){ .log = path->shared->log,
                              .tally = path->shared->tally,
                              .peer = path->peer->name };
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
  if (!local && path->unnamed != NULL)
    advance_soon (path);
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
  /* Relays alone are allowed and none came: the next try is worth more than waiting. */
  if (generation == path->pending && path->current != NULL
      && lane_generation_get_candidates (generation, TRUE)->len == 0)
    lane_timer_set (&path->deadline, path->shared->context, 0, on_deadline, path);
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

static gboolean
is_relayed_pair (const LaneTransportPair *pair)
{
  return pair->local.type == LANE_CANDIDATE_RELAY || pair->remote.type == LANE_CANDIDATE_RELAY;
}

/* The policies, and what this generation is for, have a place for its pair. */
static gboolean
is_allowed (const LanePath *path, const LaneGeneration *generation)
{
  LanePaths paths = lane_terms_get_paths (path->terms);
  LaneTransportPair pair;

  if (generation == path->pending)
    paths = lane_paths_both (paths, path->kind);
  return !lane_generation_get_pair (generation, &pair)
         || lane_paths_allow (paths, is_relayed_pair (&pair));
}

static void
log_forbidden (LanePath *path, const LaneGeneration *generation)
{
  LaneTransportPair pair;
  g_autofree char *text = NULL;

  lane_generation_get_pair (generation, &pair);
  text = g_strdup_printf (
      "a %s path is not used: the policy here is %s, the peer's is %s",
      is_relayed_pair (&pair) ? "relay" : "direct", lane_policy_to_string (path->terms->ours),
      path->terms->heard ? lane_policy_to_string (path->terms->theirs) : "not known");
  log_event (path, LANE_LOG_LEVEL_WARNING, LANE_EVENT_PATH, NULL, text);
}

static void
mute_if_forbidden (LanePath *path)
{
  gboolean forbidden = !is_allowed (path, path->current);

  if (forbidden && !path->muted)
    log_forbidden (path, path->current);
  path->muted = forbidden;
}

static gboolean
on_evict (gpointer user_data)
{
  LanePath *path = user_data;

  lane_timer_clear (&path->evict);
  if (path->current != NULL)
    mute_if_forbidden (path);
  changed (path);
  return G_SOURCE_REMOVE;
}

static void
evict_if_forbidden (LanePath *path)
{
  if (path->current != NULL && path->evict == NULL && !path->muted
      && !is_allowed (path, path->current))
    lane_timer_set (&path->evict, path->shared->context, EVICT_MS, on_evict, path);
}

void
lane_path_terms_changed (LanePath *path)
{
  evict_if_forbidden (path);
  end_comparison (path, LANE_COMPARISON_INTERRUPTED, NULL);
  drop_pending (path);
  lane_retry_reset (path->direct);
  plan_direct_try (path);
  lane_path_restart (path, LANE_RESTART_SETTINGS);
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
  if (path->evict == NULL)
    mute_if_forbidden (path);
  plan_direct_try (path);
  plan_renewal (path);
  leave_gone_server (path);
}

static void
on_generation_pair (LaneGeneration *generation, gpointer user_data)
{
  LanePath *path = user_data;

  if (generation == path->current)
    note_pair (path);
  advance_soon (path);
}

/* TRUE: it was a probe or the echo of one. */
static gboolean
take_probe (LanePath *path, LaneGeneration *generation, const guint8 *data, gsize length)
{
  guint8 echo[LANE_RACE_BYTES];

  if (lane_race_is_echo (data, length)) {
    if (path->race != NULL && generation != path->old)
      lane_race_echoed (path->race, generation == path->pending, data);
    return TRUE;
  }
  if (!lane_race_is_probe (data, length))
    return FALSE;
  if (lane_race_is_last (data, length)) {
    if (path->spare && generation == path->pending && !lane_generation_is_offered (generation))
      lane_timer_set (&path->deadline, path->shared->context, 0, on_deadline, path);
    return TRUE;
  }
  if (path->muted || !lane_token_bucket_take (&path->echoes, g_get_monotonic_time ()))
    return TRUE;
  lane_race_make_echo (data, echo);
  lane_generation_send (generation, echo, sizeof echo);
  return TRUE;
}

static void
on_generation_received (LaneGeneration *generation, const guint8 *data, gsize length,
                        gpointer user_data)
{
  LanePath *path = user_data;

  if (!is_alive (path, generation))
    return;
  if (take_probe (path, generation, data, length))
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

/* Measuring the kind of path that is not in use */

static gboolean
is_comparing (const LanePath *path)
{
  return path->comparison.outcome == LANE_COMPARISON_RUNNING;
}

static void
end_comparison (LanePath *path, LaneComparisonOutcome outcome, const char *moves)
{
  if (!is_comparing (path))
    return;
  if (path->pending != NULL)
    lane_comparison_count_checks (&path->comparison, lane_generation_get_checks (path->pending));
  lane_comparison_end (&path->comparison, outcome, g_get_real_time ());
  lane_event_log_add (path->shared->log,
                      lane_comparison_to_event (&path->comparison, path->peer->name,
                                                lane_restart_cause_to_string (path->cause), moves));
  changed (path);
}

static LaneComparisonOutcome
find_outcome (const LanePath *path)
{
  if (path->pending != NULL && path->kind == LANE_PATHS_RELAY
      && lane_generation_get_candidates (path->pending, TRUE)->len == 0)
    return LANE_COMPARISON_NO_RELAY;
  return path->pending != NULL && !lane_generation_is_answered (path->pending)
             ? LANE_COMPARISON_UNANSWERED
             : LANE_COMPARISON_CHECKS_FAILED;
}

/* The link loses nothing by it, so it is told as what it is: the answer to a question. */
static gboolean
comparison_failed (LanePath *path, LaneComparisonOutcome outcome)
{
  if (!is_comparing (path))
    return FALSE;
  end_comparison (path, outcome, NULL);
  drop_pending (path);
  plan_direct_try (path);
  plan_renewal (path);
  advance_soon (path);
  return TRUE;
}

static void
pending_failed (LanePath *path, const char *text)
{
  g_autofree char *what = NULL;
  JsonObject *fields;

  if (comparison_failed (path, find_outcome (path)))
    return;
  if (path->pending != NULL)
    count_sides (path->pending, &path->tried_ours, &path->tried_theirs);
  drop_pending (path);
  if (path->current == NULL) {
    g_free (path->failure);
    path->failure = g_strdup (text);
    advance_soon (path);
    return;
  }
  if (path->kind == LANE_PATHS_ANY)
    what = g_strdup_printf ("restart failed: %s; the path in use stays", text);
  else
    what = g_strdup_printf ("no %s path: %s; the path in use stays",
                            lane_paths_to_string (path->kind), text);
  fields = lane_event_fields ("restart-failed");
  json_object_set_string_member (fields, "why", text);
  json_object_set_string_member (fields, "cause", lane_restart_cause_to_string (path->cause));
  json_object_set_string_member (fields, "paths", lane_paths_to_string (path->kind));
  log_event (path, path->kind == LANE_PATHS_ANY ? LANE_LOG_LEVEL_WARNING : LANE_LOG_LEVEL_INFO,
             LANE_EVENT_RESTART, fields, what);
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
  if (path->spare && path->pending != NULL
      && lane_generation_get_state (path->pending) == LANE_TRANSPORT_CONNECTED) {
    drop_pending (path); /* measured, and not chosen by its offerer */
    plan_direct_try (path);
    changed (path);
    return G_SOURCE_REMOVE;
  }
  pending_failed (path, answered ? "no candidate pair got an answer"
                                 : "the peer did not answer the offer");
  return G_SOURCE_REMOVE;
}

/* To be relayed is ours to see to when our policy says so, or when the try is ours. */
static LanePolicy
find_policy (const LanePath *path, gboolean offered)
{
  switch (lane_paths_both (lane_terms_get_paths (path->terms), path->kind)) {
  case LANE_PATHS_DIRECT:
    return LANE_POLICY_DIRECT_ONLY;
  case LANE_PATHS_RELAY:
    return path->terms->ours == LANE_POLICY_RELAY_ONLY
                   || (offered && path->kind == LANE_PATHS_RELAY)
               ? LANE_POLICY_RELAY_ONLY
               : LANE_POLICY_AUTO;
  case LANE_PATHS_ANY:
  case LANE_PATHS_NONE:
    return LANE_POLICY_AUTO;
  }
  g_return_val_if_reached (LANE_POLICY_AUTO);
}

/* Which servers work is not known in the first moments after the start. */
static void
note_guesses (LanePath *path, GPtrArray *servers)
{
  for (int turn = 0; turn < 2; turn++) {
    g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

    g_clear_pointer (&path->guessed[turn], g_strfreev);
    if (lane_pool_is_proven (path->shared->pool, (const char *const *)path->peer->servers, turn))
      continue;
    for (guint i = 0; i < servers->len; i++) {
      const LaneIceServer *server = servers->pdata[i];

      if (server->turn == turn)
        g_strv_builder_add (names, server->name);
    }
    path->guessed[turn] = g_strv_builder_end (names);
  }
}

static gboolean
make_pending (LanePath *path, guint number, gboolean offered, LanePaths kind)
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
    .addresses = addresses,
    .port_low = config->network.port_low,
    .port_high = config->network.port_high,
  };

  for (guint i = 0; addresses[i] != NULL; i++)
    *(strchr (addresses[i], ':') != NULL ? &ipv6 : &ipv4) = TRUE;
  servers =
      lane_pool_select (path->shared->pool, (const char *const *)path->peer->servers, ipv4, ipv6);
  options.servers = servers;
  note_guesses (path, servers);
  drop_pending (path);
  path->kind = kind;
  options.policy = find_policy (path, offered);
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
  sdp->policy = path->terms->ours;
  sdp->paths = path->kind;
  sdp->spare = path->spare;
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
offer (LanePath *path, LanePaths kind)
{
  gboolean spare = path->cause == LANE_RESTART_FASTER || path->cause == LANE_RESTART_COMPARE;

  if (spare && !is_comparing (path))
    lane_comparison_begin (&path->comparison, !is_relayed (path), g_get_real_time ());
  if (!make_pending (path, path->number + 1, TRUE, kind))
    return;
  path->spare = spare;
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
  log_event (path, LANE_LOG_LEVEL_WARNING, LANE_EVENT_SECURITY,
             lane_event_fields ("certificate-refused"),
             "refused a restart with another certificate fingerprint");
  return FALSE;
}

static void
take_description (LanePath *path, const LaneSdp *sdp)
{
  guint checks_ms = path->shared->config->ice.check_timeout_ms;

  lane_timer_clear (&path->resend);
  if (is_comparing (path))
    checks_ms = MIN (checks_ms, COMPARE_CHECK_MS);
  lane_timer_set (&path->deadline, path->shared->context, checks_ms, on_deadline, path);
  evict_if_forbidden (path); /* the peer's policy may be another one now */
  path->events.described (path, sdp, path->user_data);
  lane_generation_set_paths (path->pending,
                             lane_paths_both (lane_terms_get_paths (path->terms), path->kind));
  lane_generation_read_sdp (path->pending, sdp);
  advance_soon (path);
}

static void
log_restart (LanePath *path, LaneRestartCause cause, guint generation, gboolean spare)
{
  JsonObject *fields = lane_event_fields ("restart");
  const char *name = lane_restart_cause_to_string (cause);
  g_autofree char *text =
      g_strdup_printf (spare ? "another path is measured beside the one in use, asked for by %s"
                             : "ICE restart asked for by %s",
                       name);

  json_object_set_string_member (fields, "cause", name);
  json_object_set_int_member (fields, "generation", generation);
  log_event (path, LANE_LOG_LEVEL_INFO, LANE_EVENT_RESTART, fields, text);
}

static void
answer (LanePath *path, const LaneMessage *message)
{
  end_comparison (path, LANE_COMPARISON_INTERRUPTED, NULL);
  if (path->current != NULL)
    log_restart (path, LANE_RESTART_PEER, message->generation, message->sdp->spare);
  if (!make_pending (path, message->generation, FALSE, message->sdp->paths))
    return;
  path->cause = path->current != NULL ? LANE_RESTART_PEER : LANE_RESTART_FIRST;
  path->spare = path->current != NULL && message->sdp->spare;
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
  else if (path->spare && !message->sdp->spare)
    answer (path, message); /* to move the link matters more than to measure */
  else if (path->polite && path->spare == message->sdp->spare)
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
  /* It would move its data as soon as there is a pair. */
  if (path->spare && !message->sdp->spare && comparison_failed (path, LANE_COMPARISON_PEER_UNABLE))
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

/* No try is under way that could mend it. */
static gboolean
is_unattended (const LanePath *path)
{
  return path->pending == NULL || path->kind != LANE_PATHS_ANY;
}

static void
clear_retry (LanePath *path)
{
  lane_timer_clear (&path->slot);
  lane_retry_cancel (path->retry);
}

static void
on_retry (gpointer user_data)
{
  LanePath *path = user_data;

  if (is_broken (path) && is_unattended (path))
    lane_path_restart (path, LANE_RESTART_WATCHDOG);
  changed (path);
}

/* A relay is temporary if it can be */

static gboolean
is_relayed (const LanePath *path)
{
  LaneTransportPair pair;

  return lane_path_get_pair (path, &pair) && is_relayed_pair (&pair);
}

static gint64
get_hold_us (const LanePath *path)
{
  return path->shared->config->ice.flap_hold_s * G_USEC_PER_SEC;
}

/* We measure both kinds of path against each other, and this link has both. */
static gboolean
races (const LanePath *path)
{
  guint servers = 1, failed = 0;

  if (path->terms->ours != LANE_POLICY_LOWEST_RTT
      || lane_terms_get_paths (path->terms) != LANE_PATHS_ANY)
    return FALSE;
  if (!is_relayed (path))
    lane_pool_count_turn (path->shared->pool, (const char *const *)path->peer->servers, &servers,
                          &failed);
  return servers > failed;
}

static void
on_direct_try (gpointer user_data)
{
  LanePath *path = user_data;
  gint64 held_us = g_get_monotonic_time () - path->chosen_us;

  if (path->chosen_us != 0 && held_us < get_hold_us (path)) {
    lane_retry_set_next (path->direct, (guint)((get_hold_us (path) - held_us) / 1000) + 1);
    lane_retry_plan (path->direct);
    log_event (path, LANE_LOG_LEVEL_INFO, LANE_EVENT_PATH, NULL,
               "direct is not tried yet: the last change to it is too short ago (flap-hold-s)");
    return;
  }
  if (path->reachable && !is_broken (path) && path->pending == NULL)
    lane_path_restart (path, races (path) ? LANE_RESTART_FASTER : LANE_RESTART_POLICY);
  else
    plan_direct_try (path);
}

/* 60 s, doubled up to an hour, for as long as the relay stays. */
static void
plan_direct_try (LanePath *path)
{
  guint first_ms = path->shared->config->ice.retry_direct_s * 800; /* the setting, at most */
  const LaneRetryWaits waits = { first_ms, first_ms, MAX (first_ms, DIRECT_MAX_MS) };

  if (path->current == NULL)
    return;
  lane_retry_set_waits (path->direct, &waits);
  if (races (path)) {
    if (!lane_retry_is_planned (path->direct))
      lane_retry_plan (path->direct);
    return;
  }
  if (!is_relayed (path) || !lane_paths_allow (lane_terms_get_paths (path->terms), FALSE)) {
    lane_retry_cancel (path->direct);
    if (path->direct_since_us == 0)
      path->direct_since_us = g_get_monotonic_time ();
    return;
  }
  /* A direct path that comes and goes does not begin at the shortest wait each time. */
  if (path->direct_since_us != 0
      && g_get_monotonic_time () - path->direct_since_us > STEADY_HOLDS * get_hold_us (path))
    lane_retry_reset (path->direct);
  path->direct_since_us = 0;
  if (!lane_retry_is_planned (path->direct)) {
    lane_retry_plan (path->direct);
  }
}

/* A generation that was gathering while the settings changed may come to be carried by a server
 * that they no longer have. */

static gboolean
is_over_gone_server (const LanePath *path)
{
  const LaneServerConfig *server;
  LaneTransportPair pair;

  if (!lane_path_get_pair (path, &pair) || pair.local.type != LANE_CANDIDATE_RELAY
      || pair.server == NULL)
    return FALSE;
  server = lane_config_find_server (path->shared->config, pair.server);
  return server == NULL || !server->enabled || !lane_peer_uses_server (path->peer, pair.server);
}

static gboolean
on_leave (gpointer user_data)
{
  LanePath *path = user_data;

  lane_timer_clear (&path->leave);
  if (is_over_gone_server (path))
    lane_path_restart (path, LANE_RESTART_SETTINGS);
  return G_SOURCE_REMOVE;
}

static void
leave_gone_server (LanePath *path)
{
  if (is_over_gone_server (path))
    lane_timer_set (&path->leave, path->shared->context, 0, on_leave, path);
}

/* libnice cannot give an allocation other credentials, and once they are over the server refuses
 * to prolong it. A generation with new ones takes over in good time. */

static gboolean
on_renewal (gpointer user_data)
{
  LanePath *path = user_data;

  lane_timer_clear (&path->renewal);
  if (is_unattended (path))
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
  JsonObject *fields;

  lane_timer_clear (&path->drain);
  if (since_us < REVERT_MS * 1000 / 2) {
    bury (path, &path->current);
    path->current = g_steal_pointer (&path->old);
    mute_if_forbidden (path);
    fields = lane_event_fields ("path-reverted");
    json_object_set_int_member (fields, "generation", lane_generation_get_number (path->current));
    log_event (path, LANE_LOG_LEVEL_WARNING, LANE_EVENT_PATH, fields,
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
  if (path->spare && path->hearing == path->pending && path->hearing != NULL) {
    path->promote = TRUE;
    advance_soon (path);
  }
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
  end_comparison (path, LANE_COMPARISON_INTERRUPTED, NULL);
  lane_timer_clear (&path->deadline);
  lane_timer_clear (&path->resend);
  clear_retry (path);
  bury (path, &path->old);
  path->old = g_steal_pointer (&path->current);
  path->current = g_steal_pointer (&path->pending);
  path->current_cause = path->cause;
  path->faster = path->spare;
  end_race (path);
  if (path->kind != LANE_PATHS_ANY)
    path->chosen_us = g_get_monotonic_time ();
  path->heard_on_old_us = 0;
  path->draining = FALSE;
  if (path->old != NULL) {
    path->restarts++;
    lane_timer_set (&path->drain, path->shared->context, REVERT_MS, on_revert, path);
  }
  lane_timer_clear (&path->unnamed);
  lane_timer_clear (&path->evict);
  note_pair (path);
  path->events.moved (path, path->user_data);
  lane_retry_reset (path->retry);
  if (path->lost) {
    lane_retry_set_next (path->retry, UNPROVEN_MS);
    lane_retry_plan (path->retry);
  }
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
on_unnamed (gpointer user_data)
{
  LanePath *path = user_data;

  lane_timer_clear (&path->unnamed);
  log_forbidden (path, path->pending);
  pending_failed (path, "the only path found is one that the policy forbids");
  return G_SOURCE_REMOVE;
}

static void
on_race_send (gboolean challenger, const guint8 *probe, gpointer user_data)
{
  LanePath *path = user_data;

  lane_generation_send (challenger ? path->pending : path->current, probe, LANE_RACE_BYTES);
}

/* Which is faster counts with lowest-rtt; with auto, direct is better wherever it works, and the
 * operator has just had it tried. */
static gboolean
should_move (const LanePath *path, gboolean won)
{
  gint64 held_us = g_get_monotonic_time () - path->chosen_us;

  if (path->terms->ours == LANE_POLICY_LOWEST_RTT)
    return won;
  return path->kind == LANE_PATHS_DIRECT && (path->chosen_us == 0 || held_us >= get_hold_us (path));
}

/* The peer need not wait for data that will not come. */
static void
tell_last (LanePath *path)
{
  guint8 last[LANE_RACE_BYTES];

  lane_race_make_last (last);
  for (guint i = 0; i < LAST_PROBES; i++)
    lane_generation_send (path->pending, last, sizeof last);
}

static void
on_race_ended (gboolean won, double incumbent_ms, double challenger_ms, gpointer user_data)
{
  LanePath *path = user_data;
  gboolean measured = !isnan (incumbent_ms) && !isnan (challenger_ms);
  gboolean moves = measured && should_move (path, won);

  path->comparison.used_ms = incumbent_ms;
  path->comparison.other_ms = challenger_ms;
  if (measured)
    end_comparison (path, LANE_COMPARISON_MEASURED,
                    moves ? "the link moves" : "it stays where it is");
  else
    end_comparison (path, LANE_COMPARISON_PROBES_LOST, NULL);
  if (moves) {
    move_to_pending (path);
    return;
  }
  tell_last (path);
  drop_pending (path);
  plan_direct_try (path);
  changed (path);
}

static const LaneRaceEvents race_events = { .send = on_race_send, .ended = on_race_ended };

/* Its offerer measures; the other side waits for data over it, somewhat longer than that takes. */
static void
measure_pending (LanePath *path)
{
  guint hold_ms = path->shared->config->ice.flap_hold_s * 1000;
  gboolean decides = path->terms->ours == LANE_POLICY_LOWEST_RTT;

  if (!lane_generation_is_offered (path->pending)) {
    lane_timer_set (&path->deadline, path->shared->context, hold_ms + SPARE_MS, on_deadline, path);
    return;
  }
  lane_timer_clear (&path->deadline);
  if (path->race == NULL)
    path->race =
        lane_race_new (path->shared->context, decides ? hold_ms : COMPARE_MS, &race_events, path);
}

/* A check from the peer's relay may come before its signalled candidate, and is not known for what
 * it is until then. */
static void
pending_connected (LanePath *path)
{
  if (is_allowed (path, path->pending) && path->spare && !path->promote && !is_broken (path))
    measure_pending (path);
  else if (is_allowed (path, path->pending))
    move_to_pending (path);
  else if (path->unnamed == NULL)
    lane_timer_set (&path->unnamed, path->shared->context, UNNAMED_MS, on_unnamed, path);
}

static gboolean
on_advance (gpointer user_data)
{
  LanePath *path = user_data;

  lane_timer_clear (&path->advance);
  if (path->pending != NULL) {
    LaneTransportState state = lane_generation_get_state (path->pending);

    if (state == LANE_TRANSPORT_CONNECTED)
      pending_connected (path);
    else if (state == LANE_TRANSPORT_FAILED && lane_generation_is_answered (path->pending))
      lane_timer_set (&path->deadline, path->shared->context, FAILED_GRACE_MS, on_failed_grace,
                      path);
  } else if (path->failure != NULL) {
    g_autofree char *failure = g_steal_pointer (&path->failure);

    path->events.failed (path, failure, path->user_data);
    return G_SOURCE_REMOVE;
  }
  if (is_broken (path) && is_unattended (path) && !lane_retry_is_planned (path->retry)
      && !path->wanted)
    lane_retry_plan (path->retry);
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

static LanePaths
kind_for (const LanePath *path, LaneRestartCause cause)
{
  switch (cause) {
  case LANE_RESTART_POLICY:
    return LANE_PATHS_DIRECT;
  case LANE_RESTART_FASTER:
  case LANE_RESTART_COMPARE:
    return is_relayed (path) ? LANE_PATHS_DIRECT : LANE_PATHS_RELAY;
  default:
    return LANE_PATHS_ANY;
  }
}

static void
restart_now (LanePath *path, LaneRestartCause cause)
{
  gint64 now_us = g_get_monotonic_time ();
  guint servers_ms;

  if (cause != LANE_RESTART_COMPARE)
    end_comparison (path, LANE_COMPARISON_INTERRUPTED, NULL);
  path->wanted = TRUE;
  path->wanted_cause = cause;
  if (!path->reachable || !lane_network_is_up (path->shared->network)) {
    path->wanted = cause != LANE_RESTART_COMPARE;
    end_comparison (path, LANE_COMPARISON_INTERRUPTED, NULL);
    return;
  }
  servers_ms = lane_pool_get_wait_ms (path->shared->pool, (const char *const *)path->peer->servers);
  if (servers_ms > 0) {
    lane_retry_cancel (path->retry);
    lane_timer_set (&path->slot, path->shared->context, MIN (servers_ms, SERVERS_POLL_MS),
                    on_offer_slot, path);
    return;
  }
  if (!lane_token_bucket_take (&path->offers, now_us)) {
    gint64 wait_us = lane_token_bucket_wait_us (&path->offers, now_us);

    lane_retry_cancel (path->retry);
    lane_timer_set (&path->slot, path->shared->context, (guint)(wait_us / 1000) + 1, on_offer_slot,
                    path);
    return;
  }
  path->wanted = FALSE;
  path->cause = cause;
  clear_retry (path);
  if (cause != LANE_RESTART_FIRST)
    log_restart (path, cause, path->number + 1,
                 cause == LANE_RESTART_FASTER || cause == LANE_RESTART_COMPARE);
  offer (path, kind_for (path, cause));
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
  gboolean aside =
      path->kind != LANE_PATHS_ANY && cause != LANE_RESTART_POLICY && cause != LANE_RESTART_FASTER;

  if (path->pending != NULL && !aside && cause != LANE_RESTART_SETTINGS
      && (cause != LANE_RESTART_NETWORK || is_gathered_here (path)))
    return;
  restart_now (path, cause);
}

/* NULL: the policies leave both kinds of path. */
static char *
refuse_for_policy (const LanePath *path)
{
  const LaneTerms *terms = path->terms;
  const LaneTerms ours = { .ours = terms->ours };
  gboolean mine = lane_terms_get_paths (&ours) != LANE_PATHS_ANY;

  if (lane_terms_get_paths (terms) == LANE_PATHS_ANY)
    return NULL;
  return g_strdup_printf ("%s policy is %s, which leaves nothing to compare with",
                          mine ? "our" : "the peer's",
                          lane_policy_to_string (mine ? terms->ours : terms->theirs));
}

static char *
refuse_comparison (const LanePath *path)
{
  guint servers, failed;

  if (path->current == NULL || is_broken (path) || path->muted)
    return g_strdup ("there is no path that works to compare with");
  if (!path->reachable || !lane_network_is_up (path->shared->network))
    return g_strdup ("the peer cannot be told: the rendezvous does not reach it");
  if (lane_terms_get_paths (path->terms) != LANE_PATHS_ANY)
    return refuse_for_policy (path);
  if (is_comparing (path))
    return g_strdup ("it is being measured already");
  if (path->pending != NULL || path->wanted || path->old != NULL)
    return g_strdup ("another path is being tried right now; ask again in a moment");
  lane_pool_count_turn (path->shared->pool, (const char *const *)path->peer->servers, &servers,
                        &failed);
  if (!is_relayed (path) && servers == 0)
    return g_strdup ("no TURN server is configured");
  return NULL;
}

char *
lane_path_compare (LanePath *path)
{
  gint64 now_us = g_get_monotonic_time ();
  char *refusal = refuse_comparison (path);

  if (refusal != NULL)
    return refusal;
  if (!lane_token_bucket_take (&path->comparisons, now_us))
    return g_strdup_printf (
        "it was measured a moment ago; ask again in %d s",
        (int)(lane_token_bucket_wait_us (&path->comparisons, now_us) / G_USEC_PER_SEC) + 1);
  lane_comparison_begin (&path->comparison, !is_relayed (path), g_get_real_time ());
  restart_now (path, LANE_RESTART_COMPARE);
  return NULL;
}

const LaneComparison *
lane_path_get_comparison (const LanePath *path)
{
  return &path->comparison;
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
    lane_retry_reset (path->retry);
    clear_retry (path);
    advance_soon (path);
  }
}

void
lane_path_network_changed (LanePath *path, gboolean lost)
{
  lane_retry_reset (path->retry);
  lane_retry_reset (path->direct);
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
lane_path_server_failed (LanePath *path, const char *server, LaneProtocol protocol,
                         gboolean refused)
{
  LaneTransportPair pair;

  if (!lane_path_get_pair (path, &pair) || pair.local.type != LANE_CANDIDATE_RELAY
      || g_strcmp0 (pair.server, server) != 0)
    return;
  if ((refused && pair.relay_protocol == protocol) || path->suspect) {
    report_silent_relay (path);
    lane_path_restart (path, LANE_RESTART_SERVER);
  }
}

void
lane_path_server_works (LanePath *path, const char *server, gboolean turn)
{
  const char *const *wanted = (const char *const *)path->peer->servers;
  GStrv *guessed = &path->guessed[turn];

  if (path->current != NULL || path->pending == NULL || *guessed == NULL
      || g_strv_contains ((const char *const *)*guessed, server)
      || (wanted != NULL && wanted[0] != NULL && !g_strv_contains (wanted, server)))
    return;
  restart_now (path, LANE_RESTART_SERVER);
}

void
lane_path_set_suspect (LanePath *path, gboolean suspect)
{
  LaneTransportPair pair;

  path->suspect = suspect;
  if (suspect && lane_path_get_pair (path, &pair) && pair.local.type == LANE_CANDIDATE_RELAY
      && pair.server != NULL)
    lane_pool_check (path->shared->pool, pair.server);
}

void
lane_path_set_lost (LanePath *path, gboolean lost)
{
  if (path->lost == lost)
    return;
  path->lost = lost;
  if (lost) {
    report_silent_relay (path);
    lane_retry_reset (path->retry);
    advance_soon (path);
  } else if (!path->wanted) {
    clear_retry (path);
  }
}

/* The rest */

static const LaneRetryWaits retry_waits = { 0, 1000, 30000 };
static const LaneRetryWaits direct_waits = { 60000, 60000, DIRECT_MAX_MS }; /* see settings */

LanePath *
lane_path_new (const LaneShared *shared, const LanePeerConfig *peer, const LaneTerms *terms,
               gboolean polite, const LanePathEvents *events, gpointer user_data)
{
  LanePath *path = g_new0 (LanePath, 1);

  path->shared = shared;
  path->peer = peer;
  path->terms = terms;
  path->polite = polite;
  path->events = *events;
  path->user_data = user_data;
  path->reachable = TRUE;
  path->offers = (LaneTokenBucket)LANE_TOKEN_BUCKET (1, 5);
  path->echoes = (LaneTokenBucket)LANE_TOKEN_BUCKET (200, 200);
  path->comparisons = (LaneTokenBucket)LANE_TOKEN_BUCKET (0.1, 2);
  path->graves = lane_graves_new (shared);
  path->retry = lane_retry_new (shared->context, &retry_waits, on_retry, path);
  path->direct = lane_retry_new (shared->context, &direct_waits, on_direct_try, path);
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

  lane_timer_clear (&path->burial);
  lane_graves_free (path->graves);
  (*path->closing)--;
  g_rc_box_release (path->closing);
  lane_retry_free (path->retry);
  lane_retry_free (path->direct);
  g_free (path->failure);
  g_free (path->previous);
  g_free (path->fingerprint);
  g_strfreev (path->guessed[FALSE]);
  g_strfreev (path->guessed[TRUE]);
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
  lane_retry_cancel (path->direct);
  lane_timer_clear (&path->leave);
  lane_timer_clear (&path->renewal);
  lane_timer_clear (&path->drain);
  lane_timer_clear (&path->advance);
  lane_timer_clear (&path->evict);
  lane_timer_set (&path->burial, path->shared->context, 0, on_free, path);
}

gboolean
lane_path_send (LanePath *path, const guint8 *data, gsize length)
{
  return path->current != NULL && !path->muted
         && lane_generation_send (path->current, data, length);
}

gboolean
lane_path_is_restarting (const LanePath *path)
{
  return path->pending != NULL && (path->current == NULL || path->kind == LANE_PATHS_ANY);
}

gboolean
lane_path_is_faster (const LanePath *path)
{
  return path->faster;
}

LaneRestartCause
lane_path_get_cause (const LanePath *path)
{
  return path->current_cause;
}

gboolean
lane_path_is_measuring (const LanePath *path)
{
  return path->pending != NULL && path->spare;
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
  return lane_retry_get_due_us (path->direct);
}

gint64
lane_path_get_next_retry_us (const LanePath *path)
{
  return lane_retry_get_due_us (path->retry);
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

gboolean
lane_path_take_steps (LanePath *path, const LaneSteps *steps)
{
  LaneGeneration *generations[] = { path->current, path->pending, path->old };

  for (guint i = 0; i < G_N_ELEMENTS (generations); i++)
    if (generations[i] != NULL
        && lane_generation_get_number (generations[i]) == steps->generation) {
      lane_generation_set_peer_steps (generations[i], steps);
      return TRUE;
    }
  return FALSE;
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
