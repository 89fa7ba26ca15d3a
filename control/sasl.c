#include "sasl.h"

#include <string.h>

static LaneSaslResult
reply_with (char **reply, const char *text)
{
  *reply = g_strconcat (text, "\r\n", NULL);
  return LANE_SASL_REPLY;
}

static LaneSaslResult
reject (LaneSaslState *state, char **reply)
{
  *state = LANE_SASL_WAIT_AUTH;
  return reply_with (reply, "REJECTED EXTERNAL");
}

/* The uid in decimal, each digit as the hex of its ASCII code; empty means "whoever I am". */
static gboolean
names_uid (const char *hex, guint64 uid)
{
  g_autofree char *decimal = g_strdup_printf ("%" G_GUINT64_FORMAT, uid);

  if (*hex == '\0')
    return TRUE;
  for (const char *digit = decimal; *digit != '\0'; digit++, hex += 2) {
    if (hex[0] != '3' || hex[1] != *digit)
      return FALSE;
  }
  return *hex == '\0';
}

static LaneSaslResult
check_uid (LaneSaslState *state, const char *hex, guint64 uid, const char *guid, char **reply)
{
  if (!names_uid (hex, uid))
    return reject (state, reply);

  *state = LANE_SASL_WAIT_BEGIN;
  *reply = g_strdup_printf ("OK %s\r\n", guid);
  return LANE_SASL_REPLY;
}

static LaneSaslResult
feed_wait_auth (LaneSaslState *state, const char *line, guint64 uid, const char *guid, char **reply)
{
  if (strcmp (line, "AUTH EXTERNAL") == 0) {
    *state = LANE_SASL_WAIT_DATA;
    return reply_with (reply, "DATA");
  }
  if (g_str_has_prefix (line, "AUTH EXTERNAL "))
    return check_uid (state, line + strlen ("AUTH EXTERNAL "), uid, guid, reply);
  if (strcmp (line, "AUTH") == 0 || g_str_has_prefix (line, "AUTH ")
      || g_str_has_prefix (line, "ERROR"))
    return reject (state, reply);
  return strcmp (line, "BEGIN") == 0 ? LANE_SASL_REFUSED : reply_with (reply, "ERROR");
}

LaneSaslResult
lane_sasl_feed (LaneSaslState *state, const char *line, guint64 uid, const char *guid, char **reply)
{
  *reply = NULL;
  if (*state == LANE_SASL_WAIT_AUTH)
    return feed_wait_auth (state, line, uid, guid, reply);

  if (strcmp (line, "CANCEL") == 0 || g_str_has_prefix (line, "ERROR"))
    return reject (state, reply);

  if (*state == LANE_SASL_WAIT_DATA) {
    if (strcmp (line, "DATA") == 0)
      return check_uid (state, "", uid, guid, reply);
    if (g_str_has_prefix (line, "DATA "))
      return check_uid (state, line + strlen ("DATA "), uid, guid, reply);
    return strcmp (line, "BEGIN") == 0 ? LANE_SASL_REFUSED : reply_with (reply, "ERROR");
  }

  /* NEGOTIATE_UNIX_FD and all else: not here. */
  return strcmp (line, "BEGIN") == 0 ? LANE_SASL_BEGUN : reply_with (reply, "ERROR");
}
