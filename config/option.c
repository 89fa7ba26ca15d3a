#include "option.h"

#include <stddef.h>
#include <string.h>

#include "config.h"
#include "problem.h"

#define TEXT_MAX  4096 /* a value from the environment or --set; lines of the file are shorter */
#define ID_LENGTH 52

G_DEFINE_QUARK (lane_option_error, lane_option_error)

/* Choices and switches are stored through a guint. */
G_STATIC_ASSERT (sizeof (gboolean) == sizeof (guint));
G_STATIC_ASSERT (sizeof (LanePolicy) == sizeof (guint));
G_STATIC_ASSERT (sizeof (LaneGlyphs) == sizeof (guint));

/* In the order of the enums in config.h. */
static const char *const signaling_types[] = { "http", "mqtt", "manual", NULL };
static const char *const policies[] = { "auto", "direct-only", "relay-only", "lowest-rtt", NULL };
static const char *const log_levels[] = { "error", "warning", "info", "debug", NULL };
static const char *const confirms[] = { "always", "disruptive", "never", NULL };
static const char *const glyphs[] = { "auto", "ascii", "blocks", "braille", NULL };
static const char *const colors[] = { "auto", "always", "never", NULL };
static const char *const key_bars[] = { "letters", "fkeys", "off", NULL };

static const LaneSection sections[] = {
  { .name = "node", .help = "This machine among its peers." },
  { .name = "signaling", .help = "Where peers find each other." },
  { .name = "ice", .help = "How paths are looked for and kept." },
  { .name = "network", .help = "Which local addresses take part." },
  { .name = "server", .named = TRUE, .help = "A STUN or TURN server. Add a section for each." },
  { .name = "peer", .named = TRUE, .help = "A machine to keep a link to. Add a section for each." },
  { .name = "ui", .help = "The dashboard." },
  { .name = "log", .help = "The log of the node." },
  { .name = "metrics", .help = "Numbers for Prometheus." },
  { .name = "hooks", .help = "Commands run on events, without a shell." },
  { .name = "keys", .open = TRUE, .help = "Keys of the dashboard: command = key key..." },
};

#define AT(member)        .offset = offsetof (LaneConfig, member)
#define AT_SERVER(member) .section = "server", .offset = offsetof (LaneServerConfig, member)
#define AT_PEER(member)   .section = "peer", .offset = offsetof (LanePeerConfig, member)

static const LaneOption options[] = {
  { "node", "name", LANE_OPTION_TEXT, AT (node.name), .example = "the name of this host",
    .help = "what logs and the dashboard call this node" },
  { "node", "state-dir", LANE_OPTION_PATH, AT (node.state_dir), .fallback = "%s",
    .help = "key and records; %s is $XDG_STATE_HOME/icelane" },
  { "node", "control", LANE_OPTION_PATH, AT (node.control),
    .example = "$XDG_RUNTIME_DIR/icelane/control", .help = "control socket" },
  { "node", "record", LANE_OPTION_SWITCH, AT (node.record), .fallback = "on",
    .help = "what links do, for `icelane replay`, in state-dir/record" },
  { "node", "record-max-mb", LANE_OPTION_NUMBER, AT (node.record_max_mb), .fallback = "64",
    .min = 1, .max = 10240, .help = "of all peers; one has at most 4" },

  { "signaling", "type", LANE_OPTION_CHOICE, AT (signaling.type), .fallback = "http",
    .choices = signaling_types, .help = "http is the embedded rendezvous" },
  { "signaling", "url", LANE_OPTION_URL, AT (signaling.url),
    .example = "https://rendezvous.example.net", .help = "https:, http:, mqtts: or mqtt:" },
  { "signaling", "token-file", LANE_OPTION_PATH, AT (signaling.token_file), .example = "%d/token",
    .help = "%d is $CREDENTIALS_DIRECTORY" },
  { "signaling", "token-command", LANE_OPTION_COMMAND, AT (signaling.token_command),
    .example = "pass show icelane/token", .help = "the token is its first line" },
  { "signaling", "ca-file", LANE_OPTION_PATH, AT (signaling.ca_file),
    .example = "/etc/icelane/ca.pem", .help = "trusted instead of the system's certificates" },

  { "ice", "policy", LANE_OPTION_CHOICE, AT (ice.policy), .fallback = "auto", .choices = policies,
    .help = "which paths will do, where a peer says nothing else" },
  { "ice", "trickle", LANE_OPTION_SWITCH, AT (ice.trickle), .fallback = "on",
    .help = "send candidates as they are found" },
  { "ice", "keepalive-ms", LANE_OPTION_NUMBER, AT (ice.keepalive_ms), .fallback = "2000",
    .min = 200, .max = 60000, .help = "between packets that keep NATs open" },
  { "ice", "check-timeout-ms", LANE_OPTION_NUMBER, AT (ice.check_timeout_ms), .fallback = "30000",
    .min = 1000, .max = 600000, .help = "then an attempt to connect has failed" },
  { "ice", "retry-direct-s", LANE_OPTION_NUMBER, AT (ice.retry_direct_s), .fallback = "60",
    .min = 1, .max = 3600, .help = "first wait, doubled up to 3600" },
  { "ice", "flap-hold-s", LANE_OPTION_NUMBER, AT (ice.flap_hold_s), .fallback = "30", .max = 3600,
    .help = "a path stays at least this long" },
  { "ice", "allow-loopback", LANE_OPTION_SWITCH, AT (ice.allow_loopback), .fallback = "off",
    .help = "127/8 and ::1, for nodes on one host" },
  { "ice", "allow-link-local", LANE_OPTION_SWITCH, AT (ice.allow_link_local), .fallback = "off",
    .help = "169.254/16 and fe80::/10" },

  { "network", "interfaces", LANE_OPTION_WORDS, AT (network.interfaces),
    .fallback = "!docker* !veth*", .help = "globs or CIDRs, ! excludes, * is all" },
  { "network", "families", LANE_OPTION_FAMILIES, AT (network.ipv4),
    .offset2 = offsetof (LaneConfig, network.ipv6), .fallback = "4 6", .help = "4, 6 or both" },
  { "network", "ports", LANE_OPTION_PORTS, AT (network.port_low),
    .offset2 = offsetof (LaneConfig, network.port_high), .fallback = "0",
    .help = "0 (any) or LOW-HIGH" },
  { "network", "watch", LANE_OPTION_SWITCH, AT (network.watch), .fallback = "on",
    .help = "probe again when links change" },

  { .key = "uri",
    .type = LANE_OPTION_URIS,
    AT_SERVER (uris),
    .example = "stun:stun.example.net",
    .help = "stun:HOST, turn:HOST:3478?transport=tcp, turns:HOST; repeatable" },
  { .key = "username",
    .type = LANE_OPTION_TEXT,
    AT_SERVER (username),
    .example = "icelane",
    .help = "for TURN" },
  { .key = "password-command",
    .type = LANE_OPTION_COMMAND,
    AT_SERVER (password_command),
    .example = "pass show turn/home",
    .help = "the password is its first line" },
  { .key = "password-file",
    .type = LANE_OPTION_PATH,
    AT_SERVER (password_file),
    .example = "%d/turn-home",
    .help = "or a file with it" },
  { .key = "password",
    .type = LANE_OPTION_SECRET,
    AT_SERVER (password),
    .example = "letters-and-digits",
    .help = "or the password itself, then chmod 600" },
  { .key = "password-b64",
    .type = LANE_OPTION_BASE64,
    AT_SERVER (password_b64),
    .example = "cGE7c3MgO3dvcmQ=",
    .help = "or in base64, for any character" },
  { .key = "auth-secret-command",
    .type = LANE_OPTION_COMMAND,
    AT_SERVER (auth_secret_command),
    .example = "pass show turn/key",
    .help = "or coturn's use-auth-secret" },
  { .key = "auth-secret",
    .type = LANE_OPTION_SECRET,
    AT_SERVER (auth_secret),
    .example = "letters-and-digits",
    .help = "or that secret itself, then chmod 600" },
  { .key = "auth-ttl-s",
    .type = LANE_OPTION_NUMBER,
    AT_SERVER (auth_ttl_s),
    .fallback = "86400",
    .min = 10,
    .max = 2592000,
    .help = "life of a name made from auth-secret" },
  { .key = "ca-file",
    .type = LANE_OPTION_PATH,
    AT_SERVER (ca_file),
    .example = "/etc/icelane/ca.pem",
    .help = "for turns:, instead of the system's" },
  { .key = "enabled",
    .type = LANE_OPTION_SWITCH,
    AT_SERVER (enabled),
    .fallback = "yes",
    .help = "no: keep the section, leave the server" },

  { .key = "id",
    .type = LANE_OPTION_ID,
    AT_PEER (id),
    .example = "k3vq7d2maaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    .help = "what `icelane id` prints over there" },
  { .key = "policy",
    .type = LANE_OPTION_CHOICE,
    AT_PEER (policy),
    .fallback = "auto",
    .choices = policies,
    .help = "which paths will do; default: that of [ice]" },
  { .key = "servers",
    .type = LANE_OPTION_WORDS,
    AT_PEER (servers),
    .example = "home",
    .help = "[server] names; default: all" },
  { .key = "autoconnect",
    .type = LANE_OPTION_SWITCH,
    AT_PEER (autoconnect),
    .fallback = "yes",
    .help = "connect without being asked" },
  { .key = "forward",
    .type = LANE_OPTION_LINES,
    AT_PEER (forwards),
    .help = "a port carried over the link; repeatable" },

  { "ui", "theme", LANE_OPTION_TEXT, AT (ui.theme), .fallback = "auto",
    .help = "auto (dark or light), neutral, or a file name" },
  { "ui", "glyphs", LANE_OPTION_CHOICE, AT (ui.glyphs), .fallback = "auto", .choices = glyphs,
    .help = "how graphs and signs are drawn" },
  { "ui", "color", LANE_OPTION_CHOICE, AT (ui.color), .fallback = "auto", .choices = colors,
    .help = "auto heeds NO_COLOR" },
  { "ui", "mouse", LANE_OPTION_SWITCH, AT (ui.mouse), .fallback = "on",
    .help = "off leaves selecting text to the terminal" },
  { "ui", "key-bar", LANE_OPTION_WORD, AT (ui.key_bar), .fallback = "letters", .choices = key_bars,
    .help = "the bottom row" },
  { "ui", "refresh-ms", LANE_OPTION_NUMBER, AT (ui.refresh_ms), .fallback = "1000", .min = 250,
    .max = 60000, .help = "only if something changed" },
  { "ui", "confirm", LANE_OPTION_CHOICE, AT (ui.confirm), .fallback = "disruptive",
    .choices = confirms, .help = "when to ask first" },
  { "ui", "title", LANE_OPTION_SWITCH, AT (ui.title), .fallback = "on",
    .help = "terminal title: icelane 3D 1R" },

  { "log", "level", LANE_OPTION_CHOICE, AT (log.level), .fallback = "info", .choices = log_levels,
    .help = "the least that is logged" },
  { "log", "file", LANE_OPTION_PATH, AT (log.file), .example = "%s/icelane.jsonl",
    .help = "JSON Lines; default: no file" },
  { "log", "max-size-mb", LANE_OPTION_NUMBER, AT (log.max_size_mb), .fallback = "10", .min = 1,
    .max = 1024, .help = "then a new file is begun" },
  { "log", "keep", LANE_OPTION_NUMBER, AT (log.keep), .fallback = "5", .max = 100,
    .help = "old files" },

  { "metrics", "file", LANE_OPTION_PATH, AT (metrics.file),
    .example = "/var/lib/prometheus/node-exporter/icelane.prom", .help = "default: none" },
  { "metrics", "interval-s", LANE_OPTION_NUMBER, AT (metrics.interval_s), .fallback = "15",
    .min = 1, .max = 3600, .help = "between writes" },

  { "hooks", "on-path-change", LANE_OPTION_COMMAND, AT (hooks.on_path_change),
    .example = "notify-send icelane \"{peer}: {old} to {new}\"",
    .help = "also ICELANE_PEER and more in its environment" },
  { "hooks", "on-state-change", LANE_OPTION_COMMAND, AT (hooks.on_state_change),
    .example = "logger -t icelane \"{peer} is {new}\"", .help = "the same" },
  { "hooks", "timeout-s", LANE_OPTION_NUMBER, AT (hooks.timeout_s), .fallback = "10", .min = 1,
    .max = 600, .help = "then it is killed" },
};

const LaneOption *
lane_options (gsize *count)
{
  *count = G_N_ELEMENTS (options);
  return options;
}

const LaneSection *
lane_sections (gsize *count)
{
  *count = G_N_ELEMENTS (sections);
  return sections;
}

const LaneSection *
lane_section_find (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sections); i++)
    if (strcmp (sections[i].name, name) == 0)
      return &sections[i];
  return NULL;
}

const LaneOption *
lane_option_find (const char *section, const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    if (strcmp (options[i].section, section) == 0 && strcmp (options[i].key, key) == 0)
      return &options[i];
  return NULL;
}

const char **
lane_section_keys (const char *section)
{
  GPtrArray *keys = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    if (strcmp (options[i].section, section) == 0)
      g_ptr_array_add (keys, (gpointer)options[i].key);
  g_ptr_array_add (keys, NULL);
  return (const char **)g_ptr_array_free (keys, FALSE);
}

gboolean
lane_option_is_secret (const LaneOption *option)
{
  return option->type == LANE_OPTION_SECRET || option->type == LANE_OPTION_BASE64;
}

gboolean
lane_option_is_repeatable (const LaneOption *option)
{
  return option->type == LANE_OPTION_WORDS || option->type == LANE_OPTION_LINES
         || option->type == LANE_OPTION_URIS;
}

const char *
lane_policy_to_string (LanePolicy policy)
{
  return policies[policy];
}

const char *
lane_log_level_to_string (LaneLogLevel level)
{
  return log_levels[level];
}

const char *
lane_signaling_type_to_string (LaneSignalingType type)
{
  return signaling_types[type];
}

static void refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
static void
refuse (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, LANE_OPTION_ERROR, LANE_OPTION_ERROR_VALUE, text);
}

static void
refuse_quoting (GError **error, const char *text, const char *what)
{
  g_autofree char *quoted = lane_problem_quote (text);

  refuse (error, "%s %s", quoted, what);
}

static gboolean
parse_switch (const char *text, gboolean *value, GError **error)
{
  static const char *const yes[] = { "on", "yes", "true", NULL };
  static const char *const no[] = { "off", "no", "false", NULL };
  g_autofree char *lower = g_ascii_strdown (text, -1);

  *value = g_strv_contains (yes, lower);
  if (*value || g_strv_contains (no, lower))
    return TRUE;
  refuse_quoting (error, text, "is not on or off");
  return FALSE;
}

static gboolean
is_number (const char *text)
{
  return *text != '\0' && strspn (text, G_CSET_DIGITS) == strlen (text);
}

static gboolean
parse_number (const LaneOption *option, const char *text, guint *value, GError **error)
{
  guint64 number;

  if (!is_number (text)) {
    g_autofree char *quoted = lane_problem_quote (text);

    refuse (error, "%s is not a number in %u-%u", quoted, option->min, option->max);
    return FALSE;
  }
  if (!g_ascii_string_to_unsigned (text, 10, option->min, option->max, &number, NULL)) {
    refuse (error, "%.20s is not in %u-%u", text, option->min, option->max);
    return FALSE;
  }
  *value = (guint)number;
  return TRUE;
}

static gboolean
parse_choice (const LaneOption *option, const char *text, guint *value, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (text, -1);
  g_autofree char *list = NULL;
  g_autofree char *what = NULL;

  for (guint i = 0; option->choices[i] != NULL; i++)
    if (strcmp (option->choices[i], lower) == 0) {
      *value = i;
      return TRUE;
    }
  list = g_strjoinv (", ", (char **)option->choices);
  what = g_strdup_printf ("is not one of %s", list);
  refuse_quoting (error, text, what);
  return FALSE;
}

/* No message quotes @text: it may hold a token. */
static gboolean
check_url (const char *text, GError **error)
{
  static const char *const schemes[] = { "https", "http", "mqtts", "mqtt", NULL };
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

  if (uri == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0') {
    refuse (error, "is not a URL: write for example https://rendezvous.example.net");
    return FALSE;
  }
  if (!g_strv_contains (schemes, g_uri_get_scheme (uri))) {
    refuse_quoting (error, g_uri_get_scheme (uri), "is not one of https, http, mqtts, mqtt");
    return FALSE;
  }
  if (g_uri_get_userinfo (uri) != NULL) {
    refuse (error, "a user name or token does not belong here: set token-file or token-command");
    return FALSE;
  }
  if (g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL) {
    refuse (error, "has something after ? or #: a token goes to token-file or token-command");
    return FALSE;
  }
  if (g_uri_get_port (uri) == 0) {
    refuse (error, "port 0 is not in 1-65535");
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_command (const char *text, GError **error)
{
  g_autoptr (GError) parse_error = NULL;

  if (g_shell_parse_argv (text, NULL, NULL, &parse_error))
    return TRUE;
  refuse (error, "does not split into a command and its arguments: close every quote");
  return FALSE;
}

static gboolean
check_base64 (const char *text, GError **error)
{
  static const char alphabet[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+/";
  gsize digits = strspn (text, alphabet);
  gsize padding = strspn (text + digits, "=");

  if (text[digits + padding] == '\0' && padding <= 2 && (digits + padding) % 4 == 0)
    return TRUE;
  refuse (error, "is not base64: write what `base64` prints, with its '=' at the end");
  return FALSE;
}

/* The 52 characters of an id however it is grouped. SHA-256 leaves one bit for the last one. */
static char *
parse_id (const char *text, GError **error)
{
  g_autoptr (GString) id = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p++) {
    char c = g_ascii_tolower (*p);

    if (c == ' ' || c == '\t' || c == '-')
      continue;
    if (!(c >= 'a' && c <= 'z') && !(c >= '2' && c <= '7')) {
      refuse_quoting (error, text, "is not a node id: it has letters and the digits 2-7 only");
      return NULL;
    }
    g_string_append_c (id, c);
  }
  if (id->len != ID_LENGTH) {
    refuse (error,
            "has %" G_GSIZE_FORMAT " letters and digits, a node id has %d: "
            "copy all that `icelane id` prints over there",
            id->len, ID_LENGTH);
    return NULL;
  }
  if (id->str[ID_LENGTH - 1] != 'a' && id->str[ID_LENGTH - 1] != 'q') {
    refuse (error, "cannot be a node id, which ends with a or q: "
                   "copy what `icelane id` prints over there");
    return NULL;
  }
  return g_string_free (g_steal_pointer (&id), FALSE);
}

/* NULL with @error, or the string to store. */
static char *
parse_string (const LaneOption *option, const char *text, const LaneFolders *folders,
              GError **error)
{
  gboolean ok = TRUE;
  guint index;

  switch (option->type) {
  case LANE_OPTION_PATH:
    return lane_folders_expand (folders, text, error);
  case LANE_OPTION_ID:
    return parse_id (text, error);
  case LANE_OPTION_WORD:
    if (!parse_choice (option, text, &index, error))
      return NULL;
    return g_strdup (option->choices[index]);
  case LANE_OPTION_URL:
    ok = check_url (text, error);
    break;
  case LANE_OPTION_COMMAND:
    ok = check_command (text, error);
    break;
  case LANE_OPTION_BASE64:
    ok = check_base64 (text, error);
    break;
  default:
    break;
  }
  return ok ? g_strdup (text) : NULL;
}

static gboolean
set_families (const char *text, gboolean *ipv4, gboolean *ipv6, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \t,", -1);
  gboolean has_4 = FALSE, has_6 = FALSE;
  guint i;

  for (i = 0; words[i] != NULL; i++) {
    if (strcmp (words[i], "4") == 0)
      has_4 = TRUE;
    else if (strcmp (words[i], "6") == 0)
      has_6 = TRUE;
    else if (*words[i] != '\0')
      break;
  }
  if (i < g_strv_length (words) || !(has_4 || has_6)) {
    refuse_quoting (error, text, "is not 4, 6 or 4 6");
    return FALSE;
  }
  *ipv4 = has_4;
  *ipv6 = has_6;
  return TRUE;
}

static gboolean
set_ports (const char *text, guint *low, guint *high, GError **error)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", 2);
  guint64 from, to;

  if (strcmp (text, "0") == 0) {
    *low = *high = 0;
    return TRUE;
  }
  if (g_strv_length (ends) != 2
      || !g_ascii_string_to_unsigned (g_strstrip (ends[0]), 10, 1, G_MAXUINT16, &from, NULL)
      || !g_ascii_string_to_unsigned (g_strstrip (ends[1]), 10, 1, G_MAXUINT16, &to, NULL)
      || from > to) {
    refuse_quoting (error, text, "is not 0 or LOW-HIGH with both in 1-65535");
    return FALSE;
  }
  *low = (guint)from;
  *high = (guint)to;
  return TRUE;
}

static void
set_strings (char ***member, GStrv added, gboolean append)
{
  GPtrArray *strings = g_ptr_array_new ();

  for (guint i = 0; append && *member != NULL && (*member)[i] != NULL; i++)
    g_ptr_array_add (strings, g_strdup ((*member)[i]));
  for (guint i = 0; added[i] != NULL; i++)
    if (*added[i] != '\0')
      g_ptr_array_add (strings, g_strdup (added[i]));
  g_ptr_array_add (strings, NULL);
  g_strfreev (*member);
  *member = (char **)g_ptr_array_free (strings, FALSE);
}

static gboolean
set_uris (GPtrArray **member, const char *text, gboolean append, GError **error)
{
  g_autoptr (GPtrArray) uris = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_uri_free);
  g_auto (GStrv) words = g_strsplit_set (text, " \t", -1);

  for (guint i = 0; append && *member != NULL && i < (*member)->len; i++)
    g_ptr_array_add (uris, lane_uri_copy (g_ptr_array_index (*member, i)));
  for (guint i = 0; words[i] != NULL; i++) {
    LaneUri *uri;

    if (*words[i] == '\0')
      continue;
    uri = lane_uri_parse (words[i], error);
    if (uri == NULL)
      return FALSE;
    g_ptr_array_add (uris, uri);
  }
  g_clear_pointer (member, g_ptr_array_unref);
  *member = g_steal_pointer (&uris);
  return TRUE;
}

static void
set_list (const LaneOption *option, char ***member, const char *text, gboolean append)
{
  const char *const line[] = { text, NULL };
  g_auto (GStrv) values = NULL;

  if (option->type == LANE_OPTION_WORDS)
    values = g_strsplit_set (text, " \t,", -1);
  else
    values = g_strdupv ((char **)line);
  set_strings (member, values, append);
}

/* As lane_option_set, for a text that is not to be replaced by the default. */
static gboolean
set_text (const LaneOption *option, gpointer base, const char *text, gboolean append,
          const LaneFolders *folders, GError **error)
{
  gpointer member = G_STRUCT_MEMBER_P (base, option->offset);
  gpointer member2 = G_STRUCT_MEMBER_P (base, option->offset2);
  char *string;

  switch (option->type) {
  case LANE_OPTION_SWITCH: {
    gboolean value;

    if (!parse_switch (text, &value, error))
      return FALSE;
    *(gboolean *)member = value;
    return TRUE;
  }
  case LANE_OPTION_NUMBER:
    return parse_number (option, text, member, error);
  case LANE_OPTION_CHOICE:
    return parse_choice (option, text, member, error);
  case LANE_OPTION_FAMILIES:
    return set_families (text, member, member2, error);
  case LANE_OPTION_PORTS:
    return set_ports (text, member, member2, error);
  case LANE_OPTION_URIS:
    return set_uris (member, text, append, error);
  case LANE_OPTION_WORDS:
  case LANE_OPTION_LINES:
    set_list (option, member, text, append);
    return TRUE;
  default:
    string = parse_string (option, text, folders, error);
    if (string == NULL)
      return FALSE;
    g_free (*(char **)member);
    *(char **)member = string;
    return TRUE;
  }
}

gboolean
lane_option_set (const LaneOption *option, gpointer base, const char *text, gboolean append,
                 const LaneFolders *folders, GError **error)
{
  if (strlen (text) > TEXT_MAX) {
    refuse (error, "is %" G_GSIZE_FORMAT " bytes long, at most %d are read", strlen (text),
            TEXT_MAX);
    return FALSE;
  }
  if (!g_utf8_validate (text, -1, NULL)) {
    refuse (error, "is not UTF-8");
    return FALSE;
  }
  for (const char *p = text; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p) && *p != '\t') {
      refuse (error, "has the control character 0x%02x: remove it", (guint8)*p);
      return FALSE;
    }
  if (*text == '\0') {
    if (!append)
      lane_option_reset (option, base, folders);
    return TRUE;
  }
  return set_text (option, base, text, append, folders, error);
}

void
lane_option_clear (const LaneOption *option, gpointer base)
{
  gpointer member = G_STRUCT_MEMBER_P (base, option->offset);

  switch (option->type) {
  case LANE_OPTION_SWITCH:
  case LANE_OPTION_NUMBER:
  case LANE_OPTION_CHOICE:
  case LANE_OPTION_FAMILIES:
  case LANE_OPTION_PORTS:
    break;
  case LANE_OPTION_URIS:
    g_clear_pointer ((GPtrArray **)member, g_ptr_array_unref);
    break;
  case LANE_OPTION_WORDS:
  case LANE_OPTION_LINES:
    g_clear_pointer ((char ***)member, g_strfreev);
    break;
  default:
    if (*(char **)member != NULL && lane_option_is_secret (option))
      explicit_bzero (*(char **)member, strlen (*(char **)member));
    g_clear_pointer ((char **)member, g_free);
    break;
  }
}

void
lane_option_reset (const LaneOption *option, gpointer base, const LaneFolders *folders)
{
  g_autoptr (GError) error = NULL;

  lane_option_clear (option, base);
  /* Lists are never NULL, so that readers need not ask. */
  if (option->fallback == NULL && !lane_option_is_repeatable (option))
    return;
  if (!set_text (option, base, option->fallback != NULL ? option->fallback : "", FALSE, folders,
                 &error))
    g_critical ("the default of [%s] %s: %s", option->section, option->key, error->message);
}

static char *
uris_to_text (const GPtrArray *uris)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < uris->len; i++) {
    g_autofree char *uri = lane_uri_to_string (g_ptr_array_index (uris, i));

    g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", uri);
  }
  return g_string_free (text, FALSE);
}

char *
lane_option_get (const LaneOption *option, gconstpointer base)
{
  gconstpointer member = (const guint8 *)base + option->offset;
  gconstpointer member2 = (const guint8 *)base + option->offset2;
  guint number = *(const guint *)member;

  switch (option->type) {
  case LANE_OPTION_SWITCH:
    return g_strdup (number ? "on" : "off");
  case LANE_OPTION_NUMBER:
    return g_strdup_printf ("%u", number);
  case LANE_OPTION_CHOICE:
    return g_strdup (option->choices[number]);
  case LANE_OPTION_FAMILIES:
    return g_strdup (!number ? "6" : *(const gboolean *)member2 ? "4 6" : "4");
  case LANE_OPTION_PORTS:
    return number == 0 ? g_strdup ("0") : g_strdup_printf ("%u-%u", number, *(guint *)member2);
  case LANE_OPTION_URIS:
    return uris_to_text (*(GPtrArray *const *)member);
  case LANE_OPTION_WORDS:
    return g_strjoinv (" ", *(char **const *)member);
  case LANE_OPTION_LINES:
    return g_strjoinv ("\n", *(char **const *)member);
  default:
    return g_strdup (*(char *const *)member);
  }
}

void
lane_section_reset (const char *section, gpointer base, const LaneFolders *folders)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    if (strcmp (options[i].section, section) == 0)
      lane_option_reset (&options[i], base, folders);
}

void
lane_section_clear (const char *section, gpointer base)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    if (strcmp (options[i].section, section) == 0)
      lane_option_clear (&options[i], base);
}
