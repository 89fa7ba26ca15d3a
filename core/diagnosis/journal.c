#include "diagnosis/journal.h"

#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

gboolean
lane_journal_is_behind (int fd)
{
  const char *stream = g_getenv ("JOURNAL_STREAM");
  g_autofree char *ours = NULL;
  struct stat info;

  if (stream == NULL || fstat (fd, &info) != 0)
    return FALSE;
  ours = g_strdup_printf ("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64)info.st_dev,
                          (guint64)info.st_ino);
  return strcmp (stream, ours) == 0;
}

static int
get_priority (LaneLogLevel level)
{
  static const int priorities[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

  return priorities[level];
}

/* A line break would begin another field. Events have none: this is the net below that. */
static void
add (GString *text, const char *name, const char *value)
{
  gsize start;

  g_string_append_printf (text, "%s=", name);
  start = text->len;
  g_string_append (text, value);
  g_strdelimit (text->str + start, "\n", ' ');
  g_string_append_c (text, '\n');
}

static char *
to_text (JsonNode *value)
{
  if (!JSON_NODE_HOLDS_VALUE (value))
    return NULL;
  return json_node_get_value_type (value) == G_TYPE_STRING ? json_node_dup_string (value)
                                                           : json_to_string (value, FALSE);
}

static void
add_members (GString *text, JsonObject *record)
{
  static const char *const told[] = { "time", "monotonic_us", "level", "text", NULL };
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  json_object_iter_init (&iter, record);
  while (json_object_iter_next (&iter, &name, &value)) {
    g_autofree char *plain = g_strv_contains (told, name) ? NULL : to_text (value);
    g_autofree char *upper = g_ascii_strup (name, -1);
    g_autofree char *field = g_strconcat ("ICELANE_", upper, NULL);

    if (plain != NULL)
      add (text, field, plain);
  }
}

char *
lane_journal_format (const LaneEvent *event)
{
  GString *text = g_string_new (NULL);
  g_autofree char *json = lane_event_to_json_line (event); /* bounded */
  g_autoptr (JsonNode) record = json_from_string (json, NULL);
  g_autofree char *message = g_strconcat (event->peer != NULL ? event->peer : "",
                                          event->peer != NULL ? ": " : "", event->text, NULL);
  g_autofree char *priority = g_strdup_printf ("%d", get_priority (event->level));

  add (text, "MESSAGE", message);
  add (text, "PRIORITY", priority);
  add (text, "SYSLOG_IDENTIFIER", "icelane");
  add_members (text, json_node_get_object (record));
  g_string_truncate (text, text->len - 1);
  return g_string_free (text, FALSE);
}
