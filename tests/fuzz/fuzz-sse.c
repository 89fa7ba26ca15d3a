/* An event stream of a hostile rendezvous: no event beyond the limit, and the same events whether
 * the bytes come at once or one by one. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "signaling/sse.h"

#define MAX_BYTES 256

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Appends every event of @text to @seen; FALSE when the parser refused. */
static gboolean
parse (const char *text, gsize size, gsize piece, GString *seen)
{
  g_autoptr (LaneSseParser) parser = lane_sse_parser_new (MAX_BYTES);
  gsize at = 0;

  while (at < size) {
    LaneSseEvent event;
    g_autoptr (GError) error = NULL;
    gssize used = lane_sse_parser_feed (parser, text + at, MIN (piece, size - at), &event, &error);

    g_assert ((used < 0) == (error != NULL));
    if (used < 0)
      return FALSE;
    g_assert_cmpint (used, >, 0);
    at += (gsize)used;
    if (event.name != NULL) {
      g_assert_cmpuint (event.length, <=, MAX_BYTES);
      g_assert_cmpint (event.data[event.length], ==, '\0');
      g_string_append (seen, event.name);
      g_string_append_len (seen, event.data, (gssize)event.length + 1);
    }
  }
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *)data;
  g_autoptr (GString) whole = g_string_new (NULL), single = g_string_new (NULL);
  g_autoptr (GString) written = g_string_new (NULL), read = g_string_new (NULL);
  gboolean fits = parse (text, size, size, whole);

  g_assert_cmpint (parse (text, size, 1, single), ==, fits);
  g_assert (g_string_equal (whole, single));

  /* Whatever is written is one event, and nothing of it another. */
  lane_sse_append (written, "x", text, size);
  if (parse (written->str, written->len, written->len, read)) {
    g_assert_cmpint (read->str[0], ==, 'x');
    g_assert_cmpuint (read->len, <=, size + 2);
    g_assert_cmpuint (read->len + size, >=, 2); /* CRLF shrinks, nothing grows */
  }
  return 0;
}
