/* Which lines of a document belong to a section, and where new ones go. For this folder only.
 *
 * @lines is of LaneLine; all numbers are indices into it, or its length. */
#pragma once

#include <glib.h>

/* From the comment directly above the [section] line to the last setting and the comments directly
 * below that. What stands apart behind a blank line belongs to nobody. */
typedef struct {
  guint start, header, last;
} LaneBlock;

LaneBlock lane_block_find (const GPtrArray *lines, guint header);
/* The [section] line after @header. */
guint lane_block_find_next (const GPtrArray *lines, guint header);

/* Where a line with @key goes: behind its like, its commented-out self, or the last setting. */
guint lane_block_find_key_place (const GPtrArray *lines, guint header, const char *key);
/* Where a section goes: behind the last of its kind, one that is commented out, or all. */
guint lane_block_find_section_place (const GPtrArray *lines, const char *section);
