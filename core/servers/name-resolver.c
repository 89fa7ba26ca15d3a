#include "servers/name-resolver.h"

#include <netdb.h>
#include <string.h>

#define THREADS_MAX 64

struct _LaneNameResolver {
  GResolver parent;
  GThreadPool *threads;
};

G_DEFINE_FINAL_TYPE (LaneNameResolver, lane_name_resolver, G_TYPE_RESOLVER)

static GResolverError
to_resolver_error (int status)
{
  switch (status) {
  case EAI_NONAME:
  case EAI_NODATA:
    return G_RESOLVER_ERROR_NOT_FOUND;
  case EAI_AGAIN:
    return G_RESOLVER_ERROR_TEMPORARY_FAILURE;
  default:
    return G_RESOLVER_ERROR_INTERNAL;
  }
}

static GList *
to_list (const struct addrinfo *found)
{
  GList *addresses = NULL;

  for (; found != NULL; found = found->ai_next) {
    g_autoptr (GSocketAddress) address =
        g_socket_address_new_from_native (found->ai_addr, found->ai_addrlen);

    if (G_IS_INET_SOCKET_ADDRESS (address))
      addresses = g_list_prepend (addresses, g_object_ref (g_inet_socket_address_get_address (
                                                 G_INET_SOCKET_ADDRESS (address))));
  }
  return g_list_reverse (addresses);
}

static void
free_addresses (gpointer addresses)
{
  g_resolver_free_addresses (addresses);
}

static void
look_up (gpointer data, gpointer unused)
{
  static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
  g_autoptr (GTask) task = data;
  struct addrinfo *found = NULL;
  GList *addresses;
  int status = getaddrinfo (g_task_get_task_data (task), NULL, &hints, &found);

  addresses = status == 0 ? to_list (found) : NULL;
  if (addresses != NULL)
    g_task_return_pointer (task, addresses, free_addresses);
  else
    g_task_return_new_error (task, G_RESOLVER_ERROR, to_resolver_error (status), "%s",
                             gai_strerror (status));
  if (found != NULL)
    freeaddrinfo (found);
}

static void
lookup_async (GResolver *resolver, const char *name, GCancellable *cancellable,
              GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (resolver, cancellable, callback, user_data);

  g_task_set_task_data (task, g_strdup (name), g_free);
  g_thread_pool_push (LANE_NAME_RESOLVER (resolver)->threads, task, NULL);
}

static GList *
lookup_finish (GResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Threads that are still asking go on by themselves; their tasks hold a reference of us, so none is
 * left when we get here. */
static void
finalize (GObject *object)
{
  g_thread_pool_free (LANE_NAME_RESOLVER (object)->threads, TRUE, FALSE);
  G_OBJECT_CLASS (lane_name_resolver_parent_class)->finalize (object);
}

static void
lane_name_resolver_class_init (LaneNameResolverClass *class)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = finalize;
  resolver_class->lookup_by_name_async = lookup_async;
  resolver_class->lookup_by_name_finish = lookup_finish;
}

static void
lane_name_resolver_init (LaneNameResolver *resolver)
{
  resolver->threads = g_thread_pool_new (look_up, NULL, THREADS_MAX, FALSE, NULL);
}

GResolver *
lane_name_resolver_new (void)
{
  return g_object_new (LANE_TYPE_NAME_RESOLVER, NULL);
}
