#include "origin.h"

char *
lane_origin_to_string (const LaneOrigin *origin)
{
  return origin->line > 0 ? g_strdup_printf ("%s:%d", origin->place, origin->line)
                          : g_strdup (origin->place);
}
