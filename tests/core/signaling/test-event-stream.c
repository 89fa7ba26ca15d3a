#include "suite.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signaling/event-stream.h"

typedef struct {
  GMainContext *context;
  LaneEventStream *stream;
  int reader;
  guint drained, closed;
} Fixture;

static void
on_drained (LaneEventStream *stream, gpointer data)
{
  ((Fixture *)data)->drained++;
}

static void
on_closed (LaneEventStream *stream, gpointer data)
{
  Fixture *fixture = data;

  fixture->closed++;
  g_clear_pointer (&fixture->stream, lane_event_stream_free);
}

static void
begin (Fixture *fixture, guint keepalive_ms)
{
  static const LaneEventStreamEvents events = { .drained = on_drained, .closed = on_closed };
  int pair[2];
  g_autoptr (GSocket) socket = NULL;

  *fixture = (Fixture){ .context = g_main_context_new () };
  ck_assert_int_eq (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
  socket = g_socket_new_from_fd (pair[0], NULL);
  g_socket_set_blocking (socket, FALSE);
  fixture->reader = pair[1];
  fixture->stream = lane_event_stream_new (
      fixture->context, G_IO_STREAM (g_socket_connection_factory_create_connection (socket)),
      keepalive_ms, &events, fixture);
}

static void
end (Fixture *fixture)
{
  lane_event_stream_free (fixture->stream);
  close (fixture->reader);
  g_main_context_unref (fixture->context);
}

START_TEST (idle_stream_sends_comments)
{
  Fixture fixture;
  char text[64] = "";
  gssize count = 0;

  begin (&fixture, 10);
  while (count < 6) {
    gssize more;

    g_main_context_iteration (fixture.context, TRUE);
    more = read (fixture.reader, text + count, sizeof text - 1 - (gsize)count);
    count += MAX (more, 0);
  }
  ck_assert_str_eq (text, ":\n\n:\n\n");
  end (&fixture);
}
END_TEST

START_TEST (what_the_kernel_does_not_take_is_kept_and_goes_out_in_order)
{
  Fixture fixture;
  g_autoptr (GString) sent = g_string_new (NULL), seen = g_string_new (NULL);

  begin (&fixture, 60000);
  while (lane_event_stream_get_queued (fixture.stream) == 0) {
    g_autofree char *line = g_strdup_printf ("data: %" G_GSIZE_FORMAT "\n\n", sent->len);

    g_string_append (sent, line);
    lane_event_stream_write (fixture.stream, line, strlen (line));
  }
  lane_event_stream_write (fixture.stream, "end", 3);
  g_string_append (sent, "end");
  ck_assert_uint_eq (fixture.drained, 0);

  while (seen->len < sent->len) {
    char buffer[4096];
    gssize count = read (fixture.reader, buffer, sizeof buffer);

    if (count > 0)
      g_string_append_len (seen, buffer, count);
    g_main_context_iteration (fixture.context, FALSE);
  }
  ck_assert_str_eq (seen->str, sent->str);
  ck_assert_uint_eq (fixture.drained, 1);
  ck_assert_uint_eq (lane_event_stream_get_queued (fixture.stream), 0);
  end (&fixture);
}
END_TEST

START_TEST (reader_who_leaves_is_noticed_at_once)
{
  Fixture fixture;

  begin (&fixture, 60000);
  close (fixture.reader);
  while (fixture.closed == 0)
    g_main_context_iteration (fixture.context, TRUE);
  fixture.reader = -1;
  ck_assert_ptr_null (fixture.stream); /* freed in its own callback */
  end (&fixture);
}
END_TEST

START_TEST (writing_to_a_reader_who_left_is_told_later_and_once)
{
  Fixture fixture;

  begin (&fixture, 60000);
  close (fixture.reader);
  fixture.reader = -1;
  lane_event_stream_write (fixture.stream, "a", 1);
  lane_event_stream_write (fixture.stream, "b", 1);
  ck_assert_uint_eq (fixture.closed, 0);
  for (int i = 0; i < 10; i++)
    g_main_context_iteration (fixture.context, FALSE);
  ck_assert_uint_eq (fixture.closed, 1);
  end (&fixture);
}
END_TEST

START_TEST (what_the_reader_says_is_ignored)
{
  Fixture fixture;

  begin (&fixture, 60000);
  for (int i = 0; i < 100; i++) {
    ck_assert_int_gt (write (fixture.reader, "GET / HTTP/1.1\r\n\r\n", 18), 0);
    g_main_context_iteration (fixture.context, FALSE);
  }
  ck_assert_uint_eq (fixture.closed, 0);
  end (&fixture);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("event-stream");
  TCase *tcase = tcase_create ("event-stream");

  tcase_add_test (tcase, idle_stream_sends_comments);
  tcase_add_test (tcase, what_the_kernel_does_not_take_is_kept_and_goes_out_in_order);
  tcase_add_test (tcase, reader_who_leaves_is_noticed_at_once);
  tcase_add_test (tcase, writing_to_a_reader_who_left_is_told_later_and_once);
  tcase_add_test (tcase, what_the_reader_says_is_ignored);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
