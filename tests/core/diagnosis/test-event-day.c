/* A day of events at the full rate, on a simulated clock: 40 sources, each with as many as it may
 * have and some more. Memory must not grow. */
#include "diagnosis/event-log.h"

#include <malloc.h>
#include <string.h>

#include "suite.h"

#define SOURCES    40
#define PER_SECOND 20
#define PARTS      8 /* of the day; memory is looked at after each */
#define PART_S     (24 * 60 * 60 / PARTS)
#define SLACK      (128 * 1024)
#define SAMPLE_S   12 /* of each part, unless all of it is asked for: more than the ring holds */

static const LaneEventKind kinds[] = { LANE_EVENT_SERVER, LANE_EVENT_NAT, LANE_EVENT_SIGNALING,
                                       LANE_EVENT_CONFIG, LANE_EVENT_NETWORK };

typedef struct {
  LaneEventLog *log;
  guint64 added, heard, lines, bytes;
  gsize first, most; /* in use after the first part; the most after any other */
} Day;

/* What a file or a client does with it. */
static void
on_event (const LaneEvent *event, gpointer user_data)
{
  Day *day = user_data;

  day->heard++;
  if (day->heard % 64 == 0) {
    g_autofree char *line = lane_event_to_json_line (event);

    ck_assert_ptr_null (strchr (line, '\n'));
    day->lines++;
    day->bytes += strlen (line);
  }
}

static void
add_one (Day *day, guint source, gint64 now_us, guint number)
{
  gboolean of_node = source < G_N_ELEMENTS (kinds);
  g_autofree char *peer = of_node ? NULL : g_strdup_printf ("peer-%u", source);
  JsonObject *fields = lane_event_fields ("path");
  LaneEvent *event;

  json_object_set_string_member (fields, "old", "direct");
  json_object_set_string_member (fields, "new", "relay");
  json_object_set_int_member (fields, "generation", number);
  event = lane_event_new (LANE_LOG_LEVEL_INFO, of_node ? kinds[source] : LANE_EVENT_PATH, peer,
                          fields, "path direct -> relay for the %u. time", number / 2);
  event->monotonic_us = now_us;
  lane_event_log_add (day->log, event);
  day->added++;
}

static void
live_second (Day *day, guint second)
{
  /* Two equal ones in a row are folded, and more than 20 are suppressed. */
  for (guint i = 0; i < 2 * PER_SECOND; i++)
    for (guint source = 0; source < SOURCES; source++)
      add_one (day, source, (gint64)second * G_USEC_PER_SEC + i * (G_USEC_PER_SEC / 2 / PER_SECOND),
               second * PER_SECOND * 2 + i);
}

static gsize
in_use (void)
{
  return mallinfo2 ().uordblks;
}

static void
live_part (Day *day, guint part, guint seconds)
{
  for (guint second = 0; second < seconds; second++)
    live_second (day, part * PART_S + second);
  if (part == 0)
    day->first = in_use ();
  else
    day->most = MAX (day->most, in_use ());
}

START_TEST (day_at_full_rate_keeps_memory_flat)
{
  Day day = { .log = lane_event_log_new (LANE_LOG_LEVEL_INFO) };
  gboolean whole = g_getenv ("LANE_WHOLE_DAY") != NULL;
  guint seconds = whole ? PART_S : SAMPLE_S;
  guint64 lasted_s = (guint64)PARTS * seconds;
  g_autoptr (GPtrArray) list = NULL;

  lane_event_log_add_sink (day.log, on_event, &day);
  for (guint part = 0; part < PARTS; part++)
    live_part (&day, part, seconds);
  list = lane_event_log_list (day.log, 0, NULL, G_MAXUINT);
  if (whole)
    g_printerr ("%lu events, %lu told, %u in the ring; %lu kB in use after 3 hours, at most %lu kB "
                "later\n",
                (gulong)day.added, (gulong)day.heard, list->len, (gulong)day.first / 1024,
                (gulong)day.most / 1024);

  ck_assert_uint_le (list->len, 10000);
  ck_assert_uint_ge (list->len, 5000);
  ck_assert_uint_gt (day.lines, 1000);
  /* 20 a second of each source, and its burst; each may say of others how many they were. */
  ck_assert_uint_le (day.heard, SOURCES * (lasted_s * PER_SECOND + PARTS * 100) * 3);
  ck_assert_uint_ge (day.heard, SOURCES * lasted_s * PER_SECOND);
  ck_assert_uint_eq (((LaneEvent *)list->pdata[list->len - 1])->sequence, day.heard);
  if (day.first > 0) /* under the sanitizers nothing is counted */
    ck_assert_msg (day.most <= day.first + SLACK, "%lu bytes after 3 hours, %lu later",
                   (gulong)day.first, (gulong)day.most);
  lane_event_log_free (day.log);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("event-day");
  TCase *tests = tcase_create ("event-day");

  tcase_set_timeout (tests, g_getenv ("LANE_WHOLE_DAY") != NULL ? 2 * 60 * 60 : 60);
  tcase_add_test (tests, day_at_full_rate_keeps_memory_flat);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
