#include "servers/server-host.h"

#include <math.h>

#include "servers/lookup.h"

struct _LaneServerHost {
  GMainContext *context;
  GResolver *resolver;
  char *name;
  guint lookup_ms;
  LaneServerHostFound found;
  gpointer user_data;

  GInetAddress *addresses[LANE_FAMILIES]; /* NULL: none */
  gboolean literal, looking;
  LaneLookup *lookup;
  gint64 began_us;
  double ms;
  LaneProbeCode fault;
};

static void
take_addresses (LaneServerHost *host, GList *addresses)
{
  for (guint i = 0; i < LANE_FAMILIES; i++)
    g_clear_object (&host->addresses[i]);
  for (; addresses != NULL; addresses = addresses->next) {
    GInetAddress *address = addresses->data;
    guint family =
        g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 ? LANE_IPV6 : LANE_IPV4;

    if (host->addresses[family] == NULL)
      host->addresses[family] = g_object_ref (address);
  }
}

LaneServerHost *
lane_server_host_new (GMainContext *context, GResolver *resolver, const char *name, guint lookup_ms,
                      LaneServerHostFound found, gpointer user_data)
{
  LaneServerHost *host = g_new0 (LaneServerHost, 1);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (name);
  GList list = { .data = address };

  host->context = g_main_context_ref (context);
  host->resolver = g_object_ref (resolver);
  host->name = g_strdup (name);
  host->lookup_ms = lookup_ms;
  host->found = found;
  host->user_data = user_data;
  host->ms = NAN;
  host->literal = address != NULL;
  if (host->literal)
    take_addresses (host, &list);
  return host;
}

static void
on_lookup_done (LaneLookup *lookup, GList *addresses, LaneProbeCode fault, gpointer user_data)
{
  LaneServerHost *host = user_data;

  host->looking = FALSE;
  host->fault = fault;
  host->ms = (g_get_monotonic_time () - host->began_us) / 1000.0;
  if (addresses != NULL)
    take_addresses (host, addresses);
  host->found (host, host->user_data);
}

void
lane_server_host_look_up (LaneServerHost *host, gboolean anew)
{
  /* One slow name server must not cost a thread with each check. */
  gboolean pending = host->lookup != NULL && lane_lookup_is_pending (host->lookup) && !anew;

  if (host->literal || (pending && !host->looking)) {
    host->found (host, host->user_data);
    return;
  }
  if (pending)
    return;
  g_clear_pointer (&host->lookup, lane_lookup_free);
  host->looking = TRUE;
  host->began_us = g_get_monotonic_time ();
  host->lookup = lane_lookup_new (host->context, host->resolver, host->name, host->lookup_ms,
                                  on_lookup_done, host);
}

gboolean
lane_server_host_is_looking (const LaneServerHost *host)
{
  return host->looking;
}

const char *
lane_server_host_get_name (const LaneServerHost *host)
{
  return host->name;
}

gboolean
lane_server_host_has_address (const LaneServerHost *host)
{
  return host->addresses[LANE_IPV4] != NULL || host->addresses[LANE_IPV6] != NULL;
}

GInetAddress *
lane_server_host_get_address (const LaneServerHost *host, guint family)
{
  return host->addresses[family];
}

LaneProbeCode
lane_server_host_get_fault (const LaneServerHost *host)
{
  return host->fault;
}

double
lane_server_host_get_ms (const LaneServerHost *host)
{
  return host->ms;
}

char *
lane_server_host_describe (const LaneServerHost *host)
{
  g_autoptr (GString) text = g_string_new (host->fault != LANE_PROBE_OK ? "last known: " : NULL);
  const char *separator = "";

  for (guint i = 0; i < LANE_FAMILIES; i++) {
    g_autofree char *address = NULL;

    if (host->addresses[i] == NULL)
      continue;
    address = g_inet_address_to_string (host->addresses[i]);
    g_string_append_printf (text, "%s%s", separator, address);
    separator = ", ";
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

void
lane_server_host_free (LaneServerHost *host)
{
  if (host == NULL)
    return;
  lane_lookup_free (host->lookup);
  for (guint i = 0; i < LANE_FAMILIES; i++)
    g_clear_object (&host->addresses[i]);
  g_object_unref (host->resolver);
  g_main_context_unref (host->context);
  g_free (host->name);
  g_free (host);
}
