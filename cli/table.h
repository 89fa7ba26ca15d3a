/* Rows of text with aligned columns. Cells are cleaned (core/text.h): they hold others' text. */
#pragma once

#include <glib.h>

typedef struct _LaneTable LaneTable;

LaneTable *lane_table_new (guint columns);
/* As many strings as columns; all are taken over. */
void lane_table_add (LaneTable *table, ...);
char *lane_table_to_string (const LaneTable *table);
void lane_table_free (LaneTable *table);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneTable, lane_table_free)
