#include "ice/candidate.h"

#include <arpa/inet.h>
#include <string.h>

#define FIELDS_MIN     8 /* foundation ... "typ" type: RFC 8839 section 5.1 */
#define QUOTED         40
#define UFRAG_MIN      4
#define UFRAG_MAX      64
#define PASSWORD_MIN   22
#define PASSWORD_MAX   128
#define FOUNDATION_MAX 32
#define HIDDEN_PORT    9 /* discard: RFC 8839 section 5.1 for a related address nobody shall learn */

static const char PREFIX[] = "candidate:";

static const char *const TYPES[] = {
  [LANE_CANDIDATE_HOST] = "host",
  [LANE_CANDIDATE_SRFLX] = "srflx",
  [LANE_CANDIDATE_PRFLX] = "prflx",
  [LANE_CANDIDATE_RELAY] = "relay",
};

G_DEFINE_QUARK (lane_candidate_error, lane_candidate_error)

/* What is quoted was checked to be printable ASCII. */
static gboolean
fail (GError **error, LaneCandidateError code, const char *text, const char *why)
{
  g_set_error (error, LANE_CANDIDATE_ERROR, code, "'%.*s' %s", QUOTED, text, why);
  return FALSE;
}

static gboolean
syntax (GError **error, const char *text, const char *why)
{
  return fail (error, LANE_CANDIDATE_ERROR_SYNTAX, text, why);
}

static gboolean
refused (GError **error, const char *text, const char *why)
{
  return fail (error, LANE_CANDIDATE_ERROR_REFUSED, text, why);
}

static gboolean
is_ice_chars (const char *text, gsize min, gsize max)
{
  gsize length = 0;

  if (text == NULL)
    return FALSE;
  for (; text[length] != '\0'; length++)
    if (length == max
        || !(g_ascii_isalnum (text[length]) || text[length] == '+' || text[length] == '/'))
      return FALSE;
  return length >= min;
}

/* No sign, no space, no leading zero, no wrapping. */
static gboolean
parse_number (const char *text, guint32 min, guint32 max, guint32 *value)
{
  guint64 sum = 0;

  if (*text == '\0' || (text[0] == '0' && text[1] != '\0'))
    return FALSE;
  for (const char *c = text; *c != '\0'; c++) {
    if (!g_ascii_isdigit (*c))
      return FALSE;
    sum = sum * 10 + (*c - '0');
    if (sum > max)
      return FALSE;
  }
  *value = sum;
  return sum >= min;
}

static gboolean
looks_like_name (const char *text)
{
  gboolean letter = FALSE;

  for (const char *c = text; *c != '\0'; c++) {
    if (!g_ascii_isalnum (*c) && *c != '-' && *c != '.')
      return FALSE;
    letter |= g_ascii_isalpha (*c);
  }
  return letter;
}

static gboolean
is_wrapped_ipv4 (const struct in6_addr *address)
{
  return IN6_IS_ADDR_V4MAPPED (address)
         || (IN6_IS_ADDR_V4COMPAT (address) && !IN6_IS_ADDR_LOOPBACK (address));
}

/* inet_pton() takes no zone, no leading zero, no short form. */
static gboolean
parse_address (const char *text, char canonical[LANE_ADDRESS_MAX], GError **error)
{
  struct in_addr ipv4;
  struct in6_addr ipv6;

  if (inet_pton (AF_INET, text, &ipv4) == 1) {
    inet_ntop (AF_INET, &ipv4, canonical, LANE_ADDRESS_MAX);
    return TRUE;
  }
  if (inet_pton (AF_INET6, text, &ipv6) == 1) {
    /* RFC 8445 section 5.1.1.1 */
    if (is_wrapped_ipv4 (&ipv6))
      return refused (error, text, "is an IPv4 address in IPv6 clothes");
    inet_ntop (AF_INET6, &ipv6, canonical, LANE_ADDRESS_MAX);
    return TRUE;
  }
  if (looks_like_name (text))
    return refused (error, text, "is a name, only IP literals are taken");
  return syntax (error, text, "is not an IP literal");
}

static gboolean
parse_type (const char *text, LaneCandidateType *type, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (TYPES); i++)
    if (i != LANE_CANDIDATE_PRFLX && strcmp (text, TYPES[i]) == 0) {
      *type = i;
      return TRUE;
    }
  return refused (error, text, "is not a type of candidate that is taken");
}

static gboolean
parse_related_address (const char *text, LaneCandidate *candidate, GError **error)
{
  if (!parse_address (text, candidate->related_address, error))
    return FALSE;
  /* The way to say that it is nobody's business: RFC 8839 section 5.1. */
  if (strcmp (candidate->related_address, "0.0.0.0") == 0
      || strcmp (candidate->related_address, "::") == 0)
    memset (candidate->related_address, 0, sizeof candidate->related_address);
  return TRUE;
}

static gboolean
parse_related_port (const char *text, LaneCandidate *candidate, GError **error)
{
  guint32 port;

  if (!parse_number (text, 0, G_MAXUINT16, &port))
    return syntax (error, text, "is not a port (0-65535)");
  if (candidate->related_address[0] != '\0')
    candidate->related_port = port;
  return TRUE;
}

/* Pairs of a name and a value: raddr and rport may only be the first. Others, such as generation
 * or tcptype, mean nothing to us, and their value may be empty. */
static gboolean
parse_attributes (char **fields, LaneCandidate *candidate, GError **error)
{
  guint n = g_strv_length (fields);
  guint i = 0;

  if (n % 2 != 0)
    return syntax (error, fields[n - 1], "has no value");
  if (i < n && strcmp (fields[i], "raddr") == 0) {
    if (!parse_related_address (fields[i + 1], candidate, error))
      return FALSE;
    i += 2;
  }
  if (i < n && strcmp (fields[i], "rport") == 0) {
    if (!parse_related_port (fields[i + 1], candidate, error))
      return FALSE;
    i += 2;
  }
  for (; i < n; i += 2)
    if (*fields[i] == '\0' || strcmp (fields[i], "raddr") == 0 || strcmp (fields[i], "rport") == 0)
      return syntax (error, fields[i], "is an attribute in a wrong place");
  return TRUE;
}

static gboolean
parse_fields (char **fields, LaneCandidate *candidate, GError **error)
{
  guint32 component, port;

  if (!is_ice_chars (fields[0], 1, FOUNDATION_MAX))
    return syntax (error, fields[0], "is not a foundation of 1-32 ice-chars");
  g_strlcpy (candidate->foundation, fields[0], sizeof candidate->foundation);
  if (!parse_number (fields[1], 1, 256, &component))
    return syntax (error, fields[1], "is not a component (1-256)");
  if (component != 1)
    return refused (error, fields[1], "is not the one component that is taken, 1");
  if (g_ascii_strcasecmp (fields[2], "UDP") != 0)
    return refused (error, fields[2], "is not the one transport that is taken, UDP");
  if (!parse_number (fields[3], 1, G_MAXINT32, &candidate->priority))
    return syntax (error, fields[3], "is not a priority (1-2147483647)");
  if (!parse_address (fields[4], candidate->address, error))
    return FALSE;
  if (!parse_number (fields[5], 1, G_MAXUINT16, &port))
    return syntax (error, fields[5], "is not a port (1-65535)");
  candidate->port = port;
  if (strcmp (fields[6], "typ") != 0)
    return syntax (error, fields[6], "stands where 'typ' must");
  return parse_type (fields[7], &candidate->type, error)
         && parse_attributes (fields + FIELDS_MIN, candidate, error);
}

static gboolean
is_printable (const char *text)
{
  for (; *text != '\0'; text++)
    if (!g_ascii_isprint (*text))
      return FALSE;
  return TRUE;
}

gboolean
lane_candidate_parse (const char *line, LaneCandidate *candidate, GError **error)
{
  g_auto (GStrv) fields = NULL;
  LaneCandidate parsed = { 0 };

  if (strnlen (line, LANE_CANDIDATE_MAX_BYTES + 1) > LANE_CANDIDATE_MAX_BYTES)
    return syntax (error, "candidate", "has more than 512 bytes");
  if (!is_printable (line))
    return syntax (error, "candidate", "has more in it than printable ASCII");
  if (!g_str_has_prefix (line, PREFIX))
    return syntax (error, line, "does not begin with 'candidate:'");

  fields = g_strsplit (line + strlen (PREFIX), " ", -1);
  if (g_strv_length (fields) < FIELDS_MIN)
    return syntax (error, line, "is too short for a candidate");
  if (!parse_fields (fields, &parsed, error))
    return FALSE;

  *candidate = parsed;
  return TRUE;
}

char *
lane_candidate_format (const LaneCandidate *candidate)
{
  GString *line = g_string_new (PREFIX);

  g_string_append_printf (line, "%s 1 UDP %u %s %u typ %s", candidate->foundation,
                          candidate->priority, candidate->address, candidate->port,
                          lane_candidate_type_to_string (candidate->type));
  if (candidate->type == LANE_CANDIDATE_HOST)
    return g_string_free (line, FALSE);

  if (candidate->related_address[0] != '\0')
    g_string_append_printf (line, " raddr %s rport %u", candidate->related_address,
                            candidate->related_port);
  else
    g_string_append_printf (line, " raddr %s rport %d",
                            lane_candidate_get_family (candidate) == 6 ? "::" : "0.0.0.0",
                            HIDDEN_PORT);
  return g_string_free (line, FALSE);
}

gboolean
lane_candidate_equal (const LaneCandidate *a, const LaneCandidate *b)
{
  return a->type == b->type && a->port == b->port && strcmp (a->address, b->address) == 0;
}

int
lane_candidate_get_family (const LaneCandidate *candidate)
{
  return strchr (candidate->address, ':') != NULL ? 6 : 4;
}

const char *
lane_candidate_type_to_string (LaneCandidateType type)
{
  g_return_val_if_fail (type < G_N_ELEMENTS (TYPES), "host");

  return TYPES[type];
}

gboolean
lane_ice_ufrag_is_valid (const char *ufrag)
{
  return is_ice_chars (ufrag, UFRAG_MIN, UFRAG_MAX);
}

gboolean
lane_ice_credentials_are_valid (const char *ufrag, const char *password)
{
  return lane_ice_ufrag_is_valid (ufrag) && is_ice_chars (password, PASSWORD_MIN, PASSWORD_MAX);
}
