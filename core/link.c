#include "link.h"

#include <math.h>
#include <string.h>

#include "channel/frame.h"
#include "channel/sctp.h"
#include "generation-steps.h"
#include "nonce.h"
#include "secure/dtls.h"
#include "timer.h"
#include "token-bucket.h"

#define CONTROL_LABEL "icelane.control"
#define GIVE_WAY_MS   250
#define SECURING_MS   30000
/* RFC 7675 section 5.1: who has not heard from the peer for 30 s stops sending to it. */
#define CONSENT_US (30 * G_USEC_PER_SEC)

/* When each step towards the first connection was reached, monotonic. */
typedef struct {
  gint64 begun, described, path, secured, up;
  gint64 gathering; /* the start of the generation that gave the first path */
  guint generation; /* its number */
} Steps;

struct _LaneLink {
  const LaneShared *shared;
  const LanePeerConfig *peer;
  LaneLinkEvents events;
  gpointer user_data;

  char session[LANE_NONCE_LENGTH + 1];
  gboolean polite; /* the smaller id: yields in glare, is the DTLS client */
  gboolean offered, offer_sent, up, ended;
  LanePath *path;
  LaneDtls *dtls;
  LaneSctp *sctp;
  LaneLiveness *liveness;
  int control;                           /* stream of the control channel, -1 = not open */
  guint8 told_nat[LANE_NAT_BRIEF_BYTES]; /* the peer knows that of us; 0: nothing */
  guint8 told_steps[LANE_STEPS_BYTES];   /* likewise */
  gboolean untold;                       /* there may be more to tell of our steps */
  LaneTokenBucket steps_told;
  guint64 tx_bytes, rx_bytes;
  Steps steps;
  gint64 moved_us;    /* consent counts from the last move on */
  gint64 gap_from_us; /* when we heard last before that move; 0 = we have heard since */

  GSource *securing, *ending;
  LaneLinkEnd end;
  char *end_text;
};

const char *
lane_link_state_to_string (LaneLinkState state)
{
  static const char *const names[] = {
    [LANE_LINK_GATHERING] = "gathering", [LANE_LINK_CHECKING] = "checking",
    [LANE_LINK_SECURING] = "securing",   [LANE_LINK_CONNECTED] = "connected",
    [LANE_LINK_SUSPECT] = "suspect",     [LANE_LINK_RESTARTING] = "restarting",
  };

  return names[state];
}

static void
changed (LaneLink *link)
{
  if (!link->ended)
    link->events.changed (link, link->user_data);
}

/* The end is told in a turn of its own: whoever finds it out may be deep inside a callback. */

static gboolean
on_ending (gpointer user_data)
{
  LaneLink *link = user_data;

  lane_timer_clear (&link->ending);
  link->events.ended (link, link->end, link->end_text, link->user_data);
  return G_SOURCE_REMOVE;
}

static void
end (LaneLink *link, LaneLinkEnd how, const char *text)
{
  if (link->ended)
    return;
  link->ended = TRUE;
  link->end = how;
  link->end_text = g_strdup (text);
  lane_timer_set (&link->ending, link->shared->context, 0, on_ending, link);
}

/* Control channel */

static void
send_frame (LaneLink *link, const LaneFrame *frame, LaneSctpDelivery delivery)
{
  guint8 bytes[LANE_FRAME_MAX_BYTES];
  gsize length = lane_frame_format (frame, bytes);

  if (link->sctp != NULL && link->control >= 0)
    lane_sctp_write (link->sctp, (guint16)link->control, LANE_PAYLOAD_BINARY, delivery, bytes,
                     length);
}

static const LaneSctpDelivery at_once = { .unordered = TRUE, .once = TRUE };
static const LaneSctpDelivery reliably = { .unordered = FALSE, .once = FALSE };

static void
on_ping (LaneLiveness *liveness, guint32 sequence, guint64 time_us, gpointer user_data)
{
  const LaneFrame frame = { .type = LANE_FRAME_PING, .sequence = sequence, .time_us = time_us };

  send_frame (user_data, &frame, at_once);
}

static void
on_liveness (LaneLiveness *liveness, LaneLivenessState state, gpointer user_data)
{
  static const char *const words[] = { [LANE_LIVENESS_ALIVE] = "alive",
                                       [LANE_LIVENESS_SUSPECT] = "suspect",
                                       [LANE_LIVENESS_LOST] = "lost" };
  LaneLink *link = user_data;
  JsonObject *fields = lane_event_fields ("liveness");

  json_object_set_string_member (fields, "state", words[state]);
  lane_event_log_add (
      link->shared->log,
      lane_event_new (state == LANE_LIVENESS_ALIVE ? LANE_LOG_LEVEL_INFO : LANE_LOG_LEVEL_WARNING,
                      LANE_EVENT_STATE, link->peer->name, fields,
                      state == LANE_LIVENESS_ALIVE     ? "the peer answers again"
                      : state == LANE_LIVENESS_SUSPECT ? "nothing heard from the peer for 3 s"
                                                       : "the path is dead: no answer for 6 s"));
  lane_path_set_suspect (link->path, state != LANE_LIVENESS_ALIVE);
  lane_path_set_lost (link->path, state == LANE_LIVENESS_LOST);
  changed (link);
}

static void tell_steps (LaneLink *link);

static void
on_measured (LaneLiveness *liveness, const LaneLivenessSample *sample, gpointer user_data)
{
  LaneLink *link = user_data;

  if (!isnan (sample->rtt_ms))
    lane_tally_add_rtt (link->shared->tally, link->peer->name, sample->rtt_ms);
  if (link->ended)
    return;
  if (link->untold)
    tell_steps (link);
  link->events.measured (link, sample, link->user_data);
  changed (link);
}

static const LaneLivenessEvents liveness_events = { .ping = on_ping,
                                                    .state_changed = on_liveness,
                                                    .measured = on_measured };

static double
between_ms (gint64 from_us, gint64 to_us)
{
  return (to_us - from_us) / 1000.0;
}

static void
log_connected (LaneLink *link, gint64 now_us)
{
  JsonObject *fields = lane_event_fields ("connected");
  const Steps *steps = &link->steps;

  json_object_set_string_member (fields, "state", "connected");
  json_object_set_string_member (fields, "role", link->offered ? "offerer" : "answerer");
  json_object_set_double_member (fields, "ms", between_ms (steps->begun, now_us));
  json_object_set_double_member (fields, "signaling_ms",
                                 between_ms (steps->begun, steps->described));
  json_object_set_double_member (fields, "checks_ms", between_ms (steps->described, steps->path));
  json_object_set_double_member (fields, "dtls_ms", between_ms (steps->path, steps->secured));
  json_object_set_double_member (fields, "sctp_ms", between_ms (steps->secured, now_us));
  lane_event_log_add (link->shared->log,
                      lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_STATE, link->peer->name,
                                      fields, "connected after %.0f ms",
                                      between_ms (steps->begun, now_us)));
}

void
lane_link_tell_nat (LaneLink *link)
{
  LaneNatBrief brief = lane_nat_watch_get_brief (link->shared->nat);
  LaneFrame frame = { .type = LANE_FRAME_NAT };

  lane_nat_brief_pack (&brief, frame.nat);
  if (link->control < 0 || memcmp (frame.nat, link->told_nat, sizeof frame.nat) == 0)
    return;
  memcpy (link->told_nat, frame.nat, sizeof frame.nat);
  send_frame (link, &frame, reliably);
}

static void
add_securing (const LaneLink *link, LaneSteps *steps)
{
  const Steps *own = &link->steps;
  const struct {
    LaneStep step;
    gint64 at_us;
  } times[] = { { LANE_STEP_DTLS, own->path },
                { LANE_STEP_SECURED, own->secured },
                { LANE_STEP_UP, own->up } };

  if (own->generation != steps->generation)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    if (times[i].at_us != 0)
      lane_steps_set (steps, times[i].step, times[i].at_us - own->gathering);
}

/* Of the generation in use, when they are not what the peer knows. What is too often waits for the
 * next measurement. */
static void
tell_steps (LaneLink *link)
{
  const LaneGeneration *current = lane_path_get_current (link->path);
  LaneFrame frame = { .type = LANE_FRAME_STEPS };
  LaneSteps steps;

  link->untold = FALSE;
  if (link->control < 0 || link->ended || current == NULL)
    return;
  lane_generation_get_steps (current, &steps);
  add_securing (link, &steps);
  lane_steps_pack (&steps, frame.steps);
  if (memcmp (frame.steps, link->told_steps, sizeof frame.steps) == 0)
    return;
  if (!lane_token_bucket_take (&link->steps_told, g_get_monotonic_time ())) {
    link->untold = TRUE;
    return;
  }
  memcpy (link->told_steps, frame.steps, sizeof frame.steps);
  send_frame (link, &frame, reliably);
}

static void
control_opened (LaneLink *link, guint16 stream)
{
  if (link->control >= 0)
    return;
  lane_timer_clear (&link->securing);
  link->control = stream;
  link->up = TRUE;
  link->steps.up = g_get_monotonic_time ();
  log_connected (link, link->steps.up);
  link->liveness = lane_liveness_new (link->shared->context, &liveness_events, NULL, link);
  lane_liveness_start (link->liveness);
  lane_link_tell_nat (link);
  tell_steps (link);
  changed (link);
}

static void
on_sctp_send (LaneSctp *sctp, const guint8 *packet, gsize length, gpointer user_data)
{
  LaneLink *link = user_data;

  lane_dtls_write (link->dtls, packet, length);
}

static void
on_sctp_connected (LaneSctp *sctp, gpointer user_data)
{
  LaneLink *link = user_data;
  int stream;

  if (!link->polite || link->control >= 0)
    return;
  stream = lane_sctp_open_channel (sctp, CONTROL_LABEL);
  if (stream >= 0)
    control_opened (link, (guint16)stream);
}

static void
on_channel_opened (LaneSctp *sctp, guint16 stream, const char *label, gpointer user_data)
{
  if (strcmp (label, CONTROL_LABEL) == 0)
    control_opened (user_data, stream);
}

static void
on_message (LaneSctp *sctp, guint16 stream, LanePayload payload, const guint8 *data, gsize length,
            gpointer user_data)
{
  LaneLink *link = user_data;
  LaneNatBrief nat;
  LaneSteps steps;
  LaneFrame frame;

  if (stream != link->control || !lane_frame_parse (data, length, &frame))
    return;
  switch (frame.type) {
  case LANE_FRAME_PING:
    frame.type = LANE_FRAME_PONG;
    send_frame (link, &frame, at_once);
    break;
  case LANE_FRAME_PONG:
    lane_liveness_pong (link->liveness, frame.sequence, frame.time_us);
    break;
  case LANE_FRAME_NAT:
    lane_nat_brief_unpack (frame.nat, &nat);
    link->events.nat (link, &nat, link->user_data);
    break;
  case LANE_FRAME_STEPS:
    if (lane_steps_unpack (frame.steps, &steps) && lane_path_take_steps (link->path, &steps))
      link->events.told (link, link->user_data);
    break;
  case LANE_FRAME_BYE:
    if (strcmp (frame.reason, "off") == 0)
      end (link, LANE_LINK_END_OFF, "the peer's operator disconnected the link");
    else
      end (link, LANE_LINK_END_STOP, "the peer's node has ended");
    break;
  }
}

static void
on_sctp_closed (LaneSctp *sctp, const char *reason, gpointer user_data)
{
  LaneLink *link = user_data;
  g_autofree char *text = g_strdup_printf ("the association broke: %s", reason);

  end (link, LANE_LINK_END_CLOSED, text);
}

static const LaneSctpEvents sctp_events = {
  .send = on_sctp_send,
  .connected = on_sctp_connected,
  .channel_opened = on_channel_opened,
  .received = on_message,
  .closed = on_sctp_closed,
};

/* DTLS */

static void
on_dtls_send (LaneDtls *dtls, const guint8 *datagram, gsize length, gpointer user_data)
{
  LaneLink *link = user_data;
  gint64 silence_us = link->liveness != NULL ? lane_liveness_get_silence_us (link->liveness) : 0;
  gint64 moved_us = g_get_monotonic_time () - link->moved_us;

  if (MIN (silence_us, moved_us) > CONSENT_US)
    return;
  if (lane_path_send (link->path, datagram, length))
    link->tx_bytes += length;
}

static void
log_secured (LaneLink *link)
{
  JsonObject *fields = lane_event_fields ("dtls-done");
  double ms = between_ms (link->steps.path, link->steps.secured);

  json_object_set_double_member (fields, "ms", ms);
  lane_event_log_add (link->shared->log,
                      lane_event_new (LANE_LOG_LEVEL_DEBUG, LANE_EVENT_STATE, link->peer->name,
                                      fields, "DTLS done after %.0f ms, SCTP next", ms));
}

/* How long nothing came because the path moved: from the last we heard over the old one. */
static void
log_gap (LaneLink *link)
{
  const LaneGeneration *current = lane_path_get_current (link->path);
  double gap_ms = between_ms (link->gap_from_us, g_get_monotonic_time ());
  JsonObject *fields;

  link->gap_from_us = 0;
  if (current == NULL)
    return;
  fields = lane_event_fields ("path-moved");
  json_object_set_int_member (fields, "generation", lane_generation_get_number (current));
  json_object_set_double_member (fields, "gap_ms", gap_ms);
  lane_event_log_add (
      link->shared->log,
      lane_event_new (LANE_LOG_LEVEL_INFO, LANE_EVENT_PATH, link->peer->name, fields,
                      "data flows over generation %u; nothing came for %.0f ms at most",
                      lane_generation_get_number (current), gap_ms));
  if (!link->ended)
    link->events.moved (link, gap_ms, link->user_data);
}

static void
on_dtls_connected (LaneDtls *dtls, gpointer user_data)
{
  LaneLink *link = user_data;
  g_autoptr (GError) error = NULL;

  link->steps.secured = g_get_monotonic_time ();
  log_secured (link);
  link->sctp = lane_sctp_new (link->shared->context, link->polite, &sctp_events, link, &error);
  if (link->sctp == NULL) {
    end (link, LANE_LINK_END_CLOSED, error->message);
    return;
  }
  lane_sctp_connect (link->sctp);
  changed (link);
}

static void
on_dtls_received (LaneDtls *dtls, const guint8 *data, gsize length, gpointer user_data)
{
  LaneLink *link = user_data;

  lane_path_heard (link->path);
  if (link->gap_from_us != 0)
    log_gap (link);
  if (link->liveness != NULL)
    lane_liveness_heard (link->liveness);
  if (link->sctp != NULL)
    lane_sctp_feed (link->sctp, data, length);
}

static void
on_dtls_closed (LaneDtls *dtls, const GError *error, gpointer user_data)
{
  LaneLink *link = user_data;

  if (g_error_matches (error, LANE_DTLS_ERROR, LANE_DTLS_ERROR_IDENTITY)) {
    lane_event_log_add (link->shared->log,
                        lane_event_new (LANE_LOG_LEVEL_ERROR, LANE_EVENT_SECURITY, link->peer->name,
                                        lane_event_fields ("identity-mismatch"), "%s",
                                        error->message));
    end (link, LANE_LINK_END_IDENTITY, error->message);
  } else {
    end (link, LANE_LINK_END_CLOSED, error->message);
  }
}

static const LaneDtlsEvents dtls_events = {
  .send = on_dtls_send,
  .connected = on_dtls_connected,
  .received = on_dtls_received,
  .closed = on_dtls_closed,
};

/* The path */

static void
on_path_send (LanePath *path, const LaneMessage *message, gpointer user_data)
{
  LaneLink *link = user_data;

  if (link->ended)
    return;
  if (message->type == LANE_MESSAGE_OFFER && !link->offer_sent) {
    link->offer_sent = TRUE;
    link->steps.begun = g_get_monotonic_time ();
  }
  link->events.send (link, message, link->user_data);
}

static void
on_described (LanePath *path, const LaneSdp *sdp, gpointer user_data)
{
  LaneLink *link = user_data;
  g_autoptr (GError) error = NULL;

  if (link->dtls != NULL || link->ended)
    return;
  link->steps.described = g_get_monotonic_time ();
  link->dtls = lane_dtls_new (link->shared->context, link->shared->identity, link->polite,
                              link->peer->id, sdp->fingerprint, &dtls_events, link, &error);
  if (link->dtls == NULL)
    end (link, LANE_LINK_END_CLOSED, error->message);
}

static gboolean
on_securing_timeout (gpointer user_data)
{
  LaneLink *link = user_data;

  lane_timer_clear (&link->securing);
  end (link, LANE_LINK_END_TIMEOUT, "a path was found, but DTLS and SCTP did not come up in 30 s");
  return G_SOURCE_REMOVE;
}

static void
on_moved (LanePath *path, gpointer user_data)
{
  LaneLink *link = user_data;

  link->moved_us = g_get_monotonic_time ();
  if (link->liveness != NULL)
    link->gap_from_us = link->moved_us - lane_liveness_get_silence_us (link->liveness);
  if (link->steps.path == 0) {
    const LaneGeneration *first = lane_path_get_current (path);

    link->steps.path = link->moved_us;
    link->steps.generation = lane_generation_get_number (first);
    link->steps.gathering = lane_generation_get_started_us (first);
    lane_timer_set (&link->securing, link->shared->context, SECURING_MS, on_securing_timeout, link);
    if (link->dtls != NULL)
      lane_dtls_start (link->dtls);
  }
  if (link->sctp != NULL)
    lane_sctp_path_changed (link->sctp);
  if (link->liveness != NULL)
    lane_liveness_poke (link->liveness);
  tell_steps (link);
  changed (link);
}

static void
on_path_received (LanePath *path, const guint8 *data, gsize length, gpointer user_data)
{
  LaneLink *link = user_data;

  link->rx_bytes += length;
  /* RFC 7983 section 7: DTLS begins with 20..63. */
  if (link->dtls != NULL && length > 0 && data[0] >= 20 && data[0] <= 63)
    lane_dtls_feed (link->dtls, data, length);
}

static void
on_path_failed (LanePath *path, const char *text, gpointer user_data)
{
  end (user_data, LANE_LINK_END_TIMEOUT, text);
}

static void
on_path_changed (LanePath *path, gpointer user_data)
{
  tell_steps (user_data);
  changed (user_data);
}

static const LanePathEvents path_events = {
  .send = on_path_send,
  .described = on_described,
  .moved = on_moved,
  .received = on_path_received,
  .failed = on_path_failed,
  .changed = on_path_changed,
};

/* Public */

static LaneLink *
link_new (const LaneShared *shared, const LanePeerConfig *peer, const LaneTerms *terms,
          const LaneLinkEvents *events, gpointer user_data)
{
  LaneLink *link = g_new0 (LaneLink, 1);

  link->shared = shared;
  link->peer = peer;
  link->events = *events;
  link->user_data = user_data;
  link->polite = strcmp (lane_identity_get_id (shared->identity), peer->id) < 0;
  link->control = -1;
  link->steps_told = (LaneTokenBucket)LANE_TOKEN_BUCKET (1, 5);
  link->steps.begun = g_get_monotonic_time ();
  link->path = lane_path_new (shared, peer, terms, link->polite, &path_events, link);
  return link;
}

LaneLink *
lane_link_new (const LaneShared *shared, const LanePeerConfig *peer, const LaneTerms *terms,
               const char *session, const LaneLinkEvents *events, gpointer user_data)
{
  LaneLink *link = link_new (shared, peer, terms, events, user_data);

  g_strlcpy (link->session, session, sizeof link->session);
  return link;
}

void
lane_link_offer (LaneLink *link, gboolean give_way)
{
  link->offered = TRUE;
  lane_path_open (link->path, give_way && link->polite ? GIVE_WAY_MS : 0);
}

void
lane_link_answer (LaneLink *link, const LaneMessage *offer)
{
  lane_path_receive (link->path, offer);
}

void
lane_link_free (LaneLink *link)
{
  if (link == NULL)
    return;
  link->ended = TRUE;
  lane_timer_clear (&link->securing);
  lane_timer_clear (&link->ending);
  lane_sctp_free (link->sctp); /* says ABORT through all that is below */
  lane_liveness_free (link->liveness);
  lane_dtls_free (link->dtls);
  lane_path_free (link->path);
  g_free (link->end_text);
  g_free (link);
}

void
lane_link_receive (LaneLink *link, const LaneMessage *message)
{
  if (!link->ended)
    lane_path_receive (link->path, message);
}

gboolean
lane_link_yield (LaneLink *link, const char *session, const LaneMessage *offer)
{
  if (!link->polite || lane_path_is_answered (link->path))
    return FALSE;
  g_strlcpy (link->session, session, sizeof link->session);
  link->offered = FALSE;
  link->steps.begun = g_get_monotonic_time ();
  lane_path_yield (link->path, offer);
  return TRUE;
}

void
lane_link_restart (LaneLink *link, LaneRestartCause cause)
{
  lane_path_restart (link->path, cause);
}

char *
lane_link_compare (LaneLink *link)
{
  return lane_path_compare (link->path);
}

void
lane_link_set_config (LaneLink *link, const LanePeerConfig *peer)
{
  link->peer = peer;
  lane_path_set_config (link->path, peer);
}

void
lane_link_set_reachable (LaneLink *link, gboolean reachable)
{
  lane_path_set_reachable (link->path, reachable);
}

void
lane_link_network_changed (LaneLink *link, gboolean lost)
{
  lane_path_network_changed (link->path, lost);
}

void
lane_link_server_failed (LaneLink *link, const char *server, LaneProtocol protocol,
                         gboolean refused)
{
  lane_path_server_failed (link->path, server, protocol, refused);
}

void
lane_link_server_works (LaneLink *link, const char *server, gboolean turn)
{
  lane_path_server_works (link->path, server, turn);
}

void
lane_link_terms_changed (LaneLink *link)
{
  lane_path_terms_changed (link->path);
}

void
lane_link_say_bye (LaneLink *link, const char *reason)
{
  LaneFrame frame = { .type = LANE_FRAME_BYE };

  g_strlcpy (frame.reason, reason, sizeof frame.reason);
  send_frame (link, &frame, reliably);
}

const char *
lane_link_get_session (const LaneLink *link)
{
  return link->session;
}

static LaneLinkState
first_state (const LaneLink *link)
{
  const LaneGeneration *pending = lane_path_get_pending (link->path);

  if (lane_path_get_current (link->path) != NULL)
    return LANE_LINK_SECURING;
  if (pending != NULL && lane_generation_is_answered (pending)
      && lane_generation_get_state (pending) != LANE_TRANSPORT_GATHERING)
    return LANE_LINK_CHECKING;
  return LANE_LINK_GATHERING;
}

LaneLinkState
lane_link_get_state (const LaneLink *link)
{
  if (!link->up)
    return first_state (link);
  if (lane_path_is_restarting (link->path) || lane_link_is_lost (link))
    return LANE_LINK_RESTARTING;
  if (lane_liveness_get_state (link->liveness) == LANE_LIVENESS_SUSPECT)
    return LANE_LINK_SUSPECT;
  return LANE_LINK_CONNECTED;
}

gboolean
lane_link_is_up (const LaneLink *link)
{
  return link->up;
}

gboolean
lane_link_is_lost (const LaneLink *link)
{
  return link->up && lane_liveness_get_state (link->liveness) == LANE_LIVENESS_LOST;
}

gboolean
lane_link_is_answered (const LaneLink *link)
{
  return lane_path_is_answered (link->path);
}

gint64
lane_link_get_offered_us (const LaneLink *link)
{
  return lane_path_get_offered_us (link->path);
}

const LanePath *
lane_link_get_path (const LaneLink *link)
{
  return link->path;
}

gboolean
lane_link_get_stats (const LaneLink *link, LaneLivenessStats *stats)
{
  if (link->liveness == NULL)
    return FALSE;
  lane_liveness_get_stats (link->liveness, stats);
  return TRUE;
}

char *
lane_link_dup_last_generation (const LaneLink *link)
{
  const LaneGeneration *last = lane_path_get_current (link->path);
  g_autoptr (JsonNode) node = NULL;

  if (last == NULL)
    last = lane_path_get_pending (link->path);
  if (last == NULL)
    return g_strdup (lane_path_get_previous (link->path));
  node = lane_generation_describe (last, FALSE);
  return json_to_string (node, FALSE);
}

static void
set_step (JsonObject *object, const char *name, const Steps *steps, gint64 at_us)
{
  if (at_us != 0)
    json_object_set_double_member (object, name, between_ms (steps->gathering, at_us));
  else
    json_object_set_null_member (object, name);
}

JsonNode *
lane_link_describe_securing (const LaneLink *link)
{
  const Steps *steps = &link->steps;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  if (steps->path == 0)
    return NULL;
  node = json_node_new (JSON_NODE_OBJECT);
  object = json_object_new ();
  json_node_take_object (node, object);
  json_object_set_int_member (object, "generation", steps->generation);
  set_step (object, "dtls_from_ms", steps, steps->path);
  set_step (object, "dtls_ms", steps, steps->secured);
  set_step (object, "sctp_ms", steps, steps->up);
  return g_steal_pointer (&node);
}

void
lane_link_get_traffic (const LaneLink *link, guint64 *tx_bytes, guint64 *rx_bytes)
{
  *tx_bytes = link->tx_bytes;
  *rx_bytes = link->rx_bytes;
}

const char *
lane_link_get_association (const LaneLink *link)
{
  return link->up ? lane_dtls_get_association (link->dtls) : NULL;
}
