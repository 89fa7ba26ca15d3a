#include "secure/envelope.h"

#include "signaling/bounded-json.h"

#include <string.h>

#define VERSION       1
#define TYPE_MAX      32
#define NONCE_LENGTH  32
#define SEQUENCE_MAX  (((gint64)1 << 53) - 1) /* exact in every JSON reader */
#define KEY_MAX       128
#define SIGNATURE_MAX 80

static const char PURPOSE[] = "icelane-envelope-1"; /* signed with its NUL */

G_DEFINE_QUARK (lane_envelope_error, lane_envelope_error)

static gboolean
malformed (GError **error, const char *text)
{
  g_set_error_literal (error, LANE_ENVELOPE_ERROR, LANE_ENVELOPE_ERROR_MALFORMED, text);
  return FALSE;
}

static gboolean
adopt (GError **error, LaneEnvelopeError code, GError *cause)
{
  g_set_error_literal (error, LANE_ENVELOPE_ERROR, code, cause->message);
  g_error_free (cause);
  return FALSE;
}

static void
append_field (GByteArray *bytes, const void *data, gsize length)
{
  guint32 size = GUINT32_TO_BE ((guint32)length);

  g_byte_array_append (bytes, (const guint8 *)&size, sizeof size);
  g_byte_array_append (bytes, data, length);
}

/* Every field with its length before it, so that no byte can move from one to the next. */
static GBytes *
signed_bytes (const LaneEnvelope *envelope, const char *from)
{
  GByteArray *bytes = g_byte_array_sized_new (512 + strlen (envelope->payload));
  guint64 sequence = GUINT64_TO_BE (envelope->sequence);

  g_byte_array_append (bytes, (const guint8 *)PURPOSE, sizeof PURPOSE);
  append_field (bytes, envelope->type, strlen (envelope->type));
  append_field (bytes, from, strlen (from));
  append_field (bytes, envelope->to, strlen (envelope->to));
  append_field (bytes, envelope->boot, strlen (envelope->boot));
  append_field (bytes, envelope->nonce, strlen (envelope->nonce));
  append_field (bytes, envelope->session, strlen (envelope->session));
  append_field (bytes, &sequence, sizeof sequence);
  append_field (bytes, envelope->payload, strlen (envelope->payload));
  return g_byte_array_free_to_bytes (bytes);
}

static gboolean
is_type (const char *text)
{
  gsize length = 0;

  for (; text[length] != '\0'; length++)
    if (length == TYPE_MAX || !(g_ascii_islower (text[length]) || text[length] == '-'))
      return FALSE;
  return length > 0;
}

static gboolean
is_hex (const char *text)
{
  for (gsize i = 0; i < NONCE_LENGTH; i++)
    if (!g_ascii_isdigit (text[i]) && !(text[i] >= 'a' && text[i] <= 'f'))
      return FALSE;
  return text[NONCE_LENGTH] == '\0';
}

static gboolean
check_fields (const LaneEnvelope *envelope, const char *from, GError **error)
{
  if (!is_type (envelope->type))
    return malformed (error, "'type' must be a word of 1-32 characters of a-z and -");
  if (!lane_id_is_canonical (from))
    return malformed (error, "'from' is not a node id");
  if (!lane_id_is_canonical (envelope->to))
    return malformed (error, "'to' is not a node id");
  if (!is_hex (envelope->boot))
    return malformed (error, "'boot' must have 32 characters of 0-9 and a-f");
  if (!is_hex (envelope->nonce))
    return malformed (error, "'nonce' must have 32 characters of 0-9 and a-f");
  if (!is_hex (envelope->session))
    return malformed (error, "'session' must have 32 characters of 0-9 and a-f");
  if (envelope->sequence == 0 || envelope->sequence > SEQUENCE_MAX)
    return malformed (error, "'seq' must be in 1-9007199254740991");
  if (!g_utf8_validate (envelope->payload, -1, NULL))
    return malformed (error, "'payload' must be UTF-8");
  return TRUE;
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_base64 (JsonBuilder *builder, const char *name, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autofree char *text = g_base64_encode (data, size);

  add_string (builder, name, text);
}

static char *
format (const LaneEnvelope *envelope, const char *from, GBytes *key, GBytes *signature)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "v");
  json_builder_add_int_value (builder, VERSION);
  add_string (builder, "type", envelope->type);
  add_string (builder, "from", from);
  add_string (builder, "to", envelope->to);
  add_string (builder, "boot", envelope->boot);
  add_string (builder, "nonce", envelope->nonce);
  add_string (builder, "session", envelope->session);
  json_builder_set_member_name (builder, "seq");
  json_builder_add_int_value (builder, envelope->sequence);
  add_string (builder, "payload", envelope->payload);
  add_base64 (builder, "key", key);
  add_base64 (builder, "sig", signature);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

char *
lane_envelope_sign (const LaneEnvelope *envelope, const LaneIdentity *identity, GError **error)
{
  const char *from = lane_identity_get_id (identity);
  g_autoptr (GBytes) data = NULL;
  g_autoptr (GBytes) signature = NULL;
  g_autofree char *text = NULL;
  GError *cause = NULL;

  if (!check_fields (envelope, from, error))
    return NULL;

  data = signed_bytes (envelope, from);
  signature = lane_identity_sign (identity, data, &cause);
  if (signature == NULL) {
    adopt (error, LANE_ENVELOPE_ERROR_SIGNATURE, cause);
    return NULL;
  }

  text = format (envelope, from, lane_identity_get_public_key (identity), signature);
  if (strlen (text) > LANE_ENVELOPE_MAX_BYTES) {
    malformed (error, "a message of more than 64 KiB");
    return NULL;
  }
  return g_steal_pointer (&text);
}

static gboolean
read_string (JsonObject *object, const char *name, char **value, GError **error)
{
  GError *cause = NULL;
  const char *text = lane_bounded_json_get_string (object, name, &cause);

  if (text == NULL)
    return adopt (error, LANE_ENVELOPE_ERROR_MALFORMED, cause);
  *value = g_strdup (text);
  return TRUE;
}

/* g_base64_decode() skips what it does not know: only what encodes back to the same text is
 * taken. */
static gboolean
read_base64 (JsonObject *object, const char *name, gsize max, GBytes **value, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree guchar *data = NULL;
  g_autofree char *again = NULL;
  gsize size = 0;

  if (!read_string (object, name, &text, error))
    return FALSE;
  if (strlen (text) <= (max + 2) / 3 * 4)
    data = g_base64_decode (text, &size);
  if (data != NULL)
    again = g_base64_encode (data, size);
  if (again == NULL || size == 0 || size > max || strcmp (again, text) != 0) {
    g_set_error (error, LANE_ENVELOPE_ERROR, LANE_ENVELOPE_ERROR_MALFORMED,
                 "'%s' must be base64 of 1-%" G_GSIZE_FORMAT " bytes", name, max);
    return FALSE;
  }
  *value = g_bytes_new_take (g_steal_pointer (&data), size);
  return TRUE;
}

static gboolean
read_envelope (JsonObject *object, LaneEnvelope *envelope, GError **error)
{
  GError *cause = NULL;
  gint64 number;

  if (!lane_bounded_json_get_integer (object, "v", VERSION, VERSION, &number, &cause))
    return adopt (error, LANE_ENVELOPE_ERROR_MALFORMED, cause);
  if (!lane_bounded_json_get_integer (object, "seq", 1, SEQUENCE_MAX, &number, &cause))
    return adopt (error, LANE_ENVELOPE_ERROR_MALFORMED, cause);
  envelope->sequence = number;

  return read_string (object, "type", &envelope->type, error)
         && read_string (object, "from", &envelope->from, error)
         && read_string (object, "to", &envelope->to, error)
         && read_string (object, "boot", &envelope->boot, error)
         && read_string (object, "nonce", &envelope->nonce, error)
         && read_string (object, "session", &envelope->session, error)
         && read_string (object, "payload", &envelope->payload, error)
         && read_base64 (object, "key", KEY_MAX, &envelope->public_key, error)
         && read_base64 (object, "sig", SIGNATURE_MAX, &envelope->signature, error)
         && check_fields (envelope, envelope->from, error);
}

LaneEnvelope *
lane_envelope_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (LaneEnvelope) envelope = NULL;
  g_autoptr (JsonNode) root = NULL;
  GError *cause = NULL;

  root = lane_bounded_json_parse (text, length, LANE_ENVELOPE_MAX_BYTES, LANE_ENVELOPE_MAX_BYTES,
                                  &cause);
  if (root == NULL) {
    adopt (error, LANE_ENVELOPE_ERROR_MALFORMED, cause);
    return NULL;
  }

  envelope = g_new0 (LaneEnvelope, 1);
  if (!read_envelope (json_node_get_object (root), envelope, error))
    return NULL;
  return g_steal_pointer (&envelope);
}

gboolean
lane_envelope_verify (const LaneEnvelope *envelope, GError **error)
{
  gsize size;
  const guint8 *key = g_bytes_get_data (envelope->public_key, &size);
  g_autofree char *id = lane_id_from_public_key (key, size);
  g_autoptr (GBytes) data = NULL;
  GError *cause = NULL;

  if (strcmp (id, envelope->from) != 0) {
    g_set_error (error, LANE_ENVELOPE_ERROR, LANE_ENVELOPE_ERROR_SIGNATURE,
                 "the key belongs to %s, not to %s", id, envelope->from);
    return FALSE;
  }
  data = signed_bytes (envelope, envelope->from);
  return lane_identity_verify (envelope->public_key, data, envelope->signature, &cause)
         || adopt (error, LANE_ENVELOPE_ERROR_SIGNATURE, cause);
}

void
lane_envelope_free (LaneEnvelope *envelope)
{
  if (envelope == NULL)
    return;
  g_free (envelope->type);
  g_free (envelope->from);
  g_free (envelope->to);
  g_free (envelope->boot);
  g_free (envelope->nonce);
  g_free (envelope->session);
  g_free (envelope->payload);
  g_clear_pointer (&envelope->public_key, g_bytes_unref);
  g_clear_pointer (&envelope->signature, g_bytes_unref);
  g_free (envelope);
}
