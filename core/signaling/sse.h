/* Server-Sent Events (WHATWG HTML, section "server-sent events"), as text.
 *
 * The parser takes a stream in pieces of any size and never holds more than one event. `id` and
 * `retry` are ignored: a session starts anew after every loss. */
#pragma once

#include <glib.h>

typedef struct _LaneSseParser LaneSseParser;

typedef struct {
  const char *name; /* `message` when the stream does not say */
  const char *data; /* NUL-terminated; may hold NUL bytes itself */
  gsize length;
} LaneSseEvent;

#define LANE_SSE_ERROR (lane_sse_error_quark ())
GQuark lane_sse_error_quark (void);
typedef enum { LANE_SSE_ERROR_TOO_LONG } LaneSseError;

/* @max_bytes: of one line, and of the data of one event. */
LaneSseParser *lane_sse_parser_new (gsize max_bytes);
/* Takes bytes up to the end of the next event and returns how many: call again with the rest.
 * @event is filled and owned by the parser until the next call; its name is NULL when none was
 * complete. -1 with @error when a limit was crossed: the parser is of no more use then. */
gssize lane_sse_parser_feed (LaneSseParser *parser, const char *bytes, gsize length,
                             LaneSseEvent *event, GError **error);
void lane_sse_parser_free (LaneSseParser *parser);

/* Appends one event to @out. Line ends of any kind in @data reach the reader as LF. */
void lane_sse_append (GString *out, const char *name, const char *data, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSseParser, lane_sse_parser_free)
