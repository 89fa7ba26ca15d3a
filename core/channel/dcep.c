#include "channel/dcep.h"

#include <string.h>

#include "text.h"

#define OPEN_HEADER_BYTES 12
#define UNORDERED_BIT     0x80 /* RFC 8832 section 5.1 */

static void
put_be (guint8 *out, guint32 value, gsize bytes)
{
  for (gsize i = 0; i < bytes; i++)
    out[i] = (guint8)(value >> 8 * (bytes - 1 - i));
}

static guint32
get_be (const guint8 *data, gsize bytes)
{
  guint32 value = 0;

  for (gsize i = 0; i < bytes; i++)
    value = value << 8 | data[i];
  return value;
}

/* Only text that needs no cleaning comes in, so that nothing behind this has to clean it. */
static gboolean
take_text (const guint8 *data, gsize length, char out[LANE_DCEP_TEXT_MAX + 1])
{
  g_autofree char *clean = NULL;

  if (length > LANE_DCEP_TEXT_MAX)
    return FALSE;
  clean = lane_text_clean ((const char *)data, (gssize)length, LANE_DCEP_TEXT_MAX);
  if (strlen (clean) != length || memcmp (clean, data, length) != 0)
    return FALSE;
  memcpy (out, data, length);
  out[length] = '\0';
  return TRUE;
}

static gboolean
parse_open (const guint8 *data, gsize length, LaneDcepMessage *message)
{
  gsize label_length, protocol_length;

  if (length < OPEN_HEADER_BYTES)
    return FALSE;
  label_length = get_be (data + 8, 2);
  protocol_length = get_be (data + 10, 2);
  if (length != OPEN_HEADER_BYTES + label_length + protocol_length)
    return FALSE;

  message->unordered = (data[1] & UNORDERED_BIT) != 0;
  message->reliability = (LaneDcepReliability)(data[1] & ~UNORDERED_BIT);
  if (message->reliability > LANE_DCEP_LIFETIME)
    return FALSE;
  message->priority = (guint16)get_be (data + 2, 2);
  if (message->reliability != LANE_DCEP_RELIABLE) /* else "MUST be ignored", section 5.1 */
    message->limit = get_be (data + 4, 4);

  data += OPEN_HEADER_BYTES;
  return take_text (data, label_length, message->label)
         && take_text (data + label_length, protocol_length, message->protocol);
}

gsize
lane_dcep_format (const LaneDcepMessage *message, guint8 out[LANE_DCEP_MAX_BYTES])
{
  gsize label_length, protocol_length;

  out[0] = (guint8)message->type;
  if (message->type == LANE_DCEP_ACK)
    return 1;

  label_length = strnlen (message->label, LANE_DCEP_TEXT_MAX);
  protocol_length = strnlen (message->protocol, LANE_DCEP_TEXT_MAX);
  out[1] = (guint8)(message->reliability | (message->unordered ? UNORDERED_BIT : 0));
  put_be (out + 2, message->priority, 2);
  put_be (out + 4, message->reliability == LANE_DCEP_RELIABLE ? 0 : message->limit, 4);
  put_be (out + 8, (guint32)label_length, 2);
  put_be (out + 10, (guint32)protocol_length, 2);
  memcpy (out + OPEN_HEADER_BYTES, message->label, label_length);
  memcpy (out + OPEN_HEADER_BYTES + label_length, message->protocol, protocol_length);
  return OPEN_HEADER_BYTES + label_length + protocol_length;
}

gboolean
lane_dcep_parse (const guint8 *data, gsize length, LaneDcepMessage *message)
{
  *message = (LaneDcepMessage){ 0 };
  if (length == 0)
    return FALSE;

  message->type = (LaneDcepType)data[0];
  switch (data[0]) {
  case LANE_DCEP_ACK:
    return length == 1;
  case LANE_DCEP_OPEN:
    return parse_open (data, length, message);
  default:
    return FALSE;
  }
}
