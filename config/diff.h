/* What differs between two documents, line by line, for people to read: secrets are masked, so a
 * changed password shows as two lines that look the same. */
#pragma once

#include "document.h"

typedef struct {
  char sign;                /* '-' only in the old one, '+' only in the new one, ' ' around them */
  guint old_line, new_line; /* from 1; 0 when it has none */
  char *text;
} LaneDiffLine;

/* The changed lines (of LaneDiffLine; the caller owns the array) with up to @around lines above and
 * below each change; empty when nothing differs but line ends. */
GPtrArray *
lane_diff (const LaneDocument *old_document, const LaneDocument *new_document, guint around);
