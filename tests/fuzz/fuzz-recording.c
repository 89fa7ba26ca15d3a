/* A file of the flight recorder from somebody else, and a cursor that goes through it. */
#include <stddef.h>
#include <stdint.h>

#include "replay.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
look (LaneReplay *replay)
{
  g_autofree char *status = lane_replay_print (replay, 0);
  g_autofree char *peers = lane_replay_print_peers (replay);
  g_autofree char *servers = lane_replay_print_servers (replay);
  g_autoptr (GPtrArray) events = lane_replay_list_events (replay, 0, NULL, 10, 100000);
  g_autoptr (JsonNode) root = json_from_string (status, NULL);
  JsonArray *list;

  g_assert (root != NULL && peers != NULL && servers != NULL);
  g_assert (lane_replay_get_at_us (replay) >= lane_replay_get_from_us (replay));
  g_assert (lane_replay_get_at_us (replay) <= lane_replay_get_to_us (replay));
  list = json_object_get_array_member (json_node_get_object (root), "peers");
  for (guint i = 0; i < json_array_get_length (list); i++) {
    JsonObject *peer = json_array_get_object_element (list, i);
    g_autofree char *detail =
        lane_replay_print_detail (replay, json_object_get_string_member (peer, "name"), NULL);

    g_assert (detail != NULL);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) text = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  LaneRecording *recording = lane_recording_parse ("fuzz", text, &error);
  g_autoptr (LaneReplay) replay = NULL;

  g_assert ((recording == NULL) == (error != NULL));
  if (recording == NULL) {
    g_assert (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  replay = lane_replay_new ();
  lane_replay_add (replay, recording);
  if (!lane_replay_ready (replay, NULL))
    return 0;
  look (replay);
  lane_replay_seek (replay, "start", NULL);
  for (guint i = 0; i < 8; i++) {
    look (replay);
    lane_replay_seek (replay, "next", NULL);
    lane_replay_seek (replay, "+0.25", NULL);
  }
  return 0;
}
