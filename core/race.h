/* Two ways to one peer measured against each other for as long as a winner must have won: small
 * probes over both in turn, echoed by the peer, and a verdict. docs/link.md has their form; they
 * carry nothing but random tokens, and whoever echoes one can only have received it. */
#pragma once

#include <glib.h>

#define LANE_RACE_BYTES  18
#define LANE_RACE_PROBES 30 /* over each way */

typedef struct _LaneRace LaneRace;

typedef struct {
  void (*send) (gboolean challenger, const guint8 probe[LANE_RACE_BYTES], gpointer user_data);
  /* Once; medians in ms, NAN: too few answers. May free the race. */
  void (*ended) (gboolean won, double incumbent_ms, double challenger_ms, gpointer user_data);
} LaneRaceEvents;

LaneRace *lane_race_new (GMainContext *context, guint duration_ms, const LaneRaceEvents *events,
                         gpointer user_data);
void lane_race_free (LaneRace *race);
void lane_race_echoed (LaneRace *race, gboolean challenger, const guint8 echo[LANE_RACE_BYTES]);

gboolean lane_race_is_probe (const guint8 *data, gsize length);
gboolean lane_race_is_echo (const guint8 *data, gsize length);
void lane_race_make_echo (const guint8 *probe, guint8 echo[LANE_RACE_BYTES]);

/* A probe that ends a spare generation: tells the other side not to wait for data over it. It wants
 * no echo. */
void lane_race_make_last (guint8 probe[LANE_RACE_BYTES]);
gboolean lane_race_is_last (const guint8 *data, gsize length);

/* Won in each third of the time: by more than a tenth and by more than 2 ms. In ms, NAN: no answer.
 */
gboolean lane_race_judge (const double incumbent[LANE_RACE_PROBES],
                          const double challenger[LANE_RACE_PROBES]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneRace, lane_race_free)
