#include "race.h"

#include <math.h>

#include "suite.h"

static const struct {
  double old, old_later, new, new_later; /* the last third differs */
  gboolean won;
} cases[] = {
  { 40, 40, 20, 20, TRUE },   { 40, 40, 37, 37, FALSE }, { 10, 10, 8.5, 8.5, FALSE },
  { 40, 40, 20, 45, FALSE },  { 40, 20, 20, 20, FALSE }, { 40, 40, 20, NAN, FALSE },
  { 40, NAN, 20, 20, FALSE }, { 20, 20, 40, 40, FALSE },
};

START_TEST (a_challenger_must_win_clearly_all_the_time)
{
  double old[LANE_RACE_PROBES], new[LANE_RACE_PROBES];

  for (guint i = 0; i < LANE_RACE_PROBES; i++) {
    gboolean later = i >= LANE_RACE_PROBES * 2 / 3;

    old[i] = later ? cases[_i].old_later : cases[_i].old;
    new[i] = later ? cases[_i].new_later : cases[_i].new;
  }
  old[3] = 500; /* one late answer decides nothing */
  ck_assert_int_eq (lane_race_judge (old, new), cases[_i].won);
}
END_TEST

typedef struct {
  LaneRace *race;
  GMainContext *context;
  guint n_sent[2], n_ended;
  gboolean won;
  double ms[2];
  gboolean forge;
} World;

typedef struct {
  World *world;
  gboolean challenger;
  guint8 echo[LANE_RACE_BYTES];
} Post;

static gboolean
on_arrival (gpointer user_data)
{
  Post *post = user_data;

  if (post->world->race != NULL)
    lane_race_echoed (post->world->race, post->challenger, post->echo);
  return G_SOURCE_REMOVE;
}

static void
on_send (gboolean challenger, const guint8 *probe, gpointer user_data)
{
  World *world = user_data;
  Post *post = g_new0 (Post, 1);
  GSource *source = g_timeout_source_new (challenger ? 2 : 30);

  ck_assert (lane_race_is_probe (probe, LANE_RACE_BYTES));
  ck_assert (!lane_race_is_echo (probe, LANE_RACE_BYTES));
  world->n_sent[challenger]++;
  post->world = world;
  post->challenger = challenger;
  lane_race_make_echo (probe, post->echo);
  ck_assert (lane_race_is_echo (post->echo, LANE_RACE_BYTES));
  if (world->forge)
    post->echo[5] ^= 1;
  g_source_set_callback (source, on_arrival, post, g_free);
  g_source_attach (source, world->context);
  g_source_unref (source);
}

static void
on_ended (gboolean won, double incumbent_ms, double challenger_ms, gpointer user_data)
{
  World *world = user_data;

  world->n_ended++;
  world->won = won;
  world->ms[0] = incumbent_ms;
  world->ms[1] = challenger_ms;
  g_clear_pointer (&world->race, lane_race_free);
}

static World
run (gboolean forge)
{
  const LaneRaceEvents events = { .send = on_send, .ended = on_ended };
  World world = { .context = g_main_context_new (), .forge = forge };

  world.race = lane_race_new (world.context, 600, &events, &world);
  while (world.n_ended == 0)
    g_main_context_iteration (world.context, TRUE);
  g_main_context_unref (world.context);
  return world;
}

START_TEST (the_faster_way_wins)
{
  World world = run (FALSE);

  ck_assert (world.won);
  ck_assert_uint_eq (world.n_sent[0], LANE_RACE_PROBES);
  ck_assert_uint_eq (world.n_sent[1], LANE_RACE_PROBES);
  ck_assert_double_ge (world.ms[0], 28);
  ck_assert_double_lt (world.ms[1], world.ms[0]);
}
END_TEST

START_TEST (forged_answers_count_for_nothing)
{
  World world = run (TRUE);

  ck_assert (!world.won);
  ck_assert (isnan (world.ms[0]) && isnan (world.ms[1]));
}
END_TEST

START_TEST (the_last_probe_is_told_from_the_others)
{
  guint8 last[LANE_RACE_BYTES], echo[LANE_RACE_BYTES];

  lane_race_make_last (last);
  ck_assert (lane_race_is_last (last, sizeof last));
  ck_assert (lane_race_is_probe (last, sizeof last)); /* an older node echoes it: that is ignored */
  ck_assert (!lane_race_is_last (last, sizeof last - 1));
  lane_race_make_echo (last, echo);
  ck_assert (!lane_race_is_last (echo, sizeof echo));
  for (guint i = 0; i < LANE_RACE_PROBES; i++) {
    last[1] = (guint8)i;
    ck_assert (!lane_race_is_last (last, sizeof last));
  }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("race");
  TCase *tcase = tcase_create ("race");

  tcase_add_loop_test (tcase, a_challenger_must_win_clearly_all_the_time, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tcase, the_faster_way_wins);
  tcase_add_test (tcase, forged_answers_count_for_nothing);
  tcase_add_test (tcase, the_last_probe_is_told_from_the_others);
  tcase_set_timeout (tcase, 20);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
