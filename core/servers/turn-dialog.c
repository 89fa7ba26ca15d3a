#include "servers/turn-dialog.h"

#include <string.h>

#include "text.h"

#define HEADER           20
#define MAGIC_COOKIE     0x2112a442u
#define STRING_MAX       763 /* bytes of REALM and NONCE, RFC 8489 sections 14.9 and 14.10 */
#define TEXT_MAX         128
#define UDP              (17u << 24) /* REQUESTED-TRANSPORT, RFC 8656 section 18.7 */
#define PROBE_LIFETIME_S 60 /* servers grant more, but one that does not will not keep it long */

struct _LaneTurnDialog {
  StunAgent agent;
  char *username, *password;
  guint8 realm[STRING_MAX], nonce[STRING_MAX];
  guint16 realm_length, nonce_length;
  gboolean challenged;
};

LaneTurnDialog *
lane_turn_dialog_new (const char *username, const char *password)
{
  LaneTurnDialog *dialog = g_new0 (LaneTurnDialog, 1);

  dialog->username = g_strdup (username);
  dialog->password = g_strdup (password);
  stun_agent_init (&dialog->agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                   STUN_AGENT_USAGE_LONG_TERM_CREDENTIALS);
  return dialog;
}

void
lane_turn_dialog_free (LaneTurnDialog *dialog)
{
  if (dialog == NULL)
    return;
  if (dialog->password != NULL)
    explicit_bzero (dialog->password, strlen (dialog->password));
  g_free (dialog->password);
  g_free (dialog->username);
  explicit_bzero (&dialog->agent, sizeof dialog->agent); /* holds keys */
  g_free (dialog);
}

gboolean
lane_turn_dialog_has_credentials (const LaneTurnDialog *dialog)
{
  return dialog->username != NULL && dialog->password != NULL;
}

gboolean
lane_turn_dialog_is_challenged (const LaneTurnDialog *dialog)
{
  return dialog->challenged;
}

void
lane_turn_dialog_forget_challenge (LaneTurnDialog *dialog)
{
  dialog->challenged = FALSE;
}

/* Writing */

static gboolean
begin (LaneTurnDialog *dialog, LaneTurnRequest *request, StunMessage *message, StunMethod method)
{
  request->method = method;
  request->is_signed = FALSE;
  return stun_agent_init_request (&dialog->agent, message, request->data, sizeof request->data,
                                  method);
}

static gboolean
append (StunMessage *message, StunAttribute type, const void *data, gsize length)
{
  return stun_message_append_bytes (message, type, data, length) == STUN_MESSAGE_RETURN_SUCCESS;
}

static gboolean
append_credentials (const LaneTurnDialog *dialog, StunMessage *message)
{
  return append (message, STUN_ATTRIBUTE_USERNAME, dialog->username, strlen (dialog->username))
         && append (message, STUN_ATTRIBUTE_REALM, dialog->realm, dialog->realm_length)
         && append (message, STUN_ATTRIBUTE_NONCE, dialog->nonce, dialog->nonce_length);
}

static gboolean
finish (LaneTurnDialog *dialog, LaneTurnRequest *request, StunMessage *message)
{
  const guint8 *key = NULL;
  gsize key_length = 0;

  if (request->method != STUN_BINDING && dialog->challenged
      && lane_turn_dialog_has_credentials (dialog)) {
    if (!append_credentials (dialog, message))
      return FALSE;
    key = (const guint8 *)dialog->password;
    key_length = strlen (dialog->password);
    request->is_signed = TRUE;
  }
  stun_message_id (message, request->id);
  request->length = stun_agent_finish_message (&dialog->agent, message, key, key_length);
  return request->length > 0;
}

gboolean
lane_turn_dialog_write_binding (LaneTurnDialog *dialog, LaneTurnRequest *request)
{
  StunMessage message;

  return begin (dialog, request, &message, STUN_BINDING) && finish (dialog, request, &message);
}

gboolean
lane_turn_dialog_write_allocate (LaneTurnDialog *dialog, LaneTurnRequest *request)
{
  StunMessage message;

  return begin (dialog, request, &message, STUN_ALLOCATE)
         && stun_message_append32 (&message, STUN_ATTRIBUTE_REQUESTED_TRANSPORT, UDP)
                == STUN_MESSAGE_RETURN_SUCCESS
         && stun_message_append32 (&message, STUN_ATTRIBUTE_LIFETIME, PROBE_LIFETIME_S)
                == STUN_MESSAGE_RETURN_SUCCESS
         && finish (dialog, request, &message);
}

/* libnice has no builder for it. */
gboolean
lane_turn_dialog_write_permission (LaneTurnDialog *dialog, GInetAddress *peer,
                                   LaneTurnRequest *request)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (peer, 0);
  struct sockaddr_storage storage = { 0 };
  gssize size = g_socket_address_get_native_size (address);
  StunMessage message;

  return g_socket_address_to_native (address, &storage, sizeof storage, NULL)
         && begin (dialog, request, &message, STUN_CREATEPERMISSION)
         && stun_message_append_xor_addr (&message, STUN_ATTRIBUTE_XOR_PEER_ADDRESS, &storage,
                                          (socklen_t)size)
                == STUN_MESSAGE_RETURN_SUCCESS
         && finish (dialog, request, &message);
}

gboolean
lane_turn_dialog_write_release (LaneTurnDialog *dialog, LaneTurnRequest *request)
{
  StunMessage message;

  return begin (dialog, request, &message, STUN_REFRESH)
         && stun_message_append32 (&message, STUN_ATTRIBUTE_LIFETIME, 0)
                == STUN_MESSAGE_RETURN_SUCCESS
         && finish (dialog, request, &message);
}

/* Reading */

static GInetSocketAddress *
to_address (struct sockaddr_storage *storage, StunMessageReturn found)
{
  if (found != STUN_MESSAGE_RETURN_SUCCESS)
    return NULL;
  return G_INET_SOCKET_ADDRESS (g_socket_address_new_from_native (storage, sizeof *storage));
}

static GInetSocketAddress *
find_xored (const StunMessage *message, StunAttribute type)
{
  struct sockaddr_storage storage = { 0 };
  socklen_t length = sizeof storage;

  return to_address (&storage, stun_message_find_xor_addr (message, type, &storage, &length));
}

static GInetSocketAddress *
find_plain (const StunMessage *message, StunAttribute type)
{
  struct sockaddr_storage storage = { 0 };
  socklen_t length = sizeof storage;

  return to_address (&storage, stun_message_find_addr (message, type, &storage, &length));
}

static char *
find_text (const StunMessage *message, StunAttribute type, gsize skip)
{
  guint16 length = 0;
  const void *value = stun_message_find (message, type, &length);

  if (value == NULL || length <= skip)
    return NULL;
  return lane_text_clean ((const char *)value + skip, length - (gssize)skip, TEXT_MAX);
}

static gboolean
keep_string (const StunMessage *message, StunAttribute type, guint8 kept[STRING_MAX],
             guint16 *kept_length)
{
  guint16 length = 0;
  const void *value = stun_message_find (message, type, &length);

  if (value == NULL || length == 0 || length > STRING_MAX)
    return FALSE;
  memcpy (kept, value, length);
  *kept_length = length;
  return TRUE;
}

static void
keep_challenge (LaneTurnDialog *dialog, const StunMessage *message)
{
  gboolean realm =
      keep_string (message, STUN_ATTRIBUTE_REALM, dialog->realm, &dialog->realm_length);
  gboolean nonce =
      keep_string (message, STUN_ATTRIBUTE_NONCE, dialog->nonce, &dialog->nonce_length);

  dialog->challenged = (realm || dialog->challenged) && nonce;
}

static void
read_error (LaneTurnDialog *dialog, const StunMessage *message, LaneTurnAnswer *answer)
{
  if (stun_message_find_error (message, &answer->code) != STUN_MESSAGE_RETURN_SUCCESS
      || answer->code == 0)
    answer->code = -1;
  answer->reason = find_text (message, STUN_ATTRIBUTE_ERROR_CODE, 4);
  answer->alternate = find_plain (message, STUN_ATTRIBUTE_ALTERNATE_SERVER);
  if (answer->code == STUN_ERROR_UNAUTHORIZED || answer->code == STUN_ERROR_STALE_NONCE)
    keep_challenge (dialog, message);
}

static void
read_success (const StunMessage *message, LaneTurnAnswer *answer)
{
  guint32 lifetime = 0;

  answer->mapped = find_xored (message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS);
  if (answer->mapped == NULL) /* RFC 3489 servers know only this one */
    answer->mapped = find_plain (message, STUN_ATTRIBUTE_MAPPED_ADDRESS);
  answer->relayed = find_xored (message, STUN_ATTRIBUTE_XOR_RELAYED_ADDRESS);
  if (stun_message_find32 (message, STUN_ATTRIBUTE_LIFETIME, &lifetime)
      == STUN_MESSAGE_RETURN_SUCCESS)
    answer->lifetime_s = lifetime;
}

static gboolean
is_answer_to (const StunMessage *message, const LaneTurnRequest *request)
{
  StunClass class = stun_message_get_class (message);

  return stun_message_get_method (message) == request->method
         && (class == STUN_RESPONSE || class == STUN_ERROR);
}

/* Before the agent sees it, who forgets a transaction once it has been answered. */
static gboolean
has_id_of (const guint8 *data, gsize length, const LaneTurnRequest *request)
{
  return length >= HEADER && memcmp (data + 4, request->id, sizeof request->id) == 0;
}

LaneTurnReading
lane_turn_dialog_read (LaneTurnDialog *dialog, const LaneTurnRequest *request, const guint8 *data,
                       gsize length, LaneTurnAnswer *answer)
{
  StunValidationStatus status;
  StunMessage message;

  *answer = (LaneTurnAnswer){ 0 };
  if (!has_id_of (data, length, request))
    return LANE_TURN_READ_OTHER;
  status = stun_agent_validate (&dialog->agent, &message, data, length, NULL, NULL);
  if (status != STUN_VALIDATION_SUCCESS && status != STUN_VALIDATION_UNKNOWN_ATTRIBUTE
      && status != STUN_VALIDATION_UNAUTHORIZED)
    return LANE_TURN_READ_OTHER;
  if (!is_answer_to (&message, request))
    return LANE_TURN_READ_OTHER;

  if (stun_message_get_class (&message) == STUN_ERROR)
    read_error (dialog, &message, answer);
  else if (status == STUN_VALIDATION_UNAUTHORIZED)
    return LANE_TURN_READ_FORGED;
  else
    read_success (&message, answer);
  answer->realm = find_text (&message, STUN_ATTRIBUTE_REALM, 0);
  return LANE_TURN_READ_ANSWER;
}

void
lane_turn_answer_clear (LaneTurnAnswer *answer)
{
  g_free (answer->reason);
  g_free (answer->realm);
  g_clear_object (&answer->mapped);
  g_clear_object (&answer->relayed);
  g_clear_object (&answer->alternate);
}

gssize
lane_turn_frame_length (const guint8 *data, gsize length)
{
  gsize body;

  /* The first two bits of a STUN message are 0: RFC 8489 section 5. */
  if (length > 0 && (data[0] & 0xc0) != 0)
    return -1;
  for (gsize i = 4; i < MIN (length, 8); i++)
    if (data[i] != (guint8)(MAGIC_COOKIE >> (8 * (7 - i))))
      return -1;
  if (length < HEADER)
    return 0;
  body = (gsize)data[2] << 8 | data[3];
  if (body % 4 != 0 || HEADER + body > LANE_TURN_ANSWER_MAX)
    return -1;
  return (gssize)(HEADER + body);
}
