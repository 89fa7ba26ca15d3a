#include "nearest.h"

#include <string.h>

#define WORD_MAX 64

/* Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
static guint
distance (const char *a, const char *b)
{
  gsize a_length = strlen (a), b_length = strlen (b);
  guint rows[3][WORD_MAX + 1];

  for (gsize j = 0; j <= b_length; j++)
    rows[0][j] = j;
  for (gsize i = 1; i <= a_length; i++) {
    guint *row = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];

    row[0] = i;
    for (gsize j = 1; j <= b_length; j++) {
      row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = MIN (row[j], above[j] + 1);
      row[j] = MIN (row[j], row[j - 1] + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = MIN (row[j], two_above[j - 2] + 1);
    }
  }
  return rows[a_length % 3][b_length];
}

const char *
lane_nearest (const char *word, const char *const *words)
{
  g_autofree char *lower = g_ascii_strdown (word, -1);
  gsize length = strlen (word);
  guint best = length <= 3 ? 2 : length <= 8 ? 3 : 4; /* one more than may differ */
  const char *nearest = NULL;

  if (length > WORD_MAX)
    return NULL;
  for (; *words != NULL; words++) {
    g_autofree char *candidate = g_ascii_strdown (*words, -1);
    guint d;

    if (strlen (candidate) > WORD_MAX)
      continue;
    d = distance (lower, candidate);
    if (d < best) {
      best = d;
      nearest = *words;
    }
  }
  return nearest;
}

char *
lane_nearest_hint (const char *word, const char *const *words)
{
  const char *nearest = lane_nearest (word, words);

  return nearest != NULL ? g_strdup_printf (" (did you mean %s?)", nearest) : g_strdup ("");
}
