/* One host of the pool: its name and the addresses it had when the DNS last knew it.
 *
 * A failed lookup keeps the last good addresses: servers rarely move, name servers often fail. */
#pragma once

#include <gio/gio.h>

#include "servers/probe-code.h"

typedef struct _LaneServerHost LaneServerHost;

enum { LANE_IPV4, LANE_IPV6, LANE_FAMILIES };

/* The name has been looked up, or not in time; then it is told again when the answer comes. */
typedef void (*LaneServerHostFound) (LaneServerHost *host, gpointer user_data);

LaneServerHost *
lane_server_host_new (GMainContext *context, GResolver *resolver, const char *name, guint lookup_ms,
                      LaneServerHostFound found, gpointer user_data);
/* Calls back later, or from within when there is nothing to look up. @anew: does not wait for an
 * answer that was asked for before. */
void lane_server_host_look_up (LaneServerHost *host, gboolean anew);
gboolean lane_server_host_is_looking (const LaneServerHost *host); /* has not been told yet */

const char *lane_server_host_get_name (const LaneServerHost *host);
gboolean lane_server_host_has_address (const LaneServerHost *host);
/* NULL: none. */
GInetAddress *lane_server_host_get_address (const LaneServerHost *host, guint family);
LaneProbeCode lane_server_host_get_fault (const LaneServerHost *host); /* of the last lookup */
/* What the last lookup took; NAN: the name is an address. */
double lane_server_host_get_ms (const LaneServerHost *host);
/* What it found, `203.0.113.10, 2001:db8::10`. The caller frees it. */
char *lane_server_host_describe (const LaneServerHost *host);
void lane_server_host_free (LaneServerHost *host);
