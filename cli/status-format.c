#include "status-format.h"

#include <math.h>
#include <string.h>

#include "nearest.h"

#define NONE "none"

/* What a line is about. */
typedef struct {
  const LaneSnapshot *snapshot;
  const LanePeerView *peer; /* NULL: of the node as a whole */
  guint total, direct, relay;
} Subject;

typedef struct {
  const char *name;
  gboolean of_peer;
  char *(*get) (const Subject *subject);
  const char *help;
} Field;

/* Either of the two. */
typedef struct {
  char *text;
  const Field *field;
} Part;

struct _LaneStatusFormat {
  GArray *parts; /* of Part */
  gboolean of_peer;
};

G_DEFINE_QUARK (lane_status_format_error, lane_status_format_error)

/* Fields */

static char *
known (const char *text)
{
  return g_strdup (text != NULL && *text != '\0' ? text : NONE);
}

static char *
number (guint64 value)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, value);
}

static char *
decimal (double value, int digits)
{
  char format[] = "%.0f";
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (isnan (value))
    return g_strdup (NONE);
  format[2] = (char)('0' + digits);
  return g_strdup (g_ascii_formatd (buffer, sizeof buffer, format, value));
}

static char *
get_total (const Subject *subject)
{
  return number (subject->total);
}

static char *
get_direct (const Subject *subject)
{
  return number (subject->direct);
}

static char *
get_relay (const Subject *subject)
{
  return number (subject->relay);
}

static char *
get_up (const Subject *subject)
{
  return number (subject->direct + subject->relay);
}

static char *
get_down (const Subject *subject)
{
  return number (subject->total - subject->direct - subject->relay);
}

static char *
get_servers (const Subject *subject)
{
  return number (subject->snapshot->servers->len);
}

static char *
get_servers_ok (const Subject *subject)
{
  const GPtrArray *servers = subject->snapshot->servers;
  guint count = 0;

  for (guint i = 0; i < servers->len; i++)
    count += g_strcmp0 (((const LaneServerView *)servers->pdata[i])->state, "ok") == 0;
  return number (count);
}

static char *
get_node (const Subject *subject)
{
  return known (subject->snapshot->name);
}

static char *
get_id (const Subject *subject)
{
  return known (subject->snapshot->id);
}

static char *
get_version (const Subject *subject)
{
  return known (subject->snapshot->version);
}

static char *
get_signaling (const Subject *subject)
{
  return known (subject->snapshot->signaling_state);
}

static char *
get_nat (const Subject *subject)
{
  return known (subject->snapshot->nat_mapping);
}

static char *
get_peer (const Subject *subject)
{
  return known (subject->peer->name);
}

static char *
get_state (const Subject *subject)
{
  return known (subject->peer->state);
}

static char *
get_path (const Subject *subject)
{
  return known (subject->peer->path);
}

static char *
get_family (const Subject *subject)
{
  return subject->peer->family != 0 ? number ((guint64)subject->peer->family) : g_strdup (NONE);
}

static char *
get_why (const Subject *subject)
{
  return known (subject->peer->why_code);
}

static char *
get_server (const Subject *subject)
{
  const LaneCandidateView *local = subject->peer->local;

  return known (local != NULL && g_strcmp0 (local->type, "relay") == 0 ? local->server : NULL);
}

static char *
get_rtt (const Subject *subject)
{
  return decimal (subject->peer->rtt_mean_ms, 1);
}

static char *
get_loss (const Subject *subject)
{
  return decimal (subject->peer->loss, 3);
}

static char *
get_rx (const Subject *subject)
{
  return number (subject->peer->rx_bytes);
}

static char *
get_tx (const Subject *subject)
{
  return number (subject->peer->tx_bytes);
}

static char *
get_restarts (const Subject *subject)
{
  return number (subject->peer->restarts);
}

static char *
get_last_error (const Subject *subject)
{
  return known (subject->peer->last_error);
}

static const Field fields[] = {
  { "total", FALSE, get_total, "how many peers" },
  { "up", FALSE, get_up, "how many of them have a path" },
  { "direct", FALSE, get_direct, "a direct one" },
  { "relay", FALSE, get_relay, "a relayed one" },
  { "down", FALSE, get_down, "none" },
  { "servers", FALSE, get_servers, "how many STUN and TURN servers" },
  { "servers_ok", FALSE, get_servers_ok, "how many of them work" },
  { "node", FALSE, get_node, "the name of the node" },
  { "id", FALSE, get_id, "its id" },
  { "version", FALSE, get_version, "of icelane" },
  { "signaling", FALSE, get_signaling, "connected, connecting or down" },
  { "nat", FALSE, get_nat, "how our NAT maps, as in --json" },
  { "peer", TRUE, get_peer, "its name" },
  { "state", TRUE, get_state, "connected, waiting, ..." },
  { "path", TRUE, get_path, "direct, relay or none" },
  { "family", TRUE, get_family, "of the path: 4 or 6" },
  { "why", TRUE, get_why, "the code of the reason" },
  { "server", TRUE, get_server, "of ours that relays" },
  { "rtt_ms", TRUE, get_rtt, "mean round trip" },
  { "loss", TRUE, get_loss, "0 to 1" },
  { "rx_bytes", TRUE, get_rx, "received" },
  { "tx_bytes", TRUE, get_tx, "sent" },
  { "restarts", TRUE, get_restarts, "of ICE" },
  { "last_error", TRUE, get_last_error, "what went wrong last" },
};

/* Reading */

static void
clear_part (gpointer data)
{
  g_free (((Part *)data)->text);
}

static const Field *
find_field (const char *name, GError **error)
{
  const char *names[G_N_ELEMENTS (fields) + 1] = { NULL };
  g_autofree char *hint = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
    if (strcmp (fields[i].name, name) == 0)
      return &fields[i];
    names[i] = fields[i].name;
  }
  hint = lane_nearest_hint (name, names);
  g_set_error (error, LANE_STATUS_FORMAT_ERROR, LANE_STATUS_FORMAT_ERROR_FIELD,
               "there is no field {%s}%s; `icelane help status` lists them", name, hint);
  return NULL;
}

static void
end_text (LaneStatusFormat *format, GString *text)
{
  const Part part = { .text = g_strdup (text->str) };

  if (text->len > 0)
    g_array_append_val (format->parts, part);
  else
    clear_part ((gpointer)&part);
  g_string_truncate (text, 0);
}

/* @at is behind a brace. NULL: it is no field, and @error says so. */
static const char *
read_field (LaneStatusFormat *format, const char *at, GError **error)
{
  const char *end = strchr (at, '}');
  g_autofree char *name = NULL;
  Part part = { NULL };

  if (end == NULL) {
    g_set_error (error, LANE_STATUS_FORMAT_ERROR, LANE_STATUS_FORMAT_ERROR_SYNTAX,
                 "a { has no }; a brace itself is written {{");
    return NULL;
  }
  name = g_strndup (at, (gsize)(end - at));
  part.field = find_field (name, error);
  if (part.field == NULL)
    return NULL;
  format->of_peer |= part.field->of_peer;
  g_array_append_val (format->parts, part);
  return end + 1;
}

/* The letter of an escape or a doubled brace; 0: it is neither. */
static char
read_escape (const char *at)
{
  if (at[0] != '\0' && at[0] == at[1] && strchr ("{}\\", at[0]) != NULL)
    return at[0];
  if (at[0] == '\\' && at[1] == 'n')
    return '\n';
  return at[0] == '\\' && at[1] == 't' ? '\t' : '\0';
}

LaneStatusFormat *
lane_status_format_new (const char *text, GError **error)
{
  g_autoptr (LaneStatusFormat) format = g_new0 (LaneStatusFormat, 1);
  g_autoptr (GString) plain = g_string_new (NULL);

  format->parts = g_array_new (FALSE, FALSE, sizeof (Part));
  g_array_set_clear_func (format->parts, clear_part);
  while (*text != '\0') {
    char escaped = read_escape (text);

    if (escaped != '\0') {
      g_string_append_c (plain, escaped);
      text += 2;
    } else if (*text == '{') {
      end_text (format, plain);
      text = read_field (format, text + 1, error);
      if (text == NULL)
        return NULL;
    } else {
      g_string_append_c (plain, *text++);
    }
  }
  end_text (format, plain);
  return g_steal_pointer (&format);
}

void
lane_status_format_free (LaneStatusFormat *format)
{
  if (format == NULL)
    return;
  g_array_unref (format->parts);
  g_free (format);
}

/* Writing */

static gboolean
is_named (const LanePeerView *peer, const char *const *names)
{
  return names[0] == NULL || g_strv_contains (names, peer->name);
}

static void
print_line (const LaneStatusFormat *format, const Subject *subject, GString *text)
{
  for (guint i = 0; i < format->parts->len; i++) {
    const Part *part = &g_array_index (format->parts, Part, i);
    g_autofree char *value = part->field != NULL ? part->field->get (subject) : NULL;

    g_string_append (text, value != NULL ? value : part->text);
  }
  g_string_append_c (text, '\n');
}

char *
lane_status_format_print (const LaneStatusFormat *format, const LaneSnapshot *snapshot,
                          const char *const *names)
{
  GString *text = g_string_new (NULL);
  Subject subject = { .snapshot = snapshot };

  for (guint i = 0; i < snapshot->peers->len; i++) {
    const LanePeerView *peer = snapshot->peers->pdata[i];

    if (!is_named (peer, names))
      continue;
    subject.total++;
    subject.direct += g_strcmp0 (peer->path, "direct") == 0;
    subject.relay += g_strcmp0 (peer->path, "relay") == 0;
  }
  if (!format->of_peer)
    print_line (format, &subject, text);
  for (guint i = 0; format->of_peer && i < snapshot->peers->len; i++) {
    subject.peer = snapshot->peers->pdata[i];
    if (is_named (subject.peer, names))
      print_line (format, &subject, text);
  }
  return g_string_free (text, FALSE);
}

char *
lane_status_format_help (void)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
    if (i == 0 || fields[i].of_peer != fields[i - 1].of_peer)
      g_string_append_printf (text, "%s\n",
                              fields[i].of_peer ? "\nFields of --format, a line for each peer:"
                                                : "\nFields of --format:");
    g_string_append_printf (text, "  {%s}%*s%s\n", fields[i].name,
                            (int)(25 - strlen (fields[i].name)), "", fields[i].help);
  }
  return g_string_free (text, FALSE);
}
