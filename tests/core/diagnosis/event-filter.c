/* Makes an event of each line of its input, `LEVEL KIND {"fact": ..., members}`, with the text and
 * the peer that the members `sample_text` and `sample_peer` give, and prints it as the log file has
 * it. For check-schema.py. */
#include "diagnosis/event-log.h"

#include <stdio.h>
#include <string.h>

static LaneEventKind
find_kind (const char *word)
{
  for (guint kind = 0; kind <= LANE_EVENT_NETWORK; kind++)
    if (strcmp (lane_event_kind_to_string (kind), word) == 0)
      return kind;
  g_error ("no kind %s", word);
}

static char *
take_member (JsonObject *fields, const char *name)
{
  char *value = json_object_has_member (fields, name)
                    ? g_strdup (json_object_get_string_member (fields, name))
                    : NULL;

  json_object_remove_member (fields, name);
  return value;
}

static void
print (const LaneEvent *event, gpointer user_data)
{
  g_autofree char *line = lane_event_to_json_line (event);

  puts (line);
}

int
main (void)
{
  LaneEventLog *log = lane_event_log_new (LANE_LOG_LEVEL_DEBUG);
  char *line = NULL;
  size_t size = 0;

  lane_event_log_add_sink (log, print, NULL);
  for (gint64 now_s = 1; getline (&line, &size, stdin) > 0; now_s++) {
    g_auto (GStrv) words = g_strsplit (line, " ", 3);
    g_autoptr (JsonNode) node = json_from_string (words[2], NULL);
    JsonObject *fields = json_node_dup_object (node);
    g_autofree char *text = take_member (fields, "sample_text");
    g_autofree char *peer = take_member (fields, "sample_peer");
    LaneEvent *event = lane_event_new ((LaneLogLevel)(words[0][0] - '0'), find_kind (words[1]),
                                       peer, fields, "%s", text);

    event->monotonic_us = now_s * 100 * G_USEC_PER_SEC; /* none is suppressed or a repeat */
    lane_event_log_add (log, event);
  }
  free (line);
  lane_event_log_free (log);
  return 0;
}
