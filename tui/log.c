#include "log.h"

#include <string.h>

gboolean
lane_text_contains (const char *text, const char *part)
{
  g_autofree char *folded_text = NULL;
  g_autofree char *folded_part = NULL;

  if (text == NULL || part == NULL)
    return FALSE;
  folded_text = g_utf8_casefold (text, -1);
  folded_part = g_utf8_casefold (part, -1);
  return strstr (folded_text, folded_part) != NULL;
}

void
lane_log_init (LaneLog *log)
{
  log->events = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_event_view_free);
  log->changes = 1;
}

void
lane_log_clear (LaneLog *log)
{
  g_clear_pointer (&log->events, g_ptr_array_unref);
}

gboolean
lane_log_add (LaneLog *log, LaneEventView *event)
{
  gboolean full = log->events->len >= LANE_LOG_CAPACITY;

  /* A tenth at once: dropping one a time would move the whole array for each event. */
  if (full)
    g_ptr_array_remove_range (log->events, 0, LANE_LOG_CAPACITY / 10);
  g_ptr_array_add (log->events, event);
  log->changes++;
  return full;
}

void
lane_log_pane_init (LaneLogPane *pane)
{
  memset (pane, 0, sizeof *pane);
  pane->lines = g_ptr_array_new ();
  pane->level = LANE_LOG_LEVEL_INFO;
  pane->follow = TRUE;
}

void
lane_log_pane_clear (LaneLogPane *pane)
{
  g_clear_pointer (&pane->peer, g_free);
  g_clear_pointer (&pane->keep, g_free);
  g_clear_pointer (&pane->kind, g_free);
  g_clear_pointer (&pane->find, g_free);
  g_clear_pointer (&pane->lines, g_ptr_array_unref);
}

void
lane_log_pane_set_peer (LaneLogPane *pane, const char *peer)
{
  g_free (pane->peer);
  pane->peer = g_strdup (peer);
  pane->changes = 0;
}

void
lane_log_pane_set_keep (LaneLogPane *pane, const char *keep)
{
  g_free (pane->keep);
  pane->keep = keep != NULL && keep[0] != '\0' ? g_strdup (keep) : NULL;
  pane->changes = 0;
}

void
lane_log_pane_set_kind (LaneLogPane *pane, const char *kind)
{
  g_autofree char *copy = g_strdup (kind);

  g_free (pane->kind);
  pane->kind = g_steal_pointer (&copy);
  pane->changes = 0;
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

const char **
lane_log_list_kinds (const LaneLog *log)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *kinds = g_ptr_array_new ();

  for (guint i = 0; i < log->events->len; i++) {
    const LaneEventView *event = g_ptr_array_index (log->events, i);

    if (event->kind != NULL && g_hash_table_add (seen, event->kind))
      g_ptr_array_add (kinds, event->kind);
  }
  g_ptr_array_sort (kinds, compare_texts);
  g_ptr_array_add (kinds, NULL);
  return (const char **)g_ptr_array_free (kinds, FALSE);
}

char *
lane_log_pane_to_json_lines (const LaneLogPane *pane)
{
  GString *lines = g_string_new (NULL);

  for (guint i = 0; i < pane->lines->len; i++) {
    const LaneEventView *event = g_ptr_array_index (pane->lines, i);

    if (event->json != NULL)
      g_string_append_printf (lines, "%s\n", event->json);
  }
  return g_string_free (lines, FALSE);
}

void
lane_log_pane_set_level (LaneLogPane *pane, LaneLogLevel level)
{
  pane->level = level;
  pane->changes = 0;
}

static LaneLogLevel
event_level (const LaneEventView *event)
{
  for (LaneLogLevel level = LANE_LOG_LEVEL_ERROR; level <= LANE_LOG_LEVEL_DEBUG; level++)
    if (g_strcmp0 (event->level, lane_log_level_to_string (level)) == 0)
      return level;
  return LANE_LOG_LEVEL_INFO;
}

static gboolean
has_text (const LaneEventView *event, const char *part)
{
  return lane_text_contains (event->text, part) || lane_text_contains (event->peer, part)
         || lane_text_contains (event->kind, part) || lane_text_contains (event->level, part);
}

static gboolean
is_shown (const LaneLogPane *pane, const LaneEventView *event)
{
  if (event_level (event) > pane->level)
    return FALSE;
  if (pane->peer != NULL && g_strcmp0 (event->peer, pane->peer) != 0)
    return FALSE;
  if (pane->kind != NULL && g_strcmp0 (event->kind, pane->kind) != 0)
    return FALSE;
  return pane->keep == NULL || has_text (event, pane->keep);
}

void
lane_log_pane_update (LaneLogPane *pane, const LaneLog *log)
{
  int row = 0;

  if (pane->changes == log->changes)
    return;
  pane->changes = log->changes;
  g_ptr_array_set_size (pane->lines, 0);
  for (guint i = 0; i < log->events->len; i++) {
    LaneEventView *event = g_ptr_array_index (log->events, i);

    if (!is_shown (pane, event))
      continue;
    if (event->sequence <= pane->selected)
      row = pane->lines->len;
    g_ptr_array_add (pane->lines, event);
  }
  lane_list_set_count (&pane->list, pane->lines->len);
  lane_list_select (&pane->list, pane->follow ? (int)pane->lines->len - 1 : row);
}

void
lane_log_pane_select (LaneLogPane *pane, int row)
{
  const LaneEventView *event = NULL;

  lane_list_select (&pane->list, row);
  pane->follow = pane->list.selected >= pane->list.count - 1;
  event = lane_log_pane_get_selected (pane);
  pane->selected = event != NULL ? event->sequence : 0;
}

const LaneEventView *
lane_log_pane_get_selected (const LaneLogPane *pane)
{
  guint row = pane->list.selected;

  return row < pane->lines->len ? g_ptr_array_index (pane->lines, row) : NULL;
}

gboolean
lane_log_pane_find (LaneLogPane *pane, int direction)
{
  int count = pane->lines->len;

  for (int step = 1; step <= count; step++) {
    int row = ((pane->list.selected + direction * step) % count + count) % count;

    if (has_text (g_ptr_array_index (pane->lines, row), pane->find)) {
      lane_log_pane_select (pane, row);
      return TRUE;
    }
  }
  return FALSE;
}
