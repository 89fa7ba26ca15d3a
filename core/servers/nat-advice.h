/* What the behaviour of a NAT means for links, and what would make it better, in sentences for an
 * operator. Pure functions. */
#pragma once

#include "servers/nat-brief.h"

/* One or two sentences; never NULL. */
const char *lane_nat_traits_to_meaning (const LaneNatTraits *traits);
/* One sentence without a full stop; NULL: there is nothing to do. */
const char *lane_nat_traits_to_advice (const LaneNatTraits *traits);
/* Some links that should be possible are not. */
gboolean lane_nat_traits_are_bad (const LaneNatTraits *traits);
