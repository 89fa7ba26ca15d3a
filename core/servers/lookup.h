/* One name looked up in the DNS, in the background. */
#pragma once

#include <gio/gio.h>

#include "servers/probe-code.h"

typedef struct _LaneLookup LaneLookup;

/* @addresses: of GInetAddress, at least one; NULL with @fault, one of the dns codes, otherwise.
 * Called once, or twice when the answer comes after the time was up. May free the lookup. */
typedef void (*LaneLookupDone) (LaneLookup *lookup, GList *addresses, LaneProbeCode fault,
                                gpointer user_data);

/* The time is only for the callback: a resolver that needs 20 s is still heard. */
LaneLookup *lane_lookup_new (GMainContext *context, GResolver *resolver, const char *name,
                             guint timeout_ms, LaneLookupDone done, gpointer user_data);
gboolean lane_lookup_is_pending (const LaneLookup *lookup); /* the answer may still come */
void lane_lookup_free (LaneLookup *lookup);
