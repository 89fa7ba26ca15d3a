#include "suite.h"

#include <string.h>

#include "signaling/sse.h"

#define MAX_BYTES 64

/* Feeds @text in pieces of @piece bytes and writes down every event as `name=data;`, with LF shown
 * as `|`; `!` ends it when the parser refuses. */
static char *
parse (const char *text, gsize length, gsize piece)
{
  g_autoptr (LaneSseParser) parser = lane_sse_parser_new (MAX_BYTES);
  GString *seen = g_string_new (NULL);
  gsize at = 0;

  while (at < length) {
    LaneSseEvent event;
    g_autoptr (GError) error = NULL;
    gssize used =
        lane_sse_parser_feed (parser, text + at, MIN (piece, length - at), &event, &error);

    if (used < 0) {
      ck_assert (g_error_matches (error, LANE_SSE_ERROR, LANE_SSE_ERROR_TOO_LONG));
      g_string_append_c (seen, '!');
      break;
    }
    ck_assert_uint_gt (used, 0);
    at += (gsize)used;
    if (event.name != NULL) {
      ck_assert_uint_eq (event.data[event.length], '\0');
      g_string_append_printf (seen, "%s=%s;", event.name, event.data);
    }
  }
  g_strdelimit (seen->str, "\n", '|');
  return g_string_free (seen, FALSE);
}

static const struct {
  const char *text, *seen;
} streams[] = {
  { "data: one\n\n", "message=one;" },
  { "data: one\r\n\r\n", "message=one;" },
  { "data: one\r\rdata: two\r\r", "message=one;message=two;" },
  { "data: one\n\r\n", "message=one;" },
  { "event: presence\ndata: {}\n\n", "presence={};" },
  { "data: {}\nevent: presence\n\n", "presence={};" },
  { "event: a\n\ndata: x\n\n", "message=x;" }, /* no data, no event; its name is gone too */
  { "data: a\ndata: b\n\n", "message=a|b;" },
  { "data\n\n", "message=;" },
  { "data:\ndata\n\n", "message=|;" },
  { "data:  two spaces\n\n", "message= two spaces;" },
  { "data:a:b\n\n", "message=a:b;" },
  { ": comment\n\n:\n\ndata: x\n\n", "message=x;" },
  { "id: 7\nretry: 1\nnonsense\nDATA: y\ndata: x\n\n", "message=x;" },
  { "\xef\xbb\xbf"
    "data: x\n\n",
    "message=x;" },
  { "\xef\xbb\xbf\xef\xbb\xbf"
    "data: x\n\ndata: y\n\n",
    "message=y;" }, /* one mark only */
  { "\xef\xbb"
    "data: x\n\ndata: y\n\n",
    "message=y;" },
  { "data: unfinished\n", "" },
  { "data: unfinished", "" },
  { "data: x\n\n\n\n\ndata: y\n\n", "message=x;message=y;" },
  { "", "" },
};

START_TEST (streams_mean_what_whatwg_says_in_pieces_of_any_size)
{
  const char *text = streams[_i].text;

  for (gsize piece = 1; piece <= strlen (text) + 1; piece++) {
    g_autofree char *seen = parse (text, strlen (text), piece);

    ck_assert_str_eq (seen, streams[_i].seen);
  }
}
END_TEST

static char *
repeat (const char *text, guint times)
{
  GString *out = g_string_new (NULL);

  while (times-- > 0)
    g_string_append (out, text);
  return g_string_free (out, FALSE);
}

START_TEST (line_beyond_the_limit_is_refused_before_it_ends)
{
  g_autofree char *fits = repeat ("x", MAX_BYTES - 6);
  g_autofree char *fine = g_strdup_printf ("data: %s\n\n", fits);
  g_autofree char *expected = g_strdup_printf ("message=%s;", fits);
  g_autofree char *endless = repeat ("y", MAX_BYTES + 1);

  for (gsize piece = 1; piece < 2 * MAX_BYTES; piece += 7) {
    g_autofree char *seen = parse (fine, strlen (fine), piece);
    g_autofree char *refused = parse (endless, strlen (endless), piece);

    ck_assert_str_eq (seen, expected);
    ck_assert_str_eq (refused, "!");
  }
}
END_TEST

START_TEST (event_of_many_small_lines_is_refused_at_the_limit)
{
  g_autofree char *empty_lines = repeat ("data\n", MAX_BYTES + 2);
  g_autofree char *lines = repeat ("data: 123456\n", MAX_BYTES / 6);
  g_autofree char *comments = repeat (": 0123456789\n", 1000);
  g_autofree char *ignored = repeat ("id: 0123456789\nevent: abc\n", 1000);
  g_autofree char *seen_empty = parse (empty_lines, strlen (empty_lines), 100);
  g_autofree char *seen = parse (lines, strlen (lines), 100);
  g_autofree char *seen_comments = parse (comments, strlen (comments), 100);
  g_autofree char *seen_ignored = parse (ignored, strlen (ignored), 100);

  ck_assert_str_eq (seen_empty, "!");
  ck_assert_str_eq (seen, "!");
  ck_assert_str_eq (seen_comments, ""); /* no event holds them */
  ck_assert_str_eq (seen_ignored, "");
}
END_TEST

static const struct {
  const char *data, *read;
} written[] = {
  { "{}", "message={};" },
  { "", "message=;" },
  { " leading space", "message= leading space;" },
  { "a\nb\r\nc\rd", "message=a|b|c|d;" },
  { "end\n", "message=end|;" },
  { "\n\ndata: forged\n\n", "message=||data: forged||;" },
};

START_TEST (whatever_is_written_is_read_back_as_one_event)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *seen = NULL;

  lane_sse_append (out, "message", written[_i].data, strlen (written[_i].data));
  seen = parse (out->str, out->len, 3);
  ck_assert_str_eq (seen, written[_i].read);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("sse");
  TCase *tcase = tcase_create ("sse");

  tcase_add_loop_test (tcase, streams_mean_what_whatwg_says_in_pieces_of_any_size, 0,
                       G_N_ELEMENTS (streams));
  tcase_add_test (tcase, line_beyond_the_limit_is_refused_before_it_ends);
  tcase_add_test (tcase, event_of_many_small_lines_is_refused_at_the_limit);
  tcase_add_loop_test (tcase, whatever_is_written_is_read_back_as_one_event, 0,
                       G_N_ELEMENTS (written));
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
