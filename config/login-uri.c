#include "login-uri.h"

#include <string.h>

void
lane_login_uri_free (LaneLoginUri *login)
{
  if (login == NULL)
    return;
  lane_uri_free (login->uri);
  if (login->password != NULL)
    explicit_bzero (login->password, strlen (login->password));
  g_free (login->username);
  g_free (login->password);
  g_free (login);
}

static gboolean
decode (const char *text, gsize length, char **decoded, GError **error)
{
  *decoded = g_uri_unescape_segment (text, text + length, NULL);
  if (*decoded != NULL && g_utf8_validate (*decoded, -1, NULL))
    return TRUE;
  g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
               *decoded != NULL
                   ? "the user name or password is not UTF-8"
                   : "a percent sign in the user name or password is not followed by two "
                     "hexadecimal digits: write %%25 for a percent sign");
  return FALSE;
}

/* @info is `user` or `user:password`. */
static gboolean
parse_info (LaneLoginUri *login, const char *info, gsize length, GError **error)
{
  const char *colon = memchr (info, ':', length);
  gsize name_length = colon != NULL ? (gsize)(colon - info) : length;

  if (!decode (info, name_length, &login->username, error))
    return FALSE;
  if (*login->username == '\0') {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "the user name before '@' is missing");
    return FALSE;
  }
  if (colon == NULL || colon + 1 == info + length)
    return TRUE;
  return decode (colon + 1, length - name_length - 1, &login->password, error);
}

/* What is none may be a password, and is not quoted. */
static gboolean
is_scheme (const char *text)
{
  static const char *const schemes[] = { "stun", "stuns", "turn", "turns", NULL };
  g_autofree char *lower = g_ascii_strdown (text, -1);

  return g_strv_contains (schemes, lower);
}

/* @rest is what stands behind `//` and the login. */
static LaneUri *
parse_address (const char *scheme, const char *rest, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (rest, "?", 2);
  g_autofree char *plain = NULL;

  if (parts[0] != NULL && g_str_has_suffix (parts[0], "/"))
    parts[0][strlen (parts[0]) - 1] = '\0';
  plain = g_strdup_printf ("%s:%s%s%s", scheme, parts[0] != NULL ? parts[0] : "",
                           parts[0] != NULL && parts[1] != NULL ? "?" : "",
                           parts[0] != NULL && parts[1] != NULL ? parts[1] : "");
  return lane_uri_parse (plain, error);
}

LaneLoginUri *
lane_login_uri_parse (const char *text, GError **error)
{
  g_autoptr (LaneLoginUri) login = g_new0 (LaneLoginUri, 1);
  const char *rest = strchrnul (text, ':');
  g_autofree char *scheme = g_strndup (text, rest - text);
  const char *at;

  rest += *rest == ':';
  if (g_str_has_prefix (rest, "//"))
    rest += 2;
  at = strrchr (rest, '@');
  if (!is_scheme (scheme)) {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SCHEME,
                 "starts with none of stun:, stuns:, turn: and turns:, "
                 "as in turn://user:password@turn.example.net");
    return NULL;
  }
  login->uri = parse_address (scheme, at != NULL ? at + 1 : rest, error);
  if (login->uri == NULL || (at != NULL && !parse_info (login, rest, at - rest, error)))
    return NULL;
  if (at != NULL && (login->uri->scheme == LANE_URI_STUN || login->uri->scheme == LANE_URI_STUNS)) {
    g_set_error (error, LANE_URI_ERROR, LANE_URI_ERROR_SYNTAX,
                 "%s: takes no user name: leave out what stands before '@'",
                 lane_uri_scheme_to_string (login->uri->scheme));
    return NULL;
  }
  return g_steal_pointer (&login);
}

char *
lane_login_uri_format (const LaneUri *uri, const char *username, const char *password)
{
  g_autofree char *plain = lane_uri_to_string (uri);
  g_autofree char *name = NULL;
  g_autofree char *secret = NULL;

  if (username == NULL)
    return g_steal_pointer (&plain);
  name = g_uri_escape_string (username, NULL, FALSE);
  secret = password != NULL ? g_uri_escape_string (password, NULL, FALSE) : NULL;
  return g_strdup_printf ("%s://%s%s%s@%s", lane_uri_scheme_to_string (uri->scheme), name,
                          secret != NULL ? ":" : "", secret != NULL ? secret : "",
                          strchr (plain, ':') + 1);
}
