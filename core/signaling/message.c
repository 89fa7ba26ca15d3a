#include "signaling/message.h"

#include "signaling/bounded-json.h"

#include <string.h>

#define PAYLOAD_MAX    (64 * 1024)
#define STRING_MAX     (32 * 1024) /* the SDP is one string */
#define CANDIDATES_MAX 32
#define REASON_MAX     32

static const char MID[] = "0";

static const char *const TYPES[] = {
  [LANE_MESSAGE_OFFER] = "offer",
  [LANE_MESSAGE_ANSWER] = "answer",
  [LANE_MESSAGE_CANDIDATES] = "candidates",
  [LANE_MESSAGE_BYE] = "bye",
};

G_DEFINE_QUARK (lane_message_error, lane_message_error)

static gboolean
malformed (GError **error, const char *text)
{
  g_set_error_literal (error, LANE_MESSAGE_ERROR, LANE_MESSAGE_ERROR_MALFORMED, text);
  return FALSE;
}

/* What went wrong below, under our own name. */
static gboolean
adopt (GError **error, GError *cause)
{
  malformed (error, cause->message);
  g_error_free (cause);
  return FALSE;
}

static gboolean
read_generation (JsonObject *object, LaneMessage *message, GError **error)
{
  GError *cause = NULL;
  gint64 generation;

  if (!lane_bounded_json_get_integer (object, "generation", 1, G_MAXINT32, &generation, &cause))
    return adopt (error, cause);
  message->generation = generation;
  return TRUE;
}

/* May be missing: older nodes and other implementations know nothing of it. */
static gboolean
read_nat (JsonObject *object, LaneMessage *message, GError **error)
{
  JsonNode *node = json_object_get_member (object, "nat");

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node)
      || !lane_nat_brief_read_json (json_node_get_object (node), &message->nat))
    return malformed (error,
                      "'nat' must have mapping, filtering and confidence of \"4\" and \"6\"");
  message->has_nat = TRUE;
  return TRUE;
}

static gboolean
read_description (JsonObject *object, LaneMessage *message, GError **error)
{
  GError *cause = NULL;
  const char *text;

  if (!read_generation (object, message, error) || !read_nat (object, message, error))
    return FALSE;
  text = lane_bounded_json_get_string (object, "sdp", &cause);
  if (text == NULL)
    return adopt (error, cause);
  message->sdp = lane_sdp_parse (text, &message->refused, &cause);
  return message->sdp != NULL || adopt (error, cause);
}

/* A member that may be missing or null, and else must be this string. */
static gboolean
is_absent_or (JsonObject *object, const char *name, const char *wanted)
{
  JsonNode *node = json_object_get_member (object, name);
  const char *text;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  text = lane_bounded_json_get_string (object, name, NULL);
  return text != NULL && strcmp (text, wanted) == 0;
}

/* RTCIceCandidateInit, so that a browser's own object fits. */
static gboolean
read_candidate (JsonNode *entry, LaneMessage *message, GError **error)
{
  LaneCandidate candidate;
  JsonObject *object;
  const char *line;

  if (!JSON_NODE_HOLDS_OBJECT (entry))
    return malformed (error, "an entry of 'candidates' must be an object");
  object = json_node_get_object (entry);
  line = lane_bounded_json_get_string (object, "candidate", NULL);
  if (line == NULL)
    return malformed (error, "an entry of 'candidates' must have a string 'candidate'");

  if (message->end_of_candidates || !is_absent_or (object, "sdpMid", MID)
      || !is_absent_or (object, "usernameFragment", message->ufrag))
    message->refused++;
  else if (*line == '\0')
    message->end_of_candidates = TRUE;
  else if (message->candidates->len < CANDIDATES_MAX
           && lane_candidate_parse (line, &candidate, NULL))
    g_array_append_val (message->candidates, candidate);
  else
    message->refused++;
  return TRUE;
}

static gboolean
read_candidates (JsonObject *object, LaneMessage *message, GError **error)
{
  const char *ufrag = lane_bounded_json_get_string (object, "ufrag", NULL);
  JsonNode *list = json_object_get_member (object, "candidates");
  JsonArray *array;

  if (!read_generation (object, message, error))
    return FALSE;
  if (!lane_ice_ufrag_is_valid (ufrag))
    return malformed (error, "'ufrag' must have 4-64 ice-chars");
  message->ufrag = g_strdup (ufrag);
  if (list == NULL || !JSON_NODE_HOLDS_ARRAY (list))
    return malformed (error, "'candidates' must be there and be an array");

  array = json_node_get_array (list);
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!read_candidate (json_array_get_element (array, i), message, error))
      return FALSE;
  return TRUE;
}

static gboolean
is_reason (const char *text)
{
  gsize length = 0;

  for (; text[length] != '\0'; length++)
    if (length == REASON_MAX || !(g_ascii_islower (text[length]) || text[length] == '-'))
      return FALSE;
  return length > 0;
}

static gboolean
read_bye (JsonObject *object, LaneMessage *message, GError **error)
{
  GError *cause = NULL;
  const char *reason = lane_bounded_json_get_string (object, "reason", &cause);

  if (reason == NULL)
    return adopt (error, cause);
  if (!is_reason (reason))
    return malformed (error, "'reason' must be a word of 1-32 characters of a-z and -");
  message->reason = g_strdup (reason);
  return TRUE;
}

static gboolean
read_payload (JsonObject *object, LaneMessage *message, GError **error)
{
  switch (message->type) {
  case LANE_MESSAGE_OFFER:
  case LANE_MESSAGE_ANSWER:
    return read_description (object, message, error);
  case LANE_MESSAGE_CANDIDATES:
    return read_candidates (object, message, error);
  case LANE_MESSAGE_BYE:
  default:
    return read_bye (object, message, error);
  }
}

static gboolean
type_from_string (const char *text, LaneMessageType *type)
{
  for (guint i = 0; i < G_N_ELEMENTS (TYPES); i++)
    if (strcmp (text, TYPES[i]) == 0) {
      *type = i;
      return TRUE;
    }
  return FALSE;
}

LaneMessage *
lane_message_parse (const char *type, const char *payload, GError **error)
{
  g_autoptr (LaneMessage) message = NULL;
  g_autoptr (JsonNode) root = NULL;
  GError *cause = NULL;
  LaneMessageType parsed_type;

  if (!type_from_string (type, &parsed_type)) {
    malformed (error, "the type must be offer, answer, candidates or bye");
    return NULL;
  }
  root = lane_bounded_json_parse (payload, strlen (payload), PAYLOAD_MAX, STRING_MAX, &cause);
  if (root == NULL) {
    adopt (error, cause);
    return NULL;
  }

  message = lane_message_new (parsed_type);
  if (!read_payload (json_node_get_object (root), message, error))
    return NULL;
  return g_steal_pointer (&message);
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_candidate (JsonBuilder *builder, const char *line, const char *ufrag)
{
  json_builder_begin_object (builder);
  add_string (builder, "candidate", line);
  add_string (builder, "sdpMid", MID);
  add_string (builder, "usernameFragment", ufrag);
  json_builder_end_object (builder);
}

static void
add_candidates (JsonBuilder *builder, const LaneMessage *message)
{
  add_string (builder, "ufrag", message->ufrag);
  json_builder_set_member_name (builder, "candidates");
  json_builder_begin_array (builder);
  for (guint i = 0; i < message->candidates->len; i++) {
    g_autofree char *line =
        lane_candidate_format (&g_array_index (message->candidates, LaneCandidate, i));

    add_candidate (builder, line, message->ufrag);
  }
  if (message->end_of_candidates)
    add_candidate (builder, "", message->ufrag);
  json_builder_end_array (builder);
}

static void
add_description (JsonBuilder *builder, const LaneMessage *message)
{
  g_autofree char *text = lane_sdp_format (message->sdp);

  add_string (builder, "sdp", text);
  if (!message->has_nat)
    return;
  json_builder_set_member_name (builder, "nat");
  lane_nat_brief_add_json (&message->nat, builder);
}

char *
lane_message_format_payload (const LaneMessage *message)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  if (message->type == LANE_MESSAGE_BYE) {
    add_string (builder, "reason", message->reason);
  } else {
    json_builder_set_member_name (builder, "generation");
    json_builder_add_int_value (builder, message->generation);
    if (message->type == LANE_MESSAGE_CANDIDATES)
      add_candidates (builder, message);
    else
      add_description (builder, message);
  }
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

LaneMessage *
lane_message_new (LaneMessageType type)
{
  LaneMessage *message = g_new0 (LaneMessage, 1);

  message->type = type;
  message->candidates = g_array_new (FALSE, FALSE, sizeof (LaneCandidate));
  return message;
}

void
lane_message_free (LaneMessage *message)
{
  if (message == NULL)
    return;
  lane_sdp_free (message->sdp);
  g_free (message->ufrag);
  g_array_unref (message->candidates);
  g_free (message->reason);
  g_free (message);
}

const char *
lane_message_type_to_string (LaneMessageType type)
{
  g_return_val_if_fail (type < G_N_ELEMENTS (TYPES), "bye");

  return TYPES[type];
}
