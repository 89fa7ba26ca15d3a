#include "network-report.h"

#include <linux/if_addr.h>
#include <math.h>
#include <string.h>

#include "ice/address-scope.h"
#include "servers/nat-advice.h"
#include "status.h"

/* Container hosts have hundreds; what is used comes first. */
#define MAX_INTERFACES 128
#define MAX_PORTS      256

/* What servers saw of links */

static char *
format_endpoint (const char *address, guint16 port)
{
  return g_strdup_printf (strchr (address, ':') != NULL ? "[%s]:%u" : "%s:%u", address, port);
}

LanePortSeen *
lane_port_seen_new (const char *peer, const char *server, const char *local, guint16 local_port,
                    const char *mapped, guint16 mapped_port)
{
  LanePortSeen *port = g_new0 (LanePortSeen, 1);

  port->peer = g_strdup (peer);
  port->server = g_strdup (server);
  port->local = format_endpoint (local, local_port);
  port->mapped = format_endpoint (mapped, mapped_port);
  port->family = strchr (mapped, ':') != NULL ? 6 : 4;
  return port;
}

void
lane_port_seen_free (LanePortSeen *port)
{
  if (port == NULL)
    return;
  g_free (port->peer);
  g_free (port->server);
  g_free (port->local);
  g_free (port->mapped);
  g_free (port);
}

/* JSON */

static void
begin_array (JsonBuilder *builder, const char *name)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
}

static void
add_integer (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_boolean (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

/* Interfaces */

static int
family_of (const LaneNetlinkAddress *address)
{
  return g_inet_address_get_family (address->address) == G_SOCKET_FAMILY_IPV4 ? 4 : 6;
}

/* NULL: it is used. */
static const char *
why_skipped (const LaneNetworkFacts *facts, const LaneNetlinkAddress *address)
{
  g_autofree char *literal = lane_network_dup_literal (address);

  for (guint i = 0; i < facts->skipped->len; i++) {
    const LaneSkippedAddress *skipped = g_ptr_array_index (facts->skipped, i);

    if (strcmp (skipped->address, literal) == 0
        && strcmp (skipped->interface, address->interface) == 0)
      return skipped->why;
  }
  return NULL;
}

/* By how network.c and its kind word it; NULL: that is as it should be. */
static const char *
advice_for (const char *why)
{
  static const struct {
    const char *start, *advice;
  } rows[] = {
    { "excluded by [network] interfaces",
      "To use it, change [network] interfaces in Settings (4)" },
    { "not listed in [network]", "To use it, add it to [network] interfaces in Settings (4)" },
    { "excluded by [network] families", "To use it, change [network] families in Settings (4)" },
    { "the interface is down", "Bring the interface up, if it should be" },
    { "the interface has no carrier", "See to the cable or whatever is at its other end" },
    { "another host has", "Give one of the two hosts another address" },
  };

  for (guint i = 0; why != NULL && i < G_N_ELEMENTS (rows); i++)
    if (g_str_has_prefix (why, rows[i].start))
      return rows[i].advice;
  return NULL;
}

static const char *
scope_of (GInetAddress *address)
{
  if (g_inet_address_get_is_loopback (address))
    return "loopback";
  if (g_inet_address_get_is_link_local (address))
    return "link-local";
  if (lane_address_is_of_carrier (address))
    return "carrier";
  return lane_address_is_local (address) ? "private" : "public";
}

static const char *
state_of (const LaneNetlinkInterface *interface)
{
  if ((interface->flags & IFF_UP) == 0)
    return "down";
  return (interface->flags & IFF_RUNNING) == 0 ? "no-carrier" : "up";
}

static void
add_address (const LaneNetworkFacts *facts, const LaneNetlinkAddress *address, JsonBuilder *builder)
{
  g_autofree char *literal = lane_network_dup_literal (address);
  const char *why = why_skipped (facts, address);
  int family = family_of (address);

  json_builder_begin_object (builder);
  lane_status_add_string (builder, "address", literal);
  add_integer (builder, "prefix_length", address->prefix_length);
  add_integer (builder, "family", family);
  lane_status_add_string (builder, "scope", scope_of (address->address));
  add_boolean (builder, "temporary", family == 6 && (address->flags & IFA_F_TEMPORARY) != 0);
  add_boolean (builder, "used", why == NULL);
  lane_status_add_string (builder, "why", why);
  lane_status_add_string (builder, "next", advice_for (why));
  json_builder_end_object (builder);
}

static gboolean
is_way_out (const LaneNetlinkRoute *route, const LaneNetlinkInterface *interface)
{
  return route->interface_index != 0 && route->interface_index == interface->index;
}

static void
add_interface (const LaneNetworkFacts *facts, const LaneNetlinkInterface *interface,
               JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "name", interface->name);
  lane_status_add_string (builder, "state", state_of (interface));
  add_boolean (builder, "loopback", (interface->flags & IFF_LOOPBACK) != 0);
  begin_array (builder, "default_route");
  if (is_way_out (&facts->kernel->ipv4, interface))
    json_builder_add_int_value (builder, 4);
  if (is_way_out (&facts->kernel->ipv6, interface))
    json_builder_add_int_value (builder, 6);
  json_builder_end_array (builder);
  begin_array (builder, "addresses");
  for (guint i = 0; i < facts->kernel->addresses->len; i++) {
    const LaneNetlinkAddress *address = g_ptr_array_index (facts->kernel->addresses, i);

    if (address->interface_index == interface->index)
      add_address (facts, address, builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

typedef enum { WAY_OUT, USED, IDLE, LOOPBACK, DOWN, N_RANKS } Rank;

static gboolean
has_used_address (const LaneNetworkFacts *facts, const LaneNetlinkInterface *interface)
{
  for (guint i = 0; i < facts->kernel->addresses->len; i++) {
    const LaneNetlinkAddress *address = g_ptr_array_index (facts->kernel->addresses, i);

    if (address->interface_index == interface->index && why_skipped (facts, address) == NULL)
      return TRUE;
  }
  return FALSE;
}

static Rank
rank_of (const LaneNetworkFacts *facts, const LaneNetlinkInterface *interface)
{
  if (is_way_out (&facts->kernel->ipv4, interface) || is_way_out (&facts->kernel->ipv6, interface))
    return WAY_OUT;
  if (has_used_address (facts, interface))
    return USED;
  if ((interface->flags & IFF_LOOPBACK) != 0)
    return LOOPBACK;
  return (interface->flags & IFF_UP) != 0 ? IDLE : DOWN;
}

static void
add_interfaces (const LaneNetworkFacts *facts, JsonBuilder *builder)
{
  const GPtrArray *all = facts->kernel->interfaces;
  guint n = 0;

  begin_array (builder, "interfaces");
  for (Rank rank = 0; rank < N_RANKS; rank++)
    for (guint i = 0; i < all->len && n < MAX_INTERFACES; i++) {
      const LaneNetlinkInterface *interface = g_ptr_array_index (all, i);

      if (rank_of (facts, interface) != rank)
        continue;
      add_interface (facts, interface, builder);
      n++;
    }
  json_builder_end_array (builder);
  add_integer (builder, "interfaces_left_out", all->len - n);
}

/* NAT */

static gboolean
has_address (const LaneNetworkFacts *facts, int family)
{
  for (guint i = 0; i < facts->kernel->addresses->len; i++) {
    const LaneNetlinkAddress *address = g_ptr_array_index (facts->kernel->addresses, i);

    if (family_of (address) == family && why_skipped (facts, address) == NULL
        && !g_inet_address_get_is_link_local (address->address))
      return TRUE;
  }
  return FALSE;
}

/* In words: what is known, what it means, what helps. */
typedef struct {
  const char *summary, *meaning, *next; /* next: NULL: nothing to do */
  gboolean wrong;
} Words;

/* Without a report. */
static Words
words_of_nothing (const LaneNetworkFacts *facts, const LaneFamilyFacts *family, int number)
{
  if (!family->wanted)
    return (Words){ "not used", "The family is left out by [network] families.", NULL, FALSE };
  if (!has_address (facts, number))
    return (Words){ "no address", "No address of this family that ICE may use.", NULL, FALSE };
  if (!family->has_server)
    return (Words){ "not known",
                    "No STUN or TURN server over UDP is known at an address of this family.",
                    number == 4 ? "Add a server in Settings (4), like stun:stun.example.net" : NULL,
                    number == 4 };
  if (facts->checking)
    return (Words){ "being measured", "The servers are being asked.", NULL, FALSE };
  return (Words){ "not measured yet", "No server has been asked yet.", NULL, FALSE };
}

static Words
words_of_unknown (const LaneNatReport *report)
{
  if (report->contradicted)
    return (Words){ "contradictory",
                    "Servers contradict each other about our address or port: one of them lies, or "
                    "packets leave by two ways.",
                    "Compare the ports seen; take the server that differs out of the settings",
                    TRUE };
  if (lane_nat_report_get_mapped (report) == NULL)
    return (Words){ "not known", "No server has answered over UDP.",
                    "See what is wrong with the servers; if with none, UDP may be blocked", TRUE };
  return (Words){ "not known",
                  "Only one server has answered: two are needed to see whether the port changes.",
                  "Add a second STUN server, or one with two addresses (RFC 5780)", FALSE };
}

static void
add_words (JsonBuilder *builder, const Words *words)
{
  lane_status_add_string (builder, "summary", words->summary);
  lane_status_add_string (builder, "meaning", words->meaning);
  lane_status_add_string (builder, "next", words->next);
  add_boolean (builder, "wrong", words->wrong);
}

static void
add_family (const LaneNetworkFacts *facts, const LaneFamilyFacts *family, int number,
            JsonBuilder *builder)
{
  const LaneNatReport *report = family->report;
  g_autofree char *summary = NULL;
  Words words;

  if (report == NULL) {
    words = words_of_nothing (facts, family, number);
  } else if (report->traits.mapping == LANE_NAT_UNKNOWN) {
    words = words_of_unknown (report);
  } else {
    summary = lane_nat_traits_to_text (&report->traits);
    words = (Words){ summary, lane_nat_traits_to_meaning (&report->traits),
                     lane_nat_traits_to_advice (&report->traits),
                     lane_nat_traits_are_bad (&report->traits) };
  }
  json_builder_begin_object (builder);
  lane_nat_report_add_json (report, builder);
  add_integer (builder, "family", number);
  add_words (builder, &words);
  json_builder_end_object (builder);
}

static void
add_nat (const LaneNetworkFacts *facts, JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "nat");
  json_builder_begin_object (builder);
  add_boolean (builder, "checking", facts->checking);
  begin_array (builder, "families");
  add_family (facts, &facts->ipv4, 4, builder);
  add_family (facts, &facts->ipv6, 6, builder);
  json_builder_end_array (builder);
  begin_array (builder, "evidence");
  if (facts->ipv4.report != NULL)
    lane_nat_report_add_evidence_json (facts->ipv4.report, builder);
  if (facts->ipv6.report != NULL)
    lane_nat_report_add_evidence_json (facts->ipv6.report, builder);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

/* Ports */

static void
add_port (JsonBuilder *builder, const LanePortSeen *port, double ms)
{
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "peer", port->peer); /* null: the test of the NAT */
  add_integer (builder, "family", port->family);
  lane_status_add_string (builder, "local", port->local);
  lane_status_add_string (builder, "server", port->server);
  lane_status_add_string (builder, "mapped", port->mapped);
  add_boolean (builder, "same", strcmp (port->local, port->mapped) == 0);
  lane_status_add_double (builder, "ms", ms);
  json_builder_end_object (builder);
}

/* From the test's one socket to every server, and to the other address of one. */
static void
add_tested_ports (const LaneNatReport *report, int family, JsonBuilder *builder)
{
  for (guint i = 0; report != NULL && i < report->sights->len; i++) {
    const LaneNatSight *sight = g_ptr_array_index (report->sights, i);
    g_autofree char *asked = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (sight->asked));
    g_autofree char *local = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (sight->local));
    g_autofree char *mapped = NULL;
    g_autofree char *server = NULL;
    LanePortSeen port = { .local = local, .family = family };

    if (sight->mapped == NULL || sight->test > LANE_NAT_TEST_OTHER_PORT)
      continue;
    mapped = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (sight->mapped));
    server = g_strdup_printf ("%s %s", sight->server, asked);
    port.mapped = mapped;
    port.server = server;
    add_port (builder, &port, sight->ms);
  }
}

static void
add_ports (const LaneNetworkFacts *facts, JsonBuilder *builder)
{
  guint n = facts->ports != NULL ? facts->ports->len : 0;

  begin_array (builder, "ports");
  add_tested_ports (facts->ipv4.report, 4, builder);
  add_tested_ports (facts->ipv6.report, 6, builder);
  for (guint i = 0; i < MIN (n, MAX_PORTS); i++)
    add_port (builder, g_ptr_array_index (facts->ports, i), NAN);
  json_builder_end_array (builder);
  add_integer (builder, "ports_left_out", n - MIN (n, MAX_PORTS));
}

void
lane_network_report_add_json (const LaneNetworkFacts *facts, JsonBuilder *builder)
{
  add_interfaces (facts, builder);
  add_nat (facts, builder);
  add_ports (facts, builder);
  json_builder_set_member_name (builder, "router_mappings");
  json_builder_begin_object (builder);
  add_boolean (builder, "asked", FALSE); /* see transport.c: "upnp" is off */
  lane_status_add_string (builder, "text",
                          "icelane asks no router to forward a port (UPnP, NAT-PMP, PCP).");
  json_builder_end_object (builder);
}
