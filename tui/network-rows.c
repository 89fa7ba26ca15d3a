#include "network-rows.h"

#include "words.h"

#include <math.h>
#include <string.h>

#define MIN_WRAP 30

/* Folded, so many skipped addresses are still shown each. */
#define MAX_SKIPPED 3

static void
row_free (gpointer data)
{
  LaneNetworkRow *row = data;

  g_clear_pointer (&row->ports, g_ptr_array_unref);
  g_clear_pointer (&row->folded, g_ptr_array_unref);
  g_free (row->key);
  g_free (row->name);
  g_free (row->what);
  g_free (row->state);
  g_free (row->note);
  g_free (row->sentence);
  g_free (row->next);
  g_free (row);
}

static LaneNetworkRow *
add_row (GPtrArray *rows, LaneNetworkSection section)
{
  LaneNetworkRow *row = g_new0 (LaneNetworkRow, 1);

  row->section = section;
  g_ptr_array_add (rows, row);
  return row;
}

static char *
take_next (const char *next)
{
  return next != NULL && next[0] != '\0' ? g_strdup (next) : NULL;
}

/* Interfaces */

static char *
format_address (const LaneAddressView *address)
{
  /* The zone is the interface, which stands beside it. */
  int length = (int)strcspn (address->address, "%");

  return address->prefix_length < 0
             ? g_strndup (address->address, length)
             : g_strdup_printf ("%.*s/%d", length, address->address, address->prefix_length);
}

static gboolean
is_way_out (const LaneInterfaceView *interface, int family)
{
  return family == 6 ? interface->default6 : interface->default4;
}

static char *
note_of_used (const LaneInterfaceView *interface, const LaneAddressView *address)
{
  return g_strdup_printf ("%s%s%s", address->scope, address->temporary ? ", temporary" : "",
                          is_way_out (interface, address->family) ? ", default route" : "");
}

static void
describe_address (LaneNetworkRow *row)
{
  const LaneInterfaceView *interface = row->interface;
  const LaneAddressView *address = row->address;

  row->what = format_address (address);
  row->state = g_strdup (address->used ? "used" : "skipped");
  row->wrong = address->why != NULL && g_str_has_prefix (address->why, "another host");
  row->next = take_next (address->next);
  if (address->used) {
    row->note = note_of_used (interface, address);
    row->sentence =
        g_strdup_printf ("ICE uses %s on %s (%s).", address->address, interface->name, row->note);
  } else {
    row->note = g_strdup (address->why != NULL ? address->why : "not said why");
    row->sentence = g_strdup_printf ("ICE does not use %s on %s: %s.", address->address,
                                     interface->name, row->note);
  }
}

static void
describe_bare (LaneNetworkRow *row)
{
  const LaneInterfaceView *interface = row->interface;
  gboolean no_carrier = strcmp (interface->state, "no-carrier") == 0;

  row->what = g_strdup ("no address");
  row->state = g_strdup (no_carrier ? "no link" : interface->state);
  row->note = g_strdup (strcmp (interface->state, "down") == 0 ? "the interface is down"
                        : no_carrier                           ? "the interface has no carrier"
                                                               : "nothing to use");
  row->sentence = g_strdup_printf ("%s has no address: %s.", interface->name, row->note);
}

static void
collect_interface (GPtrArray *rows, const LaneInterfaceView *interface)
{
  for (guint i = 0; i < MAX (interface->addresses->len, 1); i++) {
    LaneNetworkRow *row = add_row (rows, LANE_NETWORK_INTERFACES);

    row->interface = interface;
    row->name = g_strdup (interface->name);
    if (i < interface->addresses->len) {
      row->address = interface->addresses->pdata[i];
      describe_address (row);
    } else {
      describe_bare (row);
    }
    row->key = g_strdup_printf ("i %s %s", row->name, row->what);
  }
}

static gboolean
is_skipped (const LaneNetworkRow *row)
{
  return row->address == NULL || !row->address->used;
}

/* Moves skipped rows to the front of @folded until @n are left over, the last ones first. */
static void
move_skipped (GPtrArray *rows, GPtrArray *folded, guint *n, guint keep, gboolean even_with_advice)
{
  for (guint i = rows->len; i > 0 && *n > keep; i--) {
    const LaneNetworkRow *row = rows->pdata[i - 1];

    if (!is_skipped (row) || (row->next != NULL && !even_with_advice))
      continue;
    g_ptr_array_insert (folded, 0, g_ptr_array_steal_index (rows, i - 1));
    (*n)--;
  }
}

/* Keeps what is used and a few that are not, best those that can be; the others become one row. */
static void
fold_skipped (GPtrArray *rows)
{
  g_autoptr (GPtrArray) folded = g_ptr_array_new_with_free_func (row_free);
  guint n_skipped = 0;
  LaneNetworkRow *row;

  for (guint i = 0; i < rows->len; i++)
    n_skipped += is_skipped (rows->pdata[i]);
  if (n_skipped <= MAX_SKIPPED + 1)
    return;
  move_skipped (rows, folded, &n_skipped, MAX_SKIPPED, FALSE);
  move_skipped (rows, folded, &n_skipped, MAX_SKIPPED, TRUE);
  row = add_row (rows, LANE_NETWORK_INTERFACES);
  row->key = g_strdup ("i more");
  row->name = g_strdup ("more");
  row->what = g_strdup_printf ("%u addresses", folded->len);
  row->state = g_strdup ("skipped");
  row->note = g_strdup ("Enter lists them");
  row->sentence = g_strdup_printf ("%u more addresses are not used.", folded->len);
  row->folded = g_steal_pointer (&folded);
}

/* NAT */

/* The row has a place of its own for it. */
static char *
cut_confidence (const LaneNatView *nat)
{
  g_autofree char *end = g_strdup_printf (" (%s)", nat->confidence);

  return g_str_has_suffix (nat->summary, end)
             ? g_strndup (nat->summary, strlen (nat->summary) - strlen (end))
             : g_strdup (nat->summary);
}

static void
collect_nat (GPtrArray *rows, const LaneNatView *nat)
{
  LaneNetworkRow *row = add_row (rows, LANE_NETWORK_NAT);
  /* Of UDP that is blocked it says what the summary does. */
  const char *hint = strcmp (nat->mapping, "blocked") != 0 ? nat->hints[0] : NULL;

  row->nat = nat;
  row->key = g_strdup_printf ("n %d", nat->family);
  row->name = g_strdup_printf ("IPv%d", nat->family);
  row->what = cut_confidence (nat);
  row->note = nat->mapped != NULL ? g_strdup_printf ("%s, seen as %s", nat->confidence, nat->mapped)
                                  : g_strdup ("");
  row->wrong = nat->wrong || nat->hints[0] != NULL;
  row->sentence =
      g_strdup_printf ("IPv%d: %s. %s%s%s", nat->family, nat->summary, hint != NULL ? hint : "",
                       hint != NULL ? " " : "", nat->meaning != NULL ? nat->meaning : "");
  row->next = take_next (nat->next);
}

/* Ports */

static gboolean
is_same_port (const LanePortView *a, const LanePortView *b)
{
  return g_strcmp0 (a->peer, b->peer) == 0 && strcmp (a->local, b->local) == 0
         && strcmp (a->mapped, b->mapped) == 0;
}

static LaneNetworkRow *
find_port_row (const GPtrArray *rows, const LanePortView *port)
{
  for (guint i = 0; i < rows->len; i++) {
    LaneNetworkRow *row = g_ptr_array_index (rows, i);

    if (row->ports != NULL && is_same_port (row->ports->pdata[0], port))
      return row;
  }
  return NULL;
}

static char *
join_servers (const GPtrArray *ports)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < ports->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                            ((LanePortView *)g_ptr_array_index (ports, i))->server);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
describe_ports (gpointer data, gpointer user_data)
{
  LaneNetworkRow *row = data;
  const LanePortView *port = g_ptr_array_index (row->ports, 0);
  g_autofree char *servers = join_servers (row->ports);
  g_autofree char *where = port->peer != NULL ? g_strdup_printf ("the link to %s", port->peer)
                                              : g_strdup ("the NAT test");

  row->key = g_strdup_printf ("p %s %s %s", port->peer != NULL ? port->peer : "", port->local,
                              port->mapped);
  row->name = g_strdup (port->local);
  row->what = g_strdup (port->mapped);
  row->note = port->peer != NULL ? g_strdup_printf ("%s, link to %s", servers, port->peer)
                                 : g_strdup (servers);
  row->sentence = g_strdup_printf ("%s, a socket of %s, was seen as %s%s by %s.", port->local,
                                   where, port->mapped, port->same ? ", the same," : "", servers);
}

/* One for the sockets of all links, of which @links are. */
static void
fold_links (GPtrArray *rows, GPtrArray *links)
{
  LaneNetworkRow *row = add_row (rows, LANE_NETWORK_PORTS);

  row->key = g_strdup ("p links");
  row->name = g_strdup ("sockets of links");
  row->what = g_strdup_printf ("%u seen", links->len);
  row->note = g_strdup ("Enter lists them");
  row->sentence = g_strdup_printf ("%u sockets of links were seen by servers.", links->len);
  row->folded = g_ptr_array_ref (links);
}

static void
collect_ports (GPtrArray *rows, const GPtrArray *ports, gboolean fold)
{
  g_autoptr (GPtrArray) tests = g_ptr_array_new ();
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func (row_free);

  for (guint i = 0; i < ports->len; i++) {
    LanePortView *port = ports->pdata[i];
    GPtrArray *list = port->peer != NULL ? links : tests;
    LaneNetworkRow *row = find_port_row (list, port);

    if (row == NULL) {
      row = add_row (list, LANE_NETWORK_PORTS);
      row->ports = g_ptr_array_new ();
    }
    g_ptr_array_add (row->ports, port);
  }
  g_ptr_array_foreach (tests, describe_ports, NULL);
  g_ptr_array_foreach (links, describe_ports, NULL);
  g_ptr_array_extend (rows, tests, NULL, NULL);
  if (fold && links->len > 1) {
    fold_links (rows, links);
    return;
  }
  while (links->len > 0)
    g_ptr_array_add (rows, g_ptr_array_steal_index (links, 0));
}

/* Servers */

static gboolean
has_failed (const LaneServerView *server)
{
  return strcmp (server->state, "failed") == 0;
}

static char *
note_of_server (const LaneServerView *server)
{
  g_autofree char *rtt = lane_words_ms (server->rtt_ms);

  if (has_failed (server))
    return g_strdup (server->error != NULL  ? server->error
                     : server->code != NULL ? server->code
                                            : "not said why");
  if (strcmp (server->state, "ok") != 0)
    return g_strdup (server->in_use ? "not tested yet, in use" : "not tested yet");
  return g_strdup_printf ("%s%s%s%s", isnan (server->rtt_ms) ? "answers" : rtt,
                          server->in_use ? ", in use" : "", server->mapped != NULL ? ", sees " : "",
                          server->mapped != NULL ? server->mapped : "");
}

static void
collect_server (GPtrArray *rows, const LaneServerView *server)
{
  LaneNetworkRow *row = add_row (rows, LANE_NETWORK_SERVERS);
  g_autofree char *clock = server->checked_us != 0 ? lane_words_clock (server->checked_us) : NULL;

  row->server = server;
  row->key = g_strdup_printf ("s %s %s", server->name, server->uri);
  row->name = g_strdup (server->name);
  row->what = g_strdup (server->uri);
  row->state = g_strdup (strcmp (server->state, "unknown") == 0 ? "waiting" : server->state);
  row->note = note_of_server (server);
  row->wrong = has_failed (server);
  row->sentence =
      g_strdup_printf ("%s, %s: %s%s%s%s.", server->name, server->uri,
                       row->wrong                          ? "does not work: "
                       : strcmp (server->state, "ok") == 0 ? "works: "
                                                           : "",
                       row->note, clock != NULL ? "; looked at " : "", clock != NULL ? clock : "");
  row->next = row->wrong ? take_next (server->advice) : NULL;
}

static void
collect_servers (GPtrArray *rows, const GPtrArray *servers, gboolean failed)
{
  for (guint i = 0; i < servers->len; i++)
    if (has_failed (servers->pdata[i]) == failed)
      collect_server (rows, servers->pdata[i]);
}

GPtrArray *
lane_network_rows_collect (const LaneNetworkView *network, const LaneSnapshot *snapshot,
                           gboolean fold)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (row_free);

  for (guint i = 0; network != NULL && i < network->interfaces->len; i++)
    collect_interface (rows, network->interfaces->pdata[i]);
  if (fold)
    fold_skipped (rows);
  for (guint i = 0; network != NULL && i < network->nats->len; i++)
    collect_nat (rows, network->nats->pdata[i]);
  if (network != NULL)
    collect_ports (rows, network->ports, fold);
  collect_servers (rows, snapshot->servers, TRUE);
  collect_servers (rows, snapshot->servers, FALSE);
  return rows;
}

/* Sections */

const char *
lane_network_section_title (LaneNetworkSection section)
{
  static const char *const titles[LANE_N_NETWORK_SECTIONS] = {
    [LANE_NETWORK_INTERFACES] = "INTERFACES",
    [LANE_NETWORK_NAT] = "NAT",
    [LANE_NETWORK_PORTS] = "PORTS SEEN",
    [LANE_NETWORK_SERVERS] = "SERVERS",
  };

  return titles[section];
}

static char *
note_of_interfaces (const LaneNetworkView *network)
{
  guint n_used = 0, n = 0;

  for (guint i = 0; i < network->interfaces->len; i++) {
    const LaneInterfaceView *interface = network->interfaces->pdata[i];

    n += interface->addresses->len;
    for (guint j = 0; j < interface->addresses->len; j++)
      n_used += ((LaneAddressView *)interface->addresses->pdata[j])->used;
  }
  if (n_used == 0)
    return g_strdup ("none is used: no link is possible");
  if (network->left_out > 0)
    return g_strdup_printf ("%u of %u addresses used, %u more interfaces", n_used, n,
                            network->left_out);
  return g_strdup_printf ("%u of %u addresses used", n_used, n);
}

static char *
note_of_nat (const LaneNetworkView *network)
{
  gint64 checked_us = 0;
  g_autofree char *clock = NULL;

  if (network->checking)
    return g_strdup ("being measured now");
  for (guint i = 0; i < network->nats->len; i++)
    checked_us = MAX (checked_us, ((LaneNatView *)network->nats->pdata[i])->checked_us);
  if (checked_us == 0)
    return g_strdup ("not measured yet");
  clock = lane_words_clock (checked_us);
  return g_strdup_printf ("measured %s", clock);
}

char *
lane_network_section_note (LaneNetworkSection section, const LaneNetworkView *network,
                           const LaneSnapshot *snapshot)
{
  if (section == LANE_NETWORK_SERVERS)
    return lane_words_servers (snapshot, TRUE);
  if (network == NULL)
    return g_strdup ("not known yet");
  if (section == LANE_NETWORK_INTERFACES)
    return note_of_interfaces (network);
  if (section == LANE_NETWORK_NAT)
    return note_of_nat (network);
  return g_strdup (network->router != NULL ? network->router : "");
}

/* Evidence */

/* Appends @line, broken at spaces; what follows the first line of it is indented a little more. */
static void
append_wrapped (GString *text, const char *line, int width)
{
  gsize indent = strspn (line, " ");
  int room = MAX (width, MIN_WRAP);

  while (g_utf8_strlen (line, -1) > room) {
    const char *end = g_utf8_offset_to_pointer (line, room);
    const char *cut = end;

    while (cut > line + indent && *cut != ' ')
      cut--;
    if (cut <= line + indent)
      cut = end;
    g_string_append_len (text, line, cut - line);
    g_string_append_printf (text, "\n%*s", (int)indent + 2, "");
    line = cut + strspn (cut, " ");
    indent = 0;
    room = MAX (width - 4, MIN_WRAP);
  }
  g_string_append (text, line);
  g_string_append_c (text, '\n');
}

typedef struct {
  GString *text;
  int width;
} Writer;

static void G_GNUC_PRINTF (2, 3) say (const Writer *writer, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_strdelimit (line, "\n\r\t", ' ');
  append_wrapped (writer->text, line, writer->width);
}

static const char *
truth_word (LaneTruth truth)
{
  return truth == LANE_TRUTH_YES ? "yes" : truth == LANE_TRUTH_NO ? "no" : "not known";
}

static void
say_lifetime (const Writer *writer, const LaneNatView *nat)
{
  if (nat->lifetime_min_s != 0)
    say (writer, "An idle mapping lives for at least %u s.", nat->lifetime_min_s);
  if (nat->lifetime_max_s != 0)
    say (writer, "An idle mapping lives for less than %u s.", nat->lifetime_max_s);
}

static void
say_sight (const Writer *writer, const LaneSightView *sight)
{
  g_autofree char *ms = lane_words_ms (sight->ms);

  if (sight->mapped != NULL)
    say (writer, "  %s %s (%s): saw %s, %s", sight->server, sight->asked, sight->test,
         sight->mapped, ms);
  else
    say (writer, "  %s %s (%s): %s", sight->server, sight->asked, sight->test, sight->result);
}

static void
say_nat (const Writer *writer, const LaneNatView *nat, const LaneNetworkView *network)
{
  gboolean any = FALSE;

  say (writer, "Mapping: %s", nat->mapping);
  say (writer, "Filtering: %s", nat->filtering);
  say (writer, "Confidence: %s", nat->confidence);
  say (writer, "Hairpinning: %s   UDP: %s   Carrier NAT: %s   Tampering: %s",
       truth_word (nat->hairpinning), nat->udp,
       nat->carrier == LANE_TRUTH_YES ? "yes" : "none seen", truth_word (nat->tampered));
  if (nat->address != NULL)
    say (writer, "Our address: %s, seen as %s", nat->address,
         nat->mapped != NULL ? nat->mapped : "nothing: no answer");
  say_lifetime (writer, nat);
  for (guint i = 0; nat->hints[i] != NULL; i++)
    say (writer, "%s", nat->hints[i]);
  for (guint i = 0; i < network->sights->len; i++) {
    const LaneSightView *sight = network->sights->pdata[i];

    if (sight->family != nat->family)
      continue;
    if (!any)
      say (writer, "Asked:");
    any = TRUE;
    say_sight (writer, sight);
  }
  if (!any)
    say (writer, "No server was asked.");
}

static gboolean
is_of_address (const char *endpoint, const char *address)
{
  const char *bare = endpoint[0] == '[' ? endpoint + 1 : endpoint;
  gsize length = strlen (address);

  return strncmp (bare, address, length) == 0 && (bare[length] == ':' || bare[length] == ']');
}

static void
say_address (const Writer *writer, const LaneNetworkRow *row, const LaneNetworkView *network)
{
  const LaneInterfaceView *interface = row->interface;

  say (writer, "Interface: %s, %s%s%s", interface->name, interface->state,
       interface->default4 ? ", default route of IPv4" : "",
       interface->default6 ? ", default route of IPv6" : "");
  if (row->address == NULL)
    return;
  say (writer, "Address: %s, %s%s", row->what, row->address->scope,
       row->address->temporary ? ", temporary" : "");
  for (guint i = 0; i < network->ports->len; i++) {
    const LanePortView *port = network->ports->pdata[i];

    if (is_of_address (port->local, row->address->address))
      say (writer, "  %s saw %s as %s", port->server, port->local, port->mapped);
  }
}

static void
say_ports (const Writer *writer, const LaneNetworkRow *row, const LaneNetworkView *network)
{
  const LanePortView *port = g_ptr_array_index (row->ports, 0);

  say (writer, "What servers saw of %s:", port->local);
  for (guint i = 0; i < network->ports->len; i++) {
    const LanePortView *other = network->ports->pdata[i];
    g_autofree char *ms = isnan (other->ms) ? NULL : lane_words_ms (other->ms);

    if (strcmp (other->local, port->local) == 0)
      say (writer, "  %s: %s%s%s%s", other->server, other->mapped, ms != NULL ? ", " : "",
           ms != NULL ? ms : "", strcmp (other->mapped, port->mapped) == 0 ? "" : ", another one");
  }
  if (network->router != NULL)
    say (writer, "%s", network->router);
}

static void
say_folded (const Writer *writer, const LaneNetworkRow *row)
{
  for (guint i = 0; i < row->folded->len; i++) {
    const LaneNetworkRow *one = g_ptr_array_index (row->folded, i);

    say (writer, "  %s  %s%s  %s", one->name, row->section == LANE_NETWORK_PORTS ? "seen as " : "",
         one->what, one->note);
  }
}

static void
say_server (const Writer *writer, const LaneServerView *server)
{
  if (server->code != NULL && has_failed (server))
    say (writer, "Code: %s", server->code);
  if (server->mapped != NULL)
    say (writer, "It sees us as %s", server->mapped);
  say (writer, "In use by a link: %s", server->in_use ? "yes" : "no");
  if (server->credentials_expire_us != 0) {
    g_autofree char *clock = lane_words_clock (server->credentials_expire_us);

    say (writer, "Credentials until: %s", clock);
  }
  say (writer, server->steps->len > 0 ? "Steps of the last test:" : "No test has ended yet.");
  for (guint i = 0; i < server->steps->len; i++) {
    const LaneServerStepView *step = server->steps->pdata[i];
    g_autofree char *ms = lane_words_ms (step->ms);

    say (writer, "  %-10s %-6s %s%s%s", step->step, step->ok ? "ok" : "failed", ms,
         step->evidence != NULL ? "  " : "", step->evidence != NULL ? step->evidence : "");
  }
}

char *
lane_network_row_evidence (const LaneNetworkRow *row, const LaneNetworkView *network, int width)
{
  const Writer writer = { .text = g_string_new (NULL), .width = width };

  say (&writer, "%s", row->sentence);
  say (&writer, "Next: %s", row->next != NULL ? row->next : "nothing to do");
  if (row->folded != NULL)
    say_folded (&writer, row);
  else if (row->nat != NULL && network != NULL)
    say_nat (&writer, row->nat, network);
  else if (row->interface != NULL && network != NULL)
    say_address (&writer, row, network);
  else if (row->ports != NULL && network != NULL)
    say_ports (&writer, row, network);
  else if (row->server != NULL)
    say_server (&writer, row->server);
  g_string_truncate (writer.text, writer.text->len - 1);
  return g_string_free (writer.text, FALSE);
}
