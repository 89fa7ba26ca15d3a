#include "test-board.h"

#include <string.h>

#include "test-words.h"

typedef struct {
  char *print; /* of the section when its test began */
  gboolean running;
  char *error;        /* why there is no result; NULL */
  GPtrArray *results; /* of LaneTestResult, shared with other servers; NULL: none yet */
} Entry;

struct _LaneTestBoard {
  GHashTable *entries; /* NAME -> Entry */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->print);
  g_free (entry->error);
  g_clear_pointer (&entry->results, g_ptr_array_unref);
  g_free (entry);
}

LaneTestBoard *
lane_test_board_new (void)
{
  LaneTestBoard *board = g_new0 (LaneTestBoard, 1);

  board->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  return board;
}

void
lane_test_board_free (LaneTestBoard *board)
{
  if (board == NULL)
    return;
  g_hash_table_unref (board->entries);
  g_free (board);
}

static void
add_to_print (GChecksum *checksum, const char *text)
{
  g_checksum_update (checksum, (const guchar *)text, strlen (text) + 1);
}

/* Tells whether a section is what it was, and nothing else: passwords go into it. */
static char *
make_print (const LaneDocument *document, const char *name)
{
  g_autofree char *section = g_strconcat ("server ", name, NULL);
  g_auto (GStrv) keys = lane_document_get_keys (document, section);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; keys[i] != NULL; i++) {
    g_auto (GStrv) values = lane_document_get_values (document, section, keys[i]);

    add_to_print (checksum, keys[i]);
    for (guint j = 0; values[j] != NULL; j++)
      add_to_print (checksum, values[j]);
  }
  return g_strdup (g_checksum_get_string (checksum));
}

static gboolean
is_running (gpointer name, gpointer entry, gpointer user_data)
{
  return ((Entry *)entry)->running;
}

void
lane_test_board_begin (LaneTestBoard *board, const LaneDocument *document, const char *const *names)
{
  g_hash_table_foreach_remove (board->entries, is_running, NULL);
  for (guint i = 0; names[i] != NULL; i++) {
    Entry *entry = g_new0 (Entry, 1);

    entry->print = make_print (document, names[i]);
    entry->running = TRUE;
    g_hash_table_insert (board->entries, g_strdup (names[i]), entry);
  }
}

void
lane_test_board_take (LaneTestBoard *board, const GPtrArray *results)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, board->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Entry *entry = value;

    if (!entry->running)
      continue;
    g_clear_pointer (&entry->results, g_ptr_array_unref);
    entry->results = g_ptr_array_ref ((GPtrArray *)results);
  }
}

void
lane_test_board_end (LaneTestBoard *board, const char *error)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, board->entries);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    Entry *entry = value;
    LaneTestState state = LANE_TEST_CHECKING;

    if (!entry->running)
      continue;
    entry->running = FALSE;
    if (entry->results != NULL)
      lane_test_words_find_state (entry->results, name, &state);
    if (state == LANE_TEST_CHECKING)
      entry->error = g_strdup (error != NULL ? error : "the test says nothing of it");
  }
}

/* NULL: what is known of it is of another text. */
static const Entry *
find (const LaneTestBoard *board, const LaneDocument *document, const char *name)
{
  const Entry *entry = g_hash_table_lookup (board->entries, name);
  g_autofree char *print = entry != NULL ? make_print (document, name) : NULL;

  return g_strcmp0 (print, entry != NULL ? entry->print : NULL) == 0 ? entry : NULL;
}

LaneStanding
lane_test_board_get (const LaneTestBoard *board, const LaneDocument *document, const char *name)
{
  const Entry *entry = find (board, document, name);
  LaneTestState state = LANE_TEST_CHECKING;

  if (entry == NULL)
    return LANE_STANDING_UNTESTED;
  if (entry->error != NULL)
    return LANE_STANDING_FAILED;
  if (entry->results != NULL)
    lane_test_words_find_state (entry->results, name, &state);
  /* One URI may have failed while another one is still asked. */
  if (entry->running && state != LANE_TEST_OK)
    return LANE_STANDING_CHECKING;
  return state == LANE_TEST_OK ? LANE_STANDING_OK : LANE_STANDING_FAILED;
}

GPtrArray *
lane_test_board_get_lines (const LaneTestBoard *board, const LaneDocument *document,
                           const char *name, int width)
{
  const Entry *entry = find (board, document, name);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  GPtrArray *lines = lane_test_words_lines (
      entry != NULL && entry->results != NULL ? entry->results : none, name, width);

  if (entry != NULL && entry->error != NULL)
    lane_test_words_add (lines, LANE_ROLE_LOG_ERROR,
                         g_strdup_printf ("Not tested: %s.", entry->error));
  else if (entry != NULL && lines->len == 0)
    lane_test_words_add (lines, LANE_ROLE_DEFAULT, g_strdup ("Test: ..."));
  return lines;
}

char *
lane_test_board_get_word (const LaneTestBoard *board, const LaneDocument *document,
                          const char *name)
{
  const Entry *entry = find (board, document, name);

  switch (lane_test_board_get (board, document, name)) {
  case LANE_STANDING_CHECKING:
    return g_strdup ("checking");
  case LANE_STANDING_OK:
    return lane_test_words_state (entry->results, name);
  case LANE_STANDING_FAILED:
    return entry->error != NULL ? g_strdup ("not tested")
                                : lane_test_words_state (entry->results, name);
  case LANE_STANDING_UNTESTED:
  default:
    return NULL;
  }
}
