#include "servers/lookup.h"

/* The resolver may answer long after we are gone. */
typedef struct {
  LaneLookup *lookup; /* NULL: freed */
} Request;

struct _LaneLookup {
  Request *request; /* NULL: answered */
  GCancellable *cancellable;
  GSource *timeout;
  LaneLookupDone done;
  gpointer user_data;
};

static void
stop_timeout (LaneLookup *lookup)
{
  if (lookup->timeout == NULL)
    return;
  g_source_destroy (lookup->timeout);
  g_clear_pointer (&lookup->timeout, g_source_unref);
}

static gboolean
on_timeout (gpointer user_data)
{
  LaneLookup *lookup = user_data;

  stop_timeout (lookup);
  lookup->done (lookup, NULL, LANE_PROBE_DNS_TIMEOUT, lookup->user_data);
  return G_SOURCE_REMOVE;
}

static LaneProbeCode
judge (const GError *error)
{
  if (error == NULL)
    return LANE_PROBE_OK;
  return g_error_matches (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND)
             ? LANE_PROBE_DNS_NOT_FOUND
             : LANE_PROBE_DNS_FAILED;
}

static void
on_answer (GObject *resolver, GAsyncResult *result, gpointer user_data)
{
  g_autofree Request *request = user_data;
  g_autoptr (GError) error = NULL;
  LaneLookup *lookup = request->lookup;
  GList *addresses = g_resolver_lookup_by_name_finish (G_RESOLVER (resolver), result, &error);

  if (lookup != NULL) {
    stop_timeout (lookup);
    lookup->request = NULL;
    lookup->done (lookup, addresses, judge (error), lookup->user_data);
  }
  g_resolver_free_addresses (addresses);
}

LaneLookup *
lane_lookup_new (GMainContext *context, GResolver *resolver, const char *name, guint timeout_ms,
                 LaneLookupDone done, gpointer user_data)
{
  LaneLookup *lookup = g_new0 (LaneLookup, 1);

  lookup->done = done;
  lookup->user_data = user_data;
  lookup->cancellable = g_cancellable_new ();
  lookup->request = g_new0 (Request, 1);
  lookup->request->lookup = lookup;

  lookup->timeout = g_timeout_source_new (timeout_ms);
  g_source_set_callback (lookup->timeout, on_timeout, lookup, NULL);
  g_source_attach (lookup->timeout, context);

  g_main_context_push_thread_default (context);
  g_resolver_lookup_by_name_async (resolver, name, lookup->cancellable, on_answer, lookup->request);
  g_main_context_pop_thread_default (context);
  return lookup;
}

gboolean
lane_lookup_is_pending (const LaneLookup *lookup)
{
  return lookup->request != NULL;
}

void
lane_lookup_free (LaneLookup *lookup)
{
  if (lookup == NULL)
    return;
  stop_timeout (lookup);
  if (lookup->request != NULL) {
    lookup->request->lookup = NULL;
    g_cancellable_cancel (lookup->cancellable);
  }
  g_object_unref (lookup->cancellable);
  g_free (lookup);
}
