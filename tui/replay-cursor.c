#include "replay-cursor.h"

#include <math.h>
#include <string.h>

#define DAY_US (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)

const LaneReplayView *
lane_replay_get (const LaneModel *model)
{
  return model->snapshot->replay;
}

/* Words */

/* `12:31`, `1:02:03`. */
static char *
describe_length (gint64 us)
{
  gint64 seconds = MAX (us, 0) / G_USEC_PER_SEC;
  int hours = (int)(seconds / 3600), minutes = (int)(seconds / 60 % 60);

  if (hours > 0)
    return g_strdup_printf ("%d:%02d:%02d", hours, minutes, (int)(seconds % 60));
  return g_strdup_printf ("%d:%02d", minutes, (int)(seconds % 60));
}

/* With its day where the recording has more than one. */
static char *
describe_time (const LaneReplayView *view)
{
  g_autoptr (GDateTime) at = g_date_time_new_from_unix_local (view->at_us / G_USEC_PER_SEC);
  gboolean days = view->to_us - view->from_us > DAY_US;

  return at != NULL ? g_date_time_format (at, days ? "%m-%d %H:%M:%S" : "%H:%M:%S")
                    : g_strdup ("--:--:--");
}

static char *
describe_speed (const LaneReplayView *view)
{
  return view->speed > 0 ? g_strdup_printf ("x%g", view->speed) : g_strdup ("paused");
}

char *
lane_replay_describe (const LaneReplayView *view, int room)
{
  g_autofree char *time = describe_time (view);
  g_autofree char *position = describe_length (view->at_us - view->from_us);
  g_autofree char *length = describe_length (view->to_us - view->from_us);
  g_autofree char *speed = describe_speed (view);
  char *text = g_strdup_printf ("REPLAY %s  %s of %s  %s", time, position, length, speed);

  if ((int)strlen (text) > room) {
    g_free (text);
    text = g_strdup_printf ("REPLAY %s %s/%s %s", time, position, length, speed);
  }
  if ((int)strlen (text) > room) {
    g_free (text);
    text = g_strdup_printf ("REPLAY %s %s", time, speed);
  }
  return text;
}

char *
lane_replay_describe_place (const LaneReplayView *view)
{
  return g_strdup_printf ("Event %u of %u.", view->event, view->events);
}

/* Keys */

static void
run_play (LaneModel *model, const char *argument)
{
  const LaneReplayView *view = lane_replay_get (model);

  model->effects->play (view->speed > 0 ? 0 : model->replay_speed, model->effects_data);
}

/* From 1/4 to an hour in a second. */
static void
change_speed (LaneModel *model, double factor)
{
  const LaneReplayView *view = lane_replay_get (model);
  double speed = CLAMP (model->replay_speed * factor, 0.25, 2048);

  model->replay_speed = speed;
  if (view->speed > 0)
    model->effects->play (speed, model->effects_data);
  lane_model_say (model, "The recording plays at x%g.", speed);
}

static void
run_faster (LaneModel *model, const char *argument)
{
  change_speed (model, 2);
}

static void
run_slower (LaneModel *model, const char *argument)
{
  change_speed (model, 0.5);
}

static void
run_next_event (LaneModel *model, const char *argument)
{
  model->effects->seek ("next", model->effects_data);
}

static void
run_previous_event (LaneModel *model, const char *argument)
{
  model->effects->seek ("previous", model->effects_data);
}

static void
run_minute_on (LaneModel *model, const char *argument)
{
  model->effects->seek ("+60", model->effects_data);
}

static void
run_minute_back (LaneModel *model, const char *argument)
{
  model->effects->seek ("-60", model->effects_data);
}

static void
run_to_start (LaneModel *model, const char *argument)
{
  model->effects->seek ("start", model->effects_data);
}

static void
run_to_end (LaneModel *model, const char *argument)
{
  model->effects->seek ("end", model->effects_data);
}

static void
run_seek (LaneModel *model, const char *argument)
{
  if (argument == NULL || argument[0] == '\0')
    lane_model_complain (model, "seek needs a moment: 23:49:04, +60, -60, next, previous, start "
                                "or end");
  else
    model->effects->seek (argument, model->effects_data);
}

static const LaneAction actions[] = {
  { "play", "p Space", "play or pause the recording", "play", 2, LANE_IN_VIEWS, .replay = TRUE,
    .run = run_play },
  { "next-event", "]", "to the next event", "next", 3, LANE_IN_VIEWS, .replay = TRUE,
    .run = run_next_event },
  { "previous-event", "[", "to the event before", "previous", 3, LANE_IN_VIEWS, .replay = TRUE,
    .run = run_previous_event },
  { "minute-on", "}", "a minute on", "minute on", 4, LANE_IN_VIEWS, .replay = TRUE,
    .run = run_minute_on },
  { "minute-back", "{", "a minute back", "back", 4, LANE_IN_VIEWS, .replay = TRUE,
    .run = run_minute_back },
  { "faster", ">", "play twice as fast", NULL, 0, LANE_IN_VIEWS, .replay = TRUE,
    .run = run_faster },
  { "slower", "<", "play half as fast", NULL, 0, LANE_IN_VIEWS, .replay = TRUE, .run = run_slower },
  { "to-start", "^", "to the start of the recording", NULL, 0, LANE_IN_VIEWS, .replay = TRUE,
    .run = run_to_start },
  { "to-end", "$", "to its end", NULL, 0, LANE_IN_VIEWS, .replay = TRUE, .run = run_to_end },
  { "seek", "", "to a moment: 23:49:04, +60, -60", NULL, 0, LANE_IN_VIEWS, LANE_ARGUMENT_TEXT,
    .replay = TRUE, .run = run_seek },
};

const LaneAction *
lane_replay_actions_get (guint *count)
{
  *count = G_N_ELEMENTS (actions);
  return actions;
}
