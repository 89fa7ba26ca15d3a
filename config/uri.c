#include "uri.h"

#include <arpa/inet.h>
#include <string.h>

#include <gio/gio.h>

#include "problem.h"

#define PORT_PLAIN 3478
#define PORT_TLS   5349
#define HOST_MAX   253 /* RFC 1035 section 2.3.4, as text */
#define LABEL_MAX  63

G_DEFINE_QUARK (lane_uri_error, lane_uri_error)

static const char *const scheme_names[] = { "stun", "stuns", "turn", "turns" };
static const char *const protocol_names[] = { "udp", "tcp", "tls" };

const char *
lane_uri_scheme_to_string (LaneUriScheme scheme)
{
  return scheme_names[scheme];
}

const char *
lane_protocol_to_string (LaneProtocol protocol)
{
  return protocol_names[protocol];
}

static gboolean
scheme_is_tls (LaneUriScheme scheme)
{
  return scheme == LANE_URI_STUNS || scheme == LANE_URI_TURNS;
}

static guint16
scheme_default_port (LaneUriScheme scheme)
{
  return scheme_is_tls (scheme) ? PORT_TLS : PORT_PLAIN;
}

static LaneProtocol
scheme_default_protocol (LaneUriScheme scheme)
{
  return scheme_is_tls (scheme) ? LANE_PROTOCOL_TCP : LANE_PROTOCOL_UDP;
}

static gboolean
parse_scheme (const char *text, gsize length, LaneUriScheme *scheme, GError **error)
{
  g_autofree char *name = g_ascii_strdown (text, length);
  g_autofree char *quoted = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (scheme_names); i++)
    if (strcmp (name, scheme_names[i]) == 0) {
      *scheme = (LaneUriScheme)i;
      return TRUE;
    }
  quoted = lane_problem_quote (name);
  g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SCHEME,
               "%s is not stun, stuns, turn or turns: write for example turn:turn.example.net:3478",
               quoted);
  return FALSE;
}

static gboolean
parse_port (const char *text, guint16 *port, GError **error)
{
  g_autofree char *quoted = NULL;
  guint64 number;

  if (*text == '\0') {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_PORT,
                 "the port is missing after ':': write 1-65535 or leave the ':' out");
    return FALSE;
  }
  if (strspn (text, "0123456789") != strlen (text)) {
    quoted = lane_problem_quote (text);
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_PORT, "port %s is not a number in 1-65535",
                 quoted);
    return FALSE;
  }
  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT16, &number, NULL)) {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_PORT, "port %.20s is not in 1-65535", text);
    return FALSE;
  }
  *port = (guint16)number;
  return TRUE;
}

static gboolean
label_is_number (const char *label)
{
  return *label != '\0' && strspn (label, "0123456789") == strlen (label);
}

/* RFC 1123 section 2.1, with the underscore that some zones use. A name whose last label is a
 * number cannot exist; it is a mistyped IPv4 address. */
static gboolean
host_is_name (const char *host)
{
  g_auto (GStrv) labels = g_strsplit (host, ".", -1);
  guint count = g_strv_length (labels);

  if (strlen (host) > HOST_MAX)
    return FALSE;
  if (count > 1 && *labels[count - 1] == '\0') /* `example.net.`, the absolute form */
    count--;
  for (guint i = 0; i < count; i++) {
    gsize length = strlen (labels[i]);

    if (length == 0 || length > LABEL_MAX || labels[i][0] == '-' || labels[i][length - 1] == '-')
      return FALSE;
    if (strspn (labels[i], "abcdefghijklmnopqrstuvwxyz0123456789-_") != length)
      return FALSE;
  }
  return count > 0 && !label_is_number (labels[count - 1]);
}

static char *
parse_host_name (const char *text, GError **error)
{
  g_autofree char *ascii = NULL;
  g_autofree char *host = NULL;
  g_autofree char *quoted = NULL;
  struct in_addr ipv4;

  if (*text == '\0') {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "the host is missing: write for example turn:turn.example.net:3478");
    return NULL;
  }
  if (inet_pton (AF_INET, text, &ipv4) == 1)
    return g_strdup (text);

  if (g_utf8_validate (text, -1, NULL) && strlen (text) <= HOST_MAX)
    ascii = g_hostname_to_ascii (text);
  if (ascii != NULL)
    host = g_ascii_strdown (ascii, -1);
  if (host != NULL && host_is_name (host))
    return g_steal_pointer (&host);

  quoted = lane_problem_quote (text);
  g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
               "host %s is neither a name nor an IP address", quoted);
  return NULL;
}

static char *
parse_ipv6 (const char *text, GError **error)
{
  g_autofree char *quoted = lane_problem_quote (text);
  struct in6_addr address;
  char canonical[INET6_ADDRSTRLEN];

  if (strchr (text, '%') != NULL) {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "host %s has a zone: write an address that is not link-local", quoted);
    return NULL;
  }
  if (inet_pton (AF_INET6, text, &address) != 1) {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "host %s in brackets is not an IPv6 address", quoted);
    return NULL;
  }
  return g_strdup (inet_ntop (AF_INET6, &address, canonical, sizeof canonical));
}

/* @text is `host`, `host:port`, `[ipv6]` or `[ipv6]:port`. */
static gboolean
parse_authority (const char *text, LaneUri *uri, GError **error)
{
  const char *end = *text == '[' ? strchr (text, ']') : strchrnul (text, ':');
  g_autofree char *host = NULL;
  const char *port;

  if (*text != '[' && *end == ':' && strchr (end + 1, ':') != NULL) {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "more than one ':' after the scheme: write an IPv6 address in brackets, "
                 "as in turn:[2001:db8::1]:3478");
    return FALSE;
  }
  if (end == NULL || (*text == '[' && end[1] != '\0' && end[1] != ':')) {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "'[' starts an IPv6 address that ends with ']', as in turn:[2001:db8::1]:3478");
    return FALSE;
  }

  if (*text == '[') {
    host = g_strndup (text + 1, end - text - 1);
    uri->host = parse_ipv6 (host, error);
    port = end + 1;
  } else {
    host = g_strndup (text, end - text);
    uri->host = parse_host_name (host, error);
    port = end;
  }
  if (uri->host == NULL)
    return FALSE;
  return *port == '\0' || parse_port (port + 1, &uri->port, error);
}

/* @query is what follows `?`. RFC 7065 section 3.1 knows `transport=` only, RFC 7064 nothing. */
static gboolean
parse_query (const char *query, LaneUri *uri, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (query, -1);
  g_autofree char *quoted = lane_problem_quote (query);

  if (uri->scheme == LANE_URI_STUN || uri->scheme == LANE_URI_STUNS) {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "%s: takes no '?': leave it and what follows out",
                 lane_uri_scheme_to_string (uri->scheme));
    return FALSE;
  }
  if (strcmp (lower, "transport=udp") == 0)
    uri->protocol = LANE_PROTOCOL_UDP;
  else if (strcmp (lower, "transport=tcp") == 0)
    uri->protocol = LANE_PROTOCOL_TCP;
  else {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "%s after '?' is not transport=udp or transport=tcp", quoted);
    return FALSE;
  }
  if (uri->scheme == LANE_URI_TURNS && uri->protocol == LANE_PROTOCOL_UDP) {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "turns: runs over TCP here, not over UDP: write ?transport=tcp or nothing");
    return FALSE;
  }
  return TRUE;
}

LaneUri *
lane_uri_parse (const char *text, GError **error)
{
  g_autoptr (LaneUri) uri = g_new0 (LaneUri, 1);
  const char *colon = strchrnul (text, ':');
  const char *query = strchr (text, '?');
  g_autofree char *authority = NULL;

  /* Before anything is quoted: `user:password@` must not get into a message. */
  if (strchr (text, '@') != NULL) {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "a user name or password does not belong here: "
                 "set username and password-command instead");
    return NULL;
  }
  if (!parse_scheme (text, colon - text, &uri->scheme, error))
    return NULL;
  uri->port = scheme_default_port (uri->scheme);
  uri->protocol = scheme_default_protocol (uri->scheme);
  if (*colon == ':')
    colon++;

  if (g_str_has_prefix (colon, "//")) {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "no '//' after the scheme: write for example turn:turn.example.net:3478");
    return NULL;
  }

  authority = query != NULL ? g_strndup (colon, query - colon) : g_strdup (colon);
  if (!parse_authority (authority, uri, error))
    return NULL;
  if (query != NULL && !parse_query (query + 1, uri, error))
    return NULL;
  return g_steal_pointer (&uri);
}

LaneUri *
lane_uri_copy (const LaneUri *uri)
{
  LaneUri *copy = g_new0 (LaneUri, 1);

  *copy = *uri;
  copy->host = g_strdup (uri->host);
  return copy;
}

void
lane_uri_free (LaneUri *uri)
{
  if (uri == NULL)
    return;
  g_free (uri->host);
  g_free (uri);
}

char *
lane_uri_to_string (const LaneUri *uri)
{
  GString *text = g_string_new (lane_uri_scheme_to_string (uri->scheme));
  gboolean ipv6 = strchr (uri->host, ':') != NULL;

  g_string_append_printf (text, ipv6 ? ":[%s]" : ":%s", uri->host);
  if (uri->port != scheme_default_port (uri->scheme))
    g_string_append_printf (text, ":%u", uri->port);
  if (uri->protocol != scheme_default_protocol (uri->scheme))
    g_string_append_printf (text, "?transport=%s", lane_protocol_to_string (uri->protocol));
  return g_string_free (text, FALSE);
}
