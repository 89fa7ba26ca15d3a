#include "signaling/sdp.h"

#include <string.h>

#define TEXT_MAX             (32 * 1024)
#define CANDIDATES_MAX       32
#define SCTP_PORT            5000
#define MAX_MESSAGE_SIZE     (256 * 1024)
#define DEFAULT_MESSAGE_SIZE (64 * 1024) /* when none is written: RFC 8841 section 6.1 */
#define SHA256_BYTES         32
#define QUOTED               40

/* Attributes may stand before the m= line for every section or below it for this one, which
 * counts more. */
typedef struct {
  const char *ufrag, *password, *fingerprint, *setup, *sctp_port, *max_message_size, *mid;
  const char *policy, *paths;
} Level;

typedef struct {
  Level session, media;
  gboolean in_media;
  LaneSdp *sdp;
  guint refused;
} Parser;

#define POLICY_ATTRIBUTE "x-icelane-policy"
#define PATHS_ATTRIBUTE  "x-icelane-paths"
#define SPARE_ATTRIBUTE  "x-icelane-spare"

static const char *const SETUPS[] = {
  [LANE_SETUP_ACTPASS] = "actpass",
  [LANE_SETUP_ACTIVE] = "active",
  [LANE_SETUP_PASSIVE] = "passive",
};

G_DEFINE_QUARK (lane_sdp_error, lane_sdp_error)

static gboolean
fail (GError **error, LaneSdpError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail (GError **error, LaneSdpError code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (LANE_SDP_ERROR, code, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* For messages: the text was checked to have no control characters. */
static char *
quote (const char *text)
{
  g_autofree char *ascii = g_str_to_ascii (text, "C");

  return g_strdup_printf ("'%.*s'", QUOTED, ascii);
}

static gboolean
take_once (const char **slot, const char *value, const char *name, GError **error)
{
  if (*slot != NULL)
    return fail (error, LANE_SDP_ERROR_SYNTAX, "a=%s stands twice", name);
  *slot = value;
  return TRUE;
}

/* Other hash functions may stand beside ours: RFC 8122 section 5. */
static gboolean
take_fingerprint (Level *level, const char *value, GError **error)
{
  static const char ours[] = "sha-256 ";

  if (g_ascii_strncasecmp (value, ours, strlen (ours)) != 0)
    return TRUE;
  return take_once (&level->fingerprint, value + strlen (ours), "fingerprint:sha-256", error);
}

static gboolean
take_candidate (Parser *parser, const char *line, GError **error)
{
  LaneCandidate candidate;

  if (!parser->in_media)
    return fail (error, LANE_SDP_ERROR_SYNTAX, "a=candidate before the m= line");
  if (parser->sdp->candidates->len < CANDIDATES_MAX
      && lane_candidate_parse (line, &candidate, NULL))
    g_array_append_val (parser->sdp->candidates, candidate);
  else
    parser->refused++;
  return TRUE;
}

static gboolean
take_attribute (Parser *parser, const char *line, GError **error)
{
  Level *level = parser->in_media ? &parser->media : &parser->session;
  const struct {
    const char *name;
    const char **slot;
  } slots[] = {
    { "ice-ufrag", &level->ufrag },
    { "ice-pwd", &level->password },
    { "setup", &level->setup },
    { "sctp-port", &level->sctp_port },
    { "max-message-size", &level->max_message_size },
    { "mid", &level->mid },
    { POLICY_ATTRIBUTE, &level->policy },
    { PATHS_ATTRIBUTE, &level->paths },
  };
  const char *colon = strchr (line, ':');
  gsize length = colon != NULL ? (gsize)(colon - line) : strlen (line);

  if (strcmp (line, "end-of-candidates") == 0) {
    parser->sdp->end_of_candidates = TRUE;
    return TRUE;
  }
  if (strcmp (line, SPARE_ATTRIBUTE) == 0)
    parser->sdp->spare = TRUE;
  if (colon == NULL)
    return TRUE;
  if (g_str_has_prefix (line, "candidate:"))
    return take_candidate (parser, line, error);
  if (g_str_has_prefix (line, "fingerprint:"))
    return take_fingerprint (level, colon + 1, error);
  for (guint i = 0; i < G_N_ELEMENTS (slots); i++)
    if (strlen (slots[i].name) == length && strncmp (line, slots[i].name, length) == 0)
      return take_once (slots[i].slot, colon + 1, slots[i].name, error);
  return TRUE;
}

/* m=application 9 UDP/DTLS/SCTP webrtc-datachannel: RFC 8841 section 4.1. */
static gboolean
take_media (Parser *parser, const char *value, GError **error)
{
  g_auto (GStrv) words = g_strsplit (value, " ", -1);
  guint64 port;

  if (parser->in_media)
    return fail (error, LANE_SDP_ERROR_UNSUPPORTED, "more than one m= section");
  if (g_strv_length (words) != 4 || strcmp (words[0], "application") != 0
      || strcmp (words[2], "UDP/DTLS/SCTP") != 0 || strcmp (words[3], "webrtc-datachannel") != 0) {
    g_autofree char *quoted = quote (value);

    return fail (error, LANE_SDP_ERROR_UNSUPPORTED,
                 "m=%s instead of m=application 9 UDP/DTLS/SCTP webrtc-datachannel", quoted);
  }
  if (!g_ascii_string_to_unsigned (words[1], 10, 0, G_MAXUINT16, &port, NULL))
    return fail (error, LANE_SDP_ERROR_SYNTAX, "the port of the m= line is not in 0-65535");
  if (port == 0)
    return fail (error, LANE_SDP_ERROR_UNSUPPORTED, "the m= section is rejected (port 0)");

  parser->in_media = TRUE;
  return TRUE;
}

static gboolean
check_characters (const char *line, GError **error)
{
  if (!g_utf8_validate (line, -1, NULL))
    return fail (error, LANE_SDP_ERROR_SYNTAX, "a line is not UTF-8");
  for (const char *c = line; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      return fail (error, LANE_SDP_ERROR_SYNTAX, "a control character in a line");
  return TRUE;
}

static gboolean
take_line (Parser *parser, const char *line, GError **error)
{
  if (!check_characters (line, error))
    return FALSE;
  if (!g_ascii_islower (line[0]) || line[1] != '=') {
    g_autofree char *quoted = quote (line);

    return fail (error, LANE_SDP_ERROR_SYNTAX, "%s is not a line of SDP", quoted);
  }

  switch (line[0]) {
  case 'm':
    return take_media (parser, line + 2, error);
  case 'a':
    return take_attribute (parser, line + 2, error);
  case 'v':
    return fail (error, LANE_SDP_ERROR_SYNTAX, "v= stands twice");
  default:
    return TRUE;
  }
}

static const char *
effective (const char *media, const char *session)
{
  return media != NULL ? media : session;
}

static gboolean
read_credentials (const Parser *parser, GError **error)
{
  const char *ufrag = effective (parser->media.ufrag, parser->session.ufrag);
  const char *password = effective (parser->media.password, parser->session.password);

  if (!lane_ice_credentials_are_valid (ufrag, password))
    return fail (error, LANE_SDP_ERROR_SYNTAX,
                 "a=ice-ufrag must have 4-64 and a=ice-pwd 22-128 ice-chars");
  parser->sdp->ufrag = g_strdup (ufrag);
  parser->sdp->password = g_strdup (password);
  return TRUE;
}

static gboolean
is_fingerprint (const char *text)
{
  if (strlen (text) != SHA256_BYTES * 3 - 1)
    return FALSE;
  for (guint i = 0; text[i] != '\0'; i++)
    if (i % 3 == 2 ? text[i] != ':' : !g_ascii_isxdigit (text[i]))
      return FALSE;
  return TRUE;
}

static gboolean
read_fingerprint (const Parser *parser, GError **error)
{
  const char *text = effective (parser->media.fingerprint, parser->session.fingerprint);

  if (text == NULL || !is_fingerprint (text))
    return fail (error, LANE_SDP_ERROR_SYNTAX,
                 "a=fingerprint:sha-256 with 32 bytes (AB:CD:...) must be there");
  parser->sdp->fingerprint = g_ascii_strup (text, -1);
  return TRUE;
}

static gboolean
read_setup (const Parser *parser, GError **error)
{
  const char *text = effective (parser->media.setup, parser->session.setup);

  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (SETUPS); i++)
    if (strcmp (text, SETUPS[i]) == 0) {
      parser->sdp->setup = i;
      return TRUE;
    }
  return fail (error, LANE_SDP_ERROR_UNSUPPORTED, "a=setup must be actpass, active or passive");
}

static gboolean
read_sctp (const Parser *parser, GError **error)
{
  guint64 port = SCTP_PORT, size = DEFAULT_MESSAGE_SIZE;

  if (parser->media.sctp_port != NULL
      && !g_ascii_string_to_unsigned (parser->media.sctp_port, 10, 1, G_MAXUINT16, &port, NULL))
    return fail (error, LANE_SDP_ERROR_SYNTAX, "a=sctp-port is not in 1-65535");
  if (parser->media.max_message_size != NULL
      && !g_ascii_string_to_unsigned (parser->media.max_message_size, 10, 0, G_MAXUINT32, &size,
                                      NULL))
    return fail (error, LANE_SDP_ERROR_SYNTAX, "a=max-message-size is not in 0-4294967295");
  parser->sdp->sctp_port = port;
  parser->sdp->max_message_size = size;
  return TRUE;
}

/* An answer must repeat the offer's mid; ours is always 0, as RFC 8829 section 5.2.1 makes it. */
static gboolean
check_mid (const Parser *parser, GError **error)
{
  if (parser->media.mid != NULL && strcmp (parser->media.mid, "0") != 0)
    return fail (error, LANE_SDP_ERROR_UNSUPPORTED, "a=mid must be 0");
  return TRUE;
}

/* Words of a later version mean what it is to say nothing. */
static void
read_ours (const Parser *parser)
{
  const char *policy = effective (parser->media.policy, parser->session.policy);
  const char *paths = effective (parser->media.paths, parser->session.paths);

  for (guint i = 0; policy != NULL && i <= LANE_POLICY_LOWEST_RTT; i++)
    if (strcmp (policy, lane_policy_to_string (i)) == 0)
      parser->sdp->policy = i;
  for (guint i = 0; paths != NULL && i < LANE_PATHS_NONE; i++)
    if (strcmp (paths, lane_paths_to_string (i)) == 0)
      parser->sdp->paths = i;
}

static gboolean
read_description (Parser *parser, char **lines, GError **error)
{
  if (strcmp (lines[0], "v=0") != 0)
    return fail (error, LANE_SDP_ERROR_SYNTAX, "the first line must be v=0");
  for (guint i = 1; lines[i] != NULL; i++) {
    if (lines[i][0] == '\0' && lines[i + 1] == NULL)
      break;
    if (!take_line (parser, lines[i], error))
      return FALSE;
  }
  if (!parser->in_media)
    return fail (error, LANE_SDP_ERROR_SYNTAX, "the m= line is missing");

  read_ours (parser);
  return check_mid (parser, error) && read_credentials (parser, error)
         && read_fingerprint (parser, error) && read_setup (parser, error)
         && read_sctp (parser, error);
}

static char **
split_lines (const char *text)
{
  char **lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_suffix (*line, "\r"))
      (*line)[strlen (*line) - 1] = '\0';
  return lines;
}

LaneSdp *
lane_sdp_new (void)
{
  LaneSdp *sdp = g_new0 (LaneSdp, 1);

  sdp->sctp_port = SCTP_PORT;
  sdp->max_message_size = MAX_MESSAGE_SIZE;
  sdp->candidates = g_array_new (FALSE, FALSE, sizeof (LaneCandidate));
  return sdp;
}

LaneSdp *
lane_sdp_parse (const char *text, guint *refused, GError **error)
{
  g_autoptr (LaneSdp) sdp = lane_sdp_new ();
  g_auto (GStrv) lines = NULL;
  Parser parser = { .sdp = sdp };

  if (strnlen (text, TEXT_MAX + 1) > TEXT_MAX) {
    fail (error, LANE_SDP_ERROR_SYNTAX, "a description of more than %d bytes", TEXT_MAX);
    return NULL;
  }
  lines = split_lines (text);
  if (lines[0] == NULL) {
    fail (error, LANE_SDP_ERROR_SYNTAX, "an empty description");
    return NULL;
  }
  if (!read_description (&parser, lines, error))
    return NULL;

  if (refused != NULL)
    *refused = parser.refused;
  return g_steal_pointer (&sdp);
}

/* o= wants a number that names the session (RFC 8866 section 5.2); the certificate is ours for as
 * long as we run. */
static guint64
session_number (const LaneSdp *sdp)
{
  guint64 number = 0;
  guint digits = 0;

  for (const char *c = sdp->fingerprint; *c != '\0' && digits < 15; c++)
    if (g_ascii_isxdigit (*c)) {
      number = number << 4 | g_ascii_xdigit_value (*c);
      digits++;
    }
  return number;
}

char *
lane_sdp_format (const LaneSdp *sdp)
{
  GString *text = g_string_new ("v=0\r\n");

  g_string_append_printf (text,
                          "o=- %" G_GUINT64_FORMAT " 1 IN IP4 127.0.0.1\r\n"
                          "s=-\r\n"
                          "t=0 0\r\n"
                          "a=group:BUNDLE 0\r\n"
                          "a=ice-options:trickle\r\n"
                          "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
                          "c=IN IP4 0.0.0.0\r\n"
                          "a=mid:0\r\n",
                          session_number (sdp));
  g_string_append_printf (text,
                          "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
                          "a=fingerprint:sha-256 %s\r\na=setup:%s\r\n"
                          "a=sctp-port:%u\r\na=max-message-size:%u\r\n",
                          sdp->ufrag, sdp->password, sdp->fingerprint, SETUPS[sdp->setup],
                          sdp->sctp_port, sdp->max_message_size);
  if (sdp->policy != LANE_POLICY_AUTO)
    g_string_append_printf (text, "a=" POLICY_ATTRIBUTE ":%s\r\n",
                            lane_policy_to_string (sdp->policy));
  if (sdp->paths != LANE_PATHS_ANY)
    g_string_append_printf (text, "a=" PATHS_ATTRIBUTE ":%s\r\n",
                            lane_paths_to_string (sdp->paths));
  if (sdp->spare)
    g_string_append (text, "a=" SPARE_ATTRIBUTE "\r\n");
  for (guint i = 0; i < sdp->candidates->len; i++) {
    g_autofree char *line =
        lane_candidate_format (&g_array_index (sdp->candidates, LaneCandidate, i));

    g_string_append_printf (text, "a=%s\r\n", line);
  }
  if (sdp->end_of_candidates)
    g_string_append (text, "a=end-of-candidates\r\n");
  return g_string_free (text, FALSE);
}

void
lane_sdp_free (LaneSdp *sdp)
{
  if (sdp == NULL)
    return;
  g_free (sdp->ufrag);
  g_free (sdp->password);
  g_free (sdp->fingerprint);
  g_array_unref (sdp->candidates);
  g_free (sdp);
}
