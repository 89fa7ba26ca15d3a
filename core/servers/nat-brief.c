#include "servers/nat-brief.h"

#include <string.h>

static const char *const WORDS[] = {
  [LANE_NAT_UNKNOWN] = "unknown",
  [LANE_NAT_NONE] = "none",
  [LANE_NAT_ENDPOINT_INDEPENDENT] = "endpoint-independent",
  [LANE_NAT_ADDRESS_DEPENDENT] = "address-dependent",
  [LANE_NAT_ADDRESS_AND_PORT_DEPENDENT] = "address-and-port-dependent",
  [LANE_NAT_BLOCKED] = "blocked",
};

static const char *const CONFIDENCES[] = {
  [LANE_NAT_UNSURE] = "unknown",
  [LANE_NAT_PARTIAL] = "partial",
  [LANE_NAT_MEASURED] = "measured",
};

const char *
lane_nat_word_to_string (LaneNatWord word)
{
  return WORDS[word];
}

const char *
lane_nat_confidence_to_string (LaneNatConfidence confidence)
{
  return CONFIDENCES[confidence];
}

gboolean
lane_nat_is_hard (LaneNatWord mapping)
{
  return mapping == LANE_NAT_ADDRESS_DEPENDENT || mapping == LANE_NAT_ADDRESS_AND_PORT_DEPENDENT;
}

gboolean
lane_nat_traits_equal (const LaneNatTraits *a, const LaneNatTraits *b)
{
  return a->mapping == b->mapping && a->filtering == b->filtering && a->confidence == b->confidence;
}

char *
lane_nat_traits_to_text (const LaneNatTraits *traits)
{
  static const char *const mappings[] = {
    [LANE_NAT_UNKNOWN] = "what the NAT does is not known",
    [LANE_NAT_NONE] = "no NAT",
    [LANE_NAT_ENDPOINT_INDEPENDENT] = "easy NAT: one port for all",
    [LANE_NAT_ADDRESS_DEPENDENT] = "hard NAT: a new port per address",
    [LANE_NAT_ADDRESS_AND_PORT_DEPENDENT] = "hard NAT: a new port per destination",
    [LANE_NAT_BLOCKED] = "UDP is blocked",
  };
  static const char *const filterings[] = {
    [LANE_NAT_UNKNOWN] = "",
    [LANE_NAT_NONE] = "",
    [LANE_NAT_ENDPOINT_INDEPENDENT] = ", lets in everybody",
    [LANE_NAT_ADDRESS_DEPENDENT] = ", lets in known addresses only",
    [LANE_NAT_ADDRESS_AND_PORT_DEPENDENT] = ", lets in known ports only",
    [LANE_NAT_BLOCKED] = "",
  };

  return g_strdup_printf ("%s%s%s%s%s", mappings[traits->mapping], filterings[traits->filtering],
                          traits->confidence != LANE_NAT_UNSURE ? " (" : "",
                          traits->confidence != LANE_NAT_UNSURE ? CONFIDENCES[traits->confidence]
                                                                : "",
                          traits->confidence != LANE_NAT_UNSURE ? ")" : "");
}

/* From outside there is nothing to be sure of without a mapping, and no filter named `none`. */
static void
normalize (LaneNatTraits *traits)
{
  if (traits->filtering == LANE_NAT_NONE)
    traits->filtering = LANE_NAT_UNKNOWN;
  if (traits->mapping == LANE_NAT_UNKNOWN)
    *traits = (LaneNatTraits){ 0 };
}

/* JSON */

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_traits (JsonBuilder *builder, const char *family, const LaneNatTraits *traits)
{
  json_builder_set_member_name (builder, family);
  json_builder_begin_object (builder);
  add_string (builder, "mapping", WORDS[traits->mapping]);
  add_string (builder, "filtering", WORDS[traits->filtering]);
  add_string (builder, "confidence", CONFIDENCES[traits->confidence]);
  json_builder_end_object (builder);
}

void
lane_nat_brief_add_json (const LaneNatBrief *brief, JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  add_traits (builder, "4", &brief->ipv4);
  add_traits (builder, "6", &brief->ipv6);
  json_builder_end_object (builder);
}

/* 0, which is unknown, for words of a later version. FALSE: no string. */
static gboolean
read_word (JsonObject *object, const char *name, const char *const *words, guint n, guint *word)
{
  JsonNode *node = json_object_get_member (object, name);

  *word = 0;
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (strcmp (json_node_get_string (node), words[i]) == 0)
      *word = i;
  return TRUE;
}

static gboolean
read_traits (JsonObject *object, const char *family, LaneNatTraits *traits)
{
  JsonNode *node = json_object_get_member (object, family);
  guint mapping, filtering, confidence;
  JsonObject *members;

  *traits = (LaneNatTraits){ 0 };
  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;
  members = json_node_get_object (node);
  if (!read_word (members, "mapping", WORDS, G_N_ELEMENTS (WORDS), &mapping)
      || !read_word (members, "filtering", WORDS, G_N_ELEMENTS (WORDS), &filtering)
      || !read_word (members, "confidence", CONFIDENCES, G_N_ELEMENTS (CONFIDENCES), &confidence))
    return FALSE;
  *traits = (LaneNatTraits){ mapping, filtering, confidence };
  normalize (traits);
  return TRUE;
}

gboolean
lane_nat_brief_read_json (JsonObject *object, LaneNatBrief *brief)
{
  LaneNatBrief read = { 0 };
  gboolean ok = read_traits (object, "4", &read.ipv4) && read_traits (object, "6", &read.ipv6);

  *brief = ok ? read : (LaneNatBrief){ 0 };
  return ok;
}

/* Bytes */

static void
pack_traits (const LaneNatTraits *traits, guint8 *out)
{
  out[0] = (guint8)traits->mapping;
  out[1] = (guint8)traits->filtering;
  out[2] = (guint8)traits->confidence;
}

static void
unpack_traits (const guint8 *data, LaneNatTraits *traits)
{
  traits->mapping = data[0] < G_N_ELEMENTS (WORDS) ? data[0] : LANE_NAT_UNKNOWN;
  traits->filtering = data[1] < G_N_ELEMENTS (WORDS) ? data[1] : LANE_NAT_UNKNOWN;
  traits->confidence = data[2] < G_N_ELEMENTS (CONFIDENCES) ? data[2] : LANE_NAT_UNSURE;
  normalize (traits);
}

void
lane_nat_brief_pack (const LaneNatBrief *brief, guint8 out[LANE_NAT_BRIEF_BYTES])
{
  pack_traits (&brief->ipv4, out);
  pack_traits (&brief->ipv6, out + LANE_NAT_BRIEF_BYTES / 2);
}

void
lane_nat_brief_unpack (const guint8 data[LANE_NAT_BRIEF_BYTES], LaneNatBrief *brief)
{
  unpack_traits (data, &brief->ipv4);
  unpack_traits (data + LANE_NAT_BRIEF_BYTES / 2, &brief->ipv6);
}
