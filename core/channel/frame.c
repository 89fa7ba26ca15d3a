#include "channel/frame.h"

#include <string.h>

#define ECHO_BYTES      (1 + 4 + 8)
#define STEPS_MAX_BYTES 256

static void
put_be (guint8 *out, guint64 value, gsize bytes)
{
  for (gsize i = 0; i < bytes; i++)
    out[i] = (guint8)(value >> 8 * (bytes - 1 - i));
}

static guint64
get_be (const guint8 *data, gsize bytes)
{
  guint64 value = 0;

  for (gsize i = 0; i < bytes; i++)
    value = value << 8 | data[i];
  return value;
}

/* A word, so that it can be logged and compared as it stands. */
static gboolean
is_reason (const guint8 *text, gsize length)
{
  if (length == 0 || length >= sizeof ((LaneFrame *)NULL)->reason)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_islower (text[i]) && text[i] != '-')
      return FALSE;
  return TRUE;
}

gsize
lane_frame_format (const LaneFrame *frame, guint8 out[LANE_FRAME_MAX_BYTES])
{
  gsize length;

  out[0] = (guint8)frame->type;
  switch (frame->type) {
  case LANE_FRAME_PING:
  case LANE_FRAME_PONG:
    put_be (out + 1, frame->sequence, 4);
    put_be (out + 5, frame->time_us, 8);
    return ECHO_BYTES;
  case LANE_FRAME_BYE:
    length = strnlen (frame->reason, sizeof frame->reason);
    g_return_val_if_fail (is_reason ((const guint8 *)frame->reason, length), 0);
    memcpy (out + 1, frame->reason, length);
    return 1 + length;
  case LANE_FRAME_NAT:
    memcpy (out + 1, frame->nat, sizeof frame->nat);
    return 1 + sizeof frame->nat;
  case LANE_FRAME_STEPS:
    memcpy (out + 1, frame->steps, sizeof frame->steps);
    return 1 + sizeof frame->steps;
  }
  g_return_val_if_reached (0);
}

gboolean
lane_frame_parse (const guint8 *data, gsize length, LaneFrame *frame)
{
  *frame = (LaneFrame){ 0 };
  if (length == 0)
    return FALSE;

  switch (data[0]) {
  case LANE_FRAME_PING:
  case LANE_FRAME_PONG:
    if (length != ECHO_BYTES)
      return FALSE;
    frame->sequence = (guint32)get_be (data + 1, 4);
    frame->time_us = get_be (data + 5, 8);
    break;
  case LANE_FRAME_BYE:
    if (!is_reason (data + 1, length - 1))
      return FALSE;
    memcpy (frame->reason, data + 1, length - 1);
    break;
  case LANE_FRAME_NAT:
    if (length != 1 + sizeof frame->nat)
      return FALSE;
    memcpy (frame->nat, data + 1, sizeof frame->nat);
    break;
  case LANE_FRAME_STEPS:
    if (length < 1 + sizeof frame->steps || length > STEPS_MAX_BYTES)
      return FALSE;
    memcpy (frame->steps, data + 1, sizeof frame->steps);
    break;
  default:
    return FALSE;
  }
  frame->type = (LaneFrameType)data[0];
  return TRUE;
}
