/* What a NAT does, in the words of RFC 5780 and RFC 4787, and the short form of it that two peers
 * tell each other. Plain data. */
#pragma once

#include <json-glib/json-glib.h>

typedef enum {
  LANE_NAT_UNKNOWN,
  LANE_NAT_NONE, /* our own address is the one that others see; never of filtering */
  LANE_NAT_ENDPOINT_INDEPENDENT,
  LANE_NAT_ADDRESS_DEPENDENT,
  LANE_NAT_ADDRESS_AND_PORT_DEPENDENT,
  LANE_NAT_BLOCKED /* UDP does not get out, or nothing comes back */
} LaneNatWord;

typedef enum {
  LANE_NAT_UNSURE,
  LANE_NAT_PARTIAL, /* as far as two plain servers can tell, or the filtering is not known */
  LANE_NAT_MEASURED /* both mapping and filtering, by the tests of RFC 5780 */
} LaneNatConfidence;

/* Of one address family. All zero: nothing is known. */
typedef struct {
  LaneNatWord mapping, filtering;
  LaneNatConfidence confidence;
} LaneNatTraits;

typedef struct {
  LaneNatTraits ipv4, ipv6;
} LaneNatBrief;

/* A new port or address for each destination: what a server saw is no use to a peer. */
gboolean lane_nat_is_hard (LaneNatWord mapping);
gboolean lane_nat_traits_equal (const LaneNatTraits *a, const LaneNatTraits *b);

/* {"4": {"mapping", "filtering", "confidence"}, "6": {...}} */
void lane_nat_brief_add_json (const LaneNatBrief *brief, JsonBuilder *builder);
/* FALSE: not of that form. A word we do not know counts as unknown. */
gboolean lane_nat_brief_read_json (JsonObject *object, LaneNatBrief *brief);

/* `hard NAT: a new port per destination, lets in known ports only (measured)`; the caller frees it.
 */
char *lane_nat_traits_to_text (const LaneNatTraits *traits);

#define LANE_NAT_BRIEF_BYTES 6

/* The same in the enumerations' numbers: mapping, filtering, confidence of IPv4, then of IPv6. */
void lane_nat_brief_pack (const LaneNatBrief *brief, guint8 out[LANE_NAT_BRIEF_BYTES]);
void lane_nat_brief_unpack (const guint8 data[LANE_NAT_BRIEF_BYTES], LaneNatBrief *brief);

const char *lane_nat_word_to_string (LaneNatWord word); /* `address-dependent` */
const char *lane_nat_confidence_to_string (LaneNatConfidence confidence);
