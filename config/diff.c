#include "diff.h"

#define TABLE_MAX (4 * 1024 * 1024) /* cells: two thousand changed lines on either side */

/* Lines first to end - 1 on either side, without those that are equal at both ends. */
typedef struct {
  const LaneDocument *old, *new;
  guint start;
  guint old_end, new_end;
  GPtrArray *lines;
} Diff;

static void
line_free (gpointer data)
{
  LaneDiffLine *line = data;

  g_free (line->text);
  g_free (line);
}

/* Zero for a side that does not have the line. */
static void
add_line (Diff *diff, guint old_line, guint new_line)
{
  LaneDiffLine *line = g_new0 (LaneDiffLine, 1);

  line->sign = new_line == 0 ? '-' : old_line == 0 ? '+' : ' ';
  line->old_line = old_line;
  line->new_line = new_line;
  line->text = old_line != 0 ? lane_document_show_line (diff->old, old_line)
                             : lane_document_show_line (diff->new, new_line);
  g_ptr_array_add (diff->lines, line);
}

static void
trim (Diff *diff)
{
  diff->start = 1;
  diff->old_end = lane_document_get_length (diff->old) + 1;
  diff->new_end = lane_document_get_length (diff->new) + 1;
  while (diff->start < diff->old_end && diff->start < diff->new_end
         && lane_document_line_equal (diff->old, diff->start, diff->new, diff->start))
    diff->start++;
  while (diff->old_end > diff->start && diff->new_end > diff->start
         && lane_document_line_equal (diff->old, diff->old_end - 1, diff->new, diff->new_end - 1)) {
    diff->old_end--;
    diff->new_end--;
  }
}

/* Cell (i, j): how many lines the rests from line i of the old and line j of the new one have in
 * common. */
static guint16 *
make_table (const Diff *diff, guint rows, guint columns)
{
  guint16 *table = g_new0 (guint16, (gsize)(rows + 1) * (columns + 1));

  for (guint i = rows; i-- > 0;)
    for (guint j = columns; j-- > 0;) {
      guint16 *cell = &table[(gsize)i * (columns + 1) + j];

      if (lane_document_line_equal (diff->old, diff->start + i, diff->new, diff->start + j))
        *cell = cell[columns + 2] + 1;
      else
        *cell = MAX (cell[1], cell[columns + 1]);
    }
  return table;
}

static void
add_middle (Diff *diff)
{
  guint rows = diff->old_end - diff->start, columns = diff->new_end - diff->start;
  g_autofree guint16 *table = NULL;
  guint i = 0, j = 0;

  if ((guint64)rows * columns <= TABLE_MAX && MAX (rows, columns) < G_MAXUINT16)
    table = make_table (diff, rows, columns);
  while (table != NULL && i < rows && j < columns) {
    const guint16 *cell = &table[(gsize)i * (columns + 1) + j];

    if (lane_document_line_equal (diff->old, diff->start + i, diff->new, diff->start + j)) {
      add_line (diff, diff->start + i, diff->start + j);
      i++;
      j++;
    } else if (cell[columns + 1] >= cell[1])
      add_line (diff, diff->start + i++, 0);
    else
      add_line (diff, 0, diff->start + j++);
  }
  while (i < rows)
    add_line (diff, diff->start + i++, 0);
  while (j < columns)
    add_line (diff, 0, diff->start + j++);
}

/* Leaves equal lines only where a change is at most @around lines away. */
static void
thin_out (GPtrArray *lines, guint around)
{
  g_autofree gboolean *near = g_new0 (gboolean, lines->len + 1);

  for (guint i = 0; i < lines->len; i++) {
    const LaneDiffLine *line = g_ptr_array_index (lines, i);

    for (guint j = i - MIN (i, around); line->sign != ' ' && j < lines->len && j <= i + around; j++)
      near[j] = TRUE;
  }
  for (guint i = lines->len; i-- > 0;)
    if (!near[i])
      g_ptr_array_remove_index (lines, i);
}

GPtrArray *
lane_diff (const LaneDocument *old_document, const LaneDocument *new_document, guint around)
{
  Diff diff = { .old = old_document, .new = new_document };
  guint old_length = lane_document_get_length (old_document);

  around = MIN (around, 1000);
  diff.lines = g_ptr_array_new_with_free_func (line_free);
  trim (&diff);
  for (guint i = diff.start - MIN (diff.start - 1, around); i < diff.start; i++)
    add_line (&diff, i, i);
  add_middle (&diff);
  for (guint i = 0; i < around && diff.old_end + i <= old_length; i++)
    add_line (&diff, diff.old_end + i, diff.new_end + i);
  thin_out (diff.lines, around);
  return diff.lines;
}
