/* The JSON of `icelane status` (DESIGN section 8): the one description that screen, command line
 * and scripts read. null = unknown. */
#pragma once

#include <json-glib/json-glib.h>

#include "peer.h"

void lane_status_add_peer (JsonBuilder *builder, const LanePeer *peer);
/* @in_use: a link runs over it. */
void lane_status_add_server (JsonBuilder *builder, const LanePoolServer *server, gboolean in_use);

/* A member whose value may be unknown: NULL, NAN and 0 microseconds become null. */
void lane_status_add_string (JsonBuilder *builder, const char *name, const char *value);
/* From @from_us to @at_us in ms; null when @at_us is 0. */
void lane_status_add_ms (JsonBuilder *builder, const char *name, gint64 at_us, gint64 from_us);
void lane_status_add_value (JsonBuilder *builder, double value); /* an element; NAN is null */
void lane_status_add_double (JsonBuilder *builder, const char *name, double value);
void lane_status_add_time (JsonBuilder *builder, const char *name, gint64 wall_us);
