#include "network.h"

#include <glib-unix.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <string.h>

#define MAX_ADDRESSES  16
#define MAX_PER_PREFIX 2

#define GAIN_MS           300
#define REPLACE_MS        20
#define REPLACE_WINDOW_US G_USEC_PER_SEC
#define RETRY_MS          1000

/* After the first address, for the default route that was there before. */
#define ROUTE_WAIT_MS 150

/* A dump may run ahead of what the kernel still does for an event. */
#define RECHECK_MS 50

/* One word of [network] interfaces. */
typedef struct {
  char *text;
  gboolean exclude;
  GPatternSpec *interface;
  GInetAddressMask *mask; /* one of the two */
} Filter;

typedef struct {
  char *literal;
  char *interface;
  int interface_index;
  int family;
  gboolean on_default_route;
  guint rank; /* lower is better */
  GInetAddressMask *prefix;
} Usable;

typedef struct {
  int interface_index; /* 0: none now */
  int last;            /* the last that was not 0 */
  char interface[IF_NAMESIZE];
} DefaultRoute;

struct _LaneNetwork {
  GMainContext *context;
  LaneNetworkEvents events;
  gpointer user_data;
  GPtrArray *filters;
  gboolean ipv4, ipv6, allow_loopback, allow_link_local;

  LaneNetlink *netlink;
  LaneNetlinkState *kernel; /* as read last */
  GSource *readable, *recheck, *gain;
  gint64 gain_due_us, lost_us;
  gboolean was_down; /* and nobody heard yet that it is over */

  GPtrArray *usable;    /* of Usable */
  GPtrArray *addresses; /* of char*, owned by usable, and a NULL at the end */
  GPtrArray *skipped;   /* of LaneSkippedAddress */
  GHashTable *known;    /* keys of addresses that were usable at some time and still work */
  DefaultRoute route4, route6;
};

static void
filter_free (Filter *filter)
{
  g_clear_pointer (&filter->interface, g_pattern_spec_free);
  g_clear_object (&filter->mask);
  g_free (filter->text);
  g_free (filter);
}

static void
usable_free (Usable *usable)
{
  g_clear_object (&usable->prefix);
  g_free (usable->literal);
  g_free (usable->interface);
  g_free (usable);
}

static void
skipped_free (LaneSkippedAddress *skipped)
{
  g_free (skipped->interface);
  g_free (skipped->address);
  g_free (skipped->why);
  g_free (skipped);
}

static void
stop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static gboolean
add_filter (GPtrArray *filters, const char *text, GError **error)
{
  Filter *filter = g_new0 (Filter, 1);
  const char *pattern = text[0] == '!' ? text + 1 : text;

  g_ptr_array_add (filters, filter);
  filter->text = g_strdup (text);
  filter->exclude = pattern != text;
  filter->mask = g_inet_address_mask_new_from_string (pattern, NULL);
  if (filter->mask == NULL)
    filter->interface = g_pattern_spec_new (pattern);
  if (pattern[0] != '\0' && (filter->mask != NULL || strchr (pattern, '/') == NULL))
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "[network] interfaces: '%s' is neither an interface like eth* nor a network like "
               "192.0.2.0/24",
               text);
  return FALSE;
}

static gboolean
filter_matches (const Filter *filter, const LaneNetlinkAddress *address)
{
  if (filter->mask != NULL)
    return g_inet_address_mask_matches (filter->mask, address->address);
  return g_pattern_spec_match_string (filter->interface, address->interface);
}

/* An exclusion always wins; where something is included, nothing else is. */
static char *
filters_refuse (const GPtrArray *filters, const LaneNetlinkAddress *address)
{
  gboolean wanted = TRUE;

  for (guint i = 0; i < filters->len; i++) {
    const Filter *filter = g_ptr_array_index (filters, i);

    if (filter->exclude && filter_matches (filter, address))
      return g_strdup_printf ("excluded by [network] interfaces: %s", filter->text);
    wanted &= filter->exclude;
  }
  for (guint i = 0; i < filters->len && !wanted; i++) {
    const Filter *filter = g_ptr_array_index (filters, i);

    wanted = !filter->exclude && filter_matches (filter, address);
  }
  return wanted ? NULL : g_strdup ("not listed in [network] interfaces");
}

static int
family_of (const LaneNetlinkAddress *address)
{
  return g_inet_address_get_family (address->address) == G_SOCKET_FAMILY_IPV4 ? 4 : 6;
}

/* A socket on it can send: true even of a deprecated address. */
static gboolean
is_working (const LaneNetlinkAddress *address)
{
  gboolean tentative =
      (address->flags & IFA_F_TENTATIVE) != 0 && (address->flags & IFA_F_OPTIMISTIC) == 0;

  return (address->interface_flags & IFF_UP) != 0 && (address->interface_flags & IFF_RUNNING) != 0
         && !tentative && (address->flags & IFA_F_DADFAILED) == 0;
}

static const char *
why_not_working (const LaneNetlinkAddress *address)
{
  if ((address->interface_flags & IFF_UP) == 0)
    return "the interface is down";
  if ((address->interface_flags & IFF_RUNNING) == 0)
    return "the interface has no carrier";
  if ((address->flags & IFA_F_DADFAILED) != 0)
    return "another host has the same address";
  return "tentative";
}

/* NULL = usable. */
static char *
why_skipped (const LaneNetwork *network, const LaneNetlinkAddress *address)
{
  gboolean loopback = g_inet_address_get_is_loopback (address->address)
                      || (address->interface_flags & IFF_LOOPBACK) != 0;

  if (!(family_of (address) == 4 ? network->ipv4 : network->ipv6))
    return g_strdup ("excluded by [network] families");
  if (loopback && !network->allow_loopback)
    return g_strdup ("loopback, and not [ice] allow-loopback");
  if (g_inet_address_get_is_link_local (address->address) && !network->allow_link_local)
    return g_strdup ("link-local, and not [ice] allow-link-local");
  if (!is_working (address))
    return g_strdup (why_not_working (address));
  if ((address->flags & IFA_F_DEPRECATED) != 0)
    return g_strdup ("deprecated");
  return filters_refuse (network->filters, address);
}

static gboolean
is_unique_local (GInetAddress *address)
{
  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6
         && (g_inet_address_to_bytes (address)[0] & 0xfe) == 0xfc; /* RFC 4193 */
}

/* For addresses of one interface: what is likely to work best, and says least about us (temporary
 * ones, RFC 8981). IFA_F_TEMPORARY means secondary on IPv4. */
static guint
rank_kind (const LaneNetlinkAddress *address)
{
  if (is_unique_local (address->address))
    return 3;
  if (family_of (address) == 4)
    return 1;
  return (address->flags & IFA_F_TEMPORARY) != 0 ? 0 : 2;
}

static guint
rank_place (const LaneNetlinkAddress *address, gboolean on_default_route)
{
  if (g_inet_address_get_is_loopback (address->address))
    return 3;
  if (g_inet_address_get_is_link_local (address->address))
    return 2;
  return on_default_route ? 0 : 1;
}

char *
lane_network_dup_literal (const LaneNetlinkAddress *address)
{
  g_autofree char *text = g_inet_address_to_string (address->address);

  if (family_of (address) == 6 && g_inet_address_get_is_link_local (address->address))
    return g_strdup_printf ("%s%%%s", text, address->interface);
  return g_steal_pointer (&text);
}

/* An address that moves to another interface is another address. */
static char *
key_of (const char *literal, int interface_index)
{
  return g_strdup_printf ("%s %d", literal, interface_index);
}

/* The network part; NULL when the kernel's length makes no sense. */
static GInetAddressMask *
prefix_of (const LaneNetlinkAddress *address)
{
  gsize size = g_inet_address_get_native_size (address->address);
  guint8 bytes[16] = { 0 };
  g_autoptr (GInetAddress) network = NULL;

  memcpy (bytes, g_inet_address_to_bytes (address->address), size);
  for (gsize bit = address->prefix_length; bit < size * 8; bit++)
    bytes[bit / 8] &= (guint8) ~(0x80 >> (bit % 8));
  network = g_inet_address_new_from_bytes (bytes, g_inet_address_get_family (address->address));
  return g_inet_address_mask_new (network, address->prefix_length, NULL);
}

static Usable *
usable_new (const LaneNetwork *network, const LaneNetlinkAddress *address)
{
  Usable *usable = g_new0 (Usable, 1);
  const DefaultRoute *route;

  usable->literal = lane_network_dup_literal (address);
  usable->interface = g_strdup (address->interface);
  usable->interface_index = address->interface_index;
  usable->family = family_of (address);
  usable->prefix = prefix_of (address);
  route = usable->family == 4 ? &network->route4 : &network->route6;
  usable->on_default_route = route->interface_index == address->interface_index;
  usable->rank = rank_place (address, usable->on_default_route) * 4 + rank_kind (address);
  return usable;
}

static void
skip (GPtrArray *skipped, const char *interface, const char *literal, char *why)
{
  LaneSkippedAddress *entry = g_new0 (LaneSkippedAddress, 1);

  entry->interface = g_strdup (interface);
  entry->address = g_strdup (literal);
  entry->why = why;
  g_ptr_array_add (skipped, entry);
}

static int
compare_usable (gconstpointer a, gconstpointer b)
{
  const Usable *left = *(Usable *const *)a, *right = *(Usable *const *)b;

  if (left->rank != right->rank)
    return left->rank < right->rank ? -1 : 1;
  return left->interface_index - right->interface_index;
}

static guint
count_same_prefix (const GPtrArray *usable, guint end)
{
  const Usable *subject = g_ptr_array_index (usable, end);
  guint n_same = 0;

  for (guint i = 0; i < end; i++) {
    const Usable *other = g_ptr_array_index (usable, i);

    if (other->interface_index == subject->interface_index && other->prefix != NULL
        && subject->prefix != NULL && g_inet_address_mask_equal (other->prefix, subject->prefix))
      n_same++;
  }
  return n_same;
}

static void
limit (GPtrArray *usable, GPtrArray *skipped)
{
  guint i = 0;

  while (i < usable->len) {
    const Usable *subject = g_ptr_array_index (usable, i);
    const char *why = NULL;

    if (i >= MAX_ADDRESSES)
      why = G_STRINGIFY (MAX_ADDRESSES) " better addresses are used";
    else if (count_same_prefix (usable, i) >= MAX_PER_PREFIX)
      why = G_STRINGIFY (MAX_PER_PREFIX) " addresses of the same network are used";
    if (why == NULL) {
      i++;
      continue;
    }
    skip (skipped, subject->interface, subject->literal, g_strdup (why));
    g_ptr_array_remove_index (usable, i);
  }
}

static GPtrArray *
choose (const LaneNetwork *network, const LaneNetlinkState *state, GPtrArray *skipped)
{
  GPtrArray *usable = g_ptr_array_new_with_free_func ((GDestroyNotify)usable_free);

  for (guint i = 0; i < state->addresses->len; i++) {
    const LaneNetlinkAddress *address = g_ptr_array_index (state->addresses, i);
    char *why = why_skipped (network, address);

    if (why == NULL) {
      g_ptr_array_add (usable, usable_new (network, address));
    } else {
      g_autofree char *literal = lane_network_dup_literal (address);

      skip (skipped, address->interface, literal, why);
    }
  }
  g_ptr_array_sort (usable, compare_usable);
  limit (usable, skipped);
  return usable;
}

typedef struct {
  gboolean lost, gained;
} Difference;

/* A default route that goes is not lost yet: it often comes back at once, and where it comes back
 * is what counts. */
static void
follow_route (DefaultRoute *route, const LaneNetlinkRoute *now, gboolean wanted,
              Difference *difference)
{
  int interface_index = wanted ? now->interface_index : 0;

  if (interface_index != 0) {
    if (route->last != 0 && route->last != interface_index)
      difference->lost = TRUE;
    else if (route->interface_index == 0)
      difference->gained = TRUE;
    route->last = interface_index;
    g_strlcpy (route->interface, now->interface, sizeof route->interface);
  }
  route->interface_index = interface_index;
}

static GHashTable *
collect_working (const LaneNetlinkState *state)
{
  GHashTable *working = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < state->addresses->len; i++) {
    const LaneNetlinkAddress *address = g_ptr_array_index (state->addresses, i);
    g_autofree char *literal = lane_network_dup_literal (address);

    if (is_working (address))
      g_hash_table_add (working, key_of (literal, address->interface_index));
  }
  return working;
}

/* Sockets may still use an address that is not offered any more, say a deprecated one; its end is a
 * loss all the same. */
static void
follow_known (LaneNetwork *network, const LaneNetlinkState *state, Difference *difference)
{
  g_autoptr (GHashTable) working = collect_working (state);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, network->known);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    if (g_hash_table_contains (working, key))
      continue;
    difference->lost = TRUE;
    g_hash_table_iter_remove (&iter);
  }
}

static void
follow_usable (LaneNetwork *network, Difference *difference)
{
  for (guint i = 0; i < network->usable->len; i++) {
    const Usable *usable = g_ptr_array_index (network->usable, i);

    if (g_hash_table_add (network->known, key_of (usable->literal, usable->interface_index)))
      difference->gained = TRUE;
  }
}

static void
list_addresses (LaneNetwork *network)
{
  g_ptr_array_set_size (network->addresses, 0);
  for (guint i = 0; i < network->usable->len; i++) {
    const Usable *usable = g_ptr_array_index (network->usable, i);

    g_ptr_array_add (network->addresses, usable->literal);
  }
  g_ptr_array_add (network->addresses, NULL);
}

static gboolean
look (LaneNetwork *network, Difference *difference, GError **error)
{
  LaneNetlinkState *state = lane_netlink_read (network->netlink, error);

  if (state == NULL)
    return FALSE;

  lane_netlink_state_free (network->kernel);
  network->kernel = state;
  follow_route (&network->route4, &state->ipv4, network->ipv4, difference);
  follow_route (&network->route6, &state->ipv6, network->ipv6, difference);
  follow_known (network, state, difference);
  g_ptr_array_set_size (network->skipped, 0);
  g_clear_pointer (&network->usable, g_ptr_array_unref);
  network->usable = choose (network, state, network->skipped);
  follow_usable (network, difference);
  list_addresses (network);
  return TRUE;
}

/* The last thing anybody does: the callback may free the network. */
static void
tell (LaneNetwork *network, LaneNetworkChange change)
{
  stop_source (&network->gain);
  if (change == LANE_NETWORK_LOST)
    network->lost_us = g_get_monotonic_time ();
  network->was_down = !lane_network_is_up (network);
  if (network->events.changed != NULL)
    network->events.changed (network, change, network->user_data);
}

static guint
get_gain_delay_ms (const LaneNetwork *network)
{
  gboolean had_route = network->route4.last != 0 || network->route6.last != 0;
  gboolean has_route = network->route4.interface_index != 0 || network->route6.interface_index != 0;

  if (network->was_down)
    return had_route && !has_route ? ROUTE_WAIT_MS : 0;
  if (network->lost_us != 0 && g_get_monotonic_time () - network->lost_us < REPLACE_WINDOW_US)
    return REPLACE_MS;
  return GAIN_MS;
}

static GSource *
attach_timeout (LaneNetwork *network, guint delay_ms, GSourceFunc function)
{
  GSource *source = g_timeout_source_new (delay_ms);

  g_source_set_callback (source, function, network, NULL);
  g_source_attach (source, network->context);
  return source;
}

static gboolean
on_gain_due (gpointer user_data)
{
  LaneNetwork *network = user_data;

  stop_source (&network->gain);
  if (lane_network_is_up (network))
    tell (network, LANE_NETWORK_GAINED);
  return G_SOURCE_REMOVE;
}

/* What is due earlier stays. */
static void
schedule_gain (LaneNetwork *network)
{
  guint delay_ms = get_gain_delay_ms (network);
  gint64 due_us = g_get_monotonic_time () + (gint64)delay_ms * 1000;

  if (delay_ms == 0) {
    tell (network, LANE_NETWORK_GAINED);
    return;
  }
  if (network->gain != NULL && network->gain_due_us <= due_us)
    return;
  stop_source (&network->gain);
  network->gain_due_us = due_us;
  network->gain = attach_timeout (network, delay_ms, on_gain_due);
}

static gboolean on_recheck (gpointer user_data);

static void
look_again (LaneNetwork *network)
{
  g_autoptr (GError) error = NULL;
  Difference difference = { 0 };

  if (!look (network, &difference, &error)) {
    g_warning ("%s", error->message);
    stop_source (&network->recheck);
    network->recheck = attach_timeout (network, RETRY_MS, on_recheck);
    return;
  }
  if (network->events.looked != NULL)
    network->events.looked (network, network->user_data);
  if (difference.lost)
    tell (network, LANE_NETWORK_LOST);
  else if (difference.gained && lane_network_is_up (network))
    schedule_gain (network);
}

static gboolean
on_recheck (gpointer user_data)
{
  LaneNetwork *network = user_data;

  stop_source (&network->recheck);
  look_again (network);
  return G_SOURCE_REMOVE;
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  LaneNetwork *network = user_data;

  if (!lane_netlink_drain (network->netlink))
    return G_SOURCE_CONTINUE;
  if (network->recheck == NULL)
    network->recheck = attach_timeout (network, RECHECK_MS, on_recheck);
  look_again (network);
  return G_SOURCE_CONTINUE;
}

static gboolean
add_filters (LaneNetwork *network, char **words, GError **error)
{
  for (guint i = 0; words != NULL && words[i] != NULL; i++) {
    if (!add_filter (network->filters, words[i], error))
      return FALSE;
  }
  return TRUE;
}

LaneNetwork *
lane_network_new (GMainContext *context, const LaneConfig *config, const LaneNetworkEvents *events,
                  gpointer user_data, GError **error)
{
  g_autoptr (LaneNetwork) network = g_new0 (LaneNetwork, 1);
  Difference ignored = { 0 };

  network->context = g_main_context_ref (context != NULL ? context : g_main_context_default ());
  network->events = *events;
  network->user_data = user_data;
  network->ipv4 = config->network.ipv4;
  network->ipv6 = config->network.ipv6;
  network->allow_loopback = config->ice.allow_loopback;
  network->allow_link_local = config->ice.allow_link_local;
  network->filters = g_ptr_array_new_with_free_func ((GDestroyNotify)filter_free);
  network->addresses = g_ptr_array_new ();
  network->skipped = g_ptr_array_new_with_free_func ((GDestroyNotify)skipped_free);
  network->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!add_filters (network, config->network.interfaces, error))
    return NULL;

  network->netlink = lane_netlink_open (error);
  if (network->netlink == NULL || !look (network, &ignored, error))
    return NULL;
  network->was_down = !lane_network_is_up (network);
  network->readable = g_unix_fd_source_new (lane_netlink_get_fd (network->netlink), G_IO_IN);
  g_source_set_callback (network->readable, G_SOURCE_FUNC (on_readable), network, NULL);
  g_source_attach (network->readable, network->context);
  return g_steal_pointer (&network);
}

void
lane_network_free (LaneNetwork *network)
{
  if (network == NULL)
    return;

  stop_source (&network->readable);
  stop_source (&network->recheck);
  stop_source (&network->gain);
  g_clear_pointer (&network->netlink, lane_netlink_free);
  g_clear_pointer (&network->kernel, lane_netlink_state_free);
  g_clear_pointer (&network->usable, g_ptr_array_unref);
  g_ptr_array_unref (network->addresses);
  g_ptr_array_unref (network->skipped);
  g_ptr_array_unref (network->filters);
  g_hash_table_unref (network->known);
  g_main_context_unref (network->context);
  g_free (network);
}

const char *const *
lane_network_get_addresses (const LaneNetwork *network)
{
  return (const char *const *)network->addresses->pdata;
}

const GPtrArray *
lane_network_get_skipped (const LaneNetwork *network)
{
  return network->skipped;
}

const LaneNetlinkState *
lane_network_get_kernel (const LaneNetwork *network)
{
  return network->kernel;
}

gboolean
lane_network_is_up (const LaneNetwork *network)
{
  return network->usable->len > 0;
}

const char *
lane_network_get_default_interface (const LaneNetwork *network, int family)
{
  const DefaultRoute *route = family == 4 ? &network->route4 : &network->route6;

  return route->interface_index != 0 ? route->interface : NULL;
}

JsonNode *
lane_network_describe (const LaneNetwork *network)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < network->usable->len; i++) {
    const Usable *usable = g_ptr_array_index (network->usable, i);

    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "address");
    json_builder_add_string_value (builder, usable->literal);
    json_builder_set_member_name (builder, "interface");
    json_builder_add_string_value (builder, usable->interface);
    json_builder_set_member_name (builder, "family");
    json_builder_add_int_value (builder, usable->family);
    json_builder_set_member_name (builder, "default_route");
    json_builder_add_boolean_value (builder, usable->on_default_route);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  return json_builder_get_root (builder);
}

const char *
lane_network_change_to_string (LaneNetworkChange change)
{
  return change == LANE_NETWORK_LOST ? "lost" : "gained";
}
