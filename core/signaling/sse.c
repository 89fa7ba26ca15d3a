#include "signaling/sse.h"

#include <string.h>

#define MAX_NAME 64

struct _LaneSseParser {
  gsize max_bytes;
  GString *line;
  GString *name;
  GString *data;
  guint bom_seen;       /* bytes of a leading U+FEFF met so far */
  gboolean started;     /* past the place where a U+FEFF may stand */
  gboolean after_cr;    /* a LF now belongs to the CR before it */
  gboolean has_data;    /* one `data` line at least, be it empty */
  gboolean event_given; /* name and data belong to the caller until the next call */
};

static const char bom[] = "\xef\xbb\xbf";

static void
reset_event (LaneSseParser *parser)
{
  g_string_truncate (parser->name, 0);
  g_string_truncate (parser->data, 0);
  parser->has_data = FALSE;
  parser->event_given = FALSE;
}

static gboolean
refuse (LaneSseParser *parser, const char *what, GError **error)
{
  g_set_error (error, LANE_SSE_ERROR, LANE_SSE_ERROR_TOO_LONG,
               "event stream: %s longer than %" G_GSIZE_FORMAT " bytes", what, parser->max_bytes);
  return FALSE;
}

static gboolean
take_field (LaneSseParser *parser, GError **error)
{
  const char *line = parser->line->str;
  gsize length = parser->line->len;
  const char *colon = memchr (line, ':', length);
  gsize name_length = colon == NULL ? length : (gsize)(colon - line);
  const char *value = colon == NULL ? line + length : colon + 1;
  gsize value_length = length - (gsize)(value - line);

  if (value_length > 0 && *value == ' ') {
    value++;
    value_length--;
  }

  if (name_length == 4 && memcmp (line, "data", 4) == 0) {
    if (parser->data->len + value_length + 1 > parser->max_bytes)
      return refuse (parser, "data", error);
    if (parser->has_data)
      g_string_append_c (parser->data, '\n');
    g_string_append_len (parser->data, value, (gssize)value_length);
    parser->has_data = TRUE;
  } else if (name_length == 5 && memcmp (line, "event", 5) == 0) {
    /* Longer ones are of no kind we know; cut, they still are not. */
    g_string_truncate (parser->name, 0);
    g_string_append_len (parser->name, value, (gssize)MIN (value_length, MAX_NAME));
  }
  return TRUE;
}

/* TRUE in @complete when the line ended an event. */
static gboolean
take_line (LaneSseParser *parser, gboolean *complete, GError **error)
{
  gboolean fine = TRUE;

  if (parser->line->len > 0) {
    fine = take_field (parser, error);
  } else if (parser->has_data) {
    *complete = TRUE;
  } else {
    reset_event (parser);
  }
  g_string_truncate (parser->line, 0);
  return fine;
}

/* How many bytes of @bytes belong to a byte order mark at the very start. */
static gsize
skip_bom (LaneSseParser *parser, const char *bytes, gsize length)
{
  gsize used = 0;

  while (!parser->started && used < length) {
    if (bytes[used] == bom[parser->bom_seen]) {
      used++;
      if (++parser->bom_seen == 3)
        parser->started = TRUE;
    } else {
      g_string_append_len (parser->line, bom, parser->bom_seen);
      parser->started = TRUE;
    }
  }
  return used;
}

static gsize
span_of_line (const char *bytes, gsize length)
{
  gsize span = 0;

  while (span < length && bytes[span] != '\n' && bytes[span] != '\r')
    span++;
  return span;
}

gssize
lane_sse_parser_feed (LaneSseParser *parser, const char *bytes, gsize length, LaneSseEvent *event,
                      GError **error)
{
  gsize at;

  *event = (LaneSseEvent){ NULL };
  if (parser->event_given)
    reset_event (parser);

  at = skip_bom (parser, bytes, length);
  while (at < length) {
    gboolean complete = FALSE;
    gsize span;

    if (parser->after_cr) {
      parser->after_cr = FALSE;
      if (bytes[at] == '\n') {
        at++;
        continue;
      }
    }

    span = span_of_line (bytes + at, length - at);
    if (parser->line->len + span > parser->max_bytes) {
      refuse (parser, "line", error);
      return -1;
    }
    g_string_append_len (parser->line, bytes + at, (gssize)span);
    at += span;
    if (at == length)
      break;

    parser->after_cr = bytes[at] == '\r';
    at++;
    if (!take_line (parser, &complete, error))
      return -1;
    if (complete) {
      parser->event_given = TRUE;
      event->name = parser->name->len > 0 ? parser->name->str : "message";
      event->data = parser->data->str;
      event->length = parser->data->len;
      break;
    }
  }
  return (gssize)at;
}

LaneSseParser *
lane_sse_parser_new (gsize max_bytes)
{
  LaneSseParser *parser = g_new0 (LaneSseParser, 1);

  parser->max_bytes = max_bytes;
  parser->line = g_string_new (NULL);
  parser->name = g_string_new (NULL);
  parser->data = g_string_new (NULL);
  return parser;
}

void
lane_sse_parser_free (LaneSseParser *parser)
{
  if (parser == NULL)
    return;
  g_string_free (parser->line, TRUE);
  g_string_free (parser->name, TRUE);
  g_string_free (parser->data, TRUE);
  g_free (parser);
}

void
lane_sse_append (GString *out, const char *name, const char *data, gsize length)
{
  gsize at = 0;

  g_string_append_printf (out, "event: %s\n", name);
  for (;;) {
    gsize span = span_of_line (data + at, length - at);

    g_string_append (out, "data: ");
    g_string_append_len (out, data + at, (gssize)span);
    g_string_append_c (out, '\n');
    at += span;
    if (at == length)
      break;
    at += data[at] == '\r' && at + 1 < length && data[at + 1] == '\n' ? 2 : 1;
  }
  g_string_append_c (out, '\n');
}

G_DEFINE_QUARK (lane_sse_error, lane_sse_error)
