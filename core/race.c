#include "race.h"

#include <math.h>
#include <string.h>

#include "timer.h"

/* RFC 7983 section 7 leaves 192-255 to nobody: neither STUN nor DTLS. */
#define PROBE 0xf0
#define ECHO  0xf1

#define LAST 0xff /* as an index; beyond those of all probes */

#define TOKEN_BYTES (LANE_RACE_BYTES - 2)
#define THIRD       (LANE_RACE_PROBES / 3)
#define LAST_MS     1000 /* for the last answers */

typedef struct {
  guint8 tokens[LANE_RACE_PROBES][TOKEN_BYTES];
  gint64 sent_us[LANE_RACE_PROBES];
  double ms[LANE_RACE_PROBES];
} Way;

struct _LaneRace {
  GMainContext *context;
  LaneRaceEvents events;
  gpointer user_data;
  guint interval_ms, n_sent;
  Way ways[2]; /* incumbent, challenger */
  GSource *timer;
};

static int
compare (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Of those that were answered, when at least half were; else NAN. */
static double
find_median (const double *ms, guint n)
{
  double known[LANE_RACE_PROBES];
  guint n_known = 0;

  for (guint i = 0; i < n; i++)
    if (!isnan (ms[i]))
      known[n_known++] = ms[i];
  if (n_known * 2 < n)
    return NAN;
  qsort (known, n_known, sizeof *known, compare);
  return known[n_known / 2];
}

gboolean
lane_race_judge (const double incumbent[LANE_RACE_PROBES],
                 const double challenger[LANE_RACE_PROBES])
{
  for (guint i = 0; i < LANE_RACE_PROBES; i += THIRD) {
    double old = find_median (incumbent + i, THIRD), new = find_median (challenger + i, THIRD);

    if (isnan (old) || isnan (new) || new >= old * 0.9 || old - new <= 2)
      return FALSE;
  }
  return TRUE;
}

static gboolean
on_end (gpointer user_data)
{
  LaneRace *race = user_data;

  lane_timer_clear (&race->timer);
  race->events.ended (lane_race_judge (race->ways[0].ms, race->ways[1].ms),
                      find_median (race->ways[0].ms, LANE_RACE_PROBES),
                      find_median (race->ways[1].ms, LANE_RACE_PROBES), race->user_data);
  return G_SOURCE_REMOVE;
}

static void
fill_token (guint8 token[TOKEN_BYTES])
{
  for (guint i = 0; i < TOKEN_BYTES; i++)
    token[i] = (guint8)g_random_int ();
}

static void
send_probe (LaneRace *race, guint way, guint index)
{
  guint8 probe[LANE_RACE_BYTES] = { PROBE, (guint8)index };
  guint8 *token = race->ways[way].tokens[index];

  fill_token (token);
  memcpy (probe + 2, token, TOKEN_BYTES);
  race->ways[way].sent_us[index] = g_get_monotonic_time ();
  race->events.send (way == 1, probe, race->user_data);
}

static gboolean
on_turn (gpointer user_data)
{
  LaneRace *race = user_data;
  guint index = race->n_sent++;

  if (race->n_sent < LANE_RACE_PROBES)
    lane_timer_set (&race->timer, race->context, race->interval_ms, on_turn, race);
  else
    lane_timer_set (&race->timer, race->context, LAST_MS, on_end, race);
  for (guint way = 0; way < 2; way++)
    send_probe (race, way, index);
  return G_SOURCE_REMOVE;
}

LaneRace *
lane_race_new (GMainContext *context, guint duration_ms, const LaneRaceEvents *events,
               gpointer user_data)
{
  LaneRace *race = g_new0 (LaneRace, 1);

  race->context = g_main_context_ref (context);
  race->events = *events;
  race->user_data = user_data;
  race->interval_ms = MAX (duration_ms / LANE_RACE_PROBES, 20);
  for (guint way = 0; way < 2; way++)
    for (guint i = 0; i < LANE_RACE_PROBES; i++)
      race->ways[way].ms[i] = NAN;
  lane_timer_set (&race->timer, race->context, 0, on_turn, race);
  return race;
}

void
lane_race_free (LaneRace *race)
{
  if (race == NULL)
    return;
  lane_timer_clear (&race->timer);
  g_main_context_unref (race->context);
  g_free (race);
}

void
lane_race_echoed (LaneRace *race, gboolean challenger, const guint8 echo[LANE_RACE_BYTES])
{
  Way *way = &race->ways[challenger ? 1 : 0];
  guint index = echo[1];

  if (index >= LANE_RACE_PROBES || way->sent_us[index] == 0 || !isnan (way->ms[index])
      || memcmp (echo + 2, way->tokens[index], TOKEN_BYTES) != 0)
    return;
  way->ms[index] = (g_get_monotonic_time () - way->sent_us[index]) / 1000.0;
}

gboolean
lane_race_is_probe (const guint8 *data, gsize length)
{
  return length == LANE_RACE_BYTES && data[0] == PROBE;
}

gboolean
lane_race_is_echo (const guint8 *data, gsize length)
{
  return length == LANE_RACE_BYTES && data[0] == ECHO;
}

void
lane_race_make_last (guint8 probe[LANE_RACE_BYTES])
{
  probe[0] = PROBE;
  probe[1] = LAST;
  fill_token (probe + 2);
}

gboolean
lane_race_is_last (const guint8 *data, gsize length)
{
  return lane_race_is_probe (data, length) && data[1] == LAST;
}

void
lane_race_make_echo (const guint8 *probe, guint8 echo[LANE_RACE_BYTES])
{
  memcpy (echo, probe, LANE_RACE_BYTES);
  echo[0] = ECHO;
}
