#include "servers/probe.h"

#include <math.h>
#include <string.h>

#include "servers/credentials.h"
#include "servers/server-stream.h"
#include "servers/stun-wire.h"
#include "servers/turn-dialog.h"
#include "timer.h"

#define TRIES          3
#define REDIRECTS_MAX  3 /* RFC 8489 section 10 warns of loops without a number */
#define CHALLENGES_MAX 4 /* 401 and 438 answers, before a server is talking in circles */

/* Addresses for documentation, RFC 5737 and RFC 3849: a permission for them reaches nobody. */
#define NOBODY_IPV4 "192.0.2.1"
#define NOBODY_IPV6 "2001:db8::1"

typedef struct {
  LaneTurnRequest request;
  gint64 sent_us;
} Try;

struct _LaneProbe {
  GMainContext *context;
  LaneProbeEvents events;
  gpointer user_data;
  LaneProbeResult *result;

  LaneUri *uri;
  char *username, *ca_file;
  const LaneAddressPolicy *policy;
  gboolean look_for_udp;
  guint try_ms, step_ms;

  GInetSocketAddress *server; /* the one we talk to now */
  GPtrArray *visited;         /* of GInetSocketAddress, its predecessors */
  LaneTurnDialog *dialog;
  LaneServerStream *stream; /* NULL: open, or UDP */
  LaneStunWire *wire;
  GSource *timer, *deadline;

  LaneProbeStepKind step;
  gint64 step_us;
  Try tries[TRIES];
  guint n_tries;
  char *send_error;
  gboolean forged;      /* an answer without our signature came in this step */
  gboolean stun_silent; /* the binding was not answered */
  gboolean hinting;     /* asking over UDP after TCP was refused */
  gboolean allocated;
  gboolean moved; /* to another port of ours, since the first had an allocation */
  guint n_challenges;
  char *asked_realm; /* what the credentials went out with */
  GInetAddress *mapped, *relayed;
  GPtrArray *peers; /* of GInetAddress: still to be asked a permission for */
};

static void begin_step (LaneProbe *probe, LaneProbeStepKind step);
static void connect_to_server (LaneProbe *probe);

static gboolean
is_turn (const LaneProbe *probe)
{
  return probe->uri->scheme == LANE_URI_TURN || probe->uri->scheme == LANE_URI_TURNS;
}

static gboolean
is_tls (const LaneProbe *probe)
{
  return probe->uri->scheme == LANE_URI_STUNS || probe->uri->scheme == LANE_URI_TURNS;
}

static gboolean
is_stream (const LaneProbe *probe)
{
  return probe->uri->protocol != LANE_PROTOCOL_UDP && !probe->hinting;
}

/* Ending */

static void
let_allocation_go (LaneProbe *probe)
{
  Try *try = &probe->tries[0];

  if (probe->allocated && probe->wire != NULL
      && lane_turn_dialog_write_release (probe->dialog, &try->request))
    lane_stun_wire_send (probe->wire, try->request.data, try->request.length, NULL);
  probe->allocated = FALSE;
}

static void
close_connection (LaneProbe *probe)
{
  let_allocation_go (probe);
  lane_timer_clear (&probe->timer);
  g_clear_pointer (&probe->stream, lane_server_stream_free);
  g_clear_pointer (&probe->wire, lane_stun_wire_free);
}

/* The last step of every way through; the probe may be gone after it. */
static void
finish (LaneProbe *probe)
{
  close_connection (probe);
  lane_timer_clear (&probe->deadline);
  probe->result->done = TRUE;
  probe->events.done (probe, probe->user_data);
}

/* A step is over: notes how it went. Takes @evidence over. */
static void
note_step (LaneProbe *probe, gboolean ok, char *evidence)
{
  double ms = (g_get_monotonic_time () - probe->step_us) / 1000.0;

  lane_probe_result_add (probe->result, probe->step, ok, ms, evidence);
  probe->step_us = g_get_monotonic_time ();
}

static void
note_fault (LaneProbe *probe, LaneProbeCode code, int stun_code, const char *detail)
{
  const LaneProbeFault fault = {
    .code = code, .step = probe->step, .stun_code = stun_code, .detail = detail
  };

  lane_probe_result_fail (probe->result, &fault);
}

static void
fail (LaneProbe *probe, LaneProbeCode code, int stun_code, const char *detail)
{
  note_fault (probe, code, stun_code, detail);
  finish (probe);
}

/* Nothing may follow: the handler may free the probe. */
static void
tell_progress (LaneProbe *probe)
{
  if (probe->events.progress != NULL)
    probe->events.progress (probe, probe->user_data);
}

static char *
describe_address (GInetSocketAddress *address)
{
  return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
}

/* Requests */

static gboolean on_try_over (gpointer user_data);

/* Each binding is a transaction of its own, so that an answer tells which one it belongs to and the
 * round trip is exact even after a loss. What changes the server's state is repeated as it is: a
 * second Allocate would meet its own allocation (437). */
static gboolean
write_request (LaneProbe *probe, Try *try)
{
  switch (probe->step) {
  case LANE_PROBE_STEP_STUN:
    return lane_turn_dialog_write_binding (probe->dialog, &try->request);
  case LANE_PROBE_STEP_ALLOCATE:
    return lane_turn_dialog_write_allocate (probe->dialog, &try->request);
  case LANE_PROBE_STEP_PERMISSION:
    return lane_turn_dialog_write_permission (probe->dialog, g_ptr_array_index (probe->peers, 0),
                                              &try->request);
  case LANE_PROBE_STEP_REFRESH:
    return lane_turn_dialog_write_release (probe->dialog, &try->request);
  case LANE_PROBE_STEP_DNS:
  case LANE_PROBE_STEP_CONNECT:
  case LANE_PROBE_STEP_TLS:
    break;
  }
  return FALSE;
}

static void
send_try (LaneProbe *probe)
{
  Try *try = &probe->tries[probe->n_tries];
  g_autoptr (GError) error = NULL;
  guint wait_ms = probe->try_ms;

  if (probe->n_tries > 0 && probe->step != LANE_PROBE_STEP_STUN)
    *try = probe->tries[0];
  else if (!write_request (probe, try))
    try->request.length = 0;
  probe->n_tries++;
  try->sent_us = g_get_monotonic_time ();

  g_clear_pointer (&probe->send_error, g_free);
  if (try->request.length == 0)
    probe->send_error = g_strdup ("the user name is too long");
  else if (!lane_stun_wire_send (probe->wire, try->request.data, try->request.length, &error))
    probe->send_error = g_strdup (error != NULL ? error->message : "sent only in part");

  if (is_stream (probe))
    wait_ms = probe->step_ms;
  else if (probe->n_tries == TRIES)
    wait_ms *= 2;
  lane_timer_set (&probe->timer, probe->context, wait_ms, on_try_over, probe);
}

static void
begin_step (LaneProbe *probe, LaneProbeStepKind step)
{
  probe->step = step;
  probe->step_us = g_get_monotonic_time ();
  probe->n_tries = 0;
  probe->forged = FALSE;
  send_try (probe);
}

/* The same step with what an answer has taught us; its time goes on. */
static void
ask_again (LaneProbe *probe)
{
  probe->n_tries = 0;
  send_try (probe);
}

/* UDP after TCP was refused */

static void
end_hint (LaneProbe *probe, gboolean answered)
{
  note_step (probe, answered,
             g_strdup (answered ? "answers over UDP" : "no answer over UDP either"));
  probe->step = LANE_PROBE_STEP_CONNECT;
  fail (probe, answered ? LANE_PROBE_UDP_ONLY : LANE_PROBE_REFUSED, 0, NULL);
}

/* Silence */

static void
skip_binding (LaneProbe *probe, char *evidence)
{
  note_step (probe, FALSE, evidence);
  begin_step (probe, LANE_PROBE_STEP_ALLOCATE);
  tell_progress (probe);
}

static void
give_up (LaneProbe *probe)
{
  g_autofree char *send_error = g_steal_pointer (&probe->send_error);

  if (probe->hinting) {
    end_hint (probe, FALSE);
    return;
  }
  /* TURN servers can be told not to answer bindings (coturn's no-stun): Allocate decides. */
  if (probe->step == LANE_PROBE_STEP_STUN && is_turn (probe) && send_error == NULL) {
    probe->stun_silent = TRUE;
    skip_binding (probe, g_strdup ("no answer"));
    return;
  }
  note_step (probe, FALSE, g_strdup (probe->forged ? "not signed" : "no answer"));
  if (probe->forged)
    fail (probe, LANE_PROBE_BAD_SIGNATURE, 0, NULL);
  else if (send_error != NULL)
    fail (probe, LANE_PROBE_UNREACHABLE, 0, send_error);
  else if (probe->step == LANE_PROBE_STEP_ALLOCATE && probe->stun_silent) {
    probe->step = LANE_PROBE_STEP_STUN; /* neither was answered: nobody is there */
    fail (probe, LANE_PROBE_TIMEOUT, 0, NULL);
  } else if (probe->step == LANE_PROBE_STEP_ALLOCATE && probe->n_challenges == 0)
    fail (probe, LANE_PROBE_NOT_TURN, 0, NULL);
  else
    fail (probe, LANE_PROBE_TIMEOUT, 0, NULL);
}

static gboolean
on_try_over (gpointer user_data)
{
  LaneProbe *probe = user_data;

  lane_timer_clear (&probe->timer);
  if (!is_stream (probe) && probe->n_tries < TRIES)
    send_try (probe);
  else
    give_up (probe);
  return G_SOURCE_REMOVE;
}

/* Another server: RFC 8489 section 10 */

static gboolean
was_visited (const LaneProbe *probe, GInetSocketAddress *address)
{
  for (guint i = 0; i < probe->visited->len; i++) {
    GInetSocketAddress *visited = g_ptr_array_index (probe->visited, i);

    if (g_inet_socket_address_get_port (visited) == g_inet_socket_address_get_port (address)
        && g_inet_address_equal (g_inet_socket_address_get_address (visited),
                                 g_inet_socket_address_get_address (address)))
      return TRUE;
  }
  return FALSE;
}

/* NULL: we may go there. */
static char *
why_not_there (const LaneProbe *probe, GInetSocketAddress *address)
{
  g_autofree char *host = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (address == NULL)
    return g_strdup ("it does not say which");
  text = describe_address (address);
  if (was_visited (probe, address))
    return g_strdup_printf ("back to %s", text);
  if (probe->visited->len > REDIRECTS_MAX)
    return g_strdup_printf ("%d times, then to %s", REDIRECTS_MAX, text);
  host = g_inet_address_to_string (g_inet_socket_address_get_address (address));
  if (!lane_address_policy_check (probe->policy, host, g_inet_socket_address_get_port (address),
                                  &error))
    return g_strdup_printf ("to %s, and %s", text, error->message);
  return NULL;
}

static void
follow (LaneProbe *probe, GInetSocketAddress *address)
{
  g_autofree char *why_not = why_not_there (probe, address);
  g_autofree char *text = NULL;

  if (why_not != NULL) {
    note_step (probe, FALSE, g_strdup ("sent on"));
    fail (probe, LANE_PROBE_REDIRECTED, 300, why_not);
    return;
  }
  text = describe_address (address);
  note_step (probe, TRUE, g_strdup_printf ("sent on to %s", text));
  g_set_object (&probe->server, address);
  lane_turn_dialog_forget_challenge (probe->dialog);
  probe->stun_silent = FALSE;
  connect_to_server (probe);
  tell_progress (probe);
}

/* RFC 8656 section 7.4: a port that has an allocation already, of a client that is gone, say, is no
 * fault of the server's; another port of ours gets one. Once: else it gives all of them away. */
static void
move_to_another_port (LaneProbe *probe)
{
  probe->moved = TRUE;
  note_step (probe, TRUE, g_strdup ("our port has an allocation already (437), from another one"));
  lane_turn_dialog_forget_challenge (probe->dialog);
  probe->stun_silent = FALSE;
  connect_to_server (probe);
}

/* Answers */

static void
take_mapped (LaneProbe *probe, GInetSocketAddress *mapped)
{
  g_set_object (&probe->mapped, g_inet_socket_address_get_address (mapped));
  g_free (probe->result->mapped);
  probe->result->mapped = g_inet_address_to_string (probe->mapped);
}

static void
take_round_trip (LaneProbe *probe, const Try *try)
{
  if (isnan (probe->result->rtt_ms))
    probe->result->rtt_ms = (g_get_monotonic_time () - try->sent_us) / 1000.0;
}

static void
take_binding_error (LaneProbe *probe, const LaneTurnAnswer *answer)
{
  if (answer->code == 300)
    follow (probe, answer->alternate);
  else if (is_turn (probe))
    skip_binding (probe, g_strdup_printf ("STUN error %d", answer->code));
  else {
    note_step (probe, FALSE, g_strdup_printf ("STUN error %d", answer->code));
    fail (probe, LANE_PROBE_STUN_ERROR, answer->code, answer->reason);
  }
}

static void
take_binding (LaneProbe *probe, const LaneTurnAnswer *answer, const Try *try)
{
  g_autofree char *mapped = NULL;
  g_autofree char *server = NULL;

  take_round_trip (probe, try);
  if (answer->code != 0) {
    take_binding_error (probe, answer);
    return;
  }
  if (answer->mapped == NULL) {
    if (is_turn (probe)) {
      skip_binding (probe, g_strdup ("answered without our address"));
      return;
    }
    note_step (probe, FALSE, g_strdup ("no address"));
    fail (probe, LANE_PROBE_NO_ADDRESS, 0, NULL);
    return;
  }
  take_mapped (probe, answer->mapped);
  mapped = describe_address (answer->mapped);
  server = describe_address (probe->server);
  note_step (probe, TRUE, g_strdup_printf ("%s sees us as %s", server, mapped));
  if (!is_turn (probe)) {
    finish (probe);
    return;
  }
  begin_step (probe, LANE_PROBE_STEP_ALLOCATE);
  tell_progress (probe);
}

/* NULL: not a name that expires, or one that is still good. */
static char *
dup_past_expiry (const char *username)
{
  gint64 expiry_us = lane_credentials_read_expiry_us (username);
  g_autoptr (GDateTime) date = NULL;

  if (expiry_us == 0 || expiry_us > g_get_real_time ())
    return NULL;
  date = g_date_time_new_from_unix_utc (expiry_us / G_USEC_PER_SEC);
  return g_date_time_format (date, "%Y-%m-%d %H:%M UTC");
}

/* `user@realm` with a realm that is not the server's. */
static gboolean
names_other_realm (const char *username, const char *realm)
{
  const char *at = strrchr (username, '@');

  return at != NULL && realm != NULL && at[1] != '\0' && g_ascii_strcasecmp (at + 1, realm) != 0;
}

static void
refuse_credentials (LaneProbe *probe, const LaneTurnAnswer *answer)
{
  const char *realm = answer->realm != NULL ? answer->realm : probe->asked_realm;
  g_autofree char *expiry = dup_past_expiry (probe->username);

  note_step (probe, FALSE, g_strdup ("401 after the password"));
  if (expiry != NULL)
    fail (probe, LANE_PROBE_CREDENTIALS_EXPIRED, 401, expiry);
  else if (names_other_realm (probe->username, realm))
    fail (probe, LANE_PROBE_WRONG_REALM, 401, realm);
  else
    fail (probe, LANE_PROBE_UNAUTHORIZED, 401, realm);
}

/* A second 401 is final unless the realm is another one now: RFC 8489 section 9.2.5. */
static gboolean
is_final (const LaneProbe *probe, const LaneTurnAnswer *answer)
{
  return probe->tries[0].request.is_signed
         && (answer->realm == NULL || g_strcmp0 (answer->realm, probe->asked_realm) == 0
             || probe->n_challenges >= CHALLENGES_MAX);
}

static void
answer_challenge (LaneProbe *probe, const LaneTurnAnswer *answer)
{
  if (answer->code == 401 && is_final (probe, answer)) {
    refuse_credentials (probe, answer);
  } else if (!lane_turn_dialog_has_credentials (probe->dialog)) {
    note_step (probe, TRUE, g_strdup ("asks for a password"));
    fail (probe, LANE_PROBE_CREDENTIALS_UNKNOWN, answer->code, NULL);
  } else if (!lane_turn_dialog_is_challenged (probe->dialog)) {
    note_step (probe, FALSE, g_strdup_printf ("%d", answer->code));
    fail (probe, LANE_PROBE_STUN_ERROR, answer->code, "without realm and nonce");
  } else if (probe->n_challenges >= CHALLENGES_MAX) {
    note_step (probe, FALSE, g_strdup_printf ("%d again and again", answer->code));
    fail (probe, LANE_PROBE_STALE_NONCE, answer->code, NULL);
  } else {
    probe->n_challenges++;
    if (answer->realm != NULL) {
      g_free (probe->asked_realm);
      probe->asked_realm = g_strdup (answer->realm);
    }
    ask_again (probe);
  }
}

static gboolean
blames_realm (const LaneTurnAnswer *answer)
{
  g_autofree char *reason = answer->reason != NULL ? g_ascii_strdown (answer->reason, -1) : NULL;

  return reason != NULL && strstr (reason, "realm") != NULL;
}

static LaneProbeCode
code_of (const LaneProbe *probe, const LaneTurnAnswer *answer)
{
  switch (answer->code) {
  case 400:
    return probe->step == LANE_PROBE_STEP_ALLOCATE && probe->n_challenges == 0
               ? LANE_PROBE_NOT_TURN
               : LANE_PROBE_STUN_ERROR;
  case 401:
    return LANE_PROBE_UNAUTHORIZED;
  case 403:
    return probe->step == LANE_PROBE_STEP_PERMISSION ? LANE_PROBE_PEER_FORBIDDEN
                                                     : LANE_PROBE_FORBIDDEN;
  case 437:
    return blames_realm (answer) ? LANE_PROBE_WRONG_REALM : LANE_PROBE_ALLOCATION_MISMATCH;
  case 441:
    return blames_realm (answer) ? LANE_PROBE_WRONG_REALM : LANE_PROBE_WRONG_CREDENTIALS;
  case 442:
    return LANE_PROBE_NO_UDP_RELAY;
  case 486:
    return LANE_PROBE_QUOTA;
  case 508:
    return LANE_PROBE_NO_CAPACITY;
  default:
    return LANE_PROBE_STUN_ERROR;
  }
}

static const char *
detail_of (const LaneProbe *probe, const LaneTurnAnswer *answer, LaneProbeCode code)
{
  return code == LANE_PROBE_WRONG_REALM || code == LANE_PROBE_UNAUTHORIZED ? probe->asked_realm
                                                                           : answer->reason;
}

static char *
describe_error (const LaneTurnAnswer *answer)
{
  if (answer->reason == NULL)
    return g_strdup_printf ("%d", answer->code);
  return g_strdup_printf ("%d %s", answer->code, answer->reason);
}

static void
add_peer (LaneProbe *probe, GInetAddress *address)
{
  if (g_inet_address_get_family (address) == g_inet_address_get_family (probe->relayed))
    g_ptr_array_add (probe->peers, g_object_ref (address));
}

/* Whom to ask a permission for: ourselves, as a peer may stand beside us. Where only private
 * addresses are refused, somebody on the Internet will do. */
static void
choose_peers (LaneProbe *probe)
{
  g_autoptr (GInetAddress) ipv4 = g_inet_address_new_from_string (NOBODY_IPV4);
  g_autoptr (GInetAddress) ipv6 = g_inet_address_new_from_string (NOBODY_IPV6);

  g_ptr_array_set_size (probe->peers, 0);
  if (probe->mapped != NULL)
    add_peer (probe, probe->mapped);
  add_peer (probe, ipv4);
  add_peer (probe, ipv6);
}

static void
take_allocation (LaneProbe *probe, const LaneTurnAnswer *answer)
{
  probe->allocated = TRUE;
  if (answer->mapped != NULL)
    take_mapped (probe, answer->mapped);
  if (answer->relayed == NULL) {
    note_step (probe, FALSE, g_strdup ("no relay address"));
    note_fault (probe, LANE_PROBE_NOT_TURN, 0, NULL);
    begin_step (probe, LANE_PROBE_STEP_REFRESH);
    return;
  }
  g_set_object (&probe->relayed, g_inet_socket_address_get_address (answer->relayed));
  g_free (probe->result->relayed);
  probe->result->relayed = describe_address (answer->relayed);
  note_step (probe, TRUE,
             g_strdup_printf ("relay %s for %u s%s%s", probe->result->relayed, answer->lifetime_s,
                              probe->asked_realm != NULL ? ", realm " : ", no password asked",
                              probe->asked_realm != NULL ? probe->asked_realm : ""));
  choose_peers (probe);
  begin_step (probe, LANE_PROBE_STEP_PERMISSION);
}

static void
take_allocate (LaneProbe *probe, const LaneTurnAnswer *answer, const Try *try)
{
  LaneProbeCode code;

  take_round_trip (probe, try);
  if (answer->code == 0) {
    take_allocation (probe, answer);
    tell_progress (probe);
  } else if (answer->code == 401 || answer->code == 438) {
    answer_challenge (probe, answer);
  } else if (answer->code == 300) {
    follow (probe, answer->alternate);
  } else if (answer->code == 437 && !probe->moved && !blames_realm (answer)) {
    move_to_another_port (probe);
  } else {
    code = code_of (probe, answer);
    note_step (probe, FALSE, describe_error (answer));
    fail (probe, code, answer->code, detail_of (probe, answer, code));
  }
}

/* Whatever it says, the allocation is given back. */
static void
take_permission (LaneProbe *probe, const LaneTurnAnswer *answer)
{
  g_autofree char *peer = g_inet_address_to_string (g_ptr_array_index (probe->peers, 0));
  LaneProbeCode code;

  if (answer->code == 438) {
    answer_challenge (probe, answer);
    return;
  }
  if (answer->code == 403 && probe->peers->len > 1) {
    g_ptr_array_remove_index (probe->peers, 0);
    ask_again (probe);
    return;
  }
  if (answer->code == 0) {
    note_step (probe, TRUE, g_strdup_printf ("for %s", peer));
  } else {
    code = code_of (probe, answer);
    note_step (probe, FALSE, describe_error (answer));
    note_fault (probe, code, answer->code,
                code == LANE_PROBE_PEER_FORBIDDEN ? peer : answer->reason);
  }
  begin_step (probe, LANE_PROBE_STEP_REFRESH);
  tell_progress (probe);
}

static void
take_release (LaneProbe *probe, const LaneTurnAnswer *answer)
{
  LaneProbeCode code;

  if (answer->code == 438) {
    answer_challenge (probe, answer);
    return;
  }
  probe->allocated = FALSE;
  if (answer->code == 0) {
    note_step (probe, TRUE, g_strdup ("given back"));
    finish (probe);
    return;
  }
  code = code_of (probe, answer);
  note_step (probe, FALSE, describe_error (answer));
  fail (probe, code, answer->code, detail_of (probe, answer, code));
}

static void
take_answer (LaneProbe *probe, const LaneTurnAnswer *answer, const Try *try)
{
  lane_timer_clear (&probe->timer);
  if (probe->hinting) {
    end_hint (probe, TRUE);
    return;
  }
  switch (probe->step) {
  case LANE_PROBE_STEP_STUN:
    take_binding (probe, answer, try);
    break;
  case LANE_PROBE_STEP_ALLOCATE:
    take_allocate (probe, answer, try);
    break;
  case LANE_PROBE_STEP_PERMISSION:
    take_permission (probe, answer);
    break;
  case LANE_PROBE_STEP_REFRESH:
    take_release (probe, answer);
    break;
  case LANE_PROBE_STEP_DNS:
  case LANE_PROBE_STEP_CONNECT:
  case LANE_PROBE_STEP_TLS:
    break;
  }
}

static void
on_received (LaneStunWire *wire, const guint8 *data, gsize length, gpointer user_data)
{
  LaneProbe *probe = user_data;

  for (guint i = 0; i < probe->n_tries; i++) {
    g_auto (LaneTurnAnswer) answer = { 0 };
    LaneTurnReading reading =
        lane_turn_dialog_read (probe->dialog, &probe->tries[i].request, data, length, &answer);

    if (reading == LANE_TURN_READ_ANSWER) {
      take_answer (probe, &answer, &probe->tries[i]);
      return;
    }
    probe->forged |= reading == LANE_TURN_READ_FORGED;
  }
}

static void
on_broken (LaneStunWire *wire, LaneProbeCode code, const char *detail, gpointer user_data)
{
  LaneProbe *probe = user_data;

  if (probe->hinting) {
    end_hint (probe, FALSE);
    return;
  }
  note_step (probe, FALSE, g_strdup (lane_probe_code_to_string (code)));
  fail (probe, code, 0, detail);
}

static const LaneStunWireEvents wire_events = { .received = on_received, .broken = on_broken };

/* Connections */

static gboolean
on_no_way (gpointer user_data)
{
  LaneProbe *probe = user_data;

  lane_timer_clear (&probe->timer);
  note_step (probe, FALSE, g_strdup (probe->send_error));
  fail (probe, LANE_PROBE_UNREACHABLE, 0, probe->send_error);
  return G_SOURCE_REMOVE;
}

static void
open_udp (LaneProbe *probe)
{
  g_autoptr (GError) error = NULL;

  probe->step = LANE_PROBE_STEP_STUN;
  probe->step_us = g_get_monotonic_time ();
  probe->wire = lane_stun_wire_new_udp (probe->context, probe->server, &wire_events, probe, &error);
  if (probe->wire != NULL) {
    begin_step (probe, LANE_PROBE_STEP_STUN);
    return;
  }
  g_free (probe->send_error);
  probe->send_error = g_strdup (error->message);
  lane_timer_set (&probe->timer, probe->context, 0, on_no_way, probe);
}

static void
on_stream_connected (LaneServerStream *stream, gpointer user_data)
{
  LaneProbe *probe = user_data;
  g_autofree char *server = describe_address (probe->server);
  g_autofree char *local = lane_server_stream_dup_local (stream);

  note_step (probe, TRUE,
             g_strdup_printf ("%s from %s", server, local != NULL ? local : "an unknown address"));
  probe->step = LANE_PROBE_STEP_TLS;
  tell_progress (probe);
}

static void
on_stream_opened (LaneServerStream *stream, GIOStream *io, gpointer user_data)
{
  LaneProbe *probe = user_data;

  if (is_tls (probe)) {
    probe->result->expires_us = lane_server_stream_get_expiry_us (stream);
    note_step (probe, TRUE, lane_server_stream_dup_tls (stream));
  }
  probe->wire = lane_stun_wire_new_stream (probe->context, io, &wire_events, probe);
  g_clear_pointer (&probe->stream, lane_server_stream_free);
  begin_step (probe, LANE_PROBE_STEP_STUN);
  tell_progress (probe);
}

static void
on_stream_failed (LaneServerStream *stream, const LaneServerStreamFault *fault, gpointer user_data)
{
  LaneProbe *probe = user_data;
  g_autofree char *detail = g_strdup (fault->detail);
  g_autofree char *tls = lane_server_stream_dup_tls (stream);
  LaneProbeCode code = fault->code;

  probe->step = fault->step;
  probe->result->expires_us = lane_server_stream_get_expiry_us (stream);
  note_step (probe, FALSE, g_strdup (tls != NULL ? tls : lane_probe_code_to_string (code)));
  if (code == LANE_PROBE_REFUSED && probe->look_for_udp) {
    close_connection (probe);
    probe->hinting = TRUE;
    open_udp (probe);
    tell_progress (probe);
    return;
  }
  fail (probe, code, 0, detail);
}

static void
open_stream (LaneProbe *probe)
{
  static const LaneServerStreamEvents events = { .connected = on_stream_connected,
                                                 .opened = on_stream_opened,
                                                 .failed = on_stream_failed };
  const LaneServerStreamOptions options = {
    .address = g_inet_socket_address_get_address (probe->server),
    .port = g_inet_socket_address_get_port (probe->server),
    .tls_host = is_tls (probe) ? probe->uri->host : NULL,
    .ca_file = probe->ca_file,
    .step_ms = probe->step_ms,
  };

  probe->step = LANE_PROBE_STEP_CONNECT;
  probe->step_us = g_get_monotonic_time ();
  probe->stream = lane_server_stream_new (probe->context, &options, &events, probe);
}

static void
connect_to_server (LaneProbe *probe)
{
  close_connection (probe);
  g_ptr_array_add (probe->visited, g_object_ref (probe->server));
  g_free (probe->result->address);
  probe->result->address =
      g_inet_address_to_string (g_inet_socket_address_get_address (probe->server));
  if (is_stream (probe))
    open_stream (probe);
  else
    open_udp (probe);
}

static gboolean
on_deadline (gpointer user_data)
{
  LaneProbe *probe = user_data;

  note_step (probe, FALSE, g_strdup ("out of time"));
  fail (probe, LANE_PROBE_TIMEOUT, 0, NULL);
  return G_SOURCE_REMOVE;
}

LaneProbe *
lane_probe_new (GMainContext *context, const LaneProbeOptions *options,
                const LaneProbeEvents *events, gpointer user_data)
{
  LaneProbe *probe = g_new0 (LaneProbe, 1);

  probe->context = g_main_context_ref (context);
  probe->events = *events;
  probe->user_data = user_data;
  probe->result = lane_probe_result_new (options->uri);
  probe->uri = lane_uri_copy (options->uri);
  probe->username = g_strdup (options->username != NULL ? options->username : "");
  probe->ca_file = g_strdup (options->ca_file);
  probe->policy = options->policy;
  probe->look_for_udp = options->look_for_udp;
  probe->try_ms = options->try_ms;
  probe->step_ms = options->step_ms;
  probe->visited = g_ptr_array_new_with_free_func (g_object_unref);
  probe->peers = g_ptr_array_new_with_free_func (g_object_unref);
  probe->dialog = lane_turn_dialog_new (options->username, options->password);
  probe->server =
      G_INET_SOCKET_ADDRESS (g_inet_socket_address_new (options->address, options->uri->port));

  if (!isnan (options->dns_ms))
    lane_probe_result_add (probe->result, LANE_PROBE_STEP_DNS, TRUE, options->dns_ms,
                           g_strdup (options->dns_evidence));
  lane_timer_set (&probe->deadline, context, options->total_ms, on_deadline, probe);
  connect_to_server (probe);
  return probe;
}

LaneProbeResult *
lane_probe_get_result (LaneProbe *probe)
{
  return probe->result;
}

void
lane_probe_free (LaneProbe *probe)
{
  if (probe == NULL)
    return;
  close_connection (probe);
  lane_timer_clear (&probe->deadline);
  lane_turn_dialog_free (probe->dialog);
  lane_probe_result_unref (probe->result);
  g_ptr_array_unref (probe->visited);
  g_ptr_array_unref (probe->peers);
  g_clear_object (&probe->server);
  g_clear_object (&probe->mapped);
  g_clear_object (&probe->relayed);
  lane_uri_free (probe->uri);
  g_free (probe->username);
  g_free (probe->ca_file);
  g_free (probe->send_error);
  g_free (probe->asked_realm);
  g_main_context_unref (probe->context);
  g_free (probe);
}
