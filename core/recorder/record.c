#include "recorder/record.h"

#include <string.h>

#define NAME_MAX_BYTES 120 /* a file's name may have 255, and `.jsonl.1` is added */
#define DIGEST_CHARS   16

static const struct {
  const char *word;
  const char *member; /* of the value; NULL: there is none */
} kinds[LANE_N_RECORDS] = {
  [LANE_RECORD_HEADER] = { "header", NULL },
  [LANE_RECORD_START] = { "start", NULL },
  [LANE_RECORD_STATE] = { "state", "state" },
  [LANE_RECORD_SERVERS] = { "servers", "servers" },
  [LANE_RECORD_SAMPLE] = { "sample", "sample" },
  [LANE_RECORD_GENERATION] = { "generation", "generation" },
  [LANE_RECORD_EVENT] = { "event", "event" },
  [LANE_RECORD_LOST] = { "lost", NULL },
  [LANE_RECORD_STOP] = { "stop", NULL },
};

const char *
lane_record_kind_to_string (LaneRecordKind kind)
{
  return kinds[kind].word;
}

LaneRecordKind
lane_record_kind_from_string (const char *word)
{
  LaneRecordKind kind = 0;

  while (kind < LANE_N_RECORDS && strcmp (word, kinds[kind].word) != 0)
    kind++;
  return kind;
}

static gboolean
is_plain (const char *name, gsize at)
{
  char c = name[at];

  return g_ascii_isalnum (c) || c == '-' || c == '_' || (c == '.' && at > 0);
}

char *
lane_record_file_name (const char *peer)
{
  g_autoptr (GString) name = g_string_new (NULL);

  if (strcmp (peer, LANE_RECORD_NODE) == 0)
    return g_strdup (LANE_RECORD_NODE LANE_RECORD_SUFFIX);
  for (gsize i = 0; peer[i] != '\0'; i++) {
    if (is_plain (peer, i))
      g_string_append_c (name, peer[i]);
    else
      g_string_append_printf (name, "%%%02X", (guchar)peer[i]);
  }
  if (name->len > NAME_MAX_BYTES) {
    g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, peer, -1);

    g_string_truncate (name, NAME_MAX_BYTES - DIGEST_CHARS);
    g_string_append_c (name, '%');
    g_string_append_len (name, digest, DIGEST_CHARS);
  }
  g_string_append (name, LANE_RECORD_SUFFIX);
  return g_string_free (g_steal_pointer (&name), FALSE);
}

static JsonBuilder *
begin (LaneRecordKind kind, gint64 wall_us)
{
  JsonBuilder *builder = json_builder_new ();
  g_autofree char *time = lane_time_to_rfc3339 (wall_us);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "record");
  json_builder_add_string_value (builder, kinds[kind].word);
  json_builder_set_member_name (builder, "time");
  json_builder_add_string_value (builder, time);
  return builder;
}

static char *
end (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = NULL;
  char *line;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  line = json_to_string (root, FALSE);
  g_object_unref (builder);
  return line;
}

static void
add_named (JsonBuilder *builder, const char *member, const char *name, const char *id)
{
  json_builder_set_member_name (builder, member);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "name");
  json_builder_add_string_value (builder, name);
  json_builder_set_member_name (builder, "id");
  json_builder_add_string_value (builder, id);
  json_builder_end_object (builder);
}

char *
lane_record_header (const LaneRecordHeader *header, gint64 wall_us)
{
  JsonBuilder *builder = begin (LANE_RECORD_HEADER, wall_us);

  json_builder_set_member_name (builder, "schema");
  json_builder_add_int_value (builder, LANE_RECORD_SCHEMA);
  add_named (builder, "node", header->node, header->node_id);
  add_named (builder, "peer", header->peer, header->peer_id);
  json_builder_set_member_name (builder, "version");
  json_builder_add_string_value (builder, header->version);
  return end (builder);
}

char *
lane_record_mark (LaneRecordKind kind, gint64 wall_us)
{
  return end (begin (kind, wall_us));
}

char *
lane_record_lost (guint lines, gint64 wall_us)
{
  JsonBuilder *builder = begin (LANE_RECORD_LOST, wall_us);

  json_builder_set_member_name (builder, "lines");
  json_builder_add_int_value (builder, lines);
  return end (builder);
}

char *
lane_record_value (LaneRecordKind kind, gint64 wall_us, const char *json)
{
  g_autofree char *time = lane_time_to_rfc3339 (wall_us);

  return g_strdup_printf ("{\"record\":\"%s\",\"time\":\"%s\",\"%s\":%s}", kinds[kind].word, time,
                          kinds[kind].member, json);
}
