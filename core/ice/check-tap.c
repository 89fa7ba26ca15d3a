#include "ice/check-tap.h"

#include <nice/debug.h>

#define DOMAIN "libnice"

/* GLib keeps one handler for a domain in a process, and hands it a line of text. */
static struct {
  GMutex mutex;
  GHashTable *taps; /* agent's address as in the text -> LaneCheckLog; NULL: there are none */
  guint handler;
} process;

static LaneCheckLog *
find (guint64 agent)
{
  LaneCheckLog *log = NULL;

  g_mutex_lock (&process.mutex);
  if (process.taps != NULL)
    log = g_hash_table_lookup (process.taps, &agent);
  g_mutex_unlock (&process.mutex);
  return log;
}

static void
on_line (const char *domain, GLogLevelFlags level, const char *line, gpointer user_data)
{
  guint64 agent;
  const char *rest;
  LaneCheckLog *log;

  if (line == NULL || !lane_check_line_get_agent (line, &agent, &rest))
    return;
  log = find (agent);
  if (log != NULL)
    lane_check_log_read (log, rest, g_get_monotonic_time ());
}

void
lane_check_tap_add (NiceAgent *agent, LaneCheckLog *log)
{
  const guint64 key = GPOINTER_TO_SIZE (agent);

  g_mutex_lock (&process.mutex);
  if (process.taps == NULL) {
    process.taps = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
    process.handler = g_log_set_handler (DOMAIN, G_LOG_LEVEL_DEBUG, on_line, NULL);
    nice_debug_enable (FALSE); /* not STUN's: these show keys, and we need none */
  }
  g_hash_table_replace (process.taps, g_memdup2 (&key, sizeof key), log);
  g_mutex_unlock (&process.mutex);
}

void
lane_check_tap_remove (NiceAgent *agent)
{
  const guint64 key = GPOINTER_TO_SIZE (agent);

  g_mutex_lock (&process.mutex);
  if (process.taps != NULL)
    g_hash_table_remove (process.taps, &key);
  if (process.taps != NULL && g_hash_table_size (process.taps) == 0) {
    nice_debug_disable (FALSE);
    g_log_remove_handler (DOMAIN, process.handler);
    g_clear_pointer (&process.taps, g_hash_table_unref);
  }
  g_mutex_unlock (&process.mutex);
}
