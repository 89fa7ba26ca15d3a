#include "messages.h"

#include <string.h>

#include "text.h"

#define MAX_BYTES 512

struct _LaneMessages {
  GMutex mutex; /* libraries log from their threads */
  GMainContext *context;
  void (*sink) (const char *text, gpointer user_data);
  gpointer user_data;
};

typedef struct {
  LaneMessages *messages;
  char *text;
} Message;

static void
message_free (gpointer data)
{
  Message *message = data;

  g_free (message->text);
  g_free (message);
}

static gboolean
on_message (gpointer user_data)
{
  Message *message = user_data;
  LaneMessages *messages = message->messages;

  /* Redirecting happens on this context too, so the sink stays while it is called. */
  if (messages->sink != NULL)
    messages->sink (message->text, messages->user_data);
  return G_SOURCE_REMOVE;
}

/* Later, from the loop: the message may come from inside the event log, or from a thread. */
static void
queue_message (LaneMessages *messages, const char *text)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Message *message = g_new (Message, 1);

  message->messages = messages;
  message->text = g_strdup (text);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_message, message, message_free);
  g_source_attach (source, messages->context);
}

static const char *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++) {
    if (strcmp (fields[i].key, key) == 0 && fields[i].length < 0)
      return fields[i].value;
  }
  return NULL;
}

static GLogWriterOutput
on_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  LaneMessages *messages = user_data;
  const char *domain = find_field (fields, n_fields, "GLIB_DOMAIN");
  g_autofree char *raw = NULL;
  g_autofree char *text = NULL;

  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING)) == 0)
    return G_LOG_WRITER_HANDLED;

  raw = g_strdup_printf ("%s: %s", domain != NULL ? domain : "library",
                         find_field (fields, n_fields, "MESSAGE"));
  text = lane_text_clean (raw, -1, MAX_BYTES);
  g_mutex_lock (&messages->mutex);
  if (messages->sink != NULL)
    queue_message (messages, text);
  else
    g_printerr ("icelane: %s\n", text);
  g_mutex_unlock (&messages->mutex);
  return G_LOG_WRITER_HANDLED;
}

LaneMessages *
lane_messages_install (void)
{
  LaneMessages *messages = g_new0 (LaneMessages, 1);

  g_mutex_init (&messages->mutex);
  g_log_set_writer_func (on_log, messages, NULL);
  return messages;
}

void
lane_messages_redirect (LaneMessages *messages, GMainContext *context,
                        void (*sink) (const char *text, gpointer user_data), gpointer user_data)
{
  g_mutex_lock (&messages->mutex);
  messages->context = context;
  messages->sink = sink;
  messages->user_data = user_data;
  g_mutex_unlock (&messages->mutex);
}
