#include "block.h"

#include <string.h>

#include "line.h"
#include "setting-name.h"

static const LaneLine *
line_at (const GPtrArray *lines, guint i)
{
  return g_ptr_array_index (lines, i);
}

guint
lane_block_find_next (const GPtrArray *lines, guint header)
{
  guint i = header;

  do
    i++;
  while (i < lines->len && line_at (lines, i)->kind != LANE_LINE_HEADER);
  return i;
}

/* A comment that starts the file is about the file. */
static guint
find_block_start (const GPtrArray *lines, guint header)
{
  guint i = header;

  while (i > 0 && line_at (lines, i - 1)->kind == LANE_LINE_COMMENT)
    i--;
  return i > 0 ? i : header;
}

LaneBlock
lane_block_find (const GPtrArray *lines, guint header)
{
  guint next = lane_block_find_next (lines, header);
  guint limit = next < lines->len ? find_block_start (lines, next) : next;
  LaneBlock block = { .start = find_block_start (lines, header), .header = header, .last = header };

  for (guint i = header; i < next; i++)
    if (line_at (lines, i)->kind == LANE_LINE_PAIR)
      block.last = i;
  while (block.last + 1 < limit && line_at (lines, block.last + 1)->kind == LANE_LINE_COMMENT)
    block.last++;
  return block;
}

guint
lane_block_find_key_place (const GPtrArray *lines, guint header, const char *key)
{
  guint end = lane_block_find_next (lines, header);
  guint last_pair = header, commented = 0, same = 0;
  gboolean elsewhere = FALSE; /* among the examples of another section */

  for (guint i = header + 1; i < end; i++) {
    const LaneLine *line = line_at (lines, i);

    elsewhere = elsewhere || lane_line_is_commented_header (line);
    if (line->kind == LANE_LINE_PAIR)
      last_pair = i;
    if (line->kind == LANE_LINE_PAIR && strcmp (line->name, key) == 0)
      same = i;
    if (!elsewhere && lane_line_find_commented_value (line, key) != NULL)
      commented = i;
  }
  return 1 + (same > 0 ? same : commented > 0 ? commented : last_pair);
}

/* Whether a new section at @index takes no settings from the one before it. */
static gboolean
is_between_sections (const GPtrArray *lines, guint index)
{
  while (index < lines->len && line_at (lines, index)->kind != LANE_LINE_HEADER)
    if (line_at (lines, index++)->kind == LANE_LINE_PAIR)
      return FALSE;
  return TRUE;
}

/* Behind the comments around the last `#[kind`, or the number of lines. */
static guint
find_commented_section_end (const GPtrArray *lines, const char *kind)
{
  g_autofree char *header = g_strconcat ("[", kind, NULL);
  guint place = lines->len;

  for (guint i = 0; i < lines->len; i++) {
    const LaneLine *line = line_at (lines, i);
    guint end = i + 1;

    if (!lane_line_is_commented_header (line)
        || !g_str_has_prefix (strchr (line->text, '['), header))
      continue;
    while (end < lines->len && line_at (lines, end)->kind == LANE_LINE_COMMENT)
      end++;
    if (is_between_sections (lines, end))
      place = end;
  }
  return place;
}

guint
lane_block_find_section_place (const GPtrArray *lines, const char *section)
{
  g_autofree char *kind = lane_section_name_kind (section);
  guint place = G_MAXUINT;

  for (guint i = 0; i < lines->len; i++) {
    const LaneLine *line = line_at (lines, i);
    g_autofree char *this_kind = NULL;

    if (line->kind != LANE_LINE_HEADER)
      continue;
    this_kind = lane_section_name_kind (line->name);
    if (strcmp (this_kind, kind) == 0)
      place = lane_block_find (lines, i).last + 1;
  }
  return place != G_MAXUINT ? place : find_commented_section_end (lines, kind);
}
