#include "peer.h"

#include <math.h>
#include <string.h>

#include "node.h"
#include "ice/address-scope.h"
#include "nonce.h"
#include "timer.h"

#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 30000
#define NO_RELAY       "no-relay" /* as a bye: our policy is relay-only, and we have no TURN server */
#define OFFER_FRESH_US (10 * G_USEC_PER_SEC)

struct _LanePeer {
  const LaneShared *shared;
  const LanePeerConfig *config;
  LanePeerEvents events;
  gpointer user_data;
  LaneMailbox *mailbox;
  LaneTerms terms;
  LaneWhyPolicy fault; /* as last told */

  gboolean in_a_hurry; /* the operator asked */
  gboolean wanted, signaling_up, tried, unsecured, identity_mismatch, stopped;
  LaneLink *live, *pending;
  char *live_boot, *pending_boot; /* the run of the peer that each is with */
  char *bye;                      /* `off` or `stop`, as the peer said; NULL = it did not */
  char *last_error;
  char *previous;           /* JSON: the last generation of links that are gone */
  LaneWhySide ours, theirs; /* of the last try that ended without a path */
  LaneNatBrief their_nat;   /* by their own account */
  LaneWhyCode told_why;     /* of the path there is */
  LaneOutlook *outlook;

  LanePeerState state; /* as last told */
  const char *path_word;
  gint64 since_us;
  LanePeerTotals past; /* of links that are gone */
  LaneHistory *history;
  double gap_ms; /* of a move of the data that history has not been told of; NAN = none */

  guint backoff_ms;
  gint64 next_retry_us;
  GSource *retry, *step;
};

const char *
lane_peer_state_to_string (LanePeerState state)
{
  static const char *const names[] = {
    [LANE_PEER_OFF] = "off",
    [LANE_PEER_WAITING] = "waiting",
    [LANE_PEER_GATHERING] = "gathering",
    [LANE_PEER_CHECKING] = "checking",
    [LANE_PEER_SECURING] = "securing",
    [LANE_PEER_CONNECTED] = "connected",
    [LANE_PEER_SUSPECT] = "suspect",
    [LANE_PEER_RESTARTING] = "restarting",
    [LANE_PEER_BACKOFF] = "backoff",
    [LANE_PEER_FAILED] = "failed",
  };

  return names[state];
}

static void step_soon (LanePeer *peer);

static void
log_event (LanePeer *peer, LaneLogLevel level, LaneEventKind kind, JsonObject *fields,
           const char *text)
{
  lane_event_log_add (peer->shared->log,
                      lane_event_new (level, kind, peer->config->name, fields, "%s", text));
}

static gboolean
is_reachable (const LanePeer *peer)
{
  return peer->signaling_up && lane_mailbox_get_peer_boot (peer->mailbox) != NULL;
}

/* Words for what we are */

const LaneLink *
lane_peer_get_link (const LanePeer *peer)
{
  return peer->live != NULL ? peer->live : peer->pending;
}

static LanePeerState
state_of_link (const LaneLink *link)
{
  switch (lane_link_get_state (link)) {
  case LANE_LINK_GATHERING:
    return LANE_PEER_GATHERING;
  case LANE_LINK_CHECKING:
    return LANE_PEER_CHECKING;
  case LANE_LINK_SECURING:
    return LANE_PEER_SECURING;
  case LANE_LINK_CONNECTED:
    return LANE_PEER_CONNECTED;
  case LANE_LINK_SUSPECT:
    return LANE_PEER_SUSPECT;
  case LANE_LINK_RESTARTING:
    return LANE_PEER_RESTARTING;
  }
  g_return_val_if_reached (LANE_PEER_OFF);
}

/* It needs no rendezvous to get or stay where it is. */
static gboolean
is_under_way (const LaneLink *link)
{
  return lane_link_is_up (link) ? !lane_link_is_lost (link) : lane_link_is_answered (link);
}

/* What about the policies makes a link impossible until somebody changes something. */
static LaneWhyPolicy
find_fault (const LanePeer *peer)
{
  guint servers, failed;

  if (lane_terms_get_paths (&peer->terms) == LANE_PATHS_NONE)
    return LANE_WHY_POLICY_CONTRADICTION;
  if (peer->terms.ours == LANE_POLICY_RELAY_ONLY) {
    lane_pool_count_turn (peer->shared->pool, (const char *const *)peer->config->servers, &servers,
                          &failed);
    if (servers == 0)
      return LANE_WHY_POLICY_NO_RELAY_HERE;
  }
  return g_strcmp0 (peer->bye, NO_RELAY) == 0 ? LANE_WHY_POLICY_NO_RELAY_THERE : LANE_WHY_POLICY_OK;
}

static LanePeerState
find_state (const LanePeer *peer)
{
  const LaneLink *link = lane_peer_get_link (peer);

  if (!peer->wanted)
    return LANE_PEER_OFF;
  if (peer->identity_mismatch || peer->fault != LANE_WHY_POLICY_OK)
    return LANE_PEER_FAILED;
  if (link != NULL && (is_reachable (peer) || is_under_way (link)))
    return state_of_link (link);
  if (peer->bye != NULL || !is_reachable (peer))
    return LANE_PEER_WAITING;
  return peer->retry != NULL ? LANE_PEER_BACKOFF : LANE_PEER_GATHERING;
}

static const char *
find_path_word (const LanePeer *peer, LanePeerState state)
{
  const LaneLink *link = lane_peer_get_link (peer);
  LaneTransportPair pair;

  if (state != LANE_PEER_CONNECTED && state != LANE_PEER_SUSPECT && state != LANE_PEER_RESTARTING)
    return NULL;
  /* A path that was told as gone is not back because the peer can be called again. */
  if (peer->path_word == NULL && lane_link_is_lost (link))
    return NULL;
  if (!lane_path_get_pair (lane_link_get_path (link), &pair))
    return NULL;
  return pair.local.type == LANE_CANDIDATE_RELAY || pair.remote.type == LANE_CANDIDATE_RELAY
             ? "relay"
             : "direct";
}

/* Who is to blame for a path, or for its end. */
static const char *
find_cause (const LanePeer *peer, const char *word)
{
  const LaneLink *link = lane_peer_get_link (peer);

  if (word != NULL && link != NULL)
    return lane_restart_cause_to_string (lane_path_get_cause (lane_link_get_path (link)));
  if (!peer->wanted)
    return lane_restart_cause_to_string (LANE_RESTART_OPERATOR);
  if (peer->fault != LANE_WHY_POLICY_OK)
    return lane_restart_cause_to_string (LANE_RESTART_POLICY);
  return lane_restart_cause_to_string (peer->bye != NULL ? LANE_RESTART_PEER
                                                         : LANE_RESTART_WATCHDOG);
}

static LaneHistoryPath
history_path (const char *word)
{
  if (word == NULL)
    return LANE_HISTORY_NONE;
  return strcmp (word, "relay") == 0 ? LANE_HISTORY_RELAY : LANE_HISTORY_DIRECT;
}

static void
record_change (LanePeer *peer, double gap_ms)
{
  const LaneHistoryChange change = {
    .clock_us = lane_history_clock (),
    .wall_us = g_get_real_time (),
    .new = history_path (peer->path_word),
    .cause = find_cause (peer, peer->path_word),
    .why = lane_peer_explain (peer).code,
    .gap_ms = gap_ms,
  };

  lane_history_change (peer->history, &change);
}

/* A move to another path of the same kind is a change too: its gap is what the user noticed. */
static void
record_gap (LanePeer *peer)
{
  if (isnan (peer->gap_ms))
    return;
  if (!lane_history_set_gap (peer->history, lane_history_clock (), peer->gap_ms)
      && peer->path_word != NULL)
    record_change (peer, peer->gap_ms);
  peer->gap_ms = NAN;
}

static void
log_path (LanePeer *peer, const char *old, const char *new)
{
  LaneWhy why = lane_peer_explain (peer);
  const LaneLink *link = lane_peer_get_link (peer);
  JsonObject *fields = lane_event_fields ("path");
  const char *cause =
      new != NULL &&link != NULL
          ? lane_restart_cause_to_string (lane_path_get_cause (lane_link_get_path (link)))
          : NULL;
  g_autofree char *text = g_strdup_printf (
      "path %s -> %s%s%s%s%s%s", old != NULL ? old : "none", new != NULL ? new : "none",
      cause != NULL ? " (" : "", cause != NULL ? cause : "", cause != NULL ? ")" : "",
      why.text != NULL ? ": " : "", why.text != NULL ? why.text : "");

  json_object_set_string_member (fields, "old", old);
  json_object_set_string_member (fields, "new", new);
  json_object_set_string_member (fields, "cause", cause);
  json_object_set_string_member (fields, "why", lane_why_code_to_string (why.code));
  log_event (peer, LANE_LOG_LEVEL_INFO, LANE_EVENT_PATH, fields, text);
  peer->told_why = why.code;
  record_change (peer, NAN);
}

/* The path is what it was, and more is known about the reason. */
static void
tell_why (LanePeer *peer)
{
  LaneWhy why = lane_peer_explain (peer);
  JsonObject *fields;
  g_autofree char *text = NULL;

  if (peer->path_word == NULL || why.code == peer->told_why || why.code == LANE_WHY_NONE)
    return;
  peer->told_why = why.code;
  lane_history_set_why (peer->history, why.code);
  fields = lane_event_fields ("why");
  json_object_set_string_member (fields, "path", peer->path_word);
  json_object_set_string_member (fields, "why", lane_why_code_to_string (why.code));
  text = g_strdup_printf ("%s because %s: %s", peer->path_word, lane_why_code_to_string (why.code),
                          why.text);
  log_event (peer, LANE_LOG_LEVEL_INFO, LANE_EVENT_NAT, fields, text);
}

static void
log_state (LanePeer *peer, LanePeerState old, LanePeerState new)
{
  JsonObject *fields = lane_event_fields ("state");
  g_autofree char *text = g_strdup_printf ("%s -> %s", lane_peer_state_to_string (old),
                                           lane_peer_state_to_string (new));

  json_object_set_string_member (fields, "old", lane_peer_state_to_string (old));
  json_object_set_string_member (fields, "state", lane_peer_state_to_string (new));
  log_event (peer, LANE_LOG_LEVEL_DEBUG, LANE_EVENT_STATE, fields, text);
}

/* `since` belongs to the path while there is one, so that a restart does not make a link look new.
 */
static void
tell_change (LanePeer *peer)
{
  LanePeerState state = find_state (peer);
  const char *word = find_path_word (peer, state);

  if (g_strcmp0 (word, peer->path_word) != 0 || (word == NULL && state != peer->state))
    peer->since_us = g_get_real_time ();
  if (state != peer->state) {
    log_state (peer, peer->state, state);
    peer->events.moved (peer, FALSE, lane_peer_state_to_string (peer->state),
                        lane_peer_state_to_string (state), peer->user_data);
  }
  if (g_strcmp0 (word, peer->path_word) != 0) {
    const char *old = peer->path_word;

    peer->path_word = word;
    log_path (peer, old, word);
    peer->events.moved (peer, TRUE, old, word, peer->user_data);
    /* Something on the way is not what it was. */
    if (old != NULL && word != NULL)
      lane_nat_watch_check (peer->shared->nat);
  }
  record_gap (peer);
  peer->state = state;
  peer->events.changed (peer, peer->user_data);
}

/* Links */

static void
add_totals (const LaneLink *link, LanePeerTotals *totals)
{
  guint64 tx_bytes, rx_bytes;

  if (link == NULL)
    return;
  lane_link_get_traffic (link, &tx_bytes, &rx_bytes);
  totals->tx_bytes += tx_bytes;
  totals->rx_bytes += rx_bytes;
  totals->restarts += lane_path_get_restarts (lane_link_get_path (link));
  totals->path_changes += lane_path_get_changes (lane_link_get_path (link));
}

/* What a peer that cannot be reached needs most to be seen is how the last try ended. */
static void
remember_previous (LanePeer *peer, const LaneLink *link)
{
  g_autofree char *previous = lane_link_dup_last_generation (link);

  if (previous == NULL)
    return;
  g_free (peer->previous);
  peer->previous = g_steal_pointer (&previous);
}

static void
drop_link (LanePeer *peer, LaneLink **link)
{
  if (*link == NULL)
    return;
  remember_previous (peer, *link);
  add_totals (*link, &peer->past);
  lane_link_free (g_steal_pointer (link));
}

static void
send_message (LanePeer *peer, const char *session, const LaneMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *envelope = lane_mailbox_seal (peer->mailbox, session, message, &error);

  if (envelope != NULL)
    peer->events.send (peer, envelope, peer->user_data);
  else if (!g_error_matches (error, LANE_MAILBOX_ERROR, LANE_MAILBOX_ERROR_OFFLINE))
    log_event (peer, LANE_LOG_LEVEL_ERROR, LANE_EVENT_SIGNALING, NULL, error->message);
}

static void
send_bye (LanePeer *peer, const char *session, const char *reason)
{
  g_autoptr (LaneMessage) bye = lane_message_new (LANE_MESSAGE_BYE);

  g_free (bye->reason);
  bye->reason = g_strdup (reason);
  send_message (peer, session, bye);
}

static void
on_link_send (LaneLink *link, const LaneMessage *message, gpointer user_data)
{
  send_message (user_data, lane_link_get_session (link), message);
}

static void
on_link_changed (LaneLink *link, gpointer user_data)
{
  step_soon (user_data);
}

static void
set_error (LanePeer *peer, const char *text)
{
  g_free (peer->last_error);
  peer->last_error = g_strdup (text);
}

static void
clear_retry (LanePeer *peer)
{
  lane_timer_clear (&peer->retry);
  peer->next_retry_us = 0;
}

static gboolean
on_retry (gpointer user_data)
{
  LanePeer *peer = user_data;

  clear_retry (peer);
  step_soon (peer);
  return G_SOURCE_REMOVE;
}

static void
back_off (LanePeer *peer, guint at_least_ms)
{
  guint wait_ms;

  peer->backoff_ms = CLAMP (peer->backoff_ms * 2, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
  wait_ms = lane_timer_jitter (MAX (peer->backoff_ms, at_least_ms));
  peer->next_retry_us = g_get_monotonic_time () + (gint64)wait_ms * 1000;
  lane_timer_set (&peer->retry, peer->shared->context, wait_ms, on_retry, peer);
}

static void
on_link_ended (LaneLink *link, LaneLinkEnd end, const char *text, gpointer user_data)
{
  LanePeer *peer = user_data;
  gboolean was_live = link == peer->live;
  LaneTransportPair pair;
  JsonObject *fields;

  set_error (peer, text);
  fields = lane_event_fields ("link-ended");
  json_object_set_string_member (fields, "why", text);
  log_event (peer, LANE_LOG_LEVEL_WARNING, LANE_EVENT_STATE, fields, text);
  lane_path_get_sides (lane_link_get_path (link), &peer->ours, &peer->theirs);
  if (end == LANE_LINK_END_TIMEOUT && lane_path_get_current (lane_link_get_path (link)) == NULL)
    lane_outlook_fail (peer->outlook);
  switch (end) {
  case LANE_LINK_END_IDENTITY:
    peer->identity_mismatch = TRUE;
    break;
  case LANE_LINK_END_OFF:
  case LANE_LINK_END_STOP:
    g_free (peer->bye);
    peer->bye = g_strdup (end == LANE_LINK_END_OFF ? "off" : "stop");
    back_off (peer, BACKOFF_MAX_MS);
    break;
  case LANE_LINK_END_TIMEOUT:
  case LANE_LINK_END_CLOSED:
    peer->tried = TRUE;
    peer->unsecured = !was_live && lane_path_get_pair (lane_link_get_path (link), &pair);
    back_off (peer, 0);
    break;
  }
  drop_link (peer, was_live ? &peer->live : &peer->pending);
  step_soon (peer);
}

static void
on_link_nat (LaneLink *link, const LaneNatBrief *nat, gpointer user_data)
{
  LanePeer *peer = user_data;

  peer->their_nat = *nat;
  lane_outlook_tell (peer->outlook, g_get_real_time ());
  tell_why (peer);
  step_soon (peer);
}

static void
on_link_told (LaneLink *link, gpointer user_data)
{
  tell_why (user_data);
  step_soon (user_data);
}

static void
on_link_measured (LaneLink *link, const LaneLivenessSample *sample, gpointer user_data)
{
  LanePeer *peer = user_data;

  if (link != lane_peer_get_link (peer))
    return;
  if (isnan (sample->rtt_ms))
    lane_history_lost (peer->history, lane_history_clock ());
  else
    lane_history_answered (peer->history, lane_history_clock (), sample->rtt_ms, sample->late);
}

static void
on_link_moved (LaneLink *link, double gap_ms, gpointer user_data)
{
  LanePeer *peer = user_data;

  if (link != lane_peer_get_link (peer))
    return;
  peer->gap_ms = gap_ms;
  step_soon (peer);
}

static const LaneLinkEvents link_events = {
  .send = on_link_send,
  .nat = on_link_nat,
  .measured = on_link_measured,
  .moved = on_link_moved,
  .told = on_link_told,
  .changed = on_link_changed,
  .ended = on_link_ended,
};

static LaneLink *
make_pending (LanePeer *peer, const char *session)
{
  drop_link (peer, &peer->pending);
  clear_retry (peer);
  g_clear_pointer (&peer->bye, g_free);
  peer->identity_mismatch = FALSE;
  g_free (peer->pending_boot);
  peer->pending_boot = g_strdup (lane_mailbox_get_peer_boot (peer->mailbox));
  peer->pending =
      lane_link_new (peer->shared, peer->config, &peer->terms, session, &link_events, peer);
  return peer->pending;
}

static void
dial (LanePeer *peer)
{
  g_autofree char *session = lane_nonce_new ();

  lane_link_offer (make_pending (peer, session), !peer->in_a_hurry);
  peer->in_a_hurry = FALSE;
}

static gboolean
needs_link (const LanePeer *peer)
{
  if (!peer->wanted || peer->identity_mismatch || peer->pending != NULL || peer->retry != NULL
      || find_fault (peer) != LANE_WHY_POLICY_OK)
    return FALSE;
  if (!is_reachable (peer) || !lane_network_is_up (peer->shared->network))
    return FALSE;
  /* A peer that runs anew has lost our association with its last run. */
  return peer->live == NULL
         || g_strcmp0 (peer->live_boot, lane_mailbox_get_peer_boot (peer->mailbox)) != 0;
}

static void
promote_pending (LanePeer *peer)
{
  drop_link (peer, &peer->live);
  peer->live = g_steal_pointer (&peer->pending);
  g_free (peer->live_boot);
  peer->live_boot = g_steal_pointer (&peer->pending_boot);
  clear_retry (peer);
  peer->backoff_ms = 0;
  peer->tried = FALSE;
  set_error (peer, NULL);
}

static void
note_fault (LanePeer *peer)
{
  LaneWhyPolicy fault = find_fault (peer);
  LaneWhy why;

  if (fault == peer->fault || !peer->wanted)
    return;
  peer->fault = fault;
  if (fault == LANE_WHY_POLICY_OK) {
    log_event (peer, LANE_LOG_LEVEL_INFO, LANE_EVENT_STATE, NULL,
               "the policies allow a link again");
    return;
  }
  why = lane_peer_explain (peer);
  set_error (peer, why.text);
  log_event (peer, LANE_LOG_LEVEL_WARNING, LANE_EVENT_STATE, NULL, why.text);
  if (peer->live != NULL)
    lane_link_say_bye (peer->live, "stop");
  drop_link (peer, &peer->pending);
  drop_link (peer, &peer->live);
  clear_retry (peer);
}

/* What is to be expected */

static void
find_our_families (const LanePeer *peer, LaneForecastSide *ours)
{
  const char *const *addresses = lane_network_get_addresses (peer->shared->network);

  ours->ipv4 = ours->ipv6 = LANE_FORECAST_NO;
  for (guint i = 0; addresses[i] != NULL; i++) {
    g_autoptr (GInetAddress) address = g_inet_address_new_from_string (addresses[i]);

    if (address == NULL)
      continue; /* link-local, with its zone */
    if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4)
      ours->ipv4 = LANE_FORECAST_YES;
    else if (!lane_address_is_local (address))
      ours->ipv6 = LANE_FORECAST_YES;
  }
}

/* Known to work, known not to, or not tried yet. */
static LaneForecastTruth
find_our_relay (const LanePeer *peer, guint count, guint failed)
{
  const char *const *names = (const char *const *)peer->config->servers;
  const GPtrArray *servers = lane_pool_get_servers (peer->shared->pool);

  for (guint i = 0; i < servers->len; i++) {
    const LanePoolServer *server = servers->pdata[i];

    if (server->state == LANE_SERVER_OK && g_str_has_prefix (server->kind, "turn")
        && (names == NULL || names[0] == NULL || g_strv_contains (names, server->name)))
      return LANE_FORECAST_YES;
  }
  return count > failed ? LANE_FORECAST_MAYBE : LANE_FORECAST_NO;
}

static void
collect_outlook (const LanePeer *peer, LaneForecastEvidence *evidence)
{
  const char *const *names = (const char *const *)peer->config->servers;
  guint failed;

  lane_pool_count_turn (peer->shared->pool, names, &evidence->turn_servers, &failed);
  evidence->turn_code = lane_pool_get_turn_fault (peer->shared->pool, names);
  evidence->terms = peer->terms;
  evidence->ours.nat = lane_nat_watch_get_brief (peer->shared->nat);
  evidence->ours.told = TRUE;
  evidence->ours.relay = find_our_relay (peer, evidence->turn_servers, failed);
  evidence->theirs.nat = peer->their_nat;
  find_our_families (peer, &evidence->ours);
}

static char *
name_attempt (const LaneLink *link, const LaneGeneration *generation)
{
  return g_strdup_printf ("%s/%u", lane_link_get_session (link),
                          lane_generation_get_number (generation));
}

/* Whatever is under way with the peer, the new link first. */
static void
step_outlook (LanePeer *peer)
{
  const LaneLink *link = peer->pending != NULL ? peer->pending : peer->live;
  const LanePath *path = link != NULL ? lane_link_get_path (link) : NULL;
  const LaneGeneration *trying = path != NULL ? lane_path_get_pending (path) : NULL;
  const LaneGeneration *current = path != NULL ? lane_path_get_current (path) : NULL;
  LanePeerState state = find_state (peer);
  const char *word = find_path_word (peer, state);
  gboolean all = link != NULL && !lane_link_is_up (link)
                 && lane_terms_get_paths (&peer->terms) == LANE_PATHS_ANY;
  g_autofree char *attempt = NULL, *running = NULL;
  LaneOutlookScene scene = { .is = LANE_EXPECT_UNKNOWN };

  if (word != NULL && state == LANE_PEER_CONNECTED)
    scene.is = strcmp (word, "relay") == 0 ? LANE_EXPECT_RELAY : LANE_EXPECT_DIRECT;
  else if (word == NULL && state != LANE_PEER_SECURING)
    scene.is = LANE_EXPECT_NO_PATH;
  if (trying != NULL && lane_generation_is_answered (trying) && !lane_path_is_measuring (path))
    attempt = name_attempt (link, trying);
  else if (lane_outlook_is_settled (peer->outlook, scene.is))
    return;
  if (attempt != NULL || current != NULL)
    lane_outlook_meet (peer->outlook, attempt != NULL ? trying : current, all);
  if (current != NULL)
    running = name_attempt (link, current);
  scene.why = lane_peer_explain (peer);
  scene.attempt = attempt;
  scene.running = running;
  collect_outlook (peer, &scene.evidence);
  lane_outlook_step (peer->outlook, &scene);
}

static gboolean
on_step (gpointer user_data)
{
  LanePeer *peer = user_data;

  lane_timer_clear (&peer->step);
  note_fault (peer);
  if (peer->pending != NULL && lane_link_is_up (peer->pending))
    promote_pending (peer);
  if (needs_link (peer))
    dial (peer);
  tell_change (peer);
  step_outlook (peer);
  return G_SOURCE_REMOVE;
}

static void
step_soon (LanePeer *peer)
{
  if (peer->step == NULL && !peer->stopped)
    lane_timer_set (&peer->step, peer->shared->context, 0, on_step, peer);
}

/* Messages */

/* TRUE: the offer is dealt with. */
static gboolean
settle_crossing_offers (LanePeer *peer, const char *session, const LaneMessage *offer)
{
  gint64 age_us;

  if (peer->pending == NULL || lane_link_is_answered (peer->pending))
    return FALSE;
  if (lane_link_yield (peer->pending, session, offer))
    return TRUE;
  /* Ours stands, if the peer can have it: the same run of it, and not long ago. */
  age_us = g_get_monotonic_time () - lane_link_get_offered_us (peer->pending);
  return age_us < OFFER_FRESH_US
         && g_strcmp0 (peer->pending_boot, lane_mailbox_get_peer_boot (peer->mailbox)) == 0;
}

static void
receive_new_offer (LanePeer *peer, const char *session, const LaneMessage *offer)
{
  if (!peer->wanted) {
    send_bye (peer, session, "off");
    log_event (peer, LANE_LOG_LEVEL_INFO, LANE_EVENT_STATE, NULL,
               "the peer wants to connect, but is disconnected here");
    return;
  }
  if (find_fault (peer) == LANE_WHY_POLICY_NO_RELAY_HERE) {
    send_bye (peer, session, NO_RELAY);
    return;
  }
  /* A restart of an association we no longer have: only a new one can help. */
  if (offer->generation > 1) {
    if (peer->live == NULL) {
      clear_retry (peer);
      step_soon (peer);
    }
    return;
  }
  if (settle_crossing_offers (peer, session, offer))
    return;
  lane_link_answer (make_pending (peer, session), offer);
}

static void
receive_bye (LanePeer *peer, const char *session, const LaneMessage *bye)
{
  LaneLink **link = NULL;

  if (peer->pending != NULL && strcmp (lane_link_get_session (peer->pending), session) == 0)
    link = &peer->pending;
  else if (peer->live != NULL && strcmp (lane_link_get_session (peer->live), session) == 0
           && lane_link_is_lost (peer->live))
    link = &peer->live;
  if (link == NULL)
    return;
  on_link_ended (*link, strcmp (bye->reason, "off") == 0 ? LANE_LINK_END_OFF : LANE_LINK_END_STOP,
                 "the peer declined the link", peer);
  if (strcmp (bye->reason, NO_RELAY) == 0) {
    g_free (peer->bye);
    peer->bye = g_strdup (NO_RELAY);
  }
}

/* An answer that takes no part, so that the peer learns our policy: ours alone could not be told to
 * contradict it. The credentials are never used. */
static void
send_policy (LanePeer *peer, const char *session, guint generation)
{
  g_autoptr (LaneMessage) answer = lane_message_new (LANE_MESSAGE_ANSWER);

  if (answer->sdp == NULL)
    answer->sdp = lane_sdp_new ();
  answer->generation = generation;
  answer->sdp->ufrag = lane_nonce_new ();
  answer->sdp->password = lane_nonce_new ();
  answer->sdp->fingerprint = g_strdup (lane_identity_get_fingerprint (peer->shared->identity));
  answer->sdp->setup = LANE_SETUP_PASSIVE;
  answer->sdp->policy = peer->terms.ours;
  answer->sdp->end_of_candidates = TRUE;
  send_message (peer, session, answer);
}

/* TRUE: the policies leave no path, so the message goes no further. */
static gboolean
take_policy (LanePeer *peer, const char *session, const LaneMessage *message)
{
  if (message->sdp == NULL)
    return FALSE;
  peer->terms.theirs = message->sdp->policy;
  peer->terms.heard = TRUE;
  if (g_strcmp0 (peer->bye, NO_RELAY) == 0)
    g_clear_pointer (&peer->bye, g_free);
  step_soon (peer);
  if (lane_terms_get_paths (&peer->terms) != LANE_PATHS_NONE)
    return FALSE;
  if (message->type == LANE_MESSAGE_OFFER && peer->wanted)
    send_policy (peer, session, message->generation);
  return peer->wanted;
}

void
lane_peer_receive (LanePeer *peer, const LaneEnvelope *envelope)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneMessage) message =
      lane_mailbox_open (peer->mailbox, envelope, g_get_monotonic_time (), &error);
  LaneLink *links[] = { peer->live, peer->pending };

  if (message == NULL) {
    if (!g_error_matches (error, LANE_MAILBOX_ERROR, LANE_MAILBOX_ERROR_DUPLICATE))
      log_event (peer, LANE_LOG_LEVEL_WARNING, LANE_EVENT_SECURITY, NULL, error->message);
    return;
  }
  if (message->refused > 0)
    log_event (peer, LANE_LOG_LEVEL_WARNING, LANE_EVENT_SECURITY, NULL,
               "left out candidates that are malformed or of a kind we do not use");
  if (message->has_nat) {
    peer->their_nat = message->nat;
    lane_outlook_tell (peer->outlook, g_get_real_time ());
  }
  if (message->type == LANE_MESSAGE_BYE) {
    receive_bye (peer, envelope->session, message);
    return;
  }
  if (take_policy (peer, envelope->session, message))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    if (links[i] != NULL && strcmp (lane_link_get_session (links[i]), envelope->session) == 0) {
      lane_link_receive (links[i], message);
      return;
    }
  if (message->type == LANE_MESSAGE_OFFER)
    receive_new_offer (peer, envelope->session, message);
}

/* The world */

static void
tell_links_reachable (LanePeer *peer)
{
  if (peer->live != NULL)
    lane_link_set_reachable (peer->live, is_reachable (peer));
  if (peer->pending != NULL)
    lane_link_set_reachable (peer->pending, is_reachable (peer));
}

void
lane_peer_set_signaling (LanePeer *peer, gboolean up)
{
  if (peer->signaling_up == up)
    return;
  peer->signaling_up = up;
  tell_links_reachable (peer);
  step_soon (peer);
}

void
lane_peer_set_presence (LanePeer *peer, const char *boot)
{
  if (lane_mailbox_set_peer_boot (peer->mailbox, boot)) {
    g_clear_pointer (&peer->bye, g_free);
    peer->terms.heard = FALSE; /* another run of it may have another policy */
    peer->backoff_ms = 0;
    clear_retry (peer);
  }
  tell_links_reachable (peer);
  step_soon (peer);
}

void
lane_peer_servers_changed (LanePeer *peer)
{
  if (find_fault (peer) != peer->fault || peer->path_word == NULL)
    step_soon (peer);
}

void
lane_peer_server_failed (LanePeer *peer, const char *server, LaneProtocol protocol,
                         gboolean refused)
{
  if (peer->live != NULL)
    lane_link_server_failed (peer->live, server, protocol, refused);
}

void
lane_peer_server_works (LanePeer *peer, const char *server, gboolean turn)
{
  if (peer->pending != NULL)
    lane_link_server_works (peer->pending, server, turn);
}

void
lane_peer_network_changed (LanePeer *peer, gboolean lost)
{
  peer->backoff_ms = 0;
  if (peer->bye == NULL)
    clear_retry (peer);
  if (peer->live != NULL)
    lane_link_network_changed (peer->live, lost);
  if (peer->pending != NULL)
    lane_link_network_changed (peer->pending, lost);
  step_soon (peer);
}

void
lane_peer_nat_changed (LanePeer *peer)
{
  if (peer->live != NULL)
    lane_link_tell_nat (peer->live);
  if (peer->pending != NULL)
    lane_link_tell_nat (peer->pending);
  tell_why (peer);
  step_soon (peer);
}

/* The operator */

void
lane_peer_connect (LanePeer *peer)
{
  peer->wanted = TRUE;
  peer->in_a_hurry = TRUE;
  peer->identity_mismatch = FALSE;
  peer->backoff_ms = 0;
  g_clear_pointer (&peer->bye, g_free);
  clear_retry (peer);
  step_soon (peer);
}

static void
let_go (LanePeer *peer, const char *reason)
{
  clear_retry (peer);
  if (peer->live != NULL)
    lane_link_say_bye (peer->live, reason);
  if (peer->pending != NULL)
    send_bye (peer, lane_link_get_session (peer->pending), reason);
  drop_link (peer, &peer->pending);
  drop_link (peer, &peer->live);
}

void
lane_peer_disconnect (LanePeer *peer)
{
  peer->wanted = FALSE;
  set_error (peer, NULL);
  let_go (peer, "off");
  step_soon (peer);
}

/* Whether the peer's policy contradicts the new one shows in its answer: what it said last may be
 * long ago. */
void
lane_peer_set_policy (LanePeer *peer, LanePolicy policy)
{
  if (peer->terms.ours == policy)
    return;
  peer->terms.ours = policy;
  peer->terms.heard = FALSE;
  peer->backoff_ms = 0;
  clear_retry (peer);
  if (peer->pending != NULL && lane_link_is_up (peer->pending))
    promote_pending (peer);
  drop_link (peer, &peer->pending);
  if (peer->live != NULL)
    lane_link_terms_changed (peer->live);
  step_soon (peer);
}

static void
apply_to_link (LaneLink *link, const LanePeerConfig *config, gboolean touched)
{
  if (link == NULL)
    return;
  lane_link_set_config (link, config);
  if (touched)
    lane_link_restart (link, LANE_RESTART_SETTINGS);
}

void
lane_peer_apply (LanePeer *peer, const LanePeerConfig *config, gboolean touched)
{
  gboolean connects = config->autoconnect && !peer->config->autoconnect;
  gboolean other_policy = config->policy != peer->config->policy;

  peer->config = config;
  lane_outlook_rename (peer->outlook, config->name);
  apply_to_link (peer->live, config, touched && !other_policy);
  apply_to_link (peer->pending, config, touched && !other_policy);
  if (other_policy)
    lane_peer_set_policy (peer, config->policy);
  if (touched && connects)
    peer->wanted = TRUE;
  if (touched) {
    peer->backoff_ms = 0;
    if (peer->bye == NULL)
      clear_retry (peer);
  }
  step_soon (peer);
}

void
lane_peer_stop (LanePeer *peer)
{
  let_go (peer, "stop");
  peer->stopped = TRUE;
  lane_timer_clear (&peer->step);
}

gboolean
lane_peer_restart (LanePeer *peer, GError **error)
{
  if (!peer->wanted) {
    g_set_error (error, LANE_NODE_ERROR, LANE_NODE_ERROR_STATE,
                 "'%s' is disconnected: connect it first", peer->config->name);
    return FALSE;
  }
  if (peer->live != NULL && !is_reachable (peer)) {
    g_set_error (error, LANE_NODE_ERROR, LANE_NODE_ERROR_STATE, "'%s' cannot be told: %s",
                 peer->config->name,
                 peer->signaling_up ? "it is not at the rendezvous" : "the rendezvous is down");
    return FALSE;
  }
  if (peer->live != NULL)
    lane_link_restart (peer->live, LANE_RESTART_OPERATOR);
  else
    lane_peer_connect (peer);
  return TRUE;
}

gboolean
lane_peer_compare (LanePeer *peer, GError **error)
{
  LanePeerState state = find_state (peer);
  g_autofree char *refusal = NULL;

  if (state != LANE_PEER_CONNECTED || peer->live == NULL) {
    g_set_error (error, LANE_NODE_ERROR, LANE_NODE_ERROR_STATE,
                 "'%s' cannot be compared: it is not connected, but %s", peer->config->name,
                 lane_peer_state_to_string (state));
    return FALSE;
  }
  refusal = lane_link_compare (peer->live);
  if (refusal != NULL)
    g_set_error (error, LANE_NODE_ERROR, LANE_NODE_ERROR_STATE, "'%s' cannot be compared: %s",
                 peer->config->name, refusal);
  return refusal == NULL;
}

/* The rest */

LanePeer *
lane_peer_new (const LaneShared *shared, const LanePeerConfig *config, const char *boot,
               const LanePeerEvents *events, gpointer user_data)
{
  LanePeer *peer = g_new0 (LanePeer, 1);

  peer->shared = shared;
  peer->config = config;
  peer->events = *events;
  peer->user_data = user_data;
  peer->mailbox = lane_mailbox_new (shared->identity, boot, config->id);
  peer->terms.ours = config->policy;
  peer->outlook = lane_outlook_new (shared->log, config->name);
  peer->wanted = config->autoconnect;
  peer->state = peer->wanted ? LANE_PEER_WAITING : LANE_PEER_OFF;
  peer->since_us = g_get_real_time ();
  peer->history = lane_history_new ();
  peer->gap_ms = NAN;
  return peer;
}

void
lane_peer_free (LanePeer *peer)
{
  if (peer == NULL)
    return;
  drop_link (peer, &peer->pending);
  drop_link (peer, &peer->live);
  clear_retry (peer);
  lane_timer_clear (&peer->step);
  lane_mailbox_free (peer->mailbox);
  lane_outlook_free (peer->outlook);
  lane_history_free (peer->history);
  g_free (peer->live_boot);
  g_free (peer->pending_boot);
  g_free (peer->bye);
  g_free (peer->last_error);
  g_free (peer->previous);
  g_free (peer);
}

const LanePeerConfig *
lane_peer_get_config (const LanePeer *peer)
{
  return peer->config;
}

const LaneTerms *
lane_peer_get_terms (const LanePeer *peer)
{
  return &peer->terms;
}

LanePeerState
lane_peer_get_state (const LanePeer *peer)
{
  return find_state (peer);
}

const char *
lane_peer_get_path_word (const LanePeer *peer)
{
  return find_path_word (peer, find_state (peer));
}

gint64
lane_peer_get_since_us (const LanePeer *peer)
{
  return peer->since_us;
}

gint64
lane_peer_get_next_retry_us (const LanePeer *peer)
{
  const LaneLink *link = lane_peer_get_link (peer);
  gint64 retry_us = peer->next_retry_us;

  if (retry_us == 0 && link != NULL)
    retry_us = lane_path_get_next_retry_us (lane_link_get_path (link));
  if (retry_us == 0 && link != NULL)
    retry_us = lane_path_get_next_direct_us (lane_link_get_path (link));
  return retry_us;
}

const char *
lane_peer_get_last_error (const LanePeer *peer)
{
  return peer->last_error;
}

const char *
lane_peer_get_previous (const LanePeer *peer)
{
  const LaneLink *link = lane_peer_get_link (peer);
  const char *previous = link != NULL ? lane_path_get_previous (lane_link_get_path (link)) : NULL;

  return previous != NULL ? previous : peer->previous;
}

const LaneOutlook *
lane_peer_get_outlook (const LanePeer *peer)
{
  return peer->outlook;
}

gboolean
lane_peer_is_online (const LanePeer *peer)
{
  return is_reachable (peer);
}

void
lane_peer_get_totals (const LanePeer *peer, LanePeerTotals *totals)
{
  *totals = peer->past;
  add_totals (lane_peer_get_link (peer), totals);
}

/* The operator's own doing; addresses that reach nobody would not have been used anyway. */
static gboolean
is_excluded (const LaneSkippedAddress *address)
{
  return g_str_has_prefix (address->why, "excluded by [network]")
         && !g_str_has_prefix (address->address, "fe80:")
         && !g_str_has_prefix (address->address, "127.") && strcmp (address->address, "::1") != 0;
}

static void
add_network (const LanePeer *peer, LaneWhyEvidence *evidence)
{
  const GPtrArray *skipped = lane_network_get_skipped (peer->shared->network);

  evidence->no_address = !lane_network_is_up (peer->shared->network);
  for (guint i = 0; i < skipped->len; i++) {
    const LaneSkippedAddress *address = g_ptr_array_index (skipped, i);

    if (is_excluded (address))
      *(strchr (address->address, ':') != NULL ? &evidence->excluded_ipv6
                                               : &evidence->excluded_ipv4) = TRUE;
  }
}

static void
add_servers (const LanePeer *peer, LaneWhyEvidence *evidence)
{
  LanePool *pool = peer->shared->pool;
  const char *const *names = (const char *const *)peer->config->servers;

  lane_pool_count_turn (pool, names, &evidence->turn_servers, &evidence->turn_failed);
  lane_pool_count_stun (pool, names, &evidence->stun_servers, &evidence->stun_silent);
  evidence->turn_code = lane_pool_get_turn_fault (pool, names);
}

const LaneHistory *
lane_peer_get_history (const LanePeer *peer)
{
  return peer->history;
}

/* What the peer says of the generation in use. */
static void
add_their_steps (const LanePath *path, LaneWhyEvidence *evidence)
{
  const LaneGeneration *current = lane_path_get_current (path);
  const LaneSteps *steps = current != NULL ? lane_generation_get_peer_steps (current) : NULL;

  if (steps == NULL || steps->us[LANE_STEP_GATHERED] == LANE_STEP_NEVER)
    return;
  evidence->their_stun_asked = steps->stun.asked;
  evidence->their_stun_answered = steps->stun.answered;
}

LaneWhy
lane_peer_explain (const LanePeer *peer)
{
  const LaneLink *link = lane_peer_get_link (peer);
  LanePeerState state = find_state (peer);
  LaneTransportPair pair = { 0 };
  LaneWhyEvidence evidence = {
    .signaling_down = !peer->signaling_up,
    .peer_offline = lane_mailbox_get_peer_boot (peer->mailbox) == NULL,
    .peer_bye = peer->bye,
    .identity_mismatch = peer->identity_mismatch,
    .tried = peer->tried,
    .unsecured = peer->unsecured,
    .policy = peer->terms.ours,
    .their_policy = peer->terms.heard ? peer->terms.theirs : LANE_POLICY_AUTO,
    .policy_fault = peer->fault,
    .ours = peer->ours,
    .theirs = peer->theirs,
    .our_nat = lane_nat_watch_get_brief (peer->shared->nat),
    .their_nat = peer->their_nat,
  };

  if (state == LANE_PEER_OFF)
    return (LaneWhy){ LANE_WHY_NONE, LANE_SIDE_NOBODY, NULL, NULL };
  if (find_path_word (peer, state) != NULL) {
    lane_path_get_pair (lane_link_get_path (link), &pair);
    evidence.has_pair = TRUE;
    evidence.relay_is_faster = lane_path_is_faster (lane_link_get_path (link));
    evidence.local = pair.local;
    evidence.remote = pair.remote;
    evidence.relay_protocol = pair.relay_protocol;
    lane_path_get_sides (lane_link_get_path (link), &evidence.ours, &evidence.theirs);
    add_their_steps (lane_link_get_path (link), &evidence);
  }
  add_network (peer, &evidence);
  add_servers (peer, &evidence);
  return lane_why_explain (&evidence);
}
