#include "servers/nat-socket.h"

#include <math.h>
#include <stun/stunagent.h>
#include <string.h>

#include "servers/turn-dialog.h"
#include "timer.h"

#define HEADER       20
#define REQUEST_MAX  64
#define TRIES        3
#define MAGIC_COOKIE 0x2112a442u

/* RFC 5780 section 7; libnice has no names for them. */
#define OTHER_ADDRESS ((StunAttribute)0x802c)
#define RESPONSE_PORT ((StunAttribute)0x0027)

typedef struct {
  LaneNatSocket *socket;
  GInetSocketAddress *server;
  guint8 request[REQUEST_MAX];
  gsize length;
  StunTransactionId id;
  gint64 sent_us;
  guint try_ms, tries;
  gboolean unsent; /* no try could be sent */
  GSource *timer;
  LaneNatAnswered answered;
  gpointer user_data;
} Question;

struct _LaneNatSocket {
  GMainContext *context;
  StunAgent agent;
  GSocket *socket;
  GInetSocketAddress *local;
  GSource *input;
  GPtrArray *questions; /* of Question: open ones */
  guint8 mark[LANE_NAT_MARK_BYTES];
  void (*marked) (LaneNatSocket *socket, gpointer user_data);
  gpointer mark_data;
};

const char *
lane_nat_outcome_to_string (LaneNatOutcome outcome)
{
  static const char *const names[] = {
    [LANE_NAT_ANSWERED] = "answered", [LANE_NAT_SILENT] = "silent",
    [LANE_NAT_UNSENT] = "not-sent",   [LANE_NAT_ERROR] = "error",
    [LANE_NAT_NONSENSE] = "nonsense",
  };

  return names[outcome];
}

gboolean
lane_nat_host_equal (GInetSocketAddress *a, GInetSocketAddress *b)
{
  return a != NULL && b != NULL
         && g_inet_address_equal (g_inet_socket_address_get_address (a),
                                  g_inet_socket_address_get_address (b));
}

gboolean
lane_nat_address_equal (GInetSocketAddress *a, GInetSocketAddress *b)
{
  return lane_nat_host_equal (a, b)
         && g_inet_socket_address_get_port (a) == g_inet_socket_address_get_port (b);
}

/* Questions */

static void
question_free (gpointer data)
{
  Question *question = data;

  lane_timer_clear (&question->timer);
  stun_agent_forget_transaction (&question->socket->agent, question->id);
  g_object_unref (question->server);
  g_free (question);
}

/* The last step of each question: the socket may be gone after it. */
static void
finish (Question *question, const LaneNatAnswer *answer)
{
  LaneNatSocket *socket = question->socket;
  LaneNatAnswered answered = question->answered;
  gpointer user_data = question->user_data;

  g_ptr_array_remove_fast (socket->questions, question);
  answered (socket, answer, user_data);
}

static gboolean
send_to (LaneNatSocket *socket, GInetSocketAddress *to, const guint8 *data, gsize length)
{
  return g_socket_send_to (socket->socket, G_SOCKET_ADDRESS (to), (const char *)data, length, NULL,
                           NULL)
         == (gssize)length;
}

static gboolean
on_try_over (gpointer user_data)
{
  Question *question = user_data;
  static const guint waits[TRIES] = { 1, 2, 2 }; /* times try_ms */

  lane_timer_clear (&question->timer);
  if (question->tries == TRIES) {
    const LaneNatAnswer silence = { .outcome = question->unsent ? LANE_NAT_UNSENT : LANE_NAT_SILENT,
                                    .ms = NAN };

    finish (question, &silence);
    return G_SOURCE_REMOVE;
  }
  question->unsent &=
      !send_to (question->socket, question->server, question->request, question->length);
  lane_timer_set (&question->timer, question->socket->context,
                  question->try_ms * waits[question->tries], on_try_over, question);
  question->tries++;
  return G_SOURCE_REMOVE;
}

static gsize
write_request (LaneNatSocket *socket, Question *question, LaneNatChange change,
               guint16 response_port)
{
  StunMessage message;

  if (!stun_agent_init_request (&socket->agent, &message, question->request,
                                sizeof question->request, STUN_BINDING))
    return 0;
  if (change != LANE_NAT_CHANGE_NOTHING
      && stun_message_append32 (&message, STUN_ATTRIBUTE_CHANGE_REQUEST, change)
             != STUN_MESSAGE_RETURN_SUCCESS)
    return 0;
  if (response_port != 0
      && stun_message_append32 (&message, RESPONSE_PORT, (guint32)response_port << 16)
             != STUN_MESSAGE_RETURN_SUCCESS)
    return 0;
  stun_message_id (&message, question->id);
  return stun_agent_finish_message (&socket->agent, &message, NULL, 0);
}

const guint8 *
lane_nat_socket_ask (LaneNatSocket *socket, GInetSocketAddress *server, LaneNatChange change,
                     guint16 response_port, guint try_ms, LaneNatAnswered answered,
                     gpointer user_data)
{
  Question *question = g_new0 (Question, 1);

  question->socket = socket;
  question->server = g_object_ref (server);
  question->try_ms = try_ms;
  question->answered = answered;
  question->user_data = user_data;
  question->unsent = TRUE;
  question->sent_us = g_get_monotonic_time ();
  question->length = write_request (socket, question, change, response_port);
  g_ptr_array_add (socket->questions, question);
  lane_timer_set (&question->timer, socket->context, 0, on_try_over, question);
  return question->id + sizeof question->id - LANE_NAT_MARK_BYTES;
}

/* Answers */

static GInetSocketAddress *
to_address (struct sockaddr_storage *storage, StunMessageReturn found)
{
  if (found != STUN_MESSAGE_RETURN_SUCCESS)
    return NULL;
  return G_INET_SOCKET_ADDRESS (g_socket_address_new_from_native (storage, sizeof *storage));
}

static GInetSocketAddress *
find_address (const StunMessage *message, StunAttribute type)
{
  struct sockaddr_storage storage = { 0 };
  socklen_t length = sizeof storage;

  return to_address (&storage, stun_message_find_addr (message, type, &storage, &length));
}

static GInetSocketAddress *
find_xored (const StunMessage *message)
{
  struct sockaddr_storage storage = { 0 };
  socklen_t length = sizeof storage;

  return to_address (&storage, stun_message_find_xor_addr (
                                   message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &storage, &length));
}

static gboolean
can_be_ours (const LaneNatSocket *socket, GInetSocketAddress *mapped)
{
  GInetAddress *address = mapped != NULL ? g_inet_socket_address_get_address (mapped) : NULL;
  GInetAddress *ours = g_inet_socket_address_get_address (socket->local);

  return address != NULL && g_inet_socket_address_get_port (mapped) != 0
         && g_inet_address_get_family (address) == g_inet_address_get_family (ours)
         && !g_inet_address_get_is_any (address) && !g_inet_address_get_is_multicast (address)
         && (g_inet_address_get_is_loopback (ours) || !g_inet_address_get_is_loopback (address));
}

static void
read_answer (const LaneNatSocket *socket, const StunMessage *message, LaneNatAnswer *answer)
{
  if (stun_message_get_class (message) == STUN_ERROR) {
    answer->outcome = LANE_NAT_ERROR;
    if (stun_message_find_error (message, &answer->code) != STUN_MESSAGE_RETURN_SUCCESS)
      answer->code = 0;
    return;
  }
  answer->plain = find_address (message, STUN_ATTRIBUTE_MAPPED_ADDRESS);
  answer->other = find_address (message, OTHER_ADDRESS);
  answer->mapped = find_xored (message);
  if (answer->mapped == NULL && answer->plain != NULL) /* RFC 3489 servers know only this one */
    answer->mapped = g_object_ref (answer->plain);
  answer->outcome = LANE_NAT_ANSWERED;
  if (!can_be_ours (socket, answer->mapped)) {
    answer->outcome = LANE_NAT_NONSENSE;
    g_clear_object (&answer->mapped);
  }
}

static void
answer_clear (LaneNatAnswer *answer)
{
  g_clear_object (&answer->from);
  g_clear_object (&answer->mapped);
  g_clear_object (&answer->plain);
  g_clear_object (&answer->other);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LaneNatAnswer, answer_clear)

static Question *
find_question (LaneNatSocket *socket, const guint8 *id)
{
  for (guint i = 0; i < socket->questions->len; i++) {
    Question *question = g_ptr_array_index (socket->questions, i);

    if (memcmp (id, question->id + sizeof question->id - LANE_NAT_MARK_BYTES, LANE_NAT_MARK_BYTES)
        == 0)
      return question;
  }
  return NULL;
}

static void
take_answer (LaneNatSocket *socket, Question *question, const guint8 *data, gsize length,
             GSocketAddress *from)
{
  g_auto (LaneNatAnswer) answer = { 0 };
  StunValidationStatus status;
  StunMessage message;

  status = stun_agent_validate (&socket->agent, &message, data, length, NULL, NULL);
  if ((status != STUN_VALIDATION_SUCCESS && status != STUN_VALIDATION_UNKNOWN_ATTRIBUTE)
      || stun_message_get_method (&message) != STUN_BINDING
      || (stun_message_get_class (&message) != STUN_RESPONSE
          && stun_message_get_class (&message) != STUN_ERROR))
    return;
  answer.from = g_object_ref (G_INET_SOCKET_ADDRESS (from));
  answer.ms = (g_get_monotonic_time () - question->sent_us) / 1000.0;
  read_answer (socket, &message, &answer);
  finish (question, &answer);
}

static gboolean
on_readable (GSocket *native, GIOCondition condition, gpointer user_data)
{
  LaneNatSocket *socket = user_data;
  g_autoptr (GSocketAddress) from = NULL;
  guint8 data[LANE_TURN_ANSWER_MAX];
  gssize length = g_socket_receive_from (native, &from, (char *)data, sizeof data, NULL, NULL);
  Question *question;

  if (length < HEADER || !G_IS_INET_SOCKET_ADDRESS (from))
    return G_SOURCE_CONTINUE;
  question = find_question (socket, data + HEADER - LANE_NAT_MARK_BYTES);
  if (question != NULL)
    take_answer (socket, question, data, (gsize)length, from);
  else if (socket->marked != NULL
           && memcmp (data + HEADER - LANE_NAT_MARK_BYTES, socket->mark, LANE_NAT_MARK_BYTES) == 0)
    socket->marked (socket, socket->mark_data);
  return G_SOURCE_CONTINUE;
}

/* Marks */

void
lane_nat_socket_send_mark (LaneNatSocket *socket, GInetSocketAddress *to,
                           const guint8 mark[LANE_NAT_MARK_BYTES])
{
  guint8 request[HEADER] = { 0x00, 0x01, 0x00, 0x00 };
  guint32 cookie = GUINT32_TO_BE (MAGIC_COOKIE);

  memcpy (request + 4, &cookie, sizeof cookie);
  memcpy (request + HEADER - LANE_NAT_MARK_BYTES, mark, LANE_NAT_MARK_BYTES);
  send_to (socket, to, request, sizeof request);
}

void
lane_nat_socket_expect_mark (LaneNatSocket *socket, const guint8 mark[LANE_NAT_MARK_BYTES],
                             void (*marked) (LaneNatSocket *socket, gpointer user_data),
                             gpointer user_data)
{
  memcpy (socket->mark, mark, LANE_NAT_MARK_BYTES);
  socket->marked = marked;
  socket->mark_data = user_data;
}

/* Life */

LaneNatSocket *
lane_nat_socket_new (GMainContext *context, GInetAddress *address, GError **error)
{
  g_autoptr (LaneNatSocket) socket = g_new0 (LaneNatSocket, 1);
  g_autoptr (GSocketAddress) any_port = g_inet_socket_address_new (address, 0);

  socket->context = g_main_context_ref (context);
  socket->questions = g_ptr_array_new_with_free_func (question_free);
  stun_agent_init (&socket->agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389, 0);
  socket->socket = g_socket_new (g_inet_address_get_family (address), G_SOCKET_TYPE_DATAGRAM,
                                 G_SOCKET_PROTOCOL_UDP, error);
  if (socket->socket == NULL)
    return NULL;
  g_socket_set_blocking (socket->socket, FALSE);
  if (!g_socket_bind (socket->socket, any_port, FALSE, error))
    return NULL;
  socket->local = G_INET_SOCKET_ADDRESS (g_socket_get_local_address (socket->socket, error));
  if (socket->local == NULL)
    return NULL;
  socket->input = g_socket_create_source (socket->socket, G_IO_IN, NULL);
  g_source_set_callback (socket->input, G_SOURCE_FUNC (on_readable), socket, NULL);
  g_source_attach (socket->input, context);
  return g_steal_pointer (&socket);
}

void
lane_nat_socket_free (LaneNatSocket *socket)
{
  if (socket == NULL)
    return;
  lane_timer_clear (&socket->input);
  g_ptr_array_unref (socket->questions);
  g_clear_object (&socket->socket);
  g_clear_object (&socket->local);
  g_main_context_unref (socket->context);
  g_free (socket);
}

GInetSocketAddress *
lane_nat_socket_get_local (const LaneNatSocket *socket)
{
  return socket->local;
}
