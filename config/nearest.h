/* The word someone probably meant. */
#pragma once

#include <glib.h>

/* The one of @words (NULL-terminated) at most a typing error or two away from @word, or NULL;
 * points into @words. */
const char *lane_nearest (const char *word, const char *const *words);

/* ` (did you mean WORD?)`, or an empty string; the caller frees it. */
char *lane_nearest_hint (const char *word, const char *const *words);
