#include "servers/stun-probe.h"

#include <arpa/inet.h>
#include <math.h>
#include <stun/stunagent.h>
#include <stun/usages/bind.h>
#include <string.h>

#define DATAGRAM_MAX 1500
#define REQUEST_MAX  548

/* Each try is a transaction of its own, so that an answer tells which one it belongs to and the
 * round trip is exact even after a loss. */
typedef struct {
  StunTransactionId id;
  gint64 sent_us;
} Try;

struct _LaneStunProbe {
  StunAgent agent;
  GSocket *socket;
  GMainContext *context;
  GSource *input;
  GSource *timer;
  guint try_ms;
  Try tries[LANE_STUN_PROBE_TRIES];
  guint n_tries;
  char *failure; /* to be told from the loop */
  LaneStunProbeDone done;
  gpointer user_data;
};

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* The last step of every way through; the probe may be gone after it. */
static void
finish (LaneStunProbe *probe, const LaneStunProbeResult *result)
{
  clear_source (&probe->input);
  clear_source (&probe->timer);
  probe->done (probe, result, probe->user_data);
}

static void
finish_failed (LaneStunProbe *probe, const char *error)
{
  const LaneStunProbeResult result = { .error = error, .rtt_ms = NAN };

  finish (probe, &result);
}

static gboolean on_timer (gpointer user_data);

static void
set_timer (LaneStunProbe *probe, guint after_ms)
{
  clear_source (&probe->timer);
  probe->timer = g_timeout_source_new (after_ms);
  g_source_set_callback (probe->timer, on_timer, probe, NULL);
  g_source_attach (probe->timer, probe->context);
}

/* A send that fails is a loss like any other, but the reason is better than "no answer". */
static void
send_try (LaneStunProbe *probe)
{
  Try *try = &probe->tries[probe->n_tries++];
  g_autoptr (GError) error = NULL;
  guint8 buffer[REQUEST_MAX];
  StunMessage message;
  size_t size = stun_usage_bind_create (&probe->agent, &message, buffer, sizeof buffer);

  stun_message_id (&message, try->id);
  try->sent_us = g_get_monotonic_time ();
  g_clear_pointer (&probe->failure, g_free);
  if (g_socket_send (probe->socket, (const char *)buffer, size, NULL, &error) < 0)
    probe->failure = g_strdup_printf ("cannot send: %s", error->message);
}

static gboolean
on_timer (gpointer user_data)
{
  LaneStunProbe *probe = user_data;
  g_autofree char *error = NULL;

  if (probe->socket != NULL && probe->n_tries < LANE_STUN_PROBE_TRIES) {
    send_try (probe);
    set_timer (probe, probe->try_ms);
    return G_SOURCE_REMOVE;
  }

  error = g_steal_pointer (&probe->failure);
  if (error == NULL)
    error = g_strdup_printf ("no answer to %d STUN requests", LANE_STUN_PROBE_TRIES);
  finish_failed (probe, error);
  return G_SOURCE_REMOVE;
}

static const Try *
find_try (const LaneStunProbe *probe, const StunMessage *message)
{
  StunTransactionId id;

  stun_message_id (message, id);
  for (guint i = 0; i < probe->n_tries; i++)
    if (memcmp (probe->tries[i].id, id, sizeof id) == 0)
      return &probe->tries[i];
  return NULL;
}

static gboolean
read_mapped (const StunMessage *message, char text[INET6_ADDRSTRLEN])
{
  struct sockaddr_storage address = { 0 };
  socklen_t length = sizeof address;

  if (stun_message_find_xor_addr (message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &address, &length)
      != STUN_MESSAGE_RETURN_SUCCESS) {
    length = sizeof address;
    if (stun_message_find_addr (message, STUN_ATTRIBUTE_MAPPED_ADDRESS, &address, &length)
        != STUN_MESSAGE_RETURN_SUCCESS)
      return FALSE;
  }
  if (address.ss_family == AF_INET)
    return inet_ntop (AF_INET, &((struct sockaddr_in *)&address)->sin_addr, text, INET6_ADDRSTRLEN)
           != NULL;
  return inet_ntop (AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, text, INET6_ADDRSTRLEN)
         != NULL;
}

static void
take_answer (LaneStunProbe *probe, const StunMessage *message, const Try *try)
{
  LaneStunProbeResult result = { .rtt_ms = (g_get_monotonic_time () - try->sent_us) / 1000.0 };
  char mapped[INET6_ADDRSTRLEN];
  char error[64];
  int code = 0;

  if (stun_message_get_class (message) == STUN_ERROR) {
    stun_message_find_error (message, &code);
    g_snprintf (error, sizeof error, "answers with STUN error %d", code);
    finish_failed (probe, error);
  } else if (!read_mapped (message, mapped)) {
    finish_failed (probe, "answers without our address");
  } else {
    result.mapped = mapped;
    finish (probe, &result);
  }
}

/* FALSE: not an answer to one of our tries. The probe may be gone otherwise. */
static gboolean
take_datagram (LaneStunProbe *probe, const guint8 *data, gsize length)
{
  StunValidationStatus status;
  StunMessage message;
  const Try *try;

  status = stun_agent_validate (&probe->agent, &message, data, length, NULL, NULL);
  if (status != STUN_VALIDATION_SUCCESS && status != STUN_VALIDATION_UNKNOWN_ATTRIBUTE)
    return FALSE;
  if (stun_message_get_method (&message) != STUN_BINDING
      || (stun_message_get_class (&message) != STUN_RESPONSE
          && stun_message_get_class (&message) != STUN_ERROR))
    return FALSE;
  try = find_try (probe, &message);
  if (try == NULL)
    return FALSE;

  take_answer (probe, &message, try);
  return TRUE;
}

static gboolean
on_input (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  LaneStunProbe *probe = user_data;
  g_autoptr (GError) error = NULL;
  guint8 data[DATAGRAM_MAX];
  gssize length = g_socket_receive (socket, (char *)data, sizeof data, NULL, &error);

  if (length >= 0)
    return take_datagram (probe, data, length) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;

  /* The socket is connected: an ICMP error came back. */
  finish_failed (probe, g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)
                            ? "nobody listens on that port"
                            : "the network says it cannot be reached");
  return G_SOURCE_REMOVE;
}

static gboolean
open_socket (LaneStunProbe *probe, GInetAddress *address, guint16 port, GError **error)
{
  g_autoptr (GSocketAddress) server = g_inet_socket_address_new (address, port);
  g_autoptr (GSocket) socket = g_socket_new (g_inet_address_get_family (address),
                                             G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);

  if (socket == NULL)
    return FALSE;
  g_socket_set_blocking (socket, FALSE);
  if (!g_socket_connect (socket, server, NULL, error))
    return FALSE;

  probe->socket = g_steal_pointer (&socket);
  probe->input = g_socket_create_source (probe->socket, G_IO_IN, NULL);
  g_source_set_callback (probe->input, G_SOURCE_FUNC (on_input), probe, NULL);
  g_source_attach (probe->input, probe->context);
  return TRUE;
}

LaneStunProbe *
lane_stun_probe_new (GMainContext *context, GInetAddress *address, guint16 port, guint try_ms,
                     LaneStunProbeDone done, gpointer user_data)
{
  LaneStunProbe *probe = g_new0 (LaneStunProbe, 1);
  g_autoptr (GError) error = NULL;

  probe->context = g_main_context_ref (context);
  probe->try_ms = try_ms;
  probe->done = done;
  probe->user_data = user_data;
  stun_agent_init (&probe->agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389, 0);

  if (!open_socket (probe, address, port, &error)) {
    probe->failure = g_strdup_printf ("no way to it: %s", error->message);
    set_timer (probe, 0);
    return probe;
  }
  send_try (probe);
  set_timer (probe, probe->try_ms);
  return probe;
}

void
lane_stun_probe_free (LaneStunProbe *probe)
{
  if (probe == NULL)
    return;
  clear_source (&probe->input);
  clear_source (&probe->timer);
  g_clear_object (&probe->socket);
  g_main_context_unref (probe->context);
  g_free (probe->failure);
  g_free (probe);
}
