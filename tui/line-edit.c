#include "line-edit.h"

#include <string.h>

#define MAX_BYTES   512
#define MAX_HISTORY 50

struct _LaneLineEdit {
  GString *text;
  gsize cursor;       /* byte offset */
  GPtrArray *history; /* of char *, oldest first */
  guint place;        /* in the history; its length: the new line */
  char *cut;
};

LaneLineEdit *
lane_line_edit_new (void)
{
  LaneLineEdit *edit = g_new0 (LaneLineEdit, 1);

  edit->text = g_string_new (NULL);
  edit->history = g_ptr_array_new_with_free_func (g_free);
  return edit;
}

void
lane_line_edit_free (LaneLineEdit *edit)
{
  if (edit == NULL)
    return;
  /* It may be a password. */
  explicit_bzero (edit->text->str, edit->text->allocated_len);
  g_string_free (edit->text, TRUE);
  if (edit->cut != NULL)
    explicit_bzero (edit->cut, strlen (edit->cut));
  g_ptr_array_unref (edit->history);
  g_free (edit->cut);
  g_free (edit);
}

void
lane_line_edit_set (LaneLineEdit *edit, const char *text)
{
  g_string_assign (edit->text, text);
  edit->cursor = edit->text->len;
  edit->place = edit->history->len;
}

const char *
lane_line_edit_get_text (const LaneLineEdit *edit)
{
  return edit->text->str;
}

char *
lane_line_edit_get_head (const LaneLineEdit *edit)
{
  return g_strndup (edit->text->str, edit->cursor);
}

static gsize
previous (const LaneLineEdit *edit)
{
  const char *at = edit->text->str + edit->cursor;

  return edit->cursor == 0 ? 0 : (gsize)(g_utf8_prev_char (at) - edit->text->str);
}

static gsize
next (const LaneLineEdit *edit)
{
  const char *at = edit->text->str + edit->cursor;

  return *at == '\0' ? edit->cursor : (gsize)(g_utf8_next_char (at) - edit->text->str);
}

static LaneLineResult
move_to (LaneLineEdit *edit, gsize cursor)
{
  edit->cursor = cursor;
  return LANE_LINE_MOVED;
}

static LaneLineResult
erase (LaneLineEdit *edit, gsize from, gsize to, gboolean keep)
{
  if (from == to)
    return LANE_LINE_MOVED;
  if (keep) {
    g_free (edit->cut);
    edit->cut = g_strndup (edit->text->str + from, to - from);
  }
  g_string_erase (edit->text, from, to - from);
  edit->cursor = from;
  return LANE_LINE_CHANGED;
}

/* Control characters of a paste are left out: the line has one row. */
static LaneLineResult
insert (LaneLineEdit *edit, const char *text)
{
  gboolean changed = FALSE;

  for (const char *at = text; at != NULL && *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    if (g_unichar_iscntrl (c) || edit->text->len + 6 > MAX_BYTES)
      continue;
    g_string_insert_unichar (edit->text, edit->cursor, c);
    edit->cursor = next (edit);
    changed = TRUE;
  }
  return changed ? LANE_LINE_CHANGED : LANE_LINE_MOVED;
}

static gsize
word_start (const LaneLineEdit *edit)
{
  gsize at = edit->cursor;

  while (at > 0 && edit->text->str[at - 1] == ' ')
    at--;
  while (at > 0 && edit->text->str[at - 1] != ' ')
    at--;
  return at;
}

static LaneLineResult
recall (LaneLineEdit *edit, int direction)
{
  guint place = edit->place;

  if (direction < 0 && place > 0)
    place--;
  else if (direction > 0 && place < edit->history->len)
    place++;
  else
    return LANE_LINE_MOVED;
  g_string_assign (edit->text,
                   place < edit->history->len ? g_ptr_array_index (edit->history, place) : "");
  edit->cursor = edit->text->len;
  edit->place = place;
  return LANE_LINE_CHANGED;
}

static LaneLineResult
finish (LaneLineEdit *edit)
{
  guint len = edit->history->len;

  if (edit->text->len > 0
      && (len == 0 || strcmp (g_ptr_array_index (edit->history, len - 1), edit->text->str) != 0))
    g_ptr_array_add (edit->history, g_strdup (edit->text->str));
  if (edit->history->len > MAX_HISTORY)
    g_ptr_array_remove_index (edit->history, 0);
  edit->place = edit->history->len;
  return LANE_LINE_DONE;
}

LaneLineResult
lane_line_edit_key (LaneLineEdit *edit, const LaneKey *key)
{
  char text[8] = { 0 };

  switch (key->code) {
  case LANE_KEY_ENTER:
    return finish (edit);
  case LANE_KEY_ESCAPE:
    return LANE_LINE_LEFT;
  case LANE_KEY_TAB:
    return LANE_LINE_COMPLETE;
  case LANE_KEY_PASTE:
    return insert (edit, key->text);
  case LANE_KEY_BACKSPACE:
    return edit->text->len == 0 ? LANE_LINE_LEFT
                                : erase (edit, previous (edit), edit->cursor, FALSE);
  case LANE_KEY_DELETE:
    return erase (edit, edit->cursor, next (edit), FALSE);
  case LANE_KEY_LEFT:
  case LANE_KEY_CTRL ('b'):
    return move_to (edit, previous (edit));
  case LANE_KEY_RIGHT:
  case LANE_KEY_CTRL ('f'):
    return move_to (edit, next (edit));
  case LANE_KEY_HOME:
  case LANE_KEY_CTRL ('a'):
    return move_to (edit, 0);
  case LANE_KEY_END:
  case LANE_KEY_CTRL ('e'):
    return move_to (edit, edit->text->len);
  case LANE_KEY_UP:
  case LANE_KEY_CTRL ('p'):
    return recall (edit, -1);
  case LANE_KEY_DOWN:
  case LANE_KEY_CTRL ('n'):
    return recall (edit, 1);
  case LANE_KEY_CTRL ('u'):
    return erase (edit, 0, edit->cursor, TRUE);
  case LANE_KEY_CTRL ('k'):
    return erase (edit, edit->cursor, edit->text->len, TRUE);
  case LANE_KEY_CTRL ('w'):
    return erase (edit, word_start (edit), edit->cursor, TRUE);
  case LANE_KEY_CTRL ('y'):
    return insert (edit, edit->cut);
  default:
    if (key->code < 0x20 || key->code >= LANE_KEY_FIRST)
      return LANE_LINE_IGNORED;
    g_unichar_to_utf8 (key->code, text);
    return insert (edit, text);
  }
}
