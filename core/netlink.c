#include "netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define BUFFER_BYTES   65536
#define MAX_DRAIN      256
#define MAX_DUMP_TRIES 4
#define TIMEOUT_S      1

/* Public addresses of nobody in particular. Nothing is sent to them. */
#define PUBLIC_IPV4 "64.0.0.1"
#define PUBLIC_IPV6 "2600::1"

struct _LaneNetlink {
  int watch, query;
  guint32 sequence;
  guint8 *buffer;
};

/* Sees one message of an answer. */
typedef void (*Visitor) (const struct nlmsghdr *message, gpointer data);

static void
address_free (LaneNetlinkAddress *address)
{
  g_clear_object (&address->address);
  g_free (address);
}

void
lane_netlink_state_free (LaneNetlinkState *state)
{
  if (state == NULL)
    return;

  g_ptr_array_unref (state->interfaces);
  g_ptr_array_unref (state->addresses);
  g_clear_object (&state->ipv4.source);
  g_clear_object (&state->ipv6.source);
  g_free (state);
}

static int
open_socket (guint32 groups, int flags, GError **error)
{
  const struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_groups = groups };
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE);

  if (fd < 0 || bind (fd, (const struct sockaddr *)&name, sizeof name) < 0) {
    int code = errno;

    g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (code),
                 "cannot watch the network interfaces: %s", g_strerror (code));
    if (fd >= 0)
      close (fd);
    return -1;
  }
  return fd;
}

LaneNetlink *
lane_netlink_open (GError **error)
{
  const guint32 groups =
      RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  const struct timeval timeout = { .tv_sec = TIMEOUT_S };
  g_autoptr (LaneNetlink) netlink = g_new0 (LaneNetlink, 1);

  netlink->buffer = g_malloc (BUFFER_BYTES);
  netlink->query = -1;
  netlink->watch = open_socket (groups, SOCK_NONBLOCK, error);
  if (netlink->watch < 0)
    return NULL;
  netlink->query = open_socket (0, 0, error);
  if (netlink->query < 0)
    return NULL;
  setsockopt (netlink->query, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  return g_steal_pointer (&netlink);
}

void
lane_netlink_free (LaneNetlink *netlink)
{
  if (netlink == NULL)
    return;

  if (netlink->watch >= 0)
    close (netlink->watch);
  if (netlink->query >= 0)
    close (netlink->query);
  g_free (netlink->buffer);
  g_free (netlink);
}

int
lane_netlink_get_fd (const LaneNetlink *netlink)
{
  return netlink->watch;
}

static gssize
receive (LaneNetlink *netlink, int fd)
{
  struct sockaddr_nl from = { 0 };
  struct iovec part = { .iov_base = netlink->buffer, .iov_len = BUFFER_BYTES };
  struct msghdr header = {
    .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1
  };
  gssize length;

  do
    length = recvmsg (fd, &header, 0);
  while (length < 0 && errno == EINTR);
  if (length >= 0 && (from.nl_pid != 0 || (header.msg_flags & MSG_TRUNC) != 0))
    return 0; /* not from the kernel, or not whole */
  return length;
}

static gboolean
fail (GError **error, const char *what, int code)
{
  g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (code), "cannot read %s: %s", what,
               g_strerror (code));
  return FALSE;
}

/* The value of an attribute of at least @size bytes, or NULL. */
static const void *
find_attribute (const struct rtattr *first, int length, guint16 type, gsize size)
{
  for (const struct rtattr *item = first; RTA_OK (item, length); item = RTA_NEXT (item, length)) {
    if (item->rta_type == type)
      return RTA_PAYLOAD (item) >= size ? RTA_DATA (item) : NULL;
  }
  return NULL;
}

/* NLMSG_OK, which compares signed with unsigned. NLMSG_NEXT may take @length below zero. */
static gboolean
is_whole (const struct nlmsghdr *message, int length)
{
  return length >= (int)sizeof *message && message->nlmsg_len >= sizeof *message
         && message->nlmsg_len <= (guint32)length;
}

/* Visits the messages of one datagram that belong to the question @sequence. TRUE: that was all,
 * and @code says how it went, EINTR if any message told that the tables change meanwhile. */
static gboolean
visit (const LaneNetlink *netlink, int length, Visitor visitor, gpointer data, int *code)
{
  for (const struct nlmsghdr *message = (const struct nlmsghdr *)netlink->buffer;
       is_whole (message, length); message = NLMSG_NEXT (message, length)) {
    if (message->nlmsg_seq != netlink->sequence)
      continue;
    if (message->nlmsg_type == NLMSG_DONE)
      return TRUE;
    if (message->nlmsg_type == NLMSG_ERROR) {
      const struct nlmsgerr *reply = NLMSG_DATA (message);

      *code = message->nlmsg_len >= NLMSG_LENGTH (sizeof *reply) ? -reply->error : EPROTO;
      return TRUE;
    }
    if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
      *code = EINTR;
    visitor (message, data);
    if ((message->nlmsg_flags & NLM_F_MULTI) == 0)
      return TRUE;
  }
  return FALSE;
}

/* Returns 0, or EINTR when the tables changed meanwhile, or another errno. */
static int
ask (LaneNetlink *netlink, struct nlmsghdr *question, Visitor visitor, gpointer data)
{
  int code = 0;

  question->nlmsg_seq = ++netlink->sequence;
  if (send (netlink->query, question, question->nlmsg_len, 0) < 0)
    return errno;
  for (;;) {
    gssize length = receive (netlink, netlink->query);

    if (length < 0)
      return errno;
    if (visit (netlink, (int)length, visitor, data, &code))
      return code;
  }
}

static int
ask_for_dump (LaneNetlink *netlink, guint16 type, Visitor visitor, gpointer data)
{
  struct {
    struct nlmsghdr header;
    struct ifinfomsg body; /* also long enough for an ifaddrmsg */
  } question = { .header = { .nlmsg_len = NLMSG_LENGTH (sizeof (struct ifinfomsg)),
                             .nlmsg_type = type,
                             .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };

  return ask (netlink, &question.header, visitor, data);
}

static void
visit_link (const struct nlmsghdr *message, gpointer data)
{
  GHashTable *links = data;
  const struct ifinfomsg *body = NLMSG_DATA (message);
  const char *name;
  LaneNetlinkInterface *link;

  if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH (sizeof *body))
    return;
  name = find_attribute (IFLA_RTA (body), (int)IFLA_PAYLOAD (message), IFLA_IFNAME, 1);
  if (name == NULL)
    return;

  link = g_new0 (LaneNetlinkInterface, 1);
  link->index = body->ifi_index;
  link->flags = body->ifi_flags;
  g_strlcpy (link->name, name, sizeof link->name);
  g_hash_table_replace (links, GINT_TO_POINTER (body->ifi_index), link);
}

static GInetAddress *
to_address (int family, const void *bytes)
{
  if (bytes == NULL)
    return NULL;
  return g_inet_address_new_from_bytes (bytes, family == AF_INET ? G_SOCKET_FAMILY_IPV4
                                                                 : G_SOCKET_FAMILY_IPV6);
}

static gsize
address_size (int family)
{
  return family == AF_INET ? 4 : 16;
}

static void
visit_address (const struct nlmsghdr *message, gpointer data)
{
  GPtrArray *addresses = data;
  const struct ifaddrmsg *body = NLMSG_DATA (message);
  const struct rtattr *first;
  const struct ifa_cacheinfo *life;
  const guint32 *flags;
  const void *local;
  LaneNetlinkAddress *address;
  int length;

  if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH (sizeof *body)
      || (body->ifa_family != AF_INET && body->ifa_family != AF_INET6))
    return;
  first = IFA_RTA (body);
  length = (int)IFA_PAYLOAD (message);
  /* On a point-to-point link IFA_ADDRESS is the other end. */
  local = find_attribute (first, length, IFA_LOCAL, address_size (body->ifa_family));
  if (local == NULL)
    local = find_attribute (first, length, IFA_ADDRESS, address_size (body->ifa_family));
  if (local == NULL)
    return;
  flags = find_attribute (first, length, IFA_FLAGS, sizeof *flags);
  life = find_attribute (first, length, IFA_CACHEINFO, sizeof *life);

  address = g_new0 (LaneNetlinkAddress, 1);
  address->interface_index = (int)body->ifa_index;
  address->address = to_address (body->ifa_family, local);
  address->prefix_length = body->ifa_prefixlen;
  address->flags = flags != NULL ? *flags : body->ifa_flags;
  address->preferred_s = life != NULL ? life->ifa_prefered : G_MAXUINT32;
  g_ptr_array_add (addresses, address);
}

/* Fails only when the tables change faster than they can be read, or never were readable. */
static gboolean
read_dump (LaneNetlink *netlink, guint16 type, Visitor visitor, gpointer data,
           void (*clear) (gpointer data), const char *what, GError **error)
{
  int code = EINTR;

  for (int i = 0; i < MAX_DUMP_TRIES && code == EINTR; i++) {
    clear (data);
    code = ask_for_dump (netlink, type, visitor, data);
  }
  return code == 0 || fail (error, what, code);
}

static void
clear_links (gpointer data)
{
  g_hash_table_remove_all (data);
}

static void
clear_addresses (gpointer data)
{
  g_ptr_array_set_size (data, 0);
}

static void
visit_route (const struct nlmsghdr *message, gpointer data)
{
  LaneNetlinkRoute *route = data;
  const struct rtmsg *body = NLMSG_DATA (message);
  const struct rtattr *first;
  const int *out;
  int length;

  if (message->nlmsg_type != RTM_NEWROUTE || message->nlmsg_len < NLMSG_LENGTH (sizeof *body)
      || body->rtm_type != RTN_UNICAST)
    return;
  first = RTM_RTA (body);
  length = (int)RTM_PAYLOAD (message);
  out = find_attribute (first, length, RTA_OIF, sizeof *out);
  if (out == NULL)
    return;
  route->interface_index = *out;
  g_clear_object (&route->source);
  route->source = to_address (body->rtm_family, find_attribute (first, length, RTA_PREFSRC,
                                                                address_size (body->rtm_family)));
}

static void
read_route (LaneNetlink *netlink, int family, const char *destination, GHashTable *links,
            LaneNetlinkRoute *route)
{
  struct {
    struct nlmsghdr header;
    struct rtmsg body;
    struct rtattr attribute;
    guint8 bytes[16];
  } question = { .header = { .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST } };
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (destination);
  gsize size = address_size (family);
  const LaneNetlinkInterface *link;

  question.body.rtm_family = (guint8)family;
  question.body.rtm_dst_len = (guint8)(size * 8);
  question.attribute.rta_type = RTA_DST;
  question.attribute.rta_len = (guint16)RTA_LENGTH (size);
  memcpy (question.bytes, g_inet_address_to_bytes (address), size);
  question.header.nlmsg_len = (guint32)(G_STRUCT_OFFSET (__typeof__ (question), bytes) + size);

  /* An error is the usual answer for: no route. */
  if (ask (netlink, &question.header, visit_route, route) != 0)
    route->interface_index = 0;
  link = g_hash_table_lookup (links, GINT_TO_POINTER (route->interface_index));
  if (link != NULL)
    g_strlcpy (route->interface, link->name, sizeof route->interface);
  else
    route->interface_index = 0;
}

static void
name_interfaces (GPtrArray *addresses, GHashTable *links)
{
  for (guint i = addresses->len; i > 0; i--) {
    LaneNetlinkAddress *address = g_ptr_array_index (addresses, i - 1);
    const LaneNetlinkInterface *link =
        g_hash_table_lookup (links, GINT_TO_POINTER (address->interface_index));

    if (link == NULL) {
      g_ptr_array_remove_index (addresses, i - 1);
      continue;
    }
    address->interface_flags = link->flags;
    g_strlcpy (address->interface, link->name, sizeof address->interface);
  }
}

static int
compare_interfaces (gconstpointer a, gconstpointer b)
{
  return (*(LaneNetlinkInterface *const *)a)->index - (*(LaneNetlinkInterface *const *)b)->index;
}

/* Those of @links, which loses them. */
static void
take_interfaces (GPtrArray *interfaces, GHashTable *links)
{
  GHashTableIter iter;
  gpointer link;

  g_hash_table_iter_init (&iter, links);
  while (g_hash_table_iter_next (&iter, NULL, &link)) {
    g_ptr_array_add (interfaces, link);
    g_hash_table_iter_steal (&iter);
  }
  g_ptr_array_sort (interfaces, compare_interfaces);
}

LaneNetlinkState *
lane_netlink_read (LaneNetlink *netlink, GError **error)
{
  g_autoptr (GHashTable) links = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_autoptr (LaneNetlinkState) state = g_new0 (LaneNetlinkState, 1);

  state->interfaces = g_ptr_array_new_with_free_func (g_free);
  state->addresses = g_ptr_array_new_with_free_func ((GDestroyNotify)address_free);
  if (!read_dump (netlink, RTM_GETLINK, visit_link, links, clear_links, "the interfaces", error)
      || !read_dump (netlink, RTM_GETADDR, visit_address, state->addresses, clear_addresses,
                     "the local addresses", error))
    return NULL;
  name_interfaces (state->addresses, links);
  read_route (netlink, AF_INET, PUBLIC_IPV4, links, &state->ipv4);
  read_route (netlink, AF_INET6, PUBLIC_IPV6, links, &state->ipv6);
  take_interfaces (state->interfaces, links);
  return g_steal_pointer (&state);
}

/* A default route, or one of a few that together make one: VPNs use 0.0.0.0/1, 2000::/3. */
static gboolean
is_wide_route (const struct nlmsghdr *message)
{
  const struct rtmsg *body = NLMSG_DATA (message);

  return message->nlmsg_len >= NLMSG_LENGTH (sizeof *body) && body->rtm_dst_len <= 8;
}

static gboolean
is_relevant (const struct nlmsghdr *message)
{
  switch (message->nlmsg_type) {
  case RTM_NEWROUTE:
  case RTM_DELROUTE:
    return is_wide_route (message);
  case NLMSG_NOOP:
  case NLMSG_DONE:
    return FALSE;
  default:
    return TRUE;
  }
}

gboolean
lane_netlink_drain (LaneNetlink *netlink)
{
  gboolean relevant = FALSE;

  for (int i = 0; i < MAX_DRAIN; i++) {
    gssize got = receive (netlink, netlink->watch);
    int length = (int)got;

    if (got < 0)
      return relevant || errno == ENOBUFS; /* lost messages may have been anything */
    for (const struct nlmsghdr *message = (const struct nlmsghdr *)netlink->buffer;
         !relevant && is_whole (message, length); message = NLMSG_NEXT (message, length))
      relevant = is_relevant (message);
  }
  return relevant;
}
