#include "proxy.h"

#include <check.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

struct _Proxy {
  GMainContext *context;
  GSocket *socket;
  GSource *source;
  guint16 target_port;
  GPtrArray *links; /* of Link, as long as they are open */
  guint count;
  ProxyMood new_mood;
};

typedef struct {
  Proxy *proxy;
  GSocket *client, *server;
  GSource *up, *down;
  GString *sent; /* by the client, so far */
  ProxyMood mood;
} Link;

static void
stop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
link_free (Link *link)
{
  stop_source (&link->up);
  stop_source (&link->down);
  g_object_unref (link->client);
  g_object_unref (link->server);
  g_string_free (link->sent, TRUE);
  g_free (link);
}

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer data)
{
  Link *link = data;
  gboolean up = socket == link->client;
  char buffer[8192];
  gssize count = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL);

  if (count > 0 && up)
    g_string_append_len (link->sent, buffer, count);
  if (link->mood == PROXY_RESETS && up) {
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    g_socket_close (socket, NULL);
  }
  if (count > 0 && link->mood != PROXY_RESETS) {
    if (link->mood == PROXY_CARRIES)
      g_socket_send_with_blocking (up ? link->server : link->client, buffer, (gsize)count, TRUE,
                                   NULL, NULL);
    return G_SOURCE_CONTINUE;
  }
  if (link->mood == PROXY_DROPS) /* nor does an end pass */
    return G_SOURCE_REMOVE;
  g_ptr_array_remove_fast (link->proxy->links, link);
  return G_SOURCE_REMOVE;
}

static GSource *
watch (Link *link, GSocket *socket)
{
  GSource *source = g_socket_create_source (socket, G_IO_IN, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), link, NULL);
  g_source_attach (source, link->proxy->context);
  return source;
}

static gboolean
on_connection (GSocket *socket, GIOCondition condition, gpointer data)
{
  Proxy *proxy = data;
  g_autoptr (GSocketAddress) target =
      g_inet_socket_address_new_from_string ("127.0.0.1", proxy->target_port);
  Link *link = g_new0 (Link, 1);

  link->proxy = proxy;
  link->mood = proxy->new_mood;
  link->sent = g_string_new (NULL);
  link->client = g_socket_accept (socket, NULL, NULL);
  ck_assert_ptr_nonnull (link->client);
  link->server =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_socket_connect (link->server, target, NULL, NULL);
  g_socket_set_option (link->client, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  g_socket_set_option (link->server, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  link->up = watch (link, link->client);
  link->down = watch (link, link->server);
  g_ptr_array_add (proxy->links, link);
  proxy->count++;
  return G_SOURCE_CONTINUE;
}

Proxy *
proxy_new (GMainContext *context, guint16 target_port)
{
  Proxy *proxy = g_new0 (Proxy, 1);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);

  proxy->context = context;
  proxy->target_port = target_port;
  proxy->links = g_ptr_array_new_with_free_func ((GDestroyNotify)link_free);
  proxy->socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  ck_assert (g_socket_bind (proxy->socket, any, TRUE, NULL));
  ck_assert (g_socket_listen (proxy->socket, NULL));
  proxy->source = g_socket_create_source (proxy->socket, G_IO_IN, NULL);
  g_source_set_callback (proxy->source, G_SOURCE_FUNC (on_connection), proxy, NULL);
  g_source_attach (proxy->source, context);
  return proxy;
}

guint16
proxy_get_port (const Proxy *proxy)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (proxy->socket, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

guint
proxy_count (const Proxy *proxy)
{
  return proxy->count;
}

void
proxy_set_mood (Proxy *proxy, const char *text, ProxyMood mood)
{
  guint found = 0;

  for (guint i = proxy->links->len; i-- > 0;) {
    Link *link = proxy->links->pdata[i];

    if (text != NULL && strstr (link->sent->str, text) == NULL)
      continue;
    found++;
    link->mood = mood;
    if (mood == PROXY_CLOSES)
      g_ptr_array_remove_index_fast (proxy->links, i);
  }
  ck_assert_uint_gt (found, 0);
}

void
proxy_set_new_mood (Proxy *proxy, ProxyMood mood)
{
  proxy->new_mood = mood;
}

void
proxy_free (Proxy *proxy)
{
  stop_source (&proxy->source);
  g_ptr_array_unref (proxy->links);
  g_object_unref (proxy->socket);
  g_free (proxy);
}
