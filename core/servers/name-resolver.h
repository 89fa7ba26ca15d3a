/* Names looked up by the C library, each on a thread of its own.
 *
 * GIO's resolver shares ten threads with everything else in the process that GIO does on threads;
 * a handful of names whose servers stay silent for 20 s would hold up the rest, and the TLS
 * handshakes too. */
#pragma once

#include <gio/gio.h>

#define LANE_TYPE_NAME_RESOLVER (lane_name_resolver_get_type ())
G_DECLARE_FINAL_TYPE (LaneNameResolver, lane_name_resolver, LANE, NAME_RESOLVER, GResolver)

/* For g_resolver_lookup_by_name_async() only. */
GResolver *lane_name_resolver_new (void);
