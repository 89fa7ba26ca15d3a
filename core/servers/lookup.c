#include "servers/lookup.h"

/* The resolver may answer long after we are gone. */
typedef struct {
  LaneLookup *lookup; /* NULL: freed */
} Request;

struct _LaneLookup {
  Request *request; /* NULL: answered */
  GCancellable *cancellable;
  GSource *timeout;
  guint timeout_ms;
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
  g_autofree char *error = g_strdup_printf ("DNS: no answer within %u ms", lookup->timeout_ms);

  stop_timeout (lookup);
  lookup->done (lookup, NULL, error, lookup->user_data);
  return G_SOURCE_REMOVE;
}

/* GIO's words are translated and carry the name; these are the ones the documentation has. */
static const char *
describe (const GError *error)
{
  if (g_error_matches (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND))
    return "DNS: the name does not exist or has no address";
  if (g_error_matches (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE))
    return "DNS: the name server cannot be reached or cannot answer now";
  return "DNS: the lookup failed";
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
    lookup->done (lookup, addresses, addresses == NULL ? describe (error) : NULL,
                  lookup->user_data);
  }
  g_resolver_free_addresses (addresses);
}

LaneLookup *
lane_lookup_new (GMainContext *context, const char *name, guint timeout_ms, LaneLookupDone done,
                 gpointer user_data)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  LaneLookup *lookup = g_new0 (LaneLookup, 1);

  lookup->timeout_ms = timeout_ms;
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
