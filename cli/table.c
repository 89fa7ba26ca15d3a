#include "table.h"

#include <string.h>

#include "text.h"

#define CELL_MAX_BYTES 1024
#define GAP            2

struct _LaneTable {
  guint columns;
  GPtrArray *cells; /* of char*, row by row */
};

static guint
width_of (const char *text)
{
  guint width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text)) {
    gunichar c = g_utf8_get_char (text);

    if (!g_unichar_iszerowidth (c))
      width += g_unichar_iswide (c) ? 2 : 1;
  }
  return width;
}

LaneTable *
lane_table_new (guint columns)
{
  LaneTable *table = g_new0 (LaneTable, 1);

  table->columns = columns;
  table->cells = g_ptr_array_new_with_free_func (g_free);
  return table;
}

void
lane_table_add (LaneTable *table, ...)
{
  va_list cells;

  va_start (cells, table);
  for (guint i = 0; i < table->columns; i++) {
    g_autofree char *cell = va_arg (cells, char *);

    g_ptr_array_add (table->cells, lane_text_clean (cell, -1, CELL_MAX_BYTES));
  }
  va_end (cells);
}

char *
lane_table_to_string (const LaneTable *table)
{
  g_autofree guint *widths = g_new0 (guint, table->columns);
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < table->cells->len; i++)
    widths[i % table->columns] =
        MAX (widths[i % table->columns], width_of (table->cells->pdata[i]));

  for (guint i = 0; i < table->cells->len; i++) {
    guint column = i % table->columns;
    const char *cell = table->cells->pdata[i];

    g_string_append (out, cell);
    if (column + 1 < table->columns) {
      g_string_append_printf (out, "%*s", (int)(widths[column] - width_of (cell)) + GAP, "");
    } else {
      while (out->len > 0 && out->str[out->len - 1] == ' ')
        g_string_truncate (out, out->len - 1);
      g_string_append_c (out, '\n');
    }
  }
  return g_string_free (out, FALSE);
}

void
lane_table_free (LaneTable *table)
{
  if (table == NULL)
    return;

  g_ptr_array_unref (table->cells);
  g_free (table);
}
