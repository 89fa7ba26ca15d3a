#include "ice/address-policy.h"

#include <arpa/inet.h>
#include <string.h>

#define IPV4_BYTES 4
#define IPV6_BYTES 16
#define QUOTED     60

/* An IPv6 spelling that carries an IPv4 address. */
typedef struct {
  guint8 prefix[12];
  guint8 prefix_bytes;
  guint8 offset;   /* of the IPv4 address */
  guint8 inverted; /* its bytes are complemented */
} Wrapping;

static const Wrapping WRAPPINGS[] = {
  { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 12, 12, 0 }, /* mapped: RFC 4291, 2.5.5.2 */
  { { 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0 }, 12, 12, 0 }, /* translated: RFC 2765, 2.1 */
  { { 0 }, 12, 12, 0 },                                        /* compatible: RFC 4291, 2.5.5.1 */
  { { 0, 0x64, 0xff, 0x9b }, 12, 12, 0 },                      /* NAT64: RFC 6052, 2.1 */
  { { 0x20, 0x02 }, 2, 2, 0 },                                 /* 6to4: RFC 3056, 2 */
  { { 0x20, 0x01, 0, 0 }, 4, 12, 1 },                          /* Teredo: RFC 4380, 4 */
};

G_DEFINE_QUARK (lane_address_policy_error, lane_address_policy_error)

/* The IPv4 address inside, or @address itself; the caller unrefs it. */
static GInetAddress *
unwrap (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);
  guint8 inner[IPV4_BYTES];

  if (g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6
      || g_inet_address_get_is_any (address) || g_inet_address_get_is_loopback (address))
    return g_object_ref (address);

  for (guint i = 0; i < G_N_ELEMENTS (WRAPPINGS); i++) {
    const Wrapping *wrapping = &WRAPPINGS[i];

    if (memcmp (bytes, wrapping->prefix, wrapping->prefix_bytes) != 0)
      continue;
    for (guint j = 0; j < IPV4_BYTES; j++)
      inner[j] = bytes[wrapping->offset + j] ^ (wrapping->inverted ? 0xff : 0);
    return g_inet_address_new_from_bytes (inner, G_SOCKET_FAMILY_IPV4);
  }
  return g_object_ref (address);
}

static GInetAddress *
parse (const char *text)
{
  guint8 bytes[IPV6_BYTES];

  if (inet_pton (AF_INET, text, bytes) == 1)
    return g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV4);
  if (inet_pton (AF_INET6, text, bytes) == 1)
    return g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV6);
  return NULL;
}

/* 0/8 is "this network" (RFC 1122 section 3.2.1.3); Linux takes 0.0.0.0 for the host itself. */
static gboolean
is_unspecified (GInetAddress *address)
{
  return g_inet_address_get_is_any (address)
         || (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4
             && g_inet_address_to_bytes (address)[0] == 0);
}

/* 240/4 with 255.255.255.255: RFC 1112 section 4, RFC 919 section 7. */
static gboolean
is_broadcast_or_reserved (GInetAddress *address)
{
  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4
         && g_inet_address_to_bytes (address)[0] >= 240;
}

/* fec0::/10 needs a zone like fe80::/10 and is deprecated: RFC 3879. */
static gboolean
is_link_local (GInetAddress *address)
{
  return g_inet_address_get_is_link_local (address) || g_inet_address_get_is_site_local (address);
}

static gboolean
is_private_ipv4 (GInetAddress *address)
{
  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4
         && g_inet_address_get_is_site_local (address);
}

static const char *
refusal_by_kind (const LaneAddressPolicy *policy, GInetAddress *address)
{
  if (is_unspecified (address))
    return "unspecified addresses are refused";
  if (g_inet_address_get_is_multicast (address))
    return "multicast addresses are refused";
  if (is_broadcast_or_reserved (address))
    return "broadcast and reserved addresses are refused";
  if (g_inet_address_get_is_loopback (address))
    return policy->allow_loopback ? NULL : "loopback addresses are refused";
  if (is_private_ipv4 (address))
    return NULL;
  if (is_link_local (address))
    return policy->allow_link_local ? NULL : "link-local addresses are refused";
  return NULL;
}

static gboolean
is_denied (const LaneAddressPolicy *policy, GInetAddress *address)
{
  for (guint i = 0; policy->denied != NULL && i < policy->denied->len; i++)
    if (g_inet_address_mask_matches (g_ptr_array_index (policy->denied, i), address))
      return TRUE;
  return FALSE;
}

/* A socket on the wildcard address listens on every loopback address as well. */
static gboolean
is_own (const LaneAddressPolicy *policy, GInetAddress *address, guint16 port)
{
  for (guint i = 0; policy->own != NULL && i < policy->own->len; i++) {
    GInetSocketAddress *socket = g_ptr_array_index (policy->own, i);
    g_autoptr (GInetAddress) bound = unwrap (g_inet_socket_address_get_address (socket));

    if (g_inet_socket_address_get_port (socket) != port)
      continue;
    if (g_inet_address_equal (bound, address)
        || (g_inet_address_get_is_any (bound) && g_inet_address_get_is_loopback (address)))
      return TRUE;
  }
  return FALSE;
}

static const char *
refusal_of (const LaneAddressPolicy *policy, GInetAddress *written, guint16 port)
{
  g_autoptr (GInetAddress) address = unwrap (written);
  const char *refusal = refusal_by_kind (policy, address);

  if (refusal != NULL)
    return refusal;
  if (is_denied (policy, address) || is_denied (policy, written))
    return "the configuration denies it";
  if (is_own (policy, address, port))
    return "it is a socket of our own";
  return port == 0 ? "port 0 is refused" : NULL;
}

static gboolean
refuse (GError **error, const char *address, const char *why)
{
  g_autofree char *quoted = g_strndup (address, QUOTED);
  g_autofree char *printable = g_strescape (quoted, NULL);

  g_set_error (error, LANE_ADDRESS_POLICY_ERROR, LANE_ADDRESS_POLICY_ERROR_REFUSED, "%s: %s",
               printable, why);
  return FALSE;
}

gboolean
lane_address_policy_check (const LaneAddressPolicy *policy, const char *address, guint16 port,
                           GError **error)
{
  g_autoptr (GInetAddress) written = parse (address);
  const char *refusal;

  if (written == NULL)
    return refuse (error, address, "not an IP literal (names and zones are refused)");
  refusal = refusal_of (policy, written, port);
  return refusal == NULL || refuse (error, address, refusal);
}
